"""What a history tells of itself: each number from its own end of its own list."""

import pytest

LOSS, ACCURACY = [0.75, 0.5, 0.625], [0.25, 1.0, 0.5]
VALIDATION_LOSS, VALIDATION_ACCURACY = [0.875, 0.375, 0.9375], [0.125, 0.0625, 0.03125]


@pytest.mark.parametrize(
    ("lists", "text"),
    [
        ({}, "History(0 epochs)"),
        ({"loss": LOSS}, "History(3 epochs, loss 0.75 to 0.625)"),
        ({"loss": LOSS[:1]}, "History(1 epochs, loss 0.75 to 0.75)"),
        (
            {"loss": LOSS, "accuracy": ACCURACY},
            "History(3 epochs, loss 0.75 to 0.625, accuracy 0.5000)",
        ),
        (
            {"loss": LOSS, "validation_loss": VALIDATION_LOSS},
            "History(3 epochs, loss 0.75 to 0.625, validation_loss 0.9375)",
        ),
        (
            {
                "loss": LOSS,
                "accuracy": ACCURACY,
                "validation_loss": VALIDATION_LOSS,
                "validation_accuracy": VALIDATION_ACCURACY,
            },
            "History(3 epochs, loss 0.75 to 0.625, accuracy 0.5000, validation_loss 0.9375)",
        ),
        ({"loss": [1 / 3, 2 / 3]}, "History(2 epochs, loss 0.333333 to 0.666667)"),
    ],
)
def test_the_text_of_a_history(backend, lists, text):
    history = backend.History(**lists)
    assert repr(history) == text
    assert history.epochs == len(lists.get("loss", []))


def test_the_text_of_a_training(backend):
    net = backend.Network([backend.Dense(2, 3, "tanh"), backend.Dense(3, 1)], seed=1)
    x, y = [[0.0, 1.0], [1.0, 0.5], [0.25, 0.75]], [[1.0], [0.0], [1.0]]
    first = net.evaluate(x, y).loss
    history = net.fit(x, y, epochs=30, learning_rate=0.5, validation_data=(x[:1], y[:1]))
    assert history.loss[0] == first > history.loss[-1]
    last = net.evaluate(x[:1], y[:1]).loss
    assert history.validation_loss[-1] == last != history.validation_loss[0]
    assert repr(history) == (
        f"History(30 epochs, loss {first:.6g} to {history.loss[-1]:.6g}, "
        f"accuracy {history.accuracy[-1]:.4f}, validation_loss {last:.6g})"
    )
