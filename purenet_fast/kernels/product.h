/* The matrix product, tile by tile, of factors that lie as the tiles need them; blocks.h has the
 * others. */

/* A tile of the result is kept in registers while the sums run over all the terms: 24 sums in the
 * 32 registers of AVX-512, 12 in the 16 of SSE2 and AVX2.  With more, the compilers run out of
 * registers; with fewer, the additions wait for each other. */
#if W == 8
#define TILE_ROWS 12
#else
#define TILE_ROWS 6
#endif
#define TILE_VECTORS 2

#define TILE_COLUMNS (TILE_VECTORS * W)
#define ROW_VECTORS 8 /* of a tile of one row */

/* How the factors of a product lie in memory: from a tile of rows to the next, and from
 * TILE_COLUMNS columns to the next. */
typedef struct {
    size_t a_tile, b_tile;
    int begun; /* c holds the sums of the terms before */
    /* What of b comes after this: so many lines of so many numbers.  Each tile asks for some. */
    const double *next;
    size_t next_lines, next_numbers, next_step, next_share;
} layout;

/* Where the numbers are that a tile asks for, one cache line a term. */
typedef struct {
    const double *where;
    size_t step;
} ahead;

/* Ask for a tile's share of what comes next.  A tile of AVX-512 has more time than instructions, so
 * one line can be asked for with each term, and neither waits for the other.  The other tiles have no
 * instruction to spare with a term; but they are many, and each begins with asking for a few lines. */
PURENET_INLINE ahead fetch_share(layout *l, const double *c)
{
    ahead share = {c, 0};
    size_t line, i;
#if W == 8
    if (l->next_numbers == TILE_COLUMNS) {
        if (l->next_lines > 0 && l->next_share > 0) {
            share.where = l->next;
            share.step = l->next_step;
            l->next += 8;
            l->next_share -= 1;
        }
        return share;
    }
#endif
    for (line = 0; line < l->next_share && l->next_lines > 0; line++, l->next_lines--) {
        for (i = 0; i < l->next_numbers; i += 8)
            PURENET_FETCH(l->next + i);
        l->next += l->next_step;
    }
    return share;
}

/* The elements of R rows and C vectors of columns, `columns` being all that are left.  R and C are
 * constants wherever this is called: only then can the sums stay in registers. */
PURENET_INLINE void tile(const purenet_product *p, int begun, size_t columns, const double *a,
                         const double *b, double *c, const double *bias, ahead next, const int R,
                         const int C)
{
    vec sum[TILE_ROWS][ROW_VECTORS];
    const double *factor[ROW_VECTORS];
    const size_t a_row = p->a_row, a_term = p->a_term, b_term = p->b_term, c_row = p->c_row;
    const int finish = p->finish;
    const double rate = p->rate;
    size_t t;
    int r, v;
    const double *soon = c;
    PURENET_ONE_ADDRESS(soon); /* or the addresses of all rows of c would be kept meanwhile */
    PURENET_UNROLL
    for (r = 0; r < R; r++) {
        PURENET_UNROLL
        for (v = 0; v < C; v++) {
            /* The rows of c may lie far apart; they come from memory meanwhile. */
            if (v * W % 8 == 0)
                PURENET_FETCH(soon + r * c_row + v * W);
            sum[r][v] = all_of(0.0);
        }
    }
    if (begun) {
        PURENET_UNROLL
        for (r = 0; r < R; r++) {
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                sum[r][v] = load(c + r * c_row + v * W);
        }
    }
    PURENET_UNROLL
    for (v = 0; v < C; v++) {
        factor[v] = a;
#if W == 8
        /* AVX-512 multiplies by a number in memory as fast as by one in a register; but to spread it
         * over a register first takes Zen 4 as long as a multiplication.  So the compiler must not
         * know that it is the same number for each vector. */
        PURENET_ONE_ADDRESS(factor[v]);
#endif
    }
    for (t = p->terms; t > 0; t--) {
        vec row[ROW_VECTORS];
        PURENET_UNROLL
        for (v = 0; v < C; v++) {
            if (C == ROW_VECTORS && v * W % 8 == 0) /* b is read once: from memory, perhaps */
                PURENET_FETCH(b + 8 * b_term + v * W);
            row[v] = load(b + v * W);
        }
        if (W == 8 && R == TILE_ROWS) {
            PURENET_FETCH(next.where);
            next.where += next.step;
        }
        PURENET_UNROLL
        for (r = 0; r < R; r++) {
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                sum[r][v] += factor[v][r * a_row] * row[v];
        }
        PURENET_UNROLL
        for (v = 0; v < C; v++)
            factor[v] += a_term;
        b += b_term;
    }
    if (finish == PURENET_BIAS) {
        PURENET_UNROLL
        for (r = 0; r < R; r++) {
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                sum[r][v] += load(bias + v * W);
        }
    } else if (finish == PURENET_STEP) {
        PURENET_UNROLL
        for (r = 0; r < R; r++) {
            PURENET_UNROLL
            for (v = 0; v < C; v++)
                sum[r][v] = load(c + r * c_row + v * W) - rate * sum[r][v];
        }
    }
    PURENET_UNROLL
    for (r = 0; r < R; r++) {
        double *out = c + r * c_row;
        PURENET_UNROLL
        for (v = 0; v + 1 < C; v++)
            store(out + v * W, sum[r][v]);
        if (columns >= (size_t)(C * W))
            store(out + (C - 1) * W, sum[r][C - 1]);
        else
            store_some(out + (C - 1) * W, sum[r][C - 1], columns - (C - 1) * W);
    }
}

/* All the rows of C vectors of columns. */
PURENET_INLINE void tiles(const purenet_product *p, layout *l, size_t columns, const double *b,
                          double *c, const double *bias, const int C)
{
    const ahead nothing = {c, 0};
    const double *a = p->a;
    size_t rows = p->rows;
    for (; rows >= TILE_ROWS; rows -= TILE_ROWS) {
        tile(p, l->begun, columns, a, b, c, bias, fetch_share(l, c), TILE_ROWS, C);
        a += l->a_tile;
        c += TILE_ROWS * p->c_row;
    }
#define LAST_ROWS(R)                                                    \
    if (rows >= R) {                                                    \
        tile(p, l->begun, columns, a, b, c, bias, nothing, R, C);       \
        a += R * p->a_row;                                              \
        c += R * p->c_row;                                              \
        rows -= R;                                                      \
    }
#if TILE_ROWS > 8
    LAST_ROWS(8)
    LAST_ROWS(6)
#endif
    LAST_ROWS(4)
    LAST_ROWS(2)
    LAST_ROWS(1)
#undef LAST_ROWS
}

/* A product whose factors lie as it needs them. */
static void product_in_place(const purenet_product *p, layout *l)
{
    const double *b = p->b, *bias = p->bias;
    double *c = p->c;
    size_t columns = p->columns;
    const ahead nothing = {c, 0};
    if (p->rows == 1 && l->b_tile == TILE_COLUMNS)
        for (; columns > ROW_VECTORS * W; columns -= ROW_VECTORS * W) {
            tile(p, l->begun, columns, p->a, b, c, bias, nothing, 1, ROW_VECTORS);
            b += ROW_VECTORS * W;
            c += ROW_VECTORS * W;
            if (p->finish == PURENET_BIAS)
                bias += ROW_VECTORS * W;
        }
    for (;;) {
        switch (columns < TILE_COLUMNS ? (columns + W - 1) / W : TILE_VECTORS) {
        case 1: tiles(p, l, columns, b, c, bias, 1); break;
        case 2: tiles(p, l, columns, b, c, bias, 2); break;
        }
        if (columns <= TILE_COLUMNS)
            return;
        columns -= TILE_COLUMNS;
        b += l->b_tile;
        c += TILE_COLUMNS;
        if (p->finish == PURENET_BIAS)
            bias += TILE_COLUMNS;
    }
}
