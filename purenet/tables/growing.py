"""Columns that grow while a file is read: floats while all cells are numbers, otherwise text.

Most blocks of a file are numbers through and through.  They are turned into floats row by row,
in one go, and dealt out to the columns; only a block with a cell of another kind is looked at
column by column.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Sequence
from functools import cached_property
from itertools import chain

from .column import Column, column_of_texts, is_code, is_missing
from .words import number_in

_MOST_KNOWN = 1 << 14
_WAIT = 8  # blocks, until it is tried again whether all cells of one are numbers
_CODE = re.compile(r"(?:^|\n)[ \t]*0[0-9]+[ \t\r]*(?:\n|$)")
_DECIMAL_COMMA = re.compile(r"[0-9],[0-9]+[^0-9,]*$")
_CLASSES_OF_CHARACTERS = bytes.maketrans(b'123456789 \t\r\n";|', b"111111111,,,,,,,")

flat = chain.from_iterable


class KnownNumbers(dict[str, float]):
    """Cells that were read and their numbers, NaN for one that is missing.

    Columns of pixels or counts have few different cells, and to look a number up is quicker than to
    read it.  A cell that has to be kept as text raises ValueError.
    """

    def __missing__(self, cell: str) -> float:
        number = _number(cell)
        if number is None:
            raise ValueError(f"found {cell!r}, expected a plain number")
        self[cell] = number
        return number

    def is_full(self) -> bool:
        """Return whether there are so many that looking them up does not pay."""
        return len(self) > _MOST_KNOWN


class Written:
    """What can be said of all cells of a block at once, from what they were written as.

    odd: whether float() may take some that are no plain numbers: 1_000, digits of other scripts.
    codes: whether whole numbers may be written with leading zeros.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self.odd = not _is_plain(text)

    @cached_property
    def codes(self) -> bool:
        return _may_have_codes(self._text)

    def points(self) -> int:
        """Return how many decimal points there may be."""
        return self._text.count(".")


class GrowingColumn:
    """A column while its file is read.

    name: of the column.
    keep_texts: whether the texts are wanted in any case.
    """

    __slots__ = ("_numbers", "_texts", "keep_texts", "name")

    def __init__(self, name: str, *, keep_texts: bool = False) -> None:
        self.name = name
        self.keep_texts = keep_texts
        self._numbers: array[float] | None = None
        self._texts: _Texts | None = _Texts() if keep_texts else None

    @property
    def is_numbers(self) -> bool:
        """Whether all cells so far were numbers, and nobody asked for their text."""
        return self._texts is None

    @property
    def texts_from(self) -> int:
        """The row from which on there are texts; those before it were kept as numbers alone."""
        return 0 if self._numbers is None else len(self._numbers)

    @property
    def lacks_texts(self) -> bool:
        """Whether texts are needed, and not all of them are there."""
        return self._texts is not None and self.texts_from > 0

    def add_numbers(self, numbers: array[float]) -> None:
        """Add the numbers of some cells; the array is the column's own from now on."""
        if self._numbers is None:
            self._numbers = numbers
        else:
            self._numbers.extend(numbers)

    def add(self, cells: Sequence[str], known: KnownNumbers, written: Written) -> None:
        """Add cells of whatever kind, which stand in a block."""
        if self._texts is None:
            numbers = _numbers(cells, known, written)
            if numbers is not None:
                self.add_numbers(numbers)
                return
            self._texts = _Texts()
        self._texts.add(cells)

    def add_earlier(self, cells: Sequence[str]) -> None:
        """Add the texts of the first rows, which come again; all of them, in one call."""
        later = self._texts
        self._texts = _Texts()
        self._texts.add(cells)
        if later is not None:
            self._texts.texts += later.texts
        self._numbers = None

    def has_decimal_commas(self) -> bool:
        """Return whether the first cell in which something stands is written like 12,5."""
        cells = [] if self._texts is None else self._texts.texts
        first = next((cell for cell in cells if not is_missing(cell)), "")
        return _DECIMAL_COMMA.search(first) is not None

    def want_texts_of_thousands(self) -> None:
        """Ask for texts as well if points may stand between thousands: 1.234 and 999."""
        if self._texts is None and _may_be_thousands(self._numbers or array("d")):
            self._texts = _Texts()
            self.keep_texts = True

    def finished(self) -> Column:
        """Return the column."""
        if self._texts is None:
            return Column(self.name, self._numbers or array("d"))
        return column_of_texts(self.name, self._texts.texts, keep_texts=self.keep_texts)


class _Texts:
    """Cells as they were written, without the spaces around them; equal ones are one object."""

    __slots__ = ("_shared", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._shared: dict[str, str] = {}

    def add(self, cells: Sequence[str]) -> None:
        if len(self._shared) > _MOST_KNOWN:
            self._shared.clear()
        stripped = list(map(str.strip, cells))
        self.texts += map(self._shared.setdefault, stripped, stripped)


class GrowingColumns:
    """The columns of a table while its file is read.

    columns: in the order that the table has them.
    positions: where the cells of each stand in a record.
    width: the number of cells in a record.
    """

    def __init__(self, columns: list[GrowingColumn], positions: list[int], width: int) -> None:
        self.columns = columns
        self.positions = positions
        self._at: list[GrowingColumn | None] = [None] * width
        for position, column in zip(positions, columns, strict=True):
            self._at[position] = column
        self._known = KnownNumbers()
        self._numbers: list[GrowingColumn] = []  # those that are numbers so far, by position
        self._others: list[int] = []  # the other positions
        self._blocks_to_wait = 0
        self._sort()

    def _sort(self) -> None:
        self._numbers.clear()
        self._others.clear()
        for position, column in enumerate(self._at):
            if column is not None and column.is_numbers:
                self._numbers.append(column)
            else:
                self._others.append(position)

    def add(self, records: list[list[str]], text: str) -> None:
        """Add a block of records, as wide as the file, and what they were written as.

        The records are taken apart.
        """
        known = self._known
        written = Written(text)
        if 2 * len(self._others) > len(self._at):
            for position, column in zip(self.positions, self.columns, strict=True):
                column.add([record[position] for record in records], known, written)
            return
        for position in reversed(self._others):
            cells = [record.pop(position) for record in records]
            other = self._at[position]
            if other is not None:
                other.add(cells, known, written)
        numbers = self._read(records, written) if self._blocks_to_wait == 0 else None
        if numbers is not None:
            width = len(self._numbers)
            for position, column in enumerate(self._numbers):
                column.add_numbers(numbers[position::width])
            return
        for column, column_cells in zip(self._numbers, zip(*records, strict=True), strict=True):
            column.add(column_cells, known, written)
        if not all(column.is_numbers for column in self._numbers):
            self._sort()
        elif self._blocks_to_wait == 0:  # there are gaps, and likely more of them
            self._blocks_to_wait = _WAIT
        else:
            self._blocks_to_wait -= 1

    def finished(self) -> list[Column]:
        """Return the columns; this object is of no use after that.

        Whatever is not needed any more is let go of: there may be a hundred thousand columns.
        """
        self._at.clear()
        self._numbers.clear()
        self.columns.reverse()
        return [self.columns.pop().finished() for _ in self.positions]

    def want_texts_of_thousands(self, decimal: str | None) -> None:
        """Ask for the texts of numbers in which points may stand between thousands.

        decimal: "comma" if the user says so; otherwise another column has to show it.
        """
        if decimal == "comma" or any(column.has_decimal_commas() for column in self.columns):
            for column in self.columns:
                column.want_texts_of_thousands()

    def _read(self, records: list[list[str]], written: Written) -> array[float] | None:
        """Return the numbers of all cells, row by row, or None if some are no plain numbers."""
        if not self._numbers:
            return None
        known = self._known
        try:
            if not known.is_full():
                return array("d", list(map(known.__getitem__, flat(records))))
            numbers = list(map(float, flat(records)))
        except ValueError:
            return None
        # With a point in each there are no codes.
        codes = written.points() != len(numbers) and written.codes
        if codes or written.odd:
            text = "\n".join(flat(records))
            if not _is_plain(text) or (codes and _CODE.search(text)):
                return None
        return array("d", numbers) if _are_finite(numbers) else None


def _numbers(cells: Sequence[str], known: KnownNumbers, written: Written) -> array[float] | None:
    """Return the numbers of some cells, or None if some have to be kept as text."""
    try:
        if not known.is_full():
            return array("d", list(map(known.__getitem__, cells)))
        numbers = _floats(cells, written)
        if numbers is None:
            numbers = list(map(KnownNumbers().__getitem__, cells))
        return array("d", numbers)
    except ValueError:
        return None


def _may_be_thousands(numbers: array[float]) -> bool:
    """Return whether all fractions are such as 1.234, with at most three decimals, and some are."""
    found = False
    for number in set(numbers):
        if number % 1.0 != 0.0 and number == number:
            thousands = abs(number) * 1000.0
            if not 1000.0 < thousands < 1000000.0 or abs(thousands - round(thousands)) > 1e-6:
                return False
            found = True
    return found


def _floats(cells: Sequence[str], written: Written) -> list[float] | None:
    """Return some cells as float() reads them, or None if that may be wrong."""
    try:
        numbers = list(map(float, cells))
    except ValueError:
        return None
    if written.odd or written.codes:
        text = "\n".join(cells)
        if not _is_plain(text) or (written.codes and _CODE.search(text)):
            return None
    return numbers if _are_finite(numbers) else None


def _is_plain(text: str) -> bool:
    """Return whether cells that float() takes are plain numbers, or nan or infinite.

    It takes 1_000 too, and digits of other scripts.
    """
    return "_" not in text and text.isascii()


def _are_finite(numbers: list[float]) -> bool:
    # A sum of finite numbers may be infinite; that of others is never finite.
    return math.isfinite(sum(numbers)) or all(map(math.isfinite, numbers))


def _may_have_codes(text: str) -> bool:
    """Return whether a whole number in a text of records may be written with leading zeros."""
    classes = text.encode("latin-1", "replace").translate(_CLASSES_OF_CHARACTERS)
    return b",00" in classes or b",01" in classes or classes.startswith((b"00", b"01"))


def _number(cell: str) -> float | None:
    """Return a plain number, NaN where one is missing, or None for what has to be kept as text."""
    text = cell.strip()
    number = number_in(text)
    if number is None:
        return math.nan if is_missing(text) else None
    return None if is_code(text) else number
