"""Weights and biases: lists on the outside, a buffer of doubles inside."""

from libc.string cimport memcpy

from cpython.buffer cimport (
    PyBUF_ANY_CONTIGUOUS, PyBUF_C_CONTIGUOUS, PyBUF_F_CONTIGUOUS, PyBUF_FORMAT, PyBUF_ND,
    PyBUF_STRIDES,
)
from cpython.list cimport PyList_GET_SIZE
from cpython.ref cimport PyObject

from .buffers cimport Block, copy_floats, flat_list, items_of
from .fingerprint cimport PURENET_SOURCES
from .vectors cimport KERNELS

from purenet.checks import as_number, as_row

SOURCES = PURENET_SOURCES


cdef class Matrix:
    """Rows of floats in one compiled buffer, used like a list of lists of a fixed size.

    It can be indexed, sliced, iterated, compared, copied, pickled and changed element by element or
    row by row; ``matrix[i]`` is a view of row i, as it would be in a list of lists.  It offers
    the buffer protocol, so that ``memoryview(matrix)`` or NumPy see the same memory.
    """

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
