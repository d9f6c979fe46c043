"""``predict``: a model's answers for the rows of a table."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from ..tables import read_csv
from ..writing import write_text
from .backends import add_backend_option, add_threads_option, choose_backend
from .destinations import check_destinations
from .table_files import as_csv, model_of, print_data


def add_command(commands: Any) -> None:
    parser = commands.add_parser(
        "predict",
        help="answer for the rows of a CSV file",
        description="Print the answer for each row of a CSV file, as CSV.",
    )
    parser.add_argument("model", help="a file written by train")
    parser.add_argument(
        "data",
        help="CSV file with the columns that the model was trained on, or - for standard input",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="write to a file instead of printing (-: print)"
    )
    parser.add_argument(
        "--keep",
        action="append",
        default=[],
        metavar="COLUMN",
        help="copy this column of the file, such as the number of the row, before the answer; may "
        "be repeated",
    )
    parser.add_argument(
        "--probabilities", action="store_true", help="add a column with each class's probability"
    )
    add_threads_option(parser)
    add_backend_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    package = choose_backend(arguments.backend)
    out = None if arguments.out == "-" else arguments.out
    check_destinations({"--out": (out, "CSV")}, [arguments.model, arguments.data])
    model = model_of(package, arguments.model)
    if arguments.probabilities and model.classes is None:
        raise ValueError(f"--probabilities: {arguments.model} predicts a number, not classes")
    keep = list(dict.fromkeys(arguments.keep))
    # Whatever stands in the target column, or does not yet, is not looked at.
    decimal = model.preparation.decimal
    table = read_csv(
        arguments.data, columns=model.columns, keep=keep, decimal=decimal, keep_empty=True
    )
    for note in table.notes:
        print(f"{table.name}: {note}", file=sys.stderr)
    answers, outputs = model.answered(table, threads=arguments.threads)
    # Beside the true answer, the model's needs another name.
    header = [*keep, f"predicted {model.target}" if model.target in keep else model.target]
    columns: list[list[Any]] = [*(list(table.column(name).texts or []) for name in keep), answers]
    if arguments.probabilities:
        header += [f"probability {name}" for name in model.classes or []]
        columns += map(list, zip(*model.shares(table, outputs), strict=True))
    text = as_csv([header, *map(list, zip(*columns, strict=True))])
    if out is not None:
        write_text(out, text)
    else:
        print_data(text)
    return 0
