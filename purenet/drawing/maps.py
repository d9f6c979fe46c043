"""Images in the picture of a network: columns of small pictures, and a convolution's windows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..checks import counted
from .svg import svg_text

_MOST_MAPS = 4  # of more images the first ones are drawn, and how many there are
_MOST_CHANNELS = 3  # of a window
_SIDE = 56.0  # of a picture
_GAP = 12.0
_CELL = 6.0  # of a window
_BESIDE = 25.0  # from the middle of a unit to an arrow
_MOST_PIXELS = 32  # in a row; a picture of more has no lines between them


class ImageShape(NamedTuple):
    """How many images there are, and the pixels of each."""

    channels: int
    height: int
    width: int


class Filters(NamedTuple):
    """The weights of a convolution and what they are called, ``values[f][c][dy][dx]``."""

    symbol: str
    values: Any


def image_shape(shape: tuple[int, ...]) -> ImageShape | None:
    """Return a shape as that of images; None if it is another one."""
    return ImageShape(*shape) if len(shape) == 3 else None


def in_words(shape: ImageShape) -> str:
    """Return what images there are.

    >>> in_words(ImageShape(8, 6, 6))
    '8 images, 6 by 6'
    """
    return f"{counted(shape.channels, 'image')}, {shape.height} by {shape.width}"


def height_of_maps(shape: ImageShape) -> float:
    """Return how much room a column of pictures needs."""
    shown = min(shape.channels, _MOST_MAPS)
    rest = 24.0 if shown < shape.channels else 0.0
    return shown * (_sides(shape)[1] + _GAP) + rest


def reach(shape: ImageShape | None, filters: Filters | None) -> float:
    """Return how far the images of a column, or its units, reach to the side, windows included."""
    if shape is None:
        return _BESIDE
    return _sides(shape)[0] / 2 + 8.0 + (0.0 if filters is None else 8.0 + _width(filters))


def draw_maps(shape: ImageShape, x: float, middle: float, filters: Filters | None) -> list[str]:
    """Draw a column of images: grey pictures, each with the window that makes it beside it."""
    width, height = _sides(shape)
    shown = min(shape.channels, _MOST_MAPS)
    y = middle - height_of_maps(shape) / 2 + _GAP / 2
    largest = _largest(filters.values[:shown]) if filters is not None else 0.0
    parts = []
    for channel in range(shown):
        parts.append(_picture(shape, x - width / 2, y, channel))
        if filters is not None:
            windows = filters.values[channel][:_MOST_CHANNELS]
            wide = _width(filters)
            left = x - width / 2 - 8.0 - wide
            top = y + (height - len(windows[0]) * _CELL) / 2
            for number, window in enumerate(windows):
                name = f"{filters.symbol}[{channel}][{number}]"
                step = number * wide / len(windows)
                parts += _window(window, left + step, top, name, largest)
        y += height + _GAP
    if shown < shape.channels:
        text = f"\N{HORIZONTAL ELLIPSIS} {shape.channels}"
        parts.append(svg_text(x, y + 10.0, text, "soft middle"))
    return parts


def _width(filters: Filters) -> float:
    """Return how wide the windows of a filter are, side by side."""
    windows = filters.values[0][:_MOST_CHANNELS]
    wide: float = len(windows) * (len(windows[0][0]) * _CELL + 4.0)
    return wide


def _sides(shape: ImageShape) -> tuple[float, float]:
    """Return the width and the height of a picture."""
    longest = max(shape.height, shape.width)
    return _SIDE * shape.width / longest, _SIDE * shape.height / longest


def _picture(shape: ImageShape, left: float, top: float, channel: int) -> str:
    width, height = _sides(shape)
    place = f'x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"'
    lines = ""
    if max(shape.height, shape.width) <= _MOST_PIXELS:
        for row in range(1, shape.height):
            lines += f"M{left:.1f} {top + height * row / shape.height:.1f}h{width:.1f}"
        for column in range(1, shape.width):
            lines += f"M{left + width * column / shape.width:.1f} {top:.1f}v{height:.1f}"
    title = f"<title>image {channel}: {shape.height} by {shape.width}</title>"
    grid = f'<path class="grid" fill="none" d="{lines}"/>' if lines else ""
    return f'<rect class="c0" {place}/>{grid}<rect class="axis" fill="none" {place}>{title}</rect>'


def _window(
    window: Sequence[Sequence[float]], left: float, top: float, name: str, largest: float
) -> list[str]:
    """Draw the weights of a window: blue or orange by their sign, the stronger the larger."""
    parts = []
    for dy, row in enumerate(window):
        for dx, weight in enumerate(row):
            place = f"M{left + dx * _CELL:.1f} {top + (dy + 0.5) * _CELL:.1f}h{_CELL:.1f}"
            kind, strength = "s3", 1.0
            if math.isfinite(weight):
                kind = "s1" if weight < 0.0 else "s0"
                strength = abs(weight) / largest if largest > 0.0 else 0.0
            parts.append(
                f'<path class="{kind}" stroke-width="{_CELL:.0f}" stroke-opacity="{strength:.2f}" '
                f'd="{place}"><title>{name}[{dy}][{dx}] = {float(weight)!r}</title></path>'
            )
    height, width = len(window) * _CELL, len(window[0]) * _CELL
    parts.append(
        f'<rect class="grid" fill="none" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}"/>'
    )
    return parts


def _largest(values: Any) -> float:
    """Return the size of the largest finite number in nested lists."""
    if hasattr(values, "__len__"):
        return max(map(_largest, values), default=0.0)
    return abs(values) if math.isfinite(values) else 0.0
