"""From a tape to formulas: which operations make up which named number, and how that is written.

A formula is a text in which ``#12`` stands for the number with the id 12, so that it can be shown
in names and in numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from .tape import LEAVES, Tape

OPERAND = re.compile(r"#(\d+)")
_ALONE = re.compile(r"(?<=\()#(\d+)(?=\))|^#(\d+)$")

_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3}
_ATOM = 4
_CALLS = {"frexp_mantissa": ("frexp(", ")[0]"), "frexp_exponent": ("frexp(", ")[1]")}


def find_owners(
    tape: Tape, named: set[int], also: Callable[[int], bool]
) -> tuple[list[int | None], list[int]]:
    """Return each operation's owner, the named number whose formula it is part of; and new names.

    An operation that several numbers share has to be named itself; those, and the ones for which
    ``also`` says so, are the second list.  A named number is its own owner.
    """
    owners: list[int | None] = [None] * len(tape)
    shared: list[int] = []
    several = -1
    for identity in range(len(tape) - 1, -1, -1):
        if tape.op[identity] in LEAVES:
            owners[identity] = identity if identity in named else None
            continue
        if identity in named:
            owners[identity] = identity
        elif owners[identity] == several or (owners[identity] is not None and also(identity)):
            owners[identity] = identity
            shared.append(identity)
        owner = owners[identity]
        for operand in (tape.a[identity], tape.b[identity]):
            if operand is None or owner is None:
                continue
            if owners[operand] is None:
                owners[operand] = owner
            elif owners[operand] != owner:
                owners[operand] = several
    shared.reverse()
    return owners, shared


def write_formula(tape: Tape, named: set[int], identity: int) -> str:
    """Return the formula of a named number, with ``#id`` for its operands.

    The ``0.0 +`` at the head of a sum is left out where the result is the same without it.
    """

    def expanded(found: int) -> bool:
        return found == identity or (tape.op[found] not in LEAVES and found not in named)

    def write(found: int) -> tuple[str, int]:
        """Return an expression and how strongly its last operator binds."""
        parts: list[str] = []
        rights: list[tuple[str, int]] = []
        strength = _ATOM
        while True:
            # Down the left side of a long sum or product; the right sides are collected.
            if not expanded(found):
                first, own = f"#{found}", _ATOM
                break
            op, a, b = tape.op[found], tape.a[found], tape.b[found]
            assert a is not None
            if op not in ("+", "-", "*", "/"):
                first, own = _single(op, *write(a), None if b is None else write(b)[0])
                break
            assert b is not None
            if op == "+" and _is_head(a, b, rights):
                found = b
                continue
            own = _STRENGTH[op]
            if parts and own < strength:
                first, own = write(found)
                first, own = f"({first})", _ATOM
                break
            right, binds = write(b)
            parts.append(f" {op} ({right})" if binds <= own else f" {op} {right}")
            rights.append((op, b))
            strength = own
            found = a
        if not parts:
            return first, own
        if own < strength:
            first = f"({first})"
        lowest = min(_STRENGTH[part[1]] for part in parts)
        return first + "".join(reversed(parts)), lowest

    def _is_head(a: int, b: int, rights: list[tuple[str, int]]) -> bool:
        """Return whether a sum may begin with b instead of 0.0 + b; ``rights`` is what follows."""
        if tape.op[a] != "literal" or not _is_zero(tape.value[a], 1.0):
            return False
        if not _is_zero(tape.value[b], -1.0):
            return True
        # Only from -0.0 the sum differs, and only as long as nothing but -0.0 is added.
        for op, right in reversed(rights):
            if op != "+":
                return False
            if not _is_zero(tape.value[right], -1.0):
                return True
        return False

    return write(identity)[0]


def _single(op: str, operand: str, strength: int, second: str | None) -> tuple[str, int]:
    if op == "copy":
        return operand, strength
    if op == "neg":
        return f"-({operand})" if strength <= _STRENGTH["neg"] else f"-{operand}", _STRENGTH["neg"]
    before, after = _CALLS.get(op, (f"{op}(", ")"))
    return f"{before}{operand}{'' if second is None else ', ' + second}{after}", _ATOM


def _is_zero(value: float, sign: float) -> bool:
    return value == 0.0 and math.copysign(1.0, value) == sign


def fill(formula: str, text_of: Callable[[int], str]) -> str:
    """Return a formula with the texts of its operands; negative numbers go into parentheses.

    >>> fill("#0 * #1 + exp(#1)", lambda identity: ["2.0", "-1.0"][identity])
    '2.0 * (-1.0) + exp(-1.0)'
    """

    def alone(found: re.Match[str]) -> str:
        return text_of(int(found[1] or found[2]))

    def inside(found: re.Match[str]) -> str:
        text = text_of(int(found[1]))
        return f"({text})" if text.startswith("-") else text

    return OPERAND.sub(inside, _ALONE.sub(alone, formula))


def operands(formula: str) -> list[int]:
    """Return the ids in a formula, in their order."""
    return [int(found) for found in OPERAND.findall(formula)]
