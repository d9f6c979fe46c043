"""The text of the source that runs: which line and which part of it an operation stands in.

A function's text is shown only if compiling it gives the very code object that runs.
"""

from __future__ import annotations

import ast
import dis
import inspect
import linecache
import math
import struct
import textwrap
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple


class RecordingError(ArithmeticError):
    """The arithmetic cannot be recorded: a number's origin would be lost, or the bits change."""


class Place(NamedTuple):
    """Where in the source an operation stands; columns in characters, None before Python 3.11."""

    source: int
    line: int
    column: int | None
    end_line: int | None
    end_column: int | None
    target: str | None
    index_names: tuple[str, ...]


class FunctionSource:
    """A function of the source: its text, the literals in it, and where its operations stand."""

    def __init__(self, function: FunctionType, module: str, lines: list[str]) -> None:
        code = function.__code__
        self.module = module
        self.file = module.replace(".", "/") + ".py"
        self.name = function.__qualname__
        self.first_line = code.co_firstlineno
        self.lines = lines
        self.parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        self.literals: set[bytes] = set()
        self.constants: dict[bytes, str] = {}
        self._objects: dict[int, Any] = {}
        text = textwrap.dedent("\n".join(lines))
        self._indent = len(lines[0]) - len(text.split("\n", 1)[0])
        self._tree = _parsed(text, self.first_line)
        self._positions: dict[CodeType, list[Any]] = {}
        for part in with_nested(code):
            for value in _numbers_in((*part.co_consts, *_small_numbers(part))):
                self.literals.add(key_of(value))
                self._objects[id(value)] = value
            for name in part.co_names:
                constant: Any = function.__globals__.get(name)
                if name in ("inf", "nan") and "math" in part.co_names:
                    constant = getattr(math, name)
                if type(constant) is float:
                    self.constants.setdefault(key_of(constant), name)
                    self._objects[id(constant)] = constant

    def contains(self, value: float) -> bool:
        """Return whether a number is a literal of the function or a constant of its module.

        It is only if it is the very object: a number that was computed may have the same value.
        """
        return id(value) in self._objects

    def returns(self, value: float) -> bool:
        """Return whether a number can have left by a ``return`` without being computed.

        ``return -value`` turns the sign of a literal or a constant.
        """
        return self.contains(value) or self._is_turned(value)

    def _is_turned(self, value: float) -> bool:
        key = key_of(float.__neg__(value))
        return key in self.literals or key in self.constants

    def constant_name(self, value: float) -> str | None:
        """Return the name of a constant of the module; None for a literal."""
        key = key_of(value)
        return None if key in self.literals else self.constants.get(key)

    def place(self, number: int, frame: FrameType, part: int) -> Place:
        """Return the place of the instruction at which a frame stands."""
        code = frame.f_code
        line: int = frame.f_lineno
        column = end_line = end_column = None
        if hasattr(code, "co_positions"):
            if code not in self._positions:
                self._positions[code] = list(code.co_positions())
            found = self._positions[code][frame.f_lasti // 2]
            if None not in found:
                line, end_line = found[0], found[1]
                column = self._characters(line, found[2])
                end_column = self._characters(found[1], found[3])
        names = []
        for name in _loop_variables(self._tree, line):
            if type(frame.f_locals.get(name)) is int:
                names.append(name)
        target = self._target(code, frame.f_lasti, part)
        return Place(number, line, column, end_line, end_column, target, tuple(names))

    def _characters(self, line: int, column: int) -> int:
        """Turn a column in bytes into one in characters."""
        text = self.lines[line - self.first_line]
        return len(text.encode()[:column].decode(errors="replace"))

    def _target(self, code: CodeType, offset: int, part: int) -> str | None:
        """Return the local variable that takes the result of the instruction at an offset."""
        offsets, targets = _targets(code)
        names = targets[bisect_right(offsets, offset) - 1]
        return names[part] if part < len(names) else None

    def return_place(self, number: int, value: float, arguments: dict[str, Any]) -> Place | None:
        """Return the place of the ``return`` by which a value left that nothing was done to.

        It is one of the arguments, a literal or a constant.
        """
        key = key_of(value)
        ranked: list[tuple[int, ast.Return]] = []
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Return) and node.value is not None:
                ranks = [self._rank(shown, value, key, arguments) for shown in _chosen(node.value)]
                ranked.extend((rank, node) for rank in ranks if rank is not None)
        if not ranked:
            return None
        node = min(ranked, key=lambda pair: pair[0])[1]
        column = self._indent + node.col_offset
        end_column = self._indent + (node.end_col_offset or 0)
        return Place(number, node.lineno, column, node.end_lineno, end_column, None, ())

    def handing_place(self, number: int) -> Place:
        """Return the place where numbers are handed on as they are.

        It is the innermost line that appends to a list, or else the last statement.
        """
        (function,) = self._tree.body
        found: ast.stmt | None = None
        level = list(ast.iter_child_nodes(function))
        while level:
            lines = [each for each in level if isinstance(each, ast.Expr) and _appends(each)]
            found = lines[-1] if lines else found
            level = [child for each in level for child in ast.iter_child_nodes(each)]
        return self.last_place(number) if found is None else self._whole(number, found)

    def last_place(self, number: int) -> Place:
        """Return the place of the last statement, of the ``return`` if there is one."""
        (function,) = self._tree.body
        assert isinstance(function, ast.FunctionDef)
        return self._whole(number, function.body[-1])

    def _whole(self, number: int, node: ast.stmt) -> Place:
        column = self._indent + node.col_offset
        end_column = self._indent + (node.end_col_offset or 0)
        return Place(number, node.lineno, column, node.end_lineno, end_column, None, ())

    def _rank(
        self, shown: ast.expr, value: float, key: bytes, arguments: dict[str, Any]
    ) -> int | None:
        """Return how surely an expression behind ``return`` is the one that gave a value."""
        if isinstance(shown, ast.Name) and arguments.get(shown.id) is value:
            return 0
        if isinstance(shown, ast.Constant) and key in map(key_of, _numbers_in([shown.value])):
            return 1
        if isinstance(shown, ast.Name) and self.constants.get(key) == shown.id:
            return 2
        is_turned = isinstance(shown, ast.UnaryOp) and isinstance(shown.op, ast.USub)
        if self._is_turned(value) and is_turned:
            return 3
        if isinstance(shown, ast.Attribute) and self.constants.get(key) == shown.attr:
            return 3
        if type(value) is not float or (isinstance(shown, ast.Name) and self.contains(value)):
            return 4
        return None


@cache
def _parsed(text: str, first_line: int) -> ast.Module:
    """Return a function's tree with the lines of its file, to be read only."""
    tree = ast.parse(text)
    ast.increment_lineno(tree, first_line - 1)
    return tree


@cache
def _loop_variables(tree: ast.Module, line: int) -> list[str]:
    """Return the names that the loops around a line count with, the outermost first."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.For, ast.comprehension)):
            last = node.end_lineno if isinstance(node, ast.For) else node.target.end_lineno
            if node.target.lineno <= line <= (last or line):
                names += [name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)]
    return names


def _appends(statement: ast.Expr) -> bool:
    """Return whether a statement puts something at the end of a list."""
    call = statement.value
    return isinstance(call, ast.Call) and (
        isinstance(call.func, ast.Attribute) and call.func.attr == "append"
    )


def _chosen(shown: ast.expr) -> Iterator[ast.expr]:
    """Yield the expressions among which a conditional expression, max or min chooses."""
    if isinstance(shown, ast.IfExp):
        yield from _chosen(shown.body)
        yield from _chosen(shown.orelse)
    elif (
        isinstance(shown, ast.Call)
        and isinstance(shown.func, ast.Name)
        and shown.func.id in ("max", "min")
    ):
        yield from shown.args
    else:
        yield shown


def key_of(value: float) -> bytes:
    """Return a key under which only the same bits are found (and every NaN)."""
    if isinstance(value, int):
        return b"i%d" % value
    return struct.pack("<d", value if value == value else math.nan)


def with_nested(code: CodeType) -> Iterator[CodeType]:
    """Yield a code object and those of the functions and comprehensions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from with_nested(constant)


def _numbers_in(constants: Iterable[Any]) -> Iterator[float]:
    for constant in constants:
        if type(constant) in (float, int):
            yield constant
        elif type(constant) is tuple:
            yield from _numbers_in(constant)


def _small_numbers(code: CodeType) -> Iterator[int]:
    """Yield the whole numbers from 0 to 255, which since Python 3.14 stand in the instructions."""
    if "LOAD_SMALL_INT" in dis.opmap:
        for found in dis.get_instructions(code):
            if found.opname == "LOAD_SMALL_INT":
                yield found.argval


@cache
def _targets(code: CodeType) -> tuple[list[int], list[list[str]]]:
    """Return the instructions' offsets, and the variables into which each one's result goes."""
    instructions = [found for found in dis.get_instructions(code) if found.opname != "EXTENDED_ARG"]
    offsets = [found.offset for found in instructions]
    targets: list[list[str]] = []
    for number in range(len(instructions)):
        names: list[str] = []
        wanted = 1
        for found in instructions[number + 1 : number + 5]:
            if found.opname == "UNPACK_SEQUENCE" and not names:
                wanted = found.arg or 1
            elif found.opname.startswith("STORE_FAST"):
                stored = found.argval if isinstance(found.argval, tuple) else (found.argval,)
                count = 2 if found.opname == "STORE_FAST_STORE_FAST" else 1
                names.extend(stored[:count])
            else:
                break
            if len(names) >= wanted:
                break
        targets.append(names if len(names) >= wanted else [])
    return offsets, targets


# Read once for each text of a file: finding the end of a function takes longer than recording it.
_compiled: dict[tuple[str, str], dict[tuple[str, int], list[CodeType]]] = {}
_blocks: dict[tuple[str, str, int], list[str]] = {}


def read_source(function: FunctionType, module: str) -> list[str]:
    """Return the lines of a function, which must be those of the code object that runs."""
    code = function.__code__
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename, function.__globals__)
    if not lines:
        raise RecordingError(f"{module}: its source {code.co_filename} cannot be read")
    text = "".join(lines)
    codes = _compiled.get((code.co_filename, text))
    if codes is None:
        codes = {}
        try:
            whole_module = compile(text, code.co_filename, "exec", dont_inherit=True)
        except SyntaxError:
            raise _changed(function, module) from None
        for part in with_nested(whole_module):
            codes.setdefault((part.co_name, part.co_firstlineno), []).append(part)
        _compiled[code.co_filename, text] = codes
    if code not in codes.get((code.co_name, code.co_firstlineno), []):
        raise _changed(function, module)
    key = (code.co_filename, text, code.co_firstlineno)
    if key not in _blocks:
        block = inspect.getblock(lines[code.co_firstlineno - 1 :])
        _blocks[key] = [line.rstrip("\r\n") for line in block]
    return _blocks[key]


def _changed(function: FunctionType, module: str) -> RecordingError:
    return RecordingError(
        f"{function.__qualname__}: the file of {module} has changed since Python read it; "
        f"start Python again"
    )
