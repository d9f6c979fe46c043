"""The options of ``train``, and errors that name them."""

from __future__ import annotations

import argparse
import contextlib
import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from ..models.layer_texts import HIDDEN_ACTIVATIONS, layer_texts, whole_numbers
from ..models.wishes import FEWEST_ROWS_TO_SPLIT, PATIENCE, TEST_SHARE
from ..names import own_activation, own_optimizer
from ..optimizers import OPTIMIZERS
from ..schedule_texts import schedule_text
from ..selection import Recipe
from ..tables import Table
from ..tables.dates import ORDERS
from ..tables.inputs import SCALES
from ..tables.kinds import KINDS
from ..tables.notations import DECIMALS
from ..tables.target import TASKS
from .backends import add_backend_option, add_threads_option

T = TypeVar("T")

# What can be asked of a recipe; the layers are an option of another kind.
SETTINGS = tuple(name for name in Recipe._fields if name != "layers")

# By the name that an error begins with.
_OPTIONS = {
    **{name: "--" + name.replace("_", "-") for name in SETTINGS},
    **{
        name: f"--{name}"
        for name in (
            *("layers", "image", "steps", "test", "validation", "folds", "patience", "seed"),
            *("jobs", "threads", "columns", "ignore", "task", "missing", "scale", "decimal"),
            *("dates", "target"),
        )
    },
    "kinds": "--as",
}

# What is wrong with the options of a table is said behind its name, all at once.
_OF_A_TABLE = re.compile(r"(: |; )(target|columns|ignore|kinds): ")

# What a model that goes on has already.
_OF_A_NEW_MODEL = (
    *("columns", "ignore", "kinds", "missing", "scale", "decimal", "dates", "layers", "image"),
    *("steps", "activation", "dropout", "l1", "l2", "validation", "folds", "patience"),
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give ``train`` its arguments."""
    parser.add_argument("data", help="CSV file with a header line, or - for standard input")
    parser.add_argument("--target", metavar="COLUMN", help="the column to predict")
    parser.add_argument(
        "--out", metavar="FILE", help="the model file to write; - for standard output"
    )
    parser.add_argument(
        "--continue",
        dest="going_on",
        metavar="MODEL",
        help="go on with this model on the rows of DATA, prepared as it knows them; written to "
        "itself without --out",
    )
    _add_table_options(parser)
    _add_network_options(parser)
    _add_measuring_options(parser)
    parser.add_argument("--plot", metavar="FILE", help="write the loss curve as SVG")
    parser.add_argument(
        "--history", metavar="FILE", help="write the loss and accuracy of each epoch as CSV"
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    add_threads_option(parser)
    add_backend_option(parser)


def _add_table_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the table")
    group.add_argument(
        "--columns",
        action="append",
        metavar="COLUMN",
        help="an input column, or several with commas; may be repeated (default: all but the "
        "target)",
    )
    group.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="COLUMN",
        help="a column that is no input, or several with commas; may be repeated",
    )
    group.add_argument(
        "--as",
        dest="kinds",
        action="append",
        default=[],
        type=_kind,
        metavar="COLUMN=KIND",
        help=f"take a column, or several with commas, as {', '.join(KINDS[:-1])} or {KINDS[-1]}; "
        "may be repeated",
    )
    group.add_argument(
        "--task",
        choices=TASKS,
        default="auto",
        help="predict one of some classes, or a number (default: from the column)",
    )
    group.add_argument(
        "--missing",
        choices=("fill", "error"),
        default="fill",
        help="fill in what is missing, or refuse it (default: fill)",
    )
    group.add_argument(
        "--scale",
        choices=("auto", *SCALES),
        default="auto",
        help="of numbers: mean 0 and deviation 1, 0 to 1, or as they are (default: standard, but "
        "all pixels together 0 to 1)",
    )
    group.add_argument(
        "--decimal", choices=tuple(DECIMALS), help="what 1,234 means, where that is open"
    )
    group.add_argument(
        "--dates",
        choices=ORDERS,
        help="what 1/2/2000 means, where that is open",
    )


def _add_network_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "the network and its training (what is not given is found out on the rows)"
    )
    group.add_argument(
        "--layers",
        type=_layers,
        metavar="8,8",
        help="hidden units, layer by layer, or layers such as 'conv 3x3x8, pool 2, dense 32'; "
        "'none' for no hidden layer",
    )
    group.add_argument(
        "--image",
        type=_image,
        metavar="1x8x8",
        help="each row is an image: channels x height x width, channel by channel and row by row "
        "(default: a square grey one, if --layers begins with a convolution)",
    )
    group.add_argument(
        "--steps",
        type=int,
        metavar="N",
        help="each row is a sequence of N steps (default: one number a step, if --layers begins "
        "with a recurrent layer)",
    )
    group.add_argument(
        "--activation",
        type=own_activation,
        choices=HIDDEN_ACTIVATIONS,
        help="of the hidden layers that name none of their own",
    )
    group.add_argument(
        "--dropout",
        type=float,
        metavar="SHARE",
        help="leave out this share of each hidden layer's outputs in training",
    )
    for name, what in (("--l1", "their magnitudes"), ("--l2", "their squares")):
        group.add_argument(
            name,
            type=float,
            metavar="FACTOR",
            help=f"keep weights small: the loss grows by FACTOR times the sum of {what}",
        )
    group.add_argument(
        "--epochs", type=int, metavar="N", help="how often to go through the rows, at most"
    )
    group.add_argument(
        "--optimizer",
        type=own_optimizer,
        choices=OPTIMIZERS,
        help="how the weights follow from the gradient (with --learning-rate alone: plain gradient "
        "descent)",
    )
    group.add_argument(
        "--learning-rate",
        type=float,
        metavar="RATE",
        help="how far a step goes (with --optimizer alone: what is usual for it)",
    )
    group.add_argument(
        "--schedule",
        type=_schedule,
        metavar="TEXT",
        help="let the rate fall: 'cosine', 'step 30', 'exponential 0.98', 'inverse 0.05' or "
        "'plateau', after 'warm-up 5, ' if wanted",
    )
    group.add_argument(
        "--clip-norm", type=float, metavar="LENGTH", help="shorten longer gradients of a batch"
    )
    group.add_argument("--batch-size", type=int, metavar="N", help="rows a step")


def _add_measuring_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how good it is")
    group.add_argument(
        "--test",
        type=float,
        metavar="SHARE",
        help="share of the rows that is kept from all decisions and then measured "
        f"(default: {TEST_SHARE}; 0 for a table of fewer than {FEWEST_ROWS_TO_SPLIT} rows)",
    )
    group.add_argument(
        "--folds",
        type=int,
        metavar="K",
        help="instead, divide the rows in K parts, each measured after training on the others",
    )
    group.add_argument(
        "--jobs",
        type=int,
        default=1,
        metavar="N",
        help="processes for --folds, with the same result for any number (default: 1)",
    )
    group.add_argument(
        "--validation",
        type=float,
        metavar="SHARE",
        help="share of the rows to learn from that picks the number of epochs (default: 0)",
    )
    group.add_argument(
        "--patience",
        type=int,
        metavar="N",
        help="with --validation, stop after N epochs without a lower loss, 0 for never "
        f"(default: {PATIENCE})",
    )
    group.add_argument(
        "--seed",
        type=int,
        default=1,
        metavar="N",
        help="of the first weights, the order of the rows and those held back (default: 1)",
    )


def _layers(text: str) -> str:
    _understood(layer_texts, text)
    return text


def _schedule(text: str) -> str:
    _understood(schedule_text, text)
    return text


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


def _kind(text: str) -> tuple[str, str]:
    column, equals, kind = text.rpartition("=")
    if not equals or not column or kind not in KINDS:
        raise argparse.ArgumentTypeError(
            f"found {text!r}, expected a column, = and one of {', '.join(KINDS)}"
        )
    return column, kind


def names_in(given: list[str] | None, table: Table) -> list[str] | None:
    """Return the names of columns that an option gives: one each time, or several with commas."""
    if given is None:
        return None
    names: list[str] = []
    for text in given:
        names += [text] if table.has_column(text) else [name.strip() for name in text.split(",")]
    return names


def kinds_of(pairs: list[tuple[str, str]], table: Table) -> dict[str, str]:
    """Return what columns shall be taken as, by name; ValueError for two ways for one.

    Each pair is a column and a kind, or several with commas: the columns before "=category" that
    have no kind of their own are categories.
    """
    kinds: dict[str, str] = {}
    for text, kind in pairs:
        for column in reversed(names_in([text], table) or []):
            name, equals, own = column.rpartition("=")
            if equals and own in KINDS and not table.has_column(column):
                column, kind = name, own
            if kinds.setdefault(column, kind) != kind:
                raise ValueError(
                    f"kinds: found {kinds[column]} and {kind} for {column!r}, expected one"
                )
    return kinds


def refuse_beside_continue(arguments: argparse.Namespace) -> None:
    """Raise ValueError for options that only a new model has."""
    for name in _OF_A_NEW_MODEL:
        if getattr(arguments, name) not in (None, [], "auto", "fill"):
            raise ValueError(
                f"{_OPTIONS[name]}: found beside --continue, which takes what the model has, "
                f"expected one of the two"
            )
    if arguments.task != "auto" or arguments.target is not None:
        option = "--task" if arguments.task != "auto" else "--target"
        raise ValueError(f"{option}: found beside --continue, expected the model's own")


@contextlib.contextmanager
def named() -> Iterator[None]:
    """Let errors name options instead of the arguments that they become."""
    try:
        yield
    except (ValueError, TypeError) as error:
        name, colon, rest = str(error).partition(":")
        if colon and name in _OPTIONS:
            raise ValueError(f"{_OPTIONS[name]}:{rest}") from None
        text = _OF_A_TABLE.sub(lambda found: f"{found[1]}{_OPTIONS[found[2]]}: ", str(error))
        if text == str(error):
            raise
        raise ValueError(text) from None
