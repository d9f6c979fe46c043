"""Pictures of networks, as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..checks import as_number, counted, shown
from .maps import Filters, ImageShape, draw_maps, height_of_maps, image_shape, in_words, reach
from .svg import svg_picture, svg_text
from .text import clean, column_count, shorten

_MOST_UNITS = 10  # a layer with more is elided: the first ones, its size, the last two
_MOST_LABELLED = 5  # weights are written on their lines up to so many inputs of a layer
_GAP = 110.0  # the least distance between two columns
_RADIUS = 17.0
_LETTER = 7.5  # the width of one, about
_SYMBOLS = {"weights": "W", "biases": "b"}  # the field's letters; other parameters keep their names

_STYLE = (
    "<style>.purenet .small{font-size:12px}"
    ".purenet .zero{stroke-width:1}.purenet .s3.nan{stroke-dasharray:1 4;stroke-linecap:round}"
    ".purenet .halo{opacity:.85}</style>"
)


class LayerNumbers(NamedTuple):
    """What is drawn of a layer.

    inputs, outputs: its numbers of inputs and units.
    activation: stands below its name.
    input_shape, output_shape: (channels, height, width) where they are images.
    kind: the name of its kind, of a layer that is not dense.
    parameters: nested lists of numbers by name.  The first with ``inputs`` rows of ``outputs``
        numbers is drawn as lines, the first with a number for each unit as rings.
    """

    inputs: int
    outputs: int
    activation: str
    parameters: Mapping[str, Any]
    input_shape: tuple[int, ...] = ()
    output_shape: tuple[int, ...] = ()
    kind: str = ""


class _Parameter(NamedTuple):
    """A parameter, its name in formulas, its numbers and their shape."""

    name: str
    symbol: str
    values: Any
    shape: tuple[int, ...]


class _Layer(NamedTuple):
    """A layer with its parameters told apart: drawn as lines, as rings, not drawn."""

    number: int
    inputs: int
    outputs: int
    activation: str
    lines: _Parameter | None
    rings: _Parameter | None
    rest: list[_Parameter]
    images: ImageShape | None
    kind: str

    @property
    def filters(self) -> _Parameter | None:
        """The weights of a convolution, a window for each filter and channel."""
        found = [parameter for parameter in self.rest if len(parameter.shape) == 4]
        return found[0] if found else None


class _Unit(NamedTuple):
    """A unit that is drawn: its number and its place."""

    number: int
    x: float
    y: float


def network_svg(
    layers: Sequence[LayerNumbers],
    loss: str,
    *,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    width: int = 720,
    title: str | None = None,
) -> str:
    """Draw a network: units as circles, weights as lines between them.

    A line is as thick as its weight is large; a negative weight is dashed and of another colour, so
    that neither has to be told by colour alone.  The ring of a unit shows its bias in the same way.
    In small networks the numbers are written beside; hovering over a line or a unit shows them in
    any network.  Of a wide layer only the first and the last units are drawn, with their number.
    Weights that are NaN or infinite are dotted.  Where a layer has no such weights, an arrow leads
    from column to column.

    loss: its name, for the description.
    input_names, output_names: stand beside the first and the last column; x[0] and so on without.
    width: in pixels, at least 320; a network of many layers gets a wider picture.
    title: stands above the picture; the numbers of units by default.

    Raises ValueError if width is too small, or for another number of names than of units;
    TypeError for a width that is no number, and a title that is no text.

    >>> weights = {"weights": [[0.5, -1.0], [2.0, 0.25]], "biases": [0.0, -0.75]}
    >>> network_svg([LayerNumbers(2, 2, "tanh", weights)], "mean_squared_error").partition(" ")[0]
    '<svg'
    """
    if as_number(width, "width") < 320:
        raise ValueError(f"width: found {width}, expected 320 or more")
    drawn = [_told_apart(number, layer) for number, layer in enumerate(layers, 1)]
    sizes = [drawn[0].inputs, *(layer.outputs for layer in drawn)]
    if title is None:
        title = "-".join(map(str, sizes)) + " network"
    elif not isinstance(title, str):
        raise TypeError(f"title: found {shown(title)}, expected a text")
    before = _names(input_names, "input_names", "x", sizes[0])
    after = _names(output_names, "output_names", f"a{len(drawn)}", sizes[-1])
    left = 34 + _LETTER * max(map(column_count, before))
    right = 34 + _LETTER * max(map(column_count, after))
    gap = max((width - left - right) / len(drawn), _GAP)
    full = round(left + right + gap * len(drawn))

    spacing = max([46.0, *(_label_spacing(layer, gap) for layer in drawn)])
    images = [image_shape(layers[0].input_shape), *(layer.images for layer in drawn)]
    places = [
        [] if image is not None else _shown(size) for size, image in zip(sizes, images, strict=True)
    ]
    room = [height_of_maps(image) / spacing for image in images if image is not None]
    tallest = max([*map(len, places), *map(math.ceil, room)])
    top, bottom = 112.0, 112.0 + spacing * tallest
    columns = []
    for kept in places:
        first = (top + bottom - spacing * (len(kept) - 1)) / 2
        columns.append([(unit, first + spacing * row) for row, unit in enumerate(kept)])
    xs = [left + gap * number for number in range(len(sizes))]

    largest = _largest(drawn)
    lines: list[tuple[float, str]] = []
    labels: list[str] = []
    units: list[str] = []
    for layer in drawn:
        sources = _units(columns[layer.number - 1], xs[layer.number - 1])
        targets = _units(columns[layer.number], xs[layer.number])
        if layer.lines is None or not sources or not targets:
            before_it = reach(images[layer.number - 1], None)
            at_it = reach(layer.images, _filters(drawn, layer.number))
            start, end = xs[layer.number - 1] + before_it, xs[layer.number] - at_it
            lines.append((0.0, _arrow(start, end, (top + bottom) / 2)))
        else:
            share = 0.0
            if _label_spacing(layer, gap) > 0:
                share = 1.0 - 15.0 / spacing if len(sources) > 1 else 0.6
            for source in sources:
                for target in targets:
                    weight = float(layer.lines.values[source.number][target.number])
                    name = f"{layer.lines.symbol}[{source.number}][{target.number}]"
                    lines.append((_size(weight), _line(source, target, weight, largest, name)))
                    if share:
                        labels += _label(source, target, share, weight)
        units += _layer(layer, targets, largest)
    units += [_input(unit) for unit in _units(columns[0], xs[0])]
    for column, x, size in zip(columns, xs, sizes, strict=True):
        units += [
            svg_text(x, y + 4.5, f"\N{HORIZONTAL ELLIPSIS} {size}", "soft middle")
            for unit, y in column
            if unit is None
        ]
    for number, image in enumerate(images):
        if image is not None:
            units += draw_maps(image, xs[number], (top + bottom) / 2, _filters(drawn, number))
    units += _names_beside(columns[0], before, xs[0] - _RADIUS - 8, "end")
    units += _names_beside(columns[-1], after, xs[-1] + _RADIUS + 8, "")

    body = [
        _STYLE,
        svg_text(16, 28, shorten(clean(title), full // 10), "title"),
    ]
    body += _headings(drawn, images[0], xs, gap, bottom)
    body += [line for _, line in sorted(lines, key=lambda pair: pair[0])]
    body += units + labels
    legend, height = _legend(drawn, largest, bottom + 58, full)
    body += legend
    return svg_picture(full, round(height), title, _description(drawn, loss), body)


# --- parameters -----------------------------------------------------------------------------------


def _told_apart(number: int, layer: LayerNumbers) -> _Layer:
    """Tell a layer's parameters apart by their shapes."""
    lines = rings = None
    rest = []
    for name, values in layer.parameters.items():
        if values is None:
            continue
        shape = _shape(values)
        parameter = _Parameter(name, f"{_SYMBOLS.get(name, name)}{number}", values, shape)
        if lines is None and shape == (layer.inputs, layer.outputs):
            lines = parameter
        elif rings is None and shape == (layer.outputs,):
            rings = parameter
        else:
            rest.append(parameter)
    images = image_shape(layer.output_shape)
    return _Layer(
        number,
        layer.inputs,
        layer.outputs,
        layer.activation,
        lines,
        rings,
        rest,
        images,
        layer.kind,
    )


def _filters(layers: Sequence[_Layer], column: int) -> Filters | None:
    """The windows that make the images of a column; None if no convolution makes them."""
    found = layers[column - 1].filters if column > 0 else None
    return None if found is None else Filters(found.symbol, found.values)


def _shape(values: Any) -> tuple[int, ...]:
    shape = []
    while hasattr(values, "__len__"):
        shape.append(len(values))
        values = values[0]
    return tuple(shape)


def _numbers(values: Any) -> Iterator[float]:
    """Every number of a parameter, row by row."""
    for value in values:
        if hasattr(value, "__len__"):
            yield from _numbers(value)
        else:
            yield value


def _drawn_numbers(layers: Sequence[_Layer]) -> Iterator[float]:
    for layer in layers:
        for parameter in (layer.lines, layer.rings):
            if parameter is not None:
                yield from _numbers(parameter.values)


# --- places ---------------------------------------------------------------------------------------


def _shown(size: int) -> list[int | None]:
    """The units of a layer that are drawn, from above; None stands for those left out."""
    if size <= _MOST_UNITS:
        return list(range(size))
    return [*range(_MOST_UNITS - 3), None, size - 2, size - 1]


def _units(column: Sequence[tuple[int | None, float]], x: float) -> list[_Unit]:
    return [_Unit(unit, x, y) for unit, y in column if unit is not None]


def _label_spacing(layer: _Layer, gap: float) -> float:
    """The distance between units that leaves room for the weights' numbers; 0 if there is none.

    A number stands 15 pixels below the one before, close to the unit that its line leads to; the
    numbers of neighbouring units must not meet.
    """
    if layer.inputs > _MOST_LABELLED or layer.outputs > _MOST_LABELLED or gap < 150:
        return 0.0
    if layer.lines is None:
        return 0.0
    if layer.outputs == 1:
        return 46.0
    return 15.0 * (layer.inputs + 1) + 6.0


# --- parts ----------------------------------------------------------------------------------------


def _size(value: float) -> float:
    """The size of a weight for ordering and for widths; NaN and infinity count as the largest."""
    return abs(value) if math.isfinite(value) else math.inf


def _largest(layers: Sequence[_Layer]) -> float:
    largest = 0.0
    for value in _drawn_numbers(layers):
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


def _arrow(start: float, end: float, y: float) -> str:
    return f'<path class="axis" fill="none" d="M{start:.1f} {y:.1f}H{end:.1f}l-7 -5m7 5l-7 5"/>'


def _label(source: _Unit, target: _Unit, share: float, weight: float) -> list[str]:
    x = source.x + share * (target.x - source.x)
    y = source.y + share * (target.y - source.y)
    text = short_number(weight)
    wide = 6.8 * len(text) + 2
    place = f'x="{x - wide / 2:.1f}" y="{y - 7:.1f}" width="{wide:.1f}" height="14"'
    return [
        f'<rect class="back halo" {place} rx="3"/>',
        svg_text(x, y + 4.2, text, "small middle"),
    ]


def _layer(layer: _Layer, units: Sequence[_Unit], largest: float) -> list[str]:
    parts = []
    for unit in units:
        bias = None if layer.rings is None else float(layer.rings.values[unit.number])
        name = f"layer {layer.number}, unit {unit.number}: {layer.activation}"
        ring = 'class="axis"'
        if layer.rings is not None and bias is not None:
            name += f", {layer.rings.symbol}[{unit.number}] = {bias!r}"
            ring = _stroke(bias, largest) if bias else ring
        place = f'cx="{unit.x:.1f}" cy="{unit.y:.1f}"'
        parts.append(f'<circle class="c0" {place} r="{_RADIUS}"/>')
        parts.append(
            f'<circle {ring} fill="none" {place} r="{_RADIUS}"><title>{name}</title></circle>'
        )
        if bias is not None:
            parts.append(svg_text(unit.x, unit.y + 4.2, short_number(bias), "small middle"))
    return parts


def _input(unit: _Unit) -> str:
    place = f'cx="{unit.x:.1f}" cy="{unit.y:.1f}" r="6"'
    return f'<circle class="c0 axis" {place}><title>x[{unit.number}]</title></circle>'


def _names(names: Sequence[str] | None, argument: str, symbol: str, count: int) -> list[str]:
    """What stands beside a column: names if there are any, the numbers' own otherwise."""
    if names is None:
        names = [f"{symbol}[{number}]" for number in range(count)]
    if len(names) != count:
        raise ValueError(f"{argument}: found {len(names)}, expected {count}")
    return [shorten(clean(name), 20) for name in names]


def _names_beside(
    column: Sequence[tuple[int | None, float]], names: Sequence[str], x: float, kind: str
) -> list[str]:
    return [svg_text(x, y + 4.5, names[unit], kind) for unit, y in column if unit is not None]


def _headings(
    layers: Sequence[_Layer],
    image: ImageShape | None,
    xs: Sequence[float],
    gap: float,
    bottom: float,
) -> list[str]:
    """What stands above each column, and below what leads to it."""
    parts = [
        svg_text(xs[0], 62, "inputs", "middle"),
        svg_text(xs[0], 80, in_words(image) if image else str(layers[0].inputs), "soft middle"),
    ]
    for number, layer in enumerate(layers, 1):
        parts += [
            svg_text(xs[number], 62, f"layer {number}", "middle"),
            svg_text(xs[number], 80, _size_in_words(layer), "soft middle"),
            svg_text(xs[number], 97, _does_in_words(layer), "soft middle"),
        ]
        between = layer.lines or next(iter(layer.rest), None)
        if between is not None:
            middle = xs[number] - gap / 2
            low, high = _range(between)
            shape = f"{between.symbol}: {' by '.join(map(str, between.shape))}"
            span = f"{short_number(low)} to {short_number(high)}" if low == low else "contains nan"
            parts += [
                svg_text(middle, bottom + 14, shape, "small soft middle"),
                svg_text(middle, bottom + 30, span, "small soft middle"),
            ]
    return parts


def _does_in_words(layer: _Layer) -> str:
    """What a layer does: its activation function, its kind, or both."""
    if not layer.kind:
        return layer.activation
    return layer.kind if layer.activation == "linear" else f"{layer.kind}, {layer.activation}"


def _size_in_words(layer: _Layer) -> str:
    return counted(layer.outputs, "unit") if layer.images is None else in_words(layer.images)


def _range(parameter: _Parameter) -> tuple[float, float]:
    """The smallest and the largest number; NaN if one is NaN."""
    low, high = math.inf, -math.inf
    for value in _numbers(parameter.values):
        if value != value:
            return math.nan, math.nan
        low, high = min(low, value), max(high, value)
    return low, high


def _legend(
    layers: Sequence[_Layer], largest: float, y: float, width: int
) -> tuple[list[str], float]:
    """The meaning of lines and rings, in as many rows as it needs, and where it ends."""
    entries = [
        ('class="s0" stroke-width="3"', "positive weight"),
        ('class="s1" stroke-width="3"', "negative weight"),
    ]
    if not all(map(math.isfinite, _drawn_numbers(layers))):
        entries.append(('class="s3 nan" stroke-width="3"', "NaN or infinite"))
    parts = []
    x = 16.0
    for stroke, text in entries:
        if x > 16.0 and x + 40 + _LETTER * len(text) > width:
            x, y = 16.0, y + 18
        parts.append(f'<path {stroke} d="M{x:.1f} {y - 4.5:.1f}h28"/>')
        parts.append(svg_text(x + 36, y, text, "soft"))
        x += 36 + _LETTER * len(text) + 18
    words = f"thicker is larger, up to {short_number(largest)}"
    rings = {layer.rings.name for layer in layers if layer.rings is not None}
    if rings:
        words += f"; rings and the numbers in them are {', '.join(sorted(rings))}"
    if x > 16.0 and x + _LETTER * len(words) > width:
        x, y = 16.0, y + 18
    parts.append(svg_text(x, y, words, "soft"))
    return parts, y + 18


def _description(layers: Sequence[_Layer], loss: str) -> str:
    parts = [f"{counted(layers[0].inputs, 'input')}."]
    for layer in layers:
        units = _size_in_words(layer)
        named = [each.name for each in (layer.rings, *layer.rest) if each is not None]
        has_biases = layer.rings is not None or "biases" in named
        rings = (
            f"with {layer.rings.name if layer.rings else 'biases'}" if has_biases else "no biases"
        )
        text = f"Layer {layer.number}: {units}, {_does_in_words(layer)}, {rings}"
        for parameter in (layer.lines, *layer.rest):
            if parameter is not None:
                low, high = _range(parameter)
                text += f", {parameter.name} from {low:.4g} to {high:.4g}"
        parts.append(f"{text}.")
    parts.append(f"Loss: {loss}.")
    return " ".join(parts)


def short_number(value: float) -> str:
    """Write a number with two or three decimals, or an exponent where those would say nothing."""
    if value == 0.0 or not math.isfinite(value):
        return "0" if value == 0.0 else str(value)
    if 0.095 <= abs(value) < 999.5:
        return f"{value:.2f}"
    if 0.0005 <= abs(value) < 0.095:
        return f"{value:.3f}"
    return f"{value:.0e}".replace("+", "").replace("e-0", "e-").replace("e0", "e")
