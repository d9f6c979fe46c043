"""The commands from a table to a trained network, with good input and with bad."""

import csv
import json
import math
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest
from bits import assert_same_bits
from shell import ROOT, Shell, environment, one_line, process, sources_only

import purenet
from purenet import training
from purenet.commands import cli, info
from purenet.drawing.tables import confusion_table

IRIS = str(ROOT / "purenet" / "datasets" / "iris.csv")
CANCER = str(ROOT / "purenet" / "datasets" / "breast_cancer.csv")


@pytest.fixture
def shell(capsys, tmp_path):
    return Shell(capsys, tmp_path)


@pytest.fixture
def name(backend):
    """The option that chooses the backend under test."""
    return ("--backend", backend.BACKEND)


def table(rows, seed=1):
    """Return two separable classes as the text of a CSV file."""
    generator = random.Random(seed)
    lines = ["x,y,kind"]
    for number in range(rows):
        x, y = generator.gauss(0, 1), generator.gauss(0, 1)
        lines.append(f"{x + 3 * (number % 2):.3f},{y:.3f},{'ab'[number % 2]}")
    return "\n".join(lines) + "\n"


SMALL = table(40)
LINE = "x,y\n" + "".join(f"{x},{3 * x - 2}\n" for x in range(30))


@pytest.fixture
def model(shell, name):
    """The path of a small model of two classes, and beside it the table it was trained on."""
    data, path = shell.write("small.csv", SMALL), shell.path("model.json")
    shell.succeed("train", data, "--target", "kind", "--out", path, "--quiet", *name)
    return path


def rows_of(text):
    return list(csv.reader(text.splitlines()))


# Training.


def test_train_on_iris_with_the_default_settings(backend, shell, name):
    path = shell.path("iris.json")
    text = shell.succeed("train", IRIS, "--target", "species", "--out", path, *name)
    lines = text.splitlines()
    chart, scores = lines[: lines.index("")], lines[lines.index("") + 1 :]
    assert chart[0].startswith("loss")
    assert "training" in chart[0] and "validation" in chart[0]
    kept = "the network of epoch "
    assert [line for line in scores if line.startswith(kept)]
    found = {line.partition(":")[0]: line for line in scores if ": " in line}
    assert found["training"].startswith("training: 120 rows, loss 0.")
    assert found["validation"].startswith("validation: 30 rows, loss 0.")
    for line in (found["training"], found["validation"]):
        assert float(line.rpartition(" ")[2].rstrip("%")) >= 93
    network = backend.load(path)
    assert scores[-2] == f"digest {network.digest()}"
    assert scores[-1] == f"{path} written ({backend.BACKEND} backend)"
    assert network.loss == "categorical_cross_entropy"
    assert network.preparation.classes == ["setosa", "versicolor", "virginica"]
    assert [layer.activation for layer in network.layers] == ["tanh", "softmax"]
    assert [layer.outputs for layer in network.layers] == [16, 3]


def test_the_network_of_the_best_epoch_is_the_one_written(backend, shell, name):
    path, curve = shell.path("iris.json"), shell.path("curve.csv")
    options = ["--epochs", "60", "--learning-rate", "1", "--history", curve]
    data = shell.write("line.csv", LINE)
    shell.succeed(
        "train", data, "--target", "y", "--task", "number", "--out", path, *options, *name
    )
    head, *rows = rows_of(shell.read("curve.csv"))
    assert head == ["epoch", "loss", "validation loss"]
    losses = [float(row[2]) for row in rows]
    best = losses.index(min(losses))
    assert best < len(losses) - 1  # otherwise this test shows nothing
    network = backend.load(path)
    assert network.epochs_trained == best + 1
    # Trained for just so many epochs, it is the same network.
    again = shell.path("again.json")
    options = ["--epochs", str(best + 1), "--learning-rate", "1", "--quiet"]
    shell.succeed(
        "train", data, "--target", "y", "--task", "number", "--out", again, *options, *name
    )
    assert shell.read("again.json") == shell.read("iris.json")


def test_the_validation_loss_printed_is_that_of_the_network_written(shell, name):
    curve = shell.path("curve.csv")
    data = shell.write("small.csv", SMALL)
    text = shell.succeed(
        "train", data, "--target", "kind", "--out", shell.path("m"), "--history", curve, *name
    )
    head, *rows = rows_of(shell.read("curve.csv"))
    assert head == ["epoch", "loss", "accuracy", "validation loss", "validation accuracy"]
    assert [row[0] for row in rows] == [str(n + 1) for n in range(len(rows))]
    least = min(float(row[3]) for row in rows)
    assert f"validation: 8 rows, loss {least:.6g}, " in text


def test_two_classes_get_one_sigmoid_output(backend, model):
    network = backend.load(model)
    assert [layer.activation for layer in network.layers] == ["tanh", "sigmoid"]
    assert network.loss == "binary_cross_entropy"
    assert network.outputs == 1


def test_a_number_as_target(backend, shell, name):
    data, path = shell.write("line.csv", LINE), shell.path("line.json")
    text = shell.succeed("train", data, "--target", "y", "--out", path, *name)
    network = backend.load(path)
    assert network.loss == "mean_squared_error"
    assert network.layers[-1].activation == "linear"
    scores = [line for line in text.splitlines() if "root mean squared error" in line]
    assert len(scores) == 2
    for line in scores:
        error, unit = line.split()[-2:]
        assert unit == "y"
        assert float(error) < 5  # of numbers from -2 to 85
    answers = rows_of(shell.succeed("predict", path, data, *name))
    assert answers[0] == ["y"]
    for x, (answer,) in enumerate(answers[1:]):
        assert float(answer) == pytest.approx(3 * x - 2, abs=12)
    assert "root mean squared error" in shell.succeed("evaluate", path, data, *name)


def test_the_root_mean_squared_error_is_one(shell, name):
    data, path = shell.write("line.csv", LINE), shell.path("line.json")
    shell.succeed("train", data, "--target", "y", "--out", path, "--quiet", *name)
    answers = [float(row[0]) for row in rows_of(shell.succeed("predict", path, data, *name))[1:]]
    squares = [(answer - (3 * x - 2)) ** 2 for x, answer in enumerate(answers)]
    expected = math.sqrt(sum(squares) / len(squares))
    found = shell.succeed("evaluate", path, data, *name).split()[-2]
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_whole_numbers_are_classes_unless_told_otherwise(backend, shell, name):
    data = shell.write("n.csv", "x,n\n" + "".join(f"{x},{x % 3}\n" for x in range(30)))
    path = shell.path("n.json")
    shell.succeed("train", data, "--target", "n", "--out", path, "--epochs", "2", "--quiet", *name)
    assert backend.load(path).preparation.classes == ["0", "1", "2"]
    options = ["--task", "number", "--epochs", "2", "--quiet"]
    shell.succeed("train", data, "--target", "n", "--out", path, *options, *name)
    assert backend.load(path).preparation.classes is None


@pytest.mark.parametrize(
    ("layers", "sizes"),
    [("none", [2, 1]), ("3", [2, 3, 1]), ("5,4,3", [2, 5, 4, 3, 1]), (" 5, 4 ", [2, 5, 4, 1])],
)
def test_layers(backend, shell, name, layers, sizes):
    data, path = shell.write("small.csv", SMALL), shell.path("m.json")
    options = ["--layers", layers, "--activation", "relu", "--epochs", "1", "--quiet"]
    shell.succeed("train", data, "--target", "kind", "--out", path, *options, *name)
    network = backend.load(path)
    assert [network.inputs] + [layer.outputs for layer in network.layers] == sizes
    assert {layer.activation for layer in network.layers[:-1]} <= {"relu"}


def test_the_options_reach_the_training(backend, shell, name):
    data, path = shell.write("small.csv", SMALL), shell.path("m.json")
    options = "--epochs 3 --learning-rate 0.25 --batch-size 7 --seed 5 --validation 0 --layers 4"
    shell.succeed("train", data, "--target", "kind", "--out", path, *options.split(), *name)
    table = purenet.read_csv(data, "kind")
    preparation = purenet.Preparation.from_table(table)
    network = backend.Network(
        [backend.Dense(2, 4, "tanh"), backend.Dense(4, 1, "sigmoid")],
        "binary_cross_entropy",
        seed=5,
    )
    inputs, targets = preparation.inputs(table.rows), preparation.targets(table.labels)
    network.fit(inputs, targets, epochs=3, learning_rate=0.25, batch_size=7)
    assert backend.load(path).digest() == network.digest()
    assert backend.load(path).epochs_trained == 3


def test_patience(shell, name):
    data = shell.write("small.csv", SMALL)
    arguments = ["train", data, "--target", "kind", "--out", shell.path("m"), *name]
    # With a learning rate of 0, no epoch is better than the first.
    arguments += ["--learning-rate", "0"]
    text = shell.succeed(*arguments, "--patience", "3")
    assert "stopped after 4 epochs: no lower loss for 3 epochs" in text
    assert "the network of epoch 1 has the lowest validation loss" in text
    assert "stopped after 31 epochs" in shell.succeed(*arguments)
    curve = shell.path("curve.csv")
    text = shell.succeed(*arguments, "--patience", "0", "--epochs", "40", "--history", curve)
    assert "stopped" not in text
    assert len(rows_of(shell.read("curve.csv"))) == 41
    # Without rows to measure on, training goes on to the end.
    text = shell.succeed(*arguments, "--validation", "0", "--epochs", "40", "--history", curve)
    assert "stopped" not in text
    assert len(rows_of(shell.read("curve.csv"))) == 41


def test_a_small_table_is_trained_on_whole(shell, name):
    xor = shell.write("xor.csv", "a,b,y\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n")
    path = shell.path("xor.json")
    text = shell.succeed("train", xor, "--target", "y", "--out", path, *name)
    assert "training: 4 rows" in text
    assert "accuracy 100.0%" in text
    assert "validation" not in text
    assert rows_of(shell.succeed("predict", path, xor, *name)) == [
        ["y"],
        ["0"],
        ["1"],
        ["1"],
        ["0"],
    ]
    text = shell.succeed("train", xor, "--target", "y", "--out", path, "--validation", "0.5", *name)
    assert "validation: 2 rows" in text


def test_the_rows_kept_out_are_a_seeded_choice(shell, name):
    data = shell.write("small.csv", SMALL)
    files = []
    for number, seed in enumerate(("1", "1", "2")):
        path = shell.path(f"{number}.json")
        options = ["--seed", seed, "--epochs", "2", "--quiet"]
        shell.succeed("train", data, "--target", "kind", "--out", path, *options, *name)
        files.append(shell.read(f"{number}.json"))
    assert files[0] == files[1] != files[2]


def test_train_quiet_and_with_files(backend, shell, name):
    data = shell.write("small.csv", SMALL)
    outputs = ["--plot", shell.path("loss.svg"), "--history", shell.path("loss.csv")]
    arguments = ["train", data, "--target", "kind", "--out", shell.path("m.json"), *outputs]
    assert shell.succeed(*arguments, "--quiet", *name) == ""
    assert sorted(path.name for path in shell.folder.iterdir()) == [
        "loss.csv",
        "loss.svg",
        "m.json",
        "small.csv",
    ]
    svg = shell.read("loss.svg")
    assert svg.startswith("<svg") and svg.count('class="line s') == 4  # two curves, two keys
    assert "training" in svg and "validation" in svg


def test_ignored_columns(backend, shell, name):
    lines = SMALL.splitlines()
    text = "\n".join(
        f"{'id,nick name' if n == 0 else f'{n},Anna'},{x}" for n, x in enumerate(lines)
    )
    data, path = shell.write("named.csv", text), shell.path("m.json")
    arguments = ["train", data, "--target", "kind", "--out", path, "--quiet", *name]
    line = shell.refuse(*arguments)
    assert "named.csv: line 2, column 'nick name': found 'Anna', expected a number" in line
    shell.succeed(*arguments, "--ignore", "nick name", "--ignore", "id")
    assert backend.load(path).preparation.columns == ["x", "y"]
    # Without them it is the same network as from a table that never had them.
    other, plain = shell.path("other.json"), shell.write("small.csv", SMALL)
    shell.succeed("train", plain, "--target", "kind", "--out", other, "--quiet", *name)
    assert shell.read("m.json") == shell.read("other.json")
    # and the columns that were ignored are not asked for later
    assert shell.succeed("predict", path, plain, *name) == shell.succeed(
        "predict", path, data, *name
    )
    line = shell.refuse(*arguments, "--ignore", "age")
    assert "--ignore: found 'age', expected one of the columns 'id', 'nick name', 'x', 'y'" in line
    assert "--ignore: found 'kind'" in shell.refuse(*arguments, "--ignore", "kind")
    every = [word for column in ("id", "nick name", "x", "y") for word in ("--ignore", column)]
    assert "no input columns" in shell.refuse(*arguments, *every)


@pytest.mark.parametrize(
    ("mark", "change"),
    [
        ("semicolons", lambda text: text.replace(",", ";")),
        ("tabs", lambda text: text.replace(",", "\t")),
        ("Windows", lambda text: "\ufeff" + text.replace("\n", "\r\n")),
        ("quotes", lambda text: text.replace("kind", '"kind"').replace("\n", "\n\n")),
    ],
)
def test_the_way_a_table_is_written_changes_nothing(shell, name, mark, change):
    files = []
    for number, text in enumerate((SMALL, change(SMALL))):
        data, path = shell.write(f"{number}.csv", text), shell.path(f"{number}.json")
        options = ["--epochs", "2", "--quiet"]
        shell.succeed("train", data, "--target", "kind", "--out", path, *options, *name)
        files.append(shell.read(f"{number}.json"))
    assert files[0] == files[1]


def test_threads_change_nothing(shell, name):
    data = shell.write("small.csv", SMALL)
    for threads in ("1", "2"):
        path = shell.path(f"{threads}.json")
        options = ["--epochs", "3", "--quiet", "--threads", threads]
        shell.succeed("train", data, "--target", "kind", "--out", path, *options, *name)
    assert shell.read("1.json") == shell.read("2.json")
    for command in ("predict", "evaluate"):
        one, two = (shell.succeed(command, path, data, "--threads", n, *name) for n in "12")
        assert one == two


@pytest.mark.parametrize(
    ("file", "target", "least"), [("iris", "species", 93), ("breast_cancer", "diagnosis", 96)]
)
def test_the_default_settings_do_well_on_the_bundled_tables(fast, shell, file, target, least):
    data = str(ROOT / "purenet" / "datasets" / f"{file}.csv")
    for seed in "123":
        path = shell.path("m.json")
        text = shell.succeed("train", data, "--target", target, "--out", path, "--seed", seed)
        line = next(line for line in text.splitlines() if line.startswith("validation:"))
        assert float(line.rpartition(" ")[2].rstrip("%")) >= least


# Using a model.


def test_predict(backend, shell, model, name):
    data = shell.path("small.csv")
    text = shell.succeed("predict", model, data, *name)
    head, *rows = rows_of(text)
    assert head == ["kind"]
    network = backend.load(model)
    table = purenet.read_csv(data, "kind")
    outputs = network.predict(network.preparation.inputs(table.rows))
    assert [row[0] for row in rows] == ["b" if output[0] >= 0.5 else "a" for output in outputs]
    right = sum(row[0] == label for row, label in zip(rows, table.labels, strict=True))
    assert right >= 34


def test_probabilities(backend, shell, model, name):
    data = shell.path("small.csv")
    head, *rows = rows_of(shell.succeed("predict", model, data, "--probabilities", *name))
    assert head == ["kind", "probability a", "probability b"]
    network = backend.load(model)
    outputs = network.predict(network.preparation.inputs(purenet.read_csv(data, "kind").rows))
    for (answer, a, b), output in zip(rows, outputs, strict=True):
        assert float(b) == output[0]  # with every bit
        assert float(a) + float(b) == pytest.approx(1)
        assert answer == ("a" if float(a) > float(b) else "b")


def test_probabilities_of_three_classes(shell, name):
    path = shell.path("iris.json")
    shell.succeed("train", IRIS, "--target", "species", "--out", path, "--epochs", "5", *name)
    head, *rows = rows_of(shell.succeed("predict", path, IRIS, "--probabilities", *name))
    assert head[1:] == [f"probability {c}" for c in ("setosa", "versicolor", "virginica")]
    assert len(rows) == 150
    for answer, *cells in rows:
        numbers = [float(cell) for cell in cells]
        assert sum(numbers) == pytest.approx(1)
        assert answer == head[1 + numbers.index(max(numbers))].removeprefix("probability ")


def test_predict_asks_for_the_models_columns_alone(shell, model, name):
    small = SMALL.splitlines()
    expected = shell.succeed("predict", model, shell.path("small.csv"), *name)
    mixed = "name,kind,y,x\n"
    for line in small[1:]:
        x, y, _ = line.split(",")
        mixed += f"Anna,,{y},{x}\n"  # other order, other columns, a target not yet known
    assert shell.succeed("predict", model, shell.write("mixed.csv", mixed), *name) == expected
    bare = "".join(line.rpartition(",")[0] + "\n" for line in small)
    assert shell.succeed("predict", model, shell.write("bare.csv", bare), *name) == expected


def test_predict_into_a_file(shell, model, name):
    data = shell.path("small.csv")
    text = shell.succeed("predict", model, data, *name)
    assert shell.succeed("predict", model, data, "--out", shell.path("answers.csv"), *name) == ""
    assert shell.read("answers.csv") == text


def test_answers_are_quoted_where_csv_needs_it(shell, name):
    text = SMALL.replace(",a\n", ',"a, ""the"" first"\n').replace(",kind", ",target; kind")
    data, path = shell.write("odd.csv", text), shell.path("odd.json")
    shell.succeed("train", data, "--target", "target; kind", "--out", path, "--quiet", *name)
    rows = rows_of(shell.succeed("predict", path, data, *name))
    assert rows[0] == ["target; kind"]
    assert {row[0] for row in rows[1:]} == {'a, "the" first', "b"}


def test_evaluate(backend, shell, model, name):
    data = shell.path("small.csv")
    text = shell.succeed("evaluate", model, data, *name)
    network = backend.load(model)
    table = purenet.read_csv(data, "kind")
    inputs = network.preparation.inputs(table.rows)
    truth = [int(label == "b") for label in table.labels]
    loss, accuracy = network.evaluate(inputs, truth)
    assert text.startswith(f"{data}: 40 rows, loss {loss:.6g}, accuracy {100 * accuracy:.1f}%\n")
    answers = network.predict_classes(inputs)
    assert text.endswith("\n\n" + confusion_table(truth, answers, ["a", "b"]) + "\n")


def test_info(backend, shell, model, name):
    text = shell.succeed("info", model, *name)
    network = backend.load(model)
    for line in (
        f"{model}: a network with 65 parameters",
        "  layer 0: Dense(2, 16, 'tanh')",
        "  layer 1: Dense(16, 1, 'sigmoid')",
        "loss            binary_cross_entropy",
        "seed            1",
        f"epochs trained  {network.epochs_trained}",
        f"digest          {network.digest()}",
        "predicts        kind",
        "classes         a, b",
    ):
        assert line in text.splitlines()
    for column, mean, deviation in zip(
        "xy", network.preparation.means, network.preparation.deviations, strict=True
    ):
        assert f"{column}: {mean:.6g}, {deviation:.6g}" in text


def test_a_model_without_a_table(backend, shell, name):
    path = shell.path("bare.json")
    network = backend.Network([backend.Dense(2, 1)], seed=3)
    network.save(path)
    text = shell.succeed("info", path, *name)
    assert network.digest() in text
    assert "predicts" not in text
    data = shell.write("small.csv", SMALL)
    for command in ("predict", "evaluate"):
        line = shell.refuse(command, path, data, *name)
        assert "bare.json: this network was saved without a table" in line


def test_a_model_of_one_backend_in_the_other(both, shell):
    data = shell.write("small.csv", SMALL)
    texts = []
    for backend in ("pure", "fast"):
        path = shell.path(f"{backend}.json")
        shell.succeed(
            "train", data, "--target", "kind", "--out", path, "--quiet", "--backend", backend
        )
        for user in ("pure", "fast"):
            texts.append(
                [
                    shell.succeed("predict", path, data, "--probabilities", "--backend", user),
                    shell.succeed("evaluate", path, data, "--backend", user),
                    shell.succeed("info", path, "--backend", user).partition(":")[2],
                ]
            )
    assert texts[0] == texts[1] == texts[2] == texts[3]
    assert shell.read("pure.json") == shell.read("fast.json")


def test_the_numbers_printed_keep_every_bit(both, shell):
    data, path = shell.write("line.csv", LINE), shell.path("m.json")
    shell.succeed("train", data, "--target", "y", "--out", path, "--quiet")
    network = both[0].load(path)
    table = purenet.read_csv(data, "y")
    outputs = network.predict(network.preparation.inputs(table.rows))
    expected = [network.preparation.answer(row) for row in outputs]
    found = [float(row[0]) for row in rows_of(shell.succeed("predict", path, data))[1:]]
    assert_same_bits(found, expected)


# Bad tables.


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["found nothing", "header"]),
        ("x,y,kind\n", ["header only", "at least one row"]),
        ("x,y,kind\n1,2,a\n3,b\n", ["line 3", "found 2 values", "expected 3"]),
        ("x,y,kind\n1,2,a\n3,4,5,b\n", ["line 3", "found 4 values", "expected 3"]),
        ("x,y,kind\n1,2,a\n\n3,tall,b\n", ["line 4", "column 'y'", "'tall'", "a number"]),
        ("x,y,kind\n1,2,a\n3,,b\n", ["line 3", "column 'y'", "nothing", "a number"]),
        ("x,y,kind\n1,2,a\n3,nan,b\n", ["line 3", "column 'y'", "'nan'", "a number"]),
        ("x,y,kind\n1,2,a\n-inf,4,b\n", ["line 3", "column 'x'", "'-inf'", "a number"]),
        ("x;y;kind\n1;2,5;a\n3;4;b\n", ["line 2", "column 'y'", "'2,5'", "decimal point"]),
        ("x,y,kind\n1,2,\n3,4,b\n", ["line 2", "column 'kind'", "nothing"]),
        ("x,y,kind\n1,2,a\n3,4,a\n", ["column 'kind'", "only the class 'a'", "two classes"]),
        ("x,x,kind\n1,2,a\n3,4,b\n", ["line 1", "'x' twice"]),
        ("x,,kind\n1,2,a\n3,4,b\n", ["line 1", "column 2 of 3 has no name"]),
        ("x,y,class\n1,2,a\n3,4,b\n", ["line 1", "no column 'kind'", "'class'"]),
        ("kind\na\nb\n", ["no input columns"]),
        ('x,y,kind\n1,2,"a\n3,4,b\n', ["line 2", "a quote that is never closed"]),
        ("x,y,kind\n1,2,a\n3,4,\udcff\n", ["line 3", "byte 0xff", "UTF-8"]),
        ("x,y,kind\n1,2,1.5\n3,4,NA\n", ["bad.csv", "'NA'", "column 'kind'"]),
        ("x,y,kind\n1,1e300,a\n3,-1e300,b\n", ["bad.csv", "column 'y'", "change the unit"]),
    ],
)
def test_a_bad_table_is_refused(shell, name, text, words):
    data = shell.folder / "bad.csv"
    data.write_bytes(text.encode("utf-8", "surrogateescape"))
    out = shell.path("m.json")
    line = shell.refuse("train", str(data), "--target", "kind", "--out", out, *name)
    for word in words:
        assert word in line


def test_a_table_that_is_not_there_or_no_file(shell, name):
    arguments = ["--target", "kind", "--out", shell.path("m.json"), *name]
    missing = shell.path("missing.csv")
    line = shell.refuse("train", missing, *arguments)
    assert line == f"purenet: {missing}: No such file or directory"
    assert "directory" in shell.refuse("train", str(shell.folder), *arguments).lower()


def test_a_target_that_is_no_number(shell, name):
    data = shell.write("small.csv", SMALL)
    out = shell.path("m.json")
    line = shell.refuse("train", data, "--target", "kind", "--out", out, "--task", "number", *name)
    assert "small.csv" in line and "'a', expected a number" in line
    data = shell.write("same.csv", "x,y\n1,2.5\n2,2.5\n")
    line = shell.refuse("train", data, "--target", "y", "--out", out, *name)
    assert "only the number 2.5" in line
    data = shell.write("line.csv", LINE)
    line = shell.refuse("train", data, "--target", "y", "--out", out, "--validation", "0.99", *name)
    assert "line.csv: the 1 row to train on: column 'y': found only the number" in line


def test_bad_rows_for_a_model(shell, model, name):
    for text, words in {
        "x,kind\n1,a\n": ["no column 'y'"],
        "x,y,kind\n1,,a\n": ["line 2", "column 'y'", "nothing"],
        "x,y,kind\n1,2,a\n2,tall,b\n": ["line 3", "column 'y'", "'tall'"],
        "x,y,kind\n": ["header only"],
        "": ["found nothing"],
    }.items():
        data = shell.write("bad.csv", text)
        for command in ("predict", "evaluate"):
            line = shell.refuse(command, model, data, *name)
            assert "bad.csv" in line
            for word in words:
                assert word in line


def test_a_number_too_far_from_the_training_rows(shell, name):
    data = shell.write("small.csv", "x,kind\n0.001,a\n0.002,b\n")
    path = shell.path("m.json")
    shell.succeed("train", data, "--target", "kind", "--out", path, "--quiet", *name)
    data = shell.write("bad.csv", "x,kind\n0.001,a\n1e308,b\n")
    for command in ("predict", "evaluate"):
        line = shell.refuse(command, path, data, *name)
        assert "bad.csv: inputs: row 1, column 'x': found 1e+308, expected a finite" in line


def test_evaluate_names_the_line_of_an_unknown_class(shell, model, name):
    data = shell.write("new.csv", "x,y,kind\n1,2,a\n\n\n1,2,c\n")
    line = shell.refuse("evaluate", model, data, *name)
    assert line == (f"purenet: {data}: line 5, column 'kind': found 'c', expected one of 'a', 'b'")
    data = shell.write("new.csv", "x,y\n1,2\n")
    assert "no column 'kind'" in shell.refuse("evaluate", model, data, *name)
    assert shell.succeed("predict", model, data, *name)


def test_evaluate_names_the_line_of_a_bad_number(shell, name):
    data, path = shell.write("line.csv", LINE), shell.path("m.json")
    shell.succeed("train", data, "--target", "y", "--out", path, "--quiet", *name)
    data = shell.write("new.csv", "x,y\n1,2\n2,many\n")
    line = shell.refuse("evaluate", path, data, *name)
    assert f"{data}: line 3, column 'y': found 'many', expected a number" in line


# Bad models.


def test_bad_models_are_refused(shell, model, name):
    data, text = shell.path("small.csv"), shell.read("model.json")
    content = json.loads(text)
    changed = json.loads(text)
    changed["layers"][0]["weights"][0][0] += 1e-9
    narrow = json.loads(text)
    narrow["preparation"]["columns"] = ["x"]
    for bad, words in {
        "": ["line 1", "expected a complete file"],
        text[: len(text) // 2]: ["expected a complete file"],
        "{}": ["expected a file written by save()"],
        "[1, 2]": ["expected a file written by save()"],
        '{"format": "another"}': ["expected a file written by save()"],
        SMALL: ["line 1"],
        json.dumps({**content, "version": 99}): ["version", "99"],
        json.dumps({**content, "layers": content["layers"][:1]}): ["activation 'sigmoid'"],
        json.dumps(changed): ["digest"],
        json.dumps(narrow): ["preparation"],
    }.items():
        path = shell.write("bad.json", bad)
        for command in (["info", path], ["predict", path, data], ["evaluate", path, data]):
            line = shell.refuse(*command, *name)
            assert "bad.json" in line
            if "activation" not in words[0]:
                assert all(word in line for word in words), line
    (shell.folder / "bad.json").write_bytes(b"\x80\x03]q\x00.")
    assert "not a text file" in shell.refuse("info", shell.path("bad.json"), *name)
    missing = shell.path("missing.json")
    for command in (["info", missing], ["predict", missing, data], ["evaluate", missing, data]):
        assert shell.refuse(*command, *name) == (f"purenet: {missing}: No such file or directory")
    # The two files in the wrong order.
    assert "small.csv" in shell.refuse("predict", data, model, *name)


def test_probabilities_of_a_number_are_refused(shell, name):
    data, path = shell.write("line.csv", LINE), shell.path("m.json")
    shell.succeed("train", data, "--target", "y", "--out", path, "--quiet", *name)
    line = shell.refuse("predict", path, data, "--probabilities", *name)
    assert "--probabilities" in line and "a number, not classes" in line


# Bad options.


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--epochs", "0"], ["epochs", "found 0", "1 or more"]),
        (["--epochs", "-3"], ["epochs", "found -3"]),
        (["--epochs", "many"], ["--epochs", "'many'"]),
        (["--epochs", "1.5"], ["--epochs", "'1.5'"]),
        (["--learning-rate", "-0.1"], ["learning_rate", "-0.1", "0 or more"]),
        (["--learning-rate", "nan"], ["learning_rate", "nan"]),
        (["--learning-rate", "inf"], ["learning_rate", "inf"]),
        (["--learning-rate", "fast"], ["--learning-rate", "'fast'"]),
        (["--batch-size", "0"], ["batch_size", "found 0"]),
        (["--layers", "0"], ["--layers", "'0'", "such as 8,8, or none"]),
        (["--layers", "8,"], ["--layers", "'8,'"]),
        (["--layers", "8,-1"], ["--layers", "'8,-1'"]),
        (["--layers", "8;8"], ["--layers", "'8;8'"]),
        (["--layers", "8.5"], ["--layers", "'8.5'"]),
        (["--layers", ""], ["--layers", "''"]),
        (["--layers", "1000000,1000000"], ["--layers", "1,000,005,000,001 parameters", "at most"]),
        (["--layers", "9" * 25], ["--layers", "parameters", "at most"]),
        (["--activation", "swish"], ["--activation", "'swish'", "tanh"]),
        (["--activation", "softmax"], ["--activation", "'softmax'"]),
        (["--task", "guess"], ["--task", "'guess'", "classes"]),
        (["--validation", "1"], ["--validation", "1.0", "below 1"]),
        (["--validation", "-0.1"], ["--validation", "-0.1"]),
        (["--validation", "nan"], ["--validation", "nan"]),
        (["--patience", "-1"], ["--patience", "-1", "0 or more"]),
        (["--seed", "-1"], ["seed", "-1", "0 or more"]),
        (["--threads", "0"], ["threads", "found 0"]),
        (["--backend", "gpu"], ["--backend", "'gpu'", "pure", "fast"]),
        (["--layers"], ["--layers", "expected one argument"]),
        (["--speed", "9"], ["unrecognized arguments: --speed 9"]),
        (["two\nlines"], ["unrecognized arguments: two lines"]),
    ],
)
def test_bad_options_of_train(shell, name, options, words):
    data, out = shell.write("small.csv", SMALL), shell.path("m.json")
    line = shell.refuse("train", data, "--target", "kind", "--out", out, *name, *options)
    for word in words:
        assert word in line


@pytest.mark.parametrize("missing", ["--target", "--out"])
def test_options_that_train_needs(shell, missing):
    options = {"--target": "kind", "--out": shell.path("m.json")}
    del options[missing]
    arguments = [word for pair in options.items() for word in pair]
    line = shell.refuse("train", shell.write("small.csv", SMALL), *arguments)
    assert f"required: {missing}" in line
    assert line.endswith("see purenet train --help")


def test_bad_commands(shell):
    assert "required: COMMAND" in shell.refuse()
    assert "invalid choice: 'fly'" in shell.refuse("fly")
    assert "required: model, data" in shell.refuse("predict")


def test_version_and_help(shell):
    assert shell.succeed("--version") == f"purenet {purenet.__version__}\n"
    for command in ([], ["train"], ["predict"], ["evaluate"], ["info"], ["demo"], ["walkthrough"]):
        text = shell.succeed(*command, "--help")
        assert text.startswith("usage: purenet")
        assert max(map(len, text.splitlines())) <= 120
    text = shell.succeed("--help")
    for command in ("demo", "train", "predict", "evaluate", "info", "walkthrough"):
        assert f"\n    {command}" in text


# Training that fails.


def test_training_that_diverges(shell, name):
    data, out = shell.write("line.csv", LINE), shell.path("m.json")
    options = ["--activation", "linear", "--learning-rate", "1e6", "--plot", shell.path("p.svg")]
    line = shell.refuse("train", data, "--target", "y", "--out", out, *options, *name)
    assert line.startswith("purenet: training diverged in epoch ")
    assert "learning_rate" in line


def test_a_model_that_exists_stays_when_training_fails(shell, model, name):
    data = shell.path("small.csv")
    before = shell.read("model.json")
    options = ["--activation", "linear", "--learning-rate", "1e200"]
    line = shell.refuse("train", data, "--target", "kind", "--out", model, *options, *name)
    assert "diverged" in line
    assert shell.read("model.json") == before
    shell.succeed("train", data, "--target", "kind", "--out", model, "--seed", "2", *name)
    assert shell.read("model.json") != before


def test_ctrl_c_in_training(shell, name, monkeypatch):
    def look(self, net, history):
        if history.epochs == 3:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(training.BestEpoch, "look", look)
    answer = signal.signal(signal.SIGINT, signal.default_int_handler)
    data, out = shell.write("small.csv", SMALL), shell.path("m.json")
    before = shell.files()
    try:
        done = shell.run("train", data, "--target", "kind", "--out", out, *name)
    finally:
        signal.signal(signal.SIGINT, answer)
    assert done == (130, "", "purenet: interrupted\n")
    assert shell.files() == before


# Files that cannot be written are refused before the training, not after it.


@pytest.fixture
def untrained(monkeypatch):
    """Let no network be trained: what is refused must be refused before."""

    def fit(*_, **__):
        raise AssertionError("training began")

    monkeypatch.setattr(purenet.Network, "fit", fit)


@pytest.mark.parametrize("option", ["--out", "--plot", "--history"])
def test_files_that_train_cannot_write(shell, name, untrained, option):
    data = shell.write("small.csv", SMALL)
    (shell.folder / "folder").mkdir()
    files = {"--out": shell.path("m.json"), option: shell.path("missing/file")}

    def refused(path):
        files[option] = path
        words = [word for pair in files.items() for word in pair]
        return shell.refuse("train", data, "--target", "kind", *words, *name)

    line = refused(shell.path("missing/file"))
    folder = os.path.realpath(shell.path("missing"))
    assert line.startswith(f"purenet: {option}: there is no folder {folder!r}")
    assert f"{option}: found the folder" in refused(shell.path("folder"))
    assert f"{option}: found the folder" in refused(shell.path("new") + "/")
    assert f"{option}: found the folder" in refused("")
    line = refused(data)
    assert f"{option}: found {data!r}, which is read, expected another file" in line
    assert "there is no folder" in refused(shell.path("small.csv/file"))
    if os.path.exists("/dev/null"):
        assert "'/dev/null' is a device" in refused("/dev/null")
        assert not os.path.isfile("/dev/null")
    if os.path.isdir("/proc/self"):
        assert f"{option}: cannot write '/proc/m.json'" in refused("/proc/m.json")
    if os.name == "posix" and os.geteuid() != 0:
        (shell.folder / "folder").chmod(0o500)
        assert f"{option}: cannot write" in refused(shell.path("folder/file"))
        protected = shell.write("protected", "")
        os.chmod(protected, 0o400)
        assert f"{option}: {protected!r} is protected" in refused(protected)


def test_two_outputs_into_one_file(shell, name, untrained):
    data, out = shell.write("small.csv", SMALL), shell.path("m.json")
    arguments = ["train", data, "--target", "kind", "--out", out, *name]
    line = shell.refuse(*arguments, "--plot", shell.path("./m.json"))
    assert "--plot: found" in line and "to which --out writes" in line


def test_files_that_predict_cannot_write(shell, model, name):
    data = shell.path("small.csv")
    line = shell.refuse("predict", model, data, "--out", shell.path("missing/a.csv"), *name)
    assert "--out: there is no folder" in line
    assert "which is read" in shell.refuse("predict", model, data, "--out", data, *name)
    assert "which is read" in shell.refuse("predict", model, data, "--out", model, *name)


# The process: what only a real one shows.


def started(code, *arguments, **options):
    """Start a Python program that can use the packages, and wait for its first line."""
    done = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        **options,
    )
    assert done.stdout.readline() == "ready\n"
    return done


# A shell without a terminal starts background commands, and all that they start, deaf to Ctrl-C.
MAIN = """
import signal, sys, purenet.commands.cli
signal.signal(signal.SIGINT, signal.default_int_handler)
print("ready", flush=True)
sys.exit(purenet.commands.cli.main())
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are another matter there")
@pytest.mark.parametrize("validation", ["0", "0.2"])
def test_a_real_ctrl_c(shell, name, validation):
    data, out = shell.write("small.csv", SMALL), shell.path("m.json")
    options = ["--epochs", "1000000000", "--patience", "0", "--validation", validation]
    running = started(MAIN, "train", data, "--target", "kind", "--out", out, *options, *name)
    try:
        time.sleep(0.5)
        assert running.poll() is None
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    finally:
        running.kill()
    assert (running.returncode, out, err) == (130, "", "purenet: interrupted\n")
    assert [path.name for path in shell.folder.iterdir()] == ["small.csv"]


def test_a_process(shell, name):
    data, out = shell.write("small.csv", SMALL), shell.path("m.json")
    done = process("train", data, "--target", "kind", "--out", out, "--epochs", "3", *name)
    assert (done.status, done.err) == (0, "")  # no progress bar where there is no terminal
    assert "m.json written" in done.out
    done = process("train", data, "--target", "nope", "--out", out, *name)
    assert (done.status, done.out) == (2, "")
    assert "no column 'nope'" in one_line(done.err)


def test_a_pipe_that_is_closed_early(shell, model, name):
    data = shell.write("large.csv", table(20000))
    running = subprocess.Popen(
        [sys.executable, "-m", "purenet", "predict", model, data, "--probabilities", *name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert running.stdout.readline().rstrip() == b"kind,probability a,probability b"
    running.stdout.close()
    err = running.stderr.read()
    running.stderr.close()
    assert (running.wait(timeout=30), err) == (0, b"")


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    "command", [["--help"], ["train", "--help"], ["info", "MODEL"], ["predict", "MODEL", "DATA"]]
)
def test_nobody_reads(shell, model, command):
    places = {"MODEL": model, "DATA": shell.path("small.csv")}
    words = [sys.executable, "-m", "purenet", *(places.get(word, word) for word in command)]
    quoted = " ".join(f"'{word}'" for word in words)
    script = f"{quoted} | true; echo ${{PIPESTATUS[0]}}"
    for _ in range(3):  # who is first differs
        done = subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, env=environment(), timeout=30
        )
        assert (done.stdout, done.stderr) == ("0\n", "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk(model):
    with open("/dev/full", "wb") as full:
        done = process("info", model, stdout=full)
    assert (done.status, one_line(done.err)) == (2, "purenet: No space left on device")


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams(shell, closed):
    data = shell.write("small.csv", SMALL)
    command = f"'{sys.executable}' -m purenet train '{data}' --target kind --epochs 2 --out "
    for out, status in ((shell.path("m.json"), 0), (shell.path("missing/m.json"), 2)):
        done = subprocess.run(
            ["bash", "-c", f"{command} '{out}' {closed}"],
            capture_output=True,
            text=True,
            env=environment(),
            timeout=30,
        )
        assert done.returncode == status
        assert "Traceback" not in done.stderr and "Exception" not in done.stderr
        assert os.path.exists(out) == (status == 0)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_an_output_that_is_not_utf_8(shell, encoding):
    text = SMALL.replace(",a\n", ",žlutá\n")
    data, out = shell.write("small.csv", text), shell.path("m.json")
    env = environment(PYTHONIOENCODING=encoding)
    done = process("train", data, "--target", "kind", "--out", out, env=env)
    assert (done.status, done.err) == (0, "")
    assert done.out.isascii()
    for command in (["evaluate", out, data], ["info", out]):
        done = process(*command, env=env)
        assert (done.status, done.err) == (0, "")
        assert "\\u017e" in done.out or "\\xe1" in done.out or "lut" in done.out
    # Answers are for other programs: every letter, or a refusal that says what helps.
    done = process("predict", out, data, env=env)
    assert (done.status, done.out) == (2, "") or encoding == "cp1252"
    if encoding != "cp1252":  # which has all these letters
        assert "--out" in one_line(done.err)
    done = process("predict", out, data, "--out", shell.path("answers.csv"), env=env)
    assert done == (0, "", "")
    assert "žlutá\n" in shell.read("answers.csv")


def test_a_table_from_a_pipe(shell, model):
    if not os.path.exists("/dev/stdin"):
        pytest.skip("needs /dev/stdin")
    expected = shell.succeed("predict", model, shell.path("small.csv"))
    done = process("predict", model, "/dev/stdin", input=SMALL.encode())
    assert done == (0, expected, "")


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_a_progress_bar_on_a_terminal(shell, name):
    import pty

    data, out = shell.write("small.csv", SMALL), shell.path("m.json")
    for quiet in ([], ["--quiet"]):
        terminal, side = pty.openpty()
        done = process("train", data, "--target", "kind", "--out", out, *quiet, *name, stderr=side)
        os.close(side)
        shown = b""
        try:
            while part := os.read(terminal, 4096):
                shown += part
        except OSError:  # how Linux says that the other side is closed
            pass
        os.close(terminal)
        assert done.status == 0
        assert (b"epoch" in shown) == (not quiet)
        assert shown.count(b"\r") > 1 or quiet


# Where the compiled backend is not built.


def test_the_backend_that_is_not_built(fast, shell, model, tmp_path_factory):
    bare = sources_only(tmp_path_factory.mktemp("sources"))
    data = shell.path("small.csv")
    done = process("predict", model, data, "--backend", "fast", **bare)
    assert (done.status, done.out) == (2, "")
    line = one_line(done.err)
    assert line.startswith("purenet: --backend fast: purenet_fast is not built")
    assert "pip install ." in line
    # Without the option, and with the pure one, the answers are the same as ever.
    expected = shell.succeed("predict", model, data)
    for options in ([], ["--backend", "pure"]):
        assert process("predict", model, data, *options, **bare) == (0, expected, "")
    out = shell.path("other.json")
    done = process("train", data, "--target", "kind", "--out", out, **bare)
    assert done.status == 0
    assert done.out.endswith("(pure backend)\n")
    assert shell.read("other.json") == shell.read("model.json")


def test_the_backend_that_is_chosen(both, shell, monkeypatch):
    data, out = shell.write("small.csv", SMALL), shell.path("m.json")
    arguments = ["train", data, "--target", "kind", "--out", out, "--epochs", "1"]
    assert "(fast backend)" in shell.succeed(*arguments)
    assert "(fast backend)" in shell.succeed(*arguments, "--backend", "fast")
    assert "(pure backend)" in shell.succeed(*arguments, "--backend", "pure")
    used = []
    for module in both:
        train = module.Network.run_epochs

        def noted(self, *rest, module=module, train=train):
            used.append(module.BACKEND)
            train(self, *rest)

        monkeypatch.setattr(module.Network, "run_epochs", noted)
    shell.succeed(*arguments, "--backend", "pure")
    shell.succeed(*arguments, "--backend", "fast")
    shell.succeed(*arguments)
    assert used == ["pure", "fast", "fast"]


# Last lines of defence.


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (ValueError("bad\nvalue"), 2, "purenet: bad value\n"),
        (TypeError("bad type"), 2, "purenet: bad type\n"),
        (OverflowError("too large"), 2, "purenet: too large\n"),
        (MemoryError(), 2, "purenet: not enough memory for this network or table\n"),
        (
            PermissionError(13, "Permission denied", "a.csv"),
            2,
            "purenet: a.csv: Permission denied\n",
        ),
        (OSError("odd"), 2, "purenet: odd\n"),
        (KeyboardInterrupt(), 130, "purenet: interrupted\n"),
    ],
)
def test_what_a_command_raises(shell, monkeypatch, error, status, text):
    def run(arguments):
        raise error

    monkeypatch.setattr(info, "run", run)
    assert shell.run("info", "m.json") == (status, "", text)


def test_a_defect_is_not_hidden(shell, monkeypatch):
    def run(arguments):
        raise KeyError("a mistake of ours")

    monkeypatch.setattr(info, "run", run)
    with pytest.raises(KeyError):
        cli.main(["info", "m.json"])


def test_the_module_can_be_run_from_anywhere(tmp_path):
    done = process("--version", cwd=tmp_path)
    assert done == (0, f"purenet {purenet.__version__}\n", "")
    assert pathlib.Path(purenet.__file__).name == "__init__.py"


# Answers that are none: an output is NaN where infinite numbers of both signs meet.

NAN_ROWS = "x,y,kind\n0,0,a\n1e300,1e300,a\n2.5,0.5,b\n1e300,1e300,b\n"


@pytest.fixture
def overflowing(model):
    """The path of a model whose output is 0.5 for all rows but those of huge numbers."""
    layers = [
        purenet.Dense(2, 2, "linear", initializer=[[1e10, 1e10], [1e10, 1e10]]),
        purenet.Dense(2, 1, "sigmoid", initializer=[[1.0], [-1.0]]),
    ]
    net = purenet.Network(layers, "binary_cross_entropy", seed=1)
    net.preparation = purenet.load(model).preparation
    net.save(model)
    return model


def test_evaluate_counts_rows_without_an_answer_as_wrong(shell, overflowing, name):
    data = shell.write("nan.csv", NAN_ROWS)
    lines = shell.succeed("evaluate", overflowing, data, *name).splitlines()
    assert lines[0] == f"{data}: 4 rows, loss nan, accuracy 25.0%"
    assert lines[1] == "no answer for 2 rows, counted as wrong: an output is NaN"
    counts = [line.split() for line in lines[4:6]]
    zero = counts[0][1]
    assert counts[0] == ["a", zero, "1", "1", "2", "0.0%"]
    assert counts[1] == ["b", zero, "1", "1", "2", "50.0%"]
    assert lines[-1].endswith("1 of 4 = 25.0%")


@pytest.mark.parametrize("options", [(), ("--probabilities",)])
def test_predict_names_the_row_without_an_answer(shell, overflowing, name, options):
    data = shell.write("nan.csv", NAN_ROWS)
    message = shell.refuse("predict", overflowing, data, *options, *name)
    assert f"{data}: row 1 (counted from 0, without the header) has no answer" in message
    assert message.endswith("the model's outputs for it are [nan], expected finite numbers")


def test_evaluate_names_the_row_without_a_number(shell, name):
    data, path = shell.write("line.csv", LINE), shell.path("model.json")
    shell.succeed("train", data, "--target", "y", "--out", path, "--quiet", *name)
    net = purenet.load(path)
    net.layers[0].weights[0][0] = math.nan
    net.save(path)
    message = shell.refuse("evaluate", path, data, *name)
    assert f"{data}: row 0 (counted from 0, without the header) has no answer" in message
