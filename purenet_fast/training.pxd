from .engine cimport Engine, Worker
from .randomness cimport Shuffler
from .buffers cimport purenet_store
from .samples cimport Samples
from .threads cimport Job
from .vectors cimport purenet_columns


cdef class Training(Job):
    cdef Engine engine
    cdef Samples samples
    cdef size_t epochs            # in one go
    cdef size_t batch_size
    cdef Shuffler shuffler        # None: the samples keep their order
    cdef size_t *order
    cdef double *x                # a batch's inputs and targets, where they must be gathered
    cdef double *y
    cdef bint *sparse             # for each thread: may zero inputs still be left out?
    cdef purenet_columns *kept    # of each batch, for each thread; or NULL
    cdef purenet_store **stores   # of each thread, where its kept columns are
    cdef size_t store_size        # bytes
    cdef bint large               # are the steps taken on the side?
    cdef bint narrow              # is the network narrow, and one thread trains it?
    cdef size_t finished          # epochs of this go
    cdef double *totals           # their losses
    cdef size_t *corrects         # and their numbers of right answers

    cdef size_t batches(self) noexcept
    cdef int enter(self, list losses, list accuracies) except -1
    cdef bint narrow_batch(self, size_t epoch, size_t start, size_t rows) noexcept nogil
    cdef void add_up(self, Worker *worker, size_t epoch, size_t rows) noexcept nogil
    cdef bint batch(self, size_t number, size_t epoch, size_t start, size_t rows) noexcept nogil
    cdef void order_columns(self, Worker *worker, size_t number, size_t batch) noexcept nogil
    cdef void fetch_columns(self, size_t number, size_t batch) noexcept nogil
    cdef void gather(self, size_t number, size_t start, size_t rows, bint sparse) noexcept nogil
