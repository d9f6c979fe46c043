"""Activation functions and their derivatives.

The scalar functions take a weighted sum z and return the activation a, or the derivative da/dz.
``activate`` and ``activation_delta`` apply them to a whole layer: rows are samples, columns units.

In training, every derivative is computed from the activation that the forward pass has left,
because each of them is a short expression of a (the sigmoid's is ``a * (1 - a)``): no exponential
is computed twice, and the number is the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from .elementary import exp, tanh
from .matrix import Matrix, Rows, multiply

# Those that make a unit's activation of its own weighted sum; softmax couples all units of a row.
ELEMENTWISE = ("sigmoid", "tanh", "relu", "leaky_relu", "linear")
ACTIVATIONS = (*ELEMENTWISE, "softmax")

LEAKY_SLOPE = 0.01


def sigmoid(z: float) -> float:
    """Return the logistic sigmoid ``1 / (1 + exp(-z))``, a number from 0 to 1.

    For negative z it is written ``exp(z) / (1 + exp(z))``, so that exp never overflows.

    >>> sigmoid(0.0)
    0.5
    """
    if z >= 0.0:
        e = exp(-z)
        return 1.0 / (1.0 + e)
    e = exp(z)
    return e / (1.0 + e)


def sigmoid_derivative(z: float) -> float:
    """Return the derivative of the sigmoid at z: ``a * (1 - a)`` with ``a = sigmoid(z)``.

    >>> sigmoid_derivative(0.0)
    0.25
    """
    return sigmoid_slope(sigmoid(z))


def sigmoid_slope(a: float) -> float:
    """Return the derivative of the sigmoid where its value is a: ``a * (1 - a)``."""
    return a * (1.0 - a)


def tanh_derivative(z: float) -> float:
    """Return the derivative of the hyperbolic tangent at z: ``1 - a * a`` with ``a = tanh(z)``.

    >>> tanh_derivative(0.0)
    1.0
    """
    return tanh_slope(tanh(z))


def tanh_slope(a: float) -> float:
    """Return the derivative of the hyperbolic tangent where its value is a: ``1 - a * a``."""
    return 1.0 - a * a


def relu(z: float) -> float:
    """Return z where it is positive, otherwise 0.0 (the rectified linear unit).

    >>> relu(-2.0), relu(3.0)
    (0.0, 3.0)
    """
    if z <= 0.0:
        return 0.0
    return z


def relu_derivative(z: float) -> float:
    """Return 1.0 where z is positive, otherwise 0.0; at the corner, z = 0, it is taken as 0.0."""
    return relu_slope(relu(z))


def relu_slope(a: float) -> float:
    """Return the derivative of relu where its value is a."""
    if a > 0.0:
        return 1.0
    return 0.0


def leaky_relu(z: float) -> float:
    """Return z where it is positive, otherwise ``0.01 * z``.

    >>> leaky_relu(-2.0), leaky_relu(3.0)
    (-0.02, 3.0)
    """
    if z > 0.0:
        return z
    return LEAKY_SLOPE * z


def leaky_relu_derivative(z: float) -> float:
    """Return 1.0 where z is positive, otherwise 0.01."""
    return leaky_relu_slope(leaky_relu(z))


def leaky_relu_slope(a: float) -> float:
    """Return the derivative of leaky_relu where its value is a."""
    if a > 0.0:
        return 1.0
    return LEAKY_SLOPE


def linear(z: float) -> float:
    """Return z itself."""
    return z


def linear_derivative(z: float) -> float:
    """Return 1.0, the slope of a straight line."""
    return 1.0


def softmax(z: Sequence[float]) -> list[float]:
    """Return the probabilities ``exp(z[j]) / (exp(z[0]) + exp(z[1]) + ...)`` of one row.

    The largest z is subtracted from all first.  That changes nothing in the quotient, and exp
    cannot overflow.

    >>> softmax([1000.0, 1000.0])
    [0.5, 0.5]
    """
    largest = z[0]
    for j in range(len(z)):
        if z[j] > largest:
            largest = z[j]
    exponentials = []
    total = 0.0
    for j in range(len(z)):
        e = exp(z[j] - largest)
        exponentials.append(e)
        total = total + e
    a = []
    for j in range(len(z)):
        a.append(exponentials[j] / total)
    return a


def softmax_derivative(z: Sequence[float]) -> Matrix:
    """Return the derivatives of a row's probabilities, ``jacobian[i][j] = da[i] / dz[j]``.

    ``da[i]/dz[j] = a[i] * (1 - a[j])`` where i = j, and ``-a[i] * a[j]`` elsewhere.

    >>> softmax_derivative([0.0, 0.0])
    [[0.25, -0.25], [-0.25, 0.25]]
    """
    a = softmax(z)
    jacobian = []
    for i in range(len(a)):
        row = []
        for j in range(len(a)):
            if i == j:
                row.append(a[i] * (1.0 - a[j]))
            else:
                row.append(-a[i] * a[j])
        jacobian.append(row)
    return jacobian


_FUNCTIONS = {
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "linear": linear,
}

_SLOPES = {
    "sigmoid": sigmoid_slope,
    "tanh": tanh_slope,
    "relu": relu_slope,
    "leaky_relu": leaky_relu_slope,
    "linear": linear_derivative,
}


def activate(activation: str, z: Rows) -> Matrix:
    """Return the activations a of a layer's weighted sums z.

    Shapes: z and a are samples by units.
    """
    a = []
    if activation == "softmax":
        for i in range(len(z)):
            a.append(softmax(z[i]))
        return a
    function = _FUNCTIONS[activation]
    for i in range(len(z)):
        z_row = z[i]
        a_row = []
        for j in range(len(z_row)):
            unit = function(z_row[j])
            a_row.append(unit)
        a.append(a_row)
    return a


def activation_slopes(activation: str, a: Rows) -> Matrix:
    """Return da/dz for every unit of a layer, computed from its activations a.

    Not for softmax, where each a depends on every z of its row.

    Shapes: a and the slopes are samples by units.
    """
    slope = _SLOPES[activation]
    slopes = []
    for i in range(len(a)):
        a_row = a[i]
        slopes_row = []
        for j in range(len(a_row)):
            unit_slope = slope(a_row[j])
            slopes_row.append(unit_slope)
        slopes.append(slopes_row)
    return slopes


def activation_delta(activation: str, a: Rows, d_a: Rows) -> Matrix:
    """Carry dL/da back through the activation function: return delta = dL/dz.

    By the chain rule ``dL/dz = dL/da * da/dz``, element by element.  Softmax couples the units of a
    row; summed over all of them, with ``da[i]/dz[j]`` as in ``softmax_derivative``::

        dL/dz[j] = sum over i of dL/da[i] * da[i]/dz[j]
                 = a[j] * (dL/da[j] - sum over i of dL/da[i] * a[i])

    Shapes: a, d_a and delta are samples by units.
    """
    if activation != "softmax":
        slopes = activation_slopes(activation, a)
        return multiply(d_a, slopes)
    delta = []
    for i in range(len(a)):
        a_row = a[i]
        d_a_row = d_a[i]
        total = 0.0
        for j in range(len(a_row)):
            total = total + d_a_row[j] * a_row[j]
        delta_row = []
        for j in range(len(a_row)):
            delta_row.append(a_row[j] * (d_a_row[j] - total))
        delta.append(delta_row)
    return delta
