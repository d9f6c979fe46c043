"""The border of the two packages: what is no number and no list, and limits met exactly."""

import math

import pytest
from bits import bits

INPUTS = [[0.0, 1.0], [1.0, 0.5]]
TARGETS = [[1.0], [0.0]]


def network(module):
    layers = [module.Dense(2, 3, "tanh"), module.Dense(3, 1)]
    return module.Network(layers, seed=1)


def state(net):
    parameters = [(layer.weights, layer.biases) for layer in net.layers]
    return bits(parameters), net.epochs_trained, bits(net.history.loss)


# Of each kind one that has two numbers, or is one.
NO_LISTS = [
    bytearray(b"\x00\x01"),
    b"\x00\x01",
    "01",
    {0.0, 1.0},
    frozenset({0.0, 1.0}),
    {0.0: 1.0},
]
NO_NUMBERS = [bytearray(b"1"), b"1", "1", frozenset({1.0}), None, [1.0], 1j]

WHERE_LISTS_BELONG = {
    "inputs": lambda module, net, found: net.predict(found),
    "inputs: row 0": lambda module, net, found: net.feedforward([found, [0.0, 1.0]]),
    "inputs: row 1": lambda module, net, found: net.fit([[0.0, 1.0], found], TARGETS, epochs=1),
    "targets": lambda module, net, found: net.evaluate(INPUTS, found),
    "targets: row 1": lambda module, net, found: net.backprop(INPUTS, [[1.0], found]),
    "validation_data": lambda module, net, found: net.fit(
        INPUTS, TARGETS, epochs=1, validation_data=found
    ),
    "weights: row 0": lambda module, net, found: module.Dense(2, 2, initializer=[found, [1, 2]]),
    "weights": lambda module, net, found: setattr(net.layers[0], "weights", found),
    "weights: row 1": lambda module, net, found: setattr(
        net.layers[0], "weights", [[1.0, 2.0, 3.0], found]
    ),
    "biases": lambda module, net, found: setattr(net.layers[1], "biases", found),
    "gradients": lambda module, net, found: net.update(found, 0.1),
    "layers": lambda module, net, found: module.Network(found),
    "labels": lambda module, net, found: module.one_hot(found, 3),
    "z": lambda module, net, found: module.softmax(found),
}

WHERE_NUMBERS_BELONG = {
    "inputs: row 1, column 0": lambda module, net, found: net.predict([[0.0, 1.0], [found, 1.0]]),
    "targets: row 0, column 0": lambda module, net, found: net.evaluate(INPUTS, [[found], [1.0]]),
    "weights: row 1, column 0": lambda module, net, found: module.Dense(
        2, 1, initializer=[[1.0], [found]]
    ),
    "biases, column 2": lambda module, net, found: setattr(
        net.layers[0], "biases", [1.0, 2.0, found]
    ),
    "learning_rate": lambda module, net, found: net.update(net.backprop(INPUTS, TARGETS), found),
    "step": lambda module, net, found: module.check_gradients(net, INPUTS, TARGETS, found),
    "Uniform: low": lambda module, net, found: module.Uniform(found, 1.0),
    "Uniform: high": lambda module, net, found: module.Uniform(0.0, found),
    "Normal: scale": lambda module, net, found: module.Normal(found),
}


@pytest.mark.parametrize("found", NO_LISTS, ids=lambda found: type(found).__name__)
@pytest.mark.parametrize("place", WHERE_LISTS_BELONG)
def test_text_and_what_has_no_order_is_no_list(backend, place, found):
    net = network(backend)
    before = state(net)
    with pytest.raises(TypeError) as raised:
        WHERE_LISTS_BELONG[place](backend, net, found)
    assert str(raised.value).startswith(f"{place}: found {found!r}, expected ")
    assert state(net) == before


@pytest.mark.parametrize("found", NO_NUMBERS, ids=lambda found: type(found).__name__)
@pytest.mark.parametrize("place", WHERE_NUMBERS_BELONG)
def test_text_and_lists_are_no_numbers(backend, place, found):
    net = network(backend)
    before = state(net)
    with pytest.raises(TypeError) as raised:
        WHERE_NUMBERS_BELONG[place](backend, net, found)
    assert str(raised.value) == f"{place}: found {found!r}, expected a number"
    assert state(net) == before


# Limits.


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_probabilities_may_miss_one_by_a_millionth(backend, sign):
    net = backend.Network([backend.Dense(2, 3, "softmax")], "categorical_cross_entropy", seed=1)
    for slip in (9e-7, 1e-9, 1e-15):
        net.fit(INPUTS, [[0.25, 0.25, 0.5], [0.25 + sign * slip, 0.25, 0.5]], epochs=1)
    digest = net.digest()
    for slip in (1.1e-6, 1e-5, 1e-4, 1e-3, 0.1):
        with pytest.raises(ValueError, match=r"^targets: row 1 adds up to .*, expected 1: "):
            net.fit(INPUTS, [[0.25, 0.25, 0.5], [0.25 + sign * slip, 0.25, 0.5]], epochs=1)
    assert net.digest() == digest


RATES = {
    "nan": (math.nan, ValueError, "found nan, expected a finite number"),
    "inf": (math.inf, ValueError, "found inf, expected a finite number"),
    "negative": (-0.5, ValueError, "found -0.5, expected 0 or more"),
    "text": ("0.1", TypeError, "found '0.1', expected a number"),
    "nothing": (None, TypeError, "found None, expected a number"),
    "bytearray": (bytearray(b"1"), TypeError, "found bytearray(b'1'), expected a number"),
}


@pytest.mark.parametrize("kind", RATES)
def test_a_function_that_returns_no_learning_rate(backend, kind):
    wrong, error, words = RATES[kind]
    net = network(backend)
    net.fit(INPUTS, TARGETS, epochs=2, learning_rate=0.5)
    with pytest.raises(error) as raised:
        net.fit(INPUTS, TARGETS, epochs=9, learning_rate=lambda epoch: 0.25 if epoch < 5 else wrong)
    assert str(raised.value) == f"learning_rate(5): {words}"
    # The epochs before it count, and the network is as they left it.
    assert (net.epochs_trained, net.history.epochs, net.history.first_epoch) == (5, 3, 2)
    same = network(backend)
    same.fit(INPUTS, TARGETS, epochs=2, learning_rate=0.5)
    same.fit(INPUTS, TARGETS, epochs=3, learning_rate=0.25)
    assert net.digest() == same.digest()
    net.fit(INPUTS, TARGETS, epochs=1)


MOST_UNITS = 2**24


def test_the_largest_number_of_units(backend):
    assert backend.Dense(MOST_UNITS, 1).inputs == MOST_UNITS
    assert backend.Dense(1, MOST_UNITS).outputs == MOST_UNITS
    expected = f"found {MOST_UNITS + 1}, expected 1 to {MOST_UNITS}"
    for name, sizes in (("inputs", (MOST_UNITS + 1, 1)), ("outputs", (1, MOST_UNITS + 1))):
        with pytest.raises(ValueError) as raised:
            backend.Dense(*sizes)
        assert str(raised.value) == f"{name}: {expected}"
