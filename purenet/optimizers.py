"""Optimizers: how the parameters follow from the gradient of the loss.

The contract is ``Optimizer``; each published formula is one class that writes it out.  What the
formulas have in common: a parameter ``w``, its slope ``g = dL/dw`` and a learning rate ``r`` in
every step; and, from step to step, what ``start`` has made for the parameter, a dictionary of rows
as long as the parameter's and of single numbers.  Every number of a parameter is treated by itself.
"""

from __future__ import annotations

from math import sqrt
from typing import Any, ClassVar

from .checks import as_choice, as_number, as_part, as_size, shown
from .matrix import Matrix
from .names import OPTIMIZER_NAMES


class Optimizer:
    """A rule by which the parameters change, given their gradient.

    A parameter comes as rows of numbers, a row of biases as a matrix of one row, filters as all
    their rows one below the other; its gradient has the same shape.

    An optimizer that remembers something from step to step, such as a velocity, makes it in
    ``start``; what that returns is handed to every ``step`` of the parameter.

    usual_rate: the learning rate of a training that is given none.
    """

    usual_rate: ClassVar[float] = 0.1

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


class Published(Optimizer):
    """What purenet's own optimizers have in common: settings that are given once.

    Two with equal settings are equal: the one carries on where the other has stopped.  ``repr``
    makes one again.

    SETTINGS: the names of the settings, as ``__init__`` takes them.
    ROWS: the names of what is remembered of each number of a parameter, in rows like its own.
    SQUARES: those of them that are sums or means of squares, and never less than 0.
    POWERS: the names of the running products, one number a parameter each.
    """

    SETTINGS: ClassVar[tuple[str, ...]] = ()
    ROWS: ClassVar[tuple[str, ...]] = ()
    SQUARES: ClassVar[tuple[str, ...]] = ()
    POWERS: ClassVar[tuple[str, ...]] = ()

    def start(self, parameter: Matrix) -> Any:
        """Return zeros in rows like the parameter's, and products of nothing, which are 1.0."""
        memory: dict[str, Any] = {}
        for name in self.ROWS:
            memory[name] = zeros_like(parameter)
        for name in self.POWERS:
            memory[name] = 1.0
        return memory or None

    def settings(self) -> dict[str, Any]:
        """Return the arguments that make such an optimizer again, as JSON can hold them."""
        return {name: getattr(self, name) for name in self.SETTINGS}

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.SETTINGS:
            raise AttributeError(f"{name} of an optimizer cannot be changed")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if name in self.SETTINGS:
            raise AttributeError(f"{name} of an optimizer cannot be deleted")
        super().__delattr__(name)

    def __eq__(self, other: object) -> bool:
        return self is other or (type(other) is type(self) and vars(other) == vars(self))

    def __hash__(self) -> int:
        return hash((type(self), *self.settings().values()))

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.settings().items())
        return f"{type(self).__name__}({settings})"


def zeros_like(parameter: Matrix) -> Matrix:
    """Return zeros in rows as long as the parameter's."""
    zeros = []
    for row in parameter:
        zeros.append([0.0] * len(row))
    return zeros


class GradientDescent(Published):
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


class Momentum(Published):
    """Gradient descent with momentum: a ball that rolls down the slope, with friction.

    The velocity is the sum of all slopes so far, each times ``momentum`` for every step since::

        velocity = momentum * velocity + g
        w        = w - r * velocity

    Along a valley, where the slopes agree, it grows up to ``1 / (1 - momentum)`` times one of them;
    across it, where they take turns in sign, they cancel.

    Polyak, "Some methods of speeding up the convergence of iteration methods", 1964, in the form of
    PyTorch, in which a new learning rate counts for the whole velocity.

    momentum: 0 or more and less than 1.

    Raises ValueError or TypeError for another one.

    >>> weights = [[1.0, 2.0]]
    >>> momentum = Momentum(0.5)
    >>> memory = momentum.start(weights)
    >>> momentum.step(weights, [[2.0, 0.0]], 0.25, memory)
    >>> momentum.step(weights, [[2.0, 4.0]], 0.25, memory)
    >>> weights, memory
    ([[-0.25, 1.0]], {'velocity': [[3.0, 4.0]]})
    """

    usual_rate = 0.01
    SETTINGS = ("momentum",)
    ROWS = ("velocity",)

    momentum: float

    def __init__(self, momentum: float = 0.9) -> None:
        self.__dict__["momentum"] = as_part(momentum, "momentum")

    def step(self, parameter: Matrix, gradient: Matrix, learning_rate: float, memory: Any) -> None:
        """Take one step.

        Shapes: parameter, gradient and velocity are alike.
        """
        momentum = self.momentum
        velocity = memory["velocity"]
        for k in range(len(parameter)):
            parameter_row = parameter[k]
            gradient_row = gradient[k]
            velocity_row = velocity[k]
            for j in range(len(parameter_row)):
                velocity_row[j] = momentum * velocity_row[j] + gradient_row[j]
                parameter_row[j] = parameter_row[j] - learning_rate * velocity_row[j]


class Nesterov(Published):
    """Nesterov's momentum: the slope counts from where the momentum is about to lead.

    ::

        velocity = momentum * velocity + g
        w        = w - r * (g + momentum * velocity)

    Nesterov takes the slope at the place ``w - r * momentum * velocity``, not at w.  Written for
    that place, which is the one that is kept here, a step takes the next velocity on the way
    already: hence the second use of momentum.

    Nesterov, "A method of solving a convex programming problem with convergence rate O(1/k**2)",
    1983; as a kind of momentum: Sutskever, Martens, Dahl and Hinton, "On the importance of
    initialization and momentum in deep learning", 2013; in the form of PyTorch.

    momentum: 0 or more and less than 1.

    Raises ValueError or TypeError for another one.

    >>> weights = [[1.0, 2.0]]
    >>> nesterov = Nesterov(0.5)
    >>> memory = nesterov.start(weights)
    >>> nesterov.step(weights, [[2.0, 0.0]], 0.25, memory)
    >>> weights, memory
    ([[0.25, 2.0]], {'velocity': [[2.0, 0.0]]})
    """

    usual_rate = 0.01
    SETTINGS = ("momentum",)
    ROWS = ("velocity",)

    momentum: float

    def __init__(self, momentum: float = 0.9) -> None:
        self.__dict__["momentum"] = as_part(momentum, "momentum")

    def step(self, parameter: Matrix, gradient: Matrix, learning_rate: float, memory: Any) -> None:
        """Take one step.

        Shapes: parameter, gradient and velocity are alike.
        """
        momentum = self.momentum
        velocity = memory["velocity"]
        for k in range(len(parameter)):
            parameter_row = parameter[k]
            gradient_row = gradient[k]
            velocity_row = velocity[k]
            for j in range(len(parameter_row)):
                velocity_row[j] = momentum * velocity_row[j] + gradient_row[j]
                ahead = gradient_row[j] + momentum * velocity_row[j]
                parameter_row[j] = parameter_row[j] - learning_rate * ahead


class AdaGrad(Published):
    """AdaGrad: the more a number has been pushed, the smaller its steps become.

    ::

        total = total + g * g
        w     = w - r * g / (sqrt(total) + epsilon)

    A weight of a rare input keeps its large steps until the input comes; one of a common input
    takes smaller and smaller ones.  The first step is r, whatever the size of the slope.

    Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization", 2011; in the form of PyTorch.

    epsilon: more than 0, so that a slope that was always 0 divides nothing by 0.

    Raises ValueError or TypeError for another one.

    >>> weights = [[1.0, 2.0]]
    >>> adagrad = AdaGrad()
    >>> memory = adagrad.start(weights)
    >>> adagrad.step(weights, [[8.0, 0.0]], 0.25, memory)
    >>> weights, memory
    ([[0.7500000000031251, 2.0]], {'total': [[64.0, 0.0]]})
    """

    usual_rate = 0.01
    SETTINGS = ("epsilon",)
    ROWS = ("total",)
    SQUARES = ("total",)

    epsilon: float

    def __init__(self, epsilon: float = 1e-10) -> None:
        self.__dict__["epsilon"] = as_epsilon(epsilon)

    def step(self, parameter: Matrix, gradient: Matrix, learning_rate: float, memory: Any) -> None:
        """Take one step.

        Shapes: parameter, gradient and total are alike.
        """
        epsilon = self.epsilon
        total = memory["total"]
        for k in range(len(parameter)):
            parameter_row = parameter[k]
            gradient_row = gradient[k]
            total_row = total[k]
            for j in range(len(parameter_row)):
                g = gradient_row[j]
                total_row[j] = total_row[j] + g * g
                size = sqrt(total_row[j]) + epsilon
                parameter_row[j] = parameter_row[j] - learning_rate * g / size


class RMSProp(Published):
    """RMSProp: every slope divided by the size that it has had of late.

    The size is the root of a mean of the squares (root mean square) in which the older ones fade::

        average = decay * average + (1 - decay) * g * g
        w       = w - r * g / (sqrt(average) + epsilon)

    So, other than with AdaGrad, the steps do not come to an end.

    Tieleman and Hinton, "Lecture 6.5: RMSProp", Coursera, 2012; in the form of PyTorch, whose usual
    decay is 0.99; this one's is the lecture's.

    decay: 0 or more and less than 1.  epsilon: more than 0.

    Raises ValueError or TypeError for others.

    >>> weights = [[1.0, 2.0]]
    >>> rmsprop = RMSProp(0.75)
    >>> memory = rmsprop.start(weights)
    >>> rmsprop.step(weights, [[4.0, 0.0]], 0.25, memory)
    >>> weights, memory
    ([[0.5000000025, 2.0]], {'average': [[4.0, 0.0]]})
    """

    usual_rate = 0.001
    SETTINGS = ("decay", "epsilon")
    ROWS = ("average",)
    SQUARES = ("average",)

    decay: float
    epsilon: float

    def __init__(self, decay: float = 0.9, epsilon: float = 1e-8) -> None:
        self.__dict__["decay"] = as_part(decay, "decay")
        self.__dict__["epsilon"] = as_epsilon(epsilon)

    def step(self, parameter: Matrix, gradient: Matrix, learning_rate: float, memory: Any) -> None:
        """Take one step.

        Shapes: parameter, gradient and average are alike.
        """
        decay = self.decay
        epsilon = self.epsilon
        average = memory["average"]
        for k in range(len(parameter)):
            parameter_row = parameter[k]
            gradient_row = gradient[k]
            average_row = average[k]
            for j in range(len(parameter_row)):
                g = gradient_row[j]
                average_row[j] = decay * average_row[j] + (1.0 - decay) * g * g
                size = sqrt(average_row[j]) + epsilon
                parameter_row[j] = parameter_row[j] - learning_rate * g / size


class Adam(Published):
    """Adam: momentum, divided by the size that the slopes have had of late.

    Two means in which older slopes fade, of the slopes and of their squares ("moments")::

        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g

    Both start at 0, and after t steps their weights add up to ``1 - beta1**t`` and ``1 - beta2**t``
    only; divided by that, they are means::

        w = w - r * (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + epsilon)

    What is the same for all numbers of a parameter is computed once, as the paper proposes at the
    end of its section 2: with ``root = sqrt(1 - beta2**t)``, numerator and denominator times root::

        rate  = r * root / (1 - beta1**t)
        small = epsilon * root
        w     = w - rate * m / (sqrt(v) + small)

    ``beta1**t`` is a product that goes on from step to step.

    Kingma and Ba, "Adam: a method for stochastic optimization", 2015.

    beta1, beta2: 0 or more and less than 1.  epsilon: more than 0.

    Raises ValueError or TypeError for others.

    >>> weights = [[1.0, 2.0]]
    >>> adam = Adam(0.5, 0.75)
    >>> memory = adam.start(weights)
    >>> adam.step(weights, [[4.0, 0.0]], 0.25, memory)
    >>> weights
    [[0.750000000625, 2.0]]
    >>> memory["first_moment"], memory["second_moment"]
    ([[2.0, 0.0]], [[4.0, 0.0]])
    >>> memory["beta1_power"], memory["beta2_power"]
    (0.5, 0.75)
    """

    usual_rate = 0.001
    SETTINGS = ("beta1", "beta2", "epsilon")
    ROWS = ("first_moment", "second_moment")
    SQUARES = ("second_moment",)
    POWERS = ("beta1_power", "beta2_power")

    beta1: float
    beta2: float
    epsilon: float

    def __init__(self, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        self.__dict__["beta1"] = as_part(beta1, "beta1")
        self.__dict__["beta2"] = as_part(beta2, "beta2")
        self.__dict__["epsilon"] = as_epsilon(epsilon)

    def step(self, parameter: Matrix, gradient: Matrix, learning_rate: float, memory: Any) -> None:
        """Take one step.

        Shapes: parameter, gradient and both moments are alike.
        """
        beta1 = self.beta1
        beta2 = self.beta2
        first_moment = memory["first_moment"]
        second_moment = memory["second_moment"]
        beta1_power = memory["beta1_power"] * beta1
        beta2_power = memory["beta2_power"] * beta2
        memory["beta1_power"] = beta1_power
        memory["beta2_power"] = beta2_power
        root = sqrt(1.0 - beta2_power)
        rate = learning_rate * root / (1.0 - beta1_power)
        small = self.epsilon * root
        for k in range(len(parameter)):
            parameter_row = parameter[k]
            gradient_row = gradient[k]
            first_row = first_moment[k]
            second_row = second_moment[k]
            for j in range(len(parameter_row)):
                g = gradient_row[j]
                m = beta1 * first_row[j] + (1.0 - beta1) * g
                v = beta2 * second_row[j] + (1.0 - beta2) * g * g
                first_row[j] = m
                second_row[j] = v
                parameter_row[j] = parameter_row[j] - rate * m / (sqrt(v) + small)


class AdamW(Published):
    """Adam with weight decay: every number shrinks a little before each step.

    ::

        w = w * (1 - r * weight_decay)

    and then Adam's step.  A penalty ``l2`` would go into the slopes, and Adam would divide it by
    their size: numbers with large slopes would hardly shrink.  Here all shrink alike, biases too,
    as they do in PyTorch.

    Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.

    weight_decay: 0 or more.  beta1, beta2: 0 or more and less than 1.  epsilon: more than 0.

    Raises ValueError or TypeError for others.

    >>> weights = [[1.0, 2.0]]
    >>> adamw = AdamW(0.5, 0.5, 0.75)
    >>> adamw.step(weights, [[4.0, 0.0]], 0.25, adamw.start(weights))
    >>> weights
    [[0.625000000625, 1.75]]
    """

    usual_rate = 0.001
    SETTINGS = ("weight_decay", "beta1", "beta2", "epsilon")
    ROWS = ("first_moment", "second_moment")
    SQUARES = ("second_moment",)
    POWERS = ("beta1_power", "beta2_power")

    weight_decay: float
    beta1: float
    beta2: float
    epsilon: float

    def __init__(
        self,
        weight_decay: float = 0.01,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        self.__dict__["weight_decay"] = as_size(weight_decay, "weight_decay")
        self.__dict__["beta1"] = as_part(beta1, "beta1")
        self.__dict__["beta2"] = as_part(beta2, "beta2")
        self.__dict__["epsilon"] = as_epsilon(epsilon)

    def step(self, parameter: Matrix, gradient: Matrix, learning_rate: float, memory: Any) -> None:
        """Take one step.

        Shapes: parameter, gradient and both moments are alike.
        """
        beta1 = self.beta1
        beta2 = self.beta2
        first_moment = memory["first_moment"]
        second_moment = memory["second_moment"]
        beta1_power = memory["beta1_power"] * beta1
        beta2_power = memory["beta2_power"] * beta2
        memory["beta1_power"] = beta1_power
        memory["beta2_power"] = beta2_power
        root = sqrt(1.0 - beta2_power)
        rate = learning_rate * root / (1.0 - beta1_power)
        small = self.epsilon * root
        left = 1.0 - learning_rate * self.weight_decay
        for k in range(len(parameter)):
            parameter_row = parameter[k]
            gradient_row = gradient[k]
            first_row = first_moment[k]
            second_row = second_moment[k]
            for j in range(len(parameter_row)):
                g = gradient_row[j]
                m = beta1 * first_row[j] + (1.0 - beta1) * g
                v = beta2 * second_row[j] + (1.0 - beta2) * g * g
                first_row[j] = m
                second_row[j] = v
                w = parameter_row[j] * left
                parameter_row[j] = w - rate * m / (sqrt(v) + small)


PLAIN_DESCENT = GradientDescent()  # what a network takes if nobody chooses

OPTIMIZERS: dict[str, type[Published]] = {
    "gradient_descent": GradientDescent,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adam": Adam,
    "adamw": AdamW,
}

LEAST_EPSILON = 1e-300  # times the root of any 1 - beta2 it is still more than 0


def as_optimizer(value: Any, argument: str) -> Optimizer:
    """Return an optimizer: one itself, the one of this name, or plain descent for None."""
    if value is None:
        return PLAIN_DESCENT
    if isinstance(value, Optimizer):
        return value
    if isinstance(value, str):
        return OPTIMIZERS[as_choice(value, argument, OPTIMIZERS, OPTIMIZER_NAMES)]()
    raise TypeError(
        f"{argument}: found {shown(value)}, expected an Optimizer such as GradientDescent(), "
        f"or one of {', '.join(OPTIMIZERS)}"
    )


def as_epsilon(value: Any) -> float:
    """Return what is added to a divisor, so that it is never 0."""
    epsilon = as_number(value, "epsilon")
    if epsilon < LEAST_EPSILON:
        raise ValueError(f"epsilon: found {epsilon}, expected {LEAST_EPSILON} or more")
    return epsilon
