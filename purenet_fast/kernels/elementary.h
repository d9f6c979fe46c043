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

#endif
