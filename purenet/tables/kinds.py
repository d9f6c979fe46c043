"""What a column is taken as: a number, true or false, a category, a date, or nothing at all."""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .column import Column, are_whole, has_gaps, is_code, is_missing
from .dates import DateFormat, commonest_date_format, date_format_of
from .faults import Faults
from .notations import PLAIN, Notation, commonest_notation, notation_of
from .words import number_in, number_text, plain

_NAN = float("nan")

KINDS = ("number", "category", "text", "date")  # that a user can ask for

WORDS = {
    **dict.fromkeys(("true", "yes", "y", "t", "on", "1"), 1.0),
    **dict.fromkeys(("false", "no", "n", "f", "off", "0"), 0.0),
}
_PAIRS = ({"y", "n"}, {"t", "f"}, {"on", "off"}, {"true", "false", "yes", "no", "0", "1"})

# In a short column numbers from 1 on may be a measurement; some names say that they are none, and
# some that they are one.
_FEWEST_COUNTED = 10
_FEWEST_UNMARKED_DATES = 10
_MEASURED_NAMES = frozenset(
    (
        *("t", "time", "second", "minute", "hour", "day", "week", "month", "quarter", "year"),
        *("period", "step", "trend", "epoch", "date", "age", "dose"),
    )
)
_INDEX_NAMES = frozenset(
    (
        *("#", "case", "id", "idx", "index", "key", "no", "no.", "nr", "nr.", "obs", "observation"),
        *("record", "row", "rowid", "rowname", "rownames", "row_id", "row_name", "row_names"),
        *("row_number", "rownumber", "serial", "serial_no", "uuid"),
    )
)
_THINGS = (
    "account|booking|case|client|customer|employee|event|flight|house|item|listing|loan|match|"
    "member|movie|object|order|passenger|patient|person|player|policy|product|property|record|row|"
    "sample|session|student|subject|team|ticket|track|transaction|user"
)
_IDENTITY = re.compile(
    rf".*[ _.\-](?:id|ID|Id)|.*[a-z](?:ID|Id)|(?:{_THINGS})[ _.\-]?(?:id|no|number)"
)
_CODES = re.compile(r"(?i)(?:.*[ _.-])?(?:zip|(?:zip|postal|post)[ _.-]?code|plz)")
_WAY_OUT = "--as COLUMN=category takes a column as it stands, --ignore COLUMN leaves it out"

# Above this many numbers a column is no category that happens to have words too.
_MOST_NUMBERED_CATEGORIES = 20
_FEWEST_TEXTS = 10

# Of many categories the rarest are gathered: a network learns nothing from a value seen once.
MOST_CATEGORIES = 40


class Taken(NamedTuple):
    """What a column is taken as.

    kind: "number", "true/false", "category", "date" or "left out".
    how: how the numbers or dates are written.
    reason: why it is left out.
    low, high: of plain numbers without gaps.
    """

    kind: str
    how: Notation | DateFormat = PLAIN
    reason: str = ""
    low: float = _NAN
    high: float = _NAN


class Wish(NamedTuple):
    """What the user says of a column.

    kind: number, category, text or date; None where it is to be found out.
    chosen: whether the column was asked for by its name.
    unnamed: whether the file has no name for it.
    decimal: "point" or "comma", dates: "day-first" or "month-first"; None where nothing was said.
    """

    kind: str | None = None
    chosen: bool = False
    unnamed: bool = False
    decimal: str | None = None
    dates: str | None = None


def truth_in(text: str) -> float | None:
    """Return 1.0 for a word for true, 0.0 for one for false, None for others."""
    return WORDS.get(text.lower())


def are_truths(texts: Iterable[str]) -> bool:
    """Return whether these are words for true and for false, of one kind."""
    lower = {text.lower() for text in texts}
    both = {WORDS[word] for word in lower if word in WORDS} == {0.0, 1.0}
    return both and any(lower <= pair for pair in _PAIRS)


def left_out(reason: str) -> Taken:
    """Return that a column is left out."""
    return Taken("left out", reason=reason)


def numbers_at(column: Column, rows: Sequence[int]) -> Sequence[float]:
    """Return the numbers of a column of numbers in some rows."""
    assert column.numbers is not None
    if isinstance(rows, range) and rows.step == 1:
        return column.numbers[rows.start : rows.stop]
    return array("d", map(column.numbers.__getitem__, rows))


def texts_at(column: Column, rows: Sequence[int]) -> list[str]:
    """Return the cells of a column in some rows as text, "" where a number is missing."""
    if column.texts is None:
        return [number_text(v) if v == v else "" for v in numbers_at(column, rows)]
    if isinstance(rows, range) and rows.step == 1:
        return column.texts[rows.start : rows.stop]
    return list(map(column.texts.__getitem__, rows))


def kind_of(column: Column, rows: Sequence[int], wish: Wish, faults: Faults) -> Taken:
    """Return what the cells of some rows are taken as; cells that do not fit are faults.

    Raises Ambiguous if the numbers or dates can be read in two ways.
    """
    if wish.kind == "text":
        return left_out("text")
    as_numbers = wish.kind in (None, "number")
    coded = wish.kind is None and _are_codes(column, rows)
    if wish.kind is None:
        dates = _unmarked_dates(column, rows)
        if dates is not None:
            return dates
    if as_numbers and column.numbers is not None and not coded:
        if not (wish.decimal == "comma" and column.texts is not None):
            return _kind_of_numbers(column.name, numbers_at(column, rows), rows, wish)
    texts = texts_at(column, rows)
    counts = Counter(text for text in texts if not is_missing(text))
    if not counts:
        return left_out("empty")
    if wish.kind == "category":
        return Taken("category")
    if wish.kind == "date":
        return _as_dates(column, rows, counts, wish, faults)
    if as_numbers and all(number_in(text) is not None for text in counts):
        if not coded and (wish.kind == "number" or not any(map(is_code, counts))):
            if wish.decimal != "comma":
                numbers = array("d", [number_in(t) or 0.0 if t in counts else _NAN for t in texts])
                return _kind_of_numbers(column.name, numbers, rows, wish)
    return _kind_of_texts(column, rows, texts, counts, wish, faults)


def _unmarked_dates(column: Column, rows: Sequence[int]) -> Taken | None:
    """Return that a column is one of dates if all its numbers are such as 19991231.

    That can be by chance if there are few, and the name does not say so.
    """
    if column.numbers is None:
        return None
    numbers = numbers_at(column, rows)
    if not all(19000101.0 <= number < 21010000.0 for number in numbers if number == number):
        return None
    texts = {number_text(number) for number in set(numbers) if number == number}
    if len(texts) < (2 if "date" in column.name.lower() else _FEWEST_UNMARKED_DATES):
        return None
    dates = date_format_of(texts, unmarked=True)
    return None if dates is None else Taken("date", dates)


def _are_codes(column: Column, rows: Sequence[int]) -> bool:
    """Return whether numbers are codes, which are equal or different, but not more or less."""
    if column.numbers is None:
        return False
    if _CODES.fullmatch(column.name) and are_whole(numbers_at(column, rows)):
        return True
    return column.coded and any(map(is_code, texts_at(column, rows)))


def _kind_of_numbers(name: str, values: Sequence[float], rows: Sequence[int], wish: Wish) -> Taken:
    present = values
    if has_gaps(values):
        present = [value for value in values if value == value]
    if not present:
        return left_out("empty")
    low, high = min(present), max(present)
    gaps = len(present) < len(values)
    if low == high and wish.kind is None:
        if gaps:
            return Taken("category")  # there or missing
        return Taken("left out", PLAIN, f"always {number_text(low)}", low, high)
    if not gaps and wish.kind is None and not wish.chosen:
        if high - low >= len(values) - 1:
            reason = _identity(name, values, rows, wish)
            if reason:
                return left_out(reason)
    both = low == 0.0 and high == 1.0 and set(present) == {0.0, 1.0}
    kind = "true/false" if both and wish.kind is None else "number"
    return Taken(kind) if gaps else Taken(kind, PLAIN, "", low, high)


def _identity(name: str, values: Sequence[float], rows: Sequence[int], wish: Wish) -> str:
    """Return why a column of numbers says which row it is and nothing else, or ""."""
    index = wish.unnamed or name.lower() in _INDEX_NAMES
    first = values[0] - rows[0]  # the number of row 0
    measured = name == "x" or name.lower() in _MEASURED_NAMES
    counted = len(values) >= _FEWEST_COUNTED and not measured
    if first in (0.0, 1.0) and (index or counted):
        if all(value == row + first for value, row in zip(values, rows, strict=True)):
            return "counts the rows"
    if index or _says_identity(name):
        different = set(values)
        if 10 * len(different) >= 9 * len(values) and all(v % 1.0 == 0.0 for v in different):
            return f"an identity, {len(different)} different values"
    return ""


def _says_identity(name: str) -> bool:
    lower = name.lower()
    found = _IDENTITY.fullmatch(name) or _IDENTITY.fullmatch(lower)
    return found is not None or lower in _INDEX_NAMES or lower.startswith("unnamed: ")


def _kind_of_texts(
    column: Column,
    rows: Sequence[int],
    texts: list[str],
    counts: Mapping[str, int],
    wish: Wish,
    faults: Faults,
) -> Taken:
    if len(counts) == 1 and wish.kind is None:
        if len(texts) > next(iter(counts.values())):
            return Taken("category")  # there or missing
        return left_out(f"always {plain(next(iter(counts))[:60])}")
    if wish.kind is None and are_truths(counts):
        return Taken("true/false")
    coded = wish.kind is None and (
        _CODES.fullmatch(column.name) is not None
        or (all(map(str.isdigit, counts)) and any(map(is_code, counts)))
    )
    if not coded:
        notation = notation_of(counts, wish.decimal)
        if notation is not None:
            return Taken("number", notation)
        if wish.kind is None:
            dates = date_format_of(counts, wish.dates)
            if dates is not None:
                return Taken("date", dates)
        notation, fitting = commonest_notation(counts)
        if wish.kind == "number" or _is_mostly_numbers(counts, notation, fitting):
            if fitting == sum(counts.values()):
                return Taken("number", notation)
            expected = f"a number {notation.in_words()}".strip()
            if wish.kind is None:
                expected += ", as in most of the column"
                faults.hint = _WAY_OUT
            for row, text in zip(rows, texts, strict=True):
                if text in counts and notation.number(text) is None:
                    faults.cell(row, column.name, text, expected)
            return left_out("wrong cells")
    many = len(counts) > MOST_CATEGORIES
    if not coded and wish.kind is None and _is_free(counts):
        form, fitting = commonest_date_format(counts, wish.dates)
        if form is not None and 2 * fitting > sum(counts.values()):
            faults.hint = _WAY_OUT
            return _without_odd_dates(column, rows, texts, counts, form, faults)
    if _is_free(counts) or (many and (_says_identity(column.name) or _is_scattered(counts))):
        what = "codes" if coded else "text"
        return left_out(f"{what}, {len(counts)} different values")
    return Taken("category")


def _as_dates(
    column: Column, rows: Sequence[int], counts: Mapping[str, int], wish: Wish, faults: Faults
) -> Taken:
    dates = date_format_of(counts, wish.dates, unmarked=True)
    if dates is not None:
        return Taken("date", dates)
    form, _ = commonest_date_format(counts, wish.dates, unmarked=True)
    if form is None:
        faults.say(f"column {column.name!r}: found {next(iter(counts))!r:.60}, expected dates")
        return left_out("wrong cells")
    return _without_odd_dates(column, rows, texts_at(column, rows), counts, form, faults)


def _without_odd_dates(
    column: Column,
    rows: Sequence[int],
    texts: Sequence[str],
    counts: Mapping[str, int],
    form: DateFormat,
    faults: Faults,
) -> Taken:
    """Note the cells that are no dates of this form."""
    for row, text in zip(rows, texts, strict=True):
        if text in counts and form.moment(text) is None:
            faults.cell(row, column.name, text, f"a date written {form.name}")
    return left_out("wrong cells")


def _is_mostly_numbers(counts: Mapping[str, int], notation: Notation, fitting: int) -> bool:
    """Return whether a column is one of numbers, in which some cells are wrong.

    A few whole numbers, each in several rows, may be categories beside words: 4, 6, rotary.
    """
    if 2 * fitting <= sum(counts.values()):
        return False
    numbers = {
        number: counts[text] for text in counts if (number := notation.number(text)) is not None
    }
    repeated = sum(count for count in numbers.values() if count > 1)
    whole = all(number % 1.0 == 0.0 for number in numbers)
    return not whole or len(numbers) > _MOST_NUMBERED_CATEGORIES or 2 * repeated < fitting


def _is_scattered(counts: Mapping[str, int]) -> bool:
    """Return whether the categories that would get an input make up less than a quarter."""
    total = sum(counts.values())
    kept = sorted(counts.values(), reverse=True)[:MOST_CATEGORIES]
    fewest = fewest_of_a_category(total)
    return 4 * sum(count for count in kept if count >= fewest) < total


def fewest_of_a_category(rows: int) -> int:
    """Return in how many of the rows a category must stand to get an input of its own."""
    return min(10, max(2, math.ceil(0.005 * rows)))


def _is_free(counts: Mapping[str, int]) -> bool:
    """Return whether the values of a column say little but which row it is: few stand twice."""
    total = sum(counts.values())
    repeated = sum(count for count in counts.values() if count > 1)
    return 2 * repeated < total and (len(counts) > _FEWEST_TEXTS or len(counts) == total)
