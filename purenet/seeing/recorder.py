"""Run training steps with recorded numbers, and watch where the layers and the loss meet."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from .. import activations, elementary, losses, matrix, network, optimizers
from .._version import __version__
from ..checks import Matrix, shown
from ..layers import Dense, Layer, LayerGradient, LayerOutput, dense, layer
from ..losses import REQUIRED_ACTIVATION
from ..network import Network
from ..optimizers import GradientDescent
from ..samples import Samples
from .inventory import Inventory, NamedMatrix, Phase
from .namespaces import Namespaces
from .notation import ROLES, indexed
from .sources import RecordingError, key_of
from .tape import (
    Number,
    Tape,
    Traced,
    new_number,
    new_traced,
    plain,
)

# The modules of the arithmetic, from whose code objects the recorded functions are made.
MODULES = (elementary, matrix, activations, losses, layer, dense, optimizers, network)

_DENSE_METHODS = ("feedforward", "delta", "gradient", "input_gradient", "step")
_NETWORK_METHODS = ("evaluate", "measure", "forward", "backward", "step")

# Given once, for all steps.
_LASTING = ("inputs", "targets", "learning_rate")


def pure_copy(net: Network) -> Network:
    """Return a network of purenet with the same layers, parameters and loss."""
    if not isinstance(net, Network):
        raise TypeError(f"net: found {shown(net)}, expected a Network")
    net.check_parameters()
    copies = [
        Dense(
            layer.inputs,
            layer.outputs,
            layer.activation,
            bias=layer.bias,
            initializer=[[float(value) for value in row] for row in layer.weights],
            bias_initializer="zeros" if layer.biases is None else [float(v) for v in layer.biases],
        )
        for layer in net.layers
    ]
    return Network(copies, net.loss, seed=net.seed)


class _PlainStep(NamedTuple):
    """What a step computes without being recorded."""

    outputs: list[LayerOutput]
    gradients: list[LayerGradient]
    loss: float
    weights: list[Matrix]
    biases: list[list[float] | None]


def _plain_step(net: Network, samples: Samples, learning_rate: float) -> _PlainStep:
    """Take one step of training, unrecorded."""
    outputs = net.forward(samples.inputs)
    loss = net.evaluate(samples.inputs, samples.targets).loss
    gradients = net.backward(samples.inputs, samples.targets, outputs)
    net.step(gradients, learning_rate, GradientDescent())
    weights = [[list(row) for row in layer.weights] for layer in net.layers]
    biases = [None if layer.biases is None else list(layer.biases) for layer in net.layers]
    return _PlainStep(outputs, gradients, loss, weights, biases)


class Recorder:
    """Runs steps of a network with recorded numbers, and watches where layers and losses meet.

    With a layer chosen, the network runs on plain floats; where the chosen layer begins, recorded
    numbers take their place, and where it ends, plain floats take theirs.  With a unit chosen, only
    that unit's column is recorded, the others stay plain.
    """

    def __init__(
        self,
        net: Network,
        samples: Samples,
        learning_rate: float,
        layer: int | None,
        unit: int | None,
        open_functions: bool,
    ) -> None:
        self.net = net
        self.samples = samples
        self.learning_rate = learning_rate
        self.layer = layer
        self.unit = unit
        self.open_functions = open_functions
        self.last = len(net.layers) - 1
        self.tape = Tape()
        self.matrices: list[NamedMatrix] = []
        self.phases: list[Phase] = []
        self.step = 0
        self.digest_before = net.digest()
        self.digests: list[str] = []
        self.losses: list[float] = []
        self.stopped: str | None = None
        self._given: dict[tuple[str, int | None], Any] = {}
        self._kept: dict[tuple[str, int | None], Any] = {}
        self._back_to: int = self.last  # the layer whose delta is being computed
        self._sample_losses: list[Any] = []
        self._terms: list[Any] = []
        self.namespaces = Namespaces(self.tape, MODULES, open_functions)
        self.recorded = self._recorded_network()

    # Which numbers are recorded.

    def _selects(self, layer: int) -> bool:
        return self.layer is None or self.layer == layer

    def _selects_loss(self) -> bool:
        return self._selects(self.last) and self.unit is None

    def _columns(self, width: int) -> list[int]:
        return list(range(width)) if self.unit is None else [self.unit]

    def _recorded_network(self) -> Network:
        """Return a copy of the network whose methods are recorded."""
        dense = self._recorded_class(Dense, _DENSE_METHODS)
        main = self._recorded_class(Network, _NETWORK_METHODS)
        copy = pure_copy(self.net)
        for number, layer in enumerate(copy.layers):
            layer.__class__ = dense
            layer.__dict__["number"] = number
        copy.__class__ = main
        self._optimizer = self._recorded_class(GradientDescent, ("start",))()
        type(self._optimizer).step = self.namespaces.method(GradientDescent, "step")
        namespace = self.namespaces.globals[network.__name__]
        for name in ("total_loss", "output_gradient", "output_delta"):
            namespace[name] = self._bound(getattr(self, f"_{name}"), namespace[name])
        self.namespaces.after.update(
            loss_count=self._after_count,
            sample_loss=self._after_sample_loss,
            squared_error=self._after_term,
            sigmoid_cross_entropy=self._after_term,
            activation_slopes=self._after_slopes,
        )
        return copy

    def _recorded_class(self, base: type, names: Sequence[str]) -> type:
        methods: dict[str, Any] = {}
        for name in names:
            method = self.namespaces.method(base, name)
            boundary = getattr(self, f"_{name}", None)
            if boundary is not None:
                method = self._bound(boundary, method)
            methods[name] = method
        if base is Network:
            methods["check_parameters"] = lambda net: None
            methods["checked_samples"] = lambda net, inputs, targets, *layout: Samples(
                inputs, targets, self.samples.classes, self.samples.size
            )
        return type(base.__name__, (base,), methods)

    @staticmethod
    def _bound(boundary: Callable[..., Any], method: Callable[..., Any]) -> Callable[..., Any]:
        def bound(*arguments: Any) -> Any:
            return boundary(method, *arguments)

        return bound

    # Running.

    def run(self, steps: int) -> None:
        net = self.recorded
        twin = pure_copy(self.net)
        for layer in net.layers:
            if self._selects(layer.__dict__["number"]):
                self._take_parameters(layer)
        for self.step in range(steps):
            self._begin_step()
            expected = _plain_step(twin, self.samples, self.learning_rate)
            everything = self.layer is None
            inputs = self._enter("inputs", None) if everything else self.samples.inputs
            targets = self._enter("targets", None) if everything else self.samples.targets
            rate = self._enter("learning_rate", None) if everything else self.learning_rate
            loss = net.evaluate(inputs, targets).loss
            if self._selects_loss():
                self._register("loss", None, loss)
            gradients = net.backward(inputs, targets, self._outputs)
            net.step(gradients, rate, self._optimizer)
            self._end_phase()
            self._compare(expected, loss, gradients)
            self.losses.append(expected.loss)
            self.digests.append(twin.digest())
            diverged = twin.find_non_finite()
            if diverged is not None:
                self.stopped = f"training diverged: {diverged[0]} is {diverged[1]}"
                break

    def _begin_step(self) -> None:
        """Forget the step before, but for the parameters that it made."""
        self._given = {key: value for key, value in self._given.items() if key[0] in _LASTING}
        self._kept = {}
        self._outputs: list[LayerOutput] = []
        for (role, layer), values in self._given.items():
            self._register_given(role, layer, values)
        if self.step > 0:
            for each in self.recorded.layers:
                number = each.__dict__["number"]
                if self._selects(number):
                    self._register_parameters(each, "carried")

    def _take_parameters(self, layer: Dense) -> None:
        """Put recorded numbers in the place of a layer's weights and biases."""
        columns = self._columns(layer.outputs)
        for row in layer.weights:
            for j in columns:
                row[j] = self._number(row[j])
        if layer.biases is not None:
            for j in columns:
                layer.biases[j] = self._number(layer.biases[j])
        self._register_parameters(layer, "parameter")

    def _register_parameters(self, layer: Dense, given: str) -> None:
        number = layer.__dict__["number"]
        columns = self._columns(layer.outputs)
        self._register("weights", number, layer.weights, given=given, columns=columns)
        if layer.biases is not None:
            self._register("biases", number, layer.biases, given=given, rows=columns)

    def _number(self, value: float) -> Number:
        return new_number(self.tape, value, self.tape.given(value))

    # Numbers in, numbers out.

    def _enter(self, role: str, layer: int | None, values: Any = None) -> Any:
        """Return given numbers, or those of another layer, as recorded ones.

        With a unit chosen they are traced only, so that nothing is recorded between them.
        """
        found = self._given.get((role, layer))
        if found is not None:
            return found
        if values is None:
            values = {
                "inputs": self.samples.inputs,
                "targets": self.samples.targets,
                "learning_rate": self.learning_rate,
            }[role]
        make = new_number if self.unit is None else new_traced
        only = self.unit if role == "targets" else None
        found = self._made(values, make, only)
        self._given[role, layer] = found
        self._register_given(role, layer, found)
        return found

    def _made(self, values: Any, make: Callable[..., Any], only: int | None) -> Any:
        if isinstance(values, float):
            return make(self.tape, values, self.tape.given(values))
        if isinstance(values[0], float) and only is not None:
            return [
                value if j != only else self._made(value, make, None)
                for j, value in enumerate(values)
            ]
        return [self._made(value, make, only) for value in values]

    def _register_given(self, role: str, layer: int | None, values: Any) -> None:
        given = {"inputs": "data", "targets": "data", "learning_rate": "setting"}.get(role)
        columns = [self.unit] if role == "targets" and self.unit is not None else None
        rows = [self.unit] if role == "weights" and self.unit is not None else None
        if role == "weights":
            given = "parameter"
        self._register(role, layer, values, given=given or "unrecorded", columns=columns, rows=rows)

    def _leave(self, values: Any) -> Any:
        """Return numbers as the rest of the network is to see them."""
        return values if self.layer is None else plain(values)

    def _keep(self, role: str, layer: int | None, values: Any) -> Any:
        """Enter computed numbers under their name; return them as the rest is to see them."""
        axes = ROLES[role].axes
        width = len(values) if len(axes) == 1 else len(values[0])
        if len(axes) == 1:
            self._register(role, layer, values, rows=self._columns(width))
        else:
            self._register(role, layer, values, columns=self._columns(width))
        self._kept[role, layer] = values
        return self._leave(values)

    def _register(
        self,
        role: str,
        layer: int | None,
        values: Any,
        *,
        given: str | None = None,
        rows: list[int] | None = None,
        columns: list[int] | None = None,
    ) -> None:
        dimensions = len(ROLES[role].axes)
        shape: list[int] = []
        if dimensions > 0:
            shape.append(len(values))
            rows = rows or list(range(len(values)))
        if dimensions > 1:
            shape.append(len(values[0]))
            columns = columns or list(range(len(values[0])))
        name = ROLES[role].name.format(n=(layer or 0) + 1)
        if dimensions == 0:
            ids: Any = self._id_of(values, name)
        elif dimensions == 1:
            ids = [self._id_of(values[i], indexed(name, i)) for i in rows or ()]
        else:
            ids = [
                [self._id_of(values[i][j], indexed(name, i, j)) for j in columns or ()]
                for i in rows or ()
            ]
        phase = None if given is not None else self.phases[-1].kind
        made = NamedMatrix(role, self.step, layer, phase, given, ids, shape, rows, columns)
        made.name = name
        self.matrices.append(made)

    def _id_of(self, value: Any, name: str) -> int:
        if not isinstance(value, Traced) or value.tape is not self.tape:
            raise RecordingError(f"{name}: {value!r} has lost its origin")
        return value.id

    # Phases.

    def _begin_phase(self, kind: str, layer: int | None) -> None:
        self._end_phase()
        self.phases.append(Phase(self.step, kind, layer, len(self.tape), len(self.tape)))

    def _end_phase(self) -> None:
        if self.phases and self.phases[-1].step == self.step:
            self.phases[-1].end = len(self.tape)

    # Where layers and losses meet: each takes the recorded function first, then its arguments.

    def _forward(self, function: Callable[..., Any], owner: Any, inputs: Any) -> Any:
        self._outputs = function(owner, inputs)
        return self._outputs

    def _feedforward(self, function: Callable[..., Any], owner: Any, inputs: Any) -> Any:
        layer: int = owner.number
        if not self._selects(layer):
            return function(owner, inputs)
        self._begin_phase("forward", layer)
        if self.layer is not None:
            inputs = self._inputs_of(layer, inputs)
        output = function(owner, inputs)
        return LayerOutput(self._keep("z", layer, output.z), self._keep("a", layer, output.a))

    def _inputs_of(self, layer: int, inputs: Any) -> Any:
        if layer == 0:
            return self._enter("inputs", None)
        return self._enter("a", layer - 1, inputs)

    def _total_loss(self, function: Callable[..., Any], loss: str, z: Any, a: Any, y: Any) -> Any:
        if not self._selects_loss():
            return function(loss, z, a, y)
        self._begin_phase("loss", None)
        z = self._kept["z", self.last]
        a = self._kept["a", self.last]
        y = self._enter("targets", None)
        self._sample_losses = []
        self._terms = []
        total = function(loss, z, a, y)
        outputs = len(y[0])
        if self._terms and outputs > 1:
            role = "squared_error" if loss not in REQUIRED_ACTIVATION else "cross_entropy"
            rows = [self._terms[i * outputs : (i + 1) * outputs] for i in range(len(y))]
            self._register(role, self.last, rows)
        self._register("sample_loss", None, self._sample_losses)
        return total

    def _output_gradient(self, function: Callable[..., Any], loss: str, a: Any, y: Any) -> Any:
        return self._of_output(function, "output_gradient", loss, a, y)

    def _output_delta(self, function: Callable[..., Any], loss: str, a: Any, y: Any) -> Any:
        return self._of_output(function, "delta", loss, a, y)

    def _of_output(
        self, function: Callable[..., Any], role: str, loss: str, a: Any, y: Any
    ) -> Any:
        """Record the derivative of the loss with which the way back begins."""
        if not self._selects(self.last):
            return function(loss, plain(a), plain(y))
        self._begin_phase("backward", self.last)
        a = self._kept["a", self.last]
        y = self._enter("targets", None)
        return self._keep(role, self.last, function(loss, a, y))

    def _delta(self, function: Callable[..., Any], owner: Any, output: Any, d_a: Any) -> Any:
        layer: int = owner.number
        if not self._selects(layer):
            return function(owner, output, d_a)
        self._back_to = layer
        output = LayerOutput(self._kept["z", layer], self._kept["a", layer])
        role = "output_gradient" if layer == self.last else "activation_gradient"
        return self._keep("delta", layer, function(owner, output, self._kept[role, layer]))

    def _gradient(self, function: Callable[..., Any], owner: Any, inputs: Any, delta: Any) -> Any:
        layer: int = owner.number
        if not self._selects(layer):
            return function(owner, inputs, delta)
        if self.layer is not None:
            inputs = self._inputs_of(layer, inputs)
        found = function(owner, inputs, self._kept["delta", layer])
        weights = self._keep("weight_gradient", layer, found.weights)
        biases = None
        if found.biases is not None:
            biases = self._keep("bias_gradient", layer, found.biases)
        return LayerGradient(weights, biases, delta)

    def _input_gradient(
        self, function: Callable[..., Any], owner: Any, inputs: Any, delta: Any
    ) -> Any:
        layer: int = owner.number
        if not self._selects(layer - 1):
            with self._weights(owner, plain(owner.weights)):
                return function(owner, inputs, delta)
        self._begin_phase("backward", layer - 1)
        if self.layer is None:
            d_a = function(owner, inputs, delta)
        else:
            delta = self._enter("delta", layer, delta)
            with self._weights(owner, self._weights_behind(layer, owner.weights)):
                d_a = function(owner, inputs, delta)
        return self._keep("activation_gradient", layer - 1, d_a)

    def _weights_behind(self, layer: int, weights: Any) -> Any:
        """Return the weights that lead on from the recorded layer, as recorded numbers.

        Of a chosen unit only the row that starts there.
        """
        if self.unit is None:
            return self._enter("weights", layer, weights)
        rows = [list(row) for row in weights]
        rows[self.unit] = [self._number(value) for value in rows[self.unit]]
        self._register_given("weights", layer, rows)
        return rows

    @staticmethod
    @contextlib.contextmanager
    def _weights(owner: Dense, weights: Any) -> Iterator[None]:
        """Let a layer have other weights for a while."""
        before = owner.weights
        owner.__dict__["weights"] = weights
        try:
            yield
        finally:
            owner.__dict__["weights"] = before

    def _step(
        self,
        function: Callable[..., Any],
        owner: Any,
        gradient: Any,
        learning_rate: Any,
        optimizer: Any,
    ) -> Any:
        if isinstance(owner, Network):
            return function(owner, gradient, learning_rate, optimizer)
        layer: int = owner.number
        if not self._selects(layer):
            return function(owner, gradient, learning_rate, optimizer)
        self._begin_phase("update", layer)
        rate = self._enter("learning_rate", None)
        biases = self._kept.get(("bias_gradient", layer))
        weights = self._kept["weight_gradient", layer]
        function(owner, LayerGradient(weights, biases, []), rate, optimizer)
        self._keep("new_weights", layer, owner.weights)
        if owner.biases is not None:
            self._keep("new_biases", layer, owner.biases)
        return None

    # What recorded functions return.

    def _after_count(self, call: int, arguments: dict[str, Any], result: float) -> float:
        """Give the count by which the loss divides its name."""
        if not self._selects(self.last) or not self.phases or self.phases[-1].step != self.step:
            return result
        found: float | None = self._given.get(("count", None))
        if found is None:
            source = self.tape.sources[self.tape.calls[call].source]
            if source.contains(result):
                made: Traced = self.namespaces.with_origin(call, {}, result)  # type: ignore[assignment]
                given = None
            else:
                made = self._number(result)
                given = "setting"
            if self.unit is not None:
                made = new_traced(self.tape, result, made.id)
            self._register("count", None, made, given=given)
            self._given["count", None] = made
            found = made
        return found

    def _after_sample_loss(self, call: int, arguments: dict[str, Any], result: Any) -> Any:
        self._sample_losses.append(result)
        return result

    def _after_term(self, call: int, arguments: dict[str, Any], result: Any) -> Any:
        self._terms.append(result)
        return result

    def _after_slopes(self, call: int, arguments: dict[str, Any], result: Any) -> Any:
        if self._selects(self._back_to):
            self._keep("slope", self._back_to, result)
        return result

    # Guard 1.

    def _compare(self, expected: _PlainStep, loss: float, gradients: list[LayerGradient]) -> None:
        """Refuse the step if any number differs from the one without recording.

        In the order in which they are computed, so that the first one that differs is named.
        """
        layers = self.recorded.layers
        compare = self._compare_values
        for number, output in enumerate(expected.outputs):
            compare(f"z{number + 1}", self._outputs[number].z, output.z)
            compare(f"a{number + 1}", self._outputs[number].a, output.a)
        compare("L", loss, expected.loss)
        for number, gradient in reversed(list(enumerate(expected.gradients))):
            compare(f"delta{number + 1}", gradients[number].delta, gradient.delta)
            compare(f"dL/dW{number + 1}", gradients[number].weights, gradient.weights)
            compare(f"dL/db{number + 1}", gradients[number].biases, gradient.biases)
        for number, layer in enumerate(layers):
            compare(f"W{number + 1}'", layer.weights, expected.weights[number])
            compare(f"b{number + 1}'", layer.biases, expected.biases[number])

    def _compare_values(self, name: str, recorded: Any, expected: Any) -> None:
        if isinstance(expected, list):
            if not isinstance(recorded, list) or len(recorded) != len(expected):
                raise RecordingError(f"{name}: its shape is another one while it is recorded")
            for place, value in enumerate(expected):
                self._compare_values(f"{name}[{place}]", recorded[place], value)
        elif expected is not None and key_of(plain(recorded)) != key_of(expected):
            where = ""
            place_number = self.tape.place[recorded.id] if isinstance(recorded, Traced) else None
            if place_number is not None:
                found = self.tape.places[place_number]
                source = self.tape.sources[found.source]
                where = f"{source.name}, {source.file.rsplit('/', 1)[-1]} line {found.line}: "
            raise RecordingError(
                f"{where}{name} is {plain(recorded)!r} while it is recorded, and {expected!r} "
                f"otherwise"
            )

    def data(self) -> dict[str, Any]:
        """Return the JSON object of what was recorded, but for what only the caller knows."""
        inventory = Inventory(self.tape, self.net, self.samples.size, self.matrices, self.phases)
        tables = inventory.data()
        meta = {
            "purenet": __version__,
            "python": platform.python_version(),
            "network": {
                "layers": [
                    {
                        "inputs": layer.inputs,
                        "outputs": layer.outputs,
                        "activation": layer.activation,
                        "bias": layer.bias,
                    }
                    for layer in self.net.layers
                ],
                "loss": self.net.loss,
            },
            "learning_rate": repr(self.learning_rate),
            "steps": len(self.digests),
            "layer": self.layer,
            "unit": self.unit,
            "open_functions": self.open_functions,
            "digest_before": self.digest_before,
            "digests": self.digests,
            "losses": [repr(loss) for loss in self.losses],
            "stopped": self.stopped,
            "counts": inventory.counts(),
        }
        return {"meta": meta, **tables}
