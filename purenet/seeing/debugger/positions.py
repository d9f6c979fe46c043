"""Where in the training step a frame stands: its phase, its layer, the element it computes."""

from __future__ import annotations

import ast
import math
from types import CodeType, FrameType
from typing import Any, NamedTuple

from ... import activations, losses, matrix, regularisation
from ...layers import (
    AveragePool2D,
    Conv2D,
    Dense,
    Dropout,
    Layer,
    MaxPool2D,
    Recurrent,
    convolution,
    dropout,
    pooling,
    rows_of,
)
from ...network import Network
from ...optimizers import GradientDescent, Optimizer
from ...parameters import clip_gradients
from ..notation import element_name
from ..step import Named, parameter_roles, training_step
from .frames import Frames
from .matrices import Matrices


class Filling(NamedTuple):
    """How a function computes a matrix: the list it fills, and the loop variables of an element.

    levels: the lists that are being filled within it, the innermost last.
    outer: the loop variable of the caller that counts the samples, where it is called for each.
    """

    result: str
    indices: tuple[str, ...]
    term: str | None = None
    levels: tuple[str, ...] = ()
    outer: str | None = None


# The lists of rows are filled by way of a list named after them: product, product_row.
FILLINGS: dict[CodeType, Filling] = {
    matrix.dot.__code__: Filling("product", ("i", "j"), "k"),
    matrix.transpose.__code__: Filling("transposed", ("j", "i")),
    matrix.add_bias.__code__: Filling("result", ("i", "j")),
    matrix.multiply.__code__: Filling("result", ("i", "j")),
    matrix.column_sums.__code__: Filling("sums", ("j",), "i"),
    activations.activate.__code__: Filling("a", ("i", "j")),
    activations.activation_slopes.__code__: Filling("slopes", ("i", "j")),
    activations.activation_delta.__code__: Filling("delta", ("i",)),  # all of a row
    losses.output_delta.__code__: Filling("delta", ("i", "j")),
    losses.output_gradient.__code__: Filling("d_a", ("i", "j")),
    losses.total_loss.__code__: Filling("loss", ("i",)),
    GradientDescent.step.__code__: Filling("parameter", ("k", "j")),
    matrix.add.__code__: Filling("result", ("i", "j")),
    convolution.convolve.__code__: Filling(
        "z", ("f", "y", "x"), "dx", ("z_of_filter", "z_row"), "i"
    ),
    convolution.weights_gradient.__code__: Filling(
        "weights", ("f", "c", "dy", "dx"), "x", ("weights_of_filter", "window", "window_row")
    ),
    convolution.biases_gradient.__code__: Filling("biases", ("f",), "x"),
    convolution.image_gradient.__code__: Filling("", ("c", "y", "x"), "dx", (), "i"),
    pooling.largest_of_windows.__code__: Filling(
        "z", ("c", "y", "x"), None, ("z_of_channel", "z_row"), "i"
    ),
    pooling.means_of_windows.__code__: Filling(
        "z", ("c", "y", "x"), "dx", ("z_of_channel", "z_row"), "i"
    ),
    pooling.gradient_to_winners.__code__: Filling("", ()),
    pooling.gradient_to_all.__code__: Filling("", ()),
    dropout.draw_mask.__code__: Filling("mask", ()),
    regularisation.add_penalty_slopes.__code__: Filling("", ("k", "j")),
}

# The role of the matrix, from the calling function and the called one.
_MADE = {
    (Dense.feedforward.__code__, matrix.dot.__code__): "z",
    (Dense.feedforward.__code__, matrix.add_bias.__code__): "z",
    (Dense.feedforward.__code__, activations.activate.__code__): "a",
    (Dense.gradient.__code__, matrix.dot.__code__): "weight_gradient",
    (Dense.gradient.__code__, matrix.column_sums.__code__): "bias_gradient",
    (Dense.input_gradient.__code__, matrix.dot.__code__): "activation_gradient",
    (Network.backward.__code__, losses.output_gradient.__code__): "output_gradient",
    (Network.backward.__code__, losses.output_delta.__code__): "delta",
    (Layer.delta.__code__, activations.activation_delta.__code__): "delta",
    (activations.activation_delta.__code__, activations.activation_slopes.__code__): "slope",
    (activations.activation_delta.__code__, matrix.multiply.__code__): "delta",
    (training_step.__code__, losses.total_loss.__code__): "sample_loss",
    (Conv2D.feedforward.__code__, convolution.convolve.__code__): "z",
    (Conv2D.feedforward.__code__, activations.activate.__code__): "a",
    (Conv2D.gradient.__code__, convolution.weights_gradient.__code__): "weight_gradient",
    (Conv2D.gradient.__code__, convolution.biases_gradient.__code__): "bias_gradient",
    (Conv2D.input_gradient.__code__, convolution.image_gradient.__code__): "activation_gradient",
    (MaxPool2D.feedforward.__code__, pooling.largest_of_windows.__code__): "a",
    (
        MaxPool2D.input_gradient.__code__,
        pooling.gradient_to_winners.__code__,
    ): "activation_gradient",
    (AveragePool2D.feedforward.__code__, pooling.means_of_windows.__code__): "a",
    (
        AveragePool2D.input_gradient.__code__,
        pooling.gradient_to_all.__code__,
    ): "activation_gradient",
    (Dropout.feedforward_in_training.__code__, dropout.draw_mask.__code__): "mask",
    (Dropout.feedforward_in_training.__code__, matrix.multiply.__code__): "a",
    (Dropout.delta.__code__, matrix.multiply.__code__): "delta",
    (Recurrent.feedforward.__code__, matrix.dot.__code__): "z",
    (Recurrent.feedforward.__code__, matrix.add_bias.__code__): "z",
    (Recurrent.feedforward.__code__, activations.activate.__code__): "states",
    (Recurrent.through_time.__code__, matrix.dot.__code__): "delta",
    (Recurrent.through_time.__code__, activations.activation_delta.__code__): "delta",
    (Recurrent.through_time.__code__, matrix.add.__code__): "delta",
    (Recurrent.gradient.__code__, matrix.dot.__code__): "gradient",
    (Recurrent.gradient.__code__, matrix.column_sums.__code__): "bias_gradient",
    (Recurrent.input_gradient.__code__, matrix.dot.__code__): "activation_gradient",
    **{
        (kind.gradient.__code__, regularisation.add_penalty_slopes.__code__): "gradient"
        for kind in (Conv2D, Dense, Recurrent)
    },
}

# The loops of the steps of a recurrent layer: their elements have the step in the middle.
_STEPWISE = (Recurrent.feedforward.__code__, Recurrent.through_time.__code__)

_PHASE_OF = {
    Network.forward.__code__: "forward",
    losses.total_loss.__code__: "loss",
    losses.loss_count.__code__: "loss",
    Network.penalty.__code__: "loss",
    Network.backward.__code__: "backward",
    clip_gradients.__code__: "clip",
    Network.step.__code__: "update",
}


class Position(NamedTuple):
    """Where in the training step the program is; layers are counted from 1."""

    phase: str | None
    layer: int | None
    matrix: str | None
    indices: tuple[int, ...]
    term: str = ""

    def __str__(self) -> str:
        words = ", ".join(
            word for word in (f"layer {self.layer}" if self.layer else "", self.phase) if word
        )
        if self.matrix is not None:
            words += f": {element_name(self.matrix, self.indices)}"
        return words

    def unit(self, grain: str) -> tuple[object, ...]:
        """Return what stays the same while an element, a matrix ... is being computed."""
        count = {"phase": 1, "layer": 2, "matrix": 3, "element": 4}[grain]
        return tuple(self)[:count]


_NOWHERE = Position(None, None, None, ())


class Update(NamedTuple):
    """A parameter that an optimizer changes, before and after, and what it remembers of it."""

    given: Named
    new: Named
    values: Any
    memory: Any


class Locator:
    """Finds the position of a frame."""

    def __init__(
        self, net: Network, optimizer: Optimizer, matrices: Matrices, frames: Frames
    ) -> None:
        self._matrices = matrices
        self._frames = frames
        self._layers = net.layers
        self._numbers = {id(layer): number for number, layer in enumerate(net.layers, 1)}
        self.update_code = type(optimizer).step.__code__

    def position(self, frame: FrameType) -> Position:
        """Return where in the training step a frame stands; nowhere if it has no part in it."""
        chain = self._frames.chain(frame)
        if len(chain) < 2:
            return Position("loss", None, "L", ()) if self._is_division(frame) else _NOWHERE
        phase = _PHASE_OF.get(chain[-2].f_code)
        layer = self._layer(chain)
        shown = None if phase == "loss" else layer
        for found in chain[:-1]:
            update = self.update_of(found)
            if update is not None:
                filling = FILLINGS.get(found.f_code, Filling("", self._loops(found)[:2]))
                index, term = self._index(found, filling)
                if index and not isinstance(update.values[0], list):
                    index = index[1:]
                index = self._place(update.new.name, index, update.values)
                return Position(phase, shown, update.new.name, index, term)
            name = self._made(found, layer)
            if name is not None:
                index, term = self._index(found, FILLINGS[found.f_code])
                index = self._within(found, name, index)
                return Position(phase, shown, name, index, term)
        return Position(phase, shown, None, ())

    def _place(self, name: str, index: tuple[int, ...], values: Any) -> tuple[int, ...]:
        """Return the place of an element of rows in what they fold into: filters, images."""
        folding = self._matrices.folding(name)
        if folding is None or len(index) != 2:
            return index
        while type(values[0][0]) is list:
            values = [row for item in values for row in item]
        return folding.place(index[0] * len(values[0]) + index[1])

    def _within(self, frame: FrameType, name: str, index: tuple[int, ...]) -> tuple[int, ...]:
        """Return the place of an element that a function computes within a sample or a step."""
        caller, filling = frame.f_back, FILLINGS[frame.f_code]
        local = {} if caller is None else self._frames.local(caller)
        if filling.outer is not None:
            sample = local.get(filling.outer)
            return (sample, *index) if type(sample) is int and index else ()
        folding = self._matrices.folding(name)
        if folding is None or len(index) != 2:
            return index
        if caller is not None and self._is_through_time(frame):
            if caller.f_code is activations.activation_delta.__code__ and caller.f_back is not None:
                local = self._frames.local(caller.f_back)
            step = local.get("t")
            return (index[0], step, index[1]) if type(step) is int else ()
        if caller is not None and caller.f_code is Recurrent.feedforward.__code__:
            step = local.get("t")
            return (index[0], step, index[1]) if type(step) is int else ()
        if caller is not None and caller.f_code is Recurrent.input_gradient.__code__:
            steps = folding.shape[1]
            return (index[0] // steps, index[0] % steps, index[1])
        if frame.f_code is regularisation.add_penalty_slopes.__code__:
            rows = self._frames.local(frame)[frame.f_code.co_varnames[0]]
            return self._place(name, index, rows)
        return folding.place(index[0] * math.prod(folding.shape[1:]) + index[1])

    def is_within(self, frame: FrameType) -> bool:
        """Return whether a function computes a part of a matrix only: one sample, one step."""
        code, caller = frame.f_code, frame.f_back
        if FILLINGS[code].outer is not None or FILLINGS[code].result == "":
            return True
        if self._is_through_time(frame):
            return True
        return caller is not None and (
            caller.f_code in _STEPWISE or caller.f_code is Recurrent.input_gradient.__code__
        )

    def step_of(self, frame: FrameType) -> int | None:
        """Return the step of a recurrent layer whose numbers a function returns, as they stay."""
        code, caller = frame.f_code, frame.f_back
        if caller is None or caller.f_code not in _STEPWISE:
            return None
        layer = self._frames.local(caller).get("self")
        if caller.f_code is Recurrent.feedforward.__code__:
            is_last = code is not matrix.dot.__code__ or not self._has_biases(caller)
        else:
            last = (
                matrix.add if getattr(layer, "sequences", False) else activations.activation_delta
            )
            is_last = code is last.__code__
        step = self._frames.local(caller).get("t")
        return step if is_last and type(step) is int else None

    def layer_of(self, frame: FrameType) -> int | None:
        """Return the number of the layer for which a frame works, counted from 0."""
        number = self._layer(self._frames.chain(frame))
        return None if number is None else number - 1

    def number(self, layer: Any) -> int | None:
        """Return the number of a layer, counted from 0."""
        number = self._numbers.get(id(layer))
        return None if number is None else number - 1

    def _is_division(self, frame: FrameType) -> bool:
        """Return whether this is the line of the training step that computes the loss."""
        line = self._frames.line(frame)
        is_step = frame.f_code is training_step.__code__
        return is_step and line is not None and isinstance(line.formula, ast.BinOp)

    def _layer(self, chain: list[FrameType]) -> int | None:
        """Return the number of the layer for which the innermost frames work."""
        for frame in chain:
            local = self._frames.local(frame)
            number = self._numbers.get(id(local.get("self")))
            if number is not None:
                return number
            if frame.f_code in (losses.output_delta.__code__, losses.output_gradient.__code__):
                return len(self._layers)
        return None

    def _made(self, frame: FrameType, layer: int | None) -> str | None:
        """Return the name of the matrix that a frame computes."""
        code, caller = frame.f_code, frame.f_back
        if code not in FILLINGS or caller is None:
            return None
        if code is matrix.transpose.__code__:
            name = self._matrices.name(self._frames.local(frame).get("a"))
            return None if name is None else f"{name}^T"
        softmax = self._frames.local(frame).get("activation") == "softmax"
        if code is activations.activation_delta.__code__ and not softmax:
            return None  # the functions that it calls fill matrices
        role = _MADE.get((caller.f_code, code))
        if role is None:
            return None
        number = (layer or 0) - 1
        if role in ("delta", "slope") and self._layers[number].has_steps:
            through_time = self._is_through_time(frame)
            if role == "slope" and through_time:
                return None  # of one step, on the way to its delta
            if role == "delta" and not through_time:
                role = "output_delta"
        if role == "gradient":
            return self._gradient_in_line(caller, number)
        if role == "z" and caller.f_code is Recurrent.feedforward.__code__:
            return Named(role, number).name
        if role == "z" and code is matrix.dot.__code__ and self._has_biases(caller):
            before = "x" if number == 0 else f"a{number}"
            return f"{before}.W{number + 1}"
        if role == "activation_gradient":
            number -= 1
        return Named(role, number).name

    @staticmethod
    def _is_through_time(frame: FrameType) -> bool:
        """Return whether a function is called on the way back through time."""
        caller = frame.f_back
        if caller is not None and caller.f_code is activations.activation_delta.__code__:
            caller = caller.f_back
        return caller is not None and caller.f_code is Recurrent.through_time.__code__

    def _gradient_in_line(self, frame: FrameType, number: int) -> str | None:
        """Return the name of the gradient whose parameter the line of ``gradient`` names first."""
        line = self._frames.line(frame)
        for node in [] if line is None else ast.walk(line.statement):
            if isinstance(node, ast.Name) and node.id in self._layers[number].PARAMETERS:
                return Named(parameter_roles(node.id).gradient, number, node.id).name
        return None

    def _has_biases(self, frame: FrameType) -> bool:
        return getattr(self._frames.local(frame).get("self"), "biases", None) is not None

    def update_of(self, frame: FrameType) -> Update | None:
        """Return the parameter that a frame changes, if it is one of the optimizer's ``step``."""
        if frame.f_code is not self.update_code:
            return None
        layer = self._layer(self._frames.chain(frame))
        local = self._frames.local(frame)
        rows, _, _, memory = (local.get(name) for name in frame.f_code.co_varnames[1:5])
        if layer is None or type(rows) is not list or not rows:
            return None
        for parameter in self._layers[layer - 1].PARAMETERS:
            values = getattr(self._layers[layer - 1], parameter)
            if values is not None and rows_of(values)[0] is rows[0]:
                roles = parameter_roles(parameter)
                given = Named(roles.given, layer - 1, parameter)
                return Update(given, Named(roles.new, layer - 1, parameter), values, memory)
        return None

    def _loops(self, frame: FrameType) -> tuple[str, ...]:
        line = self._frames.line(frame)
        return () if line is None else line.loops

    def _index(self, frame: FrameType, filling: Filling) -> tuple[tuple[int, ...], str]:
        """Return the indices of the element that a frame computes, as far as its loops tell."""
        loops = self._loops(frame)
        local = self._frames.local(frame)
        index = []
        for variable in filling.indices:
            if variable not in loops or type(local.get(variable)) is not int:
                break
            index.append(local[variable])
        term = ""
        if len(index) == len(filling.indices) and filling.term in loops and filling.term in local:
            term = f"{filling.term} = {local[filling.term]}"
        return tuple(index), term

    def made_by(self, frame: FrameType) -> str | None:
        """Return the name of the matrix whose list a frame fills."""
        if frame.f_code not in FILLINGS or frame.f_code is self.update_code:
            return None
        return self.position(frame).matrix
