"""Threads that share work: they start, wait for each other, and stop.

The caller's thread is number 0 and works like the others.  The work is a ``Job``; a job that cannot
share anything has one thread, the caller's, and none of this costs it anything.
"""

from _thread import start_new_thread

from libc.stdint cimport uint64_t

from cpython.exc cimport PyErr_CheckSignals

from .fingerprint cimport PURENET_SOURCES

cdef extern from "kernels/threads.h" nogil:
    enum:
        PURENET_NOT_YET, PURENET_STARTED, PURENET_CANCELLED

    void purenet_start(purenet_threads *threads, int state)
    bint purenet_wait_for_start(purenet_threads *threads, size_t number)
    void purenet_wait_until_ready(purenet_threads *threads, unsigned long count)
    void purenet_end(purenet_threads *threads)
    bint purenet_wait_for_end(purenet_threads *threads, unsigned long count)

SOURCES = PURENET_SOURCES

LEAST_SHARE = 5e5
LARGEST_PIECE = 100000000


def share_from(double work):
    """Set from how much work on threads share it; return from how much it was.

    For tests, to let threads share the smallest network.
    """
    global LEAST_SHARE
    before = LEAST_SHARE
    LEAST_SHARE = work
    return before


def limit_pieces(size_t work):
    """Set how much may be done without a look for Ctrl-C; return how much it was.

    For tests, which would wait long for a network whose batches are taken in pieces otherwise.
    """
    global LARGEST_PIECE
    before = LARGEST_PIECE
    LARGEST_PIECE = work
    return before


cdef uint64_t TIME_BETWEEN_LOOKS = 30000000   # nanoseconds
cdef double WORK_OF_WAITING = 2000            # for the others to end


cdef class Threads:
    """Some threads that work together."""

    def __cinit__(self, size_t count):
        self.count = count
        if not purenet_make_threads(&self.shared, count):
            raise MemoryError()

    def __dealloc__(self):
        purenet_free_threads(&self.shared)

    cdef void glance(self) noexcept nogil:
        """Look at the clock, and perhaps for signals."""
        self.work = 0.0
        if purenet_nanoseconds() - self.looked >= TIME_BETWEEN_LOOKS:
            self.check_signals()
            self.looked = purenet_nanoseconds()

    cdef void check_signals(self) noexcept with gil:
        try:
            PyErr_CheckSignals()
        except BaseException as error:
            self.error = error
            self.stop()


cdef class Job:
    """Work that threads share."""

    cdef void begin(self) noexcept:
        """Do what must be done with Python's lock, when all threads are there."""

    cdef void work(self, size_t number) noexcept nogil:
        """Do the part of one thread."""

    cdef int run_in_threads(self) except -1:
        """Do the work in all threads, without Python's lock: others may run Python meanwhile."""
        return self.start_and_wait(False)

    cdef int run_locked(self) except -1:
        """Do the work in all threads while this one has Python's lock.

        For work that only reads Python objects: nobody changes or deletes them meanwhile.  The work
        must end with all waiting for each other.
        """
        return self.start_and_wait(True)

    cdef int start_and_wait(self, bint locked) except -1:
        # Nothing here can be interrupted: Ctrl-C is seen only by ``Threads.look``.  So no thread
        # ever waits for one that does not come, and when this returns no other uses the job.
        cdef purenet_threads *shared = &self.threads.shared
        cdef size_t number
        cdef size_t started = 0
        cdef Thread thread
        if self.threads.count > 1:
            shared.ready = shared.ending = shared.ended = 0
            purenet_start(shared, PURENET_NOT_YET)
        try:
            for number in range(1, self.threads.count):
                thread = Thread.__new__(Thread)
                thread.job = self
                thread.number = number
                start_new_thread(thread, ())
                started += 1
        finally:
            thread = None
            if started + 1 == self.threads.count:
                if locked:
                    with nogil:
                        purenet_wait_until_ready(shared, started)
                self.begin()
                purenet_start(shared, PURENET_STARTED)
                if locked:
                    self.work(0)
                else:
                    with nogil:
                        self.work(0)
            else:
                purenet_start(shared, PURENET_CANCELLED)
            with nogil:
                while not purenet_wait_for_end(shared, started):
                    self.threads.look(WORK_OF_WAITING)
        return 0


cdef class Thread:
    """What a thread of its own does for a job."""

    cdef Job job
    cdef size_t number

    def __call__(self):
        # Not threading.Thread, whose start and join Ctrl-C can break off half done.
        cdef purenet_threads *shared = &self.job.threads.shared
        with nogil:
            if purenet_wait_for_start(shared, self.number):
                self.job.work(self.number)
        # The thread itself may end later; what the job holds must not wait for that.
        self.job = None
        purenet_end(shared)
