"""``evaluate``: a model's answers compared with those of a table."""

from __future__ import annotations

import argparse
from typing import Any

from ..checks import counted
from ..drawing.tables import confusion_table
from ..models.report import confusion_of, figures, simplest, unanswered
from .backends import add_backend_option, add_threads_option, choose_backend
from .table_files import model_of
from .terminal import Say


def add_command(commands: Any) -> None:
    parser = commands.add_parser(
        "evaluate",
        help="compare a model's answers with a CSV file",
        description="Compare a model's answers with the target column of a CSV file, and with what "
        "always answering the most frequent class, or the mean, would be worth.",
    )
    parser.add_argument("model", help="a file written by train")
    parser.add_argument("data", help="CSV file with the model's columns and its target, or -")
    add_threads_option(parser)
    add_backend_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    package = choose_backend(arguments.backend)
    model = model_of(package, arguments.model)
    table = model.known_rows(arguments.data)
    scores = model.evaluate(table, threads=arguments.threads)
    say = Say()
    for note in table.notes:
        say(note)
    place = "standard input" if arguments.data == "-" else arguments.data
    said = figures(scores, model.target, model.unit, unicode=say.unicode)
    say(f"{place}: {counted(scores.rows, 'row')}, loss {scores.loss:.6g}, {said}")
    for line in unanswered(scores):
        say(line)
    say(simplest(scores, model.target, model.unit))
    drawn = confusion_of(scores)
    if drawn is not None:
        say()
        say.whole(confusion_table(*drawn, width=say.width, unicode=say.unicode))
    return 0
