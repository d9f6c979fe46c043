"""Class numbers as rows of zeros and ones."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real


def one_hot(labels: Iterable[float], classes: int) -> list[list[float]]:
    """Return one row a label, with 1.0 in the column of its class and 0.0 elsewhere.

    labels: whole numbers from 0 to ``classes - 1``; 2.0 counts as 2.
    classes: the number of classes, the width of the rows.

    Raises TypeError for a label that is not a number (text, True) and ValueError for a number that
    is none of the classes.

    >>> one_hot([0, 2], 3)
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if isinstance(classes, bool) or not isinstance(classes, Integral):
        raise TypeError(f"classes: found {classes!r}, expected a whole number")
    if classes < 1:
        raise ValueError(f"classes: found {classes}, expected 1 or more")
    if isinstance(labels, (str, bytes)) or not isinstance(labels, Iterable):
        raise TypeError(f"labels: found {labels!r:.60}, expected a list of class numbers")
    expected = f"expected a class from 0 to {classes - 1}"
    rows = []
    for number, label in enumerate(labels):
        if isinstance(label, bool) or not isinstance(label, Real):
            raise TypeError(f"labels: row {number} is {label!r:.60}, {expected}")
        # NaN is in no range, so it is refused before int() sees it.
        if not 0 <= label < classes or int(label) != label:
            raise ValueError(f"labels: row {number} is {label}, {expected}")
        row = [0.0] * classes
        row[int(label)] = 1.0
        rows.append(row)
    return rows
