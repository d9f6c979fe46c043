"""What stands in the cells and the header of a table, read and put into messages."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence


def number_in(text: str) -> float | None:
    """Return a decimal number, or None for other text and for numbers too large for a float.

    float() takes more: "nan", "inf", "1_000" and digits of other scripts.
    """
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text and text.isascii() else None


def first_repeated(names: Sequence[str]) -> str | None:
    """Return a name that stands in the list more than once, or None."""
    return next((name for name, count in Counter(names).items() if count > 1), None)


def listed(names: Sequence[str]) -> str:
    """Return the names for a message, the first 20 of them if there are more."""
    shown = ", ".join(map(repr, names[:20]))
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"
