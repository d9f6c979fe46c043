"""``step``: one training step in a debugger that shows the numbers."""

from __future__ import annotations

import argparse
from typing import Any

from ..checks import as_count, as_learning_rate
from ..models import TableModel
from ..seeing.debugger.running import step_through
from .chosen_samples import (
    add_learning_rate,
    add_network,
    add_optimizer,
    default_sample,
    model_or_samples_of,
    rate_of,
)


def add_command(commands: Any) -> None:
    parser = commands.add_parser(
        "step",
        help="step through one training step in a debugger that shows the numbers",
        description="Open Python's debugger at the first product of one training step. Every line "
        "of arithmetic is repeated with its numbers; type help there for the commands.",
    )
    add_network(parser)
    parser.add_argument(
        "--sample",
        type=int,
        metavar="N",
        help="take only this sample, counted from 0 (default: all; 0 for deep and a model file)",
    )
    add_learning_rate(parser)
    add_optimizer(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    net, inputs, targets, own_rate = model_or_samples_of(arguments.network, arguments.data)
    count = inputs.row_count if isinstance(net, TableModel) else len(inputs)
    sample = arguments.sample
    if sample is None:
        sample = default_sample(arguments.network, arguments.data)
    elif as_count(sample, "--sample", least=0) >= count:
        raise ValueError(f"--sample: found {sample}, expected 0 to {count - 1}")
    rate = as_learning_rate(rate_of(arguments, own_rate), "--learning-rate")
    step_through(net, inputs, targets, rate, optimizer=arguments.optimizer, sample=sample)
    return 0
