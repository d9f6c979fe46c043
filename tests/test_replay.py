"""A recording can be repeated, with its own numbers and with others.

Repeated here with nothing of purenet: the operations that IEEE 754 fixes, and powers of two.
"""

import copy
import math
import random
import re

import pytest

from purenet import (
    AveragePool2D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPool2D,
    Network,
    Recurrent,
)
from purenet.elementary import exp, log, log1p, tanh
from purenet.seeing.recording.programs import programs_of
from purenet.seeing.recording.record import record


def scaled(mantissa, power):
    try:
        return math.ldexp(mantissa, power)
    except OverflowError:
        return math.inf


COMPUTE = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "neg": lambda a, b: -a,
    "copy": lambda a, b: a,
    "sqrt": lambda a, b: math.sqrt(a),
    "ldexp": lambda a, b: scaled(a, int(b)),
    "frexp_mantissa": lambda a, b: math.frexp(a)[0],
    "frexp_exponent": lambda a, b: float(math.frexp(a)[1]),
    "int": lambda a, b: float(int(a)),
    "float": lambda a, b: a,
}
HOLDS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def holding(conditions, values):
    """For each condition, whether its outcome is the recorded one."""

    def side(value):
        return float(value) if isinstance(value, str) else values[value]

    columns = (conditions[name] for name in ("op", "a", "b", "outcome"))
    return [
        HOLDS[op](side(a), side(b)) == outcome for op, a, b, outcome in zip(*columns, strict=True)
    ]


def run_program(programs, argument):
    for program in programs:
        values = [argument]
        columns = zip(program["op"], program["a"], program["b"], program["value"], strict=True)
        for op, a, b, value in list(columns)[1:]:
            operands = [None if id is None else values[id] for id in (a, b)]
            values.append(float(value) if value is not None else COMPUTE[op](*operands))
        if all(holding(program["conditions"], values)):
            return values[program["result"]]
    return None


def repeated(data, changed=None):
    """All values, and which conditions hold; None where an operation has no result."""
    operations, after = data["operations"], data["after"] or {"op": [], "a": [], "b": []}
    after = {"value": [], **after}
    columns = [[*operations[name], *after[name]] for name in ("op", "a", "b", "value")]
    values = []
    for identity, (op, a, b, value) in enumerate(zip(*columns, strict=True)):
        if a is None:
            values.append((changed or {}).get(identity, float(value)))
        elif op in data["functions"]:
            values.append(run_program(data["functions"][op], values[a]))
        else:
            values.append(COMPUTE[op](values[a], None if b is None else values[b]))
        if values[-1] is None or not math.isfinite(values[-1]):
            return None
    return values, holding(data["conditions"], values)


POINTS = [[0.5, 0.2, 1.0], [0.3, -1.0, 1.0], [1.0, 0.1, -0.4]]
PIXELS = [[(7 * i + 5 * k) % 11 / 11 for k in range(36)] for i in range(2)]


def net_of(*layers, loss="sum_of_squares"):
    return Network(list(layers), loss, seed=3)


CATEGORICAL, BINARY = "categorical_cross_entropy", "binary_cross_entropy"
CASES = {
    "sigmoid": (lambda: net_of(Dense(3, 3), Dense(3, 1)), POINTS, [0, 1, 1], {}),
    "relu, softmax": (
        lambda: net_of(Dense(3, 4, "relu"), Dense(4, 3, "softmax"), loss=CATEGORICAL),
        POINTS,
        [0, 1, 2],
        {"optimizer": "momentum"},
    ),
    "tanh, Adam, steps": (
        lambda: net_of(Dense(3, 2, "tanh"), Dense(2, 1), loss=BINARY),
        POINTS,
        [0, 1, 1],
        {"steps": 3, "optimizer": "adam"},
    ),
    "leaky relu, penalties, clipped": (
        lambda: net_of(Dense(3, 3, "leaky_relu", l1=0.01, l2=0.02), Dense(3, 1), loss=BINARY),
        POINTS,
        [0, 1, 1],
        {"clip_norm": 0.05, "clip_value": 0.04},
    ),
    "dropout": (
        lambda: net_of(Dense(3, 3, "tanh"), Dropout(0.5), Dense(3, 2, "linear")),
        POINTS,
        [[0.5, 1.0], [1.0, 0.0], [0.25, 2.0]],
        {},
    ),
    "convolution": (
        lambda: net_of(
            Conv2D((1, 6, 6), 2, 3, padding="same"),
            MaxPool2D(2),
            Flatten(),
            Dense(18, 2, "softmax"),
            loss=CATEGORICAL,
        ),
        PIXELS,
        [0, 1],
        {},
    ),
    "means": (
        lambda: net_of(Conv2D((1, 6, 6), 1, 3), AveragePool2D(2), Flatten(), Dense(4, 1)),
        PIXELS[:1],
        [1],
        {},
    ),
    "recurrent": (
        lambda: net_of(Recurrent((3, 2), 3), Dense(3, 1)),
        [[0.1, 0.2, 0.3, -0.4, 0.5, 0.6]],
        [1],
        {},
    ),
    "opened": (
        lambda: net_of(Dense(3, 2, "tanh"), Dense(2, 1), loss=BINARY),
        POINTS,
        [0, 1, 1],
        {"open_functions": True},
    ),
}


def bits(values):
    return [value.hex() for value in values]


@pytest.mark.parametrize("name", CASES)
def test_repeating_gives_every_bit(name):
    make, inputs, targets, options = CASES[name]
    data = record(make(), inputs, targets, 0.1, **options).data
    values, held = repeated(data)
    recorded = [*data["operations"]["value"], *data["after"]["value"]]
    assert bits(values) == bits(map(float, recorded))
    assert all(held)
    assert repr(values[data["after"]["loss"]]) == data["meta"]["losses_after"][-1]
    outputs = [[repr(values[id]) for id in row] for row in data["after"]["outputs"]]
    assert outputs == data["meta"]["outputs_after"]


@pytest.mark.parametrize("name", CASES)
def test_other_numbers_give_a_fresh_recording_or_another_path(name):
    """A changed number on the tape, against the code that runs with it."""
    make, inputs, targets, options = CASES[name]
    net = make()
    data = record(net, inputs, targets, 0.1, **options).data
    draw = random.Random(name)
    kept = 0
    for _ in range(6 if len(data["operations"]["op"]) < 3000 else 2):
        role = draw.choice(["inputs", "weights", "biases", "learning_rate", "weights"])
        given = [m for m in data["matrices"] if m["role"] == role and m["given"] and not m["step"]]
        matrix = draw.choice(given)
        value = draw.uniform(-0.1, 0.1) if draw.random() < 0.7 else draw.uniform(-2, 2)
        other, rows, rate = copy.deepcopy(net), copy.deepcopy(inputs), 0.1
        if role == "learning_rate":
            rate = abs(value)
            changed = {matrix["ids"]: rate}
        else:
            numbers = data["numbers"]
            own = [n for n, m in enumerate(numbers["matrix"]) if data["matrices"][m] is matrix]
            n = draw.choice(own)
            new = value + float(data["operations"]["value"][numbers["id"][n]])
            changed = {numbers["id"][n]: new}
            where = [int(index) for index in re.findall(r"\[(\d+)\]", numbers["name"][n])]
            values = rows
            if role == "inputs":
                where = [numbers["row"][n], numbers["column"][n]]
            else:
                values = getattr(other.layers[matrix["layer"]], role)
            for index in where[:-1]:
                values = values[index]
            values[where[-1]] = new
        fresh = record(other, rows, targets, rate, **options).data
        found = repeated(data, changed)
        same_path = fresh["conditions"]["outcome"] == data["conditions"]["outcome"]
        if found is None or not all(found[1]):
            assert not same_path or found is None
            continue
        kept += 1
        assert same_path
        recorded = [*fresh["operations"]["value"], *fresh["after"]["value"]]
        assert bits(found[0]) == bits(map(float, recorded)), (role, changed)
    assert kept


FUNCTIONS = {"exp": exp, "log": log, "log1p": log1p, "tanh": tanh}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_programs_are_the_functions(name):
    draw = random.Random(name)
    programs = programs_of(name)
    arguments = [draw.choice([-1, 1]) * 10 ** draw.uniform(-20, 2.8) for _ in range(400)]
    arguments += [0.0, -0.0, 1.0, 22.0, -22.0, 0.625, -0.2928932188134524, 0.414213562373095]
    arguments += [-708.5, -744.9, -745.2, 709.7, -0.99999, 0.7071067811865476, 5e-324]
    for argument in arguments:
        expected = FUNCTIONS[name](argument)
        if math.isfinite(expected):
            assert run_program(programs, argument).hex() == expected.hex(), argument


def test_a_part_of_a_network_has_no_end():
    data = record(net_of(Dense(3, 2), Dense(2, 1)), POINTS, [0, 1, 1], layer=1).data
    assert data["after"] is None
