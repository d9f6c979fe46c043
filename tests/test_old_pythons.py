"""What an older Python says: which one is needed, in one line, and never that something is no code.

Every Python reads the first lines of the packages and of setup.py, down to the one that asks for
its version, and to read them it must understand the whole file.
"""

import ast
import glob
import os
import pathlib
import shutil
import subprocess

import pytest
from shell import ROOT

FIRST_READ = ("purenet/__init__.py", "purenet_fast/__init__.py", "setup.py")

OLD = ("2.7", "3.4", "3.5", "3.6", "3.7", "3.8", "3.9")


@pytest.mark.parametrize("name", FIRST_READ)
def test_what_every_python_understands(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text.isascii()  # Python 2 asks for more, otherwise
    checked = False
    for node in ast.walk(ast.parse(text)):
        assert not isinstance(node, (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal))
        assert not isinstance(node, (ast.AsyncFunctionDef, ast.Match))
        if isinstance(node, ast.FunctionDef):
            arguments = node.args
            assert node.returns is None and not arguments.kwonlyargs and not arguments.posonlyargs
            assert all(argument.annotation is None for argument in arguments.args)
        elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            assert not any(isinstance(item, ast.Starred) for item in node.elts)
        elif isinstance(node, ast.Dict):
            assert None not in node.keys
        elif isinstance(node, ast.ImportFrom):
            assert node.module != "__future__"
    for node in ast.parse(text).body[1:]:  # behind the docstring
        if isinstance(node, ast.If):
            checked = "version_info" in ast.dump(node.test)
            break
        if isinstance(node, ast.Import) and node.names[0].name == "purenet":
            checked = True
            break
        assert isinstance(node, ast.Import) and node.names[0].name == "sys"
    assert checked


def old_python(version):
    """Return the path of an interpreter of this version, or None."""
    places = glob.glob(os.path.expanduser(f"~/.pyenv/versions/{version}.*/bin/python{version}"))
    return places[0] if places else shutil.which(f"python{version}")


@pytest.mark.skipif(os.name == "nt", reason="looks for interpreters as POSIX systems name them")
@pytest.mark.parametrize("version", OLD)
def test_an_older_python_says_what_it_lacks(version):
    python = old_python(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")

    def said(*arguments):
        done = subprocess.run(
            [python, "-B", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=60,
        )
        assert done.returncode == 1
        return done.stdout

    needed = f"purenet needs Python 3.10; this is Python {version}."
    for name in ("purenet", "purenet_fast"):
        *_, last = said("-c", f"import {name}").splitlines()
        assert last.startswith(f"ImportError: {needed}")
    text = said("-m", "purenet", "demo")
    assert needed in text.splitlines()[-1]
    assert text.count("\n") == 1 or version == "2.7"
    text = said("setup.py", "--version")
    assert text.startswith(needed) and text.count("\n") == 1


def test_the_version_is_everywhere_the_same():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'requires-python = ">=3.10"' in text
    for name in FIRST_READ:
        if "version_info" in (source := pathlib.Path(ROOT / name).read_text(encoding="utf-8")):
            assert "< (3, 10)" in source and "needs Python 3.10;" in source
