"""The debugger that shows the numbers: whole sessions compared, and every line evaluated."""

import ast
import inspect
import io
import linecache
import math
import os
import pdb
import re
import signal
import struct
import subprocess
import sys
from pathlib import Path

import own
import pytest

import purenet
from purenet.activations import activation_slopes
from purenet.commands import cli
from purenet.losses import REQUIRED_ACTIVATION, loss_count, sample_loss, squared_error_derivative
from purenet.matrix import dot, transpose
from purenet.seeing.debugger import help, positions, running, stepper
from purenet.seeing.debugger.eject import eject
from purenet.seeing.debugger.running import step_through
from purenet.seeing.recording.record import record
from purenet.seeing.source.expressions import Unknown, value_of
from purenet.seeing.step import names_of, training_step

ROOT = Path(purenet.__file__).resolve().parent.parent
PROMPT = "(purenet) "
X = [[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]
Y = [[0.0], [1.0], [1.0], [0.0]]


def start(commands, *arguments, environment=None, cwd=None):
    """Run the command with these lines on its standard input."""
    return subprocess.run(
        [sys.executable, "-m", "purenet", "step", *arguments],
        input=commands,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
        | (environment or {}),
    )


def session(commands, *arguments, **options):
    """Run the command and return what a reader of the terminal would see."""
    finished = start("".join(f"{command}\n" for command in commands), *arguments, **options)
    assert finished.stderr == ""
    assert finished.returncode == 0
    return typed_in(finished.stdout, commands)


def typed_in(output, commands):
    """Put the commands after their prompts, where a terminal shows them."""
    parts = output.split(PROMPT)
    assert len(parts) <= len(commands) + 2
    text = parts[0]
    for place, part in enumerate(parts[1:]):
        command = commands[place] if place < len(commands) else ""
        text += f"{PROMPT}{command}\n{part}" if command else PROMPT + part
    return text


def without_numbers(text):
    """Leave out the numbers of source lines, which change with every edit above them."""
    return re.sub(r"(purenet/[\w/]+\.py)\(\d+\)", r"\1", text)


TWO_LAYER = """\
One training step: 4 samples (all there are), sum_of_squares, learning rate 1.0.
layer 1 is Dense(3, 4, 'sigmoid', bias=False)
layer 2 is Dense(4, 1, 'sigmoid', bias=False)
help lists the commands, q ends.

> purenet/matrix.pydot()  layer 1, forward: z1[0][0]
-> total = total + a_row[k] * b[k][j]
   = total + x[0][0] * W1[0][0]
   = 0.0 + 0.0 * 0.5539410225005864
   = 0.0
(purenet) s
> purenet/matrix.pydot()  layer 1, forward: z1[0][0]
-> for k in inner:
(purenet) op
> purenet/matrix.pydot()  layer 1, forward: z1[0][0]
-> total = total + a_row[k] * b[k][j]
   = total + x[0][1] * W1[1][0]
   = 0.0 + 0.0 * 0.15303858181189034
   = 0.0
(purenet) element
z1[0][0] = 0.5482661195184717
> purenet/matrix.pydot()  layer 1, forward: z1[0][1]
-> total = total + a_row[k] * b[k][j]
   = total + x[0][0] * W1[0][1]
   = 0.0 + 0.0 * 0.3962478937053667
   = 0.0
(purenet) el
z1[0][1] = 0.22578871385664923
> purenet/matrix.pydot()  layer 1, forward: z1[0][2]
-> total = total + a_row[k] * b[k][j]
   = total + x[0][0] * W1[0][2]
   = 0.0 + 0.0 * 0.04812677258007669
   = 0.0
(purenet) show z1
z1, 4 by 4, 2 of 16 so far (≈ rounded):
            0         1         2         3
  0  0.548266  0.225789         ·         ·
  1         ·         ·         ·         ·
  2         ·         ·         ·         ·
  3         ·         ·         ·         ·
(purenet) where
layer 1, forward: z1[0][2], k = 0
  purenet/seeing/step.pytraining_step()
     outputs = net.forward(inputs, (net.epochs_trained, 0))
  purenet/network.pyforward()
     output = layer.feedforward(a)
  purenet/layers/dense.pyfeedforward()
     z = dot(inputs, self.weights)
> purenet/matrix.pydot()
     total = total + a_row[k] * b[k][j]
(purenet) show
x                 4 by 3  inputs
y                 4 by 1  targets
learning_rate     number  learning rate
W1                3 by 4  weights of layer 1
W2                4 by 1  weights of layer 2
z1                4 by 4  weighted sums of layer 1 (being computed)
(purenet) show a1
*** nothing is called a1 so far; there are x, y, learning_rate, W1, W2, z1
(purenet) show z1[3][3]
*** z1[3][3] is not computed yet
(purenet) show x
x, 4 by 3:
     0  1  2
  0  0  0  1
  1  0  1  1
  2  1  0  1
  3  1  1  1
(purenet) show W1[1]
W1[1] = [0.15303858181189034, 0.500010160994154, 0.2560867797161476,
    0.5430931578695106]
(purenet) matrix
z1, 4 by 4 (≈ rounded):
            0         1         2         3
  0  0.548266  0.225789  0.089246  0.451870
  1  0.701305  0.725799  0.345333  0.994963
  2  1.102207  0.622037  0.137373  0.977542
  3  1.255246  1.122047  0.393460  1.520635
> purenet/activations.pysigmoid()  layer 1, forward: a1[0][0]
-> if z >= 0.0:
   = z1[0][0] >= 0.0
   = 0.5482661195184717 >= 0.0
   = True
(purenet) op
> purenet/activations.pysigmoid()  layer 1, forward: a1[0][0]
-> e = exp(-z)
   = exp(-z1[0][0])
   = exp(-0.5482661195184717)
(purenet) op
> purenet/activations.pysigmoid()  layer 1, forward: a1[0][0]
-> return 1.0 / (1.0 + e)
   = 1.0 / (1.0 + 0.5779510401510687)
   = 0.6337332240069139
(purenet) r
--Return--
> purenet/activations.pysigmoid()  layer 1, forward: a1[0][0]
-> return 1.0 / (1.0 + e)
   returns 0.6337332240069139
(purenet) el
a1[0][0] = 0.6337332240069139
> purenet/activations.pysigmoid()  layer 1, forward: a1[0][1]
-> if z >= 0.0:
   = z1[0][1] >= 0.0
   = 0.22578871385664923 >= 0.0
   = True
(purenet) layer
a1, 4 by 4 (≈ rounded):
            0         1         2         3
  0  0.633733  0.556209  0.522297  0.611084
  1  0.668477  0.673883  0.585485  0.730067
  2  0.750673  0.650682  0.534289  0.726620
  3  0.778207  0.754368  0.597115  0.820632
> purenet/matrix.pydot()  layer 2, forward: z2[0][0]
-> total = total + a_row[k] * b[k][j]
   = total + a1[0][0] * W2[0][0]
   = 0.0 + 0.6337332240069139 * 0.7733845106973479
   = 0.4901194593612399
(purenet) q
"""


def test_a_session_reads_as_stored_from_the_first_product_on():
    commands = re.findall(r"^\(purenet\) (.*)$", TWO_LAYER, re.MULTILINE)
    assert without_numbers(session(commands)) == TWO_LAYER


XOR_SAMPLE = """\
One training step: 1 sample (number 1 of 4), mean_squared_error,
learning rate 0.5.
layer 1 is Dense(3, 4, 'sigmoid')
layer 2 is Dense(4, 1, 'sigmoid')
help lists the commands, q ends.

> purenet/matrix.pydot()  layer 1, forward: (x.W1)[0][0]
-> total = total + a_row[k] * b[k][j]
   = total + x[0][0] * W1[0][0]
   = 0.0 + 1.0 * 1.6243453636632417
   = 1.6243453636632417
(purenet) ma
x.W1, 1 by 4 (≈ rounded):
             0          1          2          3
  0   1.943384  -0.861127   0.933936  -3.133109
> purenet/matrix.pyadd_bias()  layer 1, forward: z1[0][0]
-> element = a_row[j] + biases[j]
   = (x.W1)[0][0] + b1[0]
   = 1.9433844597203402 + (-0.17242820755043575)
   = 1.7709562521699045
(purenet) show b1
b1, 4 numbers (≈ rounded):
            0          1          2          3
    -0.172428  -0.877858   0.042214   0.582815
(purenet) op
> purenet/matrix.pyadd_bias()  layer 1, forward: z1[0][1]
-> element = a_row[j] + biases[j]
   = (x.W1)[0][1] + b1[1]
   = (-0.8611267891274854) + (-0.8778584179213718)
   = -1.7389852070488572
(purenet) w
layer 1, forward: z1[0][1]
  purenet/seeing/step.pytraining_step()
     outputs = net.forward(inputs, (net.epochs_trained, 0))
  purenet/network.pyforward()
     output = layer.feedforward(a)
  purenet/layers/dense.pyfeedforward()
     z = add_bias(z, self.biases)
> purenet/matrix.pyadd_bias()
     element = a_row[j] + biases[j]
(purenet) ma
z1, 1 by 4 (≈ rounded):
             0          1          2          3
  0   1.770956  -1.738985   0.976150  -2.550294
> purenet/activations.pysigmoid()  layer 1, forward: a1[0][0]
-> if z >= 0.0:
   = z1[0][0] >= 0.0
   = 1.7709562521699045 >= 0.0
   = True
(purenet) up
> purenet/activations.pyactivate()  layer 1, forward: a1[0][0]
-> unit = function(z_row[j])
   = sigmoid(z1[0][0])
   = sigmoid(1.7709562521699045)
(purenet) down
> purenet/activations.pysigmoid()  layer 1, forward: a1[0][0]
-> if z >= 0.0:
   = z1[0][0] >= 0.0
   = 1.7709562521699045 >= 0.0
   = True
(purenet) s
> purenet/activations.pysigmoid()  layer 1, forward: a1[0][0]
-> e = exp(-z)
   = exp(-z1[0][0])
   = exp(-1.7709562521699045)
(purenet) r
--Return--
> purenet/activations.pysigmoid()  layer 1, forward: a1[0][0]
-> return 1.0 / (1.0 + e)
   returns 0.854576550049633
(purenet) la
a1, 1 by 4 (≈ rounded):
            0         1         2         3
  0  0.854577  0.149442  0.726344  0.072407
> purenet/matrix.pydot()  layer 2, forward: (a1.W2)[0][0]
-> total = total + a_row[k] * b[k][j]
   = total + a1[0][0] * W2[0][0]
   = 0.0 + 0.854576550049633 * (-0.3224172040135075)
   = -0.2755301818825119
(purenet) op
> purenet/matrix.pydot()  layer 2, forward: (a1.W2)[0][0]
-> total = total + a_row[k] * b[k][j]
   = total + a1[0][1] * W2[1][0]
   = (-0.2755301818825119) + 0.14944187796928574 * (-0.38405435466841564)
   = -0.332923985886442
(purenet) el
(a1.W2)[0][0] = 0.4109426762432955
> purenet/matrix.pyadd_bias()  layer 2, forward: z2[0][0]
-> element = a_row[j] + biases[j]
   = (a1.W2)[0][0] + b2[0]
   = 0.4109426762432955 + (-1.1006191772129212)
   = -0.6896765009696257
(purenet) q
"""


def test_a_session_with_biases_reads_as_stored():
    commands = re.findall(r"^\(purenet\) (.+)$", XOR_SAMPLE, re.MULTILINE)
    text = session(commands, "xor", "--sample", "1", "--learning-rate", "0.5")
    assert without_numbers(text) == XOR_SAMPLE


def test_stops_name_the_line_of_the_source():
    text = session(["op", "ma", "op", "s", "la", "ma", "ma", "op", "w"], "xor")
    stops = re.findall(r"^> purenet/(\w+\.py)\((\d+)\)\w+\(\).*\n(?:->|    ) (.*)$", text, re.M)
    assert len(stops) == 10
    for name, number, source in stops:
        path = str(Path(purenet.__file__).parent / name)
        assert linecache.getline(path, int(number)).strip() == source.strip()


def test_the_first_stop_is_the_first_product_whatever_the_network():
    for arguments in (["two-layer"], ["xor"], ["deep"], ["deep", "--sample", "5"]):
        text = session([], *arguments)
        assert re.search(
            r"^> purenet/matrix.py\(\d+\)dot\(\)  layer 1, forward: .*\[0\]\[0\]\n"
            r"-> total = total \+ a_row\[k\] \* b\[k\]\[j\]\n"
            r"   = total \+ x\[0\]\[0\] \* W1\[0\]\[0\]\n",
            text,
            re.MULTILINE,
        )


# Every line of every network, evaluated.


def step(net, inputs, targets, commands, learning_rate=0.25, **options):
    """Step through in this process and return the output, commands typed in."""
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    commands = list(commands)
    step_through(
        net,
        inputs,
        targets,
        learning_rate,
        **options,
        stdin=io.StringIO("".join(f"{command}\n" for command in commands)),
        stdout=output,
    )
    output.flush()
    return typed_in(output.buffer.getvalue().decode(), commands)


def dense(inputs, outputs, activation, bias=True):
    return purenet.Dense(
        inputs, outputs, activation, bias=bias, bias_initializer="normal" if bias else "zeros"
    )


def networks():
    one_hot = [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    between = [[0.25, 1.0], [0.5, 0.0], [0.0, 0.75], [1.0, 0.0]]
    for activation, output, loss, targets in (
        ("sigmoid", "sigmoid", "sum_of_squares", between),
        ("tanh", "sigmoid", "binary_cross_entropy", between),
        ("relu", "softmax", "categorical_cross_entropy", one_hot),
        ("leaky_relu", "linear", "mean_squared_error", between),
        ("softmax", "softmax", "mean_squared_error", one_hot),
    ):
        for bias in (True, False):
            layers = [dense(3, 4, activation, bias), dense(4, 2, output, bias)]
            yield purenet.Network(layers, loss, seed=7), targets
    deep = [dense(3, 2, "tanh"), dense(2, 3, "relu", False), dense(3, 1, "sigmoid")]
    yield purenet.Network(deep, "binary_cross_entropy", seed=8), Y


def named_matrices(net, inputs, targets, learning_rate=0.25):
    """Every matrix of a training step by name, from the public functions."""
    found = {"x": inputs, "y": targets, "learning_rate": learning_rate}
    outputs = net.feedforward(inputs)
    gradients = net.backprop(inputs, targets)
    last = len(net.layers)
    for number, layer in enumerate(net.layers, 1):
        output, gradient = outputs[number - 1], gradients[number - 1]
        before = "x" if number == 1 else f"a{number - 1}"
        found |= {f"W{number}": layer.weights, f"dL/dW{number}": gradient.weights}
        found |= {f"z{number}": output.z, f"a{number}": output.a, f"delta{number}": gradient.delta}
        found[f"{before}^T"] = transpose(found[before])
        if number > 1:
            found[f"W{number}^T"] = transpose(layer.weights)
            found[f"dL/da{number - 1}"] = dot(gradient.delta, transpose(layer.weights))
        if layer.biases is not None:
            found |= {f"b{number}": layer.biases, f"dL/db{number}": gradient.biases}
            found[f"{before}.W{number}"] = dot(found[before], layer.weights)
        if layer.activation != "softmax" and (number < last or net.loss not in REQUIRED_ACTIVATION):
            found[f"da{number}/dz{number}"] = activation_slopes(layer.activation, output.a)
    z, a = outputs[-1]
    found["count"] = count = loss_count(net.loss, len(a), len(a[0]))
    found["L"] = net.evaluate(inputs, targets).loss
    if net.loss not in REQUIRED_ACTIVATION:
        found[f"dL/da{last}"] = [
            [squared_error_derivative(*pair) / count for pair in zip(*rows, strict=True)]
            for rows in zip(a, targets, strict=True)
        ]
    found["loss"] = [sample_loss(net.loss, *rows) for rows in zip(z, a, targets, strict=True)]
    return found


def bits(value):
    return struct.pack("<d", value)


CONSTANTS = {"inf": math.inf, "nan": math.nan}
ELEMENT = re.compile(r"\(?([A-Za-z][\w.^]*)\)?((?:\[\d+\])+)")


def stops_of(text):
    """Yield the source line of every stop and the lines under it, folded ones put together."""
    for stop in re.split(r"^> ", text, flags=re.MULTILINE)[1:]:
        stop = stop.split(PROMPT)[0]
        lines = re.sub(r"\n     (?=\S)", " ", stop).splitlines()
        source = next(line for line in lines if line.startswith("-> "))
        yield source, [line.removeprefix("   = ") for line in lines if line.startswith("   = ")]


def operands(node, other):
    """Pair the parts of a line in names with those of the same line in numbers."""
    if isinstance(node, ast.Subscript) or type(node) is not type(other):
        yield node, other
        return
    for a, b in zip(ast.iter_child_nodes(node), ast.iter_child_nodes(other), strict=True):
        yield from operands(a, b)


def check_names(in_names, in_numbers, matrices):
    """Every element in the line of names has the value that stands in its place below."""
    count = 0
    in_names = re.sub(r"\b(d\w+)/(d\w+)", r"\1_by_\2", in_names)  # a name, and no division
    pairs = operands(ast.parse(in_names, mode="eval").body, ast.parse(in_numbers, mode="eval").body)
    for name, number in pairs:
        match = ELEMENT.fullmatch(ast.unparse(name))
        if match is None or match[1].replace("_by_", "/") not in matrices:
            continue
        value = matrices[match[1].replace("_by_", "/")]
        for index in re.findall(r"\d+", match[2]):
            value = value[int(index)]
        if isinstance(value, float):
            assert bits(value) == bits(eval(ast.unparse(number), dict(CONSTANTS)))
            count += 1
    return count


@pytest.mark.parametrize(("net", "targets"), list(networks()), ids=lambda value: str(value)[:60])
def test_every_line_evaluates_to_its_result_and_its_names_to_its_numbers(net, targets):
    inputs, targets = X[1:3], targets[1:3]
    matrices = named_matrices(net, inputs, targets)
    text = step(net, inputs, targets, ["op"] * 3000)
    assert "The training step is done." in text
    results = names = 0
    for source, lines in stops_of(text):
        if not lines:
            continue
        if "[" in lines[0] and len(lines) > 1:
            names += check_names(lines[0], lines[1], matrices)
        if re.search(r"\w\(", lines[-1]):
            continue  # a call, whose result is not known before it is made
        value = eval(lines[-1], dict(CONSTANTS))
        if len(lines) > 1 and not isinstance(value, bool):
            assert bits(eval(lines[-2], dict(CONSTANTS))) == bits(value), (source, lines)
        elif len(lines) > 1:
            assert eval(lines[-2], dict(CONSTANTS)) is value, (source, lines)
        results += 1
    products = sum(layer.inputs * layer.outputs for layer in net.layers) * len(inputs)
    assert results > 2 * products  # forward and dW alone
    assert names > 4 * products


@pytest.mark.parametrize(("net", "targets"), list(networks()), ids=lambda value: str(value)[:60])
def test_every_matrix_has_a_name_and_is_shown_to_the_last_digit(net, targets):
    inputs, targets = X[1:3], targets[1:3]
    matrices = named_matrices(net, inputs, targets)
    backward = ["phase", "phase", "phase"]
    listed = step(net, inputs, targets, [*backward, "show"]).split(f"{PROMPT}show\n")[1]
    names = re.findall(r"^(\S+) ", listed.split(PROMPT)[0], re.MULTILINE)
    assert names == sorted({*matrices, "W1'"}, key=names.index)
    wanted = {name: value for name, value in matrices.items() if isinstance(value, float)}
    for name, matrix in matrices.items():
        if name in wanted:
            continue
        for i, row in enumerate(matrix):
            for j, value in enumerate(row) if isinstance(row, list) else [(None, row)]:
                shown = f"({name})" if "." in name or "^" in name else name
                wanted[f"{shown}[{i}]" + (f"[{j}]" if j is not None else "")] = value
    text = step(net, inputs, targets, [*backward, *(f"show {element}" for element in wanted)])
    found = dict(re.findall(r"^(\S+) = (-?[\d.e+-]+|nan|-?inf)$", text, re.MULTILINE))
    assert {name: bits(value) for name, value in wanted.items()} == {
        name: bits(float(found[name])) for name in wanted
    }


def test_the_step_is_the_one_that_fit_takes_and_leaves_the_network_alone():
    for net, targets in networks():
        before = net.digest()
        step(net, X, targets, ["c"])
        assert net.digest() == before
        training_step(net, X, targets, 0.25, purenet.GradientDescent())
        after = net.digest()
        assert after != before
        again = next(
            other
            for other, _ in networks()
            if repr(other) == repr(net) and other.digest() == before
        )
        again.fit(X, targets, epochs=1, learning_rate=0.25)
        assert again.digest() == after


def test_numbers_that_are_not_finite():
    first = [[math.inf, -math.inf], [5e-324, -0.0]]
    net = purenet.Network(
        [
            purenet.Dense(2, 2, "relu", initializer=first, bias=False),
            purenet.Dense(2, 1, "linear", initializer=[[1.0], [-1.0]], bias=False),
        ],
        seed=1,
    )
    text = step(net, [[0.0, 1.0], [1.0, 2.0]], [0.0, 1.0], ["op", "matrix", "show W1", "c"])
    assert "   = 0.0 + 0.0 * inf\n   = nan\n" in text
    assert "   = nan + 1.0 * 5e-324\n   = nan\n" in text
    assert re.search(r"W1, 2 by 2.*\n +0 +1\n  0 +inf +-inf\n  1 +\S+ +-?0", text)


def test_a_large_network_is_folded_into_80_columns():
    net = purenet.Network([dense(784, 30, "relu"), dense(30, 10, "softmax")], seed=1)
    row = [[(i % 16) / 16 for i in range(784)]]
    text = step(net, row, [3], ["show W1", "show W1[3]", "layer", "phase", "phase", "show", "c"])
    assert [line for line in text.splitlines() if len(line) > 80] == []
    assert re.search(r"\nW1, 784 by 30 \(≈ rounded\):\n( +\d+){4} +… +29\n", text)
    assert re.search(r"\n    …( +…){6}\n  782 ", text)


@pytest.mark.parametrize(("net", "targets"), list(networks()), ids=lambda value: str(value)[:60])
def test_the_debugger_and_a_recording_use_the_same_names_in_the_same_order(
    net, targets, monkeypatch
):
    made = []

    def kept(*arguments):
        made.append(stepper.Stepper(*arguments))
        return made[-1]

    monkeypatch.setattr(running, "Stepper", kept)
    step(net, X, targets, ["phase"] * 4)
    # x.W1 and x^T are on the way to a matrix: a recording folds them into it.
    stepped = [name for name in made[0].matrices.values if not re.search(r"[.^]", name)]
    matrices = record(net, X, targets, 0.25).data["matrices"]
    shared = ("intermediate", "squared_error", "cross_entropy")  # named in a recording alone
    recorded = [matrix for matrix in matrices if matrix["role"] not in shared]
    assert sorted(stepped) == sorted(matrix["name"] for matrix in recorded)
    computed = [matrix["name"] for matrix in recorded if matrix["given"] is None]
    assert [name for name in stepped if name in computed] == computed
    assert [name for name in names_of(net.layers) if name in stepped] == stepped
    values = dict(made[0].matrices.values)
    for matrix in recorded:
        value = values[matrix["name"]]
        shape = [] if isinstance(value, float) else [len(value)]
        if shape and isinstance(value[0], list):
            shape.append(len(value[0]))
        assert matrix["shape"] == shape


def test_a_layer_and_an_optimizer_of_ones_own_are_stepped_through(monkeypatch):
    def network():
        layers = [purenet.Dense(3, 2, "tanh"), own.Scale(2), purenet.Dense(2, 1, "sigmoid")]
        return purenet.Network(layers, seed=1)

    text = step(network(), X, Y, ["op"] * 2000, 0.5, optimizer=own.Momentum(0.75))
    assert "The training step is done." in text
    results = 0
    for source, lines in stops_of(text):
        if not lines or re.search(r"\w\(", lines[-1]):
            continue
        value = eval(lines[-1], dict(CONSTANTS))
        if len(lines) > 1 and not isinstance(value, bool):
            assert bits(eval(lines[-2], dict(CONSTANTS))) == bits(value), (source, lines)
            results += 1
    assert results > 100
    assert "\n   = self.times(a1[1][0], scale2[0]) + floor2\n" in text
    assert "\n   = momentum * memory_W1[0][0] - learning_rate * dL/dW1[0][0]\n" in text
    assert "\n   = scale2[0] + memory_scale2[0][0]\n" in text
    assert "own.py" in text and "step()  layer 2, update: scale2'[0]" in text

    net = network()
    net.fit(X, Y, epochs=1, learning_rate=0.5, optimizer=own.Momentum(0.75))
    assert text.endswith(f", after it {net.evaluate(X, Y).loss!r}.\n")

    commands = ["layer", "show floor2", "layer", "phase", "phase", "phase", "layer"]
    commands += ["show momentum", "show memory_W1'[0][0]", "show W1'[0]"]
    commands += ["show scale2'", "el", "show scale2'", "c"]
    text = step(network(), X, Y, commands, 0.5, optimizer=own.Momentum(0.75))
    assert "\nfloor2 = 0.125\n" in text and "\nmomentum = 0.75\n" in text
    assert "\nz2, 4 by 2 " in text and "\na2, 4 by 2 " in text and "\ndL/dscale2, 2 num" in text
    assert f"\nW1'[0] = {net.layers[0].weights[0]!r}\n" in text
    assert "\nscale2', 2 numbers, 0 of 2 so far:\n" in text
    assert re.search(r"\nscale2', 2 numbers, 1 of 2 so far", text)

    # The same names in the same order as in a recording.
    made = []
    monkeypatch.setattr(running, "Stepper", lambda *a: made.append(stepper.Stepper(*a)) or made[-1])
    step(network(), X, Y, ["phase"] * 4, 0.5, optimizer=own.Momentum(0.75))
    stepped = [name for name in made[0].matrices.values if not re.search(r"[.^]", name)]
    data = record(network(), X, Y, 0.5, optimizer=own.Momentum(0.75)).data
    recorded = [m for m in data["matrices"] if m["role"] not in ("intermediate", "squared_error")]
    assert sorted(stepped) == sorted(matrix["name"] for matrix in recorded)


# Commands.


def test_assignments_at_the_prompt_count():
    net, targets = next(networks())
    text = step(net, X, targets, ["!total = 5.0", "show z1", "show total", "where", "element", "q"])
    assert f"{PROMPT}show total\n5.0\n" in text
    element = re.search(r"^\(x\.W1\)\[0\]\[0\] = (.*)$", text, re.MULTILINE)
    plain = dot(X, net.layers[0].weights)[0][0]
    assert float(element[1]) == pytest.approx(plain + 5.0)


def test_breakpoints_hold_while_a_matrix_is_finished():
    text = session(["b exp", "matrix", "matrix", "cl 1", "matrix", "tbreak tanh", "q"])
    assert re.search(r"Breakpoint 1 at .*elementary\.py:\d+\n", text)
    assert text.count("elementary.py(") == 1
    assert "exp()  layer 1, forward: a1[0][0]\n-> if x != x:\n" in text
    assert "matrix.py" in text.split("cl 1")[1]
    assert re.search(r"Breakpoint 2 at .*elementary\.py:\d+\n", text)


def test_a_temporary_breakpoint_holds_once():
    text = session(["tbreak exp", "layer", "layer", "q"])
    assert text.count("> purenet/elementary.py") == 1
    assert "Deleted breakpoint 1" in text
    assert "layer 2, forward: z2[0][0]" in text


def test_step_goes_into_exp_and_operation_stays_inside():
    text = session(["matrix", "op", "s", "op", "op", "op", "op", "matrix", "q"])
    assert "--Call--\n> purenet/elementary.py" in text
    assert "\n   x = -0.5482661195184717\n" in text
    assert "\n-> k = (x * LOG2_E + ROUND) - ROUND\n" in text
    assert "a1, 4 by 4" in text


def test_up_shows_the_calling_line_in_names():
    text = session(["up", "up", "down", "q"], "xor")
    assert text.count("-> z = dot(inputs, self.weights)\n   = dot(x, W1)\n") == 2


def test_ctrl_c_is_afterwards_whose_it_was_before():
    before = signal.getsignal(signal.SIGINT)
    net = purenet.Network([purenet.Dense(2, 1)], seed=1)
    step_through(net, [[1.0, 2.0]], [[1.0]], stdin=io.StringIO("c\n"), stdout=io.StringIO())
    assert signal.getsignal(signal.SIGINT) == before


class Interrupting(io.StringIO):
    """A screen at which somebody presses Ctrl-C when a text appears."""

    def __init__(self, text):
        super().__init__()
        self.text = text

    def write(self, text):
        written = super().write(text)
        if self.text in text:
            signal.raise_signal(signal.SIGINT)
        return written


@pytest.mark.parametrize("again", ["ma", "element"])
def test_ctrl_c_comes_back_to_the_prompt(again):
    net = purenet.Network([purenet.Dense(3, 3, "tanh", bias=False)], seed=1)
    screen = Interrupting("z1[0][1] = ")
    commands = io.StringIO(f"el 9\nshow z1[0]\n{again}\nq\n")
    step_through(net, X, [[0.0] * 3] * 4, stdin=commands, stdout=screen)
    text = screen.getvalue()
    assert text.count("z1[0][1] = ") == 1 and "Program interrupted" in text
    found = text.split(PROMPT)
    assert len(found) == 5 and found[2].startswith("z1[0] = [")
    assert ("z1, 4 by 3" if again == "ma" else "z1[0][2] = ") in found[3]


@pytest.mark.parametrize("grain", ["op", "el", "ma", "la", "ph"])
def test_a_number_repeats_a_command(grain):
    net, targets = next(networks())
    once = step(net, X, targets, [grain] * 3 + ["w", "q"]).split(PROMPT)
    together = step(net, X, targets, [f"{grain} 3", "w", "q"]).split(PROMPT)
    assert together[-2:] == once[-2:]
    # What was finished is printed as if it had been asked for three times.
    finished = [part.split("\n", 1)[1].split("> purenet/")[0] for part in once[1:4]]
    shown = together[1].split("\n", 1)[1]
    assert shown.startswith("".join(finished)) and shown.endswith(once[3].partition("> ")[2])


def test_a_number_that_is_none_is_refused():
    net, targets = next(networks())
    text = step(net, X, targets, ["el x", "op 0", "ph -1", "q"])
    for name, found in (("element", "x"), ("operation", "0"), ("phase", "-1")):
        assert f"*** {name}: found {found!r}, expected how many times, 1 or more\n" in text


def test_continue_runs_to_the_end_and_says_the_loss():
    net, targets = next(networks())
    loss = net.evaluate(X, targets).loss
    net.update(net.backprop(X, targets), 0.25)
    after = net.evaluate(X, targets).loss
    net, targets = next(networks())
    text = step(net, X, targets, ["c"])
    assert text.endswith(
        f"{PROMPT}c\nThe training step is done.\nLoss before it {loss!r}, after it {after!r}.\n"
    )


def test_restart_begins_again_with_the_first_weights():
    first = session(["q"]).split(f"{PROMPT}q")[0].split("\n\n")[1]
    text = session(["phase", "phase", "phase", "op", "op", "restart", "q"])
    assert text.endswith(f"{PROMPT}restart\n{first}{PROMPT}q\n")


def test_weights_before_and_after_the_step():
    net, targets = next(networks())
    weights = net.layers[0].weights
    before = weights[0][0]
    commands = ["phase"] * 3 + ["show W1'", "element", "show W1'", "s", "show W1'"]
    commands += ["show W1[0][0]", "matrix", "show b1'", "layer", "show W2'", "show W1'[2]"]
    commands += ["show W1[0][0]", "c"]
    text = step(net, X, targets, commands)
    heads = re.findall(r"^([Wb]\d', .*?)(?: \(≈ rounded\))?:$", text, re.MULTILINE)
    assert heads == [
        "W1', 3 by 4, 0 of 12 so far",
        "W1', 3 by 4, 1 of 12 so far",
        "W1', 3 by 4, 2 of 12 so far",
        "W1', 3 by 4",
        "b1', 4 numbers, 0 of 4 so far",
        "b1', 4 numbers",
        "W2', 4 by 2, 0 of 8 so far",
    ]
    assert text.count(f"\nW1[0][0] = {before!r}\n") == 2
    changed = re.search(r"^W1'\[0\]\[0\] = (.*)$", text, re.MULTILINE)
    last = re.search(r"^W1'\[2\] = (\[.*?\])$", text, re.MULTILINE | re.DOTALL)
    net.update(net.backprop(X, targets), 0.25)
    assert float(changed[1]) == weights[0][0]
    assert eval(last[1]) == weights[2]


def test_names_of_the_field_and_what_is_not_there():
    net, targets = next(networks())
    commands = ["phase"] * 3 + ["show dL/dW1[0][0]", "show ∂L/∂a1[0][0]", "show δ2[0][0]"]
    commands += [
        "show da1/dz1[0][0]",
        "show w2[0][0]",
        "show dW2[0][0]",
        "show dL/dz1[0][0]",
        "show W9",
        "show W1[0][9]",
        "show W1[0][0][0]",
    ]
    commands += ["show inputs", "show print(1)", "show )(", "c"]
    text = step(net, X, targets, commands)
    for name in ("dL/dW1", "dL/da1", "delta2", "da1/dz1", "W2", "dL/dW2", "delta1"):
        assert re.search(rf"^{name}\[0\]\[0\] = \S+$", text, re.MULTILINE)
    assert "*** nothing is called W9 so far; there are x, y, learning_rate, W1, b1" in text
    assert "*** W1 has no [0][9]: it is 3 by 4, counted from 0\n" in text
    assert "*** W1 has no [0][0][0]: it is 3 by 4, counted from 0\n" in text
    assert "*** nothing is called inputs so far" in text
    assert "*** nothing is called print(1) so far" in text
    assert "*** nothing is called )( so far" in text


def test_help():
    text = session(["help", "help element", "help sh", "help w", "h", "q"])
    overview = text.split(f"{PROMPT}help\n")[1].split(PROMPT)[0]
    for name in ("op(eration)", "el(ement)", "ma(trix)", "la(yer)", "ph(ase)", "sh(ow)", "w(here)"):
        assert f"\n  {name} " in overview
    assert "Finish the element that is being computed" in text
    assert "Print a matrix by its name" in text
    assert "Say where in the training step this is" in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_added_commands_take_nothing_away_from_pdb():
    new = {name for name in vars(stepper.Stepper) if name.startswith("do_")}
    changed = {"do_where", "do_w", "do_bt", "do_help", "do_h", "do_break", "do_b"}
    assert changed <= new
    assert not any(hasattr(pdb.Pdb, name) for name in new - changed)


def test_the_table_of_functions_fits_the_source():
    for code, role in positions.FILLINGS.items():
        if role.result and code.co_name != "total_loss":  # it keeps no list
            assert role.result in code.co_varnames
        assert set(role.levels) <= set(code.co_varnames)
        for variable in (*role.indices, *([role.term] if role.term else [])):
            assert variable in code.co_varnames


# Ends, surroundings, arguments.


@pytest.mark.parametrize("commands", ["", "q\n", "op\n", "op\nexit\n", "matrix\nshow z1\nquit\n"])
def test_the_end_of_input_and_q_are_quiet(commands):
    finished = start(commands)
    assert finished.returncode == 0
    assert finished.stderr == ""
    assert finished.stdout.rstrip().endswith(PROMPT.rstrip())
    assert "Traceback" not in finished.stdout


def test_pdbrc_is_not_read(tmp_path):
    (tmp_path / ".pdbrc").write_text("p 'from the file'\n")
    finished = start("q\n", cwd=tmp_path, environment={"HOME": str(tmp_path)})
    assert finished.returncode == 0
    assert "from the file" not in finished.stdout


def test_no_colours_even_if_they_are_asked_for():
    plain = start("op\np 1/0\nmatrix\nq\n")
    coloured = start("op\np 1/0\nmatrix\nq\n", environment={"FORCE_COLOR": "1"})
    assert coloured.stdout == plain.stdout
    assert "\x1b" not in plain.stdout


def test_a_terminal_without_unicode():
    finished = subprocess.run(
        [sys.executable, "-m", "purenet", "step"],
        input=b"el\nshow z1\nshow W1\nq\n",
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"},
    )
    assert finished.returncode == 0
    text = finished.stdout.decode("ascii")
    assert "z1, 4 by 4, 1 of 16 so far (~ rounded):" in text
    assert re.search(r"0  0.548266 +\. +\. +\.\n", text)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["loop"], "found 'loop', expected two-layer, xor, deep, or a model file and a CSV file"),
        (["xor", "--sample", "4"], "--sample: found 4, expected 0 to 3"),
        (["xor", "--sample", "-1"], "--sample: found -1, expected 0 or more"),
        (["xor", "--learning-rate", "-1"], "--learning-rate: found -1.0, expected 0 or more"),
        (["xor", "--learning-rate", "nan"], "--learning-rate: found nan, expected a finite number"),
        (["no.json", "no.csv"], "no.json: "),
        (["xor", "--sample", "x"], "argument --sample: invalid int value: 'x'"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(arguments, message, tmp_path):
    finished = start("", *arguments, cwd=tmp_path)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert finished.stderr.startswith("purenet")
    assert message in finished.stderr
    assert finished.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["two-layer", "xor", "deep", "a table"])
def test_explain_and_step_show_the_same_samples_and_say_which(name, tmp_path, capsys):
    arguments = [name]
    if name == "a table":
        table = tmp_path / "plants.csv"
        rows = [f"{i * 0.5},{7 - i},{'reed' if i % 2 else 'moss'}" for i in range(8)]
        table.write_text("height,width,plant\n" + "\n".join(rows) + "\n")
        arguments = [str(tmp_path / "plants.json"), str(table)]
        options = ["--layers", "3", "--epochs", "1", "--validation", "0"]
        options += ["--target", "plant", "--out", arguments[0]]
        assert cli.main(["train", arguments[1], *options]) == 0
        capsys.readouterr()
    assert cli.main(["explain", *arguments, "--grain", "matrix"]) == 0
    explained, note = capsys.readouterr()
    stepped = session(["show x", "q"], *arguments)
    texts = [" ".join(text.split()) for text in (explained, stepped)]
    said = [re.search(r"step: ([^)]*\)),", text)[1] for text in texts]
    expected = {"deep": "1 sample (number 0 of 569)", "a table": "1 sample (number 0 of 8)"}
    assert said == [expected.get(name, "4 samples (all there are)")] * 2
    assert ("this is a step with sample 0 alone" in note) == (name in expected)
    rows = 1 if name in expected else 4
    assert re.search(rf"^x, {rows} by ", stepped, re.MULTILINE)
    assert re.search(rf"inputs, {rows} sample", explained)


def test_several_samples_can_be_chosen():
    net, targets = next(networks())
    output = io.StringIO()
    commands = io.StringIO("show x\nphase\nc\n")
    step_through(net, X, targets, sample=[3, 1], stdin=commands, stdout=output)
    text = output.getvalue()
    assert "One training step: 2 samples (number 3, 1 of 4), sum_of_squares" in text
    assert re.search(r"\n  0 +1 +1 +1\n  1 +0 +1 +1\n", text)
    for sample, message in ((4, "found 4, expected 0 to 3"), ([], "found none")):
        with pytest.raises(ValueError, match=f"sample: {message}"):
            step_through(net, X, targets, sample=sample, stdin=io.StringIO())


def test_commands_are_read_from_stdin_alone(capsys):
    net, targets = next(networks())
    step_through(net, X, targets, stdin=io.StringIO("p 6 * 7\nq\n"))
    assert "\n(purenet) 42\n(purenet) " in capsys.readouterr().out


def test_a_model_file_with_its_table(tmp_path, backend):
    data = tmp_path / "plants.csv"
    data.write_text(
        "height,width,kind\n1.5,0.5,reed\n2.5,0.25,reed\n0.25,0.75,moss\n0.5,1.5,moss\n"
    )
    table = purenet.read_csv(data, "kind")
    preparation = purenet.Preparation.from_table(table)
    net = backend.Network(
        [backend.Dense(2, 3, "tanh"), backend.Dense(3, 1, "sigmoid")],
        "binary_cross_entropy",
        seed=1,
    )
    inputs = preparation.inputs(table)
    net.fit(inputs, preparation.targets(table), epochs=3)
    model = backend.TableModel(net, preparation)
    model.save(tmp_path / "model.json")
    for chosen, number in (([], 0), (["--sample", "2"], 2)):
        text = session(
            ["show x[0]", "show x", "show y", "phase", "show a2[0][0]", "c"],
            str(tmp_path / "model.json"),
            str(data),
            *chosen,
        )
        words = f"1 sample (number {number} of 4), binary_cross_entropy, learning rate 0.1. layer 1"
        assert words in " ".join(text.split())
        assert f"\nx[0] = {inputs[number]!r}\n" in text
        assert f"\na2[0][0] = {net.predict(inputs)[number][0]!r}\n" in text
        assert "\nThe task: 2 columns in: height, width. Out: kind, one of 2: " in text
        assert text.count("\nInput 0 is height, 1 width.\n") == 1
        one, other = preparation.classes[1], preparation.classes[0]
        assert text.count(f"\n1 stands for {one}, 0 for {other}.\n") == 1
        # The same words as on paper, and the same answers.
        paper = " ".join(purenet.explain(model, str(data), sample=number).split())
        said = " ".join(text.split())
        for words in (
            r"The sample is number \d: .*? The network answers .*? the table says \w+\.",
            r"The network answered .*? now it answers .*? The table says \w+\.",
        ):
            assert re.search(words, said)[0] == re.search(words, paper)[0]
    net.save(tmp_path / "bare.json")
    finished = start("", str(tmp_path / "bare.json"), str(data))
    assert finished.returncode == 2
    assert "this network was saved without a table" in finished.stderr
    assert finished.stderr.count("\n") == 1


def test_a_compiled_network_is_stepped_through_in_pure_python(both):
    texts = []
    for package in both:
        layers = [package.Dense(3, 4, "tanh"), package.Dense(4, 1, "sigmoid")]
        net = package.Network(layers, "binary_cross_entropy", seed=3)
        net.fit(X, Y, epochs=5, learning_rate=0.5)
        texts.append(step(net, X, Y, ["op"] * 5 + ["phase"] * 3 + ["c"]))
    assert texts[0] == texts[1]


def test_tracing_is_given_back():
    def tracer(frame, event, argument):
        return None

    net, targets = next(networks())
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        step(net, X, targets, ["op", "q"])
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(before)


# The sessions in the README.

README = ROOT / "README.md"


def blocks_of_readme(first_line):
    """The fenced blocks of the README that begin with this line."""
    if not README.exists():
        pytest.skip("no README.md beside the package")
    fenced = re.findall(r"^```\w*\n(.*?)^```$", README.read_text(encoding="utf-8"), re.M | re.S)
    return [block for block in fenced if block.startswith(first_line)]


def test_the_sessions_with_step_in_the_readme_are_real():
    blocks = blocks_of_readme("$ python -m purenet step")
    assert blocks
    for block in blocks:
        line, _, shown = block.partition("\n")
        arguments = line.removeprefix("$ python -m purenet step").split()
        commands = re.findall(r"^\(purenet\) (.+)$", shown, re.MULTILINE)
        assert without_numbers(session(commands, *arguments)) == without_numbers(shown)


def test_the_session_with_pdb_in_the_readme_is_real(tmp_path):
    blocks = blocks_of_readme("$ python -m pdb example.py\n")
    assert blocks
    folder = tmp_path / "steps"
    eject(folder)
    for block in blocks:
        shown = block.partition("\n")[2]
        commands = re.findall(r"^\(Pdb\) (.+)$", shown, re.MULTILINE)
        finished = subprocess.run(
            [sys.executable, "-m", "pdb", "example.py"],
            input="".join(f"{command}\n" for command in commands),
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            cwd=folder,
            env={**os.environ, "HOME": str(tmp_path), "PYTHONPATH": ""},
        )
        text = "".join(
            f"(Pdb) {command}\n{answer}" if command else answer
            for command, answer in zip(
                ["", *commands], finished.stdout.split("(Pdb) "), strict=True
            )
        )
        text = text.replace(f"{os.path.realpath(folder)}{os.sep}", "")
        # Python 3.13 counts the first statement as a function's line, older ones the def.
        at = re.compile(r"(Breakpoint 1 at \S+:)\d+")
        assert at.sub(r"\1", text) == at.sub(r"\1", shown)


# Evaluation without side effects.


def parsed(text):
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a[1][0] * -b + 2.0", -4.0),
        ("a[-1][k] / 4", 0.75),
        ("1 if b else 2", None),
        ("-0.29 < b < 3", True),
        ("b != b or b == 2.0", True),
        ("not b > 1.0", False),
        ("d['key'] // 2", 3),
        ("d['key'] % 4", 3),
        ("+b", 2.0),
    ],
)
def test_evaluate(text, value):
    names = {"a": [[1.0], [3.0]], "b": 2.0, "k": 0, "d": {"key": 7}}
    if value is None:
        with pytest.raises(Unknown):
            value_of(parsed(text), names)
    else:
        assert value_of(parsed(text), names) == value


@pytest.mark.parametrize(
    "text",
    [
        "f(1.0)",
        "thing.value",
        "thing['x']",
        "items[0]",
        "thing + 1.0",
        "-thing",
        "thing < 1.0",
        "thing and True",
        "[x for x in items]",
        "(x := 1)",
        "(lambda: 1)",
        "numbers[9]",
        "numbers[thing]",
        "numbers[0:1]",
        "1.0 / 0.0",
        "2.0 ** 100000000",
        "missing",
        "f'{thing}'",
        "'a' * 1000000000",
    ],
)
def test_evaluate_runs_no_code(text):
    def forbidden(*arguments):
        raise AssertionError("code was run")

    class Thing:
        value = property(forbidden)
        __getattr__ = __getitem__ = __add__ = __neg__ = __lt__ = __bool__ = __index__ = forbidden
        __repr__ = __format__ = __eq__ = __hash__ = forbidden

    class Items(list):
        __getitem__ = __iter__ = forbidden

    names = {"f": forbidden, "thing": Thing(), "items": Items([1.0]), "numbers": [1.0]}
    with pytest.raises(Unknown):
        value_of(parsed(text), names)


def test_attributes_that_are_data():
    gradient = purenet.LayerGradient([[1.0]], [0.5], [[2.0]])
    layer = purenet.Dense(1, 1, initializer=[[3.0]])
    names = {"gradient": gradient, "self": layer, "math": math}
    assert value_of(parsed("self.weights[0][0] - gradient.biases[0]"), names) == 2.5
    assert value_of(parsed("math.inf"), names) == math.inf
    with pytest.raises(Unknown):
        value_of(parsed("self.parameter_count"), names)


def test_the_documentation_names_what_there_is():
    assert inspect.getdoc(stepper.Stepper.do_show) == help.HELP["show"]


# Layers with images and sequences, optimizers with memory.


def with_images():
    layers = [
        purenet.Conv2D((2, 3, 3), 2, 2, "relu", padding=(1, 0), l2=0.1),
        purenet.MaxPool2D((2, 1)),
        purenet.Dropout(0.25),
        purenet.Conv2D(None, 1, (1, 2), "tanh"),
        purenet.Flatten(),
        purenet.Dense(None, 2, "softmax"),
    ]
    net = purenet.Network(layers, "categorical_cross_entropy", seed=2)
    inputs = [[((7 * i + 5 * k) % 13 - 6) / 8 for k in range(18)] for i in range(2)]
    return net, inputs, [[1.0, 0.0], [0.0, 1.0]]


def with_steps():
    layers = [
        purenet.Recurrent((2, 2), 2, "tanh", sequences=True),
        purenet.Recurrent(None, 2, "sigmoid", l1=0.01),
        purenet.Dense(None, 1, "sigmoid"),
    ]
    inputs = [[0.5, -1.0, 0.25, 2.0], [1.0, 0.0, -0.5, 0.75]]
    return purenet.Network(layers, "mean_squared_error", seed=3), inputs, [[1.0], [0.0]]


def with_means():
    layers = [purenet.AveragePool2D(2, stride=1, inputs=(1, 2, 3)), purenet.Dense(2, 1)]
    return purenet.Network(layers, seed=4), [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]], [[1.0]]


@pytest.mark.parametrize("make", [with_images, with_steps, with_means])
def test_every_line_of_the_new_layers_evaluates_and_has_the_names_of_a_recording(make, monkeypatch):
    made = []
    monkeypatch.setattr(running, "Stepper", lambda *a: made.append(stepper.Stepper(*a)) or made[-1])
    net, inputs, targets = make()
    text = step(net, inputs, targets, ["op"] * 3000, None, optimizer="adam")
    assert "The training step is done." in text
    assert max(map(len, text.splitlines())) <= 80
    data = record(net, inputs, targets, optimizer="adam").data
    values = {
        name: data["operations"]["value"][identity]
        for name, identity in zip(data["numbers"]["name"], data["numbers"]["id"], strict=True)
    }
    checked = 0
    for source, lines in stops_of(text):
        if not lines or re.search(r"\w\(", lines[-1]):
            continue
        value = eval(lines[-1], dict(CONSTANTS))
        if len(lines) > 1 and not isinstance(value, bool):
            assert bits(eval(lines[-2], dict(CONSTANTS))) == bits(value), (source, lines)
        # The same line in names: every name has the number that stands in its place.
        if len(lines) == 3:
            for found in re.finditer(r"[\w/.']+(?:\[\d+\])+", lines[0]):
                if found[0] in values and "'" not in found[0]:
                    number = values[found[0]]
                    assert number in lines[1], (source, lines, found[0], number)
                    checked += 1
    assert checked > 20
    # The same names as in a recording.
    stepped = {name for name in made[0].matrices.values if not re.search(r"[.^]", name)}
    shared = ("intermediate", "squared_error", "cross_entropy")
    recorded = {m["name"] for m in data["matrices"] if m["role"] not in shared}
    assert stepped == recorded
    # And the step of training.
    trained = make()[0]
    trained.fit(inputs, targets, epochs=1, shuffle=False, optimizer="adam")
    (after,) = data["meta"]["losses_after"]
    if not any(layer.is_random for layer in net.layers):
        assert after == repr(trained.evaluate(inputs, targets).loss)
    assert text.endswith(f", after it {after}.\n")


def test_an_image_that_a_dense_layer_takes_has_its_names_in_the_transposed_matrix():
    layers = [purenet.MaxPool2D(1, inputs=(2, 1, 2)), purenet.Dense(None, 2, "tanh", bias=False)]
    net = purenet.Network(layers, seed=1)
    commands = ["phase", "phase", *["op"] * 15, "show a1^T", "c"]
    text = step(net, [[1.0, 2.0, 3.0, 4.0]], [[0.5, 0.25]], commands)
    assert "   = total + a1[0][0][0][1] * delta2[0][0]\n" in text
    assert "   = total + a1[0][1][0][0] * delta2[0][1]\n" in text
    assert "\na1^T, 4 by 1:\n" in text.replace(f"{PROMPT}show a1^T", "")


def test_clipping_is_stepped_through(monkeypatch):
    made = []
    monkeypatch.setattr(running, "Stepper", lambda *a: made.append(stepper.Stepper(*a)) or made[-1])
    net, inputs, targets = with_steps()
    options = {"clip_norm": 0.05, "clip_value": 0.1, "optimizer": "momentum"}
    commands = ["phase"] * 3 + ["where", "phase", "show norm", "show dL/dW1[0][0]"]
    commands += ["show clipped_W1[0][0]", "op", "op", "op", "phase", "c"]
    text = step(net, inputs, targets, commands, None, **options)
    assert f"{PROMPT}where\nclip\n" in text
    data = record(net, inputs, targets, **options).data
    values = {
        name: data["operations"]["value"][identity]
        for name, identity in zip(data["numbers"]["name"], data["numbers"]["id"], strict=True)
    }
    for name in ("norm", "dL/dW1[0][0]", "clipped_W1[0][0]"):
        assert f"\n{name} = {values[name]}\n" in text
    assert "   = momentum * velocity_W1[0][0] + clipped_W1[0][0]\n" in text
    stepped = {name for name in made[0].matrices.values if not re.search(r"[.^]", name)}
    shared = ("intermediate", "squared_error")
    assert stepped == {m["name"] for m in data["matrices"] if m["role"] not in shared}


def test_images_are_shown_channel_by_channel():
    net, inputs, targets = with_images()
    commands = ["show x", "el", "show z1", "where", "show z1[0][0][0][0]", "matrix", "matrix"]
    commands += ["where", "layer", "layer", "show mask3", "phase", "phase", "phase", "el"]
    commands += ["show first_moment_W1[0][1]", "matrix", "show W1'[1][0][1][1]", "c"]
    text = step(net, inputs, targets, commands, None, optimizer="adam")
    assert "x, 2 by 2 by 3 by 3:\nx[0][0], 3 by 3" in text
    assert "\nz1, 2 by 2 by 4 by 2, 1 of 32 so far:\nz1[0][0], 4 by 2, 1 of 8 so far" in text
    assert "\nlayer 1, forward: z1[0][0][0][1], dx = 0\n" in text
    first = net.forward(inputs, (0, 0))[0].z[0][0]
    assert text.count(f"\nz1[0][0][0][0] = {first!r}\n") == 2
    assert "\nlayer 2, forward: a2[0][0][0][0]" in text
    assert re.search(r"\nmask3, 2 by 2 by 2 by 2:\nmask3\[0\]\[0\], 2 by 2", text)
    assert "layer 1, update: W1'[0][0][0][0]" in text
    trained = with_images()[0]
    trained.fit(inputs, targets, epochs=1, shuffle=False, optimizer="adam")
    assert f"\nW1'[1][0][1][1] = {trained.layers[0].weights[1][0][1][1]!r}\n" in text
