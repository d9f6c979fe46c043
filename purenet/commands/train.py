"""``train``: from a table to a trained and measured model, without writing code."""

from __future__ import annotations

import argparse
import sys
from types import ModuleType
from typing import Any

from ..checks import counted
from ..drawing.curves import line_chart, line_chart_svg
from ..drawing.text import is_terminal
from ..history import History
from ..models import TableModel
from ..models.progress import bars
from ..models.table_networks import described
from ..models.training import TableTraining, Trained
from ..models.wishes import asked, measuring
from ..tables import Table, read_csv
from ..writing import write_text
from .backends import choose_backend
from .destinations import check_destinations
from .table_files import as_csv, model_of, print_data
from .terminal import Say, column_lines
from .train_options import SETTINGS, add_options, kinds_of, named, names_in, refuse_beside_continue

_WIDEST = 72  # a curve that is wider shows no more


def add_command(commands: Any) -> None:
    parser = commands.add_parser(
        "train",
        help="train a model on a CSV file",
        description="Train a network on a CSV file with a header line and write it to a file, with "
        "all that it takes to answer for new rows. What the columns are, how to train and how "
        "long is found out on three quarters of the rows; the others say how good that is, beside "
        "the simplest answer. The network that is written is then trained on all rows. Ctrl-C "
        "keeps the best network so far; the exit status is 130 then.",
    )
    add_options(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> int:
    package = choose_backend(arguments.backend)
    if arguments.going_on is not None:
        refuse_beside_continue(arguments)
        arguments.out = arguments.out or arguments.going_on
    elif missing := [f"--{name}" for name in ("target", "out") if getattr(arguments, name) is None]:
        arguments.parser.error(f"the following arguments are required: {', '.join(missing)}")
    printed = arguments.out == "-"
    outputs = {
        "--out": (None if printed else arguments.out, "JSON"),
        "--plot": (arguments.plot, "SVG"),
        "--history": (arguments.history, "CSV"),
    }
    check_destinations(outputs, sources=[arguments.data])
    say = Say(sys.stderr if printed else None, arguments.quiet)
    drawn = not arguments.quiet and is_terminal(sys.stderr)
    with named():
        if arguments.going_on is not None:
            model, trained = _went_on(package, arguments, say, drawn)
        else:
            model, trained = _trained(package, arguments, say, drawn)
    if printed:
        print_data(model.text())
    else:
        model.save(arguments.out)
    _draw(trained.history, arguments, say)
    for line in trained.report.lines(model.target, model.unit, unicode=say.unicode):
        say(line)
    say.whole(f"digest {model.digest()}")
    if not printed:
        say.whole(f"{arguments.out} written ({package.BACKEND} backend)")
    if trained.interrupted:
        print("purenet: interrupted; the best network so far is written", file=sys.stderr)
        return 130
    return 0


def _trained(
    package: ModuleType, arguments: argparse.Namespace, say: Say, drawn: bool
) -> tuple[TableModel, Trained]:
    """Prepare, measure and train; what is predicted and from what is said before."""
    table = read_csv(arguments.data, arguments.target, decimal=arguments.decimal)
    ways = measuring(
        arguments.test,
        arguments.validation,
        arguments.folds,
        arguments.patience,
        arguments.seed,
        arguments.jobs,
        arguments.threads,
    )
    settings = {name: getattr(arguments, name) for name in SETTINGS}
    wanted = asked(arguments.layers, arguments.image, arguments.steps, settings)
    options = {
        "task": arguments.task,
        "target": arguments.target,
        "columns": names_in(arguments.columns, table),
        "ignore": names_in(arguments.ignore, table),
        "kinds": kinds_of(arguments.kinds, table),
        "missing": arguments.missing,
        "scale": arguments.scale,
        "decimal": arguments.decimal,
        "dates": arguments.dates,
    }
    training = TableTraining(package.TableModel.network_class, table, options, wanted, ways)
    preparation = training.preparation
    say(preparation.targets_in_words(table))
    _say_notes(table, say)
    say()
    say.whole(column_lines(preparation.lines(), say.width, say.unicode))
    say()
    if len(training.shape) > 1:
        say(f"each row is {described(training.shape)}")
    if training.held:
        say(
            f"{counted(len(training.kept), 'row')} to learn from, "
            f"{len(training.held):,} held back for the test"
        )
    elif ways.folds == 0 and arguments.test is None:
        say(f"only {counted(len(training.rows), 'row')}: none held back for a test")
    with bars(drawn) as progress:
        trained = training.run(progress)
    return package.TableModel.of(trained), trained


def _went_on(
    package: ModuleType, arguments: argparse.Namespace, say: Say, drawn: bool
) -> tuple[TableModel, Trained]:
    """Let a model go on learning from more rows."""
    known = model_of(package, arguments.going_on)
    table = known.known_rows(arguments.data)
    settings = {name: getattr(arguments, name) for name in SETTINGS}
    ways = measuring(
        arguments.test, None, None, None, arguments.seed, arguments.jobs, arguments.threads
    )
    going = known.going_on(table, settings, ways)
    say(known.preparation.targets_in_words(table))
    _say_notes(table, say)
    say()
    with bars(drawn) as progress:
        trained = going.run(progress)
    return package.TableModel.of(trained), trained


def _say_notes(table: Table, say: Say) -> None:
    for note in table.notes:
        say(note)


def _draw(history: History, arguments: argparse.Namespace, say: Say) -> None:
    """Show how the loss fell, and write what was asked for."""
    series = {"training": history.loss, "validation": history.validation_loss}
    series = {name: losses for name, losses in series.items() if losses}
    if arguments.plot is not None:
        write_text(arguments.plot, line_chart_svg(series, title=f"Training {arguments.out}"))
    if arguments.history is not None:
        write_text(arguments.history, _history_csv(history))
    if series:
        say.whole(line_chart(series, width=min(say.width, _WIDEST), unicode=say.unicode))
        say()


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
