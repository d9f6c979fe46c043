"""What columns are taken as, and the numbers that a network gets of them."""

from __future__ import annotations

import json
import math
import random
import re
from pathlib import Path
from typing import Any

import pytest

from purenet.tables import Preparation, Table, read_csv

NAMES = ["this", "other"]


def prepared(cells: list[Any], name: str = "this", **options: Any) -> Preparation:
    """Return the preparation of a table in which a column of random numbers stands beside."""
    generator = random.Random(1)
    rows = [[cell, generator.random()] for cell in cells]
    labels = [generator.choice("ab") for _ in cells]
    labels[:2] = ["a", "b"]
    found = Preparation.from_table(Table([name, "other"], rows, "y", labels), **options)
    assert Preparation.from_json(json.loads(json.dumps(found.to_json()))) == found
    return found


def words(cells: list[Any], name: str = "this", **options: Any) -> tuple[str, str]:
    """Return what a column is taken as, and how many of its cells are missing."""
    lines = {line[0]: line[1:] for line in prepared(cells, name, **options).lines()}
    return lines.get(name) or lines[f"'{name}'"]


def numbers(found: Preparation, cells: list[Any]) -> list[list[float]]:
    """Return what a network gets of the cells of the column."""
    rows = found.inputs(Table(found.columns, [[cell, 0.5][: len(found.columns)] for cell in cells]))
    return [row[: found.width - 1] for row in rows]


@pytest.mark.parametrize(
    ("cells", "taken", "missing"),
    [
        ([1.5, 2.5, 7], "number", ""),
        (["1.5", "NA", "7", "?"], "number", "2"),
        ([3, 2, 2, 5], "number", ""),
        (["1,5", "2,5", ""], "number with decimal comma", "1"),
        (["$1,234.50", "$3"], "number with commas between thousands, in $", ""),
        (["12,5%", "7%"], "number with decimal comma, in percent", ""),
        ([True, False, True], "true/false: True, False", ""),
        (["yes", "no", "NO", "Yes", "yes"], "true/false: yes, no", ""),
        (["Y", "N", "y", None], "true/false: Y, N", "1"),
        (["T", "F", "F"], "true/false: T, F", ""),
        (["on", "off", "off"], "true/false: on, off", ""),
        ([0, 1, 1], "true/false: 1, 0", ""),
        (["0", "1", "n/a"], "true/false: 1, 0", "1"),
        (["0.0", "1.0", ""], "true/false: 1, 0", "1"),
        (["f", "m", "f", "m"], "category of 2: f, m", ""),
        (["no", "maybe", "no", "maybe"], "category of 2: maybe, no", ""),
        (["b", "a", "b", "c", "a", "c"], "category of 3: a, b, c", ""),
        (["b", None, "b", "a", "-", "a"], "category of 2: a, b", "2"),
        (["only", "", "only", None], "category of 1: only", "2"),
        ([7, None, 7, None], "category of 1: 7", "2"),
        (["a", "a", "b", "b", "c", "d"], "category of 2: a, b and other", ""),
        (["red, dark", "\x1b[31m"] * 2, "category of 2: '?[31m', 'red, dark'", ""),
        (list("abcdefgh") * 2, "category of 8: a, b, c, d, e, f and 2 more", ""),
        (["007", "012", "007", "012"], "category of 2: 007, 012", ""),
        (["01", "02", "1", "02", "1", "01"], "category of 3: 01, 02, 1", ""),
        (["2000-01-01", "2001-01-01"], "date 2000-01-01 to 2001-01-01: trend", ""),
        (["10:30", "9:15", None], "time 9:15 to 10:30: trend, hour", "1"),
        ([f"id{k}" for k in range(20)], "left out: text, 20 different values", ""),
        ([f"{k:03}" for k in range(20)], "left out: codes, 20 different values", ""),
        (["same"] * 3, "left out: always same", ""),
        ([5.0] * 3, "left out: always 5", ""),
        (["5,5"] * 3, "left out: always '5,5'", ""),
        ([None, "NA", "?"], "left out: empty", ""),
        (list(range(10)), "left out: counts the rows", ""),
        (list(range(1, 31)), "left out: counts the rows", ""),
        ([1, 2, 3], "number", ""),
        (list(range(2, 32)), "number", ""),
        (list(range(30, 0, -1)), "number", ""),
        ([4, 6, 6, 4, 8, 8, 4, "rotary", 8, 6], "category of 3: 4, 6, 8 and other", ""),
        (["\u0663", "\u0664"] * 2, "category of 2: \u0663, \u0664", ""),
    ],
)  # fmt: skip
def test_what_a_column_is_taken_as(cells: list[Any], taken: str, missing: str) -> None:
    assert words(cells) == (taken, missing)


def test_identities_are_left_out_by_their_names() -> None:
    generator = random.Random(2)
    different = generator.sample(range(1000), 20)
    for name in ("id", "ID", "index", "rownames", "PassengerId", "customer_id", "user id", "case"):
        assert words(different, name) == ("left out: an identity, 20 different values", "")
    for name in ("paid", "grid", "humid", "price", "acid", "idea"):
        assert words(different, name)[0] == "number"
    assert words([1, 2, 3], "id")[0] == "left out: counts the rows"
    assert words([k % 5 for k in range(20)], "id")[0] == "number"
    assert words([k + 0.5 for k in different], "id")[0] == "number"
    assert words(list(range(30)), "Week")[0] == "number"
    assert words(list(range(30)), "x")[0] == "number"
    assert words(list(range(30)), "X")[0] == "left out: counts the rows"
    # Whoever asks for a column gets it.
    assert words(different, "id", columns=["id", "other"])[0] == "number"
    assert words(list(range(20)), columns=["this", "other"])[0] == "number"
    assert words(different, "id", kinds={"id": "number"})[0] == "number"
    many = [f"N{k // 2}A{k // 2}" for k in range(200)]
    assert words(many, "Individual ID")[0] == "left out: text, 100 different values"


def test_a_column_without_a_name_counts_rows_or_names_them() -> None:
    def taken(cells: list[Any]) -> str:
        plain = Table(["column 1", "x"], [[cell, k / 2] for k, cell in enumerate(cells)])
        table = Table.of_columns(
            [*map(plain.column, plain.columns), Table(["y"], [["a"], ["b"]] * 2).column("y")],
            "y",
            row_count=4,
            unnamed=["column 1"],
        )
        return {line[0]: line[1] for line in Preparation.from_table(table).lines()}["column 1"]

    assert taken([0, 1, 2, 3]) == "left out: counts the rows"
    assert taken([17, 3, 99, 4]) == "left out: an identity, 4 different values"
    assert taken(["w", "x", "y", "z"]) == "left out: text, 4 different values"
    assert taken([1.5, 2.5, 0.5, 4.5]) == "number"
    assert taken(["a", "b", "a", "b"]) == "category of 2: a, b"


def test_rows_are_counted_where_only_some_are_learned_from() -> None:
    table = Table(["n", "x"], [[k, k / 7] for k in range(40)], "y", ["a", "b"] * 20)
    found = Preparation.from_table(table, rows=range(3, 40, 3))
    assert found.left_out == [("n", "counts the rows")]


def test_zip_codes_are_codes() -> None:
    assert words([10115, 20095, 10115, 20095], "zip")[0] == "category of 2: 10115, 20095"
    assert words(list(range(10115, 10135)), "zip_code")[0] == (
        "left out: codes, 20 different values"
    )
    assert words(["00501", "10115", "K1A 0B1"] * 4, "zip")[0] == (
        "category of 3: 00501, 10115, K1A 0B1"
    )


def test_numbers_are_dates_where_the_name_says_so() -> None:
    cells = [20000101, None, 20011231, 20010704]
    assert words(cells, "Sale_Date") == (
        *("date 20000101 to 20011231: trend, season, weekday", "1"),
    )
    assert words(cells, "sale")[0] == "number"
    many = [20000101 + 100 * k for k in range(12)]
    assert words(many, "sale")[0] == "date 20000101 to 20001201: trend, season"
    assert words([*many, 20000230], "sale")[0] == "number"
    assert words([*many, 25000101], "sale")[0] == "number"
    assert words([20000101, 20001341, 20010704], "date")[0] == "number"


def test_kinds_can_be_forced() -> None:
    assert words([1, 2, 3, 1, 2, 3], kinds={"this": "category"})[0] == "category of 3: 1, 2, 3"
    assert words(["007", "012", "013"], kinds={"this": "number"})[0] == "number"
    assert words(list(range(30)), kinds={"this": "number"})[0] == "number"
    assert words([5, 5, 5], kinds={"this": "number"})[0] == "number"
    assert words(["4 doors", "2 doors"] * 2)[0] == "category of 2: 2 doors, 4 doors"
    assert words(["4 doors", "2 doors"], kinds={"this": "number"})[0] == "number in doors"
    assert words([0, 1, 1], kinds={"this": "number"})[0] == "number"
    assert words([1, 2, 4], kinds={"this": "text"})[0] == "left out: text"
    assert words(["a", "b", "c"], kinds={"this": "category"})[0] == "category of 3: a, b, c"
    assert words([20000101, 20000502], kinds={"this": "date"})[0] == (
        "date 20000101 to 20000502: trend, season, weekday"
    )
    assert words([1990, 2000, 2010], kinds={"this": "date"})[0] == "date 1990 to 2010: trend"


@pytest.mark.parametrize(
    ("cells", "kind", "message"),
    [
        (
            ["1", "x", "2", "y"],
            "number",
            "row 1, column 'this': found 'x', expected a number; row ",
        ),
        (["a", "b", "c"], "date", "column 'this': found 'a', expected dates"),
        (
            ["2000-01-01", "1.2.2000", "2000-03-01"],
            "date",
            "row 1, column 'this': found '1.2.2000', expected a date written year-month-day",
        ),
    ],
)
def test_kinds_that_do_not_fit_are_refused(cells: list[Any], kind: str, message: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(f"table: {message}")):
        words(cells, kinds={"this": kind})


def test_all_that_is_wrong_with_a_table_is_said_at_once() -> None:
    rows = [
        [1.5, "1,234", "2000-01-02", "3,5"],
        ["oops", "2,345", "2000-01-03", "4.5"],
        [2.5, "1,500", "2000-01-04", "5,5"],
        [4.5, "1,500", "2000-01-05", "6,5"],
    ]
    table = Table(["a", "b", "c", "d"], rows, "y", ["1.5", "2.5", "x", "3.5"])
    hint = "--as COLUMN=category takes a column as it stands, --ignore COLUMN leaves it out"
    message = (
        f"table: column 'b': found numbers such as '1,234', whose comma can stand before decimals "
        f"or between thousands, expected --decimal comma or --decimal point (in Python "
        f"decimal='comma' or 'point'); row 1, column 'a': found 'oops', expected a number, as in "
        f"most of the column; "
        f"row 1, column 'd': found '4.5', expected a number with decimal comma, as in most of the "
        f"column; row 2, column 'y': found 'x', expected a number ({hint})"
    )
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        Preparation.from_table(table)


def test_a_cell_that_is_no_date_among_dates_is_said() -> None:
    cells = [f"2000-01-{k:02}" for k in range(1, 9)]
    message = (
        "table: row 3, column 'this': found 'soon', expected a date written year-month-day; "
        "row 5, column 'this': found '6.1.2000', expected a date written year-month-day "
        "(--as COLUMN=category takes a column as it stands, --ignore COLUMN leaves it out)"
    )
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        words([*cells[:3], "soon", cells[3], "6.1.2000", *cells[4:]])


def test_other_words_for_nothing() -> None:
    cells = [1.5, "unknown", "#DIV/0!", "Not available", "n.a.", "<NA>", "NULL", 2.5, "--", "NaT"]
    assert words(cells) == ("number", "8")


def test_commas_are_read_as_the_other_columns_are() -> None:
    rows = [["1,234", "1,5"], ["2,345", "2,5"]]
    found = Preparation.from_table(Table(NAMES, rows, "y", ["a", "b"]))
    assert found.lines()[0] == ("this", "number with decimal comma", "")
    for rows in ([["1,234", 1.5], ["2,345", 2.5]], [["1,234", 1], ["2,345", 2]]):
        table = Table(NAMES, rows, "y", ["a", "b"])
        with pytest.raises(ValueError, match=r"^table: column 'this': found numbers such as '1,2"):
            Preparation.from_table(table)
    table = Table(NAMES, [["1,234", 1], ["2,345", 2]], "y", ["1,5", "2,5"])
    assert Preparation.from_table(table).lines()[0] == ("this", "number with decimal comma", "")
    found = Preparation.from_table(Table(NAMES, rows, "y", ["a", "b"]), decimal="point")
    assert found.lines()[0] == ("this", "number with commas between thousands", "")


def test_points_between_thousands_are_known_by_the_commas_of_other_columns() -> None:
    rows = [["1.234", "1,5"], ["2.500", "2,5"], ["999", "0,5"]]
    table = Table(NAMES, rows, "y", ["a", "b", "a"])
    found = Preparation.from_table(table, scale="none")
    assert found.lines() == [
        ("this", "number with decimal comma and points between thousands", ""),
        ("other", "number with decimal comma", ""),
    ]
    assert found.inputs(table) == [[1234.0, 1.5], [2500.0, 2.5], [999.0, 0.5]]
    # Numbers of Python are what they are.
    assert found.inputs([[1.234, 1.5]]) == [[1.234, 1.5]]
    rows = [["1.234", "1.5"], ["2.500", "2.5"], ["999", "0.5"]]
    found = Preparation.from_table(Table(NAMES, rows, "y", ["a", "b", "a"]))
    assert [line[1] for line in found.lines()] == ["number", "number"]
    found = Preparation.from_table(Table(NAMES, rows, "y", ["a", "b", "a"]), decimal="comma")
    assert [line[1] for line in found.lines()] == [
        *("number with decimal comma and points between thousands", "number")
    ]


def test_points_between_thousands_in_files(tmp_path: Path) -> None:
    def read(text: str, decimal: str | None = None) -> Table:
        path = tmp_path / "data.csv"
        path.write_text(text)
        return read_csv(path, "y", decimal=decimal)

    def inputs(table: Table, **options: Any) -> list[list[float]]:
        return Preparation.from_table(table, scale="none", **options).inputs(table)

    both = read("a;b;y\n1.234;12,5;p\n2.500;3,5;q\n999;1,5;p\n")
    assert inputs(both) == [[1234.0, 12.5], [2500.0, 3.5], [999.0, 1.5]]
    found = Preparation.from_table(both, scale="none")
    assert found.decimal == "comma"
    # A file with that column alone does not show it; the model knows.
    alone = "a;b;y\n1.234;12;p\n2.500;3;q\n999;1;p\n"
    assert inputs(read(alone)) == [[1.234, 12.0], [2.5, 3.0], [999.0, 1.0]]
    assert found.inputs(read(alone, found.decimal)) == [[1234.0, 12], [2500.0, 3], [999.0, 1]]
    assert inputs(read(alone, "comma"), decimal="comma") == [[1234.0, 12], [2500.0, 3], [999.0, 1]]
    assert Preparation.from_table(read(alone)).decimal is None
    mixed = read("a;b;y\n1.234;12,5;p\n2.5001;3,5;q\n")
    assert inputs(mixed) == [[1.234, 12.5], [2.5001, 3.5]]


def test_a_table_of_which_nothing_is_left() -> None:
    rows = [[k, 5, f"name {k}", None] for k in range(12)]
    table = Table(["n", "five", "name", "none"], rows, "y", ["a", "b"] * 6)
    message = (
        "table: found nothing to learn from, expected an input column ('n': counts the rows; "
        "'five': always 5; 'name': text, 12 different values; 'none': empty) "
        "(--as COLUMN=number or COLUMN=category takes a column all the same)"
    )
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        Preparation.from_table(table)
    assert Preparation.from_table(table, kinds={"n": "number"}).columns == ["n"]
    message = r"^table: found nothing to learn from, expected an input column \('x': as asked for\)"
    with pytest.raises(ValueError, match=message):
        Preparation.from_table(Table(["x"], [[1.5], [2.5]], "y", ["a", "b"]), ignore=["x"])
    names = [f"c{k}" for k in range(50)]
    table = Table(names, [[None] * 50] * 4, "y", ["a", "b"] * 2)
    with pytest.raises(ValueError, match=r"\('c0': empty; .*; 'c9': empty; and 40 more\) \(--as"):
        Preparation.from_table(table)


def test_columns_of_which_none_ever_varies_are_inputs() -> None:
    found = Preparation.from_table(Table(["a", "b"], [[1, 5]] * 4, "y", ["a", "b"] * 2))
    assert found.columns == ["a", "b"]
    assert found.inputs([[1, 5], [2, 5]]) == [[0.0, 0.0], [1.0, 0.0]]


# --- Numbers that a network gets ------------------------------------------------------------------


def test_gaps_get_the_median_and_a_column_that_says_so() -> None:
    cells = [1.0, None, 2.0, 9.0, 4.0]
    found = prepared(cells)
    assert found.input_names == ["this", "this missing", "other"]
    mean = (1.0 + 2.0 + 9.0 + 4.0) / 4
    deviation = math.sqrt((9.0 + 4.0 + 25.0 + 0.0) / 4)
    expected = [[(value - mean) / deviation, 0.0] for value in (1.0, 3.0, 2.0, 9.0, 4.0)]
    expected[1][1] = 1.0
    assert numbers(found, cells) == expected
    # A column without gaps in training has no input that says so, and gets the median later.
    found = prepared([1.0, 2.0, 9.0])
    assert numbers(found, ["NA"]) == numbers(found, [2.0])


def test_gaps_are_refused_where_that_is_asked_for() -> None:
    message = (
        "table: row 1, column 'this': found nothing, expected a number; "
        "row 3, column 'this': found nothing, expected a number"
    )
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        prepared([1.0, None, 2.0, "NA"], missing="error")
    with pytest.raises(ValueError, match=r"row 2, column 'this': found nothing, expected a value"):
        prepared(["a", "b", "", "a", "b"], missing="error")
    found = prepared([1.0, 5.0, 2.0], missing="error")
    with pytest.raises(ValueError, match=r"^inputs: row 1, column 'this': found nothing, expec"):
        found.inputs([[1.0, 2.0], [None, 2.0]])


def test_true_and_false_are_scaled_like_numbers() -> None:
    found = prepared(["yes", "no", "no", None, "no"])
    deviation = math.sqrt((0.75 * 0.75 + 3 * 0.0625) / 4)
    yes, no = (1.0 - 0.25) / deviation, (0.0 - 0.25) / deviation
    assert numbers(found, ["yes", "NO", "true", "F", "0", 1, None]) == [
        *([yes, 0.0], [no, 0.0], [yes, 0.0], [no, 0.0], [no, 0.0], [yes, 0.0], [no, 1.0])
    ]
    with pytest.raises(ValueError, match=r"row 0, column 'this': found 'maybe', expected true or"):
        numbers(found, ["maybe"])
    with pytest.raises(ValueError, match=r"row 0, column 'this': found '2', expected true or fal"):
        numbers(found, [2])


def test_what_training_saw_as_0_and_1_may_be_a_count() -> None:
    found = prepared([0, 1, 1, 0])
    assert numbers(found, [0, 1, 3, "0.5"]) == [[-1.0], [1.0], [5.0], [0.0]]


def test_categories_get_a_column_each_and_a_place_for_the_unseen() -> None:
    cells = ["b", "b", "b", "a", "a", "c", "d", None]
    found = prepared(cells)
    assert found.input_names[:4] == ["this=b", "this=a", "this=other", "this missing"]
    assert numbers(found, ["b", "a", "c", "new", None]) == [
        *([1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1.0, 0], [0, 0, 1.0, 0], [0, 0, 0, 1.0])
    ]
    # Without rare ones, and without gaps, the unseen and the missing are the average.
    found = prepared(["b", "b", "b", "a"] * 2)
    assert numbers(found, ["a", "new", None]) == [[0.0, 1.0], [0.75, 0.25], [0.75, 0.25]]


def test_numbers_are_another_kind_than_words() -> None:
    found = prepared(["b", "a"] * 3)
    message = r"^table: row 1, column 'this': found '3', expected a category such as a, b$"
    with pytest.raises(ValueError, match=message):
        numbers(found, ["a", 3])
    found = prepared(["b", "4"] * 3)
    assert numbers(found, [4, 4.0, "4"]) == [[1.0, 0.0]] * 3


def test_categories_that_are_numbers_are_known_by_value() -> None:
    found = prepared([1, 2, 1, 2], kinds={"this": "category"})
    assert numbers(found, ["1.0", "2", 1]) == [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    found = prepared(["01", "1", "01", "1"])
    assert numbers(found, ["01", "1", 1]) == [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]


def test_many_categories_are_gathered() -> None:
    generator = random.Random(4)
    cells = [f"c{int(generator.expovariate(0.05))}" for _ in range(2000)]
    found = prepared(cells)
    (line,) = [line for line in found.lines() if line[0] == "this"]
    assert line[1].startswith("category of 40: ")
    assert line[1].endswith(" and 34 more and other")
    assert found.width == 42
    assert {sum(row) for row in numbers(found, cells)} == {1.0}
    scattered = [f"c{k // 3}" for k in range(3000)]
    assert words(scattered)[0] == "left out: text, 1000 different values"


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        ("range", [[0.0], [1.0], [0.25], [1.5]]),
        ("none", [[1.0], [5.0], [2.0], [7.0]]),
        ("standard", None),
    ],
)
def test_scales(scale: str, expected: list[list[float]] | None) -> None:
    found = prepared([1.0, 5.0, 2.0], scale=scale)
    if expected is None:
        assert found == prepared([1.0, 5.0, 2.0])
    else:
        assert numbers(found, [1.0, 5.0, 2.0, 7.0]) == expected
        assert numbers(prepared([1, 0, 1], scale=scale), [0, 1]) == [[0.0], [1.0]]
    assert numbers(prepared([5.0, 5.0], kinds={"this": "number"}, scale="range"), [5.0]) == [[0.0]]


def test_numbers_too_far_apart_for_a_range_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^table: column 'this': found numbers from -1e\+308 to"):
        prepared([-1e308, 1e308], scale="range")


# --- Pixels ---------------------------------------------------------------------------------------


def image_table(names: list[str], top: int = 255) -> Table:
    """Return a table of images whose first column is always dark."""
    generator = random.Random(6)
    rows: list[list[Any]] = []
    for _ in range(40):
        row = [generator.choice([0, 0, generator.randrange(top + 1), top]) for _ in names]
        rows.append([0, *row[1:]])
    return Table(names, rows, "digit", [str(k % 4) for k in range(40)])


@pytest.mark.parametrize(
    "names",
    [
        [f"pixel{k}" for k in range(16)],
        [f"{k // 4}x{k % 4}" for k in range(16)],
        [str(k) for k in range(25)],
    ],
)
@pytest.mark.parametrize("top", [1, 3, 16, 255])
def test_pixels_are_divided_by_the_largest_of_all(names: list[str], top: int) -> None:
    table = image_table(names, top)
    found = Preparation.from_table(table)
    assert found.columns == names
    assert found.left_out == []
    words = f"number 0 to {top}" if top < 15 else f"pixel 0 to {top}"
    assert {line[1] for line in found.lines()} == {words}
    cells: Any = table.rows
    assert found.inputs(table) == [[cell / top for cell in row] for row in cells]
    assert Preparation.from_json(json.loads(json.dumps(found.to_json()))) == found
    standard = Preparation.from_table(table, scale="standard")
    assert standard.columns == names
    assert {line[1] for line in standard.lines()} != {words}


def test_pixels_may_have_any_names_if_all_columns_are() -> None:
    found = Preparation.from_table(image_table(list("abcdefghijklmnopq")))
    assert found.left_out == [("a", "always 0")]
    assert {line[1] for line in found.lines()[:-1]} == {"pixel 0 to 255"}


def test_pixels_share_a_line() -> None:
    names = [f"pixel{k}" for k in range(16)]
    assert Preparation.from_table(image_table(names)).lines() == [
        ("pixel0 to pixel15 (16)", "pixel 0 to 255", "")
    ]


@pytest.mark.parametrize("change", ["fraction", "negative", "gap", "few", "counts", "from 1"])
def test_what_are_no_pixels(change: str) -> None:
    names = [f"pixel{k}" for k in range(15 if change == "few" else 16)]
    table = image_table(names)
    rows: list[list[Any]] = [list(row) for row in table.rows]
    for k, row in enumerate(rows):
        if change in ("fraction", "negative"):
            row[3] = 0.5 if change == "fraction" else -3
            row[3] += k
        if change == "gap":
            row[3] = None if k else 3
        if change == "counts":
            row[1:] = [min(cell, 7 * j) for j, cell in enumerate(row[1:])]
        if change == "from 1":
            row[:] = [cell + 1 for cell in row]
    labels = table.labels
    found = Preparation.from_table(Table(names, rows, "digit", labels))
    assert not any("pixel 0" in line[1] for line in found.lines())


def test_other_columns_beside_pixels_are_what_they_are() -> None:
    pixels = image_table([f"pixel{k}" for k in range(16)])
    rows = [[k / 7, "ab"[k % 2], *row] for k, row in enumerate(pixels.rows)]
    table = Table(["age", "hand", *pixels.columns], rows, "digit", pixels.labels)
    assert [line[1] for line in Preparation.from_table(table).lines()] == [
        *("number", "category of 2: a, b", "pixel 0 to 255")
    ]


# --- Names ----------------------------------------------------------------------------------------


def test_names_are_shown_without_escapes() -> None:
    rows = [[k / 2, "\x1b[1mbold" if k % 2 else "line\nend"] for k in range(8)]
    table = Table(["\x1b[31mred", "größe, cm"], rows, "y\r", ["\x1b]0;x\x07", "ok"] * 4)
    found = Preparation.from_table(table)
    texts = [*(text for line in found.lines() for text in line), found.targets_in_words(table)]
    assert texts == [
        *("'?[31mred'", "number", "", "'größe, cm'", "category of 2: '?[1mbold', 'line?end'", ""),
        "'y?': 2 classes '?]0;x?' 4, ok 4",
    ]
    with pytest.raises(ValueError, match=r"found") as refused:
        found.inputs([["\x1b[2J", "x"]])
    assert str(refused.value).isprintable()
