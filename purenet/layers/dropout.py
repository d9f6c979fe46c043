"""Dropout: in training, some numbers are left out at random.

So no unit can rely on a certain other one, and the network does not learn its samples by heart.
Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: A Simple Way to Prevent
Neural Networks from Overfitting", 2014; in the "inverted" form, in which nothing is left to do when
the trained network is used.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from ..checks import as_count, as_part, entry_of, shown
from ..matrix import Matrix, Rows, multiply
from ..randomness import Generator
from .layer import MOST_UNITS, DeltaAlone, Layer, LayerOutput, numbers_in


class DropoutOutput(NamedTuple):
    """What dropout computes on the way forward, and the mask it has drawn; all n by inputs."""

    z: Rows
    a: Matrix
    mask: Matrix


def draw_mask(rows: int, columns: int, rate: float, generator: Generator) -> Matrix:
    """Return a matrix with 0 for what is left out, and ``1 / (1 - rate)`` for what is kept.

    What is kept grows by as much as is missing: with a rate of 0.5, half of the numbers are there,
    each twice as large, and their sum is on average what it was.

    The numbers are drawn row by row.

    >>> draw_mask(1, 4, 0.5, Generator(1))
    [[0.0, 2.0, 2.0, 0.0]]
    """
    scale = 1.0 / (1.0 - rate)
    mask = []
    for _ in range(rows):
        mask_row = []
        for _ in range(columns):
            if generator.random() < rate:
                mask_row.append(0.0)
            else:
                mask_row.append(scale)
        mask.append(mask_row)
    return mask


class Dropout(Layer):
    """A layer that leaves out numbers at random in training, and hands on all of them otherwise.

    rate: which share of the numbers is left out: 0 or more, and less than 1.
    inputs: how many numbers, or the shape of what a row holds, if no layer before gives them.

    What is left out depends on the network's seed, the epoch, the batch and the place of the layer.
    ``predict``, ``evaluate`` and ``backprop`` leave out nothing.

    Raises ValueError or TypeError for another rate, and for what is no number or shape.

    >>> layer = Dropout(0.5, inputs=4)
    >>> layer.feedforward([[1.0, 2.0, 3.0, 4.0]]).a
    [[1.0, 2.0, 3.0, 4.0]]
    >>> layer.feedforward_in_training([[1.0, 2.0, 3.0, 4.0]], Generator(1)).a
    [[0.0, 4.0, 6.0, 0.0]]
    """

    backend: ClassVar[str] = "pure"
    SETTINGS: ClassVar[tuple[str, ...]] = (*Layer.SETTINGS, "rate")
    ACTIVATIONS: ClassVar[tuple[str, ...]] = ("linear",)
    is_random: ClassVar[bool] = True

    def feedforward(self, inputs: Rows) -> LayerOutput:
        """Return the inputs, as z and as a.  Shapes: all n by inputs."""
        z = []
        for i in range(len(inputs)):
            z.append(list(inputs[i]))
        return LayerOutput(z, z)

    def feedforward_in_training(self, inputs: Rows, generator: Generator) -> Any:
        """Return the inputs as z, those that are kept as a, and the mask.

        ``a[i][j] = inputs[i][j] * mask[i][j]``.  Shapes: all n by inputs.
        """
        mask = draw_mask(len(inputs), self.inputs, self.rate, generator)
        a = multiply(inputs, mask)
        return DropoutOutput(inputs, a, mask)

    def delta(self, output: Any, d_a: Rows) -> Rows:
        """Return dL/dz: where a number was left out, nothing goes back.

        ``a = z * mask``, so ``dL/dz = dL/da * mask``.  Shapes: all n by inputs.
        """
        if isinstance(output, DropoutOutput):
            return multiply(d_a, output.mask)
        return d_a

    def gradient(self, inputs: Rows, delta: Matrix) -> DeltaAlone:
        """Return delta: there are no parameters."""
        return DeltaAlone(delta)

    def input_gradient(self, inputs: Rows, delta: Matrix) -> Matrix:
        """Return delta: z is the inputs."""
        return delta

    def __init__(self, rate: float, *, inputs: int | tuple[int, ...] | None = None) -> None:
        self.rate = as_part(rate, "rate")
        if inputs is not None:
            sizes = inputs if isinstance(inputs, (tuple, list)) else (inputs,)
            if not sizes:
                raise ValueError(f"inputs: found {shown(inputs)}, expected a number or a shape")
            shape = tuple(as_count(size, "inputs") for size in sizes)
            as_count(numbers_in(shape), "inputs", most=MOST_UNITS)
            self.connect(shape)

    def connect(self, shape: tuple[int, ...]) -> None:
        """Take rows that hold anything, and hand on the same."""
        self.inputs = self.outputs = numbers_in(shape)
        self.input_shape = self.output_shape = shape

    def settings(self) -> dict[str, Any]:
        """Return the arguments that make such a layer again."""
        return {"rate": self.rate, "inputs": None if self.is_open else list(self.input_shape)}

    def __repr__(self) -> str:
        return f"Dropout({self.rate})"

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Layer:
        """Return a layer with the settings of a model file."""
        return cls(entry_of(settings, "rate"), inputs=entry_of(settings, "inputs", list))
