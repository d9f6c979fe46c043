"""A dense layer: every input is connected with every output by a weight.

Shapes, with n samples: inputs are n by ``inputs``, weights ``inputs`` by ``outputs``; z, a and
delta are n by ``outputs``.  ``weights[k][j]`` leads from input k to output j.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from ..activations import ACTIVATIONS, activate
from ..checks import as_choice, as_count, as_flag, as_learning_rate, entry_of, shown
from ..initializers import as_initializer, default_initializer
from ..matrix import Matrix, Rows, add_bias, column_sums, dot, transpose
from ..optimizers import GradientDescent
from .layer import Layer, LayerOutput

# More can only be a mistake, and would fill the memory before anybody noticed.
MOST_UNITS = 2**24


class LayerGradient(NamedTuple):
    """What a dense layer computes on the way back: dL/dweights, dL/dbiases and delta = dL/dz.

    ``biases`` is None for a layer without biases.
    """

    weights: Matrix
    biases: list[float] | None
    delta: Matrix


class Dense(Layer):
    """A fully connected layer, ``a = activation(inputs . weights + biases)``.

    inputs, outputs: the numbers of inputs and of units.
    activation: sigmoid, tanh, relu, leaky_relu, linear or softmax.
    bias: False leaves the biases out; ``biases`` is None then.
    initializer: the first weights: a name (uniform, normal, xavier, he, zeros), an initializer such
        as ``Normal(0.01)``, or the values, ``inputs`` rows of ``outputs`` numbers.  By default He
        for relu and leaky_relu, Xavier for the others.
    bias_initializer: the same for the biases; zeros by default.

    The weights are drawn when the layer becomes part of a ``Network``, from the network's seed.
    ``weights`` and ``biases`` can be read and set, whole or element by element, at any time.

    >>> Dense(2, 1, "tanh", initializer=[[0.5], [-0.5]]).weights
    [[0.5], [-0.5]]
    """

    backend: ClassVar[str] = "pure"
    PARAMETERS: ClassVar[tuple[str, ...]] = ("weights", "biases")
    SETTINGS: ClassVar[tuple[str, ...]] = ("inputs", "outputs", "bias")

    weights: Matrix
    biases: list[float] | None

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
        """
        transposed_inputs = transpose(inputs)
        weights = dot(transposed_inputs, delta)
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
        inputs: int,
        outputs: int,
        activation: str = "sigmoid",
        *,
        bias: bool = True,
        initializer: Any = None,
        bias_initializer: Any = "zeros",
    ) -> None:
        self.inputs = as_count(inputs, "inputs", most=MOST_UNITS)
        self.outputs = as_count(outputs, "outputs", most=MOST_UNITS)
        self.activation = as_choice(activation, "activation", ACTIVATIONS)
        self.bias = as_flag(bias, "bias")
        self._initializers = {}
        if initializer is None:
            self._initializers["weights"] = default_initializer(self.activation)
        elif _is_given(initializer):
            self.weights = initializer
        else:
            self._initializers["weights"] = as_initializer(initializer, "initializer")
        if not self.bias:
            self.biases = None
            if not isinstance(bias_initializer, str) or bias_initializer != "zeros":
                raise ValueError(
                    f"bias_initializer: found {shown(bias_initializer)} for a layer with "
                    f"bias=False, expected none"
                )
        elif _is_given(bias_initializer):
            self.biases = bias_initializer
        else:
            self._initializers["biases"] = as_initializer(bias_initializer, "bias_initializer")

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
        }

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Dense:
        """Return a layer with the settings of a model file."""
        return cls(
            entry_of(settings, "inputs", int),
            entry_of(settings, "outputs", int),
            entry_of(settings, "activation", str),
            bias=entry_of(settings, "bias", bool),
        )

    def own(self, name: str, values: Any, place: str | None = None) -> Any:
        """Return a copy of the values of the weights or biases, checked."""
        if name == "biases" and not self.bias and values is not None:
            raise ValueError("biases: this layer was made with bias=False, expected None")
        return super().own(name, values, place)

    def rows(self) -> list[list[float]]:
        """Return the rows of the weights and, below them, the biases."""
        return self.weights if self.biases is None else [*self.weights, self.biases]

    def update(self, gradient: Any, learning_rate: float) -> None:
        """Take one step of plain gradient descent with this layer alone.

        gradient: what ``gradient`` returned.

        Raises ValueError or TypeError for another shape, and for what is no learning rate.
        """
        rate = as_learning_rate(learning_rate)
        self.check_parameters("layer")
        self.step(self.checked_gradient(gradient, "gradient"), rate, GradientDescent())

    def __repr__(self) -> str:
        bias = "" if self.bias else ", bias=False"
        return f"Dense({self.inputs}, {self.outputs}, {self.activation!r}{bias})"


def _is_given(initializer: Any) -> bool:
    """Return whether these are values rather than a way to draw them."""
    return hasattr(initializer, "__len__") and not isinstance(initializer, str)
