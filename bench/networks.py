"""The networks of the bench, with their data and first weights."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import purenet
from purenet.matrix import Matrix

from . import data
from .layers import Conv2D, Dense, Flatten, MaxPool2D, Plan, Recurrent

DESCENT = "gradient_descent"


@dataclass(frozen=True)
class Case:
    """A network to be trained on some data.

    input_shape: of one sample: a number of inputs, channels and rows and columns of an image, or
        steps and features of a sequence.
    optimizer: its name in purenet.
    shuffle: whether each epoch visits the samples in a new order, as ``fit`` does by default; then
        every library draws orders of its own, and none sees the batches of another.
    epochs: of one timed run.
    pure_epochs, pure_samples: those of a timed run of ``purenet``; without samples it is not timed.
    check_samples, check_epochs: those with which ``purenet`` and ``purenet_fast`` are compared.
    first: the first parameters, one entry a layer, the same for every library.
    """

    name: str
    input_shape: tuple[int, ...]
    layers: tuple[Plan, ...]
    loss: str
    learning_rate: float
    optimizer: str
    batch_size: int
    shuffle: bool
    epochs: int
    pure_epochs: int
    pure_samples: int
    check_epochs: int
    check_samples: int
    data: str
    inputs: Matrix
    targets: Matrix
    first: list[dict[str, Any]]

    @property
    def samples(self) -> int:
        return len(self.inputs)

    @property
    def is_dense(self) -> bool:
        """Whether all layers are dense sigmoid layers, trained with a squared error."""
        dense = all(
            isinstance(plan, Dense) and plan.activation == "sigmoid" for plan in self.layers
        )
        return dense and "cross_entropy" not in self.loss

    @property
    def is_plain(self) -> bool:
        """Whether it is such a network, and trained by plain gradient descent."""
        return self.is_dense and self.optimizer == DESCENT

    @property
    def sizes(self) -> tuple[int, ...]:
        """Of a dense network the numbers of inputs and of each layer's units."""
        return (*self.input_shape, *(plan.units for plan in self.layers if isinstance(plan, Dense)))

    def head(self, samples: int) -> Case:
        """Return the case with its first samples only."""
        return replace(self, inputs=self.inputs[:samples], targets=self.targets[:samples])

    def network(self, package: ModuleType) -> purenet.Network:
        """Return the network before its first step, made by purenet or purenet_fast."""
        return make_network(package, self.input_shape, self.layers, self.loss, self.first)

    def fit(self, network: purenet.Network, epochs: int, **options: Any) -> None:
        """Train a network through its public ``fit``."""
        if self.optimizer != DESCENT:
            options["optimizer"] = self.optimizer
        network.fit(
            self.inputs,
            self.targets,
            epochs=epochs,
            learning_rate=self.learning_rate,
            batch_size=self.batch_size,
            shuffle=self.shuffle,
            **options,
        )


def make_network(
    package: ModuleType,
    input_shape: tuple[int, ...],
    plans: tuple[Plan, ...],
    loss: str,
    first: list[dict[str, Any]] | None = None,
) -> purenet.Network:
    """Return a network of purenet or purenet_fast; without first parameters they are drawn."""
    inputs: Any = input_shape if len(input_shape) > 1 else input_shape[0]
    layers = []
    for number, plan in enumerate(plans):
        parameters = {} if first is None else first[number]
        layers.append(plan.make(package, inputs if number == 0 else None, parameters))
    network: purenet.Network = package.Network(layers, loss, seed=1)
    return network


@dataclass(frozen=True)
class _Plan:
    """What a case is made from."""

    make: Callable[[int], tuple[Matrix, Matrix]]
    data: str
    samples: int
    input_shape: tuple[int, ...]
    layers: tuple[Plan, ...]
    loss: str
    learning_rate: float
    batch_size: int
    epochs: int
    pure_epochs: int
    pure_samples: int
    check_epochs: int
    check_samples: int
    optimizer: str = DESCENT


def _sigmoids(*units: int) -> tuple[Plan, ...]:
    return tuple(Dense(count, "sigmoid") for count in units)


_MNIST = functools.partial(data.pixels, non_zero=data.NON_ZERO)
_IMAGES = functools.partial(data.pixels, non_zero=data.MORE_NON_ZERO)
_CONVOLUTION = (Conv2D(8, 3, "relu"), MaxPool2D(2), Flatten(), Dense(10, "softmax"))
_TWO_CONVOLUTIONS = (
    Conv2D(16, 3, "relu"),
    MaxPool2D(2),
    Conv2D(32, 3, "relu"),
    MaxPool2D(2),
    Flatten(),
    Dense(10, "softmax"),
)

# The check trains whole batches and one that is smaller, where that does not take purenet long.
_PLANS = {
    "3-4-1": _Plan(
        make=data.xor,
        data="the XOR table",
        samples=4,
        input_shape=(3,),
        layers=_sigmoids(4, 1),
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
        make=data.digits,
        data="handwritten digits",
        samples=data.DIGITS_TRAINING_IMAGES,
        input_shape=(64,),
        layers=_sigmoids(32, 10),
        loss="mean_squared_error",
        learning_rate=3.0,
        batch_size=32,
        epochs=50,
        pure_epochs=1,
        pure_samples=data.DIGITS_TRAINING_IMAGES,
        check_epochs=2,
        check_samples=80,
    ),
    "784-30-10": _Plan(
        make=_MNIST,
        data="made images",
        samples=5000,
        input_shape=(784,),
        layers=_sigmoids(30, 10),
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
        make=_MNIST,
        data="made images",
        samples=5000,
        input_shape=(784,),
        layers=_sigmoids(128, 64, 10),
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
        make=data.dense,
        data="made numbers",
        samples=2560,
        input_shape=(784,),
        layers=_sigmoids(512, 512, 10),
        loss="mean_squared_error",
        learning_rate=1.0,
        batch_size=128,
        epochs=10,
        pure_epochs=0,
        pure_samples=0,
        check_epochs=1,
        check_samples=2,
    ),
    "784-30-10-adam": _Plan(
        make=_MNIST,
        data="made images",
        samples=5000,
        input_shape=(784,),
        layers=_sigmoids(30, 10),
        loss="mean_squared_error",
        learning_rate=0.001,
        optimizer="adam",
        batch_size=10,
        epochs=10,
        pure_epochs=1,
        pure_samples=100,
        check_epochs=2,
        check_samples=25,
    ),
    "conv-8x8": _Plan(
        make=data.digits,
        data="handwritten digits",
        samples=data.DIGITS_TRAINING_IMAGES,
        input_shape=(1, 8, 8),
        layers=_CONVOLUTION,
        loss="categorical_cross_entropy",
        learning_rate=0.1,
        batch_size=32,
        epochs=20,
        pure_epochs=1,
        pure_samples=160,
        check_epochs=1,
        check_samples=48,
    ),
    "conv-28x28": _Plan(
        make=_IMAGES,
        data="made images",
        samples=1000,
        input_shape=(1, 28, 28),
        layers=_CONVOLUTION,
        loss="categorical_cross_entropy",
        learning_rate=0.1,
        batch_size=32,
        epochs=10,
        pure_epochs=1,
        pure_samples=16,
        check_epochs=1,
        check_samples=6,
    ),
    "conv-conv-28x28": _Plan(
        make=_IMAGES,
        data="made images",
        samples=1000,
        input_shape=(1, 28, 28),
        layers=_TWO_CONVOLUTIONS,
        loss="categorical_cross_entropy",
        learning_rate=0.1,
        batch_size=32,
        epochs=2,
        pure_epochs=0,
        pure_samples=0,
        check_epochs=1,
        check_samples=2,
    ),
    "recurrent-8": _Plan(
        make=data.bits,
        data="sequences of bits",
        samples=2000,
        input_shape=(8, 1),
        layers=(Recurrent(16), Dense(1, "sigmoid")),
        loss="binary_cross_entropy",
        learning_rate=0.1,
        batch_size=20,
        epochs=10,
        pure_epochs=1,
        pure_samples=200,
        check_epochs=1,
        check_samples=50,
    ),
}

NAMES = tuple(_PLANS)


def batch_size_of(name: str) -> int:
    """Return the network's own batch size."""
    return _PLANS[name].batch_size


def make_case(
    name: str,
    *,
    batch_size: int | None = None,
    shuffle: bool = False,
    quick: bool = False,
    tiny: bool = False,
) -> Case:
    """Return a case by its name.

    batch_size: the network's own if None; never more than there are samples.  A batch of all
    samples has nothing to shuffle.  A quick case has a third of the epochs; a tiny one has two
    batches, the second not full, and 2 epochs.
    """
    plan = _PLANS[name]
    batch_size = min(batch_size or plan.batch_size, plan.samples)
    samples = plan.samples
    if tiny:
        samples = min(samples, batch_size + (batch_size + 1) // 2)
    inputs, targets = plan.make(samples)
    epochs = max(plan.epochs // 3, 1) if quick else plan.epochs
    drawn = make_network(purenet, plan.input_shape, plan.layers, plan.loss)
    return Case(
        name=name,
        input_shape=plan.input_shape,
        layers=plan.layers,
        loss=plan.loss,
        learning_rate=plan.learning_rate,
        optimizer=plan.optimizer,
        batch_size=batch_size,
        shuffle=shuffle and batch_size < samples,
        epochs=2 if tiny else epochs,
        pure_epochs=min(plan.pure_epochs, 2) if tiny else plan.pure_epochs,
        pure_samples=min(plan.pure_samples, samples),
        check_epochs=1 if tiny else plan.check_epochs,
        check_samples=min(plan.check_samples, samples),
        data=plan.data,
        inputs=inputs,
        targets=targets,
        first=[{n: getattr(layer, n) for n in layer.PARAMETERS} for layer in drawn.layers],
    )
