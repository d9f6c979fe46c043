"""A recording repeated: every operation once more, from nothing but what the recording says."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from .conditions import Conditions, compared
from .programs import Program, programs_of
from .tape import LEAVES

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
_NO_STEPS = (*LEAVES, "argument")


def repeated(
    op: Sequence[str],
    a: Sequence[int | None],
    b: Sequence[int | None],
    given: Sequence[Any],
    functions: Mapping[str, Sequence[Path]],
) -> list[Any]:
    """Return the value of each operation.

    given: a number for each operation; of them only those of the leaves are used, and those of
        functions that are not among ``functions``.

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
        elif name not in _OPERATIONS:
            values.append(given[identity])  # a function that cannot be opened
        else:
            values.append(_OPERATIONS[name](values[first]))
    return values


class Path:
    """A program, made ready to be run.

    Before each condition, and before the result, only what it takes is computed: past the first
    condition that fails, an entry of another path may have no value.
    """

    def __init__(self, program: Program) -> None:
        self._start: list[Any] = [
            None if text is None else number_of(text) for text in program["value"]
        ]
        self._result: int = program["result"]
        known = {place for place, op in enumerate(program["op"]) if op in _NO_STEPS}

        def steps_to(wanted: Sequence[int]) -> list[tuple[Callable[..., Any], int, int | None]]:
            steps = []
            for place in sorted(_below(program, wanted) - known):
                known.add(place)
                operation = _OPERATIONS[program["op"][place]]
                steps.append((operation, program["a"][place], program["b"][place]))
                self._targets.append(place)
            return steps

        self._targets: list[int] = []
        self._decisions = []
        columns = program["conditions"]
        for op, a, b, outcome in zip(
            columns["op"], columns["a"], columns["b"], columns["outcome"], strict=True
        ):
            self._decisions.append((steps_to((a, b)), op, a, b, outcome))
        self._last = steps_to((self._result,))

    def run(self, argument: float) -> float | None:
        """Return the value for an argument, None if the argument takes another path."""
        values = self._start.copy()
        values[0] = argument
        targets = iter(self._targets)
        for steps, op, a, b, outcome in self._decisions:
            _take(steps, values, targets)
            if compared(op, values[a], values[b]) is not outcome:
                return None
        _take(self._last, values, targets)
        found: float = values[self._result]
        return found


def _take(
    steps: Sequence[tuple[Callable[..., Any], int, int | None]],
    values: list[Any],
    targets: Iterator[int],
) -> None:
    for operation, a, b in steps:
        first = values[a]
        values[next(targets)] = operation(first) if b is None else operation(first, values[b])


def _below(program: Program, wanted: Sequence[int]) -> set[int]:
    """Return the entries from which some are computed, with these themselves."""
    found: set[int] = set()
    todo = list(wanted)
    while todo:
        place = todo.pop()
        if place not in found:
            found.add(place)
            todo += [
                each for each in (program["a"][place], program["b"][place]) if each is not None
            ]
    return found


@cache
def paths_of(name: str) -> list[Path]:
    """Return the paths through an elementary function."""
    return [Path(program) for program in programs_of(name)]


def value_of(paths: Sequence[Path], argument: float) -> float | None:
    """Return a function's value by the first path whose conditions all hold, None if none does."""
    for path in paths:
        value = path.run(argument)
        if value is not None:
            return value
    return None


def failing(conditions: Conditions, values: Sequence[Any]) -> int | None:
    """Return the number of the first condition that comes out otherwise with these values."""

    texts: dict[int | str, Any] = {}

    def operand(found: int | str) -> Any:
        if isinstance(found, int):
            return values[found]
        if found not in texts:
            texts[found] = number_of(found)
        return texts[found]

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
