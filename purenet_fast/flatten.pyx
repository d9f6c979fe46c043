"""Flatten: the twin of layers/flatten.py, in the engine."""

from libc.string cimport memcpy

from .buffers cimport Memory, nested_list
from .fingerprint cimport PURENET_SOURCES
from .samples cimport Inputs
from .stages cimport Stage, Worker
from .threads cimport Threads
from .vectors cimport KERNELS

from purenet.layers import DeltaAlone

SOURCES = PURENET_SOURCES


cdef class PassingStage(Stage):
    """A layer that hands on what it takes: it has the memory of the stage before.

    Where it is the first one, and where somebody wants to see its delta, it has memory of its own.
    """

    def __cinit__(self, layer, Inputs inputs):
        self.kernels = KERNELS
        self.inputs = self.outputs = layer.inputs
        self.work = self.inputs

    cdef int follow(self, Stage before, int purpose, bint seen) except -1:
        if not seen:
            self.before = before
        return 0

    cdef int set_up(self, Threads threads, Memory memory, size_t capacity, int purpose,
                    bint keeps_z) except -1:
        if self.before is None:
            Stage.set_up(self, threads, memory, capacity, purpose, False)
        else:
            self.threads = threads
            self.a = self.before.a
            self.delta = self.before.delta
        if keeps_z:
            self.z = self.a
        self.x = <const double **> memory.zeros(threads.count, sizeof(double *))
        self.d_x = <double **> memory.zeros(threads.count, sizeof(double *))
        return 0

    cdef void plan(self, Worker *worker, const double *x, double *d_x) noexcept nogil:
        self.x[worker.number] = x
        self.d_x[worker.number] = d_x

    cdef void hand_on(self, Worker *worker, const double *numbers, double *target) noexcept nogil:
        """Copy the numbers of the thread's samples, if they are not there already."""
        cdef size_t place = worker.first * self.inputs
        if target != numbers:
            memcpy(target + place, numbers + place,
                   (worker.last - worker.first) * self.inputs * sizeof(double))

    cdef void forward(self, Worker *worker) noexcept nogil:
        self.hand_on(worker, self.x[worker.number], self.a)

    cdef void backward(self, Worker *worker) noexcept nogil:
        self.hand_on(worker, self.delta, self.d_x[worker.number])

    cdef object gradient(self, size_t rows):
        return DeltaAlone(nested_list(self.delta, rows, self.outputs))
