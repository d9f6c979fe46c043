"""Matrices of a training step in aligned columns, also those that are just being computed."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Any

from ... import charts
from ...checks import counted
from ...network import Network
from ..notation import element_name
from .frames import Frames
from .matrices import Matrices
from .positions import FILLINGS, Locator

WIDTH = 80

_MOST_ROWS = 12  # a matrix with more rows is folded


MEANINGS = {
    "x": "inputs",
    "y": "targets",
    "W": "weights",
    "b": "biases",
    "z": "weighted sums",
    "a": "activations",
    "loss": "loss of each sample, before the division",
}

_DERIVATIVES = {
    "da": "dL/da{layer}",
    "slope": "da{layer}/dz{layer}",
    "delta": "dL/dz{layer}",
    "dW": "dL/dW{layer}",
    "db": "dL/db{layer}",
}


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
        self.updated: set[str] = set()  # the parameters that the update has reached
        self._net = net
        self._samples = samples
        self._matrices = matrices
        self._frames = frames
        self._locator = locator
        self._unicode = unicode

    def partial(self, name: str) -> Any | None:
        """Return the rows of a matrix that is just being computed, the unfinished one last."""
        for frame in self._frames.chain(self._frames.running):
            if self._locator.made_by(frame) == name:
                filling = FILLINGS[frame.f_code]
                values = self._frames.local(frame).get(filling.result)
                row = self._frames.local(frame).get(f"{filling.result}_row")
                if type(values) is not list or type(row) is not list:
                    return values
                return values if values and values[-1] is row else [*values, row]
        return None

    def value(self, name: str) -> Any | None:
        partial = self.partial(name)
        if partial is not None:
            return partial
        return self._matrices.values.get(name)

    def numbers_at(self, name: str, index: Sequence[int]) -> str | None:
        value = self.value(name)
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
        for ending in ("^T", ""):
            if ending and name.endswith(ending):
                rows, columns = self.shape(name[: -len(ending)])
                return columns, rows
        if name in ("x", "y"):
            values = self._matrices.values[name]
            return len(values), len(values[0])
        if name == "loss":
            return (self._samples,)
        layer = self._net.layers[int(re.sub(r".*\D", "", name)) - 1]
        kind = kind_of(name)
        if kind in ("W", "dW"):
            return layer.inputs, layer.outputs
        if kind in ("b", "db"):
            return (layer.outputs,)
        return self._samples, layer.outputs

    def table(self, name: str) -> str:
        """Write a matrix in aligned columns, rounded if it must be, folded if it is large."""
        values = self.value(name)
        shape = self.shape(name)
        return self.drawn(name, values if type(values) is list else [], shape)

    def _state(self, name: str) -> str:
        """Say of weights and biases whether the update has reached them."""
        if name in self.updated:
            return ", updated"
        frame = self._frames.running
        position = None if frame is None else self._locator.position(frame)
        if position is not None and position.phase == "update" and position.matrix is not None:
            if position.matrix == name:
                return ", being updated"
            if position.matrix == f"b{name[1:]}":  # the weights come first
                return ", updated"
        return ""

    def drawn(self, name: str, values: list[Any], shape: tuple[int, ...]) -> str:
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
        texts = charts._labels(numbers, 6)
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
        derivative = derivative_of(name)
        head = f"{name} = {derivative}" if derivative else name
        head += f", {size}{self._state(name)}"
        if len(numbers) < height * width:
            head += f", {len(numbers)} of {height * width} so far"
        lines = [f"{head}:" if exact else f"{head} ({about} rounded):"]
        header = "".join((dots if n is None else str(n)).rjust(cell) for n in columns)
        lines.append(" " * margin + header)
        for label, row in zip(labels, rows, strict=True):
            cells = "".join(shown(row, column).rjust(cell) for column in columns)
            lines.append(label.rjust(margin) + cells)
        return "\n".join(lines)


def kind_of(name: str) -> str:
    """Return the letters of a matrix's name: W of W1, z of x.W1, dW of dW2."""
    if "." in name:
        return "z"
    return re.sub(r"\d+(\^T)?$", "", name)


def derivative_of(name: str) -> str | None:
    """Return which derivative a matrix holds, for example dL/dW1 for dW1."""
    pattern = _DERIVATIVES.get(kind_of(name))
    return None if pattern is None else pattern.format(layer=re.sub(r"\D", "", name))


def _ends(count: int, most: int) -> list[int | None]:
    """Return the numbers 0 to ``count - 1``, and None for those in the middle if there are more."""
    if count <= most:
        return list(range(count))
    last = 2 if most > 6 else 1
    return [*range(max(most - last - 1, 1)), None, *range(count - last, count)]
