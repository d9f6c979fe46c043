"""Networks in files: JSON that keeps every bit.

Python writes a float with as many digits as it takes to read the same bits back; NaN and infinity,
which JSON does not know, are written as text.  The file names its own digest, so that a changed
one is noticed.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import tempfile
from typing import TYPE_CHECKING, Any, TypeVar

from .tables import Preparation

if TYPE_CHECKING:
    from .network import Network

FORMAT = "purenet network"
VERSION = 1

_NAMED: dict[str, float] = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}

N = TypeVar("N", bound="Network")


def save_network(net: Network, path: str | os.PathLike[str]) -> None:
    """Write a network to a file, by way of a temporary file beside it."""
    preparation = None if net.preparation is None else net.preparation.to_json()
    head = {
        "format": FORMAT,
        "version": VERSION,
        "loss": net.loss,
        "seed": net.seed,
        "epochs_trained": net.epochs_trained,
        "digest": net.digest(),
        "preparation": preparation,
    }
    layers = [
        {
            **layer.settings(),
            **{name: _written(getattr(layer, name)) for name in sorted(layer.PARAMETERS)},
        }
        for layer in net.layers
    ]
    # One line a key and one a layer: short, and still possible to read.
    lines = [
        f"{json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in head.items()
    ]
    rows = ",\n".join(json.dumps(layer, allow_nan=False) for layer in layers)
    write_text(path, "{\n" + ",\n".join(lines) + ',\n"layers": [\n' + rows + "\n]}\n")


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    handle, temporary = tempfile.mkstemp(
        dir=folder, prefix=os.path.basename(target), suffix=".part"
    )
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode_of(target))
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _mode_of(path: str) -> int:
    """Return the permissions of a file, or those that a new file would get."""
    try:
        return os.stat(path).st_mode & 0o777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


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
        return _network_of(network_class, content)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name}: {error}") from None


def _network_of(network_class: type[N], content: Any) -> N:
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
    preparation = content.get("preparation")
    net = network_class(layers, _entry(content, "loss", str), seed=_entry(content, "seed", int))
    net.epochs_trained = _entry(content, "epochs_trained", int)
    if net.epochs_trained < 0:
        raise ValueError(f"epochs_trained: found {net.epochs_trained}, expected 0 or more")
    if preparation is not None:
        net.preparation = Preparation.from_json(preparation)
        if len(net.preparation.columns) != net.inputs or net.preparation.outputs != net.outputs:
            raise ValueError(
                f"preparation: made for {len(net.preparation.columns)} inputs and "
                f"{net.preparation.outputs} outputs, expected {net.inputs} and {net.outputs}"
            )
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


def _entry(content: dict[str, Any], key: str, kind: type) -> Any:
    if key not in content:
        raise ValueError(f"{key} is missing")
    value = content[key]
    if type(value) is not kind:
        raise ValueError(f"{key}: found {value!r:.60}, expected {kind.__name__}")
    return value


def _written(values: Any) -> Any:
    if values is None or isinstance(values, float):
        return values if values is None or math.isfinite(values) else str(values)
    return [_written(value) for value in values]


def _read(row: Any) -> list[float]:
    if not isinstance(row, list):
        raise ValueError(f"found {row!r:.60}, expected a list of numbers")
    return [_NAMED[value] if value in ("nan", "inf", "-inf") else value for value in row]
