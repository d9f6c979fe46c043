from .buffers cimport Block
from .sparse cimport Sparse
from .views cimport View


cdef class Inputs:
    cdef readonly Py_ssize_t rows
    cdef readonly Py_ssize_t columns
    cdef Block dense            # one of these three, the others are None
    cdef Sparse sparse
    cdef readonly View view     # which has not been looked at yet

    cdef void copy_row(self, Py_ssize_t row, double *target) noexcept nogil


cdef class Targets:
    cdef Block block
    cdef readonly bint classes


cdef class Samples:
    cdef Inputs inputs
    cdef Block targets
    cdef Block weights          # one a sample; None if all count alike
    cdef object sharing         # what is known of the speed of threads; None before training
    cdef object training        # the last run of epochs, for the next; None: there is none
    cdef readonly bint classes
    cdef readonly Py_ssize_t size
