"""The debugger: pdb, with the numbers of each line and commands for the grains of a training step.

What it shows is read from the running program: the source line, its syntax tree, and the values in
the frame.  Nothing is computed twice by other code.

Names are those of ``step``.  Besides, where a layer has biases, ``x.W1`` is its product before they
are added, and ``x^T`` is x with rows and columns exchanged.
"""

from __future__ import annotations

import ast
import linecache
import pdb
import re
import sys
import textwrap
from types import FrameType, FunctionType
from typing import Any, TextIO

from ... import activations, elementary, losses, matrix, network
from ...drawing.text import supports_unicode
from ...layers import Layer
from ...matrix import Matrix
from ...network import Network
from ...optimizers import GradientDescent, Optimizer
from .. import step
from ..memory import float_attributes, parts_of, remembered
from ..notation import element_name, in_ascii, spellings
from ..source.expressions import Unknown, is_number, value_of, written_number
from ..source.lines import is_docstring
from ..step import Named, names_of, parameter_roles, training_step
from .frames import Frames, short_path
from .help import HELP, OVERVIEW, SHORT
from .matrices import Matrices
from .positions import FILLINGS, Locator, Position, Update
from .tables import WIDTH, Tables
from .working import LineWorker

_ARITHMETIC = (
    matrix.__name__,
    activations.__name__,
    losses.__name__,
    Layer.__module__,
    GradientDescent.__module__,
)

# The methods of a layer that compute, and what they return.
_CONTRACT = ("feedforward", "delta", "gradient", "input_gradient")


class Stepper(pdb.Pdb):
    """pdb, with the numbers of each line and commands for the grains of a training step."""

    def __init__(
        self,
        net: Network,
        inputs: Matrix,
        targets: Matrix,
        learning_rate: float,
        optimizer: Optimizer,
        stdin: TextIO | None = None,
        stdout: TextIO | None = None,
    ) -> None:
        # bdb asks is_skipped_module only where there is something to skip.
        super().__init__(stdin=stdin, stdout=stdout, skip=["purenet.checks"], readrc=False)
        self.prompt = "(purenet) "
        self._grain: str | None = "operation"
        self._start = Position(None, None, None, ())
        self._opened = False  # exp, log1p and tanh were stepped into
        self._finished: list[str] = []
        self._returned: tuple[FrameType, Any] | None = None
        unicode = supports_unicode(sys.stdout if stdout is None else stdout)
        self.matrices = Matrices(names_of(net.layers))
        self._frames = Frames(self)
        self._locator = Locator(net, optimizer, self.matrices, self._frames)
        arithmetic = {*_ARITHMETIC, type(optimizer).__module__}
        arithmetic.update(type(layer).__module__ for layer in net.layers)
        self._shown = {*arithmetic, elementary.__name__, network.__name__, step.__name__}
        owners: dict[int, int | None] = {id(layer): n for n, layer in enumerate(net.layers)}
        owners[id(optimizer)] = None
        self._worker = LineWorker(self.matrices, self._frames, arithmetic, owners)
        self._contract = {
            getattr(type(layer), name).__code__: name for layer in net.layers for name in _CONTRACT
        }
        self._followed = {*FILLINGS, self._locator.update_code, *self._contract}
        self._followed.add(losses.sample_loss.__code__)
        self._tables = Tables(net, len(inputs), self.matrices, self._frames, self._locator, unicode)
        self.matrices.enter("x", inputs)
        self.matrices.enter("y", targets)
        self.matrices.enter("learning_rate", learning_rate)
        for name in float_attributes(optimizer):
            self.matrices.enter_named(Named("setting", None, name), vars(optimizer)[name])
        for number, layer in enumerate(net.layers):
            for name in float_attributes(layer):
                self.matrices.enter_named(Named("layer_setting", number, name), vars(layer)[name])
            self._enter_parameters(layer, number, layer, 0)

    # What is traced, and where to stop.

    def is_skipped_module(self, module_name: str | None) -> bool:
        """Say whether stepping passes over a module: all but the training step itself."""
        if module_name == elementary.__name__:
            return self._grain is not None and not self._opened
        return module_name not in self._shown

    def break_anywhere(self, frame: FrameType) -> bool:
        # Functions that compute a matrix are followed in any case, to record what they return.
        return frame.f_code in self._followed or super().break_anywhere(frame)

    def dispatch_call(self, frame: FrameType, arg: Any) -> Any:
        caller = frame.f_back
        if caller is not None and caller.f_code is training_step.__code__:
            self._enter_scalars(caller)
        update = self._locator.update_of(frame)
        if update is not None:
            self._begin_update(update)
        return super().dispatch_call(frame, arg)

    def _begin_update(self, update: Update) -> None:
        """Keep a parameter, and what the optimizer remembers of it, as they are before the step."""
        self.matrices.begin_update(update.given.name, update.new)
        _, number, parameter = update.given
        for label, values in parts_of(update.memory):
            named = Named("memory", number, remembered(label, parameter))
            self.matrices.enter_named(named, values)
            if type(values) is list:
                self.matrices.begin_update(named.name, named._replace(role="new_memory"))

    def _end_update(self, update: Update) -> None:
        _, number, parameter = update.given
        for label, values in parts_of(update.memory):
            named = Named("new_memory", number, remembered(label, parameter))
            if self.matrices.is_updating(named.name):
                self.matrices.end_update(named.name)
                self._finished.append(named.name)
            else:
                self.matrices.enter_named(named, values)
        self.matrices.end_update(update.new.name)
        self._finished.append(update.new.name)

    def _enter_scalars(self, frame: FrameType) -> None:
        """Enter what stands in variables of the training step: its count and its loss."""
        for variable, name in (("count", "count"), ("loss", "L")):
            if variable in frame.f_locals:
                self.matrices.values.setdefault(name, frame.f_locals[variable])

    def user_call(self, frame: FrameType, argument_list: None) -> None:
        self._frames.running = frame
        if self._grain is None:
            super().user_call(frame, argument_list)

    def user_line(self, frame: FrameType) -> None:
        self._frames.running = frame
        if self._grain is not None:
            # bdb looks for breakpoints only where stop_here says no.
            stepping = self.stop_here(frame)
            if stepping and not self._is_reached(frame) and not self.break_here(frame):
                return
            self._report()
        super().user_line(frame)

    def user_return(self, frame: FrameType, return_value: Any) -> None:
        self._frames.running = frame
        if self._grain is None:
            self._returned = (frame, return_value)
            super().user_return(frame, return_value)
            self._returned = None

    def user_exception(self, frame: FrameType, exc_info: Any) -> None:
        self._frames.running = frame
        self._grain = None
        super().user_exception(frame, exc_info)

    def dispatch_return(self, frame: FrameType, arg: Any) -> Any:
        if frame.f_code is self._locator.update_code:
            update = self._locator.update_of(frame)
            if update is not None:
                self._end_update(update)
        elif frame.f_code in FILLINGS:
            self._record(frame, arg)
        elif frame.f_code in self._contract and arg is not None:
            self._enter_result(frame, arg)
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
        """Enter the matrix that a function has computed."""
        name = self._locator.position(frame).matrix
        if name is None or value is None:
            return  # not part of the step, or left by an exception
        if frame.f_code is losses.total_loss.__code__:
            self._finished.append(name)
        elif type(value) is list:
            self._finish(name, value)

    def _finish(self, name: str, value: Any) -> None:
        if self.matrices.values.get(name) is not value:
            self.matrices.enter(name, value)
            if not name.endswith("^T"):
                self._finished.append(name)

    def _enter_result(self, frame: FrameType, value: Any) -> None:
        """Enter what a method of a layer has computed, whichever way it did."""
        layer: Any = self._frames.local(frame).get("self")
        number = self._locator.number(layer)
        if number is None or not any(self._frames.chain(frame)):
            return
        method = self._contract[frame.f_code]
        if method == "feedforward":
            self._finish(Named("z", number).name, value.z)
            self._finish(Named("a", number).name, value.a)
        elif method == "delta":
            self._finish(Named("delta", number).name, value)
        elif method == "input_gradient":
            self._finish(Named("activation_gradient", number - 1).name, value)
        else:
            self._enter_parameters(layer, number, value, 1)

    def _enter_parameters(self, layer: Layer, number: int, owner: Any, place: int) -> None:
        """Enter a layer's parameters (place 0 of their roles) or their gradient (place 1)."""
        for parameter in layer.PARAMETERS:
            values = getattr(owner, parameter)
            if values is not None:
                role = parameter_roles(parameter)[place]
                self._finish(Named(role, number, parameter).name, values)

    def _is_reached(self, frame: FrameType) -> bool:
        """Say whether this line is where the command under way ends."""
        line = self._frames.line(frame)
        if line is None or not line.may_compute or self._grain is None:
            return False
        if self._grain != "operation":
            position = self._locator.position(frame)
            if position.unit(self._grain) == self._start.unit(self._grain):
                return False
        return self._worker.worked(frame).operation

    def _report(self) -> None:
        """Print what was finished by the command under way, which ends here."""
        grain, self._grain = self._grain, None
        element = self._start.indices or self._start.matrix == "L"
        if grain == "element" and self._start.matrix is not None and element:
            text = self._tables.numbers_at(self._start.matrix, self._start.indices)
            if text is not None:
                self.message(text)
        elif grain == "matrix" and self._start.matrix is not None:
            self.message(self._tables.table(self._start.matrix))
        elif grain in ("layer", "phase"):
            for name in dict.fromkeys(self._finished):
                self.message(self._tables.table(name))

    def close(self, loss: float, after: float) -> None:
        """Say how the training step has ended."""
        self._frames.running = None
        if self._grain is not None:
            self._report()
        self.message("The training step is done.")
        self.message(f"Loss before it {loss!r}, after it {after!r}.")

    def _run(self, grain: str) -> bool:
        assert self.curframe is not None
        self._grain = grain
        self._start = self._locator.position(self.curframe)
        self._opened = grain == "operation" and (
            self.curframe.f_globals.get("__name__") == elementary.__name__
        )
        self._finished = []
        self.set_step()
        return True

    # What is printed at a stop.

    def print_stack_entry(
        self, frame_lineno: tuple[FrameType, int], prompt_prefix: str = "\n-> "
    ) -> None:
        frame, number = frame_lineno
        mark = ">" if frame is self.curframe else " "
        place = str(self._locator.position(frame))
        head = f"{mark} {short_path(frame)}({number}){frame.f_code.co_name}()"
        if len(head) + 2 + len(place) <= WIDTH:
            self.message(f"{head}  {place}".rstrip())
        else:
            self.message(f"{head}\n  {place}")
        source = linecache.getline(frame.f_code.co_filename, number, frame.f_globals).strip()
        if source:
            self.message(f"-> {source}")
        if self._returned is not None and self._returned[0] is frame:
            value = self._returned[1]
            text = written_number(value) if is_number(value) else self.matrices.name(value)
            self._fold("returns ", text)
        elif number == frame.f_code.co_firstlineno:
            self._fold("", self._arguments(frame))
        else:
            worked = self._worker.worked(frame, number)
            for line in worked[:3]:
                self._fold("= ", line)

    def _fold(self, start: str, text: object) -> None:
        if not isinstance(text, str) or not text:
            return
        indent = "   " + " " * len(start)
        wrapped = textwrap.wrap(
            text,
            WIDTH,
            initial_indent=f"   {start}",
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        self.message("\n".join(wrapped))

    def _arguments(self, frame: FrameType) -> str:
        parts = []
        for name in frame.f_code.co_varnames[: frame.f_code.co_argcount]:
            value = self._frames.local(frame).get(name)
            if is_number(value) or type(value) is str:
                parts.append(f"{name} = {value!r}")
            elif self.matrices.name(value) is not None:
                parts.append(f"{name} = {self.matrices.name(value)}")
        return ", ".join(parts)

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
        source = self._frames.source(code.co_filename, function.__globals__)
        inside = [
            line.statement
            for number, line in source.lines.items()
            if number > code.co_firstlineno and not is_docstring(line.statement)
        ]
        return min((statement.lineno for statement in inside), default=code.co_firstlineno)

    def do_where(self, arg: str) -> None:
        assert self.curframe is not None
        position = self._locator.position(self.curframe)
        words = str(position) or "between two phases"
        self.message(f"{words}, {position.term}" if position.term else words)
        for frame, number in self.stack:
            mark = ">" if frame is self.curframe else " "
            source = linecache.getline(frame.f_code.co_filename, number, frame.f_globals).strip()
            self.message(f"{mark} {short_path(frame)}({number}){frame.f_code.co_name}()")
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
            self.message(self._tables.table(name))
            return
        text = self._tables.numbers_at(name, index)
        if text is not None:
            self.message(text)
        elif len(index) == len(self._tables.shape(name)) and all(
            number < size for number, size in zip(index, self._tables.shape(name), strict=True)
        ):
            self.error(f"{element_name(name, index)} is not computed yet")
        else:
            size = " by ".join(map(str, self._tables.shape(name)))
            self.error(f"{name} has no {element_name('', index)}: it is {size}, counted from 0")

    def _known(self, name: str) -> str | None:
        known = self._all_names()
        plain = in_ascii(name)
        for other in known:
            if plain in spellings(other):
                return other
        alike = [other for other in known if other.lower() == plain.lower()]
        return alike[0] if len(alike) == 1 else None

    def _all_names(self) -> list[str]:
        names = list(self.matrices.values)
        for frame in self._frames.chain(self._frames.running):
            name = self._locator.made_by(frame)
            if name is not None and name not in names:
                names.append(name)
        return names

    def _show_local(self, arg: str) -> None:
        assert self.curframe is not None
        try:
            value = value_of(ast.parse(arg, mode="eval").body, self._frames.names(self.curframe))
        except (Unknown, SyntaxError, ValueError):
            known = f"nothing is called {arg} so far; there are {', '.join(self._all_names())}"
            self.error("\n".join(textwrap.wrap(known, WIDTH - 4, subsequent_indent="    ")))
            return
        if is_number(value):
            self.message(written_number(value))
        elif value == []:
            self.message(f"{arg} is empty")
        elif type(value) is list and all(type(row) is list for row in value):
            self.message(self._tables.drawn(arg, value, (len(value), max(map(len, value)))))
        elif type(value) is list and all(map(is_number, value)):
            self.message(self._tables.drawn(arg, value, (len(value),)))
        else:
            self.error(f"{arg} is no number, list or matrix")

    def _list_names(self) -> None:
        for name in self._all_names():
            size = " by ".join(map(str, self._tables.shape(name))) or "number"
            made = "" if self._tables.partial(name) is None else " (being computed)"
            text = f"{name:13} {size:>10}  {self._tables.title(name)}{made}"
            self.message("\n".join(textwrap.wrap(text, WIDTH, subsequent_indent=" " * 26)))

    def do_help(self, arg: str) -> bool | None:
        if not arg:
            self.message(OVERVIEW)
            return None
        name = SHORT.get(arg, arg)
        if name in HELP:
            self.message(HELP[name])
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


for _name, _text in HELP.items():
    getattr(Stepper, f"do_{_name}").__doc__ = _text
