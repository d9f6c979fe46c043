"""The hidden layers as ``train --layers`` takes them: "conv 3x3x8, pool 2, dense 32".

One item a layer, with commas between them, in the order in which a sample passes them::

    conv HxWxN [ACTIVATION] [stride S] [padding P]    N filters of H by W
    pool S [stride S]                                 the largest of each window; also maxpool
    averagepool S [stride S]                          the mean of each window
    dense N [ACTIVATION]                              N units; a number alone means the same
    recurrent N [ACTIVATION] [sequences]              N units, from step to step
    dropout R                                         R of the numbers are left out in training
    flatten                                           an image as one row

S and P are a number or a pair, vertical x horizontal; P may be "same" as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..activations import ACTIVATIONS
from ..names import ACTIVATION_NAMES, hint

# No output of a hidden layer is a choice between its units.
HIDDEN_ACTIVATIONS = tuple(name for name in ACTIVATIONS if name != "softmax")

KINDS = {
    "conv": "conv",
    "pool": "pool",
    "maxpool": "pool",
    "averagepool": "averagepool",
    "dense": "dense",
    "recurrent": "recurrent",
    "dropout": "dropout",
    "flatten": "flatten",
}

# What follows the name at once, and an example of it.
_SIZES = {
    "conv": ("HEIGHTxWIDTHxFILTERS", "3x3x8"),
    "pool": ("a size", "2 or 2x3"),
    "averagepool": ("a size", "2 or 2x3"),
    "dense": ("a number of units", "32"),
    "recurrent": ("a number of units", "16"),
    "dropout": ("a share from 0 to below 1", "0.25"),
}

# What may come after that.
_OPTIONS = {
    "conv": ("activation", "stride", "padding"),
    "pool": ("stride",),
    "averagepool": ("stride",),
    "dense": ("activation",),
    "recurrent": ("activation", "sequences"),
    "dropout": (),
    "flatten": (),
}

Pair = tuple[int, int]


class LayerText(NamedTuple):
    """One layer as it was written.

    place: how an error names it, such as "layer 2, 'pool 2'", counted from 1.
    kind: one of the values of KINDS.
    size: (height, width, filters) of conv, (height, width) of a pool, the units of dense and
        recurrent, the rate of dropout, None for flatten.
    options: what was written of activation, stride, padding and sequences.
    """

    place: str
    kind: str
    size: Any
    options: dict[str, Any]


def layer_texts(text: str) -> list[LayerText]:
    """Return the layers that a text names, none for "none".

    Raises ValueError that names the layer, what was found and what was expected.

    >>> for layer in layer_texts("conv 3x3x8 relu padding same, pool 2, 32"):
    ...     print(layer.kind, layer.size, layer.options)
    conv (3, 3, 8) {'activation': 'relu', 'padding': 'same'}
    pool (2, 2) {}
    dense 32 {}
    """
    if text.strip() == "none":
        return []
    items = [" ".join(item.split()) for item in text.split(",")]
    if not any(character.isalpha() for character in text):
        # Numbers alone: units, layer by layer.
        if any(_whole(item) is None for item in items):
            raise ValueError(f"found {text!r}, expected unit counts such as 8,8, or none")
    return [_layer_text(f"layer {n}, {item!r}", item) for n, item in enumerate(items, 1)]


def _layer_text(place: str, item: str) -> LayerText:
    name, *words = item.lower().split() or [""]
    if _whole(name) is not None:
        name, words = "dense", [name, *words]
    if name not in KINDS:
        raise ValueError(
            f"{place}: found {name!r}, expected {', '.join(KINDS)} or a number of units"
            f"{hint(name, KINDS)}"
        )
    kind = KINDS[name]
    size = None
    if kind in _SIZES:
        found, words = words[:1], words[1:]
        size = _size(kind, found[0]) if found else None
        if size is None:
            what, example = _SIZES[kind]
            shown = repr(found[0]) if found else f"nothing after {name!r}"
            raise ValueError(f"{place}: found {shown}, expected {what} such as {example}")
    options: dict[str, Any] = {}
    while words:
        option, value, words = _option(place, kind, words)
        if option in options:
            raise ValueError(f"{place}: found a second {option}, expected one")
        options[option] = value
    return LayerText(place, kind, size, options)


def _size(kind: str, word: str) -> Any:
    """Return what a word says of a layer's size, None if it does not."""
    if kind == "conv":
        return whole_numbers(word, 3)
    if kind in ("pool", "averagepool"):
        return pair(word)
    if kind == "dropout":
        return share(word)
    return _whole(word)


def _option(place: str, kind: str, words: Sequence[str]) -> tuple[str, Any, list[str]]:
    """Return the name and value of the option that comes first, and the words after it."""
    word, *rest = words
    known = _OPTIONS[kind]
    activation = ACTIVATION_NAMES.get(word, word)
    if "activation" in known and activation in HIDDEN_ACTIVATIONS:
        return "activation", activation, rest
    if word == "sequences" and word in known:
        return word, True, rest
    if word in ("stride", "padding") and word in known:
        found, rest = rest[:1], rest[1:]
        value: Any = None
        if found and word == "padding":
            value = "same" if found[0] == "same" else pair(found[0], least=0)
        elif found:
            value = pair(found[0])
        if value is None:
            shown = repr(found[0]) if found else "nothing"
            numbers = "0 or more" if word == "padding" else "1 or more"
            same = ", or same" if word == "padding" else ""
            raise ValueError(
                f"{place}: found {shown} after {word!r}, "
                f"expected a number, {numbers}, or a pair such as 2x1{same}"
            )
        return word, value, rest
    expected: list[str] = []
    for option in known:
        expected += HIDDEN_ACTIVATIONS if option == "activation" else [option]
    raise ValueError(
        f"{place}: found {word!r}, expected {', '.join(expected) or 'nothing more'}"
        f"{hint(word, expected, ACTIVATION_NAMES)}"
    )


def whole_numbers(word: str, count: int, *, least: int = 1) -> tuple[int, ...] | None:
    """Return as many numbers, 3 for "1x8x8", none less than ``least``; None for anything else."""
    numbers = [_whole(part, least) for part in word.lower().split("x")]
    known = tuple(number for number in numbers if number is not None)
    return known if len(known) == len(numbers) == count else None


def pair(word: str, *, least: int = 1) -> Pair | None:
    """Return a number twice, or the two of a pair such as "2x1"; None for anything else."""
    one = whole_numbers(word, 1, least=least)
    two = (*one, *one) if one is not None else whole_numbers(word, 2, least=least)
    return None if two is None else (two[0], two[1])


def share(word: str) -> float | None:
    """Return a number from 0 to below 1, None for anything else."""
    try:
        number = float(word)
    except ValueError:
        return None
    return number if math.isfinite(number) and 0.0 <= number < 1.0 else None


def _whole(word: str, least: int = 1) -> int | None:
    try:
        number = int(word)
    except ValueError:  # or one of thousands of digits
        return None
    return number if number >= least else None
