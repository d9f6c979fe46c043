from cpython.ref cimport PyObject

from .buffers cimport Block


cdef class Parameter:
    cdef Block block
    cdef double *data
    cdef Py_ssize_t rows
    cdef Py_ssize_t columns
    cdef Py_ssize_t stride        # numbers from one row to the next
    cdef readonly tuple shape     # of the lists that are handed out
    cdef bint is_row              # is it handed out as one list, not as a list of rows?
    cdef list own                 # the rows that were handed out; None if there are none
    cdef list own_levels          # the lists around them, level by level, the outermost left out
    cdef int in_use               # by how many that change the numbers at this moment

    cdef list hand_out(self)
    cdef bint take_in(self, PyObject *lists) noexcept
    cdef bint has_own_rows(self, PyObject *lists) noexcept
    cdef bint is_held(self, PyObject *lists) noexcept
    cdef int write_back(self, list lists) except -1


cdef Parameter parameter_of(layer, str name)
cdef bint c_take_in(dict attributes, bint forget) except -1
cdef int take_in_all(layers) except -1
cdef int bring_up_to_date(layers) except -1
