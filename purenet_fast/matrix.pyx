"""Matrices as nested lists: the twins of matrix.py.

What is not lists of floats, in shapes that fit each other, goes to purenet's own function: here to
that of ``purenet.matrix``, which checks nothing, in ``functions`` to the one that checks.
"""



from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact

from .buffers cimport Block, block_of, flat_list, row_block_of
from .fingerprint cimport PURENET_SOURCES
from .vectors cimport KERNELS, PURENET_SUM, purenet_product

from purenet import matrix as _matrix

SOURCES = PURENET_SOURCES


cdef list compiled_dot(a, b):
    cdef Block x = block_of(a)
    cdef Block y = block_of(b)
    cdef Block product, scratch
    cdef purenet_product p
    if x is None or y is None or x.columns != y.rows:
        return None
    product = Block(x.rows, y.columns)
    p = purenet_product(
        rows=x.rows, columns=y.columns, terms=x.columns,
        a=x.data, a_row=x.columns, a_term=1, b=y.data, b_term=y.columns, b_column=1,
        c=product.data, c_row=y.columns, finish=PURENET_SUM, bias=NULL, rate=0.0, scratch=NULL)
    scratch = Block(1, KERNELS.product_scratch(&p))
    p.scratch = scratch.data
    with nogil:
        KERNELS.product(&p)
    return product.tolist()


cdef list compiled_transpose(a):
    cdef Block x = block_of(a)
    cdef Block transposed
    cdef Py_ssize_t i, j
    if x is None:
        return None
    transposed = Block(x.columns, x.rows)
    for i in range(x.rows):
        for j in range(x.columns):
            transposed.data[j * x.rows + i] = x.data[i * x.columns + j]
    return transposed.tolist()


cdef list compiled_add_bias(a, biases):
    cdef Block x = block_of(a)
    cdef Block y = row_block_of(biases)
    cdef Py_ssize_t i, j
    if x is None or y is None or x.columns != y.columns:
        return None
    for i in range(x.rows):
        for j in range(x.columns):
            x.data[i * x.columns + j] = x.data[i * x.columns + j] + y.data[j]
    return x.tolist()


cdef enum Operation:
    ADD, SUBTRACT, MULTIPLY


cdef list element_by_element(Operation operation, a, b):
    cdef Block x = block_of(a)
    cdef Block y = block_of(b)
    cdef Py_ssize_t i
    if x is None or y is None or x.rows != y.rows or x.columns != y.columns:
        return None
    if operation == ADD:
        for i in range(x.rows * x.columns):
            x.data[i] = x.data[i] + y.data[i]
    elif operation == SUBTRACT:
        for i in range(x.rows * x.columns):
            x.data[i] = x.data[i] - y.data[i]
    else:
        for i in range(x.rows * x.columns):
            x.data[i] = x.data[i] * y.data[i]
    return x.tolist()


cdef list compiled_add(a, b):
    return element_by_element(ADD, a, b)


cdef list compiled_subtract(a, b):
    return element_by_element(SUBTRACT, a, b)


cdef list compiled_multiply(a, b):
    return element_by_element(MULTIPLY, a, b)


cdef list compiled_scale(a, factor):
    cdef Block x = block_of(a)
    cdef Py_ssize_t i
    cdef double by
    if x is None or not PyFloat_CheckExact(factor):
        return None
    by = PyFloat_AS_DOUBLE(factor)
    for i in range(x.rows * x.columns):
        x.data[i] = x.data[i] * by
    return x.tolist()


cdef list compiled_column_sums(a):
    cdef Block x = block_of(a)
    cdef Block sums
    cdef Py_ssize_t i, j
    if x is None:
        return None
    sums = Block(1, x.columns)
    for i in range(x.rows):
        for j in range(x.columns):
            sums.data[j] = sums.data[j] + x.data[i * x.columns + j]
    return flat_list(sums.data, x.columns)


def dot(a, b):
    compiled = compiled_dot(a, b)
    return _matrix.dot(a, b) if compiled is None else compiled


def transpose(a):
    compiled = compiled_transpose(a)
    return _matrix.transpose(a) if compiled is None else compiled


def add_bias(a, biases):
    compiled = compiled_add_bias(a, biases)
    return _matrix.add_bias(a, biases) if compiled is None else compiled


def add(a, b):
    compiled = compiled_add(a, b)
    return _matrix.add(a, b) if compiled is None else compiled


def subtract(a, b):
    compiled = compiled_subtract(a, b)
    return _matrix.subtract(a, b) if compiled is None else compiled


def multiply(a, b):
    compiled = compiled_multiply(a, b)
    return _matrix.multiply(a, b) if compiled is None else compiled


def scale(a, factor):
    compiled = compiled_scale(a, factor)
    return _matrix.scale(a, factor) if compiled is None else compiled


def column_sums(a):
    compiled = compiled_column_sums(a)
    return _matrix.column_sums(a) if compiled is None else compiled
