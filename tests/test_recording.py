"""Recordings: they have the bits of the unrecorded step, every number leads back to what was given,
and code that would falsify them is refused."""

import ast
import gc
import json
import math
import pathlib
import random
import re
import shutil
import subprocess
import sys
import threading
import types

import networks
import own
import pytest
from bits import SPECIAL, assert_same_bits, bits, random_matrix

import purenet
from purenet import elementary
from purenet.seeing.recording.document import Recording
from purenet.seeing.recording.formulas import fill, operands
from purenet.seeing.recording.record import LIMIT, record
from purenet.seeing.recording.size import predicted_size
from purenet.seeing.source.functions import RecordingError

NAMES = list(networks.SHAPES)
PYTHON_NAMES = {
    "exp": purenet.exp,
    "log": purenet.log,
    "log1p": purenet.log1p,
    "tanh": purenet.tanh,
    "inf": math.inf,
    "nan": math.nan,
    "ldexp": math.ldexp,
    "frexp": math.frexp,
    "sqrt": math.sqrt,
}


def recorded(name, module=purenet, **options):
    net, inputs, targets = networks.make(module, name)
    return record(net, inputs, targets, 0.5, **options)


def number(text):
    """Return the number that a recording writes as text."""
    return float(text) if re.search(r"[.enai]", text) else int(text)


# An independent reader of the format: nothing of it comes from the package.


class Reader:
    def __init__(self, recording):
        self.data = json.loads(recording.to_json())
        self.operations = self.data["operations"]
        self.numbers = self.data["numbers"]
        self.values = [number(text) for text in self.operations["value"]]
        self.ids = {
            (step, name): identity
            for step, name, identity in zip(
                self.numbers["step"], self.numbers["name"], self.numbers["id"], strict=True
            )
        }

    def value(self, name, step=0):
        return self.values[self.ids[step, name]]

    def matrix(self, name, step=0):
        (found,) = [
            matrix
            for matrix in self.data["matrices"]
            if matrix["name"] == name and matrix["step"] == step
        ]

        def values(ids):
            return self.values[ids] if isinstance(ids, int) else [values(each) for each in ids]

        return values(found["ids"])

    def origins(self, identity):
        """Return the leaves from which an operation's value was computed."""
        found, todo, seen = set(), [identity], set()
        while todo:
            each = todo.pop()
            if each in seen:
                continue
            seen.add(each)
            below = [self.operations[key][each] for key in ("a", "b")]
            below = [operand for operand in below if operand is not None]
            assert all(operand < each for operand in below)
            if not below:
                found.add(each)
            todo.extend(below)
        return found

    def names_of(self, ids, step=0):
        names = {}
        for (found_step, name), identity in self.ids.items():
            if found_step == step:
                names[identity] = name
        return {names[identity] for identity in ids if identity in names}


def replayed(reader):
    """Repeat every operation with the values before it."""
    functions = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: a / b,
        "neg": lambda a: -a,
        "copy": lambda a: a,
        "int": int,
        "float": float,
        "sqrt": math.sqrt,
        "ldexp": math.ldexp,
        "frexp_mantissa": lambda a: math.frexp(a)[0],
        "frexp_exponent": lambda a: math.frexp(a)[1],
        "exp": elementary.exp,
        "log": elementary.log,
        "log1p": elementary.log1p,
        "tanh": elementary.tanh,
    }
    columns = reader.operations
    values = []
    for op, a, b, text in zip(
        columns["op"], columns["a"], columns["b"], columns["value"], strict=True
    ):
        if op in ("given", "literal", "constant"):
            assert a is None and b is None
            values.append(number(text))
        else:
            operands_ = [values[place] for place in (a, b) if place is not None]
            values.append(functions[op](*operands_))
    return values


# The bits.


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_step_has_the_bits_of_training(backend, name):
    net, inputs, targets = networks.make(backend, name)
    before = net.digest()
    recording = record(net, inputs, targets, 0.5, steps=2)
    assert net.digest() == before
    reader = Reader(recording)
    meta = reader.data["meta"]
    assert meta["backend"] == backend.BACKEND
    assert meta["digest_before"] == before
    for step in range(2):
        outputs = net.feedforward(inputs)
        gradients = net.backprop(inputs, targets)
        loss = net.evaluate(inputs, targets).loss
        history = net.fit(inputs, targets, epochs=1, learning_rate=0.5, shuffle=False)
        assert_same_bits(history.loss, [loss])
        assert_same_bits(reader.value("L", step), loss)
        assert meta["losses"][step] == repr(loss)
        assert meta["digests"][step] == net.digest()
        for place, (output, gradient, layer) in enumerate(
            zip(outputs, gradients, net.layers, strict=True), 1
        ):
            assert_same_bits(reader.matrix(f"z{place}", step), output.z)
            assert_same_bits(reader.matrix(f"a{place}", step), output.a)
            assert_same_bits(reader.matrix(f"delta{place}", step), gradient.delta)
            assert_same_bits(reader.matrix(f"dL/dW{place}", step), gradient.weights)
            assert_same_bits(reader.matrix(f"W{place}'", step), layer.weights)
            if layer.bias:
                assert_same_bits(reader.matrix(f"dL/db{place}", step), gradient.biases)
                assert_same_bits(reader.matrix(f"b{place}'", step), layer.biases)


@pytest.mark.parametrize("open_functions", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_replaying_every_operation_gives_every_value(name, open_functions):
    reader = Reader(recorded(name, steps=2, open_functions=open_functions))
    values = replayed(reader)
    assert_same_bits(values, reader.values)
    assert [type(value) for value in values] == [type(value) for value in reader.values]


def test_both_backends_give_the_same_recording(both):
    for name in NAMES:
        one, other = (recorded(name, module).data for module in both)
        assert other["meta"].pop("backend") == "fast"
        assert one["meta"].pop("backend") == "pure"
        assert one == other


def test_special_values_keep_their_bits():
    net = purenet.Network(
        [
            purenet.Dense(
                3, 3, "leaky_relu", initializer=[SPECIAL[:3], SPECIAL[3:6], SPECIAL[-3:]]
            ),
            purenet.Dense(3, 1, "linear", initializer=[[5e-324], [-0.0], [1.0]]),
        ],
        seed=1,
    )
    inputs = [[-0.0, 5e-324, 0.0], [1e308, -1e308, 0.0], [0.0, -0.0, -1.0]]
    recording = record(net, inputs, [1.0, -0.0, 5e-324], 0.1, steps=3)
    reader = Reader(recording)
    assert_same_bits(replayed(reader), reader.values)
    assert_same_bits(reader.matrix("x"), inputs)
    texts = set(reader.operations["value"])
    assert {"nan", "inf", "-inf", "-0.0", "5e-324"} <= texts
    assert reader.data["meta"]["stopped"].startswith("training diverged: layer 0, weights[")
    assert reader.data["meta"]["steps"] == 1
    check_formulas(reader)


def test_random_networks_with_special_values():
    generator = random.Random(5)
    for _ in range(60):
        loss = generator.choice(purenet.losses.LOSSES)
        needed = purenet.losses.REQUIRED_ACTIVATION.get(loss)
        sizes = [generator.randint(1, 4) for _ in range(generator.randint(2, 4))]
        layers = []
        for place in range(1, len(sizes)):
            activation = generator.choice(purenet.activations.ACTIVATIONS)
            if place == len(sizes) - 1 and needed:
                activation = needed
            if activation == "softmax":
                sizes[place] = max(sizes[place], 2)
            bias = generator.random() < 0.6
            first = "uniform"
            if generator.random() < 0.4:
                first = random_matrix(generator, sizes[place - 1], sizes[place])
            layers.append(
                purenet.Dense(
                    *sizes[place - 1 : place + 1], activation, bias=bias, initializer=first
                )
            )
        net = purenet.Network(layers, loss, seed=1)
        special = [-0.0, 0.0, 5e-324, 1e300]
        inputs = [
            [generator.choice([*special, generator.uniform(-3.0, 3.0)]) for _ in range(sizes[0])]
            for _ in range(2)
        ]
        targets = [[float(j == i % sizes[-1]) for j in range(sizes[-1])] for i in range(2)]
        layer = generator.choice([None, *range(len(layers))])
        unit = None
        if layer is not None and layers[layer].activation != "softmax":
            unit = generator.choice([None, *range(layers[layer].outputs)])
        opened = generator.random() < 0.3
        options = {"layer": layer, "unit": unit, "open_functions": opened}
        recording = record(net, inputs, targets, 0.5, steps=2, **options)
        reader = Reader(recording)
        assert_same_bits(replayed(reader), reader.values)
        check_formulas(reader)
        meta = reader.data["meta"]
        largest = predicted_size(net, 2, layer, unit, meta["steps"], opened)
        assert meta["counts"]["operations"] <= largest


# Names, matrices, formulas.


def check_formulas(reader):
    """Evaluate every formula with its numbers, and check that its operands have names."""
    columns = reader.numbers
    names = {(step, identity) for (step, _), identity in reader.ids.items()}
    checked = 0
    for place, formula in enumerate(columns["formula"]):
        identity = columns["id"][place]
        if formula is None:
            continue
        text = fill(formula, lambda each: reader.operations["value"][each])
        result = eval(text, dict(PYTHON_NAMES))
        assert_same_bits(result, reader.values[identity], f"{columns['name'][place]} = {text}")
        for operand in operands(formula):
            is_leaf = reader.operations["op"][operand] in ("literal", "constant")
            assert is_leaf or (columns["step"][place], operand) in names
        checked += 1
    return checked


@pytest.mark.parametrize("open_functions", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_every_formula_evaluates_to_its_number(name, open_functions):
    reader = Reader(recorded(name, steps=2, open_functions=open_functions))
    assert check_formulas(reader) == reader.data["meta"]["counts"]["numbers"]


def test_a_sum_starts_at_zero_in_the_formula_only_where_it_matters():
    def formulas(weights):
        net = purenet.Network(
            [purenet.Dense(2, 1, "linear", bias=False, initializer=weights)], seed=1
        )
        reader = Reader(record(net, [[0.0, 0.0]], [[1.0]], 0.1))
        check_formulas(reader)
        place = reader.numbers["name"].index("z1[0][0]")
        return reader.numbers["formula"][place].count("+")

    assert formulas([[1.0], [1.0]]) == 1
    assert formulas([[-1.0], [1.0]]) == 1  # -0.0 + 0.0 is 0.0 as well
    assert formulas([[-1.0], [-1.0]]) == 2  # -0.0 + -0.0 is not


@pytest.mark.parametrize("name", NAMES)
def test_every_element_of_every_matrix_is_there_once(name):
    net, _, targets = networks.make(purenet, name)
    reader = Reader(recorded(name))
    columns = reader.numbers
    listed = []
    for place, matrix in enumerate(reader.data["matrices"]):
        shape = matrix["shape"]
        ids = matrix["ids"]
        if shape == []:
            ids, rows, cells = [ids], [None], [None]
        else:
            assert len(ids) == shape[0] and matrix["rows"] == list(range(shape[0]))
            rows, cells = matrix["rows"], [None]
            if len(shape) == 2:
                cells = matrix["columns"]
                assert cells == list(range(shape[1]))
                assert all(len(row) == shape[1] for row in ids)
                ids = [identity for row in ids for identity in row]
        places = [(row, cell) for row in rows for cell in cells]
        for (row, cell), identity in zip(places, ids, strict=True):
            suffix = "".join(f"[{index}]" for index in (row, cell) if index is not None)
            listed.append((f"{matrix['name']}{suffix}", 0, identity, place, row, cell))
    keys = ("name", "step", "id", "matrix", "row", "column")
    assert listed == list(zip(*(columns[key] for key in keys), strict=True))
    assert len({name_ for name_, *_ in listed}) == len(listed)
    assert len({identity for _, _, identity, *_ in listed}) == len(listed)
    # The matrices of a step are all there, in the sizes that the network has.
    shapes = {matrix["name"]: matrix["shape"] for matrix in reader.data["matrices"]}
    samples, outputs = len(targets), len(targets[0])
    expected = {"x": [samples, 3], "y": [samples, outputs], "learning_rate": [], "count": []}
    expected |= {"loss": [samples], "L": []}
    for place, layer in enumerate(net.layers, 1):
        for each in (f"z{place}", f"a{place}", f"delta{place}"):
            expected[each] = [samples, layer.outputs]
        for each in (f"W{place}", f"dL/dW{place}", f"W{place}'"):
            expected[each] = [layer.inputs, layer.outputs]
        if layer.bias:
            for each in (f"b{place}", f"dL/db{place}", f"b{place}'"):
                expected[each] = [layer.outputs]
        if place < len(net.layers) or not net.loss.endswith("entropy"):
            expected[f"dL/da{place}"] = [samples, layer.outputs]
            if layer.activation != "softmax":
                expected[f"da{place}/dz{place}"] = [samples, layer.outputs]
    assert expected.items() <= shapes.items()
    extra = set(shapes) - set(expected)
    assert extra <= {
        *(f"{kind}{place}" for place in (1, 2, 3) for kind in ("e", "sum_e", "sum_da")),
        "squared_error",
        "cross_entropy",
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_new_weight_leads_back_to_what_was_given(name):
    net, _, _ = networks.make(purenet, name)
    reader = Reader(recorded(name))
    kinds = reader.operations["op"]
    for place, layer in enumerate(net.layers, 1):
        for i in range(layer.inputs):
            for j in range(layer.outputs):
                leaves = reader.origins(reader.ids[0, f"W{place}'[{i}][{j}]"])
                assert {kinds[leaf] for leaf in leaves} <= {"given", "literal", "constant"}
                given = reader.names_of(leaf for leaf in leaves if kinds[leaf] == "given")
                unnamed = [leaf for leaf in leaves if kinds[leaf] == "given"]
                assert len(given) == len(unnamed)
                assert {f"W{place}[{i}][{j}]", "learning_rate"} <= given
                assert any(each.startswith("x[") for each in given)
                assert any(each.startswith("y[") for each in given)
                allowed = re.compile(r"(x|y|W\d|b\d)\[|learning_rate$|count$")
                assert all(allowed.match(each) for each in given)


def test_operations_are_repeated_with_what_was_given_changed():
    """The recording is the arithmetic itself: with another input it computes the other step."""
    net, inputs, targets = networks.make(purenet, "tanh")
    reader = Reader(record(net, inputs, targets, 0.5))
    other = [[-value for value in row] for row in inputs]
    for i, row in enumerate(other):
        for j, value in enumerate(row):
            reader.operations["value"][reader.ids[0, f"x[{i}][{j}]"]] = repr(value)
    reader.values = replayed(reader)
    net.fit(other, targets, epochs=1, learning_rate=0.5, shuffle=False)
    assert_same_bits(reader.matrix("W1'"), net.layers[0].weights)
    assert_same_bits(reader.matrix("b2'"), net.layers[1].biases)


def test_operations_belong_to_numbers_calls_phases_and_places():
    reader = Reader(recorded("relu", steps=2))
    data, columns = reader.data, reader.operations
    leaves = ("given", "literal", "constant")
    for identity, op in enumerate(columns["op"]):
        phases = [p for p in data["phases"] if p["first"] <= identity < p["end"]]
        if op in leaves:
            assert columns["place"][identity] is None and columns["call"][identity] is None
            continue
        (phase,) = phases
        owner = columns["number"][identity]
        assert reader.numbers["step"][owner] == phase["step"]
        matrix = data["matrices"][reader.numbers["matrix"][owner]]
        assert reader.numbers["matrix"][owner] in phase["matrices"]
        assert matrix["phase"] == phase["phase"]
        call = columns["call"][identity]
        place = data["places"][columns["place"][identity]]
        assert data["calls"]["source"][call] == place[0]
        assert columns["indices"][identity] is None or len(columns["indices"][identity]) == len(
            place[6]
        )
        while call is not None:
            assert data["calls"]["first"][call] <= identity < data["calls"]["end"][call]
            caller = data["calls"]["caller"][call]
            assert caller is None or caller < call
            call = caller
    order = [(p["step"], p["phase"], p["layer"]) for p in data["phases"]]
    one = [("forward", 0), ("forward", 1), ("forward", 2), ("loss", None)]
    one += [("backward", 2), ("backward", 1), ("backward", 0)]
    one += [("update", 0), ("update", 1), ("update", 2)]
    assert order == [(step, *each) for step in (0, 1) for each in one]
    shown = [
        (data["sources"][data["calls"]["source"][call]]["function"], arguments, result)
        for call, (arguments, result) in enumerate(
            zip(data["calls"]["arguments"], data["calls"]["result"], strict=True)
        )
    ]
    assert ("dot", {"a": "x", "b": "W1"}, None) in shown
    assert ("dot", {"a": "x^T", "b": "delta1"}, "dL/dW1") in shown
    assert ("dot", {"a": "delta2", "b": "W2^T"}, "dL/da1") in shown
    assert ("relu", {"z": "z1[1][2]"}, "a1[1][2]") in shown
    assert ("activate", {"activation": "'leaky_relu'", "z": "z2"}, "a2") in shown


@pytest.mark.parametrize("name", NAMES)
def test_the_places_are_the_expressions_of_the_source(name):
    """The marked part of the source is the expression that the operation says it is."""
    reader = Reader(recorded(name, open_functions=name == "softmax"))
    data = reader.data
    sources = data["sources"]
    assert len({(s["module"], s["function"]) for s in sources}) == len(sources)
    package = pathlib.Path(purenet.__file__).parent
    for source in sources:
        text = (package / source["file"].split("/", 1)[1]).read_text(encoding="utf-8").splitlines()
        first = source["first_line"] - 1
        assert text[first : first + len(source["lines"])] == source["lines"]
    signs = {"+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div}
    for op, place in zip(reader.operations["op"], reader.operations["place"], strict=True):
        if place is None:
            continue
        number_, line, column, end_line, end_column, target, _ = data["places"][place]
        source = sources[number_]
        text = source["lines"][line - source["first_line"]]
        if target is not None:
            assert text.split("=")[0].replace(" ", "") in (target, "mantissa,k")
        if column is None:
            assert sys.version_info < (3, 11)
            continue
        assert end_line == line
        part = text[column:end_column]
        if op == "copy":
            assert part.startswith("return ")
            continue
        tree = ast.parse(part, mode="eval").body
        if op in signs:
            assert isinstance(tree, ast.BinOp) and isinstance(tree.op, signs[op])
        elif op == "neg":
            assert isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub)
        else:
            assert isinstance(tree, ast.Call)
            called = ast.unparse(tree.func).split(".")[-1]
            assert called in (op, op.split("_")[0], "function")


def test_sentences_are_filled_by_what_the_format_says():
    reader = Reader(recorded("relu"))
    allowed = {"name", "row", "column", "sample"}
    sentences = reader.data["sentences"]
    assert all(sentence.endswith(".") for sentence in sentences)
    for place in reader.numbers["sentence"]:
        assert set(re.findall(r"\{(\w+)\}", sentences[place])) <= allowed
    for place in reader.operations["sentence"]:
        if place is not None:
            assert set(re.findall(r"\{(\w+)\}", sentences[place])) <= allowed | {"a", "b"}
    for matrix in reader.data["matrices"]:
        for text in (matrix["title"], matrix["sentence"], matrix["formula"] or ""):
            assert not re.search(r"\{(?!\d)", text)
    identity = reader.operations["a"][reader.ids[0, "dL/da1[0][3]"]]
    place = reader.operations["sentence"][reader.ids[0, "dL/da1[0][3]"]]
    assert identity is not None
    assert sentences[place] == "It is added to what has flowed back so far."
    product = reader.operations["b"][reader.ids[0, "dL/da1[0][3]"]]
    text = sentences[reader.operations["sentence"][product]]
    assert text == "The error {a} flows back through weight {b}."


def test_the_json_is_strict_and_comes_back():
    recording = recorded("sigmoid")
    text = recording.to_json()

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    assert json.loads(text, parse_constant=refuse) == recording.data
    assert Recording.from_json(text).data == recording.data
    assert repr(recording).startswith("Recording(")
    with pytest.raises(ValueError, match="no purenet recording"):
        Recording.from_json("[]")
    with pytest.raises(ValueError, match="version: found 2, expected 1"):
        Recording.from_json(text.replace('"version": 1', '"version": 2'))


def test_the_format_is_documented():
    text = Recording.__doc__
    data = recorded("relu").data
    keys = {*data, *data["meta"], *data["meta"]["network"], *data["meta"]["network"]["layers"][0]}
    keys |= set(data["meta"]["counts"])
    for part in ("sources", "matrices", "phases"):
        keys |= set(data[part][0])
    for part in ("operations", "calls", "numbers"):
        keys |= set(data[part])
    words = set(re.findall(r"\w+", text))
    assert keys <= words
    ops = {
        op for name in NAMES for op in recorded(name, open_functions=True).data["operations"]["op"]
    }
    ops |= {op for name in NAMES for op in recorded(name).data["operations"]["op"]}
    assert {op for op in ops if op.isidentifier()} <= words
    assert {matrix["given"] for matrix in data["matrices"]} - {None} <= words


# Parts: samples, layers, units.


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_layer_is_that_part_of_the_whole(backend, name):
    net, inputs, targets = networks.make(backend, name)
    whole = Reader(record(net, inputs, targets, 0.5, steps=2))
    computed = set()
    for layer in range(len(net.layers)):
        part = Reader(record(net, inputs, targets, 0.5, steps=2, layer=layer))
        assert_same_bits(replayed(part), part.values)
        check_formulas(part)
        compare_parts(whole, part)
        new = computed_names(part)
        assert not computed & new
        computed |= new
        assert part.data["meta"]["digests"] == whole.data["meta"]["digests"]
    assert computed == computed_names(whole)


def compare_parts(whole, part):
    """Every number of the part is in the whole, with the same value and the same formula."""
    formulas = {}
    for reader in (whole, part):
        columns = reader.numbers
        for step, name, formula in zip(
            columns["step"], columns["name"], columns["formula"], strict=True
        ):
            text = None
            if formula is not None:
                names = {i: n for (s, n), i in reader.ids.items() if s == step}
                text = fill(
                    formula, lambda i, r=reader, n=names: n.get(i) or r.operations["value"][i]
                )
            formulas.setdefault((step, name), []).append(text)
    for (step, name), identity in part.ids.items():
        assert bits(part.values[identity]) == bits(whole.value(name, step)), name
        of_whole, of_part = formulas[step, name]
        assert of_part in (None, of_whole)


def computed_names(reader):
    columns = reader.numbers
    return {
        (step, name)
        for step, name, formula in zip(
            columns["step"], columns["name"], columns["formula"], strict=True
        )
        if formula is not None
        # The count is every layer's that divides by it.
        and name != "count"
    }


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu"])
def test_a_recorded_unit_is_that_column_of_the_layer(name):
    net, inputs, targets = networks.make(purenet, name)
    for place, layer in enumerate(net.layers):
        whole = Reader(record(net, inputs, targets, 0.5, steps=2, layer=place))
        for unit in range(layer.outputs):
            part = Reader(record(net, inputs, targets, 0.5, steps=2, layer=place, unit=unit))
            assert_same_bits(replayed(part), part.values)
            check_formulas(part)
            compare_parts(whole, part)
            found = {name for step, name in computed_names(part) if step == 1}
            number_ = place + 1
            expected = {f"z{number_}[{i}][{unit}]" for i in range(3)}
            expected |= {f"W{number_}'[{i}][{unit}]" for i in range(layer.inputs)}
            assert expected <= found
            assert not any(re.search(rf"^[za]{number_}\[\d\]\[(?!{unit})", each) for each in found)


def test_a_sample_alone_is_a_batch_of_one(backend):
    net, inputs, targets = networks.make(backend, "softmax")
    recording = record(net, inputs, targets, 0.5, sample=2)
    net.fit([inputs[2]], [targets[2]], epochs=1, learning_rate=0.5)
    assert recording.data["meta"]["digests"] == [net.digest()]
    assert recording.data["meta"]["samples"] == [2]
    assert recording.data["meta"]["sample_count"] == 3
    net, inputs, targets = networks.make(backend, "softmax")
    two = record(net, inputs, targets, 0.5, sample=[2, 0])
    net.fit(
        [inputs[2], inputs[0]], [targets[2], targets[0]], epochs=1, learning_rate=0.5, shuffle=False
    )
    assert two.data["meta"]["digests"] == [net.digest()]


def test_flat_targets_and_class_numbers_are_taken_as_by_fit(backend):
    net, inputs, _ = networks.make(backend, "softmax")
    recording = record(net, inputs, [2, 0, 1], 0.5)
    assert Reader(recording).matrix("y") == [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


# Sizes.


@pytest.mark.parametrize("open_functions", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_the_predicted_size_is_never_much_too_small_or_large(name, open_functions):
    net, inputs, targets = networks.make(purenet, name)
    for layer in (None, *range(len(net.layers))):
        recording = record(net, inputs, targets, 0.5, layer=layer, open_functions=open_functions)
        actual = recording.data["meta"]["counts"]["operations"]
        predicted = predicted_size(net, 3, layer, open_functions=open_functions)
        assert actual <= predicted <= 1.6 * actual + 40
    assert predicted_size(net, 3, steps=2) == 2 * predicted_size(net, 3)


def large(module, last="softmax"):
    loss = "categorical_cross_entropy" if last == "softmax" else "mean_squared_error"
    layers = [module.Dense(784, 30), module.Dense(30, 10, last)]
    net = module.Network(layers, loss, seed=1)
    inputs = [[(i * j % 7) / 8 for j in range(784)] for i in range(3)]
    return net, inputs, [1, 2, 3]


def test_a_large_network_is_refused_at_once_and_explained_piece_by_piece(backend):
    net, inputs, targets = large(backend)
    with pytest.raises(ValueError) as refused:
        record(net, inputs, targets)
    message = str(refused.value)
    assert "\n" not in message
    assert re.match(r"this recording would have about 33\d,\d{3} operations, ", message)
    assert f"the limit is {LIMIT:,}" in message
    assert (
        "sample=0, layer=0, unit=0 (on the command line --sample 0 --layer 0 --unit 0)" in message
    )
    part = record(net, inputs, targets, sample=0, layer=0, unit=0)
    about = int(re.search(r"records about ([\d,]+)$", message)[1].replace(",", ""))
    assert 0 <= about - part.data["meta"]["counts"]["operations"] <= 10
    with pytest.raises(ValueError, match="sample=0, layer=0, unit=0"):
        record(net, inputs, targets, sample=0, layer=0)
    last = record(net, inputs, targets, layer=1)
    net.fit(inputs, targets, epochs=1, learning_rate=0.1, shuffle=False)
    assert last.data["meta"]["digests"] == [net.digest()]
    reader = Reader(last)
    assert_same_bits(reader.matrix("W2'"), net.layers[1].weights)
    check_formulas(reader)


def test_the_advice_names_the_least_that_has_to_go():
    net, inputs, targets = networks.make(purenet, "sigmoid")
    small = predicted_size(net, 3)

    def advice(**options):
        with pytest.raises(ValueError) as refused:
            record(net, inputs, targets, **options)
        return str(refused.value)

    assert "; steps=1 (on the command line --steps 1)" in advice(steps=3, limit=2 * small)
    assert "; sample=0 (on" in advice(limit=small - 1)
    assert "; without open_functions (on the command line without --open-functions)" in advice(
        open_functions=True, limit=small
    )
    assert "no part of this network is small enough" in advice(limit=3)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"sample": 3}, ValueError, r"sample: found 3, expected 0 to 2"),
        ({"sample": -1}, ValueError, "sample: found -1, expected 0 or more"),
        ({"sample": []}, ValueError, "sample: found none"),
        ({"sample": "a"}, TypeError, "sample: found 'a'"),
        ({"layer": 2}, ValueError, r"layer: found 2, expected 0 to 1 \(layers count from 0\)"),
        ({"unit": 0}, ValueError, "unit: found 0 without a layer"),
        ({"layer": 0, "unit": 3}, ValueError, "unit: found 3, expected 0 to 2"),
        ({"layer": 1, "unit": 0}, ValueError, "unit: the units of layer 1 are computed together"),
        ({"steps": 0}, ValueError, "steps: found 0"),
        ({"learning_rate": -1.0}, ValueError, "learning_rate: found -1.0"),
        ({"open_functions": 1}, TypeError, "open_functions: found 1"),
        ({"limit": 0.5}, TypeError, "limit: found 0.5"),
    ],
)
def test_unusable_arguments_are_refused(options, error, message):
    net, inputs, targets = networks.make(purenet, "softmax")
    with pytest.raises(error, match=message):
        record(net, inputs, targets, **options)


def test_what_is_no_network_or_does_not_fit_it_is_refused():
    net, inputs, targets = networks.make(purenet, "softmax")
    with pytest.raises(TypeError, match="net: found 3, expected a Network"):
        record(3, inputs, targets)
    with pytest.raises(ValueError, match="inputs: row 0 has 1 number, expected 3"):
        record(net, [[1.0]], targets)


# Nothing outside is touched.


def test_nothing_is_patched_and_nothing_stays_behind():
    modules = [
        getattr(__import__("purenet", fromlist=[name]), name)
        for name in ("elementary", "matrix", "activations", "losses", "layers", "network")
    ]
    before = [dict(vars(module)) for module in modules]
    classes = [dict(vars(purenet.Dense)), dict(vars(purenet.Network))]
    events = []

    def profile(frame, event, argument):
        events.append(event)

    sys.setprofile(profile)
    try:
        recorded("relu")
        assert sys.getprofile() is profile
    finally:
        sys.setprofile(None)
    assert events
    tracing = sys.gettrace()
    seen = set()

    def trace(frame, event, argument):
        seen.add(frame.f_code)
        return None

    sys.settrace(trace)
    try:
        recorded("relu")
        assert sys.gettrace() is trace
    finally:
        sys.settrace(tracing)
    # What ran under the recorder are the code objects of the package itself.
    for function in (
        purenet.matrix.dot,
        purenet.activations.relu,
        purenet.Dense.step,
        purenet.Network.backward,
    ):
        assert function.__code__ in seen
    assert [dict(vars(module)) for module in modules] == before
    assert [dict(vars(purenet.Dense)), dict(vars(purenet.Network))] == classes


def test_recording_and_training_in_several_threads_at_once():
    results = {}
    start = threading.Barrier(4)

    def work(place):
        start.wait()
        if place % 2:
            net, inputs, targets = networks.make(purenet, "relu")
            net.fit(inputs, targets, epochs=60, learning_rate=0.5, shuffle=False)
            results[place] = net.digest()
            assert all(type(value) is float for row in net.layers[0].weights for value in row)
        else:
            results[place] = recorded("relu", steps=3).to_json()

    threads = [threading.Thread(target=work, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results[0] == results[2] == recorded("relu", steps=3).to_json()
    assert results[1] == results[3]


def test_a_recording_keeps_no_tape_alive():
    from purenet.seeing.recording.tape import Tape

    recorded("sigmoid")
    for _ in range(3):  # classes take several rounds on some versions
        gc.collect()
    assert not [thing for thing in gc.get_objects() if isinstance(thing, Tape)]


# A layer and optimizers of the tests' own, of which nothing in purenet knows.


def own_network(optimizer=None, steps=0):
    net = purenet.Network(
        [purenet.Dense(3, 2, "tanh"), own.Scale(2), purenet.Dense(2, 1, "sigmoid"), own.Scale(1)],
        seed=1,
    )
    inputs, targets = [[0.5, -1.0, 0.25], [0.0, 0.0, 0.0], [1.0, 2.0, -1.0]], [[1.0], [0.0], [0.5]]
    if steps:
        net.fit(inputs, targets, epochs=steps, learning_rate=0.5, optimizer=optimizer)
    return net, inputs, targets


OPTIMIZERS = {
    "plain descent": lambda: None,
    "momentum": lambda: own.Momentum(0.75),
    "decay": own.Decay,
}


@pytest.mark.parametrize("layer", [None, 0, 1, 2, 3])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_layer_and_an_optimizer_of_ones_own_are_recorded(name, layer):
    net, inputs, targets = own_network()
    before = net.digest()
    optimizer = OPTIMIZERS[name]()
    recording = record(net, inputs, targets, 0.5, optimizer=optimizer, steps=3, layer=layer)
    assert net.digest() == before
    trained = [own_network(OPTIMIZERS[name](), steps)[0] for steps in (1, 2, 3)]
    assert recording.data["meta"]["digests"] == [net.digest() for net in trained]
    reader = Reader(recording)
    assert_same_bits(replayed(reader), reader.values)
    assert check_formulas(reader) == reader.data["meta"]["counts"]["numbers"]
    for step, trained_net in enumerate(trained):
        for number, found in enumerate(trained_net.layers, 1):
            if layer not in (None, number - 1):
                continue
            if isinstance(found, own.Scale):
                assert_same_bits(reader.matrix(f"scale{number}'", step), found.scale)
            else:
                assert_same_bits(reader.matrix(f"W{number}'", step), found.weights)
    assert "own.py" in {source["file"] for source in reader.data["sources"]}


def test_what_ones_own_layer_and_optimizer_compute_has_names_and_formulas():
    net, inputs, targets = own_network()
    recording = record(net, inputs, targets, 0.5, optimizer=own.Momentum(0.75), steps=2)
    reader = Reader(recording)
    names = {name: place for place, name in enumerate(reader.numbers["name"])}  # of the last step
    by_id = {(step, identity): name for (step, name), identity in reader.ids.items()}

    def formula(name):
        found = reader.numbers["formula"][names[name]]
        return re.sub(r"#(\d+)", lambda each: by_id.get((1, int(each[1])), "0.0"), found)

    assert formula("z2[0][1]") == "a1[0][1] * scale2[1] + floor2"
    assert formula("a2[0][1]") == "z2[0][1]"
    assert formula("delta2[2][0]") == "dL/da2[2][0]"
    assert formula("dL/da1[2][0]") == "delta2[2][0] * scale2[0]"
    assert formula("memory_scale2'[0][1]") == (
        "momentum * memory_scale2[0][1] - learning_rate * dL/dscale2[1]"
    )
    assert formula("scale2'[1]") == "scale2[1] + memory_scale2'[0][1]"
    assert formula("b3'[0]") == "b3[0] + memory_b3'[0][0]"
    matrices = {(m["name"], m["step"]): m for m in reader.data["matrices"]}
    assert [matrices["memory_W1", step]["given"] for step in (0, 1)] == ["setting", "carried"]
    for name in ("momentum", "floor2", "floor4", "learning_rate"):
        assert {matrices[name, step]["given"] for step in (0, 1)} == {"setting"}
    assert len([m for m in reader.data["matrices"] if m["name"] == "momentum"]) == 2
    decayed = Reader(record(net, inputs, targets, 0.5, optimizer=own.Decay(), steps=2))
    assert [decayed.value("slowness_W1'", step) for step in (0, 1)] == [2.0, 4.0]
    assert decayed.value("slowness_W1", 1) == 2.0
    # Numbers that the step has left alone are copies of those before it.
    copies = [
        name
        for place, name in enumerate(decayed.numbers["name"])
        if name.startswith("W1'")
        and decayed.numbers["formula"][place].startswith("#")
        and " " not in decayed.numbers["formula"][place]
    ]
    assert copies


def test_a_layer_of_ones_own_that_cannot_be_recorded_in_use_is_recorded_in_training():
    class InUse(own.Scale):
        is_random = True

        def feedforward_in_training(self, inputs, generator):
            return super().feedforward(inputs)

        def feedforward(self, inputs):
            output = super().feedforward(inputs)
            return output._replace(
                a=[[x * float(len(self.scale)) for x in row] for row in output.a]
            )

    net = purenet.Network([purenet.Dense(2, 2, "tanh"), InUse(2)], seed=1)
    recording = record(net, [[0.5, 1.0]], [[1.0, 0.0]])
    data = recording.data
    assert data["after"] is None
    count = len(data["operations"]["op"])
    assert data["conditions"]["op"] and max(data["conditions"]["before"]) < count
    ids = [each for key in "ab" for each in data["conditions"][key] if type(each) is int]
    assert max(ids) < count


def test_words_of_dense_layers_are_not_said_of_others():
    net, inputs, targets = own_network()
    explanation = purenet.explain(net, inputs, targets, 0.5, optimizer=own.Momentum(0.75))
    text = " ".join(explanation.split())
    assert "layer 2, Scale, has 2 inputs and 2 units, linear; layer 3 has 2 inputs" in text
    assert "learning rate 0.5, Momentum." in text
    data = explanation.recording.data
    for matrix in data["matrices"]:
        if matrix["layer"] in (1, 3) and matrix["role"] in ("z", "a", "delta"):
            assert matrix["formula"] is None
            assert "Scale" in matrix["sentence"]
        if matrix["role"].startswith("new_"):
            assert matrix["formula"] is None
            assert "Momentum" in matrix["sentence"]
    assert "{" not in explanation
    owned = [
        data["matrices"][data["numbers"]["matrix"][number]]["layer"]
        for number, sentence in zip(
            data["operations"]["number"], data["operations"]["sentence"], strict=True
        )
        if sentence is not None and "reaches unit" in data["sentences"][sentence]
    ]
    assert set(owned) == {0, 2}


def test_a_layer_of_ones_own_that_loses_origins_is_refused():
    class Losing(own.Scale):
        def input_gradient(self, inputs, delta):
            return [[float(value) * 2.0 for value in row] for row in delta]

    net = purenet.Network([purenet.Dense(2, 2, "tanh"), Losing(2)], seed=1)
    with pytest.raises(RecordingError, match=r"test_recording.py line \d+: float\(\) would take"):
        record(net, [[0.5, 1.0]], [[1.0, 0.0]])


def test_an_optimizer_that_remembers_other_numbers_while_recording_is_refused():
    class Forgetful(own.Momentum):
        def step(self, parameter, gradient, learning_rate, memory):
            super().step(parameter, gradient, learning_rate, memory)
            if type(parameter[0][0]) is not float:
                memory[0][0] = memory[0][0] * 2.0

    net, inputs, targets = own_network()
    with pytest.raises(RecordingError, match=r"memory_W1'\[0\]\[0\] is .* while it is recorded"):
        record(net, inputs, targets, optimizer=Forgetful(0.5))


def test_ones_own_classes_stay_as_they_are():
    from purenet.layers import layer

    kinds = dict(layer.KINDS)
    before = [dict(vars(found)) for found in (own.Scale, own.Momentum, purenet.Layer)]
    net, inputs, targets = own_network()
    optimizer = own.Momentum(0.75)
    record(net, inputs, targets, optimizer=optimizer)
    assert vars(optimizer) == {"momentum": 0.75}
    assert kinds == layer.KINDS
    assert [dict(vars(found)) for found in (own.Scale, own.Momentum, purenet.Layer)] == before
    with pytest.raises(TypeError, match=r"^optimizer: found 0\.75, expected an Optimizer"):
        record(net, inputs, targets, optimizer=0.75)
    for number in (0, 1):
        with pytest.raises(ValueError, match="unit: layer 1 is no Dense layer"):
            record(net, inputs, targets, layer=number, unit=0)


# Mutations: code that would falsify the recording is refused, or stays exact.

SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
import purenet
from purenet.seeing.recording.record import record
assert purenet.__file__.startswith(sys.argv[1])
from purenet import Dense
inputs, targets = [[0.5, -1.0], [0.25, 2.0]], [[1.0, 0.0], [0.0, 1.0]]
rate = 0.5
exec(sys.argv[3])
net = purenet.Network(eval(f"[{sys.argv[2]}]"), loss, seed=1)
try:
    recording = record(net, inputs, targets, rate)
except ArithmeticError as error:
    print(type(error).__name__, error, sep=": ")
else:
    net.fit(inputs, targets, epochs=1, learning_rate=rate, shuffle=False)
    print("exact" if recording.data["meta"]["digests"] == [net.digest()] else "false")
"""


LAYERS = 'Dense(2, 3, "sigmoid"), Dense(3, 2, "sigmoid")'
SETUP = 'loss = "mean_squared_error"'


class Mutation(types.SimpleNamespace):
    """A change of the source: ``old`` becomes ``new`` in a file; ``expected`` is what comes of it.

    LINE in it is the line of ``new`` with what is ``wrong``.  layers and setup: of the network and
    the samples, if others than LAYERS and SETUP are needed.
    """


MUTATIONS = {
    "round": Mutation(
        file="activations.py",
        old="return e / (1.0 + e)",
        new="return round(e / (1.0 + e), 3)",
        expected=r"sigmoid, activations.py line LINE: .*round\(\)",
    ),
    "float": Mutation(
        file="matrix.py",
        old="total = total + a_row[k] * b[k][j]",
        new="total = total + float(a_row[k]) * b[k][j]",
        expected=r"dot, matrix.py line LINE: float\(\)",
    ),
    "sum of a generator": Mutation(
        file="matrix.py",
        old="            product_row.append(total)",
        new="            product_row.append(sum(a_row[k] * b[k][j] for k in inner))",
        expected=r"dot, matrix.py line LINE: sum\(\)",
    ),
    "fsum": Mutation(
        file="matrix.py",
        old="            product_row.append(total)",
        new="            import math; product_row.append(math.fsum([total, 0.0]))",
        expected=r"dot, matrix.py line \d+ to \d+: .* origin was lost",
    ),
    "exp of the C library": Mutation(
        file="activations.py",
        old="from .elementary import exp, tanh",
        new="from math import exp\nfrom .elementary import tanh",
        expected=r"sigmoid, activations.py line \d+: math.exp\(\)",
    ),
    "exp of the C library by its module": Mutation(
        file="elementary.py",
        old="    if x != x:\n        return x\n    if x > EXP_OVERFLOW",
        new="    return math.exp(x)\n    if x > EXP_OVERFLOW",
        expected="exact",  # exp is one operation, whatever is in it
    ),
    "exp imported where it is used": Mutation(
        file="activations.py",
        old="        e = exp(-z)",
        new="        import math; e = math.exp(-z)",
        expected=r"sigmoid, activations.py line \d+ to \d+: .* origin was lost|"
        r"sigmoid, activations.py line \d+: the number 0\.\d+ has no origin",
    ),
    "abs": Mutation(
        file="losses.py",
        old="    difference = a - y\n",
        new="    difference = abs(a - y)\n",
        expected=r"squared_error, losses.py line LINE: abs\(\)",
    ),
    "power": Mutation(
        file="losses.py",
        old="    return difference * difference",
        new="    return difference**2",
        expected=r"squared_error, losses.py line LINE: pow\(\)",
    ),
    "plus sign": Mutation(
        file="losses.py",
        old="    difference = a - y\n",
        new="    difference = +(a - y)\n",
        expected="exact",
    ),
    "a choice": Mutation(
        file="activations.py",
        layers='Dense(2, 3, "relu"), Dense(3, 2, "sigmoid")',
        old="    if z <= 0.0:\n        return 0.0\n    return z",
        new="    return max(z, 0.0) if z != 7.0 else z",
        expected="exact",
    ),
    "another order": Mutation(
        file="matrix.py",
        old="            for k in inner:",
        new="            for k in reversed(inner):",
        expected="exact",
    ),
    "a number from nowhere": Mutation(
        file="optimizers.py",
        old="parameter_row[j] - learning_rate * gradient_row[j]\n",
        new="parameter_row[j] - learning_rate * gradient_row[j] * float('0.5')\n",
        expected=r"(GradientDescent\.)?step, optimizers.py line LINE: the number 0.5 has no origin",
    ),
    "the slot of float": Mutation(
        file="matrix.py",
        old="element = a_row[j] * b_row[j]",
        new="element = float.__mul__(a_row[j], b_row[j])",
        expected=r"multiply, matrix.py line \d+( to \d+)?: .* origin was lost",
    ),
    "a computed number with the value of a literal": Mutation(
        file="activations.py",
        old="    return a * (1.0 - a)",
        new="    return a * (float('1.0') - a) * 1.0",
        expected=r"sigmoid_slope, activations.py line LINE: the number 1.0 has no origin",
    ),
    "an operation elsewhere": Mutation(
        file="layers/dense.py",
        old="        a = activate(self.activation, z)\n",
        new="        import colorsys; colorsys.rgb_to_yiq(*z[0][:2], 0.0)\n"
        "        a = activate(self.activation, z)\n",
        expected=r"rgb_to_yiq, colorsys.py line \d+: the operation \* is outside",
    ),
    "a matrix that is never used": Mutation(
        file="layers/dense.py",
        old="        a = activate(self.activation, z)",
        new="        dot(inputs, self.weights)\n        a = activate(self.activation, z)",
        expected=r"dot, matrix.py line \d+: it returns a matrix that has no name",
    ),
    "floor": Mutation(
        file="matrix.py",
        old="total = total + a_row[k] * b[k][j]",
        new="total = (total + a_row[k] * b[k][j]) // 1.0",
        expected=r"dot, matrix.py line LINE: floordiv\(\)",
    ),
    "divmod": Mutation(
        file="matrix.py",
        old="total = total + a_row[k] * b[k][j]",
        new="total = divmod(total + a_row[k] * b[k][j], 1.0)[0]",
        expected=r"dot, matrix.py line LINE: divmod\(\)",
    ),
    "remainder": Mutation(
        file="matrix.py",
        old="total = total + a_row[k] * b[k][j]",
        new="total = (total + a_row[k] * b[k][j]) % 1.0",
        expected=r"dot, matrix.py line LINE: mod\(\)",
    ),
    # Each of these is seen by one comparison alone: whatever else is compared is as it was.
    "another loss while recording": Mutation(
        file="losses.py",
        old="    return difference * difference",
        new="    return difference * difference * (1.0 if type(difference) is float else 2.0)",
        expected=r"training_step, step.py line \d+: L is .* while it is recorded",
    ),
    "other weighted sums while recording": Mutation(
        file="layers/dense.py",
        old="        a = activate(self.activation, z)\n",
        new="        if type(z[0][0]) is not float: z[0][0] = z[0][0] * 2.0\n"
        "        a = activate(self.activation, z)\n",
        layers='Dense(2, 1, "relu", initializer=[[-1.0], [-1.0]], bias=False)',
        setup='loss = "mean_squared_error"; inputs = [[1.0, 1.0]]; targets = [[1.0]]',
        expected=r"Dense.feedforward, dense.py line \d+: z1\[0\]\[0\] is .* while it is recorded",
    ),
    "other activations while recording": Mutation(
        file="layers/dense.py",
        old="        a = activate(self.activation, z)\n",
        new="        a = activate(self.activation, z)\n"
        "        if type(a[0][0]) is not float: a[0][0] = a[0][0] * 2.0\n",
        layers='Dense(2, 2, "tanh"), Dense(2, 1, "linear", initializer="zeros", bias=False)',
        setup='loss = "mean_squared_error"; inputs = [[0.1, 0.1]]; targets = [[0.0]]',
        expected=r"Dense.feedforward, dense.py line \d+: a1\[0\]\[0\] is .* while it is recorded",
    ),
    "another error while recording": Mutation(
        file="layers/layer.py",
        old="        return activation_delta(self.activation, output.a, d_a)\n",
        new="        delta = activation_delta(self.activation, output.a, d_a)\n"
        "        if type(delta[0][0]) is not float: delta[0][0] = delta[0][0] * 2.0\n"
        "        return delta\n",
        layers='Dense(2, 3, "tanh", bias=False), Dense(3, 2, "sigmoid")',
        setup='loss = "binary_cross_entropy"; inputs = [[0.0, 0.0], [0.0, 0.0]]',
        expected=r"Layer.delta, layer.py line \d+: delta1\[0\]\[0\] is .* while it is recorded",
    ),
    "another slope of a weight while recording": Mutation(
        file="layers/dense.py",
        old="        biases = None\n",
        new="        if type(weights[0][0]) is not float: weights[0][0] = weights[0][0] * 2.0\n"
        "        biases = None\n",
        setup='loss = "mean_squared_error"; rate = 1e-300',
        expected=r"Dense.gradient, dense.py line \d+: dL/dW2\[0\]\[0\] is .* while it is recorded",
    ),
    "another slope of a bias while recording": Mutation(
        file="layers/dense.py",
        old="            biases = column_sums(delta)\n",
        new="            biases = column_sums(delta)\n"
        "            if type(biases[0]) is not float: biases[0] = biases[0] * 2.0\n",
        layers="Dense(2, 3, bias_initializer=[1.0, 1.0, 1.0]), "
        "Dense(3, 2, bias_initializer=[1.0, 1.0])",
        setup='loss = "mean_squared_error"; rate = 1e-300',
        expected=r"Dense.gradient, dense.py line \d+: dL/db2\[0\] is .* while it is recorded",
    ),
    "another step of the weights while recording": Mutation(
        file="optimizers.py",
        old="parameter_row[j] - learning_rate * gradient_row[j]\n",
        new="parameter_row[j] - learning_rate * gradient_row[j] * ("
        "1.0 if len(parameter) == 1 or type(learning_rate) is float else 2.0)\n",
        expected=r"GradientDescent.step, optimizers.py line LINE: W1'\[0\]\[0\] is .* recorded",
    ),
    "another step of the biases while recording": Mutation(
        file="optimizers.py",
        old="parameter_row[j] - learning_rate * gradient_row[j]\n",
        new="parameter_row[j] - learning_rate * gradient_row[j] * ("
        "1.0 if len(parameter) > 1 or type(learning_rate) is float else 2.0)\n",
        expected=r"GradientDescent.step, optimizers.py line LINE: b1'\[0\] is .* recorded",
    ),
    "other code while recording": Mutation(
        file="activations.py",
        old="    return a * (1.0 - a)",
        new="    return a * (1.0 - a) if type(a) is float else a * (0.5 - a)",
        expected=r"multiply, matrix.py line \d+: delta2\[0\]\[0\] is .* while it is recorded",
    ),
}


@pytest.fixture(scope="module")
def copy_of_package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("package") / "purenet"
    origin = pathlib.Path(purenet.__file__).parent
    shutil.copytree(origin, folder, ignore=shutil.ignore_patterns("__pycache__", "*.gz"))
    return folder


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_of_the_arithmetic_is_refused_or_stays_exact(copy_of_package, name):
    mutation = MUTATIONS[name]
    path = copy_of_package / mutation.file
    text = path.read_text(encoding="utf-8")
    assert mutation.old in text
    changed = text.replace(mutation.old, mutation.new, 1)
    try:
        path.write_text(changed, encoding="utf-8")
        result = subprocess.run(
            [
                sys.executable,
                "-B",
                "-c",
                SCRIPT,
                str(copy_of_package.parent),
                getattr(mutation, "layers", LAYERS),
                getattr(mutation, "setup", SETUP),
            ],
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
    finally:
        path.write_text(text, encoding="utf-8")
    assert result.stderr == ""
    start = text.index(mutation.old) + mutation.new.index(getattr(mutation, "wrong", ""))
    line = changed[:start].count("\n") + 1
    expected = mutation.expected.replace("LINE", str(line))
    if mutation.expected == "exact":
        assert result.stdout == "exact\n"
    else:
        assert re.match(f"RecordingError: (?:{expected})", result.stdout), result.stdout


def test_a_file_that_changed_after_the_import_is_refused(copy_of_package):
    path = copy_of_package / "matrix.py"
    text = path.read_text(encoding="utf-8")
    script = SCRIPT.replace(
        "try:\n",
        "import pathlib\n"
        "path = pathlib.Path(purenet.__file__).with_name('matrix.py')\n"
        "path.write_text('\\n' + path.read_text(encoding='utf-8'), encoding='utf-8')\n"
        "try:\n",
        1,
    )
    try:
        result = subprocess.run(
            [sys.executable, "-B", "-c", script, str(copy_of_package.parent), LAYERS, SETUP],
            capture_output=True,
            text=True,
        )
    finally:
        path.write_text(text, encoding="utf-8")
    assert result.stdout.startswith("RecordingError: dot: the file of purenet.matrix has changed")


def nudged(values):
    """The same nested lists with the last number moved to the next double."""
    if isinstance(values, list):
        return [*values[:-1], nudged(values[-1])]
    return math.nextafter(values, math.inf)


def expecting(change):
    """Let the step without recording come out otherwise in one place alone."""

    def fault(monkeypatch):
        from purenet.seeing.recording import recorder

        plain_step = recorder.plain_step

        def other(*arguments):
            return change(plain_step(*arguments))

        monkeypatch.setattr(recorder, "plain_step", other)

    return fault


def expecting_output(part):
    def change(expected):
        outputs = list(expected.outputs)
        outputs[0] = outputs[0]._replace(**{part: nudged(getattr(outputs[0], part))})
        return expected._replace(outputs=outputs)

    return expecting(change)


def expecting_gradient(part):
    def change(expected):
        gradients = list(expected.gradients)
        gradients[0] = gradients[0]._replace(**{part: nudged(getattr(gradients[0], part))})
        return expected._replace(gradients=gradients)

    return expecting(change)


def expecting_parameter(name):
    def change(expected):
        first = {**expected.parameters[0], name: nudged(expected.parameters[0][name])}
        return expected._replace(parameters=[first, *expected.parameters[1:]])

    return expecting(change)


def expecting_memory(monkeypatch):
    from purenet.seeing.recording import comparing

    parts_of = comparing.parts_of

    def other(memory):
        found = parts_of(memory)
        # Of the twin's memory: that of the recorded step holds numbers with an origin.
        is_plain = found and type(found[-1][1]) is list and type(found[-1][1][-1][-1]) is float
        return [(label, nudged(values)) for label, values in found] if is_plain else found

    monkeypatch.setattr(comparing, "parts_of", other)


def other_tape(change):
    """Change the tape once everything on it has been compared."""

    def fault(monkeypatch):
        from purenet.seeing.recording.comparing import Comparison

        compare = Comparison.compare_afterwards

        def other(self, *arguments):
            compare(self, *arguments)
            change(self.tape)

        monkeypatch.setattr(Comparison, "compare_afterwards", other)

    return fault


def other_operand(tape):
    place = tape.op.index("*")
    tape.a[place] = tape.b[place]


def other_outcome(tape):
    tape.conditions.outcome[-1] = not tape.conditions.outcome[-1]


def other_outputs(monkeypatch):
    from purenet.seeing.recording import recorder

    run_afterwards = recorder.run_afterwards

    def other(*arguments):
        after = run_afterwards(*arguments)
        return after._replace(outputs=after.outputs[::-1])

    monkeypatch.setattr(recorder, "run_afterwards", other)


# Each is noticed by one guard alone.
FAULTS = {
    "sums": (expecting_output("z"), r"add_bias.*: z1\[2\]\[1\] is"),
    "activations": (expecting_output("a"), r"activate.*: a1\[2\]\[1\] is"),
    "loss": (
        expecting(lambda expected: expected._replace(loss=nudged(expected.loss))),
        r"training_step, step.py line \d+: L is",
    ),
    "delta": (expecting_gradient("delta"), r"multiply.*: delta1\[2\]\[1\] is"),
    "weight gradients": (expecting_gradient("weights"), r"dot.*: dL/dW1\[2\]\[1\] is"),
    "bias gradients": (expecting_gradient("biases"), r"column_sums.*: dL/db1\[1\] is"),
    "weights": (expecting_parameter("weights"), r"Momentum.step.*: W1'\[2\]\[1\] is"),
    "biases": (expecting_parameter("biases"), r"Momentum.step.*: b1'\[1\] is"),
    "memory": (expecting_memory, r"Momentum.step.*: velocity_W1'\[2\]\[1\] is"),
    "loss after the step": (
        expecting(lambda expected: expected._replace(loss_after=nudged(expected.loss_after))),
        r"forward_loss, step.py line \d+: the loss after the step is",
    ),
    "outputs after the step": (other_outputs, r".*: outputs after the step\[0\]\[0\] is"),
    "an operand": (other_tape(other_operand), r"operation \d+, \*, is .* when it is repeated"),
    "a decision": (other_tape(other_outcome), r"condition \d+, \S+, is .* when it is repeated"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_guard_refuses_the_fault_that_it_alone_sees(monkeypatch, name):
    # In the network with tanh nothing is decided.
    net, inputs, targets = networks.make(purenet, "relu" if name == "a decision" else "tanh")
    record(net, inputs, targets, 0.5, optimizer="momentum")
    fault, message = FAULTS[name]
    fault(monkeypatch)
    with pytest.raises(RecordingError, match=f"^(?:{message})"):
        record(net, inputs, targets, 0.5, optimizer="momentum")


def product(a, b):
    return a * b


def smaller(a, b):
    return a < b


def test_a_number_of_another_recording_is_refused():
    from purenet.seeing.recording.tape import Tape
    from purenet.seeing.recording.traced import new_number

    tapes = [Tape(), Tape()]
    numbers = [new_number(tape, 2.0, tape.given(2.0)) for tape in tapes]
    for tape in tapes:
        tape.register(product, __name__)
        tape.register(smaller, __name__)
    assert product(numbers[0], numbers[0]) == 4.0
    assert smaller(numbers[0], 3.0) is True
    for pair in (numbers, numbers[::-1]):
        with pytest.raises(RecordingError, match=r"product, .* belongs to another recording"):
            product(*pair)
        with pytest.raises(RecordingError, match=r"smaller, .* belongs to another recording"):
            smaller(*pair)


def decisions(x):
    found = [x < 1.0, x <= 1, 2.0 > x, x >= x, x == 0.5, x != 0.5]  # noqa: SIM300
    found += [bool(max(x, 0.25)), 0.25 in [x], not x]
    return found


def test_every_way_to_decide_is_recorded_once():
    from purenet.seeing.recording.tape import Tape
    from purenet.seeing.recording.traced import new_number

    for value in (0.5, -0.0, math.inf, math.nan):
        tape = Tape()
        tape.register(decisions, __name__)
        x = new_number(tape, value, tape.given(value))
        assert decisions(x) == decisions(value)
        assert (x < 1.0, x == value, bool(x)) == (value < 1.0, value == value, bool(value))
        conditions = tape.conditions  # of what the test itself decides there is none
        written = [
            f"{a} {op} {b}"
            for op, a, b in zip(conditions.op, conditions.a, conditions.b, strict=True)
        ]
        largest = ["0 != 0.0"] if max(value, 0.25) is value else []
        assert written == [
            *("0 < 1.0", "0 <= 1", "0 < 2.0", "0 >= 0", "0 == 0.5", "0 != 0.5"),
            *("0 < 0.25", *largest, "0 == 0.25", "0 != 0.0"),
        ]
        expected = [value < 1.0, value <= 1, value < 2.0, value == value, value == 0.5]
        assert conditions.outcome[:5] == expected
        assert conditions.outcome[-1] is (value != 0.0)
        assert hash(x) == hash(value) or value != value
        assert x != "0.5" and x != None  # noqa: E711


@pytest.mark.parametrize("name", ["isnan", "isinf", "isfinite"])
def test_what_math_decides_is_recorded_as_comparisons(name):
    from purenet.seeing.recording.namespaces import Namespaces
    from purenet.seeing.recording.tape import Tape
    from purenet.seeing.recording.traced import new_number

    def decide(x):
        return getattr(math, name)(x)

    compared = {"==": lambda a, b: a == b, "!=": lambda a, b: a != b}
    taken = set()
    for value in (0.5, math.inf, -math.inf, math.nan):
        tape = Tape()
        again = Namespaces(tape, [sys.modules[__name__]], False).function(decide)
        x = new_number(tape, value, tape.given(value))
        assert again(x) is again(value) is decide(value)
        conditions = tape.conditions
        path = list(zip(conditions.op, conditions.a, conditions.b, strict=True))
        for (op, a, b), outcome in zip(path, conditions.outcome, strict=True):
            assert a == 0
            assert compared[op](value, float(b) if type(b) is str else value) is outcome
        taken.add((*path, *conditions.outcome))
        # The outcomes alone say what was decided.
        assert any(conditions.outcome) is (decide(value) is not (name == "isfinite"))
    assert len(taken) == {"isnan": 2, "isinf": 3, "isfinite": 4}[name]


def test_a_number_of_another_recording_gets_no_name():
    from purenet.samples import Samples
    from purenet.seeing.recording.register import Register
    from purenet.seeing.recording.tape import Tape
    from purenet.seeing.recording.traced import new_number
    from purenet.seeing.step import Named

    tape, other = Tape(), Tape()
    layers = [purenet.Dense(1, 1)]
    register = Register(tape, Samples([[1.0]], [[1.0]], False, 1), 0.5, layers, None, None)
    register.begin_phase("forward", 0)
    own_number, strange = (new_number(each, 2.0, each.given(2.0)) for each in (tape, other))
    register.keep(Named("z", 0), [[own_number]])
    for value in (strange, 2.0):
        with pytest.raises(RecordingError, match=r"a1\[0\]\[0\]: 2.0 has lost its origin"):
            register.keep(Named("a", 0), [[value]])


REFUSED = {
    "abs": abs,
    "round": round,
    "float": float,
    "int": int,
    "trunc": math.trunc,
    "floor": math.floor,
    "ceil": math.ceil,
    "pow": lambda x: x**2,
    "rpow": lambda x: 2.0**x,
    "mod": lambda x: x % 2.0,
    "rmod": lambda x: 2.0 % x,
    "floordiv": lambda x: x // 2.0,
    "rfloordiv": lambda x: 2.0 // x,
    "divmod": lambda x: divmod(x, 2.0),
    "rdivmod": lambda x: divmod(2.0, x),
    "as_integer_ratio": lambda x: x.as_integer_ratio(),
    "hex": lambda x: x.hex(),
    "conjugate": lambda x: x.conjugate(),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_take_an_origin_away_is_refused(name):
    from purenet.seeing.recording.tape import Tape
    from purenet.seeing.recording.traced import new_number

    tape = Tape()
    number = new_number(tape, 1.5, tape.given(1.5))
    with pytest.raises(RecordingError, match=rf" {name}\(\) would take a number's origin away"):
        REFUSED[name](number)
    with pytest.raises(RecordingError, match=r"the operation \+ is outside of the recorded source"):
        number + 1.0
