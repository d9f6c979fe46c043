"""What recorded functions return, watched: numbers get the names that only their function knows."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

from ... import activations, losses, regularisation
from ...layers import dropout, pooling
from ..step import Named
from .namespaces import Namespaces
from .register import Register
from .tape import Tape
from .traced import Traced, new_traced

_COUNT = Named("count")


class Returned:
    """Watches the functions between the layers: the count, the terms of the loss, slopes, masks.

    back_to: the layer whose delta is being computed.
    sample_losses, terms: the losses of the samples, and of their outputs, as they come.
    sums: those for which activations were computed: of the steps of a recurrent layer.
    """

    def __init__(self, tape: Tape, register: Register, namespaces: Namespaces) -> None:
        self.tape = tape
        self.register = register
        self.namespaces = namespaces
        self.back_to = register.last
        self.sample_losses: list[Any] = []
        self.terms: list[Any] = []
        self.sums: list[Any] = []

    def hooks(self) -> dict[CodeType, Callable[[int, dict[str, Any], Any], Any]]:
        """Return what is called behind each function: ``hook(call, arguments, result)``."""
        return {
            losses.loss_count.__code__: self._after_count,
            losses.sample_loss.__code__: self._after_sample_loss,
            losses.squared_error.__code__: self._after_term,
            losses.sigmoid_cross_entropy.__code__: self._after_term,
            activations.activation_slopes.__code__: self._after_slopes,
            dropout.draw_mask.__code__: self._after_mask,
            activations.activate.__code__: self._after_activation,
            regularisation.norm.__code__: self._after_norm,
            pooling.largest_of_windows.__code__: self._after_pooling,
        }

    def _after_count(self, call: int, arguments: dict[str, Any], result: float) -> float:
        """Give the count by which the loss divides its name."""
        register = self.register
        started = register.phases and register.phases[-1].step == register.step
        if not register.selects(register.last) or not started:
            return result
        found: float | None = register.given.get(_COUNT)
        if found is None:
            source = self.tape.sources[self.tape.calls[call].source]
            if source.contains(result):
                made: Traced = self.namespaces.with_origin(call, {}, result)  # type: ignore[assignment]
                given = None
            else:
                made = register.number(result)
                given = "setting"
            if register.unit is not None:
                made = new_traced(self.tape, result, made.id)
            register.add(_COUNT, made, given=given)
            register.given[_COUNT] = made
            found = made
        return found

    def _after_sample_loss(self, call: int, arguments: dict[str, Any], result: Any) -> Any:
        self.sample_losses.append(result)
        return result

    def _after_term(self, call: int, arguments: dict[str, Any], result: Any) -> Any:
        self.terms.append(result)
        return result

    def _after_slopes(self, call: int, arguments: dict[str, Any], result: Any) -> Any:
        named = Named("slope", self.back_to)
        if self.register.selects(self.back_to) and named not in self.register.kept:
            self.register.keep(named, result)
        return result

    def _after_activation(self, call: int, arguments: dict[str, Any], result: Any) -> Any:
        self.sums.append(arguments["z"])
        return result

    def _after_mask(self, call: int, arguments: dict[str, Any], result: Any) -> Any:
        if not self.tape.calls[call].recorded:
            return result
        named = Named("mask", self.register.phases[-1].layer)
        self.register.keep(named, self.register.copies(result, dropout.draw_mask.__code__))
        return self.register.kept[named]

    def _after_norm(self, call: int, arguments: dict[str, Any], result: Any) -> Any:
        if self.tape.calls[call].recorded:
            self.register.add(Named("gradient_norm"), result)
        return result

    def _after_pooling(self, call: int, arguments: dict[str, Any], result: Any) -> Any:
        if not self.tape.calls[call].recorded:
            return result
        return self.register.copies(result, pooling.largest_of_windows.__code__)
