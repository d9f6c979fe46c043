"""Pooling: an image gets smaller, one number for each window.

What a filter has found is kept, and its exact place is given up.  Each channel is pooled by itself;
there are no parameters.

Names as in ``convolution``: c counts the channels, y and x the rows and columns of the output, dy
and dx those of the window.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..checks import as_count, entry_of
from ..matrix import Matrix, Rows
from .images import (
    Image,
    as_image_shape,
    as_pair,
    blank,
    folded,
    image_shape,
    places_on_image,
    short,
    unfolded,
)
from .layer import MOST_UNITS, DeltaAlone, Layer, LayerOutput


def winner(channel: Matrix, top: int, left: int, size: tuple[int, int]) -> tuple[int, int]:
    """Return row and column of the largest number under a window, the first of equal ones.

    The window's corner stands at (top, left).

    >>> winner([[1.0, 7.0], [7.0, 2.0]], 0, 0, (2, 2))
    (0, 1)
    """
    row = top
    column = left
    largest = channel[top][left]
    for dy in range(size[0]):
        for dx in range(size[1]):
            value = channel[top + dy][left + dx]
            if value > largest:
                largest = value
                row = top + dy
                column = left + dx
    return row, column


def largest_of_windows(
    image: Image, size: tuple[int, int], stride: tuple[int, int], rows: int, columns: int
) -> Image:
    """Return for each place of the window the largest number under it.

    ``z[c][y][x] = largest of image[c][y * stride + dy][x * stride + dx] over dy, dx``
    """
    z = []
    for c in range(len(image)):
        z_of_channel = []
        for y in range(rows):
            z_row = []
            for x in range(columns):
                row, column = winner(image[c], y * stride[0], x * stride[1], size)
                z_row.append(image[c][row][column])
            z_of_channel.append(z_row)
        z.append(z_of_channel)
    return z


def gradient_to_winners(
    image: Image, delta: Image, size: tuple[int, int], stride: tuple[int, int]
) -> Image:
    """Return dL/dimage: the number that won gets the whole delta of its window, the others none.

    z is the winner itself, so that it has the slope 1 by the winner, and 0 by the others.  Where
    windows overlap, one number may win several times::

        dL/dimage[c][row][column] = sum of delta[c][y][x] over the windows y, x that it won
    """
    d_image = blank(len(image), len(image[0]), len(image[0][0]))
    for c in range(len(image)):
        for y in range(len(delta[c])):
            for x in range(len(delta[c][y])):
                row, column = winner(image[c], y * stride[0], x * stride[1], size)
                d_image[c][row][column] = d_image[c][row][column] + delta[c][y][x]
    return d_image


def means_of_windows(
    image: Image, size: tuple[int, int], stride: tuple[int, int], rows: int, columns: int
) -> Image:
    """Return for each place of the window the mean of the numbers under it.

    ``z[c][y][x] = (sum over dy, dx of image[c][y * stride + dy][x * stride + dx]) / count``
    """
    count = size[0] * size[1]
    z = []
    for c in range(len(image)):
        z_of_channel = []
        for y in range(rows):
            z_row = []
            for x in range(columns):
                total = 0.0
                for dy in range(size[0]):
                    image_row = image[c][y * stride[0] + dy]
                    for dx in range(size[1]):
                        total = total + image_row[x * stride[1] + dx]
                z_row.append(total / count)
            z_of_channel.append(z_row)
        z.append(z_of_channel)
    return z


def gradient_to_all(
    delta: Image,
    size: tuple[int, int],
    stride: tuple[int, int],
    height: int,
    width: int,
) -> Image:
    """Return dL/dimage: each number gets an equal share of the delta of its window.

    z has the slope ``1 / count`` by each of the numbers under the window::

        dL/dimage[c][row][column] = sum of delta[c][y][x] / count over the windows y, x above it
    """
    count = size[0] * size[1]
    d_image = blank(len(delta), height, width)
    for c in range(len(delta)):
        for y in range(len(delta[c])):
            for x in range(len(delta[c][y])):
                share = delta[c][y][x] / count
                for dy in range(size[0]):
                    d_row = d_image[c][y * stride[0] + dy]
                    for dx in range(size[1]):
                        column = x * stride[1] + dx
                        d_row[column] = d_row[column] + share
    return d_image


class Pool2D(Layer, abstract=True):
    """What both kinds of pooling have in common: where the windows stand."""

    SETTINGS: ClassVar[tuple[str, ...]] = (*Layer.SETTINGS, "size", "stride")
    ACTIVATIONS: ClassVar[tuple[str, ...]] = ("linear",)

    input_shape: tuple[int, int, int]
    output_shape: tuple[int, int, int]

    def __init__(
        self,
        size: int | tuple[int, int],
        *,
        stride: int | tuple[int, int] | None = None,
        inputs: tuple[int, int, int] | None = None,
    ) -> None:
        self.size = as_pair(size, "size")
        self.stride = self.size if stride is None else as_pair(stride, "stride")
        if inputs is not None:
            self.connect(as_image_shape(inputs, "inputs"))

    def connect(self, shape: tuple[int, ...]) -> None:
        """Take images of this shape.

        Raises ValueError for what is no image, and for one that the window does not fit into.
        """
        channels, height, width = image_shape(shape)
        rows, columns = places_on_image(height, width, self.size, self.stride)
        as_count(channels * height * width, "inputs", most=MOST_UNITS)
        self.inputs = channels * height * width
        self.input_shape = channels, height, width
        self.outputs = channels * rows * columns
        self.output_shape = channels, rows, columns

    def delta(self, output: LayerOutput, d_a: Rows) -> Rows:
        """Return dL/da itself: there is no activation function, a is z."""
        return d_a

    def gradient(self, inputs: Rows, delta: Matrix) -> DeltaAlone:
        """Return delta: there are no parameters."""
        return DeltaAlone(delta)

    def settings(self) -> dict[str, Any]:
        """Return the arguments that make such a layer again."""
        return {
            "size": list(self.size),
            "stride": list(self.stride),
            "inputs": None if self.is_open else list(self.input_shape),
        }

    def __repr__(self) -> str:
        stride = "" if self.stride == self.size else f", stride={short(self.stride)}"
        return f"{type(self).__name__}({short(self.size)}{stride})"

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Layer:
        """Return a layer with the settings of a model file."""
        return cls(
            entry_of(settings, "size", list),
            stride=entry_of(settings, "stride", list),
            inputs=entry_of(settings, "inputs", list),
        )


class MaxPool2D(Pool2D):
    """Max pooling: of each window the largest number, the first of equal ones.

    size: of the window: a number, or (vertical, horizontal).
    stride: the steps in which it moves, alike; the size of the window if it is not given, so that
        the windows lie side by side.  What is left over at the edge is left out.
    inputs: the shape of the images, (channels, height, width), if no layer before gives it.

    Raises ValueError or TypeError for unusable arguments, and for a window that is larger than the
    images.

    A number is larger than another if ``>`` says so: NaN is not larger than anything, and nothing
    is larger than NaN.

    Riesenhuber and Poggio, "Hierarchical models of object recognition in cortex", 1999.

    >>> layer = MaxPool2D(2, inputs=(1, 2, 4))
    >>> layer.feedforward([[1.0, 5.0, 2.0, 0.0, 3.0, 4.0, 0.0, 1.0]]).a
    [[5.0, 2.0]]
    """

    backend: ClassVar[str] = "pure"

    def feedforward(self, inputs: Rows) -> LayerOutput:
        """Return the largest numbers, as z and as a.

        Shapes: inputs n by channels * height * width; z and a n by channels * rows * columns.
        """
        _, rows, columns = self.output_shape
        z = []
        for i in range(len(inputs)):
            image = folded(inputs[i], *self.input_shape)
            z.append(unfolded(largest_of_windows(image, self.size, self.stride, rows, columns)))
        return LayerOutput(z, z)

    def input_gradient(self, inputs: Rows, delta: Rows) -> Matrix:
        """Return the gradient of the loss by the layer's images."""
        d_inputs = []
        for i in range(len(inputs)):
            image = folded(inputs[i], *self.input_shape)
            delta_image = folded(delta[i], *self.output_shape)
            d_inputs.append(
                unfolded(gradient_to_winners(image, delta_image, self.size, self.stride))
            )
        return d_inputs


class AveragePool2D(Pool2D):
    """Average pooling: of each window the mean of its numbers.

    size: of the window: a number, or (vertical, horizontal).
    stride: the steps in which it moves, alike; the size of the window if it is not given, so that
        the windows lie side by side.  What is left over at the edge is left out.
    inputs: the shape of the images, (channels, height, width), if no layer before gives it.

    Raises ValueError or TypeError for unusable arguments, and for a window that is larger than the
    images.

    LeCun et al., "Gradient-based learning applied to document recognition", 1998, where a weight, a
    bias and a sigmoid for each channel come on top.

    >>> layer = AveragePool2D(2, inputs=(1, 2, 4))
    >>> layer.feedforward([[1.0, 5.0, 2.0, 0.0, 3.0, 3.0, 0.0, 2.0]]).a
    [[3.0, 1.0]]
    """

    backend: ClassVar[str] = "pure"

    def feedforward(self, inputs: Rows) -> LayerOutput:
        """Return the means, as z and as a.

        Shapes: inputs n by channels * height * width; z and a n by channels * rows * columns.
        """
        _, rows, columns = self.output_shape
        z = []
        for i in range(len(inputs)):
            image = folded(inputs[i], *self.input_shape)
            z.append(unfolded(means_of_windows(image, self.size, self.stride, rows, columns)))
        return LayerOutput(z, z)

    def input_gradient(self, inputs: Rows, delta: Rows) -> Matrix:
        """Return the gradient of the loss by the layer's images."""
        _, height, width = self.input_shape
        d_inputs = []
        for i in range(len(delta)):
            delta_image = folded(delta[i], *self.output_shape)
            d_inputs.append(
                unfolded(gradient_to_all(delta_image, self.size, self.stride, height, width))
            )
        return d_inputs
