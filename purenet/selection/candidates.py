"""The recipes that are tried for a table, and how much work each of them is.

They differ in what matters most for tables: a hidden layer or none, and how strongly weights are
kept small.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..network import Network
from .recipe import Recipe

# The steps of a training, each with a batch: what Adam needs on small tables.
STEPS = 1000
MOST_EPOCHS = 300
FEWEST_EPOCHS = 30

# No training takes more operations, as ``operations`` counts them, unless somebody asks for it.
# Python does about 20 million a second, compiled code 100 times as many.
MOST_OPERATIONS = 2e10

# Optimizers whose steps are as long as the learning rate, whatever the slopes: such a rate suits
# all tables.
EVEN = ("adam", "adamw")


class Scale(NamedTuple):
    """What suits tables of so many rows.

    rows: up to how many.
    folds: how many parts of the rows are held back in turn; 1 for a quarter of them once.
    hidden, batch_size: of the recipes.
    penalties: the l2 to try, what helps most often first; linear: those of linear networks.
    """

    rows: float
    folds: int
    hidden: tuple[int, ...]
    batch_size: int
    penalties: tuple[float, ...]
    linear: tuple[float, ...]


SCALES = (
    Scale(100, 5, (32,), 16, (0.01, 0.1, 0.001, 0.03, 0.003), (0.01, 0.1)),
    Scale(1000, 3, (32,), 16, (0.01, 0.001, 0.03, 0.003, 0.1), (0.01, 0.1)),
    Scale(5000, 1, (64,), 32, (0.001, 0.01, 0.0001, 0.003, 0.03), (0.001, 0.01)),
    Scale(math.inf, 1, (64,), 64, (0.001, 0.01, 0.0001, 0.003, 0.03), (0.001, 0.01)),
)

Making = Callable[[Recipe, int], Network]


def scale_of(rows: int) -> Scale:
    """Return what suits a table of so many rows."""
    return next(scale for scale in SCALES if rows <= scale.rows)


def candidates(fixed: Mapping[str, Any], rows: int, making: Making, seed: int) -> list[Recipe]:
    """Return the recipes to try; the first one is the one to take without a trial.

    fixed: settings that all of them have.
    rows: how many the last training will have.
    """
    scale = scale_of(rows)
    usual = Recipe(scale.hidden, batch_size=scale.batch_size)._replace(**fixed)
    if "learning_rate" not in fixed and usual.optimizer not in EVEN:
        usual = usual._replace(learning_rate=usual.optimizer_itself().usual_rate)
    kept_small = "l2" in fixed or "l1" in fixed  # as somebody wants it
    hidden = [usual] if kept_small else [usual._replace(l2=l2) for l2 in scale.penalties]
    linear = []
    if "layers" not in fixed:
        straight = usual._replace(layers=(), dropout=0.0)
        linear = [straight] if kept_small else [straight._replace(l2=l2) for l2 in scale.linear]
    recipes = [*hidden[:2], *linear[:1], *hidden[2:], *linear[1:]]
    if "epochs" in fixed:
        return recipes
    return [_with_epochs(recipe, rows, making(recipe, seed)) for recipe in recipes]


def _with_epochs(recipe: Recipe, rows: int, network: Network) -> Recipe:
    """Return a recipe with as many epochs as it should have for so many rows."""
    epochs = STEPS // steps(rows, recipe.batch_size)
    epochs = min(max(epochs, FEWEST_EPOCHS), MOST_EPOCHS)
    affordable = int(MOST_OPERATIONS / operations(network, rows, recipe))
    return recipe._replace(epochs=max(min(epochs, affordable), 1))


def operations(network: Network, rows: int, recipe: Recipe) -> int:
    """Return about how many multiplications an epoch takes.

    Three for each weight and row: forward, and twice back; ten for each parameter and step.
    """
    work = 0
    for layer in network.layers:
        times = 1
        if len(layer.output_shape) == 3:  # filters move over an image
            times = layer.output_shape[1] * layer.output_shape[2]
        elif len(layer.input_shape) == 2:  # the same weights in each step of a sequence
            times = layer.input_shape[0]
        work += max(layer.parameter_count * times, layer.outputs)
    return 3 * work * rows + 10 * network.parameter_count * steps(rows, recipe.batch_size)


def steps(rows: int, batch_size: int | None) -> int:
    """Return how many steps an epoch has."""
    return 1 if batch_size is None else (rows + batch_size - 1) // batch_size
