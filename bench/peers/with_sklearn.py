"""scikit-learn: ``MLPClassifier`` with plain stochastic gradient descent.

It has no squared error after a sigmoid.  With one column a class (or two classes) it trains the
same network with binary cross-entropy, and so does purenet_fast beside it.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from purenet.matrix import Matrix

from ..networks import Case
from . import Peer


class SklearnNetwork(Peer):
    title = "scikit-learn"
    distributions = ("scikit-learn", "scipy", "numpy")
    other_loss = "binary_cross_entropy"

    @classmethod
    def can(cls, case: Case) -> bool:
        return case.is_plain

    def __init__(self, case: Case) -> None:
        self.X = np.array(case.inputs)
        self.Y = np.array(case.targets, dtype=int)
        if self.Y.shape[1] == 1:
            self.Y = self.Y[:, 0]
        self.case = case
        self.model = MLPClassifier(
            hidden_layer_sizes=case.sizes[1:-1],
            activation="logistic",
            solver="sgd",
            alpha=0.0,
            batch_size=min(case.batch_size, case.samples),
            learning_rate="constant",
            # Its loss is a mean over the samples, purenet's over the samples and the outputs.
            learning_rate_init=case.learning_rate / case.sizes[-1],
            momentum=0.0,
            nesterovs_momentum=False,
            shuffle=case.shuffle,
            random_state=1,
            warm_start=True,
            max_iter=1,
            tol=0.0,
            n_iter_no_change=np.inf,
        )
        self.train(1)  # makes the layers
        self.reset()

    def reset(self) -> None:
        self.model.coefs_ = [np.array(layer["weights"]) for layer in self.case.first]
        self.model.intercepts_ = [np.array(layer["biases"]) for layer in self.case.first]

    def train(self, epochs: int) -> None:
        self.model.set_params(max_iter=epochs)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are all we want
            self.model.fit(self.X, self.Y)

    def predict(self) -> Matrix:
        probabilities = self.model.predict_proba(self.X)
        rows: Matrix = probabilities[:, -self.case.sizes[-1] :].tolist()
        return rows


PEER = SklearnNetwork
