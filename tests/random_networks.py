"""Networks of all layers, trained in all ways, drawn at random, for comparing both packages.

``plan(number)`` draws one as plain numbers and text; ``run(module, plan)`` builds and trains it and
returns everything that can be seen of it as bits.
"""

from __future__ import annotations

import copy
import os
import pickle
import random
import tempfile
from types import ModuleType
from typing import Any

from bits import bits

ACTIVATIONS = ["sigmoid", "tanh", "relu", "leaky_relu", "linear"]
LOSSES = [
    "sum_of_squares",
    "mean_squared_error",
    "binary_cross_entropy",
    "categorical_cross_entropy",
]
NEEDED = {"binary_cross_entropy": "sigmoid", "categorical_cross_entropy": "softmax"}

OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("GradientDescent", {}),
    ("Momentum", {"momentum": 0.5}),
    ("Momentum", {}),
    ("Nesterov", {}),
    ("AdaGrad", {}),
    ("RMSProp", {"decay": 0.75}),
    ("Adam", {}),
    ("Adam", {"beta1": 0.0, "beta2": 0.5, "epsilon": 1e-3}),
    ("AdamW", {"weight_decay": 0.1}),
]

SCHEDULES: list[tuple[str, tuple[Any, ...]]] = [
    ("StepDecay", (0.1, 2)),
    ("ExponentialDecay", (0.5, 0.75)),
    ("CosineDecay", (0.1, 3)),
    ("InverseTimeDecay", (0.1, 0.5)),
    ("WarmUp", (2, 0.1)),
    ("ReduceOnPlateau", (0.5, 0.5, 1)),
]

Shape = tuple[int, ...]


def plan(number: int, most_samples: int = 21) -> dict[str, Any]:
    """Return a network, its samples and its training, as plain numbers and text."""
    r = random.Random(number)
    loss = r.choice(LOSSES)
    kind = r.choice(["row", "row", "image", "image", "image", "sequence", "sequence"])
    shape: Shape = (r.choice([1, 2, 3, 5, 8, 12, 17, 33, 70, 130]),)
    if kind == "image":
        shape = (r.choice([1, 1, 2, 3, 5]), r.randrange(1, 11), r.randrange(1, 11))
    if r.random() < 0.06:  # so many inputs that zeros may be left out
        shape = {"row": (400,), "image": (1, 16, 16), "sequence": (6, 40)}[kind]
    elif kind == "sequence":
        shape = (r.randrange(1, 6), r.choice([1, 2, 3, 5, 9]))
    inputs = numbers_in(shape)
    layers = []
    for place in range(r.choice([0, 1, 1, 2, 2, 3, 4])):
        layer, shape = _layer(r, shape, place == 0)
        layers.append(layer)
    last, shape = _last_layer(r, shape, NEEDED.get(loss), not layers)
    layers.append(last)
    samples = min(r.choice([1, 2, 3, 5, 8, 13, 21]), most_samples)
    share = r.choice([0.0, 0.0, 0.5, 0.8, 0.95])
    x = [[_input(r, share) for _ in range(inputs)] for _ in range(samples)]
    made = {"layers": layers, "loss": loss, "seed": number % 1000, "x": x}
    made["y"], classes = _targets(r, loss, numbers_in(shape), samples)
    made["fit"] = _fit(r, samples, classes)
    made["again"] = r.choice([None, None, "fit", "save", "save", "copy", "pickle"])
    made["callback"] = r.choice([None, None, None, "look", "write", "hold"])
    if r.random() < 0.08:
        made["x"][-1][0] = r.choice([1e200, -1e154])
    return made


def numbers_in(shape: Shape) -> int:
    """Return how many numbers a shape holds."""
    numbers = 1
    for size in shape:
        numbers *= size
    return numbers


def _input(r: random.Random, zeros: float) -> float:
    if r.random() < zeros:
        return 0.0
    return r.choice([r.uniform(-2.0, 2.0), r.uniform(-2.0, 2.0), 1.0, -0.0])


def _penalties(r: random.Random) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    if r.random() < 0.2:
        settings["l1"] = r.choice([0.01, 0.5])
    if r.random() < 0.2:
        settings["l2"] = r.choice([0.001, 0.25])
    if r.random() < 0.03:
        settings["initializer"] = ("Uniform", (-1e160, 1e200))
    if r.random() < 0.3:
        settings["bias"] = False
    elif r.random() < 0.3:
        settings["bias_initializer"] = "uniform"
    return settings


def _layer(r: random.Random, shape: Shape, is_first: bool) -> tuple[Any, Shape]:
    """Return a layer that takes this shape, as (class, arguments, settings), and what it gives."""
    kinds = ["Dense", "Dense", "Dropout", "Flatten"]
    if len(shape) == 3:
        kinds = ["Conv2D"] * 5 + ["MaxPool2D"] * 3 + ["AveragePool2D"] * 2 + kinds
    if len(shape) == 2:
        kinds = ["Recurrent"] * 6 + kinds
    kind = r.choice(kinds)
    if kind == "Conv2D":
        return _convolution(r, shape, is_first, r.choice(ACTIVATIONS))
    if kind == "Recurrent":
        return _recurrent(r, shape, is_first, r.choice(ACTIVATIONS))
    if kind in ("MaxPool2D", "AveragePool2D"):
        size = [r.randrange(1, min(n, 4) + 1) for n in shape[1:]]
        settings: dict[str, Any] = {"inputs": shape} if is_first else {}
        stride = size
        if r.random() < 0.4:
            stride = [r.randrange(1, 4), r.randrange(1, 4)]
            settings["stride"] = tuple(stride)
        given = (
            shape[0],
            *((n - k) // s + 1 for n, k, s in zip(shape[1:], size, stride, strict=True)),
        )
        return (kind, (tuple(size),), settings), given
    if kind == "Dropout":
        settings = {"inputs": shape} if is_first else {}
        return (kind, (r.choice([0.0, 0.2, 0.5, 0.9]),), settings), shape
    if kind == "Flatten":
        settings = {"inputs": numbers_in(shape)} if is_first else {}
        return (kind, (), settings), (numbers_in(shape),)
    return _dense(r, shape, is_first, r.choice([*ACTIVATIONS, "softmax"]))


def _dense(r: random.Random, shape: Shape, is_first: bool, activation: str) -> tuple[Any, Shape]:
    units = r.choice([1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33])
    if activation == "softmax":
        units = max(units, 2)
    inputs = numbers_in(shape) if is_first or r.random() < 0.5 else None
    return ("Dense", (inputs, units, activation), _penalties(r)), (units,)


def _convolution(
    r: random.Random, shape: Shape, is_first: bool, activation: str
) -> tuple[Any, Shape]:
    filters = r.choice([1, 2, 3, 4, 8, 9])
    padding: Any = r.choice([0, 0, 1, (1, 0), (0, 2), "same"])
    stride = r.choice([(1, 1), (1, 1), (1, 1), (2, 2), (1, 2), (3, 1)])
    if padding == "same":
        size = [r.randrange(1, 5), r.randrange(1, 5)]
        sides = [-(-n // s) for n, s in zip(shape[1:], stride, strict=True)]
    else:
        around = padding if isinstance(padding, tuple) else (padding, padding)
        wide = [n + 2 * p for n, p in zip(shape[1:], around, strict=True)]
        size = [r.randrange(1, min(n, 5) + 1) for n in wide]
        sides = [(n - k) // s + 1 for n, k, s in zip(wide, size, stride, strict=True)]
    settings = {**_penalties(r), "stride": stride, "padding": padding}
    inputs = shape if is_first or r.random() < 0.5 else None
    return ("Conv2D", (inputs, filters, tuple(size), activation), settings), (filters, *sides)


def _recurrent(
    r: random.Random, shape: Shape, is_first: bool, activation: str
) -> tuple[Any, Shape]:
    units = r.choice([1, 2, 3, 4, 5, 8, 9, 17])
    sequences = r.random() < 0.5
    settings = {**_penalties(r), "sequences": sequences}
    inputs = shape if is_first or r.random() < 0.5 else None
    given = (shape[0], units) if sequences else (units,)
    return ("Recurrent", (inputs, units, activation), settings), given


def _last_layer(
    r: random.Random, shape: Shape, needed: str | None, is_first: bool
) -> tuple[Any, Shape]:
    if needed == "softmax":
        return _dense(r, shape, is_first, needed)
    if len(shape) == 3 and r.random() < 0.3:
        return _convolution(r, shape, is_first, needed or r.choice(ACTIVATIONS))
    if len(shape) == 2 and r.random() < 0.5:
        return _recurrent(r, shape, is_first, needed or r.choice(ACTIVATIONS))
    if needed is None and r.random() < 0.15:
        return _layer(r, shape, is_first)
    return _dense(r, shape, is_first, needed or r.choice(ACTIVATIONS))


def _targets(r: random.Random, loss: str, outputs: int, samples: int) -> tuple[Any, int]:
    """Return targets, and how many classes they name; 0 if they are none."""
    if loss == "categorical_cross_entropy":
        return [r.randrange(outputs) for _ in range(samples)], outputs
    if r.random() < 0.4:
        if outputs == 1:
            return [r.randrange(2) for _ in range(samples)], 2
        return [r.randrange(outputs) for _ in range(samples)], outputs
    if r.random() < 0.3:
        return [[float(r.random() < 0.5) for _ in range(outputs)] for _ in range(samples)], 0
    return [[r.random() for _ in range(outputs)] for _ in range(samples)], 0


def _fit(r: random.Random, samples: int, classes: int) -> dict[str, Any]:
    fit: dict[str, Any] = {"epochs": r.randrange(1, 5), "threads": r.choice([1, 1, 2, 3])}
    fit["batch_size"] = r.choice([None, 1, 2, 3, 8])
    fit["shuffle"] = r.random() < 0.6
    if r.random() < 0.7:
        fit["optimizer"] = r.choice([*OPTIMIZERS, ("name", {"name": "adam"})])
    kind = r.random()
    if kind < 0.3:
        fit["schedule"] = r.choice(SCHEDULES)
    elif kind < 0.7:
        fit["learning_rate"] = r.choice([0.01, 0.1, 0.5, 2, 1e3])
    if r.random() < 0.2:
        fit["clip_norm"] = r.choice([0.01, 1.0])
    if r.random() < 0.2:
        fit["clip_value"] = r.choice([0.001, 0.1])
    if r.random() < 0.2:
        fit["sample_weight"] = [1.0, *(r.choice([0, 0.5, 3.0]) for _ in range(samples - 1))]
    if classes and r.random() < 0.3:
        fit["class_weight"] = r.choice(["balanced", {0: 2.0, 1: 0.25}])
    if samples > 1 and r.random() < 0.2:
        fit["validation_split"] = r.choice([0.1, 0.5])
    elif r.random() < 0.2:
        fit["validate"] = True
    if r.random() < 0.2:
        fit["restore_best"] = True
    if r.random() < 0.2:
        fit["patience"] = 1
    return fit


def run(module: ModuleType, made: dict[str, Any], other: ModuleType) -> list[Any]:
    """Build and train a network; return what is seen of it, or the error, as bits.

    other: the package with which a network that was saved is carried on.
    """
    seen: list[Any] = []
    try:
        layers = [_built(module, *described) for described in made["layers"]]
        net = module.Network(layers, made["loss"], seed=made["seed"])
        _look(net, made, seen)
        _train(module, net, made, seen)
        if made["again"] == "save":
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "model.json")
                net.save(path)
                with open(path, encoding="utf-8") as file:
                    seen.append(file.read())
                net = other.load(path)
            module = other
        if made["again"] == "copy":
            net = copy.deepcopy(net)
        if made["again"] == "pickle":
            net = pickle.loads(pickle.dumps(net))
        if made["again"] is not None:
            _train(module, net, made, seen)
            _look(net, made, seen)
    except (ValueError, TypeError) as error:
        seen += [type(error).__name__, str(error)]
    return seen


def _built(module: ModuleType, name: str, given: Any, named: dict[str, Any]) -> Any:
    if "initializer" in named:
        kind, arguments = named["initializer"]
        named = {**named, "initializer": getattr(module, kind)(*arguments)}
    return getattr(module, name)(*given, **named)


def _callback(net: Any, kind: str, seen: list[Any]) -> Any:
    """Return a function that looks at the parameters after each epoch, or changes one of them."""
    held: list[Any] = []

    def on_epoch(epoch: int, history: Any) -> None:
        for layer in net.layers:
            for name in layer.PARAMETERS:
                values = getattr(layer, name)
                while values is not None and isinstance(values[0], list):
                    values = values[-1]
                if values is None:
                    continue
                seen.append(bits(values))
                if kind == "write":
                    values[0] = 0.5 * values[0] + 0.125
                if kind == "hold":
                    seen.append([bits(each) for each in held[-3:]])
                    held.append(values)

    return on_epoch


def _train(module: ModuleType, net: Any, made: dict[str, Any], seen: list[Any]) -> None:
    settings = dict(made["fit"])
    if "optimizer" in settings:
        name, given = settings["optimizer"]
        settings["optimizer"] = given["name"] if name == "name" else getattr(module, name)(**given)
    if "schedule" in settings:
        name, arguments = settings.pop("schedule")
        settings["learning_rate"] = getattr(module, name)(*arguments)
    if settings.pop("validate", False):
        settings["validation_data"] = (made["x"], made["y"])
    if made["callback"] is not None:
        settings["on_epoch"] = _callback(net, made["callback"], seen)
    try:
        net.fit(made["x"], made["y"], **settings)
    except ArithmeticError as error:
        seen.append(str(error))
    seen.append(net.digest())
    seen += [(name, bits(value)) for name, value in sorted(vars(net.history).items())]


def _look(net: Any, made: dict[str, Any], seen: list[Any]) -> None:
    seen.append(net.digest())
    seen.append(bits(net.predict(made["x"], threads=made["fit"]["threads"])))
    seen.append(bits([x for x in net.evaluate(made["x"], made["y"]) if x is not None]))
    seen.append([[bits(output.z), bits(output.a)] for output in net.feedforward(made["x"])])
    gradients = net.backprop(made["x"], made["y"])
    for layer, gradient in zip(net.layers, gradients, strict=True):
        found = [getattr(gradient, name) for name in layer.PARAMETERS]
        seen.append([bits(values) for values in found if values is not None])


def tune(compiled: ModuleType, number: int) -> None:
    """Choose a vector width, and whether threads and pieces are for the smallest networks, too."""
    r = random.Random(number)
    widths = ["portable", "vector", "sse2", "avx2", "avx512", "neon"]
    for width in [*r.sample(widths, len(widths)), "portable"]:
        try:
            compiled.vectors.choose_vectors(width)
            break
        except ValueError:  # this processor has no such
            continue
    compiled.threads.share_from(r.choice([0.0, 0.0, 1e5]))
    compiled.threads.limit_pieces(r.choice([1, 10**8, 10**8]))
