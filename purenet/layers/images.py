"""Images in flat rows: folded and unfolded, and the windows that convolution and pooling move over.

A row of numbers holds an image channel by channel, and each channel row by row: the number at
``image[c][y][x]`` stands at ``c * height * width + y * width + x``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..checks import as_count, counted, shown
from ..matrix import Matrix
from .layer import MOST_UNITS

Image = list[Matrix]  # image[c][y][x]


def folded(row: Sequence[float], channels: int, height: int, width: int) -> Image:
    """Return the image that a row holds.

    >>> folded([1.0, 2.0, 3.0, 4.0], 1, 2, 2)
    [[[1.0, 2.0], [3.0, 4.0]]]
    """
    image = []
    place = 0
    for _ in range(channels):
        channel = []
        for _ in range(height):
            channel.append(list(row[place : place + width]))
            place += width
        image.append(channel)
    return image


def unfolded(image: Image) -> list[float]:
    """Return the row that holds an image."""
    row = []
    for channel in image:
        for image_row in channel:
            row.extend(image_row)
    return row


def blank(channels: int, height: int, width: int) -> Image:
    """Return an image of zeros."""
    return [[[0.0] * width for _ in range(height)] for _ in range(channels)]


class Padding(NamedTuple):
    """How many zeros there are around an image."""

    top: int
    bottom: int
    left: int
    right: int


NO_PADDING = Padding(0, 0, 0, 0)


def padded(image: Image, padding: Padding) -> Image:
    """Return an image with zeros around it.

    >>> padded([[[5.0]]], Padding(0, 1, 1, 0))
    [[[0.0, 5.0], [0.0, 0.0]]]
    """
    if not any(padding):
        return image
    top, bottom, left, right = padding
    wide = left + len(image[0][0]) + right
    result = []
    for channel in image:
        rows = [[0.0] * wide for _ in range(top)]
        for row in channel:
            rows.append([0.0] * left + row + [0.0] * right)
        rows.extend([0.0] * wide for _ in range(bottom))
        result.append(rows)
    return result


# What is said about shapes and windows.


def as_image_shape(value: Any, argument: str) -> tuple[int, int, int]:
    """Return the shape of an image, or raise ValueError or TypeError."""
    expected = "(channels, height, width)"
    if not isinstance(value, (tuple, list)):
        raise TypeError(f"{argument}: found {shown(value)}, expected {expected}")
    if len(value) != 3:
        raise ValueError(f"{argument}: found {shown(value)}, expected {expected}")
    names = ("channels", "height", "width")
    sizes = [as_count(size, f"{argument}: {name}") for size, name in zip(value, names, strict=True)]
    return sizes[0], sizes[1], sizes[2]


def as_pair(value: Any, argument: str, *, least: int = 1) -> tuple[int, int]:
    """Return a number or a pair as (vertical, horizontal), or raise ValueError or TypeError."""
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise ValueError(
                f"{argument}: found {shown(value)}, expected a number, "
                f"or a pair (vertical, horizontal)"
            )
        return _as_side(value[0], argument, least), _as_side(value[1], argument, least)
    number = _as_side(value, argument, least)
    return number, number


def _as_side(value: Any, argument: str, least: int) -> int:
    number = as_count(value, argument, least=least)
    most = MOST_UNITS if number > MOST_UNITS else None  # as nobody means it, nobody is told of it
    return as_count(number, argument, least=least, most=most)


def image_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Return the shape of what the layer before gives, or raise ValueError if it is no image."""
    if len(shape) != 3:
        raise ValueError(f"found {counted(math.prod(shape), 'number')}, expected images")
    channels, height, width = shape
    return channels, height, width


def places_on_image(
    height: int,
    width: int,
    size: tuple[int, int],
    stride: tuple[int, int],
    padding: Padding = NO_PADDING,
) -> tuple[int, int]:
    """Return in how many rows and columns a window can stand, or raise ValueError if in none.

    >>> places_on_image(8, 6, (3, 3), (1, 1))
    (6, 4)
    """
    whole = padding.top + height + padding.bottom, padding.left + width + padding.right
    if size[0] > whole[0] or size[1] > whole[1]:
        around = f", {by(whole)} with the padding" if any(padding) else ""
        raise ValueError(
            f"size: found {by(size)}, expected no more than the images, "
            f"which are {by((height, width))}{around}"
        )
    return places(whole[0], size[0], stride[0]), places(whole[1], size[1], stride[1])


def places(length: int, window: int, stride: int) -> int:
    """Return at how many places a window can stand; what is left over at the end is left out.

    >>> places(8, 3, 1), places(8, 3, 2)
    (6, 3)
    """
    return (length - window) // stride + 1


def same_padding(length: int, window: int, stride: int) -> tuple[int, int]:
    """Return the zeros before and behind that make one place out of each ``stride`` numbers.

    >>> same_padding(8, 3, 1), same_padding(8, 2, 1)
    ((1, 1), (0, 1))
    """
    wanted = (length + stride - 1) // stride
    zeros = max((wanted - 1) * stride + window - length, 0)
    return zeros // 2, zeros - zeros // 2


def short(pair: Sequence[int]) -> Any:
    """Return a pair as it is written in an argument: as one number if both are the same."""
    return pair[0] if pair[0] == pair[1] else tuple(pair)


def by(pair: Sequence[int]) -> str:
    """Return a size as text: ``3 by 3``."""
    return f"{pair[0]} by {pair[1]}"
