"""Dates and times: how a column writes them, and what they are as numbers."""

from __future__ import annotations

import datetime
import json
import math
import random
import re

import pytest

from purenet.elementary import cos
from purenet.tables import Preparation, Table
from purenet.tables.date_inputs import DateInput
from purenet.tables.dates import (
    DateFormat,
    Moment,
    circle,
    date_format_of,
    days_of,
    parts_that_vary,
    turns_of,
)
from purenet.tables.notations import Ambiguous


@pytest.mark.parametrize(
    ("text", "date", "clock"),
    [
        ("2012-01-31", "2012-01-31", "00:00:00"),
        ("2012-1-3", "2012-01-03", "00:00:00"),
        ("2012/01/31", "2012-01-31", "00:00:00"),
        ("2012.01.31", "2012-01-31", "00:00:00"),
        ("2012-01-31T03:04:05Z", "2012-01-31", "03:04:05"),
        ("2012-01-31 03:04", "2012-01-31", "03:04:00"),
        ("2012-01-31 03:04:05.250+02:00", "2012-01-31", "03:04:05.250000"),
        ("2012-01-31T00:00:00.000-0500", "2012-01-31", "00:00:00"),
        ("2012-01-31 12:30:00 UTC", "2012-01-31", "12:30:00"),
        ("31.12.1999", "1999-12-31", "00:00:00"),
        ("31.12.99 23:59", "1999-12-31", "23:59:00"),
        ("31/12/2068", "2068-12-31", "00:00:00"),
        ("31-12-68", "2068-12-31", "00:00:00"),
        ("12/31/69", "1969-12-31", "00:00:00"),
        ("12/31/1999 1:05 PM", "1999-12-31", "13:05:00"),
        ("12/31/1999 12:05 a.m.", "1999-12-31", "00:05:00"),
        ("Jan 1 2000", "2000-01-01", "00:00:00"),
        ("January 1, 2000", "2000-01-01", "00:00:00"),
        ("Sept. 3rd, 2000 at 14:00", "2000-09-03", "14:00:00"),
        ("1 January 2000", "2000-01-01", "00:00:00"),
        ("1-Jan-00", "2000-01-01", "00:00:00"),
        ("01JAN2000", "2000-01-01", "00:00:00"),
        ("Sat, 1 Jan 2000 10:00:00 GMT", "2000-01-01", "10:00:00"),
        ("Saturday, January 1, 2000", "2000-01-01", "00:00:00"),
        ("Sat Jan  1 00:00:30 2000", "2000-01-01", "00:00:30"),
        ("2000-Jan-01", "2000-01-01", "00:00:00"),
        ("Jan 2000", "2000-01-01", "00:00:00"),
        ("Jan-05", "2005-01-01", "00:00:00"),
        ("2000 February", "2000-02-01", "00:00:00"),
        ("2000-12", "2000-12-01", "00:00:00"),
        ("2000M12", "2000-12-01", "00:00:00"),
        ("12/2000", "2000-12-01", "00:00:00"),
        ("1959Q2", "1959-04-01", "00:00:00"),
        ("1959-Q4", "1959-10-01", "00:00:00"),
        ("Q3 1959", "1959-07-01", "00:00:00"),
        ("0:15", None, "00:15:00"),
        ("3:15 pm", None, "15:15:00"),
        ("23:59:59.5", None, "23:59:59.500000"),
    ],
)
def test_a_date_in_every_usual_way(text: str, date: str | None, clock: str) -> None:
    form = date_format_of([text])
    assert form is not None
    moment = form.moment(text)
    assert moment is not None
    assert (moment.date and moment.date.isoformat()) == date
    expected = datetime.time.fromisoformat(clock)
    seconds = expected.hour * 3600 + expected.minute * 60 + expected.second
    assert moment.seconds == seconds + expected.microsecond / 1e6
    assert DateFormat(form.name) == form


@pytest.mark.parametrize(
    "text",
    [
        *("2012-02-30", "31/04/2000", "2012-13-01", "0000-01-01", "12", "1.5", "1999", "19991231"),
        *("24:00", "12:60", "13:00 pm", "0:00 am", "1:2", "Jan", "Foo 1 2000", "1,234", "1.2.3.4"),
        *("2012-01-01x", "x2012-01-01", "May", "1959Q5", "100-200", "2000-00", "2012-01/01"),
        *("\N{ARABIC-INDIC DIGIT ONE}/1/2000", "", "Mon", "2000-1234"),
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert date_format_of([text]) is None
    assert date_format_of([text, "2012-01-01"]) is None


def test_dates_without_marks_are_taken_where_somebody_says_so() -> None:
    found = date_format_of(["19991231", "20000101"], unmarked=True)
    assert found is not None
    assert found.moment("19991231") == Moment(datetime.date(1999, 12, 31), 0.0)
    assert date_format_of(["19991331"], unmarked=True) is None
    year = date_format_of(["1999", "2000"], unmarked=True)
    assert year is not None
    assert year.moment("1999") == Moment(datetime.date(1999, 1, 1), 0.0)


def test_day_and_month_are_told_apart_by_the_column() -> None:
    assert date_format_of(["01/02/2000", "31/01/2000"]) == DateFormat("day/month/year")
    assert date_format_of(["01/02/2000", "01/31/2000"]) == DateFormat("month/day/year")
    assert date_format_of(["01/31/2000", "31/01/2000"]) is None
    # Where it makes no difference, or with points as in Germany, nobody is asked.
    assert date_format_of(["01/01/2000", "02/02/2000"]) == DateFormat("day/month/year")
    assert date_format_of(["01.02.2000"]) == DateFormat("day/month/year")


@pytest.mark.parametrize("texts", [["03/04/2000", "05/06/2000"], ["3-4-05"], ["1/2/2000 10:00"]])
def test_dates_of_two_meanings_are_refused_with_the_option(texts: list[str]) -> None:
    message = (
        f"found dates such as {texts[0]!r}, which can be read in two ways, expected --dates "
        f"day-first or --dates month-first (in Python dates='day-first' or 'month-first')"
    )
    with pytest.raises(Ambiguous, match="^" + re.escape(message) + "$"):
        date_format_of(texts)
    assert date_format_of(texts, "day-first") == DateFormat("day/month/year")
    assert date_format_of(texts, "month-first") == DateFormat("month/day/year")


def test_an_order_does_not_force_what_cannot_be() -> None:
    assert date_format_of(["01/31/2000"], "day-first") == DateFormat("month/day/year")


def test_days_are_counted_from_1970() -> None:
    assert days_of(Moment(datetime.date(1970, 1, 1), 0.0)) == 0.0
    assert days_of(Moment(datetime.date(1970, 1, 2), 43200.0)) == 1.5
    assert days_of(Moment(datetime.date(1969, 12, 31), 0.0)) == -1.0
    assert days_of(Moment(None, 21600.0)) == 0.25


def test_turns_go_once_round_in_a_year_a_week_and_a_day() -> None:
    monday = turns_of(Moment(datetime.date(2024, 1, 1), 0.0))
    assert monday == {"hour": 0.0, "season": 0.0, "weekday": 0.0}
    sunday = turns_of(Moment(datetime.date(2024, 12, 29), 43200.0))
    assert sunday == {"hour": 0.5, "season": 363.5 / 366.0, "weekday": 6.0 / 7.0}
    assert turns_of(Moment(datetime.date(2023, 12, 31), 0.0))["season"] == 364.0 / 365.0
    assert turns_of(Moment(None, 43200.0)) == {"hour": 0.5}


def test_a_circle_is_made_of_the_cosine_that_is_written_out() -> None:
    generator = random.Random(5)
    for _ in range(100):
        turn = generator.random()
        cosine, sine = circle(turn)
        assert cosine == cos(6.283185307179586 * turn)
        assert sine == cos(6.283185307179586 * turn - 1.5707963267948966)
        assert sine == pytest.approx(math.sin(2 * math.pi * turn), abs=1e-15)


def test_only_parts_that_vary_are_taken() -> None:
    def parts(*texts: str) -> list[str]:
        form = date_format_of(texts)
        assert form is not None
        moments = [form.moment(text) for text in texts]
        return parts_that_vary([moment for moment in moments if moment is not None])

    assert parts("2000-01-01", "2001-01-01") == ["trend"]
    assert parts("2000-01", "2000-02") == ["trend", "season"]
    assert parts("2000-01-03", "2000-01-04") == ["trend", "season", "weekday"]
    assert parts("2000-01-03", "2000-01-10") == ["trend", "season"]
    assert parts("2000-01-03 10:00", "2000-01-03 11:00") == ["trend", "hour"]
    assert parts("10:00", "11:00") == ["trend", "hour"]
    assert parts("2000-01-03", "2000-01-03") == []


def dated(texts: list[str | None], **options: str) -> Preparation:
    labels = ["a", "b"] * len(texts)
    return Preparation.from_table(
        Table(["when"], [[text] for text in texts], "y", labels[: len(texts)]),
        **options,  # type: ignore[arg-type]
    )


def test_a_column_of_dates_becomes_numbers() -> None:
    texts: list[str | None] = ["1970-01-01", "1970-01-03", None, "1970-07-02"]
    found = dated(texts)
    (column,) = found.inputs_of_columns
    assert isinstance(column, DateInput)
    assert column.parts == ["trend", "season", "weekday"]
    assert found.lines() == [("when", "date 1970-01-01 to 1970-07-02: trend, season, weekday", "1")]
    assert found.input_names == [
        *("when trend", "when season cos", "when season sin", "when weekday cos"),
        *("when weekday sin", "when missing"),
    ]
    rows = found.inputs([[text] for text in texts])
    mean = (0.0 + 2.0 + 182.0) / 3
    assert column.centre == mean
    assert rows[0][0] == (0.0 - mean) / column.divisor
    assert rows[0][1:3] == list(circle(0.0))
    assert rows[1][3:5] == list(circle(5.0 / 7.0))
    assert [row[5] for row in rows] == [0.0, 0.0, 1.0, 0.0]
    assert rows[2][:5] == column.fills
    assert Preparation.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_scales_of_dates() -> None:
    texts: list[str | None] = ["1970-01-01", "1970-01-11", "1970-01-06"]
    assert [row[0] for row in dated(texts, scale="range").inputs([[t] for t in texts])] == [
        *(0.0, 1.0, 0.5)
    ]
    assert [row[0] for row in dated(texts, scale="none").inputs([[t] for t in texts])] == [
        *(0.0, 10.0, 5.0)
    ]


def test_new_dates_of_another_form_are_refused() -> None:
    found = dated(["1970-01-01", "1970-01-11"])
    expected = "expected a date written year-month-day, such as 1970-01-01"
    message = (
        f"inputs: row 1, column 'when': found '1.2.1970', {expected}; "
        f"row 2, column 'when': found '7', {expected}"
    )
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        found.inputs([["1970-01-05"], ["1.2.1970"], [7]])
    assert found.inputs([["x"]] * 2, strict=False) == found.inputs([[None]] * 2)


def test_one_date_in_all_rows_is_left_out() -> None:
    table = Table(["x", "when"], [[1.0, "2000-01-01"], [2.0, "2000-1-1"]], "y", ["a", "b"])
    found = Preparation.from_table(table)
    assert found.left_out == [("when", "always 2000-01-01")]


def test_dates_are_read_as_the_other_columns_are() -> None:
    rows = [["31/01/2000", "03/04/2000"], ["01/02/2000", "05/06/2000"]]
    found = Preparation.from_table(Table(["a", "b"], rows, "y", ["a", "b"]))
    assert [column.form.name for column in found.inputs_of_columns] == ["day/month/year"] * 2  # type: ignore[union-attr]
    rows = [["03/04/2000"], ["05/06/2000"]]
    with pytest.raises(ValueError, match=r"column 'b': found dates such as '03/04/2000', which"):
        Preparation.from_table(Table(["b"], rows, "y", ["a", "b"]))
    found = Preparation.from_table(Table(["b"], rows, "y", ["a", "b"]), dates="month-first")
    assert found.lines()[0][1].startswith("date 03/04/2000 to 05/06/2000: trend, season")


def test_python_dates_are_taken_whatever_the_column_has() -> None:
    found = dated(["31.12.1999", "1.2.2000", "3.3.2000"])
    dates = [datetime.date(1999, 12, 31), datetime.datetime(2000, 2, 1)]
    assert found.inputs([[d] for d in dates]) == found.inputs([["31.12.1999"], ["01.02.2000"]])


def test_python_dates_are_taken() -> None:
    dates = [datetime.date(2000, 1, 1), datetime.date(2000, 2, 5)]
    found = Preparation.from_table(Table(["d"], [[d] for d in dates], "y", ["a", "b"]))
    assert found.lines()[0][1] == "date 2000-01-01 to 2000-02-05: trend, season"
