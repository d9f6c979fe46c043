"""Identity: recurrent networks have the same bits in both backends, whatever is asked of them.

Networks of random shapes and settings, from fixed seeds: recurrent layers behind each other, behind
dense layers and before them, with every loss; zeros, huge and tiny numbers among the samples, NaN
and infinity among the weights.
"""

import functools
import random

import pytest
from bits import assert_same_courses, bits

import purenet
from purenet.activations import ELEMENTWISE
from purenet.optimizers import OPTIMIZERS

LOSSES = (
    "sum_of_squares",
    "mean_squared_error",
    "binary_cross_entropy",
    "categorical_cross_entropy",
)
EXTREME = (1e-300, -1e-300, 1e300, -1e300, 5e-324, -0.0, 1.7e308)
NOT_FINITE = (float("inf"), float("-inf"), float("nan"))

CASES_A_TEST = 15
TESTS = 12


class Case:
    """A network with recurrent layers, its data and the way it is trained, all from one seed."""

    def __init__(self, seed):
        self.seed = seed
        self.generator = generator = random.Random(seed)
        self.steps = generator.randrange(1, 10)
        features = generator.randrange(1, 10)
        self.loss = generator.choice(LOSSES)
        self.layers = []
        width = self.steps * features
        if generator.random() < 0.4:
            self.layers.append(("Dense", (generator.randrange(1, 6), width, "tanh"), {}))
        depth = generator.choice((1, 1, 2, 3))
        for number in range(depth):
            units = generator.randrange(1, 34 if generator.random() < 0.2 else 9)
            sequences = number < depth - 1 or generator.random() < 0.4
            options = {"sequences": sequences, "bias": generator.random() < 0.7}
            if generator.random() < 0.2:
                options[generator.choice(("l1", "l2"))] = 0.01
            if options["bias"]:
                options["bias_initializer"] = generator.choice(("zeros", "uniform"))
            activation = generator.choice(ELEMENTWISE)
            self.layers.append(("Recurrent", ((self.steps, features), units, activation), options))
            features = units
            width = self.steps * units if sequences else units
            if number < depth - 1 and generator.random() < 0.3:
                self.layers.append(("Dropout", (0.25,), {}))
        if self.loss == "categorical_cross_entropy" or generator.random() < 0.5:
            fewest = 2 if self.loss == "categorical_cross_entropy" else 1  # one unit is no choice
            outputs = generator.randrange(fewest, 5)
            last = {
                "binary_cross_entropy": "sigmoid",
                "categorical_cross_entropy": "softmax",
            }.get(self.loss, "linear")
            self.layers.append(("Dense", (width, outputs, last), {}))
            width = outputs
            if sequences and generator.random() < 0.3:
                self.layers.insert(-1, ("Flatten", (), {}))
        elif self.loss == "binary_cross_entropy":
            kind, (shape, units, _), options = self.layers.pop()
            self.layers.append((kind, (shape, units, "sigmoid"), options))
        self.inputs_of_first = self.layers[0][1][0]
        if self.layers[0][0] == "Recurrent":
            self.inputs_of_first = self.steps * self.inputs_of_first[1]
        samples = generator.randrange(1, 14)
        self.extremes = generator.choice((0.0, 0.0, 0.02, 0.2))
        self.zeros = generator.choice((0.0, 0.0, 0.8))
        self.inputs = self.matrix(samples, self.inputs_of_first)
        self.targets = [[generator.random() for _ in range(width)] for _ in range(samples)]
        if self.loss == "categorical_cross_entropy":
            classes = [generator.randrange(width) for _ in range(samples)]
            self.targets = [[float(j == c) for j in range(width)] for c in classes]
        self.options = {
            "epochs": generator.randrange(1, 4),
            "batch_size": generator.choice((None, 1, 2, 3, 5, 8)),
            "shuffle": generator.random() < 0.7,
            "threads": generator.choice((1, 1, 2, 3)),
            "learning_rate": generator.choice((0.0, 0.1, 0.5, 10.0, 1e5, 1e300)),
        }
        if generator.random() < 0.4:
            self.options["optimizer"] = generator.choice(sorted(OPTIMIZERS))
        if generator.random() < 0.2:
            self.options[generator.choice(("clip_norm", "clip_value"))] = 0.05
        self.planted = []
        if generator.random() < 0.25:
            values = generator.choice((EXTREME, NOT_FINITE))
            self.planted.append((generator.random(), generator.choice(values)))

    def number(self):
        if self.generator.random() < self.zeros:
            return 0.0
        if self.generator.random() < self.extremes:
            return self.generator.choice(EXTREME)
        return self.generator.uniform(-2.0, 2.0)

    def matrix(self, rows, columns):
        return [[self.number() for _ in range(columns)] for _ in range(rows)]

    def network(self, module):
        layers = [
            getattr(module, kind)(*arguments, **options) for kind, arguments, options in self.layers
        ]
        net = module.Network(layers, self.loss, seed=self.seed)
        for place, value in self.planted:
            rows = net.layers[int(place * len(layers))].rows() or layers[0].rows()
            row = rows[int(place * 7919) % len(rows)]
            row[int(place * 104729) % len(row)] = value
        return net


def parameters(net):
    return [[getattr(layer, name) for name in layer.PARAMETERS] for layer in net.layers]


def by_themselves(case, net):
    """Return what each layer's methods compute, called one by one."""
    generator = random.Random(case.seed)
    inputs = case.inputs
    seen = []
    for layer in net.layers:
        output = layer.feedforward(inputs)
        delta = [[generator.uniform(-1.0, 1.0) for _ in range(layer.outputs)] for _ in inputs]
        delta = layer.delta(output, delta)
        if layer.has_steps:
            delta = layer.through_time(output, delta)
        seen.append((output, delta, layer.gradient(inputs, delta)))
        seen.append(layer.input_gradient(inputs, delta))
        inputs = output.a
    return seen


def course_of(case, module):
    """Return everything that can be seen of a case in one backend, step by step."""
    net = case.network(module)
    seen = [
        ("first parameters", parameters(net)),
        ("feedforward", net.feedforward(case.inputs)),
        ("backprop", net.backprop(case.inputs, case.targets)),
        ("evaluate", net.evaluate(case.inputs, case.targets)),
        ("predict", net.predict(case.inputs, threads=case.options["threads"])),
        ("by themselves", by_themselves(case, net)),
    ]
    seen = [(name, bits(value)) for name, value in seen]
    raised = None
    try:
        net.fit(case.inputs, case.targets, **case.options)
    except ArithmeticError as error:
        raised = type(error).__name__, str(error)
    after = [
        ("raised", raised),
        ("history", list(vars(net.history).values())),
        ("parameters", parameters(net)),
        ("digest", net.digest()),
        ("predictions", net.predict(case.inputs)),
    ]
    net.update(net.backprop(case.inputs, case.targets), 0.1)
    after.append(("updated", parameters(net)))
    return seen + [(name, bits(value)) for name, value in after], raised


@functools.cache
def course_in_purenet(seed):
    return course_of(Case(seed), purenet)


def check_case(seed, fast):
    case = Case(seed)
    one, _ = course_in_purenet(seed)
    other, _ = course_of(case, fast)
    assert_same_courses(one, other, f"case {seed}, {vars(case)}")


@pytest.mark.parametrize("group", range(TESTS))
def test_random_recurrent_networks(fast, group):
    for number in range(CASES_A_TEST):
        check_case(group * CASES_A_TEST + number, fast)


def test_random_recurrent_networks_with_every_vector_width(fast, vectors):
    for seed in range(0, CASES_A_TEST * TESTS, 3):
        check_case(seed, fast)


def test_the_random_networks_are_of_all_kinds():
    cases = [Case(seed) for seed in range(TESTS * CASES_A_TEST)]
    assert {case.steps for case in cases} == set(range(1, 10))
    recurrent = [layer for case in cases for layer in case.layers if layer[0] == "Recurrent"]
    assert {layer[1][0][1] for layer in recurrent} >= set(range(1, 10))
    assert {layer[1][1] for layer in recurrent} >= {*range(1, 9), 33}
    assert {layer[1][2] for layer in recurrent} == set(ELEMENTWISE)
    last = {(case.loss, case.layers[-1][0]) for case in cases}
    assert last == {(loss, "Dense") for loss in LOSSES} | {
        (loss, "Recurrent") for loss in LOSSES if loss != "categorical_cross_entropy"
    }
    ends = [case.layers[-1] for case in cases if case.layers[-1][0] == "Recurrent"]
    assert {options["sequences"] for _, _, options in ends} == {True, False}
    assert {case.options.get("optimizer") for case in cases} == {None, *OPTIMIZERS}
    kinds = {kind for case in cases for kind, _, _ in case.layers}
    assert kinds == {"Dense", "Dropout", "Flatten", "Recurrent"}
    assert any("l1" in options for _, _, options in recurrent)
    assert any("l2" in options for _, _, options in recurrent)
    outcomes = [course_in_purenet(case.seed)[1] for case in cases[::3]]
    diverged = [raised for raised in outcomes if raised is not None]
    assert 5 < len(diverged) < len(outcomes) / 2


@pytest.fixture
def shared(fast):
    """Threads share the smallest network; little is computed without a look for Ctrl-C."""
    before = fast.threads.share_from(1.0), fast.threads.limit_pieces(300)
    yield
    fast.threads.share_from(before[0])
    fast.threads.limit_pieces(before[1])


def test_random_recurrent_networks_in_threads_and_pieces(fast, shared):
    for seed in range(0, CASES_A_TEST * TESTS, 2):
        check_case(seed, fast)
