/* How fast the processor multiplies and adds when nothing else holds it up: the numbers stay in
 * registers, and no operation waits for the one before.  With this the bench compares the rest. */

/* Chains of multiplications, and as many of additions: each operation waits for the one before in
 * its chain, so there must be more chains than operations under way.  They and the two operands fit
 * the registers. */
#if W == 8 || (W == 2 && defined(__aarch64__))
#define CHAINS 12
#else
#define CHAINS 6
#endif

/* Go through all chains so often; returns how many multiplications and additions that were. */
static double multiply_and_add(size_t rounds, double factor, double term, double *result)
{
    vec product[CHAINS], sum[CHAINS];
    const vec by = all_of(factor), more = all_of(term);
    size_t round;
    int i;
    PURENET_UNROLL
    for (i = 0; i < CHAINS; i++) { /* no two alike: one chain would be enough for those */
        product[i] = all_of(1.0 + i);
        sum[i] = all_of(-1.0 - i);
    }
    for (round = 0; round < rounds; round++) {
        PURENET_UNROLL
        for (i = 0; i < CHAINS; i++) {
            product[i] *= by;
            sum[i] += more;
        }
    }
    PURENET_UNROLL
    for (i = 1; i < CHAINS; i++) {
        product[0] += product[i];
        sum[0] += sum[i];
    }
    store(result, product[0] + sum[0]); /* else the compiler would compute none of it */
    return (double)rounds * 2 * CHAINS * W;
}
