"""What the training step computes is kept by name, as its functions are called and return."""

from __future__ import annotations

from types import FrameType
from typing import Any

from ... import losses
from ...layers import Layer
from ...matrix import Matrix
from ...network import Network
from ...optimizers import Optimizer
from ..memory import float_attributes, parts_of, remembered
from ..step import Named, parameter_roles, training_step
from .frames import Frames
from .matrices import Matrices
from .positions import FILLINGS, Locator, Update

# The methods of a layer that compute.
_CONTRACT = ("feedforward", "delta", "gradient", "input_gradient")


class Keeper:
    """Enters in the matrices what a training step is given and what it computes.

    finished: the names of what was computed since somebody emptied it.
    followed: the code objects whose calls and returns it has to see.
    """

    def __init__(
        self,
        net: Network,
        optimizer: Optimizer,
        matrices: Matrices,
        frames: Frames,
        locator: Locator,
    ) -> None:
        self.finished: list[str] = []
        self._matrices = matrices
        self._frames = frames
        self._locator = locator
        self._methods = {
            getattr(type(layer), name).__code__: name for layer in net.layers for name in _CONTRACT
        }
        self.followed = {*FILLINGS, locator.update_code, *self._methods}
        self.followed.add(losses.sample_loss.__code__)

    def begin(
        self,
        net: Network,
        optimizer: Optimizer,
        inputs: Matrix,
        targets: Matrix,
        learning_rate: float,
    ) -> None:
        """Enter what the step is given."""
        self._matrices.enter("x", inputs)
        self._matrices.enter("y", targets)
        self._matrices.enter("learning_rate", learning_rate)
        for name in float_attributes(optimizer):
            self._matrices.enter_named(Named("setting", None, name), getattr(optimizer, name))
        for number, layer in enumerate(net.layers):
            for name in float_attributes(layer):
                self._matrices.enter_named(
                    Named("layer_setting", number, name), getattr(layer, name)
                )
            self._enter_parameters(layer, number, layer, 0)
        self.finished.clear()

    def called(self, frame: FrameType) -> None:
        """Look at what the step has computed, and at a parameter that is about to change."""
        caller = frame.f_back
        if caller is not None and caller.f_code is training_step.__code__:
            self._enter_scalars(caller)
        update = self._locator.update_of(frame)
        if update is not None:
            self._begin_update(update)

    def returned(self, frame: FrameType, value: Any) -> None:
        """Enter what a function returns, None also where an exception leaves it."""
        code = frame.f_code
        update = self._locator.update_of(frame)
        if update is not None:
            self._end_update(update)
        elif code in FILLINGS:
            self._record(frame, value)
        elif code in self._methods and value is not None:
            self._enter_result(frame, value)
        elif code is losses.sample_loss.__code__ and type(value) is float:
            self._matrices.values.setdefault("loss", []).append(value)

    def _begin_update(self, update: Update) -> None:
        """Keep a parameter, and what the optimizer remembers of it, as they are before the step."""
        self._matrices.begin_update(update.given.name, update.new)
        _, number, parameter = update.given
        for label, values in parts_of(update.memory):
            named = Named("memory", number, remembered(label, parameter))
            self._matrices.enter_named(named, values)
            if type(values) is list:
                self._matrices.begin_update(
                    named.name, Named("new_memory", named.layer, named.parameter)
                )

    def _end_update(self, update: Update) -> None:
        _, number, parameter = update.given
        for label, values in parts_of(update.memory):
            named = Named("new_memory", number, remembered(label, parameter))
            if self._matrices.is_updating(named.name):
                self._matrices.end_update(named.name)
                self.finished.append(named.name)
            else:
                self._matrices.enter_named(named, values)
        self._matrices.end_update(update.new.name)
        self.finished.append(update.new.name)

    def _enter_scalars(self, frame: FrameType) -> None:
        """Enter what stands in variables of the training step: its count and its loss."""
        for variable, name in (("count", "count"), ("loss", "L")):
            if variable in frame.f_locals:
                self._matrices.values.setdefault(name, frame.f_locals[variable])

    def _record(self, frame: FrameType, value: Any) -> None:
        """Enter the matrix that a function has computed."""
        name = self._locator.position(frame).matrix
        if name is None or value is None:
            return  # not part of the step, or left by an exception
        if frame.f_code is losses.total_loss.__code__:
            self.finished.append(name)
        elif type(value) is list:
            self._finish(name, value)

    def _finish(self, name: str, value: Any) -> None:
        if self._matrices.values.get(name) is not value:
            self._matrices.enter(name, value)
            if not name.endswith("^T"):
                self.finished.append(name)

    def _enter_result(self, frame: FrameType, value: Any) -> None:
        """Enter what a method of a layer has computed, whichever way it did."""
        layer: Any = self._frames.local(frame).get("self")
        number = self._locator.number(layer)
        if number is None or not self._frames.chain(frame):
            return
        method = self._methods[frame.f_code]
        if method == "feedforward":
            self._finish(Named("z", number).name, value.z)
            self._finish(Named("a", number).name, value.a)
        elif method == "delta":
            self._finish(Named("delta", number).name, value)
        elif method == "input_gradient":
            self._finish(Named("activation_gradient", number - 1).name, value)
        else:
            self._enter_parameters(layer, number, value, 1)

    def _enter_parameters(self, layer: Layer, number: int, owner: Any, place: int) -> None:
        """Enter a layer's parameters (place 0 of their roles) or their gradient (place 1)."""
        for parameter in layer.PARAMETERS:
            values = getattr(owner, parameter)
            if values is not None:
                role = parameter_roles(parameter)[place]
                self._finish(Named(role, number, parameter).name, values)
