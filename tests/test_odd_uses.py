"""What only an odd program does: the same result or the same error in both packages.

And an error that names the argument, whatever was put in its place.
"""

import copy
import pickle
import random
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
from bits import outcome

from purenet import Optimizer

X = [[0.5, -1.0, 2.0], [1.0, 2.0, -0.25], [-0.25, 0.75, 0.0], [0.0, 1.5, 1.0]]
Y = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]


def network(module, layer=None, kind=None):
    layer = layer or module.Dense
    layers = [layer(3, 4, "tanh"), layer(4, 2, "sigmoid")]
    return (kind or module.Network)(layers, "mean_squared_error", seed=3)


# Layers and what they hold.

COPIES = {
    "deep copy": copy.deepcopy,
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
}


@pytest.mark.parametrize("way", COPIES)
def test_the_lists_of_a_copy_are_its_own(backend, way):
    copied = COPIES[way](network(backend))
    weights = copied.layers[0].weights
    row = weights[1]
    copied.fit(X, Y, epochs=1)
    assert copied.layers[0].weights is weights
    assert weights[1] is row


@pytest.mark.parametrize("way", COPIES)
def test_rows_of_the_original_are_not_those_of_the_copy(backend, way):
    net = network(backend)
    before = net.digest()
    copied = COPIES[way](net)
    copied.layers[0].weights[:] = net.layers[0].weights
    copied.fit(X, Y, epochs=1)
    assert net.digest() == before
    assert copied.layers[0].weights[0] is not net.layers[0].weights[0]


@pytest.mark.parametrize("way", COPIES)
def test_what_is_written_into_a_copy_is_checked(both, way):
    results = []
    for module in both:
        net = network(module)
        net.layers[0].weights[1] = [1, 2, 3, 4]
        net.layers[0].weights[2] = net.layers[0].weights[0]
        copied = COPIES[way](net)
        copied.fit(X, Y, epochs=1)
        seen = [copied.digest(), copied.layers[0].weights]
        copied.layers[0].weights[0].append(1.0)
        copied = COPIES[way](copied)
        results.append([*seen, outcome(copied.predict, X)])
    assert results[0] == results[1]
    message = "layer 0: weights: row 0 has 5 numbers, expected 4"
    assert results[0][-1] == ("ValueError", message)


@pytest.mark.parametrize("name", ["weights", "biases", "inputs", "outputs", "bias", "activation"])
def test_what_a_layer_is_made_of_stays(backend, name):
    net = network(backend)
    before = net.digest()
    with pytest.raises(AttributeError, match=f"^{name} of a layer cannot be deleted$"):
        delattr(net.layers[0], name)
    assert net.digest() == before


@pytest.mark.parametrize("name", ["layers", "loss", "seed", "epochs_trained", "history"])
def test_what_a_network_is_made_of_stays(backend, name):
    net = network(backend)
    with pytest.raises(AttributeError, match=f"^{name} of a network cannot be deleted$"):
        delattr(net, name)
    net.fit(X, Y, epochs=1)


def test_what_else_a_user_writes_on_them_can_go(backend):
    net = network(backend)
    net.note = net.layers[0].note = "mine"
    del net.note, net.layers[0].note
    assert not hasattr(net, "note")
    assert not hasattr(net.layers[0], "note")


def test_a_layer_that_lacks_its_first_values_says_so(both):
    results = []
    for module in both:
        none = module.Dense(2, 3)
        half = module.Dense(2, 3, initializer=[[1, 2, 3], [4, 5, 6]])
        delta = [[1.0, 2.0, 3.0]]
        seen = []
        for layer in (none, half):
            gradient = outcome(layer.gradient, [[1.0, 2.0]], delta)
            seen += [
                outcome(getattr, layer, "biases"),
                outcome(layer.feedforward, [[1.0, 2.0]]),
                outcome(layer.input_gradient, [[1.0, 2.0]], delta),
                gradient,
                outcome(layer.update, layer.gradient([[1.0, 2.0]], delta), 0.5),
                outcome(copy.deepcopy(layer).feedforward, [[1.0, 2.0]]),
            ]
        results.append([*seen, half.weights])
    assert results[0] == results[1]
    message = "biases: this layer has none yet, expected one that is part of a network"
    assert results[0][0] == ("AttributeError", message)


def test_what_was_written_before_a_layer_came_to_a_network_is_looked_at(both):
    results = []
    for module in both:
        layer = module.Dense(3, 2, initializer=[[1, 2], [3, 4], [5, 6]])
        layer.weights[1] = row = [7, 8.0]
        layer.weights[2] = layer.weights[0]
        net = module.Network([layer], seed=1)
        net.fit(X, Y, epochs=1)
        seen = [outcome(net.predict, X), layer.weights, row]
        net.fit(X, Y, epochs=1)
        layer.weights[0].append(1.0)
        net.layers = [module.Dense(3, 2)]
        other = module.Network([layer], seed=1)
        results.append([*seen, net.digest(), outcome(other.predict, X), outcome(other.digest)])
    assert results[0] == results[1]
    message = "layer 0: weights: row 0 has 3 numbers, expected 2"
    assert results[0][-1] == ("ValueError", message)


@pytest.mark.parametrize("rate", [None, "0.1", 1j, [0.1], float("nan"), -0.5, 10**400, 1, True])
def test_a_layers_update_checks_the_learning_rate(both, rate):
    results = []
    for module in both:
        net = network(module)
        layer = net.layers[0]
        gradient = net.backprop(X, Y)[0]
        results.append([outcome(layer.update, gradient, rate), net.digest()])
    assert results[0] == results[1]
    assert results[0][0] is None or "learning_rate: found" in results[0][0][1]


def test_a_layers_update_checks_its_parameters(both):
    results = []
    for module in both:
        net = network(module)
        layer = net.layers[0]
        gradient = net.backprop(X, Y)[0]
        layer.weights[1][2] = "x"
        seen = [outcome(layer.update, gradient, 0.5)]
        layer.weights[1] = (1, 2, 3, 4)
        results.append([*seen, outcome(layer.update, gradient, 0.5), layer.weights])
    assert results[0] == results[1]
    message = "layer: weights: row 1, column 2: found 'x', expected a number"
    assert results[0][0] == ("TypeError", message)


# What a user puts in the place of a method runs.


def halved(rows):
    return [[0.5 * value for value in row] for row in rows]


LAYER_METHODS = {
    "feedforward": lambda old: lambda *a: (o := old(*a))._replace(a=halved(o.a)),
    "delta": lambda old: lambda *a: halved(old(*a)),
    "gradient": lambda old: lambda *a: (g := old(*a))._replace(weights=halved(g.weights)),
    "input_gradient": lambda old: lambda *a: halved(old(*a)),
    "step": lambda old: lambda *a: old(*a[:-2], 0.5 * a[-2], a[-1]),
}
NETWORK_METHODS = {
    "forward": lambda old: lambda *a: [o._replace(a=halved(o.a)) for o in old(*a)],
    "backward": lambda old: lambda *a: [g._replace(weights=halved(g.weights)) for g in old(*a)],
    "step": lambda old: lambda *a: old(*a[:-2], 0.5 * a[-2], a[-1]),
}


def as_method(function):
    """Return a function of Python's that a class binds to its objects."""
    return lambda *arguments: function(*arguments)


def trained(net):
    history = net.fit(X, Y, epochs=3, learning_rate=0.5, batch_size=3)
    seen = [history.loss, net.digest(), net.predict(X), net.evaluate(X, Y).loss]
    return [*seen, net.feedforward(X)[0].a, net.backprop(X, Y)[0].weights]


@pytest.mark.parametrize("way", ["derived", "on the object", "in the class"])
@pytest.mark.parametrize(
    ("owner", "name"),
    [("Dense", name) for name in LAYER_METHODS] + [("Network", name) for name in NETWORK_METHODS],
)
def test_a_method_of_ones_own_runs(both, monkeypatch, way, owner, name):
    results = []
    for module in both:
        kind = getattr(module, owner)
        make = (LAYER_METHODS if owner == "Dense" else NETWORK_METHODS)[name]
        usual = trained(network(module))
        method = as_method(make(getattr(kind, name)))
        if way == "derived":
            derived = type(owner, (kind,), {name: method})
            net = network(module, **{"layer" if owner == "Dense" else "kind": derived})
        else:
            net = network(module)
        if way == "on the object":
            target = net.layers[1] if owner == "Dense" else net
            setattr(target, name, make(getattr(target, name)))
        if way == "in the class":
            monkeypatch.setattr(kind, name, method)
        results.append(trained(net))
        assert results[-1] != usual
        monkeypatch.undo()
        assert trained(network(module)) == usual
    assert results[0] == results[1]


@pytest.mark.parametrize("way", ["derived", "on the object", "in the class"])
def test_a_step_of_ones_own_is_taken(both, monkeypatch, way):
    results = []
    for module in both:
        net = network(module)
        optimizer = module.GradientDescent()
        old = optimizer.step

        def step(parameter, gradient, learning_rate, memory, old=old):
            old(parameter, gradient, 0.5 * learning_rate, memory)

        if way == "derived":
            step = staticmethod(step)
            optimizer = type("Half", (module.GradientDescent,), {"step": step})()
        elif way == "on the object":
            optimizer.step = step
        else:
            monkeypatch.setattr(module.GradientDescent, "step", staticmethod(step))
        net.fit(X, Y, epochs=2, optimizer=optimizer)
        results.append(net.digest())
        net.update(net.backprop(X, Y), 0.5, optimizer)
        results[-1] += net.digest()
        monkeypatch.undo()
        usual = network(module)
        usual.fit(X, Y, epochs=2)
        assert usual.digest() not in results[-1]
    assert results[0] == results[1]


# Whatever stands in the place of an argument.


class Deaf:
    """An object that has every attribute."""

    def __getattr__(self, name):
        return None


class Mute:
    """An object that has no text."""

    def __repr__(self):
        raise RuntimeError("no text")


def nested(depth):
    value = [1.0]
    for _ in range(depth):
        value = [value]
    return value


ODD = {
    "deaf": Deaf(),
    "mute": Mute(),
    "nested": nested(10_000),
    "huge": 10**400,
    "complex": 1j,
    "none": None,
    "text": "x",
    "a row": [1.0],
    "dictionary": {0: [1.0, 2.0, 3.0]},
    "iterator": iter([[1.0, 2.0, 3.0]]),
    "huge class": [10**400, 0, 0, 0],
}
PLACES = {
    "predict": lambda module, net, odd: net.predict(odd),
    "inputs": lambda module, net, odd: net.fit(odd, Y, epochs=1),
    "a number": lambda module, net, odd: net.predict([[1.0, odd, 2.0]]),
    "targets": lambda module, net, odd: net.evaluate(X, odd),
    "a target": lambda module, net, odd: net.backprop(X, [[odd, 1.0]] * 4),
    "epochs": lambda module, net, odd: net.fit(X, Y, epochs=odd if odd != 10**400 else "10"),
    "shuffle": lambda module, net, odd: net.fit(X, Y, epochs=1, shuffle=odd),
    "validation": lambda module, net, odd: net.fit(X, Y, epochs=1, validation_data=odd or 7),
    "optimizer": lambda module, net, odd: net.fit(X, Y, epochs=1, optimizer=odd or "none"),
    "gradients": lambda module, net, odd: net.update(odd, 0.1),
    "layers": lambda module, net, odd: module.Network(odd),
    "outputs": lambda module, net, odd: module.Dense(2, odd),
    "initializer": lambda module, net, odd: (
        module.Network([module.Dense(1, 1, initializer=odd)])
        if odd is not None
        else module.Dense(1, 1, initializer=7)
    ),
    "bias_initializer": lambda module, net, odd: module.Dense(
        1, 1, bias=False, bias_initializer=odd
    ),
    "loss": lambda module, net, odd: setattr(net, "loss", odd),
    "weights": lambda module, net, odd: setattr(net.layers[0], "weights", odd),
    "net": lambda module, net, odd: module.check_gradients(odd, X, Y),
    "width": lambda module, net, odd: net.to_svg(width=odd),
    "title": lambda module, net, odd: net.to_svg(title=odd or 7),
    "classes": lambda module, net, odd: module.one_hot([0], odd if odd != 10**400 else "10"),
    "labels": lambda module, net, odd: module.one_hot(odd, 3),
}


USABLE = {("title", "text"), ("labels", "a row")}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("odd", ODD)
def test_what_cannot_be_used_is_named(both, place, odd):
    results = []
    for module in both:
        net = network(module)
        before = net.digest(), net.history, net.epochs_trained
        found = outcome(PLACES[place], module, net, ODD[odd])
        if (place, odd) not in USABLE:
            kind, message = found
            assert kind in ("TypeError", "ValueError")
            assert message.count("expected ") == 1
        assert before == (net.digest(), net.history, net.epochs_trained)
        results.append(found)
    assert results[0] == results[1]


M = [[1.0, 2.0, 3.0]]
NO_MATRICES = [["abc"], [[1.0, "x", 2.0]], [[1.0, None, 2.0]], [[[1.0], 2.0, 3.0]], {0: M[0]}]
NO_MATRICES += [iter(M), [{1.0, 2.0, 3.0}], {(1.0, 2.0, 3.0)}, None, {0: M[0]}.values()]


@pytest.mark.parametrize("odd", NO_MATRICES, ids=range(len(NO_MATRICES)))
@pytest.mark.parametrize("name", ["dot", "add", "multiply", "subtract"])
def test_what_is_no_matrix_is_named(both, name, odd):
    for arguments in (
        [odd, [[1.0]] if name == "dot" else M],
        [[[1.0]] if name == "dot" else M, odd],
    ):
        seen = [outcome(getattr(module, name), *arguments) for module in both]
        assert seen[0] == seen[1]
        assert seen[0][0] == "TypeError"
        assert "expected " in seen[0][1]


@pytest.mark.parametrize("odd", NO_MATRICES, ids=range(len(NO_MATRICES)))
def test_what_is_no_matrix_or_row_is_named_wherever_one_is_taken(both, odd):
    calls = [
        lambda module: module.transpose(odd),
        lambda module: module.column_sums(odd),
        lambda module: module.scale(odd, 2.0),
        lambda module: module.scale(M, ["x"]),
        lambda module: module.scale(M, None),
        lambda module: module.add_bias(odd, M[0]),
        lambda module: module.add_bias(M, None),
        lambda module: module.add_bias(M, [1.0, "x", 2.0]),
        lambda module: module.activate("relu", odd),
        lambda module: module.activate("softmax", odd),
        lambda module: module.softmax([1.0, "x"]),
        lambda module: module.softmax(M),
        lambda module: module.softmax_derivative([None]),
        lambda module: module.softmax_cross_entropy(M[0], [1.0, "x", 2.0]),
    ]
    for call in calls:
        seen = [outcome(call, module) for module in both]
        assert seen[0] == seen[1]
        assert seen[0][0] == "TypeError"
        assert "expected a" in seen[0][1]


# What happens in the course of a training.


class Momentum(Optimizer):
    """A step that remembers a velocity."""

    def start(self, parameter):
        return [[0.0] * len(row) for row in parameter]

    def step(self, parameter, gradient, learning_rate, memory):
        for k in range(len(parameter)):
            for j in range(len(parameter[k])):
                memory[k][j] = 0.5 * memory[k][j] - learning_rate * gradient[k][j]
                parameter[k][j] = parameter[k][j] + memory[k][j]


BETWEEN = {
    "fit": lambda net: net.fit(X, Y, epochs=1),
    "update": lambda net: net.update(net.backprop(X, Y), 0.5),
    "update of a layer": lambda net: net.layers[0].update(net.backprop(X, Y)[0], 0.5),
    "nothing": lambda net: None,
}


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("within", [True, False])
def test_plain_descent_in_between_forgets_what_another_optimizer_remembered(both, between, within):
    results = []
    for module in both:
        net = network(module)
        optimizer = Momentum()

        def on_epoch(epoch, history, net=net):
            if within:
                outcome(BETWEEN[between], net)  # all but a layer's update are refused here

        net.fit(X, Y, epochs=2, optimizer=optimizer, on_epoch=on_epoch)
        BETWEEN[between](net)
        net.fit(X, Y, epochs=2, optimizer=optimizer)
        results.append(net.digest())
    assert results[0] == results[1]


@pytest.mark.parametrize("what", ["feedforward", "measured", "step"])
def test_a_method_that_a_callback_puts_in_runs_from_then_on(both, what):
    inputs = [[0.0] * 8 + [float(i)] for i in range(5)]
    inputs[2][3] = 0.5
    targets = [[float(i % 2), 1.0 - i % 2] for i in range(5)]
    results = []
    for module in both:
        net = module.Network([module.Dense(9, 2, "tanh"), module.Dense(2, 2)], seed=2)
        optimizer = module.GradientDescent()
        layer = net.layers[0]
        seen = []

        def on_epoch(epoch, history, net=net, layer=layer, optimizer=optimizer, seen=seen):
            seen.append((net.digest(), list(history.loss), list(history.validation_loss)))
            if epoch == 1 and what == "step":
                old = optimizer.step
                optimizer.step = lambda p, g, rate, memory: old(p, g, 0.5 * rate, memory)
            if epoch == 1 and what != "step":
                layer.feedforward = LAYER_METHODS["feedforward"](layer.feedforward)
            if epoch == 2 and what == "measured":
                del layer.feedforward

        options = {"batch_size": 2, "optimizer": optimizer, "validation_data": (inputs, targets)}
        net.fit(inputs, targets, epochs=4, on_epoch=on_epoch, **options)
        results.append(seen)
    assert results[0] == results[1]


WHAT_GOES_CLEARS_ITS_ROW = """
import random, threading, time
import purenet_fast as module

class Last:
    def __init__(self, row):
        self.row = row

    def __del__(self):
        self.row.clear()

generator = random.Random(1)
inputs = [[generator.random() for _ in range(60)] for _ in range(400)]
targets = [[generator.random()] for _ in range(400)]
net = module.Network([module.Dense(60, 50, "tanh"), module.Dense(50, 1)], seed=1)
weights = net.layers[0].weights
thread = threading.Thread(target=lambda: net.fit(inputs, targets, epochs=300))
thread.start()
time.sleep(0.1)
for row in weights:
    row[0] = Last(row)
del row
thread.join()
print(set(map(len, weights)))
"""


def test_what_another_thread_writes_during_training_may_do_anything_when_it_goes(fast):
    done = subprocess.run(
        [sys.executable, "-c", WHAT_GOES_CLEARS_ITS_ROW],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "{50}\n"), done.stderr


def test_copies_and_checks_in_several_threads_keep_out_of_each_others_way(backend):
    net = network(backend)
    digest = net.digest()
    raised = []

    def use(seed):
        generator = random.Random(seed)
        try:
            for _ in range(300):
                weights = net.layers[0].weights
                kind = generator.randrange(4)
                if kind == 0:
                    weights[1] = tuple(weights[1])
                elif kind == 1:
                    net.predict(X)
                elif kind == 2:
                    copy.deepcopy(net).fit(X, Y, epochs=1)
                else:
                    assert net.digest() == digest
        except Exception as error:
            raised.append(error)

    threads = [threading.Thread(target=use, args=[seed]) for seed in range(3)]
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(switch)
    assert raised == []
    assert net.digest() == digest


def test_kinds_of_dense_with_one_name_are_each_read_by_their_package(both, tmp_path):
    kinds = [type("NamedAlike", (module.Dense,), {}) for module in both]
    texts, digests = [], []
    for module, kind in zip(both, kinds, strict=True):
        net = network(module, layer=kind)
        net.save(tmp_path / "net.json")
        texts.append((tmp_path / "net.json").read_text())
        read = module.load(tmp_path / "net.json")
        assert set(map(type, read.layers)) == {kind}
        digests.append(read.digest())
    assert texts[0] == texts[1]
    assert digests[0] == digests[1]


WHOLE = {"weights": [[1.0, 2.0, 3.0, 4.0]] * 3, "biases": [1.0, 2.0, 3.0, 4.0]}


@pytest.mark.parametrize("rate", [0.5, 1, True, None, "x", 10**400])
@pytest.mark.parametrize(
    "gradient", [WHOLE, {**WHOLE, "biases": ["x"] * 4}, {"weights": WHOLE["weights"]}, {}]
)
def test_a_step_that_nobody_has_checked_does_what_purenets_loops_do(both, gradient, rate):
    results = []
    for module in both:
        layer = network(module).layers[0]
        found = outcome(layer.step, SimpleNamespace(**gradient), rate, module.GradientDescent())
        results.append([found, repr(layer.weights), repr(layer.biases)])
    assert results[0] == results[1]
