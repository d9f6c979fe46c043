"""From outputs to classes: which one was meant, and how many are right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .checks import (
    CLASSES,
    are_classes,
    as_class,
    as_list,
    as_matrix,
    as_number,
    as_targets,
    counted,
    flat,
    is_row,
    shown,
)
from .matrix import Matrix, Rows

# Whole numbers with more different ones are a quantity, unless somebody says that they are classes.
MOST_NUMBERED_CLASSES = 20

# A class number beyond is a mistake, and a table of so many classes would fill the memory.
MOST_CLASSES = 10_000


class Answers(NamedTuple):
    """The outputs for some samples, and their targets."""

    outputs: Matrix
    targets: Matrix

    def lists(self) -> tuple[Matrix, Matrix]:
        """Return outputs and targets as nested lists."""
        return self.outputs, self.targets

    def count_right_labels(self) -> int | None:
        """Return how many labels are right where a sample has several; None if there are none."""
        if not CLASSES.issuperset(flat(self.targets)):
            return None
        return count_right_labels(self.outputs, self.targets)


def answered_class(outputs: Sequence[float]) -> int | None:
    """Return the class that one row of outputs stands for; None if an output is NaN.

    One output: class 1 from 0.5 on, otherwise class 0.  Several: the number of the largest, the
    first of equal ones.

    >>> answered_class([0.7]), answered_class([0.1, 0.2, 0.7])
    (1, 2)
    """
    # NaN alone differs from itself.  PyPy 8.0 compiles "neither > nor <=" as if it never happened.
    if len(outputs) == 1:
        if outputs[0] != outputs[0]:
            return None
        return 1 if outputs[0] >= 0.5 else 0
    best = 0
    for j in range(len(outputs)):
        if outputs[j] != outputs[j]:
            return None
        if outputs[j] > outputs[best]:
            best = j
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


def count_right_labels(outputs: Rows, targets: Rows) -> int:
    """Return how many outputs are on their label's side: 0.5 or more for 1, less for 0."""
    right = 0
    for i in range(len(outputs)):
        for j in range(len(outputs[i])):
            if targets[i][j] == 1.0:
                right += outputs[i][j] >= 0.5
            else:
                right += outputs[i][j] < 0.5
    return right


def count_classes(
    truth: Sequence[int], answers: Sequence[int | None], classes: int
) -> list[list[int]]:
    """Return ``counts[true class][answered class]``; an answer of None is in no column."""
    counts = [[0] * classes for _ in range(classes)]
    for true, answered in zip(truth, answers, strict=True):
        if answered is not None:
            counts[true][answered] += 1
    return counts


# What outputs and targets of any kind say.


class Judged(NamedTuple):
    """The classes (or labels) that targets and answers name, a tuple a sample.

    classes: how many there are; binary: whether they are the two classes of one output.
    several: whether a sample may have more or fewer than one.
    right, judged: how many of how many samples, or labels, are answered rightly.
    """

    classes: int
    binary: bool
    several: bool
    truth: list[tuple[int, ...]]
    answers: list[tuple[int, ...]]
    right: int
    judged: int


def judge(outputs: Any, targets: Any) -> Judged:
    """Return what is answered and what is true, or raise ValueError or TypeError."""
    listed = _listed(outputs)
    if set(map(type, listed)) <= {int, bool}:
        return _judged_classes(listed, targets)
    rows, answers = checked_answers(listed, targets)
    judged = judged_rows(rows, answers)
    if judged is not None:
        return judged
    places = ((i, j) for i, row in enumerate(answers) for j in range(len(row)))
    i, j = next((i, j) for i, j in places if answers[i][j] not in CLASSES)
    place = f"row {i}, column {j}" if len(answers[i]) > 1 else f"row {i}"
    raise ValueError(f"targets: {place}: found {answers[i][j]}, expected 0 or 1, a class")


def judged_rows(outputs: Matrix, targets: Matrix) -> Judged | None:
    """Return what rows of floats say; None if the targets are no classes."""
    columns = len(targets[0])
    if are_classes(targets):
        truth = [_named(answered_class(row)) for row in targets]
        answers = [_named(answered_class(row)) for row in outputs]
        right = count_correct(outputs, targets)
        return Judged(max(columns, 2), columns == 1, False, truth, answers, right, len(truth))
    if not CLASSES.issuperset(flat(targets)):
        return None
    truth = [tuple(j for j in range(columns) if row[j] == 1.0) for row in targets]
    answers = [tuple(j for j in range(columns) if row[j] >= 0.5) for row in outputs]
    right = count_right_labels(outputs, targets)
    return Judged(columns, False, True, truth, answers, right, len(truth) * columns)


def _judged_classes(numbers: list[int], targets: Any) -> Judged:
    """Return what class numbers say; the targets may be class numbers or rows with one 1."""
    listed = as_list(targets, "targets", "a list with one row a sample")
    _check_as_many(numbers, listed)
    numbers, listed = _without_bools(numbers), _without_bools(listed)
    if any(map(is_row, listed)):
        rows = as_matrix(listed, "targets")
        for number, row in enumerate(rows):
            if not are_classes([row]):
                raise ValueError(
                    f"targets: row {number} is {shown(row)}, expected one 1 and otherwise 0, "
                    f"because the outputs are class numbers"
                )
        true = [class_of(row) for row in rows]
        classes = max(len(rows[0]), 2)
        answered = [as_class(n, f"outputs: row {i}", classes) for i, n in enumerate(numbers)]
    else:
        true = [as_class(n, f"targets: row {i}", MOST_CLASSES) for i, n in enumerate(listed)]
        answered = [as_class(n, f"outputs: row {i}", MOST_CLASSES) for i, n in enumerate(numbers)]
        classes = max(*true, *answered, 1) + 1
    pairs = list(zip(map(_named, answered), map(_named, true), strict=True))
    right = sum(answer == truth for answer, truth in pairs)
    answers, truths = map(list, zip(*pairs, strict=True))
    return Judged(classes, classes == 2, False, truths, answers, right, len(pairs))


def _without_bools(labels: list[Any]) -> list[Any]:
    return [int(label) if isinstance(label, bool) else label for label in labels]


def _named(number: int | None) -> tuple[int, ...]:
    return () if number is None else (number,)


def checked_answers(outputs: Any, targets: Any) -> tuple[Matrix, Matrix]:
    """Return outputs and targets as rows of floats, as many of one as of the other."""
    listed = _listed(outputs)
    if any(map(is_row, listed)):
        rows = as_matrix(listed, "outputs", finite=False)
    else:
        rows = [[as_number(x, f"outputs: row {i}", finite=False)] for i, x in enumerate(listed)]
    answers = as_list(targets, "targets", "a list with one row a sample")
    _check_as_many(rows, answers)
    return rows, as_targets(answers, len(rows), len(rows[0]))


def _listed(outputs: Any) -> list[Any]:
    listed = as_list(outputs, "outputs", "a list with one row or number a sample")
    if not listed:
        raise ValueError("outputs: found no rows, expected one row or number a sample")
    return listed


def _check_as_many(outputs: list[Any], targets: list[Any]) -> None:
    if len(outputs) != len(targets):
        raise ValueError(
            f"targets: found {counted(len(targets), 'row')} for {counted(len(outputs), 'row')} "
            f"of outputs, expected as many"
        )
