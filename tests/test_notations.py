"""How the numbers of a column are written, found out from the column as a whole."""

from __future__ import annotations

import doctest
import importlib
import json
import re

import pytest

from purenet.tables.notations import (
    PLAIN,
    Ambiguous,
    Notation,
    commonest_notation,
    looks_like_a_number,
    notation_of,
)


@pytest.mark.parametrize("name", ["words", "notations", "dates", "inputs", "preparation"])
def test_the_examples_in_the_docstrings_are_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"purenet.tables.{name}"))
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    ("texts", "words", "numbers"),
    [
        (["1", "-2.5", "1e3", ".5", "7."], "", [1.0, -2.5, 1000.0, 0.5, 7.0]),
        (["1.234", "2.345"], "", [1.234, 2.345]),
        (["\N{MINUS SIGN}5", "7"], "", [-5.0, 7.0]),
        (["(5)", "7"], "", [-5.0, 7.0]),
        (["3,90", "6,9"], "with decimal comma", [3.9, 6.9]),
        (["0,123", "0,456"], "with decimal comma", [0.123, 0.456]),
        (["1e5", "2,5e3"], "with decimal comma", [1e5, 2500.0]),
        (["$1,234.50", "$5"], "with commas between thousands, in $", [1234.5, 5.0]),
        (["-$1,234.50", "$-5.25"], "with commas between thousands, in $", [-1234.5, -5.25]),
        (["($1,200)", "$3.50"], "with commas between thousands, in $", [-1200.0, 3.5]),
        (["(1,200)", "5,000,000"], "with commas between thousands", [-1200.0, 5e6]),
        (["1,23,456", "2"], "with commas between thousands", [123456.0, 2.0]),
        (
            ["1.234,56 €", "3 €"],
            "with decimal comma and points between thousands, in €",
            [1234.56, 3.0],
        ),
        (["1.234.567", "1"], "with decimal comma and points between thousands", [1234567.0, 1.0]),
        (["1 234", "56"], "with spaces between thousands", [1234.0, 56.0]),
        (["1 234,5", "56"], "with decimal comma and spaces between thousands", [1234.5, 56.0]),
        (["1 234.5", "56"], "with spaces between thousands", [1234.5, 56.0]),
        (
            ["12\N{NARROW NO-BREAK SPACE}000,50\N{NO-BREAK SPACE}€"],
            "with decimal comma and spaces between thousands, in €",
            [12000.5],
        ),
        (["1'234.50", "2"], "with apostrophes between thousands", [1234.5, 2.0]),
        (["CHF 1\u2019234"], "with apostrophes between thousands, in CHF", [1234.0]),
        (["12,5%", "3 %"], "with decimal comma, in percent", [12.5, 3.0]),
        (["12.5%", "0"], "in percent", [12.5, 0.0]),
        (["USD 5.00", "USD 1,000.00"], "with commas between thousands, in USD", [5.0, 1000.0]),
        (["10 000 kr", "5 kr"], "with spaces between thousands, in kr", [10000.0, 5.0]),
        (["R$ 5,50"], "with decimal comma, in R$", [5.5]),
        (["12 kmpl", "13.5 kmpl", "9 kmpl"], "in kmpl", [12.0, 13.5, 9.0]),
    ],
)  # fmt: skip
def test_a_notation_is_recognised_by_the_column(
    texts: list[str], words: str, numbers: list[float]
) -> None:
    notation = notation_of(texts)
    assert notation is not None
    assert notation.in_words() == words
    assert [notation.number(text) for text in texts] == numbers
    assert Notation.from_json(json.loads(json.dumps(notation.to_json()))) == notation
    assert all(map(looks_like_a_number, texts))
    assert commonest_notation(dict.fromkeys(texts, 1)) == (notation, len(texts))


@pytest.mark.parametrize(
    "texts",
    [
        *(["x"], ["1", "x"], ["1.2.3"], ["2020-01-01"], ["12:30"], ["1,5", "1.5"], ["1_000"]),
        *(["0x10"], ["nan"], ["inf"], ["1e999"], ["--1"], ["(-1)"], ["(1"], ["1)"], ["1 2"]),
        *(["4 doors", "2 doors"], ["4 doors", "five", "2 doors"], ["5 kg", "6", "7"], ["A1", "A2"]),
        *(["50%", "0.2"], ["\N{ARABIC-INDIC DIGIT THREE}"], ["1,2,3"], ["5 kg", "6 lb"], ["$"]),
    ],
)  # fmt: skip
def test_what_is_no_column_of_numbers(texts: list[str]) -> None:
    assert notation_of(texts) is None


@pytest.mark.parametrize("texts", [["1,234"], ["1,234", "2,345", "7"], ["$1,234"]])
def test_a_comma_of_two_meanings_is_refused_with_the_option(texts: list[str]) -> None:
    message = (
        "found numbers such as '1,234', whose comma can stand before decimals or between "
        "thousands, expected --decimal comma or --decimal point "
        "(in Python decimal='comma' or 'point')"
    )
    with pytest.raises(Ambiguous, match="^" + re.escape(message) + "$"):
        notation_of(texts)
    comma, point = notation_of(texts, "comma"), notation_of(texts, "point")
    assert comma is not None
    assert point is not None
    assert (comma.number(texts[0]), point.number(texts[0])) == (1.234, 1234.0)


@pytest.mark.parametrize("more", ["1,5", "0,123", "12,3456", "1.234.567,0"])
def test_one_cell_says_that_the_comma_is_before_decimals(more: str) -> None:
    notation = notation_of(["1,234", more])
    assert notation is not None
    assert notation.number("1,234") == 1.234


@pytest.mark.parametrize("more", ["1,234,567", "0.5", "1,234.5"])
def test_one_cell_says_that_the_comma_is_between_thousands(more: str) -> None:
    notation = notation_of(["1,234", more])
    assert notation is not None
    assert notation.number("1,234") == 1234.0


def test_who_writes_decimal_commas_means_thousands_by_a_point() -> None:
    assert notation_of(["1.234", "2.500"], "comma") == Notation(",", ".")
    assert notation_of(["1.5", "2.5"], "comma") == PLAIN
    assert notation_of(["12,5"], "point") == Notation(",")


def test_two_currencies_are_refused() -> None:
    with pytest.raises(Ambiguous, match=r"^found amounts in \$ and in €, expected one currency$"):
        notation_of(["$5", "€6"])


def test_later_numbers_may_have_marks_for_the_first_time() -> None:
    assert Notation(",").number("1.234,5") == 1234.5
    assert Notation(",").number("1 234,5") == 1234.5
    assert Notation(".", " ").number("1 234,5") == 1234.5
    assert Notation(".", "", "$").number("$1,234.50") == 1234.5
    assert Notation(".", "", "$").number("7") == 7.0
    assert Notation(".", "", "$").number("7 €") is None
    assert Notation(",", "", "%").number("7") is None
    assert Notation(",", "", "%").number("0,0") == 0.0
    assert PLAIN.number("1,234") is None
    assert PLAIN.number("1 234") is None
    assert Notation(",").number("1.5") is None


def test_the_commonest_notation_leaves_the_odd_cells_out() -> None:
    notation, fitting = commonest_notation({"1,5": 3, "2,75": 2, "oops": 1, "3.5": 1})
    assert (notation, fitting) == (Notation(","), 5)
    assert commonest_notation({"a": 2}) == (PLAIN, 0)


@pytest.mark.parametrize(
    "obj",
    [
        *(None, 5, {}, {"decimal": ".", "thousands": "", "unit": 5}),
        *({"decimal": ".", "thousands": "x", "unit": ""}, {"decimal": ",", "thousands": ","}),
        {"decimal": ",", "thousands": ",", "unit": ""},
        {"decimal": "", "thousands": "", "unit": ""},
    ],
)  # fmt: skip
def test_damaged_json_is_refused(obj: object) -> None:
    with pytest.raises(ValueError, match=r"^(notation|unit): "):
        Notation.from_json(obj)


def test_units_are_shown_without_escapes() -> None:
    notation = notation_of(["1 \x1b[m", "2 \x1b[m", "3 \x1b[m"])
    assert notation is None or "\x1b" not in notation.in_words()
