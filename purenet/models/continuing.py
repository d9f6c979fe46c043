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
from .training import Trained, check_begun, classes_in, parted, test_share
from .wishes import Asked, Measuring


def go_on(
    known: tuple[Network, Preparation, Report | None, Recipe | None],
    table: Table,
    asked: Asked,
    measuring: Measuring,
    progress: Progress | None = None,
) -> Trained:
    """Train a copy of a network on more rows; the preparation stays what it is.

    known: what the model consists of, which is left as it is.
    table: rows with a target, all of which are known.
    asked: settings in place of the recipe's.

    A part of the rows is held back as in ``TableTraining``: it is answered before and after a
    training on the others; then the network goes on, from where it was, with all rows.

    Raises KeyboardInterrupt if Ctrl-C comes before an epoch is finished.
    """
    network, preparation, report, recipe = known
    recipe = (Recipe() if recipe is None else recipe)._replace(**asked.settings)
    everything = range(table.row_count)
    inputs, targets = preparation.inputs(table), preparation.targets(table)
    strata = classes_in(preparation, table, everything)
    share = test_share(measuring, table.row_count)
    kept, held = parted(everything, share, measuring.seed, strata)

    def trained(rows: Sequence[int], label: str) -> tuple[Network, Course]:
        other = copy.deepcopy(network)
        course = train_by_recipe(
            other,
            recipe,
            [inputs[i] for i in rows],
            [targets[i] for i in rows],
            threads=measuring.threads,
            progress=labelled(label, progress),
        )
        check_begun(course)
        return other, course

    def measured(other: Network) -> Any:
        part = Answered(other, preparation, table.part(held), threads=measuring.threads)
        baseline = baseline_of(preparation, [targets[i] for i in kept])
        return scores_of([part], preparation.classes, baseline)

    notes = []
    if report is not None:
        notes.append(
            f"went on from a model that was trained on {counted(report.trained_on, 'row')}"
        )
    before = measured(network) if held else None
    other, course = trained(kept, "training")
    scores = measured(other) if held else None
    rows = len(kept)
    interrupted = course.interrupted
    if interrupted:
        notes.append(f"interrupted after {counted(course.history.epochs, 'epoch')}")
    elif held:
        try:
            last, last_course = trained(everything, "training on all rows")
            interrupted = last_course.interrupted
        except KeyboardInterrupt:
            interrupted = True
        if interrupted:
            notes.append("interrupted before it was trained on all rows")
        else:
            other, course, rows = last, last_course, table.row_count
    way = "test" if held else "none"
    found = Report(table.row_count, rows, way, len(held), scores, before, (*notes, *course.notes))
    return Trained(other, preparation, found, recipe, course.history, interrupted)
