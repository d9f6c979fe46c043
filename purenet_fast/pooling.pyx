"""Pooling: the twin of layers/pooling.py, in the engine."""

from libc.stdint cimport uint64_t
from libc.string cimport memcpy, memset

from .buffers cimport Memory, nested_list
from .fingerprint cimport PURENET_SOURCES
from .images cimport ImageStage, lay_out
from .samples cimport Inputs
from .stages cimport NOTHING, Worker
from .threads cimport Threads

from purenet.layers import DeltaAlone

SOURCES = PURENET_SOURCES


cdef class PoolStage(ImageStage):
    """What both kinds of pooling have in common."""

    def __cinit__(self, layer, Inputs inputs):
        self.layer = layer
        height, width = layer.size
        self.work = <double> self.outputs * height * width

    cdef size_t scratch(self, size_t capacity, int purpose) noexcept:
        # One image that comes in and one that goes out.
        return (self.height * self.width + self.rows * self.columns) * self.depth

    cdef int set_up(self, Threads threads, Memory memory, size_t capacity, int purpose,
                    bint keeps_z) except -1:
        self.threads = threads
        self.set_up_images(memory, capacity, purpose, keeps_z)
        lay_out(&self.windows, memory, self.layer, 1, self.depth, self.width * self.depth,
                self.depth, 0)
        self.images = <Images *> memory.zeros(threads.count, sizeof(Images))
        return 0

    cdef void pool(self, const double *image, size_t sample, double *a) noexcept nogil:
        """Pool the image of a sample."""

    cdef void unpool(self, const double *delta, size_t sample, double *image) noexcept nogil:
        """Add the deltas of a sample to the places that they come from, where zeros stand."""

    cdef void plan(self, Worker *worker, const double *x, double *d_x) noexcept nogil:
        self.images[worker.number].x = x
        self.images[worker.number].d_x = d_x

    cdef void forward(self, Worker *worker) noexcept nogil:
        cdef size_t pixels = self.height * self.width
        cdef size_t places = self.rows * self.columns
        cdef double *scratch = worker.scratch + places * self.depth
        cdef const double *image
        cdef double *a
        cdef size_t i
        for i in range(worker.first, worker.last):
            image = self.images[worker.number].x + i * self.in_row
            a = self.a + i * self.out_row
            if not self.takes_pixels:
                self.kernels.to_pixels(self.channels, pixels, image, pixels, self.depth, scratch)
                image = scratch
            if self.gives_pixels:
                self.pool(image, i, a)
                continue
            self.pool(image, i, worker.scratch)
            self.kernels.from_pixels(self.channels, places, worker.scratch, self.depth, a, places)
        if self.z != NULL:
            i = worker.first * self.outputs
            memcpy(self.z + i, self.a + i,
                   (worker.last - worker.first) * self.outputs * sizeof(double))

    cdef void backward(self, Worker *worker) noexcept nogil:
        cdef size_t pixels = self.height * self.width
        cdef size_t places = self.rows * self.columns
        cdef double *image = worker.scratch + places * self.depth
        cdef double *d_x
        cdef const double *delta
        cdef size_t i
        for i in range(worker.first, worker.last):
            delta = self.delta + i * self.out_row
            d_x = self.images[worker.number].d_x + i * self.in_row
            if not self.gives_pixels:
                self.kernels.to_pixels(self.channels, places, delta, places, self.depth,
                                       worker.scratch)
                delta = worker.scratch
            if self.takes_pixels:
                memset(d_x, 0, pixels * self.depth * sizeof(double))
                self.unpool(delta, i, d_x)
                continue
            memset(image, 0, pixels * self.depth * sizeof(double))
            self.unpool(delta, i, image)
            self.kernels.from_pixels(self.channels, pixels, image, self.depth, d_x, pixels)

    cdef object gradient(self, size_t rows):
        return DeltaAlone(nested_list(self.delta, rows, self.outputs))


cdef class MaxPoolStage(PoolStage):
    """Max pooling: remembers the winners until the deltas come back."""

    cdef int set_up(self, Threads threads, Memory memory, size_t capacity, int purpose,
                    bint keeps_z) except -1:
        PoolStage.set_up(self, threads, memory, capacity, purpose, keeps_z)
        if purpose != NOTHING:
            self.winners = <uint64_t *> memory.zeros(
                capacity * self.rows * self.columns * self.depth, sizeof(uint64_t))
        return 0

    cdef void pool(self, const double *image, size_t sample, double *a) noexcept nogil:
        cdef uint64_t *winners = self.winners
        if winners != NULL:
            winners += sample * self.rows * self.columns * self.depth
        self.kernels.pool_largest(&self.windows, image, a, winners)

    cdef void unpool(self, const double *delta, size_t sample, double *image) noexcept nogil:
        self.kernels.unpool_largest(
            &self.windows, delta, self.winners + sample * self.rows * self.columns * self.depth,
            image)


cdef class AveragePoolStage(PoolStage):
    """Average pooling."""

    cdef void pool(self, const double *image, size_t sample, double *a) noexcept nogil:
        self.kernels.pool_average(&self.windows, image, a)

    cdef void unpool(self, const double *delta, size_t sample, double *image) noexcept nogil:
        self.kernels.unpool_average(&self.windows, delta, image)
