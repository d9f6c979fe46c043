"""Record a training step: every operation, with its operands and its place in the source.

``record`` runs a step of training (forward, loss, backward, update) on copies, with the very code
objects of purenet, and floats that keep a tape (``tape``).  A recording proves itself or is
refused:

1. every number has the bits that the same step has without recording;
2. every output carries its origin;
3. every constant on the tape is a literal, or a named constant, of the function that used it;
4. every matrix has a name, or is folded into the formula of one that has.

The format is documented in ``Recording``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..checks import as_count, as_flag, as_learning_rate, as_list, shown
from ..losses import REQUIRED_ACTIVATION
from ..network import Network, Samples
from .recorder import Recorder
from .recorder import pure_copy as pure_copy

FORMAT = "purenet recording"
VERSION = 1

# Above this a recording is more than anybody reads: 0.7 MB, and seconds to draw.
LIMIT = 20_000


class Recording:
    """One or several recorded training steps.

    data: the recording as a JSON object; ``to_json`` writes it, ``from_json`` reads it.

    The format, version 1.  Every number of the network is a text, Python's ``repr`` of it (JSON has
    neither nan nor inf), so that ``float(text)`` gives the bits back.  Everything counts from 0;
    only in names layers count from 1.  "Columns" are objects of equally long lists.

    format, version
        "purenet recording", 1.
    meta
        purenet, python: versions.  network: layers (inputs, outputs, activation, bias) and loss.
        backend: of the network that was given, pure or fast; what ran is the pure code in any
        case.  learning_rate.  samples: row i of the batch is sample ``samples[i]`` of
        sample_count.  steps.  layer, unit: what was recorded of the network, or null.
        open_functions.  digest_before, digests: of the parameters, before and after each step.
        losses: of each step.  stopped: null, or why there are fewer steps than asked for.
        counts: operations, numbers and matrices, without those that were given.
    sources
        The functions that ran: module, file, function, first_line, lines.
    places
        Where operations stand: [source, line, column, end_line, end_column, target, names]:
        columns in characters (null before Python 3.11), the variable that takes the result or
        null, and the names of the loop variables there.
    operations
        Columns, in the order in which they ran; the index is an operation's id.
        op: given, literal (written in the source) and constant (of a module) are leaves; + - * /
        neg; copy (a function returned its argument, or a literal, as it is); exp log log1p tanh;
        and with open_functions ldexp frexp_mantissa frexp_exponent int float.
        a, b: the ids of the operands, or null.  value.  place, call: indices, or null for leaves.
        number: the index of the number in whose formula it stands, or null.  indices: the values
        of the loop variables.  sentence: an index, or null.  name: the constants' names by id.
        Repeating ``value[id] = op(value[a], value[b])`` in order gives every value, bit by bit.
    calls
        Columns: source; caller and line, the call and the line it came from; first and end:
        operations first to end - 1 happened inside; step; arguments and result, by name.
    numbers
        Columns: name ("z1[0][2]"; unique in a step); step; id; matrix; row; column; formula: a
        text in which "#12" stands for the number with the id 12, null for given ones; sentence.
        The formula with its values, negative ones in parentheses, evaluates in Python to exactly
        the value.  An id has at most one name in a step; the weights that step 0 has made are W1'
        there and W1 in step 1.
    matrices
        Every number is in one: name; symbol, the name as the field writes it; title; role; step;
        phase; layer; given: null, data, parameter, setting, carried (from the step before) or
        unrecorded (computed outside of the part that was recorded); shape; axes: what a row and a
        column stand for; rows, columns: which ones of the shape are there; ids, nested as shape
        says; formula; sentence.
    phases
        step; phase: forward, loss, backward or update; layer; title; first and end; matrices;
        sentence.
    sentences
        Templates: {name}, {row}, {column} are the number's, {a} and {b} the operation's operands.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    def to_json(self) -> str:
        """Return the recording as JSON, one line for each of its parts."""
        parts = []
        for key, value in self.data.items():
            if isinstance(value, dict) and key != "meta":
                columns = [f"{json.dumps(name)}: {_packed(found)}" for name, found in value.items()]
                parts.append(f"{json.dumps(key)}: {{\n" + ",\n".join(columns) + "\n}")
            elif isinstance(value, list):
                rows = [_packed(item) for item in value]
                parts.append(f"{json.dumps(key)}: [\n" + ",\n".join(rows) + "\n]")
            else:
                parts.append(f"{json.dumps(key)}: {_packed(value)}")
        return "{\n" + ",\n".join(parts) + "\n}\n"

    @classmethod
    def from_json(cls, text: str) -> Recording:
        """Read a recording back."""
        data = json.loads(text)
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError(f"no {FORMAT}, expected the JSON of one")
        if data.get("version") != VERSION:
            raise ValueError(f"version: found {data.get('version')!r}, expected {VERSION}")
        return cls(data)

    def __repr__(self) -> str:
        counts = self.data["meta"]["counts"]
        return (
            f"Recording({counts['operations']} operations, {counts['numbers']} numbers, "
            f"{counts['matrices']} matrices)"
        )


def _packed(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def record(
    net: Network,
    inputs: Any,
    targets: Any,
    learning_rate: float = 0.1,
    *,
    steps: int = 1,
    sample: int | Sequence[int] | None = None,
    layer: int | None = None,
    unit: int | None = None,
    open_functions: bool = False,
    limit: int = LIMIT,
) -> Recording:
    """Record steps of training with these samples in one batch; the network stays as it is.

    net: a network of purenet or of purenet_fast; the code that runs is purenet's, the bits are the
        same.
    sample: take the step with this sample alone, or with these; counted from 0.
    layer: record the arithmetic of this layer only, counted from 0: its z and a, dL/da, delta, the
        gradient and the update.  The rest runs unrecorded.
    unit: record only this unit of the layer.
    open_functions: record exp, log1p and tanh from the inside instead of as one operation.
    limit: refuse a recording of more operations than this.

    Raises ValueError for unusable arguments and for a recording that would be too large,
    RecordingError if the recording cannot prove itself.

    >>> from purenet import Dense
    >>> net = Network([Dense(2, 1, initializer=[[0.5], [-0.25]])], "sum_of_squares", seed=1)
    >>> record(net, [[1, 2]], [1], learning_rate=0.5)
    Recording(32 operations, 14 numbers, 12 matrices)
    """
    rate = as_learning_rate(learning_rate)
    steps = as_count(steps, "steps")
    copy = pure_copy(net)
    samples = copy.checked_samples(inputs, targets)
    if sample is not None:
        chosen = [sample] if hasattr(sample, "__index__") else as_list(sample, "sample", "a number")
        if not chosen:
            raise ValueError("sample: found none, expected the number of a sample")
        chosen = [_checked_number(one, "sample", samples.size) for one in chosen]
    else:
        chosen = list(range(samples.size))
    if layer is not None:
        layer = _checked_number(layer, "layer", len(copy.layers))
    if unit is not None:
        if layer is None:
            raise ValueError(f"unit: found {shown(unit)} without a layer, expected layer= as well")
        unit = _checked_number(unit, "unit", copy.layers[layer].outputs)
        if copy.layers[layer].activation == "softmax":
            raise ValueError(
                f"unit: the units of layer {layer} are computed together, because softmax divides "
                f"by their sum; expected layer={layer} alone"
            )
    open_functions = as_flag(open_functions, "open_functions")
    limit = as_count(limit, "limit")
    size = predicted_size(copy, len(chosen), layer, unit, steps, open_functions)
    if size > limit:
        raise ValueError(_too_large(copy, size, limit, len(chosen), steps, open_functions))
    part = Samples(
        [samples.inputs[i] for i in chosen],
        [samples.targets[i] for i in chosen],
        samples.classes,
        len(chosen),
    )
    recorder = Recorder(copy, part, rate, layer, unit, open_functions)
    recorder.run(steps)
    data = recorder.data()
    meta = {
        "backend": net.layer_class.backend,
        "samples": chosen,
        "sample_count": samples.size,
        **data.pop("meta"),
    }
    return Recording({"format": FORMAT, "version": VERSION, "meta": meta, **data})


def _checked_number(value: Any, argument: str, count: int) -> int:
    found = as_count(value, argument, least=0)
    if found >= count:
        raise ValueError(
            f"{argument}: found {found}, expected 0 to {count - 1} ({argument}s count from 0)"
        )
    return found


# The size, before anything is recorded.

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


def _too_large(
    net: Network, size: int, limit: int, samples: int, steps: int, open_functions: bool
) -> str:
    """Say how large a recording would be and what would fit."""
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
    if not softmax:
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
