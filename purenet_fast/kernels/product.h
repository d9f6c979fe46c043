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

/* How a product is cut into blocks so that what is used over and over stays near: a panel of b,
 * TILE_COLUMNS columns, in the first level of the cache, and a block of a in the second.  K. Goto and
 * R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM Transactions on
 * Mathematical Software 34, 2008. */
#if W == 8 /* processors with AVX-512 have a second level of 1 MB or more, nearly all of them */
#define BLOCK_TERMS 400
#define BLOCK_OF_A 52000 /* numbers */
#else
#define BLOCK_TERMS 256
#define BLOCK_OF_A 33792
#endif

typedef struct {
    size_t rows, terms;
} sizes;

static size_t at_least(size_t n, size_t least) { return n > least ? n : least; }

static size_t at_most(size_t n, size_t most) { return n < most ? n : most; }

static size_t up_to_multiple(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

/* Cut n things into as few parts as can be, about as large as each other. */
static size_t even_part(size_t n, size_t most, size_t unit)
{
    size_t parts = at_least((n + most - 1) / most, 1);
    return up_to_multiple((n + parts - 1) / parts, unit);
}

static sizes largest_block(const purenet_product *p)
{
    sizes most;
    /* A sum that is left and taken up again stands in c meanwhile; a step needs c for the weights,
     * so its sums are computed in one go. */
    most.terms = p->terms > BLOCK_TERMS && p->finish != PURENET_STEP ? BLOCK_TERMS : p->terms;
    most.terms = at_least(most.terms, 1);
    most.rows = up_to_multiple(at_least(BLOCK_OF_A / most.terms, 4 * TILE_ROWS), TILE_ROWS);
    return most;
}

/* Return whether the factors are copied first, into the order in which they are used: a transposed b
 * must be, to be loaded in vectors; otherwise it pays if b is large and many rows use it. */
static int copies(const purenet_product *p)
{
    return p->b_column != 1 || (p->rows >= 32 && p->terms * p->columns >= 8192);
}

/* From one row of a copied block of a to the next, if its rows are not interwoven: an odd number of
 * cache lines. */
static size_t copied_row(size_t terms) { return up_to_multiple(terms, 16) + 8; }

static size_t product_scratch(const purenet_product *p)
{
    const sizes most = largest_block(p);
    const size_t rows = up_to_multiple(at_most(p->rows, most.rows), TILE_ROWS);
    if (!copies(p))
        return 0;
    return up_to_multiple(most.terms * TILE_COLUMNS, 8) + rows * copied_row(most.terms) + 8;
}

/* to[t * step + line] = from[line * line_step + t] */
static void copy_transposed(const double *from, size_t line_step, size_t lines, size_t terms,
                            double *to, size_t step)
{
    size_t line = 0, t;
#if W >= 4
    for (; line + 4 <= lines; line += 4) {
        const double *p = from + line * line_step;
        double *out = to + line;
        for (t = 0; t + 4 <= terms; t += 4) {
            const __m256d p0 = _mm256_loadu_pd(p), p1 = _mm256_loadu_pd(p + line_step);
            const __m256d p2 = _mm256_loadu_pd(p + 2 * line_step);
            const __m256d p3 = _mm256_loadu_pd(p + 3 * line_step);
            const __m256d even01 = _mm256_unpacklo_pd(p0, p1), odd01 = _mm256_unpackhi_pd(p0, p1);
            const __m256d even23 = _mm256_unpacklo_pd(p2, p3), odd23 = _mm256_unpackhi_pd(p2, p3);
            _mm256_storeu_pd(out, _mm256_permute2f128_pd(even01, even23, 0x20));
            _mm256_storeu_pd(out + step, _mm256_permute2f128_pd(odd01, odd23, 0x20));
            _mm256_storeu_pd(out + 2 * step, _mm256_permute2f128_pd(even01, even23, 0x31));
            _mm256_storeu_pd(out + 3 * step, _mm256_permute2f128_pd(odd01, odd23, 0x31));
            p += 4;
            out += 4 * step;
        }
        for (; t < terms; t++, p++, out += step) {
            out[0] = p[0];
            out[1] = p[line_step];
            out[2] = p[2 * line_step];
            out[3] = p[3 * line_step];
        }
    }
#endif
    for (; line < lines; line++)
        for (t = 0; t < terms; t++)
            to[t * step + line] = from[line * line_step + t];
}

/* Copy a panel of b, term behind term. */
static void copy_b(const double *b, size_t b_term, size_t b_column, size_t terms, size_t columns,
                   double *to)
{
    size_t j, t;
    if (b_column == 1)
        for (t = 0; t < terms; t++, b += b_term, to += TILE_COLUMNS)
            for (j = 0; j < columns; j += W)
                store(to + j, load(b + j));
    else if (b_term == 1)
        copy_transposed(b, b_column, columns, terms, to, TILE_COLUMNS);
    else
        for (t = 0; t < terms; t++)
            for (j = 0; j < columns; j++)
                to[t * TILE_COLUMNS + j] = b[t * b_term + j * b_column];
}

/* Copy a block of a, tile behind tile, and in a tile term behind term. */
static void interweave(const double *a, size_t a_row, size_t a_term, size_t rows, size_t terms,
                       double *to)
{
    size_t i, t, r;
    for (t = 0; t < terms; t++, a += a_term)
        for (i = 0; i < rows; i += TILE_ROWS) {
            const double *from = a + i * a_row;
            double *out = to + i * terms + t * TILE_ROWS;
            if (rows - i < TILE_ROWS || a_row != 1)
                for (r = 0; r < at_most(rows - i, TILE_ROWS); r++)
                    out[r] = from[r * a_row];
            else
                memcpy(out, from, TILE_ROWS * sizeof(double));
        }
}

/* Have the block of a that q has where a tile reads it best. */
static void place_a(purenet_product *q, layout *l, double *scratch)
{
    size_t row_step, i;
    if (q->a_term != 1) {
        interweave(q->a, q->a_row, q->a_term, q->rows, q->terms, scratch);
        l->a_tile = TILE_ROWS * q->terms;
        q->a = scratch;
        q->a_row = 1;
        q->a_term = TILE_ROWS;
        return;
    }
    /* Rows are read from one end to the other, wherever they lie.  But numbers 4096 bytes apart have
     * one place in the cache, and there are 8 of these: not enough for all rows of a tile. */
    if (TILE_ROWS > 8 && q->a_row % 512 == 0 && q->rows > 1) {
        row_step = copied_row(q->terms);
        for (i = 0; i < q->rows; i++)
            memcpy(scratch + i * row_step, q->a + i * q->a_row, q->terms * sizeof(double));
        q->a = scratch;
        q->a_row = row_step;
    }
    l->a_tile = TILE_ROWS * q->a_row;
}

static void product_of_copies(const purenet_product *p)
{
    const sizes most = largest_block(p);
    const size_t part_terms = even_part(p->terms, most.terms, 1);
    const size_t part_rows = even_part(p->rows, most.rows, TILE_ROWS);
    const int transposed = p->b_column != 1;
    double *b_scratch = (double *)(((uintptr_t)p->scratch + 63) & ~(uintptr_t)63);
    double *a_scratch = b_scratch + up_to_multiple(most.terms * TILE_COLUMNS, 8);
    purenet_product q;
    layout l;
    size_t i, j, t = 0;
    l.b_tile = 0;
    do {
        for (i = 0; i < p->rows; i += part_rows) {
            q = *p;
            q.terms = at_most(p->terms - t, part_terms);
            q.rows = at_most(p->rows - i, part_rows);
            q.finish = t + q.terms < p->terms ? PURENET_SUM : p->finish;
            q.a = p->a + i * p->a_row + t * p->a_term;
            q.b = b_scratch;
            q.b_term = TILE_COLUMNS;
            l.begun = t > 0;
            place_a(&q, &l, a_scratch);
            for (j = 0; j < p->columns; j += TILE_COLUMNS) {
                const double *b = p->b + t * p->b_term + j * p->b_column;
                q.columns = at_most(p->columns - j, TILE_COLUMNS);
                q.c = p->c + i * p->c_row + j;
                if (p->finish == PURENET_BIAS)
                    q.bias = p->bias + j;
                copy_b(b, p->b_term, p->b_column, q.terms, q.columns, b_scratch);
                l.next = b + TILE_COLUMNS * p->b_column;
                l.next_step = transposed ? p->b_column : p->b_term;
                l.next_numbers = transposed ? q.terms : TILE_COLUMNS;
                l.next_lines = p->columns - j <= TILE_COLUMNS ? 0
                               : transposed                   ? TILE_COLUMNS
                                                              : q.terms;
                l.next_share = l.next_lines * TILE_ROWS / q.rows + 1;
#if W == 8
                if (!transposed)
                    l.next_share = TILE_COLUMNS / 8;
#endif
                product_in_place(&q, &l);
            }
        }
        t += part_terms;
    } while (t < p->terms);
}

static void product(const purenet_product *p)
{
    layout l = {TILE_ROWS * p->a_row, TILE_COLUMNS, 0, NULL, 0, 0, 0, 0};
    if (p->rows == 0 || p->columns == 0)
        return;
    if (copies(p))
        product_of_copies(p);
    else
        product_in_place(p, &l);
}
