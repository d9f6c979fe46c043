"""From a table of numbers to a trained network, without writing code.

The commands ``train``, ``predict``, ``evaluate`` and ``info``.  How the table becomes the network's
numbers, and the network's numbers answers, is the ``Preparation`` that travels in the model file.
"""

from __future__ import annotations

import argparse
import copy
import csv
import io
import math
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

from . import charts, tables
from .activations import ACTIVATIONS
from .backends import add_backend_option, choose_backend
from .checks import counted
from .destinations import check_destinations
from .files import write_text
from .history import History
from .metrics import class_of
from .network import Network
from .randomness import shuffled_order
from .tables import Preparation, Table, read_csv

# Below this many rows, none is kept out of training unless that is asked for.
FEWEST_ROWS_TO_SPLIT = 20
VALIDATION_SHARE = 0.2
PATIENCE = 30

# A slip such as --layers 1000000,1000000 would fill the memory before anything else happened.
MOST_PARAMETERS = 100_000_000

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
        "a number to predict. Of all epochs, the network with the lowest loss on the rows kept "
        "out of training is the one that is written.",
    )
    parser.add_argument("data", help="CSV file with a header line")
    parser.add_argument("--target", required=True, metavar="COLUMN", help="the column to predict")
    parser.add_argument("--out", required=True, metavar="FILE", help="the model file to write")
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="COLUMN",
        help="a column that is no input, such as a name or a number of the row; may be repeated",
    )
    parser.add_argument(
        "--layers",
        type=_layers,
        default=[16],
        metavar="8,8",
        help="hidden units, layer by layer; 'none' for no hidden layer (default: 16)",
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
    parser.add_argument(
        "--epochs",
        type=int,
        default=200,
        metavar="N",
        help="how often to go through the rows, at most (default: 200)",
    )
    parser.add_argument(
        "--learning-rate",
        type=float,
        default=0.1,
        metavar="RATE",
        help="how far each step of gradient descent goes (default: 0.1)",
    )
    parser.add_argument(
        "--batch-size", type=int, default=16, metavar="N", help="rows a step (default: 16)"
    )
    parser.add_argument(
        "--validation",
        type=float,
        metavar="SHARE",
        help="share of the rows that is kept out of training to measure it "
        f"(default: {VALIDATION_SHARE}; 0 for a table of fewer than {FEWEST_ROWS_TO_SPLIT} rows)",
    )
    parser.add_argument(
        "--patience",
        type=int,
        metavar="N",
        help="stop after N epochs without a lower loss, 0 for never "
        f"(default: {PATIENCE}, never where no rows are kept out)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=1,
        metavar="N",
        help="of the first weights, the order of the rows and those kept out (default: 1)",
    )
    parser.add_argument("--plot", metavar="FILE", help="write the loss curve as SVG")
    parser.add_argument(
        "--history", metavar="FILE", help="write the loss and accuracy of each epoch as CSV"
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    _add_threads_option(parser)
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
    _add_threads_option(parser)
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
    _add_threads_option(parser)
    add_backend_option(parser)
    parser.set_defaults(run=run_evaluate)


def _add_info(commands: Any) -> None:
    parser = commands.add_parser(
        "info", help="describe a model file", description="Describe a model file."
    )
    parser.add_argument("model", help="a file written by train or by Network.save")
    add_backend_option(parser)
    parser.set_defaults(run=run_info)


def _add_threads_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threads",
        type=int,
        default=1,
        metavar="N",
        help="compute on so many processors, with the same result (compiled backend; default: 1)",
    )


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
    parameters = 0
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        parameters += (inputs + 1) * outputs
    if parameters > MOST_PARAMETERS:
        raise ValueError(
            f"--layers: found a network of {parameters:,} parameters, "
            f"expected at most {MOST_PARAMETERS:,}"
        )
    names = [activation] * len(hidden) + [output]
    layers = [
        package.Dense(inputs, outputs, name)
        for inputs, outputs, name in zip(sizes, sizes[1:], names, strict=False)
    ]
    network: Network = package.Network(layers, loss=loss, seed=seed)
    network.preparation = preparation
    return network


class BestEpoch:
    """Notes a network's parameters whenever its validation loss is lower than ever before."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.loss = math.inf
        self.epochs = 0
        self.parameters: list[tuple[Any, Any]] = []

    def look(self, epoch: int, history: History) -> None:
        """Be called after each epoch by ``fit``."""
        if history.validation_loss and history.validation_loss[-1] < self.loss:
            self.loss = history.validation_loss[-1]
            self.epochs = epoch + 1
            self.parameters = [
                (copy.deepcopy(layer.weights), copy.deepcopy(layer.biases))
                for layer in self.network.layers
            ]

    def restore(self) -> None:
        """Give the network the noted parameters, if there are any."""
        if self.parameters:
            for layer, (weights, biases) in zip(self.network.layers, self.parameters, strict=True):
                layer.weights = weights
                layer.biases = biases
            self.network.epochs_trained = self.epochs


def run_train(arguments: argparse.Namespace) -> int:
    package = choose_backend(arguments.backend)
    share, patience = arguments.validation, arguments.patience
    if share is not None and not 0.0 <= share < 1.0:
        raise ValueError(f"--validation: found {share}, expected a share from 0 to below 1")
    if patience is not None and patience < 0:
        raise ValueError(f"--patience: found {patience}, expected 0 or more")
    outputs = {
        "--out": arguments.out,
        "--plot": arguments.plot,
        "--history": arguments.history,
    }
    check_destinations(outputs, sources=[arguments.data])
    table = _training_table(arguments.data, arguments.target, arguments.ignore)
    preparation = _preparation_of(table, arguments.task, arguments.data)
    network = network_for(
        package, preparation, arguments.layers, arguments.activation, arguments.seed
    )
    if share is None:
        share = VALIDATION_SHARE if len(table.rows) >= FEWEST_ROWS_TO_SPLIT else 0.0
    kept, held = _split(table, share, arguments.seed)
    if patience is None:
        patience = PATIENCE if held.rows else 0
    # The scale comes from the training rows alone; the classes from all.
    task = "number" if preparation.classes is None else "classes"
    place = f"{arguments.data}: the {counted(len(kept.rows), 'row')} to train on"
    preparation = _preparation_of(kept, task, place, preparation.classes)
    network.preparation = preparation
    validation = None
    if held.rows:
        validation = preparation.inputs(held.rows), preparation.targets(held.labels or [])
    best = BestEpoch(network)
    history = network.fit(
        preparation.inputs(kept.rows),
        preparation.targets(kept.labels or []),
        epochs=arguments.epochs,
        learning_rate=arguments.learning_rate,
        batch_size=arguments.batch_size,
        validation_data=validation,
        patience=patience or None,
        on_epoch=best.look if held.rows else None,
        progress=not arguments.quiet and _is_terminal(sys.stderr),
        threads=arguments.threads,
    )
    best.restore()
    network.save(arguments.out)
    series = {"training": history.loss, "validation": history.validation_loss}
    series = {name: losses for name, losses in series.items() if losses}
    if arguments.plot is not None:
        write_text(arguments.plot, charts.line_chart_svg(series, title=f"Training {arguments.out}"))
    if arguments.history is not None:
        write_text(arguments.history, _history_csv(history))
    if not arguments.quiet:
        print(charts.line_chart(series, unicode=charts.supports_unicode(sys.stdout)))
        print()
        if history.stopped:
            print(f"stopped after {history.epochs} epochs: {history.stopped}")
        if held.rows:
            print(f"the network of epoch {network.epochs_trained} has the lowest validation loss")
        _print_scores(network, kept, "training", arguments.threads)
        if held.rows:
            _print_scores(network, held, "validation", arguments.threads)
        print(f"digest {network.digest()}")
        print(f"{arguments.out} written ({package.BACKEND} backend)")
    return 0


def _preparation_of(
    table: Table, task: str, place: str, classes: list[str] | None = None
) -> Preparation:
    try:
        return Preparation.from_table(table, task, classes=classes)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None


def _is_terminal(stream: Any) -> bool:
    return stream is not None and stream.isatty()


def _training_table(path: str, target: str, ignored: list[str]) -> Table:
    """Read a table to train on, whose inputs are all columns but the target and those ignored."""
    if not ignored:
        return read_csv(path, target)
    header = next(_lines(path), (1, [""]))[1]
    for column in ignored:
        if column not in header or column == target:
            known = ", ".join(repr(name) for name in header if name != target)
            raise ValueError(f"--ignore: found {column!r}, expected one of the columns {known}")
    columns = [column for column in header if column != target and column not in ignored]
    return read_csv(path, target, columns=columns)


def _lines(path: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of each line that is not blank, and the values in it."""
    return tables._records(path, tables._text(path))


def _history_csv(history: History) -> str:
    """Return the figures of a training, one line an epoch, counted from 1 as in the chart."""
    columns = {
        "loss": history.loss,
        "accuracy": history.accuracy,
        "validation loss": history.validation_loss,
        "validation accuracy": history.validation_accuracy,
    }
    columns = {name: values for name, values in columns.items() if values}
    rows = zip(range(1, history.epochs + 1), *columns.values(), strict=True)
    return _csv([["epoch", *columns], *map(list, rows)])


def _csv(rows: list[list[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _split(table: Table, share: float, seed: int) -> tuple[Table, Table]:
    """Divide a table's rows at random into those to train on and those to measure on."""
    count = len(table.rows)
    held = min(int(count * share + 0.5), count - 1)
    order = shuffled_order(count, seed, SPLIT_EPOCH)
    return _part(table, sorted(order[held:])), _part(table, sorted(order[:held]))


def _part(table: Table, rows: list[int]) -> Table:
    labels = None if table.labels is None else [table.labels[i] for i in rows]
    return Table(table.columns, [table.rows[i] for i in rows], table.target, labels)


def _print_scores(network: Network, table: Table, title: str, threads: int) -> None:
    preparation = _preparation(network, "the model")
    inputs, targets = preparation.inputs(table.rows), preparation.targets(table.labels or [])
    evaluation = network.evaluate(inputs, targets, threads=threads)
    count = len(table.rows)
    text = f"{title}: {counted(count, 'row')}, loss {evaluation.loss:.6g}"
    if evaluation.accuracy is not None and preparation.classes is not None:
        correct = round(evaluation.accuracy * count)
        # Rounded down, so that only a perfect score reads 100.0%.
        text += f", accuracy {1000 * correct // count / 10:.1f}%"
    else:
        answers = [preparation.answer(row) for row in network.predict(inputs, threads=threads)]
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
    check_destinations({"--out": arguments.out}, sources=[arguments.model, arguments.data])
    network = package.load(arguments.model)
    preparation = _preparation(network, arguments.model)
    if arguments.probabilities and preparation.classes is None:
        raise ValueError(f"--probabilities: {arguments.model} predicts a number, not classes")
    # Whatever stands in the target column, or does not yet, is not looked at.
    table = read_csv(arguments.data, columns=preparation.columns)
    inputs = _inputs(preparation, table, arguments.data)
    outputs = network.predict(inputs, threads=arguments.threads)
    header = [preparation.target]
    if arguments.probabilities and preparation.classes is not None:
        header += [f"probability {name}" for name in preparation.classes]
    rows: list[list[Any]] = [list(header)]
    for row in outputs:
        cells: list[Any] = [preparation.answer(row)]
        if arguments.probabilities:
            cells += row if len(row) > 1 else [1.0 - row[0], row[0]]
        rows.append(cells)
    if arguments.out is not None:
        write_text(arguments.out, _csv(rows))
    else:
        _print_data(_csv(rows))
    return 0


def _print_data(text: str) -> None:
    """Print text for other programs to read: every character of it, or none."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError as error:
        raise ValueError(
            f"the encoding of the output, {encoding}, has no {text[error.start]!a}; "
            f"write to a file with --out, or set PYTHONIOENCODING=utf-8"
        ) from None
    sys.stdout.write(text)


def run_evaluate(arguments: argparse.Namespace) -> int:
    package = choose_backend(arguments.backend)
    network = package.load(arguments.model)
    preparation = _preparation(network, arguments.model)
    table = read_csv(arguments.data, preparation.target, columns=preparation.columns)
    inputs = _inputs(preparation, table, arguments.data)
    _check_labels(preparation, table, arguments.data)
    _print_scores(network, table, arguments.data, arguments.threads)
    if preparation.classes is not None:
        truth = [class_of(row) for row in preparation.targets(table.labels or [])]
        answers = network.predict_classes(inputs, threads=arguments.threads)
        print()
        print(charts.confusion_table(truth, answers, preparation.classes))
    return 0


def _inputs(preparation: Preparation, table: Table, path: str) -> list[list[float]]:
    try:
        return preparation.inputs(table.rows)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _check_labels(preparation: Preparation, table: Table, path: str) -> None:
    """Refuse answers that the model does not know, with the line that they stand in."""
    for row, label in enumerate(table.labels or []):
        try:
            preparation.targets([label])
        except ValueError as error:
            expected = str(error).rpartition(", expected ")[2]
            line = [line for line, _ in _lines(path)][row + 1]
            raise ValueError(
                f"{path}: line {line}, column {preparation.target!r}: found {label!r}, "
                f"expected {expected}"
            ) from None


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
