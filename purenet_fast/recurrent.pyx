"""A recurrent layer: the twin of layers/recurrent.py, in the engine and by itself.

A step is a matrix product over the samples.  Its inputs and the state it begins with stand side by
side in ``joined``, and the weights and the recurrent weights below each other, so that each sum
goes on from the inputs to the units as purenet's does.  There is a row for each step of each
sample, samples first; so the gradients are products over all these rows.
"""

from libc.string cimport memcpy, memset

from .activations cimport ACTIVATION_CODES, c_activation_delta
from .buffers cimport Block, Memory, block_of, flat_list, nested_list
from .fingerprint cimport PURENET_SOURCES
from .parameters cimport Parameter, c_take_in, parameter_of
from .stages cimport GRADIENT, NOTHING, STEP_ASIDE, Stage, Worker
from .threads cimport WORK_OF_UNIT, Threads
from .vectors cimport (
    KERNELS, PURENET_BIAS, PURENET_STEP, PURENET_SUM, purenet_product,
)

from purenet.layers import RecurrentGradient, RecurrentOutput, ThroughTime

SOURCES = PURENET_SOURCES

cdef double ONE = 1.0


cdef inline void copy_rows(double *to, size_t to_row, const double *rows, size_t row, size_t count,
                           size_t numbers) noexcept nogil:
    """Copy so many rows of numbers that lie so far apart."""
    cdef size_t i
    for i in range(count):
        memcpy(to + i * to_row, rows + i * row, numbers * sizeof(double))


cdef class RecurrentStage(Stage):
    """A recurrent layer in the engine."""

    def __cinit__(self, layer, inputs):
        self.kernels = KERNELS
        self.activation = ACTIVATION_CODES[layer.activation]
        self.sequences = layer.sequences
        self.weights = parameter_of(layer, "weights")
        self.recurrent_weights = parameter_of(layer, "recurrent_weights")
        self.biases = parameter_of(layer, "biases")
        self.features = self.weights.rows
        self.units = self.weights.columns
        self.width = self.features + self.units
        self.stride = self.weights.stride
        self.steps = layer.steps
        self.inputs = self.steps * self.features
        self.outputs = self.steps * self.units if self.sequences else self.units
        self.work = <double> self.steps * self.units * (self.width + WORK_OF_UNIT)

    cdef list parameters(self):
        if self.biases is None:
            return [self.weights, self.recurrent_weights]
        return [self.weights, self.recurrent_weights, self.biases]

    cdef size_t scratch(self, size_t capacity, int purpose) noexcept:
        cdef purenet_product product
        cdef size_t numbers
        memset(&product, 0, sizeof(purenet_product))
        product.rows, product.columns, product.terms = capacity, self.units, self.width
        product.a_term = product.b_column = 1
        numbers = self.kernels.product_scratch(&product)
        if purpose != NOTHING:
            product.rows, product.terms = self.width, capacity * self.steps
            product.a_term = self.width
            numbers = max(numbers, self.kernels.product_scratch(&product))  # the gradient
            product.finish = PURENET_STEP
            numbers = max(numbers, self.kernels.product_scratch(&product))
            product.rows, product.columns = capacity * self.steps, self.features
            product.terms = self.units
            product.a_term = 1
            product.b_column = self.stride
            product.finish = PURENET_SUM
            numbers = max(numbers, self.kernels.product_scratch(&product))  # dL/dx
        return numbers

    cdef int set_up(self, Threads threads, Memory memory, size_t capacity, int purpose,
                    bint keeps_z) except -1:
        cdef size_t number
        cdef Parameter parameter
        cdef Block block
        cdef size_t all_states = capacity * self.steps * self.units
        Stage.set_up(self, threads, memory, capacity, purpose, keeps_z)
        self.capacity = capacity
        self.plans = <Plan *> memory.zeros(threads.count, sizeof(Plan))
        for number in range(threads.count):
            self.plans[number].stacked = memory.numbers(self.width * self.stride)
            if purpose != NOTHING:
                self.plans[number].turned = memory.numbers(self.units * self.stride)
        # The states before the first step are zero, and stay so.
        self.joined = memory.numbers(capacity * self.steps * self.width)
        self.states = memory.numbers(all_states)
        if purpose != NOTHING:
            self.carried = memory.numbers(capacity * self.units)
            self.deltas = self.delta if self.sequences else memory.numbers(all_states)
        self.targets[2] = NULL
        for number, parameter in enumerate(self.parameters()):
            self.targets[number] = parameter.data
        if purpose == GRADIENT or purpose == STEP_ASIDE:
            self.aside = []
            for number, parameter in enumerate(self.parameters()):
                block = Block(parameter.rows, parameter.stride)
                self.aside.append(block)
                self.targets[number] = block.data
        self.finish = PURENET_SUM if purpose == GRADIENT else PURENET_STEP
        return 0

    cdef void plan(self, Worker *worker, const double *x, double *d_x) noexcept nogil:
        self.plans[worker.number].x = x
        self.plans[worker.number].d_x = d_x

    cdef void plan_step(self, Worker *worker, const double *x, double rate) noexcept nogil:
        self.plans[worker.number].rate = rate

    cdef void forward(self, Worker *worker) noexcept nogil:
        self.join(worker)
        self.take_steps(worker)

    cdef void join(self, Worker *worker) noexcept nogil:
        """Lay out the inputs of all steps, and the weights."""
        cdef double *stacked = self.plans[worker.number].stacked
        cdef size_t first = worker.first * self.steps
        cdef size_t rows = (worker.last - worker.first) * self.steps
        copy_rows(self.joined + first * self.width, self.width,
                  self.plans[worker.number].x + first * self.features, self.features,
                  rows, self.features)
        memcpy(stacked, self.weights.data, self.features * self.stride * sizeof(double))
        memcpy(stacked + self.features * self.stride, self.recurrent_weights.data,
               self.units * self.stride * sizeof(double))

    cdef void take_steps(self, Worker *worker) noexcept nogil:
        """Compute z and a, step by step, for all samples."""
        cdef size_t rows = worker.last - worker.first
        cdef size_t units = self.units
        cdef size_t joined_row = self.steps * self.width
        cdef size_t states_row = self.steps * units
        cdef double *joined = self.joined + worker.first * joined_row
        cdef double *state = NULL
        cdef size_t t
        cdef purenet_product product = purenet_product(
            rows=rows, columns=units, terms=self.width,
            a=joined, a_row=joined_row, a_term=1,
            b=self.plans[worker.number].stacked, b_term=self.stride, b_column=1,
            c=NULL, c_row=units,
            finish=PURENET_SUM, bias=NULL, rate=0.0, scratch=worker.scratch)
        if self.biases is not None:
            product.finish = PURENET_BIAS
            product.bias = self.biases.data
        for t in range(self.steps):
            state = self.states + (t * self.capacity + worker.first) * units
            product.a = joined + t * self.width
            product.c = state
            self.kernels.product(&product)
            if self.z != NULL and self.sequences:
                copy_rows(self.z + worker.first * states_row + t * units, states_row,
                          state, units, rows, units)
            elif self.z != NULL and t + 1 == self.steps:
                memcpy(self.z + worker.first * units, state, rows * units * sizeof(double))
            self.kernels.activate(self.activation, rows * units, state)
            if t + 1 < self.steps:
                copy_rows(joined + (t + 1) * self.width + self.features, joined_row,
                          state, units, rows, units)
            if self.sequences:
                copy_rows(self.a + worker.first * states_row + t * units, states_row,
                          state, units, rows, units)
        if not self.sequences:
            memcpy(self.a + worker.first * units, state, rows * units * sizeof(double))

    cdef void activation_delta(self, Worker *worker) noexcept nogil:
        cdef size_t place = worker.first * self.outputs
        c_activation_delta(self.activation, self.a + place, self.delta + place,
                           worker.last - worker.first, self.outputs)

    cdef void through_time(self, Worker *worker) noexcept nogil:
        cdef size_t rows = worker.last - worker.first
        cdef size_t units = self.units
        cdef size_t row = self.steps * units
        cdef double *turned = self.plans[worker.number].turned
        cdef double *carried = self.carried + worker.first * units
        cdef double *deltas = self.deltas + worker.first * row
        cdef double *before
        cdef const double *weights = self.recurrent_weights.data
        cdef size_t i, j, k, t
        cdef purenet_product product = purenet_product(
            rows=rows, columns=units, terms=units,
            a=NULL, a_row=row, a_term=1, b=turned, b_term=self.stride, b_column=1,
            c=carried, c_row=units, finish=PURENET_SUM, bias=NULL, rate=0.0,
            scratch=worker.scratch)
        for k in range(units):
            for j in range(units):
                turned[j * self.stride + k] = weights[k * self.stride + j]
        if not self.sequences:
            copy_rows(deltas + (self.steps - 1) * units, row, self.delta + worker.first * units,
                      units, rows, units)
        for t in range(self.steps - 1, 0, -1):
            product.a = deltas + t * units
            self.kernels.product(&product)
            self.kernels.times_slope(
                self.activation, rows * units,
                self.states + ((t - 1) * self.capacity + worker.first) * units, carried)
            before = deltas + (t - 1) * units
            if self.sequences:
                for i in range(rows):
                    for j in range(units):
                        before[i * row + j] = before[i * row + j] + carried[i * units + j]
            else:
                copy_rows(before, row, carried, units, rows, units)

    cdef void backward(self, Worker *worker) noexcept nogil:
        cdef size_t first = worker.first * self.steps
        cdef purenet_product product = purenet_product(
            rows=(worker.last - worker.first) * self.steps, columns=self.features,
            terms=self.units,
            a=self.deltas + first * self.units, a_row=self.units, a_term=1,
            b=self.weights.data, b_term=1, b_column=self.stride,
            c=self.plans[worker.number].d_x + first * self.features, c_row=self.features,
            finish=PURENET_SUM, bias=NULL, rate=0.0, scratch=worker.scratch)
        self.kernels.product(&product)

    cdef void step(self, Worker *worker) noexcept nogil:
        # The thread's part of the rows of the weights and, below them, of the recurrent weights.
        cdef size_t begin = self.threads.begin_of(worker.number, self.width)
        cdef size_t end = self.threads.begin_of(worker.number + 1, self.width)
        cdef size_t middle = min(max(begin, self.features), end)
        self.step_of_rows(worker, self.joined + begin, 1, self.width, middle - begin,
                          self.targets[0] + begin * self.stride)
        self.step_of_rows(worker, self.joined + middle, 1, self.width, end - middle,
                          self.targets[1] + (middle - self.features) * self.stride)
        if worker.number == 0 and self.targets[2] != NULL:
            self.step_of_rows(worker, &ONE, 0, 0, 1, self.targets[2])

    cdef void step_of_rows(self, Worker *worker, const double *a, size_t a_row, size_t a_term,
                           size_t rows, double *target) noexcept nogil:
        """Take the step of some rows of a parameter, or compute their gradient."""
        cdef purenet_product product = purenet_product(
            rows=rows, columns=self.units, terms=worker.rows * self.steps,
            a=a, a_row=a_row, a_term=a_term,
            b=self.deltas, b_term=self.units, b_column=1,
            c=target, c_row=self.stride,
            finish=self.finish, bias=NULL, rate=self.plans[worker.number].rate,
            scratch=worker.scratch)
        if self.aside is None:
            self.kernels.product(&product)
        else:
            self.in_pieces(&product, worker)

    cdef void begin_aside(self) noexcept nogil:
        memcpy(self.targets[0], self.weights.data, self.features * self.stride * sizeof(double))
        memcpy(self.targets[1], self.recurrent_weights.data,
               self.units * self.stride * sizeof(double))
        if self.targets[2] != NULL:
            memcpy(self.targets[2], self.biases.data, self.units * sizeof(double))

    cdef void commit(self, Worker *worker) noexcept nogil:
        cdef size_t number = worker.number
        cdef size_t begin = self.threads.begin_of(number, self.features) * self.stride
        cdef size_t end = self.threads.begin_of(number + 1, self.features) * self.stride
        memcpy(self.weights.data + begin, self.targets[0] + begin, (end - begin) * sizeof(double))
        begin = self.threads.begin_of(number, self.units) * self.stride
        end = self.threads.begin_of(number + 1, self.units) * self.stride
        memcpy(self.recurrent_weights.data + begin, self.targets[1] + begin,
               (end - begin) * sizeof(double))
        if number == 0 and self.targets[2] != NULL:
            memcpy(self.biases.data, self.targets[2], self.units * sizeof(double))

    cdef bint finite(self) noexcept nogil:
        # The padding between the rows is zero, and stays so.
        return (
            self.kernels.all_finite(self.features * self.stride, self.weights.data)
            and self.kernels.all_finite(self.units * self.stride, self.recurrent_weights.data)
            and (self.biases is None or self.kernels.all_finite(self.units, self.biases.data)))

    cdef object output(self, size_t rows):
        cdef list states
        cdef size_t i, t
        cdef Block block
        z = nested_list(self.z, rows, self.outputs)
        a = nested_list(self.a, rows, self.outputs)
        if self.sequences:
            return RecurrentOutput(z, a, a)
        block = Block(rows, self.steps * self.units)
        for t in range(self.steps):
            copy_rows(block.data + t * self.units, block.columns,
                      self.states + t * self.capacity * self.units, self.units, rows, self.units)
        return RecurrentOutput(z, a, block.tolist())

    cdef list gradients(self):
        return self.aside

    cdef object gradient(self, size_t rows):
        return RecurrentGradient(
            rows_of(self.targets[0], self.features, self.units, self.stride),
            rows_of(self.targets[1], self.units, self.units, self.stride),
            None if self.biases is None else flat_list(self.targets[2], self.units),
            nested_list(self.deltas, rows, self.steps * self.units))


cdef list rows_of(const double *data, size_t rows, size_t columns, size_t stride):
    """Return a list of rows that lie so far apart."""
    cdef size_t i
    return [flat_list(data + i * stride, columns) for i in range(rows)]


# By itself, for whoever calls a layer, and for networks that are not compiled as a whole.  Each
# function returns None for anything but lists of floats in shapes that fit the layer: purenet's
# loops are for that.

cdef RecurrentStage stage_for(layer, size_t samples, int purpose, Worker *worker):
    """Return a stage with memory for so many samples, and one thread's worker."""
    cdef RecurrentStage stage = RecurrentStage(layer, None)
    cdef Memory memory = Memory()
    stage.memory = memory
    stage.set_up(Threads(1), memory, samples, purpose, True)
    memset(worker, 0, sizeof(Worker))
    worker.scratch = memory.numbers(stage.scratch(samples, purpose))
    worker.rows = worker.end = worker.last = samples
    return stage


def feedforward(layer, inputs):
    """Return z, a and the states."""
    cdef Block x = block_of(inputs)
    cdef RecurrentStage stage
    cdef Worker worker
    if x is None or x.columns != layer.inputs or not c_take_in(layer.__dict__, False):
        return None
    stage = stage_for(layer, x.rows, NOTHING, &worker)
    stage.plan(&worker, x.data, NULL)
    with nogil:
        stage.forward(&worker)
    return stage.output(x.rows)


def through_time(layer, output, delta):
    """Return the errors of all steps, and the states before each."""
    cdef Block d = block_of(delta)
    cdef Block s, before
    cdef RecurrentStage stage
    cdef Worker worker
    cdef size_t t, units, row
    if type(output) is not RecurrentOutput:
        return None
    s = block_of(output.states)
    if s is None or d is None or s.rows != d.rows or d.columns != layer.outputs:
        return None
    if s.columns != layer.steps * layer.units or not c_take_in(layer.__dict__, False):
        return None
    stage = stage_for(layer, s.rows, GRADIENT, &worker)
    units = stage.units
    row = stage.steps * units
    before = Block(s.rows, row)
    memcpy(stage.delta, d.data, d.rows * d.columns * sizeof(double))
    for t in range(stage.steps):
        copy_rows(stage.states + t * s.rows * units, units, s.data + t * units, row, s.rows, units)
    copy_rows(before.data + units, row, s.data, row, s.rows, row - units)
    with nogil:
        stage.through_time(&worker)
    return ThroughTime(nested_list(stage.deltas, s.rows, row), before.tolist())


def gradient(layer, inputs, through_time):
    """Return the gradient by the parameters."""
    cdef Block x = block_of(inputs)
    cdef Block before, d
    cdef RecurrentStage stage
    cdef Worker worker
    cdef size_t rows
    if type(through_time) is not ThroughTime:
        return None
    before = block_of(through_time.states_before)
    d = block_of(through_time.delta)
    if x is None or before is None or d is None or x.columns != layer.inputs:
        return None
    if d.columns != layer.steps * layer.units or before.columns != d.columns:
        return None
    if x.rows != d.rows or before.rows != d.rows or not c_take_in(layer.__dict__, False):
        return None
    stage = stage_for(layer, x.rows, GRADIENT, &worker)
    rows = x.rows * stage.steps
    stage.plan(&worker, x.data, NULL)
    stage.join(&worker)
    copy_rows(stage.joined + stage.features, stage.width, before.data, stage.units, rows,
              stage.units)
    memcpy(stage.deltas, d.data, d.rows * d.columns * sizeof(double))
    with nogil:
        stage.step(&worker)
    return stage.gradient(x.rows)._replace(delta=through_time.delta)


def input_gradient(layer, through_time):
    """Return dL/dinputs."""
    cdef Block d, d_x
    cdef RecurrentStage stage
    cdef Worker worker
    if type(through_time) is not ThroughTime:
        return None
    d = block_of(through_time.delta)
    if d is None or d.columns != layer.steps * layer.units:
        return None
    if not c_take_in(layer.__dict__, False):
        return None
    stage = stage_for(layer, d.rows, GRADIENT, &worker)
    d_x = Block(d.rows, stage.inputs)
    memcpy(stage.deltas, d.data, d.rows * d.columns * sizeof(double))
    stage.plan(&worker, NULL, d_x.data)
    with nogil:
        stage.backward(&worker)
    return d_x.tolist()
