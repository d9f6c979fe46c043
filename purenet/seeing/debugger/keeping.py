"""What the training step computes is kept by name, as its functions are called and return."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FrameType
from typing import Any

from ... import activations, losses, matrix, regularisation
from ...layers import Conv2D, Dropout, Layer, images, recurrent
from ...matrix import Matrix
from ...network import Network
from ...optimizers import Optimizer
from ...parameters import clip_gradients
from ..memory import float_attributes, parts_of, remembered
from ..step import Clipping, Named, extras_of, has_sums, parameter_roles, training_step
from .frames import Frames
from .matrices import Matrices
from .positions import FILLINGS, Locator, Update

# The methods of a layer that compute.
_CONTRACT = (
    "feedforward",
    "feedforward_in_training",
    "delta",
    "through_time",
    "gradient",
    "input_gradient",
)


def _image(matrices: Matrices, local: Mapping[str, Any], made: Any) -> None:
    matrices.enter_image(local["row"], made)


def _padded(matrices: Matrices, local: Mapping[str, Any], made: Any) -> None:
    matrices.enter_padded(local["image"], made, local["padding"].top, local["padding"].left)


def _step(matrices: Matrices, local: Mapping[str, Any], made: Any) -> None:
    for row, sequence in zip(made, local["sequences"], strict=True):
        matrices.enter_step(row, sequence, local["t"] * local["width"])


def _steps(matrices: Matrices, local: Mapping[str, Any], made: Any) -> None:
    steps = len(made) // max(len(local["sequences"]), 1)
    for number, row in enumerate(made):
        sequence = local["sequences"][number // steps]
        matrices.enter_step(row, sequence, number % steps * local["width"])


def _joined(matrices: Matrices, local: Mapping[str, Any], made: Any) -> None:
    for number, row in enumerate(made):
        matrices.enter_joined(row, [part[number] for part in local["matrices"]])


# What hands on numbers in new lists: those lists are known then, too.
_HANDING: dict[CodeType, Callable[[Matrices, Mapping[str, Any], Any], None]] = {
    images.folded.__code__: _image,
    images.padded.__code__: _padded,
    recurrent.step_of.__code__: _step,
    recurrent.rows_of_steps.__code__: _steps,
    recurrent.beside.__code__: _joined,
}


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
        self.followed |= {losses.sample_loss.__code__, regularisation.penalty.__code__}
        self.followed |= {clip_gradients.__code__, regularisation.clip_norm.__code__}
        self.followed |= {regularisation.norm.__code__, *_HANDING}
        self._layers = net.layers

    def begin(
        self,
        net: Network,
        optimizer: Optimizer,
        clipping: Clipping,
        inputs: Matrix,
        targets: Matrix,
        learning_rate: float,
    ) -> None:
        """Enter what the step is given."""
        self._matrices.enter("x", inputs)
        self._matrices.enter("y", targets)
        self._matrices.enter("learning_rate", learning_rate)
        for name, limit in clipping._asdict().items():
            if limit is not None:
                self._matrices.enter_named(Named("setting", None, name), limit)
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
        if frame.f_code is clip_gradients.__code__:
            for given, new in self._clipped(frame):
                self._matrices.begin_update(given.name, new)
        if frame.f_code is activations.activate.__code__ and caller is not None:
            self._enter_sums(frame, caller)
        update = self._locator.update_of(frame)
        if update is not None:
            self._begin_update(update)

    def _enter_sums(self, frame: FrameType, caller: FrameType) -> None:
        """Enter the sums of a convolution, which are whole where the activations begin."""
        if caller.f_code is Conv2D.feedforward.__code__:
            number = self._locator.layer_of(frame)
            if number is not None:
                self._finish(Named("z", number).name, self._frames.local(frame)["z"])

    def returned(self, frame: FrameType, value: Any) -> None:
        """Enter what a function returns, None also where an exception leaves it."""
        code = frame.f_code
        update = self._locator.update_of(frame)
        if update is not None:
            self._end_update(update)
        elif code is clip_gradients.__code__:
            for _, new in self._clipped(frame):
                self._matrices.end_update(new.name)
                self.finished.append(new.name)
        elif code is regularisation.norm.__code__ and type(value) is float:
            self._matrices.enter_named(Named("gradient_norm"), value)
        elif code is regularisation.clip_norm.__code__:
            coefficient = self._frames.local(frame)["coefficient"]
            self._matrices.enter_named(Named("coefficient"), coefficient)
        elif code in _HANDING and value is not None:
            _HANDING[code](self._matrices, self._frames.local(frame), value)
        elif code in FILLINGS:
            self._record(frame, value)
        elif code in self._methods and value is not None:
            self._enter_result(frame, value)
        elif code is regularisation.penalty.__code__ and type(value) is float:
            number = self._locator.layer_of(frame)
            if number is not None:
                self._matrices.enter_named(Named("penalty", number), value)
        elif code is losses.sample_loss.__code__ and type(value) is float:
            self._matrices.values.setdefault("loss", []).append(value)

    def _clipped(self, frame: FrameType) -> Iterator[tuple[Named, Named]]:
        """Yield the names of the gradients as they are, and as they are when clipped."""
        gradients = self._frames.local(frame)["gradients"]
        for number, layer in enumerate(self._layers):
            for name in layer.PARAMETERS:
                if getattr(gradients[number], name) is not None:
                    given = Named(parameter_roles(name).gradient, number, name)
                    yield given, Named("clipped_gradient", number, name)

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
            if frame.f_code is matrix.transpose.__code__ and value is not None:
                self._matrices.enter_turned(value, self._frames.local(frame)["a"])
            return  # not part of the step, or left by an exception
        if self._locator.is_within(frame):
            step = self._locator.step_of(frame)
            if step is not None and type(value) is list:
                for sample, row in enumerate(value):
                    self._matrices.enter_line(row, name, (sample, step))
            return  # a part of the matrix, which is entered when it is whole
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
        if method.startswith("feedforward"):
            if layer.has_steps:
                sums = recurrent.beside(self._frames.local(frame)["z_of_steps"])
                self._finish(Named("z", number).name, sums)
            elif has_sums(layer):
                self._finish(Named("z", number).name, value.z)
            for role in (*extras_of(layer), "a"):
                if hasattr(value, role):
                    self._finish(Named(role, number).name, getattr(value, role))
        elif method == "delta":
            if has_sums(layer) or isinstance(layer, Dropout):
                role = "output_delta" if layer.has_steps else "delta"
                self._finish(Named(role, number).name, value)
        elif method == "through_time":
            self._finish(Named("delta", number).name, value.delta)
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
