"""Networks whose arithmetic is compiled; everything else is purenet's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

import purenet.layers
from purenet import network
from purenet.checks import are_classes, as_matrix, as_targets, check_targets
from purenet.history import History
from purenet.layers import LayerOutput
from purenet.losses import REQUIRED_ACTIVATION
from purenet.matrix import Matrix
from purenet.outputs import checked_out
from purenet.samples import Samples
from purenet.training import Settings

from . import changes, optimizers, passes, training
from .layers import Dense
from .parameters import take_in_layers
from .samples import Samples as CompiledSamples
from .samples import are_finite_floats, inputs_of, inputs_to_read, targets_of
from .stages import are_compiled, keeps_methods, methods_of

# What the compiled loops compute in place of.
_LOOPS = ("forward", "backward", "penalty", "step")


class Network(network.Network):
    layer_class: ClassVar[type[purenet.layers.Dense]] = Dense

    def _is_compiled(self) -> bool:
        """Return whether the compiled loops can run it; purenet's run what is anybody else's."""
        return keeps_methods(self, _LOOPS, _OWN_LOOPS) and are_compiled(self.layers)

    def _runs_compiled(self, settings: Settings | None) -> bool:
        return self._is_compiled() and (settings is None or optimizers.is_own(settings.optimizer))

    def check_parameters(self) -> None:
        if not take_in_layers(self.layers):
            for number, layer in enumerate(self.layers):
                layer.check_parameters(f"layer {number}")

    def checked_inputs(self, inputs: Any, threads: int = 1) -> Any:
        if not self._is_compiled():
            return super().checked_inputs(inputs)
        return self._converted(inputs, threads, 1)

    def inputs_to_read(self, inputs: Any, threads: int = 1) -> Any:
        read = inputs_to_read(inputs, self.layers[0].inputs) if self._is_compiled() else None
        return self.checked_inputs(inputs, threads) if read is None else read

    def _converted(self, inputs: Any, threads: int, together: int) -> Any:
        width = self.layers[0].inputs
        listed = isinstance(self.layers[0], Dense)  # the only one that reads inputs as lists
        converted = inputs_of(inputs, width, threads, together, listed)
        if converted is not None:
            return converted
        rows = as_matrix(inputs, "inputs", width=width)
        return inputs_of(rows, width, threads, together, listed)

    def checked_samples(
        self,
        inputs: Any,
        targets: Any,
        threads: int = 1,
        settings: Any = None,
    ) -> Any:
        if not self._runs_compiled(settings):
            return super().checked_samples(inputs, targets)
        # Batches that come again in the same order are laid out for it.
        together = 1
        if settings is not None and not settings.shuffle:
            together = settings.batch_size or 1
        rows = self._converted(inputs, threads, together)
        read = targets_of(targets, rows.rows, self.outputs)
        if read is not None:
            if not read.classes and self.loss in REQUIRED_ACTIVATION:
                check_targets(read.lists(), self.loss, False)
            return CompiledSamples(rows, read, read.classes)
        if not are_finite_floats(targets, rows.rows, self.outputs):
            targets = as_targets(targets, rows.rows, self.outputs)
        classes = are_classes(targets)
        check_targets(targets, self.loss, classes)
        return CompiledSamples(rows, targets, classes)

    def forward(self, inputs: Matrix, batch: tuple[int, int] | None = None) -> list[LayerOutput]:
        if type(inputs) is list:
            return super().forward(inputs, batch)
        return passes.feedforward(self, inputs)

    def gradients(self, samples: Samples) -> list[Any]:
        if type(samples) is Samples:
            return super().gradients(samples)
        return passes.backprop(self, samples)

    def run_epochs(
        self, samples: Samples, rates: Sequence[float], settings: Settings, history: History
    ) -> None:
        samples = self._for_these_methods(samples, settings)
        if type(samples) is not Samples and training.go_on(self, samples, rates, settings, history):
            return
        if type(samples) is not Samples and not all(
            optimizers.start(layer, settings.optimizer) for layer in self.layers
        ):
            samples = self._as_lists(samples)  # what somebody has put into a layer's memory
        if type(samples) is Samples:
            super().run_epochs(samples, rates, settings, history)
        else:
            training.train(self, samples, rates, settings, history)

    def _for_these_methods(self, samples: Any, settings: Settings | None) -> Any:
        """Return the samples as lists if a callback has put a method of its own in since."""
        if type(samples) is Samples or self._runs_compiled(settings):
            return samples
        return self._as_lists(samples)

    def _as_lists(self, samples: Any) -> Samples:
        inputs, targets = samples.lists()
        return Samples(inputs, targets, samples.classes, samples.size, samples.weight_list())

    def penalty(self) -> float:
        return changes.penalty(self.layers) if self._is_compiled() else super().penalty()

    def find_non_finite(self) -> tuple[str, float] | None:
        if self._is_compiled() and passes.is_finite(self):
            return None
        return super().find_non_finite()

    def measure(self, samples: Samples, threads: int) -> tuple[float, int, Any]:
        samples = self._for_these_methods(samples, None)
        if type(samples) is Samples:
            return super().measure(samples, threads)
        return passes.measure(self, samples, threads)

    def outputs_of(self, inputs: Matrix, threads: int) -> Matrix:
        if type(inputs) is list:
            return super().outputs_of(inputs, threads)
        outputs = passes.predict(self, inputs, threads)
        if outputs is None:
            outputs = passes.predict(self, self._read(inputs, threads), threads)
        return cast("Matrix", outputs)

    def write_outputs(self, inputs: Any, threads: int, out: Any) -> None:
        if type(inputs) is list:
            super().write_outputs(inputs, threads, out)
            return
        try:
            buffer = checked_out(out, len(inputs), self.outputs)
        except (TypeError, ValueError):
            self._read(inputs, threads)  # what is wrong with the inputs is said first
            raise
        if not passes.predict_into(self, inputs, threads, buffer):
            passes.predict_into(self, self._read(inputs, threads), threads, buffer)

    def _read(self, inputs: Any, threads: int) -> Any:
        """Return inputs whose numbers have been looked at, or say which of them is wrong."""
        return inputs if inputs.view is None else self.checked_inputs(inputs.view.source, threads)


_OWN_LOOPS = methods_of(Network, _LOOPS)
