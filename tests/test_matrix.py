"""The matrix functions: known values, shapes, odd numbers, and the same bits from both backends."""

import math
import random

import pytest
from bits import SPECIAL, assert_same_bits, outcome, random_matrix

NAN, INF = math.nan, math.inf

TWO_MATRICES = ("add", "subtract", "multiply")

# One call of each function, with arguments of matching shapes.
CALLS = {
    "dot": ([[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]),
    "transpose": ([[1.0, 2.0], [3.0, 4.0]],),
    "add_bias": ([[1.0, 2.0], [3.0, 4.0]], [5.0, 6.0]),
    "add": ([[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]),
    "subtract": ([[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]),
    "multiply": ([[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]),
    "scale": ([[1.0, 2.0], [3.0, 4.0]], -2.0),
    "column_sums": ([[1.0, 2.0], [3.0, 4.0]],),
}
RESULTS = {
    "dot": [[19.0, 22.0], [43.0, 50.0]],
    "transpose": [[1.0, 3.0], [2.0, 4.0]],
    "add_bias": [[6.0, 8.0], [8.0, 10.0]],
    "add": [[6.0, 8.0], [10.0, 12.0]],
    "subtract": [[-4.0, -4.0], [-4.0, -4.0]],
    "multiply": [[5.0, 12.0], [21.0, 32.0]],
    "scale": [[-2.0, -4.0], [-6.0, -8.0]],
    "column_sums": [4.0, 6.0],
}


def copied(value):
    return [copied(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", CALLS)
def test_known_values(backend, name):
    assert_same_bits(getattr(backend, name)(*CALLS[name]), RESULTS[name])


@pytest.mark.parametrize("name", CALLS)
def test_arguments_stay_as_they_are_and_the_result_is_new(backend, name):
    arguments = copied(list(CALLS[name]))
    result = getattr(backend, name)(*arguments)
    assert arguments == list(CALLS[name])
    assert type(result) is list
    if name != "column_sums":
        assert all(type(row) is list for row in result)
        result[0][0] = 99.0
        assert arguments == list(CALLS[name])


@pytest.mark.parametrize("name", CALLS)
def test_rows_may_be_tuples_and_numbers_whole(backend, name):
    arguments = []
    for argument in CALLS[name]:
        if isinstance(argument, float):
            arguments.append(int(argument))
        elif isinstance(argument[0], float):
            arguments.append(tuple(int(number) for number in argument))
        else:
            arguments.append(tuple(tuple(int(number) for number in row) for row in argument))
    assert getattr(backend, name)(*arguments) == RESULTS[name]


def test_shapes(backend):
    a = [[1.0, 2.0, 3.0]]
    b = [[1.0], [10.0], [100.0]]
    assert backend.dot(a, b) == [[321.0]]
    assert backend.dot(b, a) == [[1.0, 2.0, 3.0], [10.0, 20.0, 30.0], [100.0, 200.0, 300.0]]
    assert backend.transpose(a) == [[1.0], [2.0], [3.0]]
    assert backend.transpose(b) == [[1.0, 10.0, 100.0]]
    assert backend.column_sums(b) == [111.0]
    assert backend.column_sums(a) == [1.0, 2.0, 3.0]
    assert backend.add_bias(b, [0.5]) == [[1.5], [10.5], [100.5]]


def test_sums_run_in_order_from_zero(backend):
    # 1e16 + 1 is 1e16: the order of the terms shows in the result.
    assert_same_bits(backend.dot([[1.0, 1.0, 1.0]], [[1e16], [1.0], [-1e16]]), [[0.0]])
    assert_same_bits(backend.dot([[1.0, 1.0, 1.0]], [[1e16], [-1e16], [1.0]]), [[1.0]])
    assert_same_bits(backend.column_sums([[1e16], [1.0], [-1e16]]), [0.0])
    assert_same_bits(backend.column_sums([[1e16], [-1e16], [1.0]]), [1.0])
    # a compensated sum would give 2.0
    assert_same_bits(backend.column_sums([[1.0], [1e100], [1.0], [-1e100]]), [0.0])
    # a sum starts at +0.0, so that it never is -0.0
    assert_same_bits(backend.dot([[-0.0]], [[1.0]]), [[0.0]])
    assert_same_bits(backend.column_sums([[-0.0], [-0.0]]), [0.0])


def test_a_product_is_rounded_before_it_is_added(backend):
    # x * x is 1 + 2**-29 + 2**-60; rounded it loses the last term, fused it would not.
    x = 1.0 + 2.0**-30
    rounded = x * x
    assert_same_bits(backend.dot([[1.0, x]], [[-rounded], [x]]), [[0.0]])
    assert_same_bits(backend.dot([[x, 1.0]], [[x], [-rounded]]), [[0.0]])


def test_special_numbers_pass_through(backend):
    assert_same_bits(backend.dot([[0.0]], [[INF]]), [[NAN]])
    assert_same_bits(backend.dot([[0.0, 1.0]], [[NAN], [1.0]]), [[NAN]])
    assert_same_bits(backend.dot([[1e300, 1.0]], [[1e300], [-1.0]]), [[INF]])
    assert_same_bits(backend.dot([[1e300, 1e300]], [[1e300], [-1e300]]), [[NAN]])
    assert_same_bits(backend.dot([[5e-324]], [[0.5]]), [[0.0]])
    assert_same_bits(
        backend.add([[INF, -0.0, 5e-324]], [[-INF, -0.0, 5e-324]]), [[NAN, -0.0, 1e-323]]
    )
    assert_same_bits(backend.subtract([[INF, 0.0]], [[INF, 0.0]]), [[NAN, 0.0]])
    assert_same_bits(backend.multiply([[INF, -1.0]], [[0.0, 0.0]]), [[NAN, -0.0]])
    assert_same_bits(backend.scale([[INF, -0.0, NAN, 1e300]], 1e300), [[INF, -0.0, NAN, INF]])
    assert_same_bits(backend.scale([[5e-324]], 0.5), [[0.0]])
    assert_same_bits(backend.transpose([SPECIAL]), [[number] for number in SPECIAL])
    assert_same_bits(backend.add_bias([[-0.0, NAN]], [-0.0, 1.0]), [[-0.0, NAN]])
    assert_same_bits(backend.column_sums([[INF, 1.0], [-INF, NAN]]), [NAN, NAN])


RAGGED = [[1.0, 2.0], [3.0]]
GOOD = [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("dot", (RAGGED, GOOD), "a: row 1 has 1 number, expected 2"),
        ("dot", (GOOD, RAGGED), "b: row 1 has 1 number, expected 2"),
        ("dot", (GOOD, [[1.0, 2.0]]), "a has 2 columns and b has 1 row,"),
        ("dot", ([[1.0]], GOOD), "a has 1 column and b has 2 rows,"),
        ("dot", ([], GOOD), "a is empty"),
        ("dot", (GOOD, []), "b is empty"),
        ("dot", (GOOD, [[], []]), "b: row 0 is empty"),
        ("transpose", (RAGGED,), "a: row 1 has 1 number, expected 2"),
        ("transpose", ([],), "a is empty"),
        ("transpose", ([[]],), "a: row 0 is empty"),
        ("add_bias", (GOOD, [1.0]), "biases has 1 number"),
        ("add_bias", (GOOD, []), "biases has 0 numbers"),
        ("add_bias", (RAGGED, [1.0, 2.0]), "a: row 1 has 1 number"),
        ("add_bias", ([], []), "a is empty"),
        ("scale", (RAGGED, 2.0), "a: row 1 has 1 number"),
        ("scale", ([[]], 2.0), "a: row 0 is empty"),
        ("column_sums", (RAGGED,), "a: row 1 has 1 number"),
        ("column_sums", ([],), "a is empty"),
    ]
    + [(name, (GOOD, [[1.0], [2.0]]), "a is 2 by 2 and b is 2 by 1") for name in TWO_MATRICES]
    + [(name, (GOOD, [[1.0, 2.0]]), "a is 2 by 2 and b is 1 by 2") for name in TWO_MATRICES]
    + [(name, (GOOD, RAGGED), "b: row 1 has 1 number, expected 2") for name in TWO_MATRICES]
    + [(name, ([], GOOD), "a is empty") for name in TWO_MATRICES],
)
def test_shapes_that_do_not_fit_are_refused(backend, name, arguments, words):
    with pytest.raises(ValueError) as refused:
        getattr(backend, name)(*arguments)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [(name, (GOOD, [["3", "4"], ["5", "6"]])) for name in ("dot", *TWO_MATRICES)]
    + [(name, ([[1, 2], [3, 4]], [["3", "4"], ["5", "6"]])) for name in ("dot", "add", "subtract")]
    + [(name, ([["3"]], [["4"]])) for name in ("dot", "subtract", "multiply")]
    + [
        ("add_bias", ([["1"]], [1.0])),
        ("column_sums", ([["1"]],)),
        ("dot", (5, GOOD)),
        ("dot", (GOOD, 5.0)),
        ("dot", (None, GOOD)),
        ("dot", ("ab", GOOD)),
        ("dot", ([1.0, 2.0], GOOD)),
        ("transpose", ([1.0, 2.0],)),
        ("column_sums", ([1.0, 2.0],)),
        ("add_bias", (GOOD, 1.0)),
        ("scale", (GOOD, None)),
    ],
)
def test_text_and_other_things_are_no_matrix(backend, name, arguments):
    with pytest.raises((TypeError, ValueError)):
        getattr(backend, name)(*arguments)


@pytest.mark.parametrize("biases", [1.0, None, "ab", {1.0, 2.0}], ids=repr)
def test_what_is_no_row_of_biases_is_named(backend, biases):
    with pytest.raises(TypeError, match=r"^biases: found .*, expected a list of numbers$"):
        backend.add_bias(GOOD, biases)


# A function that takes two matrices, and the shapes of a case.


def cases():
    generator = random.Random("matrices")
    for _ in range(150):
        rows, inner, columns = (generator.randrange(1, 12) for _ in range(3))
        yield rows, inner, columns, generator
    for columns in range(1, 71):
        yield 3, 4, columns, generator
    yield 7, 130, 33, generator
    yield 1, 300, 1, generator
    yield 100, 1, 65, generator


def test_both_backends_give_the_same_bits(both, vectors):
    pure, fast = both
    for rows, inner, columns, generator in cases():
        a = random_matrix(generator, rows, inner)
        b = random_matrix(generator, inner, columns)
        c = random_matrix(generator, rows, inner)
        row = random_matrix(generator, 1, inner)[0]
        calls = [
            ("dot", (a, b)),
            ("transpose", (a,)),
            ("add_bias", (a, row)),
            ("column_sums", (a,)),
        ]
        calls += [(name, (a, c)) for name in TWO_MATRICES]
        calls += [("scale", (a, number)) for number in [*row[:2], *generator.sample(SPECIAL, 2)]]
        for name, arguments in calls:
            assert_same_bits(
                getattr(pure, name)(*arguments),
                getattr(fast, name)(*arguments),
                f"{name} of {rows} by {inner}",
            )


def test_both_backends_give_the_same_bits_for_other_types(both):
    pure, fast = both
    generator = random.Random("types")

    def changed(matrix):
        kinds = (float, int, bool, str)
        weights = (20, 5, 2, 0.2)
        rows = [
            [generator.choices(kinds, weights)[0](round(number)) for number in row]
            for row in matrix
        ]
        return tuple(map(tuple, rows)) if generator.random() < 0.3 else rows

    raised = 0
    for _ in range(200):
        size = generator.randrange(1, 5)
        a = changed([[generator.uniform(-3, 3) for _ in range(size)] for _ in range(size)])
        b = changed([[generator.uniform(-3, 3) for _ in range(size)] for _ in range(size)])
        a_only = [("transpose", (a,)), ("column_sums", (a,)), ("scale", (a, b[0][0]))]
        for name, arguments in [
            *a_only,
            ("dot", (a, b)),
            ("add_bias", (a, b[0])),
            *((name, (a, b)) for name in TWO_MATRICES),
        ]:
            one = outcome(getattr(pure, name), *arguments)
            other = outcome(getattr(fast, name), *arguments)
            assert one == other, (name, arguments)
            raised += type(one) is tuple
    assert raised > 20  # the text among the numbers


def test_the_weights_of_a_layer_are_a_matrix(backend):
    layer = backend.Network([backend.Dense(3, 2)], seed=1).layers[0]
    weights = [list(row) for row in layer.weights]
    x = [[1.0, 2.0, 3.0]]
    assert_same_bits(backend.dot(x, layer.weights), backend.dot(x, weights))
    assert_same_bits(backend.transpose(layer.weights), backend.transpose(weights))
    assert_same_bits(backend.add(layer.weights, weights), backend.add(weights, weights))
    assert_same_bits(backend.scale(layer.weights, 2.0), backend.scale(weights, 2.0))
    assert_same_bits(backend.column_sums(layer.weights), backend.column_sums(weights))
    assert_same_bits(backend.add_bias(weights, layer.biases), weights)
    assert_same_bits(backend.dot(x, [layer.weights[0], *weights[1:]]), backend.dot(x, weights))
    assert [list(row) for row in layer.weights] == weights
