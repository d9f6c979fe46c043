"""A dense layer: every input is connected with every output by a weight.

Shapes, with n samples: inputs are n by ``inputs``, weights ``inputs`` by ``outputs``; z, a and
delta are n by ``outputs``.  ``weights[k][j]`` leads from input k to output j.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from ..activations import activate
from ..checks import as_count, entry_of
from ..given import Inputs, Numbers
from ..initializers import Initializer
from ..matrix import Matrix, Rows, add_bias, column_sums, dot, transpose
from ..names import ActivationName, InitializerName
from ..regularisation import add_penalty_slopes
from .layer import MOST_UNITS, LayerOutput, numbers_in
from .weighted import WeightedLayer


class LayerGradient(NamedTuple):
    """What a dense layer computes on the way back: dL/dweights, dL/dbiases and delta = dL/dz.

    ``biases`` is None for a layer without biases.
    """

    weights: Matrix
    biases: list[float] | None
    delta: Matrix


class Dense(WeightedLayer):
    """A fully connected layer, ``a = activation(inputs . weights + biases)``.

    inputs, outputs: the numbers of inputs and of units.  None takes as many inputs as the layer
        before gives, when the layer becomes part of a network.
    activation: sigmoid, tanh, relu, leaky_relu, linear or softmax.
    bias: False leaves the biases out; ``biases`` is None then.
    initializer: the first weights: a name (uniform, normal, xavier, he, zeros), an initializer such
        as ``Normal(0.01)``, or the values, ``inputs`` rows of ``outputs`` numbers.  By default He
        for relu and leaky_relu, Xavier for the others.
    bias_initializer: the same for the biases; zeros by default.
    l1, l2: the loss grows by ``l1 * sum of |w| + l2 * sum of w * w`` of the weights.

    The weights are drawn when the layer becomes part of a ``Network``, from the network's seed.
    ``weights`` and ``biases`` can be read and set, whole or element by element, at any time.

    >>> Dense(2, 1, "tanh", initializer=[[0.5], [-0.5]]).weights
    [[0.5], [-0.5]]
    """

    backend: ClassVar[str] = "pure"

    weights: Matrix

    def feedforward(self, inputs: Rows) -> LayerOutput:
        """Return z and a for the layer's inputs.

        ``z[i][j] = inputs[i][0] * weights[0][j] + inputs[i][1] * weights[1][j] + ... + biases[j]``
        ``a[i][j] = activation(z[i][j])``
        """
        z = dot(inputs, self.weights)
        if self.biases is not None:
            z = add_bias(z, self.biases)
        a = activate(self.activation, z)
        return LayerOutput(z, a)

    def gradient(self, inputs: Rows, delta: Matrix) -> LayerGradient:
        """Return the gradient of the loss by the weights and biases.

        delta is dL/dz.  ``z[i][j]`` has the terms ``inputs[i][k] * weights[k][j]`` and
        ``biases[j]``, so::

            dL/dweights[k][j] = sum over samples i of inputs[i][k] * delta[i][j]    inputs^T . delta
            dL/dbiases[j]     = sum over samples i of delta[i][j]

        The slopes of the penalties on the weights are added to that.
        """
        transposed_inputs = transpose(inputs)
        weights = dot(transposed_inputs, delta)
        if self.l1 > 0.0 or self.l2 > 0.0:
            add_penalty_slopes(weights, self.weights, self.l1, self.l2)
        biases = None
        if self.bias:
            biases = column_sums(delta)
        return LayerGradient(weights, biases, delta)

    def input_gradient(self, inputs: Rows, delta: Rows) -> Matrix:
        """Return the gradient of the loss by the layer's inputs, which the layer before needs.

        Input k of sample i reaches every z of its row through the weights of row k::

            dL/dinputs[i][k] = sum over units j of delta[i][j] * weights[k][j]   delta . weights^T
        """
        transposed_weights = transpose(self.weights)
        return dot(delta, transposed_weights)

    def __init__(
        self,
        inputs: int | None,
        outputs: int,
        activation: ActivationName = "sigmoid",
        *,
        bias: bool = True,
        initializer: InitializerName | Initializer | Inputs | None = None,
        bias_initializer: InitializerName | Initializer | Numbers = "zeros",
        l1: float = 0.0,
        l2: float = 0.0,
    ) -> None:
        if inputs is not None:
            self.inputs = as_count(inputs, "inputs", most=MOST_UNITS)
        self.outputs = as_count(outputs, "outputs", most=MOST_UNITS)
        initializers = {"weights": ("initializer", initializer)}
        self.start(activation, bias, initializers, bias_initializer, l1, l2)

    def connect(self, shape: tuple[int, ...]) -> None:
        """Take all numbers of a row as inputs, whatever they are."""
        self.inputs = as_count(numbers_in(shape), "inputs", most=MOST_UNITS)

    def shape(self, name: str) -> tuple[int, ...] | None:
        """Return ``(inputs, outputs)`` for weights, ``(outputs,)`` for biases."""
        if name == "weights":
            return self.inputs, self.outputs
        return (self.outputs,) if self.bias else None

    def settings(self) -> dict[str, Any]:
        """Return the numbers of inputs and outputs, the activation, and whether it has biases."""
        return {
            "inputs": self.inputs,
            "outputs": self.outputs,
            "activation": self.activation,
            "bias": self.bias,
            **self.penalties(),
        }

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Dense:
        """Return a layer with the settings of a model file."""
        return cls(
            entry_of(settings, "inputs", int),
            entry_of(settings, "outputs", int),
            entry_of(settings, "activation", str),
            bias=entry_of(settings, "bias", bool),
            l1=settings.get("l1", 0.0),
            l2=settings.get("l2", 0.0),
        )

    def rows(self) -> list[list[float]]:
        """Return the rows of the weights and, below them, the biases."""
        return self.weights if self.biases is None else [*self.weights, self.biases]

    def __repr__(self) -> str:
        inputs = None if self.is_open else self.inputs
        return f"Dense({inputs}, {self.outputs}, {self.activation!r}{self.named({})})"
