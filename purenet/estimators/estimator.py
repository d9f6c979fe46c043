"""What the estimators have in common: parameters, fitting, and what scikit-learn asks."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from importlib import import_module
from typing import Any, ClassVar, NamedTuple, TypeVar

from ..checks import as_choice, as_count, one_hot
from ..matrix import Matrix
from ..network import Network
from ..selection.course import train
from ..selection.recipe import Recipe, checked_settings, make_network
from .given import check_names, checked_rows, names_of, numpy_for, of_sklearn, warn
from .samples import Scale, gathered, scale_of

E = TypeVar("E", bound="Estimator")

SCALES = ("standard", "none")

# Without a number of epochs: as many as make so many steps, but not fewer or more than these.
STEPS = 1500
FEWEST_EPOCHS = 20
MOST_EPOCHS = 300

# Without an l2: so much by the number of samples, and at most so much.
L2_OF_ALL = 3.0
LARGEST_L2 = 0.03


class NotFittedError(ValueError, AttributeError):
    """An estimator was asked before it was fitted.

    Where scikit-learn is in use, its own error of this name is raised.
    """


class Fitted(NamedTuple):
    """What a fit has found."""

    network: Network
    input_scale: Scale | None
    target_scale: Scale | None
    losses: list[float]
    epochs: int
    notes: list[str]
    interrupted: bool


class Estimator:
    """What ``Classifier`` and ``Regressor`` share; see there."""

    network_class: ClassVar[type[Network]] = Network

    # Parameters that the two have in common.
    scale: Any
    l2: Any
    epochs: Any
    batch_size: Any
    seed: Any
    threads: Any

    # What a fit sets.
    network_: Network
    n_features_in_: int
    feature_names_in_: Any
    n_iter_: int
    loss_curve_: list[float]
    loss_: float
    input_scale_: Scale | None
    target_scale_: Scale | None

    @classmethod
    def _parameters(cls) -> dict[str, Any]:
        """Return the names of the parameters and their usual values."""
        parameters = inspect.signature(cls.__init__).parameters.values()
        named = [p for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)]
        return {p.name: p.default for p in named if p.name != "self"}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name.

        deep: has no effect, because no parameter is an estimator.
        """
        return {name: getattr(self, name) for name in self._parameters()}

    def set_params(self: E, **parameters: Any) -> E:
        """Set parameters by name and return the estimator.

        Raises ValueError, before any is set, for a name that is none.
        """
        known = self._parameters()
        for name in parameters:
            if name not in known:
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {type(self).__name__}, "
                    f"expected one of {', '.join(known)}"
                )
        for name, value in parameters.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        usual = self._parameters()
        told = [
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if repr(value) != repr(usual[name])
        ]
        return f"{type(self).__name__}({', '.join(told)})"

    # Fitting and answering.

    def _fitted(
        self, rows: Matrix, targets: Matrix, weights: Sequence[float] | None, classes: int
    ) -> Fitted:
        """Return a trained network.

        targets: numbers, or where there are classes (two or more) the number of a class a row.
        """
        given = {name: getattr(self, name) for name in Recipe._fields if name != "epochs"}
        if given["l2"] is None:
            given["l2"] = 0.0  # until it is known how many samples there are
        settings = checked_settings(given)
        scale = as_choice(self.scale, "scale", SCALES)
        seed = as_count(self.seed, "seed", least=0)
        samples = gathered(rows, targets, weights)
        count = len(samples.rows)
        settings["epochs"] = self._epochs(count, settings["batch_size"])
        if self.l2 is None:
            settings["l2"] = min(L2_OF_ALL / count, LARGEST_L2)
        recipe = Recipe(**settings)
        input_scale = target_scale = None
        inputs, answers = list(map(list, samples.rows)), list(map(list, samples.targets))
        if scale == "standard":
            input_scale = scale_of(inputs, samples.weights, "X")
            inputs = input_scale.scaled(inputs)
        if classes > 2:
            answers = one_hot([int(number) for (number,) in answers], classes)
        elif classes == 0:
            target_scale = scale_of(answers, samples.weights, "y")
            answers = target_scale.scaled(answers)
        outputs = len(answers[0])
        network = make_network(
            self.network_class, recipe, len(inputs[0]), outputs, classes > 0, seed
        )
        course = train(
            network, recipe, inputs, answers, sample_weight=samples.weights, threads=self.threads
        )
        losses = list(course.history.loss)
        epochs = network.epochs_trained
        scales = input_scale, target_scale
        return Fitted(network, *scales, losses, epochs, course.notes, course.interrupted)

    def _epochs(self, samples: int, batch_size: int | None) -> int:
        if self.epochs is not None:
            return as_count(self.epochs, "epochs")
        batches = 1 if batch_size is None else -(-samples // batch_size)
        return max(min(STEPS // batches, MOST_EPOCHS), FEWEST_EPOCHS)

    def _keep(self, fitted: Fitted, X: Any) -> None:
        """Let the estimator have what a fit has found, and say what its user should know."""
        self.network_ = fitted.network
        self.input_scale_ = fitted.input_scale
        self.target_scale_ = fitted.target_scale
        self.loss_curve_ = fitted.losses
        self.loss_ = fitted.losses[-1] if fitted.losses else float("nan")
        self.n_iter_ = fitted.epochs
        self.n_features_in_ = fitted.network.inputs
        names = names_of(X)
        if names is not None:
            numpy = numpy_for(X)
            self.feature_names_in_ = names if numpy is None else numpy.asarray(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        for note in fitted.notes:
            warn(note, of_sklearn("ConvergenceWarning", UserWarning))
        if fitted.interrupted:
            raise KeyboardInterrupt

    def _outputs(self, X: Any) -> Matrix:
        """Return what the network gives for rows, in the units of the targets."""
        name = type(self).__name__
        if not hasattr(self, "network_"):
            kind = of_sklearn("NotFittedError", NotFittedError)
            raise kind(f"This {name} instance is not fitted yet: call fit first")
        check_names(X, getattr(self, "feature_names_in_", None), name)
        rows = checked_rows(X, name, self.n_features_in_)
        if self.input_scale_ is not None:
            rows = self.input_scale_.scaled(rows)
        outputs = self.network_.predict(rows, threads=self.threads)
        return outputs if self.target_scale_ is None else self.target_scale_.restored(outputs)

    # What scikit-learn asks, and only scikit-learn: it is there.

    def __sklearn_tags__(self) -> Any:
        utils = import_module("sklearn.utils")
        target_tags = utils.TargetTags(required=True)
        return utils.Tags(estimator_type=None, target_tags=target_tags)

    def get_metadata_routing(self) -> Any:
        """Return what scikit-learn's metadata routing shall do with ``sample_weight``."""
        chosen = getattr(self, "_metadata_request", None)
        if chosen is not None:
            return chosen
        routing = import_module("sklearn.utils.metadata_routing")
        request = routing.MetadataRequest(owner=self)
        for method in (request.fit, request.score):
            method.add_request(param="sample_weight", alias=None)
        return request

    def set_fit_request(self: E, *, sample_weight: bool | str | None) -> E:
        """Let scikit-learn's metadata routing give ``fit`` the weights, and return the estimator.

        sample_weight: True, False, None (refuse them), or the name under which they are given.
        """
        return self._with_request("fit", sample_weight)

    def set_score_request(self: E, *, sample_weight: bool | str | None) -> E:
        """Let scikit-learn's metadata routing give ``score`` the weights; as for ``fit``."""
        return self._with_request("score", sample_weight)

    def _with_request(self: E, method: str, sample_weight: bool | str | None) -> E:
        request = self.get_metadata_routing()
        getattr(request, method).add_request(param="sample_weight", alias=sample_weight)
        self._metadata_request = request
        return self
