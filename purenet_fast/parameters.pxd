from .buffers cimport Block


cdef class Matrix:
    cdef Block block
    cdef double *data
    cdef readonly Py_ssize_t rows
    cdef readonly Py_ssize_t columns
    cdef Py_ssize_t stride    # numbers from one row to the next
    cdef Py_ssize_t[2] shape
    cdef Py_ssize_t[2] strides

    cdef Vector row(self, Py_ssize_t i)


cdef class Vector:
    cdef object owner
    cdef double *data
    cdef Py_ssize_t length
    cdef Py_ssize_t[1] shape
    cdef Py_ssize_t[1] strides


cdef Block block_of(rows)
cdef Block row_block_of(values)
