from typing import Any

from purenet.history import History

from .samples import Samples

SOURCES: int

def train(
    network: Any,
    samples: Samples,
    epochs: int,
    batch_size: int,
    shuffle: bool,
    learning_rate: float,
    threads: int,
    history: History,
) -> None: ...
