"""What stands in the cells and the header of a table, read and put into messages."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from ..names import hint

_MOST_SPANS = 5
_MOST_COMPARED = 2000


def number_in(text: str) -> float | None:
    """Return a decimal number, or None for other text and for numbers too large for a float.

    float() takes more: "nan", "inf", "1_000" and digits of other scripts.
    """
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text and text.isascii() else None


def number_text(number: float) -> str:
    """Return a number as people write it: 3 for 3.0."""
    return str(int(number)) if number % 1.0 == 0.0 and abs(number) < 1e16 else repr(number)


def rounded_text(number: float) -> str:
    """Return a number for a sentence, with thousands apart and six digits.

    >>> rounded_text(18823.0), rounded_text(2.0 / 3.0)
    ('18,823', '0.666667')
    """
    if number % 1.0 == 0.0 and abs(number) < 1e16:
        return f"{int(number):,}"
    return f"{number:,.6g}" if 1e-4 <= abs(number) < 1e6 else f"{number:.6g}"


def canonical(text: str) -> str:
    """Return a value's text such that 2, 2.0 and 2e0 are one value; 02, a code, is another.

    >>> canonical("2.0"), canonical("02"), canonical("two")
    ('2', '02', 'two')
    """
    if text[:1] == "0" and text[1:2].isdigit():
        return text
    number = number_in(text)
    return text if number is None else number_text(number)


def first_repeated(names: Iterable[str]) -> str | None:
    """Return a name that stands in the list more than once, or None."""
    return next((name for name, count in Counter(names).items() if count > 1), None)


def listed(names: Sequence[str]) -> str:
    """Return the names for a message, the first 20 of them if there are more."""
    shown = ", ".join(map(repr, names[:20]))
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"


def plain(name: str) -> str:
    """Return a name from a file for the terminal: on one line, without escapes and other controls.

    One in which a comma or a colon could be taken for the sentence's own is put in quotes.

    >>> plain("red"), plain("red, dark"), plain("\\x1b[31mred")
    ('red', "'red, dark'", "'?[31mred'")
    """
    shown = "".join(character if character.isprintable() else "?" for character in name)
    if shown != name or not name or name != name.strip() or any(c in name for c in ",:;'\""):
        quote = '"' if "'" in shown and '"' not in shown else "'"
        return f"{quote}{shown}{quote}"
    return shown


def plain_list(names: Sequence[str], most: int = 6) -> str:
    """Return names for the terminal, the first of them if there are many."""
    shown = ", ".join(map(plain, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def no_column(name: str, names: Sequence[str]) -> str:
    """Return the words for a column that is not there, with the name that is most like it."""
    near = hint(name, names) if len(names) <= _MOST_COMPARED else ""
    return f"found no column {name!r}, expected it among {listed(names)}{near}"


def no_columns(missing: Iterable[str], names: Sequence[str]) -> list[str]:
    """Return the words for each column that is not there; those that are, are listed once.

    >>> no_columns(["a", "b"], ["A", "c"])
    ["found no column 'a', expected it among 'A', 'c'; did you mean 'A'?", "found no column 'b'"]
    """
    faults: list[str] = []
    for name in missing:
        words = no_column(name, names)
        faults.append(
            words.replace(f", expected it among {listed(names)}", "") if faults else words
        )
    return faults


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


def stem_of(name: str) -> str:
    """Return a column's name without its numbers: what pixel0 and pixel783 share."""
    return "".join(character for character in name if not character.isdigit())
