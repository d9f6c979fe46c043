"""The debugger: pdb, with the numbers of each line and commands for the grains of a training step.

What it shows is read from the running program: the source line, its syntax tree, and the values in
the frame.  Nothing is computed twice by other code.

Names are those of ``step``.  Besides, where a layer has biases, ``x.W1`` is its product before they
are added, and ``x^T`` is x with rows and columns exchanged.
"""

from __future__ import annotations

import linecache
import pdb
import re
import sys
import textwrap
from collections.abc import Mapping
from types import FrameType, FunctionType
from typing import Any, TextIO

from ... import activations, elementary, losses, matrix, network, parameters, regularisation
from ...drawing.text import supports_unicode
from ...layers import convolution, pooling
from ...matrix import Matrix
from ...network import Network
from ...optimizers import Optimizer
from .. import step
from ..source.expressions import is_number, written_number
from ..source.lines import is_docstring
from ..step import Clipping, names_of, training_step
from .frames import Frames, short_path
from .help import HELP, OVERVIEW, SHORT
from .keeping import Keeper
from .matrices import Matrices
from .positions import Locator, Position
from .showing import NotThere, Shower
from .tables import WIDTH, Tables
from .working import LineWorker

_FUNCTIONS = (matrix, activations, losses, regularisation, convolution, pooling)
_ARITHMETIC = tuple(module.__name__ for module in _FUNCTIONS)


class Stepper(pdb.Pdb):
    """pdb, with the numbers of each line and commands for the grains of a training step."""

    allow_kbdint: bool  # of pdb: whether the prompt waits for a command

    def __init__(
        self,
        net: Network,
        inputs: Matrix,
        targets: Matrix,
        learning_rate: float,
        optimizer: Optimizer,
        clipping: Clipping,
        words: Mapping[str, str],
        stdin: TextIO | None = None,
        stdout: TextIO | None = None,
    ) -> None:
        # bdb asks is_skipped_module only where there is something to skip.
        super().__init__(
            stdin=stdin,
            stdout=stdout,
            skip=["purenet.checks"],
            nosigint=True,  # Ctrl-C is heard all the time, not after "continue" alone
            readrc=False,
        )
        if stdin is not None:
            self.use_rawinput = False  # pdb would read from it only if stdout is given as well
        self.prompt = "(purenet) "
        self._grain: str | None = "operation"
        self._times = 1  # how often the command under way is still to be done
        self._start = Position(None, None, None, ())
        self._interrupted = False  # by Ctrl-C, since the last line
        self._opened = False  # exp, log1p and tanh were stepped into
        self._returned: tuple[FrameType, Any] | None = None
        unicode = supports_unicode(sys.stdout if stdout is None else stdout)
        self.matrices = Matrices(names_of(net.layers), net.layers, len(inputs))
        self._frames = Frames(self)
        self._locator = Locator(net, optimizer, self.matrices, self._frames)
        kinds = [kind for owner in (*net.layers, optimizer) for kind in type(owner).__mro__[:-1]]
        arithmetic = {*_ARITHMETIC, *(kind.__module__ for kind in kinds)}
        self._shown = {*arithmetic, elementary.__name__, network.__name__, step.__name__}
        self._shown.add(parameters.__name__)
        owners: dict[int, int | None] = {id(layer): n for n, layer in enumerate(net.layers)}
        owners[id(optimizer)] = None
        self._worker = LineWorker(self.matrices, self._frames, arithmetic, owners)
        self._tables = Tables(net, len(inputs), self.matrices, self._frames, self._locator, unicode)
        self._shower = Shower(self.matrices, self._frames, self._locator, self._tables, words)
        self._keeper = Keeper(net, optimizer, self.matrices, self._frames, self._locator)
        self._keeper.begin(net, optimizer, clipping, inputs, targets, learning_rate)

    # What is traced, and where to stop.

    def is_skipped_module(self, module_name: str | None) -> bool:
        """Return whether stepping passes over a module: all but the training step itself."""
        if module_name == elementary.__name__:
            return self._grain is not None and not self._opened
        return module_name not in self._shown

    def break_anywhere(self, frame: FrameType) -> bool:
        # Functions that compute a matrix are followed in any case, to record what they return.
        return frame.f_code in self._keeper.followed or super().break_anywhere(frame)

    def dispatch_call(self, frame: FrameType, arg: Any) -> Any:
        self._keeper.called(frame)
        return super().dispatch_call(frame, arg)

    def user_call(self, frame: FrameType, argument_list: None) -> None:
        self._frames.running = frame
        if self._grain is None:
            super().user_call(frame, argument_list)

    def user_line(self, frame: FrameType) -> None:
        self._frames.running = frame
        if self._interrupted:
            self._interrupted, self._grain = False, None
        if self._grain is not None:
            # bdb looks for breakpoints only where stop_here says no.
            if self.stop_here(frame):
                reached = self._is_reached(frame)
                if not (reached and self._times == 1) and not self.break_here(frame):
                    if reached:
                        self._again(frame)
                    self.set_step()  # from here, so that the command's line is a new one again
                    return
            self._report()
        super().user_line(frame)

    def sigint_handler(self, signum: Any, frame: FrameType | None) -> None:
        """Stop at the next line after Ctrl-C; at the prompt it ends the command alone."""
        while frame is not None and frame.f_globals.get("__name__") not in self._shown:
            frame = frame.f_back  # a line of the debugger itself is none to stop at
        if frame is None:  # before the step or after it
            raise KeyboardInterrupt
        self._interrupted = not self.allow_kbdint
        super().sigint_handler(signum, frame)

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
        self._keeper.returned(frame, arg)
        return super().dispatch_return(frame, arg)

    def get_stack(self, f: FrameType | None, t: Any) -> tuple[list[tuple[FrameType, int]], int]:
        # The debugger's own frames below the training step are nobody's concern.
        stack, index = super().get_stack(f, t)
        for below, (frame, _) in enumerate(stack):
            if frame.f_code is training_step.__code__:
                return stack[below:], max(index - below, 0)
        return stack, index

    def _is_reached(self, frame: FrameType) -> bool:
        """Return whether this line is where the command under way ends."""
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
            for name in dict.fromkeys(self._keeper.finished):
                self.message(self._tables.table(name))

    def close(self, loss: float, after: float) -> None:
        """Say how the training step has ended."""
        self._frames.running = None
        if self._grain is not None:
            self._report()
        self.message("The training step is done.")
        self.message(f"Loss before it {loss!r}, after it {after!r}.")

    def _again(self, frame: FrameType) -> None:
        """Begin the command once more: it was to be done several times."""
        grain, times = self._grain, self._times - 1
        self._report()
        self._grain, self._times = grain, times
        self._start = self._locator.position(frame)
        self._keeper.finished.clear()

    def _run(self, grain: str, arg: str) -> bool | None:
        assert self.curframe is not None
        times = arg.strip() or "1"
        if not re.fullmatch(r"0*[1-9]\d{0,9}", times, re.ASCII):
            self.error(f"{grain}: found {arg.strip()!r}, expected how many times, 1 or more")
            return None
        self._grain, self._times = grain, int(times)
        self._start = self._locator.position(self.curframe)
        self._opened = grain == "operation" and (
            self.curframe.f_globals.get("__name__") == elementary.__name__
        )
        self._keeper.finished.clear()
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

    def do_operation(self, arg: str) -> bool | None:
        return self._run("operation", arg)

    def do_element(self, arg: str) -> bool | None:
        return self._run("element", arg)

    def do_matrix(self, arg: str) -> bool | None:
        return self._run("matrix", arg)

    def do_layer(self, arg: str) -> bool | None:
        return self._run("layer", arg)

    def do_phase(self, arg: str) -> bool | None:
        return self._run("phase", arg)

    def do_break(self, arg: str, temporary: Any = 0) -> bool | None:
        # The functions of the training step are known by their names, whatever module this is.
        name = arg.strip().split(".")[-1]
        for module in (
            matrix,
            activations,
            losses,
            elementary,
            regularisation,
            convolution,
            pooling,
        ):
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
        assert self.curframe is not None
        try:
            self.message(self._shower.show(arg.strip(), self._frames.names(self.curframe)))
        except NotThere as error:
            self.error(str(error))

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
