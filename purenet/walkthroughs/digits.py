"""From dense layers to convolutions, on pictures of handwritten digits.

Each network adds to the one before what its name says, and everything else stays.

Sources: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", 1998 (the pictures
and what the nearest neighbour makes of them); D. Kingma and J. Ba, "Adam", 2015; Y. LeCun and
others, "Gradient-based learning applied to document recognition", 1998 (convolutions); N.
Srivastava and others, "Dropout", 2014; I. Loshchilov and F. Hutter, "SGDR", 2017 (the cosine).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import NamedTuple

from ..datasets import load_digits
from ..network import Network
from ..optimizers import Adam, GradientDescent, Optimizer
from ..schedules import CosineDecay
from ..splits import Split, train_test_split

# The share of right answers that the nearest of 3,823 other pictures gives for these 1,797, as the
# authors of the set found it (in its file optdigits.names).
PUBLISHED_NEAREST = 0.98

SEED = 1
TEST_SHARE = 0.3
BATCH_SIZE = 32
SIDE = 8  # of a picture, in pixels


class Step(NamedTuple):
    """One step of the way: a network before its training, and how it is trained."""

    name: str
    network: Network
    optimizer: Optimizer
    learning_rate: float | Callable[[int], float]


def digits_parts(images: int | None = None) -> Split:
    """Return the bundled pictures, 30% of each digit kept to test.

    images: only the first so many of them; None for all.
    """
    digits = load_digits()
    inputs, targets = digits.inputs[:images], digits.targets[:images]
    return train_test_split(inputs, targets, test=TEST_SHARE, seed=SEED)


def digits_steps(package: ModuleType, epochs: int) -> list[Step]:
    """Return the five steps, for trainings of so many epochs."""
    falling = CosineDecay(0.003, epochs)
    return [
        Step("dense 32, plain descent", _dense(package), GradientDescent(), 0.1),
        Step("dense 32, Adam", _dense(package), Adam(), 0.003),
        Step("conv 3x3x16, pool", _convolution(package), Adam(), 0.003),
        Step("two conv, pool", _two_convolutions(package), Adam(), 0.003),
        Step("held back", _two_convolutions(package, 0.5, 0.0001), Adam(), falling),
    ]


def _dense(package: ModuleType) -> Network:
    return _network(package, [package.Dense(64, 32, "tanh"), package.Dense(32, 10, "softmax")])


def _convolution(package: ModuleType) -> Network:
    return _network(
        package,
        [
            package.Conv2D((1, SIDE, SIDE), 16, 3, "relu", padding="same"),
            package.MaxPool2D(2),
            package.Flatten(),
            package.Dense(None, 10, "softmax"),
        ],
    )


def _two_convolutions(package: ModuleType, dropout: float = 0.0, l2: float = 0.0) -> Network:
    layers = [
        package.Conv2D((1, SIDE, SIDE), 8, 3, "relu", padding="same", l2=l2),
        package.Conv2D(None, 16, 3, "relu", padding="same", l2=l2),
        package.MaxPool2D(2),
        package.Flatten(),
    ]
    if dropout > 0.0:
        layers.append(package.Dropout(dropout))
    return _network(package, [*layers, package.Dense(None, 10, "softmax", l2=l2)])


def _network(package: ModuleType, layers: list[object]) -> Network:
    network: Network = package.Network(layers, loss="categorical_cross_entropy", seed=SEED)
    return network


def nearest_answers(parts: Split) -> list[int]:
    """Return for each test picture the digit of the picture nearest to it among the others.

    Nearest by the Euclidean distance of the pixels; nothing is trained.
    """
    answers = []
    for picture in parts.test_inputs:
        distances = [math.dist(picture, other) for other in parts.train_inputs]
        nearest = distances.index(min(distances))
        answers.append(parts.train_targets[nearest].index(1.0))
    return answers


def confusions(truth: Sequence[int], answers: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return what was taken for what and how often: (truth, answer, count), the most often first.

    >>> confusions([1, 8, 8, 9], [1, 1, 1, 4])
    [(8, 1, 2), (9, 4, 1)]
    """
    wrong = [(right, found) for right, found in zip(truth, answers, strict=True) if right != found]
    return [(*pair, count) for pair, count in Counter(sorted(wrong)).most_common()]


class Sight(NamedTuple):
    """What one filter of a convolution makes of a picture.

    filter: its number.  weights: 3 rows of 3.  bias: its own.  answers: rows by columns.
    row, column: the place of the largest answer.
    """

    filter: int
    weights: list[list[float]]
    bias: float
    answers: list[list[float]]
    row: int
    column: int


def strongest_filter(network: Network, picture: list[float]) -> Sight:
    """Return what the filter that answers most strongly makes of a picture.

    network: one that begins with a convolution of grey pictures.
    """
    layer = network.layers[0]
    _, height, width = layer.output_shape
    answers = network.feedforward([picture])[0].a[0]
    place = answers.index(max(answers))
    number, position = divmod(place, height * width)
    row, column = divmod(position, width)
    first = number * height * width
    rows = [answers[first + y * width : first + (y + 1) * width] for y in range(height)]
    return Sight(number, layer.weights[number][0], layer.biases[number], rows, row, column)
