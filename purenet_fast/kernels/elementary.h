/* Functions of one number: those of purenet/elementary.py line for line, and the sigmoid. */
#ifndef PURENET_ELEMENTARY_H
#define PURENET_ELEMENTARY_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define PURENET_LOG2_E 1.4426950408889634
#define PURENET_LN2_HIGH 0.6931471803691238
#define PURENET_LN2_LOW 1.9082149292705877e-10
#define PURENET_ROUND 6755399441055744.0
#define PURENET_SQRT_HALF 0.7071067811865476

static inline double purenet_power_of_two(int k) /* 2**k for k from -1022 to 1023 */
{
    uint64_t bits = (uint64_t)(k + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

static inline double purenet_exp_tail(double high, double low)
{
    double r = high - low;
    double series = 1.0 / 6227020800.0;
    series = 1.0 / 479001600.0 + r * series;
    series = 1.0 / 39916800.0 + r * series;
    series = 1.0 / 3628800.0 + r * series;
    series = 1.0 / 362880.0 + r * series;
    series = 1.0 / 40320.0 + r * series;
    series = 1.0 / 5040.0 + r * series;
    series = 1.0 / 720.0 + r * series;
    series = 1.0 / 120.0 + r * series;
    series = 1.0 / 24.0 + r * series;
    series = 1.0 / 6.0 + r * series;
    series = 1.0 / 2.0 + r * series;
    return r * r * series - low;
}

static inline double purenet_exp(double x)
{
    double k, high, low, y;
    int half;
    if (x != x)
        return x;
    if (x > 709.782712893384)
        return INFINITY;
    if (x < -745.1332191019412)
        return 0.0;
    k = (x * PURENET_LOG2_E + PURENET_ROUND) - PURENET_ROUND;
    high = x - k * PURENET_LN2_HIGH;
    low = k * PURENET_LN2_LOW;
    y = 1.0 + (high + purenet_exp_tail(high, low));
    /* 2**1024 and 2**-1074 are out of reach of one factor; of the two, the first is exact. */
    half = (int)k / 2;
    return y * purenet_power_of_two(half) * purenet_power_of_two((int)k - half);
}

static inline double purenet_sigmoid(double z)
{
    double e;
    if (z >= 0.0)
        return 1.0 / (1.0 + purenet_exp(-z));
    e = purenet_exp(z);
    return e / (1.0 + e);
}

/* k * ln 2 + log(1 + f) + extra */
static inline double purenet_log_of_parts(double k, double f, double extra)
{
    double s = f / (2.0 + f);
    double square = s * s;
    double half, small;
    double series = 0.14798198605116586;
    series = 0.15313837699209373 + square * series;
    series = 0.1818357216161805 + square * series;
    series = 0.22222198432149784 + square * series;
    series = 0.2857142874366239 + square * series;
    series = 0.3999999999940942 + square * series;
    series = 0.6666666666666735 + square * series;
    series = square * series;
    half = 0.5 * f * f;
    small = s * (half + series) + (k * PURENET_LN2_LOW + extra);
    return k * PURENET_LN2_HIGH - ((half - small) - f);
}

static inline double purenet_log(double x)
{
    double mantissa;
    int k;
    if (x != x || x == INFINITY)
        return x;
    if (x == 0.0)
        return -INFINITY;
    if (x < 0.0)
        return NAN;
    mantissa = frexp(x, &k);
    if (mantissa < PURENET_SQRT_HALF) {
        mantissa = mantissa * 2.0;
        k = k - 1;
    }
    return purenet_log_of_parts((double)k, mantissa - 1.0, 0.0);
}

static inline double purenet_log1p(double x)
{
    double u, lost, mantissa;
    int k;
    if (x != x || x == INFINITY)
        return x;
    if (x == -1.0)
        return -INFINITY;
    if (x < -1.0)
        return NAN;
    if (-0.2928932188134524 < x && x < 0.4142135623730950)
        return purenet_log_of_parts(0.0, x, 0.0);
    u = 1.0 + x;
    lost = x - (u - 1.0);
    if (x > 1.0)
        lost = 1.0 - (u - x);
    mantissa = frexp(u, &k);
    if (mantissa < PURENET_SQRT_HALF) {
        mantissa = mantissa * 2.0;
        k = k - 1;
    }
    return purenet_log_of_parts((double)k, mantissa - 1.0, lost / u);
}

/* the cross-entropy of a sigmoid of z; e is exp(-z) for z >= 0 and exp(z) otherwise */
static inline double purenet_sigmoid_loss(double z, double y, double e)
{
    if (z >= 0.0)
        return (1.0 - y) * z + purenet_log1p(e);
    return -y * z + purenet_log1p(e);
}

static inline double purenet_tanh_of_large(double x)
{
    double k = (2.0 * x * PURENET_LOG2_E + PURENET_ROUND) - PURENET_ROUND;
    double high = 2.0 * x - k * PURENET_LN2_HIGH;
    double low = k * PURENET_LN2_LOW;
    double tail = purenet_exp_tail(high, low);
    double power = ldexp(1.0, (int)k);
    double large = power + 1.0;
    double total = large + power * high;
    double rest = (power * high - (total - large)) + power * tail;
    double denominator = total + rest;
    double quotient, value, lost;
    rest = rest - (denominator - total);
    quotient = 2.0 / denominator;
    value = 1.0 - quotient;
    lost = (1.0 - value) - quotient;
    return value + (lost + quotient * (rest / denominator));
}

static inline double purenet_tanh(double x)
{
    double size, square, above, below, value;
    if (x != x)
        return x;
    size = x;
    if (x < 0.0)
        size = -x;
    if (size < 0.625) {
        square = x * x;
        above = -0.9643991794250523;
        above = -99.28772310019185 + square * above;
        above = -1614.6876844170845 + square * above;
        below = 112.81167849163293 + square;
        below = 2235.4883906010045 + square * below;
        below = 4844.063053251255 + square * below;
        return x + x * (square * (above / below));
    }
    if (size > 22.0)
        value = 1.0;
    else
        value = purenet_tanh_of_large(size);
    if (x < 0.0)
        return -value;
    return value;
}

#define PURENET_TWO_OVER_PI 0.6366197723675814
#define PURENET_HALF_PI_1 1.5707963267341256
#define PURENET_HALF_PI_2 6.077100506303966e-11
#define PURENET_HALF_PI_3 2.0222662487111665e-21
#define PURENET_HALF_PI_4 8.4784276603689e-32
#define PURENET_LARGEST_ANGLE 1000000.0

/* cos(high + low) */
static inline double purenet_cos_of_parts(double high, double low)
{
    double square = high * high;
    double half, large, lost;
    double series = -1.13596475577881948265e-11;
    series = 2.08757232129817482790e-09 + square * series;
    series = -2.75573143513906633035e-07 + square * series;
    series = 2.48015872894767294178e-05 + square * series;
    series = -1.38888888888741095749e-03 + square * series;
    series = 4.16666666666666019037e-02 + square * series;
    half = 0.5 * square;
    large = 1.0 - half;
    lost = (1.0 - large) - half;
    return large + (lost + (square * (square * series) - high * low));
}

/* sin(high + low) */
static inline double purenet_sin_of_parts(double high, double low)
{
    double square = high * high;
    double cube = square * high;
    double small;
    double series = 1.58969099521155010221e-10;
    series = -2.50507602534068634195e-08 + square * series;
    series = 2.75573137070700676789e-06 + square * series;
    series = -1.98412698298579493134e-04 + square * series;
    series = 8.33333333332248946124e-03 + square * series;
    small = square * (0.5 * low - cube * series) - low;
    return high - (small + cube * 1.66666666666666324348e-01);
}

/* of an angle up to PURENET_LARGEST_ANGLE in size */
static inline double purenet_cos(double x)
{
    double size, k, first, second, third, rest, high, low;
    int quarter;
    if (x != x)
        return x;
    size = x;
    if (x < 0.0)
        size = -x;
    k = (size * PURENET_TWO_OVER_PI + PURENET_ROUND) - PURENET_ROUND;
    first = size - k * PURENET_HALF_PI_1;
    second = first - k * PURENET_HALF_PI_2;
    rest = (first - second) - k * PURENET_HALF_PI_2;
    third = second - k * PURENET_HALF_PI_3;
    rest = rest + ((second - third) - k * PURENET_HALF_PI_3);
    rest = rest - k * PURENET_HALF_PI_4;
    high = third + rest;
    low = (third - high) + rest;
    quarter = (int)k % 4;
    if (quarter == 0)
        return purenet_cos_of_parts(high, low);
    if (quarter == 1)
        return -purenet_sin_of_parts(high, low);
    if (quarter == 2)
        return -purenet_cos_of_parts(high, low);
    return purenet_sin_of_parts(high, low);
}

#endif
