"""Networks whose arithmetic is compiled; everything else is purenet's."""

from __future__ import annotations

from typing import Any, ClassVar

import purenet.layers
from purenet import network
from purenet.checks import are_classes, as_matrix, as_targets, check_targets
from purenet.history import History
from purenet.layers import LayerOutput
from purenet.matrix import Matrix
from purenet.optimizers import Optimizer
from purenet.samples import Samples

from . import passes, training
from .layers import Dense, is_plain_descent, start_plain_descent
from .parameters import take_in_layers
from .samples import Samples as CompiledSamples
from .samples import are_finite_floats, inputs_of
from .stages import are_compiled, keeps_methods, methods_of

# What the compiled loops compute in place of.
_LOOPS = ("forward", "backward", "step")


class Network(network.Network):
    layer_class: ClassVar[type[purenet.layers.Dense]] = Dense

    def _is_compiled(self) -> bool:
        """Return whether the compiled loops can run it; purenet's run what is anybody else's."""
        return keeps_methods(self, _LOOPS, _OWN_LOOPS) and are_compiled(self.layers)

    def _runs_compiled(self, optimizer: Optimizer | None) -> bool:
        return (optimizer is None or is_plain_descent(optimizer)) and self._is_compiled()

    def check_parameters(self) -> None:
        if not take_in_layers(self.layers):
            for number, layer in enumerate(self.layers):
                layer.check_parameters(f"layer {number}")

    def checked_inputs(self, inputs: Any, threads: int = 1) -> Any:
        if not self._is_compiled():
            return super().checked_inputs(inputs)
        width = self.layers[0].inputs
        return inputs_of(inputs, width, threads) or self._converted(inputs, width, threads, 1)

    def _converted(self, inputs: Any, width: int, threads: int, together: int) -> Any:
        rows = as_matrix(inputs, "inputs", width=width)
        return inputs_of(rows, width, threads, together)

    def checked_samples(
        self,
        inputs: Any,
        targets: Any,
        threads: int = 1,
        settings: Any = None,
        optimizer: Optimizer | None = None,
    ) -> Any:
        if not self._runs_compiled(optimizer):
            return super().checked_samples(inputs, targets)
        # Batches that come again in the same order are laid out for it.
        together = 1
        if settings is not None and not settings.shuffle:
            together = settings.batch_size or 1
        width = self.layers[0].inputs
        rows = inputs_of(inputs, width, threads, together) or self._converted(
            inputs, width, threads, together
        )
        if not are_finite_floats(targets, rows.rows, self.outputs):
            targets = as_targets(targets, rows.rows, self.outputs)
        classes = are_classes(targets)
        check_targets(targets, self.loss, classes)
        return CompiledSamples(rows, targets, classes)

    def forward(self, inputs: Matrix) -> list[LayerOutput]:
        if type(inputs) is list:
            return super().forward(inputs)
        return [LayerOutput(*output) for output in passes.feedforward(self, inputs)]

    def gradients(self, samples: Samples) -> list[Any]:
        if type(samples) is Samples:
            return super().gradients(samples)
        return passes.backprop(self, samples)

    def run_epochs(
        self,
        samples: Samples,
        epochs: int,
        batch_size: int | None,
        shuffle: bool,
        learning_rate: float,
        optimizer: Optimizer,
        threads: int,
        history: History,
    ) -> None:
        samples = self._for_these_methods(samples, optimizer)
        if type(samples) is Samples:
            super().run_epochs(
                samples, epochs, batch_size, shuffle, learning_rate, optimizer, threads, history
            )
        else:
            for layer in self.layers:
                start_plain_descent(layer, optimizer)
            count = samples.size
            batch_size = count if batch_size is None else min(batch_size, count)
            shuffle = shuffle and batch_size < count
            training.train(
                self, samples, epochs, batch_size, shuffle, learning_rate, threads, history
            )

    def _for_these_methods(self, samples: Any, optimizer: Optimizer | None) -> Any:
        """Return the samples as lists if a callback has put a method of its own in since."""
        if type(samples) is Samples or self._runs_compiled(optimizer):
            return samples
        inputs, targets = samples.lists()
        return Samples(inputs, targets, samples.classes, samples.size)

    def find_non_finite(self) -> tuple[str, float] | None:
        if self._is_compiled() and passes.is_finite(self):
            return None
        return super().find_non_finite()

    def measure(self, samples: Samples, threads: int) -> tuple[float, int]:
        samples = self._for_these_methods(samples, None)
        if type(samples) is Samples:
            return super().measure(samples, threads)
        return passes.measure(self, samples, threads)

    def outputs_of(self, inputs: Matrix, threads: int) -> Matrix:
        if type(inputs) is list:
            return super().outputs_of(inputs, threads)
        return passes.predict(self, inputs, threads)


_OWN_LOOPS = methods_of(Network, _LOOPS)
