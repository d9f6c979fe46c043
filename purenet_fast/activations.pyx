"""Activation functions and their derivatives: the twins of activations.py."""

from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact

from .buffers cimport Block, block_of, flat_list, row_block_of
from .elementary cimport purenet_sigmoid, purenet_tanh
from .fingerprint cimport PURENET_SOURCES
from .vectors cimport (
    KERNELS, PURENET_LEAKY_RELU, PURENET_LINEAR, PURENET_RELU, PURENET_SIGMOID, PURENET_TANH,
)

from purenet import activations as _activations
from purenet import functions as _functions
from purenet.activations import ACTIVATIONS, LEAKY_SLOPE, linear, linear_derivative

SOURCES = PURENET_SOURCES

ACTIVATION_CODES = {
    "sigmoid": PURENET_SIGMOID, "tanh": PURENET_TANH, "relu": PURENET_RELU,
    "leaky_relu": PURENET_LEAKY_RELU, "linear": PURENET_LINEAR, "softmax": SOFTMAX,
}

cdef double SLOPE_BELOW_ZERO = LEAKY_SLOPE  # of leaky_relu


cdef inline double c_relu(double z) noexcept nogil:
    if z <= 0.0:
        return 0.0
    return z


cdef inline double c_leaky_relu(double z) noexcept nogil:
    if z > 0.0:
        return z
    return SLOPE_BELOW_ZERO * z


cdef inline double c_slope(int activation, double a) noexcept nogil:
    """Return da/dz where the activation is a."""
    if activation == PURENET_SIGMOID:
        return a * (1.0 - a)
    if activation == PURENET_TANH:
        return 1.0 - a * a
    if activation == PURENET_RELU:
        return 1.0 if a > 0.0 else 0.0
    if activation == PURENET_LEAKY_RELU:
        return 1.0 if a > 0.0 else SLOPE_BELOW_ZERO
    return 1.0


cdef void c_activate(int activation, double *z, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    """Turn z into a."""
    if activation == SOFTMAX:
        KERNELS.softmax(rows, columns, z)
    else:
        KERNELS.activate(activation, rows * columns, z)


cdef void c_activation_delta(int activation, const double *a, double *delta, Py_ssize_t rows,
                             Py_ssize_t columns) noexcept nogil:
    """Turn dL/da, which stands in delta, into dL/dz."""
    cdef Py_ssize_t i, j
    cdef double total
    if activation != SOFTMAX:
        KERNELS.times_slope(activation, rows * columns, a, delta)
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
        return purenet_sigmoid(PyFloat_AS_DOUBLE(z))
    return _functions.sigmoid(z)


def sigmoid_derivative(z):
    if PyFloat_CheckExact(z):
        return c_slope(PURENET_SIGMOID, purenet_sigmoid(PyFloat_AS_DOUBLE(z)))
    return _functions.sigmoid_derivative(z)


def sigmoid_slope(a):
    if PyFloat_CheckExact(a):
        return c_slope(PURENET_SIGMOID, PyFloat_AS_DOUBLE(a))
    return _activations.sigmoid_slope(a)


def tanh_derivative(z):
    if PyFloat_CheckExact(z):
        return c_slope(PURENET_TANH, purenet_tanh(PyFloat_AS_DOUBLE(z)))
    return _functions.tanh_derivative(z)


def tanh_slope(a):
    if PyFloat_CheckExact(a):
        return c_slope(PURENET_TANH, PyFloat_AS_DOUBLE(a))
    return _activations.tanh_slope(a)


def relu(z):
    if PyFloat_CheckExact(z):
        return c_relu(PyFloat_AS_DOUBLE(z))
    return _functions.relu(z)


def relu_derivative(z):
    if PyFloat_CheckExact(z):
        return c_slope(PURENET_RELU, c_relu(PyFloat_AS_DOUBLE(z)))
    return _functions.relu_derivative(z)


def relu_slope(a):
    if PyFloat_CheckExact(a):
        return c_slope(PURENET_RELU, PyFloat_AS_DOUBLE(a))
    return _activations.relu_slope(a)


def leaky_relu(z):
    if PyFloat_CheckExact(z):
        return c_leaky_relu(PyFloat_AS_DOUBLE(z))
    return _functions.leaky_relu(z)


def leaky_relu_derivative(z):
    if PyFloat_CheckExact(z):
        return c_slope(PURENET_LEAKY_RELU, c_leaky_relu(PyFloat_AS_DOUBLE(z)))
    return _functions.leaky_relu_derivative(z)


def leaky_relu_slope(a):
    if PyFloat_CheckExact(a):
        return c_slope(PURENET_LEAKY_RELU, PyFloat_AS_DOUBLE(a))
    return _activations.leaky_relu_slope(a)


cdef list compiled_softmax(z):
    cdef Block x = row_block_of(z)
    if x is None:
        return None
    KERNELS.softmax(1, x.columns, x.data)
    return flat_list(x.data, x.columns)


cdef list compiled_softmax_derivative(z):
    cdef Block x = row_block_of(z)
    cdef Block jacobian
    cdef Py_ssize_t i, j, n
    if x is None:
        return None
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


cdef list compiled_activate(activation, z):
    cdef Block x = block_of(z)
    if x is None or type(activation) is not str or activation not in ACTIVATION_CODES:
        return None
    c_activate(ACTIVATION_CODES[activation], x.data, x.rows, x.columns)
    return x.tolist()


cdef list compiled_activation_slopes(activation, a):
    cdef Block x = block_of(a)
    cdef Py_ssize_t i
    cdef int code
    if x is None or type(activation) is not str or activation not in ACTIVATION_CODES:
        return None
    code = ACTIVATION_CODES[activation]
    if code == SOFTMAX:
        return None
    for i in range(x.rows * x.columns):
        x.data[i] = c_slope(code, x.data[i])
    return x.tolist()


cdef list compiled_activation_delta(activation, a, d_a):
    cdef Block x = block_of(a)
    cdef Block delta = block_of(d_a)
    if x is None or type(activation) is not str or activation not in ACTIVATION_CODES:
        return None
    if delta is None or delta.rows != x.rows or delta.columns != x.columns:
        return None
    c_activation_delta(ACTIVATION_CODES[activation], x.data, delta.data, x.rows, x.columns)
    return delta.tolist()


def softmax(z):
    compiled = compiled_softmax(z)
    return _activations.softmax(z) if compiled is None else compiled


def softmax_derivative(z):
    compiled = compiled_softmax_derivative(z)
    return _activations.softmax_derivative(z) if compiled is None else compiled


def activate(activation, z):
    compiled = compiled_activate(activation, z)
    return _activations.activate(activation, z) if compiled is None else compiled


def activation_slopes(activation, a):
    compiled = compiled_activation_slopes(activation, a)
    return _activations.activation_slopes(activation, a) if compiled is None else compiled


def activation_delta(activation, a, d_a):
    compiled = compiled_activation_delta(activation, a, d_a)
    return _activations.activation_delta(activation, a, d_a) if compiled is None else compiled
