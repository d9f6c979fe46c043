"""Dense layers and networks whose arithmetic is compiled; everything else is purenet's."""

from __future__ import annotations

from typing import Any, ClassVar

from purenet import layers, network
from purenet.checks import Matrix, Rows, are_classes, as_matrix, as_targets, check_targets
from purenet.history import History
from purenet.layers import LayerGradient, LayerOutput

from . import _core


class Dense(layers.Dense):
    backend: ClassVar[str] = "fast"

    def _own_weights(self, values: Any, name: str) -> Any:
        return _core.Matrix(super()._own_weights(values, name))

    def _own_biases(self, values: Any, name: str) -> Any:
        row = super()._own_biases(values, name)
        return None if row is None else _core.Vector(row)

    def check_parameters(self, name: str) -> None:
        # A buffer of doubles can hold nothing but floats.
        pass

    def feedforward(self, inputs: Rows) -> LayerOutput:
        z = _core.dot(inputs, self.weights)
        if self.biases is not None:
            z = _core.add_bias(z, self.biases)
        return LayerOutput(z, _core.activate(self.activation, z))

    def gradient(self, inputs: Rows, delta: Matrix) -> LayerGradient:
        weights = _core.dot(_core.transpose(inputs), delta)
        return LayerGradient(weights, _core.column_sums(delta) if self.bias else None, delta)

    def input_gradient(self, delta: Rows) -> Matrix:
        return _core.dot(delta, _core.transpose(self.weights))

    def update(self, gradient: LayerGradient, learning_rate: float) -> None:
        weights: Any = self.weights
        biases: Any = self.biases
        taken = _core.update(weights, biases, gradient.weights, gradient.biases, learning_rate)
        if not taken:
            super().update(gradient, learning_rate)


class Network(network.Network):
    layer_class: ClassVar[type[layers.Dense]] = Dense

    def _checked_inputs(self, inputs: Any, threads: int = 1, batch_size: int = 1) -> Any:
        converted = _core.inputs_of(inputs, self.inputs, threads, batch_size)
        if converted is None:
            rows = [list(row) for row in as_matrix(inputs, "inputs", width=self.inputs)]
            converted = _core.inputs_of(rows, self.inputs, threads, batch_size)
        return converted

    def _checked_samples(
        self, inputs: Any, targets: Any, threads: int = 1, batch_size: int = 1
    ) -> Any:
        rows = self._checked_inputs(inputs, threads, batch_size)
        if not _core.are_finite_floats(targets, rows.rows, self.outputs):
            targets = as_targets(targets, rows.rows, self.outputs)
        classes = are_classes(targets)
        check_targets(targets, self.loss, classes)
        return _core.Samples(rows, targets, classes)

    def _feedforward(self, inputs: Any) -> list[LayerOutput]:
        return [LayerOutput(*output) for output in _core.feedforward(self, inputs)]

    def _gradients(self, samples: Any) -> list[LayerGradient]:
        return [LayerGradient(*gradient) for gradient in _core.backprop(self, samples)]

    def _train(
        self,
        samples: Any,
        epochs: int,
        batch_size: int,
        shuffle: bool,
        learning_rate: float,
        threads: int,
        history: History,
    ) -> None:
        _core.train(self, samples, epochs, batch_size, shuffle, learning_rate, threads, history)

    def _measure(self, samples: Any, threads: int) -> tuple[float, int]:
        return _core.measure(self, samples, threads)

    def _predict(self, inputs: Any, threads: int) -> Matrix:
        return _core.predict(self, inputs, threads)
