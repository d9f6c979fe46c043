"""``step``: one training step in a debugger that shows the numbers."""

from __future__ import annotations

import argparse
from typing import Any

from ..checks import as_count, as_learning_rate
from ..seeing.stepping import DEFAULT_LEARNING_RATE, step_through
from ..walkthroughs import WALKTHROUGHS
from .chosen_samples import samples_of


def add_command(commands: Any) -> None:
    parser = commands.add_parser(
        "step",
        help="step through one training step in a debugger that shows the numbers",
        description="Open Python's debugger at the first product of one training step. Every line "
        "of arithmetic is repeated with its numbers; type help there for the commands.",
    )
    parser.add_argument(
        "network",
        nargs="?",
        default="two-layer",
        metavar="NETWORK",
        help=f"{', '.join(WALKTHROUGHS)} (default: two-layer), or a model file",
    )
    parser.add_argument("data", nargs="?", metavar="DATA", help="the CSV file for a model file")
    parser.add_argument(
        "--sample",
        type=int,
        metavar="N",
        help="take only this sample, counted from 0 (default: all; 0 for a model file)",
    )
    parser.add_argument(
        "--learning-rate",
        type=float,
        metavar="R",
        help=f"default: the network's own, {DEFAULT_LEARNING_RATE} for a model file",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    net, inputs, targets, rate = samples_of(arguments.network, arguments.data)
    sample = arguments.sample
    if sample is None and arguments.data is not None:
        sample = 0
    if sample is not None:
        number = as_count(sample, "--sample", least=0)
        if number >= len(inputs):
            raise ValueError(f"--sample: found {number}, expected 0 to {len(inputs) - 1}")
        inputs, targets = inputs[number : number + 1], targets[number : number + 1]
    if arguments.learning_rate is not None:
        rate = as_learning_rate(arguments.learning_rate, "--learning-rate")
    step_through(net, inputs, targets, rate)
    return 0
