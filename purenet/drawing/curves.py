"""Loss curves, for the terminal and as SVG."""

from __future__ import annotations

import math
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import groupby, islice, pairwise
from typing import NamedTuple

from .axes import log_ticks, round_numbers, ticks
from .svg import svg_picture, svg_text
from .text import clean, column_count, number_labels, right_aligned, shorten, supports_unicode

_MARKS = "*ox+"  # one for each series; in Braille charts the first series is a line of dots
_BRAILLE_BITS = ((0x40, 0x80), (0x04, 0x20), (0x02, 0x10), (0x01, 0x08))  # [row from below][side]
_BLOB = 0x36  # four dots: one alone is hard to see
_HUGE = 1e300  # larger numbers count as infinite, and 1 / _HUGE as zero on a log scale


class _Curves(NamedTuple):
    """Series made ready to draw: what cannot be drawn is nan, and told in `notes`."""

    series: dict[str, list[float]]
    log: bool
    low: float
    high: float
    first: int
    length: int
    notes: list[str]

    def share(self, i: int) -> float:
        """How far entry i lies from the left end of the chart, 0.0, to the right end, 1.0."""
        return i / (self.length - 1) if self.length > 1 else 0.5

    def x_ticks(self, count: int) -> list[tuple[int, str]]:
        """Entries to label, with round numbers, and the first entry where it has room."""
        found = ticks(self.first, self.first + self.length - 1, max(count, 2))
        numbers = [int(tick) for tick in found if tick == int(tick)]
        step = numbers[1] - numbers[0] if numbers[1:] else 2
        if not numbers or numbers[0] - self.first > step / 2:
            numbers.insert(0, self.first)
        return [(number - self.first, str(number)) for number in numbers]


def _curves(
    series: Mapping[str, Sequence[float]], log: bool | None, x_label: str, first: int
) -> _Curves:
    """Check the series, choose the scale, and find the limits. Shared by text and SVG."""
    checked: dict[str, list[float]] = {}
    for name, values in series.items():
        for i, value in enumerate(values):
            if not hasattr(value, "__float__"):
                raise TypeError(f"{name}: entry {i} is {value!r}, expected a number")
        if len(values) > 0:
            checked[name] = [float(value) for value in values]
    if not checked:
        raise ValueError("series: there is no value to draw")
    if len(checked) > len(_MARKS):
        raise ValueError(f"series: there are {len(checked)}, expected at most {len(_MARKS)}")

    finite = [v for values in checked.values() for v in values if abs(v) <= _HUGE]
    if log is None:
        log = bool(finite) and min(finite) > 1 / _HUGE and max(finite) > 100 * min(finite)
    drawn = {
        name: [v if abs(v) <= _HUGE and (v > 1 / _HUGE or not log) else math.nan for v in values]
        for name, values in checked.items()
    }
    notes = []
    for name, values in drawn.items():
        gaps = [i + first for i, v in enumerate(values) if math.isnan(v)]
        if gaps:
            why = "not finite" + (", or not positive as a log scale needs" if log else "")
            span = f"{gaps[0]} to {gaps[-1]}" if gaps[1:] else f"{gaps[0]}"
            count = f"{len(gaps)} of {len(values)} values"
            notes.append(f"{name}: gap for {count} ({why}), {x_label} {span}")
    finite = [v for values in drawn.values() for v in values if math.isfinite(v)]
    low, high = (min(finite), max(finite)) if finite else (1.0, 1.0)
    if high - low <= max(1e-9 * max(abs(low), abs(high)), 1e-300):  # as good as constant
        pad = max(abs(low), abs(high)) / 2
        low, high = low - (pad or 1.0), high + (pad or 1.0)
    return _Curves(drawn, log, low, high, first, max(map(len, drawn.values())), notes)


def _y_rows(curves: _Curves, rows: int) -> tuple[Callable[[float], float], dict[int, float]]:
    """Where a value lies, in rows from the bottom, and the tick of each row that has one."""
    low, high = curves.low, curves.high
    if curves.log:
        bottom, unit = math.log10(low), (math.log10(high) - math.log10(low)) / (rows - 1)
        nearest = log_ticks(low, high, max(2, rows // 3))
        found = {round((math.log10(tick) - bottom) / unit): tick for tick in nearest}
        return (lambda value: (math.log10(value) - bottom) / unit), found
    # A row is worth a whole fraction of a round step, so that ticks lie exactly on rows.
    first, last = Fraction(repr(low)), Fraction(repr(high))
    worths = sorted(
        (step / between, between)
        for between in range(max(1, -(-rows // 6)), max(1, rows // 3) + 1)
        for step in islice(round_numbers((last - first) * between / (rows - 1)), 16)
    )
    worth, between = next(
        (w, b) for w, b in worths if math.ceil(last / w) - math.floor(first / w) < rows
    )
    start = math.floor(first / worth)
    if start > 0 and math.ceil(last / worth) < rows:
        start = 0
    found = {row: float((start + row) * worth) for row in range(-start % between, rows, between)}
    bottom, unit = float(start * worth), float(worth)
    return (lambda value: (value - bottom) / unit), found


def _runs(values: Sequence[float], column: Callable[[int], int]) -> list[list[int]]:
    """The indices to draw, split at gaps: in each column the first, lowest, highest and last.

    Lines through these points fill the same columns as lines through all the points (Jugel et
    al., "M4: A Visualization-Oriented Time Series Data Aggregation", PVLDB 7(10), 2014).
    """
    runs = []
    for finite, run in groupby(range(len(values)), lambda i: math.isfinite(values[i])):
        if finite:
            kept: list[int] = []
            for _, group in groupby(run, column):
                same = list(group)
                by_value = sorted(same, key=values.__getitem__)
                kept += sorted({same[0], by_value[0], by_value[-1], same[-1]})
            runs.append(kept)
    return runs


def _trace(
    values: Sequence[float],
    column: Callable[[int], int],
    row: Callable[[float], int],
    apart: int = 1,
    offset: int = 0,
) -> Iterator[tuple[int, int, bool]]:
    """The cells (column, row, lone point?) on the lines through `values`.

    Only every `apart`-th column is kept, and the last point before a gap or the end.
    """
    for run in _runs(values, column):
        corners = [(column(i), row(values[i])) for i in run]
        for (x0, y0), (x1, y1) in pairwise(corners):
            steps = max(abs(x1 - x0), abs(y1 - y0), 1)
            for k in range(steps):
                x, y = x0 + round((x1 - x0) * k / steps), y0 + round((y1 - y0) * k / steps)
                if x % apart == offset:
                    yield x, y, False
        yield *corners[-1], len(corners) == 1


def line_chart(
    series: Mapping[str, Sequence[float]],
    *,
    width: int = 72,
    height: int = 16,
    x_label: str = "epoch",
    y_label: str = "loss",
    first: int = 1,
    log: bool | None = None,
    unicode: bool | None = None,
) -> str:
    """Draw up to four series as text; entry 0 of each stands at x = `first`.

    The chart is `width` columns wide; `height` counts the rows of the plot itself. log=None takes
    a logarithmic axis if all values are positive and the largest is over 100 times the smallest;
    unicode=None asks `supports_unicode(sys.stdout)`. Entries that are nan or infinite (with log,
    also those not positive) stay gaps and are told below the chart. Series without entries are
    left out.

    Raises ValueError if there is nothing to draw, for more than four series, and for a chart
    smaller than 24 columns or 3 rows; TypeError for an entry that is no number.

    >>> print(line_chart({"training": [0.8, 0.4, 0.2, 0.1]}, width=40, height=5, unicode=False))
    loss                          * training
    0.8 +***
    0.6 +   ******
    0.4 +         *********
    0.2 +                  ***********
    0.0 +                             ******
        ++----------+-----------+----------+
         1          2           3          4
                        epoch
    """
    if width < 24 or height < 3:
        raise ValueError(f"a chart of {width} columns and {height} rows is too small to read")
    unicode = supports_unicode(sys.stdout) if unicode is None else unicode
    curves = _curves(series, log, x_label, first)
    to_row, row_ticks = _y_rows(curves, height)
    texts = number_labels(list(row_ticks.values()), alike=not curves.log)
    labels = dict(zip(row_ticks, texts, strict=True))
    gutter = max(map(len, labels.values())) + 1
    columns = width - gutter - 1

    def across(i: int, dots: int = columns) -> int:
        return round(curves.share(i) * (dots - 1))

    grid = [[" "] * columns for _ in range(height)]  # from the bottom row up
    for k, values in enumerate(curves.series.values()):
        if unicode and k == 0:
            bits = [[0] * columns for _ in range(height)]
            for x, y, lone in _trace(
                values, lambda i: across(i, 2 * columns), lambda v: round(4 * to_row(v) + 1.5)
            ):
                bits[y // 4][x // 2] |= _BLOB if lone else _BRAILLE_BITS[y % 4][x % 2]
            grid = [[chr(0x2800 + b) if b else " " for b in row] for row in bits]
        else:  # the marks of later series stand apart, so that the first shows between them
            apart, offset = (3, k - 1) if k else (1, 0)
            for x, y, _ in _trace(values, across, lambda v: round(to_row(v)), apart, offset):
                grid[y][x] = _MARKS[k]

    corner, side, tick, floor, foot = "└│┤─┬" if unicode else "+|+-+"
    lines = _header(curves, y_label, width, unicode)
    for row in reversed(range(height)):
        label = labels.get(row, "").rjust(gutter - 1) + " "
        lines.append(label + (tick if row in labels else side) + "".join(grid[row]))
    base, below, free = [floor] * columns, [" "] * width, width + 2
    most = min(8, columns // (len(str(first + curves.length)) + 5))
    for i, text in reversed(curves.x_ticks(most)):
        x = across(i)
        left = min(gutter + 1 + x - (len(text) - 1) // 2, width - len(text))
        base[x] = foot
        if left + len(text) < free:  # else the labels would touch
            below[left : left + len(text)] = text
            free = left
    lines += [" " * gutter + corner + "".join(base), "".join(below)]
    name = shorten(clean(x_label, unicode), columns, unicode)
    lines.append(" " * (gutter + 1 + (columns - column_count(name)) // 2) + name)
    for note in curves.notes:
        note = clean(note, unicode)
        lines += textwrap.wrap(note, max(12, width - (column_count(note) - len(note))))
    return "\n".join(line.rstrip() for line in lines)


def _header(curves: _Curves, y_label: str, width: int, unicode: bool) -> list[str]:
    """The name of the vertical axis at the left and the legend at the right, or below it."""
    room = width // len(curves.series) - 5
    marks = ["⠒⠒" if unicode else _MARKS[0], *_MARKS[1:]]
    names = [shorten(clean(name, unicode), room, unicode) for name in curves.series]
    legend = "   ".join(f"{mark} {name}" for mark, name in zip(marks, names, strict=False))
    title = clean(y_label, unicode) + (" (log scale)" if curves.log else "")
    space = width - column_count(title) - column_count(legend)
    if space >= 2:
        return [title + " " * space + legend]
    return [shorten(title, width, unicode), right_aligned(legend, width)]


def line_chart_svg(
    series: Mapping[str, Sequence[float]],
    *,
    title: str,
    x_label: str = "epoch",
    y_label: str = "loss",
    first: int = 1,
    log: bool | None = None,
    width: int = 720,
    height: int = 420,
) -> str:
    """Draw up to four series as an SVG picture; entry 0 of each stands at x = `first`.

    Series differ in colour and in dash. Scale, gaps and errors are as in `line_chart`; the
    smallest picture is 320 x 200. Save the text in UTF-8, or put it into an HTML page as it is.

    >>> line_chart_svg({"training": [0.8, 0.4]}, title="XOR").partition(" ")[0]
    '<svg'
    """
    if width < 320 or height < 200:
        raise ValueError(f"a picture of {width} x {height} is too small to read")
    curves = _curves(series, log, x_label, first)
    scale: Callable[[float], float] = math.log10 if curves.log else float
    low, high = curves.low, curves.high
    if not curves.log and 0 < low < 0.3 * high:
        low = 0.0
    found = (log_ticks if curves.log else ticks)(low, high, max(2, height // 60))
    labels = number_labels(found, alike=not curves.log)
    margin = 0.04 * (scale(high) - scale(low))
    floor, ceiling = scale(low) - (margin if low else 0.0), scale(high) + margin
    digits = len(str(first + curves.length))
    left, right = 24 + 8 * max(map(len, labels)), width - 16 - 4 * digits
    top, bottom = 74, height - 54

    def to_x(i: int) -> float:
        return left + (right - left) * curves.share(i)

    def to_y(value: float) -> float:
        return bottom - (bottom - top) * (scale(value) - floor) / (ceiling - floor)

    axis = shorten(clean(y_label), width // 20) + (" (log scale)" if curves.log else "")
    body = [
        svg_text(16, 28, shorten(clean(title), (width - 32) // 10), "title"),
        svg_text(16, 56, axis, "soft"),
        svg_text(
            (left + right) / 2, bottom + 40, shorten(clean(x_label), width // 8), "soft middle"
        ),
    ]
    for tick, label in zip(found, labels, strict=True):
        body.append(f'<path class="grid" d="M{left} {to_y(tick):.1f}H{right}"/>')
        body.append(svg_text(left - 8, to_y(tick) + 4.5, label, "soft end"))
    body.append(f'<path class="axis" d="M{left} {bottom}H{right}"/>')
    for i, text in curves.x_ticks(min(10, (right - left) // (8 * digits + 40))):
        body.append(f'<path class="axis" d="M{to_x(i):.1f} {bottom}v5"/>')
        body.append(svg_text(to_x(i), bottom + 20, text, "soft middle"))

    told, legend = list(curves.notes), float(right)  # the legend is laid out from the right
    room = int(((right - 24 - 8 * len(axis)) / len(curves.series) - 46) / 7.5)
    dense = " thin" if curves.length > 2 * (right - left) else ""
    for k, (name, values) in reversed(list(enumerate(curves.series.items()))):
        legend -= 7.5 * min(column_count(clean(name)), room)
        body.append(svg_text(legend, 56, shorten(clean(name), room)))
        body.append(f'<path class="line s{k}" d="M{legend - 32:.1f} 51.5h25"/>')
        legend -= 46
        path = ""
        for run in _runs(values, lambda i: int(to_x(i))):
            points = [f"{to_x(i):.1f} {to_y(values[i]):.1f}" for i in run]
            path += "M" + "L".join(points)
            if len(run) == 1:
                x, y = points[0].split()
                body.append(f'<circle class="line s{k}" cx="{x}" cy="{y}" r="3"/>')
        body.append(f'<path class="line s{k}{dense}" d="{path}"/>')
        drawn = [i for i, value in enumerate(values) if math.isfinite(value)]
        if drawn:
            lowest = min(drawn, key=values.__getitem__)
            where = (("first", drawn[0]), ("last", drawn[-1]), ("lowest", lowest))
            facts = [f"{what} {values[i]:.4g} at {x_label} {i + first}" for what, i in where]
            told.insert(0, f"{name}: {', '.join(facts)}.")
    notes = [line for note in curves.notes for line in textwrap.wrap(clean(note), width // 8)]
    body += [svg_text(16, height + 6 + 18 * k, note, "soft") for k, note in enumerate(notes)]
    told.insert(0, f"{axis} by {x_label}.")
    return svg_picture(width, height + 18 * len(notes), title, " ".join(told), body)
