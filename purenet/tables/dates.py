"""How the dates and times of a column are written, and what they are as numbers.

All cells of a column follow one format.  Of "03/04/2000" alone nobody knows whether it lies in
March or in April; "31/04" or a word given by the user does.  Times are taken as they stand on the
clock: what "Z" or "+02:00" says of the zone is read over.
"""

from __future__ import annotations

import calendar
import datetime
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..elementary import cos
from .notations import Ambiguous

ORDERS = ("day-first", "month-first")

TWO_PI = 6.283185307179586
HALF_PI = 1.5707963267948966
DAY = 86400.0  # seconds

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *("january jan", "february feb", "march mar", "april apr", "may", "june jun"),
            *("july jul", "august aug", "september sep sept", "october oct", "november nov"),
            "december dec",
        ),
        1,
    )
    for name in names.split()
}
_MONTH = rf"(?P<name>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|thur|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_CLOCK = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?P<part>[.,][0-9]+)?)?"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?(?:\s*(?:Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
_TIME = rf"(?:(?:T|,?\s+|,?\s+at\s+){_CLOCK})?"
_YEAR = r"(?P<year>[0-9]{4})"
_SHORT = r"(?P<year>[0-9]{4}|[0-9]{2})"
_TH = r"(?:st|nd|rd|th)?"
_DAY = r"(?P<day>[0-9]{1,2})"
_NUMBER = r"(?P<month>[0-9]{1,2})"
_MARK = r"(?P<mark>[-/.])"

# In this order the first that fits all cells is taken.  Those of numbers without marks are taken
# where the user, or the column's name, says that it is a date.
_PATTERNS = {
    "year-month-day": rf"{_YEAR}{_MARK}{_NUMBER}(?P=mark){_DAY}{_TIME}",
    "day/month/year": rf"{_DAY}{_MARK}{_NUMBER}(?P=mark){_SHORT}{_TIME}",
    "month/day/year": rf"{_NUMBER}{_MARK}{_DAY}(?P=mark){_SHORT}{_TIME}",
    "day month-name year": rf"{_WEEKDAY}{_DAY}{_TH}[ .,/-]*{_MONTH}[ .,/-]*{_SHORT}{_TIME}",
    "month-name day year": rf"{_WEEKDAY}{_MONTH}[ -]*{_DAY}{_TH},?[ -]+{_SHORT}{_TIME}",
    "year month-name day": rf"{_YEAR}[ /-]*{_MONTH}[ /-]*{_DAY}{_TIME}",
    "month-name day time year": rf"{_WEEKDAY}{_MONTH}\s+{_DAY}\s+{_CLOCK}\s+{_YEAR}",
    "month-name year": rf"{_MONTH}(?:[ .,/-]*{_YEAR}|[-/'](?P<short>[0-9]{{2}}))",
    "year month-name": rf"{_YEAR}[ ,/-]*{_MONTH}",
    "year-month": rf"{_YEAR}[-/]?M?(?<=[-/M]){_NUMBER}",
    "month/year": rf"{_NUMBER}[-/.]{_YEAR}",
    "year quarter": rf"{_YEAR}[ -]?Q(?P<quarter>[1-4])",
    "quarter year": rf"Q(?P<quarter>[1-4])[ /-]?{_YEAR}",
    "time": _CLOCK,
    "yearmonthday": rf"{_YEAR}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})",
    "year": _YEAR,
}
_UNMARKED = ("yearmonthday", "year")
_FORMATS = {name: re.compile(text, re.IGNORECASE | re.ASCII) for name, text in _PATTERNS.items()}
_DAY_FIRST, _MONTH_FIRST = "day/month/year", "month/day/year"


class Moment(NamedTuple):
    """A date or a time of the day as it was written."""

    date: datetime.date | None
    seconds: float  # since midnight


@dataclass(frozen=True)
class DateFormat:
    """How the dates of one column are written.

    name: "year-month-day", "day/month/year" ...

    >>> DateFormat("day/month/year").moment("31.12.1999 12:00")
    Moment(date=datetime.date(1999, 12, 31), seconds=43200.0)
    """

    name: str

    def __post_init__(self) -> None:
        if self.name not in _FORMATS:
            raise ValueError(
                f"form: found {self.name!r:.60}, expected one of {', '.join(_FORMATS)}"
            )

    @property
    def order(self) -> str | None:
        """Whether the day or the month is first where both are numbers before the year."""
        return {_DAY_FIRST: "day-first", _MONTH_FIRST: "month-first"}.get(self.name)

    def moment(self, text: str) -> Moment | None:
        """Return the date in a cell, or None if it is not written in this way or does not exist."""
        match = _FORMATS[self.name].fullmatch(text)
        if match is None:
            return None
        found = match.groupdict()
        seconds = _seconds(found)
        if seconds is None:
            return None
        if self.name == "time":
            return Moment(None, seconds)
        year = int(found["year"] or found["short"])
        if year < 100 and len(found["year"] or found["short"]) == 2:
            year += 2000 if year < 69 else 1900  # as POSIX has it
        month = int(found.get("month") or 1)
        if found.get("name"):
            month = _MONTHS[found["name"].lower()]
        if found.get("quarter"):
            month = 3 * int(found["quarter"]) - 2
        try:
            return Moment(datetime.date(year, month, int(found.get("day") or 1)), seconds)
        except ValueError:  # the 31st of April
            return None


def _seconds(found: dict[str, Any]) -> float | None:
    if not found.get("hour"):
        return 0.0
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    if hour > 23 or minute > 59 or second > 60:
        return None
    part = float("0." + found["part"][1:]) if found["part"] else 0.0
    return 3600.0 * hour + 60.0 * minute + second + part


def date_format_of(
    texts: Iterable[str], order: str | None = None, *, unmarked: bool = False
) -> DateFormat | None:
    """Return how all these dates are written; None if they are not all dates.

    texts: the cells of a column in which something stands, at least one.
    order: "day-first" or "month-first", where the numbers leave it open.
    unmarked: whether 19991231 and 1999 are dates.

    Raises Ambiguous, a ValueError, if days and months can be exchanged in all of them.

    >>> date_format_of(["31/12/1999", "01/02/2000"])
    DateFormat(name='day/month/year')
    >>> date_format_of(["1959Q1", "1959Q2"])
    DateFormat(name='year quarter')
    """
    different = sorted(set(texts))
    if not any(character.isdigit() for character in different[0]):
        return None
    fitting = []
    for name in _FORMATS:
        form = DateFormat(name)
        if name in _UNMARKED and not unmarked:
            continue
        if all(form.moment(text) is not None for text in different):
            fitting.append(name)
    if _DAY_FIRST in fitting and _MONTH_FIRST in fitting:
        if order is None and not all(_same_either_way(text) for text in different):
            example = next(text for text in different if not _same_either_way(text))
            raise Ambiguous(
                f"found dates such as {example!r}, which can be read in two ways, expected "
                f"--dates day-first or --dates month-first (in Python dates='day-first' or "
                f"'month-first')"
            )
        return DateFormat(_MONTH_FIRST if order == "month-first" else _DAY_FIRST)
    return DateFormat(fitting[0]) if fitting else None


def commonest_date_format(
    counts: Mapping[str, int], order: str | None = None, *, unmarked: bool = False
) -> tuple[DateFormat | None, int]:
    """Return the format that most of the first hundred texts follow, and how many cells do in all.

    counts: how often each text stands in the column.
    """
    order = order or ORDERS[0]
    some = [date_format_of([text], order, unmarked=unmarked) for text in list(counts)[:100]]
    likely = Counter(form for form in some if form is not None).most_common(1)
    if not likely:
        return None, 0
    form = likely[0][0]
    return form, sum(count for text, count in counts.items() if form.moment(text) is not None)


def _same_either_way(text: str) -> bool:
    """Return whether day and month are the same, or points between them say what comes first."""
    return "." in text.split()[0] or DateFormat(_DAY_FIRST).moment(text) == DateFormat(
        _MONTH_FIRST
    ).moment(text)


def days_of(moment: Moment) -> float:
    """Return the days since 1970 began, with their part; of a time alone its part of the day."""
    part = moment.seconds / DAY
    return part if moment.date is None else float(moment.date.toordinal() - 719163) + part


def turns_of(moment: Moment) -> dict[str, float]:
    """Return what part of the year, the week and the day has gone by: 0 to 1 each."""
    part = moment.seconds / DAY
    turns = {"hour": part}
    if moment.date is not None:
        date = moment.date
        length = 366.0 if calendar.isleap(date.year) else 365.0
        turns["season"] = (float(date.timetuple().tm_yday - 1) + part) / length
        turns["weekday"] = float(date.weekday()) / 7.0
    return turns


def circle(turn: float) -> tuple[float, float]:
    """Return where on a circle that part of a turn ends, so that its end lies beside its start.

    >>> circle(0.0)[0], round(circle(0.25)[1], 12)
    (1.0, 1.0)
    """
    angle = TWO_PI * turn
    return cos(angle), cos(angle - HALF_PI)


def parts_that_vary(moments: Sequence[Moment]) -> list[str]:
    """Return which parts of these dates tell rows apart: trend, season, weekday, hour.

    Dates of months, quarters or years have no weekday: they name their first day only because some
    day must stand there.
    """
    parts = []
    dates = {moment.date for moment in moments if moment.date is not None}
    if len({days_of(moment) for moment in moments}) > 1:
        parts.append("trend")
    if len({(date.month, date.day) for date in dates}) > 1:
        parts.append("season")
    if len({date.weekday() for date in dates}) > 1 and len({date.day for date in dates}) > 1:
        parts.append("weekday")
    if len({moment.seconds for moment in moments}) > 1:
        parts.append("hour")
    return parts
