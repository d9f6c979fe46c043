"""A model of a table: how its rows are prepared, and the network that answers for them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from ..checks import as_flag, as_names, as_text, shown
from ..files import network_of, network_text, read_document
from ..names import (
    ActivationName,
    DatesName,
    DecimalName,
    KindName,
    MissingName,
    OptimizerName,
    ScaleName,
    TaskName,
)
from ..network import Network
from ..optimizers import Optimizer
from ..selection import Recipe
from ..selection.recipe import checked_settings
from ..tables import Preparation, Table
from ..tables.choosing import as_kinds
from ..tables.from_python import table_of, table_of_rows
from ..tables.target import NumberTarget
from ..tables.words import plain
from ..writing import write_text
from .answering import Answered, answers_of, baseline_of, scores_of
from .continuing import GoingOn
from .progress import bars
from .report import Report
from .scores import ModelScores
from .training import TableTraining, Trained
from .wishes import Asked, Measuring, asked, measuring

M = TypeVar("M", bound="TableModel")


class TableModel:
    """A network with all that it takes to answer for the rows of a table as they are.

    network: takes prepared numbers; ``prepared_network`` of the model.
    preparation: how a row becomes these numbers, and what the network gives an answer.
    report: how the model was measured; None if it was not made by ``train_table``.
    recipe: how the network was trained, or None.

    Rows are a list of dictionaries, a list of lists in the order of ``columns``, a dictionary of
    columns, a data frame, a ``Table``, or the path of a CSV file.

    >>> import purenet
    >>> table = purenet.Table(["x"], [[0.0], [1.0]], "kind", ["reed", "moss"])
    >>> preparation = purenet.Preparation.from_table(table, "classes")
    >>> network = purenet.Network([purenet.Dense(1, 1, "sigmoid")], "binary_cross_entropy", seed=1)
    >>> _ = network.fit(preparation.inputs(table), preparation.targets(table), epochs=50)
    >>> TableModel(network, preparation).predict([{"x": 0.9}, {"x": 0.2}])
    ['moss', 'reed']
    """

    network_class: ClassVar[type[Network]] = Network

    def __init__(
        self,
        network: Network,
        preparation: Preparation,
        report: Report | None = None,
        recipe: Recipe | None = None,
    ) -> None:
        wanted = self.network_class
        if not isinstance(network, wanted):
            found = shown(network)
            if isinstance(network, Network):  # of the other package
                found = f"{type(network).__module__.partition('.')[0]}.{type(network).__name__}"
            raise TypeError(
                f"network: found {found}, "
                f"expected {wanted.__module__.partition('.')[0]}.{wanted.__name__}"
            )
        if not isinstance(preparation, Preparation):
            raise TypeError(f"preparation: found {shown(preparation)}, expected a Preparation")
        if report is not None and not isinstance(report, Report):
            raise TypeError(f"report: found {shown(report)}, expected a Report or None")
        if recipe is not None and not isinstance(recipe, Recipe):
            raise TypeError(f"recipe: found {shown(recipe)}, expected a Recipe or None")
        self._network = network
        self._preparation = preparation
        self._report = report
        self._recipe = recipe
        self._check_fit()

    def _check_fit(self) -> None:
        """Refuse a network and a preparation that were not made for each other."""
        self._preparation.check_network(self._network.inputs, self._network.outputs)

    # What it is made of.

    @property
    def prepared_network(self) -> Network:
        """The network inside, which takes prepared numbers: ``preparation.inputs(rows)``."""
        return self._network

    @property
    def preparation(self) -> Preparation:
        """How a row becomes numbers, and what the network gives an answer."""
        return self._preparation

    @property
    def report(self) -> Report | None:
        """How the model was measured and what it was trained on."""
        return self._report

    @property
    def recipe(self) -> Recipe | None:
        """How the network was trained; None if that is not known."""
        return self._recipe

    @property
    def target(self) -> str:
        """The name of the column that is predicted."""
        return self._preparation.target.column

    @property
    def unit(self) -> str:
        """The unit in which the numbers of the target are written, such as "$"; "" without one."""
        target = self._preparation.target
        return target.notation.unit if isinstance(target, NumberTarget) else ""

    @property
    def columns(self) -> list[str]:
        """The names of the columns that a row must have, in the order of a row that is a list."""
        return list(self._preparation.columns)

    @property
    def classes(self) -> list[str] | None:
        """The names of the classes; None if a number is predicted."""
        classes = self._preparation.classes
        return None if classes is None else list(classes)

    # What it answers.

    def predict(self, rows: Any, *, threads: int = 1) -> list[str] | list[float]:
        """Return the answer for each row: the name of a class, or a number in the target's unit.

        Raises ValueError or TypeError, naming row and column, for rows without a needed column and
        for cells of another kind than in training.
        """
        answers: list[Any] = self.answered(self._table(rows), threads=threads)[0]
        return answers

    def probabilities(self, rows: Any, *, threads: int = 1) -> list[dict[str, float]]:
        """Return for each row the probability of each class, by its name.

        Raises ValueError for a model that predicts a number.
        """
        classes = self._preparation.classes
        if classes is None:
            raise ValueError(f"the model predicts {self.target!r}, a number, expected classes")
        table = self._table(rows)
        shares = self.shares(table, self.answered(table, threads=threads)[1])
        return [dict(zip(classes, row, strict=True)) for row in shares]

    def answered(
        self, table: Table, *, threads: int = 1
    ) -> tuple[list[str | float], list[list[float]]]:
        """Return the answer for each row of a table, and the outputs that say so."""
        outputs = self._outputs(table, threads)
        return answers_of(self._preparation, table, outputs), outputs

    def shares(self, table: Table, outputs: Sequence[Sequence[float]]) -> list[list[float]]:
        """Return outputs for the rows of a table as one probability a class.

        Raises ValueError where they are none.
        """
        found = []
        for number, row in enumerate(outputs):
            shares = list(row) if len(row) > 1 else [1.0 - row[0], row[0]]
            if not all(0.0 <= share <= 1.0 for share in shares):
                raise ValueError(
                    f"{table.name}: {table.place(number)}: the outputs are {shown(list(row))}, "
                    f"expected probabilities; the last layer is {self._network.layers[-1]!r}"
                )
            found.append(shares)
        return found

    def evaluate(self, data: Any, *, threads: int = 1) -> ModelScores:
        """Return how good the answers for rows with a known target are.

        data: rows as ``predict`` takes them, with the target (of a list the last cell); those
            without it are left out.

        Raises ValueError or TypeError as ``predict`` does, and for a target that is unknown.
        """
        table = self.known_rows(data)
        self._check_fit()
        answered = Answered(self._network, self._preparation, table, threads=threads)
        return scores_of([answered], self._preparation.classes, self._baseline(table))

    def known_rows(self, data: Any) -> Table:
        """Return the rows of data that have a target; ValueError if there is none."""
        table = self._table(data, with_target=True)
        rows = self._preparation.rows_with_target(table)
        if not rows:
            raise ValueError(
                f"{table.name}: found no row with a value in column {self.target!r}, "
                f"expected at least one"
            )
        return table if len(rows) == table.row_count else table.part(rows)

    def _baseline(self, table: Table) -> str | float:
        """Return what the simplest model answers: as training found it, or for these rows."""
        if self._report is not None and self._report.scores is not None:
            return self._report.scores.baseline
        return baseline_of(self._preparation, self._preparation.targets(table))

    def _table(self, data: Any, *, with_target: bool = False) -> Table:
        decimal = self._preparation.decimal
        if with_target:
            return table_of(data, self.target, columns=self.columns, decimal=decimal)
        return table_of_rows(data, self.columns, decimal=decimal)

    def _outputs(self, table: Table, threads: int) -> list[list[float]]:
        self._check_fit()
        if table.row_count == 0:
            return []
        return self._network.predict(self._preparation.inputs(table), threads=threads)

    # What it shows.

    def digest(self) -> str:
        """Return the SHA-256 of all parameters of the network, as 64 hexadecimal digits."""
        return self._network.digest()

    def summary(self) -> str:
        """Return as text what is predicted, how good it is, and the layers of the network."""
        lines = [self._predicted()]
        if self._report is not None:
            lines += self._report.lines(self.target, self.unit)
        return "\n".join([*lines, "", self._network.summary()])

    def _predicted(self) -> str:
        classes = self._preparation.classes
        kind = "a number" if classes is None else f"{len(classes)} classes"
        columns = len(self._preparation.columns)
        return f"{plain(self.target)}: {kind}, from {columns} column{'s' * (columns != 1)}"

    def __repr__(self) -> str:
        return f"TableModel({self._predicted()}; {self._network!r})"

    def _repr_html_(self) -> str:
        from html import escape

        return f'<pre style="white-space: pre-wrap">{escape(self.summary())}</pre>\n{self.to_svg()}'

    def to_svg(self, *, width: int = 720, title: str | None = None) -> str:
        """Return a drawing of the network as SVG, with the names of inputs and outputs."""
        preparation = self._preparation
        names = [self.target]
        if preparation.classes is not None and preparation.outputs > 1:
            names = list(preparation.classes)
        return self._network.to_svg(
            width=width, title=title, input_names=preparation.input_names, output_names=names
        )

    # How it is made.

    @classmethod
    def train(
        cls: type[M],
        data: Any,
        target: str,
        *,
        columns: Sequence[str] | None = None,
        ignore: Sequence[str] = (),
        kinds: Mapping[str, KindName] | None = None,
        task: TaskName = "auto",
        missing: MissingName = "fill",
        scale: ScaleName = "auto",
        decimal: DecimalName | None = None,
        dates: DatesName | None = None,
        layers: str | int | Sequence[int] | None = None,
        activation: ActivationName | None = None,
        dropout: float | None = None,
        l1: float | None = None,
        l2: float | None = None,
        epochs: int | None = None,
        optimizer: Optimizer | OptimizerName | None = None,
        learning_rate: float | None = None,
        schedule: str | None = None,
        clip_norm: float | None = None,
        batch_size: int | None = None,
        image: Sequence[int] | None = None,
        steps: int | None = None,
        test: float | None = None,
        validation: float | None = None,
        folds: int | None = None,
        patience: int | None = None,
        seed: int = 1,
        jobs: int = 1,
        threads: int = 1,
        progress: bool = False,
    ) -> M:
        """Return a model of a table, measured and trained: what the command ``train`` does.

        data: the path of a CSV file, a list of dictionaries, a dictionary of columns, a data frame
            or a ``Table``.
        target: the name of the column to predict.
        columns: the input columns; without them all others.  ignore: those that are no input.
        kinds: what a column is taken as: "number", "category", "text" or "date", by its name.
        task: "classes", "number", or "auto", which looks at the target.
        missing: "fill" or "error".  scale: "auto", "standard", "range" or "none".
        decimal: "point" or "comma", dates: "day-first" or "month-first", where a file leaves open
            how its numbers or dates are written.
        layers: "8,8", units, a list of units, [] for none, or words such as
            "conv 3x3x8, pool 2, dense 32"; image, steps: the shape of a row for these.
        activation, dropout, l1, l2, epochs, optimizer, learning_rate, schedule, clip_norm,
            batch_size: of the training; those that are not given are found out.
        test: the share of the rows that is kept from all decisions and then measured: 0.25 if not
            given; 0 for none.  A table of fewer than 20 rows has none.
        validation: the share of the other rows that picks the epoch; patience: how many epochs
            without a lower loss on them end a training.
        folds: divide the rows in so many parts instead, each answered by a network that was trained
            on the others.
        seed: of all that is drawn.  jobs: processes, threads: threads; they change no bit.
        progress: draw progress bars on standard error.

        The network of the model is trained on all rows in the end.  After Ctrl-C it is the best one
        so far; ``report.notes`` says so.

        Raises ValueError or TypeError, with all that is wrong with the table, before anything is
        trained; KeyboardInterrupt if Ctrl-C comes before there is a network.
        """
        training = TableTraining(
            cls.network_class,
            table_of(data, as_text(target, "target", "the name of a column"), decimal=decimal),
            {
                "task": task,
                "target": target,
                "columns": None if columns is None else as_names(columns, "columns"),
                "ignore": as_names(ignore, "ignore"),
                "kinds": as_kinds(kinds),
                "missing": missing,
                "scale": scale,
                "decimal": decimal,
                "dates": dates,
            },
            asked(
                layers,
                image,
                steps,
                {
                    "activation": activation,
                    "dropout": dropout,
                    "l1": l1,
                    "l2": l2,
                    "epochs": epochs,
                    "optimizer": optimizer,
                    "learning_rate": learning_rate,
                    "schedule": schedule,
                    "clip_norm": clip_norm,
                    "batch_size": batch_size,
                },
            ),
            measuring(test, validation, folds, patience, seed, jobs, threads),
        )
        with bars(as_flag(progress, "progress")) as drawn:
            return cls.of(training.run(drawn))

    @classmethod
    def of(cls: type[M], trained: Trained) -> M:
        """Return the model that a training has left."""
        return cls(trained.network, trained.preparation, trained.report, trained.recipe)

    def continue_with(
        self: M,
        data: Any,
        *,
        epochs: int | None = None,
        learning_rate: float | None = None,
        batch_size: int | None = None,
        test: float | None = None,
        seed: int = 1,
        threads: int = 1,
        progress: bool = False,
    ) -> M:
        """Return a model that went on from this one with more rows; this one stays as it is.

        data: rows with a target, which are prepared as the first ones were.
        epochs, learning_rate, batch_size: in place of the recipe's.
        test: the share of the rows that is held back; it is answered before and after.

        Raises ValueError or TypeError as ``evaluate`` does.
        """
        settings = {"epochs": epochs, "learning_rate": learning_rate, "batch_size": batch_size}
        going = self.going_on(
            self.known_rows(data), settings, measuring(test, None, None, None, seed, 1, threads)
        )
        with bars(as_flag(progress, "progress")) as drawn:
            return type(self).of(going.run(drawn))

    def going_on(self, table: Table, settings: Mapping[str, Any], measuring: Measuring) -> GoingOn:
        """Return a training on more rows, whose targets are known, that has not begun."""
        self._check_fit()
        wanted = {name: value for name, value in settings.items() if value is not None}
        known = self._network, self._preparation, self._report, self._recipe
        return GoingOn(known, table, Asked(checked_settings(wanted)), measuring)

    # Files.

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a JSON file that keeps every bit; ``purenet.load`` reads it.

        The file is complete or not there: it is written under another name first.
        """
        write_text(path, self.text())

    def text(self) -> str:
        """Return what ``save`` writes."""
        self._check_fit()
        beside = {"preparation": self._preparation.to_json()}
        Preparation.from_json(beside["preparation"])  # its lists can be changed without a check
        if self._recipe is not None:
            beside["recipe"] = self._recipe.to_json()
        if self._report is not None:
            beside["report"] = self._report.to_json()
        self._network.check_parameters()
        return network_text(self._network, beside=beside)

    @classmethod
    def load(cls: type[M], path: str | os.PathLike[str]) -> M:
        """Read a model from a file that ``save`` or ``train`` has written, with either backend.

        Raises ValueError for a file that is truncated, changed, or a network without a table.
        """
        content = read_document(path)
        try:
            if isinstance(content, dict) and content.get("preparation", 0) is None:
                raise ValueError(
                    "found a network alone, expected a model of a table; purenet.load reads both"
                )
            return cls.of_document(content)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{os.fspath(path)}: {error}") from None

    @classmethod
    def of_document(cls: type[M], content: Any) -> M:
        """Return the model that the content of a file describes; ValueError for anything else."""
        network = network_of(cls.network_class, content)
        recipe, report = content.get("recipe"), content.get("report")
        return cls(
            network,
            Preparation.from_json(content.get("preparation")),
            None if report is None else Report.from_json(report),
            None if recipe is None else Recipe.from_json(recipe),
        )
