"""Names of files that say something else than what is written, and marks before what is read."""

import codecs

import pytest
from shell import Shell

from purenet.commands import file_kinds
from purenet.seeing.recording.document import Recording
from purenet.seeing.recording.record import record


@pytest.fixture
def shell(capsys, tmp_path):
    shell = Shell(capsys, tmp_path)
    shell.write("t.csv", "x,kind\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(8)))
    return shell


def training(shell, *options):
    return ["train", shell.path("t.csv"), "--target", "kind", "--epochs", "2", *options]


@pytest.mark.parametrize(
    "option, name, ends",
    [
        ("--plot", "loss.png", ".svg (SVG)"),
        ("--plot", "loss.PDF", ".svg (SVG)"),
        ("--plot", "loss.html", ".svg (SVG)"),
        ("--plot", "loss.txt", ".svg (SVG)"),
        ("--history", "loss.json", ".csv (CSV)"),
        ("--history", "loss.xlsx", ".csv (CSV)"),
        ("--history", "loss.tsv", ".csv (CSV)"),
        ("--history", "loss.csv.gz", ".csv (CSV)"),
        ("--out", "m.csv", ".json (JSON)"),
        ("--out", "m.onnx", ".json (JSON)"),
        ("--out", "m.pkl", ".json (JSON)"),
        ("--out", "m.json.zip", ".json (JSON)"),
    ],
)
def test_train_writes_nothing_under_a_wrong_name(shell, option, name, ends):
    out = () if option == "--out" else ("--out", shell.path("m.json"))
    line = shell.refuse(*training(shell, *out, option, shell.path(name)))
    found = shell.path(name)
    assert line == f"purenet: {option}: found {found!r}, expected a name that ends in {ends}"


@pytest.mark.parametrize("name", ["m", "m.json", "M.JSON", "m.txt", "m.v2", "m.net", ".json", "m."])
def test_a_name_that_says_nothing_else_is_taken(shell, name):
    places = ["--history", shell.path("h.dat"), "--plot", shell.path("p.curve")]
    shell.succeed(*training(shell, "--out", shell.path(name), *places))
    assert shell.read(name).startswith("{")
    assert shell.read("p.curve").startswith("<svg")
    assert shell.read("h.dat").startswith("epoch,")


def test_answers_are_csv(shell):
    model = shell.path("m.json")
    shell.succeed(*training(shell, "--out", model))
    for name in ("answers.json", "answers.html", "answers.tsv", "answers.xls", "answers.svg"):
        line = shell.refuse("predict", model, shell.path("t.csv"), "--out", shell.path(name))
        assert line.endswith("expected a name that ends in .csv (CSV)")
    for name in ("answers.csv", "answers.txt", "answers"):
        shell.succeed("predict", model, shell.path("t.csv"), "--out", shell.path(name))
        assert shell.read(name).startswith("kind\n")


def test_pictures_of_other_commands(shell):
    for command in (["demo"], ["walkthrough", "two-layer"], ["walkthrough", "digits"]):
        line = shell.refuse(*command, "--plot", shell.path("loss.jpeg"))
        assert line.endswith("expected a name that ends in .svg (SVG)")


def test_what_explain_writes(shell):
    short = ["explain", "two-layer", "--sample", "0", "--layer", "1", "--unit", "0"]
    for name in ("step.pdf", "step.svg", "step.csv", "step.docx"):
        line = shell.refuse(*short, "-o", shell.path(name))
        assert line.endswith(
            "expected a name that ends in .txt (text), .md (Markdown), .json (JSON) or .html (HTML)"
        )
    starts = {"html": "<!", "htm": "<!", "json": "{", "md": "# ", "markdown": "# ", "log": "One"}
    for suffix, start in starts.items():
        shell.succeed(*short, "-o", shell.path(f"step.{suffix}"))
        assert shell.read(f"step.{suffix}").startswith(start)
    for form, suffix in (("text", "html"), ("html", "txt"), ("json", "md"), ("markdown", "json")):
        out = ["--format", form, "-o", shell.path(f"other.{suffix}")]
        assert "expected a name that ends in" in shell.refuse(*short, *out)
    for form, suffix in (("markdown", "txt"), ("json", "data"), ("html", "page")):
        shell.succeed(*short, "--format", form, "-o", shell.path(f"other.{suffix}"))


def test_each_kind_takes_its_own_usual_name():
    for kind, suffixes in file_kinds.SUFFIXES.items():
        assert file_kinds.kind_of(f"a{suffixes[0]}", [kind]) == kind
        file_kinds.check_kind("--out", f"a{suffixes[0]}", [kind])


# Marks.


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_model_that_an_editor_has_saved(backend, tmp_path, encoding, end):
    net = backend.Network([backend.Dense(2, 2), backend.Dense(2, 1)], seed=1)
    path = tmp_path / "n.json"
    net.save(path)
    text = path.read_text("utf-8").replace("\n", end)
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(encoding, b"")
    path.write_bytes(mark + text.encode(encoding))
    assert backend.load(path).digest() == net.digest()


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff\x00", b"", b"\x80{}"])
def test_a_mark_and_nothing_behind_it(backend, tmp_path, content):
    path = tmp_path / "n.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"n\.json: .*expected .*written by save\(\)$"):
        backend.load(path)


def test_a_recording_that_an_editor_has_saved(backend):
    net = backend.Network([backend.Dense(2, 1)], "sum_of_squares", seed=1)
    text = record(net, [[1, 2]], [1]).to_json()
    assert Recording.from_json("\ufeff" + text).to_json() == text
