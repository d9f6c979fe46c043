cdef enum:
    SOFTMAX = 100  # the others are functions of one number, and have the kernels' numbers

cdef dict ACTIVATION_CODES

cdef void c_activate(int activation, double *z, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil
cdef void c_activation_delta(int activation, const double *a, double *delta, Py_ssize_t rows,
                             Py_ssize_t columns) noexcept nogil

# Each returns None for anything but lists of floats in shapes that fit each other.
cdef list compiled_softmax(z)
cdef list compiled_softmax_derivative(z)
cdef list compiled_activate(activation, z)
