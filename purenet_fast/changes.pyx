"""The general step: from the gradient of every parameter to its new numbers.

The twin of regularisation.py, and of an optimizer's ``step``, for all parameters of a network.  The
stages have computed their gradients, in memory that is laid out like the parameters.  Then, element
by element: the slopes of the penalties are added, what is too large is clipped, and the optimizer
takes the step.  Each thread does that for some rows of each parameter; only the length of the whole
gradient is one sum, which one thread adds up.

A first layer whose inputs are listed without their zeros takes its step by itself, if nothing but
the optimizer has to do with it: each row of its weights is changed as soon as its slopes are there,
which are never written anywhere.
"""

from libc.math cimport isfinite, sqrt
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from .buffers cimport Block
from .fingerprint cimport PURENET_SOURCES
from .optimizers cimport Remembered, Rule, start_with
from .parameters cimport Parameter, take_in_all
from .stages cimport Stage, Worker
from .threads cimport Threads
from .vectors cimport KERNELS, purenet_rule

SOURCES = PURENET_SOURCES

# So many numbers of each array are taken at a time: together they stay in the nearest cache.
cdef enum:
    AT_A_TIME = 512


cdef class Changes:
    """What a step does to the parameters of some layers."""

    def __cinit__(self):
        self.kernels = KERNELS
        self.owned = []
        self.coefficient = 1.0

    def __dealloc__(self):
        free(self.changes)

    cdef int take_over(self, layers, list stages, Threads threads) except -1:
        """Take these layers' parameters, and the gradients that their stages compute.

        stages: None if nobody computes any.
        """
        cdef Parameter parameter
        cdef Change *change
        cdef dict buffers
        cdef list gradients = None
        cdef list parameters
        cdef size_t most = 0
        self.threads = threads
        for layer in layers:
            most += len(layer.PARAMETERS)
        self.changes = <Change *> calloc(most + 1, sizeof(Change))
        if self.changes == NULL:
            raise MemoryError()
        for number, layer in enumerate(layers):
            buffers = layer.__dict__.get("_buffers", {})
            if stages is not None:
                gradients = (<Stage> stages[number]).gradients()
                parameters = (<Stage> stages[number]).parameters()
            change = NULL
            for name in layer.PARAMETERS:
                parameter = buffers.get(name)
                if parameter is None:
                    continue
                change = &self.changes[self.count]
                self.count += 1
                change.rows, change.columns = parameter.rows, parameter.columns
                change.stride = parameter.stride
                change.values = change.first = change.second = parameter.data
                if name in layer.WEIGHTS:
                    change.l1, change.l2 = layer.l1, layer.l2
                    self.penalised = self.penalised or change.l1 > 0.0 or change.l2 > 0.0
                change.rule.rate = change.rule.shrink = 1.0
                self.owned.append(parameter)
                if gradients is not None:
                    block = gradients[parameters.index(parameter)]
                    change.gradient = (<Block> block).data
                    change.adds_up = (<Stage> stages[number]).adds_up
                    self.owned.append(block)
            if change != NULL:
                change.last = True
        return 0

    cdef int optimize_with(self, layers, optimizer, Rule rule) except -1:
        """Let this optimizer take the steps; ``start`` has made what it remembers."""
        cdef Remembered memory
        cdef Change *change = self.changes
        for layer in layers:
            remembered = start_with(layer, optimizer, rule)
            for name in layer.PARAMETERS:
                memory = remembered.get(name)
                if memory is not None:
                    if memory.first is not None:
                        change.first = memory.first.data
                    if memory.second is not None:
                        change.second = memory.second.data
                    change.remembered = <void *> memory
                    self.owned.append(memory)
                    change += 1
        return 0

    cdef int use(self, int more) except -1:
        """Count those who change what the optimizer remembers."""
        cdef size_t i
        for i in range(self.count):
            (<Remembered> self.changes[i].remembered).in_use += more
        return 0

    cdef int clip(self, most_value, most_norm) except -1:
        """Clip the gradient: each of its numbers, and its length, unless that is None."""
        self.clips_value = most_value is not None
        self.clips_norm = most_norm is not None
        self.most_value = most_value if self.clips_value else 0.0
        self.most_norm = most_norm if self.clips_norm else 0.0
        return 0

    cdef int hand_over(self, Stage first) except -1:
        """Let the first layer take the step of its weights, if that is all that is to be done."""
        if first.can_optimize() and not (
                self.clips_value or self.clips_norm or self.changes.l1 > 0.0
                or self.changes.l2 > 0.0):
            first.optimizes = True
            self.first_stage = <void *> first
            self.owned.append(first)
        return 0

    cdef double penalty(self) noexcept nogil:
        """Return what the loss grows by for the weights."""
        cdef double total = 0.0
        cdef double sizes = 0.0
        cdef double squares = 0.0
        cdef Change *change
        cdef const double *row
        cdef size_t i, k, j
        cdef double w
        if not self.penalised:
            return 0.0
        for i in range(self.count):
            change = &self.changes[i]
            if change.l1 > 0.0 or change.l2 > 0.0:
                for k in range(change.rows):
                    row = change.values + k * change.stride
                    for j in range(change.columns):
                        w = row[j]
                        sizes = sizes + (-w if w < 0.0 else w)
                        squares = squares + w * w
                if self.ends_weights(i):
                    total = total + (change.l1 * sizes + change.l2 * squares)
                    sizes = squares = 0.0
        return total

    cdef bint ends_weights(self, size_t i) noexcept nogil:
        """Return whether none of the layer's weights comes behind this parameter."""
        while not self.changes[i].last:
            i += 1
            if self.changes[i].l1 > 0.0 or self.changes[i].l2 > 0.0:
                return False
        return True

    cdef void prepare(self, double rate) noexcept nogil:
        """Work out the next step's rule for each parameter; for one thread alone."""
        cdef Change *change
        cdef size_t i
        for i in range(self.count):
            change = &self.changes[i]
            change.rule = (<Remembered> change.remembered).next_rule(rate)
        self.coefficient = 1.0

    cdef void slopes(self, size_t number) noexcept nogil:
        """Add the penalties' slopes to the thread's rows of the gradients, and clip the numbers."""
        cdef size_t i
        for i in range(self.count):
            self.go_through(&self.changes[i], number, True, False, False)

    cdef void measure_norm(self) noexcept nogil:
        """Work out by how much the gradient is too long; for one thread alone."""
        cdef double total = 0.0
        cdef Change *change
        cdef const double *row
        cdef size_t i, k, j
        for i in range(self.count):
            change = &self.changes[i]
            for k in range(change.rows):
                row = change.gradient + k * change.stride
                for j in range(change.columns):
                    total = total + row[j] * row[j]
        self.coefficient = self.most_norm / (sqrt(total) + 1e-6)

    cdef bint take(self, Worker *worker) noexcept nogil:
        """Take the step of the thread's rows.

        Where the inputs are listed, return whether the first weights are finite still, else True.
        """
        cdef bint finite = True
        cdef Change *change
        cdef size_t i
        if worker.number == 0:
            for i in range(self.count):
                (<Remembered> self.changes[i].remembered).advance()
        for i in range(self.count):
            change = &self.changes[i]
            if i == 0 and worker.sparse and self.first_stage != NULL:
                finite = (<Stage> self.first_stage).optimize(worker, &change.rule, change.first,
                                                             change.second)
            elif not self.go_through(change, worker.number, not self.clips_norm, True,
                                     worker.sparse and i == 0):
                finite = False
        return finite

    cdef bint go_through(self, Change *change, size_t number, bint slopes, bint step,
                         bint looks) noexcept nogil:
        """Go through the thread's rows of a parameter, some at a time.

        looks: return whether its new numbers are finite, else True.
        """
        cdef size_t first = self.threads.begin_of(number, change.rows)
        cdef size_t last = self.threads.begin_of(number + 1, change.rows)
        cdef size_t numbers = change.columns
        cdef size_t at_once = 1
        cdef size_t place, row
        cdef double *g
        cdef double *w
        cdef bint finite = True
        # The zeros between the rows stay zero, unless they are multiplied by infinity.
        if (isfinite(change.rule.rate) and isfinite(change.rule.shrink)
                and isfinite(2.0 * change.l2)):
            at_once = max(<size_t> 1, AT_A_TIME // change.stride)
        row = first
        while row < last:
            at_once = min(at_once, last - row)
            if at_once > 1:
                numbers = at_once * change.stride
            else:
                numbers = change.columns
            place = row * change.stride
            g = change.gradient + place
            w = change.values + place
            if slopes and (change.l1 > 0.0 or change.l2 > 0.0):
                self.kernels.penalty_slopes(change.l1, change.l2, numbers, w, g)
            if slopes and self.clips_value:
                self.kernels.clip(self.most_value, numbers, g)
            if step:
                if self.coefficient < 1.0:
                    self.kernels.times(self.coefficient, numbers, g)
                self.kernels.optimize(&change.rule, numbers, g, w, change.first + place,
                                      change.second + place)
                if change.adds_up:
                    memset(g, 0, numbers * sizeof(double))
                if looks and not self.kernels.all_finite(numbers, w):
                    finite = False
            row += at_once
        return finite


def penalty(layers):
    """Return what the loss grows by for these layers' weights."""
    cdef Changes changes
    for layer in layers:
        if layer.l1 > 0.0 or layer.l2 > 0.0:
            break
    else:
        return 0.0
    changes = Changes()
    take_in_all(layers)
    changes.take_over(layers, None, None)
    return changes.penalty()
