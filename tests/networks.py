"""Small networks that together have every activation and every loss, with their samples."""

from __future__ import annotations

from types import ModuleType
from typing import Any

INPUTS = [[0.5, -1.0, 0.25], [0.0, 2.0, -0.75], [-1.5, 0.0, 1.0]]

# Layers as (outputs, activation, bias); three inputs.
SHAPES: dict[str, tuple[list[tuple[int, str, bool]], str]] = {
    "sigmoid": ([(4, "sigmoid", False), (1, "sigmoid", False)], "sum_of_squares"),
    "tanh": ([(2, "tanh", True), (2, "linear", True)], "mean_squared_error"),
    "relu": (
        [(4, "relu", True), (3, "leaky_relu", True), (2, "sigmoid", True)],
        "binary_cross_entropy",
    ),
    "softmax": ([(3, "tanh", False), (3, "softmax", True)], "categorical_cross_entropy"),
    "softmax within": ([(3, "softmax", True), (3, "softmax", False)], "mean_squared_error"),
    "one layer": ([(1, "sigmoid", True)], "binary_cross_entropy"),
    "one unit": ([(1, "leaky_relu", True), (1, "tanh", True)], "sum_of_squares"),
}


def make(module: ModuleType, name: str, seed: int = 3) -> tuple[Any, Any, Any]:
    """Return a network of one of the backends, inputs and targets."""
    shape, loss = SHAPES[name]
    layers = []
    width = 3
    for outputs, activation, bias in shape:
        start = "uniform" if bias else "zeros"
        layers.append(module.Dense(width, outputs, activation, bias=bias, bias_initializer=start))
        width = outputs
    net = module.Network(layers, loss, seed=seed)
    targets = [[float((i + j) % width == 0) for j in range(width)] for i in range(3)]
    if width == 1:
        targets = [[1.0], [0.0], [0.25]]
    return net, INPUTS, targets
