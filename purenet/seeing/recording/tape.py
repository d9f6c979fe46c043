"""The tape on which recorded numbers enter what is done with them.

What was done, with which operands, where in the source; and what was decided, by which comparison.
"""

from __future__ import annotations

from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple

from ..source.functions import FunctionSource, Place, key_of, read_source, with_nested
from .conditions import Conditions
from .traced import Number, Traced, Whole, as_plain, describe, new_number, refuse

LEAVES = ("given", "literal", "constant")


class Call(NamedTuple):
    """One call of a recorded function; operations ``first`` to ``end - 1`` happened inside."""

    source: int
    caller: int | None
    line: int | None
    first: int
    arguments: dict[str, Any]
    recorded: bool


class Tape:
    """The operations in the order in which they ran; an operation's number is its id.

    ``a`` and ``b`` are the ids of the operands.  Leaves are ``given`` numbers, and the ``literal``
    and ``constant`` ones of the source.
    """

    def __init__(self) -> None:
        self.op: list[str] = []
        self.a: list[int | None] = []
        self.b: list[int | None] = []
        self.value: list[float] = []
        self.place: list[int | None] = []
        self.call: list[int | None] = []
        self.indices: list[list[int] | None] = []
        self.names: dict[int, str] = {}
        self.places: list[Place] = []
        self.sources: list[FunctionSource] = []
        self.calls: list[Call] = []
        self.call_ends: list[int] = []
        self.call_results: list[Any] = []
        self.counting: set[CodeType] = set()  # that compute with counts, which count as literals
        self.returned: list[tuple[int, list[list[Any]]]] = []
        self.conditions = Conditions()
        self.keeps_indices = True
        self._stack: list[int] = []
        self._functions: dict[CodeType, tuple[FunctionType, str]] = {}
        self._source_of: dict[CodeType, int] = {}
        self._place_numbers: dict[Place, int] = {}
        self._place_of: dict[tuple[CodeType, int, int], int] = {}
        self._condition_places: dict[tuple[CodeType, int], Place] = {}
        self._index_lists: dict[tuple[int, ...], list[int]] = {}
        self._leaves: dict[tuple[str, bytes], int] = {}

    def __len__(self) -> int:
        return len(self.op)

    # What a recorded function is.

    def register(self, function: FunctionType, module: str) -> None:
        """Make a function one whose operations may be recorded."""
        for code in with_nested(function.__code__):
            self._functions[code] = (function, module)

    def knows(self, code: CodeType) -> bool:
        """Return whether a code object belongs to a registered function."""
        return code in self._functions

    def source_number(self, code: CodeType) -> int:
        """Return the number of the source to which a code object belongs."""
        found = self._source_of.get(code)
        if found is not None:
            return found
        function, module = self._functions[code]
        lines = read_source(function, module)
        number = len(self.sources)
        self.sources.append(FunctionSource(function, module, lines))
        for part in with_nested(function.__code__):
            self._source_of[part] = number
        return number

    # Entering numbers and operations.

    def given(self, value: float) -> int:
        """Enter a number that comes from outside."""
        return self._append("given", None, None, value, None, None)

    def operation(
        self, op: str, operands: tuple[Any, ...], value: float, frame: FrameType, part: int = 0
    ) -> int:
        """Enter an operation at the place where a frame stands, and return its id."""
        code = frame.f_code
        if code not in self._functions:
            refuse(frame, f"the operation {op} is outside of the recorded source")
        place = self._place_of.get((code, frame.f_lasti, part))
        if place is None:
            number = self.source_number(code)
            place = self._place_number(self.sources[number].place(number, frame, part))
            self._place_of[code, frame.f_lasti, part] = place
        ids = [self._operand(operand, frame) for operand in operands]
        indices = None
        if self.keeps_indices:
            indices = self._indices(self.places[place], frame)
        return self._append(op, ids[0], ids[1] if len(ids) > 1 else None, value, place, indices)

    def cut(self, operations: int, conditions: int) -> None:
        """Forget all but the first operations and conditions; the tape has come to its end."""
        for column in (self.op, self.a, self.b, self.value, self.place, self.call, self.indices):
            del column[operations:]
        self.conditions.cut(conditions)

    def condition(self, op: str, a: Any, b: Any, outcome: bool, frame: FrameType) -> None:
        """Enter what a comparison has decided, if recorded code has made it."""
        code = frame.f_code
        if code not in self._functions:
            return
        place = self._condition_places.get((code, frame.f_lasti))
        if place is None:
            number = self.source_number(code)
            place = self.sources[number].place(number, frame, 0)
            self._condition_places[code, frame.f_lasti] = place
        indices = self._indices(place, frame)
        operands = self._compared(a, frame), self._compared(b, frame)
        call = self._stack[-1] if self._stack else None
        self.conditions.add(op, *operands, outcome, len(self.op), place, call, indices)

    def _indices(self, place: Place, frame: FrameType) -> list[int] | None:
        """Return what the loops around a place count at the moment; equal ones are one list."""
        if not place.index_names:
            return None
        variables = frame.f_locals
        found = tuple([variables[name] for name in place.index_names])
        shared = self._index_lists.get(found)
        if shared is None:
            shared = self._index_lists[found] = list(found)
        return shared

    def _compared(self, operand: Any, frame: FrameType) -> int | str:
        """Return the id of a number that was compared, or its text if it has none."""
        if isinstance(operand, Traced):
            if operand.tape is not self:
                refuse(frame, f"the number {operand!r} belongs to another recording")
            return operand.id
        return float.__repr__(operand) if isinstance(operand, float) else int.__repr__(operand)

    def copy(self, value: Any, place: Place) -> int:
        """Enter that a function returned its argument, or a literal, as it is."""
        if isinstance(value, Traced):
            operand = value.id
        else:
            source = self.sources[place.source]
            operand = self._leaf(value, source)
        return self._append(
            "copy", operand, None, float(as_plain(value)), self._place_number(place), None
        )

    def passed_on(self, value: Traced, code: CodeType) -> int:
        """Enter that a function has passed a number on as it is."""
        number = self.source_number(code)
        return self.copy(value, self.sources[number].handing_place(number))

    def turned(self, value: Traced, turned: bool, code: CodeType) -> int:
        """Enter that a function has put in a number as it is, or with the other sign."""
        if not turned:
            return self.passed_on(value, code)
        number = self.source_number(code)
        place = self._place_number(self.sources[number].last_place(number))
        return self._append("neg", value.id, None, float.__neg__(value), place, None)

    def target(self, identity: int) -> str | None:
        """Return the local variable that took the result of an operation."""
        place = self.place[identity]
        return None if place is None else self.places[place].target

    def is_leaf(self, identity: int) -> bool:
        """Return whether a number is a literal or a constant of the source."""
        return self.op[identity] in ("literal", "constant")

    def _append(
        self,
        op: str,
        a: int | None,
        b: int | None,
        value: float,
        place: int | None,
        indices: list[int] | None,
    ) -> int:
        self.op.append(op)
        self.a.append(a)
        self.b.append(b)
        self.value.append(value)
        self.place.append(place)
        self.call.append(self._stack[-1] if self._stack and op not in LEAVES else None)
        self.indices.append(indices)
        return len(self.op) - 1

    def _place_number(self, place: Place) -> int:
        found = self._place_numbers.setdefault(place, len(self.places))
        if found == len(self.places):
            self.places.append(place)
        return found

    def _operand(self, operand: Any, frame: FrameType) -> int:
        if isinstance(operand, (Traced, Whole)):
            if operand.tape is not self:
                refuse(frame, f"the number {operand!r} belongs to another recording")
            return operand.id
        source = self.sources[self._source_of[frame.f_code]]
        if not source.contains(operand) and not self._is_count(operand, frame):
            refuse(
                frame,
                f"the number {operand!r} has no origin: it is neither computed from recorded "
                f"numbers nor written in the source",
            )
        return self._leaf(operand, source)

    def is_recording(self) -> bool:
        """Return whether the function that runs was called with recorded numbers."""
        return bool(self._stack) and self.calls[self._stack[-1]].recorded

    def _is_count(self, operand: Any, frame: FrameType) -> bool:
        """Return whether a whole number follows from the sizes of a layer."""
        return type(operand) is int and frame.f_code in self.counting

    def is_inside_recorded(self, call: int) -> bool:
        """Return whether a call happened in one with recorded numbers."""
        caller = self.calls[call].caller
        return caller is not None and self.calls[caller].recorded

    def literal_number(self, value: Any, frame: FrameType) -> Any:
        """Return a literal of the source that is handed on to a function as a recorded number."""
        if type(value) is not float:
            return value
        source = self.sources[self.source_number(frame.f_code)]
        if not source.contains(value):
            return value
        return self.leaf_number(value, source)

    def leaf_number(self, value: float, source: FunctionSource) -> Number:
        """Return a literal or a constant of a function as a recorded number."""
        return new_number(self, value, self._leaf(value, source))

    def _leaf(self, value: float, source: FunctionSource) -> int:
        """Return the id of a literal or constant of the source."""
        key = key_of(value)
        name = source.constant_name(value)
        kind = "literal" if name is None else "constant"
        found = self._leaves.get((name or "", key))
        if found is None:
            found = self._append(kind, None, None, value, None, None)
            self._leaves[name or "", key] = found
            if name is not None:
                self.names[found] = name
        return found

    # Calls.

    def enter(
        self, function: FunctionType, arguments: dict[str, Any], line: int | None, recorded: bool
    ) -> int:
        """Enter that a function is called, and whether recorded numbers go in."""
        caller = self._stack[-1] if self._stack else None
        shown = {name: describe(value) for name, value in arguments.items()}
        number = len(self.calls)
        source = self.source_number(function.__code__)
        self.calls.append(Call(source, caller, line, len(self.op), shown, recorded))
        self.call_ends.append(len(self.op))
        self.call_results.append(None)
        self._stack.append(number)
        return number

    def leave(self, number: int) -> None:
        """Enter that a call has ended."""
        self._stack.remove(number)
        self.call_ends[number] = len(self.op)
