"""``python -m bench``: how fast are purenet, purenet_fast and other libraries at one network?"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import pathlib
import sys
from collections.abc import Sequence
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
    measure_pieces,
    measure_predict,
    measure_pure,
    measure_settings,
    measure_threads,
)
from .memory import growth_of_fit
from .networks import NAMES, Case, batch_size_of, make_case
from .notes import notes_of, order_text, peak_text
from .peak import measure_peaks, operations_of_epoch
from .timing import FULL, QUICK, TINY, Effort

BOTH_BACKENDS = ("3-4-1", "64-32-10", "784-30-10", "784-30-10-adam", "conv-8x8", "recurrent-8")
SINGLE = ("3-4-1", "64-32-10", "784-30-10")  # with --peers sample by sample, too
THREADED = ("784-30-10", "784-128-64-10", "784-512-512-10")
IN_PIECES = ("784-512-512-10",)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Train the same networks with purenet, purenet_fast and, where they are "
        "installed, NumPy, PyTorch and scikit-learn; compare the digests first, then the times.",
    )
    parser.add_argument(
        "--peers",
        action="store_true",
        help="all networks against all peers, also numba, JAX and FANN; predict; threads; some "
        "networks also sample by sample",
    )
    parser.add_argument("--networks", nargs="+", metavar="NAME", choices=NAMES)
    parser.add_argument(
        "--batch-size",
        type=int,
        metavar="N",
        help="samples of a batch, in each network (default: each network's own)",
    )
    parser.add_argument(
        "--fixed-order",
        action="store_true",
        help="no one shuffles (default: a new order for each epoch, as fit has by default)",
    )
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
    for option, number in (("threads", arguments.threads), ("batch-size", arguments.batch_size)):
        if number is not None and number < 1:
            parser.error(f"--{option}: found {number}, expected 1 or more")
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


def _title(case: Case) -> str:
    return f"{case.name}, batch {case.batch_size}"


def _note(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)


def _check_backends(cases: Sequence[Case], fast: ModuleType, threads: int) -> None:
    """Compare the digests of purenet and purenet_fast.  Raises Different if two are not equal."""
    for case in cases:
        _note(f"{_title(case)}: do both backends compute the same bits?")
        digest = check_backends(case, purenet, fast)
        text = f"{_title(case)}: purenet = purenet_fast, digest {digest[:16]}"
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
        _note(f"{_title(case)}: do the peers compute the same network?")
        distances = [
            f"{peer.title} {check_peer(peer.able_case(case), peer, fast):.0e}"
            for peer in found.values()
            if peer.can(case)
        ]
        if not distances:
            continue
        print(f"{_title(case)}: outputs after a few batches, distance to {', '.join(distances)}")


def _measure(
    case: Case,
    found: dict[str, type[peers.Peer]],
    fast: ModuleType,
    arguments: argparse.Namespace,
    threads: int,
    peak: float,
) -> NetworkResult:
    effort = _effort(arguments)
    title = _title(case)
    result = NetworkResult(case, operations=operations_of_epoch(case), peak=peak)
    for name, peer in found.items():
        if peer.can(case):
            _note(f"{title}: fit against {peer.title}")
            result.add(measure_peer(peer.able_case(case), name, peer, fast, effort))
    own_batch = case.batch_size == batch_size_of(case.name)
    if case.pure_samples > 0 and own_batch:
        _note(f"{title}: fit against purenet")
        result.add(measure_pure(case, purenet, fast, effort))
    if not result.ours.seconds:
        result.ours = measure_alone(case, fast, effort)
    _note(f"{title}: shuffled, watched")
    result.settings = measure_settings(case, fast, effort)
    if case.name in IN_PIECES:
        _note(f"{title}: forward, backward, step")
        result.pieces = measure_pieces(case, fast, effort)
    if not own_batch:
        return result  # what follows does not depend on the batch
    if arguments.peers and "numpy" in found and case.is_plain:
        _note(f"{title}: predict")
        result.predict = measure_predict(case, found["numpy"], fast, effort)
    if case.name in THREADED and threads > 1:
        _note(f"{title}: {threads} threads")
        with machine.all_cores():
            result.threads = measure_threads(case, fast, threads, effort)
    _note(f"{title}: memory")
    result.memory["purenet_fast"] = growth_of_fit(case.name, "purenet_fast", tiny=arguments.tiny)
    if case.pure_samples > 0:
        result.memory["purenet"] = growth_of_fit(case.name, "purenet", tiny=arguments.tiny)
    return result


def _effort(arguments: argparse.Namespace) -> Effort:
    return TINY if arguments.tiny else QUICK if arguments.quick else FULL


def _cases(arguments: argparse.Namespace) -> list[Case]:
    """Return what is measured: the networks, and behind each what is measured sample by sample."""
    names = arguments.networks or (NAMES if arguments.peers else BOTH_BACKENDS)
    cases = []
    for name in names:
        sizes = [arguments.batch_size]
        if arguments.peers and sizes == [None] and name in SINGLE:
            sizes.append(1)
        for size in sizes:
            cases.append(
                make_case(
                    name,
                    batch_size=size,
                    shuffle=not arguments.fixed_order,
                    quick=arguments.quick,
                    tiny=arguments.tiny,
                )
            )
    return cases


def _versions(found: dict[str, type[peers.Peer]]) -> dict[str, str]:
    names = {name: None for peer in found.values() for name in peer.distributions}
    return {name: machine.version_of(name) for name in names}


def _print_tables(results: Sequence[NetworkResult]) -> None:
    print("\nfit, time per epoch\n")
    print("\n".join(tables.fit_table(results)))
    if any(result.pieces for result in results):
        print("\nthe pieces of a batch, each by itself\n")
        print("\n".join(tables.pieces_table(results)))
    print(
        "\npurenet_fast shuffled against a fixed order, and watched (on_epoch) against unwatched: "
        "time per epoch, and the share of the time without that it takes\n"
    )
    print("\n".join(tables.settings_table(results)))
    if any(result.predict for result in results):
        print(
            "\npredict, time per call; NumPy given an array, and given the same nested lists; and "
            "both given an array, purenet_fast to write into another one\n"
        )
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
    cases = _cases(arguments)
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
    peaks = measure_peaks(fast, _effort(arguments))
    chosen = fast.vectors.chosen_vectors()
    peak = peak_text(peaks, chosen)
    results = [_measure(case, found, fast, arguments, threads, peaks[chosen]) for case in cases]

    notes = notes_of(results, tiny=arguments.tiny, fixed=arguments.fixed_order)
    place = f"{facts['processor']}, {facts['cores']} cores, {facts['system']}"
    software = ", ".join([str(facts["python"]), *(f"{k} {v}" for k, v in versions.items())])
    _print_tables(results)
    print(f"\n{peak}\n\n" + "\n".join(notes))
    print(f"\n{place}; held to one core: {facts['held_to_one_core']}\n{software}\n{date}")
    if arguments.json is not None:
        report = {
            "date": date,
            "machine": facts,
            "versions": versions,
            "tiny": arguments.tiny,
            "quick": arguments.quick,
            "vectors": chosen,
            "peak": peaks,
            "notes": notes,
            "networks": [tables.network_json(result) for result in results],
        }
        write_text(arguments.json, json.dumps(report, indent=1) + "\n")
    if arguments.markdown is not None:
        order = order_text(results, fixed=arguments.fixed_order)
        lines = [*tables.markdown_table(results), "", f"{peak}. {order}"]
        write_text(arguments.markdown, "\n".join(lines) + "\n")
    if arguments.svg is not None:
        write_text(arguments.svg, ratio_chart(results, [place, peak, software, date]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
