"""How good answers are: how many classes are right, and how far off numbers are.

Outputs and targets are what a network gives and takes: rows, or a flat list with one number a
sample.  Targets name classes where they are

- one column (or a flat list) of 0 and 1, for one output: it answers class 1 from 0.5 on;
- rows with one 1 each, or a flat list of class numbers, for several outputs: the largest answers;
- rows of 0 and 1 with more or fewer than one 1: several labels at once, each with an output of its
  own, which answers 1 from 0.5 on.

A flat list of whole numbers as outputs is taken as class numbers, such as ``predict_classes``
returns.  NaN is never a right answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from .answers import Answers, Judged, checked_answers, count_classes, judge, judged_rows
from .checks import as_choice, counted
from .matrix import Matrix

Average = Literal["auto", "macro", "micro"]
AVERAGES = ("auto", "macro", "micro")


class _Figures(NamedTuple):
    loss: float
    accuracy: float | None


class Evaluation(_Figures):
    """What ``evaluate`` found: ``loss, accuracy = net.evaluate(inputs, targets)``.

    loss: the loss over the samples.
    accuracy: the share of right answers; of right labels where a sample may have several at once;
        None where the targets are no classes.

    The other figures are computed when somebody asks: ``confusion``, ``precision``, ``recall`` and
    ``f1`` (None where the targets are no classes), ``r2`` and ``mean_absolute_error``.
    """

    _answers: Any = None

    def __new__(cls, loss: float, accuracy: float | None, answers: Any = None) -> Evaluation:
        evaluation = tuple.__new__(cls, (loss, accuracy))
        evaluation._answers = answers
        return evaluation

    @property
    def confusion(self) -> list[list[int]] | None:
        """The samples by class, as in ``confusion_table``; None if they may have several labels."""
        judged = self._judged()
        if judged is None or judged.several:
            return None
        return _table_of(judged)

    @property
    def precision(self) -> float | None:
        """What ``precision`` says of the answers."""
        judged = self._judged()
        return None if judged is None else _precision(judged, "auto")

    @property
    def recall(self) -> float | None:
        """What ``recall`` says of the answers."""
        judged = self._judged()
        return None if judged is None else _recall(judged, "auto")

    @property
    def f1(self) -> float | None:
        """What ``f1`` says of the answers."""
        judged = self._judged()
        return None if judged is None else _f1(judged, "auto")

    @property
    def r2(self) -> float:
        """What ``r2`` says of the answers."""
        return _r2(*self._lists())

    @property
    def mean_absolute_error(self) -> float:
        """What ``mean_absolute_error`` says of the answers."""
        return _mean_absolute_error(*self._lists())

    def _judged(self) -> Judged | None:
        return judged_rows(*self._lists())

    def _lists(self) -> tuple[Matrix, Matrix]:
        if not hasattr(self._answers, "lists"):
            raise ValueError("this Evaluation has no outputs, expected one that evaluate returned")
        if type(self._answers) is not Answers:  # a backend's own, which may keep no lists
            self._answers = Answers(*self._answers.lists())
        lists: tuple[Matrix, Matrix] = self._answers.lists()
        return lists

    def __reduce__(self) -> Any:
        answers = None if self._answers is None else Answers(*self._lists())
        return type(self), (self.loss, self.accuracy, answers)


# The figures that people know by name.


def accuracy(outputs: Any, targets: Any) -> float:
    """Return the share of right answers: of samples, or of labels if a sample may have several.

    outputs, targets: see ``purenet.metrics``.  With several labels at once every label counts for
    itself; its output counts as 1 from 0.5 on.

    Raises ValueError or TypeError for targets that are no classes, and for lists that do not fit.

    >>> accuracy([[0.9, 0.1], [0.2, 0.8]], [0, 0])
    0.5
    >>> accuracy([[0.9, 0.8, 0.1]], [[1, 1, 1]])
    0.6666666666666666
    """
    judged = judge(outputs, targets)
    return judged.right / judged.judged


def confusion_table(outputs: Any, targets: Any) -> list[list[int]]:
    """Return how many samples of each class (row) were answered with each class (column).

    outputs, targets: see ``purenet.metrics``.  As many rows as columns: two for one output,
    otherwise one for each output; for class numbers up to the largest that is met.  A sample
    without an answer, because an output is NaN, is in no column.

    Raises ValueError or TypeError for targets that are no classes or several labels at once, and
    for lists that do not fit.

    >>> confusion_table([0.9, 0.2, 0.6], [1, 0, 0])
    [[1, 1], [0, 1]]
    """
    judged = judge(outputs, targets)
    if judged.several:
        for number, labels in enumerate(judged.truth):
            if len(labels) != 1:
                raise ValueError(
                    f"targets: row {number} has {counted(len(labels), 'label')}, expected one: "
                    f"a table has each sample in one row"
                )
    return _table_of(judged)


def precision(outputs: Any, targets: Any, *, average: Average | None = "auto") -> Any:
    """Return which share of the answers that name a class is right.

    outputs, targets: see ``purenet.metrics``.
    average: None for a list with the figure of each class (or label).  "macro": their mean, over
        the classes that targets or answers name.  "micro": of all classes counted together.
        "auto": that of class 1 for one output, otherwise "macro".

    A class that no answer names has 0.0.  Raises ValueError or TypeError like ``accuracy``.

    >>> precision([0.9, 0.2, 0.6], [1, 0, 0])
    0.5
    >>> precision([0.9, 0.2, 0.6], [1, 0, 0], average=None)
    [1.0, 0.5]
    """
    return _precision(judge(outputs, targets), _checked_average(average))


def recall(outputs: Any, targets: Any, *, average: Average | None = "auto") -> Any:
    """Return which share of a class's samples is answered with it.

    outputs, targets, average, errors: as for ``precision``.  A class without samples has 0.0.

    >>> recall([0.9, 0.2, 0.6], [1, 0, 0], average=None)
    [0.5, 1.0]
    """
    return _recall(judge(outputs, targets), _checked_average(average))


def f1(outputs: Any, targets: Any, *, average: Average | None = "auto") -> Any:
    """Return the harmonic mean of precision and recall.

    For each class: 2 * right / (answers that name it + samples of it); 0.0 where neither is.

    outputs, targets, average, errors: as for ``precision``.

    Source: C. J. van Rijsbergen, Information Retrieval (1979), chapter 7.

    >>> f1([0.9, 0.2, 0.6], [1, 0, 0], average="macro")
    0.6666666666666666
    """
    return _f1(judge(outputs, targets), _checked_average(average))


def r2(outputs: Any, targets: Any) -> float:
    """Return R squared, the share of the targets' variance that the outputs explain.

    1 - (sum of (target - output)**2) / (sum of (target - mean target)**2), for each output; the
    mean over the outputs if there are several.  1.0 is perfect, 0.0 as good as always answering
    the mean, less is worse.  Targets that are all equal: 1.0 if every answer is right, else 0.0.

    outputs: rows of numbers, or a flat list for one output.
    targets: as many rows of as many numbers, or a flat list (for several outputs: class numbers).

    Raises ValueError or TypeError for lists that do not fit and targets that are not finite.

    >>> r2([1.0, 2.0, 3.5], [1, 2, 3])
    0.875
    """
    return _r2(*checked_answers(outputs, targets))


def mean_absolute_error(outputs: Any, targets: Any) -> float:
    """Return the mean of |output - target| over the samples and, if there are several, the outputs.

    outputs, targets, errors: as for ``r2``.

    >>> mean_absolute_error([1.0, 2.0, 3.5], [1, 2, 3])
    0.16666666666666666
    """
    return _mean_absolute_error(*checked_answers(outputs, targets))


def _table_of(judged: Judged) -> list[list[int]]:
    truth = [true for (true,) in judged.truth]
    answers = [answered[0] if answered else None for answered in judged.answers]
    return count_classes(truth, answers, judged.classes)


# The figures of classes.


def _counts(judged: Judged) -> tuple[list[int], list[int], list[int]]:
    """Return how many samples of each class are right, are answered with it, belong to it."""
    right, answered, present = ([0] * judged.classes for _ in range(3))
    for classes, true in zip(judged.answers, judged.truth, strict=True):
        for number in classes:
            answered[number] += 1
            right[number] += number in true
        for number in true:
            present[number] += 1
    return right, answered, present


def _precision(judged: Judged, average: str | None) -> Any:
    right, answered, present = _counts(judged)
    return _averaged(right, answered, present, judged, average)


def _recall(judged: Judged, average: str | None) -> Any:
    right, answered, present = _counts(judged)
    return _averaged(right, present, answered, judged, average)


def _f1(judged: Judged, average: str | None) -> Any:
    right, answered, present = _counts(judged)
    both = [a + b for a, b in zip(answered, present, strict=True)]
    return _averaged([2 * number for number in right], both, both, judged, average)


def _averaged(
    parts: list[int], wholes: list[int], others: list[int], judged: Judged, average: str | None
) -> Any:
    """Return the shares ``parts / wholes`` of the classes, or their average.

    A class is met where its whole or its other count is not 0.
    """
    shares = list(map(_share, parts, wholes))
    if average is None:
        return shares
    if average == "micro":
        return _share(sum(parts), sum(wholes))
    if average == "auto" and judged.binary:
        return shares[1]
    met = [share for share, *counts in zip(shares, wholes, others, strict=True) if any(counts)]
    return _mean(met) if met else 0.0


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _checked_average(average: Any) -> str | None:
    return None if average is None else as_choice(average, "average", AVERAGES)


# The figures of numbers.


def _r2(outputs: Matrix, targets: Matrix) -> float:
    return _mean(list(map(_r2_of_column, zip(*outputs, strict=True), zip(*targets, strict=True))))


def _r2_of_column(outputs: Sequence[float], targets: Sequence[float]) -> float:
    mean = _mean(targets)
    left, total = 0.0, 0.0
    for output, target in zip(outputs, targets, strict=True):
        left = left + (target - output) * (target - output)
        total = total + (target - mean) * (target - mean)
    if all(target == targets[0] for target in targets):  # their mean may be rounded
        return 1.0 if left == 0.0 else 0.0
    return 1.0 - left / total


def _mean_absolute_error(outputs: Matrix, targets: Matrix) -> float:
    errors = [
        abs(output - target)
        for row, answers in zip(outputs, targets, strict=True)
        for output, target in zip(row, answers, strict=True)
    ]
    return _mean(errors)


def _mean(values: Sequence[float]) -> float:
    total = 0.0
    for value in values:
        total = total + value
    return total / len(values)
