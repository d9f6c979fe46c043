"""A network: layers one after another, a loss, and the steps that train them.

One step of training is ``feedforward``, ``backprop``, ``update``; ``fit`` does just that, batch by
batch.
"""

from __future__ import annotations

import hashlib
import math
import os
import struct
import sys
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple, TypeVar

from . import charts
from .activations import activation_delta
from .checks import (
    Matrix,
    Rows,
    are_classes,
    as_choice,
    as_count,
    as_flag,
    as_learning_rate,
    as_list,
    as_matrix,
    as_targets,
    check_targets,
    shown,
)
from .claims import Claim
from .files import load_network, save_network
from .history import History, TrainingDiverged
from .layers import Dense, LayerGradient, LayerOutput
from .losses import LOSSES, REQUIRED_ACTIVATION, loss_count, output_delta, total_loss
from .metrics import Evaluation, class_of, count_correct
from .randomness import Random, new_seed, shuffled_order
from .tables import Preparation

N = TypeVar("N", bound="Network")

# More do not help, however many are allowed.
MOST_THREADS = 256

# Epochs that a backend may train without a look in between; its memory grows with them.
LONGEST_RUN = 100_000


class Samples(NamedTuple):
    """Checked inputs and targets; ``classes`` says whether the targets name classes."""

    inputs: Matrix
    targets: Matrix
    classes: bool
    size: int


class Network:
    """A feedforward network of dense layers.

    layers: a list of ``Dense`` layers, each with as many inputs as the one before has outputs.
    loss: sum_of_squares, mean_squared_error, binary_cross_entropy (after a sigmoid layer) or
        categorical_cross_entropy (after a softmax layer).
    seed: a whole number from which the first weights and the order of the samples are drawn.
        Without one, the operating system gives a new seed; ``network.seed`` tells it.

    >>> net = Network([Dense(2, 4, "tanh"), Dense(4, 1, "sigmoid")], "sum_of_squares", seed=1)
    >>> history = net.fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], epochs=2)
    >>> history.epochs
    2
    """

    layer_class: ClassVar[type[Dense]] = Dense

    def __init__(
        self, layers: Sequence[Dense], loss: str = "mean_squared_error", *, seed: int | None = None
    ) -> None:
        self.layers = self._checked_layers(layers)
        self.loss = loss
        self._check_loss()
        self.seed = new_seed() if seed is None else as_count(seed, "seed", least=0)
        self.epochs_trained = 0
        self.history = History()
        self.preparation: Preparation | None = None
        self._training = Claim()
        random = Random(self.seed)
        # First draw for all, then change them: a refused network leaves its layers as they were.
        drawn = [layer.draw(random) for layer in self.layers]
        for layer, (weights, biases) in zip(self.layers, drawn, strict=True):
            layer.initialize(weights, biases)
            layer.__dict__["_owned"] = True

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, as_choice(value, "loss", LOSSES) if name == "loss" else value)

    def _checked_layers(self, layers: Any) -> tuple[Dense, ...]:
        packages = {"pure": "purenet", "fast": "purenet_fast"}
        expected = f"{packages[self.layer_class.backend]}.Dense"
        listed = as_list(layers, "layers", f"a list of {expected} layers")
        if not listed:
            raise ValueError(f"layers: found none, expected at least one {expected} layer")
        for number, layer in enumerate(listed):
            if not isinstance(layer, Dense):
                raise TypeError(f"layers: layer {number} is {shown(layer)}, expected a Dense layer")
            if layer.backend != self.layer_class.backend:
                raise TypeError(
                    f"layers: layer {number} is a {packages[layer.backend]}.Dense, "
                    f"expected {expected}"
                )
            if "_owned" in layer.__dict__ or any(layer is other for other in listed[:number]):
                raise ValueError(
                    f"layers: layer {number} is part of a network already, expected a new one"
                )
            if number > 0 and layer.inputs != listed[number - 1].outputs:
                raise ValueError(
                    f"layers: layer {number} has {layer.inputs} inputs, "
                    f"expected {listed[number - 1].outputs}, the outputs of layer {number - 1}"
                )
        return tuple(listed)

    def _check_loss(self) -> None:
        needed = REQUIRED_ACTIVATION.get(self.loss)
        found = self.layers[-1].activation
        if needed is not None and found != needed:
            raise ValueError(
                f"loss: {self.loss} needs the activation {needed!r} in the last layer, "
                f"found {found!r}"
            )

    @property
    def inputs(self) -> int:
        """The number of inputs of the first layer."""
        return self.layers[0].inputs

    @property
    def outputs(self) -> int:
        """The number of outputs of the last layer."""
        return self.layers[-1].outputs

    @property
    def parameter_count(self) -> int:
        """The number of all weights and biases."""
        count = 0
        for layer in self.layers:
            count += layer.parameter_count
        return count

    def __repr__(self) -> str:
        layers = ", ".join(map(repr, self.layers))
        return f"Network([{layers}], loss={self.loss!r}, seed={self.seed})"

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["_training"]  # a copy is trained by itself
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._training = Claim()

    # The steps.  Each public one checks what it is given and calls the loops.

    def feedforward(self, inputs: Rows) -> list[LayerOutput]:
        """Return z and a of every layer: ``feedforward(inputs)[0].z`` is the first layer's.

        inputs: rows of as many numbers as the first layer has inputs.  Each layer's z and a have
        one row a sample and one column a unit.
        """
        self._check_parameters()
        rows = self._checked_inputs(inputs)
        return self._feedforward(rows)

    def backprop(self, inputs: Rows, targets: Any) -> list[LayerGradient]:
        """Return the gradient of the loss over these samples, layer by layer.

        ``backprop(inputs, targets)[0].weights[k][j]`` is dL/dweights[k][j] of the first layer; next
        to ``.weights`` stand ``.biases`` and ``.delta``, dL/dz with one row a sample.

        The error flows from the last layer to the first::

            delta of the last layer = dL/dz, from the loss
            dL/dweights = inputs of the layer^T . delta
            dL/dbiases  = delta, summed over the samples
            dL/da of the layer before = delta . weights^T
            delta of the layer before = dL/da * da/dz
        """
        self._check_parameters()
        self._check_loss()
        samples = self._checked_samples(inputs, targets)
        return self._gradients(samples)

    def update(self, gradients: Sequence[LayerGradient], learning_rate: float) -> None:
        """Take one step of gradient descent with the result of ``backprop``.

        Every weight and bias becomes ``parameter - learning_rate * gradient``.
        """
        rate = as_learning_rate(learning_rate)
        self._check_parameters()
        checked = self._checked_gradients(gradients)
        with self._training:
            self._update(checked, rate)

    def _feedforward(self, inputs: Matrix) -> list[LayerOutput]:
        outputs = []
        a = inputs
        for layer in self.layers:
            output = layer.feedforward(a)
            outputs.append(output)
            a = output.a
        return outputs

    def _gradients(self, samples: Samples) -> list[LayerGradient]:
        outputs = self._feedforward(samples.inputs)
        return self._backprop(samples.inputs, samples.targets, outputs)

    def _backprop(
        self, inputs: Matrix, targets: Matrix, outputs: list[LayerOutput]
    ) -> list[LayerGradient]:
        last = len(self.layers) - 1
        delta = output_delta(self.loss, self.layers[last].activation, outputs[last].a, targets)
        gradients = []
        for number in range(last, 0, -1):
            layer = self.layers[number]
            before = self.layers[number - 1]
            a = outputs[number - 1].a
            gradients.append(layer.gradient(a, delta))
            d_a = layer.input_gradient(delta)
            delta = activation_delta(before.activation, a, d_a)
        gradients.append(self.layers[0].gradient(inputs, delta))
        gradients.reverse()
        return gradients

    def _update(self, gradients: list[LayerGradient], learning_rate: float) -> None:
        for layer, gradient in zip(self.layers, gradients, strict=True):
            layer.update(gradient, learning_rate)

    # Training.

    def fit(
        self,
        inputs: Rows,
        targets: Any,
        *,
        epochs: int,
        learning_rate: float | Callable[[int], float] = 0.1,
        batch_size: int | None = None,
        shuffle: bool = True,
        validation_data: tuple[Any, Any] | None = None,
        patience: int | None = None,
        on_epoch: Callable[[int, History], Any] | None = None,
        progress: bool = False,
        threads: int = 1,
    ) -> History:
        """Train the network by gradient descent and return the history.

        inputs: rows of as many numbers as the first layer has inputs.
        targets: rows of as many numbers as the last layer has outputs; or a flat list with the
            target (one output) or the class number (several outputs) of each sample.
        epochs: how often to go through all samples.
        learning_rate: a number, or a function that returns it for the number of an epoch.
        batch_size: samples per update; None takes the whole set.  The last batch may be smaller.
        shuffle: visit the samples in a new seeded order each epoch, if there are several batches.
        validation_data: ``(inputs, targets)`` to evaluate after each epoch.
        patience: stop after so many epochs without a new lowest loss (the validation loss, if
            there is validation data).
        on_epoch: called after each epoch as ``on_epoch(epoch, history)``; True stops the training.
        progress: draw a progress bar on standard error.
        threads: how many threads may compute.  It changes no bit; in pure Python it has no effect.

        Epochs are counted from 0 over the life of the network: a second call carries on.

        Raises ValueError or TypeError, before anything is changed, for unusable arguments;
        TrainingDiverged if a weight becomes NaN or infinite; RuntimeError if another thread trains
        this network.
        """
        threads = min(as_count(threads, "threads"), MOST_THREADS)
        shuffle = as_flag(shuffle, "shuffle")
        if batch_size is not None:
            batch_size = as_count(batch_size, "batch_size")
        together = 1 if batch_size is None or shuffle else batch_size
        samples = self._checked_samples(inputs, targets, threads, together)
        validation = None
        if validation_data is not None:
            pair = as_list(validation_data, "validation_data", "a pair (inputs, targets)")
            if len(pair) != 2:
                raise ValueError(
                    f"validation_data: found {len(pair)} items, expected a pair (inputs, targets)"
                )
            try:
                validation = self._checked_samples(pair[0], pair[1], threads)
            except (TypeError, ValueError) as error:
                raise type(error)(f"validation_data: {error}") from None
        epochs = as_count(epochs, "epochs")
        count = samples.size
        size = count if batch_size is None else min(batch_size, count)
        shuffle = shuffle and size < count
        if patience is not None:
            patience = as_count(patience, "patience")
        if on_epoch is not None and not callable(on_epoch):
            raise TypeError(f"on_epoch: found {shown(on_epoch)}, expected a function")
        rates = learning_rate
        rate = 0.0 if callable(rates) else as_learning_rate(rates)
        as_flag(progress, "progress")
        self._check_parameters()
        self._check_loss()

        with self._training:
            history = History(first_epoch=self.epochs_trained)
            watched = (
                validation is not None
                or patience is not None
                or on_epoch is not None
                or progress
                or callable(rates)
            )
            bar = charts.ProgressBar(epochs, sys.stderr, "epoch") if progress else None
            try:
                while history.epochs < epochs and history.stopped is None:
                    epoch = self.epochs_trained
                    if callable(rates):
                        rate = as_learning_rate(rates(epoch), f"learning_rate({epoch})")
                    self.history = history
                    run = 1 if watched else min(epochs - history.epochs, LONGEST_RUN)
                    self._run(samples, run, size, shuffle, rate, threads, history)
                    if validation is not None:
                        self._validate(validation, history, threads)
                    if patience is not None and _is_stuck(history, patience):
                        history.stopped = f"no lower loss for {patience} epochs"
                    if bar is not None:
                        bar.update(history.epochs, f"loss {history.loss[-1]:.4g}")
                    if on_epoch is not None and on_epoch(epoch, history) is True:
                        history.stopped = "on_epoch returned True"
            finally:
                if bar is not None:
                    bar.close()
        return history

    def _run(
        self,
        samples: Samples,
        epochs: int,
        batch_size: int,
        shuffle: bool,
        learning_rate: float,
        threads: int,
        history: History,
    ) -> None:
        """Train some epochs without a look in between, and enter them in the history."""
        try:
            self._train(samples, epochs, batch_size, shuffle, learning_rate, threads, history)
        finally:
            # Also after Ctrl-C: the epochs that were finished count.
            self.epochs_trained = history.first_epoch + history.epochs
        diverged = self._find_non_finite()
        if diverged is not None:
            history.stopped = "training diverged"
            raise TrainingDiverged(self.epochs_trained - 1, *diverged, history)

    def _train(
        self,
        samples: Samples,
        epochs: int,
        batch_size: int,
        shuffle: bool,
        learning_rate: float,
        threads: int,
        history: History,
    ) -> None:
        """Train epoch after epoch, and append each one's loss and accuracy to the history.

        Ends early if a weight is no longer finite.
        """
        count = loss_count(self.loss, samples.size, self.outputs)
        for _ in range(epochs):
            order = list(range(samples.size))
            if shuffle:
                order = shuffled_order(len(order), self.seed, history.first_epoch + history.epochs)
            total = 0.0
            correct = 0
            for start in range(0, len(order), batch_size):
                batch = order[start : start + batch_size]
                inputs = [samples.inputs[i] for i in batch]
                targets = [samples.targets[i] for i in batch]
                outputs = self._feedforward(inputs)
                total = total + total_loss(self.loss, outputs[-1].z, outputs[-1].a, targets)
                correct += count_correct(outputs[-1].a, targets)
                gradients = self._backprop(inputs, targets, outputs)
                self._update(gradients, learning_rate)
            history.loss.append(total / count)
            if samples.classes:
                history.accuracy.append(correct / samples.size)
            if self._find_non_finite() is not None:
                break

    def _validate(self, samples: Samples, history: History, threads: int) -> None:
        total, correct = self._measure(samples, threads)
        count = samples.size
        history.validation_loss.append(total / loss_count(self.loss, count, self.outputs))
        if samples.classes:
            history.validation_accuracy.append(correct / count)

    def _measure(self, samples: Samples, threads: int) -> tuple[float, int]:
        """Return the total loss and the number of right answers over these samples."""
        output = self._feedforward(samples.inputs)[-1]
        total = total_loss(self.loss, output.z, output.a, samples.targets)
        return total, count_correct(output.a, samples.targets)

    # Using a network.

    def predict(self, inputs: Rows, *, threads: int = 1) -> Matrix:
        """Return the outputs of the last layer, one row a sample."""
        threads = min(as_count(threads, "threads"), MOST_THREADS)
        self._check_parameters()
        rows = self._checked_inputs(inputs, threads)
        return self._predict(rows, threads)

    def _predict(self, inputs: Matrix, threads: int) -> Matrix:
        a = inputs
        for layer in self.layers:
            a = layer.feedforward(a).a
        return a

    def predict_classes(self, inputs: Rows, *, threads: int = 1) -> list[int]:
        """Return the class of each sample: the largest output, or for one output 1 from 0.5 on."""
        return [class_of(row) for row in self.predict(inputs, threads=threads)]

    def evaluate(self, inputs: Rows, targets: Any, *, threads: int = 1) -> Evaluation:
        """Return the loss over these samples and, if the targets are classes, the accuracy.

        Targets are classes if all are 0 or 1, with one 1 a row where a row has several.
        """
        threads = min(as_count(threads, "threads"), MOST_THREADS)
        samples = self._checked_samples(inputs, targets, threads)
        self._check_parameters()
        self._check_loss()
        total, correct = self._measure(samples, threads)
        count = samples.size
        loss = total / loss_count(self.loss, count, self.outputs)
        return Evaluation(loss, correct / count if samples.classes else None)

    def digest(self) -> str:
        """Return the SHA-256 of all parameters, as 64 hexadecimal digits.

        Layer by layer, the weights row by row, then the biases, each as an IEEE 754 double, least
        significant byte first; every NaN as the same one.  Two networks with one digest are equal
        to the last bit.
        """
        self._check_parameters()
        digest = hashlib.sha256()
        for layer in self.layers:
            for row in layer.weights:
                digest.update(_bytes_of(row))
            if layer.biases is not None:
                digest.update(_bytes_of(layer.biases))
        return digest.hexdigest()

    def to_svg(self, *, width: int = 720, title: str | None = None) -> str:
        """Return a drawing of the network as SVG: units, and weights by width, sign and dash.

        width: in pixels.  Notebooks show the drawing by themselves.
        """
        from .diagrams import network_svg  # it draws networks, so it comes after this module

        self._check_parameters()
        return network_svg(self, width=width, title=title)

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to a JSON file that keeps every bit.

        The file is complete or not there: it is written under another name first.
        """
        self._check_parameters()
        save_network(self, path)

    @classmethod
    def load(cls: type[N], path: str | os.PathLike[str]) -> N:
        """Read a network from a file that ``save`` has written, with either backend.

        Raises ValueError for a file that is truncated, changed or no network.
        """
        return load_network(cls, path)

    # The border.

    def _check_parameters(self) -> None:
        for number, layer in enumerate(self.layers):
            layer.check_parameters(f"layer {number}")

    # The rows may be read by several threads, and be laid out for batches that are used again.

    def _checked_inputs(self, inputs: Any, threads: int = 1, batch_size: int = 1) -> Any:
        return as_matrix(inputs, "inputs", width=self.inputs)

    def _checked_samples(
        self, inputs: Any, targets: Any, threads: int = 1, batch_size: int = 1
    ) -> Samples:
        rows = self._checked_inputs(inputs, threads, batch_size)
        answers = as_targets(targets, len(rows), self.outputs)
        classes = are_classes(answers)
        check_targets(answers, self.loss, classes)
        return Samples(rows, answers, classes, len(rows))

    def _checked_gradients(self, gradients: Any) -> list[LayerGradient]:
        listed = as_list(gradients, "gradients", "the result of backprop")
        if len(listed) != len(self.layers):
            raise ValueError(
                f"gradients: found {len(listed)}, expected {len(self.layers)}, one a layer"
            )
        checked = []
        for number, (gradient, layer) in enumerate(zip(listed, self.layers, strict=True)):
            place = f"gradients[{number}]"
            if not hasattr(gradient, "weights") or not hasattr(gradient, "biases"):
                raise TypeError(f"{place}: found {shown(gradient)}, expected weights and biases")
            weights = as_matrix(
                gradient.weights,
                f"{place}.weights",
                width=layer.outputs,
                height=layer.inputs,
                finite=False,
            )
            biases = None
            if layer.bias:
                biases = as_matrix(
                    [gradient.biases], f"{place}.biases", width=layer.outputs, finite=False
                )[0]
            checked.append(LayerGradient(weights, biases, []))
        return checked

    def _find_non_finite(self) -> tuple[str, float] | None:
        """Return the place and value of the first parameter that is NaN or infinite."""
        for number, layer in enumerate(self.layers):
            for k, row in enumerate(layer.weights):
                if not all(map(math.isfinite, row)):
                    j = list(map(math.isfinite, row)).index(False)
                    return f"layer {number}, weights[{k}][{j}]", row[j]
            if layer.biases is not None and not all(map(math.isfinite, layer.biases)):
                j = list(map(math.isfinite, layer.biases)).index(False)
                return f"layer {number}, biases[{j}]", layer.biases[j]
        return None


def _bytes_of(row: Sequence[float]) -> bytes:
    values = [value if value == value else math.nan for value in row]
    return struct.pack(f"<{len(values)}d", *values)


def _is_stuck(history: History, patience: int) -> bool:
    losses = history.validation_loss or history.loss
    best = losses.index(min(losses))
    return len(losses) - 1 - best >= patience
