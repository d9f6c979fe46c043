"""Is every number the same as without recording?  A step that differs is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...layers import Layer, LayerOutput
from ...network import Network
from ...optimizers import Optimizer
from ...parameters import clip_gradients
from ...samples import Samples
from ..memory import parts_of, remembered
from ..source.functions import RecordingError, key_of
from ..step import Clipping, Named, batch_loss, parameter_roles
from .afterwards import Afterwards
from .tape import Tape
from .traced import Traced, plain


class PlainStep(NamedTuple):
    """What a step computes without being recorded; ``loss_after``: with the new parameters."""

    outputs: list[LayerOutput]
    gradients: list[Any]
    loss: float
    loss_after: float
    parameters: list[dict[str, Any]]


def plain_step(
    net: Network, samples: Samples, learning_rate: float, optimizer: Optimizer, clipping: Clipping
) -> PlainStep:
    """Take one step of training, unrecorded."""
    outputs = net.forward(samples.inputs, (net.epochs_trained, 0))
    loss = batch_loss(net, samples.inputs, samples.targets)
    gradients = net.backward(samples.inputs, samples.targets, outputs)
    if clipping != Clipping():
        clip_gradients(net.layers, gradients, *clipping)
    net.step(gradients, learning_rate, optimizer)
    after = batch_loss(net, samples.inputs, samples.targets)
    parameters = [parameters_of(layer) for layer in net.layers]
    return PlainStep(outputs, gradients, loss, after, parameters)


def parameters_of(layer: Layer) -> dict[str, Any]:
    """Return copies of a layer's parameters by name, without those that it has not."""
    found = {name: getattr(layer, name) for name in layer.PARAMETERS}
    return {name: plain(values) for name, values in found.items() if values is not None}


class Comparison:
    """Compares a recorded step with the same step without recording."""

    def __init__(self, tape: Tape, twin: Network) -> None:
        self.tape = tape
        self._twin = twin  # takes the step without recording

    def compare(
        self,
        expected: PlainStep,
        net: Network,
        outputs: list[LayerOutput],
        loss: float,
        gradients: list[Any],
    ) -> None:
        """Refuse the step if any number differs from the one without recording.

        In the order in which they are computed, so that the first one that differs is named.
        """
        for n, output in enumerate(expected.outputs):
            self._values(Named("z", n).name, outputs[n].z, output.z)
            self._values(Named("a", n).name, outputs[n].a, output.a)
        self._values(Named("loss").name, loss, expected.loss)
        for n, gradient in reversed(list(enumerate(expected.gradients))):
            self._values(Named("delta", n).name, gradients[n].delta, gradient.delta)
            for parameter in expected.parameters[n]:
                name = Named(parameter_roles(parameter).gradient, n, parameter).name
                recorded = getattr(gradients[n], parameter)
                self._values(name, recorded, getattr(gradient, parameter))
        for n, parameters in enumerate(expected.parameters):
            for parameter, values in parameters.items():
                name = Named(parameter_roles(parameter).new, n, parameter).name
                self._values(name, getattr(net.layers[n], parameter), values)

    def compare_memories(self, recorded: Mapping[tuple[int, str], Any]) -> None:
        """Refuse the step if the optimizer remembers other numbers."""
        for (n, parameter), memory in recorded.items():
            used = self._twin.layers[n].optimizer_memory()
            expected = {} if used is None else dict(parts_of(used[1][parameter]))
            for label, values in parts_of(memory):
                name = Named("new_memory", n, remembered(label, parameter)).name
                self._values(name, values, expected[label])

    def compare_afterwards(
        self, after: Afterwards, loss: float, outputs: list[list[float]]
    ) -> None:
        """Refuse the recording if the loss and the outputs after the last step are others."""
        self._values("the loss after the step", after.loss, loss)
        self._values("outputs after the step", after.outputs, outputs)

    def _values(self, name: str, recorded: Any, expected: Any) -> None:
        if isinstance(expected, list):
            if not isinstance(recorded, list) or len(recorded) != len(expected):
                raise RecordingError(f"{name}: its shape is another one while it is recorded")
            for place, value in enumerate(expected):
                self._values(f"{name}[{place}]", recorded[place], value)
        elif expected is not None and key_of(plain(recorded)) != key_of(expected):
            where = ""
            place_number = self.tape.place[recorded.id] if isinstance(recorded, Traced) else None
            if place_number is not None:
                found = self.tape.places[place_number]
                source = self.tape.sources[found.source]
                where = f"{source.name}, {source.file.rsplit('/', 1)[-1]} line {found.line}: "
            raise RecordingError(
                f"{where}{name} is {plain(recorded)!r} while it is recorded, and {expected!r} "
                f"otherwise"
            )
