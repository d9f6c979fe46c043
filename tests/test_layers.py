"""How layers are made, take their place in a network, and say what is wrong."""

import copy
import pickle

import pytest
from bits import assert_same_bits

MAKE = {
    "Conv2D": lambda m: m.Conv2D((2, 5, 4), 3, (3, 2), "tanh", stride=(2, 1), padding=1, l1=0.5),
    "Conv2D, same": lambda m: m.Conv2D((1, 4, 4), 2, 2, padding="same", bias=False, l2=0.25),
    "MaxPool2D": lambda m: m.MaxPool2D((3, 2), stride=1, inputs=(2, 5, 4)),
    "AveragePool2D": lambda m: m.AveragePool2D(2, inputs=(2, 5, 4)),
    "Flatten": lambda m: m.Flatten(inputs=6),
    "Dropout": lambda m: m.Dropout(0.25, inputs=(2, 3)),
    "Recurrent": lambda m: m.Recurrent((3, 2), 4, "sigmoid", sequences=True, l2=0.125),
    "Dense": lambda m: m.Dense(3, 2, "relu", bias=False, l1=0.5, l2=0.25),
}

SHAPES = {
    "Conv2D": ((2, 5, 4), (3, 3, 5), 3 * 2 * 3 * 2 + 3),
    "Conv2D, same": ((1, 4, 4), (2, 4, 4), 2 * 4),
    "MaxPool2D": ((2, 5, 4), (2, 3, 3), 0),
    "AveragePool2D": ((2, 5, 4), (2, 2, 2), 0),
    "Flatten": ((6,), (6,), 0),
    "Dropout": ((2, 3), (2, 3), 0),
    "Recurrent": ((3, 2), (3, 4), 2 * 4 + 4 * 4 + 4),
    "Dense": ((3,), (2,), 6),
}


def numbers(shape):
    count = 1
    for size in shape:
        count *= size
    return count


@pytest.mark.parametrize("name", MAKE)
def test_shapes_and_counts(backend, name):
    layer = MAKE[name](backend)
    inputs, outputs, parameters = SHAPES[name]
    assert (layer.input_shape, layer.output_shape) == (inputs, outputs)
    assert (layer.inputs, layer.outputs) == (numbers(inputs), numbers(outputs))
    net = backend.Network([layer], seed=1)
    assert layer.parameter_count == net.parameter_count == parameters
    rows = layer.rows()
    assert sum(map(len, rows)) == parameters
    output = net.feedforward([[0.5] * layer.inputs])[0]
    assert len(output.a[0]) == layer.outputs


@pytest.mark.parametrize("name", MAKE)
def test_a_file_a_copy_and_the_settings_give_the_same_layer(backend, tmp_path, name):
    net = backend.Network([MAKE[name](backend)], seed=1)
    layer = net.layers[0]
    path = tmp_path / "model.json"
    net.save(path)
    loaded = backend.load(path).layers[0]
    again = type(layer).from_settings(layer.settings())
    for other in (loaded, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer)), again):
        assert type(other) is type(layer)
        assert (repr(other), other.settings()) == (repr(layer), layer.settings())
        assert (other.input_shape, other.output_shape) == (layer.input_shape, layer.output_shape)
        assert (other.l1, other.l2) == (layer.l1, layer.l2)
    assert_same_bits(loaded.rows(), layer.rows())


OPEN = {
    "Conv2D": lambda m: m.Conv2D(None, 3, 2),
    "MaxPool2D": lambda m: m.MaxPool2D(2),
    "AveragePool2D": lambda m: m.AveragePool2D((2, 1)),
    "Flatten": lambda m: m.Flatten(),
    "Dropout": lambda m: m.Dropout(0.5),
    "Recurrent": lambda m: m.Recurrent(None, 3),
    "Dense": lambda m: m.Dense(None, 3),
}


@pytest.mark.parametrize("name", OPEN)
def test_an_open_layer_takes_what_the_layer_before_gives(backend, name):
    layer = OPEN[name](backend)
    assert layer.is_open
    before = dict(vars(layer))
    said = "this layer takes what the layer before it gives, expected one that is part of a network"
    for attribute in ("inputs", "input_shape", "output_shape"):
        with pytest.raises(AttributeError, match=f"^{attribute}: {said}$"):
            getattr(layer, attribute)
    with pytest.raises(
        ValueError, match=r"^layers: layer 0 is .*, expected one that says what its"
    ):
        backend.Network([layer])
    first = backend.Conv2D((1, 5, 4), 2, 2)
    if name == "Recurrent":
        first = backend.Recurrent((4, 2), 3, sequences=True)
    # Refused because of another layer, it is as open as before.
    with pytest.raises(ValueError, match=r"^layers: layer 2 has 1000 inputs, expected \d+, the"):
        backend.Network([first, layer, backend.Dense(1000, 1)])
    with pytest.raises(ValueError, match=r"^loss: "):
        backend.Network([first, layer], "mape")
    assert layer.is_open
    assert vars(layer) == before
    net = backend.Network([first, layer], seed=1)
    assert not layer.is_open
    assert layer.input_shape in (first.output_shape, (first.outputs,))
    assert layer.inputs == first.outputs
    net.feedforward([[0.5] * first.inputs])
    for attribute in ("inputs", "outputs"):
        with pytest.raises(AttributeError, match=f"^{attribute} of a layer cannot be changed$"):
            setattr(layer, attribute, 3)


def test_given_values_wait_for_the_layer_before(backend):
    values = [[1.0, 2], [3, 4], [5, 6]]
    layer = backend.Dense(None, 2, initializer=values, bias_initializer=[7, 8])
    values[0][0] = 100.0  # which the layer has copied
    with pytest.raises(ValueError, match=r"^weights: found 3 rows, expected 4$"):
        backend.Network([backend.Dense(1, 4), layer])
    assert layer.is_open
    backend.Network([backend.Dense(1, 3), layer])
    assert layer.weights == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    assert layer.biases == [7.0, 8.0]


def test_layers_exchanged_later_connect_as_well(backend):
    net = backend.Network([backend.Conv2D((1, 4, 4), 2, 2), backend.Dense(None, 1)], seed=1)
    before = net.layers
    too_large, dense = backend.MaxPool2D(4), backend.Dense(None, 1)
    with pytest.raises(ValueError, match=r"^layers: layer 1, MaxPool2D\(4\), does not fit layer 0"):
        net.layers = [net.layers[0], too_large, dense]
    assert net.layers is before
    assert too_large.is_open
    assert dense.is_open
    net.layers = [net.layers[0], backend.MaxPool2D(3), dense]
    assert (dense.inputs, net.outputs) == (2, 1)
    net.fit([[0.5] * 16], [1.0], epochs=1)


def two(m, *layers, inputs=(1, 6, 6)):
    return m.Network([m.Conv2D(inputs, 2, 3), *layers])


REFUSED = {
    "kernel larger than the image": (
        ValueError,
        "size: found 7 by 3, expected no more than the images, which are 6 by 6",
        lambda m: m.Conv2D((1, 6, 6), 2, (7, 3)),
    ),
    "with padding": (
        ValueError,
        "size: found 3 by 9, expected no more than the images, which are 6 by 6, "
        "8 by 8 with the padding",
        lambda m: m.Conv2D((1, 6, 6), 2, (3, 9), padding=1),
    ),
    "stride 0": (
        ValueError,
        "stride: found 0, expected 1 or more",
        lambda m: m.Conv2D((1, 6, 6), 2, 3, stride=0),
    ),
    "stride of a pool": (
        ValueError,
        "stride: found -1, expected 1 or more",
        lambda m: m.MaxPool2D(2, stride=(1, -1)),
    ),
    "a stride that no image needs": (
        ValueError,
        f"stride: found {2**64}, expected 1 to 16777216",
        lambda m: m.MaxPool2D(2, stride=2**64, inputs=(1, 4, 4)),
    ),
    "padding that fills the memory": (
        ValueError,
        f"inputs with the padding: found {(2**21 + 1) ** 2}, expected 1 to 16777216",
        lambda m: m.Conv2D((1, 1, 1), 1, 1, stride=2**20, padding=2**20),
    ),
    "a pool of too much": (
        ValueError,
        f"inputs: found {2**60}, expected 1 to 16777216",
        lambda m: m.AveragePool2D(2**20, inputs=(2**20, 2**20, 2**20)),
    ),
    "dropout of no shape": (
        ValueError,
        "inputs: found (), expected a number or a shape",
        lambda m: m.Dropout(0.5, inputs=()),
    ),
    "padding below 0": (
        ValueError,
        "padding: found -1, expected 0 or more",
        lambda m: m.Conv2D((1, 6, 6), 2, 3, padding=-1),
    ),
    "padding by another name": (
        ValueError,
        "padding: found 'full', expected a number, a pair, or 'same'",
        lambda m: m.Conv2D((1, 6, 6), 2, 3, padding="full"),
    ),
    "three sizes": (
        ValueError,
        "size: found (1, 2, 3), expected a number, or a pair (vertical, horizontal)",
        lambda m: m.AveragePool2D((1, 2, 3)),
    ),
    "half a size": (
        TypeError,
        "size: found 1.5, expected a whole number",
        lambda m: m.MaxPool2D(1.5),
    ),
    "no filters": (
        ValueError,
        "filters: found 0, expected 1 to 65536",
        lambda m: m.Conv2D((1, 6, 6), 0, 3),
    ),
    "a shape of two": (
        ValueError,
        "inputs: found (6, 6), expected (channels, height, width)",
        lambda m: m.Conv2D((6, 6), 2, 3),
    ),
    "a number as a shape": (
        TypeError,
        "inputs: found 36, expected (channels, height, width)",
        lambda m: m.Conv2D(36, 2, 3),
    ),
    "no rows": (
        ValueError,
        "inputs: height: found 0, expected 1 or more",
        lambda m: m.MaxPool2D(2, inputs=(1, 0, 6)),
    ),
    "pooling that leaves nothing": (
        ValueError,
        "layers: layer 1, MaxPool2D(5), does not fit layer 0, Conv2D((1, 6, 6), 2, 3, 'relu'): "
        "size: found 5 by 5, expected no more than the images, which are 4 by 4",
        lambda m: two(m, m.MaxPool2D(5)),
    ),
    "no image": (
        ValueError,
        "layers: layer 2, Conv2D(None, 1, 2, 'relu'), does not fit layer 1, Flatten(): "
        "found 32 numbers, expected images",
        lambda m: two(m, m.Flatten(), m.Conv2D(None, 1, 2)),
    ),
    "one number is no image": (
        ValueError,
        "layers: layer 1, MaxPool2D(2), does not fit layer 0, Dense(2, 1, 'sigmoid'): "
        "found 1 number, expected images",
        lambda m: m.Network([m.Dense(2, 1), m.MaxPool2D(2)]),
    ),
    "images beyond all measure": (
        ValueError,
        "inputs: found 1000000000000, expected 1 to 16777216",
        lambda m: m.MaxPool2D(2, inputs=(10_000, 10_000, 10_000)),
    ),
    "dropout of nothing": (
        ValueError,
        "inputs: found (), expected a number or a shape",
        lambda m: m.Dropout(0.5, inputs=()),
    ),
    "another image": (
        ValueError,
        "layers: layer 1, Conv2D((4, 4, 2), 1, 2, 'relu'), does not fit layer 0, "
        "Conv2D((1, 6, 6), 2, 3, 'relu'): found inputs (4, 4, 2), expected (2, 4, 4)",
        lambda m: two(m, m.Conv2D((4, 4, 2), 1, 2)),
    ),
    "another number": (
        ValueError,
        "layers: layer 1 has 30 inputs, expected 32, the outputs of layer 0",
        lambda m: two(m, m.Dense(30, 1)),
    ),
    "a row that is no image": (
        ValueError,
        "inputs: row 0 has 35 numbers, expected 36",
        lambda m: two(m, m.Dense(None, 1)).predict([[0.0] * 35]),
    ),
    "softmax of pixels": (
        ValueError,
        "activation: found 'softmax', expected one of sigmoid, tanh, relu, leaky_relu, linear",
        lambda m: m.Conv2D((1, 6, 6), 2, 3, "softmax"),
    ),
    "an activation that nothing would apply": (
        ValueError,
        "activation: found 'relu', expected one of linear",
        lambda m: setattr(m.Flatten(inputs=3), "activation", "relu"),
    ),
    "probabilities that are none": (
        ValueError,
        "activation: found 'softmax', expected one of linear",
        lambda m: setattr(m.Dropout(0.5, inputs=3), "activation", "softmax"),
    ),
    "pooling with a corner of its own": (
        ValueError,
        "activation: found 'leaky_relu', expected one of linear",
        lambda m: setattr(m.MaxPool2D(2), "activation", "leaky_relu"),
    ),
    "everything left out": (
        ValueError,
        "rate: found 1.0, expected 0 or more and less than 1",
        lambda m: m.Dropout(1.0),
    ),
    "less than nothing left out": (
        ValueError,
        "rate: found -0.5, expected 0 or more and less than 1",
        lambda m: m.Dropout(-0.5),
    ),
    "dropout by name": (
        TypeError,
        "rate: found 'half', expected a number",
        lambda m: m.Dropout("half"),
    ),
    "l2 below 0": (
        ValueError,
        "l2: found -1.0, expected 0 or more",
        lambda m: m.Dense(2, 1, l2=-1),
    ),
    "l1 infinite": (
        ValueError,
        "l1: found inf, expected a finite number",
        lambda m: m.Conv2D((1, 6, 6), 2, 3, l1=float("inf")),
    ),
    "l2 of no weights": (
        ValueError,
        "l2: found 0.5 for a MaxPool2D, which has no weights",
        lambda m: setattr(m.MaxPool2D(2), "l2", 0.5),
    ),
    "values of another shape": (
        ValueError,
        "weights[0]: found 1 item, expected 2",
        lambda m: m.Conv2D((2, 6, 6), 1, 1, initializer=[[[[1.0]]]]),
    ),
    "l2 deleted": (
        AttributeError,
        "l2 of a layer cannot be deleted",
        lambda m: delattr(m.Dense(2, 1, l2=0.5), "l2"),
    ),
    "size changed": (
        AttributeError,
        "size of a layer cannot be changed",
        lambda m: setattr(m.Conv2D((1, 6, 6), 2, 3), "size", (2, 2)),
    ),
    "too many outputs": (
        ValueError,
        "outputs: found 16777300, expected 1 to 16777216",
        lambda m: m.Conv2D((1, 1, 167773), 100, 1),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(backend, name):
    error, message, call = REFUSED[name]
    with pytest.raises(error) as raised:
        call(backend)
    assert str(raised.value) == message


def test_penalties_can_be_set_at_any_time(both):
    X, Y = [[0.5, -1.0], [1.0, 2.0]], [[1.0], [0.0]]
    results = []
    for module in both:
        net = module.Network([module.Dense(2, 1, initializer=[[1.0], [-2.0]])], seed=1)
        plain = net.evaluate(X, Y).loss
        net.layers[0].l1 = 0.5
        net.layers[0].l2 = 0.25
        assert net.penalty() == 0.5 * 3.0 + 0.25 * 5.0
        assert net.evaluate(X, Y).loss == plain + 2.75
        gradients = net.backprop(X, Y)[0]
        net.layers[0].l1 = net.layers[0].l2 = 0.0
        without = net.backprop(X, Y)[0]
        assert gradients.weights == [
            [without.weights[0][0] + 0.5 + 0.5],
            [without.weights[1][0] - 0.5 - 1.0],
        ]
        assert gradients.biases == without.biases
        results.append(gradients.weights)
    assert_same_bits(*results)


def test_dropout_leaves_out_in_training_only(both):
    X = [[1.0] * 8 for _ in range(4)]
    seen = []
    for module in both:
        layers = [
            module.Dropout(0.5, inputs=8),
            module.Dense(None, 1, "linear", initializer="zeros"),
        ]
        net = module.Network(layers, seed=2)
        assert net.feedforward(X)[0].a == X
        net.fit(X, [1.0, 2.0, 3.0, 4.0], epochs=1, batch_size=2, shuffle=False)
        first = copy.deepcopy(layers[1].weights)
        # What was left out of both samples of both batches has not moved.
        assert len({row[0] for row in first}) > 2
        again = module.Network(
            [module.Dropout(0.5, inputs=8), module.Dense(None, 1, "linear", initializer="zeros")],
            seed=2,
        )
        again.fit(X, [1.0, 2.0, 3.0, 4.0], epochs=1, batch_size=2, shuffle=False)
        assert_same_bits(again.layers[1].weights, first)
        seen.append(first)
    assert_same_bits(*seen)


def test_the_summary(backend):
    net = backend.Network(
        [
            backend.Conv2D((1, 8, 8), 8, 3, "relu"),
            backend.MaxPool2D(2),
            backend.Flatten(),
            backend.Dropout(0.25),
            backend.Dense(None, 10, "softmax"),
        ],
        loss="categorical_cross_entropy",
        seed=1,
    )
    assert net.summary() == (
        "layer                                  output  parameters\n"
        "0  Conv2D((1, 8, 8), 8, 3, 'relu')  8 x 6 x 6          80\n"
        "1  MaxPool2D(2)                     8 x 3 x 3           0\n"
        "2  Flatten()                               72           0\n"
        "3  Dropout(0.25)                           72           0\n"
        "4  Dense(72, 10, 'softmax')                10         730\n"
        "                                        total         810"
    )


def test_what_drops_out_may_be_decided_by_somebody_else(backend):
    layer = backend.Dropout(0.5)
    net = backend.Network([backend.Dense(2, 4), layer, backend.Dense(4, 1)], seed=1)
    drop, batches = layer.feedforward_in_training, []

    def note_and_drop(inputs, generator):
        batches.append(len(inputs))
        return drop(inputs, generator)

    layer.feedforward_in_training = note_and_drop
    net.fit([[1.0, 2.0], [0.5, 1.0], [0.0, 1.0]], [1.0, 0.0, 0.5], epochs=2, batch_size=2)
    assert batches == [2, 1, 2, 1]
