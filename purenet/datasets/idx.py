"""MNIST's IDX files: numbers in any number of dimensions, behind a short header.

The header is two zero bytes, one byte for the type, one for the number of dimensions, and the size
of each dimension in four bytes; the numbers follow.  Everything is big-endian.

Source: Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits",
"File formats for the MNIST database".
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import sys
import zlib
from array import array
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from ..checks import as_path


class _Kind(NamedTuple):
    """A type of number: its name and its code in ``array`` and ``memoryview``."""

    name: str
    code: Literal["B", "b", "h", "i", "f", "d"]


_KINDS = {
    0x08: _Kind("unsigned bytes", "B"),
    0x09: _Kind("signed bytes", "b"),
    0x0B: _Kind("2-byte integers", "h"),
    0x0C: _Kind("4-byte integers", "i"),
    0x0D: _Kind("4-byte floats", "f"),
    0x0E: _Kind("8-byte floats", "d"),
}
_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20
_MOST_DIMENSIONS = 64  # what a memoryview can take

_HeaderCheck = Callable[[str, _Kind, tuple[int, ...]], None]


class _Idx(NamedTuple):
    """What a file holds: the type, the size of each dimension, the numbers as bytes."""

    kind: _Kind
    shape: tuple[int, ...]
    data: bytearray


def read_idx(path: str | os.PathLike[str]) -> list[Any]:
    """Return the numbers in an IDX file as nested lists, one level a dimension.

    path: the file, plain or compressed with gzip, whatever its name.

    The numbers are floats for the two float types and ints for the others.  Raises ValueError,
    naming the file, if it is no IDX file, has a dimension of size 0 or more than 64 dimensions, or
    holds more or less data than its header claims; OSError if it cannot be read.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "two-by-three")
    ...     _ = path.write_bytes(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]))
    ...     read_idx(path)
    [[1, 2, 3], [4, 5, 6]]
    """
    return _nested(_read(path, _any_header))


def read_idx_images(path: str | os.PathLike[str]) -> list[list[float]]:
    """Return the pictures in an IDX file, one row of height * width floats from 0 to 1 a picture.

    path: a file of unsigned bytes in three dimensions (pictures, height, width), plain or
    compressed with gzip.

    A pixel is its byte divided by 255.  There are 256 of these floats, shared by all pictures, so a
    pixel takes about 9 bytes of memory and not 33.  Raises ValueError as ``read_idx`` does, and for
    another type or another number of dimensions.
    """
    _, shape, data = _read(path, _check_header_of_images)
    pixel = [value / 255 for value in range(256)].__getitem__
    size = shape[1] * shape[2]
    return [list(map(pixel, data[start : start + size])) for start in range(0, len(data), size)]


def read_idx_labels(path: str | os.PathLike[str]) -> list[int]:
    """Return the class numbers in an IDX file.

    path: a file of integers in one dimension, plain or compressed with gzip.

    Raises ValueError as ``read_idx`` does, and for floats or another number of dimensions.
    """
    return _nested(_read(path, _check_header_of_labels))


def _read(path: str | os.PathLike[str], check: _HeaderCheck) -> _Idx:
    """Read a file whose header passes a check; another is not read, or unpacked, beyond it."""
    name = as_path(path)
    with open(name, "rb") as file:
        if file.peek(2)[:2] != _GZIP:
            return _parsed(name, file.read, check)
        try:
            with gzip.GzipFile(fileobj=file) as unpacked:
                return _parsed(name, unpacked.read, check)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(
                f"{name}: found damaged compressed data ({error}), expected a whole gzip file"
            ) from None


def _any_header(name: str, kind: _Kind, shape: tuple[int, ...]) -> None:
    """Take every header."""


def _check_header_of_images(name: str, kind: _Kind, shape: tuple[int, ...]) -> None:
    if kind.code != "B":
        raise ValueError(f"{name}: found {kind.name}, expected unsigned bytes (pixels)")
    _check_dimensions(name, shape, ("pictures", "height", "width"))


def _check_header_of_labels(name: str, kind: _Kind, shape: tuple[int, ...]) -> None:
    if kind.code in "fd":
        raise ValueError(f"{name}: found {kind.name}, expected integers (labels)")
    _check_dimensions(name, shape, ("labels",))


def _parsed(name: str, read: Callable[[int], bytes], check: _HeaderCheck) -> _Idx:
    magic = read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _KINDS or magic[3] == 0:
        found = f"the first bytes {magic.hex(' ')}" if magic else "nothing"
        raise ValueError(
            f"{name}: found {found}, expected an IDX file: 00 00, "
            f"a type (08, 09, 0b, 0c, 0d or 0e) and the number of dimensions"
        )
    kind = _KINDS[magic[2]]
    dimensions = magic[3]
    if dimensions > _MOST_DIMENSIONS:
        raise ValueError(
            f"{name}: found {dimensions} dimensions, expected at most {_MOST_DIMENSIONS}"
        )
    sizes = read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise ValueError(
            f"{name}: found {4 + len(sizes)} bytes, expected a header of "
            f"{4 + 4 * dimensions} bytes for {dimensions} dimensions"
        )
    shape = struct.unpack(f">{dimensions}I", sizes)
    if 0 in shape:
        raise ValueError(f"{name}: found {_described(shape)}, expected sizes of 1 or more")
    check(name, kind, shape)
    claimed = math.prod(shape) * array(kind.code).itemsize
    data = _at_most(claimed + 1, read)
    if len(data) != claimed:
        found = "more" if len(data) > claimed else f"{len(data)} bytes"
        raise ValueError(
            f"{name}: found {found} after the header, expected {claimed} bytes: "
            f"{_described(shape)} of {kind.name}"
        )
    return _Idx(kind, shape, data)


def _at_most(count: int, read: Callable[[int], bytes]) -> bytearray:
    """Return up to ``count`` bytes.

    Piece by piece: the header may claim any size, so memory is taken only for bytes that came.
    """
    data = bytearray()
    while len(data) < count:
        piece = read(min(_CHUNK, count - len(data)))
        if not piece:
            break
        data += piece
    return data


def _nested(contents: _Idx) -> list[Any]:
    numbers = array(contents.kind.code, contents.data)
    if sys.byteorder == "little":
        numbers.byteswap()
    view = memoryview(numbers).cast("B").cast(contents.kind.code, contents.shape)
    return view.tolist()


def _check_dimensions(name: str, shape: tuple[int, ...], names: tuple[str, ...]) -> None:
    if len(shape) != len(names):
        raise ValueError(
            f"{name}: found {_described(shape)}, "
            f"expected {_counted(len(names))} ({', '.join(names)})"
        )


def _described(shape: tuple[int, ...]) -> str:
    return f"{_counted(len(shape))} ({' x '.join(map(str, shape))})"


def _counted(dimensions: int) -> str:
    return "1 dimension" if dimensions == 1 else f"{dimensions} dimensions"
