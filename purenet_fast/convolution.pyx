"""A convolution: the twin of layers/convolution.py, in the engine and by itself."""

from libc.string cimport memcpy, memset

from .activations cimport ACTIVATION_CODES, c_activate, c_activation_delta
from .buffers cimport Block, Memory, block_of, nested_list
from .fingerprint cimport PURENET_SOURCES
from .images cimport ImageStage, lay_out
from .parameters cimport Parameter, c_take_in, parameter_of
from .samples cimport Inputs
from .stages cimport GRADIENT, NOTHING, STEP, Worker
from .threads cimport WORK_OF_UNIT, Threads
from .vectors cimport PURENET_LINEAR

from purenet.layers import ConvolutionGradient

SOURCES = PURENET_SOURCES


cdef class ConvolutionStage(ImageStage):
    """A convolution in the engine.

    The weights are copied at the beginning of a batch into the order in which the kernels take
    them, by each thread for itself.

    The gradient is computed in one of two ways, in the same order of each sum.  The lanes of a
    vector are filters, and each thread has some of the bands of all filters, a band being a row of
    the window in one channel; or, where the image has many channels, these are the lanes, and each
    thread has some of the filters.  Then the deltas that are zero can be left out, which most are
    behind pooling and relu: such a term adds nothing, as long as the image is finite.

    So has the way back: each delta is spread over its window, which leaves out those that are zero;
    or, behind other layers, each pixel gathers what it gets, which needs zeros around the deltas.
    """

    def __cinit__(self, layer, Inputs inputs):
        self.weights = parameter_of(layer, "weights")
        self.biases = parameter_of(layer, "biases")
        self.activation = ACTIVATION_CODES[layer.activation]
        self.window_height, self.window_width = layer.size
        self.bands = self.channels * self.window_height
        self.work = <double> self.outputs * (self.bands * self.window_width + WORK_OF_UNIT)
        zeros = layer.zeros
        self.top = zeros.top
        self.left = zeros.left
        self.padded_height = self.height + zeros.top + zeros.bottom
        self.padded_width = self.width + zeros.left + zeros.right
        self.is_padded = any(zeros)
        self.layer = layer
        self.begins = True

    cdef list parameters(self):
        return [self.weights] if self.biases is None else [self.weights, self.biases]

    cdef int set_up(self, Threads threads, Memory memory, size_t capacity, int purpose,
                    bint keeps_z) except -1:
        cdef size_t terms = self.bands * self.window_width
        cdef size_t channel = 1
        cdef size_t column = self.depth_in
        cdef size_t number
        cdef size_t places = self.rows * self.columns
        cdef size_t shared
        cdef Part *part
        self.threads = threads
        self.purpose = purpose
        self.at_once = self.is_pooled and threads.count == 1 and purpose != NOTHING
        self.set_up_images(memory, 0 if self.is_pooled else capacity, purpose, keeps_z)
        if self.is_pooled and purpose != NOTHING:
            self.delta = memory.numbers(0 if self.at_once else capacity * self.out_row)
        self.by_filter = self.takes_pixels and 2 * self.channels >= self.depth_in
        shared = self.filters if self.by_filter else self.bands
        if not self.takes_pixels:
            channel = self.padded_height * self.padded_width
            column = 1
        lay_out(&self.windows, memory, self.layer, self.channels, self.depth,
                self.padded_width * column, column, channel)
        lay_out(&self.spread, memory, self.layer, 1, self.depth_in,
                self.padded_width * self.depth_in, self.depth_in, 0)
        self.padded_row = self.padded_height * self.padded_width * (
            self.depth_in if self.takes_pixels else self.channels)
        if self.is_padded:
            self.padded = memory.numbers(capacity * self.padded_row)
        self.gathers = (purpose != NOTHING and not self.is_sparse
                        and self.layer.stride[0] == self.layer.stride[1] == 1)
        if self.gathers:
            self.lay_out_deltas(memory)
        self.parts = <Part *> memory.zeros(threads.count, sizeof(Part))
        for number in range(threads.count):
            part = &self.parts[number]
            part.first = threads.begin_of(number, shared)
            part.last = threads.begin_of(number + 1, shared)
            part.weights = memory.numbers(terms * self.depth)
            part.biases = memory.numbers(self.depth)
            part.pixels = memory.numbers(places * self.depth)
            if purpose != NOTHING:
                part.back_weights = memory.numbers(
                    self.filters * self.spread.terms * self.depth_in)
                part.image = memory.numbers(
                    self.padded_height * self.padded_width * self.depth_in)
                part.place = <size_t *> memory.zeros(places + 1, sizeof(size_t))
                part.value = memory.numbers(places + 1)
            if self.gathers:
                part.deltas = memory.numbers(
                    (self.rows + 2 * (self.window_height - 1)) * self.deltas_row)
        if purpose != NOTHING:
            self.sums = memory.numbers(
                max(terms * self.depth, self.filters * self.spread.terms * self.depth_in))
            self.totals = memory.numbers(self.depth)
            self.images_finite = <bint *> memory.zeros(capacity, sizeof(bint))
            self.weights_gradient = Parameter(self.weights.shape)
            if self.biases is not None:
                self.biases_gradient = Parameter(self.biases.shape)
        return 0

    cdef int lay_out_deltas(self, Memory memory) except -1:
        """Say where a pixel's deltas are in an image of them, which has zeros around it."""
        cdef size_t height = self.window_height
        cdef size_t width = self.window_width
        cdef size_t taps = height * width
        cdef size_t row = (self.columns + 2 * (width - 1)) * self.depth
        cdef size_t f, y, x
        cdef size_t *place
        cdef size_t *offset
        self.deltas_row = row
        self.gather.depth = self.depth_in
        self.gather.places = self.height * self.width
        self.gather.terms = self.filters * taps
        self.gather.place = place = <size_t *> memory.zeros(self.gather.places, sizeof(size_t))
        self.gather.offset = offset = <size_t *> memory.zeros(self.gather.terms, sizeof(size_t))
        for y in range(self.height):
            for x in range(self.width):
                place[y * self.width + x] = (y + self.top) * row + (x + self.left) * self.depth
        for f in range(self.filters):
            for y in range(height):
                for x in range(width):
                    offset[f * taps + y * width + x] = (
                        (height - 1 - y) * row + (width - 1 - x) * self.depth + f)
        return 0

    cdef void plan(self, Worker *worker, const double *x, double *d_x) noexcept nogil:
        self.parts[worker.number].x = x
        self.parts[worker.number].d_x = d_x

    cdef void plan_step(self, Worker *worker, const double *x, double rate) noexcept nogil:
        self.parts[worker.number].rate = rate

    cdef void begin(self, Worker *worker) noexcept nogil:
        self.pack(&self.parts[worker.number])

    cdef void pack(self, Part *part) noexcept nogil:
        """Copy the weights into the order in which the kernels take them."""
        cdef size_t width = self.window_width
        cdef size_t taps = self.spread.terms
        cdef size_t bands_of_channel = self.window_height
        cdef size_t f, band, dx, c, tap
        cdef const double *row = self.weights.data
        for f in range(self.filters):
            for band in range(self.bands):
                for dx in range(width):
                    part.weights[(band * width + dx) * self.depth + f] = row[dx]
                if part.d_x != NULL:
                    c = band // bands_of_channel
                    tap = f * taps + band % bands_of_channel * width
                    for dx in range(width):
                        part.back_weights[(tap + dx) * self.depth_in + c] = row[dx]
                row += self.weights.stride
        if self.biases is not None:
            memcpy(part.biases, self.biases.data, self.filters * sizeof(double))
        if part.d_x != NULL:
            part.finite = self.kernels.all_finite(
                self.filters * taps * self.depth_in, part.back_weights)

    cdef void pad_all(self, Worker *worker) noexcept nogil:
        """Put the zeros around the images, if there are any."""
        cdef const double *x = self.parts[worker.number].x
        cdef size_t i
        if self.is_padded:
            for i in range(worker.first, worker.last):
                self.pad(x + i * self.in_row, self.padded + i * self.padded_row)

    cdef void pad(self, const double *image, double *target) noexcept nogil:
        """Copy an image to where there are zeros around it."""
        cdef size_t column = self.depth_in if self.takes_pixels else 1
        cdef size_t images = 1 if self.takes_pixels else self.channels
        cdef size_t row = self.width * column
        cdef size_t c, y
        for c in range(images):
            target += (self.top * self.padded_width + self.left) * column
            for y in range(self.height):
                memcpy(target, image, row * sizeof(double))
                image += row
                target += self.padded_width * column
            target += ((self.padded_height - self.top - self.height) * self.padded_width
                       - self.left) * column

    cdef const double *image_of(self, Part *part, size_t sample) noexcept nogil:
        """Return where a sample's image stands, with its zeros."""
        if self.is_padded:
            return self.padded + sample * self.padded_row
        return part.x + sample * self.in_row

    cdef const double *delta_of(self, size_t sample, double *scratch) noexcept nogil:
        """Return delta of a sample, pixel by pixel."""
        cdef size_t places = self.rows * self.columns
        cdef const double *delta = self.delta + sample * self.out_row
        if self.gives_pixels:
            return delta
        self.kernels.to_pixels(self.filters, places, delta, places, self.depth, scratch)
        return scratch

    cdef void forward(self, Worker *worker) noexcept nogil:
        cdef Part *part = &self.parts[worker.number]
        cdef size_t places = self.rows * self.columns
        cdef size_t first = worker.first
        cdef size_t rows = worker.last - first
        cdef double *a
        cdef size_t i
        self.pad_all(worker)
        if self.at_once and first == worker.begin:
            self.begin_sums(part, True)
        if self.is_pooled:
            return
        for i in range(first, worker.last):
            a = self.a + i * self.out_row
            if self.gives_pixels:
                self.convolve(worker, i, a)
            else:
                self.convolve(worker, i, part.pixels)
                self.kernels.from_pixels(self.filters, places, part.pixels, self.depth, a, places)
        if not self.gives_pixels:
            a = self.a + first * self.outputs
            if self.z != NULL:
                memcpy(self.z + first * self.outputs, a, rows * self.outputs * sizeof(double))
            c_activate(self.activation, a, rows, self.outputs)

    cdef void convolve(self, Worker *worker, size_t sample, double *a) noexcept nogil:
        """Compute a of a sample, pixel by pixel; z where a flat row is made of it."""
        cdef Part *part = &self.parts[worker.number]
        cdef const double *image = self.image_of(part, sample)
        self.kernels.convolve(
            &self.windows, image, part.weights, NULL if self.biases is None else part.biases,
            self.activation if self.gives_pixels else PURENET_LINEAR, a)
        if self.by_filter and self.purpose != NOTHING:
            self.images_finite[sample] = self.kernels.all_finite(self.padded_row, image)

    cdef void activation_delta(self, Worker *worker) noexcept nogil:
        cdef size_t place = worker.first * self.out_row
        if self.is_pooled:
            return
        c_activation_delta(self.activation, self.a + place, self.delta + place,
                           worker.last - worker.first, self.out_row)

    cdef void backward(self, Worker *worker) noexcept nogil:
        cdef Part *part = &self.parts[worker.number]
        cdef size_t i
        if self.at_once:
            return
        for i in range(worker.first, worker.last):
            self.back(part, i, self.delta_of(i, part.pixels))

    cdef void back(self, Part *part, size_t sample, const double *delta) noexcept nogil:
        """Compute dL/dx of a sample."""
        cdef size_t numbers = self.padded_height * self.padded_width * self.depth_in
        cdef double *d_x = part.d_x + sample * self.in_row
        cdef double *target = d_x if self.takes_pixels and not self.is_padded else part.image
        cdef const double *row
        cdef size_t y
        if self.gathers and part.finite:
            self.back_by_pixel(part, delta, d_x)
            return
        memset(target, 0, numbers * sizeof(double))
        self.kernels.spread_deltas(&self.spread, self.filters, delta, self.depth,
                                   part.back_weights, part.finite, part.place, part.value, target)
        if target == d_x:
            return
        for y in range(self.height):
            row = target + ((self.top + y) * self.padded_width + self.left) * self.depth_in
            if self.takes_pixels:
                memcpy(d_x + y * self.width * self.depth_in, row,
                       self.width * self.depth_in * sizeof(double))
            else:
                self.kernels.from_pixels(self.channels, self.width, row, self.depth_in,
                                         d_x + y * self.width, self.height * self.width)

    cdef void back_by_pixel(self, Part *part, const double *delta, double *d_x) noexcept nogil:
        """Do the same pixel by pixel; the weights must be finite, for the zeros around."""
        cdef size_t row = self.columns * self.depth
        cdef size_t pixels = self.height * self.width
        cdef double *target = d_x if self.takes_pixels else part.image
        cdef double *place = (part.deltas + (self.window_height - 1) * self.deltas_row
                              + (self.window_width - 1) * self.depth)
        cdef size_t y
        for y in range(self.rows):
            memcpy(place + y * self.deltas_row, delta + y * row, row * sizeof(double))
        self.kernels.convolve(&self.gather, part.deltas, part.back_weights, NULL, PURENET_LINEAR,
                              target)
        if not self.takes_pixels:
            self.kernels.from_pixels(self.channels, pixels, target, self.depth_in, d_x, pixels)

    cdef void take_delta(self, Worker *worker, size_t sample, const double *delta) noexcept nogil:
        """Do all that is to be done with the delta of a sample, where it is not kept."""
        cdef Part *part = &self.parts[worker.number]
        self.add_up(part, sample, delta, True)
        if part.d_x != NULL:
            self.back(part, sample, delta)

    cdef void step(self, Worker *worker) noexcept nogil:
        cdef Part *part = &self.parts[worker.number]
        cdef bint with_biases = self.biases is not None and (self.by_filter or worker.number == 0)
        cdef size_t i
        if not self.at_once:
            self.begin_sums(part, with_biases)
            for i in range(worker.rows):
                self.add_up(part, i, self.delta_of(i, part.pixels), with_biases)
                if self.purpose != STEP:
                    if worker.number == 0:
                        self.threads.look(self.work)
                    if self.threads.stopped():
                        return
        self.write_gradient(part, with_biases)
        if self.purpose == STEP:
            self.descend(part, with_biases)

    cdef void begin_sums(self, Part *part, bint with_totals) noexcept nogil:
        """Set the thread's sums to zero."""
        cdef size_t numbers = self.window_width * self.depth
        cdef size_t first = 0
        cdef size_t count = self.depth
        if self.by_filter:
            numbers = self.spread.terms * self.depth_in
            first = part.first
            count = part.last - first
        memset(self.sums + part.first * numbers, 0,
               (part.last - part.first) * numbers * sizeof(double))
        if with_totals:
            memset(self.totals + first, 0, count * sizeof(double))

    cdef void add_up(self, Part *part, size_t sample, const double *delta,
                     bint with_totals) noexcept nogil:
        """Go on with the thread's sums."""
        cdef const double *image = self.image_of(part, sample)
        if self.by_filter:
            self.kernels.filter_sums(
                &self.spread, part.first, part.last, image, delta, self.depth,
                self.images_finite[sample], part.place, part.value, self.sums, self.totals)
        else:
            self.kernels.weight_sums(
                &self.windows, part.first * self.window_width, part.last * self.window_width,
                image, delta, self.sums, self.totals if with_totals else NULL)

    cdef void write_gradient(self, Part *part, bint with_biases) noexcept nogil:
        """Put the thread's sums into the order of the parameters."""
        cdef size_t width = self.window_width
        cdef size_t stride = self.weights_gradient.stride
        cdef size_t f, band, dx
        cdef double *row
        cdef const double *sums
        if self.by_filter:
            for f in range(part.first, part.last):
                for band in range(self.bands):
                    row = self.weights_gradient.data + (f * self.bands + band) * stride
                    sums = (self.sums + (f * self.spread.terms
                                         + band % self.window_height * width) * self.depth_in
                            + band // self.window_height)
                    for dx in range(width):
                        row[dx] = sums[dx * self.depth_in]
            if with_biases:
                memcpy(self.biases_gradient.data + part.first, self.totals + part.first,
                       (part.last - part.first) * sizeof(double))
            return
        for f in range(self.filters):
            for band in range(part.first, part.last):
                row = self.weights_gradient.data + (f * self.bands + band) * stride
                sums = self.sums + band * width * self.depth + f
                for dx in range(width):
                    row[dx] = sums[dx * self.depth]
        if with_biases:
            memcpy(self.biases_gradient.data, self.totals, self.filters * sizeof(double))

    cdef void descend(self, Part *part, bint with_biases) noexcept nogil:
        """Take the step of plain descent of the thread's part."""
        cdef size_t stride = self.weights.stride
        cdef size_t first = 0
        cdef size_t count = self.filters
        cdef size_t f, place
        # The padding between the rows is zero in both, and stays so.
        if self.by_filter:
            first = part.first
            count = part.last - first
            place = first * self.bands * stride
            self.kernels.step(part.rate, count * self.bands * stride,
                              self.weights_gradient.data + place, self.weights.data + place)
        else:
            for f in range(self.filters):
                place = (f * self.bands + part.first) * stride
                self.kernels.step(part.rate, (part.last - part.first) * stride,
                                  self.weights_gradient.data + place, self.weights.data + place)
        if with_biases:
            self.kernels.step(part.rate, count, self.biases_gradient.data + first,
                              self.biases.data + first)

    # The gradient is there as a whole before a step is taken; so no copy of the parameters is
    # needed to drop the step.

    cdef void commit(self, Worker *worker) noexcept nogil:
        self.descend(&self.parts[worker.number],
                     (self.by_filter or worker.number == 0) and self.biases is not None)

    cdef bint finite(self) noexcept nogil:
        # The padding between the rows is zero, and stays so.
        return self.kernels.all_finite(self.weights.rows * self.weights.stride,
                                       self.weights.data) and (
            self.biases is None
            or self.kernels.all_finite(self.filters, self.biases.data))

    cdef list gradients(self):
        if self.biases is None:
            return [self.weights_gradient.block]
        return [self.weights_gradient.block, self.biases_gradient.block]

    cdef object gradient(self, size_t rows):
        return ConvolutionGradient(
            self.weights_gradient.hand_out(),
            None if self.biases is None else self.biases_gradient.hand_out(),
            nested_list(self.delta, rows, self.outputs))


# By itself, for whoever calls a layer, and for networks that are not compiled as a whole.  Each
# function returns None for anything but lists of floats in shapes that fit the layer: purenet's
# loops are for that.

cdef ConvolutionStage stage_alone(layer, Memory memory, Worker *worker, size_t rows, int purpose):
    """Return a layer ready for so many samples."""
    cdef ConvolutionStage stage = ConvolutionStage(layer, None)
    stage.set_up(Threads(1), memory, rows, purpose, True)
    memset(worker, 0, sizeof(Worker))
    worker.rows = worker.end = worker.last = rows
    return stage


def feedforward(layer, inputs):
    """Return z and a."""
    cdef Block x = block_of(inputs)
    cdef Memory memory = Memory()
    cdef Worker worker
    cdef ConvolutionStage stage
    if x is None or x.columns != layer.inputs or not c_take_in(layer.__dict__, False):
        return None
    stage = stage_alone(layer, memory, &worker, x.rows, NOTHING)
    with nogil:
        stage.plan(&worker, x.data, NULL)
        stage.begin(&worker)
        stage.forward(&worker)
    return (nested_list(stage.z, x.rows, stage.outputs),
            nested_list(stage.a, x.rows, stage.outputs))


def gradient(layer, inputs, delta):
    """Return the gradient by the weights and the biases."""
    cdef Block x = block_of(inputs)
    cdef Block d = block_of(delta)
    cdef Memory memory = Memory()
    cdef Worker worker
    cdef ConvolutionStage stage
    if x is None or d is None or x.columns != layer.inputs or d.columns != layer.outputs:
        return None
    if x.rows != d.rows or not c_take_in(layer.__dict__, False):
        return None
    stage = stage_alone(layer, memory, &worker, x.rows, GRADIENT)
    memcpy(stage.delta, d.data, d.rows * d.columns * sizeof(double))
    with nogil:
        stage.plan(&worker, x.data, NULL)
        stage.pad_all(&worker)
        stage.step(&worker)
    if stage.threads.error is not None:
        raise stage.threads.error
    computed = stage.gradient(0)
    return computed.weights, computed.biases


def input_gradient(layer, delta):
    """Return dL/dinputs."""
    cdef Block d = block_of(delta)
    cdef Block d_inputs
    cdef Memory memory = Memory()
    cdef Worker worker
    cdef ConvolutionStage stage
    if d is None or d.columns != layer.outputs or not c_take_in(layer.__dict__, False):
        return None
    stage = stage_alone(layer, memory, &worker, d.rows, GRADIENT)
    d_inputs = Block(d.rows, layer.inputs)
    memcpy(stage.delta, d.data, d.rows * d.columns * sizeof(double))
    with nogil:
        stage.plan(&worker, NULL, d_inputs.data)
        stage.begin(&worker)
        stage.backward(&worker)
    return d_inputs.tolist()
