"""Columns that grow while a file is read: floats while all cells are numbers, otherwise text."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Sequence
from functools import cached_property

from .column import Column, column_of_texts, is_code, is_missing
from .words import number_in

_MOST_KNOWN = 1 << 14
_FEWEST_TO_TELL = 16
_CODE = re.compile(r"(?:^|\n)[ \t]*0[0-9]+[ \t\r]*(?:\n|$)")
_CLASSES_OF_CHARACTERS = bytes.maketrans(b'123456789 \t\r\n";|', b"111111111,,,,,,,")


class Cells:
    """What can be said of all cells of a block at once, from the text they were written as."""

    def __init__(self, text: str) -> None:
        self._text = text
        # float() takes more than plain numbers: 1_000, nan, inf and digits of other scripts.
        self.odd = "_" in text or "n" in text or "N" in text or not text.isascii()

    @cached_property
    def has_codes(self) -> bool:
        """Whether there may be a whole number with leading zeros."""
        text = self._text.encode("latin-1", "replace").translate(_CLASSES_OF_CHARACTERS)
        return b",00" in text or b",01" in text or text.startswith((b"00", b"01"))


class GrowingColumn:
    """A column while its file is read.

    name: of the column.
    texts_from: the row from which on there are texts; those before it were kept as numbers alone.
    keep_texts: whether the texts are wanted in any case.
    """

    __slots__ = ("_known", "_many", "_numbers", "_shared", "_texts", "keep_texts", "name")

    def __init__(self, name: str, known: dict[str, float], *, keep_texts: bool = False) -> None:
        self.name = name
        self.keep_texts = keep_texts
        self._known = known
        self._many = False  # different numbers: looking them up does not pay
        self._numbers = array("d")
        self._texts: list[str] | None = [] if keep_texts else None
        self._shared: dict[str, str] = {}

    @property
    def texts_from(self) -> int:
        """The row from which on there are texts; all before it were taken for numbers."""
        return len(self._numbers)

    @property
    def lacks_texts(self) -> bool:
        """Whether texts are needed, and not all of them are there."""
        return self._texts is not None and len(self._numbers) > 0

    def add(self, cells: Sequence[str], block: Cells) -> None:
        """Add the cells of a block."""
        if self._texts is None and not self._add_numbers(cells, block):
            self._texts = []
        if self._texts is not None:
            self._texts += self._stripped(cells)

    def add_earlier(self, cells: Sequence[str]) -> None:
        """Add the texts of the first rows, which come again; all of them, in one call."""
        self._texts = [*self._stripped(cells), *(self._texts or [])]
        self._numbers = array("d")

    def finished(self) -> Column:
        """Return the column."""
        if self._texts is None:
            return Column(self.name, self._numbers)
        return column_of_texts(self.name, self._texts, keep_texts=self.keep_texts)

    def _stripped(self, cells: Sequence[str]) -> list[str]:
        """Return texts without the spaces around them, equal ones as one object."""
        if len(self._shared) > _MOST_KNOWN:
            self._shared.clear()
        texts = list(map(str.strip, cells))
        return list(map(self._shared.setdefault, texts, texts))

    def _add_numbers(self, cells: Sequence[str], block: Cells) -> bool:
        """Add cells that are all plain numbers or missing; return whether they are."""
        if not self._many:
            different = set(cells)
            if len(cells) < _FEWEST_TO_TELL or 2 * len(different) < len(cells):
                if not self._learn(different):
                    return False
                self._numbers.extend(map(self._known.__getitem__, cells))
                return True
            self._many = True
        if block.odd or block.has_codes:
            joined = "\n".join(cells)
            if "_" in joined or not joined.isascii() or (block.has_codes and _CODE.search(joined)):
                return self._add_one_by_one(cells)
            if "n" in joined or "N" in joined:
                return self._add_one_by_one(cells)
        try:
            numbers = list(map(float, cells))
        except ValueError:
            return self._add_one_by_one(cells)
        # A sum of finite numbers may be infinite; that of others is never finite.
        if not math.isfinite(sum(numbers)):
            return self._add_one_by_one(cells)
        self._numbers.fromlist(numbers)
        return True

    def _learn(self, cells: set[str]) -> bool:
        """Enter the numbers of some cells into those known; return whether all are numbers."""
        known = self._known
        if cells <= known.keys():
            return True
        if len(known) > _MOST_KNOWN:
            known.clear()
        for cell in cells:
            if cell not in known:
                number = _number(cell)
                if number is None:
                    return False
                known[cell] = number
        return True

    def _add_one_by_one(self, cells: Sequence[str]) -> bool:
        numbers = []
        for cell in cells:
            number = _number(cell)
            if number is None:
                return False
            numbers.append(number)
        self._numbers.fromlist(numbers)
        return True


def _number(cell: str) -> float | None:
    """Return a plain number, NaN where one is missing, or None for what has to be kept as text."""
    text = cell.strip()
    number = number_in(text)
    if number is None:
        return math.nan if is_missing(text) else None
    return None if is_code(text) else number
