"""A recording as text of 80 columns: each number with its formula, its numbers and its source."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from ..notation import indexed
from ..recording.document import Recording
from .summaries import Block, end_of, start_of
from .worked import OPERATORS, Plate, Worked

WIDTH = 80


def as_text(recording: Recording, grain: str | None = None, *, ascii: bool = False) -> str:
    """Return a recording as text of at most 80 columns."""
    return "\n".join(WorkedText(recording, grain, ascii).lines()) + "\n"


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
        yield from self._block(start_of(self))
        for step, phase in self.phases():
            if phase is None:
                if self.meta["steps"] > 1:
                    yield from ("", f"Step {step}", "=" * len(f"Step {step}"))
                yield from self._given_lines(step)
                continue
            yield from self._heading(phase["title"], phase["sentence"])
            for place in phase["matrices"]:
                yield from self._matrix_lines(place)
        yield from self._block(end_of(self))

    def _block(self, block: Block) -> Iterator[str]:
        """Yield the first or the last part: what the step is about, what it has changed."""
        yield from ("", block.title, "-" * len(block.title))
        for sentence in block.sentences:
            yield from self._paragraph(sentence)
        table = [[self.words(cell) for cell in row] for row in block.table]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        for row in table:
            cells = (f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
            yield f"    {'  '.join(cells)}".rstrip()

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
                f"{matrix['title']}{self.size(matrix)}. {matrix['sentence']}"
            )
            if self.has_table(place):
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
        yield from self._paragraph(f"{heading}  ({matrix['title']}{self.size(matrix)})")
        yield from self._paragraph(matrix["sentence"])
        numbers = self.numbers_of[place]
        if self.has_table(place):
            yield from self._paragraph(f"Computed in {self._all_sources(numbers)}.")
            yield from self._table_lines(place)
        for number in self.worked_numbers(place):
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

    def _table_lines(self, place: int) -> Iterator[str]:
        matrix = self.matrices[place]
        if not matrix["shape"]:
            texts, rounded = self.table(self.numbers_of[place])
            sign = self.words("≈") if rounded else "="
            yield f"{self.symbol(matrix['name'])} {sign} {texts[0]}"
            return
        for plate in self.plates(place):
            yield from self._plate_lines(plate)

    def _plate_lines(self, plate: Plate) -> Iterator[str]:
        texts, rounded = self.table(plate.numbers)
        columns = plate.columns
        sign = self.words("≈") if rounded else "="
        rows = [indexed("", row) for row in plate.rows]
        wide = max(map(len, [*texts, *(f"[{column}]" for column in columns)]))
        left = max(map(len, rows)) + 4
        each = max(1, (WIDTH - left) // (wide + 2))
        yield f"{plate.name} {sign}"
        for start in range(0, len(columns), each):
            chosen = range(start, min(start + each, len(columns)))
            if columns[0] is not None:
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


def top_terms(formula: str) -> list[str]:
    """Return the terms of a sum, each but the first with its sign.

    >>> top_terms("2.0 * (1.0 + x) - y")
    ['2.0 * (1.0 + x)', '- y']
    """
    return [" ".join(pieces) for pieces in _terms(formula)]


def _terms(formula: str) -> list[list[str]]:
    """Return a formula's terms, each as pieces that begin with their operator."""
    terms: list[list[str]] = [[]]
    depth = 0
    operator = ""
    for word in formula.split(" "):
        if word in OPERATORS:
            operator = word
            continue
        if operator in ("+", "-") and depth == 0:
            terms.append([])
        terms[-1].append(f"{operator} {word}" if operator else word)
        operator = ""
        depth += word.count("(") + word.count("[") - word.count(")") - word.count("]")
    return terms
