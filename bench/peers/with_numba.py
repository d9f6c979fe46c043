"""numba: the plain loops, compiled.

``weights[output][input]``, so that every innermost loop runs along a row, and the options that
numba's performance tips recommend: additions in any order, no checks for division by zero, small
functions inlined.  Of the orders and options tried, this is the fastest on these networks.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from purenet.matrix import Matrix

from ..networks import Case
from . import Peer


@njit(fastmath=True, error_model="numpy", inline="always")
def feedforward(x, first, samples, weights, biases, a):
    """Compute a layer's outputs for some rows of x, beginning with the row ``first``."""
    for i in range(samples):
        for j in range(weights.shape[0]):
            total = biases[j]
            for k in range(weights.shape[1]):
                total += x[first + i, k] * weights[j, k]
            a[i, j] = 1.0 / (1.0 + math.exp(-total))


@njit(fastmath=True, error_model="numpy", inline="always")
def input_delta(delta, samples, weights, a, result):
    """Compute the delta of the layer before, whose outputs are a."""
    for i in range(samples):
        for k in range(weights.shape[1]):
            result[i, k] = 0.0
        for j in range(weights.shape[0]):
            for k in range(weights.shape[1]):
                result[i, k] += delta[i, j] * weights[j, k]
        for k in range(weights.shape[1]):
            result[i, k] *= a[i, k] * (1.0 - a[i, k])


@njit(fastmath=True, error_model="numpy", inline="always")
def update(x, first, samples, delta, rate, weights, biases, gradient):
    """Take one step with a layer's weights and biases; gradient is one row of working memory."""
    for j in range(weights.shape[0]):
        gradient[:] = 0.0
        total = 0.0
        for i in range(samples):
            slope = delta[i, j]
            for k in range(weights.shape[1]):
                gradient[k] += slope * x[first + i, k]
            total += slope
        for k in range(weights.shape[1]):
            weights[j, k] -= rate * gradient[k]
        biases[j] -= rate * total


@njit(fastmath=True, error_model="numpy")
def train(
    inputs, targets, weights, biases, a, deltas, gradients, batch_size, rate, mean, epochs, shuffle
):
    last = len(weights) - 1
    X, Y = inputs, targets
    for _ in range(epochs):
        if shuffle:
            order = np.random.permutation(len(inputs))
            X, Y = inputs[order], targets[order]
        for start in range(0, len(X), batch_size):
            samples = min(batch_size, len(X) - start)
            feedforward(X, start, samples, weights[0], biases[0], a[0])
            for n in range(1, len(weights)):
                feedforward(a[n - 1], 0, samples, weights[n], biases[n], a[n])

            output = a[last]
            factor = 2.0 / (samples * Y.shape[1]) if mean else 2.0
            for i in range(samples):
                for j in range(Y.shape[1]):
                    error = factor * (output[i, j] - Y[start + i, j])
                    deltas[last][i, j] = error * output[i, j] * (1.0 - output[i, j])

            for n in range(last, 0, -1):
                delta, before = deltas[n], a[n - 1]
                input_delta(delta, samples, weights[n], before, deltas[n - 1])
                update(before, 0, samples, delta, rate, weights[n], biases[n], gradients[n])
            update(X, start, samples, deltas[0], rate, weights[0], biases[0], gradients[0])


class NumbaNetwork(Peer):
    title = "numba"
    distributions = ("numba", "llvmlite", "numpy")

    @classmethod
    def can(cls, case: Case) -> bool:
        return case.is_plain

    def __init__(self, case: Case) -> None:
        self.X = np.array(case.inputs)
        self.Y = np.array(case.targets)
        self.case = case
        shapes = [(case.batch_size, width) for width in case.sizes[1:]]
        self.a = tuple(np.empty(shape) for shape in shapes)
        self.deltas = tuple(np.empty(shape) for shape in shapes)
        self.gradients = tuple(np.empty(width) for width in case.sizes[:-1])
        self.reset()

    def reset(self) -> None:
        self.weights = tuple(np.array(layer["weights"]).T.copy() for layer in self.case.first)
        self.biases = tuple(np.array(layer["biases"]) for layer in self.case.first)

    def prepare(self, epochs: int) -> None:
        self.train(1)  # numba compiles when it is first called
        self.reset()

    def train(self, epochs: int) -> None:
        case = self.case
        train(
            self.X,
            self.Y,
            self.weights,
            self.biases,
            self.a,
            self.deltas,
            self.gradients,
            case.batch_size,
            case.learning_rate,
            case.loss == "mean_squared_error",
            epochs,
            case.shuffle,
        )

    def predict(self) -> Matrix:
        a = self.X
        for weights, biases in zip(self.weights, self.biases, strict=True):
            result = np.empty((len(a), len(biases)))
            feedforward(a, 0, len(a), weights, biases, result)
            a = result
        rows: Matrix = a.tolist()
        return rows


PEER = NumbaNetwork
