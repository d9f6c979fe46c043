"""What an estimator is given, checked: X, y and sample_weight, in lists, arrays or tables.

The words that scikit-learn's own checks look for in a message are in these.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from math import isfinite
from typing import Any

from ..arrays import column_labels
from ..checks import as_list, as_matrix, as_number, as_size, counted, flat, is_row, shown
from ..matrix import Matrix


def checked_rows(X: Any, owner: str, width: int | None = None) -> Matrix:
    """Return X as new rows of finite floats.

    owner: the name of the estimator.  width: how many columns it was fitted with.
    """
    if getattr(getattr(X, "dtype", None), "kind", None) == "c":
        raise ValueError("Complex data not supported: X: found complex numbers, expected real ones")
    listed = as_list(X, "X", "rows of numbers")
    if not listed:
        raise ValueError(f"X: found 0 rows while a minimum of 1 is required by {owner}")
    if not is_row(listed[0]):
        raise ValueError(
            f"X: row 0 is {shown(listed[0])}, expected a list of numbers. Reshape your data: "
            f"X.reshape(-1, 1) if it is one column, X.reshape(1, -1) if it is one row"
        )
    columns = len(as_list(listed[0], "X: row 0", "a list of numbers"))
    if columns == 0:
        raise ValueError(
            f"X: found 0 feature(s) (shape=({len(listed)}, 0)) while a minimum of 1 is required."
        )
    if width is not None and columns != width:
        raise ValueError(
            f"X has {columns} features, but {owner} is expecting {width} features as input"
        )
    try:
        rows = as_matrix(listed, "X", width=columns, finite=False)
    except TypeError as error:
        if any(isinstance(value, complex) for row in listed if is_row(row) for value in row):
            raise ValueError(f"Complex data not supported: {error}") from None
        raise TypeError(f"{error}: an argument must be no string but a number") from None
    if not all(map(isfinite, flat(rows))):
        places = ((i, j) for i in range(len(rows)) for j in range(columns))
        i, j = next((i, j) for i, j in places if not isfinite(rows[i][j]))
        found = "NaN" if rows[i][j] != rows[i][j] else f"{rows[i][j]}"
        raise ValueError(f"X: row {i}, column {j}: found {found}, expected a finite number")
    return rows


def checked_answers(y: Any, samples: int, owner: str) -> list[Any]:
    """Return y as a list with an item a sample: a label or number, or a row of several."""
    if y is None:
        raise ValueError(f"{owner} requires y to be passed, but the target y is None")
    listed = as_list(y, "y", "a list with one label or number a sample")
    if len(listed) != samples:
        raise ValueError(
            f"y: found {counted(len(listed), 'row')} for {counted(samples, 'row')} of X, "
            f"expected as many"
        )
    return listed


def without_columns(listed: list[Any]) -> list[Any]:
    """Return a flat list of what has one column, with a warning; anything else as it is."""
    if not all(map(is_row, listed)):
        return listed
    rows = [as_list(row, f"y: row {i}", "a list") for i, row in enumerate(listed)]
    if set(map(len, rows)) != {1}:
        return rows
    kind = of_sklearn("DataConversionWarning", UserWarning)
    warn("A column-vector y was passed when a 1d array was expected: it is taken as one", kind)
    return [row[0] for row in rows]


def checked_weights(sample_weight: Any, samples: int) -> list[float] | None:
    """Return a weight a sample; None if none are given."""
    if sample_weight is None:
        return None
    listed = as_list(sample_weight, "sample_weight", "a list with one number a sample")
    if len(listed) != samples:
        raise ValueError(
            f"sample_weight: found {counted(len(listed), 'number')} for "
            f"{counted(samples, 'sample')}, expected as many"
        )
    for i, value in enumerate(listed):
        if is_row(value):
            raise ValueError(f"sample_weight: row {i} is {shown(value)}, expected a number")
    weights = [as_size(value, f"sample_weight: row {i}") for i, value in enumerate(listed)]
    if not any(weights):
        raise ValueError("sample_weight: every weight is zero, expected one that is larger")
    return weights


def checked_numbers(y: Sequence[Any]) -> Matrix:
    """Return the targets of a regression as rows of finite floats."""
    if any(map(is_row, y)):
        return as_matrix(y, "y")
    return [[as_number(value, f"y: row {i}")] for i, value in enumerate(y)]


def names_of(X: Any) -> list[str] | None:
    """Return the names of a table's columns; None of what has none, or not all are text."""
    labels = column_labels(X)
    if not labels or not all(isinstance(label, str) for label in labels):
        return None
    return labels


def check_names(X: Any, fitted: Sequence[str] | None, owner: str) -> None:
    """Refuse a table with other columns, or in another order, than the one that was fitted."""
    names = names_of(X)
    if fitted is None or names is None:
        if names is not None:
            warn(f"X has feature names, but {owner} was fitted without feature names")
        elif fitted is not None:
            warn(f"X does not have valid feature names, but {owner} was fitted with feature names")
        return
    expected = list(fitted)
    if names == expected:
        return
    lines = ["The feature names should match those that were passed during fit."]
    for words, some in (
        ("Feature names unseen at fit time:", sorted(set(names) - set(expected))),
        ("Feature names seen at fit time, yet now missing:", sorted(set(expected) - set(names))),
    ):
        if some:
            lines += [words, *(f"- {name}" for name in some[:5])]
            if len(some) > 5:
                lines.append("- ...")
    if len(lines) == 1:
        lines.append("Feature names must be in the same order as they were in fit.")
    raise ValueError("\n".join(lines) + "\n")


def warn(message: str, kind: type[Warning] = UserWarning) -> None:
    """Warn whoever called an estimator, however deep in it this is."""
    level = 2
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__package__") == __package__:
        frame = frame.f_back
        level += 1
    warnings.warn(message, kind, stacklevel=level)


def numpy_for(*given: Any) -> Any:
    """Return NumPy if answers shall be its arrays: it is there, and no list or tuple was given."""
    if all(isinstance(value, (list, tuple)) for value in given):
        return None
    return sys.modules.get("numpy")


def of_sklearn(name: str, otherwise: type) -> Any:
    """Return scikit-learn's exception or warning of this name where scikit-learn is in use."""
    return getattr(sys.modules.get("sklearn.exceptions"), name, otherwise)
