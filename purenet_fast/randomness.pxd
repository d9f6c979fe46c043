from libc.stdint cimport uint32_t


cdef class Shuffler:
    cdef uint32_t[624] state
    cdef int used
    cdef uint32_t *key            # the epoch, then the seed, 32 bits each, the lowest first
    cdef size_t length

    cdef void seed(self) noexcept nogil
    cdef uint32_t draw(self) noexcept nogil
    cdef double random(self) noexcept nogil
    cdef void shuffle(self, size_t *order, size_t samples) noexcept nogil
