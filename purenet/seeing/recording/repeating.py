"""A recording repeated: every operation once more, from nothing but what the recording says."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .conditions import Conditions, compared
from .programs import Program

_OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "neg": operator.neg,
    "copy": lambda value: value,
    "sqrt": math.sqrt,
    "ldexp": math.ldexp,
    "frexp_mantissa": lambda value: math.frexp(value)[0],
    "frexp_exponent": lambda value: math.frexp(value)[1],
    "int": int,
    "float": float,
}
_LEAVES = ("given", "literal", "constant")


def repeated(
    op: Sequence[str],
    a: Sequence[int | None],
    b: Sequence[int | None],
    given: Sequence[Any],
    functions: Mapping[str, Sequence[Program]],
) -> list[Any]:
    """Return the value of each operation.

    given: a number for each operation; of them only those of the leaves are used.

    >>> repeated(["given", "given", "*"], [None, None, 0], [None, None, 1], [2.0, 3.0, 0.0], {})
    [2.0, 3.0, 6.0]
    """
    values: list[Any] = []
    for identity, name in enumerate(op):
        first, second = a[identity], b[identity]
        if first is None:
            values.append(given[identity])
        elif second is not None:
            values.append(_OPERATIONS[name](values[first], values[second]))
        elif name in functions:
            values.append(value_of(functions[name], values[first]))
        else:
            values.append(_OPERATIONS[name](values[first]))
    return values


def value_of(programs: Sequence[Program], argument: float) -> float | None:
    """Return the value of a function by the first program whose conditions hold, None if none."""
    for program in programs:
        values = [argument, *[None] * (len(program["op"]) - 1)]
        columns = program["conditions"]
        decided = zip(columns["op"], columns["a"], columns["b"], columns["outcome"], strict=True)
        if all(
            compared(op, _entry(program, values, a), _entry(program, values, b)) is outcome
            for op, a, b, outcome in decided
        ):
            found: float = _entry(program, values, program["result"])
            return found
    return None


def _entry(program: Program, values: list[Any], place: int) -> Any:
    """Return the value of an entry, with those that it takes computed first.

    One by one as they are asked for: past the first condition that fails, an entry of another path
    may have no value.
    """
    if values[place] is None:
        op = program["op"][place]
        if op in _LEAVES:
            values[place] = number_of(program["value"][place])
        else:
            operands = [
                _entry(program, values, found)
                for found in (program["a"][place], program["b"][place])
                if found is not None
            ]
            values[place] = _OPERATIONS[op](*operands)
    return values[place]


def failing(conditions: Conditions, values: Sequence[Any]) -> int | None:
    """Return the number of the first condition that comes out otherwise with these values."""

    def operand(found: int | str) -> Any:
        return values[found] if isinstance(found, int) else number_of(found)

    for number, op in enumerate(conditions.op):
        outcome = compared(op, operand(conditions.a[number]), operand(conditions.b[number]))
        if outcome is not conditions.outcome[number]:
            return number
    return None


def number_of(text: str) -> float | int:
    """Return the number that a recording writes as a text.

    >>> number_of("-0.0"), number_of("54"), number_of("inf")
    (-0.0, 54, inf)
    """
    return int(text) if text.lstrip("-").isdigit() else float(text)
