"""JAX: ``jit`` with the whole run in one ``lax.scan``, the gradient by ``jax.grad``.

A convolution and a recurrent layer are written in several ways; the one that is fastest on this
network counts.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from purenet.matrix import Matrix

from ..layers import Conv2D, Dense, Flatten, MaxPool2D, Recurrent
from ..networks import Case
from . import Peer

jax.config.update("jax_enable_x64", True)

Parameters = list[dict[str, jax.Array]]

ACTIVATIONS: dict[str, Callable[[jax.Array], jax.Array]] = {
    "sigmoid": jax.nn.sigmoid,
    "relu": jax.nn.relu,
}


def convolution(x: jax.Array, weights: jax.Array) -> jax.Array:
    return lax.conv_general_dilated(x, weights, (1, 1), "VALID")


def pooling(x: jax.Array, size: int) -> jax.Array:
    window = (1, 1, size, size)
    return lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")


def shifted(x: jax.Array, weights: jax.Array) -> list[jax.Array]:
    """Return the image as each weight of a filter sees it."""
    _, _, height, width = x.shape
    rows, columns = height - weights.shape[2] + 1, width - weights.shape[3] + 1
    return [
        x[:, :, dy : dy + rows, dx : dx + columns]
        for dy in range(weights.shape[2])
        for dx in range(weights.shape[3])
    ]


def convolution_as_product(x: jax.Array, weights: jax.Array) -> jax.Array:
    """One product of matrices, whose rows are the windows."""
    windows = jnp.stack(shifted(x, weights), axis=-1).transpose(0, 2, 3, 1, 4)
    n, rows, columns, _, _ = windows.shape
    z = windows.reshape(n * rows * columns, -1) @ weights.reshape(len(weights), -1).T
    return z.reshape(n, rows, columns, -1).transpose(0, 3, 1, 2)


def convolution_as_sum(x: jax.Array, weights: jax.Array) -> jax.Array:
    """A sum of shifted images, each times its weight."""
    z: Any = 0.0
    flat = weights.reshape(*weights.shape[:2], -1)
    for k, image in enumerate(shifted(x, weights)):
        for c in range(x.shape[1]):
            z = z + image[:, c : c + 1] * flat[:, c, k, None, None]
    return z


def pooling_of_shifted(x: jax.Array, size: int) -> jax.Array:
    """The largest of the images that begin at each place of a window."""
    height, width = x.shape[2] // size * size, x.shape[3] // size * size
    images = [x[:, :, dy:height:size, dx:width:size] for dy in range(size) for dx in range(size)]
    while len(images) > 1:
        images = [jnp.maximum(images[0], images[1]), *images[2:]]
    return images[0]


class Way(NamedTuple):
    """How layers other than dense ones are written."""

    convolution: Callable[[jax.Array, jax.Array], jax.Array]
    pooling: Callable[[jax.Array, int], jax.Array]
    unroll: bool


AS_USUAL = Way(convolution, pooling, unroll=False)
IMAGES = (
    AS_USUAL,
    Way(convolution, pooling_of_shifted, unroll=False),
    Way(convolution_as_product, pooling, unroll=False),
    Way(convolution_as_product, pooling_of_shifted, unroll=False),
)
ONE_CHANNEL = (*IMAGES, Way(convolution_as_sum, pooling_of_shifted, unroll=False))
SEQUENCES = (AS_USUAL, Way(convolution, pooling, unroll=True))


def ways_of(case: Case) -> tuple[Way, ...]:
    channels = [plan.filters for plan in case.layers if isinstance(plan, Conv2D)]
    if channels:
        return ONE_CHANNEL if len(channels) == 1 else IMAGES
    return SEQUENCES if any(isinstance(plan, Recurrent) for plan in case.layers) else (AS_USUAL,)


def last_state(x: jax.Array, own: dict[str, jax.Array], unroll: bool) -> jax.Array:
    def step(state: jax.Array, z: jax.Array) -> tuple[jax.Array, None]:
        return jnp.tanh(z + state @ own["recurrent_weights"]), None

    # The inputs of all steps go through the weights at once.
    z = jnp.swapaxes(x, 0, 1) @ own["weights"] + own["biases"]
    first = jnp.zeros((len(x), z.shape[2]))
    return lax.scan(step, first, z, unroll=len(z) if unroll else 1)[0]


class JaxNetwork(Peer):
    title = "JAX"
    distributions = ("jax", "jaxlib")

    def __init__(self, case: Case) -> None:
        self.case = case
        shape = (case.samples, *case.input_shape)
        self.X = jnp.array(case.inputs, dtype=jnp.float64).reshape(shape)
        self.Y = jnp.array(case.targets, dtype=jnp.float64)
        self.data = (self.X, self.Y) if case.shuffle else self.batches(self.X, self.Y)
        self.key = jax.random.key(1)
        self.first = [
            {name: jnp.array(values, dtype=jnp.float64) for name, values in layer.items()}
            for layer in case.first
        ]
        self.run: Any = None
        self.reset()

    def batches(self, X: jax.Array, Y: jax.Array) -> Any:
        """Return the batches as a scan needs them, of one size, and a smaller last one."""
        size = self.case.batch_size
        whole = len(X) // size
        cut = whole * size
        batches = (
            X[:cut].reshape(whole, size, *X.shape[1:]),
            Y[:cut].reshape(whole, size, Y.shape[1]),
        )
        return batches, (X[cut:], Y[cut:])

    def reset(self) -> None:
        self.parameters = self.first
        # Adam's moments, or nothing
        self.memory = (
            [(jnp.zeros_like(p), jnp.zeros_like(p)) for p in jax.tree.leaves(self.first)]
            if self.case.optimizer == "adam"
            else [],
            jnp.zeros(()),
        )

    def logits(self, parameters: Parameters, x: jax.Array, way: Way) -> jax.Array:
        """Return what goes into the last activation."""
        last = len(parameters) - 1
        for number, (plan, own) in enumerate(zip(self.case.layers, parameters, strict=True)):
            if isinstance(plan, Flatten):
                x = x.reshape(len(x), -1)
            elif isinstance(plan, MaxPool2D):
                x = way.pooling(x, plan.size)
            elif isinstance(plan, Recurrent):
                x = last_state(x, own, way.unroll)
            elif isinstance(plan, Conv2D):
                z = way.convolution(x, own["weights"]) + own["biases"][:, None, None]
                x = ACTIVATIONS[plan.activation](z)
            else:
                x = x @ own["weights"] + own["biases"]
                if number != last:
                    x = ACTIVATIONS[plan.activation](x)
        return x

    def outputs(self, z: jax.Array) -> jax.Array:
        plan = self.case.layers[-1]
        softmax = isinstance(plan, Dense) and plan.activation == "softmax"
        return jax.nn.softmax(z) if softmax else jax.nn.sigmoid(z)

    def loss(self, parameters: Parameters, x: jax.Array, y: jax.Array, way: Way) -> jax.Array:
        z = self.logits(parameters, x, way)
        if self.case.loss == "categorical_cross_entropy":
            return -jnp.sum(y * jax.nn.log_softmax(z)) / len(y)
        if self.case.loss == "binary_cross_entropy":
            return jnp.mean(y * jax.nn.softplus(-z) + (1.0 - y) * jax.nn.softplus(z))
        squares = (self.outputs(z) - y) ** 2
        return jnp.mean(squares) if self.case.loss == "mean_squared_error" else jnp.sum(squares)

    def step(self, state: Any, batch: tuple[Any, Any], way: Way) -> tuple[Any, None]:
        parameters, (moments, t) = state
        gradients = jax.grad(self.loss)(parameters, *batch, way)
        rate = self.case.learning_rate
        if self.case.optimizer != "adam":
            moved = jax.tree.map(lambda p, g: p - rate * g, parameters, gradients)
            return (moved, (moments, t)), None
        t = t + 1.0
        values, form = jax.tree.flatten(parameters)
        new_values, new_moments = [], []
        for p, g, (m, v) in zip(values, jax.tree.leaves(gradients), moments, strict=True):
            m = 0.9 * m + 0.1 * g
            v = 0.999 * v + 0.001 * g**2
            corrected = m / (1.0 - 0.9**t), v / (1.0 - 0.999**t)
            new_values.append(p - rate * corrected[0] / (jnp.sqrt(corrected[1]) + 1e-8))
            new_moments.append((m, v))
        return (jax.tree.unflatten(form, new_values), (new_moments, t)), None

    def epoch(self, state: Any, data: Any, way: Way) -> Any:
        batches, rest = data
        state, _ = lax.scan(lambda state, batch: self.step(state, batch, way), state, batches)
        if len(rest[0]) > 0:
            state, _ = self.step(state, rest, way)
        return state

    def compiled(self, epochs: int, way: Way) -> Any:
        def run(state: Any, data: Any, key: jax.Array) -> Any:
            def one_epoch(state: Any, key: jax.Array) -> tuple[Any, None]:
                now = data
                if self.case.shuffle:
                    X, Y = data
                    order = jax.random.permutation(key, len(X))
                    now = self.batches(X[order], Y[order])
                return self.epoch(state, now, way), None

            return lax.scan(one_epoch, state, jax.random.split(key, epochs))[0]

        return jax.jit(run).lower((self.first, self.memory), self.data, self.key).compile()

    def prepare(self, epochs: int) -> None:
        """Compile each way, and keep the one that is fastest."""
        shortest = math.inf
        ways = ways_of(self.case)
        for way in ways:
            run = self.compiled(epochs, way)
            seconds = self.seconds_of(run) if len(ways) > 1 else 0.0
            if seconds < shortest:
                shortest, self.run = seconds, run

    def seconds_of(self, run: Any) -> float:
        """Return the shorter time of two runs."""
        times = []
        for _ in range(2):
            start = time.perf_counter()
            jax.block_until_ready(run((self.first, self.memory), self.data, self.key))
            times.append(time.perf_counter() - start)
        return min(times)

    def train(self, epochs: int) -> None:
        """Run what was compiled, for the epochs it was compiled for."""
        state = self.run((self.parameters, self.memory), self.data, self.key)
        self.parameters, self.memory = jax.block_until_ready(state)

    def predict(self) -> Matrix:
        z = self.logits(self.parameters, self.X, AS_USUAL)
        rows: Matrix = self.outputs(z).tolist()
        return rows


PEER = JaxNetwork
