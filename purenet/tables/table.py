"""A table of numbers, with or without answers."""

from __future__ import annotations

from dataclasses import dataclass

from ..checks import counted


@dataclass(frozen=True, repr=False)
class Table:
    """A table of numbers with, perhaps, a column of answers.

    columns: the names of the input columns.
    rows: one list of numbers a row, one number an input column.
    target: the name of the column with the answers, or None.
    labels: the answers as text, one a row, or None.

    Raises ValueError if the parts do not fit each other.
    """

    columns: list[str]
    rows: list[list[float]]
    target: str | None = None
    labels: list[str] | None = None

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"rows: row {number} has {counted(len(row), 'number')}, "
                    f"expected {len(self.columns)}, one a column"
                )
        if (self.target is None) != (self.labels is None):
            raise ValueError("target and labels: found only one of them, expected both or neither")
        if self.labels is not None and len(self.labels) != len(self.rows):
            raise ValueError(
                f"labels: found {len(self.labels)}, expected {len(self.rows)}, one a row"
            )

    def __repr__(self) -> str:
        target = "no target" if self.target is None else f"target {self.target!r}"
        rows = counted(len(self.rows), "row")
        columns = counted(len(self.columns), "input column")
        return f"Table({rows} of {columns}, {target})"
