"""The loss and the outputs once more with the new parameters, on the same tape."""

from __future__ import annotations

from typing import Any, NamedTuple

from ... import losses
from ...layers import Layer
from ...network import Network
from .. import step as training
from ..source.functions import RecordingError
from ..step import Named, forward_loss
from .binding import bind
from .namespaces import Namespaces
from .register import Register
from .traced import Number


class Afterwards(NamedTuple):
    """first: the operation with which it begins.  loss, outputs: recorded numbers."""

    first: int
    loss: Number
    outputs: list[list[Number]]


def run_afterwards(namespaces: Namespaces, net: Network, register: Register) -> Afterwards | None:
    """Run a recorded network forward to its loss, with nobody watching where the layers meet.

    The outputs are those of the network in use: where training leaves out units, they are not
    those that the loss is computed from.  None if a layer of one's own loses the origin of a number
    only when it is in use.
    """
    tape = register.tape
    first, decided = len(tape), len(tape.conditions)
    tape.keeps_indices = False
    count = register.given[Named("count")]
    namespaces.after = {losses.loss_count.__code__: lambda call, arguments, result: count}
    for layer in net.layers:
        bind(namespaces, layer, Layer, ["feedforward", "feedforward_in_training", "penalty"], {})
    bind(namespaces, net, Network, ["forward", "penalty"], {})
    functions: dict[str, Any] = namespaces.globals[training.__name__]
    functions["total_loss"] = namespaces.function(losses.total_loss)
    inputs, targets = register.given[Named("inputs")], register.given[Named("targets")]
    run = namespaces.function(forward_loss)
    try:
        loss, outputs = run(net, inputs, targets, (net.epochs_trained, 0))
        if any(layer.is_random for layer in net.layers):
            outputs = net.forward(inputs)[-1].a
    except RecordingError:
        tape.cut(first, decided)
        return None
    return Afterwards(first, loss, outputs)
