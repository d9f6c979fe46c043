"""Floats that remember how they were computed.

A ``Number`` is a float whose operations are entered on a tape: what was done, with which operands,
where in the source.  What would take its origin away is refused with a ``RecordingError`` that
names the function and the line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn, Protocol

from ..source.functions import RecordingError


class Tape(Protocol):
    """What a number is entered on."""

    def operation(
        self, op: str, operands: tuple[Any, ...], value: float, frame: FrameType, part: int = 0
    ) -> int: ...

    def condition(self, op: str, a: Any, b: Any, outcome: bool, frame: FrameType) -> None: ...


class Traced(float):
    """A float with an id on a tape.  Between two of them nothing is recorded; see ``Number``."""

    __slots__ = ("id", "tape")
    tape: Tape
    id: int


class Number(Traced):
    """A float whose operations are entered on its tape, also those with ``Traced`` numbers.

    So is what recorded code decides by comparing it, or by its being zero or not.
    """

    __slots__ = ()

    def __neg__(self) -> Number:
        value = float.__neg__(self)
        return new_number(
            self.tape, value, self.tape.operation("neg", (self,), value, sys._getframe(1))
        )

    def __pos__(self) -> Number:
        return self

    def __bool__(self) -> bool:
        outcome = float.__bool__(self)
        self.tape.condition("!=", self, 0.0, outcome, sys._getframe(1))
        return outcome


class Whole(int):
    """A whole number with an id on a tape: an exponent, in functions that are recorded open."""

    tape: Tape
    id: int

    def __sub__(self, other: int) -> Whole:
        value = int.__sub__(self, other)
        return new_whole(
            self.tape, value, self.tape.operation("-", (self, other), value, sys._getframe(1))
        )

    def __add__(self, other: int) -> Whole:
        value = int.__add__(self, other)
        return new_whole(
            self.tape, value, self.tape.operation("+", (self, other), value, sys._getframe(1))
        )


def new_number(tape: Tape, value: float, identity: int) -> Number:
    """Return a recorded number with an id on a tape."""
    made = Number(value)
    made.tape = tape
    made.id = identity
    return made


def new_traced(tape: Tape, value: float, identity: int) -> Traced:
    """Return a number that has an id on a tape, and whose operations are not recorded."""
    made = Traced(value)
    made.tape = tape
    made.id = identity
    return made


def new_whole(tape: Tape, value: int, identity: int) -> Whole:
    """Return a whole number with an id on a tape."""
    made = Whole(value)
    made.tape = tape
    made.id = identity
    return made


def as_plain(value: float) -> float:
    """Return the same bits as a float without an origin."""
    return float.__add__(value, -0.0) if isinstance(value, float) else value


def plain(values: Any) -> Any:
    """Return nested lists of the same bits as floats without an origin."""
    if isinstance(values, float):
        return as_plain(values)
    if isinstance(values, (list, tuple)):
        return [plain(value) for value in values]
    return values


def _add_arithmetic() -> None:
    """Give ``Number`` the operators that are recorded, and those that are refused.

    Set from outside, a comparison leaves ``__hash__`` as it is.
    """
    recorded = {"+": "add", "-": "sub", "*": "mul", "/": "truediv"}
    for symbol, name in recorded.items():
        setattr(Number, f"__{name}__", _recorded(symbol, getattr(float, f"__{name}__"), False))
        setattr(Number, f"__r{name}__", _recorded(symbol, getattr(float, f"__r{name}__"), True))
    compared = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}
    for symbol, name in compared.items():
        setattr(Number, f"__{name}__", _compared(symbol, getattr(float, f"__{name}__")))
    refused = (
        "__abs__ __round__ __float__ __int__ __trunc__ __floor__ __ceil__ __pow__ __rpow__ __mod__ "
        "__rmod__ __floordiv__ __rfloordiv__ __divmod__ __rdivmod__ as_integer_ratio hex conjugate"
    )
    for name in refused.split():
        setattr(Number, name, _refused(f"{name.strip('_')}()"))


def _recorded(symbol: str, compute: Callable[..., Any], swapped: bool) -> Callable[..., Any]:
    def method(self: Number, other: Any) -> Any:
        value = compute(self, other)
        if value is NotImplemented:
            return value
        operands = (other, self) if swapped else (self, other)
        tape = self.tape
        return new_number(tape, value, tape.operation(symbol, operands, value, sys._getframe(1)))

    return method


def _compared(symbol: str, compute: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Number, other: Any) -> Any:
        outcome = compute(self, other)
        if outcome is not NotImplemented:
            self.tape.condition(symbol, self, other, outcome, sys._getframe(1))
        return outcome

    return method


def _refused(what: str) -> Callable[..., Any]:
    def method(self: Number, *ignored: Any) -> NoReturn:
        refuse(sys._getframe(1), f"{what} would take a number's origin away")

    return method


_add_arithmetic()


def refuse(frame: FrameType, message: str) -> NoReturn:
    """Raise a RecordingError that names the function and the line of a frame."""
    code = frame.f_code
    name = getattr(code, "co_qualname", code.co_name)
    file = code.co_filename.replace("\\", "/").rsplit("/", 1)[-1]
    raise RecordingError(f"{name}, {file} line {frame.f_lineno}: {message}")


def describe(value: Any) -> Any:
    """Return what tells a matrix, a row or a number on the tape later, or a short text."""
    if isinstance(value, (Traced, Whole)):
        return ("number", value.id)
    if isinstance(value, list) and value:
        if isinstance(value[0], list) and value[0] and isinstance(value[0][0], list):
            return _described_array(value)
        if isinstance(value[0], list) and value[0]:
            corners = [value[0][0], value[0][-1], value[-1][0], value[-1][-1]]
            return ("matrix", len(value), len(value[0]), *(getattr(e, "id", None) for e in corners))
        if isinstance(value[0], float):
            return ("row", len(value), *(getattr(e, "id", None) for e in (value[0], value[-1])))
    if isinstance(value, (str, int, float)):
        return ("text", repr(value))
    return None


def _described_array(values: list[Any]) -> Any:
    """Return what tells an image or filters, lists nested deeper than a matrix."""
    shape = []
    first = last = values
    while isinstance(first, list) and first and last:
        shape.append(len(first))
        first, last = first[0], last[-1]
    return ("array", *shape, getattr(first, "id", None), getattr(last, "id", None))
