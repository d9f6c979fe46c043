from .buffers cimport Memory
from .threads cimport Threads
from .vectors cimport Layer, purenet_kernels, purenet_product, purenet_rule, purenet_sparse

# What becomes of a batch after its way forward.
cdef enum:
    NOTHING             # there is no way back
    GRADIENT            # the gradients are kept: to look at, or for a step that comes after
    STEP                # the step is taken at once
    STEP_ASIDE          # the step is taken on a copy, so that it can be dropped


# What one thread has of a batch.
cdef struct Worker:
    size_t number             # of the thread
    double *scratch           # working memory of the kernels
    double *step_scratch      # and of a sparse step
    double rate               # the learning rate
    size_t epoch              # in the life of the network
    size_t batch              # which batch of the epoch it is
    size_t rows               # samples in the batch
    size_t begin              # the thread's part of them: begin <= i < end
    size_t end
    size_t first              # and what is being computed of it: first <= i < last
    size_t last
    bint sparse               # are the inputs listed, their zeros left out?
    const double *x           # the batch's inputs; NULL where they are listed
    purenet_sparse lists      # where they are listed
    const size_t *sample      # the numbers of the batch's samples
    const double *y           # the batch's targets
    const double *weights     # of the batch's samples; NULL if all count alike
    bint turn_ends            # does its training pause, or end, behind this batch?
    bint deltas_finite        # the first layer's deltas of the thread's samples
    bint weights_finite       # the first layer's weights that the thread has changed


cdef class Stage:
    cdef const purenet_kernels *kernels
    cdef Threads threads
    cdef readonly size_t inputs
    cdef readonly size_t outputs
    cdef double work            # of one sample on its way forward, in multiplications
    cdef double left_out        # of that, on the average, where zeros are left out
    cdef bint adds_up           # does it add its gradient to what is there, which must be zero?
    cdef bint optimizes         # does ``optimize`` take the step of the weights, not ``step``?
    cdef bint together          # does each thread compute some of the outputs, of all samples?
    cdef bint back_together     # and, on the way back, something of the stage before, of all samples?
    cdef bint begins            # does ``begin`` do anything?
    cdef double *z              # of the batch, samples by outputs; NULL if nobody needs it after a
    cdef double *a
    cdef double *delta          # NULL if there is no way back

    cdef list parameters(self)
    cdef size_t scratch(self, size_t capacity, int purpose) noexcept
    cdef size_t step_scratch(self, size_t capacity, int purpose) noexcept
    cdef int take_place(self, network, size_t number) except -1
    cdef int follow(self, Stage before, int purpose, bint seen) except -1
    cdef int set_up(self, Threads threads, Memory memory, size_t capacity, int purpose,
                    bint keeps_z) except -1
    cdef int share(self, Stage before, bint listed, int purpose) except -1
    cdef Layer *narrow(self) noexcept
    cdef void plan(self, Worker *worker, const double *x, double *d_x) noexcept nogil
    cdef void begin(self, Worker *worker) noexcept nogil
    cdef void plan_step(self, Worker *worker, const double *x, double rate) noexcept nogil
    cdef void forward_together(self, Worker *worker) noexcept nogil
    cdef void forward(self, Worker *worker) noexcept nogil
    cdef void activation_delta(self, Worker *worker) noexcept nogil
    cdef void through_time(self, Worker *worker) noexcept nogil
    cdef void backward(self, Worker *worker) noexcept nogil
    cdef void backward_together(self, Worker *worker) noexcept nogil
    cdef void step(self, Worker *worker) noexcept nogil
    cdef void begin_aside(self) noexcept nogil
    cdef void commit(self, Worker *worker) noexcept nogil
    cdef bint finite(self) noexcept nogil
    cdef object output(self, size_t rows)
    cdef list gradients(self)
    cdef object gradient(self, size_t rows)
    cdef void in_pieces(self, const purenet_product *product, Worker *worker) noexcept nogil
    # Of the first layer alone.
    cdef bint takes_lists(self) noexcept
    cdef int expect_again(self, size_t batch_size) except -1
    cdef int expect_shuffled(self, size_t batch_size) except -1
    cdef void fetch(self, Worker *worker) noexcept nogil
    cdef bint deltas_finite(self, Worker *worker) noexcept nogil
    cdef bint can_optimize(self) noexcept
    cdef bint optimize(self, Worker *worker, const purenet_rule *rule, double *first,
                       double *second) noexcept nogil
