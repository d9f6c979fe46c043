"""A file written in one move: whoever reads it finds the old content or the new, never a part."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import zlib
from collections.abc import Iterator
from typing import TextIO

from .checks import as_path

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file, in UTF-8, so that it is there whole or not at all.

    It is written beside its place under a short hidden name and then moved there.  A file that is
    there keeps its permissions; a symbolic link stays, and the file that it leads to is written.

    Raises ValueError for what a file must not replace: a device, a pipe, a socket, and the file
    that the program prints into; OSError, with the path as it was given, where the system refuses.
    """
    as_path(path)  # raises, or it is one
    with _errors_about(path):
        target, permissions = _place_of(path)
        with _file_beside(target, permissions) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            if permissions is not None:
                os.chmod(file.name, permissions)  # all of them, whatever the mask of new files
            if fcntl is None:
                file.close()  # Windows moves no open file
            os.replace(file.name, target)


def check_place(path: str | os.PathLike[str]) -> None:
    """Raise what ``write_text`` would raise for this path; leave everything as it is."""
    with _errors_about(path):
        target, permissions = _place_of(path)
        with _file_beside(target, permissions):
            pass


@contextlib.contextmanager
def _errors_about(path: str | os.PathLike[str]) -> Iterator[None]:
    """Let errors name the path as it was given, not the one that was worked on."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None


def _place_of(path: str | os.PathLike[str]) -> tuple[str, int | None]:
    """Return where a path leads to, and the permissions of the file that is there, if there is."""
    name = os.fsdecode(path)
    target = os.path.realpath(name)
    try:
        found = os.stat(name)
    except FileNotFoundError:
        if not os.path.basename(name):
            raise
        return target, None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(found.st_mode):
        raise ValueError(f"{name}: found a device or a pipe, expected a file")
    if _is_printed_into(found):
        raise ValueError(f"{name}: found the file that the program prints into, expected another")
    return target, found.st_mode & 0o777


def _is_printed_into(found: os.stat_result) -> bool:
    for stream in (1, 2):  # standard output and standard error
        with contextlib.suppress(OSError):
            if os.path.samestat(found, os.fstat(stream)):
                return True
    return False


@contextlib.contextmanager
def _file_beside(target: str, permissions: int | None) -> Iterator[TextIO]:
    """Give a new file in the same folder, and remove it at the end if it was not moved."""
    folder, name = os.path.split(target)
    # Short, because the target's own name may be as long as a name can be.
    start = f".{zlib.crc32(os.fsencode(name)):08x}-"
    _remove_left_behind(folder, start)
    file = _new_file(os.path.join(folder, start), 0o666 if permissions is None else permissions)
    try:
        yield file
    finally:
        try:
            file.close()  # which fails on a full disk
        finally:
            with contextlib.suppress(OSError):
                os.unlink(file.name)


# A file that is being written is locked, so that one that a killed process left behind can be told
# from one that another process is just writing.  The system gives a lock back whatever happens.


def _new_file(start: str, permissions: int) -> TextIO:
    while True:
        file = open(  # noqa: SIM115 - handed out
            f"{start}{os.urandom(6).hex()}.part",
            "x",
            encoding="utf-8",
            newline="\n",
            opener=lambda path, flags: os.open(path, flags, permissions),
        )
        if fcntl is None:
            return file
        if _is_locked(file):
            return file
        file.close()  # another process took it for left behind


def _is_locked(file: TextIO) -> bool:
    """Lock a new file; return False if another process was quicker, which removes it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks, where nobody removes anything
        return True
    return os.fstat(file.fileno()).st_nlink > 0


def _remove_left_behind(folder: str, start: str) -> None:
    """Remove what processes that were killed have written for the same target."""
    if fcntl is None:
        return
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            if name.startswith(start) and name.endswith(".part"):
                _remove_unless_locked(os.path.join(folder, name))


def _remove_unless_locked(path: str) -> None:
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)
        finally:
            os.close(handle)
