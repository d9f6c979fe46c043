cdef class View:
    cdef readonly object source   # the ``Buffer``
    cdef Py_buffer buffer
    cdef bint held
    cdef int code                 # how a number is read: a letter as in the module struct
    cdef readonly Py_ssize_t rows
    cdef readonly Py_ssize_t columns
    cdef Py_ssize_t row_step      # bytes
    cdef Py_ssize_t step
    cdef Py_ssize_t *places       # of the rows; NULL if they are all, in their order
    cdef bint doubles             # do doubles lie side by side, row behind row?

    cdef const char *row(self, Py_ssize_t i) noexcept nogil
    cdef void read(self, Py_ssize_t i, Py_ssize_t column, Py_ssize_t count,
                   double *target) noexcept nogil
    cdef bint read_rows(self, Py_ssize_t first, Py_ssize_t last, double *target) noexcept nogil
    cdef const double *in_place(self, Py_ssize_t first, Py_ssize_t last) noexcept nogil
    cdef void write_rows(self, Py_ssize_t first, Py_ssize_t last,
                         const double *source) noexcept nogil


cdef View view_of(values, Py_ssize_t columns)
