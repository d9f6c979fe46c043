"""How far a training has come, part by part."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

from ..drawing.progress import ProgressBar

# Called as (what is done, how much of it, of how much, what to say beside).
Progress = Callable[[str, int, int, str], Any]


def labelled(label: str, progress: Progress | None) -> Callable[[int, int, str], Any] | None:
    """Return a progress that says what is done."""
    if progress is None:
        return None

    def report(done: int, total: int, words: str) -> None:
        progress(label, done, total, words)

    return report


@contextlib.contextmanager
def bars(drawn: bool) -> Iterator[Progress | None]:
    """Give a progress that is drawn on standard error, a line for each part; None if it is not."""
    if not drawn:
        yield None
        return
    found = _Bars()
    try:
        yield found
    finally:
        found.close()


class _Bars:
    def __init__(self) -> None:
        self.label = ""
        self.bar: ProgressBar | None = None

    def __call__(self, label: str, done: int, total: int, words: str) -> None:
        if label != self.label or self.bar is None:
            self.close()
            self.label, self.bar = label, ProgressBar(total, sys.stderr, label)
        self.bar.update(done, words)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None
