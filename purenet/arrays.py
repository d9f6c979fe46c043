"""Arrays and tables of other libraries, read through their public methods; none is imported.

An array is what gives its items as a list: ``tolist`` (NumPy, PyTorch, JAX, ``array``,
``memoryview``, a column of pandas), ``to_list`` (a column of Polars), ``to_pylist`` (one of Arrow)
or ``__array__`` (TensorFlow, xarray); or what has numbers in memory (``ctypes``).  A table is what
has columns with names: a data frame of pandas or Polars, a table or record batch of Arrow, a NumPy
array with named fields.

A table is a list of rows; its columns stand in their order, and no label of a row or column counts.
What would have to be computed first (a lazy frame) or filled with zeros (a sparse matrix) is not
taken: ``foreign_name`` says what it is and which method of its own gives something that is.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .buffers import buffer_of

_LISTING = ("tolist", "to_list", "to_pylist")
_WAYS_OUT = ("collect", "compute", "toarray", "todense", "to_dense", "to_pandas", "to_arrow")
_FOREIGN = (*_LISTING, *_WAYS_OUT, "__array__", "nnz")
_NO_PLACES = ("iloc", "iter_columns", "itercolumns", "to_pylist", "nnz", "collect", "compute")
_TIMES = {"M": "datetime64[us]", "m": "timedelta64[us]"}


class NamedColumns(NamedTuple):
    """The columns of a table: their names as text, and the cells of each as a list."""

    names: list[str]
    columns: list[list[Any]]


def rows_of(values: Any) -> list[Any] | None:
    """Return the items of an array, or the rows of a table, as nested lists; None of others.

    None, too, for what has no items (an array without dimensions) and for what refuses to give
    them.  A missing number is what its library makes of it: NaN or None.
    """
    if is_table(values):
        columns = _columns_of(values)
        if columns is None:
            return None
        if not columns:
            return [[] for _ in range(len(values))]
        return list(map(list, zip(*columns, strict=True)))
    listed = _items_of(values)
    if type(listed) is list:
        return listed
    buffer = buffer_of(values)
    return None if buffer is None else buffer.tolist()


def is_table(values: Any) -> bool:
    """Return whether it has columns, and not only a number of them."""
    kind = type(values)
    if not hasattr(kind, "columns"):
        return False
    return _is_lazy(kind) or not isinstance(values.columns, int)


def column_labels(values: Any) -> list[Any] | None:
    """Return the labels of a table's columns, text or not; None of what has no such labels."""
    if _is_lazy(type(values)):
        return None
    if is_table(values):
        labels = getattr(values, "column_names", None)  # Arrow's columns are the columns themselves
        return list(values.columns if labels is None else labels)
    fields = getattr(getattr(values, "dtype", None), "names", None)
    return list(fields) if fields and hasattr(type(values), "__array_interface__") else None


def named_columns(values: Any) -> NamedColumns | None:
    """Return the columns of a table with their names, or None of what is no table.

    A missing cell is None, whatever its library calls it; dates are those of ``datetime``.
    """
    labels = column_labels(values)
    if labels is None:
        return None
    if not is_table(values):
        return NamedColumns(labels, [_items_of(values[name]) for name in labels])
    columns = _columns_of(values)
    if columns is None:
        return None
    return NamedColumns(list(map(str, labels)), _gaps_as_none(values, columns))


def foreign_name(values: Any) -> str | None:
    """Return what an array or a table that is not taken is: its type's full name, and a way out.

    None for anything that is neither.
    """
    kind = type(values)
    known = is_table(values) or any(getattr(kind, name, None) is not None for name in _FOREIGN)
    if kind.__module__ == "builtins" or not known:
        return None
    name = f"{kind.__module__}.{kind.__qualname__}"
    ways = [way for way in _WAYS_OUT if hasattr(kind, way)]
    return f"{name} (its {ways[0]}() gives what can be used)" if ways else name


def has_no_places(kind: type) -> bool:
    """Return whether ``[0]`` on something of this type gives no row and no number.

    It may give what has this label, a column, or something that has yet to be computed.
    """
    return any(hasattr(kind, name) for name in _NO_PLACES)


def is_time(value: Any) -> bool:
    """Return whether a number of NumPy's counts time, which ``float`` would take for a number."""
    return getattr(getattr(value, "dtype", None), "kind", None) in _TIMES


def _is_lazy(kind: type) -> bool:
    """Return whether it has yet to be computed."""
    return hasattr(kind, "collect") or hasattr(kind, "compute")


def _columns_of(table: Any) -> list[list[Any]] | None:
    """Return the columns of a data frame in their order; None if it is none, or a lazy one."""
    kind = type(table)
    if _is_lazy(kind):
        return None
    if hasattr(kind, "iloc") and hasattr(kind, "items"):  # pandas
        columns = [column for _, column in table.items()]
    elif hasattr(kind, "iter_columns"):  # Polars, Narwhals
        columns = list(table.iter_columns())
    elif hasattr(kind, "itercolumns"):  # Arrow
        columns = list(table.itercolumns())
    else:
        return None
    listed = list(map(_items_of, columns))
    return listed if {list}.issuperset(map(type, listed)) else None


def _gaps_as_none(table: Any, columns: list[list[Any]]) -> list[list[Any]]:
    """Return the cells of a table with None for those that pandas calls missing."""
    if not hasattr(type(table), "iloc"):
        return columns
    filled = []
    for (_, column), cells in zip(table.items(), columns, strict=True):
        gaps = column.isna().tolist()
        if any(gaps):
            cells = [None if gap else cell for gap, cell in zip(gaps, cells, strict=True)]
        filled.append(cells)
    return filled


def _items_of(array: Any) -> Any:
    """Return what an array gives as lists; None if it gives nothing, or is none."""
    kind = type(array)
    if hasattr(kind, "nnz"):  # most of its numbers are zeros that it does not have
        return None
    for name in _LISTING:
        if callable(getattr(kind, name, None)):
            shape = getattr(array, "shape", None)
            if name == "to_list" and isinstance(shape, tuple) and len(shape) > 1:
                return None  # some tables give their columns
            if is_time(array) and hasattr(kind, "__array_interface__"):
                array = array.astype(_TIMES[array.dtype.kind])  # others would be whole numbers
            try:
                return getattr(array, name)()
            except (NotImplementedError, RuntimeError, TypeError, ValueError):
                return None
    if callable(getattr(kind, "__array__", None)):
        try:
            return _items_of(array.__array__())
        except (NotImplementedError, RuntimeError, TypeError, ValueError):
            return None
    return None
