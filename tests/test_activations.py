"""Activation functions: values, derivatives, layers, and the same bits from both backends."""

import decimal
import math
import random
from decimal import Decimal

import pytest
from bits import SPECIAL, assert_same_bits, bits, outcome, random_double, random_matrix

NAN, INF = math.nan, math.inf

EXACT = decimal.Context(prec=60, Emin=-999999, Emax=999999)

SCALAR = ("sigmoid", "tanh", "relu", "leaky_relu", "linear")
FUNCTIONS = [name + end for name in SCALAR for end in ("", "_derivative")]
ACTIVATIONS = (*SCALAR, "softmax")


@pytest.mark.parametrize(
    ("name", "z", "expected"),
    [
        ("sigmoid", 0.0, 0.5),
        ("sigmoid", 1000.0, 1.0),
        ("sigmoid", -1000.0, 0.0),
        ("sigmoid", 37.0, 1.0),
        ("sigmoid", -745.0, 5e-324),
        ("sigmoid", INF, 1.0),
        ("sigmoid", -INF, 0.0),
        ("sigmoid", NAN, NAN),
        ("sigmoid", -0.0, 0.5),
        ("sigmoid_derivative", 0.0, 0.25),
        ("sigmoid_derivative", 1000.0, 0.0),
        ("sigmoid_derivative", -1000.0, 0.0),
        ("sigmoid_derivative", NAN, NAN),
        ("tanh", 0.0, 0.0),
        ("tanh", 1000.0, 1.0),
        ("tanh", -1000.0, -1.0),
        ("tanh", NAN, NAN),
        ("tanh_derivative", 0.0, 1.0),
        ("tanh_derivative", 1000.0, 0.0),
        ("tanh_derivative", -INF, 0.0),
        ("tanh_derivative", NAN, NAN),
        ("relu", 3.0, 3.0),
        ("relu", -3.0, 0.0),
        ("relu", 0.0, 0.0),
        ("relu", -0.0, 0.0),
        ("relu", -5e-324, 0.0),
        ("relu", 5e-324, 5e-324),
        ("relu", INF, INF),
        ("relu", -INF, 0.0),
        ("relu", NAN, NAN),
        ("relu_derivative", 3.0, 1.0),
        ("relu_derivative", 5e-324, 1.0),
        ("relu_derivative", 0.0, 0.0),
        ("relu_derivative", -3.0, 0.0),
        ("relu_derivative", INF, 1.0),
        ("relu_derivative", NAN, 0.0),
        ("leaky_relu", 3.0, 3.0),
        ("leaky_relu", -3.0, -0.03),
        ("leaky_relu", 0.0, 0.0),
        ("leaky_relu", -0.0, -0.0),
        ("leaky_relu", -5e-324, -0.0),
        ("leaky_relu", -INF, -INF),
        ("leaky_relu", NAN, NAN),
        ("leaky_relu_derivative", 3.0, 1.0),
        ("leaky_relu_derivative", 0.0, 0.01),
        ("leaky_relu_derivative", -3.0, 0.01),
        ("leaky_relu_derivative", NAN, 0.01),
        ("linear", -2.5, -2.5),
        ("linear", -0.0, -0.0),
        ("linear", NAN, NAN),
        ("linear_derivative", -2.5, 1.0),
        ("linear_derivative", NAN, 1.0),
    ],
)
def test_known_values(backend, name, z, expected):
    assert_same_bits(getattr(backend, name)(z), expected)


def test_sigmoid_is_accurate_on_both_sides(backend):
    generator = random.Random("sigmoid")
    for _ in range(1000):
        z = generator.uniform(-700.0, 40.0)
        exact = EXACT.divide(1, EXACT.add(1, EXACT.exp(-Decimal(z))))
        a = backend.sigmoid(z)
        assert abs(Decimal(a) - exact) < 3 * Decimal(math.ulp(a)), z


@pytest.mark.parametrize("name", SCALAR)
def test_derivatives_are_slopes(backend, name):
    function = getattr(backend, name)
    derivative = getattr(backend, name + "_derivative")
    h = 2.0**-17
    for z in (-3.0, -1.25, -0.5, 0.125, 0.75, 2.0, 4.5):
        slope = (function(z + h) - function(z - h)) / (2.0 * h)
        assert abs(derivative(z) - slope) < 1e-9


def test_derivatives_are_what_training_uses(backend):
    # A short expression of the activation, rounded as it stands there.
    for z in (-7.25, -0.3, 0.0, 0.7, 12.5):
        a = backend.sigmoid(z)
        assert_same_bits(backend.sigmoid_derivative(z), a * (1.0 - a))
        t = backend.tanh(z)
        assert_same_bits(backend.tanh_derivative(z), 1.0 - t * t)


def test_softmax(backend):
    assert_same_bits(backend.softmax([0.0]), [1.0])
    assert_same_bits(backend.softmax([-5.0, -5.0]), [0.5, 0.5])
    assert_same_bits(backend.softmax([1e308, 1e308, 1e308, 1e308]), [0.25] * 4)
    assert_same_bits(backend.softmax([1000.0, 0.0]), [1.0, 0.0])
    assert_same_bits(backend.softmax([-INF, 0.0]), [0.0, 1.0])
    assert_same_bits(backend.softmax([INF, 0.0]), [NAN, NAN])
    assert_same_bits(backend.softmax([-INF, -INF]), [NAN, NAN])
    assert_same_bits(backend.softmax([0.0, NAN, 1.0]), [NAN, NAN, NAN])
    assert_same_bits(backend.softmax((0, 0)), [0.5, 0.5])


def test_softmax_is_accurate(backend):
    generator = random.Random("softmax")
    for _ in range(200):
        z = [generator.uniform(-30.0, 30.0) for _ in range(generator.randrange(1, 9))]
        exponentials = [EXACT.exp(Decimal(number)) for number in z]
        total = EXACT.add(0, 0)
        for number in exponentials:
            total = EXACT.add(total, number)
        for a, number in zip(backend.softmax(z), exponentials, strict=True):
            exact = EXACT.divide(number, total)
            # z - largest is rounded before exp sees it
            assert abs(Decimal(a) - exact) < Decimal("1e-14") * exact


def test_softmax_derivative(backend):
    assert_same_bits(backend.softmax_derivative([0.0, 0.0]), [[0.25, -0.25], [-0.25, 0.25]])
    assert_same_bits(backend.softmax_derivative([3.0]), [[0.0]])
    z = [0.3, -1.2, 2.0, 0.0]
    a = backend.softmax(z)
    jacobian = backend.softmax_derivative(z)
    h = 2.0**-17
    for i in range(4):
        for j in range(4):
            up, down = list(z), list(z)
            up[j] += h
            down[j] -= h
            slope = (backend.softmax(up)[i] - backend.softmax(down)[i]) / (2.0 * h)
            assert abs(jacobian[i][j] - slope) < 1e-9
            expected = a[i] * (1.0 - a[j]) if i == j else -a[i] * a[j]
            assert_same_bits(jacobian[i][j], expected)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activate_is_the_function_applied_to_a_layer(backend, name):
    generator = random.Random("activate")
    z = random_matrix(generator, 9, 7)
    before = bits(z)
    function = getattr(backend, name)
    expected = (
        [function(row) for row in z]
        if name == "softmax"
        else [[function(number) for number in row] for row in z]
    )
    assert_same_bits(backend.activate(name, z), expected)
    assert bits(z) == before


@pytest.mark.parametrize("name", ["Sigmoid", "swish", "", 5, None, ["relu"]], ids=repr)
def test_an_unknown_activation_is_refused(backend, name):
    with pytest.raises((ValueError, TypeError)) as refused:
        backend.activate(name, [[1.0]])
    assert "activation" in str(refused.value)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_what_is_no_layer_of_sums_is_named(backend, name):
    with pytest.raises(TypeError, match=r"^z: found 5, expected a list of rows of numbers$"):
        backend.activate(name, 5)
    with pytest.raises(TypeError, match=r"^z: row 1: found 2\.0, expected a list of numbers$"):
        backend.activate(name, [[1.0], 2.0])


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if "linear" not in name])
@pytest.mark.parametrize("z", ["1.0", None, [1.0], 1j], ids=repr)
def test_what_is_no_number_is_a_type_error(backend, name, z):
    with pytest.raises(TypeError):
        getattr(backend, name)(z)


@pytest.mark.parametrize("name", ["softmax", "softmax_derivative"])
@pytest.mark.parametrize("z", [[], (), 5, None, ["a"], "ab", [[1.0]]], ids=repr)
def test_softmax_needs_a_row_of_numbers(backend, name, z):
    with pytest.raises((ValueError, TypeError)):
        getattr(backend, name)(z)


def arguments():
    generator = random.Random("activations")
    yield from SPECIAL
    for _ in range(8_000):
        yield random_double(generator)
        yield generator.uniform(-750.0, 750.0)
        yield generator.uniform(-3.0, 3.0)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_backends_give_the_same_bits(both, name):
    pure, fast = (getattr(module, name) for module in both)
    for z in arguments():
        a, b = pure(z), fast(z)
        if bits(a) != bits(b):
            pytest.fail(f"{name}({z!r}) is {a!r} in purenet, {b!r} in purenet_fast")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_backends_treat_odd_arguments_alike(both, name):
    pure, fast = (getattr(module, name) for module in both)
    for z in (0, 3, -3, True, 10**400, -(10**400), "1", b"", None, [], (1.0,), 1j, Decimal(1)):
        assert outcome(pure, z) == outcome(fast, z), z


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_layers_have_the_same_bits_in_both_backends(both, name, vectors):
    pure, fast = both
    generator = random.Random(name)
    for columns in [*range(1, 71), *range(1, 20)]:
        z = random_matrix(generator, generator.randrange(1, 6), columns)
        if generator.random() < 0.7:  # without infinities and NaN, which spoil a softmax row
            size = generator.choice((1.0, 30.0, 750.0))
            z = [[generator.uniform(-size, size) for _ in row] for row in z]
        assert_same_bits(pure.activate(name, z), fast.activate(name, z), f"{columns} columns")
    for z in ([[1, 2], [3, 4]], [(1.0, True)], [[1.0], [2.0, 3.0]], [], [[]], 5, [["a"]], None):
        assert outcome(pure.activate, name, z) == outcome(fast.activate, name, z), z


def test_softmax_has_the_same_bits_in_both_backends(both):
    pure, fast = both
    generator = random.Random("softmax")
    for _ in range(1500):
        columns = generator.randrange(1, 12)
        z = random_matrix(generator, 1, columns)[0]
        if generator.random() < 0.7:
            z = [generator.uniform(-800.0, 800.0) for _ in z]
        assert_same_bits(pure.softmax(z), fast.softmax(z))
        assert_same_bits(pure.softmax_derivative(z), fast.softmax_derivative(z))
    for z in ([1, 2], (1.0, 2.0), [], "ab", [10**400, 1.0], 5, None, [True, 0.5]):
        assert outcome(pure.softmax, z) == outcome(fast.softmax, z), z
        assert outcome(pure.softmax_derivative, z) == outcome(fast.softmax_derivative, z), z
