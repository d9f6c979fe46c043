"""The parameters of a network's layers as a whole: their digest, and what is no number in them."""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from .layers import Layer


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
    for number, layer in enumerate(layers):
        if not all(map(math.isfinite, chain.from_iterable(layer.rows()))):
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
