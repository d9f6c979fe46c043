"""``walkthrough``: the three published networks as their articles train them, and the digits."""

from __future__ import annotations

import argparse
import sys
from types import ModuleType
from typing import Any

from ..answers import class_of
from ..checks import as_count
from ..drawing.curves import line_chart, line_chart_svg
from ..drawing.tables import confusion_table, prediction_table
from ..drawing.text import supports_unicode
from ..walkthroughs import PUBLISHED_XOR_LOSSES, WALKTHROUGHS, mistakes_table, published_losses
from ..writing import write_text
from .backends import add_backend_option, choose_backend
from .destinations import check_destinations
from .digits_walkthrough import run_digits


def add_command(commands: Any) -> None:
    parser = commands.add_parser(
        "walkthrough",
        help="train one of the three published networks, or follow the digits to convolutions",
        description="Train one of the three published networks and print what its article shows; "
        "or go from dense layers to convolutions on handwritten digits, step by step.",
    )
    parser.add_argument("name", choices=[*WALKTHROUGHS, "digits"])
    parser.add_argument("--epochs", type=int, help="as many as the article, if not given")
    parser.add_argument("--as-published", action="store_true", help="xor: with its three mistakes")
    parser.add_argument(
        "--images", type=int, metavar="N", help="digits: take so many pictures (default: all)"
    )
    parser.add_argument("--plot", metavar="FILE", help="write the loss curve as SVG")
    add_backend_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    package = choose_backend(arguments.backend)
    check_destinations({"--plot": (arguments.plot, "SVG")})
    images = arguments.images
    if images is not None:
        if arguments.name != "digits":
            raise ValueError("--images: only the digits walkthrough has it")
        images = as_count(images, "--images", least=10)
    if arguments.as_published:
        if arguments.name != "xor":
            raise ValueError("--as-published: only the xor walkthrough has it")
        return _run_as_published(package, arguments)
    if arguments.name == "digits":
        epochs = arguments.epochs
        if epochs is not None:
            epochs = as_count(epochs, "--epochs")
        return run_digits(package, epochs, images, arguments.plot)
    walkthrough = WALKTHROUGHS[arguments.name](package)
    network, inputs, targets, learning_rate, epochs = walkthrough
    if arguments.epochs is not None:
        epochs = as_count(arguments.epochs, "--epochs")
    print(f"{network!r}")
    print(
        f"{len(inputs)} samples, full batch, learning rate {learning_rate:g}, {epochs:,} epochs, "
        f"backend {package.BACKEND}\n"
    )
    history = network.fit(
        inputs, targets, epochs=epochs, learning_rate=learning_rate, progress=sys.stderr.isatty()
    )
    evaluation = network.evaluate(inputs, targets)
    _print_losses(arguments.name, [*history.loss, evaluation.loss])
    print(line_chart({"loss": history.loss}, unicode=supports_unicode(sys.stdout)))
    print()
    if arguments.name == "deep":
        truth = [class_of(row) for row in targets]
        answers = network.predict_classes(inputs)
        print(confusion_table(truth, answers, ["malignant", "benign"]))
    else:
        print(prediction_table(inputs, targets, network.predict(inputs)))
    print(f"\ndigest {network.digest()}")
    _plot(arguments.plot, {"loss": history.loss}, f"The {arguments.name} network")
    return 0


def _print_losses(name: str, losses: list[float]) -> None:
    """Print the losses that the article shows, and the last one.

    losses: entry n is the loss after n epochs.
    """
    word = "cost" if name == "deep" else "loss"
    every = {"two-layer": 300, "xor": 1000, "deep": 500}[name]
    last = len(losses) - 1
    epochs = {*range(0, last, every), last}
    if name == "deep" and last > 100:
        epochs.add(100)
    for epoch in sorted(epochs):
        print(f"{word} after {epoch:5,} epochs: {losses[epoch]!r}")
    print()


def _run_as_published(package: ModuleType, arguments: argparse.Namespace) -> int:
    iterations = 7001 if arguments.epochs is None else as_count(arguments.epochs, "--epochs")
    print("The XOR gate with the arithmetic of its article, mistakes included.")
    print("Loss: the mean absolute error, every 1,000 iterations.\n")
    losses = published_losses(iterations)
    other = published_losses(iterations, reverse=True)
    print(f"{'iteration':>9}  {'published':<20}  {'here':<20}  here, sums added backwards")
    for number, published in enumerate(PUBLISHED_XOR_LOSSES):
        if number * 1000 < iterations:
            here, backwards = losses[number * 1000], other[number * 1000]
            print(f"{number * 1000:>9}  {published!r:<20}  {here!r:<20}  {backwards!r}")
    print(
        """
The first loss agrees to the last digit, the second to about 15 digits. Then the
runs part: the mistakes make this training chaotic, and a sum whose terms are
added in another order, which changes the sixteenth digit, ends in another
network. NumPy's order depends on its version and on the processor, so the
article's later numbers cannot be found again. purenet fixes the order of every
sum instead.

The three mistakes, as a gradient check shows them: what the code subtracts from
each parameter, divided by the measured slope of the mean squared error. One
number for a whole group means the right direction, a range a wrong one.
"""
    )
    print(mistakes_table(package))
    print(
        """
(a) sigmoid_prime is given activations, which have been through the sigmoid.
(b) Weights take the sum over the four samples, biases the mean: 2 and 0.5.
(c) The hidden bias is averaged over the units of a sample, not over the samples
    of a unit. It fits only because there are four of each.
Mended, all quotients are 0.5: the factor 2 of the squared error's derivative,
which the article leaves to the learning rate."""
    )
    _plot(arguments.plot, {"loss": losses}, "The XOR gate as published")
    return 0


def _plot(path: str | None, series: dict[str, list[float]], title: str) -> None:
    if path is not None:
        write_text(path, line_chart_svg(series, title=title))
        print(f"loss curve written to {path}")
