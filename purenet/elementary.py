"""The exponential function, the logarithm, the hyperbolic tangent and the cosine, written out.

Every operating system brings its own ``exp``, and they differ in the last bit.  One such bit is
enough for another network after a thousand epochs, so purenet computes these functions itself, in
additions, multiplications, divisions and exact scaling by powers of two.  IEEE 754 fixes the result
of each of those, so every machine gets the same number.

The plan is the same for all: bring the argument into a small interval where a short polynomial is
accurate, evaluate the polynomial, and undo the first step.

Errors, found by comparison with 50-digit arithmetic (``tests/test_elementary.py``), in units in the
last place (ulp): ``exp`` 0.87, ``log`` 0.78, ``log1p`` 0.84, ``tanh`` 0.85, ``cos`` 0.77.  A
correctly rounded result has 0.5.

Sources: W. J. Cody and W. Waite, "Software Manual for the Elementary Functions", 1980 (the two-part
reduction by ln 2, the rational function of ``tanh``, in the coefficients of S. Moshier's Cephes
library, 1984); Sun Microsystems' fdlibm, 1993 (the polynomials of the logarithm and the
cosine, the parts of pi / 2).
"""

from __future__ import annotations

import math

LOG2_E = 1.4426950408889634  # 1 / ln 2
LN2_HIGH = 0.6931471803691238  # the first 33 bits of ln 2: k * LN2_HIGH is exact
LN2_LOW = 1.9082149292705877e-10  # the rest of ln 2
ROUND = 6755399441055744.0  # 1.5 * 2**52; adding and subtracting it rounds to a whole number

EXP_OVERFLOW = 709.782712893384  # exp of anything larger is infinite
EXP_UNDERFLOW = -745.1332191019412  # exp of anything smaller is zero
SQRT_HALF = 0.7071067811865476

TWO_OVER_PI = 0.6366197723675814
HALF_PI_1 = 1.5707963267341256  # the first 33 bits of pi / 2: k * HALF_PI_1 is exact
HALF_PI_2 = 6.077100506303966e-11  # the next 33
HALF_PI_3 = 2.0222662487111665e-21  # the next 33
HALF_PI_4 = 8.4784276603689e-32  # the rest
LARGEST_ANGLE = 1000000.0


def exp(x: float) -> float:
    """Return e to the power x.

    With ``x = k * ln 2 + r``, k a whole number and r at most ln 2 / 2 = 0.347 in size::

        exp(x) = 2**k * exp(r)        exp(r) = 1 + r + r**2/2! + r**3/3! + ... + r**13/13!

    The first term left out, ``r**14/14!``, is below 2**-57.

    Larger than 709.78 gives inf, smaller than -745.13 gives 0.0, NaN gives NaN.

    >>> exp(1.0)
    2.7182818284590455
    >>> exp(-1000.0)
    0.0
    """
    if x != x:
        return x
    if x > EXP_OVERFLOW:
        return math.inf
    if x < EXP_UNDERFLOW:
        return 0.0
    k = (x * LOG2_E + ROUND) - ROUND
    high = x - k * LN2_HIGH
    low = k * LN2_LOW
    power_of_r = 1.0 + (high + _exp_tail(high, low))
    if k < -1021.0:
        # The result may be subnormal.  Some C libraries cut it off there instead of rounding;
        # a multiplication rounds everywhere.
        return math.ldexp(power_of_r, int(k) + 54) * 5.551115123125783e-17  # 2**-54
    return math.ldexp(power_of_r, int(k))


def _exp_tail(high: float, low: float) -> float:
    """Return what is left of ``exp(r)`` after ``1 + high``, for ``r = high - low``."""
    r = high - low
    series = 1.0 / 6227020800.0  # 1/13!
    series = 1.0 / 479001600.0 + r * series
    series = 1.0 / 39916800.0 + r * series
    series = 1.0 / 3628800.0 + r * series
    series = 1.0 / 362880.0 + r * series
    series = 1.0 / 40320.0 + r * series
    series = 1.0 / 5040.0 + r * series
    series = 1.0 / 720.0 + r * series
    series = 1.0 / 120.0 + r * series
    series = 1.0 / 24.0 + r * series
    series = 1.0 / 6.0 + r * series
    series = 1.0 / 2.0 + r * series
    return r * r * series - low


def log(x: float) -> float:
    """Return the natural logarithm of x.

    With ``x = 2**k * (1 + f)`` and ``1 + f`` between sqrt(1/2) and sqrt(2)::

        log(x) = k * ln 2 + log(1 + f)

    Zero gives -inf, a negative number NaN, inf inf, NaN NaN.

    >>> log(10.0)
    2.302585092994046
    >>> log(0.0)
    -inf
    """
    if x != x or x == math.inf:
        return x
    if x == 0.0:
        return -math.inf
    if x < 0.0:
        return math.nan
    mantissa, k = math.frexp(x)
    if mantissa < SQRT_HALF:
        mantissa = mantissa * 2.0
        k = k - 1
    return _log_of_parts(float(k), mantissa - 1.0, 0.0)


def log1p(x: float) -> float:
    """Return ``log(1 + x)``, accurate also where ``1 + x`` would round to 1.

    What rounding takes away from ``1 + x`` is given back: ``log(u + lost) = log(u) + lost / u`` up
    to terms too small to matter.

    -1 gives -inf, anything smaller NaN, inf inf, NaN NaN.

    >>> log1p(1e-20)
    1e-20
    """
    if x != x or x == math.inf:
        return x
    if x == -1.0:
        return -math.inf
    if x < -1.0:
        return math.nan
    if -0.2928932188134524 < x < 0.4142135623730950:  # 1 + x between sqrt(1/2) and sqrt(2)
        return _log_of_parts(0.0, x, 0.0)
    u = 1.0 + x
    lost = x - (u - 1.0)
    if x > 1.0:
        lost = 1.0 - (u - x)
    mantissa, k = math.frexp(u)
    if mantissa < SQRT_HALF:
        mantissa = mantissa * 2.0
        k = k - 1
    return _log_of_parts(float(k), mantissa - 1.0, lost / u)


def _log_of_parts(k: float, f: float, extra: float) -> float:
    """Return ``k * ln 2 + log(1 + f) + extra``.

    With ``s = f / (2 + f)``::

        log(1 + f) = log(1 + s) - log(1 - s) = 2 * s + 2/3 * s**3 + 2/5 * s**5 + ...
                   = f - f**2/2 + s * (f**2/2 + s**2 * P(s**2))

    P is fdlibm's polynomial, which is closer to the series than its first seven terms.
    """
    s = f / (2.0 + f)
    square = s * s
    series = 0.14798198605116586
    series = 0.15313837699209373 + square * series
    series = 0.1818357216161805 + square * series
    series = 0.22222198432149784 + square * series
    series = 0.2857142874366239 + square * series
    series = 0.3999999999940942 + square * series
    series = 0.6666666666666735 + square * series
    series = square * series
    half = 0.5 * f * f
    small = s * (half + series) + (k * LN2_LOW + extra)
    return k * LN2_HIGH - ((half - small) - f)


def tanh(x: float) -> float:
    """Return the hyperbolic tangent of x, ``(exp(x) - exp(-x)) / (exp(x) + exp(-x))``.

    Up to 0.625 in size it is x plus a small correction, Cephes' rational function of x squared.
    Beyond, ``tanh(x) = 1 - 2 / (exp(2 * x) + 1)``; there the sum ``exp(2 * x) + 1`` is kept in two
    parts, because what it loses by rounding would cost more than one unit in the last place.

    >>> tanh(0.5)
    0.46211715726000974
    >>> tanh(-100.0)
    -1.0
    """
    if x != x:
        return x
    size = x
    if x < 0.0:
        size = -x
    if size < 0.625:
        square = x * x
        above = -0.9643991794250523
        above = -99.28772310019185 + square * above
        above = -1614.6876844170845 + square * above
        below = 112.81167849163293 + square
        below = 2235.4883906010045 + square * below
        below = 4844.063053251255 + square * below
        return x + x * (square * (above / below))
    if size > 22.0:
        value = 1.0
    else:
        value = _tanh_of_large(size)
    if x < 0.0:
        return -value
    return value


def _tanh_of_large(x: float) -> float:
    """Return ``1 - 2 / (exp(2 * x) + 1)`` for x from 0.625 to 22."""
    k = (2.0 * x * LOG2_E + ROUND) - ROUND
    high = 2.0 * x - k * LN2_HIGH
    low = k * LN2_LOW
    tail = _exp_tail(high, low)
    power = math.ldexp(1.0, int(k))
    # exp(2x) + 1 = (power + 1) + power * high + power * tail, added from large to small;
    # `rest` collects what each rounding of the sum leaves behind.
    large = power + 1.0
    total = large + power * high
    rest = (power * high - (total - large)) + power * tail
    denominator = total + rest
    rest = rest - (denominator - total)
    quotient = 2.0 / denominator
    value = 1.0 - quotient
    lost = (1.0 - value) - quotient
    return value + (lost + quotient * (rest / denominator))


def cos(x: float) -> float:
    """Return the cosine of an angle, up to a million in size.

    With ``x = k * pi / 2 + r``, k a whole number and r at most pi / 4 in size, it is plus or minus
    the cosine or the sine of r, as k says::

        cos(r) = 1 - r**2/2! + r**4/4! - ...        sin(r) = r - r**3/3! + r**5/5! - ...

    in fdlibm's polynomials, which are closer than the first terms of these series.  r is kept in
    two parts, because of a cosine near 0 nothing but r is left.

    pi / 2 has four parts.  Times a k of up to 20 bits, three of them are exact; beyond a million
    they would not be.

    Raises ValueError for a larger angle.  NaN gives NaN.

    >>> cos(0.0)
    1.0
    >>> cos(1.5707963267948966)
    6.123233995736766e-17
    """
    if x != x:
        return x
    size = x
    if x < 0.0:
        size = -x
    if size > LARGEST_ANGLE:
        raise ValueError(f"cos: found {x}, expected at most {LARGEST_ANGLE} in size")
    k = (size * TWO_OVER_PI + ROUND) - ROUND
    # size - k * pi / 2, part by part; `rest` collects what each rounding leaves behind.
    first = size - k * HALF_PI_1
    second = first - k * HALF_PI_2
    rest = (first - second) - k * HALF_PI_2
    third = second - k * HALF_PI_3
    rest = rest + ((second - third) - k * HALF_PI_3)
    rest = rest - k * HALF_PI_4
    high = third + rest
    low = (third - high) + rest
    quarter = int(k) % 4
    if quarter == 0:
        return _cos_of_parts(high, low)
    if quarter == 1:
        return -_sin_of_parts(high, low)
    if quarter == 2:
        return -_cos_of_parts(high, low)
    return _sin_of_parts(high, low)


def _cos_of_parts(high: float, low: float) -> float:
    """Return ``cos(high + low)`` for up to pi / 4 in size."""
    square = high * high
    series = -1.13596475577881948265e-11
    series = 2.08757232129817482790e-09 + square * series
    series = -2.75573143513906633035e-07 + square * series
    series = 2.48015872894767294178e-05 + square * series
    series = -1.38888888888741095749e-03 + square * series
    series = 4.16666666666666019037e-02 + square * series
    half = 0.5 * square
    large = 1.0 - half
    lost = (1.0 - large) - half
    return large + (lost + (square * (square * series) - high * low))


def _sin_of_parts(high: float, low: float) -> float:
    """Return ``sin(high + low)`` for up to pi / 4 in size."""
    square = high * high
    cube = square * high
    series = 1.58969099521155010221e-10
    series = -2.50507602534068634195e-08 + square * series
    series = 2.75573137070700676789e-06 + square * series
    series = -1.98412698298579493134e-04 + square * series
    series = 8.33333333332248946124e-03 + square * series
    small = square * (0.5 * low - cube * series) - low
    return high - (small + cube * 1.66666666666666324348e-01)
