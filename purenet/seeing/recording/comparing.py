"""Is every number the same as without recording?  A step that differs is refused."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...layers import LayerGradient, LayerOutput
from ...matrix import Matrix
from ...network import Network
from ...samples import Samples
from ...training import PLAIN_DESCENT
from ..source.functions import RecordingError, key_of
from .tape import Tape, Traced, plain


class PlainStep(NamedTuple):
    """What a step computes without being recorded."""

    outputs: list[LayerOutput]
    gradients: list[LayerGradient]
    loss: float
    weights: list[Matrix]
    biases: list[list[float] | None]


def plain_step(net: Network, samples: Samples, learning_rate: float) -> PlainStep:
    """Take one step of training, unrecorded."""
    outputs = net.forward(samples.inputs)
    loss = net.evaluate(samples.inputs, samples.targets).loss
    gradients = net.backward(samples.inputs, samples.targets, outputs)
    net.step(gradients, learning_rate, PLAIN_DESCENT)
    weights = [[list(row) for row in layer.weights] for layer in net.layers]
    biases = [None if layer.biases is None else list(layer.biases) for layer in net.layers]
    return PlainStep(outputs, gradients, loss, weights, biases)


class Comparison:
    """Compares a recorded step with the same step without recording."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape

    def compare(
        self,
        expected: PlainStep,
        net: Network,
        outputs: list[LayerOutput],
        loss: float,
        gradients: list[LayerGradient],
    ) -> None:
        """Refuse the step if any number differs from the one without recording.

        In the order in which they are computed, so that the first one that differs is named.
        """
        compare = self._values
        for number, output in enumerate(expected.outputs):
            compare(f"z{number + 1}", outputs[number].z, output.z)
            compare(f"a{number + 1}", outputs[number].a, output.a)
        compare("L", loss, expected.loss)
        for number, gradient in reversed(list(enumerate(expected.gradients))):
            compare(f"delta{number + 1}", gradients[number].delta, gradient.delta)
            compare(f"dL/dW{number + 1}", gradients[number].weights, gradient.weights)
            compare(f"dL/db{number + 1}", gradients[number].biases, gradient.biases)
        for number, layer in enumerate(net.layers):
            compare(f"W{number + 1}'", layer.weights, expected.weights[number])
            compare(f"b{number + 1}'", layer.biases, expected.biases[number])

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
