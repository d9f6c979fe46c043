"""A recording, read: what each number is called, how it was computed, and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..folding import Folding
from ..notation import in_ascii, indexed, symbol
from ..recording.document import Recording
from ..recording.formulas import fill, operands
from ..recording.tape import LEAVES
from ..recording.words import OPERATIONS
from ..samples import which

OPERATORS = ("+", "-", "*", "/")

_DIGITS = 6  # of a rounded number
_MOST_WORKED = 32  # numbers of a matrix are all worked, of more one if nobody has chosen a grain


class Plate(NamedTuple):
    """Rows and columns of a matrix, or those of one image, one filter: its name and its numbers."""

    name: str
    rows: list[int]
    columns: list[int | None]
    numbers: list[int]


class Worked:
    """A recording, read: what each number is called, how it was computed, and where."""

    def __init__(self, recording: Recording, grain: str | None, ascii: bool = False) -> None:
        data = recording.data
        self.ascii = ascii
        self.data = data
        self.grain = grain or "number"
        # Where there are images there is more than anybody reads.
        self.is_short = grain is None and any("folded" in each for each in data["matrices"])
        self.meta: dict[str, Any] = data["meta"]
        self.matrices: list[dict[str, Any]] = data["matrices"]
        self.numbers: dict[str, list[Any]] = data["numbers"]
        self.operations: dict[str, Any] = data["operations"]
        names, steps, ids = (self.numbers[key] for key in ("name", "step", "id"))
        self.number_of = {
            (step, identity): place
            for place, (step, identity) in enumerate(zip(steps, ids, strict=True))
        }
        self.symbols = [self.symbol(name) for name in names]
        self.numbers_of: dict[int, list[int]] = {}
        for place, matrix in enumerate(self.numbers["matrix"]):
            self.numbers_of.setdefault(matrix, []).append(place)
        self.operations_of: dict[int, list[int]] = {}
        for identity, owner in enumerate(self.operations["number"]):
            if owner is not None and self.operations["op"][identity] not in LEAVES:
                self.operations_of.setdefault(owner, []).append(identity)

    def symbol(self, name: str) -> str:
        """Return a name as it is written here: with the signs of the field, or in ASCII."""
        return name if self.ascii else symbol(name)

    def words(self, text: str) -> str:
        """Return a text as it is written here, in ASCII if that was asked for."""
        return in_ascii(text) if self.ascii else text

    def value(self, identity: int) -> str:
        """Return the digits of an operation's result."""
        text: str = self.operations["value"][identity]
        return text

    def values_of(self, step: int) -> dict[str, str]:
        """Return the digits of every number of a step, by its name in ASCII."""
        return {
            name: self.value(identity)
            for name, identity, found in zip(
                *(self.numbers[key] for key in ("name", "id", "step")), strict=True
            )
            if found == step
        }

    def name(self, identity: int, step: int) -> str:
        """Return what an operand is called in a formula in names."""
        found = self.number_of.get((step, identity))
        if found is not None:
            return self.symbols[found]
        constant: str | None = self.operations["name"].get(str(identity))
        return constant or self.value(identity)

    def formulas(self, number: int) -> list[str]:
        """Return a number's formula in names, in numbers, and its value; repetitions left out."""
        formula = self.numbers["formula"][number]
        value = self.value(self.numbers["id"][number])
        if formula is None:
            return [value]
        step = self.numbers["step"][number]
        found = [
            fill(formula, lambda identity: self.name(identity, step)),
            fill(formula, self.value),
            value,
        ]
        return [text for place, text in enumerate(found) if place == 0 or text != found[place - 1]]

    def sources(self, number: int) -> str:
        """Return the functions and lines that computed a number."""
        lines: dict[tuple[str, str], list[int]] = {}
        for identity in self.operations_of.get(number, ()):
            place = self.data["places"][self.operations["place"][identity]]
            source = self.data["sources"][place[0]]
            file = source["file"].rsplit("/", 1)[-1]
            found = lines.setdefault((source["function"], file), [])
            if place[1] not in found:
                found.append(place[1])
        parts = []
        for (function, file), numbers in lines.items():
            word = "line" if len(numbers) == 1 else "lines"
            parts.append(f"{function}, {file} {word} {', '.join(map(str, sorted(numbers)))}")
        return "; ".join(parts)

    def sentence(self, number: int) -> str:
        """Return what a number means, in words."""
        text: str = self.data["sentences"][self.numbers["sentence"][number]]
        return self.filled(text, number)

    def filled(self, text: str, number: int, a: str = "", b: str = "") -> str:
        """Return a sentence with a number's name and place, and the operands' names, filled in."""
        row, column = self.numbers["row"][number], self.numbers["column"][number]
        values = {"name": self.symbols[number], "row": row, "column": column, "a": a, "b": b}
        values |= self._places(number)
        if "{sample}" in text:
            values["sample"] = self.meta["samples"][int(values.get("sample", row))]
        for key, value in values.items():
            text = text.replace(f"{{{key}}}", str(value))
        return text

    def _places(self, number: int) -> dict[str, int]:
        """Return where a number of an image or a filter stands, by axis."""
        matrix = self.matrices[self.numbers["matrix"][number]]
        if "folded" not in matrix:
            return {}
        folding = Folding(tuple(matrix["folded"]), tuple(matrix["folded_axes"]))
        flat = self.numbers["row"][number] * matrix["shape"][1] + self.numbers["column"][number]
        return dict(zip(folding.axes, folding.place(flat), strict=True))

    def steps_of(self, number: int) -> Iterator[tuple[str, list[str], str, str]]:
        """Yield a number's operations: its label, its formulas, its source, a sentence.

        Operations that have no name of their own are called (1), (2) ... within the number.
        """
        step = self.numbers["step"][number]
        final = self.numbers["id"][number]
        labels: dict[int, str] = {}
        for identity in self.operations_of.get(number, ()):
            label = self.symbols[number] if identity == final else f"({len(labels) + 1})"
            labels[identity] = label
            operands = [self.operations[key][identity] for key in ("a", "b")]
            operands = [operand for operand in operands if operand is not None]
            names = [
                labels[operand] if operand in labels else self.name(operand, step)
                for operand in operands
            ]
            values = [self.value(operand) for operand in operands]
            op = self.operations["op"][identity]
            found = [_operation(op, names), _operation(op, values), self.value(identity)]
            source = self._place(self.operations["place"][identity])
            sentence = self.data["sentences"][self.operations["sentence"][identity]]
            if sentence == OPERATIONS.get(("", op)):
                sentence = ""
            sentence = self.filled(sentence, number, *names)
            unlike = [text for place, text in enumerate(found) if text not in found[:place]]
            yield label, unlike, source, sentence

    def _place(self, place: int) -> str:
        source, line, *_ = self.data["places"][place]
        function = self.data["sources"][source]
        file = function["file"].rsplit("/", 1)[-1]
        return f"{function['function']}, {file} line {line}"

    def phases(self) -> Iterator[tuple[int, dict[str, Any] | None]]:
        """Yield each step's phases; first, without one, the place for what is given."""
        for step in range(self.meta["steps"]):
            yield step, None
            for phase in self.data["phases"]:
                if phase["step"] == step:
                    yield step, phase

    def given(self, step: int) -> Iterator[int]:
        """Yield the matrices that a step is given."""
        for place, matrix in enumerate(self.matrices):
            if matrix["step"] != step or matrix["given"] in (None, "carried"):
                continue
            if step == 0 or matrix["given"] not in ("data", "setting"):
                yield place

    def worked_numbers(self, place: int) -> list[int]:
        """Return which numbers of a matrix are written with their formulas.

        Of a large one in a recording with images it is the first of those that are computed from
        the most named numbers.
        """
        numbers = self.numbers_of[place]
        if self.grain == "matrix":
            return []
        if not self.is_short or len(numbers) <= _MOST_WORKED:
            return numbers
        lengths = [
            sum(self.operations["op"][each] not in LEAVES[1:] for each in operands(formula or ""))
            for formula in (self.numbers["formula"][number] for number in numbers)
        ]
        return [numbers[lengths.index(max(lengths))]]

    def has_table(self, place: int) -> bool:
        """Return whether a matrix is written as a table."""
        return len(self.worked_numbers(place)) < len(self.numbers_of[place])

    def plates(self, place: int) -> list[Plate]:
        """Return a matrix as tables of rows and columns: an image is one for each channel."""
        matrix, numbers = self.matrices[place], self.numbers_of[place]
        name = self.symbol(matrix["name"])
        if "folded" not in matrix:
            return [Plate(name, matrix["rows"] or [], matrix["columns"] or [None], numbers)]
        folding = Folding(matrix["folded"], matrix["folded_axes"])
        height, width = folding.shape[-2:]
        size = height * width
        plates = []
        for start in range(0, len(numbers), size):
            places = indexed(name, *folding.place(start)[:-2])
            columns: list[int | None] = list(range(width))
            plates.append(
                Plate(places, list(range(height)), columns, numbers[start : start + size])
            )
        return plates

    def size(self, matrix: dict[str, Any]) -> str:
        """Return the shape of a matrix in words, to stand behind its title."""
        if not matrix["shape"]:
            return ""
        shape, axes = matrix["shape"], matrix["axes"]
        if "folded" in matrix:
            shape, axes = matrix["folded"], matrix["folded_axes"]
        size = " by ".join(
            f"{length} {axis}{'' if length == 1 else 's'}"
            for length, axis in zip(shape, axes, strict=True)
        )
        return f", {size}"

    def rows_of(self, place: int) -> list[tuple[str, list[int]]]:
        """Return a matrix as named rows of numbers, a single column as one row."""
        matrix = self.matrices[place]
        numbers = self.numbers_of[place]
        name = self.symbol(matrix["name"])
        if not matrix["shape"]:
            return [(name, numbers)]
        if matrix["columns"] is None:
            whole = len(matrix["rows"]) == matrix["shape"][0]
            if whole:
                return [(name, numbers)]
            return [(self.symbols[number], [number]) for number in numbers]
        if "folded" in matrix:
            return [
                (indexed(plate.name, row), plate.numbers[start : start + len(plate.columns)])
                for plate in self.plates(place)
                for row, start in zip(
                    plate.rows, range(0, len(plate.numbers), len(plate.columns)), strict=True
                )
            ]
        width = len(matrix["columns"])
        if width < matrix["shape"][1]:
            return [
                (f"{name}[:][{column}]", numbers[start::width])
                for start, column in enumerate(matrix["columns"])
            ]
        return [
            (indexed(name, row), numbers[start * width : (start + 1) * width])
            for start, row in enumerate(matrix["rows"])
        ]

    def title(self) -> str:
        """Return the heading."""
        sizes = "-".join(
            str(size)
            for size in (
                self.meta["network"]["layers"][0]["inputs"],
                *(layer["outputs"] for layer in self.meta["network"]["layers"]),
            )
        )
        steps = self.meta["steps"]
        what = "one training step" if steps == 1 else f"{steps} training steps"
        return f"{what.capitalize()} of a {sizes} network, worked"

    def facts(self) -> list[str]:
        """Return what was recorded, in sentences."""
        meta = self.meta
        network = meta["network"]
        found = []
        layers = [
            f"layer {number}{_kind(layer)} {_shapes(layer)}, "
            f"{layer['activation']}{'' if layer['bias'] or 'kind' in layer else ', without biases'}"
            for number, layer in enumerate(network["layers"], 1)
        ]
        found.append(f"The network: {'; '.join(layers)}.")
        samples = meta["samples"]
        optimizer = meta.get("optimizer", "GradientDescent")
        optimizer = "" if optimizer == "GradientDescent" else f", {optimizer}"
        found.append(
            f"The step: {_counted(len(samples), 'sample')} "
            f"({which(samples, meta['sample_count'])}), {network['loss']}, "
            f"learning rate {meta['learning_rate']}{optimizer}."
        )
        if samples != list(range(meta["sample_count"])):
            found.append(
                "Rows count from 0 within the step: "
                + ", ".join(f"row {row} is sample {sample}" for row, sample in enumerate(samples))
                + "."
            )
        if meta["layer"] is not None:
            part = f"layer {meta['layer'] + 1}, layers[{meta['layer']}] in Python"
            if meta["unit"] is not None:
                part = f"unit {meta['unit']} of {part}"
            found.append(f"Only {part}, is shown; the rest was computed without a record.")
        counts = meta["counts"]
        found.append(
            f"It took {_counted(counts['operations'], 'operation')}, which make "
            f"{_counted(counts['numbers'], 'number')} in "
            f"{_counted(counts['matrices'], 'matrix', 'matrices')}. "
            f"purenet {meta['purenet']}, Python {meta['python']}."
        )
        found += self._losses()
        if meta["stopped"]:
            found.append(f"It ends here: {meta['stopped']}.")
        return found

    def _losses(self) -> list[str]:
        """Return the loss before each step, and after the last one."""
        before, steps = self.meta["losses"], self.meta["steps"]
        after = self.meta.get("losses_after", [])  # a recording of before has none
        if steps == 1:
            found = [f"The loss before the step is {before[0]}."]
        else:
            found = [f"The loss before step {step} is {loss}." for step, loss in enumerate(before)]
        if after:
            which_samples = "sample" if len(self.meta["samples"]) == 1 else "samples"
            found.append(f"The loss of the same {which_samples} after it is {after[-1]}.")
        return found

    def legend(self) -> str:
        """Return how the signs and the names are to be read."""
        names = "Names count layers from 1 (W1, z1, a1, δ1), everything else counts from 0."
        if self.grain == "matrix":
            return f"Behind = numbers have all their digits, behind ≈ they are rounded. {names}"
        root = ", sqrt" if "sqrt" in self.operations["op"] else ""
        start = "The 0.0 at which a sum starts is left out where it changes nothing."
        if self.grain == "operation":
            start = "(1), (2) ... are the results on the way to a number, in the order in which "
            start += "they were computed."
        return (
            "What stands behind = is exact: Python gives the printed result, after "
            f"`from math import frexp, inf, ldexp, nan{root}` and "
            "`from purenet import exp, log, log1p, tanh`. "
            f"Behind ≈ numbers are rounded. {start} {names}"
        )

    def table(self, numbers: Sequence[int]) -> tuple[list[str], bool]:
        """Return rounded texts of numbers, and whether any of them was rounded."""
        texts = []
        rounded = False
        for number in numbers:
            value = self.value(self.numbers["id"][number])
            short = f"{float(value):.{_DIGITS}g}"
            rounded = rounded or (float(short) != float(value) and value != "nan")
            texts.append(short)
        return texts, rounded


def _operation(op: str, operands: Sequence[str]) -> str:
    """Return an operation as it is written, negative operands in parentheses."""
    inside = [f"({text})" if text.startswith("-") else text for text in operands]
    if op == "copy":
        return operands[0]
    if op == "neg":
        return f"-{inside[0]}"
    if op in OPERATORS:
        return f"{inside[0]} {op} {inside[1]}"
    if op in ("frexp_mantissa", "frexp_exponent"):
        return f"frexp({operands[0]})[{0 if op == 'frexp_mantissa' else 1}]"
    return f"{op}({', '.join(operands)})"


def _kind(layer: dict[str, Any]) -> str:
    return f", {layer['kind']}," if "kind" in layer else ""


def _shapes(layer: dict[str, Any]) -> str:
    """Return what a layer takes and what it gives; images and sequences by their shapes."""
    if "input_shape" not in layer and "output_shape" not in layer:
        return f"has {_counted(layer['inputs'], 'input')} and {_counted(layer['outputs'], 'unit')}"
    inputs, outputs = (
        " by ".join(map(str, layer.get(f"{end}_shape", [layer[f"{end}s"]])))
        for end in ("input", "output")
    )
    return f"makes {outputs} of {inputs}"


def _counted(number: int, noun: str, nouns: str | None = None) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {nouns or noun + 's'}"
