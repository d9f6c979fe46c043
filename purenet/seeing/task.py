"""What a network is for, in the words of the table that it was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..matrix import Matrix
from ..models import TableModel
from ..tables import Table
from ..tables.inputs import NumberInput
from ..tables.kinds import texts_at
from ..tables.target import NumberTarget
from ..tables.words import plain

_MOST_NAMES = 12  # of inputs or classes are told in a sentence


class Task:
    """A model of a table and rows for it whose answers are known."""

    def __init__(self, model: TableModel, rows: Any) -> None:
        self.network = model.prepared_network
        self._preparation = model.preparation
        self._table: Table = model.known_rows(rows)

    def inputs(self) -> Matrix:
        """Return what the network is given for each row."""
        return self._preparation.inputs(self._table)

    def targets(self) -> Matrix:
        """Return what the network should answer for each row."""
        return self._preparation.targets(self._table)

    def data(self, samples: Sequence[int], outputs: Matrix, after: Matrix) -> dict[str, Any]:
        """Return as a JSON object what the task is, and what these samples are in its words.

        outputs, after: what the network gives for each of them, before and after the training.
        """
        preparation, table = self._preparation, self._table
        target = preparation.target
        columns, number = [], 0
        for column in preparation.inputs_of_columns:
            unit = column.notation.unit if isinstance(column, NumberInput) else ""
            inputs = list(range(number, number + len(column.names)))
            columns.append({"name": column.column, "unit": unit, "inputs": inputs})
            number += len(inputs)
        texts = [texts_at(table.column(name), samples) for name in preparation.columns]
        known = texts_at(table.column(target.column), samples)
        return {
            "table": table.name,
            "columns": columns,
            "inputs": preparation.input_names,
            "target": target.column,
            "unit": target.notation.unit if isinstance(target, NumberTarget) else "",
            "classes": preparation.classes,
            "rows": [
                {
                    "place": table.place(sample),
                    "cells": [cells[row] for cells in texts],
                    "target": known[row],
                }
                for row, sample in enumerate(samples)
            ],
            "answers": [self._answer(row) for row in outputs],
            "answers_after": [self._answer(row) for row in after],
        }

    def _answer(self, outputs: Sequence[float]) -> dict[str, str | None] | None:
        """Return what a row of outputs says, and how probable it is; None if it says nothing."""
        try:
            answer = self._preparation.answer(outputs)
        except ValueError:  # not finite
            return None
        probability = self._preparation.probability(outputs)
        return {
            "answer": answer if isinstance(answer, str) else repr(answer),
            "probability": None if probability is None else repr(probability),
        }

    def input_words(self) -> str:
        """Return what the numbers of a row of inputs stand for."""
        return f"{_numbered(list(map(plain, self._preparation.input_names)), 'input')}."

    def target_words(self) -> str:
        """Return what the numbers of a row of targets stand for."""
        target, classes = self._preparation.target, self._preparation.classes
        if classes is None:
            assert isinstance(target, NumberTarget)
            unit = f" in {plain(target.notation.unit)}" if target.notation.unit else ""
            answer = f"Times {target.deviation!r}, plus {target.mean!r}, it is "
            return f"{answer}{plain(target.column)}{unit}."
        if len(classes) == 2:
            return f"1 stands for {plain(classes[1])}, 0 for {plain(classes[0])}."
        return f"{_numbered(list(map(plain, classes)), 'output')}."

    def add_words(self, matrices: Sequence[dict[str, Any]]) -> None:
        """Say in the sentences of the recorded inputs and targets what their numbers stand for."""
        for matrix in matrices:
            if matrix["role"] == "inputs" and "folded" not in matrix:
                matrix["sentence"] += f" {self.input_words()}"
            elif matrix["role"] == "targets":
                matrix["sentence"] += f" {self.target_words()}"


def _numbered(names: Sequence[str], what: str) -> str:
    """Return what the first of some numbers stand for."""
    told = [f"{number} {name}" for number, name in enumerate(names[:_MOST_NAMES])]
    told[0] = f"{what.capitalize()} 0 is {names[0]}"
    more = len(names) - len(told)
    return ", ".join(told) + (f", and so on to {len(names) - 1}, {names[-1]}" if more else "")
