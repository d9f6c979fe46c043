"""Optimizers: how the parameters follow from the gradient of the loss.

The contract is ``Optimizer``; each published formula is one class that writes it out.
"""

from __future__ import annotations

from typing import Any

from .matrix import Matrix


class Optimizer:
    """A rule by which the parameters change, given their gradient.

    A parameter comes as rows of numbers, a row of biases as a matrix of one row, filters as all
    their rows one below the other; its gradient has the same shape.

    An optimizer that remembers something from step to step, such as a velocity, makes it in
    ``start``; what that returns is handed to every ``step`` of the parameter.
    """

    def start(self, parameter: Matrix) -> Any:
        """Return what is remembered of a parameter before its first step; None for nothing."""
        return None

    def step(self, parameter: Matrix, gradient: Matrix, learning_rate: float, memory: Any) -> None:
        """Take one step: change the numbers of ``parameter`` in place.

        learning_rate: zero or more.  memory: what ``start`` returned for this parameter.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define step")

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class GradientDescent(Optimizer):
    """Plain gradient descent: every parameter minus learning_rate times its slope.

    Cauchy, "Méthode générale pour la résolution des systèmes d'équations simultanées", 1847.

    >>> weights = [[1.0, 2.0]]
    >>> GradientDescent().step(weights, [[4.0, -8.0]], 0.25, None)
    >>> weights
    [[0.0, 4.0]]
    """

    def step(self, parameter: Matrix, gradient: Matrix, learning_rate: float, memory: Any) -> None:
        """Take one step.

        ``parameter[k][j] = parameter[k][j] - learning_rate * gradient[k][j]``

        Shapes: parameter and gradient are alike.
        """
        for k in range(len(parameter)):
            parameter_row = parameter[k]
            gradient_row = gradient[k]
            for j in range(len(parameter_row)):
                parameter_row[j] = parameter_row[j] - learning_rate * gradient_row[j]


PLAIN_DESCENT = GradientDescent()  # what a network takes if nobody chooses
