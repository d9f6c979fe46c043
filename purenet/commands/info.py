"""``info``: what a model file holds."""

from __future__ import annotations

import argparse
from typing import Any

from .backends import add_backend_option, choose_backend


def add_command(commands: Any) -> None:
    parser = commands.add_parser(
        "info", help="describe a model file", description="Describe a model file."
    )
    parser.add_argument("model", help="a file written by train or by Network.save")
    add_backend_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    package = choose_backend(arguments.backend)
    network = package.load(arguments.model)
    print(f"{arguments.model}: a network with {network.parameter_count:,} parameters")
    for number, layer in enumerate(network.layers):
        print(f"  layer {number}: {layer!r}")
    print(f"loss            {network.loss}")
    print(f"seed            {network.seed}")
    print(f"epochs trained  {network.epochs_trained:,}")
    print(f"digest          {network.digest()}")
    preparation = network.preparation
    if preparation is not None:
        print(f"predicts        {preparation.target}")
        if preparation.classes is not None:
            print(f"classes         {', '.join(preparation.classes)}")
        print("from            column: mean, standard deviation")
        for name, mean, deviation in zip(
            preparation.columns, preparation.means, preparation.deviations, strict=True
        ):
            print(f"                {name}: {mean:.6g}, {deviation:.6g}")
    print()
    print(network.summary())
    return 0
