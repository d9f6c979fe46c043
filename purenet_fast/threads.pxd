from libc.stdint cimport uint64_t

cdef extern from "kernels/threads.h" nogil:
    enum:
        MOST_THREADS "PURENET_MOST_THREADS"

    ctypedef struct purenet_threads:
        unsigned long ready
        unsigned long ending
        unsigned long ended

    bint purenet_make_threads(purenet_threads *threads, size_t size)
    void purenet_free_threads(purenet_threads *threads)
    bint purenet_wait(purenet_threads *threads, size_t number)
    void purenet_stop(purenet_threads *threads)
    bint purenet_stopped(purenet_threads *threads)

# Something is shared by several threads if each has at least so much work: some microseconds, which
# is many times what it takes them to wait for each other.
cdef double LEAST_SHARE


cdef class Threads:
    cdef size_t count             # how many threads there are
    cdef purenet_threads shared   # how they wait for each other
    cdef double work              # since the last glance at the clock
    cdef uint64_t looked          # when the first thread last looked for signals
    cdef object error             # what the handler of a signal raised

    cdef size_t begin_of(self, size_t number, size_t items) noexcept nogil
    cdef bint wait(self, size_t number) noexcept nogil
    cdef void stop(self) noexcept nogil
    cdef bint stopped(self) noexcept nogil
    cdef void look(self, double work) noexcept nogil
    cdef void check_signals(self) noexcept with gil


cdef class Job:
    cdef Threads threads

    cdef void begin(self) noexcept
    cdef void work(self, size_t number) noexcept nogil
    cdef int run_in_threads(self) except -1
    cdef int run_locked(self) except -1
    cdef int start_and_wait(self, bint locked) except -1
