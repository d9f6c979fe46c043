"""A progress bar: one line that says how far a loop has come."""

from __future__ import annotations

import math
import os
import shutil
import sys
import time
from typing import TextIO, final

from .text import clean, column_count, is_terminal, shorten, supports_unicode


@final
class ProgressBar:
    """One line that shows how far a loop has come, with the time left.

    On a terminal the line is redrawn in place, at most 20 times a second. On any other stream
    nothing is written until `close`, which writes one line. With stream=None, sys.stderr as it is
    then; where that is None too (pythonw), or the stream is closed, nothing is written at all.

    >>> with ProgressBar(3, sys.stdout, label="training") as bar:
    ...     for epoch in range(3):
    ...         bar.update(epoch + 1, f"loss {0.5 ** epoch:.2f}")
    training  3/3  100%  0:00  loss 0.25
    """

    def __init__(self, total: int, stream: TextIO | None = None, label: str = "") -> None:
        if total < 0:
            raise ValueError(f"total is {total}, expected 0 or more")
        self._stream = sys.stderr if stream is None else stream
        self._unicode = supports_unicode(self._stream)
        self._terminal = is_terminal(self._stream)
        self._label = clean(label, self._unicode)
        self._text = ""
        self._total, self._done = total, 0
        self._started = time.monotonic()
        self._drawn = -math.inf
        self._used = 0  # columns of the line now on the terminal
        self._open = True

    def update(self, done: int, text: str = "") -> None:
        """Show that `done` of the total is done; `text`, such as the loss, ends the line."""
        self._done, self._text = done, clean(text, self._unicode)
        if self._open and self._terminal and time.monotonic() - self._drawn >= 0.05:
            self._drawn = time.monotonic()
            self._write("")

    def close(self) -> None:
        """Write the final line; a second call does nothing."""
        if self._open:
            self._open = False
            self._write("\n")

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _line(self) -> str:
        elapsed = time.monotonic() - self._started
        share = min(max(self._done / self._total, 0.0), 1.0) if self._total else 1.0
        count = f"{self._done:{len(str(self._total))}d}/{self._total}"
        clock = _clock(elapsed)
        if self._open and 0 < share < 1:
            clock = _clock(elapsed * (1 - share) / share) + " left"
        parts = [self._label, "", count, f"{math.floor(100 * share):3d}%", clock, self._text]
        line = "  ".join(filter(None, parts))
        if not self._terminal:
            return line
        width = _terminal_width(self._stream) - 1  # a full last column wraps on some terminals
        room = min(width - column_count(line) - 2, 30)
        if room >= 5:
            full, empty = "█░" if self._unicode else "#-"
            parts[1] = (full * math.floor(share * room)).ljust(room, empty)
            line = "  ".join(filter(None, parts))
        return shorten(line, width, self._unicode)

    def _write(self, end: str) -> None:
        line = self._line()
        blank = " " * (self._used - column_count(line))  # over the rest of a longer line before
        self._used = column_count(line)
        try:
            if self._stream is not None:
                self._stream.write(("\r" if self._terminal else "") + line + blank + end)
                self._stream.flush()
        except (OSError, ValueError):  # closed or broken: training matters more than its bar
            self._stream = None


def _terminal_width(stream: TextIO | None) -> int:
    try:
        if stream is not None and "COLUMNS" not in os.environ:
            return os.get_terminal_size(stream.fileno()).columns or 80
    except (AttributeError, OSError, ValueError):
        pass
    return shutil.get_terminal_size().columns


def _clock(seconds: float) -> str:
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
