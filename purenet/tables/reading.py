"""CSV files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..checks import counted, shown
from . import documents
from .column import Column
from .faults import TableErrors
from .growing import GrowingColumn, GrowingColumns
from .headers import Header, header_of
from .notations import DECIMALS
from .records import Block, Cursor, LineNumbers, is_blank, start_of
from .sources import Readable, read_source
from .table import Table
from .words import first_repeated, no_columns, spans


def read_csv(
    path: Readable,
    target: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    target_optional: bool = False,
    keep: Sequence[str] = (),
    decimal: str | None = None,
    keep_empty: bool = False,
) -> Table:
    """Read a table from a CSV file whose first line names the columns.

    path: a file of text, "-" for standard input, or an open file; it is read once.  It may be
        compressed with gzip.  Text is UTF-8, UTF-16 with a byte-order mark, or Latin-1, which the
        table's ``notes`` say.  Commas, semicolons, tabs or bars separate the values: whichever fit
        the first lines best.  Spaces around values are dropped.
    target: the name of the column with the answers, which are kept as text.
    columns: the names of the input columns, in the order wanted; other columns are ignored,
        whatever is in them.  Without it, all columns but the target and those of ``keep`` are
        inputs.
    target_optional: if the target column is missing, return a table without one.
    keep: the names of columns that are no inputs and are kept as they were written.
    decimal: "comma" if decimal commas are known to be in the file, so that "1.234" may be more than
        a thousand; without it, a column with decimal commas has to show it.
    keep_empty: keep rows that have delimiters and nothing else, so that there is an answer for each
        row of the file; blank lines are left out all the same.

    Cells are numbers where all of a column are (plain decimal numbers with a point, or missing),
    otherwise text.  Empty rows, and empty columns without a name at the end, are left out; a column
    without a name is called "column 3" by its place.

    All that is wrong is said at once, in a ValueError that names the file and, for each fault, the
    line (the header is line 1) and the column: columns with the same name or not there, lines with
    more or fewer values than the header, quotes that are not closed, a file without rows or without
    names.  OSError if the file cannot be read.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "plants.csv")
    ...     _ = path.write_text("height;width;plant\\n1.5;0.5;reed\\n\\n0.25;NA;moss\\n")
    ...     table = read_csv(path, target="plant")
    >>> table
    Table(2 rows of 2 input columns, target 'plant')
    >>> table.columns, table.rows, table.labels
    (['height', 'width'], [[1.5, 0.5], [0.25, None]], ['reed', 'moss'])
    >>> table.notes
    ['line 3: empty, left out']
    """
    for argument, names in (("columns", columns), ("keep", keep)):
        _check_names(argument, names)
    if target is not None and not isinstance(target, str):
        raise TypeError(f"target: found {shown(target)}, expected the name of a column")
    if decimal is not None:
        documents.one_of("decimal", decimal, tuple(DECIMALS))
    name, text, notes = read_source(path)
    start = start_of(text)
    header = header_of(name, start)
    if target_optional and target not in header.names:
        target = None
    faults = list(header.faults)
    wanted = _wanted(header, target, columns, keep, faults)
    rows = _Rows(header, start, keep_empty)
    written = {target, *keep}
    names = [header.names[position] for position in wanted.all]
    growing = GrowingColumns(
        [GrowingColumn(column, keep_texts=column in written) for column in names],
        wanted.all,
        len(header.names),
    )
    lines = LineNumbers()
    for block in rows.blocks():
        growing.add(block.records, block.text)
        lines.extend(block.lines)
    faults += rows.faults
    if not lines and not faults:
        faults.append("found a header only, expected at least one row below it")
    if faults:
        raise TableErrors(name, faults)
    growing.want_texts_of_thousands(decimal)
    _read_texts(header, start, growing)
    finished = growing.finished()
    notes += header.notes + rows.notes()
    empty = header.empty_at_end({column.name for column in finished if _is_empty(column)})
    if empty:
        numbers = [position + 1 for position in empty]
        notes.append(f"{spans('column', numbers)}: without a name and empty, left out")
        left_out = {header.names[position] for position in empty}
        finished = [column for column in finished if column.name not in left_out]
    return Table.of_columns(
        finished,
        target,
        row_count=len(lines),
        name=name,
        lines=lines,
        notes=notes,
        unnamed=[column.name for column in finished if column.name in header.unnamed],
        kept=[header.names[position] for position in wanted.kept],
    )


class _Wanted(NamedTuple):
    """Which columns are read, by their place in a line: inputs, and those that are only kept."""

    all: list[int]
    kept: list[int]


class _Rows:
    """The rows below a header, all as wide as it: block by block."""

    def __init__(self, header: Header, start: Cursor, keep_empty: bool = False) -> None:
        self._header = header
        self._keep_empty = keep_empty
        self._cursor = start.copy()
        self._empty: list[int] = []  # lines
        self._blank: set[int] = set()  # those of them without even a delimiter
        self._last = 0  # line of a row
        self._shortened = 0
        self._faults: list[str] = []

    @property
    def faults(self) -> list[str]:
        """What was wrong with lines that were read."""
        return self._faults + self._cursor.faults

    def notes(self) -> list[str]:
        """Return what was left out of the lines that were read."""
        notes = []
        # Blank lines at the end of a file are nothing to speak of.
        empty = [n for n in sorted(self._empty) if n < self._last or n not in self._blank]
        if empty:
            notes.append(f"{spans('line', empty)}: empty, left out")
        if self._shortened:
            rows = counted(self._shortened, "row")
            notes.append(f"empty values behind the last column in {rows}: left out")
        return notes

    def blocks(self) -> Iterator[Block]:
        """Read all rows."""
        for lines, records, text in self._cursor.blocks():
            if set(map(len, records)) != {len(self._header.names)}:
                lines, records = self._fitted(lines, records)
            first = [record[0] for record in records]
            kept = self._keep_empty and len(self._header.names) > 1
            if not kept and not all(map(str.strip, first)):
                lines, records = self._without_empty(lines, records)
            if records:
                self._last = lines[-1]
                yield Block(lines, records, text)

    def _leave_out(self, line: int, record: list[str]) -> None:
        self._empty.append(line)
        if len(record) < 2:
            self._blank.add(line)

    def _without_empty(
        self, lines: Sequence[int], records: list[list[str]]
    ) -> tuple[list[int], list[list[str]]]:
        kept_lines = []
        kept = []
        for line, record in zip(lines, records, strict=True):
            if is_blank(record):
                self._leave_out(line, record)
            else:
                kept_lines.append(line)
                kept.append(record)
        return kept_lines, kept

    def _fitted(
        self, lines: Sequence[int], records: list[list[str]]
    ) -> tuple[list[int], list[list[str]]]:
        """Return the records with as many cells as there are columns; note what cannot be so."""
        width = len(self._header.names)
        fewest = self._header.fewest
        fitted_lines = []
        fitted = []
        for line, record in zip(lines, records, strict=True):
            count = len(record)
            if count != width:
                if is_blank(record):
                    self._leave_out(line, record)
                    continue
                if count > width and is_blank(record[width:]):
                    record = record[:width]
                    self._shortened += 1
                elif fewest <= count < width:
                    record = record + [""] * (width - count)
                else:
                    self._faults.append(
                        f"line {line}: found {counted(count, 'value')}, "
                        f"expected {width} as in the header"
                    )
                    continue
            fitted_lines.append(line)
            fitted.append(record)
        return fitted_lines, fitted


def _read_texts(header: Header, start: Cursor, growing: GrowingColumns) -> None:
    """Read the first rows again for columns that turned out to be text below them."""
    late = [
        (column, position)
        for column, position in zip(growing.columns, growing.positions, strict=True)
        if column.lacks_texts
    ]
    if not late:
        return
    most = max(column.texts_from for column, _ in late)
    texts: list[list[str]] = [[] for _ in late]
    count = 0
    for block in _Rows(header, start).blocks():
        if count >= most:
            break
        for (column, position), cells in zip(late, texts, strict=True):
            if count < column.texts_from:
                cells += [record[position] for record in block.records]
        count += len(block.lines)
    for (column, _), cells in zip(late, texts, strict=True):
        column.add_earlier(cells)


def _is_empty(column: Column) -> bool:
    numbers = column.numbers
    if numbers is None or any(number == number for number in numbers):
        return False
    return column.texts is None or not any(column.texts)


def _check_names(argument: str, names: object) -> None:
    if names is None:
        return
    if isinstance(names, (str, bytes)) or not isinstance(names, Sequence):
        raise TypeError(f"{argument}: found {shown(names)}, expected a list of column names")
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"{argument}: found {shown(name)}, expected the name of a column")


def _wanted(
    header: Header,
    target: str | None,
    columns: Sequence[str] | None,
    keep: Sequence[str],
    faults: list[str],
) -> _Wanted:
    """Return which columns are read; note what is wrong with the header or the choice."""
    positions = header.positions()
    place = f"line {header.line}"
    asked = [] if columns is None else list(columns)
    named = [*([] if target is None else [target]), *asked, *keep]
    absent = [name for name in dict.fromkeys(named) if name not in positions]
    for fault in no_columns(absent, header.names):
        faults.append(f"{place}: {fault}{header.hint()}")
    if columns is None:
        if header.is_numbers():
            faults[:] = [
                f"{place}: found only numbers, expected a header line with the column names"
            ]
        others = {target, *keep}
        asked = [name for name in positions if name not in others]
    elif target in asked:
        raise ValueError(f"columns: found the target {target!r}, expected input columns only")
    repeated = first_repeated(asked)
    if repeated is not None:
        raise ValueError(f"columns: found {repeated!r} twice, expected different names")
    if not asked:
        faults.append(f"{place}: found no input columns, expected at least one")
    if faults:
        return _Wanted([], [])
    inputs = set(asked)
    kept = [name for name in dict.fromkeys(keep) if name not in inputs and name != target]
    names = [*asked, *([] if target is None else [target]), *kept]
    return _Wanted([positions[name] for name in names], [positions[name] for name in kept])
