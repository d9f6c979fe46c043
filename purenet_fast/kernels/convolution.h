/* Convolutions.
 *
 * The lanes of a vector are channels of one pixel: filters on the way forward and in the step,
 * channels of the input on the way back.  So images lie pixel by pixel, and a pixel has whole
 * vectors, the last one filled up; what stands in the lanes beyond the channels reaches no result.
 */

/* A tile is R windows by C vectors of filters; its sums are in registers, as those of the tiles of a
 * product.  With one vector there is room for the addresses of 9 windows. */
#if W == 8
#define IMAGE_VECTORS 4
#else
#define IMAGE_VECTORS 2
#endif
#define MOST_WINDOWS 9
#define WINDOWS(C) ((C) == 1 ? 9 : (C) == 2 ? (W == 8 ? 8 : 6) : (C) == 3 ? 8 : 6)

/* Do `call` for the vectors of a pixel, some at a time: `done` before, the constant C now. */
#define FOR_VECTORS_OF_PIXEL(depth, call)                                                          \
    do {                                                                                           \
        size_t done = 0, vectors = (depth) / W;                                                    \
        while (vectors > 0) {                                                                      \
            const size_t now = vectors < IMAGE_VECTORS ? vectors : IMAGE_VECTORS;                  \
            WITH_CONSTANT_OF_IMAGE(now, call);                                                     \
            done += now * W;                                                                       \
            vectors -= now;                                                                        \
        }                                                                                          \
    } while (0)

#if W == 8
#define WITH_CONSTANT_OF_IMAGE(vectors, call)                                                      \
    switch (vectors) {                                                                             \
    case 1: { enum { C = 1 }; call; break; }                                                       \
    case 2: { enum { C = 2 }; call; break; }                                                       \
    case 3: { enum { C = 3 }; call; break; }                                                       \
    case 4: { enum { C = 4 }; call; break; }                                                       \
    }
#else
#define WITH_CONSTANT_OF_IMAGE(vectors, call)                                                      \
    switch (vectors) {                                                                             \
    case 1: { enum { C = 1 }; call; break; }                                                       \
    case 2: { enum { C = 2 }; call; break; }                                                       \
    }
#endif

/* ---- forward ---- */

/* z, or a, of R windows. */
PURENET_INLINE void window_tile(const purenet_windows *w, const double *image, const size_t *place,
                                const double *weights, const double *bias, int activation,
                                double *z, const int R, const int C)
{
    vec sum[MOST_WINDOWS][IMAGE_VECTORS];
    const double *at[MOST_WINDOWS];
    const size_t depth = w->depth;
    const size_t *offset = w->offset, *const end = offset + w->terms;
    const vec zero = all_of(0.0);
    int r, v;
    PURENET_UNROLL
    for (r = 0; r < R; r++) {
        at[r] = image + place[r];
        PURENET_UNROLL
        for (v = 0; v < C; v++)
            sum[r][v] = zero;
    }
    for (; offset < end; offset++) {
        const size_t o = *offset;
        vec row[IMAGE_VECTORS];
        PURENET_UNROLL
        for (v = 0; v < C; v++)
            row[v] = load(weights + v * W);
        PURENET_UNROLL
        for (r = 0; r < R; r++) {
            const double x = at[r][o];
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                sum[r][v] += x * row[v];
        }
        weights += depth;
    }
    if (bias != NULL) {
        PURENET_UNROLL
        for (r = 0; r < R; r++) {
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                sum[r][v] += load(bias + v * W);
        }
    }
    if (activation == PURENET_RELU) {
        PURENET_UNROLL
        for (r = 0; r < R; r++) {
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                sum[r][v] = choose(less_equal(sum[r][v], zero), zero, sum[r][v]);
        }
    }
    PURENET_UNROLL
    for (r = 0; r < R; r++) {
        PURENET_UNROLL
        for (v = 0; v < C; v++)
            store(z + r * depth + v * W, sum[r][v]);
    }
}

/* All windows.  What is left at the end is computed with some before, once more. */
PURENET_INLINE void window_tiles(const purenet_windows *w, const double *image,
                                 const double *weights, const double *bias, int activation,
                                 double *z, const int C)
{
    const size_t *place = w->place;
    const size_t count = w->places, depth = w->depth;
    size_t p = 0;
    for (; p + WINDOWS(C) <= count; p += WINDOWS(C))
        window_tile(w, image, place + p, weights, bias, activation, z + p * depth, WINDOWS(C), C);
    if (p < count && count >= WINDOWS(C)) {
        p = count - WINDOWS(C);
        window_tile(w, image, place + p, weights, bias, activation, z + p * depth, WINDOWS(C), C);
        return;
    }
    for (; p < count; p++)
        window_tile(w, image, place + p, weights, bias, activation, z + p * depth, 1, C);
}

static void convolve(const purenet_windows *w, const double *image, const double *weights,
                     const double *bias, int activation, double *z)
{
    FOR_VECTORS_OF_PIXEL(w->depth, {
        window_tiles(w, image, weights + done, bias == NULL ? NULL : bias + done, activation,
                     z + done, C);
    });
    if (activation != PURENET_RELU)
        activate(activation, w->places * w->depth, z);
}

/* ---- the gradient of the weights ---- */

#if W == 8
#define TERMS_TOGETHER(C) ((C) <= 2 ? 9 : 6)
#define TERMS_WITH_TOTAL(C) ((C) <= 2 ? 9 : (C) == 3 ? 6 : 5)
#else
#define TERMS_TOGETHER(C) ((C) == 1 ? 9 : 6)
#define TERMS_WITH_TOTAL(C) ((C) == 1 ? 9 : 5) /* the totals are in registers, too */
#endif
#define MOST_TERMS 9

/* Go on with the sums of T terms by C vectors of filters, and, with `total`, with those of delta. */
PURENET_INLINE void sums_tile(const purenet_windows *w, const size_t *offset, const double *image,
                              const double *delta, double *sums, double *total, const int T,
                              const int C)
{
    vec sum[MOST_TERMS][IMAGE_VECTORS], deltas[IMAGE_VECTORS];
    const double *at[MOST_TERMS];
    const size_t depth = w->depth;
    const size_t *place = w->place, *const end = place + w->places;
    int t, v;
    PURENET_UNROLL
    for (t = 0; t < T; t++) {
        at[t] = image + offset[t];
        PURENET_UNROLL
        for (v = 0; v < C; v++)
            sum[t][v] = load(sums + t * depth + v * W);
    }
    PURENET_UNROLL
    for (v = 0; v < C; v++)
        deltas[v] = total == NULL ? all_of(0.0) : load(total + v * W);
    for (; place < end; place++) {
        const size_t p = *place;
        vec row[IMAGE_VECTORS];
        PURENET_UNROLL
        for (v = 0; v < C; v++)
            row[v] = load(delta + v * W);
        PURENET_UNROLL
        for (t = 0; t < T; t++) {
            const double x = at[t][p];
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                sum[t][v] += x * row[v];
        }
        if (total != NULL) {
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                deltas[v] += row[v];
        }
        delta += depth;
    }
    PURENET_UNROLL
    for (t = 0; t < T; t++) {
        PURENET_UNROLL
        for (v = 0; v < C; v++)
            store(sums + t * depth + v * W, sum[t][v]);
    }
    if (total != NULL) {
        PURENET_UNROLL
        for (v = 0; v < C; v++)
            store(total + v * W, deltas[v]);
    }
}

/* Those of the first terms, with those of delta; returns how many terms.  A function of its own, as
 * within a larger one gcc keeps the sums in memory. */
PURENET_APART size_t first_sums(const purenet_windows *w, const size_t *offset, size_t terms,
                                const double *image, const double *delta, double *sums,
                                double *total, size_t vectors)
{
    WITH_CONSTANT_OF_IMAGE(vectors, {
        if (terms >= TERMS_WITH_TOTAL(C)) {
            sums_tile(w, offset, image, delta, sums, total, TERMS_WITH_TOTAL(C), C);
            return TERMS_WITH_TOTAL(C);
        }
        sums_tile(w, offset, image, delta, sums, total, 0, C);
    });
    return 0;
}

PURENET_INLINE void sums_tiles(const purenet_windows *w, const size_t *offset, size_t terms,
                               const double *image, const double *delta, double *sums,
                               double *total, const int C)
{
    const size_t depth = w->depth;
    if (total != NULL) {
        const size_t first = first_sums(w, offset, terms, image, delta, sums, total, C);
        offset += first;
        sums += first * depth;
        terms -= first;
    }
    for (; terms >= TERMS_TOGETHER(C); terms -= TERMS_TOGETHER(C)) {
        sums_tile(w, offset, image, delta, sums, NULL, TERMS_TOGETHER(C), C);
        offset += TERMS_TOGETHER(C);
        sums += TERMS_TOGETHER(C) * depth;
    }
    if (terms == 4 || terms >= 7) {
        sums_tile(w, offset, image, delta, sums, NULL, 4, C);
        offset += 4;
        sums += 4 * depth;
        terms -= 4;
    }
    for (; terms >= 3; terms -= 3) {
        sums_tile(w, offset, image, delta, sums, NULL, 3, C);
        offset += 3;
        sums += 3 * depth;
    }
    for (; terms > 0; terms--) {
        sums_tile(w, offset, image, delta, sums, NULL, 1, C);
        offset++;
        sums += depth;
    }
}

static void weight_sums(const purenet_windows *w, size_t first, size_t last, const double *image,
                        const double *delta, double *sums, double *total)
{
    FOR_VECTORS_OF_PIXEL(w->depth, {
        sums_tiles(w, w->offset + first, last - first, image, delta + done,
                   sums + first * w->depth + done, total == NULL ? NULL : total + done, C);
    });
}

/* ---- filter by filter: most deltas are zero behind pooling and relu ---- */

/* List the deltas of one filter, and where their windows begin; returns how many there are. */
PURENET_INLINE size_t list_deltas(const purenet_windows *w, const double *delta, size_t depth,
                                  int left_out, size_t *place, double *value)
{
    size_t entries = 0, p;
    /* Each is written, and a zero is overwritten by the next: no branch, which a processor would
     * foresee wrongly. */
    for (p = 0; p < w->places; p++, delta += depth) {
        place[entries] = w->place[p];
        value[entries] = *delta;
        entries += !left_out || *delta != 0.0;
    }
    return entries;
}

/* Go on with the sums of T places of a filter's window by C vectors of channels. */
PURENET_INLINE void filter_tile(const size_t *offset, const double *image, size_t depth,
                                size_t entries, const size_t *place, const double *value,
                                double *sums, const int T, const int C)
{
    vec sum[MOST_TERMS][IMAGE_VECTORS];
    const double *at[MOST_TERMS];
    size_t e;
    int t, v;
    PURENET_UNROLL
    for (t = 0; t < T; t++) {
        at[t] = image + offset[t];
        PURENET_UNROLL
        for (v = 0; v < C; v++)
            sum[t][v] = load(sums + t * depth + v * W);
    }
    for (e = 0; e < entries; e++) {
        const double delta = value[e];
        const size_t p = place[e];
        PURENET_UNROLL
        for (t = 0; t < T; t++) {
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                sum[t][v] += load(at[t] + p + v * W) * delta;
        }
    }
    PURENET_UNROLL
    for (t = 0; t < T; t++) {
        PURENET_UNROLL
        for (v = 0; v < C; v++)
            store(sums + t * depth + v * W, sum[t][v]);
    }
}

PURENET_INLINE void filter_tiles(const purenet_windows *w, const double *image, size_t entries,
                                 const size_t *place, const double *value, double *sums,
                                 const int C)
{
    const size_t depth = w->depth;
    const size_t *offset = w->offset;
    size_t terms = w->terms;
    for (; terms >= TERMS_TOGETHER(C); terms -= TERMS_TOGETHER(C)) {
        filter_tile(offset, image, depth, entries, place, value, sums, TERMS_TOGETHER(C), C);
        offset += TERMS_TOGETHER(C);
        sums += TERMS_TOGETHER(C) * depth;
    }
    for (; terms >= 3; terms -= 3) {
        filter_tile(offset, image, depth, entries, place, value, sums, 3, C);
        offset += 3;
        sums += 3 * depth;
    }
    for (; terms > 0; terms--) {
        filter_tile(offset, image, depth, entries, place, value, sums, 1, C);
        offset++;
        sums += depth;
    }
}

static void filter_sums(const purenet_windows *w, size_t first, size_t last, const double *image,
                        const double *delta, size_t delta_depth, int left_out, size_t *place,
                        double *value, double *sums, double *totals)
{
    size_t f, e;
    for (f = first; f < last; f++) {
        const size_t entries =
            list_deltas(w, delta + f, delta_depth, left_out, place, value);
        double *const sums_of_filter = sums + f * w->terms * w->depth;
        double total = totals[f];
        for (e = 0; e < entries; e++)
            total += value[e];
        totals[f] = total;
        FOR_VECTORS_OF_PIXEL(w->depth, {
            filter_tiles(w, image + done, entries, place, value, sums_of_filter + done, C);
        });
    }
}

/* ---- the gradient of the input ---- */

/* Add one delta times the filter's weights to the pixels of its window. */
PURENET_INLINE void add_window(const size_t *offset, size_t terms, double delta,
                               const double *weights, double *image, const int C)
{
    const size_t *const end = offset + terms;
    int v;
    for (; offset < end; offset++, weights += C * W) {
        double *const pixel = image + *offset;
        PURENET_UNROLL
        for (v = 0; v < C; v++)
            store(pixel + v * W, load(pixel + v * W) + delta * load(weights + v * W));
    }
}

/* The same for any number of vectors. */
PURENET_INLINE void add_deep_window(const size_t *offset, size_t terms, double delta,
                                    const double *weights, double *image, size_t depth)
{
    size_t t, j;
    for (t = 0; t < terms; t++, weights += depth) {
        double *const pixel = image + offset[t];
        for (j = 0; j < depth; j += W)
            store(pixel + j, load(pixel + j) + delta * load(weights + j));
    }
}

static void spread_deltas(const purenet_windows *w, size_t filters, const double *delta,
                          size_t delta_depth, const double *weights, int left_out, size_t *place,
                          double *value, double *image)
{
    const size_t depth = w->depth;
    size_t f, e;
    for (f = 0; f < filters; f++, weights += w->terms * depth) {
        /* The last window first: of the terms of a pixel those with the smallest dy, dx come from
         * there. */
        for (e = list_deltas(w, delta + f, delta_depth, left_out, place, value); e-- > 0;) {
            double *const window = image + place[e];
            switch (depth / W) {
            case 1: add_window(w->offset, w->terms, value[e], weights, window, 1); break;
            case 2: add_window(w->offset, w->terms, value[e], weights, window, 2); break;
            case 4: add_window(w->offset, w->terms, value[e], weights, window, 4); break;
            default: add_deep_window(w->offset, w->terms, value[e], weights, window, depth);
            }
        }
    }
}
