"""The data sets that come along, one-hot rows, and the reader for IDX files."""

from __future__ import annotations

import doctest
import gzip
import hashlib
import importlib
import math
import random
import re
import struct
import tracemalloc
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from purenet import datasets
from purenet.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_penguins,
    load_xor,
    one_hot,
    read_idx,
    read_idx_images,
    read_idx_labels,
)

LOADERS = [load_xor, load_iris, load_digits, load_breast_cancer]


# --- The sets -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bundled", "idx"])
def test_the_examples_in_the_docstrings_are_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"purenet.datasets.{name}"))
    assert result.attempted > 0
    assert result.failed == 0


def test_xor_is_the_published_table() -> None:
    xor = load_xor()
    assert xor.inputs == [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
    assert xor.targets == [[0], [1], [1], [0]]
    for row in xor.inputs:
        assert row[2] == 1
    assert [int(a) ^ int(b) for a, b, _ in xor.inputs] == xor.labels == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("load", "rows", "columns", "counts"),
    [
        (load_xor, 4, 3, [2, 2]),
        (load_iris, 150, 4, [50, 50, 50]),
        (load_digits, 1797, 64, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]),
        (load_breast_cancer, 569, 30, [212, 357]),
    ],
)
def test_shapes_and_class_counts(load: Any, rows: int, columns: int, counts: list[int]) -> None:
    data = load()
    assert len(data.inputs) == len(data.targets) == len(data.labels) == rows
    assert {len(row) for row in data.inputs} == {columns}
    assert len(data.column_names) == len(set(data.column_names)) == columns
    assert len(data.class_names) == len(set(data.class_names)) == len(counts)
    assert [data.labels.count(label) for label in range(len(counts))] == counts
    assert {type(value) for row in data.inputs + data.targets for value in row} == {float}
    assert {type(label) for label in data.labels} == {int}


@pytest.mark.parametrize("load", LOADERS)
def test_targets_say_the_same_as_labels(load: Any) -> None:
    data = load()
    for target, label in zip(data.targets, data.labels, strict=True):
        if len(data.class_names) == 2:
            assert target == [float(label)]
        else:
            assert target == [float(label == k) for k in range(len(data.class_names))]


# Made from scikit-learn 1.9.1: the SHA-256 of all its values as big-endian doubles, row by row,
# digits not divided by 16, followed by the class numbers, a byte each.
@pytest.mark.parametrize(
    ("load", "factor", "digest"),
    [
        (load_iris, 1.0, "4073ebcb9cb78ff3e997133bda953605ca34713ca5f78991d850065290c5cbfe"),
        (load_digits, 16.0, "9863e8e89b616c8c96dd9898cc9c9c5114f67fe052b41e2443ce91cb6291d1ad"),
        (
            load_breast_cancer,
            1.0,
            "2ce75841572905100c46365a43116d2d1b668594e2710f44b126f5238e221b1f",
        ),
    ],
)
def test_every_value_is_that_of_scikit_learn(load: Any, factor: float, digest: str) -> None:
    data = load()
    found = hashlib.sha256()
    for row in data.inputs:
        found.update(struct.pack(f">{len(row)}d", *(value * factor for value in row)))
    found.update(bytes(data.labels))
    assert found.hexdigest() == digest


def test_iris_has_the_values_of_fishers_article_where_uci_has_errors() -> None:
    iris = load_iris()
    assert iris.inputs[34] == [4.9, 3.1, 1.5, 0.2]
    assert iris.inputs[37] == [4.9, 3.6, 1.4, 0.1]


def test_iris_means_are_the_published_ones() -> None:
    inputs = load_iris().inputs
    means = [float(sum(Fraction(row[j]) for row in inputs) / 150) for j in range(4)]
    assert [round(mean, 2) for mean in means] == [5.84, 3.06, 3.76, 1.20]


def test_digits_lie_between_0_and_1_in_sixteenths() -> None:
    digits = load_digits()
    values = {value for row in digits.inputs for value in row}
    assert values == {k / 16 for k in range(17)}
    assert digits.class_names[digits.labels[5]] == "5"
    assert digits.column_names[0] == "pixel_0_0"
    assert digits.column_names[63] == "pixel_7_7"


def test_breast_cancer_codes_malignant_0_and_benign_1() -> None:
    cancer = load_breast_cancer()
    assert cancer.class_names == ["malignant", "benign"]
    assert cancer.labels[0] == 0
    assert cancer.targets[0] == [0.0]
    area = cancer.column_names.index("worst area")
    assert max(row[area] for row in cancer.inputs) == 4254.0


def test_penguins_are_the_published_table() -> None:
    penguins = load_penguins()
    assert penguins.columns[0] == "island"
    assert penguins.labels is not None
    counts = {name: penguins.labels.count(name) for name in sorted(set(penguins.labels))}
    assert counts == {"Adelie": 152, "Chinstrap": 68, "Gentoo": 124}
    gaps = [
        sum(cell is None or cell == "NA" for cell in column)
        for column in zip(*penguins.rows, strict=True)
    ]
    assert gaps == [0, 2, 2, 2, 2, 11, 0]
    masses = [row[4] for row in penguins.rows if row[4] is not None]
    assert (min(masses), max(masses)) == (2700.0, 6300.0)


@pytest.mark.parametrize("load", LOADERS)
def test_what_is_done_to_one_result_changes_no_other(load: Any) -> None:
    first = load()
    kept = [list(row) for row in first.inputs], list(first.labels), list(first.class_names)
    first.inputs[0][0] = 99.0
    first.inputs[1].clear()
    first.targets[0][0] = 99.0
    first.labels.clear()
    first.class_names.clear()
    first.column_names.clear()
    again = load()
    assert (again.inputs, again.labels, again.class_names) == kept
    assert again.column_names
    assert again.targets[0][0] in (0.0, 1.0)


def test_a_dataset_shows_its_size_and_not_its_numbers() -> None:
    assert repr(load_iris()) == (
        "Dataset(150 rows of 4 columns, classes setosa, versicolor, virginica)"
    )


def test_every_data_file_has_its_source_and_licence() -> None:
    folder = Path(datasets.__file__).parent
    sources = (folder / "SOURCES.md").read_text(encoding="utf-8")
    files = [path.name for path in folder.iterdir() if path.suffix in (".csv", ".gz")]
    assert sorted(files) == ["breast_cancer.csv", "digits.csv.gz", "iris.csv", "penguins.csv"]
    for name in files:
        section = sources.split(f"## {name}\n")[1].split("\n## ")[0]
        assert re.search(r"https://doi\.org/10\.(24432|5281)/", section)
        assert re.search(r"^- Licence: (CC BY 4\.0|CC0 1\.0)", section, re.M)
        assert "Changes: " in section


# --- One-hot --------------------------------------------------------------------------------------


def test_one_hot_marks_the_class_of_each_label() -> None:
    generator = random.Random(5)
    for _ in range(50):
        classes = generator.randrange(1, 12)
        labels = [generator.randrange(classes) for _ in range(generator.randrange(20))]
        rows = one_hot(labels, classes)
        assert [row.index(1.0) for row in rows] == labels
        assert all(sorted(row) == [0.0] * (classes - 1) + [1.0] for row in rows)
        assert len({id(row) for row in rows}) == len(rows)


def test_one_hot_takes_whole_floats() -> None:
    assert one_hot([1.0, 0], 2) == [[0.0, 1.0], [1.0, 0.0]]


@pytest.mark.parametrize("label", [12, 10, -1, 2.5, math.nan, math.inf, -math.inf])
def test_one_hot_refuses_what_is_no_class(label: float) -> None:
    message = f"^labels: row 3 is {re.escape(str(label))}, expected a class from 0 to 9$"
    with pytest.raises(ValueError, match=message):
        one_hot([0, 9, 1, label], 10)


@pytest.mark.parametrize("label", [True, False, "1", b"1", None, [1], 1j])
def test_one_hot_refuses_what_is_no_number(label: Any) -> None:
    message = f"^labels: row 1 is {re.escape(repr(label))}, expected a class from 0 to 9$"
    with pytest.raises(TypeError, match=message):
        one_hot([0, label], 10)


def test_one_hot_refuses_a_bad_number_of_classes_and_a_bad_list() -> None:
    with pytest.raises(ValueError, match=r"^classes: found 0, expected 1 to 16777216$"):
        one_hot([0], 0)
    with pytest.raises(TypeError, match=r"^classes: found 2\.0, expected a whole number$"):
        one_hot([0], 2.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^classes: found True, expected a whole number$"):
        one_hot([0], True)
    with pytest.raises(TypeError, match=r"^labels: found '012', expected a list of class numbers$"):
        one_hot("012", 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^labels: found 3, expected a list of class numbers$"):
        one_hot(3, 3)  # type: ignore[arg-type]


# --- IDX ------------------------------------------------------------------------------------------

KINDS = {0x08: "B", 0x09: "b", 0x0B: "h", 0x0C: "i", 0x0D: "f", 0x0E: "d"}


def idx(kind: int, shape: tuple[int, ...], body: bytes) -> bytes:
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, kind, len(shape), *shape) + body


def flat(nested: Any) -> list[Any]:
    if not isinstance(nested, list):
        return [nested]
    return [value for part in nested for value in flat(part)]


def shape_of(nested: Any) -> tuple[int, ...]:
    if not isinstance(nested, list):
        return ()
    shapes = {shape_of(part) for part in nested}
    assert len(shapes) == 1
    return (len(nested), *shapes.pop())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("compressed", [False, True])
def test_read_idx_gives_back_what_was_written(kind: int, compressed: bool, tmp_path: Path) -> None:
    generator = random.Random(kind)
    code = KINDS[kind]
    for round_number in range(20):
        shape = tuple(generator.randrange(1, 5) for _ in range(generator.randrange(1, 6)))
        count = math.prod(shape)
        bits = 8 * struct.calcsize(f">{code}")
        if code in "fd":
            values: list[float] = [generator.randrange(-999, 999) / 8 for _ in range(count)]
        elif code == "B":
            values = [generator.randrange(256) for _ in range(count)]
        else:
            values = [generator.randrange(-(1 << bits - 1), 1 << bits - 1) for _ in range(count)]
        content = idx(kind, shape, struct.pack(f">{count}{code}", *values))
        path = tmp_path / f"{round_number}.any"
        path.write_bytes(gzip.compress(content) if compressed else content)
        found = read_idx(path)
        assert shape_of(found) == shape
        assert flat(found) == values
        assert {type(value) for value in flat(found)} == {float if code in "fd" else int}


def test_read_idx_looks_at_the_bytes_and_not_at_the_name(tmp_path: Path) -> None:
    content = idx(0x08, (2,), b"\x07\x09")
    plain = tmp_path / "labels.gz"
    plain.write_bytes(content)
    packed = tmp_path / "labels"
    packed.write_bytes(gzip.compress(content))
    assert read_idx(plain) == read_idx(packed) == read_idx(str(packed)) == [7, 9]


def test_read_idx_images_gives_one_row_of_pixels_a_picture(tmp_path: Path) -> None:
    body = random.Random(1).randbytes(5 * 3 * 4)
    path = tmp_path / "images"
    path.write_bytes(idx(0x08, (5, 3, 4), body))
    rows = read_idx_images(path)
    assert rows == [[value / 255 for value in body[k : k + 12]] for k in range(0, 60, 12)]


def test_read_idx_images_covers_0_to_1_and_shares_its_floats(tmp_path: Path) -> None:
    path = tmp_path / "images"
    path.write_bytes(idx(0x08, (2, 16, 16), bytes(range(256)) * 2))
    first, second = read_idx_images(path)
    assert first == second
    assert first[0] == 0.0
    assert first[255] == 1.0
    assert all(first[k] is second[k] for k in range(256))
    second[0] = 0.5
    assert first[0] == 0.0


def test_read_idx_labels(tmp_path: Path) -> None:
    path = tmp_path / "labels"
    path.write_bytes(idx(0x08, (4,), bytes([5, 0, 4, 255])))
    assert read_idx_labels(path) == [5, 0, 4, 255]
    path.write_bytes(idx(0x0C, (2,), struct.pack(">2i", 70000, -1)))
    assert read_idx_labels(path) == [70000, -1]


HEADER = "expected an IDX file: 00 00, a type (08, 09, 0b, 0c, 0d or 0e) and the number of dim"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", f"found nothing, {HEADER}"),
        (b"\0\0\x08", f"found the first bytes 00 00 08, {HEADER}"),
        (b"a,b\n1,2\n", f"found the first bytes 61 2c 62 0a, {HEADER}"),
        (b"\0\1\x08\1\0\0\0\1\0", f"found the first bytes 00 01 08 01, {HEADER}"),
        (b"\0\0\x0a\1\0\0\0\1\0", f"found the first bytes 00 00 0a 01, {HEADER}"),
        (b"\0\0\x0f\1\0\0\0\1\0", f"found the first bytes 00 00 0f 01, {HEADER}"),
        (b"\0\0\x08\0\0", f"found the first bytes 00 00 08 00, {HEADER}"),
        (b"\0\0\x08\2\0\0\0\1\0\0", "found 10 bytes, expected a header of 12 bytes for 2 dim"),
        (
            idx(0x08, (3, 0), b""),
            "found 2 dimensions (3 x 0), expected sizes of 1 or more",
        ),
        (
            idx(0x08, (1,) * 65, b"1"),
            "found 65 dimensions, expected at most 64",
        ),
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("read", [read_idx, read_idx_images, read_idx_labels])
def test_a_foreign_or_damaged_idx_file_is_refused(
    read: Any, compressed: bool, content: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "train-images"
    path.write_bytes(gzip.compress(content) if compressed else content)
    with pytest.raises(ValueError, match="^" + re.escape(f"{path}: {message}")):
        read(path)


@pytest.mark.parametrize(
    ("read", "content", "message"),
    [
        (
            read_idx,
            idx(0x08, (2, 3), b"12345"),
            "found 5 bytes after the header, expected 6 bytes: 2 dimensions (2 x 3) of unsigned",
        ),
        (
            read_idx,
            idx(0x0E, (2,), b"12345678"),
            "found 8 bytes after the header, expected 16 bytes: 1 dimension (2) of 8-byte floats",
        ),
        (
            read_idx_images,
            idx(0x08, (1, 2, 3), b"12345"),
            "found 5 bytes after the header, expected 6 bytes: 3 dimensions (1 x 2 x 3) of uns",
        ),
        (
            read_idx_labels,
            idx(0x0B, (2,), b"12345"),
            "found more after the header, expected 4 bytes: 1 dimension (2) of 2-byte integers",
        ),
    ],
    ids=["bytes", "floats", "images", "labels"],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_an_idx_file_of_another_length_is_refused(
    read: Any, compressed: bool, content: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "train-images"
    path.write_bytes(gzip.compress(content) if compressed else content)
    with pytest.raises(ValueError, match="^" + re.escape(f"{path}: {message}")):
        read(path)


def test_64_dimensions_are_read(tmp_path: Path) -> None:
    path = tmp_path / "deep"
    path.write_bytes(idx(0x08, (1,) * 63 + (2,), b"\3\4"))
    found = read_idx(path)
    assert shape_of(found) == (1,) * 63 + (2,)
    assert flat(found) == [3, 4]


def test_every_cut_of_an_idx_file_is_refused(tmp_path: Path) -> None:
    content = idx(0x0B, (2, 3), bytes(12))
    packed = gzip.compress(content)
    path = tmp_path / "cut"
    for whole in (content, packed):
        for length in range(len(whole)):
            path.write_bytes(whole[:length])
            with pytest.raises(ValueError, match=f"^{re.escape(str(path))}: found .*, expected "):
                read_idx(path)


@pytest.mark.parametrize("body", [b"abcdefgh" * 40, random.Random(3).randbytes(300)])
def test_damaged_compressed_data_is_refused(body: bytes, tmp_path: Path) -> None:
    packed = gzip.compress(idx(0x08, (len(body),), body), mtime=0)
    path = tmp_path / "damaged.gz"
    messages = []
    for position in range(10, len(packed)):  # all that is behind gzip's own header
        damaged = bytearray(packed)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=f"^{re.escape(str(path))}: found .*, expect") as error:
            read_idx(path)
        messages.append(str(error.value))
    pattern = re.compile(r"found damaged compressed data \(.+\), expected a whole gzip file$")
    assert any(pattern.search(message) for message in messages)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("shape", [(0xFFFFFFFF,) * 3, (60000, 28, 28), (0xFFFFFFFF,) * 64])
def test_a_huge_claim_in_a_small_file_takes_no_memory(
    compressed: bool, shape: tuple[int, ...], tmp_path: Path
) -> None:
    content = idx(0x08, shape, b"123")
    path = tmp_path / "claim"
    path.write_bytes(gzip.compress(content) if compressed else content)
    tracemalloc.start()
    try:
        with pytest.raises(
            ValueError,
            match=rf"found 3 bytes after the header, expected {math.prod(shape)} bytes: ",
        ):
            read_idx(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000


def test_compressed_data_is_not_unpacked_beyond_the_claim(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(idx(0x08, (2,), bytes(50_000_000))))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"found more after the header, expected 2 bytes: "):
            read_idx(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000


def test_images_and_labels_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "file"
    name = re.escape(str(path))
    path.write_bytes(idx(0x08, (2,), b"12"))
    with pytest.raises(
        ValueError,
        match=rf"^{name}: found 1 dimension \(2\), expected 3 dimensions "
        r"\(pictures, height, width\)$",
    ):
        read_idx_images(path)
    path.write_bytes(idx(0x08, (1, 2, 2), b"1234"))
    with pytest.raises(
        ValueError,
        match=rf"^{name}: found 3 dimensions \(1 x 2 x 2\), expected 1 dimension \(labels\)$",
    ):
        read_idx_labels(path)


def test_images_are_bytes_and_labels_are_integers(tmp_path: Path) -> None:
    path = tmp_path / "file"
    name = re.escape(str(path))
    path.write_bytes(idx(0x0D, (1, 1, 1), bytes(4)))
    with pytest.raises(
        ValueError, match=rf"^{name}: found 4-byte floats, expected unsigned bytes \(pixels\)$"
    ):
        read_idx_images(path)
    path.write_bytes(idx(0x09, (1, 1, 1), bytes(1)))
    with pytest.raises(
        ValueError, match=rf"^{name}: found signed bytes, expected unsigned bytes \(pixels\)$"
    ):
        read_idx_images(path)
    path.write_bytes(idx(0x0E, (1,), bytes(8)))
    with pytest.raises(
        ValueError, match=rf"^{name}: found 8-byte floats, expected integers \(labels\)$"
    ):
        read_idx_labels(path)


@pytest.mark.parametrize("compressed", [False, True])
def test_what_is_no_file_of_labels_or_images_is_refused_from_its_header(
    compressed: bool, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    for read, kind, shape, size in (
        (read_idx_labels, 0x08, (50_000, 10, 10), 1),
        (read_idx_labels, 0x0E, (5_000_000,), 8),
        (read_idx_images, 0x08, (5_000_000,), 1),
        (read_idx_images, 0x0D, (12_500, 10, 10), 4),
    ):
        content = idx(kind, shape, bytes(math.prod(shape) * size))
        path.write_bytes(gzip.compress(content, 1) if compressed else content)
        tracemalloc.start()
        try:
            with pytest.raises(ValueError, match=r"found .*, expected .*(labels|pixels|pictures)"):
                read(path)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 1_000_000


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "none")
