/* The matrix product. */

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
} layout;

/* The elements of R rows and C vectors of columns, `columns` being all that are left.  R and C are
 * constants wherever this is called: only then can the sums stay in registers. */
PURENET_INLINE void tile(const purenet_product *p, int begun, size_t columns, const double *a,
                         const double *b, double *c, const double *bias, const int R, const int C)
{
    vec sum[TILE_ROWS][ROW_VECTORS];
    const double *factor[ROW_VECTORS];
    const size_t a_row = p->a_row, a_term = p->a_term, b_term = p->b_term, c_row = p->c_row;
    const int finish = p->finish;
    const double rate = p->rate;
    size_t t;
    int r, v;
    PURENET_UNROLL
    for (r = 0; r < R; r++) {
        PURENET_UNROLL
        for (v = 0; v < C; v++) {
            /* The rows of c may lie far apart; they come from memory meanwhile. */
            if (v * W % 8 == 0)
                PURENET_FETCH(c + r * c_row + v * W);
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
PURENET_INLINE void tiles(const purenet_product *p, const layout *l, size_t columns,
                          const double *b, double *c, const double *bias, const int C)
{
    const double *a = p->a;
    size_t rows = p->rows;
    for (; rows >= TILE_ROWS; rows -= TILE_ROWS) {
        tile(p, l->begun, columns, a, b, c, bias, TILE_ROWS, C);
        a += l->a_tile;
        c += TILE_ROWS * p->c_row;
    }
#if TILE_ROWS == 12
    if (rows >= 8) {
        tile(p, l->begun, columns, a, b, c, bias, 8, C);
        a += 8 * p->a_row;
        c += 8 * p->c_row;
        rows -= 8;
    }
    if (rows >= 6) {
        tile(p, l->begun, columns, a, b, c, bias, 6, C);
        a += 6 * p->a_row;
        c += 6 * p->c_row;
        rows -= 6;
    }
#endif
    if (rows >= 4) {
        tile(p, l->begun, columns, a, b, c, bias, 4, C);
        a += 4 * p->a_row;
        c += 4 * p->c_row;
        rows -= 4;
    }
    if (rows >= 2) {
        tile(p, l->begun, columns, a, b, c, bias, 2, C);
        a += 2 * p->a_row;
        c += 2 * p->c_row;
        rows -= 2;
    }
    if (rows > 0)
        tile(p, l->begun, columns, a, b, c, bias, 1, C);
}

/* A product whose factors lie as it needs them. */
static void product_in_place(const purenet_product *p, const layout *l)
{
    const double *b = p->b, *bias = p->bias;
    double *c = p->c;
    size_t columns = p->columns;
    if (p->rows == 1 && l->b_tile == TILE_COLUMNS)
        for (; columns > ROW_VECTORS * W; columns -= ROW_VECTORS * W) {
            tile(p, l->begun, columns, p->a, b, c, bias, 1, ROW_VECTORS);
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

/* How a product is cut into blocks so that what is used over and over stays in the nearest cache:
 * TILE_COLUMNS columns of a block of b in the first level, a block of a in the second, a block of b
 * in the third.  K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication",
 * ACM Transactions on Mathematical Software 34, 2008. */
#define BLOCK_TERMS 256
#define BLOCK_OF_A 33792  /* numbers */
#define BLOCK_OF_B 131072

typedef struct {
    size_t rows, columns, terms;
} sizes;

static size_t at_least(size_t n, size_t least) { return n > least ? n : least; }

static sizes largest_block(const purenet_product *p)
{
    sizes most;
    /* A sum that is left and taken up again stands in c meanwhile; a step needs c for the weights,
     * so its sums are computed in one go. */
    most.terms = p->terms > BLOCK_TERMS && p->finish != PURENET_STEP ? BLOCK_TERMS : p->terms;
    most.terms = at_least(most.terms, 1);
    most.rows = at_least(BLOCK_OF_A / most.terms, 4 * TILE_ROWS);
    most.columns = at_least(BLOCK_OF_B / most.terms, TILE_COLUMNS);
    return most;
}

static size_t up_to_multiple(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

/* Cut n things into as few parts as can be, about as large as each other. */
static size_t even_part(size_t n, size_t most, size_t unit)
{
    size_t parts = at_least((n + most - 1) / most, 1);
    return up_to_multiple((n + parts - 1) / parts, unit);
}

/* Return whether the factors are copied first, into the order in which they are used: a transposed b
 * must be, to be loaded in vectors; otherwise it pays if b is large and many rows use it. */
static int copies(const purenet_product *p)
{
    return p->b_column != 1 || (p->rows >= 32 && p->terms * p->columns >= 8192);
}

static size_t scratch_for_a(const purenet_product *p)
{
    sizes most = largest_block(p);
    size_t rows = p->rows < most.rows ? p->rows : most.rows;
    return p->a_term == 1 ? 0 : most.terms * up_to_multiple(rows, TILE_ROWS);
}

static size_t scratch_for_b(const purenet_product *p)
{
    sizes most = largest_block(p);
    size_t columns = p->columns < most.columns ? p->columns : most.columns;
    return up_to_multiple(most.terms * up_to_multiple(columns, TILE_COLUMNS), 8);
}

static size_t product_scratch(const purenet_product *p)
{
    return copies(p) ? scratch_for_a(p) + scratch_for_b(p) + 8 : 0;
}

/* Copy a block of a: tile behind tile, and in a tile term behind term. */
static void copy_a(const double *a, size_t a_row, size_t a_term, size_t rows, size_t terms,
                   double *to)
{
    size_t i, t;
    int r;
    for (t = 0; t < terms; t++, a += a_term)
        for (i = 0; i < rows; i += TILE_ROWS) {
            const double *from = a + i * a_row;
            double *out = to + i * terms + t * TILE_ROWS;
            if (rows - i >= TILE_ROWS) {
                PURENET_UNROLL
                for (r = 0; r < TILE_ROWS; r++)
                    out[r] = from[r * a_row];
            } else
                for (r = 0; i + r < rows; r++)
                    out[r] = from[r * a_row];
        }
}

/* Copy a block of b: TILE_COLUMNS columns behind TILE_COLUMNS columns, and in those term behind
 * term. */
static void copy_b(const double *b, size_t b_term, size_t b_column, size_t terms, size_t columns,
                   double *to)
{
    size_t j, t, v, first, last;
    if (b_column == 1) {
        for (t = 0; t < terms; t++, b += b_term)
            for (j = 0; j < columns; j += W)
                store(to + (j / TILE_COLUMNS * terms + t) * TILE_COLUMNS + j % TILE_COLUMNS,
                      load(b + j));
        return;
    }
    /* Transposing: 8 terms at a time, so that both sides use up the cache lines they touch. */
    for (j = 0; j < columns; j += TILE_COLUMNS, to += terms * TILE_COLUMNS) {
        size_t used = columns - j < TILE_COLUMNS ? columns - j : TILE_COLUMNS;
        for (first = 0; first < terms; first = last) {
            last = first + 8 < terms ? first + 8 : terms;
            for (v = 0; v < used; v++)
                for (t = first; t < last; t++)
                    to[t * TILE_COLUMNS + v] = b[t * b_term + (j + v) * b_column];
        }
    }
}

static void product_of_copies(const purenet_product *p)
{
    const sizes most = largest_block(p);
    const size_t part_terms = even_part(p->terms, most.terms, 1);
    const size_t part_rows = even_part(p->rows, most.rows, TILE_ROWS);
    const size_t part_columns = even_part(p->columns, most.columns, TILE_COLUMNS);
    double *b_scratch = (double *)(((uintptr_t)p->scratch + 63) & ~(uintptr_t)63);
    double *a_scratch = b_scratch + scratch_for_b(p);
    purenet_product q = *p;
    layout l;
    size_t i, j, t;
    q.b = b_scratch;
    q.b_term = TILE_COLUMNS;
    for (j = 0; j < p->columns; j += part_columns) {
        q.columns = p->columns - j < part_columns ? p->columns - j : part_columns;
        if (p->finish == PURENET_BIAS)
            q.bias = p->bias + j;
        for (t = 0; t < p->terms; t += part_terms) {
            q.terms = p->terms - t < part_terms ? p->terms - t : part_terms;
            q.finish = t + q.terms < p->terms ? PURENET_SUM : p->finish;
            l.b_tile = q.terms * TILE_COLUMNS;
            l.begun = t > 0;
            copy_b(p->b + t * p->b_term + j * p->b_column, p->b_term, p->b_column, q.terms,
                   q.columns, b_scratch);
            for (i = 0; i < p->rows; i += part_rows) {
                q.rows = p->rows - i < part_rows ? p->rows - i : part_rows;
                q.a = p->a + i * p->a_row + t * p->a_term;
                q.c = p->c + i * p->c_row + j;
                l.a_tile = TILE_ROWS * p->a_row;
                if (p->a_term != 1) { /* if it is 1, rows are read from one end to the other anyway */
                    copy_a(q.a, p->a_row, p->a_term, q.rows, q.terms, a_scratch);
                    q.a = a_scratch;
                    q.a_row = 1;
                    q.a_term = TILE_ROWS;
                    l.a_tile = TILE_ROWS * q.terms;
                }
                product_in_place(&q, &l);
            }
        }
    }
}

static void product(const purenet_product *p)
{
    const layout l = {TILE_ROWS * p->a_row, TILE_COLUMNS, 0};
    if (p->rows == 0 || p->columns == 0)
        return;
    if (copies(p))
        product_of_copies(p);
    else
        product_in_place(p, &l);
}
