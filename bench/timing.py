"""Times of two sides, measured in turns within one run."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """Seconds of several runs of the same work."""

    seconds: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def minimum(self) -> float:
        return min(self.seconds)


@dataclass(frozen=True)
class Pair:
    """The times of another side and of ours, from the same run."""

    other: Times
    ours: Times

    @property
    def ratio(self) -> float:
        """How many times as long as ours the other takes: the ratio of the medians."""
        return self.other.median / self.ours.median


@dataclass(frozen=True)
class Effort:
    """How often a pair is measured: at least ``least`` times, then until ``seconds`` have passed.

    Never more than ``most`` times.
    """

    least: int
    most: int
    seconds: float


FULL = Effort(least=5, most=101, seconds=5.0)
QUICK = Effort(least=3, most=21, seconds=1.0)
TINY = Effort(least=1, most=1, seconds=0.0)


def clock(work: Callable[[], object], before: Callable[[], object] | None = None) -> float:
    """Return the seconds that some work takes, with the garbage collector at rest.

    The collector has gone through every object, so the caches hold nothing of the work; ``before``
    is done first and not measured.
    """
    gc.collect()
    gc.disable()
    try:
        if before is not None:
            before()
        start = time.perf_counter()
        work()
        return time.perf_counter() - start
    finally:
        gc.enable()


def repeated(work: Callable[[], object], effort: Effort) -> Callable[[], float]:
    """Return a function that measures one call of short work, as the mean of many in a row.

    As many as take 5 milliseconds, which a first run finds out; after one that is not counted.
    """
    calls = 1
    while effort.most > 1 and _seconds_of(work, calls) < 0.005:
        calls *= 2
    return lambda: clock(lambda: _seconds_of(work, calls), before=work) / calls


def _seconds_of(work: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return time.perf_counter() - start


def in_turns(other: Callable[[], float], ours: Callable[[], float], effort: Effort) -> Pair:
    """Measure two sides in turns; each function prepares one run, and returns its seconds.

    Which side begins changes from pair to pair, so that neither always follows the other.
    """
    others: list[float] = []
    own: list[float] = []
    start = time.perf_counter()
    while len(own) < effort.least or (
        len(own) < effort.most and time.perf_counter() - start < effort.seconds
    ):
        if len(own) % 2 == 0:
            others.append(other())
            own.append(ours())
        else:
            own.append(ours())
            others.append(other())
    return Pair(Times(others), Times(own))
