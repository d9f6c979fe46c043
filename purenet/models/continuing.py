"""A model that goes on learning from more rows, prepared as the first ones were."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from ..checks import counted
from ..network import Network
from ..selection import Course, Recipe
from ..selection import train as train_by_recipe
from ..tables import Preparation, Table
from .answering import Answered, baseline_of, scores_of
from .progress import Progress, labelled
from .report import Report
from .scores import ModelScores
from .training import Trained, check_begun, classes_in, parted, test_share
from .wishes import Asked, Measuring


class GoingOn:
    """A model that is to go on with more rows; the preparation stays what it is.

    known: what the model consists of, which is left as it is.
    table: rows with a target, all of which are known.
    asked: settings in place of the recipe's.

    A part of the rows is held back as in ``TableTraining``: it is answered before and after a
    training on the others; then the network goes on, from where it was, with all rows.

    Raises ValueError, with all that is wrong with the rows, before anything is trained.
    """

    def __init__(
        self,
        known: tuple[Network, Preparation, Report | None, Recipe | None],
        table: Table,
        asked: Asked,
        measuring: Measuring,
    ) -> None:
        self.network, self.preparation, self.report, recipe = known
        self.recipe = (Recipe() if recipe is None else recipe)._replace(**asked.settings)
        self.table = table
        self.measuring = measuring
        self.inputs = self.preparation.inputs(table)
        self.targets = self.preparation.targets(table)
        rows = range(table.row_count)
        strata = classes_in(self.preparation, table, rows)
        share = test_share(measuring, table.row_count)
        self.kept, self.held = parted(rows, share, measuring.seed, strata)

    def run(self, progress: Progress | None = None) -> Trained:
        """Measure and train a copy of the network.

        Raises KeyboardInterrupt if Ctrl-C comes before an epoch is finished.
        """
        notes = []
        if self.report is not None:
            rows = counted(self.report.trained_on, "row")
            notes.append(f"went on from a model that was trained on {rows}")
        before = self._scores(self.network)
        if before is not None:
            notes.append("whether it had been trained on rows of this test is not known")
        network, course = self._trained(self.kept, labelled("training", progress))
        scores = self._scores(network)
        trained_on = len(self.kept)
        interrupted = course.interrupted
        if interrupted:
            notes.append(f"interrupted after {counted(course.history.epochs, 'epoch')}")
        elif self.held:
            whole = self._trained_on_all(labelled("training on all rows", progress))
            interrupted = whole is None
            if whole is None:
                notes.append("interrupted before it was trained on all rows")
            else:
                network, course = whole
                trained_on = self.table.row_count
        report = Report(
            self.table.row_count,
            trained_on,
            "test" if self.held else "none",
            len(self.held),
            scores,
            before,
            notes=(*notes, *course.notes),
        )
        return Trained(network, self.preparation, report, self.recipe, course.history, interrupted)

    def _trained(self, rows: Sequence[int], progress: Any) -> tuple[Network, Course]:
        network = copy.deepcopy(self.network)
        for layer in network.layers:
            # A file does not say what the optimizer remembers; a model goes on as one from a file.
            layer.remember(None, {})
        course = train_by_recipe(
            network,
            self.recipe,
            [self.inputs[i] for i in rows],
            [self.targets[i] for i in rows],
            threads=self.measuring.threads,
            progress=progress,
        )
        check_begun(course)
        return network, course

    def _trained_on_all(self, progress: Any) -> tuple[Network, Course] | None:
        """Go on with all rows; return None if Ctrl-C ends it."""
        try:
            network, course = self._trained(range(self.table.row_count), progress)
        except KeyboardInterrupt:
            return None
        return None if course.interrupted else (network, course)

    def _scores(self, network: Network) -> ModelScores | None:
        if not self.held:
            return None
        part = self.table.part(self.held)
        answered = Answered(network, self.preparation, part, threads=self.measuring.threads)
        baseline = baseline_of(self.preparation, [self.targets[i] for i in self.kept])
        return scores_of([answered], self.preparation.classes, baseline)
