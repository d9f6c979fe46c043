"""Record a training step: every operation, with its operands and its place in the source.

``record`` runs a step of training (forward, loss, backward, update) on copies, with the very code
objects of purenet, and floats that keep a tape (``tape``).  A recording proves itself or is
refused:

1. every number has the bits that the same step has without recording;
2. every output carries its origin;
3. every constant on the tape is a literal, or a named constant, of the function that used it;
4. every matrix has a name, or is folded into the formula of one that has;
5. repeated from what was given, every number and every decision come out as they were recorded.

The format is documented in ``Recording``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...checks import as_count, as_flag, as_learning_rate, shown
from ...given import Inputs, Targets
from ...layers import Dense
from ...models import TableModel
from ...names import OptimizerName
from ...network import Network
from ...optimizers import Optimizer, as_optimizer
from ..copies import pure_copy
from ..samples import checked_number, chosen_numbers, part_of
from ..step import Clipping
from ..task import Task
from .document import FORMAT, VERSION, Recording
from .recorder import Recorder
from .size import predicted_size, shown_whole, too_large

# Above this a recording is more than anybody reads: 0.7 MB, and seconds to draw.
LIMIT = 20_000
# With a convolution one step on a small image takes more, and is looked at image by image.
IMAGE_LIMIT = 100_000


def record(
    net: Network | TableModel,
    inputs: Inputs | Any,
    targets: Targets | None = None,
    learning_rate: float | None = None,
    *,
    steps: int = 1,
    optimizer: Optimizer | OptimizerName | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    sample: int | Sequence[int] | None = None,
    layer: int | None = None,
    unit: int | None = None,
    open_functions: bool = False,
    limit: int | None = None,
) -> Recording:
    """Record steps of training with these samples in one batch; the network stays as it is.

    net: a network of purenet or of purenet_fast; the code that runs is purenet's, the bits are the
        same.  A ``TableModel``, too: its inputs are rows with the target, as ``evaluate`` takes
        them, without targets of their own, and the recording speaks in the words of the table.
    learning_rate: the optimizer's usual one if not given, 0.1 for plain gradient descent.
    optimizer: takes the step: one such as ``Adam()``, or its name; plain gradient descent if not
        given.  It carries on where the network's training with an equal one has stopped.
    clip_norm, clip_value: as for ``fit``.
    sample: take the step with this sample alone, or with these; counted from 0.
    layer: record the arithmetic of this layer only, counted from 0: its z and a, dL/da, delta, the
        gradient and the update.  The rest runs unrecorded.
    unit: record only this unit of the layer.
    open_functions: record exp, log1p and tanh from the inside instead of as one operation.
    limit: refuse a recording of more operations than this: 20,000, or 100,000 with images, if not
        given.

    Raises ValueError for unusable arguments and for a recording that would be too large,
    RecordingError if the recording cannot prove itself.

    >>> from purenet import Dense
    >>> net = Network([Dense(2, 1, initializer=[[0.5], [-0.25]])], "sum_of_squares", seed=1)
    >>> record(net, [[1, 2]], [1], learning_rate=0.5)
    Recording(32 operations, 14 numbers, 12 matrices)
    """
    task = None
    if isinstance(net, TableModel):
        if targets is not None:
            raise ValueError(
                f"targets: found {shown(targets)}, expected none, because the rows of a table hold "
                f"them"
            )
        task = Task(net, inputs)
        net, inputs, targets = task.network, task.inputs(), task.targets()
    chosen_optimizer = as_optimizer(optimizer, "optimizer")
    usual = chosen_optimizer.usual_rate if learning_rate is None else learning_rate
    rate = as_learning_rate(usual)
    clipping = Clipping.checked(clip_value, clip_norm)
    steps = as_count(steps, "steps")
    copy = pure_copy(net)
    samples = copy.checked_samples(inputs, targets)
    chosen = chosen_numbers(sample, samples.size)
    if layer is not None:
        layer = checked_number(layer, "layer", len(copy.layers))
    if unit is not None:
        if layer is None:
            raise ValueError(f"unit: found {shown(unit)} without a layer, expected layer= as well")
        unit = checked_number(unit, "unit", copy.layers[layer].outputs)
        for number in range(layer, min(layer + 2, len(copy.layers))):
            if not isinstance(copy.layers[number], Dense):
                raise ValueError(
                    f"unit: layer {number} is no Dense layer, so that a unit cannot be shown by "
                    f"itself; expected layer={layer} alone"
                )
        if copy.layers[layer].activation == "softmax":
            raise ValueError(
                f"unit: the units of layer {layer} are computed together, because softmax divides "
                f"by their sum; expected layer={layer} alone"
            )
        obstacle = shown_whole(copy.layers[layer], chosen_optimizer)
        if obstacle is not None:
            raise ValueError(
                f"unit: with {obstacle} a unit cannot be shown by itself; "
                f"expected layer={layer} alone"
            )
    open_functions = as_flag(open_functions, "open_functions")
    if limit is None:
        has_images = any(len(found.output_shape) == 3 for found in copy.layers)
        limit = IMAGE_LIMIT if has_images else LIMIT
    limit = as_count(limit, "limit")
    count = len(chosen)
    size = predicted_size(copy, count, layer, unit, steps, open_functions, chosen_optimizer)
    if clip_norm is not None and layer is None:
        size += 3 * steps * copy.parameter_count
    if size > limit:
        message = too_large(copy, size, limit, count, steps, open_functions, chosen_optimizer)
        raise ValueError(message)
    part = part_of(samples, chosen)
    recorder = Recorder(
        copy,
        part,
        rate,
        chosen_optimizer,
        layer,
        unit,
        open_functions,
        clipping,
    )
    trained = recorder.run(steps)
    outputs, after = copy.predict(part.inputs), trained.predict(part.inputs)
    data = recorder.data(after)
    meta = {
        "backend": net.layer_class.backend,
        "samples": chosen,
        "sample_count": samples.size,
        **data.pop("meta"),
        "outputs": [list(map(repr, row)) for row in outputs],
        "outputs_after": [list(map(repr, row)) for row in after],
    }
    if task is not None:
        meta["task"] = task.data(chosen, outputs, after)
        task.add_words(data["matrices"])
    return Recording({"format": FORMAT, "version": VERSION, "meta": meta, **data})
