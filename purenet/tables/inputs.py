"""What a network gets of a column: one class a kind, which learned what it needs from the rows.

Each has the same methods: ``learn`` looks at the training rows, ``prepare`` turns the cells of any
rows into columns of numbers, ``names`` says what these are.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from . import documents
from .column import Column, has_gaps, is_missing
from .faults import Faults
from .kinds import MOST_CATEGORIES, fewest_of_a_category, numbers_at, texts_at, truth_in
from .notations import Notation
from .words import canonical, number_in, number_text, plain_list

SCALES = ("standard", "range", "none")

_NAN = math.nan

_FEWEST_SHADES = 15.0  # of four bits; what has fewer may be counts or answers from 0 to 4

_NUMBER_CHECKS: dict[str, documents.Check] = {
    "column": documents.as_text,
    "centre": documents.as_finite,
    "divisor": documents.as_divisor,
    "fill": documents.as_finite,
    "missing": documents.as_gaps,
}


@dataclass(frozen=True)
class NumberInput:
    """A column of numbers, scaled: ``(value - centre) / divisor``.

    column: its name.
    notation: how its numbers are written.
    scale: "standard" (mean and standard deviation), "range" (0 to 1), "pixels" (divided by the
        largest of all pixels) or "none".
    fill: the median, which stands in for a missing number.
    missing: how many were missing in the training rows; if any, another input says where.
    """

    kind: ClassVar[str] = "number"
    column: str
    notation: Notation
    scale: str
    centre: float
    divisor: float
    fill: float
    missing: int

    def __post_init__(self) -> None:
        documents.settle(self, _NUMBER_CHECKS)
        documents.one_of("scale", self.scale, (*SCALES, "pixels"))

    @classmethod
    def learn(
        cls, column: Column, rows: Sequence[int], notation: Notation, scale: str, top: float = 1.0
    ) -> NumberInput:
        """Return the input of a column, learned from some rows, one of which has a number.

        top: the largest of all pixels.

        Raises ValueError for numbers whose squares or differences no float can hold.
        """
        values = _numbers(column, rows, notation, None)
        present = values
        if has_gaps(values):
            present = [value for value in values if value == value]
        gaps = len(values) - len(present)
        centre, divisor = 0.0, 1.0
        if scale == "standard":
            centre, divisor = mean_and_deviation(column.name, present)
        elif scale == "range":
            centre, highest = min(present), max(present)
            divisor = highest - centre
            if not math.isfinite(divisor):
                raise ValueError(_too_wide(column.name, present))
            if divisor == 0.0:
                divisor = 1.0
        elif scale == "pixels":
            divisor = top
        return cls(column.name, notation, scale, centre, divisor, median(present), gaps)

    @property
    def names(self) -> list[str]:
        """The names of the inputs."""
        return [self.column, f"{self.column} missing"] if self.missing else [self.column]

    def prepare(
        self, column: Column, rows: Sequence[int], faults: Faults, strict: bool
    ) -> list[list[float]]:
        """Return a list of numbers for each input, one number a row."""
        values = _numbers(column, rows, self.notation, faults if strict else None)
        flags = [0.0] * len(values) if self.missing else []
        if has_gaps(values):
            if self.missing:
                flags = [1.0 if value != value else 0.0 for value in values]
            fill = self.fill
            values = [fill if value != value else value for value in values]
        centre = self.centre
        divisor = self.divisor
        if self.scale == "pixels":
            # There are few different ones, and a float takes three times the memory of a reference.
            known = {value: (value - centre) / divisor for value in set(values)}
            scaled = list(map(known.__getitem__, values))
        else:
            scaled = [(value - centre) / divisor for value in values]
        if scaled and not (math.isfinite(min(scaled)) and math.isfinite(max(scaled))):
            for row, value, number in zip(rows, values, scaled, strict=True):
                if not math.isfinite(number):
                    expected = f"a number near the training rows' mean of {centre}"
                    faults.cell(row, self.column, value, expected)
        return [scaled, flags] if self.missing else [scaled]

    def in_words(self) -> str:
        """Return what the column is taken as."""
        if self.scale == "pixels":
            what = "pixel" if self.divisor >= _FEWEST_SHADES else "number"
            return f"{what} 0 to {number_text(self.divisor)}"
        return f"number {self.notation.in_words()}".strip()

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a dictionary that ``json.dumps`` takes."""
        return {"kind": self.kind, **vars(self), "notation": self.notation.to_json()}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> NumberInput:
        """Return the input of these fields."""
        return cls(**{**fields, "notation": Notation.from_json(fields["notation"])})


@dataclass(frozen=True)
class TrueFalseInput:
    """A column of true and false: 1 and 0, scaled like numbers.

    words: how false and true are written.
    fill: what there is more of, which stands in for a missing cell.
    """

    kind: ClassVar[str] = "true/false"
    column: str
    words: tuple[str, str]
    centre: float
    divisor: float
    fill: float
    missing: int

    def __post_init__(self) -> None:
        documents.settle(self, _NUMBER_CHECKS)
        words = documents.as_texts("words", self.words)
        if list(map(truth_in, words)) != [0.0, 1.0]:
            raise ValueError(f"words: found {words}, expected such as ['no', 'yes']")
        object.__setattr__(self, "words", tuple(words))

    @classmethod
    def learn(cls, column: Column, rows: Sequence[int], scale: str) -> TrueFalseInput:
        """Return the input of a column, learned from some rows, which have true and false."""
        counts = Counter(text for text in texts_at(column, rows) if not is_missing(text))
        words = ["", ""]
        for text, _ in reversed(counts.most_common()):
            words[int(truth_in(canonical(text)) or 0.0)] = canonical(text)
        values = _truths(column, rows, numeric=False, faults=None)
        present = [value for value in values if value == value]
        centre, divisor = 0.0, 1.0
        if scale == "standard":
            centre, divisor = mean_and_deviation(column.name, present)
        fill = 1.0 if 2 * present.count(1.0) > len(present) else 0.0
        gaps = len(values) - len(present)
        return cls(column.name, (words[0], words[1]), centre, divisor, fill, gaps)

    @property
    def names(self) -> list[str]:
        """The names of the inputs."""
        return [self.column, f"{self.column} missing"] if self.missing else [self.column]

    def prepare(
        self, column: Column, rows: Sequence[int], faults: Faults, strict: bool
    ) -> list[list[float]]:
        """Return a list of numbers for each input, one number a row."""
        # What training saw as 0 and 1 alone may still be a count.
        numeric = self.words == ("0", "1")
        values = _truths(column, rows, numeric, faults if strict else None)
        scaled = [
            ((self.fill if value != value else value) - self.centre) / self.divisor
            for value in values
        ]
        if not self.missing:
            return [scaled]
        return [scaled, [1.0 if value != value else 0.0 for value in values]]

    def in_words(self) -> str:
        """Return what the column is taken as."""
        return f"true/false: {self.words[1]}, {self.words[0]}"

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a dictionary that ``json.dumps`` takes."""
        return {"kind": self.kind, **asdict(self), "words": list(self.words)}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> TrueFalseInput:
        """Return the input of these fields."""
        return cls(**fields)


@dataclass(frozen=True)
class CategoryInput:
    """A column of categories: an input for each, 1 where it stands and 0 elsewhere.

    categories: the most frequent first.
    other: whether rarer ones are gathered in one more; what training did not see is one of them.
    numbers: whether some values are numbers; otherwise a number is of another kind.
    missing: how many cells were missing in the training rows; if any, that is one more category.
    shares: the mean of each input over the training rows, which stands in for a value that
        training did not see if there are no others, and for a missing one if there was none.
    """

    kind: ClassVar[str] = "category"
    column: str
    categories: list[str]
    other: bool
    numbers: bool
    missing: int
    shares: list[float]

    def __post_init__(self) -> None:
        checks: dict[str, documents.Check] = {
            "column": documents.as_text,
            "categories": documents.as_texts,
            "other": documents.as_boolean,
            "numbers": documents.as_boolean,
            "missing": documents.as_gaps,
        }
        documents.settle(self, checks)
        shares = documents.as_finites("shares", self.shares, len(self.names))
        object.__setattr__(self, "shares", shares)
        if not self.names:
            raise ValueError("categories: found none, expected at least one")

    @classmethod
    def learn(cls, column: Column, rows: Sequence[int]) -> CategoryInput:
        """Return the input of a column, learned from some rows."""
        texts = [canonical(text) for text in texts_at(column, rows)]
        counts = Counter(text for text in texts if not is_missing(text))
        total = sum(counts.values())
        fewest = fewest_of_a_category(total)
        ordered = sorted(counts, key=lambda text: (-counts[text], text))
        kept = [text for text in ordered[:MOST_CATEGORIES] if counts[text] >= fewest]
        if not kept or (len(ordered) - len(kept) == 1 and len(ordered) <= 3):
            kept = ordered[:MOST_CATEGORIES]  # there is nothing to gather
        parts = [counts[text] for text in kept]
        if len(kept) < len(ordered):
            parts.append(total - sum(parts))
        gaps = len(texts) - total
        if gaps:
            parts.append(gaps)
        shares = [part / len(texts) for part in parts]
        numbers = any(number_in(text) is not None for text in counts)
        return cls(column.name, kept, len(kept) < len(ordered), numbers, gaps, shares)

    @property
    def names(self) -> list[str]:
        """The names of the inputs."""
        names = [f"{self.column}={category}" for category in self.categories]
        if self.other:
            names.append(f"{self.column}=other")
        return [*names, f"{self.column} missing"] if self.missing else names

    def prepare(
        self, column: Column, rows: Sequence[int], faults: Faults, strict: bool
    ) -> list[list[float]]:
        """Return a list of numbers for each input, one number a row; any word is taken."""
        width = len(self.shares)
        unit_rows = [[1.0 if j == i else 0.0 for j in range(width)] for i in range(width)]
        known = dict(zip(self.categories, unit_rows, strict=False))
        unseen = unit_rows[len(self.categories)] if self.other else self.shares
        nothing = unit_rows[-1] if self.missing else self.shares
        found: dict[str, list[float]] = {}
        cells = []
        for row, text in zip(rows, texts_at(column, rows), strict=True):
            if strict and not self.numbers and number_in(text) is not None:
                expected = f"a category such as {plain_list(self.categories)}"
                faults.cell(row, self.column, text, expected)
            cell = found.get(text)
            if cell is None:
                cell = nothing if is_missing(text) else known.get(canonical(text), unseen)
                found[text] = cell
            cells.append(cell)
        return [[cell[j] for cell in cells] for j in range(width)]

    def in_words(self) -> str:
        """Return what the column is taken as."""
        other = " and other" if self.other else ""
        return f"category of {len(self.categories)}: {plain_list(self.categories)}{other}"

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a dictionary that ``json.dumps`` takes."""
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> CategoryInput:
        """Return the input of these fields."""
        return cls(**fields)


def _numbers(
    column: Column, rows: Sequence[int], notation: Notation, faults: Faults | None
) -> Sequence[float]:
    """Return the numbers in some rows, NaN where one is missing or, without faults, is none."""
    if column.numbers is not None and (notation.plain or column.texts is None):
        return numbers_at(column, rows)
    known: dict[str, float] = {}
    values = []
    for row, text in zip(rows, texts_at(column, rows), strict=True):
        value = known.get(text)
        if value is None:
            number = None if is_missing(text) else notation.number(text)
            if number is None and faults is not None and not is_missing(text):
                faults.cell(row, column.name, text, f"a number {notation.in_words()}".strip())
            else:
                known[text] = _NAN if number is None else number
            value = _NAN if number is None else number
        values.append(value)
    return values


def _truths(
    column: Column, rows: Sequence[int], numeric: bool, faults: Faults | None
) -> list[float]:
    """Return 1 for true and 0 for false in some rows, NaN where a cell is missing or neither.

    numeric: whether other numbers may stand for themselves.
    """
    values = []
    for row, text in zip(rows, texts_at(column, rows), strict=True):
        value = _NAN
        if not is_missing(text):
            number = truth_in(canonical(text))
            if number is None and numeric:
                number = number_in(text)
            if number is not None:
                value = number
            elif faults is not None:
                faults.cell(row, column.name, text, "true or false")
        values.append(value)
    return values


def mean_and_deviation(column: str, values: Sequence[float]) -> tuple[float, float]:
    """Return the mean and the population's standard deviation, 1.0 if the values never differ.

    Equal values are told by comparing them: their mean may be rounded, and then a tiny difference
    from it would be blown up to a deviation of its own.
    """
    count = len(values)
    total = 0.0
    for value in values:
        total = total + value
    mean = total / count
    if min(values) == max(values):
        return values[0], 1.0
    total = 0.0
    for value in values:
        difference = value - mean
        total = total + difference * difference
    deviation = math.sqrt(total / count)
    if not math.isfinite(deviation) or deviation == 0.0:
        raise ValueError(_too_wide(column, values))
    return mean, deviation


def _too_wide(column: str, values: Sequence[float]) -> str:
    return (
        f"column {column!r}: found numbers from {min(values)} to {max(values)}, "
        f"expected numbers whose squares a float can hold; change the unit"
    )


def median(values: Sequence[float]) -> float:
    """Return the middle of the values, the mean of the middle two of an even number of them.

    >>> median([5.0, 1.0, 2.0]), median([1.0, 2.0])
    (2.0, 1.5)
    """
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2 == 1:
        return ordered[middle]
    return ordered[middle - 1] / 2.0 + ordered[middle] / 2.0
