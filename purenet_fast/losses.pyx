"""Loss functions and right answers: the twins of losses.py, and of what metrics.py counts."""

from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact

from .buffers cimport Block, block_of, row_block_of
from .elementary cimport purenet_exp, purenet_log1p, purenet_sigmoid_loss
from .fingerprint cimport PURENET_SOURCES
from .vectors cimport KERNELS

from purenet import losses as _losses
from purenet import functions as _functions
from purenet.losses import LOSSES, REQUIRED_ACTIVATION, loss_count

SOURCES = PURENET_SOURCES


LOSS_CODES = {
    "sum_of_squares": SUM_OF_SQUARES,
    "mean_squared_error": MEAN_SQUARED_ERROR,
    "binary_cross_entropy": BINARY_CROSS_ENTROPY,
    "categorical_cross_entropy": CATEGORICAL_CROSS_ENTROPY,
}


cdef double softmax_loss(const double *z, const double *y, const double *e,
                                    Py_ssize_t columns) noexcept nogil:
    """Return the loss of one row; e[j] is exp(z[j] - the largest z)."""
    cdef Py_ssize_t j
    cdef Py_ssize_t best = purenet_largest(z, columns)
    cdef double others = 0.0
    cdef double total = 0.0
    cdef double log_of_total
    for j in range(columns):
        if j != best:
            others = others + e[j]
    log_of_total = purenet_log1p(others)
    for j in range(columns):
        if y[j] != 0.0:
            total = total + y[j] * (log_of_total - (z[j] - z[best]))
    return total


cdef void c_sample_losses(int loss, const double *z, const double *a, const double *y, double *e,
                          double *losses, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    """Compute each sample's loss, added up over its outputs; e is scratch memory for their exponentials."""
    cdef Py_ssize_t i, j, best
    cdef double total, difference
    if loss == CATEGORICAL_CROSS_ENTROPY:
        for i in range(rows):
            best = purenet_largest(z + i * columns, columns)
            for j in range(columns):
                e[i * columns + j] = z[i * columns + j] - z[i * columns + best]
        KERNELS.exponential(rows * columns, e)
        for i in range(rows):
            losses[i] = softmax_loss(
                z + i * columns, y + i * columns, e + i * columns, columns)
        return
    if loss == BINARY_CROSS_ENTROPY:
        for i in range(rows * columns):
            e[i] = -z[i] if z[i] >= 0.0 else z[i]
        KERNELS.exponential(rows * columns, e)
        for i in range(rows):
            total = 0.0
            for j in range(i * columns, (i + 1) * columns):
                total = total + purenet_sigmoid_loss(z[j], y[j], e[j])
            losses[i] = total
        return
    for i in range(rows):
        total = 0.0
        for j in range(i * columns, (i + 1) * columns):
            difference = a[j] - y[j]
            total = total + difference * difference
        losses[i] = total


def squared_error(a, y):
    cdef double difference
    if PyFloat_CheckExact(a) and PyFloat_CheckExact(y):
        difference = PyFloat_AS_DOUBLE(a) - PyFloat_AS_DOUBLE(y)
        return difference * difference
    return _functions.squared_error(a, y)


def squared_error_derivative(a, y):
    if PyFloat_CheckExact(a) and PyFloat_CheckExact(y):
        return 2.0 * (PyFloat_AS_DOUBLE(a) - PyFloat_AS_DOUBLE(y))
    return _functions.squared_error_derivative(a, y)


def sigmoid_cross_entropy(z, y):
    cdef double size
    if PyFloat_CheckExact(z) and PyFloat_CheckExact(y):
        size = -PyFloat_AS_DOUBLE(z) if PyFloat_AS_DOUBLE(z) >= 0.0 else PyFloat_AS_DOUBLE(z)
        return purenet_sigmoid_loss(
            PyFloat_AS_DOUBLE(z), PyFloat_AS_DOUBLE(y), purenet_exp(size))
    return _functions.sigmoid_cross_entropy(z, y)


cdef compiled_softmax_cross_entropy(z, y):
    cdef Block x = row_block_of(z)
    cdef Block target = row_block_of(y)
    cdef Block exponentials
    cdef double loss
    if x is None or target is None or x.columns != target.columns:
        return None
    exponentials = Block(1, x.columns)
    c_sample_losses(CATEGORICAL_CROSS_ENTROPY, x.data, x.data, target.data, exponentials.data,
                    &loss, 1, x.columns)
    return loss


def softmax_cross_entropy(z, y):
    compiled = compiled_softmax_cross_entropy(z, y)
    return _losses.softmax_cross_entropy(z, y) if compiled is None else compiled


cdef compiled_total_loss(loss, Block z, Block a, Block y, Block weights=None):
    cdef Block exponentials, losses
    cdef double total = 0.0
    cdef Py_ssize_t i
    if z is None or a is None or y is None or type(loss) is not str or loss not in LOSS_CODES:
        return None
    if z.rows != a.rows or y.rows != a.rows or z.columns != a.columns or y.columns != a.columns:
        return None
    exponentials = Block(a.rows, a.columns)
    losses = Block(1, a.rows)
    c_sample_losses(LOSS_CODES[loss], z.data, a.data, y.data, exponentials.data, losses.data,
                    a.rows, a.columns)
    if weights is not None:
        c_weigh(weights.data, losses.data, a.rows, 1)
    for i in range(a.rows):
        total = total + losses.data[i]
    return total


def total_loss(loss, z, a, y):
    compiled = compiled_total_loss(loss, block_of(z), block_of(a), block_of(y))
    return _losses.total_loss(loss, z, a, y) if compiled is None else compiled


def weighted_total_loss(loss, z, a, y, weights):
    cdef Block x = block_of(a)
    cdef Block factors = row_block_of(weights)
    compiled = None
    if x is not None and factors is not None and factors.columns == x.rows:
        compiled = compiled_total_loss(loss, block_of(z), x, block_of(y), factors)
    return _losses.weighted_total_loss(loss, z, a, y, weights) if compiled is None else compiled


def weighted_rows(gradient, weights):
    cdef Block rows = block_of(gradient)
    cdef Block factors = row_block_of(weights)
    if rows is None or factors is None or factors.columns != rows.rows:
        return _losses.weighted_rows(gradient, weights)
    c_weigh(factors.data, rows.data, rows.rows, rows.columns)
    return rows.tolist()


def sample_loss(loss, z, a, y):
    # A total starts at 0.0, and so does the sum over the outputs: adding it changes nothing.
    compiled = compiled_total_loss(loss, row_block_of(z), row_block_of(a), row_block_of(y))
    return _losses.sample_loss(loss, z, a, y) if compiled is None else compiled


cdef list compiled_differences(double factor, loss, a, y):
    cdef Block x = block_of(a)
    cdef Block target = block_of(y)
    cdef Block differences
    if x is None or target is None or x.rows != target.rows or x.columns != target.columns:
        return None
    if type(loss) is not str or loss not in LOSS_CODES:
        return None
    differences = Block(x.rows, x.columns)
    KERNELS.output_delta(factor, c_loss_count(LOSS_CODES[loss], x.rows, x.columns),
                         x.rows * x.columns, x.data, target.data, differences.data)
    return differences.tolist()


def output_gradient(loss, a, y):
    compiled = compiled_differences(2.0, loss, a, y)
    return _losses.output_gradient(loss, a, y) if compiled is None else compiled


def output_delta(loss, a, y):
    compiled = compiled_differences(1.0, loss, a, y)
    return _losses.output_delta(loss, a, y) if compiled is None else compiled
