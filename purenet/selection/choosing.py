"""Choosing a recipe: candidates are trained on some of the rows and measured on the others.

How many are tried is bounded by a count of operations, never by a clock, so that the choice is the
same on every machine and with both packages.

Stone, "Cross-validatory choice and assessment of statistical predictions", 1974.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..answers import class_of
from ..matrix import Matrix
from ..network import Network
from ..processes import in_processes
from ..randomness import shuffled_order
from .candidates import Making, candidates, operations, size_of
from .course import Progress, train
from .recipe import Recipe, checked_settings, make_network

# Choosing takes as many operations as so many trainings, or at least so many operations.  Small
# tables with a number as target need it most.
LIMITS_FOR_NUMBERS = (8, 2.5e8)
LIMITS_FOR_CLASSES = (4, 8e7)

# Of more rows, so many chosen at random are enough to choose by.
MOST_ROWS = 4000

# An order of the samples that no epoch and no split of the same seed shares.
CHOOSING_EPOCH = 2**32 - 2

Part = tuple[list[int], list[int]]  # the numbers of the rows to train on, and of the others


class Choice(NamedTuple):
    """What ``choose_recipe`` found.

    recipe: the best one: one that is usually good, unless another is better by more than the
        standard error.  Its l2 is smaller where it was chosen by a part of many rows.
    tried: each recipe that was tried, and how far off its networks were on rows that were held
        back: the mean loss, for classes plus the share of wrong answers.  One that could not be
        the best any more was given up; its figure is a lower bound.  Empty where there was
        nothing to choose.
    network: one of the best recipe, trained on a part of the rows; after Ctrl-C perhaps not to its
        end; None if none was trained.
    interrupted: whether Ctrl-C ended the search; recipe is the best one so far then.
    """

    recipe: Recipe
    tried: list[tuple[Recipe, float]]
    network: Network | None
    interrupted: bool


def choose_recipe(
    network_class: type[Network],
    inputs: Matrix,
    targets: Matrix,
    *,
    classes: bool,
    wish: Mapping[str, Any] | None = None,
    seed: int,
    jobs: int = 1,
    threads: int = 1,
    progress: Progress | None = None,
    make: Making | None = None,
) -> Choice:
    """Return the recipe whose networks do best on rows that they were not trained on.

    inputs, targets: rows of numbers, as many of one as of the other.
    classes: whether the targets stand for classes.
    wish: settings of the recipe that are not to be chosen, by name.
    seed: of the networks that are tried, and of which rows are held back.
    jobs: how many processes may compute; threads: how many threads.  They change no bit.
    progress: called after each training as ``progress(done, trainings, words)``.
    make: a function that returns an untrained network for a recipe and a seed, in place of
        ``make_network``; for jobs, one of a module.

    Raises ValueError or TypeError for unusable settings in wish.

    >>> rows = [[i / 10.0] for i in range(20)]
    >>> found = choose_recipe(Network, rows, rows, classes=False, wish={"epochs": 20}, seed=1)
    >>> len(found.tried), found.tried[0][0].in_words()
    (6, '32 relu, l2 0.03, adam 0.01 cosine, 20 epochs in batches of 16')
    """
    fixed = checked_settings(wish or {})
    making: Making = make or _Making(network_class, len(inputs[0]), len(targets[0]), classes)
    recipes = candidates(fixed, len(inputs), making, seed)
    search = _Search(making, seed, inputs, targets, classes, recipes[0])
    interrupted = False
    if len(recipes) > 1 and len(inputs) > 1:
        try:
            search.among(recipes, jobs, threads, progress)
        except KeyboardInterrupt:
            interrupted = True
    recipe = search.recipe
    if "l2" not in fixed and len(inputs) > MOST_ROWS:
        # What keeps weights small needs less weight beside the mean loss of more rows.
        recipe = recipe._replace(l2=recipe.l2 / (len(inputs) // MOST_ROWS))
    network = search.network or search.at_work
    if network is not None and network.epochs_trained == 0:
        network = None
    return Choice(recipe, search.tried, network, interrupted)


class _Making:
    """Makes networks of dense layers for rows of this many numbers."""

    def __init__(
        self, network_class: type[Network], inputs: int, outputs: int, classes: bool
    ) -> None:
        self.network_class = network_class
        self.inputs = inputs
        self.outputs = outputs
        self.classes = classes

    def __call__(self, recipe: Recipe, seed: int) -> Network:
        return make_network(
            self.network_class, recipe, self.inputs, self.outputs, self.classes, seed
        )


class _Search:
    """The best recipe so far, and how to find a better one."""

    def __init__(
        self,
        making: Making,
        seed: int,
        inputs: Matrix,
        targets: Matrix,
        classes: bool,
        recipe: Recipe,
    ) -> None:
        self.making = making
        self.seed = seed
        self.inputs = inputs
        self.targets = targets
        self.classes = classes
        self.recipe = recipe
        self.figures: list[float] = []  # of each part
        self.lowest = math.inf  # their total
        self.network: Network | None = None
        self.at_work: Network | None = None
        self.tried: list[tuple[Recipe, float]] = []
        rows = shuffled_order(len(inputs), seed, CHOOSING_EPOCH)[:MOST_ROWS]
        self.parts = _parts(rows, size_of(len(inputs)).folds, targets if classes else None)
        self.counted: dict[tuple[object, ...], int] = {}

    def among(
        self, recipes: list[Recipe], jobs: int, threads: int, progress: Progress | None
    ) -> None:
        """Try one after another, as long as there are operations left."""
        network = self.making(recipes[0], self.seed)
        work = operations(network, len(self.inputs), recipes[0]) * recipes[0].epochs
        trainings, least = LIMITS_FOR_CLASSES if self.classes else LIMITS_FOR_NUMBERS
        left = max(trainings * work, least)
        if self._work(recipes[0], self.parts) > left:
            return  # smaller networks alone would be no choice
        for number, recipe in enumerate(recipes):
            if self._work(recipe, self.parts) > left:
                continue
            figures: list[float] = []
            total = 0.0
            first: Network | None = None
            for trained, figure in self._results(recipe, jobs, threads):
                figures.append(figure)
                total = total + figure
                first = first or trained
                if progress is not None:
                    done = number * len(self.parts) + len(figures)
                    progress(done, len(recipes) * len(self.parts), recipe.in_words())
                if not total <= self.lowest:
                    break
            left = left - self._work(recipe, self.parts[: len(figures)])
            self.tried.append((recipe, total / len(self.parts)))
            if total < self.lowest and _is_lower(figures, self.figures):
                self.recipe, self.network = recipe, first
                self.figures, self.lowest = figures, total

    def _work(self, recipe: Recipe, parts: list[Part]) -> int:
        """Return how many operations it takes to train on these parts of the rows."""
        work = 0
        for kept, _ in parts:
            work += self._of_an_epoch(recipe, len(kept)) * recipe.epochs
        return work

    def _of_an_epoch(self, recipe: Recipe, rows: int) -> int:
        """Return how many operations an epoch takes; a network is made for it only once."""
        key = (recipe.layers, recipe.activation, recipe.dropout, recipe.batch_size, rows)
        if key not in self.counted:
            self.counted[key] = operations(self.making(recipe, self.seed), rows, recipe)
        return self.counted[key]

    def _results(self, recipe: Recipe, jobs: int, threads: int) -> Iterator[tuple[Network, float]]:
        """Yield for each part the network that was trained on it, and how far off it is."""
        tasks = []
        for kept, held in self.parts:
            both = []
            for part in (kept, held):
                both += [[self.inputs[i] for i in part], [self.targets[i] for i in part]]
            tasks.append((recipe, *both, self.classes, threads))
        fresh = self.making(recipe, self.seed)  # copied, not drawn anew: weights may be many
        networks = [fresh, *(copy.deepcopy(fresh) for _ in tasks[1:])]
        if jobs > 1:
            yield from in_processes(_trained, list(zip(networks, tasks, strict=True)), jobs)
            return
        for network, task in zip(networks, tasks, strict=True):
            self.at_work = network
            yield _trained((network, task))


def _is_lower(figures: list[float], others: list[float]) -> bool:
    """Return whether figures are lower than others by more than what the parts differ in it.

    That is by more than the standard error of the mean difference: without one, as with a single
    part, by anything.
    """
    if len(others) != len(figures):
        return True  # there are none yet
    count = len(figures)
    total = 0.0
    for i in range(count):
        total = total + (figures[i] - others[i])
    mean = total / count
    squares = 0.0
    for i in range(count):
        off = figures[i] - others[i] - mean
        squares = squares + off * off
    return mean < -math.sqrt(squares) / count


def _trained(task: tuple[Network, tuple[Any, ...]]) -> tuple[Network, float]:
    """Train a network on some rows; return it and how far off it is on others.

    That is its loss without penalties, for classes plus the share of wrong answers; inf where that
    is no number.
    """
    network, (recipe, inputs, targets, held_inputs, held_targets, classes, threads) = task
    course = train(network, recipe, inputs, targets, threads=threads)
    if course.interrupted:
        raise KeyboardInterrupt
    found = network.evaluate(held_inputs, held_targets, threads=threads)
    figure = found.loss - network.penalty()
    if classes and found.accuracy is not None:
        figure = figure + (1.0 - found.accuracy)
    return network, figure if math.isfinite(figure) else math.inf


def _parts(rows: list[int], folds: int, targets: Matrix | None) -> list[Part]:
    """Return which rows to train on and which to hold back, one pair a fold.

    rows: their numbers in random order.
    folds: how many; of 1, a quarter is held back.
    targets: rows that name classes, of which each fold shall have its share; None if they do not.
    """
    order = rows
    if targets is not None:
        groups: dict[int, list[int]] = {}
        for i in rows:
            groups.setdefault(class_of(targets[i]), []).append(i)
        order = [i for group in groups.values() for i in group]
    every = min(4 if folds == 1 else folds, len(rows))
    parts = []
    for number in range(min(folds, every)):
        held = sorted(order[number::every])
        parts.append((sorted(set(rows).difference(held)), held))
    return parts
