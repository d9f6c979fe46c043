"""What is known of a model of a table: how it was measured and on what it was trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..checks import as_count, counted, shown
from ..tables.words import plain, rounded_text
from .scores import ModelScores

# How the figures came about.
WAYS = ("test", "turns", "folds", "none")


@dataclass(frozen=True)
class Report:
    """How a model was measured, and on what it was trained.

    rows: how many rows the table has whose target is known; the network was trained on
        ``trained_on`` of them.
    way: "test": ``held_back`` rows were kept from everything that was decided, and answered by a
        network that was trained on the others; "turns": the same, but a few at a time, by networks
        that were trained on all other rows, as those that are not held back had decided it;
        "folds": the rows were divided in ``held_back`` parts, and each was answered by a network
        that was trained on the others; "none".
    scores: what came out, None if nothing was measured.
    before: the same rows answered before training went on, for a model that was trained again.
    left_out: how many rows have no target.
    notes: what else there is to know, such as an interruption.
    """

    rows: int
    trained_on: int
    way: str = "none"
    held_back: int = 0
    scores: ModelScores | None = None
    before: ModelScores | None = None
    left_out: int = 0
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the report as a dictionary that ``json.dumps`` takes."""
        return {
            "rows": self.rows,
            "trained_on": self.trained_on,
            "way": self.way,
            "held_back": self.held_back,
            "scores": None if self.scores is None else self.scores.to_json(),
            "before": None if self.before is None else self.before.to_json(),
            "left_out": self.left_out,
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, content: Any) -> Report:
        """Return the report that ``to_json`` described; ValueError for anything else."""
        if not isinstance(content, dict):
            raise ValueError(f"report: found {content!r:.60}, expected an object")
        try:
            counts = {name: as_count(content.get(name), name, least=0) for name in _COUNTS}
            if content.get("way") not in WAYS:
                found = shown(content.get("way"))
                raise ValueError(f"way: found {found}, expected one of {', '.join(WAYS)}")
            notes = content.get("notes")
            if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
                raise ValueError(f"notes: found {notes!r:.60}, expected a list of text")
            scores, before = (
                None if content.get(name) is None else ModelScores.from_json(content[name])
                for name in ("scores", "before")
            )
        except (TypeError, ValueError) as error:
            raise ValueError(f"report: {error}") from None
        return cls(way=content["way"], scores=scores, before=before, notes=tuple(notes), **counts)

    def lines(self, target: str, unit: str = "", *, unicode: bool = True) -> list[str]:
        """Return in plain words how good the model is and what it was trained on."""
        lines = []
        if self.scores is None:
            lines.append(
                "not measured: no rows were held back, and those that were trained on cannot tell "
                "how good it is on new ones"
            )
        else:
            one = self.scores.rows == 1
            how = f"test: {counted(self.scores.rows, 'row')} that {'was' if one else 'were'} "
            how += "held back"
            if self.way == "turns":
                how += f", {'' if one else 'each '}answered by a network that had not seen it"
            elif self.way == "folds":
                how = (
                    f"{self.held_back} folds: {counted(self.scores.rows, 'row')}, each answered "
                    f"without having been trained on"
                )
            lines.append(f"{how}: {figures(self.scores, target, unit, unicode=unicode)}")
            lines += unanswered(self.scores)
            lines.append(simplest(self.scores, target, unit))
            if self.before is not None:
                before = figures(self.before, target, unit, unicode=unicode)
                lines.append(f"before it went on, the same rows: {before}")
        lines.append(self._trained())
        lines += [plain_line(note) for note in _fewer(self.notes)]
        return lines

    def _trained(self) -> str:
        if self.trained_on == 0:
            return "trained: on some of the rows, with one of the recipes that were tried"
        if self.trained_on < self.rows:
            return (
                f"trained: on {self.trained_on:,} of {counted(self.rows, 'row')}; "
                f"this is the network that was measured"
            )
        text = f"trained: on {_all(self.rows)}{' with a target' if self.left_out else ''}"
        if self.scores is None:
            return text
        return (
            f"{text}, those of the {'folds' if self.way == 'folds' else 'test'} among them; "
            f"how good this last network is on new rows was not measured again"
        )


_COUNTS = ("rows", "trained_on", "held_back", "left_out")

_DIVERGED = "training diverged"
_MOST_DIVERGED = 3  # notes of it that are told one by one


def _fewer(notes: Sequence[str]) -> list[str]:
    """Return the notes with the first and the last of many that say that training diverged."""
    places = [place for place, note in enumerate(notes) if note.startswith(_DIVERGED)]
    if len(places) <= _MOST_DIVERGED:
        return list(notes)
    between = f"{_DIVERGED} {len(places) - 2} more times, each time on with a smaller learning rate"
    told = []
    for place, note in enumerate(notes):
        if place == places[1]:
            told.append(between)
        elif place not in places[2:-1]:
            told.append(note)
    return told


def _all(rows: int) -> str:
    return f"all {counted(rows, 'row')}" if rows > 1 else "1 row"


def figures(scores: ModelScores, target: str, unit: str = "", *, unicode: bool = True) -> str:
    """Return the figures of some answers in one line.

    unit: of the target, if it is a number that is written with one.

    >>> figures(ModelScores(10, "a", accuracy=0.9, accuracy_interval=(0.596, 0.982)), "kind")
    'accuracy 90.0% (95% interval 59.6% to 98.2%)'
    """
    if scores.accuracy is not None:
        text = f"accuracy {percent(scores.accuracy)}"
        if scores.accuracy_interval is not None:
            low, high = scores.accuracy_interval
            text += f" (95% interval {percent(low)} to {percent(high)})"
        return text
    unit = f" {plain(unit)}" if unit else ""
    absolute = rounded(scores.mean_absolute_error) + unit
    squared = rounded(scores.root_mean_squared_error) + unit
    return (
        f"{'R²' if unicode else 'R2'} {_three_digits(scores.r2)}, mean absolute error of "
        f"{_beside_figure(target)} {absolute}, root mean squared error {squared}"
    )


def unanswered(scores: ModelScores) -> list[str]:
    """Return a line about rows without an answer, if there are any."""
    if not scores.unanswered:
        return []
    rows = counted(scores.unanswered, "row")
    return [f"no answer for {rows}, counted as wrong: an output is NaN"]


def simplest(scores: ModelScores, target: str, unit: str = "") -> str:
    """Return in one line what the simplest model would be worth."""
    if scores.baseline_accuracy is not None:
        name = plain(str(scores.baseline))
        return (
            f"baseline: the most frequent class, {name}, always answered: "
            f"accuracy {percent(scores.baseline_accuracy)}"
        )
    unit = f" {plain(unit)}" if unit else ""
    return (
        f"baseline: the mean, {rounded(scores.baseline)}{unit}, always answered: "
        f"mean absolute error of {_beside_figure(target)} {rounded(scores.baseline_error)}{unit}"
    )


def plain_line(text: str) -> str:
    """Return a sentence from a file for the terminal: on one line, without controls."""
    return "".join(character if character.isprintable() else "?" for character in text)


def percent(share: float) -> str:
    """Return a share with one decimal, rounded down: only a perfect one reads 100.0%."""
    return f"{int(1000 * share + 1e-9) / 10:.1f}%"


def rounded(value: Any) -> str:
    """Return a figure in as many digits as some rows can tell: four, and no fraction from 1,000 on.

    >>> rounded(10523.93), rounded(341.3287), rounded(0.0123456), rounded(None)
    ('10,524', '341.3', '0.01235', 'unknown')
    """
    if value is None:
        return "unknown"
    if 1000.0 <= abs(value) < 1e15:
        return f"{value:,.0f}"
    return rounded_text(float(f"{value:.4g}"))


def _beside_figure(name: str) -> str:
    """Return a name that a figure follows: in quotes if its end could be taken for the figure."""
    shown = plain(name)
    return f"'{shown}'" if shown[-1:].isdigit() else shown


def _three_digits(value: Any) -> str:
    return "unknown" if value is None else f"{value:.3f}"


def confusion_of(scores: ModelScores) -> tuple[list[int], list[int], list[str]] | None:
    """Return the classes and the answers, row by row, and all names: what a table is drawn from.

    Rows without an answer have one more name.  None where a number is predicted.
    """
    if scores.confusion is None or scores.classes is None or scores.class_rows is None:
        return None
    names = list(scores.classes)
    truth, answers = [], []
    for true, row in enumerate(scores.confusion):
        for answer, count in enumerate([*row, scores.class_rows[true] - sum(row)]):
            truth += [true] * count
            answers += [answer] * count
    if scores.unanswered:
        names.append("no answer")
    return truth, answers, names
