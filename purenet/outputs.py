"""The outputs of a call, written into memory that a program has for them."""

from __future__ import annotations

import struct
from typing import Any

from .arrays import foreign_name
from .buffers import Buffer, code_of, memory_of
from .checks import shown
from .matrix import Rows

_EXPECTED = "expected a writable buffer of doubles or floats, such as an array of NumPy"


def checked_out(out: Any, rows: int, columns: int) -> Buffer:
    """Return the memory into which so many rows can be written.

    Raises TypeError for what is no buffer of doubles or floats, and ValueError for other sizes and
    for what cannot be written.
    """
    view = memory_of(out)
    if view is None:
        raise TypeError(f"out: found {foreign_name(out) or shown(out)}, {_EXPECTED}")
    code = code_of(view)
    if code not in ("d", "f"):
        raise TypeError(f"out: found a buffer with the format {view.format!r}, {_EXPECTED}")
    if view.shape not in ((rows, columns), (rows * columns,)):
        sizes = " by ".join(map(str, view.shape or (1,)))
        raise ValueError(
            f"out: found {sizes} numbers, expected {rows} by {columns}, or {rows * columns}"
        )
    if view.readonly:
        raise ValueError(f"out: found a buffer that cannot be written, {_EXPECTED}")
    if view.suboffsets or not (view.c_contiguous or _is_native(view)):
        raise ValueError(
            f"out: found a buffer with the format {view.format!r} whose numbers lie apart, "
            f"expected the format {code!r}"
        )
    return Buffer(view, code)


def _is_native(view: memoryview) -> bool:
    """Return whether ``memoryview`` itself reads and writes single numbers of this format."""
    return view.format.lstrip("@") in ("d", "f")


def write(buffer: Buffer, rows: Rows) -> None:
    """Write rows into memory of doubles or floats.

    A float is the one nearest to the number; it is infinite for a number beyond the largest float.
    """
    view: Any = buffer.view
    if not _is_native(view):
        from array import array  # needed for nothing else

        numbers = array(buffer.code, [number for row in rows for number in row]).tobytes()
        struct.pack_into(f"{len(numbers)}s", view, 0, numbers)
        return
    place = 0
    for i in range(len(rows)):
        for j in range(len(rows[i])):
            if view.ndim == 2:
                view[i, j] = rows[i][j]
            else:
                view[place] = rows[i][j]
            place += 1
