"""What is built and installed: with a compiler, without one, from a clone, from an archive.

These tests build for minutes and need a package index, so they run only where it is asked for, with
PURENET_TEST_INSTALL=1; .ci/run does.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile

import pytest
from everything import PROGRAM, compare, everything
from shell import ROOT

pytestmark = [
    pytest.mark.skipif(
        not os.environ.get("PURENET_TEST_INSTALL"),
        reason="builds packages for minutes; PURENET_TEST_INSTALL=1 runs it",
    ),
    pytest.mark.skipif(os.name == "nt", reason="written for a POSIX shell"),
]

NO_COMPILER = {"CC": "/bin/false", "CXX": "/bin/false"}
# For builds whose speed nobody sees.
QUICKLY = {"PURENET_COMPILE_FLAGS": "-O0 -g0 -ffp-contract=off"}


# What a clone has beside its four folders.
OTHERS = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", ".ci/run")


def run(*command, cwd, status=0, **settings):
    """Run a command and return its output, both streams; fail unless it ends with the status."""
    own = ("PURENET_", "PYTHON", "PYTEST", "CC", "CXX", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    done = subprocess.run(
        list(map(str, command)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        cwd=cwd,
        env={**kept, "PYTHONIOENCODING": "utf-8", **settings},
        timeout=600,
    )
    assert done.returncode == status, done.stdout
    return done.stdout


def translated(names):
    """Return those of a folder's files that Cython has made."""
    made = {
        f"{name[:-4]}{end}" for name in names if name.endswith(".pyx") for end in (".c", ".html")
    }
    return made & set(names)


def clone(folder):
    """Copy what belongs to the project, as a fresh clone has it."""
    patterns = (".*", "build", "dist", "*.egg-info", "__pycache__", "*.so")

    def unused(path, names):
        return {*shutil.ignore_patterns(*patterns)(path, names), *translated(names)}

    for name in ("purenet", "purenet_fast", "tests", "bench"):
        shutil.copytree(ROOT / name, folder / name, ignore=unused)
    for name in OTHERS:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def new_python(folder):
    """Make a virtual environment and return its interpreter."""
    run(sys.executable, "-m", "venv", folder / "environment", cwd=folder)
    return folder / "environment" / "bin" / "python"


def readme_command(number):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)[number - 1]


# A clone in which the README's first command was run.


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a clone with its build installed in .venv, and what the command printed."""
    folder = clone(tmp_path_factory.mktemp("clone"))
    beside = os.path.dirname(sys.executable)  # so that python3 is the Python of this run
    path = f"{beside}{os.pathsep}{os.environ['PATH']}"
    printed = run("sh", "-c", readme_command(1), cwd=folder, PATH=path, **QUICKLY)
    return folder, printed


def test_the_first_command_builds_both_backends_and_shows_them(made):
    _, printed = made
    assert "Successfully installed purenet" in printed
    assert "backends here: pure, fast" in printed
    assert "The two networks are identical to the last bit; compiled is " in printed
    digests = re.findall(r"^(?:pure|fast) .* s  ([0-9a-f]{64})$", printed, re.M)
    assert len(digests) == 2 and digests[0] == digests[1]


WHERE = """
import purenet, purenet_fast
for module in (purenet, purenet_fast, purenet_fast.engine):
    print(module.__file__)
print(purenet_fast.BACKEND)
"""


def test_a_clone_finds_its_installed_build(made):
    folder, _ = made
    python = folder / ".venv" / "bin" / "python"
    pure, fast, core, name = run(python, "-c", WHERE, cwd=folder).splitlines()
    assert pathlib.Path(pure).parent.parent == folder
    assert pathlib.Path(fast).parent.parent == folder
    assert (folder / ".venv").resolve() in pathlib.Path(core).resolve().parents
    assert name == "fast"
    text = run(python, "-m", "purenet", "demo", "--backend", "fast", cwd=folder)
    assert "backends here: fast" in text


def test_the_installed_packages_stand_alone(made, tmp_path):
    folder, _ = made
    python = folder / ".venv" / "bin" / "python"
    for place in run(python, "-c", WHERE, cwd=tmp_path).splitlines()[:3]:
        assert (folder / ".venv").resolve() in pathlib.Path(place).resolve().parents
    purenet = python.with_name("purenet")
    assert re.fullmatch(r"purenet [\d.]+\n", run(purenet, "--version", cwd=tmp_path))
    text = run(purenet, "walkthrough", "two-layer", "--epochs", "1", cwd=tmp_path)
    assert "backend fast" in text
    text = run(
        purenet, "train", "missing.csv", "--target", "a", "--out", "b", cwd=tmp_path, status=2
    )
    assert text == "purenet: missing.csv: No such file or directory\n"
    code = "from purenet import datasets as d; print(d.load_iris(), d.load_digits())"
    assert "150 rows" in run(python, "-c", code, cwd=tmp_path)


def test_a_build_of_other_sources_is_refused(made, tmp_path):
    folder, _ = made
    python = folder / ".venv" / "bin" / "python"
    for name in ("engine.pyx", "buffers.pxd", "kernels/kernels.h"):
        source = folder / "purenet_fast" / name
        text = source.read_text("utf-8")
        source.write_text(text + "\n", "utf-8")
        try:
            refused = run(python, "-c", "import purenet_fast", cwd=folder, status=1)
            last = refused.splitlines()[-1]
            assert last.startswith("ImportError: purenet_fast was built from other sources than")
            assert "run `pip install .`" in last
            # elsewhere the build is what it was
            assert "fast" in run(python, "-c", WHERE, cwd=tmp_path)
            if name == "kernels/kernels.h":
                printed = " ".join(run(python, "-m", "purenet", "demo", cwd=folder).split())
                reason = "Without the compiled backend: purenet_fast was built from other sources"
                assert f"backends here: pure {reason}" in printed
        finally:
            source.write_text(text, "utf-8")
    assert "fast" in run(python, "-c", WHERE, cwd=folder)


def test_installing_again_builds_what_has_changed(made):
    folder, _ = made
    python = folder / ".venv" / "bin" / "python"
    source = folder / "purenet_fast" / "engine.pyx"
    source.write_text(source.read_text("utf-8") + "\n# changed\n", "utf-8")
    run(python, "-c", "import purenet_fast", cwd=folder, status=1)
    run(python, "-m", "pip", "install", ".", cwd=folder, **QUICKLY)
    assert "fast" in run(python, "-c", WHERE, cwd=folder)


# Archives.


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    """Return a Python with what pyproject.toml needs to build."""
    python = new_python(tmp_path_factory.mktemp("builder"))
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    needed = re.findall(r'"([^"]+)"', re.search(r"^requires = \[(.*?)^\]$", text, re.M | re.S)[1])
    assert len(needed) == 3  # one of them is for older Pythons
    run(python, "-m", "pip", "install", *needed, "wheel", cwd=ROOT)
    return python


@pytest.fixture(scope="module")
def sdist(builder, tmp_path_factory):
    folder = clone(tmp_path_factory.mktemp("sdist"))
    code = "import setuptools.build_meta as b; b.build_sdist('dist')"
    run(builder, "-c", code, cwd=folder)
    (archive,) = (folder / "dist").iterdir()
    return archive


@pytest.fixture(scope="module")
def wheel(sdist, builder, tmp_path_factory):
    """Build a wheel from the source archive, not from the clone."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [builder, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    run(*pip, sdist, cwd=folder, PURENET_REQUIRE_EXTENSIONS="1", **QUICKLY)
    (archive,) = folder.iterdir()
    return archive


def test_the_source_archive(sdist):
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    expected = set(OTHERS)
    for folder in ("purenet", "purenet_fast", "tests", "bench"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix not in (".so", ".pyc"):
                expected.add(str(path.relative_to(ROOT)))
    expected -= translated(expected)
    assert {"purenet_fast/engine.pyx", "purenet_fast/kernels/kernels.h"} <= expected
    assert {"purenet_fast/buffers.pxd", "purenet_fast/kernels/width_8.c"} <= expected
    assert expected <= names
    assert not translated(names)
    assert not {name for name in names if name.endswith(".so")}


def test_the_source_archive_passes_its_tests(sdist, wheel, builder, tmp_path):
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path)
    (folder,) = tmp_path.iterdir()
    with zipfile.ZipFile(wheel) as archive:  # it was built from this very archive
        for name in archive.namelist():
            if name.endswith(".so"):
                archive.extract(name, folder)
    run(builder, "-m", "pip", "install", "pytest", cwd=tmp_path)
    pytest_run = [builder, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    collected = run(*pytest_run, "--collect-only", cwd=folder).splitlines()[-1]
    assert int(collected.split()[0]) > 1000 and "error" not in collected
    # Not all of them: the tests of the clone take minutes.
    names = ("datasets", "house", "import", "old_pythons", "zip")
    run(*pytest_run, *(f"tests/test_{name}.py" for name in names), cwd=folder)


def test_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(next(n for n in names if n.endswith("METADATA"))).decode()
    files = {name for name in names if ".dist-info/" not in name}
    expected = set()
    for folder in ("purenet", "purenet_fast"):
        for path in (ROOT / folder).rglob("*"):
            hidden = (".so", ".c", ".pyx", ".pxd", ".h", ".pyc")
            name = str(path.relative_to(ROOT))
            if path.is_file() and path.suffix not in hidden:
                expected.add(name)
    modules = {name for name in files if name.endswith(".so")}
    folder = ROOT / "purenet_fast"
    assert {name.partition(".")[0] for name in modules} == {
        f"purenet_fast/{path.stem}" for path in folder.glob("*.pyx")
    }
    assert files == expected | modules
    for name in ("purenet/py.typed", "purenet_fast/py.typed", "purenet_fast/matrix.pyi"):
        assert name in files
    assert "Requires-Python: >=3.10" in metadata
    assert "License-Expression: MIT" in metadata
    required = [line for line in metadata.splitlines() if line.startswith("Requires-Dist")]
    assert all("extra ==" in line for line in required)
    assert any(name.endswith("/LICENSE") for name in names)


def test_the_wheel_works(wheel, tmp_path):
    python = new_python(tmp_path)
    run(python, "-m", "pip", "install", "--no-index", wheel, cwd=tmp_path)
    assert run(python, "-c", WHERE, cwd=tmp_path).endswith("fast\n")


# Frozen.


def test_a_frozen_program_does_everything(wheel, tmp_path):
    """PyInstaller needs no option: the package tells it what a program has to carry."""
    if not sysconfig.get_config_var("Py_ENABLE_SHARED"):
        pytest.skip("PyInstaller needs a Python with a shared library")
    python = new_python(tmp_path)
    run(python, "-m", "pip", "install", wheel, "pyinstaller", cwd=tmp_path)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    printed = run(python, "-m", "PyInstaller", "--log-level", "WARN", program, cwd=tmp_path)
    assert "hidden import" not in printed.lower()
    place, *frozen = everything([tmp_path / "dist" / "program" / "program"], tmp_path / "frozen")
    assert pathlib.Path(place).is_relative_to(tmp_path / "dist")
    place, *installed = everything([python, program], tmp_path / "installed")
    assert not pathlib.Path(place).is_relative_to(tmp_path / "dist")
    assert "(fast backend)" in frozen[0][0][1]
    compare(frozen, installed)


# Without a compiler.


def test_without_a_compiler_there_is_purenet_alone(tmp_path):
    folder = clone(tmp_path / "clone")
    python = new_python(tmp_path)
    printed = run(python, "-m", "pip", "install", ".", cwd=folder, **NO_COMPILER)
    assert "Successfully installed purenet" in printed
    for place in (tmp_path, folder):
        assert run(python, "-c", "import purenet; print(purenet.BACKEND)", cwd=place) == "pure\n"
        refused = run(python, "-c", "import purenet_fast", cwd=place, status=1)
        last = refused.splitlines()[-1]
        assert last.startswith("ImportError: purenet_fast is not built: ")
        assert "install a C compiler and run `pip install .`" in last
    text = run(python, "-m", "purenet", "walkthrough", "two-layer", "--epochs", "1", cwd=tmp_path)
    assert "backend pure" in text
    text = run(python, "-m", "purenet", "demo", "--backend", "fast", cwd=tmp_path, status=2)
    assert text.startswith("purenet: --backend fast: purenet_fast is not built")


def test_without_a_compiler_a_required_build_fails(builder, tmp_path):
    folder = clone(tmp_path / "clone")
    pip = [builder, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", tmp_path]
    settings = {**NO_COMPILER, "PURENET_REQUIRE_EXTENSIONS": "1"}
    printed = run(*pip, ".", cwd=folder, status=1, **settings)
    assert "/bin/false" in printed
    assert list(tmp_path.iterdir()) == [folder]


def test_the_extension_can_be_left_out(builder, tmp_path):
    folder = clone(tmp_path / "clone")
    pip = [builder, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", tmp_path]
    run(*pip, ".", cwd=folder, PURENET_NO_EXTENSIONS="1")
    (archive,) = tmp_path.glob("*.whl")
    assert archive.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(archive) as names:
        assert not [name for name in names.namelist() if name.endswith((".so", ".c"))]
