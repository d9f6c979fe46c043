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

/* Seeding is one long chain, in which every word needs the one before: a generator takes thousands of
 * cycles, and several side by side take no longer. */
#if W <= 2 /* SSE2 does not multiply such words */
#define SIDE_BY_SIDE 1
typedef uint32_t words;
#else
#define SIDE_BY_SIDE 8
typedef uint32_t words __attribute__((vector_size(SIDE_BY_SIDE * 4)));
#endif

/* What a word makes of the one before. */
#define NEXT_WORD(factor) ((last ^ (last >> 30)) * (factor))

/* Seed generators with the keys key[0], key[0] + 1, ...; word i of generator g is
 * state[i * SIDE_BY_SIDE + g]. */
static void seed_generators(const uint32_t *key, size_t length, uint32_t *state)
{
#if SIDE_BY_SIDE == 1
    const words number = 0;
#else
    const words number = {0, 1, 2, 3, 4, 5, 6, 7};
#endif
    const size_t steps = length > WORDS ? length : WORDS;
    words last = number - number + 19650218u, word;
    size_t i, j = 0, k;
    memcpy(state, &last, sizeof last);
    for (i = 1; i < WORDS; i++) {
        last = NEXT_WORD(1812433253u) + (uint32_t)i;
        memcpy(state + i * SIDE_BY_SIDE, &last, sizeof last);
    }
    memcpy(&last, state, sizeof last);
    for (i = 1, k = 0; k < steps; k++) {
        memcpy(&word, state + i * SIDE_BY_SIDE, sizeof word);
        last = (word ^ NEXT_WORD(1664525u)) + (key[j] + (uint32_t)j);
        if (j == 0)
            last += number;
        memcpy(state + i * SIDE_BY_SIDE, &last, sizeof last);
        if (++j == length)
            j = 0;
        if (++i == WORDS)
            i = 1; /* word 0 is the last one from here on */
    }
    for (k = 0; k < WORDS - 1; k++) {
        memcpy(&word, state + i * SIDE_BY_SIDE, sizeof word);
        last = (word ^ NEXT_WORD(1566083941u)) - (uint32_t)i;
        memcpy(state + i * SIDE_BY_SIDE, &last, sizeof last);
        if (++i == WORDS)
            i = 1;
    }
    last = number - number + 0x80000000u;
    memcpy(state, &last, sizeof last);
}

/* Write the first words that generator g draws, if few are needed, and return 0; else its state, and
 * return how many of its words have been drawn: all, so that they change first. */
static int take_generator(const uint32_t *state, size_t g, size_t needed, uint32_t *word)
{
    size_t i;
    state += g;
    if (needed > WORDS - FARTHER) {
        for (i = 0; i < WORDS; i++)
            word[i] = state[i * SIDE_BY_SIDE];
        return WORDS;
    }
    for (i = 0; i < needed; i++)
        word[i] = state[(i + FARTHER) * SIDE_BY_SIDE]
                  ^ twisted(state[i * SIDE_BY_SIDE], state[(i + 1) * SIDE_BY_SIDE]);
    return 0;
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
