"""Schedules: the rates they give, their settings, and a training with them."""

import copy
import math
import pickle

import pytest

from purenet.schedules import power

X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
Y = [[0.0], [1.0], [1.0], [0.0]]


def test_the_rates_of_the_formulas(backend):
    for epoch in (0, 1, 2, 9, 10, 11, 57, 1000):
        assert backend.StepDecay(0.3, 10, 0.7)(epoch) == pytest.approx(
            0.3 * 0.7 ** (epoch // 10), rel=1e-12
        )
        assert backend.ExponentialDecay(0.3, 0.97)(epoch) == pytest.approx(
            0.3 * 0.97**epoch, rel=1e-12
        )
        assert backend.InverseTimeDecay(0.3, 0.25)(epoch) == 0.3 / (1.0 + 0.25 * epoch)
        cosine = 0.1 + 0.2 * (1.0 + math.cos(math.pi * min(epoch, 50) / 50)) / 2.0
        assert backend.CosineDecay(0.3, 50, 0.1)(epoch) == pytest.approx(cosine, rel=1e-12)


def test_a_cosine_begins_and_ends_with_its_rates(backend):
    schedule = backend.CosineDecay(0.3, 7, 0.1)
    assert schedule(0) == pytest.approx(0.3, rel=1e-15)
    assert schedule(7) == schedule(8) == schedule(10**9) == 0.1
    rates = list(map(schedule, range(9)))
    assert rates == sorted(rates, reverse=True)


def test_a_warm_up_rises_in_steps_of_one_height(backend):
    rates = list(map(backend.WarmUp(4, 0.5), range(8)))
    assert rates == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5, 0.5], rel=1e-15)
    after = backend.WarmUp(3, backend.StepDecay(0.5, 2))
    assert list(map(after, range(8))) == [0.125, 0.25, 0.375, 0.5, 0.5, 0.25, 0.25, 0.125]
    own = backend.WarmUp(1, lambda epoch: 8.0 - epoch)
    assert list(map(own, range(4))) == [4.0, 8.0, 7.0, 6.0]
    with pytest.raises(ValueError, match=r"^then: found -1\.0, expected 0 or more$"):
        own(10)


def plateau(losses, rate, factor, patience, least, threshold):
    """Return the rate after these losses, as PyTorch's ReduceLROnPlateau keeps it."""
    best, bad = math.inf, 0
    for loss in losses:
        if loss < best * (1 - threshold):
            best, bad = loss, 0
        else:
            bad += 1
        if bad > patience:
            rate, bad = max(rate * factor, least), 0
    return rate


def test_a_plateau_is_found(backend):
    losses = [4.0, 3.0, 3.5, 3.0, 2.9999, 2.0, 2.0, 2.0, 2.0, math.nan, 1.0, 1.5, 1.5, 1.5, 1.5]
    for settings in ((0.5, 0.1, 1, 0.0, 1e-4), (0.5, 0.5, 0, 0.1, 0.0), (0.5, 0.1, 10, 0.0, 1e-4)):
        schedule = backend.ReduceOnPlateau(*settings)
        rates = [schedule(epoch, losses[:epoch]) for epoch in range(len(losses) + 1)]
        assert rates == [plateau(losses[:n], *settings) for n in range(len(losses) + 1)]
    assert backend.ReduceOnPlateau(0.5, 0.5, patience=0)(3, [1.0, 1.0, 1.0]) == 0.125


def test_a_plateau_agrees_with_pytorch(backend):
    torch = pytest.importorskip("torch")
    losses = [4.0, 3.0, 3.5, 3.0, 2.9999, 2.0, 2.0, 2.0, 2.0, 1.0, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5]
    schedule = backend.ReduceOnPlateau(0.5, 0.25, 2, 0.01)
    descent = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    other = torch.optim.lr_scheduler.ReduceLROnPlateau(descent, "min", 0.25, 2, min_lr=0.01)
    for number, loss in enumerate(losses):
        assert schedule(number, losses[:number]) == descent.param_groups[0]["lr"]
        other.step(loss)


def test_the_losses_after_a_warm_up_are_counted(backend):
    schedule = backend.WarmUp(2, backend.ReduceOnPlateau(0.5, 0.5, patience=0))
    assert schedule.needs_losses is True
    assert backend.WarmUp(2, 0.5).needs_losses is False
    assert backend.WarmUp(2, backend.StepDecay(0.5, 3)).needs_losses is False
    losses = [9.0, 8.0, 8.0, 7.0, 7.0, 7.0]
    rates = [schedule(epoch, losses[:epoch]) for epoch in range(7)]
    assert rates == [0.5 / 3.0, 1.0 / 3.0, 0.5, 0.5, 0.5, 0.25, 0.125]
    # A network that is trained again has only the losses since.
    assert schedule(6, losses[4:]) == 0.25


def test_powers_are_products():
    for times in range(70):
        product = 1.0
        for _ in range(times):
            product = product * 0.75
        assert power(0.75, times) == pytest.approx(product, rel=1e-14)
        assert power(0.5, times) == math.ldexp(1.0, -times)


SCHEDULES = [
    "StepDecay(rate=0.25, every=3, factor=0.5)",
    "ExponentialDecay(rate=0.25, factor=0.5)",
    "CosineDecay(rate=0.25, epochs=3, lowest=0.0)",
    "InverseTimeDecay(rate=0.25, decay=0.5)",
    "WarmUp(epochs=3, then=CosineDecay(rate=0.25, epochs=3, lowest=0.0))",
    "ReduceOnPlateau(rate=0.25, factor=0.1, patience=10, least=0.0, threshold=0.0001)",
]


@pytest.mark.parametrize("text", SCHEDULES)
def test_settings_are_given_once(backend, text):
    schedule = eval(text, vars(backend).copy() | {n: getattr(backend, n) for n in backend.__all__})
    assert repr(schedule) == text
    for copied in (copy.deepcopy(schedule), pickle.loads(pickle.dumps(schedule))):
        assert copied == schedule
        assert hash(copied) == hash(schedule)
    assert schedule != backend.StepDecay(0.5, 1)
    name = next(iter(vars(schedule)))
    with pytest.raises(AttributeError, match=f"cannot assign to field '{name}'"):
        setattr(schedule, name, 1.0)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda b: b.StepDecay(-1.0, 3), ValueError, "rate: found -1.0, expected 0 or more"),
        (lambda b: b.StepDecay("a", 3), TypeError, "rate: found 'a', expected a number"),
        (lambda b: b.StepDecay(0.5, 0), ValueError, "every: found 0, expected 1 or more"),
        (lambda b: b.StepDecay(0.5, 1.5), TypeError, "every: found 1.5, expected a whole number"),
        (
            lambda b: b.StepDecay(0.5, 1, 1.5),
            ValueError,
            "factor: found 1.5, expected more than 0 and at most 1",
        ),
        (
            lambda b: b.ExponentialDecay(0.5, 0.0),
            ValueError,
            "factor: found 0.0, expected more than 0 and at most 1",
        ),
        (lambda b: b.CosineDecay(0.5, 0), ValueError, "epochs: found 0, expected 1 or more"),
        (
            lambda b: b.CosineDecay(0.5, 3, 1.0),
            ValueError,
            "lowest: found 1.0, expected 0 to rate, which is 0.5",
        ),
        (
            lambda b: b.InverseTimeDecay(0.5, math.nan),
            ValueError,
            "decay: found nan, expected a finite number",
        ),
        (lambda b: b.InverseTimeDecay(0.5, -1), ValueError, "decay: found -1.0, expected 0 or"),
        (lambda b: b.WarmUp(0, 0.5), ValueError, "epochs: found 0, expected 1 or more"),
        (lambda b: b.WarmUp(1, "a"), TypeError, "then: found 'a', expected a number"),
        (
            lambda b: b.ReduceOnPlateau(0.5, 1.0),
            ValueError,
            "factor: found 1.0, expected more than 0 and less than 1",
        ),
        (lambda b: b.ReduceOnPlateau(0.5, 0.5, -1), ValueError, "patience: found -1, expected 0"),
        (
            lambda b: b.ReduceOnPlateau(0.5, least=1.0),
            ValueError,
            "least: found 1.0, expected 0 to rate, which is 0.5",
        ),
        (
            lambda b: b.ReduceOnPlateau(0.5, threshold=1.0),
            ValueError,
            "threshold: found 1.0, expected 0 or more and less than 1",
        ),
    ],
)
def test_unusable_settings_are_named(backend, make, error, message):
    with pytest.raises(error) as raised:
        make(backend)
    assert str(raised.value).startswith(message)


def test_a_training_takes_its_rates(both):
    digests = set()
    for module in both:
        net, other = (module.Network([module.Dense(2, 1)], seed=1) for _ in range(2))
        schedule = module.WarmUp(2, module.CosineDecay(0.5, 5, 0.125))
        net.fit(X, Y, epochs=4, learning_rate=schedule)
        net.fit(X, Y, epochs=4, learning_rate=schedule)  # epochs are counted on
        for epoch in range(8):
            other.fit(X, Y, epochs=1, learning_rate=schedule(epoch))
        assert net.digest() == other.digest()
        digests.add(net.digest())
    assert len(digests) == 1
