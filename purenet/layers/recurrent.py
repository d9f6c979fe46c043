"""A recurrent layer: it reads a sequence step by step, and what it was is an input of what it is.

Jeffrey Elman, "Finding Structure in Time", Cognitive Science 14, 1990: beside its inputs a layer
has context units, which hold its own activations of the step before.  So one layer with one set of
weights reads sequences, and what came earlier changes what it makes of what comes later.

How such a layer learns: David Rumelhart, Geoffrey Hinton and Ronald Williams, "Learning Internal
Representations by Error Propagation", 1986; Paul Werbos, "Backpropagation Through Time: What It
Does and How to Do It", Proceedings of the IEEE 78, 1990.  Unrolled, the layer is as many layers as
there are steps, which share their weights, and the error flows back from the last to the first.

Shapes, with n samples: a sample is one row, step behind step, so that inputs are n by steps *
features and states n by steps * units.  ``weights`` are features by units: ``weights[k][j]`` leads
from feature k to unit j.  ``recurrent_weights`` are units by units: ``recurrent_weights[k][j]``
leads from unit k, one step earlier, to unit j.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from ..activations import ELEMENTWISE, activate, activation_delta
from ..checks import as_count, as_flag, as_list, counted, entry_of, shown
from ..given import Inputs, Numbers
from ..initializers import Initializer
from ..matrix import Matrix, Rows, add, add_bias, column_sums, dot, transpose
from ..names import ElementwiseName, InitializerName
from ..regularisation import add_penalty_slopes
from .layer import MOST_UNITS, numbers_in
from .weighted import WeightedLayer


class RecurrentOutput(NamedTuple):
    """What a recurrent layer computes on the way forward.

    z, a: of the last step, n by units; with ``sequences=True`` of all steps, n by steps * units.
    states: the activations of all steps, n by steps * units.
    """

    z: Matrix
    a: Matrix
    states: Matrix


class ThroughTime(NamedTuple):
    """The error of every step, and what its weights were multiplied by.

    delta: dL/dz of all steps, n by steps * units.
    states_before: the state that each step began with: zeros, then the states of all steps but the
        last.  n by steps * units.
    """

    delta: Matrix
    states_before: Matrix


class RecurrentGradient(NamedTuple):
    """What a recurrent layer computes on the way back.

    dL/dweights, dL/drecurrent_weights, dL/dbiases (None for a layer without biases), and delta =
    dL/dz of all steps, n by steps * units.
    """

    weights: Matrix
    recurrent_weights: Matrix
    biases: list[float] | None
    delta: Matrix


class Recurrent(WeightedLayer):
    """An Elman layer, ``state = activation(x . weights + state . recurrent_weights + biases)``.

    inputs: ``(steps, features)``: how many steps a sequence has, and how many numbers a step.  None
        takes the sequences that the layer before gives.
    units: the numbers of a state.
    activation: sigmoid, tanh, relu, leaky_relu or linear.
    sequences: False gives the state after the last step, ``units`` outputs; True those after all
        steps, ``steps * units`` outputs, for another recurrent layer or a target at every step.
    bias: False leaves the biases out; ``biases`` is None then.
    initializer, recurrent_initializer: the first weights and recurrent weights: a name (uniform,
        normal, xavier, he, zeros), an initializer such as ``Normal(0.01)``, or the values.  By
        default He for relu and leaky_relu, Xavier for the others.
    bias_initializer: the same for the biases; zeros by default.
    l1, l2: the loss grows by ``l1 * sum of |w| + l2 * sum of w * w`` of both kinds of weights.

    Raises ValueError or TypeError for unusable arguments.

    >>> layer = Recurrent((3, 1), 1, "linear", initializer=[[1.0]], recurrent_initializer=[[0.5]])
    >>> layer.biases = [0.0]
    >>> layer.feedforward([[1.0, 0.0, 4.0]]).states
    [[1.0, 0.5, 4.25]]
    """

    backend: ClassVar[str] = "pure"
    PARAMETERS: ClassVar[tuple[str, ...]] = ("weights", "recurrent_weights", "biases")
    WEIGHTS: ClassVar[tuple[str, ...]] = ("weights", "recurrent_weights")
    SETTINGS: ClassVar[tuple[str, ...]] = (
        *WeightedLayer.SETTINGS,
        "steps",
        "features",
        "units",
        "sequences",
    )
    ACTIVATIONS: ClassVar[tuple[str, ...]] = ELEMENTWISE
    has_steps: ClassVar[bool] = True

    weights: Matrix
    recurrent_weights: Matrix

    def feedforward(self, inputs: Rows) -> RecurrentOutput:
        """Return z and a, and the states of all steps.

        The state before the first step is zero.  Then, step by step::

            z_t[j] = x_t[0] * weights[0][j] + x_t[1] * weights[1][j] + ...
                     + state[0] * recurrent_weights[0][j] + ... + biases[j]
            state[j] = activation(z_t[j])

        It is one sum: the state stands behind the inputs as if it were more of them, and the
        recurrent weights stand below the weights.
        """
        all_weights = [*self.weights, *self.recurrent_weights]
        state = zeros(len(inputs), self.units)
        z_of_steps = []
        states = []
        for t in range(self.steps):
            x_t = step_of(inputs, t, self.features)
            z_t = dot(beside([x_t, state]), all_weights)
            if self.biases is not None:
                z_t = add_bias(z_t, self.biases)
            state = activate(self.activation, z_t)
            z_of_steps.append(z_t)
            states.append(state)
        all_states = beside(states)
        if self.sequences:
            return RecurrentOutput(beside(z_of_steps), all_states, all_states)
        return RecurrentOutput(z_t, state, all_states)

    def through_time(self, output: RecurrentOutput, delta: Rows) -> ThroughTime:
        """Return the error of every step: backpropagation through time.

        delta is dL/dz of the outputs, which only the last step has, or with ``sequences=True`` each
        step.  A state also is an input of the next step.  What it did there comes back through the
        recurrent weights, from the last step to the first::

            carried_t[k] = (sum over units j of delta_t+1[j] * recurrent_weights[k][j])
                           * slope of the activation at state_t[k]
            delta_t[k] = dL/dz_t[k] + carried_t[k]
        """
        transposed_weights = transpose(self.recurrent_weights)
        last = self.steps - 1
        delta_t = step_of(delta, last, self.units) if self.sequences else delta
        deltas: list[Rows] = [delta_t]
        for t in range(last - 1, -1, -1):
            state_t = step_of(output.states, t, self.units)
            d_state = dot(delta_t, transposed_weights)
            delta_t = activation_delta(self.activation, state_t, d_state)
            if self.sequences:
                delta_t = add(step_of(delta, t, self.units), delta_t)
            deltas.append(delta_t)
        deltas.reverse()
        states_before = [zeros(len(delta), self.units)]
        for t in range(last):
            states_before.append(step_of(output.states, t, self.units))
        return ThroughTime(beside(deltas), beside(states_before))

    def gradient(self, inputs: Rows, delta: ThroughTime) -> RecurrentGradient:
        """Return the gradient of the loss by the weights, recurrent weights and biases.

        delta is what ``through_time`` returned.  The steps share their weights, so a weight's
        gradient has a term of every step of every sample: samples first, then steps::

            dL/dweights[k][j]           = sum over i and t of x_t[k] * delta_t[j]
            dL/drecurrent_weights[k][j] = sum over i and t of state_t-1[k] * delta_t[j]
            dL/dbiases[j]               = sum over i and t of delta_t[j]

        With a row for every step of every sample these are the products of a dense layer.  The
        slopes of the penalties on the weights are added to them.
        """
        x_rows = rows_of_steps(inputs, self.features)
        state_rows = rows_of_steps(delta.states_before, self.units)
        delta_rows = rows_of_steps(delta.delta, self.units)
        weights = dot(transpose(x_rows), delta_rows)
        recurrent_weights = dot(transpose(state_rows), delta_rows)
        if self.l1 > 0.0 or self.l2 > 0.0:
            add_penalty_slopes(weights, self.weights, self.l1, self.l2)
            add_penalty_slopes(recurrent_weights, self.recurrent_weights, self.l1, self.l2)
        biases = None
        if self.bias:
            biases = column_sums(delta_rows)
        return RecurrentGradient(weights, recurrent_weights, biases, delta.delta)

    def input_gradient(self, inputs: Rows, delta: ThroughTime) -> Matrix:
        """Return the gradient of the loss by the layer's inputs, which the layer before needs.

        ``dL/dx_t[k] = sum over units j of delta_t[j] * weights[k][j]``; n by steps * features.
        """
        delta_rows = rows_of_steps(delta.delta, self.units)
        d_x_rows = dot(delta_rows, transpose(self.weights))
        return sequences_of(d_x_rows, self.steps)

    def __init__(
        self,
        inputs: tuple[int, int] | None,
        units: int,
        activation: ElementwiseName = "tanh",
        *,
        sequences: bool = False,
        bias: bool = True,
        initializer: InitializerName | Initializer | Inputs | None = None,
        recurrent_initializer: InitializerName | Initializer | Inputs | None = None,
        bias_initializer: InitializerName | Initializer | Numbers = "zeros",
        l1: float = 0.0,
        l2: float = 0.0,
    ) -> None:
        shape = None if inputs is None else _as_sequence_shape(inputs)
        self.units = as_count(units, "units", most=MOST_UNITS)
        self.sequences = as_flag(sequences, "sequences")
        if shape is not None:
            self.connect(shape)
        initializers = {
            "weights": ("initializer", initializer),
            "recurrent_weights": ("recurrent_initializer", recurrent_initializer),
        }
        self.start(activation, bias, initializers, bias_initializer, l1, l2)

    def connect(self, shape: tuple[int, ...]) -> None:
        """Take sequences of this shape.

        Raises ValueError for what is no sequence.
        """
        if len(shape) != 2:
            raise ValueError(f"found {counted(numbers_in(shape), 'number')}, expected sequences")
        steps, features = shape
        as_count(steps * features, "inputs", most=MOST_UNITS)
        as_count(steps * self.units, "outputs", most=MOST_UNITS)
        self.steps = steps
        self.features = features
        self.inputs = steps * features
        self.input_shape = steps, features
        if self.sequences:
            self.outputs = steps * self.units
            self.output_shape = steps, self.units
        else:
            self.outputs = self.units
            self.output_shape = (self.units,)

    def shape(self, name: str) -> tuple[int, ...] | None:
        """Return ``(features, units)``, ``(units, units)`` and ``(units,)``."""
        if name == "weights":
            return self.features, self.units
        if name == "recurrent_weights":
            return self.units, self.units
        return (self.units,) if self.bias else None

    def settings(self) -> dict[str, Any]:
        """Return the arguments that make such a layer again."""
        return {
            "inputs": None if self.is_open else list(self.input_shape),
            "units": self.units,
            "activation": self.activation,
            "sequences": self.sequences,
            "bias": self.bias,
            **self.penalties(),
        }

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Recurrent:
        """Return a layer with the settings of a model file."""
        return cls(
            entry_of(settings, "inputs", list),
            entry_of(settings, "units", int),
            entry_of(settings, "activation", str),
            sequences=entry_of(settings, "sequences", bool),
            bias=entry_of(settings, "bias", bool),
            l1=settings.get("l1", 0.0),
            l2=settings.get("l2", 0.0),
        )

    def __repr__(self) -> str:
        inputs = None if self.is_open else self.input_shape
        named = self.named({"sequences": True} if self.sequences else {})
        return f"Recurrent({inputs}, {self.units}, {self.activation!r}{named})"


def _as_sequence_shape(inputs: Any) -> tuple[int, int]:
    """Return steps and features."""
    expected = "(steps, features)"
    sizes = as_list(inputs, "inputs", expected)
    if len(sizes) != 2:
        raise ValueError(f"inputs: found {shown(inputs)}, expected {expected}")
    return as_count(sizes[0], "inputs: steps"), as_count(sizes[1], "inputs: features")


# Steps and the rows that they are kept in.


def zeros(rows: int, columns: int) -> Matrix:
    """Return a matrix of zeros: the states before the first step."""
    matrix = []
    for _ in range(rows):
        matrix.append([0.0] * columns)
    return matrix


def step_of(sequences: Rows, t: int, width: int) -> Matrix:
    """Return step t of every sample, ``width`` numbers of its row.

    >>> step_of([[1.0, 2.0, 3.0, 4.0]], 1, 2)
    [[3.0, 4.0]]
    """
    step = []
    for i in range(len(sequences)):
        row = sequences[i]
        step.append(list(row[t * width : (t + 1) * width]))
    return step


def beside(matrices: Sequence[Rows]) -> Matrix:
    """Return matrices side by side: steps behind each other, or a state behind the inputs.

    >>> beside([[[1.0], [2.0]], [[3.0], [4.0]]])
    [[1.0, 3.0], [2.0, 4.0]]
    """
    rows = []
    for i in range(len(matrices[0])):
        row: list[float] = []
        for matrix in matrices:
            row.extend(matrix[i])
        rows.append(row)
    return rows


def rows_of_steps(sequences: Rows, width: int) -> Matrix:
    """Return a row for each step of each sample: samples first, then steps.

    >>> rows_of_steps([[1.0, 2.0], [3.0, 4.0]], 1)
    [[1.0], [2.0], [3.0], [4.0]]
    """
    rows = []
    for i in range(len(sequences)):
        row = sequences[i]
        for begin in range(0, len(row), width):
            rows.append(list(row[begin : begin + width]))
    return rows


def sequences_of(rows: Rows, steps: int) -> Matrix:
    """Return a row for each sample from a row for each of its steps.

    >>> sequences_of([[1.0], [2.0], [3.0], [4.0]], 2)
    [[1.0, 2.0], [3.0, 4.0]]
    """
    sequences = []
    for begin in range(0, len(rows), steps):
        row: list[float] = []
        for t in range(steps):
            row.extend(rows[begin + t])
        sequences.append(row)
    return sequences
