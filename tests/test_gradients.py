"""backprop against central differences, for every activation and every loss."""

import math
import random
import re
from types import SimpleNamespace

import pytest
from bits import assert_same_bits

import purenet
from purenet.activations import activate
from purenet.gradients import GradientEntry
from purenet.layers import Layer, LayerOutput

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


@pytest.mark.parametrize(("activation", "loss"), [pair for pair in PAIRS if pair[0] != "softmax"])
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


class Twofold(Layer):
    """Two weights from each input to each unit, in lists three deep, and a factor for each unit."""

    PARAMETERS = ("weights", "factors")

    def __init__(self, inputs, outputs, activation):
        self.inputs, self.outputs, self.activation = inputs, outputs, activation
        numbers = iter(range(100))
        self.weights = [
            [[math.sin(next(numbers)) for _ in range(outputs)] for _ in range(inputs)]
            for _ in range(2)
        ]
        self.factors = [1.5] * outputs

    def shape(self, name):
        return (2, self.inputs, self.outputs) if name == "weights" else (self.outputs,)

    def settings(self):
        return {"inputs": self.inputs, "outputs": self.outputs, "activation": self.activation}

    def sums(self, row):
        first, second = self.weights
        return [
            sum(x * (a[j] + b[j]) for x, a, b in zip(row, first, second, strict=True))
            for j in range(self.outputs)
        ]

    def feedforward(self, inputs):
        z = [
            [total * factor for total, factor in zip(self.sums(row), self.factors, strict=True)]
            for row in inputs
        ]
        return LayerOutput(z, activate(self.activation, z))

    def gradient(self, inputs, delta):
        weights = [
            [
                sum(row[k] * d[j] * self.factors[j] for row, d in zip(inputs, delta, strict=True))
                for j in range(self.outputs)
            ]
            for k in range(self.inputs)
        ]
        factors = [
            sum(self.sums(row)[j] * d[j] for row, d in zip(inputs, delta, strict=True))
            for j in range(self.outputs)
        ]
        return SimpleNamespace(weights=[weights, weights], factors=factors, delta=delta)

    def input_gradient(self, inputs, delta):
        first, second = self.weights
        return [
            [
                sum(d[j] * self.factors[j] * (a[j] + b[j]) for j in range(self.outputs))
                for a, b in zip(first, second, strict=True)
            ]
            for d in delta
        ]


def test_a_layer_of_ones_own_is_checked_parameter_by_parameter(monkeypatch):
    net = purenet.Network([Twofold(2, 3, "tanh"), Twofold(3, 2, "relu")], seed=1)
    x, y = [[0.5, -1.0], [1.5, 0.25]], [[0.2, 0.4], [0.6, 0.8]]
    before = net.digest()
    check = purenet.check_gradients(net, x, y)
    assert check.passed(), check
    assert net.digest() == before
    assert len(check.entries) == net.parameter_count == 2 * 6 + 3 + 2 * 6 + 2
    names = [entry.name for entry in check.entries]
    assert names[0] == "layers[0].weights[0][0][0]"
    assert names[14] == "layers[0].factors[2]"
    assert len(set(names)) == len(names)
    right = Twofold.gradient

    def wrong(self, inputs, delta):
        gradient = right(self, inputs, delta)
        gradient.factors[1] = -gradient.factors[1]
        return gradient

    monkeypatch.setattr(Twofold, "gradient", wrong)
    check = purenet.check_gradients(net, x, y)
    assert not check.passed()
    assert check.worst.kind == "factors"
    assert check.worst.column == 1


def test_an_entry_says_where_it_is():
    names = {}
    for place in ((3,), (2, 1), (1, 0, 2, 5)):
        entry = GradientEntry(1, "weights", place, 0.5, 0.5, 0.0)
        names[entry.name] = (entry.row, entry.column, entry.corner)
    assert names == {
        "layers[1].weights[3]": (None, 3, False),
        "layers[1].weights[2][1]": (2, 1, False),
        "layers[1].weights[1][0][2][5]": (1, 5, False),
    }


@pytest.mark.parametrize("step", [None, 1e-5, 1e-4, 1e-2])
def test_the_slope_is_measured_as_far_away_as_is_said(backend, step):
    net, x, y = small_network(backend)
    layer = net.layers[0]
    layer.weights = [[0.25, -0.5, 0.75, 1.0], [1.5, -3.0, 40.0, -500.0], [0.0, 1e-3, -2e3, 0.9]]
    layer.biases = [-0.125, 2.5, 0.0, -70.0]
    options = {} if step is None else {"step": step}
    check = backend.check_gradients(net, x, y, **options)
    for entry in check.entries:
        parameters = getattr(net.layers[entry.layer], entry.kind)
        row = parameters if entry.row is None else parameters[entry.row]
        value = row[entry.column]
        h = (1e-5 if step is None else step) * max(1.0, abs(value))
        losses = []
        for moved in (value + h, value - h):
            row[entry.column] = moved
            losses.append(net.evaluate(x, y).loss)
        row[entry.column] = value
        measured = (losses[0] - losses[1]) / ((value + h) - (value - h))
        assert_same_bits(entry.measured, measured, entry.name)


def test_the_tolerance(backend):
    net, x, y = small_network(backend)
    check = backend.check_gradients(net, x, y)

    def with_error(error):
        entries = list(check.entries)
        entries[7] = entries[7]._replace(error=error)
        return backend.GradientCheck(entries)

    assert check.worst.error < 1e-7
    assert with_error(1e-6).passed()
    assert not with_error(math.nextafter(1e-6, 1.0)).passed()
    assert not with_error(math.nan).passed()
    assert with_error(1e-3).passed(1e-3)
    assert not with_error(1e-3).passed(0.99e-3)


@pytest.mark.parametrize(
    ("factor", "passed"),
    [(1.0 - 3e-7, True), (1.0 + 3e-7, True), (1.0 - 3e-6, False), (1.0 + 3e-6, False)],
)
@pytest.mark.parametrize(("name", "row", "column"), WRONG, ids=[name for name, *_ in WRONG])
def test_a_gradient_that_is_off_by_hardly_anything(
    backend, monkeypatch, name, row, column, factor, passed
):
    net, x, y = small_network(backend)
    right = backend.Network.backprop

    def wrong(self, inputs, targets):
        gradients = right(self, inputs, targets)
        row(gradients)[column] = row(gradients)[column] * factor
        return gradients

    monkeypatch.setattr(backend.Network, "backprop", wrong)
    check = backend.check_gradients(net, x, y)
    assert check.passed() == passed
    assert check.worst.name == name


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


@pytest.mark.parametrize("step", [1e-16, 1e-17, 1e-300, 5e-324])
@pytest.mark.parametrize("values", ["normal", "zeros"])
def test_a_step_that_changes_nothing_is_refused(backend, step, values):
    # Also where all parameters are 0, and change by any step, but the loss does not.
    net = backend.Network([backend.Dense(2, 1, initializer=values)], seed=1)
    before = net.digest()
    with pytest.raises(ValueError, match=r"^step: found \S+, which rounding swallows, expected"):
        backend.check_gradients(net, [[1.0, 2.0]], [[0.5]], step)
    assert net.digest() == before


@pytest.mark.parametrize("value", [1.0, 1.9999999, 2.0, 1e10, 1e-300, 0.0])
def test_the_smallest_step_changes_every_number(backend, value, monkeypatch):
    net = backend.Network([backend.Dense(1, 1, "linear", initializer=[[value]])], seed=1)
    seen = set()
    right = backend.Network.evaluate

    def evaluate(self, inputs, targets):
        seen.add(self.layers[0].weights[0][0])
        return right(self, inputs, targets)

    monkeypatch.setattr(backend.Network, "evaluate", evaluate)
    backend.check_gradients(net, [[1.0]], [[0.5]], 2.220446049250313e-16)
    assert len(seen) == 3


# Corners.


def corners(check):
    return {entry.name for entry in check.entries if entry.corner}


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_a_sample_at_the_corner_of_a_unit(backend, activation):
    # The first sample is all zeros, and so are z and the biases: any step of a bias crosses there.
    layers = [backend.Dense(2, 4, activation), backend.Dense(4, 1, "sigmoid")]
    net = backend.Network(layers, seed=1)
    x = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    y = [[0.0], [1.0], [1.0], [0.0]]
    before = net.digest()
    check = backend.check_gradients(net, x, y)
    assert check.passed()
    assert corners(check) == {f"layers[0].biases[{j}]" for j in range(4)}
    assert check.corners == 4
    assert not check.worst.corner
    assert check.worst.error < 1e-6 < max(entry.error for entry in check.entries)
    assert "17 gradients checked, 4 of them at a corner of relu" in str(check)
    assert f"the worst of the others is {check.worst.name}" in str(check)
    html = check._repr_html_()
    assert html.count("at a corner") == 3  # in the caption, as a title, and for the biases
    assert html.endswith("<td>0</td></tr></table>")
    assert net.digest() == before


def test_a_unit_near_its_corner(backend):
    # z is 5e-6 for the second sample alone: one step back crosses, one forth does not.
    hidden = backend.Dense(
        1, 2, "relu", initializer=[[1.0, 2.0]], bias_initializer=[-1.0 + 5e-6, 0.5]
    )
    net = backend.Network([hidden, backend.Dense(2, 1, "linear", initializer=[[3.0], [1.0]])])
    check = backend.check_gradients(net, [[2.0], [1.0], [-3.0]], [[0.0]] * 3)
    assert corners(check) == {"layers[0].weights[0][0]", "layers[0].biases[0]"}
    assert check.passed()
    finer = backend.check_gradients(net, [[2.0], [1.0], [-3.0]], [[0.0]] * 3, step=1e-6)
    assert corners(finer) == set()
    assert finer.passed()


def test_a_corner_in_a_later_layer_is_reached_from_every_layer_before(backend):
    # The relu unit's z is 0.5 * a - 0.5 * a of two units that are alike, and so exactly 0.
    first = backend.Dense(1, 2, "tanh", initializer=[[0.7, 0.7]])
    second = backend.Dense(2, 1, "relu", initializer=[[0.5], [-0.5]])
    third = backend.Dense(1, 1, "linear", initializer=[[2.0]])
    net = backend.Network([first, second, third])
    check = backend.check_gradients(net, [[1.0]], [[5.0]])
    assert check.passed()
    assert {entry.layer for entry in check.entries if entry.corner} == {0, 1}
    assert [entry.corner for entry in check.entries if entry.layer == 2] == [False, False]


def test_a_corner_that_both_steps_leave_to_one_side(backend):
    # z = (a - 0.5) ** 2 or so: 0 at the weight itself, above 0 on either side.
    class Square(backend.Network):
        def feedforward(self, inputs):
            outputs = super().feedforward(inputs)
            w = self.layers[0].weights[0][0]
            return [outputs[0]._replace(z=[[abs(w - 1.0)]])]

        def evaluate(self, inputs, targets):
            w = self.layers[0].weights[0][0]
            right = super().evaluate(inputs, targets)
            return right._replace(loss=right.loss + max(0.0, w - 1.0))

    net = Square([backend.Dense(1, 1, "relu", initializer=[[1.0]])])
    check = backend.check_gradients(net, [[1.0]], [[0.0]])
    assert corners(check) == {"layers[0].weights[0][0]"}


def test_where_all_are_at_a_corner_there_is_no_worst(backend):
    net = backend.Network([backend.Dense(1, 1, "relu", initializer="zeros")])
    check = backend.check_gradients(net, [[1.0]], [[1.0]])
    assert corners(check) == {"layers[0].weights[0][0]", "layers[0].biases[0]"}
    assert check.passed()
    assert check.worst.corner
    assert str(check) == (
        "2 gradients checked, 2 of them at a corner of relu, "
        "where the slope jumps and cannot be measured"
    )


def test_a_mistake_away_from_the_corners_is_still_found(backend, monkeypatch):
    net = backend.Network([backend.Dense(2, 4, "relu"), backend.Dense(4, 1)], seed=1)
    x, y = [[0.0, 0.0], [1.0, 1.0]], [[0.0], [1.0]]
    right = backend.Network.backprop

    def wrong(self, inputs, targets):
        gradients = right(self, inputs, targets)
        gradients[1].weights[2][0] *= 1.01
        return gradients

    monkeypatch.setattr(backend.Network, "backprop", wrong)
    check = backend.check_gradients(net, x, y)
    assert check.corners == 4
    assert not check.passed()
    assert check.worst.name == "layers[1].weights[2][0]"
    assert not check.worst.corner


def test_parameters_that_are_nan_are_no_corner(backend):
    net = backend.Network([backend.Dense(1, 2, "relu"), backend.Dense(2, 1)], seed=1)
    net.layers[0].weights[0][1] = math.nan
    check = backend.check_gradients(net, [[1.0]], [[1.0]])
    assert not check.passed()
    assert math.isnan(check.worst.error)


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
