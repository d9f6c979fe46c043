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
LINE = "x,y\n" + "".join(f"{x * 7 % 30},{3 * (x * 7 % 30) - 2}\n" for x in range(30))

# One recipe, so that nothing has to be found out, and a short training.
QUICK = ["--layers", "4", "--l2", "0", "--epochs", "5"]
LINEAR = ["--layers", "none", "--l2", "0", "--epochs", "1000"]
TANH = ["--layers", "16", "--activation", "tanh", "--l2", "0", "--batch-size", "8"]
TANH += ["--epochs", "60", "--learning-rate", "0.3"]


@pytest.fixture
def model(shell, name):
    """The path of a small model of two classes, and beside it the table it was trained on."""
    data, path = shell.write("small.csv", SMALL), shell.path("model.json")
    shell.succeed("train", data, "--target", "kind", "--out", path, "--quiet", *TANH, *name)
    return path


def rows_of(text):
    return list(csv.reader(text.splitlines()))


# Training.


def test_train_on_iris_with_the_default_settings(fast, shell):
    path = shell.path("iris.json")
    text = shell.succeed("train", IRIS, "--target", "species", "--out", path)
    lines = text.splitlines()
    assert lines[:4] == [
        "species: 3 classes setosa 50, versicolor 50, virginica 50",
        "",
        "column             taken as",
        "sepal length (cm)  number",
    ]
    assert "112 rows to learn from, 38 held back for the test" in lines
    assert any(line.startswith("loss") and "training" in line for line in lines)
    test = next(line for line in lines if line.startswith("test: 38 rows that were held back, "))
    figures = " ".join(text.split()).partition("not seen it: accuracy ")[2]
    assert float(figures.partition("%")[0]) >= 90
    network = fast.load(path).prepared_network
    assert lines[-2] == f"digest {network.digest()}"
    assert lines[-1] == f"{path} written (fast backend)"
    assert network.loss == "categorical_cross_entropy"
    assert [layer.outputs for layer in network.layers][-1] == 3
    # What was found out is said again.
    said = shell.succeed("info", path)
    for line in [*lines[2:7], test]:
        assert line in said


def test_the_curve_is_that_of_the_network_written(backend, shell, name):
    curve, path = shell.path("curve.csv"), shell.path("m.json")
    data = shell.write("small.csv", SMALL)
    options = ["--history", curve, *QUICK]
    shell.succeed("train", data, "--target", "kind", "--out", path, *options, *name)
    head, *rows = rows_of(shell.read("curve.csv"))
    assert head == ["epoch", "loss", "accuracy"]
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5"]
    assert backend.load(path).prepared_network.epochs_trained == 5


def test_validation_rows_pick_the_epoch(backend, shell, name):
    curve, path = shell.path("curve.csv"), shell.path("m.json")
    data = shell.write("small.csv", SMALL)
    options = ["--validation", "0.3", "--patience", "2", "--history", curve, *TANH[:-1], "1.5"]
    text = shell.succeed("train", data, "--target", "kind", "--out", path, *options, *name)
    head, *rows = rows_of(shell.read("curve.csv"))
    assert head == ["epoch", "loss", "accuracy", "validation loss", "validation accuracy"]
    losses = [float(row[3]) for row in rows]
    best = losses.index(min(losses)) + 1
    assert best < len(losses) == best + 2  # otherwise this test shows nothing
    assert backend.load(path).prepared_network.epochs_trained == best
    assert "validation" in text and "test: 10 rows that were held back" in text


def test_two_classes_get_one_sigmoid_output(backend, model):
    network = backend.load(model).prepared_network
    assert [layer.activation for layer in network.layers] == ["tanh", "sigmoid"]
    assert network.loss == "binary_cross_entropy"
    assert network.outputs == 1


def test_a_number_as_target(backend, shell, name):
    data, path = shell.write("line.csv", LINE), shell.path("line.json")
    text = shell.succeed("train", data, "--target", "y", "--out", path, *LINEAR, *name)
    assert text.startswith("y: a number, -2 to 85\n")
    network = backend.load(path).prepared_network
    assert network.loss == "mean_squared_error"
    assert network.layers[-1].activation == "linear"
    figures = " ".join(text.split()).partition("not seen it: R² ")[2]
    assert float(figures.partition(",")[0]) > 0.9
    assert "baseline: the mean, " in text
    answers = rows_of(shell.succeed("predict", path, data, *name))
    assert answers[0] == ["y"]
    for line, (answer,) in zip(LINE.splitlines()[1:], answers[1:], strict=True):
        assert float(answer) == pytest.approx(float(line.split(",")[1]), abs=8)
    said = " ".join(shell.succeed("evaluate", path, data, *name).split())
    assert "R² 1.000, mean absolute error of y " in said and "root mean squared error" in said


def test_the_root_mean_squared_error_is_one(shell, name):
    data, path = shell.write("line.csv", LINE), shell.path("line.json")
    shell.succeed("train", data, "--target", "y", "--out", path, "--quiet", *QUICK, *name)
    answers = [float(row[0]) for row in rows_of(shell.succeed("predict", path, data, *name))[1:]]
    truth = [float(line.split(",")[1]) for line in LINE.splitlines()[1:]]
    squares = [(a - b) ** 2 for a, b in zip(answers, truth, strict=True)]
    expected = math.sqrt(sum(squares) / len(squares))
    said = " ".join(shell.succeed("evaluate", path, data, *name).split())
    found = said.partition("root mean squared error ")[2].split()[0]
    assert float(found) == pytest.approx(expected, rel=5e-4)


def test_whole_numbers_are_classes_unless_told_otherwise(backend, shell, name):
    data = shell.write("n.csv", "x,n\n" + "".join(f"{x * x},{x % 3}\n" for x in range(30)))
    path = shell.path("n.json")
    arguments = ["train", data, "--target", "n", "--out", path, *QUICK, "--quiet", *name]
    shell.succeed(*arguments)
    assert backend.load(path).preparation.classes == ["0", "1", "2"]
    shell.succeed(*arguments, "--task", "number")
    assert backend.load(path).preparation.classes is None


@pytest.mark.parametrize(
    ("layers", "sizes"),
    [("none", [2, 1]), ("3", [2, 3, 1]), ("5,4,3", [2, 5, 4, 3, 1]), (" 5, 4 ", [2, 5, 4, 1])],
)
def test_layers(backend, shell, name, layers, sizes):
    data, path = shell.write("small.csv", SMALL), shell.path("m.json")
    options = ["--layers", layers, "--activation", "relu", "--epochs", "1", "--l2", "0", "--quiet"]
    shell.succeed("train", data, "--target", "kind", "--out", path, *options, *name)
    network = backend.load(path).prepared_network
    assert [network.inputs] + [layer.outputs for layer in network.layers] == sizes
    assert {layer.activation for layer in network.layers[:-1]} <= {"relu"}


def test_the_options_reach_the_training(backend, shell, name):
    data, path = shell.write("small.csv", SMALL), shell.path("m.json")
    options = "--epochs 3 --learning-rate 0.25 --batch-size 7 --seed 5 --layers 4 --l2 0"
    options += " --activation tanh"
    shell.succeed("train", data, "--target", "kind", "--out", path, *options.split(), *name)
    table = purenet.read_csv(data, "kind")
    preparation = purenet.Preparation.from_table(table)
    network = backend.Network(
        [backend.Dense(2, 4, "tanh"), backend.Dense(4, 1, "sigmoid")],
        "binary_cross_entropy",
        seed=5,
    )
    inputs, targets = preparation.inputs(table), preparation.targets(table)
    network.fit(inputs, targets, epochs=3, learning_rate=0.25, batch_size=7)
    assert backend.load(path).digest() == network.digest()
    assert backend.load(path).prepared_network.epochs_trained == 3


def test_a_small_table_is_trained_on_whole(shell, name):
    xor = shell.write("xor.csv", "a,b,y\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n")
    path = shell.path("xor.json")
    options = ["--layers", "4", "--l2", "0", "--activation", "tanh", "--epochs", "300"]
    options += ["--learning-rate", "1", *name]
    text = shell.succeed("train", xor, "--target", "y", "--out", path, *options)
    assert "only 4 rows: none held back for a test" in text
    assert "not measured: " in text and "trained: on all 4 rows" in text
    answers = rows_of(shell.succeed("predict", path, xor, *name))
    assert answers == [["y"], ["0"], ["1"], ["1"], ["0"]]
    text = shell.succeed("train", xor, "--target", "y", "--out", path, "--test", "0.5", *options)
    assert "2 rows to learn from, 2 held back for the test" in text


def test_the_rows_held_back_are_a_seeded_choice(shell, name):
    data = shell.write("small.csv", SMALL)
    files = []
    for number, seed in enumerate(("1", "1", "2")):
        path = shell.path(f"{number}.json")
        options = ["--seed", seed, *QUICK, "--quiet"]
        shell.succeed("train", data, "--target", "kind", "--out", path, *options, *name)
        files.append(shell.read(f"{number}.json"))
    assert files[0] == files[1] != files[2]


def test_folds_and_jobs(shell, name):
    data = shell.write("small.csv", SMALL)
    texts = []
    for jobs in ("1", "2"):
        path = shell.path("m.json")
        options = ["--folds", "3", "--jobs", jobs, *QUICK]
        text = shell.succeed("train", data, "--target", "kind", "--out", path, *options, *name)
        assert "3 folds: 40 rows, each answered without having been trained on: accuracy" in text
        texts.append((text, shell.read("m.json")))
    assert texts[0] == texts[1]


def test_train_quiet_and_with_files(backend, shell, name):
    data = shell.write("small.csv", SMALL)
    outputs = ["--plot", shell.path("loss.svg"), "--history", shell.path("loss.csv")]
    arguments = ["train", data, "--target", "kind", "--out", shell.path("m.json"), *outputs]
    options = ["--validation", "0.2", *QUICK]
    assert shell.succeed(*arguments, "--quiet", *options, *name) == ""
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
        f"{'id,nick name' if n == 0 else f'{7 * n},Anna{n % 5}'},{x}" for n, x in enumerate(lines)
    )
    data, path = shell.write("named.csv", text), shell.path("m.json")
    arguments = ["train", data, "--target", "kind", "--out", path, "--quiet", *QUICK, *name]
    shell.succeed(*arguments, "--ignore", "nick name", "--ignore", "id")
    model = backend.load(path)
    assert model.columns == ["x", "y"]
    # Without them it is the same network as from a table that never had them.
    other, plain = shell.path("other.json"), shell.write("small.csv", SMALL)
    shell.succeed("train", plain, "--target", "kind", "--out", other, "--quiet", *QUICK, *name)
    assert model.digest() == backend.load(other).digest()
    for words in (["--columns", "x", "--columns", "y"], ["--columns", "x, y"]):
        shell.succeed(*arguments, *words)
        assert model.digest() == backend.load(path).digest()
    # and the columns that were ignored are not asked for later
    assert shell.succeed("predict", path, plain, *name) == shell.succeed(
        "predict", path, data, *name
    )
    line = shell.refuse(*arguments, "--ignore", "nic name")
    assert "named.csv: --ignore: found no column 'nic name'" in line and "'nick name'" in line
    assert "--ignore: found the target 'kind'" in shell.refuse(*arguments, "--ignore", "kind")
    every = [word for column in ("id", "nick name", "x", "y") for word in ("--ignore", column)]
    assert "nothing to learn from" in shell.refuse(*arguments, *every)


def test_kinds_of_columns(backend, shell, name):
    data, path = shell.write("small.csv", SMALL), shell.path("m.json")
    arguments = ["train", data, "--target", "kind", "--out", path, *QUICK, *name]
    shell.succeed(*arguments, "--as", "x=category", "--scale", "range")
    assert [column.kind for column in backend.load(path).preparation.inputs_of_columns] == [
        "category",
        "number",
    ]
    for words, kinds in (
        ("x,y=category", ["category", "category"]),
        ("x=number, y=category", ["number", "category"]),
    ):
        shell.succeed(*arguments, "--as", words)
        taken = backend.load(path).preparation.inputs_of_columns
        assert [column.kind for column in taken] == kinds
    line = shell.refuse(*arguments, "--as", "x=category", "--as", "x=number")
    assert line == "purenet: --as: found category and number for 'x', expected one"
    for words in (["--as", "x"], ["--as", "x=colour"], ["--as", "=number"]):
        assert f"argument --as: found {words[1]!r}, expected a column" in shell.refuse(
            *arguments, *words
        )
    gaps = shell.write("gaps.csv", SMALL + ",1,a\n2,NA,b\n")
    text = shell.succeed("train", gaps, *arguments[2:])
    assert "missing" in text.splitlines()[2]
    line = shell.refuse("train", gaps, *arguments[2:], "--missing", "error")
    assert "line 42, column 'x': found nothing" in line and "line 43, column 'y'" in line


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
        options = [*QUICK, "--quiet"]
        shell.succeed("train", data, "--target", "kind", "--out", path, *options, *name)
        files.append(shell.read(f"{number}.json"))
    assert files[0] == files[1]


def test_threads_change_nothing(shell, name):
    data = shell.write("small.csv", SMALL)
    for threads in ("1", "2"):
        path = shell.path(f"{threads}.json")
        options = [*QUICK, "--quiet", "--threads", threads]
        shell.succeed("train", data, "--target", "kind", "--out", path, *options, *name)
    assert shell.read("1.json") == shell.read("2.json")
    for command in ("predict", "evaluate"):
        one, two = (shell.succeed(command, path, data, "--threads", n, *name) for n in "12")
        assert one == two


def test_the_default_settings_do_well_on_the_bundled_tables(fast, shell):
    for data, target, least in ((IRIS, "species", 90), (CANCER, "diagnosis", 94)):
        path = shell.path("m.json")
        text = shell.succeed("train", data, "--target", target, "--out", path, "--seed", "2")
        figures = " ".join(text.split()).partition("not seen it: accuracy ")[2]
        assert float(figures.partition("%")[0]) >= least


# Using a model.


def test_predict(backend, shell, model, name):
    data = shell.path("small.csv")
    text = shell.succeed("predict", model, data, *name)
    head, *rows = rows_of(text)
    assert head == ["kind"]
    loaded = backend.load(model)
    table = purenet.read_csv(data, "kind")
    outputs = loaded.prepared_network.predict(loaded.preparation.inputs(table))
    assert [row[0] for row in rows] == ["b" if output[0] >= 0.5 else "a" for output in outputs]
    right = sum(row[0] == label for row, label in zip(rows, table.labels, strict=True))
    assert right >= 34


def test_probabilities(backend, shell, model, name):
    data = shell.path("small.csv")
    head, *rows = rows_of(shell.succeed("predict", model, data, "--probabilities", *name))
    assert head == ["kind", "probability a", "probability b"]
    loaded = backend.load(model)
    table = purenet.read_csv(data, "kind")
    outputs = loaded.prepared_network.predict(loaded.preparation.inputs(table))
    for (answer, a, b), output in zip(rows, outputs, strict=True):
        assert float(b) == output[0]  # with every bit
        assert float(a) + float(b) == pytest.approx(1)
        assert answer == ("a" if float(a) > float(b) else "b")


def test_probabilities_of_three_classes(shell, name):
    path = shell.path("iris.json")
    shell.succeed("train", IRIS, "--target", "species", "--out", path, *QUICK, *name)
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
    assert shell.succeed("predict", model, data, "--out", "-", *name) == text


def test_columns_are_kept_beside_the_answers(shell, model, name):
    lines = SMALL.splitlines()
    text = "\n".join(
        f"{'id;' if n == 0 else f'00{n} ;'}{x.replace(',', ';')}" for n, x in enumerate(lines)
    )
    data = shell.write("named.csv", text)
    answers = rows_of(shell.succeed("predict", model, shell.path("small.csv"), *name))
    rows = rows_of(shell.succeed("predict", model, data, "--keep", "id", *name))
    assert rows[0] == ["id", "kind"]
    assert rows[1:] == [[f"00{n}", *row] for n, row in enumerate(answers[1:], 1)]
    rows = rows_of(shell.succeed("predict", model, data, "--keep", "kind", "--keep", "x", *name))
    assert rows[0] == ["kind", "x", "predicted kind"]
    assert [row[:2] for row in rows[1:]] == [[x.split(",")[2], x.split(",")[0]] for x in lines[1:]]
    line = shell.refuse("predict", model, data, "--keep", "ID", *name)
    assert "found no column 'ID'" in line and "'id'" in line


def test_answers_are_quoted_where_csv_needs_it(shell, name):
    text = SMALL.replace(",a\n", ',"a, ""the"" first"\n').replace(",kind", ",target; kind")
    data, path = shell.write("odd.csv", text), shell.path("odd.json")
    arguments = ["--target", "target; kind", "--out", path, "--quiet", *TANH, *name]
    shell.succeed("train", data, *arguments)
    rows = rows_of(shell.succeed("predict", path, data, *name))
    assert rows[0] == ["target; kind"]
    assert {row[0] for row in rows[1:]} == {'a, "the" first', "b"}


def test_evaluate(backend, shell, model, name):
    data = shell.path("small.csv")
    text = shell.succeed("evaluate", model, data, *name)
    scores = backend.load(model).evaluate(data)
    said = " ".join(text.split())
    accuracy = f"accuracy {100 * scores.accuracy:.1f}% (95% interval "
    assert said.startswith(f"{data}: 40 rows, loss {scores.loss:.6g}, {accuracy}")
    assert "\nbaseline: the most frequent class, a, always answered: accuracy 50.0%\n" in text
    truth = [int(line.endswith("b")) for line in SMALL.splitlines()[1:]]
    answers = backend.load(model).predict(data)
    assert text.endswith("\n\n" + confusion_table(truth, answers, ["a", "b"]) + "\n")


def test_info(backend, shell, model, name):
    text = shell.succeed("info", model, *name)
    network = backend.load(model).prepared_network
    for line in (
        "  layer 0: Dense(2, 16, 'tanh')",
        "  layer 1: Dense(16, 1, 'sigmoid')",
        "loss            binary_cross_entropy",
        "seed            1",
        f"epochs trained  {network.epochs_trained}",
        f"digest          {network.digest()}",
        "predicts        kind",
        "classes         a, b",
        "column  taken as",
        "x       number",
        "trained: on all 40 rows, those of the test among them; how good this last",
    ):
        assert line in text.splitlines()
    assert " ".join(text.split()).startswith(f"{model}: a network with 65 parameters")


def test_names_that_a_terminal_would_obey(shell, name):
    names = ["red, dark", "\x1b[31mred"]
    text = "x,k\n" + "".join(f'{n * n},"{names[n % 2]}"\n' for n in range(8))
    data, path = shell.write("odd.csv", text), shell.path("m.json")
    said = shell.succeed("train", data, "--target", "k", "--out", path, *QUICK, *name)
    said += shell.succeed("info", path, *name)
    said += shell.succeed("evaluate", path, data, *name)
    wrong = shell.write("wrong.csv", text.replace("red, dark", "\x1b[32mgreen"))
    said += shell.refuse("evaluate", path, wrong, *name)
    assert "\x1b" not in said
    assert "'red, dark'" in said


def test_many_classes_are_folded(fast, shell, monkeypatch):
    monkeypatch.setenv("COLUMNS", "72")
    rows = "".join(f"{n % 40},{n % 7},{chr(65 + n % 40 // 10)}class{n % 40}\n" for n in range(120))
    data, path = shell.write("many.csv", "x,y,kind\n" + rows), shell.path("m.json")
    said = shell.succeed("train", data, "--target", "kind", "--out", path, *QUICK)
    said += shell.succeed("info", path)
    said += shell.succeed("evaluate", path, data)
    paths = [line for line in said.splitlines() if str(shell.folder) in line]
    for line in set(said.splitlines()).difference(paths):
        assert len(line) <= 72 or line.startswith("digest"), line
    assert "Cclass29" in said


def test_a_narrow_terminal(fast, shell, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    data, path = shell.write("small.csv", SMALL), shell.path("m.json")
    said = shell.succeed("train", data, "--target", "kind", "--out", path, *QUICK)
    described = shell.succeed("info", path)
    for line in said.splitlines():
        assert len(line) <= 40 or line.startswith(("digest", path)), line
    assert f"\n{'recipe':16}" in described and f"\n{'classes':16}a, b\n" in described


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
            *("train", data, "--target", "kind", "--out", path, "--quiet", "--backend", backend),
            *("--layers", "2", "--epochs", "2"),
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
    shell.succeed("train", data, "--target", "y", "--out", path, "--quiet", *QUICK)
    expected = both[0].load(path).predict(data)
    found = [float(row[0]) for row in rows_of(shell.succeed("predict", path, data))[1:]]
    assert_same_bits(found, expected)


def test_standard_input_and_output(shell, name):
    path = shell.path("m.json")
    data = shell.write("small.csv", SMALL)
    arguments = ["--target", "kind", *QUICK, *name]
    shell.succeed("train", data, "--out", path, *arguments)
    done = process("train", "-", "--out", "-", *arguments, input=SMALL.encode())
    assert done.status == 0
    assert done.out == shell.read("m.json")
    assert done.err.startswith("kind: 2 classes a 20, b 20\n")
    done = process("predict", path, "-", *name, input=SMALL.encode())
    assert done == (0, shell.succeed("predict", path, data, *name), "")
    done = process("evaluate", path, "-", *name, input=SMALL.encode())
    assert done.out.startswith("standard input: 40 rows, loss ")


def test_going_on(backend, shell, model, name):
    data = shell.path("small.csv")
    more = shell.write("more.csv", table(30, seed=2))
    before = shell.read("model.json")
    out = shell.path("more.json")
    arguments = ["train", "--continue", model, more, "--epochs", "2", *name]
    text = shell.succeed(*arguments, "--out", out)
    assert text.startswith("kind: 2 classes a 15, b 15\n")
    assert "before it went on, the same rows: accuracy" in text
    assert "went on from a model that was trained on 40 rows" in text
    assert shell.read("model.json") == before
    changed = backend.load(out)
    assert changed.preparation == backend.load(model).preparation
    assert changed.prepared_network.epochs_trained == 62
    shell.succeed(*arguments, "--quiet")
    assert shell.read("model.json") == shell.read("more.json")
    for words, said in (
        (["--layers", "3"], "--layers: found beside --continue, which takes what the model has"),
        (["--ignore", "x"], "--ignore: found beside --continue"),
        (["--target", "kind"], "--target: found beside --continue, expected the model's own"),
        (["--folds", "3"], "--folds: found beside --continue"),
        (["--epochs", "0"], "--epochs: found 0"),
    ):
        assert said in shell.refuse(*arguments, *words)
    bad = shell.write("bad.csv", "x,y,kind\n1,2,a\n3,tall,c\n")
    line = shell.refuse("train", "--continue", model, bad, *name)
    assert "line 3, column 'y': found 'tall'" in line
    assert data


# Bad tables.


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["found nothing", "header"]),
        ("x,y,kind\n", ["header only", "at least one row"]),
        ("x,y,kind\n1,2,a\n3,b\n", ["line 3", "found 2 values", "expected 3"]),
        ("x,y,kind\n1,2,a\n3,4,5,b\n", ["line 3", "found 4 values", "expected 3"]),
        ("x;y;kind\n1;2,5;a\n3;4,x;b\n4;5,5;a\n", ["line 3, column 'y': found '4,x'"]),
        ("x,y,kind\n1,2,\n3,4,NA\n", ["column 'kind'", "no answer in any of 2 rows"]),
        ("x,y,kind\n1,2,\n3,4,b\n", ["column 'kind'", "1 row with an answer"]),
        ("x,y,kind\n1,2,a\n3,4,a\n", ["column 'kind'", "only the class 'a'", "two classes"]),
        ("x,x,kind\n1,2,a\n3,4,b\n", ["line 1", "'x' twice"]),
        ("x,y,class\n1,2,a\n3,4,b\n", ["line 1", "no column 'kind'", "'class'"]),
        ("kind\na\nb\n", ["no input columns"]),
        ('x,y,kind\n1,2,"a\n3,4,b\n', ["line 2", "a quote that is never closed"]),
        ("x,y,kind\n1,2,a\n3,4,\0\n", ["line 3", "zero byte"]),
        ("x,y,kind\n1,2,a\n3,b\n5\n", ["line 3: found 2", "line 4: found 1"]),
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
    line = shell.refuse("train", data, "--target", "y", "--out", out, "--folds", "31", *name)
    assert line == "purenet: --folds: found 31 for 30 rows, expected no more"


def test_bad_rows_for_a_model(shell, model, name):
    for text, words in {
        "x,kind\n1,a\n": ["no column 'y'"],
        "kind\na\n": ["no column 'x'", "no column 'y'"],
        "x,y,kind\n1,2,a\n2,tall,b\n": ["line 3", "column 'y'", "'tall'"],
        "x,y,kind\n1,2,a\nbig,tall,b\n5,small,b\n": ["'big'", "'tall'", "line 4", "'small'"],
        "x,y,kind\n": ["header only"],
        "": ["found nothing"],
    }.items():
        data = shell.write("bad.csv", text)
        for command in ("predict", "evaluate"):
            line = shell.refuse(command, model, data, *name)
            assert "bad.csv" in line
            for word in words:
                assert word in line


def test_missing_cells_are_filled_in_later_too(shell, model, name):
    data = shell.write("gaps.csv", "x,y,kind\n1,,a\nNA,2,b\n")
    assert len(rows_of(shell.succeed("predict", model, data, *name))) == 3
    assert "2 rows, loss" in " ".join(shell.succeed("evaluate", model, data, *name).split())


def test_a_number_too_far_from_the_training_rows(shell, name):
    data = shell.write("small.csv", "x,kind\n0.001,a\n0.002,b\n")
    path = shell.path("m.json")
    shell.succeed("train", data, "--target", "kind", "--out", path, "--quiet", *QUICK, *name)
    data = shell.write("bad.csv", "x,kind\n0.001,a\n1e308,b\n")
    for command in ("predict", "evaluate"):
        line = shell.refuse(command, path, data, *name)
        assert "bad.csv: line 3, column 'x': found 1e+308, expected a number near" in line


def test_evaluate_names_the_line_of_an_unknown_class(shell, model, name):
    data = shell.write("new.csv", "x,y,kind\n1,2,a\n\n\n1,2,c\n")
    line = shell.refuse("evaluate", model, data, *name)
    assert line == (f"purenet: {data}: line 5, column 'kind': found 'c', expected one of 'a', 'b'")
    data = shell.write("new.csv", "x,y\n1,2\n")
    assert "no column 'kind'" in shell.refuse("evaluate", model, data, *name)
    assert shell.succeed("predict", model, data, *name)


def test_evaluate_names_the_line_of_a_bad_number(shell, name):
    data, path = shell.write("line.csv", LINE), shell.path("m.json")
    shell.succeed("train", data, "--target", "y", "--out", path, "--quiet", *QUICK, *name)
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
    narrow["preparation"]["inputs"].pop()
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
    shell.succeed("train", data, "--target", "y", "--out", path, "--quiet", *QUICK, *name)
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
        (["--learning-rate", "-0.1"], ["--learning-rate", "-0.1", "0 or more"]),
        (["--learning-rate", "nan"], ["--learning-rate", "nan"]),
        (["--learning-rate", "inf"], ["--learning-rate", "inf"]),
        (["--learning-rate", "fast"], ["--learning-rate", "'fast'"]),
        (["--batch-size", "0"], ["--batch-size", "found 0"]),
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
        (["--zzz", "9"], ["unrecognized arguments: --zzz 9; see purenet train --help"]),
        (["--epocs", "9"], ["unrecognized arguments: --epocs 9; did you mean '--epochs'?"]),
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


def test_training_that_diverges_goes_back(backend, shell, name):
    data, out = shell.write("line.csv", LINE), shell.path("m.json")
    options = ["--activation", "linear", "--learning-rate", "1e6", *QUICK[:-1], "30"]
    text = shell.succeed("train", data, "--target", "y", "--out", out, *options, *name)
    assert "training diverged in epoch 1: back to the network at the beginning" in text
    assert backend.load(out).prepared_network.find_non_finite() is None
    assert "training diverged" in shell.succeed("info", out, *name)


def test_a_model_that_exists_is_replaced(shell, model, name):
    data = shell.path("small.csv")
    before = shell.read("model.json")
    options = ["--out", model, "--seed", "2", *QUICK, *name]
    shell.succeed("train", data, "--target", "kind", *options)
    assert shell.read("model.json") != before


@pytest.mark.parametrize("epoch", [1, 3])
def test_ctrl_c_in_training(backend, shell, name, monkeypatch, epoch):
    run_epochs = backend.Network.run_epochs

    def interrupted(self, *rest):
        run_epochs(self, *rest)
        if self.epochs_trained == epoch:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(backend.Network, "run_epochs", interrupted)
    answer = signal.signal(signal.SIGINT, signal.default_int_handler)
    data, out = shell.write("small.csv", SMALL), shell.path("m.json")
    before = shell.files()
    try:
        done = shell.run("train", data, "--target", "kind", "--out", out, *QUICK, *name)
    finally:
        signal.signal(signal.SIGINT, answer)
    assert done.status == 130
    if epoch == 1:  # no epoch was finished
        assert done.err == "purenet: interrupted\n"
        assert shell.files() == before
        return
    assert done.err == "purenet: interrupted; the best network so far is written\n"
    model = backend.load(out)
    assert model.prepared_network.epochs_trained == 2
    assert model.report.notes == ("interrupted after 2 epochs",)
    assert "interrupted after 2 epochs\n" in done.out
    assert f"digest {model.digest()}\n" in done.out
    assert len(rows_of(shell.succeed("predict", out, data, *name))) == 41


# Files that cannot be written are refused before the training, not after it.


@pytest.fixture
def untrained(monkeypatch):
    """Let no network be trained: what is refused must be refused before."""

    def fit(*_, **__):
        raise AssertionError("training began")

    monkeypatch.setattr(purenet.Network, "fit", fit)


@pytest.mark.parametrize("option", ["--out", "--plot", "--history"])
def test_files_that_train_cannot_write(shell, name, untrained, option):
    data = shell.write("small", SMALL)
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
    assert "there is no folder" in refused(shell.path("small/file"))
    if os.path.exists("/dev/null"):
        assert "'/dev/null' is a device" in refused("/dev/null")
        assert not os.path.isfile("/dev/null")
    if os.path.isdir("/proc/self"):
        assert f"{option}: cannot write '/proc/m'" in refused("/proc/m")
    if os.name == "posix" and os.geteuid() != 0:
        (shell.folder / "folder").chmod(0o500)
        assert f"{option}: cannot write" in refused(shell.path("folder/file"))
        protected = shell.write("protected", "")
        os.chmod(protected, 0o400)
        assert f"{option}: {protected!r} is protected" in refused(protected)


def test_two_outputs_into_one_file(shell, name, untrained):
    data, out = shell.write("small.csv", SMALL), shell.path("m")
    arguments = ["train", data, "--target", "kind", "--out", out, *name]
    line = shell.refuse(*arguments, "--plot", shell.path("./m"))
    assert "--plot: found" in line and "to which --out writes" in line


def test_files_that_predict_cannot_write(shell, model, name):
    data = shell.path("small.csv")
    line = shell.refuse("predict", model, data, "--out", shell.path("missing/a.csv"), *name)
    assert "--out: there is no folder" in line
    assert "which is read" in shell.refuse("predict", model, data, "--out", data, *name)
    assert "expected a name that ends in .csv" in shell.refuse(
        "predict", model, data, "--out", model, *name
    )


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
@pytest.mark.parametrize("options", [["--l2", "0"], ["--l2", "0", "--validation", "0.2"], []])
def test_a_real_ctrl_c(backend, shell, name, options):
    data, out = shell.write("small.csv", SMALL), shell.path("m.json")
    options = ["--epochs", "1000000000", "--patience", "0", "--layers", "2", *options]
    running = started(MAIN, "train", data, "--target", "kind", "--out", out, *options, *name)
    try:
        assert running.stdout.readline() == "kind: 2 classes a 20, b 20\n"
        time.sleep(0.5)
        assert running.poll() is None
        running.send_signal(signal.SIGINT)
        said, err = running.communicate(timeout=30)
    finally:
        running.kill()
    assert running.returncode == 130
    assert err == "purenet: interrupted; the best network so far is written\n"
    assert f"{out} written" in said
    assert backend.load(out).prepared_network.epochs_trained > 0


def test_a_process(shell, name):
    data, out = shell.write("small.csv", SMALL), shell.path("m.json")
    done = process("train", data, "--target", "kind", "--out", out, *QUICK, *name)
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
def test_nobody_reads(fast, shell, command):
    data, model = shell.write("small.csv", SMALL), shell.path("model.json")
    shell.succeed("train", data, "--target", "kind", "--out", model, "--quiet", *QUICK)
    places = {"MODEL": model, "DATA": data}
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
    quick = " ".join(QUICK)
    command = f"'{sys.executable}' -m purenet train '{data}' --target kind {quick} --out "
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
    done = process("train", data, "--target", "kind", "--out", out, *QUICK, env=env)
    assert (done.status, done.err) == (0, "")
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
        arguments = ["train", data, "--target", "kind", "--out", out, *QUICK, *quiet, *name]
        done = process(*arguments, stderr=side)
        os.close(side)
        shown = b""
        try:
            while part := os.read(terminal, 4096):
                shown += part
        except OSError:  # how Linux says that the other side is closed
            pass
        os.close(terminal)
        assert done.status == 0
        assert (b"training on all rows" in shown) == (not quiet)
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
    done = process("train", data, "--target", "kind", "--out", out, *TANH, **bare)
    assert done.status == 0
    assert done.out.endswith("(pure backend)\n")
    assert shell.read("other.json") == shell.read("model.json")


def test_the_backend_that_is_chosen(both, shell, monkeypatch):
    data, out = shell.write("small.csv", SMALL), shell.path("m.json")
    arguments = ["train", data, "--target", "kind", "--out", out, *QUICK, "--test", "0"]
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
    assert used == ["pure"] * 5 + ["fast"] * 10


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
    purenet.TableModel(net, purenet.load(model).preparation).save(model)
    return model


def test_evaluate_counts_rows_without_an_answer_as_wrong(shell, overflowing, name):
    data = shell.write("nan.csv", NAN_ROWS)
    lines = shell.succeed("evaluate", overflowing, data, *name).splitlines()
    assert "4 rows, loss nan, accuracy 25.0% " in " ".join(" ".join(lines).split())
    assert "no answer for 2 rows, counted as wrong: an output is NaN" in lines
    start = next(n for n, line in enumerate(lines) if line.startswith("truth"))
    counts = [line.split() for line in lines[start + 1 : start + 3]]
    zero = counts[0][1]
    assert counts[0] == ["a", zero, "1", "1", "2", "0.0%"]
    assert counts[1] == ["b", zero, "1", "1", "2", "50.0%"]
    assert lines[-1].endswith("1 of 4 = 25.0%")


@pytest.mark.parametrize("options", [(), ("--probabilities",)])
def test_predict_names_the_row_without_an_answer(shell, overflowing, name, options):
    data = shell.write("nan.csv", NAN_ROWS)
    message = shell.refuse("predict", overflowing, data, *options, *name)
    assert f"{data}: line 3 has no answer" in message
    assert message.endswith("the model's outputs for it are [nan], expected finite numbers")


def test_evaluate_names_the_row_without_a_number(shell, name):
    data, path = shell.write("line.csv", LINE), shell.path("model.json")
    shell.succeed("train", data, "--target", "y", "--out", path, "--quiet", *QUICK, *name)
    changed = purenet.load(path)
    changed.prepared_network.layers[0].weights[0][0] = math.nan
    changed.save(path)
    message = shell.refuse("evaluate", path, data, *name)
    assert f"{data}: line 2 has no answer" in message
