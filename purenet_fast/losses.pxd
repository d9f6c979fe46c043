cdef enum:
    SUM_OF_SQUARES, MEAN_SQUARED_ERROR, BINARY_CROSS_ENTROPY, CATEGORICAL_CROSS_ENTROPY

cdef dict LOSS_CODES


cdef inline bint is_cross_entropy(int loss) noexcept nogil:
    return loss == BINARY_CROSS_ENTROPY or loss == CATEGORICAL_CROSS_ENTROPY


cdef void c_sample_losses(int loss, const double *z, const double *a, const double *y, double *e,
                        double *losses, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil
cdef double c_loss_count(int loss, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil
cdef Py_ssize_t c_count_correct(const double *a, const double *y,
                              Py_ssize_t rows, Py_ssize_t columns) noexcept nogil
cdef void c_output_delta(int loss, int activation, Py_ssize_t samples, const double *a,
                         const double *y, double *delta, Py_ssize_t rows,
                         Py_ssize_t columns) noexcept nogil

# Returns None for anything but lists of floats of one length.
cdef compiled_softmax_cross_entropy(z, y)
