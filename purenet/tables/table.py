"""A table, column by column, with or without a column of answers."""

from __future__ import annotations

import datetime
import math
from array import array
from collections.abc import Sequence
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

from ..checks import as_list, as_names, as_places, as_text, counted, shown
from .column import Column, column_of_texts
from .words import first_repeated, no_column, spans

Cell = float | str | None


class Table:
    """A table of numbers and text with, perhaps, a column of answers.

    columns: the names of the input columns.
    rows: one list of cells a row, one cell an input column: numbers, text, True and False, dates,
        or None where there is nothing.
    target: the name of the column with the answers, or None.
    labels: the answers as text, one a row, or None.

    Raises ValueError or TypeError, naming row and column, if the parts do not fit each other, and
    for a cell of another kind.

    >>> table = Table(["height", "island"], [[1.5, "Dream"], [None, "Biscoe"]], "kind", ["a", "b"])
    >>> table
    Table(2 rows of 2 input columns, target 'kind')
    >>> table.rows
    [[1.5, 'Dream'], [None, 'Biscoe']]
    """

    __slots__ = (
        "_columns",
        "_kept",
        "columns",
        "lines",
        "name",
        "notes",
        "row_count",
        "target",
        "unnamed",
    )

    columns: list[str]
    target: str | None
    name: str  # in messages
    notes: list[str]  # what was decided when it was read
    unnamed: frozenset[str]  # columns that have their number for a name
    lines: Sequence[int] | None  # of the file, in which the rows begin
    row_count: int

    def __init__(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[Any]],
        target: str | None = None,
        labels: Sequence[str] | None = None,
    ) -> None:
        columns = as_names(columns, "columns")
        rows = as_list(rows, "rows", "a list of rows, each a list of cells")
        if set(map(type, rows)) != {list}:
            rows = [
                as_list(row, f"rows: row {number}", "a list of cells")
                for number, row in enumerate(rows)
            ]
        if target is not None:
            as_text(target, "target", "the name of a column")
        repeated = first_repeated(columns)
        if repeated is not None:
            raise ValueError(f"columns: found {repeated!r} twice, expected different names")
        if target in columns:
            raise ValueError(
                f"target: found {target!r}, which is an input column too, expected another one"
            )
        if labels is not None:
            labels = as_list(labels, "labels", "a list with a text for each row")
        for number, row in enumerate(rows):
            if len(row) != len(columns):
                raise ValueError(
                    f"rows: row {number} has {counted(len(row), 'cell')}, "
                    f"expected {len(columns)}, one a column"
                )
        if (target is None) != (labels is None):
            raise ValueError("target and labels: found only one of them, expected both or neither")
        if labels is not None and len(labels) != len(rows):
            raise ValueError(f"labels: found {len(labels)}, expected {len(rows)}, one a row")
        found = [
            column_of_cells(name, [row[position] for row in rows])
            for position, name in enumerate(columns)
        ]
        if target is not None and labels is not None:
            for number, label in enumerate(labels):
                if not isinstance(label, str):
                    raise TypeError(f"labels: row {number} is {shown(label)}, expected text")
            texts = [label.strip() for label in labels]
            found.append(column_of_texts(target, texts, keep_texts=True))
        self._fill(found, target, len(rows), "table", None)

    @classmethod
    def of_columns(
        cls,
        columns: Sequence[Column],
        target: str | None = None,
        *,
        row_count: int,
        name: str = "table",
        lines: Sequence[int] | None = None,
        notes: Sequence[str] = (),
        unnamed: Sequence[str] = (),
        kept: Sequence[str] = (),
    ) -> Table:
        """Return a table of finished columns, the target among them if there is one.

        kept: the names of those that are there for ``column`` alone, and no inputs.
        """
        table = cls.__new__(cls)
        table._fill(columns, target, row_count, name, lines, notes, unnamed, kept)
        return table

    def _fill(
        self,
        columns: Sequence[Column],
        target: str | None,
        row_count: int,
        name: str,
        lines: Sequence[int] | None,
        notes: Sequence[str] = (),
        unnamed: Sequence[str] = (),
        kept: Sequence[str] = (),
    ) -> None:
        self._columns = {column.name: column for column in columns}
        self._kept = frozenset(kept)
        no_inputs = {target, *kept}
        self.columns = [column.name for column in columns if column.name not in no_inputs]
        self.target = target
        self.row_count = row_count
        self.name = name
        self.lines = lines
        self.notes = list(notes)
        self.unnamed = frozenset(unnamed)

    @property
    def names(self) -> list[str]:
        """The names of all columns: inputs, target, and those that were only kept."""
        return list(self._columns)

    @property
    def rows(self) -> list[list[Cell]]:
        """The cells of the input columns, row by row: numbers, text, or None where one is missing.

        Made anew whenever it is asked for.
        """
        columns = [cells_of(self._columns[name]) for name in self.columns]
        if not columns:
            return [[] for _ in range(self.row_count)]
        return [list(row) for row in zip(*columns, strict=True)]

    @property
    def labels(self) -> list[str] | None:
        """The answers as text, one a row; None where there is no target."""
        return None if self.target is None else list(self._columns[self.target].texts or [])

    def column(self, name: str) -> Column:
        """Return a column, the target among them; ValueError if there is none of that name."""
        if as_text(name, "column", "the name of a column") not in self._columns:
            raise ValueError(f"{self.name}: {no_column(name, list(self._columns))}")
        return self._columns[name]

    def has_column(self, name: str) -> bool:
        """Return whether there is a column of that name, as input or as target."""
        return name in self._columns

    def place(self, row: int) -> str:
        """Return where a row stands, for a message: its line in the file, or its number from 0."""
        return f"row {shown(row)}" if self.lines is None else f"line {self.lines[row]}"

    def places(self, rows: Sequence[int]) -> str:
        """Return where some rows stand, which rise: "lines 3, 5 to 7 and 9" or "row 2"."""
        lines = self.lines
        return spans("row", rows) if lines is None else spans("line", [lines[row] for row in rows])

    def part(self, rows: Sequence[int]) -> Table:
        """Return the table of some rows, whose numbers count from 0."""
        rows = as_places(rows, self.row_count, "rows")
        return Table.of_columns(
            [column.part(rows) for column in self._columns.values()],
            self.target,
            row_count=len(rows),
            name=self.name,
            lines=None if self.lines is None else [self.lines[i] for i in rows],
            notes=self.notes,
            unnamed=list(self.unnamed),
            kept=list(self._kept),
        )

    def __eq__(self, other: object) -> Any:
        if type(other) is not Table:
            return NotImplemented
        return (self.columns, self.rows, self.target, self.labels) == (
            other.columns,
            other.rows,
            other.target,
            other.labels,
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        target = "no target" if self.target is None else f"target {self.target!r}"
        rows = counted(self.row_count, "row")
        columns = counted(len(self.columns), "input column")
        return f"Table({rows} of {columns}, {target})"


def cells_of(column: Column) -> list[Cell]:
    """Return the cells of a column: numbers, text, or None where one is missing."""
    if column.numbers is not None:
        return [number if number == number else None for number in column.numbers]
    return [text or None for text in column.texts or []]


def column_of_cells(name: str, cells: Sequence[Any], *, keep_texts: bool = False) -> Column:
    """Return the column of some values of Python.

    keep_texts: whether their texts are wanted where they are numbers.

    Raises ValueError or TypeError, naming row and column, for what is no cell.
    """
    if not keep_texts and set(map(type, cells)) == {float} and not any(map(math.isinf, cells)):
        return Column(name, array("d", cells))
    texts = [_text_of(name, row, cell) for row, cell in enumerate(cells)]
    # Text may be written in a notation of its own: "1.234" beside decimal commas.
    written = keep_texts or any(isinstance(cell, str) for cell in cells)
    return column_of_texts(name, texts, keep_texts=written)


def _text_of(name: str, row: int, cell: Any) -> str:
    """Return a cell as it would stand in a file."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None or type(cell).__name__ == "NAType":  # pandas' own nothing
        return ""
    if isinstance(cell, (datetime.date, datetime.time)):  # a datetime is a date
        return cell.isoformat()
    if type(cell).__name__ in ("bool", "bool_"):
        return str(bool(cell))
    if isinstance(cell, (Real, Decimal)):
        return _text_of_number(cell, f"row {row}, column {name!r}")
    raise TypeError(
        f"row {row}, column {name!r}: found {shown(cell)}, expected a number, text, "
        f"True or False, a date, or None"
    )


def _text_of_number(cell: Any, place: str) -> str:
    try:
        number = float(cell)
    except (OverflowError, ValueError):  # a signalling NaN of decimal is the latter
        number = math.inf
    if math.isnan(number):
        return ""
    if math.isinf(number):
        raise ValueError(f"{place}: found {shown(cell)}, expected a number that fits a float")
    return str(cell) if isinstance(cell, (Integral, Decimal)) else repr(number)
