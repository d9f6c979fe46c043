"""The negative control of the identity tests: a wrong build must not pass them.

The compiled rooms with the kernels and with arithmetic of their own are built twice from a copy of
their sources; beside them are the other rooms as they are tested here.  One build may contract a
multiplication and an addition to one operation with one rounding; the other is the project's own,
in an environment whose CFLAGS ask for that and worse.  The tests in test_identity.py must fail for
the one build and pass for the other, and the package must refuse the one by itself.
"""

import ast
import importlib.metadata
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import sysconfig

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent

# With the least that contracts, as that is compiled soonest: -O1 does with clang, gcc must be told.
FLAGS = "-O1 -fexpensive-optimizations -g0"
# arm64 and others have the fused operation always; on x86-64 it must be asked for.
if platform.machine().lower() in ("x86_64", "amd64"):
    FLAGS += " -mfma"
# What is built: a room costs a second or more, and setup.py gives all of them the same flags.
ROOMS = ("activations", "elementary", "losses", "optimizers", "vectors")
MANY = 40  # failed tests, of some hundred, are enough

CONTRACTED = f"{FLAGS} -ffp-contract=fast"
HOSTILE = f"{CONTRACTED} -funsafe-math-optimizations -ffinite-math-only"

PROBE = """
#include <stdio.h>
int main(void)
{
    volatile double x = 1.0 + 1.0 / 1073741824.0; /* 1 + 2**-30 */
    volatile double minus = -(x * x);             /* rounded */
    printf("%d", x * x + minus != 0.0);
    return 0;
}
"""


def why_not(folder):
    """Return why this machine cannot contract, or None."""
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "").split()
    if not compiler or shutil.which(compiler[0]) is None:
        return "there is no C compiler here (gcc or clang)"
    (folder / "probe.c").write_text(PROBE)
    probe = folder / "probe"
    command = [*compiler, *CONTRACTED.split(), str(folder / "probe.c"), "-o", str(probe)]
    built = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if built.returncode:
        return f"{compiler[0]} does not know {CONTRACTED}: {built.stderr.strip()[:200]}"
    ran = subprocess.run([str(probe)], capture_output=True, text=True, timeout=60)
    if ran.stdout != "1":
        return f"the processor has no fused multiply-add (probe: {ran.returncode} {ran.stdout!r})"
    return None


def builders(folder):
    """Return the folder with Cython and setuptools to add to the path, or None if they are here.

    `pip install .` fetches them to build; so does this, where they are not installed.
    """
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    required = ast.literal_eval(re.search(r"^requires = (\[.*?^\])$", pyproject, re.M | re.S)[1])
    missing = []
    for requirement in required:
        asked, _, condition = requirement.partition(";")
        if "<" in condition:
            continue  # it is for older Pythons
        name, least = asked.split(">=")
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found = "0"
        if [int(n) for n in re.findall(r"\d+", found)[:2]] < [int(n) for n in least.split(".")]:
            missing.append(requirement)
    if not missing:
        return None
    target = folder / "builders"
    command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    fetched = subprocess.run(
        [*command, "--target", str(target), *missing], capture_output=True, text=True, timeout=300
    )
    if fetched.returncode:
        said = fetched.stderr.strip().splitlines() or ["nothing"]
        pytest.skip(f"no {' and '.join(missing)} here, and pip cannot fetch them: {said[-1][:200]}")
    return target


def left_out(folder, names):
    """Return the files of a folder that are not copied: what a compiler has made, other rooms.

    What Cython has made is still good.
    """
    others = {name for name in names if name.endswith(".pyx") and name[:-4] not in ROOMS}
    return others | shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")(folder, names)


def start_build(folder, tools, built, **flags):
    """Copy the sources, and the rooms that are built already; start to build the others in place.

    built: the folder with the compiled rooms that are tested here.
    """
    folder.mkdir()
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, folder)
    for name in ("purenet", "purenet_fast", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=left_out)
    for path in built.glob("*" + sysconfig.get_config_var("EXT_SUFFIX")):
        if path.name.partition(".")[0] not in ROOMS:
            shutil.copy(path, folder / "purenet_fast")
    environment = {**os.environ, "PURENET_REQUIRE_EXTENSIONS": "1", "CFLAGS": ""}
    environment.pop("PURENET_NO_EXTENSIONS", None)
    environment.update(flags)
    if tools is not None:
        environment["PYTHONPATH"] = str(tools)
    return start([sys.executable, "setup.py", "-q", "build_ext", "--inplace"], folder, environment)


def start_tests(folder):
    """Start the identity tests on what was built there."""
    # The package itself would refuse the wrong build.
    unchecked = {"PURENET_UNCHECKED_BITS": "1"}
    environment = {**os.environ, "PYTEST_ADDOPTS": "", "PYTHONPATH": "", **unchecked}
    chosen = "random_networks or every_width or every_batch_size"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--tb=line"]
    command += ["-k", chosen, f"--maxfail={MANY}", "tests/test_identity.py"]
    return start(command, folder, environment)


def start(command, folder, environment):
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(processes):
    """Return what the processes print and return, in their order."""
    try:
        return [(process.communicate(timeout=300)[0], process.returncode) for process in processes]
    finally:
        for process in processes:
            process.kill()


EXAMPLE = """
import purenet_fast as purenet
net = purenet.Network([purenet.Dense(3, 4), purenet.Dense(4, 1)], "sum_of_squares", seed=1)
inputs = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
net.fit(inputs, [[0], [1], [1], [0]], epochs=1500, learning_rate=1.0)
print(net.digest()[:12], float("1e-310") * 0.5)
"""


def test_a_contracted_build_fails_the_identity_tests_and_flags_make_none(fast, tmp_path):
    reason = why_not(tmp_path)
    if reason is not None:
        pytest.skip(reason)
    tools = builders(tmp_path)
    built = pathlib.Path(fast.engine.__file__).parent
    contracted, hostile = tmp_path / "contracted", tmp_path / "hostile"
    builds = [
        start_build(contracted, tools, built, PURENET_COMPILE_FLAGS=CONTRACTED),
        start_build(hostile, tools, built, CFLAGS=HOSTILE),
    ]
    for output, code in finish(builds):
        assert code == 0, output[-3000:]
    runs = finish([start_tests(contracted), start_tests(hostile)])
    for folder, (output, _) in zip((contracted, hostile), runs, strict=True):
        assert f"backends: pure and fast ({folder}" in output, output[-3000:]

    output, code = runs[1]
    assert code == pytest.ExitCode.OK, output[-3000:]
    assert int(re.search(r"(\d+) passed", output)[1]) > 2 * MANY

    output, code = runs[0]
    assert code == pytest.ExitCode.TESTS_FAILED, output[-3000:]
    failed = int(re.search(r"(\d+) failed", output)[1])
    assert failed == MANY  # not by a hair

    # The wrong build is refused, unless a test asks for it; the other leaves Python's arithmetic
    # alone: the smallest numbers are not rounded to zero.
    environment = {**os.environ, "PYTHONPATH": ""}
    (refused, code), (printed, _) = finish(
        [
            start([sys.executable, "-c", EXAMPLE], folder, environment)
            for folder in (contracted, hostile)
        ]
    )
    assert code == 1
    last = refused.splitlines()[-1]
    assert last.startswith(
        "ImportError: purenet_fast was built to compute other numbers than purenet"
    )
    assert "-ffast-math" in last and "CFLAGS" in last
    assert printed == "9e0e9d47c8e6 5e-311\n"
