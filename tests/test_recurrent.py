"""The recurrent layer: its steps, backpropagation through time, and what it can learn.

What is compared with ``unrolled`` is compared in bits: those are the sums of the docstrings, each
written out once more, term by term.
"""

import copy
import itertools
import json
import pickle
import random

import pytest
from bits import assert_same_bits, outcome, random_matrix

import purenet
from purenet.activations import ELEMENTWISE
from purenet.layers import RecurrentGradient, RecurrentOutput, ThroughTime

SHAPES = ((1, 1, 1), (1, 3, 2), (2, 1, 4), (3, 2, 1), (4, 3, 5), (7, 2, 9), (2, 11, 17))


def layer_of(module, shape, activation="tanh", *, seed=1, **options):
    """Return a layer with random parameters, as part of a network."""
    steps, features, units = shape
    if options.get("bias", True):
        options["bias_initializer"] = "uniform"
    layer = module.Recurrent((steps, features), units, activation, **options)
    module.Network([layer], seed=seed)
    return layer


def slope_of(activation, a):
    return getattr(purenet.activations, f"{activation}_slope", lambda a: 1.0)(a)


def unrolled(layer, inputs, d_outputs):
    """Return everything a layer computes, from dL/dz of its outputs, by loops over numbers."""
    steps, features, units = layer.steps, layer.features, layer.units
    function = getattr(purenet, layer.activation)
    w, r = layer.weights, layer.recurrent_weights
    z, states, deltas, d_inputs = [], [], [], []
    for i, row in enumerate(inputs):
        state = [0.0] * units
        z.append([])
        states.append([])
        for t in range(steps):
            after = []
            for j in range(units):
                total = 0.0
                for k in range(features):
                    total = total + row[t * features + k] * w[k][j]
                for k in range(units):
                    total = total + state[k] * r[k][j]
                if layer.biases is not None:
                    total = total + layer.biases[j]
                z[i].append(total)
                after.append(function(total))
            state = after
            states[i].extend(state)
        of_step = {}
        for t in reversed(range(steps)):
            of_step[t] = []
            for k in range(units):
                if t == steps - 1:
                    of_step[t].append(d_outputs[i][(t if layer.sequences else 0) * units + k])
                    continue
                total = 0.0
                for j in range(units):
                    total = total + of_step[t + 1][j] * r[k][j]
                total = total * slope_of(layer.activation, states[i][t * units + k])
                if layer.sequences:
                    total = d_outputs[i][t * units + k] + total
                of_step[t].append(total)
        deltas.append([d for t in range(steps) for d in of_step[t]])
        d_inputs.append([])
        for t in range(steps):
            for k in range(features):
                total = 0.0
                for j in range(units):
                    total = total + of_step[t][j] * w[k][j]
                d_inputs[i].append(total)
    before = [[0.0] * units + row[: (steps - 1) * units] for row in states]
    samples_and_steps = list(itertools.product(range(len(inputs)), range(steps)))

    def sums(values, width):
        gradient = []
        for k in range(width):
            gradient.append([])
            for j in range(units):
                total = 0.0
                for i, t in samples_and_steps:
                    total = total + values[i][t * width + k] * deltas[i][t * units + j]
                gradient[k].append(total)
        return gradient

    biases = None
    if layer.bias:
        biases = sums([[1.0] * steps for _ in inputs], 1)[0]
    if not layer.sequences:
        last = (steps - 1) * units
        output = RecurrentOutput([row[last:] for row in z], [row[last:] for row in states], states)
    else:
        output = RecurrentOutput(z, states, states)
    return (
        output,
        ThroughTime(deltas, before),
        RecurrentGradient(sums(inputs, features), sums(before, units), biases, deltas),
        d_inputs,
    )


@pytest.mark.parametrize("sequences", [False, True], ids=["last", "sequences"])
@pytest.mark.parametrize("activation", ELEMENTWISE)
def test_every_sum_has_the_order_that_is_said(backend, activation, sequences):
    generator = random.Random(activation)
    for number, shape in enumerate(SHAPES):
        layer = layer_of(
            backend, shape, activation, seed=number, sequences=sequences, bias=number % 3 > 0
        )
        inputs = random_matrix(generator, 1 + number, layer.inputs)
        d_outputs = random_matrix(generator, 1 + number, layer.outputs)
        output = layer.feedforward(inputs)
        through_time = layer.through_time(output, d_outputs)
        expected = unrolled(layer, inputs, d_outputs)
        assert_same_bits(output, expected[0], f"{shape}: output")
        assert_same_bits(through_time, expected[1], f"{shape}: through time")
        assert_same_bits(layer.gradient(inputs, through_time), expected[2], f"{shape}: gradient")
        d_inputs = layer.input_gradient(inputs, through_time)
        assert_same_bits(d_inputs, expected[3], f"{shape}: dL/dinputs")


def test_a_network_computes_what_its_layers_do(backend):
    generator = random.Random(4)
    layers = [
        backend.Recurrent((3, 2), 4, "tanh", sequences=True),
        backend.Recurrent((3, 4), 2, "sigmoid"),
    ]
    net = backend.Network(layers, "sum_of_squares", seed=4)
    inputs = [[generator.uniform(-1.0, 1.0) for _ in range(6)] for _ in range(5)]
    targets = [[generator.random() for _ in range(2)] for _ in range(5)]
    first, last = net.feedforward(inputs)
    assert type(first) is type(last) is RecurrentOutput
    assert first.a == first.states
    assert [row[4:] for row in last.states] == last.a == net.predict(inputs)
    difference = [
        [2.0 * (a - y) for a, y in zip(*rows, strict=True)]
        for rows in zip(last.a, targets, strict=True)
    ]
    deltas = layers[1].delta(last, difference)
    _, _, expected, d_inputs = unrolled(layers[1], first.a, deltas)
    gradients = net.backprop(inputs, targets)
    assert_same_bits(gradients[1], expected)
    deltas = layers[0].delta(first, d_inputs)
    assert_same_bits(gradients[0], unrolled(layers[0], inputs, deltas)[2])
    assert type(gradients[0]) is type(gradients[1]) is RecurrentGradient


@pytest.mark.parametrize("sequences", [False, True], ids=["last", "sequences"])
@pytest.mark.parametrize("activation", ELEMENTWISE)
def test_gradients_are_those_of_the_loss(backend, activation, sequences):
    generator = random.Random(7)
    for steps, features, units in ((1, 2, 3), (4, 1, 3), (3, 3, 2)):
        layers = [
            backend.Dense(3, steps * features, "tanh"),
            backend.Recurrent((steps, features), units, activation, sequences=True),
            backend.Recurrent((steps, units), 2, activation, sequences=sequences, bias=False),
            backend.Dense(steps * 2 if sequences else 2, 2, "sigmoid"),
        ]
        net = backend.Network(layers, "binary_cross_entropy", seed=steps)
        inputs = [[generator.uniform(-2.0, 2.0) for _ in range(3)] for _ in range(4)]
        targets = [[generator.random() for _ in range(2)] for _ in range(4)]
        check = backend.check_gradients(net, inputs, targets)
        assert check.passed(1e-6), str(check)
        assert check.corners < len(check.entries) / 4


def test_the_gradient_check_sees_corners_of_all_steps(backend):
    layer = backend.Recurrent((2, 1), 1, "relu", initializer=[[1.0]], recurrent_initializer=[[1.0]])
    layer.biases = [-1.0]
    net = backend.Network([layer, backend.Dense(1, 1, "linear")], seed=1)
    check = backend.check_gradients(net, [[1.0, 3.0]], [1.0])  # z is 0 in the first step
    corners = [entry.name for entry in check.entries if entry.corner]
    assert corners == ["layers[0].weights[0][0]", "layers[0].biases[0]"]
    assert check.passed()


def test_the_last_layer_can_have_a_loss_at_every_step(backend):
    net = backend.Network(
        [backend.Recurrent((4, 1), 1, "sigmoid", sequences=True)], "binary_cross_entropy", seed=3
    )
    inputs = [[0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 1.0, 1.0]]
    targets = [[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]]  # the input one step earlier
    assert backend.check_gradients(net, inputs, targets).passed()
    before = net.evaluate(inputs, targets).loss
    net.fit(inputs, targets, epochs=20, learning_rate=0.5)
    assert net.evaluate(inputs, targets).loss < before


def test_shapes_and_settings(backend):
    layer = backend.Recurrent((5, 3), 4)
    assert (layer.inputs, layer.outputs) == (15, 4)
    assert (layer.steps, layer.features, layer.units) == (5, 3, 4)
    assert (layer.activation, layer.sequences, layer.bias) == ("tanh", False, True)
    assert layer.parameter_count == 3 * 4 + 4 * 4 + 4
    assert repr(layer) == "Recurrent((5, 3), 4, 'tanh')"
    other = backend.Recurrent([5, 3], 4, "relu", sequences=True, bias=False)
    assert (other.inputs, other.outputs) == (15, 20)
    assert other.parameter_count == 3 * 4 + 4 * 4
    assert other.biases is None
    assert repr(other) == "Recurrent((5, 3), 4, 'relu', sequences=True, bias=False)"
    assert json.loads(json.dumps(other.settings())) == other.settings()
    assert repr(backend.Recurrent.from_settings(other.settings())) == repr(other)


def test_first_values(backend):
    given = [[1.0, 2.0]]
    layer = backend.Recurrent(
        (2, 1), 2, initializer=given, recurrent_initializer="zeros", bias_initializer=[0.5, 0.25]
    )
    assert layer.weights == given
    assert layer.biases == [0.5, 0.25]
    with pytest.raises(AttributeError, match="recurrent_weights: this layer has none yet"):
        layer.recurrent_weights  # noqa: B018
    backend.Network([layer], seed=1)
    assert layer.recurrent_weights == [[0.0, 0.0], [0.0, 0.0]]
    # Drawn in the order of PARAMETERS.
    net = backend.Network([backend.Recurrent((2, 3), 4)], seed=5)
    random = purenet.randomness.Random(5)
    xavier = purenet.Xavier()
    assert net.layers[0].weights == xavier(3, 4, random)
    assert net.layers[0].recurrent_weights == xavier(4, 4, random)
    assert net.layers[0].biases == [0.0] * 4


BAD = {
    "no pair": (lambda r: r((8,), 4), "inputs: found (8,), expected (steps, features)"),
    "a number": (lambda r: r(8, 4), "inputs: found 8, expected (steps, features)"),
    "text": (lambda r: r("ab", 4), "inputs: found 'ab', expected (steps, features)"),
    "three": (lambda r: r((1, 2, 3), 4), "inputs: found (1, 2, 3), expected (steps, features)"),
    "no steps": (lambda r: r((0, 2), 4), "inputs: steps: found 0, expected 1 or more"),
    "no features": (lambda r: r((3, -1), 4), "inputs: features: found -1, expected 1 or more"),
    "half": (lambda r: r((3, 0.5), 4), "inputs: features: found 0.5, expected a whole number"),
    "no units": (lambda r: r((3, 1), 0), "units: found 0, expected 1 to 16777216"),
    "softmax": (
        lambda r: r((3, 1), 2, "softmax"),
        "activation: found 'softmax', expected one of sigmoid, tanh, relu, leaky_relu, linear",
    ),
    "set to softmax": (
        lambda r: setattr(r((3, 1), 2), "activation", "softmax"),
        "activation: found 'softmax', expected one of sigmoid, tanh, relu, leaky_relu, linear",
    ),
    "sequences": (
        lambda r: r((3, 1), 2, sequences=1),
        "sequences: found 1, expected True or False",
    ),
    "bias": (lambda r: r((3, 1), 2, bias=None), "bias: found None, expected True or False"),
    "bias without": (
        lambda r: r((3, 1), 2, bias=False, bias_initializer=[1.0, 2.0]),
        "bias_initializer: found [1.0, 2.0] for a layer with bias=False, expected none",
    ),
    "weights": (
        lambda r: r((3, 1), 2, initializer=[[1.0]]),
        "weights: row 0 has 1 number, expected 2",
    ),
    "recurrent weights": (
        lambda r: r((3, 1), 2, recurrent_initializer=[[1.0, 2.0]]),
        "recurrent_weights: found 1 row, expected 2",
    ),
    "recurrent initializer": (
        lambda r: r((3, 1), 2, recurrent_initializer="orthogonal"),
        "recurrent_initializer: found 'orthogonal', "
        "expected one of uniform, normal, xavier, glorot, he, zeros",
    ),
    "changed": (
        lambda r: setattr(r((3, 1), 2), "steps", 4),
        "steps of a layer cannot be changed",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(backend, name):
    call, expected = BAD[name]
    kind, message = outcome(call, backend.Recurrent)
    assert message == expected
    assert kind in ("ValueError", "TypeError", "AttributeError")


def test_a_model_file_keeps_it(backend, tmp_path):
    layers = [
        backend.Recurrent((3, 2), 4, "relu", sequences=True, bias=False),
        backend.Recurrent((3, 4), 2, "tanh"),
        backend.Dense(2, 1),
    ]
    net = backend.Network(layers, seed=2)
    net.fit([[0.5, -1.0, 0.25, 1.0, 0.0, -0.5]], [1.0], epochs=2)
    net.save(tmp_path / "net.json")
    other = backend.load(tmp_path / "net.json")
    assert repr(other) == repr(net)
    assert other.digest() == net.digest()


def test_it_learns_the_parity_of_8_bits(both):
    """Whether the number of ones is odd, which no single input says anything about."""
    inputs = [[float(number >> bit & 1) for bit in range(8)] for number in range(256)]
    odd = [sum(bits) % 2 for bits in inputs]
    digests = set()
    for module in both:
        layers = [module.Recurrent((8, 1), 6, "relu"), module.Dense(6, 1, "sigmoid")]
        net = module.Network(layers, "binary_cross_entropy", seed=3)
        net.fit(inputs, odd, epochs=15, learning_rate=0.1, batch_size=8)
        assert net.predict_classes(inputs) == odd
        assert net.evaluate(inputs, odd).accuracy == 1.0
        digests.add(net.digest())
    assert len(digests) == 1


def test_it_takes_the_sequences_of_the_layer_before(backend):
    layers = [
        backend.Recurrent((5, 3), 4, sequences=True),
        backend.Recurrent(None, 2, "relu", sequences=True),
        backend.Recurrent(None, 6),
        backend.Dense(None, 1),
    ]
    assert repr(layers[1]) == "Recurrent(None, 2, 'relu', sequences=True)"
    backend.Network(layers, seed=1)
    shapes = [(layer.input_shape, layer.output_shape) for layer in layers]
    assert shapes == [((5, 3), (5, 4)), ((5, 4), (5, 2)), ((5, 2), (6,)), ((6,), (1,))]
    assert repr(layers[1]) == "Recurrent((5, 4), 2, 'relu', sequences=True)"
    assert (layers[1].steps, layers[1].features) == (5, 4)


def test_an_open_layer_gets_its_given_values(backend):
    layer = backend.Recurrent(
        None, 1, recurrent_initializer=[[0.25]], initializer=[[0.5], [1.0]], sequences=True
    )
    with pytest.raises(AttributeError, match="steps: this layer takes what the layer before"):
        layer.steps  # noqa: B018
    backend.Network([backend.Recurrent((3, 1), 2, sequences=True), layer])
    assert layer.weights == [[0.5], [1.0]]
    assert layer.recurrent_weights == [[0.25]]


UNFIT = {
    "dense before": (
        lambda m: [m.Dense(2, 4, "tanh"), m.Recurrent(None, 3)],
        "layers: layer 1, Recurrent(None, 3, 'tanh'), does not fit layer 0, "
        "Dense(2, 4, 'tanh'): found 4 numbers, expected sequences",
    ),
    "last state before": (
        lambda m: [m.Recurrent((5, 3), 4), m.Recurrent(None, 3)],
        "layers: layer 1, Recurrent(None, 3, 'tanh'), does not fit layer 0, "
        "Recurrent((5, 3), 4, 'tanh'): found 4 numbers, expected sequences",
    ),
    "other steps": (
        lambda m: [m.Recurrent((4, 3), 3, sequences=True), m.Recurrent((3, 4), 3)],
        "layers: layer 1, Recurrent((3, 4), 3, 'tanh'), does not fit layer 0, "
        "Recurrent((4, 3), 3, 'tanh', sequences=True): found inputs (3, 4), expected (4, 3)",
    ),
    "first": (
        lambda m: [m.Recurrent(None, 3)],
        "layers: layer 0 is Recurrent(None, 3, 'tanh'), expected one that says what its inputs "
        "are: there is no layer before it",
    ),
}


@pytest.mark.parametrize("name", UNFIT)
def test_layers_that_do_not_fit(backend, name):
    make, expected = UNFIT[name]
    layers = make(backend)
    texts = list(map(repr, layers))
    assert outcome(backend.Network, layers) == ("ValueError", expected)
    assert list(map(repr, layers)) == texts


def test_penalties_act_on_both_kinds_of_weights(backend):
    layer = backend.Recurrent(
        (2, 1), 1, initializer=[[2.0]], recurrent_initializer=[[-4.0]], l1=0.5, l2=0.125
    )
    layer.biases = [8.0]
    net = backend.Network([layer], "sum_of_squares", seed=1)
    assert layer.penalty() == 0.5 * 6.0 + 0.125 * 20.0
    assert repr(layer) == "Recurrent((2, 1), 1, 'tanh', l1=0.5, l2=0.125)"
    assert repr(backend.Recurrent.from_settings(layer.settings())) == repr(layer)
    x, y = [[0.5, -0.25]], [[0.5]]
    output = layer.feedforward(x)
    through_time = layer.through_time(output, [[1.0]])
    gradient = layer.gradient(x, through_time)
    layer.l1 = layer.l2 = 0.0
    plain = layer.gradient(x, through_time)
    assert gradient.weights == [[plain.weights[0][0] + 0.5 + 0.25 * 2.0]]
    assert gradient.recurrent_weights == [[plain.recurrent_weights[0][0] - 0.5 - 0.25 * 4.0]]
    assert gradient.biases == plain.biases
    layer.l2 = 0.125
    assert backend.check_gradients(net, x, y).passed()


def test_parameters_can_be_written_at_any_time(both):
    """What is written into the lists counts, and they show what training makes of it."""
    courses = []
    for module in both:
        layer = module.Recurrent((3, 2), 4, "tanh")
        net = module.Network([layer, module.Dense(4, 1)], seed=6)
        held = layer.recurrent_weights
        inputs = [[0.5, -1.0, 0.25, 0.75, -0.5, 1.0], [1.0, 0.0, 0.0, -1.0, 0.5, 0.5]]
        seen = []

        def write(epoch, history, layer=layer, seen=seen):
            layer.recurrent_weights[1][2] = 0.125 * epoch
            layer.weights[0] = [1, 2, 3, 4]
            seen.append([list(row) for row in layer.recurrent_weights])

        net.fit(inputs, [0.0, 1.0], epochs=3, batch_size=1, on_epoch=write)
        assert layer.recurrent_weights is held
        restored = pickle.loads(pickle.dumps(net))
        copied = copy.deepcopy(net)
        for other in (net, restored, copied):
            other.fit(inputs, [0.0, 1.0], epochs=2, batch_size=1)
        assert restored.digest() == copied.digest() == net.digest()
        courses.append((seen, net.digest(), held))
        with pytest.raises(ValueError, match="recurrent_weights: row 1 has 5 numbers, expected 4"):
            held[1].append(1.0)
            net.predict(inputs)
    assert_same_bits(courses[0], courses[1])


def test_a_method_of_ones_own_runs(both):
    """Where somebody has put another in the place of a method, that one computes."""
    digests = set()
    for module in both:

        class Echo(module.Recurrent):
            def through_time(self, output, delta):
                return super().through_time(output, [[2.0 * d for d in row] for row in delta])

        net = module.Network([Echo((2, 1), 3), module.Dense(3, 1)], seed=1)
        net.fit([[1.0, 0.5]], [1.0], epochs=2)
        plain = module.Network([module.Recurrent((2, 1), 3), module.Dense(3, 1)], seed=1)
        plain.fit([[1.0, 0.5]], [1.0], epochs=2)
        assert net.digest() != plain.digest()
        digests.add(net.digest())
    assert len(digests) == 1
