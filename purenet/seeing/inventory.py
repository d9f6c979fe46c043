"""From a tape to the tables of a recording: every number gets its name, its formula, a sentence.

A recorder knows the matrices that make up a training step.  What else several numbers share,
softmax's sum for one, is named after the variable that holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .. import elementary
from ..losses import REQUIRED_ACTIVATION
from ..network import Network
from .formulas import find_owners, write_formula
from .notation import (
    CHAINS,
    DOES,
    FORMULAS,
    INTERMEDIATES,
    OPERATIONS,
    PHASES,
    ROLES,
    SAMPLE_LOSSES,
    SLOPE_FORMULAS,
    SLOPES,
    Role,
    indexed,
    symbol,
)
from .sources import RecordingError
from .tape import LEAVES, Tape, Traced, plain

# Within a step: the data, the parameters, the settings.
_GIVEN_ORDER = ("data", "parameter", "carried", "unrecorded", "setting")


@dataclass
class NamedMatrix:
    """A matrix, row or number of a recording, as the JSON object will show it.

    ids: the ids of its elements, nested as the matrix is; rows and columns number what is there.
    element_names: the names of the elements, where they are not name and place.
    """

    role: str
    step: int
    layer: int | None
    phase: str | None
    given: str | None
    ids: Any
    shape: list[int]
    rows: list[int] | None
    columns: list[int] | None
    name: str = ""
    title: str = ""
    axes: tuple[str, ...] = ()
    formula: str | None = None
    sentence: str = ""
    number_sentence: str = ""
    element_names: list[str] | None = None

    def elements(self) -> Iterator[tuple[str, int | None, int | None, int]]:
        """Yield each number's name, row, column and id."""
        if isinstance(self.ids, int):
            yield self.name, None, None, self.ids
        elif self.element_names is not None:
            for place, name in enumerate(self.element_names):
                yield name, place, None, self.ids[place]
        elif self.columns is None:
            for row, identity in zip(self.rows or (), self.ids, strict=True):
                yield indexed(self.name, row), row, None, identity
        else:
            for row, ids in zip(self.rows or (), self.ids, strict=True):
                for column, identity in zip(self.columns, ids, strict=True):
                    yield indexed(self.name, row, column), row, column, identity


@dataclass
class Phase:
    """A part of a step: the operations ``first`` to ``end - 1``."""

    step: int
    kind: str
    layer: int | None
    first: int
    end: int


_SHARED = "An intermediate result that several numbers share."


class Inventory:
    """Gives everything on a tape its name, its formula and a sentence, and lists it.

    matrices: those that the recorder knows by their part in the step; intermediate results that
        several numbers share are added here.

    Raises RecordingError if a matrix is left without a name.
    """

    def __init__(
        self,
        tape: Tape,
        net: Network,
        samples: int,
        matrices: list[NamedMatrix],
        phases: list[Phase],
    ) -> None:
        self.tape = tape
        self.net = net
        self.samples = samples
        self.last = len(net.layers) - 1
        self.matrices = list(matrices)
        self.phases = [phase for phase in phases if phase.end > phase.first]
        self.named = {
            identity for matrix in self.matrices for _, _, _, identity in matrix.elements()
        }
        self.owners, shared = find_owners(self.tape, self.named, self._is_open_variable)
        self.owner_name: dict[int, str] = {}
        for matrix in self.matrices:
            for name, _, _, identity in matrix.elements():
                self.owner_name.setdefault(identity, name)
        self._add_intermediates(shared)
        self.named.update(shared)
        self._check_names()
        self.sentences: list[str] = []
        self._sentence_numbers: dict[str, int] = {}

    # Intermediate results that get a name.

    def _is_open_variable(self, identity: int) -> bool:
        """Say whether an operation fills a variable inside of exp, log1p or tanh."""
        place = self.tape.place[identity]
        if place is None:
            return False
        found = self.tape.places[place]
        return found.target is not None and self._is_elementary(found.source)

    def _is_elementary(self, source: int) -> bool:
        return self.tape.sources[source].module == elementary.__name__

    def _phase_of(self, identity: int) -> Phase:
        for phase in self.phases:
            if phase.first <= identity < phase.end:
                return phase
        raise RecordingError(f"operation {identity} belongs to no phase")

    def _add_intermediates(self, shared: list[int]) -> None:
        groups: dict[tuple[int, str], list[int]] = {}
        opened: dict[int, list[int]] = {}
        arguments = self._arguments_of_opened()
        for identity in shared:
            call = self.tape.call[identity]
            place = self.tape.place[identity]
            assert call is not None and place is not None
            if identity in arguments:
                opened.setdefault(arguments[identity], []).append(identity)
                continue
            if self._is_elementary(self.tape.places[place].source):
                opened.setdefault(self._function_call(call), []).append(identity)
                continue
            target = self.tape.places[place].target or self.tape.sources[
                self.tape.calls[call].source
            ].name.strip("_")
            groups.setdefault((call, target), []).append(identity)
        self._add_shared(groups)
        self._add_opened(opened)

    def _add_shared(self, groups: dict[tuple[int, str], list[int]]) -> None:
        """Name what several numbers share after the variable that holds it.

        A function that is called row by row makes one row each time.
        """
        rows: dict[tuple[int | None, int, str], list[list[int]]] = {}
        for (call, target), ids in groups.items():
            found = self.tape.calls[call]
            rows.setdefault((found.caller, found.source, target), []).append(ids)
        for (_, source, target), made in rows.items():
            function = self.tape.sources[source].name
            known = INTERMEDIATES.get((function, target))
            lengths = {len(row) for row in made}
            if known is not None and known.axes == ("sample", "unit"):
                lengths = {2}
            elif known is not None or len(made) == 1 or len(lengths) > 1:
                lengths = {1}
            ids = [identity for row in made for identity in row]
            is_matrix = lengths != {1}
            phase = self._phase_of(ids[0])
            number = (self.last if phase.layer is None else phase.layer) + 1
            words = known or Role(f"{target}{{n}}", (), f"{target} in {function}", _SHARED, _SHARED)
            name = words.name.format(n=number)
            taken = {each.name for each in self.matrices if each.step == phase.step}
            while name in taken:
                name += "_"
            matrix = NamedMatrix(
                role="intermediate",
                step=phase.step,
                layer=phase.layer,
                phase=phase.kind,
                given=None,
                ids=made if is_matrix else ids,
                shape=[len(made), len(made[0])] if is_matrix else [len(ids)],
                rows=list(range(len(made) if is_matrix else len(ids))),
                columns=list(range(len(made[0]))) if is_matrix else None,
                name=name,
                title=words.title.format(n=number),
                axes=("sample", "unit") if is_matrix else ("sample",),
                sentence=words.sentence,
                number_sentence=words.number,
            )
            self.matrices.append(matrix)
            for element, _, _, identity in matrix.elements():
                self.owner_name[identity] = element

    def _arguments_of_opened(self) -> dict[int, int]:
        """Return the numbers that exp, log1p or tanh was called with, and the call."""
        found: dict[int, int] = {}
        for call, each in enumerate(self.tape.calls):
            if self._is_elementary(each.source) and self._function_call(call) == call:
                for value in each.arguments.values():
                    if value is not None and value[0] == "number":
                        found.setdefault(value[1], call)
        return found

    def _function_call(self, call: int) -> int:
        """Return the call of exp, log1p or tanh in which a call happened."""
        while True:
            caller = self.tape.calls[call].caller
            if caller is None or not self._is_elementary(self.tape.calls[caller].source):
                return call
            call = caller

    def _add_opened(self, opened: dict[int, list[int]]) -> None:
        """Name the variables inside of exp, log1p and tanh after the number that they work for."""
        counts: dict[tuple[str, str], int] = {}
        for call, ids in opened.items():
            function = self.tape.sources[self.tape.calls[call].source].name
            owner = self._owner_outside(call)
            place = counts[owner, function] = counts.get((owner, function), 0) + 1
            phase = self._phase_of(ids[0])
            inside = self.tape.calls[call].first
            targets = [self._target(identity) if identity >= inside else "x" for identity in ids]
            name = f"{owner}.{function}" + (str(place) if place > 1 else "")
            names = []
            for number, target in enumerate(targets):
                version = str(targets[: number + 1].count(target))
                names.append(f"{name}.{target}{version if targets.count(target) > 1 else ''}")
            self.matrices.append(
                NamedMatrix(
                    role="intermediate",
                    step=phase.step,
                    layer=phase.layer,
                    phase=phase.kind,
                    given=None,
                    ids=ids,
                    shape=[len(ids)],
                    rows=list(range(len(ids))),
                    columns=None,
                    name=name,
                    title=f"inside {function} for {symbol(owner)}",
                    axes=("variable",),
                    sentence=f"How {function} is computed from + - * / and powers of two.",
                    number_sentence=f"A variable of {function}.",
                    element_names=names,
                )
            )

    def _target(self, identity: int) -> str:
        place = self.tape.place[identity]
        assert place is not None
        return self.tape.places[place].target or "result"

    def _owner_outside(self, call: int) -> str:
        """Return the name of the number for which a function was called."""
        result = self.tape.call_results[call]
        if result is not None and result[0] == "number":
            owner = self.owners[result[1]]
            if owner is not None and owner in self.owner_name:
                return self.owner_name[owner]
        return "unused"

    # Guard 4.

    def _check_names(self) -> None:
        for source_number, rows in self.tape.returned:
            source = self.tape.sources[source_number]
            for row in rows:
                for value in row:
                    if isinstance(value, Traced) and self.owners[value.id] is None:
                        raise RecordingError(
                            f"{source.name}, {source.file.rsplit('/', 1)[-1]} line "
                            f"{source.first_line}: it returns a matrix that has no name"
                        )

    # The JSON object.

    def data(self) -> dict[str, Any]:
        """Return the parts of the JSON object, without its head."""
        tape = self.tape
        self.matrices.sort(key=self._order)
        for matrix in self.matrices:
            if matrix.role != "intermediate":
                self._describe(matrix)
        self.number_of: dict[tuple[int, int], int] = {}
        numbers = self._numbers()
        self._names: list[str] = numbers["name"]
        self.kept_calls, self.kept_sources = self._kept()
        steps = self._steps()
        return {
            "sources": [
                {
                    "module": source.module,
                    "file": source.file,
                    "function": source.name,
                    "first_line": source.first_line,
                    "lines": source.lines,
                }
                for source in (tape.sources[number] for number in self.kept_sources)
            ],
            "places": [
                [self.kept_sources[place.source], *place[1:-1], list(place.index_names)]
                for place in tape.places
            ],
            "operations": self._operations(steps, numbers),
            "calls": self._calls(steps),
            "numbers": numbers,
            "matrices": [self._matrix(matrix) for matrix in self.matrices],
            "phases": [self._phase(phase) for phase in self.phases],
            "sentences": self.sentences,
        }

    def _kept(self) -> tuple[dict[int, int], dict[int, int]]:
        """Return the calls in which something was recorded, and their sources; new numbers."""
        tape = self.tape
        calls: dict[int, int] = {}
        for number, call in enumerate(tape.calls):
            if call.recorded or tape.call_ends[number] > call.first:
                calls[number] = len(calls)
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
            role = "" if found is None else self.matrices[numbers["matrix"][found]].role
            words = OPERATIONS.get((role, op)) or OPERATIONS["", op]
            sentences.append(self._sentence(words))
        return {
            "op": tape.op,
            "a": tape.a,
            "b": tape.b,
            "value": [repr(plain(value)) for value in tape.value],
            "place": tape.place,
            "call": [None if call is None else self.kept_calls[call] for call in tape.call],
            "number": owning,
            "indices": tape.indices,
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
        return {
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

    def _phase(self, phase: Phase) -> dict[str, Any]:
        title, sentence = PHASES[phase.kind]
        n = str((phase.layer or 0) + 1)
        return {
            "step": phase.step,
            "phase": phase.kind,
            "layer": phase.layer,
            "title": title.replace("{n}", n),
            "first": phase.first,
            "end": phase.end,
            "matrices": [
                number
                for number, matrix in enumerate(self.matrices)
                if matrix.given is None
                and (matrix.step, matrix.phase) == (phase.step, phase.kind)
                and (matrix.layer == phase.layer or phase.kind == "loss")
            ],
            "sentence": sentence.replace("{n}", n),
        }

    # Words.

    def _describe(self, matrix: NamedMatrix) -> None:
        """Give a matrix its title, formula and sentences."""
        role = ROLES[matrix.role]
        layer = matrix.layer if matrix.layer is not None else self.last
        words = self._words(layer)

        def filled(text: str) -> str:
            for key, value in words.items():
                text = text.replace(f"{{{key}}}", value)
            return text

        matrix.axes = role.axes
        matrix.title = filled(role.title)
        matrix.sentence = filled(role.sentence)
        matrix.number_sentence = filled(role.number)
        if matrix.given is not None:
            return
        formula = FORMULAS.get(matrix.role)
        activation = self.net.layers[layer].activation
        if matrix.role == "z" and self.net.layers[layer].bias:
            formula = "{from} · W{n} + b{n}"
        elif matrix.role == "a":
            formula = f"{activation}(z{{n}})"
        elif matrix.role == "slope":
            formula = SLOPE_FORMULAS[activation]
        elif matrix.role == "sample_loss":
            formula = SAMPLE_LOSSES[self.net.loss]
        elif matrix.role == "delta":
            formula = "∂L/∂a{n} ⊙ ∂a{n}/∂z{n}"
            if self._chain(layer).endswith("cross-entropy"):
                formula = "(a{n} - y) / count"
            elif activation == "softmax":
                formula = "a{n} ⊙ (∂L/∂a{n} - sum_da{n})"
        matrix.formula = None if formula is None else filled(formula)

    def _chain(self, layer: int) -> str:
        activation = self.net.layers[layer].activation
        if layer == self.last and self.net.loss in REQUIRED_ACTIVATION:
            return f"{activation} cross-entropy"
        return "softmax" if activation == "softmax" else "chain"

    def _words(self, layer: int) -> dict[str, str]:
        found = self.net.layers[layer]
        chain = CHAINS[self._chain(layer)]
        samples = self.samples
        counts = {
            "sum_of_squares": "A plain sum of squares is divided by 1",
            "categorical_cross_entropy": f"The loss is divided by the number of samples, {samples}",
        }
        return {
            "does": DOES[found.activation].replace("{z}", "z{n}[{row}][{column}]"),
            "bias": ", and the unit's bias is added" if found.bias else "",
            "activation": found.activation,
            "slope": SLOPES.get(found.activation, ""),
            "chain_of_one": chain[0].lower() + chain[1:],
            "chain": f"{chain}.",
            "count": counts.get(
                self.net.loss,
                f"The loss is divided by samples times outputs, {samples} * {self.net.outputs}",
            ),
            "from": "x" if layer == 0 else f"a{layer}",
            "next": str(layer + 2),
            "n": str(layer + 1),
        }
