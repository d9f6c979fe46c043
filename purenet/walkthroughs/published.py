"""The three published networks from which purenet grew, each trained as its article does.

two-layer: James Loy, "How to build your own Neural Network from scratch in Python", 2018.
xor: Ashwin Vaidya, "Creating Neural Network from Scratch in Python", 2019.
deep: Aditya, "How to build a Neural Network from scratch", freeCodeCamp, 2019.

Random numbers are NumPy's, made by ``NumPyRandom``.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple

from ..activations import activate, sigmoid_derivative
from ..datasets import load_breast_cancer, load_xor
from ..matrix import Matrix, add_bias, dot, multiply, subtract, transpose
from ..network import Network
from ..randomness import NumPyRandom
from ..tables import Preparation, Table


class Walkthrough(NamedTuple):
    """A network before its training, its samples, and how its article trains it."""

    network: Network
    inputs: Matrix
    targets: Matrix
    learning_rate: float
    epochs: int


# The article of the two-layer network gives no seed; 63 comes close to the predictions it shows.
TWO_LAYER_SEED = 63

PUBLISHED_XOR_LOSSES = (
    0.5013730688788007,
    0.4664830127093482,
    0.24207358013744795,
    0.09891100378926312,
    0.087323152676015,
    0.06892222408037366,
    0.05528837086156295,
    0.027425185939300573,
)


def two_layer(package: ModuleType) -> Walkthrough:
    """Return the 3-4-1 network without biases: sum of squares, learning rate 1, 1,500 epochs."""
    data = load_xor()
    random = NumPyRandom(TWO_LAYER_SEED)
    network = package.Network(
        [
            package.Dense(3, 4, "sigmoid", bias=False, initializer=random.rand(3, 4)),
            package.Dense(4, 1, "sigmoid", bias=False, initializer=random.rand(4, 1)),
        ],
        loss="sum_of_squares",
        seed=TWO_LAYER_SEED,
    )
    return Walkthrough(network, data.inputs, data.targets, 1.0, 1500)


def xor(package: ModuleType) -> Walkthrough:
    """Return the 3-4-1 network with biases: mean squared error, learning rate 1, 8,000 epochs."""
    start = published_start()
    network = package.Network(
        [
            package.Dense(3, 4, initializer=start.W1, bias_initializer=start.b1),
            package.Dense(4, 1, initializer=start.W2, bias_initializer=start.b2),
        ],
        loss="mean_squared_error",
        seed=1,
    )
    return Walkthrough(network, XOR_INPUTS, XOR_TARGETS, 1.0, 8000)


def deep(package: ModuleType, layer_dims: tuple[int, ...] = (30, 5, 1)) -> Walkthrough:
    """Return the network of any depth, on the Wisconsin breast-cancer table: learning rate 0.5.

    The article keeps samples in columns and weights as outputs by inputs, so its random matrices
    are transposed here.
    """
    data = load_breast_cancer()
    names = [data.class_names[label] for label in data.labels]
    table = Table(data.column_names, data.inputs, "diagnosis", names)
    inputs = Preparation.from_table(table).inputs(table)
    return Walkthrough(_deep_network(package, layer_dims), inputs, data.targets, 0.5, 3000)


def _deep_network(package: ModuleType, layer_dims: tuple[int, ...]) -> Network:
    random = NumPyRandom(3)
    layers = []
    for inputs, outputs in zip(layer_dims, layer_dims[1:], strict=False):
        weights = [[0.01 * value for value in row] for row in random.randn(outputs, inputs)]
        layers.append(package.Dense(inputs, outputs, "sigmoid", initializer=transpose(weights)))
    network: Network = package.Network(layers, loss="binary_cross_entropy", seed=3)
    return network


WALKTHROUGHS: dict[str, Callable[[ModuleType], Walkthrough]] = {
    "two-layer": two_layer,
    "xor": xor,
    "deep": deep,
}


def network_of(name: str, package: ModuleType) -> tuple[Network, Matrix, Matrix, float]:
    """Return a walkthrough's network before training, its inputs, targets and learning rate."""
    network, inputs, targets, learning_rate, _ = WALKTHROUGHS[name](package)
    return network, inputs, targets, learning_rate


# The XOR gate as published: the article's arithmetic, with its mistakes.

XOR_INPUTS = [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0], [0.0, 0.0, 1.0]]
XOR_TARGETS = [[1.0], [1.0], [0.0], [0.0]]


class Parameters(NamedTuple):
    """The weights and biases of the XOR network, or a step for each of them."""

    W1: Matrix
    b1: list[float]
    W2: Matrix
    b2: list[float]


class Mended(NamedTuple):
    """Which of the article's three mistakes are mended."""

    derivative: bool = False
    mean: bool = False
    axis: bool = False


def published_start() -> Parameters:
    """Return the article's first weights: ``np.random.seed(1)`` and four calls of ``randn``."""
    random = NumPyRandom(1)
    W1 = random.randn(3, 4)
    W2 = random.randn(4, 1)
    b1 = random.randn(4)
    b2 = random.randn(1)
    return Parameters(W1, b1, W2, b2)


def published_step(
    start: Parameters, mended: Mended, *, reverse: bool = False
) -> tuple[Parameters, Matrix]:
    """Return what the article subtracts from each parameter in one iteration, and the outputs.

    reverse: add the products of each sum from the last to the first.
    """
    inputs = XOR_INPUTS
    product = _reversed_dot if reverse else dot
    hidden_z = add_bias(product(inputs, start.W1), start.b1)
    hidden = activate("sigmoid", hidden_z)
    output_z = add_bias(product(hidden, start.W2), start.b2)
    output = activate("sigmoid", output_z)
    # Mistake (a): the derivative is taken at the activations, which have been through the sigmoid.
    output_slopes = _derivatives(output_z if mended.derivative else output)
    hidden_slopes = _derivatives(hidden_z if mended.derivative else hidden)
    output_delta = multiply(subtract(output, XOR_TARGETS), output_slopes)
    hidden_delta = multiply(product(output_delta, transpose(start.W2)), hidden_slopes)
    # Mistake (b): the weights take the sum over the samples, the biases the mean.
    W2 = product(transpose(hidden), output_delta)
    W1 = product(transpose(inputs), hidden_delta)
    if mended.mean:
        W2 = [[value / len(inputs) for value in row] for row in W2]
        W1 = [[value / len(inputs) for value in row] for row in W1]
    b2 = [_mean([row[0] for row in output_delta])]
    # Mistake (c): the mean over the units of each sample, not over the samples of each unit.
    # It fits only because there are four of each.
    b1 = [_mean(row) for row in (transpose(hidden_delta) if mended.axis else hidden_delta)]
    return Parameters(W1, b1, W2, b2), output


def published_losses(iterations: int, *, reverse: bool = False) -> list[float]:
    """Run the article's code and return its loss, the mean absolute error, at every iteration."""
    now = published_start()
    losses = []
    for _ in range(iterations):
        step, output = published_step(now, Mended(), reverse=reverse)
        errors = [abs(y[0] - a[0]) for y, a in zip(XOR_TARGETS, output, strict=True)]
        losses.append(_mean(errors))
        now = Parameters(
            subtract(now.W1, step.W1),
            subtract([now.b1], [step.b1])[0],
            subtract(now.W2, step.W2),
            subtract([now.b2], [step.b2])[0],
        )
    return losses


def _reversed_dot(a: Matrix, b: Matrix) -> Matrix:
    return dot([row[::-1] for row in a], b[::-1])


def _derivatives(z: Matrix) -> Matrix:
    return [[sigmoid_derivative(value) for value in row] for row in z]


def _mean(values: list[float]) -> float:
    total = 0.0
    for value in values:
        total = total + value
    return total / len(values)


def _flat(parameters: Parameters) -> dict[str, list[float]]:
    return {
        "hidden weights": [value for row in parameters.W1 for value in row],
        "output weights": [value for row in parameters.W2 for value in row],
        "hidden biases": parameters.b1,
        "output bias": parameters.b2,
    }


def mistakes_table(package: ModuleType) -> str:
    """Compare the article's steps with the measured slope of its loss, mending mistake by mistake.

    Where the quotient is one number for a whole group, the step points the right way; where it
    varies, it does not.
    """
    check = package.check_gradients(xor(package).network, XOR_INPUTS, XOR_TARGETS)
    groups = {(0, "weights"): "hidden weights", (1, "weights"): "output weights"}
    groups |= {(0, "biases"): "hidden biases", (1, "biases"): "output bias"}
    slopes: dict[str, list[float]] = {name: [] for name in groups.values()}
    for entry in check.entries:
        slopes[groups[entry.layer, entry.kind]].append(entry.measured)
    versions = {
        "as published": Mended(),
        "(a) mended": Mended(derivative=True),
        "(a), (b) mended": Mended(derivative=True, mean=True),
        "(a), (b), (c) mended": Mended(derivative=True, mean=True, axis=True),
    }
    lines = [f"{'':22}" + "".join(f"{name:>17}" for name in slopes)]
    for title, mended in versions.items():
        step, _ = published_step(published_start(), mended)
        cells = []
        for name, values in _flat(step).items():
            quotients = [value / slope for value, slope in zip(values, slopes[name], strict=True)]
            low, high = min(quotients), max(quotients)
            same = high - low <= 1e-6 * abs(high)
            cells.append(f"{high:.3f}" if same else f"{low:.2f} to {high:.2f}")
        lines.append(f"{title:22}" + "".join(f"{cell:>17}" for cell in cells))
    return "\n".join(lines)
