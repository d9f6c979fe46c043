"""A copy of a network in pure Python, to step through and to record."""

from __future__ import annotations

from ..checks import shown
from ..layers import Dense
from ..network import Network


def pure_copy(net: Network) -> Network:
    """Return a network of purenet with the same layers, parameters and loss."""
    if not isinstance(net, Network):
        raise TypeError(f"net: found {shown(net)}, expected a Network")
    net.check_parameters()
    copies = [
        Dense(
            layer.inputs,
            layer.outputs,
            layer.activation,
            bias=layer.bias,
            initializer=[[float(value) for value in row] for row in layer.weights],
            bias_initializer="zeros" if layer.biases is None else [float(v) for v in layer.biases],
        )
        for layer in net.layers
    ]
    return Network(copies, net.loss, seed=net.seed)
