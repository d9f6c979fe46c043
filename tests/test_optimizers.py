"""Optimizers: their formulas against others' definitions, their settings, what they remember."""

import copy
import math
import pickle
import random

import pytest
from bits import assert_same_bits

from purenet.optimizers import OPTIMIZERS, PLAIN_DESCENT, as_optimizer

STEPS = 25
NAMES = list(OPTIMIZERS)
TOLERANCE = 1e-10


def slopes_of(seed, lengths=(3, 5), steps=STEPS):
    """Return the slopes of so many steps, in rows; some are zero, large or tiny."""
    generator = random.Random(seed)
    sizes = (0.0, 1e-9, 1.0, 1.0, 1.0, 50.0)
    return [
        [[generator.gauss(0.0, 1.0) * generator.choice(sizes) for _ in range(n)] for n in lengths]
        for _ in range(steps)
    ]


# One number through all its steps, written as the papers and PyTorch's documentation have it.


def by_descent(w, slopes, r):
    for g in slopes:
        w -= r * g
    return w


def by_momentum(w, slopes, r, momentum=0.9):
    b = None
    for g in slopes:
        b = g if b is None else momentum * b + g
        w -= r * b
    return w


def by_nesterov(w, slopes, r, momentum=0.9):
    b = None
    for g in slopes:
        b = g if b is None else momentum * b + g
        w -= r * (g + momentum * b)
    return w


def by_adagrad(w, slopes, r, epsilon=1e-10):
    for t, g in enumerate(slopes):
        w -= r * g / (math.sqrt(math.fsum(s * s for s in slopes[: t + 1])) + epsilon)
    return w


def by_rmsprop(w, slopes, r, decay=0.9, epsilon=1e-8):
    v = 0.0
    for g in slopes:
        v = decay * v + (1 - decay) * g**2
        w -= r * g / (math.sqrt(v) + epsilon)
    return w


def by_adam(w, slopes, r, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.0):
    m = v = 0.0
    for t, g in enumerate(slopes, 1):
        w -= r * weight_decay * w
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        w -= r * m_hat / (math.sqrt(v_hat) + epsilon)
    return w


def by_adamw(w, slopes, r, weight_decay=0.01, **settings):
    return by_adam(w, slopes, r, weight_decay=weight_decay, **settings)


CASES = [
    ("gradient_descent", {}, by_descent),
    ("momentum", {}, by_momentum),
    ("momentum", {"momentum": 0.5}, by_momentum),
    ("momentum", {"momentum": 0.0}, by_momentum),
    ("nesterov", {}, by_nesterov),
    ("nesterov", {"momentum": 0.25}, by_nesterov),
    ("adagrad", {}, by_adagrad),
    ("adagrad", {"epsilon": 0.1}, by_adagrad),
    ("rmsprop", {}, by_rmsprop),
    ("rmsprop", {"decay": 0.5, "epsilon": 1e-3}, by_rmsprop),
    ("adam", {}, by_adam),
    ("adam", {"beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3}, by_adam),
    ("adam", {"beta1": 0.0, "beta2": 0.0}, by_adam),
    ("adamw", {}, by_adamw),
    ("adamw", {"weight_decay": 0.5, "beta1": 0.75, "beta2": 0.5, "epsilon": 0.01}, by_adamw),
]


def stepped(optimizer, slopes, rate, seed=5):
    """Return first values, and those after a step with each of the slopes."""
    generator = random.Random(seed)
    values = [[generator.gauss(0.0, 1.0) for _ in row] for row in slopes[0]]
    first = [list(row) for row in values]
    memory = optimizer.start(values)
    for gradient in slopes:
        optimizer.step(values, gradient, rate, memory)
    return first, values


@pytest.mark.parametrize(("name", "settings", "formula"), CASES)
def test_the_formulas(name, settings, formula):
    slopes = slopes_of(name)
    first, values = stepped(OPTIMIZERS[name](**settings), slopes, 0.05)
    for k, row in enumerate(values):
        for j, w in enumerate(row):
            along = [gradient[k][j] for gradient in slopes]
            expected = formula(first[k][j], along, 0.05, **settings)
            assert abs(w - expected) <= TOLERANCE * max(1.0, abs(expected))


THEIRS = {
    "gradient_descent": lambda o, p, lr: o.SGD(p, lr=lr),
    "momentum": lambda o, p, lr: o.SGD(p, lr=lr, momentum=0.9),
    "nesterov": lambda o, p, lr: o.SGD(p, lr=lr, momentum=0.9, nesterov=True),
    "adagrad": lambda o, p, lr: o.Adagrad(p, lr=lr),
    "rmsprop": lambda o, p, lr: o.RMSprop(p, lr=lr, alpha=0.9),
    "adam": lambda o, p, lr: o.Adam(p, lr=lr),
    "adamw": lambda o, p, lr: o.AdamW(p, lr=lr),
}


@pytest.mark.parametrize("name", NAMES)
def test_the_steps_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    slopes = slopes_of(f"{name} and torch", lengths=(6, 6))
    first, values = stepped(OPTIMIZERS[name](), slopes, 0.05)
    theirs = torch.tensor(first, dtype=torch.float64, requires_grad=True)
    optimizer = THEIRS[name](torch.optim, [theirs], 0.05)
    for gradient in slopes:
        theirs.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
    for row, other in zip(values, theirs.tolist(), strict=True):
        assert row == pytest.approx(other, rel=TOLERANCE, abs=TOLERANCE)


@pytest.mark.parametrize("name", NAMES)
def test_each_number_is_treated_by_itself(name):
    optimizer = OPTIMIZERS[name]()
    slopes = slopes_of("by itself", lengths=(2, 2))
    _, together = stepped(optimizer, slopes, 0.05)
    _, alone = stepped(optimizer, [[gradient[0]] for gradient in slopes], 0.05)
    assert_same_bits(alone[0], together[0])


@pytest.mark.parametrize("name", NAMES)
def test_slopes_that_are_zero_or_no_numbers(name):
    optimizer = OPTIMIZERS[name]()
    weights = [[1.0, 1.0, 1.0, 1.0]]
    memory = optimizer.start(weights)
    for _ in range(3):
        optimizer.step(weights, [[0.0, math.nan, math.inf, -math.inf]], 0.25, memory)
    kept = 1.0
    if name == "adamw":
        for _ in range(3):
            kept = kept * (1.0 - 0.25 * 0.01)
    assert weights[0][0] == kept
    assert math.isnan(weights[0][1])
    assert not math.isfinite(weights[0][2])


# Settings.


@pytest.mark.parametrize(
    "text",
    [
        "GradientDescent()",
        "Momentum(momentum=0.5)",
        "Nesterov(momentum=0.5)",
        "AdaGrad(epsilon=0.5)",
        "RMSProp(decay=0.5, epsilon=1e-06)",
        "Adam(beta1=0.5, beta2=0.25, epsilon=1e-06)",
        "AdamW(weight_decay=0.5, beta1=0.5, beta2=0.25, epsilon=1e-06)",
    ],
)
def test_equal_settings_make_equal_optimizers(backend, text):
    kind = getattr(backend, text[: text.index("(")])
    optimizer = eval(text, {kind.__name__: kind})
    assert repr(optimizer) == text
    again = kind(**optimizer.settings())
    for other in (again, copy.copy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        assert other == optimizer
        assert hash(other) == hash(optimizer)
    assert list(OPTIMIZERS.values()).count(kind) == 1
    if kind is backend.GradientDescent:
        return
    assert kind() != optimizer
    for name, value in optimizer.settings().items():
        assert kind(**{**optimizer.settings(), name: 0.125}) != optimizer
        assert type(value) is float
        with pytest.raises(AttributeError, match=f"^{name} of an optimizer cannot be changed$"):
            setattr(optimizer, name, 0.5)
        with pytest.raises(AttributeError, match=f"^{name} of an optimizer cannot be deleted$"):
            delattr(optimizer, name)
    assert repr(optimizer) == text


def test_kinds_are_told_apart(backend):
    assert backend.Momentum(0.5) != backend.Nesterov(0.5)
    assert backend.Adam() != backend.AdamW()
    derived = type("Derived", (backend.Adam,), {})
    assert derived() != backend.Adam()
    assert backend.Adam() != derived()
    assert derived() == derived()
    changed = backend.GradientDescent()
    changed.step = print
    assert changed != backend.GradientDescent()
    own = type("Own", (backend.Optimizer,), {})
    assert own() != own()


def test_the_usual_settings(backend):
    assert backend.Momentum(0.9) == backend.Momentum()
    assert backend.Nesterov(0.9) == backend.Nesterov()
    assert backend.AdaGrad(1e-10) == backend.AdaGrad()
    assert backend.RMSProp(0.9, 1e-8) == backend.RMSProp()
    assert backend.Adam(0.9, 0.999, 1e-8) == backend.Adam()
    assert backend.AdamW(0.01, 0.9, 0.999, 1e-8) == backend.AdamW()
    assert backend.AdamW(weight_decay=0.01) == backend.AdamW()
    rates = [OPTIMIZERS[name].usual_rate for name in NAMES]
    assert rates == [0.1, 0.01, 0.01, 0.01, 0.001, 0.001, 0.001]


PART = "expected 0 or more and less than 1"


@pytest.mark.parametrize(
    ("name", "settings", "error", "message"),
    [
        ("momentum", {"momentum": 1.5}, ValueError, f"momentum: found 1.5, {PART}"),
        ("momentum", {"momentum": 1}, ValueError, f"momentum: found 1.0, {PART}"),
        ("nesterov", {"momentum": -0.5}, ValueError, f"momentum: found -0.5, {PART}"),
        (
            "momentum",
            {"momentum": math.nan},
            ValueError,
            "momentum: found nan, expected a finite number",
        ),
        ("momentum", {"momentum": "0.9"}, TypeError, "momentum: found '0.9', expected a number"),
        ("adagrad", {"epsilon": 0}, ValueError, "epsilon: found 0.0, expected 1e-300 or more"),
        ("rmsprop", {"decay": 1.0}, ValueError, f"decay: found 1.0, {PART}"),
        ("rmsprop", {"epsilon": -1}, ValueError, "epsilon: found -1.0, expected 1e-300 or more"),
        ("adam", {"beta1": 1.0}, ValueError, f"beta1: found 1.0, {PART}"),
        ("adam", {"beta2": -1}, ValueError, f"beta2: found -1.0, {PART}"),
        ("adamw", {"weight_decay": -1}, ValueError, "weight_decay: found -1.0, expected 0 or more"),
        ("adamw", {"epsilon": None}, TypeError, "epsilon: found None, expected a number"),
    ],
)
def test_unusable_settings_are_named(name, settings, error, message):
    with pytest.raises(error) as raised:
        OPTIMIZERS[name](**settings)
    assert str(raised.value) == message


@pytest.mark.parametrize("name", ["adam", "adamw", "rmsprop", "adagrad"])
def test_nothing_is_divided_by_zero(name):
    extreme = {"epsilon": 1e-300}
    if name != "adagrad":
        extreme["decay" if name == "rmsprop" else "beta2"] = math.nextafter(1.0, 0.0)
    optimizer = OPTIMIZERS[name](**extreme)
    weights = [[1.0, 1.0]]
    memory = optimizer.start(weights)
    optimizer.step(weights, [[0.0, 5e-324]], 0.0, memory)
    assert weights == [[1.0, 1.0]]


def test_an_optimizer_or_its_name():
    assert as_optimizer(None, "optimizer") is PLAIN_DESCENT
    mine = OPTIMIZERS["adam"](0.5)
    assert as_optimizer(mine, "optimizer") is mine
    for name, kind in OPTIMIZERS.items():
        assert as_optimizer(name, "optimizer") == kind()
    with pytest.raises(ValueError, match=r"^optimizer: found 'lbfgs', expected one of gradient_d"):
        as_optimizer("lbfgs", "optimizer")
    for wrong in (OPTIMIZERS["adam"], 0.9, ["adam"]):
        with pytest.raises(TypeError, match=r"^optimizer: found .*, expected an Optimizer such as"):
            as_optimizer(wrong, "optimizer")


# What they remember.


@pytest.mark.parametrize("name", NAMES)
def test_what_is_remembered_is_what_json_can_hold(name):
    optimizer = OPTIMIZERS[name]()
    memory = optimizer.start([[1.0, 2.0], [3.0]])
    if name == "gradient_descent":
        assert memory is None
        return
    assert list(memory) == [*optimizer.ROWS, *optimizer.POWERS]
    for rows in optimizer.ROWS:
        assert memory[rows] == [[0.0, 0.0], [0.0]]
        assert memory[rows][0] is not memory[rows][1]
    for power in optimizer.POWERS:
        assert memory[power] == 1.0
    optimizer.step([[1.0, 2.0], [3.0]], [[1.0, 2.0], [3.0]], 0.1, memory)
    assert {type(x) for rows in optimizer.ROWS for row in memory[rows] for x in row} == {float}


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_of_the_memory_carries_on(name):
    optimizer = OPTIMIZERS[name]()
    slopes = slopes_of("carries on", lengths=(2,), steps=8)
    _, whole = stepped(optimizer, slopes, 0.1)
    weights = stepped(optimizer, slopes[:1], 0.1)[0]
    memory = optimizer.start(weights)
    for gradient in slopes[:4]:
        optimizer.step(weights, gradient, 0.1, memory)
    memory = copy.deepcopy(memory)
    for gradient in slopes[4:]:
        optimizer.step(weights, gradient, 0.1, memory)
    assert_same_bits(weights, whole)
