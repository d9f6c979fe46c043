"""backprop against central differences, for every activation and every loss."""

import math
import random
import re

import pytest
from bits import assert_same_bits

HIDDEN = ("sigmoid", "tanh", "relu", "leaky_relu", "linear", "softmax")
SQUARED = ("sum_of_squares", "mean_squared_error")
PAIRS = [(activation, loss) for activation in HIDDEN for loss in SQUARED]
PAIRS += [("sigmoid", "binary_cross_entropy"), ("softmax", "categorical_cross_entropy")]


def samples(generator, loss, inputs, outputs, count=5):
    x = [[generator.uniform(-1.5, 1.5) for _ in range(inputs)] for _ in range(count)]
    if loss == "categorical_cross_entropy":
        y = [[0.0] * outputs for _ in range(count)]
        for row in y:
            row[generator.randrange(outputs)] = 1.0
        y[0] = [1.0 / outputs] * outputs  # probabilities need not be 0 or 1
    else:
        y = [[generator.random() for _ in range(outputs)] for _ in range(count)]
    return x, y


def away_from_corners(net, x):
    """Say whether no relu unit is so close to its corner that a measured slope would cross it."""
    for layer, output in zip(net.layers, net.feedforward(x), strict=True):
        near = any(abs(z) < 1e-3 for row in output.z for z in row)
        if near and "relu" in layer.activation:
            return False
    return True


def checked(module, layers, loss, inputs, outputs):
    """Check a network and samples that lie away from the corners of relu."""
    for seed in range(100):
        generator = random.Random(seed)
        net = module.Network(
            [
                module.Dense(
                    *sizes,
                    activation,
                    bias=bias,
                    initializer="normal",
                    bias_initializer="normal" if bias else "zeros",
                )
                for *sizes, activation, bias in layers
            ],
            loss,
            seed=seed,
        )
        x, y = samples(generator, loss, inputs, outputs)
        if away_from_corners(net, x):
            break
    else:
        raise AssertionError("no seed keeps away from the corners")
    before = net.digest()
    check = module.check_gradients(net, x, y)
    assert net.digest() == before
    assert len(check.entries) == net.parameter_count
    return check


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize(("activation", "loss"), PAIRS)
def test_output_layers(backend, activation, loss, bias):
    layers = [(3, 4, "tanh", bias), (4, 3, activation, bias)]
    check = checked(backend, layers, loss, 3, 3)
    assert check.passed(), check


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("loss", [*SQUARED, "binary_cross_entropy", "categorical_cross_entropy"])
@pytest.mark.parametrize("activation", HIDDEN)
def test_hidden_layers(backend, activation, loss, bias):
    last = {"binary_cross_entropy": "sigmoid", "categorical_cross_entropy": "softmax"}
    layers = [(2, 5, activation, bias), (5, 3, activation, bias)]
    layers += [(3, 2, last.get(loss, "linear"), bias)]
    check = checked(backend, layers, loss, 2, 2)
    assert check.passed(), check


@pytest.mark.parametrize(("activation", "loss"), PAIRS)
def test_one_layer_of_one_unit(backend, activation, loss):
    check = checked(backend, [(1, 1, activation, True)], loss, 1, 1)
    assert check.passed(), check


def small_network(module):
    net = module.Network([module.Dense(3, 4, "tanh"), module.Dense(4, 2)], seed=3)
    generator = random.Random("small")
    x, y = samples(generator, net.loss, 3, 2)
    return net, x, y


WRONG = [
    ("layers[0].weights[2][1]", lambda gradients: gradients[0].weights[2], 1),
    ("layers[1].weights[0][1]", lambda gradients: gradients[1].weights[0], 1),
    ("layers[0].biases[3]", lambda gradients: gradients[0].biases, 3),
    ("layers[1].biases[0]", lambda gradients: gradients[1].biases, 0),
]


CHANGES = {
    "the other sign": lambda gradient: -gradient,
    "a thousandth more": lambda gradient: gradient * 1.001,
    "NaN": lambda gradient: math.nan,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
@pytest.mark.parametrize(("name", "row", "column"), WRONG, ids=[name for name, *_ in WRONG])
def test_a_wrong_gradient_is_found_and_named(backend, monkeypatch, name, row, column, change):
    net, x, y = small_network(backend)
    right = backend.Network.backprop

    def wrong(self, inputs, targets):
        gradients = right(self, inputs, targets)
        row(gradients)[column] = change(row(gradients)[column])
        return gradients

    assert backend.check_gradients(net, x, y).passed()
    monkeypatch.setattr(backend.Network, "backprop", wrong)
    check = backend.check_gradients(net, x, y)
    assert not check.passed()
    assert check.worst.name == name
    assert name in str(check)


def test_a_forgotten_derivative_is_found(backend, monkeypatch):
    # The mistake of a published network: the error is carried back without the slope.
    net, x, y = small_network(backend)
    right = backend.Network.backprop

    def wrong(self, inputs, targets):
        gradients = right(self, inputs, targets)
        output = self.feedforward(inputs)[0]
        delta = [
            [d / (1.0 - a * a) for d, a in zip(d_row, a_row, strict=True)]
            for d_row, a_row in zip(gradients[0].delta, output.a, strict=True)
        ]
        weights = backend.dot(backend.transpose(inputs), delta)
        gradients[0] = gradients[0]._replace(weights=weights)
        return gradients

    monkeypatch.setattr(backend.Network, "backprop", wrong)
    check = backend.check_gradients(net, x, y)
    assert not check.passed()
    assert check.worst.layer == 0
    assert check.worst.kind == "weights"


def test_the_entries(backend):
    net, x, y = small_network(backend)
    gradients = net.backprop(x, y)
    check = backend.check_gradients(net, x, y)
    names = [entry.name for entry in check.entries]
    assert names[0] == "layers[0].weights[0][0]"
    assert names[-1] == "layers[1].biases[1]"
    assert len(set(names)) == len(names) == net.parameter_count
    for entry in check.entries:
        gradient = getattr(gradients[entry.layer], entry.kind)
        row = gradient if entry.row is None else gradient[entry.row]
        assert_same_bits(entry.backprop, row[entry.column])
        assert abs(entry.backprop - entry.measured) < 1e-8
    assert check.worst.error == max(entry.error for entry in check.entries)
    assert check.passed(check.worst.error)
    assert not check.passed(check.worst.error * 0.999)
    assert re.match(r"26 gradients checked; the worst is layers\[\d\]", str(check))


def test_the_network_stays_as_it_is(backend):
    net, x, y = small_network(backend)
    net.fit(x, y, epochs=3)
    history, digest = net.history, net.digest()
    backend.check_gradients(net, x, y)
    assert net.digest() == digest
    assert net.history is history
    assert net.epochs_trained == 3


def test_the_network_stays_as_it_is_where_a_check_breaks_off(backend, monkeypatch):
    net, x, y = small_network(backend)
    digest = net.digest()
    calls = []

    def evaluate(self, inputs, targets):
        calls.append(1)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(backend.Network, "evaluate", evaluate)
        with pytest.raises(KeyboardInterrupt):
            backend.check_gradients(net, x, y)
    assert calls == [1]
    assert net.digest() == digest


def test_a_dead_network_passes(backend):
    # All gradients are zero, and no division by zero comes of it.
    dead = backend.Dense(2, 3, "relu", initializer="zeros", bias_initializer=[-5.0, -5.0, -5.0])
    net = backend.Network([dead, backend.Dense(3, 1, "linear")], seed=0)
    check = backend.check_gradients(net, [[1.0, 2.0]], [[0.0]])
    assert check.passed()
    assert check.worst.error == 0.0


@pytest.mark.parametrize(
    ("step", "error"), [(0.0, ValueError), (-1e-5, ValueError), ("1", TypeError), (None, TypeError)]
)
def test_a_step_must_be_a_positive_number(backend, step, error):
    net, x, y = small_network(backend)
    with pytest.raises(error, match=r"^step: found "):
        backend.check_gradients(net, x, y, step)


def test_both_backends_measure_the_same_bits(both):
    checks = []
    for module in both:
        net, x, y = small_network(module)
        checks.append(module.check_gradients(net, x, y))
    for one, other in zip(checks[0].entries, checks[1].entries, strict=True):
        assert one.name == other.name
        assert_same_bits(
            [one.backprop, one.measured, one.error], [other.backprop, other.measured, other.error]
        )
    assert str(checks[0]) == str(checks[1])
