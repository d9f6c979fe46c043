"""A layer and an optimizer of one's own: nothing else in the package has to know them."""

from __future__ import annotations

import copy
import json
import pickle
from types import SimpleNamespace

import pytest
from bits import assert_same_bits

import purenet
from purenet import GradientDescent, Layer, LayerOutput, Optimizer

X = [[0.5, -1.0, 0.25, 2.0], [0.0, 1.5, -0.75, 1.0], [-1.5, 0.5, 1.0, -0.5]]
Y = [[1.0], [0.0], [1.0]]


class Gate(Layer):
    """``z[i][k] = inputs[i][k] * gains[k] + shifts[k]``."""

    PARAMETERS = ("gains", "shifts")

    def __init__(self, inputs, activation="tanh"):
        self.inputs = self.outputs = inputs
        self.activation = activation
        self.gains = [1.0 + 0.25 * k for k in range(inputs)]
        self.shifts = [0.0] * inputs

    def shape(self, name):
        return (self.inputs,)

    def settings(self):
        return {"inputs": self.inputs, "activation": self.activation}

    def feedforward(self, inputs):
        z = []
        for i in range(len(inputs)):
            z_row = []
            for k in range(len(self.gains)):
                element = inputs[i][k] * self.gains[k] + self.shifts[k]
                z_row.append(element)
            z.append(z_row)
        return LayerOutput(z, purenet.activations.activate(self.activation, z))

    def gradient(self, inputs, delta):
        gains = []
        shifts = []
        for k in range(len(self.gains)):
            gain = 0.0
            shift = 0.0
            for i in range(len(inputs)):
                gain = gain + inputs[i][k] * delta[i][k]
                shift = shift + delta[i][k]
            gains.append(gain)
            shifts.append(shift)
        return SimpleNamespace(gains=gains, shifts=shifts, delta=delta)

    def input_gradient(self, inputs, delta):
        d_inputs = []
        for i in range(len(delta)):
            row = []
            for k in range(len(self.gains)):
                row.append(delta[i][k] * self.gains[k])
            d_inputs.append(row)
        return d_inputs


class Slide(Layer):
    """A convolution in one dimension: ``z[i][f][x] = sum of inputs[i][x + d] * kernels[f][0][d]``.

    Its parameter is nested three deep; one sample stays one flat row.
    """

    PARAMETERS = ("kernels",)

    def __init__(self, inputs, filters, size, activation="tanh"):
        self.inputs = inputs
        self.filters = filters
        self.size = size
        self.outputs = filters * (inputs - size + 1)
        self.activation = activation
        self.kernels = [[[0.5 - 0.25 * (f + d) for d in range(size)]] for f in range(filters)]

    def shape(self, name):
        return (self.filters, 1, self.size)

    def settings(self):
        return {
            "inputs": self.inputs,
            "filters": self.filters,
            "size": self.size,
            "activation": self.activation,
        }

    def places(self):
        return [(f, x) for f in range(self.filters) for x in range(self.inputs - self.size + 1)]

    def feedforward(self, inputs):
        z = []
        for i in range(len(inputs)):
            z_row = []
            for f, x in self.places():
                total = 0.0
                for d in range(self.size):
                    total = total + inputs[i][x + d] * self.kernels[f][0][d]
                z_row.append(total)
            z.append(z_row)
        return LayerOutput(z, purenet.activations.activate(self.activation, z))

    def gradient(self, inputs, delta):
        kernels = [[[0.0] * self.size] for _ in range(self.filters)]
        for i in range(len(inputs)):
            for place, (f, x) in enumerate(self.places()):
                for d in range(self.size):
                    step = inputs[i][x + d] * delta[i][place]
                    kernels[f][0][d] = kernels[f][0][d] + step
        return SimpleNamespace(kernels=kernels, delta=delta)

    def input_gradient(self, inputs, delta):
        d_inputs = [[0.0] * self.inputs for _ in inputs]
        for i in range(len(delta)):
            for place, (f, x) in enumerate(self.places()):
                for d in range(self.size):
                    step = delta[i][place] * self.kernels[f][0][d]
                    d_inputs[i][x + d] = d_inputs[i][x + d] + step
        return d_inputs


class Momentum(Optimizer):
    """``velocity = 0.5 * velocity - learning_rate * gradient``, which is added to the parameter."""

    def start(self, parameter):
        return [[0.0] * len(row) for row in parameter]

    def step(self, parameter, gradient, learning_rate, memory):
        for k in range(len(parameter)):
            for j in range(len(parameter[k])):
                velocity = 0.5 * memory[k][j] - learning_rate * gradient[k][j]
                memory[k][j] = velocity
                parameter[k][j] = parameter[k][j] + velocity


def network(module, seed=1):
    layers = [Gate(4), Slide(4, 2, 3), module.Dense(4, 3, "relu"), Gate(3), module.Dense(3, 1)]
    return module.Network(layers, seed=seed)


def parameters(net):
    return [[getattr(layer, name) for name in layer.PARAMETERS] for layer in net.layers]


def test_they_train_alike_in_both_packages(both):
    results = []
    for module in both:
        net = network(module)
        before = net.evaluate(X, Y).loss
        history = net.fit(X, Y, epochs=40, learning_rate=0.5, batch_size=2, optimizer=Momentum())
        assert history.loss[-1] < before
        results.append((net.digest(), history.loss, net.predict(X), net.evaluate(X, Y)))
        assert net.parameter_count == 8 + 6 + 15 + 6 + 4
    assert_same_bits(*results)


def test_plain_descent_with_layers_of_ones_own(both):
    digests = set()
    for module in both:
        net = network(module)
        net.fit(X, Y, epochs=5, learning_rate=0.5)
        digests.add(net.digest())
        again = network(module)
        for _ in range(5):
            again.update(again.backprop(X, Y), 0.5)
        digests.add(again.digest())
    assert len(digests) == 1


def test_an_optimizer_of_ones_own_with_dense_layers(both):
    digests = set()
    for module in both:
        for optimizer in (Momentum(), GradientDescent()):
            net = module.Network([module.Dense(4, 3, "tanh"), module.Dense(3, 1)], seed=2)
            net.fit(X, Y, epochs=6, learning_rate=0.25, batch_size=2, optimizer=optimizer)
            net.update(net.backprop(X, Y), 0.25, optimizer)
            digests.add((type(optimizer).__name__, net.digest()))
    assert len(digests) == 2
    assert len({digest for _, digest in digests}) == 2


def test_momentum_remembers_from_one_fit_to_the_next(backend):
    whole, parts, forgetful = (network(backend) for _ in range(3))
    whole.fit(X, Y, epochs=6, learning_rate=0.5, optimizer=Momentum())
    optimizer = Momentum()
    for _ in range(2):
        parts.fit(X, Y, epochs=3, learning_rate=0.5, optimizer=optimizer)
        forgetful.fit(X, Y, epochs=3, learning_rate=0.5, optimizer=Momentum())
    assert whole.digest() == parts.digest() != forgetful.digest()


def test_their_gradients_are_right(backend):
    check = purenet.check_gradients(network(backend), X, Y)
    assert check.passed()
    names = {entry.name for entry in check.entries}
    assert {"layers[0].gains[3]", "layers[1].kernels[1][0][2]", "layers[4].biases[0]"} <= names
    assert len(check.entries) == network(backend).parameter_count


def test_a_wrong_gradient_is_found(backend):
    net = network(backend)

    class Wrong(Gate):
        def gradient(self, inputs, delta):
            found = super().gradient(inputs, delta)
            found.gains[1] = found.gains[1] * 1.01
            return found

    net.layers[0].__class__ = Wrong
    check = purenet.check_gradients(net, X, Y)
    assert not check.passed()
    assert check.worst.name == "layers[0].gains[1]"


def test_files_keep_their_parameters(both, tmp_path):
    texts = []
    for module in both:
        net = network(module)
        net.fit(X, Y, epochs=3, optimizer=Momentum())
        path = tmp_path / f"{module.BACKEND}.json"
        net.save(path)
        texts.append(path.read_text())
        for other in both:
            loaded = other.load(path)
            assert loaded.digest() == net.digest()
            assert_same_bits(loaded.predict(X), net.predict(X))
            assert [type(layer).__name__ for layer in loaded.layers] == [
                "Gate",
                "Slide",
                "Dense",
                "Gate",
                "Dense",
            ]
    assert texts[0] == texts[1]
    layer = json.loads(texts[0])["layers"][1]
    assert (layer["kind"], layer["filters"], layer["size"]) == ("Slide", 2, 3)
    assert "kind" not in json.loads(texts[0])["layers"][2]


def test_a_file_with_a_layer_that_nobody_knows(backend, tmp_path):
    path = tmp_path / "net.json"
    network(backend).save(path)
    path.write_text(path.read_text().replace('"kind": "Slide"', '"kind": "Glide"'))
    with pytest.raises(ValueError, match=r"layer 1: kind: found 'Glide', expected one of .*Slide"):
        backend.load(path)


def test_copies(backend):
    net = network(backend)
    net.fit(X, Y, epochs=2, optimizer=Momentum())
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert other.digest() == net.digest()
        other.fit(X, Y, epochs=1)
        assert other.digest() != net.digest()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1.0, 2.0], "layer 0: gains has 2 numbers, expected 4"),
        ([1.0, 2.0, "3", 4.0], "layer 0: gains, column 2: found '3', expected a number"),
    ],
)
def test_what_a_user_writes_into_them_is_checked(backend, value, message):
    net = network(backend)
    before = net.digest()
    kept = list(net.layers[0].gains)
    net.layers[0].gains[:] = value
    with pytest.raises((ValueError, TypeError)) as raised:
        net.predict(X)
    assert str(raised.value) == message
    net.layers[0].gains[:] = kept
    assert net.digest() == before
    with pytest.raises((ValueError, TypeError), match=r"^gains"):
        net.layers[0].gains = value
    assert net.digest() == before


def test_deep_lists_are_their_own(backend):
    net, other = network(backend), network(backend, seed=2)
    mine = [0.125, 0.25, 0.5]
    net.layers[1].kernels[0][0] = mine
    net.layers[1].kernels[1] = other.layers[1].kernels[1]
    before = other.digest()
    net.fit(X, Y, epochs=2)
    assert mine == [0.125, 0.25, 0.5]
    assert other.digest() == before
    assert net.layers[1].kernels[0][0] is not mine
    with pytest.raises(
        ValueError, match=r"^layer 1: kernels\[0\]: row 0 has 2 numbers, expected 3$"
    ):
        net.layers[1].kernels[0][0].pop()
        net.digest()


@pytest.mark.parametrize("optimizer", [Momentum, 0.9], ids=repr)
def test_what_is_no_optimizer(backend, optimizer):
    net = network(backend)
    before = net.digest()
    for call in (
        lambda: net.fit(X, Y, epochs=1, optimizer=optimizer),
        lambda: net.update(net.backprop(X, Y), 0.1, optimizer),
    ):
        with pytest.raises(TypeError, match=r"^optimizer: found .*, expected an Optimizer such as"):
            call()
    assert net.digest() == before


def test_layers_that_do_not_fit(backend):
    with pytest.raises(ValueError, match="layer 1 has 3 inputs, expected 4"):
        backend.Network([Gate(4), Gate(3)])
    layer = Gate(4)
    backend.Network([layer])
    with pytest.raises(ValueError, match="part of a network already"):
        backend.Network([layer])


@pytest.mark.parametrize("name", ["shape", "settings", "feedforward", "gradient", "input_gradient"])
def test_what_a_layer_forgets_to_define_is_named(backend, name, tmp_path):
    kind = type("Forgetful", (Gate,), {name: getattr(Layer, name)})
    with pytest.raises(NotImplementedError, match=f"^Forgetful does not define {name}$"):
        net = backend.Network([backend.Dense(2, 2), kind(2), backend.Dense(2, 1)], seed=1)
        net.fit([[1.0, 2.0]], [[1.0]], epochs=1)
        net.save(tmp_path / "net.json")


def test_an_optimizer_without_a_step_is_named(backend):
    kind = type("Forgetful", (Optimizer,), {})
    net = backend.Network([backend.Dense(2, 1)], seed=1)
    with pytest.raises(NotImplementedError, match=r"^Forgetful does not define step$"):
        net.fit([[1.0, 2.0]], [[1.0]], epochs=1, optimizer=kind())


def test_the_names_of_parameters_are_a_tuple():
    message = r"^Wrong\.PARAMETERS: found 'scale', expected a tuple of names$"
    with pytest.raises(TypeError, match=message):
        type("Wrong", (Layer,), {"PARAMETERS": ("scale")})


def test_what_a_layer_of_ones_own_looks_like(backend):
    layer = Gate(2)
    assert repr(layer) == "Gate(inputs=2, activation='tanh')"
    assert layer.parameter_count == 4
    with pytest.raises(AttributeError, match="inputs of a layer cannot be changed"):
        layer.inputs = 3
    with pytest.raises(ValueError, match="activation: found 'tangent'"):
        layer.activation = "tangent"


class Halved(purenet.Dense):
    """A kind of Dense whose outputs are half as large."""

    def feedforward(self, inputs):
        z, a = super().feedforward(inputs)
        return LayerOutput(z, purenet.scale(a, 0.5))


def test_a_kind_of_dense_is_read_as_that_kind(tmp_path):
    net = purenet.Network([Halved(4, 2, "linear"), purenet.Dense(2, 1)], seed=1)
    plain = purenet.Network([purenet.Dense(4, 2, "linear"), purenet.Dense(2, 1)], seed=1)
    assert net.digest() == plain.digest()
    assert net.predict(X) != plain.predict(X)
    net.save(tmp_path / "net.json")
    loaded = purenet.load(tmp_path / "net.json")
    assert type(loaded.layers[0]) is Halved
    assert_same_bits(loaded.predict(X), net.predict(X))


@pytest.mark.parametrize("kind", ["own", "dense"])
@pytest.mark.parametrize("way", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_the_lists_of_a_copy_are_its_own(backend, kind, way):
    def made():
        if kind == "own":
            return network(backend)
        return backend.Network([backend.Dense(4, 3), backend.Dense(3, 1)], seed=1)

    net = made()
    other = way(net)
    name = other.layers[0].PARAMETERS[0]
    held = getattr(other.layers[0], name)
    row = held if kind == "own" else held[0]
    other.fit(X, Y, epochs=1)
    assert row is (held if kind == "own" else getattr(other.layers[0], name)[0])
    if kind == "dense":
        other.layers[0].weights[0] = net.layers[0].weights[0]
    before = net.digest()
    other.fit(X, Y, epochs=1)
    assert net.digest() == before == made().digest()
