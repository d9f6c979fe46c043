"""What a network is made of, checked: when it is made, and when something is set later."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Protocol

from .checks import as_choice, as_count, as_list, check_output_activation, shown
from .claims import Claim
from .history import History
from .layers import KINDS, Dense, Layer
from .losses import LOSSES, REQUIRED_ACTIVATION
from .names import CROSS_ENTROPY_NAMES, LOSS_NAMES, LossName
from .randomness import Random


class Parts(Protocol):
    """What a network is made of, as far as the modules below it need to know."""

    layer_class: ClassVar[type[Dense]]
    layers: tuple[Layer, ...]
    loss: LossName
    seed: int
    epochs_trained: int
    history: History
    claim: Claim

    @property
    def inputs(self) -> int: ...

    @property
    def outputs(self) -> int: ...


def checked_layers(net: Parts, layers: Any) -> tuple[Layer, ...]:
    """Return the layers of a network, each new or already in it.

    Raises TypeError for what is no layer or one of the other package, ValueError for none at all,
    and for one that stands in two places.
    """
    own = set(map(id, net.__dict__.get("layers", ())))
    seen = set()
    listed = as_list(layers, "layers", "a list of layers such as Dense")
    if not listed:
        raise ValueError("layers: found none, expected at least one, such as Dense")
    for number, layer in enumerate(listed):
        if not isinstance(layer, Layer):
            raise TypeError(
                f"layers: layer {number} is {shown(layer)}, expected a layer such as Dense"
            )
        if layer.backend not in ("any", net.layer_class.backend):
            twin = KINDS.get((net.layer_class.backend, type(layer).__name__), net.layer_class)
            raise TypeError(
                f"layers: layer {number} is a {_full_name(type(layer))}, "
                f"expected {_full_name(twin)}"
            )
        if id(layer) in seen or (layer.has_network and id(layer) not in own):
            raise ValueError(
                f"layers: layer {number} is part of a network already, expected a new one"
            )
        seen.add(id(layer))
    return tuple(listed)


@contextmanager
def connected(layers: Sequence[Layer]) -> Iterator[None]:
    """Let each layer take what the one before gives; open ones do so from now on.

    Raises ValueError if two of them do not fit together.  Whatever is raised until the end of the
    ``with``, the layers are as they were then.
    """
    opened = [(layer, dict(layer.__dict__)) for layer in layers if layer.is_open]
    try:
        for number, layer in enumerate(layers):
            if number > 0:
                _connect(layers[number - 1], layer, number)
            elif layer.is_open:
                raise ValueError(
                    f"layers: layer 0 is {layer!r}, expected one that says what its inputs are: "
                    f"there is no layer before it"
                )
        yield
    except BaseException:
        for layer, attributes in opened:
            layer.__dict__.clear()
            layer.__dict__.update(attributes)
        raise


def _connect(before: Layer, layer: Layer, number: int) -> None:
    if layer.is_open:
        try:
            layer.connect(before.output_shape)
        except ValueError as error:
            raise ValueError(
                f"layers: layer {number}, {layer!r}, does not fit "
                f"layer {number - 1}, {before!r}: {error}"
            ) from None
    elif layer.inputs != before.outputs:
        raise ValueError(
            f"layers: layer {number} has {layer.inputs} inputs, "
            f"expected {before.outputs}, the outputs of layer {number - 1}"
        )
    elif len(layer.input_shape) == len(before.output_shape) > 1:
        if layer.input_shape != before.output_shape:
            raise ValueError(
                f"layers: layer {number}, {layer!r}, does not fit layer {number - 1}, {before!r}: "
                f"found inputs {layer.input_shape}, expected {before.output_shape}"
            )


def _full_name(layer_class: type[Layer]) -> str:
    """Return the name of a class with its package: both packages have a Dense."""
    return f"{layer_class.__module__.partition('.')[0]}.{layer_class.__name__}"


def needed_activation(loss: str) -> tuple[str, str] | None:
    """Return the loss and the activation that it needs in the last layer, if it needs one."""
    return (loss, REQUIRED_ACTIVATION[loss]) if loss in REQUIRED_ACTIVATION else None


def checked_loss(loss: Any, activation: str) -> str:
    """Return the name of a loss, which must fit the activation of the last layer."""
    if isinstance(loss, str) and loss in CROSS_ENTROPY_NAMES:
        loss = _cross_entropy_after(activation, loss)
    name = as_choice(loss, "loss", LOSSES, LOSS_NAMES)
    check_output_activation(needed_activation(name), activation)
    return name


def _cross_entropy_after(activation: str, loss: str) -> str:
    """Return the name of the cross-entropy that fits the activation of the last layer."""
    for name, needed in REQUIRED_ACTIVATION.items():
        if activation == needed:
            return name
    both = " or ".join(f"{needed!r}" for needed in REQUIRED_ACTIVATION.values())
    raise ValueError(
        f"loss: {loss} needs the activation {both} in the last layer, found {activation!r}"
    )


# What is set later is checked as the constructor checks it.


def _set_layers(net: Parts, value: Any) -> None:
    """Exchange layers: new ones get their first values, those that go are free."""
    layers = checked_layers(net, value)
    with net.claim, connected(layers):
        checked_loss(net.loss, layers[-1].activation)
        random = Random(net.seed)
        new = [layer for layer in layers if not layer.has_network]
        drawn = [layer.draw(random) for layer in new]
        for layer in net.layers:
            layer.has_network = False
            layer.needed_activation = None
        for layer, values in zip(new, drawn, strict=True):
            layer.initialize(values)
        for layer in layers:
            layer.has_network = True
        layers[-1].needed_activation = needed_activation(net.loss)
        net.__dict__["layers"] = layers


def _set_loss(net: Parts, value: Any) -> None:
    last = net.layers[-1]
    loss = checked_loss(value, last.activation)
    net.__dict__["loss"] = loss
    last.needed_activation = needed_activation(loss)


def _set_seed(net: Parts, value: Any) -> None:
    net.__dict__["seed"] = as_count(value, "seed", least=0)


def _set_epochs_trained(net: Parts, value: Any) -> None:
    net.__dict__["epochs_trained"] = as_count(value, "epochs_trained", least=0)


def _set_history(net: Parts, value: Any) -> None:
    if not isinstance(value, History):
        raise TypeError(f"history: found {shown(value)}, expected a History")
    net.__dict__["history"] = value


SETTERS: dict[str, Callable[[Parts, Any], None]] = {
    "layers": _set_layers,
    "loss": _set_loss,
    "seed": _set_seed,
    "epochs_trained": _set_epochs_trained,
    "history": _set_history,
}
