"""The demonstration: two networks trained from start to end, on every backend there is."""

from __future__ import annotations

import argparse
import sys
import textwrap
import time
from types import ModuleType
from typing import Any, NamedTuple

from ..answers import class_of
from ..datasets import load_digits, load_xor
from ..drawing.curves import line_chart, line_chart_svg
from ..drawing.tables import confusion_table, prediction_table
from ..drawing.text import supports_unicode
from ..history import History
from ..matrix import Matrix
from ..network import Network
from ..writing import write_text
from .backends import add_backend_option, available_backends, choose_backend, why_not_fast
from .destinations import check_destinations

DIGITS_EPOCHS = 20


class Run(NamedTuple):
    """A trained network, the course of its training and the seconds it took."""

    network: Network
    history: History
    seconds: float


def train_xor(package: ModuleType, *, progress: bool) -> Run:
    """Train the 3-4-1 network of the README on the XOR table."""
    data = load_xor()
    network = package.Network(
        [package.Dense(3, 4, "sigmoid"), package.Dense(4, 1, "sigmoid")],
        loss="sum_of_squares",
        seed=1,
    )
    return _timed(network, data.inputs, data.targets, progress, epochs=1500, learning_rate=1.0)


def train_digits(package: ModuleType, inputs: Matrix, targets: Matrix, *, progress: bool) -> Run:
    """Train a 64-32-10 network on images of handwritten digits."""
    network = package.Network(
        [package.Dense(64, 32, "sigmoid"), package.Dense(32, 10, "softmax")],
        loss="categorical_cross_entropy",
        seed=1,
    )
    return _timed(
        network,
        inputs,
        targets,
        progress,
        epochs=DIGITS_EPOCHS,
        learning_rate=0.5,
        batch_size=16,
    )


def _timed(
    network: Network, inputs: Matrix, targets: Matrix, progress: bool, **options: Any
) -> Run:
    start = time.perf_counter()
    history = network.fit(inputs, targets, progress=progress, **options)
    return Run(network, history, time.perf_counter() - start)


def add_command(commands: Any) -> None:
    parser = commands.add_parser(
        "demo",
        help="train two networks and show what comes out",
        description="Train the XOR network and a digits classifier, on every backend there is.",
    )
    parser.add_argument("--plot", metavar="FILE", help="write the digits' loss curve as SVG")
    add_backend_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    check_destinations({"--plot": (arguments.plot, "SVG")})
    backends = available_backends()
    if arguments.backend is not None:
        backends = {arguments.backend: choose_backend(arguments.backend)}
    best = backends.get("fast") or backends["pure"]
    print(f"purenet on Python {sys.version.split()[0]}; backends here: {', '.join(backends)}")
    if len(backends) == 1 and arguments.backend is None:
        print(textwrap.fill(f"Without the compiled backend: {why_not_fast()}", 80))

    print("\nThe XOR gate: 3 inputs, 4 hidden units, 1 output; 1,500 epochs.\n", flush=True)
    data = load_xor()
    first = train_xor(best, progress=True)
    unicode = supports_unicode(sys.stdout)
    print()
    print(line_chart({"loss": first.history.loss}, height=10, unicode=unicode))
    print()
    print(prediction_table(data.inputs, data.targets, first.network.predict(data.inputs)))
    print(f"\ndigest {first.network.digest()}")

    digits = load_digits()
    train = [i for i in range(len(digits.inputs)) if i % 5 != 0]
    test = [i for i in range(len(digits.inputs)) if i % 5 == 0]
    inputs = [digits.inputs[i] for i in train]
    targets = [digits.targets[i] for i in train]
    print(
        f"\nHandwritten digits: {len(train):,} images of 8x8 pixels, a 64-32-10 network, "
        f"{DIGITS_EPOCHS} epochs.\n"
    )
    runs = {}
    for name, package in sorted(backends.items()):
        print(f"Training with the {name} backend:", flush=True)
        runs[name] = train_digits(package, inputs, targets, progress=True)
    print()
    second = runs["fast" if best.BACKEND == "fast" else "pure"]
    print(line_chart({"loss": second.history.loss}, height=10, unicode=unicode))
    outputs = second.network.predict([digits.inputs[i] for i in test])
    predicted = [class_of(row) for row in outputs]
    print(f"\n{len(test)} images that the network has not seen:\n")
    truth = [digits.labels[i] for i in test]
    print(confusion_table(truth, predicted, digits.class_names))

    print(f"\n{'time':>14}  digest")
    for name, trained in runs.items():
        print(f"{name} {trained.seconds:7.3f} s  {trained.network.digest()}")
    if len(runs) == 2:
        same = runs["pure"].network.digest() == runs["fast"].network.digest()
        ratio = runs["pure"].seconds / runs["fast"].seconds
        print(
            f"The two networks are {'identical to the last bit' if same else 'DIFFERENT'}; "
            f"compiled is {ratio:,.0f} times as fast."
        )
        if not same:
            return 1
    if arguments.plot is not None:
        title = "Training on handwritten digits"
        write_text(arguments.plot, line_chart_svg({"loss": second.history.loss}, title=title))
        print(f"loss curve written to {arguments.plot}")
    return 0
