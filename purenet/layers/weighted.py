"""What layers with weights, biases and an activation function have in common: how they are made."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

from ..checks import as_flag, as_learning_rate, as_size, shown
from ..initializers import GivenValues, as_initializer, default_initializer
from ..names import ActivationName
from ..optimizers import GradientDescent
from .layer import Layer


class WeightedLayer(Layer, abstract=True):
    """A layer with weights and, unless it was made with ``bias=False``, biases."""

    PARAMETERS: ClassVar[tuple[str, ...]] = ("weights", "biases")
    WEIGHTS: ClassVar[tuple[str, ...]] = ("weights",)
    SETTINGS: ClassVar[tuple[str, ...]] = (*Layer.SETTINGS, "bias")

    activation: ActivationName
    bias: bool
    biases: list[float] | None

    def start(
        self,
        activation: Any,
        bias: Any,
        initializers: dict[str, tuple[str, Any]],
        bias_initializer: Any,
        l1: Any,
        l2: Any,
    ) -> None:
        """Check and keep what all these layers are made with.

        initializers: for each of the weights the name of the argument and what was given there.
        """
        self.activation = activation
        self.bias = as_flag(bias, "bias")
        if as_size(l1, "l1") > 0.0:
            self.l1 = l1
        if as_size(l2, "l2") > 0.0:
            self.l2 = l2
        self._initializers = {}
        for name, (argument, initializer) in initializers.items():
            if initializer is None:
                self._initializers[name] = default_initializer(self.activation)
            else:
                self._start_with(name, initializer, argument)
        if self.bias:
            self._start_with("biases", bias_initializer, "bias_initializer")
        else:
            self.biases = None
            if not isinstance(bias_initializer, str) or bias_initializer != "zeros":
                raise ValueError(
                    f"bias_initializer: found {shown(bias_initializer)} for a layer with "
                    f"bias=False, expected none"
                )

    def _start_with(self, name: str, initializer: Any, argument: str) -> None:
        if not hasattr(initializer, "__len__") or isinstance(initializer, str):
            self._initializers[name] = as_initializer(initializer, argument)
        elif self.is_open:
            # Whether these values fit is seen when the layer takes its place in a network.
            self._initializers[name] = GivenValues(_copied(initializer, argument))
        else:
            setattr(self, name, initializer)

    def own(self, name: str, values: Any, place: str | None = None) -> Any:
        """Return a copy of the values of a parameter, checked."""
        if name == "biases" and not self.bias and values is not None:
            raise ValueError("biases: this layer was made with bias=False, expected None")
        return super().own(name, values, place)

    def named(self, others: dict[str, Any]) -> str:
        """Return the named arguments that are not the usual ones, as ``repr`` writes them."""
        bias = {} if self.bias else {"bias": False}
        arguments = {**others, **bias, **self.penalties()}
        return "".join(f", {name}={value!r}" for name, value in arguments.items())

    def update(self, gradient: Any, learning_rate: float) -> None:
        """Take one step of plain gradient descent with this layer alone.

        gradient: what ``gradient`` returned.

        Raises ValueError or TypeError for another shape, and for what is no learning rate.
        """
        rate = as_learning_rate(learning_rate)
        self.check_parameters("layer")
        self.step(self.checked_gradient(gradient, "gradient"), rate, GradientDescent())


def _copied(values: Any, argument: str) -> Any:
    """Return a copy of values that nobody has looked at yet."""
    try:
        return values.tolist() if hasattr(values, "tolist") else copy.deepcopy(values)
    except Exception:  # whatever an object in it says of being copied
        raise TypeError(f"{argument}: found {shown(values)}, expected lists of numbers") from None
