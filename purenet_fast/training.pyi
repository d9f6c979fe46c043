from typing import Any

from purenet.history import History

SOURCES: int

def train(
    network: Any,
    samples: Any,
    epochs: int,
    batch_size: int,
    shuffle: bool,
    learning_rate: float,
    threads: int,
    history: History,
) -> None: ...
