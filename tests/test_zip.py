"""The package in a zip file, on the path and as a program: everything is as from a folder."""

import shutil
import sys
import textwrap
import zipapp
import zipfile

import pytest
from everything import COMMANDS, PROGRAM, compare, everything
from shell import ROOT


def on_path(place):
    return [
        sys.executable,
        "-S",
        "-B",
        "-c",
        f"import sys; sys.path.insert(0, {str(place)!r})\n{PROGRAM}",
    ]


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
    assert "line" in printed[5][1] and "matrix.py" in printed[5][1]
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
    place, *found = everything([sys.executable, "-S", "-B", archive], tmp_path / "work")
    assert place == str(archive / "purenet" / "__init__.py")
    compare(found, expected)
