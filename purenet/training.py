"""From a table of numbers to a trained network, without writing code.

The commands ``train``, ``predict``, ``evaluate`` and ``info``.  How the table becomes the network's
numbers, and the network's numbers answers, is the ``Preparation`` that travels in the model file.
"""

from __future__ import annotations

import argparse
import csv
import io
import math
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from . import charts
from .activations import ACTIVATIONS
from .backends import add_backend_option, choose_backend
from .files import write_text
from .metrics import class_of
from .network import Network
from .randomness import shuffled_order
from .tables import Preparation, Table, read_csv

# No training run gets this far, so the split shares its order with no epoch.
SPLIT_EPOCH = 2**32 - 1


def add_commands(commands: Any) -> None:
    _add_train(commands)
    _add_predict(commands)
    _add_evaluate(commands)
    _add_info(commands)


def _add_train(commands: Any) -> None:
    parser = commands.add_parser(
        "train",
        help="train a network on a CSV file",
        description="Train a network on a CSV file with a header line and write it to a file. "
        "Inputs are standardised; a text target means classes, a number target with many values "
        "a number to predict.",
    )
    parser.add_argument("data", help="CSV file with a header line")
    parser.add_argument("--target", required=True, metavar="COLUMN", help="the column to predict")
    parser.add_argument("--out", required=True, metavar="FILE", help="the model file to write")
    parser.add_argument(
        "--layers",
        type=_layers,
        default=[8],
        metavar="8,8",
        help="hidden units, layer by layer; 'none' for no hidden layer (default: 8)",
    )
    parser.add_argument(
        "--activation",
        choices=[name for name in ACTIVATIONS if name != "softmax"],
        default="tanh",
        help="of the hidden layers (default: tanh)",
    )
    parser.add_argument(
        "--task",
        choices=("auto", "classes", "number"),
        default="auto",
        help="predict one of some classes, or a number (default: from the column)",
    )
    parser.add_argument("--epochs", type=int, default=200, help="default: 200")
    parser.add_argument("--learning-rate", type=float, default=0.1, help="default: 0.1")
    parser.add_argument("--batch-size", type=int, default=16, help="default: 16")
    parser.add_argument(
        "--validation",
        type=float,
        default=0.2,
        metavar="SHARE",
        help="share of the rows that is kept out of training to measure it (default: 0.2)",
    )
    parser.add_argument(
        "--patience", type=int, metavar="N", help="stop after N epochs without a lower loss"
    )
    parser.add_argument("--seed", type=int, default=1, help="default: 1")
    parser.add_argument("--plot", metavar="FILE", help="write the loss curve as SVG")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    add_backend_option(parser)
    parser.set_defaults(run=run_train)


def _add_predict(commands: Any) -> None:
    parser = commands.add_parser(
        "predict",
        help="answer for the rows of a CSV file",
        description="Print the answer for each row of a CSV file, as CSV.",
    )
    parser.add_argument("model", help="a file written by train")
    parser.add_argument("data", help="CSV file with the columns that the model was trained on")
    parser.add_argument("--out", metavar="FILE", help="write to a file instead of printing")
    parser.add_argument(
        "--probabilities", action="store_true", help="add a column with each class's probability"
    )
    add_backend_option(parser)
    parser.set_defaults(run=run_predict)


def _add_evaluate(commands: Any) -> None:
    parser = commands.add_parser(
        "evaluate",
        help="compare a model's answers with a CSV file",
        description="Compare a model's answers with the target column of a CSV file.",
    )
    parser.add_argument("model", help="a file written by train")
    parser.add_argument("data", help="CSV file with the model's columns and its target")
    add_backend_option(parser)
    parser.set_defaults(run=run_evaluate)


def _add_info(commands: Any) -> None:
    parser = commands.add_parser(
        "info", help="describe a model file", description="Describe a model file."
    )
    parser.add_argument("model", help="a file written by train or by Network.save")
    add_backend_option(parser)
    parser.set_defaults(run=run_info)


def _layers(text: str) -> list[int]:
    if text.strip() == "none":
        return []
    try:
        sizes = [int(part) for part in text.split(",")]
    except ValueError:
        sizes = [0]
    if min(sizes) < 1:
        raise argparse.ArgumentTypeError(
            f"found {text!r}, expected unit counts such as 8,8, or none"
        )
    return sizes


def network_for(
    package: ModuleType,
    preparation: Preparation,
    hidden: Sequence[int],
    activation: str,
    seed: int,
) -> Network:
    """Return an untrained network for a prepared table.

    Two classes get one sigmoid output and binary cross-entropy, more classes softmax and
    categorical cross-entropy, a number a linear output and the mean squared error.
    """
    output, loss = "linear", "mean_squared_error"
    if preparation.classes is not None:
        output, loss = "softmax", "categorical_cross_entropy"
        if preparation.outputs == 1:
            output, loss = "sigmoid", "binary_cross_entropy"
    sizes = [len(preparation.columns), *hidden, preparation.outputs]
    names = [activation] * len(hidden) + [output]
    layers = [
        package.Dense(inputs, outputs, name)
        for inputs, outputs, name in zip(sizes, sizes[1:], names, strict=False)
    ]
    network: Network = package.Network(layers, loss=loss, seed=seed)
    network.preparation = preparation
    return network


def run_train(arguments: argparse.Namespace) -> int:
    package = choose_backend(arguments.backend)
    if not 0.0 <= arguments.validation < 1.0:
        raise ValueError(
            f"--validation: found {arguments.validation}, expected a share from 0 to below 1"
        )
    table = read_csv(arguments.data, arguments.target)
    preparation = Preparation.from_table(table, arguments.task)
    network = network_for(
        package, preparation, arguments.layers, arguments.activation, arguments.seed
    )
    kept, held = _split(table, arguments.validation, arguments.seed)
    # The scale comes from the training rows alone; the classes from all.
    task = "number" if preparation.classes is None else "classes"
    preparation = Preparation.from_table(kept, task, classes=preparation.classes)
    network.preparation = preparation
    validation = None
    if held.rows:
        validation = preparation.inputs(held.rows), preparation.targets(held.labels or [])
    history = network.fit(
        preparation.inputs(kept.rows),
        preparation.targets(kept.labels or []),
        epochs=arguments.epochs,
        learning_rate=arguments.learning_rate,
        batch_size=arguments.batch_size,
        validation_data=validation,
        patience=arguments.patience,
        progress=not arguments.quiet and sys.stderr.isatty(),
    )
    network.save(arguments.out)
    if arguments.plot is not None:
        series = {"training": history.loss, "validation": history.validation_loss}
        series = {name: losses for name, losses in series.items() if losses}
        write_text(arguments.plot, charts.line_chart_svg(series, title=f"Training {arguments.out}"))
    if not arguments.quiet:
        series = {"training": history.loss}
        if history.validation_loss:
            series["validation"] = history.validation_loss
        print(charts.line_chart(series, unicode=charts.supports_unicode(sys.stdout)))
        print()
        _print_scores(network, kept, "training")
        if held.rows:
            _print_scores(network, held, "validation")
        if history.stopped:
            print(f"stopped after {history.epochs} epochs: {history.stopped}")
        print(f"digest {network.digest()}")
        print(f"{arguments.out} written ({package.BACKEND} backend)")
    return 0


def _split(table: Table, share: float, seed: int) -> tuple[Table, Table]:
    """Divide a table's rows at random into those to train on and those to measure on."""
    count = len(table.rows)
    held = min(int(count * share + 0.5), count - 1)
    order = shuffled_order(count, seed, SPLIT_EPOCH)
    return _part(table, sorted(order[held:])), _part(table, sorted(order[:held]))


def _part(table: Table, rows: list[int]) -> Table:
    labels = None if table.labels is None else [table.labels[i] for i in rows]
    return Table(table.columns, [table.rows[i] for i in rows], table.target, labels)


def _print_scores(network: Network, table: Table, title: str) -> None:
    preparation = _preparation(network, "the model")
    inputs, targets = preparation.inputs(table.rows), preparation.targets(table.labels or [])
    evaluation = network.evaluate(inputs, targets)
    text = f"{title}: {len(table.rows)} rows, loss {evaluation.loss:.6g}"
    if preparation.classes is not None:
        text += f", accuracy {evaluation.accuracy:.1%}"
    else:
        answers = [preparation.answer(row) for row in network.predict(inputs)]
        errors = [float(a) - float(b) for a, b in zip(answers, table.labels or [], strict=True)]
        mean = math.sqrt(math.fsum(error * error for error in errors) / len(errors))
        text += f", root mean squared error {mean:.6g} {preparation.target}"
    print(text)


def _preparation(network: Network, path: str) -> Preparation:
    if network.preparation is None:
        raise ValueError(
            f"{path}: this network was saved without a table, expected one written by train"
        )
    return network.preparation


def run_predict(arguments: argparse.Namespace) -> int:
    package = choose_backend(arguments.backend)
    network = package.load(arguments.model)
    preparation = _preparation(network, arguments.model)
    if arguments.probabilities and preparation.classes is None:
        raise ValueError(f"--probabilities: {arguments.model} predicts a number, not classes")
    table = read_csv(
        arguments.data, preparation.target, columns=preparation.columns, target_optional=True
    )
    outputs = network.predict(preparation.inputs(table.rows))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    header = [preparation.target]
    if arguments.probabilities and preparation.classes is not None:
        header += [f"probability {name}" for name in preparation.classes]
    writer.writerow(header)
    for row in outputs:
        cells: list[Any] = [preparation.answer(row)]
        if arguments.probabilities:
            cells += row if len(row) > 1 else [1.0 - row[0], row[0]]
        writer.writerow(cells)
    if arguments.out is not None:
        write_text(arguments.out, text.getvalue())
    else:
        sys.stdout.write(text.getvalue())
    return 0


def run_evaluate(arguments: argparse.Namespace) -> int:
    package = choose_backend(arguments.backend)
    network = package.load(arguments.model)
    preparation = _preparation(network, arguments.model)
    table = read_csv(arguments.data, preparation.target, columns=preparation.columns)
    _print_scores(network, table, arguments.data)
    if preparation.classes is not None:
        truth = [class_of(row) for row in preparation.targets(table.labels or [])]
        answers = network.predict_classes(preparation.inputs(table.rows))
        print("\nrows: truth, columns: answer\n")
        print(charts.confusion_table(truth, answers, preparation.classes))
    return 0


def run_info(arguments: argparse.Namespace) -> int:
    package = choose_backend(arguments.backend)
    network = package.load(arguments.model)
    print(f"{arguments.model}: a network with {network.parameter_count:,} parameters")
    for number, layer in enumerate(network.layers):
        print(f"  layer {number}: {layer!r}")
    print(f"loss            {network.loss}")
    print(f"seed            {network.seed}")
    print(f"epochs trained  {network.epochs_trained:,}")
    print(f"digest          {network.digest()}")
    preparation = network.preparation
    if preparation is not None:
        print(f"predicts        {preparation.target}")
        if preparation.classes is not None:
            print(f"classes         {', '.join(preparation.classes)}")
        print("from            column: mean, standard deviation")
        for name, mean, deviation in zip(
            preparation.columns, preparation.means, preparation.deviations, strict=True
        ):
            print(f"                {name}: {mean:.6g}, {deviation:.6g}")
    return 0
