"""Choosing a recipe: candidates are trained on some of the rows and measured on the others.

The candidates differ in what matters most for tables: a hidden layer or none, and how strongly
weights are kept small.  How many are tried is bounded by a count of operations, never by a clock,
so that the choice is the same on every machine and with both packages.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..answers import class_of
from ..history import TrainingDiverged
from ..matrix import Matrix
from ..network import Network
from ..randomness import shuffled_order
from .course import Progress
from .recipe import Recipe, checked_settings, make_network

# The steps of a training, each with a batch: what Adam needs on small tables.
STEPS = 1500
BATCH_SIZE = 16
MOST_EPOCHS = 300
FEWEST_EPOCHS = 20

# Operations, as ``operations`` counts them, of the last training and of all that choosing takes.
# Python does about 20 million a second, compiled code 100 times as many.
MOST_FOR_TRAINING = 2e10
LEAST_FOR_CHOOSING = 1e8
MOST_FOR_CHOOSING = 4e9
TRAININGS_FOR_CHOOSING = 12  # as many operations as so many trainings, between those two

# Of more rows, so many chosen at random are enough to choose by.
MOST_ROWS = 4000

# An order of the samples that no epoch, split or network of the same seed shares.
CHOOSING_EPOCH = 2**32 - 2

HIDDEN = (32,)
PENALTIES = (0.01, 0.001, 0.03, 0.003, 0.1)  # what helps most often comes first
PENALTY_OF_LINEAR = 0.01


class Choice(NamedTuple):
    """What ``choose_recipe`` found.

    recipe: the best one.
    tried: each recipe that was tried, and its mean loss on the rows that were held back; inf where
        training diverged.  Empty where there was nothing to choose.
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
    make: Callable[[Recipe, int], Network] | None = None,
) -> Choice:
    """Return the recipe whose networks do best on rows that they were not trained on.

    inputs, targets: rows of numbers, as many of one as of the other.
    classes: whether the targets stand for classes.
    wish: settings of the recipe that are not to be chosen, by name.
    seed: of the networks that are tried, and of which rows are held back.
    jobs: how many processes may compute; threads: how many threads.  They change no bit.
    progress: called after each training as ``progress(done, trainings, words)``.
    make: a function that returns an untrained network for a recipe and a seed, in place of
        ``make_network``.

    Raises ValueError or TypeError for unusable settings in wish.
    """
    fixed = checked_settings(wish or {})
    making: Callable[[Recipe, int], Network] = make or _Making(
        network_class, len(inputs[0]), len(targets[0]), classes
    )
    rows = _rows_to_choose_by(len(inputs), seed)
    candidates = _candidates(fixed, making, len(inputs), len(rows), seed)
    folds = _folds(rows, targets if classes else None)
    best: tuple[float, Recipe, Network | None] = math.inf, candidates[0], None
    tried: list[tuple[Recipe, float]] = []
    if len(candidates) == 1 or len(inputs) < 2:
        return Choice(candidates[0], tried, None, False)
    at_work: Network | None = None
    try:
        for number, recipe in enumerate(candidates):
            total = 0.0
            first: Network | None = None
            for fold, part in enumerate(folds):
                at_work = making(recipe, seed)
                total = total + _loss(at_work, recipe, inputs, targets, part, threads)
                first = first or at_work
                if progress is not None:
                    done = number * len(folds) + fold + 1
                    progress(done, len(candidates) * len(folds), recipe.in_words())
            mean = total / len(folds)
            tried.append((recipe, mean if math.isfinite(mean) else math.inf))
            if mean < best[0]:
                best = mean, recipe, first
    except KeyboardInterrupt:
        return Choice(best[1], tried, best[2] or at_work, True)
    return Choice(best[1], tried, best[2], False)


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


def operations(network: Network, rows: int, recipe: Recipe) -> int:
    """Return about how many multiplications an epoch takes.

    Three for each weight and row: forward, and twice back; ten for each parameter and step.
    """
    work = 0
    for layer in network.layers:
        times = 1
        if len(layer.output_shape) == 3:  # filters move over an image
            times = layer.output_shape[1] * layer.output_shape[2]
        elif len(layer.input_shape) == 2:  # the same weights in each step
            times = layer.input_shape[0]
        work += max(layer.parameter_count * times, layer.outputs)
    return 3 * work * rows + 10 * network.parameter_count * _steps(rows, recipe.batch_size)


def _steps(rows: int, batch_size: int | None) -> int:
    """Return how many steps an epoch has."""
    return 1 if batch_size is None else (rows + batch_size - 1) // batch_size


def _candidates(
    fixed: Mapping[str, Any],
    making: Callable[[Recipe, int], Network],
    rows: int,
    rows_to_choose_by: int,
    seed: int,
) -> list[Recipe]:
    """Return the recipes to try, the one to take without a trial first."""
    usual = Recipe(HIDDEN, l2=PENALTIES[0], batch_size=BATCH_SIZE)._replace(**fixed)
    recipes = [usual]
    if "l2" not in fixed and "l1" not in fixed:
        recipes = [usual._replace(l2=l2) for l2 in PENALTIES]
    if "layers" not in fixed:
        l2 = fixed.get("l2", PENALTY_OF_LINEAR)
        recipes.insert(3, usual._replace(layers=(), l2=l2, dropout=0.0))
    left = 0.0
    chosen = []
    for number, recipe in enumerate(recipes):
        work = operations(making(recipe, seed), rows, recipe)
        if "epochs" not in fixed:
            epochs = STEPS // _steps(rows, recipe.batch_size)
            epochs = min(max(epochs, FEWEST_EPOCHS), MOST_EPOCHS)
            recipe = recipe._replace(epochs=max(min(epochs, int(MOST_FOR_TRAINING / work)), 1))
        work = work * recipe.epochs
        if number == 0:
            left = min(max(TRAININGS_FOR_CHOOSING * work, LEAST_FOR_CHOOSING), MOST_FOR_CHOOSING)
        left = left - 2.0 * work * rows_to_choose_by / rows  # two thirds of them, three times
        if number > 0 and left < 0.0:
            break
        chosen.append(recipe)
    return chosen


def _rows_to_choose_by(count: int, seed: int) -> list[int]:
    """Return the numbers of the rows to choose by, in random order."""
    return shuffled_order(count, seed, CHOOSING_EPOCH)[:MOST_ROWS]


def _folds(rows: list[int], targets: Matrix | None) -> list[tuple[list[int], list[int]]]:
    """Return which rows to train on and which to hold back, one pair a fold.

    targets: rows that name classes, of which each fold shall have its share; None if they do not.
    """
    order = rows
    if targets is not None:
        groups: dict[int, list[int]] = {}
        for i in rows:
            groups.setdefault(class_of(targets[i]), []).append(i)
        order = [i for group in groups.values() for i in group]
    count = min(3, len(rows))
    folds = []
    for number in range(count):
        held = sorted(order[number::count])
        kept = sorted(set(rows).difference(held))
        folds.append((kept, held))
    return folds


def _loss(
    network: Network,
    recipe: Recipe,
    inputs: Matrix,
    targets: Matrix,
    part: tuple[list[int], list[int]],
    threads: int,
) -> float:
    """Train a network on some rows and return its loss on others; inf where training diverged.

    part: the numbers of the rows to train on, and of the others.
    """
    kept, held = part
    try:
        network.fit(
            [inputs[i] for i in kept],
            [targets[i] for i in kept],
            epochs=recipe.epochs,
            learning_rate=recipe.rate(),
            batch_size=recipe.batch_size,
            optimizer=recipe.optimizer_itself(),
            clip_norm=recipe.clip_norm,
            threads=threads,
        )
    except TrainingDiverged:
        return math.inf
    found = network.evaluate([inputs[i] for i in held], [targets[i] for i in held], threads=threads)
    return found.loss - network.penalty()
