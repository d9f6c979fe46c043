"""Tables from what a Python program has: lists of rows, columns by name, files, tables.

Rows are dictionaries, or lists where the names of the columns are known.
"""

from __future__ import annotations

import os
from collections.abc import Container, Mapping, Sequence
from typing import Any

from ..arrays import named_columns
from ..checks import as_list, counted, shown
from .column import Column
from .faults import TableErrors
from .reading import read_csv
from .table import Table, column_of_cells
from .words import first_repeated, listed, no_columns

_KINDS = (
    "a path, a list of rows (dictionaries, or lists where the columns are known), "
    "a dictionary of columns, a data frame or a table"
)


def table_of(
    data: Any,
    target: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    target_optional: bool = False,
    keep: Sequence[str] = (),
    decimal: str | None = None,
) -> Table:
    """Return a table of whatever kind of data.

    data: a path, "-" or an open file, as ``read_csv`` takes them; a list of dictionaries, one a
        row, where a key that is missing means a cell that is; a list of lists, whose cells are
        those of ``columns``, with the target behind them if it is none of these; a dictionary with
        a list of cells for each column; a data frame of pandas or Polars, a table of Arrow; or a
        ``Table``.
    target, columns, target_optional, keep, decimal: as in ``read_csv``.  The target may be one of
        ``columns`` where these name the cells of lists.

    Cells are numbers, text, True and False, dates, or None where there is nothing.  Raises
    ValueError or TypeError, naming row and column (counted from 0), for anything else.

    >>> table = table_of([{"height": 1.5, "plant": "reed"}, {"plant": "moss"}], "plant")
    >>> table.columns, table.rows, table.labels
    (['height'], [[1.5], [None]], ['reed', 'moss'])
    >>> table_of({"height": [1.5, 2.5], "plant": ["reed", "moss"]}, "plant").rows
    [[1.5], [2.5]]
    """
    if _is_source(data):
        return read_csv(
            data,
            target,
            columns=columns,
            target_optional=target_optional,
            keep=keep,
            decimal=decimal,
        )
    if isinstance(data, Table):
        table = data
        if target is None:
            target = table.target
    else:
        of_a_list = columns
        if not (columns is None or target is None or target_optional or target in columns):
            of_a_list = [*columns, target]
        names, cells = _named_cells(data, of_a_list)
        if not names and not cells:
            raise ValueError("rows: found none, expected at least one")
        if columns is not None and target in columns and set(columns) == set(names):
            columns = [name for name in columns if name != target]
        table = _table("table", names, cells, written={target, *keep})
    if target_optional and target is not None and not table.has_column(target):
        target = None
    return _chosen(table, target, columns, keep)


def table_of_rows(rows: Any, columns: Sequence[str], *, decimal: str | None = None) -> Table:
    """Return the table of some rows whose columns are known, as those of a model are.

    rows: a list of dictionaries, of which other keys are ignored, or of lists with a cell for each
        of ``columns``; or any other data that ``table_of`` takes.
    decimal: as in ``read_csv``.

    Raises ValueError or TypeError, naming row and column (counted from 0), for rows that have
    another width, for columns that no row has, and for what is no cell.

    >>> table_of_rows([{"b": "x", "a": 1, "c": None}], ["a", "b"]).rows
    [[1.0, 'x']]
    >>> table_of_rows([[1, "x"], [2, None]], ["a", "b"]).rows
    [[1.0, 'x'], [2.0, None]]
    """
    if _is_source(rows):
        return read_csv(rows, columns=columns, decimal=decimal, keep_empty=True)
    if isinstance(rows, Table):
        return _chosen(rows, None, columns, ())
    names, cells = _named_cells(rows, columns)
    if not names and not cells:  # no rows
        return _table("rows", list(columns), [[] for _ in columns])
    known = set(names)
    faults = no_columns((name for name in dict.fromkeys(columns) if name not in known), names)
    if faults:
        raise TableErrors("rows", faults)
    return _chosen(_table("rows", names, cells, only=set(columns)), None, columns, ())


def _is_source(data: Any) -> bool:
    return isinstance(data, (str, os.PathLike)) or hasattr(type(data), "read")


def _named_cells(data: Any, columns: Sequence[str] | None) -> tuple[list[str], list[list[Any]]]:
    """Return the names of the columns of some data, and the cells of each."""
    frame = named_columns(data)
    if frame is not None:
        return frame.names, frame.columns
    if isinstance(data, Mapping):
        return _columns_by_name(data)
    rows = as_list(data, "rows", _KINDS)
    kinds = set(map(type, rows))
    if all(issubclass(kind, Mapping) for kind in kinds):
        names = list(dict.fromkeys(key for row in rows for key in row))
        return list(map(str, names)), [[row.get(name) for row in rows] for name in names]
    named = isinstance(rows[0], Mapping)
    for number, row in enumerate(rows):
        if isinstance(row, Mapping) != named:
            kind = "dictionary" if named else "list"
            raise TypeError(f"rows: row {number} is {shown(row)}, expected a {kind}, as row 0 is")
    if columns is None:
        raise ValueError(
            "rows: found lists, which do not name their columns, expected dictionaries, "
            "a dictionary of columns or a Table"
        )
    width = len(columns)
    listed_rows = [as_list(row, f"rows: row {i}", "a list of cells") for i, row in enumerate(rows)]
    for number, row in enumerate(listed_rows):
        if len(row) != width:
            raise ValueError(
                f"rows: row {number} has {counted(len(row), 'cell')}, "
                f"expected {width}, one a column: {listed(columns)}"
            )
    return list(columns), list(map(list, zip(*listed_rows, strict=True))) or [[] for _ in columns]


def _columns_by_name(data: Mapping[Any, Any]) -> tuple[list[str], list[list[Any]]]:
    names = list(map(str, data))
    cells = []
    for name, values in zip(names, data.values(), strict=True):
        expected = "a list of cells; a single row stands in a list: [{...}]"
        cells.append(as_list(values, f"column {name!r}", expected))
    for name, column in zip(names, cells, strict=True):
        if len(column) != len(cells[0]):
            raise ValueError(
                f"column {name!r}: found {counted(len(column), 'cell')}, "
                f"expected {len(cells[0])}, as in column {names[0]!r}"
            )
    return names, cells


def _table(
    name: str,
    names: list[str],
    cells: list[list[Any]],
    *,
    only: Container[str] | None = None,
    written: Container[str | None] = (),
) -> Table:
    """Return a table without a target.

    only: the columns that are wanted; None for all.
    written: those whose texts are kept.
    """
    repeated = first_repeated(names)
    if repeated is not None:
        raise ValueError(f"{name}: found the column {repeated!r} twice, expected different names")
    finished = [
        column_of_cells(column, values, keep_texts=column in written)
        for column, values in zip(names, cells, strict=True)
        if only is None or column in only
    ]
    return Table.of_columns(finished, row_count=len(cells[0]) if cells else 0, name=name)


def _chosen(
    table: Table, target: str | None, columns: Sequence[str] | None, keep: Sequence[str]
) -> Table:
    """Return a table with these columns as inputs and this one as target."""
    if columns is not None and target in columns:
        raise ValueError(f"columns: found the target {target!r}, expected input columns only")
    others = {target, *keep}
    wanted = list(columns) if columns is not None else [n for n in table.names if n not in others]
    repeated = first_repeated(wanted)
    if repeated is not None:
        raise ValueError(f"columns: found {repeated!r} twice, expected different names")
    named = dict.fromkeys([*wanted, *([] if target is None else [target]), *keep])
    faults = no_columns((name for name in named if not table.has_column(name)), table.names)
    if not wanted:
        faults.append("found no input columns, expected at least one")
    if faults:
        raise TableErrors(table.name, faults)
    return Table.of_columns(
        [
            _with_texts(table.column(name)) if name in others else table.column(name)
            for name in named
        ],
        target,
        row_count=table.row_count,
        name=table.name,
        lines=table.lines,
        notes=table.notes,
        unnamed=[name for name in named if name in table.unnamed],
        kept=[name for name in keep if name not in wanted and name != target],
    )


def _with_texts(column: Column) -> Column:
    """Return a column with the text of its cells: where only numbers were kept, theirs."""
    if column.texts is not None or column.numbers is None:
        return column
    texts = [_written(number) for number in column.numbers]
    return Column(column.name, column.numbers, texts, coded=column.coded)


def _written(number: float) -> str:
    return "" if number != number else repr(number).removesuffix(".0")
