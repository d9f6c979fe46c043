"""A training step, as the debugger and the recorder look at it."""

from __future__ import annotations

from ..checks import Matrix
from ..losses import loss_count, total_loss
from ..network import Network


def training_step(net: Network, inputs: Matrix, targets: Matrix, learning_rate: float) -> float:
    """Train a network by one step with all samples, as ``fit`` does, and return the loss before it.

    >>> from purenet import Dense
    >>> net = Network([Dense(1, 1, "linear", initializer=[[1.0]])], loss="sum_of_squares", seed=1)
    >>> training_step(net, [[1.0]], [[3.0]], 0.125)
    4.0
    >>> net.layers[0].weights
    [[1.5]]
    """
    outputs = net._feedforward(inputs)
    output = outputs[-1]
    total = total_loss(net.loss, output.z, output.a, targets)
    count = loss_count(net.loss, len(targets), net.outputs)
    loss = total / count
    gradients = net._backprop(inputs, targets, outputs)
    net._update(gradients, learning_rate)
    return loss
