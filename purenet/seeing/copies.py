"""A copy of a network in pure Python, to step through and to record."""

from __future__ import annotations

from ..checks import shown
from ..layers import KINDS, Layer, Recurrent
from ..network import Network


def pure_copy(net: Network) -> Network:
    """Return a network of purenet with the same layers, parameters, loss, and training so far.

    Raises ValueError for a layer whose way through the steps of a sequence has no names here.
    """
    if not isinstance(net, Network):
        raise TypeError(f"net: found {shown(net)}, expected a Network")
    for number, layer in enumerate(net.layers):
        if layer.has_steps and not isinstance(layer, Recurrent):
            raise ValueError(
                f"layer {number}, {layer!r}, goes through the steps of a sequence in its own way, "
                f"which cannot be shown; expected Recurrent"
            )
    net.check_parameters()
    copy = Network([_pure_layer(layer) for layer in net.layers], net.loss, seed=net.seed)
    copy.epochs_trained = net.epochs_trained  # on which depends what dropout leaves out
    return copy


def _pure_layer(layer: Layer) -> Layer:
    kind = KINDS["pure", type(layer).__name__] if layer.backend == "fast" else type(layer)
    copy = kind.from_settings(layer.settings())
    for name in layer.PARAMETERS:
        values = getattr(layer, name)
        if values is not None:
            setattr(copy, name, values)
    used = layer.optimizer_memory()
    if used is not None:
        copy.remember(*used)
    return copy
