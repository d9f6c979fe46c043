/* The kernels for one vector width, PURENET_WIDTH numbers; included by kernels.h once for each. */

/* Every name below gets the width appended: product becomes product_8. */
#define PURENET_PASTE(name, width) name##_##width
#define PURENET_EXPAND(name, width) PURENET_PASTE(name, width)
#define WIDE(name) PURENET_EXPAND(purenet_##name, PURENET_WIDTH)
#define vec WIDE(vec)
#define bits WIDE(bits)
#define load WIDE(load)
#define store WIDE(store)
#define load_apart WIDE(load_apart)
#define store_some WIDE(store_some)
#define to_bits WIDE(to_bits)
#define from_bits WIDE(from_bits)
#define less WIDE(less)
#define less_equal WIDE(less_equal)
#define any WIDE(any)
#define all_of WIDE(all_of)
#define choose WIDE(choose)
#define size_of WIDE(size_of)
#define exp_tail WIDE(exp_tail)
#define exp_in_range WIDE(exp_in_range)
#define exp_vecs WIDE(exp_vecs)
#define any_rare WIDE(any_rare)
#define rare_exp WIDE(rare_exp)
#define rare_sigmoid WIDE(rare_sigmoid)
#define sigmoid_vecs WIDE(sigmoid_vecs)
#define tanh_vecs WIDE(tanh_vecs)
#define tile WIDE(tile)
#define tiles WIDE(tiles)
#define layout WIDE(layout)
#define product_in_place WIDE(product_in_place)
#define product_of_copies WIDE(product_of_copies)
#define sizes WIDE(sizes)
#define at_least WIDE(at_least)
#define largest_block WIDE(largest_block)
#define up_to_multiple WIDE(up_to_multiple)
#define even_part WIDE(even_part)
#define copies WIDE(copies)
#define room_for_a WIDE(room_for_a)
#define room_for_b WIDE(room_for_b)
#define copy_a WIDE(copy_a)
#define copy_b WIDE(copy_b)
#define fetch_entries WIDE(fetch_entries)
#define chunk_forward WIDE(chunk_forward)
#define chunk_step WIDE(chunk_step)
#define activate_vecs WIDE(activate_vecs)
#define with_slope WIDE(with_slope)
#define narrow_rows WIDE(narrow_rows)
#define narrow_unit WIDE(narrow_unit)
#define narrow_layer WIDE(narrow_layer)
#define narrow_delta WIDE(narrow_delta)
#define narrow_step WIDE(narrow_step)
#define narrow_steps WIDE(narrow_steps)

/* ---- vectors: W numbers, or their bits ---- */

#define W PURENET_WIDTH

#if W == 1
typedef double vec;
typedef uint64_t bits;
#else
typedef double vec __attribute__((vector_size(W * 8)));
typedef uint64_t bits __attribute__((vector_size(W * 8)));
#endif

PURENET_INLINE vec load(const double *p)
{
    vec v;
    memcpy(&v, p, sizeof v); /* one instruction; memcpy because p need not be aligned */
    return v;
}

PURENET_INLINE void store(double *p, vec v) { memcpy(p, &v, sizeof v); }

/* Load W numbers that do not lie side by side. */
PURENET_INLINE vec load_apart(const double *p, size_t step)
{
#if W == 1
    (void)step;
    return *p;
#elif W == 2
    return (vec){p[0], p[step]};
#elif W == 4
    return (vec){p[0], p[step], p[2 * step], p[3 * step]};
#else
    return (vec){p[0],        p[step],     p[2 * step], p[3 * step],
                 p[4 * step], p[5 * step], p[6 * step], p[7 * step]};
#endif
}

/* Store the first n lanes, n from 1 to W: what the end of a row needs. */
PURENET_INLINE void store_some(double *p, vec v, size_t n)
{
    if (n >= W) {
        store(p, v);
        return;
    }
#if W == 8
    /* Not one store with a mask: what is loaded from behind it would have to wait for it. */
    __m256d four = _mm512_castpd512_pd256(v);
    __m128d two;
    if (n & 4) {
        _mm256_storeu_pd(p, four);
        four = _mm512_extractf64x4_pd(v, 1);
        p += 4;
    }
    two = _mm256_castpd256_pd128(four);
    if (n & 2) {
        _mm_storeu_pd(p, two);
        two = _mm256_extractf128_pd(four, 1);
        p += 2;
    }
    if (n & 1)
        _mm_store_sd(p, two);
#elif W == 4
    if (n >= 2) {
        p[0] = v[0];
        p[1] = v[1];
        if (n == 3)
            p[2] = v[2];
    } else
        p[0] = v[0];
#elif W == 2
    p[0] = v[0];
#endif
}

PURENET_INLINE bits to_bits(vec v)
{
    bits b;
    memcpy(&b, &v, sizeof b);
    return b;
}

PURENET_INLINE vec from_bits(bits b)
{
    vec v;
    memcpy(&v, &b, sizeof v);
    return v;
}

/* Comparisons give all ones for a lane where they hold, else all zeros. */
#if W == 1
PURENET_INLINE bits less(vec x, vec y) { return x < y ? ~(bits)0 : 0; }
PURENET_INLINE bits less_equal(vec x, vec y) { return x <= y ? ~(bits)0 : 0; }
#else
PURENET_INLINE bits less(vec x, vec y) { return (bits)(x < y); }
PURENET_INLINE bits less_equal(vec x, vec y) { return (bits)(x <= y); }
#endif

PURENET_INLINE vec choose(bits where, vec yes, vec no)
{
    return from_bits((where & to_bits(yes)) | (~where & to_bits(no)));
}

PURENET_INLINE vec all_of(double x)
{
#if W == 1
    return x;
#else
    return x - (vec){0};
#endif
}

PURENET_INLINE vec size_of(vec x) { return from_bits(to_bits(x) & 0x7fffffffffffffffull); }

/* Tell if a comparison holds in any lane. */
PURENET_INLINE int any(bits where)
{
#if W == 1
    return where != 0;
#elif W == 2
    return (where[0] | where[1]) != 0;
#elif W == 4
    return _mm256_movemask_pd((__m256d)where) != 0;
#elif W == 8
    return _mm512_test_epi64_mask((__m512i)where, (__m512i)where) != 0;
#endif
}

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

/* Tell if an argument is rare: beyond 708, infinite, or NaN. */
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
        for (i = 0; i < (n); i += W) {                                                             \
            if ((n) - i < W)                                                                       \
                lanes = (n) - i;                                                                   \
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

static void WIDE(activate)(int activation, size_t n, double *z)
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

static void WIDE(times_slope)(int activation, size_t n, const double *a, double *delta)
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

static void WIDE(output_delta)(double factor, double count, size_t n, const double *a,
                               const double *y, double *delta)
{
    FOR_EACH_VECTOR(n, {
        store_some(delta + i, factor * (load(a + i) - load(y + i)) / count, lanes);
    });
}

static void WIDE(exponential)(size_t n, double *numbers) { REPLACE(exp_vecs, n, numbers); }

static void WIDE(step)(double rate, size_t n, const double *g, double *w)
{
    FOR_EACH_VECTOR(n, store_some(w + i, load(w + i) - rate * load(g + i), lanes));
}

static void WIDE(softmax)(size_t rows, size_t columns, double *z)
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
    WIDE(exponential)(rows * columns, z);
    for (row = 0; row < rows; row++) {
        double *x = z + row * columns;
        double total = 0.0;
        for (j = 0; j < columns; j++)
            total += x[j];
        FOR_EACH_VECTOR(columns, store_some(x + i, load(x + i) / total, lanes));
    }
}

static int WIDE(all_finite)(size_t n, const double *x)
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

static size_t WIDE(list_non_zeros)(size_t n, const double *x, uint8_t *column, double *value)
{
    size_t k, entries = 0;
#if W >= 4
    /* A bit for each number, and a step for each bit that is set. */
    for (k = 0; k < n; k += 64) {
        const size_t width = n - k < 64 ? n - k : 64;
        uint64_t found = 0;
        size_t j;
        for (j = 0; j < width; j += W) {
            vec v = load(x + k + j);
#if W == 8
            found |= (uint64_t)_mm512_cmp_pd_mask(v, all_of(0.0), _CMP_NEQ_UQ) << j;
#else
            found |= (uint64_t)_mm256_movemask_pd((vec)(v != 0.0)) << j;
#endif
        }
        for (found &= ~(uint64_t)0 >> (64 - width); found != 0; found &= found - 1) {
            j = k + (size_t)__builtin_ctzll(found);
            column[entries] = (uint8_t)j;
            value[entries] = x[j];
            entries++;
        }
    }
#else
    /* Each number is written, and a zero is overwritten by the next: no branch, which a processor
     * would foresee wrongly. */
    for (k = 0; k < n; k++) {
        column[entries] = (uint8_t)k;
        value[entries] = x[k];
        entries += x[k] != 0.0;
    }
#endif
    return entries;
}

/* ---- the matrix product ---- */

/* A tile of the result is kept in registers while the sums run over all the terms: 24 sums in the
 * 32 registers of AVX-512, 12 in the 16 of SSE2 and AVX2.  With more, the compilers run out of
 * registers; with fewer, the additions wait for each other. */
#define TILE_ROWS 6
#if W == 8
#define TILE_VECTORS 4
#else
#define TILE_VECTORS 2
#endif

#define TILE_COLUMNS (TILE_VECTORS * W)
#define ROW_VECTORS 8 /* of a tile of one row */

/* How the factors of a product lie in memory: from a tile of rows to the next, and from
 * TILE_COLUMNS columns to the next. */
typedef struct {
    size_t a_tile, b_tile;
    int begun; /* c holds the sums of the terms before */
} layout;

/* The elements of R rows and C vectors of columns, `columns` being all that are left.  R and C are
 * constants wherever this is called: only then can the sums stay in registers. */
PURENET_INLINE void tile(const purenet_product *p, int begun, size_t columns, const double *a,
                         const double *b, double *c, const double *bias, const int R, const int C)
{
    vec sum[TILE_ROWS][ROW_VECTORS];
    const size_t a_row = p->a_row, a_term = p->a_term, b_term = p->b_term, c_row = p->c_row;
    const int finish = p->finish;
    const double rate = p->rate;
    size_t t;
    int r, v;
    PURENET_UNROLL
    for (r = 0; r < R; r++) {
        /* The rows of c may lie far apart; they come from memory while the sums are computed. */
        PURENET_FETCH(c + r * c_row);
        PURENET_UNROLL
        for (v = 0; v < C; v++)
            sum[r][v] = all_of(0.0);
    }
    if (begun) {
        PURENET_UNROLL
        for (r = 0; r < R; r++) {
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                sum[r][v] = load(c + r * c_row + v * W);
        }
    }
    for (t = p->terms; t > 0; t--) {
        vec row[ROW_VECTORS];
        PURENET_UNROLL
        for (v = 0; v < C; v++) {
            if (C == ROW_VECTORS && v * W % 8 == 0) /* b is read once: from memory, perhaps */
                PURENET_FETCH(b + 8 * b_term + v * W);
            row[v] = load(b + v * W);
        }
        PURENET_UNROLL
        for (r = 0; r < R; r++) {
            double x = a[r * a_row];
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                sum[r][v] += x * row[v];
        }
        a += a_term;
        b += b_term;
    }
    if (finish == PURENET_BIAS) {
        PURENET_UNROLL
        for (r = 0; r < R; r++) {
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                sum[r][v] += load(bias + v * W);
        }
    } else if (finish == PURENET_STEP) {
        PURENET_UNROLL
        for (r = 0; r < R; r++) {
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                sum[r][v] = load(c + r * c_row + v * W) - rate * sum[r][v];
        }
    }
    PURENET_UNROLL
    for (r = 0; r < R; r++) {
        double *out = c + r * c_row;
        PURENET_UNROLL
        for (v = 0; v + 1 < C; v++)
            store(out + v * W, sum[r][v]);
        if (columns >= (size_t)(C * W))
            store(out + (C - 1) * W, sum[r][C - 1]);
        else
            store_some(out + (C - 1) * W, sum[r][C - 1], columns - (C - 1) * W);
    }
}

/* All the rows of C vectors of columns. */
PURENET_INLINE void tiles(const purenet_product *p, const layout *l, size_t columns,
                          const double *b, double *c, const double *bias, const int C)
{
    const double *a = p->a;
    size_t rows = p->rows;
    for (; rows >= TILE_ROWS; rows -= TILE_ROWS) {
        tile(p, l->begun, columns, a, b, c, bias, TILE_ROWS, C);
        a += l->a_tile;
        c += TILE_ROWS * p->c_row;
    }
    if (rows >= 4) {
        tile(p, l->begun, columns, a, b, c, bias, 4, C);
        a += 4 * p->a_row;
        c += 4 * p->c_row;
        rows -= 4;
    }
    if (rows >= 2) {
        tile(p, l->begun, columns, a, b, c, bias, 2, C);
        a += 2 * p->a_row;
        c += 2 * p->c_row;
        rows -= 2;
    }
    if (rows > 0)
        tile(p, l->begun, columns, a, b, c, bias, 1, C);
}

/* A product whose factors lie as it needs them. */
static void product_in_place(const purenet_product *p, const layout *l)
{
    const double *b = p->b, *bias = p->bias;
    double *c = p->c;
    size_t columns = p->columns;
    if (p->rows == 1 && l->b_tile == TILE_COLUMNS)
        for (; columns > ROW_VECTORS * W; columns -= ROW_VECTORS * W) {
            tile(p, l->begun, columns, p->a, b, c, bias, 1, ROW_VECTORS);
            b += ROW_VECTORS * W;
            c += ROW_VECTORS * W;
            if (p->finish == PURENET_BIAS)
                bias += ROW_VECTORS * W;
        }
    for (;;) {
        switch (columns < TILE_COLUMNS ? (columns + W - 1) / W : TILE_VECTORS) {
        case 1: tiles(p, l, columns, b, c, bias, 1); break;
        case 2: tiles(p, l, columns, b, c, bias, 2); break;
#if TILE_VECTORS == 4
        case 3: tiles(p, l, columns, b, c, bias, 3); break;
        case 4: tiles(p, l, columns, b, c, bias, 4); break;
#endif
        }
        if (columns <= TILE_COLUMNS)
            return;
        columns -= TILE_COLUMNS;
        b += l->b_tile;
        c += TILE_COLUMNS;
        if (p->finish == PURENET_BIAS)
            bias += TILE_COLUMNS;
    }
}

/* How a product is cut into blocks so that what is used over and over stays in the nearest cache:
 * TILE_COLUMNS columns of a block of b in the first level, a block of a in the second, a block of b
 * in the third.  K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication",
 * ACM Transactions on Mathematical Software 34, 2008. */
#define BLOCK_TERMS 256
#define BLOCK_OF_A 33792  /* numbers */
#define BLOCK_OF_B 131072

typedef struct {
    size_t rows, columns, terms;
} sizes;

static size_t at_least(size_t n, size_t least) { return n > least ? n : least; }

static sizes largest_block(const purenet_product *p)
{
    sizes most;
    /* A sum that is left and taken up again stands in c meanwhile; a step needs c for the weights,
     * so its sums are computed in one go. */
    most.terms = p->terms > BLOCK_TERMS && p->finish != PURENET_STEP ? BLOCK_TERMS : p->terms;
    most.terms = at_least(most.terms, 1);
    most.rows = at_least(BLOCK_OF_A / most.terms, 4 * TILE_ROWS);
    most.columns = at_least(BLOCK_OF_B / most.terms, TILE_COLUMNS);
    return most;
}

static size_t up_to_multiple(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

/* Cut n things into as few parts as can be, about as large as each other. */
static size_t even_part(size_t n, size_t most, size_t unit)
{
    size_t parts = at_least((n + most - 1) / most, 1);
    return up_to_multiple((n + parts - 1) / parts, unit);
}

/* Tell if the factors are copied first, into the order in which they are used: a transposed b must
 * be, to be loaded in vectors; otherwise it pays if b is large and many rows use it. */
static int copies(const purenet_product *p)
{
    return p->b_column != 1 || (p->rows >= 32 && p->terms * p->columns >= 8192);
}

static size_t room_for_a(const purenet_product *p)
{
    sizes most = largest_block(p);
    size_t rows = p->rows < most.rows ? p->rows : most.rows;
    return p->a_term == 1 ? 0 : most.terms * up_to_multiple(rows, TILE_ROWS);
}

static size_t room_for_b(const purenet_product *p)
{
    sizes most = largest_block(p);
    size_t columns = p->columns < most.columns ? p->columns : most.columns;
    return up_to_multiple(most.terms * up_to_multiple(columns, TILE_COLUMNS), 8);
}

static size_t WIDE(product_room)(const purenet_product *p)
{
    return copies(p) ? room_for_a(p) + room_for_b(p) + 8 : 0;
}

/* Copy a block of a: tile behind tile, and in a tile term behind term. */
static void copy_a(const double *a, size_t a_row, size_t a_term, size_t rows, size_t terms,
                   double *to)
{
    size_t i, t;
    int r;
    for (t = 0; t < terms; t++, a += a_term)
        for (i = 0; i < rows; i += TILE_ROWS) {
            const double *from = a + i * a_row;
            double *out = to + i * terms + t * TILE_ROWS;
            if (rows - i >= TILE_ROWS) {
                PURENET_UNROLL
                for (r = 0; r < TILE_ROWS; r++)
                    out[r] = from[r * a_row];
            } else
                for (r = 0; i + r < rows; r++)
                    out[r] = from[r * a_row];
        }
}

/* Copy a block of b: TILE_COLUMNS columns behind TILE_COLUMNS columns, and in those term behind
 * term. */
static void copy_b(const double *b, size_t b_term, size_t b_column, size_t terms, size_t columns,
                   double *to)
{
    size_t j, t, v, first, last;
    if (b_column == 1) {
        for (t = 0; t < terms; t++, b += b_term)
            for (j = 0; j < columns; j += W)
                store(to + (j / TILE_COLUMNS * terms + t) * TILE_COLUMNS + j % TILE_COLUMNS,
                      load(b + j));
        return;
    }
    /* Transposing: 8 terms at a time, so that both sides use up the cache lines they touch. */
    for (j = 0; j < columns; j += TILE_COLUMNS, to += terms * TILE_COLUMNS) {
        size_t used = columns - j < TILE_COLUMNS ? columns - j : TILE_COLUMNS;
        for (first = 0; first < terms; first = last) {
            last = first + 8 < terms ? first + 8 : terms;
            for (v = 0; v < used; v++)
                for (t = first; t < last; t++)
                    to[t * TILE_COLUMNS + v] = b[t * b_term + (j + v) * b_column];
        }
    }
}

static void product_of_copies(const purenet_product *p)
{
    const sizes most = largest_block(p);
    const size_t part_terms = even_part(p->terms, most.terms, 1);
    const size_t part_rows = even_part(p->rows, most.rows, TILE_ROWS);
    const size_t part_columns = even_part(p->columns, most.columns, TILE_COLUMNS);
    double *b_room = (double *)(((uintptr_t)p->room + 63) & ~(uintptr_t)63);
    double *a_room = b_room + room_for_b(p);
    purenet_product q = *p;
    layout l;
    size_t i, j, t;
    q.b = b_room;
    q.b_term = TILE_COLUMNS;
    for (j = 0; j < p->columns; j += part_columns) {
        q.columns = p->columns - j < part_columns ? p->columns - j : part_columns;
        if (p->finish == PURENET_BIAS)
            q.bias = p->bias + j;
        for (t = 0; t < p->terms; t += part_terms) {
            q.terms = p->terms - t < part_terms ? p->terms - t : part_terms;
            q.finish = t + q.terms < p->terms ? PURENET_SUM : p->finish;
            l.b_tile = q.terms * TILE_COLUMNS;
            l.begun = t > 0;
            copy_b(p->b + t * p->b_term + j * p->b_column, p->b_term, p->b_column, q.terms,
                   q.columns, b_room);
            for (i = 0; i < p->rows; i += part_rows) {
                q.rows = p->rows - i < part_rows ? p->rows - i : part_rows;
                q.a = p->a + i * p->a_row + t * p->a_term;
                q.c = p->c + i * p->c_row + j;
                l.a_tile = TILE_ROWS * p->a_row;
                if (p->a_term != 1) { /* if it is 1, rows are read from one end to the other anyway */
                    copy_a(q.a, p->a_row, p->a_term, q.rows, q.terms, a_room);
                    q.a = a_room;
                    q.a_row = 1;
                    q.a_term = TILE_ROWS;
                    l.a_tile = TILE_ROWS * q.terms;
                }
                product_in_place(&q, &l);
            }
        }
    }
}

static void WIDE(product)(const purenet_product *p)
{
    const layout l = {TILE_ROWS * p->a_row, TILE_COLUMNS, 0};
    if (p->rows == 0 || p->columns == 0)
        return;
    if (copies(p))
        product_of_copies(p);
    else
        product_in_place(p, &l);
}

/* ---- sparse inputs ---- */

/* Both kernels take the outputs in chunks of up to CHUNK vectors, whose sums stay in registers.  The
 * way forward takes the inputs strip by strip, so that the part of the weights it walks about in
 * stays in the first-level cache.  As with the tiles, the number C of vectors must be a constant. */
#define CHUNK 8

/* Do `call` with the constant C equal to `vectors`. */
#define WITH_CONSTANT(vectors, call)                                                               \
    switch (vectors) {                                                                             \
    case 1: { enum { C = 1 }; call; break; }                                                       \
    case 2: { enum { C = 2 }; call; break; }                                                       \
    case 3: { enum { C = 3 }; call; break; }                                                       \
    case 4: { enum { C = 4 }; call; break; }                                                       \
    case 5: { enum { C = 5 }; call; break; }                                                       \
    case 6: { enum { C = 6 }; call; break; }                                                       \
    case 7: { enum { C = 7 }; call; break; }                                                       \
    case 8: { enum { C = 8 }; call; break; }                                                       \
    }

/* Ask for as many entries as there are from `begin` to `end`, `ahead` of them. */
PURENET_INLINE void fetch_entries(const purenet_sparse *x, size_t begin, size_t end, size_t ahead)
{
    size_t e;
    PURENET_FETCH(x->column + begin + ahead);
    for (e = begin; e < end; e += 8)
        PURENET_FETCH(x->value + e + ahead);
}

/* One chunk of the outputs, for all samples; w, bias and z begin at the chunk. */
PURENET_INLINE void chunk_forward(const purenet_sparse *x, size_t samples, const size_t *sample,
                                  const double *w, size_t w_row, const double *bias, double *z,
                                  size_t z_row, size_t lanes, int first, const int C)
{
    size_t strip, s, e;
    int v;
    for (strip = 0; strip < x->strips; strip++, w += PURENET_STRIP * w_row)
        for (s = 0; s < samples; s++) {
            const size_t *start = x->start + sample[s] * x->row_step + strip * x->strip_step;
            const size_t end = start[1];
            double *out = z + s * z_row;
            vec sum[CHUNK];
            if (first && x->strip_step > 1)
                fetch_entries(x, start[0], end, 2 * PURENET_AHEAD);
            else if (first && samples > 1) { /* those of the sample after the next lie elsewhere */
                const size_t wraps = s + 2 >= samples, later = s + 2 - wraps * samples;
                const size_t *then = x->start + sample[later] * x->row_step + strip + wraps;
                if (strip + wraps < x->strips)
                    fetch_entries(x, then[0], then[1], 0);
            }
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                sum[v] = strip == 0 ? all_of(0.0) : load(out + v * W);
            for (e = start[0]; e < end; e++) {
                const double *row = w + x->column[e] * w_row;
                double value = x->value[e];
                PURENET_UNROLL
                for (v = 0; v < C; v++)
                    sum[v] += value * load(row + v * W);
            }
            if (bias != NULL && strip + 1 == x->strips) {
                PURENET_UNROLL
                for (v = 0; v < C; v++)
                    sum[v] += load(bias + v * W);
            }
            PURENET_UNROLL
            for (v = 0; v + 1 < C; v++)
                store(out + v * W, sum[v]);
            store_some(out + (C - 1) * W, sum[C - 1], lanes);
        }
}

static void WIDE(sparse_forward)(const purenet_sparse *x, size_t samples, const size_t *sample,
                                 size_t outputs, const double *w, size_t w_row, const double *bias,
                                 double *z, size_t z_row)
{
    size_t j;
    for (j = 0; j < outputs; j += CHUNK * W) {
        size_t width = outputs - j < CHUNK * W ? outputs - j : CHUNK * W;
        size_t vectors = (width + W - 1) / W, lanes = width - (vectors - 1) * W;
        const double *b = bias == NULL ? NULL : bias + j;
        WITH_CONSTANT(vectors, chunk_forward(x, samples, sample, w + j, w_row, b, z + j, z_row,
                                             lanes, j == 0, C));
    }
}

/* One chunk of the outputs.  `w` begins at the chunk; `delta` is nothing but the chunk.  Returns
 * `check` plus the new weights, which is no finite number if one of them is none. */
PURENET_INLINE vec chunk_step(const purenet_columns *x, const double *delta, double rate, double *w,
                              size_t w_row, size_t lanes, vec check, const int C)
{
    const double *value = x->value;
    const uint32_t *sample = x->sample, *column = x->column;
    size_t group, n, e;
    int v;
    for (group = 0; group < x->groups; group++) {
        const size_t entries = x->group[group].entries;
        for (n = x->group[group].columns; n > 0; n--) {
            double *row = w + *column * w_row;
            vec sum[CHUNK];
            PURENET_ONE_ADDRESS(row);
            PURENET_FETCH(column + 32);
            column++;
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                sum[v] = all_of(0.0);
            for (e = entries; e > 0; e--) {
                const double *d = delta + *sample * (size_t)(C * W);
                double factor = *value;
                PURENET_ONE_ADDRESS(d);
                PURENET_FETCH(value + PURENET_AHEAD);
                PURENET_FETCH(sample + PURENET_AHEAD);
                value++;
                sample++;
                PURENET_UNROLL
                for (v = 0; v < C; v++)
                    sum[v] += factor * load(d + v * W);
            }
            PURENET_UNROLL
            for (v = 0; v < C; v++) {
                vec now = load(row + v * W) - rate * sum[v];
                check += now;
                if (v + 1 < C)
                    store(row + v * W, now);
                else
                    store_some(row + v * W, now, lanes);
            }
        }
    }
    return check;
}

static int WIDE(sparse_step)(const purenet_columns *x, size_t samples, size_t outputs,
                             const double *delta, size_t delta_row, double rate, double *w,
                             size_t w_row, double *room)
{
    double *chunk = (double *)(((uintptr_t)room + 63) & ~(uintptr_t)63);
    size_t j, s, v;
    vec check = all_of(0.0);
    for (j = 0; j < outputs; j += CHUNK * W) {
        size_t width = outputs - j < CHUNK * W ? outputs - j : CHUNK * W;
        size_t vectors = (width + W - 1) / W, lanes = width - (vectors - 1) * W;
        /* The deltas are read again and again, in any order.  Side by side they have room in the
         * cache; in rows of, say, 1,024 bytes they would crowd into a quarter of it. */
        for (s = 0; s < samples; s++)
            for (v = 0; v < vectors; v++)
                store(chunk + (s * vectors + v) * W, load(delta + s * delta_row + j + v * W));
        WITH_CONSTANT(vectors, check = chunk_step(x, chunk, rate, w + j, w_row, lanes, check, C));
    }
    check *= 0.0; /* inf becomes NaN, which is not even equal to itself */
    return !any(~less_equal(check, check));
}

/* ---- narrow networks ---- */

/* Layers of up to NARROW vectors, taken row by row with all that belongs to a row in registers.  As
 * with the tiles, the numbers R of rows and C of vectors must be constants. */
#define NARROW 2
#define NARROW_ROWS 4

/* The activations of N vectors. */
PURENET_INLINE void activate_vecs(int activation, vec *z, const int N)
{
    const vec zero = all_of(0.0);
    switch (activation) {
    case PURENET_SIGMOID: sigmoid_vecs(z, N); break;
    case PURENET_TANH: tanh_vecs(z, N); break;
    case PURENET_RELU: EACH(z[i] = choose(less_equal(z[i], zero), zero, z[i])); break;
    case PURENET_LEAKY_RELU: EACH(z[i] = choose(less(zero, z[i]), z[i], 0.01 * z[i])); break;
    }
}

/* delta times the slope of the activation whose value is a */
PURENET_INLINE vec with_slope(int activation, vec delta, vec a)
{
    const vec zero = all_of(0.0), one = all_of(1.0);
    switch (activation) {
    case PURENET_SIGMOID: return delta * (a * (1.0 - a));
    case PURENET_TANH: return delta * (1.0 - a * a);
    case PURENET_RELU: return delta * choose(less(zero, a), one, zero);
    case PURENET_LEAKY_RELU: return delta * choose(less(zero, a), one, all_of(0.01));
    }
    return delta;
}

/* z and a of R rows, from the row `first` on. */
PURENET_INLINE void narrow_rows(const purenet_layer *layer, const double *x, size_t first,
                                const int R, const int C)
{
    const size_t inputs = layer->inputs, outputs = layer->outputs, lanes = outputs - (C - 1) * W;
    const double *w = layer->weights;
    vec sum[NARROW_ROWS * NARROW];
    size_t k;
    int r, v;
    x += first * inputs;
    PURENET_UNROLL
    for (r = 0; r < R * C; r++)
        sum[r] = all_of(0.0);
    for (k = 0; k < inputs; k++, w += layer->stride) {
        PURENET_UNROLL
        for (v = 0; v < C; v++) {
            vec row = load(w + v * W);
            PURENET_UNROLL
            for (r = 0; r < R; r++)
                sum[r * C + v] += x[r * inputs + k] * row;
        }
    }
    if (layer->biases != NULL) {
        PURENET_UNROLL
        for (v = 0; v < C; v++) {
            PURENET_UNROLL
            for (r = 0; r < R; r++)
                sum[r * C + v] += load(layer->biases + v * W);
        }
    }
    if (layer->z != NULL) {
        PURENET_UNROLL
        for (r = 0; r < R; r++) {
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                store_some(layer->z + (first + r) * outputs + v * W, sum[r * C + v],
                           v + 1 < C ? W : lanes);
        }
    }
    activate_vecs(layer->activation, sum, R * C);
    PURENET_UNROLL
    for (r = 0; r < R; r++) {
        PURENET_UNROLL
        for (v = 0; v < C; v++)
            store_some(layer->a + (first + r) * outputs + v * W, sum[r * C + v],
                       v + 1 < C ? W : lanes);
    }
}

/* The same for one unit, and W rows side by side. */
PURENET_INLINE void narrow_unit(const purenet_layer *layer, const double *x, size_t first)
{
    const size_t inputs = layer->inputs;
    const double *w = layer->weights;
    vec sum[1];
    size_t k;
    x += first * inputs;
    sum[0] = all_of(0.0);
    for (k = 0; k < inputs; k++, x++, w += layer->stride)
        sum[0] += load_apart(x, inputs) * *w;
    if (layer->biases != NULL)
        sum[0] += layer->biases[0];
    if (layer->z != NULL)
        store(layer->z + first, sum[0]);
    activate_vecs(layer->activation, sum, 1);
    store(layer->a + first, sum[0]);
}

PURENET_INLINE void narrow_layer(const purenet_layer *layer, const double *x, size_t rows,
                                 const int C)
{
    size_t i = 0;
    if (layer->outputs == 1)
        for (; i + W <= rows; i += W)
            narrow_unit(layer, x, i);
    else
        for (; i + NARROW_ROWS / C <= rows; i += NARROW_ROWS / C)
            narrow_rows(layer, x, i, NARROW_ROWS / C, C);
    for (; i < rows; i++)
        narrow_rows(layer, x, i, 1, C);
}

static void WIDE(narrow_forward)(const purenet_layer *layers, size_t count, size_t rows,
                                 const double *x)
{
    for (; count > 0; count--, x = layers->a, layers++)
        if (layers->outputs <= W)
            narrow_layer(layers, x, rows, 1);
        else
            narrow_layer(layers, x, rows, 2);
}

/* delta of the layer before, of whose outputs there are C vectors. */
PURENET_INLINE void narrow_delta(const purenet_layer *layer, const purenet_layer *before,
                                 size_t rows, const int C)
{
    const size_t inputs = layer->inputs, outputs = layer->outputs, lanes = inputs - (C - 1) * W;
    vec column[NARROW * W][NARROW]; /* of the weights */
    size_t i, j, t;
    int v;
    for (t = 0; t < outputs; t++) {
        PURENET_UNROLL
        for (v = 0; v < C; v++) {
            const double *w = layer->weights + v * W * layer->stride + t;
            if (layer->stride == 1)
                column[t][v] = load(w);
            else if (v + 1 < C || lanes == W)
                column[t][v] = load_apart(w, layer->stride);
            else {
                double lane[W] = {0.0};
                for (j = 0; j < lanes; j++)
                    lane[j] = w[j * layer->stride];
                column[t][v] = load(lane);
            }
        }
    }
    for (i = 0; i < rows; i++) {
        const double *delta = layer->delta + i * outputs;
        const double *a = before->a + i * inputs;
        double *result = before->delta + i * inputs;
        vec sum[NARROW];
        PURENET_UNROLL
        for (v = 0; v < C; v++)
            sum[v] = all_of(0.0);
        for (t = 0; t < outputs; t++) {
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                sum[v] += delta[t] * column[t][v];
        }
        PURENET_UNROLL
        for (v = 0; v < C; v++)
            store_some(result + v * W, with_slope(before->activation, sum[v], load(a + v * W)),
                       v + 1 < C ? W : lanes);
    }
}

/* One step of R rows of the weights, or, without x, of the biases.  Returns `check` plus 0.0, or
 * plus NaN if a number became infinite. */
PURENET_INLINE vec narrow_step(const purenet_layer *layer, const double *x, size_t rows,
                               double rate, double *w, vec check, const int R, const int C)
{
    const size_t inputs = layer->inputs, outputs = layer->outputs, lanes = outputs - (C - 1) * W;
    const double *delta = layer->delta;
    vec sum[NARROW_ROWS * NARROW];
    size_t i;
    int r, v;
    PURENET_UNROLL
    for (r = 0; r < R * C; r++)
        sum[r] = all_of(0.0);
    for (i = 0; i < rows; i++, delta += outputs) {
        PURENET_UNROLL
        for (v = 0; v < C; v++) {
            vec d = load(delta + v * W);
            PURENET_UNROLL
            for (r = 0; r < R; r++)
                sum[r * C + v] += x == NULL ? d : x[i * inputs + r] * d;
        }
    }
    PURENET_UNROLL
    for (r = 0; r < R; r++) {
        PURENET_UNROLL
        for (v = 0; v < C; v++) {
            double *place = w + r * layer->stride + v * W;
            vec now = load(place) - rate * sum[r * C + v];
            if (v + 1 < C || lanes == W) {
                check += now * 0.0;
                store(place, now);
            } else { /* what lies behind the row is none of its own */
                double own[W] = {0.0};
                store_some(own, now, lanes);
                check += load(own) * 0.0;
                store_some(place, now, lanes);
            }
        }
    }
    return check;
}

PURENET_INLINE vec narrow_steps(const purenet_layer *layer, const double *x, size_t rows,
                                double rate, vec check, const int C)
{
    double *w = layer->weights;
    size_t k = 0;
    for (; k + NARROW_ROWS / C <= layer->inputs; k += NARROW_ROWS / C)
        check = narrow_step(layer, x + k, rows, rate, w + k * layer->stride, check,
                            NARROW_ROWS / C, C);
    for (; k < layer->inputs; k++)
        check = narrow_step(layer, x + k, rows, rate, w + k * layer->stride, check, 1, C);
    if (layer->biases != NULL)
        check = narrow_step(layer, NULL, rows, rate, layer->biases, check, 1, C);
    return check;
}

static int WIDE(narrow_backward)(const purenet_layer *layers, size_t count, size_t rows,
                                 const double *x, double rate)
{
    vec check = all_of(0.0);
    while (count-- > 0) {
        const purenet_layer *layer = layers + count;
        if (count > 0 && layer->inputs <= W)
            narrow_delta(layer, layer - 1, rows, 1);
        else if (count > 0)
            narrow_delta(layer, layer - 1, rows, 2);
        if (layer->outputs <= W)
            check = narrow_steps(layer, count > 0 ? layer[-1].a : x, rows, rate, check, 1);
        else
            check = narrow_steps(layer, count > 0 ? layer[-1].a : x, rows, rate, check, 2);
    }
    return !any(~less_equal(check, check));
}

static const purenet_kernels WIDE(kernels) = {
#if W == 1
    "portable",
#elif W == 2 && defined(__x86_64__)
    "sse2",
#elif W == 2 && defined(__aarch64__)
    "neon",
#elif W == 2
    "vector",
#elif W == 4
    "avx2",
#else
    "avx512",
#endif
    TILE_COLUMNS, CHUNK * W, NARROW * W, WIDE(narrow_forward), WIDE(narrow_backward),
    WIDE(product_room), WIDE(product), WIDE(activate), WIDE(times_slope), WIDE(output_delta), WIDE(softmax),
    WIDE(exponential), WIDE(step), WIDE(all_finite), WIDE(list_non_zeros), WIDE(sparse_forward),
    WIDE(sparse_step)};

#undef vec
#undef bits
#undef load
#undef store
#undef load_apart
#undef store_some
#undef to_bits
#undef from_bits
#undef less
#undef less_equal
#undef any
#undef all_of
#undef choose
#undef size_of
#undef exp_tail
#undef exp_in_range
#undef exp_vecs
#undef any_rare
#undef rare_exp
#undef rare_sigmoid
#undef sigmoid_vecs
#undef tanh_vecs
#undef tile
#undef tiles
#undef layout
#undef product_in_place
#undef product_of_copies
#undef sizes
#undef at_least
#undef largest_block
#undef up_to_multiple
#undef even_part
#undef copies
#undef room_for_a
#undef room_for_b
#undef copy_a
#undef copy_b
#undef fetch_entries
#undef chunk_forward
#undef chunk_step
#undef activate_vecs
#undef with_slope
#undef narrow_rows
#undef narrow_unit
#undef narrow_layer
#undef narrow_delta
#undef narrow_step
#undef narrow_steps
#undef W
#undef WIDE
#undef PURENET_PASTE
#undef PURENET_EXPAND
#undef TOGETHER
#undef EACH
#undef FOR_EACH_VECTOR
#undef REPLACE
#undef TILE_ROWS
#undef TILE_VECTORS
#undef TILE_COLUMNS
#undef ROW_VECTORS
#undef BLOCK_TERMS
#undef BLOCK_OF_A
#undef BLOCK_OF_B
#undef CHUNK
#undef NARROW
#undef NARROW_ROWS
#undef WITH_CONSTANT
