"""``train_table``: what is held back, what is decided by which rows, what is said of it."""

from __future__ import annotations

import math
import multiprocessing
import random
import signal
from types import ModuleType
from typing import Any

import pytest

import purenet
from purenet.models import training
from purenet.models.report import Report
from purenet.models.scores import (
    ModelScores,
    scores_of_classes,
    scores_of_numbers,
    simplest_answer,
    wilson_interval,
)
from purenet.models.training import TableTraining
from purenet.models.wishes import asked, measuring

# One recipe, and little to do: nothing has to be found out.
QUICK: dict[str, Any] = {"layers": 3, "l2": 0.0, "epochs": 3}


def flowers(rows: int = 24, classes: int = 3) -> list[dict[str, Any]]:
    """Return rows with a number, a category, and a class that follows from the number."""
    generator = random.Random(5)
    return [
        {
            "size": round(generator.gauss(3 * (n % classes), 1), 3),
            "place": "AB"[n % 2],
            "kind": ["reed", "moss", "fern", "oak"][n % classes],
        }
        for n in range(rows)
    ]


def prices(rows: int = 24) -> list[dict[str, Any]]:
    generator = random.Random(6)
    return [{"x": (x := generator.gauss(0, 1)), "price": 3 * x + 10.25} for _ in range(rows)]


def prepared(data: Any, target: str, **ways: Any) -> TableTraining:
    """Return a training that has not begun."""
    given = dict.fromkeys(("test", "validation", "folds", "patience")) | {"seed": 1} | ways
    settings = asked(QUICK["layers"], None, None, {"l2": 0.0, "epochs": 3})
    options = {
        "task": "auto",
        "target": target,
        "columns": None,
        "ignore": (),
        "kinds": {},
        "missing": "fill",
        "scale": "auto",
        "decimal": None,
        "dates": None,
    }
    table = purenet.tables.from_python.table_of(data, target)
    how = measuring(**given, jobs=1, threads=1)
    return TableTraining(purenet.Network, table, options, settings, how)


# What is held back.


@pytest.mark.parametrize(
    ("rows", "share", "held"),
    [
        (10, 0.2, 2),
        (10, 0.24, 2),
        (10, 0.25, 3),  # a half is rounded up
        (10, 0.26, 3),
        (10, 0.01, 1),  # whoever asks for some gets one
        (11, 0.5, 6),
        (7, 0.2, 1),
        (10, 0.0, 0),
        (10, 0.8, 8),
        (19, None, 0),
        (20, None, 5),
        (23, None, 6),
        (150, None, 38),
    ],
)
def test_how_many_rows_are_held_back(rows: int, share: float | None, held: int) -> None:
    training = prepared(prices(rows), "price", test=share)
    assert (len(training.kept), len(training.held)) == (rows - held, held)
    assert sorted(training.kept + training.held) == list(range(rows))


def test_each_class_gives_its_share() -> None:
    rows = flowers(40, classes=4)
    held = prepared(rows, "kind").held
    counts = dict.fromkeys(("reed", "moss", "fern", "oak"), 0)
    for i in held:
        counts[rows[i]["kind"]] += 1
    assert sorted(counts.values()) in ([2, 2, 3, 3], [2, 3, 2, 3])


def test_the_seed_alone_chooses_the_rows() -> None:
    chosen = {
        seed: tuple(prepared(prices(16), "price", test=0.5, seed=seed).held)
        for seed in (*range(6), 2**32)
    }
    assert len(set(chosen.values())) == len(chosen)
    assert chosen[5] == tuple(prepared(prices(16), "price", test=0.5, seed=5).held)


def test_rows_without_a_target_are_left_out(backend: ModuleType) -> None:
    rows = flowers(21)
    rows[3]["kind"] = None
    rows[7]["kind"] = "NA"
    model = backend.train_table(rows, "kind", **QUICK)
    assert model.classes == ["fern", "moss", "reed"]
    assert (model.report.rows, model.report.left_out, model.report.way) == (19, 2, "none")
    assert "trained: on all 19 rows with a target" in model.summary()


# What is decided by which rows.


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test of a small table be answered at once, as that of a large one."""
    monkeypatch.setattr(training, "FEWEST_ROWS_FOR_ONE_TEST", 0)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], list[int]]:
    """Return the rows that each preparation was made from, and how many recipes were chosen by."""
    prepared_from: list[Any] = []
    right = purenet.Preparation.from_table.__func__  # type: ignore[attr-defined]

    def from_table(cls: Any, table: Any, **options: Any) -> Any:
        prepared_from.append(options.get("rows"))
        return right(cls, table, **options)

    monkeypatch.setattr(purenet.Preparation, "from_table", classmethod(from_table))
    chosen: list[int] = []
    choose = training.choose_recipe

    def choose_recipe(network_class: Any, inputs: Any, targets: Any, **options: Any) -> Any:
        chosen.append(len(inputs))
        return choose(network_class, inputs, targets, **options)

    monkeypatch.setattr(training, "choose_recipe", choose_recipe)
    return prepared_from, chosen


def test_nothing_that_is_measured_has_been_looked_at(
    at_once: None, seen: tuple[list[Any], list[int]]
) -> None:
    rows, chosen = seen
    waiting = prepared(flowers(), "kind")
    waiting.run()
    assert rows == [None, waiting.kept]  # of all rows for the last network, of these to measure
    assert chosen == [18]
    assert len(waiting.held) == 6
    rows.clear()
    chosen.clear()
    waiting = prepared(flowers(), "kind", validation=0.5)
    waiting.run()
    assert chosen == [9] == [len(rows[1])]
    assert set(rows[1]) < set(waiting.kept)


def test_the_test_of_a_small_table_is_answered_in_turns(seen: tuple[list[Any], list[int]]) -> None:
    rows, chosen = seen
    waiting = prepared(flowers(), "kind")
    trained = waiting.run()
    assert chosen == [18]  # what is measured has decided nothing
    assert rows[:2] == [None, waiting.kept]
    turns = [sorted(set(range(24)).difference(part)) for part in rows[2:]]
    assert len(turns) == 5
    assert sorted(row for turn in turns for row in turn) == waiting.held  # once each
    report = trained.report
    assert (report.way, report.held_back, report.scores.rows) == ("turns", 6, 6)
    assert report.lines("kind")[0].startswith("test: 6 rows that were held back, each")


def test_the_network_is_that_of_all_rows(backend: ModuleType) -> None:
    rows = flowers()
    model = backend.train_table(rows, "kind", **QUICK)
    whole = backend.train_table(rows, "kind", test=0, **QUICK)
    assert model.digest() == whole.digest()
    assert model.preparation == whole.preparation
    assert (model.report.trained_on, model.report.rows, model.report.held_back) == (24, 24, 6)
    assert whole.report.scores is None


def test_the_figures_are_those_of_the_rows_held_back(backend: ModuleType, at_once: None) -> None:
    rows = flowers()
    model = backend.train_table(rows, "kind", **QUICK)
    waiting = prepared(rows, "kind")
    part = backend.train_table([rows[i] for i in waiting.kept], "kind", test=0, **QUICK)
    held = [rows[i] for i in waiting.held]
    found = part.evaluate(held)
    scores = model.report.scores
    assert scores.rows == 6
    assert scores.confusion == found.confusion
    assert scores.loss == found.loss
    right = sum(row["kind"] == answer for row, answer in zip(held, part.predict(held), strict=True))
    assert scores.accuracy == right / 6
    assert scores.accuracy_interval == wilson_interval(right, 6)


def test_folds_measure_every_row_once(backend: ModuleType) -> None:
    model = backend.train_table(flowers(), "kind", folds=4, **QUICK)
    assert (model.report.way, model.report.held_back) == ("folds", 4)
    assert model.report.scores.rows == 24
    assert list(map(sum, model.report.scores.confusion)) == [8, 8, 8]
    assert model.report.scores.loss is None
    assert model.digest() == backend.train_table(flowers(), "kind", test=0, **QUICK).digest()
    number = backend.train_table(prices(), "price", folds=3, **QUICK)
    assert number.report.scores.rows == 24
    assert number.report.scores.baseline == pytest.approx(
        sum(row["price"] for row in prices()) / 24
    )


def test_any_number_of_processes_gives_the_same(backend: ModuleType) -> None:
    settings = {"layers": 3, "epochs": 2, "folds": 3}
    before = set(multiprocessing.active_children())
    models = [backend.train_table(flowers(), "kind", jobs=jobs, **settings) for jobs in (1, 2)]
    assert models[0].text() == models[1].text()
    assert before.issuperset(multiprocessing.active_children())


def test_both_packages_write_the_same_file(both: tuple[ModuleType, ModuleType]) -> None:
    for data, target in ((flowers(), "kind"), (prices(), "price")):
        texts = {module.train_table(data, target, epochs=2, layers=3).text() for module in both}
        assert len(texts) == 1


def test_validation_picks_the_epoch_and_is_not_reported(backend: ModuleType) -> None:
    settings = {"layers": 3, "l2": 0.0, "epochs": 30, "learning_rate": 1.0, "batch_size": 4}
    model = backend.train_table(prices(), "price", validation=0.25, patience=3, **settings)
    assert model.recipe.epochs <= 30
    assert model.prepared_network.epochs_trained == model.recipe.epochs
    assert model.report.scores.rows == 6
    assert model.report.way == "turns"


def test_what_is_asked_for_is_done(backend: ModuleType) -> None:
    settings = {"layers": [4, 2], "activation": "sigmoid", "l2": 0.5, "l1": 0.25, "dropout": 0.1}
    settings |= {"epochs": 2, "batch_size": 5, "seed": 3, "clip_norm": 2.0}
    model = backend.train_table(flowers(), "kind", learning_rate=0.3, **settings)
    recipe = model.recipe
    assert recipe.layers == (4, 2)
    assert (recipe.activation, recipe.l2, recipe.l1, recipe.dropout) == ("sigmoid", 0.5, 0.25, 0.1)
    assert (recipe.optimizer, recipe.learning_rate, recipe.schedule) == (
        "gradient_descent",
        0.3,
        "",
    )
    assert (recipe.epochs, recipe.batch_size, recipe.clip_norm) == (2, 5, 2.0)
    names = [type(layer).__name__ for layer in model.prepared_network.layers]
    assert names == ["Dense", "Dropout", "Dense", "Dropout", "Dense"]
    assert model.prepared_network.seed == 3
    assert model.prepared_network.epochs_trained == 2


def test_an_optimizer_has_its_usual_rate(backend: ModuleType) -> None:
    recipe = backend.train_table(flowers(), "kind", optimizer="rmsprop", **QUICK).recipe
    assert (recipe.optimizer, recipe.learning_rate, recipe.schedule) == ("rmsprop", 0.001, "")


def test_images_keep_every_column(backend: ModuleType) -> None:
    generator = random.Random(3)
    rows = []
    for n in range(24):
        pixels = {f"p{i}": generator.randrange(256) for i in range(16)}
        pixels["p0"] = 0  # of no use alone, but a part of the image
        rows.append({**pixels, "digit": "ab"[n % 2]})
    model = backend.train_table(rows, "digit", layers="conv 3x3x2 relu, 4", epochs=2, l2=0.0)
    assert model.prepared_network.layers[0].input_shape == (1, 4, 4)
    assert model.columns == [f"p{i}" for i in range(16)]


# What is refused.


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"test": 1.0}, "test: found 1.0, expected a share from 0 to below 1"),
        ({"test": 0.5, "folds": 3}, "test: found 0.5 beside folds, expected one of the two"),
        ({"folds": 1}, "folds: found 1, expected 2 or more"),
        ({"folds": 30}, "folds: found 30 for 24 rows, expected no more"),
        ({"validation": -0.1}, "validation: found -0.1"),
        ({"jobs": 0}, "jobs: found 0, expected 1 or more"),
        ({"patience": -1}, "patience: found -1, expected 0 or more"),
        ({"layers": "conv 3x3x2"}, "layers: layer 1, 'conv 3x3x2': found rows of"),
        ({"layers": [3, 0]}, "layers: layer 2: found 0, expected 1 or more"),
        ({"layers": 10**9}, "layers: found a network of more than 1,000,000,000 parameters"),
        ({"image": (1, 2)}, "image: found (1, 2), expected (channels, height, width)"),
        ({"epochs": 0}, "epochs: found 0, expected 1 or more"),
        ({"task": "guess"}, "task: found 'guess'"),
        ({"ignore": ["sice"]}, "ignore: found no column 'sice'"),
    ],
    ids=repr,
)
def test_what_is_refused(backend: ModuleType, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError) as refused:
        backend.train_table(flowers(), "kind", **settings)
    assert words in str(refused.value)


def test_tables_that_cannot_be_trained_on(backend: ModuleType) -> None:
    for data, target, words in (
        (flowers(), "knid", "found no column 'knid'"),
        (flowers()[:1], "kind", "found 1 row with an answer, expected two or more"),
        ([{"x": n, "kind": "a"} for n in range(30)], "kind", "only the class 'a'"),
        ([{"x": n, "kind": None} for n in range(30)], "kind", "found no answer in any of 30 rows"),
        ([{"kind": "ab"[n % 2]} for n in range(30)], "kind", "found no input columns"),
        (
            [{"x": f"name {n}", "kind": "ab"[n % 2]} for n in range(30)],
            "kind",
            "nothing to learn from",
        ),
    ):
        with pytest.raises(ValueError) as refused:
            backend.train_table(data, target, **QUICK)
        assert words in str(refused.value)
    with pytest.raises(ValueError) as refused:
        backend.train_table(
            [{"x": n * n, "y": n + 0.5} for n in range(20)], "y", test=0.99, **QUICK
        )
    assert str(refused.value).startswith("table: the 1 row to learn from: ")


# Ctrl-C.


class Interrupting:
    """Raises Ctrl-C once a part of the training has come so far."""

    def __init__(self, label: str, epochs: int) -> None:
        self.wanted = label, epochs

    def __call__(self, label: str, done: int, total: int, words: str) -> None:
        if (label, done) == self.wanted:
            signal.raise_signal(signal.SIGINT)


@pytest.fixture
def ctrl_c() -> Any:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield Interrupting
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_while_it_is_measured(ctrl_c: Any) -> None:
    waiting = prepared(flowers(), "kind")
    trained = waiting.run(ctrl_c("training", 2))
    assert trained.interrupted
    assert trained.network.epochs_trained == 2
    assert (trained.report.trained_on, trained.report.rows) == (18, 24)
    assert trained.report.scores is not None
    assert trained.report.notes == ("interrupted after 2 epochs",)


def test_ctrl_c_before_it_is_trained_on_all_rows(ctrl_c: Any) -> None:
    trained = prepared(flowers(), "kind").run(ctrl_c("training on all rows", 1))
    assert trained.interrupted
    assert trained.network.epochs_trained == 3
    assert trained.report.trained_on == 18
    assert trained.report.notes == ("interrupted before it was trained on all rows",)


# The figures.


def test_wilsons_interval() -> None:
    low, high = wilson_interval(9, 10)
    assert (low, high) == (pytest.approx(0.5958, abs=1e-4), pytest.approx(0.9821, abs=1e-4))
    assert wilson_interval(0, 5)[0] == 0.0
    assert wilson_interval(5, 5)[1] == 1.0


def test_figures_of_classes() -> None:
    scores = scores_of_classes([0, 0, 1, 1], [0, 1, 1, None], ["a", "b"], "b", 0.5)
    assert scores.accuracy == 0.5
    assert scores.confusion == [[1, 1], [0, 1]]
    assert (scores.unanswered, scores.baseline_accuracy, scores.loss) == (1, 0.5, 0.5)
    assert ModelScores.from_json(scores.to_json()) == scores


def test_figures_of_numbers() -> None:
    scores = scores_of_numbers([1.0, 2.0, 3.0], [1.0, 2.0, 3.5], 2.0)
    assert scores.r2 == 0.875
    assert scores.mean_absolute_error == 0.5 / 3
    assert scores.root_mean_squared_error == math.sqrt(0.25 / 3)
    assert scores.baseline_error == 2 / 3
    assert ModelScores.from_json(scores.to_json()) == scores


def test_the_simplest_answers() -> None:
    assert simplest_answer(["b", "a", "a", "b"]) == "b"
    assert simplest_answer([1.0, 2.0, 6.0]) == 3.0


@pytest.mark.parametrize(
    "change",
    [
        {"rows": -1},
        {"way": "guess"},
        {"notes": "none"},
        {"scores": {"rows": 3}},
        {"scores": {"rows": 3, "baseline": "a", "accuracy": "high"}},
        {"scores": {"rows": 3, "baseline": "a", "accuracy_interval": [1.0]}},
        {"before": []},
    ],
    ids=repr,
)
def test_a_report_that_is_none(change: dict[str, Any]) -> None:
    good = Report(20, 20, "test", 5, scores_of_numbers([1.0, 2.0], [1.0, 2.0], 1.5), notes=("x",))
    assert Report.from_json(good.to_json()) == good
    with pytest.raises(ValueError, match=r"^report: "):
        Report.from_json({**good.to_json(), **change})


def test_a_training_in_words() -> None:
    scores = scores_of_classes([0, 0, 1, 1], [0, 1, 1, 1], ["a", "b"], "b", 0.5)
    lines = Report(20, 20, "test", 4, scores).lines("kind")
    assert lines[0] == (
        "test: 4 rows that were held back: accuracy 75.0% (95% interval 30.0% to 95.4%)"
    )
    assert lines[1] == "baseline: the most frequent class, b, always answered: accuracy 50.0%"
    assert lines[2].startswith("trained: on all 20 rows, those of the test among them; ")
    one = Report(20, 20, "turns", 1, scores_of_classes([0], [0], ["a", "b"], "b"))
    assert one.lines("kind")[0].startswith(
        "test: 1 row that was held back, answered by a network that had not seen it: "
    )
    numbers = scores_of_numbers([1000.0, 4000.0], [3469.13, 4000.0], 2.0 / 3.0)
    lines = Report(20, 20, "test", 2, numbers).lines("x 1", "$", unicode=False)
    assert lines[0].endswith(
        "mean absolute error of 'x 1' 1,235 $, root mean squared error 1,746 $"
    )
    assert lines[1].startswith("baseline: the mean, 0.6667 $, always answered: ")
    notes = ["training diverged in epoch 1", *["training diverged in epoch 2"] * 8]
    notes += ["training diverged in epoch 3, which is kept", "x"]
    assert Report(3, 3, notes=tuple(notes)).lines("y")[2:] == [
        "training diverged in epoch 1",
        "training diverged 8 more times, each time on with a smaller learning rate",
        "training diverged in epoch 3, which is kept",
        "x",
    ]
    lines = Report(3, 3).lines("y")
    assert lines[0].startswith("not measured: no rows were held back")
    assert lines[1] == "trained: on all 3 rows"
