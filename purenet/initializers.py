"""First values of weights and biases.

An initializer is anything that can be called with ``(inputs, outputs, random)`` and returns
``inputs`` rows of ``outputs`` numbers; ``random`` is the network's seeded generator.  For a layer's
biases it is called as ``(1, outputs, random)``.  Instead of an initializer a layer takes the values
themselves, or one of the names in ``INITIALIZERS``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .checks import as_choice, as_number, shown
from .fixed import Fixed
from .matrix import Matrix
from .names import INITIALIZER_NAMES
from .randomness import Random, normal_matrix, uniform_matrix


class Uniform(Fixed):
    """Uniform numbers from [low, high).

    >>> weights = Uniform(0.0, 1.0)(3, 4, Random(1))
    """

    low: float
    high: float

    def __init__(self, low: float = -0.5, high: float = 0.5) -> None:
        self.__dict__.update(low=low, high=high)
        least = as_number(low, "Uniform: low")
        most = as_number(high, "Uniform: high")
        if not least <= most:
            raise ValueError(f"Uniform: high is {most}, expected low or more, which is {least}")

    def __call__(self, inputs: int, outputs: int, random: Random) -> Matrix:
        return uniform_matrix(random, inputs, outputs, float(self.low), float(self.high))


class Normal(Fixed):
    """Normal numbers with mean 0 and the standard deviation ``scale``."""

    scale: float

    def __init__(self, scale: float = 1.0) -> None:
        self.__dict__.update(scale=scale)
        if as_number(scale, "Normal: scale") < 0.0:
            raise ValueError(f"Normal: scale: found {scale}, expected 0 or more")

    def __call__(self, inputs: int, outputs: int, random: Random) -> Matrix:
        return normal_matrix(random, inputs, outputs, float(self.scale))


class Xavier(Fixed):
    """Uniform numbers up to ``sqrt(6 / (inputs + outputs))`` in size, for sigmoid and tanh.

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    2010: signals keep their variance from layer to layer, forward and backward.
    """

    def __call__(self, inputs: int, outputs: int, random: Random) -> Matrix:
        limit = math.sqrt(6.0 / (inputs + outputs))
        return uniform_matrix(random, inputs, outputs, -limit, limit)


class He(Fixed):
    """Normal numbers with the standard deviation ``sqrt(2 / inputs)``, for relu and leaky_relu.

    He, Zhang, Ren and Sun, "Delving Deep into Rectifiers", 2015.
    """

    def __call__(self, inputs: int, outputs: int, random: Random) -> Matrix:
        return normal_matrix(random, inputs, outputs, math.sqrt(2.0 / inputs))


class Zeros(Fixed):
    """Zeros: right for biases; weights that start equal stay equal."""

    def __call__(self, inputs: int, outputs: int, random: Random) -> Matrix:
        return [[0.0] * outputs for _ in range(inputs)]


class GivenValues(Fixed):
    """The values themselves, for a layer that does not know its shape yet."""

    values: Any

    def __init__(self, values: Any) -> None:
        self.__dict__.update(values=values)

    def __call__(self, inputs: int, outputs: int, random: Random) -> Any:
        return self.values


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
        return INITIALIZERS[as_choice(value, argument, INITIALIZERS, INITIALIZER_NAMES)]
    if isinstance(value, type):
        raise TypeError(f"{argument}: found the class {value.__name__}, write {value.__name__}()")
    if callable(value):
        initializer: Initializer = value
        return initializer
    raise TypeError(
        f"{argument}: found {shown(value)}, expected the values, an initializer such as "
        f"Normal(0.01), or one of {', '.join(INITIALIZERS)}"
    )


def default_initializer(activation: str) -> Initializer:
    """Return He for relu and leaky_relu, Xavier for the others."""
    if activation in ("relu", "leaky_relu"):
        return He()
    return Xavier()
