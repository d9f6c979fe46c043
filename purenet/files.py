"""Networks in files: JSON that keeps every bit.

Python writes a float with as many digits as it takes to read the same bits back; NaN and infinity,
which JSON does not know, are written as text.  The file names its own digest, so that a changed
one is noticed.
"""

from __future__ import annotations

import json
import math
import os
from typing import TYPE_CHECKING, Any, TypeVar

from .checks import as_count
from .digests import digest_of
from .tables import Preparation
from .writing import write_text

if TYPE_CHECKING:
    from .network import Network

FORMAT = "purenet network"
VERSION = 1

_NAMED: dict[str, float] = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}

N = TypeVar("N", bound="Network")


def save_network(net: Network, path: str | os.PathLike[str]) -> None:
    """Write a network to a file, whole or not at all."""
    write_text(path, _text_of(document(net)))


def document(net: Network) -> dict[str, Any]:
    """Return all that there is to a network, as its file holds it.

    It shares no list with the network.  Its digest is that of its own weights, also where another
    thread trains the network meanwhile.  Raises ValueError or TypeError for what could not be made
    a network again.
    """
    preparation = None
    if net.preparation is not None:
        # Its lists can be changed without a check.
        checked = Preparation.from_json(net.preparation.to_json())
        checked.check_network(net.inputs, net.outputs)
        preparation = checked.to_json()
    layers = [_layer_document(layer) for layer in net.layers]
    return {
        "format": FORMAT,
        "version": VERSION,
        "loss": net.loss,
        "seed": net.seed,
        "epochs_trained": net.epochs_trained,
        "digest": digest_of(row for layer in layers for row in _rows_of(layer)),
        "preparation": preparation,
        "layers": layers,
    }


def _layer_document(layer: Any) -> dict[str, Any]:
    return {
        "inputs": layer.inputs,
        "outputs": layer.outputs,
        "activation": layer.activation,
        "bias": layer.bias,
        "biases": None if layer.biases is None else list(layer.biases),
        "weights": [list(row) for row in layer.weights],
    }


def _rows_of(layer: dict[str, Any]) -> list[list[float]]:
    rows: list[list[float]] = layer["weights"]
    return rows if layer["biases"] is None else [*rows, layer["biases"]]


def _text_of(content: dict[str, Any]) -> str:
    # One line a key and one a layer: short, and still possible to read.
    lines = [
        f"{json.dumps(key)}: {json.dumps(value, allow_nan=False)}"
        for key, value in content.items()
        if key != "layers"
    ]
    layers = []
    for layer in content["layers"]:
        written = dict(layer)
        written["biases"] = None if layer["biases"] is None else _written(layer["biases"])
        written["weights"] = [_written(row) for row in layer["weights"]]
        layers.append(json.dumps(written, allow_nan=False))
    rows = ",\n".join(layers)
    return "{\n" + ",\n".join(lines) + ',\n"layers": [\n' + rows + "\n]}\n"


def load_network(network_class: type[N], path: str | os.PathLike[str]) -> N:
    """Read a network of the given class from a file."""
    name = os.fspath(path)
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"{name}: line {error.lineno}, column {error.colno}: {error.msg}; "
            f"expected a complete file written by save()"
        ) from None
    except (ValueError, RecursionError):  # ValueError: not UTF-8, or a number of many digits
        raise ValueError(f"{name}: not a text file, expected one written by save()") from None
    try:
        return network_of(network_class, content)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name}: {error}") from None


def network_of(network_class: type[N], content: Any) -> N:
    """Return the network of the given class that ``document`` described.

    Raises ValueError or TypeError for anything else, and for weights that the digest does not fit.
    """
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"no {FORMAT}, expected a file written by save()")
    if content.get("version") != VERSION:
        raise ValueError(f"version: found {content.get('version')!r}, expected {VERSION}")
    layers = []
    for number, entry in enumerate(_entry(content, "layers", list)):
        try:
            layers.append(_layer_of(network_class, entry))
        except (ValueError, TypeError) as error:
            raise ValueError(f"layer {number}: {error}") from None
    seed = as_count(_entry(content, "seed"), "seed", least=0)  # none is no seed here
    net = network_class(layers, _entry(content, "loss", str), seed=seed)
    net.epochs_trained = _entry(content, "epochs_trained")
    preparation = content.get("preparation")
    if preparation is not None:
        net.preparation = Preparation.from_json(preparation)
    if net.digest() != _entry(content, "digest", str):
        raise ValueError("digest: the weights do not match it, expected an unchanged file")
    return net


def _layer_of(network_class: type[Network], entry: Any) -> Any:
    if not isinstance(entry, dict):
        raise ValueError("expected an object")
    bias = _entry(entry, "bias", bool)
    return network_class.layer_class(
        _entry(entry, "inputs", int),
        _entry(entry, "outputs", int),
        _entry(entry, "activation", str),
        bias=bias,
        initializer=[_read(row) for row in _entry(entry, "weights", list)],
        bias_initializer=_read(_entry(entry, "biases", list)) if bias else "zeros",
    )


def _entry(content: dict[str, Any], key: str, kind: type | None = None) -> Any:
    if key not in content:
        raise ValueError(f"{key} is missing")
    value = content[key]
    if kind is not None and type(value) is not kind:
        raise ValueError(f"{key}: found {value!r:.60}, expected {kind.__name__}")
    return value


def _written(row: Any) -> list[float | str]:
    return [value if math.isfinite(value) else str(value) for value in row]


def _read(row: Any) -> list[float]:
    if not isinstance(row, list):
        raise ValueError(f"found {row!r:.60}, expected a list of numbers")
    return [_NAMED[value] if value in ("nan", "inf", "-inf") else value for value in row]
