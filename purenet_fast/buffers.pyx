"""Matrices of doubles in C, and the lists of floats that they come from and become."""

from libc.stdlib cimport calloc, free
from libc.string cimport memset

from cpython.exc cimport PyErr_CheckSignals
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE, PyList_New
from cpython.ref cimport PyObject

from .fingerprint cimport PURENET_SOURCES
from .threads cimport WORK_OF_COPY, Job, Threads
from .vectors cimport KERNELS, PURENET_SLACK
from .views cimport View

# What Cython offers counts references, which takes longer than all else that is done to a number.
cdef extern from "Python.h" nogil:
    ctypedef struct PyTypeObject:
        pass
    ctypedef struct PyListObject:
        PyObject **ob_item
    PyTypeObject PyFloat_Type
    PyTypeObject *Py_TYPE(PyObject *value)
    double float_value "PyFloat_AS_DOUBLE"(PyObject *value)

cdef extern from "Python.h":
    PyObject *new_float "PyFloat_FromDouble"(double value) except NULL
    PyObject *new_list "PyList_New"(Py_ssize_t length) except NULL
    void Py_DECREF(PyObject *value)
    void set_item "PyList_SET_ITEM"(PyObject *values, Py_ssize_t place, PyObject *value)

SOURCES = PURENET_SOURCES

# So many numbers are read from Python objects, or become some, between two looks for Ctrl-C, which
# takes some milliseconds.  The handler of a signal may run Python, and change any list: what was
# checked must be checked again.
NUMBERS_AT_ONCE = 500000


def read_at_once(Py_ssize_t numbers):
    """Set how many numbers are read between two looks for Ctrl-C; return how many it was.

    For tests, which would wait long for lists that are read in pieces otherwise.
    """
    global NUMBERS_AT_ONCE
    before = NUMBERS_AT_ONCE
    NUMBERS_AT_ONCE = numbers
    return before


cdef class Block:
    """A matrix of doubles that belongs to a computation."""

    def __cinit__(self, Py_ssize_t rows, Py_ssize_t columns, bint zeros=True):
        cdef Py_ssize_t numbers = rows * columns
        cdef Py_ssize_t size = numbers + PURENET_SLACK + 8
        self.rows = rows
        self.columns = columns
        # With the slack that the kernels may read, from the start of a cache line on.
        self.memory = (calloc(size, sizeof(double)) if zeros
                       else purenet_memory(size * sizeof(double)))
        if self.memory == NULL:
            raise MemoryError()
        self.data = <double *> ((<size_t> self.memory + 63) // 64 * 64)
        if not zeros:
            memset(self.data + numbers, 0, PURENET_SLACK * sizeof(double))

    def __dealloc__(self):
        free(self.memory)

    cdef list tolist(self):
        return nested_list(self.data, self.rows, self.columns)


cdef class Memory:
    """Pieces of memory that live as long as this; all are zero at first."""

    def __dealloc__(self):
        purenet_give_back(self.store)

    cdef void *zeros(self, size_t n, size_t size) except NULL:
        """Return memory for n things of this size."""
        cdef void *memory = purenet_take_zeros(&self.store, n * size)
        if memory == NULL:
            raise MemoryError()
        return memory

    cdef double *numbers(self, size_t n) except NULL:
        """Return memory for n numbers, and the slack that the kernels may read."""
        return <double *> self.zeros(n + PURENET_SLACK, sizeof(double))


cdef list flat_list(const double *data, Py_ssize_t length):
    cdef list values = PyList_New(length)
    fill(<PyObject *> values, data, length)
    return values


cdef int fill(PyObject *values, const double *data, Py_ssize_t length) except -1:
    cdef Py_ssize_t j
    for j in range(length):
        set_item(values, j, new_float(data[j]))
    return 0


cdef list nested_list(const double *data, Py_ssize_t rows, Py_ssize_t columns):
    cdef list lists
    cdef PyObject *row
    cdef Py_ssize_t i
    if rows * columns > NUMBERS_AT_ONCE:
        return long_nested_list(data, rows, columns)
    lists = PyList_New(rows)
    for i in range(rows):
        row = new_list(columns)
        set_item(<PyObject *> lists, i, row)
        fill(row, data + i * columns, columns)
    return lists


cdef list long_nested_list(const double *data, Py_ssize_t rows, Py_ssize_t columns):
    """Do the same with looks for Ctrl-C; every list that a handler could find is whole."""
    cdef list lists = []
    cdef Py_ssize_t at_once = NUMBERS_AT_ONCE // columns + 1
    cdef Py_ssize_t i
    for i in range(rows):
        if i % at_once == 0:
            PyErr_CheckSignals()
        lists.append(flat_list(data + i * columns, columns))
    return lists


cdef int refill(list values, const double *data, Py_ssize_t length) except -1:
    """Put these numbers into a list; the objects of those that it has already stay."""
    cdef PyObject **items
    cdef PyObject *old
    cdef Py_ssize_t j
    if PyList_GET_SIZE(values) != length:
        values[:] = flat_list(data, length)
        return 0
    items = items_of(<PyObject *> values)
    for j in range(length):
        old = items[j]
        if Py_TYPE(old) != &PyFloat_Type or not same_bits(float_value(old), data[j]):
            items[j] = new_float(data[j])
            Py_DECREF(old)  # which may be a user's object that does something when it goes
            if PyList_GET_SIZE(values) != length:
                values[:] = flat_list(data, length)
                return 0
            items = items_of(<PyObject *> values)
    return 0


cdef inline bint same_bits(double a, double b) noexcept nogil:
    return a == b and (a != 0.0 or 1.0 / a == 1.0 / b)


cdef Block block_of(rows):
    """Copy a matrix of floats; return None for anything that purenet's functions must look at."""
    cdef Block block
    cdef Py_ssize_t i, columns, at_once
    if type(rows) is not list or PyList_GET_SIZE(rows) == 0 or type((<list> rows)[0]) is not list:
        return None
    columns = PyList_GET_SIZE((<list> rows)[0])
    if columns == 0:
        return None
    block = Block(PyList_GET_SIZE(rows), columns)
    at_once = NUMBERS_AT_ONCE // columns + 1
    for i in range(block.rows):
        if i >= at_once and i % at_once == 0:
            PyErr_CheckSignals()
            if PyList_GET_SIZE(rows) != block.rows:
                return None
        if not copy_row((<list> rows)[i], block.data + i * columns, columns):
            return None
    return block


cdef Block row_block_of(values):
    """Copy a row of floats, or return None."""
    cdef Block block
    if type(values) is not list or PyList_GET_SIZE(values) == 0:
        return None
    block = Block(1, PyList_GET_SIZE(values))
    return block if copy_row(values, block.data, block.columns) else None


cdef bint copy_row(row, double *target, Py_ssize_t columns) noexcept:
    """Copy a row if it is a list of so many floats."""
    return (type(row) is list and PyList_GET_SIZE(row) == columns
            and copy_floats(items_of(<PyObject *> row), target, columns))


cdef PyObject **items_of(PyObject *values) noexcept nogil:
    return (<PyListObject *> values).ob_item


cdef bint copy_floats(PyObject **items, double *target, Py_ssize_t count) noexcept nogil:
    """Copy numbers out of Python objects; return whether all are floats."""
    cdef Py_ssize_t j
    for j in range(count):
        if Py_TYPE(items[j]) != &PyFloat_Type:
            return False
        target[j] = float_value(items[j])
    return True


cdef bint are_lists(list rows, Py_ssize_t first, Py_ssize_t last, Py_ssize_t columns) noexcept:
    """Return whether some of the rows are lists of so many objects."""
    cdef PyObject *row
    cdef Py_ssize_t i
    for i in range(first, last):
        row = PyList_GET_ITEM(rows, i)
        if type(<object> row) is not list or PyList_GET_SIZE(<object> row) != columns:
            return False
    return True


cdef Py_ssize_t READ_AT_ONCE = 4096   # numbers, while they are in the nearest cache


cdef bint copy_rows(PyObject **rows, Py_ssize_t first, Py_ssize_t last, Py_ssize_t columns,
                    double *target) noexcept nogil:
    """Copy some of the rows; return whether all numbers are finite floats."""
    cdef Py_ssize_t at_once = READ_AT_ONCE // columns + 1
    cdef Py_ssize_t i, end
    while first < last:
        end = min(first + at_once, last)
        for i in range(first, end):
            if not copy_floats(items_of(rows[i]), target + i * columns, columns):
                return False
        if not KERNELS.all_finite((end - first) * columns, target + first * columns):
            return False
        first = end
    return True


cdef bint copy_from_memory(View view, Py_ssize_t first, Py_ssize_t last, Threads threads,
                           size_t number, double *target) noexcept nogil:
    """Copy some of the rows; return whether all numbers are finite."""
    cdef Py_ssize_t at_once = READ_AT_ONCE // view.columns + 1
    cdef Py_ssize_t end
    while first < last and not threads.stopped():
        end = min(first + at_once, last)
        if not view.read_rows(first, end, target + first * view.columns):
            return False
        if number == 0:
            threads.look(<double> WORK_OF_COPY * (end - first) * view.columns)
        first = end
    return True


cdef class Reading(Job):
    """The reading of lists of floats, or of somebody's memory, in several threads.

    Each thread has some of the rows.  Lists are read with Python's lock: all threads read a piece,
    then the caller's looks for Ctrl-C while nobody reads, and what is read next is checked.
    """

    def __cinit__(self, rows, Py_ssize_t columns, size_t threads, *ignored):
        self.threads = Threads(threads)
        self.height = self.at_once = len(rows)
        if type(rows) is list:
            self.rows = rows
            self.at_once = NUMBERS_AT_ONCE // columns + 1
        else:
            self.view = rows
        self.columns = columns

    cdef size_t first_row(self, size_t number) noexcept nogil:
        """Return where a thread's rows begin, and those of the one before end."""
        return self.threads.begin_of(number, self.height)

    cdef Py_ssize_t piece_begin(self, size_t number) noexcept nogil:
        """Return where the piece that a thread reads now begins."""
        return min(<Py_ssize_t> self.first_row(number) + self.done,
                   <Py_ssize_t> self.first_row(number + 1))

    cdef Py_ssize_t piece_end(self, size_t number) noexcept nogil:
        return min(<Py_ssize_t> self.first_row(number) + self.done + self.at_once,
                   <Py_ssize_t> self.first_row(number + 1))

    cdef int read(self) except -1:
        """Do the work, which may end early if a signal's handler has raised something."""
        cdef bint more = True
        cdef size_t number
        while more:
            if self.view is None:
                self.run_locked()
            else:
                self.run_in_threads()
            if self.threads.error is not None:
                raise self.threads.error
            self.done += self.at_once
            more = False
            for number in range(self.threads.count):
                if not self.same or not self.is_well(number):
                    return 0
                more = more or self.piece_begin(number) < <Py_ssize_t> self.first_row(number + 1)
            if more:
                PyErr_CheckSignals()
        return 0

    cdef bint is_well(self, size_t number) noexcept:
        """Return whether a thread has found nothing that makes reading on useless."""
        return True

    cdef void begin(self) noexcept:
        cdef size_t number
        self.same = True
        if self.view is not None:
            return
        # While the threads started, or a handler ran, the lists may have been changed.
        self.same = PyList_GET_SIZE(self.rows) == self.height
        for number in range(self.threads.count):
            self.same = self.same and are_lists(
                self.rows, self.piece_begin(number), self.piece_end(number), self.columns)
        self.items = items_of(<PyObject *> self.rows)


cdef class Copying(Reading):
    """The copying of rows into a block."""

    def __cinit__(self, rows, Py_ssize_t columns, size_t threads, Block block):
        self.block = block
        self.finite_floats = <bint *> calloc(threads, sizeof(bint))
        if self.finite_floats == NULL:
            raise MemoryError()

    def __dealloc__(self):
        free(self.finite_floats)

    cdef bint run(self) except -1:
        """Copy; return whether all are finite floats."""
        cdef size_t number
        self.read()
        for number in range(self.threads.count):
            if not self.is_well(number):
                return False
        return self.same

    cdef bint is_well(self, size_t number) noexcept:
        return self.finite_floats[number]

    cdef void work(self, size_t number) noexcept nogil:
        cdef Py_ssize_t first = self.piece_begin(number)
        cdef Py_ssize_t last = self.piece_end(number)
        if self.view is not None:
            self.finite_floats[number] = copy_from_memory(
                self.view, first, last, self.threads, number, self.block.data)
        elif self.same:
            self.finite_floats[number] = copy_rows(
                self.items, first, last, self.columns, self.block.data)
        # The last wait: whether to stop makes no difference here.
        self.threads.wait(number)
