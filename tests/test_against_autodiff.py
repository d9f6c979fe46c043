"""Gradients and optimizers against automatic differentiation, which knows no backpropagation."""

from __future__ import annotations

import math
import random
from types import ModuleType

import pytest
from autodiff import Descent, Model
from compared import (
    CASES,
    CLIPPING,
    COMBINATIONS,
    FLATTEN,
    GRADIENT,
    OPTIMIZERS,
    STEPS,
    TRAINED,
    Layers,
    assert_agree,
    assert_gradients_agree,
    conv,
    dense,
    gradients_of,
    moved,
    network,
    parameters_of,
    pool,
    recurrent,
    samples,
    with_last,
)


@pytest.mark.parametrize("name", CASES)
def test_gradients(backend: ModuleType, name: str) -> None:
    layers, loss = CASES[name]
    net = network(backend, layers, loss)
    inputs, targets = samples(net, 3, name)
    before = parameters_of(net)
    value, expected = Model(layers, loss, before).gradients(inputs, targets)
    assert net.evaluate(inputs, targets).loss == pytest.approx(value, rel=1e-12)

    assert_gradients_agree(gradients_of(net, inputs, targets), expected)

    # One step with the learning rate 1 moves by the gradient: what fit computes, compiled as well.
    net.fit(inputs, targets, epochs=1, learning_rate=1.0)
    assert_gradients_agree(moved(before, parameters_of(net)), expected)
    assert net.history.loss[0] == pytest.approx(value, rel=1e-12)


def test_of_equal_pixels_the_first_gets_the_gradient(backend: ModuleType) -> None:
    layers: Layers = [
        conv((1, 6, 6), 2, 1, "relu"),
        pool("MaxPool2D", 3, stride=1),
        conv(None, 2, 2, "tanh"),
        pool("MaxPool2D", 2, stride=1),
        FLATTEN,
        dense(None, 2, "linear"),
    ]
    net = network(backend, layers, "sum_of_squares")
    net.layers[0].weights = [[[[1.0]]], [[[-1.0]]]]
    net.layers[0].biases = [0.0, 1.0]
    net.layers[2].weights = [[[[1.0, -1.0], [0.0, 1.0]]] * 2, [[[0.5, 0.5], [0.5, 0.5]]] * 2]
    generator = random.Random("equal")
    inputs = [[float(generator.randrange(3)) for _ in range(36)] for _ in range(4)]
    targets = samples(net, 4, "equal")[1]
    _, expected = Model(layers, net.loss, parameters_of(net)).gradients(inputs, targets)
    assert_gradients_agree(gradients_of(net, inputs, targets), expected)


@pytest.mark.parametrize("name", ["dense tanh", "conv sigmoid", "recurrent tanh sequences"])
@pytest.mark.parametrize("loss", ["mean_squared_error", "categorical_cross_entropy"])
def test_samples_that_count_more_or_less(backend: ModuleType, name: str, loss: str) -> None:
    layers = with_last(CASES[name][0][:-1], loss)
    net = network(backend, layers, loss)
    inputs, targets = samples(net, 4, name)
    before = parameters_of(net)
    weights = [0.5, 2.0, 0.0, 1.25]
    value, expected = Model(layers, loss, before).gradients(inputs, targets, sample_weights=weights)
    net.fit(inputs, targets, epochs=1, learning_rate=1.0, sample_weight=weights)
    assert_gradients_agree(moved(before, parameters_of(net)), expected)
    assert net.history.loss[0] == pytest.approx(value, rel=1e-12)


def dropout_mask(
    rate: float, samples: int, width: int, seed: int, epoch: int, batch: int, layer: int
) -> list[list[float]]:
    generator = random.Random(((seed * 2**32 + epoch) * 2**32 + batch) * 2**32 + layer)
    kept = 1.0 / (1.0 - rate)
    return [
        [0.0 if generator.random() < rate else kept for _ in range(width)] for _ in range(samples)
    ]


DROPOUT: dict[str, Layers] = {
    "first": [pool("Dropout", 0.3), dense(6, 4, "tanh")],
    "between": [dense(6, 8, "tanh"), pool("Dropout", 0.5), dense(None, 5, "sigmoid")],
    "images": [
        conv((1, 4, 5), 3, 2, "leaky_relu"),
        pool("Dropout", 0.25),
        pool("MaxPool2D", 2, stride=1),
        FLATTEN,
        pool("Dropout", 0.4),
    ],
    "sequences": [recurrent((4, 2), 3, "tanh", sequences=True), pool("Dropout", 0.5)],
}
DROPOUT["first"][0] = ("Dropout", (0.3,), {"inputs": 6})


@pytest.mark.parametrize("kind", DROPOUT)
def test_dropout(backend: ModuleType, kind: str) -> None:
    loss = "mean_squared_error"
    layers = with_last(DROPOUT[kind], loss)
    net = network(backend, layers, loss)
    inputs, targets = samples(net, 5, kind)
    # Out of training nothing is dropped.
    _, expected = Model(layers, loss, parameters_of(net)).gradients(inputs, targets)
    assert_gradients_agree(gradients_of(net, inputs, targets), expected)

    model = Model(layers, loss, parameters_of(net))
    for epoch in range(2):
        losses = []
        for batch, rows in enumerate((slice(0, 3), slice(3, 5))):
            masks = []
            for number, layer in enumerate(net.layers):
                if type(layer).__name__ == "Dropout":
                    count = len(inputs[rows])
                    place = net.seed, epoch, batch, number
                    masks.append(dropout_mask(layer.rate, count, layer.inputs, *place))
                else:
                    masks.append(None)
            value, slopes = model.gradients(inputs[rows], targets[rows], masks=masks)
            losses.append(value * len(inputs[rows]))
            Descent(model, "GradientDescent", {}).step(slopes, 0.5)
        net.fit(inputs, targets, epochs=1, batch_size=3, shuffle=False, learning_rate=0.5)
        assert net.history.loss[0] == pytest.approx(math.fsum(losses) / 5, rel=1e-12)
        for own, other in zip(parameters_of(net), model.parameters(), strict=True):
            for name in own:
                assert_agree(own[name], other[name], GRADIENT, name)


@pytest.mark.parametrize(("optimizer", "clipping", "kind"), COMBINATIONS)
def test_25_steps(backend: ModuleType, optimizer: str, clipping: str, kind: str) -> None:
    loss = "categorical_cross_entropy"
    net = network(backend, TRAINED[kind], loss)
    inputs, targets = samples(net, 9, kind)
    name, settings, rate = OPTIMIZERS[optimizer]
    model = Model(TRAINED[kind], loss, parameters_of(net))
    descent = Descent(model, name, settings)
    for _ in range(5):
        for start in range(0, 9, 2):
            rows = slice(start, start + 2)
            _, gradients = model.gradients(inputs[rows], targets[rows])
            descent.step(gradients, rate, **CLIPPING[clipping])
    assert descent.steps == 25
    net.fit(
        inputs,
        targets,
        epochs=5,
        batch_size=2,
        shuffle=False,
        optimizer=getattr(backend, name)(**settings),
        learning_rate=rate,
        **CLIPPING[clipping],
    )
    for number, (own, other) in enumerate(zip(parameters_of(net), model.parameters(), strict=True)):
        for parameter in own:
            place = f"layers[{number}].{parameter}"
            assert_agree(own[parameter], other[parameter], STEPS, place)
