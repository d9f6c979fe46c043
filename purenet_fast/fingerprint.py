"""The fingerprint of a compiled module's sources.

setup.py compiles it into the module; purenet_fast compares it when it is imported, so that nobody
runs a module that was built from other sources than those that lie beside it.
"""

from __future__ import annotations

import pathlib
import zlib

# What every module is built from, besides its own .pyx: the interfaces, and the C.
_SHARED = ("*.pxd", "kernels/*.h", "kernels/*.c")


def sources(folder: pathlib.Path, module: str) -> list[pathlib.Path]:
    """Return the sources of a module of the package in this folder; none where it is installed."""
    own = folder / f"{module}.pyx"
    if not own.exists():
        return []
    return [own, *sorted(path for pattern in _SHARED for path in folder.glob(pattern))]


def fingerprint(folder: pathlib.Path, module: str) -> int:
    """Return a number that changes with the sources; 0 without any."""
    value = 0
    for path in sources(folder, module):
        value = zlib.crc32(path.read_bytes(), value)
    return value
