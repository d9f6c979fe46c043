/* The entries of a batch, which its rows list, put in order column by column. */
#ifndef PURENET_COLUMNS_H
#define PURENET_COLUMNS_H

#include <stdint.h>
#include <string.h>
#include "cache.h"
#include "kernels.h"
#include "memory.h"

/* The memory for so many groups, columns and entries, in numbers. */
static inline size_t purenet_columns_size(size_t groups, size_t columns, size_t entries)
{
    return entries + groups + (columns + entries + 1) / 2;
}

/* And while they are put in order: counters for every column, and for every number of samples. */
static inline size_t purenet_order_scratch(size_t samples, size_t columns, size_t entries)
{
    size_t groups = samples < columns ? samples : columns;
    return columns + samples + 1 + purenet_columns_size(groups, columns, entries);
}

/* Lay out the arrays of x. */
static inline void purenet_lay_out(double *memory, purenet_columns *x)
{
    x->value = memory;
    x->group = (purenet_group *)(memory + x->entries);
    x->column = (uint32_t *)(x->group + x->groups);
    x->sample = x->column + x->columns;
}

/* The entries of one row in a strip, of the columns first <= k < last. */
typedef struct {
    size_t begin, end;
} purenet_range;

static inline purenet_range purenet_entries_between(const purenet_sparse *x, const size_t *start,
                                                    size_t strip, size_t first, size_t last)
{
    const size_t column = strip * PURENET_STRIP;
    purenet_range range = {start[strip * x->strip_step], start[strip * x->strip_step + 1]};
    if (column < first)
        while (range.begin < range.end && column + x->column[range.begin] < first)
            range.begin++;
    if (column + PURENET_STRIP > last)
        while (range.begin < range.end && column + x->column[range.end - 1] >= last)
            range.end--;
    return range;
}

/* Put the entries of the columns first <= k < last of the listed samples in order. */
static inline void purenet_order_by_column(const purenet_sparse *x, size_t first, size_t last,
                                    size_t samples, const size_t *sample, double *scratch,
                                    purenet_columns *ordered)
{
    const size_t columns = last - first;
    const size_t first_strip = first / PURENET_STRIP;
    const size_t last_strip = (last + PURENET_STRIP - 1) / PURENET_STRIP;
    uint64_t *entries = (uint64_t *)scratch; /* of each column; then where its next one goes */
    uint64_t *with = entries + columns;    /* columns with so many; then where their next one goes */
    size_t strip, s, k, n, e;
    uint64_t total = 0;
    double *value;
    purenet_group *group;
    uint32_t *column, *at;
    memset(scratch, 0, (columns + samples + 1) * sizeof(double));
    for (s = 0; s < samples; s++) {
        const size_t *start = x->start + sample[s] * x->row_step;
        for (strip = first_strip; strip < last_strip; strip++) {
            const purenet_range range = purenet_entries_between(x, start, strip, first, last);
            const size_t shift = strip * PURENET_STRIP - first; /* may be below 0: it wraps */
            for (e = range.begin; e < range.end; e++)
                entries[shift + x->column[e]]++;
        }
    }
    for (k = 0; k < columns; k++)
        with[entries[k]]++;
    ordered->groups = ordered->columns = ordered->entries = 0;
    for (n = 1; n <= samples; n++) {
        ordered->groups += with[n] > 0;
        ordered->columns += with[n];
        ordered->entries += n * with[n];
    }
    purenet_lay_out((double *)(with + samples + 1), ordered);
    value = (double *)ordered->value;
    group = (purenet_group *)ordered->group;
    column = (uint32_t *)ordered->column;
    at = (uint32_t *)ordered->sample;
    for (n = 1; n <= samples; n++) {
        uint64_t here = with[n];
        if (here > 0) {
            group->entries = (uint32_t)n;
            group->columns = (uint32_t)here;
            group++;
        }
        with[n] = total;
        total += here;
    }
    for (k = 0; k < columns; k++)
        if (entries[k] > 0)
            column[with[entries[k]]++] = (uint32_t)k;
    total = 0;
    for (n = 0; n < ordered->columns; n++) {
        uint64_t here = entries[column[n]];
        entries[column[n]] = total;
        total += here;
        column[n] += (uint32_t)first;
    }
    for (s = 0; s < samples; s++) {
        const size_t *start = x->start + sample[s] * x->row_step;
        for (strip = first_strip; strip < last_strip; strip++) {
            const purenet_range range = purenet_entries_between(x, start, strip, first, last);
            const size_t shift = strip * PURENET_STRIP - first;
            for (e = range.begin; e < range.end; e++) {
                size_t to = (size_t)entries[shift + x->column[e]]++;
                value[to] = x->value[e];
                at[to] = (uint32_t)s;
            }
        }
    }
}

/* Copy what was put in order to a store.  Returns whether there was memory for it. */
static inline int purenet_keep_columns(const purenet_columns *x, purenet_store **store,
                                       size_t more, purenet_columns *kept)
{
    size_t numbers = purenet_columns_size(x->groups, x->columns, x->entries);
    double *memory = purenet_take(store, numbers * sizeof(double), more);
    if (memory == NULL)
        return 0;
    memcpy(memory, x->value, numbers * sizeof(double));
    *kept = *x;
    purenet_lay_out(memory, kept);
    return 1;
}

/* Set what stands for each of the columns to 1. */
static inline void purenet_mark_columns(const purenet_columns *x, uint8_t *listed)
{
    size_t i;
    for (i = 0; i < x->columns; i++)
        listed[x->column[i]] = 1;
}

/* Set what stands for each column that any of the samples has to 1. */
static inline void purenet_mark_blocks(const purenet_marked *x, size_t columns, size_t samples,
                                       const size_t *sample, uint8_t *listed)
{
    size_t b, s, k;
    for (b = 0; b < x->step; b++) {
        const size_t end = columns - b * 64 < 64 ? columns - b * 64 : 64;
        uint64_t bits = 0;
        for (s = 0; s < samples; s++)
            bits |= x->blocks[sample[s] * x->step + b].bits;
        for (k = 0; k < end; k++)
            listed[b * 64 + k] = bits >> k & 1;
    }
}

/* Ask for the lists of a row, which are those of all its strips, one behind the other. */
static inline void purenet_fetch_row(const purenet_sparse *x, size_t row)
{
    const size_t *start = x->start + row * x->strips;
    size_t e;
    for (e = start[0]; e < start[x->strips]; e += 8)
        PURENET_FETCH_EARLY(x->value + e);
    for (e = start[0]; e < start[x->strips]; e += 64)
        PURENET_FETCH_EARLY(x->column + e);
}

/* Ask for the blocks of a row. */
static inline void purenet_fetch_blocks(const purenet_block *block, size_t blocks)
{
    size_t b;
    for (b = 0; b < blocks; b += 4)
        PURENET_FETCH_EARLY(block + b);
}

/* Ask for the beginning of what a step will need. */
static inline void purenet_fetch_columns(const purenet_columns *kept)
{
    size_t e;
    for (e = 0; e < PURENET_AHEAD && e < kept->entries; e += 8) {
        PURENET_FETCH(kept->value + e);
        PURENET_FETCH(kept->sample + e);
    }
    for (e = 0; e < 32 && e < kept->columns; e += 16)
        PURENET_FETCH(kept->column + e);
    PURENET_FETCH(kept->group);
}

#endif
