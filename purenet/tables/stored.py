"""A preparation as it stands in a model file, of this version and of the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as fields_of
from typing import Any, NamedTuple

from ..checks import shown
from . import documents
from .date_inputs import DateInput
from .deciding import ColumnInput
from .inputs import CategoryInput, NumberInput, TrueFalseInput
from .notations import PLAIN
from .target import ClassTarget, NumberTarget, Target

_INPUTS = {kind.kind: kind for kind in (NumberInput, TrueFalseInput, CategoryInput, DateInput)}
_TARGETS = {kind.kind: kind for kind in (ClassTarget, NumberTarget)}
_FIRST_VERSION = (
    *("columns", "means", "deviations", "target", "classes", "target_mean", "target_deviation"),
)


class Stored(NamedTuple):
    """The fields of a preparation."""

    inputs: list[ColumnInput]
    left_out: list[tuple[str, str]]
    target: Target
    missing: str


def read_stored(obj: Any) -> Stored:
    """Return the fields in a JSON object, each checked.

    Raises ValueError or TypeError, naming the key, for anything else.
    """
    if isinstance(obj, dict) and ("means" in obj or "columns" in obj):
        return _first_version(documents.check_keys(obj, "preparation", _FIRST_VERSION))
    documents.check_keys(obj, "preparation", ("inputs", "left_out", "target", "missing"))
    inputs = [
        _read(f"inputs: position {i}", item, _INPUTS)
        for i, item in enumerate(_listed("inputs", obj["inputs"]))
    ]
    left_out = []
    for i, pair in enumerate(_listed("left_out", obj["left_out"])):
        place = f"left_out: position {i}"
        if len(_listed(place, pair)) != 2:
            raise ValueError(f"{place}: found {shown(pair)}, expected a name and a reason")
        left_out.append((documents.as_text(place, pair[0]), documents.as_text(place, pair[1])))
    return Stored(inputs, left_out, _read("target", obj["target"], _TARGETS), obj["missing"])


def _listed(place: str, value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{place}: found {shown(value)}, expected a list")
    return list(value)


def _read(place: str, obj: Any, kinds: Mapping[str, Any]) -> Any:
    """Return the input or the target that an object describes."""
    kind = obj.get("kind") if isinstance(obj, dict) else None
    if not isinstance(kind, str) or kind not in kinds:
        raise ValueError(
            f"{place}: found {shown(obj)}, expected an object whose kind is one of "
            f"{', '.join(kinds)}"
        )
    fields = [field.name for field in fields_of(kinds[kind])]
    documents.check_keys(obj, place, ("kind", *fields))
    try:
        return kinds[kind].from_json({name: obj[name] for name in fields})
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place}: {error}") from None


def _first_version(obj: Mapping[str, Any]) -> Stored:
    """Return what stands in a model file of the first version: all columns are numbers."""
    columns = documents.as_texts("columns", obj["columns"], 1)
    means = documents.as_finites("means", obj["means"], len(columns))
    deviations = documents.as_finites("deviations", obj["deviations"], len(columns))
    inputs: list[ColumnInput] = []
    for position, column in enumerate(columns):
        documents.as_divisor(f"deviations: position {position}", deviations[position])
        mean = means[position]
        inputs.append(NumberInput(column, PLAIN, "standard", mean, deviations[position], mean, 0))
    target: Target
    if obj["classes"] is not None:
        target = ClassTarget(documents.as_text("target", obj["target"]), obj["classes"])
        for name in ("target_mean", "target_deviation"):
            if obj[name] is not None:
                raise ValueError(
                    f"{name}: found {shown(obj[name])}, expected None, because there are classes"
                )
    else:
        mean = documents.as_finite("target_mean", obj["target_mean"])
        deviation = documents.as_divisor("target_deviation", obj["target_deviation"])
        target = NumberTarget(documents.as_text("target", obj["target"]), PLAIN, mean, deviation)
    return Stored(inputs, [], target, "error")
