"""NumPy: ``@`` for the products, updates in place; dense networks."""

from __future__ import annotations

import numpy as np

from purenet.matrix import Matrix

from ..networks import Case
from . import Peer


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-z))


class Moments:
    """Adam's two moments of one parameter."""

    def __init__(self, parameter: np.ndarray) -> None:
        self.m = np.zeros_like(parameter)
        self.v = np.zeros_like(parameter)

    def step(self, gradient: np.ndarray, rate: float, t: int) -> np.ndarray:
        """Return what is subtracted in step t, which begins with 1."""
        self.m *= 0.9
        self.m += 0.1 * gradient
        self.v *= 0.999
        self.v += 0.001 * gradient**2
        m = self.m / (1.0 - 0.9**t)
        v = self.v / (1.0 - 0.999**t)
        return rate * m / (np.sqrt(v) + 1e-8)


class NumPyNetwork(Peer):
    title = "NumPy"
    distributions = ("numpy",)

    @classmethod
    def can(cls, case: Case) -> bool:
        return case.is_dense

    def __init__(self, case: Case) -> None:
        self.X = np.array(case.inputs)
        self.Y = np.array(case.targets)
        self.first_weights = [np.array(layer["weights"]) for layer in case.first]
        self.first_biases = [np.array(layer["biases"]) for layer in case.first]
        self.batch_size = case.batch_size
        self.learning_rate = case.learning_rate
        self.mean = case.loss == "mean_squared_error"
        self.adam = case.optimizer == "adam"
        self.shuffle = case.shuffle
        self.random = np.random.default_rng(1)
        self.reset()

    def reset(self) -> None:
        self.weights = [weights.copy() for weights in self.first_weights]
        self.biases = [biases.copy() for biases in self.first_biases]
        self.weight_moments = [Moments(weights) for weights in self.weights]
        self.bias_moments = [Moments(biases) for biases in self.biases]
        self.steps = 0

    def train(self, epochs: int) -> None:
        weights, biases = self.weights, self.biases
        for _ in range(epochs):
            if self.shuffle:
                order = self.random.permutation(len(self.X))
            for start in range(0, len(self.X), self.batch_size):
                batch = slice(start, start + self.batch_size)
                samples = order[batch] if self.shuffle else batch
                y = self.Y[samples]
                a = [self.X[samples]]
                for w, b in zip(weights, biases, strict=True):
                    a.append(sigmoid(a[-1] @ w + b))

                error = 2.0 * (a[-1] - y)
                if self.mean:
                    error /= y.size
                delta = error * a[-1] * (1.0 - a[-1])
                self.steps += 1
                for layer in reversed(range(len(weights))):
                    weight_gradient = a[layer].T @ delta
                    bias_gradient = delta.sum(axis=0)
                    if layer > 0:
                        delta = delta @ weights[layer].T * a[layer] * (1.0 - a[layer])
                    if self.adam:
                        rate, t = self.learning_rate, self.steps
                        weights[layer] -= self.weight_moments[layer].step(weight_gradient, rate, t)
                        biases[layer] -= self.bias_moments[layer].step(bias_gradient, rate, t)
                    else:
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
