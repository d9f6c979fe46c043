/* Right answers: those of purenet/metrics.py. */
#ifndef PURENET_ANSWERS_H
#define PURENET_ANSWERS_H

#include <stddef.h>

/* The place of the largest number, the first of equal ones. */
static inline size_t purenet_largest(const double *row, size_t columns)
{
    size_t j, best = 0;
    double most = row[0];
    for (j = 1; j < columns; j++) {
        const int more = row[j] > most;
        most = more ? row[j] : most;
        best = more ? j : best;
    }
    return best;
}

/* The class that one row of outputs stands for; -1 if an output is NaN. */
static inline ptrdiff_t purenet_answer(const double *outputs, size_t columns)
{
    int numbers = 1;
    size_t j;
    for (j = 0; j < columns; j++)
        numbers &= outputs[j] == outputs[j];
    if (!numbers)
        return -1;
    if (columns == 1)
        return outputs[0] >= 0.5;
    return (ptrdiff_t)purenet_largest(outputs, columns);
}

/* How many rows of a have the answer of the same row of y.  a_row: from one row of a to the next. */
static inline size_t purenet_count_correct(const double *a, size_t a_row, const double *y,
                                           size_t rows, size_t columns)
{
    size_t i, correct = 0;
    for (i = 0; i < rows; i++, a += a_row, y += columns)
        correct += purenet_answer(a, columns) == purenet_answer(y, columns);
    return correct;
}

#endif
