"""How a table becomes the inputs and targets of a network, and its outputs answers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any

from ..answers import MOST_NUMBERED_CLASSES, class_of
from ..checks import counted
from .table import Table
from .words import first_repeated, listed, number_in

_TASKS = ("auto", "classes", "number")


@dataclass(frozen=True, repr=False)
class Preparation:
    """How a table becomes the inputs and targets of a network, and outputs become answers.

    columns: the names of the input columns.
    means, deviations: of each column, in its units; an input is ``(value - mean) / deviation``.
    target: the name of the column with the answers.
    classes: the answers that there are, sorted (by value if all are numbers, otherwise as text);
        None if the answer is a number.
    target_mean, target_deviation: of the answers if they are numbers, otherwise None.

    Raises ValueError or TypeError, naming the field, if the fields do not make sense.
    """

    columns: list[str]
    means: list[float]
    deviations: list[float]
    target: str
    classes: list[str] | None = None
    target_mean: float | None = None
    target_deviation: float | None = None

    def __post_init__(self) -> None:
        checked: dict[str, Any] = {
            "columns": _checked_names("columns", self.columns, least=1),
            "means": _checked_numbers("means", self.means),
            "deviations": _checked_numbers("deviations", self.deviations),
            "target": _checked_name("target", self.target),
        }
        for name in ("means", "deviations"):
            if len(checked[name]) != len(self.columns):
                raise ValueError(
                    f"{name}: found {counted(len(checked[name]), 'number')}, "
                    f"expected {len(self.columns)}, one a column"
                )
        for position, deviation in enumerate(checked["deviations"]):
            _check_deviation(f"deviations: position {position}", deviation)
        if self.target in self.columns:
            raise ValueError(
                f"target: found {self.target!r}, which is an input column too, expected another one"
            )
        if self.classes is None:
            for name in ("target_mean", "target_deviation"):
                checked[name] = _checked_number(name, getattr(self, name))
            _check_deviation("target_deviation", checked["target_deviation"])
        else:
            checked["classes"] = _checked_names("classes", self.classes, least=2)
            if checked["classes"] != _sorted_classes(self.classes):
                raise ValueError(
                    f"classes: found {listed(self.classes)}, expected them sorted and different"
                )
            for name in ("target_mean", "target_deviation"):
                if getattr(self, name) is not None:
                    raise ValueError(
                        f"{name}: found {getattr(self, name)!r:.60}, "
                        f"expected None, because there are classes"
                    )
        # Copies of the lists: what becomes of the given ones later does not matter.
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        answers = "a number" if self.classes is None else listed(self.classes)
        columns = counted(len(self.columns), "column")
        return f"Preparation({columns}, target {self.target!r}: {answers})"

    @classmethod
    def from_table(
        cls, table: Table, task: str = "auto", *, classes: Sequence[str] | None = None
    ) -> Preparation:
        """Learn means, deviations and classes from the rows that a network is to be trained on.

        table: at least one row, and a target with at least two different answers.
        task: "classes", "number", or "auto", which looks at the answers: they are a number if all
            are numbers and one has a fraction or there are more than 20 different ones; otherwise
            they are classes.  If some answers would make it a number and others are no numbers
            ("NA", say), "auto" refuses to choose.
        classes: the classes, sorted, where they are known and the table may not have all of them.

        Deviations are those of the population (divided by the number of rows).  A column that never
        varies gets the deviation 1.0, so that its inputs are 0.0.  Among classes that are numbers,
        "1" and "1.0" are the same.

        Raises ValueError for a table that does not fit, naming the column, and for another task.

        >>> table = Table(["x"], [[1.0], [3.0]], "kind", ["reed", "moss"])
        >>> preparation = Preparation.from_table(table)
        >>> preparation.classes, preparation.means, preparation.deviations
        (['moss', 'reed'], [2.0], [1.0])
        >>> preparation.inputs(table.rows), preparation.targets(table.labels)
        ([[-1.0], [1.0]], [[1.0], [0.0]])
        """
        if task not in _TASKS:
            raise ValueError(f"task: found {task!r}, expected one of {', '.join(_TASKS)}")
        if table.target is None or table.labels is None:
            raise ValueError("table: found no target column, expected one")
        if not table.rows:
            raise ValueError("table: found no rows, expected at least one")
        target = table.target
        if task == "auto":
            task = _task_of(target, table.labels)
        means = []
        deviations = []
        for position, column in enumerate(table.columns):
            mean, deviation = _mean_and_deviation(column, _column(table, position))
            means.append(mean)
            deviations.append(deviation)
        if task == "classes":
            if classes is None:
                classes = _sorted_classes(table.labels)
            if len(classes) == 1:
                raise ValueError(
                    f"column {target!r}: found only the class {classes[0]!r}, "
                    f"expected at least two classes"
                )
            return cls(table.columns, means, deviations, target, list(classes))
        answers = [_answer_number(row, label, target) for row, label in enumerate(table.labels)]
        if all(answer == answers[0] for answer in answers):
            raise ValueError(
                f"column {target!r}: found only the number {answers[0]}, "
                f"expected at least two different ones"
            )
        mean, deviation = _mean_and_deviation(target, answers)
        return cls(table.columns, means, deviations, target, None, mean, deviation)

    @property
    def outputs(self) -> int:
        """The width of a row of targets, the number of outputs that a network needs."""
        if self.classes is None or len(self.classes) == 2:
            return 1
        return len(self.classes)

    def check_network(self, inputs: int, outputs: int) -> None:
        """Raise ValueError if this was not made for a network of so many inputs and outputs."""
        if (len(self.columns), self.outputs) != (inputs, outputs):
            raise ValueError(
                f"preparation: made for {len(self.columns)} inputs and {self.outputs} outputs, "
                f"expected {inputs} and {outputs}"
            )

    def inputs(self, rows: Iterable[Sequence[float]]) -> list[list[float]]:
        """Return the rows standardised: ``(value - mean) / deviation``, column by column.

        rows: rows by columns, in the columns' units and order.

        Raises ValueError for a row of another width and for a number that is not finite, or not
        after standardising; TypeError for what is no number.
        """
        means = self.means
        deviations = self.deviations
        standardised = []
        for number, row in enumerate(rows):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"inputs: row {number} has {counted(len(row), 'number')}, "
                    f"expected {len(self.columns)}, one a column"
                )
            prepared = []
            for j in range(len(row)):
                value = row[j]
                if type(value) is not float:
                    value = _checked_number(self._place(number, j), value)
                scaled = (value - means[j]) / deviations[j]
                if not math.isfinite(scaled):
                    raise ValueError(
                        f"{self._place(number, j)}: found {value}, expected a finite number "
                        f"near the training rows' mean of {self.means[j]}"
                    )
                prepared.append(scaled)
            standardised.append(prepared)
        return standardised

    def targets(self, labels: Iterable[str | float]) -> list[list[float]]:
        """Return one row of ``outputs`` floats a label.

        labels: the names of classes, or numbers; as text or, where they are numbers, as numbers.

        Two classes: one column, 0.0 for the first class and 1.0 for the second.  More: one column a
        class (one-hot).  A number: ``(value - target_mean) / target_deviation``.

        Raises ValueError for a label that is no known class or no finite number, TypeError for what
        is neither text nor a number.
        """
        if isinstance(labels, str):
            raise TypeError(f"labels: found {labels!r:.60}, expected a list of labels")
        if self.classes is None:
            return self._standardised_targets(labels)
        positions = {key: position for position, key in enumerate(_class_keys(self.classes))}
        numeric = all(isinstance(key, float) for key in positions)
        rows = []
        for number, label in enumerate(labels):
            text = _label_text(number, label)
            key = number_in(text) if numeric else text
            position = None if key is None else positions.get(key)
            if position is None:
                raise ValueError(
                    f"labels: row {number} is {text!r}, expected one of {listed(self.classes)}"
                )
            if len(self.classes) == 2:
                row = [float(position)]
            else:
                row = [0.0] * len(self.classes)
                row[position] = 1.0
            rows.append(row)
        return rows

    def _standardised_targets(self, labels: Iterable[str | float]) -> list[list[float]]:
        mean, deviation = self._target_scale()
        rows = []
        for number, label in enumerate(labels):
            text = _label_text(number, label)
            scaled = (_answer_number(number, text, self.target) - mean) / deviation
            if not math.isfinite(scaled):
                raise ValueError(
                    f"labels: row {number} is {text!r}, expected a number "
                    f"near the training rows' mean of {mean}"
                )
            rows.append([scaled])
        return rows

    def answer(self, output_row: Sequence[float]) -> str | float:
        """Return what one row of a network's outputs says: a class's name or a number.

        output_row: ``outputs`` finite numbers.

        Two classes: the second from 0.5 on, otherwise the first.  More: the class of the largest
        output, the first of equal ones.  A number: ``output * target_deviation + target_mean``.

        Raises ValueError for another width or a number that is not finite.
        """
        outputs = self._checked_outputs(output_row)
        if self.classes is None:
            mean, deviation = self._target_scale()
            return outputs[0] * deviation + mean
        return self.classes[class_of(outputs)]

    def probability(self, output_row: Sequence[float]) -> float | None:
        """Return the probability that one row of outputs gives to its ``answer``.

        None if the answer is a number, or if an output is not between 0 and 1 and so is no
        probability.  Raises ValueError as ``answer`` does.
        """
        outputs = self._checked_outputs(output_row)
        if self.classes is None or not all(0.0 <= output <= 1.0 for output in outputs):
            return None
        position = class_of(outputs)
        if len(outputs) == 1:
            return outputs[0] if position == 1 else 1.0 - outputs[0]
        return outputs[position]

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a dictionary that ``json.dumps`` takes."""
        return {
            "columns": list(self.columns),
            "means": list(self.means),
            "deviations": list(self.deviations),
            "target": self.target,
            "classes": None if self.classes is None else list(self.classes),
            "target_mean": self.target_mean,
            "target_deviation": self.target_deviation,
        }

    @classmethod
    def from_json(cls, obj: Any) -> Preparation:
        """Return the preparation that ``to_json`` described.

        Raises ValueError, naming the key, for anything else.
        """
        if not isinstance(obj, dict):
            raise ValueError(f"preparation: found {obj!r:.60}, expected an object")
        names = [field.name for field in fields(cls)]
        for name in names:
            if name not in obj:
                raise ValueError(f"preparation: {name} is missing, expected {', '.join(names)}")
        for key in obj:
            if key not in names:
                raise ValueError(
                    f"preparation: found {key!r:.60}, expected only {', '.join(names)}"
                )
        try:
            return cls(**obj)
        except (TypeError, ValueError) as error:
            raise ValueError(f"preparation: {error}") from None

    def _place(self, row: int, position: int) -> str:
        return f"inputs: row {row}, column {self.columns[position]!r}"

    def _target_scale(self) -> tuple[float, float]:
        assert self.target_mean is not None  # __post_init__ has seen to both
        assert self.target_deviation is not None
        return self.target_mean, self.target_deviation

    def _checked_outputs(self, output_row: Sequence[float]) -> list[float]:
        if len(output_row) != self.outputs:
            raise ValueError(
                f"output_row: found {counted(len(output_row), 'number')}, expected {self.outputs}"
            )
        return [
            _checked_number(f"output_row: column {column}", output)
            for column, output in enumerate(output_row)
        ]


def _task_of(target: str, labels: list[str]) -> str:
    """Return whether the answers are classes or a number, by the rule in ``from_table``."""
    numbers = [number_in(label) for label in labels]
    known = [number for number in numbers if number is not None]
    few = len(set(known)) <= MOST_NUMBERED_CLASSES
    if few and all(number.is_integer() for number in known):
        return "classes"
    if None in numbers:
        row = numbers.index(None)
        raise ValueError(
            f"labels: row {row} is {labels[row]!r} while others are numbers such as {known[0]}, "
            f"expected numbers only in column {target!r}, or a task ('classes' or 'number')"
        )
    return "number"


def _column(table: Table, position: int) -> list[float]:
    values = [row[position] for row in table.rows]
    if set(map(type, values)) == {float} and all(map(math.isfinite, values)):
        return values
    place = f"column {table.columns[position]!r}"
    return [
        _checked_number(f"rows: row {number}, {place}", value)
        for number, value in enumerate(values)
    ]


def _mean_and_deviation(column: str, values: list[float]) -> tuple[float, float]:
    """Return the mean and the population's standard deviation, 1.0 if the values never differ.

    Equal values are told by comparing them: their mean may be rounded, and then a tiny difference
    from it would be blown up to a deviation of its own.
    """
    count = len(values)
    total = 0.0
    for value in values:
        total = total + value
    mean = total / count
    if all(value == values[0] for value in values):
        return values[0], 1.0
    total = 0.0
    for value in values:
        difference = value - mean
        total = total + difference * difference
    deviation = math.sqrt(total / count)
    if not math.isfinite(deviation) or deviation == 0.0:
        raise ValueError(
            f"column {column!r}: found numbers from {min(values)} to {max(values)}, "
            f"expected numbers whose squares a float can hold; change the unit"
        )
    return mean, deviation


def _class_keys(labels: Sequence[str]) -> list[str | float]:
    """Return what tells classes apart: the values if all labels are numbers, otherwise the text."""
    numbers = [number_in(label) for label in labels]
    known: list[str | float] = [number for number in numbers if number is not None]
    return known if len(known) == len(labels) else list(labels)


def _sorted_classes(labels: Sequence[str]) -> list[str]:
    """Return the different labels in order; of several ways to write a number, the shortest."""
    distinct = sorted(set(labels), key=lambda label: (len(label), label))
    names: dict[Any, str] = {}
    for key, label in zip(_class_keys(distinct), distinct, strict=True):
        names.setdefault(key, label)
    return [names[key] for key in sorted(names)]


def _label_text(row: int, label: str | float) -> str:
    if isinstance(label, str):
        return label
    if isinstance(label, bool) or not isinstance(label, Real):
        raise TypeError(f"labels: row {row} is {label!r:.60}, expected text or a number")
    return str(label)


def _answer_number(row: int, label: str, target: str) -> float:
    number = number_in(label)
    if number is None:
        raise ValueError(
            f"labels: row {row} is {label!r}, expected a number, as in all of column {target!r}"
        )
    return number


def _checked_number(place: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{place}: found {value!r:.60}, expected a number")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError(f"{place}: found {value!r:.60}, expected one that fits a float") from None
    if not math.isfinite(number):
        raise ValueError(f"{place}: found {number}, expected a finite number")
    return number


def _checked_numbers(name: str, values: Any) -> list[float]:
    if not isinstance(values, (list, tuple)):
        raise TypeError(f"{name}: found {values!r:.60}, expected a list of numbers")
    return [
        _checked_number(f"{name}: position {position}", value)
        for position, value in enumerate(values)
    ]


def _check_deviation(place: str, deviation: float) -> None:
    if deviation <= 0.0:
        raise ValueError(f"{place}: found {deviation}, expected more than 0")


def _checked_name(place: str, name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"{place}: found {name!r:.60}, expected text")
    if not name:
        raise ValueError(f"{place}: found nothing, expected text")
    return name


def _checked_names(place: str, names: Any, least: int) -> list[str]:
    if not isinstance(names, (list, tuple)):
        raise TypeError(f"{place}: found {names!r:.60}, expected a list of names")
    checked = [
        _checked_name(f"{place}: position {position}", name) for position, name in enumerate(names)
    ]
    if len(checked) < least:
        raise ValueError(
            f"{place}: found {counted(len(checked), 'name')}, expected {least} or more"
        )
    repeated = first_repeated(checked)
    if repeated is not None:
        raise ValueError(f"{place}: found {repeated!r} twice, expected different names")
    return checked
