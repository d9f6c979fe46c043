"""Preparing tables for a network."""

from __future__ import annotations

import doctest
import importlib
import json
import math
import random
import re
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction
from typing import Any

import pytest

from purenet.tables import Preparation, Table


@pytest.mark.parametrize("name", ["preparation"])
def test_the_examples_in_the_docstrings_are_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"purenet.tables.{name}"))
    assert result.attempted > 0
    assert result.failed == 0


# --- Preparation: from a table --------------------------------------------------------------------


def table_of(labels: list[str], rows: list[list[float]] | None = None) -> Table:
    if rows is None:
        rows = [[float(k), 1.0] for k in range(len(labels))]
    return Table([f"c{j}" for j in range(len(rows[0]))], rows, "y", labels)


def test_means_and_deviations_are_those_of_the_population() -> None:
    generator = random.Random(7)
    for _ in range(30):
        width = generator.randrange(1, 5)
        count = generator.randrange(2, 60)
        scale = 10.0 ** generator.randrange(-8, 9)
        rows = [[generator.gauss(3, 2) * scale for _ in range(width)] for _ in range(count)]
        found = Preparation.from_table(table_of(["a", "b"] + ["b"] * (count - 2), rows))
        for j in range(width):
            exact = [Fraction(row[j]) for row in rows]
            mean = sum(exact) / count
            variance = sum((value - mean) ** 2 for value in exact) / count
            assert found.means[j] == pytest.approx(float(mean), rel=1e-12, abs=1e-12 * scale)
            assert found.deviations[j] == pytest.approx(math.sqrt(variance), rel=1e-12)


def test_means_and_deviations_are_plain_running_sums() -> None:
    # sum() compensates floats from Python 3.12 on and would give 2.0 here and 0.0 before.
    values = [1e16, 1.0, -1e16, 1.0]
    found = Preparation.from_table(table_of(["a", "b", "b", "b"], [[v] for v in values]))
    total = ((0.0 + 1e16) + 1.0 - 1e16) + 1.0
    assert total == 1.0
    assert found.means == [total / 4]
    squares = 0.0
    for value in values:
        squares = squares + (value - 0.25) * (value - 0.25)
    assert found.deviations == [math.sqrt(squares / 4)]


def test_standardised_inputs_have_mean_0_and_deviation_1() -> None:
    generator = random.Random(8)
    rows = [[generator.uniform(100, 200), generator.gauss(0, 1e-6)] for _ in range(200)]
    found = Preparation.from_table(table_of(["a", "b"] * 100, rows)).inputs(rows)
    for j in range(2):
        column = [row[j] for row in found]
        assert math.fsum(column) / 200 == pytest.approx(0.0, abs=1e-12)
        assert math.fsum(v * v for v in column) / 200 == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("value", [0.1, 0.0, -1e-300, 1e300, 1 / 3, -0.0])
@pytest.mark.parametrize("count", [2, 3, 6, 10])
def test_a_column_that_never_varies_becomes_zeros(value: float, count: int) -> None:
    # The running mean of ten 0.1 is 0.09999999999999999: not the value itself.
    table = table_of(["a"] + ["b"] * (count - 1), [[value, float(k)] for k in range(count)])
    found = Preparation.from_table(table)
    assert (found.means[0], found.deviations[0]) == (value, 1.0)
    assert [row[0] for row in found.inputs(table.rows)] == [0.0] * count


@pytest.mark.parametrize("values", [[1e308, 1e308, 1.0], [1e200, 0.0, 1.0], [1e-200, 2e-200, 0.0]])
def test_columns_whose_deviation_no_float_can_hold_are_refused(values: list[float]) -> None:
    table = table_of(["a", "b", "b"], [[1.0, value] for value in values])
    message = (
        rf"^column 'c1': found numbers from {re.escape(str(min(values)))} to "
        rf"{re.escape(str(max(values)))}, expected numbers whose squares a float can hold"
    )
    with pytest.raises(ValueError, match=message):
        Preparation.from_table(table)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (math.nan, ValueError, "found nan, expected a finite number"),
        (math.inf, ValueError, "found inf, expected a finite number"),
        ("1", TypeError, "found '1', expected a number"),
        (True, TypeError, "found True, expected a number"),
        (10**400, ValueError, "found 1000.*, expected one that fits a float"),
    ],
)
def test_bad_numbers_in_a_table_made_by_hand_are_refused(
    value: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^rows: row 1, column 'c1': {message}$"):
        Preparation.from_table(table_of(["a", "b"], [[1.0, 2.0], [3.0, value]]))


def test_whole_numbers_in_a_table_made_by_hand_are_taken() -> None:
    found = Preparation.from_table(table_of(["a", "b"], [[1], [3]]))
    assert (found.means, found.deviations) == ([2.0], [1.0])
    assert found.inputs([[2]]) == [[0.0]]


def test_classes_are_sorted_as_text_or_by_value() -> None:
    def classes(labels: list[str], task: str = "auto") -> list[str] | None:
        return Preparation.from_table(table_of(labels), task).classes

    assert classes(["reed", "moss", "Zostera", "moss"]) == ["Zostera", "moss", "reed"]
    assert classes(["10", "9", "-1", "2"]) == ["-1", "2", "9", "10"]
    assert classes(["10", "9", "x"]) == ["10", "9", "x"]
    assert classes(["1.50", "0.5", "1.5"], "classes") == ["0.5", "1.5"]
    assert classes(["2.0", "1", "2", "1.0", "02"]) == ["1", "2"]
    assert classes(["02", "01"]) == ["01", "02"]


@pytest.mark.parametrize(
    ("labels", "number"),
    [
        (["0", "1"], False),
        ([str(k) for k in range(20)], False),
        ([str(k) for k in range(21)], True),
        ([str(k % 20) for k in range(500)], False),
        (["1.0", "2.0"], False),
        (["1.5", "2"], True),
        ([f"name{k}" for k in range(30)], False),
        (["1", "2", "other"], False),
        (["nan", "1"], False),
    ],
)
def test_auto_tells_classes_from_numbers(labels: list[str], number: bool) -> None:
    found = Preparation.from_table(table_of(labels))
    assert (found.classes is None) == number
    assert (found.target_mean is None) != number


@pytest.mark.parametrize(
    "labels", [["1.5", "2", "NA", "3"], [*map(str, range(1, 3)), "NA", *map(str, range(3, 50))]]
)
def test_auto_refuses_numbers_with_holes(labels: list[str]) -> None:
    message = (
        r"^labels: row 2 is 'NA' while others are numbers such as 1\.\d, expected numbers only in "
        r"column 'y', or a task \('classes' or 'number'\)$"
    )
    with pytest.raises(ValueError, match=message):
        Preparation.from_table(table_of(labels))
    assert Preparation.from_table(table_of(labels), "classes").classes == sorted(labels)
    message = r"^labels: row 2 is 'NA', expected a number, as in all of column 'y'$"
    with pytest.raises(ValueError, match=message):
        Preparation.from_table(table_of(labels), "number")


def test_the_task_can_be_given() -> None:
    table = table_of(["0", "1", "1", "0"])
    found = Preparation.from_table(table, task="number")
    assert (found.classes, found.target_mean, found.target_deviation) == (None, 0.5, 0.5)
    assert Preparation.from_table(table, task="classes").classes == ["0", "1"]


def test_tables_that_cannot_be_learned_from_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^task: found 'x', expected one of auto, classes, number"
    ):
        Preparation.from_table(table_of(["a", "b"]), "x")
    with pytest.raises(ValueError, match=r"^table: found no target column, expected one$"):
        Preparation.from_table(Table(["a"], [[1.0]]))
    with pytest.raises(ValueError, match=r"^table: found no rows, expected at least one$"):
        Preparation.from_table(Table(["a"], [], "y", []))
    message = r"^column 'y': found only the class 'a', expected at least two classes$"
    with pytest.raises(ValueError, match=message):
        Preparation.from_table(table_of(["a", "a"]))
    with pytest.raises(ValueError, match=r"found only the class '1', expected at least two"):
        Preparation.from_table(table_of(["1", "1.0"]))
    message = r"^column 'y': found only the number 1\.5, expected at least two different ones$"
    with pytest.raises(ValueError, match=message):
        Preparation.from_table(table_of(["1.5", "1.50"]))


# --- Preparation: inputs, targets, answers --------------------------------------------------------

FLOWERS = Preparation(["a", "b"], [1.0, 2.0], [0.5, 4.0], "kind", ["lily", "moss", "reed"])
TUMOURS = Preparation(["a", "b"], [1.0, 2.0], [0.5, 4.0], "kind", ["benign", "malignant"])
DIGITS = Preparation(["a"], [0.0], [1.0], "digit", ["2", "7", "10"])
PRICES = Preparation(["a"], [0.0], [1.0], "price", None, 100.0, 8.0)


def test_inputs_are_standardised_column_by_column() -> None:
    assert FLOWERS.inputs([[1.0, 2.0], [2.0, -2.0], (0, 6)]) == [[0, 0], [2, -1], [-2, 1]]
    assert FLOWERS.inputs([]) == []


@pytest.mark.parametrize(
    ("row", "error", "message"),
    [
        ([1.0], ValueError, "inputs: row 1 has 1 number, expected 2, one a column"),
        ([1.0] * 3, ValueError, "inputs: row 1 has 3 numbers, expected 2, one a column"),
        ([1.0, "2"], TypeError, "inputs: row 1, column 'b': found '2', expected a number"),
        ([None, 2.0], TypeError, "inputs: row 1, column 'a': found None, expected a number"),
        ([True, 2.0], TypeError, "inputs: row 1, column 'a': found True, expected a number"),
        (
            [1.0, math.nan],
            ValueError,
            "inputs: row 1, column 'b': found nan, expected a finite number near the training "
            "rows' mean of 2.0",
        ),
        (
            [1.7e308, 1.0],
            ValueError,
            "inputs: row 1, column 'a': found 1.7e+308, expected a finite number near the "
            "training rows' mean of 1.0",
        ),
    ],
)
def test_bad_inputs_are_refused(row: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        FLOWERS.inputs([[1.0, 2.0], row])


def test_targets_of_three_classes_are_one_hot() -> None:
    assert FLOWERS.outputs == 3
    assert FLOWERS.targets(["reed", "lily"]) == [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]


def test_targets_of_two_classes_are_one_column() -> None:
    assert TUMOURS.outputs == 1
    assert TUMOURS.targets(["malignant", "benign"]) == [[1.0], [0.0]]


def test_targets_of_a_number_are_standardised() -> None:
    assert PRICES.outputs == 1
    assert PRICES.targets(["100", "108.0", 96]) == [[0.0], [1.0], [-0.5]]


def test_labels_that_are_numbers_are_known_by_value() -> None:
    expected = [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    assert DIGITS.targets(["2", "10"]) == DIGITS.targets(["2.0", "1e1"]) == expected
    assert DIGITS.targets([2, 10.0]) == expected


@pytest.mark.parametrize(
    ("preparation", "label", "message"),
    [
        (FLOWERS, "fern", "is 'fern', expected one of 'lily', 'moss', 'reed'"),
        (FLOWERS, "1", "is '1', expected one of 'lily', 'moss', 'reed'"),
        (FLOWERS, 1, "is '1', expected one of 'lily', 'moss', 'reed'"),
        (FLOWERS, "", "is '', expected one of 'lily', 'moss', 'reed'"),
        (TUMOURS, "Benign", "is 'Benign', expected one of 'benign', 'malignant'"),
        (DIGITS, "3", "is '3', expected one of '2', '7', '10'"),
        (DIGITS, "two", "is 'two', expected one of '2', '7', '10'"),
        (DIGITS, math.nan, "is 'nan', expected one of '2', '7', '10'"),
        (PRICES, "dear", "is 'dear', expected a number, as in all of column 'price'"),
        (PRICES, math.inf, "is 'inf', expected a number, as in all of column 'price'"),
    ],
)
def test_labels_that_are_not_known_are_refused(
    preparation: Preparation, label: Any, message: str
) -> None:
    good = "100" if preparation.classes is None else preparation.classes[0]
    with pytest.raises(ValueError, match="^" + re.escape(f"labels: row 2 {message}") + "$"):
        preparation.targets([good, good, label])


def test_a_label_too_far_away_is_refused() -> None:
    small = replace(PRICES, target_deviation=1e-9)
    message = r"^labels: row 0 is '1e\+300', expected a number near the training rows' mean of 100"
    with pytest.raises(ValueError, match=message):
        small.targets([1e300])


@pytest.mark.parametrize("preparation", [FLOWERS, DIGITS, PRICES])
def test_labels_of_another_type_are_refused(preparation: Preparation) -> None:
    for label in (None, True, ["2"], b"2"):
        message = rf"^labels: row 0 is {re.escape(repr(label))}, expected text or a number$"
        with pytest.raises(TypeError, match=message):
            preparation.targets([label])  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"^labels: found 'reed', expected a list of labels$"):
        preparation.targets("reed")


def test_answers_to_three_classes() -> None:
    assert FLOWERS.answer([0.2, 0.7, 0.1]) == "moss"
    assert FLOWERS.probability([0.2, 0.7, 0.1]) == 0.7
    assert FLOWERS.answer([0.4, 0.4, 0.2]) == "lily"
    assert FLOWERS.answer([-3, -2, -1]) == "reed"
    assert FLOWERS.probability([-3, -2, -1]) is None


def test_answers_to_two_classes() -> None:
    assert [TUMOURS.answer([a]) for a in (0.0, 0.49, 0.5, 1.0)] == ["benign"] * 2 + [
        "malignant"
    ] * 2
    assert [TUMOURS.probability([a]) for a in (0.0, 0.25, 0.5, 1.0)] == [1.0, 0.75, 0.5, 1.0]
    assert TUMOURS.answer([1.25]) == "malignant"
    assert TUMOURS.probability([1.25]) is None


def test_answers_that_are_numbers() -> None:
    assert PRICES.answer([-0.5]) == 96.0
    assert PRICES.probability([0.5]) is None


@pytest.mark.parametrize("task", ["classes", "number"])
def test_answers_undo_targets(task: str) -> None:
    generator = random.Random(11)
    for _ in range(40):
        labels = [str(generator.randrange(-50, 50)) for _ in range(30)]
        found = Preparation.from_table(table_of(labels), task)
        answers = [found.answer(row) for row in found.targets(labels)]
        if task == "classes":
            assert answers == labels
            assert {found.probability(row) for row in found.targets(labels)} == {1.0}
        else:
            assert answers == pytest.approx([float(label) for label in labels], abs=1e-12)
        assert {len(row) for row in found.targets(labels)} == {found.outputs}


def test_bad_outputs_are_refused() -> None:
    for ask in (FLOWERS.answer, FLOWERS.probability):
        with pytest.raises(ValueError, match=r"^output_row: found 1 number, expected 3$"):
            ask([1.0])
        with pytest.raises(
            ValueError, match=r"^output_row: column 1: found nan, expected a finite number$"
        ):
            ask([1.0, math.nan, 0.0])
        with pytest.raises(
            TypeError, match=r"^output_row: column 2: found '1', expected a number$"
        ):
            ask([1.0, 0.0, "1"])  # type: ignore[list-item]


def test_a_preparation_keeps_copies_and_cannot_be_changed() -> None:
    columns, means = ["a"], [1.0]
    made = Preparation(columns, means, [2.0], "y", ["n", "p"])
    columns.append("b")
    means[0] = 9.0
    assert (made.columns, made.means) == (["a"], [1.0])
    with pytest.raises(FrozenInstanceError):
        made.target = "z"  # type: ignore[misc]
    made.to_json()["means"][0] = 9.0
    assert made.means == [1.0]


def test_a_preparation_shows_what_it_is_for() -> None:
    assert repr(TUMOURS) == "Preparation(2 columns, target 'kind': 'benign', 'malignant')"
    assert repr(PRICES) == "Preparation(1 column, target 'price': a number)"


# --- Preparation: JSON ----------------------------------------------------------------------------


@pytest.mark.parametrize("preparation", [FLOWERS, TUMOURS, DIGITS, PRICES])
def test_json_gives_the_same_preparation_back(preparation: Preparation) -> None:
    text = json.dumps(preparation.to_json(), allow_nan=False)
    assert Preparation.from_json(json.loads(text)) == preparation


def test_json_keeps_every_bit() -> None:
    generator = random.Random(12)
    for _ in range(50):
        rows = [[generator.gauss(0, 10.0 ** generator.randrange(-9, 9))] for _ in range(9)]
        found = Preparation.from_table(table_of([str(row[0]) for row in rows], rows), "number")
        again = Preparation.from_json(json.loads(json.dumps(found.to_json())))
        assert again == found
        assert again.inputs(rows) == found.inputs(rows)


def test_whole_numbers_in_json_are_floats() -> None:
    found = Preparation.from_json({**PRICES.to_json(), "means": [3], "target_mean": 7})
    assert (found.means, found.target_mean) == ([3.0], 7.0)
    assert type(found.means[0]) is type(found.target_mean) is float


@pytest.mark.parametrize("obj", [None, [], "text", 3, True])
def test_json_that_is_no_object_is_refused(obj: Any) -> None:
    message = rf"^preparation: found {re.escape(repr(obj))}, expected an object$"
    with pytest.raises(ValueError, match=message):
        Preparation.from_json(obj)


KEYS = "columns, means, deviations, target, classes, target_mean, target_deviation"


@pytest.mark.parametrize("key", KEYS.split(", "))
def test_json_without_a_key_is_refused(key: str) -> None:
    obj = FLOWERS.to_json()
    del obj[key]
    with pytest.raises(ValueError, match=rf"^preparation: {key} is missing, expected {KEYS}$"):
        Preparation.from_json(obj)


def test_json_with_another_key_is_refused() -> None:
    message = rf"^preparation: found 'scale', expected only {KEYS}$"
    with pytest.raises(ValueError, match=message):
        Preparation.from_json({**FLOWERS.to_json(), "scale": 1})


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("columns", "ab", "columns: found 'ab', expected a list of names"),
        ("columns", [], "columns: found 0 names, expected 1 or more"),
        ("columns", ["a", 1], "columns: position 1: found 1, expected text"),
        ("columns", ["a", ""], "columns: position 1: found nothing, expected text"),
        ("columns", ["a", "a"], "columns: found 'a' twice, expected different names"),
        ("columns", ["a"], "means: found 2 numbers, expected 1, one a column"),
        ("columns", ["a", "kind"], "target: found 'kind', which is an input column too"),
        ("means", None, "means: found None, expected a list of numbers"),
        ("means", {"a": 1}, "means: found {'a': 1}, expected a list of numbers"),
        ("means", [1.0], "means: found 1 number, expected 2, one a column"),
        ("means", [1.0, "2"], "means: position 1: found '2', expected a number"),
        ("means", [1.0, None], "means: position 1: found None, expected a number"),
        ("means", [True, 1.0], "means: position 0: found True, expected a number"),
        ("means", [1.0, math.nan], "means: position 1: found nan, expected a finite number"),
        ("means", [10**400, 1.0], "means: position 0: found 1000"),
        ("deviations", [1.0], "deviations: found 1 number, expected 2, one a column"),
        ("deviations", [1.0, 0.0], "deviations: position 1: found 0.0, expected more than 0"),
        ("deviations", [-1, 1.0], "deviations: position 0: found -1.0, expected more than 0"),
        ("deviations", [1.0, math.inf], "deviations: position 1: found inf, expected a finite"),
        ("deviations", 1.0, "deviations: found 1.0, expected a list of numbers"),
        ("target", None, "target: found None, expected text"),
        ("target", "", "target: found nothing, expected text"),
        ("target", "b", "target: found 'b', which is an input column too, expected another one"),
        ("classes", "xy", "classes: found 'xy', expected a list of names"),
        ("classes", ["x"], "classes: found 1 name, expected 2 or more"),
        ("classes", [], "classes: found 0 names, expected 2 or more"),
        ("classes", ["x", 2], "classes: position 1: found 2, expected text"),
        ("classes", ["x", "x"], "classes: found 'x' twice, expected different names"),
        ("classes", ["y", "x"], "classes: found 'y', 'x', expected them sorted and different"),
        ("classes", ["10", "9"], "classes: found '10', '9', expected them sorted and different"),
        ("classes", ["1", "1.0"], "classes: found '1', '1.0', expected them sorted and different"),
        ("classes", None, "target_mean: found None, expected a number"),
        ("target_mean", 1.0, "target_mean: found 1.0, expected None, because there are classes"),
        ("target_deviation", 0, "target_deviation: found 0, expected None, because there are cl"),
    ],
)
def test_damaged_json_is_refused(key: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(f"preparation: {message}")):
        Preparation.from_json({**FLOWERS.to_json(), key: value})


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("target_mean", "1", "target_mean: found '1', expected a number"),
        ("target_mean", math.inf, "target_mean: found inf, expected a finite number"),
        ("target_deviation", None, "target_deviation: found None, expected a number"),
        ("target_deviation", 0.0, "target_deviation: found 0.0, expected more than 0"),
        ("target_deviation", False, "target_deviation: found False, expected a number"),
    ],
)
def test_damaged_json_of_a_number_is_refused(key: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(f"preparation: {message}") + "$"):
        Preparation.from_json({**PRICES.to_json(), key: value})


def test_fields_of_another_type_are_type_errors_when_made_by_hand() -> None:
    with pytest.raises(TypeError, match=r"^means: position 0: found '1', expected a number$"):
        Preparation(["a"], ["1"], [1.0], "y", ["n", "p"])  # type: ignore[list-item]
