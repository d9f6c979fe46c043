from libc.stdint cimport uint64_t

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

    cdef void pool(self, const double *image, size_t sample, double *a) noexcept nogil
    cdef void unpool(self, const double *delta, size_t sample, double *image) noexcept nogil


cdef class MaxPoolStage(PoolStage):
    cdef uint64_t *winners        # of the batch: which number of each window; NULL without way back


cdef class AveragePoolStage(PoolStage):
    pass
