"""Reading CSV files: dialects, encodings, what is left out, what is refused; and tables."""

from __future__ import annotations

import csv
import doctest
import gzip
import importlib
import io
import math
import os
import pickle
import random
import re
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from purenet.tables import Preparation, Table, growing, read_csv, records
from purenet.tables.column import Column, column_of_texts
from purenet.tables.faults import TableErrors
from purenet.tables.records import LineNumbers
from purenet.tables.words import spans


@pytest.fixture
def data(tmp_path: Path) -> Any:
    """Write a CSV file and return its path."""

    def write(content: str | bytes, name: str = "data.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def refused(path: Path, message: str, *arguments: Any, **options: Any) -> None:
    """Check that reading a file fails with exactly this message after the file's name."""
    with pytest.raises(ValueError, match="^" + re.escape(f"{path}: {message}") + "$"):
        read_csv(path, *arguments, **options)


def cells(table: Table) -> dict[str, list[Any]]:
    """Return the cells of each column, the target among them."""
    found: dict[str, list[Any]] = {}
    for name in table.names:
        column = table.column(name)
        if column.numbers is None:
            found[name] = list(column.texts or [])
        else:
            found[name] = [None if number != number else number for number in column.numbers]
    return found


@pytest.mark.parametrize("name", ["reading", "records", "table"])
def test_the_examples_in_the_docstrings_are_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"purenet.tables.{name}"))
    assert result.attempted > 0
    assert result.failed == 0


# --- Cells ----------------------------------------------------------------------------------------


def test_a_table_with_a_target(data: Any) -> None:
    path = data("a,kind,b\n1,moss,-2.5\n.5,reed,1e3\n+7.,moss,0\n")
    table = read_csv(path, "kind")
    assert table.columns == ["a", "b"]
    assert table.rows == [[1.0, -2.5], [0.5, 1000.0], [7.0, 0.0]]
    assert table.target == "kind"
    assert table.labels == ["moss", "reed", "moss"]
    assert table.name == str(path)
    assert table.notes == []
    assert read_csv(str(path), target="kind") == table


def test_a_table_without_a_target(data: Any) -> None:
    table = read_csv(data("a,b\n1,2\n"))
    assert (table.columns, table.rows) == (["a", "b"], [[1.0, 2.0]])
    assert table.target is None
    assert table.labels is None


def test_numbers_of_the_target_keep_their_text(data: Any) -> None:
    column = read_csv(data("a,y\n1,1.50\n2, NA\n"), "y").column("y")
    assert column.texts == ["1.50", "NA"]
    assert column.numbers is not None
    assert column.numbers[0] == 1.5
    assert math.isnan(column.numbers[1])


@pytest.mark.parametrize(
    "text",
    [
        *("abc", "inf", "-inf", "Infinity", "1_000", "0x10", "1e999", "-1e999", "9" * 400),
        *("--1", "1.2.3", "e5", "1e", "True", "1+2j", "1 000", "1,5", "5%", "$5"),
        *(
            "\N{ARABIC-INDIC DIGIT THREE}",
            "\N{FULLWIDTH DIGIT ONE}",
            "\N{VULGAR FRACTION ONE HALF}",
            "\N{MINUS SIGN}1",
        ),
    ],
)
@pytest.mark.parametrize("before", [0, 1, 40])
def test_a_column_with_a_cell_that_is_no_plain_number_is_text(
    text: str, before: int, data: Any
) -> None:
    numbers = [f"{k}.50" for k in range(before)]
    path = data("a;b\n" + "".join(f"{cell};1\n" for cell in [*numbers, text, "7"]))
    table = read_csv(path)
    assert table.column("a").numbers is None
    assert table.column("a").texts == [*numbers, text, "7"]
    assert list(table.column("b").numbers or []) == [1.0] * (before + 2)


@pytest.mark.parametrize(
    "text",
    ["", " ", "NA", "N/A", "n/a", "nan", "NaN", "null", "NULL", "None", "-", "?", ".", "NaT"],
)
@pytest.mark.parametrize("many", [3, 60])
def test_a_missing_number_leaves_the_column_one_of_numbers(text: str, many: int, data: Any) -> None:
    path = data("a,b\n" + "".join(f"1,{k / 7}\n" for k in range(many)) + f"1,{text}\n")
    column = read_csv(path).column("b")
    assert column.texts is None
    assert list(column.numbers or [])[:-1] == [k / 7 for k in range(many)]
    assert math.isnan((column.numbers or [0.0])[-1])


def test_codes_keep_their_zeros(data: Any) -> None:
    path = data("zip,n,f\n" + "".join(f"{k:05},{k},0{k}.5\n" for k in range(90, 110)))
    table = read_csv(path)
    column = table.column("zip")
    assert column.coded
    assert column.texts == [f"{k:05}" for k in range(90, 110)]
    assert list(column.numbers or []) == [float(k) for k in range(90, 110)]
    assert column.whole
    for name in ("n", "f"):
        assert not table.column(name).coded
        assert table.column(name).texts is None
    assert table.column("n").whole
    assert not table.column("f").whole


def test_text_far_down_a_column_of_numbers_brings_back_what_was_written(data: Any) -> None:
    # The first blocks are read as numbers alone.
    count = 50_000
    lines = [f"{k % 7}.0,{k},{k}.25,x\n" for k in range(count)]
    path = data("".join(["a,b,c,d\n", *lines[:-1], "\n", "0040,text,NA,x\n"]))
    table = read_csv(path)
    a, b, c = (table.column(name) for name in "abc")
    assert a.texts == [f"{k % 7}.0" for k in range(count - 1)] + ["0040"]
    assert a.coded
    assert (a.numbers or [0.0])[-1] == 40.0
    assert b.numbers is None
    assert b.texts == [str(k) for k in range(count - 1)] + ["text"]
    assert c.texts is None
    assert list(c.numbers or [])[:-1] == [k + 0.25 for k in range(count - 1)]
    assert table.place(count - 1) == f"line {count + 2}"


def test_numbers_known_from_an_earlier_line_are_told_from_text(data: Any) -> None:
    assert cells(read_csv(data("a,b\n1,1\n1,1 1\n"))) == {"a": [1.0, 1.0], "b": ["1", "1 1"]}


def test_many_different_numbers_are_all_read(data: Any) -> None:
    values = [k / 7 for k in range(20_000)]
    table = read_csv(data("a,b\n" + "".join(f"{v!r},{-v!r}\n" for v in values * 2)))
    assert list(table.column("a").numbers or []) == values * 2
    assert list(table.column("b").numbers or []) == [-v for v in values * 2]


def test_a_sum_too_large_for_a_float_is_no_fault_of_its_numbers(data: Any) -> None:
    values = [1.7e308 - k * 1e300 for k in range(50)]
    table = read_csv(data("a\n" + "".join(f"{v!r}\n" for v in values)))
    assert list(table.column("a").numbers or []) == values


# --- Dialects -------------------------------------------------------------------------------------

ALPHABET = "abc xyz,;|\"'äπ€\t\n\r07.-_"


def random_cell(generator: random.Random, kind: int) -> Any:
    if kind == 0:
        return generator.choice([generator.gauss(0, 1e3), 5e-324, -0.0, None])
    if kind == 1:
        return float(generator.randrange(-9, 99))
    text = "".join(generator.choices(ALPHABET, k=generator.randrange(6)))
    return "x" + text.replace("\r", "") + "x" if generator.random() < 0.9 else None


@pytest.mark.parametrize("delimiter", list(",;\t|"), ids=["comma", "semicolon", "tab", "bar"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le+mark", "cp1252"])
def test_random_tables_come_back_whatever_wrote_them(
    delimiter: str, encoding: str, data: Any
) -> None:
    generator = random.Random(f"{delimiter}{encoding}")
    for number in range(12):
        width = generator.randrange(2, 7)
        kinds = [generator.randrange(3) for _ in range(width)]
        header = [f"c{j}" for j in range(width)]
        rows = [
            ["a" if j == 0 else random_cell(generator, kinds[j]) for j in range(width)]
            for _ in range(generator.randrange(1, 40))
        ]
        text = io.StringIO()
        writer = csv.writer(
            text,
            delimiter=delimiter,
            quoting=generator.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
            lineterminator=generator.choice(["\n", "\r\n"]),
        )
        writer.writerows([header, *rows])
        written = text.getvalue()
        if encoding == "cp1252":
            written = written.replace("π", "é")
        content = (
            b"\xff\xfe" + written.encode("utf-16-le")
            if encoding.endswith("+mark")
            else written.encode(encoding)
        )
        if generator.random() < 0.3:
            content = gzip.compress(content)
        table = read_csv(data(content, f"{number}.csv"))
        assert table.columns == header
        for j in range(width):
            column = table.column(header[j])
            wanted = [row[j] for row in rows]
            if any(isinstance(cell, str) for cell in wanted):
                if encoding == "cp1252":
                    wanted = [cell and cell.replace("π", "é") for cell in wanted]
                assert column.texts == [cell or "" for cell in wanted]
            else:
                assert list(map(repr, column.numbers or [])) == [
                    repr(math.nan if cell is None else cell) for cell in wanted
                ]


ODD_CELLS = ["", "NA", "nan", "007", "inf", "1e999", "1_0", "x", "é", "٣", "\u00a05", "- ", "00"]
ODD_CELLS += ["0x1", '5"', '"q, ""r"""', '"4"', ' "5"', '"two\nlines"', "?", "-inf", "٣٤"]


def random_file(generator: random.Random) -> str:
    """Return the text of a file of three columns with whatever may stand in one."""
    endings = ["\n"] if generator.random() < 0.8 else ["\n", "\r\n", "\r"]
    parts = ["a,b,c\n"]
    plain = generator.random() < 0.5
    for _ in range(generator.randrange(1, 60)):
        values = []
        for column in range(3):
            if plain or generator.random() < 0.7 - 0.3 * column:
                value = generator.choice(["1", "0", "7.5", "-2e3", ".5", " 12", "4 ", repr(1 / 3)])
                value = generator.choice([value, value, value, str(generator.random())])
            else:
                value = generator.choice(ODD_CELLS)
            values.append(value)
        line = ",".join(values)
        if generator.random() < 0.1:
            line = generator.choice(["", " ", ",,", " , ,", line + ",", line + ", ,"])
        parts.append(line + generator.choice(endings))
    return "".join(parts)


def read_simply(text: str) -> dict[str, list[str]] | None:
    """Return the cells of each column as text, read in the simplest way; None of a bad file."""
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    try:
        records = [list(map(str.strip, record)) for record in reader]
    except csv.Error:
        return None
    rows = [record[:3] for record in records[1:] if any(record)]
    if any(len(row) < 3 for row in rows) or any(any(record[3:]) for record in records):
        return None
    return {name: [row[j] for row in rows] for j, name in enumerate("abc")} if rows else None


@pytest.mark.parametrize("most_known", [0, 1 << 14])
@pytest.mark.parametrize("block", [1, 60, 1 << 18])
def test_files_of_any_content_are_read_as_in_the_simplest_way(
    block: int, most_known: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_BLOCK", block)
    monkeypatch.setattr(growing, "_MOST_KNOWN", most_known)
    generator = random.Random(f"{block} {most_known}")
    texts = 0
    for _ in range(150):
        text = random_file(generator)
        simple = read_simply(text)
        if simple is None:
            with pytest.raises(ValueError, match=r"expected CSV|as in the header|found a hea|but "):
                read_csv(io.StringIO(text))
            continue
        kept = read_csv(io.StringIO(text), "c", columns=["a"], keep=["b"])
        table = read_csv(io.StringIO(text))
        for name, wanted in simple.items():
            column = column_of_texts(name, wanted, keep_texts=True)
            found = table.column(name)
            assert repr(found.numbers) == repr(column.numbers)
            assert found.coded == column.coded
            if column.numbers is None or column.coded:
                assert found.texts == wanted
                texts += 1
            else:
                assert found.texts is None
            if name != "a":
                assert kept.column(name).texts == wanted
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for row in range(table.row_count):
            line = lines[table.lines[row] - 1] if table.lines is not None else ""
            assert (simple["a"][row].split("\n")[0] or ",") in line.replace('""', '"')
    assert texts > 100


@pytest.mark.parametrize(
    ("header", "names", "delimiter"),
    [
        ("a,b", ["a", "b"], ","),
        ("a;b", ["a", "b"], ";"),
        ("a\tb", ["a", "b"], "\t"),
        ("a|b", ["a", "b"], "|"),
        ('"length, in cm";"width, in cm"', ["length, in cm", "width, in cm"], ";"),
        ("length, in cm;width, in cm;c", ["length, in cm", "width, in cm", "c"], ";"),
        ("a;b;c, d, e, f, g", ["a", "b", "c, d, e, f, g"], ";"),
        ("p(a|b),p(b|a),p(a|c)|x", ["p(a|b)", "p(b|a)", "p(a|c)|x"], ","),
        ("length, in cm\twidth\theight", ["length, in cm", "width", "height"], "\t"),
        ('"say ""a;b;c""",d', ['say "a;b;c"', "d"], ","),
        (' a , "b"', ["a", "b"], ","),
        ("alone", ["alone"], ","),
        ('size (5");b;c', ['size (5")', "b", "c"], ";"),
        ('"a ""b"", c"; "d;,,,"', ['a "b", c', "d;,,,"], ";"),
        ('"two\nlines; here; and; there",b', ["two\nlines; here; and; there", "b"], ","),
    ],
)
def test_the_first_lines_decide_the_delimiter(
    header: str, names: list[str], delimiter: str, data: Any
) -> None:
    table = read_csv(data(f"\n{header}\n{delimiter.join('1' * len(names))}\n"))
    assert table.columns == names
    assert table.rows == [[1.0] * len(names)]


def test_decimal_commas_do_not_separate(data: Any) -> None:
    table = read_csv(data("a;b\n1,5;2,25\n3,5;4,5\n"))
    assert cells(table) == {"a": ["1,5", "3,5"], "b": ["2,25", "4,5"]}


def test_excel_may_say_what_separates(data: Any) -> None:
    table = read_csv(data("sep=|\na, b|c\n\n1|x\n"))
    assert cells(table) == {"a, b": [1.0], "c": ["x"]}
    assert table.place(0) == "line 4"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "mac"])
def test_any_line_end(end: str, data: Any) -> None:
    path = data(end.join(["a,kind", "1,moss", "", "2, reed ", "3,NA"]) + end)
    table = read_csv(path, "kind")
    assert table == Table(["a"], [[1.0], [2.0], [3.0]], "kind", ["moss", "reed", "NA"])
    assert [table.place(row) for row in range(3)] == ["line 2", "line 4", "line 5"]
    assert list(table.column("a").numbers or []) == [1.0, 2.0, 3.0]


def test_line_ends_in_quotes_belong_to_the_cell(data: Any) -> None:
    path = data('a,b\n1,"x\ny"\n2,"x\r\ny"\n3,"x\ry"\n4,z\n')
    table = read_csv(path)
    assert table.column("b").texts == ["x\ny", "x\r\ny", "x\ry", "z"]
    assert [table.place(row) for row in range(4)] == ["line 2", "line 4", "line 6", "line 8"]


def test_a_quoted_line_end_at_the_end_of_a_block(data: Any) -> None:
    # Blocks are cut at line ends, and one of these may stand in quotes.
    filler = "".join(f"{k},text{k}\n" for k in range(16_800))
    assert len(filler) < 1 << 18
    padding = "y" * ((1 << 18) - len(filler) - 4)
    path = data(f'a,b\n{filler}7,"{padding}\n\n\nz"\n8,w\n', "long.csv")
    table = read_csv(path)
    assert table.row_count == 16_802
    assert (table.column("b").texts or [])[-2:] == [f"{padding}\n\n\nz", "w"]
    assert table.place(16_801) == f"line {16_800 + 6}"


def test_blank_lines_and_spaces_do_not_count(data: Any) -> None:
    table = read_csv(data("\n  \n a , kind \n\n 1 ,  moss\n   \n2,moss\n\n\n"), "kind")
    assert table == Table(["a"], [[1.0], [2.0]], "kind", ["moss", "moss"])
    assert table.notes == ["lines 4 and 6: empty, left out"]


def test_the_last_line_needs_no_end(data: Any) -> None:
    assert read_csv(data("a,b\n1,2")).rows == [[1.0, 2.0]]
    assert read_csv(data('a,b\n1,"2"')).rows == [[1.0, 2.0]]


def test_a_huge_cell_is_text(data: Any) -> None:
    long = "word " * 50_000
    table = read_csv(data(f"a,b\n1,{long}\n2,{'9' * 200_000}\n"))
    assert table.column("b").texts == [long.strip(), "9" * 200_000]
    refused(
        data(f'a,b\n1,"{long}"\n'),
        "line 2: found a quote that is not closed within 131,072 characters, expected CSV",
    )


def test_reading_takes_time_by_the_column_and_not_by_its_square(data: Any) -> None:
    seconds = []
    for width in (4_000, 32_000):
        header = ",".join(f"c{j}" for j in range(width))
        path = data("\n".join([header, *[",".join(["1.5"] * width)] * 3]), f"{width}.csv")
        times = []
        for _ in range(2):
            start = time.process_time()
            table = read_csv(path, f"c{width - 1}")
            times.append(time.process_time() - start)
        assert len(table.columns) == width - 1
        seconds.append(min(times))
    assert seconds[1] < 32 * seconds[0]  # 8 times the columns


# --- Encodings and sources ------------------------------------------------------------------------


def test_latin_1_is_read_and_said(data: Any) -> None:
    table = read_csv(data("a,b\n1,2\n3,café\n".encode("latin-1")))
    assert table.column("b").texts == ["2", "café"]
    assert table.notes == ["read as Latin-1: line 3 has the byte 0xe9, which is no UTF-8"]
    table = read_csv(data("a,b\n1,“5 €”\n".encode("cp1252")))
    assert table.column("b").texts == ["“5 €”"]
    assert table.notes == [
        "read as Latin-1 (Windows-1252): line 2 has the byte 0x93, which is no UTF-8"
    ]
    table = read_csv(data(b"a,b\n1,\x81\xe9\n"))
    assert table.column("b").texts == ["\x81é"]


def test_damaged_text_is_refused(data: Any) -> None:
    refused(
        data("a,b\n1,é\n3,".encode() + b"\xff\n"),
        "line 3: found the byte 0xff, expected text in UTF-8",
    )
    refused(
        data(b"\xef\xbb\xbfa,b\n1,2\n\xff,4\n"),
        "line 3: found the byte 0xff, expected text in UTF-8",
    )
    refused(
        data("a,b\n1,2\n".encode("utf-16") + b"\x00"),
        "line 3: found the byte 0x00, expected text in UTF-16",
    )


def test_zero_bytes_are_refused(data: Any) -> None:
    refused(data(b"a,b\n1,\0\n"), "line 2: found a zero byte, expected text")
    refused(data(b"a,b\n" + b"1,2\n" * 5000 + b"\0"), "line 5002: found a zero byte, expected text")
    for encoding in ("utf-16-le", "utf-16-be"):
        table = read_csv(data("naïve,b\n1,2\n".encode(encoding)))
        assert table.columns == ["naïve", "b"] and table.rows == [[1.0, 2.0]]
        assert table.notes == ["read as UTF-16: every second byte is zero"]
        refused(data("a,b\n1,\0\n".encode(encoding)), "line 1: found a zero byte, expected text")
    refused(
        data("a,b\n1,2\n3".encode("utf-16-le")[:-1]),
        "line 3: found the byte 0x33, expected text in UTF-16",
    )
    refused(data("a,b\n1,\0\n".encode("utf-16")), "line 2: found a zero byte, expected text")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04\x14\0\0\0", "a zip archive or an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an Excel workbook"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (b"BZh91AY&SY", "a file compressed with bzip2"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (b"\0\0\x08\x03\0\0\xea\x60\0\0\0\x1c\0\0\0\x1c", "an IDX file of pictures"),
        (b'[{"a": 1, "b": 2}]', "JSON"),
        (b'\n{\n "a": [1]\n}', "JSON"),
        (b"<!DOCTYPE html>\n<html>", "a web page"),
    ],
    ids=["zip", "xls", "parquet", "bzip2", "png", "idx", "rows", "object", "html"],
)
def test_other_kinds_of_files_are_refused_by_name(content: bytes, kind: str, data: Any) -> None:
    refused(data(content), f"found {kind}, expected a table as text, such as CSV")
    refused(data(gzip.compress(content)), f"found {kind}, expected a table as text, such as CSV")


def test_compressed_files_are_known_by_their_content(data: Any) -> None:
    content = gzip.compress(b"a,kind\n1,x\n") + gzip.compress(b"2,y\n")
    wanted = Table(["a"], [[1.0], [2.0]], "kind", ["x", "y"])
    assert read_csv(data(content, "data.csv.gz"), "kind") == wanted
    assert read_csv(data(content, "data.csv"), "kind") == wanted
    assert read_csv(data("a,kind\n1,x\n2,y\n", "plain.csv.gz"), "kind") == wanted


@pytest.mark.parametrize("cut", [1, 9, 15])
def test_damaged_compressed_files_are_refused(cut: int, data: Any) -> None:
    content = gzip.compress(b"a,b\n1,2\n" * 50)[:-cut]
    with pytest.raises(ValueError, match=r"data\.csv: found damaged compressed data \(.*\), exp"):
        read_csv(data(content))


def test_pictures_are_refused_before_they_are_unpacked(data: Any) -> None:
    header = b"\0\0\x08\x03\0\0\xea\x60\0\0\0\x1c\0\0\0\x1c"
    damaged = gzip.compress(header + os.urandom(20_000))[:-5000]  # unpacking all of it would fail
    refused(data(damaged), "found an IDX file of pictures, expected a table as text, such as CSV")


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a,b\n1,x\n")))
    table = read_csv("-")
    assert (table.name, cells(table)) == ("standard input", {"a": [1.0], "b": ["x"]})
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(b"a,b\n1,2\n1,2,3\n")))
    )
    with pytest.raises(ValueError, match=r"^standard input: line 3: found 3 values, expected 2 as"):
        read_csv("-")
    monkeypatch.setattr(sys, "stdin", io.StringIO("a\n5\n"))
    assert read_csv("-").rows == [[5.0]]
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ValueError, match=r"^standard input: found it closed, expected a table$"):
        read_csv("-")


def test_open_files(data: Any) -> None:
    path = data("\ufeffa,b\n1,é\n")
    wanted = {"a": [1.0], "b": ["é"]}
    with open(path, "rb") as binary, open(path, encoding="utf-8") as text:
        assert cells(read_csv(binary)) == cells(read_csv(text)) == wanted
        assert read_csv(io.BytesIO(path.read_bytes())).name == "the open file"
    with pytest.raises(ValueError, match=r"^the open file: found a header only, expected at least"):
        read_csv(io.StringIO("a,b\n"))


def test_open_files_that_cannot_be_read_are_refused(data: Any) -> None:
    path = data("a,b\n1,é\n".encode("latin-1"))
    name = re.escape(str(path))
    with (
        open(path, encoding="utf-8") as text,
        pytest.raises(ValueError, match=rf"^{name}: found the byte 0xe9, expected text in utf-8"),
    ):
        read_csv(text)
    with pytest.raises(ValueError, match=rf"^{name}: found a closed file, expected an open one$"):
        read_csv(text)
    with (
        open(path, "ab") as binary,
        pytest.raises(ValueError, match=rf"^{name}: found a file opened for writing, expect"),
    ):
        read_csv(binary)

    class Odd:
        def read(self) -> int:
            return 3

    with pytest.raises(
        TypeError, match=r"^the open file: read\(\) gave 3, expected text or bytes$"
    ):
        read_csv(Odd())  # type: ignore[arg-type]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = "a,b\n" + "1,2\n" * 50_000 + "x,3\n"  # the column turns to text at the end
    writer = threading.Thread(target=pipe.write_text, args=(content,))
    writer.start()
    table = read_csv(pipe)
    writer.join()
    assert table.column("a").texts == ["1"] * 50_000 + ["x"]


@pytest.mark.parametrize("path", [None, 3, ["a.csv"], b"data.csv"])
def test_what_is_no_path_is_refused(path: Any) -> None:
    with pytest.raises(TypeError, match=r"^path: found .*, expected a path, '-' for standard inp"):
        read_csv(path)


def test_bad_paths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_csv(tmp_path / "none.csv")
    with pytest.raises(ValueError, match=r"^path: found 'a\\x00b', expected a path without zero"):
        read_csv("a\0b")


# --- What is left out -----------------------------------------------------------------------------


def test_empty_rows_are_left_out_and_said(data: Any) -> None:
    table = read_csv(data("a,b,kind\n1,,x\n,,\n  , ,\n,3,y\n\n,,\n,,\n"), "kind")
    assert table.rows == [[1.0, None], [None, 3.0]]
    assert table.labels == ["x", "y"]
    assert [table.place(row) for row in range(2)] == ["line 2", "line 5"]
    assert table.notes == ["lines 3 to 4 and 7 to 8: empty, left out"]


def test_trailing_commas_are_left_out_and_said(data: Any) -> None:
    wanted = {"a": [1.0, 3.0], "b": [2.0, None]}
    table = read_csv(data("a,b,,\n1,2,,\n3,,,\n"))
    assert cells(table) == wanted
    assert table.notes == ["columns 3 to 4: without a name and empty, left out"]
    table = read_csv(data("a,b\n1,2,\n3,,\n"))
    assert cells(table) == wanted
    assert table.notes == ["empty values behind the last column in 2 rows: left out"]
    assert cells(read_csv(data("a,b,\n1,2\n3,,\n"))) == wanted
    refused(data("a,b,\n1,2\n3,\n4\n"), "line 4: found 1 value, expected 3 as in the header")


def test_columns_without_a_name_are_kept_by_their_place(data: Any) -> None:
    table = read_csv(data(",a,,column 3,\n0,1,2,3,\n1,4,5,6,\n"))
    assert cells(table) == {
        "column 1": [0.0, 1.0],
        "a": [1.0, 4.0],
        "column 3 (without a name)": [2.0, 5.0],
        "column 3": [3.0, 6.0],
    }
    assert table.unnamed == {"column 1", "column 3 (without a name)"}
    table = read_csv(data("a,\n1,x\n"))
    assert cells(table) == {"a": [1.0], "column 2": ["x"]}


def test_a_header_with_one_name_less_as_r_writes_it(data: Any) -> None:
    table = read_csv(data('"a","b"\n"1",5,"x"\n"2",6,"y"\n'), "b")
    assert cells(table) == {"column 1": [1.0, 2.0], "a": [5.0, 6.0], "b": ["x", "y"]}
    assert table.unnamed == {"column 1"}
    assert table.notes == [
        "the header has one name less than the rows have values: the first has none"
    ]
    # Two rows of the same name: no names of rows.
    refused(
        data("a,b\n1,5,x\n1,6,y\n"),
        "line 1: found 2 names ('a', 'b') but 3 values in line 2, "
        "expected a header line with the names of the columns",
    )


# --- Choice of columns ----------------------------------------------------------------------------


def test_chosen_columns_come_in_the_given_order_and_others_are_ignored(data: Any) -> None:
    path = data("id,a,b,note,kind\nx1,1,2,,moss\nx2,3,4,hello,reed\n")
    table = read_csv(path, "kind", columns=["b", "a"])
    assert table == Table(["b", "a"], [[2.0, 1.0], [4.0, 3.0]], "kind", ["moss", "reed"])
    assert read_csv(path, columns=["a"]) == Table(["a"], [[1.0], [3.0]])


def test_kept_columns_are_no_inputs_and_stay_as_written(data: Any) -> None:
    path = data("id,a,kind,n\n007,1,moss,1.50\n008,3,reed,2\n")
    table = read_csv(path, "kind", keep=["id", "n"])
    assert table.columns == ["a"]
    assert table.column("id").texts == ["007", "008"]
    assert table.column("n").texts == ["1.50", "2"]
    part = table.part([1])
    assert (part.columns, part.column("n").texts) == (["a"], ["2"])
    table = read_csv(path, columns=["a", "n"], keep=["n", "kind"])
    assert table.columns == ["a", "n"]
    assert table.column("n").texts == ["1.50", "2"]
    assert table.column("kind").texts == ["moss", "reed"]


def test_the_target_may_be_absent_if_it_is_optional(data: Any) -> None:
    path = data("b,a\n1,2\n")
    without = read_csv(path, "kind", columns=["a", "b"], target_optional=True)
    assert without == Table(["a", "b"], [[2.0, 1.0]])
    path = data("b,kind,a\n1,x,2\n")
    present = read_csv(path, "kind", columns=["a", "b"], target_optional=True)
    assert present == Table(["a", "b"], [[2.0, 1.0]], "kind", ["x"])


def test_missing_columns_are_refused_with_those_there_are(data: Any) -> None:
    path = data("a,b\n1,2\n")
    refused(path, "line 1: found no column 'kind', expected it among 'a', 'b'", "kind")
    names = [f"c{k}" for k in range(50)]
    path = data(",".join(names) + "\n" + ",".join("1" * 50) + "\n")
    listed = ", ".join(map(repr, names[:20]))
    refused(path, f"line 1: found no column 'kind', expected it among {listed} and 30 more", "kind")


def test_the_nearest_name_is_said(data: Any) -> None:
    path = data("Height,weight\n1,2\n")
    refused(
        path,
        "line 1: found no column 'height', expected it among 'Height', 'weight'; "
        "did you mean 'Height'?",
        "height",
    )
    refused(
        path,
        "line 1: found no column 'wieght', expected it among 'Height', 'weight'; "
        "did you mean 'weight'?",
        columns=["Height", "wieght"],
    )


def test_columns_that_are_separated_by_spaces_get_a_hint(data: Any) -> None:
    refused(
        data("height weight kind\n1 2 x\n"),
        "line 1: found no column 'kind', expected it among 'height weight kind' "
        "(columns are separated by a comma, a semicolon, a tab or a bar)",
        "kind",
        columns=["height weight kind"],
    )


def test_a_bad_choice_of_columns_is_refused(data: Any) -> None:
    path = data("a,b\n1,2\n")
    with pytest.raises(ValueError, match=r"^columns: found the target 'a', expected input columns"):
        read_csv(path, "a", columns=["b", "a"])
    with pytest.raises(ValueError, match=r"^columns: found 'b' twice, expected different names$"):
        read_csv(path, "a", columns=["b", "b"])
    with pytest.raises(TypeError, match=r"^columns: found 'ab', expected a list of column names$"):
        read_csv(path, columns="ab")
    with pytest.raises(TypeError, match=r"^keep: found 3, expected the name of a column$"):
        read_csv(path, keep=[3])  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"^target: found 3, expected the name of a column$"):
        read_csv(path, 3)  # type: ignore[arg-type]
    refused(path, "line 1: found no input columns, expected at least one", "a", columns=[])
    refused(data("a\n1\n"), "line 1: found no input columns, expected at least one", "a")


# --- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["", "\n\n", "  \n", "\ufeff", ",,\n,,\n"])
def test_an_empty_file_is_refused(content: str, data: Any) -> None:
    refused(data(content), "found nothing, expected a header line with the column names")


@pytest.mark.parametrize("content", ["a,b", "a,b\n", "a,b\n\n \n", "a,b\n,\n"])
def test_a_header_without_rows_is_refused(content: str, data: Any) -> None:
    refused(data(content), "found a header only, expected at least one row below it")


def test_a_row_in_place_of_the_header_is_told(data: Any) -> None:
    looks = r"\(line 1 looks like a row, not like a header line with column names\)"
    path = data("1,1,x\n2,3,y\n")
    with pytest.raises(ValueError, match=f"line 1: found the column '1' twice, .* {looks}$"):
        read_csv(path)
    with pytest.raises(ValueError, match=f"line 1: found no column 'kind', .* {looks}$"):
        read_csv(data("5.1,3.5,x\n2,3,y\n"), "kind")
    with pytest.raises(ValueError, match=r"found no column 'kind', .* among '0', '1', '2'$"):
        read_csv(data("0,1,2\n2,3,y\n"), "kind")


def test_names_that_stand_twice_are_refused(data: Any) -> None:
    refused(data("a,b,a \n1,2,3\n"), "line 1: found the column 'a' twice, expected different names")


def test_a_file_without_a_header_is_refused(data: Any) -> None:
    message = "line 1: found only numbers, expected a header line with the column names"
    refused(data("5.1,3.5\n4.9,3.0\n"), message)
    refused(data("0,1\n4.9,3.0\n"), message)
    refused(data("0,1,1\n0,2,1\n"), message)


def test_numbers_may_name_columns(data: Any) -> None:
    assert read_csv(data("400,402\n1,2\n"), columns=["402", "400"]).rows == [[2.0, 1.0]]
    assert read_csv(data("400,402,kind\n1,2,x\n"), "kind").columns == ["400", "402"]
    # The places of the columns, as pandas writes those of an array.
    assert read_csv(data("0,1,2\n5,6,7\n"), "2").columns == ["0", "1"]
    assert read_csv(data(",0,1\n0,6,7\n")).columns == ["column 1", "0", "1"]
    assert read_csv(data("1,2,3\n5,6,7\n")).columns == ["1", "2", "3"]


def test_a_line_above_the_header_is_refused_once(data: Any) -> None:
    refused(
        data("My table\n\na,b,c\n" + "1,2,3\n" * 20),
        "line 1: found 1 name ('My table') but 3 values in line 3, "
        "expected a header line with the names of the columns",
    )


def test_lines_of_another_length_are_refused_all_at_once(data: Any) -> None:
    refused(data("a,b\n1,2\n3\n"), "line 3: found 1 value, expected 2 as in the header")
    refused(
        data("a,b\n1,2\n3,4,5\n\n6\n7,8\n"),
        "line 3: found 3 values, expected 2 as in the header; "
        "line 5: found 1 value, expected 2 as in the header",
    )
    with pytest.raises(TableErrors) as caught:
        read_csv(data("a,b\n1,2\n" + "3\n" * 30))
    assert len(caught.value.faults) == 30
    assert "; line 12: found 1 value, expected 2 as in the header; and 20 more" in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_all_that_is_wrong_is_said_at_once(data: Any) -> None:
    refused(
        data('a,b,a\n1,2,3\n4,5\n6,"7"8,9\n'),
        "line 1: found the column 'a' twice, expected different names; "
        "line 1: found no column 'c', expected it among 'a', 'b', 'a'; "
        "line 1: found no column 'd'; "
        "line 3: found 2 values, expected 3 as in the header; "
        "line 4: found text after a closing quote, expected CSV",
        "c",
        columns=["d", "b"],
    )


def test_lines_are_counted_through_quoted_line_ends(data: Any) -> None:
    path = data('a,"b\nc"\n1,2\n\n3,"x\ny",5\n')
    refused(path, "line 5: found 3 values, expected 2 as in the header")


def test_bad_quotes_are_refused(data: Any) -> None:
    refused(
        data('a,b\n1,2\n3,"4\n5,6\n'), "line 3: found a quote that is never closed, expected CSV"
    )
    refused(data('a,b\n1,"2"3\n'), "line 2: found text after a closing quote, expected CSV")
    refused(data('a,"b\n1,2\n'), "line 1: found a quote that is never closed, expected CSV")


# --- Tables ---------------------------------------------------------------------------------------


def test_a_table_shows_its_size_and_not_its_numbers() -> None:
    table = Table(["a", "b"], [[1.0, 2.0]] * 3, "kind", ["x"] * 3)
    assert repr(table) == "Table(3 rows of 2 input columns, target 'kind')"
    assert repr(Table(["a"], [[1.0]])) == "Table(1 row of 1 input column, no target)"


def test_tables_that_do_not_fit_together_are_refused() -> None:
    message = r"^rows: row 1 has 1 cell, expected 2, one a column$"
    with pytest.raises(ValueError, match=message):
        Table(["a", "b"], [[1.0, 2.0], [3.0]])
    with pytest.raises(ValueError, match=r"^labels: found 1, expected 2, one a row$"):
        Table(["a"], [[1.0], [2.0]], "kind", ["x"])
    for target, labels in (("kind", None), (None, ["x"])):
        with pytest.raises(
            ValueError, match=r"^target and labels: found only one of them, expected both or neith"
        ):
            Table(["a"], [[1.0]], target, labels)


def test_names_of_a_table_are_different() -> None:
    with pytest.raises(ValueError, match=r"^columns: found 'a' twice, expected different names$"):
        Table(["a", "b", "a"], [[1.0, 2.0, 3.0]])
    with pytest.raises(ValueError, match=r"^target: found 'a', which is an input column too, exp"):
        Table(["a", "b"], [[1.0, 2.0]], "a", ["x"])


def test_rows_are_named_by_their_lines(data: Any) -> None:
    table = read_csv(data("x,y\n1,1.5\n\n\n2,NA\n3,2.5\n4,?\n5,\n"), "y")
    said = Preparation.from_table(table, "number").targets_in_words(table)
    assert said == "y: a number, 1.5 to 2.5 (3 rows without it left out: lines 5 and 7 to 8)"
    assert table.places([0]) == "line 2"
    assert Table(["x"], [[1], [2]]).places([0, 1]) == "rows 0 to 1"


def test_a_part_of_a_table_is_a_table(data: Any) -> None:
    table = read_csv(data(",a,kind\n0,007,x\n\n1,008,y\n2,009,NA\n"), "kind")
    part = table.part([2, 0])
    assert part == Table(["column 1", "a"], [[2.0, 9.0], [0.0, 7.0]], "kind", ["NA", "x"])
    assert part.column("a").texts == ["009", "007"]
    assert part.column("a").coded
    assert [part.place(row) for row in range(2)] == ["line 5", "line 2"]
    assert (part.unnamed, part.notes) == (frozenset({"column 1"}), table.notes)


def test_columns_are_asked_for_by_name() -> None:
    table = Table(["height"], [[1.0]], "kind", ["x"])
    assert table.has_column("kind")
    assert not table.has_column("heigth")
    with pytest.raises(
        ValueError,
        match=r"^table: found no column 'heigth', expected it among 'height', 'kind'; did y",
    ):
        table.column("heigth")


def test_columns_say_whether_they_are_whole() -> None:
    table = Table(["a", "b", "c", "d"], [[1.0, 1.5, "x", None], [None, 2.0, "y", None]])
    assert [table.column(name).whole for name in "abcd"] == [True, False, False, True]
    assert len(Column("x", None, ["a", "b"])) == 2


def test_line_numbers_are_a_sequence() -> None:
    generator = random.Random(4)
    lines = LineNumbers()
    wanted: list[int] = []
    line = 1
    for _ in range(50):
        line += generator.randrange(1, 4)
        following = range(line, line + generator.randrange(4))
        lines.extend(following if generator.random() < 0.5 else list(following))
        wanted += following
        line = following.stop
    assert list(lines) == wanted
    assert lines[5:20:3] == wanted[5:20:3]
    assert [lines[-k] for k in range(1, 9)] == [wanted[-k] for k in range(1, 9)]
    with pytest.raises(IndexError):
        lines[len(wanted)]


def test_spans() -> None:
    assert spans("line", [3]) == "line 3"
    assert spans("line", [3, 4]) == "lines 3 to 4"
    assert spans("line", [3, 5, 6, 7, 9]) == "lines 3, 5 to 7 and 9"
    assert spans("line", list(range(0, 20, 2))) == "10 lines (0, 2, 4, 6, 8 ...)"


def test_another_decimal_mark_is_refused() -> None:
    message = r"^decimal: found 'coma', expected one of point, comma; did you mean 'comma'\?$"
    with pytest.raises(ValueError, match=message):
        read_csv(io.StringIO("a\n1\n"), decimal="coma")
