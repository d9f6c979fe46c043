"""Recordings of convolutions, pooling, dropout, recurrence, optimizers, penalties and clipping."""

import json
import math
import random
import re

import pytest
from bits import assert_same_bits
from test_recording import Reader, check_formulas, compare_parts, computed_names, replayed

import purenet
from purenet import optimizers
from purenet.randomness import batch_generator
from purenet.seeing.recording.formulas import fill
from purenet.seeing.recording.record import record
from purenet.seeing.recording.size import predicted_size

OPTIMIZERS = list(optimizers.OPTIMIZERS)
STRIDE, PADDING = (2, 1), (1, 2)


def rows(count, width, seed=3):
    draw = random.Random(seed)
    return [[draw.uniform(-1.0, 1.0) for _ in range(width)] for _ in range(count)]


def convolutional(module):
    """Two channels of 3 by 4, windows of 3 by 2 in steps of 2 by 1, zeros around: all different."""
    layers = [
        module.Conv2D(
            (2, 3, 4), 2, (3, 2), "tanh", stride=STRIDE, padding=PADDING, bias_initializer="normal"
        ),
        module.MaxPool2D((2, 3), stride=(1, 2)),
        module.Flatten(),
        module.Dense(None, 2, "softmax"),
    ]
    net = module.Network(layers, "categorical_cross_entropy", seed=1)
    return net, rows(2, 24), [0, 1]


def averaged(module):
    layers = [
        module.Conv2D((1, 4, 5), 2, 2, "relu", padding="same", bias=False),
        module.AveragePool2D(2, stride=1),
        module.Conv2D(None, 2, (2, 3), "sigmoid", l1=0.01, l2=0.02),
    ]
    net = module.Network(layers, seed=2)
    return net, rows(2, 20), rows(2, net.outputs, 5)


def pooled(module):
    """A pool first, where several windows share a winner."""
    layers = [
        module.MaxPool2D(2, stride=1, inputs=(2, 3, 4)),
        module.Flatten(),
        module.Dense(None, 1, "sigmoid", l2=0.1),
    ]
    inputs = [[1.0, 1.0, 0.5, -0.0] * 6, [float(k % 5) for k in range(24)]]
    return module.Network(layers, "binary_cross_entropy", seed=3), inputs, [[1.0], [0.0]]


def dropped(module):
    layers = [
        module.Conv2D((1, 4, 4), 2, 3, "leaky_relu"),
        module.Dropout(0.25),
        module.Dense(None, 4, "relu", l1=0.01),
        module.Dropout(0.5),
        module.Dense(None, 1, "linear"),
    ]
    return module.Network(layers, seed=4), rows(2, 16), [[0.5], [-0.5]]


def recurrent(module):
    layers = [
        module.Recurrent((3, 2), 2, "tanh", sequences=True, bias_initializer="normal"),
        module.Recurrent(None, 3, "sigmoid", l1=0.01, l2=0.1),
        module.Dense(None, 1, "sigmoid"),
    ]
    return module.Network(layers, "binary_cross_entropy", seed=5), rows(2, 6), [[1.0], [0.0]]


def last_recurrent(module):
    layers = [module.Dense(2, 6, "tanh"), module.Recurrent((3, 2), 1, "sigmoid", bias=False)]
    return module.Network(layers, "binary_cross_entropy", seed=6), rows(2, 2), [[1.0], [0.0]]


NETWORKS = {
    made.__name__: made
    for made in (convolutional, averaged, pooled, dropped, recurrent, last_recurrent)
}


def named_formulas(reader, step=0):
    """Every formula of a step, in names."""
    by_id = {identity: name for (at, name), identity in reader.ids.items() if at == step}
    found = {}
    for at, name, formula in zip(
        reader.numbers["step"], reader.numbers["name"], reader.numbers["formula"], strict=True
    ):
        if at == step and formula is not None:
            found[name] = fill(
                formula, lambda each: by_id.get(each) or reader.operations["value"][each]
            )
    return found


def folded(values):
    """The numbers of nested lists, row by row."""
    if not isinstance(values, list):
        return [values]
    return [number for each in values for number in folded(each)]


def fitted(name, module, epochs, **options):
    net, inputs, targets = NETWORKS[name](module)
    history = net.fit(inputs, targets, epochs=epochs, shuffle=False, **options)
    return net, history


# The bits.


@pytest.mark.parametrize("name", NETWORKS)
def test_a_recorded_step_has_the_bits_of_training(backend, name):
    net, inputs, targets = NETWORKS[name](backend)
    before = net.digest()
    recording = record(net, inputs, targets, 0.5, steps=2)
    assert net.digest() == before
    reader = Reader(recording)
    values = replayed(reader)
    assert_same_bits(values, reader.values)
    assert check_formulas(reader) == reader.data["meta"]["counts"]["numbers"]
    random_layers = any(layer.is_random for layer in net.layers)
    outputs = net.feedforward(inputs)
    gradients = net.backprop(inputs, targets)
    trained, history = fitted(name, backend, 1, learning_rate=0.5)
    meta = reader.data["meta"]
    assert meta["digests"][0] == trained.digest()
    assert meta["losses"][0] == repr(history.loss[0])
    assert_same_bits(reader.value("L"), history.loss[0])
    # A second step is the first batch of the next epoch only where nothing is drawn.
    if random_layers:
        return
    assert meta["digests"][1] == fitted(name, backend, 2, learning_rate=0.5)[0].digest()
    names = {matrix["name"] for matrix in reader.data["matrices"]}
    for number, (layer, output, gradient) in enumerate(
        zip(net.layers, outputs, gradients, strict=True), 1
    ):
        assert_same_bits(reader.matrix(f"a{number}"), [list(row) for row in output.a])
        if f"delta{number}" in names:
            assert_same_bits(reader.matrix(f"delta{number}"), [list(r) for r in gradient.delta])
        symbols = {"weights": "W", "recurrent_weights": "U", "biases": "b"}
        for parameter in layer.PARAMETERS:
            values = getattr(gradient, parameter)
            if values is not None:
                found = reader.matrix(f"dL/d{symbols[parameter]}{number}")
                assert_same_bits(folded(found), folded(values))
                after = getattr(trained.layers[number - 1], parameter)
                found = reader.matrix(f"{symbols[parameter]}{number}'")
                assert_same_bits(folded(found), folded(after))


def test_both_backends_give_the_same_recording(both):
    for make in NETWORKS.values():
        one, other = (
            record(*make(module), 0.5, optimizer="adam", clip_norm=0.25).data for module in both
        )
        assert (one["meta"].pop("backend"), other["meta"].pop("backend")) == ("pure", "fast")
        assert one == other


@pytest.mark.parametrize("name", NETWORKS)
def test_a_recorded_layer_is_that_part_of_the_whole(name):
    net, inputs, targets = NETWORKS[name](purenet)
    whole = Reader(record(net, inputs, targets, 0.5))
    computed = set()
    for layer in range(len(net.layers)):
        part = Reader(record(net, inputs, targets, 0.5, layer=layer))
        assert_same_bits(replayed(part), part.values)
        check_formulas(part)
        compare_parts(whole, part)
        assert not computed & computed_names(part)
        computed |= computed_names(part)
        assert part.data["meta"]["digests"] == whole.data["meta"]["digests"]
    # What large weights cost belongs to the loss of all layers.
    penalties = {(0, "penalty1"), (0, "penalty2"), (0, "penalty3")}
    assert computed | penalties == computed_names(whole) | penalties


@pytest.mark.parametrize("name", NETWORKS)
def test_the_predicted_size_is_never_much_too_small_or_large(name):
    net, inputs, targets = NETWORKS[name](purenet)
    for optimizer in (None, purenet.Adam()):
        recording = record(net, inputs, targets, optimizer=optimizer)
        operations = recording.data["meta"]["counts"]["operations"]
        predicted = predicted_size(net, len(inputs), optimizer=optimizer)
        assert operations <= predicted <= 1.35 * operations


# Images: names, windows, winners.


def test_the_formula_of_a_convolution_names_the_window():
    net, inputs, targets = convolutional(purenet)
    reader = Reader(record(net, inputs, targets))
    formulas = named_formulas(reader)
    height, width = 3, 4
    filters, high, wide = net.layers[0].output_shape
    for i in range(2):
        for f in range(filters):
            for y in range(high):
                for x in range(wide):
                    terms = []
                    for c in range(2):
                        for dy in range(3):
                            for dx in range(2):
                                row = y * STRIDE[0] + dy - PADDING[0]
                                column = x * STRIDE[1] + dx - PADDING[1]
                                inside = 0 <= row < height and 0 <= column < width
                                pixel = f"x[{i}][{c}][{row}][{column}]" if inside else "0.0"
                                terms.append(f"{pixel} * W1[{f}][{c}][{dy}][{dx}]")
                    expected = f"{' + '.join(terms)} + b1[{f}]"
                    found = formulas[f"z1[{i}][{f}][{y}][{x}]"]
                    assert found.removeprefix("0.0 + ") == expected.removeprefix("0.0 + ")


def test_the_gradients_of_a_convolution_name_pixels_and_errors():
    net, inputs, targets = convolutional(purenet)
    formulas = named_formulas(Reader(record(net, inputs, targets)))
    _, high, wide = net.layers[0].output_shape
    f, c, dy, dx = 1, 1, 0, 1
    terms = []
    for i in range(2):
        for y in range(high):
            for x in range(wide):
                row, column = y * STRIDE[0] + dy - PADDING[0], x * STRIDE[1] + dx - PADDING[1]
                inside = 0 <= row < 3 and 0 <= column < 4
                pixel = f"x[{i}][{c}][{row}][{column}]" if inside else "0.0"
                terms.append(f"{pixel} * delta1[{i}][{f}][{y}][{x}]")
    found = formulas[f"dL/dW1[{f}][{c}][{dy}][{dx}]"]
    assert found.removeprefix("0.0 + ") == " + ".join(terms)
    errors = [
        f"delta1[{i}][1][{y}][{x}]" for i in range(2) for y in range(high) for x in range(wide)
    ]
    assert formulas["dL/db1[1]"].removeprefix("0.0 + ") == " + ".join(errors)


def test_the_error_of_a_pixel_comes_from_the_windows_over_it():
    net, inputs, targets = averaged(purenet)
    formulas = named_formulas(Reader(record(net, inputs, targets)))
    filters, high, wide = net.layers[2].output_shape
    channels, height, width = net.layers[1].output_shape
    for c in range(channels):
        for y in range(height):
            for x in range(width):
                terms = [
                    f"delta3[1][{f}][{y - dy}][{x - dx}] * W3[{f}][{c}][{dy}][{dx}]"
                    for f in range(filters)
                    for dy in range(2)
                    for dx in range(3)
                    if 0 <= y - dy < high and 0 <= x - dx < wide
                ]
                found = formulas[f"dL/da2[1][{c}][{y}][{x}]"]
                assert found.removeprefix("0.0 + ") == " + ".join(terms)
    assert formulas["a2[0][1][1][2]"] == (
        "(a1[0][1][1][2] + a1[0][1][1][3] + a1[0][1][2][2] + a1[0][1][2][3]) / 4"
    )


def test_pooling_names_the_winner():
    net, inputs, targets = convolutional(purenet)
    reader = Reader(record(net, inputs, targets))
    formulas = named_formulas(reader)
    images = net.feedforward(inputs)[0].a
    channels, high, wide = net.layers[1].output_shape
    _, height, width = net.layers[1].input_shape
    won = {}
    for i in range(2):
        for c in range(channels):
            for y in range(high):
                for x in range(wide):
                    window = [(y + dy, 2 * x + dx) for dy in range(2) for dx in range(3)]
                    row, column = max(
                        window, key=lambda at: images[i][(c * height + at[0]) * width + at[1]]
                    )
                    winner = f"[{i}][{c}][{row}][{column}]"
                    assert formulas[f"a2[{i}][{c}][{y}][{x}]"] == f"a1{winner}"
                    won.setdefault(winner, []).append(f"dL/da2[{i}][{c}][{y}][{x}]")
    for name, formula in formulas.items():
        if name.startswith("dL/da1["):
            expected = " + ".join(won.get(name.removeprefix("dL/da1"), ["0.0"]))
            assert formula.removeprefix("0.0 + ") == expected
    assert any(len(errors) > 1 for errors in won.values())


def test_of_equal_numbers_the_first_wins():
    formulas = named_formulas(Reader(record(*pooled(purenet))))
    assert formulas["a1[0][0][0][0]"] == "x[0][0][0][0]"
    assert formulas["a2[0][7]"] == "a1[0][1][0][1]"
    assert formulas["a1[0][1][0][1]"] == "x[0][1][0][1]"


def test_images_are_folded_in_the_json():
    net, inputs, targets = convolutional(purenet)
    data = record(net, inputs, targets).data
    matrices = {matrix["name"]: matrix for matrix in json.loads(json.dumps(data))["matrices"]}
    assert matrices["x"]["folded"] == [2, 2, 3, 4]
    assert matrices["x"]["folded_axes"] == ["sample", "channel", "row", "column"]
    assert matrices["x"]["shape"] == [2, 24]
    assert matrices["W1'"]["folded"] == [2, 2, 3, 2]
    assert matrices["W1"]["folded_axes"] == ["filter", "channel", "row", "column"]
    assert "folded" not in matrices["a3"] and "folded" not in matrices["b1"]
    assert data["meta"]["network"]["layers"][1]["settings"]["stride"] == [1, 2]
    for place, name in enumerate(data["numbers"]["name"]):
        matrix = data["matrices"][data["numbers"]["matrix"][place]]
        if "folded" in matrix:
            index = [int(each) for each in re.findall(r"\[(\d+)\]", name)]
            number = 0
            for size, each in zip(matrix["folded"], index, strict=True):
                number = number * size + each
            row, column = data["numbers"]["row"][place], data["numbers"]["column"][place]
            assert number == row * matrix["shape"][1] + column


# Dropout.


def test_dropout_shows_its_mask_and_carries_on_from_the_epoch():
    net, inputs, targets = dropped(purenet)
    net.fit(inputs, targets, epochs=3, learning_rate=0.01, shuffle=False)
    reader = Reader(record(net, inputs, targets, 0.01))
    formulas = named_formulas(reader)
    for number, rate in ((2, 0.25), (4, 0.5)):
        generator = batch_generator(net.seed, 3, 0, number - 1)
        width = net.layers[number - 1].outputs
        mask = [
            [0.0 if generator.random() < rate else 1.0 / (1.0 - rate) for _ in range(width)]
            for _ in inputs
        ]
        assert_same_bits(reader.matrix(f"mask{number}"), mask)
        for name, formula in formulas.items():
            if name.startswith(f"a{number}["):
                place = name.removeprefix(f"a{number}")
                assert formula == f"a{number - 1}{place} * mask{number}{place}"
            if name.startswith(f"delta{number}["):
                place = name.removeprefix(f"delta{number}")
                assert formula == f"dL/da{number}{place} * mask{number}{place}"
            if name.startswith(f"mask{number}["):
                assert formula in ("0.0", f"scale{number}")
    assert formulas["scale2"] == "1.0 / (1.0 - rate2)"
    history = net.fit(inputs, targets, epochs=1, learning_rate=0.01, shuffle=False)
    assert reader.data["meta"]["digests"] == [net.digest()]
    assert reader.data["meta"]["losses"] == [repr(history.loss[0])]


# Recurrence.


def test_every_step_of_a_recurrent_layer_has_its_formula():
    net, inputs, targets = recurrent(purenet)
    reader = Reader(record(net, inputs, targets))
    formulas = named_formulas(reader)
    for t in range(3):
        before = [f"states1[1][{t - 1}][{k}]" if t else "0.0" for k in range(2)]
        expected = " + ".join(
            [*(f"x[1][{t}][{k}] * W1[{k}][1]" for k in range(2))]
            + [f"{before[k]} * U1[{k}][1]" for k in range(2)]
            + ["b1[1]"]
        )
        assert formulas[f"z1[1][{t}][1]"].removeprefix("0.0 + ") == expected
        assert formulas[f"states1[1][{t}][1]"] == f"tanh(z1[1][{t}][1])"
        assert formulas[f"a1[1][{t}][1]"] == f"states1[1][{t}][1]"
    assert formulas["a2[0][2]"] == "states2[0][2][2]"
    assert formulas["delta2[0][2][2]"] == "delta_out2[0][2]"
    flows = " + ".join(f"delta_out2[0][{j}] * U2[1][{j}]" for j in range(3))
    assert formulas["delta2[0][1][1]"] == (
        f"({flows}) * (states2[0][1][1] * (1.0 - states2[0][1][1]))"
    )
    assert formulas["delta1[0][1][0]"].startswith("delta_out1[0][1][0] + (")
    samples = [(i, t) for i in range(2) for t in range(3)]
    shares = [f"a1[{i}][{t}][1] * delta2[{i}][{t}][2]" for i, t in samples]
    assert formulas["dL/dW2[1][2]"].removeprefix("0.0 + ") == (
        " + ".join(shares) + f" + l1_2 * {sign_of(net.layers[1].weights[1][2])}"
        " + 2.0 * l2_2 * W2[1][2]"
    )
    shares = [
        f"{f'states2[{i}][{t - 1}][0]' if t else '0.0'} * delta2[{i}][{t}][2]" for i, t in samples
    ]
    assert (
        formulas["dL/dU2[0][2]"]
        .removeprefix("0.0 + ")
        .startswith(" + ".join(shares).removeprefix("0.0 + "))
    )
    flows = " + ".join(f"delta2[1][0][{j}] * W2[1][{j}]" for j in range(3))
    assert formulas["dL/da1[1][0][1]"].removeprefix("0.0 + ") == flows


def sign_of(weight):
    return "1.0" if weight > 0.0 else "(-1.0)"


# Optimizers.

EXPECTED = {
    "momentum": {
        "velocity_W1'": "momentum * velocity_W1[{k}] + dL/dW1[{k}]",
        "W1'": "W1[{k}] - learning_rate * velocity_W1'[{k}]",
    },
    "nesterov": {
        "velocity_W1'": "momentum * velocity_W1[{k}] + dL/dW1[{k}]",
        "W1'": "W1[{k}] - learning_rate * (dL/dW1[{k}] + momentum * velocity_W1'[{k}])",
    },
    "adagrad": {
        "total_W1'": "total_W1[{k}] + dL/dW1[{k}] * dL/dW1[{k}]",
        "W1'": "W1[{k}] - learning_rate * dL/dW1[{k}] / (sqrt(total_W1'[{k}]) + epsilon)",
    },
    "rmsprop": {
        "average_W1'": "decay * average_W1[{k}] + (1.0 - decay) * dL/dW1[{k}] * dL/dW1[{k}]",
        "W1'": "W1[{k}] - learning_rate * dL/dW1[{k}] / (sqrt(average_W1'[{k}]) + epsilon)",
    },
    "adam": {
        "first_moment_W1'": "beta1 * first_moment_W1[{k}] + (1.0 - beta1) * dL/dW1[{k}]",
        "second_moment_W1'": (
            "beta2 * second_moment_W1[{k}] + (1.0 - beta2) * dL/dW1[{k}] * dL/dW1[{k}]"
        ),
        "W1'": (
            "W1[{k}] - rate_W1 * first_moment_W1'[{k}] / (sqrt(second_moment_W1'[{k}]) + small_W1)"
        ),
    },
}
EXPECTED["adamw"] = EXPECTED["adam"] | {
    "W1'": (
        "W1[{k}] * left_W1 - rate_W1 * first_moment_W1'[{k}] "
        "/ (sqrt(second_moment_W1'[{k}]) + small_W1)"
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_takes_its_step_with_its_memory(name):
    net, inputs, targets = convolutional(purenet)
    recording = record(net, inputs, targets, steps=2, optimizer=name)
    meta = recording.data["meta"]
    for epochs in (1, 2):
        trained, _ = fitted("convolutional", purenet, epochs, optimizer=name)
        assert meta["digests"][epochs - 1] == trained.digest()
    assert float(meta["learning_rate"]) == optimizers.OPTIMIZERS[name].usual_rate
    reader = Reader(recording)
    assert_same_bits(replayed(reader), reader.values)
    assert check_formulas(reader) == meta["counts"]["numbers"]
    formulas = named_formulas(reader, 1)
    place = "1][1][0][1"
    for matrix, formula in EXPECTED.get(name, {}).items():
        assert formulas[f"{matrix}[{place}]"] == formula.format(k=place), matrix
    if name.startswith("adam"):
        assert formulas["beta1_power_W1'"] == "beta1_power_W1 * beta1"
        assert formulas["root_b4"] == "sqrt(1.0 - beta2_power_b4')"
        assert formulas["rate_b4"] == "learning_rate * root_b4 / (1.0 - beta1_power_b4')"
        assert formulas["small_b4"] == "epsilon * root_b4"
        matrices = {(m["name"], m["step"]): m for m in recording.data["matrices"]}
        given = [matrices["second_moment_W1", step]["given"] for step in (0, 1)]
        assert given == ["setting", "carried"]


def test_an_optimizer_carries_on_where_the_training_has_stopped(backend):
    net, inputs, targets = recurrent(backend)
    net.fit(inputs, targets, epochs=3, optimizer="adam")
    recording = record(net, inputs, targets, optimizer="adam", steps=2)
    fresh = record(net, inputs, targets, optimizer=purenet.Adam(0.8))
    reader = Reader(recording)
    assert reader.value("beta1_power_W1") == 0.9 * 0.9 * 0.9
    assert Reader(fresh).value("beta1_power_W1") == 1.0
    for digest in recording.data["meta"]["digests"]:
        net.fit(inputs, targets, epochs=1, optimizer="adam")
        assert net.digest() == digest


def test_penalties_are_in_the_loss_and_in_the_slopes():
    net, inputs, targets = averaged(purenet)
    reader = Reader(record(net, inputs, targets))
    formulas = named_formulas(reader)
    assert formulas["L"] == "(loss[0] + loss[1]) / count + penalty3"
    assert_same_bits(reader.value("penalty3"), net.penalty())
    assert_same_bits(reader.value("L"), net.evaluate(inputs, targets).loss)
    weight = net.layers[2].weights[1][0][1][2]
    end = f" + l1_3 * {sign_of(weight)} + 2.0 * l2_3 * W3[1][0][1][2]"
    assert formulas["dL/dW3[1][0][1][2]"].endswith(end)
    names = {matrix["name"] for matrix in reader.data["matrices"]}
    assert "penalty1" not in names and "l1_1" not in names
    assert not any("l2_3" in formula for name, formula in formulas.items() if "db3" in name)


@pytest.mark.parametrize(
    "clipping",
    [
        {"clip_value": 0.02},
        {"clip_norm": 0.05},
        {"clip_norm": 1e9},
        {"clip_value": 0.05, "clip_norm": 0.1},
    ],
    ids=["value", "norm", "long", "both"],
)
def test_clipping_has_names_and_formulas(clipping):
    net, inputs, targets = recurrent(purenet)
    recording = record(net, inputs, targets, 0.5, steps=2, **clipping)
    for epochs in (1, 2):
        trained, _ = fitted("recurrent", purenet, epochs, learning_rate=0.5, **clipping)
        assert recording.data["meta"]["digests"][epochs - 1] == trained.digest()
    reader = Reader(recording)
    assert_same_bits(replayed(reader), reader.values)
    assert check_formulas(reader) == recording.data["meta"]["counts"]["numbers"]
    formulas = named_formulas(reader)
    assert formulas["W1'[0][1]"] == "W1[0][1] - learning_rate * clipped_W1[0][1]"
    clipped = [formula for name, formula in formulas.items() if name.startswith("clipped_")]
    if clipping == {"clip_value": 0.02}:
        assert {"clip_value", "-clip_value"} <= set(clipped)
        assert any(formula.startswith("dL/d") for formula in clipped)
    elif clipping == {"clip_norm": 1e9}:
        assert all(formula.startswith("dL/d") and " " not in formula for formula in clipped)
    else:
        assert formulas["coefficient"] == "clip_norm / (norm + 1e-06)"
        assert all(formula.endswith(" * coefficient") for formula in clipped)
    if "clip_norm" in clipping:
        slopes = math.sqrt(
            sum(
                max(min(value, limit), -limit) ** 2
                for limit in [clipping.get("clip_value", math.inf)]
                for gradient, layer in zip(net.backprop(inputs, targets), net.layers, strict=True)
                for parameter in layer.PARAMETERS
                for value in folded(getattr(gradient, parameter))
            )
        )
        assert reader.value("norm") == pytest.approx(slopes, rel=1e-12)
    phases = [phase["phase"] for phase in recording.data["phases"]]
    assert phases.count("clip") == 2 and phases.index("clip") == phases.index("update") - 1
    part = Reader(record(net, inputs, targets, 0.5, steps=2, layer=1, **clipping))
    assert part.data["meta"]["digests"] == recording.data["meta"]["digests"]
    check_formulas(part)


def test_a_network_without_parameters_has_nothing_to_clip():
    layers = [purenet.AveragePool2D(2, inputs=(1, 2, 4)), purenet.Flatten(), purenet.Dropout(0.5)]
    recording = record(purenet.Network(layers, seed=1), rows(1, 8), [[1.0, 0.0]], clip_norm=0.1)
    phases = [phase["phase"] for phase in recording.data["phases"]]
    assert "clip" not in phases and "update" not in phases


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_unit_by_itself_has_its_part_of_the_step_or_is_refused(name):
    layers = [purenet.Dense(3, 4, "tanh"), purenet.Dense(4, 2, "sigmoid", l2=0.1)]
    net = purenet.Network(layers, seed=1)
    inputs, targets = rows(2, 3), [[1.0, 0.0], [0.0, 1.0]]
    options = {"optimizer": name, "steps": 2, "clip_norm": 0.1}
    with pytest.raises(ValueError, match="unit: with a penalty on the weights a unit cannot"):
        record(net, inputs, targets, layer=1, unit=0, **options)
    if name in ("rmsprop", "adam", "adamw"):
        kind = optimizers.OPTIMIZERS[name].__name__
        with pytest.raises(ValueError, match=f"unit: with {kind} a unit cannot be shown by itself"):
            record(net, inputs, targets, layer=0, unit=1, **options)
        return
    whole = Reader(record(net, inputs, targets, layer=0, **options))
    part = Reader(record(net, inputs, targets, layer=0, unit=1, **options))
    assert_same_bits(replayed(part), part.values)
    check_formulas(part)
    compare_parts(whole, part)
    assert (1, "W1'[2][1]") in computed_names(part)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"optimizer": "adamw2"}, ValueError, "optimizer: found 'adamw2', expected one of"),
        ({"clip_norm": 0.0}, ValueError, "clip_norm: found 0.0, expected more than 0"),
        ({"clip_value": "1"}, TypeError, "clip_value: found '1'"),
    ],
)
def test_unusable_arguments_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        record(*convolutional(purenet), **options)


# On paper.


@pytest.mark.parametrize(
    ("name", "grain"), [*((name, None) for name in NETWORKS), ("recurrent", "operation")]
)
def test_the_text_fits_and_speaks_of_what_the_layers_do(name, grain):
    net, inputs, targets = NETWORKS[name](purenet)
    text = purenet.explain(net, inputs, targets, grain=grain, optimizer="adam")
    assert max(map(len, text.splitlines())) <= 80
    assert "{" not in text and "None" not in text
    page = purenet.explain(net, inputs, targets, grain=grain, format="markdown")
    assert "{" not in re.sub(r"```math.*?```", "", page, flags=re.DOTALL)
    words = " ".join(text.split())
    for kind, said in {
        "Conv2D": "window of each filter",
        "MaxPool2D": "the largest number wins",
        "AveragePool2D": "the mean is passed on",
        "Flatten": "as one row of numbers",
        "Dropout": "What chance leaves out",
        "Recurrent": "the state of the step before",
    }.items():
        there = any(type(layer).__name__ == kind for layer in net.layers)
        assert (said in words) == there
    assert "The second moment: a mean of the squares" in words


def test_sentences_name_the_number_and_its_place():
    from purenet.seeing.paper.worked import Worked

    net, inputs, targets = convolutional(purenet)
    worked = Worked(record(net, inputs, targets), "number")
    names = worked.numbers["name"]
    for name, said in {
        "z1[1][0][1][2]": "Sample 1: the window of filter 0 stands at place 1, 2.",
        "dL/dW1[1][0][2][1]": "How the loss changes with W1[1][0][2][1]: the pixels",
        "W1[1][0][2][1]": "What filter 1 multiplies the pixel by that lies under row 2, column 1",
        "W1'[1][0][2][1]": "W1[1][0][2][1] takes a step against its slope",
        "a1[0][1][1][3]": "tanh squeezes z1[0][1][1][3] into",
        "a2[1][1][0][2]": "The largest under the window at place 0, 2 of channel 1.",
    }.items():
        assert worked.sentence(names.index(name)).startswith(said)


def test_of_large_matrices_one_window_is_worked_unless_all_are_wanted():
    net, inputs, targets = convolutional(purenet)
    short, whole = (
        purenet.explain(net, inputs, targets, grain=grain) for grain in (None, "number")
    )
    assert len(re.findall(r"^z1\[\d\]\[\d\]\[\d\]\[\d\] =", short, re.MULTILINE)) == 1
    outputs = net.layers[0].outputs
    assert len(re.findall(r"^z1\[\d\]\[\d\]\[\d\]\[\d\] =", whole, re.MULTILINE)) == 2 * outputs
    # The one that is worked lies on the image, not on the zeros around it.
    worked = re.search(r"^z1\[0\]\[0\]\[0\]\[2\] = (.*?)= ", short, re.MULTILINE | re.DOTALL)
    assert worked[1].count("x[0]") == 8
    assert re.search(r"^z1\[1\]\[1\] ≈$", short, re.MULTILINE)
    plain = purenet.Network([purenet.Dense(12, 10, "tanh"), purenet.Dense(10, 1)], seed=1)
    text = purenet.explain(plain, rows(1, 12), [[1.0]])
    assert text == purenet.explain(plain, rows(1, 12), [[1.0]], grain="number")


def test_a_step_on_a_digit_can_be_explained_and_one_on_a_large_image_is_refused():
    def network(side):
        layers = [
            purenet.Conv2D((1, side, side), 8, 3, "relu"),
            purenet.MaxPool2D(2),
            purenet.Flatten(),
            purenet.Dropout(0.25),
            purenet.Dense(None, 10, "softmax"),
        ]
        return purenet.Network(layers, "categorical_cross_entropy", seed=1)

    text = purenet.explain(network(8), rows(1, 64), [3], optimizer="adam")
    operations = text.recording.data["meta"]["counts"]["operations"]
    assert 20_000 < operations < 40_000
    assert len(text.splitlines()) < 5_000
    with pytest.raises(ValueError, match=r"about [\d,]+ operations, the limit is 100,000"):
        purenet.explain(network(28), rows(1, 784), [3])
    with pytest.raises(ValueError, match=r"the limit is 20,000"):
        purenet.explain(network(8), rows(1, 64), [3], optimizer="adam", limit=20_000)


def test_mathematics_of_every_layer_and_optimizer():
    from purenet.seeing.paper.markdown import latex

    for name, make in NETWORKS.items():
        for optimizer in OPTIMIZERS if name == "last_recurrent" else ["adam"]:
            data = record(*make(purenet), optimizer=optimizer, clip_value=0.1).data
            for matrix in data["matrices"]:
                if matrix["formula"] is not None:
                    formula = latex(matrix["formula"])
                    assert formula.isascii(), (name, formula)
                    rest = re.sub(r"\\(?:text|mathrm)\{[^}]*\}", "", formula)
                    rest = re.sub(r"\\[a-z]+", "", rest)
                    assert not re.search(r"[A-Za-z]{2,}", rest), (matrix["name"], formula)
