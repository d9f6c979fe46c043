/* Products of any size: factors that are large, or do not lie as the tiles of product.h need them,
 * are cut into blocks and copied first. */

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
