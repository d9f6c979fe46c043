/* The inner loops of purenet_fast, in C because Cython has no vector types: what they are given, and
 * the table of them.
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
 * THE WIDTHS.  Each of width_1.c, width_2.c, width_4.c and width_8.c compiles the same kernels for
 * vectors of so many numbers, and offers them as a table, a `purenet_kernels`; choice.c picks the
 * one for the processor it finds.
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
#include <stddef.h>
#include <stdint.h>

#if FLT_EVAL_METHOD != 0 || defined(__FAST_MATH__)
#error "purenet_fast needs plain double arithmetic: no x87, no -ffast-math"
#endif
#if defined(_MSC_VER)
#pragma fp_contract(off) /* what -ffp-contract=off is for the others */
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
    double *scratch; /* scratch memory, as much as product_scratch says */
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

/* The same inputs with a bit for each of their columns, in blocks of 64: row s has the blocks from
 * blocks[s * step] on.  So the entry of a column is found without any order: behind as many others
 * of its block as there are bits before its own. */
typedef struct {
    uint64_t start; /* where the block's entries begin */
    uint64_t bits;  /* bit k: has its column k an entry? */
} purenet_block;

typedef struct {
    size_t step;
    const purenet_block *blocks;
    const double *value;
} purenet_marked;

#define PURENET_FEW 16 /* samples of a batch that is taken like this */

/* IMAGES lie in two ways.  Between layers that know nothing of images, a sample is a flat row:
 * channel by channel, row by row.  The kernels for images take them pixel by pixel, a pixel's
 * channels side by side and filled up to `depth` numbers, whole vectors.  What stands in the lanes
 * that fill a pixel up is never used for another lane.
 *
 * The windows on an image: window p begins at image[place[p]], and has the numbers that stand
 * offset[t] behind that.  So one table says how an image lies, how far the windows move, and how
 * large they are. */
typedef struct {
    size_t places, terms;
    const size_t *place;
    const size_t *offset;
    size_t depth; /* of what is computed from them */
} purenet_windows;

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
    double *gradient; /* of the weights, laid out like them; NULL if the step is taken at once */
    double *gradient_of_biases;
    double *pending;  /* the weights and biases while an interruptible step is taken, or NULL */
} purenet_layer;

/* How an optimizer changes a parameter.  Not all of it is used by every kind. */
enum {
    PURENET_DESCENT,
    PURENET_MOMENTUM,
    PURENET_NESTEROV,
    PURENET_ADAGRAD,
    PURENET_RMSPROP,
    PURENET_ADAM
};

typedef struct {
    int kind;
    double rate;         /* of the step; Adam's is corrected */
    double keep;         /* momentum, decay, beta1: what is left of the memory from step to step */
    double keep_squares; /* beta2 */
    double epsilon;      /* Adam's is corrected */
    double shrink;       /* what the parameter is multiplied by; 1.0 but for AdamW */
} purenet_rule;

enum {
    PURENET_SUM_OF_SQUARES,
    PURENET_MEAN_SQUARED_ERROR,
    PURENET_BINARY_CROSS_ENTROPY,
    PURENET_CATEGORICAL_CROSS_ENTROPY
};

/* The training of a narrow network by plain gradient descent, for some epochs. */
typedef struct {
    const purenet_layer *layers; /* their weights and biases are trained; nothing else is used */
    size_t count;                /* of the layers */
    int loss;
    size_t samples;
    const double *inputs, *targets; /* one sample a row */
    const double *weights;       /* of the samples; NULL if all count alike */
    const size_t *order;         /* in which the samples are taken; NULL: as they lie */
    size_t batch_size;
    int classes;                 /* are right answers counted? */
    size_t epochs;
    const double *rates;         /* the learning rate of each epoch, ... */
    double *totals;              /* its loss, ... */
    size_t *corrects;            /* and its right answers */
    size_t epoch, start;         /* what is next: the epoch, and the place of its next sample */
    /* What only the kernels use: */
    purenet_layer *narrow;       /* room for as many layers */
    double *x, *y, *own_weights; /* a batch, gathered */
} purenet_run;

/* One set of kernels: the same functions for one vector width. */
typedef struct {
    const char *name;
    /* how many columns of a product, and outputs of a sparse step, are computed together */
    size_t product_columns, step_outputs;
    /* A network whose layers have at most so many inputs and outputs is narrow.  Its layers are too
     * small for the functions below, which take longer to begin than to compute. */
    size_t narrow_width;
    /* Lay out in memory, which is all zeros, what a run needs; returns how many numbers that takes.
     * Without memory (NULL) that is all that counts. */
    size_t (*narrow_lay_out)(purenet_run *run, double *memory);
    /* Go on with a run for so many batches, or to its end, or to the end of an epoch after which a
     * weight or bias is not finite; returns whether they are.  Within an epoch nobody looks. */
    int (*narrow_train)(purenet_run *run, size_t batches);
    /* the scratch memory a product needs, in numbers; one with fewer rows or columns does not need more */
    size_t (*product_scratch)(const purenet_product *p);
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
    /* List the numbers of a strip that are not zero; returns how many there are.  All three arrays
     * have room for a whole strip. */
    size_t (*list_non_zeros)(size_t n, const double *x, uint8_t *column, double *value);
    /* z = x w + bias (bias may be NULL) for the listed samples; the weights must be finite */
    void (*sparse_forward)(const purenet_sparse *x, size_t samples, const size_t *sample,
                           size_t outputs, const double *w, size_t w_row, const double *bias,
                           double *z, size_t z_row);
    /* w -= rate x^T delta for the listed columns, which are rows of w; the deltas must be finite.
     * Returns whether the sum of the weights it touched is finite: then all of them are.  `scratch`
     * is for samples * step_outputs + PURENET_SLACK numbers. */
    int (*sparse_step)(const purenet_columns *x, size_t samples, size_t outputs,
                       const double *delta, size_t delta_row, double rate, double *w,
                       size_t w_row, double *scratch);
    /* The same with any rule: `first` and `second` are what it remembers of each weight, laid out
     * like the weights; what it does not need may point anywhere. */
    int (*sparse_optimize)(const purenet_columns *x, size_t samples, size_t outputs,
                           const double *delta, size_t delta_row, const purenet_rule *rule,
                           double *w, double *first, double *second, size_t w_row,
                           double *scratch);
    /* The same for a batch of up to PURENET_FEW samples, in the columns first <= k < last, which need
     * not be put in order; NULL where that takes longer. */
    int (*few_optimize)(const purenet_marked *x, size_t first, size_t last, size_t samples,
                        const size_t *sample, size_t outputs, const double *delta,
                        size_t delta_row, const purenet_rule *rule, double *w,
                        double *first_memory, double *second_memory, size_t w_row,
                        double *scratch);
    /* One step of n numbers w with the slopes g, and with what is remembered of each: one number or
     * two, as the rule needs. */
    void (*optimize)(const purenet_rule *rule, size_t n, const double *g, double *w, double *first,
                     double *second);
    /* g = g + l1 * sign of w + 2 * l2 * w */
    void (*penalty_slopes)(double l1, double l2, size_t n, const double *w, double *g);
    /* g = g, but at most so large */
    void (*clip)(double largest, size_t n, double *g);
    /* x = x * factor */
    void (*times)(double factor, size_t n, double *x);
    size_t width; /* numbers of a vector; `depth` is a multiple of it */
    /* A convolution of one sample: a pixel of `depth` filters for each window, activation(sum over
     * the terms t of image[place + offset[t]] * weights[t][filter] + bias[filter]), or without the
     * bias if it is NULL.  weights and bias have `depth` numbers a row. */
    void (*convolve)(const purenet_windows *w, const double *image, const double *weights,
                     const double *bias, int activation, double *z);
    /* Go on with the sums of a gradient: for t from `first` to `last`, sums[t][filter] grows by
     * image[place[p] + offset[t]] * delta[p][filter], window by window; and total[filter], if it is
     * not NULL, by delta[p][filter].  sums and total have `depth` numbers a row. */
    void (*weight_sums)(const purenet_windows *w, size_t first, size_t last, const double *image,
                        const double *delta, double *sums, double *total);
    /* The same sums filter by filter, for images with many channels: those of the filters from
     * `first` to `last`, sums[filter][t][channel] and totals[filter].  Here `depth` is of the pixels
     * of the image, and the offsets are those of one channel; delta has delta_depth numbers a row.
     * left_out: whether deltas that are zero are left out; then the image must be finite.  place,
     * value: room for as many numbers as there are windows. */
    void (*filter_sums)(const purenet_windows *w, size_t first, size_t last, const double *image,
                        const double *delta, size_t delta_depth, int left_out, size_t *place,
                        double *value, double *sums, double *totals);
    /* Add to the pixels of each window, filter by filter and the last window first,
     * delta[p][filter] * weights[filter][t][channel].  As before, but with `left_out` the weights
     * must be finite. */
    void (*spread_deltas)(const purenet_windows *w, size_t filters, const double *delta,
                          size_t delta_depth, const double *weights, int left_out, size_t *place,
                          double *value, double *image);
    /* The largest of each window, and which term it was (winner may be NULL); and back: add each
     * delta to that place in the image, which has zeros at first. */
    void (*pool_largest)(const purenet_windows *w, const double *image, double *a,
                         uint64_t *winner);
    void (*unpool_largest)(const purenet_windows *w, const double *delta, const uint64_t *winner,
                           double *image);
    /* The same where no windows overlap, with the slope of the activation whose largest values
     * are a: a function that has the slope 0 or a constant.  What stands in the windows before is
     * not read. */
    void (*unpool_apart)(const purenet_windows *w, const double *delta, const uint64_t *winner,
                         int activation, const double *a, double *image);
    /* The average of each window, and back: add its share to each place. */
    void (*pool_average)(const purenet_windows *w, const double *image, double *a);
    void (*unpool_average)(const purenet_windows *w, const double *delta, double *image);
    /* Lay `count` pixels out, which stand in a flat row, `channel` numbers from one channel to the
     * next; and back. */
    void (*to_pixels)(size_t channels, size_t count, const double *flat, size_t channel,
                      size_t depth, double *pixels);
    void (*from_pixels)(size_t channels, size_t count, const double *pixels, size_t depth,
                        double *flat, size_t channel);
    /* Change the 624 words of a Mersenne Twister, after all have been drawn. */
    void (*twist)(uint32_t *word);
    /* Seed so many Mersenne Twisters side by side, with the keys key[0], key[0] + 1, ..., each with
     * the `length - 1` words behind it; `state` has room for all. */
    size_t generators;
    void (*seed_generators)(const uint32_t *key, size_t length, uint32_t *state);
    /* Take generator g from there.  If so few words are needed that it pays, only they are written;
     * otherwise all its state.  Returns how many of these words count as drawn: none, or all. */
    int (*take_generator)(const uint32_t *state, size_t g, size_t needed, uint32_t *word);
    /* Draw n random numbers, each from two of up to 624 words: mask = 0 if the number is less than
     * rate, else scale. */
    void (*draw_mask)(const uint32_t *word, size_t n, double rate, double scale, double *mask);
    /* z = x * y for n numbers */
    void (*multiply)(size_t n, const double *x, const double *y, double *z);
    /* For measuring: multiply and add in registers, `rounds` times; returns how many operations that
     * were.  `result` is for W numbers. */
    double (*multiply_and_add)(size_t rounds, double factor, double term, double *result);
    /* Read n numbers of another kind, which lie `step` bytes from each other, and write such: `code`
     * is a letter as in Python's module struct, one of d f ? b B h H i I q Q; of what is written, d
     * or f. */
    void (*read_numbers)(int code, const char *from, ptrdiff_t step, size_t n, double *to);
    void (*write_numbers)(int code, const double *from, size_t n, char *to, ptrdiff_t step);
} purenet_kernels;

/* ---- the tables, one a width, and the choice ---- */

/* gcc and clang have vector types for every processor, and can compile a part of a file for a
 * processor other than the one the rest is compiled for. */
#if defined(__GNUC__)
#define PURENET_VECTORS 1
#define PURENET_HIDDEN __attribute__((visibility("hidden"))) /* seen in this library alone */
#else
#define PURENET_VECTORS 0
#define PURENET_HIDDEN
#endif

/* gcc for Windows cannot align the stack for vectors wider than 16 bytes (its bug 54412). */
#if defined(__x86_64__) && PURENET_VECTORS && (defined(__clang__) || !defined(_WIN32))
#define PURENET_AVX 1
#else
#define PURENET_AVX 0
#endif

extern PURENET_HIDDEN const purenet_kernels purenet_kernels_1;
#if PURENET_VECTORS
extern PURENET_HIDDEN const purenet_kernels purenet_kernels_2;
#endif
#if PURENET_AVX
extern PURENET_HIDDEN const purenet_kernels purenet_kernels_4;
extern PURENET_HIDDEN const purenet_kernels purenet_kernels_8;
#endif

enum {
    PURENET_CHOSEN,
    PURENET_UNKNOWN_NAME,
    PURENET_NOT_HERE /* the processor, or the compiler, does not have it */
};

/* Point `chosen` to the widest set of kernels this processor has, or to the one that is wanted
 * ("avx512", "avx2", "sse2", "neon", "vector", "portable"; NULL or "" for the widest).  Returns
 * PURENET_CHOSEN, PURENET_UNKNOWN_NAME or PURENET_NOT_HERE. */
PURENET_HIDDEN int purenet_choose(const char *wanted, const purenet_kernels **chosen);

/* The kernels that train a narrow network, or NULL if it is not narrow.  Unless the width is forced,
 * those with half the width of the widest are taken where each layer is as many of their vectors: an
 * operation takes no longer for a vector that is full than for one that is half empty, and on many a
 * processor less, in time and heat.  Where the widest need fewer vectors they are faster, even if
 * a part of the last one is empty. */
PURENET_HIDDEN const purenet_kernels *purenet_choose_narrow(const purenet_kernels *chosen,
                                                            int forced,
                                                            const purenet_layer *layers,
                                                            size_t count);

#endif
