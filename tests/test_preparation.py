"""Preparing tables for a network."""

from __future__ import annotations

import copy
import json
import math
import pickle
import random
import re
from dataclasses import FrozenInstanceError
from fractions import Fraction
from typing import Any

import pytest

from purenet.tables import Preparation, Table
from purenet.tables.inputs import NumberInput
from purenet.tables.target import ClassTarget, NumberTarget


def centres(preparation: Preparation) -> list[float]:
    """Return the means of columns that are all numbers."""
    return [numbers_of(column).centre for column in preparation.inputs_of_columns]


def divisors(preparation: Preparation) -> list[float]:
    """Return the deviations of columns that are all numbers."""
    return [numbers_of(column).divisor for column in preparation.inputs_of_columns]


def numbers_of(column: Any) -> NumberInput:
    assert isinstance(column, NumberInput)
    return column


def number_target(preparation: Preparation) -> NumberTarget:
    assert isinstance(preparation.target, NumberTarget)
    return preparation.target


# --- Preparation: from a table --------------------------------------------------------------------


def table_of(labels: list[str], rows: list[list[float]] | None = None) -> Table:
    if rows is None:
        rows = [[k / 2.0] for k in range(len(labels))]
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
            assert centres(found)[j] == pytest.approx(float(mean), rel=1e-12, abs=1e-12 * scale)
            assert divisors(found)[j] == pytest.approx(math.sqrt(variance), rel=1e-12)


def test_means_and_deviations_are_plain_running_sums() -> None:
    # sum() compensates floats from Python 3.12 on and would give 2.0 here and 0.0 before.
    values = [1e16, 1.0, -1e16, 1.0]
    found = Preparation.from_table(table_of(["a", "b", "b", "b"], [[v] for v in values]))
    total = ((0.0 + 1e16) + 1.0 - 1e16) + 1.0
    assert total == 1.0
    assert centres(found) == [total / 4]
    squares = 0.0
    for value in values:
        squares = squares + (value - 0.25) * (value - 0.25)
    assert divisors(found) == [math.sqrt(squares / 4)]


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
def test_a_column_that_never_varies_is_left_out_or_becomes_zeros(value: float, count: int) -> None:
    # The running mean of ten 0.1 is 0.09999999999999999: not the value itself.
    table = table_of(["a"] + ["b"] * (count - 1), [[value, k / 2] for k in range(count)])
    found = Preparation.from_table(table)
    assert [name for name, reason in found.left_out] == ["c0"]
    assert found.left_out[0][1].startswith("always ")
    found = Preparation.from_table(table, kinds={"c0": "number"})
    assert (centres(found)[0], divisors(found)[0]) == (value, 1.0)
    assert [row[0] for row in found.inputs(table.rows)] == [0.0] * count


@pytest.mark.parametrize("values", [[1e308, 1e308, 1.0], [1e200, 0.0, 1.0], [1e-200, 2e-200, 0.0]])
def test_columns_whose_deviation_no_float_can_hold_are_refused(values: list[float]) -> None:
    table = table_of(["a", "b", "b"], [[1.0, value] for value in values])
    message = (
        rf"^table: column 'c1': found numbers from {re.escape(str(min(values)))} to "
        rf"{re.escape(str(max(values)))}, expected numbers whose squares a float can hold"
    )
    with pytest.raises(ValueError, match=message):
        Preparation.from_table(table)


@pytest.mark.parametrize("value", ["inf", "x", "1e999", "1_000"])
def test_cells_that_are_no_numbers_are_refused_with_row_and_column(value: Any) -> None:
    rows = [[1.0], [3.5], [value], [4.0], [value]]
    words = r"column 'c0': found .*, expected a number, as in most of the column"
    hint = "--as COLUMN=category takes a column as it stands, --ignore COLUMN leaves it out"
    with pytest.raises(ValueError, match=rf"^table: row 2, {words}; row 4, {words} \({hint}\)$"):
        Preparation.from_table(table_of(["a", "b", "a", "b", "a"], rows))


def test_whole_numbers_in_a_table_made_by_hand_are_taken() -> None:
    found = Preparation.from_table(table_of(["a", "b"], [[1], [3]]))
    assert (centres(found), divisors(found)) == ([2.0], [1.0])
    assert found.inputs([[2]]) == [[0.0]]


def test_classes_are_sorted_as_text_or_by_value() -> None:
    def classes(labels: list[str], task: str = "auto") -> list[str] | None:
        return Preparation.from_table(table_of(labels), task).classes

    assert classes(["reed", "moss", "Zostera", "moss"]) == ["Zostera", "moss", "reed"]
    assert classes(["10", "9", "-1", "2"], "classes") == ["-1", "2", "9", "10"]
    assert classes(["10", "9", "x"]) == ["10", "9", "x"]
    assert classes(["1.50", "0.5", "1.5"], "classes") == ["0.5", "1.5"]
    assert classes(["2.0", "1", "2", "1.0", "02"]) == ["1", "2"]
    assert classes(["02", "01"]) == ["01", "02"]


@pytest.mark.parametrize(
    ("labels", "task"),
    [
        (["0", "1"], "classes"),
        (["1.0", "2.0"], "classes"),
        (["138", "140"] * 2, "classes"),
        (["1.5", "2"], "number"),
        (["1.5", "2.5"] * 20, "number"),
        ([str(k) for k in range(20)], "number"),
        ([str(k) for k in range(21)], "number"),
        ([str(k % 16) for k in range(20)], "number"),
        ([str(k % 14) for k in range(21)], "number"),
        ([str(k % 3) for k in range(8)], "number"),
        ([str(k % 3) for k in range(30)], "classes"),
        ([str(k % 10) for k in range(100)], "classes"),
        ([str(k % 21) for k in range(5000)], "number"),
        ([str(k % 3) for k in range(29)], None),
        ([str(k % 10) for k in range(99)], None),
        ([str(k % 11) for k in range(5000)], None),
        ([str(k % 20) for k in range(500)], None),
        (["$1", "$2"] * 20, "number"),
        (["3,90", "6,90", "3,90"], "number"),
        (["12%", "13%"] * 5, "number"),
        ([f"{k % 3:03}" for k in range(9)], "classes"),
        (["1", "2", "other"], "classes"),
        (["nan", "1", "0"], "classes"),
        ([f"name{k}" for k in range(20)], "classes"),
        ([f"name{k % 15}" for k in range(30)], "classes"),
        (["yes", "no"], "classes"),
        (["0", "1", "NA", "", "?"] * 5, "classes"),
    ],
)
def test_auto_tells_classes_from_numbers(labels: list[str], task: str | None) -> None:
    table = table_of(labels)
    if task is None:
        message = r"which may be classes or a number, expected --task classes or --task number"
        with pytest.raises(ValueError, match=message):
            Preparation.from_table(table)
    else:
        found = Preparation.from_table(table)
        assert ("number" if found.classes is None else "classes") == task
        assert isinstance(found.target, NumberTarget) == (task == "number")
    for asked in ("classes", "number"):
        if task == asked or task is None:
            assert (Preparation.from_table(table, asked).classes is None) == (asked == "number")


def test_what_is_predicted_is_said() -> None:
    def words(labels: list[str], **options: Any) -> str:
        table = table_of(labels)
        return Preparation.from_table(table, **options).targets_in_words(table)

    assert words(["b", "a", "b", "a, b", "\x1b[1m"]) == (
        "y: 4 classes '?[1m' 1, a 1, 'a, b' 1, b 2"
    )
    assert (
        words(["0", "1", "NA", "1"]) == "y: 2 classes 0 1, 1 2 (1 row without it left out: row 2)"
    )
    assert words([str(k) if k % 2 else "" for k in range(40)], task="number") == (
        "y: a number, 1 to 39 (20 rows without it left out: 20 rows (0, 2, 4, 6, 8 ...))"
    )
    assert words(["326", "18823", "", "?", "2.5"]) == (
        "y: a number, 2.5 to 18,823 (2 rows without it left out: rows 2 to 3)"
    )
    assert words(["1.234,50 €", "3 €"]) == (
        "y: a number with decimal comma and points between thousands, in €, 3 to 1,234.5"
    )
    assert words(["a"] * 1500 + ["b"]) == "y: 2 classes a 1,500, b 1"


def test_true_and_false_are_classes_in_whatever_case() -> None:
    found = Preparation.from_table(table_of(["Yes", "no", "yes", "No", "NO", "no"]))
    assert found.classes == ["no", "Yes"]
    assert found.targets(["yes", "no", "True", "0", 1]) == [[1.0], [0.0], [1.0], [0.0], [1.0]]
    assert found.target.in_words(["yes", "YES", "no"]) == "2 classes no 1, Yes 2"
    with pytest.raises(
        ValueError, match=r"^labels: row 0, column 'y': found 'maybe', expected one"
    ):
        found.targets(["maybe"])
    # Other words are different in another case.
    assert Preparation.from_table(table_of(["a", "A", "b"])).classes == ["A", "a", "b"]
    assert Preparation.from_table(table_of(["yes", "no", "maybe", "Yes"])).classes == [
        *("Yes", "maybe", "no", "yes")
    ]


def test_rows_without_an_answer_do_not_count() -> None:
    table = table_of(["1.5", "NA", "2.5", "", "9.5"], [[1.0], [50.0], [2.0], [60.0], [6.0]])
    found = Preparation.from_table(table)
    assert found.rows_with_target(table) == [0, 2, 4]
    assert centres(found) == [3.0]
    assert number_target(found).mean == 4.5
    assert found.targets(table, [0, 2, 4]) == found.targets(["1.5", "2.5", "9.5"])
    message = (
        r"^table: row 1, column 'y': found 'NA', expected a number; row 3, column 'y': found n"
    )
    with pytest.raises(ValueError, match=message):
        found.targets(table)
    message = r"^table: row 1, column 'y': found nothing, expected an answer; row 3, column 'y': "
    with pytest.raises(ValueError, match=message):
        Preparation.from_table(table, missing="error")


def test_none_is_a_class_beside_words_and_nothing_beside_numbers() -> None:
    assert Preparation.from_table(table_of(["none", "mild", "severe"])).classes == [
        *("mild", "none", "severe")
    ]
    assert Preparation.from_table(table_of(["None", "1.5", "2.5"])).classes is None


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["1.5", "2", "oops", "3"], r"row 2, column 'y': found 'oops', expected a number"),
        ([*map(str, range(40)), "oops"], r"row 40, column 'y': found 'oops', expected a number"),
        (
            ["3,5%", "5", "4%"],
            r"row 1, column 'y': found '5', expected a number with decimal comma, ",
        ),
        (["1,5", "2,5", "3.5"], r"row 2, column 'y': found '3.5', expected a number with decimal"),
        ([f"name {k}" for k in range(30)], r"column 'y': found text, 30 different values in 30 ro"),
        ([f"2000-01-{k:02}" for k in range(1, 31)], r"column 'y': found dates, 30 different"),
        (["1,234", "2,345"], r"column 'y': found numbers such as '1,234', whose comma can stand"),
        (["$5", "€6", "$7"], r"column 'y': found amounts in \$ and in €, expected one currency"),
        (["NA", ""], r"column 'y': found no answer in any of 2 rows, expected one in at least two"),
        (["a", ""], r"column 'y': found 1 row with an answer, expected two or more"),
        (["a"], r"column 'y': found 1 row with an answer, expected two or more"),
        (["a", "a"], r"column 'y': found only the class 'a', expected at least two classes"),
        (["1", "1.0"], r"column 'y': found only the class '1', expected at least two classes"),
        (["1.5", "1.50"], r"column 'y': found only the number 1\.5, expected at least two diff"),
        ([], r"found no rows, expected at least one"),
    ],
)
def test_answers_that_nothing_can_be_learned_from(labels: list[str], message: str) -> None:
    with pytest.raises(ValueError, match="^table: " + message):
        Preparation.from_table(Table(["c0"], [["1,2"]] * len(labels), "y", labels))


def test_commas_in_answers_are_read_as_the_other_columns_are() -> None:
    def found(cells: list[str]) -> NumberTarget:
        rows = [[cell] for cell in cells]
        return number_target(Preparation.from_table(table_of(["1,234", "2,345"], rows)))

    assert found(["1,5", "2,75"]).mean == (1.234 + 2.345) / 2
    with pytest.raises(ValueError, match=r"^table: column 'y': found numbers such as '1,234'"):
        found(["1.5", "2.75"])


def test_the_task_can_be_given() -> None:
    table = table_of(["0", "1", "1", "0"])
    found = number_target(Preparation.from_table(table, task="number"))
    assert (found.mean, found.deviation) == (0.5, 0.5)
    assert Preparation.from_table(table, task="classes").classes == ["0", "1"]
    assert Preparation.from_table(table, kinds={"y": "number"}).classes is None
    assert Preparation.from_table(table_of(["1.5", "2"]), kinds={"y": "category"}).classes == [
        *("1.5", "2")
    ]


def test_classes_may_be_known_before() -> None:
    table = table_of(["a", "b"] * 5)
    found = Preparation.from_table(table, classes=["a", "b", "c"])
    assert found.classes == ["a", "b", "c"]
    assert found.targets(["c"]) == [[0.0, 0.0, 1.0]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "x"}, "task: found 'x', expected one of auto, classes, number"),
        ({"missing": "drop"}, "missing: found 'drop', expected one of fill, error"),
        ({"scale": 3}, "scale: found 3, expected one of auto, standard, range, none"),
        ({"decimal": "."}, "decimal: found '.', expected one of point, comma"),
        ({"dates": "us"}, "dates: found 'us', expected one of day-first, month-first"),
        (
            {"kinds": {"c0": "int"}},
            "kind of column 'c0': found 'int', expected one of number, category, text, date",
        ),
        (
            {"columns": ["c0", "d1"], "ignore": ["q"], "kinds": {"C1": "text"}},
            "table: columns: found no column 'd1', expected it among 'c0', 'c1', 'y'; ignore: "
            "found no column 'q', expected it among 'c0', 'c1', 'y'; kinds: found no column 'C1', "
            "expected it among 'c0', 'c1', 'y'; did you mean 'c1'?",
        ),
        ({"columns": ["c0", "c0"]}, "table: columns: found 'c0' twice, expected different names"),
        (
            {"columns": ["c0", "y"]},
            "table: columns: found the target 'y', expected input columns only",
        ),
        (
            {"ignore": ["c0"], "kinds": {"c0": "text"}},
            "table: kinds: found 'c0', which is no input column, expected one",
        ),
        ({"target": "z"}, "table: target: found no column 'z', expected it among 'c0', 'c1', 'y'"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    table = table_of(["a", "b"], [[1.5, 2.5], [2.5, 1.5]])
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        Preparation.from_table(table, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": "c0"}, "columns: found 'c0', expected a list of names"),
        ({"ignore": "c0"}, "ignore: found 'c0', expected a list of names"),
        ({"ignore": 5}, "ignore: found 5, expected a list of names"),
        ({"columns": ["c0", 1]}, "columns: found 1, expected the name of a column"),
        ({"target": 5}, "target: found 5, expected the name of a column"),
        ({"kinds": ["c0"]}, "kinds: found ['c0'], expected a kind for each column"),
        ({"rows": 5}, "rows: found 5, expected a list of row numbers"),
    ],
)
def test_options_of_another_type(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match="^" + re.escape(message) + "$"):
        Preparation.from_table(table_of(["a", "b"], [[1.5], [2.5]]), **options)
    with pytest.raises(TypeError, match=r"^table: found \[\[1\]\], expected a Table$"):
        Preparation.from_table([[1]])  # type: ignore[arg-type]


def test_a_table_without_a_target_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^table: found no target column, expected one$"):
        Preparation.from_table(Table(["a"], [[1.0]]))


def test_another_column_can_be_the_target() -> None:
    table = Table(["a", "b"], [[1.5, "x"], [2.5, "y"], [3.5, "x"]])
    found = Preparation.from_table(table, target="b")
    assert (found.columns, found.classes) == (["a"], ["x", "y"])
    assert found.targets(table) == [[0.0], [1.0], [0.0]]
    other = Table(["a"], [[1.5], [2.5], [3.5]], "y", ["p", "q", "p"])
    assert Preparation.from_table(other, target="a").columns == ["y"]


def test_all_that_is_learned_comes_from_the_given_rows() -> None:
    generator = random.Random(3)
    rows: list[list[Any]] = []
    for k in range(60):
        day = f"2000-{1 + k % 12:02}-{1 + k % 28:02}"
        rows.append([generator.gauss(0, 1), generator.choice("abc"), day, generator.random() < 0.5])
    labels = [generator.choice(["p", "q"]) for _ in rows]
    kept = sorted(generator.sample(range(60), 40))
    wild = [["wild", 5, "never", "perhaps"] for _ in rows]
    names = ["number", "category", "date", "flag"]
    before = Preparation.from_table(
        Table(names, [rows[k] for k in kept], "y", [labels[k] for k in kept])
    )
    mixed = [rows[k] if k in kept else wild[k] for k in range(60)]
    after = Preparation.from_table(
        Table(names, mixed, "y", [labels[k] if k in kept else "r" for k in range(60)]), rows=kept
    )
    assert before == after
    assert before.inputs([rows[k] for k in kept]) == after.inputs(Table(names, mixed), kept)


# --- Preparation: inputs, targets, answers --------------------------------------------------------

KEYS = "columns, means, deviations, target, classes, target_mean, target_deviation"


def first_version(*values: Any) -> dict[str, Any]:
    """Return what model files of the first version hold."""
    return dict(zip(KEYS.split(", "), [*values, None, None], strict=False))


OLD_FLOWERS = first_version(["a", "b"], [1.0, 2.0], [0.5, 4.0], "kind", ["lily", "moss", "reed"])
OLD_TUMOURS = first_version(["a", "b"], [1.0, 2.0], [0.5, 4.0], "kind", ["benign", "malignant"])
OLD_PRICES = first_version(["a"], [0.0], [1.0], "price", None, 100.0, 8.0)
FLOWERS = Preparation.from_json(OLD_FLOWERS)
TUMOURS = Preparation.from_json(OLD_TUMOURS)
DIGITS = Preparation.from_json(first_version(["a"], [0.0], [1.0], "digit", ["2", "7", "10"]))
PRICES = Preparation.from_json(OLD_PRICES)


def test_inputs_are_standardised_column_by_column() -> None:
    assert FLOWERS.inputs([[1.0, 2.0], [2.0, -2.0], (0, 6)]) == [[0, 0], [2, -1], [-2, 1]]
    assert FLOWERS.inputs([]) == []


@pytest.mark.parametrize(
    ("row", "error", "message"),
    [
        ([1.0], ValueError, "inputs: row 1 has 1 cell, expected 2, one a column"),
        ([1.0] * 3, ValueError, "inputs: row 1 has 3 cells, expected 2, one a column"),
        ([1.0, "x"], ValueError, "inputs: row 1, column 'b': found 'x', expected a number"),
        ([True, 2.0], ValueError, "inputs: row 1, column 'a': found 'True', expected a number"),
        ([None, 2.0], ValueError, "inputs: row 1, column 'a': found nothing, expected a number"),
        ([1.0, math.nan], ValueError, "inputs: row 1, column 'b': found nothing, expected a num"),
        ([1.0, "inf"], ValueError, "inputs: row 1, column 'b': found 'inf', expected a number"),
        (
            [1.7e308, 1.0],
            ValueError,
            "inputs: row 1, column 'a': found 1.7e+308, expected a number near the training rows' "
            "mean of 1.0",
        ),
        (
            ["x", "y"],
            ValueError,
            "inputs: row 1, column 'a': found 'x', expected a number; row 1, ",
        ),
        (5, TypeError, "inputs: row 1 is 5, expected a list of cells"),
        ("ab", TypeError, "inputs: row 1 is 'ab', expected a list of cells"),
        ({"a": 1.0, "b": 2.0}, TypeError, "inputs: row 1 is {'a': 1.0, 'b': 2.0}, expected a list"),
    ],
)
def test_bad_inputs_are_refused(row: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match="^" + re.escape(message)):
        FLOWERS.inputs([[1.0, 2.0], row])


@pytest.mark.parametrize("rows", [5, "ab", None])
def test_what_is_no_list_of_rows_is_refused(rows: Any) -> None:
    with pytest.raises(TypeError, match=r"^inputs: found .*, expected a table or a list of rows$"):
        FLOWERS.inputs(rows)


def test_a_table_without_needed_columns_is_refused_at_once() -> None:
    message = (
        "table: found no column 'a', expected it among 'A'; did you mean 'A'?; found no column 'b'"
    )
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        FLOWERS.inputs(Table(["A"], [[1.0]]))
    message = (
        "table: found no column 'a', expected it among 'b'; "
        "row 1, column 'b': found 'x', expected a number"
    )
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        FLOWERS.inputs(Table(["b"], [[1.0], ["x"]]))


def test_ten_faults_are_said_and_the_others_counted() -> None:
    with pytest.raises(ValueError, match=r"; row 9, column 'a': found 'x', .*number; and 4 more$"):
        PRICES.inputs([["x"]] * 14)


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
        (FLOWERS, "fern", "found 'fern', expected one of 'lily', 'moss', 'reed'"),
        (FLOWERS, "1", "found '1', expected one of 'lily', 'moss', 'reed'"),
        (FLOWERS, 1, "found '1', expected one of 'lily', 'moss', 'reed'"),
        (FLOWERS, "", "found nothing, expected one of 'lily', 'moss', 'reed'"),
        (TUMOURS, "Benign", "found 'Benign', expected one of 'benign', 'malignant'"),
        (DIGITS, "3", "found '3', expected one of '2', '7', '10'"),
        (DIGITS, "two", "found 'two', expected one of '2', '7', '10'"),
        (DIGITS, math.nan, "found 'nan', expected one of '2', '7', '10'"),
        (PRICES, "dear", "found 'dear', expected a number"),
        (PRICES, math.inf, "found 'inf', expected a number"),
    ],
)
def test_labels_that_are_not_known_are_refused_at_once(
    preparation: Preparation, label: Any, message: str
) -> None:
    good = "100" if preparation.classes is None else preparation.classes[0]
    column = preparation.target.column
    words = f"row 2, column {column!r}: {message}"
    expected = f"labels: {words}; {words.replace('row 2', 'row 3')}"
    with pytest.raises(ValueError, match="^" + re.escape(expected) + "$"):
        preparation.targets([good, good, label, label])


def test_a_label_too_far_away_is_refused() -> None:
    small = Preparation.from_json({**OLD_PRICES, "target_deviation": 1e-9})
    message = r"^labels: row 0, column 'price': found '1e\+300', expected a number near the trainin"
    with pytest.raises(ValueError, match=message):
        small.targets([1e300])


def test_labels_of_python_have_a_point_whatever_the_column_has() -> None:
    found = Preparation.from_table(table_of(["1,5", "2.000,5", "3"]))
    assert found.targets([1.5, 2000.5, 3]) == found.targets(["1,5", "2.000,5", "3"])


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
    inputs, classes = list(TUMOURS.inputs_of_columns), ["n", "p"]
    made = Preparation(inputs, [], ClassTarget("y", classes))
    inputs.clear()
    classes.append("q")
    assert (made.columns, made.classes) == (["a", "b"], ["n", "p"])
    with pytest.raises(FrozenInstanceError):
        made.missing = "error"  # type: ignore[misc]
    made.to_json()["inputs"][0]["centre"] = 9.0
    assert centres(made) == [1.0, 2.0]
    assert copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == made


def test_a_preparation_shows_what_it_is_for() -> None:
    assert repr(TUMOURS) == "Preparation(2 columns, target 'kind': 2 classes)"
    assert repr(PRICES) == "Preparation(1 column, target 'price': a number)"


def test_a_preparation_for_another_network_is_refused() -> None:
    FLOWERS.check_network(2, 3)
    message = r"^preparation: made for 2 inputs and 3 outputs, expected 5 and 3$"
    with pytest.raises(ValueError, match=message):
        FLOWERS.check_network(5, 3)


# --- Preparation: JSON ----------------------------------------------------------------------------


def everything() -> Preparation:
    """Return a preparation with columns of all kinds, with gaps."""
    rows = [
        [1.5, "1.234,5 €", "yes", "red", "2000-01-01", "x"],
        [None, "2 €", "no", "blue", "2000-02-03", "x"],
        [2.5, "", "", "red", None, "x"],
        [7.0, "3,5 €", "no", None, "2001-01-01", "x"],
    ]
    names = ["number", "price", "flag", "colour", "day", "same"]
    return Preparation.from_table(Table(names, rows, "y", ["1,5 €", "2 €", "3 €", "4 €"]))


@pytest.mark.parametrize("preparation", [FLOWERS, TUMOURS, DIGITS, PRICES, everything()])
def test_json_gives_the_same_preparation_back(preparation: Preparation) -> None:
    text = json.dumps(preparation.to_json(), allow_nan=False)
    assert Preparation.from_json(json.loads(text)) == preparation


@pytest.mark.parametrize(
    ("place", "found", "message"),
    [
        (0, None, "inputs_of_columns: found None, expected a list"),
        (0, [3], "inputs_of_columns: position 0: found 3, expected what a network gets of a"),
        (1, 3, "left_out: found 3, expected a list"),
        (2, "a", "target: found 'a', expected a ClassTarget or a NumberTarget"),
    ],
    ids=["no_list", "no_input", "no_reasons", "no_target"],
)
def test_what_is_no_part_of_a_preparation(place: int, found: Any, message: str) -> None:
    parts: list[Any] = [FLOWERS.inputs_of_columns, FLOWERS.left_out, FLOWERS.target]
    parts[place] = found
    with pytest.raises(TypeError, match="^" + re.escape(message)):
        Preparation(*parts)


def test_json_keeps_every_bit() -> None:
    generator = random.Random(12)
    for _ in range(50):
        rows = [[generator.gauss(0, 10.0 ** generator.randrange(-9, 9))] for _ in range(9)]
        found = Preparation.from_table(table_of([str(row[0]) for row in rows], rows), "number")
        again = Preparation.from_json(json.loads(json.dumps(found.to_json())))
        assert again == found
        assert again.inputs(rows) == found.inputs(rows)


def test_a_model_file_of_the_first_version_prepares_as_it_did() -> None:
    assert FLOWERS.columns == ["a", "b"]
    assert FLOWERS.missing == "error"
    assert FLOWERS.lines() == [("a", "number", ""), ("b", "number", "")]
    assert FLOWERS.inputs([[2.0, -2.0]]) == [[(2.0 - 1.0) / 0.5, (-2.0 - 2.0) / 4.0]]
    assert PRICES.answer([0.5]) == 0.5 * 8.0 + 100.0


def test_whole_numbers_in_json_are_floats() -> None:
    for obj in ({**OLD_PRICES, "means": [3], "target_mean": 7}, everything().to_json()):
        found = Preparation.from_json(json.loads(json.dumps(obj).replace("7.0", "7")))
        assert type(number_target(found).mean) is float
        assert type(numbers_of(found.inputs_of_columns[0]).centre) is float


@pytest.mark.parametrize("obj", [None, [], "text", 3, True])
def test_json_that_is_no_object_is_refused(obj: Any) -> None:
    message = rf"^preparation: found {re.escape(repr(obj))}, expected an object$"
    with pytest.raises(ValueError, match=message):
        Preparation.from_json(obj)


@pytest.mark.parametrize("key", KEYS.split(", "))
def test_json_of_the_first_version_without_a_key_is_refused(key: str) -> None:
    obj = dict(OLD_FLOWERS)
    del obj[key]
    with pytest.raises(ValueError, match=rf"^preparation: {key} is missing, expected {KEYS}$"):
        Preparation.from_json(obj)


def test_json_of_the_first_version_with_another_key_is_refused() -> None:
    message = rf"^preparation: found 'scale', expected only {KEYS}$"
    with pytest.raises(ValueError, match=message):
        Preparation.from_json({**OLD_FLOWERS, "scale": 1})


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("columns", "ab", "columns: found 'ab', expected a list of names"),
        ("columns", [], "columns: found 0 names, expected 1 or more"),
        ("columns", ["a", 1], "columns: position 1: found 1, expected text"),
        ("columns", ["a", ""], "columns: position 1: found nothing, expected text"),
        ("columns", ["a", "a"], "columns: found 'a' twice, expected different names"),
        ("columns", ["a"], "means: found 2 numbers, expected 1"),
        ("columns", ["a", "kind"], "target: found 'kind', which is an input column too"),
        ("means", None, "means: found None, expected a list of numbers"),
        ("means", {"a": 1}, "means: found {'a': 1}, expected a list of numbers"),
        ("means", [1.0], "means: found 1 number, expected 2"),
        ("means", [1.0, "2"], "means: position 1: found '2', expected a number"),
        ("means", [1.0, None], "means: position 1: found None, expected a number"),
        ("means", [True, 1.0], "means: position 0: found True, expected a number"),
        ("means", [1.0, math.nan], "means: position 1: found nan, expected a finite number"),
        ("means", [10**400, 1.0], "means: position 0: found 1000"),
        ("deviations", [1.0], "deviations: found 1 number, expected 2"),
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
def test_damaged_json_of_the_first_version_is_refused(key: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(f"preparation: {message}")):
        Preparation.from_json({**OLD_FLOWERS, key: value})


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
        Preparation.from_json({**OLD_PRICES, key: value})


WRONG = (None, 5, -1, 0, math.nan, "x", "", [], ["x"], ["x", "x"], {}, True)


def test_every_damaged_field_gets_a_message_and_nothing_else_happens() -> None:
    whole = everything().to_json()
    assert [column["kind"] for column in whole["inputs"]] == [
        *("number", "number", "true/false", "category", "date")
    ]

    def places(obj: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        found = [path]
        for key in obj if isinstance(obj, dict) else range(len(obj)) if path[:1] else ():
            inside = obj[key]
            found += (
                places(inside, (*path, key)) if isinstance(inside, (dict, list)) else [(*path, key)]
            )
        return found

    tried = 0
    for path in places(whole):
        for wrong in (*WRONG, "gone"):
            damaged = json.loads(json.dumps(whole))
            parent = damaged
            for key in path[:-1]:
                parent = parent[key]
            if not path:
                damaged = wrong
            elif wrong == "gone":
                del parent[path[-1]]
            else:
                parent[path[-1]] = wrong
            try:
                again = Preparation.from_json(damaged)
            except ValueError as error:
                assert str(error).startswith("preparation: "), path
                tried += 1
            else:
                assert again.to_json()  # a number for another one, say
    assert tried > 500


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["inputs"], [], "inputs_of_columns: found none, expected at least one"),
        (["inputs"], "x", "inputs: found 'x', expected a list"),
        (["inputs", 0], 5, "inputs: position 0: found 5, expected an object whose kind is one of"),
        (["inputs", 0, "kind"], "x", "inputs: position 0: found {'kind': 'x', "),
        (["inputs", 0, "more"], 1, "inputs: position 0: found 'more', expected only kind, column"),
        (["inputs", 0, "centre"], "1", "inputs: position 0: centre: found '1', expected a number"),
        (["inputs", 0, "divisor"], 0, "inputs: position 0: divisor: found 0.0, expected more than"),
        (["inputs", 0, "missing"], 1.5, "inputs: position 0: missing: found 1.5, expected a whole"),
        (
            ["inputs", 0, "scale"],
            "x",
            "inputs: position 0: scale: found 'x', expected one of",
        ),
        (["inputs", 1, "notation"], 0, "inputs: position 1: notation: found 0, expected an object"),
        (
            ["inputs", 2, "words"],
            ["a", "b"],
            "inputs: position 2: words: found ['a', 'b']",
        ),
        (["inputs", 3, "shares"], [1.0], "inputs: position 3: shares: found 1 number, expected 3"),
        (
            ["inputs", 4, "form"],
            "x",
            "inputs: position 4: form: found 'x', expected one of",
        ),
        (["inputs", 4, "parts"], ["hour", "trend"], "inputs: position 4: parts: found ['hour', 't"),
        (["inputs", 1, "column"], "number", "inputs_of_columns: found 'number' twice, expected di"),
        (
            ["left_out", 0],
            ["same"],
            "left_out: position 0: found ['same'], expected a name",
        ),
        (
            ["target"],
            {},
            "target: found {}, expected an object whose kind is one of",
        ),
        (["target", "deviation"], -1, "target: deviation: found -1.0, expected more than 0"),
        (["missing"], "drop", "missing: found 'drop', expected one of fill, error"),
        (["more"], 1, "found 'more', expected only inputs, left_out, target, missing"),
    ],
)
def test_damaged_json_is_refused(path: list[Any], value: Any, message: str) -> None:
    damaged = json.loads(json.dumps(everything().to_json()))
    parent = damaged
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    with pytest.raises(ValueError, match="^" + re.escape(f"preparation: {message}")):
        Preparation.from_json(damaged)
