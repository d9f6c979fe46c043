"""Fields read back from a model file, each checked and named where it is wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any, TypeAlias

from ..checks import counted, shown
from ..names import hint
from .words import first_repeated

Check: TypeAlias = Callable[[str, Any], Any]  # of a field: its name, its value


def settle(obj: object, checks: Mapping[str, Check]) -> None:
    """Check fields of an object that is being made, and keep what the checks return."""
    for name, check in checks.items():
        object.__setattr__(obj, name, check(name, getattr(obj, name)))


def check_keys(obj: Any, place: str, keys: Sequence[str]) -> dict[str, Any]:
    """Return an object of exactly these keys, or raise ValueError."""
    if not isinstance(obj, dict):
        raise ValueError(f"{place}: found {shown(obj)}, expected an object")
    for key in keys:
        if key not in obj:
            raise ValueError(f"{place}: {key} is missing, expected {', '.join(keys)}")
    for key in obj:
        if key not in keys:
            raise ValueError(f"{place}: found {shown(key)}, expected only {', '.join(keys)}")
    return obj


def as_text(place: str, value: Any) -> str:
    """Return a text in which something stands."""
    if not isinstance(value, str):
        raise TypeError(f"{place}: found {shown(value)}, expected text")
    if not value:
        raise ValueError(f"{place}: found nothing, expected text")
    return value


def as_texts(place: str, values: Any, least: int = 0) -> list[str]:
    """Return a list of different texts, at least so many."""
    if not isinstance(values, (list, tuple)):
        raise TypeError(f"{place}: found {shown(values)}, expected a list of names")
    checked = [as_text(f"{place}: position {i}", value) for i, value in enumerate(values)]
    if len(checked) < least:
        raise ValueError(
            f"{place}: found {counted(len(checked), 'name')}, expected {least} or more"
        )
    repeated = first_repeated(checked)
    if repeated is not None:
        raise ValueError(f"{place}: found {repeated!r} twice, expected different names")
    return checked


def as_finite(place: str, value: Any) -> float:
    """Return a finite number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{place}: found {shown(value)}, expected a number")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError(f"{place}: found {shown(value)}, expected one that fits a float") from None
    if not math.isfinite(number):
        raise ValueError(f"{place}: found {number}, expected a finite number")
    return number


def as_finites(place: str, values: Any, count: int) -> list[float]:
    """Return a list of so many finite numbers."""
    if not isinstance(values, (list, tuple)):
        raise TypeError(f"{place}: found {shown(values)}, expected a list of numbers")
    if len(values) != count:
        raise ValueError(f"{place}: found {counted(len(values), 'number')}, expected {count}")
    return [as_finite(f"{place}: position {i}", value) for i, value in enumerate(values)]


def as_divisor(place: str, value: Any) -> float:
    """Return a finite number above 0."""
    number = as_finite(place, value)
    if number <= 0.0:
        raise ValueError(f"{place}: found {number}, expected more than 0")
    return number


def as_gaps(place: str, value: Any) -> int:
    """Return how many cells were missing: a whole number, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{place}: found {shown(value)}, expected a whole number")
    if value < 0:
        raise ValueError(f"{place}: found {value}, expected 0 or more")
    return value


def one_of(place: str, value: Any, choices: Sequence[str]) -> str:
    """Return one of these texts."""
    if value not in choices:
        raise ValueError(
            f"{place}: found {shown(value)}, expected one of {', '.join(choices)}"
            f"{hint(value, choices)}"
        )
    return str(value)


def as_boolean(place: str, value: Any) -> bool:
    """Return True or False."""
    if not isinstance(value, bool):
        raise TypeError(f"{place}: found {shown(value)}, expected true or false")
    return value
