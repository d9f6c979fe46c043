"""Automatic differentiation, and with it the layers, losses and optimizers once more.

An oracle for the gradients: nothing in here knows backpropagation or comes from purenet.  A layer
is written as its definition says, forward only, sample by sample; the slopes follow from those of
the single operations (reverse mode: Linnainmaa, 1970; the form is that of Karpathy's micrograd).
The optimizers are written as PyTorch's documentation defines them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

# --- Numbers that remember what they were computed from -------------------------------------------


class Number:
    """A number, and the slopes by which it depends on the numbers it was computed from."""

    __slots__ = ("place", "slope", "sources", "value")
    places = itertools.count()

    def __init__(self, value: float, sources: Sequence[tuple[Number, float]] = ()) -> None:
        self.value = value
        self.sources = sources
        self.slope = 0.0
        self.place = next(self.places)

    def __add__(self, other: Number | float) -> Number:
        if isinstance(other, Number):
            return Number(self.value + other.value, [(self, 1.0), (other, 1.0)])
        return Number(self.value + other, [(self, 1.0)])

    def __mul__(self, other: Number | float) -> Number:
        if isinstance(other, Number):
            sources = [(self, other.value), (other, self.value)]
            return Number(self.value * other.value, sources)
        return Number(self.value * other, [(self, other)])

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Number:
        return self * -1.0

    def __sub__(self, other: Number | float) -> Number:
        return self + -other

    def __rsub__(self, other: float) -> Number:
        return -self + other

    def __truediv__(self, other: Number | float) -> Number:
        return self * (other.inverse() if isinstance(other, Number) else 1.0 / other)

    def __rtruediv__(self, other: float) -> Number:
        return self.inverse() * other

    def __abs__(self) -> Number:
        sign = (self.value > 0.0) - (self.value < 0.0)
        return Number(abs(self.value), [(self, float(sign))])

    def inverse(self) -> Number:
        return Number(1.0 / self.value, [(self, -1.0 / self.value**2)])

    def exp(self) -> Number:
        value = math.exp(self.value)
        return Number(value, [(self, value)])

    def log(self) -> Number:
        return Number(math.log(self.value), [(self, 1.0 / self.value)])

    def tanh(self) -> Number:
        value = math.tanh(self.value)
        return Number(value, [(self, 1.0 / math.cosh(self.value) ** 2)])


def total_of(numbers: Sequence[Number]) -> Number:
    return Number(math.fsum(n.value for n in numbers), [(n, 1.0) for n in numbers])


def products(pairs: Sequence[tuple[Number, Number]]) -> Number:
    """Return the sum of the products of pairs."""
    value = math.fsum(a.value * b.value for a, b in pairs)
    return Number(value, [s for a, b in pairs for s in ((a, b.value), (b, a.value))])


def differentiate(result: Number) -> None:
    """Set the slope of everything that a result was computed from: d result / d number."""
    found = {result.place: result}
    waiting = [result]
    while waiting:
        for source, _ in waiting.pop().sources:
            if source.place not in found:
                found[source.place] = source
                waiting.append(source)
    for number in found.values():
        number.slope = 0.0
    result.slope = 1.0
    for place in sorted(found, reverse=True):
        number = found[place]
        for source, slope in number.sources:
            source.slope += number.slope * slope


def mapped(change: Callable[[Any], Any], nested: Any) -> Any:
    """Apply a function to every number of nested lists."""
    if isinstance(nested, Sequence):
        return [mapped(change, item) for item in nested]
    return change(nested)


def flat(nested: Any) -> Iterator[Any]:
    """Yield the numbers of nested lists in their order."""
    if isinstance(nested, Sequence):
        for item in nested:
            yield from flat(item)
    else:
        yield nested


# --- Activations and losses -----------------------------------------------------------------------

ACTIVATIONS: dict[str, Callable[[Number], Number]] = {
    "sigmoid": lambda z: 1.0 / (1.0 + (-z).exp()),
    "tanh": Number.tanh,
    "relu": lambda z: z if z.value > 0.0 else z * 0.0,
    "leaky_relu": lambda z: z if z.value > 0.0 else z * 0.01,
    "linear": lambda z: z,
}


def activate(activation: str, z: list[Number]) -> list[Number]:
    if activation == "softmax":
        exponentials = [unit.exp() for unit in z]
        total = total_of(exponentials)
        return [e / total for e in exponentials]
    return [ACTIVATIONS[activation](unit) for unit in z]


def loss_of_sample(loss: str, a: list[Number], y: Sequence[float]) -> Number:
    if loss == "categorical_cross_entropy":
        return -total_of([p.log() * t for p, t in zip(a, y, strict=True)])
    if loss == "binary_cross_entropy":
        pairs = zip(a, y, strict=True)
        return -total_of([p.log() * t + (1.0 - p).log() * (1.0 - t) for p, t in pairs])
    return total_of([(p - t) * (p - t) for p, t in zip(a, y, strict=True)])


def divisor(loss: str, samples: int, outputs: int) -> int:
    if loss == "sum_of_squares":
        return 1
    return samples if loss == "categorical_cross_entropy" else samples * outputs


# --- Layers: called as purenet's are, forward only ------------------------------------------------


def pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


def image_of(row: Sequence[Number], shape: Sequence[int]) -> list[list[list[Number]]]:
    """Fold a flat row: channel by channel, row by row."""
    channels, height, width = shape
    numbers = iter(row)
    return [[[next(numbers) for _ in range(width)] for _ in range(height)] for _ in range(channels)]


class Layer:
    PARAMETERS: tuple[str, ...] = ()
    WEIGHTS: tuple[str, ...] = ()
    l1 = l2 = 0.0
    shape: tuple[int, ...]

    def connect(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Take the shape of the inputs, return that of the outputs."""
        self.shape = getattr(self, "shape", None) or shape
        return self.shape

    def forward(self, row: list[Number], mask: Sequence[float] | None) -> list[Number]:
        return row

    def set(self, values: dict[str, Any]) -> None:
        for name in self.PARAMETERS:
            setattr(self, name, None if values[name] is None else mapped(Number, values[name]))

    def get(self, what: Callable[[Number], float]) -> dict[str, Any]:
        return {
            name: None if (numbers := getattr(self, name)) is None else mapped(what, numbers)
            for name in self.PARAMETERS
        }

    def penalty(self) -> Number:
        numbers = [number for name in self.WEIGHTS for number in flat(getattr(self, name))]
        size = total_of([abs(number) for number in numbers])
        return size * self.l1 + products([(n, n) for n in numbers]) * self.l2


class WithWeights(Layer):
    PARAMETERS = ("weights", "biases")
    WEIGHTS = ("weights",)

    def __init__(self, inputs: Any, activation: str, *, l1: float, l2: float) -> None:
        if inputs is not None:
            self.shape = (inputs,) if isinstance(inputs, int) else tuple(inputs)
        self.activation = activation
        self.l1, self.l2 = l1, l2
        self.weights: Any = None
        self.biases: Any = None

    def bias(self, j: int) -> Number:
        return Number(0.0) if self.biases is None else self.biases[j]


class Dense(WithWeights):
    def __init__(
        self,
        inputs: Any,
        outputs: int,
        activation: str = "sigmoid",
        *,
        l1: float = 0.0,
        l2: float = 0.0,
        **_: Any,
    ) -> None:
        super().__init__(inputs, activation, l1=l1, l2=l2)
        self.outputs = outputs

    def connect(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        super().connect(shape)
        return (self.outputs,)

    def forward(self, row: list[Number], mask: Sequence[float] | None) -> list[Number]:
        z = [
            products([(row[k], self.weights[k][j]) for k in range(len(row))]) + self.bias(j)
            for j in range(self.outputs)
        ]
        return activate(self.activation, z)


class Conv2D(WithWeights):
    def __init__(
        self,
        inputs: Any,
        filters: int,
        size: Any,
        activation: str,
        *,
        stride: Any = 1,
        padding: Any = 0,
        l1: float = 0.0,
        l2: float = 0.0,
        **_: Any,
    ) -> None:
        super().__init__(inputs, activation, l1=l1, l2=l2)
        self.filters, self.size, self.stride, self.padding = filters, pair(size), stride, padding

    def connect(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        _, *lengths = super().connect(shape)
        self.before, self.counts = [], []
        for n in range(2):
            length, size, stride = lengths[n], self.size[n], pair(self.stride)[n]
            if self.padding == "same":  # as TensorFlow's: the odd row goes below, or to the right
                count = math.ceil(length / stride)
                before = max((count - 1) * stride + size - length, 0) // 2
            else:
                before = pair(self.padding)[n]
                count = 1
                while count * stride + size <= length + 2 * before:
                    count += 1
            self.before.append(before)
            self.counts.append(count)
        return (self.filters, *self.counts)

    def forward(self, row: list[Number], mask: Sequence[float] | None) -> list[Number]:
        channels, height, width = self.shape
        image = image_of(row, self.shape)
        z = []
        for f in range(self.filters):
            for y, x in itertools.product(*map(range, self.counts)):
                top = y * pair(self.stride)[0] - self.before[0]
                left = x * pair(self.stride)[1] - self.before[1]
                seen = [
                    (image[c][top + dy][left + dx], self.weights[f][c][dy][dx])
                    for c in range(channels)
                    for dy, dx in itertools.product(*map(range, self.size))
                    if 0 <= top + dy < height and 0 <= left + dx < width
                ]
                z.append(products(seen) + self.bias(f))
        return activate(self.activation, z)


class _Pool(Layer):
    def __init__(self, size: Any, *, stride: Any = None) -> None:
        self.size = pair(size)
        self.stride = self.size if stride is None else pair(stride)

    def connect(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        channels, height, width = super().connect(shape)
        self.tops = range(0, height - self.size[0] + 1, self.stride[0])
        self.lefts = range(0, width - self.size[1] + 1, self.stride[1])
        return channels, len(self.tops), len(self.lefts)

    def forward(self, row: list[Number], mask: Sequence[float] | None) -> list[Number]:
        return [
            self.pooled([n for line in channel[y : y + self.size[0]] for n in line[x:][:width]])
            for channel in image_of(row, self.shape)
            for y, x in itertools.product(self.tops, self.lefts)
            for width in self.size[1:]
        ]

    def pooled(self, window: list[Number]) -> Number:
        raise NotImplementedError


class MaxPool2D(_Pool):
    def pooled(self, window: list[Number]) -> Number:
        return max(window, key=lambda number: number.value)  # the first of equal ones


class AveragePool2D(_Pool):
    def pooled(self, window: list[Number]) -> Number:
        return total_of(window) / len(window)


class Flatten(Layer):
    def connect(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (math.prod(super().connect(shape)),)


class Dropout(Layer):
    def __init__(self, rate: float, *, inputs: Any = None) -> None:
        self.rate = rate
        if inputs is not None:
            self.shape = (inputs,)

    def forward(self, row: list[Number], mask: Sequence[float] | None) -> list[Number]:
        return row if mask is None else [n * m for n, m in zip(row, mask, strict=True)]


class Recurrent(WithWeights):
    PARAMETERS = ("weights", "recurrent_weights", "biases")
    WEIGHTS = ("weights", "recurrent_weights")

    def __init__(
        self,
        inputs: Any,
        units: int,
        activation: str = "tanh",
        *,
        sequences: bool = False,
        l1: float = 0.0,
        l2: float = 0.0,
        **_: Any,
    ) -> None:
        super().__init__(inputs, activation, l1=l1, l2=l2)
        self.units, self.sequences = units, sequences
        self.recurrent_weights: Any = None

    def connect(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        steps, _ = super().connect(shape)
        return (steps, self.units) if self.sequences else (self.units,)

    def forward(self, row: list[Number], mask: Sequence[float] | None) -> list[Number]:
        steps, features = self.shape
        states: list[list[Number]] = []
        for t in range(steps):
            x = row[t * features : (t + 1) * features]
            z = []
            for j in range(self.units):
                unit = products([(x[k], self.weights[k][j]) for k in range(features)])
                if states:
                    before = states[-1]
                    pairs = [(before[k], self.recurrent_weights[k][j]) for k in range(self.units)]
                    unit = unit + products(pairs)
                z.append(unit + self.bias(j))
            states.append(activate(self.activation, z))
        return [a for state in states for a in state] if self.sequences else states[-1]


class Model:
    """A network that differentiates itself.

    layers: an entry a layer, its name in purenet, its arguments and its keywords.
    parameters: of each layer, by their names.
    """

    def __init__(
        self,
        layers: Sequence[tuple[str, Sequence[Any], dict[str, Any]]],
        loss: str,
        parameters: Sequence[dict[str, Any]],
    ) -> None:
        self.layers: list[Layer] = []
        self.loss = loss
        shape: tuple[int, ...] = ()
        for (kind, arguments, keywords), values in zip(layers, parameters, strict=True):
            layer: Layer = globals()[kind](*arguments, **keywords)
            shape = layer.connect(shape)
            layer.set(values)
            self.layers.append(layer)
        self.outputs = math.prod(shape)

    def outputs_of(
        self, row: Sequence[float], masks: Sequence[Sequence[float] | None]
    ) -> list[Number]:
        numbers = [Number(x) for x in row]
        for layer, mask in zip(self.layers, masks, strict=True):
            numbers = layer.forward(numbers, mask)
        return numbers

    def gradients(
        self,
        inputs: Sequence[Sequence[float]],
        targets: Sequence[Sequence[float]],
        *,
        masks: Sequence[Sequence[Sequence[float]] | None] | None = None,
        sample_weights: Sequence[float] | None = None,
    ) -> tuple[float, list[dict[str, Any]]]:
        """Return the loss with its penalties, and the slope of each parameter.

        masks: what a layer's inputs are multiplied by: of each layer, a row a sample, or None.
        """
        losses = []
        for i, (x, y) in enumerate(zip(inputs, targets, strict=True)):
            own = [None if mask is None else mask[i] for mask in masks or [None] * len(self.layers)]
            loss = loss_of_sample(self.loss, self.outputs_of(x, own), y)
            losses.append(loss * (1.0 if sample_weights is None else sample_weights[i]))
        total = total_of(losses) / divisor(self.loss, len(inputs), self.outputs)
        for layer in self.layers:
            if layer.WEIGHTS:
                total = total + layer.penalty()
        differentiate(total)
        return total.value, [layer.get(lambda number: number.slope) for layer in self.layers]

    def parameters(self) -> list[dict[str, Any]]:
        return [layer.get(lambda number: number.value) for layer in self.layers]


# --- Clipping and optimizers, as PyTorch's documentation defines them -----------------------------


def clipped(
    slopes: list[float], clip_value: float | None = None, clip_norm: float | None = None
) -> list[float]:
    """torch.nn.utils.clip_grad_value_, then clip_grad_norm_ with the norm of all together."""
    if clip_value is not None:
        slopes = [min(max(g, -clip_value), clip_value) for g in slopes]
    if clip_norm is not None:
        norm = math.sqrt(math.fsum(g * g for g in slopes))
        slopes = [g * min(1.0, clip_norm / (norm + 1e-6)) for g in slopes]
    return slopes


Memory = dict[str, float]  # of one number


def gradient_descent(w: float, g: float, rate: float, t: int, memory: Memory) -> float:
    return w - rate * g


def momentum(
    w: float, g: float, rate: float, t: int, memory: Memory, momentum: float = 0.9
) -> float:
    memory["b"] = g if t == 1 else momentum * memory["b"] + g
    return w - rate * memory["b"]


def nesterov(
    w: float, g: float, rate: float, t: int, memory: Memory, momentum: float = 0.9
) -> float:
    memory["b"] = g if t == 1 else momentum * memory["b"] + g
    return w - rate * (g + momentum * memory["b"])


def adagrad(
    w: float, g: float, rate: float, t: int, memory: Memory, epsilon: float = 1e-10
) -> float:
    memory["sum"] = memory.get("sum", 0.0) + g**2
    return w - rate * g / (math.sqrt(memory["sum"]) + epsilon)


def rmsprop(
    w: float,
    g: float,
    rate: float,
    t: int,
    memory: Memory,
    decay: float = 0.9,
    epsilon: float = 1e-8,
) -> float:
    memory["v"] = decay * memory.get("v", 0.0) + (1.0 - decay) * g**2
    return w - rate * g / (math.sqrt(memory["v"]) + epsilon)


def adam(
    w: float,
    g: float,
    rate: float,
    t: int,
    memory: Memory,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> float:
    memory["m"] = beta1 * memory.get("m", 0.0) + (1.0 - beta1) * g
    memory["v"] = beta2 * memory.get("v", 0.0) + (1.0 - beta2) * g**2
    m = memory["m"] / (1.0 - beta1**t)
    v = memory["v"] / (1.0 - beta2**t)
    return w - rate * m / (math.sqrt(v) + epsilon)


def adamw(
    w: float,
    g: float,
    rate: float,
    t: int,
    memory: Memory,
    weight_decay: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> float:
    w = w - rate * weight_decay * w
    return adam(w, g, rate, t, memory, beta1, beta2, epsilon)


UPDATES: dict[str, Callable[..., float]] = {
    "GradientDescent": gradient_descent,
    "Momentum": momentum,
    "Nesterov": nesterov,
    "AdaGrad": adagrad,
    "RMSProp": rmsprop,
    "Adam": adam,
    "AdamW": adamw,
}


class Descent:
    """Steps of an optimizer on all numbers of a model."""

    def __init__(self, model: Model, update: str, settings: dict[str, float]) -> None:
        self.model = model
        self.update = UPDATES[update]
        self.settings = settings
        self.steps = 0
        self.memories: list[Memory] = []

    def step(self, gradients: list[dict[str, Any]], rate: float, **clipping: float) -> None:
        """Move every number of the model, given what ``Model.gradients`` returned."""
        self.steps += 1
        slopes = [g for layer in gradients for rows in layer.values() for g in flat(rows)]
        slopes = [g for g in slopes if g is not None]
        self.memories = self.memories or [{} for _ in slopes]
        pairs = zip(clipped(slopes, **clipping), self.memories, strict=True)

        def moved(number: Number) -> float:
            slope, memory = next(pairs)
            return self.update(number.value, slope, rate, self.steps, memory, **self.settings)

        for layer in self.model.layers:
            layer.set(layer.get(moved))
