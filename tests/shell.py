"""Running commands as a person in a shell does: in this process, or in one of their own."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from purenet.commands.cli import main

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What would change what a command does, or the bytes that it prints.
_NOT_INHERITED = ("PYTHONPATH", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONUNBUFFERED", "LC_ALL")


class Done(NamedTuple):
    """What a command that has ended left behind."""

    status: int
    out: str
    err: str


class Shell:
    """Runs commands in this process, with files in a folder of their own."""

    def __init__(self, capture: Any, folder: pathlib.Path) -> None:
        self.capture = capture
        self.folder = folder

    def write(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_bytes(text.encode("utf-8"))
        return str(path)

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def read(self, name: str) -> str:
        return (self.folder / name).read_bytes().decode("utf-8")

    def files(self) -> dict[str, bytes | None]:
        """Return the content of every file, so that a change can be seen."""
        paths = sorted(self.folder.rglob("*"))
        return {str(path): path.read_bytes() if path.is_file() else None for path in paths}

    def run(self, *arguments: str) -> Done:
        self.capture.readouterr()
        try:
            status = main(arguments)
        except SystemExit as leaving:
            status = leaving.code
        return Done(status, *self.capture.readouterr())

    def succeed(self, *arguments: str) -> str:
        """Run a command that must succeed and say nothing on standard error; return its output."""
        done = self.run(*arguments)
        assert (done.status, done.err) == (0, ""), done
        return done.out

    def refuse(self, *arguments: str) -> str:
        """Run a command that must be refused: status 2, one line, no file changed; return it."""
        before = self.files()
        done = self.run(*arguments)
        assert done.status == 2, done
        assert done.out == ""
        assert self.files() == before
        return one_line(done.err)


def one_line(text: str) -> str:
    """Return the line of which an error message must consist."""
    assert text.endswith("\n") and text.count("\n") == 1, text
    assert text.startswith("purenet") and "Traceback" not in text, text
    return text[:-1]


def environment(folder: pathlib.Path = ROOT, **settings: str) -> dict[str, str]:
    """Return the environment of a shell in which the packages in a folder are found."""
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    return {**kept, "PYTHONPATH": str(folder), "PYTHONIOENCODING": "utf-8", **settings}


def process(*arguments: str, flags: Sequence[str] = (), **options: Any) -> Done:
    """Run ``python -m purenet`` in a process of its own."""
    options.setdefault("env", environment())
    options.setdefault("timeout", 60)
    done = subprocess.run(
        [sys.executable, *flags, "-m", "purenet", *arguments],
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=options.pop("stderr", subprocess.PIPE),
        **options,
    )
    out, err = ((text or b"").decode("utf-8", "replace") for text in (done.stdout, done.stderr))
    return Done(done.returncode, out.replace("\r\n", "\n"), err.replace("\r\n", "\n"))


def sources_only(folder: pathlib.Path) -> dict[str, Any]:
    """Copy the packages without what is compiled; return the options of a process that uses them.

    ``-S`` keeps it from finding an installed build.
    """
    hidden = shutil.ignore_patterns("*.so", "*.pyd", "*.dylib", "*.c", "__pycache__")
    for name in ("purenet", "purenet_fast"):
        shutil.copytree(ROOT / name, folder / name, ignore=hidden)
    return {"flags": ["-S"], "env": environment(folder), "cwd": folder}
