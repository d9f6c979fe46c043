"""The demonstration: what it prints, and that it is true."""

import re
import xml.etree.ElementTree as ElementTree

import pytest
from shell import Shell, environment, one_line, process, sources_only

from purenet import datasets
from purenet.commands import backends, demo
from purenet.drawing.curves import line_chart
from purenet.drawing.tables import prediction_table

# What every reader's machine shows; the first stands in the README.
XOR_DIGEST = "9e0e9d47c8e6d1fc7037c4d85dc43585d09b7d556a4ba3f2582ce584ef38f07f"
DIGITS_DIGEST = "458770a059530f8943e97d5ba1c55b2658dd7bdfb14d5b100087f006e8337224"
SHORT_DIGEST = "c970f47c738ac335d7b5ab230b3602888a3f5ddee80779112cc97b201d3189d2"


@pytest.fixture
def shell(capsys, tmp_path):
    return Shell(capsys, tmp_path)


@pytest.fixture
def short(monkeypatch):
    """Let the demonstration train on the digits for one epoch instead of twenty."""
    monkeypatch.setattr(demo, "DIGITS_EPOCHS", 1)


def run(shell, *options):
    """Run the demonstration; return its output and the progress bars' last lines."""
    done = shell.run("demo", *options)
    assert done.status == 0
    return done.out, done.err.splitlines()


def test_the_demonstration_on_the_compiled_backend(fast, shell):
    text, bars = run(shell, "--backend", "fast")
    assert "backends here: fast\n" in text
    assert "Without the compiled" not in text  # nobody asked for more
    data = datasets.load_xor()
    network, history, _ = demo.train_xor(fast, progress=False)
    outputs = network.predict(data.inputs)
    for part in (
        line_chart({"loss": history.loss}, height=10),
        prediction_table(data.inputs, data.targets, outputs),
        f"digest {XOR_DIGEST}\n",
        "1,437 images of 8x8 pixels, a 64-32-10 network, 20 epochs",
        "360 images that the network has not seen",
        "accuracy 348 of 360 = 96.6%",
        f" s  {DIGITS_DIGEST}\n",
    ):
        assert part in text
    assert [re.sub(r"  \d:\d\d  ", "  ", bar) for bar in bars] == [
        f"epoch  1500/1500  100%  loss {history.loss[-1]:.4g}",
        "epoch  20/20  100%  loss 0.06555",
    ]
    assert "times as fast" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_demonstration_on_the_pure_backend(shell, short):
    text, bars = run(shell, "--backend", "pure")
    assert "backends here: pure\n" in text
    assert f"digest {XOR_DIGEST}\n" in text
    assert f" s  {SHORT_DIGEST}\n" in text
    assert "fast" not in text
    assert len(bars) == 2


def test_the_demonstration_compares_the_backends(both, shell, short, monkeypatch):
    def train(package, *rest, train=demo.train_digits, **options):
        run = train(package, *rest, **options)
        assert run.seconds > 0
        return run._replace(seconds={"pure": 8.0, "fast": 0.02}[package.BACKEND])

    monkeypatch.setattr(demo, "train_digits", train)
    text, bars = run(shell)
    assert "backends here: pure, fast\n" in text
    assert len(bars) == 3
    order = [text.index(f"Training with the {name} backend:") for name in ("fast", "pure")]
    assert order == sorted(order)
    for line in (f"pure   8.000 s  {SHORT_DIGEST}", f"fast   0.020 s  {SHORT_DIGEST}"):
        assert line in text.splitlines()
    last = text.splitlines()[-1]
    assert last == (
        "The two networks are identical to the last bit; compiled is 400 times as fast."
    )


def test_a_difference_would_be_noticed(both, shell, short, monkeypatch):
    digest = both[1].Network.digest
    monkeypatch.setattr(both[1].Network, "digest", lambda self: digest(self)[::-1])
    done = shell.run("demo")
    assert done.status == 1
    assert "The two networks are DIFFERENT" in done.out


def test_the_confusion_table_is_of_images_not_trained_on(backend, short):
    digits = datasets.load_digits()
    seen = [i for i in range(len(digits.inputs)) if i % 5 != 0]
    inputs, targets = ([rows[i] for i in seen] for rows in (digits.inputs, digits.targets))
    network, history, seconds = demo.train_digits(backend, inputs, targets, progress=False)
    assert network.digest() == SHORT_DIGEST
    assert (history.epochs, len(history.accuracy)) == (1, 1)
    assert seconds > 0


def test_the_picture(fast, shell):
    plot = shell.path("loss.svg")
    text, _ = run(shell, "--backend", "fast", "--plot", plot)
    assert text.endswith(f"loss curve written to {plot}\n")
    svg = ElementTree.fromstring(shell.read("loss.svg"))
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert svg.findtext("{http://www.w3.org/2000/svg}title") == "Training on handwritten digits"
    assert svg.findall(".//{http://www.w3.org/2000/svg}path[@class='line s0']")


def test_a_picture_that_cannot_be_written_is_refused_at_once(shell, monkeypatch):
    def train(*_, **__):
        raise AssertionError("training began")

    monkeypatch.setattr(demo, "train_xor", train)
    line = shell.refuse("demo", "--plot", shell.path("missing/loss.svg"))
    assert "--plot: there is no folder" in line
    assert "found the folder" in shell.refuse("demo", "--plot", str(shell.folder))


def test_without_the_compiled_backend(tmp_path):
    bare = sources_only(tmp_path)
    code = bare["cwd"] / "purenet" / "commands" / "demo.py"
    code.write_text(code.read_text("utf-8").replace("DIGITS_EPOCHS = 20", "DIGITS_EPOCHS = 1"))
    done = process("demo", **bare)
    assert done.status == 0, done.err
    assert "backends here: pure\n" in done.out
    text = " ".join(done.out.split())
    assert "Without the compiled backend: purenet_fast is not built" in text
    assert "install a C compiler and run `pip install .`" in text
    assert XOR_DIGEST in text and SHORT_DIGEST in text
    done = process("demo", "--backend", "fast", **bare)
    assert (done.status, done.out) == (2, "")
    assert "purenet_fast is not built" in one_line(done.err)


def test_a_build_of_other_sources_is_not_used_and_said_so(both, monkeypatch):
    def importing(name, import_module=backends.importlib.import_module):
        if name == "purenet_fast":
            raise ImportError("purenet_fast was built from other sources than those in /a/clone.")
        return import_module(name)

    monkeypatch.setattr(backends.importlib, "import_module", importing)
    assert backends.available_backends() == {"pure": both[0]}
    assert "other sources" in backends.why_not_fast()
    assert backends.choose_backend(None) is both[0]
    with pytest.raises(ValueError, match="--backend fast: purenet_fast was built from other"):
        backends.choose_backend("fast")


def test_the_output_for_a_terminal_without_unicode(fast, tmp_path):
    env = environment(PYTHONIOENCODING="ascii")
    done = process("demo", "--backend", "fast", env=env)
    assert done.status == 0
    assert done.out.isascii()
    assert DIGITS_DIGEST in done.out
