"""Samples that count differently or are held back, and the best epoch, which comes back."""

from __future__ import annotations

import inspect
import math
import random
from collections import Counter
from fractions import Fraction
from types import MappingProxyType, ModuleType
from typing import Any

import pytest
from bits import bits

import purenet
from purenet.sample_weights import with_class_weight

Both = tuple[ModuleType, ModuleType]

LOSSES = {
    "binary_cross_entropy": ("sigmoid", 1),
    "categorical_cross_entropy": ("softmax", 3),
    "mean_squared_error": ("softmax", 2),
    "sum_of_squares": ("tanh", 1),
}


def samples(width: int, outputs: int, zeros: float, count: int = 11) -> tuple[Any, list[int]]:
    """Return inputs, of which a share is zero, and class numbers."""
    r = random.Random(width * 10 + outputs)
    inputs = [
        [0.0 if r.random() < zeros else r.uniform(-2.0, 2.0) for _ in range(width)]
        for _ in range(count)
    ]
    return inputs, [r.randrange(max(outputs, 2)) for _ in range(count)]


def network(module: ModuleType, width: int, hidden: int, loss: str) -> Any:
    activation, outputs = LOSSES[loss]
    layers = [module.Dense(width, hidden, "tanh"), module.Dense(hidden, outputs, activation)]
    return module.Network(layers, loss, seed=3)


WEIGHTS = [1.0, 0.0, 2.5, 0.125, 1.0, 3, True, 1e-3, 0.0, 7.0, 1.0]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("width", "hidden", "zeros"), [(3, 4, 0.0), (40, 20, 0.0), (120, 40, 0.8)])
def test_weights_give_the_same_bits(
    both: Both, loss: str, width: int, hidden: int, zeros: float
) -> None:
    inputs, targets = samples(width, LOSSES[loss][1], zeros)
    for batch_size, shuffle in ((None, True), (4, True), (4, False), (1, True)):
        settings = {"epochs": 3, "batch_size": batch_size, "shuffle": shuffle}
        weights = {"sample_weight": WEIGHTS, "class_weight": {0: 0.3, 1: 2.0}}
        results = []
        for module, threads in ((both[0], 1), (both[1], 1), (both[1], 3)):
            net = network(module, width, hidden, loss)
            history = net.fit(inputs, targets, threads=threads, **settings, **weights)
            results.append((net.digest(), bits(history.loss), history.accuracy))
        assert results[0] == results[1] == results[2]
        alike = network(both[1], width, hidden, loss)
        alike.fit(inputs, targets, **settings)
        assert alike.digest() != results[0][0]
        ones = network(both[1], width, hidden, loss)
        ones.fit(inputs, targets, sample_weight=[1] * 11, **settings)
        assert ones.digest() == alike.digest()


@pytest.mark.parametrize("loss", LOSSES)
def test_what_a_weight_means(backend: ModuleType, loss: str) -> None:
    # The weighted loss is the mean of the losses times their weights, and a step goes down it.
    inputs, targets = samples(3, LOSSES[loss][1], 0.0)
    net = network(backend, 3, 4, loss)
    outputs = LOSSES[loss][1]
    rows = targets if outputs == 1 else backend.one_hot(targets, outputs)
    # sum_of_squares divides by nothing, the others by the number of samples.
    divided_by = 1 if loss == "sum_of_squares" else len(inputs)
    losses, slopes = [], []
    for x, y in zip(inputs, rows, strict=True):
        losses.append(net.evaluate([x], [y]).loss)
        slopes.append(net.backprop([x], [y])[0].weights[2][1])
    pairs = list(zip(losses, slopes, WEIGHTS, strict=True))
    before = net.layers[0].weights[2][1]
    accuracy = net.evaluate(inputs, targets).accuracy
    history = net.fit(inputs, targets, epochs=1, learning_rate=0.5, sample_weight=WEIGHTS)
    expected = math.fsum(value * weight for value, _, weight in pairs) / divided_by
    assert history.loss[0] == pytest.approx(expected, rel=1e-12)
    slope = math.fsum(value * weight for _, value, weight in pairs) / divided_by
    assert net.layers[0].weights[2][1] == pytest.approx(before - 0.5 * slope, rel=1e-12)
    assert history.accuracy == [accuracy]


def test_weights_of_classes_and_samples_are_multiplied(backend: ModuleType) -> None:
    inputs, targets = samples(3, 3, 0.0)
    by_class = {0: 0.5, 2: 3.0}
    one, other = (network(backend, 3, 4, "categorical_cross_entropy") for _ in range(2))
    one.fit(inputs, targets, epochs=2, class_weight=by_class, sample_weight=WEIGHTS)
    products = [w * by_class.get(t, 1.0) for w, t in zip(WEIGHTS, targets, strict=True)]
    other.fit(inputs, targets, epochs=2, sample_weight=products)
    assert one.digest() == other.digest()


def test_balanced_classes_count_alike() -> None:
    rows = [[1.0, 0.0, 0.0]] * 3 + [[0.0, 0.0, 1.0]]
    weights = with_class_weight(None, "balanced", rows)
    assert weights == [4 / (2 * 3)] * 3 + [4 / (2 * 1)]  # of the two classes that there are
    assert with_class_weight([0.5, 1.0, 0.0, 2.0], "balanced", rows)[3] == 4.0
    assert with_class_weight(None, {1.0: 5}, [[0.0], [1.0]]) == [1.0, 5.0]


def test_the_validation_loss_counts_all_alike(backend: ModuleType) -> None:
    inputs, targets = samples(3, 1, 0.0)
    net = network(backend, 3, 4, "binary_cross_entropy")
    data = (inputs, targets)
    history = net.fit(inputs, targets, epochs=1, validation_data=data, sample_weight=WEIGHTS)
    assert history.validation_loss == [net.evaluate(inputs, targets).loss]


@pytest.mark.parametrize("loss", ["categorical_cross_entropy", "sum_of_squares"])
def test_a_share_to_validate_on(both: Both, loss: str) -> None:
    inputs, targets = samples(3, LOSSES[loss][1], 0.0)
    weights = [float(i % 3) for i in range(11)]
    results = []
    for module in both:
        net = network(module, 3, 4, loss)
        history = net.fit(inputs, targets, epochs=3, validation_split=0.3, sample_weight=weights)
        split = module.train_test_split(inputs, targets, test=0.3, seed=net.seed)
        kept = module.train_test_split(weights, weights, test=0.3, seed=net.seed, stratify=targets)
        other = network(module, 3, 4, loss)
        data = (split.test_inputs, split.test_targets)
        expected = other.fit(
            split.train_inputs,
            split.train_targets,
            epochs=3,
            validation_data=data,
            sample_weight=kept.train_inputs,
        )
        assert history == expected
        assert len(history.validation_loss) == 3
        assert net.digest() == other.digest()
        results.append((net.digest(), bits(history.validation_loss)))
    assert results[0] == results[1]


def test_targets_that_are_no_classes_are_split_as_well(backend: ModuleType) -> None:
    inputs, _ = samples(3, 1, 0.0)
    net = network(backend, 3, 4, "sum_of_squares")
    history = net.fit(inputs, [i / 7 for i in range(11)], epochs=2, validation_split=0.01)
    assert len(history.validation_loss) == 2
    assert history.validation_accuracy == []


class Array:
    """As NumPy's, it compares its items with whatever it is compared with."""

    def __eq__(self, other: object) -> Any:
        return [False, False, False]

    def __ne__(self, other: object) -> Any:
        raise ValueError("the truth of an array with more than one item is ambiguous")

    def __repr__(self) -> str:
        return "Array()"


BAD: list[tuple[dict[str, Any], str]] = [
    ({"class_weight": {3: 1.0}}, "class_weight: a class is 3, expected a class from 0 to 2"),
    ({"class_weight": {-1: 1.0}}, "class_weight: a class is -1, expected a class from 0 to 2"),
    ({"class_weight": {"a": 1.0}}, "class_weight: a class is 'a', expected a class from 0 to 2"),
    ({"class_weight": {1: -1}}, "class_weight: class 1: found -1.0, expected 0 or more"),
    ({"class_weight": {1: math.nan}}, "class_weight: class 1: found nan, expected a finite number"),
    ({"class_weight": {1: math.inf}}, "class_weight: class 1: found inf, expected a finite number"),
    ({"class_weight": {1: "x"}}, "class_weight: class 1: found 'x', expected a number"),
    ({"class_weight": "even"}, "class_weight: found 'even', expected a dict"),
    ({"class_weight": [1, 2, 3]}, "class_weight: found [1, 2, 3], expected a dict"),
    ({"class_weight": Array()}, "class_weight: found Array(), expected a dict"),
    ({"class_weight": {0: 0, 1: 0, 2: 0.0}}, "class_weight and sample_weight: found only samples"),
    ({"sample_weight": [1.0] * 10}, "sample_weight: found 10 numbers for 11 samples, expected as"),
    ({"sample_weight": []}, "sample_weight: found 0 numbers for 11 samples, expected as many"),
    ({"sample_weight": 3}, "sample_weight: found 3, expected a list with one number a sample"),
    ({"sample_weight": [1] * 10 + [math.nan]}, "sample_weight: row 10: found nan, expected a fin"),
    ({"sample_weight": [1] * 10 + [-2]}, "sample_weight: row 10: found -2.0, expected 0 or more"),
    ({"sample_weight": [1] * 10 + [None]}, "sample_weight: row 10: found None, expected a number"),
    ({"sample_weight": [10**400] * 11}, "sample_weight: row 0: found 1000000000"),
    ({"sample_weight": [0.0] * 11}, "class_weight and sample_weight: found only samples with a w"),
    (
        {"sample_weight": [1e200] * 11, "class_weight": dict.fromkeys(range(3), 1e200)},
        "sample_weight: 1e+200 times 1e+200, the weight of the class, is too large, in row 0 of",
    ),
    ({"validation_split": 0.0}, "validation_split: found 0.0, expected a share between 0 and 1"),
    ({"validation_split": 1}, "validation_split: found 1, expected a share between 0 and 1"),
    ({"validation_split": math.nan}, "validation_split: found nan, expected a finite number"),
    ({"validation_split": "a"}, "validation_split: found 'a', expected a number"),
    (
        {"validation_split": 0.5, "validation_data": ([], [])},
        "validation_split: found it together with validation_data, expected one of them",
    ),
    ({"restore_best": 1}, "restore_best: found 1, expected True or False"),
    ({"restore_best": None}, "restore_best: found None, expected True or False"),
]


@pytest.mark.parametrize(("settings", "words"), BAD, ids=range(len(BAD)))
def test_what_cannot_be_weighed_is_refused(
    both: Both, settings: dict[str, Any], words: str
) -> None:
    inputs, targets = samples(3, 3, 0.0)
    found = []
    for module in both:
        net = network(module, 3, 4, "categorical_cross_entropy")
        history = net.fit(inputs, targets, epochs=1)
        before = net.digest()
        with pytest.raises((ValueError, TypeError)) as caught:
            net.fit(inputs, targets, epochs=1, **settings)
        assert str(caught.value).startswith(words)
        assert net.digest() == before
        assert net.history is history
        assert net.epochs_trained == 1
        found.append((type(caught.value), str(caught.value)))
    assert found[0] == found[1]


def test_weights_of_classes_need_classes(backend: ModuleType) -> None:
    for targets in ([[0.5], [1.0]], [[2.0], [1.0]]):
        net = backend.Network([backend.Dense(1, 1, "linear")], seed=1)
        with pytest.raises(ValueError, match=r"^class_weight: the targets name no classes, expect"):
            net.fit([[1.0], [2.0]], targets, epochs=1, class_weight={0: 2.0})
    net = backend.Network([backend.Dense(1, 1)], seed=1)
    with pytest.raises(ValueError, match=r"^class_weight: a class is 2, expected a class from 0 t"):
        net.fit([[1.0], [2.0]], [0, 1], epochs=1, class_weight={2: 2.0})
    with pytest.raises(ValueError, match=r"^validation_split: found 1 sample, expected 2 or more"):
        net.fit([[1.0]], [0], epochs=1, validation_split=0.5)


def test_infinite_slopes_go_the_same_way(both: Both) -> None:
    # A weight may make a delta infinite, and then the zeros that are left out count.
    inputs, _ = samples(120, 1, 0.8)
    results = []
    for module, threads in ((both[0], 1), (both[1], 1), (both[1], 3)):
        net = network(module, 120, 40, "sum_of_squares")
        with pytest.raises(module.TrainingDiverged) as caught:
            net.fit(
                inputs, [1e10] * 11, epochs=3, threads=threads, sample_weight=[1.7e308] + [0] * 10
            )
        results.append((str(caught.value), net.digest(), bits(net.history.loss)))
    assert results[0] == results[1] == results[2]


class Halves(purenet.Optimizer):
    """An optimizer that nobody has compiled."""

    def step(self, parameter: Any, gradient: Any, learning_rate: float, memory: Any) -> None:
        for row, slopes in zip(parameter, gradient, strict=True):
            row[:] = [w - 0.5 * g for w, g in zip(row, slopes, strict=True)]


ODD: dict[str, dict[str, Any]] = {
    "counted": {"class_weight": Counter([1, 1, 2])},
    "read only": {"class_weight": MappingProxyType({1.0: True})},
    "none of all": {"class_weight": {}},
    "as a tuple": {"sample_weight": tuple(WEIGHTS)},
    "as fractions": {"sample_weight": [Fraction(i, 7) for i in range(11)]},
    "one alone": {"sample_weight": [0] * 10 + [1]},
    "as lists": {"sample_weight": [[1.0]] * 11},
    "one by one": {"sample_weight": (weight for weight in WEIGHTS)},
    "as text": {"sample_weight": "11111111111"},
    "of a class that is not there": {"class_weight": {2**70: 1.0}},
    "a share as text": {"validation_split": "0.5"},
    "a share that leaves one": {"validation_split": 0.999, "batch_size": 3},
    "an optimizer of ones own": {"sample_weight": WEIGHTS, "optimizer": Halves()},
}


@pytest.mark.parametrize("name", ODD)
def test_odd_weights_are_the_same_in_both(both: Both, name: str) -> None:
    inputs, targets = samples(3, 3, 0.0)
    results = []
    for module in both:
        net = network(module, 3, 4, "categorical_cross_entropy")
        try:
            history = net.fit(inputs, targets, epochs=2, **ODD[name])
            results.append([net.digest(), bits(history.loss), bits(history.validation_loss)])
        except (TypeError, ValueError) as error:
            message = str(error).partition(" at 0x")[0]
            results.append([type(error).__name__, message])
    assert results[0] == results[1]


def test_a_method_that_is_put_in_meanwhile_has_the_weights(both: Both) -> None:
    inputs, targets = samples(3, 3, 0.0)
    results = []
    for module in both:
        seen: list[Any] = []
        net = network(module, 3, 4, "categorical_cross_entropy")

        def put_in(epoch: int, history: Any, net: Any = net, seen: Any = seen) -> None:
            def backward(inputs: Any, targets: Any, outputs: Any, weights: Any) -> Any:
                seen.append(weights)
                return type(net).backward(net, inputs, targets, outputs, weights)

            net.backward = backward

        settings = {"epochs": 3, "on_epoch": put_in, "batch_size": 4, "class_weight": "balanced"}
        net.fit(inputs, targets, sample_weight=WEIGHTS, **settings)
        results.append((net.digest(), seen))
    assert results[0] == results[1]
    assert [len(weights) for weights in results[0][1]] == [4, 4, 3] * 2
    plain = network(both[0], 3, 4, "categorical_cross_entropy")
    plain.fit(
        inputs, targets, epochs=3, batch_size=4, class_weight="balanced", sample_weight=WEIGHTS
    )
    assert plain.digest() == results[0][0]


# The best epoch.


def rough(module: ModuleType) -> tuple[Any, dict[str, Any]]:
    """Return a network and a training in which the loss does not fall all the time."""
    net = network(module, 3, 4, "categorical_cross_entropy")
    inputs, targets = samples(3, 3, 0.0)
    rates = [0.5, 0.5, 0.5, 0.5, 40.0, 0.1, 0.1]
    return net, {
        "inputs": inputs,
        "targets": targets,
        "learning_rate": lambda epoch: rates[min(epoch, 6)],
        "validation_data": (inputs[:5], targets[:5]),
        "batch_size": 4,
    }


def test_the_best_epoch_comes_back(both: Both) -> None:
    results = []
    for module, threads in ((both[0], 1), (both[1], 1), (both[1], 3)):
        net, training = rough(module)
        weights = net.layers[0].weights
        row = weights[1]
        history = net.fit(**training, epochs=7, restore_best=True, threads=threads)
        losses = history.validation_loss
        assert len(losses) == 7
        assert history.best_epoch == losses.index(min(losses)) < 6
        other, training = rough(module)
        other.fit(**training, epochs=history.best_epoch + 1)
        assert net.digest() == other.digest()
        assert net.epochs_trained == other.epochs_trained == history.best_epoch + 1
        # The lists that somebody holds are those of the layer.
        assert net.layers[0].weights is weights
        assert weights[1] is row
        assert bits(weights) == bits(other.layers[0].weights)
        # It goes on as the other one does.
        for each in (net, other):
            each.fit(**training, epochs=2)
        assert net.digest() == other.digest()
        results.append((net.digest(), history.best_epoch, bits(losses)))
    assert results[0] == results[1] == results[2]


def test_without_validation_data_the_loss_tells_the_best_epoch(backend: ModuleType) -> None:
    net, training = rough(backend)
    del training["validation_data"]
    history = net.fit(**training, epochs=7, restore_best=True)
    assert history.best_epoch == history.loss.index(min(history.loss)) < 6
    assert net.epochs_trained == history.best_epoch + 1
    second = net.fit(**training, epochs=1, restore_best=True)
    assert second.best_epoch == second.first_epoch == history.best_epoch + 1
    assert net.fit(**training, epochs=1).best_epoch is None


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_the_best_epoch_comes_back_after_an_interruption(
    backend: ModuleType, error: type[BaseException]
) -> None:
    def interrupt(epoch: int, history: Any) -> None:
        if epoch == 5:
            raise error

    net, training = rough(backend)
    with pytest.raises(error):
        net.fit(**training, epochs=7, restore_best=True, on_epoch=interrupt)
    other, training = rough(backend)
    assert net.history.best_epoch is not None
    other.fit(**training, epochs=net.history.best_epoch + 1)
    assert net.digest() == other.digest()
    assert net.epochs_trained == other.epochs_trained


SPOILT: dict[str, Any] = {
    "a filter": lambda weights: weights.__setitem__(0, "x"),
    "a filter less": lambda weights: weights.pop(),
    "no filter": lambda weights: weights.clear(),
    "no rows": lambda weights: weights[0][0].clear(),
    "no row": lambda weights: weights[0][0].__setitem__(0, 5),
    "a longer row": lambda weights: weights[1][0][1].append(2.0),
    "no number": lambda weights: weights[1][0][1].__setitem__(0, "x"),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_the_best_epoch_comes_back_into_spoilt_lists(both: Both, spoilt: str) -> None:
    rates = [0.01, 50.0, 50.0, 50.0]
    results = []
    for module in both:
        layers = [module.Conv2D((1, 3, 2), 2, 2, "tanh"), module.Dense(None, 2, "sigmoid")]
        net = module.Network(layers, seed=1)
        inputs, targets = samples(6, 2, 0.0)
        digests: list[str] = []
        held = layers[0].weights
        row = held[0][0][0]

        def spoil(epoch: int, history: Any, net: Any = net, digests: Any = digests) -> None:
            digests.append(net.digest())
            if epoch == 2:
                SPOILT[spoilt](net.layers[0].weights)

        with pytest.raises((TypeError, ValueError), match=r"^layer 0: weights") as caught:
            net.fit(
                inputs,
                targets,
                epochs=4,
                learning_rate=lambda epoch: rates[epoch],
                restore_best=True,
                on_epoch=spoil,
            )
        assert net.history.best_epoch in (0, 1)
        assert net.epochs_trained == net.history.best_epoch + 1
        assert net.digest() == digests[net.history.best_epoch]
        assert layers[0].weights is held
        assert held[0][0][0] is row
        results.append((str(caught.value), digests, held, net.predict(inputs)))
    assert results[0] == results[1]


class Stops(purenet.Optimizer):
    """Plain descent that is interrupted within the fourth epoch, after its second batch."""

    def __init__(self) -> None:
        self.steps = 0

    def step(self, parameter: Any, gradient: Any, learning_rate: float, memory: Any) -> None:
        self.steps += 1
        if self.steps == 3 * 3 * 4 + 2 * 4 + 2:
            raise KeyboardInterrupt
        for row, slopes in zip(parameter, gradient, strict=True):
            row[:] = [w - learning_rate * g for w, g in zip(row, slopes, strict=True)]


def test_the_best_epoch_comes_back_where_the_one_after_it_is_interrupted(both: Both) -> None:
    results = []
    for module in both:
        net, training = rough(module)
        with pytest.raises(KeyboardInterrupt):
            net.fit(**training, epochs=7, restore_best=True, optimizer=Stops())
        other, training = rough(module)
        other.fit(**training, epochs=3)
        assert net.history.best_epoch == 2
        assert net.digest() == other.digest()
        assert net.epochs_trained == 3
        assert [layer.optimizer_memory() for layer in net.layers] == [None, None]
        results.append(net.digest())
    assert results[0] == results[1]


def test_what_a_callback_writes_after_the_best_epoch_is_undone(both: Both) -> None:
    # Whether the best epoch is the last one or not: its loss was that of these parameters.
    results = []
    for module in both:
        net, training = rough(module)
        seen = []

        def write(epoch: int, history: Any, net: Any = net, seen: Any = seen) -> None:
            seen.append(bits(net.layers[0].weights))
            net.layers[0].weights[0][0] += 1e-9

        history = net.fit(**training, epochs=3, restore_best=True, on_epoch=write)
        assert history.best_epoch == 2
        assert bits(net.layers[0].weights) == seen[2]
        results.append(net.digest())
    assert results[0] == results[1]


def test_the_best_epoch_comes_back_where_training_diverges(backend: ModuleType) -> None:
    rates = [0.1, 0.1, 1e300, 0.1]
    nets = [network(backend, 3, 4, "mean_squared_error") for _ in range(2)]
    for net in nets:
        net.layers[1].activation = "linear"
    inputs, _ = samples(3, 1, 0.0)
    targets = [[float(i % 2), 1e10] for i in range(11)]
    settings = {"learning_rate": lambda epoch: rates[epoch], "batch_size": 4}
    with pytest.raises(backend.TrainingDiverged) as caught:
        nets[0].fit(inputs, targets, epochs=4, restore_best=True, **settings)
    history = caught.value.history
    assert caught.value.epoch == 2
    assert history.best_epoch in (0, 1)
    nets[1].fit(inputs, targets, epochs=history.best_epoch + 1, **settings)
    assert nets[0].digest() == nets[1].digest()


def test_where_no_epoch_is_the_best_nothing_comes_back(backend: ModuleType) -> None:
    net = backend.Network([backend.Dense(1, 1, "linear", initializer=[[1e200]])], seed=1)
    data = ([[1e200]], [[0.0]])
    history = net.fit([[0.0]], [[1.0]], epochs=2, validation_data=data, restore_best=True)
    assert history.validation_loss == [math.inf, math.inf]
    assert history.best_epoch is None
    assert net.epochs_trained == 2


def test_what_an_optimizer_remembers_of_later_epochs_is_forgotten(both: Both) -> None:
    results = []
    for module in both:
        net, training = rough(module)
        net.fit(**training, epochs=7, restore_best=True, optimizer=module.Momentum(0.5))
        assert net.epochs_trained < 7
        fresh, _ = rough(module)
        for layer, other in zip(fresh.layers, net.layers, strict=True):
            layer.weights, layer.biases = other.weights, other.biases
        fresh.epochs_trained = net.epochs_trained
        for each in (net, fresh):
            each.fit(**training, epochs=2, optimizer=module.Momentum(0.5))
        assert net.digest() == fresh.digest()
        results.append(net.digest())
    assert results[0] == results[1]


def test_the_last_epoch_is_the_best(both: Both) -> None:
    # Then nothing is put back, and the optimizer carries on.
    results = []
    for module in both:
        nets = [network(module, 3, 4, "mean_squared_error") for _ in range(2)]
        inputs, targets = samples(3, 2, 0.0)
        settings = {"learning_rate": 0.01, "optimizer": module.Adam()}
        first = nets[0].fit(inputs, targets, epochs=3, restore_best=True, **settings)
        assert first.best_epoch == 2
        nets[0].fit(inputs, targets, epochs=3, restore_best=True, **settings)
        nets[1].fit(inputs, targets, epochs=6, **settings)
        assert nets[0].digest() == nets[1].digest()
        results.append(nets[0].digest())
    assert results[0] == results[1]


def test_all_of_it_is_known_to_the_public_names() -> None:
    documented = inspect.getdoc(purenet.Network.fit) or ""
    for name in ("class_weight", "sample_weight", "validation_split", "restore_best"):
        assert f"\n{name}: " in documented


def test_the_best_epoch_is_noted_without_lists(fast: ModuleType) -> None:
    net, training = rough(fast)
    net.fit(**training, epochs=7, restore_best=True)
    assert all("weights" not in vars(layer) for layer in net.layers)
    copy = net.layers[0].copy_of_parameters()
    before = net.digest()
    net.layers[0].weights[0][0] = 7.5
    net.layers[0].put_back(copy)
    assert net.digest() == before
    assert net.layers[0].weights[0][0] != 7.5
