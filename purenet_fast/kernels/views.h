/* Numbers of other kinds than double, or that do not lie side by side: read, and written. */

#define READ(TYPE, VALUE)                                   \
    {                                                       \
        TYPE x;                                             \
        size_t i;                                           \
        if (step == (ptrdiff_t)sizeof x)                    \
            for (i = 0; i < n; i++) {                       \
                memcpy(&x, from + i * sizeof x, sizeof x);  \
                to[i] = (double)(VALUE);                    \
            }                                               \
        else                                                \
            for (i = 0; i < n; i++, from += step) {         \
                memcpy(&x, from, sizeof x);                 \
                to[i] = (double)(VALUE);                    \
            }                                               \
        return;                                             \
    }

static void read_numbers(int code, const char *from, ptrdiff_t step, size_t n, double *to)
{
    switch (code) {
    case 'd': READ(double, x)
    case 'f': READ(float, x)
    case '?': READ(uint8_t, x != 0)
    case 'B': READ(uint8_t, x)
    case 'b': READ(int8_t, x)
    case 'H': READ(uint16_t, x)
    case 'h': READ(int16_t, x)
    case 'I': READ(uint32_t, x)
    case 'i': READ(int32_t, x)
    case 'Q': READ(uint64_t, x)
    case 'q': READ(int64_t, x)
    }
}

static void write_numbers(int code, const double *from, size_t n, char *to, ptrdiff_t step)
{
    size_t i;
    if (code == 'd')
        for (i = 0; i < n; i++, to += step)
            memcpy(to, from + i, sizeof(double));
    else
        for (i = 0; i < n; i++, to += step) {
            /* A number beyond the largest float becomes infinite, in all arithmetic of IEEE 754. */
            float x = (float)from[i];
            memcpy(to, &x, sizeof x);
        }
}
