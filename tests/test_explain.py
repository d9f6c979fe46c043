"""Worked steps: what stands behind = is exact, every text fits, every number names its source."""

import copy
import html
import json
import math
import re
import subprocess
import sys

import networks
import pytest
from bits import assert_same_bits
from test_recording import PYTHON_NAMES, large

import purenet
from purenet.commands import cli
from purenet.seeing import notation
from purenet.seeing.paper.explain import GRAINS, Explanation, explain, written
from purenet.seeing.paper.markdown import _escaped, as_markdown, latex
from purenet.seeing.paper.text import as_text, fold
from purenet.seeing.recording.record import record

NAMES = list(networks.SHAPES)


def worked(name, module=purenet, **options):
    net, inputs, targets = networks.make(module, name)
    return explain(net, inputs, targets, 0.5, **options)


# An independent reader of the text.

FIRST = re.compile(r"^((?:\(\d+\)|[^\s=]+(?: \[.*\])?)) = (.*)$")


def equations(text):
    """Return (name, [sides]) for every ``name = ... = ...``, folded lines put together."""
    found = []
    name = None
    for line in text.splitlines():
        first = FIRST.match(line)
        if first:
            name, sides = first[1], [first[2]]
            indent = len(name) + 1
            found.append((name, sides))
        elif name and re.match(rf"^ {{{indent}}}= ", line):
            sides.append(line.strip()[2:])
        elif name and re.match(rf"^ {{{indent}}}\S", line):
            sides[-1] += " " + line.strip()
        elif name and line.startswith(" " * (indent + 2)) and not line.strip().startswith("="):
            pass  # function and line
        elif re.match(r"^[^\s=]{27,}$", line):
            name, sides, indent = line, [], 4
            found.append((name, sides))
        else:
            name = None
    return [(name, sides) for name, sides in found if sides]


CONSTANTS = {
    **{key: getattr(purenet.elementary, key) for key in dir(purenet.elementary) if key.isupper()},
    "LEAKY_SLOPE": 0.01,
    **PYTHON_NAMES,
}


def in_numbers(text, values):
    """Return a formula in names with each name's value in its place."""
    found = re.sub(
        r"(?<![\w.\])])(?:\(\d+\)|[^\s()*+,-]*[^\W\d][^\s()*+,-]*)",
        lambda name: f"({values[name[0]]})" if name[0] in values else name[0],
        text,
    )
    return found


@pytest.mark.parametrize("open_functions", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_every_printed_line_evaluates_to_its_result(name, open_functions):
    explanation = worked(name, open_functions=open_functions)
    recording = explanation.recording.data
    values = {}
    for text_name, identity in zip(
        recording["numbers"]["name"], recording["numbers"]["id"], strict=True
    ):
        values[notation.symbol(text_name)] = recording["operations"]["value"][identity]
    seen = set()
    for left, sides in equations(explanation[explanation.index("Given\n-----") :]):
        result = eval(sides[-1], dict(PYTHON_NAMES))
        if isinstance(result, list):
            for place, each in enumerate(result):
                key = re.sub(r"\[:\]", f"[{place}]", left) if "[:]" in left else f"{left}[{place}]"
                assert repr(each) == values[key]
                seen.add(key)
            continue
        assert sides[-1] == values[left]
        seen.add(left)
        for side in sides[1:-1]:
            assert_same_bits(eval(side, dict(PYTHON_NAMES)), result, left)
        # In names: with each name's value in its place it is the same again.
        assert_same_bits(eval(in_numbers(sides[0], values), dict(CONSTANTS)), result, left)
    assert seen == set(values)


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_evaluates_to_its_result(name):
    explanation = worked(name, grain="operation")
    found = equations(explanation[explanation.index("Layer 1 forward\n") :])
    assert len(found) == explanation.recording.data["meta"]["counts"]["operations"]
    recording = explanation.recording.data
    values = {
        notation.symbol(name_): recording["operations"]["value"][identity]
        for name_, identity in zip(
            recording["numbers"]["name"], recording["numbers"]["id"], strict=True
        )
    }
    for left, sides in found:
        # (3) is the result of the third operation of this number.
        assert left in values or re.fullmatch(r"\(\d+\)", left)
        result = eval(sides[-1], dict(PYTHON_NAMES))
        for side in sides[1:-1]:
            assert_same_bits(eval(side, dict(PYTHON_NAMES)), result, left)
        assert_same_bits(eval(in_numbers(sides[0], values), dict(CONSTANTS)), result, left)
        values[left] = sides[-1]
    assert sides[-1] == values[left]


@pytest.mark.parametrize("ascii_", [False, True])
@pytest.mark.parametrize("grain", GRAINS)
@pytest.mark.parametrize("name", NAMES)
def test_text_fits_eighty_columns(name, grain, ascii_):
    recording = worked(name, steps=2).recording
    text = as_text(recording, grain, ascii=ascii_)
    assert max(map(len, text.splitlines())) <= 80
    assert not any(line != line.rstrip() for line in text.splitlines())
    assert text.endswith("\n") and not text.endswith("\n\n")
    assert text.isascii() == ascii_
    assert "{" not in text
    if not ascii_:
        assert "∂L/∂W1" in text and "δ1" in text and "W1′" in text


def test_ascii_text_says_the_same():
    recording = worked("relu").recording
    signs = as_text(recording)
    plain = as_text(recording, ascii=True)
    assert "dL/dW1[0][2]" in plain and "delta1[0][2]" in plain and "W1'[0][2]" in plain
    flat = [" ".join(text.split()) for text in (notation.in_ascii(signs), plain)]
    # Underlines follow the length of their heading, and those are the same in both.
    assert flat[0] == flat[1]


def test_long_sums_are_folded_and_come_back():
    net, inputs, targets = large(purenet)
    text = explain(net, inputs, targets, sample=1, layer=0, unit=29)
    assert max(map(len, text.splitlines())) <= 80
    found = dict(equations(text))
    names, numbers, result = found["z1[0][29]"]
    assert names.count("*") == numbers.count("*") == 784
    assert names.startswith("x[0][0] * W1[0][29] + x[0][1] * W1[1][29] + ")
    assert repr(eval(numbers)) == result
    assert result == repr(net.feedforward([inputs[1]])[0].z[0][29])
    weights = eval(found["W1[:][29]"][0])
    assert weights == [row[29] for row in net.layers[0].weights]
    assert "Only unit 29 of layer 1, layers[0] in Python, is shown" in text


def test_a_formula_is_folded_before_an_operator():
    lines = fold("W1[0][0]", "(1.0 - 0.5) * " + " * ".join(["0.123456789"] * 12), "0.5")
    assert all(len(line) <= 80 for line in lines)
    assert all(line.strip()[0] in "=*W" for line in lines)
    joined = " ".join(line.strip() for line in lines)
    name, names, result = joined.split(" = ")
    assert (name, result) == ("W1[0][0]", "0.5")
    assert names == "(1.0 - 0.5) * " + " * ".join(["0.123456789"] * 12)
    assert fold("a_name_that_is_much_too_long_for_one", "1.0")[1] == "    = 1.0"


def test_each_number_names_function_and_line():
    explanation = worked("relu")
    data = explanation.recording.data
    for source in data["sources"]:
        assert source["lines"][0].lstrip().startswith("def ")
    found = re.findall(r"([\w.]+), (\w+\.py) lines? ([\d, ]+\d)", explanation)
    assert len(found) > 100
    lines = {
        (source["function"], source["file"].rsplit("/", 1)[-1]): (
            source["first_line"],
            len(source["lines"]),
        )
        for source in data["sources"]
    }
    for function, file, numbers in found:
        first, length = lines[function, file]
        for number in numbers.split(", "):
            assert first < int(number) < first + length
    functions = {function for function, _, _ in found}
    assert {
        "dot",
        "add_bias",
        "relu",
        "leaky_relu",
        "sigmoid",
        "multiply",
        "GradientDescent.step",
        "training_step",
    } <= functions


def test_rounded_numbers_are_marked_and_others_are_not():
    text = as_text(worked("sigmoid").recording, "matrix")
    data = worked("sigmoid").recording.data
    for matrix in data["matrices"]:
        symbol = re.escape(notation.symbol(matrix["name"]))
        ids = matrix["ids"]
        flat = [ids] if isinstance(ids, int) else []
        for row in [] if isinstance(ids, int) else ids:
            flat += row if isinstance(row, list) else [row]
        values = [data["operations"]["value"][identity] for identity in flat]
        rounded = any(float(f"{float(value):.6g}") != float(value) for value in values)
        sign = re.search(rf"^{symbol} ([=≈])", text, re.MULTILINE)[1]
        assert sign == ("≈" if rounded else "=")
        for value in values:
            assert f"{float(value):.6g}" in text


def test_a_wide_matrix_is_cut_into_blocks_of_columns():
    layers = [purenet.Dense(3, 40, "tanh"), purenet.Dense(40, 1)]
    net = purenet.Network(layers, seed=1)
    text = explain(net, [[1.0, 2.0, 3.0]], [1.0], grain="matrix")
    assert max(map(len, text.splitlines())) <= 80
    heads = re.findall(r"\[(\d+)\]", " ".join(re.findall(r"^ {6,}(\[.*)$", text, re.MULTILINE)))
    assert set(map(str, range(40))) <= set(heads)


def test_an_explanation_is_its_text():
    explanation = worked("sigmoid")
    assert isinstance(explanation, str)
    assert repr(explanation) == str(explanation) == explanation
    assert explanation.startswith("One training step of a 3-4-1 network, worked\n")
    assert isinstance(explanation, Explanation)


def test_the_loss_after_the_step_is_that_of_the_trained_network(both):
    for module in both:
        net, inputs, targets = networks.make(module, "tanh")
        found = explain(net, inputs, targets, 0.5, sample=[2, 0], steps=2)
        chosen = [inputs[2], inputs[0]], [targets[2], targets[0]]
        net.fit(*chosen, epochs=2, learning_rate=0.5, batch_size=2, shuffle=False)
        after = net.evaluate(*chosen).loss
        assert found.recording.data["meta"]["losses_after"][-1] == repr(after)
        assert f"The loss of the same samples after it is {after!r}.\n" in found
        assert f"after it is {after!r}.\n" in as_markdown(found.recording)
    net, inputs, targets = networks.make(both[0], "tanh")
    layers = [both[0].Dense(3, 4), both[0].Dropout(0.5), both[0].Dense(4, 2)]
    text = explain(both[0].Network(layers, seed=1), inputs, targets, steps=2)
    losses = [text.recording.data["meta"][key] for key in ("losses", "losses_after")]
    assert losses[0][1] == losses[1][0]  # with the same units left out


def test_the_end_says_what_has_changed(both):
    explanation = worked("relu", both[1], steps=2)
    data = explanation.recording.data
    end = explanation[explanation.index("\nEnd\n---\n") :]
    losses = [data["meta"][key][place] for key, place in (("losses", 0), ("losses_after", -1))]
    assert " ".join(end.split()).startswith(
        f"End --- The loss of these samples was {losses[0]} and is {losses[1]}, ≈"
    )
    net, inputs, targets = networks.make(purenet, "relu")
    before = copy.deepcopy(
        [[getattr(layer, name) for layer in net.layers] for name in ("weights", "biases")]
    )
    net.fit(inputs, targets, epochs=2, learning_rate=0.5, shuffle=False)
    moves = {}
    for number, layer in enumerate(net.layers):
        for k, row in enumerate(layer.weights):
            for j, weight in enumerate(row):
                moves[f"W{number + 1}[{k}][{j}]"] = weight - before[0][number][k][j]
        for j, bias in enumerate(layer.biases):
            moves[f"b{number + 1}[{j}]"] = bias - before[1][number][j]
    largest = sorted(moves, key=lambda name: -abs(moves[name]))[:5]
    found = re.findall(r"^    (\S+) .* ≈ (\S+)$", end, re.MULTILINE)
    assert found == [(name, f"{moves[name]:.6g}") for name in largest]


def test_what_is_said_fits_the_grain_and_the_samples():
    recording = worked("relu", sample=[2, 0]).recording
    texts = {grain: as_text(recording, grain) for grain in GRAINS}
    assert "For sample 2, unit 0 of layer 1 adds up" in texts["operation"]
    assert "For sample 1," not in texts["operation"]
    starts = [grain for grain in GRAINS if "at which a sum starts" in texts[grain]]
    exact = [grain for grain in GRAINS if "Python gives the printed result" in texts[grain]]
    assert (starts, exact) == (["number"], ["number", "operation"])
    for samples, formula in (([1], "loss[0] / count"), ([1, 2], "(loss[0] + loss[1]) / count")):
        assert f"\nL: {formula}  (loss)\n" in worked("relu", sample=samples, grain="matrix")


def test_steps_follow_each_other():
    text = worked("sigmoid", steps=3)
    assert text.startswith("3 training steps of a 3-4-1 network, worked")
    assert [text.index(f"\nStep {step}\n======\n") for step in range(3)]
    second = text[text.index("\nStep 1\n") :]
    assert "\nW1[0][0] =" not in second  # carried from the step before, where it is W1′
    assert text.count("W1′[0][0] = W1[0][0] - learning_rate * ∂L/∂W1[0][0]") == 3


def test_special_values_are_printed_as_python_reads_them():
    net = purenet.Network([purenet.Dense(2, 1, "linear", initializer=[[math.inf], [-0.0]])], seed=1)
    text = explain(net, [[-0.0, 5e-324]], [1.0])
    found = dict(equations(text))
    assert found["z1[0][0]"][1] == "(-0.0) * inf + 5e-324 * (-0.0) + 0.0"
    assert found["z1[0][0]"][2] == "nan"
    assert "It ends here: training diverged: layer 0, weights[0][0] is nan." in text


# Markdown.


@pytest.mark.parametrize("grain", GRAINS)
@pytest.mark.parametrize("name", NAMES)
def test_markdown_is_what_github_renders(name, grain):
    recording = worked(name, steps=2).recording
    text = as_markdown(recording, grain)
    prose, mathematics, kind = [], [], None
    for line in text.splitlines():
        if line.startswith("```"):
            assert line == "```" if kind else line in ("```math", "```text")
            kind = None if kind else line[3:]
        elif kind is None:
            prose.append(line)
        elif kind == "math":
            mathematics.append(line)
    assert kind is None
    assert "$" not in text
    for line in prose:
        # Outside of code no sign is left to Markdown but the bars of tables.
        rest = re.sub(r"`[^`]*`", "", line)
        assert not re.search(r"(?<!\\)[*_<>]", rest), line
        assert "|" not in line or (line.startswith("| ") and line.endswith(" |")), line
    for before, after in zip(prose, prose[1:], strict=False):
        if after.startswith("|"):
            assert before == "" or before.count("|") == after.count("|")
        if before == "" and after.startswith(("| sample |", "|  | before |")):
            continue  # the samples at the start, the largest moves at the end
        if before == "" and after.startswith("|"):
            assert " `" in after and ("` ≈ |" in after or "` = |" in after)
    for line in mathematics:
        assert line.isascii() and " = " in line
        assert line.count("{") == line.count("}")
    if grain != "matrix":
        assert "z1[0][0] = " in text
    for matrix in recording.data["matrices"]:
        if matrix["given"] is None:
            assert f"### {_escaped(notation.symbol(matrix['name']))}\n" in text


@pytest.mark.parametrize("name", NAMES)
def test_every_formula_has_its_mathematics(name):
    for matrix in worked(name).recording.data["matrices"]:
        if matrix["formula"] is not None:
            formula = latex(matrix["formula"])
            assert formula.isascii()
            # Whatever is a word stands in \text or \mathrm, so that it is not set as a product.
            rest = re.sub(r"\\(?:text|mathrm)\{[^}]*\}", "", formula)
            rest = re.sub(r"\\[a-z]+", "", rest)
            assert not re.search(r"[A-Za-z]{2,}", rest), formula
            assert not re.search(r"\\(text|mathrm)\{\\(text|mathrm)", formula)


def test_mathematics_in_latex():
    assert latex("x · W1 + b1") == r"x \cdot W_{1} + b_{1}"
    assert latex("∂L/∂a1 ⊙ ∂a1/∂z1") == (
        r"\frac{\partial L}{\partial a_{1}} \odot \frac{\partial a_{1}}{\partial z_{1}}"
    )
    assert latex("a1ᵀ · δ2") == r"a_{1}^{\mathsf{T}} \cdot \delta_{2}"


# Other formats, refusals, the command.


def test_json_is_the_recording_and_html_the_page():
    net, inputs, targets = networks.make(purenet, "sigmoid")
    recording = record(net, inputs, targets, 0.5)
    assert json.loads(worked("sigmoid", format="json")) == recording.data
    page = worked("sigmoid", format="html")
    assert page.startswith("<!DOCTYPE html>") or page.startswith("<!doctype html>")
    assert "z1[0][0] = x[0][0] * W1[0][0]" in page
    page = worked("sigmoid", format="html", grain="matrix")
    assert ' data-open-at="matrix" ' in page and "z1[0][0] = x[0][0] * W1[0][0]" not in page


def test_both_backends_explain_the_same(both):
    for name in NAMES:
        assert worked(name, both[0]) == worked(name, both[1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"grain": "atom"}, "grain: found 'atom', expected one of matrix, number, operation"),
        ({"format": "pdf"}, "format: found 'pdf', expected one of text, markdown, html, json, "),
        ({"sample": 9}, "sample: found 9"),
        ({"limit": 5}, "this recording would have about"),
    ],
)
def test_unusable_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        worked("sigmoid", **options)


def run(capsys, *arguments):
    status = cli.main(["explain", *map(str, arguments)])
    output, errors = capsys.readouterr()
    return status, output, errors


@pytest.mark.parametrize("name", ["two-layer", "xor", "deep"])
def test_the_command_works_the_walkthroughs(name, capsys):
    status, output, errors = run(capsys, name)
    assert status == 0
    assert max(map(len, output.splitlines())) <= 80
    if name == "deep":
        assert errors.startswith("deep has 569 samples; this is a step with sample 0 alone")
        assert "number 0 of 569" in output
    else:
        assert errors == ""
        assert "4 samples (all there are)" in output


def test_the_command_works_a_model_on_its_table(tmp_path, capsys):
    table = tmp_path / "plants.csv"
    rows = [f"{i * 0.5},{7 - i},{'reed' if i % 2 else 'moss'}" for i in range(8)]
    table.write_text("height,width,plant\n" + "\n".join(rows) + "\n")
    model = tmp_path / "plants.json"
    options = ["--layers", "3", "--epochs", "2", "--l2", "0", "--test", "0"]
    assert cli.main(["train", str(table), "--target", "plant", "--out", str(model), *options]) == 0
    capsys.readouterr()
    status, output, _ = run(capsys, model, table, "--sample", 5, "--grain", "matrix")
    assert status == 0
    trained = purenet.load(model)
    inputs = trained.preparation.inputs([[2.5, 2.0]])
    assert f"{trained.prepared_network.feedforward(inputs)[0].z[0][1]:.6g}" in output
    assert "The task: 2 columns in: height, width. Out: plant, one of 2: moss, reed." in output
    assert "The sample is number 5: plants.csv, line 7." in output
    answers = *trained.predict([[2.5, 2.0]]), trained.probabilities([[2.5, 2.0]])[0]
    said = f"{answers[0]} (probability ≈ {answers[1][answers[0]]:.4g})"
    assert f"The network answers {said}; the table says reed." in output
    assert re.search(r"^    height +2.5 +x\[0\]\[0\] ≈ ", output, re.MULTILINE)
    flat = " ".join(output.split())
    assert "Input 0 is height, 1 width." in flat and "1 stands for reed, 0 for moss." in flat
    task = explain(trained, table, sample=[7, 2], format="json").recording.data["meta"]["task"]
    assert [row["cells"] for row in task["rows"]] == [["3.5", "0"], ["1", "5"]]
    assert [row["target"] for row in task["rows"]] == ["reed", "moss"]
    assert [row["answer"] for row in task["answers"]] == trained.predict([[3.5, 0], [1, 5]])
    with pytest.raises(ValueError, match="expected none, because the rows of a table"):
        explain(trained, table, [[1.0]])
    assert "number 5 of 8" in output
    status, _, errors = run(capsys, model)
    assert status == 2 and "expected two-layer, xor, deep, or a model file and a CSV file" in errors


def test_the_command_writes_files(tmp_path, capsys):
    for suffix, start in ((".md", "# One"), (".json", "{"), (".html", "<!"), (".txt", "One")):
        path = tmp_path / f"step{suffix}"
        status, output, errors = run(capsys, "two-layer", "-o", path, "--layer", 1)
        assert (status, errors) == (0, "")
        assert output.startswith("Recording(") and output.endswith(f" written to {path}\n")
        assert path.read_text(encoding="utf-8").startswith(start)
    status, output, _ = run(
        capsys, "two-layer", "--format", "json", "--steps", 2, "--learning-rate", 2
    )
    assert json.loads(output)["meta"]["learning_rate"] == "2.0"
    status, output, _ = run(capsys, "two-layer", "--sample", 1, "--sample", 3, "--format", "json")
    assert json.loads(output)["meta"]["samples"] == [1, 3]
    status, output, _ = run(capsys, "xor", "--layer", 0, "--unit", 2, "--open-functions")
    assert "a1[0][2].exp.k" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["three-layer"], "found 'three-layer', expected two-layer, xor, deep, or a model file"),
        (["two-layer", "--layer", "2"], "layer: found 2, expected 0 to 1"),
        (["two-layer", "--unit", "0"], "unit: found 0 without a layer"),
        (["deep", "--sample", "569"], "sample: found 569, expected 0 to 568"),
        (["two-layer", "--steps", "100"], "this recording would have about 49,"),
    ],
)
def test_the_command_refuses_in_one_line(arguments, message, capsys):
    status, output, errors = run(capsys, *arguments)
    assert (status, output) == (2, "")
    assert errors.startswith("purenet: ") and message in errors
    assert errors.count("\n") == 1


def test_the_command_writes_ascii_where_the_screen_has_no_other_signs():
    result = subprocess.run(
        [sys.executable, "-m", "purenet", "explain", "two-layer", "--grain", "matrix"],
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii", "PATH": ""},
        cwd=str(next(iter(purenet.__path__))) + "/..",
    )
    assert result.returncode == 0, result.stderr
    assert b"dL/dW1 ~" in result.stdout and b"delta1" in result.stdout


def test_notebooks_show_the_page_in_a_frame(backend):
    net = backend.Network([backend.Dense(2, 1)], seed=1)
    explanation = backend.explain(net, [[0.5, 1.0]], [[1.0]])
    frame = explanation._repr_html_()
    assert 'sandbox="allow-scripts allow-downloads allow-forms"' in frame
    page = html.unescape(re.search('srcdoc="([^"]*)"', frame)[1])
    assert page == written(explanation.recording, None, "html")
