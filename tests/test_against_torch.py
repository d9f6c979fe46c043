"""Gradients and optimizers against PyTorch, where it is installed."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import pytest
from compared import (
    CASES,
    CLIPPING,
    COMBINATIONS,
    OPTIMIZERS,
    STEPS,
    TRAINED,
    assert_agree,
    assert_gradients_agree,
    gradients_of,
    network,
    parameters_of,
    samples,
)

torch = pytest.importorskip("torch")
functional = torch.nn.functional
torch.set_num_threads(1)

ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": lambda z: functional.leaky_relu(z, 0.01),
    "linear": lambda z: z,
    "softmax": lambda z: torch.softmax(z, dim=1),
}


def pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value


class Compared:
    """A network of the tests as PyTorch computes it."""

    def __init__(self, layers: Any, loss: str, parameters: list[dict[str, Any]]) -> None:
        self.layers = layers
        self.loss = loss
        self.parameters = [
            {
                name: None
                if values is None
                else torch.tensor(values, dtype=torch.float64, requires_grad=True)
                for name, values in layer.items()
            }
            for layer in parameters
        ]

    def tensors(self) -> list[Any]:
        return [p for layer in self.parameters for p in layer.values() if p is not None]

    def layer(self, number: int, x: Any, activate: bool) -> Any:
        kind, arguments, keywords = self.layers[number]
        own = self.parameters[number]
        if kind == "Dense":
            z = x.flatten(1) @ own["weights"]
            if own["biases"] is not None:
                z = z + own["biases"]
            return ACTIVATIONS[(*arguments, "sigmoid")[2]](z) if activate else z
        if kind == "Conv2D":
            inputs, _, _, activation = arguments
            if inputs is not None:
                x = x.reshape(len(x), *inputs)
            return ACTIVATIONS[activation](self.convolved(x, own, **keywords))
        if kind == "Recurrent":
            inputs, units, activation = arguments
            if inputs is not None:
                x = x.reshape(len(x), *inputs)
            states = self.states(x, own, units, activation)
            return states if keywords.get("sequences") else states[:, -1]
        if kind == "MaxPool2D":
            return functional.max_pool2d(x, arguments[0], **keywords)
        if kind == "AveragePool2D":
            return functional.avg_pool2d(x, arguments[0], **keywords)
        assert kind == "Flatten"
        return x.flatten(1)

    @staticmethod
    def convolved(x: Any, own: dict[str, Any], stride: Any = 1, padding: Any = 0, **_: Any) -> Any:
        if padding == "same":  # PyTorch has it for stride 1 only
            sides = []
            for length, size, step in zip(
                x.shape[2:], own["weights"].shape[2:], pair(stride), strict=True
            ):
                total = max((math.ceil(length / step) - 1) * step + size - length, 0)
                sides = [total // 2, total - total // 2, *sides]  # the last axis comes first
            x, padding = functional.pad(x, sides), 0
        weights, biases = own["weights"], own["biases"]
        return functional.conv2d(x, weights, biases, stride=stride, padding=padding)

    @staticmethod
    def states(x: Any, own: dict[str, Any], units: int, activation: str) -> Any:
        weights, recurrent, biases = own["weights"], own["recurrent_weights"], own["biases"]
        state = torch.zeros(len(x), units, dtype=torch.float64)
        if activation in ("tanh", "relu"):
            layer = torch.nn.RNN(
                x.shape[2],
                units,
                nonlinearity=activation,
                bias=False,
                batch_first=True,
                dtype=torch.float64,
            )
            values = {"weight_ih_l0": weights.T, "weight_hh_l0": recurrent.T}
            if biases is not None:
                # As a further input that is always 1: PyTorch has two biases.
                x = torch.cat([x, torch.ones(*x.shape[:2], 1, dtype=torch.float64)], dim=2)
                values["weight_ih_l0"] = torch.cat([weights, biases[None]]).T
                layer.input_size += 1
            return torch.func.functional_call(layer, values, (x, state[None]))[0]
        states = []
        for t in range(x.shape[1]):
            z = x[:, t] @ weights + state @ recurrent
            state = ACTIVATIONS[activation](z if biases is None else z + biases)
            states.append(state)
        return torch.stack(states, dim=1)

    def loss_of(self, inputs: Any, targets: Any) -> Any:
        x = torch.tensor(inputs, dtype=torch.float64)
        y = torch.tensor(targets, dtype=torch.float64)
        last = len(self.layers) - 1
        logits = "cross_entropy" in self.loss
        for number in range(len(self.layers)):
            x = self.layer(number, x, activate=not (logits and number == last))
        if self.loss == "categorical_cross_entropy":
            loss = functional.cross_entropy(x, y)
        elif self.loss == "binary_cross_entropy":
            loss = functional.binary_cross_entropy_with_logits(x, y)
        else:
            reduction = "mean" if self.loss == "mean_squared_error" else "sum"
            loss = functional.mse_loss(x, y, reduction=reduction)
        for (_, _, keywords), own in zip(self.layers, self.parameters, strict=True):
            for name in ("weights", "recurrent_weights"):
                if name in own:
                    loss = loss + keywords.get("l1", 0.0) * own[name].abs().sum()
                    loss = loss + keywords.get("l2", 0.0) * own[name].square().sum()
        return loss

    def values(self, what: str) -> list[dict[str, Any]]:
        """Return the parameters ("data") or their gradients ("grad") as nested lists."""
        return [
            {name: None if p is None else getattr(p, what).tolist() for name, p in layer.items()}
            for layer in self.parameters
        ]


@pytest.mark.parametrize("name", CASES)
def test_gradients(backend: ModuleType, name: str) -> None:
    layers, loss = CASES[name]
    net = network(backend, layers, loss)
    inputs, targets = samples(net, 3, name)
    compared = Compared(layers, loss, parameters_of(net))
    value = compared.loss_of(inputs, targets)
    value.backward()
    assert net.evaluate(inputs, targets).loss == pytest.approx(value.item(), rel=1e-12)
    assert_gradients_agree(gradients_of(net, inputs, targets), compared.values("grad"))


def optimizer_of(name: str, settings: dict[str, float], tensors: list[Any], rate: float) -> Any:
    own = dict(settings)
    if "epsilon" in own:
        own["eps"] = own.pop("epsilon")
    if "decay" in own:
        own["alpha"] = own.pop("decay")
    elif name == "RMSProp":
        own["alpha"] = 0.9  # Hinton's; PyTorch's own is 0.99
    if "beta1" in own:
        own["betas"] = own.pop("beta1"), own.pop("beta2")
    if name in ("Momentum", "Nesterov"):
        own = {"momentum": 0.9, **own, "nesterov": name == "Nesterov"}
    names = {"AdaGrad": "Adagrad", "RMSProp": "RMSprop", "Adam": "Adam", "AdamW": "AdamW"}
    return getattr(torch.optim, names.get(name, "SGD"))(tensors, lr=rate, **own)


@pytest.mark.parametrize(("optimizer", "clipping", "kind"), COMBINATIONS)
def test_25_steps(backend: ModuleType, optimizer: str, clipping: str, kind: str) -> None:
    loss = "categorical_cross_entropy"
    net = network(backend, TRAINED[kind], loss)
    inputs, targets = samples(net, 9, kind)
    name, settings, rate = OPTIMIZERS[optimizer]
    limits = CLIPPING[clipping]
    compared = Compared(TRAINED[kind], loss, parameters_of(net))
    tensors = compared.tensors()
    steps = optimizer_of(name, settings, tensors, rate)
    for _ in range(5):
        for start in range(0, 9, 2):
            steps.zero_grad()
            compared.loss_of(inputs[start : start + 2], targets[start : start + 2]).backward()
            if "clip_value" in limits:
                torch.nn.utils.clip_grad_value_(tensors, limits["clip_value"])
            if "clip_norm" in limits:
                torch.nn.utils.clip_grad_norm_(tensors, limits["clip_norm"])
            steps.step()
    net.fit(
        inputs,
        targets,
        epochs=5,
        batch_size=2,
        shuffle=False,
        optimizer=getattr(backend, name)(**settings),
        learning_rate=rate,
        **limits,
    )
    pairs = zip(parameters_of(net), compared.values("data"), strict=True)
    for number, (own, other) in enumerate(pairs):
        for parameter in own:
            place = f"layers[{number}].{parameter}"
            assert_agree(own[parameter], other[parameter], STEPS, place)
