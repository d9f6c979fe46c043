"""Loss functions and their derivatives.

A loss is a total over the samples, divided by a count (n samples, m outputs):

=========================== ================================= ==========
loss                        total                             divided by
=========================== ================================= ==========
sum_of_squares              sum of (a - y)**2                 1
mean_squared_error          sum of (a - y)**2                 n * m
binary_cross_entropy        -sum of y*log(a) + (1-y)*log(1-a) n * m
categorical_cross_entropy   -sum of y*log(a)                  n
=========================== ================================= ==========

Each sample's terms are added up first, output by output; then the samples, in their order.
"""

from __future__ import annotations

from collections.abc import Sequence

from .elementary import exp, log1p
from .matrix import Matrix, Rows

LOSSES = (
    "sum_of_squares",
    "mean_squared_error",
    "binary_cross_entropy",
    "categorical_cross_entropy",
)

# The cross-entropies are the logarithms of probabilities, so they need outputs that are some.
REQUIRED_ACTIVATION = {
    "binary_cross_entropy": "sigmoid",
    "categorical_cross_entropy": "softmax",
}


def squared_error(a: float, y: float) -> float:
    """Return ``(a - y)**2`` for an output a and its target y.

    >>> squared_error(0.75, 1.0)
    0.0625
    """
    difference = a - y
    return difference * difference


def squared_error_derivative(a: float, y: float) -> float:
    """Return the derivative of the squared error by a: ``2 * (a - y)``.

    >>> squared_error_derivative(0.75, 1.0)
    -0.5
    """
    return 2.0 * (a - y)


def sigmoid_cross_entropy(z: float, y: float) -> float:
    """Return ``-(y * log(a) + (1 - y) * log(1 - a))`` with ``a = sigmoid(z)``.

    Computed from z, because a rounds to 1.0 from z = 37 on and log(1 - a) would be lost.  With
    ``log(a) = -log(1 + exp(-z))`` and ``log(1 - a) = -z - log(1 + exp(-z))``::

        loss = (1 - y) * z + log(1 + exp(-z))    for z >= 0
        loss =    -y   * z + log(1 + exp(z))     for z < 0, the same with exp(z) taken out

    so exp never overflows, and a small loss keeps all its digits.

    >>> sigmoid_cross_entropy(1000.0, 0.0)
    1000.0
    >>> sigmoid_cross_entropy(50.0, 1.0)
    1.9287498479639178e-22
    """
    if z >= 0.0:
        e = exp(-z)
        rest = log1p(e)
        return (1.0 - y) * z + rest
    e = exp(z)
    rest = log1p(e)
    return -y * z + rest


def softmax_cross_entropy(z: Sequence[float], y: Sequence[float]) -> float:
    """Return ``-(y[0] * log(a[0]) + y[1] * log(a[1]) + ...)`` with ``a = softmax(z)``.

    Computed from z, because a rounds to 0.0 or 1.0 where the z lie far apart.  With the largest z,
    whose own exponential after the subtraction is exp(0) = 1::

        -log(a[j]) = log(1 + sum of the other exp(z[i] - largest)) - (z[j] - largest)

    A class with y = 0 adds nothing.

    >>> softmax_cross_entropy([1000.0, 0.0], [0.0, 1.0])
    1000.0
    """
    best = 0
    for j in range(len(z)):
        if z[j] > z[best]:
            best = j
    others = 0.0
    for j in range(len(z)):
        if j != best:
            e = exp(z[j] - z[best])
            others = others + e
    log_of_total = log1p(others)
    total = 0.0
    for j in range(len(z)):
        if y[j] != 0.0:
            total = total + y[j] * (log_of_total - (z[j] - z[best]))
    return total


def total_loss(loss: str, z: Rows, a: Rows, y: Rows) -> float:
    """Return the loss of all samples before it is divided by ``loss_count``.

    z and a are those of the last layer, y the targets.  Shapes: all three samples by outputs.
    """
    total = 0.0
    for i in range(len(a)):
        loss_of_sample = sample_loss(loss, z[i], a[i], y[i])
        total = total + loss_of_sample
    return total


def weighted_total_loss(loss: str, z: Rows, a: Rows, y: Rows, weights: Sequence[float]) -> float:
    """Return the loss of all samples, each times its weight, before ``loss_count`` divides it.

    Shapes: z, a and y samples by outputs; one weight a sample.
    """
    total = 0.0
    for i in range(len(a)):
        loss_of_sample = sample_loss(loss, z[i], a[i], y[i])
        total = total + loss_of_sample * weights[i]
    return total


def sample_loss(loss: str, z: Sequence[float], a: Sequence[float], y: Sequence[float]) -> float:
    """Return the loss of one sample, added up over its outputs."""
    if loss == "categorical_cross_entropy":
        return softmax_cross_entropy(z, y)
    total = 0.0
    if loss == "binary_cross_entropy":
        for j in range(len(y)):
            loss_of_output = sigmoid_cross_entropy(z[j], y[j])
            total = total + loss_of_output
    else:
        for j in range(len(y)):
            loss_of_output = squared_error(a[j], y[j])
            total = total + loss_of_output
    return total


def loss_count(loss: str, samples: int, outputs: int) -> float:
    """Return the number by which the loss divides its total."""
    if loss == "sum_of_squares":
        return 1.0
    if loss == "categorical_cross_entropy":
        return float(samples)
    return float(samples * outputs)


def output_gradient(loss: str, a: Rows, y: Rows) -> Matrix:
    """Return dL/da of the last layer for the squared errors: ``2 * (a - y) / count``.

    Shapes: a, y and dL/da are samples by outputs.
    """
    count = loss_count(loss, len(a), len(a[0]))
    d_a = []
    for i in range(len(a)):
        a_row = a[i]
        y_row = y[i]
        d_a_row = []
        for j in range(len(a_row)):
            derivative = squared_error_derivative(a_row[j], y_row[j])
            d_a_row.append(derivative / count)
        d_a.append(d_a_row)
    return d_a


def output_delta(loss: str, a: Rows, y: Rows) -> Matrix:
    """Return delta = dL/dz of the last layer for the cross-entropies: ``(a - y) / count``.

    The loss and the activation function that it needs in one step.  For the sigmoid::

        dL/da = -(y / a - (1 - y) / (1 - a)) = (a - y) / (a * (1 - a))
        da/dz = a * (1 - a)
        dL/dz = dL/da * da/dz = a - y

    and for softmax, with ``da[i]/dz[j] = a[i] * (1 - a[j])`` for i = j, ``-a[i] * a[j]`` elsewhere,
    and the y adding up to 1::

        dL/da[i] = -y[i] / a[i]
        dL/dz[j] = -y[j] * (1 - a[j]) + sum over i != j of y[i] * a[j] = a[j] - y[j]

    The short form is used because the long one divides by a and 1 - a, which round to zero in a
    saturated output: it would be 0/0 just where the error is largest.

    Shapes: a, y and delta are samples by outputs.
    """
    count = loss_count(loss, len(a), len(a[0]))
    delta = []
    for i in range(len(a)):
        a_row = a[i]
        y_row = y[i]
        delta_row = []
        for j in range(len(a_row)):
            delta_row.append((a_row[j] - y_row[j]) / count)
        delta.append(delta_row)
    return delta


def weighted_rows(gradient: Rows, weights: Sequence[float]) -> Matrix:
    """Return what ``output_gradient`` or ``output_delta`` gave, each row times its sample's weight.

    Of a sum of losses, each times its weight, the slope is the sum of the slopes, each times its
    weight.  The number that divides the loss stays that of the samples.

    Shapes: gradient samples by outputs; one weight a sample.
    """
    weighted = []
    for i in range(len(gradient)):
        gradient_row = gradient[i]
        weighted_row = []
        for j in range(len(gradient_row)):
            weighted_row.append(gradient_row[j] * weights[i])
        weighted.append(weighted_row)
    return weighted
