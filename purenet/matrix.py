"""Matrices as nested lists: ``a[i][j]`` is row i, column j.

Every sum starts at 0.0 and adds its terms one by one, the index ascending.  Each function returns a
new matrix and leaves its arguments as they are.

Here are the loops alone.  ``purenet.dot`` and the others check their arguments, in ``functions``,
and call the loop of that name.
"""

from __future__ import annotations

from collections.abc import Sequence

Matrix = list[list[float]]
Rows = Sequence[Sequence[float]]


def dot(a: Rows, b: Rows) -> Matrix:
    """Return the matrix product of a and b.

    ``product[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + ...``

    Shapes: a is n by m, b is m by p, the product is n by p.

    >>> dot([[1.0, 2.0]], [[3.0], [4.0]])
    [[11.0]]
    """
    columns = range(len(b[0]))
    inner = range(len(b))
    product = []
    for i in range(len(a)):
        a_row = a[i]
        product_row = []
        for j in columns:
            total = 0.0
            for k in inner:
                total = total + a_row[k] * b[k][j]
            product_row.append(total)
        product.append(product_row)
    return product


def transpose(a: Rows) -> Matrix:
    """Return a with rows and columns exchanged: ``transposed[j][i] = a[i][j]``.

    >>> transpose([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]
    """
    rows = range(len(a))
    transposed = []
    for j in range(len(a[0])):
        transposed_row = []
        for i in rows:
            transposed_row.append(a[i][j])
        transposed.append(transposed_row)
    return transposed


def add_bias(a: Rows, biases: Sequence[float]) -> Matrix:
    """Return a with ``biases[j]`` added to every element of column j.

    >>> add_bias([[1.0, 2.0], [3.0, 4.0]], [10.0, 20.0])
    [[11.0, 22.0], [13.0, 24.0]]
    """
    columns = range(len(biases))
    result = []
    for i in range(len(a)):
        a_row = a[i]
        result_row = []
        for j in columns:
            element = a_row[j] + biases[j]
            result_row.append(element)
        result.append(result_row)
    return result


def add(a: Rows, b: Rows) -> Matrix:
    """Return the sum of a and b, element by element.

    >>> add([[1.0, 2.0]], [[3.0, 4.0]])
    [[4.0, 6.0]]
    """
    result = []
    for i in range(len(a)):
        a_row = a[i]
        b_row = b[i]
        result_row = []
        for j in range(len(a_row)):
            element = a_row[j] + b_row[j]
            result_row.append(element)
        result.append(result_row)
    return result


def subtract(a: Rows, b: Rows) -> Matrix:
    """Return a minus b, element by element.

    >>> subtract([[1.0, 2.0]], [[3.0, 5.0]])
    [[-2.0, -3.0]]
    """
    result = []
    for i in range(len(a)):
        a_row = a[i]
        b_row = b[i]
        result_row = []
        for j in range(len(a_row)):
            element = a_row[j] - b_row[j]
            result_row.append(element)
        result.append(result_row)
    return result


def multiply(a: Rows, b: Rows) -> Matrix:
    """Return the product of a and b, element by element (the Hadamard product).

    >>> multiply([[1.0, 2.0]], [[3.0, 4.0]])
    [[3.0, 8.0]]
    """
    result = []
    for i in range(len(a)):
        a_row = a[i]
        b_row = b[i]
        result_row = []
        for j in range(len(a_row)):
            element = a_row[j] * b_row[j]
            result_row.append(element)
        result.append(result_row)
    return result


def scale(a: Rows, factor: float) -> Matrix:
    """Return a with every element multiplied by ``factor``.

    >>> scale([[1.0, 2.0]], 10.0)
    [[10.0, 20.0]]
    """
    result = []
    for i in range(len(a)):
        a_row = a[i]
        result_row = []
        for j in range(len(a_row)):
            element = a_row[j] * factor
            result_row.append(element)
        result.append(result_row)
    return result


def column_sums(a: Rows) -> list[float]:
    """Return the sum of every column, the rows added in their order.

    >>> column_sums([[1.0, 2.0], [3.0, 4.0]])
    [4.0, 6.0]
    """
    rows = range(len(a))
    sums = []
    for j in range(len(a[0])):
        total = 0.0
        for i in rows:
            total = total + a[i][j]
        sums.append(total)
    return sums
