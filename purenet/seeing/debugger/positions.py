"""Where in the training step a frame stands: its phase, its layer, the element it computes."""

from __future__ import annotations

import ast
from types import CodeType, FrameType
from typing import NamedTuple

from ... import activations, losses, matrix
from ...layers import dense
from ...layers import layer as layer_module
from ...network import Network
from ...optimizers import GradientDescent
from ..notation import element_name
from ..step import Named
from .frames import Frames
from .matrices import Matrices


class Filling(NamedTuple):
    """How a function computes a matrix: the list it fills, and the loop variables of an element."""

    result: str
    indices: tuple[str, ...]
    term: str | None = None


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
}

FOLLOWED = {*FILLINGS, losses.sample_loss.__code__}

# The role of the matrix, from the calling function and the called one.
_MADE = {
    ("feedforward", "dot"): "z",
    ("feedforward", "add_bias"): "z",
    ("feedforward", "activate"): "a",
    ("gradient", "dot"): "weight_gradient",
    ("gradient", "column_sums"): "bias_gradient",
    ("input_gradient", "dot"): "activation_gradient",
    ("backward", "output_gradient"): "output_gradient",
    ("backward", "output_delta"): "delta",
    ("delta", "activation_delta"): "delta",
    ("activation_delta", "activation_slopes"): "slope",
    ("activation_delta", "multiply"): "delta",
    ("training_step", "total_loss"): "sample_loss",
    ("step", "step"): "new_weights",
}

_PHASE_OF = {
    "forward": "forward",
    "total_loss": "loss",
    "loss_count": "loss",
    "backward": "backward",
    "step": "update",
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


class Locator:
    """Finds the position of a frame."""

    def __init__(self, net: Network, matrices: Matrices, frames: Frames) -> None:
        self._matrices = matrices
        self._frames = frames
        self._numbers = {id(layer): number for number, layer in enumerate(net.layers, 1)}

    def position(self, frame: FrameType) -> Position:
        chain = list(self._frames.chain(frame))
        if not chain:
            return Position(None, None, None, ())
        if len(chain) == 1:
            if self._is_division(frame):
                return Position("loss", None, Named("loss").name, ())
            return Position(None, None, None, ())
        phase = _PHASE_OF.get(chain[-2].f_code.co_name)
        layer = None
        for found in chain:
            layer = self._layer(found)
            if layer is not None:
                break
        for found in chain[:-1]:
            name = self._made(found, layer)
            if name is None:
                continue
            filling = FILLINGS[found.f_code]
            if found.f_code is GradientDescent.step.__code__:
                name, filling = self._updated(found, name, filling)
            index, term = self._index(found, filling)
            return Position(phase, None if phase == "loss" else layer, name, index, term)
        return Position(phase, None if phase == "loss" else layer, None, ())

    def _is_division(self, frame: FrameType) -> bool:
        line = self._frames.line(frame)
        return line is not None and isinstance(line.formula, ast.BinOp)

    def _layer(self, frame: FrameType) -> int | None:
        """Return the number of the layer that a frame works for, if the frame itself tells."""
        if frame.f_globals.get("__name__") in (layer_module.__name__, dense.__name__):
            return self._numbers.get(id(self._frames.local(frame).get("self")))
        if frame.f_code.co_name in ("activation_delta", "output_delta", "output_gradient"):
            name = self._matrices.name(self._frames.local(frame).get("a"))
            if name is not None and name[:1] == "a":
                return int(name[1:])
        return None

    def _made(self, frame: FrameType, layer: int | None) -> str | None:
        """Return the name of the matrix that a frame computes."""
        caller = frame.f_back
        if frame.f_code not in FILLINGS or caller is None:
            return None
        if frame.f_code is matrix.transpose.__code__:
            name = self._matrices.name(self._frames.local(frame).get("a"))
            return None if name is None else f"{name}^T"
        softmax = self._frames.local(frame).get("activation") == "softmax"
        if frame.f_code is activations.activation_delta.__code__ and not softmax:
            return None  # the functions that it calls fill matrices
        role = _MADE.get((caller.f_code.co_name, frame.f_code.co_name))
        if role is None:
            return None
        number = layer or 0
        has_biases = getattr(self._frames.local(caller).get("self"), "biases", None) is not None
        if role == "z" and frame.f_code is matrix.dot.__code__ and has_biases:
            before = "x" if number == 1 else f"a{number - 1}"
            return f"{before}.W{number}"
        if role == "activation_gradient":
            number -= 1
        return Named(role, number - 1).name

    def _updated(self, frame: FrameType, name: str, filling: Filling) -> tuple[str, Filling]:
        """Return which parameter of its layer an optimizer is updating."""
        caller = frame.f_back
        if caller is not None and self._frames.local(caller).get("name") == "biases":
            return name.replace("W", "b"), Filling("parameter", ("j",))
        return name, filling

    def _index(self, frame: FrameType, filling: Filling) -> tuple[tuple[int, ...], str]:
        """Return the indices of the element that a frame computes, as far as its loops tell."""
        line = self._frames.line(frame)
        loops = () if line is None else line.loops
        local = self._frames.local(frame)
        index = []
        for variable in filling.indices:
            if variable not in loops or variable not in local:
                break
            index.append(local[variable])
        term = ""
        if len(index) == len(filling.indices) and filling.term in loops and filling.term in local:
            term = f"{filling.term} = {local[filling.term]}"
        return tuple(index), term

    def made_by(self, frame: FrameType) -> str | None:
        if frame.f_code not in FILLINGS or frame.f_code is GradientDescent.step.__code__:
            return None
        return self.position(frame).matrix
