"""Numbers in memory: read where they lie, and written, alike in both packages.

Most of it needs nothing but the standard library; where NumPy is installed, its arrays are tried.
"""

import array
import ctypes
import functools
import math
import mmap
import os

import pytest
from bits import bits, outcome

from purenet.arrays import rows_of
from purenet.buffers import buffer_of

ROWS = 150  # more than are taken at a time
CLASSES = [i % 2 for i in range(ROWS)]
CODES = "dfbBhHiIlLqQ"


def value(i, j):
    """Return a whole number that every format can hold; three of four are 0."""
    return (7 * i + 3 * j) % 11 * ((5 * i + j) % 4 == 0)


def lists(columns, rows=ROWS):
    return [[float(value(i, j)) for j in range(columns)] for i in range(rows)]


def matrix(code, rows):
    """Return rows in memory, as a memoryview in two dimensions."""
    kind = int if code not in "df" else float
    numbers = array.array(code, [kind(number) for row in rows for number in row])
    return memoryview(numbers).cast("B").cast(code, (len(rows), len(rows[0])))


def in_ctypes(kind, rows):
    numbers = (kind * len(rows[0]) * len(rows))()
    for i, row in enumerate(rows):
        for j, number in enumerate(row):
            numbers[i][j] = kind(int(number)).value
    return numbers


def network(module, columns=3, outputs=2, loss="sum_of_squares"):
    layers = [module.Dense(columns, 4, "tanh"), module.Dense(4, outputs, "sigmoid")]
    return module.Network(layers, loss, seed=5)


def used(module, x, y, columns=3, outputs=2, **options):
    """Return what a network says of samples, and what it learns from them."""
    net = network(module, columns, outputs)
    found = [net.predict(x, threads=2), list(net.evaluate(x, y)), net.backprop(x, y)[0].weights]
    fitted = net.fit(x, y, epochs=2, batch_size=64, threads=3, **options)
    return [*found, net.feedforward(x)[1].z, fitted.loss, fitted.validation_loss, net.digest()]


def check(both, x, y, as_lists, classes, **options):
    """Compare what is said of memory, and learned from it, with what is of lists."""
    pure, fast = both
    columns, outputs = len(as_lists[0]), options.get("outputs", 2)
    expected = used(fast, as_lists, classes, columns, **options)
    assert bits(used(fast, x, y, columns, **options)) == bits(expected)
    # The loops of purenet are slow, and others compare them with the compiled ones.
    assert bits(network(pure, columns, outputs).predict(x[:8])) == bits(expected[0][:8])
    if columns < 10:
        assert bits(list(network(pure, columns, outputs).evaluate(x, y))) == bits(expected[1])


@pytest.mark.parametrize("columns", [3, 130])  # with 130 the zeros are left out
@pytest.mark.parametrize("code", CODES)
def test_numbers_of_every_kind(both, code, columns):
    x, y = matrix(code, lists(columns)), array.array("b", CLASSES)
    check(both, x, y, lists(columns), CLASSES)


def test_rows_that_lie_apart_or_backwards(both):
    rows = lists(5)
    for found, as_lists in (
        (matrix("d", rows)[::-1], rows[::-1]),
        (matrix("f", rows)[5::7], rows[5::7]),
        (in_ctypes(ctypes.c_double, rows), rows),
        (in_ctypes(ctypes.c_long, rows), rows),
        (memoryview(in_ctypes(ctypes.c_ubyte, rows))[::-2], rows[::-2]),
        (matrix("d", rows).toreadonly(), rows),
        (matrix("B", [[0.0, 2.0]] * 9).cast("B").cast("?", (9, 2)), [[0.0, 1.0]] * 9),
    ):
        y = CLASSES[: len(as_lists)]
        check(both, memoryview(found), y, as_lists, y, validation_split=0.25)
        assert [list(row) for row in rows_of(found)] == as_lists
        split = [
            network(module, len(as_lists[0])).fit(found, y, epochs=1, validation_split=0.5).loss
            for module in both
        ]
        assert bits(split[0]) == bits(split[1])


@pytest.mark.parametrize("columns", [3, 130])
def test_arrays_of_numpy(both, columns):
    numpy = pytest.importorskip("numpy")
    rows = lists(columns)
    twice = numpy.repeat(numpy.repeat(numpy.array(rows), 2, 0), 2, 1)
    for found in (
        numpy.array(rows, order="F"),
        numpy.array(rows)[::-1, ::-1][::-1, ::-1],
        twice[::2, ::2],
        twice.astype("f4")[::2, 1::2],
        numpy.broadcast_to(numpy.array(rows), (1, ROWS, columns))[0],
        numpy.frombuffer(b"." + numpy.array(rows).tobytes(), "u1")[1:].view("f8").reshape(ROWS, -1),
        numpy.array(rows, ">f8"),
        numpy.array(rows, numpy.longdouble),
    ):
        check(both, found, numpy.array(CLASSES), rows, CLASSES)


def test_targets_of_every_shape(both):
    rows = lists(3)
    one_hot = [[float(c == j) for j in range(2)] for c in CLASSES]
    for outputs, found, as_lists in (
        (2, matrix("f", one_hot), one_hot),
        (2, matrix("d", lists(2)), lists(2)),
        (2, array.array("f", CLASSES), CLASSES),
        (1, array.array("d", [0.25 * c for c in CLASSES]), [[0.25 * c] for c in CLASSES]),
        (1, matrix("B", [[float(c)] for c in CLASSES]), CLASSES),
        (1, memoryview(bytes(CLASSES)).cast("?"), CLASSES),
    ):
        check(both, matrix("d", rows), found, rows, as_lists, outputs=outputs)


def odd_rows(number, place=140):
    rows = lists(3)
    rows[place][1] = number
    return matrix("d", rows)


def test_what_is_wrong_is_told_as_of_lists(both):
    good = matrix("d", lists(3))
    one = array.array("d", [1.0] * ROWS)
    for x, y, words in (
        (odd_rows(math.nan), one, "inputs: row 140, column 1: found nan, expected a finite number"),
        (odd_rows(-math.inf, 0), one, "inputs: row 0, column 1: found -inf"),
        (matrix("f", lists(4)), one, "inputs: row 0 has 4 numbers, expected 3"),
        (good[:0], one, "inputs: found no rows, expected a list of rows, each a list of 3"),
        (one, one, "inputs: row 0: found 1.0, expected a list of 3 numbers"),
        (good, odd_rows(math.nan), "targets: row 0 has 3 numbers, expected 2"),
        (good, odd_rows(1.0)[:5], "targets: found 5 rows for 150 samples in inputs"),
        (good, matrix("d", [[0.0, math.inf]] * ROWS), "targets: row 0, column 1: found inf"),
        (good, array.array("d", [2.0] * ROWS), "targets: row 0 is 2.0, expected a class from 0"),
        (good, memoryview(bytes(ROWS)).cast("?"), "targets: row 0 is False, expected a class"),
        (good, matrix("d", [[0.0, 0.5]] * ROWS), "targets: row 0 adds up to 0.5"),
        (b"abc" * ROWS, one, "inputs: found b'abcabc"),
        (bytearray(9), one, "inputs: found bytearray("),
        (memoryview(b"abc").cast("c"), one, "inputs: row 0: found b'a', expected a list"),
    ):
        seen = []
        for module in both:
            net = network(module)
            net.layers[1].activation = "softmax"
            net.loss = "categorical_cross_entropy"
            fit = functools.partial(net.fit, epochs=1)
            seen.append([outcome(fit, x, y), outcome(net.evaluate, x, y)])
            if words.startswith("inputs"):
                seen[-1].append(outcome(net.predict, x))
        assert bits(seen[0]) == bits(seen[1])
        assert all(text.startswith(words) for _, text in seen[0])


def test_memory_that_changes_while_a_network_is_trained(both):
    def losses(module):
        x = matrix("d", lists(3))
        y = array.array("d", [1.0] * ROWS)

        def change(epoch, history):
            x[0, 0] += 1.0
            y[0] += 1.0

        return network(module, outputs=1).fit(x, y, epochs=3, on_epoch=change).loss

    assert bits(losses(both[0])) == bits(losses(both[1]))
    y = array.array("d", [1.0] * ROWS)
    expected = network(both[0], outputs=1).fit(lists(3), y, epochs=3).loss
    assert bits(losses(both[1])) == bits(expected)


def test_what_is_no_memory_of_numbers(tmp_path):
    class Other(array.array):
        def tolist(self):
            return [3.0]

    with open(os.path.join(tmp_path, "file"), "w+b") as file:
        file.write(bytes(64))
        file.flush()
        with mmap.mmap(file.fileno(), 0) as mapped:
            assert buffer_of(mapped) is None
            view = memoryview(mapped).cast("d", (4, 2))
            assert buffer_of(view).tolist() == [[0.0, 0.0]] * 4
            view.release()
    for other in (Other("d", [1.0]), b"ab", bytearray(b"ab"), "ab", [1.0], (1.0,), range(2), 1.0):
        assert buffer_of(other) is None


# Outputs.


def outputs_in(kind):
    """Return memory for 150 by 2 numbers, and a function that returns what is in it as a list."""
    if kind == "ctypes":
        memory = (ctypes.c_float * 2 * ROWS)()
        return memory, lambda: [number for row in memory for number in row]
    code, step = kind[0], len(kind)
    numbers = array.array(code, [7.0] * (ROWS * 2 * step))
    flat = memoryview(numbers)
    if step == 1:
        return flat.cast("B").cast(code, (ROWS, 2)), numbers.tolist
    if step == 2:  # every second row, or number
        view = flat.cast("B").cast(code, (ROWS * 2, 2))[::-2]
        return view, lambda: [number for row in view.tolist() for number in row]
    return flat[::step], lambda: flat[::step].tolist()


@pytest.mark.parametrize("kind", ["d", "f", "dd", "ff", "ddd", "fff", "ctypes"])
def test_outputs_are_written(both, kind):
    expected = [number for row in network(both[0]).predict(lists(3)) for number in row]
    if kind != "d" * len(kind):
        expected = array.array("f", expected).tolist()
    for x in (matrix("d", lists(3)), matrix("B", lists(3)), lists(3)):
        for module in both:
            memory, written = outputs_in(kind)
            assert network(module).predict(x, threads=2, out=memory) is memory
            assert bits(written()) == bits(expected)


def test_outputs_beyond_the_largest_float(both):
    for module in both:
        last = module.Dense(1, 1, "linear", initializer=[[1e300]], bias_initializer=[0.0])
        net = module.Network([last], seed=1)
        found = net.predict([[1.0], [-1.0], [1e-300]], out=array.array("f", [0.0] * 3))
        assert found.tolist() == [math.inf, -math.inf, 1.0]


def test_outputs_may_be_written_over_the_inputs(both):
    rows = lists(2)
    expected = network(both[0], 2).predict(rows)
    for module in both:
        x = matrix("d", rows)
        network(module, 2).predict(x, out=x)
        assert bits(x.tolist()) == bits(expected)
        x = matrix("d", [*rows, *rows])
        network(module, 2).predict(x[1 : ROWS + 1], out=x[:ROWS])
        assert bits(x.tolist()[:ROWS]) == bits(network(both[0], 2).predict([*rows[1:], rows[0]]))


def test_outputs_that_cannot_be_written(both):
    class Tensor(array.array):
        def tolist(self):
            return []

    doubles = array.array("d", [7.0] * (ROWS * 2))
    apart = memoryview((ctypes.c_double * 2 * (ROWS * 2))())[::2]
    good = lists(3)
    others = array.array("q", [0] * (ROWS * 2))
    for x, out, kind, words in (
        (good, [[0.0, 0.0]] * ROWS, "TypeError", "out: found [[0.0, 0.0], [0.0, 0.0], [0.0"),
        (good, bytearray(600), "TypeError", "out: found bytearray("),
        (good, 3, "TypeError", "out: found 3, expected a writable buffer of doubles or floats"),
        (good, Tensor("d", doubles), "TypeError", f"out: found {__name__}.test_outputs_that"),
        (good, others, "TypeError", "out: found a buffer with the format 'q'"),
        (good, matrix("d", good), "ValueError", "out: found 150 by 3 numbers, expected 150 by 2"),
        (good, doubles[:-1], "ValueError", "out: found 299 numbers, expected 150 by 2, or 300"),
        (good, matrix("d", lists(2)).toreadonly(), "ValueError", "out: found a buffer that cannot"),
        (good, apart, "ValueError", "out: found a buffer with the format '<d' whose numbers lie"),
        (odd_rows(math.nan), doubles, "ValueError", "inputs: row 140, column 1: found nan"),
        (odd_rows(math.nan), 3, "ValueError", "inputs: row 140, column 1: found nan"),
        (matrix("d", lists(4)), doubles, "ValueError", "inputs: row 0 has 4 numbers"),
    ):
        seen = [outcome(functools.partial(network(m).predict, out=out), x) for m in both]
        assert seen[0] == seen[1]
        assert seen[0][0] == kind
        assert seen[0][1].startswith(words)
        assert set(doubles) == {7.0}


def test_images_are_read(both):
    rows = [[float(value(i, j)) for j in range(36)] for i in range(20)]
    seen = []
    for module, x in ((both[0], rows), (both[0], matrix("B", rows)), (both[1], matrix("B", rows))):
        layers = [module.Conv2D((1, 6, 6), 2, 3, "relu"), module.Flatten(), module.Dense(None, 2)]
        net = module.Network(layers, seed=1)
        history = net.fit(x, CLASSES[:20], epochs=1, batch_size=7)
        memory = net.predict(x, out=array.array("d", [0.0] * 40))
        seen.append(bits([history.loss, net.digest(), memory.tolist()]))
    assert seen[0] == seen[1] == seen[2]
