"""The elementary functions as programs of + - * / and powers of two, one for each path.

A recording has exp, log, log1p and tanh as one operation each.  Whoever repeats it with other
numbers, in whatever language, needs the same bits of them: here is what they do, recorded from the
functions themselves with numbers that make them take each of their paths.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

from ... import elementary
from ..source.functions import RecordingError
from .namespaces import Namespaces
from .tape import LEAVES, Tape
from .traced import new_number, plain

# For each path through a function a number that takes it.
_PROBES = {
    "exp": (1.0, -720.0, -1000.0, 1000.0, math.nan),
    "log": (1.5, 1.25, 0.0, -1.0, math.inf, math.nan),
    "log1p": (0.125, -0.5, -0.625, 0.5, 1.0, 1.5, 2.0, -1.0, -2.0, math.inf, math.nan),
    "tanh": (0.5, -0.5, 2.0, -2.0, 30.0, -30.0, math.nan),
}

Program = dict[str, Any]


def programs_of(name: str) -> list[Program]:
    """Return the programs of an elementary function, as a recording lists them.

    There are none if it cannot be opened.

    >>> [program["conditions"]["outcome"] for program in programs_of("exp")][:2]
    [[False, False, False, False], [False, False, False, True]]
    """
    return _programs()[name]


def functions_in(operations: Sequence[str]) -> dict[str, list[Program]]:
    """Return the programs of all functions that are among these operations, if there are any."""
    used = set(operations)
    return {name: programs_of(name) for name in _PROBES if name in used and programs_of(name)}


@cache
def _programs() -> dict[str, list[Program]]:
    namespaces = Namespaces(Tape(), [elementary], open_functions=True)
    return {name: _recorded(namespaces, name) for name in _PROBES}


def _recorded(namespaces: Namespaces, name: str) -> list[Program]:
    tape = namespaces.tape
    function = namespaces.function(getattr(elementary, name))
    programs: list[Program] = []
    for value in _PROBES[name]:
        argument, first = tape.given(value), len(tape.conditions)
        try:
            result = function(new_number(tape, value, argument))
        except RecordingError:
            return []
        program = _program(tape, argument, first, result.id)
        if program not in programs:
            programs.append(program)
    return programs


def _program(tape: Tape, argument: int, first: int, result: int) -> Program:
    """Return what was computed from an argument, with the conditions from the first one on."""
    conditions = tape.conditions
    chosen = range(first, len(conditions))
    compared_ids = [conditions.a[place] for place in chosen] + [
        conditions.b[place] for place in chosen
    ]
    needed: set[int] = set()
    todo = [result, *(found for found in compared_ids if isinstance(found, int))]
    while todo:
        found = todo.pop()
        if found not in needed:
            needed.add(found)
            todo += [each for each in (tape.a[found], tape.b[found]) if each is not None]
    order = [argument, *sorted(needed - {argument})]
    number: dict[int | str | None, int] = {found: place for place, found in enumerate(order)}
    entries: Program = {
        "op": [tape.op[found] for found in order],
        "a": [None if tape.a[found] is None else number[tape.a[found]] for found in order],
        "b": [None if tape.b[found] is None else number[tape.b[found]] for found in order],
        "value": [
            repr(plain(tape.value[found])) if tape.op[found] in LEAVES else None for found in order
        ],
    }
    entries["op"][0], entries["value"][0] = "argument", None
    for text in compared_ids:
        if isinstance(text, str) and text not in number:
            number[text] = len(entries["op"])
            for column, item in zip(entries.values(), ("literal", None, None, text), strict=True):
                column.append(item)
    entries["conditions"] = {
        "op": conditions.op[first:],
        "a": [number[conditions.a[place]] for place in chosen],
        "b": [number[conditions.b[place]] for place in chosen],
        "outcome": conditions.outcome[first:],
    }
    entries["result"] = number[result]
    return entries
