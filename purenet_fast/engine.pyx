"""The network: the twins of layers.py and of the loops of network.py, one batch at a time."""

from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from .activations cimport ACTIVATION_CODES, SOFTMAX, c_activate, c_activation_delta
from .buffers cimport Block
from .fingerprint cimport PURENET_SOURCES
from .losses cimport LOSS_CODES, c_output_delta, c_sample_losses, is_cross_entropy
from .parameters cimport Parameter, parameter_of, take_in_all
from .samples cimport Inputs
from .sparse cimport purenet_order_by_column, purenet_order_scratch
from .threads cimport LEAST_SHARE, Threads
from .vectors cimport (
    KERNELS, PURENET_BIAS, PURENET_STEP, PURENET_STRIP, PURENET_SUM, Layer, purenet_kernels,
    purenet_product,
)

SOURCES = PURENET_SOURCES


cdef double ONE = 1.0

LARGEST_PIECE = 100000000


def limit_pieces(size_t work):
    """Set how much may be done without a look for Ctrl-C; return how much it was.

    For tests, which would wait long for a network whose batches are taken in pieces otherwise.
    """
    global LARGEST_PIECE
    before = LARGEST_PIECE
    LARGEST_PIECE = work
    return before


cdef class Engine:
    """The layers of a network as C sees them, with room for a batch and for a threads.

    Each worker takes a part of the batch's samples forward and back, and then a part of every
    layer's weights for the step.  Each element of each matrix has one worker, which adds up its sum
    alone, so the number of workers changes no bit.

    A first layer that is wide is treated otherwise.  It has most of the weights; what one processor
    has changed reaches another slowly; and there is no way back to the inputs, for which whole rows
    would be needed.  So each worker has some of its outputs, for all samples, and the weights of
    these outputs stay with it.
    """

    def __cinit__(self, network, Inputs inputs, Block targets):
        cdef size_t number, columns
        cdef Layer *layer
        cdef Parameter weights, biases
        self.kernels = KERNELS
        take_in_all(network.layers)
        self.count = len(network.layers)
        if self.count == 0:
            raise ValueError("layers: found none, expected at least one")
        self.loss = LOSS_CODES[network.loss]
        self.inputs = inputs
        self.parameters = []
        self.memory = []
        self.layers = <Layer *> calloc(self.count, sizeof(Layer))
        if self.layers == NULL:
            raise MemoryError()
        columns = inputs.columns
        for number in range(self.count):
            layer = &self.layers[number]
            weights = parameter_of(network.layers[number], "weights")
            biases = parameter_of(network.layers[number], "biases")
            self.parameters += [weights, biases] if biases is not None else [weights]
            layer.inputs = weights.rows
            layer.outputs = weights.columns
            layer.activation = ACTIVATION_CODES[network.layers[number].activation]
            layer.weights = weights.data
            layer.stride = weights.stride
            layer.biases = NULL if biases is None else biases.data
            # The layers were checked when they became a network; but since then, or in another
            # thread, somebody may have set network.layers.
            if layer.inputs != columns or (
                    biases is not None and <size_t> biases.columns != layer.outputs):
                raise ValueError(f"layer {number}: found {layer.inputs} inputs, expected {columns}")
            columns = layer.outputs
            self.work_of_sample += layer.outputs * (layer.inputs + WORK_OF_UNIT)
        if targets is not None and <size_t> targets.columns != columns:
            raise ValueError(f"targets: found {targets.columns} columns, expected {columns}")
        if is_cross_entropy(self.loss):
            self.work_of_sample += columns * WORK_OF_ENTROPY
        self.block = 12 * (1 + LARGEST_PIECE // (12 * self.work_of_sample))

    cdef size_t workers_for(self, size_t threads, double samples) noexcept:
        """Return how many of these threads pay for so many samples on their way forward."""
        while threads > 1 and samples * self.work_of_sample < LEAST_SHARE * threads:
            threads -= 1
        return max(threads, <size_t> 1)

    cdef int set_up(self, size_t team, size_t capacity, bint back) except -1:
        """Get workers, and room for what they need."""
        cdef size_t worker
        cdef size_t room = self.scratch_for_products(capacity, back)
        cdef bint in_order = back and self.inputs.sparse is not None
        if in_order:
            room = max(room, purenet_order_scratch(
                capacity, self.inputs.columns, self.inputs.sparse.most_entries(capacity)))
        self.capacity = capacity
        self.threads = Threads(team)
        self.workers = <Worker *> calloc(team, sizeof(Worker))
        if self.workers == NULL:
            raise MemoryError()
        for worker in range(team):
            self.workers[worker].products = <Products *> calloc(self.count, sizeof(Products))
            self.workers[worker].scratch = self.memory_for(room)
            if in_order:
                self.workers[worker].step_scratch = self.memory_for(capacity * self.kernels.step_outputs)
            if self.workers[worker].products == NULL:
                raise MemoryError()
        return 0

    cdef size_t scratch_for_products(self, size_t samples, bint back) noexcept:
        """Return how much working memory the products of so many samples need, in numbers."""
        cdef purenet_product forward, backward, weights
        cdef Layer *layer
        cdef size_t number
        cdef size_t room = 0
        memset(&forward, 0, sizeof(purenet_product))
        for number in range(self.count):
            layer = &self.layers[number]
            forward.rows, forward.columns, forward.terms = samples, layer.outputs, layer.inputs
            forward.a_term = forward.b_column = 1
            room = max(room, self.kernels.product_scratch(&forward))
            if back:
                backward = forward
                backward.columns, backward.terms = layer.inputs, layer.outputs
                backward.b_column = layer.stride
                room = max(room, self.kernels.product_scratch(&backward))
                weights = forward
                weights.rows, weights.terms = layer.inputs, samples
                weights.a_term = layer.inputs
                room = max(room, self.kernels.product_scratch(&weights))  # the gradient
                weights.finish = PURENET_STEP
                room = max(room, self.kernels.product_scratch(&weights))
        return room

    def __dealloc__(self):
        cdef size_t worker
        if self.workers != NULL:
            for worker in range(self.threads.count):
                free(self.workers[worker].products)
        free(self.workers)
        free(self.layers)

    cdef double *memory_for(self, size_t numbers) except NULL:
        """Return memory that lives as long as the engine."""
        cdef Block block = Block(1, numbers)
        self.memory.append(block)
        return block.data

    cdef int get_memory(self, bint deltas, bint every_z, bint gradients, bint pending) except -1:
        """Get memory for what a batch leaves behind."""
        cdef size_t number, size
        cdef Layer *layer
        for number in range(self.count):
            layer = &self.layers[number]
            size = layer.inputs * layer.stride
            layer.a = self.memory_for(self.capacity * layer.outputs)
            if deltas:
                layer.delta = self.memory_for(self.capacity * layer.outputs)
            if every_z or (number == self.count - 1 and is_cross_entropy(self.loss)):
                layer.z = self.memory_for(self.capacity * layer.outputs)
            if gradients:
                layer.gradient = self.memory_for((layer.inputs + 1) * layer.outputs)
            if pending:
                layer.pending = self.memory_for(size + layer.outputs)
        self.losses = self.memory_for(self.capacity)
        if is_cross_entropy(self.loss):
            self.exponentials = self.memory_for(self.capacity * self.last().outputs)
        return 0

    cdef Layer *last(self) noexcept nogil:
        return &self.layers[self.count - 1]

    cdef bint is_narrow(self) noexcept:
        """Return whether the kernels for narrow networks can train this one."""
        cdef size_t width = self.kernels.narrow_width
        cdef Layer *layer
        cdef size_t number
        for number in range(self.count):
            layer = &self.layers[number]
            if layer.inputs > width or layer.outputs > width or layer.activation == SOFTMAX:
                return False
        return True

    # The products of a worker.

    cdef void plan_samples(self, Worker *worker, size_t first, size_t last) noexcept nogil:
        """Lay out the products of the samples from ``first`` to ``last``."""
        cdef Products *products
        cdef Layer *layer
        cdef size_t l
        worker.first = first
        worker.last = last
        for l in range(self.count):
            layer = &self.layers[l]
            products = &worker.products[l]
            products.forward = purenet_product(
                rows=last - first, columns=layer.outputs, terms=layer.inputs,
                a=worker.x, a_row=layer.inputs, a_term=1,
                b=layer.weights, b_term=layer.stride, b_column=1,
                c=layer.a + first * layer.outputs, c_row=layer.outputs,
                finish=PURENET_SUM if layer.biases == NULL else PURENET_BIAS, bias=layer.biases,
                rate=0.0, scratch=worker.scratch)
            if l > 0:
                products.forward.a = self.layers[l - 1].a
            if products.forward.a != NULL:
                products.forward.a += first * layer.inputs
            if l > 0 and layer.delta != NULL:
                products.backward = purenet_product(
                    rows=last - first, columns=layer.inputs, terms=layer.outputs,
                    a=layer.delta + first * layer.outputs, a_row=layer.outputs, a_term=1,
                    b=layer.weights, b_term=1, b_column=layer.stride,
                    c=self.layers[l - 1].delta + first * layer.inputs, c_row=layer.inputs,
                    finish=PURENET_SUM, bias=NULL, rate=0.0, scratch=worker.scratch)

    cdef void plan_outputs(self, Worker *worker, size_t number) noexcept nogil:
        """Lay out the product of the worker's outputs of the first layer, for all samples."""
        cdef Layer *layer = &self.layers[0]
        cdef purenet_product *product = &worker.products[0].forward
        cdef size_t output = self.first_output(number)
        product.rows = worker.rows
        product.columns = self.first_output(number + 1) - output
        product.a = worker.x
        product.b = layer.weights + output
        product.c = layer.a + output
        if layer.biases != NULL:
            product.bias = layer.biases + output

    cdef void plan_weights(self, Worker *worker, size_t number) noexcept nogil:
        """Lay out the products of the worker's part of every layer's weights."""
        cdef Products *products
        cdef Layer *layer
        cdef const double *a = worker.x
        cdef double *weights
        cdef double *biases
        cdef size_t l, stride, k, rows, output, outputs
        cdef int finish
        for l in range(self.count):
            layer = &self.layers[l]
            products = &worker.products[l]
            weights = layer.weights
            biases = layer.biases
            stride = layer.stride
            finish = PURENET_STEP
            if layer.gradient != NULL:
                weights = layer.gradient
                biases = layer.gradient + layer.inputs * layer.outputs
                stride = layer.outputs
                finish = PURENET_SUM
            elif layer.pending != NULL:
                weights = layer.pending
                biases = layer.pending + layer.inputs * layer.stride
            k, rows = 0, layer.inputs
            output, outputs = 0, layer.outputs
            if l == 0 and self.by_outputs:
                output = self.first_output(number)
                outputs = self.first_output(number + 1) - output
            else:
                k = self.threads.begin_of(number, layer.inputs)
                rows = self.threads.begin_of(number + 1, layer.inputs) - k
            if a != NULL:
                a += k
            products.weights = purenet_product(
                rows=rows, columns=outputs, terms=worker.rows,
                a=a, a_row=1, a_term=layer.inputs,
                b=layer.delta + output, b_term=layer.outputs, b_column=1,
                c=weights + k * stride + output, c_row=stride,
                finish=finish, bias=NULL, rate=self.rate, scratch=worker.scratch)
            if layer.outputs == 1 and stride == 1:
                # One column of weights is computed as one row, which fills the vectors.
                products.weights = purenet_product(
                    rows=1, columns=rows, terms=worker.rows,
                    a=layer.delta, a_row=0, a_term=1,
                    b=a, b_term=layer.inputs, b_column=1,
                    c=weights + k, c_row=0,
                    finish=finish, bias=NULL, rate=self.rate, scratch=worker.scratch)
            products.biases = purenet_product(
                rows=1, columns=layer.outputs, terms=worker.rows,
                a=&ONE, a_row=0, a_term=0,
                b=layer.delta, b_term=layer.outputs, b_column=1,
                c=biases, c_row=0,
                finish=finish, bias=NULL, rate=self.rate, scratch=worker.scratch)
            a = layer.a

    cdef bint can_share_by_outputs(self) noexcept:
        """Return whether the first layer has so many outputs that each worker gets as many."""
        cdef size_t units = self.layers[0].outputs // self.kernels.step_outputs
        return self.threads.count > 1 and units >= self.threads.count and (
            units % self.threads.count == 0 or units >= 8 * self.threads.count)

    cdef size_t first_output(self, size_t number) noexcept nogil:
        """Where a worker's outputs of the first layer begin, and those of the one before end."""
        cdef size_t outputs = self.layers[0].outputs
        if number == self.threads.count:
            return outputs
        # The kernels take so many together.
        return self.threads.begin_of(number, outputs // self.kernels.step_outputs) * self.kernels.step_outputs

    cdef void prepare(self, size_t number, size_t rows, size_t begin, size_t end, const double *x,
                      const double *y, const size_t *sample) noexcept nogil:
        """Tell a worker the batch, and its part of the samples."""
        cdef Worker *worker = &self.workers[number]
        cdef bint moved = (x != worker.x or rows != worker.rows
                           or begin != worker.begin or end != worker.end)
        worker.x = x
        worker.y = y
        worker.sample = sample
        if x == NULL:
            worker.lists = self.inputs.sparse.around(sample[begin])
        worker.rows = rows
        worker.begin = begin
        worker.end = end
        if moved or worker.first != begin:
            self.plan_samples(worker, begin, min(begin + self.block, end))
            if self.by_outputs:
                self.plan_outputs(worker, number)
        if moved and self.last().delta != NULL:
            self.plan_weights(worker, number)

    cdef bint next_block(self, Worker *worker) noexcept nogil:
        """Go on to the next block of the worker's samples; return whether there is one."""
        if worker.last >= worker.end or self.threads.stopped():
            return False
        self.plan_samples(worker, worker.last, min(worker.last + self.block, worker.end))
        return True

    # One batch, worker by worker.

    cdef void first_outputs(self, Worker *worker, size_t number) noexcept nogil:
        """Compute z of the worker's outputs of the first layer, for all samples."""
        cdef Layer *layer = &self.layers[0]
        cdef size_t output = self.first_output(number)
        if worker.x == NULL:
            self.kernels.sparse_forward(
                &worker.lists, worker.rows, worker.sample,
                self.first_output(number + 1) - output, layer.weights + output, layer.stride,
                NULL if layer.biases == NULL else layer.biases + output,
                layer.a + output, layer.outputs)
        else:
            self.kernels.product(&worker.products[0].forward)

    cdef void forward(self, Worker *worker) noexcept nogil:
        """Compute z and a of the worker's samples."""
        cdef const purenet_kernels *kernels = self.kernels
        cdef Layer *layer
        cdef size_t l, items
        cdef size_t rows = worker.last - worker.first
        cdef double *a
        for l in range(self.count):
            layer = &self.layers[l]
            a = layer.a + worker.first * layer.outputs
            items = rows * layer.outputs
            if l == 0 and self.by_outputs:
                pass  # first_outputs has done it
            elif l == 0 and worker.x == NULL:
                kernels.sparse_forward(&worker.lists, rows, worker.sample + worker.first,
                                       layer.outputs, layer.weights, layer.stride, layer.biases,
                                       a, layer.outputs)
            else:
                kernels.product(&worker.products[l].forward)
            if layer.z != NULL:
                memcpy(layer.z + worker.first * layer.outputs, a, items * sizeof(double))
            c_activate(layer.activation, a, rows, layer.outputs)

    cdef void backward(self, Worker *worker) noexcept nogil:
        """Compute delta of every layer for the worker's samples."""
        cdef Layer *layer
        cdef size_t l = self.count - 1
        cdef size_t rows = worker.last - worker.first
        self.output_delta(worker)
        while l > 0:
            self.kernels.product(&worker.products[l].backward)
            l -= 1
            layer = &self.layers[l]
            c_activation_delta(layer.activation, layer.a + worker.first * layer.outputs,
                               layer.delta + worker.first * layer.outputs, rows, layer.outputs)

    cdef void output_delta(self, Worker *worker) noexcept nogil:
        """Compute delta of the last layer for the worker's samples."""
        cdef Layer *layer = self.last()
        cdef size_t place = worker.first * layer.outputs
        c_output_delta(self.loss, layer.activation, worker.rows, layer.a + place, worker.y + place,
                       layer.delta + place, worker.last - worker.first, layer.outputs)

    cdef void first_step(self, Worker *worker, size_t number) noexcept nogil:
        """Take the step, or compute the gradient, of the worker's part of the first weights."""
        cdef Layer *layer = &self.layers[0]
        cdef size_t other, output, outputs
        worker.weights_finite = True
        if worker.x != NULL:
            self.product(&worker.products[0].weights, number, layer)
        elif layer.pending != NULL:
            self.sparse_step_in_pieces(worker, number)
        elif self.by_outputs:
            output = self.first_output(number)
            outputs = self.first_output(number + 1) - output
            for other in range(self.threads.count):  # each has put some of the inputs in order
                if not self.kernels.sparse_step(
                        &self.workers[other].columns, worker.rows, outputs, layer.delta + output,
                        layer.outputs, self.rate, layer.weights + output, layer.stride,
                        worker.step_scratch):
                    worker.weights_finite = False
        else:
            worker.weights_finite = self.kernels.sparse_step(
                &worker.columns, worker.rows, layer.outputs, layer.delta, layer.outputs,
                self.rate, layer.weights, layer.stride, worker.step_scratch)

    cdef void other_steps(self, Worker *worker, size_t number) noexcept nogil:
        """Take the steps of the worker's part of the other weights, and of the biases."""
        cdef Layer *layer
        cdef size_t l
        for l in range(self.count):
            layer = &self.layers[l]
            if l > 0:
                self.product(&worker.products[l].weights, number, layer)
            if number == 0 and layer.biases != NULL:
                self.product(&worker.products[l].biases, number, layer)

    cdef void product(self, const purenet_product *product, size_t number,
                             Layer *layer) noexcept nogil:
        """Compute a product of a step or gradient."""
        if layer.pending == NULL and layer.gradient == NULL:
            self.kernels.product(product)
        else:
            self.in_pieces(product, number)

    cdef void in_pieces(self, const purenet_product *product, size_t number) noexcept nogil:
        """Compute a large product in parts, with looks for Ctrl-C in between."""
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
                if number == 0:
                    self.threads.look(<double> piece.rows * columns * product.terms)
            column += piece.columns

    cdef void order_columns(self, Worker *worker, size_t number) noexcept nogil:
        """Put the worker's columns of the batch's inputs in order."""
        purenet_order_by_column(
            &worker.lists, self.threads.begin_of(number, self.inputs.columns),
            self.threads.begin_of(number + 1, self.inputs.columns),
            worker.rows, worker.sample, worker.scratch, &worker.columns)

    cdef void sparse_step_in_pieces(self, Worker *worker, size_t number) noexcept nogil:
        """Take the first layer's step on the side, strip by strip and some outputs at a time."""
        cdef Layer *layer = &self.layers[0]
        cdef size_t outputs = self.kernels.step_outputs
        cdef size_t strips = worker.lists.strips
        cdef size_t strip, column, width
        for strip in range(self.threads.begin_of(number, strips), self.threads.begin_of(number + 1, strips)):
            purenet_order_by_column(
                &worker.lists, strip * PURENET_STRIP,
                min((strip + 1) * PURENET_STRIP, <size_t> self.inputs.columns),
                worker.rows, worker.sample, worker.scratch, &worker.columns)
            if number == 0:
                self.threads.look(<double> worker.rows * PURENET_STRIP)
            column = 0
            while column < layer.outputs:
                if self.threads.stopped():
                    return
                width = min(outputs, layer.outputs - column)
                if not self.kernels.sparse_step(
                        &worker.columns, worker.rows, width, layer.delta + column,
                        layer.outputs, self.rate, layer.pending + column, layer.stride,
                        worker.step_scratch):
                    worker.weights_finite = False
                column += width
                if number == 0:
                    self.threads.look(<double> worker.rows * PURENET_STRIP * width)

    cdef void commit(self, size_t number) noexcept nogil:
        """Put the worker's part of a step that was taken on the side in its place."""
        cdef Layer *layer
        cdef size_t l, k, end
        for l in range(self.count):
            layer = &self.layers[l]
            k = self.threads.begin_of(number, layer.inputs) * layer.stride
            end = self.threads.begin_of(number + 1, layer.inputs) * layer.stride
            memcpy(layer.weights + k, layer.pending + k, (end - k) * sizeof(double))
            if number == 0 and layer.biases != NULL:
                memcpy(layer.biases, layer.pending + layer.inputs * layer.stride,
                       layer.outputs * sizeof(double))

    cdef void copy_to_pending(self) noexcept nogil:
        """Copy the weights and biases to where the next step is taken."""
        cdef Layer *layer
        cdef size_t l
        for l in range(self.count):
            layer = &self.layers[l]
            memcpy(layer.pending, layer.weights, layer.inputs * layer.stride * sizeof(double))
            if layer.biases != NULL:
                memcpy(layer.pending + layer.inputs * layer.stride, layer.biases,
                       layer.outputs * sizeof(double))

    cdef void measure(self, Worker *worker) noexcept nogil:
        """Compute the losses of the worker's samples."""
        cdef Layer *last = self.last()
        cdef size_t place = worker.first * last.outputs
        c_sample_losses(
            self.loss,
            NULL if last.z == NULL else last.z + place, last.a + place, worker.y + place,
            NULL if self.exponentials == NULL else self.exponentials + place,
            self.losses + worker.first, worker.last - worker.first, last.outputs)

    cdef bint finite(self) noexcept nogil:
        """Return whether all weights and biases are finite numbers."""
        cdef size_t number
        cdef Layer *layer
        for number in range(self.count):
            layer = &self.layers[number]
            if not self.weights_finite(layer):
                return False
            if layer.biases != NULL and not self.kernels.all_finite(layer.outputs, layer.biases):
                return False
        return True

    cdef bint weights_finite(self, Layer *layer) noexcept nogil:
        """Return whether a layer's weights are finite: for the first layer, as 0 * inf is no zero."""
        # The padding between the rows is zero, and stays so.
        return self.kernels.all_finite(layer.inputs * layer.stride, layer.weights)
