"""Samples divided at random: some to train on, others to measure on.

All is drawn from a seed with ``randomness``: the same on every machine, Python version and backend.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

from .answers import MOST_NUMBERED_CLASSES, class_of
from .checks import NUMBERS, as_count, as_list, as_number, counted, is_row, shown
from .metrics import Evaluation
from .processes import check_can_travel, in_processes
from .randomness import shuffled_order
from .sample_weights import checked_sample_weight

# No training run gets this far, so a split shares its order with no epoch.
SPLIT_EPOCH = 2**32 - 1


class Split(NamedTuple):
    """Samples in two parts, in the order in which people unpack them."""

    train_inputs: list[Any]
    test_inputs: list[Any]
    train_targets: list[Any]
    test_targets: list[Any]


class CrossValidation:
    """What ``cross_validate`` found: an evaluation for each fold.

    evaluations: of each fold by the network that was trained on the others.
    mean_loss, loss_deviation: mean and standard deviation (of these folds, not an estimate for
        others: divided by their number) of the loss.
    mean_accuracy, accuracy_deviation: the same of the accuracy; None where there is none.
    """

    evaluations: list[Evaluation]
    mean_loss: float
    loss_deviation: float
    mean_accuracy: float | None
    accuracy_deviation: float | None

    def __init__(self, evaluations: list[Evaluation]) -> None:
        self.evaluations = evaluations
        self.mean_loss, self.loss_deviation = mean_and_deviation(
            [evaluation.loss for evaluation in evaluations]
        )
        self.mean_accuracy = self.accuracy_deviation = None
        accuracies = [found.accuracy for found in evaluations if found.accuracy is not None]
        if len(accuracies) == len(evaluations):
            self.mean_accuracy, self.accuracy_deviation = mean_and_deviation(accuracies)

    def __repr__(self) -> str:
        text = f"loss {self.mean_loss:.6g} (standard deviation {self.loss_deviation:.4g})"
        if self.mean_accuracy is not None:
            deviation = f"(standard deviation {self.accuracy_deviation:.4f})"
            text = f"accuracy {self.mean_accuracy:.4f} {deviation}, {text}"
        return f"CrossValidation({len(self.evaluations)} folds, {text})"


def train_test_split(
    inputs: Any, targets: Any, *, test: float = 0.25, seed: int = 0, stratify: Any = None
) -> Split:
    """Divide samples at random into those to train on and those to measure on.

    inputs, targets: lists with one row (or number) a sample.
    test: the share to measure on, between 0 and 1, rounded to whole samples, a half up; each part
        has at least one.
    seed: a whole number, 0 or more; it alone chooses the samples.
    stratify: True to give both parts the same share of each class, as nearly as whole samples
        allow; False to draw from all; None to draw by class where the targets are classes: rows
        with one 1, 0 and 1, or whole numbers with at most 20 different ones.  Or a list with the
        group of each sample, to draw from the groups.

    Returns ``train_inputs, test_inputs, train_targets, test_targets``: the rows themselves, in the
    order in which they came.

    Raises ValueError or TypeError for fewer than two samples, lists of different lengths, and
    True for targets that are no classes.

    >>> split = train_test_split([[1], [2], [3], [4]], [0, 0, 1, 1], test=0.5, seed=1)
    >>> split.test_inputs, split.test_targets
    ([[1], [3]], [0, 1])
    """
    rows, answers = _checked(inputs, targets)
    share = checked_share(test, "test")
    if len(rows) < 2:
        raise ValueError("inputs: found 1 row, expected 2 or more to divide")
    strata = _strata(answers, stratify)
    kept, held = divided(len(rows), share, as_count(seed, "seed", least=0), strata, least=1)
    return Split(_at(kept, rows), _at(held, rows), _at(kept, answers), _at(held, answers))


def cross_validate(
    make_network: Callable[[], Any],
    inputs: Any,
    targets: Any,
    *,
    folds: int = 5,
    seed: int = 0,
    stratify: Any = None,
    jobs: int = 1,
    **fit_arguments: Any,
) -> CrossValidation:
    """Train a network on all folds but one and measure it on that one, for each fold.

    make_network: a function without arguments that returns a new network for each fold.
    inputs, targets: lists with one row (or number) a sample.
    folds: how many parts, of the same size but for one sample, two or more.
    seed, stratify: as for ``train_test_split``.
    jobs: how many processes may train, each a fold at a time; it changes no bit.  With more than
        one, ``make_network`` and what ``fit`` takes are sent to them, and so must be picklable: a
        function of a module, no lambda.
    fit_arguments: what ``fit`` takes besides: epochs, learning_rate ... of a sample_weight, each
        network is given its samples' part.

    Raises ValueError or TypeError for unusable arguments and for a network that comes twice.

    Source: M. Stone, "Cross-validatory choice and assessment of statistical predictions", Journal
    of the Royal Statistical Society B 36 (1974); by class: R. Kohavi, IJCAI (1995).

    >>> from purenet import Dense, Network
    >>> def make_network():
    ...     return Network([Dense(1, 1, "sigmoid")], "binary_cross_entropy", seed=1)
    >>> found = cross_validate(make_network, [[0], [1], [4], [5]], [0, 0, 1, 1], folds=2, epochs=90)
    >>> found.mean_accuracy, found.accuracy_deviation
    (0.75, 0.25)
    """
    if not callable(make_network):
        raise TypeError(
            f"make_network: found {shown(make_network)}, expected a function that returns a network"
        )
    rows, answers = _checked(inputs, targets)
    folds = as_count(folds, "folds", least=2)
    if folds > len(rows):
        raise ValueError(
            f"folds: found {shown(folds)} for {counted(len(rows), 'row')}, expected no more"
        )
    strata = _strata(answers, stratify)
    parts = folds_of(len(rows), folds, as_count(seed, "seed", least=0), strata)
    weights = fit_arguments.pop("sample_weight", None)
    if weights is not None:
        weights = checked_sample_weight(weights, len(rows))
    jobs = as_count(jobs, "jobs")
    if jobs > 1:
        for name, value in {"make_network": make_network, **fit_arguments}.items():
            check_can_travel(value, name)
    networks: list[Any] = []  # of this process
    tasks = []
    for held in parts:
        kept = sorted(set(range(len(rows))).difference(held))
        arguments = dict(fit_arguments)
        if weights is not None:
            arguments["sample_weight"] = _at(kept, weights)
        split = Split(_at(kept, rows), _at(held, rows), _at(kept, answers), _at(held, answers))
        tasks.append(_Fold(make_network, split, arguments, networks))
    return CrossValidation(in_processes(_evaluated, tasks, jobs))


class _Fold(NamedTuple):
    """What a process needs to know of a fold; ``others`` are the networks that it made before."""

    make_network: Callable[[], Any]
    split: Split
    fit_arguments: dict[str, Any]
    others: list[Any]


def _evaluated(fold: _Fold) -> Evaluation:
    """Return how good a network is on a fold that was trained on the others."""
    network = fold.make_network()
    if not callable(getattr(network, "fit", None)):
        raise TypeError(f"make_network: found {shown(network)}, expected it to return a network")
    if any(network is other for other in fold.others):
        raise ValueError("make_network: found the same network twice, expected a new one")
    fold.others.append(network)
    train_inputs, test_inputs, train_targets, test_targets = fold.split
    network.fit(train_inputs, train_targets, **fold.fit_arguments)
    threads = fold.fit_arguments.get("threads", 1)
    found: Evaluation = network.evaluate(test_inputs, test_targets, threads=threads)
    return found


def divided(
    count: int,
    share: float,
    seed: int,
    strata: Sequence[Hashable] | None = None,
    *,
    least: int = 0,
) -> tuple[list[int], list[int]]:
    """Return the numbers of the samples that are kept and of those held back, each ascending.

    share: of those held back, a half rounded up; at least ``least``, and one is kept.
    strata: the group of each sample, if each shall give its share.

    A group gives the whole part of its share; the samples that are left to choose come from the
    groups with the largest remainders, of equal ones from that which the seed visits first.
    """
    held = max(min(int(count * share + 0.5), count - 1), least)
    order = shuffled_order(count, seed, SPLIT_EPOCH)
    if strata is None:
        return sorted(order[held:]), sorted(order[:held])
    groups = _groups(order, strata)
    quotas = [held * len(group) // count for group in groups]
    remainders = [held * len(group) % count for group in groups]
    largest_first = sorted(range(len(groups)), key=lambda number: -remainders[number])
    for number in largest_first[: held - sum(quotas)]:
        quotas[number] += 1
    chosen = [i for group, quota in zip(groups, quotas, strict=True) for i in group[:quota]]
    return sorted(set(range(count)).difference(chosen)), sorted(chosen)


def folds_of(
    count: int, folds: int, seed: int, strata: Sequence[Hashable] | None = None
) -> list[list[int]]:
    """Return the numbers of the samples in each fold, ascending; each sample is in one of them.

    strata: the group of each sample, if each fold shall have its share of it.
    """
    order = _by_stratum(count, seed, strata)
    return [sorted(order[number::folds]) for number in range(folds)]


def divided_in_two(
    samples: int, validation_split: Any, seed: int, targets: list[list[float]] | None
) -> tuple[list[int], list[int]]:
    """Return the numbers of the samples to train on and of those to validate on.

    targets: rows that name classes, which both parts shall share; None if they do not.
    """
    share = checked_share(validation_split, "validation_split")
    if samples < 2:
        raise ValueError("validation_split: found 1 sample, expected 2 or more to divide")
    strata = None if targets is None else [class_of(row) for row in targets]
    return divided(samples, share, seed, strata, least=1)


def checked_share(value: Any, argument: str) -> float:
    """Return a share between 0 and 1."""
    share = as_number(value, argument)
    if not 0.0 < share < 1.0:
        raise ValueError(f"{argument}: found {shown(value)}, expected a share between 0 and 1")
    return share


def classes_of(targets: list[Any]) -> list[Hashable] | None:
    """Return what tells the classes of targets apart, one a sample; None if they are no classes.

    targets: rows of numbers or numbers.
    """
    if all(map(is_row, targets)):
        rows = [tuple(row) for row in targets]
        if not all({*map(type, row)} <= NUMBERS for row in rows):
            return None
        if {*map(len, rows)} == {1}:
            targets = [row[0] for row in rows]
        elif all({*row} == {0, 1} and row.count(1) == 1 for row in rows):
            return [row.index(1) for row in rows]
        else:
            return None
    if not {*map(type, targets)} <= NUMBERS:
        return None
    few = len({*targets}) <= MOST_NUMBERED_CLASSES
    return list(targets) if few and all(x >= 0 and x % 1 == 0 for x in targets) else None


def _checked(inputs: Any, targets: Any) -> tuple[list[Any], list[Any]]:
    """Return inputs and targets as lists, as many of one as of the other."""
    rows = as_list(inputs, "inputs", "a list with one row a sample")
    answers = as_list(targets, "targets", "a list with one row a sample")
    if not rows:
        raise ValueError("inputs: found no rows, expected one row a sample")
    if len(answers) != len(rows):
        raise ValueError(
            f"targets: found {counted(len(answers), 'row')} for {counted(len(rows), 'sample')} "
            f"in inputs, expected as many"
        )
    return rows, answers


def _strata(targets: list[Any], stratify: Any) -> list[Hashable] | None:
    """Return the group of each sample; None if there are none."""
    if stratify is None or isinstance(stratify, bool):
        classes = None if stratify is False else classes_of(targets)
        if stratify is True and classes is None:
            raise ValueError(
                "stratify: found True for targets that are no classes, expected rows with one 1 or "
                f"whole numbers, at most {MOST_NUMBERED_CLASSES} different ones"
            )
        return classes
    groups = as_list(stratify, "stratify", "True, False, None or a list with a group a sample")
    if len(groups) != len(targets):
        raise ValueError(
            f"stratify: found {counted(len(groups), 'group')} for "
            f"{counted(len(targets), 'sample')}, expected as many"
        )
    keys = [tuple(group) if is_row(group) else group for group in groups]
    for number, key in enumerate(keys):
        try:
            hash(key)
        except TypeError:
            raise TypeError(
                f"stratify: row {number} is {shown(key)}, expected a number or text"
            ) from None
    return keys


def _by_stratum(count: int, seed: int, strata: Sequence[Hashable] | None) -> list[int]:
    """Return all samples in random order, those of a group together."""
    order = shuffled_order(count, seed, SPLIT_EPOCH)
    return order if strata is None else [i for group in _groups(order, strata) for i in group]


def _groups(order: list[int], strata: Sequence[Hashable]) -> list[list[int]]:
    """Return the samples of each group in this order, the group that is met first first."""
    groups: dict[Hashable, list[int]] = {}
    for i in order:
        groups.setdefault(strata[i], []).append(i)
    return list(groups.values())


def _at(places: list[int], rows: list[Any]) -> list[Any]:
    return [rows[i] for i in places]


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean and the standard deviation of numbers, divided by how many there are."""
    total = 0.0
    for value in values:
        total = total + value
    mean = total / len(values)
    squares = 0.0
    for value in values:
        squares = squares + (value - mean) * (value - mean)
    return mean, math.sqrt(squares / len(values))
