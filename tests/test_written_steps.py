"""What stands in the text of a step, read as a person reads it and compared with the recording."""

import math
import re

import networks
import pytest
from test_recording import Reader
from test_what_is_said import recorded, said_of

import purenet

WRITTEN = {"signs": {}, "ascii": {"ascii": True}, "markdown": {"format": "markdown"}}


@pytest.fixture(params=["relu", "softmax"])
def two_steps(request):
    """Two steps with samples 2 and 0: their numbers are not their rows."""
    return Reader(recorded(request.param, steps=2, sample=[2, 0])), request.param


def text_of(name, **options):
    net, inputs, targets = networks.make(purenet, name)
    return purenet.explain(net, inputs, targets, 0.5, steps=2, sample=[2, 0], **options)


def plain_symbol(name):
    return (
        name.replace("dL/d", "∂L/∂").replace("delta", "δ").replace("'", "′")
        if "/dz" not in name
        else name.replace("d", "∂")
    )


def test_the_facts_are_those_of_the_recording(two_steps):
    reader, name = two_steps
    meta, operations = reader.data["meta"], reader.operations
    head = " ".join(text_of(name).partition("\nGiven\n")[0].split())
    layers = meta["network"]["layers"]
    sizes = [layers[0]["inputs"], *(layer["outputs"] for layer in layers)]
    assert f"2 training steps of a {'-'.join(map(str, sizes))} network, worked" in head
    for number, layer in enumerate(layers, 1):
        said = f"layer {number} has {layer['inputs']} inputs and {layer['outputs']} units, "
        said += layer["activation"] + ("" if layer["bias"] else ", without biases")
        assert f"{said};" in head or f"{said}." in head
    assert f"2 samples (number 2, 0 of 3), {meta['network']['loss']}, learning rate 0.5." in head
    assert "row 0 is sample 2, row 1 is sample 0." in head
    leaves = ("given", "literal", "constant")
    made = [m for m in reader.data["matrices"] if m["given"] is None]
    numbers = sum(math.prod(m["shape"]) for m in made)
    count = sum(op not in leaves for op in operations["op"])
    assert (
        f"It took {count:,} operations, which make {numbers:,} numbers in {len(made)} matr" in head
    )
    for step in range(2):
        assert f"The loss before step {step} is {reader.value('L', step)!r}." in head
    assert f"The loss of the same samples after it is {meta['losses_after'][1]}." in head


@pytest.mark.parametrize("form", WRITTEN)
def test_every_table_shows_the_numbers_in_their_places(two_steps, form):
    reader, name = two_steps
    text = text_of(name, grain="matrix", **WRITTEN[form])
    text = re.sub(r"```math.*?```", "", text, flags=re.DOTALL)
    steps = re.split(r"^#? ?Step \d\n", text, flags=re.MULTILINE)[1:]
    seen = 0
    columns = (reader.numbers[key] for key in ("step", "name"))
    places = {key: n for n, key in enumerate(zip(*columns, strict=True))}
    for step, part in enumerate(steps):
        part = part.partition("\n## End" if form == "markdown" else "\nEnd\n")[0]
        matrix, heads, shown = None, [], {}
        for line in part.splitlines():
            words = line.replace("|", " ").replace("`", "").split()
            if len(words) >= 2 and words[1] in ("=", "≈", "~") and "[" not in words[0]:
                matrix, heads = words[0], words[2:] if form == "markdown" else []
                if heads and not heads[0].startswith("["):  # a number alone
                    shown[matrix], heads = heads[0], []
                elif form != "markdown" and len(words) == 3:
                    shown[matrix] = words[2]
            elif matrix and words and words[0].startswith("["):
                if form != "markdown" and re.fullmatch(r"(\[\d+\] ?)+", " ".join(words)):
                    heads = words
                    continue
                row, *cells = words
                for head, cell in zip(heads or [""], cells, strict=True):
                    shown[f"{matrix}{row}{head}"] = cell
            elif not line.startswith(("| ---", " ")) and line and form != "markdown":
                matrix, heads = None, []
        for key, identity in ((k, i) for (at, k), i in reader.ids.items() if at == step):
            place = plain_symbol(key) if form != "ascii" else key
            matrix = reader.numbers["matrix"][places[step, key]]
            given = reader.data["matrices"][matrix]["given"]
            if given == "carried" or (step and given in ("data", "setting")):
                assert place not in shown
                continue
            assert shown.pop(place) == f"{reader.values[identity]:.6g}", (step, place)
            seen += 1
        assert shown == {}
    assert seen > 100
    flat = " ".join(text.replace("\\", "").split())
    for matrix in reader.data["matrices"]:
        sizes = zip(matrix["shape"], matrix["axes"], strict=True)
        size = " by ".join(f"{length} {axis}{'s' * (length != 1)}" for length, axis in sizes)
        title = matrix["title"] + (f", {size}" if size else "")
        if form == "ascii":
            title = title.replace("∂", "d").replace("δ", "delta")
        assert f"{title}{')' if matrix['given'] is None and form != 'markdown' else '.'} " in flat


def test_every_number_names_its_lines_and_every_operation_its_sentence(two_steps):
    reader, name = two_steps
    data, operations, numbers = reader.data, reader.operations, reader.numbers

    def place_of(identity):
        source, line, *_ = data["places"][operations["place"][identity]]
        found = data["sources"][source]
        return found["function"], found["file"].rsplit("/", 1)[-1], line

    leaves = ("given", "literal", "constant")
    own = {}
    for identity, owner in enumerate(operations["number"]):
        if owner is not None and operations["op"][identity] not in leaves:
            own.setdefault(owner, []).append(identity)
    text = re.sub(r"\n +(?![=+\-*/ ])", " ", text_of(name))
    details = re.sub(r"\n +(?![=+\-*/ ])", " ", text_of(name, grain="operation"))
    at = details_at = 0
    for place in sorted(own):
        symbol = plain_symbol(numbers["name"][place])
        at = text.index(f"\n{symbol} = ", at)
        said = text[at:].split("\n\n")[0]
        found = {
            (function, file, int(line))
            for function, file, lines in re.findall(r"([\w.]+), (\w+\.py) lines? ([\d, ]+)", said)
            for line in re.findall(r"\d+", lines)
        }
        assert found == {place_of(identity) for identity in own[place]}, symbol
        # Operation by operation: in their order, each with its line and what it does.
        details_at = details.index(f"\n{symbol}: ", details_at)
        if not data["matrices"][numbers["matrix"][place]]["shape"]:
            details_at = details.index(f"\n{symbol}: ", details_at + 1)  # behind the heading
        block = " ".join(details[details_at:].split("\n\n")[0].split())
        assert block.startswith(f"{symbol}: {said_of(reader, place)} "), block
        labels = {identity: f"({n})" for n, identity in enumerate(own[place], 1)}
        labels[numbers["id"][place]] = symbol
        names = {
            i: plain_symbol(k)
            for (step, k), i in reader.ids.items()
            if step == numbers["step"][place]
        }
        start = 0
        for identity in own[place]:
            function, file, line = place_of(identity)
            start = block.index(f" {labels[identity]} = ", start)
            start = block.index(f"{function}, {file} line {line}", start)
            sentence = data["sentences"][operations["sentence"][identity]]
            for key in ("a", "b"):
                operand = operations[key][identity]
                if operand is not None:
                    called = labels.get(operand) or names.get(operand)
                    called = called or operations["name"].get(str(operand))
                    called = called or operations["value"][operand]
                    sentence = sentence.replace(f"{{{key}}}", called)
            sentence = sentence.replace("{column}", str(numbers["column"][place]))
            rest = block[start + len(f"{function}, {file} line {line}") :]
            if rest.startswith(":"):
                assert rest.startswith(f": {sentence}"), (symbol, rest[:90], sentence)


def flowers():
    rows = [[1.0, "red"], [2.0, "blue"], [4.0, "red"], [8.0, "blue"]]
    table = purenet.Table(["height", "colour"], rows, "kind", ["reed", "moss", "fern", "moss"])
    preparation = purenet.Preparation.from_table(table, "classes")
    layers = [purenet.Dense(preparation.width, 3, "softmax")]
    net = purenet.Network(layers, "categorical_cross_entropy", seed=2)
    return purenet.TableModel(net, preparation), table


@pytest.mark.parametrize("rate", [0.5, 40.0])
def test_the_start_and_the_end_are_those_of_the_samples(rate):
    model, table = flowers()
    text = purenet.explain(model, table, learning_rate=rate, sample=[2, 0, 1], grain="matrix")
    meta = text.recording.data["meta"]
    shares = model.probabilities([[4.0, "red"], [1.0, "red"], [2.0, "blue"]])
    said = re.findall(r"^    (\d) +(\w+) +(\w+) \(probability (\S+)\)$", text, re.MULTILINE)
    assert said == [
        (str(sample), kind, (best := max(row, key=row.get)), f"{row[best]:.4g}")
        for sample, kind, row in zip([2, 0, 1], ["fern", "reed", "moss"], shares, strict=True)
    ]
    before = [row[:] for row in model.prepared_network.layers[0].weights]
    chosen = table.part([2, 0, 1])
    given = model.preparation.inputs(chosen), model.preparation.targets(chosen)
    model.prepared_network.fit(*given, epochs=1, learning_rate=rate, shuffle=False)
    after = model.prepared_network.evaluate(*given).loss
    change = after / float(meta["losses"][0]) - 1
    end = " ".join(text[text.index("\nEnd\n") :].split())
    assert f"{after!r}, ≈ {abs(100 * change):.2g}% {'less' if change < 0 else 'more'}." in end
    assert (change < 0) == (rate < 1)
    answers = model.predict([[4.0, "red"], [1.0, "red"], [2.0, "blue"]])
    assert [answer["answer"] for answer in meta["task"]["answers_after"]] == answers
    assert meta["outputs_after"] == [
        list(map(repr, row)) for row in model.prepared_network.predict(given[0])
    ]
    moves = re.findall(
        r"^    W1\[(\d)\]\[(\d)\] .* ≈ (\S+) +from (\S+) to (\w+)$", text, re.MULTILINE
    )
    names, kinds = model.preparation.input_names, model.classes
    largest = max(
        abs(new - old)
        for row, old_row in zip(model.prepared_network.layers[0].weights, before, strict=True)
        for new, old in zip(row, old_row, strict=True)
    )
    assert f"{largest:.6g}" in moves[0][2]
    for row, column, move, column_name, kind in moves:
        k, j = int(row), int(column)
        assert (column_name, kind) == (names[k], kinds[j])
        weight = model.prepared_network.layers[0].weights[k][j]
        assert move == f"{weight - before[k][j]:.6g}"


def test_targets_and_outputs_at_the_start_are_those_of_the_samples():
    text = text_of("softmax")
    net, inputs, targets = networks.make(purenet, "softmax")
    for sample in (2, 0):
        target, found = (
            ", ".join(f"{value:.6g}" for value in row)
            for row in (targets[sample], net.predict([inputs[sample]])[0])
        )
        assert re.search(rf"^    {sample}  +{target}  +{found}$", text, re.MULTILINE)
