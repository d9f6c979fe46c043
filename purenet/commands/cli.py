"""The command line: ``python -m purenet COMMAND``.

Each command has a file of its own.  Whatever a user got wrong becomes one line and the exit status
2.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from .._version import __version__
from ..drawing.text import clean
from ..names import hint
from . import demo, eject, evaluate, explain, info, predict, step, train, walkthrough

# In the order in which the help lists them.
COMMANDS = (demo, train, predict, evaluate, info, walkthrough, explain, step, eject)


class Parser(argparse.ArgumentParser):
    """An argument parser that reports an error in one line."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse an option that is not there with the one that was meant."""
        found, rest = super().parse_known_args(args, namespace)
        for word in rest:
            option = word.partition("=")[0]
            if option.startswith("--") and len(option) > 2:
                near = hint(option, self._option_string_actions)
                self.error(f"unrecognized arguments: {' '.join(rest)}{near}")
        return found, rest

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {_one_line(message)}; see {self.prog} --help\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = Parser(
        prog="purenet",
        description="Neural networks in pure Python with explicit loops, "
        "and compiled with the same bits.",
    )
    top.add_argument("--version", action="version", version=f"purenet {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_command(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    if getattr(sys, "frozen", False):  # made a program by PyInstaller or one of its kind
        from multiprocessing import freeze_support  # otherwise slow to import for nothing

        freeze_support()
    _open_closed_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name that the terminal cannot show becomes an escape, not the end of the command.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        parsed = parser().parse_args(arguments)
        status: int = parsed.run(parsed)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        _finish_output()
        return 0
    except SystemExit:
        _finish_output()
        raise
    except OSError as error:
        _finish_output()
        place = f"{error.filename}: " if error.filename else ""
        return _refuse(f"{place}{error.strerror or error}")
    except (ValueError, TypeError, ArithmeticError) as error:
        return _refuse(str(error))
    except MemoryError:
        return _refuse("not enough memory for this network or table")
    except KeyboardInterrupt:
        print("purenet: interrupted", file=sys.stderr)
        return 130


def _open_closed_streams() -> None:
    """Lose what is written to a stream that the shell has closed.

    Without this it goes elsewhere: ``print`` takes standard output where there is no standard
    error, and the next file that is opened gets the number of the closed one.
    """
    if sys.stdin is None:  # it stays None, so that who needs it can say that it is closed
        os.open(os.devnull, os.O_RDONLY)
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for the whole run
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _finish_output() -> None:
    """Print what is still to be printed, or drop it, so that Python does not try again."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse(message: str) -> int:
    print(f"purenet: {_one_line(message)}", file=sys.stderr)
    return 2


def _one_line(message: str) -> str:
    """Return a message in one line, without what a name from a file could do to a terminal."""
    return clean(" ".join(message.split()))
