"""``show``: a matrix, a row, a number, a list of the current function, or all names."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Mapping
from typing import Any

from ..notation import element_name, in_ascii, spellings
from ..source.expressions import Unknown, is_number, value_of, written_number
from .frames import Frames
from .matrices import Matrices
from .positions import Locator
from .tables import WIDTH, Tables


class NotThere(ValueError):
    """Raised for what has no such name or is not computed yet."""


class Shower:
    """Finds what somebody asks for and writes it as text."""

    def __init__(
        self,
        matrices: Matrices,
        frames: Frames,
        locator: Locator,
        tables: Tables,
        words: Mapping[str, str],
    ) -> None:
        self._matrices = matrices
        self._frames = frames
        self._locator = locator
        self._tables = tables
        self._words = words  # what the numbers of a matrix stand for, by its name

    def show(self, asked: str, variables: Mapping[str, Any]) -> str:
        """Return what is asked for as text; variables: those of the current function.

        Raises NotThere.
        """
        if not asked:
            return self._list_of_names()
        match = re.fullmatch(r"\(?([^\[\]()]+)\)?((?:\[\d+\])*)", asked)
        name = None if match is None else self._known(match[1])
        if match is None or name is None:
            return self._variable(asked, variables)
        index = [int(number) for number in re.findall(r"\d+", match[2])]
        if not index:
            table = self._tables.table(name)
            words = textwrap.fill(self._words.get(name, ""), WIDTH)
            return f"{table}\n{words}" if words else table
        text = self._tables.numbers_at(name, index)
        if text is not None:
            return text
        shape = self._tables.shape(name)
        is_inside = len(index) == len(shape) and all(map(int.__lt__, index, shape))
        if is_inside:
            raise NotThere(f"{element_name(name, index)} is not computed yet")
        size = " by ".join(map(str, shape))
        raise NotThere(f"{name} has no {element_name('', index)}: it is {size}, counted from 0")

    def _known(self, name: str) -> str | None:
        known = self._names()
        plain = in_ascii(name)
        for other in known:
            if plain in spellings(other):
                return other
        alike = [other for other in known if other.lower() == plain.lower()]
        return alike[0] if len(alike) == 1 else None

    def _names(self) -> list[str]:
        names = list(self._matrices.values)
        for frame in self._frames.chain(self._frames.running):
            name = self._locator.made_by(frame)
            if name is not None and name not in names:
                names.append(name)
        return names

    def _variable(self, asked: str, variables: Mapping[str, Any]) -> str:
        try:
            value = value_of(ast.parse(asked, mode="eval").body, variables)
        except (Unknown, SyntaxError, ValueError):
            known = f"nothing is called {asked} so far; there are {', '.join(self._names())}"
            text = textwrap.wrap(known, WIDTH - 4, subsequent_indent="    ")
            raise NotThere("\n".join(text)) from None
        if is_number(value):
            return written_number(value)
        if value == []:
            return f"{asked} is empty"
        if type(value) is list and all(type(row) is list for row in value):
            return self._tables.drawn(asked, value, (len(value), max(map(len, value))))
        if type(value) is list and all(map(is_number, value)):
            return self._tables.drawn(asked, value, (len(value),))
        raise NotThere(f"{asked} is no number, list or matrix")

    def _list_of_names(self) -> str:
        lines = []
        for name in self._names():
            size = " by ".join(map(str, self._tables.shape(name))) or "number"
            made = "" if self._tables.partial(name) is None else " (being computed)"
            text = f"{name:13} {size:>10}  {self._tables.title(name)}{made}"
            lines += textwrap.wrap(text, WIDTH, subsequent_indent=" " * 26)
        return "\n".join(lines)
