"""How the numbers of a column are written, found out from the column as a whole.

One cell does not say whether "1,234" is a bit more than one or more than a thousand; "12,5" three
rows below does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .words import number_in, plain

DECIMALS = {"point": ".", "comma": ","}

_SYMBOLS = "$€£¥₹₽₩₺₪₫₴฿₦₱¢"
_CODES = (
    "AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KRW|MXN|NOK|NZD|PLN|RUB|SEK|SGD|"
    "THB|TRY|USD|ZAR|Euro|SFr|Fr|kr|Rs|DM"
)
_MINUSES = str.maketrans({"−": "-", "–": "-", "﹣": "-", "－": "-"})  # noqa: RUF001
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'", "\u2018": "'"})

# A sign and a currency before the digits, a unit (a currency, %, km/h) behind them.
_CELL = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[+-])?\s*(?P<before>[A-Za-z]{{0,3}}[{_SYMBOLS}]|(?:{_CODES})\.?)?\s*"
    r"(?P<inner>[+-])?\s*"
    r"(?P<digits>[0-9.,](?:[0-9.,]|[' ](?=[0-9]))*(?:[eE][+-]?[0-9]+(?![A-Za-z]))?)"
    r"\s*(?P<after>[^0-9.,'()+\-\s][^0-9()]{0,11}?)?\s*(?P<close>\))?"
)

# Each way to put marks between digits: decimal mark, mark between thousands.  "0,123" has no
# thousands; with commas India writes 1,23,456.
_FORMS: dict[tuple[str, str], re.Pattern[str]] = {}
for _decimal in (".", ","):
    _mark = re.escape(_decimal)
    _FORMS[_decimal, ""] = re.compile(
        rf"(?:[0-9]+(?:{_mark}[0-9]*)?|{_mark}[0-9]+)(?:[eE][+-]?[0-9]+)?"
    )
    for _thousands in (",", ".", "'", " "):
        if _thousands != _decimal:
            _between = re.escape(_thousands)
            _groups = rf"[1-9][0-9]{{0,2}}(?:{_between}[0-9]{{3}})+"
            if _thousands == ",":
                _groups += rf"|[1-9][0-9]?(?:{_between}[0-9]{{2}})+{_between}[0-9]{{3}}"
            _FORMS[_decimal, _thousands] = re.compile(
                rf"(?:(?:{_groups}|[0-9]+)(?:{_mark}[0-9]*)?|{_mark}[0-9]+)"
            )


class Ambiguous(ValueError):
    """A column that can be read in two ways; the message names the option that settles it."""


@dataclass(frozen=True)
class Notation:
    """How the numbers of one column are written.

    decimal: the mark before the decimals, "." or ",".
    thousands: the mark between thousands: "", ",", ".", " " or "'".
    unit: what stands before or behind each number: "$", "€", "%", "km/h", or "".

    >>> Notation(",", ".", "€").number("1.234,56 €")
    1234.56
    """

    decimal: str = "."
    thousands: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.unit, str):
            raise TypeError(f"unit: found {self.unit!r:.60}, expected text")
        if (self.decimal, self.thousands) not in _FORMS:
            raise ValueError(
                f"notation: found {self.decimal!r:.20} and {self.thousands!r:.20}, expected the "
                f"marks of decimals ('.' or ',') and of thousands ('', ',', '.', ' ' or \"'\")"
            )

    @property
    def plain(self) -> bool:
        """Whether float() reads such numbers."""
        return self == PLAIN

    def number(self, text: str) -> float | None:
        """Return the number in a cell, or None if it is not written in this way.

        A mark between thousands may be missing, or appear for the first time: beside a decimal
        comma "1.234,5" has one meaning.
        """
        if self.plain and (number := number_in(text)) is not None:
            return number
        parts = _parts(text)
        if parts is None or not self._has_unit(parts):
            return None
        for (decimal, thousands), form in _FORMS.items():
            same = decimal == self.decimal or (self.thousands in "' " and self.thousands)
            if same and thousands in ("", self.thousands) and form.fullmatch(parts.digits):
                return parts.value(decimal, thousands)
        if not self.plain:
            for (decimal, thousands), form in _FORMS.items():
                if decimal == self.decimal and form.fullmatch(parts.digits):
                    return parts.value(decimal, thousands)
        return None

    def _has_unit(self, parts: _Parts) -> bool:
        """Return whether a unit is the column's; only a currency, or that of 0, may be left out."""
        if parts.unit == self.unit:
            return True
        zero = not parts.digits.strip("0.,")
        return parts.unit == "" and (zero or _is_currency(self.unit))

    def in_words(self) -> str:
        """Return what is said of such a column after the word "number"; "" for plain ones."""
        between = {",": "commas", ".": "points", " ": "spaces", "'": "apostrophes"}
        marks = []
        if self.decimal == ",":
            marks.append("decimal comma")
        if self.thousands:
            marks.append(f"{between[self.thousands]} between thousands")
        text = f"with {' and '.join(marks)}" if marks else ""
        unit = "percent" if self.unit == "%" else plain(self.unit)
        if not self.unit:
            return text
        return f"{text}, in {unit}" if text else f"in {unit}"

    def to_json(self) -> dict[str, str]:
        """Return the fields as a dictionary that ``json.dumps`` takes."""
        return {"decimal": self.decimal, "thousands": self.thousands, "unit": self.unit}

    @classmethod
    def from_json(cls, obj: Any) -> Notation:
        """Return the notation that ``to_json`` described; ValueError for anything else."""
        if not isinstance(obj, dict) or set(obj) != {"decimal", "thousands", "unit"}:
            raise ValueError(
                f"notation: found {obj!r:.60}, expected an object of decimal, thousands and unit"
            )
        try:
            return cls(**obj)
        except TypeError as error:
            raise ValueError(f"notation: {error}") from None


PLAIN = Notation()


@dataclass(frozen=True)
class _Parts:
    """A cell taken apart."""

    negative: bool
    digits: str
    unit: str

    def value(self, decimal: str, thousands: str) -> float | None:
        digits = self.digits.replace(thousands, "") if thousands else self.digits
        number = number_in(digits.replace(decimal, "."))
        return None if number is None else -number if self.negative else number


def _parts(text: str) -> _Parts | None:
    """Return sign, digits and unit of a number in whatever notation; None for other text."""
    match = _CELL.fullmatch(text.translate(_MINUSES).translate(_SPACES).strip())
    if match is None:
        return None
    signs = [match["sign"], match["inner"]]
    if (match["open"] is None) != (match["close"] is None) or all(signs):
        return None
    negative = "-" in signs
    if match["open"]:
        if any(signs):
            return None
        negative = True  # accountants write (5) for -5
    units = [unit for unit in (match["before"], match["after"]) if unit]
    return _Parts(negative, match["digits"], " ".join(units))


def looks_like_a_number(text: str) -> bool:
    """Return whether a cell is a number in any notation.

    >>> [looks_like_a_number(text) for text in ("$1,234.50", "12,5%", "-3", "A4", "1.2.3")]
    [True, True, True, False, False]
    """
    parts = _parts(text)
    return parts is not None and any(form.fullmatch(parts.digits) for form in _FORMS.values())


def notation_of(texts: Iterable[str], decimal: str | None = None) -> Notation | None:
    """Return how all these numbers are written; None if they are not all numbers.

    texts: the cells of a column in which something stands, at least one.
    decimal: the mark before decimals, "point" or "comma", where the numbers leave it open.

    Raises Ambiguous, a ValueError, if commas can stand before decimals as well as between
    thousands in all of them, or if they have different units.

    >>> notation_of(["1.234,50", "7", "-0,5"])
    Notation(decimal=',', thousands='.', unit='')
    >>> notation_of(["$1,234", "$12"], decimal="point")
    Notation(decimal='.', thousands=',', unit='$')
    >>> notation_of(["7", "seven"])
    """
    found: set[_Parts] = set()
    for text in set(texts):
        parts = _parts(text)
        if parts is None:
            return None
        found.add(parts)
    digits = {parts.digits for parts in found}
    marks = _marks_of(digits, decimal)
    if marks is None or any(parts.value(*marks) is None for parts in found):
        return None
    units = {parts.unit for parts in found}
    if len(units - {""}) > 1:
        if all(_is_currency(unit) for unit in units - {""}):
            names = " and in ".join(map(plain, sorted(units - {""})))
            raise Ambiguous(f"found amounts in {names}, expected one currency")
        return None
    unit = max(units)
    if unit and not _is_currency(unit):
        # A word behind a number is a unit if it is behind all of them; "4 doors" alone is none.
        if any(parts.unit == "" and parts.value(*marks) != 0.0 for parts in found):
            return None
        if unit != "%" and len(digits) < 3:
            return None
    return Notation(*marks, unit)


def commonest_notation(counts: Mapping[str, int]) -> tuple[Notation, int]:
    """Return the notation that most of the cells follow, and how many do.

    counts: how often each text stands in the column.
    """
    parts = {text: found for text in counts if (found := _parts(text)) is not None}
    units = Counter[str]()
    marks = Counter[tuple[str, str]]()
    for text, found in parts.items():
        units[found.unit] += counts[text]
        for pair, form in _FORMS.items():
            if form.fullmatch(found.digits):
                marks[pair] += counts[text]
    if not marks:
        return PLAIN, 0
    unit = units.most_common(1)[0][0]
    notation = Notation(*marks.most_common(1)[0][0], unit)
    return notation, sum(counts[text] for text in parts if notation.number(text) is not None)


def _is_currency(unit: str) -> bool:
    return any(symbol in unit for symbol in _SYMBOLS) or bool(
        re.fullmatch(rf"(?:{_CODES})\.?", unit)
    )


def _marks_of(digits: set[str], decimal: str | None) -> tuple[str, str] | None:
    fitting = [
        marks for marks, form in _FORMS.items() if all(form.fullmatch(number) for number in digits)
    ]
    if not fitting:
        return None
    if (".", "") in fitting:
        # As float() reads them.  Only who writes decimal commas means 1234 by "1.234".
        points = any("." in number for number in digits)
        if decimal == "comma" and points and (",", ".") in fitting:
            return ",", "."
        return ".", ""
    if (",", "") in fitting and (".", ",") in fitting:
        if decimal is None:
            example = min((number for number in digits if "," in number), key=lambda n: (len(n), n))
            raise Ambiguous(
                f"found numbers such as {example!r}, whose comma can stand before decimals or "
                f"between thousands, expected --decimal comma or --decimal point "
                f"(in Python decimal='comma' or 'point')"
            )
        return (",", "") if decimal == "comma" else (".", ",")
    return fitting[0]
