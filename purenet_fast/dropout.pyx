"""Dropout: the twin of layers/dropout.py, in the engine."""

from .buffers cimport Memory
from .fingerprint cimport PURENET_SOURCES
from .flatten cimport PassingStage
from .randomness cimport MaskDrawer
from .samples cimport Inputs
from .stages cimport NOTHING, Stage, Worker
from .threads cimport WORK_OF_UNIT, Threads

SOURCES = PURENET_SOURCES


cdef class DropoutStage(PassingStage):
    """In training, a layer that drops numbers; otherwise one that hands on all of them.

    Each thread draws the mask of its own samples, and passes over what is drawn for those before.
    """

    def __cinit__(self, layer, Inputs inputs):
        self.rate = layer.rate
        self.scale = 1.0 / (1.0 - self.rate)
        self.work = self.inputs * WORK_OF_UNIT

    cdef int take_place(self, network, size_t number) except -1:
        self.seed = network.seed
        self.number = number
        self.begins = True
        return 0

    cdef int follow(self, Stage before, int purpose, bint seen) except -1:
        self.drops = purpose != NOTHING and not seen
        return PassingStage.follow(self, before, purpose, seen)

    cdef int set_up(self, Threads threads, Memory memory, size_t capacity, int purpose,
                    bint keeps_z) except -1:
        PassingStage.set_up(self, threads, memory, capacity, purpose, keeps_z)
        if not self.drops:
            return 0
        self.a = memory.numbers(capacity * self.inputs)
        self.mask = memory.numbers(capacity * self.inputs)
        self.drawers = [MaskDrawer(self.seed, self.number) for _ in range(threads.count)]
        self.at = <void **> memory.zeros(threads.count, sizeof(void *))
        for number, drawer in enumerate(self.drawers):
            self.at[<size_t> number] = <void *> drawer
        return 0

    cdef void begin(self, Worker *worker) noexcept nogil:
        if self.mask != NULL:
            (<MaskDrawer> self.at[worker.number]).start(worker.epoch, worker.batch)
            (<MaskDrawer> self.at[worker.number]).skip(worker.begin * self.inputs)

    cdef void forward(self, Worker *worker) noexcept nogil:
        cdef const double *x = self.x[worker.number]
        cdef size_t first = worker.first * self.inputs
        cdef size_t last = worker.last * self.inputs
        if self.mask == NULL:
            PassingStage.forward(self, worker)
            return
        (<MaskDrawer> self.at[worker.number]).draw_mask(self.mask + first, last - first, self.rate,
                                                        self.scale)
        self.kernels.multiply(last - first, x + first, self.mask + first, self.a + first)

    cdef void activation_delta(self, Worker *worker) noexcept nogil:
        cdef size_t first = worker.first * self.inputs
        cdef size_t last = worker.last * self.inputs
        if self.mask != NULL:
            self.kernels.multiply(last - first, self.delta + first, self.mask + first,
                                  self.delta + first)
