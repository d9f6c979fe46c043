"""What type checkers see: nothing in good programs, all faults of bad ones, in both packages alike.

mypy and pyright are asked where they are installed; each looks at all programs in one run.
"""

from __future__ import annotations

import collections
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent

PACKAGES = ("purenet", "purenet_fast")

GOOD = '''
import array
import ctypes
import pathlib
from collections.abc import Callable
from typing import Any

import purenet


class Frame:
    """Rows of numbers as another library keeps them: a stand-in, so that none is needed here."""

    def __array__(self, dtype: Any = None, *, copy: bool | None = None) -> Any:
        return None


class Tensor:
    def tolist(self) -> Any:
        return [[0.0, 1.0]]


def make() -> purenet.Network:
    hidden = purenet.Dense(2, 3, "tanh", l2=0.5)
    last = purenet.Dense(3, 1, "logistic", initializer="glorot", bias_initializer="zeros")
    return purenet.Network([hidden, purenet.Dropout(0.5), last], "bce", seed=1)


net = make()
rows = [[0, 1], [1, 0]]
history: purenet.History = net.fit(rows, [0, 1], epochs=2, optimizer="sgd")
net.fit(rows, [[0.0], [1.0]], epochs=1, optimizer=purenet.Adam(), progress=True)
net.fit(rows, [0, 1], epochs=1, learning_rate=purenet.StepDecay(0.1, 3))
net.fit(rows, [0, 1], epochs=1, learning_rate=purenet.ReduceOnPlateau(0.1))
net.fit(rows, [0, 1], epochs=1, learning_rate=lambda epoch: 0.1 / (epoch + 1))
net.fit(rows, [0, 1], epochs=1, class_weight={0: 1, 1: 2}, sample_weight=[1, 2])
net.fit(rows, [0, 1], epochs=1, class_weight="balanced", validation_data=(rows, [0, 1]))
net.fit(Frame(), Tensor(), epochs=1, sample_weight=Tensor(), validation_data=(Frame(), [0]))
net.fit([Tensor(), Tensor()], [Tensor(), Tensor()], epochs=1)
net.fit([array.array("d", [1.0, 2.0])], array.array("d", [1.0]), epochs=1)
net.fit(((1, 2), (3, 4)), (0, 1), epochs=1)
net.fit([range(2), range(2)], range(2), epochs=1)
outputs: list[list[float]] = net.predict(Frame(), threads=2)
memory: array.array[float] = net.predict(rows, out=array.array("f", [0.0, 0.0]))
view: memoryview = net.predict(memoryview(b"ab"), out=memoryview(memory))
net.fit((ctypes.c_double * 2)(), (ctypes.c_ubyte * 2)(), epochs=1)
classes: list[int] = net.predict_classes([(1.0, 2.0)])
loss, accuracy = net.evaluate(Tensor(), [0, 1])
share: float | None = accuracy
figure: float = loss + net.evaluate(rows, [0, 1]).r2
first: list[list[float]] = net.feedforward(rows)[0].a
net.update(net.backprop(rows, [0, 1]), 0.1, "adam")
net.loss = "mse"
net.save(pathlib.Path("model.json"))
again: purenet.Network = purenet.Network.load("model.json")
purenet.Dense(None, 2, initializer=purenet.He(), bias_initializer=[0.0, 1.0])
purenet.Dense(2, 2, initializer=[[1.0, 2.0], [3, 4]])
purenet.Dense(2, 2, initializer=Tensor(), bias_initializer=Tensor())
purenet.Conv2D((1, 8, 8), 4, 3, "relu", padding="valid", stride=(1, 2))
purenet.Conv2D(None, 1, 1, initializer=[[[[1.0]]]])
purenet.MaxPool2D(2)
purenet.Recurrent((3, 2), 4, "tanh", recurrent_initializer="he", sequences=True)
purenet.cross_validate(make, rows * 5, [0, 1] * 5, folds=2, epochs=1)
passed: bool = purenet.check_gradients(net, rows, [0, 1]).passed()
text: str = purenet.explain(net, rows[:1], [1], format="markdown", grain="number")
product: list[list[float]] = purenet.dot([[1.0, 2.0]], [[3.0], [4.0]])
half: float = purenet.sigmoid(0)
same: list[list[float]] = purenet.activate("identity", [[1.0]])
mean: float = purenet.accuracy([0.9, 0.2], [1, 0])
split = purenet.train_test_split(rows, [0, 1], test=0.5)
maker: Callable[[], purenet.Network] = make
table: purenet.Table = purenet.read_csv("x.csv", "y")
recording: purenet.Recording = purenet.record(net, rows, [0, 1])
flowers = purenet.datasets.load_iris()


def train(inputs: purenet.Inputs, targets: purenet.Targets) -> purenet.History:
    return net.fit(inputs, targets, epochs=1)


train(Frame(), [0, 1])
net.layers[0].activation = "relu"
model: purenet.Classifier = purenet.Classifier((8,), "relu", optimizer="sgd").fit(rows, "ab")
line: purenet.Regressor = purenet.Regressor(optimizer=purenet.Momentum(), scale="none")
guess = line.fit(rows, [1, 2]).predict(rows)
records = [{"height": 1.5, "kind": "fir"}, {"height": 0.5, "kind": None}]
trees: purenet.TableModel = purenet.train_table(
    records,
    "kind",
    task="classes",
    kinds={"height": "number"},
    missing="error",
    scale="range",
    decimal="comma",
    dates="day-first",
    layers=[8, 4],
    activation="tanh",
    optimizer="adam",
    test=0.25,
    jobs=2,
)
purenet.train_table("trees.csv", target="kind", layers="8,8", progress=True)
answers = trees.predict([{"height": 2.0}, {"height": None}])
shares: list[dict[str, float]] = trees.probabilities([[2.0]])
scores: purenet.ModelScores = trees.evaluate("trees.csv")
inside: purenet.Network = trees.prepared_network
trees.save("trees.json")
purenet.load("trees.json").predict([[2.0]])
prepared = purenet.Preparation.from_table(table, "number", scale="none")
numbers: list[list[float]] = prepared.inputs(table)
'''

# Each line of it is wrong.
BAD = """
purenet.Dense(3, 4, "sigmoidd")
purenet.Dense(3, "4")
purenet.Dense(3, 4, units=3)
purenet.Dense(3, 4, initializer="xaver")
purenet.Dense(3, 4, initializer=purenet.He)
purenet.Dense(3, 4, bias_initializer="zeross")
purenet.Conv2D((1, 8, 8), 4, 3, "softmax")
purenet.Conv2D((1, 8, 8), 4, 3, padding="samee")
purenet.Conv2D((8, 8), 4, 3)
purenet.Recurrent((3, 2), 4, "softmax")
purenet.Network([purenet.Dense(3, 1)], "meansquared")
purenet.Network(purenet.Dense(3, 1))
net.fit(rows, [1.0])
net.fit(rows, [1.0], epochs="3")
net.fit("abc", [1.0], epochs=3)
net.fit(5, [1.0], epochs=3)
net.fit([1.0, 2.0], [1.0], epochs=3)
net.fit([["a", "b", "c"]], [1.0], epochs=3)
net.fit(rows, ["a"], epochs=3)
net.fit(rows, [1.0], epochs=3, optimizer="adamm")
net.fit(rows, [1.0], epochs=3, optimizer=purenet.Adam)
net.fit(rows, [1.0], epochs=3, learning_rate="0.1")
net.fit(rows, [1.0], epochs=3, learning_rate=purenet.StepDecay)
net.fit(rows, [1.0], epochs=3, class_weight="balance")
net.fit(rows, [1.0], epochs=3, validation_data=rows)
net.fit(rows, [1.0], epoch=3)
net.predict(None)
net.predict({1.0: 2.0})
net.predict(rows, out=3)
net.predict(rows, out=[[0.0]])
net.evaluate(rows)
net.loss = "msee"
net.save(3)
net.fitt(rows)
purenet.Dens(3, 4)
purenet.activate("tahn", rows)
purenet.sigmoid("x")
purenet.exp("x")
purenet.squared_error("x", 1.0)
purenet.dot([1.0], [[1.0]])
purenet.softmax([["a"]])
purenet.load(5)
purenet.f1([1], [1], average="makro")
purenet.explain(net, rows, [1.0], format="pdf")
purenet.explain(3, rows, [1.0])
purenet.Adam(beta="x")
purenet.StepDecay("x", 1)
purenet.Classifier((8,), "sigmoidd")
purenet.Regressor(optimizer="adamm")
purenet.train_table(records, "kind", task="class")
purenet.train_table(records, "kind", kinds={"height": "numbers"})
purenet.train_table(records, "kind", activation="sigmoidd")
purenet.train_table(records, "kind", missing="fil")
purenet.train_table(records, 5)
purenet.TableModel.load("trees.json").predicts([[2.0]])
purenet.Preparation.from_table(records)
number: int = net.predict(rows)
word: str = net.digest().upper
"""
BAD_START = """
import purenet

net = purenet.Network([purenet.Dense(3, 1)], "mse", seed=1)
rows = [[1.0, 2.0, 3.0]]
records = [{"height": 1.5, "kind": "fir"}]
"""
FIRST_BAD = BAD_START.count("\n") + 1  # the number of its first line


def programs() -> dict[str, str]:
    """Return the text of each program by the name of its file."""
    texts = {}
    for package in PACKAGES:
        alias = "import purenet" if package == "purenet" else f"import {package} as purenet"
        texts[f"good_{package}.py"] = GOOD.replace("import purenet\n", f"{alias}\n")
        bad = BAD_START + BAD.lstrip("\n")
        texts[f"bad_{package}.py"] = bad.replace("import purenet\n", f"{alias}\n")
    return texts


Faults = dict[str, list[tuple[int, str]]]  # by file: line and message


def checked_by_mypy(folder: pathlib.Path, cache: pathlib.Path) -> Faults:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent"]
        + ["--no-pretty", "--no-error-summary", f"--cache-dir={cache}"]
        + [path.name for path in sorted(folder.glob("*.py"))],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(ROOT), "NO_COLOR": "1"},
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    faults: Faults = collections.defaultdict(list)
    for line in done.stdout.splitlines():
        file, number, kind, message = line.split(":", 3)
        if kind.strip() == "error":
            # What mypy proposes is a name of the class itself, not of what it is derived from.
            faults[file].append((int(number), re.sub("; maybe .*[?]", "", message)))
    return faults


def checked_by_pyright(checker: str, folder: pathlib.Path) -> Faults:
    settings = {"extraPaths": [str(ROOT)], "typeCheckingMode": "strict", "include": ["*.py"]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [checker, "--outputjson", "--pythonpath", sys.executable, "-p", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    start = done.stdout.index("{")  # what is installed first says so
    faults: Faults = collections.defaultdict(list)
    for found in json.loads(done.stdout[start:])["generalDiagnostics"]:
        if found["severity"] == "error":
            file = pathlib.Path(found["file"]).name
            faults[file].append((found["range"]["start"]["line"] + 1, found["message"]))
    return faults


def beside_python(name: str) -> str | None:
    return shutil.which(name, path=os.path.dirname(sys.executable)) or shutil.which(name)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Where mypy keeps what it knows of purenet."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module", params=["mypy", "pyright"])
def faults(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    cache: pathlib.Path,
) -> Faults:
    """What a type checker says of all programs."""
    folder = tmp_path_factory.mktemp("programs")
    for name, text in programs().items():
        (folder / name).write_text(text)
    if request.param == "mypy":
        if importlib.util.find_spec("mypy") is None:
            pytest.skip("mypy is not installed")
        return checked_by_mypy(folder, cache)
    checker = beside_python("pyright") or beside_python("basedpyright")
    if checker is None:
        pytest.skip("pyright is not installed")
    return checked_by_pyright(checker, folder)


def as_of_purenet(found: list[tuple[int, str]]) -> list[tuple[int, str]]:
    return [(line, message.replace("purenet_fast", "purenet")) for line, message in found]


@pytest.mark.usefixtures("fast")
def test_good_programs_are_good_and_bad_ones_bad_in_both_packages(faults: Faults) -> None:
    lines = {*range(FIRST_BAD, FIRST_BAD + BAD.strip().count("\n") + 1)}
    for package in PACKAGES:
        assert faults[f"good_{package}.py"] == []
        assert {line for line, _ in faults[f"bad_{package}.py"]} == lines
    pure, fast = (as_of_purenet(faults[f"bad_{package}.py"]) for package in PACKAGES)
    assert pure == fast


def test_arrays_of_numpy_are_welcome(tmp_path: pathlib.Path, cache: pathlib.Path) -> None:
    for module in ("mypy", "numpy"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    (tmp_path / "arrays.py").write_text(
        "import numpy as np\n"
        "import purenet\n"
        "net = purenet.Network([purenet.Dense(2, 1)], seed=1)\n"
        "x = np.zeros((4, 2))\n"
        "net.fit(x, np.zeros(4), epochs=1, sample_weight=np.ones(4, np.float32))\n"
        "net.fit(x.astype(np.int8), np.zeros((4, 1), int), epochs=1, validation_data=(x, x))\n"
        "out: np.ndarray = net.predict(x, out=np.zeros((4, 1)))\n"
        "net.predict([x[0], x[1]]), net.evaluate(x, x[:, 0]), net.backprop(x, [0, 1, 0, 1])\n"
        "purenet.Dense(2, 1, initializer=np.zeros((2, 1)), bias_initializer=np.zeros(1))\n"
        "net.fit(np.float64(3.0), ['a'], epochs=1)\n"
    )
    found = checked_by_mypy(tmp_path, cache)["arrays.py"]
    assert [line for line, _ in found] == [10]
