/* The inner loops of purenet_fast: what Cython cannot say, because it has no vector types.
 *
 * THE ARITHMETIC CONTRACT.  Everything here gives, bit for bit, the numbers of the plain loops in
 * the package `purenet`:
 *
 *   - A sum starts at 0.0 and adds its terms one by one, index ascending.
 *   - A product is rounded, then added: no fused multiply-add, no reassociation, and a division
 *     stays a division.  Build with -ffp-contract=off, never with -ffast-math.
 *   - exp and tanh are those of purenet/elementary.py, operation for operation.
 *
 * Different elements of a result have nothing to do with each other, so they may be computed side
 * by side: the lanes of a vector always hold different elements, never parts of one sum.  That is
 * all the freedom there is, and it is enough.  Only the sign and payload of a NaN are left open.
 *
 * THE WIDTHS.  The kernels are in kernels_width.h, which is included once for each vector width;
 * purenet_choose() at the end of this file picks one set for the processor it finds.
 *
 * THE MEMORY.  Matrices are row-major: weights[input][output], one sample a row.  Vectors are
 * loaded whole, so PURENET_SLACK numbers behind the end of every array must be readable.  Their
 * values never reach a result and they are never written.  Behind the end of one thread's part of
 * an array lies the part of another, which may be writing there at that moment; that does no harm,
 * for the same reason.  (ThreadSanitizer reports these loads, and with PURENET_VECTOR=portable,
 * where a vector is one number, nothing.)
 */
#ifndef PURENET_KERNELS_H
#define PURENET_KERNELS_H

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#if FLT_EVAL_METHOD != 0 || defined(__FAST_MATH__)
#error "purenet_fast needs plain double arithmetic: no x87, no -ffast-math"
#endif
#if defined(_MSC_VER)
#pragma fp_contract(off) /* what -ffp-contract=off is for the others */
#endif

/* FETCH asks for a cache line that will be needed.  ONE_ADDRESS keeps gcc from computing the address
 * of every vector of a row anew. */
#if defined(__GNUC__)
#define PURENET_FETCH(where) __builtin_prefetch(where)
#define PURENET_ONE_ADDRESS(pointer) __asm__("" : "+r"(pointer))
#else
#define PURENET_FETCH(where) ((void)0)
#define PURENET_ONE_ADDRESS(pointer) ((void)0)
#endif

#define PURENET_SLACK 8 /* numbers that may be read behind the end of an array */

enum { PURENET_LINEAR, PURENET_SIGMOID, PURENET_TANH, PURENET_RELU, PURENET_LEAKY_RELU };

/* What becomes of the elements of a matrix product. */
enum {
    PURENET_SUM,  /* c = sum */
    PURENET_BIAS, /* c = sum + bias[column] */
    PURENET_STEP  /* c = c - rate * sum: a step of gradient descent, the sum being the gradient */
};

/* A matrix product: for every row i and column j, the sum over t of a(i, t) * b(t, j).
 * Both factors are addressed by two strides, so that a transposed matrix needs no copy:
 *
 *   forward         z = x w + bias      a(i, t) = x[i][t]      b(t, j) = w[t][j]
 *   input gradient  dx = delta w^T      a(i, t) = delta[i][t]  b(t, j) = w[j][t]
 *   weight step     w -= rate x^T delta a(i, t) = x[t][i]      b(t, j) = delta[t][j]
 *   bias step       b -= rate 1 delta   a(i, t) = 1.0          b(t, j) = delta[t][j]
 */
typedef struct {
    size_t rows, columns, terms;
    const double *a;
    size_t a_row, a_term; /* a(i, t) = a[i * a_row + t * a_term] */
    const double *b;
    size_t b_term, b_column; /* b(t, j) = b[t * b_term + j * b_column] */
    double *c;
    size_t c_row; /* c(i, j) = c[i * c_row + j] */
    int finish;   /* PURENET_SUM, PURENET_BIAS or PURENET_STEP */
    const double *bias;
    double rate;
    double *room; /* working memory, as much as product_room says */
} purenet_product;

#define PURENET_STRIP 112 /* columns; below 256, `column` being one byte */

/* Inputs of which most are zero: the others, listed.  The columns are cut into strips; strip b of
 * row s has the entries start[i] .. start[i + 1] - 1 with i = s * row_step + b * strip_step, columns
 * ascending, and `column` counts from the beginning of the strip.  Either each row's strips lie
 * behind each other, or a batch's first strips, then its second ones, as they are read on the way
 * forward.  Leaving out a term x * w with x == 0.0 changes nothing as long as w is finite: a sum
 * that starts at +0.0 stays the same when +0.0 or -0.0 is added.  (0.0 * inf is NaN; so the callers
 * look for infinite weights and deltas first.) */
typedef struct {
    size_t strips;
    const size_t *start;
    size_t row_step, strip_step;
    const uint8_t *column;
    const double *value;
} purenet_sparse;

/* The entries of one batch, column by column: what the step of the weights needs, as row k of the
 * gradient is the sum over the samples of x[sample][k] * delta[sample].  The columns that any sample
 * touches are listed in groups with as many entries, because a processor foresees the end of a loop
 * that it has just gone through as often.  `value` and `sample` have the entries of one column
 * behind those of the other, samples ascending; `sample` counts within the batch. */
typedef struct {
    uint32_t entries; /* of each column */
    uint32_t columns;
} purenet_group;

typedef struct {
    size_t groups, columns, entries;
    const double *value;
    const purenet_group *group;
    const uint32_t *column;
    const uint32_t *sample;
} purenet_columns;

#define PURENET_AHEAD 64 /* entries from the one that is used to the one that is asked for */

/* A layer of a network, with room for a batch. */
typedef struct {
    size_t inputs, outputs;
    int activation;
    double *weights;
    size_t stride;    /* from one row of the weights to the next */
    double *biases;   /* NULL without biases */
    double *z;        /* NULL if nobody needs z after the activation */
    double *a;        /* samples by outputs, as are z and delta */
    double *delta;    /* NULL if there is no way back */
    double *gradient; /* NULL if the step is taken at once; the weights' and the biases' */
    double *spare;    /* the weights and biases while an interruptible step is taken, or NULL */
} purenet_layer;

/* One set of kernels: the same functions for one vector width. */
typedef struct {
    const char *name;
    /* how many columns of a product, and outputs of a sparse step, are computed together */
    size_t product_columns, step_outputs;
    /* A network whose layers have at most so many inputs and outputs is narrow.  Its layers are too
     * small for the functions below, which take longer to begin than to compute. */
    size_t narrow_width;
    /* z and a of every layer of a narrow network */
    void (*narrow_forward)(const purenet_layer *layers, size_t count, size_t rows, const double *x);
    /* From delta of the last layer: delta of every other one, and the step of every layer.  Tells if
     * all weights and biases are finite. */
    int (*narrow_backward)(const purenet_layer *layers, size_t count, size_t rows, const double *x,
                           double rate);
    /* the room a product needs, in numbers; one with fewer rows or columns does not need more */
    size_t (*product_room)(const purenet_product *p);
    void (*product)(const purenet_product *p);
    /* z = activation(z) for n numbers */
    void (*activate)(int activation, size_t n, double *z);
    /* delta = delta * slope, the slope of the activation from its value a */
    void (*times_slope)(int activation, size_t n, const double *a, double *delta);
    /* delta = factor * (a - y) / count: factor 2 for squared error, 1 for cross-entropy */
    void (*output_delta)(double factor, double count, size_t n, const double *a, const double *y,
                         double *delta);
    void (*softmax)(size_t rows, size_t columns, double *z);
    void (*exponential)(size_t n, double *x);
    /* w = w - rate * g */
    void (*step)(double rate, size_t n, const double *g, double *w);
    int (*all_finite)(size_t n, const double *x);
    /* List the numbers of a strip that are not zero; tells how many there are.  All three arrays
     * have room for a whole strip. */
    size_t (*list_non_zeros)(size_t n, const double *x, uint8_t *column, double *value);
    /* z = x w + bias (bias may be NULL) for the listed samples; the weights must be finite */
    void (*sparse_forward)(const purenet_sparse *x, size_t samples, const size_t *sample,
                           size_t outputs, const double *w, size_t w_row, const double *bias,
                           double *z, size_t z_row);
    /* w -= rate x^T delta for the listed columns, which are rows of w; the deltas must be finite.
     * Tells if the sum of the weights it touched is finite: then all of them are.  `room` is for
     * samples * step_outputs + PURENET_SLACK numbers. */
    int (*sparse_step)(const purenet_columns *x, size_t samples, size_t outputs,
                       const double *delta, size_t delta_row, double rate, double *w,
                       size_t w_row, double *room);
} purenet_kernels;

/* ---- memory ---- */

/* As malloc.  Linux hands memory out in pages of 4 kB when they are first touched, and takes a
 * microsecond or more for each; so where there is much, it is asked for pages of 2 MB. */
static void *purenet_memory(size_t bytes)
{
    void *memory = malloc(bytes);
#if defined(MADV_HUGEPAGE)
    const uintptr_t page = (uintptr_t)2 << 20;
    if (memory != NULL && bytes >= 2 * page) {
        uintptr_t begin = ((uintptr_t)memory + page - 1) & ~(page - 1);
        uintptr_t end = ((uintptr_t)memory + bytes) & ~(page - 1);
        if (begin < end)
            (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE); /* a wish */
    }
#endif
    return memory;
}

/* Memory that is handed out piece by piece, and given back all at once. */
typedef struct purenet_store {
    struct purenet_store *before; /* what was full */
    size_t used, size;            /* bytes */
} purenet_store;

/* Take so many bytes; where a store has no more, it gets `more` bytes, or as many as needed. */
static void *purenet_take(purenet_store **store, size_t bytes, size_t more)
{
    purenet_store *now = *store;
    void *taken;
    bytes = (bytes + 15) & ~(size_t)15;
    if (now == NULL || now->size - now->used < bytes) {
        const size_t head = (sizeof *now + 15) & ~(size_t)15;
        size_t size = head + (more > bytes ? more : bytes);
        now = purenet_memory(size);
        if (now == NULL)
            return NULL;
        now->before = *store;
        now->used = head;
        now->size = size;
        *store = now;
    }
    taken = (char *)now + now->used;
    now->used += bytes;
    return taken;
}

static void purenet_give_back(purenet_store *store)
{
    while (store != NULL) {
        purenet_store *before = store->before;
        free(store);
        store = before;
    }
}

/* ---- the entries of a batch by column ---- */

/* The memory for so many groups, columns and entries, in numbers. */
static size_t purenet_columns_room(size_t groups, size_t columns, size_t entries)
{
    return entries + groups + (columns + entries + 1) / 2;
}

/* And while they are put in order: counters for every column, and for every number of samples. */
static size_t purenet_order_room(size_t samples, size_t columns, size_t entries)
{
    size_t groups = samples < columns ? samples : columns;
    return columns + samples + 1 + purenet_columns_room(groups, columns, entries);
}

/* Lay out the arrays of x. */
static void purenet_lay_out(double *room, purenet_columns *x)
{
    x->value = room;
    x->group = (purenet_group *)(room + x->entries);
    x->column = (uint32_t *)(x->group + x->groups);
    x->sample = x->column + x->columns;
}

/* The entries of one row in a strip, of the columns first <= k < last. */
typedef struct {
    size_t begin, end;
} purenet_range;

static inline purenet_range purenet_entries_between(const purenet_sparse *x, const size_t *start,
                                                    size_t strip, size_t first, size_t last)
{
    const size_t column = strip * PURENET_STRIP;
    purenet_range range = {start[strip * x->strip_step], start[strip * x->strip_step + 1]};
    if (column < first)
        while (range.begin < range.end && column + x->column[range.begin] < first)
            range.begin++;
    if (column + PURENET_STRIP > last)
        while (range.begin < range.end && column + x->column[range.end - 1] >= last)
            range.end--;
    return range;
}

/* Put the entries of the columns first <= k < last of the listed samples in order. */
static void purenet_order_by_column(const purenet_sparse *x, size_t first, size_t last,
                                    size_t samples, const size_t *sample, double *room,
                                    purenet_columns *ordered)
{
    const size_t columns = last - first;
    const size_t first_strip = first / PURENET_STRIP;
    const size_t last_strip = (last + PURENET_STRIP - 1) / PURENET_STRIP;
    uint64_t *entries = (uint64_t *)room;  /* of each column; then where its next one goes */
    uint64_t *with = entries + columns;    /* columns with so many; then where their next one goes */
    size_t strip, s, k, n, e;
    uint64_t total = 0;
    double *value;
    purenet_group *group;
    uint32_t *column, *at;
    memset(room, 0, (columns + samples + 1) * sizeof(double));
    for (s = 0; s < samples; s++) {
        const size_t *start = x->start + sample[s] * x->row_step;
        for (strip = first_strip; strip < last_strip; strip++) {
            const purenet_range range = purenet_entries_between(x, start, strip, first, last);
            const size_t shift = strip * PURENET_STRIP - first; /* may be below 0: it wraps */
            for (e = range.begin; e < range.end; e++)
                entries[shift + x->column[e]]++;
        }
    }
    for (k = 0; k < columns; k++)
        with[entries[k]]++;
    ordered->groups = ordered->columns = ordered->entries = 0;
    for (n = 1; n <= samples; n++) {
        ordered->groups += with[n] > 0;
        ordered->columns += with[n];
        ordered->entries += n * with[n];
    }
    purenet_lay_out((double *)(with + samples + 1), ordered);
    value = (double *)ordered->value;
    group = (purenet_group *)ordered->group;
    column = (uint32_t *)ordered->column;
    at = (uint32_t *)ordered->sample;
    for (n = 1; n <= samples; n++) {
        uint64_t here = with[n];
        if (here > 0) {
            group->entries = (uint32_t)n;
            group->columns = (uint32_t)here;
            group++;
        }
        with[n] = total;
        total += here;
    }
    for (k = 0; k < columns; k++)
        if (entries[k] > 0)
            column[with[entries[k]]++] = (uint32_t)k;
    total = 0;
    for (n = 0; n < ordered->columns; n++) {
        uint64_t here = entries[column[n]];
        entries[column[n]] = total;
        total += here;
        column[n] += (uint32_t)first;
    }
    for (s = 0; s < samples; s++) {
        const size_t *start = x->start + sample[s] * x->row_step;
        for (strip = first_strip; strip < last_strip; strip++) {
            const purenet_range range = purenet_entries_between(x, start, strip, first, last);
            const size_t shift = strip * PURENET_STRIP - first;
            for (e = range.begin; e < range.end; e++) {
                size_t to = (size_t)entries[shift + x->column[e]]++;
                value[to] = x->value[e];
                at[to] = (uint32_t)s;
            }
        }
    }
}

/* Copy what was put in order to a store; tells if there was memory for it. */
static int purenet_keep_columns(const purenet_columns *x, purenet_store **store, size_t more,
                                purenet_columns *kept)
{
    size_t numbers = purenet_columns_room(x->groups, x->columns, x->entries);
    double *room = purenet_take(store, numbers * sizeof(double), more);
    if (room == NULL)
        return 0;
    memcpy(room, x->value, numbers * sizeof(double));
    *kept = *x;
    purenet_lay_out(room, kept);
    return 1;
}

/* Ask for the beginning of what a step will need. */
static void purenet_fetch_columns(const purenet_columns *kept)
{
    size_t e;
    for (e = 0; e < PURENET_AHEAD && e < kept->entries; e += 8) {
        PURENET_FETCH(kept->value + e);
        PURENET_FETCH(kept->sample + e);
    }
    for (e = 0; e < 32 && e < kept->columns; e += 16)
        PURENET_FETCH(kept->column + e);
    PURENET_FETCH(kept->group);
}

/* ---- exp and sigmoid of one number: purenet/elementary.py line for line ---- */

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

/* ---- one set of kernels for each vector width ---- */

/* gcc and clang have vector types for every processor, and can compile a part of a file for a
 * processor other than the one the rest is compiled for. */
#if defined(__GNUC__)
#define PURENET_VECTORS 1
#define PURENET_INLINE static inline __attribute__((always_inline))
#else
#define PURENET_VECTORS 0
#define PURENET_INLINE static inline
#endif

#if defined(__clang__)
#define PURENET_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define PURENET_UNROLL _Pragma("GCC unroll 16")
#else
#define PURENET_UNROLL
#endif

#define PURENET_WIDTH 1
#include "kernels_width.h"
#undef PURENET_WIDTH

#if PURENET_VECTORS
#define PURENET_WIDTH 2 /* every x86-64 has SSE2, every arm64 NEON */
#include "kernels_width.h"
#undef PURENET_WIDTH
#endif

/* gcc for Windows cannot align the stack for vectors wider than 16 bytes (its bug 54412). */
#if defined(__x86_64__) && PURENET_VECTORS && (defined(__clang__) || !defined(_WIN32))
#define PURENET_AVX 1
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif
#define PURENET_WIDTH 4
#include "kernels_width.h"
#undef PURENET_WIDTH
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq"))), apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,prefer-vector-width=512")
#endif
#define PURENET_WIDTH 8
#include "kernels_width.h"
#undef PURENET_WIDTH
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

/* ---- several threads, and time ---- */

/* For Python's locks, which a thread may wait for without holding Python itself. */
#include <Python.h>
#include <pythread.h>

/* Counters that threads share are long, the one size that every compiler below has atomic
 * operations for, on 32-bit systems too. */
typedef unsigned long purenet_count;

#if defined(_WIN32)
#if !defined(WIN32_LEAN_AND_MEAN)
#define WIN32_LEAN_AND_MEAN /* windows.h would define short words such as `small` */
#endif
#include <windows.h>
#endif
#if defined(_MSC_VER) && !defined(__clang__)
#define PURENET_ADD(where, n) ((purenet_count)InterlockedExchangeAdd((LONG *)(where), (n)) + (n))
#define PURENET_READ(where) ((purenet_count)InterlockedExchangeAdd((LONG *)(where), 0))
#define PURENET_WRITE(where, n) ((void)InterlockedExchange((LONG *)(where), (LONG)(n)))
#define PURENET_EXCHANGE(where, n) ((purenet_count)InterlockedExchange((LONG *)(where), (LONG)(n)))
#else
#define PURENET_ADD(where, n) __atomic_add_fetch((where), (n), __ATOMIC_SEQ_CST)
#define PURENET_READ(where) __atomic_load_n((where), __ATOMIC_SEQ_CST)
#define PURENET_WRITE(where, n) __atomic_store_n((where), (n), __ATOMIC_SEQ_CST)
#define PURENET_EXCHANGE(where, n) __atomic_exchange_n((where), (n), __ATOMIC_SEQ_CST)
#endif

/* Where a thread sleeps.  The bell is one of Python's locks, which is locked until somebody rings. */
typedef struct {
    purenet_count asleep;
    PyThread_type_lock bell;
} purenet_bed;

/* `size` threads that work together, and meet: each waits until all have come.  At first it waits
 * awake, because they meet every few microseconds.  Then it sleeps: if another program has the
 * processor of the one it waits for, that takes milliseconds, and whoever has slept is soon served
 * again.
 *
 * One of them may wish to stop.  That all leave is decided by the last one who comes to a meeting,
 * for all: if each looked for itself, one could see the wish before a meeting and leave, and the
 * others would wait for it there for ever. */
typedef struct {
    purenet_count size;
    purenet_count here;  /* threads that have come */
    purenet_count turn;  /* meetings that have been held */
    purenet_count stop;  /* somebody wishes to stop */
    purenet_count leave; /* the decision of the last meeting */
    purenet_count gate;  /* before the first meeting: PURENET_CLOSED, _OPEN or _CANCELLED */
    purenet_count waiting; /* threads that have come to the gate */
    purenet_count leaving; /* threads that have worked, or were refused, and will not meet again */
    purenet_count gone;    /* and that do not touch the team any more */
    purenet_bed *beds;     /* one a thread */
} purenet_team;

enum { PURENET_CLOSED, PURENET_OPEN, PURENET_CANCELLED };

#define PURENET_TRIES 20000 /* 6 to 7 microseconds on a processor with 3 GHz */

/* Sleep until somebody wakes this thread, at most for so many microseconds (or for ever, below 0);
 * not at all if `counter` has another value by now.  Whoever changes it wakes the others then. */
static void purenet_sleep(purenet_team *team, size_t number, const purenet_count *counter,
                          purenet_count value, long microseconds)
{
    purenet_bed *bed = team->beds + number;
    (void)PURENET_EXCHANGE(&bed->asleep, 1);
    if (PURENET_READ(counter) == value
        && PyThread_acquire_lock_timed(bed->bell, microseconds, 0) == PY_LOCK_ACQUIRED)
        return;
    if (PURENET_EXCHANGE(&bed->asleep, 0) == 0) /* somebody has seen it, and rings */
        (void)PyThread_acquire_lock(bed->bell, WAIT_LOCK);
}

static void purenet_wake(purenet_team *team)
{
    purenet_count i;
    for (i = 0; i < team->size; i++)
        if (PURENET_READ(&team->beds[i].asleep) && PURENET_EXCHANGE(&team->beds[i].asleep, 0))
            PyThread_release_lock(team->beds[i].bell);
}

static int purenet_meet_others(purenet_team *team, size_t number)
{
    purenet_count turn = PURENET_READ(&team->turn), tries = 0;
    if (PURENET_ADD(&team->here, 1) == team->size) {
        team->leave = PURENET_READ(&team->stop);
        PURENET_WRITE(&team->here, 0);
        PURENET_WRITE(&team->turn, turn + 1);
        purenet_wake(team);
    } else
        while (PURENET_READ(&team->turn) == turn)
            if (++tries > PURENET_TRIES)
                purenet_sleep(team, number, &team->turn, turn, -1);
    /* The next meeting cannot end, and change it, before this thread has come to it. */
    return team->leave != 0;
}

/* Meet the others; tells if all must leave now. */
static inline int purenet_meet(purenet_team *team, size_t number)
{
    return team->size == 1 ? team->stop != 0 : purenet_meet_others(team, number);
}

/* Wish that all leave at the next meeting, and that work which can be broken off is. */
static void purenet_stop(purenet_team *team) { PURENET_WRITE(&team->stop, 1); }

static int purenet_stopped(purenet_team *team) { return PURENET_READ(&team->stop) != 0; }

static void purenet_set_gate(purenet_team *team, int state)
{
    PURENET_WRITE(&team->gate, (purenet_count)state);
    purenet_wake(team);
}

/* Wait until the gate is opened or the work is cancelled; tells if it was opened. */
static int purenet_pass_gate(purenet_team *team, size_t number)
{
    PURENET_ADD(&team->waiting, 1);
    purenet_wake(team);
    while (PURENET_READ(&team->gate) == PURENET_CLOSED)
        purenet_sleep(team, number, &team->gate, PURENET_CLOSED, -1);
    return PURENET_READ(&team->gate) == PURENET_OPEN;
}

/* Wait until so many threads have come to the gate.  For the first thread. */
static void purenet_await_at_gate(purenet_team *team, purenet_count waiting)
{
    purenet_count now;
    while ((now = PURENET_READ(&team->waiting)) != waiting)
        purenet_sleep(team, 0, &team->waiting, now, -1);
}

/* The last that a thread does with the team: when all are gone, the first may free it. */
static void purenet_leave(purenet_team *team)
{
    PURENET_ADD(&team->leaving, 1);
    purenet_wake(team);
    PURENET_ADD(&team->gone, 1);
}

/* Wait some milliseconds for so many threads to leave; tells if all have.  For the first thread. */
static int purenet_await(purenet_team *team, purenet_count gone)
{
    purenet_count leaving, tries;
    for (tries = 0; tries < PURENET_TRIES; tries++)
        if (PURENET_READ(&team->gone) == gone)
            return 1;
    leaving = PURENET_READ(&team->leaving);
    purenet_sleep(team, 0, &team->leaving, leaving, leaving == gone ? 100 : 10000);
    return PURENET_READ(&team->gone) == gone;
}

/* Get beds for so many threads; tells if there was memory for them. */
static int purenet_make_beds(purenet_team *team, size_t size)
{
    size_t i;
    team->size = (purenet_count)size;
    team->beds = calloc(size, sizeof *team->beds);
    if (team->beds == NULL)
        return 0;
    for (i = 0; i < size; i++) {
        team->beds[i].bell = PyThread_allocate_lock();
        if (team->beds[i].bell == NULL)
            return 0;
        (void)PyThread_acquire_lock(team->beds[i].bell, WAIT_LOCK);
    }
    return 1;
}

static void purenet_free_beds(purenet_team *team)
{
    size_t i;
    for (i = 0; team->beds != NULL && i < team->size; i++)
        if (team->beds[i].bell != NULL) {
            PyThread_release_lock(team->beds[i].bell);
            PyThread_free_lock(team->beds[i].bell);
        }
    free(team->beds);
}

/* A clock in milliseconds that is never set back. */
static uint64_t purenet_clock(void)
{
#if defined(_WIN32)
    return GetTickCount64();
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
#endif
}

/* ---- the choice ---- */

#define PURENET_UNKNOWN_NAME 1
#define PURENET_NOT_HERE 2 /* the processor, or the compiler, does not have it */

/* Point `chosen` to the widest set of kernels this processor has, or to the one that is wanted
 * ("avx512", "avx2", "sse2", "neon", "vector", "portable"; NULL or "" for the widest).  Returns 0
 * or PURENET_UNKNOWN_NAME or PURENET_NOT_HERE. */
static int purenet_choose(const char *wanted, const purenet_kernels **chosen)
{
    static const char *const names[] = {"avx512", "avx2", "sse2", "neon", "vector",
                                        "portable"};
    const purenet_kernels *here[4];
    size_t count = 0, i;
#if defined(PURENET_AVX)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
        here[count++] = &purenet_kernels_8;
    if (__builtin_cpu_supports("avx2"))
        here[count++] = &purenet_kernels_4;
#endif
#if PURENET_VECTORS
    here[count++] = &purenet_kernels_2;
#endif
    here[count++] = &purenet_kernels_1;
    if (wanted == NULL || wanted[0] == '\0') {
        *chosen = here[0];
        return 0;
    }
    for (i = 0; i < count; i++)
        if (strcmp(wanted, here[i]->name) == 0) {
            *chosen = here[i];
            return 0;
        }
    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(wanted, names[i]) == 0)
            return PURENET_NOT_HERE;
    return PURENET_UNKNOWN_NAME;
}

#endif
