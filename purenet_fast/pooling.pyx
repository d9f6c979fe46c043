"""Pooling: the twin of layers/pooling.py, in the engine."""

from libc.stdint cimport uint64_t
from libc.string cimport memcpy, memset

from .buffers cimport Memory, nested_list
from .fingerprint cimport PURENET_SOURCES
from .convolution cimport ConvolutionStage
from .images cimport ImageStage, lay_out
from .samples cimport Inputs
from .stages cimport NOTHING, Stage, Worker
from .threads cimport Threads
from .vectors cimport PURENET_LEAKY_RELU, PURENET_LINEAR, PURENET_RELU

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

    cdef const double *image_of(self, Worker *worker, size_t sample) noexcept nogil:
        """Return the image of a sample, pixel by pixel."""
        cdef size_t pixels = self.height * self.width
        cdef const double *image = self.images[worker.number].x + sample * self.in_row
        cdef double *scratch = worker.scratch + self.rows * self.columns * self.depth
        if self.takes_pixels:
            return image
        self.kernels.to_pixels(self.channels, pixels, image, pixels, self.depth, scratch)
        return scratch

    cdef void pool(self, const double *image, size_t sample, double *a) noexcept nogil:
        """Pool the image of a sample."""

    cdef void unpool(self, const double *delta, size_t sample, double *image) noexcept nogil:
        """Give the deltas of a sample to the places that they come from, all others zeros."""

    cdef void plan(self, Worker *worker, const double *x, double *d_x) noexcept nogil:
        self.images[worker.number].x = x
        self.images[worker.number].d_x = d_x

    cdef void forward(self, Worker *worker) noexcept nogil:
        cdef size_t places = self.rows * self.columns
        cdef const double *image
        cdef double *a
        cdef size_t i
        for i in range(worker.first, worker.last):
            image = self.image_of(worker, i)
            a = self.a + i * self.out_row
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
        cdef size_t places = self.rows * self.columns
        cdef double *image
        cdef const double *delta
        cdef size_t i
        for i in range(worker.first, worker.last):
            delta = self.delta + i * self.out_row
            if not self.gives_pixels:
                self.kernels.to_pixels(self.channels, places, delta, places, self.depth,
                                       worker.scratch)
                delta = worker.scratch
            image = self.target_of(worker, i)
            self.unpool(delta, i, image)
            self.hand_back(worker, i, image)

    cdef double *target_of(self, Worker *worker, size_t sample) noexcept nogil:
        """Return where dL/dx of a sample goes, pixel by pixel."""
        if self.takes_pixels:
            return self.images[worker.number].d_x + sample * self.in_row
        return worker.scratch + self.rows * self.columns * self.depth

    cdef void hand_back(self, Worker *worker, size_t sample, double *image) noexcept nogil:
        """Give the stage before what it takes."""
        cdef size_t pixels = self.height * self.width
        if not self.takes_pixels:
            self.kernels.from_pixels(
                self.channels, pixels, image, self.depth,
                self.images[worker.number].d_x + sample * self.in_row, pixels)

    cdef object gradient(self, size_t rows):
        return DeltaAlone(nested_list(self.delta, rows, self.outputs))


cdef class MaxPoolStage(PoolStage):
    """Max pooling: remembers the winners until the deltas come back.

    Where a convolution stands before, and an activation whose slope can be told from the winner,
    each image is pooled as soon as it is there, and kept nowhere.  On the way back, only winners
    have a delta; so the slope is needed of them alone.
    """

    cdef int follow(self, Stage before, int purpose, bint seen) except -1:
        height, width = self.layer.size
        down, across = self.layer.stride
        PoolStage.follow(self, before, purpose, seen)
        if self.takes_pixels and isinstance(before, ConvolutionStage):
            (<ConvolutionStage> before).is_sparse = True
            if down >= height and across >= width:
                if (<ConvolutionStage> before).activation in (
                        PURENET_LINEAR, PURENET_RELU, PURENET_LEAKY_RELU):
                    self.convolution = before
                    self.convolution.is_pooled = True
        return 0

    cdef int set_up(self, Threads threads, Memory memory, size_t capacity, int purpose,
                    bint keeps_z) except -1:
        cdef size_t numbers = capacity * self.rows * self.columns * self.depth
        PoolStage.set_up(self, threads, memory, capacity, purpose, keeps_z)
        if purpose != NOTHING:
            self.winners = <uint64_t *> memory.zeros(numbers, sizeof(uint64_t))
            if self.convolution is not None and not self.gives_pixels:
                self.largest = memory.numbers(numbers)
        return 0

    cdef const double *image_of(self, Worker *worker, size_t sample) noexcept nogil:
        cdef double *scratch = worker.scratch + self.rows * self.columns * self.depth
        if self.convolution is None:
            return PoolStage.image_of(self, worker, sample)
        self.convolution.convolve(worker, sample, scratch)
        return scratch

    cdef void pool(self, const double *image, size_t sample, double *a) noexcept nogil:
        cdef size_t place = sample * self.rows * self.columns * self.depth
        self.kernels.pool_largest(&self.windows, image, a,
                                  NULL if self.winners == NULL else self.winners + place)
        if self.largest != NULL:
            memcpy(self.largest + place, a, self.rows * self.columns * self.depth * sizeof(double))

    cdef double *target_of(self, Worker *worker, size_t sample) noexcept nogil:
        if self.convolution is not None and self.convolution.at_once:
            return self.convolution.parts[worker.number].pixels
        return PoolStage.target_of(self, worker, sample)

    cdef void hand_back(self, Worker *worker, size_t sample, double *image) noexcept nogil:
        if self.convolution is not None and self.convolution.at_once:
            self.convolution.take_delta(worker, sample, image)
        else:
            PoolStage.hand_back(self, worker, sample, image)

    cdef void unpool(self, const double *delta, size_t sample, double *image) noexcept nogil:
        cdef size_t place = sample * self.rows * self.columns * self.depth
        if self.convolution is None:
            memset(image, 0, self.height * self.width * self.depth * sizeof(double))
            self.kernels.unpool_largest(&self.windows, delta, self.winners + place, image)
        else:
            # Between and behind the windows there are zeros, and stay so.
            self.kernels.unpool_apart(
                &self.windows, delta, self.winners + place, self.convolution.activation,
                (self.a if self.largest == NULL else self.largest) + place, image)


cdef class AveragePoolStage(PoolStage):
    """Average pooling."""

    cdef void pool(self, const double *image, size_t sample, double *a) noexcept nogil:
        self.kernels.pool_average(&self.windows, image, a)

    cdef void unpool(self, const double *delta, size_t sample, double *image) noexcept nogil:
        memset(image, 0, self.height * self.width * self.depth * sizeof(double))
        self.kernels.unpool_average(&self.windows, delta, image)
