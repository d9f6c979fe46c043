"""Types of what a program gives: numbers and rows of numbers, in lists, arrays and tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol


class Array(Protocol):
    """What gives its items as a list: arrays of NumPy, PyTorch, JAX, ``array`` and others."""

    def tolist(self) -> Any: ...


class Series(Protocol):
    """What gives its items as a list by another name: a column of Polars."""

    def to_list(self) -> Any: ...


class ArrowArray(Protocol):
    """What gives its items as a list of Python's own: a column of Arrow."""

    def to_pylist(self) -> Any: ...


class SupportsArray(Protocol):
    """What NumPy can make an array of: data frames and tables, and arrays of all kinds."""

    def __array__(self) -> Any: ...


class SupportsBuffer(Protocol):
    """What has its items in memory: arrays of ``array``, ``ctypes`` and NumPy, ``memoryview``."""

    def __buffer__(self, flags: int, /) -> memoryview: ...


Foreign = Array | Series | ArrowArray | SupportsArray | SupportsBuffer

# What outputs can be written into.  Before Python 3.12 NumPy does not say that it is a buffer.
Writable = SupportsBuffer | SupportsArray

Numbers = Sequence[float] | Foreign

# Rows with a number for each input of a network.
Inputs = Sequence[Sequence[float] | Foreign] | Foreign

# A row, a number or the number of a class for each sample.
Targets = Sequence[float] | Sequence[Sequence[float] | Foreign] | Foreign

# A number, or a function of the number of an epoch, or of that and the losses of those before.
LearningRate = float | Callable[[int], float] | Callable[[int, Sequence[float]], float]
