"""Ways through the network without training: predictions, losses, one batch's gradients."""

from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from .buffers cimport Block, flat_list, nested_list
from .engine cimport Engine, Worker
from .fingerprint cimport PURENET_SOURCES
from .losses cimport c_count_correct
from .parameters cimport Parameter, take_in_all
from .samples cimport Inputs, Samples
from .threads cimport MOST_THREADS, Job
from .vectors cimport KERNELS, Layer

SOURCES = PURENET_SOURCES


cdef class StandIns:
    """The methods that the compiled loops stand for.

    Where somebody has put another in the place of one of them, in a derived class, in the class
    itself or on an object, that one has to run.
    """

    cdef type layer_class
    cdef tuple network_names, network_methods, layer_names, layer_methods

    def __init__(self, type network_class, tuple network_names, type layer_class,
                 tuple layer_names):
        self.layer_class = layer_class
        self.network_names = network_names
        self.network_methods = tuple([getattr(network_class, name) for name in network_names])
        self.layer_names = layer_names
        self.layer_methods = tuple([getattr(layer_class, name) for name in layer_names])

    def stand_for(self, network):
        """Return whether all of a network's methods, and of its layers', are these."""
        if not has_methods(type(network), network.__dict__, self.network_names, self.network_methods):
            return False
        if not has_methods(self.layer_class, None, self.layer_names, self.layer_methods):
            return False
        for layer in <tuple> network.layers:
            if type(layer) is not self.layer_class or hides(layer.__dict__, self.layer_names):
                return False
        return True


cdef bint has_methods(object owner, dict attributes, tuple names, tuple methods) except -1:
    """Return whether a class has these methods, and the object with these attributes, too."""
    cdef Py_ssize_t i
    for i in range(len(names)):
        if getattr(owner, names[i]) is not methods[i]:
            return False
    return attributes is None or not hides(attributes, names)


cdef bint hides(dict attributes, tuple names) except -1:
    """Return whether an object's own attributes hide one of its class's."""
    for name in names:
        if name in attributes:
            return True
    return False


cdef class Pass(Job):
    """One way forward for any number of samples.

    Each worker has its own part of the samples, and its own rows of the engine's buffers, through
    which it takes them some at a time.  So it waits for nobody.
    """

    cdef Engine engine
    cdef Inputs inputs
    cdef Block targets            # None: the losses are not asked for
    cdef Block outputs
    cdef Block losses
    cdef size_t part              # samples of one worker
    cdef size_t at_a_time
    cdef size_t *order
    cdef double *x
    cdef bint sparse

    def __cinit__(self, network, Inputs inputs, Block targets, size_t threads):
        cdef size_t rows = inputs.rows
        cdef size_t i
        cdef Engine engine = Engine(network, inputs, targets)
        # Much must be done until it pays to start a thread.
        threads = engine.workers_for(min(threads, (rows + 63) // 64), rows / 20.0)
        self.part = (rows + threads - 1) // threads
        self.at_a_time = min(self.part, <size_t> 128)
        engine.set_up(threads, self.at_a_time * threads, back=False)
        self.engine = engine
        self.threads = engine.threads
        self.inputs = inputs
        self.targets = targets
        engine.get_memory(deltas=False, every_z=False, gradients=False, pending=False)
        self.outputs = Block(rows, engine.last().outputs, False)
        self.losses = Block(1, rows, False)
        if inputs.sparse is not None:
            self.x = engine.memory_for(engine.capacity * inputs.columns)
            self.sparse = engine.weights_finite(&engine.layers[0])
            self.order = <size_t *> malloc(rows * sizeof(size_t))
            if self.order == NULL:
                raise MemoryError()
            for i in range(rows):
                self.order[i] = i

    def __dealloc__(self):
        free(self.order)

    cdef void work(self, size_t number) noexcept nogil:
        cdef Worker *worker = &self.engine.workers[number]
        cdef Layer *last = self.engine.last()
        cdef size_t start = self.part * number
        cdef size_t end = min(start + self.part, <size_t> self.inputs.rows)
        cdef size_t place = self.at_a_time * number   # in the buffers; never beyond start
        cdef size_t rows, i
        cdef const double *x
        cdef const double *y = NULL
        cdef const size_t *sample = NULL
        while start < end and not self.threads.stopped():
            rows = min(self.at_a_time, end - start)
            if self.sparse:
                rows = min(rows, self.inputs.sparse.together_from(start))
            x = NULL
            if self.inputs.sparse is None:
                x = self.inputs.dense.data + (start - place) * self.inputs.columns
            elif not self.sparse:
                x = self.x
                for i in range(rows):
                    self.inputs.copy_row(start + i, self.x + (place + i) * self.inputs.columns)
            if self.targets is not None:
                y = self.targets.data + (start - place) * last.outputs
            if self.order != NULL:
                sample = self.order + (start - place)
            self.engine.prepare(number, rows, place, place + rows, x, y, sample)
            while True:
                self.engine.forward(worker)
                if y != NULL:
                    self.engine.measure(worker)
                if number == 0:
                    self.threads.look(<double> (worker.last - worker.first) * self.engine.work_of_sample)
                if not self.engine.next_block(worker):
                    break
            memcpy(self.outputs.data + start * last.outputs, last.a + place * last.outputs,
                   rows * last.outputs * sizeof(double))
            memcpy(self.losses.data + start, self.engine.losses + place, rows * sizeof(double))
            start += rows

    cdef int run(self) except -1:
        self.run_in_threads()
        if self.threads.error is not None:
            raise self.threads.error
        return 0


def is_finite(network):
    """Return whether all weights and biases are finite numbers."""
    cdef Parameter parameter
    take_in_all(network.layers)
    for layer in network.layers:
        for parameter in layer.__dict__["_buffers"].values():
            # The padding between the rows is zero, and stays so.
            if not KERNELS.all_finite(parameter.rows * parameter.stride, parameter.data):
                return False
    return True


def measure(network, Samples samples, threads):
    """Return the total loss and the number of right answers, as ``Network._measure`` does."""
    cdef Pass job = Pass(network, samples.inputs, samples.targets, min(threads, MOST_THREADS))
    cdef double total = 0.0
    cdef Py_ssize_t i
    job.run()
    for i in range(samples.size):
        total = total + job.losses.data[i]
    return total, c_count_correct(job.outputs.data, samples.targets.data, samples.size,
                                  samples.targets.columns)


def predict(network, Inputs inputs, threads):
    """Return the outputs as nested lists."""
    cdef Pass job = Pass(network, inputs, None, min(threads, MOST_THREADS))
    job.run()
    return job.outputs.tolist()


cdef Engine one_batch(network, Inputs inputs, Block targets, bint back):
    """Take all samples forward, and perhaps back, and keep everything."""
    cdef Engine engine = Engine(network, inputs, targets)
    cdef Worker *worker
    cdef double *x
    cdef Py_ssize_t i
    engine.set_up(1, inputs.rows, back)
    worker = &engine.workers[0]
    engine.get_memory(deltas=back, every_z=True, gradients=back, pending=False)
    if inputs.sparse is None:
        x = inputs.dense.data
    else:
        x = engine.memory_for(inputs.rows * inputs.columns)
        for i in range(inputs.rows):
            inputs.copy_row(i, x + i * inputs.columns)
    with nogil:
        engine.prepare(0, inputs.rows, 0, inputs.rows, x, NULL if targets is None else targets.data,
                       NULL)
        while True:
            engine.forward(worker)
            if back:
                engine.backward(worker)
            engine.threads.look(<double> (worker.last - worker.first) * engine.work_of_sample * 3)
            if not engine.next_block(worker):
                break
        if back and not engine.threads.stopped():
            engine.first_step(worker, 0)
            engine.other_steps(worker, 0)
    if engine.threads.error is not None:
        raise engine.threads.error
    return engine


def feedforward(network, Inputs inputs):
    """Return z and a of every layer as a list of pairs of nested lists."""
    cdef Engine engine = one_batch(network, inputs, None, False)
    cdef Layer *layer
    cdef size_t number
    outputs = []
    for number in range(engine.count):
        layer = &engine.layers[number]
        outputs.append((nested_list(layer.z, inputs.rows, layer.outputs),
                        nested_list(layer.a, inputs.rows, layer.outputs)))
    return outputs


def backprop(network, Samples samples):
    """Return weights, biases and delta of every layer's gradient as a list of triples."""
    cdef Engine engine = one_batch(network, samples.inputs, samples.targets, True)
    cdef Layer *layer
    cdef size_t number
    gradients = []
    for number in range(engine.count):
        layer = &engine.layers[number]
        biases = None
        if layer.biases != NULL:
            biases = flat_list(layer.gradient + layer.inputs * layer.outputs, layer.outputs)
        gradients.append((nested_list(layer.gradient, layer.inputs, layer.outputs),
                          biases,
                          nested_list(layer.delta, samples.size, layer.outputs)))
    return gradients
