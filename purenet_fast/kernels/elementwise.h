/* Functions of every element: exp, sigmoid, tanh and what is made of them. */

/* ---- exp, sigmoid, tanh of vectors: the same operations as for one number ---- */

/* Each operation of these functions needs the one before.  So N vectors, up to TOGETHER, go through
 * them step by step side by side: a processor looks only some dozens of operations ahead, too few to
 * find the next vector's on its own.  N is a constant wherever they are called. */
#define TOGETHER 4
#define EACH(statement)                                                                            \
    do {                                                                                           \
        int i;                                                                                     \
        PURENET_UNROLL                                                                             \
        for (i = 0; i < N; i++)                                                                    \
            statement;                                                                             \
    } while (0)

/* tail = what is left of exp(high - low) after 1 + high */
PURENET_INLINE void exp_tail(const vec *high, const vec *low, vec *tail, const int N)
{
    vec r[TOGETHER];
    EACH(r[i] = high[i] - low[i]);
    EACH(tail[i] = 1.0 / 479001600.0 + r[i] * (1.0 / 6227020800.0));
    EACH(tail[i] = 1.0 / 39916800.0 + r[i] * tail[i]);
    EACH(tail[i] = 1.0 / 3628800.0 + r[i] * tail[i]);
    EACH(tail[i] = 1.0 / 362880.0 + r[i] * tail[i]);
    EACH(tail[i] = 1.0 / 40320.0 + r[i] * tail[i]);
    EACH(tail[i] = 1.0 / 5040.0 + r[i] * tail[i]);
    EACH(tail[i] = 1.0 / 720.0 + r[i] * tail[i]);
    EACH(tail[i] = 1.0 / 120.0 + r[i] * tail[i]);
    EACH(tail[i] = 1.0 / 24.0 + r[i] * tail[i]);
    EACH(tail[i] = 1.0 / 6.0 + r[i] * tail[i]);
    EACH(tail[i] = 1.0 / 2.0 + r[i] * tail[i]);
    EACH(tail[i] = r[i] * r[i] * tail[i] - low[i]);
}

/* exp of x between -708 and 708.  There 2**k has a normal exponent, and multiplying by it is
 * adding k to the exponent bits; `shifted` has k in its lowest bits. */
PURENET_INLINE void exp_in_range(vec *x, const int N)
{
    vec shifted[TOGETHER], k[TOGETHER], high[TOGETHER], low[TOGETHER], tail[TOGETHER];
    EACH(shifted[i] = x[i] * PURENET_LOG2_E + PURENET_ROUND);
    EACH(k[i] = shifted[i] - PURENET_ROUND);
    EACH(high[i] = x[i] - k[i] * PURENET_LN2_HIGH);
    EACH(low[i] = k[i] * PURENET_LN2_LOW);
    exp_tail(high, low, tail, N);
    EACH(x[i] = 1.0 + (high[i] + tail[i]));
    EACH(x[i] = from_bits(to_bits(x[i]) + (to_bits(shifted[i]) << 52)));
}

/* Return whether an argument is rare: beyond 708, infinite, or NaN. */
PURENET_INLINE int any_rare(const vec *x, const int N)
{
    bits rare = ~less_equal(size_of(x[0]), all_of(708.0));
    EACH(rare |= ~less_equal(size_of(x[i]), all_of(708.0)));
    return any(rare);
}

/* Rare arguments go lane by lane through the function of one number. */
static void rare_exp(double *lane, int n)
{
    int i;
    for (i = 0; i < n; i++)
        lane[i] = purenet_exp(lane[i]);
}

static void rare_sigmoid(double *lane, int n)
{
    int i;
    for (i = 0; i < n; i++)
        lane[i] = purenet_sigmoid(lane[i]);
}

PURENET_INLINE void exp_vecs(vec *x, const int N)
{
    if (any_rare(x, N)) {
        double lane[TOGETHER * W];
        EACH(store(lane + i * W, x[i]));
        rare_exp(lane, N * W);
        EACH(x[i] = load(lane + i * W));
        return;
    }
    exp_in_range(x, N);
}

PURENET_INLINE void sigmoid_vecs(vec *z, const int N)
{
    vec e[TOGETHER];
    if (any_rare(z, N)) {
        double lane[TOGETHER * W];
        EACH(store(lane + i * W, z[i]));
        rare_sigmoid(lane, N * W);
        EACH(z[i] = load(lane + i * W));
        return;
    }
    EACH(e[i] = -size_of(z[i]));
    exp_in_range(e, N);
    EACH(z[i] = choose(less(z[i], all_of(0.0)), e[i], all_of(1.0)) / (1.0 + e[i]));
}

/* Both branches of tanh, then the right one of the two; NaN comes through the second. */
PURENET_INLINE void tanh_vecs(vec *x, const int N)
{
    vec size[TOGETHER], square[TOGETHER], above[TOGETHER], below[TOGETHER], small[TOGETHER];
    vec shifted[TOGETHER], k[TOGETHER], high[TOGETHER], low[TOGETHER], tail[TOGETHER];
    vec power[TOGETHER], large[TOGETHER], total[TOGETHER], rest[TOGETHER], denominator[TOGETHER];
    vec quotient[TOGETHER], value[TOGETHER], lost[TOGETHER];
    EACH(size[i] = size_of(x[i]));
    EACH(square[i] = x[i] * x[i]);
    EACH(above[i] = -99.28772310019185 + square[i] * -0.9643991794250523);
    EACH(below[i] = 2235.4883906010045 + square[i] * (112.81167849163293 + square[i]));
    EACH(above[i] = -1614.6876844170845 + square[i] * above[i]);
    EACH(below[i] = 4844.063053251255 + square[i] * below[i]);
    EACH(small[i] = x[i] + x[i] * (square[i] * (above[i] / below[i])));

    EACH(shifted[i] = 2.0 * size[i] * PURENET_LOG2_E + PURENET_ROUND);
    EACH(k[i] = shifted[i] - PURENET_ROUND);
    EACH(high[i] = 2.0 * size[i] - k[i] * PURENET_LN2_HIGH);
    EACH(low[i] = k[i] * PURENET_LN2_LOW);
    exp_tail(high, low, tail, N);
    EACH(power[i] = from_bits((to_bits(shifted[i]) + 1023u) << 52));
    EACH(large[i] = power[i] + 1.0);
    EACH(total[i] = large[i] + power[i] * high[i]);
    EACH(rest[i] = (power[i] * high[i] - (total[i] - large[i])) + power[i] * tail[i]);
    EACH(denominator[i] = total[i] + rest[i]);
    EACH(rest[i] = rest[i] - (denominator[i] - total[i]));
    EACH(quotient[i] = 2.0 / denominator[i]);
    EACH(value[i] = 1.0 - quotient[i]);
    EACH(lost[i] = (1.0 - value[i]) - quotient[i]);
    EACH(value[i] = value[i] + (lost[i] + quotient[i] * (rest[i] / denominator[i])));

    EACH(value[i] = choose(less(all_of(22.0), size[i]), all_of(1.0), value[i]));
    EACH(value[i] = choose(less(x[i], all_of(0.0)), -value[i], value[i]));
    EACH(x[i] = choose(less(size[i], all_of(0.625)), small[i], value[i]));
}

/* ---- functions of every element ---- */

/* Run `statement` for i = 0, W, 2 W, ... with `lanes` numbers left to store at i, at most W. */
#define FOR_EACH_VECTOR(n, statement)                                                              \
    do {                                                                                           \
        size_t i, lanes = W;                                                                       \
        for (i = 0; i + W <= (n); i += W) /* whole vectors: no question with each */               \
            statement;                                                                             \
        if (i < (n)) {                                                                             \
            lanes = (n) - i;                                                                       \
            statement;                                                                             \
        }                                                                                          \
    } while (0)

/* Replace n numbers by a function of them, which takes vectors. */
#define REPLACE(function, n, numbers)                                                              \
    do {                                                                                           \
        double *x = (numbers);                                                                     \
        size_t left = (n);                                                                         \
        vec v[TOGETHER];                                                                           \
        for (; left >= TOGETHER * W; left -= TOGETHER * W, x += TOGETHER * W) {                    \
            enum { N = TOGETHER };                                                                 \
            EACH(v[i] = load(x + i * W));                                                          \
            function(v, N);                                                                        \
            EACH(store(x + i * W, v[i]));                                                          \
        }                                                                                          \
        for (; left > 0; left -= left < W ? left : W, x += W) {                                    \
            v[0] = load(x);                                                                        \
            function(v, 1);                                                                        \
            store_some(x, v[0], left);                                                             \
        }                                                                                          \
    } while (0)

static void activate(int activation, size_t n, double *z)
{
    const vec zero = all_of(0.0);
    switch (activation) {
    case PURENET_SIGMOID:
        REPLACE(sigmoid_vecs, n, z);
        break;
    case PURENET_TANH:
        REPLACE(tanh_vecs, n, z);
        break;
    case PURENET_RELU:
        FOR_EACH_VECTOR(n, {
            vec x = load(z + i);
            store_some(z + i, choose(less_equal(x, zero), zero, x), lanes);
        });
        break;
    case PURENET_LEAKY_RELU:
        FOR_EACH_VECTOR(n, {
            vec x = load(z + i);
            store_some(z + i, choose(less(zero, x), x, 0.01 * x), lanes);
        });
        break;
    }
}

static void times_slope(int activation, size_t n, const double *a, double *delta)
{
    const vec zero = all_of(0.0);
    switch (activation) {
    case PURENET_SIGMOID:
        FOR_EACH_VECTOR(n, {
            vec x = load(a + i);
            store_some(delta + i, load(delta + i) * (x * (1.0 - x)), lanes);
        });
        break;
    case PURENET_TANH:
        FOR_EACH_VECTOR(n, {
            vec x = load(a + i);
            store_some(delta + i, load(delta + i) * (1.0 - x * x), lanes);
        });
        break;
    case PURENET_RELU:
    case PURENET_LEAKY_RELU: {
        const vec below = all_of(activation == PURENET_RELU ? 0.0 : 0.01);
        FOR_EACH_VECTOR(n, {
            vec slope = choose(less(zero, load(a + i)), all_of(1.0), below);
            store_some(delta + i, load(delta + i) * slope, lanes);
        });
        break;
    }
    }
}

static void output_delta(double factor, double count, size_t n, const double *a,
                         const double *y, double *delta)
{
    FOR_EACH_VECTOR(n, {
        store_some(delta + i, factor * (load(a + i) - load(y + i)) / count, lanes);
    });
}

static void exponential(size_t n, double *numbers) { REPLACE(exp_vecs, n, numbers); }

static void step(double rate, size_t n, const double *g, double *w)
{
    FOR_EACH_VECTOR(n, store_some(w + i, load(w + i) - rate * load(g + i), lanes));
}

static void softmax(size_t rows, size_t columns, double *z)
{
    size_t row, j;
    for (row = 0; row < rows; row++) {
        double *x = z + row * columns;
        double largest = x[0];
        for (j = 1; j < columns; j++)
            if (x[j] > largest)
                largest = x[j];
        FOR_EACH_VECTOR(columns, store_some(x + i, load(x + i) - largest, lanes));
    }
    exponential(rows * columns, z);
    for (row = 0; row < rows; row++) {
        double *x = z + row * columns;
        double total = 0.0;
        for (j = 0; j < columns; j++)
            total += x[j];
        FOR_EACH_VECTOR(columns, store_some(x + i, load(x + i) / total, lanes));
    }
}

static int all_finite(size_t n, const double *x)
{
    /* x * 0.0 is NaN for an infinite x and for NaN, and NaN is never equal to itself. */
    size_t i;
    vec check = all_of(0.0), other = all_of(0.0);
    double rest = 0.0;
    for (i = 0; i + 4 * W <= n; i += 4 * W) {
        check += load(x + i) * 0.0 + load(x + i + W) * 0.0;
        other += load(x + i + 2 * W) * 0.0 + load(x + i + 3 * W) * 0.0;
    }
    for (; i + W <= n; i += W)
        check += load(x + i) * 0.0;
    for (; i < n; i++)
        rest += x[i] * 0.0;
    check += other + rest;
    return !any(~less_equal(check, check));
}
