"""What a recorded step is about, and what it has changed: the first and the last part of a text."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any, NamedTuple

from ...tables.words import plain, plain_list
from .worked import Worked

_MOST_SAMPLES = 10  # are listed
_MOST_MOVES = 5
_MOST_NAMES = 6
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
        return Block("Start", [_task_in_words(task)], _answers(worked))
    (row,), (answer,) = task["rows"], task["answers"]
    place = f"{plain(Path(task['table']).name)}, {row['place']}"
    sentences = [_task_in_words(task), f"The sample is number {samples[0]}: {place}."]
    sentences.append(
        f"The network answers {_answer_in_words(task, answer)}; the table says "
        f"{_with_unit(plain(row['target']), task['unit'])}."
    )
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
        answers = [task[key][0] for key in ("answers", "answers_after")]
        texts = [_answer_in_words(task, answer) for answer in answers]
        sentences.append(
            f"The network answered {texts[0]}; now it answers {texts[1]}. The table says "
            f"{_with_unit(plain(task['rows'][0]['target']), task['unit'])}."
        )
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


def _task_in_words(task: dict[str, Any]) -> str:
    """Return, say, "The task: 2 columns in: height, width. Out: kind, one of 2: ash, oak."."""
    names = [_with_unit(column["name"], column["unit"], "({})") for column in task["columns"]]
    given = f"{len(names)} column{'' if len(names) == 1 else 's'} in: "
    given += plain_list(names, _MOST_NAMES)
    target = plain(task["target"])
    if task["classes"] is None:
        return f"The task: {given}. Out: {target}, a number{_in_unit(task['unit'])}."
    classes = plain_list(task["classes"], _MOST_NAMES)
    return f"The task: {given}. Out: {target}, one of {len(task['classes'])}: {classes}."


def _with_unit(text: str, unit: str, form: str = "{}") -> str:
    """Return a text with a unit behind it, if there is one and it does not stand there already."""
    return text if not unit or unit in text else f"{text} {form.format(plain(unit))}"


def _in_unit(unit: str) -> str:
    return f" in {plain(unit)}" if unit else ""


def _answer_in_words(task: dict[str, Any], answer: dict[str, Any] | None) -> str:
    if answer is None:
        return "nothing, because its outputs are no finite numbers"
    if task["classes"] is None:
        return f"≈ {_with_unit(_rounded(answer['answer']), task['unit'])}"
    text = plain(answer["answer"])
    if answer["probability"] is None:
        return text
    return f"{text} (probability ≈ {_rounded(answer['probability'], 4)})"


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
            target = [
                _rounded(values[f"y[{row}][{column}]"]) for column in range(len(outputs[row]))
            ]
            found = [_rounded(text) for text in outputs[row]]
            table.append([str(sample), ", ".join(target), ", ".join(found)])
            continue
        answer = _answer_in_words(task, task["answers"][row]).replace("≈ ", "")
        table.append([str(sample), _cut(plain(task["rows"][row]["target"])), answer])
    if len(samples) > _MOST_SAMPLES:
        table.append(["...", "", f"and {len(samples) - _MOST_SAMPLES} more"])
    return table


def _number(values: dict[str, str], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    text = _rounded(value)
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
            f"≈ {_rounded(before)}",
            f"≈ {_rounded(after)}",
            f"≈ {_rounded(repr(float(after) - float(before)))}",
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


def _rounded(text: str, digits: int = 6) -> str:
    return f"{float(text):.{digits}g}"


def _cut(text: str, width: int = 24) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."
