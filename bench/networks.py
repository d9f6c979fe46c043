"""The networks of the bench, with their data and first weights.

All layers are sigmoid layers with biases.  The samples keep their order (no shuffling), so that
every library sees the same batches.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import purenet
from purenet.matrix import Matrix
from purenet.randomness import Random

DIGITS_TRAINING_IMAGES = 1437  # the first four fifths
NON_ZERO = 0.19  # of MNIST's pixels


@dataclass(frozen=True)
class Case:
    """A network to be trained on some data.

    epochs: of one timed run.
    pure_epochs, pure_samples: those of a timed run of ``purenet``; without samples it is not timed.
    check_samples, check_epochs: those with which ``purenet`` and ``purenet_fast`` are compared.
    first_weights, first_biases: one entry a layer, the same for every library.
    """

    name: str
    sizes: tuple[int, ...]
    loss: str
    learning_rate: float
    batch_size: int
    epochs: int
    pure_epochs: int
    pure_samples: int
    check_epochs: int
    check_samples: int
    data: str
    inputs: Matrix
    targets: Matrix
    first_weights: list[Matrix]
    first_biases: list[list[float]]

    @property
    def samples(self) -> int:
        return len(self.inputs)

    def head(self, samples: int) -> Case:
        """Return the case with its first samples only."""
        return replace(self, inputs=self.inputs[:samples], targets=self.targets[:samples])

    def network(self, package: ModuleType) -> purenet.Network:
        """Return the network before its first step, made by purenet or purenet_fast."""
        layers = []
        for number, weights in enumerate(self.first_weights):
            inputs, outputs = self.sizes[number : number + 2]
            layers.append(
                package.Dense(
                    inputs,
                    outputs,
                    "sigmoid",
                    initializer=weights,
                    bias_initializer=self.first_biases[number],
                )
            )
        network: purenet.Network = package.Network(layers, self.loss, seed=1)
        return network

    def fit(self, network: purenet.Network, epochs: int, **options: Any) -> None:
        """Train a network through its public ``fit``."""
        network.fit(
            self.inputs,
            self.targets,
            epochs=epochs,
            learning_rate=self.learning_rate,
            batch_size=self.batch_size,
            shuffle=False,
            **options,
        )


def non_zero_share(inputs: Matrix) -> float:
    """Return the share of the inputs that are not zero."""
    count = 0
    for row in inputs:
        count += len(row) - row.count(0.0)
    return count / (len(inputs) * len(inputs[0]))


def _xor(samples: int) -> tuple[Matrix, Matrix]:
    table = purenet.datasets.load_xor()
    return table.inputs[:samples], table.targets[:samples]


def _digits(samples: int) -> tuple[Matrix, Matrix]:
    images = purenet.datasets.load_digits()
    return images.inputs[:samples], images.targets[:samples]


@functools.lru_cache(maxsize=1)  # two networks share these
def _pixels(samples: int) -> tuple[Matrix, Matrix]:
    """Return made images of 784 pixels with as many zeros as MNIST's have.

    A pixel is one of 255 shades with the chance NON_ZERO.  The pixels are scattered, where MNIST's
    form strokes: a batch has fewer columns without any ink, so this is the harder case for code
    that skips zeros.  As in ``read_idx_images``, equal pixels are one shared float.
    """
    random = Random(784)
    shades = [shade / 255.0 for shade in range(256)]
    rows = []
    for _ in range(samples):
        row = []
        for _ in range(784):
            drawn = random.random()
            row.append(shades[1 + int(drawn / NON_ZERO * 255.0)] if drawn < NON_ZERO else 0.0)
        rows.append(row)
    return rows, _classes(random, samples, 10)


def _dense(samples: int) -> tuple[Matrix, Matrix]:
    """Return inputs drawn uniformly from [0, 1): none is zero, and each is a float of its own."""
    random = Random(785)
    rows = [[random.random() for _ in range(784)] for _ in range(samples)]
    return rows, _classes(random, samples, 10)


def _classes(random: Random, samples: int, classes: int) -> Matrix:
    labels = [int(random.random() * classes) for _ in range(samples)]
    return purenet.one_hot(labels, classes)


@dataclass(frozen=True)
class _Plan:
    """What a case is made from."""

    make: Callable[[int], tuple[Matrix, Matrix]]
    data: str
    samples: int
    loss: str
    learning_rate: float
    batch_size: int
    epochs: int
    pure_epochs: int
    pure_samples: int
    check_epochs: int
    check_samples: int


# The check trains whole batches and one that is smaller, where that does not take purenet long.
_PLANS = {
    "3-4-1": _Plan(
        make=_xor,
        data="the XOR table",
        samples=4,
        loss="sum_of_squares",
        learning_rate=1.0,
        batch_size=4,
        epochs=10000,
        pure_epochs=5000,
        pure_samples=4,
        check_epochs=100,
        check_samples=4,
    ),
    "64-32-10": _Plan(
        make=_digits,
        data="handwritten digits",
        samples=DIGITS_TRAINING_IMAGES,
        loss="mean_squared_error",
        learning_rate=3.0,
        batch_size=32,
        epochs=50,
        pure_epochs=1,
        pure_samples=DIGITS_TRAINING_IMAGES,
        check_epochs=2,
        check_samples=80,
    ),
    "784-30-10": _Plan(
        make=_pixels,
        data="made images",
        samples=5000,
        loss="mean_squared_error",
        learning_rate=1.0,
        batch_size=10,
        epochs=10,
        pure_epochs=1,
        pure_samples=500,
        check_epochs=2,
        check_samples=25,
    ),
    "784-128-64-10": _Plan(
        make=_pixels,
        data="made images",
        samples=5000,
        loss="mean_squared_error",
        learning_rate=1.0,
        batch_size=128,
        epochs=10,
        pure_epochs=0,
        pure_samples=0,
        check_epochs=1,
        check_samples=6,
    ),
    "784-512-512-10": _Plan(
        make=_dense,
        data="made numbers",
        samples=2560,
        loss="mean_squared_error",
        learning_rate=1.0,
        batch_size=128,
        epochs=10,
        pure_epochs=0,
        pure_samples=0,
        check_epochs=1,
        check_samples=2,
    ),
}

NAMES = tuple(_PLANS)


def make_case(name: str, *, quick: bool = False, tiny: bool = False) -> Case:
    """Return a case by its name.

    A quick one has a third of the epochs; a tiny one has two batches, the second not full, and 2
    epochs.
    """
    plan = _PLANS[name]
    sizes = tuple(map(int, name.split("-")))
    samples = plan.samples
    if tiny:
        samples = min(samples, plan.batch_size + (plan.batch_size + 1) // 2)
    inputs, targets = plan.make(samples)
    epochs = plan.epochs // 3 if quick else plan.epochs
    drawn = purenet.Network(
        [purenet.Dense(*pair, "sigmoid") for pair in zip(sizes[:-1], sizes[1:], strict=True)],
        plan.loss,
        seed=1,
    )
    return Case(
        name=name,
        sizes=sizes,
        loss=plan.loss,
        learning_rate=plan.learning_rate,
        batch_size=plan.batch_size,
        epochs=2 if tiny else epochs,
        pure_epochs=min(plan.pure_epochs, 2) if tiny else plan.pure_epochs,
        pure_samples=min(plan.pure_samples, samples),
        check_epochs=1 if tiny else plan.check_epochs,
        check_samples=min(plan.check_samples, samples),
        data=plan.data,
        inputs=inputs,
        targets=targets,
        first_weights=[layer.weights for layer in drawn.layers],
        first_biases=[list(layer.biases or []) for layer in drawn.layers],
    )
