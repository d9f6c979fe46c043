"""A model of a table: raw rows in, classes or numbers out; its file; what is refused."""

from __future__ import annotations

import copy
import json
import math
import pathlib
import pickle
from types import ModuleType
from typing import Any

import pytest

import purenet
from purenet.models.report import figures, percent, simplest

ROWS: list[dict[str, Any]] = [
    {"size": 3.0 * (n % 3) + (n * 7 % 5) / 4, "island": "AB"[n % 2], "kind": ["x", "y", "z"][n % 3]}
    for n in range(30)
]
QUICK: dict[str, Any] = {"layers": 4, "l2": 0.0, "epochs": 60}


@pytest.fixture
def model(backend: ModuleType) -> Any:
    return backend.train_table(ROWS, "kind", test=0, **QUICK)


@pytest.fixture
def number(backend: ModuleType) -> Any:
    rows = [{"x": float(n * n % 17), "price": 2.5 * (n * n % 17) + 1} for n in range(24)]
    return backend.train_table(rows, "price", layers=[], l2=0.0, epochs=600)


def test_raw_rows_in_classes_out(model: Any) -> None:
    answers = model.predict(ROWS)
    assert sum(a == row["kind"] for a, row in zip(answers, ROWS, strict=True)) >= 27
    lists = [[row["size"], row["island"]] for row in ROWS]
    assert model.columns == ["size", "island"]
    assert model.predict(lists) == answers
    assert model.predict({"island": [r["island"] for r in ROWS], "size": [r["size"] for r in ROWS]})
    assert model.predict(purenet.Table(["size", "island"], lists)) == answers
    assert model.predict([ROWS[0]]) == answers[:1]
    text = [{name: str(value) for name, value in row.items()} for row in ROWS]
    assert model.predict(text) == answers


def test_points_between_thousands_are_read_as_in_training(
    backend: ModuleType, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "rents.csv"
    rows = [f"{1 + k % 4}.{100 + k};{40 + 3 * k % 17},5;{'ab'[k % 2]}" for k in range(40)]
    path.write_text("\n".join(["rent;size;kind", *rows]))
    trained = backend.train_table(path, "kind", test=0, layers=2, l2=0.0, epochs=2)
    assert trained.preparation.inputs([[2250.0, 50.0]])[0][0] < 2.0
    new = tmp_path / "new.csv"  # which has no decimal comma that shows it
    new.write_text("rent;size\n1.300;50\n4.100;60\n999;50\n")
    expected = trained.probabilities([[1300.0, 50.0], [4100.0, 60.0], [999.0, 50.0]])
    assert trained.probabilities(new) == expected
    text = [{"rent": "1.300", "size": "50"}, {"rent": "4.100", "size": "60"}]
    assert trained.probabilities(text) == expected[:2]


def test_the_network_inside_takes_prepared_numbers(model: Any) -> None:
    inputs = model.preparation.inputs(purenet.Table(["size", "island"], [[1.0, "A"], [7.0, "B"]]))
    outputs = model.prepared_network.predict(inputs)
    assert [model.preparation.answer(row) for row in outputs] == model.predict(
        [{"size": 1.0, "island": "A"}, {"size": 7.0, "island": "B"}]
    )


def test_probabilities(model: Any) -> None:
    shares = model.probabilities(ROWS)
    assert [list(row) for row in shares] == [["x", "y", "z"]] * 30
    assert [max(row, key=row.__getitem__) for row in shares] == model.predict(ROWS)
    assert all(sum(row.values()) == pytest.approx(1.0) for row in shares)


def test_two_classes_have_two_probabilities(backend: ModuleType) -> None:
    rows = [{"x": n % 7, "k": str(n % 7 > 3)} for n in range(24)]
    model = backend.train_table(rows, "k", **QUICK)
    for row, output in zip(
        model.probabilities(rows),
        model.prepared_network.predict(model.preparation.inputs([[r["x"]] for r in rows])),
        strict=True,
    ):
        assert row == {"False": 1.0 - output[0], "True": output[0]}


def test_a_number(number: Any) -> None:
    assert number.classes is None
    answers = number.predict([{"x": 4.0}, {"x": 16.0}])
    assert answers[0] == pytest.approx(11, abs=3)
    assert answers[1] == pytest.approx(41, abs=6)
    with pytest.raises(ValueError, match="predicts 'price', a number, expected classes"):
        number.probabilities([{"x": 4.0}])


def test_evaluate(backend: ModuleType, model: Any) -> None:
    scores = model.evaluate(ROWS)
    right = sum(a == row["kind"] for a, row in zip(model.predict(ROWS), ROWS, strict=True))
    assert (scores.rows, scores.accuracy) == (30, right / 30)
    assert scores.classes == ["x", "y", "z"]
    assert list(map(sum, scores.confusion)) == [10, 10, 10]
    assert scores.baseline_accuracy == pytest.approx(1 / 3)
    lists = [[row["size"], row["island"], row["kind"]] for row in ROWS]
    assert model.evaluate(lists) == scores
    some = [*ROWS[:6], {**ROWS[7], "kind": None}]
    assert model.evaluate(some).rows == 6
    inputs, targets = model.preparation.inputs(table(ROWS)), model.preparation.targets(table(ROWS))
    assert scores.loss == model.prepared_network.evaluate(inputs, targets).loss


def table(rows: list[dict[str, Any]]) -> purenet.Table:
    cells = [[row["size"], row["island"]] for row in rows]
    return purenet.Table(["size", "island"], cells, "kind", [row["kind"] for row in rows])


def test_threads_change_nothing(model: Any) -> None:
    assert model.predict(ROWS, threads=2) == model.predict(ROWS)
    assert model.evaluate(ROWS, threads=2) == model.evaluate(ROWS)


# What is odd.


def test_no_rows(model: Any, number: Any) -> None:
    assert model.predict([]) == []
    assert model.probabilities([]) == []
    assert number.predict([]) == []
    with pytest.raises(ValueError, match=r"^rows: found none, expected at least one"):
        model.evaluate([])


def test_other_columns_are_ignored(model: Any) -> None:
    odd = [{**row, "kind": None, "name": object(), "": 3} for row in ROWS]
    assert model.predict(odd) == model.predict(ROWS)


def test_what_training_has_not_seen(model: Any) -> None:
    assert model.predict([{"size": 0.5, "island": "nowhere"}])[0] in "xyz"
    assert model.predict([{"size": None, "island": None}])[0] in "xyz"
    assert model.predict([{"size": 0.5}, {"island": "A"}])[1] in "xyz"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"size": 1.0}], "found no column 'island'"),
        ([{"SIZE": 1.0, "place": "A"}], "'size'"),
        ([{"size": "big", "island": "A"}], "row 0, column 'size': found 'big', expected a number"),
        (
            [{"size": "big", "island": "A"}, {"size": "small", "island": "A"}],
            "row 1, column 'size': found 'small'",
        ),
        ([[1.0]], "row 0 has 1 cell, expected 2"),
        ({"size": 1.0, "island": "A"}, "a single row stands in a list"),
        ([{"size": [1], "island": "A"}], "row 0, column 'size': found [1]"),
        (5, "found 5"),
        (None, "found None"),
        ([1.0, 2.0], "row 0"),
        ("missing.csv", "missing.csv"),
    ],
    ids=repr,
)
def test_rows_that_are_refused(
    model: Any, rows: Any, words: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for use in (model.predict, model.probabilities):
        with pytest.raises((ValueError, TypeError, OSError)) as refused:
            use(rows)
        assert words in str(refused.value)


def test_targets_that_are_refused(model: Any) -> None:
    odd = [{**ROWS[0], "kind": "oak"}, {**ROWS[1], "kind": "elm"}]
    with pytest.raises(ValueError) as refused:
        model.evaluate(odd)
    assert "row 0, column 'kind': found 'oak', expected one of 'x', 'y', 'z'" in str(refused.value)
    assert "row 1, column 'kind': found 'elm'" in str(refused.value)
    with pytest.raises(ValueError, match="no column 'kind'"):
        model.evaluate([{"size": 1.0, "island": "A"}])
    with pytest.raises(ValueError, match="found no row with a value in column 'kind'"):
        model.evaluate([{**ROWS[0], "kind": None}])


def test_a_row_without_an_answer(model: Any) -> None:
    model.prepared_network.layers[0].weights[0][0] = math.nan
    with pytest.raises(ValueError, match=r"rows: row 0 has no answer: the model's outputs for it"):
        model.predict(ROWS)
    scores = model.evaluate(ROWS)
    assert (scores.accuracy, scores.unanswered) == (0.0, 30)


def test_what_does_not_fit_together(backend: ModuleType, model: Any, number: Any) -> None:
    with pytest.raises(ValueError, match="preparation: made for 3 inputs and 3 outputs, expected"):
        backend.TableModel(number.prepared_network, model.preparation)
    with pytest.raises(TypeError, match="preparation: found 'x', expected a Preparation"):
        backend.TableModel(model.prepared_network, "x")
    with pytest.raises(TypeError, match="network: found 'x', expected "):
        backend.TableModel("x", model.preparation)
    for place, name in enumerate(("report", "recipe")):
        given = ["x" if i == place else None for i in range(2)]
        with pytest.raises(TypeError, match=f"{name}: found 'x', expected a R"):
            backend.TableModel(model.prepared_network, model.preparation, *given)
    model.prepared_network.layers = number.prepared_network.layers[:0] or [
        backend.Dense(2, 3, "softmax")
    ]
    for use in (lambda: model.predict(ROWS), lambda: model.evaluate(ROWS), model.text):
        with pytest.raises(ValueError, match="preparation: made for 3 inputs"):
            use()


def test_a_network_of_the_other_package_is_refused(both: tuple[ModuleType, ModuleType]) -> None:
    pure, fast = both
    model = pure.train_table(ROWS, "kind", test=0, layers=2, l2=0.0, epochs=1)
    with pytest.raises(TypeError, match=r"network: found purenet\.Network, expected purenet_fast"):
        fast.TableModel(model.prepared_network, model.preparation)


def test_nothing_can_be_exchanged(model: Any, number: Any) -> None:
    for name in ("prepared_network", "preparation", "report", "recipe", "classes", "target"):
        with pytest.raises(AttributeError):
            setattr(model, name, getattr(number, name))


# Copies.


def test_models_travel(backend: ModuleType, model: Any) -> None:
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert type(other) is backend.TableModel
        assert other.text() == model.text()
        assert other.predict(ROWS) == model.predict(ROWS)
        assert other.prepared_network is not model.prepared_network
    assert copy.copy(model).prepared_network is model.prepared_network
    assert pickle.loads(pickle.dumps(backend.TableModel)) is backend.TableModel


# Files.


def test_a_model_comes_back(backend: ModuleType, model: Any, number: Any, tmp_path: Any) -> None:
    for saved in (model, number):
        path = tmp_path / "m.json"
        saved.save(path)
        for loaded in (backend.load(path), backend.TableModel.load(path), backend.load(str(path))):
            assert type(loaded) is backend.TableModel
            assert type(loaded.prepared_network) is backend.Network
            assert loaded.digest() == saved.digest()
            assert loaded.preparation == saved.preparation
            assert loaded.report == saved.report
            assert loaded.recipe == saved.recipe
            assert loaded.text() == saved.text() == path.read_text()


def test_a_file_of_one_package_in_the_other(
    both: tuple[ModuleType, ModuleType], tmp_path: Any
) -> None:
    path = tmp_path / "m.json"
    for writer in both:
        model = writer.train_table(ROWS, "kind", layers=3, l2=0.0, epochs=2)
        model.save(path)
        for reader in both:
            loaded = reader.load(path)
            assert type(loaded) is reader.TableModel
            assert loaded.text() == path.read_text()
            assert loaded.predict(ROWS) == model.predict(ROWS)


def test_a_network_alone(backend: ModuleType, model: Any, tmp_path: Any) -> None:
    path = tmp_path / "n.json"
    backend.Network([backend.Dense(2, 1)], seed=1).save(path)
    assert type(backend.load(path)) is backend.Network
    with pytest.raises(ValueError, match=r"n\.json: found a network alone, expected a model of a"):
        backend.TableModel.load(path)
    model.save(path)
    with pytest.raises(ValueError, match=r"found a model of a table, .*purenet\.load reads both"):
        backend.Network.load(path)


OLD = """{
"format": "purenet network",
"version": 1,
"loss": "mean_squared_error",
"seed": 1,
"epochs_trained": 0,
"digest": "DIGEST",
"preparation": {"columns": ["x", "y"], "means": [1.0, 2.0], "deviations": [2.0, 4.0],
 "target": "z", "classes": null, "target_mean": 10.0, "target_deviation": 3.0},
"layers": [
{"inputs": 2, "outputs": 1, "activation": "linear", "bias": true, "initializer": "xavier",
 "biases": [0.5], "weights": [[1.0], [-2.0]]}
]}
"""


def test_a_file_of_the_first_version(backend: ModuleType, tmp_path: Any) -> None:
    net = backend.Network([backend.Dense(2, 1, "linear", initializer=[[1.0], [-2.0]])], seed=1)
    net.layers[0].biases = [0.5]
    content = OLD.replace("DIGEST", net.digest())
    settings = {k: v for k, v in json.loads(content)["layers"][0].items() if k != "initializer"}
    text = json.loads(content)
    text["layers"] = [settings]
    path = tmp_path / "old.json"
    path.write_text(json.dumps(text))
    model = backend.load(path)
    assert (model.report, model.recipe) == (None, None)
    # 0.5 + (3 - 1) / 2 - 2 * (6 - 2) / 4 = -0.5
    assert model.predict([{"x": 3.0, "y": 6.0}]) == [10.0 - 0.5 * 3.0]
    model.save(path)
    assert backend.load(path).predict([[3.0, 6.0]]) == [8.5]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("preparation", 5, "preparation: "),
        ("preparation", {}, "preparation: "),
        ("report", [], "report: found [], expected an object"),
        ("report", {"rows": -1}, "report: rows: found -1"),
        ("recipe", {"layers": [3]}, "recipe: activation is missing"),
        ("recipe", 3, "recipe: found 3"),
        ("digest", "0", "digest: the weights do not match it"),
    ],
    ids=repr,
)
def test_files_that_are_spoilt(
    backend: ModuleType, model: Any, tmp_path: Any, key: str, value: Any, words: str
) -> None:
    path = tmp_path / "m.json"
    content = {**json.loads(model.text()), key: value}
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError) as refused:
        backend.load(path)
    assert str(refused.value).startswith(f"{path}: {words}")


def test_a_preparation_for_another_network(backend: ModuleType, model: Any, tmp_path: Any) -> None:
    path = tmp_path / "m.json"
    content = json.loads(model.text())
    content["preparation"]["inputs"].pop()
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="preparation: made for 1 input and 3 outputs, expected"):
        backend.load(path)


def test_a_model_without_a_name_is_not_saved(model: Any, tmp_path: Any) -> None:
    with pytest.raises(FileNotFoundError):
        model.save(tmp_path / "missing" / "m.json")
    model.prepared_network.layers[0].weights.pop()
    before = list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="layer 0"):
        model.save(tmp_path / "m.json")
    assert list(tmp_path.iterdir()) == before


# Going on.


def test_a_model_goes_on(backend: ModuleType, model: Any) -> None:
    digest = model.digest()
    more = model.continue_with(ROWS, epochs=3)
    assert type(more) is backend.TableModel
    assert model.digest() == digest != more.digest()
    assert more.preparation is model.preparation
    assert more.prepared_network.epochs_trained == 63
    assert (more.report.rows, more.report.trained_on, more.report.held_back) == (30, 30, 8)
    assert more.report.before.rows == more.report.scores.rows == 8
    assert more.report.notes[0] == "went on from a model that was trained on 30 rows"
    assert more.recipe.epochs == 3
    with pytest.raises(ValueError, match="found 'oak'"):
        model.continue_with([{**ROWS[0], "kind": "oak"}])
    with pytest.raises(ValueError, match="epochs: found 0"):
        model.continue_with(ROWS, epochs=0)


def test_both_packages_go_on_alike(both: tuple[ModuleType, ModuleType]) -> None:
    texts = set()
    for module in both:
        model = module.train_table(ROWS, "kind", layers=3, l2=0.0, epochs=2)
        texts.add(model.continue_with(ROWS[:15], epochs=2).text())
    assert len(texts) == 1


def test_a_model_goes_on_as_its_file_does(backend: ModuleType, model: Any, tmp_path: Any) -> None:
    model.save(tmp_path / "model.json")
    again = backend.load(tmp_path / "model.json").continue_with(ROWS, epochs=2)
    assert again.text() == model.continue_with(ROWS, epochs=2).text()


# What it shows.


def test_what_a_model_shows(model: Any, number: Any) -> None:
    assert repr(model).startswith("TableModel(kind: 3 classes, from 2 columns; Network([Dense(3, 4")
    assert "price: a number, from 1 column" in repr(number)
    assert model.summary().splitlines()[0] == "kind: 3 classes, from 2 columns"
    assert "R²" in number.summary()
    svg = model.to_svg(title="Kinds")
    assert "Kinds" in svg and "island=A" in svg
    html = number._repr_html_()
    assert html.startswith("<pre") and ">price: a number" in html and "<svg" in html


def test_figures_in_words(number: Any) -> None:
    scores = number.report.scores
    text = figures(scores, "price", "$", unicode=False)
    assert text.startswith(f"R2 {scores.r2:.3f}, mean absolute error of price ")
    assert text.count(" $") == 2
    assert simplest(scores, "price").startswith("baseline: the mean, ")
    assert percent(0.9999) == "99.9%"
    assert percent(37 / 40) == "92.5%"
    assert percent(1.0) == "100.0%"


def test_each_row_of_a_file_has_its_answer(model: Any, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "gaps.csv"
    path.write_text("size,island\n1,A\n,\n\n7,B\n,\n")
    answers = model.predict(path)
    assert len(answers) == 4
    rows = [{"size": 1, "island": "A"}, {"size": None, "island": None}, {"size": 7, "island": "B"}]
    assert answers[:3] == model.predict(rows)
