"""Text for people: folded where the terminal ends."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import TextIO

from ..drawing.text import column_count, shorten, supports_unicode

_NARROWEST = 40


def terminal_width() -> int:
    """Return how many columns a line may have: COLUMNS, the terminal's, or 80."""
    return max(shutil.get_terminal_size().columns or 80, _NARROWEST)


def folded(text: str, width: int, indent: str = "  ") -> str:
    """Return a text as lines of at most so many columns, broken at spaces.

    indent: stands before all lines but the first.  A word that is longer than a line stays whole.

    >>> print(folded("kind: 3 classes reed 12, moss 7, fern 3", 24))
    kind: 3 classes reed 12,
      moss 7, fern 3
    """
    if column_count(text) <= width:
        return text
    lines = [" " * (len(text) - len(text.lstrip(" ")))]
    for word in text.split():
        extended = f"{lines[-1]} {word}" if lines[-1].strip() else f"{lines[-1]}{word}"
        if column_count(extended) > width and lines[-1].strip():
            lines.append(f"{indent}{word}")
        else:
            lines[-1] = extended
    return "\n".join(lines)


class Say:
    """Prints text for people, or nothing.

    stream: standard output if None, as it is then.
    quiet: whether to print nothing.
    """

    def __init__(self, stream: TextIO | None = None, quiet: bool = False) -> None:
        self.stream = stream
        self.quiet = quiet
        self.width = terminal_width()

    @property
    def unicode(self) -> bool:
        """Whether the stream can show what the charts are drawn with."""
        return supports_unicode(sys.stdout if self.stream is None else self.stream)

    def __call__(self, text: str = "") -> None:
        """Print a sentence, folded."""
        self.whole(folded(text, self.width))

    def whole(self, text: str) -> None:
        """Print text that has its lines already."""
        if not self.quiet:
            print(text, file=self.stream, flush=True)


def column_lines(rows: Sequence[tuple[str, str, str]], width: int, unicode: bool = True) -> str:
    """Return the table of a preparation: each column, what it is taken as, how many are missing.

    >>> print(column_lines([("height", "number", "3"), ("id", "left out: an index", "")], 60))
    column  taken as            missing
    height  number                    3
    id      left out: an index
    """
    cells = [("column", "taken as", "missing"), *rows]
    if not any(row[2] for row in rows):
        cells = [(name, taken, "") for name, taken, _ in cells]
    first = min(max(column_count(row[0]) for row in cells), max(width // 3, 12))
    last = max(len(row[2]) for row in cells)
    room = width - first - 2 - (last + 2 if last else 0)
    second = min(max(column_count(row[1]) for row in cells), room)
    lines = []
    for name, taken, missing in cells:
        parts = folded(taken, second).split("\n")
        name = shorten(name, first, unicode)
        for number, part in enumerate(parts):
            part = shorten(part, second, unicode)
            line = _padded(name if number == 0 else "", first) + "  " + _padded(part, second)
            if number == 0 and last:
                line += f"  {missing:>{last}}"
            lines.append(line.rstrip())
    return "\n".join(lines)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - column_count(text))
