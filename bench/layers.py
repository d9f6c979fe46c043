"""Layers, described once: purenet makes its own of them, and so does each peer."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from purenet.layers import Layer


@dataclass(frozen=True)
class Dense:
    units: int
    activation: str

    def make(self, package: ModuleType, inputs: Any, first: dict[str, Any]) -> Layer:
        """Return the layer of purenet or purenet_fast.

        inputs: those of the first layer, None for the others.  first: its parameters, by their
        names; those that it lacks are drawn.
        """
        layer: Layer = package.Dense(inputs, self.units, self.activation, **_initializers(first))
        return layer

    def __str__(self) -> str:
        return f"dense {self.units} {self.activation}"


@dataclass(frozen=True)
class Conv2D:
    filters: int
    size: int
    activation: str

    def make(self, package: ModuleType, inputs: Any, first: dict[str, Any]) -> Layer:
        layer: Layer = package.Conv2D(
            inputs, self.filters, self.size, self.activation, **_initializers(first)
        )
        return layer

    def __str__(self) -> str:
        return f"conv {self.size}×{self.size}×{self.filters} {self.activation}"


@dataclass(frozen=True)
class MaxPool2D:
    size: int

    def make(self, package: ModuleType, inputs: Any, first: dict[str, Any]) -> Layer:
        layer: Layer = package.MaxPool2D(self.size)
        return layer

    def __str__(self) -> str:
        return f"pool {self.size}"


@dataclass(frozen=True)
class Flatten:
    def make(self, package: ModuleType, inputs: Any, first: dict[str, Any]) -> Layer:
        layer: Layer = package.Flatten()
        return layer

    def __str__(self) -> str:
        return "flatten"


@dataclass(frozen=True)
class Recurrent:
    """A recurrent layer with tanh, which hands on its last state."""

    units: int

    def make(self, package: ModuleType, inputs: Any, first: dict[str, Any]) -> Layer:
        layer: Layer = package.Recurrent(inputs, self.units, "tanh", **_initializers(first))
        return layer

    def __str__(self) -> str:
        return f"recurrent {self.units} tanh"


Plan = Dense | Conv2D | MaxPool2D | Flatten | Recurrent

INITIALIZERS = {
    "weights": "initializer",
    "recurrent_weights": "recurrent_initializer",
    "biases": "bias_initializer",
}


def _initializers(first: dict[str, Any]) -> dict[str, Any]:
    return {INITIALIZERS[name]: values for name, values in first.items()}
