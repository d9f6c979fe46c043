from libc.stdint cimport uint32_t

from .vectors cimport purenet_kernels


cdef class Twister:
    cdef uint32_t[624] state
    cdef int used
    cdef uint32_t *key            # a whole number, 32 bits each, the lowest first
    cdef size_t length

    cdef int take_key(self, number) except -1
    cdef void seed(self) noexcept nogil
    cdef void twist(self) noexcept nogil
    cdef uint32_t draw(self) noexcept nogil
    cdef double random(self) noexcept nogil
    cdef void skip(self, size_t count) noexcept nogil


cdef class Shuffler(Twister):
    cdef const purenet_kernels *kernels
    cdef uint32_t *seeded         # the generators of some epochs
    cdef size_t taken             # so many of them have been used

    cdef void shuffle(self, size_t *order, size_t samples) noexcept nogil


cdef class MaskDrawer(Twister):
    cdef size_t seed_length
    cdef uint32_t layer

    cdef void start(self, size_t epoch, size_t batch) noexcept nogil
    cdef void draw_mask(self, double *mask, size_t count, double rate, double scale) noexcept nogil
