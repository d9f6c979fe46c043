"""What takes part in a step besides the parameters: settings, and what an optimizer remembers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..layers import Layer, rows_of
from .penalties import is_penalised
from .step import symbol_of


def float_attributes(owner: Any) -> list[str]:
    """Return the names of the attributes of a layer or an optimizer that are a float.

    Those of the penalties are left out where there is none.
    """
    names = [name for name, value in vars(owner).items() if isinstance(value, float)]
    if isinstance(owner, Layer):
        names = [name for name in names if name not in ("l1", "l2")]
        names += ["l1", "l2"] if is_penalised([owner]) else []
    return names


def parts_of(memory: Any) -> list[tuple[str, Any]]:
    """Return the lists of numbers, and the numbers, in what an optimizer remembers, with a label.

    >>> parts_of([[0.5]]), parts_of({"velocity": [[0.5]], "count": 3})
    ([('memory', [[0.5]])], [('velocity', [[0.5]])])
    """
    if isinstance(memory, list):
        found = {"memory": memory}
    elif isinstance(memory, tuple):
        found = {f"memory{place}": item for place, item in enumerate(memory)}
    elif isinstance(memory, dict):
        found = {str(key): item for key, item in memory.items()}
    else:
        found = dict(getattr(memory, "__dict__", {}))
    return [(label, values) for label, values in found.items() if _are_numbers(values)]


def remembered(label: str, parameter: str) -> str:
    """Return what the memory of a parameter is called, without the number of its layer.

    >>> remembered("velocity", "weights")
    'velocity_W'
    """
    return f"{label}_{symbol_of(parameter)}"


def owner_of(layers: Sequence[Layer], rows: Sequence[Any]) -> tuple[int, str] | None:
    """Return the number of the layer, and the name of its parameter, to which these rows belong."""
    for number, layer in enumerate(layers):
        for name in layer.PARAMETERS:
            values = getattr(layer, name)
            if values is not None and rows_of(values)[0] is rows[0]:
                return number, name
    return None


def _are_numbers(values: Any) -> bool:
    if isinstance(values, list):
        return len(values) > 0 and all(map(_are_numbers, values))
    return isinstance(values, float)
