"""A line of the source worked out: in names, in numbers, its result."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from types import FrameType, FunctionType
from typing import Any, NamedTuple

from ... import elementary
from ..source.expressions import Unknown, is_arithmetic, is_number, value_of, written_number
from ..step import Named, training_step
from .frames import Frames
from .matrices import Matrices


class WorkedLine(NamedTuple):
    """A line worked out: in names, in numbers, its result; ``operation``: it computes a number."""

    names: str | None
    numbers: str | None
    result: str | None
    operation: bool


def _outside_of_brackets(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of an expression, without those that only say where a number stands."""
    yield node
    children = [node.value] if isinstance(node, ast.Subscript) else ast.iter_child_nodes(node)
    for child in children:
        yield from _outside_of_brackets(child)


class LineWorker:
    """Works out the lines at which frames stand."""

    def __init__(
        self,
        matrices: Matrices,
        frames: Frames,
        arithmetic: Collection[str],
        owners: Mapping[int, int | None],
    ) -> None:
        self._matrices = matrices
        self._frames = frames
        self._arithmetic = arithmetic  # the names of the modules that compute
        self._owners = owners  # the layers by their id, None for the optimizer

    def worked(self, frame: FrameType, number: int | None = None) -> WorkedLine:
        """Return a line worked out: the one at which a frame stands, if no number is given."""
        line = self._frames.line(frame, number)
        if line is None or line.formula is None:
            return WorkedLine(None, None, None, False)
        formula = line.formula
        source = self._frames.source(frame.f_code.co_filename, frame.f_globals)
        names = self._frames.names(frame)
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
                    value = value_of(node, names)
                except Unknown:
                    return
                if type(value) is str:
                    in_numbers.append((node, repr(value)))
                elif is_number(value):
                    floats[0] = floats[0] or type(value) is float
                    in_numbers.append((node, written_number(value, operand=operand)))
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
            value = value_of(formula, names)
            if is_number(value):
                result = written_number(value)
        except Unknown:
            pass
        written = source.rewritten(formula, in_numbers) if in_numbers else None
        named = source.rewritten(formula, in_names) if in_names else None
        computed = any(map(is_arithmetic, _outside_of_brackets(formula))) and floats[0]
        if not computed:
            computed = frame.f_globals.get("__name__") in self._arithmetic and any(
                self._is_elementary(node, names) for node in ast.walk(formula)
            )
        return WorkedLine(
            named if named != plain else None,
            written if written not in (plain, named, result) else None,
            result if result != plain else None,
            computed,
        )

    def _is_elementary(self, node: ast.AST, names: Mapping[str, Any]) -> bool:
        """Return whether this is a call of exp, log1p or tanh."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            return False
        return getattr(names.get(node.func.id), "__module__", None) == elementary.__name__

    def _field_name(self, node: ast.expr, frame: FrameType, names: Mapping[str, Any]) -> str | None:
        """Return what a variable or an element is called in the field, for example W1[0][2]."""
        try:
            value = value_of(node, names)
            if type(value) is list:
                return self._matrices.name(value)
            if isinstance(node, ast.Subscript):
                return self._matrices.element(
                    value_of(node.value, names), value_of(node.slice, names)
                )
            if isinstance(node, ast.Attribute) and type(value) is float:
                return self._setting_name(id(value_of(node.value, names)), node.attr)
        except Unknown:
            return None
        if isinstance(node, ast.Name) and type(value) is float:
            return self._argument_name(node.id, frame)
        return None

    def _setting_name(self, owner: int, attribute: str) -> str | None:
        if owner not in self._owners:
            return None
        number = self._owners[owner]
        return Named("setting" if number is None else "layer_setting", number, attribute).name

    def _argument_name(self, name: str, frame: FrameType) -> str | None:
        """Return what the caller has passed as an argument of a scalar function."""
        code, caller = frame.f_code, frame.f_back
        if caller is None or name not in code.co_varnames[: code.co_argcount]:
            return None
        line = self._frames.line(caller)
        if line is None or code is training_step.__code__:
            return None
        names = self._frames.names(caller)
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
