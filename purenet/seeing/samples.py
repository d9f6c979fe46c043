"""Which samples a training step is shown with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..checks import as_count, as_list, shown
from ..samples import Samples

_MOST_NUMBERS = 10  # are written out


def chosen_numbers(sample: Any, count: int) -> list[int]:
    """Return the numbers of the chosen samples: of one, of several, or (None) of all there are."""
    if sample is None:
        return list(range(count))
    numbers = [sample] if hasattr(sample, "__index__") else as_list(sample, "sample", "a number")
    if not numbers:
        raise ValueError("sample: found none, expected the number of a sample")
    return [checked_number(number, "sample", count) for number in numbers]


def checked_number(value: Any, argument: str, count: int) -> int:
    """Return the number of one of ``count`` samples, layers ..., which count from 0."""
    found = as_count(value, argument, least=0)
    if found >= count:
        raise ValueError(
            f"{argument}: found {shown(found)}, "
            f"expected 0 to {count - 1} ({argument}s count from 0)"
        )
    return found


def part_of(samples: Samples, numbers: Sequence[int]) -> Samples:
    """Return the samples with these numbers, in new lists."""
    return Samples(
        [list(samples.inputs[i]) for i in numbers],
        [list(samples.targets[i]) for i in numbers],
        samples.classes,
        len(numbers),
    )


def which(numbers: Sequence[int], count: int) -> str:
    """Return in words which samples these are.

    >>> which([0, 1, 2], 3), which([1], 3)
    ('all there are', 'number 1 of 3')
    """
    if list(numbers) == list(range(count)):
        return "all there are"
    listed = [str(number) for number in numbers[:_MOST_NUMBERS]]
    if len(numbers) > _MOST_NUMBERS:
        listed.append("...")
    return f"number {', '.join(listed)} of {count}"
