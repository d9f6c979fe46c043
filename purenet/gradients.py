"""A check of backprop: compare every gradient with what the loss really does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .checks import as_number
from .network import Network


@dataclass(frozen=True)
class GradientEntry:
    """One parameter's gradient, from backprop and measured.

    row is None for a bias.  error is ``|backprop - measured|`` divided by the larger of the two, or
    by the smallest difference that can be measured at all where both are smaller.
    """

    layer: int
    kind: str
    row: int | None
    column: int
    backprop: float
    measured: float
    error: float

    @property
    def name(self) -> str:
        """The parameter as it is written in Python, for example ``layers[0].weights[2][1]``."""
        row = "" if self.row is None else f"[{self.row}]"
        return f"layers[{self.layer}].{self.kind}{row}[{self.column}]"


@dataclass(frozen=True)
class GradientCheck:
    """The result of ``check_gradients``: all entries; ``worst`` has the largest error."""

    entries: list[GradientEntry]

    @property
    def worst(self) -> GradientEntry:
        """The entry with the largest error."""
        worst = self.entries[0]
        for entry in self.entries:
            # A NaN is worse than anything, and no comparison with it holds.
            if worst.error == worst.error and not entry.error <= worst.error:
                worst = entry
        return worst

    def passed(self, tolerance: float = 1e-6) -> bool:
        """Say whether no error is larger than ``tolerance``."""
        return self.worst.error <= tolerance

    def _repr_html_(self) -> str:
        rows = []
        for kind in dict.fromkeys((entry.layer, entry.kind) for entry in self.entries):
            entries = [entry for entry in self.entries if (entry.layer, entry.kind) == kind]
            worst = GradientCheck(entries).worst
            cells = [worst.name, worst.backprop, worst.measured, f"{worst.error:.2g}"]
            rows.append("".join(f"<td>{cell}</td>" for cell in cells))
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        head = "<th>worst of each group</th><th>backprop</th><th>measured</th><th>error</th>"
        return f"<table><caption>{self}</caption><tr>{head}</tr>{body}</table>"

    def __str__(self) -> str:
        worst = self.worst
        return (
            f"{len(self.entries)} gradients checked; the worst is {worst.name}: "
            f"backprop {worst.backprop:.10g}, measured {worst.measured:.10g}, "
            f"relative error {worst.error:.2g}"
        )


def check_gradients(net: Network, inputs: Any, targets: Any, step: float = 1e-5) -> GradientCheck:
    """Compare backprop with central differences, weight by weight and bias by bias.

    The slope of the loss L by a parameter w is measured as ``(L(w + h) - L(w - h)) / (2 * h)`` with
    h = ``step`` (times the size of w, if that is more than 1).  Its own error is of the order of
    h squared, plus what rounding the two losses costs.

    The network's parameters are the same afterwards.  At a corner of relu, where the slope jumps,
    the two may rightly differ.

    >>> from purenet import Dense
    >>> net = Network([Dense(2, 2, "tanh"), Dense(2, 1, "sigmoid")], seed=1)
    >>> check_gradients(net, [[0.5, -1.0]], [[1.0]]).passed()
    True
    """
    step = as_number(step, "step")
    if step <= 0.0:
        raise ValueError(f"step: found {step}, expected more than 0")
    gradients = net.backprop(inputs, targets)
    entries = []
    for number, layer in enumerate(net.layers):
        gradient = gradients[number]
        for k in range(layer.inputs):
            for j in range(layer.outputs):
                measured, noise = _slope(net, layer.weights[k], j, inputs, targets, step)
                entries.append(
                    _entry(number, "weights", k, j, gradient.weights[k][j], measured, noise)
                )
        if layer.biases is not None and gradient.biases is not None:
            for j in range(layer.outputs):
                measured, noise = _slope(net, layer.biases, j, inputs, targets, step)
                entries.append(
                    _entry(number, "biases", None, j, gradient.biases[j], measured, noise)
                )
    return GradientCheck(entries)


def _slope(
    net: Network, row: Any, place: int, inputs: Any, targets: Any, step: float
) -> tuple[float, float]:
    """Return the measured slope, and the least slope that rounding lets it tell from zero."""
    value = row[place]
    h = step * max(1.0, abs(value))
    try:
        row[place] = value + h
        above = net.evaluate(inputs, targets).loss
        row[place] = value - h
        below = net.evaluate(inputs, targets).loss
    finally:
        row[place] = value
    width = (value + h) - (value - h)
    return (above - below) / width, 1e-9 * max(abs(above), abs(below), 1e-300) / h


def _entry(
    layer: int,
    kind: str,
    row: int | None,
    column: int,
    backprop: float,
    measured: float,
    noise: float,
) -> GradientEntry:
    size = max(abs(backprop), abs(measured), noise)
    error = abs(backprop - measured) / size if size else 0.0
    return GradientEntry(layer, kind, row, column, backprop, measured, error)
