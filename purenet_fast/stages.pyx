"""What a layer can do for the engine: the contract of compiled layers.

A ``Stage`` has a layer's numbers for one run of the engine.  The engine goes through its stages as
through a table: it calls what is declared here, and knows of no layer which it is.  Whoever adds a
layer derives a class from ``Stage`` and enters it in ``STAGES``.

Everything that computes is called in several threads, each with a ``Worker`` of its own: a part of
the samples on the way forward and back, a part of the parameters in the step.  Each element of each
matrix is computed by one thread, which adds up its sum alone; so the number of threads changes no
bit.
"""

from .buffers cimport Memory
from .fingerprint cimport PURENET_SOURCES
from .threads cimport Threads
from .vectors cimport Layer

SOURCES = PURENET_SOURCES

# The compiled layers: for each class of layers the stages that run it, as the first layer, which
# reads the samples, and behind others.  They are made as ``Stage(layer, inputs)``; ``inputs`` are
# those of the run for a first layer, and None for others.
STAGES = {}


# CPython gives a class another number when somebody changes it or one of its bases; 0 is no number.
cdef extern from "Python.h":
    ctypedef struct PyTypeObject:
        unsigned int tp_version_tag


cdef inline unsigned int version_of(type owner) noexcept:
    return (<PyTypeObject *> owner).tp_version_tag


cdef class StandIns:
    """The methods that the compiled loops stand for.

    Where somebody has put another in the place of one of them, in a derived class, in the class
    itself or on an object, that one has to run.
    """

    cdef type layer_class
    cdef tuple network_names, network_methods, layer_names, layer_methods
    cdef type looked_at                    # the class of networks whose methods were the last to be seen
    cdef unsigned int network_version      # and what it, and the class of layers, was then
    cdef unsigned int layer_version

    def __init__(self, type network_class, tuple network_names, type layer_class,
                 tuple layer_names):
        self.layer_class = layer_class
        self.network_names = network_names
        self.network_methods = tuple([getattr(network_class, name) for name in network_names])
        self.layer_names = layer_names
        self.layer_methods = tuple([getattr(layer_class, name) for name in layer_names])

    def stand_for(self, network):
        """Return whether all of a network's methods, and of its layers', are these."""
        cdef type network_class = type(network)
        if (network_class is not self.looked_at or self.network_version == 0
                or self.layer_version == 0
                or version_of(network_class) != self.network_version
                or version_of(self.layer_class) != self.layer_version):
            if not (has_methods(network_class, self.network_names, self.network_methods)
                    and has_methods(self.layer_class, self.layer_names, self.layer_methods)):
                return False
            self.looked_at = network_class
            self.network_version = version_of(network_class)
            self.layer_version = version_of(self.layer_class)
        if hides(network.__dict__, self.network_names):
            return False
        for layer in <tuple> network.layers:
            if type(layer) not in STAGES or hides(layer.__dict__, self.layer_names):
                return False
        return True


cdef bint has_methods(type owner, tuple names, tuple methods) except -1:
    """Return whether a class has these methods."""
    cdef Py_ssize_t i
    for i in range(len(names)):
        if getattr(owner, names[i]) is not methods[i]:
            return False
    return True


cdef bint hides(dict attributes, tuple names) except -1:
    """Return whether an object's own attributes hide one of its class's."""
    for name in names:
        if name in attributes:
            return True
    return False


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

    cdef Layer *narrow(self) noexcept:
        """Return what the kernels for narrow networks need; NULL if they cannot run this layer."""
        return NULL

    cdef void plan(self, Worker *worker, const double *x, double *d_x) noexcept nogil:
        """Get ready for the samples ``first`` to ``last``.

        x: the layer's inputs, of the whole batch.  d_x: where ``backward`` puts dL/dx; NULL if
        nobody needs it.  They, and the samples, are mostly the same batch after batch.
        """

    cdef void plan_step(self, Worker *worker, const double *x, double rate) noexcept nogil:
        """Get ready for the step or the gradient, given the layer's inputs of the whole batch."""

    cdef void forward_together(self, Worker *worker) noexcept nogil:
        """Compute z of the thread's outputs, for all samples; if ``together``, before ``forward``."""

    cdef void forward(self, Worker *worker) noexcept nogil:
        """Compute z and a of the samples."""

    cdef void activation_delta(self, Worker *worker) noexcept nogil:
        """Turn dL/da of the samples, which stands in delta, into dL/dz."""

    cdef void backward(self, Worker *worker) noexcept nogil:
        """Compute dL/dx of the samples from delta."""

    cdef void step(self, Worker *worker) noexcept nogil:
        """Take the step of the thread's part of the parameters, or compute their gradient."""

    cdef void begin_aside(self) noexcept nogil:
        """Copy the parameters to where the step is taken on a copy."""

    cdef void commit(self, Worker *worker) noexcept nogil:
        """Put the thread's part of that copy in its place."""

    cdef bint finite(self) noexcept nogil:
        """Return whether all parameters are finite numbers."""
        return True

    cdef object gradient(self, size_t rows):
        """Return the gradient of so many samples as the layer's method ``gradient`` does."""
        raise NotImplementedError

    # The first layer may read inputs of which most are zero as lists of the others.  An input that
    # is zero adds nothing to a sum, as long as what it is multiplied by is finite.

    cdef bint takes_lists(self) noexcept:
        """Return whether the inputs can be read as lists, with the weights as they are."""
        return False

    cdef int expect_again(self, size_t batch_size) except -1:
        """Keep what is made of the lists: batches of so many samples come in the same order again."""
        return 0

    cdef void fetch(self, Worker *worker) noexcept nogil:
        """Have what was kept of a batch on its way from memory."""

    cdef bint deltas_finite(self, Worker *worker) noexcept nogil:
        """Return whether the deltas of the thread's samples are finite."""
        return True
