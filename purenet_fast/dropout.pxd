from .flatten cimport PassingStage


cdef class DropoutStage(PassingStage):
    cdef bint drops               # is it in training?
    cdef double rate
    cdef double scale
    cdef double *mask             # of the batch; NULL where nothing is dropped
    cdef object seed
    cdef size_t number            # of the layer
    cdef list drawers             # one a thread
    cdef void **at                # and where they are
