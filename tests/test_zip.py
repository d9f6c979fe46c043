"""The package in a zip file, on the path and as a program: everything is as from a folder."""

import json
import shutil
import subprocess
import sys
import textwrap
import zipapp
import zipfile

import pytest
from shell import ROOT, environment

TABLE = "x,y,kind\n" + "".join(f"{i % 5},{i % 3}.5,{'ab'[i % 2]}\n" for i in range(24))

COMMANDS = """
train table.csv --target kind --epochs 3 --out model.json
info model.json
evaluate model.json table.csv
predict model.json table.csv --probabilities
explain two-layer
explain two-layer -o step.html
explain model.json table.csv --grain row -o step.json
explain deep --open-functions --layer 1 --unit 0 -o step.md
step two-layer
walkthrough two-layer --epochs 5 --plot loss.svg
eject copy
""".strip().splitlines()

# In one process, which is what takes its time.
PROGRAM = """
import io, json, sys
import purenet
from purenet.commands.cli import main

print(purenet.__file__)
done = []
for command in json.loads(sys.argv[1]):
    sys.stdin = io.StringIO("w\\ns\\nlist\\nq\\n")
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    try:
        status = main(command.split())
    except BaseException as error:
        status = repr(error)
    done.append([status, sys.stdout.getvalue(), sys.stderr.getvalue()])
data = purenet.datasets
found = data.load_xor(), data.load_iris(), data.load_digits(), data.load_breast_cancer()
done.append([0, repr(found), ""])
sys.stdout = sys.__stdout__
print(json.dumps(done))
"""


def everything(start, folder):
    """Run all commands; return where purenet was found, what they printed, and the files."""
    folder.mkdir()
    (folder / "table.csv").write_text(TABLE)
    done = subprocess.run(
        [sys.executable, "-S", "-B", *start, json.dumps(COMMANDS)],
        cwd=folder,
        env={**environment(), "PYTHONPATH": ""},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    place, printed = done.stdout.splitlines()
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    return place, json.loads(printed), files


def on_path(place):
    return ["-c", f"import sys; sys.path.insert(0, {str(place)!r})\n{PROGRAM}"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the package and a program, as for a zip file."""
    folder = tmp_path_factory.mktemp("zip") / "folder"
    hidden = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "purenet", folder / "purenet", ignore=hidden)
    (folder / "program.py").write_text(f"def run():\n{textwrap.indent(PROGRAM, '    ')}")
    return folder


@pytest.fixture(scope="module")
def expected(folder):
    """What the commands print and write where the package is a folder."""
    place, printed, files = everything(on_path(folder), folder.parent / "work")
    assert place == str(folder / "purenet" / "__init__.py")
    return printed, files


def test_the_commands_do_what_they_are_to_do(expected):
    printed, files = expected
    for command, (status, out, err) in zip([*COMMANDS, "data"], printed, strict=True):
        assert status == 0, (command, err)
        assert "Traceback" not in out + err
    assert "line" in printed[4][1] and "matrix.py" in printed[4][1]
    assert files["step.html"].startswith(b"<!")
    assert {"model.json", "step.json", "step.md", "loss.svg", "copy/LICENSE"} <= set(files)


def test_a_zip_file_on_the_path(folder, expected, tmp_path):
    archive = tmp_path / "purenet.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted((folder / "purenet").rglob("*")):
            file.write(path, path.relative_to(folder))
    place, *found = everything(on_path(archive), tmp_path / "work")
    assert place == str(archive / "purenet" / "__init__.py")
    compare(found, expected)


def test_a_zipped_program(folder, expected, tmp_path):
    archive = tmp_path / "program.pyz"
    zipapp.create_archive(folder, archive, main="program:run")
    place, *found = everything([archive], tmp_path / "work")
    assert place == str(archive / "purenet" / "__init__.py")
    compare(found, expected)


def compare(found, expected):
    printed, files = found
    for command, here, there in zip([*COMMANDS, "data"], printed, expected[0], strict=True):
        assert here == there, command
    assert files.keys() == expected[1].keys()
    for name, content in files.items():
        assert content == expected[1][name], name
