"""What a network's outputs say for the rows of a table, and how good that is."""

from __future__ import annotations

from collections.abc import Sequence

from ..answers import answered_class, class_of
from ..checks import shown
from ..network import Network
from ..tables import Preparation, Table
from .scores import ModelScores, scores_of_classes, scores_of_numbers, simplest_answer


def answers_of(
    preparation: Preparation, table: Table, outputs: Sequence[Sequence[float]]
) -> list[str | float]:
    """Return what each row of outputs says; ValueError that names the row of the table without."""
    answers = []
    for number, row in enumerate(outputs):
        try:
            answers.append(preparation.answer(row))
        except ValueError:
            raise ValueError(
                f"{table.name}: {table.place(number)} has no answer: the model's outputs for it "
                f"are {shown(list(row))}, expected finite numbers"
            ) from None
    return answers


def true_answers(preparation: Preparation, targets: Sequence[Sequence[float]]) -> list[str | float]:
    """Return what rows of targets stand for."""
    return [preparation.answer(row) for row in targets]


def baseline_of(preparation: Preparation, targets: Sequence[Sequence[float]]) -> str | float:
    """Return what the simplest model answers that has seen these targets."""
    return simplest_answer(true_answers(preparation, targets))


class Answered:
    """The truth and a network's answers for some rows, and what training makes smaller there."""

    def __init__(
        self,
        network: Network,
        preparation: Preparation,
        table: Table,
        *,
        strict: bool = True,
        threads: int = 1,
    ) -> None:
        """Let a network answer for all rows of a table, whose targets must be known.

        strict: False to take a cell of another kind than in training as a missing one.
        """
        inputs = preparation.inputs(table, strict=strict)
        targets = preparation.targets(table)
        self.loss = network.evaluate(inputs, targets, threads=threads).loss
        outputs = network.predict(inputs, threads=threads)
        self.truth: list[int] = []
        self.answers: list[int | None] = []
        self.true_numbers: list[float] = []
        self.numbers: list[float] = []
        if preparation.classes is not None:
            self.truth = [class_of(row) for row in targets]
            self.answers = [answered_class(row) for row in outputs]
        else:
            self.true_numbers = [float(x) for x in true_answers(preparation, targets)]
            self.numbers = [float(x) for x in answers_of(preparation, table, outputs)]


def scores_of(
    answered: Sequence[Answered], classes: Sequence[str] | None, baseline: str | float
) -> ModelScores:
    """Return the figures of the answers of one network, or of several taken together."""
    loss = answered[0].loss if len(answered) == 1 else None
    if classes is not None:
        truth = [number for part in answered for number in part.truth]
        answers = [number for part in answered for number in part.answers]
        return scores_of_classes(truth, answers, classes, str(baseline), loss)
    known = [number for part in answered for number in part.true_numbers]
    numbers = [number for part in answered for number in part.numbers]
    return scores_of_numbers(known, numbers, float(baseline), loss)
