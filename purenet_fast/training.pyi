from collections.abc import Sequence
from typing import Any

from purenet.history import History
from purenet.training import Settings

SOURCES: int

def train(
    network: Any, samples: Any, rates: Sequence[float], settings: Settings, history: History
) -> None: ...
def go_on(
    network: Any, samples: Any, rates: Sequence[float], settings: Settings, history: History
) -> bool: ...
