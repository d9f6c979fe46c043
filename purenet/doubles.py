"""A look at the numbers that this Python computes with: are they plain IEEE 754 doubles?

Every digest rests on that.  It fails where Python was built for the x87 unit, which rounds twice,
and in a process where some library has switched subnormal numbers off or another rounding on.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable

Operation = Callable[[float, float], float]


def check_doubles() -> None:
    """Warn if this process does not compute as IEEE 754 says; it takes about a microsecond."""
    found = deviation()
    if found is not None:
        warnings.warn(
            f"purenet: {found}; networks trained here will differ from those trained elsewhere",
            RuntimeWarning,
            stacklevel=3,
        )


def deviation(add: Operation = operator.add, multiply: Operation = operator.mul) -> str | None:
    """Return in what adding and multiplying deviate from IEEE 754 doubles; None if in nothing.

    >>> deviation() is None
    True
    """
    # To the nearest, a tiny number changes nothing, from neither side.
    if add(1.0, 1e-30) != 1.0 or add(1.0, -1e-30) != 1.0:
        return "this process rounds numbers in another way than to the nearest"
    # The sum is just below halfway between 1e16 + 2 and 1e16 + 4.  Rounded to the 64 bits of x87
    # first, it is halfway, and then goes to the even one.
    if add(1e16, 2.9999) != 10000000000000002.0:
        return "this Python rounds numbers twice, as the x87 unit does"
    # Made large again, because a processor that takes them for 0 does so in comparisons, too.
    if multiply(multiply(1e-310, 0.5), 1e300) == 0.0:
        return "a library has switched subnormal numbers off, which count as 0 in this process"
    return None
