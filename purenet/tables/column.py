"""One column of a table: its cells as numbers, if they all are, or as text."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

from .words import number_in

# What people write where there is nothing; compared in lower case.
MISSING = frozenset(
    {
        "",
        "#div/0!",
        "#n/a",
        "#na",
        "#name?",
        "#num!",
        "#ref!",
        "#value!",
        "(blank)",
        "(null)",
        "-",
        "--",
        ".",
        "<na>",
        "?",
        "missing",
        "n.a.",
        "n/a",
        "na",
        "nan",
        "nat",
        "nil",
        "none",
        "not available",
        "null",
        "undefined",
        "unknown",
    }
)


class Column:
    """The cells of one column, from the first row to the last.

    name: of the column.
    numbers: the cells as floats, NaN where one is missing, if every other one is a plain decimal
        number; otherwise None.
    texts: the cells as they were written, without the spaces around them; None where there are
        numbers, not codes, and nobody asked for their text.
    coded: whether they are written with leading zeros, as codes are: 007.
    """

    __slots__ = ("coded", "name", "numbers", "texts")

    def __init__(
        self,
        name: str,
        numbers: array[float] | None = None,
        texts: list[str] | None = None,
        *,
        coded: bool = False,
    ) -> None:
        self.name = name
        self.numbers = numbers
        self.texts = texts
        self.coded = coded

    def __len__(self) -> int:
        return len(self.numbers if self.numbers is not None else self.texts or [])

    @property
    def whole(self) -> bool:
        """Whether all cells are numbers, and none of them has a fraction."""
        return self.numbers is not None and are_whole(self.numbers)

    def part(self, rows: Sequence[int]) -> Column:
        """Return the column of some rows."""
        numbers, texts = self.numbers, self.texts
        return Column(
            self.name,
            None if numbers is None else array("d", [numbers[i] for i in rows]),
            None if texts is None else [texts[i] for i in rows],
            coded=self.coded,
        )


def are_whole(numbers: Sequence[float]) -> bool:
    """Return whether no number has a fraction; one that is missing does not count."""
    return all(number % 1.0 == 0.0 for number in set(numbers) if number == number)


def has_gaps(numbers: Sequence[float]) -> bool:
    """Return whether a number is missing: NaN, and so is the sum then, used for nothing else."""
    total = sum(numbers)
    return total != total


def is_missing(text: str) -> bool:
    """Return whether a cell says that there is nothing."""
    return text.lower() in MISSING


def is_code(text: str) -> bool:
    """Return whether a whole number is written with leading zeros, as codes are: 007."""
    return len(text) > 1 and text[0] == "0" and text.isdigit()


def column_of_texts(name: str, texts: list[str], *, keep_texts: bool = False) -> Column:
    """Return the column of some cells, which have no spaces around them.

    Texts are kept if that is asked for, and wherever numbers do not say all: of codes and of text.
    """
    different = set(texts)
    known = {}
    for text in different:
        number = number_in(text)
        if number is None:
            if not is_missing(text):
                return Column(name, None, texts)
            number = math.nan
        known[text] = number
    coded = any(map(is_code, different))
    numbers = array("d", map(known.__getitem__, texts))
    return Column(name, numbers, texts if keep_texts or coded else None, coded=coded)
