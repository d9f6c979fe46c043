"""The engine: one batch through the layers of a network, forward and back.

The twin of the loops of network.py.  It runs its stages without knowing which layers they are; what
they can do is declared in ``stages``.
"""

from .buffers cimport Block, Memory
from .fingerprint cimport PURENET_SOURCES
from .losses cimport LOSS_CODES, is_cross_entropy
from .parameters cimport take_in_all
from .samples cimport Inputs
from .stages cimport NOTHING, Stage, Worker
from .threads cimport LARGEST_PIECE, LEAST_SHARE, WORK_OF_ENTROPY, Threads
from .vectors cimport KERNELS, Layer, narrow_kernels, purenet_kernels, purenet_run

from .stages import STAGES

SOURCES = PURENET_SOURCES


cdef class Engine:
    """The layers of a network, with memory for a batch, for some threads."""

    def __cinit__(self, network, Inputs inputs, Block targets):
        cdef size_t number = 0
        cdef size_t columns = inputs.columns
        cdef Stage stage
        cdef tuple layers = network.layers
        take_in_all(layers)
        self.kernels = KERNELS
        self.loss = LOSS_CODES[network.loss]
        self.inputs = inputs
        self.count = len(layers)
        self.memory = Memory()
        self.stages = <void **> self.memory.zeros(self.count, sizeof(void *))
        self.owned = []
        self.parameters = []
        for layer in layers:
            if number == 0:
                stage = self.first = STAGES[type(layer)][0](layer, inputs)
            else:
                stage = STAGES[type(layer)][1](layer, None)
            # The layers were checked when they became a network; but since then, or in another
            # thread, somebody may have set network.layers.
            if stage.inputs != columns:
                raise ValueError(
                    f"layer {number}: found {stage.inputs} inputs, expected {columns}")
            stage.take_place(network, number)
            self.begins = self.begins or stage.begins
            columns = stage.outputs
            self.work_of_sample += stage.work
            self.parameters += stage.parameters()
            self.owned.append(stage)
            self.stages[number] = <void *> stage
            number += 1
        self.last = stage
        if targets is not None and <size_t> targets.columns != columns:
            raise ValueError(f"targets: found {targets.columns} columns, expected {columns}")
        if is_cross_entropy(self.loss):
            self.work_of_sample += columns * WORK_OF_ENTROPY
        self.block = 12 * (1 + <size_t> (LARGEST_PIECE // (12 * self.work_of_sample)))

    cdef size_t threads_for(self, size_t threads, double samples) noexcept:
        """Return how many of these threads pay for so many samples on their way forward."""
        cdef double work = self.work_of_sample - self.first.left_out
        while threads > 1 and samples * work < LEAST_SHARE * threads:
            threads -= 1
        return max(threads, <size_t> 1)

    cdef int set_up(self, size_t threads, size_t capacity, int purpose,
                    bint keeps_every_z) except -1:
        """Get threads, and memory for batches of up to so many samples."""
        cdef size_t scratch = 0
        cdef size_t step_scratch = 0
        cdef size_t number
        cdef Stage stage
        cdef Stage before = None
        self.threads = Threads(threads)
        for stage in self.owned:
            stage.follow(before, purpose, keeps_every_z)
            before = stage
        for stage in self.owned:
            scratch = max(scratch, stage.scratch(capacity, purpose))
            step_scratch = max(step_scratch, stage.step_scratch(capacity, purpose))
            stage.set_up(self.threads, self.memory, capacity, purpose, keeps_every_z or (
                stage is self.last and is_cross_entropy(self.loss)))
        self.workers = <Worker *> self.memory.zeros(threads, sizeof(Worker))
        for number in range(threads):
            self.workers[number].number = number
            self.workers[number].scratch = self.memory.numbers(scratch)
            if step_scratch > 0:
                self.workers[number].step_scratch = self.memory.numbers(step_scratch)
        self.losses = self.memory.numbers(capacity)
        if is_cross_entropy(self.loss):
            self.exponentials = self.memory.numbers(capacity * self.last.outputs)
        return 0

    cdef int share(self, bint listed, int purpose) except -1:
        """Let each stage decide what the threads share of batches that come in one piece."""
        cdef Stage stage
        cdef Stage before = None
        for stage in self.owned:
            stage.share(before, listed and before is None, purpose)
            self.together = self.together or stage.together or stage.back_together
            before = stage
        return 0

    cdef const purenet_kernels *set_up_narrow(self, purenet_run *run) except? NULL:
        """Lay out a run of a narrow network; return the kernels for it, or NULL if it is not one."""
        cdef Layer *layers = <Layer *> self.memory.zeros(self.count, sizeof(Layer))
        cdef const purenet_kernels *kernels
        cdef Stage stage
        cdef size_t number
        for number, stage in enumerate(self.owned):
            if stage.narrow() == NULL:
                return NULL
            layers[number] = stage.narrow()[0]
        kernels = narrow_kernels(layers, self.count)
        if kernels != NULL:
            run.layers = layers
            run.count = self.count
            run.loss = self.loss
            run.narrow = <Layer *> self.memory.zeros(self.count, sizeof(Layer))
            kernels.narrow_lay_out(run, self.memory.numbers(kernels.narrow_lay_out(run, NULL)))
        return kernels

    # One batch, for one thread.

    cdef void prepare(self, Worker *worker, size_t rows, size_t begin, size_t end, const double *x,
                      const double *y, const size_t *sample) noexcept nogil:
        """Tell a thread the batch, and its part of the samples.

        x: NULL where the inputs are read as lists; those of inputs that come from somebody's memory
        are in ``worker.lists`` then.
        """
        cdef bint moved = (x != worker.x or rows != worker.rows or self.rate != worker.rate
                           or begin != worker.begin or end != worker.end)
        cdef size_t l
        worker.sparse = x == NULL
        worker.x = x
        worker.y = y
        worker.rate = self.rate
        worker.sample = sample
        if worker.sparse and self.inputs.sparse is not None:
            worker.lists = self.inputs.sparse.around(sample[begin])
        worker.rows = rows
        worker.begin = begin
        worker.end = end
        if moved or worker.first != begin:
            self.plan(worker, begin, min(begin + self.block, end))
        if moved and self.last.delta != NULL:
            for l in range(self.count):
                (<Stage> self.stages[l]).plan_step(worker, x, self.rate)
                x = (<Stage> self.stages[l]).a
        if self.begins:
            for l in range(self.count):
                (<Stage> self.stages[l]).begin(worker)

    cdef void plan(self, Worker *worker, size_t first, size_t last) noexcept nogil:
        """Get ready for the samples from ``first`` to ``last``."""
        cdef const double *x = worker.x
        cdef double *d_x = NULL
        cdef size_t l
        worker.first = first
        worker.last = last
        for l in range(self.count):
            (<Stage> self.stages[l]).plan(worker, x, d_x)
            x = (<Stage> self.stages[l]).a
            d_x = (<Stage> self.stages[l]).delta

    cdef bint next_block(self, Worker *worker) noexcept nogil:
        """Go on to the next block of the thread's samples; return whether there is one."""
        if worker.last >= worker.end or self.threads.stopped():
            return False
        self.plan(worker, worker.last, min(worker.last + self.block, worker.end))
        return True

    cdef void forward(self, Worker *worker) noexcept nogil:
        """Compute z and a of the block."""
        cdef size_t l
        for l in range(self.count):
            (<Stage> self.stages[l]).forward(worker)

    cdef void backward(self, Worker *worker) noexcept nogil:
        """Compute delta of every layer for the block."""
        cdef size_t l = self.count - 1
        self.output_delta(worker)
        self.last.through_time(worker)
        while l > 0:
            (<Stage> self.stages[l]).backward(worker)
            l -= 1
            (<Stage> self.stages[l]).activation_delta(worker)
            (<Stage> self.stages[l]).through_time(worker)

    # The same where some stages are shared by their outputs: such a stage needs all samples of the
    # one before, and hands all to the next.  Both return whether all must stop.

    cdef bint forward_together(self, Worker *worker, bint gathered) noexcept nogil:
        """gathered: whether all the batch's inputs are there."""
        cdef bint met = gathered
        cdef size_t l
        for l in range(self.count):
            if (<Stage> self.stages[l]).together:
                if not met and self.threads.wait(worker.number):  # 2
                    return True
                (<Stage> self.stages[l]).forward_together(worker)
                if self.threads.wait(worker.number):  # 3
                    return True
                met = True
            else:
                (<Stage> self.stages[l]).forward(worker)
                met = False
        return False

    cdef bint backward_together(self, Worker *worker) noexcept nogil:
        cdef bint met = False
        cdef size_t l = self.count - 1
        self.output_delta(worker)
        self.last.through_time(worker)
        while l > 0:
            if (<Stage> self.stages[l]).back_together:
                if not met and self.threads.wait(worker.number):  # 2
                    return True
                (<Stage> self.stages[l]).backward_together(worker)
                l -= 1
                # Before the step all meet; but before that, listed inputs need whole deltas.
                if (l > 0 or worker.sparse) and self.threads.wait(worker.number):  # 3
                    return True
                met = True
            else:
                (<Stage> self.stages[l]).backward(worker)
                l -= 1
                (<Stage> self.stages[l]).activation_delta(worker)
                (<Stage> self.stages[l]).through_time(worker)
                met = False
        return False

    cdef void step(self, Worker *worker) noexcept nogil:
        """Take the thread's part of the step, or compute its part of the gradient.

        The last layer first: the first one may have to wait for the other threads.
        """
        cdef size_t l = self.count
        while l > 0:
            l -= 1
            (<Stage> self.stages[l]).step(worker)

    cdef void begin_aside(self) noexcept nogil:
        """Copy all parameters to where the step is taken on a copy."""
        cdef size_t l
        for l in range(self.count):
            (<Stage> self.stages[l]).begin_aside()

    cdef void commit(self, Worker *worker) noexcept nogil:
        """Put the thread's part of that copy in its place."""
        cdef size_t l
        for l in range(self.count):
            (<Stage> self.stages[l]).commit(worker)

    cdef bint finite(self) noexcept nogil:
        """Return whether all weights and biases are finite numbers."""
        cdef size_t l
        for l in range(self.count):
            if not (<Stage> self.stages[l]).finite():
                return False
        return True
