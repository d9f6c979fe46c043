"""A dense layer: the twin of layers/dense.py, in the engine and by itself."""

from libc.stdint cimport uint8_t
from libc.string cimport memcpy, memset

from .activations cimport ACTIVATION_CODES, SOFTMAX, c_activate, c_activation_delta
from .buffers cimport Block, Memory, block_of, flat_list, nested_list
from .fingerprint cimport PURENET_SOURCES
from .parameters cimport Parameter, c_take_in, parameter_of
from .samples cimport Inputs
from .sparse cimport (
    BatchColumns, purenet_fetch_blocks, purenet_fetch_row, purenet_mark_blocks,
    purenet_mark_columns, purenet_order_by_column, purenet_order_scratch,
)
from .stages cimport GRADIENT, NOTHING, STEP, STEP_ASIDE, Stage, Worker
from .threads cimport (
    LARGEST_PIECE, LEAST_SHARE, WORK_OF_PACKING, WORK_OF_UNIT, WORK_OF_WAITS, Threads,
)
from .vectors cimport (
    KERNELS, PURENET_BIAS, PURENET_DESCENT, PURENET_FEW, PURENET_STEP, PURENET_STRIP, PURENET_SUM,
    Layer, purenet_columns, purenet_marked, purenet_product, purenet_rule,
)

from purenet.layers import LayerGradient

SOURCES = PURENET_SOURCES

cdef double ONE = 1.0


cdef class DenseStage(Stage):
    """A dense layer in the engine.

    A step of plain gradient descent is fused with the gradient: each weight is changed as soon as
    its own sum is complete, and the gradient is never written anywhere.
    """

    def __cinit__(self, layer, Inputs inputs):
        self.kernels = KERNELS
        self.weights = parameter_of(layer, "weights")
        self.biases = parameter_of(layer, "biases")
        self.inputs = self.layer.inputs = self.weights.rows
        self.outputs = self.layer.outputs = self.weights.columns
        self.work = <double> self.outputs * (self.inputs + WORK_OF_UNIT)
        self.layer.activation = ACTIVATION_CODES[layer.activation]
        self.layer.weights = self.weights.data
        self.layer.stride = self.weights.stride
        if self.biases is not None:
            self.layer.biases = self.biases.data

    cdef list parameters(self):
        return [self.weights] if self.biases is None else [self.weights, self.biases]

    cdef size_t scratch(self, size_t capacity, int purpose) noexcept:
        cdef purenet_product forward, backward, weights
        cdef size_t numbers
        memset(&forward, 0, sizeof(purenet_product))
        forward.rows, forward.columns, forward.terms = capacity, self.outputs, self.inputs
        forward.a_term = forward.b_column = 1
        numbers = self.kernels.product_scratch(&forward)
        if purpose != NOTHING:
            backward = forward
            backward.columns, backward.terms = self.inputs, self.outputs
            backward.b_column = self.layer.stride
            numbers = max(numbers, self.kernels.product_scratch(&backward))
            weights = forward
            weights.rows, weights.terms = self.inputs, capacity
            weights.a_term = self.inputs
            numbers = max(numbers, self.kernels.product_scratch(&weights))  # the gradient
            weights.finish = PURENET_STEP
            numbers = max(numbers, self.kernels.product_scratch(&weights))
        return numbers

    cdef int set_up(self, Threads threads, Memory memory, size_t capacity, int purpose,
                    bint keeps_z) except -1:
        cdef Layer *layer = &self.layer
        cdef Parameter parameter
        Stage.set_up(self, threads, memory, capacity, purpose, keeps_z)
        self.products = <Products *> memory.zeros(threads.count, sizeof(Products))
        self.unit = self.kernels.product_columns
        self.step_parts = 1
        layer.z = self.z
        layer.a = self.a
        layer.delta = self.delta
        if purpose == GRADIENT:
            self.kept = [Block(parameter.rows, parameter.stride) for parameter in self.parameters()]
            layer.gradient = (<Block> self.kept[0]).data
            if self.biases is not None:
                layer.gradient_of_biases = (<Block> self.kept[1]).data
        if purpose == STEP_ASIDE:
            layer.pending = memory.numbers(self.inputs * layer.stride + self.outputs)
        return 0

    cdef int share(self, Stage before, bint listed, int purpose) except -1:
        cdef size_t threads = self.threads.count
        cdef size_t parts, numbers
        cdef size_t fewest = <size_t> -1
        self.together = self.layer.activation != SOFTMAX and self.pays_together(self.outputs)
        if isinstance(before, DenseStage) and self.pays_together(self.inputs):
            if (<DenseStage> before).layer.activation != SOFTMAX:
                self.back_together = True
                self.before = before
        # A part of the step needs the inputs of its rows and the deltas of its columns, of all
        # samples, in another order: the fewest numbers, if its rows are about as many as its columns.
        for parts in range(1, threads + 1):
            if threads % parts == 0 and parts * self.unit <= self.outputs:
                numbers = self.inputs * parts // threads + (
                    (self.outputs // self.unit + parts - 1) // parts * self.unit)
                if numbers < fewest:
                    self.step_parts, fewest = parts, numbers
        return 0

    cdef bint pays_together(self, size_t columns) noexcept:
        """Return whether the threads share so many columns of a product with the weights.

        Each needs the weights of its columns alone then, and not all.
        """
        cdef size_t units = columns // self.unit
        cdef size_t threads = self.threads.count
        cdef double saved
        if threads == 1 or units < threads or (units % threads != 0 and units < 4 * threads):
            return False
        saved = <double> WORK_OF_PACKING * self.inputs * self.outputs * (threads - 1) / threads
        return saved >= WORK_OF_WAITS or LEAST_SHARE == 0.0

    cdef size_t first_output(self, size_t number) noexcept nogil:
        """Return where a thread's outputs begin, and those of the one before end."""
        return self.threads.begin_of_units(number, self.outputs, self.unit)

    cdef size_t first_input(self, size_t number) noexcept nogil:
        return self.threads.begin_of_units(number, self.inputs, self.unit)

    cdef Layer *narrow(self) noexcept:
        return NULL if self.layer.activation == SOFTMAX else &self.layer

    cdef void plan(self, Worker *worker, const double *x, double *d_x) noexcept nogil:
        cdef Layer *layer = &self.layer
        cdef Products *products = &self.products[worker.number]
        cdef size_t first = worker.first
        cdef size_t rows = worker.last - first
        cdef size_t place
        products.forward = purenet_product(
            rows=rows, columns=layer.outputs, terms=layer.inputs,
            a=x, a_row=layer.inputs, a_term=1,
            b=layer.weights, b_term=layer.stride, b_column=1,
            c=layer.a + first * layer.outputs, c_row=layer.outputs,
            finish=PURENET_SUM if layer.biases == NULL else PURENET_BIAS, bias=layer.biases,
            rate=0.0, scratch=worker.scratch)
        if x != NULL:
            products.forward.a += first * layer.inputs
        if d_x != NULL:
            products.backward = purenet_product(
                rows=rows, columns=layer.inputs, terms=layer.outputs,
                a=layer.delta + first * layer.outputs, a_row=layer.outputs, a_term=1,
                b=layer.weights, b_term=1, b_column=layer.stride,
                c=d_x + first * layer.inputs, c_row=layer.inputs,
                finish=PURENET_SUM, bias=NULL, rate=0.0, scratch=worker.scratch)
        if self.together:
            place = self.first_output(worker.number)
            products.outputs = products.forward
            products.outputs.rows = worker.rows
            products.outputs.columns = self.first_output(worker.number + 1) - place
            products.outputs.a = x
            products.outputs.b = layer.weights + place
            products.outputs.c = layer.a + place
            if layer.biases != NULL:
                products.outputs.bias = layer.biases + place
        if self.back_together:
            place = self.first_input(worker.number)
            products.inputs = products.backward
            products.inputs.rows = worker.rows
            products.inputs.columns = self.first_input(worker.number + 1) - place
            products.inputs.a = layer.delta
            products.inputs.b = layer.weights + place * layer.stride
            products.inputs.c = d_x + place

    cdef void plan_step(self, Worker *worker, const double *x, double rate) noexcept nogil:
        cdef size_t parts = self.step_parts
        cdef size_t around = self.threads.count // parts
        cdef size_t row = self.inputs * (worker.number // parts) // around
        cdef size_t end = self.inputs * (worker.number // parts + 1) // around
        cdef size_t units = (self.outputs + self.unit - 1) // self.unit
        cdef size_t output = units * (worker.number % parts) // parts * self.unit
        cdef size_t last = min(units * (worker.number % parts + 1) // parts * self.unit, self.outputs)
        self.plan_part(worker, x, rate, row, end - row, output, last - output)

    cdef void plan_part(self, Worker *worker, const double *x, double rate, size_t row, size_t rows,
                        size_t output, size_t outputs) noexcept nogil:
        """Lay out the step of a part of the weights, and of the biases."""
        cdef Layer *layer = &self.layer
        cdef Products *products = &self.products[worker.number]
        cdef double *weights = layer.weights
        cdef double *biases = layer.biases
        cdef size_t stride = layer.stride
        cdef int finish = PURENET_STEP
        if layer.gradient != NULL:
            weights = layer.gradient
            biases = layer.gradient_of_biases
            finish = PURENET_SUM
        elif layer.pending != NULL:
            weights = layer.pending
            biases = layer.pending + layer.inputs * layer.stride
        if x != NULL:
            x += row
        products.weights = purenet_product(
            rows=rows, columns=outputs, terms=worker.rows,
            a=x, a_row=1, a_term=layer.inputs,
            b=layer.delta + output, b_term=layer.outputs, b_column=1,
            c=weights + row * stride + output, c_row=stride,
            finish=finish, bias=NULL, rate=rate, scratch=worker.scratch)
        if layer.outputs == 1 and stride == 1:
            # One column of weights is computed as one row, which fills the vectors.
            products.weights = purenet_product(
                rows=1, columns=rows, terms=worker.rows,
                a=layer.delta, a_row=0, a_term=1,
                b=x, b_term=layer.inputs, b_column=1,
                c=weights + row, c_row=0,
                finish=finish, bias=NULL, rate=rate, scratch=worker.scratch)
        output = self.first_output(worker.number)
        products.biases = purenet_product(
            rows=1, columns=self.first_output(worker.number + 1) - output, terms=worker.rows,
            a=&ONE, a_row=0, a_term=0,
            b=layer.delta + output, b_term=layer.outputs, b_column=1,
            c=biases + output, c_row=0,
            finish=finish, bias=NULL, rate=rate, scratch=worker.scratch)

    cdef void weighted_sums(self, Worker *worker) noexcept nogil:
        """Compute z, where a will stand."""
        self.kernels.product(&self.products[worker.number].forward)

    cdef void forward(self, Worker *worker) noexcept nogil:
        cdef size_t rows = worker.last - worker.first
        cdef size_t place = worker.first * self.outputs
        self.weighted_sums(worker)
        if self.z != NULL:
            memcpy(self.z + place, self.a + place, rows * self.outputs * sizeof(double))
        c_activate(self.layer.activation, self.a + place, rows, self.outputs)

    cdef void activation_delta(self, Worker *worker) noexcept nogil:
        cdef size_t place = worker.first * self.outputs
        c_activation_delta(self.layer.activation, self.a + place, self.delta + place,
                           worker.last - worker.first, self.outputs)

    cdef void backward(self, Worker *worker) noexcept nogil:
        self.kernels.product(&self.products[worker.number].backward)

    cdef void forward_together(self, Worker *worker) noexcept nogil:
        cdef size_t begin = self.first_output(worker.number)
        cdef size_t outputs = self.first_output(worker.number + 1) - begin
        cdef size_t i, place
        self.sums_together(worker)
        for i in range(worker.rows):
            place = i * self.outputs + begin
            if self.z != NULL:
                memcpy(self.z + place, self.a + place, outputs * sizeof(double))
            self.kernels.activate(self.layer.activation, outputs, self.a + place)

    cdef void sums_together(self, Worker *worker) noexcept nogil:
        """Compute z of the thread's outputs, where a will stand."""
        self.kernels.product(&self.products[worker.number].outputs)

    cdef void backward_together(self, Worker *worker) noexcept nogil:
        cdef size_t begin = self.first_input(worker.number)
        cdef size_t inputs = self.first_input(worker.number + 1) - begin
        cdef size_t i, place
        self.kernels.product(&self.products[worker.number].inputs)
        for i in range(worker.rows):
            place = i * self.inputs + begin
            self.kernels.times_slope(self.before.layer.activation, inputs, self.before.a + place,
                                     self.before.delta + place)

    cdef void step(self, Worker *worker) noexcept nogil:
        self.product(&self.products[worker.number].weights, worker)
        self.step_of_biases(worker)

    cdef void step_of_biases(self, Worker *worker) noexcept nogil:
        if self.layer.biases != NULL:
            self.product(&self.products[worker.number].biases, worker)

    cdef void product(self, const purenet_product *product, Worker *worker) noexcept nogil:
        """Compute a product of a step or gradient."""
        if self.layer.pending == NULL and self.layer.gradient == NULL:
            self.kernels.product(product)
        else:
            self.in_pieces(product, worker)

    cdef void begin_aside(self) noexcept nogil:
        cdef Layer *layer = &self.layer
        cdef size_t numbers = layer.inputs * layer.stride
        memcpy(layer.pending, layer.weights, numbers * sizeof(double))
        if layer.biases != NULL:
            memcpy(layer.pending + numbers, layer.biases, layer.outputs * sizeof(double))

    cdef void commit(self, Worker *worker) noexcept nogil:
        cdef Layer *layer = &self.layer
        cdef size_t begin = self.threads.begin_of(worker.number, layer.inputs) * layer.stride
        cdef size_t end = self.threads.begin_of(worker.number + 1, layer.inputs) * layer.stride
        memcpy(layer.weights + begin, layer.pending + begin, (end - begin) * sizeof(double))
        if worker.number == 0 and layer.biases != NULL:
            memcpy(layer.biases, layer.pending + layer.inputs * layer.stride,
                   layer.outputs * sizeof(double))

    cdef bint finite(self) noexcept nogil:
        return self.finite_weights() and (
            self.layer.biases == NULL
            or self.kernels.all_finite(self.outputs, self.layer.biases))

    cdef bint finite_weights(self) noexcept nogil:
        # The padding between the rows is zero, and stays so.
        return self.kernels.all_finite(self.inputs * self.layer.stride, self.layer.weights)

    cdef list gradients(self):
        return self.kept

    cdef object gradient(self, size_t rows):
        cdef const double *weights = self.layer.gradient
        cdef size_t k
        return LayerGradient(
            [flat_list(weights + k * self.layer.stride, self.outputs) for k in range(self.inputs)],
            None if self.biases is None else flat_list(self.layer.gradient_of_biases, self.outputs),
            nested_list(self.delta, rows, self.outputs))


cdef class FirstDenseStage(DenseStage):
    """A dense layer that reads the samples.

    It may be wide, and is treated otherwise then.  It has most of the weights; what one processor
    has changed reaches another slowly; and there is no way back to the inputs, for which whole rows
    would be needed.  So each thread has some of its outputs, for all samples, and the weights of
    these outputs stay with it.

    And most of its inputs may be zero, and listed without the zeros.

    Which of these ways is taken is decided in ``set_up``, and batch by batch with ``worker.sparse``.
    """

    def __cinit__(self, layer, Inputs inputs):
        self.samples = inputs
        if inputs.sparse is not None:
            self.left_out = self.outputs * (self.inputs - inputs.sparse.entries_of_row())

    cdef size_t scratch(self, size_t capacity, int purpose) noexcept:
        cdef size_t numbers = DenseStage.scratch(self, capacity, purpose)
        if purpose != NOTHING and self.samples.sparse is not None:
            numbers = max(numbers, purenet_order_scratch(
                capacity, self.inputs, self.samples.sparse.most_entries(capacity)))
        return numbers

    cdef size_t step_scratch(self, size_t capacity, int purpose) noexcept:
        if purpose == NOTHING or self.samples.sparse is None:
            return 0
        return capacity * self.kernels.step_outputs

    cdef int set_up(self, Threads threads, Memory memory, size_t capacity, int purpose,
                    bint keeps_z) except -1:
        DenseStage.set_up(self, threads, memory, capacity, purpose, keeps_z)
        self.large = purpose == STEP_ASIDE or (
            purpose == GRADIENT and capacity * self.work > LARGEST_PIECE)
        self.adds_up = purpose == GRADIENT and self.samples.sparse is not None
        if purpose != NOTHING and self.samples.sparse is not None:
            self.columns = BatchColumns(self.samples.sparse, threads.count)
            self.listed = <uint8_t *> memory.zeros(threads.count * self.inputs, sizeof(uint8_t))
            self.ordered = <purenet_columns *> memory.zeros(threads.count, sizeof(purenet_columns))
        return 0

    cdef int share(self, Stage before, bint listed, int purpose) except -1:
        cdef size_t threads = self.threads.count
        cdef size_t units
        if not listed:
            return DenseStage.share(self, before, listed, purpose)
        self.unit = self.kernels.step_outputs
        units = self.outputs // self.unit
        self.together = purpose == STEP and threads > 1 and units >= threads and (
            units % threads == 0 or units >= 8 * threads) and self.layer.activation != SOFTMAX
        return 0

    cdef void plan_step(self, Worker *worker, const double *x, double rate) noexcept nogil:
        cdef size_t output
        if self.columns is not None and self.together:
            output = self.first_output(worker.number)
            self.plan_part(worker, x, rate, 0, self.inputs, output,
                           self.first_output(worker.number + 1) - output)
        else:
            DenseStage.plan_step(self, worker, x, rate)

    cdef void sums_together(self, Worker *worker) noexcept nogil:
        cdef Layer *layer = &self.layer
        cdef size_t output = self.first_output(worker.number)
        if worker.sparse:
            self.kernels.sparse_forward(
                &worker.lists, worker.rows, worker.sample,
                self.first_output(worker.number + 1) - output, layer.weights + output, layer.stride,
                NULL if layer.biases == NULL else layer.biases + output,
                layer.a + output, layer.outputs)
        else:
            DenseStage.sums_together(self, worker)

    cdef void weighted_sums(self, Worker *worker) noexcept nogil:
        cdef Layer *layer = &self.layer
        if worker.sparse:
            self.kernels.sparse_forward(
                &worker.lists, worker.last - worker.first, worker.sample + worker.first,
                layer.outputs, layer.weights, layer.stride, layer.biases,
                layer.a + worker.first * layer.outputs, layer.outputs)
        else:
            DenseStage.weighted_sums(self, worker)

    cdef void step(self, Worker *worker) noexcept nogil:
        worker.weights_finite = True
        if not worker.sparse:
            DenseStage.step(self, worker)
            return
        if self.optimizes:
            pass  # with ``optimize``
        elif self.large:
            self.sparse_step_in_pieces(worker)
        else:
            self.sparse_step(worker)
        self.step_of_biases(worker)

    cdef bint can_optimize(self) noexcept:
        return self.adds_up and not self.large

    cdef bint optimize(self, Worker *worker, const purenet_rule *rule, double *first,
                       double *second) noexcept nogil:
        cdef Layer *layer = &self.layer
        cdef purenet_columns *ordered = &self.ordered[worker.number]
        cdef uint8_t *listed = self.listed + worker.number * layer.inputs
        cdef size_t row = self.threads.begin_of(worker.number, layer.inputs)
        cdef size_t end = self.threads.begin_of(worker.number + 1, layer.inputs)
        cdef size_t place
        cdef bint finite
        # The slopes of an input that is zero in all samples are zero, as the gradient there is.
        if self.few:
            finite = self.kernels.few_optimize(
                &self.samples.sparse.marked, row, end, worker.rows, worker.sample, layer.outputs,
                layer.delta, layer.outputs, rule, layer.weights, first, second, layer.stride,
                worker.step_scratch)
            purenet_mark_blocks(&self.samples.sparse.marked, layer.inputs, worker.rows,
                                worker.sample, listed)
        else:
            self.columns.order(worker.number, worker.batch, &worker.lists, row, end, worker.rows,
                               worker.sample, worker.scratch, ordered)
            finite = self.kernels.sparse_optimize(
                ordered, worker.rows, layer.outputs, layer.delta, layer.outputs, rule,
                layer.weights, first, second, layer.stride, worker.step_scratch)
            purenet_mark_columns(ordered, listed)
        while row < end:
            if not listed[row]:
                place = row * layer.stride
                self.kernels.optimize(rule, layer.outputs, layer.gradient + place,
                                      layer.weights + place, first + place, second + place)
            listed[row] = False
            row += 1
        return finite

    cdef double *target_of_lists(self, Worker *worker, double *rate) noexcept nogil:
        """Return the weights that a step changes, or where their gradient begins with zeros.

        The gradient is a step there with the rate -1: 0.0 - -1.0 * sum is the sum, to the bit.
        """
        cdef Layer *layer = &self.layer
        rate[0] = self.products[worker.number].weights.rate
        if layer.gradient != NULL:
            rate[0] = -1.0
            return layer.gradient
        return layer.weights if layer.pending == NULL else layer.pending

    cdef void sparse_step(self, Worker *worker) noexcept nogil:
        """Take the step of the thread's rows of the weights, or of its outputs."""
        cdef Layer *layer = &self.layer
        cdef double rate
        cdef double *weights = self.target_of_lists(worker, &rate)
        cdef size_t number = worker.number
        cdef size_t output, outputs, other
        cdef purenet_rule rule
        if self.few:
            rule = purenet_rule(kind=PURENET_DESCENT, rate=rate, keep=0.0, keep_squares=0.0,
                                epsilon=0.0, shrink=1.0)
            worker.weights_finite = self.kernels.few_optimize(
                &self.samples.sparse.marked, self.threads.begin_of(number, layer.inputs),
                self.threads.begin_of(number + 1, layer.inputs), worker.rows, worker.sample,
                layer.outputs, layer.delta, layer.outputs, &rule, weights, weights, weights,
                layer.stride, worker.step_scratch)
            return
        self.columns.order(
            number, worker.batch, &worker.lists, self.threads.begin_of(number, layer.inputs),
            self.threads.begin_of(number + 1, layer.inputs), worker.rows, worker.sample,
            worker.scratch, &self.ordered[number])
        if not self.together:
            worker.weights_finite = self.kernels.sparse_step(
                &self.ordered[number], worker.rows, layer.outputs, layer.delta, layer.outputs,
                rate, weights, layer.stride, worker.step_scratch)
            return
        # Each needs what the others have put in order.  The batch is finished even if all are to
        # stop: of the other layers, the step may have been taken.
        self.threads.wait(number)
        output = self.first_output(number)
        outputs = self.first_output(number + 1) - output
        for other in range(self.threads.count):
            if not self.kernels.sparse_step(
                    &self.ordered[other], worker.rows, outputs, layer.delta + output, layer.outputs,
                    rate, weights + output, layer.stride,
                    worker.step_scratch):
                worker.weights_finite = False

    cdef void sparse_step_in_pieces(self, Worker *worker) noexcept nogil:
        """Take the step on the copy, strip by strip and some outputs at a time."""
        cdef Layer *layer = &self.layer
        cdef double rate
        cdef double *weights = self.target_of_lists(worker, &rate)
        cdef purenet_columns *ordered = &self.ordered[worker.number]
        cdef size_t outputs = self.kernels.step_outputs
        cdef size_t strips = worker.lists.strips
        cdef size_t strip, column, width
        for strip in range(self.threads.begin_of(worker.number, strips),
                           self.threads.begin_of(worker.number + 1, strips)):
            purenet_order_by_column(
                &worker.lists, strip * PURENET_STRIP,
                min((strip + 1) * PURENET_STRIP, self.inputs),
                worker.rows, worker.sample, worker.scratch, ordered)
            if worker.number == 0:
                self.threads.look(<double> worker.rows * PURENET_STRIP)
            column = 0
            while column < layer.outputs:
                if self.threads.stopped():
                    return
                width = min(outputs, layer.outputs - column)
                if not self.kernels.sparse_step(
                        ordered, worker.rows, width, layer.delta + column, layer.outputs,
                        rate, weights + column, layer.stride,
                        worker.step_scratch):
                    worker.weights_finite = False
                column += width
                if worker.number == 0:
                    self.threads.look(<double> worker.rows * PURENET_STRIP * width)

    cdef bint takes_lists(self) noexcept:
        # 0 * inf is NaN: with an infinite weight, the zeros must not be left out.
        return ((self.samples.sparse is not None or self.samples.view is not None)
                and self.finite_weights())

    cdef int expect_again(self, size_t batch_size) except -1:
        return self.columns.keep(batch_size)

    cdef int expect_shuffled(self, size_t batch_size) except -1:
        if (batch_size <= PURENET_FEW and self.kernels.few_optimize != NULL
                and not self.together and not self.large):
            self.samples.sparse.mark()
            self.few = batch_size
        return 0

    cdef void fetch(self, Worker *worker) noexcept nogil:
        cdef const purenet_marked *marked = &self.samples.sparse.marked
        cdef size_t begin = worker.batch * self.few
        cdef size_t i
        if self.few == 0:
            self.columns.fetch(worker.number, worker.batch)
            return
        # The rows of the next batch lie anywhere, and no processor foresees where.
        for i in range(self.few, min(2 * self.few, self.samples.sparse.rows - begin)):
            purenet_fetch_row(&self.samples.sparse.lists, worker.sample[i])
            purenet_fetch_blocks(marked.blocks + worker.sample[i] * marked.step, marked.step)

    cdef bint deltas_finite(self, Worker *worker) noexcept nogil:
        return self.kernels.all_finite((worker.end - worker.begin) * self.outputs,
                                       self.delta + worker.begin * self.outputs)


# By itself, for whoever calls a layer, and for networks that are not compiled as a whole.  Each
# function returns None for anything but lists of floats in shapes that fit the layer: purenet's
# loops are for that.

cdef int multiply(purenet_product *product) except -1:
    cdef Block scratch = Block(1, KERNELS.product_scratch(product))
    product.scratch = scratch.data
    with nogil:
        KERNELS.product(product)
    return 0


def feedforward(layer, inputs):
    """Return z and a."""
    cdef Block x = block_of(inputs)
    cdef Block z, a
    cdef Parameter weights = parameter_of(layer, "weights")
    cdef Parameter biases = parameter_of(layer, "biases")
    cdef purenet_product product
    if x is None or x.columns != weights.rows or not c_take_in(layer.__dict__, False):
        return None
    z = Block(x.rows, weights.columns)
    product = purenet_product(
        rows=x.rows, columns=weights.columns, terms=weights.rows,
        a=x.data, a_row=x.columns, a_term=1, b=weights.data, b_term=weights.stride, b_column=1,
        c=z.data, c_row=z.columns, finish=PURENET_SUM, bias=NULL, rate=0.0, scratch=NULL)
    if biases is not None:
        product.finish = PURENET_BIAS
        product.bias = biases.data
    multiply(&product)
    a = Block(z.rows, z.columns)
    memcpy(a.data, z.data, z.rows * z.columns * sizeof(double))
    c_activate(ACTIVATION_CODES[layer.activation], a.data, a.rows, a.columns)
    return z.tolist(), a.tolist()


def input_gradient(layer, delta):
    """Return dL/dinputs."""
    cdef Block d = block_of(delta)
    cdef Block d_inputs
    cdef Parameter weights = parameter_of(layer, "weights")
    cdef purenet_product product
    if d is None or d.columns != weights.columns or not c_take_in(layer.__dict__, False):
        return None
    d_inputs = Block(d.rows, weights.rows)
    product = purenet_product(
        rows=d.rows, columns=weights.rows, terms=weights.columns,
        a=d.data, a_row=d.columns, a_term=1, b=weights.data, b_term=1, b_column=weights.stride,
        c=d_inputs.data, c_row=d_inputs.columns, finish=PURENET_SUM, bias=NULL, rate=0.0,
        scratch=NULL)
    multiply(&product)
    return d_inputs.tolist()
