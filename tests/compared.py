"""Networks whose training is compared with that of others, and how."""

from __future__ import annotations

import copy
import itertools
import random
from types import ModuleType
from typing import Any

from autodiff import flat

GRADIENT = 1e-9  # of the larger of 1 and the slope
STEPS = 1e-10

Layers = list[tuple[str, tuple[Any, ...], dict[str, Any]]]

ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "linear")
LAST = {"binary_cross_entropy": "sigmoid", "categorical_cross_entropy": "softmax"}
LOSSES = ("sum_of_squares", "mean_squared_error", *LAST)


def conv(*arguments: Any, **keywords: Any) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    return "Conv2D", arguments, keywords


def dense(*arguments: Any, **keywords: Any) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    return "Dense", arguments, keywords


def recurrent(*arguments: Any, **keywords: Any) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    return "Recurrent", arguments, keywords


def pool(kind: str, *arguments: Any, **keywords: Any) -> tuple[str, tuple[Any, ...], Any]:
    return kind, arguments, keywords


FLATTEN = pool("Flatten")


def with_last(layers: Layers, loss: str) -> Layers:
    return [*layers, dense(None, 3, LAST.get(loss, "tanh"))]


def cases() -> dict[str, tuple[Layers, str]]:
    """Return networks by their names, each with its loss; the losses take turns."""
    found: dict[str, tuple[Layers, str]] = {}
    losses = itertools.cycle(LOSSES)

    def add(name: str, *layers: Any) -> None:
        loss = next(losses)
        found[name] = with_last(list(layers), loss), loss

    for activation in ACTIVATIONS:
        add(f"dense {activation}", dense(4, 5, activation), dense(None, 4, activation))
        add(f"conv {activation}", conv((2, 5, 4), 3, 3, activation), FLATTEN)
        for sequences in (False, True):
            name = f"recurrent {activation}{' sequences' if sequences else ''}"
            add(name, recurrent((4, 3), 3, activation, sequences=sequences))
    add("dense softmax", dense(4, 5, "softmax"), dense(None, 4, "softmax"))

    sizes = itertools.cycle((3, (2, 3), (3, 1), 2))
    strides = (1, 2, (2, 1), (1, 3))
    paddings = (0, 1, (0, 2), (2, 1), "same")
    for stride, padding in itertools.product(strides, paddings):
        size = next(sizes)
        first = conv((2, 5, 6), 2, size, "tanh", stride=stride, padding=padding)
        name = f"conv size {size} stride {stride} padding {padding}"
        # The second one carries the error back through such an image.
        add(name, first, conv(None, 3, 2, "sigmoid", stride=stride, padding=padding), FLATTEN)

    for kind in ("MaxPool2D", "AveragePool2D"):
        for settings in ((2, None), (3, 1), ((3, 2), (1, 2)), ((2, 3), (3, 2)), (2, 1), (1, 2)):
            size, stride = settings
            layer = pool(kind, size, stride=stride)
            add(
                f"{kind} {size} stride {stride}",
                conv((1, 7, 8), 2, 2, "tanh"),
                layer,
                conv(None, 2, 2, "leaky_relu", padding=1),
                FLATTEN,
            )

    without = {"bias": False}
    add("no biases", conv((1, 5, 5), 2, 3, "tanh", **without), FLATTEN, dense(None, 4, **without))
    add("no biases, recurrent", recurrent((3, 2), 3, "tanh", sequences=True, **without))
    add("penalties, dense", dense(4, 5, "tanh", l1=0.03), dense(None, 4, "tanh", l2=0.2))
    add("penalties, conv", conv((2, 4, 4), 2, 3, "tanh", l1=0.01, l2=0.1), FLATTEN)
    add(
        "penalties, recurrent",
        recurrent((4, 2), 3, "tanh", sequences=True, l1=0.05),
        recurrent(None, 2, "tanh", l1=0.01, l2=0.1),
    )
    add(
        "three recurrent",
        recurrent((5, 2), 3, "tanh", sequences=True),
        recurrent(None, 2, "sigmoid", sequences=True),
        recurrent(None, 3, "leaky_relu"),
    )
    return found


CASES = cases()


def network(package: ModuleType, layers: Layers, loss: str) -> Any:
    """Return a network of which no first weight or bias is zero."""
    made = []
    for kind, arguments, keywords in layers:
        own = dict(keywords)
        if kind in ("Dense", "Conv2D", "Recurrent"):
            own["initializer"] = package.Normal(0.7)
            if keywords.get("bias", True):
                own["bias_initializer"] = package.Normal(0.7)
        if kind == "Recurrent":
            own["recurrent_initializer"] = package.Normal(0.7)
        made.append(getattr(package, kind)(*arguments, **own))
    return package.Network(made, loss, seed=3)


def parameters_of(net: Any) -> list[dict[str, Any]]:
    """Return a copy of each layer's parameters, by their names."""
    return [
        {name: copy.deepcopy(getattr(layer, name)) for name in layer.PARAMETERS}
        for layer in net.layers
    ]


def samples(net: Any, count: int, seed: str) -> tuple[list[list[float]], list[list[float]]]:
    generator = random.Random(seed)
    inputs = [
        [generator.uniform(-1.0, 1.0) for _ in range(net.layers[0].inputs)] for _ in range(count)
    ]
    targets = []
    for _ in range(count):
        row = [generator.uniform(0.1, 1.0) for _ in range(net.layers[-1].outputs)]
        targets.append([y / sum(row) for y in row])
    return inputs, targets


def assert_agree(found: Any, expected: Any, tolerance: float, place: str) -> None:
    """Compare nested numbers, of which there must be as many on both sides."""
    pairs = list(itertools.zip_longest(flat(found), flat(expected)))
    for number, (a, b) in enumerate(pairs):
        if a is b is None:
            continue
        error = abs(a - b) / max(1.0, abs(b))
        assert error <= tolerance, f"{place}, number {number} of {len(pairs)}: {a} and {b}"


def assert_gradients_agree(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    for number, (own, other) in enumerate(zip(found, expected, strict=True)):
        assert list(own) == list(other)
        for name in own:
            assert_agree(own[name], other[name], GRADIENT, f"layers[{number}].{name}")


def gradients_of(net: Any, inputs: Any, targets: Any) -> list[dict[str, Any]]:
    """Return what backprop says of each parameter."""
    return [
        {name: getattr(gradient, name) for name in layer.PARAMETERS}
        for layer, gradient in zip(net.layers, net.backprop(inputs, targets), strict=True)
    ]


def moved(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return by how much each number became smaller."""

    def difference(a: Any, b: Any) -> Any:
        if isinstance(a, list):
            return [difference(x, y) for x, y in zip(a, b, strict=True)]
        return None if a is None else a - b

    return [
        {name: difference(old[name], new[name]) for name in old}
        for old, new in zip(before, after, strict=True)
    ]


OPTIMIZERS: dict[str, tuple[str, dict[str, float], float]] = {
    "GradientDescent": ("GradientDescent", {}, 0.1),
    "Momentum": ("Momentum", {}, 0.05),
    "Momentum 0.5": ("Momentum", {"momentum": 0.5}, 0.1),
    "Nesterov": ("Nesterov", {}, 0.05),
    "AdaGrad": ("AdaGrad", {}, 0.05),
    "RMSProp": ("RMSProp", {}, 0.01),
    "RMSProp 0.99": ("RMSProp", {"decay": 0.99, "epsilon": 1e-6}, 0.01),
    "Adam": ("Adam", {}, 0.01),
    "Adam 0.8": ("Adam", {"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3}, 0.02),
    "AdamW": ("AdamW", {}, 0.01),
    "AdamW 0.1": ("AdamW", {"weight_decay": 0.1}, 0.05),
}

CLIPPING: dict[str, dict[str, float]] = {
    "no clipping": {},
    "clip_value": {"clip_value": 0.1},
    "clip_norm": {"clip_norm": 0.7},
    "both": {"clip_value": 0.3, "clip_norm": 0.7},
}

TRAINED: dict[str, Layers] = {
    "dense": [dense(4, 5, "tanh", l1=0.002, l2=0.01), dense(None, 3, "softmax", l2=0.02)],
    "images": [
        conv((1, 5, 5), 2, 3, "leaky_relu", padding="same", l1=0.001, l2=0.02),
        pool("MaxPool2D", 2),
        FLATTEN,
        dense(None, 3, "softmax", l1=0.005),
    ],
    "sequences": [
        recurrent((4, 2), 3, "tanh", l1=0.001, l2=0.01),
        dense(None, 3, "softmax", bias=False),
    ],
}


# Each optimizer with each clipping, on the networks in turn.
COMBINATIONS = [
    (*combination, kind)
    for combination, kind in zip(
        itertools.product(OPTIMIZERS, CLIPPING), itertools.cycle(TRAINED), strict=False
    )
]
