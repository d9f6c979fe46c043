"""Numbers in somebody's memory: read, and written, without Python objects."""

from libc.stdint cimport uintptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from cpython.buffer cimport (
    PyBUF_STRIDES, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer,
)

from .fingerprint cimport PURENET_SOURCES
from .vectors cimport KERNELS, PURENET_SLACK, PURENET_STRIP

from purenet.buffers import buffer_of

SOURCES = PURENET_SOURCES


cdef class View:
    """Rows of numbers in memory that belongs to somebody else, who keeps it as long as this lives.

    buffer: a ``Buffer`` of so many rows and columns, or of as many numbers in one dimension.
    """

    def __cinit__(self, buffer, Py_ssize_t rows, Py_ssize_t columns, bint writable=False):
        cdef Py_ssize_t i
        view, kind, places = <tuple> buffer
        cdef Py_UCS4 code = kind
        PyObject_GetBuffer(
            view, &self.buffer, PyBUF_STRIDES | PyBUF_WRITABLE if writable else PyBUF_STRIDES)
        self.held = True
        self.source = buffer
        self.code = code
        self.rows = rows
        self.columns = columns
        self.step = self.buffer.strides[self.buffer.ndim - 1]
        self.row_step = self.step * columns if self.buffer.ndim == 1 else self.buffer.strides[0]
        if places is not None:
            self.places = <Py_ssize_t *> malloc(max(rows, 1) * sizeof(Py_ssize_t))
            if self.places == NULL:
                raise MemoryError()
            for i in range(rows):
                self.places[i] = places[i]
        self.doubles = (
            code == u'd' and self.step == sizeof(double) and self.places == NULL
            and (self.row_step == columns * <Py_ssize_t> sizeof(double) or rows == 1)
            and <uintptr_t> self.buffer.buf % sizeof(double) == 0)

    def __dealloc__(self):
        if self.held:
            PyBuffer_Release(&self.buffer)
        free(self.places)

    def __len__(self):
        return self.rows

    cdef const char *row(self, Py_ssize_t i) noexcept nogil:
        """Return where a row begins."""
        if self.places != NULL:
            i = self.places[i]
        return <const char *> self.buffer.buf + i * self.row_step

    cdef void read(self, Py_ssize_t i, Py_ssize_t column, Py_ssize_t count,
                   double *target) noexcept nogil:
        """Copy some numbers of a row."""
        KERNELS.read_numbers(self.code, self.row(i) + column * self.step, self.step, count, target)

    cdef bint read_rows(self, Py_ssize_t first, Py_ssize_t last, double *target) noexcept nogil:
        """Copy some rows; return whether all numbers are finite."""
        cdef Py_ssize_t columns = self.columns
        cdef Py_ssize_t i
        if self.places == NULL and self.row_step == self.step * columns:
            KERNELS.read_numbers(self.code, self.row(first), self.step, (last - first) * columns,
                                 target)
        else:
            for i in range(first, last):
                self.read(i, 0, columns, target + (i - first) * columns)
        return KERNELS.all_finite((last - first) * columns, target)

    cdef const double *in_place(self, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
        """Return where some rows lie as a computation needs them; NULL if they do not.

        A computation may read a few numbers more than there are, and whole strips.
        """
        if self.doubles and (self.rows - last) * self.columns >= PURENET_SLACK + PURENET_STRIP:
            return <const double *> self.row(first)
        return NULL

    cdef void write_rows(self, Py_ssize_t first, Py_ssize_t last,
                         const double *source) noexcept nogil:
        """Write numbers into some rows."""
        cdef Py_ssize_t i
        if self.doubles:
            memcpy(<char *> self.row(first), source,
                   (last - first) * self.columns * sizeof(double))
            return
        for i in range(first, last):
            KERNELS.write_numbers(self.code, source + (i - first) * self.columns, self.columns,
                                  <char *> self.row(i), self.step)


cdef View view_of(values, Py_ssize_t columns):
    """Return rows of so many numbers in memory; None of what is none, or has other sizes."""
    buffer = None if type(values) is list else buffer_of(values)
    if buffer is None:
        return None
    view, _, places = <tuple> buffer
    shape = view.shape
    if len(shape) != 2 or shape[1] != columns:
        return None
    rows = shape[0] if places is None else len(places)
    return None if rows == 0 else View(buffer, rows, columns)
