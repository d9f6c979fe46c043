"""First values of weights and biases.

An initializer is anything that can be called with ``(inputs, outputs, random)`` and returns
``inputs`` rows of ``outputs`` numbers; ``random`` is the network's seeded generator.  For a layer's
biases it is called as ``(1, outputs, random)``.  Instead of an initializer a layer takes the values
themselves, or one of the names in ``INITIALIZERS``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NoReturn

from .checks import Matrix, as_choice, as_number
from .randomness import Random, normal_matrix, uniform_matrix


class _Recipe:
    """Equal if its kind and its numbers are equal, and not to be changed: networks share it.

    A frozen dataclass would do, if importing ``dataclasses`` did not take as long as purenet.
    """

    def __init__(self, **numbers: Any) -> None:
        vars(self).update(numbers)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({numbers})"

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{name}: an initializer cannot be changed, expected a new one")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{name}: an initializer cannot be changed, expected a new one")


class Uniform(_Recipe):
    """Uniform numbers from [low, high).

    >>> weights = Uniform(0.0, 1.0)(3, 4, Random(1))
    """

    low: float
    high: float

    def __init__(self, low: float = -0.5, high: float = 0.5) -> None:
        least = as_number(low, "Uniform: low")
        most = as_number(high, "Uniform: high")
        if not least <= most:
            raise ValueError(f"Uniform: high is {most}, expected low or more, which is {least}")
        super().__init__(low=low, high=high)

    def __call__(self, inputs: int, outputs: int, random: Random) -> Matrix:
        return uniform_matrix(random, inputs, outputs, float(self.low), float(self.high))


class Normal(_Recipe):
    """Normal numbers with mean 0 and the standard deviation ``scale``."""

    scale: float

    def __init__(self, scale: float = 1.0) -> None:
        if as_number(scale, "Normal: scale") < 0.0:
            raise ValueError(f"Normal: scale: found {scale}, expected 0 or more")
        super().__init__(scale=scale)

    def __call__(self, inputs: int, outputs: int, random: Random) -> Matrix:
        return normal_matrix(random, inputs, outputs, float(self.scale))


class Xavier(_Recipe):
    """Uniform numbers up to ``sqrt(6 / (inputs + outputs))`` in size, for sigmoid and tanh.

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    2010: signals keep their variance from layer to layer, forward and backward.
    """

    def __call__(self, inputs: int, outputs: int, random: Random) -> Matrix:
        limit = math.sqrt(6.0 / (inputs + outputs))
        return uniform_matrix(random, inputs, outputs, -limit, limit)


class He(_Recipe):
    """Normal numbers with the standard deviation ``sqrt(2 / inputs)``, for relu and leaky_relu.

    He, Zhang, Ren and Sun, "Delving Deep into Rectifiers", 2015.
    """

    def __call__(self, inputs: int, outputs: int, random: Random) -> Matrix:
        return normal_matrix(random, inputs, outputs, math.sqrt(2.0 / inputs))


class Zeros(_Recipe):
    """Zeros: right for biases; weights that start equal stay equal."""

    def __call__(self, inputs: int, outputs: int, random: Random) -> Matrix:
        return [[0.0] * outputs for _ in range(inputs)]


Initializer = Callable[[int, int, Random], Matrix]

INITIALIZERS: dict[str, Initializer] = {
    "uniform": Uniform(),
    "normal": Normal(),
    "xavier": Xavier(),
    "glorot": Xavier(),
    "he": He(),
    "zeros": Zeros(),
}


def as_initializer(value: Any, argument: str) -> Initializer:
    """Return the initializer for a name, for an initializer itself or for given values."""
    if isinstance(value, str):
        return INITIALIZERS[as_choice(value, argument, INITIALIZERS)]
    if isinstance(value, type):
        raise TypeError(f"{argument}: found the class {value.__name__}, write {value.__name__}()")
    if callable(value):
        initializer: Initializer = value
        return initializer
    raise TypeError(
        f"{argument}: found {value!r}, expected the values, an initializer such as Normal(0.01), "
        f"or one of {', '.join(INITIALIZERS)}"
    )


def default_initializer(activation: str) -> Initializer:
    """Return He for relu and leaky_relu, Xavier for the others."""
    if activation in ("relu", "leaky_relu"):
        return He()
    return Xavier()
