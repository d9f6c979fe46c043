"""How well a model does on a table, in one line."""

from __future__ import annotations

import math

from ..checks import counted
from ..network import Network
from ..tables import Table
from .table_files import answers_of, preparation_of


def print_scores(network: Network, table: Table, title: str, threads: int) -> None:
    """Print the number of rows, the loss, and the accuracy or the error in the target's units."""
    preparation = preparation_of(network, "the model")
    inputs, targets = preparation.inputs(table.rows), preparation.targets(table.labels or [])
    evaluation = network.evaluate(inputs, targets, threads=threads)
    count = len(table.rows)
    text = f"{title}: {counted(count, 'row')}, loss {evaluation.loss:.6g}"
    if evaluation.accuracy is not None and preparation.classes is not None:
        correct = round(evaluation.accuracy * count)
        # Rounded down, so that only a perfect score reads 100.0%.
        text += f", accuracy {1000 * correct // count / 10:.1f}%"
    else:
        answers = answers_of(preparation, network.predict(inputs, threads=threads), title)
        errors = [float(a) - float(b) for a, b in zip(answers, table.labels or [], strict=True)]
        mean = math.sqrt(math.fsum(error * error for error in errors) / len(errors))
        text += f", root mean squared error {mean:.6g} {preparation.target}"
    print(text)
