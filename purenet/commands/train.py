"""``train``: from a table of numbers to a trained network, without writing code."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from ..checks import as_count, as_learning_rate, counted
from ..drawing.curves import line_chart, line_chart_svg
from ..drawing.text import is_terminal, supports_unicode
from ..history import History
from ..models.layer_texts import HIDDEN_ACTIVATIONS, LayerText, layer_texts, whole_numbers
from ..models.table_networks import Wish, described, network_for, row_shape
from ..optimizers import OPTIMIZERS, Optimizer, as_optimizer
from ..schedule_texts import ScheduleText, schedule_of, schedule_text
from ..splits import divided
from ..tables import Preparation, Table, read_csv
from ..tables.reading import csv_lines
from ..writing import write_text
from .backends import add_backend_option, add_threads_option, choose_backend
from .destinations import check_destinations
from .scores import print_scores
from .table_files import as_csv

T = TypeVar("T")

# Below this many rows, none is kept out of training unless that is asked for.
FEWEST_ROWS_TO_SPLIT = 20
VALIDATION_SHARE = 0.2
PATIENCE = 30


def add_command(commands: Any) -> None:
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
        default=layer_texts("16"),
        metavar="8,8",
        help="hidden units, layer by layer, or layers such as 'conv 3x3x8, pool 2, dense 32'; "
        "'none' for no hidden layer (default: 16)",
    )
    parser.add_argument(
        "--image",
        type=_image,
        metavar="1x8x8",
        help="each row is an image: channels x height x width, channel by channel and row by row "
        "(default: a square grey one, if --layers begins with a convolution)",
    )
    parser.add_argument(
        "--steps",
        type=int,
        metavar="N",
        help="each row is a sequence of N steps (default: one number a step, if --layers begins "
        "with a recurrent layer)",
    )
    parser.add_argument(
        "--activation",
        choices=HIDDEN_ACTIVATIONS,
        default="tanh",
        help="of the hidden layers that name none of their own (default: tanh)",
    )
    parser.add_argument(
        "--dropout",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="leave out this share of each hidden layer's outputs in training (default: 0)",
    )
    for name, what in (("--l1", "their magnitudes"), ("--l2", "their squares")):
        parser.add_argument(
            name,
            type=float,
            default=0.0,
            metavar="FACTOR",
            help=f"keep weights small: the loss grows by FACTOR times the sum of {what} "
            f"(default: 0)",
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
        "--optimizer",
        choices=OPTIMIZERS,
        help="how the weights follow from the gradient (default: plain gradient descent)",
    )
    parser.add_argument(
        "--learning-rate",
        type=float,
        metavar="RATE",
        help="how far each step goes (default: 0.1, or what is usual for the --optimizer)",
    )
    parser.add_argument(
        "--schedule",
        type=_schedule,
        metavar="cosine",
        help="let the learning rate fall: 'step 30', 'exponential 0.98', 'cosine', 'inverse 0.05', "
        "'plateau 5', any of them after 'warm-up 5,' (default: it stays)",
    )
    parser.add_argument(
        "--clip-norm",
        type=float,
        metavar="NORM",
        help="shorten a gradient that is longer than this (default: never)",
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
    add_threads_option(parser)
    add_backend_option(parser)
    parser.set_defaults(run=run)


def _layers(text: str) -> list[LayerText]:
    return _understood(layer_texts, text)


def _schedule(text: str) -> ScheduleText:
    return _understood(schedule_text, text)


def _understood(read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _image(text: str) -> tuple[int, ...]:
    shape = whole_numbers(text, 3)
    if shape is None:
        raise argparse.ArgumentTypeError(
            f"found {text!r}, expected CHANNELSxHEIGHTxWIDTH such as 1x8x8"
        )
    return shape


def run(arguments: argparse.Namespace) -> int:
    package = choose_backend(arguments.backend)
    share, patience = arguments.validation, arguments.patience
    if share is not None and not 0.0 <= share < 1.0:
        raise ValueError(f"--validation: found {share}, expected a share from 0 to below 1")
    if patience is not None and patience < 0:
        raise ValueError(f"--patience: found {patience}, expected 0 or more")
    outputs = {
        "--out": (arguments.out, "JSON"),
        "--plot": (arguments.plot, "SVG"),
        "--history": (arguments.history, "CSV"),
    }
    check_destinations(outputs, sources=[arguments.data])
    table = _training_table(arguments.data, arguments.target, arguments.ignore)
    preparation = _prepared(table, arguments.task, arguments.data)
    wish = _wish(arguments)
    network = network_for(package, preparation, wish, arguments.seed)
    optimizer = as_optimizer(arguments.optimizer, "--optimizer")
    if share is None:
        share = VALIDATION_SHARE if len(table.rows) >= FEWEST_ROWS_TO_SPLIT else 0.0
    kept, held = _split(table, share, arguments.seed)
    if patience is None:
        patience = PATIENCE if held.rows else 0
    # The scale comes from the training rows alone; the classes from all.
    task = "number" if preparation.classes is None else "classes"
    place = f"{arguments.data}: the {counted(len(kept.rows), 'row')} to train on"
    preparation = _prepared(kept, task, place, preparation.classes)
    network.preparation = preparation
    validation = None
    if held.rows:
        validation = preparation.inputs(held.rows), preparation.targets(held.labels or [])
    shape = row_shape(wish, len(preparation.columns))
    if len(shape) > 1 and not arguments.quiet:
        print(f"each row is {described(shape)}\n")
    history = network.fit(
        preparation.inputs(kept.rows),
        preparation.targets(kept.labels or []),
        epochs=arguments.epochs,
        learning_rate=_learning_rate(arguments, optimizer),
        optimizer=optimizer,
        clip_norm=arguments.clip_norm,
        batch_size=arguments.batch_size,
        validation_data=validation,
        patience=patience or None,
        restore_best=bool(held.rows),
        progress=not arguments.quiet and is_terminal(sys.stderr),
        threads=arguments.threads,
    )
    network.save(arguments.out, optimizer=False)  # it is to answer, not to be trained on
    series = {"training": history.loss, "validation": history.validation_loss}
    series = {name: losses for name, losses in series.items() if losses}
    if arguments.plot is not None:
        write_text(arguments.plot, line_chart_svg(series, title=f"Training {arguments.out}"))
    if arguments.history is not None:
        write_text(arguments.history, _history_csv(history))
    if not arguments.quiet:
        print(line_chart(series, unicode=supports_unicode(sys.stdout)))
        print()
        if history.stopped:
            print(f"stopped after {history.epochs} epochs: {history.stopped}")
        if history.best_epoch is not None:
            print(f"the network of epoch {network.epochs_trained} has the lowest validation loss")
        print_scores(network, kept, "training", arguments.threads)
        if held.rows:
            print_scores(network, held, "validation", arguments.threads)
        print(f"digest {network.digest()}")
        print(f"{arguments.out} written ({package.BACKEND} backend)")
    return 0


def _wish(arguments: argparse.Namespace) -> Wish:
    """Return what the options ask of the network, or raise ValueError that names one."""
    dropout, steps = arguments.dropout, arguments.steps
    if not 0.0 <= dropout < 1.0:
        raise ValueError(f"--dropout: found {dropout}, expected a share from 0 to below 1")
    for option in ("l1", "l2"):
        factor = getattr(arguments, option)
        if not (math.isfinite(factor) and factor >= 0.0):
            raise ValueError(f"--{option}: found {factor}, expected a finite number, 0 or more")
    if steps is not None:
        steps = as_count(steps, "--steps")
    return Wish(
        arguments.layers,
        arguments.activation,
        arguments.image,
        steps,
        dropout,
        arguments.l1,
        arguments.l2,
    )


def _learning_rate(
    arguments: argparse.Namespace, optimizer: Optimizer
) -> float | Callable[..., float]:
    """Return the learning rate, or the schedule that it follows."""
    rate: float = arguments.learning_rate
    if rate is None:
        rate = optimizer.usual_rate
    if arguments.schedule is None:
        return rate
    rate = as_learning_rate(rate, "--learning-rate")
    try:
        return schedule_of(arguments.schedule, rate, arguments.epochs)
    except (TypeError, ValueError) as error:
        raise ValueError(f"--schedule: {error}") from None


def _prepared(table: Table, task: str, place: str, classes: list[str] | None = None) -> Preparation:
    try:
        return Preparation.from_table(table, task, classes=classes)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None


def _training_table(path: str, target: str, ignored: list[str]) -> Table:
    """Read a table to train on, whose inputs are all columns but the target and those ignored."""
    if not ignored:
        return read_csv(path, target)
    header = next(csv_lines(path), (1, [""]))[1]
    for column in ignored:
        if column not in header or column == target:
            known = ", ".join(repr(name) for name in header if name != target)
            raise ValueError(f"--ignore: found {column!r}, expected one of the columns {known}")
    columns = [column for column in header if column != target and column not in ignored]
    return read_csv(path, target, columns=columns)


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
    return as_csv([["epoch", *columns], *map(list, rows)])


def _split(table: Table, share: float, seed: int) -> tuple[Table, Table]:
    """Divide a table's rows at random into those to train on and those to measure on."""
    kept, held = divided(len(table.rows), share, seed)
    return _part(table, kept), _part(table, held)


def _part(table: Table, rows: list[int]) -> Table:
    labels = None if table.labels is None else [table.labels[i] for i in rows]
    return Table(table.columns, [table.rows[i] for i in rows], table.target, labels)
