"""Seeded random numbers: the same on every machine, Python version and backend.

Everything is built on ``random.Random.random()``, the one method whose numbers Python guarantees
for a seed across versions, and on the logarithm of ``elementary``.
"""

from __future__ import annotations

import math
import random
from typing import Any

from .checks import as_count, shown
from .elementary import log
from .matrix import Matrix


class Random:
    """A generator of uniform and normal numbers.

    seed: a whole number, 0 or more.

    >>> Random(1).random()
    0.13436424411240122
    """

    def __init__(self, seed: int) -> None:
        self._generator = random.Random(as_count(seed, "seed", least=0))
        self._spare: float | None = None

    def random(self) -> float:
        """Return a number drawn uniformly from [0, 1)."""
        return self._generator.random()

    def uniform(self, low: float, high: float) -> float:
        """Return a number drawn uniformly from [low, high)."""
        return low + (high - low) * self._generator.random()

    def normal(self) -> float:
        """Return a number from the normal distribution with mean 0 and standard deviation 1.

        Marsaglia and Bray's polar method (SIAM Review 6, 1964): a random point of the unit disc
        gives two numbers, the second of which is kept for the next call.
        """
        if self._spare is not None:
            spare = self._spare
            self._spare = None
            return spare
        x, y, square = _point_of_disc(self._generator)
        factor = math.sqrt(-2.0 * log(square) / square)
        self._spare = factor * y
        return factor * x


def _point_of_disc(generator: random.Random) -> tuple[float, float, float]:
    """Return x and y of a random point of the unit disc, not its centre, and x * x + y * y."""
    while True:
        x = 2.0 * generator.random() - 1.0
        y = 2.0 * generator.random() - 1.0
        square = x * x + y * y
        if 0.0 < square < 1.0:
            return x, y, square


def new_seed() -> int:
    """Return a seed that nobody chose, from the operating system."""
    return random.SystemRandom().getrandbits(32)


def shuffled_order(samples: int, seed: int, epoch: int) -> list[int]:
    """Return the numbers 0 to ``samples - 1`` in the order in which an epoch visits them.

    The order depends on the network's seed and on the epoch, and on nothing that happened before:
    a network that is saved and loaded goes on as if it had not been.  Fisher and Yates' shuffle
    (Knuth, The Art of Computer Programming 2, algorithm P).

    >>> sorted(shuffled_order(5, seed=1, epoch=0))
    [0, 1, 2, 3, 4]
    """
    generator = random.Random(seed * 2**32 + epoch % 2**32)
    order = list(range(samples))
    for last in range(samples - 1, 0, -1):
        chosen = int(generator.random() * (last + 1))
        order[last], order[chosen] = order[chosen], order[last]
    return order


Generator = random.Random  # of the numbers that dropout draws


def batch_generator(seed: int, epoch: int, batch: int, layer: int) -> Generator:
    """Return the random numbers of one layer for one batch of an epoch.

    They depend on these four numbers and on nothing that happened before, as the order of the
    samples does.

    >>> batch_generator(1, 0, 0, 3).random() == batch_generator(1, 0, 0, 3).random()
    True
    """
    of_epoch = seed * 2**32 + epoch % 2**32
    of_batch = of_epoch * 2**32 + batch % 2**32
    return random.Random(of_batch * 2**32 + layer % 2**32)


# More can only be a mistake, and would fill the memory before anybody noticed.
MOST_NUMBERS = 2**28


class NumPyRandom:
    """The numbers of NumPy's ``np.random.seed(seed)``, bit for bit, without NumPy.

    For following tutorials that start with ``np.random.seed(1)`` digit by digit.  It is NumPy's
    legacy generator: the Mersenne Twister (Matsumoto and Nishimura, 1998) with Knuth's seeding, and
    the polar method for normal numbers.  Like NumPy it takes the logarithm from the C library.

    seed: a whole number from 0 to 2**32 - 1.

    >>> NumPyRandom(1).rand()
    0.417022004702574
    >>> NumPyRandom(3).randn(1, 2)
    [[1.7886284734303186, 0.43650985051198943]]
    """

    def __init__(self, seed: int) -> None:
        if as_count(seed, "seed", least=0) >= 2**32:
            raise ValueError(f"seed: found {shown(seed)}, expected 0 to {2**32 - 1}")
        word = int(seed)
        words = [word]
        for number in range(1, 624):
            word = (1812433253 * (word ^ (word >> 30)) + number) % 2**32
            words.append(word)
        self._generator = random.Random()
        self._generator.setstate((3, (*words, 624), None))
        self._spare: float | None = None

    def rand(self, *shape: int) -> Any:
        """Return uniform numbers from [0, 1): one float, or nested lists of the given shape."""
        return self._fill(_checked(shape), self._generator.random)

    def randn(self, *shape: int) -> Any:
        """Return standard normal numbers: one float, or nested lists of the given shape."""
        return self._fill(_checked(shape), self._normal)

    def _normal(self) -> float:
        if self._spare is not None:
            spare = self._spare
            self._spare = None
            return spare
        x, y, square = _point_of_disc(self._generator)
        factor = math.sqrt(-2.0 * math.log(square) / square)
        self._spare = factor * x  # NumPy returns the second number first
        return factor * y

    def _fill(self, shape: tuple[int, ...], draw: Any) -> Any:
        if not shape:
            return draw()
        return [self._fill(shape[1:], draw) for _ in range(shape[0])]


def _checked(shape: tuple[int, ...]) -> tuple[int, ...]:
    sizes = [as_count(size, f"shape: size {place}", least=0) for place, size in enumerate(shape)]
    if math.prod(sizes) > MOST_NUMBERS:
        raise ValueError(f"shape: found {shown(shape)}, expected at most {MOST_NUMBERS} numbers")
    return tuple(sizes)


def uniform_matrix(random: Random, rows: int, columns: int, low: float, high: float) -> Matrix:
    """Return a matrix of uniform numbers from [low, high), drawn row by row."""
    return [[random.uniform(low, high) for _ in range(columns)] for _ in range(rows)]


def normal_matrix(random: Random, rows: int, columns: int, scale: float) -> Matrix:
    """Return a matrix of normal numbers with standard deviation ``scale``, drawn row by row."""
    return [[scale * random.normal() for _ in range(columns)] for _ in range(rows)]
