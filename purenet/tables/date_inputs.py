"""What a network gets of a column of dates or times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from . import documents
from .column import Column, is_missing
from .dates import DateFormat, Moment, circle, days_of, parts_that_vary, turns_of
from .faults import Faults
from .inputs import SCALES, mean_and_deviation
from .kinds import texts_at

PARTS = ("trend", "season", "weekday", "hour")

_ISO = DateFormat("year-month-day")  # as dates of Python and of data frames are written
_NO_MOMENT = Moment(None, math.nan)


@dataclass(frozen=True)
class DateInput:
    """A column of dates or times of the day, of which those parts are taken that varied.

    parts: "trend", the days since 1970, scaled like numbers; "season", "weekday" and "hour", each
        as cosine and sine, so that December lies beside January and 23:59 beside 0:00.
    form: how the dates are written.
    fills: the mean of each input over the training rows, which stands in for a missing date.
    missing: how many were missing in the training rows; if any, another input says where.
    first, last: the earliest and the latest date, as they were written.
    """

    kind: ClassVar[str] = "date"
    column: str
    form: DateFormat
    parts: list[str]
    centre: float
    divisor: float
    fills: list[float]
    missing: int
    first: str
    last: str

    def __post_init__(self) -> None:
        checks: dict[str, documents.Check] = {
            "column": documents.as_text,
            "parts": documents.as_texts,
            "centre": documents.as_finite,
            "divisor": documents.as_divisor,
            "missing": documents.as_gaps,
            "first": documents.as_text,
            "last": documents.as_text,
        }
        documents.settle(self, checks)
        if self.parts != [part for part in PARTS if part in self.parts]:
            raise ValueError(f"parts: found {self.parts}, expected some of {', '.join(PARTS)}")
        fills = documents.as_finites("fills", self.fills, len(self._dated_names))
        object.__setattr__(self, "fills", fills)
        if not self.names:
            raise ValueError("parts: found none, expected at least one")

    @classmethod
    def learn(
        cls, column: Column, rows: Sequence[int], form: DateFormat, scale: str
    ) -> DateInput | None:
        """Return the input of a column, learned from some rows; None if they have all one date."""
        documents.one_of("scale", scale, SCALES)
        texts = texts_at(column, rows)
        moments = [moment for text in texts if (moment := form.moment(text)) is not None]
        written = {days_of(m): text for text in set(texts) if (m := form.moment(text)) is not None}
        gaps = len(texts) - len(moments)
        parts = parts_that_vary(moments)
        if not parts and not gaps:
            return None
        days = [days_of(moment) for moment in moments]
        centre, divisor = 0.0, 1.0
        if "trend" in parts:
            if scale == "standard":
                centre, divisor = mean_and_deviation(column.name, days)
            elif scale == "range":
                centre = min(days)
                divisor = max(days) - centre
        fills = []
        for values in _values(moments, parts, centre, divisor):
            total = 0.0
            for value in values:
                total = total + value
            fills.append(total / len(values))
        first, last = written[min(days)], written[max(days)]
        return cls(column.name, form, parts, centre, divisor, fills, gaps, first, last)

    @property
    def _dated_names(self) -> list[str]:
        names = []
        for part in self.parts:
            if part == "trend":
                names.append(f"{self.column} trend")
            else:
                names += [f"{self.column} {part} cos", f"{self.column} {part} sin"]
        return names

    @property
    def names(self) -> list[str]:
        """The names of the inputs."""
        names = self._dated_names
        return [*names, f"{self.column} missing"] if self.missing else names

    def prepare(
        self, column: Column, rows: Sequence[int], faults: Faults, strict: bool
    ) -> list[list[float]]:
        """Return a list of numbers for each input, one number a row."""
        texts = texts_at(column, rows)
        known: dict[str, Moment] = {}
        for text in set(texts):
            moment = None if is_missing(text) else self.form.moment(text) or _ISO.moment(text)
            if moment is not None and (moment.date is None) == (self.form.name == "time"):
                known[text] = moment
        if strict:
            for row, text in zip(rows, texts, strict=True):
                if text not in known and not is_missing(text):
                    expected = f"a date written {self.form.name}, such as {self.first}"
                    faults.cell(row, self.column, text, expected)
        moments = [known.get(text, _NO_MOMENT) for text in texts]
        columns = _values(moments, self.parts, self.centre, self.divisor)
        columns = [
            [fill if value != value else value for value in values]
            for values, fill in zip(columns, self.fills, strict=True)
        ]
        if self.missing:
            columns.append([1.0 if moment is _NO_MOMENT else 0.0 for moment in moments])
        return columns

    def in_words(self) -> str:
        """Return what the column is taken as."""
        what = "time" if self.form.name == "time" else "date"
        return f"{what} {self.first} to {self.last}: {', '.join(self.parts)}".removesuffix(": ")

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a dictionary that ``json.dumps`` takes."""
        return {"kind": self.kind, **asdict(self), "form": self.form.name}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> DateInput:
        """Return the input of these fields."""
        return cls(**{**fields, "form": DateFormat(fields["form"])})


def _values(
    moments: Sequence[Moment], parts: Sequence[str], centre: float, divisor: float
) -> list[list[float]]:
    """Return the numbers of each input for some dates, NaN for one that is missing."""
    columns = []
    if "trend" in parts:
        columns.append([(days_of(moment) - centre) / divisor for moment in moments])
    for part in PARTS[1:]:
        if part in parts:
            points: dict[float, tuple[float, float]] = {}
            cosines, sines = [], []
            for moment in moments:
                turn = turns_of(moment).get(part, math.nan)
                if turn not in points:
                    points[turn] = circle(turn)
                cosines.append(points[turn][0])
                sines.append(points[turn][1])
            columns += [cosines, sines]
    return columns
