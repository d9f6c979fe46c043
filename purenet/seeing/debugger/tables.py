"""Matrices of a training step in aligned columns, also those that are just being computed."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any

from ...checks import counted
from ...drawing.text import number_labels
from ...network import Network
from ..folding import Folding
from ..notation import element_name
from ..step import ROLES
from .frames import Frames
from .matrices import Matrices
from .positions import FILLINGS, Filling, Locator

WIDTH = 80

_MOST_ROWS = 12  # a matrix with more rows is folded
_MOST_PLATES = 4  # of more images the first ones are shown


class Tables:
    """Draws the matrices of a training step."""

    def __init__(
        self,
        net: Network,
        samples: int,
        matrices: Matrices,
        frames: Frames,
        locator: Locator,
        unicode: bool,
    ) -> None:
        self._sizes = {"sample": samples, "output": net.outputs}
        self._layers = net.layers
        self._matrices = matrices
        self._frames = frames
        self._locator = locator
        self._unicode = unicode

    def partial(self, name: str) -> Any | None:
        """Return the rows of a matrix that is just being computed, the unfinished one last."""
        if self._matrices.is_updating(name):
            return self._matrices.value(name)
        for frame in self._frames.chain(self._frames.running):
            if self._locator.made_by(frame) == name:
                filling = FILLINGS[frame.f_code]
                if filling.levels:
                    return self._nested(frame, filling)
                values = self._frames.local(frame).get(filling.result)
                row = self._frames.local(frame).get(f"{filling.result}_row")
                if type(values) is not list or type(row) is not list:
                    return values
                return values if values and values[-1] is row else [*values, row]
        return None

    def _nested(self, frame: FrameType, filling: Filling) -> list[Any]:
        """Return what there is of images or filters: their numbers in rows, the last unfinished."""
        local = self._frames.local(frame)
        numbers: list[float] = []
        for level in (filling.result, *filling.levels):
            # The last level is part of the one before as soon as it is finished.
            values = local.get(level)
            if type(values) is list and not _is_last_of(local, filling, level):
                numbers += flattened(values)
        if filling.outer is None:
            return [numbers]
        caller = frame.f_back
        rows = [] if caller is None else self._frames.local(caller).get(filling.result)
        return [*(rows if type(rows) is list else []), numbers]

    def value(self, name: str) -> Any | None:
        """Return what there is of a matrix, also while it is being computed; None if nothing."""
        partial = self.partial(name)
        return self._matrices.value(name) if partial is None else partial

    def numbers_at(self, name: str, index: Sequence[int]) -> str | None:
        """Return the number or the row at an index, written out; None if it is not computed yet."""
        value = self.value(name)
        folding = self._matrices.folding(name)
        if folding is not None and len(index) == len(folding.shape):
            numbers = flattened(value) if type(value) is list else []
            number = folding.number(index)
            is_there = all(map(int.__lt__, index, folding.shape)) and number < len(numbers)
            return f"{element_name(name, index)} = {numbers[number]!r}" if is_there else None
        for number in index:
            if type(value) is not list or number >= len(value):
                return None
            value = value[number]
        if type(value) not in (float, list):
            return None
        text = f"{element_name(name, index)} = {value!r}"
        return "\n".join(textwrap.wrap(text, WIDTH, subsequent_indent="    "))

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape that a matrix has when it is finished."""
        if name.endswith("^T"):
            rows, *others = self.shape(name[:-2])
            return math.prod(others), rows
        if "." in name:  # a product without biases has the shape of the weighted sums
            name = f"z{name.rpartition('W')[2]}"
        folding = self._matrices.folding(name)
        if folding is not None:
            return folding.shape
        role, number, parameter = self._matrices.named[name]
        layer = self._layers[number or 0]
        if parameter in layer.PARAMETERS:
            return layer.shape(parameter) or ()
        if parameter:  # a setting, or what the optimizer remembers
            return _shape_of(self._matrices.values[name])
        sizes = {**self._sizes, "input": layer.inputs, "unit": layer.outputs}
        return tuple(sizes[axis] for axis in ROLES[role].axes)

    def title(self, name: str) -> str:
        """Return what a matrix is in words."""
        if name.endswith("^T"):
            return "transposed"
        if "." in name:
            return "weighted sums without biases"
        return self._matrices.named[name].title

    def table(self, name: str) -> str:
        """Write a matrix in aligned columns, rounded if it must be, folded if it is large."""
        values = self.value(name)
        shape = self.shape(name)
        if not shape:
            return f"{name} = {values!r}"
        if len(shape) > 2:
            return self._plates(name, flattened(values) if type(values) is list else [], shape)
        return self.drawn(name, values if type(values) is list else [], shape)

    def _plates(self, name: str, numbers: list[float], shape: tuple[int, ...]) -> str:
        """Write images, filters or sequences: a table for each channel, as many as are readable."""
        count = math.prod(shape)
        head = f"{name}, {' by '.join(map(str, shape))}"
        if not numbers:
            return f"{head}: not whole yet"
        if len(numbers) < count:
            head += f", {len(numbers)} of {count} so far"
        height, width = shape[-2:]
        folding = Folding(shape, ("",) * len(shape))
        lines = [f"{head}:"]
        starts = range(0, count, height * width)
        for start in starts[:_MOST_PLATES]:
            plate = numbers[start : start + height * width]
            rows = [plate[row : row + width] for row in range(0, len(plate), width)]
            lines.append(
                self.drawn(element_name(name, folding.place(start)[:-2]), rows, shape[-2:])
            )
        if len(starts) > _MOST_PLATES:
            last = element_name(name, folding.place(starts[_MOST_PLATES])[:-2])
            dots = "…" if self._unicode else "..."
            lines.append(f"{dots} {len(starts) - _MOST_PLATES} more, from {last} on: show {last}")
        return "\n".join(lines)

    def drawn(self, name: str, values: list[Any], shape: tuple[int, ...]) -> str:
        """Write nested lists as a table; what is missing of the shape stands as a dot."""
        matrix_rows = values if len(shape) == 2 else [values]
        height = shape[0] if len(shape) == 2 else 1
        width = shape[-1]
        missing, dots, about = ("·", "…", "≈") if self._unicode else (".", "...", "~")

        numbers = [value for row in matrix_rows for value in row]
        rows = _ends(height, _MOST_ROWS)
        labels = [
            "" if len(shape) == 1 else dots if number is None else str(number) for number in rows
        ]
        margin = max(map(len, labels)) + 2
        texts = number_labels(numbers, 6)
        pairs = zip(numbers, texts, strict=True)
        exact = all(float(text) == value or value != value for value, text in pairs)
        cell = 2 + max(map(len, [*texts, str(width - 1), dots]))
        columns = _ends(width, max((WIDTH - margin) // cell, 2))
        written = iter(texts)
        grid = [[next(written) for _ in row] for row in matrix_rows]

        def shown(row: int | None, column: int | None) -> str:
            if row is None or column is None:
                return dots
            known = row < len(grid) and column < len(grid[row])
            return grid[row][column] if known else missing

        size = " by ".join(map(str, shape)) if len(shape) == 2 else counted(shape[0], "number")
        head = f"{name} = {name.replace('delta', 'dL/dz')}" if name.startswith("delta") else name
        head += f", {size}"
        if len(numbers) < height * width:
            head += f", {len(numbers)} of {height * width} so far"
        lines = [f"{head}:" if exact else f"{head} ({about} rounded):"]
        header = "".join((dots if n is None else str(n)).rjust(cell) for n in columns)
        lines.append(" " * margin + header)
        for label, row in zip(labels, rows, strict=True):
            cells = "".join(shown(row, column).rjust(cell) for column in columns)
            lines.append(label.rjust(margin) + cells)
        return "\n".join(lines)


def flattened(values: list[Any]) -> list[float]:
    """Return the numbers of nested lists, row by row."""
    if values and type(values[0]) is list:
        return [number for item in values for number in flattened(item)]
    return values


def _is_last_of(local: Mapping[str, Any], filling: Filling, level: str) -> bool:
    """Return whether the list of a level is already in that of the level above."""
    levels = (filling.result, *filling.levels)
    place = levels.index(level)
    above = local.get(levels[place - 1]) if place else None
    return type(above) is list and bool(above) and above[-1] is local[level]


def _shape_of(values: Any) -> tuple[int, ...]:
    return (len(values), *_shape_of(values[0])) if type(values) is list else ()


def _ends(count: int, most: int) -> list[int | None]:
    """Return the numbers 0 to ``count - 1``, and None for those in the middle if there are more."""
    if count <= most:
        return list(range(count))
    last = 2 if most > 6 else 1
    return [*range(max(most - last - 1, 1)), None, *range(count - last, count)]
