"""What is said about a step, compared with what was recorded: formulas, words, indices, lines.

Nothing here takes its expectation from the notation: formulas are evaluated, and what words claim
is looked up in the operations.
"""

import ast
import math
import re
from functools import partial

import networks
import pytest
from test_recording import Reader

import purenet

NAMES = list(networks.SHAPES)


def recorded(name, **options):
    net, inputs, targets = networks.make(purenet, name)
    return purenet.record(net, inputs, targets, 0.5, **options)


@pytest.fixture(params=NAMES)
def reader(request):
    return Reader(recorded(request.param, steps=2))


# Matrix formulas, evaluated.


class Numbers:
    """Rows of numbers; single rows, columns and numbers are stretched to fit."""

    def __init__(self, rows):
        self.rows = rows

    def each(self, other, function):
        other = other if isinstance(other, Numbers) else Numbers([[float(other)]])
        height = max(len(self.rows), len(other.rows))
        width = max(len(self.rows[0]), len(other.rows[0]))

        def at(rows, i, j):
            return rows[i if len(rows) > 1 else 0][j if len(rows[0]) > 1 else 0]

        return Numbers(
            [
                [function(at(self.rows, i, j), at(other.rows, i, j)) for j in range(width)]
                for i in range(height)
            ]
        )

    def map(self, function):
        return Numbers([[function(value) for value in row] for row in self.rows])

    def __add__(self, other):
        return self.each(other, lambda a, b: a + b)

    def __sub__(self, other):
        return self.each(other, lambda a, b: a - b)

    def __rsub__(self, other):
        return self.map(lambda a: other - a)

    def __mul__(self, other):
        return self.each(other, lambda a, b: a * b)

    def __rmul__(self, other):
        return self * other

    def __truediv__(self, other):
        return self.each(other, lambda a, b: a / b)

    def __pow__(self, exponent):
        assert exponent == 2
        return self * self

    def __neg__(self):
        return self.map(lambda a: -a)

    def __matmul__(self, other):
        if len(self.rows) == len(self.rows[0]) == 1 and len(other.rows) > 1:
            return self * other  # a number times a matrix
        assert len(self.rows[0]) == len(other.rows)
        columns = list(zip(*other.rows, strict=True))
        return Numbers(
            [
                [sum(a * b for a, b in zip(row, column, strict=True)) for column in columns]
                for row in self.rows
            ]
        )

    @property
    def T(self):
        return Numbers([list(column) for column in zip(*self.rows, strict=True)])


def softmax(z):
    rows = [[math.exp(value) for value in row] for row in z.rows]
    return Numbers([[value / sum(row) for value in row] for row in rows])


FUNCTIONS = {
    "sigmoid": lambda z: z.map(lambda value: 1 / (1 + math.exp(-value))),
    "tanh": lambda z: z.map(math.tanh),
    "relu": lambda z: z.map(lambda value: max(value, 0.0)),
    "leaky_relu": lambda z: z.map(lambda value: value if value > 0 else value / 100),
    "linear": lambda z: z,
    "softmax": softmax,
    "log": lambda z: z.map(math.log),
    "row_sums": lambda z: Numbers([[sum(row)] for row in z.rows]),
    "column_sums": lambda z: Numbers([[sum(column) for column in zip(*z.rows, strict=True)]]),
    "total": lambda z: Numbers([[sum(value for row in z.rows for value in row)]]),
    "where": lambda z, yes, no: z.map(lambda value: yes if value > 0 else no),
}
TOKEN = re.compile(r"\s*(∂L/∂[a-zA-Z_]+\d+|∂a\d+/∂z\d+|[δa-zA-Z_]+\d*|\d+\.\d+|\d+|ᵀ|²|[-+/(),·⊙])")


def evaluated(formula, matrices):
    """Evaluate a formula as the field writes it; what stands side by side is multiplied."""
    formula = re.sub(r"\(loss\[0\] \+ loss\[1\] \+ loss\[2\]\)", "total(loss)", formula)
    formula = re.sub(r"^the sums of the columns of (.*)$", r"column_sums(\1)", formula)
    formula = re.sub(r"^the sum of (.*) over the outputs$", r"row_sums(\1)", formula)
    formula = re.sub(r"^(\S+) where (\w+) > 0, otherwise (\S+)$", r"where(\2, \1, \3)", formula)
    python, place, after_operand, closing = "", 0, False, 0
    while place < len(formula):
        found = TOKEN.match(formula, place)
        assert found, (formula, formula[place:])
        place, token = found.end(), found[1]
        if token in "+-/),·⊙":
            python += {"·": "@", "⊙": "*"}.get(token, token)
            after_operand = token == ")"
        elif token == "ᵀ":
            python += ".T"
        elif token == "²":
            python += "**2"
        else:
            python += "*" if after_operand else ""
            if token in FUNCTIONS:
                python += token
                if formula[place] != "(":  # log a2
                    python, closing = python + "(", 1
                after_operand = False
                continue
            if token == "(":
                python, after_operand = python + token, False
                continue
            python += token if token[0].isdigit() else f"M[{token!r}]"
            after_operand = True
            if closing:
                python, closing = python + ")", 0
    names = {**FUNCTIONS, "M": matrices}
    return eval(python, names)


def matrices_of(reader, step):
    """Every matrix of a step by its symbol: samples and inputs go down, units go across."""
    found = {}
    for matrix in reader.data["matrices"]:
        if matrix["step"] != step:
            continue
        values = reader.matrix(matrix["name"], step)
        if not matrix["shape"]:
            values = [[values]]
        elif len(matrix["shape"]) == 1:
            values = [[value] for value in values] if matrix["axes"] == ["sample"] else [values]
        found[matrix["symbol"]] = Numbers(values)
    return found


def assert_close(found, expected, what):
    found = found if isinstance(found, Numbers) else Numbers([[float(found)]])
    stretched = found + expected.map(lambda value: 0.0)  # 1, the slope of linear, is one number
    for row, expected_row in zip(stretched.rows, expected.rows, strict=True):
        for value, expected_value in zip(row, expected_row, strict=True):
            assert math.isclose(value, expected_value, rel_tol=1e-9, abs_tol=1e-14), what


def test_every_formula_of_a_matrix_gives_the_matrix(reader):
    checked = set()
    for step in range(2):
        matrices = matrices_of(reader, step)
        for matrix in reader.data["matrices"]:
            if matrix["step"] == step and matrix["formula"] is not None:
                found = evaluated(matrix["formula"], matrices)
                assert_close(found, matrices[matrix["symbol"]], matrix)
                checked.add(matrix["role"])
            elif matrix["step"] == step:
                assert matrix["given"] is not None or matrix["role"] in ("intermediate", "count")
    assert {"z", "a", "sample_loss", "loss", "delta", "weight_gradient", "new_weights"} <= checked


TYPESET = (
    (r"\\frac\{\\partial L\}\{\\partial (\w+)_\{(\d+)\}\}", r"∂L/∂\1\2"),
    (r"\\frac\{\\partial a_\{(\d+)\}\}\{\\partial z_\{(\d+)\}\}", r"∂a\1/∂z\2"),
    (r"\\mathrm\{loss\}_\{(\d+)\}", r"loss[\1]"),
    (r"\\mathrm\{(\w+)\\,(\w+)\}_\{(\d+)\}", r"\1_\2\3"),
    (r"\\mathrm\{learning\\,rate\} \\cdot", "learning_rate"),
    (r"\\mathrm\{(\w+)\\,(\w+)\}", r"\1_\2"),
    (r"\\(?:mathrm|text)\{([^}]*)\}", r"\1"),
    (r"\\delta_\{(\d+)\}", r"δ\1"),
    (r"\^\{\\mathsf\{T\}\}", "ᵀ"),
    (r"\^\{2\}", "²"),
    (r"\\cdot", "·"),
    (r"\\odot", "⊙"),
    (r"\\dots", "..."),
    (r"\\log", "log"),
    (r"(\w)_\{(\d+)\}", r"\1\2"),
    (r"'", "′"),
)


@pytest.mark.parametrize("name", NAMES)
def test_every_typeset_formula_gives_the_matrix(name):
    recording = recorded(name)
    matrices = matrices_of(Reader(recording), 0)
    text = purenet.explain(*networks.make(purenet, name), 0.5, format="markdown")
    formulas = re.findall(r"^```math\n(.*) = (.*)\n```$", text, re.MULTILINE)
    written = [matrix for matrix in recording.data["matrices"] if matrix["formula"] is not None]
    assert len(formulas) == len(written)
    for matrix, (left, right) in zip(written, formulas, strict=True):
        for pattern, sign in TYPESET:
            left, right = (re.sub(pattern, sign, side) for side in (left, right))
        assert left == matrix["symbol"]
        assert "\\" not in right and "{" not in right
        assert_close(evaluated(right, matrices), matrices[left], right)


# Words about matrices.


def test_words_about_slopes_and_counts_hold(reader):
    for step in range(2):
        matrices = matrices_of(reader, step)
        for matrix in reader.data["matrices"]:
            if matrix["step"] != step or matrix["role"] not in ("slope", "count"):
                continue
            words = matrix["sentence"].removesuffix(".")
            if matrix["role"] == "count":
                number = re.search(r"[\d* ]+$", words)[0]
                assert float(eval(number)) == reader.value("count", step)
                continue
            n = matrix["layer"] + 1
            meaning, activation = re.fullmatch(r".*: (.*?)(?: for (\w+))?", words).groups()
            z, a, slopes = (matrices[key].rows for key in (f"z{n}", f"a{n}", matrix["symbol"]))
            passes = re.fullmatch(
                r"(\S+) where \w+ let the sum pass, (\S+) where it did not", meaning
            )
            for i, row in enumerate(slopes):
                for j, slope in enumerate(row):
                    if passes:
                        expected = float(passes[1] if z[i][j] > 0 else passes[2])
                    else:
                        expected = eval(meaning.removeprefix("always "), {"a": a[i][j]})
                    assert slope == expected, (words, activation)


RANGES = {
    "squeezes {z} into the range from 0 to 1": lambda z, a: 0 < a < 1,
    "squeezes {z} into the range from -1 to 1": lambda z, a: -1 < a < 1 and (a > 0) == (z > 0),
    "lets {z} pass where it is positive, and puts 0 in its place where it is not": (
        lambda z, a: a == (z if z > 0 else 0)
    ),
    "lets {z} pass where it is positive, a hundredth of it where not": (
        lambda z, a: a == (z if z > 0 else 0.01 * z)
    ),
    "passes {z} on as it is": lambda z, a: a == z,
    "makes {z} a probability: its exponential's share of the row's sum": lambda z, a: 0 < a <= 1,
}


def said_of(reader, place):
    """Return the sentence of a number with its row and column filled in."""
    text = reader.data["sentences"][reader.numbers["sentence"][place]]
    for key in ("row", "column", "name"):
        text = text.replace(f"{{{key}}}", str(reader.numbers[key][place]))
    if "{sample}" in text:
        samples = reader.data["meta"]["samples"]
        text = text.replace("{sample}", str(samples[reader.numbers["row"][place]]))
    return text


def test_words_about_activations_hold(reader):
    for place, name in enumerate(reader.numbers["name"]):
        found = re.fullmatch(r"a(\d)(\[\d\]\[\d\])", name)
        if found is None:
            continue
        text = said_of(reader, place)
        n, index = found.groups()
        step = reader.numbers["step"][place]
        z, a = reader.value(f"z{n}{index}", step), reader.value(name, step)
        activation, claim = re.match(r"(\w+) (.*?): what unit", text).groups()
        layers = reader.data["meta"]["network"]["layers"]
        assert activation == layers[int(n) - 1]["activation"]
        assert RANGES[claim.replace(f"z{n}{index}", "{z}")](z, a), text


# Words about numbers and operations.


def test_sentences_name_the_element_that_they_stand_for(reader):
    """Whatever a sentence says of a unit, a sample, an input or a weight is the number's place."""
    claims = {
        r"[Uu]nit (\d+) of layer (\d+)": ("unit", "layer"),
        r"sample (\d+)": ("sample",),
        r"[Ii]nput (\d+) of sample": ("input",),
        r"input (\d+) of layer (\d+)": ("input", "layer"),
        r"output (\d+)": ("output",),
    }
    counts = dict.fromkeys(claims, 0)
    for place, name in enumerate(reader.numbers["name"]):
        matrix = reader.data["matrices"][reader.numbers["matrix"][place]]
        if matrix["role"] == "intermediate":
            continue
        where = dict(
            zip(
                matrix["axes"],
                (reader.numbers[key][place] for key in ("row", "column")),
                strict=False,
            )
        )
        if "unit" in where:
            where.setdefault("output", where["unit"])
        if matrix["layer"] is not None:
            where["layer"] = matrix["layer"] + 1
        text = said_of(reader, place)
        for claim, axes in claims.items():
            for found in re.finditer(claim, text):
                for axis, number in zip(axes, found.groups(), strict=True):
                    assert where[axis] == int(number), (name, text)
                counts[claim] += 1
        element = name.removeprefix("dL/d").replace("'", "")
        for weight in re.findall(r"[Wb]\d(?:\[\d\])+", text):
            assert weight == element, (name, text)
    assert min(counts.values()) > 0


# What the words say that was done, and with what.
DONE = {
    r"(\S+) reaches unit (\d+) through weight (\S+)\.": "*",
    r"(\S+) came in through the weight, (\S+) is the error where it led\.": "*",
    r"The error (\S+) flows back through weight (\S+)\.": "*",
    r"Squared: the sign is gone, and a large error counts more\.": "*",
    r"Twice the error: the derivative of a square\.": "*",
    r"The step: the learning rate times the slope\.": "*",
    r"(\S+) times (\S+)\.": "*",
    r"(\S+) is added to what the unit has received so far\.": "+",
    r"It is added to what has flowed back so far\.": "+",
    r"The next (?:part of the sample's|sample's) loss is added\.": "+",
    r"The share of the next sample is added\.": "+",
    r"The error of the next sample is added\.": "+",
    r"(\S+) plus (\S+)\.": "+",
    r"The step is taken away, so the (weight|bias) moves against its slope\.": "-",
    r"(?:How far the output is from|The error: the output minus) its target\.": "-",
    r"(\S+) minus (\S+)\.": "-",
    r"Divided by the count(?:, because the loss is)?\.": "/",
    r"(\S+) divided by (\S+)\.": "/",
    r"(\S+) with the other sign\.": "neg",
    r"(\S+), as it is\.": "copy",
    r"e to the power (\S+): never negative\.": "exp",
    r"The natural logarithm of 1 \+ (\S+)\.": "log1p",
    r"The natural logarithm of (\S+)\.": "log",
    r"The hyperbolic tangent of (\S+)\.": "tanh",
}
# What the operands are then called, as patterns of names: of layer n or the one before or behind.
OPERANDS = {
    "reaches unit": (r"x\[i\]\[k\]|a{before}\[i\]\[k\]", r"W{n}\[k\]\[j\]"),
    "came in": (r"x\[s\]\[i\]|a{before}\[s\]\[i\]", r"delta{n}\[s\]\[j\]"),
    "flows back": (r"delta{next}\[i\]\[k\]", r"W{next}\[j\]\[k\]"),
    "Twice": ("2.0", None),
    "The step: ": ("learning_rate", r"dL/d[Wb]{n}\[i\](\[j\])?"),
    "The step is": (r"[Wb]{n}\[i\](\[j\])?", None),
    "How far": (r"a{n}\[i\]\[j\]", r"y\[i\]\[j\]"),
    "The error: ": (r"a{n}\[i\]\[j\]", r"y\[i\]\[j\]"),
    "Divided": (None, "count"),
}


def test_words_about_operations_hold(reader):
    operations, numbers = reader.operations, reader.numbers
    names = {(step, identity): name for (step, name), identity in reader.ids.items()}
    last = len(reader.data["meta"]["network"]["layers"])
    seen = set()
    for identity, sentence in enumerate(operations["sentence"]):
        place = operations["number"][identity]
        if sentence is None or place is None:
            continue
        step = numbers["step"][place]
        owner = numbers["name"][place]
        operands = [operations[key][identity] for key in ("a", "b")]
        operands = [operand for operand in operands if operand is not None]
        called = [
            names.get((step, operand)) or operations["name"].get(str(operand)) or f"({operand})"
            for operand in operands
        ]
        text = reader.data["sentences"][sentence]
        for key, name in zip(("a", "b"), called, strict=False):
            text = text.replace(f"{{{key}}}", name)
        text = text.replace("{column}", str(numbers["column"][place]))
        matching = [done for done in DONE if re.fullmatch(done, text)]
        assert len(matching) == 1, text
        assert operations["op"][identity] == DONE[matching[0]], text
        named = [name for name in re.fullmatch(matching[0], text).groups() if name in called]
        if text.endswith("is added to what the unit has received so far."):
            assert named == called[1:]
        elif named:
            assert named == called, text
        if text.startswith("Squared"):
            assert operands[0] == operands[1]
        for start, patterns in OPERANDS.items():
            if start not in text:
                continue
            seen.add(start)
            matrix = reader.data["matrices"][numbers["matrix"][place]]
            layer = matrix["layer"] + 1 if matrix["layer"] is not None else last
            for pattern, name, operand in zip(patterns, called, operands, strict=True):
                if pattern is None:
                    continue
                pattern = pattern.format(n=layer, before=layer - 1, next=layer + 1)
                pattern = pattern.replace(r"\[i\]", rf"\[{numbers['row'][place]}\]")
                pattern = pattern.replace(r"\[j\]", rf"\[{numbers['column'][place]}\]")
                pattern = re.sub(r"\\\[[ks]\\\]", r"\\[(\\d+)\\]", pattern)
                if pattern == "2.0":
                    assert reader.values[operand] == 2.0
                else:
                    assert re.fullmatch(pattern, name), (owner, text, called)
            inner = [re.findall(r"\d+", name.split("[", 1)[1]) for name in called if "[" in name]
            if start == "reaches unit":  # the input of the weight
                assert inner[0][1] == inner[1][0] and inner[1][1] in text
            if start == "came in":  # both of one sample
                assert inner[0][0] == inner[1][0]
            if start == "flows back":  # the unit that made the error
                assert inner[0][1] == inner[1][1]
    assert {"reaches unit", "came in", "The step: ", "The step is"} <= seen


def test_every_parameter_moves_against_its_slope(reader):
    """The sentences say so, and the loss after the step is smaller."""
    moved = 0
    for place, name in enumerate(reader.numbers["name"]):
        found = re.fullmatch(r"([Wb]\d)'(.*)", name)
        if found is None:
            continue
        step = reader.numbers["step"][place]
        old, index = found.groups()
        text = said_of(reader, place)
        assert "takes a step against its slope" in text and "taken away" in text
        before, after = reader.value(old + index, step), reader.value(name, step)
        slope = reader.value(f"dL/d{old}{index}", step)
        assert (after > before) == (slope < 0) and (after < before) == (slope > 0)
        moved += slope != 0
    losses = [float(loss) for loss in reader.data["meta"]["losses"]]
    assert moved == 0 or losses[1] < losses[0]


# Places: lines, indices.


def line_of(source, number):
    return source["lines"][number - source["first_line"]].strip()


def test_every_call_stands_in_the_line_that_is_named(reader):
    calls, sources = reader.data["calls"], reader.data["sources"]
    checked = 0
    for source, caller, line in zip(calls["source"], calls["caller"], calls["line"], strict=True):
        if caller is None:
            continue
        called = sources[source]["function"].rsplit(".", 1)[-1]
        calling = sources[calls["source"][caller]]
        text = line_of(calling, line)
        tree = ast.parse(text if not text.endswith(":") else f"{text} pass")
        functions = {
            getattr(node.func, "id", getattr(node.func, "attr", None))
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
        }
        # activate and activation_slopes call what they have chosen by the name of a variable.
        chosen = {"activate": "function", "activation_slopes": "slope"}.get(calling["function"])
        assert called in functions or chosen in functions, (called, text)
        checked += 1
    assert checked > 10


def test_every_operation_stands_in_the_line_that_is_named(reader):
    signs = {"+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div, "neg": ast.USub}
    for op, place in zip(reader.operations["op"], reader.operations["place"], strict=True):
        if place is None:
            continue
        source, line, column, end_line, end_column, *_ = reader.data["places"][place]
        text = line_of(reader.data["sources"][source], line)
        if text.startswith(("if ", "while ", "for ")):
            text = f"{text} pass"
        nodes = list(ast.walk(ast.parse(text)))
        if op in signs:
            assert any(isinstance(getattr(node, "op", None), signs[op]) for node in nodes), text
        elif op == "copy":
            assert any(isinstance(node, ast.Return) for node in nodes), text
        else:
            called = [node.func.id for node in nodes if isinstance(node, ast.Call)]
            assert op in called or any(name in ("function", "slope") for name in called), text
        if column is not None and line == end_line:
            whole = reader.data["sources"][source]["lines"]
            part = whole[line - reader.data["sources"][source]["first_line"]][column:end_column]
            assert part and part.strip() == part


def test_indices_are_those_of_the_element(reader):
    """In a loop over rows i and columns j, the number that is computed has the place [i][j]."""
    checked = set()
    for identity, indices in enumerate(reader.operations["indices"]):
        place = reader.operations["number"][identity]
        if indices is None or place is None:
            continue
        source, *_, names = reader.data["places"][reader.operations["place"][identity]]
        function = reader.data["sources"][source]["function"]
        found = dict(zip(names, indices, strict=True))
        row, column = (reader.numbers[key][place] for key in ("row", "column"))
        name = reader.numbers["name"][place]
        if function in ("dot", "add_bias", "multiply", "_cross_entropy_delta"):
            assert (found["i"], found["j"]) == (row, column), (function, name)
            assert list(names)[:2] == ["i", "j"]
        elif function == "column_sums":
            assert found["j"] == row, name
        elif function.endswith(("update", "step")) and column is not None:
            assert (found["k"], found["j"]) == (row, column), name
        else:
            continue
        if function == "dot" and reader.operations["op"][identity] == "*":
            a, b = (reader.operations[key][identity] for key in ("a", "b"))
            by_id = {number: text for (_, text), number in reader.ids.items()}
            assert str(found["k"]) in re.findall(r"\[(\d+)\]", by_id[a])
            assert str(found["k"]) in re.findall(r"\[(\d+)\]", by_id[b])
        checked.add(function)
    assert {"dot", "column_sums"} <= checked or "dot" in checked


# A second step.


def sections(text):
    """Return the parts of a worked text, step by step: heading -> lines."""
    parts = re.split(r"\nStep (\d)\n======\n", text)
    found = []
    for body in parts[2::2]:
        headings = re.split(r"\n(\w[^\n]*)\n-+\n", "\n" + body)
        found.append(dict(zip(headings[1::2], headings[2::2], strict=True)))
    return found


def _named(reader, step, reference):
    """Return what the number that #12 refers to is called in a step, as the field writes it."""
    identity = int(reference[1])
    for place, found in enumerate(reader.numbers["id"]):
        if found == identity and reader.numbers["step"][place] == step:
            matrix = reader.data["matrices"][reader.numbers["matrix"][place]]
            return matrix["symbol"] + reader.numbers["name"][place][len(matrix["name"]) :]
    constant = reader.operations["name"].get(str(identity))
    return constant or reader.operations["value"][identity]


@pytest.mark.parametrize("options", [{}, {"layer": 0}], ids=["all", "one layer"])
@pytest.mark.parametrize("name", NAMES)
def test_each_step_shows_what_it_is_given_and_its_own_sources(name, options):
    net, inputs, targets = networks.make(purenet, name)
    explanation = purenet.explain(net, inputs, targets, 0.5, steps=2, **options)
    reader = Reader(explanation.recording)
    steps = sections(explanation)
    assert len(steps) == 2
    for step, parts in enumerate(steps):
        # Given: everything in the first step; later only what did not come from a step before.
        given = [
            matrix
            for matrix in reader.data["matrices"]
            if matrix["step"] == step
            and (matrix["given"] not in (None, "carried"))
            and (step == 0 or matrix["given"] == "unrecorded" or matrix["given"] == "parameter")
        ]
        shown = parts.get("Given", "")
        assert len(re.findall(r"^\S+(?: \S+)* = ", shown, re.M)) >= len(given)
        for matrix in given:
            values = reader.matrix(matrix["name"], step)
            first = values if isinstance(values, float) else values[0]
            first = first if isinstance(first, float) else first[0]
            symbol, text = re.escape(matrix["symbol"]), re.escape(repr(first))
            pattern = rf"^{symbol}(?:\[0\]|\[:\]\[0\])? = \[?{text}"
            assert re.search(pattern, shown, re.MULTILINE), (matrix["symbol"], shown)
        if not given:
            assert shown == ""
        computed = "\n".join(body for heading, body in parts.items() if heading != "Given")
        for place, number in enumerate(reader.numbers["name"]):
            formula = reader.numbers["formula"][place]
            if reader.numbers["step"][place] != step or formula is None:
                continue
            lines = {}
            for identity, owner in enumerate(reader.operations["number"]):
                where = reader.operations["place"][identity]
                if owner == place and where is not None:
                    source, line, *_ = reader.data["places"][where]
                    function = reader.data["sources"][source]
                    file = function["file"].rsplit("/", 1)[-1]
                    lines.setdefault((function["function"], file), set()).add(line)
            matrix = reader.data["matrices"][reader.numbers["matrix"][place]]
            symbol = matrix["symbol"] + number[len(matrix["name"]) :]
            block = re.search(rf"^{re.escape(symbol)} = .*?(?=\n\n|\Z)", computed, re.M | re.S)
            assert block is not None, symbol
            text = " ".join(block[0].split())
            for (function, file), found in lines.items():
                word = "lines" if len(found) > 1 else "line"
                said = f"{function}, {file} {word} {', '.join(map(str, sorted(found)))}"
                assert said in text, (symbol, said, text)
            assert text.count(".py line") == len(lines)
            value = reader.value(number, step)
            assert f"= {value!r} " in f"{text} ", symbol
            in_names = re.sub(r"#(\d+)", partial(_named, reader, step), formula)
            assert f"{symbol} = {in_names} " in f"{text} ", symbol


def test_what_a_call_is_given_is_what_its_operations_use(reader):
    """Matrices and rows that are named as arguments hold the operands inside, at these indices."""
    data, operations, calls = reader.data, reader.operations, reader.data["calls"]
    place_of = {}
    for n, identity in enumerate(reader.numbers["id"]):
        matrix = data["matrices"][reader.numbers["matrix"][n]]
        key = reader.numbers["step"][n], matrix["name"]
        place_of.setdefault(key, {})[identity] = [
            reader.numbers[axis][n] for axis in ("row", "column")
        ]
    products = rows = 0
    told = {}  # by step: what the calls are given and return, but for numbers without a name
    for number, arguments in enumerate(calls["arguments"]):
        texts = [*arguments.values(), calls["result"][number] or ""]
        names = [text for text in texts if not re.fullmatch(r"-?[\d.e+-]+|inf|nan", text)]
        told.setdefault(calls["step"][number], []).append((calls["source"][number], names))
        function = data["sources"][calls["source"][number]]["function"]
        step = calls["step"][number]
        inside = range(calls["first"][number], calls["end"][number])
        for name in arguments.values():
            found = re.fullmatch(r"(\S+?)\[(\d+)\]", name)
            places = place_of.get((step, found[1])) if found else None
            if not places or next(iter(places.values()))[1] is None:
                continue
            used = {operations[key][each] for each in inside for key in ("a", "b")} & set(places)
            assert {places[each][0] for each in used} <= {int(found[2])}, (function, arguments)
            rows += len(used)
        if function != "dot":
            continue
        for each in inside:
            if operations["op"][each] != "*":
                continue
            names = data["places"][operations["place"][each]][6]
            at = dict(zip(names, operations["indices"][each], strict=True))
            for key, argument, (row, column) in (("a", "a", "ik"), ("b", "b", "kj")):
                name = arguments[argument]
                places = place_of[step, name.removesuffix("^T")]
                place = [at[row], at[column]]
                if name.endswith("^T"):
                    place.reverse()
                assert places[operations[key][each]] == place, (arguments, at)
            products += 1
    assert products > 0 and told[0] == told[1]
    assert rows > 0 or "softmax" not in str(data["meta"]["network"])
