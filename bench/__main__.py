"""``python -m bench``: how fast are purenet, purenet_fast and other libraries at one network?"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import pathlib
import sys
from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType

import purenet
from purenet.commands.file_kinds import check_kind
from purenet.writing import write_text

from . import machine, peers, tables
from .chart import ratio_chart
from .checks import Different, check_backends, check_peer, check_threads
from .measuring import (
    NetworkResult,
    measure_alone,
    measure_peer,
    measure_predict,
    measure_pure,
    measure_threads,
)
from .memory import growth_of_fit
from .networks import NAMES, Case, make_case
from .timing import FULL, QUICK, TINY

BOTH_BACKENDS = ("3-4-1", "64-32-10", "784-30-10", "784-30-10-adam", "conv-8x8", "recurrent-8")
THREADED = ("784-128-64-10", "784-512-512-10")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Train the same networks with purenet, purenet_fast and, where they are "
        "installed, NumPy, PyTorch and scikit-learn; compare the digests first, then the times.",
    )
    parser.add_argument(
        "--peers",
        action="store_true",
        help="all networks against all peers, also numba and JAX; predict; threads",
    )
    parser.add_argument("--networks", nargs="+", metavar="NAME", choices=NAMES)
    parser.add_argument("--json", metavar="FILE", help="write every time of every run")
    parser.add_argument("--svg", metavar="FILE", help="draw the ratios as a bar chart")
    parser.add_argument("--markdown", metavar="FILE", help="write the table of fit as Markdown")
    parser.add_argument(
        "--threads",
        type=int,
        default=2,
        metavar="N",
        help="with --peers: threads of the wide networks' threaded runs; 1 for none (default 2)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="fewer and shorter runs, less certain times"
    )
    parser.add_argument(
        "--tiny",
        action="store_true",
        help="one run on a few samples, only to see that the bench works",
    )
    arguments = parser.parse_args(argv)
    if arguments.threads < 1:
        parser.error(f"--threads: found {arguments.threads}, expected 1 or more")
    for option, kind in (("json", "JSON"), ("svg", "SVG"), ("markdown", "Markdown")):
        file = getattr(arguments, option)
        if file is not None and not pathlib.Path(file).absolute().parent.is_dir():
            parser.error(f"--{option}: the folder of {file} is not there")
        try:
            check_kind(f"--{option}", file, [kind])
        except ValueError as error:
            parser.error(str(error))
    return arguments


def _load_peers(names: Sequence[str]) -> dict[str, type[peers.Peer]]:
    """Return the peers that are installed, and say which are not."""
    found = {}
    for name in names:
        try:
            found[name] = peers.load_peer(name)
        except ImportError as error:
            print(f"{name}: left out, it cannot be imported here ({error})")
    return found


def _note(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)


def _case_for(peer: type[peers.Peer], case: Case) -> Case:
    return case if peer.other_loss is None else replace(case, loss=peer.other_loss)


def _check_backends(cases: Sequence[Case], fast: ModuleType, threads: int) -> None:
    """Compare the digests of purenet and purenet_fast.  Raises Different if two are not equal."""
    for case in cases:
        _note(f"{case.name}: do both backends compute the same bits?")
        digest = check_backends(case, purenet, fast)
        text = f"{case.name}: purenet = purenet_fast, digest {digest[:16]}"
        if case.name in THREADED and threads > 1:
            with machine.all_cores():
                check_threads(case, fast, threads)
            text += f", with {threads} threads as with 1"
        print(text)


def _check_peers(
    cases: Sequence[Case], found: dict[str, type[peers.Peer]], fast: ModuleType
) -> None:
    """Compare the outputs of purenet_fast and the peers.  Raises Different if they disagree."""
    for case in cases if found else ():
        _note(f"{case.name}: do the peers compute the same network?")
        distances = [
            f"{peer.title} {check_peer(_case_for(peer, case), peer, fast):.0e}"
            for peer in found.values()
            if peer.can(case)
        ]
        if not distances:
            continue
        print(f"{case.name}: outputs after a few batches, distance to {', '.join(distances)}")


def _measure(
    case: Case,
    found: dict[str, type[peers.Peer]],
    fast: ModuleType,
    arguments: argparse.Namespace,
    threads: int,
) -> NetworkResult:
    effort = TINY if arguments.tiny else QUICK if arguments.quick else FULL
    result = NetworkResult(case)
    for name, peer in found.items():
        if peer.can(case):
            _note(f"{case.name}: fit against {peer.title}")
            result.add(measure_peer(_case_for(peer, case), name, peer, fast, effort))
    if case.pure_samples > 0:
        _note(f"{case.name}: fit against purenet")
        result.add(measure_pure(case, purenet, fast, effort))
    if not result.ours.seconds:
        result.ours = measure_alone(case, fast, effort)
    if arguments.peers and "numpy" in found and case.is_plain:
        _note(f"{case.name}: predict")
        result.predict = measure_predict(case, found["numpy"], fast, effort)
    if case.name in THREADED and threads > 1:
        _note(f"{case.name}: {threads} threads")
        with machine.all_cores():
            result.threads = measure_threads(case, fast, threads, effort)
    _note(f"{case.name}: memory")
    result.memory["purenet_fast"] = growth_of_fit(case.name, "purenet_fast", tiny=arguments.tiny)
    if case.pure_samples > 0:
        result.memory["purenet"] = growth_of_fit(case.name, "purenet", tiny=arguments.tiny)
    return result


def _versions(found: dict[str, type[peers.Peer]]) -> dict[str, str]:
    names = {name: None for peer in found.values() for name in peer.distributions}
    return {name: machine.version_of(name) for name in names}


def _words(name: str) -> str:
    return name.replace("_", " ")


def _notes(results: Sequence[NetworkResult], tiny: bool) -> list[str]:
    """Return what has to be known to read the tables."""
    notes = []
    if tiny:
        notes.append("A tiny run: these times mean nothing.")
    notes.append("All compute in float64, without shuffling, in one thread.")
    for result in results:
        case = result.case
        layers = ", ".join(map(str, case.layers))
        sizes = "×".join(map(str, case.input_shape))
        notes.append(
            f"{case.name}: {sizes} inputs, {layers}; {_words(case.loss)}, "
            f"{_words(case.optimizer).replace('adam', 'Adam')}."
        )
    notes.append(
        "The times are medians an epoch; below each, how many times as long as purenet_fast's "
        "it is. Both sides of a ratio were measured in turns."
    )
    notes.append(
        "purenet and purenet_fast are given nested lists, and their time contains the conversion; "
        "the others begin with arrays of their own, compiled and warm."
    )
    if any("jax" in result.fit and not result.case.is_dense for result in results):
        notes.append(
            "JAX: the fastest of several ways to write a convolution or a recurrent layer there."
        )
    for result in results:
        fit = result.fit.get("sklearn")
        if fit is not None:
            notes.append(
                "scikit-learn has no squared error after a sigmoid: it trains with binary "
                "cross-entropy, and so does purenet_fast beside it."
            )
            break
    for result in results:
        fit = result.fit.get("purenet")
        if fit is not None and fit.samples < result.case.samples:
            notes.append(
                f"purenet trains {result.case.name} on {fit.samples} samples; the time is scaled "
                f"to {result.case.samples:,}."
            )
    return notes


def _print_tables(results: Sequence[NetworkResult]) -> None:
    print("\nfit, time per epoch\n")
    print("\n".join(tables.fit_table(results)))
    if any(result.predict for result in results):
        print("\npredict, time per call; NumPy given an array, and given the same nested lists\n")
        print("\n".join(tables.predict_table(results)))
    if any(result.threads for result in results):
        print("\npurenet_fast with several threads; the share of the time with one\n")
        print("\n".join(tables.threads_table(results)))
    print("\nmemory: growth of the process's peak during fit\n")
    print("\n".join(tables.memory_table(results)))


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _arguments(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may lack µ and ×
    machine.use_one_core()
    try:
        fast = importlib.import_module("purenet_fast")
    except ImportError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    threads = arguments.threads if arguments.peers else 1
    if threads > machine.core_count():
        print(f"{threads} threads: left out, there is {machine.core_count()} core here")
        threads = 1
    names = arguments.networks or (NAMES if arguments.peers else BOTH_BACKENDS)
    cases = [make_case(name, quick=arguments.quick, tiny=arguments.tiny) for name in names]
    try:
        _check_backends(cases, fast, threads)
        found = _load_peers(peers.NAMES if arguments.peers else peers.USUAL)
        _check_peers(cases, found, fast)
    except Different as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1

    facts = machine.describe()
    versions = {"purenet": purenet.__version__, **_versions(found)}
    date = machine.now()
    results = [_measure(case, found, fast, arguments, threads) for case in cases]

    notes = _notes(results, arguments.tiny)
    place = f"{facts['processor']}, {facts['cores']} cores, {facts['system']}"
    software = ", ".join([str(facts["python"]), *(f"{k} {v}" for k, v in versions.items())])
    _print_tables(results)
    print("\n" + "\n".join(notes))
    print(f"\n{place}; held to one core: {facts['held_to_one_core']}\n{software}\n{date}")
    if arguments.json is not None:
        report = {
            "date": date,
            "machine": facts,
            "versions": versions,
            "tiny": arguments.tiny,
            "quick": arguments.quick,
            "notes": notes,
            "networks": [tables.network_json(result) for result in results],
        }
        write_text(arguments.json, json.dumps(report, indent=1) + "\n")
    if arguments.markdown is not None:
        write_text(arguments.markdown, "\n".join(tables.markdown_table(results)) + "\n")
    if arguments.svg is not None:
        write_text(arguments.svg, ratio_chart(results, [place, software, date]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
