"""What training must reach on real data, from fixed seeds.

Not one lucky seed: each figure is the mean over three divisions of the digits, each with first
weights of its own.  The irises are in test_splits.py, parity in test_recurrent.py.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import purenet

SEEDS = (1, 2, 3)


def dense(module: ModuleType) -> list[Any]:
    return [module.Dense(64, 32, "relu"), module.Dense(None, 10, "softmax")]


def convolutional(module: ModuleType) -> list[Any]:
    return [
        module.Conv2D((1, 8, 8), 16, 3, "relu", padding="same"),
        module.MaxPool2D(2),
        module.Conv2D(None, 32, 3, "relu", padding="same"),
        module.Flatten(),
        module.Dropout(0.5),
        module.Dense(None, 10, "softmax"),
    ]


NETWORKS = {
    "dense": (dense, {"epochs": 60, "learning_rate": 0.003}, 0.97),
    "convolutional": (
        convolutional,
        {"epochs": 40, "learning_rate": purenet.CosineDecay(0.005, 40)},
        0.985,
    ),
}


def network(module: ModuleType, kind: str, seed: int) -> Any:
    return module.Network(NETWORKS[kind][0](module), "categorical_cross_entropy", seed=seed)


def divided(seed: int) -> purenet.Split:
    digits = purenet.datasets.load_digits()
    return purenet.train_test_split(digits.inputs, digits.targets, test=0.3, seed=seed)


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_digits(fast: ModuleType, kind: str) -> None:
    _, settings, expected = NETWORKS[kind]
    accuracies = []
    for seed in SEEDS:
        train_inputs, test_inputs, train_targets, test_targets = divided(seed)
        assert (len(train_inputs), len(test_inputs)) == (1258, 539)
        net = network(fast, kind, seed)
        net.fit(train_inputs, train_targets, batch_size=32, optimizer=fast.Adam(), **settings)
        accuracies.append(net.evaluate(test_inputs, test_targets).accuracy)
    assert sum(accuracies) / len(SEEDS) >= expected, accuracies


@pytest.mark.parametrize(("kind", "count"), [("dense", 200), ("convolutional", 10)])
def test_a_part_of_the_digits_in_both(
    both: tuple[ModuleType, ModuleType], kind: str, count: int
) -> None:
    """The whole would take purenet minutes; a part shows that it would come to the same."""
    train_inputs, _, train_targets, _ = divided(1)
    settings = {**NETWORKS[kind][1], "epochs": 2}
    found = []
    for module in both:
        net = network(module, kind, 1)
        inputs, targets = train_inputs[:count], train_targets[:count]
        net.fit(inputs, targets, batch_size=4, optimizer=module.Adam(), **settings)
        assert net.history.loss[1] < net.history.loss[0]
        found.append((net.digest(), net.history.loss, net.predict(inputs[:3])))
    assert found[0] == found[1]
