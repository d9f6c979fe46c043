"""Training that stops and goes on in a file, a copy or the other backend, as if it had not."""

import copy
import json
import pickle

import pytest

OPTIMIZERS = {
    "gradient_descent": 0.5,
    "momentum": 0.1,
    "nesterov": 0.1,
    "adagrad": 0.1,
    "rmsprop": 0.01,
    "adam": 0.01,
    "adamw": 0.01,
}

X = [[((i * 7 + k * 3) % 11 - 5) / 4.0 for k in range(16)] for i in range(13)]
Y = [i % 3 for i in range(13)]


def network(module):
    layers = [
        module.Conv2D((1, 4, 4), 2, 2, "tanh", l2=0.01),
        module.MaxPool2D((3, 1)),
        module.Dropout(0.25),
        module.Dense(None, 5, "sigmoid", bias=False, l1=0.001),
        module.Dense(None, 3, "softmax"),
    ]
    return module.Network(layers, "categorical_cross_entropy", seed=3)


def fit(net, epochs, optimizer, **more):
    rate = OPTIMIZERS[optimizer] if isinstance(optimizer, str) else None
    settings = {"batch_size": 4, "learning_rate": rate, "clip_norm": 1.0, **more}
    return net.fit(X, Y, epochs=epochs, optimizer=optimizer, **settings)


def state(net):
    """Return the weights' digest and what the optimizer remembers."""
    memories = [layer.optimizer_memory() for layer in net.layers]
    return net.digest(), [memory and (memory[0], memory[1]) for memory in memories]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_file_carries_on_in_the_other_backend(both, tmp_path, optimizer):
    path = tmp_path / "model.json"
    for first, second in (both, both[::-1]):
        whole = network(first)
        losses = fit(whole, 5, optimizer).loss
        stopped = network(first)
        fit(stopped, 2, optimizer)
        stopped.save(path)
        loaded = second.load(path)
        assert loaded.epochs_trained == 2
        history = fit(loaded, 3, optimizer)
        assert history.loss == losses[2:]
        assert state(loaded) == state(whole)
        loaded.save(path)
        written = path.read_text()
        whole.save(path)
        assert path.read_text() == written


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_second_call_and_copies_carry_on(backend, optimizer):
    whole = network(backend)
    fit(whole, 5, optimizer)
    net = network(backend)
    fit(net, 2, optimizer)
    for going_on in (copy.deepcopy(net), pickle.loads(pickle.dumps(net)), net):
        fit(going_on, 3, optimizer)
        assert state(going_on) == state(whole)


def test_a_schedule_carries_on(both, tmp_path):
    path = tmp_path / "model.json"
    pure, fast = both
    rate = pure.WarmUp(2, pure.CosineDecay(0.05, 6))
    whole = network(fast)
    fit(whole, 6, "adam", learning_rate=rate)
    stopped = network(fast)
    fit(stopped, 3, "adam", learning_rate=rate)
    stopped.save(path)
    loaded = pure.load(path)
    fit(loaded, 3, "adam", learning_rate=rate)
    assert state(loaded) == state(whole)


def test_other_settings_start_anew(backend):
    for changed in (backend.Adam(beta1=0.8), backend.AdamW(), backend.Momentum()):
        net = network(backend)
        fit(net, 2, backend.Adam())
        fit(net, 1, changed)
        other = network(backend)
        fit(other, 2, backend.Adam())
        for layer in other.layers:
            layer.remember(backend.GradientDescent(), dict.fromkeys(layer.PARAMETERS))
        fit(other, 1, changed)
        assert net.digest() == other.digest()


def test_without_what_the_optimizer_remembers(backend, tmp_path):
    path = tmp_path / "model.json"
    net = network(backend)
    fit(net, 2, "adam")
    net.save(path, optimizer=False)
    assert "optimizer" not in path.read_text()
    loaded = backend.load(path)
    assert loaded.digest() == net.digest()
    assert all(layer.optimizer_memory() is None for layer in loaded.layers)
    with pytest.raises(TypeError, match=r"^optimizer: found 1, expected True or False$"):
        net.save(path, optimizer=1)


def test_plain_descent_leaves_nothing_to_remember(backend, tmp_path):
    path = tmp_path / "model.json"
    net = network(backend)
    fit(net, 1, "gradient_descent")
    net.save(path)
    assert "optimizer" not in path.read_text()


BROKEN = {
    "another name": (
        lambda entry: entry.update(name="adem"),
        r"layer 0: optimizer: found 'adem', expected one of gradient_descent, momentum, .*",
    ),
    "no memory": (lambda entry: entry.pop("memory"), "layer 0: memory is missing"),
    "a setting out of range": (
        lambda entry: entry.update(beta1=2.0),
        "layer 0: optimizer adam: beta1: found 2.0, expected .*",
    ),
    "an unknown setting": (
        lambda entry: entry.update(gamma=2.0),
        "layer 0: optimizer adam: .*gamma.*",
    ),
    "a moment missing": (
        lambda entry: entry["memory"]["weights"].pop("first_moment"),
        "layer 0: optimizer adam: weights: found .*, expected first_moment, second_moment, .*",
    ),
    "a row missing": (
        lambda entry: entry["memory"]["weights"]["first_moment"].pop(),
        "layer 0: optimizer adam: weights: first_moment: found 3, expected 4 as in the network",
    ),
    "a number missing": (
        lambda entry: entry["memory"]["weights"]["second_moment"][1].pop(),
        r"layer 0: optimizer adam: weights: second_moment\[1\]: found 1, expected 2 as .*",
    ),
    "text": (
        lambda entry: entry["memory"]["biases"].update(beta1_power="much"),
        "layer 0: optimizer adam: biases: beta1_power: found 'much', expected a number",
    ),
    "a square below 0": (
        lambda entry: entry["memory"]["weights"]["second_moment"][1].__setitem__(0, -0.5),
        r"layer 0: optimizer adam: weights: second_moment\[1\]: found -0.5, expected 0 or more",
    ),
    "a power above 1": (
        lambda entry: entry["memory"]["biases"].update(beta2_power=2),
        "layer 0: optimizer adam: biases: beta2_power: found 2.0, expected 0 to 1",
    ),
    "a power that is no number": (
        lambda entry: entry["memory"]["biases"].update(beta1_power="nan"),
        "layer 0: optimizer adam: biases: beta1_power: found nan, expected 0 to 1",
    ),
}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (-1.0, r"optimizer adam: weights: second_moment\[1\]: found -1.0, expected 0 or more"),
        ("x", r"optimizer adam: weights: second_moment\[1\]\[0\]: found 'x', expected a number"),
    ],
)
def test_a_state_that_load_would_refuse_is_not_saved(backend, tmp_path, value, message):
    path = tmp_path / "model.json"
    net = network(backend)
    fit(net, 1, "adam")
    optimizer, memory = net.layers[0].optimizer_memory()
    memory["weights"]["second_moment"][1][0] = value
    net.layers[0].remember(optimizer, memory)
    with pytest.raises(ValueError, match=f"^{message}$"):
        net.save(path)
    assert not path.exists()
    net.save(path, optimizer=False)
    assert backend.load(path).digest() == net.digest()


@pytest.mark.parametrize("broken", BROKEN)
def test_a_state_that_does_not_fit_the_network(both, tmp_path, broken):
    path = tmp_path / "model.json"
    net = network(both[0])
    fit(net, 1, "adam")
    net.save(path)
    content = json.loads(path.read_text())
    change, message = BROKEN[broken]
    change(content["layers"][0]["optimizer"])
    path.write_text(json.dumps(content))
    said = set()
    for module in both:
        with pytest.raises(ValueError, match=f"^{path}: {message}$") as raised:
            module.load(path)
        said.add(str(raised.value))
    assert len(said) == 1


def test_what_is_handed_out_is_a_copy(both):
    seen = []
    for module in both:
        net = network(module)
        fit(net, 1, "adam")
        optimizer, memory = net.layers[0].optimizer_memory()
        held = copy.deepcopy(memory)
        memory["weights"]["first_moment"][0][0] = 100.0
        fit(net, 1, "adam")
        assert memory["biases"] == held["biases"]
        layer = net.layers[0]
        layer.remember(optimizer, held)
        fit(net, 1, "adam")
        seen.append(state(net))
    assert seen[0] == seen[1]
