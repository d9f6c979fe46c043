"""A dense layer by itself: the twins of the loops of layers/dense.py.

For whoever calls a layer, and for networks that are not compiled as a whole.  Each function returns
None for anything but lists of floats in shapes that fit the layer: purenet's loops are for that.
"""

from libc.string cimport memcpy

from .activations cimport ACTIVATION_CODES, c_activate
from .buffers cimport Block, block_of
from .fingerprint cimport PURENET_SOURCES
from .parameters cimport Parameter, parameter_of
from .vectors cimport KERNELS, PURENET_BIAS, PURENET_SUM, purenet_product

from .parameters import take_in

SOURCES = PURENET_SOURCES


cdef int multiply(purenet_product *product) except -1:
    cdef Block scratch = Block(1, KERNELS.product_scratch(product))
    product.scratch = scratch.data
    with nogil:
        KERNELS.product(product)
    return 0


def feedforward(layer, inputs):
    """Return z and a."""
    cdef Block x = block_of(inputs)
    cdef Block z, a
    cdef Parameter weights = parameter_of(layer, "weights")
    cdef Parameter biases = parameter_of(layer, "biases")
    cdef purenet_product product
    if x is None or x.columns != weights.rows or not take_in(layer.__dict__, False):
        return None
    z = Block(x.rows, weights.columns)
    product = purenet_product(
        rows=x.rows, columns=weights.columns, terms=weights.rows,
        a=x.data, a_row=x.columns, a_term=1, b=weights.data, b_term=weights.stride, b_column=1,
        c=z.data, c_row=z.columns, finish=PURENET_SUM, bias=NULL, rate=0.0, scratch=NULL)
    if biases is not None:
        product.finish = PURENET_BIAS
        product.bias = biases.data
    multiply(&product)
    a = Block(z.rows, z.columns)
    memcpy(a.data, z.data, z.rows * z.columns * sizeof(double))
    c_activate(ACTIVATION_CODES[layer.activation], a.data, a.rows, a.columns)
    return z.tolist(), a.tolist()


def input_gradient(layer, delta):
    """Return dL/dinputs."""
    cdef Block d = block_of(delta)
    cdef Block d_inputs
    cdef Parameter weights = parameter_of(layer, "weights")
    cdef purenet_product product
    if d is None or d.columns != weights.columns or not take_in(layer.__dict__, False):
        return None
    d_inputs = Block(d.rows, weights.rows)
    product = purenet_product(
        rows=d.rows, columns=weights.rows, terms=weights.columns,
        a=d.data, a_row=d.columns, a_term=1, b=weights.data, b_term=1, b_column=weights.stride,
        c=d_inputs.data, c_row=d_inputs.columns, finish=PURENET_SUM, bias=NULL, rate=0.0,
        scratch=NULL)
    multiply(&product)
    return d_inputs.tolist()
