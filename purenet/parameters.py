"""The parameters of a network's layers as a whole: checked, in one digest, searched for NaN.

What a user may have written into them is checked by ``check_parameters`` before every call that
computes, what is handed to ``update`` by ``checked_gradients``.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Iterable, Sequence
from operator import attrgetter, methodcaller
from typing import Any, Protocol

from .checks import FLOAT, as_list, flat
from .layers import Layer, rows_of
from .regularisation import clip_norm, clip_values

_own = attrgetter("own_lists")
_rows = methodcaller("rows")


class Layered(Protocol):
    """What has layers: a network."""

    layers: tuple[Layer, ...]


def check_parameters(net: Layered) -> None:
    """Check what a user may have written into the weights and biases, and make it floats."""
    # Unchanged lists of floats are passed in C: what follows is for what a user has put in.
    lists, ids, rows, sizes = map(list, map(flat, zip(*map(_own, net.layers), strict=True)))
    if [*map(id, flat(lists)), *map(len, rows)] != ids + sizes or {*map(type, flat(rows))} - FLOAT:
        for number, layer in enumerate(net.layers):
            layer.check_parameters(f"layer {number}")


def checked_gradients(layers: Sequence[Layer], gradients: Any) -> list[Any]:
    """Return what ``backprop`` returned, in new lists of floats, one entry a layer.

    Raises ValueError or TypeError for anything else.
    """
    listed = as_list(gradients, "gradients", "the result of backprop")
    if len(listed) != len(layers):
        raise ValueError(f"gradients: found {len(listed)}, expected {len(layers)}, one a layer")
    return [
        layer.checked_gradient(gradient, f"gradients[{number}]")
        for number, (gradient, layer) in enumerate(zip(listed, layers, strict=True))
    ]


def clip_gradients(
    layers: Sequence[Layer],
    gradients: Sequence[Any],
    most_value: float | None,
    most_norm: float | None,
) -> None:
    """Clip what ``backward`` returned, in place: first each number, then the length of all.

    The length adds up the layers in their order, and of each the parameters, row by row.
    """
    rows = []
    for layer, gradient in zip(layers, gradients, strict=True):
        for name in layer.PARAMETERS:
            values = getattr(gradient, name)
            if values is not None:
                rows.extend(rows_of(values))
    if most_value is not None:
        clip_values(rows, most_value)
    if most_norm is not None:
        clip_norm(rows, most_norm)


def digest_of(rows: Iterable[Sequence[float]]) -> str:
    """Return the SHA-256 of rows of numbers, as 64 hexadecimal digits.

    Each number goes in as an IEEE 754 double, least significant byte first; every NaN as the same.
    """
    digest = hashlib.sha256()
    for row in rows:
        values = [value if value == value else math.nan for value in row]
        digest.update(struct.pack(f"<{len(values)}d", *values))
    return digest.hexdigest()


def find_non_finite(layers: Sequence[Layer]) -> tuple[str, float] | None:
    """Return the place and value of the first parameter that is NaN or infinite, or None."""
    if all(map(math.isfinite, flat(flat(map(_rows, layers))))):
        return None  # in C, because every epoch of a training ends here
    for number, layer in enumerate(layers):
        for name in layer.PARAMETERS:
            found = _first_non_finite(getattr(layer, name), name)
            if found is not None:
                return f"layer {number}, {found[0]}", found[1]
    return None


def _first_non_finite(values: Any, place: str) -> tuple[str, float] | None:
    if values is None:
        return None
    for number, item in enumerate(values):
        found = None
        if hasattr(item, "__len__"):
            found = _first_non_finite(item, f"{place}[{number}]")
        elif not math.isfinite(item):
            found = f"{place}[{number}]", item
        if found is not None:
            return found
    return None
