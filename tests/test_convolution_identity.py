"""Identity of the layers for images: both backends compute the same bits.

Networks of random convolutions, pooling, dropout and dense layers, from fixed seeds, are run and
trained by both: with all vector widths, several threads, and steps that are taken in pieces.
"""

import copy
import pickle
import random

import pytest
from bits import assert_same_bits, bits, outcome
from test_kernels import vectors_here

import purenet

ACTIVATIONS = ("relu", "sigmoid", "tanh", "leaky_relu", "linear")
ENDS = (
    ("softmax", "categorical_cross_entropy"),
    ("sigmoid", "binary_cross_entropy"),
    ("tanh", "mean_squared_error"),
)
NOT_FINITE = (float("inf"), float("-inf"), float("nan"))
EXTREME = (-0.0, 5e-324, 1e300, -1e300)

CASES_A_TEST = 8
TESTS = 10


class Case:
    """A network of layers for images, its data and the way it is trained, all from one seed."""

    def __init__(self, seed):
        generator = random.Random(seed)
        self.generator = generator
        self.seed = generator.choice((0, seed, seed * 2**40))
        height, width = generator.randrange(3, 8), generator.randrange(3, 8)
        self.shape = generator.choice((1, 1, 2, 3)), height, width
        self.layers = []
        shape = self.shape
        for _ in range(generator.randrange(1, 4)):
            name, arguments, options = self.layer(shape)
            self.layers.append((name, arguments, options))
            shape = self.made(purenet)[-1].output_shape
        self.loss = "mean_squared_error"
        self.outputs = shape[0] * shape[1] * shape[2]
        if generator.random() < 0.7:
            if generator.random() < 0.5:
                self.layers.append(("Flatten", (), {}))
            activation, self.loss = generator.choice(ENDS)
            self.layers.append(("Dense", (None, 3, activation), {}))
            self.outputs = 3
        self.samples = generator.randrange(1, 6)
        zeros = generator.choice((0.0, 0.2, 0.8))
        self.inputs = [
            [self.number(zeros) for _ in range(self.shape[0] * self.shape[1] * self.shape[2])]
            for _ in range(self.samples)
        ]
        self.targets = [
            [float(j == i % self.outputs) for j in range(self.outputs)] for i in range(self.samples)
        ]
        self.options = {
            "epochs": generator.randrange(1, 4),
            "batch_size": generator.choice((None, 1, 2, 3)),
            "threads": generator.choice((1, 1, 2, 3)),
            "learning_rate": generator.choice((0.01, 0.1, 1.0, 100.0)),
        }
        self.planted = []
        if generator.random() < 0.25:
            self.planted.append((generator.random(), generator.choice((*NOT_FINITE, *EXTREME))))

    def number(self, zeros):
        kind = self.generator.random()
        if kind < zeros:
            return 0.0
        return -0.0 if kind < zeros + 0.02 else self.generator.uniform(-1.0, 1.0)

    def layer(self, shape):
        """Return a layer that takes images of this shape: its name and its arguments."""
        generator = self.generator
        first = not self.layers
        size = tuple(generator.randrange(1, min(4, side + 1)) for side in shape[1:])
        kind = generator.random()
        if kind < 0.6:
            filters = generator.choice((1, 2, 3, 8, 9, generator.randrange(1, 41)))
            if shape[0] * filters > 60:
                filters = 3  # purenet's loops take their time
            options = {
                "stride": generator.choice((1, 1, 1, 2, (1, 2), 3)),
                "padding": generator.choice((0, 0, 1, (0, 2), (2, 1), "same")),
                "bias": generator.random() < 0.8,
            }
            activation = generator.choice(ACTIVATIONS)
            return "Conv2D", (shape if first else None, filters, size, activation), options
        options = {"inputs": shape} if first else {}
        if kind < 0.7:
            return "Dropout", (generator.choice((0.0, 0.25, 0.5)),), options
        name = "MaxPool2D" if kind < 0.9 else "AveragePool2D"
        return name, (size,), {"stride": generator.choice((None, None, 1, 2, (2, 1))), **options}

    def made(self, module):
        """Return new layers, connected."""
        layers = []
        for name, arguments, options in self.layers:
            layer = getattr(module, name)(*arguments, **options)
            if layers:
                layer.connect(layers[-1].output_shape)
            layers.append(layer)
        return layers

    def network(self, module):
        layers = [
            getattr(module, name)(*arguments, **options) for name, arguments, options in self.layers
        ]
        net = module.Network(layers, self.loss, seed=self.seed)
        for place, value in self.planted:
            for layer in net.layers:
                if layer.PARAMETERS:
                    row = layer.weights
                    while type(row[0]) is list:
                        row = row[int(place * 7919) % len(row)]
                    row[int(place * 104729) % len(row)] = value
        return net


def course_of(case, module):
    """Return everything that can be seen of a case in one backend, step by step."""
    net = case.network(module)
    seen = [("feedforward", net.feedforward(case.inputs))]
    seen += [("backprop", net.backprop(case.inputs, case.targets))]
    seen += [("evaluate", net.evaluate(case.inputs, case.targets))]
    seen += [("predict", net.predict(case.inputs, threads=case.options["threads"]))]
    seen = [(name, bits(value)) for name, value in seen]
    inputs = case.inputs
    for layer in net.layers:  # each by itself
        output = layer.feedforward(inputs)
        delta = [[x if x > 0.0 else 0.0 for x in row] for row in output.a]
        seen += [("output", bits(output)), ("gradient", bits(layer.gradient(inputs, delta)))]
        seen += [("input gradient", bits(layer.input_gradient(inputs, delta)))]
        inputs = output.a
    for _ in range(2):
        seen += [("fit", outcome(losses_of, net, case))]
    seen += [("weights", bits([layer.weights for layer in net.layers if layer.PARAMETERS]))]
    seen += [("digest", net.digest()), ("predict", bits(net.predict(case.inputs)))]
    return seen


def losses_of(net, case):
    return net.fit(case.inputs, case.targets, **case.options).loss


@pytest.mark.parametrize("test", range(TESTS))
def test_both_backends_train_the_same_network(compiled, test):
    names = vectors_here(compiled)
    for number in range(test * CASES_A_TEST, (test + 1) * CASES_A_TEST):
        case = Case(number)
        compiled.vectors.choose_vectors(names[number % len(names)])
        compiled.threads.limit_pieces(1 if number % 5 == 0 else 10**8)
        for (name, pure), (_, fast) in zip(
            course_of(case, purenet), course_of(case, compiled), strict=True
        ):
            assert_same_bits(fast, pure, f"case {number}, {case.layers}, {case.options}: {name}")


def test_images_lie_pixel_by_pixel_between_layers_that_take_them(compiled):
    # Wide enough that a pixel has several vectors, and the last one is not full.
    digests = set()
    for module in (purenet, compiled):
        layers = [
            module.Conv2D((2, 9, 8), 11, 3, "leaky_relu", padding=1),
            module.AveragePool2D(2, stride=(2, 1)),
            module.Conv2D(None, 19, (2, 3), "relu", padding="same"),
            module.MaxPool2D(3, stride=1),
            module.Conv2D(None, 9, 2, "tanh", stride=2),
            module.MaxPool2D((1, 2)),
            module.Dense(None, 2, "softmax"),
        ]
        net = module.Network(layers, "categorical_cross_entropy", seed=5)
        inputs = [[((7 * i + 3 * k) % 11 - 5) / 4.0 for k in range(144)] for i in range(5)]
        net.fit(inputs, [0, 1, 1, 0, 1], epochs=2, batch_size=2, learning_rate=0.1)
        digests.add(net.digest())
    assert len(digests) == 1


@pytest.mark.parametrize("threads", (1, 2, 3))
@pytest.mark.parametrize("seed", (0, 1, 2**32, 2**70 + 3))
def test_what_drops_out_is_a_matter_of_seed_epoch_and_batch(compiled, seed, threads):
    weights = []
    for module in (purenet, compiled):
        net = module.Network(
            [module.Dropout(0.3, inputs=700), module.Dropout(0.5), module.Dense(None, 1)], seed=seed
        )
        inputs = [[1.0 + i / 8.0] * 700 for i in range(5)]
        for _ in range(2):
            net.fit(inputs, [0, 1, 1, 0, 1], epochs=2, batch_size=3, threads=threads)
        weights.append(net.layers[-1].weights)
    assert_same_bits(weights[0], weights[1])


def test_dropout_drops_nothing_out_of_training(backend):
    net = backend.Network([backend.Dropout(0.9, inputs=4), backend.Dense(None, 4)], seed=1)
    alone = backend.Network([backend.Dense(4, 4)], seed=1)
    inputs = [[1.0, 2.0, 3.0, -0.0]]
    assert net.layers[1].weights == alone.layers[0].weights
    assert net.predict(inputs) == alone.predict(inputs)
    assert_same_bits(net.feedforward(inputs)[0].a, inputs)
    assert net.backprop(inputs, [[0.0] * 4])[1].weights == (
        alone.backprop(inputs, [[0.0] * 4])[0].weights
    )


def filters_of(module):
    layers = [module.Conv2D((2, 4, 4), 3, 2, "tanh"), module.Dense(None, 1)]
    return module.Network(layers, seed=2)


def change_a_number(net, weights):
    weights[1][0][1][0] = 7


def change_a_row(net, weights):
    weights[2][1][0] = [1.0, 2]


def change_a_window(net, weights):
    weights[0][1] = ((1.0, 2.0), (3, 4))


def change_places(net, weights):
    weights[0], weights[2] = weights[2], weights[0]
    weights[1].reverse()
    weights[1][0].reverse()


def one_twice(net, weights):
    weights[0] = weights[1]
    weights[2][0] = weights[2][1]
    weights[2][1][0] = weights[2][1][1]


def set_them(net, weights):
    net.layers[0].weights = [weights[2], weights[0], weights[1]]


def too_few(net, weights):
    del weights[1][1][0]


def no_window(net, weights):
    weights[1][0] = 3.0


def text(net, weights):
    weights[1][0][0][0] = "1"


def copies(net, weights):
    net.layers[0].weights = copy.deepcopy(net).layers[0].weights


def pickled(net, weights):
    net.layers[0].weights = pickle.loads(pickle.dumps(net.layers[0])).weights


def nothing(net, weights):
    pass


USES = (
    change_a_number,
    change_a_row,
    change_a_window,
    change_places,
    one_twice,
    set_them,
    too_few,
    no_window,
    text,
    copies,
    pickled,
    nothing,
)


@pytest.mark.parametrize("use", USES)
def test_filters_are_nested_lists_in_both(both, use):
    courses = []
    for module in both:
        net = filters_of(module)
        inputs = [[(k * 5 % 7 - 3) / 2.0 + i for k in range(32)] for i in range(3)]
        targets = [0, 1, 1]
        net.fit(inputs, targets, epochs=1)
        weights = net.layers[0].weights
        window = weights[1][0]
        seen = [outcome(use, net, weights)]
        seen += [outcome(net.predict, inputs), outcome(net.digest)]
        seen += [outcome(lambda: net.fit(inputs, targets, epochs=2).loss)]  # noqa: B023
        seen += [outcome(lambda: net.layers[0].weights)]  # noqa: B023
        # The lists that somebody holds are still the layer's, or still not.
        seen += [net.layers[0].weights is weights, net.layers[0].weights[1][0] is window]
        seen += [bits(weights), bits(window)]
        seen += [outcome(change_a_number, net, net.layers[0].weights)]
        seen += [outcome(net.predict, inputs)]
        courses.append(seen)
    assert courses[0] == courses[1]
