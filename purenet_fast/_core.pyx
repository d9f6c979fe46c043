# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, embedsignature=False, binding=True
"""The compiled twins of purenet's arithmetic.

Everything here repeats, operation by operation, what ``purenet`` does in ``elementary``, ``matrix``,
``activations``, ``losses`` and ``layers``, so that every number has the same bits:

- a sum starts at 0.0 and adds its terms one by one, the index ascending; which element of a matrix
  is computed first is free;
- a product is rounded, then added (the extension is built without contraction);
- an expression is grouped as it is there.

A change here is a change there, in the same commit.
"""

from libc.math cimport INFINITY, NAN, frexp, isfinite, ldexp
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND, PyBUF_STRIDES, PyBUF_WRITABLE
from cpython.exc cimport PyErr_CheckSignals
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact, PyFloat_FromDouble
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE, PyList_New, PyList_SET_ITEM
from cpython.ref cimport Py_INCREF

from purenet import activations as _activations
from purenet import elementary as _elementary
from purenet import losses as _losses
from purenet import matrix as _matrix
from purenet.checks import as_number, as_row

cdef extern from *:
    """
    #ifndef PURENET_SOURCES
    #define PURENET_SOURCES 0u
    #endif
    """
    unsigned int PURENET_SOURCES

SOURCES = PURENET_SOURCES  # the fingerprint of the files that this module was built from


# ------------------------------------------------------------------------------------------------
# Numbers: the twins of elementary.py.

cdef double LOG2_E = 1.4426950408889634
cdef double LN2_HIGH = 0.6931471803691238
cdef double LN2_LOW = 1.9082149292705877e-10
cdef double ROUND = 6755399441055744.0
cdef double EXP_OVERFLOW = 709.782712893384
cdef double EXP_UNDERFLOW = -745.1332191019412
cdef double SQRT_HALF = 0.7071067811865476


cdef inline double exp_tail(double high, double low) noexcept nogil:
    cdef double r = high - low
    cdef double series = 1.0 / 6227020800.0
    series = 1.0 / 479001600.0 + r * series
    series = 1.0 / 39916800.0 + r * series
    series = 1.0 / 3628800.0 + r * series
    series = 1.0 / 362880.0 + r * series
    series = 1.0 / 40320.0 + r * series
    series = 1.0 / 5040.0 + r * series
    series = 1.0 / 720.0 + r * series
    series = 1.0 / 120.0 + r * series
    series = 1.0 / 24.0 + r * series
    series = 1.0 / 6.0 + r * series
    series = 1.0 / 2.0 + r * series
    return r * r * series - low


cdef double c_exp(double x) noexcept nogil:
    cdef double k, high, low, power_of_r
    if x != x:
        return x
    if x > EXP_OVERFLOW:
        return INFINITY
    if x < EXP_UNDERFLOW:
        return 0.0
    k = (x * LOG2_E + ROUND) - ROUND
    high = x - k * LN2_HIGH
    low = k * LN2_LOW
    power_of_r = 1.0 + (high + exp_tail(high, low))
    if k < -1021.0:
        return ldexp(power_of_r, <int> k + 54) * 5.551115123125783e-17
    return ldexp(power_of_r, <int> k)


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
    cdef double tail = exp_tail(high, low)
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
        return c_exp(PyFloat_AS_DOUBLE(x))
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

    cdef double *data
    cdef readonly Py_ssize_t rows
    cdef readonly Py_ssize_t columns
    cdef Py_ssize_t[2] shape
    cdef Py_ssize_t[2] strides

    def __cinit__(self, rows, *ignored):
        cdef Py_ssize_t i, j
        cdef list row
        self.rows = len(rows)
        self.columns = len(rows[0]) if self.rows else 0
        self.data = <double *> malloc((self.rows * self.columns + 1) * sizeof(double))
        if self.data == NULL:
            raise MemoryError()
        for i in range(self.rows):
            row = as_row(list(rows[i]), "row", f"row {i}", self.columns, finite=False)
            for j in range(self.columns):
                self.data[i * self.columns + j] = row[j]

    def __dealloc__(self):
        free(self.data)

    def __len__(self):
        return self.rows

    cdef Vector row(self, Py_ssize_t i):
        cdef Vector view = Vector.__new__(Vector)
        view.owner = self
        view.data = self.data + i * self.columns
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
                as_row(list(item), "row", f"row {i}", self.columns, finite=False)
                for i, item in zip(places, value, strict=True)
            ]
            for i, item in zip(places, values):
                self.row(i)[:] = item
        else:
            self.row(place(index, self.rows))[:] = value

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
        return nested_list(self.data, self.rows, self.columns)

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
        self.shape[0] = self.rows
        self.shape[1] = self.columns
        self.strides[0] = self.columns * sizeof(double)
        self.strides[1] = sizeof(double)
        fill_buffer(buffer, self, self.data, 2, self.shape, self.strides,
                    self.rows * self.columns, flags)

    def __releasebuffer__(self, Py_buffer *buffer):
        pass


cdef class Vector:
    """A row of floats in a compiled buffer, used like a list of a fixed length."""

    cdef object owner
    cdef double *data
    cdef Py_ssize_t length
    cdef Py_ssize_t[1] shape
    cdef Py_ssize_t[1] strides

    def __init__(self, values):
        cdef Matrix matrix = Matrix([as_row(list(values), "row", "row", None, finite=False)])
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
            values = as_row(list(value), "row", "row", len(places), finite=False)
            for i, item in zip(places, values):
                j = i
                self.data[j] = item
        else:
            j = place(index, self.length)
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


cdef Py_ssize_t place(index, Py_ssize_t length) except -1:
    """Return a list index as one from 0 to length - 1."""
    if not hasattr(index, "__index__"):
        raise TypeError(f"list indices must be integers or slices, not {type(index).__name__}")
    cdef Py_ssize_t i = index.__index__()
    if i < 0:
        i += length
    if not 0 <= i < length:
        raise IndexError("list index out of range")
    return i


cdef list as_lists(list rows):
    return [row.tolist() if isinstance(row, Vector) else row for row in rows]


cdef list flat_list(const double *data, Py_ssize_t length):
    cdef list values = PyList_New(length)
    cdef Py_ssize_t j
    cdef object value
    for j in range(length):
        value = PyFloat_FromDouble(data[j])
        Py_INCREF(value)
        PyList_SET_ITEM(values, j, value)
    return values


cdef list nested_list(const double *data, Py_ssize_t rows, Py_ssize_t columns):
    cdef Py_ssize_t i
    return [flat_list(data + i * columns, columns) for i in range(rows)]


# ------------------------------------------------------------------------------------------------
# Nested lists in and out.

cdef class Block:
    """A matrix of doubles that belongs to a computation."""

    cdef double *data
    cdef Py_ssize_t rows
    cdef Py_ssize_t columns

    def __cinit__(self, Py_ssize_t rows, Py_ssize_t columns):
        self.rows = rows
        self.columns = columns
        self.data = <double *> malloc((rows * columns + 1) * sizeof(double))
        if self.data == NULL:
            raise MemoryError()

    def __dealloc__(self):
        free(self.data)

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
        memcpy(block.data, matrix.data, matrix.rows * matrix.columns * sizeof(double))
        return block
    if type(rows) is not list or PyList_GET_SIZE(rows) == 0:
        return None
    columns = width_of(<object> PyList_GET_ITEM(rows, 0))
    if columns <= 0:
        return None
    block = Block(PyList_GET_SIZE(rows), columns)
    for i in range(block.rows):
        if not copy_row(<object> PyList_GET_ITEM(rows, i), block.data + i * columns, columns):
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
    cdef Py_ssize_t j
    cdef object value
    if width_of(row) != columns:
        return False
    if isinstance(row, Vector):
        memcpy(target, (<Vector> row).data, columns * sizeof(double))
        return True
    for j in range(columns):
        value = <object> PyList_GET_ITEM(row, j)
        if not PyFloat_CheckExact(value):
            return False
        target[j] = PyFloat_AS_DOUBLE(value)
    return True


# ------------------------------------------------------------------------------------------------
# Matrices: the twins of matrix.py.

cdef void c_dot(const double *a, const double *b, double *product,
                Py_ssize_t rows, Py_ssize_t inner, Py_ssize_t columns) noexcept nogil:
    """product = a . b; each element's own sum runs over k ascending."""
    cdef Py_ssize_t i, j, k
    cdef double x
    for i in range(rows):
        for j in range(columns):
            product[i * columns + j] = 0.0
        for k in range(inner):
            x = a[i * inner + k]
            for j in range(columns):
                product[i * columns + j] = product[i * columns + j] + x * b[k * columns + j]


cdef void c_dot_of_transposed(const double *a, const double *b, double *product,
                              Py_ssize_t inner, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    """product = a^T . b, where a is inner by rows."""
    cdef Py_ssize_t i, j, k
    cdef double x
    memset(product, 0, rows * columns * sizeof(double))
    for k in range(inner):
        for i in range(rows):
            x = a[k * rows + i]
            for j in range(columns):
                product[i * columns + j] = product[i * columns + j] + x * b[k * columns + j]


cdef void c_dot_with_transposed(const double *a, const double *b, double *product,
                                Py_ssize_t rows, Py_ssize_t inner, Py_ssize_t columns) noexcept nogil:
    """product = a . b^T, where b is columns by inner."""
    cdef Py_ssize_t i, j, k
    cdef double total
    for i in range(rows):
        for j in range(columns):
            total = 0.0
            for k in range(inner):
                total = total + a[i * inner + k] * b[j * inner + k]
            product[i * columns + j] = total


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
    cdef Block product
    if x is None or y is None or x.columns != y.rows:
        return _matrix.dot(a, b)
    product = Block(x.rows, y.columns)
    with nogil:
        c_dot(x.data, y.data, product.data, x.rows, x.columns, y.columns)
    return product.tolist()


def transpose(a):
    cdef Block x = block_of(a)
    cdef Block result
    cdef Py_ssize_t i, j
    if x is None:
        return _matrix.transpose(a)
    result = Block(x.columns, x.rows)
    for i in range(x.rows):
        for j in range(x.columns):
            result.data[j * x.rows + i] = x.data[i * x.columns + j]
    return result.tolist()


def add_bias(a, biases):
    cdef Block x = block_of(a)
    cdef Block y = row_block_of(biases)
    if x is None or y is None or x.columns != y.columns:
        return _matrix.add_bias(a, biases)
    c_add_bias(x.data, y.data, x.rows, x.columns)
    return x.tolist()


def add(a, b):
    cdef Block x = block_of(a)
    cdef Block y = block_of(b)
    cdef Py_ssize_t i
    if x is None or y is None or x.rows != y.rows or x.columns != y.columns:
        return _matrix.add(a, b)
    for i in range(x.rows * x.columns):
        x.data[i] = x.data[i] + y.data[i]
    return x.tolist()


def subtract(a, b):
    cdef Block x = block_of(a)
    cdef Block y = block_of(b)
    cdef Py_ssize_t i
    if x is None or y is None or x.rows != y.rows or x.columns != y.columns:
        return _matrix.subtract(a, b)
    for i in range(x.rows * x.columns):
        x.data[i] = x.data[i] - y.data[i]
    return x.tolist()


def multiply(a, b):
    cdef Block x = block_of(a)
    cdef Block y = block_of(b)
    cdef Py_ssize_t i
    if x is None or y is None or x.rows != y.rows or x.columns != y.columns:
        return _matrix.multiply(a, b)
    for i in range(x.rows * x.columns):
        x.data[i] = x.data[i] * y.data[i]
    return x.tolist()


def scale(a, factor):
    cdef Block x = block_of(a)
    cdef Py_ssize_t i
    cdef double by
    if x is None or not PyFloat_CheckExact(factor):
        return _matrix.scale(a, factor)
    by = PyFloat_AS_DOUBLE(factor)
    for i in range(x.rows * x.columns):
        x.data[i] = x.data[i] * by
    return x.tolist()


def column_sums(a):
    cdef Block x = block_of(a)
    cdef Block sums
    if x is None:
        return _matrix.column_sums(a)
    sums = Block(1, x.columns)
    c_column_sums(x.data, sums.data, x.rows, x.columns)
    return flat_list(sums.data, x.columns)


# ------------------------------------------------------------------------------------------------
# Activation functions: the twins of activations.py.

cdef enum:
    SIGMOID, TANH, RELU, LEAKY_RELU, LINEAR, SOFTMAX

cdef dict ACTIVATIONS = {
    "sigmoid": SIGMOID, "tanh": TANH, "relu": RELU,
    "leaky_relu": LEAKY_RELU, "linear": LINEAR, "softmax": SOFTMAX,
}

cdef double LEAKY_SLOPE = 0.01


cdef inline double c_sigmoid(double z) noexcept nogil:
    cdef double e
    if z >= 0.0:
        e = c_exp(-z)
        return 1.0 / (1.0 + e)
    e = c_exp(z)
    return e / (1.0 + e)


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
    if activation == SIGMOID:
        return a * (1.0 - a)
    if activation == TANH:
        return 1.0 - a * a
    if activation == RELU:
        return 1.0 if a > 0.0 else 0.0
    if activation == LEAKY_RELU:
        return 1.0 if a > 0.0 else LEAKY_SLOPE
    return 1.0


cdef void c_softmax(const double *z, double *a, Py_ssize_t columns) noexcept nogil:
    cdef Py_ssize_t j
    cdef double largest = z[0]
    cdef double total = 0.0
    for j in range(columns):
        if z[j] > largest:
            largest = z[j]
    for j in range(columns):
        a[j] = c_exp(z[j] - largest)
        total = total + a[j]
    for j in range(columns):
        a[j] = a[j] / total


cdef void c_activate(int activation, const double *z, double *a,
                     Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    cdef Py_ssize_t i
    cdef Py_ssize_t items = rows * columns
    if activation == SIGMOID:
        for i in range(items):
            a[i] = c_sigmoid(z[i])
    elif activation == TANH:
        for i in range(items):
            a[i] = c_tanh(z[i])
    elif activation == RELU:
        for i in range(items):
            a[i] = c_relu(z[i])
    elif activation == LEAKY_RELU:
        for i in range(items):
            a[i] = c_leaky_relu(z[i])
    elif activation == LINEAR:
        memcpy(a, z, items * sizeof(double))
    else:
        for i in range(rows):
            c_softmax(z + i * columns, a + i * columns, columns)


cdef void c_activation_delta(int activation, const double *a, double *delta,
                             Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    """Turn dL/da, which stands in delta, into dL/dz."""
    cdef Py_ssize_t i, j
    cdef double total
    if activation != SOFTMAX:
        for i in range(rows * columns):
            delta[i] = delta[i] * c_slope(activation, a[i])
        return
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
        return c_sigmoid(PyFloat_AS_DOUBLE(z))
    return _activations.sigmoid(z)


def sigmoid_derivative(z):
    if PyFloat_CheckExact(z):
        return c_slope(SIGMOID, c_sigmoid(PyFloat_AS_DOUBLE(z)))
    return _activations.sigmoid_derivative(z)


def tanh_derivative(z):
    if PyFloat_CheckExact(z):
        return c_slope(TANH, c_tanh(PyFloat_AS_DOUBLE(z)))
    return _activations.tanh_derivative(z)


def relu(z):
    if PyFloat_CheckExact(z):
        return c_relu(PyFloat_AS_DOUBLE(z))
    return _activations.relu(z)


def relu_derivative(z):
    if PyFloat_CheckExact(z):
        return c_slope(RELU, c_relu(PyFloat_AS_DOUBLE(z)))
    return _activations.relu_derivative(z)


def leaky_relu(z):
    if PyFloat_CheckExact(z):
        return c_leaky_relu(PyFloat_AS_DOUBLE(z))
    return _activations.leaky_relu(z)


def leaky_relu_derivative(z):
    if PyFloat_CheckExact(z):
        return c_slope(LEAKY_RELU, c_leaky_relu(PyFloat_AS_DOUBLE(z)))
    return _activations.leaky_relu_derivative(z)


def softmax(z):
    cdef Block x = row_block_of(z)
    if x is None:
        return _activations.softmax(z)
    c_softmax(x.data, x.data, x.columns)
    return flat_list(x.data, x.columns)


def softmax_derivative(z):
    cdef Block x = row_block_of(z)
    cdef Block jacobian
    cdef Py_ssize_t i, j, n
    if x is None:
        return _activations.softmax_derivative(z)
    n = x.columns
    c_softmax(x.data, x.data, n)
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
    if x is None or activation not in ACTIVATIONS:
        return _activations.activate(activation, z)
    c_activate(ACTIVATIONS[activation], x.data, x.data, x.rows, x.columns)
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


cdef inline double c_sigmoid_cross_entropy(double z, double y) noexcept nogil:
    if z >= 0.0:
        return (1.0 - y) * z + c_log1p(c_exp(-z))
    return -y * z + c_log1p(c_exp(z))


cdef double c_softmax_cross_entropy(const double *z, const double *y, Py_ssize_t columns) noexcept nogil:
    cdef Py_ssize_t j
    cdef Py_ssize_t best = 0
    cdef double others = 0.0
    cdef double total = 0.0
    cdef double log_of_total
    for j in range(columns):
        if z[j] > z[best]:
            best = j
    for j in range(columns):
        if j != best:
            others = others + c_exp(z[j] - z[best])
    log_of_total = c_log1p(others)
    for j in range(columns):
        if y[j] != 0.0:
            total = total + y[j] * (log_of_total - (z[j] - z[best]))
    return total


cdef double c_sample_loss(int loss, const double *z, const double *a, const double *y,
                          Py_ssize_t columns) noexcept nogil:
    cdef Py_ssize_t j
    cdef double total = 0.0
    cdef double difference
    if loss == CATEGORICAL_CROSS_ENTROPY:
        return c_softmax_cross_entropy(z, y, columns)
    if loss == BINARY_CROSS_ENTROPY:
        for j in range(columns):
            total = total + c_sigmoid_cross_entropy(z[j], y[j])
        return total
    for j in range(columns):
        difference = a[j] - y[j]
        total = total + difference * difference
    return total


cdef double c_total_loss(int loss, const double *z, const double *a, const double *y,
                         Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    cdef Py_ssize_t i
    cdef double total = 0.0
    for i in range(rows):
        total = total + c_sample_loss(
            loss, z + i * columns, a + i * columns, y + i * columns, columns)
    return total


cdef double c_loss_count(int loss, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    if loss == SUM_OF_SQUARES:
        return 1.0
    if loss == CATEGORICAL_CROSS_ENTROPY:
        return <double> rows
    return <double> (rows * columns)


cdef void c_output_delta(int loss, int activation, const double *a, const double *y, double *delta,
                         Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    cdef Py_ssize_t i
    cdef double count = c_loss_count(loss, rows, columns)
    if loss == BINARY_CROSS_ENTROPY or loss == CATEGORICAL_CROSS_ENTROPY:
        for i in range(rows * columns):
            delta[i] = (a[i] - y[i]) / count
        return
    for i in range(rows * columns):
        delta[i] = 2.0 * (a[i] - y[i]) / count
    c_activation_delta(activation, a, delta, rows, columns)


cdef Py_ssize_t c_class_of(const double *outputs, Py_ssize_t columns) noexcept nogil:
    cdef Py_ssize_t j
    cdef Py_ssize_t best = 0
    if columns == 1:
        return 1 if outputs[0] >= 0.5 else 0
    for j in range(columns):
        if outputs[j] > outputs[best]:
            best = j
    return best


cdef Py_ssize_t c_count_correct(const double *a, const double *y,
                                Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    cdef Py_ssize_t i
    cdef Py_ssize_t correct = 0
    for i in range(rows):
        if c_class_of(a + i * columns, columns) == c_class_of(y + i * columns, columns):
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
    if PyFloat_CheckExact(z) and PyFloat_CheckExact(y):
        return c_sigmoid_cross_entropy(PyFloat_AS_DOUBLE(z), PyFloat_AS_DOUBLE(y))
    return _losses.sigmoid_cross_entropy(z, y)


def softmax_cross_entropy(z, y):
    cdef Block x = row_block_of(z)
    cdef Block target = row_block_of(y)
    if x is None or target is None or x.columns != target.columns:
        return _losses.softmax_cross_entropy(z, y)
    return c_softmax_cross_entropy(x.data, target.data, x.columns)


# ------------------------------------------------------------------------------------------------
# Samples: the inputs and targets of a call, converted once.

cdef class Samples:
    """Checked inputs and targets in compiled buffers."""

    cdef Block inputs
    cdef Block targets
    cdef readonly bint classes
    cdef readonly Py_ssize_t size

    def __cinit__(self, inputs, targets, bint classes):
        self.inputs = block_of(inputs)
        self.targets = block_of(targets)
        self.classes = classes
        self.size = self.inputs.rows


def are_finite_floats(rows, Py_ssize_t width):
    """Say whether these are lists of ``width`` finite floats, which need no further look."""
    cdef Py_ssize_t i, j
    cdef object row, value
    if type(rows) is not list or PyList_GET_SIZE(rows) == 0:
        return False
    for i in range(PyList_GET_SIZE(rows)):
        row = <object> PyList_GET_ITEM(rows, i)
        if type(row) is not list or PyList_GET_SIZE(row) != width:
            return False
        for j in range(width):
            value = <object> PyList_GET_ITEM(row, j)
            if not PyFloat_CheckExact(value) or not isfinite(PyFloat_AS_DOUBLE(value)):
                return False
    return True


# ------------------------------------------------------------------------------------------------
# The network: the twins of layers.py and of the loops of network.py.

cdef struct Layer:
    Py_ssize_t inputs
    Py_ssize_t outputs
    int activation
    double *weights
    double *biases            # NULL without biases
    double *z                 # capacity by outputs, as are a and delta
    double *a
    double *delta
    double *weight_gradient   # as the weights and biases
    double *bias_gradient


cdef class Engine:
    """The layers of a network as C sees them, with room for a batch."""

    cdef Layer *layers
    cdef Py_ssize_t count
    cdef int loss
    cdef double *arena
    cdef list owners          # the matrices whose buffers are used

    def __cinit__(self, network, Py_ssize_t capacity):
        cdef Py_ssize_t number, size
        cdef Matrix weights
        cdef Vector biases
        cdef Layer *layer
        cdef double *free_room
        self.count = len(network.layers)
        self.loss = LOSSES[network.loss]
        self.owners = []
        self.layers = <Layer *> malloc(self.count * sizeof(Layer))
        if self.layers == NULL:
            raise MemoryError()
        size = 1
        for number in range(self.count):
            layer = &self.layers[number]
            weights = network.layers[number].weights
            biases = network.layers[number].biases
            self.owners.append((weights, biases))
            layer.inputs = weights.rows
            layer.outputs = weights.columns
            layer.activation = ACTIVATIONS[network.layers[number].activation]
            layer.weights = weights.data
            layer.biases = NULL if biases is None else biases.data
            size += (3 * capacity + layer.inputs + 1) * layer.outputs
        self.arena = <double *> malloc(size * sizeof(double))
        if self.arena == NULL:
            raise MemoryError()
        free_room = self.arena
        for number in range(self.count):
            layer = &self.layers[number]
            layer.z = free_room
            layer.a = layer.z + capacity * layer.outputs
            layer.delta = layer.a + capacity * layer.outputs
            layer.weight_gradient = layer.delta + capacity * layer.outputs
            layer.bias_gradient = layer.weight_gradient + layer.inputs * layer.outputs
            free_room = layer.bias_gradient + layer.outputs

    def __dealloc__(self):
        free(self.layers)
        free(self.arena)

    cdef Layer *last(self) noexcept nogil:
        return &self.layers[self.count - 1]

    cdef void forward(self, const double *inputs, Py_ssize_t rows) noexcept nogil:
        cdef Py_ssize_t number
        cdef Layer *layer
        cdef const double *a = inputs
        for number in range(self.count):
            layer = &self.layers[number]
            c_dot(a, layer.weights, layer.z, rows, layer.inputs, layer.outputs)
            if layer.biases != NULL:
                c_add_bias(layer.z, layer.biases, rows, layer.outputs)
            c_activate(layer.activation, layer.z, layer.a, rows, layer.outputs)
            a = layer.a

    cdef void backward(self, const double *inputs, const double *targets, Py_ssize_t rows) noexcept nogil:
        cdef Py_ssize_t number
        cdef Layer *layer = self.last()
        cdef Layer *before
        cdef const double *a
        c_output_delta(self.loss, layer.activation, layer.a, targets, layer.delta, rows, layer.outputs)
        for number in range(self.count - 1, -1, -1):
            layer = &self.layers[number]
            a = inputs if number == 0 else self.layers[number - 1].a
            c_dot_of_transposed(a, layer.delta, layer.weight_gradient, rows, layer.inputs, layer.outputs)
            if layer.biases != NULL:
                c_column_sums(layer.delta, layer.bias_gradient, rows, layer.outputs)
            if number > 0:
                before = &self.layers[number - 1]
                c_dot_with_transposed(
                    layer.delta, layer.weights, before.delta, rows, layer.outputs, layer.inputs)
                c_activation_delta(before.activation, before.a, before.delta, rows, before.outputs)

    cdef void update(self, double learning_rate) noexcept nogil:
        cdef Py_ssize_t number
        cdef Layer *layer
        for number in range(self.count):
            layer = &self.layers[number]
            c_update(layer.weights, layer.weight_gradient, layer.inputs * layer.outputs, learning_rate)
            if layer.biases != NULL:
                c_update(layer.biases, layer.bias_gradient, layer.outputs, learning_rate)

    cdef bint finite(self) noexcept nogil:
        cdef Py_ssize_t number
        cdef Layer *layer
        for number in range(self.count):
            layer = &self.layers[number]
            if not c_finite(layer.weights, layer.inputs * layer.outputs):
                return False
            if layer.biases != NULL and not c_finite(layer.biases, layer.outputs):
                return False
        return True


cdef void c_update(double *parameters, const double *gradient, Py_ssize_t items,
                   double learning_rate) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(items):
        parameters[i] = parameters[i] - learning_rate * gradient[i]


cdef bint c_finite(const double *values, Py_ssize_t items) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(items):
        if not isfinite(values[i]):
            return False
    return True


def train(network, Samples samples, Py_ssize_t epochs, Py_ssize_t batch_size, orders,
          double learning_rate, list results):
    """Train epoch after epoch, as ``Network._train`` does.

    orders: None, or a function that returns the order of the samples for the epoch of a number.
    """
    cdef Engine engine = Engine(network, batch_size)
    cdef Layer *last = engine.last()
    cdef Py_ssize_t count = samples.size
    cdef Py_ssize_t width = samples.inputs.columns
    cdef Py_ssize_t outputs = samples.targets.columns
    cdef Py_ssize_t epoch, start, rows, i, correct
    cdef Block inputs = Block(batch_size, width)
    cdef Block targets = Block(batch_size, outputs)
    cdef const double *x
    cdef const double *y
    cdef double total
    cdef bint finite = True
    cdef Py_ssize_t *order = NULL
    if orders is not None:
        order = <Py_ssize_t *> malloc(count * sizeof(Py_ssize_t))
        if order == NULL:
            raise MemoryError()
    try:
        for epoch in range(epochs):
            if order != NULL:
                for i, sample in enumerate(orders(len(results))):
                    order[i] = sample
            total = 0.0
            correct = 0
            start = 0
            while start < count:
                rows = min(batch_size, count - start)
                with nogil:
                    x = samples.inputs.data + start * width
                    y = samples.targets.data + start * outputs
                    if order != NULL:
                        for i in range(rows):
                            memcpy(inputs.data + i * width,
                                   samples.inputs.data + order[start + i] * width,
                                   width * sizeof(double))
                            memcpy(targets.data + i * outputs,
                                   samples.targets.data + order[start + i] * outputs,
                                   outputs * sizeof(double))
                        x = inputs.data
                        y = targets.data
                    engine.forward(x, rows)
                    total = total + c_total_loss(engine.loss, last.z, last.a, y, rows, outputs)
                    correct += c_count_correct(last.a, y, rows, outputs)
                    engine.backward(x, y, rows)
                    engine.update(learning_rate)
                start += rows
                PyErr_CheckSignals()
            results.append((total, correct))
            if not engine.finite():
                break
    finally:
        free(order)


def measure(network, Samples samples):
    """Return the total loss and the number of right answers, as ``Network._measure`` does."""
    cdef Engine engine = Engine(network, samples.size)
    cdef Layer *last = engine.last()
    cdef double total
    cdef Py_ssize_t correct
    with nogil:
        engine.forward(samples.inputs.data, samples.size)
        total = c_total_loss(engine.loss, last.z, last.a, samples.targets.data,
                             samples.size, last.outputs)
        correct = c_count_correct(last.a, samples.targets.data, samples.size, last.outputs)
    return total, correct


def predict(network, rows):
    """Return the outputs for rows of floats."""
    cdef Block inputs = block_of(rows)
    cdef Engine engine = Engine(network, inputs.rows)
    with nogil:
        engine.forward(inputs.data, inputs.rows)
    return nested_list(engine.last().a, inputs.rows, engine.last().outputs)


def feedforward(network, rows):
    """Return z and a of every layer as a list of pairs of nested lists."""
    cdef Block inputs = block_of(rows)
    cdef Engine engine = Engine(network, inputs.rows)
    cdef Layer *layer
    cdef Py_ssize_t number
    with nogil:
        engine.forward(inputs.data, inputs.rows)
    outputs = []
    for number in range(engine.count):
        layer = &engine.layers[number]
        outputs.append((nested_list(layer.z, inputs.rows, layer.outputs),
                        nested_list(layer.a, inputs.rows, layer.outputs)))
    return outputs


def backprop(network, Samples samples):
    """Return weights, biases and delta of every layer's gradient as a list of triples."""
    cdef Engine engine = Engine(network, samples.size)
    cdef Layer *layer
    cdef Py_ssize_t number
    with nogil:
        engine.forward(samples.inputs.data, samples.size)
        engine.backward(samples.inputs.data, samples.targets.data, samples.size)
    gradients = []
    for number in range(engine.count):
        layer = &engine.layers[number]
        biases = None
        if layer.biases != NULL:
            biases = flat_list(layer.bias_gradient, layer.outputs)
        gradients.append((nested_list(layer.weight_gradient, layer.inputs, layer.outputs),
                          biases,
                          nested_list(layer.delta, samples.size, layer.outputs)))
    return gradients


def update(Matrix weights, Vector biases, weight_gradient, bias_gradient, double learning_rate):
    """Take one step of gradient descent on a layer's weights and biases."""
    cdef Block gradient = block_of(weight_gradient)
    c_update(weights.data, gradient.data, weights.rows * weights.columns, learning_rate)
    if biases is not None:
        gradient = row_block_of(bias_gradient)
        c_update(biases.data, gradient.data, biases.length, learning_rate)
