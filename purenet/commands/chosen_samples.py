"""The network and the samples that ``explain`` and ``step`` are asked to show."""

from __future__ import annotations

from typing import Any

from ..checks import Matrix
from ..network import Network
from ..tables import read_csv
from ..walkthroughs import WALKTHROUGHS, network_of
from .backends import choose_backend
from .table_files import preparation_of


def samples_of(network: str, data: str | None) -> tuple[Any, Matrix, Matrix, float]:
    """Return the network, inputs, targets and learning rate that the command line names."""
    if data is None:
        if network not in WALKTHROUGHS:
            raise ValueError(
                f"found {network!r}, expected {', '.join(WALKTHROUGHS)}, "
                f"or a model file and a CSV file"
            )
        return network_of(network, choose_backend("pure"))
    net = Network.load(network)
    preparation = preparation_of(net, network)
    table = read_csv(data, preparation.target, columns=preparation.columns)
    return net, preparation.inputs(table.rows), preparation.targets(table.labels or []), 0.1
