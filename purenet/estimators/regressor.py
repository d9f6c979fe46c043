"""A network that answers with a number, as scikit-learn's estimators do."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Literal, TypeVar

from ..checks import counted
from ..matrix import Matrix
from ..names import ActivationName, OptimizerName
from ..optimizers import Optimizer
from .estimator import Estimator
from .given import (
    checked_answers,
    checked_numbers,
    checked_rows,
    checked_weights,
    numpy_for,
    without_columns,
)

R = TypeVar("R", bound="Regressor")


class Regressor(Estimator):
    """A network that learns numbers: one a row, or several.

    The parameters are those of ``Classifier`` but for class_weight.  The targets are standardised
    for training, and what ``predict`` returns is in their unit again.

    After ``fit``: ``n_features_in_``; ``feature_names_in_``, where a table was given; ``network_``,
    which takes and gives standardised numbers; ``n_iter_``, how many epochs there were;
    ``loss_curve_`` and ``loss_``, of standardised targets.

    >>> model = Regressor(layers=(), l2=0.0, learning_rate=0.1)
    >>> model = model.fit([[0], [1], [2], [3]], [10, 30, 50, 70])
    >>> [round(number) for number in model.predict([[1], [4]])]
    [30, 90]
    """

    _estimator_type = "regressor"

    def __init__(
        self,
        layers: Sequence[int] = (32,),
        activation: ActivationName = "relu",
        *,
        l2: float | None = None,
        l1: float = 0.0,
        dropout: float = 0.0,
        optimizer: Optimizer | OptimizerName = "adam",
        learning_rate: float = 0.01,
        schedule: str = "cosine",
        epochs: int | None = None,
        batch_size: int | None = 16,
        clip_norm: float | None = None,
        scale: Literal["standard", "none"] = "standard",
        seed: int = 1,
        threads: int = 1,
    ) -> None:
        self.layers = layers
        self.activation = activation
        self.l2 = l2
        self.l1 = l1
        self.dropout = dropout
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.epochs = epochs
        self.batch_size = batch_size
        self.clip_norm = clip_norm
        self.scale = scale
        self.seed = seed
        self.threads = threads

    def fit(self: R, X: Any, y: Any, sample_weight: Any = None) -> R:
        """Train a network and return the estimator.

        X: rows of numbers: lists, an array or a table.
        y: a number a row, or rows of as many numbers each.
        sample_weight: how much each sample counts, 0 or more.

        Raises ValueError or TypeError, before anything is changed, for what cannot be used.
        """
        rows = checked_rows(X, type(self).__name__)
        targets = self._targets(y, len(rows))
        weights = checked_weights(sample_weight, len(rows))
        self._keep(self._fitted(rows, targets, weights, 0), X)
        return self

    def predict(self, X: Any) -> Any:
        """Return the number of each row, or its numbers: a list for a list, else a NumPy array.

        Raises ValueError or TypeError for what cannot be used, and before ``fit``.
        """
        outputs: Any = self._outputs(X)
        if len(outputs[0]) == 1:
            outputs = [number for (number,) in outputs]
        numpy = numpy_for(X)
        return outputs if numpy is None else numpy.asarray(outputs)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R squared: the share of the variance of y, by weight, that is explained.

        The mean over the numbers of a row if there are several.
        """
        outputs = self._outputs(X)
        targets = self._targets(y, len(outputs))
        weights = checked_weights(sample_weight, len(outputs))
        if len(targets[0]) != len(outputs[0]):
            raise ValueError(
                f"y: row 0 has {counted(len(targets[0]), 'number')}, expected {len(outputs[0])}"
            )
        total = 0.0
        for answers, truth in zip(
            zip(*outputs, strict=True), zip(*targets, strict=True), strict=True
        ):
            total = total + _r2(answers, truth, weights or [1.0] * len(truth))
        return total / len(outputs[0])

    def _targets(self, y: Any, samples: int) -> Matrix:
        return checked_numbers(without_columns(checked_answers(y, samples, type(self).__name__)))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.estimator_type = "regressor"
        tags.regressor_tags = import_module("sklearn.utils").RegressorTags()
        tags.target_tags.multi_output = True
        return tags


def _r2(answers: Sequence[float], targets: Sequence[float], weights: Sequence[float]) -> float:
    """Return R squared; of targets that are all equal 1.0 if every answer is right, else 0.0."""
    total, count = 0.0, 0.0
    for target, weight in zip(targets, weights, strict=True):
        total = total + target * weight
        count = count + weight
    mean = total / count
    left, spread = 0.0, 0.0
    for answer, target, weight in zip(answers, targets, weights, strict=True):
        left = left + (target - answer) * (target - answer) * weight
        spread = spread + (target - mean) * (target - mean) * weight
    if targets.count(targets[0]) == len(targets):  # their mean may be rounded
        return 1.0 if left == 0.0 else 0.0
    return 1.0 - left / spread
