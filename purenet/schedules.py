"""Schedules: a learning rate that changes from epoch to epoch.

A schedule is anything that can be called with the number of an epoch, counted from 0 over the life
of a network, and returns the epoch's learning rate; ``fit`` takes one as ``learning_rate``.  These
are the usual ones.  What they return depends on their settings and arguments alone, and is the same
to the last bit everywhere: powers are products, and the cosine is purenet's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from .checks import (
    as_count,
    as_learning_rate,
    as_number,
    as_part,
    as_row,
    as_size,
    check_no_class,
    shown,
)
from .elementary import cos
from .fixed import Fixed

LAST_EPOCH = 2**53  # beyond, floats would not tell one from the next


class Schedule(Fixed):
    """What purenet's own schedules have in common: equal settings make equal ones.

    Each raises ValueError or TypeError for unusable settings.

    needs_losses: whether it is called as ``schedule(epoch, losses)``, with the losses of the epochs
        before (the validation losses, if there are any), the latest last.
    """

    needs_losses: ClassVar[bool] = False


class StepDecay(Schedule):
    """The rate times a factor after every so many epochs: ``rate * factor ** (epoch // every)``.

    rate: the first one, 0 or more.  every: a number of epochs.  factor: more than 0, at most 1.

    >>> schedule = StepDecay(0.5, 10)
    >>> [schedule(epoch) for epoch in (0, 9, 10, 20)]
    [0.5, 0.5, 0.25, 0.125]
    """

    rate: float
    every: int
    factor: float

    def __init__(self, rate: float, every: int, factor: float = 0.5) -> None:
        self.__dict__["rate"] = as_learning_rate(rate, "rate")
        self.__dict__["every"] = as_epochs(every, "every")
        self.__dict__["factor"] = _as_factor(factor)

    def __call__(self, epoch: int) -> float:
        return self.rate * power(self.factor, as_epoch(epoch) // self.every)


class ExponentialDecay(Schedule):
    """The rate times a factor after every epoch: ``rate * factor ** epoch``.

    rate: the first one, 0 or more.  factor: more than 0, at most 1.

    >>> schedule = ExponentialDecay(0.5, 0.75)
    >>> [schedule(epoch) for epoch in range(3)]
    [0.5, 0.375, 0.28125]
    """

    rate: float
    factor: float

    def __init__(self, rate: float, factor: float) -> None:
        self.__dict__["rate"] = as_learning_rate(rate, "rate")
        self.__dict__["factor"] = _as_factor(factor)

    def __call__(self, epoch: int) -> float:
        return self.rate * power(self.factor, as_epoch(epoch))


class CosineDecay(Schedule):
    """Half a wave of the cosine, from the first rate down to the lowest, which then stays.

    ``lowest + (rate - lowest) * (1 + cos(pi * epoch / epochs)) / 2``

    Loshchilov and Hutter, "SGDR: Stochastic gradient descent with warm restarts", 2017.

    rate: the first one, 0 or more.  epochs: how many it takes.  lowest: from 0 to rate.

    >>> schedule = CosineDecay(0.5, 4)
    >>> [round(schedule(epoch), 3) for epoch in range(6)]
    [0.5, 0.427, 0.25, 0.073, 0.0, 0.0]
    """

    rate: float
    epochs: int
    lowest: float

    def __init__(self, rate: float, epochs: int, lowest: float = 0.0) -> None:
        first = as_learning_rate(rate, "rate")
        last = as_learning_rate(lowest, "lowest")
        if last > first:
            raise ValueError(f"lowest: found {last}, expected 0 to rate, which is {first}")
        self.__dict__["rate"] = first
        self.__dict__["epochs"] = as_epochs(epochs, "epochs")
        self.__dict__["lowest"] = last

    def __call__(self, epoch: int) -> float:
        epoch = as_epoch(epoch)
        if epoch >= self.epochs:
            return self.lowest
        angle = math.pi * epoch / self.epochs
        return self.lowest + (self.rate - self.lowest) * (1.0 + cos(angle)) / 2.0


class InverseTimeDecay(Schedule):
    """The rate divided by a number that grows by ``decay`` every epoch: 1/t.

    ``rate / (1 + decay * epoch)``

    Such rates add up to infinity, and their squares do not: with them, steps along noisy slopes
    find the place where there is none (Robbins and Monro, "A stochastic approximation method",
    1951).

    rate: the first one, 0 or more.  decay: 0 or more.

    >>> schedule = InverseTimeDecay(0.5, 1.0)
    >>> [schedule(epoch) for epoch in (0, 1, 3)]
    [0.5, 0.25, 0.125]
    """

    rate: float
    decay: float

    def __init__(self, rate: float, decay: float) -> None:
        self.__dict__["rate"] = as_learning_rate(rate, "rate")
        self.__dict__["decay"] = as_size(decay, "decay")

    def __call__(self, epoch: int) -> float:
        return self.rate / (1.0 + self.decay * as_epoch(epoch))


class WarmUp(Schedule):
    """Steps of equal height up to the first rate of another schedule, which then begins.

    ``then(0) * (epoch + 1) / (epochs + 1)`` for so many epochs, then ``then(epoch - epochs)``

    First values are far from any good ones, and their slopes are steep.

    Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017.

    epochs: how many it takes.  then: a rate or a schedule.

    >>> schedule = WarmUp(3, StepDecay(0.5, 2))
    >>> [schedule(epoch) for epoch in range(7)]
    [0.125, 0.25, 0.375, 0.5, 0.5, 0.25, 0.25]
    """

    epochs: int
    then: float | Callable[..., float]

    def __init__(self, epochs: int, then: float | Callable[..., float]) -> None:
        self.__dict__["epochs"] = as_epochs(epochs, "epochs")
        check_no_class(then, "then")
        self.__dict__["then"] = then if callable(then) else as_learning_rate(then, "then")

    @property
    def needs_losses(self) -> bool:  # type: ignore[override]
        """Whether the schedule that follows does."""
        return bool(getattr(self.then, "needs_losses", False))

    def __call__(self, epoch: int, losses: Sequence[float] = ()) -> float:
        epoch = as_epoch(epoch)
        if epoch >= self.epochs:
            return self._rate(epoch - self.epochs, losses)
        return self._rate(0, losses) * (epoch + 1) / (self.epochs + 1)

    def _rate(self, epoch: int, losses: Sequence[float]) -> float:
        """Return the rate of the schedule that follows, which knows nothing of the warm-up."""
        if not callable(self.then):
            return self.then
        if self.needs_losses:
            return as_learning_rate(self.then(epoch, losses[max(0, len(losses) - epoch) :]), "then")
        return as_learning_rate(self.then(epoch), "then")


class ReduceOnPlateau(Schedule):
    """The rate times a factor whenever the loss has stopped falling.

    A loss counts as lower if it is below ``(1 - threshold)`` times the lowest so far.  After more
    than ``patience`` epochs without one the rate is reduced, and the counting begins again; as in
    PyTorch.

    rate: the first one, 0 or more.  factor: more than 0, less than 1.  patience: a number of
    epochs, 0 or more.  least: the lowest rate, from 0 to rate.  threshold: 0 or more, less than 1.

    >>> schedule = ReduceOnPlateau(0.5, 0.25, patience=1)
    >>> losses = [3.0, 2.0, 2.0, 2.5, 2.0]
    >>> [schedule(epoch, losses[:epoch]) for epoch in range(6)]
    [0.5, 0.5, 0.5, 0.5, 0.125, 0.125]
    """

    rate: float
    factor: float
    patience: int
    least: float
    threshold: float
    needs_losses = True

    def __init__(
        self,
        rate: float,
        factor: float = 0.1,
        patience: int = 10,
        least: float = 0.0,
        threshold: float = 1e-4,
    ) -> None:
        first = as_learning_rate(rate, "rate")
        times = as_number(factor, "factor")
        if not 0.0 < times < 1.0:
            raise ValueError(f"factor: found {times}, expected more than 0 and less than 1")
        lowest = as_learning_rate(least, "least")
        if lowest > first:
            raise ValueError(f"least: found {lowest}, expected 0 to rate, which is {first}")
        self.__dict__["rate"] = first
        self.__dict__["factor"] = times
        self.__dict__["patience"] = as_count(patience, "patience", least=0)
        self.__dict__["least"] = lowest
        self.__dict__["threshold"] = as_part(threshold, "threshold")

    def __call__(self, epoch: int, losses: Sequence[float]) -> float:
        as_epoch(epoch)
        rate = self.rate
        lowest = math.inf
        without = 0
        for loss in as_row(losses, "losses", None, finite=False):
            if loss < lowest * (1.0 - self.threshold):
                lowest = loss
                without = 0
            else:
                without += 1
            if without > self.patience:
                rate = rate * self.factor
                if rate < self.least:
                    rate = self.least
                without = 0
        return rate


def as_epochs(value: Any, argument: str) -> int:
    """Return a number of epochs, one or more."""
    number = as_count(value, argument)
    return as_count(number, argument, most=LAST_EPOCH) if number > LAST_EPOCH else number


def as_epoch(value: Any) -> int:
    """Return the number of an epoch, counted from 0."""
    return as_count(value, "epoch", least=0, most=LAST_EPOCH)


def power(factor: float, times: int) -> float:
    """Return ``factor`` multiplied with itself so many times, by squaring.

    ``factor ** 13 = factor * factor ** 4 * factor ** 8``: as many multiplications as the number has
    binary digits, and the same product everywhere.

    >>> power(0.5, 0), power(0.5, 13) == 0.5**13
    (1.0, True)
    """
    product = 1.0
    square = factor
    while times > 0:
        if times % 2 == 1:
            product = product * square
        square = square * square
        times = times // 2
    return product


def _as_factor(value: Any) -> float:
    factor = as_number(value, "factor")
    if not 0.0 < factor <= 1.0:
        raise ValueError(f"factor: found {shown(factor)}, expected more than 0 and at most 1")
    return factor
