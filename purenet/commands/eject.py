"""``eject``: a copy of the package to step through."""

from __future__ import annotations

import argparse
from typing import Any

from ..seeing.debugger.eject import eject


def add_command(commands: Any) -> None:
    parser = commands.add_parser(
        "eject",
        help="copy purenet into a folder where debuggers step into it",
        description="Copy the package, an example script and a VS Code debugger configuration into "
        "a new or empty folder. Debuggers step into the copy with their default settings.",
    )
    parser.add_argument("folder", metavar="DIR", help="a new or empty folder")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    written = eject(arguments.folder)
    print(f"{len(written)} files written to {arguments.folder}:")
    print("the package purenet with its licence, example.py and .vscode/launch.json")
    print()
    print("VS Code          open the folder, press F5, then F11 to step into a call")
    print("PyCharm, Thonny  open example.py, set a breakpoint, start the debugger, step into")
    print("pdb              in the folder: python -m pdb example.py")
    return 0
