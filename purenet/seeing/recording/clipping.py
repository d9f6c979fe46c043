"""Clipping of a recorded gradient: what was replaced by a limit gets its origin and its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ... import regularisation
from ...layers import Layer, rows_of
from ..step import Named
from .binding import Method
from .register import Register
from .tape import Tape
from .traced import new_traced


class Clipper:
    """Runs ``clip_gradients`` with recorded numbers."""

    def __init__(self, tape: Tape, register: Register, layers: Sequence[Layer]) -> None:
        self.tape = tape
        self.register = register
        self.layers = layers

    def clip(
        self,
        function: Method,
        layers: Sequence[Layer],
        gradients: list[Any],
        clip_value: float | None,
        clip_norm: float | None,
    ) -> None:
        """Record how the gradient is clipped; of one layer alone only what comes of it."""
        register = self.register
        if register.layer is not None:
            function(layers, gradients, clip_value, clip_norm)
            for named, _ in self._clipped(gradients, [register.layer]):
                values = getattr(gradients[register.layer], named.parameter)
                register.kept[named] = register.enter_own(named, values)
            return
        if not any(layer.parameter_count for layer in layers):
            function(layers, gradients, clip_value, clip_norm)
            return  # there is nothing to clip
        register.begin_phase("clip", None)
        first, limit = len(self.tape), clip_value
        if clip_value is not None:
            limit = register.enter(Named("setting", None, "clip_value"), clip_value)
        if clip_norm is not None:
            clip_norm = register.enter(Named("setting", None, "clip_norm"), clip_norm)
            if clip_value is not None:
                function(layers, gradients, clip_value, None)
                self._give_limits(gradients, limit)
                clip_value = None
        function(layers, gradients, clip_value, clip_norm)
        if clip_value is not None:
            self._give_limits(gradients, limit)
        for identity in range(first, len(self.tape)):
            if self.tape.target(identity) == "coefficient":
                coefficient = new_traced(self.tape, self.tape.value[identity], identity)
                register.add(Named("coefficient"), coefficient)
        code = regularisation.clip_values.__code__
        if clip_norm is not None:
            code = regularisation.clip_norm.__code__
        for named, values in self._clipped(gradients, range(len(layers))):
            register.keep_changed(named, values, code)
            register.kept[named] = values

    def _clipped(
        self, gradients: list[Any], numbers: Iterable[int]
    ) -> Iterator[tuple[Named, list[Any]]]:
        for number in numbers:
            for parameter in self.layers[number].PARAMETERS:
                values = getattr(gradients[number], parameter)
                if values is not None:
                    yield Named("clipped_gradient", number, parameter), values

    def _give_limits(self, gradients: list[Any], limit: Any) -> None:
        """Give the numbers that were replaced by the limit their origin."""
        code = regularisation.clip_values.__code__
        for _, values in self._clipped(gradients, range(len(gradients))):
            for row in rows_of(values):
                row[:] = self.register.limited(row, limit, code)
