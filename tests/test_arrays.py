"""Arrays and tables of other libraries: read by rows, alike in both packages, or refused by name.

What stands in for a library here has its public methods and nothing else, so that the standard
library alone tests them; the libraries themselves are tried where they are installed.
"""

import array
import collections
import datetime
import types
from itertools import chain

import pytest
from bits import bits, outcome

from purenet.arrays import foreign_name, named_columns, rows_of

ROWS = [[1.0, 3.0], [2.0, 4.0], [0.5, -1.0], [0.25, 8.0]]
COLUMNS = [list(column) for column in zip(*ROWS, strict=True)]
CLASSES = [0, 1, 0, 1]


class Labelled:
    """A column of pandas: what stands in [0] has the label 0, wherever it is."""

    iloc = None

    def __init__(self, cells, labels=(3, 2, 1, 0)):
        self.cells = cells
        self.labels = list(labels)

    def __len__(self):
        return len(self.cells)

    def __iter__(self):
        return iter(self.cells)

    def __getitem__(self, label):
        return self.cells[self.labels.index(label)]

    def isna(self):
        return Labelled([cell is GONE for cell in self.cells])

    def tolist(self):
        return list(self.cells)


GONE = object()


class Frame:
    """A data frame of pandas: it is as long as its rows, and going through it gives labels."""

    iloc = None
    columns = property(lambda self: list(self.names))

    def __init__(self, columns=COLUMNS, names=("ab", "cd")):
        self.names = names
        self.given = columns

    def __len__(self):
        return len(self.given[0]) if self.given else 3

    def __iter__(self):
        return iter(self.names)

    def __getitem__(self, label):
        return Labelled(self.given[self.names.index(label)])

    def items(self):
        for name, cells in zip(self.names, self.given, strict=True):
            yield name, Labelled(cells)


class Listed:
    """A column of Polars."""

    def __init__(self, cells):
        self.cells = cells

    def __len__(self):
        return len(self.cells)

    def __iter__(self):
        return iter(self.cells)

    def __getitem__(self, place):
        return self.cells[place]

    def to_list(self):
        return list(self.cells)


class Columnar:
    """A data frame of Polars: going through it gives its columns."""

    columns = property(lambda self: ["a", "b"])

    def __init__(self, columns=COLUMNS):
        self.given = columns

    def __len__(self):
        return len(self.given[0])

    def __iter__(self):
        return iter(self.iter_columns())

    def __getitem__(self, place):
        return Columnar([[cells[place]] for cells in self.given])

    def iter_columns(self):
        return list(map(Listed, self.given))


class Chunks:
    """A column of Arrow."""

    def __init__(self, cells):
        self.cells = cells

    def __len__(self):
        return len(self.cells)

    def to_pylist(self):
        return list(self.cells)


class Arrow:
    """A table of Arrow."""

    columns = property(lambda self: list(self.itercolumns()))
    column_names = property(lambda self: ["a", "b"])

    def __len__(self):
        return len(ROWS)

    def __getitem__(self, place):
        return Chunks(COLUMNS[place])

    def itercolumns(self):
        return map(Chunks, COLUMNS)


class Array:
    """What gives a list."""

    def __init__(self, items=ROWS):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, place):
        return self.items[place]

    def tolist(self):
        return self.items


class Tensor:
    """What can be made an array."""

    def __len__(self):
        return len(ROWS)

    def __array__(self):
        return Array()


class OfColumns(Listed):
    """A table that gives its columns as lists."""

    shape = (4, 2)


class Rows(Array):
    """Somebody's own matrix, which knows how many columns it has."""

    columns = property(lambda self: 2)
    tolist = None

    def __iter__(self):
        return iter(self.items)


class Lazy(Columnar):
    def collect(self):
        raise AssertionError("nobody asked for it")


class Sparse(Array):
    nnz = 3
    tolist = None

    def __iter__(self):
        return iter(self.items)

    def toarray(self):
        raise AssertionError("it may be too large")

    __array__ = toarray


class Elsewhere(Array):
    def tolist(self):
        raise RuntimeError("on another device")


class Groups(Array):
    columns = property(lambda self: ["a", "b"])
    tolist = None


TAKEN = {
    "pandas": Frame,
    "pandas, names twice": lambda: Frame(names=("a", "a")),
    "polars": Columnar,
    "arrow": Arrow,
    "array": Array,
    "tensor": Tensor,
    "a matrix of one's own": Rows,
    "rows that are columns of pandas": lambda: list(map(Labelled, ROWS)),
    "rows of polars": lambda: tuple(map(Listed, ROWS)),
    "rows of arrow": lambda: list(map(Chunks, ROWS)),
    "rows of array": lambda: [array.array("d", row) for row in ROWS],
    "memoryview": lambda: memoryview(array.array("d", chain(*ROWS))).cast("B").cast("d", (4, 2)),
}
FLAT = {
    "pandas": lambda: Labelled(CLASSES),
    "polars": lambda: Listed(CLASSES),
    "arrow": lambda: Chunks(CLASSES),
    "array": lambda: array.array("q", CLASSES),
    "memoryview": lambda: memoryview(array.array("b", CLASSES)),
}
REFUSED = {
    "lazy": (Lazy, "Lazy (its collect() gives what can be used)"),
    "sparse": (Sparse, "Sparse (its toarray() gives what can be used)"),
    "elsewhere": (Elsewhere, "Elsewhere"),
    "no columns": (Groups, "Groups"),
    "a list of columns": (lambda: OfColumns(COLUMNS), "OfColumns"),
    "number": (lambda: Array(1.0), "Array"),
    "a row of a sparse one": (lambda: [ROWS[0], Sparse()], "Sparse (its toarray()"),
}


def network(module):
    layers = [module.Dense(2, 3, "tanh"), module.Dense(3, 1, "sigmoid")]
    return module.Network(layers, "binary_cross_entropy", seed=3)


def trained(module, x, y, **options):
    net = network(module)
    return [net.fit(x, y, epochs=3, **options).loss, net.digest()]


USES = {
    "predict": lambda module, x, y: network(module).predict(x),
    "feedforward": lambda module, x, y: network(module).feedforward(x)[0].z,
    "predict_classes": lambda module, x, y: network(module).predict_classes(x),
    "fit": lambda module, x, y: trained(module, x, y),
    "fit, in batches": lambda module, x, y: trained(module, x, y, batch_size=2, threads=2),
    "fit, weighted": lambda module, x, y: trained(module, x, y, sample_weight=y),
    "fit, validated": lambda module, x, y: trained(module, x, y, validation_data=(x, y)),
    "evaluate": lambda module, x, y: network(module).evaluate(x, y),
    "backprop": lambda module, x, y: network(module).backprop(x, y)[0].weights,
    "check_gradients": lambda module, x, y: str(module.check_gradients(network(module), x, y)),
    "train_test_split": lambda module, x, y: [
        [rows_of(item) or item for item in part]
        for part in module.train_test_split(x, y, test=0.5, seed=2)
    ],
    "cross_validate": lambda module, x, y: (
        module.cross_validate(lambda: network(module), x, y, folds=2, epochs=2).mean_loss
    ),
    "r2": lambda module, x, y: module.r2(x, x),
    "mean_absolute_error": lambda module, x, y: module.mean_absolute_error(y, y),
    "accuracy": lambda module, x, y: module.accuracy(x, y),
    "confusion_table": lambda module, x, y: module.confusion_table(y, y),
    "one_hot": lambda module, x, y: module.one_hot(y, 2),
    "explain": lambda module, x, y: module.explain(network(module), x, y, sample=1),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", TAKEN)
def test_what_others_hold_is_taken_by_rows(backend, kind, use):
    found = USES[use](backend, TAKEN[kind](), CLASSES)
    assert bits(found) == bits(USES[use](backend, ROWS, CLASSES))


@pytest.mark.parametrize("use", ["fit", "fit, weighted", "evaluate", "train_test_split", "one_hot"])
@pytest.mark.parametrize("kind", FLAT)
def test_targets_and_weights_are_taken(backend, kind, use):
    found = USES[use](backend, ROWS, FLAT[kind]())
    assert bits(found) == bits(USES[use](backend, ROWS, CLASSES))


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("use", ["predict", "fit", "evaluate", "backprop", "r2"])
def test_what_is_not_taken_is_refused_by_its_name(both, kind, use):
    make, words = REFUSED[kind]
    seen = [outcome(USES[use], module, make(), CLASSES) for module in both]
    assert seen[0] == seen[1]
    place = "outputs" if use == "r2" else "inputs"
    if kind == "a row of a sparse one":
        place += ": row 1"
    assert seen[0][0] == "TypeError"
    assert seen[0][1].startswith(f"{place}: found {__name__}.{words}")
    assert "expected a list" in seen[0][1]


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow", "rows of arrow"])
def test_the_loops_take_no_table(both, kind):
    table = TAKEN[kind]()
    rows_of_labels = list(map(Labelled, ROWS))
    for odd in (table, rows_of_labels):
        for name in ("transpose", "column_sums", "dot", "add", "scale", "add_bias"):
            others = {"dot": [ROWS], "add": [ROWS], "scale": [2.0], "add_bias": [[1.0, 2.0]]}
            arguments = [odd, *others.get(name, [])]
            seen = [outcome(getattr(module, name), *arguments) for module in both]
            assert seen[0] == seen[1]
            assert seen[0][0] == "TypeError"
            assert f"found {__name__}." in seen[0][1]


def test_the_loops_take_a_matrix_of_ones_own(both):
    for module in both:
        assert module.column_sums(Rows()) == module.column_sums(ROWS)
        assert module.transpose(Rows()) == module.transpose(ROWS)


def test_a_table_without_columns_or_rows(both):
    for frame, words in (
        (Frame([], ()), "inputs: row 0 has 0 numbers, expected 2"),
        (Frame([[], []]), "inputs: found no rows, expected a list of rows, each a list of 2 n"),
        (Frame([[1.0]], ("a",)), "inputs: row 0 has 1 number, expected 2"),
    ):
        seen = [outcome(network(module).predict, frame) for module in both]
        assert seen[0] == seen[1]
        assert seen[0][1].startswith(words)


@pytest.mark.parametrize("kind", [collections.UserDict, types.MappingProxyType])
def test_what_is_like_a_dictionary_is_refused(both, kind):
    odd = kind({0.0: 1.0, 1.0: 2.0})
    for place in (odd, [[0.0, 1.0], odd]):
        seen = [outcome(network(module).predict, place) for module in both]
        assert seen[0] == seen[1]
        assert seen[0][0] == "TypeError"


# The columns with their names.


def test_named_columns():
    assert named_columns(Frame(names=("x", 7))) == (["x", "7"], COLUMNS)
    assert named_columns(Columnar()) == (["a", "b"], COLUMNS)
    assert named_columns(Arrow()) == (["a", "b"], COLUMNS)


def test_what_pandas_calls_missing_is_none_in_named_columns():
    frame = Frame([[1.0, GONE], ["x", "y"]])
    assert named_columns(frame) == (["ab", "cd"], [[1.0, None], ["x", "y"]])


@pytest.mark.parametrize(
    "other", [ROWS, {"a": [1.0]}, "text", 1.0, None, Array(), Lazy(), Groups()]
)
def test_what_has_no_named_columns(other):
    assert named_columns(other) is None


@pytest.mark.parametrize(
    "other", [ROWS, {"a": [1.0]}, "text", 1.0, None, (1.0,), range(3), object()]
)
def test_what_is_no_array(other):
    assert rows_of(other) is None
    assert foreign_name(other) is None


# The libraries.


def tables(make):
    return make({"a": COLUMNS[0], "b": COLUMNS[1]})


def check(both, table, targets):
    for use in ("predict", "fit", "evaluate", "backprop", "train_test_split", "r2"):
        for module in both:
            found = USES[use](module, table, targets)
            assert bits(found) == bits(USES[use](module, ROWS, CLASSES))


def test_numpy(both):
    numpy = pytest.importorskip("numpy")
    for kind in (numpy.float64, numpy.float32, numpy.float16, object):
        check(both, numpy.array(ROWS, kind), numpy.array(CLASSES, numpy.int8))
    fields = numpy.array([tuple(row) for row in ROWS], [("a", float), ("b", "f4")])
    assert named_columns(fields) == (["a", "b"], COLUMNS)
    assert named_columns(numpy.array(ROWS)) is None
    gaps = numpy.ma.masked_array(ROWS, [[False, False], [True, False], [False] * 2, [False] * 2])
    for found, words in (
        (numpy.array(ROWS, complex), "row 0, column 0: found (1+0j)"),
        (numpy.array(ROWS).astype("datetime64[ns]"), "row 0, column 0: found datetime.datetime("),
        (numpy.array(ROWS).astype("timedelta64[ns]"), "row 0, column 0: found datetime.timedelta("),
        ([[numpy.datetime64(5, "ns"), 1.0]], "row 0, column 0: found "),
        (gaps, "row 1, column 0: found None"),
        (numpy.array([["1", "2"]]), "row 0, column 0: found '1'"),
    ):
        seen = [outcome(network(module).predict, found) for module in both]
        assert seen[0] == seen[1]
        assert seen[0][0] == "TypeError"
        assert seen[0][1].startswith(f"inputs: {words}")
    found = [outcome(network(module).predict, numpy.array(1.0)) for module in both]
    assert found[0] == found[1]
    assert found[0][1].startswith("inputs: found numpy.ndarray, expected a list of rows")


def test_pandas(both):
    pandas = pytest.importorskip("pandas")
    frame = tables(pandas.DataFrame).set_axis([3, 2, 1, 0])
    check(both, frame, pandas.Series(CLASSES, index=[3, 2, 1, 0]))
    check(both, frame.set_axis([1, 0], axis=1), pandas.Series(CLASSES).astype("Int64"))
    check(both, frame.astype("category"), pandas.Series(CLASSES).astype("category"))
    gaps = pandas.DataFrame({"a": pandas.array([1, None], "Int64"), "b": [None, "x"]})
    gaps["c"] = pandas.to_datetime(["2020-01-02", None])
    names, columns = named_columns(gaps)
    assert names == ["a", "b", "c"]
    assert columns == [[1, None], [None, "x"], [datetime.datetime(2020, 1, 2), None]]
    seen = [outcome(network(module).predict, gaps[["c", "a"]]) for module in both]
    assert seen[0] == seen[1]
    assert seen[0][1].startswith("inputs: row 0, column 0: found Timestamp(")


def test_polars(both):
    polars = pytest.importorskip("polars")
    check(both, tables(polars.DataFrame), polars.Series(CLASSES))
    gaps = polars.DataFrame({"a": [1, None], "b": [datetime.date(2020, 1, 2), None]})
    assert named_columns(gaps) == (["a", "b"], [[1, None], [datetime.date(2020, 1, 2), None]])
    found = [outcome(network(module).predict, gaps.lazy()) for module in both]
    assert found[0] == found[1]
    assert found[0][1].startswith("inputs: found polars.lazyframe.frame.LazyFrame (its collect()")


def test_arrow(both):
    pyarrow = pytest.importorskip("pyarrow")
    for make in (pyarrow.table, pyarrow.record_batch):
        check(both, tables(make), pyarrow.chunked_array([CLASSES[:1], CLASSES[1:]]))
    assert named_columns(pyarrow.table({"a": [1, None]})) == (["a"], [[1, None]])


def test_torch(both):
    torch = pytest.importorskip("torch")
    check(both, torch.tensor(ROWS, requires_grad=True), torch.tensor(CLASSES))
    check(both, torch.tensor(ROWS, dtype=torch.bfloat16), torch.tensor(CLASSES).bool())


def test_sparse_matrices_are_refused_by_name(both):
    sparse = pytest.importorskip("scipy.sparse")
    for found in (sparse.csr_matrix(ROWS), sparse.coo_array(ROWS)):
        seen = [outcome(network(module).predict, found) for module in both]
        assert seen[0] == seen[1]
        assert seen[0][1].startswith("inputs: found scipy.sparse._")
        assert "(its toarray() gives what can be used)" in seen[0][1]
