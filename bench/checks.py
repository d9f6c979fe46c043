"""Do both sides compute the same network?  A bench that has not asked says nothing."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

from purenet.matrix import Matrix

from .networks import Case
from .peers import Peer

TOLERANCE = 1e-9  # of outputs between 0 and 1; libraries add in other orders than purenet
MOVED = 1e-4  # by so much the outputs must have moved, or their agreement would show nothing


class Different(Exception):
    """Two sides do not compute the same network."""


def check_backends(case: Case, pure: ModuleType, fast: ModuleType) -> str:
    """Train a few samples with both backends, compare everything bit by bit, return the digest."""
    small = replace(case.head(case.check_samples), shuffle=False)
    networks = []
    for package in (pure, fast):
        network = small.network(package)
        before = network.digest()
        small.fit(network, case.check_epochs)
        if network.digest() == before:
            raise Different(f"{case.name}: training changed nothing in {package.__name__}")
        networks.append(network)
    first, second = networks
    if first.digest() != second.digest():
        raise Different(
            f"{case.name}: the digests differ after {case.check_epochs} epochs of "
            f"{small.samples} samples: purenet {first.digest()}, purenet_fast {second.digest()}"
        )
    if first.history.loss != second.history.loss:
        raise Different(f"{case.name}: the losses of purenet and purenet_fast differ")
    if first.predict(small.inputs) != second.predict(small.inputs):
        raise Different(f"{case.name}: the outputs of purenet and purenet_fast differ")
    return first.digest()


def check_threads(case: Case, fast: ModuleType, threads: int) -> None:
    """Train an epoch with one thread and with several, and compare the digests."""
    digests = []
    for number in (1, threads):
        network = case.network(fast)
        case.fit(network, 1, threads=number)
        digests.append(network.digest())
    if digests[0] != digests[1]:
        raise Different(f"{case.name}: the digests with 1 and with {threads} threads differ")


def check_peer(case: Case, peer_class: type[Peer], fast: ModuleType) -> float:
    """Train a few batches with purenet_fast and a peer; return how far their outputs are apart.

    ``case`` has the peer's loss.  Nothing is shuffled, so that both see the same batches.
    """
    small = case.head(3 * case.batch_size + case.samples % case.batch_size)
    small = replace(small, shuffle=False)
    network = small.network(fast)
    first = network.predict(small.inputs)
    small.fit(network, 2)
    ours = network.predict(small.inputs)
    moved = _distance(first, ours)
    if moved < MOVED:
        raise Different(f"{case.name}: the outputs have moved by {moved:.1e} only")
    peer = peer_class(small)
    peer.prepare(2)
    peer.train(2)
    distance = _distance(ours, peer.predict())
    if not distance <= TOLERANCE:
        raise Different(
            f"{case.name}: the outputs of {peer.title} and purenet_fast are {distance:.1e} apart "
            f"after a few batches, expected {TOLERANCE:.0e} or less"
        )
    return distance


def _distance(a: Matrix, b: Matrix) -> float:
    return max(abs(x - y) for p, q in zip(a, b, strict=True) for x, y in zip(p, q, strict=True))
