# Each returns None for anything but lists of floats in shapes that fit each other.
cdef list compiled_dot(a, b)
cdef list compiled_transpose(a)
cdef list compiled_add_bias(a, biases)
cdef list compiled_add(a, b)
cdef list compiled_subtract(a, b)
cdef list compiled_multiply(a, b)
cdef list compiled_scale(a, factor)
cdef list compiled_column_sums(a)
