/* Vectors of W numbers, or of their bits. */
#if defined(__GNUC__)
#define PURENET_INLINE static inline __attribute__((always_inline))
#define PURENET_APART static __attribute__((noinline))
#else
#define PURENET_INLINE static inline
#define PURENET_APART static
#endif

#if defined(__clang__)
#define PURENET_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define PURENET_UNROLL _Pragma("GCC unroll 16")
#else
#define PURENET_UNROLL
#endif

#if W == 1
typedef double vec;
typedef uint64_t bits;
#else
typedef double vec __attribute__((vector_size(W * 8)));
typedef uint64_t bits __attribute__((vector_size(W * 8)));
#endif

PURENET_INLINE vec load(const double *p)
{
    vec v;
    memcpy(&v, p, sizeof v); /* one instruction; memcpy because p need not be aligned */
    return v;
}

PURENET_INLINE void store(double *p, vec v) { memcpy(p, &v, sizeof v); }

/* Load W numbers that do not lie side by side. */
PURENET_INLINE vec load_apart(const double *p, size_t step)
{
#if W == 1
    (void)step;
    return *p;
#elif W == 2
    return (vec){p[0], p[step]};
#elif W == 4
    return (vec){p[0], p[step], p[2 * step], p[3 * step]};
#else
    return (vec){p[0],        p[step],     p[2 * step], p[3 * step],
                 p[4 * step], p[5 * step], p[6 * step], p[7 * step]};
#endif
}

/* Store the first n lanes, n from 1 to W: what the end of a row needs. */
PURENET_INLINE void store_some(double *p, vec v, size_t n)
{
    if (n >= W) {
        store(p, v);
        return;
    }
#if W == 8
    /* Not one store with a mask: what is loaded from behind it would have to wait for it. */
    __m256d four = _mm512_castpd512_pd256(v);
    __m128d two;
    if (n & 4) {
        _mm256_storeu_pd(p, four);
        four = _mm512_extractf64x4_pd(v, 1);
        p += 4;
    }
    two = _mm256_castpd256_pd128(four);
    if (n & 2) {
        _mm_storeu_pd(p, two);
        two = _mm256_extractf128_pd(four, 1);
        p += 2;
    }
    if (n & 1)
        _mm_store_sd(p, two);
#elif W == 4
    if (n >= 2) {
        p[0] = v[0];
        p[1] = v[1];
        if (n == 3)
            p[2] = v[2];
    } else
        p[0] = v[0];
#elif W == 2
    p[0] = v[0];
#endif
}

PURENET_INLINE bits to_bits(vec v)
{
    bits b;
    memcpy(&b, &v, sizeof b);
    return b;
}

PURENET_INLINE vec from_bits(bits b)
{
    vec v;
    memcpy(&v, &b, sizeof v);
    return v;
}

/* Comparisons give all ones for a lane where they hold, else all zeros. */
#if W == 1
PURENET_INLINE bits less(vec x, vec y) { return x < y ? ~(bits)0 : 0; }
PURENET_INLINE bits less_equal(vec x, vec y) { return x <= y ? ~(bits)0 : 0; }
PURENET_INLINE bits same_bits(bits x, uint64_t y) { return x == y ? ~(bits)0 : 0; }
#else
PURENET_INLINE bits less(vec x, vec y) { return (bits)(x < y); }
PURENET_INLINE bits less_equal(vec x, vec y) { return (bits)(x <= y); }
PURENET_INLINE bits same_bits(bits x, uint64_t y) { return (bits)(x == y); }
#endif

PURENET_INLINE vec choose(bits where, vec yes, vec no)
{
    return from_bits((where & to_bits(yes)) | (~where & to_bits(no)));
}

PURENET_INLINE vec all_of(double x)
{
#if W == 1
    return x;
#else
    return x - (vec){0};
#endif
}

PURENET_INLINE vec size_of(vec x) { return from_bits(to_bits(x) & 0x7fffffffffffffffull); }

/* Return whether a comparison holds in any lane. */
PURENET_INLINE int any(bits where)
{
#if W == 1
    return where != 0;
#elif W == 2
    return (where[0] | where[1]) != 0;
#elif W == 4
    return _mm256_movemask_pd((__m256d)where) != 0;
#elif W == 8
    return _mm512_test_epi64_mask((__m512i)where, (__m512i)where) != 0;
#endif
}
