from .buffers cimport Memory
from .parameters cimport Parameter
from .stages cimport Stage, Worker
from .vectors cimport purenet_product


# What one thread is to do with a batch.
cdef struct Plan:
    const double *x               # the layer's inputs, of the whole batch
    double *d_x                   # NULL: nobody needs dL/dx
    double rate
    double *stacked               # the weights and, below them, the recurrent weights
    double *turned                # the recurrent weights, rows and columns exchanged


cdef class RecurrentStage(Stage):
    cdef int activation
    cdef int finish               # of the products of a step or gradient
    cdef Memory memory            # of a stage by itself
    cdef bint sequences
    cdef size_t steps
    cdef size_t features
    cdef size_t units
    cdef size_t width             # of a row of `joined`
    cdef size_t stride            # from one row of the weights to the next
    cdef size_t capacity          # samples
    cdef Parameter weights
    cdef Parameter recurrent_weights
    cdef Parameter biases
    cdef Plan *plans              # of each thread
    cdef double *joined           # a step's inputs and the state it begins with: samples, then steps
    cdef double *states           # after each step: steps, then samples
    cdef double *carried          # the error that comes from the next step, of one step
    cdef double *deltas           # of each step: samples, then steps
    cdef list aside               # where a step or gradient goes; None if it changes the parameters
    cdef double *targets[3]       # the same, or the parameters: weights, recurrent weights, biases

    cdef void join(self, Worker *worker) noexcept nogil
    cdef void take_steps(self, Worker *worker) noexcept nogil
    cdef void step_of_rows(self, Worker *worker, const double *a, size_t a_row, size_t a_term,
                           size_t rows, double *target) noexcept nogil
