"""The size of a recording, before anything is recorded."""

from __future__ import annotations

from ...layers import Dense
from ...losses import REQUIRED_ACTIVATION
from ...network import Network

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


def predicted_size(
    net: Network,
    samples: int,
    layer: int | None = None,
    unit: int | None = None,
    steps: int = 1,
    open_functions: bool = False,
) -> int:
    """Return how many operations a recording would have, or a few more."""
    total = 0
    last = len(net.layers) - 1
    for number, found in enumerate(net.layers):
        if layer is not None and number != layer:
            continue
        units = found.outputs if unit is None else 1
        if not isinstance(found, Dense):
            total += samples * 6 * max(found.parameter_count, found.inputs + found.outputs)
            continue
        bias = 1 if found.bias else 0
        calls = 0 if found.activation in ("relu", "leaky_relu", "linear") else 1
        each = 2 * found.inputs + bias + _ACTIVATION_COST[found.activation]
        each += _OPEN_COST * calls if open_functions else 0
        if number < last:
            each += 2 * net.layers[number + 1].outputs + _DELTA_COST[found.activation]
        else:
            if unit is None:
                each += _LOSS_COST[net.loss] + 2
                if open_functions:
                    each += _OPEN_COST * _LOSS_CALLS.get(net.loss, 0)
            each += 2 if net.loss in REQUIRED_ACTIVATION else 3 + _DELTA_COST[found.activation]
        each += 2 * found.inputs + bias  # the gradient
        total += samples * units * each
        total += units * 2 * (found.inputs + bias)  # the update
    return (total + 2) * steps  # the count and the division by it


def too_large(
    net: Network, size: int, limit: int, samples: int, steps: int, open_functions: bool
) -> str:
    """Return how large a recording would be and what would fit."""
    deciding = [predicted_size(net, 1, number) for number in range(len(net.layers))]
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
    if not softmax and all(isinstance(found, Dense) for found in net.layers):
        choices.append((f"sample=0, layer={widest}, unit=0", (1, widest, 0, 1, False)))
    fitting = [
        (words, smaller)
        for words, (count, layer, unit, number_of_steps, opened) in choices
        if (smaller := predicted_size(net, count, layer, unit, number_of_steps, opened)) <= limit
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
