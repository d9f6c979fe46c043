"""Samples: the inputs and targets of a call, converted once."""

from libc.string cimport memcpy

from cpython.list cimport PyList_GET_SIZE
from cpython.ref cimport PyObject

from .buffers cimport (
    NUMBERS_AT_ONCE, Block, Copying, are_lists, block_of, copy_rows, items_of, row_block_of,
)
from .fingerprint cimport PURENET_SOURCES
from .sparse cimport ROWS_TO_LOOK_AT, Listing, Sparse, zero_share_of
from .threads cimport LEAST_SHARE, MOST_THREADS
from .views cimport View, view_of

from purenet.buffers import buffer_of

SOURCES = PURENET_SOURCES

cdef double WORK_OF_READING = 0.5     # of one number; so low because threads must be started


cdef class Inputs:
    """Rows of finite floats: as they are, or, where most are zero, only the others.

    Or rows in somebody's memory, of which nobody knows yet whether they are finite.
    """

    def __len__(self):
        return self.rows

    @property
    def is_sparse(self):
        """Whether only the numbers that are not zero are kept."""
        return self.sparse is not None

    cdef void copy_row(self, Py_ssize_t row, double *target) noexcept nogil:
        """Write one row with its zeros."""
        if self.sparse is not None:
            self.sparse.copy_row(row, target)
        else:
            memcpy(target, self.dense.data + row * self.columns, self.columns * sizeof(double))


cdef class Samples:
    """Checked inputs and targets in compiled buffers."""

    def __cinit__(self, Inputs inputs, targets, bint classes):
        self.inputs = inputs
        self.targets = (<Targets> targets).block if type(targets) is Targets else block_of(targets)
        if self.targets is None or self.targets.rows != inputs.rows:
            raise TypeError("targets: expected lists of floats, one for each row of the inputs")
        self.classes = classes
        self.size = inputs.rows

    def weighted(self, weights):
        """Return these samples with a weight for each, given as floats."""
        cdef Block block = row_block_of(weights)
        if block is None or block.columns != self.size:
            raise TypeError("weights: expected a list of floats, one for each sample")
        self.weights = block
        return self

    def without_classes(self):
        """Return these samples, whose targets are part of others that name no classes."""
        self.classes = False
        return self

    def target_lists(self):
        """Return the targets as nested lists."""
        return self.targets.tolist()

    def weight_list(self):
        """Return the weights; None if there are none."""
        return None if self.weights is None else self.weights.tolist()[0]

    def lists(self):
        """Return the inputs and the targets as nested lists."""
        cdef Block inputs = Block(self.size, self.inputs.columns)
        cdef Py_ssize_t i
        for i in range(self.size):
            self.inputs.copy_row(i, inputs.data + i * inputs.columns)
        return inputs.tolist(), self.targets.tolist()


def inputs_of(rows, Py_ssize_t columns, size_t threads=1, batch_size=1, bint listed=True):
    """Return lists of ``columns`` finite floats as Inputs, or None if there is anything else.

    rows: such lists, or rows in somebody's memory, which are copied.
    batch_size: how many rows will be used together again and again, one batch behind the other; 1
    if they will be used in any way.  listed: False keeps all zeros, and the sign of each.
    """
    cdef Inputs inputs
    cdef Sparse sparse
    cdef double work, zero_share
    if type(rows) is not list:
        rows = view_of(rows, columns)
        if rows is None:
            return None
    elif not are_lists(rows, 0, min(PyList_GET_SIZE(rows), ROWS_TO_LOOK_AT), columns):
        return None  # those behind are looked at when they are read
    if len(rows) == 0:
        return None
    inputs = Inputs.__new__(Inputs)
    inputs.rows = len(rows)
    inputs.columns = columns
    work = WORK_OF_READING * inputs.rows * columns
    threads = min(threads, <size_t> MOST_THREADS, <size_t> inputs.rows)
    while threads > 1 and work < LEAST_SHARE * threads:
        threads -= 1
    zero_share = zero_share_of(rows, columns) if listed else 0.0
    if zero_share > 0.0:
        sparse = Sparse(inputs.rows, columns, min(batch_size, inputs.rows))
        if not Listing(rows, columns, threads, sparse, zero_share).run():
            return None
        if sparse.start != NULL:
            inputs.sparse = sparse
            return inputs
    if threads == 1 and type(rows) is list:
        inputs.dense = finite_block(rows, columns)
        return None if inputs.dense is None else inputs
    inputs.dense = Block(inputs.rows, columns, False)
    return inputs if Copying(rows, columns, threads, inputs.dense).run() else None


def inputs_to_read(rows, Py_ssize_t columns):
    """Return rows in somebody's memory as Inputs that are read later; None of anything else."""
    cdef View view = view_of(rows, columns)
    cdef Inputs inputs
    if view is None:
        return None
    inputs = Inputs.__new__(Inputs)
    inputs.rows = view.rows
    inputs.columns = columns
    inputs.view = view
    return inputs


cdef class Targets:
    """Finite targets that were read from somebody's memory.

    classes: whether they name classes.
    """

    def lists(self):
        """Return them as nested lists."""
        return self.block.tolist()


def targets_of(values, Py_ssize_t height, Py_ssize_t columns):
    """Return targets in somebody's memory, or None if they are anything else.

    Rows of finite numbers; or a number a sample: the target itself of one output, otherwise the
    number of a class.
    """
    cdef Py_ssize_t width = columns
    cdef Targets targets
    cdef Block numbers
    cdef View view
    buffer = None if type(values) is list else buffer_of(values)
    if buffer is None or buffer.places is not None or buffer.view.shape[0] != height or height == 0:
        return None
    if buffer.view.ndim == 1:
        width = 1
        if columns > 1 and buffer.code == "?":  # these are no class numbers
            return None
    elif buffer.view.shape[1] != columns:
        return None
    view = View(buffer, height, width)
    numbers = Block(height, width, False)
    if not view.read_rows(0, height, numbers.data):
        return None
    if width < columns:
        numbers = one_hot(numbers, columns)
        if numbers is None:
            return None
    targets = Targets.__new__(Targets)
    targets.block = numbers
    targets.classes = are_classes(numbers)
    return targets


cdef Block one_hot(Block numbers, Py_ssize_t classes):
    """Return a row a number with 1.0 in the column of its class; None if one is no class."""
    cdef Block rows = Block(numbers.rows, classes)
    cdef Py_ssize_t i, number
    for i in range(numbers.rows):
        if not 0.0 <= numbers.data[i] < classes:
            return None
        number = <Py_ssize_t> numbers.data[i]
        if number != numbers.data[i]:
            return None
        rows.data[i * classes + number] = 1.0
    return rows


cdef bint are_classes(Block targets):
    """Return whether all are 0 or 1, with one 1 a row if there are several."""
    cdef Py_ssize_t i, j, ones
    cdef double value
    for i in range(targets.rows):
        ones = 0
        for j in range(targets.columns):
            value = targets.data[i * targets.columns + j]
            if value != 0.0 and value != 1.0:
                return False
            ones += value == 1.0
        if targets.columns > 1 and ones != 1:
            return False
    return True


def are_finite_floats(rows, Py_ssize_t height, Py_ssize_t columns):
    """Return whether these are ``height`` lists of ``columns`` finite floats each."""
    return (type(rows) is list and PyList_GET_SIZE(rows) == height
            and finite_block(rows, columns) is not None)


cdef Block finite_block(list rows, Py_ssize_t columns):
    """Copy lists of so many finite floats; return None if there is anything else."""
    cdef Py_ssize_t height = PyList_GET_SIZE(rows)
    cdef Block block = Block(height, columns, False)
    if height * columns > NUMBERS_AT_ONCE:
        return block if Copying(rows, columns, 1, block).run() else None
    if (are_lists(rows, 0, height, columns)
            and copy_rows(items_of(<PyObject *> rows), 0, height, columns, block.data)):
        return block
    return None
