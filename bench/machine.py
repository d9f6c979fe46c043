"""What a time depends on: the processor, the versions, the date; and how many cores may be used."""

from __future__ import annotations

import contextlib
import datetime
import importlib.metadata
import os
import pathlib
import platform
from collections.abc import Iterator

# Read by the libraries below the peers when they are first imported.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_PLATFORMS": "cpu",
}

_cores: set[int] = set()


def use_one_core() -> None:
    """Hold this process, and what it starts, to one thread and one core.

    To be called before a peer is imported.  JAX's own settings leave it a second thread; only the
    operating system can hold it to one core, and only Linux lets a program ask for that.
    """
    os.environ.update(ONE_THREAD)
    if hasattr(os, "sched_setaffinity"):
        _cores.update(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {max(_cores)})


def core_count() -> int:
    """Return how many cores this process could use if it were not held to one."""
    return len(_cores) or os.cpu_count() or 1


@contextlib.contextmanager
def all_cores() -> Iterator[None]:
    """Let the threads that are started within use every core."""
    if not _cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, _cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def processor() -> str:
    """Return the processor's name, with family and model where the name alone says little."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    name = facts.get("model name", platform.machine())
    if "cpu family" in facts:
        name += f" (family {facts['cpu family']}, model {facts.get('model', '?')})"
    return name


def version_of(distribution: str) -> str:
    """Return the version of an installed distribution, or "not installed"."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def describe() -> dict[str, str | int]:
    """Return what a reader has to know about this machine."""
    return {
        "processor": processor(),
        "cores": core_count(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "held_to_one_core": "yes" if _cores else "no: the system offers no way to",
    }


def now() -> str:
    """Return the date and time in UTC, to the second."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
