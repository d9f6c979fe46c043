"""PyTorch: ``nn.Sequential`` and ``optim.SGD``."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from purenet.matrix import Matrix

from ..networks import Case
from . import Peer

torch.set_num_threads(1)


class TorchNetwork(Peer):
    title = "PyTorch"
    distributions = ("torch",)

    def __init__(self, case: Case) -> None:
        self.case = case
        self.X = torch.tensor(case.inputs, dtype=torch.float64)
        self.Y = torch.tensor(case.targets, dtype=torch.float64)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(case.sizes):
            layers += [nn.Linear(inputs, outputs, dtype=torch.float64), nn.Sigmoid()]
        self.model = nn.Sequential(*layers)
        reduction = "mean" if case.loss == "mean_squared_error" else "sum"
        self.loss_function = nn.MSELoss(reduction=reduction)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=case.learning_rate)
        self.reset()

    def reset(self) -> None:
        with torch.no_grad():
            for layer, weights, biases in zip(
                self.model[::2], self.case.first_weights, self.case.first_biases, strict=True
            ):
                layer.weight.copy_(torch.tensor(weights, dtype=torch.float64).T)
                layer.bias.copy_(torch.tensor(biases, dtype=torch.float64))

    def train(self, epochs: int) -> None:
        batch_size = self.case.batch_size
        for _ in range(epochs):
            for start in range(0, len(self.X), batch_size):
                x = self.X[start : start + batch_size]
                y = self.Y[start : start + batch_size]
                self.optimizer.zero_grad()
                loss = self.loss_function(self.model(x), y)
                loss.backward()
                self.optimizer.step()

    def predict(self) -> Matrix:
        with torch.no_grad():
            rows: Matrix = self.model(self.X).tolist()
        return rows


PEER = TorchNetwork
