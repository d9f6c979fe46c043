"""A copy of the package to step through: ``python -m purenet eject DIR``.

Debuggers step over installed packages with their default settings ("just my code").  A copy beside
the user's own script counts as the user's own code, so every debugger steps into the arithmetic.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.abc import Traversable  # moved to importlib.resources.abc in Python 3.11

PACKAGE = "purenet"

EXAMPLE = '''\
"""One training step of a small network, to follow in a debugger.

Set a breakpoint on the line with feedforward, start the debugger, and step into the calls: the
folder purenet beside this file holds all the arithmetic.
"""

import purenet

inputs = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
targets = [[0], [1], [1], [0]]
hidden = purenet.Dense(3, 4, "sigmoid", bias=False)
output = purenet.Dense(4, 1, "sigmoid", bias=False)
net = purenet.Network([hidden, output], loss="sum_of_squares", seed=1)

outputs = net.feedforward(inputs)
gradients = net.backprop(inputs, targets)
net.update(gradients, learning_rate=1.0)

print("weighted sums of the first layer:", outputs[0].z)
print("loss after the step:", net.evaluate(inputs, targets).loss)
print("digest:", net.digest())
'''

LAUNCH = {
    "version": "0.2.0",
    "configurations": [
        {
            "name": "Step through example.py",
            "type": "debugpy",
            "request": "launch",
            "program": "${workspaceFolder}/example.py",
            "console": "integratedTerminal",
            "stopOnEntry": True,
            "justMyCode": True,
        }
    ],
}

# What an editor or an interpreter leaves in a package folder, and no part of the package.
_LEFT_BEHIND = (".pyc", ".pyo", ".so", ".pyd", ".orig", ".rej", "~")


def eject(folder: str | os.PathLike[str]) -> list[Path]:
    """Copy the package, an example and a debugger configuration into a new or empty folder.

    Returns the paths of the files written.  Raises ValueError, before anything is written, if the
    folder holds anything or is a file, and if it lies inside a package purenet: a copy there would
    become part of what is installed or copied the next time.
    """
    target = Path(folder)
    package = _package_around(target)
    if package is not None:
        raise ValueError(f"{target}: found a folder in the package {package}, expected one outside")
    if target.exists() and not target.is_dir():
        raise ValueError(f"{target}: found a file, expected a new or empty folder")
    if target.is_dir() and any(target.iterdir()):
        raise ValueError(f"{target}: found a folder with something in it, expected an empty one")
    files = {f"{PACKAGE}/{path}": content for path, content in _package_files()}
    files["example.py"] = EXAMPLE.encode()
    files[".vscode/launch.json"] = (json.dumps(LAUNCH, indent=4) + "\n").encode()
    files["LICENSE"] = files[f"{PACKAGE}/LICENSE"]  # which asks to be part of every copy
    written = []
    for name, content in files.items():
        path = target.joinpath(*name.split("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(path)
    return written


def _package_around(target: Path) -> Path | None:
    """Return the package of this name, this one or another copy, in which a folder would lie."""
    place = target.resolve()
    for folder in (place, *place.parents):
        if folder.name in (PACKAGE, f"{PACKAGE}_fast") and (folder / "__init__.py").is_file():
            return folder
    return None


def _package_files() -> Iterator[tuple[str, bytes]]:
    """The files of the package, wherever it is installed (in a zip file, too), by relative path."""
    return _files_in(resources.files(PACKAGE), "")


def _files_in(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.startswith(".") or entry.name == "__pycache__":
            continue
        if entry.is_dir():
            yield from _files_in(entry, f"{path}{entry.name}/")
        elif not entry.name.endswith(_LEFT_BEHIND):
            yield f"{path}{entry.name}", entry.read_bytes()
