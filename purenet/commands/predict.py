"""``predict``: a model's answers for the rows of a table."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from ..tables import read_csv
from ..writing import write_text
from .backends import add_backend_option, add_threads_option, choose_backend
from .destinations import check_destinations
from .table_files import answers_of, as_csv, inputs_of, preparation_of


def add_command(commands: Any) -> None:
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
    add_threads_option(parser)
    add_backend_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    package = choose_backend(arguments.backend)
    check_destinations({"--out": (arguments.out, "CSV")}, [arguments.model, arguments.data])
    network = package.load(arguments.model)
    preparation = preparation_of(network, arguments.model)
    if arguments.probabilities and preparation.classes is None:
        raise ValueError(f"--probabilities: {arguments.model} predicts a number, not classes")
    # Whatever stands in the target column, or does not yet, is not looked at.
    table = read_csv(arguments.data, columns=preparation.columns)
    inputs = inputs_of(preparation, table, arguments.data)
    outputs = network.predict(inputs, threads=arguments.threads)
    header = [preparation.target]
    if arguments.probabilities and preparation.classes is not None:
        header += [f"probability {name}" for name in preparation.classes]
    rows: list[list[Any]] = [list(header)]
    answers = answers_of(preparation, outputs, arguments.data)
    for answer, row in zip(answers, outputs, strict=True):
        cells: list[Any] = [answer]
        if arguments.probabilities:
            cells += row if len(row) > 1 else [1.0 - row[0], row[0]]
        rows.append(cells)
    if arguments.out is not None:
        write_text(arguments.out, as_csv(rows))
    else:
        _print_data(as_csv(rows))
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
