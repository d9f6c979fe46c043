"""What the networks of the bench are trained on: inputs and targets of so many samples."""

from __future__ import annotations

import functools

import purenet
from purenet.matrix import Matrix
from purenet.randomness import Random

DIGITS_TRAINING_IMAGES = 1437  # the first four fifths
NON_ZERO = 0.19  # of MNIST's pixels
MORE_NON_ZERO = 0.30


def non_zero_share(inputs: Matrix) -> float:
    """Return the share of the inputs that are not zero."""
    count = 0
    for row in inputs:
        count += len(row) - row.count(0.0)
    return count / (len(inputs) * len(inputs[0]))


def xor(samples: int) -> tuple[Matrix, Matrix]:
    table = purenet.datasets.load_xor()
    return table.inputs[:samples], table.targets[:samples]


def digits(samples: int) -> tuple[Matrix, Matrix]:
    images = purenet.datasets.load_digits()
    return images.inputs[:samples], images.targets[:samples]


@functools.lru_cache(maxsize=1)  # networks beside each other share these
def pixels(samples: int, non_zero: float) -> tuple[Matrix, Matrix]:
    """Return made images of 28 by 28 pixels, of which a share is not zero, and ten classes.

    A pixel is one of 255 shades with the chance ``non_zero``.  The pixels are scattered, where
    those of real images form strokes: a batch has fewer columns without any ink, so this is the
    harder case for code that skips zeros.  As in ``read_idx_images``, equal pixels are one shared
    float.
    """
    random = Random(784)
    shades = [shade / 255.0 for shade in range(256)]
    rows = []
    for _ in range(samples):
        row = []
        for _ in range(784):
            drawn = random.random()
            row.append(shades[1 + int(drawn / non_zero * 255.0)] if drawn < non_zero else 0.0)
        rows.append(row)
    return rows, _classes(random, samples, 10)


def dense(samples: int) -> tuple[Matrix, Matrix]:
    """Return inputs drawn uniformly from [0, 1): none is zero, and each is a float of its own."""
    random = Random(785)
    rows = [[random.random() for _ in range(784)] for _ in range(samples)]
    return rows, _classes(random, samples, 10)


def _classes(random: Random, samples: int, classes: int) -> Matrix:
    labels = [int(random.random() * classes) for _ in range(samples)]
    return purenet.one_hot(labels, classes)


def bits(samples: int) -> tuple[Matrix, Matrix]:
    """Return sequences of eight bits, and whether the number of ones is odd."""
    random = Random(8)
    rows = [[float(random.random() < 0.5) for _ in range(8)] for _ in range(samples)]
    return rows, [[float(row.count(1.0) % 2)] for row in rows]
