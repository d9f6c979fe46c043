"""From dense layers to convolutions on handwritten digits: the steps and what is told of them."""

import re

import pytest
from bits import assert_same_bits
from shell import Shell

from purenet import datasets
from purenet.commands import digits_walkthrough
from purenet.walkthroughs.digits import (
    PUBLISHED_NEAREST,
    confusions,
    digits_parts,
    digits_steps,
    nearest_answers,
    strongest_filter,
)

DIGEST = "66d41092c9bb1e107ac96991244ae7732415b531b1d272cfca778d7d2ae72076"
RIGHT = [525, 525, 532, 533, 534]  # of 539


@pytest.fixture
def shell(capsys, tmp_path):
    return Shell(capsys, tmp_path)


def test_the_pictures_are_divided_digit_by_digit():
    parts = digits_parts()
    assert (len(parts.train_inputs), len(parts.test_inputs)) == (1258, 539)
    digits = datasets.load_digits()
    everything = sorted(zip(digits.inputs, digits.targets, strict=True))
    train = list(zip(parts.train_inputs, parts.train_targets, strict=True))
    test = list(zip(parts.test_inputs, parts.test_targets, strict=True))
    assert sorted(train + test) == everything
    for digit in range(10):
        count = sum(row.index(1.0) == digit for row in parts.test_targets)
        assert abs(count - 0.3 * digits.labels.count(digit)) < 1
    few = digits_parts(50)
    assert (len(few.train_inputs), len(few.test_inputs)) == (35, 15)


def test_each_step_adds_one_thing(backend):
    steps = digits_steps(backend, 30)
    assert [[type(layer).__name__ for layer in step.network.layers] for step in steps] == [
        ["Dense", "Dense"],
        ["Dense", "Dense"],
        ["Conv2D", "MaxPool2D", "Flatten", "Dense"],
        ["Conv2D", "Conv2D", "MaxPool2D", "Flatten", "Dense"],
        ["Conv2D", "Conv2D", "MaxPool2D", "Flatten", "Dropout", "Dense"],
    ]
    assert [step.network.parameter_count for step in steps] == [2410, 2410, 2730, 3818, 3818]
    # The same network trained in another way begins with the same weights.
    assert steps[0].network.digest() == steps[1].network.digest()
    assert steps[3].network.digest() == steps[4].network.digest()
    assert [type(step.optimizer).__name__ for step in steps] == ["GradientDescent", *["Adam"] * 4]
    assert {step.network.seed for step in steps} == {1}
    assert {layer.l2 for layer in steps[3].network.layers} == {0.0}
    penalised = [layer.l2 for layer in steps[4].network.layers if layer.PARAMETERS]
    assert penalised == [0.0001] * 3
    falling = steps[4].learning_rate
    assert falling(0) == steps[3].learning_rate > falling(15) > falling(30) == 0.0


def test_the_nearest_picture():
    parts = digits_parts(60)
    answers = nearest_answers(parts)
    assert len(answers) == 18
    for picture, answer in zip(parts.test_inputs, answers, strict=True):
        distances = []
        for other, target in zip(parts.train_inputs, parts.train_targets, strict=True):
            squares = sum((a - b) ** 2 for a, b in zip(picture, other, strict=True))
            distances.append((squares, target.index(1.0)))
        assert min(distances)[0] == min(d for d, digit in distances if digit == answer)
    assert PUBLISHED_NEAREST == 0.98


def test_confusions():
    assert confusions([3, 3, 5], [3, 3, 5]) == []
    assert confusions([9, 8, 8, 8, 9], [4, 1, 8, 1, 5]) == [(8, 1, 2), (9, 4, 1), (9, 5, 1)]


def test_the_filter_that_answers_most_strongly(backend):
    network = digits_steps(backend, 1)[2].network
    layer = network.layers[0]
    layer.biases = [0.01 * f for f in range(16)]
    picture = digits_parts(10).test_inputs[0]
    sight = strongest_filter(network, picture)
    assert_same_bits(sight.weights, layer.weights[sight.filter][0])
    assert sight.bias == layer.biases[sight.filter]
    for y in range(8):
        for x in range(8):
            total = 0.0
            for dy in range(3):
                for dx in range(3):
                    row, column = y + dy - 1, x + dx - 1
                    pixel = picture[8 * row + column] if 0 <= row < 8 and 0 <= column < 8 else 0.0
                    total = total + pixel * sight.weights[dy][dx]
            assert sight.answers[y][x] == max(total + sight.bias, 0.0)
    assert sight.answers[sight.row][sight.column] == max(map(max, sight.answers))
    assert max(network.feedforward([picture])[0].a[0]) == max(map(max, sight.answers))


def test_what_the_way_reaches(fast, shell):
    text = shell.succeed("walkthrough", "digits")
    assert text.startswith("Handwritten digits: from dense layers to convolutions\n1,258 pictures")
    assert "539 to be tested on, 30 epochs, batches of 32,\nbackend fast\n" in text
    assert "98.00%" in text
    assert f"{RIGHT[0]} of 539 = 97.40%" in text
    rows = re.findall(r"^(\d)\. (.*?)  +([\d,]+) +([\d.]+)% +([\d.]+)% +(\d+)$", text, re.M)
    assert [int(row[0]) for row in rows] == [1, 2, 3, 4, 5]
    assert [int(row[5]) for row in rows] == [539 - right for right in RIGHT]
    assert float(rows[1][4]) >= 97.0 and float(rows[4][4]) >= 98.5
    assert text.endswith(f"\n\ndigest {DIGEST}\n")
    assert max(map(len, text.splitlines())) <= 110


def figures(text):
    """Return the right answers of each step in both parts, as they are told."""
    return [
        tuple(map(int, pair)) for pair in re.findall(r"learn from  (\d+) of.*\n.* (\d+) of", text)
    ]


def test_the_command_with_few_pictures(both, shell):
    options = ["--images", "12", "--epochs", "1"]
    plot = shell.path("loss.svg")
    texts = [
        shell.succeed("walkthrough", "digits", *options, "--plot", plot, "--backend", name)
        for name in ("pure", "fast")
    ]
    assert "backend pure\nConvolutions take their time in pure Python" in texts[0]
    # But for that, both tell the same.
    assert texts[0].partition("Published")[2] == texts[1].partition("Published")[2]
    assert "backend fast\n\nPublished" in texts[1]
    assert texts[1].endswith(f"loss curve written to {plot}\n")
    assert shell.read("loss.svg").startswith("<svg")
    parts = digits_parts(12)
    expected = []
    for step in digits_steps(both[1], 1):
        step.network.fit(
            parts.train_inputs,
            parts.train_targets,
            epochs=1,
            batch_size=32,
            optimizer=step.optimizer,
            learning_rate=step.learning_rate,
        )
        learned = step.network.evaluate(parts.train_inputs, parts.train_targets).accuracy
        tested = step.network.evaluate(parts.test_inputs, parts.test_targets).accuracy
        expected.append((round(8 * learned), round(4 * tested)))
    assert figures(texts[1]) == expected


def test_pure_python_takes_few_pictures_few_times(shell, monkeypatch):
    def stop(package, epochs):
        raise ValueError("far enough")

    monkeypatch.setattr(digits_walkthrough, "digits_steps", stop)
    text = shell.run("walkthrough", "digits", "--backend", "pure").out
    assert "\n105 pictures of 8x8 pixels to learn from, 45 to be tested on, 5 epochs," in text


def test_what_is_refused(shell):
    assert "--images: found 9, expected 10 or more" in shell.refuse(
        "walkthrough", "digits", "--images", "9"
    )
    assert "--images: only the digits walkthrough" in shell.refuse(
        "walkthrough", "xor", "--images", "100"
    )
    assert "--epochs: found 0" in shell.refuse("walkthrough", "digits", "--epochs", "0")
    assert "--as-published: only the xor" in shell.refuse("walkthrough", "digits", "--as-published")
