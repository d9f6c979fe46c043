"""Which layers make the loss larger for the size of their weights."""

from __future__ import annotations

from collections.abc import Iterable

from ..layers import Layer


def is_penalised(layers: Iterable[Layer]) -> bool:
    """Return whether the weights of any of these layers add to the loss.

    It is asked in the middle of a step, and in a module of its own so that a debugger passes by.
    """
    return any(layer.l1 > 0.0 or layer.l2 > 0.0 for layer in layers)
