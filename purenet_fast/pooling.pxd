from libc.stdint cimport uint64_t

from .convolution cimport ConvolutionStage
from .images cimport ImageStage
from .stages cimport Worker
from .vectors cimport purenet_windows


# The images of one thread.
cdef struct Images:
    const double *x               # of the batch
    double *d_x


cdef class PoolStage(ImageStage):
    cdef object layer
    cdef purenet_windows windows
    cdef Images *images           # of each thread

    cdef const double *image_of(self, Worker *worker, size_t sample) noexcept nogil
    cdef double *target_of(self, Worker *worker, size_t sample) noexcept nogil
    cdef void hand_back(self, Worker *worker, size_t sample, double *image) noexcept nogil
    cdef void pool(self, const double *image, size_t sample, double *a) noexcept nogil
    cdef void unpool(self, const double *delta, size_t sample, double *image) noexcept nogil


cdef class MaxPoolStage(PoolStage):
    cdef uint64_t *winners        # of the batch: which number of each window; NULL without way back
    cdef ConvolutionStage convolution   # the stage before, if its images are pooled at once
    cdef double *largest          # of the batch, pixel by pixel; NULL if they stand in a


cdef class AveragePoolStage(PoolStage):
    pass
