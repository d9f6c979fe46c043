"""The copy to step through: complete, running by itself, and entered by a debugger's Step Into."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

import purenet
from purenet.seeing.debugger.eject import EXAMPLE, eject

PACKAGE = Path(purenet.__file__).resolve().parent


def python(*arguments, cwd, path=None, timeout=60):
    """Run Python where nothing but `path` leads to purenet, not even an installed one."""
    environment = {name: value for name, value in os.environ.items() if name[:6] != "PYTHON"}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    return subprocess.run(
        [sys.executable, "-S", *map(str, arguments)],
        cwd=cwd,
        env=environment | {"PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A folder that the command has filled."""
    folder = tmp_path_factory.mktemp("ejected") / "new folder"
    finished = python(
        "-m",
        "purenet",
        "eject",
        folder,
        cwd=tmp_path_factory.mktemp("elsewhere"),
        path=PACKAGE.parent,
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    assert str(folder) in finished.stdout
    return folder


def files_of(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_copy_is_the_package_and_three_files(copy):
    found = files_of(copy)
    assert {name for name in found if not name.startswith("purenet/")} == {
        "example.py",
        ".vscode/launch.json",
        "LICENSE",
    }
    for path in PACKAGE.rglob("*"):
        name = path.relative_to(PACKAGE).as_posix()
        if path.suffix in (".py", ".csv", ".gz", ".md", ".css", ".js", ".html", ".typed"):
            assert f"purenet/{name}" in found
            assert (copy / "purenet" / name).read_bytes() == path.read_bytes()
    assert not any("__pycache__" in name or name.endswith(".pyc") for name in found)
    licence = (copy / "LICENSE").read_text(encoding="utf-8")
    assert "purenet" in licence
    assert (PACKAGE / "LICENSE").read_text(encoding="utf-8") == licence
    if (PACKAGE.parent / "pyproject.toml").exists():  # not where the package is installed
        assert (PACKAGE.parent / "LICENSE").read_text(encoding="utf-8") == licence


def test_the_configuration_is_of_the_kind_vs_code_reads(copy):
    settings = json.loads((copy / ".vscode" / "launch.json").read_text(encoding="utf-8"))
    (configuration,) = settings["configurations"]
    assert configuration["type"] == "debugpy"
    assert configuration["program"] == "${workspaceFolder}/example.py"
    assert configuration["justMyCode"] is True


def digest_in(output):
    return output.split("digest: ")[1].strip()


def test_the_copy_runs_by_itself_with_the_digest_of_the_package(copy, tmp_path):
    alone = python(copy / "example.py", cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    assert alone.stderr == ""
    script = tmp_path / "same.py"
    script.write_text(EXAMPLE, encoding="utf-8")
    nothing = python(script, cwd=tmp_path)
    assert "No module named 'purenet'" in nothing.stderr  # so it was the copy that ran
    package = python(script, cwd=tmp_path, path=PACKAGE.parent)
    assert package.returncode == 0, package.stderr
    assert digest_in(alone.stdout) == digest_in(package.stdout)
    assert len(digest_in(alone.stdout)) == 64
    assert alone.stdout == package.stdout


def test_the_copy_has_all_it_needs(copy, tmp_path):
    text = (
        "import purenet; print(purenet.__file__); data = purenet.datasets; "
        "print(*(len(f().inputs) for f in (data.load_iris, data.load_digits)))"
    )
    finished = python("-c", text, cwd=copy, path=copy)
    assert finished.returncode == 0, finished.stderr
    assert str(copy) in finished.stdout
    assert "150 1797" in finished.stdout
    again = tmp_path / "again"
    finished = python("-m", "purenet", "eject", again, cwd=tmp_path, path=copy)
    assert finished.returncode == 0, finished.stderr
    assert files_of(again) == {name for name in files_of(copy) if "__pycache__" not in name}


def test_a_package_in_a_zip_file_is_copied_too(tmp_path):
    archive = tmp_path / "purenet.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name in files_of(PACKAGE):
            if "__pycache__" not in name:
                file.write(PACKAGE / name, f"purenet/{name}")
    folder = tmp_path / "copy"
    text = f"from purenet.seeing.debugger.eject import eject; eject({str(folder)!r})"
    finished = python("-c", text, cwd=tmp_path, path=archive)
    assert finished.returncode == 0, finished.stderr
    assert python(folder / "example.py", cwd=tmp_path).returncode == 0
    assert (folder / "LICENSE").read_bytes() == (PACKAGE / "LICENSE").read_bytes()


def test_an_empty_folder_is_filled_and_any_other_is_refused(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    written = eject(empty)
    assert empty / "purenet" / "matrix.py" in written
    assert {path.relative_to(empty).as_posix() for path in written} == files_of(empty)
    before = files_of(empty)
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / ".git").mkdir()
    (tmp_path / "file").write_text("x")
    for name in ("empty", "hidden", "file"):
        finished = python(
            "-m", "purenet", "eject", tmp_path / name, cwd=tmp_path, path=PACKAGE.parent
        )
        assert finished.returncode == 2
        assert finished.stdout == ""
        assert finished.stderr.startswith(f"purenet: {tmp_path / name}: found a ")
        assert finished.stderr.count("\n") == 1
    assert files_of(empty) == before
    assert files_of(tmp_path / "hidden") == set()


def test_no_copy_goes_into_the_package(copy, tmp_path):
    before = files_of(PACKAGE)
    link = tmp_path / "link"
    link.symlink_to(PACKAGE)
    other = tmp_path / "copy"
    shutil.copytree(copy, other)
    for place in (
        PACKAGE / "new",
        PACKAGE / "seeing" / "new",
        link / "new",
        link / "x" / ".." / "y",
    ):
        with pytest.raises(ValueError, match="found a folder in the package") as refused:
            eject(place)
        assert str(PACKAGE) in str(refused.value)
    for name in ("purenet/new", "purenet/seeing/paper/new", "purenet/../purenet/new"):
        with pytest.raises(ValueError, match="found a folder in the package"):
            eject(other / name)
    assert files_of(PACKAGE) == before
    # Beside the package, or where only the name is the same, there is nothing to be said against.
    (tmp_path / "purenet").mkdir()
    for place in (other / "new", tmp_path / "purenet" / "new"):
        assert eject(place)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("x")
    finished = python(
        "-m", "purenet", "eject", tmp_path / "file" / "folder", cwd=tmp_path, path=PACKAGE.parent
    )
    assert finished.returncode == 2
    assert finished.stderr.count("\n") == 1


# Step Into, as an editor does it.


class Debugger:
    """A small client of the debug adapter protocol, over debugpy's adapter.

    The protocol: JSON messages with a Content-Length header; requests are answered in any order,
    and events come in between.
    """

    def __init__(self, cwd, environment):
        self.adapter = subprocess.Popen(
            [sys.executable, "-m", "debugpy.adapter"],
            cwd=cwd,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.number = 0
        self.thread = None
        self.events = []
        # Nothing here may wait for ever.
        self.alarm = threading.Timer(60, self.adapter.kill)
        self.alarm.start()

    def close(self):
        self.alarm.cancel()
        self.adapter.kill()
        self.adapter.wait()
        self.adapter.stdin.close()
        self.adapter.stdout.close()

    def send(self, command, arguments=None):
        self.number += 1
        message = {"seq": self.number, "type": "request", "command": command}
        body = json.dumps(message | {"arguments": arguments or {}}).encode()
        self.adapter.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.adapter.stdin.flush()
        return self.number

    def read(self):
        size = 0
        while True:
            line = self.adapter.stdout.readline()
            if not line:
                raise EOFError("the debug adapter has ended")
            if line == b"\r\n":
                break
            name, _, value = line.decode().partition(":")
            if name.lower() == "content-length":
                size = int(value)
        return json.loads(self.adapter.stdout.read(size))

    def answer(self, number):
        while True:
            message = self.read()
            if message["type"] == "response" and message["request_seq"] == number:
                assert message["success"], message
                return message.get("body")
            if message["type"] == "event":
                self.events.append(message)

    def request(self, command, **arguments):
        return self.answer(self.send(command, arguments))

    def event(self, *names):
        while True:
            for place, message in enumerate(self.events):
                if message["event"] in names:
                    return self.events.pop(place)
            message = self.read()
            if message["type"] == "event":
                self.events.append(message)

    def launch(self, configuration):
        self.request("initialize", adapterID="debugpy", pathFormat="path", linesStartAt1=True)
        launched = self.send("launch", configuration)
        self.event("initialized")
        self.request("configurationDone")
        self.answer(launched)
        return self.stop()

    def stop(self):
        """Wait for the program to stop, and return its innermost frame; None at its end."""
        event = self.event("stopped", "terminated")
        if event["event"] == "terminated":
            return None
        self.thread = event["body"]["threadId"]
        return self.top()

    def top(self):
        """Return the innermost frame of the thread that has stopped."""
        trace = self.request("stackTrace", threadId=self.thread, startFrame=0, levels=1)
        return trace["stackFrames"][0]

    def locals(self, frame):
        """Return the local variables of a frame as the debugger shows them."""
        scopes = self.request("scopes", frameId=frame["id"])["scopes"]
        found = self.request("variables", variablesReference=scopes[0]["variablesReference"])
        return {variable["name"]: variable["value"] for variable in found["variables"]}

    def go(self, command):
        self.request(command, threadId=self.thread)
        return self.stop()


@pytest.fixture
def debugger(tmp_path):
    pytest.importorskip("debugpy", reason="debugpy is not installed; Step Into is not tested")
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    client = Debugger(tmp_path, kept | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"})
    yield client
    client.close()


def configuration_of(folder):
    """The configuration as VS Code would send it; this client has no terminal to offer."""
    text = (folder / ".vscode" / "launch.json").read_text(encoding="utf-8")
    settings = json.loads(text.replace("${workspaceFolder}", folder.as_posix()))
    return settings["configurations"][0] | {"console": "internalConsole", "cwd": str(folder)}


def source_line(frame):
    path = Path(frame["source"]["path"])
    return path.read_text(encoding="utf-8").splitlines()[frame["line"] - 1]


def line_of(path, source):
    lines = path.read_text(encoding="utf-8").splitlines()
    return 1 + [line.strip() for line in lines].index(source)


def test_step_into_reaches_the_arithmetic(copy, debugger):
    frame = debugger.launch(configuration_of(copy))
    assert frame["name"] == "<module>"
    while "net.feedforward" not in source_line(frame):
        frame = debugger.go("next")
    # As a learner would: into the calls that lead to the arithmetic, over the checks on the way.
    visited = []
    while frame["name"] != "dot" and len(visited) < 40:
        line = source_line(frame)
        enters = re.search(r"\b(feedforward|forward|dot)\(", line)
        frame = debugger.go("stepIn" if enters else "next")
        visited.append((Path(frame["source"]["path"]).name, frame["name"]))
    assert frame["name"] == "dot", visited
    assert Path(frame["source"]["path"]) == copy / "purenet" / "matrix.py"
    assert visited[0] == ("network.py", "feedforward")
    assert ("network.py", "forward") in visited
    assert ("dense.py", "feedforward") in visited
    while "total = total + a_row[k] * b[k][j]" not in source_line(frame):
        frame = debugger.go("next")
    assert frame["name"] == "dot"


def test_a_breakpoint_at_the_product_stops_there_and_shows_its_numbers(copy, debugger):
    debugger.launch(configuration_of(copy))
    path = copy / "purenet" / "matrix.py"
    product = line_of(path, "total = total + a_row[k] * b[k][j]")
    debugger.request("setBreakpoints", source={"path": str(path)}, breakpoints=[{"line": product}])
    frame = debugger.go("continue")
    assert (Path(frame["source"]["path"]), frame["name"], frame["line"]) == (path, "dot", product)
    before = debugger.locals(frame)
    assert (before["i"], before["j"], before["k"], before["total"]) == ("0", "0", "0", "0.0")
    assert before["a_row"] == "[0.0, 0.0, 1.0]"
    for _ in range(4):
        frame = debugger.go("next")
    assert frame["line"] == product
    after = debugger.locals(frame)
    assert after["k"] == "2"
    weights = (
        purenet.Network(
            [
                purenet.Dense(3, 4, "sigmoid", bias=False),
                purenet.Dense(4, 1, "sigmoid", bias=False),
            ],
            loss="sum_of_squares",
            seed=1,
        )
        .layers[0]
        .weights
    )
    debugger.go("next")
    assert debugger.locals(debugger.top())["total"] == repr(weights[2][0])


def press(debugger, folder, key, place, source):
    """Press one of VS Code's keys and return where the program stands then."""
    if key == "F9":  # a breakpoint, on the line that is named
        path = folder / place
        line = line_of(path, source)
        debugger.request("setBreakpoints", source={"path": str(path)}, breakpoints=[{"line": line}])
        return place, source
    if key == "F5" and not debugger.thread:
        frame = debugger.launch(configuration_of(folder))
    else:
        frame = debugger.go({"F5": "continue", "F10": "next", "F11": "stepIn"}[key])
    path = Path(frame["source"]["path"]).relative_to(folder).as_posix()
    return path, source_line(frame).strip()


def test_the_session_of_the_readme_is_real(copy, debugger):
    readme = PACKAGE.parent / "README.md"
    if not readme.exists():
        pytest.skip("no README.md beside the package")
    text = readme.read_text(encoding="utf-8")
    (block,) = re.findall(r"^```\w*\n(F5 .*?)^```$", text, re.MULTILINE | re.DOTALL)
    for line in block.splitlines():
        key, place, source = line.split(maxsplit=2)
        assert press(debugger, copy, key, place, source) == (place, source)


def test_an_installed_package_is_stepped_over(tmp_path, debugger):
    """Without this the copy would not be needed: the same step, with the package installed."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "v"], check=True)
    site = next((tmp_path / "v").rglob("site-packages"))
    installed = eject(tmp_path / "copy")
    (tmp_path / "copy" / "purenet").rename(site / "purenet")
    assert installed
    executable = tmp_path / "v" / ("Scripts" if os.name == "nt" else "bin") / "python"
    script = tmp_path / "copy" / "example.py"
    frame = debugger.launch(
        configuration_of(tmp_path / "copy") | {"python": [str(executable)], "program": str(script)}
    )
    while "net.feedforward" not in source_line(frame):
        frame = debugger.go("next")
    line = frame["line"]
    frame = debugger.go("stepIn")
    assert (frame["name"], frame["line"]) == ("<module>", line + 1)
