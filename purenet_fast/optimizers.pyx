"""Optimizers: purenet's own as rules for the kernels, and what they remember as numbers in C.

In purenet a layer has in ``_memory`` what its optimizer remembers of each parameter, as lists, and
the optimizer in ``_optimizer``.  Here the numbers stand in C, under ``_remembered``, and become
lists when somebody looks: whoever saves, copies or pickles, and purenet's loops where they run.
From then on the lists count, until something compiled takes them in again::

    layer._memory   -- hand_out -->       lists        made once, from the numbers
    net.fit(...)    -- start -->          numbers

So one of the two stands in a layer's ``__dict__``; where both do, somebody has put in lists since,
and they count.
"""

from libc.math cimport isfinite, sqrt

from .buffers cimport Block, block_of, flat_list, row_block_of
from .fingerprint cimport PURENET_SOURCES
from .parameters cimport Parameter, bring_up_to_date, c_take_in
from .vectors cimport (
    KERNELS, PURENET_ADAGRAD, PURENET_ADAM, PURENET_DESCENT, PURENET_MOMENTUM, PURENET_NESTEROV,
    PURENET_RMSPROP,
)

from purenet import optimizers as _optimizers

SOURCES = PURENET_SOURCES

# For each of purenet's optimizers the kind of its kernel, its settings that are called keep and
# keep_squares there, and its methods, as they were when this was imported.  Where somebody has put
# another method in the place of one of them, that one has to run.
cdef dict OWN = {}


def _enter():
    for kind, number, keep, keep_squares in (
        (_optimizers.GradientDescent, PURENET_DESCENT, None, None),
        (_optimizers.Momentum, PURENET_MOMENTUM, "momentum", None),
        (_optimizers.Nesterov, PURENET_NESTEROV, "momentum", None),
        (_optimizers.AdaGrad, PURENET_ADAGRAD, None, None),
        (_optimizers.RMSProp, PURENET_RMSPROP, "decay", None),
        (_optimizers.Adam, PURENET_ADAM, "beta1", "beta2"),
        (_optimizers.AdamW, PURENET_ADAM, "beta1", "beta2"),
    ):
        OWN[kind] = (number, keep, keep_squares, kind.start, kind.step)


_enter()


cdef bint has_own_methods(optimizer) except -1:
    """Return whether it is one of purenet's own, with nothing put over it."""
    cdef tuple own = OWN.get(type(optimizer))
    cdef dict settings
    if own is None or type(optimizer).start is not own[3] or type(optimizer).step is not own[4]:
        return False
    settings = optimizer.__dict__
    if len(settings) != len(type(optimizer).SETTINGS):
        return False
    for value in settings.values():
        if type(value) is not float:
            return False
    return True


def is_own(optimizer):
    """Return whether the kernels can take the steps of this optimizer."""
    return has_own_methods(optimizer)


cdef Rule rule_of(optimizer):
    """Return an optimizer's rule; None for one that is not purenet's own."""
    return Rule(optimizer) if has_own_methods(optimizer) else None


cdef class Rule:
    """One of purenet's optimizers: what its kernel needs."""

    def __cinit__(self, optimizer):
        cdef dict settings = optimizer.__dict__
        kind, keep, keep_squares, _, _ = OWN[type(optimizer)]
        self.rule.kind = kind
        self.rule.keep = settings.get(keep, 0.0)
        self.rule.keep_squares = settings.get(keep_squares, 0.0)
        self.rule.shrink = 1.0
        self.epsilon = settings.get("epsilon", 0.0)
        self.weight_decay = settings.get("weight_decay", 0.0)
        self.decays = type(optimizer) is _optimizers.AdamW
        self.corrected = kind == PURENET_ADAM
        self.rows = type(optimizer).ROWS
        self.powers = type(optimizer).POWERS

    cdef Remembered remembered(self, Parameter parameter):
        """Return what is remembered of a parameter before its first step."""
        cdef Remembered memory = Remembered()
        memory.rule = self
        memory.height = parameter.rows
        memory.columns = parameter.columns
        memory.stride = parameter.stride
        memory.power = memory.square_power = 1.0
        if len(self.rows) > 0:
            memory.first = Block(parameter.rows, parameter.stride)
        if len(self.rows) > 1:
            memory.second = Block(parameter.rows, parameter.stride)
        return memory

    cdef Remembered take_in(self, Parameter parameter, memory):
        """Return what these lists hold; None if purenet's loops must look at them.

        Where C would compute on with the root of a negative number, Python raises an error.
        """
        cdef Remembered remembered = self.remembered(parameter)
        cdef double power
        if not self.rows:
            return remembered if memory is None else None
        if type(memory) is not dict or len(<dict> memory) != len(self.rows) + len(self.powers):
            return None
        if not fill_from(remembered, remembered.first, memory.get(self.rows[0]),
                         self.rule.kind in (PURENET_ADAGRAD, PURENET_RMSPROP)):
            return None
        if remembered.second is not None:
            if not fill_from(remembered, remembered.second, memory.get(self.rows[1]), True):
                return None
        for name in self.powers:
            value = memory.get(name)
            if type(value) is not float or not 0.0 <= value <= 1.0:
                return None
        if self.powers:
            remembered.power = memory[self.powers[0]]
            remembered.square_power = memory[self.powers[1]]
        return remembered


cdef bint fill_from(Remembered remembered, Block block, rows, bint squares) except -1:
    """Copy lists of floats in the shape of the parameter; return whether they are such."""
    cdef Block found = block_of(rows)
    cdef Py_ssize_t i, j
    cdef double number
    if found is None or found.rows != remembered.height or found.columns != remembered.columns:
        return False
    for i in range(found.rows):
        for j in range(found.columns):
            number = found.data[i * found.columns + j]
            if squares and number < 0.0:
                return False
            block.data[i * remembered.stride + j] = number
    return True


cdef class Remembered:
    """What an optimizer remembers of one parameter."""

    cdef dict lists(self):
        """Return it as purenet has it; None where nothing is remembered."""
        cdef dict memory = {}
        cdef Block block
        cdef Py_ssize_t i
        if not self.rule.rows:
            return None
        for name, block in zip(self.rule.rows, (self.first, self.second)):
            memory[name] = [flat_list(block.data + i * self.stride, self.columns)
                            for i in range(self.height)]
        if self.rule.powers:
            memory[self.rule.powers[0]] = self.power
            memory[self.rule.powers[1]] = self.square_power
        return memory

    cdef purenet_rule next_rule(self, double rate) noexcept nogil:
        """Return the rule of the next step."""
        cdef purenet_rule rule = self.rule.rule
        cdef double root
        rule.rate = rate
        rule.epsilon = self.rule.epsilon
        if self.rule.decays:
            rule.shrink = 1.0 - rate * self.rule.weight_decay
        if self.rule.corrected:
            root = sqrt(1.0 - self.square_power * rule.keep_squares)
            rule.rate = rate * root / (1.0 - self.power * rule.keep)
            rule.epsilon = self.rule.epsilon * root
        return rule

    cdef void advance(self) noexcept nogil:
        """Let the step be the next one: what is one number a parameter goes on."""
        self.power = self.power * self.rule.rule.keep
        self.square_power = self.square_power * self.rule.rule.keep_squares

    cdef void apply(self, const purenet_rule *rule, Py_ssize_t row, Py_ssize_t rows,
                    const double *gradient, Py_ssize_t gradient_row, double *values) noexcept nogil:
        """Take the step of some rows of the parameter.

        gradient_row: the distance of the gradient's rows.  The padding between the rows is zero,
        and stays so.
        """
        cdef Py_ssize_t columns = self.columns
        cdef Py_ssize_t place = row * self.stride
        cdef double *first = values if self.first is None else self.first.data
        cdef double *second = values if self.second is None else self.second.data
        cdef Py_ssize_t i
        if gradient_row == self.stride and isfinite(rule.rate) and isfinite(rule.shrink):
            columns = rows * self.stride
            rows = 1
        for i in range(rows):
            KERNELS.optimize(rule, columns, gradient + (row + i) * gradient_row, values + place,
                             first + place, second + place)
            place += self.stride


# A layer's memory, in its __dict__.

cdef bint forgets(dict attributes, optimizer) except -1:
    """Return whether what a layer remembers is another optimizer's."""
    last = attributes.get("_optimizer")
    return last is not optimizer and (last is None or last != optimizer)


cdef dict start_with(layer, optimizer, Rule rule):
    """Let a layer be trained by an optimizer; return what it remembers, by parameter.

    What another optimizer has remembered is forgotten, as purenet does with the first step.
    Returns None where somebody has put in what purenet's loops must look at.
    """
    cdef dict attributes = layer.__dict__
    cdef dict buffers = attributes.get("_buffers", {})  # some layers go without parameters
    cdef dict remembered = {}
    cdef Parameter parameter
    cdef Remembered memory
    if not buffers:
        attributes["_memory"] = remembered
        attributes["_optimizer"] = optimizer
        return remembered
    if forgets(attributes, optimizer):
        for name, parameter in buffers.items():
            remembered[name] = rule.remembered(parameter)
        attributes.pop("_memory", None)
        attributes["_remembered"] = remembered
        attributes["_optimizer"] = optimizer
        return remembered
    lists = attributes.get("_memory")
    if lists is None:
        return attributes.get("_remembered")
    if type(lists) is not dict:
        return None
    for name, parameter in buffers.items():
        memory = rule.take_in(parameter, (<dict> lists).get(name))
        if memory is None:
            return None
        remembered[name] = memory
    del attributes["_memory"]
    attributes["_remembered"] = remembered
    return remembered


def start(layer, optimizer):
    """Let a layer be trained by an optimizer; return False where purenet's loops must do it."""
    cdef Rule rule = rule_of(optimizer)
    return rule is not None and start_with(layer, optimizer, rule) is not None


def lists(layer, dict remembered):
    """Return what a layer remembers as purenet's ``_memory``."""
    cdef dict memory = {}
    for name in layer.PARAMETERS:
        memory[name] = (<Remembered> remembered[name]).lists() if name in remembered else None
    return memory


def hand_out(layer):
    """Make lists of what a layer remembers, and let them count from now on.

    While somebody trains the layer, what is handed out is a copy.
    """
    cdef dict attributes = layer.__dict__
    cdef dict remembered = attributes.get("_remembered")
    cdef dict memory
    cdef Remembered of_one
    if remembered is None:
        return attributes["_memory"]  # another thread has asked at the same time
    memory = lists(layer, remembered)
    for of_one in remembered.values():
        if of_one.in_use > 0:
            return memory
    attributes["_memory"] = memory
    del attributes["_remembered"]
    return memory


cdef Block block_for(Parameter parameter, values):
    """Copy a gradient of this shape, filters as all their rows; or return None."""
    cdef list rows
    if parameter.is_row:
        return row_block_of(values)
    while type(values) is list and type(first_of(first_of(values))) is list:
        rows = []
        for item in <list> values:
            if type(item) is not list:
                return None
            rows += item
        values = rows
    return block_of(values)


cdef first_of(values):
    return (<list> values)[0] if type(values) is list and values else None


def step(layer, gradient, learning_rate, optimizer):
    """Take one step.

    Returns False, and does nothing, if the gradient, the parameters or what is remembered of them
    are not of floats in the right shape, the learning rate is no number, or the optimizer is not
    one of purenet's own.
    """
    cdef double rate
    cdef dict attributes = layer.__dict__
    cdef dict remembered
    cdef Parameter parameter
    cdef Remembered memory
    cdef Block rows
    cdef purenet_rule rule
    cdef Rule own = rule_of(optimizer)
    cdef list steps = []
    if own is None or type(learning_rate) not in (float, int) or not c_take_in(attributes, False):
        return False
    for name, parameter in (<dict> attributes.get("_buffers", {})).items():
        rows = block_for(parameter, getattr(gradient, name, None))
        if rows is None or rows.rows != parameter.rows or rows.columns != parameter.columns:
            return False
        steps.append((name, parameter, rows))
    rate = learning_rate
    remembered = start_with(layer, optimizer, own)
    if remembered is None:
        return False
    for name, parameter, rows in steps:
        memory = remembered[name]
        rule = memory.next_rule(rate)
        memory.advance()
        memory.apply(&rule, 0, parameter.rows, rows.data, rows.columns, parameter.data)
    bring_up_to_date((layer,))
    return True
