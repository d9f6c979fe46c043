"""Layers and networks: making them, the steps, training, and the parameters as a user sees them."""

import copy
import hashlib
import inspect
import json
import math
import operator
import pickle
import random
import struct
import subprocess
import sys
import threading

import pytest
from bits import assert_same_bits, bits

NAN, INF = math.nan, math.inf

X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
Y = [[0.0], [1.0], [1.0], [0.0]]


def network(module, seed=1, loss="mean_squared_error", last="sigmoid"):
    return module.Network([module.Dense(2, 3, "tanh"), module.Dense(3, 1, last)], loss, seed=seed)


def data(samples=11, inputs=3, outputs=2, seed=0):
    """Return samples of random inputs and targets from 0 to 1."""
    generator = random.Random(seed)
    x = [[generator.uniform(-1.0, 1.0) for _ in range(inputs)] for _ in range(samples)]
    y = [[generator.random() for _ in range(outputs)] for _ in range(samples)]
    return x, y


def larger(module, seed=5, **options):
    layers = [module.Dense(3, 5, "relu"), module.Dense(5, 4, "tanh"), module.Dense(4, 2)]
    return module.Network(layers, seed=seed, **options)


def lists(parameters):
    """Return weights or biases as plain lists."""
    return [list(row) if hasattr(row, "__len__") else row for row in parameters]


def parameters(net):
    return [
        (lists(layer.weights), None if layer.biases is None else lists(layer.biases))
        for layer in net.layers
    ]


def state(net):
    """Return everything that a refused call must leave alone."""
    return bits(parameters(net)), net.epochs_trained, net.seed, net.loss, bits(vars(net.history))


# Layers.


def test_the_shape_of_a_layer(backend):
    layer = network(backend).layers[0]
    assert (layer.inputs, layer.outputs, layer.activation, layer.bias) == (2, 3, "tanh", True)
    assert len(layer.weights) == 2
    assert [len(row) for row in layer.weights] == [3, 3]
    assert len(layer.biases) == 3
    assert layer.parameter_count == 9
    assert repr(layer) == "Dense(2, 3, 'tanh')"
    assert repr(backend.Dense(1, 2, bias=False)) == "Dense(1, 2, 'sigmoid', bias=False)"


def test_a_layer_without_biases(backend):
    net = backend.Network([backend.Dense(2, 2, bias=False), backend.Dense(2, 1)], seed=1)
    first, _ = net.layers
    assert first.biases is None
    assert first.parameter_count == 4
    assert net.parameter_count == 7
    gradients = net.backprop(X, Y)
    assert gradients[0].biases is None
    assert len(gradients[1].biases) == 1
    net.fit(X, Y, epochs=2)
    assert first.biases is None
    first.biases = None
    with pytest.raises(ValueError, match="bias=False"):
        first.biases = [0.0, 0.0]
    z = net.feedforward(X)[0].z
    assert_same_bits(z, backend.dot(X, first.weights))


def test_sizes_may_be_any_whole_numbers(backend):
    class Four:
        def __index__(self):
            return 4

    layer = backend.Dense(Four(), 1)
    assert type(layer.inputs) is int
    assert layer.inputs == 4


def test_parameters_are_drawn_when_the_network_is_made(backend):
    layer = backend.Dense(2, 3)
    with pytest.raises(AttributeError):
        _ = layer.weights
    net = backend.Network([layer], seed=1)
    assert net.layers[0] is layer
    assert len(layer.weights) == 2


def test_given_values(backend):
    weights, biases = [[1, 2.5], [True, -0.0]], (5e-324, INF)
    layer = backend.Dense(2, 2, initializer=weights, bias_initializer=biases)
    assert_same_bits(layer.weights, [[1.0, 2.5], [1.0, -0.0]])
    assert_same_bits(layer.biases, [5e-324, INF])
    weights[0][0] = 99.0  # a copy was made
    assert layer.weights[0][0] == 1.0
    backend.Network([layer], seed=1)
    assert_same_bits(layer.weights, [[1.0, 2.5], [1.0, -0.0]])


@pytest.mark.parametrize("name", ["uniform", "normal", "xavier", "glorot", "he", "zeros"])
def test_initializers_by_name(backend, name):
    net = backend.Network([backend.Dense(40, 30, initializer=name)], seed=3)
    values = [value for row in net.layers[0].weights for value in row]
    mean = math.fsum(values) / 1200
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / 1200)
    expected = {
        "uniform": 1.0 / math.sqrt(12.0),
        "normal": 1.0,
        "xavier": math.sqrt(2.0 / 70.0),
        "glorot": math.sqrt(2.0 / 70.0),
        "he": math.sqrt(2.0 / 40.0),
        "zeros": 0.0,
    }[name]
    assert abs(deviation - expected) <= 0.08 * expected
    assert abs(mean) <= 0.1 * expected
    limit = {"uniform": 0.5, "xavier": math.sqrt(6.0 / 70.0), "glorot": math.sqrt(6.0 / 70.0)}
    assert max(map(abs, values)) <= limit.get(name, INF)
    assert_same_bits(net.layers[0].biases, [0.0] * 30)


def test_initializers_with_numbers(backend):
    layer = backend.Dense(
        50,
        20,
        initializer=backend.Uniform(2.0, 3.0),
        bias_initializer=backend.Normal(0.001),
    )
    net = backend.Network([layer], seed=0)
    values = [value for row in net.layers[0].weights for value in row]
    assert min(values) >= 2.0
    assert max(values) < 3.0
    assert 0.0 < max(map(abs, layer.biases)) < 0.01


def test_initializers_are_values(backend):
    made = [
        (lambda: backend.Uniform(-1.0, 1.0), "Uniform(low=-1.0, high=1.0)"),
        (lambda: backend.Uniform(), "Uniform(low=-0.5, high=0.5)"),
        (lambda: backend.Normal(0.5), "Normal(scale=0.5)"),
        (lambda: backend.Normal(), "Normal(scale=1.0)"),
        (backend.Xavier, "Xavier()"),
        (backend.He, "He()"),
        (backend.Zeros, "Zeros()"),
    ]
    for number, (make, text) in enumerate(made):
        value = make()
        assert repr(value) == text
        for same in (make(), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
            assert same == value
            assert hash(same) == hash(value)
        for other, _ in made[:number] + made[number + 1 :]:
            assert other() != value
        assert value != text
        with pytest.raises(AttributeError, match="cannot assign to field 'scale'"):
            value.scale = 2.0
        with pytest.raises(AttributeError, match="cannot delete field 'low'"):
            del value.low
        assert repr(value) == text
    for wrong in (lambda: backend.Zeros(1), lambda: backend.Normal(1.0, 2.0)):
        with pytest.raises(TypeError):
            wrong()


def test_default_initializers(backend):
    for activation, named in (("relu", "he"), ("leaky_relu", "he"), ("tanh", "xavier")):
        one = backend.Network([backend.Dense(3, 4, activation)], seed=7)
        other = backend.Network([backend.Dense(3, 4, activation, initializer=named)], seed=7)
        assert one.digest() == other.digest()


def test_an_initializer_of_ones_own(backend):
    calls = []

    def initializer(inputs, outputs, generator):
        calls.append((inputs, outputs))
        return [[generator.random() for _ in range(outputs)] for _ in range(inputs)]

    layer = backend.Dense(2, 3, initializer=initializer, bias_initializer=initializer)
    backend.Network([layer], seed=1)
    assert calls == [(2, 3), (1, 3)]
    generator = random.Random(1)
    expected = [[generator.random() for _ in range(3)] for _ in range(3)]
    assert_same_bits(layer.weights, expected[:2])
    assert_same_bits(layer.biases, expected[2])


def test_a_failed_network_leaves_its_layers_as_they_were(backend):
    good = backend.Dense(2, 3)
    bad = backend.Dense(3, 1, initializer=lambda inputs, outputs, generator: [[0.0]])
    with pytest.raises(ValueError, match="weights"):
        backend.Network([good, bad], seed=1)
    # the good layer can still become part of a network, and is drawn from that one's seed
    net = backend.Network([good], seed=2)
    assert net.digest() == backend.Network([backend.Dense(2, 3)], seed=2).digest()


def test_layers_apart(backend):
    # The four steps of a layer are public too.
    net = larger(backend)
    x, y = data()
    outputs = net.feedforward(x)
    gradients = net.backprop(x, y)
    for number, layer in enumerate(net.layers):
        inputs = x if number == 0 else outputs[number - 1].a
        assert_same_bits(layer.feedforward(inputs), outputs[number])
        assert_same_bits(layer.gradient(inputs, gradients[number].delta), gradients[number])
        expected = backend.dot(gradients[number].delta, backend.transpose(layer.weights))
        assert_same_bits(layer.input_gradient(inputs, gradients[number].delta), expected)
        before = lists(layer.weights)
        layer.update(gradients[number], 0.5)
        step = backend.subtract(before, backend.scale(gradients[number].weights, 0.5))
        assert_same_bits(layer.weights, step)


GRADIENTS = {
    "whole numbers": ("[[1, 2, 3], [4, 5, 6]]", "[7, 8, 9]"),
    "tuples": ("((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))", "(7.0, 8.0, 9.0)"),
    "one row too few": ("[[1.0, 2.0, 3.0]]", "[7.0, 8.0, 9.0]"),
    "rows too short": ("[[1.0], [2.0]]", "[7.0, 8.0, 9.0]"),
    "biases too short": ("[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]", "[7.0]"),
    "no biases": ("[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]", "None"),
    "text": ("[['1', '2', '3'], ['4', '5', '6']]", "[7.0, 8.0, 9.0]"),
    "nothing": ("None", "None"),
    "numbers": ("5.0", "5.0"),
}


@pytest.mark.parametrize("kind", GRADIENTS)
def test_a_layers_update_takes_or_refuses_gradients_alike(both, kind):
    # In a process of its own: reading past the end of a gradient would end the tests.
    weights, biases = GRADIENTS[kind]
    results = []
    for module in both:
        code = f"""
import {module.__name__} as purenet
net = purenet.Network([purenet.Dense(2, 3)], seed=1)
layer = net.layers[0]
before = net.digest()
try:
    layer.update(purenet.LayerGradient({weights}, {biases}, []), 0.1)
    print(layer.weights, layer.biases)
except (ValueError, TypeError) as error:
    assert net.digest() == before, "a refused gradient changed the layer"
    print(type(error).__name__)
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.returncode == 0, (module.__name__, done.returncode, done.stderr[-500:])
        results.append(done.stdout)
    assert results[0] == results[1]


# Networks.


def test_the_shape_of_a_network(backend):
    net = larger(backend)
    assert (net.inputs, net.outputs) == (3, 2)
    assert len(net.layers) == 3
    assert net.parameter_count == 3 * 5 + 5 + 5 * 4 + 4 + 4 * 2 + 2
    assert net.loss == "mean_squared_error"
    assert net.epochs_trained == 0
    assert net.history.epochs == 0
    assert repr(network(backend)) == (
        "Network([Dense(2, 3, 'tanh'), Dense(3, 1, 'sigmoid')], loss='mean_squared_error', seed=1)"
    )


def test_layers_may_come_in_a_tuple(backend):
    layers = (backend.Dense(2, 3), backend.Dense(3, 1))
    assert list(backend.Network(layers, seed=1).layers) == list(layers)


def test_one_seed_gives_one_network(backend):
    digests = [larger(backend, seed=seed).digest() for seed in range(20)]
    assert len(set(digests)) == 20
    assert digests == [larger(backend, seed=seed).digest() for seed in range(20)]
    assert larger(backend, seed=2**200).digest() == larger(backend, seed=2**200).digest()


def test_without_a_seed_each_network_is_another_one(backend):
    nets = [larger(backend, seed=None) for _ in range(8)]
    assert len({net.digest() for net in nets}) == 8
    for net in nets:
        assert larger(backend, seed=net.seed).digest() == net.digest()


def test_seeds_and_digests_never_change(backend):
    # What a reader of a book or a README has to see, on every machine and in every version.
    net = network(backend)
    assert net.digest() == "6ae25fbd9571bc044449b7038f21393be6c0a2d3803212e60886387bf733046f"
    net.fit(X, Y, epochs=20, learning_rate=0.5, batch_size=3)
    assert net.digest() == "debb5334d78d035fc39fc34965992bd8a230e22059168e2dafe4cb784b657904"
    net = larger(backend, loss="mean_squared_error")
    assert net.digest() == "e71d2115c2c26a49f1fa35a38746e1226c84285fd03474bddb46e073b9c486c9"


def test_the_digest_is_what_it_says(backend):
    net = backend.Network(
        [
            backend.Dense(2, 2, initializer=[[1.0, -0.0], [NAN, 5e-324]]),
            backend.Dense(2, 1, bias=False, initializer=[[-INF], [0.1]]),
        ],
        seed=0,
    )
    net.layers[0].biases = [2.0, -NAN]
    values = [1.0, -0.0, NAN, 5e-324, 2.0, NAN, -INF, 0.1]
    expected = hashlib.sha256()
    for value in values:
        nan = bytes.fromhex("000000000000f87f")
        expected.update(nan if math.isnan(value) else struct.pack("<d", value))
    assert net.digest() == expected.hexdigest()


def test_the_digest_sees_every_bit(backend):
    net = larger(backend)
    digest = net.digest()
    for layer in net.layers:
        for row in [*layer.weights, layer.biases]:
            for j in range(len(row)):
                value = row[j]
                row[j] = math.nextafter(value, INF)
                assert net.digest() != digest
                row[j] = value
    assert net.digest() == digest


def test_feedforward(backend):
    layers = [
        backend.Dense(2, 2, "relu", initializer=[[1.0, -1.0], [2.0, 3.0]]),
        backend.Dense(2, 1, "linear", initializer=[[10.0], [100.0]], bias_initializer=[0.5]),
    ]
    net = backend.Network(layers, seed=0)
    net.layers[0].biases = [0.25, -0.25]
    first, second = net.feedforward([[1.0, 1.0], [2.0, 0.0]])
    assert_same_bits(first.z, [[3.25, 1.75], [2.25, -2.25]])
    assert_same_bits(first.a, [[3.25, 1.75], [2.25, 0.0]])
    assert_same_bits(second.z, [[208.0], [23.0]])
    assert_same_bits(second.a, [[208.0], [23.0]])
    assert_same_bits(net.predict([[1.0, 1.0], [2.0, 0.0]]), [[208.0], [23.0]])
    assert isinstance(first, backend.LayerOutput)


def test_backprop(backend):
    layers = [
        backend.Dense(1, 2, "linear", initializer=[[2.0, -1.0]]),
        backend.Dense(2, 1, "linear", initializer=[[3.0], [0.5]]),
    ]
    net = backend.Network(layers, "sum_of_squares", seed=0)
    first, second = net.backprop([[1.0], [2.0]], [[5.0], [12.0]])
    # outputs 5.5 and 11, so dL/da = 2 * (a - y) = 1 and -2
    assert_same_bits(second.delta, [[1.0], [-2.0]])
    assert_same_bits(second.weights, [[2.0 - 8.0], [-1.0 + 4.0]])
    assert_same_bits(second.biases, [-1.0])
    assert_same_bits(first.delta, [[3.0, 0.5], [-6.0, -1.0]])
    assert_same_bits(first.weights, [[3.0 - 12.0, 0.5 - 2.0]])
    assert_same_bits(first.biases, [-3.0, -0.5])
    assert isinstance(first, backend.LayerGradient)


def test_feedforward_and_backprop_change_nothing(backend):
    net = larger(backend)
    x, y = data()
    before, x_before, y_before = state(net), copy.deepcopy(x), copy.deepcopy(y)
    net.feedforward(x)
    net.backprop(x, y)
    net.predict(x)
    net.evaluate(x, y)
    assert state(net) == before
    assert (x, y) == (x_before, y_before)


def test_update(backend):
    net = larger(backend)
    x, y = data()
    gradients = net.backprop(x, y)
    before = parameters(net)
    net.update(gradients, 0.25)
    for (weights, biases), gradient, layer in zip(before, gradients, net.layers, strict=True):
        expected = backend.subtract(weights, backend.scale(gradient.weights, 0.25))
        assert_same_bits(layer.weights, expected)
        step = [b - 0.25 * g for b, g in zip(biases, gradient.biases, strict=True)]
        assert_same_bits(layer.biases, step)
    assert net.epochs_trained == 0


def test_update_with_gradients_of_ones_own(backend):
    net = backend.Network([backend.Dense(2, 1, initializer=[[1.0], [2.0]])], seed=0)
    # whole numbers and tuples; delta is not needed
    net.update([backend.LayerGradient(((2,), (4,)), (8,), None)], 0.5)
    assert_same_bits(net.layers[0].weights, [[0.0], [0.0]])
    assert_same_bits(net.layers[0].biases, [-4.0])
    net.update([backend.LayerGradient([[NAN], [-INF]], [0.0], [])], 1)
    assert_same_bits(net.layers[0].weights, [[NAN], [INF]])
    # the network's own parameters as gradients: a decay of the weights
    net.layers[0].weights = [[3.0], [-5.0]]
    layer = net.layers[0]
    net.update([backend.LayerGradient(layer.weights, layer.biases, [])], 1.0)
    assert_same_bits(layer.weights, [[0.0], [0.0]])
    assert_same_bits(layer.biases, [0.0])


@pytest.mark.parametrize("batch_size", [None, 1, 3, 11, 50])
def test_steps_by_hand_are_what_fit_does(backend, batch_size):
    x, y = data()
    by_fit = larger(backend)
    by_fit.fit(x, y, epochs=3, learning_rate=0.3, batch_size=batch_size, shuffle=False)
    by_hand = larger(backend)
    size = batch_size or len(x)
    for _ in range(3):
        for start in range(0, len(x), size):
            batch, targets = x[start : start + size], y[start : start + size]
            by_hand.update(by_hand.backprop(batch, targets), 0.3)
    assert by_hand.digest() == by_fit.digest()


def test_shuffled_steps_by_hand_are_what_fit_does(backend):
    from purenet.randomness import shuffled_order

    x, y = data()
    by_fit = larger(backend)
    history = by_fit.fit(x, y, epochs=3, learning_rate=0.3, batch_size=4)
    by_hand = larger(backend)
    losses = []
    for epoch in range(3):
        order = shuffled_order(len(x), by_hand.seed, epoch)
        total = 0.0
        for start in range(0, len(x), 4):
            batch = [x[i] for i in order[start : start + 4]]
            targets = [y[i] for i in order[start : start + 4]]
            batch_total = 0.0
            for row, target in zip(batch, targets, strict=True):
                # of one sample with two outputs the total is twice the mean, exactly
                batch_total = batch_total + 2.0 * by_hand.evaluate([row], [target]).loss
            total = total + batch_total
            by_hand.update(by_hand.backprop(batch, targets), 0.3)
        losses.append(total / 22.0)
    assert by_hand.digest() == by_fit.digest()
    assert_same_bits(losses, history.loss)


def test_predict_and_predict_classes(backend):
    identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    net = backend.Network([backend.Dense(3, 3, "linear", initializer=identity)], seed=0)
    x = [[1, 2, 3], [3, 2, 1], [5, 5, 5], (0, 1, True)]
    expected = [[1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [5.0, 5.0, 5.0], [0.0, 1.0, 1.0]]
    assert_same_bits(net.predict(x), expected)
    assert net.predict_classes(x) == [2, 0, 0, 1]
    one = backend.Network([backend.Dense(1, 1, "linear", initializer=[[1.0]])], seed=0)
    assert one.predict_classes([[0.5], [0.49999999], [1e9], [-1.0]]) == [1, 0, 1, 0]
    assert type(net.predict(x)) is list
    assert type(net.predict(x)[0]) is list


def test_the_outputs_belong_to_the_caller(backend):
    net = network(backend)
    before = state(net)
    outputs = net.feedforward(X)
    expected = bits(outputs[0].a)
    outputs[0].a[0][0] = 99.0
    outputs[0].z[0][0] = 99.0
    gradients = net.backprop(X, Y)
    gradients[0].weights[0][0] = 99.0
    net.predict(X)[0][0] = 99.0
    assert bits(net.feedforward(X)[0].a) == expected
    assert state(net) == before


def test_evaluate(backend):
    identity = backend.Dense(2, 2, "linear", initializer=[[1.0, 0.0], [0.0, 1.0]])
    net = backend.Network([identity], "sum_of_squares", seed=0)
    x = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]
    found = net.evaluate(x, [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    assert found.accuracy == 2 / 3
    assert net.evaluate(x, [0, 1, 1]) == found
    assert isinstance(found, backend.Evaluation)
    # targets that name no classes have no accuracy
    for targets in ([[0.5, 0.5]] * 3, [[1.0, 1.0]] * 3, [[0.0, 0.0]] * 3, [[2.0, 0.0]] * 3):
        assert net.evaluate(x, targets).accuracy is None
    one = backend.Network([backend.Dense(1, 1, "linear", initializer=[[1.0]])], seed=0)
    assert one.evaluate([[0.7], [0.2], [0.5]], [1, 1, 1]).accuracy == 2 / 3
    assert one.evaluate([[0.7], [0.2]], [1, 0.5]).accuracy is None


def test_flat_targets(backend):
    nested, flat = network(backend), network(backend)
    nested.fit(X, Y, epochs=3, learning_rate=0.5)
    flat.fit(X, [0, 1, True, 0.0], epochs=3, learning_rate=0.5)
    assert nested.digest() == flat.digest()
    assert nested.history == flat.history
    classes, one_hot = larger(backend), larger(backend)
    x, _ = data()
    labels = [number % 2 for number in range(len(x))]
    classes.fit(x, labels, epochs=2)
    one_hot.fit(x, backend.one_hot(labels, 2), epochs=2)
    assert classes.digest() == one_hot.digest()
    assert classes.history.accuracy == one_hot.history.accuracy
    assert len(classes.history.accuracy) == 2


def test_one_hot(backend):
    expected = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    assert_same_bits(backend.one_hot([2, 0, 1], 3), expected)
    assert_same_bits(backend.one_hot((2.0, 0, 1), 3), expected)
    assert backend.one_hot([], 3) == []
    assert_same_bits(backend.one_hot([0], 1), [[1.0]])


class Array:
    """A sequence that is no list, as an array of another library."""

    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __iter__(self):
        return iter(self.items)

    def __getitem__(self, index):
        return self.items[index]


def test_inputs_may_be_any_sequences_of_any_numbers(backend):
    from decimal import Decimal
    from fractions import Fraction

    whole = [[0, 0], [0, 1], [1, 0], [1, 1]]
    others = [
        whole,
        [tuple(row) for row in whole],
        tuple(map(tuple, whole)),
        Array([Array(row) for row in whole]),
        [[Fraction(number) for number in row] for row in whole],
        [[Decimal(number) for number in row] for row in whole],
        [[bool(number) for number in row] for row in whole],
        [range(2) if row == [0, 1] else row for row in whole],
    ]
    plain = network(backend)
    plain.fit(X, Y, epochs=2, learning_rate=0.5)
    for inputs in others:
        net = network(backend)
        net.fit(inputs, Y, epochs=2, learning_rate=0.5)
        assert net.digest() == plain.digest()
        assert_same_bits(net.predict(inputs), plain.predict(X))
        assert_same_bits(net.backprop(inputs, Y), plain.backprop(X, Y))


# Training.


def test_fit_learns(backend):
    net = backend.Network(
        [backend.Dense(2, 4, "tanh"), backend.Dense(4, 1)], "binary_cross_entropy", seed=3
    )
    history = net.fit(X, Y, epochs=2000, learning_rate=0.5)
    assert net.predict_classes(X) == [0, 1, 1, 0]
    assert history.loss[-1] < 0.01 < 0.6 < history.loss[0]
    assert history.accuracy[-1] == 1.0


def test_the_history(backend):
    net = network(backend)
    first = net.evaluate(X, Y)
    history = net.fit(X, Y, epochs=5, learning_rate=0.5)
    assert net.history is history
    assert isinstance(history, backend.History)
    assert history.epochs == len(history.loss) == len(history.accuracy) == 5
    assert history.validation_loss == history.validation_accuracy == []
    assert history.first_epoch == 0
    assert history.stopped is None
    # of a whole-set batch, before its update: the network as it was given
    assert_same_bits(history.loss[0], first.loss)
    assert history.accuracy[0] == first.accuracy
    again = net.fit(X, Y, epochs=2)
    assert again.first_epoch == 5
    assert again.epochs == 2
    assert history.epochs == 5  # the first one stays
    assert net.epochs_trained == 7
    assert repr(again).startswith("History(2 epochs, loss 0.")
    assert repr(backend.History()) == "History(0 epochs)"


def test_no_accuracy_where_targets_are_no_classes(backend):
    net = network(backend)
    history = net.fit(X, [[0.5], [0.0], [1.0], [1.0]], epochs=2)
    assert history.accuracy == []
    assert len(history.loss) == 2


def test_validation(backend):
    x, y = data()
    other = data(5, seed=9)
    net, same = larger(backend), larger(backend)
    history = net.fit(x, y, epochs=4, learning_rate=0.3, validation_data=other)
    assert len(history.validation_loss) == 4
    assert history.validation_accuracy == []
    # validation changes no weight
    expected = []
    for _ in range(4):
        same.fit(x, y, epochs=1, learning_rate=0.3)
        expected.append(same.evaluate(*other).loss)
    assert net.digest() == same.digest()
    assert_same_bits(history.validation_loss, expected)
    labelled = network(backend).fit(X, Y, epochs=3, validation_data=[X[:3], [0, 1, 1]])
    assert len(labelled.validation_accuracy) == 3
    assert all(value in (0.0, 1 / 3, 2 / 3, 1.0) for value in labelled.validation_accuracy)


@pytest.mark.parametrize("batch_size", [None, 4])
def test_a_second_fit_carries_on(backend, tmp_path, batch_size):
    x, y = data()
    options = {"learning_rate": 0.3, "batch_size": batch_size}
    whole = larger(backend)
    history = whole.fit(x, y, epochs=10, **options)
    parts = larger(backend)
    losses = parts.fit(x, y, epochs=4, **options).loss
    losses = losses + parts.fit(x, y, epochs=6, **options).loss
    assert parts.digest() == whole.digest()
    assert_same_bits(losses, history.loss)
    saved = larger(backend)
    saved.fit(x, y, epochs=4, **options)
    saved.save(tmp_path / "model.json")
    loaded = backend.load(tmp_path / "model.json")
    loaded.fit(x, y, epochs=6, **options)
    assert loaded.digest() == whole.digest()
    for duplicate in (copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))):
        copied = larger(backend)
        copied.fit(x, y, epochs=4, **options)
        copied = duplicate(copied)
        copied.fit(x, y, epochs=6, **options)
        assert copied.digest() == whole.digest()


def test_watching_changes_no_bit(backend, capsys):
    x, y = data()
    digests = set()
    for options in (
        {},
        {"on_epoch": lambda epoch, history: None},
        {"progress": True},
        {"validation_data": (x, y)},
        {"patience": 100},
        {"learning_rate": lambda epoch: 0.3},
        {"threads": 3},
    ):
        net = larger(backend)
        net.fit(x, y, **{"epochs": 5, "learning_rate": 0.3, "batch_size": 4, **options})
        digests.add(net.digest())
    assert len(digests) == 1


def test_more_threads_than_anyone_has(backend):
    net, same = network(backend), network(backend)
    for threads in (100, 2**80):
        net.fit(X, Y, epochs=1, threads=threads)
        same.fit(X, Y, epochs=1)
        assert net.digest() == same.digest()
        assert bits(net.predict(X, threads=threads)) == bits(same.predict(X))
        assert net.evaluate(X, Y, threads=threads) == same.evaluate(X, Y)


def test_more_epochs_than_anyone_waits_for(backend):
    # Numbers for each epoch to come are no reason to ask for memory.
    net = network(backend)
    net.layers[0].weights[0][0] = INF  # so that it ends after the first
    for epochs in (10**13, 2**70):
        with pytest.raises(backend.TrainingDiverged):
            net.fit(X, Y, epochs=epochs)


@pytest.mark.parametrize("batch_size", [None, 4])
def test_a_run_of_epochs_in_pieces(backend, monkeypatch, batch_size):
    # A long run is taken in pieces; where one ends shows nowhere.
    x, y = data()
    whole, pieces = larger(backend), larger(backend)
    options = {"epochs": 10, "learning_rate": 0.3, "batch_size": batch_size}
    whole.fit(x, y, **options)
    monkeypatch.setattr("purenet.training.LONGEST_RUN", 3)
    pieces.fit(x, y, **options)
    assert pieces.digest() == whole.digest()
    assert bits(vars(pieces.history)) == bits(vars(whole.history))
    assert pieces.epochs_trained == 10


def test_shuffling(backend):
    x, y = data()
    digests = []
    for options in (
        {"shuffle": True},
        {"shuffle": False},
        {"shuffle": True},
        {"shuffle": True, "seed": 6},
        {"shuffle": False, "seed": 6},
    ):
        net = larger(backend)
        net.seed = options.pop("seed", 5)
        net.fit(x, y, epochs=3, learning_rate=0.3, batch_size=4, **options)
        digests.append(net.digest())
    assert digests[0] == digests[2]
    assert digests[0] != digests[1]
    assert digests[0] != digests[3]
    assert digests[1] == digests[4]  # the seed only shuffles
    # the whole set in one batch is never shuffled
    one, other = larger(backend), larger(backend)
    one.fit(x, y, epochs=3, shuffle=True)
    other.fit(x, y, epochs=3, shuffle=False, batch_size=len(x))
    assert one.digest() == other.digest()


def test_training_leaves_pythons_random_numbers_alone(backend):
    before = random.getstate()
    net = larger(backend)
    net.fit(*data(), epochs=2, batch_size=4)
    backend.NumPyRandom(1).randn(3)
    assert random.getstate() == before


def test_a_learning_rate_that_is_a_function(backend):
    x, y = data()
    asked = []

    def rate(epoch):
        asked.append(epoch)
        return 0.5 / (1 + epoch)

    net, by_hand = larger(backend), larger(backend)
    net.fit(x, y, epochs=3, learning_rate=rate)
    net.fit(x, y, epochs=2, learning_rate=rate)
    assert asked == [0, 1, 2, 3, 4]
    for epoch in range(5):
        by_hand.fit(x, y, epochs=1, learning_rate=0.5 / (1 + epoch))
    assert net.digest() == by_hand.digest()


def test_a_learning_rate_of_zero(backend):
    net = network(backend)
    digest = net.digest()
    history = net.fit(X, Y, epochs=3, learning_rate=0)
    assert net.digest() == digest
    assert len(set(history.loss)) == 1


def test_a_rate_that_fails_later_keeps_what_was_done(backend):
    net = network(backend)
    with pytest.raises(TypeError, match=r"learning_rate\(2\): found 'slow'"):
        net.fit(X, Y, epochs=5, learning_rate=lambda epoch: 0.1 if epoch < 2 else "slow")
    assert net.epochs_trained == net.history.epochs == 2
    same = network(backend)
    same.fit(X, Y, epochs=2, learning_rate=0.1)
    assert net.digest() == same.digest()


def test_on_epoch(backend):
    seen = []

    def on_epoch(epoch, history):
        seen.append((epoch, history.epochs, history.loss[-1]))
        return "yes"  # only True stops

    net = network(backend)
    net.fit(X, Y, epochs=2)
    history = net.fit(X, Y, epochs=3, on_epoch=on_epoch)
    assert seen == [(2 + number, 1 + number, history.loss[number]) for number in range(3)]
    assert history.stopped is None


def test_on_epoch_stops(backend):
    net = network(backend)
    history = net.fit(X, Y, epochs=10, on_epoch=lambda epoch, history: epoch == 3)
    assert history.epochs == net.epochs_trained == 4
    assert history.stopped == "on_epoch returned True"
    same = network(backend)
    same.fit(X, Y, epochs=4)
    assert net.digest() == same.digest()
    assert net.fit(X, Y, epochs=1).stopped is None


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt])
def test_an_error_in_on_epoch_keeps_what_was_done(backend, error):
    def on_epoch(epoch, history):
        if epoch == 2:
            raise error

    net = network(backend)
    with pytest.raises(error):
        net.fit(X, Y, epochs=10, on_epoch=on_epoch)
    assert net.history.epochs == net.epochs_trained == 3
    same = network(backend)
    same.fit(X, Y, epochs=3)
    assert net.digest() == same.digest()
    net.fit(X, Y, epochs=1)  # and the network can be trained again
    assert net.epochs_trained == 4


def test_on_epoch_may_look_at_and_change_the_network(backend):
    net = network(backend)
    predictions = []

    def on_epoch(epoch, history):
        predictions.append(net.predict(X))
        net.layers[0].weights[0][0] = float(epoch)
        net.layers[1].biases = [0.5]

    net.fit(X, Y, epochs=2, learning_rate=0.1, on_epoch=on_epoch)
    assert net.layers[0].weights[0][0] == 1.0
    assert net.layers[1].biases == [0.5]
    assert bits(predictions[0]) != bits(predictions[1])
    by_hand = network(backend)
    for epoch in range(2):
        by_hand.fit(X, Y, epochs=1, learning_rate=0.1)
        by_hand.layers[0].weights[0][0] = float(epoch)
        by_hand.layers[1].biases = [0.5]
    assert net.digest() == by_hand.digest()


# Outputs that are NaN: infinite numbers of both signs meet in the last layer.

HUGE = [1e308, 1e308]


def overflowing(module, outputs, activation="linear", loss="mean_squared_error"):
    """Return a network whose outputs are NaN for HUGE, and equal for other inputs."""
    layers = [
        module.Dense(2, 2, "linear", initializer=[[1.0, 1.0], [1.0, 1.0]]),
        module.Dense(2, outputs, activation, initializer=[[1.0] * outputs, [-1.0] * outputs]),
    ]
    return module.Network(layers, loss, seed=1)


LAST = [
    (1, "sigmoid", "binary_cross_entropy"),
    (1, "linear", "mean_squared_error"),
    (3, "softmax", "categorical_cross_entropy"),
    (3, "sigmoid", "sum_of_squares"),
]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("outputs", "activation", "loss"), LAST)
def test_an_output_that_is_nan_is_never_right(both, outputs, activation, loss, threads):
    results = []
    for module in both:
        net = overflowing(module, outputs, activation, loss)
        accuracies = []
        for count in (1, 4, 70):
            for label in range(max(2, outputs)):
                inputs, labels = [HUGE] * count, [label] * count
                found = net.evaluate(inputs, labels, threads=threads)
                accuracies.append(found.accuracy)
                assert math.isnan(found.loss)
        assert set(accuracies) == {0.0}
        # And the others count as before: equal outputs stand for class 0, 0.5 for class 1.
        right = 1 if activation == "sigmoid" and outputs == 1 else 0
        mixed = net.evaluate([HUGE, [0.0, 0.0], HUGE, [1.0, 1.0]], [right] * 4, threads=threads)
        results.append(mixed.accuracy)
    assert results == [0.5, 0.5]


@pytest.mark.parametrize("column", [0, 1, 2])
def test_one_output_that_is_nan_is_enough(both, column):
    for module in both:
        weights = [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
        weights[0][column], weights[1][column] = 1.0, -1.0
        first = module.Dense(2, 2, "linear", initializer=[[1.0, 1.0], [1.0, 1.0]])
        last = module.Dense(2, 3, "linear", initializer=weights)
        net = module.Network([first, last], seed=1)
        (row,) = net.predict([HUGE])
        assert math.isnan(row[column])
        for label in range(3):
            assert net.evaluate([HUGE], [label]).accuracy == 0.0
        with pytest.raises(ValueError, match="row 0"):
            net.predict_classes([HUGE])


@pytest.mark.parametrize("batch_size", [None, 1, 3])
@pytest.mark.parametrize(("outputs", "activation", "loss"), LAST)
def test_a_nan_is_never_right_in_training(both, outputs, activation, loss, batch_size):
    accuracies = []
    for module in both:
        net = overflowing(module, outputs, activation, loss)
        history = module.History()
        with pytest.raises(module.TrainingDiverged) as raised:
            net.fit([HUGE] * 4, [0] * 4, epochs=1, batch_size=batch_size, learning_rate=0.1)
        history = raised.value.history
        accuracies.append(history.accuracy)
    assert accuracies == [[0.0], [0.0]]


def test_the_class_of_nan_is_refused_with_the_sample(both):
    messages = []
    for module in both:
        net = overflowing(module, 3)
        assert net.predict_classes([[1.0, 2.0]]) == [0]
        with pytest.raises(ValueError) as refused:
            net.predict_classes([[1.0, 2.0], HUGE, HUGE])
        messages.append(str(refused.value))
    message = "inputs: row 1: the outputs are [nan, nan, nan], expected numbers"
    assert messages == [f"{message}: NaN stands for no class"] * 2


def test_a_loss_that_is_nan_is_not_the_lowest(backend):
    # The validation loss is NaN in two epochs, and is otherwise the square of the last bias.
    net = overflowing(backend, 1)
    biases = iter([5.0, NAN, 4.0, 3.0, 3.5, 3.5, 3.5, 3.5])

    def look(epoch, history):
        bias = next(biases)
        net.layers[0].weights = [[1.0, 1.0] if bias != bias else [0.0, 0.0]] * 2
        net.layers[1].biases = [0.0 if bias != bias else bias]

    options = {"epochs": 50, "learning_rate": 0.0, "patience": 3, "on_epoch": look}
    history = net.fit([[1.0, 1.0]], [[1.0]], validation_data=([HUGE], [[0.0]]), **options)
    assert_same_bits(history.validation_loss, [NAN, 25.0, NAN, 16.0, 9.0, 12.25, 12.25, 12.25])
    assert history.stopped == "no lower loss for 3 epochs"


def test_patience(backend):
    net = network(backend)
    # at this rate nothing gets better: the loss is lowest in the first epoch
    history = net.fit(X, Y, epochs=50, learning_rate=0.0, patience=3)
    assert history.epochs == 4
    assert history.stopped == "no lower loss for 3 epochs"
    better = network(backend).fit(X, Y, epochs=50, learning_rate=0.1, patience=3)
    assert better.epochs == 50
    assert better.stopped is None


def test_patience_goes_by_the_validation_loss(backend):
    # The validation targets are the opposite: learning makes them worse.
    opposite = [[1.0 - value for value in row] for row in Y]
    net = backend.Network([backend.Dense(2, 8, "tanh"), backend.Dense(8, 1)], seed=3)
    net.fit(X, Y, epochs=200, learning_rate=0.5)
    history = net.fit(X, Y, epochs=50, learning_rate=0.5, patience=5, validation_data=(X, opposite))
    assert history.epochs == 6
    assert history.loss[-1] < history.loss[0]
    assert history.validation_loss[-1] > history.validation_loss[0]


def test_progress_goes_to_standard_error(backend, capsys):
    network(backend).fit(X, Y, epochs=3)
    silent = capsys.readouterr()
    assert silent.out == silent.err == ""
    network(backend).fit(X, Y, epochs=3, progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "epoch" in shown.err
    assert "3/3" in shown.err
    assert "loss 0." in shown.err


def test_refused_calls_leave_no_bar(backend, capsys):
    with pytest.raises(ValueError, match="learning_rate"):
        network(backend).fit(X, Y, epochs=3, progress=True, learning_rate=-1.0)
    assert capsys.readouterr().err == ""


def diverging(module):
    layers = [module.Dense(2, 3, "linear", initializer="xavier"), module.Dense(3, 1, "linear")]
    return module.Network(layers, "sum_of_squares", seed=1)


@pytest.mark.parametrize("watched", [False, True])
def test_training_that_diverges(backend, watched):
    net = diverging(backend)
    options = {"on_epoch": lambda epoch, history: None} if watched else {}
    with pytest.raises(backend.TrainingDiverged) as raised:
        net.fit(X, Y, epochs=500, learning_rate=2.0, **options)
    error = raised.value
    assert isinstance(error, ArithmeticError)
    assert error.history is net.history
    assert net.history.epochs == net.epochs_trained == error.epoch + 1
    assert net.history.stopped == "training diverged"
    assert 1 < error.epoch < 100
    assert not math.isfinite(error.value)
    assert f"in epoch {error.epoch} (counted from 0): {error.place} is {error.value}" in str(error)
    assert error.place.startswith("layer ")
    # nothing earlier was infinite
    same = diverging(backend)
    same.fit(X, Y, epochs=error.epoch, learning_rate=2.0)
    assert all(math.isfinite(value) for weights, _ in parameters(same) for value in weights[0])
    copied = pickle.loads(pickle.dumps(error))
    assert (copied.epoch, copied.place, str(copied)) == (error.epoch, error.place, str(error))


def test_a_later_fit_diverges_at_an_epoch_of_the_networks_life(backend):
    net = diverging(backend)
    net.fit(X, Y, epochs=7, learning_rate=0.001)
    with pytest.raises(backend.TrainingDiverged) as raised:
        net.fit(X, Y, epochs=500, learning_rate=2.0)
    assert raised.value.epoch == 7 + raised.value.history.epochs - 1
    assert raised.value.history.first_epoch == 7


def test_training_diverges_in_the_same_epoch_in_both_backends(both):
    errors = []
    for module in both:
        net = diverging(module)
        with pytest.raises(module.TrainingDiverged) as raised:
            net.fit(X, Y, epochs=500, learning_rate=2.0, batch_size=3)
        errors.append((str(raised.value), raised.value.epoch, net.digest()))
        errors[-1] += (bits(raised.value.history.loss),)
    assert errors[0] == errors[1]


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_weights_that_are_not_finite_can_be_set_and_used(backend, value):
    net = network(backend)
    net.layers[0].weights[1][2] = value
    assert_same_bits(net.layers[0].weights[1][2], value)
    z = net.feedforward([[1.0, 2.0]])[0].z[0][2]
    assert_same_bits(z, value)
    with pytest.raises(backend.TrainingDiverged) as raised:
        net.fit(X, Y, epochs=5)
    assert raised.value.epoch == 0
    assert net.epochs_trained == 1


def test_one_network_is_trained_by_one_thread_at_a_time(backend):
    net = network(backend)
    started, go_on = threading.Event(), threading.Event()
    failures = []

    def on_epoch(epoch, history):
        started.set()
        go_on.wait(30)

    def train():
        try:
            net.fit(X, Y, epochs=2, on_epoch=on_epoch)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=train)
    thread.start()
    try:
        assert started.wait(30)
        history = net.history
        with pytest.raises(RuntimeError, match="being trained already"):
            net.fit(X, Y, epochs=1)
        with pytest.raises(RuntimeError, match="being trained already"):
            net.update(net.backprop(X, Y), 0.1)
        assert net.history is history
        net.predict(X)  # reading is allowed
        other = network(backend)
        other.fit(X, Y, epochs=1)  # and so is another network
    finally:
        go_on.set()
        thread.join()
    assert not failures
    assert net.history.epochs == 2
    net.fit(X, Y, epochs=1)
    assert net.epochs_trained == 3


def spoil(rows):
    for row in rows:
        row[0] += 0.5
    rows[0][-1] = NAN
    rows[-1].clear()
    rows.reverse()


@pytest.mark.parametrize("batch_size", [None, 2])
@pytest.mark.parametrize("spoilt", ["inputs", "targets", "validation inputs", "validation targets"])
@pytest.mark.parametrize("by", ["on_epoch", "learning_rate"])
def test_data_changed_during_training_does_not_count(both, spoilt, by, batch_size):
    results = []
    for module in both:
        for spoiling in (False, True):
            names = ["inputs", "targets", "validation inputs", "validation targets"]
            data = dict(zip(names, copy.deepcopy([X, Y, X[:2], Y[:2]]), strict=True))

            def look(epoch, *rest, rows=data[spoilt], spoiling=spoiling):
                if spoiling and epoch == 1:
                    spoil(rows)
                return 0.1

            net = network(module)
            history = net.fit(
                data["inputs"],
                data["targets"],
                epochs=4,
                batch_size=batch_size,
                validation_data=(data["validation inputs"], data["validation targets"]),
                **{by: look},
            )
            results.append((net.digest(), bits(vars(history))))
    assert results.count(results[0]) == len(results) == 4


@pytest.mark.parametrize("threads", [1, 2])
def test_rows_of_zeros_changed_during_training_do_not_count(both, threads):
    digests = set()
    for module in both:
        for spoiling in (False, True):
            rows = [[float(column % 40 == number) for column in range(80)] for number in range(8)]
            answers = [[float(number % 2)] for number in range(8)]

            def look(epoch, history, rows=rows, spoiling=spoiling):
                if spoiling and epoch == 0:
                    spoil(rows)

            net = module.Network([module.Dense(80, 3), module.Dense(3, 1)], seed=1)
            net.fit(rows, answers, epochs=3, batch_size=2, on_epoch=look, threads=threads)
            digests.add(net.digest())
    assert len(digests) == 1


def test_data_changed_by_another_thread_does_not_count(both):
    digests = set()
    for module in both:
        rows, answers = copy.deepcopy([X, Y])
        began, go_on = threading.Event(), threading.Event()

        def look(epoch, history, began=began, go_on=go_on):
            began.set()
            go_on.wait(30)

        net = network(module)
        options = {"epochs": 3, "on_epoch": look}
        thread = threading.Thread(target=net.fit, args=(rows, answers), kwargs=options)
        thread.start()
        try:
            assert began.wait(30)
            spoil(rows)
            spoil(answers)
        finally:
            go_on.set()
            thread.join()
        alone = network(module)
        alone.fit(X, Y, epochs=3)
        assert net.digest() == alone.digest()
        digests.add(net.digest())
    assert len(digests) == 1


def test_a_network_cannot_be_trained_from_within_its_training(backend):
    net = network(backend)
    with pytest.raises(RuntimeError, match="being trained already"):
        net.fit(X, Y, epochs=3, on_epoch=lambda epoch, history: net.fit(X, Y, epochs=1))
    assert net.epochs_trained == 1


def test_two_networks_at_once(backend):
    x, y = data(20)
    alone = larger(backend)
    alone.fit(x, y, epochs=30, batch_size=3)
    nets = [larger(backend) for _ in range(4)]
    threads = [
        threading.Thread(target=net.fit, args=(x, y), kwargs={"epochs": 30, "batch_size": 3})
        for net in nets
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {net.digest() for net in nets} == {alone.digest()}


def test_the_loss_can_be_changed(backend):
    net = network(backend)
    net.loss = "binary_cross_entropy"
    same = network(backend, loss="binary_cross_entropy")
    net.fit(X, Y, epochs=2)
    same.fit(X, Y, epochs=2)
    assert net.digest() == same.digest()
    before = state(net)
    with pytest.raises(ValueError, match="binary_cross_entropy needs the activation 'sigmoid'"):
        net.layers[1].activation = "linear"
    with pytest.raises(ValueError, match="categorical_cross_entropy needs the activation"):
        net.loss = "categorical_cross_entropy"
    assert net.layers[1].activation == "sigmoid"
    assert state(net) == before
    net.loss = "sum_of_squares"
    net.layers[1].activation = "linear"
    with pytest.raises(ValueError, match="binary_cross_entropy needs the activation 'sigmoid'"):
        net.loss = "binary_cross_entropy"
    net.fit(X, Y, epochs=1)


@pytest.mark.parametrize("made", ["new", "copied", "pickled", "loaded"])
def test_the_last_layer_knows_what_the_loss_needs(backend, made, tmp_path):
    net = network(backend, loss="binary_cross_entropy")
    if made == "copied":
        net = copy.deepcopy(net)
    elif made == "pickled":
        net = pickle.loads(pickle.dumps(net))
    elif made == "loaded":
        net.save(tmp_path / "net.json")
        net = backend.load(tmp_path / "net.json")
    with pytest.raises(ValueError, match="needs the activation 'sigmoid'"):
        net.layers[1].activation = "relu"
    net.layers[0].activation = "relu"  # of the other layers it asks nothing
    net.layers = [net.layers[0], backend.Dense(3, 2, "sigmoid")]
    with pytest.raises(ValueError, match="needs the activation 'sigmoid'"):
        net.layers[1].activation = "relu"


def test_a_refused_network_asks_nothing_of_its_layers(backend):
    layers = [backend.Dense(2, 3), backend.Dense(3, 1)]
    with pytest.raises(ValueError, match="seed"):
        backend.Network(layers, "binary_cross_entropy", seed=-1)
    layers[1].activation = "tanh"
    assert backend.Network(layers, seed=1).predict(X)


def test_layers_can_be_exchanged(both):
    results = []
    for module in both:
        net = network(module)
        first, last = net.layers
        fresh = module.Dense(3, 2, "tanh")
        net.layers = [first, fresh]
        assert net.layers == (first, fresh)
        assert net.outputs == 2
        net.fit(X, [[1.0, 0.0]] * len(X), epochs=2)
        results.append(bits(parameters(net)))
        with pytest.raises(ValueError, match="part of a network already"):
            module.Network([fresh])
        assert module.Network([last]).layers == (last,)  # which is free now
    assert results[0] == results[1]


def test_layers_cannot_be_exchanged_during_training(backend):
    net = network(backend)
    layers = net.layers

    def exchange(epoch, history):
        net.layers = [backend.Dense(2, 1)]

    with pytest.raises(RuntimeError, match="being trained already"):
        net.fit(X, Y, epochs=2, on_epoch=exchange)
    assert net.layers == layers
    net.layers = [backend.Dense(2, 1)]
    net.fit(X, Y, epochs=1)


def test_layers_that_do_not_fit_the_loss_are_refused(backend):
    net = network(backend, loss="binary_cross_entropy")
    before = state(net), net.layers
    with pytest.raises(ValueError, match="needs the activation 'sigmoid'"):
        net.layers = [backend.Dense(2, 1, "tanh")]
    assert (state(net), net.layers) == before


def test_numbers_that_are_set_become_whole_numbers(backend):
    class Number:
        def __index__(self):
            return 7

    net = network(backend)
    net.seed = net.epochs_trained = Number()
    assert (type(net.seed), net.seed) == (type(net.epochs_trained), net.epochs_trained) == (int, 7)


@pytest.mark.parametrize("loss", ["mape", None, ["sum_of_squares"]], ids=repr)
def test_an_unknown_loss_is_the_same_error_in_both(both, loss):
    results = []
    for module in both:
        net = network(module)
        before = state(net)
        with pytest.raises((ValueError, TypeError), match="loss: ") as refused:
            net.loss = loss
        assert state(net) == before
        results.append(str(refused.value))
    assert results[0] == results[1]


def test_the_activation_can_be_changed(backend):
    net = network(backend)
    net.layers[0].activation = "relu"
    relu = backend.Network([backend.Dense(2, 3, "relu"), backend.Dense(3, 1)], seed=1)
    for one, other in zip(net.layers, relu.layers, strict=True):
        other.weights = one.weights
        other.biases = one.biases
    net.fit(X, Y, epochs=2)
    relu.fit(X, Y, epochs=2)
    assert net.digest() == relu.digest()


# Weights and biases behave as lists do.


def test_weights_can_be_read_like_lists(backend):
    layer = backend.Dense(3, 2, initializer=[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    layer.biases = [7.0, 8.0]
    w, b = layer.weights, layer.biases
    assert w[2][1] == 6.0
    assert w[-1][-2] == 5.0
    assert w[True][False] == 3.0
    assert type(w[0][0]) is float
    assert len(w) == 3
    assert len(w[0]) == 2
    assert w[1] == [3.0, 4.0]
    assert w[0:2] == [[1.0, 2.0], [3.0, 4.0]]
    assert w[::-2] == [[5.0, 6.0], [1.0, 2.0]]
    assert w[5:] == []
    assert type(w[:2]) is list
    assert w[1][:1] == [3.0]
    assert type(w[1][:]) is list
    assert b[1:] == [8.0]
    assert b[::-1] == [8.0, 7.0]
    assert [value for row in w for value in row] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert list(reversed(b)) == [8.0, 7.0]
    assert next(reversed(w)) == [5.0, 6.0]
    assert [row[0] for row in w] == [1.0, 3.0, 5.0]
    assert [list(column) for column in zip(*w, strict=True)] == [[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]
    first, *rest = w
    assert first == [1.0, 2.0]
    assert len(rest) == 2
    assert 7.0 in b
    assert 9.0 not in b
    assert [3.0, 4.0] in w
    assert w.index([3.0, 4.0]) == 1
    assert b.index(8.0) == 1
    assert b.count(7.0) == 1
    assert w.count([1.0, 2.0]) == 1
    assert bool(w)
    assert max(b) == 8.0
    assert sorted(b, reverse=True) == [8.0, 7.0]
    assert operator.add(b, [9.0]) == [7.0, 8.0, 9.0]
    assert operator.add([6.0], b) == [6.0, 7.0, 8.0]
    assert operator.add(w, [[0.0]])[-1] == [0.0]
    assert len(operator.add([[0.0]], w)) == 4


def test_weights_compare_and_print_like_lists(backend):
    plain = [[1.0, 2.0], [-0.0, 5e-324]]
    layer = backend.Dense(2, 2, initializer=plain, bias_initializer=[0.0, 0.0])
    w = layer.weights
    assert w == plain
    assert plain == w
    assert operator.ne(w, plain) is False
    assert w == backend.Dense(2, 2, initializer=plain).weights
    assert w != [[1.0, 2.0]]
    assert w != [[1.0, 2.0], [3.0, 4.0]]
    assert w != "weights"
    assert w != tuple(plain)
    assert w[0] != (1.0, 2.0)
    assert w is not None
    assert w[0] == [1, 2]
    assert [w[0], w[1]] == plain
    assert repr(w) == str(w) == f"{w}" == repr(plain)
    assert repr(w[1]) == "[-0.0, 5e-324]"
    layer.weights = [[NAN, 1.0], [INF, 0.0]]
    assert repr(layer.weights) == "[[nan, 1.0], [inf, 0.0]]"
    for parameter in (w, w[0], layer.biases):
        with pytest.raises(TypeError, match="unhashable"):
            hash(parameter)


def test_copies_of_weights(backend):
    layer = backend.Dense(2, 2, initializer=[[1.0, 2.0], [3.0, 4.0]])
    net = backend.Network([layer], seed=0)
    digest = net.digest()
    w = layer.weights
    for deep in (
        copy.deepcopy(w),
        pickle.loads(pickle.dumps(w)),
        [list(row) for row in w],
        [row.copy() for row in w],
        [row[:] for row in w],
        [copy.copy(row) for row in w],
    ):
        assert deep == w
        deep[0][0] = 99.0
        deep[1] = [9.0, 9.0]
    for row in (
        copy.copy(w[0]),
        copy.deepcopy(w[0]),
        pickle.loads(pickle.dumps(w[0])),
        w[0].copy(),
    ):
        assert row == [1.0, 2.0]
        row[0] = 99.0
    assert net.digest() == digest
    # a shallow copy holds the same rows, as that of a list does
    for shallow in (copy.copy(w), w.copy(), w[:], list(w)):
        shallow[1] = [9.0, 9.0]
        assert w[1] == [3.0, 4.0]
        shallow[0][0] = 5.0
        assert w[0][0] == 5.0
        w[0][0] = 1.0
    assert net.digest() == digest


def predicts_like(net, weights, biases):
    """Say whether the next call uses these numbers."""
    module = inspect.getmodule(type(net.layers[0]))
    fresh = type(net)(
        [module.Dense(2, 2, "linear", initializer=weights, bias_initializer=biases)], seed=0
    )
    return bits(net.predict(X)) == bits(fresh.predict(X)) and net.digest() == fresh.digest()


def test_a_weight_that_is_set_is_the_weight_that_is_used(backend):
    layer = backend.Dense(2, 2, "linear", initializer=[[1.0, 2.0], [3.0, 4.0]])
    net = backend.Network([layer], seed=0)
    w, b = layer.weights, layer.biases
    w[0][0] = -1.0
    assert predicts_like(net, [[-1.0, 2.0], [3.0, 4.0]], [0.0, 0.0])
    w[-1][-1] = 0.5
    assert predicts_like(net, [[-1.0, 2.0], [3.0, 0.5]], [0.0, 0.0])
    w[1] = [7.0, 8.0]
    assert predicts_like(net, [[-1.0, 2.0], [7.0, 8.0]], [0.0, 0.0])
    b[0] = 5.0
    assert predicts_like(net, [[-1.0, 2.0], [7.0, 8.0]], [5.0, 0.0])
    w[0][:] = [10.0, 20.0]
    w[1][1:] = [30.0]
    assert predicts_like(net, [[10.0, 20.0], [7.0, 30.0]], [5.0, 0.0])
    w[:] = [[1.0, 1.0], [2.0, 2.0]]
    assert predicts_like(net, [[1.0, 1.0], [2.0, 2.0]], [5.0, 0.0])
    w[::-1] = [[3.0, 3.0], [4.0, 4.0]]
    assert predicts_like(net, [[4.0, 4.0], [3.0, 3.0]], [5.0, 0.0])
    layer.weights = [[0.1, 0.2], [0.3, 0.4]]
    layer.biases = (0.5, 0.6)
    assert predicts_like(net, [[0.1, 0.2], [0.3, 0.4]], [0.5, 0.6])
    net.layers[0].weights[1][0] += 1.0
    assert predicts_like(net, [[0.1, 0.2], [1.3, 0.4]], [0.5, 0.6])
    net.layers[0].weights[0], net.layers[0].weights[1] = [1.0, 2.0], [3.0, 4.0]
    assert predicts_like(net, [[1.0, 2.0], [3.0, 4.0]], [0.5, 0.6])


def test_whole_numbers_become_floats(backend):
    layer = backend.Dense(2, 2, "linear", initializer=[[1.0, 2.0], [3.0, 4.0]])
    net = backend.Network([layer], seed=0)
    layer.weights[0][0] = 5
    layer.weights[1] = (6, True)
    layer.biases[1] = 7
    assert predicts_like(net, [[5.0, 2.0], [6.0, 1.0]], [0.0, 7.0])
    net.fit(X, [[0.0, 1.0]] * 4, epochs=1)
    assert all(type(value) is float for row in layer.weights for value in row)
    layer.weights[0][0] = 2**60 + 1
    net.predict(X)
    assert_same_bits(layer.weights[0][0], float(2**60 + 1))


def test_a_row_that_was_taken_stays_the_networks_row(backend):
    net = network(backend)
    row, biases = net.layers[0].weights[0], net.layers[0].biases
    for value in (0.5, 1, 2.5, True, 3.5):
        row[0] = value
        biases[1] = value
        net.predict(X)
        assert net.layers[0].weights[0][0] == value
        assert net.layers[0].biases[1] == value
        net.fit(X, Y, epochs=1)
        assert_same_bits(list(row), list(net.layers[0].weights[0]))
        assert_same_bits(list(biases), list(net.layers[0].biases))


def test_one_row_put_in_two_places_is_not_trained_twice(both):
    digests = []
    for module in both:
        net = network(module)
        weights = net.layers[0].weights
        weights[1] = weights[0]
        net.fit(X, Y, epochs=2, learning_rate=0.5)
        digests.append(net.digest())
    assert digests[0] == digests[1]


def test_setting_a_matrix_copies_it(backend):
    net, other = network(backend), network(backend, seed=2)
    plain = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    net.layers[0].weights = plain
    other.layers[0].weights = net.layers[0].weights
    other.layers[0].biases = net.layers[0].biases
    net.fit(X, Y, epochs=1)
    assert plain == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert other.layers[0].weights == plain
    assert other.layers[0].biases == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "values",
    [[["a", 1.0], [1.0, 1.0]], [[1.0], [1.0]], [[1.0, 1.0]], 5, [[1.0, 1.0], None]],
    ids=repr,
)
def test_a_matrix_that_does_not_fit_is_refused_whole(backend, values):
    layer = backend.Dense(2, 2, initializer=[[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises((ValueError, TypeError)):
        layer.weights = values
    assert layer.weights == [[1.0, 2.0], [3.0, 4.0]]


def test_text_among_the_weights_is_found(backend):
    # A list takes anything; what it took is found by the next call at the latest.
    net = network(backend)
    with pytest.raises(TypeError, match="column 2: found 'x', expected a number"):
        net.layers[0].weights[1][2] = "x"
        net.predict(X)
    net = network(backend)
    with pytest.raises((TypeError, ValueError), match="2"):
        net.layers[0].weights[1] = [1.0, 2.0]
        net.predict(X)


@pytest.mark.parametrize("method", ["predict", "evaluate", "fit", "backprop", "digest", "save"])
def test_every_call_checks_the_weights(backend, method, tmp_path):
    calls = {
        "predict": lambda net: net.predict(X),
        "evaluate": lambda net: net.evaluate(X, Y),
        "fit": lambda net: net.fit(X, Y, epochs=1),
        "backprop": lambda net: net.backprop(X, Y),
        "digest": lambda net: net.digest(),
        "save": lambda net: net.save(tmp_path / "model.json"),
    }
    net = network(backend)
    history = net.history
    with pytest.raises(TypeError, match="found None, expected a number"):
        net.layers[1].weights[0][0] = None
        calls[method](net)
    assert net.history is history
    assert net.epochs_trained == 0
    assert list(tmp_path.iterdir()) == []


def test_parameters_are_saved_as_json(backend):
    net = network(backend)
    text = json.dumps(net.layers[0].weights)
    assert_same_bits(json.loads(text), net.layers[0].weights)


# Copies of networks.


@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, *(lambda net, p=p: pickle.loads(pickle.dumps(net, p)) for p in range(2, 6))],
    ids=["deepcopy", *(f"pickle {protocol}" for protocol in range(2, 6))],
)
def test_copies_of_networks(backend, duplicate):
    net = larger(backend)
    x, y = data()
    net.fit(x, y, epochs=2, batch_size=4)
    digest = net.digest()
    other = duplicate(net)
    assert type(other) is backend.Network
    assert other.digest() == digest
    assert other.history == net.history
    assert other.history is not net.history
    assert (other.seed, other.epochs_trained, other.loss) == (net.seed, 2, net.loss)
    assert repr(other) == repr(net)
    other.fit(x, y, epochs=1, batch_size=4)
    assert net.digest() == digest
    assert net.epochs_trained == 2
    net.fit(x, y, epochs=1, batch_size=4)
    assert net.digest() == other.digest()
    with pytest.raises(ValueError, match="part of a network already"):
        backend.Network(other.layers)


def test_a_copy_of_a_layer_can_start_another_network(backend):
    net = network(backend)
    layer = net.layers[0]
    fresh = backend.Dense(2, 3, "tanh", initializer=layer.weights, bias_initializer=layer.biases)
    other = backend.Network([fresh, backend.Dense(3, 1)], seed=9)
    assert other.layers[0].weights == layer.weights
    other.fit(X, Y, epochs=1)
    assert other.layers[0].weights != layer.weights


def test_a_network_can_be_copied_while_it_is_trained(backend):
    net = network(backend)
    copies = []
    net.fit(X, Y, epochs=3, on_epoch=lambda epoch, history: copies.append(copy.deepcopy(net)))
    assert [other.epochs_trained for other in copies] == [1, 2, 3]
    copies[0].fit(X, Y, epochs=2)  # a copy is not locked
    assert copies[0].digest() == net.digest()


def test_networks_of_the_two_backends_are_equal_after_everything(both):
    results = []
    for module in both:
        net = network(module, loss="binary_cross_entropy")
        net.fit(X, Y, epochs=5, batch_size=3, learning_rate=lambda epoch: 0.9**epoch)
        net.layers[0].weights[1][1] = 3
        net.update(net.backprop(X, Y), 0.125)
        net.fit(X, Y, epochs=5, patience=2, validation_data=(X[:2], Y[:2]))
        results.append((net.digest(), bits(vars(net.history)), bits(net.predict(X))))
    assert results[0] == results[1]
