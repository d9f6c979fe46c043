"""Run training steps with recorded numbers, and watch where the layers and the loss meet."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ... import activations, elementary, losses, matrix, network, optimizers
from ..._version import __version__
from ...layers import Dense, LayerGradient, LayerOutput, dense
from ...layers import layer as layer_module
from ...losses import REQUIRED_ACTIVATION
from ...network import Network
from ...optimizers import GradientDescent
from ...samples import Samples
from ..copies import pure_copy
from .comparing import Comparison, plain_step
from .describing import Describer
from .inventory import Inventory
from .listing import Listing
from .namespaces import Namespaces
from .register import Register
from .tape import Tape, Traced, new_traced, plain

# The modules of the arithmetic, from whose code objects the recorded functions are made.
MODULES = (elementary, matrix, activations, losses, layer_module, dense, optimizers, network)

_DENSE_METHODS = ("feedforward", "delta", "gradient", "input_gradient", "step")
_NETWORK_METHODS = ("evaluate", "measure", "forward", "backward", "step")


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
        self.open_functions = open_functions
        self.tape = Tape()
        last = len(net.layers) - 1
        self.register = Register(self.tape, samples, learning_rate, last, layer, unit)
        self.digest_before = net.digest()
        self.digests: list[str] = []
        self.losses: list[float] = []
        self.stopped: str | None = None
        self._back_to: int = last
        self._outputs: list[LayerOutput] = []
        self._sample_losses: list[Any] = []
        self._terms: list[Any] = []
        self.namespaces = Namespaces(self.tape, MODULES, open_functions)
        self.recorded = self._recorded_network()

    def _recorded_network(self) -> Network:
        """Return a copy of the network whose methods are recorded."""
        dense = self._recorded_class(Dense, _DENSE_METHODS)
        main = self._recorded_class(Network, _NETWORK_METHODS)
        copy = pure_copy(self.net)
        for number, layer in enumerate(copy.layers):
            layer.__class__ = dense
            layer.__dict__["number"] = number
        copy.__class__ = main
        step = self.namespaces.method(GradientDescent, "step")
        self._optimizer = type("GradientDescent", (GradientDescent,), {"step": step})()
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
                inputs, targets, self.register.samples.classes, self.register.samples.size
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
        register = self.register
        twin = pure_copy(self.net)
        comparison = Comparison(self.tape)
        for layer in net.layers:
            if register.selects(layer.__dict__["number"]):
                register.take_parameters(layer)
        for step in range(steps):
            self._begin_step(step)
            expected = plain_step(twin, register.samples, register.learning_rate)
            inputs: Any = register.samples.inputs
            targets: Any = register.samples.targets
            rate: Any = register.learning_rate
            if register.layer is None:
                inputs = register.enter("inputs", None)
                targets = register.enter("targets", None)
                rate = register.enter("learning_rate", None)
            loss = net.evaluate(inputs, targets).loss
            if register.selects_loss():
                register.add("loss", None, loss)
            gradients = net.backward(inputs, targets, self._outputs)
            net.step(gradients, rate, self._optimizer)
            register.end_phase()
            comparison.compare(expected, net, self._outputs, loss, gradients)
            self.losses.append(expected.loss)
            self.digests.append(twin.digest())
            diverged = twin.find_non_finite()
            if diverged is not None:
                self.stopped = f"training diverged: {diverged[0]} is {diverged[1]}"
                break

    def _begin_step(self, step: int) -> None:
        self._outputs = []
        self.register.begin_step(step)
        if step > 0:
            for each in self.recorded.layers:
                number = each.__dict__["number"]
                if self.register.selects(number):
                    self.register.add_parameters(each, "carried")

    # Where layers and losses meet: each takes the recorded function first, then its arguments.

    def _forward(self, function: Callable[..., Any], owner: Any, inputs: Any) -> Any:
        self._outputs = function(owner, inputs)
        return self._outputs

    def _feedforward(self, function: Callable[..., Any], owner: Any, inputs: Any) -> Any:
        layer: int = owner.number
        if not self.register.selects(layer):
            return function(owner, inputs)
        self.register.begin_phase("forward", layer)
        if self.register.layer is not None:
            inputs = self._inputs_of(layer, inputs)
        output = function(owner, inputs)
        return LayerOutput(
            self.register.keep("z", layer, output.z), self.register.keep("a", layer, output.a)
        )

    def _inputs_of(self, layer: int, inputs: Any) -> Any:
        if layer == 0:
            return self.register.enter("inputs", None)
        return self.register.enter("a", layer - 1, inputs)

    def _total_loss(self, function: Callable[..., Any], loss: str, z: Any, a: Any, y: Any) -> Any:
        if not self.register.selects_loss():
            return function(loss, z, a, y)
        self.register.begin_phase("loss", None)
        z = self.register.kept["z", self.register.last]
        a = self.register.kept["a", self.register.last]
        y = self.register.enter("targets", None)
        self._sample_losses = []
        self._terms = []
        total = function(loss, z, a, y)
        outputs = len(y[0])
        if self._terms and outputs > 1:
            role = "squared_error" if loss not in REQUIRED_ACTIVATION else "cross_entropy"
            rows = [self._terms[i * outputs : (i + 1) * outputs] for i in range(len(y))]
            self.register.add(role, self.register.last, rows)
        self.register.add("sample_loss", None, self._sample_losses)
        return total

    def _output_gradient(self, function: Callable[..., Any], loss: str, a: Any, y: Any) -> Any:
        return self._of_output(function, "output_gradient", loss, a, y)

    def _output_delta(self, function: Callable[..., Any], loss: str, a: Any, y: Any) -> Any:
        return self._of_output(function, "delta", loss, a, y)

    def _of_output(self, function: Callable[..., Any], role: str, loss: str, a: Any, y: Any) -> Any:
        """Record the derivative of the loss with which the way back begins."""
        register = self.register
        if not register.selects(register.last):
            return function(loss, plain(a), plain(y))
        register.begin_phase("backward", register.last)
        a = register.kept["a", register.last]
        y = register.enter("targets", None)
        return register.keep(role, register.last, function(loss, a, y))

    def _delta(self, function: Callable[..., Any], owner: Any, output: Any, d_a: Any) -> Any:
        number: int = owner.number
        register = self.register
        self._back_to = number
        if not register.selects(number):
            return function(owner, output, d_a)
        output = LayerOutput(register.kept["z", number], register.kept["a", number])
        role = "output_gradient" if number == register.last else "activation_gradient"
        delta = function(owner, output, register.kept[role, number])
        return register.keep("delta", number, delta)

    def _gradient(self, function: Callable[..., Any], owner: Any, inputs: Any, delta: Any) -> Any:
        layer: int = owner.number
        if not self.register.selects(layer):
            return function(owner, inputs, delta)
        if self.register.layer is not None:
            inputs = self._inputs_of(layer, inputs)
        found = function(owner, inputs, self.register.kept["delta", layer])
        weights = self.register.keep("weight_gradient", layer, found.weights)
        biases = None
        if found.biases is not None:
            biases = self.register.keep("bias_gradient", layer, found.biases)
        return LayerGradient(weights, biases, delta)

    def _input_gradient(
        self, function: Callable[..., Any], owner: Any, inputs: Any, delta: Any
    ) -> Any:
        layer: int = owner.number
        if not self.register.selects(layer - 1):
            with self._weights(owner, plain(owner.weights)):
                return function(owner, inputs, delta)
        self.register.begin_phase("backward", layer - 1)
        if self.register.layer is None:
            d_a = function(owner, inputs, delta)
        else:
            delta = self.register.enter("delta", layer, delta)
            with self._weights(owner, self._weights_behind(layer, owner.weights)):
                d_a = function(owner, inputs, delta)
        return self.register.keep("activation_gradient", layer - 1, d_a)

    def _weights_behind(self, layer: int, weights: Any) -> Any:
        """Return the weights that lead on from the recorded layer, as recorded numbers.

        Of a chosen unit only the row that starts there.
        """
        if self.register.unit is None:
            return self.register.enter("weights", layer, weights)
        rows = [list(row) for row in weights]
        rows[self.register.unit] = [
            self.register.number(value) for value in rows[self.register.unit]
        ]
        self.register.add_given("weights", layer, rows)
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
        if isinstance(owner, Network) or not self.register.selects(owner.number):
            return function(owner, gradient, learning_rate, optimizer)
        number: int = owner.number
        self.register.begin_phase("update", number)
        rate = self.register.enter("learning_rate", None)
        biases = self.register.kept.get(("bias_gradient", number))
        weights = self.register.kept["weight_gradient", number]
        function(owner, LayerGradient(weights, biases, []), rate, optimizer)
        self.register.keep("new_weights", number, owner.weights)
        if owner.biases is not None:
            self.register.keep("new_biases", number, owner.biases)
        return None

    # What recorded functions return.

    def _after_count(self, call: int, arguments: dict[str, Any], result: float) -> float:
        """Give the count by which the loss divides its name."""
        if (
            not self.register.selects(self.register.last)
            or not self.register.phases
            or self.register.phases[-1].step != self.register.step
        ):
            return result
        found: float | None = self.register.given.get(("count", None))
        if found is None:
            source = self.tape.sources[self.tape.calls[call].source]
            if source.contains(result):
                made: Traced = self.namespaces.with_origin(call, {}, result)  # type: ignore[assignment]
                given = None
            else:
                made = self.register.number(result)
                given = "setting"
            if self.register.unit is not None:
                made = new_traced(self.tape, result, made.id)
            self.register.add("count", None, made, given=given)
            self.register.given["count", None] = made
            found = made
        return found

    def _after_sample_loss(self, call: int, arguments: dict[str, Any], result: Any) -> Any:
        self._sample_losses.append(result)
        return result

    def _after_term(self, call: int, arguments: dict[str, Any], result: Any) -> Any:
        self._terms.append(result)
        return result

    def _after_slopes(self, call: int, arguments: dict[str, Any], result: Any) -> Any:
        if self.register.selects(self._back_to):
            self.register.keep("slope", self._back_to, result)
        return result

    def data(self) -> dict[str, Any]:
        """Return the JSON object of what was recorded, but for what only the caller knows."""
        register = self.register
        inventory = Inventory(self.tape, len(self.net.layers), register.matrices, register.phases)
        listing = Listing(inventory, Describer(self.net, register.samples.size))
        tables = listing.data()
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
            "learning_rate": repr(register.learning_rate),
            "steps": len(self.digests),
            "layer": register.layer,
            "unit": register.unit,
            "open_functions": self.open_functions,
            "digest_before": self.digest_before,
            "digests": self.digests,
            "losses": [repr(loss) for loss in self.losses],
            "stopped": self.stopped,
            "counts": listing.counts(),
        }
        return {"meta": meta, **tables}
