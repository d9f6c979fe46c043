"""A recording as text of 80 columns: each number with its formula, its numbers and its source."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from .formulas import fill
from .notation import OPERATIONS, in_ascii, indexed, symbol
from .recording import Recording
from .tape import LEAVES

WIDTH = 80

_DIGITS = 6  # of a rounded number
_OPERATORS = ("+", "-", "*", "/")


def as_text(recording: Recording, grain: str = "number", *, ascii: bool = False) -> str:
    """Return a recording as text of at most 80 columns."""
    return "\n".join(WorkedText(recording, grain, ascii).lines()) + "\n"


class Worked:
    """A recording, read: what each number is called, how it was computed, and where."""

    def __init__(self, recording: Recording, grain: str, ascii: bool = False) -> None:
        data = recording.data
        self.ascii = ascii
        self.data = data
        self.grain = grain
        self.meta: dict[str, Any] = data["meta"]
        self.matrices: list[dict[str, Any]] = data["matrices"]
        self.numbers: dict[str, list[Any]] = data["numbers"]
        self.operations: dict[str, Any] = data["operations"]
        names, steps, ids = (self.numbers[key] for key in ("name", "step", "id"))
        self.number_of = {
            (step, identity): place
            for place, (step, identity) in enumerate(zip(steps, ids, strict=True))
        }
        self.symbols = [self.symbol(name) for name in names]
        self.numbers_of: dict[int, list[int]] = {}
        for place, matrix in enumerate(self.numbers["matrix"]):
            self.numbers_of.setdefault(matrix, []).append(place)
        self.operations_of: dict[int, list[int]] = {}
        for identity, owner in enumerate(self.operations["number"]):
            if owner is not None and self.operations["op"][identity] not in LEAVES:
                self.operations_of.setdefault(owner, []).append(identity)

    def symbol(self, name: str) -> str:
        return name if self.ascii else symbol(name)

    def words(self, text: str) -> str:
        return in_ascii(text) if self.ascii else text

    def value(self, identity: int) -> str:
        text: str = self.operations["value"][identity]
        return text

    def name(self, identity: int, step: int) -> str:
        """Return what an operand is called in a formula in names."""
        found = self.number_of.get((step, identity))
        if found is not None:
            return self.symbols[found]
        constant: str | None = self.operations["name"].get(str(identity))
        return constant or self.value(identity)

    def formulas(self, number: int) -> list[str]:
        """Return a number's formula in names, in numbers, and its value; repetitions left out."""
        formula = self.numbers["formula"][number]
        value = self.value(self.numbers["id"][number])
        if formula is None:
            return [value]
        step = self.numbers["step"][number]
        found = [
            fill(formula, lambda identity: self.name(identity, step)),
            fill(formula, self.value),
            value,
        ]
        return [text for place, text in enumerate(found) if place == 0 or text != found[place - 1]]

    def sources(self, number: int) -> str:
        """Return the functions and lines that computed a number."""
        lines: dict[tuple[str, str], list[int]] = {}
        for identity in self.operations_of.get(number, ()):
            place = self.data["places"][self.operations["place"][identity]]
            source = self.data["sources"][place[0]]
            file = source["file"].rsplit("/", 1)[-1]
            found = lines.setdefault((source["function"], file), [])
            if place[1] not in found:
                found.append(place[1])
        parts = []
        for (function, file), numbers in lines.items():
            word = "line" if len(numbers) == 1 else "lines"
            parts.append(f"{function}, {file} {word} {', '.join(map(str, sorted(numbers)))}")
        return "; ".join(parts)

    def sentence(self, number: int) -> str:
        text: str = self.data["sentences"][self.numbers["sentence"][number]]
        return self.filled(text, number)

    def filled(self, text: str, number: int, a: str = "", b: str = "") -> str:
        row, column = self.numbers["row"][number], self.numbers["column"][number]
        values = {"name": self.symbols[number], "row": row, "column": column, "a": a, "b": b}
        for key, value in values.items():
            text = text.replace(f"{{{key}}}", str(value))
        return text

    def steps_of(self, number: int) -> Iterator[tuple[str, list[str], str, str]]:
        """Yield a number's operations: its label, its formulas, its source, a sentence.

        Operations that have no name of their own are called (1), (2) ... within the number.
        """
        step = self.numbers["step"][number]
        final = self.numbers["id"][number]
        labels: dict[int, str] = {}
        for identity in self.operations_of.get(number, ()):
            label = self.symbols[number] if identity == final else f"({len(labels) + 1})"
            labels[identity] = label
            operands = [self.operations[key][identity] for key in ("a", "b")]
            operands = [operand for operand in operands if operand is not None]
            names = [
                labels[operand] if operand in labels else self.name(operand, step)
                for operand in operands
            ]
            values = [self.value(operand) for operand in operands]
            op = self.operations["op"][identity]
            found = [_operation(op, names), _operation(op, values), self.value(identity)]
            source = self._place(self.operations["place"][identity])
            sentence = self.data["sentences"][self.operations["sentence"][identity]]
            if sentence == OPERATIONS.get(("", op)):
                sentence = ""
            sentence = self.filled(sentence, number, *names)
            unlike = [text for place, text in enumerate(found) if text not in found[:place]]
            yield label, unlike, source, sentence

    def _place(self, place: int) -> str:
        source, line, *_ = self.data["places"][place]
        function = self.data["sources"][source]
        file = function["file"].rsplit("/", 1)[-1]
        return f"{function['function']}, {file} line {line}"

    def phases(self) -> Iterator[tuple[int, dict[str, Any] | None]]:
        """Yield each step's phases; first, without one, the place for what is given."""
        for step in range(self.meta["steps"]):
            yield step, None
            for phase in self.data["phases"]:
                if phase["step"] == step:
                    yield step, phase

    def given(self, step: int) -> Iterator[int]:
        """Yield the matrices that a step is given."""
        for place, matrix in enumerate(self.matrices):
            if matrix["step"] != step or matrix["given"] in (None, "carried"):
                continue
            if step == 0 or matrix["given"] not in ("data", "setting"):
                yield place

    def rows_of(self, place: int) -> list[tuple[str, list[int]]]:
        """Return a matrix as named rows of numbers, a single column as one row."""
        matrix = self.matrices[place]
        numbers = self.numbers_of[place]
        name = self.symbol(matrix["name"])
        if not matrix["shape"]:
            return [(name, numbers)]
        if matrix["columns"] is None:
            whole = len(matrix["rows"]) == matrix["shape"][0]
            if whole:
                return [(name, numbers)]
            return [(self.symbols[number], [number]) for number in numbers]
        width = len(matrix["columns"])
        if width < matrix["shape"][1]:
            return [
                (f"{name}[:][{column}]", numbers[start::width])
                for start, column in enumerate(matrix["columns"])
            ]
        return [
            (indexed(name, row), numbers[start * width : (start + 1) * width])
            for start, row in enumerate(matrix["rows"])
        ]

    def title(self) -> str:
        sizes = "-".join(
            str(size)
            for size in (
                self.meta["network"]["layers"][0]["inputs"],
                *(layer["outputs"] for layer in self.meta["network"]["layers"]),
            )
        )
        steps = self.meta["steps"]
        what = "one training step" if steps == 1 else f"{steps} training steps"
        return f"{what.capitalize()} of a {sizes} network, worked"

    def facts(self) -> list[str]:
        """Return what was recorded, in sentences."""
        meta = self.meta
        network = meta["network"]
        found = []
        layers = [
            f"layer {number} has {_counted(layer['inputs'], 'input')} and "
            f"{_counted(layer['outputs'], 'unit')}, "
            f"{layer['activation']}{'' if layer['bias'] else ', without biases'}"
            for number, layer in enumerate(network["layers"], 1)
        ]
        found.append(f"The network: {'; '.join(layers)}.")
        samples = meta["samples"]
        every = samples == list(range(meta["sample_count"]))
        which = "all there are" if every else f"number {_listed(samples)} of {meta['sample_count']}"
        found.append(
            f"The step: {_counted(len(samples), 'sample')} ({which}), {network['loss']}, "
            f"learning rate {meta['learning_rate']}."
        )
        if not every:
            found.append(
                "Rows count from 0 within the step: "
                + ", ".join(f"row {row} is sample {sample}" for row, sample in enumerate(samples))
                + "."
            )
        if meta["layer"] is not None:
            part = f"layer {meta['layer'] + 1}, layers[{meta['layer']}] in Python"
            if meta["unit"] is not None:
                part = f"unit {meta['unit']} of {part}"
            found.append(f"Only {part}, is shown; the rest was computed without a record.")
        counts = meta["counts"]
        found.append(
            f"It took {_counted(counts['operations'], 'operation')}, which make "
            f"{_counted(counts['numbers'], 'number')} in "
            f"{_counted(counts['matrices'], 'matrix', 'matrices')}. "
            f"purenet {meta['purenet']}, Python {meta['python']}."
        )
        for step, loss in enumerate(meta["losses"]):
            when = "before the step" if meta["steps"] == 1 else f"before step {step}"
            found.append(f"The loss {when} is {loss}.")
        if meta["stopped"]:
            found.append(f"It ends here: {meta['stopped']}.")
        return found

    def legend(self) -> str:
        return (
            "What stands behind = is exact: Python gives the printed result, after "
            "`from math import frexp, inf, ldexp, nan` and "
            "`from purenet import exp, log, log1p, tanh`. "
            "Behind ≈ numbers are rounded. "
            "The 0.0 at which a sum starts is left out where it changes nothing. "
            "Names count layers from 1 (W1, z1, a1, δ1), everything else counts from 0."
        )

    def table(self, numbers: Sequence[int]) -> tuple[list[str], bool]:
        """Return rounded texts of numbers, and whether any of them was rounded."""
        texts = []
        rounded = False
        for number in numbers:
            value = self.value(self.numbers["id"][number])
            short = f"{float(value):.{_DIGITS}g}"
            rounded = rounded or (float(short) != float(value) and value != "nan")
            texts.append(short)
        return texts, rounded


def _operation(op: str, operands: Sequence[str]) -> str:
    """Return an operation as it is written, negative operands in parentheses."""
    inside = [f"({text})" if text.startswith("-") else text for text in operands]
    if op == "copy":
        return operands[0]
    if op == "neg":
        return f"-{inside[0]}"
    if op in _OPERATORS:
        return f"{inside[0]} {op} {inside[1]}"
    if op in ("frexp_mantissa", "frexp_exponent"):
        return f"frexp({operands[0]})[{0 if op == 'frexp_mantissa' else 1}]"
    return f"{op}({', '.join(operands)})"


def _counted(number: int, noun: str, nouns: str | None = None) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {nouns or noun + 's'}"


def _listed(numbers: Sequence[int]) -> str:
    shown = [str(number) for number in numbers[:10]]
    if len(numbers) > 10:
        shown.append("...")
    return ", ".join(shown)


class WorkedText(Worked):
    """Writes lines of at most 80 columns."""

    def lines(self) -> Iterator[str]:
        title = self.title()
        yield title
        yield "=" * len(title)
        for fact in self.facts():
            yield from self._paragraph(fact)
        yield ""
        yield from self._paragraph(self.legend())
        for step, phase in self.phases():
            if phase is None:
                if self.meta["steps"] > 1:
                    yield from ("", f"Step {step}", "=" * len(f"Step {step}"))
                yield from self._given_lines(step)
                continue
            yield from self._heading(phase["title"], phase["sentence"])
            for place in phase["matrices"]:
                yield from self._matrix_lines(place)

    def _heading(self, title: str, sentence: str) -> Iterator[str]:
        yield ""
        yield title[0].upper() + title[1:]
        yield "-" * len(title)
        yield from self._paragraph(sentence)

    def _given_lines(self, step: int) -> Iterator[str]:
        given = list(self.given(step))
        if not given:
            return
        yield from self._heading("Given", "What the step starts from.")
        for place in given:
            matrix = self.matrices[place]
            yield ""
            yield from self._paragraph(
                f"{matrix['title']}{self._size(matrix)}. {matrix['sentence']}"
            )
            if self.grain == "matrix":
                yield from self._table_lines(place)
                continue
            for name, numbers in self.rows_of(place):
                values = [self.value(self.numbers["id"][number]) for number in numbers]
                text = ", ".join(values)
                if matrix["shape"] and name not in self.symbols:
                    text = f"[{text}]"
                yield from fold(name, text)

    def _matrix_lines(self, place: int) -> Iterator[str]:
        matrix = self.matrices[place]
        name = self.symbol(matrix["name"])
        yield ""
        heading = name if matrix["formula"] is None else f"{name}: {matrix['formula']}"
        yield from self._paragraph(f"{heading}  ({matrix['title']}{self._size(matrix)})")
        yield from self._paragraph(matrix["sentence"])
        numbers = self.numbers_of[place]
        if self.grain == "matrix":
            yield from self._paragraph(f"Computed in {self._all_sources(numbers)}.")
            yield from self._table_lines(place)
            return
        for number in numbers:
            yield ""
            if self.grain == "number":
                yield from fold(self.symbols[number], *self.formulas(number))
                yield from self._source_lines(self.symbols[number], self.sources(number))
            else:
                yield from self._paragraph(f"{self.symbols[number]}: {self.sentence(number)}")
                for label, formulas, source, sentence in self.steps_of(number):
                    yield from fold(label, *formulas)
                    words = f"{source}: {sentence}" if sentence else source
                    yield from self._source_lines(label, words)

    def _paragraph(self, text: str, indent: str = "") -> list[str]:
        """Fold a text into lines that fit."""
        return textwrap.wrap(
            self.words(text),
            WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _source_lines(self, name: str, text: str) -> list[str]:
        return self._paragraph(text, " " * _indent(name) + "  ")

    def _all_sources(self, numbers: Sequence[int]) -> str:
        parts: list[str] = []
        for number in numbers:
            for part in self.sources(number).split("; "):
                if part not in parts:
                    parts.append(part)
        return "; ".join(parts)

    @staticmethod
    def _size(matrix: dict[str, Any]) -> str:
        if not matrix["shape"]:
            return ""
        size = " by ".join(
            f"{length} {axis}{'' if length == 1 else 's'}"
            for length, axis in zip(matrix["shape"], matrix["axes"], strict=True)
        )
        return f", {size}"

    def _table_lines(self, place: int) -> Iterator[str]:
        matrix = self.matrices[place]
        texts, rounded = self.table(self.numbers_of[place])
        name = self.symbol(matrix["name"])
        sign = self.words("≈") if rounded else "="
        if not matrix["shape"]:
            yield f"{name} {sign} {texts[0]}"
            return
        columns = matrix["columns"] or [None]
        rows = [indexed("", row) for row in matrix["rows"]]
        wide = max(map(len, [*texts, *(f"[{column}]" for column in columns)]))
        left = max(map(len, rows)) + 4
        each = max(1, (WIDTH - left) // (wide + 2))
        yield f"{name} {sign}"
        for start in range(0, len(columns), each):
            chosen = range(start, min(start + each, len(columns)))
            if matrix["columns"] is not None:
                head = "".join(f"{f'[{columns[j]}]':>{wide + 2}}" for j in chosen)
                yield f"{'':{left}}{head}"
            for i, row in enumerate(rows):
                cells = "".join(f"{texts[i * len(columns) + j]:>{wide + 2}}" for j in chosen)
                yield f"    {row:{left - 4}}{cells}"


def _indent(name: str) -> int:
    return len(name) + 1 if len(name) <= WIDTH // 3 else 4


def fold(name: str, *formulas: str) -> list[str]:
    """Write ``name = formula = formula ...`` in lines that fit, an operator at the head of each.

    The lines of a formula, put together, are the formula.

    >>> print("\\n".join(fold("z", " + ".join(["x[0][0] * W1[0][0]"] * 5), "0.5")))
    z = x[0][0] * W1[0][0] + x[0][0] * W1[0][0] + x[0][0] * W1[0][0]
      + x[0][0] * W1[0][0] + x[0][0] * W1[0][0]
      = 0.5
    """
    indent = _indent(name)
    room = WIDTH - indent
    lines: list[str] = []
    for formula in formulas:
        current = "="
        for term in _terms(formula):
            # A term goes on a line as a whole if any line holds it, otherwise in pieces.
            pieces = [" ".join(term)] if len(" ".join(term)) + 2 <= room else term
            for piece in pieces:
                if len(current) + 1 + len(piece) <= room or current == "=":
                    current = f"{current} {piece}"
                else:
                    lines.append(current)
                    current = piece
        lines.append(current)
    head = f"{name} " if indent == len(name) + 1 else f"{name}\n{'':{indent}}"
    rest = [f"{'':{indent}}{line}" for line in lines[1:]]
    return [*f"{head}{lines[0]}".split("\n"), *rest]


def _terms(formula: str) -> list[list[str]]:
    """Return a formula's terms, each as pieces that begin with their operator."""
    terms: list[list[str]] = [[]]
    depth = 0
    operator = ""
    for word in formula.split(" "):
        if word in _OPERATORS:
            operator = word
            continue
        if operator in ("+", "-") and depth == 0:
            terms.append([])
        terms[-1].append(f"{operator} {word}" if operator else word)
        operator = ""
        depth += word.count("(") + word.count("[") - word.count(")") - word.count("]")
    return terms
