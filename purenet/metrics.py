"""From outputs to classes: which one was meant, and how many are right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .checks import shown
from .matrix import Rows


class Evaluation(NamedTuple):
    """The loss over some samples, and the share of right answers (None if they are no classes)."""

    loss: float
    accuracy: float | None


def answered_class(outputs: Sequence[float]) -> int | None:
    """Return the class that one row of outputs stands for; None if an output is NaN.

    One output: class 1 from 0.5 on, otherwise class 0.  Several: the number of the largest, the
    first of equal ones.

    >>> answered_class([0.7]), answered_class([0.1, 0.2, 0.7])
    (1, 2)
    """
    if len(outputs) == 1:
        if outputs[0] >= 0.5:
            return 1
        return 0 if outputs[0] < 0.5 else None
    best = 0
    for j in range(len(outputs)):
        if outputs[j] > outputs[best]:
            best = j
        elif not outputs[j] <= outputs[best]:
            return None
    return best


def class_of(outputs: Sequence[float]) -> int:
    """Return the class that one row of outputs stands for, or raise ValueError if one is NaN."""
    answered = answered_class(outputs)
    if answered is None:
        raise ValueError(f"outputs: found {shown(list(outputs))}: NaN stands for no class")
    return answered


def count_correct(outputs: Rows, targets: Rows) -> int:
    """Return for how many rows the outputs stand for the class that the targets name."""
    correct = 0
    for i in range(len(outputs)):
        if answered_class(outputs[i]) == answered_class(targets[i]):
            correct += 1
    return correct
