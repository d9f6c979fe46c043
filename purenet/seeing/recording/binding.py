"""Objects whose methods are recorded: layers, a network, an optimizer.

The recorded functions stand in the objects themselves, so that no class is changed.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from ...layers import Layer
from ..memory import float_attributes
from .namespaces import Namespaces
from .traced import plain

Method = Callable[..., Any]


def modules_of(owner: Any, contract: type) -> list[ModuleType]:
    """Return the modules of an object's class and of those from which it is derived."""
    kinds = type(owner).__mro__
    return [sys.modules[kind.__module__] for kind in kinds[: kinds.index(contract)]]


def bind(
    namespaces: Namespaces,
    owner: Any,
    contract: type,
    names: Sequence[str],
    watched: Mapping[str, Method],
) -> None:
    """Let an object run recorded functions: those of the contract, and all of its own class.

    names: of the contract.  watched: called instead of a method, as
        ``watched[name](method, owner, code, *arguments)``, code being the method's code object.
    """
    kind = type(owner)
    functions: dict[str, Any] = {name: getattr(kind, name) for name in names}
    for base in reversed(kind.__mro__[: kind.__mro__.index(contract)]):
        for name, found in vars(base).items():
            if isinstance(found, (FunctionType, staticmethod)) and not name.startswith("__"):
                functions[name] = found
                # Recorded also where a class derived from it calls it by way of super().
                namespaces.function(getattr(found, "__func__", found))
    for name, function in functions.items():
        if isinstance(function, staticmethod):
            vars(owner)[name] = namespaces.function(function.__func__)
            continue
        method: Method = MethodType(namespaces.function(function), owner)
        if name in watched:
            method = partial(watched[name], method, owner, function.__code__)
        vars(owner)[name] = method


@contextlib.contextmanager
def other_numbers(
    owner: Any, names: Sequence[str], change: Callable[[str, Any], Any]
) -> Iterator[None]:
    """Let a layer or an optimizer have other numbers for a while: ``change(name, values)``."""
    before = {name: vars(owner)[name] for name in names if vars(owner).get(name) is not None}
    vars(owner).update({name: change(name, values) for name, values in before.items()})
    try:
        yield
    finally:
        vars(owner).update(before)


def plain_numbers(name: str, values: Any) -> Any:
    """Return numbers without an origin, as ``change`` of ``other_numbers``."""
    return plain(values)


def numbers_of(layer: Layer, code: CodeType) -> list[str]:
    """Return the names of the parameters, and of the settings, that a method of a layer uses."""
    used: set[str] = set()
    todo = [code]
    while todo:
        for name in set(todo.pop().co_names) - used:
            used.add(name)
            function = getattr(type(layer), name, None)
            if isinstance(function, FunctionType):
                todo.append(function.__code__)
    return [name for name in (*layer.PARAMETERS, *float_attributes(layer)) if name in used]
