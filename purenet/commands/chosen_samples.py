"""The network and the samples that ``explain`` and ``step`` are asked to show."""

from __future__ import annotations

import argparse
from typing import Any

from ..names import own_optimizer
from ..optimizers import OPTIMIZERS, as_optimizer
from ..walkthroughs import WALKTHROUGHS, network_of
from .backends import choose_backend
from .table_files import model_of

_LEARNING_RATE = 0.1  # for a model file, which holds none


def add_network(parser: argparse.ArgumentParser) -> None:
    """Give a command the arguments that name a network and its samples."""
    parser.add_argument(
        "network",
        nargs="?",
        default="two-layer",
        metavar="NETWORK",
        help=f"{', '.join(WALKTHROUGHS)} (default: two-layer), or a model file",
    )
    parser.add_argument("data", nargs="?", metavar="DATA", help="the CSV file for a model file")


def add_learning_rate(parser: argparse.ArgumentParser) -> None:
    """Give a command the option --learning-rate."""
    parser.add_argument(
        "--learning-rate",
        type=float,
        metavar="R",
        help=f"default: the network's own, {_LEARNING_RATE} for a model file; what is usual for "
        f"the --optimizer, if there is one",
    )


def add_optimizer(parser: argparse.ArgumentParser) -> None:
    """Give a command the option --optimizer."""
    parser.add_argument(
        "--optimizer",
        type=own_optimizer,
        choices=OPTIMIZERS,
        help="let this one take the step, with its usual learning rate (default: plain gradient "
        "descent)",
    )


def rate_of(arguments: argparse.Namespace, own: float) -> float:
    """Return the learning rate of a step: as given, usual for the optimizer, or the network's."""
    rate: float | None = arguments.learning_rate
    if rate is None and arguments.optimizer is not None:
        rate = as_optimizer(arguments.optimizer, "--optimizer").usual_rate
    return own if rate is None else rate


def model_or_samples_of(network: str, data: str | None) -> tuple[Any, Any, Any, float]:
    """Return the network, inputs, targets and learning rate that the command line names.

    Of a model file it is the model itself, the table of the rows with a target, and no targets.
    """
    if data is None:
        if network not in WALKTHROUGHS:
            raise ValueError(
                f"found {network!r}, expected {', '.join(WALKTHROUGHS)}, "
                f"or a model file and a CSV file"
            )
        return network_of(network, choose_backend("pure"))
    model = model_of(choose_backend("pure"), network)
    return model, model.known_rows(data), None, _LEARNING_RATE


def default_sample(network: str, data: str | None) -> int | None:
    """Return which sample is shown if none is chosen; None for all.

    All samples of two-layer and xor, which have four; of deep and of a table the first one, because
    hundreds of samples show the same arithmetic again and again.
    """
    return 0 if data is not None or network == "deep" else None
