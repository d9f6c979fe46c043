"""All that the package does, in one program: to be run wherever the package is kept."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from collections.abc import Sequence
from typing import Any

from shell import environment

TABLE = "x,y,kind\n" + "".join(f"{i % 5},{i % 3}.5,{'ab'[i % 2]}\n" for i in range(24))

COMMANDS = """
train table.csv --target kind --epochs 3 --out model.json
train table.csv --target kind --layers 3 --epochs 2 --folds 2 --jobs 2 --out folds.json
info model.json
evaluate model.json table.csv
predict model.json table.csv --probabilities
explain two-layer
explain two-layer -o step.html
explain model.json table.csv --grain matrix -o step.json
explain deep --open-functions --layer 1 --unit 0 -o step.md
step two-layer
walkthrough two-layer --epochs 5 --plot loss.svg
eject copy
""".strip().splitlines()

# In one process, which is what takes its time.
PROGRAM = """
import io, json, sys
import purenet
from purenet.commands.cli import main

print(purenet.__file__)
done = []
for command in json.loads(sys.argv[1]):
    sys.stdin = io.StringIO("w\\ns\\nlist\\nq\\n")
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    try:
        status = main(command.split())
    except BaseException as error:
        status = repr(error)
    done.append([status, sys.stdout.getvalue(), sys.stderr.getvalue()])
data = purenet.datasets
found = data.load_xor(), data.load_iris(), data.load_digits(), data.load_breast_cancer()
done.append([0, repr(found), ""])
sys.stdout = sys.__stdout__
print(json.dumps(done))
"""


def everything(start: Sequence[Any], folder: pathlib.Path) -> tuple[str, Any, dict[str, bytes]]:
    """Run all commands; return where purenet was found, what they printed, and the files.

    start: how the program is started, but for its last argument.
    """
    folder.mkdir()
    (folder / "table.csv").write_text(TABLE)
    done = subprocess.run(
        [*map(str, start), json.dumps(COMMANDS)],
        cwd=folder,
        env={**environment(), "PYTHONPATH": os.devnull},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    place, printed = done.stdout.splitlines()
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    return place, json.loads(printed), files


def compare(found: Sequence[Any], expected: Sequence[Any]) -> None:
    """Compare what two runs printed and wrote."""
    printed, files = found
    for command, here, there in zip([*COMMANDS, "data"], printed, expected[0], strict=True):
        assert here == there, command
    assert files.keys() == expected[1].keys()
    for name, content in files.items():
        assert content == expected[1][name], name
