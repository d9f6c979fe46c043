/* Pooling, and the two ways in which an image can lie in memory. */

/* ---- from channel by channel to pixel by pixel, and back ---- */

static void to_pixels(size_t channels, size_t count, const double *flat, size_t channel,
                      size_t depth, double *pixels)
{
    size_t c, p;
    for (p = 0; p < count; p++, pixels += depth) {
        for (c = 0; c < channels; c++)
            pixels[c] = flat[c * channel + p];
        for (; c < depth; c++)
            pixels[c] = 0.0;
    }
}

static void from_pixels(size_t channels, size_t count, const double *pixels, size_t depth,
                        double *flat, size_t channel)
{
    size_t c, p;
    for (c = 0; c < channels; c++, flat += channel)
        for (p = 0; p < count; p++)
            flat[p] = pixels[p * depth + c];
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
