from .buffers cimport Block
from .parameters cimport Parameter
from .vectors cimport purenet_rule


cdef class Rule:
    cdef purenet_rule rule        # without what changes from step to step
    cdef double epsilon
    cdef double weight_decay
    cdef bint decays              # does the parameter shrink before a step?
    cdef bint corrected           # is the rate made up for what is missing in the means?
    cdef tuple rows               # the names of what is remembered, as purenet has them
    cdef tuple powers

    cdef Remembered remembered(self, Parameter parameter)
    cdef Remembered take_in(self, Parameter parameter, memory)


cdef class Remembered:
    cdef Rule rule
    cdef Py_ssize_t height        # of the parameter
    cdef Py_ssize_t columns
    cdef Py_ssize_t stride
    cdef Block first              # laid out like the parameter; None if there is no such memory
    cdef Block second
    cdef double power             # beta1 ** steps
    cdef double square_power      # beta2 ** steps
    cdef int in_use               # by how many that change it at this moment

    cdef dict lists(self)
    cdef purenet_rule next_rule(self, double rate) noexcept nogil
    cdef void advance(self) noexcept nogil
    cdef void apply(self, const purenet_rule *rule, Py_ssize_t row, Py_ssize_t rows,
                    const double *gradient, Py_ssize_t gradient_row, double *values) noexcept nogil


cdef Rule rule_of(optimizer)
cdef dict start_with(layer, optimizer, Rule rule)
