"""The samples of a call: inputs and targets, checked and converted once."""

from __future__ import annotations

from functools import partial
from math import isfinite
from typing import Any, NamedTuple

from .checks import (
    CLASSES,
    LIST,
    LONG,
    NUMBERS,
    as_matrix,
    as_targets,
    check_targets,
    flat,
    floats_in_pieces,
    is_one_hot,
)
from .construction import Parts
from .losses import REQUIRED_ACTIVATION
from .matrix import Matrix

_floats = partial(map, float)
_types = partial(map, type)


class Samples(NamedTuple):
    """Checked inputs and targets.

    classes: whether the targets name classes.  weights: how much each sample counts; None if all
    count alike.
    """

    inputs: Matrix
    targets: Matrix
    classes: bool
    size: int
    weights: list[float] | None = None

    def weighted(self, weights: list[float]) -> Samples:
        """Return these samples with a weight for each."""
        return self._replace(weights=weights)

    def without_classes(self) -> Samples:
        """Return these samples, whose targets are part of others that name no classes."""
        return self._replace(classes=False)

    def target_lists(self) -> Matrix:
        """Return the targets as nested lists."""
        return self.targets


def checked_inputs(net: Parts, inputs: Any, threads: int = 1) -> Any:
    """Return inputs as the loops of the network's backend take them, shared with nobody."""
    return as_matrix(inputs, "inputs", width=net.layers[0].inputs)


def checked_samples(
    net: Parts,
    inputs: Any,
    targets: Any,
    threads: int = 1,
    settings: Any = None,
) -> Any:
    """Return samples as the loops of the network's backend take them, shared with nobody.

    threads: how many may read.  settings: those of the training that the samples are for, as it has
    checked them, if they are for one.  A backend may lay them out accordingly.

    Raises ValueError or TypeError for other shapes, for what is no finite number, and for targets
    that are not such as the loss needs.
    """
    rows, answers = _lists_of_numbers(net, inputs, targets) or _anything_else(net, inputs, targets)
    # What are_classes(answers) says; the call would be one more detour in a debugger.
    classes = CLASSES.issuperset(flat(answers)) and (len(answers[0]) == 1 or is_one_hot(answers))
    if net.loss in REQUIRED_ACTIVATION:
        check_targets(answers, net.loss, classes)
    # The same as Samples(...), which is a Python function and a detour, too.
    return tuple.__new__(Samples, (rows, answers, classes, len(rows), None))


def _lists_of_numbers(net: Parts, inputs: Any, targets: Any) -> tuple[Matrix, Matrix] | None:
    """Return inputs and targets as floats if they are lists of lists of finite numbers.

    All that is done to a number is done in C, so that a debugger is through in a few lines.
    """
    if not set(map(type, (inputs, targets))) == LIST == set(map(type, flat((inputs, targets)))):
        return None
    shapes = len(inputs), {net.layers[0].inputs}, {net.layers[-1].outputs}
    if (len(targets), set(map(len, inputs)), set(map(len, targets))) != shapes:
        return None
    if len(inputs) * len(inputs[0]) > LONG or {*_types(flat(flat((inputs, targets))))} - NUMBERS:
        return _numbers_in_pieces(inputs, targets, shapes)
    try:
        x, y = list(map(list, map(_floats, inputs))), list(map(list, map(_floats, targets)))
    except OverflowError:  # a whole number beyond the largest float
        return None
    return (x, y) if all(map(isfinite, flat(flat((x, y))))) else None


def _numbers_in_pieces(
    inputs: list[Any], targets: list[Any], shapes: tuple[int, set[int], set[int]]
) -> tuple[Matrix, Matrix] | None:
    """Return lists of these shapes as floats if they are nothing but finite numbers."""
    rows = floats_in_pieces(inputs, targets)
    if rows is None:
        return None
    x, y = rows[: shapes[0]], rows[shapes[0] :]
    # A signal's handler may have changed the lists.
    return (x, y) if (len(y), set(map(len, x)), set(map(len, y))) == shapes else None


def _anything_else(net: Parts, inputs: Any, targets: Any) -> tuple[Matrix, Matrix]:
    """Return inputs and targets as floats, or find the words for what is wrong with them."""
    rows = as_matrix(inputs, "inputs", width=net.layers[0].inputs)
    return rows, as_targets(targets, len(rows), net.layers[-1].outputs)
