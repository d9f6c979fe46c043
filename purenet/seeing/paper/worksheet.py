"""A worksheet: one training step as a page to print, with blanks to fill in, and its key.

Each kind of calculation occurs once, on one way through the network: a unit of the last hidden
layer forward, the loss, an output back, that hidden unit back, the update.  Numbers are printed in
four digits; the answers are those of the recording.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ... import elementary
from ..recording.document import Recording
from ..recording.formulas import fill, operands
from ..recording.tape import LEAVES
from .pages import asset, document
from .summaries import start_of
from .text import top_terms
from .worked import Worked

_DIGITS = 4
_MOST_TERMS = 8  # of a sum that is worked as a whole
_LAST_TERMS = 3  # of a longer one
_MOST_NUMBERS = 48  # of a matrix that is printed as a whole
_MOST_COLUMNS = 8
_FEW = 2  # numbers that are printed without a table

_TITLES = {
    "z": "Weighted sum",
    "a": "Activation",
    "squared_error": "Squared error",
    "cross_entropy": "Cross-entropy",
    "sample_loss": "Loss of the sample",
    "loss": "Loss",
    "output_gradient": "Slope of the loss by an output",
    "slope": "Slope of the activation function",
    "delta": "Delta",
    "weight_gradient": "Gradient of a weight",
    "bias_gradient": "Gradient of a bias",
    "activation_gradient": "Back through the weights",
    "new_weights": "Update of a weight",
    "new_biases": "Update of a bias",
}

_FUNCTIONS: dict[str, Callable[..., float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "neg": lambda a: -a,
    "copy": lambda a: a,
    "exp": elementary.exp,
    "log": elementary.log,
    "log1p": elementary.log1p,
    "tanh": elementary.tanh,
    "sqrt": math.sqrt,
}


def as_worksheet(recording: Recording) -> str:
    """Return a recording of one step with one sample as a page to print, and its key.

    Raises ValueError, naming the argument, for another recording.
    """
    check(recording)
    return Worksheet(recording).page()


def check(recording: Recording) -> None:
    """Raise ValueError, naming the argument, for a recording that no worksheet can be of.

    A worksheet is of one step with one sample of a network of dense layers.
    """
    meta = recording.data["meta"]
    if meta["steps"] != 1:
        raise ValueError(f"steps: found {meta['steps']}, expected 1: a worksheet has one step")
    if len(meta["samples"]) != 1:
        raise ValueError(
            f"sample: found {len(meta['samples'])} samples, expected one: a worksheet is "
            f"worked by hand"
        )
    for name in ("layer", "unit"):
        if meta[name] is not None:
            raise ValueError(
                f"{name}: found {meta[name]}, expected none: a worksheet goes through the "
                f"whole network"
            )
    if meta["open_functions"]:
        raise ValueError("open_functions: found True, expected False for a worksheet")
    for number, layer in enumerate(meta["network"]["layers"]):
        if "kind" in layer:
            raise ValueError(
                f"format: layer {number} is {layer['kind']}, and a worksheet is of Dense "
                f"layers alone; expected text, markdown, html or json"
            )
    if meta["stopped"]:
        raise ValueError(f"format: {meta['stopped']}; a worksheet needs finite numbers")


class Question(NamedTuple):
    """One calculation: which number, and how it is asked for."""

    number: int
    title: str
    formula: str
    head: tuple[int, int] | None  # of a long sum: how many terms are added already, and the result
    digits: int  # to which the answer can be given


class Worksheet(Worked):
    """Writes the page."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(recording, "number")
        self._by_name = {name: place for place, name in enumerate(self.numbers["name"])}
        self._final = {identity: place for (_, identity), place in self.number_of.items()}
        self.tasks = [self._task(number) for number in self._way()]
        self._asked = {self.numbers["id"][task.number] for task in self.tasks}
        # What can be looked up: what is given, and what is computed already and no answer.
        used = {each for task in self.tasks for each in operands(task.formula)}
        self._tables = self._tables_of(used)
        self._known: set[int] = {each for _, _, ids in self._tables for row in ids for each in row}

    # What is asked.

    def _way(self) -> list[int]:
        """Return the numbers that are asked for, in the order in which they were computed."""
        layers = self.meta["network"]["layers"]
        last = len(layers)
        hidden = max(last - 1, 1)
        k = self._steepest(last)
        j = self._steepest(hidden)
        row = j if last > 1 else 0  # of the weight whose gradient is asked for
        names = [f"z{hidden}[0][{j}]", f"a{hidden}[0][{j}]"]
        names += [f"squared_error[0][{k}]", f"cross_entropy[0][{k}]", "loss[0]", "L"]
        names += [f"dL/da{last}[0][{k}]", f"da{last}/dz{last}[0][{k}]", f"delta{last}[0][{k}]"]
        if last > 1:
            names += [f"dL/da{hidden}[0][{j}]", f"da{hidden}/dz{hidden}[0][{j}]"]
            names += [f"delta{hidden}[0][{j}]"]
        else:
            row = max(
                range(layers[0]["inputs"]), key=lambda i: abs(self._float(f"dL/dW1[{i}][{k}]"))
            )
        names += [f"dL/dW{last}[{row}][{k}]", f"dL/db{last}[{k}]"]
        names += [f"W{last}'[{row}][{k}]", f"b{last}'[{k}]"]
        found = [self._by_name[name] for name in names if name in self._by_name]
        found = [number for number in found if self._is_computed(number)]
        return sorted(found, key=lambda number: self.numbers["id"][number])

    def _steepest(self, layer: int) -> int:
        """Return the unit of a layer whose error is largest, so that something can be seen."""
        units = range(self.meta["network"]["layers"][layer - 1]["outputs"])
        return max(units, key=lambda unit: abs(self._float(f"delta{layer}[0][{unit}]")))

    def _float(self, name: str) -> float:
        place = self._by_name.get(name)
        return 0.0 if place is None else float(self.value(self.numbers["id"][place]))

    def _is_computed(self, number: int) -> bool:
        """Return whether a number is computed from others; the slope of linear is 1."""
        formula = self.numbers["formula"][number] or ""
        return any(self.operations["op"][each] not in LEAVES[1:] for each in operands(formula))

    def _task(self, number: int) -> Question:
        matrix = self.matrices[self.numbers["matrix"][number]]
        title = _TITLES[matrix["role"]]
        if matrix["role"] == "delta":
            is_last = matrix["layer"] == len(self.meta["network"]["layers"]) - 1
            title += " of the output layer" if is_last else " of the hidden layer"
        formula, head = self._shortened(number)
        return Question(number, title, formula, head, self._digits_of(number))

    def _shortened(self, number: int) -> tuple[str, tuple[int, int] | None]:
        """Return a number's formula; of a long sum its last terms, and what stands before them."""
        formula: str = self.numbers["formula"][number]
        terms = top_terms(formula)
        if len(terms) <= _MOST_TERMS:
            return formula, None
        identity = self.numbers["id"][number]
        for _ in range(_LAST_TERMS):
            if self.operations["op"][identity] != "+":
                return formula, None
            identity = self.operations["a"][identity]
        last = " ".join(terms[-_LAST_TERMS:])
        return f"#{identity} {last}", (len(terms) - _LAST_TERMS, identity)

    # What a person with a calculator gets.

    def _digits_of(self, number: int) -> int:
        """Return to how many digits the answer is the same if the numbers in it are rounded."""
        identity = self.numbers["id"][number]
        exact, found = float(self.value(identity)), self._replayed(identity, True)
        digits = _DIGITS
        while digits > 1 and rounded(exact, digits) != rounded(found, digits):
            digits -= 1
        return digits

    def _replayed(self, identity: int, is_top: bool) -> float:
        """Return the result of an operation with every number that has a name rounded."""
        op = self.operations["op"][identity]
        if not is_top and (identity in self._final or op in LEAVES):
            return float(rounded(float(self.value(identity))))
        sides = [self.operations[key][identity] for key in ("a", "b")]
        if op not in _FUNCTIONS:
            return float(self.value(identity))
        return _FUNCTIONS[op](*(self._replayed(side, False) for side in sides if side is not None))

    # What is printed.

    def _tables_of(self, used: set[int]) -> list[tuple[dict[str, Any], bool, list[list[int]]]]:
        """Return the matrices that can be looked up: each, whether it is whole, its ids."""
        found = []
        asked = {self.numbers["matrix"][task.number] for task in self.tasks}
        for place, matrix in enumerate(self.matrices):
            ids = [self.numbers["id"][number] for number in self.numbers_of[place]]
            needed = [identity for identity in ids if identity in used]
            if not needed or (matrix["given"] is None and place in asked):
                continue
            width = matrix["shape"][-1] if len(matrix["shape"]) == 2 else len(ids)
            small = len(ids) <= _MOST_NUMBERS and width <= _MOST_COLUMNS
            shown = matrix["role"] in ("inputs", "targets", "weights", "biases")
            if not matrix["shape"] or (small and (shown or len(needed) == len(ids))):
                rows = [ids[start : start + width] for start in range(0, len(ids), width)]
                found.append((matrix, True, rows))
            else:
                found.append((matrix, False, [needed]))
        return found

    def page(self) -> str:
        """Return the HTML document."""
        title = f"Worksheet: {self.title().removesuffix(', worked').lower()}"
        parts = {
            "title": html.escape(title),
            "style": asset("worksheet.css"),
            "given": "\n".join(self._given_parts()),
            "tasks": "\n".join(
                self._task_parts(place, task) for place, task in enumerate(self.tasks, 1)
            ),
            "key": "\n".join(
                self._key_parts(place, task) for place, task in enumerate(self.tasks, 1)
            ),
        }
        return document("worksheet.html", parts)

    def _given_parts(self) -> Iterator[str]:
        for sentence in [*start_of(self).sentences, *self.facts()[:2]]:
            yield f"<p>{html.escape(sentence)}</p>"
        yield '<div class="tables">'
        for matrix, whole, rows in self._tables:
            yield self._table_parts(matrix, whole, rows)
        yield "</div>"

    def _table_parts(self, matrix: dict[str, Any], whole: bool, rows: list[list[int]]) -> str:
        exact = all(self._is_exact(each) for row in rows for each in row)
        sign = "=" if exact else "≈"
        is_given = matrix["given"] is not None
        title = html.escape(matrix["title"]) if is_given else "computed already"
        name = html.escape(self.symbol(matrix["name"]))
        if not matrix["shape"]:
            note = "" if is_given else f" <small>{title}</small>"
            return f"<p><b>{name}</b> {sign} {self._short(rows[0][0])}{note}</p>"
        if not whole and len(rows[0]) <= _FEW:
            note = f" <small>{title}</small>"
            return "\n".join(
                f"<p><b>{html.escape(self.symbols[self._final[each]])}</b> "
                f"{'=' if self._is_exact(each) else '≈'} {self._short(each)}{note}</p>"
                for each in rows[0]
            )
        caption = f"<caption><b>{name}</b> {sign} <small>{title}</small></caption>"
        cells = ""
        if not whole:
            for each in rows[0]:
                label = html.escape(self.symbols[self._final[each]])
                cells += f"<tr><th>{label}<td>{self._short(each)}"
            return f"<table>{caption}{cells}</table>"
        heads = "".join(f"<th>[{column}]" for column in range(len(rows[0])))
        two = len(matrix["shape"]) == 2
        for number, row in enumerate(rows):
            first = f"<th>[{number}]" if two else ""
            cells += f"<tr>{first}{''.join(f'<td>{self._short(each)}' for each in row)}"
        return f"<table>{caption}<tr>{'<th>' if two else ''}{heads}{cells}</table>"

    def _short(self, identity: int) -> str:
        return rounded(float(self.value(identity)))

    def _is_exact(self, identity: int) -> bool:
        return float(self._short(identity)) == float(self.value(identity))

    def _task_parts(self, place: int, task: Question) -> str:
        """Return the question: names, then blanks in the same places, and the result."""
        name = html.escape(self.symbols[task.number])
        step = self.numbers["step"][task.number]

        def named(identity: int) -> str:
            if task.head is not None and identity == task.head[1]:
                return f"{{{self._short(identity)}}}"
            return self.name(identity, step)

        def blank(identity: int) -> str:
            return "□" if self._is_blank(identity) else self._short(identity)

        head = ""
        if task.head is not None:
            head = (
                f"<p>The first {task.head[0]} terms of this sum add up to "
                f"{self._short(task.head[1])}; add the last {_LAST_TERMS}.</p>"
            )
        names = _written(fill(task.formula, named)).replace("{", "").replace("}", "")
        blanks = _written(fill(task.formula, blank)).replace("□", '<i class="blank"></i>')
        digits = "1 digit" if task.digits == 1 else f"{task.digits} digits"
        sentence = html.escape(self.sentence(task.number))
        return (
            f"<section><h3><b>{place}</b> {task.title}</h3><p>{sentence}</p>{head}"
            f'<p class="line"><b>{name}</b> = {names}</p><p class="line">= {blanks}</p>'
            f'<p class="line">≈ <i class="blank result"></i> <small>({digits})</small></p>'
            "</section>"
        )

    def _is_blank(self, identity: int) -> bool:
        """Return whether a number can be looked up or is an answer, so that it is not printed."""
        return identity in self._known or identity in self._asked

    def _key_parts(self, place: int, task: Question) -> str:
        name = html.escape(self.symbols[task.number])
        numbers = _written(fill(task.formula, self._short))
        answer = rounded(float(self.value(self.numbers["id"][task.number])), task.digits)
        return f"<tr><th>{place}<td>{name}<td>{numbers}<td><b>{answer}</b>"


def rounded(value: float, digits: int = _DIGITS) -> str:
    """Return a number in so many significant digits.

    >>> rounded(0.000123456), rounded(-12.0), rounded(1234567.0)
    ('0.0001235', '-12', '1.235e+06')
    """
    return f"{value:.{digits}g}"


def _written(formula: str) -> str:
    """Return a formula for paper, as HTML; a name stays on one line."""
    text = html.escape(formula.replace(" * ", " · "), quote=False)
    return re.sub(r"[^ ()·+-]+\[[^ ]*\]", r"<span>\g<0></span>", text)
