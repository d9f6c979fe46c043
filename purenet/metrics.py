"""From outputs to classes: which one was meant, and how many are right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .matrix import Rows


class Evaluation(NamedTuple):
    """The loss over some samples, and the share of right answers (None if they are no classes)."""

    loss: float
    accuracy: float | None


def class_of(outputs: Sequence[float]) -> int:
    """Return the class that one row of outputs stands for.

    One output: class 1 from 0.5 on, otherwise class 0.  Several: the number of the largest, the
    first of equal ones.

    >>> class_of([0.7]), class_of([0.1, 0.2, 0.7])
    (1, 2)
    """
    if len(outputs) == 1:
        return 1 if outputs[0] >= 0.5 else 0
    best = 0
    for j in range(len(outputs)):
        if outputs[j] > outputs[best]:
            best = j
    return best


def count_correct(outputs: Rows, targets: Rows) -> int:
    """Return for how many rows the outputs stand for the class that the targets name."""
    correct = 0
    for i in range(len(outputs)):
        if class_of(outputs[i]) == class_of(targets[i]):
            correct += 1
    return correct
