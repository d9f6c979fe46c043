"""Networks in files: JSON that keeps every bit.

Python writes a float with as many digits as it takes to read the same bits back; NaN and infinity,
which JSON does not know, are written as text.  The file names its own digest, so that a changed
one is noticed.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeVar

from .checks import as_count, as_path, entry_of
from .construction import Parts
from .layers import KINDS, Layer, rows_of
from .names import LossName, hint
from .optimizers import OPTIMIZERS, Published
from .parameters import digest_of
from .writing import write_text

FORMAT = "purenet network"
VERSION = 1

# What stands beside a network that takes its inputs as they are.
ALONE: Mapping[str, Any] = {"preparation": None}

_NAMED: dict[str, float] = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class Saved(Parts, Protocol):
    """What a file asks of a network that is made from it."""

    def __init__(self, layers: list[Layer], loss: LossName, *, seed: int) -> None: ...

    def digest(self) -> str: ...


N = TypeVar("N", bound=Saved)


def save_network(
    net: Parts,
    path: str | os.PathLike[str],
    optimizer: bool = True,
    beside: Mapping[str, Any] = ALONE,
) -> None:
    """Write a network to a file, whole or not at all; with what its optimizer remembers, or not.

    beside: what else the file holds: first of all, how the inputs of the network are prepared.
    """
    write_text(path, network_text(net, optimizer, beside))


def network_text(net: Parts, optimizer: bool = False, beside: Mapping[str, Any] = ALONE) -> str:
    """Return the text of a network's file; the arguments are those of ``save_network``."""
    return _text_of(document(net, optimizer, beside))


def document(
    net: Parts, optimizer: bool = False, beside: Mapping[str, Any] = ALONE
) -> dict[str, Any]:
    """Return all that there is to a network, as its file holds it.

    optimizer: also what the optimizer remembers, if it is one of purenet's own.
    beside: what else the file holds.

    It shares no list with the network.  Its digest is that of its own weights, also where another
    thread trains the network meanwhile.  Raises ValueError or TypeError for what could not be made
    a network again.
    """
    layers = [_layer_document(layer, optimizer) for layer in net.layers]
    kinds = zip(net.layers, layers, strict=True)
    digest = digest_of(row for layer, written in kinds for row in _rows_of(layer, written))
    return {
        "format": FORMAT,
        "version": VERSION,
        "loss": net.loss,
        "seed": net.seed,
        "epochs_trained": net.epochs_trained,
        "digest": digest,
        **beside,
        "layers": layers,
    }


def _layer_document(layer: Layer, optimizer: bool) -> dict[str, Any]:
    """Return a layer's settings and, in the order of the alphabet, its parameters."""
    # A file that says nothing of the kind has the one kind that there was at first.
    kind = (
        {}
        if layer.is_twin() and type(layer).__name__ == "Dense"
        else {"kind": type(layer).__name__}
    )
    parameters = {name: _copied(getattr(layer, name)) for name in sorted(layer.PARAMETERS)}
    remembered = _optimizer_document(layer) if optimizer else {}
    return {**kind, **layer.settings(), **parameters, **remembered}


def _optimizer_document(layer: Layer) -> dict[str, Any]:
    """Return the optimizer of a layer's last step and what it remembers, if there is something."""
    used = layer.optimizer_memory()
    if used is None:
        return {}
    optimizer, memory = used
    names: dict[type[Any], str] = {kind: name for name, kind in OPTIMIZERS.items()}
    if not isinstance(optimizer, Published) or type(optimizer) not in names:
        return {}
    if not any(memory.values()):
        return {}
    name = names[type(optimizer)]
    # Its lists can be changed without a check.
    checked = _checked_memory(layer, name, optimizer, memory)
    return {"optimizer": {"name": name, **optimizer.settings(), "memory": checked}}


def _copied(values: Any) -> Any:
    return [_copied(item) for item in values] if hasattr(values, "__len__") else values


def _rows_of(layer: Layer, written: dict[str, Any]) -> Iterator[list[float]]:
    for name in layer.PARAMETERS:
        if written[name] is not None:
            yield from rows_of(written[name])


def _text_of(content: dict[str, Any]) -> str:
    # One line a key and one a layer: short, and still possible to read.
    lines = [
        f"{json.dumps(key)}: {json.dumps(value, allow_nan=False)}"
        for key, value in content.items()
        if key != "layers"
    ]
    layers = [json.dumps(_written(layer), allow_nan=False) for layer in content["layers"]]
    rows = ",\n".join(layers)
    return "{\n" + ",\n".join(lines) + ',\n"layers": [\n' + rows + "\n]}\n"


def _written(value: Any) -> Any:
    """Return a value with every number that JSON does not know as text."""
    if isinstance(value, dict):
        return {key: _written(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_written(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def load_network(network_class: type[N], path: str | os.PathLike[str]) -> N:
    """Read a network of the given class from a file.

    Raises ValueError for a model of a table: what its network takes are not the table's rows.
    """
    name = os.fspath(path)
    content = read_document(path)
    if isinstance(content, dict) and content.get("preparation") is not None:
        raise ValueError(
            f"{name}: found a model of a table, expected a network alone; "
            f"purenet.load reads both, and its model takes the table's rows"
        )
    try:
        return network_of(network_class, content)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name}: {error}") from None


def read_document(path: str | os.PathLike[str]) -> Any:
    """Return what the JSON file of a network holds, or raise ValueError for another file."""
    name = as_path(path)
    try:
        with open(name, "rb") as file:
            return json.load(file)  # UTF-8 or UTF-16, with a byte order mark or without
    except json.JSONDecodeError as error:
        raise ValueError(
            f"{name}: line {error.lineno}, column {error.colno}: {error.msg}; "
            f"expected a complete file written by save()"
        ) from None
    except (ValueError, RecursionError):  # ValueError: not UTF-8, or a number of many digits
        raise ValueError(f"{name}: not a text file, expected one written by save()") from None


def network_of(network_class: type[N], content: Any) -> N:
    """Return the network of the given class that ``document`` described.

    Raises ValueError or TypeError for anything else, and for weights that the digest does not fit.
    """
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"no {FORMAT}, expected a file written by save()")
    if content.get("version") != VERSION:
        raise ValueError(f"version: found {content.get('version')!r}, expected {VERSION}")
    layers = []
    for number, entry in enumerate(entry_of(content, "layers", list)):
        try:
            layers.append(_layer_of(network_class, entry))
        except (ValueError, TypeError) as error:
            raise ValueError(f"layer {number}: {error}") from None
    seed = as_count(entry_of(content, "seed"), "seed", least=0)  # none is no seed here
    net = network_class(layers, entry_of(content, "loss", str), seed=seed)
    net.epochs_trained = entry_of(content, "epochs_trained")
    if net.digest() != entry_of(content, "digest", str):
        raise ValueError("digest: the weights do not match it, expected an unchanged file")
    return net


def _layer_of(network_class: type[Saved], entry: Any) -> Layer:
    if not isinstance(entry, dict):
        raise ValueError("expected an object")
    name = entry.get("kind", "Dense")
    backend = network_class.layer_class.backend
    kinds = {name: kind for (of, name), kind in KINDS.items() if of in ("any", backend)}
    if not isinstance(name, str) or name not in kinds:
        # Without what somebody has derived from one package's layer, which the other does not know.
        usual = [name for name, kind in kinds.items() if kind.is_twin() or kind.backend == "any"]
        raise ValueError(
            f"kind: found {name!r:.60}, expected one of {', '.join(sorted(usual))}"
            f"{hint(name, usual)}"
        )
    layer = kinds[name].from_settings(entry)
    for name in layer.PARAMETERS:
        shape = layer.shape(name)
        if shape is not None:
            setattr(layer, name, _read(entry_of(entry, name, list), len(shape)))
    if "optimizer" in entry:
        _remember(layer, entry_of(entry, "optimizer", dict))
    return layer


def _remember(layer: Layer, entry: dict[str, Any]) -> None:
    """Give a layer back what an optimizer remembered of it."""
    settings = {name: value for name, value in entry.items() if name not in ("name", "memory")}
    name = entry_of(entry, "name", str)
    if name not in OPTIMIZERS:
        raise ValueError(
            f"optimizer: found {name!r:.60}, expected one of {', '.join(OPTIMIZERS)}"
            f"{hint(name, OPTIMIZERS)}"
        )
    try:
        optimizer = OPTIMIZERS[name](**settings)
    except (TypeError, ValueError) as error:
        raise ValueError(f"optimizer {name}: {error}") from None
    found = entry_of(entry, "memory", dict)
    layer.remember(optimizer, _checked_memory(layer, name, optimizer, found))


def _checked_memory(
    layer: Layer, name: str, optimizer: Published, found: dict[str, Any]
) -> dict[str, Any]:
    """Return a copy of what an optimizer remembers of a layer's parameters, if it can be that."""
    memory = {}
    for parameter in layer.PARAMETERS:
        values = getattr(layer, parameter)
        expected = None if values is None else optimizer.start(rows_of(values))
        place = f"optimizer {name}: {parameter}"
        memory[parameter] = _like(found.get(parameter), expected, place)
        if expected is not None:
            _check_range(optimizer, memory[parameter], place)
    return memory


def _check_range(optimizer: Published, memory: dict[str, Any], place: str) -> None:
    """Refuse numbers that no step can have left, and with which the next one has no root."""
    for name in optimizer.SQUARES:
        for number, row in enumerate(memory[name]):
            if any(value < 0.0 for value in row):
                least = min(row)
                raise ValueError(f"{place}: {name}[{number}]: found {least}, expected 0 or more")
    for name in optimizer.POWERS:
        if not 0.0 <= memory[name] <= 1.0:
            raise ValueError(f"{place}: {name}: found {memory[name]}, expected 0 to 1")


def _like(found: Any, expected: Any, place: str) -> Any:
    """Return what a file says an optimizer remembers, if it fits what it would start with."""
    if isinstance(expected, dict):
        if not isinstance(found, dict) or found.keys() != expected.keys():
            raise ValueError(f"{place}: found {found!r:.60}, expected {', '.join(expected)}")
        return {name: _like(found[name], expected[name], f"{place}: {name}") for name in expected}
    if isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            size = f"{len(found)}" if isinstance(found, list) else f"{found!r:.60}"
            raise ValueError(f"{place}: found {size}, expected {len(expected)} as in the network")
        return [
            _like(*pair, f"{place}[{number}]")
            for number, pair in enumerate(zip(found, expected, strict=True))
        ]
    if isinstance(expected, float):
        value = _NAMED.get(found, found) if isinstance(found, str) else found
        if type(value) not in (float, int):
            raise ValueError(f"{place}: found {found!r:.60}, expected a number")
        return float(value)
    if found != expected:
        raise ValueError(f"{place}: found {found!r:.60}, expected {expected}")
    return found


def _read(values: Any, dimensions: int) -> list[Any]:
    """Return nested lists with the numbers that JSON does not know instead of their names."""
    if not isinstance(values, list):
        raise ValueError(f"found {values!r:.60}, expected a list of numbers")
    if dimensions > 1:
        return [_read(item, dimensions - 1) for item in values]
    return [_NAMED[value] if value in ("nan", "inf", "-inf") else value for value in values]
