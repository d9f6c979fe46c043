"""What recorded code has decided: every comparison of a recorded number, and how it came out."""

from __future__ import annotations

from typing import Any

from ..source.functions import Place


class Conditions:
    """The comparisons in the order in which they were made, as columns.

    a, b: the id of an operation, or the text of a number that has none.  before: the operations
    with ids below it had happened.
    """

    def __init__(self) -> None:
        self.op: list[str] = []
        self.a: list[int | str] = []
        self.b: list[int | str] = []
        self.outcome: list[bool] = []
        self.before: list[int] = []
        self.place: list[Place] = []
        self.call: list[int | None] = []
        self.indices: list[list[int] | None] = []

    def __len__(self) -> int:
        return len(self.op)

    def cut(self, count: int) -> None:
        """Forget all but the first ones."""
        for column in vars(self).values():
            del column[count:]

    def add(
        self,
        op: str,
        a: int | str,
        b: int | str,
        outcome: bool,
        before: int,
        place: Place,
        call: int | None,
        indices: list[int] | None,
    ) -> None:
        """Enter one."""
        self.op.append(op)
        self.a.append(a)
        self.b.append(b)
        self.outcome.append(outcome)
        self.before.append(before)
        self.place.append(place)
        self.call.append(call)
        self.indices.append(indices)


def compared(op: str, a: Any, b: Any) -> bool:
    """Return how a comparison comes out.

    >>> compared("<=", 1.0, 2.0), compared("!=", 1.0, 1.0)
    (True, False)
    """
    if op == "<":
        found = a < b
    elif op == ">":
        found = a > b
    elif op == "<=":
        found = a <= b
    elif op == ">=":
        found = a >= b
    elif op == "==":
        found = a == b
    else:
        found = a != b
    return bool(found)
