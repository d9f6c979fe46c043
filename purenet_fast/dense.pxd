from libc.stdint cimport uint8_t

from .parameters cimport Parameter
from .samples cimport Inputs
from .sparse cimport BatchColumns
from .stages cimport Stage, Worker
from .vectors cimport Layer, purenet_columns, purenet_product


# The matrix products of one thread: they stay the same from batch to batch.
cdef struct Products:
    purenet_product outputs        # z of the thread's outputs, for all samples
    purenet_product inputs         # dL/dx of some of the inputs, for all samples
    purenet_product forward        # z of the thread's samples
    purenet_product backward       # dL/dx of the thread's samples
    purenet_product weights        # the gradient, or the step, of the thread's part of the weights
    purenet_product biases         # the same of the thread's part of the biases


cdef class DenseStage(Stage):
    cdef Layer layer
    cdef Parameter weights
    cdef Parameter biases
    cdef list kept                # the gradients; None if the step is taken at once
    cdef Products *products       # of each thread
    cdef size_t unit              # so many outputs, or inputs, are not divided between threads
    cdef size_t step_parts        # so many threads take the step of the same rows of the weights
    cdef DenseStage before        # whose delta ``backward_together`` computes

    cdef bint pays_together(self, size_t columns) noexcept
    cdef size_t first_output(self, size_t number) noexcept nogil
    cdef size_t first_input(self, size_t number) noexcept nogil
    cdef void plan_part(self, Worker *worker, const double *x, double rate, size_t row, size_t rows,
                        size_t output, size_t outputs) noexcept nogil
    cdef void sums_together(self, Worker *worker) noexcept nogil
    cdef void weighted_sums(self, Worker *worker) noexcept nogil
    cdef void step_of_biases(self, Worker *worker) noexcept nogil
    cdef void product(self, const purenet_product *product, Worker *worker) noexcept nogil
    cdef bint finite_weights(self) noexcept nogil


cdef class FirstDenseStage(DenseStage):
    cdef Inputs samples
    cdef bint large               # must a step be taken in pieces?
    cdef size_t few               # samples of a batch whose entries are not put in order, or 0
    cdef BatchColumns columns     # None: the inputs are not listed, or there is no way back
    cdef purenet_columns *ordered # of each thread
    cdef uint8_t *listed          # of each thread and input: does a batch list it?

    cdef double *target_of_lists(self, Worker *worker, double *rate) noexcept nogil
    cdef void sparse_step(self, Worker *worker) noexcept nogil
    cdef void sparse_step_in_pieces(self, Worker *worker) noexcept nogil
