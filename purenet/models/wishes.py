"""What is asked of a training: the options of ``train_table``, checked once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..checks import as_count, as_list, as_number, shown
from ..optimizers import as_optimizer
from ..selection.recipe import Recipe, checked_settings
from .layer_texts import LayerText, layer_texts
from .table_networks import Shape, Wish

# Below this many rows, none is held back unless that is asked for.
FEWEST_ROWS_TO_SPLIT = 20
TEST_SHARE = 0.25

# Below this many rows, the test is answered in so many turns, by networks that lack a part of it.
FEWEST_ROWS_FOR_ONE_TEST = 1000
TURNS = 5

PATIENCE = 30

_MOST_WRITTEN = 10**15  # units in a text


@dataclass(frozen=True)
class Measuring:
    """How the figures come about, and with how many processes and threads.

    test: the share of the rows that is held back; None for the usual one.
    validation: the share of the others that picks the epoch; 0.0 for none.
    folds: in how many parts the rows are divided instead, each to be answered by a network that is
        trained on the others; 0 for none.
    patience: how many epochs without a lower validation loss end a training; None for never.
    """

    test: float | None = None
    validation: float = 0.0
    folds: int = 0
    patience: int | None = PATIENCE
    seed: int = 1
    jobs: int = 1
    threads: int = 1


def measuring(
    test: Any, validation: Any, folds: Any, patience: Any, seed: Any, jobs: Any, threads: Any
) -> Measuring:
    """Return how to measure, checked; ValueError or TypeError that names the argument."""
    folds = 0 if folds is None else as_count(folds, "folds", least=2)
    if folds and test not in (None, 0):
        raise ValueError(f"test: found {shown(test)} beside folds, expected one of the two")
    return Measuring(
        None if test is None else _share(test, "test"),
        0.0 if validation is None else _share(validation, "validation"),
        folds,
        PATIENCE if patience is None else as_count(patience, "patience", least=0) or None,
        as_count(seed, "seed", least=0),
        as_count(jobs, "jobs"),
        as_count(threads, "threads"),
    )


def _share(value: Any, name: str) -> float:
    share = as_number(value, name)
    if not 0.0 <= share < 1.0:
        raise ValueError(f"{name}: found {shown(value)}, expected a share from 0 to below 1")
    return share


@dataclass(frozen=True)
class Asked:
    """What is asked of the network and its training; the rest is found out on the rows.

    settings: of a recipe, by name.
    texts: the hidden layers, if they are no plain dense ones; their words are in the settings.
    image, steps: the shape of a row, as ``Wish`` has them.
    """

    settings: Mapping[str, Any]
    texts: Sequence[LayerText] | None = None
    image: Shape | None = None
    steps: int | None = None

    def wish(self, recipe: Recipe) -> Wish:
        """Return what a recipe and these texts ask of a network."""
        texts = self.texts
        if texts is None:
            texts = [
                LayerText(f"layer {n}", "dense", units, {})
                for n, units in enumerate(recipe.layers, 1)
            ]
        return Wish(
            texts,
            recipe.activation,
            self.image,
            self.steps,
            recipe.dropout,
            recipe.l1,
            recipe.l2,
        )

    @property
    def has_shape(self) -> bool:
        """Whether the order and number of the columns mean something: an image or a sequence."""
        kinds = {text.kind for text in self.texts or ()}
        return bool(kinds - {"dense", "dropout", "flatten"}) or self.image is not None


def asked(layers: Any, image: Any, steps: Any, settings: Mapping[str, Any]) -> Asked:
    """Return what is asked, checked as far as that can be done without the rows.

    layers: a text as ``layer_texts`` reads it, units, a list of units, or None to find them out.
    settings: of a recipe, by name; None for those that are to be found out.

    A learning rate or an optimizer that is asked for is taken as such: with the optimizer's usual
    rate, plain gradient descent for a rate alone, and without a schedule that nobody asked for.
    """
    wanted = {name: value for name, value in settings.items() if value is not None}
    if "optimizer" in wanted or "learning_rate" in wanted:
        optimizer = as_optimizer(wanted.setdefault("optimizer", "gradient_descent"), "optimizer")
        wanted.setdefault("learning_rate", optimizer.usual_rate)
        wanted.setdefault("schedule", "")
    texts = None
    if layers is not None:
        if not isinstance(layers, str):
            layers = _units_text(layers)
        texts = layer_texts(layers)
        if all(text.kind == "dense" and not text.options for text in texts):
            wanted["layers"] = tuple(text.size for text in texts)
            texts = None
        else:
            wanted["layers"] = " ".join(layers.split())
    wanted = checked_settings(wanted)
    try:
        Recipe(**wanted).rate()
    except (TypeError, ValueError) as error:  # such as a fall to more than the first rate
        raise ValueError(f"schedule: {error}") from None
    return Asked(wanted, texts, _image(image), None if steps is None else as_count(steps, "steps"))


def _units_text(layers: Any) -> str:
    if isinstance(layers, int):
        layers = [layers]
    units = as_list(layers, "layers", "a text such as '8,8', units, or a list of units")
    numbers = [as_count(number, f"layers: layer {n}") for n, number in enumerate(units, 1)]
    if max(numbers, default=0) > _MOST_WRITTEN:  # of thousands of digits, perhaps
        raise ValueError(f"layers: found {shown(max(numbers))} units, expected fewer")
    return ",".join(map(str, numbers)) or "none"


def _image(image: Any) -> Shape | None:
    if image is None:
        return None
    sizes = as_list(image, "image", "(channels, height, width)")
    if len(sizes) != 3:
        raise ValueError(f"image: found {shown(image)}, expected (channels, height, width)")
    return tuple(as_count(size, "image") for size in sizes)
