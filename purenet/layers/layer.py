"""The contract of a layer: what a network, an optimizer, a file or a picture asks of it.

A layer is a class derived from ``Layer`` that names its parameters and writes out its arithmetic::

    class Scale(Layer):
        '''Every input times a weight of its own: ``z[i][k] = inputs[i][k] * weights[k]``.'''

        PARAMETERS = ("weights",)

        def shape(self, name):
            return (self.outputs,)

        def settings(self):
            return {"inputs": self.inputs}

        def __init__(self, inputs):
            self.inputs = self.outputs = inputs
            self.weights = [1.0] * inputs

and then ``feedforward``, ``gradient`` and ``input_gradient``.  Training, the digest, model files,
the gradient check and ``explain`` need nothing else.

Rows are samples everywhere: with n samples, inputs are n by ``inputs``, z, a and delta n by
``outputs``.

What a layer may have besides:

- An activation function: ``self.activation = "tanh"``, which ``feedforward`` applies; ``delta`` is
  right then.  A layer that makes a of z in another way defines ``delta``.
- Shapes: where a row holds an image or a sequence, the layer sets ``input_shape`` and
  ``output_shape`` as well.
- Settings: ``SETTINGS = (*Layer.SETTINGS, "rate")`` keeps what is set once from being changed.
- Inputs that the layer before decides on: as long as ``inputs`` is not set, the layer is open, and
  a network calls ``connect`` with the ``output_shape`` of the layer before.
- ``l1`` and ``l2``: ``WEIGHTS`` names the parameters that they act on, ``gradient`` adds their
  slopes (``regularisation.add_penalty_slopes``), and ``settings`` holds ``**self.penalties()``.
- Random numbers: with ``is_random = True``, training calls ``feedforward_in_training``, and nothing
  else does.  What ``delta`` needs of it is returned behind z and a.
- Steps: with ``has_steps = True``, ``through_time`` makes of delta what ``gradient`` and
  ``input_gradient`` take.  ``explain`` and ``step`` show that of ``Recurrent`` alone.

Parameters can be nested in any depth, such as ``weights[filter][channel][dy][dx]``; optimizers and
penalties take the rows in it (``rows_of``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from itertools import repeat
from types import MappingProxyType, SimpleNamespace
from typing import Any, ClassVar, NamedTuple

from ..activations import ACTIVATIONS, activation_delta
from ..checks import LIST, as_array, as_choice, as_size, check_output_activation, flat, shown
from ..initializers import GivenValues, Initializer
from ..matrix import Matrix, Rows
from ..names import ACTIVATION_NAMES
from ..optimizers import Optimizer
from ..randomness import Generator, Random
from ..regularisation import penalty

# More can only be a mistake, and would fill the memory before anybody noticed.
MOST_UNITS = 2**24


class LayerOutput(NamedTuple):
    """What a layer computes on the way forward: the weighted sums z and the activations a.

    A layer that needs more on the way back returns a named tuple of its own, with more behind a.
    """

    z: Matrix
    a: Matrix


class DeltaAlone(NamedTuple):
    """The gradient of a layer without parameters: delta = dL/dz, and nothing else."""

    delta: Matrix


class OwnLists(NamedTuple):
    """The lists that hold a layer's parameters: while they are unchanged, nobody put in another.

    lists: those that hold other lists; items: the identities of what they hold; rows: those that
    hold numbers; lengths: how many.
    """

    lists: list[Any]
    items: list[int]
    rows: list[list[float]]
    lengths: list[int]


# The layers, by their backend and the name that a model file has for them.
KINDS: dict[tuple[str, str], type[Layer]] = {}


class Layer:
    """What every layer has.

    PARAMETERS: the names of its parameters, in the order in which they are drawn, counted and
        written: attributes that hold nested lists of floats, or None.
    WEIGHTS: those of them that l1 and l2 act on.
    SETTINGS: the names of what cannot be changed once it is set.
    ACTIVATIONS: the functions that can make a of z.
    inputs, outputs: the numbers of inputs and outputs of one sample, which is one row.
    input_shape, output_shape: what such a row holds: ``(n,)`` if it is n numbers, ``(channels,
        height, width)`` for an image, ``(steps, features)`` for a sequence.
    activation: the name of the function that makes a of z.
    l1, l2: the loss grows by ``l1 * sum of |w| + l2 * sum of w * w`` over the WEIGHTS.
    is_random: whether it computes something else in training, from random numbers.
    has_steps: whether it goes through the steps of a sequence, so that the error has to go back
        through them.
    """

    backend: ClassVar[str] = "any"
    PARAMETERS: ClassVar[tuple[str, ...]] = ()
    WEIGHTS: ClassVar[tuple[str, ...]] = ()
    SETTINGS: ClassVar[tuple[str, ...]] = ("inputs", "outputs", "input_shape", "output_shape")
    ACTIVATIONS: ClassVar[tuple[str, ...]] = ACTIVATIONS

    is_random: ClassVar[bool] = False
    has_steps: ClassVar[bool] = False

    inputs: int
    outputs: int
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    activation: str = "linear"
    l1: float = 0.0
    l2: float = 0.0
    # A layer is part of one network at most.  The last one keeps the loss and the activation that
    # this loss needs, if it needs one.
    has_network: bool = False
    needed_activation: tuple[str, str] | None = None

    _initializers: dict[str, Initializer]  # of the parameters that are still to be drawn
    _optimizer: Optimizer | None = None  # the last one
    _memory: dict[str, Any]  # and what it remembers of each parameter

    def __init_subclass__(cls, *, abstract: bool = False, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if isinstance(cls.PARAMETERS, str):
            raise TypeError(
                f"{cls.__name__}.PARAMETERS: found {cls.PARAMETERS!r}, expected a tuple of names"
            )
        name = cls.backend, cls.__name__
        # What purenet has under a name stays there, whatever else is called so.
        if not abstract and not (name in KINDS and KINDS[name].is_twin()):
            KINDS[name] = cls

    @classmethod
    def is_twin(cls) -> bool:
        """Return whether each package has a class of its own by this name, as both have Dense."""
        return "backend" in vars(cls)

    own_lists = OwnLists([], [], [], [])
    _kept: Mapping[str, OwnLists] = MappingProxyType({})  # the same for each parameter

    # The arithmetic.  It checks nothing: a network has checked what it hands on.

    def feedforward(self, inputs: Rows) -> Any:
        """Return z and a for the layer's inputs.  Shapes: n by inputs; n by outputs."""
        raise NotImplementedError(f"{type(self).__name__} does not define feedforward")

    def feedforward_in_training(self, inputs: Rows, generator: Generator) -> LayerOutput:
        """Return z and a in training, where ``is_random`` says that they are others then.

        generator: gives random numbers from [0, 1), the same for this batch on every machine.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define feedforward_in_training")

    def delta(self, output: LayerOutput, d_a: Rows) -> Rows:
        """Return delta = dL/dz from d_a = dL/da and what ``feedforward`` returned.

        ``dL/dz = dL/da * da/dz``.  Shapes: all n by outputs.
        """
        return activation_delta(self.activation, output.a, d_a)

    def through_time(self, output: Any, delta: Matrix) -> Any:
        """Return delta of all steps from that of the outputs, where ``has_steps`` is True.

        ``gradient`` and ``input_gradient`` are handed what this returns.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define through_time")

    def gradient(self, inputs: Rows, delta: Any) -> Any:
        """Return the gradient of the loss by the parameters.

        An object with an attribute for each name in ``PARAMETERS``, of the parameter's shape (None
        for a parameter that is None), and ``delta``.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define gradient")

    def input_gradient(self, inputs: Rows, delta: Any) -> Matrix:
        """Return dL/dinputs, which the layer before takes as its dL/da.  Shape: n by inputs."""
        raise NotImplementedError(f"{type(self).__name__} does not define input_gradient")

    def step(self, gradient: Any, learning_rate: float, optimizer: Optimizer) -> None:
        """Let an optimizer change the parameters, given what ``gradient`` returned."""
        if self._optimizer is not optimizer and self._optimizer != optimizer:
            self._remember(optimizer)
        for name in self.PARAMETERS:
            values = getattr(self, name)
            if values is not None:
                rows = rows_of(values)
                gradient_rows = rows_of(getattr(gradient, name))
                optimizer.step(rows, gradient_rows, learning_rate, self._memory[name])

    # Its place in a network.

    @property
    def is_open(self) -> bool:
        """Whether the layer will take as many inputs as the layer before gives."""
        return "inputs" not in self.__dict__

    def connect(self, shape: tuple[int, ...]) -> None:
        """Take inputs of this shape, for good; asked of an open layer.

        Raises ValueError, and changes nothing, if the layer cannot.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define connect")

    # The parameters.

    def shape(self, name: str) -> tuple[int, ...] | None:
        """Return the shape of a parameter; None if this layer goes without it."""
        raise NotImplementedError(f"{type(self).__name__} does not define shape")

    def penalty(self) -> float:
        """Return what the loss grows by for this layer."""
        return penalty(self._rows_of(self.WEIGHTS), self.l1, self.l2)

    def penalties(self) -> dict[str, float]:
        """Return l1 and l2 as ``settings`` names them: those that are not zero."""
        named = {"l1": self.l1, "l2": self.l2}
        return {name: value for name, value in named.items() if value != 0.0}

    def settings(self) -> dict[str, Any]:
        """Return the arguments that make such a layer again, as JSON can hold them.

        A file gives them back as they are written there: a shape as a list.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define settings")

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Layer:
        """Return a layer with these settings; what else is in there is left alone."""
        left_out = {"kind", "optimizer", *cls.PARAMETERS}
        return cls(**{name: value for name, value in settings.items() if name not in left_out})

    @property
    def parameter_count(self) -> int:
        """The number of all weights and biases."""
        count = 0
        for name in self.PARAMETERS:
            shape = self.shape(name)
            if shape is not None:
                count += numbers_in(shape)
        return count

    def __repr__(self) -> str:
        if self.is_open:
            return f"{type(self).__name__}(inputs=None)"
        settings = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in self.settings().items()
        }
        arguments = ", ".join(f"{name}={value!r}" for name, value in settings.items())
        return f"{type(self).__name__}({arguments})"

    def __getattr__(self, name: str) -> Any:
        # Called for what is not there.
        if name in self.PARAMETERS:
            raise AttributeError(
                f"{name}: this layer has none yet, expected one that is part of a network"
            )
        # A row is just numbers, unless the layer says otherwise.
        if name == "input_shape" and not self.is_open:
            return (self.inputs,)
        if name == "output_shape" and not self.is_open:
            return (self.outputs,)
        if self.is_open and name in self.SETTINGS:
            raise AttributeError(
                f"{name}: this layer takes what the layer before it gives, "
                f"expected one that is part of a network"
            )
        return object.__getattribute__(self, name)  # which raises what is usual

    def __delattr__(self, name: str) -> None:
        if name in (*self.PARAMETERS, *self.SETTINGS, "activation", "l1", "l2"):
            raise AttributeError(f"{name} of a layer cannot be deleted")
        super().__delattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        # What is set is checked and copied here, at the border, so that reading it stays a plain
        # attribute access.
        if name in self.PARAMETERS:
            value = self.own(name, value)
            self.__dict__.setdefault("_initializers", {}).pop(name, None)
            self._keep(name, value)
        elif name == "activation":
            value = as_choice(value, "activation", self.ACTIVATIONS, ACTIVATION_NAMES)
            check_output_activation(self.needed_activation, value)
            if value == "softmax" and self.__dict__.get("outputs") == 1:
                raise ValueError(
                    "activation: found 'softmax' for one unit, which would always give 1.0, "
                    "expected 'sigmoid', or one unit for each class"
                )
        elif name in ("l1", "l2"):
            value = as_size(value, name)
            if value > 0.0 and not self.WEIGHTS:
                raise ValueError(
                    f"{name}: found {value} for a {type(self).__name__}, which has no weights"
                )
        elif name in self.SETTINGS and name in self.__dict__:
            raise AttributeError(f"{name} of a layer cannot be changed")
        super().__setattr__(name, value)

    def own(self, name: str, values: Any, place: str | None = None) -> Any:
        """Return a copy of a parameter's values as floats, or raise ValueError or TypeError."""
        shape = self.shape(name)
        if shape is None:
            if values is not None:
                raise ValueError(f"{name}: this layer was made without them, expected None")
            return None
        return as_array(values, place or name, shape, finite=False)

    def _keep(self, name: str, values: Any) -> None:
        """Remember which lists are the layer's own, made by itself."""
        self._keep_lists(name, _own_lists(values))

    def _keep_lists(self, name: str, own: OwnLists) -> None:
        self._kept = {**self._kept, name: own}
        self.own_lists = OwnLists(*map(list, map(flat, zip(*self._kept.values(), strict=True))))

    def _own_items(self, name: str) -> dict[int, Any]:
        """Return the layer's own lists within those of a parameter, by their identities.

        While they are held here, no other object gets the identity of one of them.
        """
        kept = self._kept[name]  # which has no items where another thread was in between
        return dict(zip(kept.items, [*kept.lists, *kept.rows][1:], strict=False))

    def __setstate__(self, state: dict[str, Any]) -> None:
        # The lists of a copy are others than those that were copied.
        self.__dict__.update(state)
        for name, own in self._kept.items():
            self._keep_lists(name, own._replace(items=list(map(id, [*own.lists, *own.rows][1:]))))

    def checked_gradient(self, gradient: Any, place: str) -> SimpleNamespace:
        """Return a gradient of the shapes of the parameters as lists of floats.

        Raises ValueError or TypeError, which name the place, for anything else.
        """
        if not all(map(hasattr, repeat(gradient), self.PARAMETERS)):
            names = " and ".join(self.PARAMETERS)
            raise TypeError(f"{place}: found {shown(gradient)}, expected {names}")
        checked = {}
        for name in self.PARAMETERS:
            shape = self.shape(name)
            if shape is not None:
                values = getattr(gradient, name)
                checked[name] = as_array(values, f"{place}.{name}", shape, finite=False)
        return SimpleNamespace(**checked)

    def rows(self) -> list[list[float]]:
        """Return the innermost lists of all parameters."""
        return self._rows_of(self.PARAMETERS)

    def _rows_of(self, names: tuple[str, ...]) -> list[list[float]]:
        rows: list[list[float]] = []
        for name in names:
            values = getattr(self, name)
            if values is not None:
                rows.extend(rows_of(values))
        return rows

    def check_parameters(self, place: str) -> None:
        """Check what a user may have written into the parameters, and make it floats.

        A list that the user made, or that stands in two places, is replaced by a copy.

        Raises ValueError or TypeError, and changes nothing, for what is no parameter of this shape.
        """
        checked = {}
        for name in self.PARAMETERS:
            shape = self.shape(name)
            if shape is not None:
                where = f"{place}: {name}"
                checked[name] = as_array(getattr(self, name), where, shape, finite=False)
        for name, numbers in checked.items():
            values = getattr(self, name)
            _put_back(values, numbers, self._own_items(name))
            self._keep(name, values)

    def copy_of_parameters(self, spare: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the numbers of all parameters as they are now, for ``put_back``.

        spare: a copy that nobody needs any more, whose memory can be used for this one.
        """
        return {name: _copied(getattr(self, name)) for name in self.PARAMETERS}

    def put_back(self, copy: dict[str, Any]) -> None:
        """Let the parameters have the numbers again that they had when they were copied.

        The layer's own lists hold them, whatever somebody has written into these since.
        """
        for name, values in copy.items():
            own = self._kept.get(name)
            if values is None or own is None or not own.rows:
                setattr(self, name, values)
            else:
                _refill(own, values)

    def _remember(self, optimizer: Optimizer) -> None:
        """Start with an optimizer: let it make what it remembers of each parameter."""
        memory = {}
        for name in self.PARAMETERS:
            values = getattr(self, name)
            memory[name] = None if values is None else optimizer.start(rows_of(values))
        self.remember(optimizer, memory)

    def optimizer_memory(self) -> tuple[Optimizer, dict[str, Any]] | None:
        """Return the optimizer of the last step, and a copy of what it remembers of each parameter.

        ``remember`` takes the two again.
        """
        return None if self._optimizer is None else (self._optimizer, deepcopy(self._memory))

    def remember(self, optimizer: Optimizer | None, memory: dict[str, Any]) -> None:
        """Let the next step be taken as if this optimizer, or none, had taken the one before."""
        self._memory = memory
        self._optimizer = optimizer

    # The first values.

    def draw(self, random: Random) -> dict[str, Any]:
        """Return the first values of the parameters that are not set."""
        drawn = {}
        initializers = self.__dict__.get("_initializers", {})
        for name in self.PARAMETERS:
            if name in initializers:
                drawn[name] = self.own(name, self.first_values(name, initializers[name], random))
        return drawn

    def first_values(self, name: str, initializer: Initializer, random: Random) -> Any:
        """Return what an initializer draws for a parameter: a matrix, or one row of it."""
        shape = self.shape(name)
        assert shape is not None
        if isinstance(initializer, GivenValues):
            return initializer.values
        if len(shape) == 1:
            return as_array(initializer(1, shape[0], random), name, (1, *shape), finite=False)[0]
        return initializer(shape[0], shape[1], random)

    def initialize(self, values: dict[str, Any]) -> None:
        """Start with the values that ``draw`` has returned."""
        for name, value in values.items():
            self.__dict__[name] = value
            self._keep(name, value)
        self.__dict__["_initializers"] = {}


def numbers_in(shape: tuple[int, ...]) -> int:
    """Return how many numbers there are in something of this shape.

    >>> numbers_in((3, 8, 8))
    192
    """
    return math.prod(shape)


def rows_of(values: Sequence[Any]) -> list[Any]:
    """Return the rows of a parameter: a vector as one row, filters as all their rows.

    >>> rows_of([1.0, 2.0]), rows_of([[1.0], [2.0]]), rows_of([[[1.0]], [[2.0]]])
    ([[1.0, 2.0]], [[1.0], [2.0]], [[1.0], [2.0]])
    """
    first = values[0]
    if type(values) is type(first) is list and type(first[0]) is float:
        return values  # as nearly all are: an optimizer asks for them in every step
    if type(first) is float or isinstance(first, str) or not hasattr(first, "__len__"):
        return [values]
    if not hasattr(first[0], "__len__"):
        return values if type(values) is list else list(values)
    return [row for item in values for row in rows_of(item)]


def _copied(values: Any) -> Any:
    return [_copied(item) for item in values] if type(values) is list else values


def _own_lists(values: Any) -> OwnLists:
    if values is None:
        return OwnLists([], [], [], [])
    lists, level = [], [values]
    while type(level[0][0]) is list:
        lists.extend(level)
        level = list(flat(level))
    if set(map(type, level)) != LIST:  # another thread has put in something since it was checked
        return OwnLists(lists, [], [], [])
    return OwnLists(lists, list(map(id, flat(lists))), level, list(map(len, level)))


def _refill(own: OwnLists, values: list[Any]) -> None:
    """Let own lists hold each other again, and numbers like these values."""
    lists = [*own.lists, *own.rows]
    inner = iter(lists[1:])
    copies = [values]  # in the order of the own lists: level by level
    for target, numbers in zip(lists, copies, strict=False):
        if type(numbers[0]) is list:
            copies.extend(numbers)
            target[:] = [next(inner) for _ in numbers]
        else:
            target[:] = numbers


def _put_back(values: list[Any], checked: list[Any], own: dict[int, Any]) -> None:
    """Put checked numbers in the place of what a user wrote, into the same lists if they are own.

    Each own list is used once; where it stands a second time, a copy stands instead.
    """
    if not checked or type(checked[0]) is not list:
        values[:] = checked
        return
    for number, item in enumerate(checked):
        old = values[number]
        if own.pop(id(old), None) is old:
            _put_back(old, item, own)
        else:
            values[number] = item
