"""Tables from what a Python program has: lists, dictionaries, columns, data frames, tables."""

from __future__ import annotations

import datetime
import doctest
import io
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from purenet.tables import Table, from_python
from purenet.tables.from_python import table_of, table_of_rows

ROWS = [
    {"island": "Dream", "mass": 3.5, "sex": None},
    {"island": "Biscoe", "mass": 4, "sex": "f"},
    {"island": "Biscoe", "sex": "m"},
]
COLUMNS: dict[str, list[Any]] = {
    "island": ["Dream", "Biscoe", "Biscoe"],
    "mass": [3.5, 4, None],
    "sex": [None, "f", "m"],
}

EMPTY: list[Any] = [[], {}, {"a": [], "b": []}]


class Frame:
    """A data frame, as far as it is looked at."""

    def __init__(self, cells: dict[str, list[Any]]) -> None:
        self._cells = cells

    @property
    def columns(self) -> list[str]:
        return list(self._cells)

    def iter_columns(self) -> Iterator[Any]:
        return map(FrameColumn, self._cells.values())


class FrameColumn:
    def __init__(self, cells: list[Any]) -> None:
        self._cells = cells

    def to_list(self) -> list[Any]:
        return list(self._cells)


def as_text(columns: dict[str, list[Any]]) -> str:
    lines = [",".join(columns)]
    for row in zip(*columns.values(), strict=True):
        lines.append(",".join("" if cell is None else str(cell) for cell in row))
    return "\n".join(lines)


def test_the_examples_in_the_docstrings_are_true() -> None:
    result = doctest.testmod(from_python)
    assert result.attempted > 0
    assert result.failed == 0


def data_of_any_kind(path: Path) -> dict[str, Any]:
    path.write_text(as_text(COLUMNS))
    return {
        "dictionaries": ROWS,
        "tuple": tuple(ROWS),
        "columns": COLUMNS,
        "frame": Frame(COLUMNS),
        "table": table_of(COLUMNS),
        "path": path,
        "text": str(path),
        "file": io.StringIO(as_text(COLUMNS)),
    }


KINDS = ["dictionaries", "tuple", "columns", "frame", "table", "path", "text", "file"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_data_gives_the_same_table(kind: str, tmp_path: Path) -> None:
    table = table_of(data_of_any_kind(tmp_path / "data.csv")[kind], "island")
    assert table.columns == ["mass", "sex"]
    assert table.rows == [[3.5, None], [4.0, "f"], [None, "m"]]
    assert table.labels == ["Dream", "Biscoe", "Biscoe"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_data_gives_the_columns_asked_for(kind: str, tmp_path: Path) -> None:
    data = data_of_any_kind(tmp_path / "data.csv")
    table = table_of(data[kind], "sex", columns=["mass"], keep=["island"])
    assert (table.columns, table.target) == (["mass"], "sex")
    assert table.column("island").texts == ["Dream", "Biscoe", "Biscoe"]
    data = data_of_any_kind(tmp_path / "data.csv")
    table = table_of_rows(data[kind], ["sex", "mass"])
    assert table == Table(["sex", "mass"], [[None, 3.5], ["f", 4.0], ["m", None]])
    data = data_of_any_kind(tmp_path / "data.csv")
    with pytest.raises(ValueError, match=r"found no column 'masss', expected it .*; did you mean"):
        table_of_rows(data[kind], ["masss", "sex"])
    data = data_of_any_kind(tmp_path / "data.csv")
    assert table_of(data[kind], "kind", target_optional=True).target is None
    data = data_of_any_kind(tmp_path / "data.csv")
    with pytest.raises(ValueError, match=r"found no column 'kind', expected it among 'island', 'm"):
        table_of(data[kind], "kind")


def test_lists_stand_in_the_order_of_the_columns() -> None:
    table = table_of([[1, "x"], [2, "y"]], "kind", columns=["a", "kind"])
    assert table == Table(["a"], [[1.0], [2.0]], "kind", ["x", "y"])
    assert table_of_rows([(1, None), [2, "y"]], ["a", "b"]).rows == [[1.0, None], [2.0, "y"]]
    for rows in EMPTY:
        table = table_of_rows(rows, ["a", "b"])
        assert (table.columns, table.row_count, table.rows) == (["a", "b"], 0, [])
    with pytest.raises(ValueError, match=r"^rows: found lists, which do not name their columns, e"):
        table_of([[1, "x"]], "kind")
    with pytest.raises(
        ValueError, match=r"^rows: row 1 has 1 cell, expected 2, one a column: 'a', 'b'$"
    ):
        table_of_rows([[1, 2], [3]], ["a", "b"])


def test_the_target_of_a_list_stands_behind_the_columns() -> None:
    table = table_of([[1, "x"], [2, "y"]], "kind", columns=["a"])
    assert table == Table(["a"], [[1.0], [2.0]], "kind", ["x", "y"])
    assert table_of([[1], [2]], "kind", columns=["a"], target_optional=True).target is None
    with pytest.raises(ValueError, match=r"row 0 has 1 cell, expected 2, one a column: 'a', 'k"):
        table_of([[1]], "kind", columns=["a"])


@pytest.mark.parametrize("rows", EMPTY[:2], ids=["list", "dictionary"])
def test_no_rows_are_no_table(rows: Any) -> None:
    with pytest.raises(ValueError, match=r"^rows: found none, expected at least one$"):
        table_of(rows, "kind")


def test_a_column_that_only_some_rows_have_has_gaps() -> None:
    table = table_of_rows([{"a": 1}, {"b": "x", "a": 2, "other": object()}], ["a", "b"])
    assert table.rows == [[1.0, None], [2.0, "x"]]


def test_names_may_be_numbers() -> None:
    assert table_of({0: [1.0, 2.0], 1: ["x", "y"]}, "1").columns == ["0"]
    assert table_of_rows([{0: 1.0, 1: "x"}], ["1", "0"]).rows == [["x", 1.0]]
    with pytest.raises(ValueError, match=r"^table: found the column '1' twice, expected different"):
        table_of({1: [1.0], "1": [2.0]})


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ([1, 2.5, Decimal("0.5"), Fraction(1, 4)], [1.0, 2.5, 0.5, 0.25]),
        ([1.5, None, math.nan, Decimal("nan")], [1.5, None, None, None]),
        ([1.5, math.nan], [1.5, None]),
        (["1.5", " 2 ", "NA"], [1.5, 2.0, None]),
        ([True, False, None], ["True", "False", None]),
        ([datetime.date(2020, 1, 2), None], ["2020-01-02", None]),
        ([datetime.datetime(2020, 1, 2, 3, 4)], ["2020-01-02T03:04:00"]),
        ([datetime.time(3, 4)], ["03:04:00"]),
        (["x", 1, 2.5], ["x", "1", "2.5"]),
        ([10**20, -(10**20)], [1e20, -1e20]),
        ([-0.0, 1e-300], [-0.0, 1e-300]),
    ],
    ids=lambda value: re.sub(r"\W+", "_", str(value))[:40],
)
def test_cells(cells: list[Any], found: list[Any]) -> None:
    for table in (table_of({"a": cells}), Table(["a"], [[cell] for cell in cells])):
        assert repr([row[0] for row in table.rows]) == repr(found)


@pytest.mark.parametrize(
    ("cell", "error", "message"),
    [
        ([1], TypeError, "found [1], expected a number, text, True or False, a date, or None"),
        (b"x", TypeError, "found b'x', expected a number, text, True or False, a date, or None"),
        (1j, TypeError, "found 1j, expected a number, text, True or False, a date, or None"),
        (math.inf, ValueError, "found inf, expected a number that fits a float"),
        (Decimal("-inf"), ValueError, "found Decimal('-Infinity'), expected a number that fits a"),
    ],
    ids=["list", "bytes", "complex", "inf", "decimal"],
)
def test_what_is_no_cell_is_refused(cell: Any, error: type[Exception], message: str) -> None:
    place = re.escape(f"row 1, column 'a': {message}")
    with pytest.raises(error, match=f"^{place}"):
        table_of([{"a": 1.0}, {"a": cell}])
    with pytest.raises(error, match=f"^{place}"):
        table_of({"a": [1.0, cell]})
    with pytest.raises(error, match=f"^{place}"):
        Table(["a"], [[1.0], [cell]])


def test_whole_numbers_too_large_for_a_float_are_refused() -> None:
    for size in (400, 5000):
        with pytest.raises(ValueError, match=r"^row 0, column 'a': found .*, expected a number th"):
            table_of({"a": [10**size]})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (3, "rows: found 3, expected a path, a list of rows"),
        ([1, 2], "rows: row 0: found 1, expected a list of cells"),
        (["ab"], "rows: row 0: found 'ab', expected a list of cells"),
        ([[1], {"a": 1}], "rows: row 1 is {'a': 1}, expected a list, as row 0 is"),
        ([{"a": 1}, [1]], "rows: row 1 is [1], expected a dictionary, as row 0 is"),
        ({"a": 1}, "column 'a': found 1, expected a list of cells; a single row stands in a list"),
        ({"a": "xy"}, "column 'a': found 'xy', expected a list of cells"),
    ],
    ids=["number", "numbers", "text", "mixed", "mixed_other_way", "row", "text_column"],
)
def test_other_data_is_refused(data: Any, message: str) -> None:
    with pytest.raises(TypeError, match="^" + re.escape(message)):
        table_of(data, columns=["a"])
    with pytest.raises(TypeError, match="^" + re.escape(message)):
        table_of_rows(data, ["a"])


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^column 'b': found 1 cell, expected 2, as in column 'a'$"
    ):
        table_of({"a": [1, 2], "b": [1]})


def test_a_table_is_taken_with_its_target_or_another() -> None:
    table = Table(["a", "b"], [[1.0, "x"], [None, "y"]], "kind", ["m", "n"])
    assert table_of(table) == table
    other = table_of(table, "a", columns=["kind"])
    assert other == Table(["kind"], [["m"], ["n"]], "a", ["1", ""])
    with pytest.raises(ValueError, match=r"^columns: found the target 'a', expected input columns"):
        table_of(table, "a", columns=["a", "b"])
    with pytest.raises(ValueError, match=r"^columns: found 'b' twice, expected different names$"):
        table_of(table, "a", columns=["b", "b"])
    with pytest.raises(ValueError, match=r"^table: found no input columns, expected at least one$"):
        table_of({"a": [1]}, "a")
