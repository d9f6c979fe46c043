"""What is measured: an epoch of ``fit``, a call of ``predict``, the gain of a second thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from purenet import Network
from purenet.matrix import Matrix

from .networks import Case
from .peers import Peer
from .timing import Effort, Pair, Times, clock, in_turns, repeated

PREDICTED = (1, 5000)  # samples


@dataclass(frozen=True)
class FitResult:
    """Seconds an epoch: another side's and those of purenet_fast, measured in turns.

    epochs, samples: of one run of the other side.  Its times are scaled to the whole set.
    """

    name: str
    title: str
    loss: str
    epochs: int
    samples: int
    pair: Pair


@dataclass(frozen=True)
class PredictResult:
    """Seconds a call of ``predict``: NumPy's and those of purenet_fast.

    begins_with: what NumPy is given, "array" or "lists".  purenet_fast is given lists.
    """

    samples: int
    begins_with: str
    pair: Pair


@dataclass(frozen=True)
class ThreadsResult:
    """Seconds with one thread (the other side) and with several (ours)."""

    what: str
    threads: int
    pair: Pair


@dataclass
class NetworkResult:
    """Everything measured of one network.

    ours: every run of purenet_fast with the case's own loss, in seconds an epoch.
    memory: bytes by which ``fit`` makes a process grow, by package; None where unknown.
    """

    case: Case
    fit: dict[str, FitResult] = field(default_factory=dict)
    ours: Times = field(default_factory=lambda: Times([]))
    predict: list[PredictResult] = field(default_factory=list)
    threads: list[ThreadsResult] = field(default_factory=list)
    memory: dict[str, int | None] = field(default_factory=dict)

    def add(self, result: FitResult) -> None:
        self.fit[result.name] = result
        if result.loss == self.case.loss:
            self.ours.seconds.extend(result.pair.ours.seconds)


def _fit_run(case: Case, package: ModuleType, epochs: int, **options: Any) -> Callable[[], float]:
    """Return a function that trains a new network and returns the seconds an epoch."""

    def run() -> float:
        network = case.network(package)
        return clock(lambda: case.fit(network, epochs, **options)) / epochs

    return run


def measure_pure(case: Case, pure: ModuleType, fast: ModuleType, effort: Effort) -> FitResult:
    """Compare the backends; purenet trains a part of the samples where all take too long."""
    part = case.head(case.pure_samples)
    scale = case.samples / part.samples
    part_run = _fit_run(part, pure, case.pure_epochs)
    pair = in_turns(lambda: part_run() * scale, _fit_run(case, fast, case.epochs), effort)
    return FitResult("purenet", "purenet", case.loss, case.pure_epochs, part.samples, pair)


def measure_alone(case: Case, fast: ModuleType, effort: Effort) -> Times:
    """Measure purenet_fast with nothing beside it."""
    run = _fit_run(case, fast, case.epochs)
    return Times([run() for _ in range(effort.least)])


def measure_peer(
    case: Case, name: str, peer_class: type[Peer], fast: ModuleType, effort: Effort
) -> FitResult:
    """Compare purenet_fast with a peer; ``case`` has the peer's loss."""
    peer = peer_class(case)
    peer.prepare(case.epochs)

    def run() -> float:
        peer.reset()
        return clock(lambda: peer.train(case.epochs)) / case.epochs

    run()  # the first run of some libraries sets things up
    pair = in_turns(run, _fit_run(case, fast, case.epochs), effort)
    return FitResult(name, peer.title, case.loss, case.epochs, case.samples, pair)


def measure_predict(
    case: Case, numpy_class: type[Peer], fast: ModuleType, effort: Effort
) -> list[PredictResult]:
    """Compare ``predict`` with NumPy's, for one sample and for many."""
    network = case.network(fast)
    peer = numpy_class(case)
    results = []
    for samples in PREDICTED:
        results += _predict_pairs(network, peer, repeated_rows(case, samples), effort)
    return results


def _predict_pairs(
    network: Network, peer: Any, rows: Matrix, effort: Effort
) -> list[PredictResult]:
    array = peer.as_array(rows)
    ours = repeated(lambda: network.predict(rows), effort)
    theirs = {
        "array": repeated(lambda: peer.outputs(array), effort),
        "lists": repeated(lambda: peer.outputs(peer.as_array(rows)), effort),
    }
    return [
        PredictResult(len(rows), begins_with, in_turns(run, ours, effort))
        for begins_with, run in theirs.items()
    ]


def repeated_rows(case: Case, samples: int) -> Matrix:
    """Return so many of the case's inputs, from the beginning again where they end."""
    return [case.inputs[i % case.samples] for i in range(samples)]


def measure_threads(
    case: Case, fast: ModuleType, threads: int, effort: Effort
) -> list[ThreadsResult]:
    """Compare several threads with one; to be called with enough cores."""
    network = case.network(fast)
    rows = repeated_rows(case, PREDICTED[-1])
    fit = in_turns(
        _fit_run(case, fast, case.epochs),
        _fit_run(case, fast, case.epochs, threads=threads),
        effort,
    )
    predict = in_turns(
        repeated(lambda: network.predict(rows), effort),
        repeated(lambda: network.predict(rows, threads=threads), effort),
        effort,
    )
    return [ThreadsResult("fit", threads, fit), ThreadsResult("predict", threads, predict)]
