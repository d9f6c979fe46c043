"""The line of a CSV file that names the columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from ..checks import counted
from .faults import TableErrors
from .records import Cursor
from .words import first_repeated, number_in

_LOOKED_AT = 50  # rows, for what they say about a header


@dataclass
class Header:
    """The columns of a file.

    line: the line of the header.
    names: of all columns; "column 3" where there is none.
    unnamed: those that have their place for a name.
    fewest: how many values a line has at least: empty ones at its end may be left out where there
        is no name above them.
    faults: what is wrong with the names.
    notes: what was decided about them.
    """

    line: int
    names: list[str]
    unnamed: frozenset[str]
    fewest: int
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def positions(self) -> dict[str, int]:
        """Return where each column stands in a line."""
        return {name: position for position, name in enumerate(self.names)}

    def hint(self) -> str:
        """Return what to say where a column is missing and the line was not cut into several."""
        if len(self.names) == 1 and len(self.names[0].split()) > 1:
            return " (columns are separated by a comma, a semicolon, a tab or a bar)"
        numbers = sum(number_in(name) is not None for name in self.names)
        if 2 * numbers > len(self.names) and not self.counts_columns():
            return f" (line {self.line} looks like a row, not like a header line with column names)"
        return ""

    def is_numbers(self) -> bool:
        """Return whether the header looks like a row of numbers.

        The numbers of the columns, as pandas writes them, do not.
        """
        named = [name for name in self.names if name not in self.unnamed]
        if not named or any(number_in(name) is None for name in named):
            return False
        return len(self.names) < 3 or not self.counts_columns()

    def counts_columns(self) -> bool:
        """Return whether the names are the numbers of the columns."""
        named = [name for name in self.names if name not in self.unnamed]
        counting = [str(number) for number in range(len(named) + 1)]
        return named in (counting[:-1], counting[1:])

    def empty_at_end(self, empty: Collection[str]) -> list[int]:
        """Return the positions of the columns without a name at the end that are among some."""
        first = len(self.names)
        while first and self.names[first - 1] in self.unnamed and self.names[first - 1] in empty:
            first -= 1
        return list(range(first, len(self.names)))


def header_of(name: str, cursor: Cursor) -> Header:
    """Read the header of a file; the cursor is left behind it.

    Raises TableErrors if there is none, or if the lines below it have nothing to do with it.
    """
    found = cursor.record()
    if cursor.faults:
        raise TableErrors(name, cursor.faults)
    if found is None:
        raise TableErrors(name, ["found nothing, expected a header line with the column names"])
    line, record = found
    cells = list(map(str.strip, record))
    notes = []
    rows = _next_rows(cursor)
    count, width = _usual_width(rows)
    if _have_indices(rows, len(cells)):
        # As R writes a table: no name above those of the rows.
        cells.insert(0, "")
        notes.append("the header has one name less than the rows have values: the first has none")
    elif width > len(cells) and (
        2 * count > len(rows) if len(cells) == 1 else count == len(rows) > 1
    ):
        row_line = next(row.line for row in rows if row.filled == width)
        shown_names = ", ".join(map(repr, cells[:3])) + (", ..." if len(cells) > 3 else "")
        raise TableErrors(
            name,
            [
                f"line {line}: found {counted(len(cells), 'name')} ({shown_names}) but {width} "
                f"values in line {row_line}, expected a header line with the names of the columns"
            ],
        )
    names, unnamed = _named(cells)
    fewest = len(cells)
    while fewest and not cells[fewest - 1]:
        fewest -= 1
    header = Header(line, names, unnamed, max(fewest, 1), notes=notes)
    repeated = first_repeated(names)
    if repeated is not None:
        header.faults.append(
            f"line {line}: found the column {repeated!r} twice, expected different names"
            f"{header.hint()}"
        )
    return header


class _Row(NamedTuple):
    """What a row says about the header: its line, its width, without empty cells at its end too."""

    line: int
    width: int
    filled: int
    first: str


def _next_rows(cursor: Cursor) -> list[_Row]:
    """Return some rows below, and leave the cursor where it is."""
    ahead = cursor.copy()
    rows: list[_Row] = []
    while len(rows) < _LOOKED_AT and (found := ahead.record()) is not None:
        line, record = found
        filled = len(record)
        while filled and not record[filled - 1].strip():
            filled -= 1
        rows.append(_Row(line, len(record), filled, record[0].strip()))
    return rows


def _usual_width(rows: list[_Row]) -> tuple[int, int]:
    """Return how many rows are as wide as most are, not counting empty cells at the end; how wide.

    Zeros if there are no rows.
    """
    widths = Counter(row.filled for row in rows)
    width, count = max(widths.items(), key=lambda item: item[::-1], default=(0, 0))
    return count, width


def _have_indices(rows: list[_Row], names: int) -> bool:
    """Return whether all rows have one cell more than there are names, all different at first."""
    if {row.width for row in rows} != {names + 1}:
        return False
    filled = sum(1 for row in rows if row.filled == row.width)
    return 2 * filled > len(rows) == len({row.first for row in rows}) > 1


def _named(cells: list[str]) -> tuple[list[str], frozenset[str]]:
    """Return the names of all columns, and which of them were made from their place."""
    taken = set(cells)
    names = []
    unnamed = []
    for number, cell in enumerate(cells, 1):
        if not cell:
            cell = f"column {number}"
            while cell in taken:
                cell += " (without a name)"
            unnamed.append(cell)
        names.append(cell)
    return names, frozenset(unnamed)
