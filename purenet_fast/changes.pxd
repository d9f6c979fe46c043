from .optimizers cimport Rule
from .stages cimport Stage, Worker
from .threads cimport Threads
from .vectors cimport purenet_kernels, purenet_rule


# What is done to one parameter.
cdef struct Change:
    size_t rows
    size_t columns
    size_t stride             # of all four of its arrays
    double *values
    double *gradient
    double *first             # what the optimizer remembers, if it does
    double *second
    double l1
    double l2
    bint last                 # of its layer's?
    bint adds_up              # does the next gradient begin with zeros?
    purenet_rule rule         # of the next step
    void *remembered


cdef class Changes:
    cdef const purenet_kernels *kernels
    cdef Threads threads
    cdef list owned
    cdef Change *changes
    cdef size_t count
    cdef void *first_stage    # which takes the step of its weights with the gradient; or NULL
    cdef bint penalised       # do the weights add anything to the loss?
    cdef bint clips_value
    cdef bint clips_norm
    cdef double most_value
    cdef double most_norm
    cdef double coefficient   # of the gradient, where its length is clipped

    cdef int take_over(self, layers, list stages, Threads threads) except -1
    cdef int optimize_with(self, layers, optimizer, Rule rule) except -1
    cdef int use(self, int more) except -1
    cdef int clip(self, most_value, most_norm) except -1
    cdef int hand_over(self, Stage first) except -1
    cdef double penalty(self) noexcept nogil
    cdef bint ends_weights(self, size_t i) noexcept nogil
    cdef void prepare(self, double rate) noexcept nogil
    cdef void slopes(self, size_t number) noexcept nogil
    cdef void measure_norm(self) noexcept nogil
    cdef bint take(self, Worker *worker) noexcept nogil
    cdef bint go_through(self, Change *change, size_t number, bint slopes, bint step,
                         bint looks) noexcept nogil
