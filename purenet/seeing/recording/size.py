"""The size of a recording, before anything is recorded."""

from __future__ import annotations

import math

from ...layers import AveragePool2D, Conv2D, Dense, Dropout, Flatten, Layer, MaxPool2D
from ...losses import REQUIRED_ACTIVATION
from ...network import Network
from ...optimizers import Adam, AdamW, Optimizer, RMSProp

_ACTIVATION_COST = {"sigmoid": 4, "tanh": 1, "relu": 1, "leaky_relu": 1, "linear": 1, "softmax": 4}
_DELTA_COST = {"sigmoid": 3, "tanh": 3, "relu": 2, "leaky_relu": 2, "linear": 2, "softmax": 4}
_LOSS_COST = {
    "sum_of_squares": 3,
    "mean_squared_error": 3,
    "binary_cross_entropy": 7,
    "categorical_cross_entropy": 9,
}
# exp, log1p or tanh recorded open, and how many of them an output's loss takes at most.
_OPEN_COST = 60
_LOSS_CALLS = {"binary_cross_entropy": 2, "categorical_cross_entropy": 1}


# By optimizer, the operations for each number of a parameter.
_UPDATE_COST = {
    "GradientDescent": 2,
    "Momentum": 4,
    "Nesterov": 6,
    "AdaGrad": 6,
    "RMSProp": 9,
    "Adam": 15,
    "AdamW": 17,
}


def predicted_size(
    net: Network,
    samples: int,
    layer: int | None = None,
    unit: int | None = None,
    steps: int = 1,
    open_functions: bool = False,
    optimizer: Optimizer | None = None,
) -> int:
    """Return how many operations a recording would have, or a few more."""
    total = 0
    last = len(net.layers) - 1
    for number, found in enumerate(net.layers):
        if layer is not None and number != layer:
            continue
        units = found.outputs if unit is None else 1
        computed, activated = _forward_cost(found)
        calls = activated if found.activation in ("sigmoid", "tanh", "softmax") else 0
        of_sample = computed + activated * _ACTIVATION_COST[found.activation]
        of_sample += _OPEN_COST * calls if open_functions else 0
        of_sample += _gradient_cost(found)
        if number < last:
            of_sample += _backward_cost(net.layers[number + 1])
            of_sample += _delta_cost(found)
        else:
            if unit is None:
                each = _LOSS_COST[net.loss] + 2
                if open_functions:
                    each += _OPEN_COST * _LOSS_CALLS.get(net.loss, 0)
                of_sample += each * found.outputs
            if net.loss in REQUIRED_ACTIVATION:
                of_sample += 2 * found.outputs
            else:
                of_sample += 3 * found.outputs + _delta_cost(found)
        of_sample = of_sample * units // found.outputs
        total += samples * of_sample
        numbers = found.parameter_count * units // found.outputs
        name = type(optimizer).__name__
        total += numbers * (2 if optimizer is None else _UPDATE_COST.get(name, 6))
        if found.penalties():
            total += numbers * 9
    return (total + 2) * steps  # the count and the division by it


def shown_whole(layer: Layer, optimizer: Optimizer | None) -> str | None:
    """Return what keeps a unit from being shown by itself: numbers that all units share."""
    if layer.penalties():
        return "a penalty on the weights"
    if isinstance(optimizer, (Adam, AdamW, RMSProp)):
        return type(optimizer).__name__
    return None


def _forward_cost(layer: Layer) -> tuple[int, int]:
    """Return the operations for z of one sample, and for how many an activation is computed."""
    outputs = layer.outputs
    if isinstance(layer, Dense):
        return outputs * (2 * layer.inputs + (1 if layer.bias else 0)), outputs
    if isinstance(layer, Conv2D):
        window = layer.input_shape[0] * math.prod(layer.size)
        return outputs * (2 * window + (1 if layer.bias else 0)), outputs
    if layer.has_steps:
        units: int = layer.steps * layer.units
        each = 2 * (layer.features + layer.units) + (1 if layer.bias else 0)
        return units * each + outputs, units
    if isinstance(layer, AveragePool2D):
        return outputs * (math.prod(layer.size) + 2), 0
    if isinstance(layer, Dropout):
        return outputs * 2 + 2, 0
    if isinstance(layer, (Flatten, MaxPool2D)):
        return outputs, 0
    return 2 * max(layer.parameter_count, layer.inputs + outputs), outputs


def _gradient_cost(layer: Layer) -> int:
    """Return the operations for the gradient of one sample."""
    if isinstance(layer, Conv2D):
        return _forward_cost(layer)[0]
    if layer.has_steps:
        units: int = layer.steps * layer.units
        # Through time, then the gradient.
        through = units * (2 * layer.units + _DELTA_COST[layer.activation] + 2)
        total: int = through + units * (2 * (layer.features + layer.units) + 1)
        return total
    if isinstance(layer, (AveragePool2D, Dropout, Flatten, MaxPool2D)):
        return 0
    return _forward_cost(layer)[0]


def _backward_cost(layer: Layer) -> int:
    """Return the operations for dL/da of the layer before, for one sample."""
    if isinstance(layer, Dense):
        return 2 * layer.inputs * layer.outputs
    if isinstance(layer, Conv2D):
        return 2 * layer.outputs * layer.input_shape[0] * math.prod(layer.size) + layer.inputs
    if layer.has_steps:
        units: int = layer.units
        return 2 * layer.inputs * units
    if isinstance(layer, AveragePool2D):
        return layer.outputs * (math.prod(layer.size) + 1) + layer.inputs
    if isinstance(layer, (Dropout, Flatten, MaxPool2D)):
        return layer.outputs + layer.inputs
    return 2 * max(layer.parameter_count, layer.inputs + layer.outputs)


def _delta_cost(layer: Layer) -> int:
    """Return the operations for delta of one sample, from dL/da."""
    if isinstance(layer, (AveragePool2D, Flatten, MaxPool2D)):
        return 0
    return _DELTA_COST[layer.activation] * layer.outputs


def too_large(
    net: Network,
    size: int,
    limit: int,
    samples: int,
    steps: int,
    open_functions: bool,
    optimizer: Optimizer | None = None,
) -> str:
    """Return how large a recording would be and what would fit."""

    def predicted(count: int, layer: int | None, unit: int | None, steps: int, opened: bool) -> int:
        return predicted_size(net, count, layer, unit, steps, opened, optimizer)

    deciding = [predicted(1, number, None, 1, False) for number in range(len(net.layers))]
    widest = deciding.index(max(deciding))
    softmax = net.layers[widest].activation == "softmax"
    choices: list[tuple[str, tuple[int, int | None, int | None, int, bool]]] = []
    if open_functions:
        choices.append(("without open_functions", (samples, None, None, steps, False)))
    if steps > 1:
        choices.append(("steps=1", (samples, None, None, 1, False)))
    choices.append(("sample=0", (1, None, None, 1, False)))
    choices.append((f"layer={widest}", (samples, widest, None, 1, False)))
    choices.append((f"sample=0, layer={widest}", (1, widest, None, 1, False)))
    obstacle = shown_whole(net.layers[widest], optimizer)
    if not softmax and not obstacle and all(isinstance(found, Dense) for found in net.layers):
        choices.append((f"sample=0, layer={widest}, unit=0", (1, widest, 0, 1, False)))
    fitting = [
        (words, smaller) for words, choice in choices if (smaller := predicted(*choice)) <= limit
    ]
    message = f"this recording would have about {size:,} operations, the limit is {limit:,}"
    if not fitting:
        return f"{message}; no part of this network is small enough, expected a smaller network"
    words, smaller = fitting[0]
    flags = words.replace("without open_functions", "without --open-functions")
    for name in ("sample", "layer", "unit", "steps"):
        flags = flags.replace(f"{name}=", f"--{name} ")
    return (
        f"{message}; {words} (on the command line {flags.replace(',', '')}) "
        f"records about {smaller:,}"
    )
