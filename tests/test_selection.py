"""Recipes: chosen on the rows that are there, trained such that something useful is left."""

import json
import math
import signal

import pytest

from purenet import History
from purenet.datasets import load_iris
from purenet.optimizers import Momentum
from purenet.selection import Recipe, choose_recipe, make_network, train
from purenet.selection.choosing import operations
from purenet.splits import train_test_split

QUICK = {"epochs": 12, "batch_size": 8}


def numbers(count, noise=0.3):
    """Return inputs and targets of a bent curve with some noise, the targets standardised."""
    rows, targets = [], []
    for i in range(count):
        x = (i * 37 % 101) / 50.0 - 1.0
        y = (i * 53 % 97) / 48.0 - 1.0
        rows.append([x, y, x * y])
        targets.append([1.3 * x - abs(y) + noise * ((i * 29 % 23) / 11.0 - 1.0)])
    return rows, targets


def three_classes(count):
    rows, targets = [], []
    for i in range(count):
        x = (i * 37 % 101) / 50.0 - 1.0
        y = (i * 53 % 97) / 48.0 - 1.0
        number = 0 if x + y < -0.4 else 1 if x > 0.3 else 2
        rows.append([x, y])
        targets.append([1.0 if number == k else 0.0 for k in range(3)])
    return rows, targets


# --- Recipes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe((), l2=0.01, schedule="", batch_size=None),
        Recipe((8, 4), "tanh", 0.001, 0.002, 0.25, Momentum(0.5), 0.1, "warm-up 5, cosine", 7),
        Recipe("conv 3x3x8, pool 2", clip_norm=1.0),
    ],
    ids=["usual", "linear", "settings", "words"],
)
def test_a_recipe_comes_back_from_json(recipe):
    text = json.dumps(recipe.to_json())
    assert Recipe.from_json(json.loads(text)) == recipe
    assert hash(Recipe.from_json(json.loads(text))) == hash(recipe)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("layers", [8, 0], "layers: layer 1: found 0, expected 1 or more"),
        ("layers", 8, "layers: found 8, expected the units of the hidden layers"),
        ("activation", "rely", "activation: found 'rely'"),
        ("l2", -1, "l2: found -1.0, expected 0 or more"),
        ("dropout", 1.0, "dropout: found 1.0"),
        ("optimizer", {"name": "adam", "beta1": 2}, "optimizer: beta1: found 2.0"),
        ("optimizer", "adm", "optimizer: found 'adm'"),
        ("learning_rate", math.nan, "learning_rate: found nan"),
        ("schedule", "cosin", "schedule: found 'cosin'"),
        ("epochs", 0, "epochs: found 0, expected 1 or more"),
        ("batch_size", 1.5, "batch_size: found 1.5, expected a whole number"),
        ("clip_norm", 0.0, "clip_norm: found 0.0, expected more than 0"),
        ("epoch", 3, "recipe: found the setting 'epoch', expected one of layers"),
    ],
)
def test_what_is_no_recipe_is_named(name, value, message):
    content = {**Recipe().to_json(), name: value}
    with pytest.raises((TypeError, ValueError)) as error:
        Recipe.from_json(content)
    assert str(error.value).startswith(message)


def test_a_recipe_with_nothing_in_it_is_refused():
    with pytest.raises(ValueError, match="recipe: layers is missing"):
        Recipe.from_json({})
    with pytest.raises(TypeError, match="recipe: found 3"):
        Recipe.from_json(3)


def test_networks_fit_what_is_predicted(backend):
    number = make_network(backend.Network, Recipe((4,), l2=0.5), 3, 1, False, seed=1)
    assert (number.loss, number.layers[-1].activation) == ("mean_squared_error", "linear")
    assert [layer.l2 for layer in number.layers] == [0.5, 0.5]
    two = make_network(backend.Network, Recipe(()), 3, 1, True, seed=1)
    assert (two.loss, two.layers[0].activation) == ("binary_cross_entropy", "sigmoid")
    many = make_network(backend.Network, Recipe((4, 2), dropout=0.5), 3, 5, True, seed=1)
    assert (many.loss, many.layers[-1].activation) == ("categorical_cross_entropy", "softmax")
    assert [type(layer) for layer in many.layers] == [
        backend.Dense,
        backend.Dropout,
        backend.Dense,
        backend.Dropout,
        backend.Dense,
    ]
    with pytest.raises(ValueError, match="layers: found 'dense 3'"):
        make_network(backend.Network, Recipe("dense 3"), 3, 5, True, seed=1)


# --- Training -------------------------------------------------------------------------------------


def test_a_training_by_recipe_is_that_of_fit(backend):
    inputs, targets = numbers(30)
    recipe = Recipe((4,), l2=0.01, clip_norm=1.0, **QUICK)
    network = make_network(backend.Network, recipe, 3, 1, False, seed=3)
    other = make_network(backend.Network, recipe, 3, 1, False, seed=3)
    course = train(network, recipe, inputs, targets)
    history = other.fit(
        inputs,
        targets,
        epochs=12,
        batch_size=8,
        optimizer="adam",
        learning_rate=backend.CosineDecay(0.01, 12),
        clip_norm=1.0,
    )
    assert network.digest() == other.digest()
    assert course == (history, [], False)
    assert network.history == history


def test_a_second_training_begins_its_schedule_anew(backend):
    inputs, targets = numbers(30)
    recipe = Recipe((4,), **QUICK)
    network = make_network(backend.Network, recipe, 3, 1, False, seed=3)
    train(network, recipe, inputs, targets)
    digest = network.digest()
    course = train(network, recipe, inputs, targets)
    assert course.history.first_epoch == 12
    assert network.epochs_trained == 24
    assert network.digest() != digest
    assert course.history.loss[-1] < course.history.loss[0]


@pytest.mark.parametrize(
    ("wish", "rate"),
    [
        ({"layers": (100,), "optimizer": "gradient_descent", "schedule": ""}, 10.0),
        ({"layers": (8, 8, 8), "activation": "linear", "optimizer": "momentum"}, 3.0),
        ({"layers": (8,), "activation": "sigmoid", "optimizer": "gradient_descent"}, 1e200),
    ],
    ids=["relu", "linear", "sigmoid"],
)
def test_what_diverges_goes_back_and_on_in_smaller_steps(both, wish, rate):
    inputs, targets = numbers(40)
    recipe = Recipe(**wish, learning_rate=rate, epochs=15, batch_size=8)
    found = []
    for backend in both:
        network = make_network(backend.Network, recipe, 3, 1, False, seed=1)
        before = network.evaluate(inputs, targets).loss
        course = train(network, recipe, inputs, targets)
        assert course.notes and course.notes[0].startswith("training diverged in epoch 1: back to")
        assert not course.interrupted
        assert math.isfinite(network.evaluate(inputs, targets).loss)
        assert network.evaluate(inputs, targets).loss <= before
        assert course.history.epochs == network.epochs_trained
        assert network.history is course.history
        found.append((network.digest(), course))
    assert found[0] == found[1]


def test_a_sample_that_counts_most_and_is_furthest_off_is_no_divergence(backend):
    network = backend.Network([backend.Dense(1, 1, "linear")], seed=1)
    recipe = Recipe((), epochs=5, learning_rate=0.01)
    inputs, targets = [[float(i)] for i in range(10)], [0.0] * 9 + [10.0]
    course = train(network, recipe, inputs, targets, sample_weight=[0.0] * 9 + [10.0])
    assert course.notes == []
    other = backend.Network([backend.Dense(1, 1, "linear")], seed=1)
    assert train(other, recipe, inputs, targets).history.loss != course.history.loss


def test_after_going_back_all_epochs_are_trained(backend):
    inputs, targets = numbers(40)
    recipe = Recipe((16,), optimizer="gradient_descent", learning_rate=5.0, epochs=20)
    network = make_network(backend.Network, recipe, 3, 1, False, seed=1)
    course = train(network, recipe, inputs, targets)
    assert course.notes[-1].endswith("on with a learning rate of 0.5")
    assert course.history.epochs == network.epochs_trained == 20
    assert course.history.stopped is None
    assert network.evaluate(inputs, targets).r2 > 0.3


def test_the_epoch_with_the_lowest_validation_loss_is_kept(backend):
    inputs, targets = numbers(60, noise=1.0)
    recipe = Recipe((16,), learning_rate=0.1, schedule="", epochs=60, batch_size=8)
    network = make_network(backend.Network, recipe, 3, 1, False, seed=1)
    validation = inputs[40:], targets[40:]
    course = train(network, recipe, inputs[:40], targets[:40], validation=validation, patience=10)
    lowest = min(course.history.validation_loss)
    assert course.history.stopped == "no lower loss for 10 epochs"
    assert network.evaluate(*validation).loss == lowest
    assert course.history.best_epoch == course.history.validation_loss.index(lowest)


def test_progress_is_told_of_each_epoch(backend):
    inputs, targets = numbers(20)
    told = []
    recipe = Recipe((2,), epochs=3)
    network = make_network(backend.Network, recipe, 3, 1, False, seed=1)
    train(network, recipe, inputs, targets, progress=lambda *what: told.append(what))
    assert [what[:2] for what in told] == [(1, 3), (2, 3), (3, 3)]
    assert all(what[2].startswith("loss ") for what in told)


def test_what_cannot_be_trained_on_changes_nothing(backend):
    recipe = Recipe((2,), epochs=3)
    network = make_network(backend.Network, recipe, 3, 1, False, seed=1)
    digest = network.digest()
    with pytest.raises(ValueError, match="row 1"):
        train(network, recipe, [[1, 2, 3], [1, 2]], [[1], [2]])
    with pytest.raises(ValueError, match="patience: found 0"):
        train(network, recipe, [[1, 2, 3]], [[1]], patience=0)
    assert (network.digest(), network.epochs_trained) == (digest, 0)
    assert network.history == History()


class Interrupting:
    """Sends Ctrl-C to this process when progress is told for the n-th time."""

    def __init__(self, after):
        self.after = after
        self.told = 0

    def __call__(self, *what):
        self.told += 1
        if self.told == self.after:
            signal.raise_signal(signal.SIGINT)


def test_ctrl_c_leaves_the_last_whole_epoch(backend):
    inputs, targets = numbers(30)
    recipe = Recipe((4,), schedule="", **QUICK)
    network = make_network(backend.Network, recipe, 3, 1, False, seed=3)
    course = train(network, recipe, inputs, targets, progress=Interrupting(5))
    other = make_network(backend.Network, recipe, 3, 1, False, seed=3)
    five = train(other, recipe._replace(epochs=5), inputs, targets)
    assert course.interrupted and not five.interrupted
    assert network.digest() == other.digest()
    assert course.history == five.history
    assert network.epochs_trained == 5


def test_ctrl_c_leaves_the_best_epoch_of_a_validation(backend):
    inputs, targets = numbers(60, noise=1.0)
    recipe = Recipe((16,), learning_rate=0.1, schedule="", epochs=60, batch_size=8)
    network = make_network(backend.Network, recipe, 3, 1, False, seed=1)
    validation = inputs[40:], targets[40:]
    course = train(
        network,
        recipe,
        inputs[:40],
        targets[:40],
        validation=validation,
        progress=Interrupting(30),
    )
    assert course.interrupted
    assert network.evaluate(*validation).loss == min(course.history.validation_loss)


# --- Choosing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("classes", [False, True], ids=["number", "classes"])
def test_the_choice_is_the_same_in_both_packages(both, classes):
    inputs, targets = three_classes(40) if classes else numbers(40)
    pure, fast = both
    found = []
    for backend, threads in ((pure, 1), (fast, 1), (fast, 2)):
        choice = choose_recipe(
            backend.Network,
            inputs,
            targets,
            classes=classes,
            wish={"epochs": 4, "batch_size": 8},
            seed=1,
            threads=threads,
        )
        found.append((choice.recipe, choice.tried, choice.network.digest()))
    assert found[0] == found[1] == found[2]
    recipe, tried, _ = found[0]
    assert recipe in [candidate for candidate, _ in tried]
    assert len(tried) > 3
    assert {candidate.layers for candidate, _ in tried} == {(32,), ()}


def test_a_straight_line_with_noise_gets_a_simple_network(fast):
    rows = [[math.sin(i * 12.9), math.sin(i * 7.7), math.sin(i * 3.1)] for i in range(36)]
    targets = [[row[0] + 1.5 * math.sin(i * 5.3)] for i, row in enumerate(rows)]
    choice = choose_recipe(fast.Network, rows, targets, classes=False, wish={"epochs": 40}, seed=1)
    assert choice.recipe.layers == () or choice.recipe.l2 >= 0.03


def test_what_is_wished_is_not_chosen(fast):
    inputs, targets = numbers(40)
    wish = {"layers": [8, 8], "activation": "tanh", **QUICK}
    choice = choose_recipe(fast.Network, inputs, targets, classes=False, wish=wish, seed=1)
    assert {recipe.layers for recipe, _ in choice.tried} == {(8, 8)}
    assert {recipe.activation for recipe, _ in choice.tried} == {"tanh"}
    assert len({recipe.l2 for recipe, _ in choice.tried}) > 2
    wish = {**wish, "l2": 0.0}
    choice = choose_recipe(fast.Network, inputs, targets, classes=False, wish=wish, seed=1)
    assert choice.tried == [] and choice.network is None
    assert choice.recipe.l2 == 0.0


def test_a_wrong_wish_is_named(fast):
    with pytest.raises(ValueError, match="l2: found -1"):
        choose_recipe(
            fast.Network, [[0.0]] * 3, [[0.0]] * 3, classes=False, wish={"l2": -1}, seed=1
        )


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_few_rows_are_enough(backend, count):
    inputs, targets = numbers(count)
    choice = choose_recipe(
        backend.Network, inputs, targets, classes=False, wish={"epochs": 2}, seed=1
    )
    assert choice.recipe.epochs == 2 and not choice.interrupted


def test_the_choice_is_the_same_for_any_number_of_processes(fast):
    inputs, targets = numbers(45)
    found = []
    for jobs in (1, 2):
        choice = choose_recipe(
            fast.Network, inputs, targets, classes=False, wish=QUICK, seed=1, jobs=jobs
        )
        found.append((choice.recipe, choice.tried, choice.network.digest()))
    assert found[0] == found[1]


def test_ctrl_c_gives_the_best_so_far(backend):
    inputs, targets = numbers(45)
    arguments = {"classes": False, "wish": {"epochs": 3, "batch_size": 8}, "seed": 1}
    whole = choose_recipe(backend.Network, inputs, targets, **arguments)
    choice = choose_recipe(backend.Network, inputs, targets, **arguments, progress=Interrupting(13))
    assert choice.interrupted and not whole.interrupted
    assert choice.tried == whole.tried[:1]
    assert choice.recipe == choice.tried[0][0]
    assert choice.network is not None
    early = choose_recipe(backend.Network, inputs, targets, **arguments, progress=Interrupting(1))
    assert early.interrupted and early.tried == []
    assert early.network.epochs_trained == 3


def test_work_is_bounded_by_a_count_of_operations(backend):
    network = make_network(backend.Network, Recipe((8,)), 4, 3, True, seed=1)
    assert operations(network, 100, Recipe(batch_size=16)) == 3 * 67 * 100 + 10 * 67 * 7
    told = []
    choose_recipe(
        backend.Network,
        [[0.0]] * 40,
        [[0.0]] * 40,
        classes=False,
        wish={"epochs": 10_000_000},
        seed=1,
        progress=lambda *what: told.append(what),
    )
    assert told == []  # each training would take longer than all choosing may


def test_iris_is_learned(fast):
    iris = load_iris()
    rows = [
        [(a - 5.8) / 0.8, (b - 3.1) / 0.4, (c - 3.8) / 1.8, (d - 1.2) / 0.8]
        for a, b, c, d in iris.inputs
    ]
    split = train_test_split(rows, iris.targets, test=0.3, seed=2)
    choice = choose_recipe(
        fast.Network, split.train_inputs, split.train_targets, classes=True, seed=1
    )
    network = make_network(fast.Network, choice.recipe, 4, 3, True, seed=1)
    train(network, choice.recipe, split.train_inputs, split.train_targets)
    assert network.evaluate(split.test_inputs, split.test_targets).accuracy > 0.93


@pytest.mark.parametrize(
    ("layers", "activation"),
    [((100,), "relu"), ((8, 8, 8), "linear"), ((16,), "sigmoid"), ((64, 64), "tanh")],
    ids=["relu", "linear", "sigmoid", "tanh"],
)
def test_whatever_the_layers_nothing_diverges(fast, layers, activation):
    inputs, targets = numbers(80)
    wish = {"layers": layers, "activation": activation}
    choice = choose_recipe(fast.Network, inputs, targets, classes=False, wish=wish, seed=1)
    network = make_network(fast.Network, choice.recipe, 3, 1, False, seed=1)
    course = train(network, choice.recipe, inputs, targets)
    assert course.notes == []
    assert network.evaluate(inputs, targets).r2 > 0.8


def test_of_many_rows_a_part_is_chosen_by(fast):
    inputs, targets = numbers(8100)
    wish = {"epochs": 1, "layers": [2]}
    choice = choose_recipe(fast.Network, inputs, targets, classes=False, wish=wish, seed=1)
    best = min(choice.tried, key=lambda each: each[1])[0]
    assert choice.recipe == best._replace(l2=best.l2 / 2)
    wish = {**wish, "l2": 0.5, "layers": []}
    choice = choose_recipe(fast.Network, inputs, targets, classes=False, wish=wish, seed=1)
    assert choice.recipe.l2 == 0.5
