"""The fingerprint of a compiled room's sources.

setup.py compiles it into the room; purenet_fast compares it when it is imported, so that nobody
runs a room that was built from other sources than those that lie beside it.
"""

from __future__ import annotations

import pathlib
import zlib

# What every room is built from, besides its own .pyx: the interfaces, and the C.
_SHARED = ("*.pxd", "kernels/*.h", "kernels/*.c")


def sources(folder: pathlib.Path, room: str) -> list[pathlib.Path]:
    """Return the sources of a room of the package in this folder; none where it is installed."""
    own = folder / f"{room}.pyx"
    if not own.exists():
        return []
    return [own, *sorted(path for pattern in _SHARED for path in folder.glob(pattern))]


def fingerprint(folder: pathlib.Path, room: str) -> int:
    """Return a number that changes with the sources; 0 without any."""
    value = 0
    for path in sources(folder, room):
        value = zlib.crc32(path.read_bytes(), value)
    return value
