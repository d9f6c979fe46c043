"""Text for a terminal: what it can show, how wide it is, numbers written alike."""

from __future__ import annotations

import math
import os
import re
import sys
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import TextIO


def supports_unicode(stream: TextIO | None) -> bool:
    """Return whether `stream` can show the Braille dots, lines and blocks that the charts use.

    True if its encoding has these characters, except on terminals whose fonts lack Braille: the
    Linux console, and Windows consoles that do not announce themselves as a modern terminal.

    >>> import io
    >>> supports_unicode(io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    True
    >>> supports_unicode(io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    False
    """
    try:
        "⣿┤█░·…".encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeError, LookupError):
        return False
    if not is_terminal(stream):
        return True
    if sys.platform == "win32":
        return any(name in os.environ for name in ("WT_SESSION", "TERM_PROGRAM", "ConEmuANSI"))
    return os.environ.get("TERM") not in ("linux", "dumb")


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether somebody reads this stream in a terminal."""
    try:
        return stream is not None and stream.isatty()
    except (AttributeError, ValueError):  # ValueError: the stream is closed
        return False


def clean(text: str, unicode: bool = True) -> str:
    """Return a text as one printable line; without `unicode`, in ASCII with escapes."""
    text = "".join(c if c.isprintable() else " " for c in text)
    return text if unicode else text.encode("ascii", "backslashreplace").decode("ascii")


def column_count(text: str) -> int:
    """Return how many columns `text` takes in a terminal: East Asian wide characters take two."""
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )


def shorten(text: str, width: int, unicode: bool = True) -> str:
    """Cut `text` to at most `width` columns, with an ellipsis in place of what was cut."""
    if column_count(text) <= width:
        return text
    ellipsis = ("…" if unicode else "..")[: max(width, 0)]
    while column_count(text) > width - len(ellipsis) and text:
        text = text[:-1]
    return text.rstrip() + ellipsis


def right_aligned(text: str, width: int) -> str:
    """Return a text with spaces before it, so that it takes `width` columns."""
    return " " * (width - column_count(text)) + text


def number_labels(values: Sequence[float], most: int = 20, alike: bool = True) -> list[str]:
    """Write numbers, if `alike` with equally many decimals (at most `most`) or all like 2.5e-7."""
    if not alike:
        return [number_labels([value], most)[0] for value in values]
    finite = [value for value in values if math.isfinite(value)]
    plain = not any(finite) or 1e-4 <= max(map(abs, finite)) < 1e7
    decimals = 0
    for value in finite:
        _, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
        decimals = max(decimals, -int(exponent) if plain else len(digits) - 1)
    texts = [f"{value:.{min(decimals, most)}{'f' if plain else 'e'}}" for value in values]
    # 2.5e-07 reads 2.5e-7, and 0.0e+00 reads 0.
    return [re.sub(r"e\+?(-?)0?", r"e\1", re.sub("^0.*e.*", "0", text)) for text in texts]


def summary_table(layers: Sequence[tuple[str, tuple[int, ...], int]]) -> str:
    """Return the table of a network's layers: what each is, the shape it gives, its parameters."""
    cells = [("layer", "output", "parameters")]
    for number, (name, shape, count) in enumerate(layers):
        cells.append((f"{number}  {name}", " x ".join(map(str, shape)), f"{count:,}"))
    total = sum(count for _, _, count in layers)
    cells.append(("", "total", f"{total:,}"))
    widths = [max(len(row[column]) for row in cells) for column in range(3)]
    return "\n".join(
        f"{name:{widths[0]}}  {shape:>{widths[1]}}  {count:>{widths[2]}}".rstrip()
        for name, shape, count in cells
    )
