"""Comparing numbers as bits: no tolerance, and any NaN equals any NaN."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable
from typing import Any

NAN = b"NaN"


def bits(value: Any) -> Any:
    """Return floats as their 8 bytes, at any depth of lists; other values as they are."""
    if isinstance(value, float):
        return NAN if value != value else struct.pack("<d", value)
    if hasattr(value, "__iter__") and not isinstance(value, (str, bytes)):
        items = list(value)
        if set(map(type, items)) == {float}:
            return _bits_of_row(items)
        return [bits(item) for item in items]
    return value


def _bits_of_row(row: list[float]) -> list[bytes]:
    """Return the bits of each number of a row, made for all at once: half the tests wait for it."""
    count = len(row)
    found: list[bytes] = list(struct.unpack("8s" * count, struct.pack(f"<{count}d", *row)))
    if any(map(math.isnan, row)):
        return [NAN if math.isnan(x) else packed for x, packed in zip(row, found, strict=True)]
    return found


def first_difference(a: Any, b: Any, place: str = "") -> str | None:
    """Return a text about the first place where two values differ in a bit, or None."""
    one, other = bits(a), bits(b)
    if one == other and type(one) is type(other):
        return None
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return f"{place}: {len(one)} and {len(other)} items"
        for number, (x, y) in enumerate(zip(a, b, strict=True)):
            found = first_difference(x, y, f"{place}[{number}]")
            if found is not None:
                return found
    return f"{place}: {a!r} and {b!r}"


def assert_same_bits(a: Any, b: Any, what: str = "") -> None:
    difference = first_difference(a, b, what)
    assert difference is None, difference


def assert_same_courses(one: Any, other: Any, what: str) -> None:
    """Compare two lists of names and bits, in which the first difference is the one to be told."""
    for (name, a), (_, b) in zip(one, other, strict=True):
        if a != b:
            assert_same_bits(a, b, f"{what}, {name}")


def outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return the bits of a call's result, or the type and the message of what it raised."""
    try:
        return bits(function(*arguments))
    except Exception as error:
        return type(error).__name__, str(error)


def random_double(generator: random.Random) -> float:
    """Return a double of random bits: any exponent, subnormals, infinities and NaN included."""
    number: float = struct.unpack("<d", struct.pack("<Q", generator.getrandbits(64)))[0]
    return number


SPECIAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    5e-324,
    -5e-324,
    2.2250738585072014e-308,
    1e-300,
    1e300,
    -1e300,
    1.7976931348623157e308,
    -1.7976931348623157e308,
    float("inf"),
    float("-inf"),
    float("nan"),
]
"""Doubles at the edges of the format."""


def random_matrix(generator: random.Random, rows: int, columns: int) -> list[list[float]]:
    """Return a matrix of ordinary numbers, of zeros and, rarely, of special ones."""
    return [[_random_entry(generator) for _ in range(columns)] for _ in range(rows)]


def _random_entry(generator: random.Random) -> float:
    kind = generator.random()
    if kind < 0.7:
        return 4.0 * generator.random() - 2.0
    if kind < 0.9:
        return 0.0
    if kind < 0.97:
        return generator.choice(SPECIAL)
    return random_double(generator)
