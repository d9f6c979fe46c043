"""A network that tells classes apart, as scikit-learn's estimators do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from math import isfinite
from typing import Any, Literal, TypeVar

from ..checks import as_size, is_row, shown
from ..matrix import Matrix
from ..names import ActivationName, OptimizerName
from ..optimizers import Optimizer
from .estimator import Estimator
from .given import checked_answers, checked_rows, checked_weights, numpy_for, without_columns

C = TypeVar("C", bound="Classifier")


class Classifier(Estimator):
    """A network that learns to which class a row belongs.

    layers: the units of the hidden layers; none for a linear network.
    activation: of the hidden layers, such as "relu" or "tanh".
    l2, l1: how much large weights cost; l2=None for 3 by the number of samples, at most 0.03.
    dropout: the share of the hidden units that is left out in a step.
    optimizer: such as "adam", or ``Adam()``.
    learning_rate: the first one; schedule: how it falls, such as "cosine"; "" if it stays.
    epochs: how often to go through the samples; None for as many as make about 1,500 steps.
    batch_size: samples a step, None for all.
    clip_norm: the longest gradient of a batch.
    class_weight: how much the samples of a class count: a dict with a number for a label, or
        "balanced", with which all classes count alike.
    scale: "standard": each column less its mean, by its deviation; "none".
    seed: the first weights and the order of the samples follow from it.
    threads: how many threads may compute; it changes no bit.

    After ``fit``: ``classes_``, the labels in ascending order; ``n_features_in_``;
    ``feature_names_in_``, where a table was given; ``network_``, which takes standardised numbers;
    ``n_iter_``, how many epochs there were; ``loss_curve_`` and ``loss_``.

    The order of the rows does not count, and a whole number as a sample's weight does what as many
    such rows do, to the last bit.

    >>> model = Classifier(layers=(8,), activation="tanh", epochs=200)
    >>> model.fit([[0, 0], [0, 1], [1, 0], [1, 1]], ["no", "yes", "yes", "no"])
    Classifier(layers=(8,), activation='tanh', epochs=200)
    >>> model.predict([[0, 1], [1, 1]])
    ['yes', 'no']
    """

    _estimator_type = "classifier"

    classes_: Any

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
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
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
        self.class_weight = class_weight
        self.scale = scale
        self.seed = seed
        self.threads = threads

    def fit(self: C, X: Any, y: Any, sample_weight: Any = None) -> C:
        """Train a network and return the estimator.

        X: rows of numbers: lists, an array or a table.
        y: a label a row: text, whole numbers, True and False.
        sample_weight: how much each sample counts, 0 or more.

        Raises ValueError or TypeError, before anything is changed, for what cannot be used.
        """
        rows = checked_rows(X, type(self).__name__)
        labels = checked_labels(y, len(rows), type(self).__name__)
        weights = checked_weights(sample_weight, len(rows))
        if weights is None:
            weights = [1.0] * len(rows)
        counted = [label for label, weight in zip(labels, weights, strict=True) if weight > 0.0]
        classes = ordered(counted)
        if len(classes) < 2:
            raise ValueError(
                f"y: found 1 class, {shown(classes[0])}, expected 2 or more to tell apart"
            )
        numbers = {label: number for number, label in enumerate(classes)}
        if self.class_weight is not None:
            of_class = class_weights(self.class_weight, classes, labels, weights)
            weights = [
                weight * of_class.get(label, 1.0)
                for label, weight in zip(labels, weights, strict=True)
            ]
            if not any(weights):
                raise ValueError("class_weight: no sample counts any more, expected one that does")
        targets = [[float(numbers.get(label, 0))] for label in labels]  # others weigh nothing
        fitted = self._fitted(rows, targets, weights, len(classes))
        numpy = numpy_for(X, y)
        if numpy is None:
            self.classes_ = classes
        else:
            kind = None if isinstance(y, (list, tuple)) else numpy.asarray(y).dtype
            self.classes_ = numpy.asarray(classes, dtype=kind)
        self._keep(fitted, X)
        return self

    def predict(self, X: Any) -> Any:
        """Return the label of each row: a list for a list, otherwise a NumPy array.

        Raises ValueError or TypeError for what cannot be used, and before ``fit``.
        """
        numbers = self._numbers(X)
        numpy = numpy_for(X)
        if numpy is None:
            labels = self._labels()
            return [labels[number] for number in numbers]
        return numpy.asarray(self.classes_)[numbers]

    def predict_proba(self, X: Any) -> Any:
        """Return the probability of each class, in the order of ``classes_``, for each row."""
        probabilities = self._probabilities(X)
        numpy = numpy_for(X)
        return probabilities if numpy is None else numpy.asarray(probabilities)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy: the share of rows, by weight, whose label is the one in y."""
        numbers = self._numbers(X)
        labels = self._labels()
        answers = without_columns(checked_answers(y, len(numbers), type(self).__name__))
        weights = checked_weights(sample_weight, len(numbers))
        right, total = 0.0, 0.0
        for i, number in enumerate(numbers):
            weight = 1.0 if weights is None else weights[i]
            total = total + weight
            if labels[number] == answers[i]:
                right = right + weight
        return right / total

    def _labels(self) -> list[Any]:
        return list(self.classes_) if isinstance(self.classes_, list) else self.classes_.tolist()

    def _probabilities(self, X: Any) -> Matrix:
        outputs = self._outputs(X)
        return outputs if len(outputs[0]) > 1 else [[1.0 - p, p] for (p,) in outputs]

    def _numbers(self, X: Any) -> list[int]:
        """Return the number of each row's class: the most probable, of equal ones the first."""
        return [row.index(max(row)) for row in self._probabilities(X)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.estimator_type = "classifier"
        tags.classifier_tags = import_module("sklearn.utils").ClassifierTags()
        return tags


def checked_labels(y: Any, samples: int, owner: str) -> list[Any]:
    """Return a label a sample.

    Raises ValueError for numbers that are no classes, and TypeError for what cannot be one.
    """
    labels = without_columns(checked_answers(y, samples, owner))
    for i, label in enumerate(labels):
        if is_row(label):
            raise ValueError(f"y: row {i} is {shown(label)}, expected one label")
        if label is None or isinstance(label, complex):
            raise TypeError(f"y: row {i} is {shown(label)}, expected a label")
        if isinstance(label, float):
            if not isfinite(label):
                raise ValueError(f"y: row {i} is {label}, expected a label")
            if label % 1.0 != 0.0:
                raise ValueError(
                    f"Unknown label type: continuous: y: row {i} is {label}, expected a class: "
                    f"text or a whole number; a Regressor takes any number"
                )
    return labels


def ordered(labels: list[Any]) -> list[Any]:
    """Return the different labels in ascending order."""
    try:
        return sorted(set(labels))
    except TypeError:
        kinds = ", ".join(sorted({type(label).__name__ for label in labels}))
        raise TypeError(
            f"Unknown label type: y: found {kinds}, expected labels of one kind, with an order"
        ) from None


def class_weights(
    class_weight: Any, classes: list[Any], labels: list[Any], weights: list[float]
) -> dict[Any, float]:
    """Return how much the samples of a class count."""
    if isinstance(class_weight, str) and class_weight == "balanced":
        sums = dict.fromkeys(classes, 0.0)
        total = 0.0
        for label, weight in zip(labels, weights, strict=True):
            if weight > 0.0:
                sums[label] = sums[label] + weight
                total = total + weight
        return {label: total / (len(classes) * sums[label]) for label in classes}
    if not isinstance(class_weight, Mapping):
        raise TypeError(
            f"class_weight: found {shown(class_weight)}, expected a dict with a number for a "
            f"label, or 'balanced'"
        )
    kinds = set(map(type, classes))
    for label in class_weight:
        if label not in classes and type(label) not in kinds:  # others may be in other samples
            known = ", ".join(map(shown, classes))
            raise ValueError(
                f"class_weight: found the label {shown(label)}, expected one of {known}"
            )
    return {
        label: as_size(weight, f"class_weight: {shown(label)}")
        for label, weight in class_weight.items()
    }
