"""The modules of the arithmetic once more, with the same code objects, for recorded numbers.

Every function is made again from its code object with a namespace of its own, in which ``exp``,
``math`` and ``round`` are stand-ins that know numbers with an origin.  Nothing outside is patched,
so another thread, a debugger or a profiler sees nothing of it.
"""

from __future__ import annotations

import builtins
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any, NoReturn

from ... import elementary
from ..source.functions import RecordingError
from .conditions import compared
from .tape import Tape
from .traced import Number, Traced, Whole, as_plain, describe, new_number, new_whole, refuse


class Namespaces:
    """A second namespace for each module of the arithmetic, with the same code objects in it.

    Every function defined there is made again from its code object with the new namespace as its
    globals, and enters its calls on the tape.
    """

    def __init__(self, tape: Tape, modules: Iterable[ModuleType], open_functions: bool) -> None:
        self.tape = tape
        self._open = open_functions
        self._math = _Math(tape)
        self._modules = {id(vars(module)): module for module in modules}
        self._made: dict[int, Any] = {}
        # A function takes its built-in names from its globals when it is made.
        self.globals: dict[str, dict[str, Any]] = {
            module.__name__: {"__builtins__": self._builtins(module is elementary)}
            for module in self._modules.values()
        }
        # Called when a recorded function returns, as ``after[code](call, arguments, result)``.
        self.after: dict[CodeType, Callable[[int, dict[str, Any], Any], Any]] = {}
        for module in self._modules.values():
            namespace = self.globals[module.__name__]
            for name, value in vars(module).items():
                if name != "__builtins__":
                    namespace[name] = self._converted(value)

    def function(self, function: Any) -> Any:
        """Return a function of these modules made again, another one as it is."""
        if id(function.__globals__) not in self._modules:
            return function
        return self._function(function)

    def _converted(self, value: Any) -> Any:
        if isinstance(value, FunctionType) and id(value.__globals__) in self._modules:
            return self._function(value)
        if value is math:
            return self._math
        if isinstance(value, BuiltinFunctionType) and value.__self__ is math:
            return getattr(self._math, value.__name__)
        if type(value) is dict:
            return {key: self._converted(item) for key, item in value.items()}
        return value

    def _builtins(self, is_elementary: bool) -> dict[str, Any]:
        namespace = dict(vars(builtins))
        for name in ("sum", "round", "abs", "pow", "divmod"):
            namespace[name] = _guarded(getattr(builtins, name), f"{name}()")
        if is_elementary and self._open:
            namespace["int"] = self._int
            namespace["float"] = self._float
        return namespace

    def _int(self, value: Any) -> Any:
        if not isinstance(value, Traced):
            return int(value)
        result = int(as_plain(value))
        identity = self.tape.operation("int", (value,), result, sys._getframe(1))
        return new_whole(self.tape, result, identity)

    def _float(self, value: Any) -> Any:
        if not isinstance(value, Whole):
            return float(value)
        result = float(int.__add__(value, 0))
        identity = self.tape.operation("float", (value,), result, sys._getframe(1))
        return new_number(self.tape, result, identity)

    def _function(self, function: FunctionType) -> Callable[..., Any]:
        """Return a function with the same code object whose calls are recorded."""
        made: Callable[..., Any] | None = self._made.get(id(function))
        if made is not None:
            return made
        module = self._modules[id(function.__globals__)]
        if module is elementary and not self._open and not function.__name__.startswith("_"):
            made = self._closed(function)
        else:
            made = self._again(function, module.__name__)
        self._made[id(function)] = made
        return made

    def _closed(self, function: FunctionType) -> Callable[..., Any]:
        """Return exp, log, log1p or tanh as one operation."""
        tape = self.tape

        def operation(x: float) -> float:
            frame = sys._getframe(1)
            if tape.is_recording() and tape.knows(frame.f_code):
                x = tape.literal_number(x, frame)
            if not isinstance(x, Number):
                result: float = function(x)
                return result
            value = function(as_plain(x))
            identity = tape.operation(function.__name__, (x,), value, frame)
            return new_number(tape, value, identity)

        return operation

    def _again(self, function: FunctionType, module: str) -> Callable[..., Any]:
        tape = self.tape
        tape.register(function, module)
        name = function.__name__
        inner = FunctionType(
            function.__code__,
            self.globals[module],
            name,
            function.__defaults__,
            function.__closure__,
        )
        inner.__kwdefaults__ = function.__kwdefaults__
        parameters = function.__code__.co_varnames

        def call(*positional: Any, **named: Any) -> Any:
            frame: FrameType | None = sys._getframe(1)
            while frame is not None and not tape.knows(frame.f_code):
                frame = frame.f_back
            recorded = any(map(_is_recorded, (*positional, *named.values())))
            if frame is not None and (recorded or tape.is_recording()):
                positional = tuple(tape.literal_number(value, frame) for value in positional)
            arguments = dict(zip(parameters, positional, strict=False))
            arguments.update(named)
            recorded = any(map(_is_recorded, arguments.values()))
            line = None if frame is None else frame.f_lineno
            entered = tape.enter(function, arguments, line, recorded)
            try:
                result = self._checked(entered, arguments, inner(*positional, **named))
                after = self.after.get(function.__code__)
                if after is not None:
                    result = after(entered, arguments, result)
            finally:
                tape.leave(entered)
            tape.call_results[entered] = describe(result)
            return result

        return call

    def _checked(self, call: int, arguments: dict[str, Any], result: Any) -> Any:
        """Return a function's result; numbers in it that came through unchanged are copies.

        A number that has lost its origin is refused.
        """
        if not self.tape.calls[call].recorded:
            if isinstance(result, list) and self.tape.is_inside_recorded(call):
                self._with_literals(call, result)
            return result
        if isinstance(result, float):
            return self.with_origin(call, arguments, result)
        if isinstance(result, list) and result:
            if isinstance(result[0], float) and all(map(_is_whole_row, arguments.values())):
                for place in range(len(result)):
                    result[place] = self.with_origin(call, {}, result[place])
            elif isinstance(result[0], list) and result[0] and isinstance(result[0][0], list):
                self._with_literals(call, result)
            elif isinstance(result[0], list):
                self._checked_rows(call, arguments, result)
                self.tape.returned.append((self.tape.calls[call].source, result))
        elif isinstance(result, tuple):  # z and a of a layer
            for item in result:
                if isinstance(item, list) and item and isinstance(item[0], list):
                    self._checked_rows(call, arguments, item)
        return result

    def _checked_rows(self, call: int, arguments: dict[str, Any], rows: list[list[Any]]) -> None:
        """Give numbers that are literals of the function an origin, and refuse others without."""
        if not all(map(_is_whole_row, arguments.values())):
            return
        number = self.tape.calls[call].source
        source = self.tape.sources[number]
        for row in rows:
            for place, value in enumerate(row):
                if isinstance(value, float) and not isinstance(value, Traced):
                    if not source.contains(value):
                        self._lost(call, value)
                    origin = self.tape.copy(value, source.last_place(number))
                    row[place] = new_number(self.tape, value, origin)

    def _with_literals(self, call: int, values: list[Any]) -> None:
        """Make recorded numbers of a function's literals in nested lists: the zeros of an image."""
        source = self.tape.sources[self.tape.calls[call].source]
        for place, value in enumerate(values):
            if isinstance(value, list):
                self._with_literals(call, value)
            elif type(value) is float and source.contains(value):
                values[place] = self.tape.leaf_number(value, source)

    def _lost(self, call: int, value: float) -> NoReturn:
        source = self.tape.sources[self.tape.calls[call].source]
        file = source.file.rsplit("/", 1)[-1]
        raise RecordingError(
            f"{source.name}, {file} {self._lines_of(call)}: it returns {value!r}, a number whose "
            f"origin was lost in it"
        )

    def with_origin(self, call: int, arguments: dict[str, Any], result: float) -> float:
        """Return a call's result with an origin: what came through it unchanged is a copy."""
        tape = self.tape
        if isinstance(result, Traced) and all(value is not result for value in arguments.values()):
            return result
        number_of_source = tape.calls[call].source
        source = tape.sources[number_of_source]
        place = None
        if isinstance(result, Traced) or source.returns(result):
            place = source.return_place(number_of_source, result, arguments)
        if place is None:
            self._lost(call, result)
        return new_number(tape, as_plain(result), tape.copy(result, place))

    def _lines_of(self, call: int) -> str:
        """Return between which lines of a call the origin of a number was lost."""
        tape = self.tape
        source = tape.sources[tape.calls[call].source]
        last = source.first_line + len(source.lines) - 1
        line = source.first_line
        for identity in range(tape.calls[call].first, len(tape)):
            place = tape.place[identity]
            if tape.call[identity] == call and place is not None:
                line = tape.places[place].line
        return f"line {line} to {last}" if line < last else f"line {line}"


def _is_recorded(value: Any) -> bool:
    """Return whether there is a number in it whose operations are recorded."""
    if isinstance(value, (list, tuple)):
        return any(map(_is_recorded, value))
    return isinstance(value, Number)


def _is_whole_row(value: Any) -> bool:
    """Return whether all floats in it are recorded, or none is there."""
    if isinstance(value, (list, tuple)):
        return all(map(_is_whole_row, value))
    return not isinstance(value, float) or isinstance(value, Number)


def _guarded(function: Callable[..., Any], what: str) -> Callable[..., Any]:
    """Return a built-in function that refuses recorded numbers."""

    def guarded(*arguments: Any, **named: Any) -> Any:
        arguments = tuple(
            list(value) if isinstance(value, Iterator) else value for value in arguments
        )
        if any(map(_is_recorded, (*arguments, *named.values()))):
            refuse(sys._getframe(1), f"{what} would take a number's origin away")
        return function(*arguments, **named)

    return guarded


class _Math:
    """Stands in for the module math: what is exact is recorded, what is not is refused."""

    inf = math.inf
    nan = math.nan

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def __getattr__(self, name: str) -> Any:
        value = getattr(math, name)
        return _guarded(value, f"math.{name}()") if callable(value) else value

    # What these decide is entered as the comparisons that say the same.

    def isnan(self, x: float) -> bool:
        return self._decide(x, [("!=", x)], sys._getframe(1))

    def isinf(self, x: float) -> bool:
        return self._decide(x, [("==", math.inf), ("==", -math.inf)], sys._getframe(1))

    def isfinite(self, x: float) -> bool:
        frame = sys._getframe(1)
        return not self._decide(x, [("!=", x), ("==", math.inf), ("==", -math.inf)], frame)

    def _decide(self, x: float, conditions: list[tuple[str, float]], frame: FrameType) -> bool:
        """Return whether one of several comparisons of a number holds, the last one asked."""
        for op, other in conditions:
            outcome = compared(op, as_plain(x), as_plain(other))
            if isinstance(x, Number):
                self._tape.condition(op, x, other, outcome, frame)
            if outcome:
                return True
        return False

    def ldexp(self, x: float, exponent: int) -> float:
        value = math.ldexp(as_plain(x), exponent)
        if not isinstance(x, Number) and not isinstance(exponent, Whole):
            return value
        identity = self._tape.operation("ldexp", (x, exponent), value, sys._getframe(1))
        return new_number(self._tape, value, identity)

    def frexp(self, x: float) -> tuple[float, int]:
        mantissa, exponent = math.frexp(as_plain(x))
        if not isinstance(x, Number):
            return mantissa, exponent
        frame = sys._getframe(1)
        tape = self._tape
        first = tape.operation("frexp_mantissa", (x,), mantissa, frame)
        second = tape.operation("frexp_exponent", (x,), exponent, frame, 1)
        return new_number(tape, mantissa, first), new_whole(tape, exponent, second)

    def sqrt(self, x: float) -> float:
        value = math.sqrt(as_plain(x))
        if not isinstance(x, Number):
            return value
        identity = self._tape.operation("sqrt", (x,), value, sys._getframe(1))
        return new_number(self._tape, value, identity)
