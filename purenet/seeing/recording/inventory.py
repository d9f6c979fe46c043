"""Every number on a tape gets its name.

A recorder knows the matrices that make up a training step.  What else several numbers share,
softmax's sum for one, is named after the variable that holds it.
"""

from __future__ import annotations

from ... import elementary
from ..notation import symbol
from ..source.functions import RecordingError
from ..step import Role, symbol_of
from .formulas import find_owners
from .matrices import NamedMatrix, Phase, Update
from .tape import Tape
from .traced import Traced
from .words import INTERMEDIATES, Sentences

_SHARED = Sentences(*["An intermediate result that several numbers share."] * 2)


class Inventory:
    """Gives everything on a tape its name.

    matrices: those that the recorder knows by their part in the step; intermediate results that
        several numbers share are added here.

    Raises RecordingError if a matrix is left without a name.
    """

    def __init__(
        self,
        tape: Tape,
        layers: int,
        matrices: list[NamedMatrix],
        phases: list[Phase],
        updates: list[Update],
    ) -> None:
        self.tape = tape
        self._updates = updates
        self.last = layers - 1
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

    # Intermediate results that get a name.

    def _is_open_variable(self, identity: int) -> bool:
        """Return whether an operation fills a variable inside of exp, log1p or tanh."""
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
            found = self.tape.places[place]
            target = found.target or self.tape.sources[found.source].name.strip("_")
            groups.setdefault((call, target), []).append(identity)
        self._add_shared(groups)
        self._add_opened(opened)

    def _parameter_of(self, identity: int) -> str:
        """Return the symbol of the parameter in whose update an operation stands; "" elsewhere."""
        for update in self._updates:
            if update.first <= identity < update.end:
                return f"_{symbol_of(update.parameter)}"
        return ""

    def _add_shared(self, groups: dict[tuple[int, str], list[int]]) -> None:
        """Name what several numbers share after the variable that holds it.

        A function that is called row by row makes one row each time.
        """
        rows: dict[tuple[int | None, int, str, str, int], list[list[int]]] = {}
        for (call, target), ids in groups.items():
            found = self.tape.calls[call]
            parameter, step = self._parameter_of(ids[0]), self._phase_of(ids[0]).step
            key = (found.caller, found.source, target, parameter, step)
            rows.setdefault(key, []).append(ids)
        for (_, source, target, parameter, _), made in rows.items():
            function = self.tape.sources[source].name
            unknown = Role(f"{target}{{p}}{{n}}", (), f"{target} in {function}"), _SHARED
            known, sentences = INTERMEDIATES.get((function, target), unknown)
            lengths = {len(row) for row in made}
            if known.axes == ("sample", "unit"):
                lengths = {2}
            elif known.axes or len(made) == 1 or len(lengths) > 1:
                lengths = {1}
            ids = [identity for row in made for identity in row]
            is_matrix = lengths != {1}
            is_number = len(ids) == 1 and (parameter != "" or known is not unknown[0])
            is_number = is_number and not known.axes
            phase = self._phase_of(ids[0])
            number = (self.last if phase.layer is None else phase.layer) + 1
            name = known.name.format(n=number, p=parameter)
            taken = {each.name for each in self.matrices if each.step == phase.step}
            while name in taken:
                name += "_"
            matrix = NamedMatrix(
                role="intermediate",
                step=phase.step,
                layer=phase.layer,
                phase=phase.kind,
                given=None,
                ids=ids[0] if is_number else made if is_matrix else ids,
                shape=[len(made), len(made[0])] if is_matrix else [] if is_number else [len(ids)],
                rows=None if is_number else list(range(len(made) if is_matrix else len(ids))),
                columns=list(range(len(made[0]))) if is_matrix else None,
                name=name,
                title=known.title.format(n=number),
                axes=("sample", "unit") if is_matrix else () if is_number else ("sample",),
                sentence=sentences.matrix,
                number_sentence=sentences.number,
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
                    if not isinstance(value, Traced) or self.tape.is_leaf(value.id):
                        continue
                    if self.owners[value.id] is None:
                        raise RecordingError(
                            f"{source.name}, {source.file.rsplit('/', 1)[-1]} line "
                            f"{source.first_line}: it returns a matrix that has no name"
                        )
