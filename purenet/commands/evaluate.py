"""``evaluate``: a model's answers compared with those of a table."""

from __future__ import annotations

import argparse
from typing import Any

from ..answers import answered_class, class_of
from ..checks import counted
from ..drawing.tables import confusion_table
from ..tables import Preparation, Table, read_csv
from ..tables.reading import csv_lines
from .backends import add_backend_option, add_threads_option, choose_backend
from .scores import print_scores
from .table_files import inputs_of, preparation_of


def add_command(commands: Any) -> None:
    parser = commands.add_parser(
        "evaluate",
        help="compare a model's answers with a CSV file",
        description="Compare a model's answers with the target column of a CSV file.",
    )
    parser.add_argument("model", help="a file written by train")
    parser.add_argument("data", help="CSV file with the model's columns and its target")
    add_threads_option(parser)
    add_backend_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    package = choose_backend(arguments.backend)
    network = package.load(arguments.model)
    preparation = preparation_of(network, arguments.model)
    table = read_csv(arguments.data, preparation.target, columns=preparation.columns)
    inputs = inputs_of(preparation, table, arguments.data)
    _check_labels(preparation, table, arguments.data)
    print_scores(network, table, arguments.data, arguments.threads)
    if preparation.classes is not None:
        truth = [class_of(row) for row in preparation.targets(table.labels or [])]
        outputs = network.predict(inputs, threads=arguments.threads)
        _print_confusion(truth, outputs, preparation.classes)
    return 0


def _print_confusion(truth: list[int], outputs: list[list[float]], classes: list[str]) -> None:
    names = list(classes)
    answers = [answered_class(row) for row in outputs]
    without = answers.count(None)
    if without:
        print(f"no answer for {counted(without, 'row')}, counted as wrong: an output is NaN")
        names.append("no answer")
    print()
    none = len(classes)
    found = [none if answer is None else answer for answer in answers]
    print(confusion_table(truth, found, names))


def _check_labels(preparation: Preparation, table: Table, path: str) -> None:
    """Refuse answers that the model does not know, with the line that they stand in."""
    for row, label in enumerate(table.labels or []):
        try:
            preparation.targets([label])
        except ValueError as error:
            expected = str(error).rpartition(", expected ")[2]
            line = [line for line, _ in csv_lines(path)][row + 1]
            raise ValueError(
                f"{path}: line {line}, column {preparation.target!r}: found {label!r}, "
                f"expected {expected}"
            ) from None
