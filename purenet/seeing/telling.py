"""What a network is for and what it answers, in sentences: the same on paper and at the prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..tables.words import plain, plain_list

_MOST_NAMES = 6


def task_in_words(task: dict[str, Any]) -> str:
    """Return, say, "The task: 2 columns in: height, width. Out: kind, one of 2: ash, oak."."""
    names = [with_unit(column["name"], column["unit"], "({})") for column in task["columns"]]
    given = f"{len(names)} column{'' if len(names) == 1 else 's'} in: "
    given += plain_list(names, _MOST_NAMES)
    target = plain(task["target"])
    if task["classes"] is None:
        return f"The task: {given}. Out: {target}, a number{_in_unit(task['unit'])}."
    classes = plain_list(task["classes"], _MOST_NAMES)
    return f"The task: {given}. Out: {target}, one of {len(task['classes'])}: {classes}."


def before_in_words(task: dict[str, Any], number: int) -> list[str]:
    """Return what the only sample of a task is, and what the network answers before the step."""
    (row,), (answer,) = task["rows"], task["answers"]
    return [
        f"The sample is number {number}: {plain(Path(task['table']).name)}, {row['place']}.",
        f"The network answers {answer_in_words(task, answer)}; the table says "
        f"{with_unit(plain(row['target']), task['unit'])}.",
    ]


def after_in_words(task: dict[str, Any]) -> str:
    """Return what the network answered for the only sample of a task, and answers now."""
    texts = [answer_in_words(task, task[key][0]) for key in ("answers", "answers_after")]
    return (
        f"The network answered {texts[0]}; now it answers {texts[1]}. The table says "
        f"{with_unit(plain(task['rows'][0]['target']), task['unit'])}."
    )


def with_unit(text: str, unit: str, form: str = "{}") -> str:
    """Return a text with a unit behind it, if there is one and it does not stand there already."""
    return text if not unit or unit in text else f"{text} {form.format(plain(unit))}"


def _in_unit(unit: str) -> str:
    return f" in {plain(unit)}" if unit else ""


def answer_in_words(task: dict[str, Any], answer: dict[str, Any] | None) -> str:
    """Return an answer with its unit, or with how probable it is."""
    if answer is None:
        return "nothing, because its outputs are no finite numbers"
    if task["classes"] is None:
        return f"≈ {with_unit(rounded(answer['answer']), task['unit'])}"
    text = plain(answer["answer"])
    if answer["probability"] is None:
        return text
    return f"{text} (probability ≈ {rounded(answer['probability'], 4)})"


def rounded(text: str, digits: int = 6) -> str:
    """Return a number's text with at most so many digits."""
    return f"{float(text):.{digits}g}"
