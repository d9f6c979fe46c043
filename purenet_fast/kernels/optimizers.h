/* Optimizers, penalties and clipping: functions of every element.  The formulas, grouped in the same
 * way, are those of purenet/optimizers.py and purenet/regularisation.py. */

/* The square root, which is exact on every processor. */
PURENET_INLINE vec root_of(vec x)
{
#if W == 8
    return _mm512_sqrt_pd(x);
#elif W == 4
    return _mm256_sqrt_pd(x);
#elif W == 2 && defined(__x86_64__)
    return _mm_sqrt_pd(x);
#elif W == 2 && defined(__aarch64__)
    return (vec)vsqrtq_f64((float64x2_t)x);
#elif W == 2
    return (vec){sqrt(x[0]), sqrt(x[1])};
#else
    return sqrt(x);
#endif
}

/* One step of a vector of numbers w with the slopes g, `lanes` of them, from 1 to W: returns the new
 * ones, and changes what is remembered of them.  Fastest where `kind` is a constant. */
PURENET_INLINE vec optimized(int kind, const purenet_rule *rule, vec g, vec w, double *first,
                             double *second, size_t lanes)
{
    const double rate = rule->rate, keep = rule->keep, keep_squares = rule->keep_squares;
    const double epsilon = rule->epsilon;
    vec m, v;
    switch (kind) {
    case PURENET_MOMENTUM:
        v = keep * load(first) + g;
        store_some(first, v, lanes);
        return w - rate * v;
    case PURENET_NESTEROV:
        v = keep * load(first) + g;
        store_some(first, v, lanes);
        return w - rate * (g + keep * v);
    case PURENET_ADAGRAD:
        v = load(first) + g * g;
        store_some(first, v, lanes);
        return w - rate * g / (root_of(v) + epsilon);
    case PURENET_RMSPROP:
        v = keep * load(first) + (1.0 - keep) * g * g;
        store_some(first, v, lanes);
        return w - rate * g / (root_of(v) + epsilon);
    case PURENET_ADAM: /* and AdamW; times 1.0 changes nothing */
        m = keep * load(first) + (1.0 - keep) * g;
        v = keep_squares * load(second) + (1.0 - keep_squares) * g * g;
        store_some(first, m, lanes);
        store_some(second, v, lanes);
        return w * rule->shrink - rate * m / (root_of(v) + epsilon);
    }
    return w - rate * g; /* PURENET_DESCENT */
}

#define OPTIMIZE(kind)                                                                             \
    case kind:                                                                                     \
        FOR_EACH_VECTOR(n, store_some(w + i,                                                       \
                                      optimized(kind, rule, load(g + i), load(w + i), first + i,   \
                                                second + i, lanes),                                \
                                      lanes));                                                     \
        break

static void optimize(const purenet_rule *rule, size_t n, const double *g, double *w, double *first,
                     double *second)
{
    switch (rule->kind) {
        OPTIMIZE(PURENET_DESCENT);
        OPTIMIZE(PURENET_MOMENTUM);
        OPTIMIZE(PURENET_NESTEROV);
        OPTIMIZE(PURENET_ADAGRAD);
        OPTIMIZE(PURENET_RMSPROP);
        OPTIMIZE(PURENET_ADAM);
    }
}

static void penalty_slopes(double l1, double l2, size_t n, const double *w, double *g)
{
    const vec zero = all_of(0.0);
    if (l1 > 0.0)
        FOR_EACH_VECTOR(n, {
            vec x = load(w + i);
            vec sign = choose(less(zero, x), all_of(1.0), zero);
            sign = choose(less(x, zero), all_of(-1.0), sign);
            store_some(g + i, load(g + i) + l1 * sign, lanes);
        });
    if (l2 > 0.0)
        FOR_EACH_VECTOR(n, store_some(g + i, load(g + i) + 2.0 * l2 * load(w + i), lanes));
}

static void clip(double largest, size_t n, double *g)
{
    const vec most = all_of(largest), least = all_of(-largest);
    FOR_EACH_VECTOR(n, {
        vec slope = load(g + i);
        slope = choose(less(most, slope), most, slope);
        slope = choose(less(slope, least), least, slope);
        store_some(g + i, slope, lanes);
    });
}

static void times(double factor, size_t n, double *x)
{
    FOR_EACH_VECTOR(n, store_some(x + i, load(x + i) * factor, lanes));
}
