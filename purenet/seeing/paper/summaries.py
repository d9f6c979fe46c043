"""What a recorded step is about, and what it has changed: the first and the last part of a text."""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

from ...tables.words import plain
from ..telling import after_in_words, answer_in_words, before_in_words, rounded, task_in_words
from .worked import Worked

_MOST_SAMPLES = 10  # are listed
_MOST_MOVES = 5
_MOST_OUTPUTS = 3


class Block(NamedTuple):
    """A part of a text: sentences, then a table, its heads first."""

    title: str
    sentences: list[str]
    table: list[list[str]]


def start_of(worked: Worked) -> Block:
    """Return what the network is for, the samples, and what it answers before the first step."""
    task, samples = worked.meta.get("task"), worked.meta["samples"]
    if task is None:
        return Block("Start", [_plain_task(worked.meta)], _answers(worked))
    if len(samples) > 1:
        return Block("Start", [task_in_words(task)], _answers(worked))
    (row,) = task["rows"]
    sentences = [task_in_words(task), *before_in_words(task, samples[0])]
    values = worked.values_of(0)
    table = [["column", "cell", "what the network is given"]]
    for column, cell in zip(task["columns"], row["cells"], strict=True):
        given = [_number(values, f"x[0][{place}]") for place in column["inputs"][:_MOST_OUTPUTS]]
        given = [text for text in given if text]
        if len(column["inputs"]) > len(given) > 0:
            given.append("...")
        table.append([_cut(plain(column["name"])), _cut(plain(cell)), ", ".join(given)])
    return Block("Start", sentences, table if len(table) <= 4 * _MOST_SAMPLES else [])


def end_of(worked: Worked) -> Block:
    """Return what has become of the loss, of the answers and of the parameters."""
    meta = worked.meta
    before, after = meta["losses"][0], meta.get("losses_after", meta["losses"])[-1]
    these = "this sample" if len(meta["samples"]) == 1 else "these samples"
    change = float(after) - float(before)
    sentences = [f"The loss of {these} was {before} and is {after}{_share(change, before)}."]
    task = meta.get("task")
    if task is not None and len(meta["samples"]) == 1:
        sentences.append(after_in_words(task))
    moves = _moves(worked)
    if not moves:
        return Block("End", sentences, [])
    largest = "This parameter has" if len(moves) == 1 else "These parameters have"
    sentences.append(f"{largest} moved furthest:")
    table = [["", "before", "after", "moved by", ""], *moves]
    if not any(row[-1] for row in table):
        table = [row[:-1] for row in table]
    return Block("End", sentences, table)


def _plain_task(meta: dict[str, Any]) -> str:
    layers = meta["network"]["layers"]
    inputs, outputs = layers[0]["inputs"], layers[-1]["outputs"]
    given = f"{inputs} number{'' if inputs == 1 else 's'} in"
    if meta["network"]["loss"] == "categorical_cross_entropy":
        return f"The task: {given}, one of {outputs} classes out."
    return f"The task: {given}, {outputs} out."


def _answers(worked: Worked) -> list[list[str]]:
    """Return a table of samples, what they should be answered with and what they are."""
    meta = worked.meta
    task, samples = meta.get("task"), meta["samples"]
    outputs, values = meta.get("outputs"), worked.values_of(0)
    if outputs is None or (task is None and (len(outputs[0]) > 3 or "y[0][0]" not in values)):
        return []
    table = [["sample", "target", "answer ≈"]]
    for row, sample in list(enumerate(samples))[:_MOST_SAMPLES]:
        if task is None:
            target = [rounded(values[f"y[{row}][{column}]"]) for column in range(len(outputs[row]))]
            found = [rounded(text) for text in outputs[row]]
            table.append([str(sample), ", ".join(target), ", ".join(found)])
            continue
        answer = answer_in_words(task, task["answers"][row]).replace("≈ ", "")
        table.append([str(sample), _cut(plain(task["rows"][row]["target"])), answer])
    if len(samples) > _MOST_SAMPLES:
        table.append(["...", "", f"and {len(samples) - _MOST_SAMPLES} more"])
    return table


def _number(values: dict[str, str], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    text = rounded(value)
    return f"{name} {'=' if float(text) == float(value) else '≈'} {text}"


def _moves(worked: Worked) -> list[list[str]]:
    """Return the parameters that have moved furthest: name, before, after, by how much, where."""
    first, last = worked.values_of(0), worked.values_of(worked.meta["steps"] - 1)
    parameters = [m["name"] for m in worked.matrices if m["given"] == "parameter"]
    found = []
    for name, before in first.items():
        matrix, bracket, place = name.partition("[")
        after = last.get(f"{matrix}'{bracket}{place}")
        if matrix in parameters and after is not None:
            found.append((abs(float(after) - float(before)), name, before, after))
    found = [each for each in found if each[0] > 0.0 and math.isfinite(each[0])]
    found.sort(key=lambda each: -each[0])
    return [
        [
            worked.symbol(name),
            f"≈ {rounded(before)}",
            f"≈ {rounded(after)}",
            f"≈ {rounded(repr(float(after) - float(before)))}",
            _leads(worked.meta, name),
        ]
        for _, name, before, after in found[:_MOST_MOVES]
    ]


def _leads(meta: dict[str, Any], name: str) -> str:
    """Return from which column a weight of the first layer leads, or to which class one leads."""
    task, layers = meta.get("task"), meta["network"]["layers"]
    found = re.fullmatch(r"([Wb])(\d+)\[(\d+)\](?:\[(\d+)\])?", name)
    if task is None or found is None:
        return ""
    parameter, layer, row, column = (
        found[1],
        int(found[2]),
        int(found[3]),
        int(found[4] or found[3]),
    )
    parts = []
    if parameter == "W" and layer == 1 and "kind" not in layers[0]:
        parts.append(f"from {_cut(plain(task['inputs'][row]))}")
    classes = task["classes"]
    if layer == len(layers) and classes is not None and len(classes) > 2:
        parts.append(f"to {_cut(plain(classes[column]))}")
    return _cut(" ".join(parts), 30)


def _share(change: float, before: str) -> str:
    """Return by what part a loss has changed: ", 4.2% less"."""
    if not math.isfinite(change) or float(before) == 0.0:
        return ""
    share = abs(change / float(before))
    word = "less" if change < 0 else "more"
    return f", ≈ {100 * share:.2g}% {word}" if share >= 1e-6 else ""


def _cut(text: str, width: int = 24) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."
