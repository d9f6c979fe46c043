"""JAX: ``jit`` with the whole run in one ``lax.scan``, the gradient by ``jax.grad``."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from purenet.matrix import Matrix

from ..networks import Case
from . import Peer

jax.config.update("jax_enable_x64", True)

Parameters = list[tuple[Any, Any]]


def predict(parameters: Parameters, x: jax.Array) -> jax.Array:
    for w, b in parameters:
        x = jax.nn.sigmoid(x @ w + b)
    return x


class JaxNetwork(Peer):
    title = "JAX"
    distributions = ("jax", "jaxlib")

    def __init__(self, case: Case) -> None:
        X = jnp.array(case.inputs, dtype=jnp.float64)
        Y = jnp.array(case.targets, dtype=jnp.float64)
        # A scan needs batches of one size; a smaller last batch takes a step of its own.
        whole = len(X) // case.batch_size
        cut = whole * case.batch_size
        self.X = X
        batches = (
            X[:cut].reshape(whole, case.batch_size, X.shape[1]),
            Y[:cut].reshape(whole, case.batch_size, Y.shape[1]),
        )
        self.data = (batches, (X[cut:], Y[cut:]))
        self.first = [
            (jnp.array(weights, dtype=jnp.float64), jnp.array(biases, dtype=jnp.float64))
            for weights, biases in zip(case.first_weights, case.first_biases, strict=True)
        ]
        self.mean = case.loss == "mean_squared_error"
        self.learning_rate = case.learning_rate
        self.run: Any = None
        self.reset()

    def reset(self) -> None:
        self.parameters = self.first

    def loss(self, parameters: Parameters, x: jax.Array, y: jax.Array) -> jax.Array:
        squares = (predict(parameters, x) - y) ** 2
        return jnp.mean(squares) if self.mean else jnp.sum(squares)

    def step(self, parameters: Parameters, batch: tuple[Any, Any]) -> tuple[Parameters, None]:
        gradients = jax.grad(self.loss)(parameters, *batch)
        moved = jax.tree.map(lambda p, g: p - self.learning_rate * g, parameters, gradients)
        return moved, None

    def epoch(self, parameters: Parameters, data: Any) -> Parameters:
        batches, rest = data
        parameters, _ = jax.lax.scan(self.step, parameters, batches)
        if len(rest[0]) > 0:
            parameters, _ = self.step(parameters, rest)
        return parameters

    def prepare(self, epochs: int) -> None:
        def run(parameters: Parameters, data: Any) -> Any:
            def one_epoch(parameters: Parameters, _: None) -> tuple[Parameters, None]:
                return self.epoch(parameters, data), None

            return jax.lax.scan(one_epoch, parameters, None, length=epochs)[0]

        self.run = jax.jit(run).lower(self.first, self.data).compile()

    def train(self, epochs: int) -> None:
        """Run what was compiled, for the epochs it was compiled for."""
        self.parameters = jax.block_until_ready(self.run(self.parameters, self.data))

    def predict(self) -> Matrix:
        rows: Matrix = predict(self.parameters, self.X).tolist()
        return rows


PEER = JaxNetwork
