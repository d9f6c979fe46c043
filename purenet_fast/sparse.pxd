from libc.stdint cimport uint8_t

from .buffers cimport Reading, purenet_store
from .vectors cimport purenet_block, purenet_columns, purenet_marked, purenet_sparse

cdef extern from "kernels/columns.h" nogil:
    size_t purenet_order_scratch(size_t samples, size_t columns, size_t entries)
    void purenet_order_by_column(const purenet_sparse *x, size_t first, size_t last,
                                 size_t samples, const size_t *sample, double *scratch,
                                 purenet_columns *ordered)
    bint purenet_keep_columns(const purenet_columns *x, purenet_store **store, size_t more,
                              purenet_columns *kept)
    void purenet_mark_columns(const purenet_columns *x, uint8_t *listed)
    void purenet_mark_blocks(const purenet_marked *x, size_t columns, size_t samples,
                             const size_t *sample, uint8_t *listed)
    void purenet_fetch_row(const purenet_sparse *x, size_t row)
    void purenet_fetch_blocks(const purenet_block *block, size_t blocks)
    void purenet_fetch_columns(const purenet_columns *kept)


cdef enum:
    ROWS_TO_LOOK_AT = 64        # to find out how many zeros there may be


cdef class Sparse:
    cdef size_t rows
    cdef size_t columns
    cdef size_t together        # so many rows are listed together, strip by strip
    cdef purenet_sparse lists   # all of them
    cdef size_t *start
    cdef uint8_t *column
    cdef double *value
    cdef purenet_block *blocks  # NULL until ``mark``
    cdef purenet_marked marked  # and all that is marked

    cdef int mark(self) except -1
    cdef double bytes_with_columns(self, size_t batches) noexcept
    cdef double bytes_of_columns(self, size_t batches) noexcept
    cdef double entries_of_row(self) noexcept
    cdef size_t most_entries(self, size_t rows) noexcept
    cdef bint suits_batches(self, size_t batch_size, bint shuffled) noexcept
    cdef size_t together_from(self, size_t row) noexcept nogil
    cdef purenet_sparse around(self, size_t row) noexcept nogil
    cdef void copy_row(self, size_t row, double *target) noexcept nogil


cdef class BatchColumns:
    cdef Sparse sparse
    cdef size_t threads
    cdef purenet_columns *kept    # of each batch, for each thread; NULL if they do not come again
    cdef purenet_store **stores   # of each thread, where its kept columns are
    cdef size_t store_size        # bytes

    cdef int keep(self, size_t batch_size) except -1
    cdef void order(self, size_t number, size_t batch, const purenet_sparse *lists, size_t first,
                    size_t last, size_t samples, const size_t *sample, double *scratch,
                    purenet_columns *ordered) noexcept nogil
    cdef void fetch(self, size_t number, size_t batch) noexcept nogil


# The rows that one thread reads, and the numbers that are not zero that it found.
cdef struct Part:
    size_t first
    size_t last
    size_t begin           # of the rows that are being listed together
    bint finite_floats     # has it found nothing else?
    bint full              # are there so few zeros that a list of the others does not pay?
    bint no_memory
    uint8_t *column
    double *value
    size_t entries
    size_t capacity
    size_t *start          # where the lists of the last rows began, before they were put together


cdef class Listing(Reading):
    cdef Sparse sparse
    cdef Part *parts
    cdef size_t *start

    cdef bint run(self) except -1
    cdef bint list_non_zeros(self, Part *part, size_t first, size_t last) noexcept nogil
    cdef bint read_strip(self, Py_ssize_t row, Py_ssize_t column, Py_ssize_t width,
                         double *numbers) noexcept nogil
    cdef bint put_together(self, Part *part, size_t first, size_t last) noexcept nogil
    cdef int join(self) except -1


cdef double zero_share_of(rows, Py_ssize_t columns)
