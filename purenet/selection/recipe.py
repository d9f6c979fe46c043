"""A recipe: what a network for some rows is made of, and how it is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..activations import ACTIVATIONS
from ..checks import (
    as_choice,
    as_count,
    as_learning_rate,
    as_list,
    as_number,
    as_part,
    as_size,
    shown,
)
from ..layers import KINDS
from ..names import ACTIVATION_NAMES, OPTIMIZER_NAMES, LossName
from ..network import Network
from ..optimizers import OPTIMIZERS, Optimizer, Published
from ..schedule_texts import schedule_of, schedule_text


class Recipe(NamedTuple):
    """What a network is made of, and how it is trained.

    layers: the units of the hidden layers, one number a layer, none for a linear network; or a text
        that somebody else makes layers of, such as "conv 3x3x8, pool 2".
    activation: of the hidden layers.
    l2, l1: the penalties of all layers that have weights.
    dropout: the share that is left out after each hidden layer.
    optimizer: the name of one, or one of purenet's with settings of its own.
    learning_rate: the first one.  schedule: how it falls, in words; "" if it stays.
    epochs: how often to go through the rows.  batch_size: rows a step, None for all.
    clip_norm: the longest gradient of a batch; None for no limit.

    >>> Recipe.from_json(Recipe(layers=(8,), l2=0.01).to_json()) == Recipe(layers=(8,), l2=0.01)
    True
    """

    layers: tuple[int, ...] | str = (32,)
    activation: str = "relu"
    l2: float = 0.0
    l1: float = 0.0
    dropout: float = 0.0
    optimizer: str | Published = "adam"
    learning_rate: float = 0.01
    schedule: str = "cosine"
    epochs: int = 100
    batch_size: int | None = 32
    clip_norm: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as JSON can hold it."""
        content = self._asdict()
        if not isinstance(self.layers, str):
            content["layers"] = list(self.layers)
        if isinstance(self.optimizer, Published):
            content["optimizer"] = {
                "name": _name_of(self.optimizer),
                **self.optimizer.settings(),
            }
        return content

    @staticmethod
    def from_json(content: Any) -> Recipe:
        """Return the recipe that ``to_json`` has written.

        Raises ValueError or TypeError that names the setting for what is no recipe.
        """
        if not isinstance(content, Mapping):
            raise TypeError(f"recipe: found {shown(content)}, expected settings by their names")
        missing = [name for name in Recipe._fields if name not in content]
        if missing:
            raise ValueError(f"recipe: {missing[0]} is missing")
        return Recipe(**checked_settings(content))

    def in_words(self) -> str:
        """Return the recipe in a line.

        >>> Recipe((16,), l2=0.003, epochs=90).in_words()
        '16 relu, l2 0.003, adam 0.01 cosine, 90 epochs in batches of 32'
        """
        if isinstance(self.layers, str):
            hidden = self.layers
        else:
            units = ", ".join(map(str, self.layers))
            hidden = f"{units} {self.activation}" if units else "no hidden layer"
        parts = [hidden]
        for name, value in (("l1", self.l1), ("l2", self.l2), ("dropout", self.dropout)):
            if value:
                parts.append(f"{name} {value:g}")
        optimizer = self.optimizer if isinstance(self.optimizer, str) else repr(self.optimizer)
        parts.append(f"{optimizer} {self.learning_rate:g} {self.schedule}".rstrip())
        batches = "" if self.batch_size is None else f" in batches of {self.batch_size}"
        parts.append(f"{self.epochs} epochs{batches}")
        return ", ".join(parts)

    def optimizer_itself(self) -> Optimizer:
        """Return the optimizer, also where the recipe has only its name."""
        if isinstance(self.optimizer, str):
            return OPTIMIZERS[self.optimizer]()
        return self.optimizer

    def rate(self) -> float | Callable[..., float]:
        """Return the learning rate, or the schedule that it follows from epoch 0 on."""
        if not self.schedule:
            return self.learning_rate
        return schedule_of(schedule_text(self.schedule), self.learning_rate, self.epochs)


def checked_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of a recipe, by name, as a recipe holds them.

    Raises ValueError or TypeError that names the setting for one that is unusable or unknown.
    """
    checked = {}
    for name, value in settings.items():
        if name not in _CHECKS:
            raise ValueError(
                f"recipe: found the setting {name!r}, expected one of {', '.join(_CHECKS)}"
            )
        checked[name] = _CHECKS[name](value, name)
    return checked


def make_network(
    network_class: type[Network],
    recipe: Recipe,
    inputs: int,
    outputs: int,
    classes: bool,
    seed: int,
) -> Network:
    """Return an untrained network of dense layers as a recipe asks for it.

    inputs, outputs: how many numbers a row has.
    classes: whether the outputs stand for classes: two of them have one sigmoid output and binary
        cross-entropy, more softmax and categorical cross-entropy; otherwise the outputs are linear
        and the loss is the mean squared error.

    Raises ValueError for a recipe whose layers are words.

    >>> make_network(Network, Recipe((8,)), 4, 3, True, seed=1)
    Network([Dense(4, 8, 'relu'), Dense(8, 3, 'softmax')], loss='categorical_cross_entropy', seed=1)
    """
    if isinstance(recipe.layers, str):
        raise ValueError(f"layers: found {recipe.layers!r}, expected the units of dense layers")
    dense, dropout = kind_of(network_class, "Dense"), kind_of(network_class, "Dropout")
    penalties = {"l1": recipe.l1, "l2": recipe.l2}
    layers = []
    width = inputs
    for units in recipe.layers:
        layers.append(dense(width, units, recipe.activation, **penalties))
        width = units
        if recipe.dropout > 0.0:
            layers.append(dropout(recipe.dropout))
    activation, loss = end_of(outputs, classes)
    layers.append(dense(width, outputs, activation, **penalties))
    return network_class(layers, loss, seed=seed)


def end_of(outputs: int, classes: bool) -> tuple[str, LossName]:
    """Return the activation of the last layer, and the loss: see ``make_network``."""
    if not classes:
        return "linear", "mean_squared_error"
    if outputs == 1:
        return "sigmoid", "binary_cross_entropy"
    return "softmax", "categorical_cross_entropy"


def kind_of(network_class: type[Network], name: str) -> Any:
    """Return the class of layers of a name that such a network takes."""
    own = KINDS.get((network_class.layer_class.backend, name))
    return KINDS[("any", name)] if own is None else own


def _name_of(optimizer: Published) -> str:
    for name, kind in OPTIMIZERS.items():
        if type(optimizer) is kind:
            return name
    raise TypeError(f"optimizer: found {shown(optimizer)}, expected one of {', '.join(OPTIMIZERS)}")


# The check of each setting.


def _layers(value: Any, name: str) -> tuple[int, ...] | str:
    if isinstance(value, str):
        return value
    units = as_list(value, name, "the units of the hidden layers")
    return tuple(as_count(number, f"{name}: layer {i}") for i, number in enumerate(units))


def _activation(value: Any, name: str) -> str:
    return as_choice(value, name, ACTIVATIONS, ACTIVATION_NAMES)


def _optimizer(value: Any, name: str) -> str | Published:
    if isinstance(value, Published):
        return value if value.settings() else _name_of(value)
    if isinstance(value, Mapping):
        settings = dict(value)
        kind = OPTIMIZERS[as_choice(settings.pop("name", None), name, OPTIMIZERS, OPTIMIZER_NAMES)]
        try:
            return kind(**settings)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name}: {error}") from None
    return as_choice(value, name, OPTIMIZERS, OPTIMIZER_NAMES)


def _schedule(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name}: found {shown(value)}, expected words such as 'cosine'")
    if value:
        try:
            schedule_of(schedule_text(value), 1e300, 1)  # "cosine 0.5" suits some rates
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name}: {error}") from None
    return value


def _batch_size(value: Any, name: str) -> int | None:
    return None if value is None else as_count(value, name)


def _clip_norm(value: Any, name: str) -> float | None:
    if value is None:
        return None
    limit = as_number(value, name)
    if limit <= 0.0:
        raise ValueError(f"{name}: found {shown(value)}, expected more than 0")
    return limit


_CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "layers": _layers,
    "activation": _activation,
    "l2": as_size,
    "l1": as_size,
    "dropout": as_part,
    "optimizer": _optimizer,
    "learning_rate": as_learning_rate,
    "schedule": _schedule,
    "epochs": as_count,
    "batch_size": _batch_size,
    "clip_norm": _clip_norm,
}
