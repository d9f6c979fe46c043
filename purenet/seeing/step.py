"""A training step: how it runs, its phases, and what its matrices are called.

``explain``, the page and the debugger all speak of a step in these names and in this order.  Names
are those of the field, layers counted from 1; ``notation`` says how they are written.

Given are the inputs x, the targets y, the learning rate and the parameters of each layer.  Then::

    forward    z1, a1, z2, a2 ...                          layer by layer
    loss       loss (one number a sample), count, L
    backward   dL/da2, da2/dz2, delta2 = dL/dz2, dL/dW2, dL/db2, dL/da1 ...   from the last layer on
    update     W1', b1', W2' ...                           layer by layer
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..layers import AveragePool2D, Dropout, Flatten, Layer, MaxPool2D
from ..losses import loss_count, total_loss
from ..matrix import Matrix
from ..network import Network
from ..optimizers import Optimizer
from ..parameters import clip_gradients
from ..training import checked_limit
from .penalties import is_penalised


def training_step(
    net: Network,
    inputs: Matrix,
    targets: Matrix,
    learning_rate: float,
    optimizer: Optimizer,
    largest_slope: float | None = None,
    longest_gradient: float | None = None,
) -> float:
    """Train a network by one step with all samples, as ``fit`` does, and return the loss before it.

    It is the first batch of the epoch that comes next: dropout leaves out what it would there.

    largest_slope, longest_gradient: ``clip_value`` and ``clip_norm`` of ``fit``.

    >>> from purenet import Dense, GradientDescent
    >>> net = Network([Dense(1, 1, "linear", initializer=[[1.0]])], loss="sum_of_squares", seed=1)
    >>> training_step(net, [[1.0]], [[3.0]], 0.125, GradientDescent())
    4.0
    >>> net.layers[0].weights
    [[1.5]]
    """
    outputs = net.forward(inputs, (net.epochs_trained, 0))
    output = outputs[-1]
    total = total_loss(net.loss, output.z, output.a, targets)
    count = loss_count(net.loss, len(targets), net.outputs)
    loss = total / count
    if is_penalised(net.layers):
        loss = loss + net.penalty()
    gradients = net.backward(inputs, targets, outputs)
    if largest_slope is not None or longest_gradient is not None:
        clip_gradients(net.layers, gradients, largest_slope, longest_gradient)
    net.step(gradients, learning_rate, optimizer)
    return loss


def batch_loss(net: Network, inputs: Matrix, targets: Matrix) -> float:
    """Return the loss of a batch before a step of training, as ``training_step`` does.

    It is the one of ``evaluate``; where dropout leaves out units, it is the loss without them.
    """
    if not any(layer.is_random for layer in net.layers):
        return net.evaluate(inputs, targets).loss
    return forward_loss(net, inputs, targets, (net.epochs_trained, 0))[0]


def forward_loss(
    net: Network, inputs: Matrix, targets: Matrix, batch: tuple[int, int] | None
) -> tuple[float, Matrix]:
    """Return the loss of a batch, and the outputs from which it is computed.

    batch: as ``Network.forward`` takes it.
    """
    output = net.forward(inputs, batch)[-1]
    total = total_loss(net.loss, output.z, output.a, targets)
    loss = total / loss_count(net.loss, len(targets), net.outputs)
    if is_penalised(net.layers):
        loss = loss + net.penalty()
    return loss, output.a


class Clipping(NamedTuple):
    """How a gradient is clipped, in the order of ``training_step``; None where it is not."""

    clip_value: float | None = None
    clip_norm: float | None = None

    @classmethod
    def checked(cls, clip_value: Any, clip_norm: Any) -> Clipping:
        """Return the limits as ``fit`` takes them, or raise ValueError or TypeError."""
        return cls(checked_limit(clip_value, "clip_value"), checked_limit(clip_norm, "clip_norm"))


class Role(NamedTuple):
    """What a matrix is in a training step.

    name: with ``{n}`` for the number of the layer, counted from 1, and ``{p}`` for a parameter.
    axes: what a row and a column stand for.
    title: what it is in words.
    """

    name: str
    axes: tuple[str, ...]
    title: str


_UNITS = ("sample", "unit")
_SLOPE_BY_A = "slope of the loss by the activations of layer {n}"

ROLES = {
    "inputs": Role("x", ("sample", "input"), "inputs"),
    "targets": Role("y", ("sample", "output"), "targets"),
    "learning_rate": Role("learning_rate", (), "learning rate"),
    "setting": Role("{p}", (), "{p} of the optimizer"),
    "layer_setting": Role("{p}{n}", (), "{p} of layer {n}"),
    "weights": Role("W{n}", ("input", "unit"), "weights of layer {n}"),
    "biases": Role("b{n}", ("unit",), "biases of layer {n}"),
    "parameter": Role("{p}{n}", (), "{p} of layer {n}"),
    "memory": Role("{p}{n}", (), "{p}{n}, which the optimizer remembers"),
    "z": Role("z{n}", _UNITS, "weighted sums of layer {n}"),
    "mask": Role("mask{n}", _UNITS, "what layer {n} multiplies its inputs by"),
    "states": Role("states{n}", _UNITS, "states of layer {n} after each step"),
    "a": Role("a{n}", _UNITS, "activations of layer {n}"),
    "squared_error": Role("squared_error", ("sample", "output"), "squared errors"),
    "cross_entropy": Role("cross_entropy", ("sample", "output"), "cross-entropies of the outputs"),
    "sample_loss": Role("loss", ("sample",), "losses of the samples"),
    "count": Role("count", (), "count by which the loss is divided"),
    "loss": Role("L", (), "loss"),
    "output_gradient": Role("dL/da{n}", _UNITS, _SLOPE_BY_A),
    "activation_gradient": Role("dL/da{n}", _UNITS, _SLOPE_BY_A),
    "output_delta": Role(
        "delta_out{n}",
        _UNITS,
        "errors at the outputs of layer {n}: slope of the loss by their sums",
    ),
    "slope": Role("da{n}/dz{n}", _UNITS, "slopes of the activation function in layer {n}"),
    "delta": Role(
        "delta{n}", _UNITS, "errors of layer {n}: slope of the loss by its weighted sums"
    ),
    "weight_gradient": Role(
        "dL/dW{n}", ("input", "unit"), "slope of the loss by the weights of layer {n}"
    ),
    "bias_gradient": Role("dL/db{n}", ("unit",), "slope of the loss by the biases of layer {n}"),
    "parameter_gradient": Role("dL/d{p}{n}", (), "slope of the loss by {p} of layer {n}"),
    "penalty": Role("penalty{n}", (), "penalty for the size of the weights of layer {n}"),
    "gradient_norm": Role("norm", (), "length of the whole gradient"),
    "coefficient": Role("coefficient", (), "by which a gradient that is too long is multiplied"),
    "clipped_gradient": Role(
        "clipped_{p}{n}", (), "clipped slope of the loss by the {p} of layer {n}"
    ),
    "new_weights": Role("W{n}'", ("input", "unit"), "weights of layer {n} after the step"),
    "new_biases": Role("b{n}'", ("unit",), "biases of layer {n} after the step"),
    "new_parameter": Role("{p}{n}'", (), "{p} of layer {n} after the step"),
    "new_memory": Role("{p}{n}'", (), "{p}{n} after the step, which the optimizer remembers"),
}


class ParameterRoles(NamedTuple):
    """The roles that a parameter of a layer has: given, its gradient, after the step."""

    given: str
    gradient: str
    new: str


_PARAMETERS = {
    "weights": ParameterRoles("weights", "weight_gradient", "new_weights"),
    "biases": ParameterRoles("biases", "bias_gradient", "new_biases"),
}


def parameter_roles(parameter: str) -> ParameterRoles:
    """Return the roles of a parameter: weights and biases have their own, others share theirs."""
    other = ParameterRoles("parameter", "parameter_gradient", "new_parameter")
    return _PARAMETERS.get(parameter, other)


def symbol_of(parameter: str) -> str:
    """Return how a parameter is called in names: W, U, b, another one as its attribute.

    >>> symbol_of("weights"), symbol_of("recurrent_weights"), symbol_of("scale")
    ('W', 'U', 'scale')
    """
    return {"weights": "W", "recurrent_weights": "U", "biases": "b"}.get(parameter, parameter)


class Named(NamedTuple):
    """What a name stands for; layers count from 0 here, as in ``layers[0]``."""

    role: str
    layer: int | None = None
    parameter: str = ""

    @property
    def name(self) -> str:
        return self._filled(ROLES[self.role].name)

    @property
    def title(self) -> str:
        title = self._filled(ROLES[self.role].title)
        return title.replace("U of layer", "recurrent weights of layer")

    def _filled(self, text: str) -> str:
        parameter = symbol_of(self.parameter)
        if parameter[-1:].isdigit() and "{p}{n}" in text:
            parameter += "_"  # l1 of layer 2 is l1_2
        return text.format(n=(self.layer or 0) + 1, p=parameter)


def has_sums(layer: Layer) -> bool:
    """Return whether z and delta of a layer are more than its a and dL/da under other names."""
    return not isinstance(layer, (AveragePool2D, Dropout, Flatten, MaxPool2D))


def extras_of(layer: Layer) -> tuple[str, ...]:
    """Return what a layer computes besides z and a on the way forward: a role for each."""
    if isinstance(layer, Dropout):
        return ("mask",)
    return ("states",) if layer.has_steps else ()


def error_of(layers: Sequence[Layer], number: int) -> Named:
    """Return under which name the error of a layer goes on to its gradient and the layer before."""
    layer = layers[number]
    if has_sums(layer) or isinstance(layer, Dropout):
        return Named("delta", number)
    return error_above(layers, number)


def error_above(layers: Sequence[Layer], number: int) -> Named:
    """Return the name of dL/da of a layer: the last one's comes from the loss."""
    last = number == len(layers) - 1
    return Named("output_gradient" if last else "activation_gradient", number)


def names_of(layers: Sequence[Layer]) -> dict[str, Named]:
    """Return every name that a step with these layers can have, in the order of the step.

    >>> from purenet import Dense
    >>> " ".join(names_of([Dense(2, 1, bias=False)]))
    "x y learning_rate W1 z1 a1 loss count L dL/da1 da1/dz1 delta1 dL/dW1 W1'"
    """
    found = [Named("inputs"), Named("targets"), Named("learning_rate")]
    for n, layer in enumerate(layers):
        found += [Named(parameter_roles(p).given, n, p) for p in _parameters(layer)]
    for n, layer in enumerate(layers):
        found += [Named("z", n)] if has_sums(layer) else []
        found += [*(Named(role, n) for role in extras_of(layer)), Named("a", n)]
    found += [Named("sample_loss"), Named("count")]
    found += [Named("penalty", n) for n, layer in enumerate(layers) if layer.penalties()]
    found += [Named("loss")]
    for n, layer in reversed(list(enumerate(layers))):
        found += [Named("activation_gradient", n), Named("slope", n)]
        found += [Named("output_delta", n)] if layer.has_steps else []
        found += [Named("delta", n)]
        found += [Named(parameter_roles(p).gradient, n, p) for p in _parameters(layer)]
    for n, layer in enumerate(layers):
        found += [Named(parameter_roles(p).new, n, p) for p in _parameters(layer)]
    return {each.name: each for each in found}


def _parameters(layer: Layer) -> list[str]:
    """Return the parameters that a layer has."""
    return [name for name in layer.PARAMETERS if layer.shape(name) is not None]
