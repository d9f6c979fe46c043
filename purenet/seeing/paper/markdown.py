"""A recording as Markdown in the form that GitHub renders.

GitHub takes the signs of Markdown in ``$...$`` for its own, so mathematics stands in blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..notation import symbol
from ..recording.document import Recording
from .summaries import Block, end_of, start_of
from .text import WorkedText, fold


def as_markdown(recording: Recording, grain: str | None = None) -> str:
    """Return a recording as Markdown in the form that GitHub renders."""
    return "\n".join(WorkedMarkdown(recording, grain).lines()) + "\n"


class WorkedMarkdown(WorkedText):
    """Writes what GitHub renders: headings, tables, blocks of mathematics and of text."""

    def lines(self) -> Iterator[str]:
        yield f"# {self.title()}"
        yield ""
        for fact in self.facts():
            yield f"- {_escaped(fact)}"
        yield ""
        yield _escaped(self.legend())
        yield from self._block(start_of(self))
        for step, phase in self.phases():
            if phase is None:
                if self.meta["steps"] > 1:
                    yield from ("", f"# Step {step}")
                yield from self._given_lines(step)
                continue
            yield from self._heading(phase["title"], phase["sentence"])
            for place in phase["matrices"]:
                yield from self._matrix_lines(place)
        yield from self._block(end_of(self))

    def _block(self, block: Block) -> Iterator[str]:
        yield from ("", f"## {block.title}")
        for sentence in block.sentences:
            yield from ("", _escaped(sentence))
        for number, row in enumerate(block.table):
            if number == 0:
                yield ""
            yield f"| {' | '.join(map(_escaped, row))} |"
            if number == 0:
                yield f"|{' --- |' * len(row)}"

    def _heading(self, title: str, sentence: str) -> Iterator[str]:
        yield from ("", f"## {title[0].upper()}{title[1:]}", "", _escaped(sentence))

    def _given_lines(self, step: int) -> Iterator[str]:
        given = list(self.given(step))
        if not given:
            return
        yield from self._heading("Given", "What the step starts from.")
        for place in given:
            matrix = self.matrices[place]
            yield from ("", f"### {_escaped(self.symbol(matrix['name']))}", "")
            yield _escaped(f"{matrix['title']}{self.size(matrix)}. {matrix['sentence']}")
            yield from self._table_lines(place)

    def _matrix_lines(self, place: int) -> Iterator[str]:
        matrix = self.matrices[place]
        numbers = self.numbers_of[place]
        yield from ("", f"### {_escaped(self.symbol(matrix['name']))}", "")
        yield _escaped(f"{matrix['title']}{self.size(matrix)}. {matrix['sentence']}")
        if matrix["formula"] is not None:
            name, formula = latex(symbol(matrix["name"])), latex(matrix["formula"])
            yield from ("", "```math", f"{name} = {formula}", "```")
        yield from ("", f"Computed in {_escaped(self._all_sources(numbers))}.")
        yield from self._table_lines(place)
        worked = self.worked_numbers(place)
        if not worked:
            return
        yield from ("", "```text")
        for number in worked:
            if self.grain == "number":
                yield from fold(self.symbols[number], *self.formulas(number))
                yield from self._source_lines(self.symbols[number], self.sources(number))
            else:
                for label, formulas, source, _ in self.steps_of(number):
                    yield from fold(label, *formulas)
                    yield from self._source_lines(label, source)
        yield "```"

    def _table_lines(self, place: int) -> Iterator[str]:
        matrix = self.matrices[place]
        if not matrix["shape"]:
            texts, rounded = self.table(self.numbers_of[place])
            yield from ("", f"`{self.symbol(matrix['name'])}` {'≈' if rounded else '='} {texts[0]}")
            return
        for plate in self.plates(place):
            texts, rounded = self.table(plate.numbers)
            columns = plate.columns
            heads = [f"`[{column}]`" if column is not None else "" for column in columns]
            yield ""
            yield f"| `{plate.name}` {'≈' if rounded else '='} | {' | '.join(heads)} |"
            yield f"| --- |{' ---: |' * len(heads)}"
            for i, row in enumerate(plate.rows):
                cells = texts[i * len(columns) : (i + 1) * len(columns)]
                yield f"| `[{row}]` | {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Return a text whose signs Markdown leaves alone; what is in backquotes stays as it is."""
    parts = text.split("`")
    parts[::2] = [re.sub(r"([\\*_\[\]<>|#])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)


_LATEX_NAMES = (
    (r"∂L/∂([A-Za-z]+)(\d+)", r"\\frac{\\partial L}{\\partial \1_{\2}}"),
    (r"∂a(\d+)/∂z(\d+)", r"\\frac{\\partial a_{\1}}{\\partial z_{\2}}"),
    (r"δ(\d+)", r"\\delta_{\1}"),
    (r"sum_([a-z]+)(\d+)", r"\\mathrm{sum\\,\1}_{\2}"),
    (r"\blog\b", r"\\log"),
    (r"\bloss\[(\d+)\]", r"\\mathrm{loss}_{\1}"),
    (r"\b([WUbzae])(\d+)", r"\1_{\2}"),
)
# Whatever else is a word, with the parameter that it belongs to: velocity_W1.
_LATEX_OTHER = re.compile(r"(\\[A-Za-z]+(?:\{[^{}]*\})?)|([A-Za-z]{2}[A-Za-z_]*)(\d*)|(δ)(?=_)")
_LATEX_WORDS = (
    ("learning_rate", r"\mathrm{learning\,rate} \cdot"),
    ("squared_error", r"\mathrm{squared\,error}"),
    ("cross_entropy", r"\mathrm{cross\,entropy}"),
    ("leaky_relu", r"\mathrm{leaky\,relu}"),
    (" · ", r" \cdot "),
    ("⋆", r"\star"),
    ("√", r"\surd "),
    ("Σ", r"\sum "),
    ("⊙", r"\odot"),
    ("ᵀ", r"^{\mathsf{T}}"),
    ("²", "^{2}"),
    ("′", "'"),
    ("...", r"\dots"),
)
_LATEX_TEXT = re.compile(
    r"the sums? of the columns of |the sum of | over the outputs|\d where |, otherwise |"
    r"(?<![{,])\b(?:sigmoid|tanh|relu|linear|softmax|count|loss)\b"
)


def latex(formula: str) -> str:
    """Return a matrix's formula in the notation of LaTeX.

    >>> print(latex("δ2 · W2ᵀ"))
    \\delta_{2} \\cdot W_{2}^{\\mathsf{T}}
    """
    for word, sign in _LATEX_WORDS:
        formula = formula.replace(word, sign)
    for pattern, sign in _LATEX_NAMES:
        formula = re.sub(pattern, sign, formula)
    formula = _LATEX_TEXT.sub(
        lambda found: rf"\text{{{found[0]}}}" if " " in found[0] else rf"\mathrm{{{found[0]}}}",
        formula,
    )
    return _LATEX_OTHER.sub(_other_word, formula)


def _other_word(found: re.Match[str]) -> str:
    """Return a word of a formula that is no sign of LaTeX upright, with its number below."""
    if found[1] or found[4]:
        return found[1] or r"\delta"
    word = found[2].strip("_").replace("_", r"\,")
    return rf"\mathrm{{{word}}}" + (f"_{{{found[3]}}}" if found[3] else "")
