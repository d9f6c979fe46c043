"""What stands in the cells and the header of a table, read and put into messages."""

from __future__ import annotations

import difflib
import math
from collections import Counter
from collections.abc import Sequence

_MOST_SPANS = 5


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


def no_column(name: str, names: Sequence[str]) -> str:
    """Return the words for a column that is not there, with the name that is most like it."""
    likely = {other.casefold(): other for other in reversed(names)}
    near = difflib.get_close_matches(name.casefold(), likely, 1, 0.75) if len(names) < 2000 else []
    hint = f" (did you mean {likely[near[0]]!r}?)" if near else ""
    return f"found no column {name!r}{hint}, expected it among {listed(names)}"


def spans(noun: str, numbers: Sequence[int]) -> str:
    """Return "line 3", "lines 3, 5 to 7 and 9" ... for numbers that rise."""
    parts: list[tuple[int, int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1] = (parts[-1][0], number)
        else:
            parts.append((number, number))
    texts = [str(first) if first == last else f"{first} to {last}" for first, last in parts]
    if len(texts) > _MOST_SPANS:
        return f"{len(numbers)} {noun}s ({', '.join(texts[:_MOST_SPANS])} ...)"
    noun = noun if len(numbers) == 1 else f"{noun}s"
    return f"{noun} {', '.join(texts[:-1])}{' and ' if len(texts) > 1 else ''}{texts[-1]}"
