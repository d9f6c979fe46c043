"""A recording as a JSON object, and its format."""

from __future__ import annotations

import json
from typing import Any

from ...checks import shown

FORMAT = "purenet recording"
VERSION = 1


class Recording:
    """One or several recorded training steps.

    data: the recording as a JSON object; ``to_json`` writes it, ``from_json`` reads it.

    The format, version 1.  Every number of the network is a text, Python's ``repr`` of it (JSON has
    neither nan nor inf), so that ``float(text)`` gives the bits back.  Everything counts from 0;
    only in names layers count from 1.  "Columns" are objects of equally long lists.

    format, version
        "purenet recording", 1.
    meta
        purenet, python: versions.  network: layers (inputs, outputs, activation, bias; of one that
        is not Dense kind, the name of its class, its settings, and input_shape and output_shape
        where those are images or sequences) and loss.
        backend: of the network that was given, pure or fast; what ran is the pure code in any
        case.  learning_rate.  samples: row i of the batch is sample ``samples[i]`` of
        sample_count.  steps.  layer, unit: what was recorded of the network, or null.
        open_functions.  digest_before, digests: of the parameters, before and after each step.
        optimizer: the name of its class.  losses, losses_after: of each step, before and
        after it, with the same samples.  stopped: null, or why there are
        fewer steps than asked for.
        outputs, outputs_after: what ``predict`` gives for each of the samples, before the first
        step and after the last.
        task: only of a model of a table, in whose words it speaks: the name of the table; columns
        (name, unit, and the numbers of their inputs); inputs: their names; target, its unit and
        classes (null for a number); rows: of each sample its place in the table, its cells and its
        target; answers, answers_after: of each sample the answer and its probability, or null.
        counts: operations, numbers and matrices, without those that were given.
    sources
        The functions that ran: module, file, function, first_line, lines.
    places
        Where operations stand: [source, line, column, end_line, end_column, target, names]:
        columns in characters (null before Python 3.11), the variable that takes the result or
        null, and the names of the loop variables there.
    operations
        Columns, in the order in which they ran; the index is an operation's id.
        op: given, literal (written in the source; or how many numbers a window of pooling holds)
        and constant (of a module) are leaves; + - * /
        neg sqrt; copy (a function returned its argument, or a literal, as it is);
        exp log log1p tanh;
        and with open_functions ldexp frexp_mantissa frexp_exponent int float.
        a, b: the ids of the operands, or null.  value.  place, call: indices, or null for leaves.
        number: the index of the number in whose formula it stands, or null.  indices: the values
        of the loop variables.  sentence: an index, or null.  name: the constants' names by id.
        Repeating ``value[id] = op(value[a], value[b])`` in order gives every value, bit by bit.
    conditions
        Columns, what the code has decided, in its order: op: < <= > >= == !=; a, b: what was
        compared, the id of an operation, or a text: a number that has none; outcome; before: the
        operations with ids below it had happened; place, call, indices: as in operations, the call
        null in ``after``.  Whether a number is true is whether it is != 0.0.
        With other given numbers, a repetition is what the code would do if all outcomes stay.
    functions
        By name, of exp, log, log1p and tanh those that occur as one operation: a list of programs,
        one for each path through the function.  op, a, b, value: columns; entry 0 is the argument,
        literal and constant have a value, a text.  conditions: op, a, b, outcome, as above, between
        entries.  result: an entry.  The first program whose conditions hold gives the value;
        an entry of the others may have none.
    after
        The loss and the outputs with the new parameters, null where only a part was recorded, or
        where a layer of one's own cannot be recorded in use: op,
        a, b, value and place are columns that go on where operations end; loss: an id; outputs:
        ids, nested as outputs_after.
    calls
        Columns: source; caller and line, the call and the line it came from; first and end:
        operations first to end - 1 happened inside; step; arguments and result, by name.
    numbers
        Columns: name ("z1[0][2]"; unique in a step); step; id; matrix; row; column; formula: a
        text in which "#12" stands for the number with the id 12, null for given ones; sentence.
        The formula with its values, negative ones in parentheses, evaluates in Python to exactly
        the value.  An id has at most one name in a step; the weights that step 0 has made are W1'
        there and W1 in step 1.
    matrices
        Every number is in one: name; symbol, the name as the field writes it; title; role; step;
        phase; layer; given: null, data, parameter, setting, carried (from the step before) or
        unrecorded (computed outside of the part that was recorded); shape; axes: what a row and a
        column stand for; rows, columns: which ones of the shape are there; ids, nested as shape
        says; formula; sentence.
        A matrix whose rows are images or sequences, or the rows of filters, also has folded and
        folded_axes: the shape and the axes that it has then.  Its numbers, counted row by row, are
        those of that shape, and in their names they have their places there.
    phases
        step; phase: forward, loss, backward, clip or update; layer; title; first and end; matrices;
        sentence.
    sentences
        Templates: {name}, {row}, {column} are the number's, {sample} is the number of its sample,
        meta's ``samples[row]``, and {a} and {b} are the operation's operands.
        In a folded matrix the place on each axis is one as well: {channel} and {row}, for example.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    def to_json(self) -> str:
        """Return the recording as JSON, one line for each of its parts."""
        parts = []
        for key, value in self.data.items():
            if isinstance(value, dict) and key != "meta":
                columns = [f"{json.dumps(name)}: {_packed(found)}" for name, found in value.items()]
                parts.append(f"{json.dumps(key)}: {{\n" + ",\n".join(columns) + "\n}")
            elif isinstance(value, list):
                rows = [_packed(item) for item in value]
                parts.append(f"{json.dumps(key)}: [\n" + ",\n".join(rows) + "\n]")
            else:
                parts.append(f"{json.dumps(key)}: {_packed(value)}")
        return "{\n" + ",\n".join(parts) + "\n}\n"

    @classmethod
    def from_json(cls, text: str) -> Recording:
        """Read a recording back, also one that an editor has begun with a byte order mark."""
        if not isinstance(text, str):
            raise TypeError(f"text: found {shown(text)}, expected the JSON of a recording")
        try:
            data = json.loads(text.removeprefix("\ufeff"))
        except (ValueError, RecursionError):  # no JSON, or a number of many digits
            raise ValueError(f"no {FORMAT}, expected the JSON of one") from None
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError(f"no {FORMAT}, expected the JSON of one")
        if data.get("version") != VERSION:
            raise ValueError(f"version: found {data.get('version')!r}, expected {VERSION}")
        return cls(data)

    def __repr__(self) -> str:
        counts = self.data["meta"]["counts"]
        return (
            f"Recording({counts['operations']} operations, {counts['numbers']} numbers, "
            f"{counts['matrices']} matrices)"
        )


def _packed(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
