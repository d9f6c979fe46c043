from .buffers cimport Block
from .samples cimport Inputs
from .threads cimport Threads
from .vectors cimport Layer, purenet_columns, purenet_kernels, purenet_product, purenet_sparse

# Work is counted in multiplications.
cdef enum:
    WORK_OF_UNIT = 64             # of an activation function
    WORK_OF_ENTROPY = 256         # of one output's cross-entropy
    WORK_OF_COPY = 16             # of one number, from memory to memory
    WORK_OF_BATCH = 2000
    WORK_OF_SHUFFLE = 100000
    WORK_OF_PLACE = 300           # in the order that is shuffled

cdef size_t LARGEST_PIECE         # of work, without a glance: some 40 milliseconds, at most

# The matrix products of one layer for one worker: they stay the same from batch to batch.
cdef struct Products:
    purenet_product forward        # z of the worker's samples
    purenet_product backward       # dL/da of the layer before, of the worker's samples
    purenet_product weights        # the gradient, or the step, of the worker's rows of the weights
    purenet_product biases


cdef struct Worker:
    Products *products
    double *scratch           # working memory of the kernels
    double *step_scratch      # and of a sparse step
    size_t rows               # samples in the batch
    size_t begin              # the worker's part of them: begin <= i < end
    size_t end
    size_t first              # and what is being computed of it: first <= i < last
    size_t last
    const double *x           # the batch's inputs; NULL where only the non-zero ones are used
    const double *y           # and targets
    const size_t *sample      # the numbers of the batch's samples
    purenet_sparse lists      # where x is NULL: in which their inputs are
    purenet_columns columns   # and, where x is NULL, the worker's columns of the inputs
    bint deltas_finite        # the deltas that it has computed
    bint weights_finite       # the weights that it has changed

cdef class Engine:
    cdef Threads threads
    cdef const purenet_kernels *kernels
    cdef Layer *layers
    cdef size_t count
    cdef int loss
    cdef size_t capacity          # samples in the largest batch
    cdef size_t block             # samples between two looks for Ctrl-C
    cdef size_t work_of_sample    # on its way forward
    cdef bint by_outputs          # is the first layer shared by its outputs?
    cdef Worker *workers
    cdef Inputs inputs
    cdef list parameters          # the weights and biases whose numbers are used
    cdef list memory              # the blocks of everything else
    cdef double rate
    cdef double *losses           # one a sample
    cdef double *exponentials     # those of a cross-entropy

    cdef size_t workers_for(self, size_t threads, double samples) noexcept
    cdef int set_up(self, size_t team, size_t capacity, bint back) except -1
    cdef size_t scratch_for_products(self, size_t samples, bint back) noexcept
    cdef double *memory_for(self, size_t numbers) except NULL
    cdef int get_memory(self, bint deltas, bint every_z, bint gradients, bint pending) except -1
    cdef Layer *last(self) noexcept nogil
    cdef bint is_narrow(self) noexcept
    cdef void plan_samples(self, Worker *worker, size_t first, size_t last) noexcept nogil
    cdef void plan_outputs(self, Worker *worker, size_t number) noexcept nogil
    cdef void plan_weights(self, Worker *worker, size_t number) noexcept nogil
    cdef bint can_share_by_outputs(self) noexcept
    cdef size_t first_output(self, size_t number) noexcept nogil
    cdef void prepare(self, size_t number, size_t rows, size_t begin, size_t end, const double *x,
                      const double *y, const size_t *sample) noexcept nogil
    cdef bint next_block(self, Worker *worker) noexcept nogil
    cdef void first_outputs(self, Worker *worker, size_t number) noexcept nogil
    cdef void forward(self, Worker *worker) noexcept nogil
    cdef void backward(self, Worker *worker) noexcept nogil
    cdef void output_delta(self, Worker *worker) noexcept nogil
    cdef void first_step(self, Worker *worker, size_t number) noexcept nogil
    cdef void other_steps(self, Worker *worker, size_t number) noexcept nogil
    cdef void product(self, const purenet_product *product, size_t number,
                      Layer *layer) noexcept nogil
    cdef void in_pieces(self, const purenet_product *product, size_t number) noexcept nogil
    cdef void order_columns(self, Worker *worker, size_t number) noexcept nogil
    cdef void sparse_step_in_pieces(self, Worker *worker, size_t number) noexcept nogil
    cdef void commit(self, size_t number) noexcept nogil
    cdef void copy_to_pending(self) noexcept nogil
    cdef void measure(self, Worker *worker) noexcept nogil
    cdef bint finite(self) noexcept nogil
    cdef bint weights_finite(self, Layer *layer) noexcept nogil
