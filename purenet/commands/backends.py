"""Which of the two packages computes: the one place where purenet looks for purenet_fast."""

from __future__ import annotations

import argparse
import importlib
from types import ModuleType

BACKENDS = ("pure", "fast")


def available_backends() -> dict[str, ModuleType]:
    """Return the packages that can be used here, by name: "pure" and, where built, "fast"."""
    found = {"pure": importlib.import_module("purenet")}
    if why_not_fast() is None:
        found["fast"] = importlib.import_module("purenet_fast")
    return found


def why_not_fast() -> str | None:
    """Return why the compiled backend cannot be used: not built, or built from other sources."""
    try:
        importlib.import_module("purenet_fast")
    except ImportError as error:
        return str(error)
    return None


def choose_backend(name: str | None) -> ModuleType:
    """Return the package of a name; without one, the fast one where it is built.

    Raises ValueError if the fast one is asked for and not built.
    """
    reason = None if name == "pure" else why_not_fast()
    if name == "fast" and reason is not None:
        raise ValueError(f"--backend fast: {reason}")
    return importlib.import_module("purenet" if name == "pure" or reason else "purenet_fast")


def add_backend_option(parser: argparse.ArgumentParser) -> None:
    """Give a command the option --backend."""
    parser.add_argument(
        "--backend",
        choices=BACKENDS,
        help="pure Python or compiled; the compiled one where it is built, if not given",
    )


def add_threads_option(parser: argparse.ArgumentParser) -> None:
    """Give a command the option --threads."""
    parser.add_argument(
        "--threads",
        type=int,
        default=1,
        metavar="N",
        help="compute on so many processors, with the same result (compiled backend; default: 1)",
    )
