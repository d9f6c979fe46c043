"""The exponential function, the logarithm, the hyperbolic tangent, the cosine: elementary.py's twins.

A float is computed in C; whatever is no float goes to purenet's own function, which converts it or
raises.
"""

from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact

from .fingerprint cimport PURENET_SOURCES

from purenet import functions as _functions

SOURCES = PURENET_SOURCES


def exp(x):
    if PyFloat_CheckExact(x):
        return purenet_exp(PyFloat_AS_DOUBLE(x))
    return _functions.exp(x)


def log(x):
    if PyFloat_CheckExact(x):
        return purenet_log(PyFloat_AS_DOUBLE(x))
    return _functions.log(x)


def log1p(x):
    if PyFloat_CheckExact(x):
        return purenet_log1p(PyFloat_AS_DOUBLE(x))
    return _functions.log1p(x)


def tanh(x):
    if PyFloat_CheckExact(x):
        return purenet_tanh(PyFloat_AS_DOUBLE(x))
    return _functions.tanh(x)


def cos(x):
    if PyFloat_CheckExact(x):
        if not abs(PyFloat_AS_DOUBLE(x)) > PURENET_LARGEST_ANGLE:
            return purenet_cos(PyFloat_AS_DOUBLE(x))
    return _functions.cos(x)
