"""The pictures of a served page: the loss so far, and what the network answers in the plane."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ...answers import class_of
from ...drawing.curves import line_chart_svg
from ...drawing.planes import Mark, plane_svg
from ...matrix import Matrix
from ...network import Network

_CELLS = 40  # of the plane, across and down
_MOST_MARKS = 300


def loss_picture(losses: Sequence[float]) -> str:
    """Return the curve of the loss as SVG; entry n is the loss after n epochs."""
    if len(losses) < 2:
        return ""
    return _bare(line_chart_svg({"loss": losses}, title="Loss", first=0, width=420, height=260))


def plane_picture(
    network: Network,
    inputs: Matrix,
    targets: Matrix,
    chosen: Sequence[int] | None,
    names: Sequence[str],
    pair: tuple[int, int] | None = None,
) -> str:
    """Return what the network answers for two inputs as SVG; "" if there are not two alone.

    names: of all inputs.
    pair: the numbers of the two; if not given those that vary, where it is two that do.

    The others keep the values that they have most often together.
    """
    if pair is None:
        varying = [k for k in range(len(inputs[0])) if len({row[k] for row in inputs}) > 1]
        if len(varying) != 2:
            return ""
        pair = varying[0], varying[1]
    if any(len({row[k] for row in inputs}) < 2 for k in pair):
        return ""
    others = [k for k in range(len(inputs[0])) if k not in pair]
    usual, _ = Counter(tuple(row[k] for k in others) for row in inputs).most_common(1)[0]
    base = list(inputs[0])
    for k, value in zip(others, usual, strict=True):
        base[k] = value
    across, down = pair
    ranges = []
    for k in pair:
        low, high = min(row[k] for row in inputs), max(row[k] for row in inputs)
        ranges.append((low - 0.2 * (high - low), high + 0.2 * (high - low)))
    grid = []
    for i in range(_CELLS):
        for j in range(_CELLS):
            row = list(base)
            for k, place, (low, high) in zip((across, down), (j, i), ranges, strict=True):
                row[k] = low + (high - low) * (place + 0.5) / _CELLS
            grid.append(row)
    outputs = network.predict(grid)
    several = network.outputs > 1
    values = [float(class_of(row)) if several else row[0] for row in outputs]
    rows = [values[i : i + _CELLS] for i in range(0, len(values), _CELLS)]
    shown = [*range(min(len(inputs), _MOST_MARKS)), *(chosen or [])]
    classes = [class_of(row) if several or row[0] in (0.0, 1.0) else 0 for row in targets]
    marks = [
        Mark(inputs[n][across], inputs[n][down], classes[n], n in (chosen or []))
        for n in dict.fromkeys(shown)
    ]
    labels = [names[k] for k in pair]
    return _bare(plane_svg(rows, ranges[0], ranges[1], marks, labels, classes=several))


def _bare(picture: str) -> str:
    """Return a picture without its style sheet: the page has one for both of its themes."""
    return re.sub(r"<style>.*?</style>\n?", "", picture, flags=re.DOTALL)
