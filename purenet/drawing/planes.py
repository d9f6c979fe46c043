"""What a network answers in the plane of two inputs, with the samples in it, as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .axes import ticks
from .svg import svg_picture, svg_text
from .text import clean, number_labels, shorten

_SIDE = 300.0
_LEFT, _TOP = 56.0, 56.0
_WIDTH, _HEIGHT = 420, 410
_LEVELS = 5
_TOLD = 5  # answers are written at so many places across and down


class Mark(NamedTuple):
    """A sample: where it lies, the number of its class, and whether it is a chosen one."""

    x: float
    y: float
    kind: int
    chosen: bool


def plane_svg(
    values: Sequence[Sequence[float]],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    marks: Sequence[Mark],
    labels: Sequence[str],
    *,
    classes: bool,
) -> str:
    """Draw the answers of a network as a background, and samples as marks by their class.

    values: a row for each height, the lowest first; the cells divide both ranges evenly.
    labels: of both axes.
    classes: whether the values are numbers of classes; otherwise the line is drawn where an output
        crosses 0.5.

    >>> plane_svg([[0.1, 0.9]], (0, 1), (0, 1), [Mark(0.2, 0.5, 0, True)], "xy", classes=False)[:4]
    '<svg'
    """
    rows, columns = len(values), len(values[0])
    wide, high = _SIDE / columns, _SIDE / rows

    def corner(row: float, column: float) -> tuple[float, float]:
        return _LEFT + column * wide, _TOP + _SIDE - row * high

    body = [svg_text(16, 24, "What the network answers", "title")]
    for i, row in enumerate(values):
        start = 0
        levels = [_level(value, classes) for value in row]
        for j in range(1, columns + 1):
            if j < columns and levels[j] == levels[start]:
                continue
            x, y = corner(i + 1, start)
            size = f'width="{(j - start) * wide + 0.3:.1f}" height="{high + 0.3:.1f}"'
            body.append(f'<rect class="c{levels[start]}" x="{x:.1f}" y="{y:.1f}" {size}/>')
            start = j
    body.append(
        f'<path class="axis" fill="none" stroke-width="2" d="{_border(values, corner, classes)}"/>'
    )
    step_down, step_across = max(1, rows // _TOLD), max(1, columns // _TOLD)
    for i in range(step_down // 2, rows, step_down):
        for j in range(step_across // 2, columns, step_across):
            value = values[i][j]
            x, y = corner(i + 0.5, j + 0.5)
            text = f"{value:.0f}" if classes or not math.isfinite(value) else f"{value:.2f}"
            body.append(svg_text(x, y + 4, text, f"middle on{_level(value, classes)}"))
    ends = (x_range, _LEFT, _SIDE), (y_range, _TOP + _SIDE, -_SIDE)
    places = []
    for axis, ((low, upper), begin, length) in enumerate(ends):
        found = ticks(low, upper, 5)
        for tick, label in zip(found, number_labels(found, alike=True), strict=True):
            at = begin + length * (tick - low) / (upper - low)
            if axis:
                body.append(svg_text(_LEFT - 6, at + 4, label, "soft end"))
            else:
                body.append(svg_text(at, _TOP + _SIDE + 18, label, "soft middle"))
        places.append((low, upper, begin, length))
    name = shorten(clean(labels[0]), 40)
    body.append(svg_text(_LEFT + _SIDE / 2, _TOP + _SIDE + 38, name, "soft middle"))
    body.append(svg_text(_LEFT, _TOP - 8, shorten(clean(labels[1]), 40), "soft"))
    for mark in sorted(marks, key=lambda mark: mark.chosen):
        x, y = (
            begin + length * (value - low) / (upper - low)
            for value, (low, upper, begin, length) in zip(mark[:2], places, strict=True)
        )
        body += _drawn(mark, x, y)
    kinds = sorted({mark.kind for mark in marks})
    for line, kind in enumerate(kinds[:12]):
        x, y = _LEFT + _SIDE + 16, _TOP + 12 + 22 * line
        body += [*_drawn(Mark(0, 0, kind, False), x, y), svg_text(x + 11, y + 4, f"{kind}")]
    told = f"{len(marks)} samples in the plane of {labels[0]} and {labels[1]}, by their class."
    return svg_picture(_WIDTH, _HEIGHT, "What the network answers", told, body)


def _level(value: float, classes: bool) -> int:
    """Return the number of a shade."""
    if not math.isfinite(value):
        return 0
    if classes:
        return int(value) % _LEVELS
    return min(_LEVELS - 1, max(0, int(value * _LEVELS)))


def _border(
    values: Sequence[Sequence[float]],
    corner: Callable[[float, float], tuple[float, float]],
    classes: bool,
) -> str:
    """Return the line between the cells whose answers differ."""
    side = [[value if classes else value >= 0.5 for value in row] for row in values]
    path = ""
    for i, row in enumerate(side):
        for j, answer in enumerate(row):
            if j and answer != row[j - 1]:
                (x, y0), (_, y1) = corner(i, j), corner(i + 1, j)
                path += f"M{x:.1f} {y0:.1f}V{y1:.1f}"
            if i and answer != side[i - 1][j]:
                (x0, y), (x1, _) = corner(i, j), corner(i, j + 1)
                path += f"M{x0:.1f} {y:.1f}H{x1:.1f}"
    return path


def _drawn(mark: Mark, x: float, y: float) -> list[str]:
    """Draw a mark: circle, square, triangle and diamond, then the number of the class."""
    ring = (
        [f'<circle class="s2" fill="none" stroke-width="3" cx="{x:.1f}" cy="{y:.1f}" r="11"/>']
        if mark.chosen
        else []
    )
    if mark.kind > 3:
        return [*ring, svg_text(x, y + 4, str(mark.kind), "middle")]
    path = (
        f"M{x - 5:.1f} {y:.1f}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z",
        f"M{x - 5:.1f} {y - 5:.1f}h10v10h-10Z",
        f"M{x:.1f} {y - 6:.1f}l6 11h-12Z",
        f"M{x:.1f} {y - 7:.1f}l7 7l-7 7l-7 -7Z",
    )[mark.kind]
    return [*ring, f'<path class="c0 axis" d="{path}"/>']
