from cpython.ref cimport PyObject

from .threads cimport Job
from .views cimport View

cdef extern from "kernels/memory.h" nogil:
    ctypedef struct purenet_store:
        pass

    void *purenet_memory(size_t bytes)
    void purenet_give_back(purenet_store *store)
    void *purenet_take_zeros(purenet_store **store, size_t bytes)


cdef class Block:
    cdef double *data
    cdef void *memory
    cdef Py_ssize_t rows
    cdef Py_ssize_t columns

    cdef list tolist(self)


cdef class Memory:
    cdef purenet_store *store

    cdef void *zeros(self, size_t n, size_t size) except NULL
    cdef double *numbers(self, size_t n) except NULL


cdef list flat_list(const double *data, Py_ssize_t length)
cdef list nested_list(const double *data, Py_ssize_t rows, Py_ssize_t columns)
cdef int refill(list values, const double *data, Py_ssize_t length) except -1
cdef Block block_of(rows)
cdef Block row_block_of(values)
cdef PyObject **items_of(PyObject *values) noexcept nogil
cdef bint copy_floats(PyObject **items, double *target, Py_ssize_t count) noexcept nogil
cdef bint are_lists(list rows, Py_ssize_t first, Py_ssize_t last, Py_ssize_t columns) noexcept
cdef bint copy_rows(PyObject **rows, Py_ssize_t first, Py_ssize_t last, Py_ssize_t columns,
                    double *target) noexcept nogil


cdef Py_ssize_t NUMBERS_AT_ONCE


cdef class Reading(Job):
    cdef list rows               # None: they are in somebody's memory
    cdef View view
    cdef Py_ssize_t height
    cdef Py_ssize_t columns
    cdef bint same               # are the rows still lists of so many numbers?
    cdef PyObject **items        # the rows
    cdef Py_ssize_t at_once      # rows that a thread reads between two looks for Ctrl-C
    cdef Py_ssize_t done         # rows of each thread that have been read

    cdef size_t first_row(self, size_t number) noexcept nogil
    cdef Py_ssize_t piece_begin(self, size_t number) noexcept nogil
    cdef Py_ssize_t piece_end(self, size_t number) noexcept nogil
    cdef int read(self) except -1
    cdef bint is_well(self, size_t number) noexcept


cdef class Copying(Reading):
    cdef Block block
    cdef bint *finite_floats     # has a thread found nothing else?

    cdef bint run(self) except -1
