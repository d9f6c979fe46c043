"""Estimators: what they do by themselves, and what scikit-learn says of them."""

import copy
import math
import pickle
import random
import warnings

import pytest
from bits import bits, outcome

XOR = [[0, 0], [0, 1], [1, 0], [1, 1]]
ANSWERS = ["no", "yes", "yes", "no"]


def blobs(count=60, classes=3, seed=5):
    """Return points around as many centres, and the number of each one's centre."""
    generator = random.Random(seed)
    rows, numbers = [], []
    for i in range(count):
        number = i % classes
        rows.append([4.0 * number + generator.gauss(0, 0.5), 100.0 - generator.gauss(0, 30.0)])
        numbers.append(number)
    return rows, numbers


def line(count=40, seed=7):
    """Return rows and numbers of a plane, with noise."""
    generator = random.Random(seed)
    rows = [[generator.uniform(-1, 1), generator.uniform(0, 1000)] for _ in range(count)]
    return rows, [5000 + 30 * a - 0.2 * b + generator.gauss(0, 3) for a, b in rows]


def small(module, name="Classifier", **parameters):
    return getattr(module, name)(**{"layers": (4,), "epochs": 30, **parameters})


# Answers.


def test_a_classifier_answers_with_the_labels_it_was_given(backend):
    model = backend.Classifier(layers=(4,), l2=0.0, epochs=300)
    assert model.fit(XOR, ANSWERS) is model
    assert model.classes_ == ["no", "yes"]
    assert model.predict(XOR) == ANSWERS
    assert model.score(XOR, ANSWERS) == 1.0
    assert model.score(XOR, ["yes", "yes", "yes", "no"]) == 0.75
    assert model.score(XOR, ["yes", "yes", "yes", "no"], sample_weight=[4, 2, 1, 1]) == 0.5


@pytest.mark.parametrize(
    "labels",
    [
        ["c", "a", "b"],
        [7, -3, 2],
        [2.0, 1.0, 5.0],
        [True, False, True],
        [b"b", b"a", b"c"],
    ],
    ids=["text", "whole numbers", "floats", "truth", "bytes"],
)
def test_labels_of_any_kind_come_back_as_they_were(backend, labels):
    rows, numbers = blobs()
    y = [labels[number] for number in numbers]
    model = backend.Classifier(layers=(4,), l2=0.0, epochs=100, learning_rate=0.05).fit(rows, y)
    assert model.classes_ == sorted(set(labels))
    assert set(map(type, model.classes_)) == {type(labels[0])}
    if len(set(labels)) == 3:
        assert model.predict(rows) == y
    probabilities = model.predict_proba(rows)
    assert {len(row) for row in probabilities} == {len(model.classes_)}
    assert all(abs(sum(row) - 1.0) < 1e-12 for row in probabilities)
    best = [row.index(max(row)) for row in probabilities]
    assert model.predict(rows) == [model.classes_[number] for number in best]


def test_a_regressor_answers_in_the_unit_of_its_targets(backend):
    rows, numbers = line()
    model = backend.Regressor(layers=(), l2=0.0, epochs=200, learning_rate=0.05).fit(rows, numbers)
    assert model.score(rows, numbers) > 0.98
    assert abs(model.predict([[0.0, 500.0]])[0] - 4900) < 10
    several = backend.Regressor(layers=(), l2=0.0, epochs=200, learning_rate=0.05)
    several.fit(rows, [[y, -y] for y in numbers])
    first, second = several.predict([[0.0, 500.0]])[0]
    assert abs(first - 4900) < 10
    assert abs(second + 4900) < 10
    assert 1.0 > several.score(rows, [[y, -y] for y in numbers]) > 0.98
    # A row that is far off counts for what it weighs.
    wrong = [*numbers[:-1], 0.0]
    assert model.score(rows, wrong) < 0.1
    assert model.score(rows, wrong, sample_weight=[1] * 39 + [0]) > 0.98
    assert model.score(rows[:3], [1.0, 1.0, 1.0]) == 0.0


def test_a_regressor_of_what_is_always_the_same(backend):
    model = small(backend, "Regressor", layers=(), l2=0.0, epochs=200, learning_rate=0.1)
    model.fit([[1, 5], [2, 5], [3, 5]], [7, 7, 7])
    assert all(abs(answer - 7) < 0.05 for answer in model.predict([[1, 5], [9, 5]]))


# Both packages, any order of the rows, any number of threads.


@pytest.mark.parametrize("kind", ["Classifier", "Regressor"])
@pytest.mark.parametrize("weighted", [False, True])
def test_both_packages_find_the_same(both, kind, weighted):
    rows, y = blobs() if kind == "Classifier" else line()
    weights = [1 + i % 3 for i in range(len(y))] if weighted else None
    seen = []
    for module in both:
        for threads in (1, 2):
            model = small(module, kind, dropout=0.1, threads=threads).fit(rows, y, weights)
            seen.append([model.network_.digest(), bits(model.loss_curve_), model.n_iter_])
            seen[-1] += [bits(model.predict(rows)), bits(model.score(rows, y)), repr(model)]
            assert type(model.network_) is module.Network
    assert seen[0][:-1] == seen[1][:-1]
    assert seen[:2] == seen[2:]


@pytest.mark.parametrize("kind", ["Classifier", "Regressor"])
def test_a_weight_does_what_as_many_rows_do(backend, kind):
    rows, y = blobs(24) if kind == "Classifier" else line(24)
    weights = [i % 4 for i in range(24)]
    repeated = [i for i in range(24) for _ in range(weights[i])]
    random.Random(1).shuffle(repeated)
    weighted = small(backend, kind).fit(rows, y, sample_weight=weights)
    other = small(backend, kind).fit([rows[i] for i in repeated], [y[i] for i in repeated])
    assert weighted.network_.digest() == other.network_.digest()
    assert bits(weighted.predict(rows)) == bits(other.predict(rows))
    scaled = small(backend, kind).fit(rows, y, sample_weight=[2.0 * w for w in weights])
    assert scaled.network_.digest() == other.network_.digest()
    unlike = small(backend, kind).fit(rows, y)
    assert unlike.network_.digest() != other.network_.digest()


def test_zeros_with_either_sign_are_one_number(backend):
    rows = [[0.0, 1.0], [1.0, 0.0], [2.0, 0.0], [3.0, 1.0]]
    signed = [[-0.0 if x == 0.0 else x for x in row] for row in rows]
    one = small(backend).fit(rows, ANSWERS)
    other = small(backend).fit(signed, ANSWERS)
    assert one.network_.digest() == other.network_.digest()


def test_classes_without_weight_are_none(backend):
    rows, y = blobs(30)
    model = small(backend).fit(rows, y, sample_weight=[0 if label == 1 else 2 for label in y])
    assert model.classes_ == [0, 2]
    assert set(model.predict(rows)) <= {0, 2}


def test_columns_are_standardised_by_weight(backend):
    model = small(backend, "Regressor", epochs=1)
    model.fit([[1, 5], [3, 5], [5, 5]], [0, 6, 12], sample_weight=[1, 2, 1])
    assert model.input_scale_ == ([3.0, 5.0], [math.sqrt(2.0), 1.0])
    assert model.target_scale_ == ([6.0], [math.sqrt(18.0)])
    model.fit([[1, 5], [3, 5], [5, 5], [5, 5]], [0, 6, 12, 14])
    assert model.input_scale_ == ([3.5, 5.0], [math.sqrt(2.75), 1.0])
    assert model.target_scale_ == ([8.0], [math.sqrt(30.0)])


def test_the_seed_counts(backend):
    digests = [small(backend, seed=seed).fit(XOR, ANSWERS).network_.digest() for seed in (1, 2, 1)]
    assert digests[0] == digests[2] != digests[1]


def test_class_weight_goes_by_the_label(backend):
    rows, y = blobs(24)
    by_class = small(backend, class_weight={1: 3.0}).fit(rows, y)
    by_sample = small(backend).fit(rows, y, [3.0 if label == 1 else 1.0 for label in y])
    assert by_class.network_.digest() == by_sample.network_.digest()
    other = small(backend, class_weight={1: 3.0, 9: 5.0}).fit(rows, y)  # 9 is in other samples
    assert other.network_.digest() == by_class.network_.digest()
    with pytest.raises(ValueError, match=r"^class_weight: found the label '1', expected one of 0"):
        small(backend, class_weight={"1": 3.0}).fit(rows, y)
    with pytest.raises(ValueError, match=r"^class_weight: no sample counts any more, expected one"):
        small(backend, class_weight=dict.fromkeys(y, 0.0)).fit(rows, y)


def test_class_weight(backend):
    rows, y = blobs(40, classes=2)
    mixed = [[row[1], row[1]] for row in rows]  # nothing tells them apart
    heavy = small(backend, class_weight={1: 50}).fit(mixed, y)
    assert heavy.predict(mixed) == [1] * 40
    alike = small(backend).fit(mixed[:25], y[:25], [1 + 9 * label for label in y[:25]])
    balanced = small(backend, class_weight="balanced")
    balanced.fit(mixed[:25], y[:25], [1 + 9 * label for label in y[:25]])
    assert balanced.network_.digest() != alike.network_.digest()
    counts = [sum(1 + 9 * label for label in y[:25] if label == kind) for kind in (0, 1)]
    by_hand = {kind: sum(counts) / (2 * counts[kind]) for kind in (0, 1)}
    same = small(backend, class_weight=by_hand)
    same.fit(mixed[:25], y[:25], [1 + 9 * label for label in y[:25]])
    assert same.network_.digest() == balanced.network_.digest()


# What is usual.


def test_epochs_and_penalty_follow_the_number_of_samples(backend):
    rows, y = line(40)
    model = small(backend, "Regressor", layers=(), epochs=None).fit(rows, y)
    assert model.n_iter_ == 300
    assert model.network_.layers[0].l2 == 0.03
    rows, y = line(320)
    model = small(backend, "Regressor", layers=(), epochs=None).fit(rows, y)
    assert model.n_iter_ == 75
    assert len(model.loss_curve_) == 75
    assert model.loss_ == model.loss_curve_[-1]
    assert model.network_.layers[0].l2 == 3 / 320
    model = small(backend, "Regressor", layers=(), l2=0.5, epochs=3, batch_size=None)
    assert model.fit(rows, y).n_iter_ == 3
    assert model.network_.layers[0].l2 == 0.5


def test_without_scale_the_network_gets_the_numbers_as_they_are(backend):
    rows = [[0.5, 0.25], [1.0, 0.0], [0.0, 1.0], [0.75, 0.5]]
    model = small(backend, scale="none", epochs=2).fit(rows, ANSWERS)
    found = model.network_.predict(rows)
    assert bits([[1.0 - p, p] for (p,) in found]) == bits(model.predict_proba(rows))


def test_it_goes_back_where_training_diverges(backend):
    rows, y = line()
    model = small(backend, "Regressor", optimizer="gradient_descent", learning_rate=1e4)
    with pytest.warns(UserWarning, match="training diverged in epoch .*: back to the network"):
        model.fit(rows, y)
    assert model.score(rows, y) > -1.0


def test_ctrl_c_leaves_what_was_trained_so_far(backend):
    class Interrupted(backend.Network):
        steps = 0

        def step(self, gradients, learning_rate, optimizer):
            Interrupted.steps += 1
            if Interrupted.steps == 12:
                raise KeyboardInterrupt
            super().step(gradients, learning_rate, optimizer)

    rows, y = line(32)
    model = small(backend, "Regressor")
    model.__class__ = type("Mine", (backend.Regressor,), {"network_class": Interrupted})
    with pytest.raises(KeyboardInterrupt):
        model.fit(rows, y)
    assert model.n_iter_ == 5
    assert len(model.predict(rows)) == 32


# Parameters.


def test_parameters(backend):
    model = backend.Classifier(layers=(3, 2), seed=9)
    assert model.get_params()["layers"] == (3, 2)
    assert model.get_params(deep=False)["class_weight"] is None
    assert repr(model) == "Classifier(layers=(3, 2), seed=9)"
    assert repr(model.set_params(layers=(), l2=0.5)) == "Classifier(layers=(), l2=0.5, seed=9)"
    assert repr(backend.Regressor()) == "Regressor()"
    assert "class_weight" not in backend.Regressor().get_params()
    with pytest.raises(ValueError, match=r"^Invalid parameter 'depth' for estimator Classifier, "):
        model.set_params(seed=4, depth=3)
    assert model.seed == 9
    model.set_params()
    assert backend.Classifier.__doc__.startswith("A network that learns to which class")


WRONG = {
    "layers": ((3, 0), "layers: layer 1: found 0, expected 1 or more"),
    "activation": ("none", "activation: found 'none', expected one of "),
    "l2": (-1.0, "l2: found -1.0, expected 0 or more"),
    "dropout": (1.0, "dropout: found 1.0, expected 0 or more and less than 1"),
    "optimizer": ("sgdd", "optimizer: found 'sgdd', expected one of "),
    "schedule": ("up", "schedule: "),
    "epochs": (0, "epochs: found 0, expected 1 or more"),
    "batch_size": (0, "batch_size: found 0, expected 1 or more"),
    "scale": ("pixels", "scale: found 'pixels', expected one of standard, none"),
    "seed": (-1, "seed: found -1, expected 0 or more"),
    "threads": (0, "threads: found 0, expected 1 or more"),
    "class_weight": ("even", "class_weight: found 'even', expected a dict"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_parameters_are_refused_by_fit_and_change_nothing(both, name):
    value, words = WRONG[name]
    seen = []
    for module in both:
        model = small(module, epochs=2).fit(XOR, ANSWERS)
        before = model.network_.digest(), vars(model).keys()
        model.set_params(**{name: value})
        seen.append(outcome(model.fit, [[5.0], [6.0]], ["a", "b"]))
        assert before == (model.network_.digest(), vars(model).keys())
        assert model.classes_ == ["no", "yes"]
        assert model.n_features_in_ == 2
    assert seen[0] == seen[1]
    assert seen[0][1].startswith(words)


# What is given.

NO_SAMPLES = {
    "no rows": ([], [], "X: found 0 rows while a minimum of 1 is required by Classifier"),
    "a row": ([1.0, 2.0], ["a", "b"], "X: row 0 is 1.0, expected a list of numbers. Reshape your"),
    "no columns": ([[], []], ["a", "b"], "X: found 0 feature(s) (shape=(2, 0)) while a minimum"),
    "text": ([["x"], [1]], ["a", "b"], "X: row 0, column 0: found 'x', expected a number: an arg"),
    "nan": ([[1.0], [float("nan")]], ["a", "b"], "X: row 1, column 0: found NaN, expected a fin"),
    "inf": ([[1.0], [float("-inf")]], ["a", "b"], "X: row 1, column 0: found -inf, expected a f"),
    "complex": ([[1.0], [1j]], ["a", "b"], "Complex data not supported: X: row 1, column 0: "),
    "ragged": ([[1.0], [1.0, 2.0]], ["a", "b"], "X: row 1 has 2 numbers, expected 1"),
    "too large": ([[1e300], [-1e300]], ["a", "b"], "X: column 0: found numbers whose squares"),
    "too few labels": ([[1.0], [2.0]], ["a"], "y: found 1 row for 2 rows of X, expected as many"),
    "no labels": ([[1.0], [2.0]], None, "Classifier requires y to be passed, but the target y is"),
    "one class": ([[1.0], [2.0]], ["a", "a"], "y: found 1 class, 'a', expected 2 or more"),
    "numbers": ([[1.0], [2.0]], [0.5, 1.0], "Unknown label type: continuous: y: row 0 is 0.5"),
    "kinds": ([[1.0], [2.0]], ["a", 1], "Unknown label type: y: found int, str, expected labels"),
    "several": ([[1.0], [2.0]], [[0, 1], [1, 0]], "y: row 0 is [0, 1], expected one label"),
    "a gap": ([[1.0], [2.0]], ["a", None], "y: row 1 is None, expected a label"),
    "nan label": ([[1.0], [2.0]], [1.0, float("nan")], "y: row 1 is nan, expected a label"),
    "a dict": ({"a": [1]}, [1], "X: found {'a': [1]}, expected rows of numbers"),
}


@pytest.mark.parametrize("kind", NO_SAMPLES)
def test_samples_that_cannot_be_used_are_named(both, kind):
    rows, y, words = NO_SAMPLES[kind]
    seen = [outcome(small(module).fit, rows, y) for module in both]
    assert seen[0] == seen[1]
    assert seen[0][1].startswith(words)


WEIGHTS = {
    "zeros": ([0, 0, 0, 0], "sample_weight: every weight is zero, expected one that is larger"),
    "too few": ([1], "sample_weight: found 1 number for 4 samples, expected as many"),
    "negative": ([1, 1, -1, 1], "sample_weight: row 2: found -1.0, expected 0 or more"),
    "rows": ([[1], [1], [1], [1]], "sample_weight: row 0 is [1], expected a number"),
    "huge": ([1e308, 1e308, 1e308, 1e307], "sample_weight: the weights add up to inf"),
}


@pytest.mark.parametrize("kind", WEIGHTS)
def test_weights_that_cannot_be_used_are_named(both, kind):
    weights, words = WEIGHTS[kind]
    seen = [outcome(small(module).fit, XOR, ANSWERS, weights) for module in both]
    assert seen[0] == seen[1]
    assert seen[0][1].startswith(words)


def test_what_is_asked_too_early_or_with_other_columns(both):
    seen = []
    for module in both:
        model = small(module, "Regressor", epochs=1)
        early = outcome(model.predict, XOR)
        model.fit(XOR, [1, 2, 3, 4])
        seen.append([early, outcome(model.predict, [[1.0]]), outcome(model.predict, [1.0, 2.0])])
        seen[-1] += [outcome(model.score, XOR, [[1, 2]] * 4), outcome(model.score, XOR, [1])]
        with pytest.raises((ValueError, AttributeError)):
            model.set_params().__class__().predict(XOR)
    assert seen[0] == seen[1]
    assert seen[0][0][1] == "This Regressor instance is not fitted yet: call fit first"
    assert seen[0][1][1] == "X has 1 features, but Regressor is expecting 2 features as input"
    assert "Reshape your data" in seen[0][2][1]
    assert seen[0][3][1] == "y: row 0 has 2 numbers, expected 1"


def test_a_column_is_taken_as_one_with_a_warning(backend):
    with pytest.warns(UserWarning, match="A column-vector y was passed") as warned:
        model = small(backend).fit(XOR, [[answer] for answer in ANSWERS])
    assert warned[0].filename == __file__
    assert model.network_.digest() == small(backend).fit(XOR, ANSWERS).network_.digest()


class Cells:
    """A column of a data frame."""

    def __init__(self, cells):
        self.cells = cells

    def tolist(self):
        return self.cells


class Frame:
    """A data frame of pandas."""

    iloc = None
    columns = property(lambda self: self.names)

    def __init__(self, rows, names):
        self.cells = list(map(list, zip(*rows, strict=True)))
        self.names = names

    def __len__(self):
        return len(self.cells[0])

    def items(self):
        return zip(self.names, map(Cells, self.cells), strict=True)


def test_names_of_columns_are_compared(backend):
    model = small(backend, epochs=1).fit(Frame(XOR, ["a", "b"]), ANSWERS)
    assert list(model.feature_names_in_) == ["a", "b"]
    with pytest.warns(UserWarning, match="X does not have valid feature names") as warned:
        assert list(model.predict(Frame(XOR, ["a", "b"]))) == model.predict(XOR)
    assert {warning.filename for warning in warned} == {__file__}
    with pytest.raises(ValueError, match="should match those that were passed during fit") as wrong:
        model.predict(Frame(XOR, ["a", "c"]))
    assert "unseen at fit time:\n- c\n" in str(wrong.value)
    assert "yet now missing:\n- b\n" in str(wrong.value)
    with pytest.raises(ValueError, match="must be in the same order as they were in fit"):
        model.predict(Frame(XOR, ["b", "a"]))
    model.fit(XOR, ANSWERS)
    assert not hasattr(model, "feature_names_in_")
    with pytest.warns(UserWarning, match="X has feature names, but Classifier was fitted without"):
        model.predict(Frame(XOR, ["a", "b"]))
    model.fit(Frame(XOR, [0, 1]), ANSWERS)  # names that are no text are none
    assert not hasattr(model, "feature_names_in_")


# Copies.


@pytest.mark.parametrize("way", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
@pytest.mark.parametrize("kind", ["Classifier", "Regressor"])
def test_copies_answer_alike_and_are_their_own(backend, kind, way):
    rows, y = blobs() if kind == "Classifier" else line()
    model = small(backend, kind).fit(rows, y)
    digest, answers = model.network_.digest(), bits(model.predict(rows))
    copied = way(model)
    assert type(copied) is getattr(backend, kind)
    assert copied.get_params() == model.get_params()
    assert bits(copied.predict(rows)) == answers
    copied.set_params(epochs=1).fit(rows, y)
    assert model.network_.digest() == digest != copied.network_.digest()
    assert repr(way(getattr(backend, kind)(seed=4))) == f"{kind}(seed=4)"


# NumPy and scikit-learn, where they are installed.


def test_arrays_for_arrays_and_lists_for_lists(backend):
    numpy = pytest.importorskip("numpy")
    rows, y = blobs()
    X, labels = numpy.array(rows), numpy.array(y, numpy.int8)
    model = small(backend).fit(X, labels)
    assert model.classes_.dtype == numpy.int8
    assert model.predict(X).dtype == numpy.int8
    assert model.predict_proba(X).shape == (60, 3)
    assert model.predict(rows) == model.predict(X).tolist()
    assert bits(model.predict_proba(rows)) == bits(model.predict_proba(X).tolist())
    listed = small(backend).fit(rows, y)
    assert listed.classes_ == [0, 1, 2]
    assert listed.network_.digest() == model.network_.digest()
    assert listed.predict(X).tolist() == model.predict(rows)
    assert listed.fit(X, y).classes_.tolist() == [0, 1, 2]
    regressor = small(backend, "Regressor").fit(X.astype(numpy.float32), labels)
    assert regressor.predict(X.astype(numpy.float32)).dtype == numpy.float64


# A linear network of so few epochs keeps purenet's loops short.
QUICK = {"pure": {"layers": (), "epochs": 12, "learning_rate": 0.1}, "fast": {}}


@pytest.mark.parametrize("kind", ["Classifier", "Regressor"])
def test_scikit_learns_own_checks_all_pass(backend, kind):
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    model = getattr(backend, kind)(**QUICK[backend.BACKEND])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = checks.check_estimator(model, on_fail=None, on_skip=None)
    failed = [(check["check_name"], check["exception"]) for check in found]
    failed = [pair for pair, check in zip(failed, found, strict=True) if check["status"] not in OK]
    assert failed == []
    assert sum(check["status"] == "passed" for check in found) >= 50


OK = ("passed", "skipped")


def iris():
    datasets = pytest.importorskip("sklearn.datasets")
    data = datasets.load_iris()
    return data.data, data.target_names[data.target]


def test_pipelines_searches_and_cross_validation(fast):
    X, y = iris()
    from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures

    model = fast.Classifier(epochs=40)
    assert cross_val_score(model, X, y, cv=3).mean() > 0.94
    line = make_pipeline(PolynomialFeatures(2), model)
    assert cross_val_score(line, X, y, cv=3, params={"classifier__sample_weight": None}).all()
    assert cross_val_predict(model, X, y, cv=3, method="predict_proba").shape == (150, 3)
    search = GridSearchCV(model, {"layers": [(), (8,)], "l2": [0.001, 0.01]}, cv=3).fit(X, y)
    assert search.best_score_ > 0.9
    assert search.best_estimator_.predict(X[:1]).tolist() == ["setosa"]


@pytest.mark.parametrize("way", ["threading", "loky"])
def test_a_search_in_threads_and_processes_finds_the_same(backend, way):
    X, y = iris()
    import joblib
    from sklearn.model_selection import GridSearchCV

    grid = {"l2": [0.001, 0.1]}
    model = backend.Classifier(layers=(), epochs=4)
    alone = GridSearchCV(model, grid, cv=2).fit(X, y)
    with joblib.parallel_backend(way, n_jobs=2):
        shared = GridSearchCV(model, grid, cv=2).fit(X, y)
    if way == "loky":  # whose processes wait for more
        joblib.externals.loky.get_reusable_executor().shutdown(wait=True)
    assert shared.cv_results_["mean_test_score"].tolist() == (
        alone.cv_results_["mean_test_score"].tolist()
    )


@pytest.mark.slow
def test_a_search_on_a_dask_cluster_finds_the_same(both):
    distributed = pytest.importorskip("dask.distributed")
    X, y = iris()
    import joblib
    from sklearn.model_selection import GridSearchCV

    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    )
    with cluster, distributed.Client(cluster) as client:
        for module in both:
            model = module.Classifier(layers=(), epochs=4)
            search = GridSearchCV(model, {"l2": [0.001, 0.1]}, cv=2)
            alone = search.fit(X, y).cv_results_["mean_test_score"].tolist()
            with joblib.parallel_backend("dask"):
                shared = search.fit(X, y).cv_results_["mean_test_score"].tolist()
            assert shared == alone
            fitted = client.submit(model.fit, X, y).result()
            assert fitted.network_.digest() == model.fit(X, y).network_.digest()


def test_metadata_routing(fast):
    X, y = iris()
    import sklearn
    from sklearn.base import clone
    from sklearn.model_selection import cross_val_score

    weights = {"sample_weight": [1.0 + i % 2 for i in range(150)]}
    model = fast.Classifier(layers=(), epochs=4)
    with sklearn.config_context(enable_metadata_routing=True):
        with pytest.raises(ValueError, match="sample_weight"):
            cross_val_score(model, X, y, cv=2, params=weights)
        asking = clone(model).set_fit_request(sample_weight=True)
        asking = clone(asking.set_score_request(sample_weight=False))
        found = cross_val_score(asking, X, y, cv=2, params=weights)
    assert found.tolist() == cross_val_score(model, X, y, cv=2, params=weights).tolist()
