"""What a layer can do for the engine: the contract of compiled layers.

A ``Stage`` has a layer's numbers for one run of the engine.  The engine goes through its stages as
through a table: it calls what is declared here, and knows of no layer which it is.  Whoever adds a
layer derives a class from ``Stage`` and enters it with ``enter``.

Everything that computes is called in several threads, each with a ``Worker`` of its own: a part of
the samples on the way forward and back, a part of the parameters in the step.  Each element of each
matrix is computed by one thread, which adds up its sum alone; so the number of threads changes no
bit.
"""

from .buffers cimport Memory, nested_list
from .fingerprint cimport PURENET_SOURCES
from .threads cimport LARGEST_PIECE, Threads
from .vectors cimport Layer, purenet_product, purenet_rule

from purenet.layers import LayerOutput

SOURCES = PURENET_SOURCES

# The compiled layers: for each class of layers the stages that run it, as the first layer, which
# reads the samples, and behind others.  They are made as ``Stage(layer, inputs)``; ``inputs`` are
# those of the run for a first layer, and None for others.
STAGES = {}

# The methods that a stage stands for.  Where somebody has put another in the place of one of them,
# in a derived class, in the class itself or on an object, that one has to run.
cdef tuple LOOPS = (
    "feedforward", "feedforward_in_training", "delta", "through_time", "gradient",
    "input_gradient", "penalty", "step",
)
cdef dict OWN_LOOPS = {}      # those of the compiled layers, as they were when they were entered


def enter(layer_class, first, others):
    """Let layers of this class be run by these stages."""
    STAGES[layer_class] = (first, others)
    OWN_LOOPS[layer_class] = methods_of(layer_class, LOOPS)


def methods_of(owner, names):
    """Return the methods of a class that have these names."""
    return tuple([getattr(owner, name) for name in names])


# CPython gives a class another number when somebody changes it or one of its bases; 0 is no number.
cdef extern from "Python.h":
    ctypedef struct PyTypeObject:
        unsigned int tp_version_tag

cdef dict VERSIONS = {}       # of the classes that had their methods when they were looked at last


cdef bint has_methods(type owner, tuple names, tuple methods) except -1:
    """Return whether a class has these methods still."""
    cdef Py_ssize_t i
    if (<PyTypeObject *> owner).tp_version_tag != 0:
        if VERSIONS.get(owner) == (<PyTypeObject *> owner).tp_version_tag:
            return True
    for i in range(len(names)):
        if getattr(owner, names[i]) is not methods[i]:
            return False
    VERSIONS[owner] = (<PyTypeObject *> owner).tp_version_tag
    return True


cdef bint hides(dict attributes, tuple names) except -1:
    """Return whether an object's own attributes hide some of its class."""
    for name in names:
        if name in attributes:
            return True
    return False


def keeps_methods(value, tuple names, tuple methods):
    """Return whether an object has these methods of its class, and its class has them still."""
    return has_methods(type(value), names, methods) and not hides(value.__dict__, names)


def are_compiled(layers):
    """Return whether all these layers have stages, and the methods that the stages stand for."""
    seen = None
    for layer in layers:
        layer_class = type(layer)
        if layer_class is not seen:
            if layer_class not in STAGES:
                return False
            if not has_methods(layer_class, LOOPS, <tuple> OWN_LOOPS[layer_class]):
                return False
            seen = layer_class
        if hides(layer.__dict__, LOOPS):
            return False
    return True


cdef class Stage:
    """One layer in the engine."""

    cdef list parameters(self):
        """Return the parameters whose numbers are used."""
        return []

    cdef size_t scratch(self, size_t capacity, int purpose) noexcept:
        """Return how much working memory a thread needs for so many samples, in numbers."""
        return 0

    cdef size_t step_scratch(self, size_t capacity, int purpose) noexcept:
        """Return how much more it needs for a step, next to the other."""
        return 0

    cdef int take_place(self, network, size_t number) except -1:
        """Be the network's layer of this number."""
        return 0

    cdef int follow(self, Stage before, int purpose, bint seen) except -1:
        """Agree with the stage before on how the numbers between them lie in memory.

        before: None for the first stage.  seen: whether somebody wants to see what every stage
        computes, and nobody trains.  A sample is a flat row then, as it is everywhere outside.
        """
        return 0

    cdef int set_up(self, Threads threads, Memory memory, size_t capacity, int purpose,
                    bint keeps_z) except -1:
        """Get memory for batches of up to so many samples."""
        self.threads = threads
        self.a = memory.numbers(capacity * self.outputs)
        if keeps_z:
            self.z = memory.numbers(capacity * self.outputs)
        if purpose != NOTHING:
            self.delta = memory.numbers(capacity * self.outputs)
        return 0

    cdef int share(self, Stage before, bint listed, int purpose) except -1:
        """Decide what the threads share otherwise than by samples, of batches in one piece.

        listed: whether the stage reads lists of inputs that are not zero.
        """
        return 0

    cdef Layer *narrow(self) noexcept:
        """Return what the kernels for narrow networks need; NULL if they have no such layer."""
        return NULL

    cdef void plan(self, Worker *worker, const double *x, double *d_x) noexcept nogil:
        """Get ready for the samples ``first`` to ``last``.

        x: the layer's inputs, of the whole batch.  d_x: where ``backward`` puts dL/dx; NULL if
        nobody needs it.  They, and the samples, are mostly the same batch after batch.
        """

    cdef void begin(self, Worker *worker) noexcept nogil:
        """Get ready for a batch: the parameters are those with which it will be computed."""

    cdef void plan_step(self, Worker *worker, const double *x, double rate) noexcept nogil:
        """Get ready for the step or the gradient, given the layer's inputs of the whole batch."""

    cdef void forward_together(self, Worker *worker) noexcept nogil:
        """Compute z and a of the thread's outputs, for all samples."""

    cdef void forward(self, Worker *worker) noexcept nogil:
        """Compute z and a of the samples."""

    cdef void activation_delta(self, Worker *worker) noexcept nogil:
        """Turn dL/da of the samples, which stands in delta, into dL/dz."""

    cdef void through_time(self, Worker *worker) noexcept nogil:
        """Compute the errors of all steps from delta, if the layer has steps."""

    cdef void backward(self, Worker *worker) noexcept nogil:
        """Compute dL/dx of the samples from delta."""

    cdef void backward_together(self, Worker *worker) noexcept nogil:
        """Compute delta of some of the outputs of the stage before, for all samples."""

    cdef void step(self, Worker *worker) noexcept nogil:
        """Take the step of the thread's part of the parameters, or compute their gradient."""

    cdef void begin_aside(self) noexcept nogil:
        """Copy the parameters to where the step is taken on a copy."""

    cdef void commit(self, Worker *worker) noexcept nogil:
        """Put the thread's part of that copy in its place."""

    cdef bint finite(self) noexcept nogil:
        """Return whether all parameters are finite numbers."""
        return True

    cdef object output(self, size_t rows):
        """Return z and a of so many samples as the layer's method ``feedforward`` does."""
        return LayerOutput(nested_list(self.z, rows, self.outputs),
                           nested_list(self.a, rows, self.outputs))

    cdef list gradients(self):
        """Return where ``step`` puts the gradients, if they are kept: a ``Block`` a parameter.

        Each is laid out like the numbers of its parameter, in the order of ``parameters``.
        """
        return []

    cdef object gradient(self, size_t rows):
        """Return the gradient of so many samples as the layer's method ``gradient`` does."""
        raise NotImplementedError

    cdef void in_pieces(self, const purenet_product *product, Worker *worker) noexcept nogil:
        """Compute a large product of a step or gradient in parts, with looks for Ctrl-C in between."""
        cdef purenet_product piece = product[0]
        cdef size_t columns = self.kernels.product_columns
        cdef size_t rows, row
        cdef size_t column = 0
        columns *= max(<size_t> 1, min(<size_t> 32, LARGEST_PIECE // (12 * columns * product.terms)))
        rows = 12 * (1 + LARGEST_PIECE // (12 * columns * product.terms))
        while column < product.columns:
            piece.columns = min(columns, product.columns - column)
            row = 0
            while row < product.rows:
                if self.threads.stopped():
                    return
                piece.rows = min(rows, product.rows - row)
                piece.a = product.a + row * product.a_row
                piece.b = product.b + column * product.b_column
                piece.c = product.c + row * product.c_row + column
                self.kernels.product(&piece)
                row += piece.rows
                if worker.number == 0:
                    self.threads.look(<double> piece.rows * columns * product.terms)
            column += piece.columns

    # The first layer may read inputs of which most are zero as lists of the others.  An input that
    # is zero adds nothing to a sum, as long as what it is multiplied by is finite.

    cdef bint takes_lists(self) noexcept:
        """Return whether the inputs can be read as lists, with the weights as they are."""
        return False

    cdef int expect_again(self, size_t batch_size) except -1:
        """Keep what is made of the lists: batches of so many samples come in the same order again."""
        return 0

    cdef int expect_shuffled(self, size_t batch_size) except -1:
        """Get ready for batches of so many samples, whose order is drawn."""
        return 0

    cdef void fetch(self, Worker *worker) noexcept nogil:
        """Have what the step of a batch will read on its way from memory."""

    cdef bint deltas_finite(self, Worker *worker) noexcept nogil:
        """Return whether the deltas of the thread's samples are finite."""
        return True

    # Where nothing but an optimizer's step is done to a gradient, it can be taken with the gradient.

    cdef bint can_optimize(self) noexcept:
        """Return whether ``optimize`` can take the step where the inputs are listed."""
        return False

    cdef bint optimize(self, Worker *worker, const purenet_rule *rule, double *first,
                       double *second) noexcept nogil:
        """Take the step of the thread's rows of the weights; return whether they are finite.

        For batches whose inputs are listed.  first, second: what the optimizer remembers.
        """
        return True
