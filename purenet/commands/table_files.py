"""Tables as the commands read and write them, and what a model makes of them.

How a table becomes a network's numbers, and a network's numbers answers, is the ``Preparation``
that travels in the model file.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from ..checks import shown
from ..network import Network
from ..tables import Preparation, Table


def as_csv(rows: list[list[Any]]) -> str:
    """Return rows as the text of a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def preparation_of(network: Network, path: str) -> Preparation:
    """Return the preparation that travels with a network, or raise ValueError if there is none."""
    if network.preparation is None:
        raise ValueError(
            f"{path}: this network was saved without a table, expected one written by train"
        )
    return network.preparation


def inputs_of(preparation: Preparation, table: Table, path: str) -> list[list[float]]:
    """Return a table's rows as a network's inputs; an error names the path."""
    try:
        return preparation.inputs(table.rows)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def answers_of(
    preparation: Preparation, outputs: list[list[float]], path: str
) -> list[str | float]:
    """Return what each row of outputs says, or raise ValueError that names the row without."""
    answers = []
    for number, row in enumerate(outputs):
        try:
            answers.append(preparation.answer(row))
        except ValueError:
            raise ValueError(
                f"{path}: row {number} (counted from 0, without the header) has no answer: the "
                f"model's outputs for it are {shown(row)}, expected finite numbers"
            ) from None
    return answers
