"""CSV files."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence

from ..checks import counted
from .table import Table
from .words import first_repeated, listed, number_in

_MOST_KNOWN = 4096


def read_csv(
    path: str | os.PathLike[str],
    target: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    target_optional: bool = False,
) -> Table:
    """Read a table from a CSV file whose first line names the columns.

    path: a text file in UTF-8.  Commas, semicolons or tabs separate the values: whichever the
        header has most of, outside quotes.  Blank lines are skipped, spaces around values dropped.
    target: the name of the column with the answers, which are kept as text.
    columns: the names of the input columns, in the order wanted; other columns are ignored,
        whatever is in them.  Without it, all columns but the target are inputs.
    target_optional: if the target column is missing, return a table without one.

    Inputs are decimal numbers with a point.  Raises ValueError, naming the file, the line (the
    header is line 1) and the column, for anything else, and for columns without a name or with the
    same one, for missing columns, lines with more or fewer values than the header, a file without
    rows, and text that is not UTF-8; OSError if the file cannot be read.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "plants.csv")
    ...     _ = path.write_text("height;width;plant\\n1.5;0.5;reed\\n\\n0.25;0.75;moss\\n")
    ...     table = read_csv(path, target="plant")
    >>> table
    Table(2 rows of 2 input columns, target 'plant')
    >>> table.columns, table.rows, table.labels
    (['height', 'width'], [[1.5, 0.5], [0.25, 0.75]], ['reed', 'moss'])
    """
    name = os.fspath(path)
    records = csv_lines(name)
    line, header = next(records, (1, []))
    if not header:
        raise ValueError(f"{name}: found nothing, expected a header line with the column names")
    place = f"{name}: line {line}"
    _check_header(place, header)
    if target_optional and target not in header:
        target = None
    chosen, target_position = _positions(place, header, target, columns)
    inputs = [header[position] for position in chosen]
    rows = []
    labels = []
    known: dict[str, float] = {}
    for line, record in records:
        if len(record) != len(header):
            raise ValueError(
                f"{name}: line {line}: found {counted(len(record), 'value')}, "
                f"expected {len(header)} as in the header"
            )
        rows.append(_numbers(f"{name}: line {line}", inputs, [record[i] for i in chosen], known))
        if target_position is not None:
            label = record[target_position]
            if not label:
                raise ValueError(
                    f"{name}: line {line}, column {target!r}: found nothing, "
                    f"expected a class or a number"
                )
            labels.append(label)
    if not rows:
        raise ValueError(f"{name}: found a header only, expected at least one row below it")
    return Table(inputs, rows, target, None if target is None else labels)


def _text(name: str) -> str:
    with open(name, "rb") as file:
        content = file.read()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Positions count in error.object, which is the content without a byte-order mark.
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{name}: line {line}: found the byte {error.object[error.start]:#04x}, "
            f"expected text in UTF-8"
        ) from None
    if "\0" in text:  # the csv module takes it from Python 3.11 on
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ValueError(f"{name}: line {line}: found a zero byte, expected text in UTF-8")
    return text


def csv_lines(name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of each line of a CSV file that is not blank, and the values in it.

    A record that takes several lines has the number of its first.  Raises as ``read_csv`` does.
    """
    text = _text(name)
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=_delimiter(text),
        skipinitialspace=True,
        strict=True,
    )
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            found = str(error)
            if "unexpected end of data" in found:
                found = "a quote that is never closed"
            elif "expected after" in found:
                found = "text after a closing quote"
            raise ValueError(f"{name}: line {line}: found {found}, expected CSV") from None
        values = [value.strip() for value in record]
        if values not in ([], [""]):
            yield line, values


def _delimiter(text: str) -> str:
    """Return the separator that the header has most of; a rarer one is likely part of a name."""
    quoted = False
    previous = ","
    counts = {"\t": 0, ";": 0, ",": 0}
    for character in text.lstrip(" \r\n"):
        if character == '"':
            # A quote opens at the start of a value, or was doubled; elsewhere it is a letter.
            quoted = not quoted and previous in '\t;,"'
        elif not quoted and character in "\r\n":
            break
        elif not quoted and character in counts:
            counts[character] += 1
        if character != " ":
            previous = character
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else ","


def _check_header(place: str, header: list[str]) -> None:
    for number, column in enumerate(header, 1):
        if not column:
            raise ValueError(
                f"{place}: column {number} of {len(header)} has no name, expected a name for each"
            )
    repeated = first_repeated(header)
    if repeated is not None:
        raise ValueError(f"{place}: found the column {repeated!r} twice, expected different names")


def _positions(
    place: str, header: list[str], target: str | None, columns: Sequence[str] | None
) -> tuple[list[int], int | None]:
    """Return where in a line the inputs are, and where the target is."""
    wanted = [] if columns is None else list(columns)
    for column in wanted if target is None else [target, *wanted]:
        if column not in header:
            raise ValueError(
                f"{place}: found no column {column!r}, expected it among {listed(header)}"
            )
    if columns is None:
        if all(number_in(column) is not None for column in header):
            raise ValueError(
                f"{place}: found only numbers, expected a header line with the column names"
            )
        wanted = [column for column in header if column != target]
    elif target in wanted:
        raise ValueError(f"columns: found the target {target!r}, expected input columns only")
    repeated = first_repeated(wanted)
    if repeated is not None:
        raise ValueError(f"columns: found {repeated!r} twice, expected different names")
    if not wanted:
        raise ValueError(f"{place}: found no input columns, expected at least one")
    return [header.index(column) for column in wanted], (
        None if target is None else header.index(target)
    )


def _numbers(
    place: str, columns: list[str], texts: list[str], known: dict[str, float]
) -> list[float]:
    """Return the numbers in one line.

    known: texts already read and their numbers, which later lines share: columns of pixels or
    counts have few different ones, and a float takes three times the memory of a reference to it.
    """
    numbers = []
    for column, text in zip(columns, texts, strict=True):
        number = known.get(text)
        if number is None:
            number = number_in(text)
            if number is None:
                found = repr(text) if text else "nothing"
                point = " with a decimal point" if "," in text else ""
                raise ValueError(
                    f"{place}, column {column!r}: found {found}, expected a number{point}"
                )
            if len(known) < _MOST_KNOWN:
                known[text] = number
        numbers.append(number)
    return numbers
