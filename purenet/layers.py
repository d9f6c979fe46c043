"""A dense layer: every input is connected with every output by a weight.

Shapes, with n samples: inputs are n by ``inputs``, weights ``inputs`` by ``outputs``; z, a and
delta are n by ``outputs``.  ``weights[k][j]`` leads from input k to output j.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from .activations import ACTIVATIONS, activate
from .checks import (
    Matrix,
    Rows,
    as_choice,
    as_count,
    as_flag,
    as_matrix,
    as_row,
    check_output_activation,
    check_row,
    check_same_shape,
    shown,
)
from .initializers import Initializer, as_initializer, default_initializer
from .matrix import add_bias, column_sums, dot, transpose
from .randomness import Random

# More can only be a mistake, and would fill the memory before anybody noticed.
MOST_UNITS = 2**24


class LayerOutput(NamedTuple):
    """What a layer computes on the way forward: the weighted sums z and the activations a."""

    z: Matrix
    a: Matrix


class LayerGradient(NamedTuple):
    """What a layer computes on the way back: dL/dweights, dL/dbiases and delta = dL/dz.

    ``biases`` is None for a layer without biases.
    """

    weights: Matrix
    biases: list[float] | None
    delta: Matrix


class Dense:
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

    weights: Matrix
    biases: list[float] | None

    # A layer is part of one network at most.  The last one keeps the loss and the activation that
    # this loss needs, if it needs one.
    has_network: bool = False
    needed_activation: tuple[str, str] | None = None

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
        self._initializer: Initializer | None = None
        self._bias_initializer: Initializer | None = None
        if initializer is None:
            self._initializer = default_initializer(self.activation)
        elif _is_given(initializer):
            self.weights = initializer
        else:
            self._initializer = as_initializer(initializer, "initializer")
        if not self.bias:
            self.biases = None
            if bias_initializer != "zeros":
                raise ValueError(
                    f"bias_initializer: found {shown(bias_initializer)} for a layer with bias=False"
                )
        elif _is_given(bias_initializer):
            self.biases = bias_initializer
        else:
            self._bias_initializer = as_initializer(bias_initializer, "bias_initializer")

    def __setattr__(self, name: str, value: Any) -> None:
        # A parameter that is set is checked and copied here, at the border, so that reading it
        # stays a plain attribute access.
        if name == "weights":
            value = self._own_weights(value, "weights")
        elif name == "biases":
            value = self._own_biases(value, "biases")
        elif name == "activation":
            value = as_choice(value, "activation", ACTIVATIONS)
            check_output_activation(self.needed_activation, value)
        elif name in ("inputs", "outputs", "bias") and name in self.__dict__:
            raise AttributeError(f"{name} of a layer cannot be changed")
        super().__setattr__(name, value)

    def _own_weights(self, values: Any, name: str) -> Matrix:
        rows = as_matrix(values, name, width=self.outputs, height=self.inputs, finite=False)
        return [list(row) for row in rows]

    def _own_biases(self, values: Any, name: str) -> list[float] | None:
        if not self.bias:
            if values is not None:
                raise ValueError(f"{name}: this layer was made with bias=False, expected None")
            return None
        return list(as_row(values, name, name, self.outputs, finite=False))

    def draw(self, random: Random) -> tuple[Any, Any]:
        """Return the first weights and biases; given values stay as they are."""
        weights: Any = self.__dict__.get("weights")
        biases: Any = self.__dict__.get("biases")
        if self._initializer is not None:
            drawn = self._initializer(self.inputs, self.outputs, random)
            weights = self._own_weights(drawn, "weights")
        if self._bias_initializer is not None:
            drawn = self._bias_initializer(1, self.outputs, random)
            rows = as_matrix(drawn, "biases", width=self.outputs, height=1, finite=False)
            biases = self._own_biases(rows[0], "biases")
        return weights, biases

    def initialize(self, weights: Any, biases: Any) -> None:
        """Start with the values that ``draw`` has returned."""
        self.__dict__["weights"] = weights
        self.__dict__["biases"] = biases
        self._initializer = None
        self._bias_initializer = None

    def check_parameters(self, name: str) -> None:
        """Check what a user may have written into the weights and biases, and make it floats."""
        rows = as_matrix(
            self.weights, f"{name}: weights", width=self.outputs, height=self.inputs, finite=False
        )
        for number, row in enumerate(rows):
            old = self.weights[number]
            if any(old is other for other in self.weights[:number]):
                self.weights[number] = list(row)  # one list in two places would be changed twice
            elif row is not old:
                _replace(self.weights, number, row)
        if self.biases is not None:
            biases = as_row(
                self.biases, f"{name}: biases", f"{name}: biases", self.outputs, finite=False
            )
            if biases is not self.biases:
                self.biases[:] = biases

    @property
    def parameter_count(self) -> int:
        """The number of weights and biases."""
        return self.inputs * self.outputs + (self.outputs if self.bias else 0)

    def __repr__(self) -> str:
        bias = "" if self.bias else ", bias=False"
        return f"Dense({self.inputs}, {self.outputs}, {self.activation!r}{bias})"

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
        if self.biases is not None:
            biases = column_sums(delta)
        return LayerGradient(weights, biases, delta)

    def input_gradient(self, delta: Rows) -> Matrix:
        """Return the gradient of the loss by the layer's inputs, which the layer before needs.

        Input k of sample i reaches every z of its row through the weights of row k::

            dL/dinputs[i][k] = sum over units j of delta[i][j] * weights[k][j]   delta . weights^T
        """
        transposed_weights = transpose(self.weights)
        return dot(delta, transposed_weights)

    def update(self, gradient: LayerGradient, learning_rate: float) -> None:
        """Take one step of gradient descent: each parameter minus learning_rate times its slope."""
        check_same_shape(gradient.weights, self.weights, "gradient.weights", "weights")
        if self.biases is not None:
            check_row(gradient.biases, "gradient.biases", self.outputs)
        for k in range(self.inputs):
            weights_row = self.weights[k]
            gradient_row = gradient.weights[k]
            for j in range(self.outputs):
                weights_row[j] = weights_row[j] - learning_rate * gradient_row[j]
        if self.biases is not None and gradient.biases is not None:
            for j in range(self.outputs):
                self.biases[j] = self.biases[j] - learning_rate * gradient.biases[j]


def _replace(weights: Matrix, number: int, row: list[float]) -> None:
    """Put a row's numbers in its place, and keep the list if it is one: somebody may hold it."""
    if type(weights[number]) is list:
        weights[number][:] = row
    else:
        weights[number] = row


def _is_given(initializer: Any) -> bool:
    """Say whether these are values rather than a way to draw them."""
    return hasattr(initializer, "__len__") and not isinstance(initializer, str)
