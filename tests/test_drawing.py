from __future__ import annotations

import doctest
import importlib
import io
import itertools
import math
import os
import random
import re
import sys
import time
from xml.etree import ElementTree

import pytest

from purenet.drawing.axes import log_ticks, ticks
from purenet.drawing.curves import line_chart, line_chart_svg
from purenet.drawing.progress import ProgressBar
from purenet.drawing.tables import confusion_table, confusion_table_svg, prediction_table
from purenet.drawing.text import column_count, supports_unicode

SVG = "{http://www.w3.org/2000/svg}"
FALLING = [0.7 * math.exp(-i / 12) + 0.05 for i in range(60)]
RISING = [0.2 + 0.01 * i for i in range(60)]


def test_examples_in_docstrings() -> None:
    examples = 0
    for name in ("axes", "curves", "progress", "tables", "text"):
        tested = doctest.testmod(importlib.import_module(f"purenet.drawing.{name}"))
        assert tested.failed == 0, name
        examples += tested.attempted
    assert examples >= 8


# --- ticks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "count", "expected"),
    [
        (0, 1, 6, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0, 1, 5, [0.0, 0.25, 0.5, 0.75, 1.0]),
        (0.1, 0.3, 3, [0.1, 0.2, 0.3]),  # both limits are ticks, and 0.3 is not 0.30000000000000004
        (-3, 7, 4, [-2.5, 0.0, 2.5, 5.0]),
        (1e9, 1.3e9, 4, [1e9, 1.1e9, 1.2e9, 1.3e9]),
        (-2e-7, 1e-7, 4, [-2e-7, -1e-7, 0.0, 1e-7]),
        (5, 5, 4, [5.0]),
    ],
)
def test_ticks_are_round_numbers(
    low: float, high: float, count: int, expected: list[float]
) -> None:
    assert ticks(low, high, count) == expected


def test_ticks_lie_inside_and_are_few_and_round() -> None:
    rng = random.Random(1)
    for _ in range(2000):
        low = rng.uniform(-1, 1) * 10.0 ** rng.randint(-12, 12)
        high = low + rng.random() * 10.0 ** rng.randint(-12, 12)
        count = rng.randint(2, 12)
        found = ticks(low, high, count)
        assert 1 <= len(found) <= count
        assert low <= found[0] and found[-1] <= high
        if len(found) > 1 and high - low > 1e-9 * max(abs(low), abs(high)):
            steps = [b - a for a, b in itertools.pairwise(found)]
            rounding = 4 * math.ulp(max(abs(low), abs(high)))
            assert max(steps) - min(steps) <= 1e-6 * max(steps) + rounding
            digits = f"{steps[0]:.3e}".partition("e")[0]
            assert digits in ("1.000", "2.000", "2.500", "5.000")


@pytest.mark.parametrize("limits", [(1, 0), (math.nan, 1), (0, math.inf)])
def test_ticks_refuse_bad_limits(limits: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="finite limits"):
        ticks(*limits, 5)


def test_ticks_refuse_a_bad_count() -> None:
    with pytest.raises(ValueError, match="count is 1"):
        ticks(0, 1, 1)


@pytest.mark.parametrize(
    ("low", "high", "count", "expected"),
    [
        (0.001, 1, 5, [0.001, 0.01, 0.1, 1.0]),
        (0.01, 1, 7, [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0]),
        (0.01, 1, 5, [0.01, 0.03, 0.1, 0.3, 1.0]),
        (1e-12, 1, 5, [1e-12, 1e-9, 1e-6, 1e-3, 1.0]),
        (2.1, 2.9, 5, [2.2, 2.4, 2.6, 2.8]),  # no 1, 2 or 5 inside: linear ticks
        (1e-300, 1e300, 7, [1e-300, 1e-200, 1e-100, 1.0, 1e100, 1e200, 1e300]),
    ],
)
def test_log_ticks(low: float, high: float, count: int, expected: list[float]) -> None:
    assert log_ticks(low, high, count) == expected


@pytest.mark.parametrize("low", [0.0, -1.0, math.nan])
def test_log_ticks_need_positive_limits(low: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        log_ticks(low, 1, 5)


def test_log_ticks_are_few_and_inside() -> None:
    rng = random.Random(2)
    for _ in range(500):
        low = 10.0 ** rng.uniform(-20, 5)
        high = low * 10.0 ** rng.uniform(0, 20)
        count = rng.randint(2, 9)
        found = log_ticks(low, high, count)
        assert 1 <= len(found) <= count
        assert low <= found[0] and found[-1] <= high


# --- the chart in the terminal --------------------------------------------------------------------


def plot(chart: str) -> tuple[list[str], list[str]]:
    """The labels at the left, and the rows of the plot to the right of the axis, from the top."""
    found = [re.match(r"( *[-\d.e]* )([|+│┤])(.*)", line) for line in chart.splitlines()[1:]]
    rows = [m for m in found if m and "---" not in m[3] and "───" not in m[3]]
    return [m[1].strip() for m in rows], [m[3] for m in rows]


CASES = {
    "one": {"training": FALLING},
    "two": {"training": FALLING, "validation": RISING},
    "four": {"a": FALLING, "b": RISING, "c": FALLING[:30], "d": RISING[:3]},
    "one point": {"training": [0.69]},
    "two points": {"training": [0.69, 0.1], "validation": [0.7, 0.2]},
    "constant": {"training": [0.25] * 30},
    "zero": {"training": [0.0] * 30},
    "gaps": {"training": [0.7, 0.5, math.inf, math.nan, 0.4, math.nan, 0.3]},
    "nothing finite": {"training": [math.nan, math.inf, -math.inf]},
    "three decades": {"training": [10.0**-i for i in range(4)]},
    "negative": {"training": [-5.0, -1e-7, -3.0]},
    "huge": {"training": [1.7e308, -1.7e308, 1e299, -1e299]},
    "tiny": {"training": [5e-324, 1e-310, 2e-310]},
    "large offset": {"training": [1e6 + i for i in range(20)]},
    "almost constant": {"training": [1.0, 1.0 + 1e-15]},
    "wide names": {"訓練データの損失": FALLING, "検証": [math.nan, *RISING]},
    "odd names": {"a\nb\x00\ud800": FALLING, "naïve": RISING},
    "a longer name than there is room for in a narrow chart": {
        "x" * 200: FALLING,
        "y" * 99: RISING,
    },
}


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("size", [(72, 16), (24, 3), (40, 5), (120, 40), (73, 17)])
@pytest.mark.parametrize("log", [None, True, False])
@pytest.mark.parametrize("case", CASES)
def test_chart_is_exactly_as_wide_and_high_as_asked(
    case: str, log: bool | None, size: tuple[int, int], unicode: bool
) -> None:
    chart = line_chart(CASES[case], width=size[0], height=size[1], log=log, unicode=unicode)
    widths = [column_count(line) for line in chart.splitlines()]
    assert max(widths) == size[0]
    labels, rows = plot(chart)
    assert len(rows) == size[1]
    assert sum(label != "" for label in labels) >= 1
    assert chart.encode("utf-8") if unicode else chart.isascii()
    assert all(line == line.rstrip() for line in chart.splitlines())


def rows_of_marks(rows: list[str], mark: str) -> dict[int, list[int]]:
    """The rows, counted from below, that show `mark` in each column of the plot."""
    places: dict[int, list[int]] = {}
    for y, row in enumerate(reversed(rows)):
        for x, character in enumerate(row):
            if character == mark:
                places.setdefault(x, []).append(y)
    return places


def value_of_row(labels: list[str], y: float) -> float:
    """Read a value off the linear axis, as a reader does, from two of its labels."""
    marked = [(row, float(label)) for row, label in enumerate(reversed(labels)) if label]
    (row0, value0), (row1, value1) = marked[0], marked[-1]
    return value0 + (y - row0) * (value1 - value0) / (row1 - row0)


def test_ascii_points_lie_where_the_axis_says() -> None:
    values = [0.7, 0.3, 0.5, 0.1, 0.65, 0.2, 0.0]
    labels, rows = plot(line_chart({"training": values}, unicode=False))
    places, columns = rows_of_marks(rows, "*"), max(map(len, rows))
    unit = value_of_row(labels, 1) - value_of_row(labels, 0)
    for i, value in enumerate(values):
        column = places[round(i / (len(values) - 1) * (columns - 1))]
        assert min(abs(value_of_row(labels, y) - value) for y in column) <= unit / 2 + 1e-12


def test_braille_dots_lie_where_the_axis_says() -> None:
    values = [0.7, 0.3, 0.5, 0.1, 0.65, 0.2, 0.0]
    labels, rows = plot(line_chart({"training": values}, unicode=True))
    bits = {0x40: (0, 0), 0x04: (0, 1), 0x02: (0, 2), 0x01: (0, 3)}
    bits |= {0x80: (1, 0), 0x20: (1, 1), 0x10: (1, 2), 0x08: (1, 3)}
    dots: dict[int, list[float]] = {}
    for y, row in enumerate(reversed(rows)):
        for x, character in enumerate(row):
            for bit, (right, up) in bits.items():
                if 0x2800 < ord(character) < 0x2900 and (ord(character) - 0x2800) & bit:
                    dots.setdefault(2 * x + right, []).append(y + (up - 1.5) / 4)
    columns, unit = max(dots), value_of_row(labels, 1) - value_of_row(labels, 0)
    assert sorted(dots) == list(range(columns + 1))  # a line without holes
    for i, value in enumerate(values):
        near = dots[round(i / (len(values) - 1) * columns)]
        assert min(abs(value_of_row(labels, y) - value) for y in near) <= unit / 8 + 1e-12


@pytest.mark.parametrize("unicode", [True, False])
def test_ticks_on_the_vertical_axis_are_evenly_spaced(unicode: bool) -> None:
    rng = random.Random(3)
    for _ in range(100):
        low = rng.uniform(-1, 2)
        values = [low + rng.random() * 10.0 ** rng.randint(-3, 3) for _ in range(20)]
        chart = line_chart({"loss": values}, log=False, unicode=unicode, height=rng.randint(6, 40))
        marked = [(y, float(label)) for y, label in enumerate(plot(chart)[0]) if label]
        assert len(marked) >= 2
        steps = {b[0] - a[0] for a, b in itertools.pairwise(marked)}
        assert len(steps) == 1


def test_log_scale_is_chosen_above_two_decades() -> None:
    assert "log scale" not in line_chart({"a": [100.0, 1.0]}, unicode=False)
    assert "log scale" in line_chart({"a": [101.0, 1.0]}, unicode=False)
    assert "log scale" not in line_chart({"a": [101.0, 1.0, 0.0]}, unicode=False)
    assert "log scale" not in line_chart({"a": [101.0, 1.0]}, log=False, unicode=False)
    decades = plot(line_chart({"a": [10.0**-i for i in range(5)]}, unicode=False))
    assert [label for label in decades[0] if label] == ["1", "0.1", "0.01", "0.001", "0.0001"]
    line = rows_of_marks(decades[1], "*")
    ends = (line[0][-1], line[max(line)][0])
    assert ends == (15, 0)  # straight from corner to corner
    assert all(abs(rows[0] - 15 * (1 - x / max(line))) <= 1 for x, rows in line.items())


def test_gaps_are_left_blank_and_told() -> None:
    values = [1.0, 1.0, math.nan, math.inf, math.nan, 1.0, 1.0]
    chart = line_chart({"training": values}, unicode=False)
    drawn = rows_of_marks(plot(chart)[1], "*")
    last = max(drawn)
    assert all(x <= last / 6 + 1 or x >= last * 5 / 6 - 1 for x in drawn)
    assert "training: gap for 3 of 7 values (not finite), epoch 3 to 5" in chart
    assert "gap" not in line_chart({"training": values[:2]}, unicode=False)
    assert "not positive" in line_chart({"training": [1.0, 0.0, -1.0]}, log=True, unicode=False)


def test_a_lone_point_is_drawn_in_every_series() -> None:
    lone = [math.nan, 0.5, math.nan, math.nan, 0.6, math.nan]
    series = {"a": [1.0] * 6, "b": [v - 0.1 for v in lone], "c": lone, "d": [v * 0.3 for v in lone]}
    for unicode in (True, False):
        rows = "\n".join(plot(line_chart(series, unicode=unicode))[1])
        assert [rows.count(mark) for mark in "ox+"] == [2, 2, 2]
    assert "⠶" in line_chart({"a": lone}, unicode=True)
    assert "⠶" in line_chart({"a": [0.5]}, unicode=True)


def test_hundred_thousand_points_keep_their_spikes() -> None:
    values = [0.5] * 100_000
    values[31_234], values[77_777] = 0.9, 0.1
    started = time.process_time()
    labels, rows = plot(line_chart({"training": values}, unicode=False))
    assert time.process_time() - started < 5
    spikes = [x for x, ys in rows_of_marks(rows, "*").items() if len(ys) > 1]
    columns = max(map(len, rows))
    assert sorted(spikes) == [round(i / 99_999 * (columns - 1)) for i in (31_234, 77_777)]
    marked = [y for ys in rows_of_marks(rows, "*").values() for y in ys]
    assert value_of_row(labels, max(marked)) == pytest.approx(0.9, abs=0.05)
    assert value_of_row(labels, min(marked)) == pytest.approx(0.1, abs=0.05)


def test_second_series_has_other_marks_and_a_legend() -> None:
    for unicode in (True, False):
        chart = line_chart({"training": FALLING, "validation": RISING}, unicode=unicode)
        first, *_ = chart.splitlines()
        assert first.startswith("loss ") and first.endswith("training   o validation")
        assert "\n".join(plot(chart)[1]).count("o") > 15


def test_series_of_the_same_values_are_all_seen() -> None:
    for unicode in (True, False):
        rows = "\n".join(plot(line_chart(dict.fromkeys("abcd", FALLING), unicode=unicode))[1])
        assert all(rows.count(mark) > 15 for mark in "ox+")


def test_the_axis_starts_at_zero_where_there_is_room() -> None:
    labels, _ = plot(line_chart({"a": [0.7, 0.3, 0.1]}, unicode=False))
    assert labels[-1] == "0.0"
    labels, _ = plot(line_chart({"a": [0.75, 0.74, 0.7]}, unicode=False))
    assert min(float(label) for label in labels if label) >= 0.69


@pytest.mark.parametrize("width", [24, 31, 72, 120])
@pytest.mark.parametrize("length", [2, 3, 7, 10, 11, 99, 1000, 100_000])
def test_labels_below_stand_apart_under_their_ticks(length: int, width: int) -> None:
    chart = line_chart({"a": [1.0] * length}, width=width, unicode=False).splitlines()
    axis_line, below = chart[-3], chart[-2]
    corner = axis_line.index("+")
    columns = width - corner - 1
    numbers = [(m.start(), m.end(), int(m[0])) for m in re.finditer(r"\d+", below)]
    assert len(numbers) >= 2
    for start, end, number in numbers:
        place = corner + 1 + round((number - 1) / (length - 1) * (columns - 1))
        assert axis_line[place] == "+" and start <= place < end


def test_labels_below_never_touch() -> None:
    chart = line_chart({"a": [1.0] * 500}, width=24, first=100_040, unicode=False)
    assert chart.splitlines()[-2].split() == ["100200", "100400"]  # no room for 100040


def test_labels_are_shown() -> None:
    chart = line_chart({"a": FALLING}, x_label="sample", y_label="accuracy", unicode=False)
    assert chart.startswith("accuracy ") and chart.splitlines()[-1].strip() == "sample"
    numbers = chart.splitlines()[-2].split()
    assert numbers == ["1", "10", "20", "30", "40", "50", "60"]


def test_training_that_goes_on_is_counted_from_its_first_epoch() -> None:
    values = [0.5, math.nan, 0.4, 0.1, 0.3, 0.2]
    chart = line_chart({"a": values}, first=198, unicode=False)
    assert chart.splitlines()[-3].split() == ["198", "199", "200", "201", "202", "203"]
    assert chart.endswith("epoch 199")
    root = parse(line_chart_svg({"a": values}, first=198, title="t"))
    assert "first 0.5 at epoch 198, last 0.2 at epoch 203, lowest 0.1 at epoch 201" in (
        root[1].text or ""
    )
    x0, first, x1, last = axis(root, horizontal=True)
    assert (x0, first, x1, last) == (curve(root, 0)[0][0][0], 198, curve(root, 0)[1][-1][0], 203)


def test_empty_series_are_left_out_or_refused() -> None:
    assert "validation" not in line_chart({"training": FALLING, "validation": []}, unicode=False)
    empty: list[dict[str, list[float]]] = [{}, {"training": []}]
    for nothing in empty:
        with pytest.raises(ValueError, match="no value to draw"):
            line_chart(nothing, unicode=False)
        with pytest.raises(ValueError, match="no value to draw"):
            line_chart_svg(nothing, title="")


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        line_chart({"a": FALLING}, width=23)
    with pytest.raises(ValueError, match="too small"):
        line_chart({"a": FALLING}, height=2)
    with pytest.raises(ValueError, match="too small"):
        line_chart_svg({"a": FALLING}, title="", width=100)
    with pytest.raises(ValueError, match="there are 5, expected at most 4"):
        line_chart(dict.fromkeys("abcde", FALLING))
    with pytest.raises(TypeError, match=r"training: entry 1 is '0\.5', expected a number"):
        line_chart({"training": [0.7, "0.5"]})  # type: ignore[list-item]


def test_the_input_is_not_changed() -> None:
    series = {"a": [1.0, math.nan, 1000.0], "b": []}
    line_chart(series, unicode=True)
    line_chart_svg(series, title="")
    assert series["a"][::2] == [1.0, 1000.0] and math.isnan(series["a"][1]) and series["b"] == []


# --- streams --------------------------------------------------------------------------------------


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal, and keeps the bytes it was given."""

    def __init__(self, encoding: str = "utf-8") -> None:
        self.raw_bytes = io.BytesIO()
        super().__init__(self.raw_bytes, encoding=encoding, newline="")

    def isatty(self) -> bool:
        return True

    def text(self) -> str:
        self.flush()
        return self.raw_bytes.getvalue().decode(self.encoding)


def stream(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


@pytest.fixture(autouse=True)
def modern_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("WT_SESSION", "for tests on Windows")
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("utf-8", True), ("utf-16", True), ("gb18030", True)]
    + [(name, False) for name in ("ascii", "latin-1", "cp1252", "cp437", "gbk", "shift_jis")],
)
def test_supports_unicode_asks_the_encoding(encoding: str, expected: bool) -> None:
    assert supports_unicode(stream(encoding)) is expected


def test_supports_unicode_of_odd_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = stream("utf-8")
    closed.close()
    assert supports_unicode(None) is False
    assert supports_unicode(io.StringIO()) is False  # has no encoding
    assert supports_unicode(closed) in (True, False)
    assert supports_unicode(Terminal()) is True
    for term in ("linux", "dumb"):
        monkeypatch.setenv("TERM", term)
        assert supports_unicode(Terminal()) is (sys.platform == "win32")
        assert supports_unicode(stream("utf-8")) is True  # a file has no font


def test_supports_unicode_on_old_windows_consoles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    for name in ("WT_SESSION", "TERM_PROGRAM", "ConEmuANSI"):
        monkeypatch.delenv(name, raising=False)
    assert supports_unicode(Terminal()) is False
    monkeypatch.setenv("WT_SESSION", "1")
    assert supports_unicode(Terminal()) is True


def test_output_for_an_encoding_can_be_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    for encoding in ("ascii", "cp1252", "utf-8"):
        out = stream(encoding)
        monkeypatch.setattr(sys, "stdout", out)
        print(line_chart({"Übung": FALLING, "検証": RISING}))
        print(confusion_table([0, 1], [1, 1], ["Übung", "検証"]))
        print(prediction_table([[1.0]], [[1.0]], [[1.0]], input_names=["größe"]))
        out.flush()
        shown = out.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
        assert ("┤" in shown) is (encoding == "utf-8") is ("größe" in shown)


# --- progress -------------------------------------------------------------------------------------


class Clock:
    """time.monotonic, moved by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "monotonic", made)
    return made


@pytest.mark.parametrize(("encoding", "full"), [("utf-8", "█"), ("ascii", "#"), ("cp1252", "#")])
def test_progress_redraws_one_line(clock: Clock, encoding: str, full: str) -> None:
    out = Terminal(encoding)
    with ProgressBar(100, out, label="training") as bar:
        for done in range(1, 101):
            clock.now += 1.0
            bar.update(done, f"loss {1 / done:.4f}")
    *drawn, end = out.text().split("\n")
    assert end == "" and len(drawn) == 1  # one line break, at the end
    lines = drawn[0].split("\r")[1:]
    assert len(lines) == 101  # the last one by close
    assert lines[24].split() == [
        *("training", full * 7 + ("░" if full == "█" else "-") * 23),
        *("25/100", "25%", "1:15", "left", "loss", "0.0400"),
    ]
    assert lines[100].split() == [
        "training",
        full * 30,
        "100/100",
        "100%",
        "1:40",
        "loss",
        "0.0100",
    ]


def test_progress_draws_at_most_20_times_a_second(clock: Clock) -> None:
    out = Terminal()
    bar = ProgressBar(10_000, out)
    for done in range(10_000):
        clock.now += 0.001
        bar.update(done)
    assert 180 <= out.text().count("\r") <= 201


@pytest.mark.parametrize("width", [10, 20, 40, 60, 80, 200])
@pytest.mark.parametrize("label", ["", "training", "一二三四五六七八九十" * 3])
def test_progress_is_never_wider_than_the_terminal(
    width: int, label: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    out = Terminal()
    with ProgressBar(1000, out, label=label) as bar:
        for done in range(0, 1001, 50):
            clock.now += 1000.0
            bar.update(done, "loss 0.1234  accuracy 99.00%" * (done % 3))
    screen = out.text().rstrip("\n").split("\r")
    assert all(column_count(line) < width for line in screen)
    shown = screen[1]
    for line in screen[2:]:  # each line covers the whole of the one before it
        assert column_count(line) >= column_count(shown.rstrip())
        shown = line


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_progress_on_a_real_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl
    import pty
    import struct
    import termios

    monkeypatch.delenv("COLUMNS")
    outer, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 50, 0, 0))
    with os.fdopen(inner, "w", encoding="utf-8") as out:
        with ProgressBar(4, out, label="training") as bar:
            bar.update(4, "a text too long for the rest of this narrow terminal")
        received = b""
        while not received.endswith(b"\n"):
            received += os.read(outer, 10_000)
        shown = received.decode("utf-8")
    os.close(outer)
    assert shown.startswith("\rtraining  ") and shown.endswith("…\r\n")
    assert max(map(len, shown.split("\r"))) == 49


def test_progress_elsewhere_is_one_final_line(clock: Clock) -> None:
    out = io.StringIO()
    with ProgressBar(20, out, label="training") as bar:
        for done in range(20):
            clock.now += 190.0
            bar.update(done + 1, f"loss {done}")
            assert out.getvalue() == ""
    bar.close()
    bar.update(3)
    assert out.getvalue() == "training  20/20  100%  1:03:20  loss 19\n"


def test_progress_that_is_interrupted_ends_its_line(clock: Clock) -> None:
    out = Terminal()
    with pytest.raises(KeyboardInterrupt), ProgressBar(20, out) as bar:
        clock.now += 9
        bar.update(7)
        raise KeyboardInterrupt
    last = out.text().split("\r")[-1]
    assert last.split()[1:] == ["7/20", "35%", "0:09"] and last.endswith("\n")


def test_progress_tolerates_streams_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Terminal):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    closed, broken, later = stream("utf-8"), Broken(), Terminal()
    closed.close()
    monkeypatch.setattr(sys, "stderr", None)  # as under pythonw
    for out in (None, closed, broken, later):
        with ProgressBar(2, out, label="Übung") as bar:
            bar.update(1, "\ud800")
            if out is later:
                later.close()
            bar.update(2)


def test_progress_writes_to_stderr_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    ProgressBar(0).close()
    assert out.getvalue() == "0/0  100%  0:00\n"
    with pytest.raises(ValueError, match="total is -1"):
        ProgressBar(-1)


# --- tables ---------------------------------------------------------------------------------------

IRIS = ["setosa", "versicolor", "virginica"]


def test_confusion_table_counts_rows_and_columns() -> None:
    truth = [0] * 5 + [1] * 4 + [2] * 3
    guess = [0] * 5 + [1, 1, 1, 2] + [2, 2, 0]
    assert confusion_table(truth, guess, IRIS, unicode=True).splitlines() == [
        "truth \\ predicted      setosa  versicolor   virginica  total  recall",
        "           setosa           5           ·           ·      5  100.0%",
        "       versicolor           ·           3           1      4   75.0%",
        "        virginica           1           ·           2      3   66.6%",
        "            total           6           3           3     12",
        "         accuracy  10 of 12 = 83.3%",
    ]
    names = [IRIS[i] for i in truth]
    assert confusion_table(names, guess, IRIS, unicode=False) == confusion_table(
        truth, guess, IRIS, unicode=True
    ).replace("·", ".")


def test_recall_is_rounded_down_and_absent_without_samples() -> None:
    table = confusion_table([0] * 9999 + [0], [0] * 9999 + [1], ["a", "b"], unicode=False)
    assert table.splitlines()[1].endswith("99.9%")
    assert table.splitlines()[2].split() == ["b", ".", ".", "0", "-"]


@pytest.mark.parametrize("count", [2, 3, 5, 10])
@pytest.mark.parametrize("unicode", [True, False])
def test_confusion_table_fits_and_aligns(count: int, unicode: bool) -> None:
    for names in (
        [f"a rather long class name {i}" for i in range(count)],
        [f"{chr(97 + i)} rather long class name" for i in range(count)],
        ["鸢尾花山鸢尾变色" * (i + 1) for i in range(count)],
    ):
        rng = random.Random(4)
        truth = [rng.randrange(count) for _ in range(500)]
        guess = [rng.randrange(count) for _ in range(500)]
        lines = confusion_table(truth, guess, names, unicode=unicode).splitlines()
        assert all(column_count(line) <= 80 for line in lines)
        widths = {column_count(line) for line in lines[:-2]}
        assert len(widths) == 1
        counts = [line.split()[-count - 2 : -2] for line in lines[1:-2]]
        for i in range(count):
            for j in range(count):
                pairs = sum(a == i and b == j for a, b in zip(truth, guess, strict=True))
                assert counts[i][j] == (str(pairs) if pairs else "·" if unicode else ".")
        heads = lines[0].split("predicted")[1].rsplit("total")[0].split("  ")
        heads = [head.strip() for head in heads if head.strip()]
        assert len(set(heads)) == len(heads)


@pytest.mark.parametrize(
    ("truth", "guess", "message"),
    [
        ([0, 1], [0], "there are 2 true and 1 predicted labels"),
        ([], [], "at least one"),
        (
            [0, 1],
            [0, 3],
            "predicted_labels: entry 1 is 3, expected a class name or a number from 0",
        ),
        ([-1, 1], [0, 1], "true_labels: entry 0 is -1"),
        (["oak"], [0], "true_labels: entry 0 is 'oak'"),
    ],
)
def test_bad_labels_are_refused(
    truth: list[int | str], guess: list[int | str], message: str
) -> None:
    for draw in (confusion_table, lambda *a: confusion_table_svg(*a, title="")):
        with pytest.raises(ValueError, match=message):
            draw(truth, guess, IRIS)


def test_wide_characters_take_two_columns() -> None:
    assert confusion_table([0, 1], [1, 1], ["鸢尾花", "e\u0301te\u0301"], unicode=True) == (
        "truth \\ predicted  鸢尾花     e\u0301te\u0301  total  recall\n"
        "           鸢尾花       ·       1      1    0.0%\n"
        "              e\u0301te\u0301       ·       1      1  100.0%\n"
        "            total       0       2      2\n"
        "         accuracy  1 of 2 = 50.0%"
    )


def test_prediction_table() -> None:
    table = prediction_table(
        [[0, 0.5], [1, 0.25]],
        [[0, 1], [1, 0]],
        [[0.123456, 0.9], [-0.00001, 0.2]],
        input_names=["age", "a very long name of a column"],
        unicode=False,
    )
    assert table.splitlines() == [
        "age  a very long na..  target0  target1  output0  output1",
        "  0              0.50        0        1   0.1235      0.9",
        "  1              0.25        1        0   0.0000      0.2",
    ]


def test_prediction_table_is_cut_to_max_rows() -> None:
    rows = [[float(i)] for i in range(30)]
    lines = prediction_table(rows, rows, rows, max_rows=3).splitlines()
    assert [line.split() for line in lines[:-1]] == [
        *(["x0", "target", "output"], ["0"] * 3, ["1"] * 3, ["2"] * 3)
    ]
    assert lines[-1] == "(27 more rows)"


def test_prediction_table_refuses_uneven_rows() -> None:
    with pytest.raises(ValueError, match="2 inputs, 1 targets and 2 outputs"):
        prediction_table([[1], [1]], [[1]], [[1], [1]])
    with pytest.raises(ValueError, match="targets: row 1 has 2 numbers, expected 1"):
        prediction_table([[1], [1]], [[1], [1, 2]], [[1], [1]])
    with pytest.raises(ValueError, match="input_names has 1 names, expected 2"):
        prediction_table([[1, 2]], [[1]], [[1]], input_names=["a"])


# --- pictures -------------------------------------------------------------------------------------


def parse(svg: str) -> ElementTree.Element:
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg" and root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
    return root


def texts(root: ElementTree.Element) -> list[tuple[float, float, str, str]]:
    """(x, y, class, text) of every text in the picture."""
    return [
        (float(t.get("x", "")), float(t.get("y", "")), t.get("class", ""), t.text or "")
        for t in root.iter(f"{SVG}text")
    ]


def curve(root: ElementTree.Element, k: int) -> list[list[tuple[float, float]]]:
    """The pieces of series k: the last path of its class, behind the sample in the legend."""
    paths = [p for p in root.iter(f"{SVG}path") if f"s{k}" in p.get("class", "").split()]
    pieces = paths[-1].get("d", "").split("M")[1:]
    return [
        [(float(x), float(y)) for x, y in (p.split() for p in piece.split("L"))] for piece in pieces
    ]


def axis(root: ElementTree.Element, horizontal: bool) -> tuple[float, float, float, float]:
    """Two labels of an axis, (place, value, place, value), as a reader would use them."""
    if horizontal:
        found = [(x, float(t)) for x, _, kind, t in texts(root) if "middle" in kind and t.isdigit()]
    else:
        found = [(y - 4.5, float(t)) for _, y, kind, t in texts(root) if kind == "soft end"]
    return (*found[0], *found[-1])


def check_inside(root: ElementTree.Element) -> None:
    width, height = float(root.get("width", "")), float(root.get("height", ""))
    for x, y, kind, text in texts(root):
        # DejaVu Sans, a wide font, takes 6.2 to 6.4 pixels for a letter of a word at this size and
        # 8.3 for a digit; the bold title 8.6 to 9.0 (measured in Chromium).
        size = (9 if "title" in kind else 6.5) * column_count(text)
        size += 1.8 * sum(c.isdigit() for c in text)
        left = x - size * ("end" in kind) - size / 2 * ("middle" in kind)
        assert left >= 0 and left + size <= width, text
        assert 10 <= y <= height - 4, text
    for shape in root.iter(f"{SVG}rect"):
        assert float(shape.get("x", "0")) + float(shape.get("width", "0")) <= width
        assert float(shape.get("y", "0")) + float(shape.get("height", "0")) <= height


@pytest.mark.parametrize("size", [(720, 420), (320, 200), (1200, 600)])
@pytest.mark.parametrize("log", [None, True])
@pytest.mark.parametrize("case", CASES)
def test_svg_is_valid_and_stays_inside(case: str, log: bool | None, size: tuple[int, int]) -> None:
    svg = line_chart_svg(
        CASES[case], title="A < B & C " * 9, log=log, width=size[0], height=size[1]
    )
    root = parse(svg)
    check_inside(root)
    left, right = 24, size[0] - 16
    for k in range(len(CASES[case])):
        for piece in curve(root, k):
            assert all(left <= x <= right and 70 <= y <= size[1] - 54 for x, y in piece)
    assert "nan" not in "".join(p.get("d", "") for p in root.iter(f"{SVG}path"))


@pytest.mark.parametrize("log", [False, True])
def test_svg_points_match_the_data(log: bool) -> None:
    rng = random.Random(5)
    series = {"training": [rng.uniform(0.2, 3) for _ in range(40)], "validation": RISING[:30]}
    root = parse(line_chart_svg(series, title="t", log=log))
    x0, first, x1, last = axis(root, horizontal=True)
    y0, low, y1, high = axis(root, horizontal=False)
    scale = math.log10 if log else float
    for k, values in enumerate(series.values()):
        [points] = curve(root, k)
        assert len(points) == len(values)
        for i, ((x, y), value) in enumerate(zip(points, values, strict=True)):
            assert x == pytest.approx(x0 + (i + 1 - first) * (x1 - x0) / (last - first), abs=0.2)
            share = (scale(value) - scale(low)) / (scale(high) - scale(low))
            assert y == pytest.approx(y0 + share * (y1 - y0), abs=0.3)


def test_svg_curves_keep_clear_of_the_frame() -> None:
    for values in ([0.9, 0.8], [-1.0, 1.0], [1.0, 5000.0]):
        [points] = curve(parse(line_chart_svg({"a": values}, title="t")), 0)
        assert all(74 + 5 <= y <= 420 - 54 - 5 for _, y in points)
    [points] = curve(parse(line_chart_svg({"a": [0.9, 0.0]}, title="t")), 0)
    assert points[1][1] == 420 - 54  # zero lies on the axis


def test_svg_grid_lines_stand_at_their_labels() -> None:
    root = parse(line_chart_svg({"a": FALLING}, title="t"))
    labelled = [y - 4.5 for _, y, kind, _ in texts(root) if kind == "soft end"]
    lines = [p.get("d", "") for p in root.iter(f"{SVG}path") if p.get("class") == "grid"]
    heights = [float(re.findall(r"[\d.]+", line)[1]) for line in lines]
    assert heights == pytest.approx(labelled, abs=0.11) and len(lines) >= 4


def test_svg_of_a_long_series_is_short_and_keeps_extremes() -> None:
    rng = random.Random(6)
    values = [rng.gauss(1, 0.1) for _ in range(100_000)]
    values[50_000], values[70_000] = 9.0, -7.0
    svg = line_chart_svg({"training": values}, title="t")
    assert len(svg) < 60_000
    [points] = curve(parse(svg), 0)
    heights = [y for _, y in points]
    x0, first, x1, last = axis(parse(svg), horizontal=True)
    for extreme, i in ((min(heights), 50_001), (max(heights), 70_001)):
        x = points[heights.index(extreme)][0]
        assert x == pytest.approx(x0 + (i - first) * (x1 - x0) / (last - first), abs=0.2)
    assert [x for x, _ in points] == sorted(x for x, _ in points)


def test_svg_gaps_split_the_line_and_lone_points_are_rings() -> None:
    values = [0.5, 0.4, math.nan, 0.3, math.inf, 0.2, 0.1]
    root = parse(line_chart_svg({"training": values}, title="t"))
    pieces = curve(root, 0)
    assert [len(piece) for piece in pieces] == [2, 1, 2]
    [ring] = root.iter(f"{SVG}circle")
    assert (float(ring.get("cx", "")), float(ring.get("cy", ""))) == pieces[1][0]
    assert "training: gap for 2 of 7 values (not finite), epoch 3 to 5" in [
        text for *_, text in texts(root)
    ]


def test_svg_text_is_escaped_and_described() -> None:
    name = "a<b>&\"'\x00\ud800\n]]>"
    root = parse(line_chart_svg({name: [0.9, 0.1, 0.2]}, title=name, x_label=name, y_label=name))
    assert root[0].text == "a<b>&\"'   ]]>"
    assert "first 0.9 at" in (root[1].text or "") and "lowest 0.1 at" in (root[1].text or "")
    assert "a<b>&\"'   ]]>" in [text for *_, text in texts(root)]
    parse(confusion_table_svg([0, 1], [0, 1], [name, "b"], title=name))


# --- colours --------------------------------------------------------------------------------------


def styles(root: ElementTree.Element) -> list[dict[str, dict[str, str]]]:
    """The rules of the light and of the dark scheme: selector -> property -> value."""
    css = "".join(style.text or "" for style in root.iter(f"{SVG}style"))
    light, dark = css.split("@media (prefers-color-scheme:dark){")
    rules: list[dict[str, dict[str, str]]] = []
    for part in (light, light + dark):  # the dark rules come on top of the light ones
        found: dict[str, dict[str, str]] = {}
        for selector, body in re.findall(r"\.purenet ([^{]+)\{([^}]*)\}", part):
            for item in filter(None, body.split(";")):
                key, _, value = item.partition(":")
                found.setdefault(selector, {})[key] = value
        rules.append(found)
    return rules


def contrast(a: str, b: str) -> float:
    """WCAG 2.1 contrast ratio of two #rrggbb colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_function_knows_the_standard_values() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_line_colours_and_dashes_differ_in_light_and_dark() -> None:
    series = dict.fromkeys("abcd", FALLING)
    light, dark = styles(parse(line_chart_svg(series, title="t")))
    assert light["text"] != dark["text"]
    for rules in (light, dark):
        back = rules[".back"]["fill"]
        assert contrast(rules["text"]["fill"], back) >= 7
        assert contrast(rules[".soft"]["fill"], back) >= 4.5
        assert all(contrast(rules[f".s{k}"]["stroke"], back) >= 3 for k in range(4))
        assert len({rules[f".s{k}"]["stroke"] for k in range(4)}) == 4
        assert len({rules[f".s{k}"].get("stroke-dasharray") for k in range(4)}) == 4


def test_every_cell_can_be_read_in_light_and_dark() -> None:
    truth = [i for i in range(6) for _ in range(10)]
    right = (0, 1, 3, 5, 7, 10)
    guess = [i if n < right[i] else (i + 1) % 6 for i in range(6) for n in range(10)]
    root = parse(confusion_table_svg(truth, guess, list("abcdef"), title="t"))
    cells = [r for r in root.iter(f"{SVG}rect") if r.get("class") != "back"]
    written = {(x, y): (kind, text) for x, y, kind, text in texts(root)}
    shades = set()
    assert len(cells) == 36
    for n, cell in enumerate(cells):
        middle = float(cell.get("x", "")) + float(cell.get("width", "")) / 2
        kind, text = written[middle, float(cell.get("y", "")) + 21.5]
        count = sum((a, b) == divmod(n, 6) for a, b in zip(truth, guess, strict=True))
        assert text == (str(count) if count else "·")
        shade = cell.get("class", "")
        shades.add(shade)
        assert shade == f"c{math.ceil(count / 2)}"  # the largest count is 10, shades go to 5
        for rules in styles(root):
            letters = rules.get(f".{kind.split()[0]}", rules["text"])
            assert contrast(letters["fill"], rules[f".{shade}"]["fill"]) >= 4.5
    assert shades == {"c0", "c1", "c2", "c3", "c4", "c5"}


@pytest.mark.parametrize("names", [IRIS, list("0123456789"), ["鸢尾花" * 9, "x" * 99], ["a"]])
def test_confusion_svg_stays_inside(names: list[str]) -> None:
    labels = [i % len(names) for i in range(12345)]
    root = parse(confusion_table_svg(labels, labels, names, title="A title of some length " * 9))
    check_inside(root)
    assert "accuracy 12345 of 12345 = 100.0%" in [text for *_, text in texts(root)]
    assert "accuracy 12345 of 12345 = 100.0%" in (root[1].text or "")


def test_svg_stands_alone() -> None:
    for svg in (
        line_chart_svg({"a": FALLING}, title="t"),
        confusion_table_svg([0], [0], ["a"], title="t"),
    ):
        assert "href" not in svg and "url(" not in svg and "<script" not in svg
        assert svg.count("http") == 1  # the name of the SVG namespace
