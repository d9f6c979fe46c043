"""Names of functions: those of the field are understood, wrong ones get the nearest right one."""

import itertools
import typing

import pytest

from purenet import activations, initializers, losses, names, optimizers
from purenet.construction import needed_activation
from purenet.models.layer_texts import layer_texts
from purenet.schedules import Schedule
from purenet.tables import dates, inputs, kinds, notations, target

X = [[0.5, -1.0], [1.0, 2.0], [-0.25, 0.75], [0.0, 1.5]]

KINDS = {
    "activation": (activations.ACTIVATIONS, names.ACTIVATION_NAMES, names.ActivationName),
    "loss": (losses.LOSSES, names.LOSS_NAMES, names.LossName),
    "optimizer": (tuple(optimizers.OPTIMIZERS), names.OPTIMIZER_NAMES, names.OptimizerName),
    "initializer": (
        tuple(initializers.INITIALIZERS),
        names.INITIALIZER_NAMES,
        names.InitializerName,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_types_name_what_is_understood(kind):
    own, others, literal = KINDS[kind]
    more = names.CROSS_ENTROPY_NAMES if kind == "loss" else ()
    told = typing.get_args(literal)
    assert set(told) == {*own, *others, *more}
    assert len(set(told)) == len(told)
    assert set(others.values()) <= set(own)
    assert not set(others) & set(own)


def test_the_types_name_what_is_asked_of_a_table():
    for told, understood in (
        (names.TaskName, target.TASKS),
        (names.KindName, kinds.KINDS),
        (names.ScaleName, ("auto", *inputs.SCALES)),
        (names.DecimalName, tuple(notations.DECIMALS)),
        (names.DatesName, dates.ORDERS),
    ):
        assert typing.get_args(told) == understood


def test_all_other_names_are_documented():
    for _, others, _ in KINDS.values():
        for other, own in others.items():
            lines = [line for line in names.__doc__.splitlines() if own in line[:26].split()]
            lines += [line for line in names.__doc__.splitlines() if f"{own}," in line[:26]]
            assert any(other in line[26:] for line in lines)
    assert ", ".join(names.CROSS_ENTROPY_NAMES) in names.__doc__


def test_the_names_of_single_units():
    single = set(typing.get_args(names.ElementwiseName))
    understood = {
        other for other, own in names.ACTIVATION_NAMES.items() if own in activations.ELEMENTWISE
    }
    assert single == {*activations.ELEMENTWISE, *understood}


@pytest.mark.parametrize("other", names.ACTIVATION_NAMES)
def test_the_fields_names_of_activations(backend, other):
    own = names.ACTIVATION_NAMES[other]
    nets = [
        backend.Network([backend.Dense(2, 3, name), backend.Dense(3, 1, "tanh")], seed=1)
        for name in (own, other)
    ]
    assert nets[1].layers[0].activation == own
    assert repr(nets[0]) == repr(nets[1])
    assert nets[0].digest() == nets[1].digest()  # the first weights follow from it
    assert backend.activate(other, X) == backend.activate(own, X)
    nets[1].layers[1].activation = other
    assert nets[1].layers[1].activation == own


@pytest.mark.parametrize("other", names.LOSS_NAMES)
def test_the_fields_names_of_losses(backend, tmp_path, other):
    own = names.LOSS_NAMES[other]
    _, activation = needed_activation(own) or ("", "linear")
    net = backend.Network([backend.Dense(2, 2, activation)], other, seed=1)
    assert net.loss == own
    net.loss = other
    assert net.loss == own
    net.save(tmp_path / "other.json")
    backend.Network([backend.Dense(2, 2, activation)], own, seed=1).save(tmp_path / "own.json")
    assert (tmp_path / "other.json").read_bytes() == (tmp_path / "own.json").read_bytes()


@pytest.mark.parametrize("name", names.CROSS_ENTROPY_NAMES)
def test_the_last_layer_tells_which_cross_entropy_is_meant(backend, name):
    for activation, own in (
        ("sigmoid", "binary_cross_entropy"),
        ("softmax", "categorical_cross_entropy"),
    ):
        assert backend.Network([backend.Dense(2, 2, activation)], name).loss == own
    with pytest.raises(ValueError) as refused:
        backend.Network([backend.Dense(2, 2, "tanh")], name)
    assert str(refused.value) == (
        f"loss: {name} needs the activation 'sigmoid' or 'softmax' in the last layer, found 'tanh'"
    )


@pytest.mark.parametrize("other", names.OPTIMIZER_NAMES)
def test_the_fields_names_of_optimizers(backend, other):
    digests = []
    for name in (other, names.OPTIMIZER_NAMES[other]):
        net = backend.Network([backend.Dense(2, 1)], seed=1)
        net.fit(X, [0, 1, 1, 0], epochs=2, optimizer=name)
        net.update(net.backprop(X, [0, 1, 1, 0]), 0.1, name)
        digests.append(net.digest())
    assert digests[0] == digests[1]


@pytest.mark.parametrize("other", [*names.INITIALIZER_NAMES, "glorot"])
def test_the_fields_names_of_initializers(backend, other):
    own = names.INITIALIZER_NAMES.get(other, "xavier")
    nets = [backend.Network([backend.Dense(3, 4, initializer=n)], seed=1) for n in (other, own)]
    assert nets[0].digest() == nets[1].digest()


def test_valid_is_no_padding(backend):
    layer = backend.Conv2D((1, 4, 4), 2, 3, padding="valid")
    assert layer.padding == (0, 0)
    assert repr(layer) == repr(backend.Conv2D((1, 4, 4), 2, 3))


def test_the_fields_names_in_words_for_layers():
    (layer,) = layer_texts("conv 3x3x8 lrelu")
    assert layer.options == {"activation": "leaky_relu"}
    for text, end in (
        ("denze 8", "; did you mean 'dense'?"),
        ("conv 3x3x8 rely", "; did you mean 'relu'?"),
        ("conv 3x3x8 qqqq", "stride, padding"),
    ):
        with pytest.raises(ValueError) as refused:
            layer_texts(text)
        assert str(refused.value).endswith(end)


# Wrong names.

WRONG = {
    "activation": (lambda m, name: m.Dense(2, 3, name), "sigmoidd", "sigmoid"),
    "activation in another case": (lambda m, name: m.Dense(2, 3, name), "ReLU", "relu"),
    "activation of a unit": (lambda m, name: m.Recurrent((2, 1), 3, name), "Softmax", None),
    "activate": (lambda m, name: m.activate(name, X), "tahn", "tanh"),
    "loss": (lambda m, name: m.Network([m.Dense(2, 1)], name), "meansquarederror", "mean_squared_"),
    "loss by another name": (lambda m, name: m.Network([m.Dense(2, 1)], name), "MSE", "mean_squar"),
    "loss of nobody": (lambda m, name: m.Network([m.Dense(2, 1)], name), "hinge", None),
    "optimizer": (
        lambda m, name: m.Network([m.Dense(2, 1)]).fit(X, [0] * 4, epochs=1, optimizer=name),
        "adm",
        "adam",
    ),
    "initializer": (lambda m, name: m.Dense(2, 3, initializer=name), "xaver", "xavier"),
    "bias_initializer": (lambda m, name: m.Dense(2, 3, bias_initializer=name), "zeroes", "zeros"),
    "padding": (lambda m, name: m.Conv2D((1, 4, 4), 1, 2, padding=name), "sam", "same"),
    "average": (lambda m, name: m.f1([1, 0], [1, 0], average=name), "makro", "macro"),
    "format": (
        lambda m, name: m.explain(m.Network([m.Dense(2, 1)]), X[:1], [1], format=name),
        "md",
        None,
    ),
    "task": (
        lambda m, name: m.train_table([{"a": 1, "b": 2}, {"a": 2, "b": 1}], "b", task=name),
        "numbr",
        "number",
    ),
    "huge text": (lambda m, name: m.Dense(2, 3, name), "sigmoid" * 100, None),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_name_gets_the_nearest_right_one(both, kind):
    call, wrong, right = WRONG[kind]
    messages = []
    for module in both:
        with pytest.raises(ValueError) as refused:
            call(module, wrong)
        messages.append(str(refused.value))
    assert messages[0] == messages[1]
    assert messages[0].partition(": found ")[2].startswith(repr(wrong)[:50])
    if right is None:
        assert "did you mean" not in messages[0]
    else:
        assert f"; did you mean '{right}" in messages[0]
        assert len(messages[0]) < 250


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("Dens", "Dense"), ("dnse", "Dense"), ("train_test", "train_test_split"), ("zzzzz", None)],
)
def test_a_wrong_name_of_the_package(backend, wrong, right):
    with pytest.raises(AttributeError) as refused:
        getattr(backend, wrong)
    end = "" if right is None else f"; did you mean {right!r}?"
    assert str(refused.value) == f"module {backend.__name__!r} has no attribute {wrong!r}{end}"
    assert not hasattr(backend, wrong)


def test_both_packages_complete_the_same_names(both):
    pure, fast = (list(filter(lambda name: name[0] != "_", dir(module))) for module in both)
    assert pure == fast
    assert set(both[0].__all__) <= set(pure)
    for name in pure:
        assert getattr(both[0], name) is not None
        assert getattr(both[1], name) is not None


def test_one_unit_of_softmax_is_refused(backend):
    message = "activation: found 'softmax' for one unit, which would always give 1.0, expected"
    with pytest.raises(ValueError, match=message):
        backend.Dense(4, 1, "softmax")
    net = backend.Network([backend.Dense(4, 1)], seed=1)
    with pytest.raises(ValueError, match=message):
        net.layers[0].activation = "softmax"
    assert net.layers[0].activation == "sigmoid"
    backend.Dense(4, 2, "softmax")


@pytest.mark.parametrize("argument", ["learning_rate", "on_epoch"])
def test_a_class_where_an_object_of_it_is_meant(both, argument):
    for module, kind in itertools.product(both, (both[0].StepDecay, Schedule)):
        net = module.Network([module.Dense(2, 1)], seed=1)
        with pytest.raises(TypeError) as refused:
            net.fit(X, [0, 1, 1, 0], epochs=1, **{argument: kind})
        name = kind.__name__
        assert str(refused.value) == f"{argument}: found the class {name}, write {name}(...)"
