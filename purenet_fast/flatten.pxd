from .stages cimport Stage, Worker


cdef class PassingStage(Stage):
    cdef Stage before             # whose memory this one has as its own; None if it has its own
    cdef const double **x         # the inputs of the batch, of each thread
    cdef double **d_x

    cdef void hand_on(self, Worker *worker, const double *numbers, double *target) noexcept nogil
