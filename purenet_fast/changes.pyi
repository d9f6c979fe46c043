from typing import Any

SOURCES: int

def penalty(layers: Any) -> float: ...
