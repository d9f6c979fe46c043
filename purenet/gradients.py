"""A check of backprop: compare every gradient with what the loss really does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from .checks import as_number, as_size, shown
from .given import Inputs, Targets
from .network import Network

T = TypeVar("T")

# The activations whose slope jumps where z is 0.
WITH_CORNERS = ("relu", "leaky_relu")

# A larger error may be that of a measurement across a corner; smaller ones are common.
COMMON_ERROR = 1e-9


class GradientEntry(NamedTuple):
    """One parameter's gradient, from backprop and measured.

    layer, kind, place: where it is: in ``getattr(net.layers[layer], kind)`` at this place, a number
        for each list to go down.
    error: ``|backprop - measured|`` divided by the larger of the two, or by the smallest difference
        that can be measured at all where both are smaller.
    corner: True where the two differ, and the step takes a unit across the corner of relu or
        leaky_relu.  The slope jumps there, so that what is measured is none.
    """

    layer: int
    kind: str
    place: tuple[int, ...]
    backprop: float
    measured: float
    error: float
    corner: bool = False

    @property
    def row(self) -> int | None:
        """The row of a weight; None for a bias."""
        return self.place[0] if len(self.place) > 1 else None

    @property
    def column(self) -> int:
        """The place in the innermost list: the column of a weight, the number of a bias."""
        return self.place[-1]

    @property
    def name(self) -> str:
        """The parameter as it is written in Python, for example ``layers[0].weights[2][1]``."""
        places = "".join(f"[{number}]" for number in self.place)
        return f"layers[{self.layer}].{self.kind}{places}"


class GradientCheck(NamedTuple):
    """The result of ``check_gradients``: all entries; ``worst`` has the largest error."""

    entries: list[GradientEntry]

    @property
    def worst(self) -> GradientEntry:
        """The entry with the largest error; one at a corner only if all are."""
        entries = [entry for entry in self.entries if not entry.corner] or self.entries
        worst = entries[0]
        for entry in entries:
            # A NaN is worse than anything, and no comparison with it holds.
            if worst.error == worst.error and not entry.error <= worst.error:
                worst = entry
        return worst

    @property
    def corners(self) -> int:
        """The number of entries at a corner, which nothing can be said about."""
        return [entry.corner for entry in self.entries].count(True)

    def passed(self, tolerance: float = 1e-6) -> bool:
        """Return whether no error is larger than ``tolerance``, but for entries at a corner."""
        most = as_size(tolerance, "tolerance")
        worst = self.worst
        return worst.corner or worst.error <= most

    def _repr_html_(self) -> str:
        rows = []
        for kind in dict.fromkeys((entry.layer, entry.kind) for entry in self.entries):
            group = GradientCheck([e for e in self.entries if (e.layer, e.kind) == kind])
            worst = group.worst
            error = "at a corner" if worst.corner else f"{worst.error:.2g}"
            cells = [worst.name, worst.backprop, worst.measured, error]
            if self.corners:
                cells.append(group.corners)
            rows.append("".join(f"<td>{cell}</td>" for cell in cells))
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        titles = ["worst of each group", "backprop", "measured", "error"]
        if self.corners:
            titles.append("at a corner")
        head = "".join(f"<th>{title}</th>" for title in titles)
        return f"<table><caption>{self}</caption><tr>{head}</tr>{body}</table>"

    def __str__(self) -> str:
        worst = self.worst
        text = f"{len(self.entries)} gradients checked"
        if self.corners:
            text += (
                f", {self.corners} of them at a corner of relu, where the slope jumps and "
                f"cannot be measured"
            )
        if worst.corner:
            return text
        return (
            f"{text}; the worst {'of the others ' if self.corners else ''}is {worst.name}: "
            f"backprop {worst.backprop:.10g}, measured {worst.measured:.10g}, "
            f"relative error {worst.error:.2g}"
        )


def check_gradients(
    net: Network, inputs: Inputs, targets: Targets, step: float = 1e-5
) -> GradientCheck:
    """Compare backprop with central differences, parameter by parameter.

    The slope of the loss L by a parameter w is measured as ``(L(w + h) - L(w - h)) / (2 * h)`` with
    h = ``step`` (times the size of w, if that is more than 1).  Its own error is of the order of
    h squared, plus what rounding the two losses costs.

    The network's parameters are the same afterwards.  Where a step crosses a corner of relu, the
    entry says so and does not count.

    Raises ValueError for a step that is too small to change a number of its size.

    >>> from purenet import Dense
    >>> net = Network([Dense(2, 2, "tanh"), Dense(2, 1, "sigmoid")], seed=1)
    >>> check_gradients(net, [[0.5, -1.0]], [[1.0]]).passed()
    True
    """
    if not isinstance(net, Network):
        raise TypeError(f"net: found {shown(net)}, expected a Network")
    step = as_number(step, "step")
    if step <= 0.0:
        raise ValueError(f"step: found {step}, expected more than 0")
    if step < sys.float_info.epsilon:
        raise ValueError(
            f"step: found {step}, which rounding swallows, expected "
            f"{sys.float_info.epsilon} or more, such as 1e-05"
        )
    gradients = net.backprop(inputs, targets)
    entries = []
    with_corners = any(layer.activation in WITH_CORNERS for layer in net.layers)
    here = None

    def loss() -> float:
        return net.evaluate(inputs, targets).loss

    def sides() -> list[list[list[bool]]]:
        return _sides_of_corners(net, inputs)

    for number, layer in enumerate(net.layers):
        for kind in layer.PARAMETERS:
            for row, place in _rows_and_places(getattr(layer, kind)):
                k = place[-1]
                value = row[k]
                h = step * max(1.0, abs(value))
                above = _with(row, k, value + h, loss)
                below = _with(row, k, value - h, loss)
                measured = (above - below) / ((value + h) - (value - h))
                backprop = _number_at(getattr(gradients[number], kind), place)
                # The least slope that rounding lets a measurement tell from zero.
                noise = 1e-9 * max(abs(above), abs(below), 1e-300) / h
                size = max(abs(backprop), abs(measured), noise)
                error = abs(backprop - measured) / size if size else 0.0
                corner = False
                if with_corners and not error <= COMMON_ERROR:
                    here = here or sides()
                    corner = (
                        _with(row, k, value + h, sides) != here
                        or _with(row, k, value - h, sides) != here
                    )
                entries.append(
                    GradientEntry(number, kind, place, backprop, measured, error, corner)
                )
    return GradientCheck(entries)


def _rows_and_places(
    values: Any, place: tuple[int, ...] = ()
) -> Iterator[tuple[Any, tuple[int, ...]]]:
    """Give each number of a parameter as its innermost list and its place; none of None."""
    if values is not None:
        for number, item in enumerate(values):
            if hasattr(item, "__len__"):
                yield from _rows_and_places(item, (*place, number))
            else:
                yield values, (*place, number)


def _number_at(values: Any, place: tuple[int, ...]) -> float:
    for number in place:
        values = values[number]
    return float(values)


def _with(row: Any, k: int, value: float, measure: Callable[[], T]) -> T:
    """Return what is measured while one number of a row is another; then put it back."""
    before = row[k]
    try:
        row[k] = value
        return measure()
    finally:
        row[k] = before


def _sides_of_corners(net: Network, inputs: Any) -> list[list[list[bool]]]:
    """Return on which side of its corner each unit of relu or leaky_relu is, sample by sample."""
    outputs = net.feedforward(inputs)
    return [
        # The states of a recurrent layer are of all steps, and positive where their z is.
        [[z > 0.0 for z in row] for row in getattr(output, "states", output.z)]
        for layer, output in zip(net.layers, outputs, strict=True)
        if layer.activation in WITH_CORNERS
    ]
