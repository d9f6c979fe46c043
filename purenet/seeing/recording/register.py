"""Which matrix is which: the numbers of a step are entered under the names of the field."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import CodeType
from typing import Any

from ...layers import Layer, rows_of
from ...samples import Samples
from ..folding import Folding, folding_of
from ..memory import float_attributes, parts_of
from ..notation import indexed
from ..source.functions import RecordingError
from ..step import ROLES, Named, parameter_roles
from .matrices import NamedMatrix, Phase
from .tape import Tape
from .traced import Number, Traced, as_plain, new_number, new_traced, plain

# Given once, for all steps.
_LASTING = ("inputs", "targets", "learning_rate", "setting", "layer_setting")


class Register:
    """Enters given and computed numbers of the part that is recorded, phase by phase."""

    def __init__(
        self,
        tape: Tape,
        samples: Samples,
        learning_rate: float,
        layers: Sequence[Layer],
        layer: int | None,
        unit: int | None,
    ) -> None:
        self.tape = tape
        self.samples = samples
        self.learning_rate = learning_rate
        self.layers = layers
        self.last = len(layers) - 1
        self.layer = layer
        self.unit = unit
        self.matrices: list[NamedMatrix] = []
        self.phases: list[Phase] = []
        self.step = 0
        self.given: dict[Named, Any] = {}
        self.kept: dict[Named, Any] = {}
        self._ids: set[int] = set()  # that have a name in this step

    # Which numbers are recorded.

    def selects(self, layer: int) -> bool:
        """Return whether a layer is recorded."""
        return self.layer is None or self.layer == layer

    def selects_loss(self) -> bool:
        """Return whether the loss is recorded: not if a unit is chosen."""
        return self.selects(self.last) and self.unit is None

    def _columns(self, width: int) -> list[int]:
        return list(range(width)) if self.unit is None else [self.unit]

    # A step.

    def begin_step(self, step: int) -> None:
        """Forget the step before, but for the parameters that it made."""
        self.step = step
        self.given = {named: found for named, found in self.given.items() if named.role in _LASTING}
        self.kept = {}
        self._ids = set()
        for named, values in self.given.items():
            self.add_given(named, values)

    def take_parameters(self, layer: Layer, number: int) -> None:
        """Put recorded numbers in the place of a layer's parameters and of its settings."""
        for parameter in layer.PARAMETERS:
            values = getattr(layer, parameter)
            if values is not None:
                self._take(values)
        self.take_settings(layer, number)

    def take_settings(self, owner: Any, layer: int | None) -> None:
        """Put recorded numbers in the place of the attributes that are a float.

        They are given to every step.
        """
        role = "setting" if layer is None else "layer_setting"
        make = new_number if self.unit is None else new_traced
        for name in float_attributes(owner):
            made = self._made(getattr(owner, name), make, None)
            vars(owner)[name] = self.given[Named(role, layer, name)] = made

    def take_memory(self, memory: Any) -> None:
        """Put recorded numbers in the place of what an optimizer remembers of a parameter."""
        for label, values in parts_of(memory):
            if isinstance(values, list):
                self._take(values)
            elif isinstance(memory, dict):
                memory[label] = self.number(values)
            elif hasattr(memory, label):
                setattr(memory, label, self.number(values))

    def _take(self, values: list[Any]) -> None:
        for row in rows_of(values):
            for j in self._columns(len(row)):
                row[j] = self.number(row[j])

    def add_parameters(self, layer: Layer, number: int, given: str) -> None:
        """Enter a layer's parameters, given to this step."""
        for parameter in layer.PARAMETERS:
            values = getattr(layer, parameter)
            if values is not None:
                self.add_own(
                    Named(parameter_roles(parameter).given, number, parameter), values, given
                )

    def number(self, value: float) -> Number:
        """Return a given number as a recorded one."""
        return new_number(self.tape, value, self.tape.given(value))

    # Numbers in, numbers out.

    def enter(self, named: Named, values: Any = None) -> Any:
        """Return given numbers, or those of another layer, as recorded ones.

        With a unit chosen they are traced only, so that nothing is recorded between them.
        """
        found = self.given.get(named)
        if found is not None:
            return found
        if values is None:
            values = {
                "inputs": self.samples.inputs,
                "targets": self.samples.targets,
                "learning_rate": self.learning_rate,
            }[named.role]
        make = new_number if self.unit is None else new_traced
        only = self.unit if named.role == "targets" else None
        found = self._made(values, make, only)
        self.given[named] = found
        self.add_given(named, found)
        return found

    def enter_own(self, named: Named, values: Any) -> Any:
        """Return numbers of the recorded layer that were computed elsewhere as recorded ones.

        With a unit chosen only those of the unit.
        """
        values = plain(values)
        self._take(values)
        self.add_own(named, values, "unrecorded")
        return values

    def _made(self, values: Any, make: Callable[..., Any], only: int | None) -> Any:
        if isinstance(values, float):
            return make(self.tape, values, self.tape.given(values))
        if isinstance(values[0], float) and only is not None:
            return [
                value if j != only else self._made(value, make, None)
                for j, value in enumerate(values)
            ]
        return [self._made(value, make, only) for value in values]

    def add_given(self, named: Named, values: Any) -> None:
        """Enter given numbers, and by their role what they are: data, setting, parameter."""
        kinds = {"inputs": "data", "targets": "data", "learning_rate": "setting"}
        kinds |= {"setting": "setting", "layer_setting": "setting"}
        given = kinds.get(named.role, "unrecorded")
        if named.parameter and given == "unrecorded":
            given = "parameter"  # of the layer behind
        unit = None if self.unit is None else [self.unit]
        self.add(
            named,
            values,
            given=given,
            columns=unit if named.role == "targets" else None,
            rows=unit if given == "parameter" else None,
        )

    def keep(self, named: Named, values: Any, code: CodeType | None = None) -> Any:
        """Enter computed numbers under their name; return them as the rest is to see them.

        code: of the function that returned them.  What it passed on as it is, under a new name, is
            a copy.
        """
        if code is not None:
            values = self._with_own_ids(values, code)
        self.add_own(named, values, None)
        self.kept[named] = values
        return values if self.layer is None else plain(values)

    def copies(self, values: Any, code: CodeType) -> Any:
        """Return numbers that have names of their own: copies, by the function with this code."""
        if isinstance(values, list):
            return [self.copies(value, code) for value in values]
        return new_number(self.tape, as_plain(values), self.tape.passed_on(values, code))

    def _with_own_ids(self, values: Any, code: CodeType) -> Any:
        if isinstance(values, list):
            return [self._with_own_ids(value, code) for value in values]
        if isinstance(values, Traced) and (values.id in self._ids or self.tape.is_leaf(values.id)):
            return new_number(self.tape, as_plain(values), self.tape.passed_on(values, code))
        return values

    def limited(self, values: Any, limit: Number, code: CodeType) -> Any:
        """Return numbers of which some were replaced by a limit, or by the limit turned.

        Those have no origin so far: here they get it.
        """
        if isinstance(values, list):
            return [self.limited(value, limit, code) for value in values]
        if isinstance(values, Traced):
            return values
        return new_number(self.tape, values, self.tape.turned(limit, values < 0.0, code))

    def keep_changed(self, named: Named, values: Any, code: CodeType) -> None:
        """Enter numbers that were changed in place; those that were not changed are copies."""
        if isinstance(values, list):
            for row in rows_of(values):
                row[:] = self._with_own_ids(row, code)
        self.add_own(named, values, None)

    def add_own(self, named: Named, values: Any, given: str | None) -> None:
        """Enter numbers of the recorded layer, with a unit chosen only those of the unit."""
        if not isinstance(values, list):
            self.add(named, values, given=given)
        elif not isinstance(values[0], list):
            self.add(named, values, given=given, rows=self._columns(len(values)))
        else:
            width = len(rows_of(values)[0])
            self.add(named, values, given=given, columns=self._columns(width))

    def add(
        self,
        named: Named,
        values: Any,
        *,
        given: str | None = None,
        rows: list[int] | None = None,
        columns: list[int] | None = None,
        phase: str | None = None,
    ) -> None:
        """Enter a matrix, a row or a number under its name.

        rows, columns: those that are recorded, all if None.  Raises RecordingError for a number
        that has no origin.
        """
        name = named.name
        shape: list[int] = []
        axes = ROLES[named.role].axes
        if not isinstance(values, list):
            ids: Any = self._id_of(values, name)
        elif not isinstance(values[0], list):
            shape = [len(values)]
            axes = axes or ("place",)
            rows = rows or list(range(len(values)))
            ids = [self._id_of(values[i], indexed(name, i)) for i in rows]
        else:
            values = rows_of(values)
            shape = [len(values), len(values[0])]
            axes = axes or ("row", "column")
            rows = rows or list(range(len(values)))
            columns = columns or list(range(len(values[0])))
            ids = [[self._id_of(values[i][j], indexed(name, i, j)) for j in columns] for i in rows]
        if given is None and phase is None:
            phase = self.phases[-1].kind
        made = NamedMatrix(
            named.role, self.step, named.layer, phase, given, ids, shape, rows, columns
        )
        made.name, made.axes, made.parameter = name, axes, named.parameter
        if len(shape) == 2:
            made.folding = self._folding(named, shape)
        self.matrices.append(made)
        self._ids.update(identity for *_, identity in made.elements())

    def _folding(self, named: Named, shape: Sequence[int]) -> Folding | None:
        """Return how a matrix folds, if it has as many numbers as that takes."""
        found = folding_of(named, self.layers, len(self.samples.inputs))
        if found is None or math.prod(found.shape) != math.prod(shape):
            return None
        return found

    def _id_of(self, value: Any, name: str) -> int:
        if not isinstance(value, Traced) or value.tape is not self.tape:
            raise RecordingError(f"{name}: {value!r} has lost its origin")
        return value.id

    # Phases.

    def begin_phase(self, kind: str, layer: int | None) -> None:
        """End the phase before, and begin another one at the next operation."""
        self.end_phase()
        self.phases.append(Phase(self.step, kind, layer, len(self.tape), len(self.tape)))

    def end_phase(self) -> None:
        """End a phase of this step with the last operation."""
        if self.phases and self.phases[-1].step == self.step:
            self.phases[-1].end = len(self.tape)
