/* A run of epochs of a narrow network, made of what is in narrow.h. */

PURENET_INLINE double *narrow_take(double *memory, size_t *used, size_t numbers)
{
    double *taken = memory == NULL ? NULL : memory + *used;
    *used += whole_vectors(numbers);
    return taken;
}

/* Lay out in memory, which is all zeros, what the run needs; returns how many numbers that takes. */
static size_t narrow_lay_out(purenet_run *run, double *memory)
{
    const purenet_layer *layer = run->layers, *last = layer + run->count - 1;
    purenet_layer *narrow = run->narrow;
    const size_t rows = whole_vectors(run->batch_size);
    size_t used = 0;
    run->x = narrow_take(memory, &used, rows * layer->inputs + W);
    run->y = narrow_take(memory, &used, rows * last->outputs + W);
    run->own_weights = narrow_take(memory, &used, rows + W);
    for (; layer <= last; layer++, narrow++) {
        const size_t row = whole_vectors(layer->outputs);
        *narrow = *layer;
        narrow->stride = layer->outputs == 1 ? 1 : row;
        narrow->weights = narrow_take(memory, &used, whole_vectors(layer->inputs) * row);
        if (layer->biases != NULL)
            narrow->biases = narrow_take(memory, &used, row);
        if (layer == last && run->loss == PURENET_BINARY_CROSS_ENTROPY)
            narrow->z = narrow_take(memory, &used, rows * row + W);
        else
            narrow->z = NULL;
        narrow->a = narrow_take(memory, &used, rows * row + W);
        narrow->delta = narrow_take(memory, &used, rows * row + W);
    }
    return used;
}

static void narrow_copy(double *to, size_t to_row, const double *from, size_t from_row,
                        size_t rows, size_t columns)
{
    size_t i, j;
    for (i = 0; i < rows; i++)
        for (j = 0; j < columns; j++)
            to[i * to_row + j] = from[i * from_row + j];
}

static void narrow_take_in(const purenet_run *run)
{
    size_t l;
    for (l = 0; l < run->count; l++) {
        const purenet_layer *own = run->narrow + l, *layer = run->layers + l;
        narrow_copy(own->weights, own->stride, layer->weights, layer->stride, layer->inputs,
                    layer->outputs);
        if (layer->biases != NULL)
            narrow_copy(own->biases, 0, layer->biases, 0, 1, layer->outputs);
    }
}

static void narrow_give_back(const purenet_run *run)
{
    size_t l;
    for (l = 0; l < run->count; l++) {
        const purenet_layer *own = run->narrow + l, *layer = run->layers + l;
        narrow_copy(layer->weights, layer->stride, own->weights, own->stride, layer->inputs,
                    layer->outputs);
        if (layer->biases != NULL)
            narrow_copy(layer->biases, 0, own->biases, 0, 1, layer->outputs);
    }
}

/* Return whether all weights and biases are finite: x * 0.0 is NaN if x is not. */
static int narrow_finite(const purenet_layer *layers, size_t count)
{
    vec check = all_of(0.0);
    for (; count > 0; count--, layers++) {
        const size_t row = layers->outputs == 1 ? 1 : layers->stride;
        const size_t numbers = layers->inputs * row;
        size_t i;
        for (i = 0; i < numbers; i += W)
            check += load(layers->weights + i) * 0.0;
        if (layers->biases != NULL)
            for (i = 0; i < row; i += W)
                check += load(layers->biases + i) * 0.0;
    }
    return !any(~less_equal(check, check));
}

/* Train on one batch, of `rows` samples from the place `start` on. */
PURENET_INLINE void narrow_batch(purenet_run *run, size_t start, size_t rows)
{
    const purenet_layer *last = run->narrow + run->count - 1;
    const size_t columns = run->narrow->inputs, outputs = last->outputs;
    const double *x = run->inputs + start * columns, *y = run->targets + start * outputs;
    const double *weights = run->weights == NULL ? NULL : run->weights + start;
    int own = 0;
    if (run->order != NULL) {
        const size_t *sample = run->order + start;
        if (rows == 1) {
            x = run->inputs + sample[0] * columns;
            y = run->targets + sample[0] * outputs;
            if (weights != NULL)
                weights = run->weights + sample[0];
        } else {
            size_t i;
            for (i = 0; i < rows; i++) {
                narrow_copy(run->x + i * columns, 0, run->inputs + sample[i] * columns, 0, 1,
                            columns);
                narrow_copy(run->y + i * outputs, 0, run->targets + sample[i] * outputs, 0, 1,
                            outputs);
                if (weights != NULL)
                    run->own_weights[i] = run->weights[sample[i]];
            }
            x = run->x;
            y = run->y;
            if (weights != NULL)
                weights = run->own_weights;
            own = 1;
        }
    }
    narrow_forward(run->narrow, run->count, x, columns, rows, own);
    run->totals[run->epoch] += narrow_loss(last, run->loss, y, weights, rows);
    if (run->classes)
        run->corrects[run->epoch] +=
            purenet_count_correct(last->a, last->stride, y, rows, outputs);
    narrow_backward(run->narrow, run->count, x, columns, rows, run->rates[run->epoch]);
}

static int narrow_train(purenet_run *run, size_t batches)
{
    int finite = 1;
    narrow_take_in(run);
    while (batches > 0 && run->epoch < run->epochs && finite) {
        size_t rows = run->samples - run->start;
        if (run->start == 0) {
            run->totals[run->epoch] = 0.0;
            run->corrects[run->epoch] = 0;
        }
        if (rows > run->batch_size)
            rows = run->batch_size;
        narrow_batch(run, run->start, rows);
        batches--;
        run->start += rows;
        if (run->start == run->samples) {
            run->start = 0;
            run->epoch++;
            finite = narrow_finite(run->narrow, run->count);
        }
    }
    narrow_give_back(run);
    return finite;
}
