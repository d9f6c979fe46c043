"""The bench runs, refuses to time what differs, and writes well-formed results.  No test looks at a
time.
"""

from __future__ import annotations

import contextlib
import doctest
import json
import math
import pathlib
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

import purenet
from bench import __main__ as command
from bench import data, networks, notes, peers, tables
from bench.chart import ratio_chart
from bench.checks import Different, check_backends, check_peer
from bench.measuring import FitResult, NetworkResult, measure_pieces, repeated_rows
from bench.networks import Case, batch_size_of, make_case
from bench.peak import measure_peaks, operations_of_batch, operations_of_epoch
from bench.peers import Peer
from bench.timing import TINY, Effort, Pair, Times, in_turns, repeated

ROOT = pathlib.Path(__file__).parents[1]
SVG = "{http://www.w3.org/2000/svg}"
Both = tuple[ModuleType, ModuleType]


def run_bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the bench in a process of its own: it changes the cores of the process it runs in."""
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")


def check_times(times: dict[str, Any]) -> None:
    assert set(times) == {"median", "minimum", "runs"}
    assert times["runs"] and all(seconds > 0.0 for seconds in times["runs"])
    assert times["minimum"] == min(times["runs"]) <= times["median"] <= max(times["runs"])


def check_network(found: dict[str, Any], names: set[str]) -> None:
    """Check one network of the JSON file; names are those whom it is compared with."""
    case = make_case(found["network"], tiny=True)
    assert found["layers"] == [str(plan) for plan in case.layers]
    assert (found["input_shape"], found["optimizer"]) == ([*case.input_shape], case.optimizer)
    check_times(found["purenet_fast"])
    assert {fit["against"] for fit in found["fit"]} == names
    for fit in found["fit"]:
        check_times(fit["other"])
        check_times(fit["purenet_fast"])
        assert fit["ratio"] == fit["other"]["median"] / fit["purenet_fast"]["median"]
        assert 0 < fit["samples"] <= found["samples"]
    for run in found["predict"] + found["threads"] + found["settings"]:
        for side in ("other", "purenet_fast", "one_thread", "several", "without", "with"):
            if side in run:
                check_times(run[side])
    settings = ["watched"] if found["network"] == "3-4-1" else ["shuffled", "watched"]
    own_batch = found["batch_size"] == batch_size_of(found["network"])
    expected = {"purenet", "purenet_fast"} if "purenet" in names else {"purenet_fast"}
    assert [run["what"] for run in found["settings"]] == (
        settings if own_batch else ["shuffled", "watched"]
    )
    assert set(found["memory"]) == (expected if own_batch else set())
    assert (found["share_of_peak"] is None) == (found["operations"] is None) == (not case.is_plain)
    assert all(count is None or count >= 0 for count in found["memory"].values())


def installed(names: Iterable[str]) -> set[str]:
    """Return those of the peers whose libraries are here."""
    found = set()
    for name in names:
        with contextlib.suppress(ImportError):
            peers.load_peer(name)
            found.add(name)
    return found


def able(beside: set[str], network: str, batch_size: int | None = None) -> set[str]:
    """Return those of the peers beside us that have this network."""
    case = make_case(network, batch_size=batch_size, tiny=True)
    return {name for name in beside if peers.load_peer(name).can(case)}


def test_the_bench_of_both_backends(both: Both, tmp_path: pathlib.Path) -> None:
    files = {name: tmp_path / f"bench.{name}" for name in ("json", "svg", "markdown")}
    options = [text for name, path in files.items() for text in (f"--{name}", str(path))]
    done = run_bench("--tiny", *options)
    assert done.returncode == 0, done.stderr
    report = json.loads(files["json"].read_text(encoding="utf-8"))
    assert report["tiny"] is True
    assert report["versions"]["purenet"] == purenet.__version__
    assert {"processor", "cores", "system", "python"} <= set(report["machine"])
    assert report["vectors"] in report["peak"]
    assert all(speed > 0.0 for speed in report["peak"].values())
    names = [found["network"] for found in report["networks"]]
    assert names == [
        "3-4-1",
        "64-32-10",
        "784-30-10",
        "784-30-10-adam",
        "conv-8x8",
        "recurrent-8",
    ]
    beside = installed(peers.USUAL)
    for found in report["networks"]:
        check_network(found, {"purenet", *able(beside, found["network"])})
        assert found["predict"] == found["threads"] == []
        assert found["shuffle"] == (found["network"] != "3-4-1")
        assert found["purenet_fast"]["median"] > 0.0
    for name in names:
        size = batch_size_of(name)
        assert f"{name}, batch {size}: purenet = purenet_fast, digest" in done.stdout
    for name in set(peers.USUAL) - beside:
        assert f"{name}: left out" in done.stdout
    assert "these times mean nothing" in done.stdout

    lines = files["markdown"].read_text(encoding="utf-8").splitlines()
    assert {line.count("|") for line in lines[: 2 + len(names)]} == {len(beside) + 6}
    assert f"peak: {report['vectors']} " in lines[-1] and "Everyone shuffles" in lines[-1]
    picture = ElementTree.fromstring(files["svg"].read_text(encoding="utf-8"))
    assert picture.tag == f"{SVG}svg"


def test_the_bench_with_peers(both: Both, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "bench.json"
    wanted = ["3-4-1", "784-128-64-10", "conv-28x28"]
    options = ["--fixed-order", "--json", str(file), "--networks", *wanted]
    done = run_bench("--peers", "--tiny", *options)
    assert done.returncode == 0, done.stderr
    report = json.loads(file.read_text(encoding="utf-8"))
    kinds = [(found["network"], found["batch_size"]) for found in report["networks"]]
    assert kinds == [("3-4-1", 4), ("3-4-1", 1), ("784-128-64-10", 128), ("conv-28x28", 32)]
    beside = installed(peers.NAMES)
    for found in report["networks"]:
        wide = found["network"] == "784-128-64-10"
        single = found["batch_size"] == 1
        names = able(beside, found["network"], found["batch_size"])
        assert ("fann" in names) == ("fann" in beside and found["network"] == "3-4-1")
        check_network(found, names if wide or single else {"purenet", *names})
        kinds = [(run["samples"], run["numpy_begins_with"]) for run in found["predict"]]
        expected = [(n, kind) for n in (1, 5000) for kind in ("array", "lists", "buffers")]
        assert kinds == (expected if "numpy" in names and not single else [])
        assert found["shuffle"] is False
        threaded = [run["what"] for run in found["threads"]]
        several = wide and report["machine"]["cores"] > 1
        assert threaded == (["fit", "predict"] if several else [])


def test_no_times_if_the_digests_differ(
    both: Both,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: pathlib.Path,
) -> None:
    honest = Case.fit

    def one_bit_off(case: Case, network: purenet.Network, epochs: int) -> None:
        honest(case, network, epochs)
        if isinstance(network, both[1].Network):
            row = network.layers[0].weights[0]
            row[0] = math.nextafter(row[0], 1.0)

    monkeypatch.setattr(Case, "fit", one_bit_off)
    monkeypatch.setattr(command.machine, "use_one_core", lambda: None)
    file = tmp_path / "bench.json"
    assert command.main(["--tiny", "--networks", "3-4-1", "--json", str(file)]) == 1
    printed = capsys.readouterr()
    assert "3-4-1: the digests differ" in printed.err
    assert "time per epoch" not in printed.out
    assert not file.exists()


def test_without_the_extension_the_bench_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "purenet_fast", None)
    monkeypatch.setattr(command.machine, "use_one_core", lambda: None)
    assert command.main(["--tiny"]) == 2
    assert "purenet_fast" in capsys.readouterr().err


class Itself(Peer):
    """A peer that computes with purenet, at a rate that may be wrong."""

    title = "purenet itself"
    distributions = ()
    rate_factor = 1.0

    def __init__(self, case: Case) -> None:
        self.case = replace(case, learning_rate=case.learning_rate * self.rate_factor)
        self.reset()

    def reset(self) -> None:
        self.network = self.case.network(purenet)

    def train(self, epochs: int) -> None:
        self.case.fit(self.network, epochs)

    def predict(self) -> list[list[float]]:
        return self.network.predict(self.case.inputs)


class SlightlyFaster(Itself):
    rate_factor = 1.000001


@pytest.mark.parametrize("name", ["3-4-1", "64-32-10", "conv-8x8", "recurrent-8"])
def test_a_peer_must_compute_the_same_network(name: str, fast: ModuleType) -> None:
    case = make_case(name)
    assert check_peer(case, Itself, fast) == 0.0
    with pytest.raises(Different, match=f"{name}: the outputs of purenet itself and purenet_fast"):
        check_peer(case, SlightlyFaster, fast)


@pytest.mark.parametrize("name", sorted(set(networks.NAMES) - {"784-512-512-10"}))
def test_the_peers_compute_the_same_networks(name: str, fast: ModuleType) -> None:
    case = make_case(name, tiny=True)
    for library in ("numpy", "torch"):
        if installed([library]):
            peer = peers.load_peer(library)
            if peer.can(case):
                assert check_peer(case, peer, fast) < 1e-12


@pytest.mark.parametrize("name", ["3-4-1", "64-32-10"])
def test_fann_computes_the_same_networks(name: str, fast: ModuleType) -> None:
    if not installed(["fann"]):
        pytest.skip("no FANN here")
    fann = peers.load_peer("fann")
    assert not fann.can(make_case("64-32-10", batch_size=2))
    for batch_size in {1, batch_size_of(name)} & {1, 4}:
        case = fann.able_case(make_case(name, batch_size=batch_size, tiny=True))
        assert check_peer(case, fann, fast) < 1e-12


def test_the_operations_of_an_epoch() -> None:
    case = make_case("3-4-1", batch_size=2)  # 8 of the 12 inputs are not zero
    first, second = 3 * 4, 4 * 1
    forward = 2 * 2 * (first * 8 / 12 + second)
    backward = 2 * 2 * second
    step = forward + 2 * (first + second)
    assert operations_of_batch(case) == pytest.approx(
        {"forward": forward, "backward": backward, "step": step}
    )
    assert operations_of_epoch(case) == pytest.approx(2 * (forward + backward + step))
    assert operations_of_epoch(make_case("784-30-10-adam", tiny=True)) is None


def test_the_peak_of_each_width(fast: ModuleType) -> None:
    chosen, for_narrow = fast.vectors.chosen_vectors(), fast.vectors.vectors_for((3, 4, 1))
    peaks = measure_peaks(fast, TINY)
    assert fast.vectors.chosen_vectors() == chosen
    assert fast.vectors.vectors_for((3, 4, 1)) == for_narrow
    assert {chosen, "portable"} <= set(peaks)
    assert fast.vectors.multiply_and_add(10) == 10 * fast.vectors.multiply_and_add(1)


def test_the_pieces_of_a_batch(fast: ModuleType) -> None:
    case = replace(make_case("64-32-10").head(9), batch_size=5)
    dense = replace(case, inputs=[[x + 1.0 for x in row] for row in case.inputs])
    assert [piece.what for piece in measure_pieces(dense, fast, TINY)] == [
        "forward",
        "backward",
        "step",
    ]
    network = dense.network(fast)
    before = network.digest()
    samples = network.checked_samples(dense.inputs, dense.targets)
    pieces = fast.passes.Pieces(network, samples, 9)
    for what in ("forward", "backward", "step"):
        getattr(pieces, what)(2)
    assert network.digest() == before
    for size in (0, 10):
        with pytest.raises(ValueError, match=f"batch_size: found {size}, expected 1 to 9"):
            fast.passes.Pieces(network, samples, size)
    zeros = [[0.0] * 63 + [1.0]] * 9
    with pytest.raises(ValueError, match="mostly zeros"):
        fast.passes.Pieces(network, network.checked_samples(zeros, case.targets), 5)


def test_a_check_that_shows_nothing_fails(both: Both) -> None:
    case = replace(make_case("3-4-1"), learning_rate=1e-9)
    with pytest.raises(Different, match="have moved by"):
        check_peer(case, Itself, both[1])
    still = replace(case, learning_rate=5e-324)
    with pytest.raises(Different, match="changed nothing in purenet"):
        check_backends(still, *both)


@pytest.mark.parametrize("name", networks.NAMES)
def test_the_networks_have_their_data(name: str) -> None:
    tiny = make_case(name, tiny=True)
    assert len(tiny.inputs) == len(tiny.targets) == tiny.samples
    assert {len(row) for row in tiny.inputs} == {math.prod(tiny.input_shape)}
    network = tiny.network(purenet)
    assert {len(row) for row in tiny.targets} == {network.layers[-1].outputs}
    if tiny.is_dense:
        assert name.startswith("-".join(map(str, tiny.sizes)))
        shapes = [(len(layer["weights"]), len(layer["weights"][0])) for layer in tiny.first]
        assert shapes == list(zip(tiny.sizes[:-1], tiny.sizes[1:], strict=True))
    again = make_case(name, tiny=True)
    assert again.inputs == tiny.inputs and again.first == tiny.first
    assert network.digest() == again.network(purenet).digest()
    if name != "3-4-1":
        assert tiny.samples % tiny.batch_size != 0  # the last batch is not full
    shares = {
        "784-30-10": data.NON_ZERO,
        "784-30-10-adam": data.NON_ZERO,
        "784-128-64-10": data.NON_ZERO,
        "784-512-512-10": 1.0,
        "conv-28x28": data.MORE_NON_ZERO,
        "conv-conv-28x28": data.MORE_NON_ZERO,
        "recurrent-8": 0.5,
    }
    if name in shares:
        tolerance = 0.1 if name == "recurrent-8" else 0.01  # 240 bits, many thousand pixels
        assert abs(data.non_zero_share(tiny.inputs) - shares[name]) < tolerance


def test_what_the_networks_are_made_of() -> None:
    found = {name: [str(plan) for plan in make_case(name, tiny=True).layers] for name in NEW}
    assert found == NEW


NEW = {
    "784-30-10-adam": ["dense 30 sigmoid", "dense 10 sigmoid"],
    "conv-8x8": ["conv 3×3×8 relu", "pool 2", "flatten", "dense 10 softmax"],
    "conv-28x28": ["conv 3×3×8 relu", "pool 2", "flatten", "dense 10 softmax"],
    "conv-conv-28x28": [
        "conv 3×3×16 relu",
        "pool 2",
        "conv 3×3×32 relu",
        "pool 2",
        "flatten",
        "dense 10 softmax",
    ],
    "recurrent-8": ["recurrent 16 tanh", "dense 1 sigmoid"],
}


def test_the_digits_are_the_first_four_fifths() -> None:
    case = make_case("64-32-10")
    assert case.samples == 1437
    assert case.inputs == purenet.datasets.load_digits().inputs[:1437]
    assert repeated_rows(case, 1438)[-1] is case.inputs[0]


def test_both_sides_are_measured_in_turns() -> None:
    calls = []
    others, own = iter([4.0, 8.0, 6.0, 5.0]), iter([1.0, 2.0, 4.0, 3.0])

    def other() -> float:
        calls.append("other")
        return next(others)

    def ours() -> float:
        calls.append("ours")
        return next(own)

    pair = in_turns(other, ours, Effort(least=4, most=9, seconds=0.0))
    assert calls == ["other", "ours", "ours", "other"] * 2
    assert (pair.other.median, pair.other.minimum) == (5.5, 4.0)
    assert (pair.ours.median, pair.ours.minimum) == (2.5, 1.0)
    assert pair.ratio == 2.2
    many = in_turns(lambda: 1.0, lambda: 1.0, Effort(least=1, most=3, seconds=60.0))
    assert len(many.ours.seconds) == 3


def test_short_work_is_repeated() -> None:
    calls = []
    run = repeated(lambda: calls.append(1), Effort(least=1, most=2, seconds=0.0))
    found_out = len(calls)
    assert found_out > 100
    assert run() > 0.0
    assert len(calls) - found_out > 100
    calls.clear()
    repeated(lambda: calls.append(1), TINY)()
    assert len(calls) == 2  # with the one that is not counted


def test_the_chart_shows_who_is_faster() -> None:
    def fit(name: str, ratio: float) -> FitResult:
        pair = Pair(Times([ratio * 1e-3]), Times([1e-3]))
        return FitResult(name, f"{name}'s title", "sum_of_squares", 1, 4, pair)

    result = NetworkResult(make_case("3-4-1"))
    for name, ratio in (("slow", 100.0), ("slower", 10000.0), ("faster", 0.01)):
        result.add(fit(name, ratio))
    picture = ElementTree.fromstring(ratio_chart([result], ["a <machine>", "a date"]))
    bars = [
        (bar.get("class"), float(bar.get("x", "")), float(bar.get("width", "")))
        for bar in picture.iter(f"{SVG}rect")
        if bar.get("class") != "back"
    ]
    assert [kind for kind, _, _ in bars] == ["slower", "slower", "faster"]
    (_, one, slow), (_, also_one, slower), (_, left, faster) = bars
    assert one == also_one
    assert slower == pytest.approx(2.0 * slow, abs=0.2)
    assert faster == pytest.approx(slow, abs=0.2)
    assert left + faster == pytest.approx(one, abs=1.0)
    texts = [text.text for kind in ("text", "tspan") for text in picture.iter(SVG + kind)]
    assert {"slow's title", "100×", "100 ms", "10,000×", "0.01×", "a <machine>"} <= set(texts)
    style = next(picture.iter(f"{SVG}style")).text or ""
    assert "prefers-color-scheme:dark" in style


def test_examples_in_docstrings() -> None:
    for module in (tables, notes):
        tested = doctest.testmod(module)
        assert tested.failed == 0
        assert tested.attempted >= 1


def test_a_name_that_says_another_kind_of_file_is_refused(tmp_path: pathlib.Path) -> None:
    for option, name in (("--svg", "chart.png"), ("--json", "times.csv")):
        done = run_bench("--tiny", option, str(tmp_path / name))
        assert done.returncode == 2
        assert f"{option}: found" in done.stderr and "expected a name that ends in" in done.stderr
