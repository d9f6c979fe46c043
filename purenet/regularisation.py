"""Regularisation: what keeps weights small, and steps from being too large.

All loops take rows of numbers: those of the weights of a layer, or of the gradients of a network,
one below the other.
"""

from __future__ import annotations

from math import sqrt

from .matrix import Matrix


def penalty(rows: Matrix, l1: float, l2: float) -> float:
    """Return what the weights of a layer add to the loss: ``l1 * sum of |w| + l2 * sum of w * w``.

    Each of the two sums goes row by row.  Biases are no weights: they move a unit's threshold, and
    small ones are no better than large ones.

    l1 is the lasso's penalty (Tibshirani, "Regression shrinkage and selection via the lasso",
    1996), l2 ridge regression's (Hoerl and Kennard, 1970), in networks known as weight decay.

    >>> penalty([[1.0, -2.0], [0.0, 4.0]], 0.5, 0.25)
    8.75
    """
    sizes = 0.0
    squares = 0.0
    for k in range(len(rows)):
        row = rows[k]
        for j in range(len(row)):
            w = row[j]
            size = w
            if w < 0.0:
                size = -w
            sizes = sizes + size
            squares = squares + w * w
    return l1 * sizes + l2 * squares


def add_penalty_slopes(gradient: Matrix, rows: Matrix, l1: float, l2: float) -> None:
    """Add the slopes of the penalty to those of the loss, in place.

    The slope of ``l1 * |w|`` is l1 times the sign of w: each step takes the same off every weight,
    whatever its size, until it is 0, where there is no slope.  That of ``l2 * w * w`` is ``2 * l2 *
    w``: each step takes the same part off every weight.

    Shapes: gradient and rows are alike.

    >>> slopes = [[0.5, 0.5, 0.5]]
    >>> add_penalty_slopes(slopes, [[2.0, -2.0, 0.0]], 0.25, 0.125)
    >>> slopes
    [[1.25, -0.25, 0.5]]
    """
    for k in range(len(rows)):
        gradient_row = gradient[k]
        row = rows[k]
        for j in range(len(row)):
            w = row[j]
            g = gradient_row[j]
            if l1 > 0.0:
                sign = 0.0
                if w > 0.0:
                    sign = 1.0
                if w < 0.0:
                    sign = -1.0
                g = g + l1 * sign
            if l2 > 0.0:
                g = g + 2.0 * l2 * w
            gradient_row[j] = g


def clip_values(gradient: Matrix, largest: float) -> None:
    """Replace every slope beyond ``largest`` in size by one of that size, in place.

    >>> slopes = [[0.5, -3.0, 3.0]]
    >>> clip_values(slopes, 1.0)
    >>> slopes
    [[0.5, -1.0, 1.0]]
    """
    for k in range(len(gradient)):
        gradient_row = gradient[k]
        for j in range(len(gradient_row)):
            if gradient_row[j] > largest:
                gradient_row[j] = largest
            if gradient_row[j] < -largest:
                gradient_row[j] = -largest


def norm(gradient: Matrix) -> float:
    """Return the length of a gradient: the root of the sum of all squares, added row by row.

    >>> norm([[3.0, 0.0], [0.0, -4.0]])
    5.0
    """
    total = 0.0
    for k in range(len(gradient)):
        gradient_row = gradient[k]
        for j in range(len(gradient_row)):
            total = total + gradient_row[j] * gradient_row[j]
    return sqrt(total)


def clip_norm(gradient: Matrix, largest: float) -> None:
    """Shorten a gradient that is longer than ``largest`` to that length, in place.

    Its direction stays, other than with ``clip_values``.  It keeps a network, a recurrent one above
    all, from being thrown far off by one steep slope.

    Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013; in
    the form of PyTorch, which adds 1e-6 to the length.

    gradient: the rows of all layers, each layer's weights before its biases.

    >>> slopes = [[3.0, -4.0]]
    >>> clip_norm(slopes, 10.0)
    >>> slopes
    [[3.0, -4.0]]
    >>> clip_norm(slopes, 2.5)
    >>> slopes
    [[1.49999970000006, -1.99999960000008]]
    """
    coefficient = largest / (norm(gradient) + 1e-6)
    if coefficient < 1.0:
        for k in range(len(gradient)):
            gradient_row = gradient[k]
            for j in range(len(gradient_row)):
                gradient_row[j] = gradient_row[j] * coefficient
