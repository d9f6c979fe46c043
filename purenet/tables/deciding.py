"""From the columns of a table to what a network gets of each, decided from the training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from .column import Column, are_whole, is_missing
from .date_inputs import DateInput
from .dates import DateFormat
from .faults import Faults
from .inputs import CategoryInput, NumberInput, TrueFalseInput
from .kinds import Taken, Wish, kind_of, left_out, numbers_at, texts_at
from .notations import Ambiguous, Notation, notation_of
from .table import Table
from .words import stem_of

ColumnInput: TypeAlias = NumberInput | TrueFalseInput | CategoryInput | DateInput

FEWEST_PIXELS = 16


class Wishes(NamedTuple):
    """What the user says of the columns.

    kinds: number, category, text or date, of some columns.
    scale: of numbers: auto, standard, range or none.
    decimal, dates: how to read what can be read in two ways, or None.
    chosen: whether the columns were asked for by name.
    whole: whether missing cells are refused.
    """

    kinds: Mapping[str, str]
    scale: str
    decimal: str | None
    dates: str | None
    chosen: bool
    whole: bool


def learn_inputs(
    table: Table, taken: Mapping[str, Taken], rows: Sequence[int], wishes: Wishes, faults: Faults
) -> tuple[list[ColumnInput], list[tuple[str, str]]]:
    """Return what a network gets of the columns, and which are left out, with the reason.

    taken: what the input columns are taken as.
    rows: those to learn from.
    faults: gathers what is wrong.
    """
    tops = _pixels(table, taken, rows)
    constant = all(found.low == found.high for found in taken.values())
    inputs: list[ColumnInput] = []
    reasons = []
    for name, found in taken.items():
        column = table.column(name)
        # Where no column ever varies, one cannot be left out for that: all are inputs.
        if found.kind == "left out" and name not in tops and not constant:
            reasons.append((name, found.reason))
            continue
        if wishes.whole:
            check_gaps(column, rows, faults)
        try:
            learned = _learned(column, rows, found, tops.get(name), wishes.scale)
        except ValueError as error:
            faults.say(str(error))
            continue
        if learned is None:
            reasons.append((name, f"always {texts_at(column, rows[:1])[0]}"))
        else:
            inputs.append(learned)
    return inputs, reasons


def check_gaps(column: Column, rows: Sequence[int], faults: Faults) -> None:
    """Note the cells of some rows in which nothing stands."""
    if column.numbers is not None:
        values = numbers_at(column, rows)
        total = sum(values)
        if total != total:
            for row, value in zip(rows, values, strict=True):
                if value != value:
                    faults.cell(row, column.name, "", "a number")
        return
    for row, text in zip(rows, texts_at(column, rows), strict=True):
        if is_missing(text):
            faults.cell(row, column.name, text, "a value")


def decide_kinds(
    table: Table,
    names: Sequence[str],
    target: str,
    rows: Sequence[int],
    wishes: Wishes,
    faults: Faults,
) -> dict[str, Taken]:
    """Return what each of the columns of these names is taken as.

    target: the column with the answers.

    What can be read in two ways is read as the other columns of the table are written, if they
    agree in decimal commas or in the order of dates.
    """
    taken: dict[str, Taken] = {}
    doubtful: dict[str, tuple[Wish, Ambiguous | None]] = {}
    for name in names:
        wish = Wish(
            wishes.kinds.get(name),
            wishes.chosen,
            name in table.unnamed,
            wishes.decimal,
            wishes.dates,
        )
        taken[name] = left_out("")  # keeps the order of the columns
        column = table.column(name)
        try:
            taken[name] = kind_of(column, rows, wish, faults)
        except Ambiguous as error:
            doubtful[name] = wish, error
        if column.numbers is not None and column.texts is not None and wish.decimal is None:
            doubtful[name] = wish, None  # "1.234" may be more than a thousand
    if doubtful:
        sure = {name: found for name, found in taken.items() if name not in doubtful}
        try:
            answers = notation_of(texts_at(table.column(target), rows))
        except Ambiguous:
            answers = None
        if answers is not None:
            sure[target] = Taken("number", answers)
        decimal, dates = customs_of(table, sure, rows)
    for name, (wish, doubt) in doubtful.items():
        if doubt is None and decimal != "comma":
            continue
        settled = wish._replace(decimal=wish.decimal or decimal, dates=wish.dates or dates)
        try:
            taken[name] = kind_of(table.column(name), rows, settled, faults)
        except Ambiguous:
            faults.say(f"column {name!r}: {doubt}")
    return taken


def customs_of(
    table: Table, taken: Mapping[str, Taken], rows: Sequence[int]
) -> tuple[str | None, str | None]:
    """Return what these columns agree in: "comma" before decimals, the order of dates; or None.

    Decimal points say nothing: a program may have written them beside numbers that a person wrote
    with commas.
    """
    marks = set()
    orders = set()
    for name, found in taken.items():
        if isinstance(found.how, DateFormat):
            orders.add(found.how.order)
        elif found.kind == "number":
            column = table.column(name)
            if found.how.decimal == ",":
                marks.add("comma")
            elif found.how.thousands == "," or _has_fractions(column, rows):
                marks.add("point")
    orders.discard(None)
    return (
        "comma" if marks == {"comma"} else None,
        orders.pop() if len(orders) == 1 else None,
    )


def _has_fractions(column: Column, rows: Sequence[int]) -> bool:
    if column.numbers is None:
        return False
    return any(number % 1.0 > 0.0 for number in numbers_at(column, rows))


def _learned(
    column: Column, rows: Sequence[int], found: Taken, top: float | None, scale: str
) -> ColumnInput | None:
    if scale == "auto":
        if top is not None:
            return NumberInput.learn(column, rows, Notation(), "pixels", top)
        scale = "standard"
    if found.kind == "category":
        return CategoryInput.learn(column, rows)
    if found.kind == "true/false":
        return TrueFalseInput.learn(column, rows, scale)
    if isinstance(found.how, DateFormat):
        return DateInput.learn(column, rows, found.how, scale)
    return NumberInput.learn(column, rows, found.how, scale)


def _pixels(table: Table, taken: Mapping[str, Taken], rows: Sequence[int]) -> dict[str, float]:
    """Return the largest number of all pixels for each column that is one.

    Pixels are 16 or more columns of whole numbers from 0 on, without gaps, whose names differ in
    their numbers alone or which are all columns there are.  Half of them reach a common maximum
    nearly, and half go down to 0.  Those that never vary are pixels too, at the edge of an image,
    if their names say so.
    """
    able = {
        name: found
        for name, found in taken.items()
        if found.low >= 0.0 and found.kind in ("number", "true/false", "left out")
    }
    groups: dict[str, list[str]] = {}
    for name in able:
        groups.setdefault(stem_of(name), []).append(name)
    candidates = list(groups.values())
    if len(able) == len(taken):
        candidates.append([name for name, found in able.items() if found.kind != "left out"])
    tops: dict[str, float] = {}
    for names in candidates:
        varying = [able[name] for name in names if able[name].low < able[name].high]
        if len(names) < FEWEST_PIXELS or not varying or names[0] in tops:
            continue
        top = max(able[name].high for name in names)
        near = sum(1 for found in varying if found.high >= 0.9 * top)
        dark = sum(1 for found in varying if found.low == 0.0)
        if 2 * near >= len(varying) and 2 * dark >= len(varying):
            if all(are_whole(numbers_at(table.column(name), rows)) for name in names):
                tops.update(dict.fromkeys(names, top))
    return tops
