"""A network: layers one after another, a loss, and the steps that train them.

One step of training is ``feedforward``, ``backprop``, ``update``; ``fit`` does just that, batch by
batch.  Each of the three checks what it is given and calls the loop below it.  What is unusable
raises ValueError or TypeError that names the argument, the row and the column.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from types import NoneType
from typing import Any, ClassVar, Literal, TypeVar, overload

from . import training
from .answers import Answers, answered_class, count_correct
from .checks import as_flag, as_learning_rate, as_path, flat, shown
from .claims import Claim
from .construction import SETTERS, checked_layers, checked_loss, connected
from .given import Inputs, LearningRate, Numbers, Targets, Writable
from .history import History
from .layers import Dense, Layer, LayerOutput
from .losses import (
    REQUIRED_ACTIVATION,
    loss_count,
    output_delta,
    output_gradient,
    total_loss,
    weighted_rows,
)
from .matrix import Matrix
from .metrics import Evaluation
from .names import LossName, OptimizerName
from .optimizers import PLAIN_DESCENT, Optimizer, as_optimizer
from .outputs import checked_out, write
from .parameters import check_parameters, checked_gradients, digest_of, find_non_finite
from .randomness import Random, batch_generator, new_seed
from .samples import Samples, checked_inputs, checked_samples

B = TypeVar("B", bound=Writable)
N = TypeVar("N", bound="Network")


class Network:
    """A feedforward network.

    layers: a list of layers such as ``Dense``, each with as many inputs as the one before has
        outputs, or open ones, which take what there is.
    loss: sum_of_squares, mean_squared_error, binary_cross_entropy (after a sigmoid layer) or
        categorical_cross_entropy (after a softmax layer).
    seed: a whole number from which the first weights and the order of the samples are drawn.
        Without one, the operating system gives a new seed; ``network.seed`` tells it.

    >>> net = Network([Dense(2, 4, "tanh"), Dense(4, 1, "sigmoid")], "sum_of_squares", seed=1)
    >>> history = net.fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], epochs=2)
    >>> history.epochs
    2
    """

    def feedforward(self, inputs: Inputs) -> list[LayerOutput]:
        """Return z and a of every layer: ``feedforward(inputs)[0].z`` is the first layer's.

        inputs: rows of as many numbers as the first layer has inputs.  Each layer's z and a have
        one row a sample and one column a unit.
        """
        self.check_parameters()
        return self.forward(self.checked_inputs(inputs))

    def forward(self, inputs: Matrix, batch: tuple[int, int] | None = None) -> list[LayerOutput]:
        """The loop of ``feedforward``: what a layer gives is what the next one takes.

        batch: in training, the number of the epoch and of the batch in it.
        """
        outputs = []
        a = inputs
        for number, layer in enumerate(self.layers):
            if batch is not None and layer.is_random:
                generator = batch_generator(self.seed, *batch, number)
                output = layer.feedforward_in_training(a, generator)
            else:
                output = layer.feedforward(a)
            outputs.append(output)
            a = output.a
        return outputs

    def backprop(self, inputs: Inputs, targets: Targets) -> list[Any]:
        """Return the gradient of the loss over these samples, layer by layer.

        ``backprop(inputs, targets)[0].weights[k][j]`` is dL/dweights[k][j] of the first layer; next
        to ``.weights`` stand ``.biases`` and ``.delta``, dL/dz with one row a sample.

        The error flows from the last layer to the first; between dense layers::

            delta of the last layer = dL/dz, from the loss
            dL/dweights = inputs of the layer^T . delta
            dL/dbiases  = delta, summed over the samples
            dL/da of the layer before = delta . weights^T
            delta of the layer before = dL/da * da/dz

        Other layers write out their own.  The slopes of l1 and l2 are in the gradient; dropout
        leaves out nothing here.
        """
        self.check_parameters()
        return self.gradients(self.checked_samples(inputs, targets))

    def backward(
        self,
        inputs: Matrix,
        targets: Matrix,
        outputs: list[LayerOutput],
        sample_weights: Sequence[float] | None = None,
    ) -> list[Any]:
        """The loop of ``backprop``: from the outputs of ``forward`` back to the first layer.

        sample_weights: how much each sample's loss counts, if not all count alike.
        """
        delta: Any
        last = len(self.layers) - 1
        output = outputs[last]
        if self.loss in REQUIRED_ACTIVATION:
            delta = output_delta(self.loss, output.a, targets)
            if sample_weights is not None:
                delta = weighted_rows(delta, sample_weights)
        else:
            d_a = output_gradient(self.loss, output.a, targets)
            if sample_weights is not None:
                d_a = weighted_rows(d_a, sample_weights)
            delta = self.layers[last].delta(output, d_a)
        gradients = []
        for number in range(last, 0, -1):
            layer = self.layers[number]
            before = self.layers[number - 1]
            if layer.has_steps:
                delta = layer.through_time(outputs[number], delta)
            output = outputs[number - 1]
            gradients.append(layer.gradient(output.a, delta))
            d_a = layer.input_gradient(output.a, delta)
            delta = before.delta(output, d_a)
        first = self.layers[0]
        if first.has_steps:
            delta = first.through_time(outputs[0], delta)
        gradients.append(first.gradient(inputs, delta))
        gradients.reverse()
        return gradients

    def update(
        self,
        gradients: Sequence[Any],
        learning_rate: float,
        optimizer: Optimizer | OptimizerName | None = None,
    ) -> None:
        """Take one step of an optimizer.

        gradients: what ``backprop`` returned.
        optimizer: such as ``Adam()``, or its name.  Without one it is plain gradient descent: every
            weight and bias becomes ``parameter - learning_rate * gradient``.
        """
        rate = as_learning_rate(learning_rate)
        self.check_parameters()
        checked = checked_gradients(self.layers, gradients)
        chosen = as_optimizer(optimizer, "optimizer")
        with self.claim:
            self.step(checked, rate, chosen)

    def step(self, gradients: Sequence[Any], learning_rate: float, optimizer: Optimizer) -> None:
        """The loop of ``update``: layer by layer, the first one first."""
        for layer, gradient in zip(self.layers, gradients, strict=True):
            layer.step(gradient, learning_rate, optimizer)

    layer_class: ClassVar[type[Dense]] = Dense

    layers: tuple[Layer, ...]
    loss: LossName
    seed: int
    epochs_trained: int
    history: History

    def __init__(
        self,
        layers: Sequence[Layer],
        loss: LossName = "mean_squared_error",
        *,
        seed: int | None = None,
    ) -> None:
        self.claim = Claim()
        self.seed = new_seed() if seed is None else seed
        random = Random(self.seed)
        # First draw for all, then change them: a refused network leaves its layers as they were.
        checked = checked_layers(self, layers)
        with connected(checked):
            checked_loss(loss, checked[-1].activation)
            drawn = [layer.draw(random) for layer in checked]
        for layer, values in zip(checked, drawn, strict=True):
            layer.initialize(values)
            layer.has_network = True
        self.__dict__["layers"] = checked
        self.loss = loss
        self.epochs_trained = 0
        self.history = History()

    def __setattr__(self, name: str, value: Any) -> None:
        setter = SETTERS.get(name)
        if setter is None:
            super().__setattr__(name, value)
        else:
            setter(self, value)

    def __delattr__(self, name: str) -> None:
        if name in SETTERS:
            raise AttributeError(f"{name} of a network cannot be deleted")
        super().__delattr__(name)

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
        del state["claim"]  # a copy is trained by itself
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.claim = Claim()

    # Training.

    def fit(
        self,
        inputs: Inputs,
        targets: Targets,
        *,
        epochs: int,
        learning_rate: LearningRate | None = None,
        batch_size: int | None = None,
        shuffle: bool = True,
        validation_data: tuple[Inputs, Targets] | None = None,
        patience: int | None = None,
        on_epoch: Callable[[int, History], Any] | None = None,
        progress: bool = False,
        threads: int = 1,
        optimizer: Optimizer | OptimizerName | None = PLAIN_DESCENT,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        class_weight: Mapping[int, float] | Literal["balanced"] | None = None,
        sample_weight: Numbers | None = None,
        validation_split: float | None = None,
        restore_best: bool = False,
    ) -> History:
        """Train the network by gradient descent and return the history.

        inputs: rows of as many numbers as the first layer has inputs.
        targets: rows of as many numbers as the last layer has outputs; or a flat list with the
            target (one output) or the class number (several outputs) of each sample.
        epochs: how often to go through all samples.
        learning_rate: a number, a schedule such as ``CosineDecay(0.1, 50)``, or a function that
            returns it for the number of an epoch.  Without one, the optimizer's usual one: 0.1 for
            plain gradient descent, 0.001 for Adam.
        batch_size: samples per update; None takes the whole set.  The last batch may be smaller.
        shuffle: visit the samples in a new seeded order each epoch, if there are several batches.
        validation_data: ``(inputs, targets)`` to evaluate after each epoch.
        patience: stop after so many epochs without a new lowest loss (the validation loss, if
            there is validation data).
        on_epoch: called after each epoch as ``on_epoch(epoch, history)``; True stops the training.
        progress: draw a progress bar on standard error.
        threads: how many threads may compute.  It changes no bit; in pure Python it has no effect.
        optimizer: how the parameters follow from the gradient, such as ``Adam()``, or its name;
            plain gradient descent if not given.  What it remembers stays with the layers: a second
            call with an equal optimizer carries on.
        clip_norm, clip_value: the longest gradient of a batch, and the largest slope in it, before
            a step is taken.
        class_weight: how much the losses of a class's samples count: a dict with a number, 0 or
            more, for the number of a class (1.0 for those that are missing); or "balanced", with
            which all classes count alike, however many samples they have.
        sample_weight: how much each sample's loss counts, 0 or more.  Both kinds of weights are
            multiplied; the number that divides the loss stays that of the samples.  Accuracies and
            the validation loss count all samples alike.
        validation_split: the share of the samples that is not trained on but evaluated after each
            epoch, chosen by the network's seed as ``train_test_split`` does it.
        restore_best: let the network have the parameters again that it had after the epoch with the
            lowest loss (the validation loss, if there is validation data), as if training had ended
            there; also after Ctrl-C and TrainingDiverged.  ``history.best_epoch`` tells which.

        Inputs and targets are copied: what becomes of them meanwhile, in lists or in an array,
        changes nothing.

        Epochs are counted from 0 over the life of the network: a second call carries on.

        Raises ValueError or TypeError, before anything is changed, for unusable arguments;
        TrainingDiverged if a weight becomes NaN or infinite; RuntimeError if another thread trains
        this network.
        """
        rate = getattr(optimizer, "usual_rate", None) if learning_rate is None else learning_rate
        given = epochs, rate, batch_size, shuffle, patience, on_epoch, progress, threads
        settings = training.checked_settings(*given, optimizer, clip_norm, clip_value, restore_best)
        self.check_parameters()
        samples = self.checked_samples(inputs, targets, settings.threads, settings)
        validation, more = None, (validation_data, validation_split, class_weight, sample_weight)
        if set(map(type, more)) != {NoneType}:
            samples, validation = training.more_samples(
                self, samples, inputs, targets, settings, *more
            )
        with self.claim:
            return training.train(self, samples, validation, settings)

    # Using a network.

    @overload
    def predict(self, inputs: Inputs, *, threads: int = 1, out: None = None) -> Matrix: ...

    @overload
    def predict(self, inputs: Inputs, *, threads: int = 1, out: B) -> B: ...

    def predict(self, inputs: Inputs, *, threads: int = 1, out: Any = None) -> Any:
        """Return the outputs of the last layer, one row a sample.

        threads: how many may compute.  It changes no bit; in pure Python it has no effect.
        out: memory to write them into instead: anything writable that offers the buffer protocol,
            with doubles or floats, such as an array of NumPy.  It has a row a sample and a column
            an output, or as many numbers in one dimension; it is what is returned then.  A float is
            the one nearest to the output, infinite beyond the largest.  It may share memory with
            the inputs.  Nothing is written by a call that raises.

        >>> from array import array
        >>> net = Network([Dense(2, 1, initializer=[[1.0], [2.0]])], seed=1)
        >>> net.predict([[0.0, 0.0], [0.0, 1.0]], out=array("f", [0.0, 0.0]))
        array('f', [0.5, 0.8807970881462097])

        Raises TypeError or ValueError for unusable inputs and for an ``out`` of another size or
        format, or that cannot be written.
        """
        threads = training.checked_threads(threads)
        self.check_parameters()
        if out is None:
            return self.outputs_of(self.inputs_to_read(inputs, threads), threads)
        self.write_outputs(self.inputs_to_read(inputs, threads), threads, out)
        return out

    def predict_classes(self, inputs: Inputs, *, threads: int = 1) -> list[int]:
        """Return the class of each sample: the largest output, or for one output 1 from 0.5 on.

        Raises ValueError for a sample with an output that is NaN.
        """
        classes = []
        for number, row in enumerate(self.predict(inputs, threads=threads)):
            answered = answered_class(row)
            if answered is None:
                raise ValueError(
                    f"inputs: row {number}: the outputs are {shown(list(row))}, "
                    f"expected numbers: NaN stands for no class"
                )
            classes.append(answered)
        return classes

    def evaluate(self, inputs: Inputs, targets: Targets, *, threads: int = 1) -> Evaluation:
        """Return the loss over these samples and, if the targets are classes, the accuracy.

        The loss is the one that training makes smaller: with the penalties of l1 and l2.

        Targets are classes if all are 0 or 1, with one 1 a row where a row has several.  With the
        loss binary_cross_entropy, rows of 0 and 1 with more or fewer than one 1 are several labels
        at once; their accuracy is the share of labels that are right.

        What is returned is a pair, and has further figures for those who ask: see ``Evaluation``.
        """
        threads = training.checked_threads(threads)
        samples = self.checked_samples(inputs, targets, threads)
        self.check_parameters()
        total, correct, answers = self.measure(samples, threads)
        count = samples.size
        loss = total / loss_count(self.loss, count, self.outputs) + self.penalty()
        accuracy = None
        if samples.classes:
            accuracy = correct / count
        elif self.loss == "binary_cross_entropy":
            labels = answers.count_right_labels()
            accuracy = None if labels is None else labels / (count * self.outputs)
        return Evaluation(loss, accuracy, answers)

    def penalty(self) -> float:
        """Return what the loss grows by for the weights: the layers' l1 and l2, added up."""
        total = 0.0
        for layer in self.layers:
            if layer.l1 > 0.0 or layer.l2 > 0.0:
                total = total + layer.penalty()
        return total

    def summary(self) -> str:
        """Return a table as text: each layer, what it gives for a sample, and how many parameters.

        >>> print(Network([Dense(2, 3, "tanh"), Dense(3, 1)], seed=1).summary())
        layer                      output  parameters
        0  Dense(2, 3, 'tanh')          3           9
        1  Dense(3, 1, 'sigmoid')       1           4
                                    total          13
        """
        from .drawing.text import summary_table  # needed for nothing else

        rows = []
        for layer in self.layers:
            rows.append((repr(layer), layer.output_shape, layer.parameter_count))
        return summary_table(rows)

    def digest(self) -> str:
        """Return the SHA-256 of all parameters, as 64 hexadecimal digits.

        Layer by layer, the weights row by row, then the biases, each as an IEEE 754 double, least
        significant byte first; every NaN as the same one.  Two networks with one digest are equal
        to the last bit.
        """
        self.check_parameters()
        return digest_of(flat(layer.rows() for layer in self.layers))

    def to_svg(
        self,
        *,
        width: int = 720,
        title: str | None = None,
        input_names: Sequence[str] | None = None,
        output_names: Sequence[str] | None = None,
    ) -> str:
        """Return a drawing of the network as SVG: units, and weights by width, sign and dash.

        width: in pixels.  Notebooks show the drawing by themselves.
        input_names, output_names: to stand beside the first and the last units.
        """
        from .drawing.networks import LayerNumbers, network_svg  # needed for nothing else

        self.check_parameters()
        layers = []
        for layer in self.layers:
            parameters = {name: getattr(layer, name) for name in layer.PARAMETERS}
            shapes = layer.input_shape, layer.output_shape
            sizes = layer.inputs, layer.outputs, layer.activation
            kind = "" if isinstance(layer, Dense) else type(layer).__name__
            layers.append(LayerNumbers(*sizes, parameters, *shapes, kind))
        return network_svg(
            layers,
            self.loss,
            input_names=input_names,
            output_names=output_names,
            width=width,
            title=title,
        )

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def save(self, path: str | os.PathLike[str], *, optimizer: bool = True) -> None:
        """Write the network to a JSON file that keeps every bit.

        optimizer: write also what an optimizer of purenet's remembers, such as the two moments of
            Adam, so that whoever loads the file can carry on as if training had never stopped.

        The file is complete or not there: it is written under another name first.
        """
        from .files import save_network  # it and what it needs are loaded when somebody saves

        with_optimizer = as_flag(optimizer, "optimizer")
        as_path(path)  # raises, or it is one
        self.check_parameters()
        save_network(self, path, with_optimizer)

    @classmethod
    def load(cls: type[N], path: str | os.PathLike[str]) -> N:
        """Read a network from a file that ``save`` has written, with either backend.

        Raises ValueError for a file that is truncated, changed or no network.
        """
        from .files import load_network

        return load_network(cls, as_path(path))

    # What a backend does in its own way.  These functions of other modules are the methods: one
    # more in between would be a detour in a debugger.

    check_parameters = check_parameters
    checked_inputs = checked_inputs
    inputs_to_read = checked_inputs  # for outputs_of; a backend may look at the numbers there
    checked_samples = checked_samples
    run_epochs = training.run_epochs

    def gradients(self, samples: Samples) -> list[Any]:
        """Return the gradient of the loss over checked samples."""
        outputs = self.forward(samples.inputs)
        return self.backward(samples.inputs, samples.targets, outputs)

    def measure(self, samples: Samples, threads: int) -> tuple[float, int, Any]:
        """Return the total loss, the number of right answers, and all answers of checked samples.

        The answers are ``Answers``, or a backend's own with the same methods.
        """
        output = self.forward(samples.inputs)[-1]
        total = total_loss(self.loss, output.z, output.a, samples.targets)
        correct = count_correct(output.a, samples.targets)
        return total, correct, Answers(output.a, samples.targets)

    def outputs_of(self, inputs: Matrix, threads: int) -> Matrix:
        """Return the outputs of the last layer for checked inputs."""
        a = inputs
        for layer in self.layers:
            a = layer.feedforward(a).a
        return a

    def write_outputs(self, inputs: Any, threads: int, out: Any) -> None:
        """Write the outputs of the last layer for checked inputs into somebody's memory."""
        buffer = checked_out(out, len(inputs), self.outputs)
        write(buffer, self.outputs_of(inputs, threads))

    def find_non_finite(self) -> tuple[str, float] | None:
        """Return the place and value of the first parameter that is NaN or infinite."""
        return find_non_finite(self.layers)
