"""Optimizers in both packages: the same bits, whatever is done in whatever order."""

from __future__ import annotations

import contextlib
import copy
import math
import os
import pickle
import random
import signal
from types import SimpleNamespace

import pytest
from bits import assert_same_bits, bits, outcome

from purenet.optimizers import OPTIMIZERS

NAMES = list(OPTIMIZERS)
WIDTHS = ("avx512", "avx2", "sse2", "neon", "vector", "portable")


@pytest.fixture
def widths(fast):
    """Yield the names of the vector widths here; the usual one is chosen again afterwards."""
    found = []
    for name in WIDTHS:
        with contextlib.suppress(ValueError):
            found.append(fast.vectors.choose_vectors(name))
    yield found
    fast.vectors.choose_vectors(os.environ.get("PURENET_VECTOR", ""))


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
    """Return the numbers of a layer as they are now, and all that its optimizer remembers."""
    memory = {
        name: None if kept is None else list(kept.items()) for name, kept in layer._memory.items()
    }
    return copy.deepcopy([layer.weights, layer.biases, list(memory.items())])


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


# Training.

SETTINGS = {
    "plainly": {},
    "penalties": {"l1": 0.01, "l2": 0.02},
    "clipped": {"clip_value": 0.02, "clip_norm": 0.05},
    "all": {"l1": 0.005, "l2": 1e-3, "clip_value": 0.5, "clip_norm": 0.2},
}


def rows(seed, count, columns, share):
    generator = random.Random(seed)
    return [
        [generator.gauss(0.0, 1.0) if generator.random() < share else 0.0 for _ in range(columns)]
        for _ in range(count)
    ]


class Case:
    """A training with one optimizer, and all that can be seen of it."""

    def __init__(self, name, settings, columns=5, share=0.9, bias=True, **options):
        penalties = {key: settings[key] for key in ("l1", "l2") if key in settings}
        self.arguments = {"bias": bias, **penalties}
        self.options = {
            "optimizer": OPTIMIZERS[name](),
            "learning_rate": 0.05,
            "epochs": 2,
            **{key: value for key, value in settings.items() if key not in penalties},
            **options,
        }
        self.inputs = rows(name, 14, columns, share)
        self.targets = rows(f"{name} targets", 14, 3, 1.0)
        self.widths = (columns, 18, 3)
        self.planted = []

    def network(self, module):
        columns, hidden, outputs = self.widths
        layers = [
            module.Dense(columns, hidden, "tanh", **self.arguments),
            module.Dense(hidden, outputs, "linear", **self.arguments),
        ]
        net = module.Network(layers, seed=7)
        for row, column, value in self.planted:
            net.layers[0].weights[row][column] = value
        return net

    def course(self, module, **options):
        net = self.network(module)
        seen = []
        for _ in range(2):  # the second one carries on
            with contextlib.suppress(module.TrainingDiverged):
                net.fit(self.inputs, self.targets, **{**self.options, **options})
            seen += [net.history.loss, net.evaluate(self.inputs, self.targets).loss]
        gradients = net.backprop(self.inputs, self.targets)
        slopes = [[gradient.weights, gradient.biases] for gradient in gradients]
        return [*seen, [state(layer) for layer in net.layers], slopes]


@pytest.fixture
def shared(fast, widths):
    """Let threads share the smallest network; yields the ways to compute one."""
    least = fast.threads.share_from(0.0)
    limit = fast.threads.limit_pieces(10**8)

    def ways():
        for width in widths[1:]:
            fast.vectors.choose_vectors(width)
            yield width, 1
        fast.vectors.choose_vectors(widths[0])
        for threads in (1, 2, 3):
            yield f"{threads} threads", threads
        fast.threads.limit_pieces(1)
        for threads in (1, 3):
            yield f"{threads} threads, in pieces", threads
        fast.threads.limit_pieces(10**8)

    yield ways
    fast.threads.share_from(least)
    fast.threads.limit_pieces(limit)


def check(both, shared, case):
    pure, fast = both
    expected = case.course(pure)
    for way, threads in shared():
        assert_same_bits(case.course(fast, threads=threads), expected, way)
    return expected


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("name", NAMES)
def test_a_training(both, shared, name, settings):
    check(both, shared, Case(name, SETTINGS[settings], batch_size=4))


@pytest.mark.parametrize("batch_size", [None, 1, 5])
@pytest.mark.parametrize("name", ["gradient_descent", "adamw"])
def test_a_training_with_inputs_that_are_mostly_zero(both, shared, name, batch_size):
    for shuffle in (True, False):
        case = Case(name, SETTINGS["all"], 130, 0.15, batch_size=batch_size, shuffle=shuffle)
        assert both[1].samples.inputs_of(case.inputs, 130).is_sparse
        check(both, shared, case)


@pytest.mark.parametrize("hidden", [5, 18, 40])
@pytest.mark.parametrize("name", NAMES)
def test_a_step_that_is_taken_with_the_gradient(both, shared, name, hidden):
    """Where the inputs are mostly zero, and nothing but the optimizer changes the first weights."""
    case = Case(name, {}, 130, 0.05, batch_size=4)
    case.widths = (130, hidden, 3)
    assert both[1].samples.inputs_of(case.inputs, 130).is_sparse
    check(both, shared, case)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e308])
@pytest.mark.parametrize("name", ["momentum", "adam"])
def test_weights_that_are_no_numbers(both, shared, name, value):
    """Zeros of the inputs are left out only as long as all weights are finite."""
    for settings in ({}, SETTINGS["all"]):
        case = Case(name, settings, 130, 0.15, batch_size=5, epochs=3)
        case.planted = [(3, 2, value)]
        check(both, shared, case)


def test_weights_that_grow_beyond_all_numbers(both, shared):
    for share in (0.15, 0.9):
        case = Case("momentum", {}, 130, share, batch_size=3, epochs=4, learning_rate=1e150)
        expected = check(both, shared, case)
        assert not all(map(math.isfinite, expected[0]))


def test_layers_without_biases_and_with_one_unit(both, shared):
    for name in NAMES:
        case = Case(name, SETTINGS["all"], bias=False, batch_size=5)
        case.widths = (5, 1, 3)
        check(both, shared, case)


def test_rates_of_a_schedule(both, shared):
    pure, _ = both
    for name in ("gradient_descent", "adam"):
        for rate in (pure.StepDecay(0.1, 1), pure.ReduceOnPlateau(0.5, 0.5, patience=0)):
            check(both, shared, Case(name, {}, batch_size=5, learning_rate=rate, epochs=4))


def test_a_penalty_is_that_of_what_stands_in_the_lists(both):
    results = []
    for module in both:
        net = Case("adam", SETTINGS["penalties"]).network(module)
        found = [net.penalty()]
        net.layers[0].weights[1][2] = -12.5
        found.append(net.penalty())
        net.layers[1].l1 = 0.5
        found.append(net.penalty())
        net.layers[0].l1 = net.layers[0].l2 = 0
        found.append(net.penalty())
        results.append(found)
    assert_same_bits(results[1], results[0])
    assert len(set(results[0])) == 4


def looks(net, what):
    """Look at what the optimizer remembers, as a program may do between two epochs."""
    if what == "memory":
        return [state(layer) for layer in net.layers]
    if what == "copy":
        return [state(layer) for layer in copy.deepcopy(net).layers]
    if what == "pickle":
        return [state(layer) for layer in pickle.loads(pickle.dumps(net)).layers]
    return None


@pytest.mark.parametrize("what", ["memory", "copy", "pickle", "nothing"])
def test_looks_between_the_epochs(both, what):
    results = []
    for module in both:
        case = Case("adam", SETTINGS["all"], batch_size=4, epochs=4)
        net = case.network(module)
        seen = []

        def on_epoch(epoch, history, net=net, seen=seen):
            seen.append(looks(net, what))

        net.fit(case.inputs, case.targets, on_epoch=on_epoch, **case.options)
        if module is both[1] and what == "nothing":
            assert all("_remembered" in vars(layer) for layer in net.layers)
        results.append([seen, [state(layer) for layer in net.layers]])
    assert_same_bits(results[1], results[0])


def test_a_copy_in_the_middle_carries_on_by_itself(both):
    results = []
    for module in both:
        case = Case("adam", {}, batch_size=4)
        net = case.network(module)
        net.fit(case.inputs, case.targets, **case.options)
        other = copy.deepcopy(net)
        other.fit(case.inputs, case.targets, **case.options)
        before = [state(layer) for layer in net.layers]
        net.fit(case.inputs, case.targets, **case.options)
        results.append([before, [state(layer) for layer in other.layers]])
        assert_same_bits([state(layer) for layer in net.layers], results[-1][1])
    assert_same_bits(results[1], results[0])


def test_a_training_that_cannot_be_compiled_is_the_same(both):
    """A memory that somebody has changed by hand is left to the loops, in a whole training too."""
    results = []
    for module in both:
        case = Case("adam", SETTINGS["all"], batch_size=4)
        net = case.network(module)
        net.fit(case.inputs, case.targets, **case.options)
        net.layers[1]._memory["weights"]["first_moment"][0][0] = 1
        net.fit(case.inputs, case.targets, **case.options)
        results.append([net.history.loss, [state(layer) for layer in net.layers]])
    assert_same_bits(results[1], results[0])


def test_ctrl_c_drops_a_batch_or_lets_it_end(fast):
    """What is interrupted is where some whole number of batches leads, moments and all."""
    case = Case("adam", SETTINGS["all"], columns=90, share=0.2, shuffle=False, batch_size=7)
    case.options["epochs"] = 10**7
    net = case.network(fast)
    previous = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(KeyboardInterrupt):
            net.fit(case.inputs, case.targets, threads=2, **case.options)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, previous)
    again = case.network(fast)
    case.options["epochs"] = net.epochs_trained
    again.fit(case.inputs, case.targets, **case.options)
    ways = [[state(layer) for layer in again.layers]]
    for first in (0, 7):
        batch = slice(first, first + 7)
        case.options["epochs"] = 1
        again.fit(case.inputs[batch], case.targets[batch], **case.options)
        ways.append([state(layer) for layer in again.layers])
    found = bits([state(layer) for layer in net.layers])
    assert found in [bits(way) for way in ways]


def interrupt(signal_number, frame):
    raise KeyboardInterrupt
