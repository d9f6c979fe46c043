"""NumPy: ``@`` for the products, updates in place."""

from __future__ import annotations

import numpy as np

from purenet.matrix import Matrix

from ..networks import Case
from . import Peer


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-z))


class NumPyNetwork(Peer):
    title = "NumPy"
    distributions = ("numpy",)

    def __init__(self, case: Case) -> None:
        self.X = np.array(case.inputs)
        self.Y = np.array(case.targets)
        self.first_weights = [np.array(rows) for rows in case.first_weights]
        self.first_biases = [np.array(row) for row in case.first_biases]
        self.batch_size = case.batch_size
        self.learning_rate = case.learning_rate
        self.mean = case.loss == "mean_squared_error"
        self.reset()

    def reset(self) -> None:
        self.weights = [weights.copy() for weights in self.first_weights]
        self.biases = [biases.copy() for biases in self.first_biases]

    def train(self, epochs: int) -> None:
        weights, biases = self.weights, self.biases
        for _ in range(epochs):
            for start in range(0, len(self.X), self.batch_size):
                y = self.Y[start : start + self.batch_size]
                a = [self.X[start : start + self.batch_size]]
                for w, b in zip(weights, biases, strict=True):
                    a.append(sigmoid(a[-1] @ w + b))

                error = 2.0 * (a[-1] - y)
                if self.mean:
                    error /= y.size
                delta = error * a[-1] * (1.0 - a[-1])
                for layer in reversed(range(len(weights))):
                    weight_gradient = a[layer].T @ delta
                    bias_gradient = delta.sum(axis=0)
                    if layer > 0:
                        delta = delta @ weights[layer].T * a[layer] * (1.0 - a[layer])
                    weights[layer] -= self.learning_rate * weight_gradient
                    biases[layer] -= self.learning_rate * bias_gradient

    def as_array(self, rows: Matrix) -> np.ndarray:
        return np.array(rows)

    def outputs(self, inputs: np.ndarray) -> np.ndarray:
        a = inputs
        for w, b in zip(self.weights, self.biases, strict=True):
            a = sigmoid(a @ w + b)
        return a

    def predict(self) -> Matrix:
        rows: Matrix = self.outputs(self.X).tolist()
        return rows


PEER = NumPyNetwork
