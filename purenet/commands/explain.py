"""``explain``: a training step worked on paper."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from ..checks import as_count, counted
from ..drawing.text import supports_unicode
from ..seeing.paper.explain import FORMATS, GRAINS, Format, explain
from ..seeing.serving.session import Session
from ..tables import Table
from ..writing import write_text
from .backends import add_backend_option, choose_backend
from .chosen_samples import (
    add_learning_rate,
    add_network,
    add_optimizer,
    default_sample,
    model_or_samples_of,
    rate_of,
    training_of,
)
from .destinations import check_destinations
from .file_kinds import check_kind, kind_of

_LAST_PORT = 65_535

# The kind of file that each format makes.
_KINDS: dict[Format, str] = {
    "text": "text",
    "markdown": "Markdown",
    "json": "JSON",
    "html": "HTML",
    "worksheet": "HTML",
}


def add_command(commands: Any) -> None:
    parser = commands.add_parser(
        "explain",
        help="work a training step on paper: every number, its formula, its source",
        description="Work one training step: forward, loss, backward and update, every number with "
        "its formula in names and in numbers, and the line of the source that computed it.",
    )
    add_network(parser)
    parser.add_argument(
        "--sample",
        type=int,
        action="append",
        metavar="N",
        help="take the step with sample N alone, counted from 0; may be given again for more "
        "(default: all; 0 for deep and a model file)",
    )
    parser.add_argument(
        "--layer", type=int, metavar="L", help="only layer L, counted from 0: 0 is the one of W1"
    )
    parser.add_argument("--unit", type=int, metavar="J", help="only unit J of that layer")
    parser.add_argument(
        "--grain",
        choices=GRAINS,
        help="how fine (default: number; one of each large matrix in a network with images)",
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="default: text, or what the name behind -o says; worksheet: a page to print, with "
        "blanks to fill in, and its key on a page of its own",
    )
    parser.add_argument("-o", "--out", metavar="FILE", help="write to a file instead of the screen")
    add_learning_rate(parser)
    add_optimizer(parser)
    parser.add_argument("--steps", type=int, default=1, metavar="N", help="default: 1")
    parser.add_argument(
        "--open-functions", action="store_true", help="work exp, log1p and tanh from the inside"
    )
    served = parser.add_argument_group("a page that trains")
    served.add_argument(
        "--serve",
        action="store_true",
        help="serve the page to this computer alone until Ctrl-C: train on, choose the sample, "
        "change the learning rate, and see what follows",
    )
    served.add_argument(
        "--port", type=int, metavar="P", help="with --serve: listen there (default: any free one)"
    )
    add_backend_option(served)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    if arguments.serve:
        return _serve(arguments)
    for option in ("port", "backend"):
        if getattr(arguments, option) is not None:
            raise ValueError(f"--{option}: found without --serve, expected both")
    read = [path for path in (arguments.network, arguments.data) if path and os.path.exists(path)]
    form = arguments.format or _format_for(arguments.out)
    check_destinations({"-o": (arguments.out, _KINDS[form])}, read)
    net, inputs, targets, own_rate = model_or_samples_of(arguments.network, arguments.data)
    sample = arguments.sample
    if sample is None:
        sample = default_sample(arguments.network, arguments.data)
        if form == "worksheet" and arguments.data is None:
            # Worked by hand, zeros are dull.
            sample = max(range(len(inputs)), key=lambda row: sum(x != 0.0 for x in inputs[row]))
        if sample is not None:
            count = inputs.row_count if isinstance(inputs, Table) else len(inputs)
            print(
                f"{arguments.data or arguments.network} has {counted(count, 'sample')}; "
                f"this is a step with sample {sample} alone, --sample N takes another one",
                file=sys.stderr,
            )
    explanation = explain(
        net,
        inputs,
        targets,
        rate_of(arguments, own_rate),
        steps=arguments.steps,
        optimizer=arguments.optimizer,
        sample=sample,
        layer=arguments.layer,
        unit=arguments.unit,
        grain=arguments.grain,
        format=form,
        open_functions=arguments.open_functions,
        ascii=arguments.out is None and not supports_unicode(sys.stdout),
    )
    if arguments.out is not None:
        write_text(arguments.out, explanation)
        print(f"{explanation.recording!r} written to {arguments.out}")
    else:
        sys.stdout.write(explanation)
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C."""
    for option, value in (("-o", arguments.out), ("--format", arguments.format)):
        if value is not None:
            raise ValueError(f"{option}: found beside --serve, expected one of the two")
    port = 0 if arguments.port is None else as_count(arguments.port, "--port", least=0)
    if port > _LAST_PORT:
        raise ValueError(f"--port: found {port}, expected at most {_LAST_PORT}")
    name, data = arguments.network, arguments.data
    net, inputs, targets, own_rate = model_or_samples_of(name, data, arguments.backend)
    sample = arguments.sample
    if sample is None and (first := default_sample(name, data)) is not None:
        sample = [first]
    from ..seeing.serving.server import Server  # here, because nothing else needs http.server

    options = {
        "steps": arguments.steps,
        "optimizer": arguments.optimizer,
        "layer": arguments.layer,
        "unit": arguments.unit,
        "open_functions": arguments.open_functions,
    }
    rate = rate_of(arguments, own_rate)
    training = training_of(arguments, net, rate)
    session = Session(net, inputs, targets, rate, training, sample=sample, options=options)
    try:
        listening = Server(session, port, arguments.grain)
    except OSError as error:
        reason = f"found {port} ({error.strerror or error}), expected a free one"
        raise ValueError(f"--port: {reason}") from None
    with listening as server:
        backend = choose_backend(arguments.backend).BACKEND
        print(f"digest {session.digest()} ({backend} backend)")
        print(f"{server.address}\nopen this address in a browser; Ctrl-C ends", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0


def _format_for(path: str | None) -> Format:
    """Return the format that the name of a file asks for: text, if it says nothing."""
    kinds = list(dict.fromkeys(_KINDS.values()))
    check_kind("-o", path, kinds)
    kind = kind_of(path or "", kinds)
    return next(form for form in _KINDS if _KINDS[form] == kind)
