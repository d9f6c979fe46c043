"""The value of an expression of the source, found without running any code."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

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


def value_of(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return the value of an expression without any side effect.

    Names, constants, attributes that are plain data, subscripts of lists, tuples and dictionaries,
    arithmetic and comparisons of numbers.  Raises Unknown for all else, calls above all.

    >>> value_of(ast.parse("total + a[1] * 2.0", mode="eval").body, {"total": 1.0, "a": [3.0, 4.0]})
    9.0
    """
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        if node.id in names:
            return names[node.id]
        raise Unknown
    if isinstance(node, ast.Attribute):
        return _attribute(value_of(node.value, names), node.attr)
    if isinstance(node, ast.Subscript):
        return _item(value_of(node.value, names), value_of(node.slice, names))
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        left, right = _number(node.left, names), _number(node.right, names)
        try:
            return _OPERATIONS[type(node.op)](left, right)
        except ArithmeticError:  # the program itself will raise it, too
            raise Unknown from None
    if isinstance(node, ast.UnaryOp) and type(node.op) in _SIGNS:
        return _SIGNS[type(node.op)](_number(node.operand, names))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        value = value_of(node.operand, names)
        if type(value) is bool:
            return not value
    if isinstance(node, ast.Compare):
        return _comparison(node, names)
    if isinstance(node, ast.BoolOp):
        values = [value_of(value, names) for value in node.values]
        if all(type(value) is bool for value in values):
            return all(values) if isinstance(node.op, ast.And) else any(values)
    raise Unknown


def _number(node: ast.expr, names: Mapping[str, Any]) -> Any:
    value = value_of(node, names)
    if not is_number(value):
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
    """Return an attribute that is data: of a module, a named tuple, an instance, or a number.

    A number may also stand in the class, for all instances that have no other one.
    """
    if isinstance(value, tuple) and name in getattr(type(value), "_fields", ()):
        return tuple.__getitem__(value, type(value)._fields.index(name))  # type: ignore[attr-defined]  # has it, see above
    try:
        data = object.__getattribute__(value, "__dict__")
    except AttributeError:
        raise Unknown from None
    if isinstance(data, dict) and name in data:
        return data[name]
    for kind in type(value).__mro__:
        if name in vars(kind) and is_number(vars(kind)[name]):
            return vars(kind)[name]
    raise Unknown


def _item(value: Any, index: Any) -> Any:
    if type(value) in (list, tuple) and type(index) is int and -len(value) <= index < len(value):
        return value[index]
    if type(value) is dict and type(index) in (str, int) and index in value:
        return value[index]
    raise Unknown


def is_number(value: object) -> bool:
    """Return whether this is a plain number: a float, an int or a bool."""
    return type(value) in (float, int, bool)


def written_number(value: Any, *, operand: bool = False) -> str:
    """Write a number with all its digits, a negative one among operators in parentheses."""
    text = repr(value)
    return f"({text})" if operand and text.startswith("-") else text


def is_arithmetic(node: ast.AST) -> bool:
    """Return whether this is an addition, a multiplication ..., a sign or a comparison."""
    if isinstance(node, ast.Compare):
        return all(type(operation) in _COMPARISONS for operation in node.ops)
    if isinstance(node, ast.UnaryOp):
        return not isinstance(node.operand, ast.Constant) and type(node.op) in _SIGNS
    return isinstance(node, ast.BinOp)
