"""The column with the answers: classes or a number."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from numbers import Real
from typing import Any, ClassVar

from ..answers import class_of
from ..checks import as_names, as_text, counted, shown
from . import documents
from .column import Column, is_code, is_missing
from .dates import date_format_of
from .faults import Faults
from .inputs import mean_and_deviation
from .kinds import are_truths, texts_at, truth_in
from .notations import Ambiguous, Notation, commonest_notation, looks_like_a_number, notation_of
from .table import Table
from .words import listed, number_in, plain, rounded_text

_CLASSES_BESIDE_WORDS = ("none", "unknown")

TASKS = ("auto", "classes", "number")

# The rule for whole numbers.  Few of them, each in many rows, are classes; many of them, or each in
# few rows, are a quantity.
_MOST_CLASSES = 10
_FEWEST_ROWS_OF_A_CLASS = 10
_MOST_DOUBTFUL = 20
_FEWEST_DOUBTFUL_ROWS = 3


@dataclass(frozen=True)
class ClassTarget:
    """Answers that are classes, sorted by value if all are numbers, otherwise as text.

    column: the name of the column.
    """

    kind: ClassVar[str] = "classes"
    column: str
    classes: list[str]

    def __post_init__(self) -> None:
        documents.as_text("column", self.column)
        classes = documents.as_texts("classes", self.classes, 2)
        if classes != sorted_classes(classes):
            raise ValueError(
                f"classes: found {listed(classes)}, expected them sorted and different"
            )
        object.__setattr__(self, "classes", classes)

    @property
    def outputs(self) -> int:
        """The width of a row of targets, the number of outputs that a network needs."""
        return 1 if len(self.classes) == 2 else len(self.classes)

    def prepare(
        self, texts: Sequence[str], rows: Sequence[int], faults: Faults
    ) -> list[list[float]]:
        """Return the target of each label; two classes are 0 and 1, more are one-hot."""
        key = key_of_classes(self.classes)
        positions = {key(name): i for i, name in enumerate(self.classes)}
        targets = []
        for row, text in zip(rows, texts, strict=True):
            position = positions.get(key(text))
            if position is None:
                faults.cell(row, self.column, text, f"one of {listed(self.classes)}")
            elif len(self.classes) == 2:
                targets.append([float(position)])
            else:
                one_hot = [0.0] * len(self.classes)
                one_hot[position] = 1.0
                targets.append(one_hot)
        return targets

    def answer(self, outputs: Sequence[float]) -> str:
        """Return the class that a row of outputs stands for."""
        return self.classes[class_of(outputs)]

    def in_words(self, texts: Sequence[str]) -> str:
        """Return how many classes there are, and how often each stands in the labels."""
        key = key_of_classes(self.classes)
        counts = Counter(map(key, texts))
        each = [f"{plain(name)} {counts[key(name)]:,}" for name in self.classes]
        return f"{len(self.classes)} classes {', '.join(each)}"

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a dictionary that ``json.dumps`` takes."""
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> ClassTarget:
        """Return the target of these fields."""
        return cls(**fields)


@dataclass(frozen=True)
class NumberTarget:
    """Answers that are numbers, standardised: ``(value - mean) / deviation``.

    column: the name of the column.
    notation: how the numbers are written.
    """

    kind: ClassVar[str] = "number"
    column: str
    notation: Notation
    mean: float
    deviation: float

    def __post_init__(self) -> None:
        checks: dict[str, documents.Check] = {
            "column": documents.as_text,
            "mean": documents.as_finite,
            "deviation": documents.as_divisor,
        }
        documents.settle(self, checks)

    @property
    def outputs(self) -> int:
        """The width of a row of targets, the number of outputs that a network needs."""
        return 1

    def prepare(
        self, texts: Sequence[str], rows: Sequence[int], faults: Faults
    ) -> list[list[float]]:
        """Return the standardised target of each label."""
        targets = []
        for row, text in zip(rows, texts, strict=True):
            number = self.notation.number(text)
            if number is None:
                expected = f"a number {self.notation.in_words()}".strip()
                faults.cell(row, self.column, text, expected)
                continue
            scaled = (number - self.mean) / self.deviation
            if not math.isfinite(scaled):
                expected = f"a number near the training rows' mean of {self.mean}"
                faults.cell(row, self.column, text, expected)
            targets.append([scaled])
        return targets

    def answer(self, outputs: Sequence[float]) -> float:
        """Return the number that an output stands for, in the unit of the column."""
        return outputs[0] * self.deviation + self.mean

    def in_words(self, texts: Sequence[str]) -> str:
        """Return from where to where the numbers in the labels go."""
        numbers = [number for text in texts if (number := self.notation.number(text)) is not None]
        text = f"a number {self.notation.in_words()}".strip()
        if not numbers:
            return text
        return f"{text}, {rounded_text(min(numbers))} to {rounded_text(max(numbers))}"

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a dictionary that ``json.dumps`` takes."""
        return {"kind": self.kind, **asdict(self), "notation": self.notation.to_json()}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> NumberTarget:
        """Return the target of these fields."""
        return cls(**{**fields, "notation": Notation.from_json(fields["notation"])})


Target = ClassTarget | NumberTarget


def rows_with_target(table: Table, target: str | None = None) -> list[int]:
    """Return which rows have an answer, counted from 0.

    target: the name of the column with the answers, the table's own if None.

    "none" and "unknown" are missing among numbers, but classes beside other words.
    """
    check_table(table)
    column = table.column(target_name(table, target))
    if column.numbers is not None:
        return [row for row, number in enumerate(column.numbers) if number == number]
    texts = column.texts or []
    return [
        row
        for row, text in enumerate(texts)
        if not is_missing(text) or text.lower() in _CLASSES_BESIDE_WORDS
    ]


def check_table(table: Any) -> None:
    """Refuse what is no table."""
    if not isinstance(table, Table):
        raise TypeError(f"table: found {shown(table)}, expected a Table")


def target_name(table: Table, target: str | None) -> str:
    """Return the name of the column with the answers, the table's own if None."""
    check_table(table)
    if target is not None:
        as_text(target, "target", "the name of a column")
    name = table.target if target is None else target
    if name is None:
        raise ValueError(f"{table.name}: found no target column, expected one")
    return name


def learn_target(
    column: Column,
    rows: Sequence[int],
    task: str,
    decimal: str | None,
    classes: Sequence[str] | None,
    faults: Faults,
) -> Target | None:
    """Return what the answers in some rows are; note what is wrong and return None.

    task: "classes", "number" or "auto", which goes by the answers.  Text is classes, unless nearly
        all of it is different.  Numbers with fractions are a number; of whole numbers two
        different ones are classes, and so are up to 10 in 10 or more rows each; more than 20, or
        fewer than 3 rows for each, are a number.  In between somebody has to say it.
    """
    texts = texts_at(column, rows)
    place = f"column {column.name!r}"
    if len(texts) < 2:
        rows_found = counted(len(texts), "row")
        faults.say(f"{place}: found {rows_found} with an answer, expected two or more")
        return None
    counts = Counter(texts)
    if task == "classes" or (task == "auto" and classes is not None):
        return _classes(column.name, counts, classes, faults)
    try:
        notation = notation_of(counts, decimal)
    except Ambiguous as error:
        if task == "number":
            faults.say(f"{place}: {error}")
            return None
        notation = None
        if 2 * sum(map(looks_like_a_number, counts)) > len(counts):
            faults.say(f"{place}: {error}")
            return None
    if task == "auto":
        task = _task_of(column.name, counts, notation, faults)
        if not task:
            return None
    if task == "classes":
        return _classes(column.name, counts, classes, faults)
    if notation is None:
        likely, fitting = commonest_notation(counts)
        if fitting == len(texts):
            faults.say(f"{place}: found numbers written in several ways, expected one way")
        for row, text in zip(rows, texts, strict=True):
            if likely.number(text) is None:
                faults.cell(row, column.name, text, f"a number {likely.in_words()}".strip())
        return None
    return _number(column.name, texts, notation, faults)


def has_two_readings(column: Column, rows: Sequence[int]) -> bool:
    """Return whether commas in the answers may stand before decimals or between thousands."""
    try:
        notation_of(texts_at(column, rows))
    except Ambiguous:
        return True
    return False


def _task_of(
    name: str, counts: Mapping[str, int], notation: Notation | None, faults: Faults
) -> str:
    """Return whether the answers are classes or a number by the rule in ``learn_target``, or ""."""
    total = sum(counts.values())
    if notation is None:
        likely, fitting = commonest_notation(counts)
        numbers = {n for text in counts if (n := likely.number(text)) is not None}
        if 2 * fitting > total and _are_a_quantity(numbers, total):
            return "number"  # which names the cells that are none
        repeated = sum(count for count in counts.values() if count > 1)
        if len(counts) > _MOST_DOUBTFUL and 2 * repeated < total:
            try:
                dates = date_format_of(counts, "day-first") is not None
            except Ambiguous:
                dates = True
            what = "dates" if dates else "text"
            faults.say(
                f"column {name!r}: found {what}, {len(counts)} different values in "
                f"{counted(total, 'row')}, expected classes that stand in several rows, or numbers"
            )
            return ""
        return "classes"
    numbers = {n for text in counts if (n := notation.number(text)) is not None}
    if not notation.plain:
        return "number"
    if any(map(is_code, counts)):
        if all(text.isdigit() for text in counts) and 2 * len(counts) <= total:
            return "classes"  # codes
    if _are_a_quantity(numbers, total):
        return "number"
    different = len(numbers)
    if different <= 2:
        return "classes"
    if different <= _MOST_CLASSES and total >= _FEWEST_ROWS_OF_A_CLASS * different:
        return "classes"
    faults.say(
        f"column {name!r}: found {different} different whole numbers in {counted(total, 'row')}, "
        f"which may be classes or a number, expected --task classes or --task number "
        f"(in Python task='classes' or 'number')"
    )
    return ""


def _are_a_quantity(numbers: set[float], total: int) -> bool:
    """Return whether the different numbers in so many rows cannot be classes."""
    if any(number % 1.0 != 0.0 for number in numbers):
        return True
    different = len(numbers)
    many = different > _MOST_DOUBTFUL or total < _FEWEST_DOUBTFUL_ROWS * different
    return many and different > 2


def _classes(
    name: str, counts: Mapping[str, int], classes: Sequence[str] | None, faults: Faults
) -> ClassTarget | None:
    if classes is None:
        found = sorted_classes(sorted(counts, key=lambda label: (-counts[label], label)))
    else:
        found = as_names(classes, "classes", "class")
    if not found:
        raise ValueError("classes: found none, expected two or more")
    if len(found) < 2:
        faults.say(
            f"column {name!r}: found only the class {found[0]!r:.60}, expected at least two classes"
        )
        return None
    return ClassTarget(name, found)


def _number(
    name: str, texts: Sequence[str], notation: Notation, faults: Faults
) -> NumberTarget | None:
    numbers = array("d", [notation.number(text) or 0.0 for text in texts])
    if min(numbers) == max(numbers):
        faults.say(
            f"column {name!r}: found only the number {numbers[0]}, "
            f"expected at least two different ones"
        )
        return None
    try:
        mean, deviation = mean_and_deviation(name, numbers)
    except ValueError as error:
        faults.say(str(error))
        return None
    return NumberTarget(name, notation, mean, deviation)


def key_of_classes(names: Collection[str]) -> Callable[[str], str | float | None]:
    """Return what tells classes of these names apart, a function of their names.

    It is the value if all are numbers, true or false if they are two words for these, in whatever
    case, and the text otherwise.
    """
    if all(number_in(name) is not None for name in names):
        return number_in
    return truth_in if are_truths(names) else str


def sorted_classes(labels: Sequence[str]) -> list[str]:
    """Return the different labels in order.

    Of several ways to write a number, the shortest; of those to write true or false, the first.
    """
    distinct = list(dict.fromkeys(labels))
    key = key_of_classes(distinct)
    if key is number_in:
        distinct.sort(key=lambda label: (len(label), label))
    names: dict[Any, str] = {}
    for label in distinct:
        names.setdefault(key(label), label)
    return [names[value] for value in sorted(names)]


def label_texts(labels: Sequence[Any]) -> list[str]:
    """Return labels as text; TypeError for what is neither text nor a number."""
    texts = []
    for row, label in enumerate(labels):
        if not isinstance(label, str):
            if isinstance(label, bool) or not isinstance(label, Real):
                raise TypeError(f"labels: row {row} is {shown(label)}, expected text or a number")
            label = str(label)
        texts.append(label)
    return texts
