"""The title, the formula and the sentences of each matrix of a recording."""

from __future__ import annotations

from ...layers import Dense, Layer
from ...losses import REQUIRED_ACTIVATION
from ...network import Network
from ...optimizers import GradientDescent, Optimizer
from ..step import Named, parameter_roles, symbol_of
from .matrices import NamedMatrix, Phase
from .words import (
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
)


class Describer:
    """Knows the network, the optimizer and the number of samples of which the sentences speak."""

    def __init__(self, net: Network, optimizer: Optimizer, samples: int) -> None:
        self.net = net
        self.optimizer = optimizer
        self.samples = samples
        self.last = len(net.layers) - 1

    def describe(self, matrix: NamedMatrix) -> None:
        """Give a matrix its title, formula and sentences."""
        layer = matrix.layer if matrix.layer is not None else self.last
        words = self._words(layer)
        words["matrix"] = matrix.name
        words["parameter"] = f"{symbol_of(matrix.parameter)}{layer + 1}"

        def filled(text: str) -> str:
            for key, value in words.items():
                text = text.replace(f"{{{key}}}", value)
            return text

        other = self._other(matrix, layer)
        matrix.is_known = other is None
        sentences = SENTENCES[matrix.role] if other is None else OTHER_SENTENCES[other]
        matrix.title = Named(matrix.role, layer, matrix.parameter).title
        matrix.sentence = filled(sentences.matrix)
        matrix.number_sentence = filled(sentences.number)
        formula = self._formula(matrix, layer)
        if matrix.given is None and other is None and formula is not None:
            matrix.formula = filled(formula)

    def phase(self, phase: Phase) -> tuple[str, str]:
        """Return the title of a phase and its sentence."""
        number = phase.layer or 0
        title, sentence = PHASE_SENTENCES[phase.kind]
        if phase.kind == "forward" and not isinstance(self.net.layers[number], Dense):
            sentence = OTHER_FORWARD
        if phase.kind == "update" and type(self.optimizer) is not GradientDescent:
            sentence = OTHER_UPDATE
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


def _has_biases(layer: Layer) -> bool:
    return getattr(layer, "biases", None) is not None
