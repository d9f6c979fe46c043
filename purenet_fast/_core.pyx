# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, embedsignature=False, binding=True
"""The compiled twins of purenet's arithmetic.

Everything here repeats, operation by operation, what ``purenet`` does in ``elementary``, ``matrix``,
``activations``, ``losses`` and ``layers``, so that every number has the same bits:

- a sum starts at 0.0 and adds its terms one by one, the index ascending; which element of a matrix
  is computed first is free, and that is where vectors and threads come in;
- a product is rounded, then added (the extension is built without contraction);
- an expression is grouped as it is there.

A change here is a change there, in the same commit.

The order of this file: numbers; weights and biases as Python sees them; matrices, activation
functions and losses; samples; the network, first one batch, then a run of epochs.  The innermost
loops stand in kernels/, because Cython has no vectors.
"""

import os
from _thread import start_new_thread

from libc.math cimport INFINITY, NAN, frexp, isfinite, ldexp
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from cpython.buffer cimport (
    PyBUF_ANY_CONTIGUOUS, PyBUF_C_CONTIGUOUS, PyBUF_F_CONTIGUOUS, PyBUF_FORMAT, PyBUF_ND,
    PyBUF_STRIDES,
)
from cpython.exc cimport PyErr_CheckSignals
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE, PyList_New
from cpython.ref cimport PyObject

from purenet import activations as _activations
from purenet import elementary as _elementary
from purenet import functions as _functions
from purenet import losses as _losses
from purenet.checks import as_number, as_row

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
    void set_item "PyList_SET_ITEM"(PyObject *values, Py_ssize_t place, PyObject *value)

cdef extern from *:
    """
    #ifndef PURENET_SOURCES
    #define PURENET_SOURCES 0u
    #endif
    """
    unsigned int PURENET_SOURCES

SOURCES = PURENET_SOURCES  # the fingerprint of the files that this module was built from


cdef extern from "kernels/kernels.h" nogil:
    enum:
        PURENET_SLACK, PURENET_STRIP
        PURENET_LINEAR, PURENET_SIGMOID, PURENET_TANH, PURENET_RELU, PURENET_LEAKY_RELU
        PURENET_SUM, PURENET_BIAS, PURENET_STEP
        PURENET_UNKNOWN_NAME, PURENET_NOT_HERE

    ctypedef struct purenet_product:
        size_t rows, columns, terms
        const double *a
        size_t a_row, a_term
        const double *b
        size_t b_term, b_column
        double *c
        size_t c_row
        int finish
        const double *bias
        double rate
        double *room

    ctypedef struct purenet_sparse:
        size_t strips
        const size_t *start
        size_t row_step, strip_step
        const uint8_t *column
        const double *value

    ctypedef struct purenet_columns:
        size_t groups, columns, entries
        const double *value

    ctypedef struct Layer "purenet_layer":
        size_t inputs, outputs
        int activation
        double *weights
        size_t stride
        double *biases
        double *z
        double *a
        double *delta
        double *gradient
        double *spare

    ctypedef struct purenet_kernels:
        const char *name
        size_t product_columns, step_outputs, narrow_width
        void (*narrow_forward)(const Layer *layers, size_t count, size_t rows,
                               const double *x) noexcept nogil
        bint (*narrow_backward)(const Layer *layers, size_t count, size_t rows, const double *x,
                                double rate) noexcept nogil
        size_t (*product_room)(const purenet_product *p) noexcept nogil
        void (*product)(const purenet_product *p) noexcept nogil
        void (*activate)(int activation, size_t n, double *z) noexcept nogil
        void (*times_slope)(int activation, size_t n, const double *a, double *delta) noexcept nogil
        void (*output_delta)(double factor, double count, size_t n, const double *a,
                             const double *y, double *delta) noexcept nogil
        void (*softmax)(size_t rows, size_t columns, double *z) noexcept nogil
        void (*exponential)(size_t n, double *x) noexcept nogil
        void (*step)(double rate, size_t n, const double *g, double *w) noexcept nogil
        bint (*all_finite)(size_t n, const double *x) noexcept nogil
        size_t (*list_non_zeros)(size_t n, const double *x, uint8_t *column,
                                 double *value) noexcept nogil
        void (*sparse_forward)(const purenet_sparse *x, size_t samples, const size_t *sample,
                               size_t outputs, const double *w, size_t w_row, const double *bias,
                               double *z, size_t z_row) noexcept nogil
        bint (*sparse_step)(const purenet_columns *x, size_t samples, size_t outputs,
                            const double *delta, size_t delta_row, double rate, double *w,
                            size_t w_row, double *room) noexcept nogil

    int purenet_choose(const char *wanted, const purenet_kernels **chosen)

cdef extern from "kernels/memory.h" nogil:
    ctypedef struct purenet_store:
        pass

    void *purenet_memory(size_t bytes)
    void purenet_give_back(purenet_store *store)

cdef extern from "kernels/columns.h" nogil:
    size_t purenet_order_room(size_t samples, size_t columns, size_t entries)
    void purenet_order_by_column(const purenet_sparse *x, size_t first, size_t last,
                                 size_t samples, const size_t *sample, double *room,
                                 purenet_columns *ordered)
    bint purenet_keep_columns(const purenet_columns *x, purenet_store **store, size_t more,
                              purenet_columns *kept)
    void purenet_fetch_columns(const purenet_columns *kept)

cdef extern from "kernels/threads.h" nogil:
    enum:
        PURENET_CLOSED, PURENET_OPEN, PURENET_CANCELLED

    ctypedef struct purenet_team:
        unsigned long size
        unsigned long waiting
        unsigned long leaving
        unsigned long gone

    bint purenet_make_beds(purenet_team *team, size_t size)
    void purenet_free_beds(purenet_team *team)
    bint purenet_meet(purenet_team *team, size_t number)
    void purenet_stop(purenet_team *team)
    bint purenet_stopped(purenet_team *team)
    void purenet_set_gate(purenet_team *team, int state)
    bint purenet_pass_gate(purenet_team *team, size_t number)
    void purenet_await_at_gate(purenet_team *team, unsigned long waiting)
    void purenet_leave(purenet_team *team)
    bint purenet_await(purenet_team *team, unsigned long gone)
    uint64_t purenet_clock()

cdef extern from "kernels/elementary.h" nogil:
    double purenet_exp(double x)
    double purenet_exp_tail(double high, double low)
    double purenet_sigmoid(double z)


cdef const purenet_kernels *KERNELS


def choose_vectors(str name):
    """Choose the vector width: avx512, avx2, sse2, neon, vector, portable, or "" for the widest.

    Every width gives the same bits.  Returns the name of the chosen one.  The environment variable
    PURENET_VECTOR does the same for the start of the program.
    """
    global KERNELS
    cdef const purenet_kernels *chosen = NULL
    cdef int failure = purenet_choose(name.encode(), &chosen)
    if failure == PURENET_NOT_HERE:
        raise ValueError(f"PURENET_VECTOR: {name} is not there on this processor")
    if failure == PURENET_UNKNOWN_NAME:
        raise ValueError(
            f"PURENET_VECTOR: found {name!r}, "
            "expected avx512, avx2, sse2, neon, vector or portable"
        )
    KERNELS = chosen
    return chosen_vectors()


def chosen_vectors():
    """Return the name of the vector width that is used."""
    return (<bytes> KERNELS.name).decode()


choose_vectors(os.environ.get("PURENET_VECTOR", ""))


# ------------------------------------------------------------------------------------------------
# Numbers: the twins of elementary.py.

cdef double LOG2_E = 1.4426950408889634
cdef double LN2_HIGH = 0.6931471803691238
cdef double LN2_LOW = 1.9082149292705877e-10
cdef double ROUND = 6755399441055744.0
cdef double SQRT_HALF = 0.7071067811865476


cdef double log_of_parts(double k, double f, double extra) noexcept nogil:
    cdef double s = f / (2.0 + f)
    cdef double square = s * s
    cdef double half, small
    cdef double series = 0.14798198605116586
    series = 0.15313837699209373 + square * series
    series = 0.1818357216161805 + square * series
    series = 0.22222198432149784 + square * series
    series = 0.2857142874366239 + square * series
    series = 0.3999999999940942 + square * series
    series = 0.6666666666666735 + square * series
    series = square * series
    half = 0.5 * f * f
    small = s * (half + series) + (k * LN2_LOW + extra)
    return k * LN2_HIGH - ((half - small) - f)


cdef double c_log(double x) noexcept nogil:
    cdef double mantissa
    cdef int k
    if x != x or x == INFINITY:
        return x
    if x == 0.0:
        return -INFINITY
    if x < 0.0:
        return NAN
    mantissa = frexp(x, &k)
    if mantissa < SQRT_HALF:
        mantissa = mantissa * 2.0
        k = k - 1
    return log_of_parts(<double> k, mantissa - 1.0, 0.0)


cdef double c_log1p(double x) noexcept nogil:
    cdef double u, lost, mantissa
    cdef int k
    if x != x or x == INFINITY:
        return x
    if x == -1.0:
        return -INFINITY
    if x < -1.0:
        return NAN
    if -0.2928932188134524 < x < 0.4142135623730950:
        return log_of_parts(0.0, x, 0.0)
    u = 1.0 + x
    lost = x - (u - 1.0)
    if x > 1.0:
        lost = 1.0 - (u - x)
    mantissa = frexp(u, &k)
    if mantissa < SQRT_HALF:
        mantissa = mantissa * 2.0
        k = k - 1
    return log_of_parts(<double> k, mantissa - 1.0, lost / u)


cdef double c_tanh_of_large(double x) noexcept nogil:
    cdef double k = (2.0 * x * LOG2_E + ROUND) - ROUND
    cdef double high = 2.0 * x - k * LN2_HIGH
    cdef double low = k * LN2_LOW
    cdef double tail = purenet_exp_tail(high, low)
    cdef double power = ldexp(1.0, <int> k)
    cdef double large = power + 1.0
    cdef double total = large + power * high
    cdef double rest = (power * high - (total - large)) + power * tail
    cdef double denominator = total + rest
    rest = rest - (denominator - total)
    cdef double quotient = 2.0 / denominator
    cdef double value = 1.0 - quotient
    cdef double lost = (1.0 - value) - quotient
    return value + (lost + quotient * (rest / denominator))


cdef double c_tanh(double x) noexcept nogil:
    cdef double size, square, above, below, value
    if x != x:
        return x
    size = x
    if x < 0.0:
        size = -x
    if size < 0.625:
        square = x * x
        above = -0.9643991794250523
        above = -99.28772310019185 + square * above
        above = -1614.6876844170845 + square * above
        below = 112.81167849163293 + square
        below = 2235.4883906010045 + square * below
        below = 4844.063053251255 + square * below
        return x + x * (square * (above / below))
    if size > 22.0:
        value = 1.0
    else:
        value = c_tanh_of_large(size)
    if x < 0.0:
        return -value
    return value


# The public functions take any number; whatever is no float goes to purenet's own function, which
# converts it or raises.

def exp(x):
    if PyFloat_CheckExact(x):
        return purenet_exp(PyFloat_AS_DOUBLE(x))
    return _elementary.exp(x)


def log(x):
    if PyFloat_CheckExact(x):
        return c_log(PyFloat_AS_DOUBLE(x))
    return _elementary.log(x)


def log1p(x):
    if PyFloat_CheckExact(x):
        return c_log1p(PyFloat_AS_DOUBLE(x))
    return _elementary.log1p(x)


def tanh(x):
    if PyFloat_CheckExact(x):
        return c_tanh(PyFloat_AS_DOUBLE(x))
    return _elementary.tanh(x)


# ------------------------------------------------------------------------------------------------
# Weights and biases: lists on the outside, a buffer of doubles inside.

cdef class Matrix:
    """Rows of floats in one compiled buffer, used like a list of lists of a fixed size.

    It can be indexed, sliced, iterated, compared, copied, pickled and changed element by element or
    row by row; ``matrix[i]`` is a view of row i, as it would be in a list of lists.  It offers
    the buffer protocol, so that ``memoryview(matrix)`` or NumPy see the same memory.
    """

    cdef Block block
    cdef double *data
    cdef readonly Py_ssize_t rows
    cdef readonly Py_ssize_t columns
    cdef Py_ssize_t stride    # numbers from one row to the next
    cdef Py_ssize_t[2] shape
    cdef Py_ssize_t[2] strides

    def __cinit__(self, rows, *ignored):
        cdef Py_ssize_t i, j
        cdef list row
        self.rows = len(rows)
        self.columns = len(rows[0]) if self.rows else 0
        self.stride = padded(self.columns)
        self.block = Block(self.rows, self.stride)
        self.data = self.block.data
        for i in range(self.rows):
            row = as_row(list(rows[i]), f"row {i}", self.columns, finite=False)
            for j in range(self.columns):
                self.data[i * self.stride + j] = row[j]

    def __len__(self):
        return self.rows

    cdef Vector row(self, Py_ssize_t i):
        cdef Vector view = Vector.__new__(Vector)
        view.owner = self
        view.data = self.data + i * self.stride
        view.length = self.columns
        return view

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self.row(i) for i in range(*index.indices(self.rows))]
        return self.row(place(index, self.rows))

    def __setitem__(self, index, value):
        cdef Vector row
        if isinstance(index, slice):
            places = range(*index.indices(self.rows))
            values = [
                as_row(list(item), f"row {i}", self.columns, finite=False)
                for i, item in zip(places, value, strict=True)
            ]
            for i, item in zip(places, values):
                self.row(i)[:] = item
        else:
            self.row(place(index, self.rows, "assignment index"))[:] = value

    def __iter__(self):
        for i in range(self.rows):
            yield self.row(i)

    def __eq__(self, other):
        if isinstance(other, (list, Matrix)):
            return self.tolist() == (other.tolist() if isinstance(other, Matrix) else as_lists(other))
        return NotImplemented

    __hash__ = None

    def __repr__(self):
        return repr(self.tolist())

    def __add__(self, other):
        return list(self) + list(other)

    def __radd__(self, other):
        return list(other) + list(self)

    def tolist(self):
        """Return a nested list with the same numbers."""
        return [flat_list(self.data + i * self.stride, self.columns) for i in range(self.rows)]

    def copy(self):
        """Return a list of the rows, as ``list.copy`` would."""
        return list(self)

    def index(self, *arguments):
        """Return the first index of a row."""
        return list(self).index(*arguments)

    def count(self, value):
        """Return how many rows equal the value."""
        return list(self).count(value)

    def __copy__(self):
        return list(self)

    def __deepcopy__(self, memo):
        return Matrix(self.tolist())

    def __reduce__(self):
        return Matrix, (self.tolist(),)

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        cdef bint contiguous = (flags & PyBUF_STRIDES) != PyBUF_STRIDES
        if ((flags & PyBUF_C_CONTIGUOUS) == PyBUF_C_CONTIGUOUS
                or (flags & PyBUF_ANY_CONTIGUOUS) == PyBUF_ANY_CONTIGUOUS):
            contiguous = True
        if contiguous and self.stride != self.columns and self.rows > 1:
            raise BufferError("the rows are padded, ask for strides")
        if ((flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS
                and self.rows > 1 and self.columns > 1):
            raise BufferError("the numbers lie row by row, not column by column")
        self.shape[0] = self.rows
        self.shape[1] = self.columns
        self.strides[0] = self.stride * sizeof(double)
        self.strides[1] = sizeof(double)
        fill_buffer(buffer, self, self.data, 2, self.shape, self.strides,
                    self.rows * self.columns, flags)

    def __releasebuffer__(self, Py_buffer *buffer):
        pass


cdef Py_ssize_t padded(Py_ssize_t columns) noexcept:
    """Return the distance between rows with which the kernels are fastest.

    Whole cache lines; and an odd number of them in a long row, so that the rows do not crowd into
    a fraction of the cache.
    """
    if columns <= 8:
        return columns
    if columns <= 32:
        return (columns + 7) // 8 * 8
    return (columns + 7) // 16 * 16 + 8


cdef class Vector:
    """A row of floats in a compiled buffer, used like a list of a fixed length."""

    cdef object owner
    cdef double *data
    cdef Py_ssize_t length
    cdef Py_ssize_t[1] shape
    cdef Py_ssize_t[1] strides

    def __cinit__(self, values=None):
        cdef Matrix matrix
        if values is None:  # a view of a row, which Matrix.row fills in
            return
        matrix = Matrix([as_row(list(values), "row", None, finite=False)])
        self.owner = matrix
        self.data = matrix.data
        self.length = matrix.columns

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self.data[<Py_ssize_t> i] for i in range(*index.indices(self.length))]
        return self.data[place(index, self.length)]

    def __setitem__(self, index, value):
        cdef Py_ssize_t j
        cdef list values
        if isinstance(index, slice):
            places = range(*index.indices(self.length))
            values = as_row(list(value), "row", len(places), finite=False)
            for i, item in zip(places, values):
                j = i
                self.data[j] = item
        else:
            j = place(index, self.length, "assignment index")
            self.data[j] = as_number(value, f"column {j}", finite=False)

    def __iter__(self):
        cdef Py_ssize_t j
        for j in range(self.length):
            yield self.data[j]

    def __eq__(self, other):
        if isinstance(other, Vector):
            return self.tolist() == other.tolist()
        if isinstance(other, list):
            return self.tolist() == other
        return NotImplemented

    __hash__ = None

    def __repr__(self):
        return repr(self.tolist())

    def __add__(self, other):
        return self.tolist() + list(other)

    def __radd__(self, other):
        return list(other) + self.tolist()

    def tolist(self):
        """Return a list with the same numbers."""
        return flat_list(self.data, self.length)

    def copy(self):
        """Return a list with the same numbers."""
        return self.tolist()

    def index(self, *arguments):
        """Return the first index of a number."""
        return self.tolist().index(*arguments)

    def count(self, value):
        """Return how often a number is there."""
        return self.tolist().count(value)

    def __copy__(self):
        return self.tolist()

    def __deepcopy__(self, memo):
        return Vector(self.tolist())

    def __reduce__(self):
        return Vector, (self.tolist(),)

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        self.shape[0] = self.length
        self.strides[0] = sizeof(double)
        fill_buffer(buffer, self, self.data, 1, self.shape, self.strides, self.length, flags)

    def __releasebuffer__(self, Py_buffer *buffer):
        pass


cdef char *DOUBLE_FORMAT = b"d"


cdef void fill_buffer(Py_buffer *buffer, object owner, double *data, int dimensions,
                      Py_ssize_t *shape, Py_ssize_t *strides, Py_ssize_t items, int flags):
    buffer.buf = data
    buffer.obj = owner
    buffer.len = items * sizeof(double)
    buffer.itemsize = sizeof(double)
    buffer.readonly = 0
    buffer.ndim = dimensions
    buffer.format = DOUBLE_FORMAT if flags & PyBUF_FORMAT else NULL
    buffer.shape = shape if flags & PyBUF_ND else NULL
    buffer.strides = strides if (flags & PyBUF_STRIDES) == PyBUF_STRIDES else NULL
    buffer.suboffsets = NULL
    buffer.internal = NULL


cdef Py_ssize_t place(index, Py_ssize_t length, str action="index") except -1:
    """Return a list index as one from 0 to length - 1."""
    if not hasattr(index, "__index__"):
        raise TypeError(f"list indices must be integers or slices, not {type(index).__name__}")
    number = index.__index__()
    if not -2**62 < number < 2**62:
        raise IndexError(f"cannot fit '{type(index).__name__}' into an index-sized integer")
    if number < 0:
        number += length
    if not 0 <= number < length:
        raise IndexError(f"list {action} out of range")
    return number


cdef list as_lists(list rows):
    return [row.tolist() if isinstance(row, Vector) else row for row in rows]


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
    cdef list lists = PyList_New(rows)
    cdef PyObject *row
    cdef Py_ssize_t i
    for i in range(rows):
        row = new_list(columns)
        set_item(<PyObject *> lists, i, row)
        fill(row, data + i * columns, columns)
    return lists


# ------------------------------------------------------------------------------------------------
# Nested lists in and out.

cdef class Block:
    """A matrix of doubles that belongs to a computation."""

    cdef double *data
    cdef void *memory
    cdef Py_ssize_t rows
    cdef Py_ssize_t columns

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


cdef Block block_of(rows):
    """Copy a matrix of floats; return None for anything that purenet's functions must look at."""
    cdef Block block
    cdef Matrix matrix
    cdef Py_ssize_t i, columns
    if isinstance(rows, Matrix):
        matrix = rows
        block = Block(matrix.rows, matrix.columns)
        for i in range(matrix.rows):
            memcpy(block.data + i * matrix.columns, matrix.data + i * matrix.stride,
                   matrix.columns * sizeof(double))
        return block
    if type(rows) is not list or PyList_GET_SIZE(rows) == 0:
        return None
    columns = width_of((<list> rows)[0])
    if columns <= 0:
        return None
    block = Block(PyList_GET_SIZE(rows), columns)
    for i in range(block.rows):
        if not copy_row((<list> rows)[i], block.data + i * columns, columns):
            return None
    return block


cdef Block row_block_of(values):
    """Copy a row of floats, or return None."""
    cdef Py_ssize_t columns = width_of(values)
    cdef Block block
    if columns <= 0:
        return None
    block = Block(1, columns)
    return block if copy_row(values, block.data, columns) else None


cdef Py_ssize_t width_of(row):
    if type(row) is list:
        return PyList_GET_SIZE(row)
    if isinstance(row, Vector):
        return (<Vector> row).length
    return -1


cdef bint copy_row(row, double *target, Py_ssize_t columns):
    """Copy a row if it is a list of so many floats."""
    if width_of(row) != columns:
        return False
    if isinstance(row, Vector):
        memcpy(target, (<Vector> row).data, columns * sizeof(double))
        return True
    return copy_floats(items_of(<PyObject *> row), target, columns)


cdef inline PyObject **items_of(PyObject *values) noexcept nogil:
    return (<PyListObject *> values).ob_item


cdef bint copy_floats(PyObject **items, double *target, Py_ssize_t count) noexcept nogil:
    """Copy numbers out of Python objects; say whether all are floats."""
    cdef Py_ssize_t j
    for j in range(count):
        if Py_TYPE(items[j]) != &PyFloat_Type:
            return False
        target[j] = float_value(items[j])
    return True


# ------------------------------------------------------------------------------------------------
# Matrices: the twins of matrix.py.

cdef Block c_dot(Block a, Block b):
    """Return a . b; each element's own sum runs over k ascending."""
    cdef Block product = Block(a.rows, b.columns)
    cdef Block room
    cdef purenet_product p = purenet_product(
        rows=a.rows, columns=b.columns, terms=a.columns,
        a=a.data, a_row=a.columns, a_term=1, b=b.data, b_term=b.columns, b_column=1,
        c=product.data, c_row=b.columns, finish=PURENET_SUM, bias=NULL, rate=0.0, room=NULL)
    room = Block(1, KERNELS.product_room(&p))
    p.room = room.data
    with nogil:
        KERNELS.product(&p)
    return product


cdef void c_add_bias(double *a, const double *biases, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    cdef Py_ssize_t i, j
    for i in range(rows):
        for j in range(columns):
            a[i * columns + j] = a[i * columns + j] + biases[j]


cdef void c_column_sums(const double *a, double *sums, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    cdef Py_ssize_t i, j
    memset(sums, 0, columns * sizeof(double))
    for i in range(rows):
        for j in range(columns):
            sums[j] = sums[j] + a[i * columns + j]


def dot(a, b):
    cdef Block x = block_of(a)
    cdef Block y = block_of(b)
    if x is None or y is None or x.columns != y.rows:
        return _functions.dot(a, b)
    return c_dot(x, y).tolist()


def transpose(a):
    cdef Block x = block_of(a)
    cdef Block result
    cdef Py_ssize_t i, j
    if x is None:
        return _functions.transpose(a)
    result = Block(x.columns, x.rows)
    for i in range(x.rows):
        for j in range(x.columns):
            result.data[j * x.rows + i] = x.data[i * x.columns + j]
    return result.tolist()


def add_bias(a, biases):
    cdef Block x = block_of(a)
    cdef Block y = row_block_of(biases)
    if x is None or y is None or x.columns != y.columns:
        return _functions.add_bias(a, biases)
    c_add_bias(x.data, y.data, x.rows, x.columns)
    return x.tolist()


def add(a, b):
    cdef Block x = block_of(a)
    cdef Block y = block_of(b)
    cdef Py_ssize_t i
    if x is None or y is None or x.rows != y.rows or x.columns != y.columns:
        return _functions.add(a, b)
    for i in range(x.rows * x.columns):
        x.data[i] = x.data[i] + y.data[i]
    return x.tolist()


def subtract(a, b):
    cdef Block x = block_of(a)
    cdef Block y = block_of(b)
    cdef Py_ssize_t i
    if x is None or y is None or x.rows != y.rows or x.columns != y.columns:
        return _functions.subtract(a, b)
    for i in range(x.rows * x.columns):
        x.data[i] = x.data[i] - y.data[i]
    return x.tolist()


def multiply(a, b):
    cdef Block x = block_of(a)
    cdef Block y = block_of(b)
    cdef Py_ssize_t i
    if x is None or y is None or x.rows != y.rows or x.columns != y.columns:
        return _functions.multiply(a, b)
    for i in range(x.rows * x.columns):
        x.data[i] = x.data[i] * y.data[i]
    return x.tolist()


def scale(a, factor):
    cdef Block x = block_of(a)
    cdef Py_ssize_t i
    cdef double by
    if x is None or not PyFloat_CheckExact(factor):
        return _functions.scale(a, factor)
    by = PyFloat_AS_DOUBLE(factor)
    for i in range(x.rows * x.columns):
        x.data[i] = x.data[i] * by
    return x.tolist()


def column_sums(a):
    cdef Block x = block_of(a)
    cdef Block sums
    if x is None:
        return _functions.column_sums(a)
    sums = Block(1, x.columns)
    c_column_sums(x.data, sums.data, x.rows, x.columns)
    return flat_list(sums.data, x.columns)


# ------------------------------------------------------------------------------------------------
# Activation functions: the twins of activations.py.

cdef enum:
    SOFTMAX = 100  # the others are functions of one number, and have the kernels' numbers

cdef dict ACTIVATIONS = {
    "sigmoid": PURENET_SIGMOID, "tanh": PURENET_TANH, "relu": PURENET_RELU,
    "leaky_relu": PURENET_LEAKY_RELU, "linear": PURENET_LINEAR, "softmax": SOFTMAX,
}

cdef double LEAKY_SLOPE = 0.01


cdef inline double c_relu(double z) noexcept nogil:
    if z <= 0.0:
        return 0.0
    return z


cdef inline double c_leaky_relu(double z) noexcept nogil:
    if z > 0.0:
        return z
    return LEAKY_SLOPE * z


cdef inline double c_slope(int activation, double a) noexcept nogil:
    """da/dz where the activation is a."""
    if activation == PURENET_SIGMOID:
        return a * (1.0 - a)
    if activation == PURENET_TANH:
        return 1.0 - a * a
    if activation == PURENET_RELU:
        return 1.0 if a > 0.0 else 0.0
    if activation == PURENET_LEAKY_RELU:
        return 1.0 if a > 0.0 else LEAKY_SLOPE
    return 1.0


cdef void c_activate(int activation, double *z, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    """Turn z into a."""
    if activation == SOFTMAX:
        KERNELS.softmax(rows, columns, z)
    else:
        KERNELS.activate(activation, rows * columns, z)


cdef void c_softmax_delta(const double *a, double *delta, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    """Turn dL/da of softmax, which stands in delta, into dL/dz."""
    cdef Py_ssize_t i, j
    cdef double total
    for i in range(rows):
        total = 0.0
        for j in range(columns):
            total = total + delta[j] * a[j]
        for j in range(columns):
            delta[j] = a[j] * (delta[j] - total)
        delta += columns
        a += columns


def sigmoid(z):
    if PyFloat_CheckExact(z):
        return purenet_sigmoid(PyFloat_AS_DOUBLE(z))
    return _activations.sigmoid(z)


def sigmoid_derivative(z):
    if PyFloat_CheckExact(z):
        return c_slope(PURENET_SIGMOID, purenet_sigmoid(PyFloat_AS_DOUBLE(z)))
    return _activations.sigmoid_derivative(z)


def tanh_derivative(z):
    if PyFloat_CheckExact(z):
        return c_slope(PURENET_TANH, c_tanh(PyFloat_AS_DOUBLE(z)))
    return _activations.tanh_derivative(z)


def relu(z):
    if PyFloat_CheckExact(z):
        return c_relu(PyFloat_AS_DOUBLE(z))
    return _activations.relu(z)


def relu_derivative(z):
    if PyFloat_CheckExact(z):
        return c_slope(PURENET_RELU, c_relu(PyFloat_AS_DOUBLE(z)))
    return _activations.relu_derivative(z)


def leaky_relu(z):
    if PyFloat_CheckExact(z):
        return c_leaky_relu(PyFloat_AS_DOUBLE(z))
    return _activations.leaky_relu(z)


def leaky_relu_derivative(z):
    if PyFloat_CheckExact(z):
        return c_slope(PURENET_LEAKY_RELU, c_leaky_relu(PyFloat_AS_DOUBLE(z)))
    return _activations.leaky_relu_derivative(z)


def softmax(z):
    cdef Block x = row_block_of(z)
    if x is None:
        return _functions.softmax(z)
    KERNELS.softmax(1, x.columns, x.data)
    return flat_list(x.data, x.columns)


def softmax_derivative(z):
    cdef Block x = row_block_of(z)
    cdef Block jacobian
    cdef Py_ssize_t i, j, n
    if x is None:
        return _functions.softmax_derivative(z)
    n = x.columns
    KERNELS.softmax(1, n, x.data)
    jacobian = Block(n, n)
    for i in range(n):
        for j in range(n):
            if i == j:
                jacobian.data[i * n + j] = x.data[i] * (1.0 - x.data[j])
            else:
                jacobian.data[i * n + j] = -x.data[i] * x.data[j]
    return jacobian.tolist()


def activate(activation, z):
    cdef Block x = block_of(z)
    if x is None or type(activation) is not str or activation not in ACTIVATIONS:
        return _functions.activate(activation, z)
    c_activate(ACTIVATIONS[activation], x.data, x.rows, x.columns)
    return x.tolist()


# ------------------------------------------------------------------------------------------------
# Losses: the twins of losses.py.

cdef enum:
    SUM_OF_SQUARES, MEAN_SQUARED_ERROR, BINARY_CROSS_ENTROPY, CATEGORICAL_CROSS_ENTROPY

cdef dict LOSSES = {
    "sum_of_squares": SUM_OF_SQUARES,
    "mean_squared_error": MEAN_SQUARED_ERROR,
    "binary_cross_entropy": BINARY_CROSS_ENTROPY,
    "categorical_cross_entropy": CATEGORICAL_CROSS_ENTROPY,
}


cdef inline bint is_cross_entropy(int loss) noexcept nogil:
    return loss == BINARY_CROSS_ENTROPY or loss == CATEGORICAL_CROSS_ENTROPY


cdef inline double c_sigmoid_cross_entropy(double z, double y, double e) noexcept nogil:
    """The loss of one output; e is exp(-z) for z >= 0 and exp(z) otherwise."""
    if z >= 0.0:
        return (1.0 - y) * z + c_log1p(e)
    return -y * z + c_log1p(e)


cdef double c_softmax_cross_entropy(const double *z, const double *y, const double *e,
                                    Py_ssize_t columns) noexcept nogil:
    """The loss of one row; e[j] is exp(z[j] - the largest z)."""
    cdef Py_ssize_t j
    cdef Py_ssize_t best = c_largest(z, columns)
    cdef double others = 0.0
    cdef double total = 0.0
    cdef double log_of_total
    for j in range(columns):
        if j != best:
            others = others + e[j]
    log_of_total = c_log1p(others)
    for j in range(columns):
        if y[j] != 0.0:
            total = total + y[j] * (log_of_total - (z[j] - z[best]))
    return total


cdef Py_ssize_t c_largest(const double *row, Py_ssize_t columns) noexcept nogil:
    """The place of the largest number, the first of equal ones."""
    cdef Py_ssize_t j
    cdef Py_ssize_t best = 0
    cdef double most = row[0]
    cdef bint more
    for j in range(1, columns):
        more = row[j] > most
        most = row[j] if more else most
        best = j if more else best
    return best


cdef void c_sample_losses(int loss, const double *z, const double *a, const double *y, double *e,
                          double *losses, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    """Each sample's loss, added up over its outputs; e is room for their exponentials."""
    cdef Py_ssize_t i, j, best
    cdef double total, difference
    if loss == CATEGORICAL_CROSS_ENTROPY:
        for i in range(rows):
            best = c_largest(z + i * columns, columns)
            for j in range(columns):
                e[i * columns + j] = z[i * columns + j] - z[i * columns + best]
        KERNELS.exponential(rows * columns, e)
        for i in range(rows):
            losses[i] = c_softmax_cross_entropy(
                z + i * columns, y + i * columns, e + i * columns, columns)
        return
    if loss == BINARY_CROSS_ENTROPY:
        for i in range(rows * columns):
            e[i] = -z[i] if z[i] >= 0.0 else z[i]
        KERNELS.exponential(rows * columns, e)
        for i in range(rows):
            total = 0.0
            for j in range(i * columns, (i + 1) * columns):
                total = total + c_sigmoid_cross_entropy(z[j], y[j], e[j])
            losses[i] = total
        return
    for i in range(rows):
        total = 0.0
        for j in range(i * columns, (i + 1) * columns):
            difference = a[j] - y[j]
            total = total + difference * difference
        losses[i] = total


cdef double c_loss_count(int loss, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    if loss == SUM_OF_SQUARES:
        return 1.0
    if loss == CATEGORICAL_CROSS_ENTROPY:
        return <double> rows
    return <double> (rows * columns)


cdef Py_ssize_t c_class_of(const double *outputs, Py_ssize_t columns) noexcept nogil:
    if columns == 1:
        return 1 if outputs[0] >= 0.5 else 0
    return c_largest(outputs, columns)


cdef bint c_holds_nan(const double *row, Py_ssize_t columns) noexcept nogil:
    cdef Py_ssize_t j
    cdef bint found = False
    for j in range(columns):
        found |= row[j] != row[j]
    return found


cdef Py_ssize_t c_count_correct(const double *a, const double *y,
                                Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    """The twin of count_correct: outputs with a NaN stand for no class, and are never right."""
    cdef Py_ssize_t i
    cdef Py_ssize_t correct = 0
    for i in range(rows):
        if (c_class_of(a + i * columns, columns) == c_class_of(y + i * columns, columns)
                and not c_holds_nan(a + i * columns, columns)):
            correct += 1
    return correct


def squared_error(a, y):
    cdef double difference
    if PyFloat_CheckExact(a) and PyFloat_CheckExact(y):
        difference = PyFloat_AS_DOUBLE(a) - PyFloat_AS_DOUBLE(y)
        return difference * difference
    return _losses.squared_error(a, y)


def squared_error_derivative(a, y):
    if PyFloat_CheckExact(a) and PyFloat_CheckExact(y):
        return 2.0 * (PyFloat_AS_DOUBLE(a) - PyFloat_AS_DOUBLE(y))
    return _losses.squared_error_derivative(a, y)


def sigmoid_cross_entropy(z, y):
    cdef double size
    if PyFloat_CheckExact(z) and PyFloat_CheckExact(y):
        size = -PyFloat_AS_DOUBLE(z) if PyFloat_AS_DOUBLE(z) >= 0.0 else PyFloat_AS_DOUBLE(z)
        return c_sigmoid_cross_entropy(
            PyFloat_AS_DOUBLE(z), PyFloat_AS_DOUBLE(y), purenet_exp(size))
    return _losses.sigmoid_cross_entropy(z, y)


def softmax_cross_entropy(z, y):
    cdef Block x = row_block_of(z)
    cdef Block target = row_block_of(y)
    cdef Block exponentials
    cdef double loss
    if x is None or target is None or x.columns != target.columns:
        return _functions.softmax_cross_entropy(z, y)
    exponentials = Block(1, x.columns)
    c_sample_losses(CATEGORICAL_CROSS_ENTROPY, x.data, x.data, target.data, exponentials.data,
                    &loss, 1, x.columns)
    return loss


# ------------------------------------------------------------------------------------------------
# Threads that share work.

# More threads than this are not started, however many a caller allows.
cdef size_t MOST_THREADS = 256

# Something is shared by several threads if each has at least so much work: some microseconds, which
# is many times what it takes them to meet.
cdef double LEAST_SHARE = 1e5


def share_from(double work):
    """Set from how much work on threads share it; return from how much it was.

    For tests, to let threads share the smallest network.
    """
    global LEAST_SHARE
    before = LEAST_SHARE
    LEAST_SHARE = work
    return before


# Ctrl-C is to be answered within a tenth of a second.  Work is counted in multiplications, and
# everything else as about as many as take the same time.  Now and then the clock is read, which
# costs nothing; but only after some time somebody looks for signals, because that needs Python's
# lock, for which a thread that runs Python code lets others wait for some milliseconds.
cdef double WORK_BETWEEN_GLANCES = 2e6    # at the clock: a millisecond, at most
cdef uint64_t TIME_BETWEEN_LOOKS = 30     # milliseconds


cdef class Crew:
    """Some workers that work together, each in a thread of its own.  Number 0 is the caller's."""

    cdef size_t team              # how many workers there are
    cdef purenet_team meeting     # where they wait for each other
    cdef double work              # since the last glance at the clock
    cdef uint64_t looked          # when somebody last looked for signals
    cdef object error             # what the handler of a signal raised

    cdef inline size_t begin_of(self, size_t number, size_t items) noexcept nogil:
        """Where a worker's part of so many things begins, and the part of the one before ends."""
        if number == 0:
            return 0
        if number == self.team:
            return items
        return items * number // self.team

    cdef int gather(self, size_t team) except -1:
        """Become a crew of so many workers."""
        self.team = team
        if not purenet_make_beds(&self.meeting, team):
            raise MemoryError()
        return 0

    def __dealloc__(self):
        purenet_free_beds(&self.meeting)

    cdef inline bint meet(self, size_t number) noexcept nogil:
        """Wait until all workers have come here; say whether all must leave."""
        return purenet_meet(&self.meeting, number)

    # Ctrl-C and other signals.  Only worker 0, the caller's thread, looks for them.

    cdef inline void look(self, double work) noexcept nogil:
        """After so much work, look now and then if the user wants to stop."""
        self.work += work
        if self.work >= WORK_BETWEEN_GLANCES:
            self.work = 0.0
            if purenet_clock() - self.looked >= TIME_BETWEEN_LOOKS:
                self.check_signals()
                self.looked = purenet_clock()

    cdef void check_signals(self) noexcept with gil:
        try:
            PyErr_CheckSignals()
        except BaseException as error:
            self.error = error
            purenet_stop(&self.meeting)


cdef class Job:
    """Work that is shared by a crew."""

    cdef Crew crew

    cdef void begin(self) noexcept:
        """Do what must be done with Python's lock, when all workers are there."""

    cdef void work(self, size_t number) noexcept nogil:
        """Do the part of one worker."""

    cdef int share(self) except -1:
        """Do the work with all workers, without Python's lock: other threads may run meanwhile."""
        self.share_with_others(False)
        return 0

    cdef int share_locked(self) except -1:
        """Do the work with all workers while this thread has Python's lock.

        For work that only reads Python objects.  Nobody changes or deletes them meanwhile.  The
        work must end with a meeting.
        """
        self.share_with_others(True)
        return 0

    cdef int share_with_others(self, bint locked) except -1:
        # Nothing here can be interrupted: Ctrl-C is seen only by ``Crew.look``.  So no worker ever
        # waits for one that does not come, and when this returns no other thread uses the job.
        cdef purenet_team *meeting = &self.crew.meeting
        cdef size_t number
        cdef size_t started = 0
        cdef Helper helper
        if self.crew.team > 1:
            meeting.waiting = meeting.leaving = meeting.gone = 0
            purenet_set_gate(meeting, PURENET_CLOSED)
        try:
            for number in range(1, self.crew.team):
                helper = Helper.__new__(Helper)
                helper.job = self
                helper.number = number
                start_new_thread(helper, ())
                started += 1
        finally:
            helper = None
            if started + 1 == self.crew.team:
                if locked:
                    with nogil:
                        purenet_await_at_gate(meeting, started)
                self.begin()
                purenet_set_gate(meeting, PURENET_OPEN)
                if locked:
                    self.work(0)
                else:
                    with nogil:
                        self.work(0)
            else:
                purenet_set_gate(meeting, PURENET_CANCELLED)
            with nogil:
                while not purenet_await(meeting, started):
                    self.crew.look(WORK_OF_BATCH)
        return 0


cdef class Helper:
    """What a thread of its own does for a job."""

    cdef Job job
    cdef size_t number

    def __call__(self):
        # Not threading.Thread, whose start and join Ctrl-C can break off half done.
        cdef purenet_team *meeting = &self.job.crew.meeting
        with nogil:
            if purenet_pass_gate(meeting, self.number):
                self.job.work(self.number)
        # The thread itself may end later; what the job holds must not wait for that.
        self.job = None
        purenet_leave(meeting)


# ------------------------------------------------------------------------------------------------
# Samples: the inputs and targets of a call, converted once.

cdef class Inputs:
    """Rows of finite floats: as they are, or, where most are zero, only the others."""

    cdef readonly Py_ssize_t rows
    cdef readonly Py_ssize_t columns
    cdef Block dense            # None where the list of non-zero numbers is kept instead
    cdef purenet_sparse sparse
    cdef size_t together        # so many rows are listed together, strip by strip
    cdef size_t *start
    cdef uint8_t *column
    cdef double *value

    def __dealloc__(self):
        free(self.start)
        free(self.column)
        free(self.value)

    @property
    def zeros_left_out(self):
        """Say whether only the other numbers are kept."""
        return self.start != NULL

    cdef double bytes_of_copy(self) noexcept:
        return <double> sizeof(double) * self.rows * self.columns

    cdef double bytes_with_columns(self, size_t batches) noexcept:
        """Return the memory that is needed, at most, if each batch's columns are listed, too."""
        cdef double entries = self.start[self.rows * self.sparse.strips]
        return (entries * (sizeof(double) + sizeof(uint8_t))
                + <double> self.rows * self.sparse.strips * sizeof(size_t)
                + self.bytes_of_columns(batches))

    cdef double bytes_of_columns(self, size_t batches) noexcept:
        cdef double entries = self.start[self.rows * self.sparse.strips]
        cdef double columns = min(entries, <double> batches * self.columns)
        return entries * (sizeof(double) + sizeof(uint32_t)) + columns * sizeof(uint32_t)

    cdef size_t most_entries(self, size_t rows) noexcept:
        """Return how many entries so many rows have, at most."""
        cdef size_t strips = self.sparse.strips
        cdef size_t most = 0
        cdef size_t first, last
        for first in range(0, self.rows, self.together):
            last = min(first + self.together, <size_t> self.rows)
            most = max(most, self.start[last * strips] - self.start[first * strips])
        most *= (rows + self.together - 1) // self.together
        return min(most, self.start[self.rows * strips])

    cdef bint suits_batches(self, size_t batch_size, bint shuffled) noexcept:
        """Say whether the rows of each batch are listed together, or all rows one by one."""
        return self.together == 1 or (
            not shuffled and (self.together == batch_size or <size_t> self.rows <= self.together))

    cdef size_t together_from(self, size_t row) noexcept nogil:
        """Return how many rows are listed together from this one on."""
        if self.together == 1:
            return self.rows - row
        return min(self.together - row % self.together, self.rows - row)

    cdef purenet_sparse around(self, size_t row) noexcept nogil:
        """Return the lists of the rows that are listed together with this one.

        Of all rows, if they are listed one by one.
        """
        cdef purenet_sparse lists = self.sparse
        cdef size_t first
        if self.together > 1:
            first = row - row % self.together
            lists.start += first * (lists.strips - 1)
            lists.row_step = 1
            lists.strip_step = self.together_from(first)
        return lists

    cdef void copy_row(self, Py_ssize_t row, double *target) noexcept nogil:
        """Write one row with its zeros."""
        cdef purenet_sparse lists
        cdef size_t strip, place, entry
        if self.start == NULL:
            memcpy(target, self.dense.data + row * self.columns, self.columns * sizeof(double))
            return
        memset(target, 0, self.columns * sizeof(double))
        lists = self.around(row)
        for strip in range(lists.strips):
            place = row * lists.row_step + strip * lists.strip_step
            for entry in range(lists.start[place], lists.start[place + 1]):
                target[strip * PURENET_STRIP + self.column[entry]] = self.value[entry]


# Below these a list of the non-zero inputs does not pay.
cdef Py_ssize_t SPARSE_COLUMNS = 64
cdef Py_ssize_t SPARSE_ROWS = 4
cdef double SPARSE_SHARE = 0.6
cdef double WORK_OF_READING = 0.5     # of one number; so low because threads must be started
cdef Py_ssize_t READ_AT_ONCE = 4096   # numbers, while they are in the nearest cache
cdef size_t MOST_TOGETHER = 1024      # rows; while they are put in order, they are there twice
cdef enum:
    AT_ONCE = 8                       # entries that are copied, whether all are needed or not


# The rows that one worker reads, and, where zeros are left out, the others that it found.
cdef struct Part:
    Py_ssize_t first
    Py_ssize_t last
    bint finite_floats     # has it found nothing else?
    bint full              # are there so few zeros that a list of the others does not pay?
    bint no_memory
    uint8_t *column
    double *value
    size_t entries
    size_t room
    size_t *start          # where the lists of the last rows began, before they were put together


cdef class Reading(Job):
    """The reading of lists of floats into Inputs."""

    cdef list rows
    cdef Inputs inputs
    cdef bint zeros_left_out
    cdef bint same               # are the rows still lists of so many numbers?
    cdef PyObject **items        # the rows
    cdef Part *parts
    cdef size_t *start

    def __cinit__(self, list rows, Inputs inputs, size_t threads, double zero_share):
        cdef size_t number
        cdef Part *part
        self.crew = Crew.__new__(Crew)
        self.crew.gather(threads)
        self.rows = rows
        self.inputs = inputs
        self.zeros_left_out = zero_share > 0.0
        self.parts = <Part *> calloc(threads, sizeof(Part))
        if self.parts == NULL:
            raise MemoryError()
        for number in range(threads):
            part = &self.parts[number]
            part.first = self.first_row(number)
            part.last = self.first_row(number + 1)
            if self.zeros_left_out:
                part.start = <size_t *> malloc(
                    (inputs.together * inputs.sparse.strips + 1) * sizeof(size_t))
                if part.start == NULL or not make_room(part, <size_t> (
                        1.1 * (1.0 - zero_share) * inputs.columns * (part.last - part.first))):
                    raise MemoryError()
        if self.zeros_left_out:
            self.start = <size_t *> malloc((inputs.rows * inputs.sparse.strips + 1) * sizeof(size_t))
            if self.start == NULL:
                raise MemoryError()

    def __dealloc__(self):
        cdef size_t number
        if self.parts != NULL:
            for number in range(self.crew.team):
                free(self.parts[number].column)
                free(self.parts[number].value)
                free(self.parts[number].start)
        free(self.parts)
        free(self.start)

    cdef Py_ssize_t first_row(self, size_t number) noexcept:
        """Where a worker's rows begin: with the first of some that are listed together."""
        cdef size_t together = self.inputs.together
        cdef size_t rows = self.inputs.rows
        return min(self.crew.begin_of(number, (rows + together - 1) // together) * together, rows)

    cdef bint run(self) except -1:
        """Read; say whether all are finite floats.

        ``inputs.start`` stays NULL if there are too few zeros to be left out.
        """
        cdef size_t number
        cdef bint full = False
        self.share_locked()
        if self.crew.error is not None:
            raise self.crew.error
        if not self.same:
            return False
        for number in range(self.crew.team):
            if self.parts[number].no_memory:
                raise MemoryError()
            if not self.parts[number].finite_floats:
                return False
            full = full or self.parts[number].full
        if self.zeros_left_out and not full:
            self.join()
        return True

    cdef void begin(self) noexcept:
        # While the crew gathered, another thread may have changed the lists.
        self.same = (PyList_GET_SIZE(self.rows) == self.inputs.rows
                     and are_lists(self.rows, self.inputs.columns))
        self.items = items_of(<PyObject *> self.rows)

    cdef void work(self, size_t number) noexcept nogil:
        cdef Part *part = &self.parts[number]
        if self.same:
            if self.zeros_left_out:
                part.finite_floats = self.list_non_zeros(part)
            else:
                part.finite_floats = copy_rows(
                    self.items, part.first, part.last, self.inputs.columns, self.inputs.dense.data)
        self.crew.meet(number)

    cdef bint list_non_zeros(self, Part *part) noexcept nogil:
        """List what is not zero in the part's rows; say whether all numbers are finite floats."""
        cdef Py_ssize_t columns = self.inputs.columns
        cdef Py_ssize_t strips = self.inputs.sparse.strips
        cdef Py_ssize_t together = self.inputs.together
        cdef Py_ssize_t i, strip, width
        cdef Py_ssize_t begin = part.first   # of the rows that are listed together
        cdef double most = (1.0 - SPARSE_SHARE) * 1.2 * columns * (part.last - part.first)
        cdef double[PURENET_STRIP] numbers
        memset(numbers, 0, sizeof(numbers))
        for i in range(part.first, part.last):
            if not make_room(part, part.entries + strips * PURENET_STRIP):
                return False
            for strip in range(strips):
                self.start[i * strips + strip] = part.entries
                width = min(columns - strip * PURENET_STRIP, <Py_ssize_t> PURENET_STRIP)
                if not (copy_floats(items_of(self.items[i]) + strip * PURENET_STRIP, numbers, width)
                        and KERNELS.all_finite(width, numbers)):
                    return False
                part.entries += KERNELS.list_non_zeros(
                    width, numbers, part.column + part.entries, part.value + part.entries)
            if part.entries > most:
                part.full = True
                return True
            if together > 1 and (i + 1 == part.last or i + 1 - begin == together):
                if not self.put_together(part, begin, i + 1):
                    return False
                begin = i + 1
        return True

    cdef bint put_together(self, Part *part, size_t first, size_t last) noexcept nogil:
        """Put the lists of the last rows in order strip by strip."""
        cdef size_t strips = self.inputs.sparse.strips
        cdef size_t rows = last - first
        cdef size_t *start = self.start + first * strips
        cdef size_t begin = start[0]
        cdef size_t size = part.entries - begin
        # They are copied to behind the lists, where no copying at once reads, and back again.
        cdef size_t copy = part.entries + AT_ONCE
        cdef size_t to = copy
        cdef size_t row, strip, entry, entries, copied
        if not make_room(part, copy + size + AT_ONCE):
            return False
        memcpy(part.start, start, rows * strips * sizeof(size_t))
        part.start[rows * strips] = part.entries
        for strip in range(strips):
            for row in range(rows):
                start[0] = begin + (to - copy)
                start += 1
                entry = part.start[row * strips + strip]
                entries = part.start[row * strips + strip + 1] - entry
                copied = 0
                while copied < entries:
                    memcpy(part.column + to + copied, part.column + entry + copied, AT_ONCE)
                    memcpy(part.value + to + copied, part.value + entry + copied,
                           AT_ONCE * sizeof(double))
                    copied += AT_ONCE
                to += entries
        memcpy(part.column + begin, part.column + copy, size)
        memcpy(part.value + begin, part.value + copy, size * sizeof(double))
        return True

    cdef int join(self) except -1:
        """Put the lists of all parts behind each other into the inputs."""
        cdef Inputs inputs = self.inputs
        cdef Py_ssize_t strips = inputs.sparse.strips
        cdef Part *part = &self.parts[0]
        cdef size_t number
        cdef size_t before = part.entries
        cdef size_t entries = 0
        cdef Py_ssize_t i
        for number in range(self.crew.team):
            entries += self.parts[number].entries
        if not make_room(part, entries):
            raise MemoryError()
        for number in range(1, self.crew.team):
            part = &self.parts[number]
            if part.entries > 0:  # or it may have no lists: there are fewer batches than workers
                memcpy(self.parts[0].column + before, part.column, part.entries)
                memcpy(self.parts[0].value + before, part.value, part.entries * sizeof(double))
            for i in range(part.first * strips, part.last * strips):
                self.start[i] += before
            before += part.entries
        self.start[inputs.rows * strips] = entries
        inputs.start, self.start = self.start, NULL
        inputs.column, self.parts[0].column = self.parts[0].column, NULL
        inputs.value, self.parts[0].value = self.parts[0].value, NULL
        inputs.sparse.start = inputs.start
        inputs.sparse.column = inputs.column
        inputs.sparse.value = inputs.value
        return 0


cdef bint make_room(Part *part, size_t entries) noexcept nogil:
    """Make room for so many entries in a part's lists; say whether there was memory for them."""
    cdef size_t room
    cdef uint8_t *column
    cdef double *value
    if entries <= part.room:
        return True
    room = entries if part.room == 0 else max(entries, part.room + part.room // 4)
    column = <uint8_t *> purenet_memory(room * sizeof(uint8_t))
    value = <double *> purenet_memory(room * sizeof(double))
    if column == NULL or value == NULL:
        free(column)
        free(value)
        part.no_memory = True
        return False
    if part.entries > 0:
        memcpy(column, part.column, part.entries * sizeof(uint8_t))
        memcpy(value, part.value, part.entries * sizeof(double))
    free(part.column)
    free(part.value)
    part.column = column
    part.value = value
    part.room = room
    return True


cdef bint copy_rows(PyObject **rows, Py_ssize_t first, Py_ssize_t last, Py_ssize_t columns,
                    double *target) noexcept nogil:
    """Copy some of the rows; say whether all numbers are finite floats."""
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


cdef bint are_lists(list rows, Py_ssize_t columns) noexcept:
    """Say whether the rows are lists of so many objects."""
    cdef PyObject *row
    cdef Py_ssize_t i
    for i in range(PyList_GET_SIZE(rows)):
        row = PyList_GET_ITEM(rows, i)
        if type(<object> row) is not list or PyList_GET_SIZE(<object> row) != columns:
            return False
    return True


def inputs_of(rows, Py_ssize_t columns, size_t threads=1, batch_size=1):
    """Return lists of ``columns`` finite floats as Inputs, or None if there is anything else.

    batch_size: how many rows will be used together again and again, one batch behind the other; 1
    if they will be used in any way.
    """
    cdef Inputs inputs
    cdef double work
    cdef double zero_share = 0.0
    if type(rows) is not list or PyList_GET_SIZE(rows) == 0 or not are_lists(rows, columns):
        return None
    inputs = Inputs.__new__(Inputs)
    inputs.rows = PyList_GET_SIZE(rows)
    inputs.columns = columns
    inputs.sparse.strips = (columns + PURENET_STRIP - 1) // PURENET_STRIP
    inputs.sparse.row_step = inputs.sparse.strips
    inputs.sparse.strip_step = 1
    together = min(batch_size, inputs.rows)
    inputs.together = together if together <= MOST_TOGETHER else 1
    work = WORK_OF_READING * inputs.rows * columns
    threads = min(threads, MOST_THREADS, <size_t> inputs.rows)
    while threads > 1 and work < LEAST_SHARE * threads:
        threads -= 1
    if columns >= SPARSE_COLUMNS and inputs.rows >= SPARSE_ROWS:
        zero_share = share_of_zeros(rows, columns)
    if (zero_share >= SPARSE_SHARE
            and not Reading(rows, inputs, threads, zero_share).run()):
        return None
    if inputs.start == NULL:
        if threads == 1:
            inputs.dense = finite_block(rows, columns)
            return None if inputs.dense is None else inputs
        inputs.dense = Block(inputs.rows, columns, False)
        if not Reading(rows, inputs, threads, 0.0).run():
            return None
    return inputs


def are_finite_floats(rows, Py_ssize_t height, Py_ssize_t columns):
    """Say whether these are ``height`` lists of ``columns`` finite floats each."""
    return (type(rows) is list and PyList_GET_SIZE(rows) == height and are_lists(rows, columns)
            and finite_block(rows, columns) is not None)


cdef Block finite_block(list rows, Py_ssize_t columns):
    """Copy lists of so many finite floats; return None if there is anything else."""
    cdef Block block = Block(PyList_GET_SIZE(rows), columns, False)
    if copy_rows(items_of(<PyObject *> rows), 0, block.rows, columns, block.data):
        return block
    return None


cdef double share_of_zeros(list rows, Py_ssize_t columns):
    """Return how many of the numbers in the first rows are zero."""
    cdef Py_ssize_t i, j, zeros = 0
    cdef Py_ssize_t seen = min(PyList_GET_SIZE(rows), 64)
    cdef PyObject *item
    for i in range(seen):
        for j in range(columns):
            item = PyList_GET_ITEM(rows[i], j)
            if PyFloat_CheckExact(<object> item):
                zeros += PyFloat_AS_DOUBLE(<object> item) == 0.0
    return <double> zeros / (seen * columns)


cdef class Samples:
    """Checked inputs and targets in compiled buffers."""

    cdef Inputs inputs
    cdef Block targets
    cdef readonly bint classes
    cdef readonly Py_ssize_t size

    def __cinit__(self, Inputs inputs, targets, bint classes):
        self.inputs = inputs
        self.targets = block_of(targets)
        if self.targets is None or self.targets.rows != inputs.rows:
            raise TypeError("targets: expected lists of floats, one for each row of the inputs")
        self.classes = classes
        self.size = inputs.rows


# ------------------------------------------------------------------------------------------------
# The network: the twins of layers.py and of the loops of network.py.

# The matrix products of one layer for one worker: they stay the same from batch to batch.
cdef struct Products:
    purenet_product forward        # z of the worker's samples
    purenet_product backward       # dL/da of the layer before, of the worker's samples
    purenet_product weights        # the gradient, or the step, of the worker's rows of the weights
    purenet_product biases


cdef struct Worker:
    Products *products
    double *room              # working memory of the kernels
    double *step_room         # and of a sparse step
    size_t rows               # samples in the batch
    size_t begin              # the worker's part of them: begin <= i < end
    size_t end
    size_t first              # and what is being computed of it: first <= i < last
    size_t last
    const double *x           # the batch's inputs; NULL where only the non-zero ones are used
    const double *y           # and targets
    const size_t *sample      # the numbers of the batch's samples
    purenet_sparse lists      # where x is NULL: in which their inputs are
    purenet_columns columns   # and, where x is NULL, the worker's columns of the inputs
    bint deltas_finite        # the deltas that it has computed
    bint weights_finite       # the weights that it has changed


cdef double ONE = 1.0

cdef size_t LARGEST_PIECE = 100000000     # of work, without a glance: some 40 milliseconds, at most
cdef size_t WORK_OF_UNIT = 64             # of an activation function
cdef size_t WORK_OF_ENTROPY = 256         # of one output's cross-entropy
cdef size_t WORK_OF_COPY = 16             # of one number, from memory to memory
cdef size_t WORK_OF_BATCH = 2000
cdef size_t WORK_OF_SHUFFLE = 100000
cdef size_t WORK_OF_PLACE = 300           # in the order that is shuffled


def limit_pieces(size_t work):
    """Set how much may be done without a look for Ctrl-C; return how much it was.

    For tests, which would wait long for a network whose batches are taken in pieces otherwise.
    """
    global LARGEST_PIECE
    before = LARGEST_PIECE
    LARGEST_PIECE = work
    return before


cdef class Engine(Crew):
    """The layers of a network as C sees them, with room for a batch and for a crew.

    Each worker takes a part of the batch's samples forward and back, and then a part of every
    layer's weights for the step.  Each element of each matrix has one worker, which adds up its sum
    alone, so the number of workers changes no bit.

    A first layer that is wide is treated otherwise.  It has most of the weights; what one processor
    has changed reaches another slowly; and there is no way back to the inputs, for which whole rows
    would be needed.  So each worker has some of its outputs, for all samples, and the weights of
    these outputs stay with it.
    """

    cdef const purenet_kernels *kernels
    cdef Layer *layers
    cdef size_t count
    cdef int loss
    cdef size_t capacity          # samples in the largest batch
    cdef size_t block             # samples between two looks for Ctrl-C
    cdef size_t work_of_sample    # on its way forward
    cdef bint by_outputs          # is the first layer shared by its outputs?
    cdef Worker *workers
    cdef Inputs inputs
    cdef list owners              # the weights and biases whose buffers are used
    cdef list memory              # the blocks of everything else
    cdef double rate
    cdef double *losses           # one a sample
    cdef double *exponentials     # room for those of a cross-entropy

    def __cinit__(self, network, Inputs inputs, Block targets):
        cdef size_t number, columns
        cdef Layer *layer
        cdef Matrix weights
        cdef Vector biases
        self.kernels = KERNELS
        self.count = len(network.layers)
        if self.count == 0:
            raise ValueError("layers: found none, expected at least one")
        self.loss = LOSSES[network.loss]
        self.inputs = inputs
        self.owners = []
        self.memory = []
        self.layers = <Layer *> calloc(self.count, sizeof(Layer))
        if self.layers == NULL:
            raise MemoryError()
        columns = inputs.columns
        for number in range(self.count):
            layer = &self.layers[number]
            weights = network.layers[number].weights
            biases = network.layers[number].biases
            self.owners.append((weights, biases))
            layer.inputs = weights.rows
            layer.outputs = weights.columns
            layer.activation = ACTIVATIONS[network.layers[number].activation]
            layer.weights = weights.data
            layer.stride = weights.stride
            layer.biases = NULL if biases is None else biases.data
            # The layers were checked when they became a network; but since then, or in another
            # thread, somebody may have set network.layers.
            if layer.inputs != columns or (
                    biases is not None and <size_t> biases.length != layer.outputs):
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

    cdef int hire(self, size_t team, size_t capacity, bint back) except -1:
        """Get workers, and room for what they need."""
        cdef size_t worker
        cdef size_t room = self.room_for_products(capacity, back)
        cdef bint in_order = back and self.inputs.dense is None
        if in_order:
            room = max(room, purenet_order_room(
                capacity, self.inputs.columns, self.inputs.most_entries(capacity)))
        self.capacity = capacity
        self.gather(team)
        self.workers = <Worker *> calloc(team, sizeof(Worker))
        if self.workers == NULL:
            raise MemoryError()
        for worker in range(team):
            self.workers[worker].products = <Products *> calloc(self.count, sizeof(Products))
            self.workers[worker].room = self.room(room)
            if in_order:
                self.workers[worker].step_room = self.room(capacity * self.kernels.step_outputs)
            if self.workers[worker].products == NULL:
                raise MemoryError()
        return 0

    cdef size_t room_for_products(self, size_t samples, bint back) noexcept:
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
            room = max(room, self.kernels.product_room(&forward))
            if back:
                backward = forward
                backward.columns, backward.terms = layer.inputs, layer.outputs
                backward.b_column = layer.stride
                room = max(room, self.kernels.product_room(&backward))
                weights = forward
                weights.rows, weights.terms = layer.inputs, samples
                weights.a_term = layer.inputs
                room = max(room, self.kernels.product_room(&weights))  # the gradient
                weights.finish = PURENET_STEP
                room = max(room, self.kernels.product_room(&weights))
        return room

    def __dealloc__(self):
        cdef size_t worker
        if self.workers != NULL:
            for worker in range(self.team):
                free(self.workers[worker].products)
        free(self.workers)
        free(self.layers)

    cdef double *room(self, size_t numbers) except NULL:
        """Return memory that lives as long as the engine."""
        cdef Block block = Block(1, numbers)
        self.memory.append(block)
        return block.data

    cdef int make_room(self, bint deltas, bint every_z, bint gradients, bint spare) except -1:
        """Get memory for what a batch leaves behind."""
        cdef size_t number, size
        cdef Layer *layer
        for number in range(self.count):
            layer = &self.layers[number]
            size = layer.inputs * layer.stride
            layer.a = self.room(self.capacity * layer.outputs)
            if deltas:
                layer.delta = self.room(self.capacity * layer.outputs)
            if every_z or (number == self.count - 1 and is_cross_entropy(self.loss)):
                layer.z = self.room(self.capacity * layer.outputs)
            if gradients:
                layer.gradient = self.room((layer.inputs + 1) * layer.outputs)
            if spare:
                layer.spare = self.room(size + layer.outputs)
        self.losses = self.room(self.capacity)
        if is_cross_entropy(self.loss):
            self.exponentials = self.room(self.capacity * self.last().outputs)
        return 0

    cdef inline Layer *last(self) noexcept nogil:
        return &self.layers[self.count - 1]

    cdef bint is_narrow(self) noexcept:
        """Say whether the kernels for narrow networks can train this one."""
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
                rate=0.0, room=worker.room)
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
                    finish=PURENET_SUM, bias=NULL, rate=0.0, room=worker.room)

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
            elif layer.spare != NULL:
                weights = layer.spare
                biases = layer.spare + layer.inputs * layer.stride
            k, rows = 0, layer.inputs
            output, outputs = 0, layer.outputs
            if l == 0 and self.by_outputs:
                output = self.first_output(number)
                outputs = self.first_output(number + 1) - output
            else:
                k = self.begin_of(number, layer.inputs)
                rows = self.begin_of(number + 1, layer.inputs) - k
            if a != NULL:
                a += k
            products.weights = purenet_product(
                rows=rows, columns=outputs, terms=worker.rows,
                a=a, a_row=1, a_term=layer.inputs,
                b=layer.delta + output, b_term=layer.outputs, b_column=1,
                c=weights + k * stride + output, c_row=stride,
                finish=finish, bias=NULL, rate=self.rate, room=worker.room)
            if layer.outputs == 1 and stride == 1:
                # One column of weights is computed as one row, which fills the vectors.
                products.weights = purenet_product(
                    rows=1, columns=rows, terms=worker.rows,
                    a=layer.delta, a_row=0, a_term=1,
                    b=a, b_term=layer.inputs, b_column=1,
                    c=weights + k, c_row=0,
                    finish=finish, bias=NULL, rate=self.rate, room=worker.room)
            products.biases = purenet_product(
                rows=1, columns=layer.outputs, terms=worker.rows,
                a=&ONE, a_row=0, a_term=0,
                b=layer.delta, b_term=layer.outputs, b_column=1,
                c=biases, c_row=0,
                finish=finish, bias=NULL, rate=self.rate, room=worker.room)
            a = layer.a

    cdef bint can_share_by_outputs(self) noexcept:
        """Say whether the first layer has so many outputs that each worker gets as many."""
        cdef size_t units = self.layers[0].outputs // self.kernels.step_outputs
        return self.team > 1 and units >= self.team and (
            units % self.team == 0 or units >= 8 * self.team)

    cdef inline size_t first_output(self, size_t number) noexcept nogil:
        """Where a worker's outputs of the first layer begin, and those of the one before end."""
        cdef size_t outputs = self.layers[0].outputs
        if number == self.team:
            return outputs
        # The kernels take so many together.
        return self.begin_of(number, outputs // self.kernels.step_outputs) * self.kernels.step_outputs

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
            worker.lists = self.inputs.around(sample[begin])
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
        """Go on to the next block of the worker's samples; say whether there is one."""
        if worker.last >= worker.end or purenet_stopped(&self.meeting):
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
            if layer.activation == SOFTMAX:
                kernels.softmax(rows, layer.outputs, a)
            else:
                kernels.activate(layer.activation, items, a)

    cdef void backward(self, Worker *worker) noexcept nogil:
        """Compute delta of every layer for the worker's samples."""
        cdef size_t l = self.count - 1
        cdef size_t rows = worker.last - worker.first
        self.output_delta(worker)
        while l > 0:
            self.kernels.product(&worker.products[l].backward)
            l -= 1
            self.activation_delta(&self.layers[l], worker.first, rows)

    cdef void output_delta(self, Worker *worker) noexcept nogil:
        """Compute delta of the last layer for the worker's samples."""
        cdef Layer *layer = self.last()
        cdef size_t rows = worker.last - worker.first
        cdef size_t place = worker.first * layer.outputs
        cdef double count = c_loss_count(self.loss, worker.rows, layer.outputs)
        self.kernels.output_delta(
            1.0 if is_cross_entropy(self.loss) else 2.0, count, rows * layer.outputs,
            layer.a + place, worker.y + place, layer.delta + place)
        if not is_cross_entropy(self.loss):
            self.activation_delta(layer, worker.first, rows)

    cdef void activation_delta(self, Layer *layer, size_t first, size_t rows) noexcept nogil:
        """Turn dL/da, which stands in delta, into dL/dz."""
        cdef const double *a = layer.a + first * layer.outputs
        cdef double *delta = layer.delta + first * layer.outputs
        if layer.activation == SOFTMAX:
            c_softmax_delta(a, delta, rows, layer.outputs)
        else:
            self.kernels.times_slope(layer.activation, rows * layer.outputs, a, delta)

    cdef void first_step(self, Worker *worker, size_t number) noexcept nogil:
        """Take the step, or compute the gradient, of the worker's part of the first weights."""
        cdef Layer *layer = &self.layers[0]
        cdef size_t other, output, outputs
        worker.weights_finite = True
        if worker.x != NULL:
            self.product(&worker.products[0].weights, number, layer)
        elif layer.spare != NULL:
            self.sparse_step_in_pieces(worker, number)
        elif self.by_outputs:
            output = self.first_output(number)
            outputs = self.first_output(number + 1) - output
            for other in range(self.team):  # each has put some of the inputs in order
                if not self.kernels.sparse_step(
                        &self.workers[other].columns, worker.rows, outputs, layer.delta + output,
                        layer.outputs, self.rate, layer.weights + output, layer.stride,
                        worker.step_room):
                    worker.weights_finite = False
        else:
            worker.weights_finite = self.kernels.sparse_step(
                &worker.columns, worker.rows, layer.outputs, layer.delta, layer.outputs,
                self.rate, layer.weights, layer.stride, worker.step_room)

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

    cdef inline void product(self, const purenet_product *product, size_t number,
                             Layer *layer) noexcept nogil:
        """Compute a product of a step or gradient."""
        if layer.spare == NULL and layer.gradient == NULL:
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
                if purenet_stopped(&self.meeting):
                    return
                piece.rows = min(rows, product.rows - row)
                piece.a = product.a + row * product.a_row
                piece.b = product.b + column * product.b_column
                piece.c = product.c + row * product.c_row + column
                self.kernels.product(&piece)
                row += piece.rows
                if number == 0:
                    self.look(<double> piece.rows * columns * product.terms)
            column += piece.columns

    cdef void order_columns(self, Worker *worker, size_t number) noexcept nogil:
        """Put the worker's columns of the batch's inputs in order."""
        purenet_order_by_column(
            &worker.lists, self.begin_of(number, self.inputs.columns),
            self.begin_of(number + 1, self.inputs.columns),
            worker.rows, worker.sample, worker.room, &worker.columns)

    cdef void sparse_step_in_pieces(self, Worker *worker, size_t number) noexcept nogil:
        """Take the first layer's step on the side, strip by strip and some outputs at a time."""
        cdef Layer *layer = &self.layers[0]
        cdef size_t outputs = self.kernels.step_outputs
        cdef size_t strips = worker.lists.strips
        cdef size_t strip, column, width
        for strip in range(self.begin_of(number, strips), self.begin_of(number + 1, strips)):
            purenet_order_by_column(
                &worker.lists, strip * PURENET_STRIP,
                min((strip + 1) * PURENET_STRIP, <size_t> self.inputs.columns),
                worker.rows, worker.sample, worker.room, &worker.columns)
            if number == 0:
                self.look(<double> worker.rows * PURENET_STRIP)
            column = 0
            while column < layer.outputs:
                if purenet_stopped(&self.meeting):
                    return
                width = min(outputs, layer.outputs - column)
                if not self.kernels.sparse_step(
                        &worker.columns, worker.rows, width, layer.delta + column,
                        layer.outputs, self.rate, layer.spare + column, layer.stride,
                        worker.step_room):
                    worker.weights_finite = False
                column += width
                if number == 0:
                    self.look(<double> worker.rows * PURENET_STRIP * width)

    cdef void commit(self, size_t number) noexcept nogil:
        """Put the worker's part of a step that was taken on the side in its place."""
        cdef Layer *layer
        cdef size_t l, k, end
        for l in range(self.count):
            layer = &self.layers[l]
            k = self.begin_of(number, layer.inputs) * layer.stride
            end = self.begin_of(number + 1, layer.inputs) * layer.stride
            memcpy(layer.weights + k, layer.spare + k, (end - k) * sizeof(double))
            if number == 0 and layer.biases != NULL:
                memcpy(layer.biases, layer.spare + layer.inputs * layer.stride,
                       layer.outputs * sizeof(double))

    cdef void fill_spare(self) noexcept nogil:
        """Copy the weights and biases to where the next step is taken."""
        cdef Layer *layer
        cdef size_t l
        for l in range(self.count):
            layer = &self.layers[l]
            memcpy(layer.spare, layer.weights, layer.inputs * layer.stride * sizeof(double))
            if layer.biases != NULL:
                memcpy(layer.spare + layer.inputs * layer.stride, layer.biases,
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
        """Say whether all weights and biases are finite numbers."""
        cdef size_t number
        cdef Layer *layer
        for number in range(self.count):
            layer = &self.layers[number]
            if not self.weights_finite(layer):
                return False
            if layer.biases != NULL and not self.kernels.all_finite(layer.outputs, layer.biases):
                return False
        return True

    cdef inline bint weights_finite(self, Layer *layer) noexcept nogil:
        """Say whether a layer's weights are finite: for the first layer, as 0 * inf is no zero."""
        # The padding between the rows is zero, and stays so.
        return self.kernels.all_finite(layer.inputs * layer.stride, layer.weights)


cdef uint32_t UPPER_BIT = 0x80000000
cdef uint32_t LOWER_BITS = 0x7fffffff
cdef uint32_t TWIST = 0x9908b0df


cdef class Shuffler:
    """Draws the order of an epoch's samples: the twin of ``randomness.shuffled_order``.

    The Mersenne Twister of Matsumoto and Nishimura, 1998, seeded with a whole number as Python's
    ``random.Random`` is.
    """

    cdef uint32_t[624] state
    cdef int used
    cdef uint32_t *key            # the epoch, then the seed, 32 bits each, the lowest first
    cdef size_t length

    def __cinit__(self, seed, epoch):
        cdef size_t i
        number = (seed << 32) + epoch % 2**32
        self.length = max(1, (number.bit_length() + 31) // 32)
        self.key = <uint32_t *> malloc(self.length * sizeof(uint32_t))
        if self.key == NULL:
            raise MemoryError()
        for i in range(self.length):
            self.key[i] = (number >> (32 * i)) & 0xffffffff

    def __dealloc__(self):
        free(self.key)

    cdef void seed(self) noexcept nogil:
        cdef uint32_t *s = self.state
        cdef size_t i, j, k
        s[0] = 19650218
        for i in range(1, 624):
            s[i] = 1812433253 * (s[i - 1] ^ (s[i - 1] >> 30)) + <uint32_t> i
        i = 1
        j = 0
        for k in range(max(<size_t> 624, self.length)):
            s[i] = (s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 30)) * 1664525)) + self.key[j] + <uint32_t> j
            i += 1
            j += 1
            if i == 624:
                s[0] = s[623]
                i = 1
            if j == self.length:
                j = 0
        for k in range(623):
            s[i] = (s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 30)) * 1566083941)) - <uint32_t> i
            i += 1
            if i == 624:
                s[0] = s[623]
                i = 1
        s[0] = UPPER_BIT
        self.used = 624

    cdef uint32_t draw(self) noexcept nogil:
        cdef uint32_t *s = self.state
        cdef uint32_t y
        cdef int i
        if self.used == 624:
            for i in range(624):
                y = (s[i] & UPPER_BIT) | (s[(i + 1) % 624] & LOWER_BITS)
                s[i] = s[(i + 397) % 624] ^ (y >> 1)
                if y & 1:
                    s[i] ^= TWIST
            self.used = 0
        y = s[self.used]
        self.used += 1
        y ^= y >> 11
        y ^= (y << 7) & <uint32_t> 0x9d2c5680
        y ^= (y << 15) & <uint32_t> 0xefc60000
        return y ^ (y >> 18)

    cdef double random(self) noexcept nogil:
        cdef uint32_t a = self.draw() >> 5
        cdef uint32_t b = self.draw() >> 6
        return (a * 67108864.0 + b) * (1.0 / 9007199254740992.0)

    cdef void shuffle(self, size_t *order, size_t samples) noexcept nogil:
        """Write the order of the epoch, and go on to the next epoch."""
        cdef size_t i, chosen
        self.seed()
        for i in range(samples):
            order[i] = i
        for i in range(samples - 1, 0, -1):
            chosen = <size_t> (self.random() * (i + 1))
            order[i], order[chosen] = order[chosen], order[i]
        self.key[0] += 1


# So many epochs are run until Python objects are made of their losses.
cdef size_t EPOCHS_IN_ONE_GO = 32768


cdef class Training(Job):
    """A run of epochs: what ``Network._train`` does."""

    cdef Engine engine            # the crew
    cdef Samples samples
    cdef size_t epochs            # in one go
    cdef size_t batch_size
    cdef Shuffler shuffler        # None: the samples keep their order
    cdef size_t *order
    cdef double *x                # a batch's inputs and targets, where they must be gathered
    cdef double *y
    cdef bint *sparse             # for each worker: may zero inputs still be left out?
    cdef purenet_columns *kept    # of each batch, for each worker; or NULL
    cdef purenet_store **stores   # of each worker, where its kept columns are
    cdef size_t store_size        # bytes
    cdef bint large               # are the steps taken on the side?
    cdef bint narrow              # is the network narrow, and one worker trains it?
    cdef size_t finished          # epochs of this go
    cdef double *totals           # their losses
    cdef size_t *corrects         # and their numbers of right answers

    def __cinit__(self, network, Samples samples, size_t most_epochs, size_t batch_size,
                  Shuffler shuffler, double learning_rate, size_t threads):
        cdef Engine engine = Engine(network, samples.inputs, samples.targets)
        cdef size_t i
        cdef bint sparse
        self.crew = self.engine = engine
        engine.hire(engine.workers_for(min(threads, batch_size), 3.0 * batch_size), batch_size,
                    back=True)
        self.samples = samples
        self.batch_size = batch_size
        self.shuffler = shuffler
        self.order = <size_t *> malloc(samples.size * sizeof(size_t))
        self.totals = <double *> malloc(most_epochs * sizeof(double))
        self.corrects = <size_t *> malloc(most_epochs * sizeof(size_t))
        self.sparse = <bint *> malloc(engine.team * sizeof(bint))
        if not (self.order and self.totals and self.corrects and self.sparse):
            raise MemoryError()
        for i in range(<size_t> samples.size):
            self.order[i] = i
        engine.rate = learning_rate
        # Ctrl-C cannot wait for the end of a large batch.  Its step is taken on the side, so that
        # it can be dropped.
        self.large = <double> batch_size * engine.work_of_sample > LARGEST_PIECE
        self.narrow = engine.team == 1 and not self.large and engine.is_narrow()
        engine.by_outputs = not self.large and engine.can_share_by_outputs()
        engine.make_room(deltas=True, every_z=False, gradients=False, spare=self.large)
        sparse = samples.inputs.dense is None
        if sparse or shuffler is not None:
            self.x = engine.room(batch_size * samples.inputs.columns)
        if shuffler is not None:
            self.y = engine.room(batch_size * samples.targets.columns)
        sparse = (sparse and engine.weights_finite(&engine.layers[0])
                  and samples.inputs.suits_batches(batch_size, shuffler is not None))
        for i in range(engine.team):
            self.sparse[i] = sparse
        # Batches that come again are put in order once, unless that took more memory than a copy
        # of the inputs.
        if sparse and shuffler is None and most_epochs > 1 and not self.large:
            if samples.inputs.bytes_with_columns(self.batches()) <= samples.inputs.bytes_of_copy():
                self.kept = <purenet_columns *> calloc(
                    self.batches() * engine.team, sizeof(purenet_columns))
                self.store_size = <size_t> (
                    samples.inputs.bytes_of_columns(self.batches()) / engine.team) + 4096
                self.stores = <purenet_store **> calloc(engine.team, sizeof(purenet_store *))
                if not (self.kept and self.stores):
                    raise MemoryError()

    cdef size_t batches(self) noexcept:
        return (self.samples.size + self.batch_size - 1) // self.batch_size

    def __dealloc__(self):
        cdef size_t i
        if self.stores != NULL:
            for i in range(self.engine.team):
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
        while epochs > 0 and not purenet_stopped(&self.engine.meeting):
            self.epochs = min(epochs, EPOCHS_IN_ONE_GO)
            self.finished = 0
            try:
                self.share()
            finally:
                self.enter(history.loss, history.accuracy)
                # Network._run does that too, but the next line of Python may never run: Ctrl-C.
                network.epochs_trained = history.first_epoch + len(history.loss)
            epochs -= self.epochs
        if self.engine.error is not None:
            raise self.engine.error

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
                    self.engine.look(<double> WORK_OF_SHUFFLE + <double> WORK_OF_PLACE * count)
            if self.crew.meet(number):
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
                    purenet_stop(&self.engine.meeting)

    cdef bint narrow_batch(self, size_t epoch, size_t start, size_t rows) noexcept nogil:
        """Train a narrow network on one batch; say whether its weights are still finite."""
        cdef Worker *worker = &self.engine.workers[0]
        self.gather(0, start, rows, False)
        self.engine.look(WORK_OF_BATCH)
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
        """Train on one batch; say whether it was finished."""
        cdef Worker *worker = &self.engine.workers[number]
        cdef Layer *first = &self.engine.layers[0]
        cdef size_t i
        cdef bint finite = True
        self.gather(number, start, rows, self.sparse[number])
        if self.sparse[number]:
            self.fetch_columns(number, start // self.batch_size)
        if number == 0:
            if self.large:
                self.engine.fill_spare()
            self.engine.look(WORK_OF_BATCH)
        if self.engine.by_outputs:
            # All the samples are needed; those of the others may have been gathered.
            if worker.x != NULL and self.x != NULL and self.crew.meet(number):
                return False
            self.engine.first_outputs(worker, number)
            if self.crew.meet(number):
                return False
        while True:
            self.engine.forward(worker)
            self.engine.measure(worker)
            self.engine.backward(worker)
            if number == 0:
                self.engine.look(<double> (worker.last - worker.first) * self.engine.work_of_sample * 3)
            if not self.engine.next_block(worker):
                break
        if worker.x == NULL:
            worker.deltas_finite = self.engine.kernels.all_finite(
                (worker.end - worker.begin) * first.outputs,
                first.delta + worker.begin * first.outputs)
        if self.crew.meet(number):
            return False
        if number == 0:
            self.add_up(worker, epoch, rows)
        if worker.x == NULL:
            for i in range(self.engine.team):
                finite = finite and self.engine.workers[i].deltas_finite
            if not finite:
                # 0 * inf is NaN: from here on the zeros must not be left out.
                self.sparse[number] = False
                self.gather(number, start, rows, False)
                if self.crew.meet(number):
                    return False
        if self.engine.by_outputs:
            self.engine.other_steps(worker, number)
            if worker.x == NULL:
                self.order_columns(worker, number, start // self.batch_size)
                self.crew.meet(number)
            self.engine.first_step(worker, number)
        else:
            if worker.x == NULL and not self.large:
                self.order_columns(worker, number, start // self.batch_size)
            self.engine.first_step(worker, number)
            self.engine.other_steps(worker, number)
        if self.crew.meet(number) and self.large:
            return False
        if self.large:
            self.engine.commit(number)
            self.crew.meet(number)
        if self.sparse[number]:
            for i in range(self.engine.team):
                finite = finite and self.engine.workers[i].weights_finite
            self.sparse[number] = finite
        return True

    cdef void order_columns(self, Worker *worker, size_t number, size_t batch) noexcept nogil:
        """Lay the worker's columns of a batch's inputs before it."""
        cdef purenet_columns *kept = NULL
        if self.kept != NULL:
            kept = &self.kept[batch * self.engine.team + number]
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
            purenet_fetch_columns(&self.kept[batch * self.engine.team + number])

    cdef void gather(self, size_t number, size_t start, size_t rows, bint sparse) noexcept nogil:
        """Lay the worker's part of a batch before it."""
        cdef size_t columns = self.samples.inputs.columns
        cdef size_t outputs = self.samples.targets.columns
        cdef const double *targets = self.samples.targets.data
        cdef const double *x = NULL
        cdef const double *y = targets + start * outputs
        cdef size_t begin = self.engine.begin_of(number, rows)
        cdef size_t end = self.engine.begin_of(number + 1, rows)
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
                            self.engine.look(<double> WORK_OF_COPY * columns)
                        if purenet_stopped(&self.engine.meeting):
                            break
        if self.y != NULL:
            y = self.y
            for i in range(begin, end):
                memcpy(self.y + i * outputs, targets + self.order[start + i] * outputs,
                       outputs * sizeof(double))
        self.engine.prepare(number, rows, begin, end, x, y, self.order + start)


cdef class Pass(Job):
    """One way forward for any number of samples.

    Each worker has its own part of the samples, and its own rows of the engine's buffers, through
    which it takes them some at a time.  So it waits for nobody.
    """

    cdef Engine engine            # the crew
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
        engine.hire(threads, self.at_a_time * threads, back=False)
        self.crew = self.engine = engine
        self.inputs = inputs
        self.targets = targets
        engine.make_room(deltas=False, every_z=False, gradients=False, spare=False)
        self.outputs = Block(rows, engine.last().outputs, False)
        self.losses = Block(1, rows, False)
        if inputs.dense is None:
            self.x = engine.room(engine.capacity * inputs.columns)
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
        while start < end and not purenet_stopped(&self.engine.meeting):
            rows = min(self.at_a_time, end - start)
            if self.sparse:
                rows = min(rows, self.inputs.together_from(start))
            x = NULL
            if self.inputs.dense is not None:
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
                    self.engine.look(<double> (worker.last - worker.first) * self.engine.work_of_sample)
                if not self.engine.next_block(worker):
                    break
            memcpy(self.outputs.data + start * last.outputs, last.a + place * last.outputs,
                   rows * last.outputs * sizeof(double))
            memcpy(self.losses.data + start, self.engine.losses + place, rows * sizeof(double))
            start += rows

    cdef int run(self) except -1:
        self.share()
        if self.engine.error is not None:
            raise self.engine.error
        return 0


def train(network, Samples samples, epochs, size_t batch_size, bint shuffle, double learning_rate,
          threads, history):
    """Train epoch after epoch, as ``Network._train`` does."""
    cdef Shuffler shuffler = None
    if shuffle:
        shuffler = Shuffler(network.seed, history.first_epoch + history.epochs)
    Training(network, samples, min(epochs, EPOCHS_IN_ONE_GO), batch_size, shuffler, learning_rate,
             min(threads, MOST_THREADS)).run(network, epochs, history)


def is_finite(network):
    """Say whether all weights and biases are finite numbers."""
    cdef Matrix weights
    cdef Vector biases
    for layer in network.layers:
        weights = layer.weights
        biases = layer.biases
        if not KERNELS.all_finite(weights.rows * weights.stride, weights.data):
            return False
        if biases is not None and not KERNELS.all_finite(biases.length, biases.data):
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
    engine.hire(1, inputs.rows, back)
    worker = &engine.workers[0]
    engine.make_room(deltas=back, every_z=True, gradients=back, spare=False)
    if inputs.dense is not None:
        x = inputs.dense.data
    else:
        x = engine.room(inputs.rows * inputs.columns)
        for i in range(inputs.rows):
            inputs.copy_row(i, x + i * inputs.columns)
    with nogil:
        engine.prepare(0, inputs.rows, 0, inputs.rows, x, NULL if targets is None else targets.data,
                       NULL)
        while True:
            engine.forward(worker)
            if back:
                engine.backward(worker)
            engine.look(<double> (worker.last - worker.first) * engine.work_of_sample * 3)
            if not engine.next_block(worker):
                break
        if back and not purenet_stopped(&engine.meeting):
            engine.first_step(worker, 0)
            engine.other_steps(worker, 0)
    if engine.error is not None:
        raise engine.error
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


def update(Matrix weights, Vector biases, weight_gradient, bias_gradient, double learning_rate):
    """Take one step of gradient descent on a layer's weights and biases.

    Returns False, and does nothing, if the gradient is not of floats in the right shape.
    """
    cdef Block gradient = block_of(weight_gradient)
    cdef Block bias_row = None
    cdef Py_ssize_t k
    if gradient is None or gradient.rows != weights.rows or gradient.columns != weights.columns:
        return False
    if biases is not None:
        bias_row = row_block_of(bias_gradient)
        if bias_row is None or bias_row.columns != biases.length:
            return False
        KERNELS.step(learning_rate, biases.length, bias_row.data, biases.data)
    for k in range(weights.rows):
        KERNELS.step(learning_rate, weights.columns, gradient.data + k * gradient.columns,
                     weights.data + k * weights.stride)
    return True
