"""The matrices of a training step by name, and the names of the lists that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..notation import element_name
from ..step import Named


class Row(NamedTuple):
    """Where a list of numbers stands: row ``number`` of a matrix, or of a matrix transposed."""

    matrix: str
    number: int
    transposed: bool = False

    def element(self, column: int) -> str:
        """Return the name of the number in a column of this list."""
        if self.transposed:
            return element_name(self.matrix, (column, self.number))
        return element_name(self.matrix, (self.number, column))


class Matrices:
    """What is known of the matrices so far.

    named: what each name stands for.
    values: the matrices, rows and numbers by name.
    """

    def __init__(self, named: Mapping[str, Named]) -> None:
        self.named = dict(named)
        self.values: dict[str, Any] = {}
        self._before: dict[str, Any] = {}  # of parameters that are being updated
        self._names: dict[int, str] = {}
        self._rows: dict[int, Row] = {}
        self._kept: list[Any] = []  # a list that is kept keeps its id

    def enter(self, name: str, value: Any) -> None:
        """Keep a matrix, a row or a number under a name, and know its lists by that name."""
        self.values[name] = value
        if type(value) is not list:
            return
        self._names[id(value)] = name
        self._kept.append(value)
        base = name[:-2] if name.endswith("^T") else name
        for number, row in enumerate(value):
            if type(row) is list:
                self._rows[id(row)] = Row(base, number, base != name)
                self._kept.append(row)

    def enter_named(self, named: Named, value: Any) -> None:
        """Keep what a name stands for, and enter the values under that name."""
        self.named[named.name] = named
        self.enter(named.name, value)

    def begin_update(self, name: str, new: Named) -> None:
        """Keep a parameter as it is before its numbers are changed in place."""
        new_name = new.name
        self.named[new_name] = new
        values = self.values[name]
        self.values[name] = self._before[new_name] = _copied(values)
        self.values[new_name] = values

    def end_update(self, new_name: str) -> None:
        """Enter a parameter whose numbers are changed now, under its new name."""
        del self._before[new_name]
        self.enter(new_name, self.values[new_name])

    def is_updating(self, new_name: str) -> bool:
        """Return whether the parameter of this new name is being changed."""
        return new_name in self._before

    def value(self, name: str) -> Any | None:
        """Return a matrix, of a parameter that is being updated the part that is new."""
        if name in self._before:
            return _changed(self.values[name], self._before[name])
        return self.values.get(name)

    def name(self, value: Any) -> str | None:
        """Return the name of a matrix, of a row of one, or of a vector."""
        if id(value) in self._names:
            return self._names[id(value)]
        row = self._rows.get(id(value))
        if row is None:
            return None
        return element_name(row.matrix + ("^T" if row.transposed else ""), (row.number,))

    def element(self, values: Any, index: int) -> str | None:
        """Return the name of ``values[index]``, a number."""
        row = self._rows.get(id(values))
        if row is not None:
            return row.element(index)
        name = self._names.get(id(values))
        return None if name is None else element_name(name, (index,))


def _copied(values: Any) -> Any:
    return [_copied(value) for value in values] if type(values) is list else values


def _changed(values: Any, before: Any) -> Any:
    """Return the numbers at the head of a list that are other objects than before."""
    if type(values) is not list:
        return values
    changed = []
    for value, old in zip(values, before, strict=False):
        if type(value) is list:
            row = _changed(value, old)
            if row:
                changed.append(row)
            if len(row) < len(value):
                break
        elif value is old:
            break
        else:
            changed.append(value)
    return changed
