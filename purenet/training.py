"""A run of epochs: its settings, the order of the samples, what is watched, and when it stops."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from operator import contains
from types import NoneType
from typing import Any, NamedTuple, Protocol

from .answers import count_correct
from .buffers import buffer_of
from .checks import (
    as_count,
    as_flag,
    as_learning_rate,
    as_list,
    as_number,
    check_no_class,
    shown,
)
from .construction import Parts
from .history import History, TrainingDiverged
from .layers import LayerOutput
from .losses import loss_count, total_loss, weighted_total_loss
from .matrix import Matrix
from .optimizers import OPTIMIZERS, PLAIN_DESCENT, Optimizer, as_optimizer
from .parameters import clip_gradients, find_non_finite
from .randomness import shuffled_order
from .samples import Samples

# More do not help, however many are allowed.
MOST_THREADS = 256

# Epochs that a backend may train without a look in between; its memory grows with them.
LONGEST_RUN = 100_000


class Trainee(Parts, Protocol):
    """What a run of epochs asks of a network: the seam where a compiled package takes over.

    What is checked and converted is the backend's own: only it looks into its samples.
    """

    def checked_samples(
        self, inputs: Any, targets: Any, threads: int = 1, settings: Any = None
    ) -> Any: ...

    def forward(
        self, inputs: Matrix, batch: tuple[int, int] | None = None
    ) -> list[LayerOutput]: ...

    def backward(
        self,
        inputs: Matrix,
        targets: Matrix,
        outputs: list[LayerOutput],
        sample_weights: Sequence[float] | None = None,
    ) -> list[Any]: ...

    def step(self, gradients: list[Any], learning_rate: float, optimizer: Optimizer) -> None: ...

    def run_epochs(
        self, samples: Samples, rates: Sequence[float], settings: Settings, history: History
    ) -> None: ...

    def penalty(self) -> float: ...

    def measure(self, samples: Samples, threads: int) -> tuple[float, int, Any]: ...

    def find_non_finite(self) -> tuple[str, float] | None: ...

    def check_parameters(self) -> None: ...


class Settings(NamedTuple):
    """How to train: arguments of ``fit``, checked."""

    epochs: int = 1
    learning_rate: float | Callable[[int], float] = PLAIN_DESCENT.usual_rate
    batch_size: int | None = None
    shuffle: bool = True
    patience: int | None = None
    on_epoch: Callable[[int, History], Any] | None = None
    progress: bool = False
    threads: int = 1
    optimizer: Optimizer = PLAIN_DESCENT
    clip_norm: float | None = None
    clip_value: float | None = None
    restore_best: bool = False


LARGEST = sys.float_info.max

# The types of what is right as it is, in the order of the settings.
_INT, _BOOL, _NONE = {int}, {bool}, {NoneType}
_USUAL: tuple[set[Any], ...] = (
    _INT,
    {float, int},
    _INT | _NONE,
    _BOOL,
    _INT | _NONE,
    _NONE,
    _BOOL,
    _INT,
    set(OPTIMIZERS.values()),
    _NONE,
    _NONE,
    _BOOL,
)


def checked_settings(*given: Any) -> Settings:
    """Return the settings of a training, or raise ValueError or TypeError for an unusable one.

    given: what stands in ``Settings``, in that order; None for the optimizer's usual learning rate.
    """
    # What is usual is passed in few lines; the rest finds the words for what is wrong.
    if all(map(contains, _USUAL, map(type, given))) and 0.0 <= given[1] <= LARGEST:
        if min({*given[:3:2], *given[4:8:3]} - {None}) > 0 and given[7] <= MOST_THREADS:
            return tuple.__new__(Settings, given)  # Settings(...) would be a detour in a debugger
    epochs, learning_rate, batch_size, shuffle, patience, on_epoch, progress, threads = given[:8]
    threads = checked_threads(threads)
    as_flag(shuffle, "shuffle")
    if batch_size is not None:
        batch_size = as_count(batch_size, "batch_size")
    epochs = as_count(epochs, "epochs")
    if patience is not None:
        patience = as_count(patience, "patience")
    check_no_class(learning_rate, "learning_rate")
    check_no_class(on_epoch, "on_epoch")
    if on_epoch is not None and not callable(on_epoch):
        raise TypeError(f"on_epoch: found {shown(on_epoch)}, expected a function")
    optimizer = as_optimizer(given[8], "optimizer")
    if learning_rate is None:
        learning_rate = optimizer.usual_rate
    elif not callable(learning_rate):
        learning_rate = as_learning_rate(learning_rate)
    as_flag(progress, "progress")
    return Settings(
        epochs,
        learning_rate,
        batch_size,
        shuffle,
        patience,
        on_epoch,
        progress,
        threads,
        optimizer,
        checked_limit(given[9], "clip_norm"),
        checked_limit(given[10], "clip_value"),
        as_flag(given[11], "restore_best"),
    )


def checked_limit(value: Any, argument: str) -> float | None:
    """Return how large a gradient may be, more than 0; None for no limit."""
    if value is None:
        return None
    limit = as_number(value, argument)
    if limit <= 0.0:
        raise ValueError(f"{argument}: found {shown(value)}, expected more than 0")
    return limit


def checked_threads(threads: Any) -> int:
    """Return how many threads may compute."""
    if type(threads) is int and 0 < threads <= MOST_THREADS:
        return threads
    return min(as_count(threads, "threads"), MOST_THREADS)


def as_samples(net: Trainee, validation_data: Any, threads: int) -> Samples:
    """Return the samples of ``validation_data``."""
    pair = as_list(validation_data, "validation_data", "a pair (inputs, targets)")
    if len(pair) != 2:
        raise ValueError(
            f"validation_data: found {len(pair)} items, expected a pair (inputs, targets)"
        )
    try:
        samples: Samples = net.checked_samples(pair[0], pair[1], threads)
        return samples
    except (TypeError, ValueError) as error:
        raise type(error)(f"validation_data: {error}") from None


def more_samples(
    net: Trainee,
    samples: Any,
    inputs: Any,
    targets: Any,
    settings: Settings,
    validation_data: Any,
    validation_split: Any,
    class_weight: Any,
    sample_weight: Any,
) -> tuple[Any, Any]:
    """Return the samples to train on, with their weights, and those to validate on, or None.

    samples: the checked inputs and targets.
    """
    from . import sample_weights  # these two rooms are loaded when somebody asks for them

    weights = None
    if sample_weight is not None:
        weights = sample_weights.checked_sample_weight(sample_weight, samples.size)
    validation = None
    if validation_split is not None:
        from .splits import divided_in_two

        if validation_data is not None:
            raise ValueError(
                "validation_split: found it together with validation_data, expected one of them"
            )
        classes = samples.target_lists() if samples.classes else None
        kept, held = divided_in_two(samples.size, validation_split, net.seed, classes)
        buffer = buffer_of(inputs)
        rows = as_list(inputs, "inputs", "rows") if buffer is None else []
        answers = as_list(targets, "targets", "rows")
        both = []
        for part, meant_for in ((kept, settings), (held, None)):
            x = buffer._replace(places=part) if buffer is not None else [rows[i] for i in part]
            y = [answers[i] for i in part]
            found = net.checked_samples(x, y, settings.threads, meant_for)
            both.append(found if samples.classes else found.without_classes())
        samples, validation = both
        weights = None if weights is None else [weights[i] for i in kept]
    elif validation_data is not None:
        validation = as_samples(net, validation_data, settings.threads)
    if class_weight is not None:
        classes = samples.target_lists() if samples.classes else None
        weights = sample_weights.with_class_weight(weights, class_weight, classes)
    if weights is not None:
        sample_weights.check_some(weights)
        samples = samples.weighted(weights)
    return samples, validation


class BestEpoch:
    """Notes a network's parameters after each epoch with a lower loss than ever before."""

    def __init__(self) -> None:
        self.loss = math.inf
        self.epoch: int | None = None
        self.interrupted = False  # within a later epoch, perhaps
        self.copies: list[tuple[Any, Any]] = []  # of layers and their parameters
        self.spare: list[tuple[Any, Any]] = []  # the copies before these

    def look(self, net: Trainee, history: History) -> None:
        """Be called after each epoch."""
        loss = (history.validation_loss or history.loss)[-1]
        if loss < self.loss:
            spare = {id(layer): copy for layer, copy in self.spare}
            copies = []
            for layer in net.layers:
                copies.append((layer, layer.copy_of_parameters(spare.get(id(layer)))))
            self.copies, self.spare = copies, self.copies
            self.loss, self.epoch = loss, history.first_epoch + len(history.loss) - 1

    def restore(self, net: Trainee, history: History) -> None:
        """Give the network the noted parameters again.

        What the optimizer remembers of later steps is forgotten.
        """
        history.best_epoch = self.epoch
        if self.epoch is None:
            return
        for layer, copy in self.copies:
            layer.put_back(copy)
            if self.interrupted or self.epoch + 1 != net.epochs_trained:
                layer.remember(None, {})
        net.epochs_trained = self.epoch + 1


class Patience:
    """Ends after so many epochs without a new lowest loss."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.lowest: float | None = None
        self.without = -1  # epochs since that one; the first one comes after none

    def ends(self, history: History) -> bool:
        """Be called after each epoch; return whether training is to stop."""
        loss = (history.validation_loss or history.loss)[-1]
        # NaN is not the lowest, nor a new one.
        if loss == loss and (self.lowest is None or loss < self.lowest):
            self.lowest, self.without = loss, 0
        else:
            self.without += 1
        return self.without >= self.epochs


def train(net: Trainee, samples: Samples, validation: Any, settings: Settings) -> History:
    """Train a network and return the history.

    Nothing but ``net.run_epochs`` computes: in Python, or compiled.
    """
    epochs, rate, _, _, _, on_epoch, progress, *_ = settings
    history, bar = History(first_epoch=net.epochs_trained), _bar(epochs) if progress else None
    best = BestEpoch() if settings.restore_best else None
    patience = Patience(settings.patience) if settings.patience else None
    # If nobody looks on between the epochs, the backend may run them all at once.
    alone = (validation, patience, on_epoch, bar, best) == (None,) * 5
    try:
        while (left := min(epochs - len(history.loss), LONGEST_RUN)) and history.stopped is None:
            alike = alone and not callable(rate)
            rates: Any = [rate] * left if alike else _rates(net, rate, alone, left, history)
            vars(net)["history"] = history
            net.run_epochs(samples, rates, settings, history)
            _check_finite(net, history)
            if validation is not None:
                _validate(net, validation, history, settings.threads)
            if best is not None:
                best.look(net, history)
            if patience is not None and patience.ends(history):
                history.stopped = f"no lower loss for {patience.epochs} epochs"
            if bar is not None:
                bar.update(history.epochs, f"loss {history.loss[-1]:.4g}")
            if on_epoch is not None and on_epoch(net.epochs_trained - 1, history) is True:
                history.stopped = "on_epoch returned True"
    except BaseException:
        if best is not None:
            best.interrupted = True
        raise
    finally:
        # Also after Ctrl-C: the epochs that were finished count.
        net.epochs_trained = history.first_epoch + len(history.loss)
        if best is not None:
            best.restore(net, history)
        if bar is not None:
            bar.close()
    return history


def _rates(net: Trainee, rate: Any, alone: bool, left: int, history: History) -> Sequence[float]:
    """Return the learning rates of the next epochs: of one, if somebody looks on after it."""
    first = net.epochs_trained
    needs_losses = getattr(rate, "needs_losses", None)  # a schedule of purenet's says so
    if alone and needs_losses is False:
        return [as_learning_rate(rate(epoch)) for epoch in range(first, first + left)]
    if needs_losses:
        rate = rate(first, list(history.validation_loss or history.loss))
    elif callable(rate):
        rate = as_learning_rate(rate(first), f"learning_rate({first})")
    # What a function of the user's may have written into the parameters is checked.
    net.check_parameters()
    return [rate]


def _bar(epochs: int) -> Any:
    from .drawing.progress import ProgressBar  # here, because nobody else needs to load it

    return ProgressBar(epochs, sys.stderr, "epoch")


def _check_finite(net: Trainee, history: History) -> None:
    diverged = net.find_non_finite()
    if diverged is not None:
        history.stopped = "training diverged"
        raise TrainingDiverged(net.epochs_trained - 1, *diverged, history)


def run_epochs(
    net: Trainee, samples: Samples, rates: Sequence[float], settings: Settings, history: History
) -> None:
    """Train one epoch for each learning rate, and append its loss and accuracy to the history.

    Ends early if a weight is no longer finite.
    """
    inputs, targets, classes, count, _ = samples
    size, shuffle = settings.batch_size or count, settings.shuffle
    for epoch, rate in enumerate(rates, history.first_epoch + len(history.loss)):
        order = shuffled_order(count, net.seed, epoch) if shuffle and size < count else range(count)
        total, penalties, correct, batches = 0.0, 0.0, 0, 0
        for start in range(0, count, size):
            if size < count:
                batch = order[start : start + size]
                inputs = [samples.inputs[i] for i in batch]
                targets = [samples.targets[i] for i in batch]
            outputs = net.forward(inputs, (epoch, batches))
            z, a = outputs[-1][:2]
            if samples.weights is None:
                total = total + total_loss(net.loss, z, a, targets)
                gradients = net.backward(inputs, targets, outputs)
            else:
                weights = [samples.weights[i] for i in order[start : start + size]]
                total = total + weighted_total_loss(net.loss, z, a, targets, weights)
                gradients = net.backward(inputs, targets, outputs, weights)
            penalties = penalties + net.penalty()
            batches += 1
            if classes:
                correct += count_correct(a, targets)
            if settings.clip_value is not None or settings.clip_norm is not None:
                clip_gradients(net.layers, gradients, settings.clip_value, settings.clip_norm)
            net.step(gradients, rate, settings.optimizer)
        loss = total / loss_count(net.loss, count, net.outputs)
        history.loss.append(loss + penalties / batches)
        if classes:
            history.accuracy.append(correct / count)
        vars(net)["epochs_trained"] = epoch + 1  # it needs no check
        if find_non_finite(net.layers) is not None:
            break


def _validate(net: Trainee, samples: Samples, history: History, threads: int) -> None:
    total, correct, _ = net.measure(samples, threads)
    count = samples.size
    loss = total / loss_count(net.loss, count, net.outputs)
    history.validation_loss.append(loss + net.penalty())
    if samples.classes:
        history.validation_accuracy.append(correct / count)
