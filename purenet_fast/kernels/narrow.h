/* Networks whose layers are so narrow that all that belongs to a row stays in registers. */

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

static void narrow_forward(const purenet_layer *layers, size_t count, size_t rows,
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

static int narrow_backward(const purenet_layer *layers, size_t count, size_t rows,
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
