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
    uint64_t purenet_milliseconds()

SOURCES = PURENET_SOURCES

LEAST_SHARE = 1e5


def share_from(double work):
    """Set from how much work on threads share it; return from how much it was.

    For tests, to let threads share the smallest network.
    """
    global LEAST_SHARE
    before = LEAST_SHARE
    LEAST_SHARE = work
    return before


# Ctrl-C is to be answered within a tenth of a second.  Work is counted in multiplications, and
# everything else as about as many as take the same time.  Now and then the clock is read, which
# costs nothing; but only after some time somebody looks for signals, because that needs Python's
# lock, for which a thread that runs Python code lets others wait for some milliseconds.
cdef double WORK_BETWEEN_GLANCES = 2e6    # at the clock: a millisecond, at most
cdef uint64_t TIME_BETWEEN_LOOKS = 30     # milliseconds
cdef double WORK_OF_WAITING = 2000        # for the others to end


cdef class Threads:
    """Some threads that work together."""

    def __cinit__(self, size_t count):
        self.count = count
        if not purenet_make_threads(&self.shared, count):
            raise MemoryError()

    def __dealloc__(self):
        purenet_free_threads(&self.shared)

    cdef size_t begin_of(self, size_t number, size_t items) noexcept nogil:
        """Return where a thread's part of so many things begins, and the one before's ends."""
        if number == 0:
            return 0
        if number == self.count:
            return items
        return items * number // self.count

    cdef bint wait(self, size_t number) noexcept nogil:
        """Wait until all threads have come here; return whether all must stop now."""
        return purenet_wait(&self.shared, number)

    cdef void stop(self) noexcept nogil:
        """Ask all to stop at the next wait, and to break off what can be broken off."""
        purenet_stop(&self.shared)

    cdef bint stopped(self) noexcept nogil:
        """Return whether somebody has asked to stop."""
        return purenet_stopped(&self.shared)

    # Ctrl-C and other signals.  Only the first thread, the caller's, looks for them.

    cdef void look(self, double work) noexcept nogil:
        """After so much work, look now and then if the user wants to stop."""
        self.work += work
        if self.work >= WORK_BETWEEN_GLANCES:
            self.work = 0.0
            if purenet_milliseconds() - self.looked >= TIME_BETWEEN_LOOKS:
                self.check_signals()
                self.looked = purenet_milliseconds()

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
