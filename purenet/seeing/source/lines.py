"""The lines of a file: the statement that stands there, what it computes, the loops around it."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .expressions import is_arithmetic


class Line(NamedTuple):
    """A line of source: its statement, what that computes, and the loops' variables around it."""

    statement: ast.stmt
    formula: ast.expr | None
    may_compute: bool
    loops: tuple[str, ...]


class SourceFile:
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
            may_compute = any(is_arithmetic(node) or type(node) is ast.Call for node in nodes)
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


def is_docstring(statement: ast.stmt) -> bool:
    """Return whether a statement is a docstring or another constant that stands alone."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
