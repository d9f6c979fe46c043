"""Training by a recipe, such that something useful is left whatever happens.

A training that diverges goes back to where its loss was lowest and on from there in smaller steps;
one that is interrupted leaves the network of the last whole epoch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..history import History, TrainingDiverged
from ..matrix import Rows
from ..network import Network
from .recipe import Recipe

# How far the loss may rise above what it was at first, or above 1.0, which is about that of a
# network that knows nothing.
HIGHEST_RISE = 3.0

# After going back, steps are so much smaller; and so often it is tried.
SMALLER = 0.1
MOST_RETURNS = 10

# Called as (epochs done, epochs in all, what to say beside).
Progress = Callable[[int, int, str], Any]


class Course(NamedTuple):
    """How a training went.

    history: of the epochs that count: what was gone back on is not in it.
    notes: what its user should know, in words.
    interrupted: whether Ctrl-C ended it.
    """

    history: History
    notes: list[str]
    interrupted: bool


def train(
    network: Network,
    recipe: Recipe,
    inputs: Rows,
    targets: Any,
    *,
    validation: tuple[Any, Any] | None = None,
    patience: int | None = None,
    sample_weight: Sequence[float] | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> Course:
    """Train a network by a recipe.

    inputs, targets: as ``fit`` takes them.
    validation: inputs and targets to measure after each epoch; the network will be that of the
        epoch with the lowest loss on them.
    patience: stop after so many epochs without a lower loss.
    sample_weight, threads: as in ``fit``.
    progress: called after each epoch as ``progress(done, epochs, words)``.

    The schedule begins with the first epoch of this call, whatever the network was trained before.

    Where the loss rises far above that of the beginning, or a parameter is no longer finite, the
    network goes back to the epoch with the lowest loss, and on with a tenth of the learning rate.

    Ctrl-C ends training: the network is that of the last epoch that was finished, or of the best
    one where there is validation.  Before the first epoch is finished, it is as it is then.

    Raises ValueError or TypeError, before anything is changed, for unusable arguments.

    >>> from purenet import Dense, Network
    >>> network = Network([Dense(1, 1, "linear")], seed=1)
    >>> course = train(network, Recipe((), epochs=20, learning_rate=0.3), [[0], [1]], [1, 3])
    >>> course.history.epochs, course.notes, course.interrupted
    (20, [], False)
    """
    watch = _Watch(network, recipe, progress)
    try:
        begun = network.evaluate(inputs, targets, threads=threads).loss
        if sample_weight is not None:
            begun = begun * max(sample_weight)  # what counts most may be what is furthest off
        watch.limit = HIGHEST_RISE * begun if begun > 1.0 else HIGHEST_RISE
        while True:
            try:
                network.fit(
                    inputs,
                    targets,
                    epochs=watch.last - network.epochs_trained,
                    learning_rate=_Later(recipe.rate(), watch.first, watch.factor),
                    batch_size=recipe.batch_size,
                    optimizer=recipe.optimizer_itself(),
                    clip_norm=recipe.clip_norm,
                    validation_data=validation,
                    patience=patience,
                    sample_weight=sample_weight,
                    restore_best=validation is not None,
                    threads=threads,
                    on_epoch=watch,
                )
            except TrainingDiverged as error:
                watch.diverged = error.epoch
            if watch.diverged is None or not watch.go_back():
                break
    except KeyboardInterrupt:
        watch.end_where_it_was_whole()
        return Course(watch.finished(), watch.notes, True)
    return Course(watch.finished(), watch.notes, False)


class _Watch:
    """Is called after each epoch, and knows where to go back to.

    An epoch's loss is that of its samples as they were met, so it speaks of the network at its
    beginning: this is the one to go back to, if the loss is the lowest.
    """

    def __init__(self, network: Network, recipe: Recipe, progress: Progress | None) -> None:
        self.network = network
        self.progress = progress
        self.first = network.epochs_trained
        self.last = self.first + recipe.epochs
        self.rate = recipe.learning_rate
        self.factor = 1.0
        self.returns = 0
        self.limit = math.inf
        self.lowest = math.inf
        self.diverged: int | None = None  # in which epoch
        self.notes: list[str] = []
        self.before = History(first_epoch=self.first)
        self.part: History | None = None  # since the last return
        self.whole = self.good = _Place(network)

    def __call__(self, epoch: int, history: History) -> bool:
        self.part = history
        loss = history.loss[-1]
        if not (math.isfinite(loss) and loss <= self.limit):
            self.diverged = epoch
            return True
        if loss < self.lowest:
            self.lowest, self.good = loss, self.whole
        self.whole = _Place(self.network)
        if self.progress is not None:
            done, epochs = epoch + 1 - self.first, self.last - self.first
            self.progress(done, epochs, f"loss {loss:.4g}")
        return False

    def go_back(self) -> bool:
        """Let the network be what it was when the loss was lowest; return whether to go on."""
        assert self.diverged is not None
        self.good.restore()
        self.whole = self.good
        self.before, self.part = _cut(self.finished(), self.good.epoch), None
        self.factor = self.factor * SMALLER
        self.returns += 1
        where = f"after epoch {self.good.epoch}" if self.good.epoch else "at the beginning"
        note = f"training diverged in epoch {self.diverged + 1}: back to the network {where}"
        self.diverged = None
        if self.returns > MOST_RETURNS:
            self.notes.append(f"{note}, which is the one that is kept")
            return False
        self.notes.append(f"{note}, on with a learning rate of {self.rate * self.factor:g}")
        return True

    def end_where_it_was_whole(self) -> None:
        """Let the network be the one after the last epoch that was finished, or the best one."""
        history = self.network.history
        if self.part is history and history.best_epoch is not None:
            return
        if self.whole.epoch > self.first or self.network.find_non_finite() is not None:
            self.whole.restore()

    def finished(self) -> History:
        """Return the history of the epochs that count."""
        if self.part is None:
            history = self.before
        else:
            history = _joined(self.before, self.part)
            if history.stopped == "on_epoch returned True":
                history.stopped = None
            if self.diverged is None and history.best_epoch is None:
                history = _cut(history, max(self.network.epochs_trained, self.first))
        self.network.history = history
        return history


class _Place:
    """The parameters of a network as they were at some epoch."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.epoch = network.epochs_trained
        self.copies = [(layer, layer.copy_of_parameters()) for layer in network.layers]

    def restore(self) -> None:
        """Give the network these parameters again; what the optimizer remembers is forgotten."""
        for layer, copy in self.copies:
            layer.put_back(copy)
            layer.remember(None, {})
        self.network.epochs_trained = self.epoch


class _Later:
    """A learning rate, or a schedule as if its epoch 0 were a later one, times a factor."""

    def __init__(self, rate: float | Callable[..., float], first: int, factor: float) -> None:
        self.rate = rate
        self.first = first
        self.factor = factor
        self.needs_losses = bool(getattr(rate, "needs_losses", False))

    def __call__(self, epoch: int, *losses: Any) -> float:
        rate = self.rate
        if callable(rate):
            rate = rate(epoch - self.first, *losses)
        return rate * self.factor


def _joined(one: History, other: History) -> History:
    """Return a history that goes on where the first one ends."""
    return History(
        one.loss + other.loss,
        one.accuracy + other.accuracy,
        one.validation_loss + other.validation_loss,
        one.validation_accuracy + other.validation_accuracy,
        one.first_epoch,
        other.stopped,
        other.best_epoch,
    )


def _cut(history: History, epoch: int) -> History:
    """Return a history that ends before an epoch."""
    count = epoch - history.first_epoch
    return History(
        history.loss[:count],
        history.accuracy[:count],
        history.validation_loss[:count],
        history.validation_accuracy[:count],
        history.first_epoch,
        history.stopped,
        history.best_epoch,
    )
