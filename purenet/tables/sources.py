"""Where a table comes from: a file, standard input or an open file, read once and made text.

What is compressed with gzip is unpacked, whatever its name.  Text is UTF-8, with or without a
byte-order mark, UTF-16 or UTF-32 with one, and otherwise Latin-1, which is said.
"""

from __future__ import annotations

import codecs
import gzip
import io
import os
import sys
import zlib
from typing import IO, Any, NamedTuple

from ..checks import as_path, shown

Readable = str | os.PathLike[str] | IO[str] | IO[bytes]

STANDARD_INPUT = "standard input"
_GZIP = b"\x1f\x8b"
_FIRST = 4096  # bytes that are looked at before the others are unpacked
_EXPECTED = "expected a table as text, such as CSV"

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)

# What people take for a table, by its first bytes.
_KINDS = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"BZh", "a file compressed with bzip2"),
    (b"\xfd7zXZ", "a file compressed with xz"),
    (b"\x28\xb5\x2f\xfd", "a file compressed with zstd"),
    (b"%PDF", "a PDF file"),
    (b"\x89PNG", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\0\0\x08\x01", "an IDX file of labels"),
    (b"\0\0\x08\x03", "an IDX file of pictures"),
)


class Source(NamedTuple):
    """A table's text, its name in messages, and what was decided when it was read."""

    name: str
    text: str
    notes: list[str]


def read_source(source: Readable) -> Source:
    """Read a table's text, once.

    source: a path, "-" for standard input, or an open file, of text or of bytes.

    Raises ValueError, naming the source, for what is no text; TypeError for another kind of source;
    OSError if it cannot be read.
    """
    name, content = _contents(source)
    notes: list[str] = []
    try:
        if isinstance(content, str):
            text = content.removeprefix("\ufeff")
        else:
            if content[:2] == _GZIP:
                content = _unpacked(name, content)
            text, notes = _decoded(name, content)
    except MemoryError:
        raise MemoryError(f"{name}: found more text than there is memory for") from None
    if "\0" in text:  # the csv module takes it from Python 3.11 on
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ValueError(f"{name}: line {line}: found a zero byte, expected text")
    _check_text(name, text)
    return Source(name, text, notes)


def _contents(source: Any) -> tuple[str, bytes | str]:
    if isinstance(source, (str, os.PathLike)):
        path = as_path(source)
        if path != "-":
            with open(path, "rb") as file:
                return path, file.read()
        source = sys.stdin
        if source is None:
            raise ValueError(f"{STANDARD_INPUT}: found it closed, expected a table")
        return STANDARD_INPUT, getattr(source, "buffer", source).read()
    read = getattr(source, "read", None)
    if not callable(read):
        raise TypeError(
            f"path: found {shown(source)}, expected a path, '-' for standard input or an open file"
        )
    name = getattr(source, "name", None)
    if not isinstance(name, str):
        name = "the open file"
    try:
        content = read()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name}: found the byte {error.object[error.start]:#04x}, expected text in "
            f"{error.encoding}, as which the file was opened; open it in mode 'rb'"
        ) from None
    except io.UnsupportedOperation:
        raise ValueError(f"{name}: found a file opened for writing, expected one to read") from None
    except ValueError:
        if not getattr(source, "closed", False):
            raise
        raise ValueError(f"{name}: found a closed file, expected an open one") from None
    if isinstance(content, (bytearray, memoryview)):
        content = bytes(content)
    if not isinstance(content, (str, bytes)):
        raise TypeError(f"{name}: read() gave {shown(content)}, expected text or bytes")
    return name, content


def _unpacked(name: str, content: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            first = file.read(_FIRST)
            _check_kind(name, first)
            return first + file.read()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(
            f"{name}: found damaged compressed data ({error}), expected a whole gzip file"
        ) from None


def _check_kind(name: str, first: bytes) -> None:
    """Refuse what the first bytes say is no text."""
    for start, kind in _KINDS:
        if first.startswith(start):
            raise ValueError(f"{name}: found {kind}, {_EXPECTED}")
    marked = any(first.startswith(mark) for mark, _, _ in _MARKS)
    if b"\0" in first[:_FIRST] and not marked and not _unmarked(first):
        line = first.count(b"\n", 0, first.index(b"\0")) + 1
        raise ValueError(f"{name}: line {line}: found a zero byte, expected text")


def _unmarked(first: bytes) -> str:
    """Return which UTF-16 without a mark the first bytes are, or "".

    Of what people write in tables, delimiters and digits above all, every second byte is zero.
    """
    even, odd = first[0:_FIRST:2], first[1:_FIRST:2]
    for zero, other, encoding in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if 2 * zero.count(0) > len(zero) and 0 not in other:
            return encoding
    return ""


def _decoded(name: str, content: bytes) -> tuple[str, list[str]]:
    """Return bytes as text, and what had to be said about it."""
    _check_kind(name, content[:_FIRST])
    for mark, encoding, shown_name in _MARKS:
        if content.startswith(mark):
            try:
                return content.decode(encoding), []
            except UnicodeDecodeError as error:
                raise _damaged(name, error, shown_name) from None
    unmarked = _unmarked(content[:_FIRST])
    if unmarked:
        try:
            return content.decode(unmarked), ["read as UTF-16: every second byte is zero"]
        except UnicodeDecodeError as error:
            raise _damaged(name, error, "UTF-16") from None
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as error:
        if not content[: error.start].isascii():
            # It was UTF-8 up to here.
            raise _damaged(name, error, "UTF-8") from None
        line = content.count(b"\n", 0, error.start) + 1
        found = f"line {line} has the byte {content[error.start]:#04x}, which is no UTF-8"
    try:
        text = content.decode("cp1252")
        encoding = "Latin-1" if content.decode("latin-1") == text else "Latin-1 (Windows-1252)"
    except UnicodeDecodeError:
        text, encoding = content.decode("latin-1"), "Latin-1"
    return text, [f"read as {encoding}: {found}"]


def _damaged(name: str, error: UnicodeDecodeError, encoding: str) -> ValueError:
    # Positions count in error.object, which is the content without a byte-order mark.
    newline = "\n".encode(error.encoding) if error.encoding.startswith("utf-16") else b"\n"
    line = error.object.count(newline, 0, error.start) + 1
    return ValueError(
        f"{name}: line {line}: found the byte {error.object[error.start]:#04x}, "
        f"expected text in {encoding}"
    )


def _check_text(name: str, text: str) -> None:
    """Refuse text that is of another kind than a table."""
    start = "".join(text[:200].split()).lower()
    if start.startswith(('{"', "[{", "[[")):
        raise ValueError(f"{name}: found JSON, {_EXPECTED}")
    if start.startswith(("<!doctypehtml", "<html")):
        raise ValueError(f"{name}: found a web page, {_EXPECTED}")
