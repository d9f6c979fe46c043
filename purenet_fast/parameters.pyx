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

from libc.string cimport memcpy

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
    """The numbers of one parameter of a layer: a matrix, one row, or lists of matrices.

    What is nested deeper than a matrix has its rows below each other: filters[f][c][dy] is one of
    filters * channels * height rows.
    """

    def __cinit__(self, tuple shape):
        cdef Py_ssize_t size
        self.shape = shape
        self.own_levels = []
        self.is_row = len(shape) == 1
        self.rows = 1
        for size in shape[:len(shape) - 1]:
            self.rows *= size
        self.columns = shape[len(shape) - 1]
        self.stride = padded(self.columns)
        self.block = Block(self.rows, self.stride)
        self.data = self.block.data

    cdef list hand_out(self):
        """Return new lists of the numbers."""
        cdef Py_ssize_t i, size
        cdef list level, levels
        level = [flat_list(self.data + i * self.stride, self.columns) for i in range(self.rows)]
        self.own = list(level)
        if self.is_row:
            return level[0]
        levels = []
        for size in self.shape[len(self.shape) - 2:0:-1]:
            level = [level[i:i + size] for i in range(0, len(level), size)]
            levels.append(list(level))
        levels.reverse()
        self.own_levels = levels
        return level

    cdef bint take_in(self, PyObject *lists) noexcept:
        """Copy the numbers from lists; return False if these are not the own ones, of floats."""
        cdef Py_ssize_t i
        cdef PyObject *row
        if self.in_use > 0:
            return True  # somebody trains, and will write back what comes of it
        if self.own is None or type(<object> lists) is not list:
            return False
        if not self.has_own_rows(lists):
            return False
        for i in range(self.rows):
            row = PyList_GET_ITEM(self.own, i)
            if PyList_GET_SIZE(<object> row) != self.columns:
                return False
            # What has been copied when a row is refused is copied again, after it was mended.
            if not copy_floats(items_of(row), self.data + i * self.stride, self.columns):
                return False
        return True

    cdef bint has_own_rows(self, PyObject *lists) noexcept:
        """Return whether the lists hold the rows that were handed out, each in its place."""
        cdef Py_ssize_t depth, number, i
        cdef Py_ssize_t size = 1
        cdef Py_ssize_t around = 1                # so many lists
        cdef Py_ssize_t levels = len(self.shape) - 1
        cdef PyObject *outer
        cdef PyObject *inner
        if self.is_row:
            return lists == PyList_GET_ITEM(self.own, 0)
        for depth in range(levels):
            size = self.shape[depth]
            inner = <PyObject *> (
                self.own if depth == levels - 1 else <list> self.own_levels[depth])
            for number in range(around):
                outer = lists
                if depth > 0:
                    outer = PyList_GET_ITEM(<list> self.own_levels[depth - 1], number)
                if PyList_GET_SIZE(<object> outer) != size:
                    return False
                for i in range(size):
                    if (PyList_GET_ITEM(<object> outer, i)
                            != PyList_GET_ITEM(<object> inner, number * size + i)):
                        return False
            around *= size
        return True

    cdef bint is_held(self, PyObject *lists) noexcept:
        """Return whether anybody but the layer has a reference to the lists or their rows."""
        cdef Py_ssize_t i
        cdef list level
        if self.own is None:
            return True
        # Of the layer's own references, one is in its __dict__, or in the list around, and one in
        # self.own or self.own_levels.
        if not self.is_row and references_to(lists) > 1:
            return True
        for i in range(self.rows):
            if references_to(PyList_GET_ITEM(self.own, i)) > 2:
                return True
        for level in self.own_levels:
            for i in range(PyList_GET_SIZE(level)):
                if references_to(PyList_GET_ITEM(level, i)) > 2:
                    return True
        return False

    cdef int write_back(self, list lists) except -1:
        """Put the numbers into the lists that were handed out."""
        cdef Py_ssize_t i, depth, size
        cdef list own = self.own
        cdef list levels, level
        for i in range(self.rows):
            refill(own[i], self.data + i * self.stride, self.columns)
        if self.is_row:
            return 0
        levels = [[lists], *self.own_levels, own]
        for depth in range(len(self.shape) - 1):
            size = self.shape[depth]
            level = levels[depth + 1]
            for i, around in enumerate(<list> levels[depth]):
                around[:] = level[i * size:(i + 1) * size]
        return 0


# The lists stand in a layer's __dict__, under the name of the parameter, and the numbers under
# _buffers.  All that follows takes that dictionary, so that nothing of Python's runs in between,
# where Ctrl-C could come.

cdef dict NONE = {}           # the parameters of a layer that has none


cdef Parameter parameter_of(layer, str name):
    """Return the numbers of a parameter, or None if the layer goes without it."""
    return layer.__dict__["_buffers"].get(name)


def keep(dict attributes, str name, shape, values):
    """Have a parameter of this shape whose lists are these, which the layer has made itself.

    shape: None for a parameter that the layer goes without.
    """
    cdef list levels = [[values]]
    if shape is not None:
        while len(levels) < len(shape):
            level = []
            for around in levels[len(levels) - 1]:
                level.extend(around)
            levels.append(level)
    keep_own(attributes, name, shape, levels[1 if len(levels) > 1 else 0:])


def keep_own(dict attributes, str name, shape, levels):
    """Do the same with the lists that ``own_lists`` has returned."""
    cdef dict buffers = attributes.setdefault("_buffers", {})
    cdef Parameter parameter
    cdef Py_ssize_t count = 1
    if shape is None:
        buffers.pop(name, None)
        return
    parameter = buffers.get(name)
    if parameter is None:
        parameter = buffers[name] = Parameter(tuple(shape))
    parameter.own = None
    if levels is None:
        return
    for depth, level in enumerate(levels):
        count *= 1 if parameter.is_row else shape[depth]
        # Otherwise another thread has put something in since they were checked.
        if len(level) != count or not all([type(item) is list for item in level]):
            return
    parameter.own_levels = list(levels[:len(levels) - 1])
    parameter.own = levels[len(levels) - 1]


def own_lists(dict attributes, str name):
    """Return the lists that were handed out, level by level: at last the rows, or the one row."""
    cdef Parameter parameter = attributes["_buffers"][name]
    return None if parameter.own is None else [*parameter.own_levels, parameter.own]


def own_items(dict attributes, str name):
    """Return the lists within those that were handed out, by their identities."""
    cdef Parameter parameter = attributes["_buffers"][name]
    if parameter.is_row or parameter.own is None:
        return {}
    return {id(item): item for level in (*parameter.own_levels, parameter.own) for item in level}


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


def copies(dict attributes, dict spare):
    """Return a copy of the numbers of each parameter; None if the lists must be looked at first.

    spare: what was returned before and is not needed any more, or None.
    """
    cdef Parameter parameter
    cdef Block block
    cdef dict copied = {}
    if not c_take_in(attributes, False):
        return None
    for name, parameter in (<dict> attributes["_buffers"]).items():
        block = spare_block(spare, name)
        if block is None or block.rows != parameter.rows or block.columns != parameter.stride:
            block = Block(parameter.rows, parameter.stride, False)
        memcpy(block.data, parameter.data, parameter.rows * parameter.stride * sizeof(double))
        copied[name] = block
    return copied


cdef Block spare_block(dict spare, str name):
    before = None if spare is None else spare.get(name)
    return before if type(before) is Block else None


def put_back(layer, dict copied):
    """Let the parameters have the numbers of ``copies`` again; return False for other copies."""
    cdef Parameter parameter
    cdef dict buffers = layer.__dict__["_buffers"]
    if not all(type(block) is Block for block in copied.values()):
        return False
    for name, block in copied.items():
        parameter = buffers[name]
        memcpy(parameter.data, (<Block> block).data,
               parameter.rows * parameter.stride * sizeof(double))
    bring_up_to_date((layer,))
    return True


def take_in_layers(tuple layers):
    """Take in what stands in the lists of all layers; return False if one of them must be checked."""
    for layer in layers:
        if not c_take_in(layer.__dict__, True) and layer.PARAMETERS:
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
        for name, parameter in (<dict> attributes.get("_buffers", NONE)).items():
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
