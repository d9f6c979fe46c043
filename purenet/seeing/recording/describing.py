"""The title, the formula and the sentences of each matrix of a recording."""

from __future__ import annotations

from ...losses import REQUIRED_ACTIVATION
from ...network import Network
from ..step import ROLES
from .matrices import NamedMatrix
from .words import CHAINS, DOES, FORMULAS, SAMPLE_LOSSES, SENTENCES, SLOPE_FORMULAS, SLOPES


class Describer:
    """Knows the network and the number of samples of which the sentences speak."""

    def __init__(self, net: Network, samples: int) -> None:
        self.net = net
        self.samples = samples
        self.last = len(net.layers) - 1

    def describe(self, matrix: NamedMatrix) -> None:
        """Give a matrix its title, formula and sentences."""
        role, sentences = ROLES[matrix.role], SENTENCES[matrix.role]
        layer = matrix.layer if matrix.layer is not None else self.last
        words = self._words(layer)

        def filled(text: str) -> str:
            for key, value in words.items():
                text = text.replace(f"{{{key}}}", value)
            return text

        matrix.axes = role.axes
        matrix.title = filled(role.title)
        matrix.sentence = filled(sentences.matrix)
        matrix.number_sentence = filled(sentences.number)
        if matrix.given is not None:
            return
        formula = FORMULAS.get(matrix.role)
        activation = self.net.layers[layer].activation
        if matrix.role == "z" and self.net.layers[layer].bias:
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
        matrix.formula = None if formula is None else filled(formula)

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
            "bias": ", and the unit's bias is added" if found.bias else "",
            "activation": found.activation,
            "slope": SLOPES.get(found.activation, ""),
            "chain_of_one": chain[0].lower() + chain[1:],
            "chain": f"{chain}.",
            "count": counts.get(
                self.net.loss,
                f"The loss is divided by samples times outputs, {samples} * {self.net.outputs}",
            ),
            "from": "x" if layer == 0 else f"a{layer}",
            "next": str(layer + 2),
            "n": str(layer + 1),
        }
