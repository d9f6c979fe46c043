"""The four losses: their definitions, saturated outputs, and the same bits from both backends."""

import decimal
import math
import random
from decimal import Decimal

import pytest
from bits import SPECIAL, assert_same_bits, bits, outcome, random_matrix

NAN, INF = math.nan, math.inf

EXACT = decimal.Context(prec=400, Emin=-999999, Emax=999999)

Z = [[0.5, -1.5, 2.0], [-0.25, 0.75, 0.0]]  # the weighted sums of two samples
Y = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]


def network(module, activation, loss):
    """Return a network that gives its inputs to the activation function as they are."""
    identity = [[1.0 if i == j else 0.0 for j in range(3)] for i in range(3)]
    layer = module.Dense(3, 3, activation, bias=False, initializer=identity)
    return module.Network([layer], loss, seed=0)


def exact_loss(activation, loss, inputs=Z, targets=Y):
    """Return a loss after its definition, in 400 digits."""
    total = Decimal(0)
    with decimal.localcontext(EXACT):
        for z_row, y_row in zip(inputs, targets, strict=True):
            z = [Decimal(number) for number in z_row]
            if activation == "softmax":
                a = [number.exp() / sum(other.exp() for other in z) for number in z]
            elif activation == "sigmoid":
                a = [1 / (1 + (-number).exp()) for number in z]
            else:
                a = z
            for a_j, y_j in zip(a, map(Decimal, y_row), strict=True):
                if loss == "binary_cross_entropy":
                    total -= y_j * a_j.ln() + (1 - y_j) * (1 - a_j).ln()
                elif loss == "categorical_cross_entropy":
                    total -= y_j * a_j.ln() if y_j else 0
                else:
                    total += (a_j - y_j) ** 2
        samples, outputs = len(targets), len(targets[0])
        counts = {
            "sum_of_squares": 1,
            "mean_squared_error": samples * outputs,
            "binary_cross_entropy": samples * outputs,
            "categorical_cross_entropy": samples,
        }
        return total / counts[loss]


CASES = [
    ("linear", "sum_of_squares"),
    ("sigmoid", "sum_of_squares"),
    ("softmax", "sum_of_squares"),
    ("linear", "mean_squared_error"),
    ("sigmoid", "mean_squared_error"),
    ("sigmoid", "binary_cross_entropy"),
    ("softmax", "categorical_cross_entropy"),
]


@pytest.mark.parametrize(("activation", "loss"), CASES)
def test_definitions(backend, activation, loss):
    found = network(backend, activation, loss).evaluate(Z, Y).loss
    exact = exact_loss(activation, loss)
    assert abs(Decimal(found) - exact) < Decimal("1e-15") * exact


def test_definitions_in_whole_numbers(backend):
    inputs = [[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]
    targets = [[0.0, 0.0, 0.0], [1.0, 0.0, -1.0]]
    for loss, expected in (("sum_of_squares", 16.0), ("mean_squared_error", 16.0 / 6.0)):
        assert_same_bits(network(backend, "linear", loss).evaluate(inputs, targets).loss, expected)


def test_targets_between_the_classes(backend):
    soft = [[0.25, 0.5, 0.25], [0.1, 0.2, 0.7]]
    for activation, loss in CASES[-2:]:
        found = network(backend, activation, loss).evaluate(Z, soft).loss
        exact = exact_loss(activation, loss, targets=soft)
        assert abs(Decimal(found) - exact) < Decimal("1e-15") * exact


@pytest.mark.parametrize(("activation", "loss"), CASES[-2:])
def test_saturated_outputs_stay_finite_and_exact(backend, activation, loss):
    net = network(backend, activation, loss)
    for size in (30.0, 36.5, 40.0, 200.0, 709.0, 745.0, 800.0):
        for y in ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]):
            for z in ([size, 0.0, 0.0], [-size, 0.0, size], [size, -size, -size]):
                found = net.evaluate([z], [y]).loss
                exact = exact_loss(activation, loss, [z], [y])
                assert math.isfinite(found)
                assert abs(Decimal(found) - exact) <= Decimal("1e-15") * exact + Decimal("1e-323")


def test_outputs_too_far_for_any_exponential(backend):
    binary = network(backend, "sigmoid", "binary_cross_entropy")
    wrong = binary.evaluate([[1e6, -1e6, 3e5]], [[0.0, 1.0, 0.0]])
    assert_same_bits(wrong.loss, 2300000.0 / 3.0)
    right = binary.evaluate([[1e6, -1e6, 3e5]], [[1.0, 0.0, 1.0]])
    assert_same_bits(right.loss, 0.0)
    categorical = network(backend, "softmax", "categorical_cross_entropy")
    assert_same_bits(categorical.evaluate([[1e6, -1e6, 0.0]], [[0.0, 1.0, 0.0]]).loss, 2e6)
    assert_same_bits(categorical.evaluate([[1e6, -1e6, 0.0]], [[1.0, 0.0, 0.0]]).loss, 0.0)


def test_saturated_outputs_still_have_a_gradient(backend):
    binary = network(backend, "sigmoid", "binary_cross_entropy")
    delta = binary.backprop([[1e6, -1e6, 0.0]], [[0.0, 1.0, 1.0]])[0].delta
    assert_same_bits(delta, [[1.0 / 3.0, -1.0 / 3.0, -0.5 / 3.0]])
    categorical = network(backend, "softmax", "categorical_cross_entropy")
    delta = categorical.backprop([[1e6, -1e6, 0.0]], [[0.0, 1.0, 0.0]])[0].delta
    assert_same_bits(delta, [[1.0, -1.0, 0.0]])


def test_single_numbers(backend):
    assert_same_bits(backend.squared_error(0.75, 1.0), 0.0625)
    assert_same_bits(backend.squared_error(-1.0, 1.0), 4.0)
    assert_same_bits(backend.squared_error_derivative(0.75, 1.0), -0.5)
    assert_same_bits(backend.sigmoid_cross_entropy(0.0, 1.0), backend.log(2.0))
    assert_same_bits(backend.sigmoid_cross_entropy(1000.0, 0.0), 1000.0)
    assert_same_bits(backend.sigmoid_cross_entropy(1000.0, 1.0), 0.0)
    assert_same_bits(backend.sigmoid_cross_entropy(-1000.0, 1.0), 1000.0)
    assert_same_bits(backend.sigmoid_cross_entropy(-1000.0, 0.0), 0.0)
    assert_same_bits(backend.sigmoid_cross_entropy(50.0, 1.0), 1.9287498479639178e-22)
    assert_same_bits(backend.softmax_cross_entropy([0.0, 0.0], [1.0, 0.0]), backend.log(2.0))
    assert_same_bits(backend.softmax_cross_entropy([1000.0, 0.0], [0.0, 1.0]), 1000.0)
    assert_same_bits(backend.softmax_cross_entropy([1000.0, 0.0], [1.0, 0.0]), 0.0)
    assert_same_bits(backend.softmax_cross_entropy([5.0], [1.0]), 0.0)
    # a class with y = 0 adds nothing, not even an infinite amount times 0
    assert_same_bits(backend.softmax_cross_entropy([0.0, -INF], [1.0, 0.0]), 0.0)
    assert_same_bits(backend.softmax_cross_entropy([0.0, -INF], [0.0, 1.0]), INF)
    for name in ("squared_error", "squared_error_derivative", "sigmoid_cross_entropy"):
        assert_same_bits(getattr(backend, name)(NAN, 1.0), NAN)
        assert getattr(backend, name)(2, 1) == getattr(backend, name)(2.0, 1.0)
    assert_same_bits(backend.softmax_cross_entropy([NAN, 0.0], [1.0, 0.0]), NAN)


def test_squared_error_derivative_is_the_slope(backend):
    h = 2.0**-17
    for a, y in ((0.3, 1.0), (2.5, -1.0), (-4.0, 0.0)):
        slope = (backend.squared_error(a + h, y) - backend.squared_error(a - h, y)) / (2.0 * h)
        assert abs(backend.squared_error_derivative(a, y) - slope) < 1e-9


@pytest.mark.parametrize(
    "name", ["squared_error", "squared_error_derivative", "sigmoid_cross_entropy"]
)
@pytest.mark.parametrize("odd", ["1.0", None, [1.0]], ids=repr)
def test_what_is_no_number_is_a_type_error(backend, name, odd):
    with pytest.raises(TypeError):
        getattr(backend, name)(odd, 1.0)
    with pytest.raises(TypeError):
        getattr(backend, name)(1.0, odd)


@pytest.mark.parametrize(
    ("z", "y"),
    [
        ([1.0, 2.0], [1.0]),
        ([1.0], [1.0, 0.0]),
        ([], []),
        ([], [1.0]),
        (1.0, 1.0),
        (["1"], [1.0]),
        ([1.0], ["1"]),
        (None, [1.0]),
    ],
)
def test_softmax_cross_entropy_needs_two_rows_of_one_length(backend, z, y):
    with pytest.raises((ValueError, TypeError)):
        backend.softmax_cross_entropy(z, y)


@pytest.mark.parametrize(("activation", "loss"), CASES)
def test_the_loss_of_a_batch_adds_up_sample_by_sample(backend, activation, loss):
    net = network(backend, activation, loss)
    single = [net.evaluate([z], [y]).loss for z, y in zip(Z, Y, strict=True)]
    whole = net.evaluate(Z, Y).loss
    share = 1.0 if loss == "sum_of_squares" else 0.5
    assert abs(whole - share * (single[0] + single[1])) < 1e-15


@pytest.mark.parametrize(
    "name", ["squared_error", "squared_error_derivative", "sigmoid_cross_entropy"]
)
def test_both_backends_give_the_same_bits(both, name):
    pure, fast = (getattr(module, name) for module in both)
    generator = random.Random(name)
    values = [number for row in random_matrix(generator, 60, 60) for number in row]
    values += [generator.uniform(-800.0, 800.0) for _ in range(6_000)]
    values += [number for number in SPECIAL for _ in range(40)]
    for x in values:
        y = generator.choice((0.0, 1.0, generator.random(), generator.choice(values)))
        a, b = pure(x, y), fast(x, y)
        if bits(a) != bits(b):
            pytest.fail(f"{name}({x!r}, {y!r}) is {a!r} in purenet, {b!r} in purenet_fast")
    for x in (1, True, 10**400, "1", None, [1.0], 1j):
        assert outcome(pure, x, 1.0) == outcome(fast, x, 1.0)
        assert outcome(pure, 1.0, x) == outcome(fast, 1.0, x)


def test_softmax_cross_entropy_has_the_same_bits_in_both_backends(both):
    pure, fast = (module.softmax_cross_entropy for module in both)
    generator = random.Random("softmax cross-entropy")
    for _ in range(3_000):
        columns = generator.randrange(1, 9)
        z = random_matrix(generator, 1, columns)[0]
        if generator.random() < 0.7:
            z = [generator.uniform(-800.0, 800.0) for _ in z]
        y = [generator.choice((0.0, 0.0, 1.0, generator.random())) for _ in z]
        assert_same_bits(pure(z, y), fast(z, y), f"{z} {y}")
    for z, y in (([1, 2], [0, 1]), ((1.0,), (1.0,)), ([1.0, 2.0], [1.0]), ([1.0], [1.0, 0.0])):
        assert outcome(pure, z, y) == outcome(fast, z, y)
    for z, y in (([], []), (5, 5), (["a"], [1.0]), ([1.0], ["a"]), (None, None)):
        assert outcome(pure, z, y) == outcome(fast, z, y)
