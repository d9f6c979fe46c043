from .vectors cimport purenet_kernels

cdef extern from "kernels/kernels.h":
    enum:
        SUM_OF_SQUARES "PURENET_SUM_OF_SQUARES"
        MEAN_SQUARED_ERROR "PURENET_MEAN_SQUARED_ERROR"
        BINARY_CROSS_ENTROPY "PURENET_BINARY_CROSS_ENTROPY"
        CATEGORICAL_CROSS_ENTROPY "PURENET_CATEGORICAL_CROSS_ENTROPY"

cdef extern from "kernels/answers.h" nogil:
    size_t purenet_largest(const double *row, size_t columns)
    size_t purenet_count_correct(const double *a, size_t a_row, const double *y, size_t rows,
                                 size_t columns)

cdef dict LOSS_CODES


cdef inline bint is_cross_entropy(int loss) noexcept nogil:
    return loss == BINARY_CROSS_ENTROPY or loss == CATEGORICAL_CROSS_ENTROPY


cdef inline double c_loss_count(int loss, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    if loss == SUM_OF_SQUARES:
        return 1.0
    if loss == CATEGORICAL_CROSS_ENTROPY:
        return <double> rows
    return <double> (rows * columns)


cdef inline void c_output_gradient(
        const purenet_kernels *kernels, int loss, Py_ssize_t samples, const double *a,
        const double *y, double *delta, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    """Compute what the loss hands to the last layer, for some rows of a batch of so many samples.

    dL/da for the squared errors, and for the cross-entropies already dL/dz.
    """
    kernels.output_delta(1.0 if is_cross_entropy(loss) else 2.0,
                         c_loss_count(loss, samples, columns), rows * columns, a, y, delta)


cdef inline void c_weigh(const double *weights, double *values, Py_ssize_t rows,
                         Py_ssize_t columns) noexcept nogil:
    """Multiply what belongs to each sample by the sample's weight."""
    cdef Py_ssize_t i, j
    for i in range(rows):
        for j in range(i * columns, (i + 1) * columns):
            values[j] = values[j] * weights[i]


cdef inline Py_ssize_t c_count_right_labels(const double *a, const double *y,
                                            Py_ssize_t numbers) noexcept nogil:
    """Return how many outputs are on their label's side; -1 if some target is no label."""
    cdef Py_ssize_t i
    cdef Py_ssize_t right = 0
    for i in range(numbers):
        if y[i] == 1.0:
            right += a[i] >= 0.5
        elif y[i] == 0.0:
            right += a[i] < 0.5
        else:
            return -1
    return right


cdef void c_sample_losses(int loss, const double *z, const double *a, const double *y, double *e,
                          double *losses, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil

# Returns None for anything but lists of floats of one length.
cdef compiled_softmax_cross_entropy(z, y)
