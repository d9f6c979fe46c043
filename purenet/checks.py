"""The border: whatever a user passes in is checked and turned into floats here, once.

Behind it the arithmetic may rely on rectangular lists of finite floats.  The messages name the
argument, the row and column (counted from 0), what was found and what was expected.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from math import isfinite
from numbers import Real
from operator import index
from types import NoneType
from typing import Any

from .arrays import foreign_name, has_no_places, is_time, rows_of
from .matrix import Matrix, Rows
from .names import NO_NAMES, hint

FLOAT = {float}
LIST = {list}
NUMBERS = {float, int, bool}
_INT = {int}
CLASSES = {0.0, 1.0}
_NO_LISTS = {str, bytes, bytearray, dict, set, frozenset}
_NO_NUMBERS = _NO_LISTS | {NoneType, list, tuple}

# More can only be a mistake, and would fill the memory before anybody noticed.
MOST_COLUMNS = 2**24

flat = chain.from_iterable

# Loops in C look for no signal.  So many numbers pass through them in some milliseconds; of more,
# one piece after the other, and Ctrl-C is seen in between.
LONG = 200_000


class Pieces:
    """The rows of long matrices in pieces, from which ``flat`` takes them one after the other."""

    def __init__(self, *matrices: Sequence[Any]) -> None:
        self.matrices = matrices

    def __iter__(self) -> Iterator[Sequence[Any]]:
        for matrix in self.matrices:
            start, at_once = 0, 1
            while start < len(matrix):
                piece = matrix[start : start + at_once]
                yield piece
                start += len(piece)
                at_once = LONG // (len(piece[-1]) + 1) + 1 if is_row(piece[-1]) else LONG


def floats_in_pieces(*matrices: Sequence[Any], finite: bool = True) -> Matrix | None:
    """Return the rows of long matrices as floats, or None if there is anything but numbers."""
    pieces = Pieces(*matrices)
    if not set(map(type, flat(flat(pieces)))) <= NUMBERS:
        return None
    try:
        rows = list(map(list, map(map, repeat(float), flat(pieces))))
    except (OverflowError, TypeError, ValueError):  # too large a whole number, or changed meanwhile
        return None
    return rows if not finite or all(map(isfinite, flat(flat(Pieces(rows))))) else None


def shown(value: object) -> str:
    """Return a short text for a value in an error message."""
    try:
        text = repr(value)
    except ValueError:  # a whole number of thousands of digits
        return f"a huge {type(value).__name__}"
    except Exception:  # lists that are nested too deep, or a user's own that has no text
        return f"an object of type {type(value).__name__}"
    if "\n" in text:  # a table of another library's
        text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."


def as_number(value: Any, place: str, *, finite: bool = True) -> float:
    """Return ``value`` as a float; ``place`` says in an error where it was found."""
    if type(value) is not float:
        if isinstance(value, (str, bytes, bytearray)) or is_time(value):
            raise TypeError(f"{place}: found {shown(value)}, expected a number")
        try:
            value = float(value)
        except OverflowError:
            raise ValueError(
                f"{place}: found {shown(value)}, expected a number that fits a float"
            ) from None
        except (TypeError, ValueError):
            raise TypeError(f"{place}: found {shown(value)}, expected a number") from None
    if finite and not isfinite(value):
        raise ValueError(f"{place}: found {value}, expected a finite number")
    return float(value)


def as_list(values: Any, place: str, expected: str) -> list[Any]:
    """Return the items of a list, a tuple or an array, or the rows of a table.

    Text, numbers, sets and mappings are refused, and what ``arrays`` does not take.
    """
    if type(values) is list:
        return values
    listed = rows_of(values)
    if listed is not None:
        return listed
    foreign = foreign_name(values)
    if (
        foreign is None
        and isinstance(values, Iterable)
        and not isinstance(values, (*_NO_LISTS, Mapping))
        and hasattr(values, "__len__")
    ):
        try:
            return list(values)
        except TypeError:
            pass
    raise TypeError(f"{place}: found {foreign or shown(values)}, expected {expected}")


def is_row(item: Any) -> bool:
    """Return whether it holds items, and is no text."""
    return hasattr(item, "__len__") and not isinstance(item, (str, bytes))


def as_row(values: Any, place: str, width: int | None, *, finite: bool = True) -> list[float]:
    """Return one row as a new list of floats."""
    row = values
    if type(values) is not list:
        expected = "a list of numbers" if width is None else f"a list of {counted(width, 'number')}"
        row = as_list(values, place, expected)
    if width is not None and len(row) != width:
        raise ValueError(f"{place} has {counted(len(row), 'number')}, expected {width}")
    if set(map(type, row)) == FLOAT and (not finite or all(map(isfinite, row))):
        return list(row)
    return [
        as_number(row[column], f"{place}, column {column}", finite=finite)
        for column in range(len(row))
    ]


def as_matrix(
    rows: Any,
    argument: str,
    *,
    width: int | None = None,
    height: int | None = None,
    finite: bool = True,
) -> Matrix:
    """Return ``rows`` as new, equally long lists of floats."""
    # Lists of numbers are passed in C: what follows only finds the words for what is wrong.
    if type(rows) is list and set(map(type, rows)) == LIST and set(map(len, rows)) == {width}:
        if len(rows) * len(rows[0]) > LONG and height in (None, len(rows)):
            converted = floats_in_pieces(rows, finite=finite)
            # A signal's handler may have changed the list.
            if converted and height in (None, len(converted)):
                if set(map(len, converted)) == {width}:
                    return converted
        elif set(map(type, flat(rows))) <= NUMBERS and height in (None, len(rows)):
            try:
                floats = list(map(list, map(map, repeat(float), rows)))
                if not finite or all(map(isfinite, flat(floats))):
                    return floats
            except OverflowError:  # a whole number beyond the largest float
                pass
    expected = "a list of rows, each a list of numbers"
    if width is not None:
        expected = f"a list of rows, each a list of {counted(width, 'number')}"
    listed = as_list(rows, argument, expected)
    if listed is not rows and listed:  # an array's may pass as they are
        return as_matrix(listed, argument, width=width, height=height, finite=finite)
    if not listed:
        raise ValueError(f"{argument}: found no rows, expected {expected}")
    if height is not None and len(listed) != height:
        raise ValueError(f"{argument}: found {counted(len(listed), 'row')}, expected {height}")
    if width is None:
        width = len(as_list(listed[0], f"{argument}: row 0", "a list of numbers"))
        if width == 0:
            raise ValueError(f"{argument}: row 0 is empty, expected a list of numbers")
    return [
        as_row(row, f"{argument}: row {number}", width, finite=finite)
        for number, row in enumerate(listed)
    ]


def as_array(values: Any, place: str, shape: tuple[int, ...], *, finite: bool = True) -> Any:
    """Return nested lists of floats of this shape: a row, a matrix, or a list of such."""
    if len(shape) == 1:
        return as_row(values, place, shape[0], finite=finite)
    if len(shape) == 2:
        return as_matrix(values, place, height=shape[0], width=shape[1], finite=finite)
    listed = as_list(values, place, f"a list of {shape[0]} lists")
    if len(listed) != shape[0]:
        raise ValueError(f"{place}: found {counted(len(listed), 'item')}, expected {shape[0]}")
    return [
        as_array(item, f"{place}[{number}]", shape[1:], finite=finite)
        for number, item in enumerate(listed)
    ]


def as_targets(targets: Any, samples: int, outputs: int) -> Matrix:
    """Return the targets as rows of ``outputs`` floats.

    A flat list is taken as one number a sample: the target itself where the network has one output,
    otherwise the number of the sample's class.
    """
    listed = as_list(targets, "targets", "a list with one row a sample")
    if len(listed) != samples:
        raise ValueError(
            f"targets: found {counted(len(listed), 'row')} for {counted(samples, 'sample')} "
            f"in inputs, expected as many"
        )
    kinds = set(map(type, listed))
    if kinds == LIST:
        return as_matrix(listed, "targets", width=outputs)
    if kinds <= NUMBERS and outputs == 1 and _are_finite(listed):
        return list(map(list, zip(map(float, listed))))
    if any(map(is_row, listed)):
        return as_matrix(listed, "targets", width=outputs)
    if outputs > 1:
        return one_hot(listed, outputs, "targets")
    return [[as_number(value, f"targets: row {number}")] for number, value in enumerate(listed)]


def _are_finite(numbers: list[Any]) -> bool:
    try:
        return all(map(isfinite, numbers))
    except OverflowError:  # a whole number beyond the largest float
        return False


def check_targets(rows: Matrix, loss: str, classes: bool) -> None:
    """Raise ValueError if the targets are not such as the loss needs.

    classes: what ``are_classes`` says of them.
    """
    if classes and (len(rows[0]) > 1 or loss == "binary_cross_entropy"):
        return  # they are probabilities, and where there are several they add up to 1
    if loss == "binary_cross_entropy":
        _check_between_0_and_1(rows, loss)
    if loss == "categorical_cross_entropy":
        _check_between_0_and_1(rows, loss)
        for number, row in enumerate(rows):
            if abs(math.fsum(row) - 1.0) > 1e-6:
                raise ValueError(
                    f"targets: row {number} adds up to {math.fsum(row)}, expected 1: "
                    f"{loss} needs the probability of each class, for example one-hot rows"
                )


def _check_between_0_and_1(rows: Matrix, loss: str) -> None:
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if not 0.0 <= value <= 1.0:
                raise ValueError(
                    f"targets: row {number}, column {column}: found {value}, "
                    f"expected 0 to 1, because the loss is {loss}"
                )


def one_hot(labels: Any, classes: int, argument: str = "labels") -> Matrix:
    """Return one row a label, with 1.0 in the column of its class and 0.0 elsewhere.

    labels: whole numbers from 0 to ``classes - 1``; 2.0 counts as 2.
    classes: the number of classes, the width of the rows.

    Raises TypeError for a label that is not a number (text, True) and ValueError for a number that
    is none of the classes.

    >>> one_hot([0, 2], 3)
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    classes = as_count(classes, "classes", most=MOST_COLUMNS)
    listed = as_list(labels, argument, "a list of class numbers")
    pieces = Pieces(listed) if len(listed) > LONG else (listed,)
    if set(map(type, flat(pieces))) <= _INT and all(map(range(classes).__contains__, flat(pieces))):
        names = {
            number: [0.0] * number + [1.0] + [0.0] * (classes - 1 - number)
            for number in set(flat(pieces))
        }
        return list(map(list, map(names.__getitem__, flat(pieces))))
    rows = []
    for number, label in enumerate(listed):
        row = [0.0] * classes
        row[as_class(label, f"{argument}: row {number}", classes)] = 1.0
        rows.append(row)
    return rows


def as_class(label: Any, place: str, classes: int) -> int:
    """Return the number of a class, from 0 to ``classes - 1``; 2.0 counts as 2."""
    expected = f"expected a class from 0 to {classes - 1}"
    if isinstance(label, bool) or not isinstance(label, Real):
        raise TypeError(f"{place} is {shown(label)}, {expected}")
    value: Any = label  # not as a float, which a whole number may be too large for
    if not 0 <= value < classes or value % 1 != 0:
        raise ValueError(f"{place} is {shown(label)}, {expected}")
    return int(value)


def are_classes(targets: Matrix) -> bool:
    """Return whether the targets name classes: all 0 or 1, and one 1 a row if there are several."""
    long = len(targets) * len(targets[0]) > LONG
    numbers = flat(flat(Pieces(targets)) if long else targets)
    return CLASSES.issuperset(numbers) and (len(targets[0]) == 1 or is_one_hot(targets))


def is_one_hot(targets: Matrix) -> bool:
    """Return whether each row has one 1."""
    rows = flat(Pieces(targets)) if len(targets) * len(targets[0]) > LONG else targets
    return set(map(list.count, rows, repeat(1.0))) == {1}


def as_count(value: Any, argument: str, *, least: int = 1, most: int | None = None) -> int:
    """Return a whole number that is at least ``least`` and at most ``most``."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = int(index(value))
    except TypeError:
        raise TypeError(f"{argument}: found {shown(value)}, expected a whole number") from None
    if most is not None and not least <= number <= most:
        raise ValueError(f"{argument}: found {shown(number)}, expected {least} to {most}")
    if number < least:
        raise ValueError(f"{argument}: found {shown(number)}, expected {least} or more")
    return number


def as_size(value: Any, argument: str) -> float:
    """Return a finite number that is zero or more as float, or raise ValueError or TypeError."""
    size = value if type(value) is float and isfinite(value) else as_number(value, argument)
    if size < 0.0:
        raise ValueError(f"{argument}: found {size}, expected 0 or more")
    return size


def as_part(value: Any, argument: str) -> float:
    """Return a number that is zero or more and less than one, or raise ValueError or TypeError."""
    part = as_number(value, argument)
    if not 0.0 <= part < 1.0:
        raise ValueError(f"{argument}: found {part}, expected 0 or more and less than 1")
    return part


def as_learning_rate(value: Any, argument: str = "learning_rate") -> float:
    """Return a learning rate: a finite number, zero or more."""
    return as_size(value, argument)


def as_choice(
    value: Any, argument: str, choices: Iterable[str], others: Mapping[str, str] = NO_NAMES
) -> str:
    """Return one of the names in ``choices``.

    others: names that are understood as one of them.
    """
    names = list(choices)
    if not isinstance(value, str):
        raise TypeError(f"{argument}: found {shown(value)}, expected one of {', '.join(names)}")
    name = str(others.get(value, value))
    if name not in names:
        raise ValueError(
            f"{argument}: found {shown(value)}, expected one of {', '.join(names)}"
            f"{hint(value, names, others)}"
        )
    return name


def as_path(value: Any, argument: str = "path") -> str:
    """Return the name of a file: a text, or an object such as ``pathlib.Path``."""
    try:
        name = os.fsdecode(value)
    except (TypeError, ValueError):  # ValueError: what cannot be written as a name
        raise TypeError(f"{argument}: found {shown(value)}, expected the path of a file") from None
    if "\0" in name:
        raise ValueError(f"{argument}: found {shown(value)}, expected a path without zero bytes")
    return name


def check_no_class(value: Any, argument: str) -> None:
    """Refuse a class where an object of it is meant."""
    if isinstance(value, type):
        raise TypeError(
            f"{argument}: found the class {value.__name__}, write {value.__name__}(...)"
        )


def as_text(value: Any, argument: str, expected: str = "a text") -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise TypeError(f"{argument}: found {shown(value)}, expected {expected}")
    return value


def as_names(values: Any, argument: str, of: str = "column") -> list[str]:
    """Return a list of names."""
    listed = as_list(values, argument, "a list of names")
    for name in listed:
        as_text(name, argument, f"the name of a {of}")
    return listed


def as_places(values: Any, count: int, argument: str) -> Sequence[int]:
    """Return numbers of rows, each from 0 to ``count - 1``."""
    if type(values) is range and (not values or 0 <= min(values) <= max(values) < count):
        return values
    listed = as_list(values, argument, "a list of row numbers")
    if set(map(type, listed)) <= _INT and all(map(range(count).__contains__, listed)):
        return listed
    numbers = []
    for place, value in enumerate(listed):
        number = as_count(value, f"{argument}: item {place}", least=0)
        if number >= count:
            raise ValueError(
                f"{argument}: item {place}: found {shown(number)}, expected less than {count}, "
                f"the number of rows"
            )
        numbers.append(number)
    return numbers


def as_flag(value: Any, argument: str) -> bool:
    """Return True or False."""
    if not isinstance(value, bool):
        raise TypeError(f"{argument}: found {shown(value)}, expected True or False")
    return value


def check_output_activation(needed: tuple[str, str] | None, found: str) -> None:
    """Refuse an activation of the last layer that the loss is not made for.

    needed: the loss and the activation that it needs; None if any will do.
    """
    if needed is not None and found != needed[1]:
        raise ValueError(
            f"loss: {needed[0]} needs the activation {needed[1]!r} in the last layer, "
            f"found {found!r}"
        )


def counted(number: int, noun: str) -> str:
    """Return "1 row", "2 rows" ..."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def check_product(a: Rows, b: Rows) -> None:
    """Refuse two matrices whose dot product is not defined."""
    inner = check_rectangle(a, "a")
    check_rectangle(b, "b")
    if inner != len(b):
        raise ValueError(
            f"dot: a has {counted(inner, 'column')} and b has {counted(len(b), 'row')}, "
            f"expected as many"
        )


def check_row(row: Any, name: str, length: int | None = None) -> None:
    """Refuse a row that is empty, not of the given length, or of something else than numbers."""
    listed = _with_places(row, name, "a list of numbers")
    found = len(listed)
    if found == 0:
        raise ValueError(f"{name} is empty, expected a list of numbers")
    if length is not None and found != length:
        raise ValueError(f"{name} has {counted(found, 'number')}, expected {length}")
    _check_numbers(listed, name)


def check_factor(factor: Any) -> None:
    """Refuse what is no number."""
    _check_number(factor, "factor")


def check_rows(matrix: Rows, name: str) -> None:
    """Refuse what is not made of rows of numbers; the rows may be of any length."""
    rows = _with_places(matrix, name, "a list of rows of numbers")
    if not hasattr(matrix, "__getitem__"):  # the loops take row after row by its number
        raise TypeError(f"{name}: found {shown(matrix)}, expected a list of rows of numbers")
    for number, row in enumerate(rows):
        place = f"{name}: row {number}"
        _check_numbers(_with_places(row, place, "a list of numbers"), place)


def _with_places(values: Any, place: str, expected: str) -> list[Any]:
    """Return the items of what the loops can take item after item by its number."""
    if type(values) is not list and has_no_places(type(values)):
        found = foreign_name(values) or shown(values)
        raise TypeError(f"{place}: found {found}, expected {expected}")
    return as_list(values, place, expected)


def _check_numbers(row: Any, name: str) -> None:
    if not _are_numbers(row):
        for column, value in enumerate(row):
            _check_number(value, f"{name}, column {column}")


def _are_numbers(values: Iterable[Any]) -> bool:
    """Return whether these are numbers that a float can be added to, without looking for words."""
    listed = list(values)
    kinds = set(map(type, listed))
    if kinds <= FLOAT:
        return True
    if not kinds <= NUMBERS:
        return False
    try:
        return bool(list(map(float, listed)))
    except OverflowError:
        return False


def _check_number(value: Any, place: str) -> None:
    """Refuse what the loops cannot multiply by a float, add to one and compare with one."""
    if type(value) in _NO_NUMBERS:
        raise TypeError(f"{place}: found {shown(value)}, expected a number")
    try:
        _ = 0.0 + 1.0 * value < 0.0  # which complex numbers cannot say
    except OverflowError:
        raise ValueError(
            f"{place}: found {shown(value)}, expected a number that fits a float"
        ) from None
    except TypeError:
        raise TypeError(f"{place}: found {shown(value)}, expected a number") from None


def check_same_shape(a: Rows, b: Rows, a_name: str = "a", b_name: str = "b") -> None:
    """Refuse two matrices of different shapes."""
    columns = check_rectangle(a, a_name)
    other = check_rectangle(b, b_name)
    if len(a) != len(b) or columns != other:
        raise ValueError(
            f"{a_name} is {len(a)} by {columns} and {b_name} is {len(b)} by {other}, "
            f"expected the same shape"
        )


def check_rectangle(matrix: Rows, name: str) -> int:
    """Refuse a matrix that is empty or whose rows differ in length; return their length."""
    try:
        lengths = set(map(len, matrix))
        kinds = {type(matrix), *map(type, matrix)}
        are_lists = kinds == LIST or not (kinds & _NO_LISTS or any(map(has_no_places, kinds)))
        if len(lengths) == 1 and 0 not in lengths and are_lists and hasattr(matrix, "__getitem__"):
            if _are_numbers(flat(matrix)):
                return lengths.pop()
    except TypeError:
        pass
    rows = _with_places(matrix, name, "a list of rows of numbers")
    if not rows:
        raise ValueError(f"{name} is empty, expected a list of rows of numbers")
    columns = len(as_list(rows[0], f"{name}: row 0", "a list of numbers"))
    if columns == 0:
        raise ValueError(f"{name}: row 0 is empty, expected a list of numbers")
    for number, row in enumerate(rows):
        found = len(_with_places(row, f"{name}: row {number}", "a list of numbers"))
        if found != columns:
            raise ValueError(
                f"{name}: row {number} has {counted(found, 'number')}, "
                f"expected {columns} as in row 0"
            )
    check_rows(rows, name)
    if not hasattr(matrix, "__getitem__"):  # the loops take row after row by its number
        raise TypeError(f"{name}: found {shown(matrix)}, expected a list of rows of numbers")
    return columns


def entry_of(content: dict[str, Any], key: str, kind: type | None = None) -> Any:
    """Return what a file says under a key, which must be of this type."""
    if not isinstance(content, dict):
        raise TypeError(f"found {shown(content)}, expected a dictionary with {key}")
    if key not in content:
        raise ValueError(f"{key} is missing")
    value = content[key]
    if kind is not None and type(value) is not kind:
        raise ValueError(f"{key}: found {value!r:.60}, expected {kind.__name__}")
    return value
