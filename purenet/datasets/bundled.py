"""The data sets that come with the package.

Every call reads its file anew, so what is done to one result changes no other.
"""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from importlib import resources

from ..checks import one_hot
from ..tables import Table, read_csv


@dataclass(frozen=True, repr=False)
class Dataset:
    """Inputs with the classes that they belong to.

    inputs: one row a sample, one number a column.
    targets: one row a sample.  Two classes: one column, 0.0 or 1.0.  More: one column a class, 1.0
        in that of the sample's class and 0.0 elsewhere (one-hot).
    labels: the number of each sample's class, counted from 0.
    class_names: the name of each class.
    column_names: the name of each column of ``inputs``.
    """

    inputs: list[list[float]]
    targets: list[list[float]]
    labels: list[int]
    class_names: list[str]
    column_names: list[str]

    def __repr__(self) -> str:
        return (
            f"Dataset({len(self.inputs)} rows of {len(self.column_names)} columns, "
            f"classes {', '.join(self.class_names)})"
        )


def load_xor() -> Dataset:
    """Return the exclusive or of the first two columns; the third is always 1.

    4 rows of 3 columns, one target column.  The constant column stands in for a bias.

    Source: James Loy, "How to build your own Neural Network from scratch in Python" (2018).

    >>> xor = load_xor()
    >>> xor.inputs
    [[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]
    >>> xor.targets
    [[0.0], [1.0], [1.0], [0.0]]
    """
    inputs = [[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]
    return _dataset(inputs, [0, 1, 1, 0], ["0", "1"], ["a", "b", "constant"])


def load_iris() -> Dataset:
    """Return Fisher's irises: 150 flowers measured in centimetres, 50 of each of three species.

    150 rows of 4 columns in centimetres, three target columns (one-hot).

    Source: R. A. Fisher (1936), https://doi.org/10.24432/C56C76.

    >>> iris = load_iris()
    >>> iris.inputs[0], iris.targets[0]
    ([5.1, 3.5, 1.4, 0.2], [1.0, 0.0, 0.0])
    >>> iris.class_names
    ['setosa', 'versicolor', 'virginica']
    """
    header, rows = _lines(_read("iris.csv"))
    return _named_classes(header, rows, ["setosa", "versicolor", "virginica"])


def load_digits() -> Dataset:
    """Return handwritten digits: 1,797 pictures of 8 by 8 pixels, row by row from the top left.

    1,797 rows of 64 columns, ten target columns (one-hot).  The file holds whole numbers from 0
    (paper) to 16 (ink); they are divided by 16, so the inputs lie between 0 and 1, exactly.

    Source: the test part of E. Alpaydin and C. Kaynak's set, https://doi.org/10.24432/C50P49.

    >>> digits = load_digits()
    >>> digits.labels[:4]
    [0, 1, 2, 3]
    >>> digits.inputs[0][:6]
    [0.0, 0.0, 0.3125, 0.8125, 0.5625, 0.0625]
    """
    header, rows = _lines(gzip.decompress(_read("digits.csv.gz")))
    scaled = {str(value): value / 16 for value in range(17)}
    inputs = [list(map(scaled.__getitem__, row[:-1])) for row in rows]
    labels = [int(row[-1]) for row in rows]
    return _dataset(inputs, labels, [str(digit) for digit in range(10)], header[:-1])


def load_breast_cancer() -> Dataset:
    """Return the Wisconsin diagnostic table: 569 tumours, 212 malignant (0) and 357 benign (1).

    569 rows of 30 columns, one target column.  Ten properties of the cell nuclei in a picture, each
    as mean, standard error and worst (the mean of the three largest).  The columns' scales differ
    by a factor of a million: standardise them before training, see ``purenet.Preparation``.

    Source: W. Wolberg, O. Mangasarian, N. Street and W. Street (1993),
    https://doi.org/10.24432/C5DW2B.

    >>> cancer = load_breast_cancer()
    >>> cancer.column_names[0], cancer.inputs[0][0]
    ('mean radius', 17.99)
    >>> cancer.class_names[cancer.labels[0]], cancer.targets[0]
    ('malignant', [0.0])
    """
    header, rows = _lines(_read("breast_cancer.csv"))
    return _named_classes(header, rows, ["malignant", "benign"])


def load_penguins() -> Table:
    """Return the penguins of the Palmer archipelago: 344 birds of three species.

    A table as people have them, with text and gaps: 344 rows of 7 columns (island, four measures in
    millimetres and grams, sex, year), and the species, which is the target.

    Source: K. Gorman, T. Williams and W. Fraser, PLoS ONE 9(3): e90081 (2014),
    https://doi.org/10.1371/journal.pone.0090081; A. Horst, A. Hill and K. Gorman (2020),
    https://doi.org/10.5281/zenodo.3960218.

    >>> penguins = load_penguins()
    >>> penguins
    Table(344 rows of 7 input columns, target 'species')
    >>> penguins.rows[3], penguins.labels[3]
    (['Torgersen', None, None, None, None, 'NA', 2007.0], 'Adelie')
    """
    with resources.files(__package__).joinpath("penguins.csv").open("rb") as file:
        return read_csv(file, "species")


def _read(name: str) -> bytes:
    return resources.files(__package__).joinpath(name).read_bytes()


def _lines(content: bytes) -> tuple[list[str], list[list[str]]]:
    header, *rows = csv.reader(content.decode("ascii").splitlines())
    return header, rows


def _named_classes(header: list[str], rows: list[list[str]], names: list[str]) -> Dataset:
    inputs = [list(map(float, row[:-1])) for row in rows]
    labels = [names.index(row[-1]) for row in rows]
    return _dataset(inputs, labels, names, header[:-1])


def _dataset(
    inputs: list[list[float]], labels: list[int], class_names: list[str], columns: list[str]
) -> Dataset:
    if len(class_names) == 2:
        targets = [[float(label)] for label in labels]
    else:
        targets = one_hot(labels, len(class_names))
    return Dataset(inputs, targets, labels, class_names, columns)
