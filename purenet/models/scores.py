"""How good the answers of a model are: the figures, beside those of the simplest answer.

All are made of the answers in the target's own unit: class names or numbers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..answers import count_classes
from ..checks import as_count, as_number, counted
from ..metrics import mean_absolute_error, r2

_QUANTILE = 1.959963984540054  # of the normal distribution: 95% lie no farther from its mean


@dataclass(frozen=True, repr=False)
class ModelScores:
    """What a model's answers for some rows are worth.

    rows: how many rows were answered.
    baseline: what the simplest model always answers: the most frequent class of the rows that were
        trained on, or their mean.
    loss: what training makes smaller, over these rows; None where several networks answered.

    Where the target is a class, otherwise None:

    accuracy: the share of right answers; a row without an answer counts as wrong.
    accuracy_interval: where the share for new rows lies, with a confidence of 95% (Wilson).
    baseline_accuracy: the share that the simplest model has right.
    classes: their names, as the rows and columns of the next one are ordered.
    confusion: how many rows of each class (row) were answered with each class (column).
    class_rows: how many rows each class has.
    unanswered: how many rows have no answer, because an output is NaN; they are in no column.

    Where it is a number, otherwise None:

    r2: the share of the target's variance that is explained.
    mean_absolute_error, root_mean_squared_error: in the target's unit.
    baseline_error: the mean absolute error of the simplest model.

    Source of the interval: E. B. Wilson, "Probable inference, the law of succession, and
    statistical inference", Journal of the American Statistical Association 22 (1927).
    """

    rows: int
    baseline: str | float
    loss: float | None = None
    accuracy: float | None = None
    accuracy_interval: tuple[float, float] | None = None
    baseline_accuracy: float | None = None
    classes: list[str] | None = None
    confusion: list[list[int]] | None = None
    class_rows: list[int] | None = None
    unanswered: int = 0
    r2: float | None = None
    mean_absolute_error: float | None = None
    root_mean_squared_error: float | None = None
    baseline_error: float | None = None

    def __repr__(self) -> str:
        figures = {
            "accuracy": self.accuracy,
            "r2": self.r2,
            "mean_absolute_error": self.mean_absolute_error,
        }
        known = [f"{name} {value:.4g}" for name, value in figures.items() if value is not None]
        return f"ModelScores({', '.join([counted(self.rows, 'row'), *known])})"

    def to_json(self) -> dict[str, Any]:
        """Return the figures as a dictionary that ``json.dumps`` takes."""
        content = {}
        for name, value in asdict(self).items():
            known = value is not None and not (
                isinstance(value, float) and not math.isfinite(value)
            )
            if known:
                content[name] = list(value) if isinstance(value, tuple) else value
        return content

    @classmethod
    def from_json(cls, content: Any) -> ModelScores:
        """Return the figures that ``to_json`` described; ValueError for anything else."""
        names = {field.name for field in fields(cls)}
        if not isinstance(content, dict) or not {"rows", "baseline"} <= content.keys() <= names:
            raise ValueError(
                f"scores: found {content!r:.60}, expected what a model was found to do"
            )
        known = dict(content)
        try:
            for name in ("rows", "unanswered"):
                as_count(known.get(name, 0), name, least=0)
            for name in _FIGURES & known.keys():
                known[name] = as_number(known[name], name)
            if "accuracy_interval" in known:
                low, high = known["accuracy_interval"]
                known["accuracy_interval"] = as_number(low, "low"), as_number(high, "high")
            if not isinstance(known["baseline"], str):
                known["baseline"] = as_number(known["baseline"], "baseline")
            for row in [*known.get("confusion", []), known.get("class_rows", [])]:
                for count in row:
                    as_count(count, "confusion", least=0)
            if not all(isinstance(name, str) for name in known.get("classes", [])):
                raise ValueError("classes: expected text")
        except (TypeError, ValueError) as error:
            raise ValueError(f"scores: {error}") from None
        return cls(**known)


_FIGURES = {
    "loss",
    "accuracy",
    "baseline_accuracy",
    "r2",
    "mean_absolute_error",
    "root_mean_squared_error",
    "baseline_error",
}


def scores_of_classes(
    truth: Sequence[int],
    answers: Sequence[int | None],
    classes: Sequence[str],
    baseline: str,
    loss: float | None = None,
) -> ModelScores:
    """Return the figures of answers that are classes.

    truth, answers: the numbers of classes, from 0; None for a row without an answer.
    baseline: the class that is always answered by the simplest model.
    """
    rows = len(truth)
    right = sum(answer == true for answer, true in zip(answers, truth, strict=True))
    counts = Counter(truth)
    simplest = sum(counts[number] for number, name in enumerate(classes) if name == baseline)
    return ModelScores(
        rows,
        baseline,
        loss,
        accuracy=right / rows,
        accuracy_interval=wilson_interval(right, rows),
        baseline_accuracy=simplest / rows,
        classes=list(classes),
        confusion=count_classes(truth, answers, len(classes)),
        class_rows=[counts[number] for number in range(len(classes))],
        unanswered=answers.count(None),
    )


def scores_of_numbers(
    truth: Sequence[float], answers: Sequence[float], baseline: float, loss: float | None = None
) -> ModelScores:
    """Return the figures of answers that are numbers, in the target's unit."""
    squares = 0.0
    for answer, true in zip(answers, truth, strict=True):
        squares = squares + (answer - true) * (answer - true)
    return ModelScores(
        len(truth),
        baseline,
        loss,
        r2=r2(answers, truth),
        mean_absolute_error=mean_absolute_error(answers, truth),
        root_mean_squared_error=math.sqrt(squares / len(truth)),
        baseline_error=mean_absolute_error([baseline] * len(truth), truth),
    )


def simplest_answer(answers: Sequence[str | float]) -> str | float:
    """Return what is right most often, the first of equal ones; of numbers their mean."""
    if isinstance(answers[0], str):
        return Counter(answers).most_common(1)[0][0]
    total = 0.0
    for answer in answers:
        total = total + float(answer)
    return total / len(answers)


def wilson_interval(right: int, rows: int) -> tuple[float, float]:
    """Return the shares between which the true one lies, with a confidence of 95%.

    >>> [round(share, 3) for share in wilson_interval(9, 10)]
    [0.596, 0.982]
    """
    z = _QUANTILE
    share = right / rows
    spread = z * math.sqrt(share * (1.0 - share) / rows + z * z / (4.0 * rows * rows))
    whole = 1.0 + z * z / rows
    low = (share + z * z / (2.0 * rows) - spread) / whole
    high = (share + z * z / (2.0 * rows) + spread) / whole
    return max(low, 0.0), min(high, 1.0)
