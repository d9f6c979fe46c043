"""Samples divided at random: by share, by class, in folds."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import random
from types import ModuleType
from typing import Any

import pytest

import purenet
from purenet.splits import divided


def test_a_split_is_known() -> None:
    # Nothing but the seed may choose, on no version of Python.
    inputs, targets = [[n] for n in range(10)], [n % 2 for n in range(10)]
    split = purenet.train_test_split(inputs, targets, test=0.3, seed=3)
    assert split.test_inputs == [[4], [8], [9]]
    assert split.train_inputs == [[0], [1], [2], [3], [5], [6], [7]]
    assert split.test_targets == [0, 0, 1]
    assert split.train_targets == [0, 1, 0, 1, 1, 0, 1]
    x, held_x, y, held_y = split
    assert (x, held_x, y, held_y) == split
    assert x[0] is inputs[0]  # the rows themselves
    unordered = purenet.train_test_split(inputs, targets, test=0.3, seed=3, stratify=False)
    assert unordered.test_inputs == [[0], [4], [8]]


@pytest.mark.parametrize(
    ("count", "test", "held"),
    [(10, 0.25, 3), (10, 0.24, 2), (2, 0.01, 1), (2, 0.99, 1), (150, 0.2, 30), (7, 0.5, 4)],
)
def test_how_many_are_measured_on(count: int, test: float, held: int) -> None:
    inputs = [[float(n)] for n in range(count)]
    for stratify in (False, [n % 3 for n in range(count)]):
        split = purenet.train_test_split(inputs, inputs, test=test, stratify=stratify)
        assert len(split.test_inputs) == held
        assert sorted(split.train_inputs + split.test_inputs) == inputs


def test_the_seed_alone_chooses() -> None:
    inputs = [[n] for n in range(40)]
    found = [purenet.train_test_split(inputs, inputs, seed=seed)[1] for seed in range(5)]
    assert len({str(rows) for rows in found}) == 5
    assert purenet.train_test_split(inputs, [0.5] * 40, seed=3)[1] == found[3]


def test_random_groups_give_their_share() -> None:
    generator = random.Random(8)
    for _ in range(300):
        count = generator.randrange(2, 40)
        strata = [generator.choice("abbcccc") for _ in range(count)]
        share = generator.uniform(0.02, 0.98)
        kept, held = divided(count, share, generator.randrange(100), strata, least=1)
        assert sorted(kept + held) == list(range(count))
        assert kept == sorted(kept)
        assert held == sorted(held)
        assert len(held) == max(min(int(count * share + 0.5), count - 1), 1)
        for group in set(strata):
            found = sum(strata[i] == group for i in held)
            assert abs(found - len(held) * strata.count(group) / count) < 1.0


def test_groups_of_one_are_not_chosen_by_their_name() -> None:
    # Whole numbers may be amounts: then a split by class must not prefer the small ones.
    strata = list(range(12))
    chosen = {i for seed in range(30) for i in divided(12, 0.25, seed, strata)[1]}
    assert chosen == set(strata)


KINDS: list[tuple[Any, bool]] = [
    ([0] * 30 + [1] * 10, True),
    ([0.0] * 30 + [2.0] * 10, True),
    ([[1, 0, 0]] * 30 + [[0, 0, 1]] * 10, True),
    ([[0.0]] * 30 + [[1.0]] * 10, True),
    ([True] * 30 + [False] * 10, True),
    ([0.5] * 30 + [1.5] * 10, False),
    ([-1] * 30 + [1] * 10, False),
    ([[1, 1, 0]] * 30 + [[0, 0, 1]] * 10, False),
    ([[0.5, 0.5]] * 30 + [[1.0, 0.0]] * 10, False),
    ([f"{n % 2}" for n in range(40)], False),
    ([n % 21 for n in range(40)], False),
    ([n % 20 for n in range(40)], True),
]


@pytest.mark.parametrize(("targets", "are_classes"), KINDS)
def test_by_class_where_targets_are_classes(targets: Any, are_classes: bool) -> None:
    inputs = [[n] for n in range(40)]
    if are_classes:
        for stratify in (None, True):
            for seed in range(5):
                found = purenet.train_test_split(inputs, targets, seed=seed, stratify=stratify)
                for kind in targets:
                    share = found.test_targets.count(kind)
                    assert abs(share - targets.count(kind) / 4) < 1.0
        return
    unordered = purenet.train_test_split(inputs, targets, stratify=False)
    assert purenet.train_test_split(inputs, targets) == unordered
    with pytest.raises(ValueError, match=r"^stratify: found True for targets that are no classes"):
        purenet.train_test_split(inputs, targets, stratify=True)


def test_groups_may_be_given() -> None:
    inputs = [[n] for n in range(12)]
    groups = ["a", "b"] * 6
    split = purenet.train_test_split(inputs, inputs, test=0.5, stratify=groups)
    assert sum(n % 2 for (n,) in split.test_inputs) == 3


@pytest.mark.parametrize(
    ("inputs", "targets", "settings", "words"),
    [
        ([], [], {}, "inputs: found no rows"),
        ([[1]], [1], {}, "inputs: found 1 row, expected 2 or more to divide"),
        ([[1], [2]], [1], {}, "targets: found 1 row for 2 samples in inputs, expected as many"),
        ("ab", [1, 2], {}, "inputs: found 'ab', expected a list with one row a sample"),
        ([[1], [2]], None, {}, "targets: found None, expected a list with one row a sample"),
        ([[1], [2]], [1, 2], {"test": 0.0}, "test: found 0.0, expected a share between 0 and 1"),
        ([[1], [2]], [1, 2], {"test": 1}, "test: found 1, expected a share between 0 and 1"),
        ([[1], [2]], [1, 2], {"test": float("nan")}, "test: found nan, expected a finite number"),
        ([[1], [2]], [1, 2], {"test": "x"}, "test: found 'x', expected a number"),
        ([[1], [2]], [1, 2], {"seed": -1}, "seed: found -1, expected 0 or more"),
        ([[1], [2]], [1, 2], {"seed": None}, "seed: found None, expected a whole number"),
        ([[1], [2]], [1, 2], {"stratify": 3}, "stratify: found 3, expected True, False, None or"),
        ([[1], [2]], [1, 2], {"stratify": [3]}, "stratify: found 1 group for 2 samples, expected"),
        ([[1], [2]], [1, 2], {"stratify": [3, {}]}, "stratify: row 1 has 0"),
    ],
)
def test_what_cannot_be_divided(inputs: Any, targets: Any, settings: Any, words: str) -> None:
    if settings.get("stratify") == [3, {}]:
        settings, words = {"stratify": [3, [{}]]}, "stratify: row 1 is ({},), expected a number"
    with pytest.raises((ValueError, TypeError)) as caught:
        purenet.train_test_split(inputs, targets, **settings)
    assert str(caught.value).startswith(words)


def maker(module: ModuleType, made: list[Any] | None = None) -> Any:
    """Return a function that makes networks for the irises, and notes them."""

    def make_network() -> Any:
        layers = [module.Dense(4, 10, "tanh"), module.Dense(10, 3, "softmax")]
        network = module.Network(layers, "categorical_cross_entropy", seed=4)
        if made is not None:
            made.append(network)
        return network

    return make_network


@pytest.mark.parametrize("seed", range(4))
def test_irises_are_told_apart(fast: ModuleType, seed: int) -> None:
    iris = fast.datasets.load_iris()
    settings = {"epochs": 200, "learning_rate": 0.05, "batch_size": 16}
    found = fast.cross_validate(maker(fast), iris.inputs, iris.labels, seed=seed, **settings)
    assert found.mean_accuracy >= 0.95
    assert [list(map(sum, each.confusion)) for each in found.evaluations] == [[10] * 3] * 5
    assert repr(found).startswith(f"CrossValidation(5 folds, accuracy {found.mean_accuracy:.4f} ")


def test_both_backends_find_the_same(both: tuple[ModuleType, ModuleType]) -> None:
    iris = purenet.datasets.load_iris()
    results = []
    for module in both:
        made: list[Any] = []
        settings = {"epochs": 2, "batch_size": 16, "threads": 2}
        found = module.cross_validate(maker(module, made), iris.inputs, iris.targets, **settings)
        digests = [network.digest() for network in made]
        results.append((found.evaluations, digests, repr(found)))
        assert len(set(digests)) == 5
    assert results[0] == results[1]


def test_folds_hold_each_sample_once(backend: ModuleType) -> None:
    seen: list[Any] = []

    class Noting:
        def fit(self, inputs: Any, targets: Any, **settings: Any) -> None:
            seen.append((inputs, targets, settings))

        def evaluate(self, inputs: Any, targets: Any, threads: int) -> Any:
            seen.append((inputs, targets, threads))
            return backend.Evaluation(float(len(inputs)), None)

    inputs, targets = [[n] for n in range(11)], [0] * 7 + [1] * 4
    settings = {"epochs": 3, "threads": 2}
    found = backend.cross_validate(Noting, inputs, targets, folds=3, seed=2, **settings)
    held = [row for rows, _, _ in seen[1::2] for row in rows]
    assert sorted(held) == inputs
    assert [len(rows) for rows, _, _ in seen[1::2]] == [4, 4, 3]
    for (kept, kept_targets, given), (left, left_targets, threads) in zip(
        seen[::2], seen[1::2], strict=True
    ):
        assert sorted(kept + left) == inputs
        assert given == settings
        assert threads == 2
        assert sum(left_targets) in (1, 2)
        assert sum(kept_targets + left_targets) == 4
    assert found.mean_loss == 11 / 3
    assert found.loss_deviation == pytest.approx((2 / 9) ** 0.5)
    assert found.mean_accuracy is found.accuracy_deviation is None
    assert repr(found) == "CrossValidation(3 folds, loss 3.66667 (standard deviation 0.4714))"


def test_each_fold_has_its_weights(backend: ModuleType) -> None:
    inputs, targets = [[float(n)] for n in range(6)], [0, 1] * 3
    makes = []
    for weight in (1.0, 0.0):  # of the samples that the first fold leaves out

        def make_network() -> Any:
            makes.append(backend.Network([backend.Dense(1, 1)], "binary_cross_entropy", seed=1))
            return makes[-1]

        split = [[row[0] for row in each] for each in held_out(backend, inputs, targets)]
        weights = [weight if n in split[0] else 0.5 + n for n in range(6)]
        backend.cross_validate(
            make_network, inputs, targets, folds=3, epochs=2, sample_weight=weights
        )
    digests = [net.digest() for net in makes]
    assert digests[0] == digests[3]
    assert digests[1] != digests[4]
    with pytest.raises(ValueError, match=r"^sample_weight: found 5 numbers for 6 samples, expecte"):
        backend.cross_validate(make_network, inputs, targets, epochs=1, sample_weight=[1.0] * 5)


def held_out(module: ModuleType, inputs: Any, targets: Any) -> list[Any]:
    """Return the inputs that each of three folds is measured on."""
    seen = []

    class Noting:
        def fit(self, inputs: Any, targets: Any, **settings: Any) -> None:
            pass

        def evaluate(self, inputs: Any, targets: Any, threads: int) -> Any:
            seen.append(inputs)
            return module.Evaluation(0.0, None)

    module.cross_validate(Noting, inputs, targets, folds=3)
    return seen


def test_what_cannot_be_cross_validated(backend: ModuleType) -> None:
    inputs, targets = [[1.0], [2.0], [3.0]], [1.0, 0.0, 0.0]
    network = backend.Network([backend.Dense(1, 1)], seed=1)
    before = network.digest()
    cases: list[tuple[Any, dict[str, Any], str]] = [
        (network, {}, "make_network: found Network("),
        (lambda: None, {}, "make_network: found None, expected it to return a network"),
        (lambda: network, {"folds": 4}, "folds: found 4 for 3 rows, expected no more"),
        (lambda: network, {"folds": 1}, "folds: found 1, expected 2 or more"),
        (lambda: network, {"folds": 2.0}, "folds: found 2.0, expected a whole number"),
        (lambda: network, {"seed": -2}, "seed: found -2, expected 0 or more"),
        (lambda: network, {"epochs": 0}, "epochs: found 0, expected 1 or more"),
        (lambda: network, {"learning": 1}, "Network.fit() got an unexpected keyword argument"),
    ]
    for make_network, settings, words in cases:
        with pytest.raises((ValueError, TypeError)) as caught:
            backend.cross_validate(
                make_network, inputs, targets, **{"folds": 3, "epochs": 1, **settings}
            )
        assert str(caught.value).startswith(words)
    assert network.digest() == before
    with pytest.raises(ValueError, match=r"^make_network: found the same network twice"):
        backend.cross_validate(lambda: network, inputs, targets, folds=3, epochs=1)


# In several processes.


class Maker:
    """Makes a small network of one of the packages; it can be sent to another process."""

    def __init__(self, name: str, fault: str = "") -> None:
        self.name = name
        self.fault = fault

    def __call__(self) -> Any:
        if self.fault == "exit":
            os._exit(3)
        if self.fault:
            raise ValueError(self.fault)
        module = importlib.import_module(self.name)
        layers = [module.Dense(4, 3, "tanh"), module.Dense(3, 3, "softmax")]
        return module.Network(layers, "categorical_cross_entropy", seed=1)


def test_any_number_of_processes_finds_the_same(backend: ModuleType) -> None:
    iris = purenet.datasets.load_iris()
    make_network = Maker(backend.__name__)
    weights = [1.0 + number % 2 for number in range(150)]
    settings: dict[str, Any] = {"folds": 4, "seed": 3, "epochs": 2, "sample_weight": weights}
    found = [
        backend.cross_validate(make_network, iris.inputs, iris.targets, jobs=jobs, **settings)
        for jobs in (1, 2, 9)
    ]
    assert found[0].evaluations == found[1].evaluations == found[2].evaluations
    confusions = [[fold.confusion for fold in result.evaluations] for result in found]
    assert confusions[0] == confusions[1] == confusions[2]


def test_what_cannot_be_sent_to_another_process(backend: ModuleType) -> None:
    inputs, targets = [[0.0], [1.0], [2.0]], [0.0, 1.0, 2.0]
    make_network = Maker(backend.__name__)
    settings: dict[str, Any] = {"folds": 3, "epochs": 1, "jobs": 2}
    with pytest.raises(TypeError, match=r"^make_network: found <function .* cannot be sent to an"):
        backend.cross_validate(lambda: make_network(), inputs, targets, **settings)
    with pytest.raises(TypeError, match=r"^on_epoch: found <function .* or jobs=1$"):
        backend.cross_validate(make_network, inputs, targets, on_epoch=lambda *_: None, **settings)
    with pytest.raises(ValueError, match=r"^jobs: found 0, expected 1 or more$"):
        backend.cross_validate(make_network, inputs, targets, **{**settings, "jobs": 0})


def test_what_goes_wrong_in_another_process_is_raised_here(backend: ModuleType) -> None:
    inputs, targets = [[0.0], [1.0], [2.0]], [0.0, 1.0, 2.0]
    settings: dict[str, Any] = {"folds": 3, "epochs": 1, "jobs": 2}
    before = set(multiprocessing.active_children())
    with pytest.raises(ValueError, match=r"^no network today$"):
        backend.cross_validate(
            Maker(backend.__name__, "no network today"), inputs, targets, **settings
        )
    with pytest.raises(ChildProcessError, match=r"without an answer \(exit code 3\)"):
        backend.cross_validate(Maker(backend.__name__, "exit"), inputs, targets, **settings)
    assert before.issuperset(multiprocessing.active_children())
