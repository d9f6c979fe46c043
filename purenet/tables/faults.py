"""Everything that is wrong with a table, said at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..checks import shown

if TYPE_CHECKING:
    from .table import Table

MOST_SHOWN = 10


class TableErrors(ValueError):
    """What is wrong with a table: the first ten faults, and how many more there are."""

    def __init__(self, name: str, faults: list[str], hint: str = "") -> None:
        self.name = name
        self.faults = faults
        self.hint = hint
        more = len(faults) - MOST_SHOWN
        text = "; ".join(faults[:MOST_SHOWN]) + (f"; and {more} more" if more > 0 else "")
        super().__init__(f"{name}: {text}" + (f" ({hint})" if hint else ""))

    def __reduce__(self) -> tuple[type[TableErrors], tuple[str, list[str], str]]:
        return type(self), (self.name, self.faults, self.hint)


class Faults:
    """Gathers what is wrong with the cells of a table, and raises it in the order of the rows."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._cells: list[tuple[int, int, str]] = []
        self._others: list[str] = []
        self.hint = ""  # the way out, said once behind all of them

    def cell(self, row: int, column: str, found: object, expected: str) -> None:
        """Note a cell that is not what was expected."""
        text = "nothing" if found in (None, "") else shown(found)
        place = f"{self._table.place(row)}, column {column!r}"
        self._cells.append((row, len(self._cells), f"{place}: found {text}, expected {expected}"))

    def say(self, text: str) -> None:
        """Note what is wrong with a column or the whole table."""
        self._others.append(text)

    def __bool__(self) -> bool:
        return bool(self._cells or self._others)

    def raise_any(self) -> None:
        """Raise TableErrors if anything was noted."""
        if self:
            cells = [text for _, _, text in sorted(self._cells)]
            raise TableErrors(self._table.name, self._others + cells, self.hint)
