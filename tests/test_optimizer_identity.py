"""Optimizers in both packages: the same bits, whatever is done in whatever order."""

from __future__ import annotations

import contextlib
import copy
import math
import pickle
import random
from types import SimpleNamespace

import pytest
from bits import assert_same_bits, outcome

from purenet.optimizers import OPTIMIZERS

NAMES = list(OPTIMIZERS)
WIDTHS = ("avx512", "avx2", "sse2", "neon", "vector", "portable")


@pytest.fixture
def widths(fast):
    """Yield the names of the vector widths here; the usual one is chosen again afterwards."""
    before = fast.vectors.chosen_vectors()
    found = []
    for name in WIDTHS:
        with contextlib.suppress(ValueError):
            found.append(fast.vectors.choose_vectors(name))
    yield found
    fast.vectors.choose_vectors(before)


def gradients(seed, inputs, outputs, bias, count):
    """Yield slopes of a dense layer, among them zeros and some that are large or tiny."""
    generator = random.Random(seed)

    def row(n):
        sizes = (0.0, 1e-200, 1e-9, 1.0, 1.0, 1.0, 1e6)
        return [generator.gauss(0.0, 1.0) * generator.choice(sizes) for _ in range(n)]

    for _ in range(count):
        weights = [row(outputs) for _ in range(inputs)]
        yield SimpleNamespace(weights=weights, biases=row(outputs) if bias else None)


def dense(module, inputs=5, outputs=11, bias=True):
    layer = module.Dense(inputs, outputs, "tanh", bias=bias)
    module.Network([layer], seed=3)
    return layer


def state(layer):
    """Return the numbers of a layer, and all that its optimizer remembers."""
    memory = {
        name: None if kept is None else list(kept.items()) for name, kept in layer._memory.items()
    }
    return [layer.weights, layer.biases, list(memory.items())]


# A layer's own step.


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("inputs", "outputs", "bias"), [(5, 11, True), (3, 40, False), (9, 1, True)]
)
def test_the_steps_of_a_layer(both, widths, name, inputs, outputs, bias):
    pure, fast = both
    expected = dense(pure, inputs, outputs, bias)
    for gradient in gradients(name, inputs, outputs, bias, 7):
        expected.step(gradient, 0.05, OPTIMIZERS[name]())
    for width in widths:
        fast.vectors.choose_vectors(width)
        layer = dense(fast, inputs, outputs, bias)
        for gradient in gradients(name, inputs, outputs, bias, 7):
            layer.step(gradient, 0.05, OPTIMIZERS[name]())
        assert "_remembered" in vars(layer)  # it was the kernels that took the steps
        assert_same_bits(state(layer), state(expected), width)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rate", [0.0, 1e308, math.inf, math.nan, 1, 10**400], ids=repr)
def test_odd_rates_and_slopes(both, name, rate):
    odd = [math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, 1e200, -1e200, 1e-170, 1.0, 2.0]
    results = []
    for module in both:
        layer = module.Dense(1, 11, "tanh")
        net = module.Network([layer], seed=3)
        gradient = SimpleNamespace(weights=[odd], biases=odd[::-1])
        raised = [outcome(layer.step, gradient, rate, OPTIMIZERS[name]()) for _ in range(3)]
        results.append([raised, layer.weights, layer.biases])
        layer.weights = [[0.5] * 11]
        layer.biases = [0.5] * 11
        if module is both[1]:
            net.check_parameters()
            assert module.passes.is_finite(net)  # nor is there NaN behind the rows
    assert_same_bits(results[1], results[0])


class Own(OPTIMIZERS["momentum"]):
    """One that no kernel knows."""


CHANGES = {
    "nothing": lambda layer, optimizer: (layer, optimizer),
    "an equal one": lambda layer, optimizer: (layer, type(optimizer)(**optimizer.settings())),
    "another": lambda layer, optimizer: (layer, OPTIMIZERS["momentum"](0.25)),
    "plain descent": lambda layer, optimizer: (layer, OPTIMIZERS["gradient_descent"]()),
    "a copy": lambda layer, optimizer: (copy.deepcopy(layer), optimizer),
    "a shallow copy": lambda layer, optimizer: (copy.copy(layer), optimizer),
    "a pickle": lambda layer, optimizer: (pickle.loads(pickle.dumps(layer)), optimizer),
    "a look": lambda layer, optimizer: (layer, (layer._memory, optimizer)[1]),
    "one's own": lambda layer, optimizer: (layer, Own(0.5)),
}


@pytest.mark.parametrize("name", NAMES)
def test_changes_between_the_steps(both, name):
    """All pairs of what may happen between one step and the next, and the next."""
    for first in CHANGES:
        for second in CHANGES:
            results = []
            for module in both:
                layer, optimizer = dense(module, 2, 3), OPTIMIZERS[name]()
                steps = gradients(f"{first}, {second}", 2, 3, True, 6)
                for change in (first, "nothing", second, "nothing", first, "nothing"):
                    layer.step(next(steps), 0.1, optimizer)
                    layer, optimizer = CHANGES[change](layer, optimizer)
                results.append(state(layer))
            assert_same_bits(results[1], results[0], f"{first}, {second}")


def test_a_memory_that_does_not_fit_is_left_to_the_loops(both):
    """What a program has written into it gives the same numbers, or the same error."""

    def shorter(memory):
        memory["weights"]["first_moment"][0].pop()

    def negative(memory):
        memory["weights"]["second_moment"][0][0] = -100.0

    def whole(memory):
        memory["biases"]["first_moment"][0][1] = 3

    def power(memory):
        memory["weights"]["beta2_power"] = 2.0

    def more(memory):
        memory["biases"]["more"] = 1.0

    def none(memory):
        memory["biases"] = None

    for change in (shorter, negative, whole, power, more, none):
        results = []
        for module in both:
            layer, optimizer = dense(module, 2, 3), OPTIMIZERS["adam"]()
            first, second = gradients("does not fit", 2, 3, True, 2)
            layer.step(first, 0.1, optimizer)
            change(layer._memory)
            found = outcome(layer.step, second, 0.1, optimizer)
            results.append([found, layer.weights, layer.biases])
        assert_same_bits(results[1], results[0], change.__name__)


@pytest.mark.parametrize("name", NAMES)
def test_the_updates_of_a_network(both, name):
    inputs, targets = [[0.5, -1.0], [1.0, 2.0], [0.0, 0.25]], [0, 1, 1]
    results = []
    for module in both:
        net = module.Network([module.Dense(2, 4, "tanh"), module.Dense(4, 2, "sigmoid")], seed=1)
        digests = []
        for _ in range(5):
            net.update(net.backprop(inputs, targets), 0.05, OPTIMIZERS[name]())
            digests.append(net.digest())
        results.append([digests, [state(layer) for layer in net.layers]])
    assert_same_bits(results[1], results[0])
