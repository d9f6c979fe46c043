"""What is measured: an epoch of ``fit`` and its pieces, what threads gain and what settings cost, a
call of ``predict``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

from purenet import Network
from purenet.matrix import Matrix

from .networks import Case
from .peak import operations_of_batch
from .peers import Peer
from .timing import Effort, Pair, Times, clock, in_turns, repeated

PREDICTED = (1, 5000)  # samples
LONGEST_RUN = 2.0  # seconds, of another library


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

    begins_with: what NumPy is given, "array" or "lists"; purenet_fast is given lists.  "buffers":
        both are given an array, and purenet_fast writes into another one.
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


@dataclass(frozen=True)
class SettingResult:
    """Seconds an epoch without a setting of ``fit`` (the other side) and with it (ours)."""

    what: str
    pair: Pair


@dataclass(frozen=True)
class PieceResult:
    """Seconds that a piece of a batch takes, and how many operations its products are."""

    what: str
    operations: float
    times: Times

    @property
    def speed(self) -> float:
        """Operations a second."""
        return self.operations / self.times.median


@dataclass
class NetworkResult:
    """Everything measured of one network.

    ours: every run of purenet_fast with the case's own loss, in seconds an epoch.
    memory: bytes by which ``fit`` makes a process grow, by package; None where unknown.
    operations: the multiplications and additions that the products of an epoch need; None where
        they are not counted.
    peak: how many a second the processor can do.
    """

    case: Case
    fit: dict[str, FitResult] = field(default_factory=dict)
    ours: Times = field(default_factory=lambda: Times([]))
    predict: list[PredictResult] = field(default_factory=list)
    threads: list[ThreadsResult] = field(default_factory=list)
    memory: dict[str, int | None] = field(default_factory=dict)
    settings: list[SettingResult] = field(default_factory=list)
    pieces: list[PieceResult] = field(default_factory=list)
    operations: float | None = None
    peak: float = 0.0

    @property
    def share_of_peak(self) -> float | None:
        """Which part of an epoch's time the operations alone would take."""
        if self.operations is None or self.peak == 0.0:
            return None
        return self.operations / self.ours.median / self.peak

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
    epochs = case.epochs

    def run() -> float:
        peer.reset()
        return clock(lambda: peer.train(epochs)) / epochs

    peer.prepare(epochs)
    seconds = run()  # the first run of some libraries sets things up
    if seconds * epochs > LONGEST_RUN:
        epochs = max(int(LONGEST_RUN / seconds), 1)
        peer.prepare(epochs)
        run()
    pair = in_turns(run, _fit_run(case, fast, case.epochs), effort)
    return FitResult(name, peer.title, case.loss, epochs, case.samples, pair)


def measure_settings(case: Case, fast: ModuleType, effort: Effort) -> list[SettingResult]:
    """Compare ``fit`` with a new order for each epoch, and watched, to ``fit`` without."""
    results = []
    plain = _fit_run(case, fast, case.epochs)
    if case.batch_size < case.samples:
        fixed = _fit_run(replace(case, shuffle=False), fast, case.epochs)
        shuffled = _fit_run(replace(case, shuffle=True), fast, case.epochs)
        results.append(SettingResult("shuffled", in_turns(fixed, shuffled, effort)))
    watched = _fit_run(case, fast, case.epochs, on_epoch=_watch)
    results.append(SettingResult("watched", in_turns(plain, watched, effort)))
    return results


def _watch(epoch: int, history: object) -> None:
    """Be called after an epoch, and let it go on."""


def measure_pieces(case: Case, fast: ModuleType, effort: Effort) -> list[PieceResult]:
    """Measure each piece of a batch by itself; of networks whose inputs are not mostly zeros."""
    network = case.network(fast)
    samples = network.checked_samples(case.inputs, case.targets)
    part = replace(case, batch_size=min(case.batch_size, case.samples))
    pieces = fast.passes.Pieces(network, samples, part.batch_size)
    results = []
    for what, operations in operations_of_batch(part).items():
        run = repeated(functools.partial(getattr(pieces, what), 1), effort)
        times = Times([run() for _ in range(effort.least)])
        results.append(PieceResult(what, operations, times))
    return results


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
    results = [
        PredictResult(len(rows), begins_with, in_turns(run, ours, effort))
        for begins_with, run in theirs.items()
    ]
    out = peer.outputs(array)
    ours = repeated(lambda: network.predict(array, out=out), effort)
    pair = in_turns(theirs["array"], ours, effort)
    return [*results, PredictResult(len(rows), "buffers", pair)]


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
