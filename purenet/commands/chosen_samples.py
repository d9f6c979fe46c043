"""The network and the samples that ``explain`` and ``step`` are asked to show."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

from ..models import TableModel
from ..names import own_optimizer
from ..optimizers import OPTIMIZERS, as_optimizer
from ..seeing.serving.session import Training
from ..selection import Recipe
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


def model_or_samples_of(
    network: str, data: str | None, backend: str | None = "pure"
) -> tuple[Any, Any, Any, float]:
    """Return the network, inputs, targets and learning rate that the command line names.

    backend: of the network; None for the fast one where it is built.

    Of a model file it is the model itself, the table of the rows with a target, and no targets.
    """
    if data is None:
        if network not in WALKTHROUGHS:
            raise ValueError(
                f"found {network!r}, expected {', '.join(WALKTHROUGHS)}, "
                f"or a model file and a CSV file"
            )
        return network_of(network, choose_backend(backend))
    model = model_of(choose_backend(backend), network)
    return model, model.known_rows(data), None, _LEARNING_RATE


def training_of(arguments: argparse.Namespace, net: Any, rate: float) -> Training:
    """Return how the command line trains a network: as its walkthrough or its recipe does.

    Of a recipe's schedule the first learning rate is taken: how it falls depends on a number of
    epochs that is not known before.
    """
    optimizer, alone = arguments.optimizer, arguments.learning_rate is None
    chosen = as_optimizer(optimizer, "--optimizer")
    if not isinstance(net, TableModel):
        command = None
        if optimizer is None and alone:
            command = f"purenet walkthrough {arguments.network} --epochs {{epochs}}"
        return Training(rate, chosen, command=command)
    recipe = Recipe() if net.recipe is None else net.recipe
    if optimizer is None:
        chosen = recipe.optimizer_itself()
    if optimizer is None and alone:
        rate = recipe.learning_rate
    words = ["train", "--continue", arguments.network, arguments.data, "--schedule"]
    words += ["exponential 1", "--test", "0", "--learning-rate", repr(rate)]
    words += [] if optimizer is None else ["--optimizer", optimizer]
    # Braces in the name of a file stay what they are.
    command = shlex.join(["purenet", *words]).replace("{", "{{").replace("}", "}}")
    command += " --out trained.json --epochs {epochs}"
    return Training(rate, chosen, recipe.batch_size, recipe.clip_norm, command)


def default_sample(network: str, data: str | None) -> int | None:
    """Return which sample is shown if none is chosen; None for all.

    All samples of two-layer and xor, which have four; of deep and of a table the first one, because
    hundreds of samples show the same arithmetic again and again.
    """
    return 0 if data is not None or network == "deep" else None
