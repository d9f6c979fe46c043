"""Which of the two packages computes: the one place where purenet looks for purenet_fast."""

from __future__ import annotations

import argparse
import importlib
from types import ModuleType

BACKENDS = ("pure", "fast")


def available_backends() -> dict[str, ModuleType]:
    """Return the packages that can be used here, by name: "pure" and, where built, "fast"."""
    found = {"pure": importlib.import_module("purenet")}
    try:
        found["fast"] = importlib.import_module("purenet_fast")
    except ImportError:
        pass
    return found


def choose_backend(name: str | None) -> ModuleType:
    """Return the package of a name; without one, the fast one where it is built.

    Raises ValueError if the fast one is asked for and not built.
    """
    if name == "fast":
        try:
            return importlib.import_module("purenet_fast")
        except ImportError as error:
            raise ValueError(f"--backend fast: {error}") from None
    if name == "pure":
        return importlib.import_module("purenet")
    found = available_backends()
    return found.get("fast", found["pure"])


def add_backend_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backend",
        choices=BACKENDS,
        help="pure Python or compiled; the compiled one where it is built, if not given",
    )
