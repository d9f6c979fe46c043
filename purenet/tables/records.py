"""From the text of a CSV file to its records, block by block.

A block without a quote is cut at its line ends and delimiters, which is faster than the ``csv``
module; that one reads the others.
"""

from __future__ import annotations

import csv
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple, overload

_BLOCK = 1 << 18  # characters
_LOOKED_AT = 20  # records that decide what the delimiter is
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")

DELIMITERS = ("\t", ";", ",", "|")


class Block(NamedTuple):
    """Some records one after the other.

    lines: the number of each record's first line in the file, counted from 1.
    records: the cells of each, with the spaces around them.
    text: what they were written as.
    """

    lines: Sequence[int]
    records: list[list[str]]
    text: str


class Cursor:
    """A place in the text of a CSV file, which the next records are read from.

    faults: what was wrong with the quotes of those that were read, each with its line.
    """

    __slots__ = ("_any_ends", "delimiter", "faults", "line", "position", "text")

    def __init__(self, text: str, delimiter: str, position: int = 0, line: int = 1) -> None:
        self.text = text
        self.delimiter = delimiter
        self.position = position
        self.line = line
        self.faults: list[str] = []
        # Lines that end in "\r" alone, or a quoted one: the whole text is read line by line.
        self._any_ends = text.count("\r") != text.count("\r\n")

    def copy(self) -> Cursor:
        """Return a cursor of the same place."""
        return Cursor(self.text, self.delimiter, self.position, self.line)

    def record(self) -> tuple[int, list[str]] | None:
        """Read the next record that is not blank: its line and its cells; None at the end."""
        while self.position < len(self.text):
            lines, records = self._by_csv(self.position + 1, self._lines())
            for line, record in zip(lines, records, strict=True):
                if not is_blank(record):
                    return line, record
        return None

    def blocks(self) -> Iterator[Block]:
        """Read all that follows."""
        while self.position < len(self.text):
            start = self.position
            end = self.text.find("\n", start + _BLOCK) + 1 or len(self.text)
            piece = self.text[start:end]
            if self._any_ends or '"' in piece:
                lines, records = self._by_csv(end, self._lines_of(piece))
                yield Block(lines, records, self.text[start : self.position])
                continue
            texts = piece.split("\n")
            if not texts[-1]:  # what stands behind the last line's end
                texts.pop()
            delimiter = self.delimiter
            first = self.line
            self.position = end
            self.line = first + len(texts)
            yield Block(range(first, self.line), [text.split(delimiter) for text in texts], piece)

    def _by_csv(self, end: int, lines: Iterator[str]) -> tuple[list[int], list[list[str]]]:
        """Read records from the lines that follow until one ends at or behind a position."""
        numbers = []
        records = []
        first = self.line
        while self.position < end:
            reader = csv.reader(lines, delimiter=self.delimiter, skipinitialspace=True, strict=True)
            try:
                for record in reader:
                    numbers.append(first)
                    records.append(record)
                    first = self.line
                    if self.position >= end:
                        break
            except csv.Error as error:
                self._note(first, str(error))
                first = self.line
        return numbers, records

    def _note(self, line: int, error: str) -> None:
        if "expected after" in error:
            found = "text after a closing quote"
        elif "unexpected end" in error:
            found = "a quote that is never closed"
        else:  # a larger field than the csv module takes
            found = f"a quote that is not closed within {csv.field_size_limit():,} characters"
            self.position = len(self.text)
        self.faults.append(f"line {line}: found {found}, expected CSV")

    def _lines_of(self, piece: str) -> Iterator[str]:
        """Yield the lines of a piece of the text that begins here, and those behind it."""
        if not self._any_ends:
            end = self.position + len(piece)
            texts = piece.split("\n")
            if not texts[-1]:
                texts.pop()
            last = texts.pop()
            for text in texts:
                self.line += 1
                yield text + "\n"
            self.line += 1
            self.position = end
            yield last + "\n"
        yield from self._lines()

    def _lines(self) -> Iterator[str]:
        """Yield the lines that follow."""
        text = self.text
        while self.position < len(text):
            start = self.position
            if self._any_ends:
                match = _LINE.match(text, start)
                self.position = len(text) if match is None else match.end()
            else:
                self.position = text.find("\n", start) + 1 or len(text)
            self.line += 1
            yield text[start : self.position]


class LineNumbers(Sequence[int]):
    """The line of the file in which each row begins, kept as runs of lines that follow each other.

    >>> lines = LineNumbers()
    >>> lines.extend(range(2, 5))
    >>> lines.extend([7, 8])
    >>> list(lines), lines[3]
    ([2, 3, 4, 7, 8], 7)
    """

    __slots__ = ("_count", "_rows", "_starts")

    def __init__(self) -> None:
        self._count = 0
        self._rows: list[int] = []  # in which a run begins
        self._starts: list[int] = []  # the line of that row

    def extend(self, lines: Sequence[int]) -> None:
        """Add the lines of the rows that follow."""
        if isinstance(lines, range):
            if lines:
                self._run(lines[0])
                self._count += len(lines)
            return
        for line in lines:
            self._run(line)
            self._count += 1

    def _run(self, line: int) -> None:
        if not self._rows or line - self._starts[-1] != self._count - self._rows[-1]:
            self._rows.append(self._count)
            self._starts.append(line)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, row: int) -> int: ...

    @overload
    def __getitem__(self, row: slice) -> list[int]: ...

    def __getitem__(self, row: int | slice) -> int | list[int]:
        if isinstance(row, slice):
            return [self[index] for index in range(*row.indices(self._count))]
        if not -self._count <= row < self._count:
            raise IndexError(f"row {row} of {self._count}")
        row %= self._count
        run = bisect_right(self._rows, row) - 1
        return self._starts[run] + row - self._rows[run]


def is_blank(record: Sequence[str]) -> bool:
    """Return whether nothing stands in any cell."""
    return not any(map(str.strip, record))


def start_of(text: str) -> Cursor:
    """Return a cursor before the header, with the delimiter that makes the best of the first lines.

    That is one with which they have as many cells as the header has; of several, the one that the
    header has most of: a rarer one is likely part of a name.
    """
    if "\r" in text and '"' not in text and text.count("\r") != text.count("\r\n"):
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    told = re.match(r"\s*sep=(.)[ \t]*\r?\n", text, re.IGNORECASE)
    if told is not None:  # Excel's way to say it
        return Cursor(text, told[1], told.end(), text.count("\n", 0, told.end()) + 1)
    best = (False, 1)
    chosen = ","
    for delimiter in DELIMITERS:
        if delimiter in text:
            found = _fit(Cursor(text, delimiter))
            if found[1] > 1 and found > best:
                best, chosen = found, delimiter
    return Cursor(text, chosen)


def _fit(cursor: Cursor) -> tuple[bool, int]:
    """Return whether the first records are as wide as the header, and how wide it is."""
    header = cursor.record()
    if header is None or cursor.faults:
        return False, 0
    width = len(header[1])
    widths = set()
    for _ in range(_LOOKED_AT):
        found = cursor.record()
        if found is None:
            break
        record = found[1]
        count = len(record)
        widths.add(width if count > width and is_blank(record[width:]) else count)
    return widths <= {width} or widths == {width + 1}, width
