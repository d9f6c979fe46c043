"""Flatten: an image, or a sequence, is a row of numbers from here on.

A row it has been all the time; so nothing is computed.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..checks import as_count, entry_of
from ..matrix import Matrix, Rows
from .layer import MOST_UNITS, DeltaAlone, Layer, LayerOutput, numbers_in


class Flatten(Layer):
    """A layer that hands on every number, channel by channel and row by row, as one row.

    inputs: how many numbers, if no layer before gives them.

    >>> layer = Flatten(inputs=3)
    >>> layer.feedforward([[1.0, 2.0, 3.0]]).a
    [[1.0, 2.0, 3.0]]
    """

    backend: ClassVar[str] = "pure"
    ACTIVATIONS: ClassVar[tuple[str, ...]] = ("linear",)

    def feedforward(self, inputs: Rows) -> LayerOutput:
        """Return the inputs, as z and as a.  Shapes: all n by inputs."""
        z = []
        for i in range(len(inputs)):
            z.append(list(inputs[i]))
        return LayerOutput(z, z)

    def delta(self, output: LayerOutput, d_a: Rows) -> Rows:
        """Return dL/da itself: there is no activation function, a is z."""
        return d_a

    def gradient(self, inputs: Rows, delta: Matrix) -> DeltaAlone:
        """Return delta: there are no parameters."""
        return DeltaAlone(delta)

    def input_gradient(self, inputs: Rows, delta: Matrix) -> Matrix:
        """Return delta: each output is an input."""
        return delta

    def __init__(self, *, inputs: int | None = None) -> None:
        if inputs is not None:
            self.connect((as_count(inputs, "inputs", most=MOST_UNITS),))

    def connect(self, shape: tuple[int, ...]) -> None:
        """Take rows that hold anything."""
        self.inputs = self.outputs = numbers_in(shape)

    def settings(self) -> dict[str, Any]:
        """Return the argument that makes such a layer again."""
        return {"inputs": None if self.is_open else self.inputs}

    def __repr__(self) -> str:
        return "Flatten()"

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Layer:
        """Return a layer with the settings of a model file."""
        return cls(inputs=entry_of(settings, "inputs", int))
