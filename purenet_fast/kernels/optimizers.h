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
#elif W == 2
    return (vec){sqrt(x[0]), sqrt(x[1])};
#else
    return sqrt(x);
#endif
}

static void optimize(const purenet_rule *rule, size_t n, const double *g, double *w, double *first,
                     double *second)
{
    const double rate = rule->rate, keep = rule->keep, keep_squares = rule->keep_squares;
    const double epsilon = rule->epsilon, shrink = rule->shrink;
    const double rest = 1.0 - keep, rest_of_squares = 1.0 - keep_squares;
    switch (rule->kind) {
    case PURENET_DESCENT:
        step(rate, n, g, w);
        break;
    case PURENET_MOMENTUM:
        FOR_EACH_VECTOR(n, {
            vec velocity = keep * load(first + i) + load(g + i);
            store_some(first + i, velocity, lanes);
            store_some(w + i, load(w + i) - rate * velocity, lanes);
        });
        break;
    case PURENET_NESTEROV:
        FOR_EACH_VECTOR(n, {
            vec slope = load(g + i);
            vec velocity = keep * load(first + i) + slope;
            store_some(first + i, velocity, lanes);
            store_some(w + i, load(w + i) - rate * (slope + keep * velocity), lanes);
        });
        break;
    case PURENET_ADAGRAD:
        FOR_EACH_VECTOR(n, {
            vec slope = load(g + i);
            vec total = load(first + i) + slope * slope;
            store_some(first + i, total, lanes);
            store_some(w + i, load(w + i) - rate * slope / (root_of(total) + epsilon), lanes);
        });
        break;
    case PURENET_RMSPROP:
        FOR_EACH_VECTOR(n, {
            vec slope = load(g + i);
            vec average = keep * load(first + i) + rest * slope * slope;
            store_some(first + i, average, lanes);
            store_some(w + i, load(w + i) - rate * slope / (root_of(average) + epsilon), lanes);
        });
        break;
    case PURENET_ADAM: /* and AdamW; times 1.0 changes nothing */
        FOR_EACH_VECTOR(n, {
            vec slope = load(g + i);
            vec m = keep * load(first + i) + rest * slope;
            vec v = keep_squares * load(second + i) + rest_of_squares * slope * slope;
            store_some(first + i, m, lanes);
            store_some(second + i, v, lanes);
            store_some(w + i, load(w + i) * shrink - rate * m / (root_of(v) + epsilon), lanes);
        });
        break;
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
