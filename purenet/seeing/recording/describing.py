"""The title, the formula and the sentences of each matrix of a recording."""

from __future__ import annotations

from typing import Any

from ...layers import KINDS as LAYERS
from ...layers import Conv2D, Dense, Layer
from ...losses import REQUIRED_ACTIVATION
from ...network import Network
from ...optimizers import OPTIMIZERS as KNOWN_OPTIMIZERS
from ...optimizers import GradientDescent, Optimizer
from ..notation import symbol
from ..step import Clipping, Named, error_above, error_of, parameter_roles, symbol_of
from .kinds import CLIPPED, KINDS, OPTIMIZERS, PENALTY, Words
from .matrices import NamedMatrix, Phase
from .words import (
    ADDED_LOSSES,
    CHAINS,
    DOES,
    FORMULAS,
    OTHER_FORWARD,
    OTHER_SENTENCES,
    OTHER_UPDATE,
    PHASE_SENTENCES,
    SAMPLE_LOSSES,
    SENTENCES,
    SLOPE_FORMULAS,
    SLOPES,
    WITHOUT_PARAMETERS,
)


class Describer:
    """Knows the network, the optimizer and the number of samples of which the sentences speak."""

    def __init__(
        self, net: Network, optimizer: Optimizer, clipping: Clipping, samples: int
    ) -> None:
        self.net = net
        self.clipping = clipping
        self.optimizer = optimizer
        self.samples = samples
        self.last = len(net.layers) - 1

    def describe(self, matrix: NamedMatrix) -> None:
        """Give a matrix its title, formula and sentences."""
        layer = matrix.layer if matrix.layer is not None else self.last
        words = self._words(layer)
        words |= self._words_of_kind(layer, words["bias"])
        words["matrix"] = matrix.name
        words["p"] = symbol_of(matrix.parameter)
        words["parameter"] = words["w"] = f"{words['p']}{layer + 1}"
        words["g"] = self._slope_of(words["w"])
        axes = "[{row}][{column}]"
        places = axes
        if matrix.folding is not None:
            places = "".join(f"[{{{axis}}}]" for axis in matrix.folding.axes)

        def filled(text: str) -> str:
            for _ in range(2):  # words hold words
                for key, value in words.items():
                    text = text.replace(f"{{{key}}}", value)
            return text.replace(axes, places)

        matrix.title = Named(matrix.role, layer, matrix.parameter).title
        known = self._known(matrix, layer, words)
        other = None if known is not None else self._other(matrix, layer)
        matrix.is_known = known is None and other is None
        if known is not None:
            sentences, formula = known.sentences, known.formula
        else:
            sentences = SENTENCES[matrix.role] if other is None else OTHER_SENTENCES[other]
            formula = self._formula(matrix, layer) if other is None else None
        matrix.sentence = filled(sentences.matrix)
        matrix.number_sentence = filled(sentences.number)
        if (
            matrix.role == "weight_gradient"
            and known is None
            and self.net.layers[layer].penalties()
        ):
            matrix.sentence += " The slope of the penalty is added."
        if matrix.given is None and formula is not None:
            matrix.formula = filled(formula)

    def _known(self, matrix: NamedMatrix, number: int, words: dict[str, str]) -> Words | None:
        """Return the words of a layer's kind, or of an optimizer; None where they are the usual."""
        role, layer = matrix.role, self.net.layers[number]
        if role in ("penalty", "clipped_gradient"):
            return PENALTY if role == "penalty" else CLIPPED
        if role == "new_memory" and self._is_known_optimizer():
            label, _, words["p"] = matrix.parameter.rpartition("_")
            words["parameter"] = words["w"] = f"{words['p']}{number + 1}"
            words["g"] = self._slope_of(words["w"])
            return OPTIMIZERS.get((type(self.optimizer).__name__, label))
        is_plain = type(self.optimizer) is GradientDescent
        if matrix.parameter and role == parameter_roles(matrix.parameter).new and not is_plain:
            name = type(self.optimizer).__name__
            return OPTIMIZERS.get((name, "new")) if self._is_known_optimizer() else None
        if role == "activation_gradient":
            layer = self.net.layers[number + 1]
        if isinstance(layer, Conv2D) and matrix.axes == ("unit",):
            matrix.axes = ("filter",)
        matrix.kind = type(layer).__name__
        if LAYERS.get(("pure", matrix.kind)) is not type(layer):
            matrix.kind = ""
        return KINDS.get((matrix.kind, role))

    def _slope_of(self, parameter: str) -> str:
        """Return what an optimizer takes a step with."""
        return f"∂L/∂{parameter}" if self.clipping == Clipping() else f"clipped_{parameter}"

    def _is_known_optimizer(self) -> bool:
        return type(self.optimizer) in KNOWN_OPTIMIZERS.values()

    def phase(self, phase: Phase) -> tuple[str, str]:
        """Return the title of a phase and its sentence."""
        number = phase.layer or 0
        title, sentence = PHASE_SENTENCES[phase.kind]
        if phase.kind == "forward" and not isinstance(self.net.layers[number], Dense):
            sentence = OTHER_FORWARD
        if phase.kind == "update" and type(self.optimizer) is not GradientDescent:
            sentence = OTHER_UPDATE
        if phase.kind == "backward" and not self.net.layers[number].PARAMETERS:
            sentence = WITHOUT_PARAMETERS
        words = self._words(number)
        for key in ("n", "kind", "optimizer"):
            title = title.replace(f"{{{key}}}", words[key])
            sentence = sentence.replace(f"{{{key}}}", words[key])
        return title, sentence

    def _other(self, matrix: NamedMatrix, number: int) -> str | None:
        """Return which sentences fit if those of the matrix's role do not."""
        role, layer = matrix.role, self.net.layers[number]
        roles = parameter_roles(matrix.parameter) if matrix.parameter else None
        if roles is not None and role == roles.new:
            return None if type(self.optimizer) is GradientDescent else "new"
        if role == "activation_gradient":
            return None if isinstance(self.net.layers[number + 1], Dense) else role
        if role == "delta" and type(layer).delta is not Layer.delta:
            return role
        if isinstance(layer, Dense):
            return None
        if roles is not None and role in (roles.given, roles.gradient):
            return "given" if role == roles.given else "gradient"
        return role if role in ("z", "a") else None

    def _formula(self, matrix: NamedMatrix, layer: int) -> str | None:
        activation = self.net.layers[layer].activation
        formula = FORMULAS.get(matrix.role)
        if matrix.role == "z" and _has_biases(self.net.layers[layer]):
            formula = "{from} · W{n} + b{n}"
        elif matrix.role in ("new_weights", "new_biases", "new_parameter"):
            formula = "{w} - learning_rate {g}"
        elif matrix.role == "weight_gradient":
            formula = f"{formula}{{plus_slopes}}"
        elif matrix.role == "loss":
            formula = f"{ADDED_LOSSES.get(self.samples, formula)}{{plus_penalties}}"
        elif matrix.role == "a":
            formula = f"{activation}(z{{n}})"
        elif matrix.role == "slope":
            formula = SLOPE_FORMULAS[activation]
        elif matrix.role == "sample_loss":
            formula = SAMPLE_LOSSES[self.net.loss]
        elif matrix.role == "delta":
            formula = "∂L/∂a{n} ⊙ ∂a{n}/∂z{n}"
            if self._chain(layer).endswith("cross-entropy"):
                formula = "(a{n} - y) / count"
            elif activation == "softmax":
                # What the units of a row share has a name where there are several.
                shared = "sum_da{n}" if self.net.layers[layer].outputs > 1 else "∂L/∂a{n} ⊙ a{n}"
                formula = f"a{{n}} ⊙ (∂L/∂a{{n}} - {shared})"
        return formula

    def _chain(self, layer: int) -> str:
        activation = self.net.layers[layer].activation
        if layer == self.last and self.net.loss in REQUIRED_ACTIVATION:
            return f"{activation} cross-entropy"
        return "softmax" if activation == "softmax" else "chain"

    def _words(self, layer: int) -> dict[str, str]:
        found = self.net.layers[layer]
        chain = CHAINS[self._chain(layer)]
        samples = self.samples
        counts = {
            "sum_of_squares": "A plain sum of squares is divided by 1",
            "categorical_cross_entropy": f"The loss is divided by the number of samples, {samples}",
        }
        return {
            "does": DOES[found.activation].replace("{z}", "z{n}[{row}][{column}]"),
            "bias": ", and the unit's bias is added" if _has_biases(found) else "",
            "activation": found.activation,
            "slope": SLOPES.get(found.activation, ""),
            "chain_of_one": chain[0].lower() + chain[1:],
            "chain": f"{chain}.",
            "count": counts.get(
                self.net.loss,
                f"The loss is divided by samples times outputs, {samples} * {self.net.outputs}",
            ),
            "kind": type(found).__name__,
            "optimizer": type(self.optimizer).__name__,
            "from": "x" if layer == 0 else f"a{layer}",
            "next": str(layer + 2),
            "n": str(layer + 1),
        }

    def _words_of_kind(self, layer: int, bias: str) -> dict[str, str]:
        """Return the words for windows, errors and penalties."""
        found, layers = self.net.layers[layer], self.net.layers
        following = min(layer + 1, self.last)
        names = [symbol_of(name) for name in found.WEIGHTS]
        l1, l2 = (f"{symbol_of(name)}_{{n}}" for name in ("l1", "l2"))
        slopes = {
            name: (f" + {l1} sign({name}{{n}})" if found.l1 > 0.0 else "")
            + (f" + 2 {l2} {name}{{n}}" if found.l2 > 0.0 else "")
            for name in ("W", "U")
        }
        costs = [f"{l1} Σ|{name}{{n}}|" for name in names if found.l1 > 0.0]
        costs += [f"{l2} Σ{name}{{n}}²" for name in names if found.l2 > 0.0]
        others = [number for number, each in enumerate(layers, 1) if each.penalties()]
        sequences = getattr(found, "sequences", False)
        return {
            **_window_of(found),
            "bias": bias.replace("unit", "filter") if isinstance(found, Conv2D) else bias,
            "plus_bias": " + b{n}" if _has_biases(found) else "",
            "plus_slopes": slopes["W"],
            "plus_recurrent_slopes": slopes["U"],
            "and_slopes": "; and the slope of the penalty" if found.penalties() else "",
            "plus_penalties": "".join(f" + penalty{number}" for number in others),
            "penalty_formula": " + ".join(costs),
            "clipping": self._clipping_in_words(),
            "error": symbol(error_of(layers, following).name),
            "above_error": symbol(error_above(layers, layer).name),
            "slope_formula": SLOPE_FORMULAS.get(found.activation, ""),
            "last_state": "states{n}" if sequences else "states{n}[t], of the last step t",
            "passed": "all of them" if sequences else "the last one",
            "above": "δ_out{n}[t] + " if sequences else "",
        }

    def _clipping_in_words(self) -> str:
        value, norm = self.clipping
        parts = [] if value is None else ["none is larger than clip_value, up or down"]
        parts += [] if norm is None else ["all together are no longer than clip_norm"]
        return "; ".join(parts)


def described(layer: Layer) -> dict[str, Any]:
    """Return what a recording says of a layer."""
    found: dict[str, Any] = {
        "inputs": layer.inputs,
        "outputs": layer.outputs,
        "activation": layer.activation,
        "bias": getattr(layer, "biases", None) is not None,
    }
    if isinstance(layer, Dense):
        return found
    for name in ("input_shape", "output_shape"):
        shape = getattr(layer, name)
        if len(shape) > 1:
            found[name] = list(shape)
    return {"kind": type(layer).__name__, **found, "settings": layer.settings()}


def _window_of(layer: Layer) -> dict[str, str]:
    """Return the words for the window of a convolution or of pooling: its size, how it moves."""
    if not hasattr(layer, "size"):
        return {}
    stride, zeros = layer.stride, getattr(layer, "zeros", (0,))
    moves = "" if stride == (1, 1) else f" in steps of {_by(stride)}"
    if any(zeros):
        moves += f"{' and' if moves else ''} with zeros around it"
    return {"window": _by(layer.size), "moves": moves}


def _by(pair: tuple[int, int]) -> str:
    return f"{pair[0]} by {pair[1]}"


def _has_biases(layer: Layer) -> bool:
    return getattr(layer, "biases", None) is not None
