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

# No training takes more operations, as ``operations`` counts them, unless somebody asks for it.
# Python does about 20 million a second, compiled code 100 times as many.
MOST_OPERATIONS = 2e10

# Optimizers whose steps are as long as the learning rate, whatever the slopes: such a rate suits
# all tables.
EVEN = ("adam", "adamw")


class Size(NamedTuple):
    """What suits tables of so many rows.

    rows: up to how many.
    folds: how many parts of the rows are held back in turn; 1 for a quarter of them once.
    batch_size: of the recipes.
    epochs: the fewest.
    trials: hidden layers and l2 of each recipe, what suits most tables first.
    """

    rows: float
    folds: int
    batch_size: int
    epochs: int
    trials: tuple[tuple[tuple[int, ...], float], ...]


# Of tables with up to 50 rows, 32 units do better than 16: on swiss, R² 0.55 and 0.51 in 20 splits.
_TINY = (((32,), 0.03), ((32,), 0.01), ((32,), 0.1), ((), 0.1), ((32,), 0.003), ((), 0.01))
_FEW = (((16,), 0.03), ((16,), 0.01), ((16,), 0.1), ((), 0.1), ((16,), 0.003), ((), 0.01))
_SMALL = (((32,), 0.003), ((32,), 0.01), ((32,), 0.03), ((), 0.01), ((32,), 0.001), ((), 0.1))
_LARGE = (((64,), 0.001), ((64,), 0.01), ((), 0.001), ((64,), 0.0001), ((64,), 0.03), ((), 0.01))

SIZES = (
    Size(50, 10, 16, 60, _TINY),
    Size(100, 5, 16, 60, _FEW),
    Size(1000, 3, 16, 60, _SMALL),
    Size(5000, 1, 32, 30, _LARGE),
    Size(math.inf, 1, 64, 30, _LARGE),
)

Making = Callable[[Recipe, int], Network]


def size_of(rows: int) -> Size:
    """Return what suits a table of so many rows."""
    return next(size for size in SIZES if rows <= size.rows)


def candidates(fixed: Mapping[str, Any], rows: int, making: Making, seed: int) -> list[Recipe]:
    """Return the recipes to try; the first one is the one to take without a trial.

    fixed: settings that all of them have.
    rows: how many the last training will have.
    """
    size = size_of(rows)
    recipes: list[Recipe] = []
    for layers, l2 in size.trials:
        recipe = Recipe(layers, l2=l2, batch_size=size.batch_size)
        if "l1" in fixed:  # whoever sets one kind of penalty is not given another one
            recipe = recipe._replace(l2=0.0)
        recipe = recipe._replace(**fixed)
        if recipe.layers == ():
            recipe = recipe._replace(dropout=0.0)
        if "learning_rate" not in fixed and recipe.optimizer not in EVEN:
            recipe = recipe._replace(learning_rate=recipe.optimizer_itself().usual_rate)
        if "epochs" not in fixed:
            recipe = _with_epochs(recipe, rows, making(recipe, seed))
        if recipe not in recipes:
            recipes.append(recipe)
    return recipes


def _with_epochs(recipe: Recipe, rows: int, network: Network) -> Recipe:
    """Return a recipe with as many epochs as it should have for so many rows."""
    epochs = STEPS // steps(rows, recipe.batch_size)
    epochs = min(max(epochs, size_of(rows).epochs), MOST_EPOCHS)
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
