"""How much each sample counts: weights by class and one by one, checked and multiplied once."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from .answers import class_of
from .checks import as_class, as_list, as_size, counted, shown
from .matrix import Matrix
from .names import hint


def checked_sample_weight(values: Any, samples: int) -> list[float]:
    """Return ``sample_weight`` as floats: 0 or more, one a sample."""
    listed = as_list(values, "sample_weight", "a list with one number a sample")
    if len(listed) != samples:
        raise ValueError(
            f"sample_weight: found {counted(len(listed), 'number')} for "
            f"{counted(samples, 'sample')}, expected as many"
        )
    return [as_size(value, f"sample_weight: row {i}") for i, value in enumerate(listed)]


def with_class_weight(
    sample_weight: list[float] | None, class_weight: Any, targets: Matrix | None
) -> list[float]:
    """Return each sample's weight times that of its class."""
    of_classes = _class_weights(class_weight, targets)
    if sample_weight is None:
        return of_classes
    weights = []
    for i, (own, of_class) in enumerate(zip(sample_weight, of_classes, strict=True)):
        if not isfinite(own * of_class):
            raise ValueError(
                f"sample_weight: {own} times {of_class}, the weight of the class, is too large, "
                f"in row {i} of the samples to train on, expected a product that fits a float"
            )
        weights.append(own * of_class)
    return weights


def _class_weights(value: Any, targets: Matrix | None) -> list[float]:
    """Return the weight that ``class_weight`` gives each sample.

    value: the weights by class number, 1.0 for those that are missing; or "balanced", with which
        all classes that there are count alike: a sample of one of them has the weight
        ``samples / (classes * samples of its class)``.
    targets: rows that name classes, or None if they do not.
    """
    is_balanced = isinstance(value, str) and value == "balanced"
    if not is_balanced and not isinstance(value, Mapping):
        raise TypeError(
            f"class_weight: found {shown(value)}, expected a dict with a number for a class, "
            f"or 'balanced'{hint(value, ('balanced',))}"
        )
    if targets is None:
        raise ValueError(
            "class_weight: the targets name no classes, expected 0 and 1, with one 1 a row where "
            "there are several outputs"
        )
    classes = [class_of(row) for row in targets]
    if isinstance(value, Mapping):
        weights = {}
        for key, weight in value.items():
            number = as_class(key, "class_weight: a class", max(len(targets[0]), 2))
            weights[number] = as_size(weight, f"class_weight: class {number}")
    else:
        known = sorted(set(classes))
        weights = {c: len(classes) / (len(known) * classes.count(c)) for c in known}
    return [weights.get(number, 1.0) for number in classes]


def check_some(weights: list[float]) -> None:
    """Refuse weights of which none is larger than 0."""
    if not any(weights):
        raise ValueError(
            "class_weight and sample_weight: found only samples with a weight of 0, "
            "expected one that is larger"
        )
