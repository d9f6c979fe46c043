"""How a table becomes the inputs and targets of a network, and its outputs answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..answers import class_of
from ..checks import as_list, as_places, counted, shown
from ..names import DatesName, DecimalName, KindName, MissingName, ScaleName, TaskName
from . import documents
from .choosing import as_kinds, input_columns
from .dates import ORDERS
from .deciding import (
    ColumnInput,
    Wishes,
    check_gaps,
    customs_of,
    decide_kinds,
    learn_inputs,
)
from .faults import MOST_SHOWN, Faults
from .inputs import SCALES, NumberInput
from .kinds import KINDS, texts_at
from .notations import DECIMALS, PLAIN
from .stored import read_stored
from .table import Table
from .target import (
    TASKS,
    ClassTarget,
    NumberTarget,
    Target,
    has_two_readings,
    label_texts,
    learn_target,
    rows_with_target,
    target_name,
)
from .words import no_columns, plain, stem_of

_FEWEST_FOLDED = 8
_BLOCK = 1024


@dataclass(frozen=True, repr=False)
class Preparation:
    """How a table becomes the inputs and targets of a network, and outputs become answers.

    inputs_of_columns: what a network gets of each column that it needs.
    left_out: the names of columns that are not used, each with the reason.
    target: the column with the answers, ``target.column`` its name.
    missing: "fill" if missing cells are filled in, "error" if they are refused.

    All of it is learned by ``from_table`` from the rows that a network is trained on.
    """

    inputs_of_columns: list[ColumnInput]
    left_out: list[tuple[str, str]]
    target: Target
    missing: str = "fill"

    def __post_init__(self) -> None:
        for field in ("inputs_of_columns", "left_out"):  # copies
            object.__setattr__(self, field, list(as_list(getattr(self, field), field, "a list")))
        for position, column in enumerate(self.inputs_of_columns):
            if not isinstance(column, ColumnInput):
                raise TypeError(
                    f"inputs_of_columns: position {position}: found {shown(column)}, "
                    f"expected what a network gets of a column, such as a NumberInput"
                )
        if not isinstance(self.target, Target):
            raise TypeError(
                f"target: found {shown(self.target)}, expected a ClassTarget or a NumberTarget"
            )
        if not self.inputs_of_columns:
            raise ValueError("inputs_of_columns: found none, expected at least one")
        columns = documents.as_texts("inputs_of_columns", self.columns)
        if self.target.column in columns:
            raise ValueError(
                f"target: found {self.target.column!r}, which is an input column too, "
                f"expected another one"
            )
        documents.one_of("missing", self.missing, ("fill", "error"))

    def __repr__(self) -> str:
        answers = "a number" if self.classes is None else f"{len(self.classes)} classes"
        columns = counted(len(self.inputs_of_columns), "column")
        return f"Preparation({columns}, target {self.target.column!r}: {answers})"

    @classmethod
    def from_table(
        cls,
        table: Table,
        task: TaskName = "auto",
        *,
        target: str | None = None,
        columns: Sequence[str] | None = None,
        ignore: Sequence[str] = (),
        kinds: Mapping[str, KindName] | None = None,
        missing: MissingName = "fill",
        scale: ScaleName = "auto",
        decimal: DecimalName | None = None,
        dates: DatesName | None = None,
        rows: Sequence[int] | None = None,
        classes: Sequence[str] | None = None,
    ) -> Preparation:
        """Learn from the rows that a network is to be trained on what its columns are.

        task: "classes", "number", or "auto", which looks at the answers and at how many rows
            there are for each: see ``learn_target``.
        target: the column with the answers; None for the table's own.
        columns: the input columns, all others but ``ignore`` if None.
        kinds: of some columns: "number", "category", "text" (left out) or "date".
        missing: "fill" gives missing cells the median, or a category of their own; "error"
            refuses them.
        scale: of numbers: "standard" (mean 0, deviation 1), "range" (0 to 1), "none", or "auto":
            standard, but pixels are all divided by the largest of them.
        decimal: "point" or "comma", dates: "day-first" or "month-first": how to read what can be
            read in two ways.
        rows: which rows to learn from; None for all.  Rows without an answer do not count.
        classes: the classes, sorted, where they are known and the rows may not have all of them.

        Raises ValueError for a table that does not fit; all that is wrong with it is said at once,
        with row and column.

        >>> table = Table(["x", "y"], [[1.0, "a"], [3.0, "a"]], "kind", ["reed", "moss"])
        >>> preparation = Preparation.from_table(table)
        >>> preparation.classes, preparation.input_names, preparation.left_out
        (['moss', 'reed'], ['x'], [('y', 'always a')])
        >>> preparation.inputs(table), preparation.targets(table)
        ([[-1.0], [1.0]], [[1.0], [0.0]])
        """
        if not isinstance(table, Table):
            raise TypeError(f"table: found {shown(table)}, expected a Table")
        documents.one_of("task", task, TASKS)
        documents.one_of("missing", missing, ("fill", "error"))
        documents.one_of("scale", scale, ("auto", *SCALES))
        if decimal is not None:
            documents.one_of("decimal", decimal, tuple(DECIMALS))
        if dates is not None:
            documents.one_of("dates", dates, ORDERS)
        wished = as_kinds(kinds)
        for name, kind in wished.items():
            documents.one_of(f"kind of column {name!r}", kind, KINDS)
        name = target_name(table, target)
        learned_as: str = task
        if name in wished and task == "auto":
            learned_as = {"number": "number", "category": "classes"}.get(wished[name], "auto")
        chosen = input_columns(table, name, columns, ignore, wished)
        answered = rows_with_target(table, name)
        faults = Faults(table.name, table.place)
        if missing == "error" and len(answered) < table.row_count:
            for row in sorted(set(range(table.row_count)) - set(answered)):
                faults.cell(row, name, "", "an answer")
        learned: Sequence[int] = answered
        if rows is not None:
            wanted = set(as_places(rows, table.row_count, "rows"))
            learned = [row for row in answered if row in wanted]
        if len(learned) == table.row_count:
            learned = range(table.row_count)
        if not learned:
            faults.say(_without_rows(table, name))
            faults.raise_any()
        wishes = Wishes(wished, scale, decimal, dates, columns is not None, missing == "error")
        taken = decide_kinds(table, chosen, name, learned, wishes, faults)
        mark: str | None = decimal
        if mark is None and has_two_readings(table.column(name), learned):
            mark = customs_of(table, taken, learned)[0]
        found = learn_target(table.column(name), learned, learned_as, mark, classes, faults)
        inputs, left_out = learn_inputs(table, taken, learned, wishes, faults)
        left_out += [(column, "as asked for") for column in ignore]
        if not inputs and not faults:
            reasons = [f"{column!r}: {reason}" for column, reason in left_out]
            more = len(reasons) - MOST_SHOWN
            shown_reasons = "; ".join(reasons[:MOST_SHOWN]) + (
                f"; and {more} more" if more > 0 else ""
            )
            faults.say(f"found nothing to learn from, expected an input column ({shown_reasons})")
            faults.hint = "--as COLUMN=number or COLUMN=category takes a column all the same"
        faults.raise_any()
        assert found is not None  # there would have been a fault
        return cls(inputs, left_out, found, missing)

    @property
    def columns(self) -> list[str]:
        """The names of the columns that a table must have."""
        return [column.column for column in self.inputs_of_columns]

    @property
    def input_names(self) -> list[str]:
        """One name for each number that a network gets: "height", "island=Biscoe" ..."""
        return [name for column in self.inputs_of_columns for name in column.names]

    @property
    def width(self) -> int:
        """How many numbers a network gets for a row."""
        return len(self.input_names)

    @property
    def classes(self) -> list[str] | None:
        """The answers that there are; None if the answer is a number."""
        return self.target.classes if isinstance(self.target, ClassTarget) else None

    @property
    def outputs(self) -> int:
        """The width of a row of targets, the number of outputs that a network needs."""
        return self.target.outputs

    @property
    def decimal(self) -> str | None:
        """The mark before decimals that some column needs when a file is read: "comma" or None."""
        numbers = [c for c in self.inputs_of_columns if isinstance(c, NumberInput)]
        return "comma" if any(column.notation.decimal == "," for column in numbers) else None

    def check_network(self, inputs: int, outputs: int) -> None:
        """Raise ValueError if this was not made for a network of so many inputs and outputs."""
        if (self.width, self.outputs) != (inputs, outputs):
            raise ValueError(
                f"preparation: made for {counted(self.width, 'input')} and "
                f"{counted(self.outputs, 'output')}, "
                f"expected {shown(inputs)} and {shown(outputs)}"
            )

    def rows_with_target(self, table: Table) -> list[int]:
        """Return which rows of a table have an answer, counted from 0."""
        return rows_with_target(table, self.target.column)

    def inputs(
        self,
        table: Table | Iterable[Sequence[Any]],
        rows: Sequence[int] | None = None,
        *,
        strict: bool = True,
    ) -> list[list[float]]:
        """Return what a network gets for each row.

        table: a table that has all of ``columns``, or rows of one cell for each of them.
        rows: which rows, counted from 0; all if None.
        strict: refuse cells that are not of the column's kind; otherwise they count as missing.

        Raises ValueError that names all columns that are not there, or all cells that do not fit.
        """
        if not isinstance(table, Table):
            table = self._table_of(table)
        wanted: Sequence[int] = range(table.row_count)
        if rows is not None:
            wanted = as_places(rows, table.row_count, "rows")
        faults = Faults(table.name, table.place)
        pairs = []
        absent = []
        for taken in self.inputs_of_columns:
            if table.has_column(taken.column):
                pairs.append((taken, table.column(taken.column)))
            else:
                absent.append(taken.column)
        for fault in no_columns(absent, table.columns):
            faults.say(fault)
        prepared: list[list[float]] = []
        for start in range(0, len(wanted), _BLOCK):
            # Block by block, so that the numbers do not stand in memory column by column as well.
            block = wanted[start : start + _BLOCK]
            parts: list[list[float]] = []
            for taken, column in pairs:
                if self.missing == "error":
                    check_gaps(column, block, faults)
                parts += taken.prepare(column, block, faults, strict)
            prepared.extend(map(list, zip(*parts, strict=True)))
        faults.raise_any()
        return prepared

    def _table_of(self, rows: Iterable[Sequence[Any]]) -> Table:
        listed = as_list(rows, "inputs", "a table or a list of rows") if rows != [] else []
        for number, row in enumerate(listed):
            if isinstance(row, (str, bytes, Mapping)) or not hasattr(row, "__len__"):
                raise TypeError(f"inputs: row {number} is {shown(row)}, expected a list of cells")
            if len(row) != len(self.columns):
                raise ValueError(
                    f"inputs: row {number} has {counted(len(row), 'cell')}, "
                    f"expected {len(self.columns)}, one a column"
                )
        table = Table(self.columns, listed)
        table.name = "inputs"
        return table

    def targets(
        self, labels: Table | Iterable[str | float], rows: Sequence[int] | None = None
    ) -> list[list[float]]:
        """Return one row of ``outputs`` floats a label.

        labels: a table with the column of answers; or the names of classes, or numbers, as text
            or, where they are numbers, as numbers.
        rows: which rows, counted from 0; all if None.

        Two classes: one column, 0.0 for the first class and 1.0 for the second.  More: one column a
        class (one-hot).  A number: ``(value - mean) / deviation``.

        Raises ValueError that names all labels that are no known class or no finite number,
        TypeError for what is neither text nor a number.
        """
        wanted: Sequence[int]
        if isinstance(labels, Table):
            column = labels.column(self.target.column)
            faults = Faults(labels.name, labels.place)
            wanted = range(labels.row_count)
            if rows is not None:
                wanted = as_places(rows, labels.row_count, "rows")
            texts = texts_at(column, wanted)
        else:
            texts = self._texts_of(labels)
            faults = Faults("labels", lambda row: f"row {row}")
            wanted = range(len(texts))
            if rows is not None:
                wanted = as_places(rows, len(texts), "rows")
            texts = [texts[row] for row in wanted]
        targets = self.target.prepare(texts, wanted, faults)
        faults.raise_any()
        return targets

    def _texts_of(self, labels: Iterable[str | float]) -> list[str]:
        if isinstance(labels, str) or not isinstance(labels, Iterable):
            raise TypeError(f"labels: found {shown(labels)}, expected a list of labels")
        listed = list(labels)
        texts = label_texts(listed)
        if isinstance(self.target, NumberTarget) and self.target.notation != PLAIN:
            # Numbers of Python have a point, whatever stands in the column.
            mark = self.target.notation.decimal
            texts = [
                text if isinstance(label, str) else text.replace(".", mark)
                for label, text in zip(listed, texts, strict=True)
            ]
        return texts

    def answer(self, output_row: Sequence[float]) -> str | float:
        """Return what one row of a network's outputs says: a class's name or a number.

        output_row: ``outputs`` finite numbers.

        Two classes: the second from 0.5 on, otherwise the first.  More: the class of the largest
        output, the first of equal ones.  A number: ``output * deviation + mean``.

        Raises ValueError for another width or a number that is not finite.
        """
        return self.target.answer(self._checked_outputs(output_row))

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

    def _checked_outputs(self, output_row: Sequence[float]) -> list[float]:
        outputs = as_list(output_row, "output_row", "a list of numbers")
        if len(outputs) != self.outputs:
            raise ValueError(
                f"output_row: found {counted(len(outputs), 'number')}, expected {self.outputs}"
            )
        return [
            documents.as_finite(f"output_row: column {column}", output)
            for column, output in enumerate(outputs)
        ]

    def targets_in_words(self, table: Table, rows: Sequence[int] | None = None) -> str:
        """Return what is predicted: "species: 3 classes Adelie 152, Chinstrap 68, Gentoo 124".

        rows: which rows to count, all that have an answer if None.
        """
        answered = self.rows_with_target(table)
        column = table.column(self.target.column)
        wanted = answered if rows is None else rows
        text = f"{plain(column.name)}: {self.target.in_words(texts_at(column, wanted))}"
        gaps = table.row_count - len(answered)
        if not gaps:
            return text
        without = table.places(sorted(set(range(table.row_count)).difference(answered)))
        return f"{text} ({counted(gaps, 'row')} without it left out: {without})"

    def lines(self) -> list[tuple[str, str, str]]:
        """Return a line for each column: its name, what it is taken as, how many were missing.

        Many columns in a row that are taken as the same, such as pixels, share a line.
        """
        lines = []
        for column in self.inputs_of_columns:
            lines.append((column.column, column.in_words(), str(column.missing or "")))
        lines += [(name, f"left out: {reason}", "") for name, reason in self.left_out]
        folded: list[tuple[str, str, str]] = []
        start = 0
        while start < len(lines):
            end = start + 1
            while end < len(lines) and _alike(lines[start], lines[end]):
                end += 1
            if end - start < _FEWEST_FOLDED:
                folded += [(plain(name), taken, gaps) for name, taken, gaps in lines[start:end]]
            else:
                first, last = plain(lines[start][0]), plain(lines[end - 1][0])
                folded.append((f"{first} to {last} ({end - start})", *lines[start][1:]))
            start = end
        return folded

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a dictionary that ``json.dumps`` takes."""
        return {
            "inputs": [column.to_json() for column in self.inputs_of_columns],
            "left_out": [list(pair) for pair in self.left_out],
            "target": self.target.to_json(),
            "missing": self.missing,
        }

    @classmethod
    def from_json(cls, obj: Any) -> Preparation:
        """Return the preparation that ``to_json`` described, or one of the first version.

        Raises ValueError, naming the key, for anything else.
        """
        try:
            return cls(*read_stored(obj))
        except (TypeError, ValueError) as error:
            text = str(error)
            text = text if text.startswith("preparation: ") else f"preparation: {text}"
            raise ValueError(text) from None


def _without_rows(table: Table, target: str) -> str:
    if not table.row_count:
        return "found no rows, expected at least one"
    return (
        f"column {target!r}: found no answer in any of {counted(table.row_count, 'row')}, "
        f"expected one in at least two"
    )


def _alike(line: tuple[str, str, str], other: tuple[str, str, str]) -> bool:
    return line[1:] == other[1:] and stem_of(line[0]) == stem_of(other[0])
