"""``info``: what a model file holds."""

from __future__ import annotations

import argparse
from typing import Any

from ..models import TableModel
from ..tables.words import plain
from .backends import add_backend_option, choose_backend
from .terminal import Say, column_lines, folded

_LABEL = 16  # columns that a label takes


def add_command(commands: Any) -> None:
    parser = commands.add_parser(
        "info", help="describe a model file", description="Describe a model file."
    )
    parser.add_argument("model", help="a file written by train or by Network.save")
    add_backend_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    package = choose_backend(arguments.backend)
    model = package.load(arguments.model)
    network = model.prepared_network if isinstance(model, TableModel) else model
    say = Say()
    say(f"{arguments.model}: a network with {network.parameter_count:,} parameters")
    for number, layer in enumerate(network.layers):
        say(f"  layer {number}: {layer!r}")
    say(f"loss            {network.loss}")
    say(f"seed            {network.seed}")
    say(f"epochs trained  {network.epochs_trained:,}")
    say.whole(f"digest          {network.digest()}")
    if isinstance(model, TableModel):
        _describe(model, say)
    say()
    say.whole(network.summary())
    return 0


def _describe(model: TableModel, say: Say) -> None:
    """Say what a model of a table predicts, from what, and how good it was found to be."""
    say(f"predicts        {plain(model.target)}")
    if model.classes is not None:
        _say_beside(say, "classes", ", ".join(map(plain, model.classes)))
    if model.recipe is not None:
        _say_beside(say, "recipe", model.recipe.in_words())
    say()
    say.whole(column_lines(model.preparation.lines(), say.width, say.unicode))
    if model.report is not None:
        say()
        for line in model.report.lines(model.target, model.unit, unicode=say.unicode):
            say(line)


def _say_beside(say: Say, label: str, words: str) -> None:
    """Print words behind a label, all their lines below one another."""
    text = folded(words, say.width - _LABEL, "")
    say.whole(label.ljust(_LABEL) + text.replace("\n", "\n" + " " * _LABEL))
