"""Layers whose arithmetic is compiled; everything else is purenet's.

Weights and biases are lists here too, whenever somebody looks: see ``parameters``.
"""

from __future__ import annotations

from typing import Any, ClassVar

from purenet import layers
from purenet.layers import (
    ConvolutionGradient,
    LayerGradient,
    LayerOutput,
    RecurrentGradient,
    RecurrentOutput,
    ThroughTime,
    rows_of,
)
from purenet.matrix import Matrix, Rows
from purenet.optimizers import Optimizer
from purenet.regularisation import add_penalty_slopes

from . import (
    convolution,
    dense,
    dropout,
    flatten,
    matrix,
    optimizers,
    parameters,
    pooling,
    recurrent,
)
from .stages import enter


class Compiled(layers.Layer, abstract=True):
    """A layer whose parameters are numbers in C."""

    def step(self, gradient: Any, learning_rate: float, optimizer: Optimizer) -> None:
        taken = not self._initializers and optimizers.step(self, gradient, learning_rate, optimizer)
        if not taken:
            super().step(gradient, learning_rate, optimizer)

    # The lists of a parameter stand in __dict__ while somebody may hold them.

    def __getattr__(self, name: str) -> Any:
        # Called for what is not in __dict__.
        if name in self.__dict__.get("_buffers", ()):
            return parameters.hand_out(self.__dict__, name)
        if name == "_memory" and "_remembered" in self.__dict__:
            return optimizers.hand_out(self)
        return super().__getattr__(name)  # which raises what is usual

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.__dict__.get("_buffers", ())})

    def _keep(self, name: str, values: Any) -> None:
        parameters.keep(self.__dict__, name, self.shape(name), values)

    def _own_items(self, name: str) -> dict[int, Any]:
        return parameters.own_items(self.__dict__, name)

    def check_parameters(self, place: str) -> None:
        if not self._initializers and parameters.take_in(self.__dict__, True):
            return
        super().check_parameters(place)
        parameters.take_in(self.__dict__, True)

    def copy_of_parameters(self, spare: dict[str, Any] | None = None) -> dict[str, Any]:
        return parameters.copies(self.__dict__, spare) or super().copy_of_parameters()

    def put_back(self, copy: dict[str, Any]) -> None:
        if not parameters.put_back(self, copy):
            super().put_back(copy)

    def __getstate__(self) -> dict[str, Any]:
        # They are held here, so that no other thread's call forgets them meanwhile.
        lists = {name: getattr(self, name) for name in self.__dict__.get("_buffers", ())}
        own = {name: parameters.own_lists(self.__dict__, name) for name in lists}
        state = {name: value for name, value in self.__dict__.items() if name not in lists}
        state.pop("_buffers", None)
        remembered = state.pop("_remembered", None)
        if remembered is not None and "_memory" not in state:
            state["_memory"] = optimizers.lists(self, remembered)
        # Behind all else, whether somebody has looked before or not.
        return {**state, **lists, "_own": own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for name, own in self.__dict__.pop("_own").items():
            parameters.keep_own(self.__dict__, name, self.shape(name), own)


class Dense(Compiled, layers.Dense):
    backend: ClassVar[str] = "fast"

    # While some parameter is still to be drawn, purenet's loops say what they miss.

    def feedforward(self, inputs: Rows) -> LayerOutput:
        computed = None if self._initializers else dense.feedforward(self, inputs)
        return super().feedforward(inputs) if computed is None else LayerOutput(*computed)

    def gradient(self, inputs: Rows, delta: Matrix) -> LayerGradient:
        weights = matrix.dot(matrix.transpose(inputs), delta)
        if self.l1 > 0.0 or self.l2 > 0.0:
            add_penalty_slopes(weights, self.weights, self.l1, self.l2)
        return LayerGradient(weights, matrix.column_sums(delta) if self.bias else None, delta)

    def input_gradient(self, inputs: Rows, delta: Rows) -> Matrix:
        computed = None if self._initializers else dense.input_gradient(self, delta)
        return super().input_gradient(inputs, delta) if computed is None else computed


class Recurrent(Compiled, layers.Recurrent):
    backend: ClassVar[str] = "fast"

    def feedforward(self, inputs: Rows) -> RecurrentOutput:
        computed = None if self._initializers else recurrent.feedforward(self, inputs)
        return super().feedforward(inputs) if computed is None else computed

    def through_time(self, output: RecurrentOutput, delta: Rows) -> ThroughTime:
        computed = None if self._initializers else recurrent.through_time(self, output, delta)
        return super().through_time(output, delta) if computed is None else computed

    def gradient(self, inputs: Rows, delta: ThroughTime) -> RecurrentGradient:
        computed = None if self._initializers else recurrent.gradient(self, inputs, delta)
        if computed is None:
            return super().gradient(inputs, delta)
        if self.l1 > 0.0 or self.l2 > 0.0:
            add_penalty_slopes(computed.weights, self.weights, self.l1, self.l2)
            recurrent_weights = computed.recurrent_weights
            add_penalty_slopes(recurrent_weights, self.recurrent_weights, self.l1, self.l2)
        return computed

    def input_gradient(self, inputs: Rows, delta: ThroughTime) -> Matrix:
        computed = None if self._initializers else recurrent.input_gradient(self, delta)
        return super().input_gradient(inputs, delta) if computed is None else computed


class Conv2D(Compiled, layers.Conv2D):
    backend: ClassVar[str] = "fast"

    def feedforward(self, inputs: Rows) -> LayerOutput:
        computed = None if self._initializers else convolution.feedforward(self, inputs)
        return super().feedforward(inputs) if computed is None else LayerOutput(*computed)

    def gradient(self, inputs: Rows, delta: Matrix) -> ConvolutionGradient:
        computed = None if self._initializers else convolution.gradient(self, inputs, delta)
        if computed is None:
            return super().gradient(inputs, delta)
        weights, biases = computed
        if self.l1 > 0.0 or self.l2 > 0.0:
            add_penalty_slopes(rows_of(weights), rows_of(self.weights), self.l1, self.l2)
        return ConvolutionGradient(weights, biases, delta)

    def input_gradient(self, inputs: Rows, delta: Rows) -> Matrix:
        computed = None if self._initializers else convolution.input_gradient(self, delta)
        return super().input_gradient(inputs, delta) if computed is None else computed


# Called by themselves, these are purenet's loops.


class MaxPool2D(layers.MaxPool2D):
    backend: ClassVar[str] = "fast"


class AveragePool2D(layers.AveragePool2D):
    backend: ClassVar[str] = "fast"


class Flatten(layers.Flatten):
    backend: ClassVar[str] = "fast"


class Dropout(layers.Dropout):
    backend: ClassVar[str] = "fast"


enter(Dense, dense.FirstDenseStage, dense.DenseStage)
enter(Recurrent, recurrent.RecurrentStage, recurrent.RecurrentStage)
enter(Conv2D, convolution.ConvolutionStage, convolution.ConvolutionStage)
enter(MaxPool2D, pooling.MaxPoolStage, pooling.MaxPoolStage)
enter(AveragePool2D, pooling.AveragePoolStage, pooling.AveragePoolStage)
enter(Flatten, flatten.PassingStage, flatten.PassingStage)
enter(Dropout, dropout.DropoutStage, dropout.DropoutStage)
