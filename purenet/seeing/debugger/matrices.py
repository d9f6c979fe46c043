"""The matrices of a training step by name, and the names of the lists that hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ...layers import Layer
from ..folding import Folding, folding_of
from ..notation import element_name
from ..step import Named


class Known(Protocol):
    """A list of numbers of which it is known what they are."""

    @property
    def name(self) -> str | None: ...

    def element(self, column: int) -> str | None: ...


class Row(NamedTuple):
    """Where a list of numbers stands: row ``number`` of a matrix, or of a matrix transposed."""

    matrix: str
    number: int
    transposed: bool = False
    folding: Folding | None = None
    width: int = 0

    @property
    def name(self) -> str:
        """The name of the whole list."""
        return element_name(self.matrix + ("^T" if self.transposed else ""), (self.number,))

    def element(self, column: int) -> str | None:
        """Return the name of the number in a column of this list."""
        if self.folding is not None:
            row, place = (column, self.number) if self.transposed else (self.number, column)
            return element_name(self.matrix, self.folding.place(row * self.width + place))
        if self.transposed:
            return element_name(self.matrix, (column, self.number))
        return element_name(self.matrix, (self.number, column))


class Line(NamedTuple):
    """Where a list of numbers stands in an image or a filter; the first ones may be zeros around.

    place: of the list; before: so many zeros stand before its numbers; width: so many they are.
    """

    matrix: str
    place: tuple[int, ...]
    before: int
    width: int

    @property
    def name(self) -> str:
        """The name of the whole list."""
        return element_name(self.matrix, self.place)

    def element(self, column: int) -> str | None:
        """Return the name of the number in a column of this list; None for the zeros around."""
        if 0 <= column - self.before < self.width:
            return element_name(self.matrix, (*self.place, column - self.before))
        return None


class Joined(NamedTuple):
    """A list of numbers that was put together from several: what they are, and how long."""

    parts: tuple[tuple[Known | None, int], ...]
    name: None = None

    def element(self, column: int) -> str | None:
        """Return the name of the number in a column of this list."""
        for part, length in self.parts:
            if column < length:
                return None if part is None else part.element(column)
            column -= length
        return None


class Turned(NamedTuple):
    """A column of lists of numbers, as a list."""

    rows: tuple[Known | None, ...]
    number: int
    name: None = None

    def element(self, column: int) -> str | None:
        """Return the name of the number in a column of this list."""
        row = self.rows[column] if column < len(self.rows) else None
        return None if row is None else row.element(self.number)


class Matrices:
    """What is known of the matrices so far.

    named: what each name stands for.
    values: the matrices, rows and numbers by name.
    """

    def __init__(self, named: Mapping[str, Named], layers: Sequence[Layer], samples: int) -> None:
        self.named = dict(named)
        self._layers = layers
        self._samples = samples
        self.values: dict[str, Any] = {}
        self._before: dict[str, Any] = {}  # of parameters that are being updated
        self._names: dict[int, str] = {}
        self._rows: dict[int, Known] = {}
        self._kept: list[Any] = []  # a list that is kept keeps its id

    def enter(self, name: str, value: Any) -> None:
        """Keep a matrix, a row or a number under a name, and know its lists by that name."""
        self.values[name] = value
        if type(value) is not list:
            return
        self._names[id(value)] = name
        self._kept.append(value)
        base = name[:-2] if name.endswith("^T") else name
        folding = self.folding(base)
        for number, row in enumerate(value):
            if type(row) is list and row and type(row[0]) is list:
                self._enter_lines(name, row, (number,))
            elif type(row) is list:
                self._rows[id(row)] = Row(
                    base, number, base != name, folding, len(row if base == name else value)
                )
                self._kept.append(row)

    def _enter_lines(self, name: str, values: list[Any], place: tuple[int, ...]) -> None:
        for number, row in enumerate(values):
            if row and type(row[0]) is list:
                self._enter_lines(name, row, (*place, number))
            else:
                self._rows[id(row)] = Line(name, (*place, number), 0, len(row))
                self._kept.append(row)

    def folding(self, name: str) -> Folding | None:
        """Return how a matrix folds into images, filters or sequences, if it does."""
        named = self.named.get(name)
        return None if named is None else folding_of(named, self._layers, self._samples)

    def enter_image(self, row: Any, image: list[list[list[float]]]) -> None:
        """Know the lists of an image that was made of a row of a matrix."""
        found = self._rows.get(id(row))
        if isinstance(found, Row) and found.folding is not None:
            for c, channel in enumerate(image):
                for y, line in enumerate(channel):
                    place = (found.number, c, y)
                    self._rows[id(line)] = Line(found.matrix, place, 0, len(line))
                    self._kept.append(line)

    def enter_line(self, values: list[float], matrix: str, place: tuple[int, ...]) -> None:
        """Know a list of numbers by its place in a matrix."""
        self._keep(values, Line(matrix, place, 0, len(values)))

    def enter_step(self, made: list[float], sequence: Any, begin: int) -> None:
        """Know a part of a row that holds the steps of a sequence."""
        found = self._rows.get(id(sequence))
        if isinstance(found, Row) and found.folding is not None and made:
            self.enter_line(made, found.matrix, (found.number, begin // len(made)))

    def enter_joined(self, made: list[float], parts: Sequence[list[float]]) -> None:
        """Know a list that was put together from others."""
        self._keep(made, Joined(tuple((self._rows.get(id(part)), len(part)) for part in parts)))

    def enter_turned(self, made: list[list[float]], rows: Sequence[list[float]]) -> None:
        """Know the rows of a matrix that was transposed, by those before."""
        known = tuple(self._rows.get(id(row)) for row in rows)
        for number, row in enumerate(made):
            self._keep(row, Turned(known, number))

    def _keep(self, values: list[float], known: Known) -> None:
        self._rows[id(values)] = known
        self._kept.append(values)

    def enter_padded(
        self, image: list[list[list[float]]], padded: list[list[list[float]]], top: int, left: int
    ) -> None:
        """Know the lists of an image that has got zeros around it."""
        for c, channel in enumerate(image):
            for y, line in enumerate(channel):
                found = self._rows.get(id(line))
                if isinstance(found, Line):
                    new = padded[c][y + top]
                    self._rows[id(new)] = found._replace(before=left)
                    self._kept.append(new)

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
        return None if row is None else row.name

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
