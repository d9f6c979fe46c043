"""A training step worked on paper: every number with its formula, its numbers and its source.

``explain`` records a step (``recording``) and writes it out, by matrix, by number or by operation,
as text, Markdown, HTML or JSON.  Whatever is written with ``=`` is exact: Python, given the line,
returns the printed result.  Where a number is shown rounded, the sign is ``≈``.
"""

from __future__ import annotations

import argparse
import html
import os
import sys
from collections.abc import Sequence
from typing import Any

from .. import charts, walkthroughs
from ..backends import choose_backend
from ..checks import Matrix, as_choice
from ..destinations import check_destinations
from ..files import write_text
from ..network import Network
from ..tables import read_csv
from .markdown import as_markdown
from .recording import LIMIT, Recording, record
from .worked import as_text

GRAINS = ("matrix", "number", "operation")
FORMATS = ("text", "markdown", "html", "json")


class Explanation(str):
    """A worked step.  It is a text; at a prompt it shows as it is.

    recording: what it was written from.
    """

    recording: Recording

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """Return the page to step through, in a frame of its own, for notebooks."""
        page = html.escape(written(self.recording, "number", "html"))
        style = "width:100%;height:900px;border:0"
        return f'<iframe sandbox="allow-scripts" style="{style}" srcdoc="{page}"></iframe>'


def explain(
    net: Any,
    inputs: Any,
    targets: Any,
    learning_rate: float = 0.1,
    *,
    steps: int = 1,
    sample: int | Sequence[int] | None = None,
    layer: int | None = None,
    unit: int | None = None,
    grain: str = "number",
    format: str = "text",
    open_functions: bool = False,
    ascii: bool = False,
    limit: int = LIMIT,
) -> Explanation:
    """Work one step of training with these samples, forward, loss, backward and update.

    net: a network of either backend; it stays as it is.
    inputs, targets: as for ``fit``; all samples are one batch.
    sample, layer, unit: less of it: a step with one sample alone, one layer, one unit of that
        layer; all counted from 0.
    grain: matrix, number or operation.
    format: text (80 columns), markdown (as GitHub renders it), html (a page to step through) or
        json (the recording).
    open_functions: work exp, log1p and tanh from the inside, too.
    ascii: write dL/dW1 and delta1 instead of ∂L/∂W1 and δ1 (in text).

    Raises ValueError if it would be more than ``limit`` operations; the message says how to take
    less.

    >>> from purenet import Dense, Network
    >>> net = Network([Dense(2, 1, "linear", initializer=[[0.5], [-0.25]])], seed=1)
    >>> worked = explain(net, [[1.0, 2.0]], [1.0])
    >>> print(worked[worked.index("z1[0][0] =") : worked.index("dot, matrix.py")].rstrip())
    z1[0][0] = x[0][0] * W1[0][0] + x[0][1] * W1[1][0] + b1[0]
             = 1.0 * 0.5 + 2.0 * (-0.25) + 0.0
             = 0.0
    """
    as_choice(grain, "grain", GRAINS)
    as_choice(format, "format", FORMATS)
    recording = record(
        net,
        inputs,
        targets,
        learning_rate,
        steps=steps,
        sample=sample,
        layer=layer,
        unit=unit,
        open_functions=open_functions,
        limit=limit,
    )
    explanation = Explanation(written(recording, grain, format, ascii=ascii))
    explanation.recording = recording
    return explanation


def written(recording: Recording, grain: str, format: str, *, ascii: bool = False) -> str:
    """Return a recording in one of the formats."""
    if format == "json":
        return recording.to_json()
    if format == "markdown":
        return as_markdown(recording, grain)
    if format == "html":
        from .page import render  # here, because the other formats do without the page

        return render(recording.data, as_text(recording))
    return as_text(recording, grain, ascii=ascii)


# The command.

_SUFFIXES = {".html": "html", ".htm": "html", ".md": "markdown", ".json": "json"}


def add_command(commands: Any) -> None:
    parser = commands.add_parser(
        "explain",
        help="work a training step on paper: every number, its formula, its source",
        description="Work one training step: forward, loss, backward and update, every number with "
        "its formula in names and in numbers, and the line of the source that computed it.",
    )
    parser.add_argument(
        "network",
        nargs="?",
        default="two-layer",
        metavar="NETWORK",
        help=f"{', '.join(walkthroughs.WALKTHROUGHS)} (default: two-layer), or a model file",
    )
    parser.add_argument("data", nargs="?", metavar="DATA", help="the CSV file for a model file")
    parser.add_argument(
        "--sample",
        type=int,
        action="append",
        metavar="N",
        help="take the step with sample N alone, counted from 0; may be given again for more",
    )
    parser.add_argument(
        "--layer", type=int, metavar="L", help="only layer L, counted from 0: 0 is the one of W1"
    )
    parser.add_argument("--unit", type=int, metavar="J", help="only unit J of that layer")
    parser.add_argument(
        "--grain", choices=GRAINS, default="number", help="how fine (default: number)"
    )
    parser.add_argument(
        "--format", choices=FORMATS, help="default: text, or what the name behind -o says"
    )
    parser.add_argument("-o", "--out", metavar="FILE", help="write to a file instead of the screen")
    parser.add_argument(
        "--learning-rate",
        type=float,
        metavar="R",
        help="default: the network's own, 0.1 for a model file",
    )
    parser.add_argument("--steps", type=int, default=1, metavar="N", help="default: 1")
    parser.add_argument(
        "--open-functions", action="store_true", help="work exp, log1p and tanh from the inside"
    )
    parser.set_defaults(run=run)


def samples_of(network: str, data: str | None) -> tuple[Any, Matrix, Matrix, float]:
    """Return the network, inputs, targets and learning rate that the command line names."""
    if data is None:
        if network not in walkthroughs.WALKTHROUGHS:
            raise ValueError(
                f"found {network!r}, expected {', '.join(walkthroughs.WALKTHROUGHS)}, "
                f"or a model file and a CSV file"
            )
        return walkthroughs.network_of(network, choose_backend("pure"))
    net = Network.load(network)
    preparation = net.preparation
    if preparation is None:
        raise ValueError(
            f"{network}: this network was saved without a table, expected one written by train"
        )
    table = read_csv(data, preparation.target, columns=preparation.columns)
    return net, preparation.inputs(table.rows), preparation.targets(table.labels or []), 0.1


def run(arguments: argparse.Namespace) -> int:
    read = [path for path in (arguments.network, arguments.data) if path and os.path.exists(path)]
    check_destinations({"-o": arguments.out}, read)
    net, inputs, targets, learning_rate = samples_of(arguments.network, arguments.data)
    if arguments.learning_rate is not None:
        learning_rate = arguments.learning_rate
    sample = arguments.sample
    if arguments.network == "deep" and arguments.data is None and sample is None:
        # All 569 samples would be refused; one shows the same arithmetic.
        sample = [0]
        print(
            f"deep has {len(inputs)} samples; this is a step with sample 0 alone, "
            f"--sample N takes another one",
            file=sys.stderr,
        )
    form = arguments.format
    if form is None:
        suffix = os.path.splitext(arguments.out or "")[1].lower()
        form = _SUFFIXES.get(suffix, "text")
    explanation = explain(
        net,
        inputs,
        targets,
        learning_rate,
        steps=arguments.steps,
        sample=sample,
        layer=arguments.layer,
        unit=arguments.unit,
        grain=arguments.grain,
        format=form,
        open_functions=arguments.open_functions,
        ascii=arguments.out is None and not charts.supports_unicode(sys.stdout),
    )
    if arguments.out is not None:
        write_text(arguments.out, explanation)
        print(f"{explanation.recording!r} written to {arguments.out}")
    else:
        sys.stdout.write(explanation)
    return 0
