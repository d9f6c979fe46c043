"""A training step in the debugger, from its first product to its end."""

from __future__ import annotations

import pdb
import signal
import sys
import textwrap
import threading
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, TextIO

from ...checks import as_learning_rate, counted
from ...models import TableModel
from ...network import Network
from ...optimizers import Optimizer, as_optimizer
from ..copies import pure_copy
from ..samples import chosen_numbers, part_of, which
from ..step import Clipping, batch_loss, training_step
from ..task import Task
from ..telling import after_in_words, before_in_words, task_in_words
from .stepper import Stepper
from .tables import WIDTH


def step_through(
    net: Network | TableModel,
    inputs: Any,
    targets: Any = None,
    learning_rate: float | None = None,
    *,
    optimizer: Optimizer | str | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    sample: int | Sequence[int] | None = None,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
) -> None:
    """Open the debugger at the first product of one training step with these samples.

    net: any network, of either backend.  The step is taken by a copy of it in pure Python, which
        computes the same bits; the network itself stays as it is.  Of a ``TableModel`` its table's
        words stand beside the numbers.
    inputs, targets: as for ``fit``; all samples are one batch.  Of a ``TableModel``: rows with the
        target, as ``evaluate`` takes them, and no targets.
    learning_rate: the optimizer's usual one if not given, 0.1 for plain gradient descent.
    optimizer: takes the step: one such as ``Adam()``, or its name; plain gradient descent if not
        given.  It carries on where the network's training with an equal one has stopped.
    clip_norm, clip_value: as for ``fit``.
    sample: take the step with this sample alone, or with these; counted from 0.
    stdin, stdout: where commands come from and where text goes, if not the terminal.

    Raises ValueError or TypeError for what ``fit`` would refuse, and for a sample not there;
    ValueError where commands cannot be read, because standard input is closed.
    """
    if stdin is None and (sys.stdin is None or sys.stdin.closed):
        raise ValueError("standard input is closed, expected an open one to read commands from")
    task = None
    if isinstance(net, TableModel):
        task = Task(net, inputs)
        net, inputs, targets = task.network, task.inputs(), task.targets()
    chosen_optimizer = as_optimizer(optimizer, "optimizer")
    usual = chosen_optimizer.usual_rate if learning_rate is None else learning_rate
    rate = as_learning_rate(usual)
    clipping = Clipping.checked(clip_value, clip_norm)
    output = sys.stdout if stdout is None else stdout
    first = pure_copy(net)
    samples = first.checked_samples(inputs, targets)
    chosen = chosen_numbers(sample, samples.size)
    count = f"{counted(len(chosen), 'sample')} ({which(chosen, samples.size)})"
    line = f"One training step: {count}, {net.loss},"
    rest = f"learning rate {rate!r}."
    between = " " if len(line) + 1 + len(rest) <= WIDTH else "\n"
    print(f"{line}{between}{rest}", file=output)
    for number, layer in enumerate(first.layers, 1):
        print(f"layer {number} is {layer!r}", file=output)
    words = {}
    if task is not None:
        words = {"x": task.input_words(), "y": task.target_words()}
        rows = part_of(samples, chosen)[0]
        outputs = first.predict(rows)
        told = task.data(chosen, outputs, outputs)
        sentences = [task_in_words(told)]
        if len(chosen) == 1:
            sentences += before_in_words(told, chosen[0])
        for sentence in sentences:
            print(textwrap.fill(sentence, WIDTH), file=output)
    print("help lists the commands, q ends.\n", file=output)
    interrupt = signal.getsignal(signal.SIGINT)
    again = True
    while again:
        copy = pure_copy(first)
        again = False
        # New lists, so that no two matrices are one object: the names go by identity.
        rows, answers, *_ = part_of(samples, chosen)
        fresh = deepcopy(chosen_optimizer)
        stepper = Stepper(copy, rows, answers, rate, fresh, clipping, words, stdin, stdout)
        tracing = sys.gettrace()
        if callable(interrupt) and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, stepper.sigint_handler)
        try:
            loss = stepper.runcall(training_step, copy, rows, answers, rate, fresh, *clipping)
        except pdb.Restart:
            again = True
        else:
            if loss is not None:
                stepper.close(loss, batch_loss(copy, rows, answers))
                if task is not None and len(chosen) == 1:
                    told = task.data(chosen, outputs, copy.predict(rows))
                    stepper.message(textwrap.fill(after_in_words(told), WIDTH))
        finally:
            sys.settrace(tracing)  # of a debugger or a coverage tool that runs this
            if interrupt is not None and signal.getsignal(signal.SIGINT) != interrupt:
                signal.signal(signal.SIGINT, interrupt)
