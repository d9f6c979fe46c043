"""A run of epochs: the twin of training's loops."""

from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy

from .buffers cimport purenet_give_back, purenet_store
from .engine cimport (
    LARGEST_PIECE, WORK_OF_BATCH, WORK_OF_COPY, WORK_OF_PLACE, WORK_OF_SHUFFLE, Engine, Worker,
)
from .fingerprint cimport PURENET_SOURCES
from .losses cimport c_count_correct, c_loss_count
from .parameters cimport Parameter, bring_up_to_date
from .randomness cimport Shuffler
from .samples cimport Samples
from .sparse cimport purenet_fetch_columns, purenet_keep_columns
from .threads cimport MOST_THREADS, Job
from .vectors cimport Layer, purenet_columns

SOURCES = PURENET_SOURCES


# So many epochs are run until Python objects are made of their losses.
cdef size_t EPOCHS_IN_ONE_GO = 32768


cdef class Training(Job):
    """A run of epochs: what ``Network._train`` does."""

    def __cinit__(self, network, Samples samples, size_t most_epochs, size_t batch_size,
                  Shuffler shuffler, double learning_rate, size_t threads):
        cdef Engine engine = Engine(network, samples.inputs, samples.targets)
        cdef size_t i
        cdef bint sparse
        self.engine = engine
        engine.set_up(engine.workers_for(min(threads, batch_size), 3.0 * batch_size), batch_size,
                      back=True)
        self.threads = engine.threads
        self.samples = samples
        self.batch_size = batch_size
        self.shuffler = shuffler
        self.order = <size_t *> malloc(samples.size * sizeof(size_t))
        self.totals = <double *> malloc(most_epochs * sizeof(double))
        self.corrects = <size_t *> malloc(most_epochs * sizeof(size_t))
        self.sparse = <bint *> malloc(engine.threads.count * sizeof(bint))
        if not (self.order and self.totals and self.corrects and self.sparse):
            raise MemoryError()
        for i in range(<size_t> samples.size):
            self.order[i] = i
        engine.rate = learning_rate
        # Ctrl-C cannot wait for the end of a large batch.  Its step is taken on the side, so that
        # it can be dropped.
        self.large = <double> batch_size * engine.work_of_sample > LARGEST_PIECE
        self.narrow = engine.threads.count == 1 and not self.large and engine.is_narrow()
        engine.by_outputs = not self.large and engine.can_share_by_outputs()
        engine.get_memory(deltas=True, every_z=False, gradients=False, pending=self.large)
        sparse = samples.inputs.sparse is not None
        if sparse or shuffler is not None:
            self.x = engine.memory_for(batch_size * samples.inputs.columns)
        if shuffler is not None:
            self.y = engine.memory_for(batch_size * samples.targets.columns)
        sparse = (sparse and engine.weights_finite(&engine.layers[0])
                  and samples.inputs.sparse.suits_batches(batch_size, shuffler is not None))
        for i in range(engine.threads.count):
            self.sparse[i] = sparse
        # Batches that come again are put in order once, unless that took more memory than a copy
        # of the inputs.
        if sparse and shuffler is None and most_epochs > 1 and not self.large:
            if samples.inputs.sparse.bytes_with_columns(self.batches()) <= sizeof(double) * <double> samples.size * samples.inputs.columns:
                self.kept = <purenet_columns *> calloc(
                    self.batches() * engine.threads.count, sizeof(purenet_columns))
                self.store_size = <size_t> (
                    samples.inputs.sparse.bytes_of_columns(self.batches()) / engine.threads.count) + 4096
                self.stores = <purenet_store **> calloc(engine.threads.count, sizeof(purenet_store *))
                if not (self.kept and self.stores):
                    raise MemoryError()

    cdef size_t batches(self) noexcept:
        return (self.samples.size + self.batch_size - 1) // self.batch_size

    def __dealloc__(self):
        cdef size_t i
        if self.stores != NULL:
            for i in range(self.threads.count):
                purenet_give_back(self.stores[i])
        free(self.stores)
        free(self.kept)
        free(self.order)
        free(self.totals)
        free(self.corrects)
        free(self.sparse)

    def run(self, network, epochs, history):
        """Train, and append the loss and the accuracy of each epoch to the history.

        If the handler of a signal raises an exception, as Ctrl-C does, training stops after the
        last finished batch, and the exception goes on.
        """
        cdef Parameter parameter
        for parameter in self.engine.parameters:
            parameter.in_use += 1
        try:
            while epochs > 0 and not self.threads.stopped():
                self.epochs = min(epochs, EPOCHS_IN_ONE_GO)
                self.finished = 0
                try:
                    self.run_in_threads()
                finally:
                    self.enter(history.loss, history.accuracy)
                    network.__dict__["epochs_trained"] = history.first_epoch + len(history.loss)
                epochs -= self.epochs
        finally:
            for parameter in self.engine.parameters:
                parameter.in_use -= 1
            bring_up_to_date(network.layers)
        if self.threads.error is not None:
            raise self.threads.error

    cdef int enter(self, list losses, list accuracies) except -1:
        """Append the losses and accuracies of the finished epochs."""
        cdef size_t i
        cdef double count = c_loss_count(
            self.engine.loss, self.samples.size, self.samples.targets.columns)
        cdef object accuracy = None
        for i in range(self.finished):
            losses.append(self.totals[i] / count)
        if self.samples.classes:
            for i in range(self.finished):
                if i == 0 or self.corrects[i] != self.corrects[i - 1]:
                    accuracy = <double> self.corrects[i] / <double> self.samples.size
                accuracies.append(accuracy)
        return 0

    cdef void work(self, size_t number) noexcept nogil:
        cdef size_t epoch, start, rows
        cdef size_t count = self.samples.size
        cdef bint finite
        for epoch in range(self.epochs):
            if number == 0:
                self.totals[epoch] = 0.0
                self.corrects[epoch] = 0
                if self.shuffler is not None:
                    self.shuffler.shuffle(self.order, count)
                    self.threads.look(<double> WORK_OF_SHUFFLE + <double> WORK_OF_PLACE * count)
            if self.threads.wait(number):
                return
            start = 0
            finite = True
            while start < count:
                rows = min(self.batch_size, count - start)
                if self.narrow:
                    finite = self.narrow_batch(epoch, start, rows)
                elif not self.batch(number, epoch, start, rows):
                    return
                start += rows
            if number == 0:
                self.finished = epoch + 1
                if not (finite if self.narrow else self.engine.finite()):
                    self.threads.stop()

    cdef bint narrow_batch(self, size_t epoch, size_t start, size_t rows) noexcept nogil:
        """Train a narrow network on one batch; return whether its weights are still finite."""
        cdef Worker *worker = &self.engine.workers[0]
        self.gather(0, start, rows, False)
        self.threads.look(WORK_OF_BATCH)
        self.engine.kernels.narrow_forward(
            self.engine.layers, self.engine.count, rows, worker.x)
        worker.first = 0
        worker.last = rows
        self.engine.measure(worker)
        self.engine.output_delta(worker)
        self.add_up(worker, epoch, rows)
        return self.engine.kernels.narrow_backward(
            self.engine.layers, self.engine.count, rows, worker.x, self.engine.rate)

    cdef void add_up(self, Worker *worker, size_t epoch, size_t rows) noexcept nogil:
        """Add the batch's losses and right answers to those of the epoch."""
        cdef Layer *last = self.engine.last()
        cdef size_t i
        cdef double total = 0.0
        for i in range(rows):
            total = total + self.engine.losses[i]
        self.totals[epoch] = self.totals[epoch] + total
        self.corrects[epoch] += c_count_correct(last.a, worker.y, rows, last.outputs)

    cdef bint batch(self, size_t number, size_t epoch, size_t start, size_t rows) noexcept nogil:
        """Train on one batch; return whether it was finished."""
        cdef Worker *worker = &self.engine.workers[number]
        cdef Layer *first = &self.engine.layers[0]
        cdef size_t i
        cdef bint finite = True
        self.gather(number, start, rows, self.sparse[number])
        if self.sparse[number]:
            self.fetch_columns(number, start // self.batch_size)
        if number == 0:
            if self.large:
                self.engine.copy_to_pending()
            self.threads.look(WORK_OF_BATCH)
        if self.engine.by_outputs:
            # All the samples are needed; those of the others may have been gathered.
            if worker.x != NULL and self.x != NULL and self.threads.wait(number):
                return False
            self.engine.first_outputs(worker, number)
            if self.threads.wait(number):
                return False
        while True:
            self.engine.forward(worker)
            self.engine.measure(worker)
            self.engine.backward(worker)
            if number == 0:
                self.threads.look(<double> (worker.last - worker.first) * self.engine.work_of_sample * 3)
            if not self.engine.next_block(worker):
                break
        if worker.x == NULL:
            worker.deltas_finite = self.engine.kernels.all_finite(
                (worker.end - worker.begin) * first.outputs,
                first.delta + worker.begin * first.outputs)
        if self.threads.wait(number):
            return False
        if number == 0:
            self.add_up(worker, epoch, rows)
        if worker.x == NULL:
            for i in range(self.threads.count):
                finite = finite and self.engine.workers[i].deltas_finite
            if not finite:
                # 0 * inf is NaN: from here on the zeros must not be left out.
                self.sparse[number] = False
                self.gather(number, start, rows, False)
                if self.threads.wait(number):
                    return False
        if self.engine.by_outputs:
            self.engine.other_steps(worker, number)
            if worker.x == NULL:
                self.order_columns(worker, number, start // self.batch_size)
                self.threads.wait(number)
            self.engine.first_step(worker, number)
        else:
            if worker.x == NULL and not self.large:
                self.order_columns(worker, number, start // self.batch_size)
            self.engine.first_step(worker, number)
            self.engine.other_steps(worker, number)
        if self.threads.wait(number) and self.large:
            return False
        if self.large:
            self.engine.commit(number)
            self.threads.wait(number)
        if self.sparse[number]:
            for i in range(self.threads.count):
                finite = finite and self.engine.workers[i].weights_finite
            self.sparse[number] = finite
        return True

    cdef void order_columns(self, Worker *worker, size_t number, size_t batch) noexcept nogil:
        """Lay the worker's columns of a batch's inputs before it."""
        cdef purenet_columns *kept = NULL
        if self.kept != NULL:
            kept = &self.kept[batch * self.threads.count + number]
            if kept.value != NULL:
                worker.columns = kept[0]
                return
        self.engine.order_columns(worker, number)
        if kept != NULL:
            purenet_keep_columns(&worker.columns, &self.stores[number], self.store_size,
                                 kept)

    cdef void fetch_columns(self, size_t number, size_t batch) noexcept nogil:
        """Have what ``order_columns`` will find on its way from memory."""
        if self.kept != NULL:
            purenet_fetch_columns(&self.kept[batch * self.threads.count + number])

    cdef void gather(self, size_t number, size_t start, size_t rows, bint sparse) noexcept nogil:
        """Lay the worker's part of a batch before it."""
        cdef size_t columns = self.samples.inputs.columns
        cdef size_t outputs = self.samples.targets.columns
        cdef const double *targets = self.samples.targets.data
        cdef const double *x = NULL
        cdef const double *y = targets + start * outputs
        cdef size_t begin = self.threads.begin_of(number, rows)
        cdef size_t end = self.threads.begin_of(number + 1, rows)
        cdef size_t i
        if not sparse:
            if self.x == NULL:
                x = self.samples.inputs.dense.data + start * columns
            else:
                x = self.x
                for i in range(begin, end):
                    self.samples.inputs.copy_row(self.order[start + i], self.x + i * columns)
                    if self.large:
                        if number == 0:
                            self.threads.look(<double> WORK_OF_COPY * columns)
                        if self.threads.stopped():
                            break
        if self.y != NULL:
            y = self.y
            for i in range(begin, end):
                memcpy(self.y + i * outputs, targets + self.order[start + i] * outputs,
                       outputs * sizeof(double))
        self.engine.prepare(number, rows, begin, end, x, y, self.order + start)


def train(network, Samples samples, epochs, size_t batch_size, bint shuffle, double learning_rate,
          threads, history):
    """Train epoch after epoch, as ``Network._train`` does."""
    cdef Shuffler shuffler = None
    if shuffle:
        shuffler = Shuffler(network.seed, history.first_epoch + history.epochs)
    Training(network, samples, min(epochs, EPOCHS_IN_ONE_GO), batch_size, shuffler, learning_rate,
             min(threads, MOST_THREADS)).run(network, epochs, history)
