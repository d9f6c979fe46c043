"""Run training steps with recorded numbers, and watch where the layers and the loss meet."""

from __future__ import annotations

import copy
import platform
from functools import partial
from types import CodeType, SimpleNamespace
from typing import Any

from ... import (
    activations,
    elementary,
    losses,
    matrix,
    network,
    optimizers,
    parameters,
    regularisation,
)
from ..._version import __version__
from ...layers import Layer, LayerOutput, dense, images, layer, pooling
from ...layers.recurrent import beside
from ...losses import REQUIRED_ACTIVATION
from ...network import Network
from ...optimizers import Optimizer
from ...samples import Samples
from .. import step as training
from ..copies import pure_copy
from ..memory import float_attributes, owner_of, parts_of, remembered
from ..step import (
    Clipping,
    Named,
    error_above,
    error_of,
    extras_of,
    has_sums,
    parameter_roles,
    training_step,
)
from .afterwards import run_afterwards
from .binding import Method, bind, modules_of, numbers_of, other_numbers, plain_numbers
from .clipping import Clipper
from .comparing import Comparison, plain_step
from .describing import Describer, described
from .inventory import Inventory
from .listing import Listing
from .matrices import Update
from .namespaces import Namespaces
from .register import Register
from .repeatable import Repeatable
from .returning import Returned
from .tape import Tape
from .traced import plain

# The modules of the arithmetic, from whose code objects the recorded functions are made; those of
# the layers' and the optimizer's classes come to them.
MODULES = (
    elementary,
    matrix,
    activations,
    losses,
    regularisation,
    layer,
    images,
    dense,
    optimizers,
    parameters,
    network,
    training,
)

_INPUTS, _TARGETS = Named("inputs"), Named("targets")
_LEARNING_RATE, _LOSS = Named("learning_rate"), Named("loss")


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
        optimizer: Optimizer,
        layer: int | None,
        unit: int | None,
        open_functions: bool,
        clipping: Clipping,
    ) -> None:
        self.net = net
        self.clipping = clipping
        self.optimizer = optimizer
        self.open_functions = open_functions
        self.tape = Tape()
        self.register = Register(self.tape, samples, learning_rate, net.layers, layer, unit)
        self.digest_before = net.digest()
        self.digests: list[str] = []
        self.losses: list[float] = []
        self.losses_after: list[float] = []
        self.stopped: str | None = None
        self._outputs: list[LayerOutput] = []
        self._gradients: list[Any] = []
        self._memories: dict[tuple[int, str], Any] = {}  # by layer and parameter
        self._errors: dict[int, Any] = {}  # of the layers that have gone back through time
        self._updates: list[Update] = []
        modules = [*MODULES, *modules_of(optimizer, Optimizer)]
        for found in net.layers:
            modules += modules_of(found, Layer)
        self.namespaces = Namespaces(self.tape, dict.fromkeys(modules), open_functions)
        self.returned = Returned(self.tape, self.register, self.namespaces)
        self.recorded = pure_copy(net)
        self.numbers = {id(found): number for number, found in enumerate(self.recorded.layers)}
        self.recorded_optimizer = copy.deepcopy(optimizer)
        self._bind()

    def _bind(self) -> None:
        """Let the copies of the network and of the optimizer run recorded functions."""
        namespaces = self.namespaces
        watched: dict[str, Method] = {
            "feedforward": self._feedforward,
            "feedforward_in_training": self._feedforward,
            "penalty": self._penalty,
            "delta": self._delta,
            "through_time": self._through_time,
            "gradient": self._gradient,
            "input_gradient": self._input_gradient,
            "step": self._step,
        }
        for found in self.recorded.layers:
            bind(namespaces, found, Layer, list(watched), watched)
        watched = {"forward": self._forward, "backward": self._backward}
        names = ["forward", "backward", "step", "penalty"]
        bind(namespaces, self.recorded, Network, names, watched)
        watched = {"step": self._optimizer_step}
        bind(namespaces, self.recorded_optimizer, Optimizer, ["step"], watched)
        vars(self.recorded_optimizer)["start"] = self._start
        clipper = Clipper(self.tape, self.register, self.recorded.layers)
        functions = namespaces.globals[training.__name__]
        functions["total_loss"] = partial(self._total_loss, functions["total_loss"])
        functions["clip_gradients"] = partial(clipper.clip, functions["clip_gradients"])
        functions = namespaces.globals[network.__name__]
        for name, role in (("output_gradient", "output_gradient"), ("output_delta", "delta")):
            functions[name] = partial(self._output_derivative, functions[name], role)
        self._training_step = namespaces.function(training_step)
        pooled = (pooling.means_of_windows, pooling.gradient_to_all)
        self.tape.counting.update(function.__code__ for function in pooled)
        namespaces.after.update(self.returned.hooks())

    # Running.

    def run(self, steps: int) -> Network:
        """Record the steps, each compared with the same step without recording.

        Returns the network that has taken them without recording.
        """
        net, register = self.recorded, self.register
        twin, twin_optimizer = pure_copy(self.net), copy.deepcopy(self.optimizer)
        self._comparison = comparison = Comparison(self.tape, twin)
        for number, found in enumerate(net.layers):
            if register.selects(number):
                register.take_parameters(found, number)
        register.take_settings(self.recorded_optimizer, None)
        samples = register.samples
        for step in range(steps):
            self._begin_step(step)
            expected = plain_step(
                twin, samples, register.learning_rate, twin_optimizer, self.clipping
            )
            given: list[Any] = [samples.inputs, samples.targets, register.learning_rate]
            if register.layer is None:
                given = [register.enter(each) for each in (_INPUTS, _TARGETS, _LEARNING_RATE)]
            loss = self._training_step(net, *given, self.recorded_optimizer, *self.clipping)
            register.end_phase()
            if register.selects_loss():
                register.add(_LOSS, loss, phase="loss")
            comparison.compare(expected, net, self._outputs, loss, self._gradients)
            comparison.compare_memories(self._memories)
            self.losses.append(expected.loss)
            self.losses_after.append(expected.loss_after)
            self.digests.append(twin.digest())
            diverged = twin.find_non_finite()
            if diverged is not None:
                self.stopped = f"training diverged: {diverged[0]} is {diverged[1]}"
                break
        return twin

    def _begin_step(self, step: int) -> None:
        self.register.begin_step(step)
        for number, found in enumerate(self.recorded.layers):
            if self.register.selects(number):
                given = "carried" if step > 0 else "parameter"
                self.register.add_parameters(found, number, given)
        for number, parameter in self._memories:
            self._add_memory(number, parameter, "carried")

    # Where layers and losses meet: each takes the recorded method, its owner, then its arguments.

    def _forward(self, method: Method, owner: Network, code: CodeType, *arguments: Any) -> Any:
        self._outputs = method(*arguments)
        return self._outputs

    def _backward(self, method: Method, owner: Network, code: CodeType, *arguments: Any) -> Any:
        self._gradients = method(*arguments)
        return self._gradients

    def _feedforward(
        self, method: Method, owner: Layer, code: CodeType, inputs: Any, *generator: Any
    ) -> Any:
        number = self.numbers[id(owner)]
        if not self.register.selects(number):
            return method(inputs, *generator)
        self.register.begin_phase("forward", number)
        self.returned.sums = []
        output = method(self._inputs_of(number, inputs), *generator)
        parts = [*extras_of(owner), "a"]
        if owner.has_steps:
            # The sums of all steps are shown, also where the layer hands on the last ones only.
            self.register.add_own(Named("z", number), beside(self.returned.sums), None)
            self.register.kept[Named("z", number)] = output.z
            parts.insert(0, "z")
        elif has_sums(owner):
            parts.insert(0, "z")
        kept = {part: self._keep_once(Named(part, number), output, code) for part in parts}
        if isinstance(output, LayerOutput):
            return LayerOutput(kept.get("z", output.z), kept["a"])
        return output._replace(**kept)

    def _keep_once(self, named: Named, output: Any, code: CodeType) -> Any:
        """Enter a part of what a layer has computed, if that is not done yet."""
        kept = self.register.kept.get(named)
        if kept is None:
            return self.register.keep(named, getattr(output, named.role), code)
        return kept if self.register.layer is None else plain(kept)

    def _inputs_of(self, number: int, inputs: Any) -> Any:
        """Return a layer's inputs as recorded numbers."""
        if self.register.layer is None:
            return inputs
        return self.register.enter(Named("a", number - 1) if number > 0 else _INPUTS, inputs)

    def _total_loss(self, function: Method, loss: str, z: Any, a: Any, y: Any) -> Any:
        register = self.register
        if not register.selects_loss():
            return function(loss, z, a, y)
        register.begin_phase("loss", None)
        a = register.kept[Named("a", register.last)]
        z = register.kept.get(Named("z", register.last), a)
        y = register.enter(_TARGETS)
        self.returned.sample_losses = []
        self.returned.terms = []
        total = function(loss, z, a, y)
        outputs = len(y[0])
        if self.returned.terms and outputs > 1:
            role = "squared_error" if loss not in REQUIRED_ACTIVATION else "cross_entropy"
            rows = [self.returned.terms[i * outputs : (i + 1) * outputs] for i in range(len(y))]
            register.add(Named(role, register.last), rows)
        register.add(Named("sample_loss"), self.returned.sample_losses)
        return total

    def _output_derivative(self, function: Method, role: str, loss: str, a: Any, y: Any) -> Any:
        """Record the derivative of the loss with which the way back begins."""
        register = self.register
        if not register.selects(register.last):
            return function(loss, plain(a), plain(y))
        register.begin_phase("backward", register.last)
        a = register.kept[Named("a", register.last)]
        derivative = function(loss, a, register.enter(_TARGETS))
        if role == "delta" and self.recorded.layers[register.last].has_steps:
            role = "output_delta"
        return register.keep(Named(role, register.last), derivative)

    def _delta(
        self, method: Method, owner: Layer, code: CodeType, output: LayerOutput, d_a: Any
    ) -> Any:
        number, kept = self.numbers[id(owner)], self.register.kept
        self.returned.back_to = number
        if not self.register.selects(number):
            return method(output, d_a)
        d_a = kept[error_above(self.recorded.layers, number)]
        delta = method(self._recorded(number, output), d_a)
        if delta is d_a and not has_sums(owner):
            kept[Named("delta", number)] = d_a  # nothing is computed, and has its name
            return d_a if self.register.layer is None else plain(d_a)
        role = "output_delta" if owner.has_steps else "delta"
        return self.register.keep(Named(role, number), delta, code)

    def _recorded(self, number: int, output: Any) -> Any:
        """Return what a layer has computed on the way forward, as recorded numbers."""
        kept = self.register.kept
        parts = ("z", "a", *extras_of(self.recorded.layers[number]))
        return output._replace(
            **{part: kept[Named(part, number)] for part in parts if Named(part, number) in kept}
        )

    def _through_time(
        self, method: Method, owner: Layer, code: CodeType, output: Any, delta: Any
    ) -> Any:
        number, register = self.numbers[id(owner)], self.register
        if not register.selects(number):
            return method(output, delta)
        delta = register.kept[Named("output_delta", number)]
        found = method(self._recorded(number, output), delta)
        register.keep(Named("delta", number), found.delta, code)
        self._errors[number] = found._replace(delta=register.kept[Named("delta", number)])
        return self._errors[number] if register.layer is None else found._make(map(plain, found))

    def _gradient(
        self, method: Method, owner: Layer, code: CodeType, inputs: Any, delta: Any
    ) -> Any:
        number, register = self.numbers[id(owner)], self.register
        if not register.selects(number):
            return method(inputs, delta)
        error = self._errors.get(number) or register.kept[Named("delta", number)]
        found = method(self._inputs_of(number, inputs), error)
        gradient = SimpleNamespace(delta=delta.delta if owner.has_steps else delta)
        for parameter in owner.PARAMETERS:
            values = getattr(found, parameter)
            if values is not None:
                named = Named(parameter_roles(parameter).gradient, number, parameter)
                values = register.keep(named, values, code)
            setattr(gradient, parameter, values)
        return gradient

    def _input_gradient(
        self, method: Method, owner: Layer, code: CodeType, inputs: Any, delta: Any
    ) -> Any:
        """Record what the layer behind hands back: it belongs to the layer before it."""
        number, register = self.numbers[id(owner)], self.register
        if not register.selects(number - 1):
            with other_numbers(owner, numbers_of(owner, code), plain_numbers):
                return method(inputs, delta)
        register.begin_phase("backward", number - 1)
        if register.layer is None:
            d_a = method(inputs, delta)
        else:
            inputs = register.kept[Named("a", number - 1)]
            error = error_of(self.recorded.layers, number)
            if owner.has_steps:
                delta = delta._replace(delta=register.enter(error, delta.delta))
            else:
                delta = register.enter(error, delta)
            change = partial(self._of_layer_behind, number)
            with other_numbers(owner, numbers_of(owner, code), change):
                d_a = method(inputs, delta)
        return register.keep(Named("activation_gradient", number - 1), d_a, code)

    def _of_layer_behind(self, number: int, name: str, values: Any) -> Any:
        """Return a parameter or setting of the layer behind the recorded one, as recorded numbers.

        Of a chosen unit only the row that starts there.
        """
        register = self.register
        if not isinstance(values, list):
            return register.enter(Named("layer_setting", number, name), values)
        named = Named(parameter_roles(name).given, number, name)
        if register.unit is None:
            return register.enter(named, values)
        if not isinstance(values[0], list):
            return values
        rows = [list(row) for row in values]
        chosen = rows[register.unit]
        chosen[:] = map(register.number, chosen)
        register.add_given(named, rows)
        return rows

    def _penalty(self, method: Method, owner: Layer, code: CodeType) -> Any:
        """Record what the loss grows by for the weights of a layer."""
        number, register = self.numbers[id(owner)], self.register
        named = Named("penalty", number)
        if register.selects_loss() and register.selects(number) and owner.penalties():
            register.keep(named, method())
            return register.kept[named]
        with other_numbers(owner, [*owner.WEIGHTS, "l1", "l2"], plain_numbers):
            found = method()
        return register.enter(named, found) if register.selects_loss() and found else found

    def _optimizer_step(
        self, method: Method, owner: Optimizer, code: CodeType, parameter: Any, *others: Any
    ) -> None:
        """Note which operations belong to which parameter."""
        first = len(self.tape)
        method(parameter, *others)
        found = owner_of(self.recorded.layers, parameter)
        if found is not None:
            self._updates.append(Update(*found, first, len(self.tape)))

    def _step(
        self,
        method: Method,
        owner: Layer,
        code: CodeType,
        gradient: Any,
        learning_rate: Any,
        optimizer: Optimizer,
    ) -> None:
        number, register = self.numbers[id(owner)], self.register
        if not register.selects(number):
            with other_numbers(optimizer, float_attributes(optimizer), plain_numbers):
                method(gradient, learning_rate, optimizer)
            return
        register.begin_phase("update", number)
        if register.layer is not None:
            learning_rate = register.enter(_LEARNING_RATE)
        kept = SimpleNamespace()
        for parameter in owner.PARAMETERS:
            named = Named(parameter_roles(parameter).gradient, number, parameter)
            clipped = Named("clipped_gradient", number, parameter)
            setattr(kept, parameter, register.kept.get(clipped, register.kept.get(named)))
        method(kept, learning_rate, optimizer)
        code = type(self.optimizer).step.__code__
        for parameter in owner.PARAMETERS:
            values = getattr(owner, parameter)
            if values is not None:
                named = Named(parameter_roles(parameter).new, number, parameter)
                register.keep_changed(named, values, code)
                for label, values in parts_of(self._memories.get((number, parameter))):
                    named = Named("new_memory", number, remembered(label, parameter))
                    register.keep_changed(named, values, code)

    def _start(self, parameter: Any) -> Any:
        """Return what the optimizer remembers of a parameter at first, as recorded numbers.

        It carries on where the network's training with an equal one has stopped.
        """
        owner = owner_of(self.recorded.layers, parameter)
        used = None if owner is None else self.net.layers[owner[0]].optimizer_memory()
        if owner is not None and used is not None and used[0] == self.optimizer:
            memory = used[1][owner[1]]
        else:
            memory = copy.deepcopy(self.optimizer).start(plain(parameter))
        if owner is not None and self.register.selects(owner[0]):
            self.register.take_memory(memory)
            self._memories[owner] = memory
            self._add_memory(*owner, "setting")
        return memory

    def _add_memory(self, number: int, parameter: str, given: str) -> None:
        for label, values in parts_of(self._memories[number, parameter]):
            named = Named("memory", number, remembered(label, parameter))
            self.register.add_own(named, values, given)

    def data(self, outputs_after: list[list[float]]) -> dict[str, Any]:
        """Return the JSON object of what was recorded, but for what only the caller knows.

        outputs_after: what the trained network gives for these samples without recording.
        """
        register = self.register
        inventory = Inventory(
            self.tape, len(self.net.layers), register.matrices, register.phases, self._updates
        )
        listing = Listing(
            inventory, Describer(self.net, self.optimizer, self.clipping, register.samples.size)
        )
        tables, counts = listing.data(), listing.counts()
        after = None  # it goes on on the tape, behind what is listed
        if register.layer is None:
            after = run_afterwards(self.namespaces, self.recorded, register)
        if after is not None:
            self._comparison.compare_afterwards(after, self.losses_after[-1], outputs_after)
        tables.update(Repeatable(self.tape, listing, tables).data(after))
        meta = {
            "purenet": __version__,
            "python": platform.python_version(),
            "network": {
                "layers": [described(found) for found in self.net.layers],
                "loss": self.net.loss,
            },
            "learning_rate": repr(register.learning_rate),
            "optimizer": type(self.optimizer).__name__,
            "steps": len(self.digests),
            "layer": register.layer,
            "unit": register.unit,
            "open_functions": self.open_functions,
            "digest_before": self.digest_before,
            "digests": self.digests,
            "losses": [repr(loss) for loss in self.losses],
            "losses_after": [repr(loss) for loss in self.losses_after],
            "stopped": self.stopped,
            "counts": counts,
        }
        return {"meta": meta, **tables}
