"""``walkthrough digits``: from dense layers to convolutions, told step by step."""

from __future__ import annotations

import sys
import textwrap
from types import ModuleType
from typing import NamedTuple

from ..checks import counted
from ..drawing.curves import line_chart, line_chart_svg
from ..drawing.text import is_terminal, supports_unicode
from ..history import History
from ..matrix import Matrix
from ..network import Network
from ..splits import Split
from ..walkthroughs.digits import (
    BATCH_SIZE,
    PUBLISHED_NEAREST,
    SIDE,
    Step,
    confusions,
    digits_parts,
    digits_steps,
    nearest_answers,
    strongest_filter,
)
from ..writing import write_text

EPOCHS = 30

# Where nothing is compiled: so many pictures, so often.
PURE_IMAGES = 150
PURE_EPOCHS = 5

# What is said before each step.
STORY = (
    "Every unit has a weight for each of the 64 pixels, and takes the picture as a row of numbers: "
    "which pixels are neighbours it is not told. Every step goes the same share of the slope.",
    "The same network from the same first weights. Adam keeps for every weight the mean of its "
    "slopes and of their squares, and so gives each a step of its own length.",
    "A filter sees 3x3 pixels: nine weights and a bias, put on each place of the picture in turn. "
    "What it learns in one place it knows in all. 16 filters make 16 pictures of what they found; "
    "the pooling keeps the largest number of each 2x2, and with it forgets where exactly it was.",
    "The filters of a second convolution stand on what those of the first have found, on all 8 of "
    "their pictures at once, and so see 5x5 pixels: corners and ends, made of strokes.",
    "The same network once more. Dropout hides half of its numbers, others in every step, so that "
    "none can be relied on; l2 makes large weights expensive; and the learning rate falls to zero "
    "by half a cosine, so that the last steps settle what the first ones found.",
)

SHADES = " .:-=+*#%@"


class Result(NamedTuple):
    """How well something does: how many numbers it keeps, its right answers in both parts."""

    name: str
    numbers: int
    training: int
    test: int


def run_digits(
    package: ModuleType, epochs: int | None, images: int | None, plot: str | None
) -> int:
    """Train the networks one after another and tell what each of them reaches.

    epochs, images: None for what is usual with this backend.
    """
    pure = package.BACKEND == "pure"
    if images is None and pure:
        images = PURE_IMAGES
    if epochs is None:
        epochs = PURE_EPOCHS if pure else EPOCHS
    parts = digits_parts(images)
    learned, tested = len(parts.train_inputs), len(parts.test_inputs)
    print("Handwritten digits: from dense layers to convolutions")
    print(
        f"{learned:,} pictures of {SIDE}x{SIDE} pixels to learn from, {tested:,} to be tested on, "
        f"{counted(epochs, 'epoch')}, batches of {BATCH_SIZE},"
    )
    print(f"backend {package.BACKEND}")
    if pure:
        _say(
            "Convolutions take their time in pure Python: if --images and --epochs say nothing "
            "else, it takes few pictures few times, and its figures stay far below those of the "
            "compiled backend, which takes all of them."
        )
    kept = learned * SIDE * SIDE
    right = _right(parts.test_targets, nearest_answers(parts))
    nearest = Result("the nearest picture", kept, learned, right)
    print()
    _say(
        f"Published with the pictures: the nearest of 3,823 others names {PUBLISHED_NEAREST:.2%} "
        f"of them right (Alpaydin and Kaynak, 1998; their writers were others). Here the nearest "
        f"of {learned:,} names {_share(right, tested)} right, with pictures of the same writers "
        f"among them. That is to be reached without keeping all pictures at hand."
    )
    results, losses = [], []
    steps = digits_steps(package, epochs)
    for number, step in enumerate(steps, 1):
        name = f"{number}. {step.name}"
        print(f"\n{name}\n")
        _say(STORY[number - 1])
        _print_network(step)
        history = _train(step, parts, epochs)
        losses.append(history.validation_loss)
        result = _measured(name, step.network, parts)
        results.append(result)
        print(f"   {result.numbers:,} parameters, loss {history.loss[-1]:.4f}")
        print(f"   of those to learn from  {_share(result.training, learned)}")
        print(f"   of those to be tested   {_share(result.test, tested)}")
        if number == 3:
            _print_sight(step.network, parts)
    series = {"without": losses[3], "held back": losses[4]}
    print("\nThe loss of the last two on the test pictures, from which no step has learned:\n")
    print(line_chart(series, height=10, unicode=supports_unicode(sys.stdout)))
    print()
    _print_table(results, nearest, learned, tested)
    print()
    _print_confusion(steps[-1].network.predict_classes(parts.test_inputs), parts)
    print(f"\ndigest {steps[-1].network.digest()}")
    if plot is not None:
        title = "Loss on digits that were not learned from"
        write_text(plot, line_chart_svg(series, title=title))
        print(f"loss curve written to {plot}")
    return 0


def _train(step: Step, parts: Split, epochs: int) -> History:
    return step.network.fit(
        parts.train_inputs,
        parts.train_targets,
        epochs=epochs,
        batch_size=BATCH_SIZE,
        optimizer=step.optimizer,
        learning_rate=step.learning_rate,
        validation_data=(parts.test_inputs, parts.test_targets),
        progress=is_terminal(sys.stderr),
    )


def _measured(name: str, network: Network, parts: Split) -> Result:
    training = _right(parts.train_targets, network.predict_classes(parts.train_inputs))
    test = _right(parts.test_targets, network.predict_classes(parts.test_inputs))
    return Result(name, network.parameter_count, training, test)


def _right(targets: Matrix, answers: list[int]) -> int:
    return sum(row[answer] == 1.0 for row, answer in zip(targets, answers, strict=True))


def _share(right: int, count: int) -> str:
    return f"{right} of {count} = {_percent(right, count)}"


def _percent(right: int, count: int) -> str:
    """Return a share rounded down, so that only a perfect one reads 100.00%."""
    return f"{10000 * right // count / 100:.2f}%"


def _print_network(step: Step) -> None:
    layers = [repr(layer) for layer in step.network.layers]
    rate = step.learning_rate
    rate_text = f"{rate!r}" if callable(rate) else f"{rate:g}"
    for line in (*layers, f"{step.optimizer!r}, learning rate {rate_text}"):
        print(f"   {line}")


def _print_sight(network: Network, parts: Split) -> None:
    """Show a picture, the filter that answers it most strongly, and where."""
    picture = parts.test_inputs[0]
    digit = parts.test_targets[0].index(1.0)
    sight = strongest_filter(network, picture)
    rows = [picture[SIDE * y : SIDE * (y + 1)] for y in range(SIDE)]
    left, right = _shaded(rows), _shaded(sight.answers)
    middle = ["".join(f"{weight:7.2f}" for weight in row) for row in sight.weights]
    middle = ["", "", *middle, f"{'bias':>14}{sight.bias:7.2f}", "", ""]
    print(f"\n   {f'a {digit}':21}{f'filter {sight.filter}':21}   what it finds")
    for line in zip(left, middle, right, strict=True):
        print(f"   {line[0]:21}{line[1]:21}   {line[2]}".rstrip())
    place = f"row {sight.row}, column {sight.column}"
    answer = sight.answers[sight.row][sight.column]
    print(f"   most at {place}, counted from 0: nine products and the bias are {answer:.2f}")


def _shaded(rows: Matrix) -> list[str]:
    """Draw numbers from 0 up, two characters each; the largest is the darkest."""
    most = max(map(max, rows)) or 1.0
    shades = len(SHADES) - 1
    return ["".join(2 * SHADES[round(value / most * shades)] for value in row) for row in rows]


def _print_table(results: list[Result], nearest: Result, learned: int, tested: int) -> None:
    print(f"{'':26}{'numbers':>10}{'learned':>10}{'test':>10}{'wrong':>7}")
    for result in (*results, nearest):
        print(
            f"{result.name:26}{result.numbers:>10,}{_percent(result.training, learned):>10}"
            f"{_percent(result.test, tested):>10}{tested - result.test:>7}"
        )
    print()
    _say(
        f"The numbers of a network are its parameters; the nearest picture is looked for among "
        f"{nearest.numbers:,} pixels. One picture is {1 / tested:.2%} of the test: a "
        f"difference of a few is chance."
    )


def _print_confusion(answers: list[int], parts: Split) -> None:
    truth = [row.index(1.0) for row in parts.test_targets]
    found = confusions(truth, answers)
    if not found:
        _say("The last network confuses none of them.")
        return
    most = [f"{right} for {answer} ({count})" for right, answer, count in found[:6]]
    rest = f", and {len(found) - 6} more" if len(found) > 6 else ""
    _say(f"What the last network confuses, and how often: {', '.join(most)}{rest}.")


def _say(text: str) -> None:
    print(textwrap.fill(text, 80))
