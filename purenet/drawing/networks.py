"""Pictures of a network and of its training, as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..checks import counted
from .curves import line_chart_svg
from .svg import svg_picture, svg_text
from .text import clean, column_count, shorten

if TYPE_CHECKING:
    from ..history import History
    from ..layers import Dense
    from ..network import Network

_MOST_UNITS = 10  # a layer with more is elided: the first ones, its size, the last two
_MOST_LABELLED = 5  # weights are written on their lines up to so many inputs of a layer
_GAP = 110.0  # the least distance between two columns
_RADIUS = 17.0
_LETTER = 7.5  # the width of one, about

_STYLE = (
    "<style>.purenet .small{font-size:12px}"
    ".purenet .zero{stroke-width:1}.purenet .s3.nan{stroke-dasharray:1 4;stroke-linecap:round}"
    ".purenet .halo{opacity:.85}</style>"
)


class _Unit(NamedTuple):
    """A unit that is drawn: its number and its place."""

    number: int
    x: float
    y: float


def network_svg(net: Network, *, width: int = 720, title: str | None = None) -> str:
    """Draw a network: units as circles, weights as lines between them.

    A line is as thick as its weight is large; a negative weight is dashed and of another colour, so
    that neither has to be told by colour alone.  The ring of a unit shows its bias in the same way.
    In small networks the numbers are written beside; hovering over a line or a unit shows them in
    any network.  Of a wide layer only the first and the last units are drawn, with their number.
    Weights that are NaN or infinite are dotted.

    width: in pixels, at least 320; a network of many layers gets a wider picture.
    title: stands above the picture; the numbers of units by default.

    Raises ValueError if width is too small.

    >>> from purenet import Dense, Network
    >>> network_svg(Network([Dense(3, 4), Dense(4, 1)], seed=1)).partition(" ")[0]
    '<svg'
    """
    if width < 320:
        raise ValueError(f"width: found {width}, expected 320 or more")
    sizes = [net.inputs, *(layer.outputs for layer in net.layers)]
    if title is None:
        title = "-".join(map(str, sizes)) + " network"
    before, after = _names(net)
    left = 34 + _LETTER * max(map(column_count, before))
    right = 34 + _LETTER * max(map(column_count, after))
    gap = max((width - left - right) / len(net.layers), _GAP)
    full = round(left + right + gap * len(net.layers))

    spacing = max([46.0, *(_label_spacing(layer, gap) for layer in net.layers)])
    places = [_shown(size) for size in sizes]
    tallest = max(map(len, places))
    top, bottom = 112.0, 112.0 + spacing * tallest
    columns = []
    for shown in places:
        first = (top + bottom - spacing * (len(shown) - 1)) / 2
        columns.append([(unit, first + spacing * row) for row, unit in enumerate(shown)])
    xs = [left + gap * number for number in range(len(sizes))]

    largest = _largest(net)
    lines: list[tuple[float, str]] = []
    labels: list[str] = []
    units: list[str] = []
    for number, layer in enumerate(net.layers, 1):
        sources = _units(columns[number - 1], xs[number - 1])
        targets = _units(columns[number], xs[number])
        labelled = _label_spacing(layer, gap) > 0
        for source in sources:
            for target in targets:
                weight = float(layer.weights[source.number][target.number])
                name = f"W{number}[{source.number}][{target.number}]"
                lines.append((_size(weight), _line(source, target, weight, largest, name)))
                if labelled:
                    share = 1.0 - 15.0 / spacing if len(sources) > 1 else 0.6
                    labels += _label(source, target, share, weight)
        units += _layer(layer, number, targets, largest)
    units += [_input(unit) for unit in _units(columns[0], xs[0])]
    for column, x, size in zip(columns, xs, sizes, strict=True):
        units += [
            svg_text(x, y + 4.5, f"\N{HORIZONTAL ELLIPSIS} {size}", "soft middle")
            for unit, y in column
            if unit is None
        ]
    units += _names_beside(columns[0], before, xs[0] - _RADIUS - 8, "end")
    units += _names_beside(columns[-1], after, xs[-1] + _RADIUS + 8, "")

    body = [
        _STYLE,
        svg_text(16, 28, shorten(clean(title), full // 10), "title"),
    ]
    body += _headings(net, xs, gap, bottom)
    body += [line for _, line in sorted(lines, key=lambda pair: pair[0])]
    body += units + labels
    legend, height = _legend(net, largest, bottom + 58, full)
    body += legend
    return svg_picture(full, round(height), title, _description(net), body)


def history_svg(history: History, *, title: str = "Training") -> str:
    """Draw the losses of a training run: of the training samples and, if there is, of validation.

    Raises ValueError for a history without an epoch.
    """
    series = {"training": history.loss}
    if history.validation_loss:
        series["validation"] = history.validation_loss
    return line_chart_svg(series, title=title)


# --- places ---------------------------------------------------------------------------------------


def _shown(size: int) -> list[int | None]:
    """The units of a layer that are drawn, from above; None stands for those left out."""
    if size <= _MOST_UNITS:
        return list(range(size))
    return [*range(_MOST_UNITS - 3), None, size - 2, size - 1]


def _units(column: Sequence[tuple[int | None, float]], x: float) -> list[_Unit]:
    return [_Unit(unit, x, y) for unit, y in column if unit is not None]


def _label_spacing(layer: Dense, gap: float) -> float:
    """The distance between units that leaves room for the weights' numbers; 0 if there is none.

    A number stands 15 pixels below the one before, close to the unit that its line leads to; the
    numbers of neighbouring units must not meet.
    """
    if layer.inputs > _MOST_LABELLED or layer.outputs > _MOST_LABELLED or gap < 150:
        return 0.0
    if layer.outputs == 1:
        return 46.0
    return 15.0 * (layer.inputs + 1) + 6.0


# --- parts ----------------------------------------------------------------------------------------


def _size(value: float) -> float:
    """The size of a weight for ordering and for widths; NaN and infinity count as the largest."""
    return abs(value) if math.isfinite(value) else math.inf


def _largest(net: Network) -> float:
    largest = 0.0
    for layer in net.layers:
        for row in (*layer.weights, layer.biases or ()):
            for value in row:
                if math.isfinite(value) and abs(value) > largest:
                    largest = abs(value)
    return largest


def _stroke(value: float, largest: float) -> str:
    """The attributes of a line or a ring that shows a number."""
    if not math.isfinite(value):
        return 'class="s3 nan" stroke-width="3"'
    if value == 0.0 or largest == 0.0:
        return 'class="grid zero"'
    kind = "s0" if value > 0.0 else "s1"
    return f'class="{kind}" stroke-width="{0.6 + 4.4 * (abs(value) / largest):.2f}"'


def _line(source: _Unit, target: _Unit, weight: float, largest: float, name: str) -> str:
    place = f'x1="{source.x:.1f}" y1="{source.y:.1f}" x2="{target.x:.1f}" y2="{target.y:.1f}"'
    return f"<line {_stroke(weight, largest)} {place}><title>{name} = {weight!r}</title></line>"


def _label(source: _Unit, target: _Unit, share: float, weight: float) -> list[str]:
    x = source.x + share * (target.x - source.x)
    y = source.y + share * (target.y - source.y)
    text = _short(weight)
    wide = 6.8 * len(text) + 2
    place = f'x="{x - wide / 2:.1f}" y="{y - 7:.1f}" width="{wide:.1f}" height="14"'
    return [
        f'<rect class="back halo" {place} rx="3"/>',
        svg_text(x, y + 4.2, text, "small middle"),
    ]


def _layer(layer: Dense, number: int, units: Sequence[_Unit], largest: float) -> list[str]:
    parts = []
    for unit in units:
        bias = None if layer.biases is None else float(layer.biases[unit.number])
        name = f"layer {number}, unit {unit.number}: {layer.activation}"
        ring = 'class="axis"'
        if bias is not None:
            name += f", b{number}[{unit.number}] = {bias!r}"
            ring = _stroke(bias, largest) if bias else ring
        place = f'cx="{unit.x:.1f}" cy="{unit.y:.1f}"'
        parts.append(f'<circle class="c0" {place} r="{_RADIUS}"/>')
        parts.append(
            f'<circle {ring} fill="none" {place} r="{_RADIUS}"><title>{name}</title></circle>'
        )
        if bias is not None:
            parts.append(svg_text(unit.x, unit.y + 4.2, _short(bias), "small middle"))
    return parts


def _input(unit: _Unit) -> str:
    place = f'cx="{unit.x:.1f}" cy="{unit.y:.1f}" r="6"'
    return f'<circle class="c0 axis" {place}><title>x[{unit.number}]</title></circle>'


def _names(net: Network) -> tuple[list[str], list[str]]:
    """What stands beside the inputs and the outputs: names of columns and classes, if known."""
    before = [f"x[{number}]" for number in range(net.inputs)]
    after = [f"a{len(net.layers)}[{number}]" for number in range(net.outputs)]
    preparation = net.preparation
    if preparation is not None:
        before = list(preparation.columns)
        after = [preparation.target]
        if net.outputs > 1:
            after = list(preparation.classes or after)
    return (
        [shorten(clean(name), 20) for name in before],
        [shorten(clean(name), 20) for name in after],
    )


def _names_beside(
    column: Sequence[tuple[int | None, float]], names: Sequence[str], x: float, kind: str
) -> list[str]:
    return [svg_text(x, y + 4.5, names[unit], kind) for unit, y in column if unit is not None]


def _headings(net: Network, xs: Sequence[float], gap: float, bottom: float) -> list[str]:
    """What stands above each column, and below each bundle of lines."""
    parts = [
        svg_text(xs[0], 62, "inputs", "middle"),
        svg_text(xs[0], 80, str(net.inputs), "soft middle"),
    ]
    for number, layer in enumerate(net.layers, 1):
        middle = xs[number] - gap / 2
        shape = f"W{number}: {layer.inputs} by {layer.outputs}"
        low, high = _range(layer)
        span = f"{_short(low)} to {_short(high)}" if low == low else "contains nan"
        parts += [
            svg_text(xs[number], 62, f"layer {number}", "middle"),
            svg_text(xs[number], 80, counted(layer.outputs, "unit"), "soft middle"),
            svg_text(xs[number], 97, layer.activation, "soft middle"),
            svg_text(middle, bottom + 14, shape, "small soft middle"),
            svg_text(middle, bottom + 30, span, "small soft middle"),
        ]
    return parts


def _range(layer: Dense) -> tuple[float, float]:
    """The smallest and the largest weight; NaN if one is NaN."""
    low, high = math.inf, -math.inf
    for row in layer.weights:
        for value in row:
            if value != value:
                return math.nan, math.nan
            low, high = min(low, value), max(high, value)
    return low, high


def _legend(net: Network, largest: float, y: float, width: int) -> tuple[list[str], float]:
    """The meaning of lines and rings, in as many rows as it needs, and where it ends."""
    entries = [
        ('class="s0" stroke-width="3"', "positive weight"),
        ('class="s1" stroke-width="3"', "negative weight"),
    ]
    values = [
        value
        for layer in net.layers
        for row in (*layer.weights, layer.biases or ())
        for value in row
    ]
    if not all(map(math.isfinite, values)):
        entries.append(('class="s3 nan" stroke-width="3"', "NaN or infinite"))
    parts = []
    x = 16.0
    for stroke, text in entries:
        if x > 16.0 and x + 40 + _LETTER * len(text) > width:
            x, y = 16.0, y + 18
        parts.append(f'<path {stroke} d="M{x:.1f} {y - 4.5:.1f}h28"/>')
        parts.append(svg_text(x + 36, y, text, "soft"))
        x += 36 + _LETTER * len(text) + 18
    words = f"thicker is larger, up to {_short(largest)}"
    if any(layer.biases is not None for layer in net.layers):
        words += "; rings and the numbers in them are biases"
    if x > 16.0 and x + _LETTER * len(words) > width:
        x, y = 16.0, y + 18
    parts.append(svg_text(x, y, words, "soft"))
    return parts, y + 18


def _description(net: Network) -> str:
    parts = [f"{counted(net.inputs, 'input')}."]
    for number, layer in enumerate(net.layers, 1):
        low, high = _range(layer)
        biases = "no biases" if layer.biases is None else "with biases"
        units = counted(layer.outputs, "unit")
        parts.append(
            f"Layer {number}: {units}, {layer.activation}, {biases}, "
            f"weights from {low:.4g} to {high:.4g}."
        )
    parts.append(f"Loss: {net.loss}.")
    return " ".join(parts)


def _short(value: float) -> str:
    """Write a number with two or three decimals, or an exponent where those would say nothing."""
    if value == 0.0 or not math.isfinite(value):
        return "0" if value == 0.0 else str(value)
    if 0.095 <= abs(value) < 999.5:
        return f"{value:.2f}"
    if 0.0005 <= abs(value) < 0.095:
        return f"{value:.3f}"
    return f"{value:.0e}".replace("+", "").replace("e-0", "e-").replace("e0", "e")
