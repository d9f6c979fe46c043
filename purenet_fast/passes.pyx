"""Ways through the network without training: predictions, losses, one batch's gradients."""

from libc.stdint cimport uint8_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from .buffers cimport Block, Memory
from .changes cimport Changes
from .engine cimport Engine
from .fingerprint cimport PURENET_SOURCES
from .losses cimport c_count_right_labels, purenet_count_correct
from .parameters cimport Parameter, take_in_all
from .samples cimport Inputs, Samples
from .sparse cimport zero_share_of
from .stages cimport GRADIENT, NOTHING, STEP, Stage, Worker
from .threads cimport MOST_THREADS, Job
from .vectors cimport KERNELS, PURENET_STRIP, purenet_sparse
from .views cimport View

SOURCES = PURENET_SOURCES


cdef size_t AT_A_TIME = 132   # samples; the kernels take them by 4, 6 or 12

# One thread's rows, read from somebody's memory, of which most are zero: the others, listed.
cdef struct RowLists:
    size_t *start
    uint8_t *column
    double *value


cdef class Pass(Job):
    """One way forward for any number of samples.

    Each thread has its own part of the samples, and its own rows of the engine's memory, through
    which it takes them some at a time.  So it waits for nobody.

    Rows in somebody's memory are looked at then, while they are in the cache, and read where they
    lie if they can be.
    """

    cdef Engine engine
    cdef Inputs inputs
    cdef Block targets            # None: the losses are not asked for
    cdef Block outputs
    cdef Block losses
    cdef size_t part              # samples of one thread
    cdef size_t at_a_time
    cdef size_t *order
    cdef double *x                # some samples, where they must be laid out first
    cdef bint sparse              # are they read as lists?
    cdef RowLists *lists          # of each thread, made of somebody's memory; NULL if they are not
    cdef bint *finite             # has each thread seen nothing but finite numbers?

    def __cinit__(self, network, Inputs inputs, Block targets, size_t threads):
        cdef size_t rows = inputs.rows
        cdef size_t number, i
        cdef Engine engine = Engine(network, inputs, targets)
        # Much must be done until it pays to start a thread.
        threads = engine.threads_for(min(threads, (rows + 63) // 64), rows / 20.0)
        self.part = (rows + threads - 1) // threads
        self.at_a_time = min(self.part, AT_A_TIME)
        engine.set_up(threads, self.at_a_time * threads, NOTHING, False)
        self.engine = engine
        self.threads = engine.threads
        self.inputs = inputs
        self.targets = targets
        self.outputs = Block(rows, engine.last.outputs, False)
        self.losses = Block(1, rows, False)
        self.finite = <bint *> engine.memory.zeros(threads, sizeof(bint))
        for number in range(threads):
            self.finite[number] = True
        if inputs.dense is not None:
            return
        self.x = engine.memory.numbers(
            self.at_a_time * threads * inputs.columns + PURENET_STRIP)
        if inputs.view is not None:
            self.sparse = (zero_share_of(inputs.view, inputs.columns) > 0.0
                           and engine.first.takes_lists())
            if self.sparse:
                self.set_up_lists(threads)
            return
        self.sparse = engine.first.takes_lists()
        self.order = <size_t *> malloc(rows * sizeof(size_t))
        if self.order == NULL:
            raise MemoryError()
        for i in range(rows):
            self.order[i] = i

    cdef int set_up_lists(self, size_t threads) except -1:
        """Get memory for the lists of as many rows as each thread takes at a time."""
        cdef Memory memory = self.engine.memory
        cdef size_t strips = (self.inputs.columns + PURENET_STRIP - 1) // PURENET_STRIP
        cdef size_t number, i
        self.lists = <RowLists *> memory.zeros(threads, sizeof(RowLists))
        self.order = <size_t *> malloc(self.at_a_time * threads * sizeof(size_t))
        if self.order == NULL:
            raise MemoryError()
        for number in range(threads):
            self.lists[number].start = <size_t *> memory.zeros(
                self.at_a_time * strips + 1, sizeof(size_t))
            self.lists[number].column = <uint8_t *> memory.zeros(
                (self.at_a_time * strips + 1) * PURENET_STRIP, sizeof(uint8_t))
            self.lists[number].value = memory.numbers(
                (self.at_a_time * strips + 1) * PURENET_STRIP)
            for i in range(self.at_a_time):
                self.order[number * self.at_a_time + i] = i
        return 0

    def __dealloc__(self):
        free(self.order)

    cdef const double *lay_out(self, size_t number, size_t start, size_t rows) noexcept nogil:
        """Return where some rows of somebody's memory lie; NULL if they are not all finite."""
        cdef size_t columns = self.inputs.columns
        cdef const double *x = self.inputs.view.in_place(start, start + rows)
        cdef double *copy
        if x != NULL:
            return x if self.engine.kernels.all_finite(rows * columns, x) else NULL
        copy = self.x + self.at_a_time * number * columns
        return copy if self.inputs.view.read_rows(start, start + rows, copy) else NULL

    cdef void list_non_zeros(self, Worker *worker, const double *x, size_t rows) noexcept nogil:
        """List what is not zero in some rows."""
        cdef RowLists *lists = &self.lists[worker.number]
        cdef size_t columns = self.inputs.columns
        cdef size_t strips = (columns + PURENET_STRIP - 1) // PURENET_STRIP
        cdef size_t entries = 0
        cdef size_t i, strip, column
        for i in range(rows):
            for strip in range(strips):
                column = strip * PURENET_STRIP
                lists.start[i * strips + strip] = entries
                entries += self.engine.kernels.list_non_zeros(
                    min(columns - column, <size_t> PURENET_STRIP), x + i * columns + column,
                    lists.column + entries, lists.value + entries)
        lists.start[rows * strips] = entries
        worker.lists = purenet_sparse(
            strips=strips, start=lists.start, row_step=strips, strip_step=1,
            column=lists.column, value=lists.value)

    cdef void work(self, size_t number) noexcept nogil:
        cdef Worker *worker = &self.engine.workers[number]
        cdef size_t outputs = self.engine.last.outputs
        cdef size_t columns = self.inputs.columns
        cdef size_t start = self.part * number
        cdef size_t end = min(start + self.part, <size_t> self.inputs.rows)
        cdef size_t place = self.at_a_time * number   # in the memory; never beyond start
        cdef size_t rows, i
        cdef const double *x
        cdef const double *y = NULL
        cdef const size_t *sample = NULL
        while start < end and not self.threads.stopped():
            rows = min(self.at_a_time, end - start)
            if self.inputs.view is not None:
                x = self.lay_out(number, start, rows)
                if x == NULL:
                    self.finite[number] = False
                    self.threads.stop()
                    return
                if self.sparse:
                    self.list_non_zeros(worker, x, rows)
                    x = NULL
                    sample = self.order
                else:
                    x -= place * columns
            else:
                if self.sparse:
                    rows = min(rows, self.inputs.sparse.together_from(start))
                x = NULL
                if self.inputs.sparse is None:
                    x = self.inputs.dense.data + (start - place) * columns
                elif not self.sparse:
                    x = self.x
                    for i in range(rows):
                        self.inputs.copy_row(start + i, self.x + (place + i) * columns)
                if self.order != NULL:
                    sample = self.order + (start - place)
            if self.targets is not None:
                y = self.targets.data + (start - place) * outputs
            self.engine.prepare(worker, rows, place, place + rows, x, y, sample)
            while True:
                self.engine.forward(worker)
                if y != NULL:
                    self.engine.measure(worker)
                if number == 0:
                    self.threads.look((worker.last - worker.first) * self.engine.work_of_sample)
                if not self.engine.next_block(worker):
                    break
            memcpy(self.outputs.data + start * outputs, self.engine.last.a + place * outputs,
                   rows * outputs * sizeof(double))
            if y != NULL:
                memcpy(self.losses.data + start, self.engine.losses + place,
                       rows * sizeof(double))
            start += rows

    cdef bint run(self) except -1:
        """Go forward; return whether all inputs were finite."""
        cdef size_t number
        self.run_in_threads()
        if self.threads.error is not None:
            raise self.threads.error
        for number in range(self.threads.count):
            if not self.finite[number]:
                return False
        return True


def is_finite(network):
    """Return whether all weights and biases are finite numbers."""
    cdef Parameter parameter
    take_in_all(network.layers)
    for layer in network.layers:
        for parameter in layer.__dict__.get("_buffers", {}).values():
            # The padding between the rows is zero, and stays so.
            if not KERNELS.all_finite(parameter.rows * parameter.stride, parameter.data):
                return False
    return True


cdef class Answers:
    """Outputs and targets; they become lists when somebody asks."""

    cdef Block outputs
    cdef Block targets

    def __cinit__(self, Block outputs, Block targets):
        self.outputs = outputs
        self.targets = targets

    def lists(self):
        return self.outputs.tolist(), self.targets.tolist()

    def count_right_labels(self):
        cdef Py_ssize_t right = c_count_right_labels(
            self.outputs.data, self.targets.data, self.targets.rows * self.targets.columns)
        return None if right < 0 else right


def measure(network, Samples samples, threads):
    """Return the total loss, the number of right answers and all answers, as in ``Network``."""
    cdef Pass job = Pass(network, samples.inputs, samples.targets, min(threads, MOST_THREADS))
    cdef double total = 0.0
    cdef Py_ssize_t i
    job.run()
    for i in range(samples.size):
        total = total + job.losses.data[i]
    correct = purenet_count_correct(job.outputs.data, samples.targets.columns, samples.targets.data,
                                    samples.size, samples.targets.columns)
    return total, correct, Answers(job.outputs, samples.targets)


def predict(network, Inputs inputs, threads):
    """Return the outputs as nested lists; None if an input is not finite."""
    cdef Pass job = Pass(network, inputs, None, min(threads, MOST_THREADS))
    return job.outputs.tolist() if job.run() else None


def predict_into(network, Inputs inputs, threads, buffer):
    """Write the outputs into a ``Buffer``; return False if an input is not finite."""
    cdef Pass job = Pass(network, inputs, None, min(threads, MOST_THREADS))
    cdef View target = View(buffer, inputs.rows, job.outputs.columns, True)
    # Since the memory was checked, another thread may have set network.layers.
    if target.buffer.len != target.buffer.itemsize * target.rows * target.columns:
        raise ValueError(f"out: expected {target.rows} by {target.columns} numbers")
    if not job.run():
        return False
    with nogil:
        target.write_rows(0, target.rows, job.outputs.data)
    return True


cdef Engine one_batch(network, Inputs inputs, Block targets, int purpose):
    """Take all samples forward, and perhaps back, and keep everything."""
    cdef Engine engine = Engine(network, inputs, targets)
    cdef Changes changes = None
    cdef Worker *worker
    cdef double *x
    cdef Py_ssize_t i
    engine.set_up(1, inputs.rows, purpose, True)
    if purpose == GRADIENT:
        changes = Changes()
        changes.take_over(network.layers, engine.owned, engine.threads)
    worker = &engine.workers[0]
    if inputs.sparse is None:
        x = inputs.dense.data
    else:
        x = engine.memory.numbers(inputs.rows * inputs.columns)
        for i in range(inputs.rows):
            inputs.copy_row(i, x + i * inputs.columns)
    with nogil:
        engine.prepare(worker, inputs.rows, 0, inputs.rows, x,
                       NULL if targets is None else targets.data, NULL)
        while True:
            engine.forward(worker)
            if purpose == GRADIENT:
                engine.backward(worker)
            engine.threads.look((worker.last - worker.first) * engine.work_of_sample * 3)
            if not engine.next_block(worker):
                break
        if purpose == GRADIENT and not engine.threads.stopped():
            engine.step(worker)
            changes.slopes(0)
    if engine.threads.error is not None:
        raise engine.threads.error
    return engine


def feedforward(network, Inputs inputs):
    """Return z and a of every layer."""
    cdef Engine engine = one_batch(network, inputs, None, NOTHING)  # it has the memory
    cdef Stage stage
    return [stage.output(inputs.rows) for stage in engine.owned]


def backprop(network, Samples samples):
    """Return every layer's gradient."""
    cdef Stage stage
    cdef Engine engine = one_batch(network, samples.inputs, samples.targets, GRADIENT)
    return [stage.gradient(samples.size) for stage in engine.owned]


cdef class Pieces:
    """One batch, of which each piece can be run by itself: for measuring.

    The batch is the first so many samples; the learning rate is 0, so that no step changes a
    weight, whose buffers are those of the network.  Each method runs its piece so many times.
    """

    cdef Engine engine
    cdef Samples samples          # which have the memory of inputs and targets

    def __cinit__(self, network, Samples samples, size_t batch_size):
        cdef Engine engine = Engine(network, samples.inputs, samples.targets)
        if samples.inputs.sparse is not None:
            raise ValueError("inputs: found mostly zeros, expected some of which most are not")
        if not 0 < batch_size <= <size_t> samples.size:
            raise ValueError(f"batch_size: found {batch_size}, expected 1 to {samples.size}")
        engine.set_up(1, batch_size, STEP, False)
        self.engine = engine
        self.samples = samples
        engine.prepare(&engine.workers[0], batch_size, 0, batch_size, samples.inputs.dense.data,
                       samples.targets.data, NULL)
        self.forward(1)
        self.backward(1)

    cdef void again(self, Worker *worker) noexcept nogil:
        """Begin with the first samples."""
        self.engine.plan(worker, 0, min(self.engine.block, worker.rows))

    def forward(self, size_t times):
        cdef Worker *worker = &self.engine.workers[0]
        cdef size_t i
        with nogil:
            for i in range(times):
                self.again(worker)
                self.engine.forward(worker)
                while self.engine.next_block(worker):
                    self.engine.forward(worker)

    def backward(self, size_t times):
        cdef Worker *worker = &self.engine.workers[0]
        cdef size_t i
        with nogil:
            for i in range(times):
                self.again(worker)
                self.engine.backward(worker)
                while self.engine.next_block(worker):
                    self.engine.backward(worker)

    def step(self, size_t times):
        cdef Worker *worker = &self.engine.workers[0]
        cdef size_t i
        with nogil:
            for i in range(times):
                self.engine.step(worker)
