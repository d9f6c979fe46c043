/* The step of a batch of few samples, whose entries are not put in order: which of them a column has
 * is seen from the bits of the samples.  Included by width.h, behind sparse.h. */

#if W >= 4
/* Swap bits of pairs of words: those of the one that `mask` says, `shift` places higher, with those
 * of the other. */
#define SWAP_BITS(apart, shift, mask)                                                              \
    PURENET_UNROLL                                                                                 \
    for (i = 0; i < 8; i++)                                                                        \
        if (!(i & apart)) {                                                                        \
            const uint64_t differ = ((row[i] >> shift) ^ row[i + apart]) & mask;                   \
            row[i + apart] ^= differ;                                                              \
            row[i] ^= differ << shift;                                                             \
        }

/* Transpose 8 rows of 64 bits: byte k, of all 64, gets bit k of each row. */
PURENET_INLINE void transpose_bits(uint64_t *row)
{
    int i;
    SWAP_BITS(1, 1, 0x5555555555555555u)
    SWAP_BITS(2, 2, 0x3333333333333333u)
    SWAP_BITS(4, 4, 0x0f0f0f0f0f0f0f0fu)
    SWAP_BITS(1, 8, 0x00ff00ff00ff00ffu)
    SWAP_BITS(2, 16, 0x0000ffff0000ffffu)
    SWAP_BITS(4, 32, 0x00000000ffffffffu)
}

/* What a block of 64 columns has of a batch. */
typedef struct {
    purenet_block sample[PURENET_FEW];
    uint64_t binary[5];  /* bit k of them, the lowest first: how many samples column k has */
    uint16_t samples[64]; /* of each column, bit by bit */
} few_columns;

static void look_through(const purenet_block *blocks, size_t step, size_t count,
                         const size_t *sample, few_columns *x)
{
    uint64_t row[PURENET_FEW] = {0};
    size_t s;
    int i;
    memset(x->binary, 0, sizeof x->binary);
    for (s = 0; s < count; s++) {
        x->sample[s] = blocks[sample[s] * step];
        uint64_t carry = row[s] = x->sample[s].bits;
        PURENET_UNROLL
        for (i = 0; i < 5; i++) {
            const uint64_t both = x->binary[i] & carry;
            x->binary[i] ^= carry;
            carry = both;
        }
    }
    transpose_bits(row);
    transpose_bits(row + 8);
    for (i = 0; i < 8; i++) {
        const __m128i low = _mm_cvtsi64_si128((long long)row[i]);
        const __m128i high = _mm_cvtsi64_si128((long long)row[8 + i]);
        _mm_storeu_si128((__m128i *)(x->samples + 8 * i), _mm_unpacklo_epi8(low, high));
    }
}

/* One chunk of the outputs, and one block of the columns, of which `chosen` are looked at.  The
 * columns are taken in the order of how many samples they have: see `purenet_columns`. */
PURENET_INLINE vec few_chunk(const few_columns *x, const double *value, uint64_t chosen,
                             const double *delta, const purenet_rule *rule, double *w,
                             double *first_memory, double *second_memory, size_t w_row,
                             size_t lanes, vec check, const int kind, const int C)
{
    const uint64_t *binary = x->binary;
    unsigned n;
    int i, v;
    for (n = 1; chosen != 0; n++) {
        uint64_t column = chosen;
        PURENET_UNROLL
        for (i = 0; i < 5; i++)
            column &= n >> i & 1 ? binary[i] : ~binary[i];
        chosen ^= column;
        for (; column != 0; column &= column - 1) {
            const size_t k = (unsigned)__builtin_ctzll(column);
            const size_t place = k * w_row;
            const uint64_t before = ((uint64_t)1 << k) - 1;
            unsigned samples = x->samples[k];
            double *row = w + place;
            vec sum[CHUNK];
            PURENET_ONE_ADDRESS(row);
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                sum[v] = all_of(0.0);
            for (; samples != 0; samples &= samples - 1) {
                const size_t s = (unsigned)__builtin_ctz(samples);
                const purenet_block *block = x->sample + s;
                const double factor =
                    value[block->start + (unsigned)__builtin_popcountll(block->bits & before)];
                const double *d = delta + s * (size_t)(C * W);
                PURENET_ONE_ADDRESS(d);
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

/* Of the columns first <= k < last; whole: as in all_chunks. */
PURENET_INLINE int few_chunks(const purenet_marked *x, size_t first, size_t last, size_t samples,
                              const size_t *sample, size_t outputs, const double *delta,
                              size_t delta_row, const purenet_rule *rule, double *w,
                              double *first_memory, double *second_memory, size_t w_row,
                              double *scratch, const int whole, const int kind)
{
    double *chunk = (double *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    size_t b, j, s, v;
    vec check = all_of(0.0);
    few_columns columns;
    for (j = 0; j < outputs; j += CHUNK * W) {
        size_t width = outputs - j < CHUNK * W ? outputs - j : CHUNK * W;
        size_t vectors = (width + W - 1) / W, lanes = width - (vectors - 1) * W;
        for (s = 0; s < samples; s++)
            for (v = 0; v < vectors; v++)
                store(chunk + (s * vectors + v) * W, load(delta + s * delta_row + j + v * W));
        if (whole)
            for (s = 0; s < samples; s++)
                for (v = lanes; v < W; v++)
                    chunk[(s * vectors + vectors - 1) * W + v] = 0.0;
        for (b = first / 64; b * 64 < last; b++) {
            const size_t place = b * 64 * w_row + j;
            uint64_t chosen = 0;
            look_through(x->blocks + b, x->step, samples, sample, &columns);
            for (v = 0; v < 5; v++)
                chosen |= columns.binary[v];
            if (b * 64 < first)
                chosen &= ~(uint64_t)0 << (first - b * 64);
            if (last - b * 64 < 64)
                chosen &= ((uint64_t)1 << (last - b * 64)) - 1;
            WITH_CONSTANT(vectors,
                          check = few_chunk(&columns, x->value, chosen, chunk, rule, w + place,
                                            first_memory + place, second_memory + place, w_row,
                                            whole ? W : lanes, check, kind, C));
        }
    }
    check *= 0.0;
    return !any(~less_equal(check, check));
}

static int few_optimize(const purenet_marked *x, size_t first, size_t last, size_t samples,
                        const size_t *sample, size_t outputs, const double *delta,
                        size_t delta_row, const purenet_rule *rule, double *w,
                        double *first_memory, double *second_memory, size_t w_row,
                        double *scratch)
{
    const int whole = w_row % W == 0 && isfinite(rule->rate) && isfinite(rule->shrink);
    if (rule->kind == PURENET_DESCENT && whole)
        return few_chunks(x, first, last, samples, sample, outputs, delta, delta_row, rule, w, w, w,
                          w_row, scratch, 1, PURENET_DESCENT);
    if (rule->kind == PURENET_ADAM && whole)
        return few_chunks(x, first, last, samples, sample, outputs, delta, delta_row, rule, w,
                          first_memory, second_memory, w_row, scratch, 1, PURENET_ADAM);
    return few_chunks(x, first, last, samples, sample, outputs, delta, delta_row, rule, w,
                      first_memory, second_memory, w_row, scratch, 0, rule->kind);
}
#else
#define few_optimize NULL /* without an instruction that counts bits this does not pay */
#endif
