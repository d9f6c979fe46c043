"""``train`` with layers of all kinds, optimizers, schedules and penalties."""

import random

import pytest
from shell import Shell

import purenet
from purenet.commands import step
from purenet.walkthroughs import network_of

# A recipe without anything to be found out; the options under test come after it.
KNOWN = ["--epochs", "2", "--batch-size", "16", "--activation", "tanh"]
KNOWN += ["--learning-rate", "0.1", "--l2", "0"]


@pytest.fixture
def shell(capsys, tmp_path):
    return Shell(capsys, tmp_path)


@pytest.fixture
def train(shell, backend):
    """Train on a table for an epoch or so, without a row kept out; return the network and text."""

    def run(data, *options):
        path = shell.path("m.json")
        known = ["--target", "kind", "--out", path, "--test", "0", *KNOWN]
        text = shell.succeed("train", data, *known, "--backend", backend.BACKEND, *options)
        return backend.load(path).prepared_network, text

    return run


def table(columns, rows=12, classes=3):
    """Return the text of a table with random columns and a class for each row."""
    generator = random.Random(7)
    lines = [",".join([f"c{j}" for j in range(columns)]) + ",kind"]
    for number in range(rows):
        cells = [f"{generator.gauss(number % classes, 1):.3f}" for _ in range(columns)]
        lines.append(",".join([*cells, "abc"[number % classes]]))
    return "\n".join(lines) + "\n"


@pytest.fixture
def pictures(shell):
    return shell.write("pictures.csv", table(16))


@pytest.fixture
def rows(shell):
    return shell.write("rows.csv", table(6))


def trained(backend, path, layers, **options):
    """Return the digest of a network that is trained on a whole table without the command."""
    found = purenet.read_csv(path, "kind")
    preparation = purenet.Preparation.from_table(found)
    network = backend.Network(layers, "categorical_cross_entropy", seed=1)
    inputs, targets = preparation.inputs(found), preparation.targets(found)
    network.fit(inputs, targets, epochs=2, batch_size=16, **options)
    return network.digest()


def test_layers_for_pictures(backend, train, pictures):
    text = "conv 3x3x2 relu padding same, pool 2, conv 2x1x3 stride 1x2, dense 5 sigmoid, 4"
    network, said = train(pictures, "--layers", text)
    assert list(map(repr, network.layers)) == [
        "Conv2D((1, 4, 4), 2, 3, 'relu', padding='same')",
        "MaxPool2D(2)",
        "Conv2D((2, 2, 2), 3, (2, 1), 'tanh', stride=(1, 2))",
        "Dense(3, 5, 'sigmoid')",
        "Dense(5, 4, 'tanh')",
        "Dense(4, 3, 'softmax')",
    ]
    assert "\neach row is an image of 1x4x4 numbers (channels, height, width)\n" in said
    layers = [
        backend.Conv2D((1, 4, 4), 2, 3, "relu", padding="same"),
        backend.MaxPool2D(2),
        backend.Conv2D(None, 3, (2, 1), "tanh", stride=(1, 2)),
        backend.Dense(None, 5, "sigmoid"),
        backend.Dense(None, 4, "tanh"),
        backend.Dense(None, 3, "softmax"),
    ]
    assert network.digest() == trained(backend, pictures, layers, learning_rate=0.1)


@pytest.mark.parametrize(
    ("layers", "image", "expected"),
    [
        (
            "conv 1x2x3",
            "2x2x4",
            ["Conv2D((2, 2, 4), 3, (1, 2), 'tanh')", "Dense(18, 3, 'softmax')"],
        ),
        ("averagepool 1x2", "1x2x8", ["AveragePool2D((1, 2))", "Dense(8, 3, 'softmax')"]),
        (
            "dropout 0.5, maxpool 2 stride 1, flatten, 4 relu",
            "1X4x4",
            ["Dropout(0.5)", "MaxPool2D(2, stride=1)", "Flatten()", "Dense(9, 4, 'relu')"],
        ),
    ],
)
def test_the_shape_of_pictures(train, pictures, layers, image, expected):
    network, said = train(pictures, "--layers", layers, "--image", image)
    found = list(map(repr, network.layers))
    assert found[: len(expected)] == expected
    assert f"an image of {image.lower()} numbers" in said
    assert network.layers[0].input_shape == tuple(map(int, image.lower().split("x")))


def test_sequences(backend, train, rows):
    network, said = train(rows, "--layers", "recurrent 4 sequences, recurrent 3", "--steps", "2")
    assert [layer.output_shape for layer in network.layers] == [(2, 4), (3,), (3,)]
    assert network.layers[0].input_shape == (2, 3)
    assert "\neach row is a sequence of 2x3 numbers (steps, numbers a step)\n" in said
    network, said = train(rows, "--layers", "recurrent 4")
    assert network.layers[0].input_shape == (6, 1)
    layers = [backend.Recurrent((6, 1), 4, "tanh"), backend.Dense(None, 3, "softmax")]
    assert network.digest() == trained(backend, rows, layers, learning_rate=0.1)


def test_nothing_is_said_of_plain_rows_or_if_quiet(train, pictures):
    assert "each row" not in train(pictures, "--layers", "dense 3")[1]
    assert train(pictures, "--layers", "conv 3x3x2", "--quiet")[1] == ""


def test_dropout_follows_each_hidden_layer(train, pictures):
    network, _ = train(pictures, "--layers", "conv 2x2x2, pool 2, dense 5, 4", "--dropout", "0.25")
    assert [type(layer).__name__ for layer in network.layers] == [
        "Conv2D",
        "MaxPool2D",
        "Dropout",
        "Dense",
        "Dropout",
        "Dense",
        "Dropout",
        "Dense",
    ]
    assert {layer.rate for layer in network.layers if hasattr(layer, "rate")} == {0.25}


def test_penalties_reach_all_weights(backend, train, pictures):
    options = ["--layers", "conv 2x2x2 relu, dense 4", "--l1", "0.01", "--l2", "0.001"]
    network, _ = train(pictures, *options)
    assert {(layer.l1, layer.l2) for layer in network.layers} == {(0.01, 0.001)}
    layers = [
        backend.Conv2D((1, 4, 4), 2, 2, "relu", l1=0.01, l2=0.001),
        backend.Dense(None, 4, "tanh", l1=0.01, l2=0.001),
        backend.Dense(None, 3, "softmax", l1=0.01, l2=0.001),
    ]
    assert network.digest() == trained(backend, pictures, layers, learning_rate=0.1)


OPTIMIZERS = [
    ([], {"learning_rate": 0.1}),
    (["--optimizer", "gradient_descent"], {"learning_rate": 0.1}),
    (
        ["--optimizer", "adam", "--learning-rate", "0.001"],
        {"optimizer": "adam", "learning_rate": 0.001},
    ),
    (
        ["--optimizer", "nesterov", "--learning-rate", "0.01"],
        {"optimizer": "nesterov", "learning_rate": 0.01},
    ),
    (
        ["--optimizer", "rmsprop", "--learning-rate", "0.02"],
        {"optimizer": "rmsprop", "learning_rate": 0.02},
    ),
    (["--clip-norm", "0.01"], {"learning_rate": 0.1, "clip_norm": 0.01}),
]


@pytest.mark.parametrize(("options", "arguments"), OPTIMIZERS)
def test_optimizers(backend, train, rows, options, arguments):
    network, _ = train(rows, "--layers", "3", *options)
    layers = [backend.Dense(6, 3, "tanh"), backend.Dense(3, 3, "softmax")]
    assert network.digest() == trained(backend, rows, layers, **arguments)


SCHEDULES = [
    ("step 1", purenet.StepDecay(0.1, 1)),
    ("step 1 0.25", purenet.StepDecay(0.1, 1, 0.25)),
    ("exponential 0.5", purenet.ExponentialDecay(0.1, 0.5)),
    ("Cosine", purenet.CosineDecay(0.1, 2)),
    ("cosine 0.01", purenet.CosineDecay(0.1, 2, 0.01)),
    ("inverse 0.5", purenet.InverseTimeDecay(0.1, 0.5)),
    ("plateau", purenet.ReduceOnPlateau(0.1)),
    ("plateau 0 0.5", purenet.ReduceOnPlateau(0.1, 0.5, 0)),
    ("warm-up 1", purenet.WarmUp(1, 0.1)),
    ("warm-up 1, cosine", purenet.WarmUp(1, purenet.CosineDecay(0.1, 1))),
]


@pytest.mark.parametrize(("text", "schedule"), SCHEDULES)
def test_schedules(backend, train, rows, text, schedule):
    network, _ = train(rows, "--layers", "3", "--schedule", text)
    layers = [backend.Dense(6, 3, "tanh"), backend.Dense(3, 3, "softmax")]
    assert network.digest() == trained(backend, rows, layers, learning_rate=schedule)


def test_the_file_keeps_the_network_without_the_optimizer(shell, train, rows):
    train(rows, "--layers", "3", "--optimizer", "adam")
    assert "first_moment" not in shell.read("m.json")


def test_info_prints_the_summary(shell, backend, train, pictures):
    network, _ = train(pictures, "--layers", "conv 3x3x2, dense 4")
    text = shell.succeed("info", shell.path("m.json"), "--backend", backend.BACKEND)
    assert text.endswith(f"\n\n{network.summary()}\n")
    assert "  layer 0: Conv2D((1, 4, 4), 2, 3, 'tanh')\n" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--layers", "pool 2, conv 3x8"], "argument --layers: layer 2, 'conv 3x8': found '3x8'"),
        (
            ["--layers", "8, pool 2"],
            "--layers: layer 2, 'pool 2': found 8 numbers, expected images",
        ),
        (["--layers", "conv 5x5x2"], "--layers: layer 1, 'conv 5x5x2': size: found 5 by 5"),
        (["--layers", "pool 5"], "--layers: layer 1, 'pool 5': size: found 5 by 5"),
        (["--layers", "conv 3x3x1, conv 3x3x1"], "--layers: layer 2, 'conv 3x3x1': size: found 3"),
        (
            ["--layers", "conv 1x1x70000"],
            "--layers: layer 1, 'conv 1x1x70000': filters: found 70000",
        ),
        (["--layers", f"conv 1x1x{9**30}"], "parameters, expected at most 100,000,000"),
        (["--layers", f"dense {9**30}"], "parameters, expected at most 100,000,000"),
        (["--layers", "dense 100000, dense 100000"], "10,002,100,003 parameters"),
        (
            ["--layers", "conv 1x1x1", "--image", "1x4x5"],
            "--image: found 1x4x5, which is 20 numbers",
        ),
        (["--layers", "conv 1x1x1", "--image", "4x4"], "argument --image: found '4x4', expected"),
        (["--image", "1x4x4"], "--image: found no conv or pool at the beginning of layers"),
        (["--layers", "8, conv 1x1x1", "--image", "1x4x4"], "--image: found no conv or pool at"),
        (["--steps", "4"], "--steps: found no recurrent at the beginning of layers"),
        (["--layers", "recurrent 4", "--steps", "5"], "--steps: found 5 for a table of 16 columns"),
        (["--layers", "recurrent 4", "--steps", "0"], "--steps: found 0, expected 1 or more"),
        (["--layers", "recurrent 4, recurrent 4"], "--layers: layer 2, 'recurrent 4': found 4"),
        (["--layers", "pool 2, recurrent 4"], "--layers: layer 2, 'recurrent 4': found"),
        (["--dropout", "1"], "--dropout: found 1.0, expected 0 or more and less than 1"),
        (["--dropout", "nan"], "--dropout: found nan"),
        (["--l1", "-1"], "--l1: found -1.0, expected 0 or more"),
        (["--l2", "inf"], "--l2: found inf, expected a finite number"),
        (["--optimizer", "lbfgs"], "argument --optimizer: invalid choice: 'lbfgs'"),
        (["--clip-norm", "0"], "--clip-norm: found 0.0, expected more than 0"),
        (["--schedule", "cosin"], "plateau, warm-up; did you mean 'cosine'?"),
        (["--schedule", "fall"], "argument --schedule: found 'fall', expected step, exponential, "),
        (["--schedule", ""], "argument --schedule: found ''"),
        (["--schedule", "step"], "--schedule: found 'step', expected step 30 or step 30 0.5"),
        (["--schedule", "step x"], "--schedule: found 'step x', expected step 30 or step 30 0.5"),
        (["--schedule", "step 3 0.5 1"], "--schedule: found 'step 3 0.5 1', expected step 30"),
        (["--schedule", "step 0"], "--schedule: every: found 0, expected 1 or more"),
        (["--schedule", "cosine 1"], "--schedule: lowest: found 1.0, expected 0 to rate"),
        (["--schedule", "cosine, step 3"], "--schedule: found 'cosine' and 'step', expected one"),
        (
            ["--schedule", "warm-up 2, warm-up 3"],
            "--schedule: found 'warm-up', expected one schedule",
        ),
        (["--schedule", "cosine", "--learning-rate", "-1"], "--learning-rate: found -1.0"),
    ],
)
def test_what_is_refused(shell, backend, pictures, options, message):
    arguments = ["train", pictures, "--target", "kind", "--out", shell.path("m.json")]
    assert message in shell.refuse(*arguments, "--backend", backend.BACKEND, *options)


def test_rows_that_are_no_square(shell, rows):
    arguments = ["train", rows, "--target", "kind", "--out", shell.path("m.json")]
    line = shell.refuse(*arguments, "--layers", "dropout 0.1, conv 3x3x8")
    assert "--layers: layer 2, 'conv 3x3x8': found rows of 6 numbers, which are no square" in line
    assert "expected an image of CHANNELSxHEIGHTxWIDTH" in line


def test_a_model_of_new_layers_answers_in_both_backends(both, shell, pictures):
    path = shell.path("m.json")
    options = ["--layers", "conv 2x2x3 relu, averagepool 2, dropout 0.2, dense 4"]
    options += ["--optimizer", "nesterov", "--l1", "0.001", "--epochs", "3", "--quiet"]
    shell.succeed("train", pictures, "--target", "kind", "--out", path, *options)
    answers = {
        (shell.succeed("predict", path, pictures, "--backend", package), evaluated(shell, package))
        for package in ("pure", "fast")
    }
    assert len(answers) == 1


def evaluated(shell, package):
    path, data = shell.path("m.json"), shell.path("pictures.csv")
    return shell.succeed("evaluate", path, data, "--backend", package)


@pytest.mark.parametrize(
    ("options", "optimizer", "rate"),
    [
        ([], None, 1.0),
        (["--optimizer", "adam"], "adam", 0.001),
        (["--optimizer", "momentum", "--learning-rate", "0.25"], "momentum", 0.25),
    ],
)
def test_explain_and_step_take_an_optimizer(shell, monkeypatch, options, optimizer, rate):
    seen = []

    def step_through(net, inputs, targets, learning_rate, **others):
        seen.append((learning_rate, others["optimizer"]))

    monkeypatch.setattr(step, "step_through", step_through)
    shell.succeed("step", "two-layer", *options)
    assert seen == [(rate, optimizer)]
    text = shell.succeed("explain", "two-layer", "--grain", "matrix", *options)
    net, inputs, targets, _ = network_of("two-layer", purenet)
    wanted = purenet.explain(net, inputs, targets, rate, optimizer=optimizer, grain="matrix")
    assert text == wanted
    assert "invalid choice: 'up'" in shell.refuse("explain", "two-layer", "--optimizer", "up")
    plain = shell.succeed("explain", "two-layer", "--optimizer", "gradient_descent")
    assert shell.succeed("explain", "two-layer", "--optimizer", "sgd") == plain
