"""What a layer of one's own may have besides: open inputs, penalties, random numbers, steps."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from bits import assert_same_bits

import purenet
from purenet import DeltaAlone, Layer, LayerOutput
from purenet.regularisation import add_penalty_slopes

X = [[0.5, -1.0, 0.25, 2.0], [0.0, 1.5, -0.75, 1.0], [-1.5, 0.5, 1.0, -0.5]]
Y = [[1.0], [0.0], [1.0]]


class Gains(Layer):
    """``z[i][k] = inputs[i][k] * gains[k]``: open, with penalties, and a parameter it can lack."""

    PARAMETERS = ("gains", "shifts")
    WEIGHTS = ("gains", "shifts")

    def __init__(self, inputs=None, l1=0.0, l2=0.0):
        self.l1 = l1
        self.l2 = l2
        self.shifts = None
        if inputs is not None:
            self.connect((inputs,))

    def connect(self, shape):
        self.inputs = self.outputs = shape[0]
        self.gains = [1.0 + 0.25 * k for k in range(self.inputs)]

    def shape(self, name):
        return (self.inputs,) if name == "gains" else None

    def settings(self):
        return {"inputs": self.inputs, **self.penalties()}

    def feedforward(self, inputs):
        z = []
        for i in range(len(inputs)):
            z_row = []
            for k in range(self.inputs):
                element = inputs[i][k] * self.gains[k]
                z_row.append(element)
            z.append(z_row)
        return LayerOutput(z, z)

    def gradient(self, inputs, delta):
        gains = []
        for k in range(self.inputs):
            total = 0.0
            for i in range(len(inputs)):
                total = total + inputs[i][k] * delta[i][k]
            gains.append(total)
        add_penalty_slopes([gains], [self.gains], self.l1, self.l2)
        return SimpleNamespace(gains=gains, shifts=None, delta=delta)

    def input_gradient(self, inputs, delta):
        d_inputs = []
        for i in range(len(delta)):
            row = []
            for k in range(self.inputs):
                element = delta[i][k] * self.gains[k]
                row.append(element)
            d_inputs.append(row)
        return d_inputs


class Noise(Layer):
    """In training, a little of a random number is added to each input."""

    is_random = True

    def __init__(self, inputs=None):
        if inputs is not None:
            self.connect((inputs,))

    def connect(self, shape):
        self.inputs = self.outputs = shape[0]

    def settings(self):
        return {"inputs": self.inputs}

    def feedforward(self, inputs):
        return LayerOutput(inputs, inputs)

    def feedforward_in_training(self, inputs, generator):
        z = [[x + 0.125 * generator.random() for x in row] for row in inputs]
        return LayerOutput(z, z)

    def gradient(self, inputs, delta):
        return DeltaAlone(delta)

    def input_gradient(self, inputs, delta):
        return delta


class StepSums(Layer):
    """The sum of each feature over the steps."""

    has_steps = True

    def __init__(self, inputs=None):
        if inputs is not None:
            self.connect(tuple(inputs))

    def connect(self, shape):
        if len(shape) != 2:
            raise ValueError(f"found {shape}, expected sequences")
        self.input_shape = shape
        self.inputs = shape[0] * shape[1]
        self.outputs = shape[1]

    def settings(self):
        return {"inputs": list(self.input_shape)}

    def feedforward(self, inputs):
        z = []
        for row in inputs:
            z.append([sum(row[j :: self.outputs], 0.0) for j in range(self.outputs)])
        return LayerOutput(z, z)

    def through_time(self, output, delta):
        return [row * self.input_shape[0] for row in delta]

    def gradient(self, inputs, delta):
        return DeltaAlone(delta)

    def input_gradient(self, inputs, delta):
        return delta


def network(module):
    layers = [
        module.Recurrent((4, 1), 2, sequences=True),
        StepSums(),
        Gains(l1=0.0625, l2=0.125),
        Noise(),
        module.Dense(None, 1),
    ]
    return module.Network(layers, seed=1)


def test_they_train_and_are_saved_alike_in_both_packages(both, tmp_path):
    results = []
    for module in both:
        net = network(module)
        assert purenet.check_gradients(net, X, Y).passed()
        net.fit(X, Y, epochs=5, learning_rate=0.5, batch_size=2, optimizer="adam")
        net.save(tmp_path / "net.json")
        other = module.load(tmp_path / "net.json")
        for one in (net, other):
            one.fit(X, Y, epochs=2, learning_rate=0.5, batch_size=2, optimizer="adam")
        assert other.digest() == net.digest()
        results.append([net.predict(X), net.penalty(), net.evaluate(X, Y).loss, net.digest()])
    assert results[0][1] > 0.0
    assert_same_bits(results[0][:3], results[1][:3])
    assert results[0][3] == results[1][3]


def test_what_makes_it_random_changes_the_training_alone(backend):
    with_noise = network(backend)
    without = backend.Network(
        [
            backend.Recurrent((4, 1), 2, sequences=True),
            StepSums(),
            Gains(l1=0.0625, l2=0.125),
            backend.Dense(None, 1),
        ],
        seed=1,
    )
    assert_same_bits(with_noise.predict(X), without.predict(X))
    for net in (with_noise, without):
        net.fit(X, Y, epochs=1)
    assert with_noise.digest() != without.digest()


def test_an_open_one_that_does_not_fit_is_named(backend):
    with pytest.raises(ValueError) as refused:
        backend.Network([backend.Dense(4, 3), StepSums()])
    assert str(refused.value) == (
        "layers: layer 1, StepSums(inputs=None), does not fit layer 0, Dense(4, 3, 'sigmoid'): "
        "found (3,), expected sequences"
    )


def test_steps_that_have_no_names_are_not_shown(backend):
    with pytest.raises(ValueError) as refused:
        purenet.explain(network(backend), X, Y)
    assert str(refused.value) == (
        "layer 1, StepSums(inputs=(4, 2)), goes through the steps of a sequence in its own way, "
        "which cannot be shown; expected Recurrent"
    )


def test_the_others_are_explained(backend):
    net = backend.Network([backend.Dense(4, 2), Gains(l2=0.125), backend.Dense(None, 1)], seed=1)
    assert "gains" in str(purenet.explain(net, X, Y))
