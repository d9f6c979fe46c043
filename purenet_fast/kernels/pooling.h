/* Pooling, and the two ways in which an image can lie in memory. */

/* ---- from channel by channel to pixel by pixel, and back ---- */

/* Exchange the rows and columns of W vectors. */
PURENET_INLINE void turn(vec *row)
{
#if W == 2
    const vec first = row[0];
    row[0] = (vec){first[0], row[1][0]};
    row[1] = (vec){first[1], row[1][1]};
#elif W == 4
    const vec a = _mm256_unpacklo_pd(row[0], row[1]), b = _mm256_unpackhi_pd(row[0], row[1]);
    const vec c = _mm256_unpacklo_pd(row[2], row[3]), d = _mm256_unpackhi_pd(row[2], row[3]);
    row[0] = _mm256_permute2f128_pd(a, c, 0x20);
    row[1] = _mm256_permute2f128_pd(b, d, 0x20);
    row[2] = _mm256_permute2f128_pd(a, c, 0x31);
    row[3] = _mm256_permute2f128_pd(b, d, 0x31);
#elif W == 8
    vec two[W], four[W];
    int i;
    PURENET_UNROLL
    for (i = 0; i < W; i += 2) {
        two[i] = _mm512_unpacklo_pd(row[i], row[i + 1]);
        two[i + 1] = _mm512_unpackhi_pd(row[i], row[i + 1]);
    }
    PURENET_UNROLL
    for (i = 0; i < W; i += 4) {
        four[i] = _mm512_shuffle_f64x2(two[i], two[i + 2], 0x88);
        four[i + 1] = _mm512_shuffle_f64x2(two[i + 1], two[i + 3], 0x88);
        four[i + 2] = _mm512_shuffle_f64x2(two[i], two[i + 2], 0xdd);
        four[i + 3] = _mm512_shuffle_f64x2(two[i + 1], two[i + 3], 0xdd);
    }
    PURENET_UNROLL
    for (i = 0; i < 4; i++) {
        row[i] = _mm512_shuffle_f64x2(four[i], four[i + 4], 0x88);
        row[i + 4] = _mm512_shuffle_f64x2(four[i], four[i + 4], 0xdd);
    }
#else
    (void)row;
#endif
}

static void to_pixels(size_t channels, size_t count, const double *flat, size_t channel,
                      size_t depth, double *pixels)
{
    size_t c, p;
    int i;
    for (c = 0; c < depth; c += W) {
        const size_t lanes = c + W <= channels ? W : channels - c;
        for (p = 0; p + W <= count; p += W) {
            vec row[W];
            PURENET_UNROLL
            for (i = 0; i < W; i++)
                row[i] = (size_t)i < lanes ? load(flat + (c + i) * channel + p) : all_of(0.0);
            turn(row);
            PURENET_UNROLL
            for (i = 0; i < W; i++)
                store(pixels + (p + i) * depth + c, row[i]);
        }
        for (; p < count; p++)
            for (i = 0; i < W; i++)
                pixels[p * depth + c + i] =
                    (size_t)i < lanes ? flat[(c + i) * channel + p] : 0.0;
    }
}

static void from_pixels(size_t channels, size_t count, const double *pixels, size_t depth,
                        double *flat, size_t channel)
{
    size_t c, p;
    int i;
    for (c = 0; c < channels; c += W) {
        const size_t lanes = c + W <= channels ? W : channels - c;
        for (p = 0; p + W <= count; p += W) {
            vec row[W];
            PURENET_UNROLL
            for (i = 0; i < W; i++)
                row[i] = load(pixels + (p + i) * depth + c);
            turn(row);
            PURENET_UNROLL
            for (i = 0; i < W; i++)
                if ((size_t)i < lanes)
                    store(flat + (c + i) * channel + p, row[i]);
        }
        for (; p < count; p++)
            for (i = 0; (size_t)i < lanes; i++)
                flat[(c + i) * channel + p] = pixels[p * depth + c + i];
    }
}

/* ---- pooling: the lanes of a vector are channels ---- */

static void pool_largest(const purenet_windows *w, const double *image, double *a,
                         uint64_t *winner)
{
    const size_t terms = w->terms, depth = w->depth;
    size_t p, t, j;
    for (p = 0; p < w->places; p++)
        for (j = 0; j < depth; j += W) {
            const double *const window = image + w->place[p] + j;
            vec largest = load(window);
            bits first = {0};
            for (t = 1; t < terms; t++) {
                const vec value = load(window + w->offset[t]);
                const bits larger = less(largest, value);
                largest = choose(larger, value, largest);
                first = (larger & (uint64_t)t) | (~larger & first);
            }
            store(a + p * depth + j, largest);
            if (winner != NULL)
                memcpy(winner + p * depth + j, &first, sizeof first);
        }
}

static void unpool_largest(const purenet_windows *w, const double *delta, const uint64_t *winner,
                           double *image)
{
    const size_t terms = w->terms, depth = w->depth;
    size_t p, t, j;
    for (p = 0; p < w->places; p++)
        for (j = 0; j < depth; j += W) {
            double *const window = image + w->place[p] + j;
            const vec value = load(delta + p * depth + j);
            bits first;
            memcpy(&first, winner + p * depth + j, sizeof first);
            for (t = 0; t < terms; t++) {
                double *const pixel = window + w->offset[t];
                /* No pixel is -0.0, so that adding 0.0 to the others changes nothing. */
                const bits here = same_bits(first, (uint64_t)t);
                store(pixel, load(pixel) + from_bits(here & to_bits(value)));
            }
        }
}

static void unpool_apart(const purenet_windows *w, const double *delta, const uint64_t *winner,
                         int activation, const double *a, double *image)
{
    const size_t terms = w->terms, depth = w->depth;
    size_t p, t, j;
    for (p = 0; p < w->places; p++)
        for (j = 0; j < depth; j += W) {
            double *const window = image + w->place[p] + j;
            const vec value = with_slope(activation, 0.0 + load(delta + p * depth + j),
                                         load(a + p * depth + j));
            bits first;
            memcpy(&first, winner + p * depth + j, sizeof first);
            for (t = 0; t < terms; t++) {
                const bits here = same_bits(first, (uint64_t)t);
                store(window + w->offset[t], from_bits(here & to_bits(value)));
            }
        }
}

static void pool_average(const purenet_windows *w, const double *image, double *a)
{
    const size_t terms = w->terms, depth = w->depth;
    size_t p, t, j;
    for (p = 0; p < w->places; p++)
        for (j = 0; j < depth; j += W) {
            const double *const window = image + w->place[p] + j;
            vec total = all_of(0.0);
            for (t = 0; t < terms; t++)
                total += load(window + w->offset[t]);
            store(a + p * depth + j, total / (double)terms);
        }
}

static void unpool_average(const purenet_windows *w, const double *delta, double *image)
{
    const size_t terms = w->terms, depth = w->depth;
    size_t p, t, j;
    for (p = 0; p < w->places; p++)
        for (j = 0; j < depth; j += W) {
            double *const window = image + w->place[p] + j;
            const vec share = load(delta + p * depth + j) / (double)terms;
            for (t = 0; t < terms; t++) {
                double *const pixel = window + w->offset[t];
                store(pixel, load(pixel) + share);
            }
        }
}
