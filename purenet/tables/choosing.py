"""Which columns of a table a network learns from, as the user names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..checks import as_names, shown
from .table import Table
from .words import first_repeated, no_column


def as_kinds(kinds: Any) -> dict[str, str]:
    """Return what some columns are to be taken as, by their names."""
    if kinds is not None and not isinstance(kinds, Mapping):
        raise TypeError(f"kinds: found {shown(kinds)}, expected a kind for each column")
    found = dict(kinds or {})
    as_names(list(found), "kinds")
    return found


def input_columns(
    table: Table,
    target: str,
    columns: Sequence[str] | None,
    ignore: Sequence[str],
    kinds: Mapping[str, str],
) -> list[str]:
    """Return the names of the input columns; a ValueError says all that is wrong with the names.

    target: the column with the answers.
    columns: the input columns, all others but ``ignore`` if None.
    kinds: what some columns are to be taken as.
    """
    if ignore is None:
        raise TypeError("ignore: found None, expected a list of names")
    wrong = []
    known = [*table.columns, *([] if table.target is None else [table.target])]
    for argument, names in (("target", [target]), ("columns", columns), ("ignore", ignore)):
        names = [] if names is None else as_names(names, argument)
        wrong += [
            f"{argument}: {no_column(name, known)}" for name in names if not table.has_column(name)
        ]
        repeated = first_repeated(names)
        if repeated is not None:
            wrong.append(f"{argument}: found {repeated!r} twice, expected different names")
        if argument != "target" and target in names:
            wrong.append(f"{argument}: found the target {target!r}, expected input columns only")
    chosen = known if columns is None else list(columns)
    chosen = [name for name in chosen if name != target and name not in ignore]
    for name in kinds:
        if not table.has_column(name):
            wrong.append(f"kinds: {no_column(name, known)}")
        elif name not in chosen and name != target:
            wrong.append(f"kinds: found {name!r}, which is no input column, expected one")
    if wrong:
        raise ValueError(f"{table.name}: {'; '.join(wrong)}")
    return chosen
