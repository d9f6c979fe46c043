cimport cython
from libc.stdint cimport uint64_t

cdef extern from "kernels/threads.h" nogil:
    enum:
        MOST_THREADS "PURENET_MOST_THREADS"

    ctypedef struct purenet_threads:
        unsigned long ready
        unsigned long ending
        unsigned long ended
        uint64_t asleep

    bint purenet_make_threads(purenet_threads *threads, size_t size)
    void purenet_free_threads(purenet_threads *threads)
    bint purenet_wait(purenet_threads *threads, size_t number)
    void purenet_stop(purenet_threads *threads)
    bint purenet_stopped(purenet_threads *threads)
    uint64_t purenet_nanoseconds()

# Work is counted in multiplications.
cdef enum:
    WORK_OF_UNIT = 64             # of an activation function
    WORK_OF_ENTROPY = 256         # of one output's cross-entropy
    WORK_OF_PACKING = 8           # of one number that many threads need in another order
    WORK_OF_WAITS = 40000         # for each other, before and behind what they share otherwise
    WORK_OF_COPY = 16             # of one number, from memory to memory
    WORK_OF_BATCH = 2000
    WORK_OF_SHUFFLE = 100000
    WORK_OF_PLACE = 300           # in the order that is shuffled

cdef size_t LARGEST_PIECE         # without a look for Ctrl-C: some 40 milliseconds, at most

# Something is shared by several threads if each has at least so much work: some microseconds, which
# is many times what it takes them to wait for each other.
cdef double LEAST_SHARE


# Ctrl-C is to be answered within a tenth of a second.  Now and then the clock is read, which costs
# nothing; but only after some time somebody looks for signals, because that needs Python's lock, for
# which a thread that runs Python code lets others wait for some milliseconds.
cdef enum:
    WORK_BETWEEN_GLANCES = 2000000    # at the clock: a millisecond, at most


@cython.final
cdef class Threads:
    cdef size_t count             # how many threads there are
    cdef purenet_threads shared   # how they wait for each other
    cdef double work              # since the last glance at the clock
    cdef uint64_t looked          # when the first thread last looked for signals
    cdef object error             # what the handler of a signal raised

    cdef inline size_t begin_of(self, size_t number, size_t items) noexcept nogil:
        """Return where a thread's part of so many things begins, and the one before's ends."""
        if number == 0:
            return 0
        if number == self.count:
            return items
        return items * number // self.count

    cdef inline size_t begin_of_units(self, size_t number, size_t items, size_t unit) noexcept nogil:
        """Return the same where every part but the last has whole units."""
        if number == self.count:
            return items
        return self.begin_of(number, (items + unit - 1) // unit) * unit

    cdef inline bint wait(self, size_t number) noexcept nogil:
        """Wait until all threads have come here; return whether all must stop now."""
        return purenet_wait(&self.shared, number)

    cdef inline void stop(self) noexcept nogil:
        """Ask all to stop at the next wait, and to break off what can be broken off."""
        purenet_stop(&self.shared)

    cdef inline bint stopped(self) noexcept nogil:
        """Return whether somebody has asked to stop."""
        return purenet_stopped(&self.shared)

    # Ctrl-C and other signals.  Only the first thread, the caller's, looks for them.

    cdef inline void look(self, double work) noexcept nogil:
        """After so much work, look now and then if the user wants to stop."""
        self.work += work
        if self.work >= WORK_BETWEEN_GLANCES:
            self.glance()

    cdef void glance(self) noexcept nogil
    cdef void check_signals(self) noexcept with gil


cdef class Job:
    cdef Threads threads

    cdef void begin(self) noexcept
    cdef void work(self, size_t number) noexcept nogil
    cdef int run_in_threads(self) except -1
    cdef int run_locked(self) except -1
    cdef int start_and_wait(self, bint locked) except -1
