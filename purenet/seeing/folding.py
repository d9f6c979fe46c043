"""How rows of numbers fold into images, filters and sequences.

Between layers a sample is one flat row.  Where a layer takes or gives images, the row is one of
channels, rows and columns; in names its numbers have the places that they have there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..layers import Layer
from .step import ROLES, Named, symbol_of


class Folding(NamedTuple):
    """The shape of a matrix with more than rows and columns, and what each of its axes counts."""

    shape: tuple[int, ...]
    axes: tuple[str, ...]

    def place(self, number: int) -> tuple[int, ...]:
        """Return the place of a number, counted row by row.

        >>> Folding((2, 1, 3), ("filter", "channel", "column")).place(4)
        (1, 0, 1)
        """
        place: list[int] = []
        for size in reversed(self.shape):
            number, rest = divmod(number, size)
            place.append(rest)
        return tuple(reversed(place))

    def number(self, place: Sequence[int]) -> int:
        """Return which number stands at a place: the other direction of ``place``."""
        number = 0
        for size, index in zip(self.shape, place, strict=True):
            number = number * size + index
        return number


# What the axes of a sample count, by how many there are.
_AXES_OF_SAMPLE = {2: ("step", "{unit}"), 3: ("channel", "row", "column")}
_AXES_OF_PARAMETER = {4: ("filter", "channel", "row", "column")}


def folding_of(named: Named, layers: Sequence[Layer], samples: int) -> Folding | None:
    """Return how a matrix folds; None for one of rows and columns alone."""
    layer = layers[named.layer or 0]
    if named.parameter:
        shape = _shape_of_parameter(layer, named.parameter)
        if shape is None or len(shape) < 3:
            return None
        other = tuple(f"axis {axis}" for axis in range(len(shape)))
        return Folding(shape, _AXES_OF_PARAMETER.get(len(shape), other))
    axes = ROLES[named.role].axes
    if len(axes) != 2 or named.role == "targets":
        return None
    if named.role == "inputs":
        of_sample, unit = shape_of_inputs(layer), "input"
    elif named.role in ("z", "states", "delta") and getattr(layer, "has_steps", False):
        of_sample, unit = (shape_of_inputs(layer)[0], _units(layer)), "unit"
    else:
        of_sample, unit = shape_of_outputs(layer), "unit"
    if len(of_sample) < 2:
        return None
    names = _AXES_OF_SAMPLE.get(len(of_sample), tuple(f"axis {n}" for n in range(len(of_sample))))
    return Folding((samples, *of_sample), ("sample", *(name.format(unit=unit) for name in names)))


def shape_of_inputs(layer: Layer) -> tuple[int, ...]:
    """Return the shape into which a layer folds a row of its inputs."""
    shape: tuple[int, ...] = getattr(layer, "input_shape", (layer.inputs,))
    return shape


def shape_of_outputs(layer: Layer) -> tuple[int, ...]:
    """Return the shape into which a layer's row of outputs folds."""
    shape: tuple[int, ...] = getattr(layer, "output_shape", (layer.outputs,))
    return shape


def _units(layer: Layer) -> int:
    units: int = shape_of_outputs(layer)[-1]
    return units


def _shape_of_parameter(layer: Layer, name: str) -> tuple[int, ...] | None:
    """Return the shape of a parameter, or of what an optimizer remembers of it in like rows."""
    for parameter in layer.PARAMETERS:
        if name == parameter or name.endswith(f"_{symbol_of(parameter)}"):
            return layer.shape(parameter)
    return None
