"""Identity: a network trained by one backend has the bits of the one trained by the other.

Networks of random shapes and settings, from fixed seeds, are trained by both.  Every weight, bias,
loss, prediction and gradient is compared as bits (any NaN equals any NaN), and what is raised too.
"""

import functools
import random

import pytest
from bits import assert_same_bits, assert_same_courses, bits, random_double

import purenet

ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "linear", "softmax")
LOSSES = (
    "sum_of_squares",
    "mean_squared_error",
    "binary_cross_entropy",
    "categorical_cross_entropy",
)
LAST = {"binary_cross_entropy": "sigmoid", "categorical_cross_entropy": "softmax"}
INITIALIZERS = ("uniform", "normal", "xavier", "he", "zeros")
EXTREME = (1e-300, -1e-300, 1e300, -1e300, 5e-324, -5e-324, -0.0, 1.7e308, 2.3e-308)
NOT_FINITE = (float("inf"), float("-inf"), float("nan"))

CASES_A_TEST = 20
TESTS = 30


class Case:
    """A network, its data and the way it is trained, all from one seed."""

    def __init__(self, seed):
        generator = random.Random(seed)
        self.generator = generator
        self.seed = seed
        depth = generator.randrange(1, 5)
        widths = [self.width() for _ in range(depth + 1)]
        self.loss = generator.choice(LOSSES)
        self.layers = []
        for number in range(depth):
            activation = generator.choice(ACTIVATIONS)
            if number == depth - 1:
                activation = LAST.get(self.loss, activation)
            if activation == "softmax":
                widths[number + 1] = max(widths[number + 1], 2)
            bias = generator.random() < 0.75
            options = {"bias": bias, "initializer": generator.choice((None, *INITIALIZERS))}
            if bias:
                options["bias_initializer"] = generator.choice(("zeros", "normal", "uniform"))
            self.layers.append((widths[number], widths[number + 1], activation, options))
        self.samples = generator.randrange(1, 14)
        self.zeros = generator.choice((0.0, 0.0, 0.5, 0.85))
        self.extremes = generator.choice((0.0, 0.0, 0.02, 0.3))
        self.size = generator.choice((1.0, 1.0, 1.0, 100.0, 1e-3))
        self.inputs = self.matrix(self.samples, widths[0])
        self.targets = self.answers(self.samples, widths[-1])
        self.validation = None
        if generator.random() < 0.3:
            count = generator.randrange(1, 6)
            self.validation = self.matrix(count, widths[0]), self.answers(count, widths[-1])
        self.options = {
            "epochs": generator.randrange(1, 6),
            "batch_size": generator.choice((None, 1, 2, 3, 4, 5, 7, 50)),
            "shuffle": generator.random() < 0.7,
            "threads": generator.choice((1, 1, 2, 3, 4)),
            "learning_rate": generator.choice((0.0, 0.01, 0.1, 0.5, 1.0, 10.0, 1e5, 1e300)),
        }
        if generator.random() < 0.2:
            rate = self.options["learning_rate"]
            self.options["learning_rate"] = lambda epoch: rate / (1.0 + epoch)
        # weights that nobody would draw, set after the network is made
        self.planted = []
        if generator.random() < 0.25:
            for _ in range(generator.randrange(1, 4)):
                kind = generator.choice((NOT_FINITE, EXTREME, EXTREME))
                self.planted.append((generator.random(), generator.choice(kind)))

    def width(self):
        kind = self.generator.random()
        if kind < 0.25:
            return 1
        return self.generator.randrange(2, 9 if kind < 0.8 else 21)

    def number(self):
        kind = self.generator.random()
        if kind < self.zeros:
            return 0.0
        if self.generator.random() < self.extremes:
            return self.generator.choice(EXTREME)
        return self.size * self.generator.uniform(-1.0, 1.0)

    def matrix(self, rows, columns):
        return [[self.number() for _ in range(columns)] for _ in range(rows)]

    def answers(self, rows, columns):
        generator = self.generator
        if self.loss == "categorical_cross_entropy" or generator.random() < 0.3:
            answers = [[0.0] * columns for _ in range(rows)]
            for row in answers:
                row[generator.randrange(columns)] = 1.0
            if columns > 1 and generator.random() < 0.3:
                answers[0][:2] = [0.25, 0.75]
                answers[0][2:] = [0.0] * (columns - 2)
            return answers
        if self.loss == "binary_cross_entropy":
            return [[generator.choice((0.0, 1.0, generator.random())) for _ in range(columns)]
                    for _ in range(rows)]  # fmt: skip
        return self.matrix(rows, columns)

    def network(self, module):
        layers = [
            module.Dense(inputs, outputs, activation, **options)
            for inputs, outputs, activation, options in self.layers
        ]
        net = module.Network(layers, self.loss, seed=self.seed)
        for place, value in self.planted:
            layer = net.layers[int(place * len(net.layers))]
            row = layer.weights[int(place * 7919) % layer.inputs]
            row[int(place * 104729) % layer.outputs] = value
        return net


def parameters(net):
    return [(layer.weights, layer.biases) for layer in net.layers]


def course_of(case, module):
    """Return everything that can be seen of a case in one backend, step by step."""
    net = case.network(module)
    seen = [("first weights", parameters(net))]
    seen += [("feedforward", net.feedforward(case.inputs))]
    seen += [("backprop", net.backprop(case.inputs, case.targets))]
    seen += [("evaluate", net.evaluate(case.inputs, case.targets))]
    seen += [("predict", net.predict(case.inputs, threads=case.options["threads"]))]
    seen = [(name, bits(value)) for name, value in seen]
    raised = None
    try:
        net.fit(case.inputs, case.targets, validation_data=case.validation, **case.options)
    except ArithmeticError as error:
        raised = type(error).__name__, str(error)
    after = [
        ("raised", raised),
        ("history", list(vars(net.history).values())),
        ("epochs", net.epochs_trained),
        ("weights", parameters(net)),
        ("digest", net.digest()),
        ("predictions", net.predict(case.inputs)),
        ("evaluation", net.evaluate(case.inputs, case.targets)),
        ("z and a", net.feedforward(case.inputs)),
        ("gradients", net.backprop(case.inputs, case.targets)),
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
def test_random_networks(fast, group):
    for number in range(CASES_A_TEST):
        check_case(group * CASES_A_TEST + number, fast)


def test_random_networks_with_every_vector_width(fast, vectors):
    for seed in range(0, CASES_A_TEST * TESTS, 3):
        check_case(seed, fast)


def test_the_random_networks_are_of_all_kinds():
    cases = [Case(seed) for seed in range(TESTS * CASES_A_TEST)]
    assert {len(case.layers) for case in cases} == {1, 2, 3, 4}
    widths = {width for case in cases for layer in case.layers for width in layer[:2]}
    assert widths == set(range(1, 21))
    for activation in ACTIVATIONS:
        used = [case for case in cases if any(layer[2] == activation for layer in case.layers[:-1])]
        assert len(used) > 30
    pairs = {(case.loss, case.layers[-1][2]) for case in cases}
    assert len(pairs) == 2 * len(ACTIVATIONS) + 2
    uneven = [case for case in cases if case.samples % (case.options["batch_size"] or 1)]
    assert len(uneven) > 50
    assert sum(not layer[3]["bias"] for case in cases for layer in case.layers) > 100
    # inf and NaN appear where training overflows, but most trainings stay finite
    outcomes = [course_in_purenet(case.seed)[1] for case in cases[::3]]
    diverged = [raised for raised in outcomes if raised is not None]
    assert 10 < len(diverged) < len(outcomes) / 2
    assert any("is nan" in message for _, message in diverged)
    assert any("inf" in message for _, message in diverged)
    assert {kind for kind, _ in diverged} == {"TrainingDiverged"}


def trained(module, layers, loss, x, y, seed=0, **options):
    net = module.Network([module.Dense(*sizes) for sizes in layers], loss, seed=seed)
    try:
        net.fit(x, y, **options)
    except module.TrainingDiverged as error:
        assert str(error)
    gradients = net.backprop(x, y)
    return bits([parameters(net), net.history.loss, net.predict(x), gradients])


@functools.cache
def width_case(width):
    """Return networks that have a width as inputs, as outputs and between layers, and samples."""
    generator = random.Random(width)
    narrow = generator.randrange(1, 5)
    cases = []
    for layers in (
        [(width, narrow, "tanh")],
        [(narrow, width, "sigmoid")],
        [(2, width, "relu"), (width, 3, "softmax")],
    ):
        x = [[generator.uniform(-1.0, 1.0) for _ in range(layers[0][0])] for _ in range(5)]
        y = [[generator.random() for _ in range(layers[-1][1])] for _ in range(5)]
        options = {"epochs": 2, "batch_size": 3}
        expected = trained(purenet, layers, "mean_squared_error", x, y, **options)
        cases.append((layers, x, y, options, expected))
    return cases


def check_width(width, fast):
    # Vectors of whatever length end somewhere in between.
    for layers, x, y, options, expected in width_case(width):
        found = trained(fast, layers, "mean_squared_error", x, y, **options)
        assert_same_bits(expected, found, f"{width}: {layers}")


@pytest.mark.parametrize("width", range(1, 71))
def test_every_width(fast, width):
    check_width(width, fast)


def test_every_width_with_every_vector_width(fast, vectors):
    for width in range(1, 71):
        check_width(width, fast)


@pytest.mark.parametrize("samples", [1, 2, 3, 5, 6, 7, 8, 9, 13, 16, 17, 31, 33])
def test_every_batch_size(both, samples):
    generator = random.Random(samples)
    x = [[generator.uniform(-1.0, 1.0) for _ in range(6)] for _ in range(samples)]
    y = [generator.randrange(3) for _ in range(samples)]
    layers = [(6, 9, "leaky_relu"), (9, 3, "softmax")]
    for batch_size in {1, 2, samples // 2 or 1, samples}:
        results = [
            trained(
                module, layers, "categorical_cross_entropy", x, y, epochs=2, batch_size=batch_size
            )
            for module in both
        ]
        assert_same_bits(*results, f"{samples} in batches of {batch_size}")


WIDE = [(400, 20, "sigmoid"), (20, 33, "relu"), (33, 10, "softmax")]


def wide_samples(generator, share, count=12):
    """Return rows of 400 inputs of which a share is not zero, as images are, and their classes."""
    x = [
        [generator.random() if generator.random() < share else 0.0 for _ in range(400)]
        for _ in range(count)
    ]
    return x, [generator.randrange(10) for _ in range(count)]


@functools.cache
def wide_case(share):
    """Return samples, and what purenet makes of them."""
    x, y = wide_samples(random.Random(f"wide {share}"), share)
    x[1] = [-value for value in x[1]]  # -0.0 among them
    options = {"epochs": 2, "batch_size": 5, "learning_rate": 0.5}
    return x, y, options, trained(purenet, WIDE, "categorical_cross_entropy", x, y, **options)


SHARES = [0.0, 0.02, 0.2, 1.0]


@pytest.mark.parametrize("threads", [1, 2, 3, 4])
@pytest.mark.parametrize("share", SHARES)
def test_wide_inputs_with_many_zeros(fast, share, threads):
    x, y, options, expected = wide_case(share)
    options = {**options, "threads": threads}
    found = trained(fast, WIDE, "categorical_cross_entropy", x, y, **options)
    assert_same_bits(expected, found)


@pytest.mark.parametrize("share", SHARES)
def test_wide_inputs_with_every_vector_width(fast, share, vectors):
    x, y, options, expected = wide_case(share)
    found = trained(fast, WIDE, "categorical_cross_entropy", x, y, **options)
    assert_same_bits(expected, found)


@pytest.mark.parametrize("value", NOT_FINITE)
@pytest.mark.parametrize("row", [0, 113, 399])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_zero_times_a_weight_that_is_not_finite(both, row, value, threads):
    # 0 * inf is NaN: such a product must not be left out, in whichever row it is.
    x, y = wide_samples(random.Random("planted"), 0.1)
    for sample in x:
        sample[row] = 0.0
    results = []
    for module in both:
        net = module.Network([module.Dense(*sizes) for sizes in WIDE], seed=1)
        net.layers[0].weights[row][3] = value
        seen = [net.predict(x), net.feedforward(x), net.backprop(x, y)]
        with pytest.raises(module.TrainingDiverged) as raised:
            net.fit(x, y, epochs=3, batch_size=5, threads=threads)
        seen += [net.history.loss, parameters(net), str(raised.value), net.predict(x)]
        results.append(bits(seen))
        assert seen[0][0][0] != seen[0][0][0]  # NaN reached the outputs
    assert_same_bits(*results)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("rate", [1e10, 1e150, 1e308])
def test_zeros_when_weights_overflow_in_the_middle_of_an_epoch(both, rate, threads):
    # The weights are finite before the epoch and infinite after one of its batches.
    x, _ = wide_samples(random.Random(rate), 0.2)
    generator = random.Random("targets")
    y = [[generator.uniform(-1.0, 1.0) for _ in range(3)] for _ in x]
    layers = [(400, 4, "linear"), (4, 3, "linear")]
    options = {"epochs": 30, "batch_size": 2, "learning_rate": rate, "threads": threads}
    results = [trained(module, layers, "sum_of_squares", x, y, **options) for module in both]
    assert_same_bits(*results)


def test_inputs_of_random_bits(both):
    generator = random.Random("random bits")
    for seed in range(60):
        x = []
        while len(x) < 6:
            row = [random_double(generator) for _ in range(5)]
            if all(abs(number) <= 1.7976931348623157e308 for number in row):
                x.append(row)
        y = [[generator.random()] for _ in x]
        activation = ACTIVATIONS[seed % 5]
        layers = [(5, 4, activation), (4, 1, "sigmoid")]
        options = {"epochs": 3, "batch_size": 4, "seed": seed}
        results = [
            trained(module, layers, "binary_cross_entropy", x, y, **options) for module in both
        ]
        assert_same_bits(*results, f"seed {seed}")


def test_a_long_training(both):
    # The 3-4-1 network of the well-known article on neural networks in 9 lines of Python.
    x = [[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]
    y = [[0.0], [1.0], [1.0], [0.0]]
    results = []
    for module in both:
        net = module.Network([module.Dense(3, 4), module.Dense(4, 1)], "sum_of_squares", seed=1)
        history = net.fit(x, y, epochs=1500, learning_rate=1.0)
        results.append((net.digest(), bits(history.loss)))
    assert results[0] == results[1]


@functools.cache
def many_samples(share):
    """Return 700 samples, an untrained network's outputs, and what training makes of it."""
    generator = random.Random(f"many {share}")
    x = [
        [generator.random() if generator.random() < share else 0.0 for _ in range(70)]
        for _ in range(700)
    ]
    y = [generator.randrange(4) for _ in x]
    return x, y, many_results(purenet, x, y, 1)


def many_results(module, x, y, threads):
    layers = [module.Dense(70, 5, "tanh"), module.Dense(5, 4, "softmax")]
    net = module.Network(layers, "categorical_cross_entropy", seed=1)
    seen = [net.predict(x, threads=threads), net.evaluate(x, y, threads=threads)]
    net.fit(x, y, epochs=1, batch_size=150, threads=threads, learning_rate=0.5)
    seen += [parameters(net), net.history.loss, net.history.accuracy]
    seen += [net.predict_classes(x, threads=threads), net.evaluate(x, y, threads=threads)]
    return bits(seen)


@pytest.mark.parametrize("threads", [1, 2, 3, 4, 50])
@pytest.mark.parametrize("share", [0.2, 1.0])
def test_many_samples_with_any_number_of_threads(fast, share, threads):
    x, y, expected = many_samples(share)
    assert_same_bits(expected, many_results(fast, x, y, threads))


@pytest.mark.parametrize("share", [0.2, 1.0])
def test_threads_do_not_get_in_each_others_way(fast, share):
    # One that runs ahead must not write where another one still reads.
    generator = random.Random(f"threads {share}")
    x = [
        [generator.random() if generator.random() < share else 0.0 for _ in range(70)]
        for _ in range(1100)
    ]
    y = [generator.randrange(4) for _ in x]

    def network():
        layers = [fast.Dense(70, 40, "tanh"), fast.Dense(40, 4, "softmax")]
        return fast.Network(layers, "categorical_cross_entropy", seed=1)

    net, trained_net = network(), network()
    outputs, evaluation = bits(net.predict(x)), net.evaluate(x, y)
    trained_net.fit(x, y, epochs=1, batch_size=150)
    for _ in range(40):
        assert bits(net.predict(x, threads=4)) == outputs
        assert net.evaluate(x, y, threads=4) == evaluation
        again = network()
        again.fit(x, y, epochs=1, batch_size=150, threads=4)
        assert again.digest() == trained_net.digest()


def test_a_way_back_that_is_long(both):
    # More than the compiled loops do between two looks for Ctrl-C.
    generator = random.Random("long")
    x = [[generator.uniform(-1.0, 1.0) for _ in range(150)] for _ in range(420)]
    y = [[generator.random() for _ in range(3)] for _ in x]
    results = []
    for module in both:
        layers = [module.Dense(150, 160, "relu"), module.Dense(160, 3)]
        results.append(bits(module.Network(layers, seed=1).backprop(x, y)))
    assert_same_bits(*results)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_step_so_large_that_it_can_be_dropped(fast, threads):
    # Compared with the way by hand, whose bits are those of purenet: too long for purenet itself.
    generator = random.Random("large")
    x = [[generator.uniform(-1.0, 1.0) for _ in range(500)] for _ in range(550)]
    y = [[generator.random() for _ in range(7)] for _ in x]

    def network():
        layers = [fast.Dense(500, 510, "tanh"), fast.Dense(510, 7)]
        return fast.Network(layers, "sum_of_squares", seed=1)

    by_fit, by_hand = network(), network()
    by_fit.fit(x, y, epochs=2, learning_rate=0.01, threads=threads)
    for _ in range(2):
        by_hand.update(by_hand.backprop(x, y), 0.01)
    assert by_fit.digest() == by_hand.digest()
