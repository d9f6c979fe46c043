from typing import Any

SOURCES: int

class Stage:
    def __init__(self, layer: Any, inputs: Any) -> None: ...

def are_compiled(layers: Any) -> bool: ...

STAGES: dict[type, tuple[type[Stage], type[Stage]]]
