"""From a tape whose numbers have names to the tables of a recording."""

from __future__ import annotations

from typing import Any

from ..notation import indexed, symbol
from ..source.functions import Place
from .describing import Describer
from .formulas import write_formula
from .inventory import Inventory
from .kinds import KIND_OPERATIONS
from .matrices import NamedMatrix, Phase
from .tape import LEAVES
from .traced import plain
from .words import OPERATIONS

# Within a step: the data, the parameters, the settings.
_GIVEN_ORDER = ("data", "parameter", "carried", "unrecorded", "setting")


class Listing:
    """Lists what an inventory has named, as the parts of the JSON object."""

    def __init__(self, inventory: Inventory, describer: Describer) -> None:
        self.tape = inventory.tape
        self.matrices = inventory.matrices
        self.phases = inventory.phases
        self.named = inventory.named
        self.owners = inventory.owners
        self.sentences: list[str] = []
        self._describer = describer
        self._sentence_numbers: dict[str, int] = {}

    def data(self) -> dict[str, Any]:
        """Return the parts of the JSON object, without its head."""
        tape = self.tape
        self.matrices.sort(key=self._order)
        for matrix in self.matrices:
            if matrix.role != "intermediate":
                self._describer.describe(matrix)
        self.number_of: dict[tuple[int, int], int] = {}
        numbers = self._numbers()
        self._names: list[str] = numbers["name"]
        self.kept_calls, self.kept_sources = self._kept()
        steps = self._steps()
        return {
            "sources": [self.source(number) for number in self.kept_sources],
            "places": [self.place(place) for place in tape.places],
            "operations": self._operations(steps, numbers),
            "calls": self._calls(steps),
            "numbers": numbers,
            "matrices": [self._matrix(matrix) for matrix in self.matrices],
            "phases": [self._phase(phase) for phase in self.phases],
            "sentences": self.sentences,
        }

    def source(self, number: int) -> dict[str, Any]:
        """Return a function of the source as it is listed."""
        source = self.tape.sources[number]
        return {
            "module": source.module,
            "file": source.file,
            "function": source.name,
            "first_line": source.first_line,
            "lines": source.lines,
        }

    def place(self, place: Place) -> list[Any]:
        """Return a place as it is listed."""
        return [self.kept_sources[place.source], *place[1:-1], list(place.index_names)]

    def _kept(self) -> tuple[dict[int, int], dict[int, int]]:
        """Return the calls in which something was recorded, and their sources; new numbers."""
        tape = self.tape
        kept = set()
        for number, call in reversed(list(enumerate(tape.calls))):
            if number in kept or call.recorded or tape.call_ends[number] > call.first:
                kept.add(number)
                if call.caller is not None:
                    kept.add(call.caller)
        calls = {number: place for place, number in enumerate(sorted(kept))}
        used = {tape.calls[number].source for number in calls}
        used.update(place.source for place in tape.places)
        order = sorted(
            used, key=lambda each: (tape.sources[each].module, tape.sources[each].first_line)
        )
        return calls, {source: place for place, source in enumerate(order)}

    @staticmethod
    def _order(matrix: NamedMatrix) -> tuple[int, int, int]:
        if matrix.given is not None:
            return matrix.step, 0, _GIVEN_ORDER.index(matrix.given)
        return matrix.step, 1, max(identity for _, _, _, identity in matrix.elements())

    def _steps(self) -> list[int]:
        """Return the training step of every operation."""
        steps = [0] * len(self.tape)
        for phase in self.phases:
            for identity in range(phase.first, len(steps)):
                steps[identity] = phase.step
        return steps

    def counts(self) -> dict[str, int]:
        """Return how much was computed."""
        computed = [matrix for matrix in self.matrices if matrix.given is None]
        return {
            "operations": sum(op not in LEAVES for op in self.tape.op),
            "numbers": sum(1 for matrix in computed for _ in matrix.elements()),
            "matrices": len(computed),
        }

    def _numbers(self) -> dict[str, list[Any]]:
        columns: dict[str, list[Any]] = {
            key: []
            for key in ("name", "step", "id", "matrix", "row", "column", "formula", "sentence")
        }
        for number, matrix in enumerate(self.matrices):
            for name, row, column, identity in matrix.elements():
                self.number_of[matrix.step, identity] = len(columns["name"])
                formula = None
                if matrix.given is None:
                    formula = write_formula(self.tape, self.named, identity)
                values = (name, matrix.step, identity, number, row, column, formula)
                for key, value in zip(columns, values, strict=False):
                    columns[key].append(value)
                columns["sentence"].append(self._sentence(matrix.number_sentence))
        return columns

    def _sentence(self, text: str) -> int:
        """Return the number of a sentence."""
        found = self._sentence_numbers.get(text)
        if found is None:
            found = self._sentence_numbers[text] = len(self.sentences)
            self.sentences.append(text)
        return found

    def _operations(self, steps: list[int], numbers: dict[str, list[Any]]) -> dict[str, Any]:
        tape = self.tape
        owning: list[int | None] = []
        sentences: list[int | None] = []
        for identity, op in enumerate(tape.op):
            owner = self.owners[identity]
            found = None if owner is None else self.number_of.get((steps[identity], owner))
            owning.append(found)
            if op in LEAVES:
                sentences.append(None)
                continue
            matrix = None if found is None else self.matrices[numbers["matrix"][found]]
            role = matrix.role if matrix is not None and matrix.is_known else ""
            words = OPERATIONS.get((role, op)) or OPERATIONS["", op]
            if matrix is not None:
                words = KIND_OPERATIONS.get((matrix.kind, matrix.role, op), words)
            sentences.append(self._sentence(words))
        return {
            "op": list(tape.op),
            "a": list(tape.a),
            "b": list(tape.b),
            "value": [repr(plain(value)) for value in tape.value],
            "place": list(tape.place),
            "call": [None if call is None else self.kept_calls[call] for call in tape.call],
            "number": owning,
            "indices": list(tape.indices),
            "sentence": sentences,
            "name": {str(identity): name for identity, name in tape.names.items()},
        }

    def _calls(self, steps: list[int]) -> dict[str, list[Any]]:
        tape = self.tape
        known = [self._known_values(step) for step in range(steps[-1] + 1)]
        columns: dict[str, list[Any]] = {
            key: []
            for key in ("source", "caller", "line", "first", "end", "step", "arguments", "result")
        }
        for number in self.kept_calls:
            call = tape.calls[number]
            end, result = tape.call_ends[number], tape.call_results[number]
            step = steps[min(call.first, len(steps) - 1)]
            arguments = {
                name: text
                for name, value in call.arguments.items()
                if (text := self._text(value, step, known[step])) is not None
            }
            shown_result = self._text(result, step, known[step])
            caller = None if call.caller is None else self.kept_calls[call.caller]
            source = self.kept_sources[call.source]
            values = (source, caller, call.line, call.first, end, step)
            for key, value in zip(columns, (*values, arguments, shown_result), strict=True):
                columns[key].append(value)
        return columns

    def _known_values(self, step: int) -> dict[tuple[Any, ...], str]:
        """Return the names of a step's matrices and rows, by what ``describe`` tells of them."""
        known: dict[tuple[Any, ...], str] = {}
        for matrix in self.matrices:
            ids = matrix.ids
            if matrix.step != step or isinstance(ids, int) or not ids:
                continue
            if matrix.columns is None:
                row_key = ("row", len(ids), ids[0], ids[-1])
                known[row_key] = matrix.name
                continue
            height, width = len(ids), len(ids[0])
            if [height, width] != matrix.shape:
                continue
            corners = (ids[0][0], ids[0][-1], ids[-1][0], ids[-1][-1])
            turned = (corners[0], corners[2], corners[1], corners[3])
            whole = ("matrix", height, width, *corners)
            transposed = ("matrix", width, height, *turned)
            known[whole] = matrix.name
            known.setdefault(transposed, f"{matrix.name}^T")
            for place, row in enumerate(ids):
                known.setdefault(("row", width, row[0], row[-1]), indexed(matrix.name, place))
            if matrix.folding is not None:
                shape = matrix.folding.shape
                array: tuple[Any, ...] = ("array", *shape, corners[0], corners[3])
                known[array] = matrix.name
                if shape[0] == height:
                    for place, row in enumerate(ids):
                        image = ("array", *shape[1:], row[0], row[-1])
                        known.setdefault(image, indexed(matrix.name, place))
        return known

    def _text(self, value: Any, step: int, known: dict[tuple[Any, ...], str]) -> str | None:
        if value is None:
            return None
        if value[0] == "number":
            found = self.number_of.get((step, value[1]))
            if found is None:
                return repr(plain(self.tape.value[value[1]]))
            return self._names[found]
        if value[0] == "text":
            text: str = value[1]
            return text
        return known.get(value)

    def _matrix(self, matrix: NamedMatrix) -> dict[str, Any]:
        listed = {
            "name": matrix.name,
            "symbol": symbol(matrix.name),
            "title": matrix.title,
            "role": matrix.role,
            "step": matrix.step,
            "phase": matrix.phase,
            "layer": matrix.layer,
            "given": matrix.given,
            "shape": matrix.shape,
            "axes": list(matrix.axes),
            "rows": matrix.rows,
            "columns": matrix.columns,
            "ids": matrix.ids,
            "formula": matrix.formula,
            "sentence": matrix.sentence,
        }
        if matrix.folding is not None:
            listed["folded"] = list(matrix.folding.shape)
            listed["folded_axes"] = list(matrix.folding.axes)
        return listed

    def _phase(self, phase: Phase) -> dict[str, Any]:
        title, sentence = self._describer.phase(phase)
        return {
            "step": phase.step,
            "phase": phase.kind,
            "layer": phase.layer,
            "title": title,
            "first": phase.first,
            "end": phase.end,
            "matrices": [
                number
                for number, matrix in enumerate(self.matrices)
                if matrix.given is None
                and (matrix.step, matrix.phase) == (phase.step, phase.kind)
                and (matrix.layer == phase.layer or phase.kind in ("loss", "clip"))
            ],
            "sentence": sentence,
        }
