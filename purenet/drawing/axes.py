"""Round numbers for the axes of a chart."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

_ROUND_STEPS = (Fraction(1), Fraction(2), Fraction(5, 2), Fraction(5))  # times a power of ten


def ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers from `low` to `high`, evenly spaced: at least one and at most `count`.

    The spacing is 1, 2, 2.5 or 5 times a power of ten, the smallest that gives few enough.
    Raises ValueError unless low <= high are finite numbers and count is at least 2.

    >>> ticks(0.02, 0.71, 6)
    [0.2, 0.4, 0.6]
    >>> ticks(1, 100, 6)
    [20.0, 40.0, 60.0, 80.0, 100.0]
    """
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"ticks need finite limits, low before high, found {low} and {high}")
    if count < 2:
        raise ValueError(f"count is {count}, expected at least 2")
    if low == high:
        return [float(low)]
    # Limits are taken as they are written, so that 0.3 lies on the tick 3/10; fractions keep
    # every multiple exact, so that the ticks read 0.3 and not 0.30000000000000004.
    first, last = Fraction(repr(float(low))), Fraction(repr(float(high)))
    for step in round_numbers((last - first) / count):
        multiples = range(math.ceil(first / step), math.floor(last / step) + 1)
        if len(multiples) <= count:
            return [float(i * step) for i in multiples]
    raise AssertionError("unreachable: the steps grow without end")


def round_numbers(start: Fraction) -> Iterator[Fraction]:
    """Count up through 1, 2, 2.5, 5, 10, ... times a power of ten, from about `start` on."""
    exponent = len(str(start.numerator)) - len(str(start.denominator)) - 1
    while True:
        yield from (step * Fraction(10) ** exponent for step in _ROUND_STEPS)
        exponent += 1


def log_ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers from `low` to `high` for a logarithmic axis, at most `count`.

    1, 2, 5 or 1, 3 times powers of ten, powers of ten, or every second, third, fifth, ... power:
    the densest of these that gives few enough. Where none of them gives two, `ticks` chooses.
    Raises ValueError as `ticks` does, and unless low > 0.

    >>> log_ticks(0.0004, 5, 6)
    [0.001, 0.01, 0.1, 1.0]
    >>> log_ticks(0.02, 0.7, 6)
    [0.02, 0.05, 0.1, 0.2, 0.5]
    """
    if not low > 0:
        raise ValueError(f"a logarithmic axis needs a positive lower limit, found {low}")
    fallback = ticks(low, high, count)
    exponents = range(math.floor(math.log10(low)) - 1, math.floor(math.log10(high)) + 2)
    choices: list[tuple[tuple[int, ...], int]] = [((1, 2, 5), 1), ((1, 3), 1)]
    choices += [((1,), stride) for stride in (1, 2, 3, 5, 10, 20, 50, 100, 200)]
    for digits, stride in choices:
        powers = [e for e in exponents if e % stride == 0]
        found = [float(f"{digit}e{e}") for e in powers for digit in digits]
        found = [tick for tick in found if low <= tick <= high]
        if len(found) <= count:
            break
    return found if len(found) >= 2 else fallback
