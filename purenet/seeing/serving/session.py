"""What a served page shows and changes: a network, its samples, and how far it is trained.

A state is never changed.  An action makes the next one, and that only counts when it is complete,
so that a refused action leaves everything as it was.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ...checks import as_choice, as_count, as_learning_rate, shown
from ...history import History
from ...layers import Dense
from ...matrix import Matrix
from ...models import TableModel
from ...network import Network
from ...optimizers import Optimizer
from ...tables.inputs import NumberInput
from ...tables.kinds import texts_at
from ..copies import pure_copy
from ..recording.document import Recording
from ..recording.record import record
from ..samples import checked_number
from .pictures import loss_picture, plane_picture

MOST_EPOCHS = 1_000_000  # that one request may ask for
MOST_SECONDS = 10.0  # that it may take
_MOST_FRAMES = 64  # of the film, and so many numbers in all of them together:
_MOST_NUMBERS = 60_000
_MOST_LISTED = 1000  # samples that one can choose from


class Training(NamedTuple):
    """How the command line trains this network.

    command: the one that trains it, with ``{epochs}`` where their number belongs; None if there is
        none.
    """

    learning_rate: float
    optimizer: Optimizer
    batch_size: int | None = None
    clip_norm: float | None = None
    command: str | None = None


class Frame(NamedTuple):
    """The parameters after so many epochs."""

    epoch: int
    weights: list[Matrix]
    biases: list[list[float] | None]


class State(NamedTuple):
    """Where things stand.

    network: is copied before it is trained or changed.
    inputs, targets: of all samples, as the network takes them.
    chosen: the numbers of the samples that the step is shown with; None for all.
    step_rate, training: the learning rate of the shown step, and how the network is trained on.
    as_given: whether the samples are still those of the table.
    alike: whether the command line's training would have led here.
    losses: entry n is the loss before epoch n.
    every: a frame is kept of each so many epochs.
    """

    network: Network
    inputs: Matrix
    targets: Matrix
    chosen: list[int] | None
    step_rate: float
    training: Training
    as_given: bool = True
    alike: bool = True
    losses: tuple[float, ...] = ()
    frames: tuple[Frame, ...] = ()
    every: int = 1


class Session:
    """One network that is looked at, trained and changed.

    net, inputs, targets: as for ``explain``; of a ``TableModel`` a table, and no targets.
    learning_rate: of the step that is shown.
    options: what else ``record`` is to be told, such as ``optimizer`` and ``steps``.

    Raises ValueError or TypeError as ``record`` does.
    """

    def __init__(
        self,
        net: Network | TableModel,
        inputs: Any,
        targets: Any,
        learning_rate: float,
        training: Training,
        *,
        sample: Sequence[int] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self._model = net if isinstance(net, TableModel) else None
        self._table = inputs
        network = net.prepared_network if isinstance(net, TableModel) else net
        if self._model is not None:
            preparation = self._model.preparation
            self._table = self._model.known_rows(inputs)
            inputs, targets = preparation.inputs(self._table), preparation.targets(self._table)
        self._options = dict(options or {})
        rate = as_learning_rate(learning_rate)
        chosen = None if sample is None else list(sample)
        start = State(copy.deepcopy(network), inputs, targets, chosen, rate, training)
        frames = () if self._most_frames(start) < 2 else (_frame(start.network),)
        self._start = self._state = start._replace(frames=frames)
        self._recording: Recording | None = None
        self.recording()

    # What it shows.

    def recording(self) -> Recording:
        """Return the recording of the step that is shown."""
        if self._recording is None:
            self._recording = self._recorded(self._state)
        return self._recording

    def _recorded(self, state: State) -> Recording:
        network = pure_copy(state.network)
        net: Network | TableModel = network
        inputs: Any = state.inputs
        targets: Any = state.targets
        if self._model is not None and state.as_given:
            model = self._model
            net = TableModel(network, model.preparation, model.report, model.recipe)
            inputs, targets = self._table, None
        return record(net, inputs, targets, state.step_rate, sample=state.chosen, **self._options)

    def digest(self) -> str:
        """Return the digest of the network as it is now."""
        return self._state.network.digest()

    def losses(self) -> list[float]:
        """Return the loss before each epoch that was trained here, and the one now."""
        state = self._state
        return [*state.losses, state.network.evaluate(state.inputs, state.targets).loss]

    def shown(self) -> dict[str, Any]:
        """Return as a JSON object what the page shows beside the recording."""
        state, losses = self._state, self.losses()
        trained = len(state.losses)
        command = None
        if state.alike and trained and state.training.command is not None:
            command = state.training.command.format(epochs=trained)
        return {
            "epochs": trained,
            "loss": repr(losses[-1]),
            "digest": self.digest(),
            "command": command,
            "rate": repr(state.step_rate),
            "training": _in_words(state.training),
            "curve": loss_picture(losses),
            "plane": self._plane(),
            "film": len(state.frames) > 1,
        }

    def samples(self) -> dict[str, Any]:
        """Return what one can choose from: how many samples, which are chosen, and in words."""
        state = self._state
        numbers = range(min(len(state.inputs), _MOST_LISTED))
        if self._model is not None and state.as_given:
            columns = [*self._model.preparation.columns, self._model.target]
            cells = [texts_at(self._table.column(name), list(numbers)) for name in columns]
            texts = [", ".join(str(row[i]) for row in cells) for i in numbers]
        else:
            rows = zip(state.inputs, state.targets, numbers, strict=False)
            texts = [f"{_few(given)} → {_few(wanted)}" for given, wanted, _ in rows]
        return {"count": len(state.inputs), "chosen": state.chosen, "texts": texts}

    def film(self) -> list[dict[str, Any]]:
        """Return the network after some of the epochs, each number as a text."""
        losses = self.losses()
        return [
            {
                "label": f"after {frame.epoch:,} epochs",
                "loss": repr(losses[frame.epoch]),
                "weights": [[list(map(repr, row)) for row in rows] for rows in frame.weights],
                "biases": [row and list(map(repr, row)) for row in frame.biases],
            }
            for frame in self._state.frames
        ]

    def _plane(self) -> str:
        state, pair = self._state, None
        names = [f"x[{k}]" for k in range(state.network.inputs)]
        if self._model is not None:
            preparation = self._model.preparation
            names = list(preparation.input_names)
            columns = preparation.inputs_of_columns
            numbers = [each for each in columns if isinstance(each, NumberInput)]
            if len(columns) == len(numbers) == 2:
                # A column with gaps has a second input, which says where they are.
                pair = 0, len(columns[0].names)
                for k, column in zip(pair, numbers, strict=True):
                    names[k] += "" if column.scale == "none" else " (scaled)"
        return plane_picture(state.network, state.inputs, state.targets, state.chosen, names, pair)

    # What it does.

    def act(self, request: Any) -> dict[str, Any]:
        """Do what a page asks for and return what it then shows.

        request: an object with ``action`` and what belongs to it: "train" with ``epochs`` and
            ``seconds``, "samples" with ``samples``, "rate" with ``rate``, "change" with
            ``changes``; "back", "show", "film" with nothing.

        Raises ValueError, TypeError or ArithmeticError for what cannot be done; then nothing has
        changed.
        """
        if not isinstance(request, dict):
            raise TypeError(f"request: found {shown(request)}, expected an object")
        acts: dict[str, Callable[[dict[str, Any]], None]] = {
            "train": self._train,
            "samples": self._choose,
            "rate": self._set_rate,
            "change": self._change,
            "back": self._go_back,
            "show": lambda request: None,
            "film": lambda request: None,
        }
        action = as_choice(request.get("action"), "action", tuple(acts))
        acts[action](request)
        return {"frames": self.film()} if action == "film" else self.shown()

    def _train(self, request: dict[str, Any]) -> None:
        epochs = as_count(request.get("epochs"), "epochs")
        if epochs > MOST_EPOCHS:
            raise ValueError(f"epochs: found {epochs}, expected at most {MOST_EPOCHS}")
        seconds = _number(request.get("seconds", MOST_SECONDS), "seconds")
        until = time.monotonic() + min(seconds, MOST_SECONDS)
        state = self._state
        network = copy.deepcopy(state.network)
        before, most = len(state.losses), self._most_frames(state)
        frames, every = list(state.frames), state.every

        def look(epoch: int, history: History) -> bool:
            nonlocal every
            done = before + len(history.loss)
            if most >= 2 and done % every == 0:
                frames.append(_frame(network, done))
                if len(frames) > most:
                    every *= 2
                    frames[:] = [frame for frame in frames if frame.epoch % every == 0]
            return time.monotonic() > until

        training = state.training
        history = network.fit(
            state.inputs,
            state.targets,
            epochs=epochs,
            learning_rate=training.learning_rate,
            optimizer=training.optimizer,
            batch_size=training.batch_size,
            clip_norm=training.clip_norm,
            on_epoch=look,
        )
        self._state = state._replace(
            network=network,
            losses=(*state.losses, *history.loss),
            frames=tuple(frames),
            every=every,
        )
        self._recording = None

    def _choose(self, request: dict[str, Any]) -> None:
        samples = request.get("samples")
        if samples is not None:
            if not isinstance(samples, list) or not samples:
                raise TypeError(f"samples: found {shown(samples)}, expected a list of numbers")
            count = len(self._state.inputs)
            samples = [checked_number(number, "sample", count) for number in samples]
        self._take(self._state._replace(chosen=samples))

    def _set_rate(self, request: dict[str, Any]) -> None:
        rate = as_learning_rate(_number(request.get("rate"), "learning_rate"))
        training = self._state.training._replace(learning_rate=rate)
        self._take(self._state._replace(step_rate=rate, training=training, alike=False))

    def _go_back(self, request: dict[str, Any]) -> None:
        self._take(self._start)

    def _change(self, request: dict[str, Any]) -> None:
        changes = request.get("changes")
        if not isinstance(changes, list) or not all(isinstance(each, dict) for each in changes):
            raise TypeError(f"changes: found {shown(changes)}, expected a list of objects")
        state = self._state
        network = copy.deepcopy(state.network)
        inputs, targets = [list(row) for row in state.inputs], [list(row) for row in state.targets]
        rate, training, as_given = state.step_rate, state.training, state.as_given
        for change in changes:
            value = _number(change.get("value"), "value")
            role = as_choice(
                change.get("role"),
                "role",
                ("inputs", "targets", "weights", "biases", "parameter", "learning_rate"),
            )
            if role == "learning_rate":
                rate = as_learning_rate(value)
                training = training._replace(learning_rate=rate)
            elif role in ("inputs", "targets"):
                rows = inputs if role == "inputs" else targets
                chosen = range(len(rows)) if state.chosen is None else state.chosen
                row = rows[chosen[_place(change, "row", len(chosen))]]
                row[_place(change, "column", len(row))] = value
                as_given = False
            else:
                layer = network.layers[_place(change, "layer", len(network.layers))]
                _set_parameter(layer, role, change, value)
        network.checked_samples(inputs, targets)
        new = State(network, inputs, targets, state.chosen, rate, training, as_given, alike=False)
        self._take(new._replace(losses=state.losses, frames=state.frames, every=state.every))

    def _take(self, state: State) -> None:
        """Go on with a state, if its step can be recorded."""
        recording = self._recorded(state)
        self._state, self._recording = state, recording

    def _most_frames(self, state: State) -> int:
        if not all(isinstance(layer, Dense) for layer in state.network.layers):
            return 0
        return min(_MOST_FRAMES, _MOST_NUMBERS // state.network.parameter_count)


def _frame(network: Network, epoch: int = 0) -> Frame:
    layers = network.layers
    weights = [[list(map(float, row)) for row in layer.weights] for layer in layers]
    biases = [None if each.biases is None else list(map(float, each.biases)) for each in layers]
    return Frame(epoch, weights, biases)


def _set_parameter(layer: Any, role: str, change: Mapping[str, Any], value: float) -> None:
    """Give one number of a layer another value."""
    name = change.get("parameter") or role
    if name not in layer.PARAMETERS:
        raise ValueError(f"parameter: found {shown(name)}, expected {', '.join(layer.PARAMETERS)}")
    values = getattr(layer, name)
    if values is None:
        raise ValueError(f"parameter: this layer has no {name}")
    if isinstance(values[0], float):
        values = [float(old) for old in values]
        at = "row" if change.get("column") is None else "column"
        values[_place(change, at, len(values))] = value
    elif isinstance(values[0][0], float):
        values = [list(row) for row in values]
        row = values[_place(change, "row", len(values))]
        row[_place(change, "column", len(row))] = value
    else:
        raise ValueError(f"parameter: {name} of this layer are images and cannot be changed here")
    setattr(layer, name, values)


def _place(change: Mapping[str, Any], name: str, count: int) -> int:
    return checked_number(change.get(name), name, count)


def _number(value: Any, name: str) -> float:
    """Return a finite number, given as one or as its text."""
    try:
        if isinstance(value, bool):
            raise ValueError
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name}: found {shown(value)}, expected a number") from None
    if not math.isfinite(found):
        raise ValueError(f"{name}: found {found!r}, expected a finite number")
    return found


def _few(row: Sequence[float]) -> str:
    texts = [f"{value:.4g}" for value in row[:8]]
    return ", ".join(texts) + (" …" if len(row) > 8 else "")


def _in_words(training: Training) -> str:
    batches = "all samples in one batch"
    if training.batch_size is not None:
        batches = f"batches of {training.batch_size}"
    return f"{training.optimizer!r}, learning rate {training.learning_rate!r}, {batches}"
