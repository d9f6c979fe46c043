"""The worksheet: what is asked can be looked up or was answered before, and the key is right."""

import html
import re

import networks
import pytest
from test_recording import PYTHON_NAMES, Reader

import purenet
from purenet.commands import cli
from purenet.seeing.paper.worksheet import rounded

# One of each: which of them there are is up to the activation and the loss.
ALWAYS = ["z", "sample_loss", "loss", "delta", "weight_gradient", "new_weights"]
SHEETS = ["sigmoid", "tanh", "relu", "softmax", "one layer"]


def sheet(name, module=purenet, **options):
    net, inputs, targets = networks.make(module, name)
    return purenet.explain(
        net, inputs, targets, 0.5, **{"sample": 1, "format": "worksheet", **options}
    )


def text_of(markup):
    return html.unescape(re.sub(r"<[^>]*>", "", markup.replace('<i class="blank"></i>', "□")))


class Read:
    """A worksheet, read as a person does."""

    def __init__(self, page):
        sheet, key = page.split("<aside>")
        self.tables = {}
        for caption, cells in re.findall(r"<table><caption>(.*?)</caption>(.*?)</table>", sheet):
            name = re.match(r"\S+", text_of(caption))[0]
            heads, *rows = [re.findall(r"<t[hd]>([^<]*)", row) for row in cells.split("<tr>")[1:]]
            if not heads[0].startswith(("[", "")) or "[" in heads[0][1:]:  # single numbers
                self.tables |= {html.unescape(row[0]): row[1] for row in [heads, *rows]}
            elif heads[0] == "":
                for row in rows:
                    for head, cell in zip(heads[1:], row[1:], strict=True):
                        self.tables[f"{name}{row[0]}{head}"] = cell
            else:
                self.tables |= {
                    f"{name}{head}": cell for head, cell in zip(heads, rows[0], strict=True)
                }
        for name, cell in re.findall(r"<p><b>(\S+)</b> [=≈] (\S+?)(?:<| )", sheet):
            self.tables[html.unescape(name)] = cell
        self.tasks = []
        for task in re.findall(r"<section>(.*?)</section>", sheet, re.DOTALL):
            names, blanks, result = map(text_of, re.findall(r'<p class="line">(.*?)</p>', task))
            name, formula = names.split(" = ")
            self.tasks.append((name, formula, blanks[2:], int(re.search(r"(\d) digit", result)[1])))
        self.key = [
            [text_of(cell) for cell in re.split(r"<td>", row)[1:]]
            for row in re.findall(r"<tr><th>\d+(<td>.*)", key)
        ]


def worth(text):
    return eval(text.replace("·", "*"), dict(PYTHON_NAMES))


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_can_be_filled_in_and_its_key_is_what_was_recorded(name):
    page = sheet(name)
    recording, found = Reader(page.recording), Read(page)
    symbols = {purenet.seeing.notation.symbol(key): key for _, key in recording.ids}
    for table, cell in found.tables.items():
        assert cell == f"{recording.value(symbols[table]):.4g}", table
    answered = {}
    assert len(found.tasks) == len(found.key)
    for (asked, formula, blanks, digits), (key, numbers, answer) in zip(
        found.tasks, found.key, strict=True
    ):
        assert key == asked
        assert answer == f"{recording.value(symbols[asked]):.{digits}g}"
        # With the rounded numbers a calculator gives the answer.
        assert rounded(worth(numbers), digits) == answer, (asked, numbers)
        # Names, blanks and numbers stand in the same places.
        words, gaps, values = (
            re.findall(r"[^\s()·+]+", re.sub(r"exp\(|log1p\(|tanh\(| [-/] ", " ", text))
            for text in (formula, blanks, numbers)
        )
        words, gaps, values = (
            [word.lstrip("-") for word in each] for each in (words, gaps, values)
        )
        assert len(words) == len(gaps) == len(values), (formula, blanks, numbers)
        for word, gap, value in zip(words, gaps, values, strict=True):
            if gap == "□":
                known = found.tables.get(word) or answered.get(word)
                assert known is not None and known.lstrip("-") == value, (asked, word)
            else:
                assert gap == value and word not in found.tables and word not in answered
        answered[asked] = f"{recording.value(symbols[asked]):.4g}"
    matrices = {m["symbol"]: m for m in recording.data["matrices"]}
    roles = [
        (matrices[asked.partition("[")[0]]["role"], matrices[asked.partition("[")[0]]["layer"])
        for asked in answered
    ]
    assert len(set(roles)) == len(roles) and set(ALWAYS) <= {role for role, _ in roles}
    hidden = len(recording.data["meta"]["network"]["layers"]) > 1
    assert ("activation_gradient" in {role for role, _ in roles}) == hidden
    assert ("new_biases" in {role for role, _ in roles}) == recording.data["meta"]["network"][
        "layers"
    ][-1]["bias"]


def test_nothing_comes_from_outside_and_both_backends_agree(both):
    page = sheet("tanh", both[0])
    assert page == sheet("tanh", both[1])
    assert "<script" not in page and "default-src 'none'" in page
    assert not re.search(r"https?:|src=|url\(", page)
    assert page.count("<aside>") == 1 and "break-before:" in page
    assert "class=&quot;blank&quot;" in page._repr_html_()


def test_a_long_sum_is_worked_at_its_end():
    net = purenet.Network([purenet.Dense(40, 2, "tanh"), purenet.Dense(2, 1)], seed=1)
    inputs = [[(k % 7 - 3) / 4 for k in range(40)]]
    page = purenet.explain(net, inputs, [[1.0]], format="worksheet")
    (unit,) = re.findall(r"<b>z1\[0\]\[(\d)\]</b> =", page)
    first, total = re.search(r"The first (\d+) terms of this sum add up to (\S+);", page).groups()
    weights = [row[int(unit)] for row in net.layers[0].weights]
    expected = sum(
        x * w for x, w in zip(inputs[0][: int(first)], weights[: int(first)], strict=True)
    )
    assert (first, total) == ("38", f"{expected:.4g}")  # and 2 products more, and the bias


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample": None}, "sample: found 3 samples, expected one"),
        ({"steps": 2}, "steps: found 2, expected 1"),
        ({"layer": 0}, "layer: found 0, expected none"),
        ({"open_functions": True}, "open_functions: found True"),
    ],
)
def test_what_no_sheet_can_be_of_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        sheet("tanh", **options)


def test_other_layers_are_refused():
    net = purenet.Network([purenet.Dense(2, 2), purenet.Dropout(0.5), purenet.Dense(2, 1)], seed=1)
    with pytest.raises(ValueError, match="format: layer 1 is Dropout, and a worksheet is of Dense"):
        purenet.explain(net, [[1.0, 2.0]], [[1.0]], format="worksheet")


def test_the_command_writes_a_sheet(tmp_path, capsys):
    path = tmp_path / "sheet.html"
    assert cli.main(["explain", "two-layer", "--format", "worksheet", "-o", str(path)]) == 0
    output, errors = capsys.readouterr()
    assert output.startswith("Recording(") and "this is a step with sample 3 alone" in errors
    assert "number 3 of 4" in path.read_text(encoding="utf-8")
    assert cli.main(["explain", "--format", "worksheet", "-o", "sheet.md"]) == 2
    assert "expected a name that ends in .html (HTML)" in capsys.readouterr().err
