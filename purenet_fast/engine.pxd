cimport cython

from .buffers cimport Block, Memory
from .losses cimport c_output_gradient, c_sample_losses, c_weigh, is_cross_entropy
from .samples cimport Inputs
from .stages cimport Stage, Worker
from .threads cimport Threads
from .vectors cimport purenet_kernels, purenet_run


@cython.final
cdef class Engine:
    cdef const purenet_kernels *kernels
    cdef Threads threads
    cdef Worker *workers          # one a thread
    cdef Memory memory
    cdef Inputs inputs
    cdef list owned               # the stages
    cdef void **stages            # and where they are
    cdef size_t count
    cdef bint together            # do threads share any of them otherwise than by samples?
    cdef bint begins              # does any of them have something to do before a batch?
    cdef Stage first
    cdef Stage last
    cdef list parameters          # the weights and biases whose numbers are used
    cdef int loss
    cdef double work_of_sample    # on its way forward
    cdef size_t block             # samples between two looks for Ctrl-C
    cdef double rate
    cdef double *losses           # one a sample
    cdef double *exponentials     # of a cross-entropy

    cdef size_t threads_for(self, size_t threads, double samples) noexcept
    cdef int set_up(self, size_t threads, size_t capacity, int purpose, bint keeps_every_z) except -1
    cdef int share(self, bint listed, int purpose) except -1
    cdef const purenet_kernels *set_up_narrow(self, purenet_run *run) except? NULL
    cdef void prepare(self, Worker *worker, size_t rows, size_t begin, size_t end, const double *x,
                      const double *y, const size_t *sample) noexcept nogil
    cdef void plan(self, Worker *worker, size_t first, size_t last) noexcept nogil
    cdef bint next_block(self, Worker *worker) noexcept nogil
    cdef void forward(self, Worker *worker) noexcept nogil
    cdef void backward(self, Worker *worker) noexcept nogil
    cdef bint forward_together(self, Worker *worker, bint gathered) noexcept nogil
    cdef bint backward_together(self, Worker *worker) noexcept nogil
    cdef void step(self, Worker *worker) noexcept nogil
    cdef void begin_aside(self) noexcept nogil
    cdef void commit(self, Worker *worker) noexcept nogil
    cdef bint finite(self) noexcept nogil

    # The short ones, which a small network would feel.

    cdef inline void measure(self, Worker *worker) noexcept nogil:
        """Compute the losses of the block's samples."""
        cdef size_t place = worker.first * self.last.outputs
        c_sample_losses(
            self.loss,
            NULL if self.last.z == NULL else self.last.z + place, self.last.a + place,
            worker.y + place, NULL if self.exponentials == NULL else self.exponentials + place,
            self.losses + worker.first, worker.last - worker.first, self.last.outputs)
        if worker.weights != NULL:
            c_weigh(worker.weights + worker.first, self.losses + worker.first,
                    worker.last - worker.first, 1)

    cdef inline void output_delta(self, Worker *worker) noexcept nogil:
        """Compute delta of the last layer for the block."""
        cdef size_t place = worker.first * self.last.outputs
        c_output_gradient(self.kernels, self.loss, worker.rows, self.last.a + place,
                          worker.y + place, self.last.delta + place,
                          worker.last - worker.first, self.last.outputs)
        if worker.weights != NULL:
            c_weigh(worker.weights + worker.first, self.last.delta + place,
                    worker.last - worker.first, self.last.outputs)
        if not is_cross_entropy(self.loss):
            self.last.activation_delta(worker)
