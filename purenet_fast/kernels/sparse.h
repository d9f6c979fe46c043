/* Inputs of which most are zero: they are listed, and taken from the lists. */

static size_t list_non_zeros(size_t n, const double *x, uint8_t *column, double *value)
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

static void sparse_forward(const purenet_sparse *x, size_t samples, const size_t *sample,
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

/* One chunk of the outputs.  `w` begins at the chunk, as do `first_memory` and `second_memory`, what
 * the rule remembers; `delta` is nothing but the chunk.  Returns `check` plus the new weights, which
 * is no finite number if one of them is none. */
PURENET_INLINE vec chunk_step(const purenet_columns *x, const double *delta,
                              const purenet_rule *rule, double *w, double *first_memory,
                              double *second_memory, size_t w_row, size_t lanes, vec check,
                              const int kind, const int C)
{
    const double *value = x->value;
    const uint32_t *sample = x->sample, *column = x->column;
    size_t group, n, e;
    int v;
    for (group = 0; group < x->groups; group++) {
        const size_t entries = x->group[group].entries;
        for (n = x->group[group].columns; n > 0; n--) {
            const size_t place = *column * w_row;
            double *row = w + place;
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
                vec now = load(row + v * W);
                now = optimized(kind, rule, sum[v], now, first_memory + place + v * W,
                                second_memory + place + v * W, v + 1 < C ? W : lanes);
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

/* All outputs, chunk by chunk.  whole: the numbers between the end of a row and the next whole
 * vector are its own, and zero; they are computed like the others, and stay zero. */
PURENET_INLINE int all_chunks(const purenet_columns *x, size_t samples, size_t outputs,
                              const double *delta, size_t delta_row, const purenet_rule *rule,
                              double *w, double *first, double *second, size_t w_row,
                              double *scratch, const int whole, const int kind)
{
    double *chunk = (double *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
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
        if (whole)
            for (s = 0; s < samples; s++)
                for (v = lanes; v < W; v++)
                    chunk[(s * vectors + vectors - 1) * W + v] = 0.0;
        WITH_CONSTANT(vectors, check = chunk_step(x, chunk, rule, w + j, first + j, second + j,
                                                  w_row, whole ? W : lanes, check, kind, C));
    }
    check *= 0.0; /* inf becomes NaN, which is not even equal to itself */
    return !any(~less_equal(check, check));
}

static int sparse_step(const purenet_columns *x, size_t samples, size_t outputs,
                       const double *delta, size_t delta_row, double rate, double *w,
                       size_t w_row, double *scratch)
{
    const purenet_rule rule = {PURENET_DESCENT, rate, 0.0, 0.0, 0.0, 1.0};
    return all_chunks(x, samples, outputs, delta, delta_row, &rule, w, w, w, w_row, scratch, 0,
                      PURENET_DESCENT);
}

static int sparse_optimize(const purenet_columns *x, size_t samples, size_t outputs,
                           const double *delta, size_t delta_row, const purenet_rule *rule,
                           double *w, double *first, double *second, size_t w_row,
                           double *scratch)
{
    const int whole = w_row % W == 0 && isfinite(rule->rate) && isfinite(rule->shrink);
    if (rule->kind == PURENET_ADAM && whole)
        return all_chunks(x, samples, outputs, delta, delta_row, rule, w, first, second, w_row,
                          scratch, 1, PURENET_ADAM);
    return all_chunks(x, samples, outputs, delta, delta_row, rule, w, first, second, w_row, scratch,
                      0, rule->kind);
}
