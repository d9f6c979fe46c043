"""The public functions of matrices and rows: the twins of functions.py.

Each takes the compiled way where it is given what that needs, lists of floats in shapes that fit
each other.  Everything else is checked, and computed or refused, by purenet's function.
"""

from .activations cimport compiled_activate, compiled_softmax, compiled_softmax_derivative
from .fingerprint cimport PURENET_SOURCES
from .losses cimport compiled_softmax_cross_entropy
from .matrix cimport (
    compiled_add, compiled_add_bias, compiled_column_sums, compiled_dot, compiled_multiply,
    compiled_scale, compiled_subtract, compiled_transpose,
)

from purenet import functions as _functions

SOURCES = PURENET_SOURCES


def dot(a, b):
    compiled = compiled_dot(a, b)
    return _functions.dot(a, b) if compiled is None else compiled


def transpose(a):
    compiled = compiled_transpose(a)
    return _functions.transpose(a) if compiled is None else compiled


def add_bias(a, biases):
    compiled = compiled_add_bias(a, biases)
    return _functions.add_bias(a, biases) if compiled is None else compiled


def add(a, b):
    compiled = compiled_add(a, b)
    return _functions.add(a, b) if compiled is None else compiled


def subtract(a, b):
    compiled = compiled_subtract(a, b)
    return _functions.subtract(a, b) if compiled is None else compiled


def multiply(a, b):
    compiled = compiled_multiply(a, b)
    return _functions.multiply(a, b) if compiled is None else compiled


def scale(a, factor):
    compiled = compiled_scale(a, factor)
    return _functions.scale(a, factor) if compiled is None else compiled


def column_sums(a):
    compiled = compiled_column_sums(a)
    return _functions.column_sums(a) if compiled is None else compiled


def activate(activation, z):
    compiled = compiled_activate(activation, z)
    return _functions.activate(activation, z) if compiled is None else compiled


def softmax(z):
    compiled = compiled_softmax(z)
    return _functions.softmax(z) if compiled is None else compiled


def softmax_derivative(z):
    compiled = compiled_softmax_derivative(z)
    return _functions.softmax_derivative(z) if compiled is None else compiled


def softmax_cross_entropy(z, y):
    compiled = compiled_softmax_cross_entropy(z, y)
    return _functions.softmax_cross_entropy(z, y) if compiled is None else compiled
