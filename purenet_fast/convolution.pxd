from .buffers cimport Memory
from .images cimport ImageStage
from .parameters cimport Parameter
from .stages cimport Worker
from .vectors cimport purenet_windows


# What one thread has of a convolution.
cdef struct Part:
    const double *x               # the inputs of the batch
    double *d_x                   # where dL/dx goes; NULL if nobody needs it
    double rate
    double *weights               # a row of filters for each term
    double *biases
    double *back_weights          # for each filter and place of the window a pixel of channels
    bint finite                   # are the weights finite?
    size_t first                  # the thread's part of the step: some bands, or some filters
    size_t last
    double *pixels                # room for deltas of one image, pixel by pixel
    double *image                 # and for what they make of it, with its zeros
    size_t *place                 # and for a list of deltas
    double *value
    double *deltas                # and for deltas with zeros around them


cdef class ConvolutionStage(ImageStage):
    cdef object layer
    cdef Parameter weights
    cdef Parameter biases
    cdef Parameter weights_gradient
    cdef Parameter biases_gradient
    cdef int activation
    cdef int purpose
    cdef size_t window_height
    cdef size_t window_width
    cdef size_t bands             # rows of windows: of the weights of a filter
    cdef bint is_padded           # are there zeros around the images?
    cdef size_t top
    cdef size_t left
    cdef size_t padded_height
    cdef size_t padded_width
    cdef size_t padded_row        # numbers from one image with its zeros to the next
    cdef double *padded           # all images of the batch; NULL without zeros
    cdef purenet_windows windows  # on the images
    cdef purenet_windows spread   # on those that are made of deltas, pixel by pixel
    cdef Part *parts              # of each thread
    cdef double *sums             # the gradient, in the order of the kernels
    cdef double *totals           # of the deltas
    cdef bint by_filter           # is it computed filter by filter?
    cdef bint *images_finite      # then, of each image of the batch: is it finite?
    cdef bint is_pooled           # does the stage behind call ``convolve``, and give dL/dz?
    cdef bint is_sparse           # are most deltas zero?
    cdef bint gathers             # does a pixel gather its deltas on the way back?
    cdef purenet_windows gather   # then, on the deltas with their zeros
    cdef size_t deltas_row
    cdef bint at_once             # does it call ``take_delta``, so that no delta is kept?

    cdef void pad_all(self, Worker *worker) noexcept nogil
    cdef void pad(self, const double *image, double *target) noexcept nogil
    cdef void pack(self, Part *part) noexcept nogil
    cdef const double *image_of(self, Part *part, size_t sample) noexcept nogil
    cdef const double *delta_of(self, size_t sample, double *scratch) noexcept nogil
    cdef void convolve(self, Worker *worker, size_t sample, double *a) noexcept nogil
    cdef int lay_out_deltas(self, Memory memory) except -1
    cdef void back_by_pixel(self, Part *part, const double *delta, double *d_x) noexcept nogil
    cdef void back(self, Part *part, size_t sample, const double *delta) noexcept nogil
    cdef void take_delta(self, Worker *worker, size_t sample, const double *delta) noexcept nogil
    cdef void begin_sums(self, Part *part, bint with_totals) noexcept nogil
    cdef void add_up(self, Part *part, size_t sample, const double *delta,
                     bint with_totals) noexcept nogil
    cdef void write_gradient(self, Part *part, bint with_biases) noexcept nogil
    cdef void descend(self, Part *part, bint with_biases) noexcept nogil
