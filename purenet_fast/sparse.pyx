"""Rows of which most numbers are zero: the others, listed.

How they are listed is said in kernels/kernels.h, at ``purenet_sparse``.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.ref cimport PyObject

from .buffers cimport (
    Reading, copy_floats, items_of, purenet_give_back, purenet_memory, purenet_store,
)
from .fingerprint cimport PURENET_SOURCES
from .threads cimport WORK_OF_COPY
from .vectors cimport (
    KERNELS, PURENET_STRIP, purenet_block, purenet_columns, purenet_marked, purenet_sparse,
)
from .views cimport View

SOURCES = PURENET_SOURCES

# Below these a list of the numbers that are not zero does not pay.
cdef Py_ssize_t SPARSE_COLUMNS = 64
cdef Py_ssize_t SPARSE_ROWS = 4
cdef double SPARSE_SHARE = 0.6

cdef size_t MOST_TOGETHER = 1024      # rows; while they are put in order, they are there twice
cdef enum:
    AT_ONCE = 8                       # entries that are copied, whether all are needed or not


cdef class Sparse:
    """The numbers of some rows that are not zero."""

    def __cinit__(self, size_t rows, size_t columns, size_t together):
        self.rows = rows
        self.columns = columns
        self.together = together if together <= MOST_TOGETHER else 1
        self.lists.strips = (columns + PURENET_STRIP - 1) // PURENET_STRIP
        self.lists.row_step = self.lists.strips
        self.lists.strip_step = 1

    def __dealloc__(self):
        free(self.start)
        free(self.column)
        free(self.value)
        free(self.blocks)

    cdef int mark(self) except -1:
        """List the bits of the columns, too, of rows that are listed one by one.

        See ``purenet_marked``.
        """
        cdef size_t blocks = (self.columns + 63) // 64
        cdef size_t strips = self.lists.strips
        cdef purenet_block *block
        cdef size_t row, strip, place, entry, column
        if self.blocks != NULL:
            return 0
        self.blocks = <purenet_block *> purenet_memory(self.rows * blocks * sizeof(purenet_block))
        if self.blocks == NULL:
            raise MemoryError()
        memset(self.blocks, 0, self.rows * blocks * sizeof(purenet_block))
        self.marked = purenet_marked(step=blocks, blocks=self.blocks, value=self.value)
        for row in range(self.rows):
            block = self.blocks + row * blocks
            for strip in range(strips):
                place = row * strips + strip
                for entry in range(self.start[place], self.start[place + 1]):
                    column = strip * PURENET_STRIP + self.column[entry]
                    if block[column // 64].bits == 0:
                        block[column // 64].start = entry
                    block[column // 64].bits |= <uint64_t> 1 << (column % 64)
        return 0

    cdef double bytes_with_columns(self, size_t batches) noexcept:
        """Return the memory that is needed, at most, if each batch's columns are listed, too."""
        cdef double entries = self.start[self.rows * self.lists.strips]
        return (entries * (sizeof(double) + sizeof(uint8_t))
                + <double> self.rows * self.lists.strips * sizeof(size_t)
                + self.bytes_of_columns(batches))

    cdef double bytes_of_columns(self, size_t batches) noexcept:
        cdef double entries = self.start[self.rows * self.lists.strips]
        cdef double columns = min(entries, <double> batches * self.columns)
        return entries * (sizeof(double) + sizeof(uint32_t)) + columns * sizeof(uint32_t)

    cdef double entries_of_row(self) noexcept:
        """Return how many entries a row has, on the average."""
        return <double> self.start[self.rows * self.lists.strips] / self.rows

    cdef size_t most_entries(self, size_t rows) noexcept:
        """Return how many entries so many rows have, at most."""
        cdef size_t strips = self.lists.strips
        cdef size_t most = 0
        cdef size_t first, last
        for first in range(0, self.rows, self.together):
            last = min(first + self.together, self.rows)
            most = max(most, self.start[last * strips] - self.start[first * strips])
        most *= (rows + self.together - 1) // self.together
        return min(most, self.start[self.rows * strips])

    cdef bint suits_batches(self, size_t batch_size, bint shuffled) noexcept:
        """Return whether the rows of each batch are listed together, or all rows one by one."""
        return self.together == 1 or (
            not shuffled and (self.together == batch_size or self.rows <= self.together))

    cdef size_t together_from(self, size_t row) noexcept nogil:
        """Return how many rows are listed together from this one on."""
        if self.together == 1:
            return self.rows - row
        return min(self.together - row % self.together, self.rows - row)

    cdef purenet_sparse around(self, size_t row) noexcept nogil:
        """Return the lists of the rows that are listed together with this one.

        Of all rows, if they are listed one by one.
        """
        cdef purenet_sparse lists = self.lists
        cdef size_t first
        if self.together > 1:
            first = row - row % self.together
            lists.start += first * (lists.strips - 1)
            lists.row_step = 1
            lists.strip_step = self.together_from(first)
        return lists

    cdef void copy_row(self, size_t row, double *target) noexcept nogil:
        """Write one row with its zeros."""
        cdef purenet_sparse lists = self.around(row)
        cdef size_t strip, place, entry
        memset(target, 0, self.columns * sizeof(double))
        for strip in range(lists.strips):
            place = row * lists.row_step + strip * lists.strip_step
            for entry in range(lists.start[place], lists.start[place + 1]):
                target[strip * PURENET_STRIP + self.column[entry]] = self.value[entry]


cdef class BatchColumns:
    """The entries of a batch column by column, as the step of the weights needs them.

    If batches come again, epoch after epoch, they are put in order once.
    """

    def __cinit__(self, Sparse sparse, size_t threads):
        self.sparse = sparse
        self.threads = threads

    def __dealloc__(self):
        cdef size_t number
        if self.stores != NULL:
            for number in range(self.threads):
                purenet_give_back(self.stores[number])
        free(self.stores)
        free(self.kept)

    cdef int keep(self, size_t batch_size) except -1:
        """Keep the columns of each batch, unless that took more memory than a copy of the rows."""
        cdef Sparse sparse = self.sparse
        cdef size_t batches = (sparse.rows + batch_size - 1) // batch_size
        cdef double bytes_of_copy = <double> sizeof(double) * sparse.rows * sparse.columns
        if sparse.bytes_with_columns(batches) > bytes_of_copy:
            return 0
        self.kept = <purenet_columns *> calloc(batches * self.threads, sizeof(purenet_columns))
        self.stores = <purenet_store **> calloc(self.threads, sizeof(purenet_store *))
        if self.kept == NULL or self.stores == NULL:
            raise MemoryError()
        self.store_size = <size_t> (sparse.bytes_of_columns(batches) / self.threads) + 4096
        return 0

    cdef void order(self, size_t number, size_t batch, const purenet_sparse *lists, size_t first,
                    size_t last, size_t samples, const size_t *sample, double *scratch,
                    purenet_columns *ordered) noexcept nogil:
        """Lay a thread's columns of a batch, from ``first`` to ``last``, before it."""
        cdef purenet_columns *kept = NULL
        if self.kept != NULL:
            kept = &self.kept[batch * self.threads + number]
            if kept.value != NULL:
                ordered[0] = kept[0]
                return
        purenet_order_by_column(lists, first, last, samples, sample, scratch, ordered)
        if kept != NULL:
            # Without memory for it, nothing is kept, and the batch is put in order again.
            purenet_keep_columns(ordered, &self.stores[number], self.store_size, kept)

    cdef void fetch(self, size_t number, size_t batch) noexcept nogil:
        """Have what ``order`` will find on its way from memory."""
        if self.kept != NULL:
            purenet_fetch_columns(&self.kept[batch * self.threads + number])


cdef class Listing(Reading):
    """The listing of what is not zero in some rows."""

    def __cinit__(self, rows, Py_ssize_t columns, size_t threads, Sparse sparse,
                  double zero_share):
        cdef size_t strips = sparse.lists.strips
        cdef size_t number
        cdef Part *part
        self.sparse = sparse
        self.parts = <Part *> calloc(threads, sizeof(Part))
        self.start = <size_t *> malloc((sparse.rows * strips + 1) * sizeof(size_t))
        if self.parts == NULL or self.start == NULL:
            raise MemoryError()
        for number in range(threads):
            part = &self.parts[number]
            part.first = self.first_row(number)
            part.last = self.first_row(number + 1)
            part.begin = part.first
            part.start = <size_t *> malloc((sparse.together * strips + 1) * sizeof(size_t))
            if part.start == NULL or not reserve(part, <size_t> (
                    1.1 * (1.0 - zero_share) * columns * (part.last - part.first))):
                raise MemoryError()

    def __dealloc__(self):
        cdef size_t number
        if self.parts != NULL:
            for number in range(self.threads.count):
                free(self.parts[number].column)
                free(self.parts[number].value)
                free(self.parts[number].start)
        free(self.parts)
        free(self.start)

    cdef size_t first_row(self, size_t number) noexcept nogil:
        # With the first of some that are listed together.
        cdef size_t together = self.sparse.together
        cdef size_t rows = self.sparse.rows
        return min(self.threads.begin_of(number, (rows + together - 1) // together) * together, rows)

    cdef bint run(self) except -1:
        """List; return whether all numbers are finite floats.

        ``sparse.start`` stays NULL if there are too few zeros to be left out.
        """
        cdef size_t number
        cdef bint full = False
        self.read()
        if not self.same:
            return False
        for number in range(self.threads.count):
            if self.parts[number].no_memory:
                raise MemoryError()
            if not self.parts[number].finite_floats:
                return False
            full = full or self.parts[number].full
        if not full:
            self.join()
        return True

    cdef bint is_well(self, size_t number) noexcept:
        return self.parts[number].finite_floats and not self.parts[number].full

    cdef void work(self, size_t number) noexcept nogil:
        cdef Part *part = &self.parts[number]
        if self.same:
            part.finite_floats = self.list_non_zeros(
                part, self.piece_begin(number), self.piece_end(number))
        # The last wait: whether to stop makes no difference here.
        self.threads.wait(number)

    cdef bint list_non_zeros(self, Part *part, size_t first, size_t last) noexcept nogil:
        """List what is not zero in rows of the part; return whether all numbers are finite floats."""
        cdef size_t columns = self.columns
        cdef size_t strips = self.sparse.lists.strips
        cdef size_t together = self.sparse.together
        cdef size_t i, strip, width
        cdef double most = (1.0 - SPARSE_SHARE) * 1.2 * columns * (part.last - part.first)
        cdef double[PURENET_STRIP] numbers
        memset(numbers, 0, sizeof(numbers))
        for i in range(first, last):
            if not reserve(part, part.entries + strips * PURENET_STRIP):
                return False
            if self.view is not None:
                if part == self.parts:  # the caller's thread
                    self.threads.look(<double> WORK_OF_COPY * columns)
                if self.threads.stopped():
                    return True
            for strip in range(strips):
                self.start[i * strips + strip] = part.entries
                width = min(columns - strip * PURENET_STRIP, <size_t> PURENET_STRIP)
                if not self.read_strip(i, strip * PURENET_STRIP, width, numbers):
                    return False
                part.entries += KERNELS.list_non_zeros(
                    width, numbers, part.column + part.entries, part.value + part.entries)
            if part.entries > most:
                part.full = True
                return True
            if together > 1 and (i + 1 == part.last or i + 1 - part.begin == together):
                if not self.put_together(part, part.begin, i + 1):
                    return False
                part.begin = i + 1
        return True

    cdef bint read_strip(self, Py_ssize_t row, Py_ssize_t column, Py_ssize_t width,
                         double *numbers) noexcept nogil:
        """Copy some numbers of a row; return whether all are finite floats."""
        if self.view is not None:
            self.view.read(row, column, width, numbers)
        elif not copy_floats(items_of(self.items[row]) + column, numbers, width):
            return False
        return KERNELS.all_finite(width, numbers)

    cdef bint put_together(self, Part *part, size_t first, size_t last) noexcept nogil:
        """Put the lists of the last rows in order strip by strip."""
        cdef size_t strips = self.sparse.lists.strips
        cdef size_t rows = last - first
        cdef size_t *start = self.start + first * strips
        cdef size_t begin = start[0]
        cdef size_t size = part.entries - begin
        # They are copied to behind the lists, where no copying at once reads, and back again.
        cdef size_t copy = part.entries + AT_ONCE
        cdef size_t to = copy
        cdef size_t row, strip, entry, entries, copied
        if not reserve(part, copy + size + AT_ONCE):
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
        """Put the lists of all parts behind each other into one."""
        cdef Sparse sparse = self.sparse
        cdef size_t strips = sparse.lists.strips
        cdef Part *part = &self.parts[0]
        cdef size_t number
        cdef size_t before = part.entries
        cdef size_t entries = 0
        cdef size_t i
        for number in range(self.threads.count):
            entries += self.parts[number].entries
        if not reserve(part, entries):
            raise MemoryError()
        for number in range(1, self.threads.count):
            part = &self.parts[number]
            if part.entries > 0:  # or it may have no lists: there are fewer batches than threads
                memcpy(self.parts[0].column + before, part.column, part.entries)
                memcpy(self.parts[0].value + before, part.value, part.entries * sizeof(double))
            for i in range(part.first * strips, part.last * strips):
                self.start[i] += before
            before += part.entries
        self.start[sparse.rows * strips] = entries
        sparse.start, self.start = self.start, NULL
        sparse.column, self.parts[0].column = self.parts[0].column, NULL
        sparse.value, self.parts[0].value = self.parts[0].value, NULL
        sparse.lists.start = sparse.start
        sparse.lists.column = sparse.column
        sparse.lists.value = sparse.value
        return 0


cdef bint reserve(Part *part, size_t entries) noexcept nogil:
    """Make a part's lists long enough for so many entries; return whether there was memory."""
    cdef size_t capacity
    cdef uint8_t *column
    cdef double *value
    if entries <= part.capacity:
        return True
    capacity = entries if part.capacity == 0 else max(entries, part.capacity + part.capacity // 4)
    column = <uint8_t *> purenet_memory(capacity * sizeof(uint8_t))
    value = <double *> purenet_memory(capacity * sizeof(double))
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
    part.capacity = capacity
    return True


cdef double zero_share_of(rows, Py_ssize_t columns):
    """Return the share of zeros in the first rows; 0.0 where a list of the others does not pay.

    rows: lists, or a ``View``.
    """
    cdef Py_ssize_t seen = min(<Py_ssize_t> len(rows), <Py_ssize_t> ROWS_TO_LOOK_AT)
    cdef Py_ssize_t zeros
    cdef double share
    if columns < SPARSE_COLUMNS or len(rows) < SPARSE_ROWS:
        return 0.0
    if type(rows) is list:
        zeros = zeros_in_lists(rows, seen, columns)
    else:
        zeros = zeros_in_memory(rows, seen, columns)
    share = <double> zeros / (seen * columns)
    return share if share >= SPARSE_SHARE else 0.0


cdef Py_ssize_t zeros_in_lists(list rows, Py_ssize_t seen, Py_ssize_t columns):
    cdef Py_ssize_t i, j, zeros = 0
    cdef PyObject *item
    for i in range(seen):
        for j in range(columns):
            item = PyList_GET_ITEM(rows[i], j)
            if PyFloat_CheckExact(<object> item):
                zeros += PyFloat_AS_DOUBLE(<object> item) == 0.0
    return zeros


cdef Py_ssize_t zeros_in_memory(View rows, Py_ssize_t seen, Py_ssize_t columns):
    cdef double[PURENET_STRIP] numbers
    cdef Py_ssize_t i, j, k, width, zeros = 0
    for i in range(seen):
        for j in range(0, columns, PURENET_STRIP):
            width = min(columns - j, <Py_ssize_t> PURENET_STRIP)
            rows.read(i, j, width, numbers)
            for k in range(width):
                zeros += numbers[k] == 0.0
    return zeros
