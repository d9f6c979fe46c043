"""A learning rate that falls, as ``train --schedule`` takes it: "cosine", "warm-up 5, step 30".

What there is, R being the rate that it begins with::

    step N [F]            every N epochs, the rate times F (0.5)
    exponential F         every epoch, the rate times F
    cosine [L]            from R down to L (0) in the course of all epochs, by half a cosine
    inverse D             in epoch t, R / (1 + D t)
    plateau [N [F]]       after N epochs (10) without a lower loss, the rate times F (0.1)
    warm-up N             N epochs on the way up to R; another one may follow after a comma
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .names import hint
from .schedules import (
    CosineDecay,
    ExponentialDecay,
    InverseTimeDecay,
    ReduceOnPlateau,
    StepDecay,
    WarmUp,
)

# The arguments that follow each name: how many at least, and the type of each.
_ARGUMENTS: dict[str, tuple[int, tuple[type, ...]]] = {
    "step": (1, (int, float)),
    "exponential": (1, (float,)),
    "cosine": (0, (float,)),
    "inverse": (1, (float,)),
    "plateau": (0, (int, float)),
    "warm-up": (1, (int,)),
}

_EXAMPLES = {
    "step": "step 30 or step 30 0.5",
    "exponential": "exponential 0.98",
    "cosine": "cosine or cosine 0.001",
    "inverse": "inverse 0.05",
    "plateau": "plateau, plateau 5 or plateau 5 0.5",
    "warm-up": "warm-up 5",
}


class ScheduleText(NamedTuple):
    """What was written: the name, its numbers, and the epochs of the warm-up before it, if any."""

    name: str
    numbers: list[Any]
    warm_up: int | None


def schedule_text(text: str) -> ScheduleText:
    """Return what a text says of the learning rate's fall, or raise ValueError.

    >>> schedule_text("warm-up 5, step 30 0.1")
    ScheduleText(name='step', numbers=[30, 0.1], warm_up=5)
    """
    first, *others = [_part(part) for part in text.split(",")]
    if first[0] != "warm-up":
        if others:
            raise ValueError(
                f"found {first[0]!r} and {others[0][0]!r}, "
                f"expected one schedule, or warm-up before another one"
            )
        return ScheduleText(*first, None)
    if not others:
        return ScheduleText("", [], first[1][0])
    if len(others) > 1 or others[0][0] == "warm-up":
        raise ValueError(f"found {others[-1][0]!r}, expected one schedule after warm-up")
    return ScheduleText(*others[0], first[1][0])


def _part(text: str) -> tuple[str, list[Any]]:
    name, *words = text.lower().split() or [""]
    if name not in _ARGUMENTS:
        raise ValueError(
            f"found {name!r}, expected {', '.join(_ARGUMENTS)}{hint(name, _ARGUMENTS)}"
        )
    least, kinds = _ARGUMENTS[name]
    try:
        numbers = [kind(word) for kind, word in zip(kinds, words, strict=False)]
        if not least <= len(words) <= len(kinds):
            raise ValueError
    except ValueError:
        raise ValueError(f"found {' '.join(text.split())!r}, expected {_EXAMPLES[name]}") from None
    return name, numbers


def schedule_of(text: ScheduleText, rate: float, epochs: int) -> Callable[..., float]:
    """Return the schedule that a text describes, for a training of so many epochs.

    Raises ValueError for numbers that make no schedule.
    """
    name, numbers, warm_up = text
    then: Any = rate
    if name == "step":
        then = StepDecay(rate, *numbers)
    elif name == "exponential":
        then = ExponentialDecay(rate, *numbers)
    elif name == "cosine":
        then = CosineDecay(rate, max(epochs - (warm_up or 0), 1), *numbers)
    elif name == "inverse":
        then = InverseTimeDecay(rate, *numbers)
    elif name == "plateau":
        named = dict(zip(("patience", "factor"), numbers, strict=False))
        then = ReduceOnPlateau(rate, **named)
    return then if warm_up is None else WarmUp(warm_up, then)
