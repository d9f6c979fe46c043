"""The arithmetic as ``purenet.dot``, ``purenet.softmax`` ...: check, then the loop of that name.

The loops stand in ``matrix``, ``activations`` and ``losses`` and rely on what is checked here.  The
functions of one number (``sigmoid``, ``relu`` ...) come from there and from ``elementary``; only
where one fails does somebody look at what it was given.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import activations, elementary, losses, matrix
from .checks import (
    as_choice,
    as_list,
    as_number,
    check_factor,
    check_product,
    check_rectangle,
    check_row,
    check_rows,
    check_same_shape,
)
from .matrix import Matrix, Rows
from .names import ACTIVATION_NAMES, ActivationName


def dot(a: Rows, b: Rows) -> Matrix:
    """Return the matrix product of a and b.

    ``product[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + ...``

    Shapes: a is n by m, b is m by p, the product is n by p.

    Raises ValueError if the shapes do not fit, TypeError for what is no matrix.

    >>> dot([[1.0, 2.0]], [[3.0], [4.0]])
    [[11.0]]
    """
    check_product(a, b)
    return matrix.dot(a, b)


def transpose(a: Rows) -> Matrix:
    """Return a with rows and columns exchanged: ``transposed[j][i] = a[i][j]``.

    Raises ValueError for rows of different lengths, TypeError for what is no matrix.

    >>> transpose([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]
    """
    check_rectangle(a, "a")
    return matrix.transpose(a)


def add_bias(a: Rows, biases: Sequence[float]) -> Matrix:
    """Return a with ``biases[j]`` added to every element of column j.

    Raises ValueError if there are not as many biases as columns, TypeError for what is no matrix
    or no row of biases.

    >>> add_bias([[1.0, 2.0], [3.0, 4.0]], [10.0, 20.0])
    [[11.0, 22.0], [13.0, 24.0]]
    """
    columns = check_rectangle(a, "a")
    found = len(as_list(biases, "biases", "a list of numbers"))
    if found != columns:
        raise ValueError(f"biases has {found} numbers, expected {columns}, one a column")
    check_row(biases, "biases")
    return matrix.add_bias(a, biases)


def add(a: Rows, b: Rows) -> Matrix:
    """Return the sum of a and b, element by element.

    Raises ValueError for different shapes, TypeError for what is no matrix.

    >>> add([[1.0, 2.0]], [[3.0, 4.0]])
    [[4.0, 6.0]]
    """
    check_same_shape(a, b)
    return matrix.add(a, b)


def subtract(a: Rows, b: Rows) -> Matrix:
    """Return a minus b, element by element.

    Raises ValueError for different shapes, TypeError for what is no matrix.

    >>> subtract([[1.0, 2.0]], [[3.0, 5.0]])
    [[-2.0, -3.0]]
    """
    check_same_shape(a, b)
    return matrix.subtract(a, b)


def multiply(a: Rows, b: Rows) -> Matrix:
    """Return the product of a and b, element by element (the Hadamard product).

    Raises ValueError for different shapes, TypeError for what is no matrix.

    >>> multiply([[1.0, 2.0]], [[3.0, 4.0]])
    [[3.0, 8.0]]
    """
    check_same_shape(a, b)
    return matrix.multiply(a, b)


def scale(a: Rows, factor: float) -> Matrix:
    """Return a with every element multiplied by ``factor``.

    Raises ValueError for rows of different lengths, TypeError for what is no matrix.

    >>> scale([[1.0, 2.0]], 10.0)
    [[10.0, 20.0]]
    """
    check_rectangle(a, "a")
    check_factor(factor)
    return matrix.scale(a, factor)


def column_sums(a: Rows) -> list[float]:
    """Return the sum of every column, the rows added in their order.

    Raises ValueError for rows of different lengths, TypeError for what is no matrix.

    >>> column_sums([[1.0, 2.0], [3.0, 4.0]])
    [4.0, 6.0]
    """
    check_rectangle(a, "a")
    return matrix.column_sums(a)


def softmax(z: Sequence[float]) -> list[float]:
    """Return the probabilities ``exp(z[j]) / (exp(z[0]) + exp(z[1]) + ...)`` of one row.

    Raises ValueError for an empty row, TypeError for what is no row.

    >>> softmax([1000.0, 1000.0])
    [0.5, 0.5]
    """
    check_row(z, "z")
    return activations.softmax(z)


def softmax_derivative(z: Sequence[float]) -> Matrix:
    """Return the derivatives of a row's probabilities, ``jacobian[i][j] = da[i] / dz[j]``.

    Raises ValueError for an empty row, TypeError for what is no row.

    >>> softmax_derivative([0.0, 0.0])
    [[0.25, -0.25], [-0.25, 0.25]]
    """
    check_row(z, "z")
    return activations.softmax_derivative(z)


def activate(activation: ActivationName, z: Rows) -> Matrix:
    """Return the activations a of a layer's weighted sums z.

    activation: sigmoid, tanh, relu, leaky_relu, linear or softmax.

    Shapes: z and a are samples by units.

    Raises ValueError for another name and for an empty row before softmax, TypeError for a name
    that is no text and for what is no list of rows.

    >>> activate("relu", [[-1.0, 2.0]])
    [[0.0, 2.0]]
    """
    name = as_choice(activation, "activation", activations.ACTIVATIONS, ACTIVATION_NAMES)
    check_rows(z, "z")
    if name == "softmax":
        for number, row in enumerate(z):
            check_row(row, f"z: row {number}")
    return activations.activate(name, z)


def softmax_cross_entropy(z: Sequence[float], y: Sequence[float]) -> float:
    """Return ``-(y[0] * log(a[0]) + y[1] * log(a[1]) + ...)`` with ``a = softmax(z)``.

    Raises ValueError for an empty row or rows of different lengths, TypeError for what is no row.

    >>> softmax_cross_entropy([1000.0, 0.0], [0.0, 1.0])
    1000.0
    """
    check_row(z, "z")
    check_row(y, "y", len(z))
    return losses.softmax_cross_entropy(z, y)


# Functions of one number, or of two.


_FAILURES = (TypeError, ValueError, OverflowError)


def _check_numbers(function: Any, error: Exception, **numbers: Any) -> None:
    """Refuse what is no number, by its name, unless the function has said so itself."""
    if not str(error).startswith(f"{function.__name__}: "):
        for name, number in numbers.items():
            as_number(number, name, finite=False)


def _of_x(function: Any) -> Any:
    @functools.wraps(function)
    def of_number(x: Any) -> Any:
        try:
            return function(x)
        except _FAILURES as error:
            _check_numbers(function, error, x=x)
            raise

    of_number.__module__ = __name__
    return of_number


def _of_z(function: Any) -> Any:
    @functools.wraps(function)
    def of_number(z: Any) -> Any:
        try:
            return function(z)
        except _FAILURES as error:
            _check_numbers(function, error, z=z)
            raise

    of_number.__module__ = __name__
    return of_number


def _of_a_and_y(function: Any) -> Any:
    @functools.wraps(function)
    def of_numbers(a: Any, y: Any) -> Any:
        try:
            return function(a, y)
        except _FAILURES as error:
            _check_numbers(function, error, a=a, y=y)
            raise

    of_numbers.__module__ = __name__
    return of_numbers


def _of_z_and_y(function: Any) -> Any:
    @functools.wraps(function)
    def of_numbers(z: Any, y: Any) -> Any:
        try:
            return function(z, y)
        except _FAILURES as error:
            _check_numbers(function, error, z=z, y=y)
            raise

    of_numbers.__module__ = __name__
    return of_numbers


if TYPE_CHECKING:
    from .activations import leaky_relu as leaky_relu
    from .activations import leaky_relu_derivative as leaky_relu_derivative
    from .activations import relu as relu
    from .activations import relu_derivative as relu_derivative
    from .activations import sigmoid as sigmoid
    from .activations import sigmoid_derivative as sigmoid_derivative
    from .activations import tanh_derivative as tanh_derivative
    from .elementary import cos as cos
    from .elementary import exp as exp
    from .elementary import log as log
    from .elementary import log1p as log1p
    from .elementary import tanh as tanh
    from .losses import sigmoid_cross_entropy as sigmoid_cross_entropy
    from .losses import squared_error as squared_error
    from .losses import squared_error_derivative as squared_error_derivative
else:
    exp = _of_x(elementary.exp)
    log = _of_x(elementary.log)
    log1p = _of_x(elementary.log1p)
    tanh = _of_x(elementary.tanh)
    cos = _of_x(elementary.cos)
    sigmoid = _of_z(activations.sigmoid)
    sigmoid_derivative = _of_z(activations.sigmoid_derivative)
    tanh_derivative = _of_z(activations.tanh_derivative)
    relu = _of_z(activations.relu)
    relu_derivative = _of_z(activations.relu_derivative)
    leaky_relu = _of_z(activations.leaky_relu)
    leaky_relu_derivative = _of_z(activations.leaky_relu_derivative)
    squared_error = _of_a_and_y(losses.squared_error)
    squared_error_derivative = _of_a_and_y(losses.squared_error_derivative)
    sigmoid_cross_entropy = _of_z_and_y(losses.sigmoid_cross_entropy)
