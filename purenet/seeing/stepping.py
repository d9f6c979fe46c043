"""One training step in the standard library's debugger, every line with its numbers under it.

``python -m purenet step`` opens pdb at the first product of a training step.  What it shows is read
from the running program: the source line, its syntax tree, and the values in the frame.  Nothing is
computed twice by other code.

Names are those of the field, layers counted from 1: ``x`` inputs, ``y`` targets, ``W1`` and ``b1``
weights and biases, ``z1`` weighted sums, ``a1`` activations, ``da1`` = dL/da1, ``slope1`` =
da1/dz1, ``delta1`` = dL/dz1, ``dW1`` and ``db1`` gradients.  Where a layer has biases, ``x.W1`` is
its product before they are added.
"""

from __future__ import annotations

import ast
import linecache
import operator
import os
import pdb
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple, TextIO

from .. import activations, elementary, losses, matrix, optimizers
from ..checks import Matrix, as_learning_rate, counted
from ..drawing.text import number_labels, supports_unicode
from ..layers import Dense, dense, layer
from ..losses import loss_count, total_loss
from ..network import Network
from ..optimizers import GradientDescent
from ..training import PLAIN_DESCENT

DEFAULT_LEARNING_RATE = 0.1

_WIDTH = 80
_MOST_ROWS = 12  # a matrix with more rows is folded
_COMPUTING = {module.__name__ for module in (matrix, activations, losses, layer, dense, optimizers)}
_SHOWN = {
    *_COMPUTING,
    elementary.__name__,
    GradientDescent.__module__,
    Network.__module__,
    __name__,
}


def training_step(net: Network, inputs: Matrix, targets: Matrix, learning_rate: float) -> float:
    """Train a network by one step with all samples, as ``fit`` does, and return the loss before it.

    >>> net = Network([Dense(1, 1, "linear", initializer=[[1.0]])], loss="sum_of_squares", seed=1)
    >>> training_step(net, [[1.0]], [[3.0]], 0.125)
    4.0
    >>> net.layers[0].weights
    [[1.5]]
    """
    outputs = net.forward(inputs)
    output = outputs[-1]
    total = total_loss(net.loss, output.z, output.a, targets)
    count = loss_count(net.loss, len(targets), net.outputs)
    loss = total / count
    gradients = net.backward(inputs, targets, outputs)
    net.step(gradients, learning_rate, PLAIN_DESCENT)
    return loss


# --- source lines ---------------------------------------------------------------------------------


class Line(NamedTuple):
    """A line of source: its statement, what that computes, and the loops' variables around it."""

    statement: ast.stmt
    formula: ast.expr | None
    may_compute: bool
    loops: tuple[str, ...]


class Source:
    """A file of source text with the syntax tree of each line."""

    def __init__(self, filename: str, module: Mapping[str, Any]) -> None:
        text = "".join(linecache.getlines(filename, dict(module)))
        self._bytes = text.encode()
        self._starts = [0]
        for row in self._bytes.split(b"\n"):
            self._starts.append(self._starts[-1] + len(row) + 1)
        self.lines: dict[int, Line] = {}
        try:
            self._enter(ast.parse(text).body, ())
        except SyntaxError:  # edited since it was imported: its lines stand without numbers
            self.lines = {}

    def _enter(self, statements: Sequence[ast.stmt], loops: tuple[str, ...]) -> None:
        for statement in statements:
            formula = _formula(statement)
            nodes = [] if formula is None else list(ast.walk(formula))
            may_compute = any(_is_arithmetic(node) or type(node) is ast.Call for node in nodes)
            line = Line(statement, formula, may_compute, loops)
            for number in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
                self.lines[number] = line
            inner = loops
            if isinstance(statement, ast.For) and isinstance(statement.target, ast.Name):
                inner = (*loops, statement.target.id)
            for block in ("body", "orelse", "handlers", "finalbody"):
                for child in getattr(statement, block, ()):
                    self._enter([child] if isinstance(child, ast.stmt) else child.body, inner)

    def rewritten(self, node: ast.expr, texts: Sequence[tuple[ast.expr, str]]) -> str:
        """Return the text of an expression with some of its parts replaced."""
        pieces = []
        start, end = self._span(node)
        for part, text in sorted(texts, key=lambda pair: self._span(pair[0])):
            first, last = self._span(part)
            pieces += [self._bytes[start:first].decode(), text]
            start = last
        pieces.append(self._bytes[start:end].decode())
        return " ".join("".join(pieces).split())

    def _span(self, node: ast.expr) -> tuple[int, int]:
        last = node.end_lineno or node.lineno
        end = self._starts[last - 1] + (node.end_col_offset or 0)
        return self._starts[node.lineno - 1] + node.col_offset, end


def _formula(statement: ast.stmt) -> ast.expr | None:
    """Return the expression that a statement computes: a value, a condition, what is appended."""
    if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)):
        return statement.value
    if isinstance(statement, (ast.If, ast.While)):
        return statement.test
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        if isinstance(call.func, ast.Attribute) and call.func.attr == "append" and call.args:
            return call.args[0]
        return call
    return None


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_arithmetic(node: ast.AST) -> bool:
    """Say whether this is an addition, a multiplication ..., a sign or a comparison."""
    if isinstance(node, ast.Compare):
        return all(type(operation) in _COMPARISONS for operation in node.ops)
    if isinstance(node, ast.UnaryOp):
        return not isinstance(node.operand, ast.Constant) and type(node.op) in _SIGNS
    return isinstance(node, ast.BinOp)


# --- values ---------------------------------------------------------------------------------------

_OPERATIONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_SIGNS: dict[type, Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}


class Unknown(Exception):
    """Raised for an expression that cannot be evaluated without running code."""


def evaluate(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return the value of an expression without any side effect.

    Names, constants, attributes that are plain data, subscripts of lists, tuples and dictionaries,
    arithmetic and comparisons of numbers.  Raises Unknown for all else, calls above all.

    >>> evaluate(ast.parse("total + a[1] * 2.0", mode="eval").body, {"total": 1.0, "a": [3.0, 4.0]})
    9.0
    """
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        if node.id in names:
            return names[node.id]
        raise Unknown
    if isinstance(node, ast.Attribute):
        return _attribute(evaluate(node.value, names), node.attr)
    if isinstance(node, ast.Subscript):
        return _item(evaluate(node.value, names), evaluate(node.slice, names))
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        left, right = _number(node.left, names), _number(node.right, names)
        try:
            return _OPERATIONS[type(node.op)](left, right)
        except ArithmeticError:  # the program itself will raise it, too
            raise Unknown from None
    if isinstance(node, ast.UnaryOp) and type(node.op) in _SIGNS:
        return _SIGNS[type(node.op)](_number(node.operand, names))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        value = evaluate(node.operand, names)
        if type(value) is bool:
            return not value
    if isinstance(node, ast.Compare):
        return _comparison(node, names)
    if isinstance(node, ast.BoolOp):
        values = [evaluate(value, names) for value in node.values]
        if all(type(value) is bool for value in values):
            return all(values) if isinstance(node.op, ast.And) else any(values)
    raise Unknown


def _number(node: ast.expr, names: Mapping[str, Any]) -> Any:
    value = evaluate(node, names)
    if not _is_number(value):
        raise Unknown
    return value


def _comparison(node: ast.Compare, names: Mapping[str, Any]) -> bool:
    values = [_number(value, names) for value in (node.left, *node.comparators)]
    for place, operation in enumerate(node.ops):
        if type(operation) not in _COMPARISONS:
            raise Unknown
        if not _COMPARISONS[type(operation)](values[place], values[place + 1]):
            return False
    return True


def _attribute(value: Any, name: str) -> Any:
    """Return an attribute that is data: of a module, a named tuple, or in an instance itself."""
    if isinstance(value, tuple) and name in getattr(type(value), "_fields", ()):
        return tuple.__getitem__(value, type(value)._fields.index(name))  # type: ignore[attr-defined]  # has it, see above
    try:
        data = object.__getattribute__(value, "__dict__")
    except AttributeError:
        raise Unknown from None
    if isinstance(data, dict) and name in data:
        return data[name]
    raise Unknown


def _item(value: Any, index: Any) -> Any:
    if type(value) in (list, tuple) and type(index) is int and -len(value) <= index < len(value):
        return value[index]
    if type(value) is dict and type(index) in (str, int) and index in value:
        return value[index]
    raise Unknown


def _is_number(value: object) -> bool:
    return type(value) in (float, int, bool)


def _written(value: Any, *, operand: bool = False) -> str:
    """Write a number with all its digits, a negative one among operators in parentheses."""
    text = repr(value)
    return f"({text})" if operand and text.startswith("-") else text


# --- names ----------------------------------------------------------------------------------------


class Row(NamedTuple):
    """Where a list of numbers stands: row ``number`` of a matrix, or of a matrix transposed."""

    matrix: str
    number: int
    transposed: bool = False

    def element(self, column: int) -> str:
        if self.transposed:
            return _element(self.matrix, (column, self.number))
        return _element(self.matrix, (self.number, column))


class Matrices:
    """The matrices of a training step by name, and the names of the lists that hold them."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._names: dict[int, str] = {}
        self._rows: dict[int, Row] = {}
        self._kept: list[Any] = []  # a list that is kept keeps its id

    def enter(self, name: str, value: Any) -> None:
        self.values[name] = value
        self._names[id(value)] = name
        self._kept.append(value)
        base = name[:-2] if name.endswith("^T") else name
        for number, row in enumerate(value):
            if type(row) is list:
                self._rows[id(row)] = Row(base, number, base != name)
                self._kept.append(row)

    def name(self, value: Any) -> str | None:
        """Return the name of a matrix, of a row of one, or of a vector."""
        if id(value) in self._names:
            return self._names[id(value)]
        row = self._rows.get(id(value))
        if row is None:
            return None
        return _element(row.matrix + ("^T" if row.transposed else ""), (row.number,))

    def element(self, values: Any, index: int) -> str | None:
        """Return the name of ``values[index]``, a number."""
        row = self._rows.get(id(values))
        if row is not None:
            return row.element(index)
        name = self._names.get(id(values))
        return None if name is None else _element(name, (index,))


def _element(name: str, index: Sequence[int]) -> str:
    """Return for example ``W1[0][2]``, and ``(x.W1)[0][2]`` for an element of a product."""
    if "." in name or "^" in name:
        name = f"({name})"
    return name + "".join(f"[{number}]" for number in index)


# --- places ---------------------------------------------------------------------------------------


class Role(NamedTuple):
    """How a function computes a matrix: the list it fills, and the loop variables of an element."""

    result: str
    indices: tuple[str, ...]
    term: str | None = None


# The lists of rows are filled by way of a list named after them: product, product_row.
_ROLES: dict[CodeType, Role] = {
    matrix.dot.__code__: Role("product", ("i", "j"), "k"),
    matrix.transpose.__code__: Role("transposed", ("j", "i")),
    matrix.add_bias.__code__: Role("result", ("i", "j")),
    matrix.multiply.__code__: Role("result", ("i", "j")),
    matrix.column_sums.__code__: Role("sums", ("j",), "i"),
    activations.activate.__code__: Role("a", ("i", "j")),
    activations.activation_slopes.__code__: Role("slopes", ("i", "j")),
    activations.activation_delta.__code__: Role("delta", ("i",)),  # softmax: all of a row at once
    losses.output_delta.__code__: Role("delta", ("i", "j")),
    losses.output_gradient.__code__: Role("d_a", ("i", "j")),
    losses.total_loss.__code__: Role("loss", ("i",)),
    GradientDescent.step.__code__: Role("parameter", ("k", "j")),
}

_FOLLOWED = {*_ROLES, losses.sample_loss.__code__}

# Which matrix it is, from the calling function and the called one.
_MADE = {
    ("feedforward", "dot"): "{before}.W{layer}",
    ("feedforward", "add_bias"): "z{layer}",
    ("feedforward", "activate"): "a{layer}",
    ("gradient", "dot"): "dW{layer}",
    ("gradient", "column_sums"): "db{layer}",
    ("input_gradient", "dot"): "da{previous}",
    ("backward", "output_gradient"): "da{layer}",
    ("backward", "output_delta"): "delta{layer}",
    ("delta", "activation_delta"): "delta{layer}",
    ("activation_delta", "activation_slopes"): "slope{layer}",
    ("activation_delta", "multiply"): "delta{layer}",
    ("training_step", "total_loss"): "loss",
    ("step", "step"): "W{layer}",
}

_PHASES = {
    "forward": "forward",
    "total_loss": "loss",
    "loss_count": "loss",
    "backward": "backward",
    "step": "update",
}

_MEANINGS = {
    "x": "inputs",
    "y": "targets",
    "W": "weights",
    "b": "biases",
    "z": "weighted sums",
    "a": "activations",
    "loss": "loss of each sample, before the division",
}

_DERIVATIVES = {
    "da": "dL/da{layer}",
    "slope": "da{layer}/dz{layer}",
    "delta": "dL/dz{layer}",
    "dW": "dL/dW{layer}",
    "db": "dL/db{layer}",
}


class Place(NamedTuple):
    """Where in the training step the program is; layers are counted from 1."""

    phase: str | None
    layer: int | None
    matrix: str | None
    indices: tuple[int, ...]
    term: str = ""

    def __str__(self) -> str:
        words = ", ".join(
            word for word in (f"layer {self.layer}" if self.layer else "", self.phase) if word
        )
        if self.matrix is not None:
            words += f": {_element(self.matrix, self.indices)}"
        return words

    def unit(self, grain: str) -> tuple[object, ...]:
        """Return what stays the same while an element, a matrix ... is being computed."""
        count = {"phase": 1, "layer": 2, "matrix": 3, "element": 4}[grain]
        return tuple(self)[:count]


class Worked(NamedTuple):
    """A line worked out: in names, in numbers, its result; ``operation``: it computes a number."""

    names: str | None
    numbers: str | None
    result: str | None
    operation: bool


# --- the debugger ---------------------------------------------------------------------------------

_HELP = {
    "operation": (
        "op(eration)\n"
        "Go on to the next line that computes a number. exp, log1p and tanh count as\n"
        "one operation; (s)tep goes into them."
    ),
    "element": (
        "el(ement)\n"
        "Finish the element that is being computed, print it, and go on to the first\n"
        "operation of the next one."
    ),
    "matrix": (
        "ma(trix)\n"
        "Finish the matrix that is being computed, print it, and go on to the first\n"
        "operation of the next one."
    ),
    "layer": (
        "la(yer)\n"
        "Finish what the layer computes here, forward, backward or in the update, and\n"
        "print its matrices."
    ),
    "phase": (
        "ph(ase)\nFinish the phase (forward, loss, backward, update) and print its matrices."
    ),
    "show": (
        "sh(ow) [name]\n"
        "Print a matrix by its name, for example: show W1. Cells that are not computed\n"
        "yet stand as a dot. show W1[0] and show W1[0][2] print a row and a number with\n"
        "all digits. Lists of the current function can be shown, too: show product_row.\n"
        "Without a name, list what exists so far."
    ),
    "where": (
        "w(here)\n"
        "Say where in the training step this is, and print the calls that lead here, the\n"
        "current one last."
    ),
}
_SHORT = {"op": "operation", "el": "element", "ma": "matrix", "la": "layer", "ph": "phase"}
_SHORT |= {"sh": "show", "w": "where", "bt": "where"}

_OVERVIEW = """\
Commands for the training step:
  op(eration)   go on to the next line that computes a number
  el(ement)     finish this element
  ma(trix)      finish this matrix
  la(yer)       finish this layer
  ph(ase)       finish forward, loss, backward or update
  sh(ow) NAME   print a matrix: x, y, W1, b1, z1, a1, delta1, dW1 ...
  w(here)       say where this is, in words
Of pdb's commands, the most useful: s(tep) into a call, n(ext) line, r(eturn),
c(ontinue), u(p), d(own), l(ist), p VALUE, b(reak) FUNCTION, restart, q(uit).
Enter repeats the last command. help COMMAND says more, help pdb all about pdb."""


class Stepper(pdb.Pdb):
    """pdb, with the numbers of each line and commands for the grains of a training step."""

    def __init__(
        self,
        net: Network,
        inputs: Matrix,
        targets: Matrix,
        stdin: TextIO | None = None,
        stdout: TextIO | None = None,
    ) -> None:
        # bdb asks is_skipped_module only where there is something to skip.
        super().__init__(stdin=stdin, stdout=stdout, skip=["purenet.checks"], readrc=False)
        self.prompt = "(purenet) "
        self._unicode = supports_unicode(sys.stdout if stdout is None else stdout)
        self._net = net
        self._samples = len(inputs)
        self._numbers = {id(layer): number for number, layer in enumerate(net.layers, 1)}
        self._sources: dict[str, Source] = {}
        self._grain: str | None = "operation"
        self._start = Place(None, None, None, ())
        self._opened = False  # exp, log1p and tanh were stepped into
        self._finished: list[str] = []
        self._updated_names: set[str] = set()
        self._returned: tuple[FrameType, Any] | None = None
        self._frame: FrameType | None = None  # the one that is running
        self.matrices = Matrices()
        self.matrices.enter("x", inputs)
        self.matrices.enter("y", targets)
        for number, layer in enumerate(net.layers, 1):
            self.matrices.enter(f"W{number}", layer.weights)
            if layer.biases is not None:
                self.matrices.enter(f"b{number}", layer.biases)

    # What is traced, and where to stop.

    def is_skipped_module(self, module_name: str | None) -> bool:
        """Say whether stepping passes over a module: all but the training step itself."""
        if module_name == elementary.__name__:
            return self._grain is not None and not self._opened
        return module_name not in _SHOWN

    def break_anywhere(self, frame: FrameType) -> bool:
        # Functions that compute a matrix are followed in any case, to record what they return.
        return frame.f_code in _FOLLOWED or super().break_anywhere(frame)

    def user_call(self, frame: FrameType, argument_list: None) -> None:
        self._frame = frame
        if self._grain is None:
            super().user_call(frame, argument_list)

    def user_line(self, frame: FrameType) -> None:
        self._frame = frame
        if self._grain is not None:
            # bdb looks for breakpoints only where stop_here says no.
            stepping = self.stop_here(frame)
            if stepping and not self._is_reached(frame) and not self.break_here(frame):
                return
            self._report()
        super().user_line(frame)

    def user_return(self, frame: FrameType, return_value: Any) -> None:
        self._frame = frame
        if self._grain is None:
            self._returned = (frame, return_value)
            super().user_return(frame, return_value)
            self._returned = None

    def user_exception(self, frame: FrameType, exc_info: Any) -> None:
        self._frame = frame
        self._grain = None
        super().user_exception(frame, exc_info)

    def dispatch_return(self, frame: FrameType, arg: Any) -> Any:
        if frame.f_code in _ROLES:
            self._record(frame, arg)
        elif frame.f_code is losses.sample_loss.__code__ and type(arg) is float:
            self.matrices.values.setdefault("loss", []).append(arg)
        return super().dispatch_return(frame, arg)

    def get_stack(self, f: FrameType | None, t: Any) -> tuple[list[tuple[FrameType, int]], int]:
        # The debugger's own frames below the training step are nobody's concern.
        stack, index = super().get_stack(f, t)
        for below, (frame, _) in enumerate(stack):
            if frame.f_code is training_step.__code__:
                return stack[below:], max(index - below, 0)
        return stack, index

    def _record(self, frame: FrameType, value: Any) -> None:
        place = self._place(frame)
        if place.matrix is None or (value is None and frame.f_code is not GradientDescent.step.__code__):
            return  # not part of the step, or left by an exception
        if frame.f_code is GradientDescent.step.__code__:
            parameters = self._parameters(place.layer)
            self._finished += parameters
            self._updated_names.update(parameters)
        elif frame.f_code is losses.total_loss.__code__:
            self._finished.append("loss")
        elif type(value) is list:
            self.matrices.enter(place.matrix, value)
            if not place.matrix.endswith("^T"):
                self._finished.append(place.matrix)

    def _parameters(self, layer: int | None) -> list[str]:
        return [name for name in (f"W{layer}", f"b{layer}") if name in self.matrices.values]

    def _is_reached(self, frame: FrameType) -> bool:
        """Say whether this line is where the command under way ends."""
        line = self._line(frame)
        if line is None or not line.may_compute or self._grain is None:
            return False
        if self._grain != "operation":
            place = self._place(frame)
            if place.unit(self._grain) == self._start.unit(self._grain):
                return False
        return self._worked(frame).operation

    def _report(self) -> None:
        """Print what was finished by the command under way, which ends here."""
        grain, self._grain = self._grain, None
        if grain == "element" and self._start.matrix is not None and self._start.indices:
            text = self._numbers_at(self._start.matrix, self._start.indices)
            if text is not None:
                self.message(text)
        elif grain == "matrix" and self._start.matrix is not None:
            self.message(self._table(self._start.matrix))
        elif grain in ("layer", "phase"):
            for name in dict.fromkeys(self._finished):
                self.message(self._table(name))

    def close(self, loss: float, after: float) -> None:
        """Say how the training step has ended."""
        self._frame = None
        if self._grain is not None:
            self._report()
        self.message("The training step is done.")
        self.message(f"Loss before it {loss!r}, after it {after!r}.")

    def _run(self, grain: str) -> bool:
        assert self.curframe is not None
        self._grain = grain
        self._start = self._place(self.curframe)
        self._opened = grain == "operation" and (
            self.curframe.f_globals.get("__name__") == elementary.__name__
        )
        self._finished = []
        self.set_step()
        return True

    # Where the program is.

    def _locals(self, frame: FrameType) -> Mapping[str, Any]:
        """Return the local variables of a frame; what was assigned at the prompt counts already."""
        if frame is self.curframe:
            # Up to Python 3.12, reading f_locals anew would undo an assignment at the prompt.
            kept: Mapping[str, Any] | None = getattr(self, "curframe_locals", None)
            if kept is not None:
                return kept
        return frame.f_locals

    def _names_of(self, frame: FrameType) -> Mapping[str, Any]:
        return {**frame.f_globals, **self._locals(frame)}

    def _line(self, frame: FrameType, number: int | None = None) -> Line | None:
        source = self._source(frame.f_code.co_filename, frame.f_globals)
        return source.lines.get(frame.f_lineno if number is None else number)

    def _source(self, filename: str, module: Mapping[str, Any]) -> Source:
        if filename not in self._sources:
            self._sources[filename] = Source(filename, module)
        return self._sources[filename]

    def _chain(self, frame: FrameType | None) -> Iterator[FrameType]:
        """The frames from this one up to the training step; none if it is not part of it."""
        chain = []
        while frame is not None:
            chain.append(frame)
            if frame.f_code is training_step.__code__:
                return iter(chain)
            frame = frame.f_back
        return iter(())

    def _place(self, frame: FrameType) -> Place:
        chain = list(self._chain(frame))
        if not chain:
            return Place(None, None, None, ())
        if len(chain) == 1:
            return Place("loss" if self._is_division(frame) else None, None, None, ())
        phase = _PHASES.get(chain[-2].f_code.co_name)
        layer = None
        for found in chain:
            layer = self._layer(found)
            if layer is not None:
                break
        for found in chain[:-1]:
            name = self._made(found, layer)
            if name is None:
                continue
            role = _ROLES[found.f_code]
            if found.f_code is GradientDescent.step.__code__:
                name, role = self._updated(found, name, role)
            index, term = self._index(found, role)
            return Place(phase, None if phase == "loss" else layer, name, index, term)
        return Place(phase, None if phase == "loss" else layer, None, ())

    def _is_division(self, frame: FrameType) -> bool:
        line = self._line(frame)
        return line is not None and isinstance(line.formula, ast.BinOp)

    def _layer(self, frame: FrameType) -> int | None:
        """Return the number of the layer that a frame works for, if the frame itself tells."""
        if frame.f_globals.get("__name__") in (layer.__name__, dense.__name__):
            return self._numbers.get(id(self._locals(frame).get("self")))
        if frame.f_code.co_name in ("activation_delta", "output_delta", "output_gradient"):
            name = self.matrices.name(self._locals(frame).get("a"))
            if name is not None and name[:1] == "a":
                return int(name[1:])
        return None

    def _made(self, frame: FrameType, layer: int | None) -> str | None:
        """Return the name of the matrix that a frame computes."""
        caller = frame.f_back
        if frame.f_code not in _ROLES or caller is None:
            return None
        if frame.f_code is matrix.transpose.__code__:
            name = self.matrices.name(self._locals(frame).get("a"))
            return None if name is None else f"{name}^T"
        softmax = self._locals(frame).get("activation") == "softmax"
        if frame.f_code is activations.activation_delta.__code__ and not softmax:
            return None  # the functions that it calls fill matrices
        pattern = _MADE.get((caller.f_code.co_name, frame.f_code.co_name))
        if pattern is None:
            return None
        owner = self._locals(caller).get("self")
        if pattern.startswith("{before}") and isinstance(owner, Dense) and owner.biases is None:
            pattern = "z{layer}"
        number = layer or 0
        before = "x" if number == 1 else f"a{number - 1}"
        return pattern.format(layer=number, previous=number - 1, before=before)

    def _updated(self, frame: FrameType, name: str, role: Role) -> tuple[str, Role]:
        """Return whether weights or biases are being updated."""
        line = self._line(frame)
        targets = line.statement.targets if line and isinstance(line.statement, ast.Assign) else []
        if any("biases" in ast.dump(target) for target in targets):
            return f"b{name[1:]}", Role("biases", ("j",))
        return name, role

    def _index(self, frame: FrameType, role: Role) -> tuple[tuple[int, ...], str]:
        """Return the indices of the element that a frame computes, as far as its loops tell."""
        line = self._line(frame)
        loops = () if line is None else line.loops
        local = self._locals(frame)
        index = []
        for variable in role.indices:
            if variable not in loops or variable not in local:
                break
            index.append(local[variable])
        term = ""
        if len(index) == len(role.indices) and role.term in loops and role.term in local:
            term = f"{role.term} = {local[role.term]}"
        return tuple(index), term

    # A line in names, in numbers, and its result.

    def _worked(self, frame: FrameType, number: int | None = None) -> Worked:
        line = self._line(frame, number)
        if line is None or line.formula is None:
            return Worked(None, None, None, False)
        formula = line.formula
        source = self._sources[frame.f_code.co_filename]
        names = self._names_of(frame)
        in_names: list[tuple[ast.expr, str]] = []
        in_numbers: list[tuple[ast.expr, str]] = []
        floats = [False]

        def visit(node: ast.expr, operand: bool) -> None:
            if isinstance(node, ast.Call):
                if isinstance(node.func, ast.Name):
                    function = names.get(node.func.id)
                    if isinstance(function, FunctionType) and function.__name__ != node.func.id:
                        in_names.append((node.func, function.__name__))
                        in_numbers.append((node.func, function.__name__))
                for argument in node.args:
                    visit(argument, False)
            elif isinstance(node, (ast.Name, ast.Subscript, ast.Attribute)):
                name = self._field_name(node, frame, names)
                if name is not None:
                    in_names.append((node, name))
                try:
                    value = evaluate(node, names)
                except Unknown:
                    return
                if type(value) is str:
                    in_numbers.append((node, repr(value)))
                elif _is_number(value):
                    floats[0] = floats[0] or type(value) is float
                    in_numbers.append((node, _written(value, operand=operand)))
                elif name is not None:
                    in_numbers.append((node, name))
            else:
                inner = isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Compare))
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        visit(child, inner)

        visit(formula, False)
        plain = source.rewritten(formula, ())
        result: str | None = None
        try:
            value = evaluate(formula, names)
            if _is_number(value):
                result = _written(value)
        except Unknown:
            pass
        written = source.rewritten(formula, in_numbers) if in_numbers else None
        named = source.rewritten(formula, in_names) if in_names else None
        computed = any(map(_is_arithmetic, ast.walk(formula))) and floats[0]
        if not computed:
            computed = frame.f_globals.get("__name__") in _COMPUTING and any(
                self._is_elementary(node, names) for node in ast.walk(formula)
            )
        return Worked(
            named if named != plain else None,
            written if written not in (plain, named, result) else None,
            result if result != plain else None,
            computed,
        )

    def _is_elementary(self, node: ast.AST, names: Mapping[str, Any]) -> bool:
        """Say whether this is a call of exp, log1p or tanh."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            return False
        return getattr(names.get(node.func.id), "__module__", None) == elementary.__name__

    def _field_name(self, node: ast.expr, frame: FrameType, names: Mapping[str, Any]) -> str | None:
        """Return what a variable or an element is called in the field, for example W1[0][2]."""
        try:
            value = evaluate(node, names)
            if type(value) is list:
                return self.matrices.name(value)
            if isinstance(node, ast.Subscript):
                return self.matrices.element(
                    evaluate(node.value, names), evaluate(node.slice, names)
                )
        except Unknown:
            return None
        if isinstance(node, ast.Name) and type(value) is float:
            return self._argument_name(node.id, frame)
        return None

    def _argument_name(self, name: str, frame: FrameType) -> str | None:
        """Return what the caller has passed as an argument of a scalar function."""
        code, caller = frame.f_code, frame.f_back
        if caller is None or name not in code.co_varnames[: code.co_argcount]:
            return None
        line = self._line(caller)
        if line is None or code is training_step.__code__:
            return None
        names = self._names_of(caller)
        calls = [
            node
            for node in ast.walk(line.statement)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and getattr(names.get(node.func.id), "__code__", None) is code
        ]
        place = code.co_varnames.index(name)
        if len(calls) != 1 or place >= len(calls[0].args):
            return None
        return self._field_name(calls[0].args[place], caller, names)

    # What is printed at a stop.

    def print_stack_entry(
        self, frame_lineno: tuple[FrameType, int], prompt_prefix: str = "\n-> "
    ) -> None:
        frame, number = frame_lineno
        mark = ">" if frame is self.curframe else " "
        place = str(self._place(frame))
        head = f"{mark} {_short_path(frame)}({number}){frame.f_code.co_name}()"
        if len(head) + 2 + len(place) <= _WIDTH:
            self.message(f"{head}  {place}".rstrip())
        else:
            self.message(f"{head}\n  {place}")
        source = linecache.getline(frame.f_code.co_filename, number, frame.f_globals).strip()
        if source:
            self.message(f"-> {source}")
        if self._returned is not None and self._returned[0] is frame:
            value = self._returned[1]
            text = _written(value) if _is_number(value) else self.matrices.name(value)
            self._fold("returns ", text)
        elif number == frame.f_code.co_firstlineno:
            self._fold("", self._arguments(frame))
        else:
            worked = self._worked(frame, number)
            for line in worked[:3]:
                self._fold("= ", line)

    def _fold(self, start: str, text: object) -> None:
        if not isinstance(text, str) or not text:
            return
        indent = "   " + " " * len(start)
        wrapped = textwrap.wrap(
            text,
            _WIDTH,
            initial_indent=f"   {start}",
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        self.message("\n".join(wrapped))

    def _arguments(self, frame: FrameType) -> str:
        parts = []
        for name in frame.f_code.co_varnames[: frame.f_code.co_argcount]:
            value = self._locals(frame).get(name)
            if _is_number(value) or type(value) is str:
                parts.append(f"{name} = {value!r}")
            elif self.matrices.name(value) is not None:
                parts.append(f"{name} = {self.matrices.name(value)}")
        return ", ".join(parts)

    def _partial(self, name: str) -> Any | None:
        """Return the rows of a matrix that is just being computed, the unfinished one last."""
        for frame in self._chain(self._frame):
            if self._made_by(frame) == name:
                role = _ROLES[frame.f_code]
                values = self._locals(frame).get(role.result)
                row = self._locals(frame).get(f"{role.result}_row")
                if type(values) is not list or type(row) is not list:
                    return values
                return values if values and values[-1] is row else [*values, row]
        return None

    def _made_by(self, frame: FrameType) -> str | None:
        if frame.f_code not in _ROLES or frame.f_code is GradientDescent.step.__code__:
            return None
        return self._place(frame).matrix

    def _value(self, name: str) -> Any | None:
        partial = self._partial(name)
        if partial is not None:
            return partial
        return self.matrices.values.get(name)

    def _numbers_at(self, name: str, index: Sequence[int]) -> str | None:
        value = self._value(name)
        for number in index:
            if type(value) is not list or number >= len(value):
                return None
            value = value[number]
        if type(value) not in (float, list):
            return None
        return "\n".join(
            textwrap.wrap(f"{_element(name, index)} = {value!r}", _WIDTH, subsequent_indent="    ")
        )

    def _shape(self, name: str) -> tuple[int, ...]:
        """Return the shape that a matrix has when it is finished."""
        for ending in ("^T", ""):
            if ending and name.endswith(ending):
                rows, columns = self._shape(name[: -len(ending)])
                return columns, rows
        if name in ("x", "y"):
            values = self.matrices.values[name]
            return len(values), len(values[0])
        if name == "loss":
            return (self._samples,)
        layer = self._net.layers[int(re.sub(r".*\D", "", name)) - 1]
        kind = _kind(name)
        if kind in ("W", "dW"):
            return layer.inputs, layer.outputs
        if kind in ("b", "db"):
            return (layer.outputs,)
        return self._samples, layer.outputs

    def _table(self, name: str) -> str:
        """Write a matrix in aligned columns, rounded if it must be, folded if it is large."""
        values = self._value(name)
        shape = self._shape(name)
        return self._drawn(name, values if type(values) is list else [], shape)

    def _state(self, name: str) -> str:
        """Say of weights and biases whether the update has reached them."""
        if name in self._updated_names:
            return ", updated"
        place = None if self._frame is None else self._place(self._frame)
        if place is not None and place.phase == "update" and place.matrix is not None:
            if place.matrix == name:
                return ", being updated"
            if place.matrix == f"b{name[1:]}":  # the weights come first
                return ", updated"
        return ""

    def _drawn(self, name: str, values: list[Any], shape: tuple[int, ...]) -> str:
        matrix_rows = values if len(shape) == 2 else [values]
        height = shape[0] if len(shape) == 2 else 1
        width = shape[-1]
        missing, dots, about = ("·", "…", "≈") if self._unicode else (".", "...", "~")

        numbers = [value for row in matrix_rows for value in row]
        rows = _ends(height, _MOST_ROWS)
        labels = [
            "" if len(shape) == 1 else dots if number is None else str(number) for number in rows
        ]
        margin = max(map(len, labels)) + 2
        texts = number_labels(numbers, 6)
        pairs = zip(numbers, texts, strict=True)
        exact = all(float(text) == value or value != value for value, text in pairs)
        cell = 2 + max(map(len, [*texts, str(width - 1), dots]))
        columns = _ends(width, max((_WIDTH - margin) // cell, 2))
        written = iter(texts)
        grid = [[next(written) for _ in row] for row in matrix_rows]

        def shown(row: int | None, column: int | None) -> str:
            if row is None or column is None:
                return dots
            known = row < len(grid) and column < len(grid[row])
            return grid[row][column] if known else missing

        size = " by ".join(map(str, shape)) if len(shape) == 2 else counted(shape[0], "number")
        derivative = _derivative(name)
        head = f"{name} = {derivative}" if derivative else name
        head += f", {size}{self._state(name)}"
        if len(numbers) < height * width:
            head += f", {len(numbers)} of {height * width} so far"
        lines = [f"{head}:" if exact else f"{head} ({about} rounded):"]
        header = "".join((dots if n is None else str(n)).rjust(cell) for n in columns)
        lines.append(" " * margin + header)
        for label, row in zip(labels, rows, strict=True):
            cells = "".join(shown(row, column).rjust(cell) for column in columns)
            lines.append(label.rjust(margin) + cells)
        return "\n".join(lines)

    # Commands.

    def do_operation(self, arg: str) -> bool:
        return self._run("operation")

    def do_element(self, arg: str) -> bool:
        return self._run("element")

    def do_matrix(self, arg: str) -> bool:
        return self._run("matrix")

    def do_layer(self, arg: str) -> bool:
        return self._run("layer")

    def do_phase(self, arg: str) -> bool:
        return self._run("phase")

    def do_break(self, arg: str, temporary: Any = 0) -> bool | None:
        # The functions of the training step are known by their names, whatever module this is.
        name = arg.strip().split(".")[-1]
        for module in (matrix, activations, losses, elementary):
            function = vars(module).get(name)
            if isinstance(function, FunctionType) and function.__module__ == module.__name__:
                arg = f"{function.__code__.co_filename}:{self._first_line(function)}"
        return super().do_break(arg, temporary)

    def _first_line(self, function: FunctionType) -> int:
        code = function.__code__
        source = self._source(code.co_filename, function.__globals__)
        inside = [
            line.statement
            for number, line in source.lines.items()
            if number > code.co_firstlineno and not _is_docstring(line.statement)
        ]
        return min((statement.lineno for statement in inside), default=code.co_firstlineno)

    def do_where(self, arg: str) -> None:
        assert self.curframe is not None
        place = self._place(self.curframe)
        words = str(place) or "between two phases"
        self.message(f"{words}, {place.term}" if place.term else words)
        for frame, number in self.stack:
            mark = ">" if frame is self.curframe else " "
            source = linecache.getline(frame.f_code.co_filename, number, frame.f_globals).strip()
            self.message(f"{mark} {_short_path(frame)}({number}){frame.f_code.co_name}()")
            self.message(f"     {source}")

    def do_show(self, arg: str) -> None:
        arg = arg.strip()
        if not arg:
            self._list_names()
            return
        match = re.fullmatch(r"\(?([^\[\]()]+)\)?((?:\[\d+\])*)", arg)
        name = None if match is None else self._known(match[1])
        if match is None or name is None:
            self._show_local(arg)
            return
        index = [int(number) for number in re.findall(r"\d+", match[2])]
        if not index:
            self.message(self._table(name))
            return
        text = self._numbers_at(name, index)
        if text is not None:
            self.message(text)
        elif len(index) == len(self._shape(name)) and all(
            number < size for number, size in zip(index, self._shape(name), strict=True)
        ):
            self.error(f"{_element(name, index)} is not computed yet")
        else:
            size = " by ".join(map(str, self._shape(name)))
            self.error(f"{name} has no {_element('', index)}: it is {size}, counted from 0")

    def _known(self, name: str) -> str | None:
        known = self._all_names()
        plain = name.replace("\N{PARTIAL DIFFERENTIAL}", "d").replace(
            "\N{GREEK SMALL LETTER DELTA}", "delta"
        )
        for other in known:
            if plain in (other, _derivative(other)):
                return other
        alike = [other for other in known if other.lower() == plain.lower()]
        return alike[0] if len(alike) == 1 else None

    def _all_names(self) -> list[str]:
        names = list(self.matrices.values)
        for frame in self._chain(self._frame):
            name = self._made_by(frame)
            if name is not None and name not in names:
                names.append(name)
        return names

    def _show_local(self, arg: str) -> None:
        assert self.curframe is not None
        try:
            value = evaluate(ast.parse(arg, mode="eval").body, self._names_of(self.curframe))
        except (Unknown, SyntaxError, ValueError):
            known = f"nothing is called {arg} so far; there are {', '.join(self._all_names())}"
            self.error("\n".join(textwrap.wrap(known, _WIDTH - 4, subsequent_indent="    ")))
            return
        if _is_number(value):
            self.message(_written(value))
        elif value == []:
            self.message(f"{arg} is empty")
        elif type(value) is list and all(type(row) is list for row in value):
            self.message(self._drawn(arg, value, (len(value), max(map(len, value)))))
        elif type(value) is list and all(map(_is_number, value)):
            self.message(self._drawn(arg, value, (len(value),)))
        else:
            self.error(f"{arg} is no number, list or matrix")

    def _list_names(self) -> None:
        for name in self._all_names():
            size = " by ".join(map(str, self._shape(name)))
            meaning = _MEANINGS.get(_kind(name), "") or _derivative(name) or ""
            if "^T" in name:
                meaning = "transposed"
            elif "." in name:
                meaning = "weighted sums without biases"
            made = "" if self._partial(name) is None else " (being computed)"
            self.message(f"{name:8} {size:>10}  {meaning}{made}".rstrip())

    def do_help(self, arg: str) -> bool | None:
        if not arg:
            self.message(_OVERVIEW)
            return None
        name = _SHORT.get(arg, arg)
        if name in _HELP:
            self.message(_HELP[name])
            return None
        return super().do_help(arg)

    do_op = do_operation
    do_el = do_element
    do_ma = do_matrix
    do_la = do_layer
    do_ph = do_phase
    do_sh = do_show
    do_w = do_bt = do_where
    do_h = do_help
    do_b = do_break


for _name, _text in _HELP.items():
    getattr(Stepper, f"do_{_name}").__doc__ = _text


def _kind(name: str) -> str:
    """Return the letters of a matrix's name: W of W1, z of x.W1, dW of dW2."""
    if "." in name:
        return "z"
    return re.sub(r"\d+(\^T)?$", "", name)


def _derivative(name: str) -> str | None:
    """Return which derivative a matrix holds, for example dL/dW1 for dW1."""
    pattern = _DERIVATIVES.get(_kind(name))
    return None if pattern is None else pattern.format(layer=re.sub(r"\D", "", name))


def _ends(count: int, most: int) -> list[int | None]:
    """Return the numbers 0 to ``count - 1``, and None for those in the middle if there are more."""
    if count <= most:
        return list(range(count))
    last = 2 if most > 6 else 1
    return [*range(max(most - last - 1, 1)), None, *range(count - last, count)]


def _short_path(frame: FrameType) -> str:
    """Return the path of a frame's source from the package on, or its whole path."""
    filename = frame.f_code.co_filename
    folder = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    path = os.path.abspath(filename)
    if path.startswith(folder + os.sep):
        return path[len(folder) + 1 :].replace(os.sep, "/")
    return filename


# --- running --------------------------------------------------------------------------------------


def step_through(
    net: Network,
    inputs: Any,
    targets: Any,
    learning_rate: float = DEFAULT_LEARNING_RATE,
    *,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
) -> None:
    """Open the debugger at the first product of one training step with these samples.

    net: any network, of either backend.  The step is taken by a copy of it in pure Python, which
        computes the same bits; the network itself stays as it is.
    inputs, targets: as for ``fit``; all samples are one batch.
    """
    from .recording import pure_copy  # here, because every other command starts without it

    rate = as_learning_rate(learning_rate)
    output = sys.stdout if stdout is None else stdout
    first = pure_copy(net)
    samples = first.checked_samples(inputs, targets)
    count = counted(len(samples.inputs), "sample")
    print(f"One training step: {count}, {net.loss}, learning rate {rate!r}.", file=output)
    for number, layer in enumerate(first.layers, 1):
        print(f"layer {number} is {layer!r}", file=output)
    print("help lists the commands, q ends.\n", file=output)
    again = True
    while again:
        copy = pure_copy(first)
        again = False
        # New lists, so that no two matrices are one object: the names go by identity.
        rows = [list(row) for row in samples.inputs]
        answers = [list(row) for row in samples.targets]
        stepper = Stepper(copy, rows, answers, stdin, stdout)
        tracing = sys.gettrace()
        try:
            loss = stepper.runcall(training_step, copy, rows, answers, rate)
        except pdb.Restart:
            again = True
        else:
            if loss is not None:
                stepper.close(loss, copy.evaluate(rows, answers).loss)
        finally:
            sys.settrace(tracing)  # of a debugger or a coverage tool that runs this
