"""PyTorch: ``nn.Sequential`` and an optimizer of ``torch.optim``."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from purenet.matrix import Matrix

from ..layers import Conv2D, Dense, Flatten, MaxPool2D, Plan
from ..networks import Case
from . import Peer

torch.set_num_threads(1)

ACTIVATIONS = {"sigmoid": nn.Sigmoid, "relu": nn.ReLU}
# The cross-entropies are computed from what goes into the last activation.
LAST = {"categorical_cross_entropy": nn.Softmax(dim=1), "binary_cross_entropy": nn.Sigmoid()}
OPTIMIZERS = {"gradient_descent": torch.optim.SGD, "adam": torch.optim.Adam}


class LastState(nn.Module):  # type: ignore[misc]
    """``nn.RNN``, of which the last state is handed on."""

    def __init__(self, features: int, units: int) -> None:
        super().__init__()
        self.rnn = nn.RNN(features, units, batch_first=True, dtype=torch.float64)
        # purenet has one row of biases: the other one stays zero.
        nn.init.zeros_(self.rnn.bias_hh_l0).requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        _, state = self.rnn(x)
        return state[0]


def module_of(plan: Plan, inputs: tuple[int, ...]) -> nn.Module:
    """Return the layer without its activation; inputs: the shape of a sample."""
    if isinstance(plan, Dense):
        return nn.Linear(inputs[0], plan.units, dtype=torch.float64)
    if isinstance(plan, Conv2D):
        return nn.Conv2d(inputs[0], plan.filters, plan.size, dtype=torch.float64)
    if isinstance(plan, MaxPool2D):
        return nn.MaxPool2d(plan.size)
    if isinstance(plan, Flatten):
        return nn.Flatten()
    return LastState(inputs[1], plan.units)


def tensor(values: Any) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


class TorchNetwork(Peer):
    title = "PyTorch"
    distributions = ("torch",)

    def __init__(self, case: Case) -> None:
        self.case = case
        self.X = tensor(case.inputs).reshape(case.samples, *case.input_shape)
        self.Y = tensor(case.targets)
        self.loss_function: nn.Module
        if case.loss == "categorical_cross_entropy":
            self.Y = self.Y.argmax(dim=1)
            self.loss_function = nn.CrossEntropyLoss()
        elif case.loss == "binary_cross_entropy":
            self.loss_function = nn.BCEWithLogitsLoss()
        else:
            reduction = "mean" if case.loss == "mean_squared_error" else "sum"
            self.loss_function = nn.MSELoss(reduction=reduction)
        self.last = LAST.get(case.loss, nn.Identity())
        self.with_parameters: list[nn.Module] = []
        modules: list[nn.Module] = []
        shape = case.input_shape
        for number, plan in enumerate(case.layers):
            module = module_of(plan, shape)
            modules.append(module)
            self.with_parameters.append(module)
            of_loss = number + 1 == len(case.layers) and case.loss in LAST
            if isinstance(plan, Dense | Conv2D) and not of_loss:
                modules.append(ACTIVATIONS[plan.activation]())
            with torch.no_grad():
                shape = tuple(module(torch.zeros(1, *shape, dtype=torch.float64)).shape[1:])
        self.model = nn.Sequential(*modules)
        self.reset()

    def reset(self) -> None:
        with torch.no_grad():
            for module, first in zip(self.with_parameters, self.case.first, strict=True):
                if isinstance(module, LastState):
                    module.rnn.weight_ih_l0.copy_(tensor(first["weights"]).T)
                    module.rnn.weight_hh_l0.copy_(tensor(first["recurrent_weights"]).T)
                    module.rnn.bias_ih_l0.copy_(tensor(first["biases"]))
                elif isinstance(module, nn.Linear):
                    module.weight.copy_(tensor(first["weights"]).T)
                    module.bias.copy_(tensor(first["biases"]))
                elif isinstance(module, nn.Conv2d):
                    module.weight.copy_(tensor(first["weights"]))
                    if module.bias is not None:
                        module.bias.copy_(tensor(first["biases"]))
        parameters = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = OPTIMIZERS[self.case.optimizer](parameters, lr=self.case.learning_rate)

    def train(self, epochs: int) -> None:
        batch_size = self.case.batch_size
        for _ in range(epochs):
            if self.case.shuffle:
                order = torch.randperm(len(self.X))
            for start in range(0, len(self.X), batch_size):
                batch = slice(start, start + batch_size)
                samples = order[batch] if self.case.shuffle else batch
                self.optimizer.zero_grad()
                loss = self.loss_function(self.model(self.X[samples]), self.Y[samples])
                loss.backward()
                self.optimizer.step()

    def predict(self) -> Matrix:
        with torch.no_grad():
            rows: Matrix = self.last(self.model(self.X)).tolist()
        return rows


PEER = TorchNetwork
