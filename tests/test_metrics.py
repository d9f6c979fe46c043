"""How good answers are: classes that are right, tables of them, and how far off numbers are."""

from __future__ import annotations

import copy
import math
import pickle
from types import ModuleType
from typing import Any

import pytest
from bits import bits

import purenet

NAN = math.nan
Both = tuple[ModuleType, ModuleType]

# Three classes; not symmetric, and class 2 is never answered.
ROWS = [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.6, 0.2], [0.9, 0.0, 0.1], [0.3, 0.4, 0.3]]
TRUTH = [0, 1, 0, 1, 2]
TABLE = [[1, 1, 0], [1, 1, 0], [0, 1, 0]]

LABELS = [[1, 1, 0], [0, 0, 0], [1, 0, 1]]
LABEL_ROWS = [[0.5, 0.4, 0.2], [0.6, 0.1, 0.1], [0.9, 0.7, 0.8]]


def test_one_output() -> None:
    outputs, targets = [0.9, 0.5, 0.49, 0.1, 0.7], [1, 1, 1, 0, 0]
    for rows in (outputs, [[x] for x in outputs]):
        for answers in (targets, [[y] for y in targets]):
            assert purenet.accuracy(rows, answers) == 3 / 5
            assert purenet.confusion_table(rows, answers) == [[1, 1], [1, 2]]
            assert purenet.precision(rows, answers) == 2 / 3  # of class 1
            assert purenet.recall(rows, answers) == 2 / 3
            assert purenet.f1(rows, answers) == 2 / 3
            assert purenet.precision(rows, answers, average=None) == [1 / 2, 2 / 3]
            assert purenet.precision(rows, answers, average="micro") == 3 / 5
            assert purenet.recall(rows, answers, average="macro") == (1 / 2 + 2 / 3) / 2


def test_several_classes() -> None:
    one_hot = purenet.one_hot(TRUTH, 3)
    numbers = [0, 1, 1, 0, 1]
    for outputs, targets in ((ROWS, TRUTH), (ROWS, one_hot), (numbers, TRUTH), (numbers, one_hot)):
        assert purenet.accuracy(outputs, targets) == 2 / 5
        assert purenet.confusion_table(outputs, targets) == TABLE
        assert purenet.precision(outputs, targets, average=None) == [1 / 2, 1 / 3, 0.0]
        assert purenet.recall(outputs, targets, average=None) == [1 / 2, 1 / 2, 0.0]
        assert purenet.f1(outputs, targets, average=None) == [1 / 2, 2 / 5, 0.0]
        assert purenet.recall(outputs, targets) == (1 / 2 + 1 / 2 + 0.0) / 3
        for figure in (purenet.precision, purenet.recall, purenet.f1):
            assert figure(outputs, targets, average="micro") == 2 / 5
            assert figure(outputs, targets) == figure(outputs, targets, average="macro")


def test_several_labels_at_once() -> None:
    assert purenet.accuracy(LABEL_ROWS, LABELS) == 6 / 9
    assert purenet.precision(LABEL_ROWS, LABELS, average=None) == [2 / 3, 0.0, 1.0]
    assert purenet.recall(LABEL_ROWS, LABELS, average=None) == [1.0, 0.0, 1.0]
    assert purenet.f1(LABEL_ROWS, LABELS, average=None) == [4 / 5, 0.0, 1.0]
    assert purenet.precision(LABEL_ROWS, LABELS, average="micro") == 3 / 5
    assert purenet.recall(LABEL_ROWS, LABELS, average="micro") == 3 / 4
    assert purenet.recall(LABEL_ROWS, LABELS) == (1.0 + 0.0 + 1.0) / 3
    with pytest.raises(ValueError, match=r"^targets: row 0 has 2 labels, expected one: a table"):
        purenet.confusion_table(LABEL_ROWS, LABELS)
    # One 1 in each row names a class, for all rows: then the largest output answers.
    assert purenet.accuracy([[0.4, 0.3], [0.9, 0.8]], [[1, 0], [1, 0]]) == 1.0
    assert purenet.accuracy([[0.4, 0.3], [0.9, 0.8]], [[1, 0], [1, 1]]) == 3 / 4


def test_nan_is_never_a_right_answer() -> None:
    assert purenet.accuracy([NAN, NAN], [0, 1]) == 0.0
    assert purenet.confusion_table([NAN, 0.7], [0, 1]) == [[0, 0], [0, 1]]
    assert purenet.recall([NAN, 0.7, 0.2], [0, 1, 0], average=None) == [1 / 2, 1.0]
    assert purenet.precision([NAN, 0.7, 0.2], [0, 1, 0], average="micro") == 1.0
    assert purenet.accuracy([[NAN, 0.9], [0.1, 0.9]], [1, 1]) == 1 / 2
    assert purenet.accuracy([[NAN, NAN], [0.9, 0.1]], [[0, 0], [1, 1]]) == 1 / 4
    assert math.isnan(purenet.r2([NAN, 1.0], [0.0, 1.0]))
    assert math.isnan(purenet.mean_absolute_error([NAN, 1.0], [0.0, 1.0]))


def test_classes_that_are_not_met() -> None:
    # A class that neither targets nor answers name has 0.0 and is left out of the mean.
    outputs, targets = [[0.9, 0.1, 0.0], [0.2, 0.7, 0.1]], [0, 1]
    assert purenet.precision(outputs, targets, average=None) == [1.0, 1.0, 0.0]
    assert purenet.precision(outputs, targets) == 1.0
    assert purenet.f1([0.1, 0.2], [0, 0]) == 0.0
    assert purenet.recall([0.1, 0.9], [0, 0]) == 0.0
    assert purenet.f1([[0.1, 0.2]], [[0, 0]]) == 0.0  # no labels, none answered


def test_class_numbers_may_be_bools_and_floats() -> None:
    assert purenet.accuracy([True, False, True], [True, True, 1.0]) == 2 / 3
    assert purenet.accuracy([2, 0], [2.0, 1.0]) == 1 / 2
    assert purenet.confusion_table([0, 0], [0, 0]) == [[2, 0], [0, 0]]
    assert purenet.accuracy([0.9, 0.1], [True, False]) == 1.0
    assert purenet.precision([1, 1, 0, 1], [1, 0, 0, 1]) == 2 / 3  # of class 1, as for one output
    # A float in it makes the list the outputs of one unit.
    assert purenet.accuracy([2.0, -3], [1, 0]) == 1.0


def test_r2_and_mean_absolute_error() -> None:
    assert purenet.r2([1.0, 2.0, 3.5], [1, 2, 3]) == 1.0 - 0.25 / 2.0
    assert purenet.r2([2.0, 2.0, 2.0], [1, 2, 3]) == 0.0
    assert purenet.r2([3, 2, 1], [1, 2, 3]) == -3.0
    assert purenet.mean_absolute_error([1.0, 2.0, 3.5], [[1], [2], [3]]) == 0.5 / 3
    # Several outputs: the mean over them.
    outputs, targets = [[1.0, 5.0], [2.0, 7.0], [3.5, 9.0]], [[1, 5], [2, 6], [3, 7]]
    assert purenet.r2(outputs, targets) == ((1.0 - 0.25 / 2.0) + (1.0 - 5.0 / 2.0)) / 2
    assert purenet.mean_absolute_error(outputs, targets) == (0.5 + 1.0 + 2.0) / 6
    # Targets that never differ: their mean of thirds is rounded.
    assert purenet.r2([0.1, 0.1, 0.1], [0.1, 0.1, 0.1]) == 1.0
    assert purenet.r2([0.1, 0.1, 0.2], [0.1, 0.1, 0.1]) == 0.0
    assert purenet.r2([5.0], [5.0]) == 1.0


@pytest.mark.parametrize(
    ("outputs", "targets", "words"),
    [
        ([], [], "outputs: found no rows"),
        ("ab", [1, 0], "outputs: found 'ab', expected a list"),
        (None, [1, 0], "outputs: found None, expected a list"),
        ([0.1, 0.2], [1], "targets: found 1 row for 2 rows of outputs, expected as many"),
        ([1, 0], [1], "targets: found 1 row for 2 rows of outputs, expected as many"),
        ([[0.1, 0.2], [0.3]], [0, 1], "outputs: row 1 has 1 number, expected 2"),
        ([[0.1, "x"], [0.3, 0.4]], [0, 1], "outputs: row 0, column 1: found 'x', expected a num"),
        ([0.1, "x"], [0, 1], "outputs: row 1: found 'x', expected a number"),
        ([[0.1], 0.2], [0, 1], "outputs: row 1: found 0.2, expected a list of 1 number"),
        ([0.1, 0.2], [0, 0.5], "targets: row 1: found 0.5, expected 0 or 1, a class"),
        ([0.1, 0.2], [0, 2], "targets: row 1: found 2.0, expected 0 or 1, a class"),
        ([[0.1, 0.2]], [[0, 0.5]], "targets: row 0, column 1: found 0.5, expected 0 or 1, a class"),
        ([[0.1, 0.2]], [2], "targets: row 0 is 2, expected a class from 0 to 1"),
        ([[0.1, 0.2]], [[0, NAN]], "targets: row 0, column 1: found nan, expected a finite number"),
        ([1, 3], [0, -1], "targets: row 1 is -1, expected a class from 0 to 9999"),
        ([1, -3], [0, 1], "outputs: row 1 is -3, expected a class from 0 to 9999"),
        ([1, 3], [[0, 1, 0], [0, 0, 1]], "outputs: row 1 is 3, expected a class from 0 to 2"),
        ([1, 0], [[0, 1, 0], [0, 0, 0]], "targets: row 1 is [0.0, 0.0, 0.0], expected one 1"),
    ],
)
def test_what_is_no_answer_is_refused(outputs: Any, targets: Any, words: str) -> None:
    for figure in (purenet.accuracy, purenet.confusion_table, purenet.f1):
        with pytest.raises((ValueError, TypeError)) as caught:
            figure(outputs, targets)
        assert str(caught.value).startswith(words)


def test_unknown_averages_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^average: found 'weighted', expected one of auto, macro"
    ):
        purenet.f1([0.1], [1], average="weighted")


CASES = [
    ("sigmoid", "binary_cross_entropy", 1, [1, 0, 1, 1, 0]),
    ("sigmoid", "binary_cross_entropy", 3, [*LABELS, [1, 1, 1], [0, 1, 0]]),
    ("sigmoid", "sum_of_squares", 3, [*LABELS, [1, 1, 1], [0, 1, 0]]),
    ("softmax", "categorical_cross_entropy", 3, TRUTH),
    ("linear", "mean_squared_error", 2, [[1, 5], [2, 6], [3, 7], [0, 0.5], [1, 1]]),
]
INPUTS = [[0.5, -1.0], [1.0, 2.0], [-0.25, 0.75], [0.0, 1.5], [2.0, 2.0]]


@pytest.mark.parametrize(("activation", "loss", "outputs", "targets"), CASES)
def test_figures_of_an_evaluation(
    both: Both, activation: str, loss: str, outputs: int, targets: Any
) -> None:
    found = []
    for module in both:
        net = module.Network([module.Dense(2, outputs, activation)], loss, seed=5)
        evaluation = net.evaluate(INPUTS, targets)
        answers = net.predict(INPUTS)
        classes = loss != "mean_squared_error"
        several = outputs > 1 and isinstance(targets[0], list)
        assert evaluation.r2 == module.r2(answers, targets)
        assert evaluation.mean_absolute_error == module.mean_absolute_error(answers, targets)
        for name in ("precision", "recall", "f1"):
            figure = getattr(module, name)(answers, targets) if classes else None
            assert getattr(evaluation, name) == figure
        if classes and not several:
            assert evaluation.confusion == module.confusion_table(answers, targets)
        else:
            assert evaluation.confusion is None
        if classes and loss != "sum_of_squares":
            assert evaluation.accuracy == module.accuracy(answers, targets)
        else:
            assert evaluation.accuracy is None
        loss_found, accuracy = evaluation
        assert evaluation == (loss_found, accuracy)
        assert repr(evaluation) == f"Evaluation(loss={loss_found!r}, accuracy={accuracy!r})"
        figures = [loss_found, accuracy, evaluation.r2, evaluation.f1, evaluation.confusion]
        for again in (
            pickle.loads(pickle.dumps(net.evaluate(INPUTS, targets))),
            copy.copy(evaluation),
        ):
            assert [*again, again.r2, again.f1, again.confusion] == figures
        found.append(bits([-1.0 if x is None else x for x in figures]))
    assert found[0] == found[1]


def test_an_evaluation_keeps_what_it_has_found(backend: ModuleType) -> None:
    net = backend.Network([backend.Dense(1, 1, "linear", initializer=[[1.0]])], seed=0)
    x, y = [[0.7], [0.2], [0.9]], [[1.0], [0.0], [0.0]]
    evaluation = net.evaluate(x, y)
    x[0][0], y[2][0] = 9.0, 1.0
    net.layers[0].weights[0][0] = -5.0
    assert evaluation.confusion == [[1, 1], [0, 1]]
    evaluation.confusion[0][0] = 7
    assert evaluation.confusion == [[1, 1], [0, 1]]


def test_labels_are_half_labels_nowhere(both: Both) -> None:
    for targets, accuracy in (([[1, 1], [0, 0]], 1 / 2), ([[1, 0.5], [0, 0]], None)):
        for module in both:
            layer = module.Dense(2, 2, "sigmoid", initializer=[[1.0, 0.0], [0.0, 1.0]])
            net = module.Network([layer], "binary_cross_entropy", seed=0)
            assert net.evaluate([[1.0, -1.0], [-2.0, 0.0]], targets).accuracy == accuracy
            history = net.fit([[1.0, -1.0], [-2.0, 0.0]], targets, epochs=1)
            assert history.accuracy == []


def test_an_evaluation_made_by_hand_has_no_answers() -> None:
    evaluation = purenet.Evaluation(0.25, 0.5)
    assert evaluation == (0.25, 0.5)
    with pytest.raises(ValueError, match=r"^this Evaluation has no outputs, expected one that"):
        _ = evaluation.confusion
