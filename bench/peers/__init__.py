"""The same networks in other libraries, each written as that library's users write one.

Every peer computes in float64, from the same first weights, on the same batches in the same order,
unless the samples are shuffled: then it draws an order of its own for each epoch.  It gets its data
in its own arrays before the clock starts, and keeps no history of losses.
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from dataclasses import replace

from purenet.matrix import Matrix

from ..networks import Case

NAMES = ("numpy", "torch", "numba", "jax", "sklearn", "fann")
USUAL = ("numpy", "torch", "sklearn")  # beside the backends also without --peers


class Peer(ABC):
    """A network of another library."""

    title: str
    distributions: tuple[str, ...]  # the library, then those that compute for it
    other_loss: str | None = None  # where the library cannot express the case's own

    @classmethod
    def can(cls, case: Case) -> bool:
        """Return whether the network is written in this library."""
        return True

    @classmethod
    def able_case(cls, case: Case) -> Case:
        """Return the nearest case that this library can compute."""
        return case if cls.other_loss is None else replace(case, loss=cls.other_loss)

    @abstractmethod
    def __init__(self, case: Case) -> None:
        """Take over the data and the first weights."""

    def prepare(self, epochs: int) -> None:
        """Compile what ``train`` will run for so many epochs; before the clock starts."""
        return None

    @abstractmethod
    def reset(self) -> None:
        """Go back to the first weights."""

    @abstractmethod
    def train(self, epochs: int) -> None:
        """Train from where the weights are; this is what is timed."""

    @abstractmethod
    def predict(self) -> Matrix:
        """Return the outputs for the case's inputs."""


def load_peer(name: str) -> type[Peer]:
    """Return the class of a peer.  Raises ImportError where its library is not installed."""
    peer: type[Peer] = importlib.import_module(f".with_{name}", __name__).PEER
    return peer
