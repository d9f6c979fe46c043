"""Weights and biases: numbers in C, and lists while somebody looks at them.

A layer's numbers are in a ``Parameter``.  When somebody asks for ``layer.weights``, lists are made
of them and stand in the layer's ``__dict__`` from then on, like any attribute.  While they stand
there, they count: what a user has written into them is taken in before anything is computed, and
what was computed is written back into them afterwards::

    layer.weights   -- hand_out -->       lists        made once, from the numbers
    net.fit(...)    -- take_in -->        numbers      checked as purenet checks what a user wrote
                       training           numbers
                    -- write_back -->     lists        the same lists, somebody holds them
                    or forgotten                       nobody does: ``layer.weights`` makes new ones

Nobody holds them if all references are our own; so a program that never asks pays nothing.
"""

from cpython.dict cimport PyDict_GetItem
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.ref cimport PyObject

from .buffers cimport Block, copy_floats, flat_list, items_of, refill
from .fingerprint cimport PURENET_SOURCES

# Cython's own takes an object, and would count a reference of its own.
cdef extern from "Python.h":
    Py_ssize_t references_to "Py_REFCNT"(PyObject *value) noexcept

SOURCES = PURENET_SOURCES


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


cdef class Parameter:
    """The numbers of one parameter of a layer: a matrix, or one row."""

    def __cinit__(self, Py_ssize_t rows, Py_ssize_t columns, bint is_row):
        self.rows = rows
        self.columns = columns
        self.is_row = is_row
        self.stride = padded(columns)
        self.block = Block(rows, self.stride)
        self.data = self.block.data

    cdef list hand_out(self):
        """Return new lists of the numbers."""
        cdef Py_ssize_t i
        self.own = [flat_list(self.data + i * self.stride, self.columns) for i in range(self.rows)]
        return self.own[0] if self.is_row else list(self.own)

    cdef bint take_in(self, PyObject *lists) noexcept:
        """Copy the numbers from lists; return False if these are not the own ones, of floats."""
        cdef Py_ssize_t i
        cdef PyObject *row
        if self.in_use > 0:
            return True  # somebody trains, and will write back what comes of it
        if self.own is None or type(<object> lists) is not list:
            return False
        if not self.is_row and PyList_GET_SIZE(<object> lists) != self.rows:
            return False
        for i in range(self.rows):
            row = lists if self.is_row else PyList_GET_ITEM(<object> lists, i)
            if row != PyList_GET_ITEM(self.own, i):
                return False
            if PyList_GET_SIZE(<object> row) != self.columns:
                return False
            # What has been copied when a row is refused is copied again, after it was mended.
            if not copy_floats(items_of(row), self.data + i * self.stride, self.columns):
                return False
        return True

    cdef bint is_held(self, PyObject *lists) noexcept:
        """Return whether anybody but the layer has a reference to the lists or their rows."""
        cdef Py_ssize_t i
        if self.own is None:
            return True
        # Of the layer's own references, one is in its __dict__, or in the list of rows, and one in
        # self.own.
        if not self.is_row and references_to(lists) > 1:
            return True
        for i in range(self.rows):
            if references_to(PyList_GET_ITEM(self.own, i)) > 2:
                return True
        return False

    cdef int write_back(self, list lists) except -1:
        """Put the numbers into the lists that were handed out."""
        cdef Py_ssize_t i
        cdef list own = self.own
        for i in range(self.rows):
            refill(own[i], self.data + i * self.stride, self.columns)
        if not self.is_row:
            lists[:] = own
        return 0


# The lists stand in a layer's __dict__, under the name of the parameter, and the numbers under
# _buffers.  All that follows takes that dictionary, so that nothing of Python's runs in between,
# where Ctrl-C could come.

cdef Parameter parameter_of(layer, str name):
    """Return the numbers of a parameter, or None if the layer goes without it."""
    return layer.__dict__["_buffers"].get(name)


def keep(dict attributes, str name, shape, values):
    """Have a parameter of this shape whose lists are these, which the layer has made itself.

    shape: None for a parameter that the layer goes without.
    """
    cdef dict buffers = attributes.setdefault("_buffers", {})
    cdef Parameter parameter
    if shape is None:
        buffers.pop(name, None)
        return
    parameter = buffers.get(name)
    if parameter is None:
        parameter = buffers[name] = Parameter(1 if len(shape) == 1 else shape[0], shape[len(shape) - 1],
                                              len(shape) == 1)
    parameter.own = [values] if parameter.is_row else list(values)
    for row in parameter.own:
        if type(row) is not list:  # another thread has put it in since it was checked
            parameter.own = None
            return


def own_lists(dict attributes, str name):
    """Return the lists that were handed out: the rows, or the one row."""
    cdef Parameter parameter = attributes["_buffers"][name]
    return parameter.own[0] if parameter.is_row else parameter.own


def own_items(dict attributes, str name):
    """Return the rows that were handed out, by their identities; the one row has none in it."""
    cdef Parameter parameter = attributes["_buffers"][name]
    cdef list own = parameter.own
    return {} if parameter.is_row or own is None else {id(row): row for row in own}


def hand_out(dict attributes, str name):
    """Make lists of a parameter, and let them be the layer's attribute."""
    cdef Parameter parameter
    if name not in attributes:  # another thread may have asked at the same time
        parameter = attributes["_buffers"][name]
        attributes[name] = parameter.hand_out()
    return attributes[name]


cdef bint c_take_in(dict attributes, bint forget) except -1:
    """Take in what stands in the lists that were handed out.

    forget: forget the lists that nobody holds.

    Returns False if something else stands there than the layer's own lists, with floats in them; or
    if the layer is none that is compiled.
    """
    cdef Parameter parameter
    cdef PyObject *lists
    cdef object buffers = attributes.get("_buffers")
    if buffers is None:
        return False
    for name, parameter in (<dict> buffers).items():
        lists = PyDict_GetItem(attributes, name)
        if lists == NULL:
            continue
        if not parameter.take_in(lists):
            return False
        if forget and not parameter.is_held(lists):
            del attributes[name]
            parameter.own = None
    return True


def take_in(dict attributes, bint forget):
    """Do what ``c_take_in`` does, for Python."""
    return c_take_in(attributes, forget)


def take_in_layers(tuple layers):
    """Take in what stands in the lists of all layers; return False if one of them must be checked."""
    for layer in layers:
        if not c_take_in(layer.__dict__, True):
            return False
    return True


cdef int take_in_all(layers) except -1:
    """Take in what a user may have written since the layers were checked: from a callback, say."""
    for number, layer in enumerate(layers):
        if not c_take_in(layer.__dict__, False):
            layer.check_parameters(f"layer {number}")
    return 0


cdef int bring_up_to_date(layers) except -1:
    """Write the numbers back into the lists that somebody holds, and forget the others."""
    cdef dict attributes
    cdef Parameter parameter
    cdef PyObject *lists
    for layer in layers:
        attributes = layer.__dict__
        for name, parameter in (<dict> attributes["_buffers"]).items():
            lists = PyDict_GetItem(attributes, name)
            if lists == NULL:
                continue
            if parameter.own is None or type(<object> lists) is not list:
                continue  # a user's, put into __dict__ itself
            if parameter.is_held(lists):
                parameter.write_back(<list> lists)
            else:
                del attributes[name]
                parameter.own = None
    return 0
