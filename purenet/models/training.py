"""From a table to a measured and trained network: what ``train_table`` and ``train`` do.

Nothing of what is measured has been looked at before: the preparation, the recipe and the number
of epochs are decided from the other rows alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..checks import counted, shown
from ..history import History
from ..network import Network
from ..processes import check_can_travel, in_processes
from ..selection import Course, Recipe, choose_recipe
from ..selection import train as train_by_recipe
from ..splits import divided, folds_of
from ..tables import Preparation, Table
from .answering import Answered, baseline_of, scores_of, true_answers
from .progress import Progress, labelled
from .report import Report
from .scores import ModelScores
from .table_networks import layers_for, network_for, row_shape
from .wishes import (
    FEWEST_ROWS_FOR_ONE_TEST,
    FEWEST_ROWS_TO_SPLIT,
    TEST_SHARE,
    TURNS,
    Asked,
    Measuring,
)


class Trained(NamedTuple):
    """What training has left.

    history: of the training that picked the epoch, if there was one, or of the network itself.
    interrupted: whether Ctrl-C ended it early.
    """

    network: Network
    preparation: Preparation
    report: Report
    recipe: Recipe
    history: History
    interrupted: bool


class _Decided(NamedTuple):
    """Rows to train on, prepared by themselves, and rows that pick the epoch."""

    preparation: Preparation
    learning: list[int]
    picking: list[int]


class _Learned(NamedTuple):
    """A network that was trained on some of the rows."""

    network: Network
    preparation: Preparation
    recipe: Recipe
    course: Course
    baseline: str | float
    rows: int


@dataclass(frozen=True)
class Making:
    """Makes untrained networks for prepared rows, as recipes and what was asked for have them."""

    network_class: type[Network]
    inputs: int
    outputs: int
    classes: bool
    asked: Asked

    def __call__(self, recipe: Recipe, seed: int) -> Network:
        wish = self.asked.wish(recipe)
        return network_for(self.network_class, self.inputs, self.outputs, self.classes, wish, seed)


class TableTraining:
    """A table on its way to a network: read and prepared, not yet trained.

    table: all rows; rows: the numbers of those whose target is known.
    preparation: as it is decided from all of these.
    """

    def __init__(
        self,
        network_class: type[Network],
        table: Table,
        options: Mapping[str, Any],
        asked: Asked,
        measuring: Measuring,
    ) -> None:
        """Prepare a table.

        options: of ``Preparation.from_table``.

        Raises ValueError, with all that is wrong with the table, before anything is trained.
        """
        self.network_class = network_class
        self.table = table
        self.asked = asked
        self.measuring = measuring
        options = dict(options)
        if asked.has_shape:
            # Every number has its place in the image or sequence, one that never changes too.
            numbers = [
                name
                for name in options["columns"] or table.columns
                if name not in (options["target"], *options["ignore"])
                and table.column(name).numbers is not None
            ]
            options["kinds"] = {**dict.fromkeys(numbers, "number"), **options["kinds"]}
        self._options = options
        self.preparation = self._prepared(None)
        self.rows: list[int] = self.preparation.rows_with_target(table)
        if measuring.folds > len(self.rows):
            raise ValueError(
                f"folds: found {shown(measuring.folds)} for {counted(len(self.rows), 'row')}, "
                f"expected no more"
            )
        self.shape = row_shape(asked.wish(Recipe(**asked.settings)), self.preparation.width)
        self._check_network()
        self.kept, self.held = self._divided()
        self._first = self._decided(self.kept)

    def _prepared(self, rows: Sequence[int] | None) -> Preparation:
        """Return the preparation that some of the rows give; None for all."""
        options = dict(self._options)
        if rows is not None:
            options["task"] = "number" if self.preparation.classes is None else "classes"
            options["classes"] = self.preparation.classes
            options["rows"] = rows
        try:
            return Preparation.from_table(self.table, **options)
        except ValueError as error:
            if rows is None:
                raise
            what = str(error).removeprefix(f"{self.table.name}: ")
            raise ValueError(
                f"{self.table.name}: the {counted(len(rows), 'row')} to learn from: {what}"
            ) from None

    def _check_network(self) -> None:
        """Refuse layers that do not fit, before anything is computed."""
        if "layers" in self.asked.settings:
            wish = self.asked.wish(Recipe(**self.asked.settings))
            layers_for(*self._sizes(self.preparation), wish)

    def _sizes(self, preparation: Preparation) -> tuple[type[Network], int, int, bool]:
        classes = preparation.classes is not None
        return self.network_class, preparation.width, preparation.outputs, classes

    def _making(self, preparation: Preparation) -> Making:
        return Making(*self._sizes(preparation), self.asked)

    def _divided(self) -> tuple[list[int], list[int]]:
        """Return the rows to decide and train on, and those of the test."""
        if self.measuring.folds:
            return list(self.rows), []
        return self._parted(self.rows, test_share(self.measuring, len(self.rows)))

    def _parted(self, rows: Sequence[int], share: float) -> tuple[list[int], list[int]]:
        strata = classes_in(self.preparation, self.table, rows)
        return parted(rows, share, self.measuring.seed, strata)

    # Training.

    def run(self, progress: Progress | None = None) -> Trained:
        """Measure and train; see ``Report`` for what is done in which way.

        progress: called as ``progress(label, done, total, words)``.

        Raises KeyboardInterrupt if Ctrl-C comes before there is a network worth keeping.
        """
        notes = []
        way, held_back, scores = "none", 0, None
        if self.measuring.folds:
            way, held_back, scores = "folds", self.measuring.folds, self._scores_of_folds()
        last = self._learn(self._first, progress)
        history = last.course.history
        interrupted = last.course.interrupted
        if self.held:
            way, held_back = "test", len(self.held)
            scores = self._scores([self._answered(last, self.held)], last)
        if interrupted:
            notes.append(f"interrupted after {counted(history.epochs, 'epoch')}")
        elif last.rows < len(self.rows):
            turns = self._answered_in_turns(last.recipe, progress)
            whole = None if turns is None else self._trained(self.rows, last.recipe, progress)
            if turns is None or whole is None:
                interrupted = True
                notes.append("interrupted before it was trained on all rows")
            else:
                if turns:
                    way, scores = "turns", self._scores(turns, last)
                last = whole
                if not history.validation_loss:
                    history = last.course.history
        notes += last.course.notes
        report = Report(
            len(self.rows),
            last.rows,
            way,
            held_back,
            scores,
            left_out=self.table.row_count - len(self.rows),
            notes=tuple(notes),
        )
        return Trained(last.network, last.preparation, report, last.recipe, history, interrupted)

    def _decided(self, rows: Sequence[int]) -> _Decided:
        """Divide rows in those to train on and those that pick the epoch, and prepare the first."""
        learning, picking = self._parted(rows, self.measuring.validation)
        whole = len(learning) == len(self.rows)
        preparation = self.preparation if whole else self._prepared(learning)
        return _Decided(preparation, learning, picking)

    def _learn(self, decided: _Decided, progress: Progress | None) -> _Learned:
        """Choose a recipe by some of the rows, and train on them."""
        preparation, learning, picking = decided
        inputs = preparation.inputs(self.table, learning)
        targets = preparation.targets(self.table, learning)
        baseline = baseline_of(preparation, targets)
        making = self._making(preparation)
        choice = choose_recipe(
            self.network_class,
            inputs,
            targets,
            classes=self.preparation.classes is not None,
            wish=self.asked.settings,
            seed=self.measuring.seed,
            jobs=self.measuring.jobs,
            threads=self.measuring.threads,
            progress=labelled("choosing", progress),
            make=making,
        )
        recipe = choice.recipe
        if choice.interrupted:
            if choice.network is None:
                raise KeyboardInterrupt
            course = Course(choice.network.history, [], True)
            return _Learned(choice.network, preparation, recipe, course, baseline, 0)
        validation = None
        if picking:
            validation = (
                preparation.inputs(self.table, picking, strict=False),
                preparation.targets(self.table, picking),
            )
        network = making(recipe, self.measuring.seed)
        course = train_by_recipe(
            network,
            recipe,
            inputs,
            targets,
            validation=validation,
            patience=self.measuring.patience if picking else None,
            threads=self.measuring.threads,
            progress=labelled("training", progress),
        )
        check_begun(course)
        if picking:
            recipe = recipe._replace(epochs=max(network.epochs_trained, 1))
        return _Learned(network, preparation, recipe, course, baseline, len(learning))

    def _trained(
        self, rows: Sequence[int], recipe: Recipe, progress: Progress | None
    ) -> _Learned | None:
        """Train on some of the rows by a recipe that is known; return None if Ctrl-C ends it."""
        whole = len(rows) == len(self.rows)
        preparation = self.preparation if whole else self._prepared(rows)
        network = self._making(preparation)(recipe, self.measuring.seed)
        inputs = preparation.inputs(self.table, rows)
        targets = preparation.targets(self.table, rows)
        label = "training on all rows" if whole else "measuring"
        course = train_by_recipe(
            network,
            recipe,
            inputs,
            targets,
            threads=self.measuring.threads,
            progress=labelled(label, progress),
        )
        if course.interrupted:
            return None
        baseline = baseline_of(preparation, targets)
        return _Learned(network, preparation, recipe, course, baseline, len(rows))

    def _answered_in_turns(
        self, recipe: Recipe, progress: Progress | None
    ) -> list[Answered] | None:
        """Return the answers for the rows of the test, a few at a time; None after Ctrl-C.

        Each is answered by a network that was trained on all other rows, by the recipe that the
        test had no part in.  Of a small table a network that lacks the whole test is so much worse
        than the one that is written that its figures would not speak of that one.  There are none
        for a larger table.
        """
        answered: list[Answered] = []
        if not self.held or len(self.rows) >= FEWEST_ROWS_FOR_ONE_TEST:
            return answered
        strata = classes_in(self.preparation, self.table, self.held)
        for part in folds_of(len(self.held), min(TURNS, len(self.held)), 0, strata):
            turn = [self.held[i] for i in part]
            learned = self._trained(sorted(set(self.rows).difference(turn)), recipe, progress)
            if learned is None:
                return None
            answered.append(self._answered(learned, turn))
        return answered

    def _scores(self, answered: Sequence[Answered], learned: _Learned) -> ModelScores:
        return scores_of(answered, self.preparation.classes, learned.baseline)

    def _answered(self, learned: _Learned, rows: Sequence[int]) -> Answered:
        return Answered(
            learned.network,
            learned.preparation,
            self.table.part(rows),
            strict=False,
            threads=self.measuring.threads,
        )

    def _scores_of_folds(self) -> ModelScores:
        """Return the figures of all rows, each answered without having been trained on."""
        measuring = self.measuring
        strata = classes_in(self.preparation, self.table, self.rows)
        parts = folds_of(len(self.rows), measuring.folds, measuring.seed, strata)
        tasks = [(self, [self.rows[i] for i in part]) for part in parts]
        if measuring.jobs > 1:
            check_can_travel(self.network_class, "jobs: the class of networks")
        answered = in_processes(_answered_fold, tasks, measuring.jobs)
        baseline = baseline_of(self.preparation, self.preparation.targets(self.table, self.rows))
        return scores_of(answered, self.preparation.classes, baseline)

    def answered_fold(self, held: Sequence[int]) -> Answered:
        """Return the answers for some rows of a network that is trained on the others."""
        kept = sorted(set(self.rows).difference(held))
        learned = self._learn(self._decided(kept), None)
        if learned.course.interrupted:
            raise KeyboardInterrupt
        return self._answered(learned, held)


def test_share(measuring: Measuring, rows: int) -> float:
    """Return the share of so many rows that is held back."""
    if measuring.test is not None:
        return measuring.test
    return TEST_SHARE if rows >= FEWEST_ROWS_TO_SPLIT else 0.0


def classes_in(
    preparation: Preparation, table: Table, rows: Sequence[int]
) -> list[str | float] | None:
    """Return the class of each row, of which parts shall have their share; None for numbers."""
    if preparation.classes is None:
        return None
    return true_answers(preparation, preparation.targets(table, rows))


def parted(
    rows: Sequence[int], share: float, seed: int, strata: Sequence[Any] | None
) -> tuple[list[int], list[int]]:
    """Divide rows: those to learn from, and a share of them that is held back."""
    if share == 0.0 or len(rows) < 2:
        return list(rows), []
    kept, held = divided(len(rows), share, seed, strata, least=1)
    return [rows[i] for i in kept], [rows[i] for i in held]


def _answered_fold(task: tuple[TableTraining, Sequence[int]]) -> Answered:
    training, held = task
    return training.answered_fold(held)


def check_begun(course: Course) -> None:
    """Raise Ctrl-C again if it came before a network had learned anything."""
    if course.interrupted and course.history.epochs == 0:
        raise KeyboardInterrupt
