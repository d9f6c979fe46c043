"""A run of epochs, batch by batch, in one or several threads.

Where the threads wait for each other, in one batch of ``Training.batch``::

    thread 0       | thread 1, 2 ...  | they wait, because
    ---------------+------------------+-----------------------------------------------------------
    ========= 0 =========             | only if they take turns with one alone (``sharing``): the
                   |                  | time of a turn counts from here
    shuffle        |                  |
    ========= 1 =========             | the order of the epoch must be there
    gather its samples: the next batch begins here, too
    ========= 2 =========             | only before a layer that is shared by its outputs, which
                   |                  | need all samples; not behind a 3, nor where nothing had
                   |                  | to be gathered for the first layer
    a of its outputs, of all samples  | only of such a layer
    ========= 3 =========             | behind it: the next layer needs all outputs of a sample
    a of its samples                  | of any other layer; then their loss
    ========= 2 =========             | on the way back the same: only before a layer shared by
                   |                  | its inputs, which need the deltas of all samples
    delta of these inputs, of all samples: it is that of the layer before
    ========= 3 =========             | behind it, and so not before 4, except where that delta is
                   |                  | the first layer's, and its inputs are listed: whether
                   |                  | those of its samples are finite is looked at next
    delta of its samples              | of any other layer
    ========= 4 =========             | the step needs the deltas of all samples; up to here every
                   |                  | thread has read the weights, from here on they change
    add up losses  |                  |
    gather again   | gather again     | only if a delta is infinite: 0 * inf is NaN, so the zeros
    ========= 5 =========             | that were left out are needed, of all samples
    its part of the step, the last layer first
    ========= 6 =========             | only if the first layer is shared by its outputs and its
                   |                  | inputs are listed, which each has put in order in part
    ========= 7 =========             | the next batch needs all weights
    put the step in its place         | only if a large batch's step was taken on a copy
    ========= 8 =========             | then the next batch needs that

That is plain gradient descent, which takes the step with the gradient.  With another optimizer,
penalties or clipping, there is another way from 5 on (``changes``)::

    its part of the gradient, the last layer first; thread 0: the optimizer's rule
    ========= A =========             | some other part of it is a thread's own from here on
    penalties, too large slopes       | of its rows; now only if the gradient's length is clipped
    ========= B =========             | then the length needs all of it
    the length     |                  | one sum, and so one thread's
    ========= C =========             | then what is too long is shortened
    what is still to be done to its rows, and their step
    ========= 7 =========             | as above

Before the first of them all threads wait for the start, and after the last one thread 0 waits for
the end of the others (``threads``).  Before 4, thread 0 decides whether the turn ends with the
batch, and behind it the others look.

A wait returns whether all are to stop; whoever asks for that decides nothing for a single thread.
At 0 to 5, and at A, B and C, the batch is dropped then: nothing of it stands anywhere.  From 6 on
weights have changed, and the batch must be finished; so at 6, at 8, and at 7 without a copy, the
result makes no difference, and the next wait returns it again.
"""

from libc.stdint cimport uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy

from .buffers cimport Block
from .changes cimport Changes
from .engine cimport Engine
from .fingerprint cimport PURENET_SOURCES
from .losses cimport c_loss_count, purenet_count_correct
from .optimizers cimport Rule, rule_of
from .parameters cimport Parameter, bring_up_to_date, take_in_all
from .randomness cimport Shuffler
from .samples cimport Inputs, Samples
from .stages cimport GRADIENT, STEP, STEP_ASIDE, Worker
from .threads cimport (
    LARGEST_PIECE, LEAST_SHARE, MOST_THREADS, WORK_BETWEEN_GLANCES, WORK_OF_BATCH, WORK_OF_COPY,
    WORK_OF_PLACE, WORK_OF_SHUFFLE, Job, purenet_nanoseconds,
)
from .vectors cimport PURENET_DESCENT, purenet_kernels, purenet_run

from .sharing import Sharing

SOURCES = PURENET_SOURCES

# So many epochs are run until Python objects are made of their losses.
cdef size_t EPOCHS_IN_ONE_GO = 32768

# So many times the work from which something is shared take one thread a millisecond or two.
cdef double SHORT_RUN = 200


cdef class Course:
    """How far the epochs of one go have come, and what was found in them."""

    cdef size_t capacity          # for so many epochs in one go
    cdef size_t epochs
    cdef size_t first_epoch       # in the life of the network
    cdef size_t finished
    cdef size_t epoch             # the next batch: of which epoch,
    cdef size_t batch             # which one it is there,
    cdef size_t start             # and its first sample
    cdef double *rates            # the learning rates
    cdef double *totals           # the losses of the epochs
    cdef double *penalties        # and what these grow by, of all batches
    cdef size_t *corrects         # and their numbers of right answers
    cdef bint shuffled            # or do the samples keep their order?
    cdef Shuffler shuffler        # None before the first go
    cdef size_t shuffles          # the epoch that it shuffles next
    cdef size_t *order

    def __cinit__(self, size_t most_epochs, size_t samples, bint shuffled):
        cdef size_t i
        self.capacity = most_epochs
        self.rates = <double *> malloc(most_epochs * sizeof(double))
        self.totals = <double *> malloc(most_epochs * sizeof(double))
        self.penalties = <double *> malloc(most_epochs * sizeof(double))
        self.corrects = <size_t *> malloc(most_epochs * sizeof(size_t))
        self.order = <size_t *> malloc(samples * sizeof(size_t))
        if not (self.order and self.rates and self.totals and self.penalties and self.corrects):
            raise MemoryError()
        self.shuffled = shuffled
        for i in range(samples):
            self.order[i] = i

    def __dealloc__(self):
        free(self.order)
        free(self.rates)
        free(self.totals)
        free(self.penalties)
        free(self.corrects)

    cdef int begin(self, list rates, size_t first_epoch, seed) except -1:
        """Get ready for an epoch with each of these learning rates."""
        cdef size_t i
        if self.shuffled and (self.shuffler is None or self.shuffles != first_epoch):
            self.shuffler = Shuffler(seed, first_epoch)
        self.shuffles = (first_epoch + len(rates)) % 2**32
        self.epochs = len(rates)
        self.first_epoch = first_epoch
        self.finished = self.epoch = self.batch = self.start = 0
        for i in range(self.epochs):
            self.rates[i] = rates[i]
            self.penalties[i] = 0.0
        return 0


cdef class Training(Job):
    """What ``Network.run_epochs`` does, in so many threads.

    Where somebody looks on between the epochs, each is a run of its own; the training of the samples
    is the same, as long as nobody changes anything but numbers.

    If one thread alone could be faster, it has a ``Training`` of its own, on the same course, and
    the two take turns.
    """

    cdef Engine engine
    cdef Samples samples
    cdef Course course
    cdef Changes changes          # None: plain descent, whose step is taken with the gradient
    cdef size_t batch_size
    cdef object network
    cdef object layers            # those of the network, its loss and its seed,
    cdef object loss
    cdef object seed
    cdef object settings          # those of the training,
    cdef list noted               # and what the layers are set to; None: there is no second run
    cdef Training alone           # that of one thread; None: it is not tried
    cdef double *x                # a batch's inputs and targets, where they must be gathered
    cdef double *y
    cdef double *weights          # and the weights of its samples, if they have some
    cdef bint listed              # are the inputs read as lists while all weights are finite?
    cdef bint *sparse             # of each thread, all alike: are the inputs read as lists?
    cdef bint large               # are the batches so large that Ctrl-C cannot wait for their end?
    cdef bint aside               # is the step taken on a copy?
    cdef const purenet_kernels *narrow   # those that run whole epochs; NULL: it goes batch by batch
    cdef purenet_run narrow_run
    cdef Block filled             # for them, inputs of which only those that are not zero were kept
    cdef object sharing           # who takes the next turn; None: all threads do all
    cdef uint64_t longest         # nanoseconds that a turn may take; 0: it has no end
    cdef uint64_t began           # when it began
    cdef uint64_t ended
    cdef size_t trained           # samples in this turn
    cdef bint turn_ends           # with the batch that is being trained on

    def __cinit__(self, network, Samples samples, Course course, size_t batch_size, settings,
                  size_t most_threads, bint repeats):
        cdef Engine engine = Engine(network, samples.inputs, samples.targets)
        cdef bint listed = samples.inputs.sparse is not None
        cdef bint shuffled = course.shuffled
        cdef size_t threads = engine.threads_for(min(most_threads, batch_size), 3.0 * batch_size)
        cdef double epochs = max(min(settings.epochs, 2**53), course.capacity)  # it may be huge
        cdef Rule rule = rule_of(settings.optimizer)
        cdef bint general = is_general(network.layers, rule, settings)
        # One thread begins (``sharing``), and is through before others could be tried.
        if 3.0 * engine.work_of_sample * samples.size * epochs < SHORT_RUN * LEAST_SHARE:
            threads = 1
        # Ctrl-C cannot wait for the end of a large batch.  A step that is taken with the gradient
        # is taken on a copy then, so that it can be dropped.
        self.large = batch_size * engine.work_of_sample > LARGEST_PIECE
        self.aside = self.large and not general
        engine.set_up(threads, batch_size,
                      GRADIENT if general else STEP_ASIDE if self.aside else STEP, False)
        if general:
            self.changes = Changes()
            self.changes.take_over(network.layers, engine.owned, engine.threads)
            self.changes.optimize_with(network.layers, settings.optimizer, rule)
            self.changes.clip(settings.clip_value, settings.clip_norm)
            self.changes.hand_over(engine.first)
        self.engine = engine
        self.threads = engine.threads
        self.network = network
        self.layers, self.loss, self.seed = network.layers, network.loss, network.seed
        self.settings = settings
        self.course = course
        self.batch_size = batch_size
        self.sparse = <bint *> malloc(threads * sizeof(bint))
        if self.sparse == NULL:
            raise MemoryError()
        if repeats:
            self.noted = [(layer, type(layer), settings_of(layer.__dict__))
                          for layer in self.layers]
        if threads == 1 and not self.large and not general:
            self.set_up_narrow(samples)
            if self.narrow != NULL:
                return
        if listed or shuffled:
            self.x = engine.memory.numbers(batch_size * samples.inputs.columns)
        if shuffled:
            self.y = engine.memory.numbers(batch_size * samples.targets.columns)
            if samples.weights is not None:
                self.weights = engine.memory.numbers(batch_size)
        self.listed = listed and samples.inputs.sparse.suits_batches(batch_size, shuffled)
        self.look_at_weights()
        if threads > 1 and not self.large:
            self.listed = self.sparse[0]  # they share accordingly, in all runs
            engine.share(self.listed, GRADIENT if general else STEP)
        # Which way that is depends on what the threads share.
        if self.listed and shuffled:
            engine.first.expect_shuffled(batch_size)
        elif self.sparse[0] and repeats and not self.large:
            engine.first.expect_again(batch_size)
        # A large batch is not left to one thread to find out what that takes.
        if threads > 1 and not self.large and LEAST_SHARE > 0.0:
            if samples.sharing is None:
                samples.sharing = Sharing()
            self.sharing = samples.sharing
            self.alone = Training(network, samples, course, batch_size, settings, 1, repeats)
            # They never compute at the same time.
            self.alone.x, self.alone.y, self.alone.weights = self.x, self.y, self.weights

    cdef int set_up_narrow(self, Samples samples) except -1:
        """Get ready to train a narrow network, if it is one."""
        cdef purenet_run *run = &self.narrow_run
        cdef Inputs inputs = samples.inputs
        cdef size_t i
        run.batch_size = self.batch_size
        self.narrow = self.engine.set_up_narrow(run)
        if self.narrow == NULL:
            return 0
        self.filled = inputs.dense
        if self.filled is None:
            self.filled = Block(inputs.rows, inputs.columns)
            for i in range(<size_t> inputs.rows):
                inputs.copy_row(i, self.filled.data + i * inputs.columns)
        run.inputs = self.filled.data
        run.targets = samples.targets.data
        if samples.weights is not None:
            run.weights = samples.weights.data
        if self.course.shuffled:
            run.order = self.course.order
        run.samples = samples.size
        run.classes = samples.classes
        run.rates = self.course.rates
        run.totals = self.course.totals
        run.corrects = self.course.corrects
        return 0

    def __dealloc__(self):
        free(self.sparse)

    cdef int look_at_weights(self) except -1:
        """Decide whether the inputs are read as lists, with the weights as they are."""
        cdef bint sparse = self.listed and self.engine.first.takes_lists()
        cdef size_t i
        for i in range(self.threads.count):
            self.sparse[i] = sparse
        return 0

    cdef bint goes_on(self, network, settings, size_t epochs) except -1:
        """Return whether a run of so many epochs can go on with it, as if it were made for that."""
        if self.noted is None or epochs > self.course.capacity or self.network is not network:
            return False
        if (network.layers is not self.layers or network.loss is not self.loss
                or network.seed is not self.seed or settings is not self.settings):
            return False
        for layer, layer_class, noted in self.noted:
            if type(layer) is not layer_class or not is_set_to(layer.__dict__, <dict> noted):
                return False
        return True

    cdef int run_with(self, Samples samples, rates, history) except -1:
        """Do ``run`` with the samples for which it was made; they keep it for the next run."""
        samples.training = None  # a training that is broken off is done with
        self.samples = samples
        if self.alone is not None:
            self.alone.samples = samples
        try:
            self.run(rates, history)
        finally:
            # What keeps it does not have to be kept by it.
            self.samples = None
            if self.alone is not None:
                self.alone.samples = None
        if self.noted is not None and not self.threads.stopped():
            samples.training = self
        return 0

    def run(self, rates, history):
        """Train an epoch for each learning rate; append its loss and accuracy to the history.

        If the handler of a signal raises an exception, as Ctrl-C does, training stops after the
        last finished batch, and the exception goes on.
        """
        cdef Parameter parameter
        cdef Course course = self.course
        cdef size_t place = 0
        for parameter in self.engine.parameters:
            parameter.in_use += 1
        if self.changes is not None:
            self.changes.use(1)
        try:
            while place < <size_t> len(rates) and not self.threads.stopped():
                course.begin(list(rates[place:place + EPOCHS_IN_ONE_GO]),
                             (history.first_epoch + len(history.loss)) % 2**32, self.seed)
                try:
                    while course.epoch < course.epochs and not self.threads.stopped():
                        self.take_turn()
                finally:
                    self.enter(history.loss, history.accuracy)
                    self.network.__dict__["epochs_trained"] = (
                        history.first_epoch + len(history.loss))
                place += course.epochs
        finally:
            if self.changes is not None:
                self.changes.use(-1)
            for parameter in self.engine.parameters:
                parameter.in_use -= 1
            bring_up_to_date(self.network.layers)
        if self.threads.error is not None:
            raise self.threads.error

    cdef int take_turn(self) except -1:
        """Train for as long as a turn is, with all threads or with one alone."""
        cdef Training now = self
        cdef uint64_t asked, time
        cdef size_t i
        if self.sharing is not None and not self.sharing.together:
            now = self.alone
            now.sparse[0] = self.sparse[0]
        now.longest = 0 if self.sharing is None else self.sharing.longest
        now.turn_ends = False
        now.trained = 0
        now.engine.rate = self.course.rates[self.course.epoch]
        asked = purenet_nanoseconds()
        now.run_in_threads()
        if now is not self:
            for i in range(self.threads.count):
                self.sparse[i] = now.sparse[0]
            if now.threads.stopped():
                self.threads.error = now.threads.error
                self.threads.stop()
        if self.sharing is not None and now.trained > 0:
            time = now.ended - now.began
            # What the start of threads takes is made good in a long turn, of which there are more.
            if not now.turn_ends or now.began - asked > time:
                time = now.ended - asked
            self.sharing.took(now.trained, time, now.threads.shared.asleep)
        return 0

    cdef int enter(self, list losses, list accuracies) except -1:
        """Append the losses and accuracies of the finished epochs."""
        cdef Course course = self.course
        cdef size_t i
        cdef double count = c_loss_count(
            self.engine.loss, self.samples.size, self.samples.targets.columns)
        cdef double batches = (self.samples.size + self.batch_size - 1) // self.batch_size
        cdef object accuracy = None
        for i in range(course.finished):
            losses.append(course.totals[i] / count + course.penalties[i] / batches)
        if self.samples.classes:
            for i in range(course.finished):
                if i == 0 or course.corrects[i] != course.corrects[i - 1]:
                    accuracy = <double> course.corrects[i] / <double> self.samples.size
                accuracies.append(accuracy)
        return 0

    cdef void work(self, size_t number) noexcept nogil:
        if self.narrow != NULL:
            self.run_narrow()
        else:
            self.run_batches(number)

    cdef void run_narrow(self) noexcept nogil:
        """Train a narrow network: between two looks for Ctrl-C, as many batches as there may be."""
        cdef purenet_run *run = &self.narrow_run
        cdef double work = WORK_OF_BATCH + 3 * self.engine.work_of_sample * self.batch_size
        cdef size_t most = 1 + <size_t> (WORK_BETWEEN_GLANCES / work)
        cdef size_t in_epoch = (run.samples + run.batch_size - 1) // run.batch_size
        cdef size_t batches = most
        cdef bint finite = True
        run.epochs = self.course.epochs
        run.epoch = self.course.epoch
        run.start = self.course.start
        self.began = purenet_nanoseconds()
        while (run.epoch < run.epochs and finite and not self.turn_ends
               and not self.threads.stopped()):
            if self.course.shuffled:
                if run.start == 0:
                    self.shuffle()
                # The kernels go on to the next epoch without a new order.
                batches = min(most, in_epoch - run.start // run.batch_size)
            self.trained -= run.epoch * run.samples + run.start
            finite = self.narrow.narrow_train(run, batches)
            self.trained += run.epoch * run.samples + run.start
            self.course.finished = run.epoch
            self.turn_ends = self.longest > 0 and self.is_over(batches * run.batch_size)
            self.threads.look(work * batches)
        self.ended = purenet_nanoseconds()
        self.course.epoch = run.epoch
        self.course.start = run.start
        self.course.batch = run.start // run.batch_size
        if not finite:
            self.threads.stop()

    cdef void shuffle(self) noexcept nogil:
        """Draw the order of an epoch."""
        cdef size_t count = self.samples.size
        self.course.shuffler.shuffle(self.course.order, count)
        self.threads.look(<double> WORK_OF_SHUFFLE + <double> WORK_OF_PLACE * count)

    cdef void run_batches(self, size_t number) noexcept nogil:
        cdef Worker *worker = &self.engine.workers[number]
        cdef size_t epoch = self.course.epoch
        cdef size_t start = self.course.start
        cdef size_t count = self.samples.size
        cdef size_t rows
        worker.batch = self.course.batch
        worker.turn_ends = False
        if self.longest > 0:
            # The clock does not run before all threads are there.
            if self.threads.wait(number):  # 0
                return
            if number == 0:
                self.threads.shared.asleep = 0
                self.began = purenet_nanoseconds()
        while epoch < self.course.epochs and not worker.turn_ends:
            if start == 0:
                if number == 0:
                    self.begin_epoch(epoch)
                if self.threads.wait(number):  # 1
                    break
            worker.epoch = self.course.first_epoch + epoch
            while start < count and not worker.turn_ends:
                rows = min(self.batch_size, count - start)
                if number == 0 and self.longest > 0 and self.trained > 0:
                    self.turn_ends = self.is_over(rows)
                if not self.batch(worker, epoch, start, rows):
                    return
                start += rows
                worker.batch += 1
                if number == 0:
                    self.trained += rows
            if start >= count:
                if number == 0:
                    self.course.finished = epoch + 1
                    if not self.engine.finite():
                        self.threads.stop()
                epoch += 1
                start = worker.batch = 0
        if number == 0:
            self.ended = purenet_nanoseconds()
            self.course.epoch = epoch
            self.course.batch = worker.batch
            self.course.start = start

    cdef bint is_over(self, size_t rows) noexcept nogil:
        """Return whether the turn is, with a batch of so many samples."""
        cdef double passed = purenet_nanoseconds() - self.began
        return passed + passed / self.trained * rows >= self.longest

    cdef void begin_epoch(self, size_t epoch) noexcept nogil:
        self.engine.rate = self.course.rates[epoch]
        self.course.totals[epoch] = 0.0
        self.course.corrects[epoch] = 0
        if self.course.shuffled:
            self.shuffle()

    cdef void add_up(self, Worker *worker, size_t epoch, size_t rows) noexcept nogil:
        """Add the batch's losses and right answers to those of the epoch."""
        cdef size_t i
        cdef double total = 0.0
        for i in range(rows):
            total = total + self.engine.losses[i]
        self.course.totals[epoch] = self.course.totals[epoch] + total
        if self.samples.classes:
            self.course.corrects[epoch] = self.course.corrects[epoch] + purenet_count_correct(
                self.engine.last.a, self.engine.last.outputs, worker.y, rows,
                self.engine.last.outputs)

    cdef bint batch(self, Worker *worker, size_t epoch, size_t start, size_t rows) noexcept nogil:
        """Train on one batch; return whether it was finished."""
        cdef size_t number = worker.number
        cdef size_t i
        cdef bint finite = True
        self.gather(worker, start, rows, self.sparse[number])
        if worker.sparse:
            self.engine.first.fetch(worker)
        if number == 0:
            if self.aside:
                self.engine.begin_aside()
            self.threads.look(WORK_OF_BATCH)
        if self.engine.together:
            # Inputs that are listed, or in order, need not be gathered.
            if self.engine.forward_together(worker, worker.sparse or self.x == NULL):
                return False
            self.engine.measure(worker)
            if self.engine.backward_together(worker):
                return False
            if number == 0:
                self.threads.look((worker.last - worker.first) * self.engine.work_of_sample * 3)
        else:
            self.forward_and_backward(worker)
        if worker.sparse:
            worker.deltas_finite = self.engine.first.deltas_finite(worker)
        if self.threads.wait(number):  # 4
            return False
        worker.turn_ends = self.turn_ends  # the first thread has decided it before 4
        if number == 0:
            self.add_up(worker, epoch, rows)
            if self.changes is not None:
                self.course.penalties[epoch] = (
                    self.course.penalties[epoch] + self.changes.penalty())
                self.changes.prepare(self.engine.rate)
        if worker.sparse:
            for i in range(self.threads.count):
                finite = finite and self.engine.workers[i].deltas_finite
            if not finite:
                # From here on the zeros must not be left out.
                self.sparse[number] = False
                self.gather(worker, start, rows, False)
                if self.threads.wait(number):  # 5
                    return False
        self.engine.step(worker)  # and 6
        if self.changes is not None and not self.change(worker):
            return False
        if self.threads.wait(number) and self.aside:  # 7
            return False
        if self.aside:
            self.engine.commit(worker)
            self.threads.wait(number)  # 8
        if self.sparse[number]:
            for i in range(self.threads.count):
                finite = finite and self.engine.workers[i].weights_finite
            self.sparse[number] = finite
        return True

    cdef void forward_and_backward(self, Worker *worker) noexcept nogil:
        """Compute the deltas of the thread's samples, block by block."""
        while True:
            self.engine.forward(worker)
            self.engine.measure(worker)
            self.engine.backward(worker)
            if worker.number == 0:
                self.threads.look((worker.last - worker.first) * self.engine.work_of_sample * 3)
            if not self.engine.next_block(worker):
                return

    cdef bint change(self, Worker *worker) noexcept nogil:
        """Take the step, given the gradients; return whether it was taken."""
        cdef size_t number = worker.number
        if self.threads.wait(number):  # A
            return False
        if self.changes.clips_norm:
            self.changes.slopes(number)
            if self.threads.wait(number):  # B
                return False
            if number == 0:
                self.changes.measure_norm()
            if self.threads.wait(number):  # C
                return False
        worker.weights_finite = self.changes.take(worker)
        return True

    cdef void gather(self, Worker *worker, size_t start, size_t rows, bint sparse) noexcept nogil:
        """Lay the thread's part of a batch before it."""
        cdef size_t columns = self.samples.inputs.columns
        cdef size_t outputs = self.samples.targets.columns
        cdef const double *targets = self.samples.targets.data
        cdef const double *x = NULL
        cdef const double *y = targets + start * outputs
        cdef size_t begin = self.threads.begin_of(worker.number, rows)
        cdef size_t end = self.threads.begin_of(worker.number + 1, rows)
        cdef size_t i
        if not sparse:
            if self.x == NULL:
                x = self.samples.inputs.dense.data + start * columns
            else:
                x = self.x
                for i in range(begin, end):
                    self.samples.inputs.copy_row(self.course.order[start + i], self.x + i * columns)
                    if self.large:
                        if worker.number == 0:
                            self.threads.look(<double> WORK_OF_COPY * columns)
                        if self.threads.stopped():
                            break
        if self.y != NULL:
            y = self.y
            for i in range(begin, end):
                memcpy(self.y + i * outputs, targets + self.course.order[start + i] * outputs,
                       outputs * sizeof(double))
        if self.weights != NULL:
            for i in range(begin, end):
                self.weights[i] = self.samples.weights.data[self.course.order[start + i]]
            worker.weights = self.weights
        elif self.samples.weights is not None:
            worker.weights = self.samples.weights.data + start
        self.engine.prepare(worker, rows, begin, end, x, y, self.course.order + start)


cdef bint is_general(layers, Rule rule, settings) except -1:
    """Return whether a step is more than plain gradient descent."""
    if rule.rule.kind != PURENET_DESCENT:
        return True
    if settings.clip_value is not None or settings.clip_norm is not None:
        return True
    for layer in layers:
        if layer.l1 > 0.0 or layer.l2 > 0.0:
            return True
    return False


cdef dict NONE = {}
cdef object MISSING = object()


cdef dict settings_of(dict attributes):
    """Return the attributes of a layer without the lists of its parameters."""
    cdef dict buffers = attributes.get("_buffers", NONE)
    return {name: value for name, value in attributes.items() if name not in buffers}


cdef bint is_set_to(dict attributes, dict noted) except -1:
    """Return whether that is what ``settings_of`` has returned, object by object."""
    cdef dict buffers = attributes.get("_buffers", NONE)
    cdef Py_ssize_t count = 0
    for name, value in attributes.items():
        if noted.get(name, MISSING) is value:
            count += 1
        elif name not in buffers:
            return False
    return count == len(noted)


def train(network, Samples samples, rates, settings, history):
    """Train an epoch for each learning rate, as ``Network.run_epochs`` does."""
    cdef size_t count = samples.size
    cdef size_t batch_size = count
    cdef bint shuffled
    cdef Training training
    if settings.batch_size is not None:
        batch_size = min(settings.batch_size, count)
    shuffled = settings.shuffle and batch_size < count
    course = Course(min(<size_t> len(rates), EPOCHS_IN_ONE_GO), count, shuffled)
    training = Training(network, samples, course, batch_size, settings,
                        min(settings.threads, MOST_THREADS), settings.epochs > 1 or len(rates) > 1)
    training.run_with(samples, rates, history)


def go_on(network, Samples samples, rates, settings, history):
    """Do the same with what is there of the last run; return whether that is possible.

    It is not if somebody has changed more than numbers in between.
    """
    cdef Training training = samples.training
    if training is None or not training.goes_on(network, settings, len(rates)):
        return False
    take_in_all(network.layers)
    training.look_at_weights()
    training.run_with(samples, rates, history)
    return True
