/* Random numbers: the Mersenne Twister of Matsumoto and Nishimura, 1998.  Its state is 624 words,
 * each drawn once; then all change. */

#define WORDS 624
#define FARTHER 397

PURENET_INLINE uint32_t twisted(uint32_t high, uint32_t low)
{
    const uint32_t y = (high & 0x80000000u) | (low & 0x7fffffffu);
    return (y >> 1) ^ ((0u - (y & 1u)) & 0x9908b0dfu);
}

static void twist(uint32_t *word)
{
    int i;
    for (i = 0; i < WORDS - FARTHER; i++)
        word[i] = word[i + FARTHER] ^ twisted(word[i], word[i + 1]);
    for (; i < WORDS - 1; i++)
        word[i] = word[i + FARTHER - WORDS] ^ twisted(word[i], word[i + 1]);
    word[WORDS - 1] = word[FARTHER - 1] ^ twisted(word[WORDS - 1], word[0]);
}

static void draw_mask(const uint32_t *word, size_t n, double rate, double scale, double *mask)
{
    int32_t drawn[WORDS];
    size_t i;
    for (i = 0; i < 2 * n; i++) {
        uint32_t y = word[i];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c5680u;
        y ^= (y << 15) & 0xefc60000u;
        drawn[i] = (int32_t)((y ^ (y >> 18)) >> 5);
    }
    for (i = 0; i < n; i++) {
        const double high = drawn[2 * i], low = drawn[2 * i + 1] >> 1;
        mask[i] = (high * 67108864.0 + low) * (1.0 / 9007199254740992.0) < rate ? 0.0 : scale;
    }
}

static void multiply(size_t n, const double *x, const double *y, double *z)
{
    FOR_EACH_VECTOR(n, store_some(z + i, load(x + i) * load(y + i), lanes));
}
