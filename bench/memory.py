"""How much memory ``fit`` takes: the growth of the process's peak, in a process of its own.

``tracemalloc`` would not see what the compiled backend allocates.  Started by the bench as
``python -m bench.memory NETWORK PACKAGE``.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib
import json
import pathlib
import subprocess
import sys

from .networks import Case, make_case

ROOT = pathlib.Path(__file__).parents[1]


def growth_of_fit(name: str, package: str, *, tiny: bool) -> int | None:
    """Return by how many bytes ``fit`` makes a process grow at its peak; None if unknown here."""
    command = [sys.executable, "-m", "bench.memory", name, package]
    if tiny:
        command.append("--tiny")
    answer = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    growth: int | None = json.loads(answer)
    return growth


def _resident() -> int | None:
    """Return the bytes of this process that are in memory now, where the system tells."""
    try:
        for line in pathlib.Path("/proc/self/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Rss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def _peak() -> int | None:
    """Return the largest number of bytes that this process has had in memory."""
    try:
        for line in pathlib.Path("/proc/self/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024


def _give_back() -> None:
    """Let glibc return free memory to the system, so that using it again counts as growth."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def _measure(case: Case, package: str) -> int | None:
    module = importlib.import_module(package)
    if package == "purenet":
        case = case.head(case.pure_samples)
    small = case.head(min(case.samples, 2))
    small.fit(small.network(module), 1)  # what the first call loads is not what fit needs
    network = case.network(module)
    gc.collect()
    _give_back()
    try:
        # Makes the peak begin anew (Linux, proc(5)).
        pathlib.Path("/proc/self/clear_refs").write_text("5", "ascii")
    except OSError:
        pass
    before = _resident() or _peak()
    case.fit(network, 1 if package == "purenet" else 2)
    after = _peak()
    return None if before is None or after is None else max(0, after - before)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("network")
    parser.add_argument("package", choices=("purenet", "purenet_fast"))
    parser.add_argument("--tiny", action="store_true")
    arguments = parser.parse_args()
    case = make_case(arguments.network, tiny=arguments.tiny)
    print(json.dumps(_measure(case, arguments.package)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
