"""Samples as a fit sees them: equal ones gathered, in an order of their own, standardised.

A sample that comes three times is one with a weight of 3, and no order of the rows counts; so a fit
with whole weights gives the very network that a fit of the repeated rows gives, to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from ..matrix import Matrix
from ..splits import mean_and_deviation


class Gathered(NamedTuple):
    """Different samples in ascending order, and how much each counts; None if all count alike.

    weights: 1.0 on average.
    """

    rows: list[tuple[float, ...]]
    targets: list[tuple[float, ...]]
    weights: list[float] | None


class Scale(NamedTuple):
    """What makes numbers of columns comparable: (number - centre) / deviation."""

    centres: list[float]
    deviations: list[float]

    def scaled(self, rows: Sequence[Sequence[float]]) -> Matrix:
        """Return rows with each column less its centre, by its deviation."""
        scaled = []
        for row in rows:
            scaled.append(
                [
                    (number - centre) / deviation
                    for number, centre, deviation in zip(
                        row, self.centres, self.deviations, strict=True
                    )
                ]
            )
        return scaled

    def restored(self, rows: Matrix) -> Matrix:
        """Return rows as they were before ``scaled``, rounded."""
        restored = []
        for row in rows:
            restored.append(
                [
                    number * deviation + centre
                    for number, centre, deviation in zip(
                        row, self.centres, self.deviations, strict=True
                    )
                ]
            )
        return restored


def gathered(rows: Matrix, targets: Matrix, weights: Sequence[float] | None) -> Gathered:
    """Return the different samples; those with a weight of 0 are left out."""
    if weights is None:
        weights = [1.0] * len(rows)
    counted: dict[tuple[tuple[float, ...], tuple[float, ...]], float] = {}
    for row, target, weight in zip(rows, targets, weights, strict=True):
        if weight > 0.0:
            sample = tuple(row), tuple(target)
            counted[sample] = counted.get(sample, 0.0) + weight
    samples = sorted(counted)
    if len(set(counted.values())) == 1:
        alike = None
    else:
        total = 0.0
        for sample in samples:
            total = total + counted[sample]
        share = total / len(samples)
        if not math.isfinite(total) or share == 0.0:
            raise ValueError(
                f"sample_weight: the weights add up to {total}, expected a finite sum that is "
                f"larger than zero"
            )
        alike = [counted[sample] / share for sample in samples]
    return Gathered([row for row, _ in samples], [target for _, target in samples], alike)


def scale_of(
    rows: Sequence[Sequence[float]], weights: Sequence[float] | None, argument: str
) -> Scale:
    """Return the mean and the deviation of each column; 1.0 for a column that is always the same.

    Raises ValueError for numbers so large that they have none.
    """
    centres, deviations = [], []
    for j, column in enumerate(zip(*rows, strict=True)):
        centre, deviation = column[0], 0.0
        if column.count(centre) < len(column):
            if weights is None:
                centre, deviation = mean_and_deviation(column)
            else:
                centre, deviation = _weighted_mean_and_deviation(column, weights)
        if not math.isfinite(deviation):
            raise ValueError(
                f"{argument}: column {j}: found numbers whose squares are too large for a float, "
                f"expected smaller ones"
            )
        centres.append(centre)
        deviations.append(deviation if deviation > 0.0 else 1.0)
    return Scale(centres, deviations)


def _weighted_mean_and_deviation(
    column: Sequence[float], weights: Sequence[float]
) -> tuple[float, float]:
    total, count = 0.0, 0.0
    for number, weight in zip(column, weights, strict=True):
        total = total + number * weight
        count = count + weight
    mean = total / count
    squares = 0.0
    for number, weight in zip(column, weights, strict=True):
        squares = squares + (number - mean) * (number - mean) * weight
    return mean, math.sqrt(squares / count)
