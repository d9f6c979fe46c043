"""``import purenet`` loads what training needs; everything else comes on first use, unnoticed."""

from __future__ import annotations

import ast
import importlib
import pathlib
import pickle
import subprocess
import sys
import types

import pytest

import purenet

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What a network trains with; layers is a package.
TRAINING = {
    "_version",
    "activations",
    "answers",
    "arrays",
    "buffers",
    "checks",
    "claims",
    "construction",
    "doubles",
    "elementary",
    "fixed",
    "functions",
    "given",
    "history",
    "initializers",
    "layers",
    "layers.convolution",
    "layers.dense",
    "layers.dropout",
    "layers.flatten",
    "layers.images",
    "layers.layer",
    "layers.pooling",
    "layers.recurrent",
    "layers.weighted",
    "losses",
    "matrix",
    "metrics",
    "names",
    "network",
    "optimizers",
    "outputs",
    "parameters",
    "randomness",
    "regularisation",
    "samples",
    "training",
}

# Parts of the standard library that take long to load and that training does without.
NOT_LOADED = {"argparse", "ast", "dataclasses", "inspect", "json", "tempfile", "textwrap"}
if sys.version_info >= (3, 14):
    NOT_LOADED.remove("ast")  # which typing.NamedTuple loads there


def fresh(code: str) -> str:
    """Return what a program prints in an interpreter that has loaded nothing before it."""
    start = f"import sys; sys.path = {[str(ROOT), *sys.path]!r}; sys.dont_write_bytecode = True\n"
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-I", "-c", start + code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded(code: str) -> tuple[set[str], set[str]]:
    """Return the modules of purenet, and those of the standard library, that a program loads."""
    printed = fresh(f"{code}\nprint(list(sys.modules))")
    names = set(ast.literal_eval(printed.splitlines()[-1]))
    ours = {name.partition(".")[2] for name in names if name.startswith("purenet.")}
    return ours, names


def test_importing_purenet_loads_what_training_needs() -> None:
    ours, names = loaded("import purenet")
    assert ours == TRAINING
    assert names & NOT_LOADED == set()


def test_training_loads_nothing_more() -> None:
    ours, names = loaded(
        "import purenet\n"
        "net = purenet.Network([purenet.Dense(2, 3), purenet.Dense(3, 1)], seed=1)\n"
        "net.fit([[0.0, 1.0], [1.0, 1.0]], [[0.0], [1.0]], epochs=2, batch_size=1)\n"
        "net.predict([[1.0, 0.0]]), net.evaluate([[1.0, 0.0]], [[1.0]]), net.digest(), repr(net)"
    )
    assert ours == TRAINING
    assert names & NOT_LOADED == set()


def test_importing_the_compiled_package_loads_no_more_of_purenet(fast: types.ModuleType) -> None:
    assert loaded("import purenet_fast")[0] == TRAINING
    for name in ("datasets", "explain", "Preparation", "check_gradients"):
        assert getattr(fast, name) is getattr(purenet, name)
    assert set(fast.__all__) <= set(dir(fast))
    with pytest.raises(AttributeError, match=r"^module 'purenet_fast' has no attribute 'nothing'$"):
        _ = fast.nothing


@pytest.mark.parametrize(
    ("use", "room"),
    [
        ("purenet.datasets.load_xor()", "datasets"),
        ("purenet.explain", "seeing"),
        ("purenet.Preparation", "tables"),
        ("purenet.check_gradients", "gradients"),
        ("purenet.tables.read_csv", "tables"),
        ("purenet.walkthroughs.xor", "walkthroughs"),
        ("purenet.drawing", "drawing"),
        ("from purenet import record", "seeing"),
        ("from purenet import datasets", "datasets"),
        ("from purenet import Table", "tables"),
        ("import purenet.datasets; purenet.datasets.load_iris", "datasets"),
        ("purenet.Network([purenet.Dense(1, 1)]).to_svg()", "drawing"),
    ],
)
def test_rooms_are_loaded_on_first_use(use: str, room: str) -> None:
    before, _ = loaded("import purenet")
    after, _ = loaded(f"import purenet\n{use}")
    assert room not in before
    assert room in after


def test_everything_can_be_imported_at_once() -> None:
    code = (
        "from purenet import *\nimport purenet\n"
        "assert all(globals()[name] is getattr(purenet, name) for name in purenet.__all__)\n"
        "print(len(purenet.__all__))"
    )
    assert int(fresh(code)) == len(purenet.__all__)


def test_all_names_are_listed_before_they_are_used() -> None:
    printed = fresh("import purenet\nprint(dir(purenet))")
    assert set(purenet.__all__) <= set(ast.literal_eval(printed))


def test_what_does_not_exist_is_said_in_the_usual_words() -> None:
    with pytest.raises(AttributeError, match=r"^module 'purenet' has no attribute 'nothing'$"):
        _ = purenet.nothing  # type: ignore[attr-defined]
    with pytest.raises(ImportError, match="cannot import name 'nothing' from 'purenet'"):
        exec("from purenet import nothing")
    assert not hasattr(purenet, "__path_hooks__")


def test_names_are_the_same_objects_however_they_are_reached() -> None:
    for name in purenet.__all__:
        value = getattr(purenet, name)
        assert getattr(purenet, name) is value
        if isinstance(value, (type, types.FunctionType)):
            assert getattr(importlib.import_module(value.__module__), name) is value
            assert pickle.loads(pickle.dumps(value)) is value


def test_the_type_checker_knows_the_same_names() -> None:
    """What is imported on first use is imported once more for the type checker."""
    tree = ast.parse((ROOT / "purenet" / "__init__.py").read_text(encoding="utf-8"))
    (_, branch) = (node for node in tree.body if isinstance(node, ast.If))
    assert ast.unparse(branch.test) == "TYPE_CHECKING"
    told = {}
    for statement in branch.body:
        assert isinstance(statement, ast.ImportFrom)
        for alias in statement.names:
            told[alias.name] = statement.module
    listed = {
        ast.unparse(node.targets[0]): ast.literal_eval(node.value)
        for node in branch.orelse
        if isinstance(node, ast.Assign)
    }
    assert told == {"datasets": None, **listed["_ROOM_OF"]}
    assert set(listed["_ROOMS"]) >= {"datasets"}
