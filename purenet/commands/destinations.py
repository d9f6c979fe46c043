"""Files that a command is to write: refused before its work starts, not after an hour of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from ..writing import check_place
from .file_kinds import check_kind


def check_destinations(
    destinations: Mapping[str, tuple[str | None, str]], sources: Iterable[str] = ()
) -> None:
    """Refuse files that cannot be written, or whose writing would destroy another.

    destinations: by the option that names it, each path and the kind of file that is written there,
        one of ``file_kinds.SUFFIXES``; the path is None where the option was not given.
    sources: files that the command reads, and so must not write.

    Raises ValueError that names the option.
    """
    taken = {os.path.realpath(source): "which is read" for source in sources}
    for option, (path, kind) in destinations.items():
        if path is None:
            continue
        check_kind(option, path, [kind])
        target = os.path.realpath(path)
        if os.path.isdir(target) or not os.path.basename(path):
            raise ValueError(f"{option}: found the folder {path!r}, expected the name of a file")
        if os.path.exists(target) and not os.path.isfile(target):
            raise ValueError(f"{option}: {path!r} is a device or a pipe, expected a file")
        if target in taken:
            raise ValueError(f"{option}: found {path!r}, {taken[target]}, expected another file")
        taken[target] = f"to which {option} writes"
        folder = os.path.dirname(target)
        if not os.path.isdir(folder):
            raise ValueError(f"{option}: there is no folder {folder!r} to write {path!r} in")
        if os.path.exists(target) and not os.access(target, os.W_OK):
            raise ValueError(f"{option}: {path!r} is protected against writing")
        try:
            check_place(path)
        except OSError as error:
            reason = error.strerror or str(error)
            raise ValueError(f"{option}: cannot write {path!r}: {reason}") from None
        except ValueError as error:
            raise ValueError(f"{option}: {error}") from None
