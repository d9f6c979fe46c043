"""The matrices and phases of a recorded step, as the JSON object will show them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..folding import Folding
from ..notation import indexed


@dataclass
class NamedMatrix:
    """A matrix, row or number of a recording, as the JSON object will show it.

    ids: the ids of its elements, nested as the matrix is; rows and columns number what is there.
    parameter: its name, of a parameter, its gradient, what is remembered of it.
    is_known: the sentences of its role fit, because a layer of this kind computes it.
    element_names: the names of the elements, where they are not name and place.
    kind: of the layer that computes it, where that is one of purenet's.
    folding: the shape and axes of a matrix whose rows are images, sequences or parts of filters.
    """

    role: str
    step: int
    layer: int | None
    phase: str | None
    given: str | None
    ids: Any
    shape: list[int]
    rows: list[int] | None
    columns: list[int] | None
    name: str = ""
    title: str = ""
    axes: tuple[str, ...] = ()
    formula: str | None = None
    sentence: str = ""
    number_sentence: str = ""
    element_names: list[str] | None = None
    parameter: str = ""
    is_known: bool = True
    kind: str = ""
    folding: Folding | None = None

    def elements(self) -> Iterator[tuple[str, int | None, int | None, int]]:
        """Yield each number's name, row, column and id."""
        if isinstance(self.ids, int):
            yield self.name, None, None, self.ids
        elif self.element_names is not None:
            for place, name in enumerate(self.element_names):
                yield name, place, None, self.ids[place]
        elif self.columns is None:
            for row, identity in zip(self.rows or (), self.ids, strict=True):
                yield indexed(self.name, row), row, None, identity
        else:
            for row, ids in zip(self.rows or (), self.ids, strict=True):
                for column, identity in zip(self.columns, ids, strict=True):
                    yield self._element_name(row, column), row, column, identity

    def _element_name(self, row: int, column: int) -> str:
        if self.folding is None:
            return indexed(self.name, row, column)
        return indexed(self.name, *self.folding.place(row * self.shape[1] + column))


class Update(NamedTuple):
    """The operations ``first`` to ``end - 1``, by which an optimizer has changed a parameter."""

    layer: int
    parameter: str
    first: int
    end: int


@dataclass
class Phase:
    """A part of a step: the operations ``first`` to ``end - 1``."""

    step: int
    kind: str
    layer: int | None
    first: int
    end: int
