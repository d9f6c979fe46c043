"""Which matrix is which: the numbers of a step are entered under the names of the field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...layers import Dense
from ...samples import Samples
from ..notation import indexed
from ..source.functions import RecordingError
from ..step import ROLES, Named
from .matrices import NamedMatrix, Phase
from .tape import Number, Tape, Traced, new_number, new_traced, plain

# Given once, for all steps.
_LASTING = ("inputs", "targets", "learning_rate")


class Register:
    """Enters given and computed numbers of the part that is recorded, phase by phase."""

    def __init__(
        self,
        tape: Tape,
        samples: Samples,
        learning_rate: float,
        last: int,
        layer: int | None,
        unit: int | None,
    ) -> None:
        self.tape = tape
        self.samples = samples
        self.learning_rate = learning_rate
        self.last = last
        self.layer = layer
        self.unit = unit
        self.matrices: list[NamedMatrix] = []
        self.phases: list[Phase] = []
        self.step = 0
        self.given: dict[tuple[str, int | None], Any] = {}
        self.kept: dict[tuple[str, int | None], Any] = {}

    # Which numbers are recorded.

    def selects(self, layer: int) -> bool:
        return self.layer is None or self.layer == layer

    def selects_loss(self) -> bool:
        return self.selects(self.last) and self.unit is None

    def _columns(self, width: int) -> list[int]:
        return list(range(width)) if self.unit is None else [self.unit]

    # A step.

    def begin_step(self, step: int) -> None:
        """Forget the step before, but for the parameters that it made."""
        self.step = step
        self.given = {key: value for key, value in self.given.items() if key[0] in _LASTING}
        self.kept = {}
        for (role, layer), values in self.given.items():
            self.add_given(role, layer, values)

    def take_parameters(self, layer: Dense) -> None:
        """Put recorded numbers in the place of a layer's weights and biases."""
        columns = self._columns(layer.outputs)
        for row in layer.weights:
            for j in columns:
                row[j] = self.number(row[j])
        if layer.biases is not None:
            for j in columns:
                layer.biases[j] = self.number(layer.biases[j])
        self.add_parameters(layer, "parameter")

    def add_parameters(self, layer: Dense, given: str) -> None:
        number = layer.__dict__["number"]
        columns = self._columns(layer.outputs)
        self.add("weights", number, layer.weights, given=given, columns=columns)
        if layer.biases is not None:
            self.add("biases", number, layer.biases, given=given, rows=columns)

    def number(self, value: float) -> Number:
        return new_number(self.tape, value, self.tape.given(value))

    # Numbers in, numbers out.

    def enter(self, role: str, layer: int | None, values: Any = None) -> Any:
        """Return given numbers, or those of another layer, as recorded ones.

        With a unit chosen they are traced only, so that nothing is recorded between them.
        """
        found = self.given.get((role, layer))
        if found is not None:
            return found
        if values is None:
            values = {
                "inputs": self.samples.inputs,
                "targets": self.samples.targets,
                "learning_rate": self.learning_rate,
            }[role]
        make = new_number if self.unit is None else new_traced
        only = self.unit if role == "targets" else None
        found = self._made(values, make, only)
        self.given[role, layer] = found
        self.add_given(role, layer, found)
        return found

    def _made(self, values: Any, make: Callable[..., Any], only: int | None) -> Any:
        if isinstance(values, float):
            return make(self.tape, values, self.tape.given(values))
        if isinstance(values[0], float) and only is not None:
            return [
                value if j != only else self._made(value, make, None)
                for j, value in enumerate(values)
            ]
        return [self._made(value, make, only) for value in values]

    def add_given(self, role: str, layer: int | None, values: Any) -> None:
        given = {"inputs": "data", "targets": "data", "learning_rate": "setting"}.get(role)
        columns = [self.unit] if role == "targets" and self.unit is not None else None
        rows = [self.unit] if role == "weights" and self.unit is not None else None
        if role == "weights":
            given = "parameter"
        self.add(role, layer, values, given=given or "unrecorded", columns=columns, rows=rows)

    def _leave(self, values: Any) -> Any:
        """Return numbers as the rest of the network is to see them."""
        return values if self.layer is None else plain(values)

    def keep(self, role: str, layer: int | None, values: Any) -> Any:
        """Enter computed numbers under their name; return them as the rest is to see them."""
        axes = ROLES[role].axes
        width = len(values) if len(axes) == 1 else len(values[0])
        if len(axes) == 1:
            self.add(role, layer, values, rows=self._columns(width))
        else:
            self.add(role, layer, values, columns=self._columns(width))
        self.kept[role, layer] = values
        return self._leave(values)

    def add(
        self,
        role: str,
        layer: int | None,
        values: Any,
        *,
        given: str | None = None,
        rows: list[int] | None = None,
        columns: list[int] | None = None,
    ) -> None:
        dimensions = len(ROLES[role].axes)
        shape: list[int] = []
        if dimensions > 0:
            shape.append(len(values))
            rows = rows or list(range(len(values)))
        if dimensions > 1:
            shape.append(len(values[0]))
            columns = columns or list(range(len(values[0])))
        name = Named(role, layer).name
        if dimensions == 0:
            ids: Any = self._id_of(values, name)
        elif dimensions == 1:
            ids = [self._id_of(values[i], indexed(name, i)) for i in rows or ()]
        else:
            ids = [
                [self._id_of(values[i][j], indexed(name, i, j)) for j in columns or ()]
                for i in rows or ()
            ]
        phase = None if given is not None else self.phases[-1].kind
        made = NamedMatrix(role, self.step, layer, phase, given, ids, shape, rows, columns)
        made.name = name
        self.matrices.append(made)

    def _id_of(self, value: Any, name: str) -> int:
        if not isinstance(value, Traced) or value.tape is not self.tape:
            raise RecordingError(f"{name}: {value!r} has lost its origin")
        return value.id

    # Phases.

    def begin_phase(self, kind: str, layer: int | None) -> None:
        self.end_phase()
        self.phases.append(Phase(self.step, kind, layer, len(self.tape), len(self.tape)))

    def end_phase(self) -> None:
        if self.phases and self.phases[-1].step == self.step:
            self.phases[-1].end = len(self.tape)
