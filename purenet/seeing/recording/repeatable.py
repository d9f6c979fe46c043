"""What else a recording needs to be repeated with other numbers: what was decided, how the
elementary functions are computed, and what the step has changed about loss and outputs."""

from __future__ import annotations

from typing import Any

from ..source.functions import Place, RecordingError, key_of
from .afterwards import Afterwards
from .listing import Listing
from .programs import functions_in
from .repeating import Path, failing, paths_of, repeated
from .tape import Tape
from .traced import plain


class Repeatable:
    """Adds these parts to a listing, and repeats the recording.

    tables: what the listing has returned.  Their places and sources get new ones at the end.
    """

    def __init__(self, tape: Tape, listing: Listing, tables: dict[str, Any]) -> None:
        self.tape = tape
        self._listing = listing
        self._places: list[Any] = tables["places"]
        self._sources: list[Any] = tables["sources"]
        self._place_numbers = {
            place: number for number, place in enumerate(tape.places[: len(self._places)])
        }

    def data(self, after: Afterwards | None) -> dict[str, Any]:
        """Return the parts: conditions, functions and after.

        Raises RecordingError if the repetition comes out otherwise.
        """
        functions = functions_in(self.tape.op)
        self._repeat({name: paths_of(name) for name in functions})
        return {
            "conditions": self._conditions(),
            "functions": functions,
            "after": None if after is None else self._after(after),
        }

    def _repeat(self, functions: dict[str, list[Path]]) -> None:
        tape = self.tape
        given = plain(tape.value)
        values = repeated(tape.op, tape.a, tape.b, given, functions)
        for identity, (value, recorded) in enumerate(zip(values, given, strict=True)):
            if value is None or key_of(value) != key_of(recorded):
                raise RecordingError(
                    f"operation {identity}, {tape.op[identity]}, is {recorded!r} while it is "
                    f"recorded, and {value!r} when it is repeated"
                )
        found = failing(tape.conditions, values)
        if found is not None:
            conditions = tape.conditions
            raise RecordingError(
                f"condition {found}, {conditions.op[found]}, is {conditions.outcome[found]} while "
                f"it is recorded, and not when it is repeated"
            )

    def _conditions(self) -> dict[str, list[Any]]:
        conditions = self.tape.conditions
        return {
            "op": conditions.op,
            "a": conditions.a,
            "b": conditions.b,
            "outcome": conditions.outcome,
            "before": conditions.before,
            "place": [self._place_number(place) for place in conditions.place],
            "call": [self._kept_call(call) for call in conditions.call],
            "indices": conditions.indices,
        }

    def _after(self, after: Afterwards) -> dict[str, Any]:
        tape, first = self.tape, after.first
        return {
            "op": tape.op[first:],
            "a": tape.a[first:],
            "b": tape.b[first:],
            "value": [repr(plain(value)) for value in tape.value[first:]],
            "place": [
                None if place is None else self._place_number(tape.places[place])
                for place in tape.place[first:]
            ],
            "loss": after.loss.id,
            "outputs": [[value.id for value in row] for row in after.outputs],
        }

    def _kept_call(self, call: int | None) -> int | None:
        """Return the number of the innermost call around a condition that is listed."""
        kept = self._listing.kept_calls
        while call is not None and call not in kept:
            call = self.tape.calls[call].caller
        return None if call is None else kept[call]

    def _place_number(self, place: Place) -> int:
        """Return the number of a place; a new one is listed behind the others."""
        number = self._place_numbers.get(place)
        if number is None:
            number = self._place_numbers[place] = len(self._places)
            sources = self._listing.kept_sources
            if place.source not in sources:
                sources[place.source] = len(sources)
                self._sources.append(self._listing.source(place.source))
            self._places.append(self._listing.place(place))
        return number
