"""Training that stops because of a bias alone: every weight is finite, one bias is not.

The slopes of two samples are finite, and so is every weight's gradient, for the inputs are zero or
small; the bias adds the two slopes up, and that overflows.
"""

import math

import pytest

HUGE = 5e307  # twice as much, twice, is more than a double holds
NARROW, WIDE, MANY_ZEROS = "narrow", "wide", "many zeros"


def last_layer(module, size, place):
    """Return a network of one layer whose bias at a place will overflow, inputs and targets."""
    inputs, outputs = {NARROW: (3, 5), WIDE: (6, 37), MANY_ZEROS: (130, 7)}[size]
    place %= outputs
    net = module.Network([module.Dense(inputs, outputs, "linear")], "sum_of_squares", seed=1)
    rows = [[0.0] * inputs for _ in range(2)]
    rows[1][inputs - 1] = 0.125
    targets = [[0.0] * outputs for _ in range(2)]
    for row in targets:
        row[place] = -HUGE
    return net, rows, targets, f"layer 0, biases[{place}]"


def hidden_layer(module, size, place):
    """The same for the first of two layers: the second leads the slope to one unit alone."""
    inputs, units = {NARROW: (3, 5), WIDE: (6, 37), MANY_ZEROS: (130, 7)}[size]
    place %= units
    ways = [[float(unit == place)] for unit in range(units)]
    layers = [
        module.Dense(inputs, units, "linear", initializer="zeros"),
        module.Dense(units, 1, "linear", bias=False, initializer=ways),
    ]
    net = module.Network(layers, "sum_of_squares", seed=1)
    rows = [[0.0] * inputs for _ in range(2)]
    return net, rows, [[-HUGE], [-HUGE]], f"layer 0, biases[{place}]"


def is_finite(values):
    return all(map(math.isfinite, values))


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(("rate", "value"), [(0.0, "nan"), (0.5, "-inf")])
@pytest.mark.parametrize("place", [0, 3, -1])
@pytest.mark.parametrize("size", [NARROW, WIDE, MANY_ZEROS])
@pytest.mark.parametrize("make", [last_layer, hidden_layer])
def test_a_bias_alone_stops_the_training(backend, make, size, place, rate, value, threads, watched):
    net, inputs, targets, name = make(backend, size, place)
    net.epochs_trained = 4
    options = {"on_epoch": lambda epoch, history: None} if watched else {}
    with pytest.raises(backend.TrainingDiverged) as raised:
        net.fit(inputs, targets, epochs=3, learning_rate=rate, threads=threads, **options)
    error = raised.value
    assert error.place == name
    assert str(error.value) == value
    assert str(error).startswith(
        f"training diverged in epoch 4 (counted from 0): {name} is {value}; "
    )
    assert (error.epoch, net.epochs_trained, net.history.epochs) == (4, 5, 1)
    assert error.history is net.history
    assert net.history.stopped == "training diverged"
    # It was this bias alone.
    for layer in net.layers:
        assert all(is_finite(row) for row in layer.weights)
    broken = [j for j, bias in enumerate(net.layers[0].biases) if not math.isfinite(bias)]
    assert f"layer 0, biases{broken}" == name


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_the_first_of_several_biases_is_named(backend, rate):
    net, inputs, targets, _ = last_layer(backend, WIDE, 30)
    for row in targets:
        row[11] = row[36] = HUGE
    with pytest.raises(backend.TrainingDiverged) as raised:
        net.fit(inputs, targets, epochs=3, learning_rate=rate)
    assert raised.value.place == "layer 0, biases[11]"
    broken = [j for j, bias in enumerate(net.layers[0].biases) if not math.isfinite(bias)]
    assert broken == [11, 30, 36]
