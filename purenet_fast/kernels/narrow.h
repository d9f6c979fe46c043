/* Narrow networks: a whole run of epochs in one function.
 *
 * One batch of a narrow network takes some hundred nanoseconds, most of it waiting: each operation
 * of the two or three exp on its way needs the one before, and the next batch needs this one's
 * weights.  So everything else has to be few instructions, which a processor finds while it waits,
 * and no number may wait in memory for another:
 *
 *   - The weights are copied to where each row is filled up to whole vectors, and back at the end.
 *     Everything is loaded and stored in whole vectors, or loaded as one number; a vector loaded
 *     over narrower stores would have to wait for them.  The lanes that fill up a row hold zeros
 *     all the time: a unit that is not there has the delta 0.
 *   - The weights of a layer with one unit are one row, as long as its inputs, and its values a and
 *     delta are one row, as long as the batch.
 *   - The rows of a batch go through a layer up to four vectors at a time, side by side, their sums
 *     in registers until a is there.
 *
 * The numbers R of rows and C of vectors of a row must be constants wherever they are given. */
#define NARROW 2
#define NARROW_ROWS 4

PURENET_INLINE size_t whole_vectors(size_t numbers) { return (numbers + W - 1) / W * W; }

/* call(R) for R, which is from 1 to 4, as a constant */
#define WITH_ROWS(rows, call)                                                                  \
    switch (rows) {                                                                                \
    case 1: call(1); break;                                                                        \
    case 2: call(2); break;                                                                        \
    case 3: call(3); break;                                                                        \
    default: call(4); break;                                                                       \
    }

/* All ones in the first n lanes, zeros in the others. */
PURENET_INLINE bits first_lanes(size_t n)
{
#if W == 1
    return n > 0 ? ~(bits)0 : 0;
#elif W == 2
    return (bits)((bits){0, 1} < (uint64_t)n);
#elif W == 4
    return (bits)((bits){0, 1, 2, 3} < (uint64_t)n);
#else
    return (bits)((bits){0, 1, 2, 3, 4, 5, 6, 7} < (uint64_t)n);
#endif
}

PURENET_INLINE vec only(bits where, vec v) { return from_bits(where & to_bits(v)); }

PURENET_INLINE double lane_of(vec v, int i)
{
#if W == 1
    (void)i;
    return v;
#else
    return v[i];
#endif
}

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

/* ---- forward ---- */

/* z and a of R rows of x, from the row `first` on. */
PURENET_INLINE void narrow_rows(const purenet_layer *layer, const double *x, size_t x_row,
                                size_t first, const int R, const int C)
{
    const size_t inputs = layer->inputs, row = C * W;
    const double *w = layer->weights;
    vec sum[NARROW_ROWS * NARROW];
    size_t k;
    int r, v;
    x += first * x_row;
    PURENET_UNROLL
    for (r = 0; r < R * C; r++)
        sum[r] = all_of(0.0);
    for (k = 0; k < inputs; k++, w += row) {
        PURENET_UNROLL
        for (v = 0; v < C; v++) {
            vec weights = load(w + v * W);
            PURENET_UNROLL
            for (r = 0; r < R; r++)
                sum[r * C + v] += x[r * x_row + k] * weights;
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
        for (r = 0; r < R * C; r++)
            store(layer->z + first * row + r * W, sum[r]);
    }
    activate_vecs(layer->activation, sum, R * C);
    PURENET_UNROLL
    for (r = 0; r < R * C; r++)
        store(layer->a + first * row + r * W, sum[r]);
}

PURENET_INLINE void narrow_unit_value(const purenet_layer *layer, size_t first, vec sum)
{
    if (layer->biases != NULL)
        sum += layer->biases[0];
    if (layer->z != NULL)
        store(layer->z + first, sum);
    activate_vecs(layer->activation, &sum, 1);
    store(layer->a + first, sum);
}

/* One unit: W rows side by side. */
PURENET_INLINE void narrow_unit_rows(const purenet_layer *layer, const double *x, size_t x_row,
                                     size_t first)
{
    vec sum = all_of(0.0);
    size_t k;
    x += first * x_row;
    for (k = 0; k < layer->inputs; k++)
        sum += load_apart(x + k, x_row) * layer->weights[k];
    narrow_unit_value(layer, first, sum);
}

/* One unit and one row: the products side by side, then their sum. */
PURENET_INLINE void narrow_unit_row(const purenet_layer *layer, const double *x, size_t x_row,
                                    size_t first)
{
    double sum = 0.0;
    size_t k;
    x += first * x_row;
    for (k = 0; k < layer->inputs; k += W) {
        vec product = load(x + k) * load(layer->weights + k);
        int i;
        PURENET_UNROLL
        for (i = 0; i < W; i++)
            if (k + i < layer->inputs)
                sum += lane_of(product, i);
    }
    narrow_unit_value(layer, first, all_of(sum));
}

/* own: whether there is memory for W rows, behind those of the batch. */
PURENET_INLINE void narrow_unit(const purenet_layer *layer, const double *x, size_t x_row,
                                size_t rows, int own)
{
    size_t i = 0;
    for (; i + (own ? 1 : W - 1) < rows; i += W)
        narrow_unit_rows(layer, x, x_row, i);
    for (; i < rows; i++)
        narrow_unit_row(layer, x, x_row, i);
}

PURENET_INLINE void narrow_layer(const purenet_layer *layer, const double *x, size_t x_row,
                                 size_t rows, const int C)
{
    size_t i = 0;
    for (; i + NARROW_ROWS / C <= rows; i += NARROW_ROWS / C)
        narrow_rows(layer, x, x_row, i, NARROW_ROWS / C, C);
#define REST(R) narrow_rows(layer, x, x_row, i, R < NARROW_ROWS / C ? R : 1, C)
    if (i < rows)
        WITH_ROWS(rows - i, REST)
#undef REST
}

PURENET_INLINE void narrow_forward(const purenet_layer *layers, size_t count, const double *x,
                                   size_t x_row, size_t rows, int own)
{
    for (; count > 0; count--, x = layers->a, x_row = layers->stride, own = 1, layers++)
        if (layers->outputs == 1)
            narrow_unit(layers, x, x_row, rows, own);
        else if (layers->stride == W)
            narrow_layer(layers, x, x_row, rows, 1);
        else
            narrow_layer(layers, x, x_row, rows, 2);
}

/* ---- the loss, and delta of the last layer ---- */

/* The loss of the batch, and delta.  With one unit the vectors go along the samples, else along the
 * outputs. */
PURENET_INLINE double narrow_loss(const purenet_layer *last, int loss, const double *y,
                                  const double *weights, size_t rows)
{
    const size_t outputs = last->outputs;
    const int unit = outputs == 1, entropy = loss == PURENET_BINARY_CROSS_ENTROPY;
    const double factor = entropy ? 1.0 : 2.0;
    const double count = loss == PURENET_SUM_OF_SQUARES ? 1.0 : (double)(rows * outputs);
    const size_t lines = unit ? 1 : rows, length = unit ? rows : outputs;
    double total = 0.0;
    size_t i, j, lane;
    for (i = 0; i < lines; i++, y += outputs) {
        double of_sample = 0.0;
        for (j = 0; j < length; j += W) {
            const size_t place = i * last->stride + j, lanes = length - j < W ? length - j : W;
            vec a = load(last->a + place);
            vec difference = a - load(y + j);
            vec delta = factor * difference;
            double losses[W];
            if (count != 1.0) /* a division takes long, and by 1 changes nothing */
                delta = delta / count;
            if (weights != NULL)
                delta = delta * (unit ? load(weights + j) : all_of(weights[i]));
            if (!entropy)
                delta = with_slope(last->activation, delta, a);
            if (lanes < W)
                delta = only(first_lanes(lanes), delta);
            store(last->delta + place, delta);
            if (entropy) {
                vec e = -size_of(load(last->z + place));
                exp_vecs(&e, 1);
                store(losses, e);
                for (lane = 0; lane < lanes; lane++)
                    losses[lane] = purenet_sigmoid_loss(last->z[place + lane], y[j + lane],
                                                        losses[lane]);
            } else
                store(losses, difference * difference);
            for (lane = 0; lane < lanes; lane++)
                if (!unit)
                    of_sample += losses[lane];
                else if (weights == NULL)
                    total += losses[lane];
                else
                    total += losses[lane] * weights[j + lane];
        }
        if (!unit)
            total += weights == NULL ? of_sample : of_sample * weights[i];
    }
    return total;
}

/* ---- backward ---- */

/* delta of the layer before, of whose outputs there are C vectors. */
PURENET_INLINE void narrow_delta(const purenet_layer *layer, const purenet_layer *before,
                                 size_t rows, const int C)
{
    const size_t outputs = layer->outputs, stride = layer->stride;
    vec column[NARROW * W][NARROW]; /* of the weights */
    size_t i, t;
    int v;
    for (t = 0; t < outputs; t++) {
        PURENET_UNROLL
        for (v = 0; v < C; v++)
            column[t][v] = stride == 1 ? load(layer->weights + v * W)
                                       : load_apart(layer->weights + v * W * stride + t, stride);
    }
    for (i = 0; i < rows; i++) {
        const double *delta = layer->delta + i * stride;
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
        for (v = 0; v < C; v++) {
            const size_t place = i * C * W + v * W;
            store(before->delta + place,
                  with_slope(before->activation, sum[v], load(before->a + place)));
        }
    }
}

/* delta of a unit before. */
PURENET_INLINE void narrow_delta_of_unit(const purenet_layer *layer, const purenet_layer *before,
                                         size_t rows)
{
    size_t i, t;
    for (i = 0; i < rows; i++) {
        const double *delta = layer->delta + i * layer->stride;
        double sum = 0.0;
        for (t = 0; t < layer->outputs; t++)
            sum += delta[t] * layer->weights[t];
        store(before->delta + i,
              with_slope(before->activation, all_of(sum), all_of(before->a[i])));
    }
}

/* One step of R rows of the weights, or, without x, of the biases. */
PURENET_INLINE void narrow_step(const purenet_layer *layer, const double *x, size_t x_row,
                                size_t rows, double rate, double *w, const int R, const int C)
{
    const double *delta = layer->delta;
    vec sum[NARROW_ROWS * NARROW];
    size_t i;
    int r, v;
    PURENET_UNROLL
    for (r = 0; r < R * C; r++)
        sum[r] = all_of(0.0);
    for (i = 0; i < rows; i++, delta += C * W) {
        PURENET_UNROLL
        for (v = 0; v < C; v++) {
            vec d = load(delta + v * W);
            PURENET_UNROLL
            for (r = 0; r < R; r++)
                sum[r * C + v] += x == NULL ? d : x[i * x_row + r] * d;
        }
    }
    PURENET_UNROLL
    for (r = 0; r < R * C; r++)
        store(w + r * W, load(w + r * W) - rate * sum[r]);
}

PURENET_INLINE void narrow_steps(const purenet_layer *layer, const double *x, size_t x_row,
                                 size_t rows, double rate, const int C)
{
    double *w = layer->weights;
    size_t k = 0;
    for (; k + NARROW_ROWS / C <= layer->inputs; k += NARROW_ROWS / C)
        narrow_step(layer, x + k, x_row, rows, rate, w + k * C * W, NARROW_ROWS / C, C);
#define REST(R)                                                                                    \
    narrow_step(layer, x + k, x_row, rows, rate, w + k * C * W, R < NARROW_ROWS / C ? R : 1, C)
    if (k < layer->inputs)
        WITH_ROWS(layer->inputs - k, REST)
#undef REST
    if (layer->biases != NULL)
        narrow_step(layer, NULL, 0, rows, rate, layer->biases, 1, C);
}

/* The step of one unit: its weights are one row. */
PURENET_INLINE void narrow_step_of_unit(const purenet_layer *layer, const double *x, size_t x_row,
                                        size_t rows, double rate)
{
    size_t i, k;
    for (k = 0; k < layer->inputs; k += W) {
        const bits own = first_lanes(layer->inputs - k);
        double *w = layer->weights + k;
        vec sum = all_of(0.0);
        for (i = 0; i < rows; i++)
            sum += load(x + i * x_row + k) * layer->delta[i];
        store(w, only(own, load(w) - rate * sum));
    }
    if (layer->biases != NULL) {
        double sum = 0.0;
        for (i = 0; i < rows; i++)
            sum += layer->delta[i];
        layer->biases[0] -= rate * sum;
    }
}

PURENET_INLINE void narrow_backward(const purenet_layer *layers, size_t count, const double *x,
                                    size_t x_row, size_t rows, double rate)
{
    while (count-- > 0) {
        const purenet_layer *layer = layers + count, *before = layer - 1;
        const double *inputs = x;
        size_t row = x_row;
        if (count > 0) {
            inputs = before->a;
            row = before->stride;
            if (before->outputs == 1)
                narrow_delta_of_unit(layer, before, rows);
            else if (row == W)
                narrow_delta(layer, before, rows, 1);
            else
                narrow_delta(layer, before, rows, 2);
        }
        if (layer->outputs == 1)
            narrow_step_of_unit(layer, inputs, row, rows, rate);
        else if (layer->stride == W)
            narrow_steps(layer, inputs, row, rows, rate, 1);
        else
            narrow_steps(layer, inputs, row, rows, rate, 2);
    }
}
