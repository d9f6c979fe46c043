"""The network for a prepared table: hidden layers as they were asked for, an output that fits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..network import Network
from ..selection.recipe import end_of, kind_of
from .layer_texts import LayerText

# A slip such as --layers 1000000,1000000 would fill the memory before anything else happened.
MOST_PARAMETERS = 100_000_000

Shape = tuple[int, ...]


class Wish(NamedTuple):
    """What is asked of a network.

    layers: the hidden ones.
    activation: of those that name none.
    image: (channels, height, width) of a row; None if it is no image, or to be found out.
    steps: how many steps of a sequence a row holds; None if it is none, or to be found out.
    dropout: the share that is left out after each hidden layer.
    l1, l2: of all layers that have weights.
    """

    layers: Sequence[LayerText]
    activation: str
    image: Shape | None = None
    steps: int | None = None
    dropout: float = 0.0
    l1: float = 0.0
    l2: float = 0.0


def row_shape(wish: Wish, columns: int) -> Shape:
    """Return the shape in which the first layer takes a row of so many columns.

    ``(columns,)``, or that of an image or a sequence where one comes first.  An image whose shape
    is not given is a square of grey pixels, a sequence has one number a step.

    Raises ValueError if the columns are no such image or sequence.
    """
    first = next((text for text in wish.layers if text.kind != "dropout"), None)
    kind = None if first is None else first.kind
    if wish.image is not None and kind not in ("conv", "pool", "averagepool"):
        raise ValueError("image: found no conv or pool at the beginning of layers, expected one")
    if wish.steps is not None and kind != "recurrent":
        raise ValueError("steps: found no recurrent at the beginning of layers, expected one")
    if first is None or kind in ("dense", "flatten"):
        return (columns,)
    if kind == "recurrent":
        steps = columns if wish.steps is None else wish.steps
        if columns % steps != 0:
            raise ValueError(
                f"steps: found {steps} for a table of {columns} columns, "
                f"expected a number that divides them"
            )
        return steps, columns // steps
    if wish.image is not None:
        if math.prod(wish.image) != columns:
            raise ValueError(
                f"image: found {_times(wish.image)}, which is {math.prod(wish.image):,} numbers, "
                f"expected the {columns:,} columns of the table"
            )
        return wish.image
    side = math.isqrt(columns)
    if side * side != columns:
        raise ValueError(
            f"layers: {first.place}: found rows of {columns} numbers, which are no square image, "
            f"expected an image of CHANNELSxHEIGHTxWIDTH"
        )
    return 1, side, side


def network_for(
    network_class: type[Network], inputs: int, outputs: int, classes: bool, wish: Wish, seed: int
) -> Network:
    """Return an untrained network for prepared rows, of so many inputs and outputs.

    Two classes get one sigmoid output and binary cross-entropy, more classes softmax and
    categorical cross-entropy, a number a linear output and the mean squared error.
    """
    layers = layers_for(network_class, inputs, outputs, classes, wish)
    _, loss = end_of(outputs, classes)
    return network_class(layers, loss=loss, seed=seed)


def layers_for(
    network_class: type[Network], inputs: int, outputs: int, classes: bool, wish: Wish
) -> list[Any]:
    """Return the layers of such a network, which hold no numbers yet.

    Raises ValueError that names the layer for those that do not fit, and for too many numbers.
    """
    shape = row_shape(wish, inputs)
    for text in wish.layers:
        if text.kind in ("conv", "dense", "recurrent"):
            units = text.size[-1] if text.kind == "conv" else text.size
            _check_size(units, "more than ")  # each has a bias; no layer is made of too many
    layers: list[Any] = []
    for number, text in enumerate(wish.layers):
        try:
            layer = _layer(network_class, text, wish)
            layer.connect(shape)
        except ValueError as error:
            raise ValueError(f"layers: {text.place}: {error}") from None
        layers.append(layer)
        shape = layer.output_shape
        following = wish.layers[number + 1].kind if number + 1 < len(wish.layers) else ""
        if wish.dropout and not following.endswith("pool"):  # which belongs to the layer before it
            layers.append(kind_of(network_class, "Dropout")(wish.dropout))
    activation, _ = end_of(outputs, classes)
    dense = kind_of(network_class, "Dense")
    layers.append(dense(math.prod(shape), outputs, activation, **_penalties(wish)))
    _check_size(sum(layer.parameter_count for layer in layers), "")
    return layers


def _layer(network_class: type[Network], text: LayerText, wish: Wish) -> Any:
    """Return the layer of a text, which will take what the layer before it gives."""

    def kind(name: str) -> Any:
        return kind_of(network_class, name)

    if text.kind == "flatten":
        return kind("Flatten")()
    if text.kind == "dropout":
        return kind("Dropout")(text.size)
    if text.kind == "pool":
        return kind("MaxPool2D")(text.size, **text.options)
    if text.kind == "averagepool":
        return kind("AveragePool2D")(text.size, **text.options)
    options = {"activation": wish.activation, **text.options, **_penalties(wish)}
    if text.kind == "conv":
        *window, filters = text.size
        return kind("Conv2D")(None, filters, tuple(window), **options)
    if text.kind == "recurrent":
        return kind("Recurrent")(None, text.size, **options)
    return kind("Dense")(None, text.size, **options)


def _check_size(parameters: int, more: str) -> None:
    if parameters > MOST_PARAMETERS:
        raise ValueError(
            f"layers: found a network of {more}{parameters:,} parameters, "
            f"expected at most {MOST_PARAMETERS:,}"
        )


def _penalties(wish: Wish) -> dict[str, float]:
    return {"l1": wish.l1, "l2": wish.l2}


def described(shape: Shape) -> str:
    """Return what a row of this shape is, in words; the shape as it is written: 1x8x8.

    >>> described((8, 2))
    'a sequence of 8x2 numbers (steps, numbers a step)'
    """
    if len(shape) == 3:
        return f"an image of {_times(shape)} numbers (channels, height, width)"
    return f"a sequence of {_times(shape)} numbers (steps, numbers a step)"


def _times(shape: Shape) -> str:
    return "x".join(map(str, shape))
