"""A convolution: small windows of weights that are moved over an image.

Every filter has one window of weights for each channel of the image.  Wherever the window stands,
what lies under it is multiplied by the weights and added up: one pixel of the filter's own image.
So a filter finds the same thing, an edge or a corner, anywhere in the image, with few weights.

LeCun et al., "Backpropagation Applied to Handwritten Zip Code Recognition", 1989.

Names: f counts the filters, c the channels of the input, y and x the rows and columns of the
output, dy and dx those of the window.  Shapes: weights are filters by channels by height by width
of the window, ``weights[f][c][dy][dx]``; there is one bias a filter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, NamedTuple

from ..activations import ELEMENTWISE, activate
from ..checks import as_array, as_count, entry_of, shown
from ..given import Foreign, Inputs, Numbers
from ..initializers import GivenValues, Initializer
from ..matrix import Matrix, Rows
from ..names import ElementwiseName, InitializerName, hint
from ..randomness import Random
from ..regularisation import add_penalty_slopes
from .images import (
    Image,
    Padding,
    as_image_shape,
    as_pair,
    blank,
    folded,
    image_shape,
    padded,
    places_on_image,
    same_padding,
    short,
    unfolded,
)
from .layer import MOST_UNITS, LayerOutput, numbers_in, rows_of
from .weighted import WeightedLayer

# More can only be a mistake, and would fill the memory before anybody noticed.
MOST_FILTERS = 2**16

Filters = list[Image]  # weights[f][c][dy][dx]
GivenFilters = Sequence[Sequence[Inputs] | Foreign] | Foreign


class ConvolutionGradient(NamedTuple):
    """What a convolution computes on the way back: dL/dweights, dL/dbiases and delta = dL/dz."""

    weights: Filters
    biases: list[float] | None
    delta: Matrix


def convolve(
    image: Image,
    weights: Filters,
    biases: list[float] | None,
    stride: tuple[int, int],
    rows: int,
    columns: int,
) -> Image:
    """Return z of all filters for one image, which has its zeros around it.

    The window stands with its corner at row ``y * stride``, column ``x * stride`` of the image::

        z[f][y][x] = sum over c, dy, dx of
                     image[c][y * stride + dy][x * stride + dx] * weights[f][c][dy][dx]
                     + biases[f]

    The sum goes through c, dy and dx, each ascending; the bias comes last.

    >>> convolve([[[1.0, 2.0, 3.0]]], [[[[10.0, 1.0]]]], None, (1, 1), 1, 2)
    [[[12.0, 23.0]]]
    """
    z = []
    for f in range(len(weights)):
        z_of_filter = []
        for y in range(rows):
            z_row = []
            for x in range(columns):
                total = 0.0
                for c in range(len(image)):
                    window = weights[f][c]
                    for dy in range(len(window)):
                        window_row = window[dy]
                        image_row = image[c][y * stride[0] + dy]
                        for dx in range(len(window_row)):
                            total = total + image_row[x * stride[1] + dx] * window_row[dx]
                if biases is not None:
                    total = total + biases[f]
                z_row.append(total)
            z_of_filter.append(z_row)
        z.append(z_of_filter)
    return z


def weights_gradient(
    images: Sequence[Image],
    deltas: Sequence[Image],
    stride: tuple[int, int],
    size: tuple[int, int],
) -> Filters:
    """Return dL/dweights, given the images with their zeros around them, and delta of each.

    ``weights[f][c][dy][dx]`` is used once in every ``z[f][y][x]`` of every image i::

        dL/dweights[f][c][dy][dx] = sum over i, y, x of
            images[i][c][y * stride + dy][x * stride + dx] * deltas[i][f][y][x]
    """
    weights = []
    for f in range(len(deltas[0])):
        weights_of_filter = []
        for c in range(len(images[0])):
            window = []
            for dy in range(size[0]):
                window_row = []
                for dx in range(size[1]):
                    total = 0.0
                    for i in range(len(images)):
                        delta = deltas[i][f]
                        for y in range(len(delta)):
                            delta_row = delta[y]
                            image_row = images[i][c][y * stride[0] + dy]
                            for x in range(len(delta_row)):
                                total = total + image_row[x * stride[1] + dx] * delta_row[x]
                    window_row.append(total)
                window.append(window_row)
            weights_of_filter.append(window)
        weights.append(weights_of_filter)
    return weights


def biases_gradient(deltas: Sequence[Image]) -> list[float]:
    """Return dL/dbiases: ``biases[f]`` is added to every z of its filter.

    ``dL/dbiases[f] = sum over i, y, x of deltas[i][f][y][x]``
    """
    biases = []
    for f in range(len(deltas[0])):
        total = 0.0
        for i in range(len(deltas)):
            delta = deltas[i][f]
            for y in range(len(delta)):
                delta_row = delta[y]
                for x in range(len(delta_row)):
                    total = total + delta_row[x]
        biases.append(total)
    return biases


def image_gradient(
    delta: Image,
    weights: Filters,
    stride: tuple[int, int],
    padding: Padding,
    height: int,
    width: int,
) -> Image:
    """Return dL/dimage for one image, from delta of all filters.

    The pixel at (y, x) lies under ``weights[f][c][dy][dx]`` when the window stands with its corner
    at (y - dy, x - dx), counted with the zeros around the image: in row r and column s of the
    output, if these are whole numbers and there is such a place::

        r = (y + padding - dy) / stride        s = (x + padding - dx) / stride
        dL/dimage[c][y][x] = sum over f, dy, dx of delta[f][r][s] * weights[f][c][dy][dx]
    """
    rows = len(delta[0])
    columns = len(delta[0][0])
    image = blank(len(weights[0]), height, width)
    for c in range(len(image)):
        for y in range(height):
            for x in range(width):
                total = 0.0
                for f in range(len(weights)):
                    window = weights[f][c]
                    for dy in range(len(window)):
                        r, rest = divmod(y + padding.top - dy, stride[0])
                        if rest != 0 or r < 0 or r >= rows:
                            continue
                        window_row = window[dy]
                        delta_row = delta[f][r]
                        for dx in range(len(window_row)):
                            s, rest = divmod(x + padding.left - dx, stride[1])
                            if rest != 0 or s < 0 or s >= columns:
                                continue
                            total = total + delta_row[s] * window_row[dx]
                image[c][y][x] = total
    return image


class Conv2D(WeightedLayer):
    """A convolutional layer for images, ``a = activation(convolution(image, weights) + biases)``.

    inputs: the shape of an image, (channels, height, width).  A row of inputs is the flat image,
        channel by channel, row by row.  None takes the images that the layer before gives.
    filters: how many there are; each gives one channel of the output.
    size: of the window: a number, or (vertical, horizontal); the same for ``stride``, the steps in
        which it moves, and ``padding``, the zeros at each side of the image.
    padding: or "same": as many zeros as it takes for one output a step, so that with stride 1 the
        image keeps its size; "valid" is none.
    activation: sigmoid, tanh, relu, leaky_relu or linear.
    bias: False leaves the biases out.
    initializer: the first weights: a name, an initializer, or the values, ``[f][c][dy][dx]``.  An
        initializer is called for a matrix with a column a filter, and a row for each place of the
        window, channel by channel.  By default He for relu and leaky_relu, Xavier for the others.
    bias_initializer: the same for the biases; zeros by default.
    l1, l2: the loss grows by ``l1 * sum of |w| + l2 * sum of w * w`` of the weights.

    Raises ValueError or TypeError for unusable arguments, and for a window that is larger than the
    images.

    >>> layer = Conv2D((1, 8, 8), 4, 3, "relu", padding="same")
    >>> layer.output_shape, layer.parameter_count
    ((4, 8, 8), 40)
    """

    backend: ClassVar[str] = "pure"
    SETTINGS: ClassVar[tuple[str, ...]] = (
        *WeightedLayer.SETTINGS,
        "filters",
        "size",
        "stride",
        "padding",
        "zeros",
    )
    ACTIVATIONS: ClassVar[tuple[str, ...]] = ELEMENTWISE

    weights: Filters
    input_shape: tuple[int, int, int]
    output_shape: tuple[int, int, int]
    zeros: Padding

    def feedforward(self, inputs: Rows) -> LayerOutput:
        """Return z and a for the layer's images.

        Shapes: inputs n by channels * height * width; z and a n by filters * rows * columns.
        """
        _, rows, columns = self.output_shape
        z = []
        for i in range(len(inputs)):
            image = padded(folded(inputs[i], *self.input_shape), self.zeros)
            z_image = convolve(image, self.weights, self.biases, self.stride, rows, columns)
            z.append(unfolded(z_image))
        a = activate(self.activation, z)
        return LayerOutput(z, a)

    def gradient(self, inputs: Rows, delta: Matrix) -> ConvolutionGradient:
        """Return the gradient of the loss by the weights and biases.

        The sums go through the samples, and for each through the rows and columns of the output.
        The slopes of the penalties on the weights are added to that.
        """
        images = []
        deltas = []
        for i in range(len(inputs)):
            images.append(padded(folded(inputs[i], *self.input_shape), self.zeros))
            deltas.append(folded(delta[i], *self.output_shape))
        weights = weights_gradient(images, deltas, self.stride, self.size)
        if self.l1 > 0.0 or self.l2 > 0.0:
            add_penalty_slopes(rows_of(weights), rows_of(self.weights), self.l1, self.l2)
        biases = None
        if self.bias:
            biases = biases_gradient(deltas)
        return ConvolutionGradient(weights, biases, delta)

    def input_gradient(self, inputs: Rows, delta: Rows) -> Matrix:
        """Return the gradient of the loss by the layer's images, which the layer before needs."""
        _, height, width = self.input_shape
        d_inputs = []
        for i in range(len(delta)):
            delta_image = folded(delta[i], *self.output_shape)
            d_image = image_gradient(
                delta_image, self.weights, self.stride, self.zeros, height, width
            )
            d_inputs.append(unfolded(d_image))
        return d_inputs

    def __init__(
        self,
        inputs: tuple[int, int, int] | None,
        filters: int,
        size: int | tuple[int, int],
        activation: ElementwiseName = "relu",
        *,
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] | Literal["same", "valid"] = 0,
        bias: bool = True,
        initializer: InitializerName | Initializer | GivenFilters | None = None,
        bias_initializer: InitializerName | Initializer | Numbers = "zeros",
        l1: float = 0.0,
        l2: float = 0.0,
    ) -> None:
        shape = None if inputs is None else as_image_shape(inputs, "inputs")
        self.filters = as_count(filters, "filters", most=MOST_FILTERS)
        self.size = as_pair(size, "size")
        self.stride = as_pair(stride, "stride")
        if isinstance(padding, str) and padding != "valid":
            if padding != "same":
                raise ValueError(
                    f"padding: found {shown(padding)}, expected a number, a pair, or 'same'"
                    f"{hint(padding, ('same', 'valid'))}"
                )
            self.padding: Any = padding
        else:
            self.padding = as_pair(0 if padding == "valid" else padding, "padding", least=0)
        if shape is not None:
            self.connect(shape)
        initializers = {"weights": ("initializer", initializer)}
        self.start(activation, bias, initializers, bias_initializer, l1, l2)

    def connect(self, shape: tuple[int, ...]) -> None:
        """Take images of this shape.

        Raises ValueError for what is no image, and for one that the window does not fit into.
        """
        channels, height, width = image_shape(shape)
        if self.padding == "same":
            zeros = Padding(
                *same_padding(height, self.size[0], self.stride[0]),
                *same_padding(width, self.size[1], self.stride[1]),
            )
        else:
            vertical, horizontal = self.padding
            zeros = Padding(vertical, vertical, horizontal, horizontal)
        rows, columns = places_on_image(height, width, self.size, self.stride, zeros)
        as_count(channels * height * width, "inputs", most=MOST_UNITS)
        padded_height = zeros.top + height + zeros.bottom
        padded_width = zeros.left + width + zeros.right
        padded_inputs = channels * padded_height * padded_width
        as_count(padded_inputs, "inputs with the padding", most=MOST_UNITS)
        as_count(self.filters * rows * columns, "outputs", most=MOST_UNITS)
        self.zeros = zeros
        self.inputs = channels * height * width
        self.input_shape = channels, height, width
        self.outputs = self.filters * rows * columns
        self.output_shape = self.filters, rows, columns

    def shape(self, name: str) -> tuple[int, ...] | None:
        """Return (filters, channels, height, width) for weights, ``(filters,)`` for biases."""
        if name == "weights":
            return self.filters, self.input_shape[0], *self.size
        return (self.filters,) if self.bias else None

    def first_values(self, name: str, initializer: Initializer, random: Random) -> Any:
        """Return the first weights: each filter is one column of what the initializer draws."""
        if name == "biases" or isinstance(initializer, GivenValues):
            return super().first_values(name, initializer, random)
        channels = self.input_shape[0]
        drawn = initializer(channels * numbers_in(self.size), self.filters, random)
        matrix = as_array(
            drawn, name, (channels * numbers_in(self.size), self.filters), finite=False
        )
        columns = [list(column) for column in zip(*matrix, strict=True)]
        return [folded(column, channels, *self.size) for column in columns]

    def settings(self) -> dict[str, Any]:
        """Return the arguments that make such a layer again."""
        padding = self.padding if self.padding == "same" else list(self.padding)
        return {
            "inputs": None if self.is_open else list(self.input_shape),
            "filters": self.filters,
            "size": list(self.size),
            "activation": self.activation,
            "stride": list(self.stride),
            "padding": padding,
            "bias": self.bias,
            **self.penalties(),
        }

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Conv2D:
        """Return a layer with the settings of a model file."""
        padding = entry_of(settings, "padding")
        return cls(
            entry_of(settings, "inputs", list),
            entry_of(settings, "filters", int),
            entry_of(settings, "size", list),
            entry_of(settings, "activation", str),
            stride=entry_of(settings, "stride", list),
            padding=padding,
            bias=entry_of(settings, "bias", bool),
            l1=settings.get("l1", 0.0),
            l2=settings.get("l2", 0.0),
        )

    def __repr__(self) -> str:
        inputs = None if self.is_open else self.input_shape
        others: dict[str, Any] = {}
        if self.stride != (1, 1):
            others["stride"] = short(self.stride)
        if self.padding != (0, 0):
            others["padding"] = self.padding if self.padding == "same" else short(self.padding)
        return (
            f"Conv2D({inputs}, {self.filters}, {short(self.size)}, {self.activation!r}"
            f"{self.named(others)})"
        )
