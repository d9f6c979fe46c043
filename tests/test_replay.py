"""Recordings repeated, by a reader of the format of its own, as they are and with other numbers.

What comes out is compared with a fresh recording of the changed network, bit for bit; where a
decision comes out otherwise, the fresh recording must have taken another path.
"""

import json
import math
import operator
import random
import re

import networks
from bits import SPECIAL, assert_same_bits, bits
from test_recorded_layers import NETWORKS
from test_recording import OPTIMIZERS as OWN_OPTIMIZERS
from test_recording import own_network

import purenet
from purenet import elementary, optimizers
from purenet.seeing.recording.record import record

COMPARED = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
COMPUTED = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "neg": lambda a: -a,
    "copy": lambda a: a,
    "sqrt": math.sqrt,
    "ldexp": math.ldexp,
    "frexp_mantissa": lambda a: math.frexp(a)[0],
    "frexp_exponent": lambda a: math.frexp(a)[1],
    "int": int,
    "float": float,
}


def number(text):
    return float(text) if re.search(r"[.enai]", text) else int(text)


class Repetition:
    """A recording's data with some of its given numbers changed, and every operation repeated."""

    def __init__(self, data, changed=()):
        self.data = data
        columns, after = self.data["operations"], self.data["after"] or {"op": []}
        self.changed = dict(changed)
        self.recorded, self.values = [], []
        for part in (columns, after):
            for place in range(len(part["op"])):
                self.recorded.append(number(part["value"][place]))
                self.values.append(self.value(*(part[key][place] for key in ("op", "a", "b"))))

    def value(self, op, a, b):
        if a is None:
            return self.changed.get(len(self.values), self.recorded[-1])
        operands = [self.values[place] for place in (a, b) if place is not None]
        if op in self.data["functions"]:
            return by_programs(self.data["functions"][op], *operands)
        return COMPUTED[op](*operands)

    def conditions(self):
        columns = self.data["conditions"]
        keys = ("op", "a", "b", "outcome", "before", "place", "call", "indices")
        assert set(keys) == set(columns)
        return list(zip(*(columns[key] for key in keys), strict=True))

    def flipped(self):
        """The conditions that come out otherwise."""
        found = []
        for place, (op, a, b, outcome, *_) in enumerate(self.conditions()):
            a, b = (self.values[each] if isinstance(each, int) else number(each) for each in (a, b))
            if COMPARED[op](a, b) is not outcome:
                found.append(place)
        return found

    def decisions(self):
        return [condition[:5] for condition in self.conditions()]


def by_programs(programs, argument):
    """The value of the first program whose conditions hold, computing only what is asked for."""
    for program in programs:
        known = {0: argument}

        def entry(place, program=program, known=known):
            if place not in known:
                op, a, b = (program[key][place] for key in ("op", "a", "b"))
                if op in ("literal", "constant"):
                    known[place] = number(program["value"][place])
                else:
                    assert program["value"][place] is None
                    known[place] = COMPUTED[op](*[entry(p) for p in (a, b) if p is not None])
            return known[place]

        columns = program["conditions"]
        rows = zip(columns["op"], columns["a"], columns["b"], columns["outcome"], strict=True)
        if all(COMPARED[op](entry(a), entry(b)) is outcome for op, a, b, outcome in rows):
            return entry(program["result"])
    raise AssertionError(f"no program for {argument!r}")


# As it was recorded.


def kinds():
    """A recording of each kind: the networks, open and closed; layers; optimizers; clipping."""
    for name in networks.SHAPES:
        for opened in (False, True):
            options = {"steps": 2, "open_functions": opened}
            yield f"{name}{', open' * opened}", networks.make(purenet, name), options
    for name, make in NETWORKS.items():
        yield name, make(purenet), {"steps": 2}
        clipped = {"optimizer": "adam", "clip_norm": 0.1, "clip_value": 0.05}
        yield f"{name}, clipped", make(purenet), clipped
        yield f"{name}, layer 0", make(purenet), {"layer": 0}
    for name in optimizers.OPTIMIZERS:
        yield name, networks.make(purenet, "relu"), {"steps": 2, "optimizer": name}
    for name, made in OWN_OPTIMIZERS.items():
        yield f"own, {name}", own_network(), {"steps": 2, "optimizer": made()}
    yield "a unit", networks.make(purenet, "sigmoid"), {"layer": 0, "unit": 1}


def test_a_repetition_gives_every_number_and_every_decision_again():
    for name, (net, inputs, targets), options in kinds():
        recording = record(net, inputs, targets, 0.5, **options)
        repetition = Repetition(json.loads(recording.to_json()))
        assert_same_bits(repetition.values, repetition.recorded, name)
        assert repetition.flipped() == [], name
        data, after = repetition.data, repetition.data["after"]
        assert list(data["functions"]) == [
            each for each in ("exp", "log", "log1p", "tanh") if each in data["operations"]["op"]
        ], name
        if "layer" in options:
            assert after is None, name
            continue
        assert repr(repetition.values[after["loss"]]) == data["meta"]["losses_after"][-1], name
        outputs = [[repr(repetition.values[each]) for each in row] for row in after["outputs"]]
        assert outputs == data["meta"]["outputs_after"], name
        assert {len(after[key]) for key in ("op", "a", "b", "value", "place")} == {len(after["op"])}


def test_what_was_decided_stands_where_it_was_decided():
    recording = record(*networks.make(purenet, "relu"), 0.5)
    repetition = Repetition(recording.data)
    data, count = recording.data, len(recording.data["operations"]["op"])
    befores = [before for *_, before, _, _, _ in repetition.conditions()]
    assert befores == sorted(befores)
    assert befores[-1] > count  # of what comes after the step, too
    found = {}
    for op, a, b, outcome, before, place, call, indices in repetition.conditions():
        assert all(each < before for each in (a, b) if isinstance(each, int))
        source, line, column, end_line, end_column, _, names = data["places"][place]
        function = data["sources"][source]
        assert len(names) == len(indices or [])
        if function["function"] == "relu" and before < count:
            # The next that happens is that relu returns its argument or the literal.
            assert data["operations"]["op"][before] == "copy"
            assert data["operations"]["call"][before] == call
        assert (call is not None) is (before < count)
        if call is not None:
            assert data["calls"]["source"][call] == source
            first, end = (data["calls"][key][call] for key in ("first", "end"))
            assert first <= before <= end
            assert before <= count
        text = function["lines"][line - function["first_line"]]
        if column is not None:
            assert line == end_line
            text = text[column:end_column]
        assert op in text, text
        found.setdefault((function["function"], op, b), []).append((a, outcome))
    after = data["after"]
    source, line, *_ = data["places"][after["place"][after["loss"] - count]]
    function = data["sources"][source]
    assert function["function"] == "forward_loss"
    assert "loss = total / loss_count" in function["lines"][line - function["first_line"]]
    ids = {
        matrix["name"]: [each for row in matrix["ids"] for each in row]
        for matrix in data["matrices"]
        if matrix["rows"] and matrix["columns"]
    }
    values = repetition.values
    # Each sum of relu and of leaky_relu is compared with 0 once, each activation on the way back.
    for function, op, name in (
        ("relu", "<=", "z1"),
        ("leaky_relu", ">", "z2"),
        ("relu_slope", ">", "a1"),
        ("leaky_relu_slope", ">", "a2"),
    ):
        in_step = [pair for pair in found[function, op, "0.0"] if pair[0] < count]
        assert in_step == [(each, COMPARED[op](values[each], 0.0)) for each in ids[name]]
    # The sigmoid asks for the sign of its sums, and so does its loss; both once more after it.
    for function in ("sigmoid", "sigmoid_cross_entropy"):
        in_step = [pair for pair in found[function, ">=", "0.0"] if pair[0] < count]
        assert in_step == [(each, values[each] >= 0.0) for each in ids["z3"]]
        assert len(found[function, ">=", "0.0"]) == 2 * len(ids["z3"])


def test_the_programs_have_every_path_through_a_function():
    generator = random.Random(7)
    everything = networks.make(purenet, "relu"), networks.make(purenet, "tanh")
    functions = {}
    for net, inputs, targets in everything:
        functions.update(record(net, inputs, targets, 0.5).data["functions"])
    assert set(functions) == {"exp", "log1p", "tanh"}
    borders = [0.625, 22.0, 709.782712893384, -745.1332191019412, -0.2928932188134524, -1.0, 1.0]
    borders += [0.414213562373095, -708.0, 5e-324]
    arguments = [*SPECIAL, math.inf, -math.inf, math.nan]
    for border in borders:
        arguments += [border, math.nextafter(border, 9e9), math.nextafter(border, -9e9), -border]
    arguments += [generator.uniform(-low, high) for low, high in [(2, 3), (800, 800)] * 60]
    arguments += [math.ldexp(generator.uniform(-1, 1), generator.randint(-1070, 1020))
                  for _ in range(60)]  # fmt: skip
    for name, programs in functions.items():
        for argument in arguments:
            value = by_programs(programs, argument)
            assert_same_bits(value, getattr(elementary, name)(argument), f"{name}({argument!r})")


# With other numbers.


def changed_networks():
    """Networks whose numbers are changed: a maker, and how a step is taken."""

    def made(name):
        return lambda: networks.make(purenet, name)

    def penalised():
        layers = [
            purenet.Dense(
                2, 2, "tanh", l1=0.25, l2=0.125, initializer=[[0.5, -0.25], [0.125, 1.0]]
            ),
            purenet.Dense(2, 1, "linear"),
        ]
        return purenet.Network(layers, seed=2), [[0.5, -1.0], [0.25, 2.0]], [[1.0], [-0.5]]

    def dropped():
        layers = [purenet.Dense(2, 3, "relu"), purenet.Dropout(0.5), purenet.Dense(3, 1, "linear")]
        return purenet.Network(layers, seed=4), [[0.5, -1.0], [0.25, 2.0]], [[1.0], [-0.5]]

    yield made("sigmoid"), {}
    yield made("tanh"), {"steps": 2, "optimizer": "momentum"}
    yield made("relu"), {"optimizer": "adam", "clip_value": 0.05}
    yield made("softmax"), {"clip_norm": 0.5}
    yield made("one layer"), {"steps": 3}
    yield made("one unit"), {"optimizer": "nesterov", "steps": 2}
    yield penalised, {"steps": 2}
    yield dropped, {}
    yield lambda: NETWORKS["pooled"](purenet), {}
    yield lambda: NETWORKS["last_recurrent"](purenet), {}


def change(generator, data, net, inputs, targets, rate):
    """Change one number; return what is given then, and the change by its id on the tape."""
    roles = ["inputs", "weights", "weights", "biases", "learning_rate"]
    if net.loss != "categorical_cross_entropy":
        roles.append("targets")
    given = [each for each in data["matrices"] if each["step"] == 0 and each["given"]]
    matrix = generator.choice([each for each in given if each["role"] == generator.choice(roles)]
                              or given[:1])  # fmt: skip
    targets = [list(row) for row in targets] if isinstance(targets[0], list) else targets
    inputs = [list(row) for row in inputs]
    ids, values = matrix["ids"], {"inputs": inputs, "targets": targets}.get(matrix["role"])
    if matrix["layer"] is not None:
        values = getattr(net.layers[matrix["layer"]], matrix["role"])
    value = generator.choice([generator.uniform(-2.0, 2.0), generator.uniform(0.0, 1.0), 0.0, 1.0])
    if matrix["role"] in ("targets", "learning_rate"):
        value = generator.uniform(0.0, 1.0)
    while isinstance(ids, list):
        place = generator.randrange(len(ids))
        ids = ids[place]
        if isinstance(ids, list):
            values = values[place]
    if matrix["role"] == "learning_rate":
        rate = value
    else:
        if generator.random() < 0.4:
            value = min(1.0, values[place] * generator.uniform(0.9, 1.1))
        values[place] = value
    return inputs, targets, rate, {ids: value}


def test_200_changes_repeated_are_the_bits_of_a_fresh_recording_or_another_path():
    generator = random.Random(11)
    same = other = 0
    for make, options in changed_networks():
        first = record(*make(), 0.5, **options).data
        for _ in range(20):
            net, inputs, targets = make()
            inputs, targets, rate, changed = change(generator, first, net, inputs, targets, 0.5)
            repetition = Repetition(first, changed)
            fresh = Repetition(record(net, inputs, targets, rate, **options).data)
            if repetition.flipped():
                assert repetition.decisions() != fresh.decisions(), changed
                other += 1
                continue
            assert repetition.decisions() == fresh.decisions(), changed
            assert_same_bits(repetition.values, fresh.recorded, f"{changed}")
            for key in ("op", "a", "b", "indices"):
                assert repetition.data["operations"][key] == fresh.data["operations"][key]
            assert repetition.data["after"]["outputs"] == fresh.data["after"]["outputs"]
            same += bits(fresh.recorded) != bits(repetition.recorded)
    assert same > 80 and other > 30, (same, other)
