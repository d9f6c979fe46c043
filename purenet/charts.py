"""Charts without a plotting library: loss curves, a progress bar and tables of predictions.

Charts and tables come as plain text for a terminal (Braille dots where the output can show them,
ASCII otherwise); loss curves and confusion tables also as self-contained SVG pictures that follow
the reader's light or dark colour scheme. All functions return text; only ProgressBar writes.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import sys
import textwrap
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from html import escape
from itertools import groupby, islice, pairwise
from typing import NamedTuple, TextIO, final

_ROUND_STEPS = (Fraction(1), Fraction(2), Fraction(5, 2), Fraction(5))  # times a power of ten
_MARKS = "*ox+"  # one for each series; in Braille charts the first series is a line of dots
_BRAILLE_BITS = ((0x40, 0x80), (0x04, 0x20), (0x02, 0x10), (0x01, 0x08))  # [row from below][side]
_BLOB = 0x36  # four dots: one alone is hard to see
_HUGE = 1e300  # larger numbers count as infinite, and 1 / _HUGE as zero on a log scale

# --- text -----------------------------------------------------------------------------------------


def supports_unicode(stream: TextIO | None) -> bool:
    """Say whether `stream` can show the Braille dots, lines and blocks that the charts use.

    True if its encoding has these characters, except on terminals whose fonts lack Braille: the
    Linux console, and Windows consoles that do not announce themselves as a modern terminal.

    >>> import io
    >>> supports_unicode(io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    True
    >>> supports_unicode(io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    False
    """
    try:
        "⣿┤█░·…".encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeError, LookupError):
        return False
    if not _is_terminal(stream):
        return True
    if sys.platform == "win32":
        return any(name in os.environ for name in ("WT_SESSION", "TERM_PROGRAM", "ConEmuANSI"))
    return os.environ.get("TERM") not in ("linux", "dumb")


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except (AttributeError, ValueError):  # ValueError: the stream is closed
        return False


def _clean(text: str, unicode: bool = True) -> str:
    """One line of printable text; without `unicode`, other characters become escapes."""
    text = "".join(c if c.isprintable() else " " for c in text)
    return text if unicode else text.encode("ascii", "backslashreplace").decode("ascii")


def _columns(text: str) -> int:
    """The terminal columns that `text` takes: East Asian wide characters take two."""
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )


def _shorten(text: str, width: int, unicode: bool = True) -> str:
    """Cut `text` to at most `width` columns, with an ellipsis in place of what was cut."""
    if _columns(text) <= width:
        return text
    ellipsis = ("…" if unicode else "..")[: max(width, 0)]
    while _columns(text) > width - len(ellipsis) and text:
        text = text[:-1]
    return text.rstrip() + ellipsis


def _right(text: str, width: int) -> str:
    return " " * (width - _columns(text)) + text


def _labels(values: Sequence[float], most: int = 20, alike: bool = True) -> list[str]:
    """Write numbers, if `alike` with equally many decimals (at most `most`) or all like 2.5e-7."""
    if not alike:
        return [_labels([value], most)[0] for value in values]
    finite = [value for value in values if math.isfinite(value)]
    plain = not any(finite) or 1e-4 <= max(map(abs, finite)) < 1e7
    decimals = 0
    for value in finite:
        _, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
        decimals = max(decimals, -int(exponent) if plain else len(digits) - 1)
    texts = [f"{value:.{min(decimals, most)}{'f' if plain else 'e'}}" for value in values]
    # 2.5e-07 reads 2.5e-7, and 0.0e+00 reads 0.
    return [re.sub(r"e\+?(-?)0?", r"e\1", re.sub("^0.*e.*", "0", text)) for text in texts]


# --- axes -----------------------------------------------------------------------------------------


def ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers from `low` to `high`, evenly spaced: at least one and at most `count`.

    The spacing is 1, 2, 2.5 or 5 times a power of ten, the smallest that gives few enough.
    Raises ValueError unless low <= high are finite numbers and count is at least 2.

    >>> ticks(0.02, 0.71, 6)
    [0.2, 0.4, 0.6]
    >>> ticks(1, 100, 6)
    [20.0, 40.0, 60.0, 80.0, 100.0]
    """
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"ticks need finite limits, low before high, found {low} and {high}")
    if count < 2:
        raise ValueError(f"count is {count}, expected at least 2")
    if low == high:
        return [float(low)]
    # Limits are taken as they are written, so that 0.3 lies on the tick 3/10; fractions keep
    # every multiple exact, so that the ticks read 0.3 and not 0.30000000000000004.
    first, last = Fraction(repr(float(low))), Fraction(repr(float(high)))
    for step in _round_numbers((last - first) / count):
        multiples = range(math.ceil(first / step), math.floor(last / step) + 1)
        if len(multiples) <= count:
            return [float(i * step) for i in multiples]
    raise AssertionError("unreachable: the steps grow without end")


def _round_numbers(start: Fraction) -> Iterator[Fraction]:
    """Count up through 1, 2, 2.5, 5, 10, ... times a power of ten, from about `start` on."""
    exponent = len(str(start.numerator)) - len(str(start.denominator)) - 1
    while True:
        yield from (step * Fraction(10) ** exponent for step in _ROUND_STEPS)
        exponent += 1


def log_ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers from `low` to `high` for a logarithmic axis, at most `count`.

    1, 2, 5 or 1, 3 times powers of ten, powers of ten, or every second, third, fifth, ... power:
    the densest of these that gives few enough. Where none of them gives two, `ticks` chooses.
    Raises ValueError as `ticks` does, and unless low > 0.

    >>> log_ticks(0.0004, 5, 6)
    [0.001, 0.01, 0.1, 1.0]
    >>> log_ticks(0.02, 0.7, 6)
    [0.02, 0.05, 0.1, 0.2, 0.5]
    """
    if not low > 0:
        raise ValueError(f"a logarithmic axis needs a positive lower limit, found {low}")
    fallback = ticks(low, high, count)
    exponents = range(math.floor(math.log10(low)) - 1, math.floor(math.log10(high)) + 2)
    choices: list[tuple[tuple[int, ...], int]] = [((1, 2, 5), 1), ((1, 3), 1)]
    choices += [((1,), stride) for stride in (1, 2, 3, 5, 10, 20, 50, 100, 200)]
    for digits, stride in choices:
        powers = [e for e in exponents if e % stride == 0]
        found = [float(f"{digit}e{e}") for e in powers for digit in digits]
        found = [tick for tick in found if low <= tick <= high]
        if len(found) <= count:
            break
    return found if len(found) >= 2 else fallback


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
        for step in islice(_round_numbers((last - first) * between / (rows - 1)), 16)
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


# --- charts for the terminal ----------------------------------------------------------------------


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
    texts = _labels(list(row_ticks.values()), alike=not curves.log)
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
    name = _shorten(_clean(x_label, unicode), columns, unicode)
    lines.append(" " * (gutter + 1 + (columns - _columns(name)) // 2) + name)
    for note in curves.notes:
        note = _clean(note, unicode)
        lines += textwrap.wrap(note, max(12, width - (_columns(note) - len(note))))
    return "\n".join(line.rstrip() for line in lines)


def _header(curves: _Curves, y_label: str, width: int, unicode: bool) -> list[str]:
    """The name of the vertical axis at the left and the legend at the right, or below it."""
    room = width // len(curves.series) - 5
    marks = ["⠒⠒" if unicode else _MARKS[0], *_MARKS[1:]]
    names = [_shorten(_clean(name, unicode), room, unicode) for name in curves.series]
    legend = "   ".join(f"{mark} {name}" for mark, name in zip(marks, names, strict=False))
    title = _clean(y_label, unicode) + (" (log scale)" if curves.log else "")
    space = width - _columns(title) - _columns(legend)
    if space >= 2:
        return [title + " " * space + legend]
    return [_shorten(title, width, unicode), _right(legend, width)]


@final
class ProgressBar:
    """One line that shows how far a loop has come, with the time left.

    On a terminal the line is redrawn in place, at most 20 times a second. On any other stream
    nothing is written until `close`, which writes one line. With stream=None, sys.stderr as it is
    then; where that is None too (pythonw), or the stream is closed, nothing is written at all.

    >>> with ProgressBar(3, sys.stdout, label="training") as bar:
    ...     for epoch in range(3):
    ...         bar.update(epoch + 1, f"loss {0.5 ** epoch:.2f}")
    training  3/3  100%  0:00  loss 0.25
    """

    def __init__(self, total: int, stream: TextIO | None = None, label: str = "") -> None:
        if total < 0:
            raise ValueError(f"total is {total}, expected 0 or more")
        self._stream = sys.stderr if stream is None else stream
        self._unicode = supports_unicode(self._stream)
        self._terminal = _is_terminal(self._stream)
        self._label = _clean(label, self._unicode)
        self._text = ""
        self._total, self._done = total, 0
        self._started = time.monotonic()
        self._drawn = -math.inf
        self._used = 0  # columns of the line now on the terminal
        self._open = True

    def update(self, done: int, text: str = "") -> None:
        """Show that `done` of the total is done; `text`, such as the loss, ends the line."""
        self._done, self._text = done, _clean(text, self._unicode)
        if self._open and self._terminal and time.monotonic() - self._drawn >= 0.05:
            self._drawn = time.monotonic()
            self._write("")

    def close(self) -> None:
        """Write the final line; a second call does nothing."""
        if self._open:
            self._open = False
            self._write("\n")

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _line(self) -> str:
        elapsed = time.monotonic() - self._started
        share = min(max(self._done / self._total, 0.0), 1.0) if self._total else 1.0
        count = f"{self._done:{len(str(self._total))}d}/{self._total}"
        clock = _clock(elapsed)
        if self._open and 0 < share < 1:
            clock = _clock(elapsed * (1 - share) / share) + " left"
        parts = [self._label, "", count, f"{math.floor(100 * share):3d}%", clock, self._text]
        line = "  ".join(filter(None, parts))
        if not self._terminal:
            return line
        width = _terminal_width(self._stream) - 1  # a full last column wraps on some terminals
        room = min(width - _columns(line) - 2, 30)
        if room >= 5:
            full, empty = "█░" if self._unicode else "#-"
            parts[1] = (full * math.floor(share * room)).ljust(room, empty)
            line = "  ".join(filter(None, parts))
        return _shorten(line, width, self._unicode)

    def _write(self, end: str) -> None:
        line = self._line()
        blank = " " * (self._used - _columns(line))  # over the rest of a longer line before
        self._used = _columns(line)
        try:
            if self._stream is not None:
                self._stream.write(("\r" if self._terminal else "") + line + blank + end)
                self._stream.flush()
        except (OSError, ValueError):  # closed or broken: training matters more than its bar
            self._stream = None


def _terminal_width(stream: TextIO | None) -> int:
    try:
        if stream is not None and "COLUMNS" not in os.environ:
            return os.get_terminal_size(stream.fileno()).columns or 80
    except (AttributeError, OSError, ValueError):
        pass
    return shutil.get_terminal_size().columns


def _clock(seconds: float) -> str:
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


# --- tables for the terminal ----------------------------------------------------------------------


def _confusion(
    true_labels: Sequence[int | str],
    predicted_labels: Sequence[int | str],
    class_names: Sequence[str],
) -> list[list[int]]:
    """counts[truth][prediction], from class numbers (from 0) or class names."""
    if len(true_labels) != len(predicted_labels) or len(true_labels) == 0:
        raise ValueError(
            f"there are {len(true_labels)} true and {len(predicted_labels)} predicted labels, "
            "expected equally many, at least one"
        )
    numbers: dict[int | str, int] = {name: i for i, name in enumerate(class_names)}
    numbers.update((i, i) for i in range(len(class_names)))
    counts = [[0] * len(class_names) for _ in class_names]
    known = f"a class name or a number from 0 to {len(class_names) - 1}"
    cells = []
    for kind, labels in (("true", true_labels), ("predicted", predicted_labels)):
        for i, label in enumerate(labels):
            if label not in numbers:
                raise ValueError(f"{kind}_labels: entry {i} is {label!r}, expected {known}")
        cells.append([numbers[label] for label in labels])
    for truth, prediction in zip(*cells, strict=True):
        counts[truth][prediction] += 1
    return counts


def _percent(part: int, whole: int) -> str:
    """One decimal, rounded down, so that only a perfect score reads 100.0%."""
    return f"{1000 * part // whole / 10:.1f}%" if whole else "-"


def confusion_table(
    true_labels: Sequence[int | str],
    predicted_labels: Sequence[int | str],
    class_names: Sequence[str],
    *,
    width: int = 80,
    unicode: bool | None = None,
) -> str:
    """Count predictions by class: a row for each true class, a column for each predicted one.

    Labels are class numbers from 0 or class names. Recall is the share of a class that was found,
    rounded down. Names are shortened to fit the table into `width` columns; with so many classes
    that the counts themselves need more, the table is wider.

    Raises ValueError for label lists of different lengths or none, and for an unknown label.

    >>> print(confusion_table([0, 0, 1, 1], [0, 0, 1, 0], ["no", "yes"], unicode=False))
    truth \\ predicted   no  yes  total  recall
                   no    2    .      2  100.0%
                  yes    1    1      2   50.0%
                total    3    1      4
             accuracy  3 of 4 = 75.0%
    """
    unicode = supports_unicode(sys.stdout) if unicode is None else unicode
    counts = _confusion(true_labels, predicted_labels, class_names)
    names = [_clean(name, unicode) for name in class_names]
    longest = max(map(_columns, names))
    heading = "truth \\ predicted"
    digits = len(str(len(true_labels)))
    first = max(len(heading), min(longest, 20))
    room = (width - first - max(digits, 5) - 2 - 8) // len(names) - 2
    column = max(digits, min(longest, 12, room))
    gap = "  " if room >= digits else " "
    names, heads = _heads(names, first, column, unicode)

    def line(name: str, cells: Sequence[str], total: str, recall: str) -> str:
        texts = [_right(name, first), *(_right(cell, column) for cell in cells)]
        return (gap.join(texts) + f"  {total:>{max(digits, 5)}}  {recall:>6}").rstrip()

    zero = "·" if unicode else "."
    lines = [line(heading, heads, "total", "recall")]
    for i, (name, row) in enumerate(zip(names, counts, strict=True)):
        recall = _percent(row[i], sum(row))
        lines.append(line(name, [str(n) if n else zero for n in row], str(sum(row)), recall))
    sums = [str(sum(found)) for found in zip(*counts, strict=True)]
    lines.append(line("total", sums, str(len(true_labels)), ""))
    lines.append(_right("accuracy", first) + gap + _accuracy(counts))
    return "\n".join(lines)


def _heads(
    names: list[str], row: int, column: int, unicode: bool = True
) -> tuple[list[str], list[str]]:
    """Names for rows and columns, of at most so many characters; numbered if cut too short."""
    heads = [_shorten(name, column, unicode) for name in names]
    if len(set(heads)) < len(names):
        heads = [str(i) for i in range(len(names))]
        names = [f"{i} {name}" for i, name in enumerate(names)]
    return [_shorten(name, row, unicode) for name in names], heads


def _accuracy(counts: list[list[int]]) -> str:
    right, total = sum(row[i] for i, row in enumerate(counts)), sum(map(sum, counts))
    return f"{right} of {total} = {_percent(right, total)}"


def prediction_table(
    inputs: Sequence[Sequence[float]],
    targets: Sequence[Sequence[float]],
    outputs: Sequence[Sequence[float]],
    *,
    input_names: Sequence[str] | None = None,
    decimals: int = 4,
    max_rows: int = 20,
    unicode: bool | None = None,
) -> str:
    """Set inputs, targets and outputs side by side, one row for each sample.

    Each argument is a list of rows; numbers are rounded to `decimals`. After `max_rows` rows a
    last line tells how many are left out. Raises ValueError for lists of different lengths, none
    at all, or rows of different lengths within a list.

    >>> xor = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> outputs = [[0.0213], [0.9791], [0.98], [0.0187]]
    >>> print(prediction_table(xor, [[0], [1], [1], [0]], outputs))
    x0  x1  target  output
     0   0       0  0.0213
     0   1       1  0.9791
     1   0       1  0.9800
     1   1       0  0.0187
    """
    unicode = supports_unicode(sys.stdout) if unicode is None else unicode
    if not len(inputs) == len(targets) == len(outputs) or not inputs:
        raise ValueError(
            f"there are {len(inputs)} inputs, {len(targets)} targets and {len(outputs)} outputs, "
            "expected equally many, at least one"
        )
    names = list(input_names or [f"x{j}" for j in range(len(inputs[0]))])
    if len(names) != len(inputs[0]):
        raise ValueError(f"input_names has {len(names)} names, expected {len(inputs[0])}")
    columns: list[list[str]] = []
    for kind, rows in (("input", inputs), ("target", targets), ("output", outputs)):
        size = len(rows[0])
        for i, row in enumerate(rows):
            if len(row) != size:
                raise ValueError(f"{kind}s: row {i} has {len(row)} numbers, expected {size}")
        heads = names if kind == "input" else [f"{kind}{j}" for j in range(size)]
        for j, head in enumerate(heads if size > 1 or kind == "input" else [kind]):
            shown = [round(float(row[j]), decimals) + 0.0 for row in rows[:max_rows]]  # no -0.0
            head = _shorten(_clean(head, unicode), 16, unicode)
            columns.append([head, *_labels(shown, decimals)])
    widths = [max(map(_columns, column)) for column in columns]
    lines = ["  ".join(map(_right, row, widths)) for row in zip(*columns, strict=True)]
    if len(inputs) > max_rows:
        lines.append(f"({len(inputs) - max_rows} more rows)")
    return "\n".join(lines)


# --- pictures -------------------------------------------------------------------------------------

_COLOURS = (  # selector, property, light, dark
    (".back", "fill", "#ffffff", "#0d1117"),
    ("text", "fill", "#1f2328", "#e6edf3"),
    (".soft", "fill", "#59636e", "#9198a1"),
    (".grid", "stroke", "#d8dee4", "#2a313c"),
    (".axis", "stroke", "#59636e", "#9198a1"),
    (".s0", "stroke", "#0969da", "#58a6ff"),
    (".s1", "stroke", "#bc4c00", "#f0883e"),
    (".s2", "stroke", "#1a7f37", "#3fb950"),
    (".s3", "stroke", "#8250df", "#bc8cff"),
    (".c0", "fill", "#f6f8fa", "#161b22"),
    (".c1", "fill", "#ddf4ff", "#0c2d6b"),
    (".c2", "fill", "#b6e3ff", "#0d419d"),
    (".c3", "fill", "#80ccff", "#1158c7"),
    (".c4", "fill", "#0969da", "#79c0ff"),
    (".c5", "fill", "#0a3069", "#cae8ff"),
    (".on4", "fill", "#ffffff", "#0d1117"),  # counts written on the cells .c4 and .c5
    (".on5", "fill", "#ffffff", "#0d1117"),
)
_DASHES = ("", "7 4", "2 4", "10 4 2 4")


def _svg(width: float, height: float, title: str, description: str, body: Sequence[str]) -> str:
    """A picture that stands alone, in light or dark as its reader's browser is."""

    def rules(scheme: int) -> str:
        return "".join(f".purenet {row[0]}{{{row[1]}:{row[scheme]}}}" for row in _COLOURS)

    dashes = "".join(f".purenet .s{k}{{stroke-dasharray:{d}}}" for k, d in enumerate(_DASHES) if d)
    size = f'width="{width}" height="{height}"'
    style = (
        ".purenet text{font:13px system-ui,sans-serif}.purenet .title{font-size:16px;"
        "font-weight:600}.purenet .end{text-anchor:end}.purenet .middle{text-anchor:middle}"
        ".purenet .line{fill:none;stroke-width:2;stroke-linejoin:round}"
        f".purenet .thin{{stroke-width:1}}{dashes}{rules(2)}"
        f"@media (prefers-color-scheme:dark){{{rules(3)}}}"
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {size} '
        f'role="img" class="purenet">\n<title>{escape(_clean(title))}</title>\n'
        f"<desc>{escape(_clean(description))}</desc>\n<style>{style}</style>\n"
        f'<rect class="back" {size} rx="6"/>'
    )
    return "\n".join([head, *body, "</svg>\n"])


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(text)}</text>'


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
    labels = _labels(found, alike=not curves.log)
    margin = 0.04 * (scale(high) - scale(low))
    floor, ceiling = scale(low) - (margin if low else 0.0), scale(high) + margin
    digits = len(str(first + curves.length))
    left, right = 24 + 8 * max(map(len, labels)), width - 16 - 4 * digits
    top, bottom = 74, height - 54

    def to_x(i: int) -> float:
        return left + (right - left) * curves.share(i)

    def to_y(value: float) -> float:
        return bottom - (bottom - top) * (scale(value) - floor) / (ceiling - floor)

    axis = _shorten(_clean(y_label), width // 20) + (" (log scale)" if curves.log else "")
    body = [
        _text(16, 28, _shorten(_clean(title), (width - 32) // 10), "title"),
        _text(16, 56, axis, "soft"),
        _text(
            (left + right) / 2, bottom + 40, _shorten(_clean(x_label), width // 8), "soft middle"
        ),
    ]
    for tick, label in zip(found, labels, strict=True):
        body.append(f'<path class="grid" d="M{left} {to_y(tick):.1f}H{right}"/>')
        body.append(_text(left - 8, to_y(tick) + 4.5, label, "soft end"))
    body.append(f'<path class="axis" d="M{left} {bottom}H{right}"/>')
    for i, text in curves.x_ticks(min(10, (right - left) // (8 * digits + 40))):
        body.append(f'<path class="axis" d="M{to_x(i):.1f} {bottom}v5"/>')
        body.append(_text(to_x(i), bottom + 20, text, "soft middle"))

    told, legend = list(curves.notes), float(right)  # the legend is laid out from the right
    room = int(((right - 24 - 8 * len(axis)) / len(curves.series) - 46) / 7.5)
    dense = " thin" if curves.length > 2 * (right - left) else ""
    for k, (name, values) in reversed(list(enumerate(curves.series.items()))):
        legend -= 7.5 * min(_columns(_clean(name)), room)
        body.append(_text(legend, 56, _shorten(_clean(name), room)))
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
    notes = [line for note in curves.notes for line in textwrap.wrap(_clean(note), width // 8)]
    body += [_text(16, height + 6 + 18 * k, note, "soft") for k, note in enumerate(notes)]
    told.insert(0, f"{axis} by {x_label}.")
    return _svg(width, height + 18 * len(notes), title, " ".join(told), body)


def confusion_table_svg(
    true_labels: Sequence[int | str],
    predicted_labels: Sequence[int | str],
    class_names: Sequence[str],
    *,
    title: str,
) -> str:
    """Draw the table of `confusion_table` as an SVG picture, each count on a cell shaded by it."""
    counts = _confusion(true_labels, predicted_labels, class_names)
    names, heads = _heads([_clean(name) for name in class_names], 20, 11)
    largest, total = max(map(max, counts)), str(len(true_labels))
    wide = max(44, 9 * len(total) + 12, 8 * max(map(_columns, heads)) + 12)
    left, top, high = 40 + 8 * max(5, *map(_columns, names)), 92, 36
    right, bottom = left + wide * len(names), top + high * len(names)
    width = max(right + 140, min(720, 48 + 10 * _columns(title)))
    accuracy = "accuracy " + _accuracy(counts)
    told = [f"Rows are true classes, columns predicted ones; {accuracy}."]
    body = [
        _text(16, 28, _shorten(_clean(title), (width - 32) // 10), "title"),
        _text((left + right) / 2, 58, "predicted", "soft middle"),
        _text(left - 12, 80, "truth", "soft end"),
        _text(right + 56, 80, "total", "soft end"),
        _text(right + 120, 80, "recall", "soft end"),
        _text(left - 12, bottom + 22.5, "total", "soft end"),
        _text(right + 56, bottom + 22.5, total, "end"),
        _text(16, bottom + 58, accuracy),
    ]
    for i, (name, row) in enumerate(zip(names, counts, strict=True)):
        x, y = left + wide * (i + 0.5), top + high * i + 22.5
        told.append(f"{name}: {row[i]} of {sum(row)} found.")
        body += [
            _text(x, 80, heads[i], "middle"),
            _text(left - 12, y, name, "end"),
            _text(right + 56, y, str(sum(row)), "end"),
            _text(right + 120, y, _percent(row[i], sum(row)), "end"),
            _text(x, bottom + 22.5, str(sum(other[i] for other in counts)), "middle"),
        ]
        for j, count in enumerate(row):
            shade = -(-5 * count // largest)  # 0 for none, up to 5
            x = left + wide * j
            place = f'x="{x + 1}" y="{y - 21.5}" width="{wide - 2}" height="{high - 2}"'
            body.append(f'<rect class="c{shade}" {place} rx="3"/>')
            kind = f"on{shade} middle" if count else "soft middle"
            body.append(_text(x + wide / 2, y, str(count) if count else "·", kind))
    return _svg(width, bottom + 76, title, " ".join(told), body)
