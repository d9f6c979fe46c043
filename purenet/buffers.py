"""Numbers in memory: what offers Python's buffer protocol, read and written where it lies.

NumPy's arrays offer it, ``array.array``, ``memoryview``, arrays of ``ctypes`` and many others; a
tensor of PyTorch gives an array of NumPy that shares its memory.  Doubles, floats, bytes, truth
values and whole numbers in the processor's own order of bytes are read, however far apart they lie.
Doubles and floats are written.

What says of itself that it is text (``bytes``, ``bytearray``), what lists something else than it
has in memory (an array of NumPy with a mask) and all other numbers are left to ``arrays``.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

_OWN_ORDER = "@=<" if sys.byteorder == "little" else "@=>"

# How the memory of a number is read, by its letter in a format and its size in bytes.
_SIGNED = {1: "b", 2: "h", 4: "i", 8: "q"}
_UNSIGNED = {1: "B", 2: "H", 4: "I", 8: "Q"}
_CODES = {
    "d": {8: "d"},
    "f": {4: "f"},
    "?": {1: "?"},
    **dict.fromkeys("bhilqn", _SIGNED),
    **dict.fromkeys("BHILQN", _UNSIGNED),
}

_REFUSALS = (BufferError, NotImplementedError, RuntimeError, TypeError, ValueError)


class Buffer(NamedTuple):
    """Numbers in memory, in one dimension or in two.

    code: how one is read, a letter as in ``struct``.  places: the numbers of the rows that are
    meant, in their order; None if all are.
    """

    view: memoryview
    code: str
    places: Sequence[int] | None = None

    def tolist(self) -> list[Any]:
        """Return the numbers, or the rows, as nested lists."""
        view = self.view
        numbers = struct.unpack(f"={view.nbytes // view.itemsize}{self.code}", view.tobytes())
        if view.ndim == 1:
            return list(numbers)
        rows, columns = view.shape  # type: ignore[misc]
        places = range(rows) if self.places is None else self.places
        return [list(numbers[i * columns : (i + 1) * columns]) for i in places]


def buffer_of(values: Any) -> Buffer | None:
    """Return the memory of numbers in one dimension or two; None of anything else."""
    kind = type(values)
    if kind is Buffer:
        return values  # type: ignore[no-any-return]
    view = memory_of(values, tensors=True)
    if view is None or not 1 <= view.ndim <= 2 or view.suboffsets:
        return None
    code = code_of(view)
    return None if code is None else Buffer(view, code)


def memory_of(values: Any, *, tensors: bool = False) -> memoryview | None:
    """Return the memory in which something keeps what it lists; None if it has none.

    tensors: also that of an array that a tensor gives, which may be a copy.
    """
    kind = type(values)
    if kind is list or isinstance(values, (bytes, bytearray)):
        return None
    try:
        view = memoryview(values)
    except _REFUSALS:
        return _memory_of_tensor(values) if tensors else None
    listing = getattr(kind, "tolist", None)
    if listing is None:
        bytes_alone = view.ndim == 1 and view.itemsize == 1 and not hasattr(kind, "_length_")
        return None if bytes_alone else view  # those of a file, for example
    if getattr(listing, "__objclass__", None) is kind:
        return view
    # Another list than that of the class that it is derived from may be of other numbers.
    return view if ["tolist" in vars(base) for base in kind.__mro__].count(True) == 1 else None


def _memory_of_tensor(values: Any) -> memoryview | None:
    kind = type(values)
    if not (hasattr(kind, "__dlpack__") and hasattr(kind, "__array__")):
        return None
    try:
        return memory_of(values.__array__())
    except _REFUSALS:  # it lies on another device, for example
        return None


def code_of(view: memoryview) -> str | None:
    """Return how one number is read; None of what is no number, or in another order of bytes."""
    letter = view.format
    if letter == "d":
        return letter
    if len(letter) == 2 and (letter[0] in _OWN_ORDER or view.itemsize == 1):
        letter = letter[1]
    return _CODES.get(letter, {}).get(view.itemsize)
