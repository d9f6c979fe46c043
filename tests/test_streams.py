"""Standard input, output and error that the shell has closed: what is lost, and what is said."""

import os
import subprocess
import sys

import pytest
from shell import environment, one_line

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")

TABLE = "x,kind\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(8))

TRAIN = "train table.csv --target kind --epochs 2 --out model.json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("streams")
    (folder / "table.csv").write_text(TABLE)
    assert run(folder, TRAIN).returncode == 0
    return folder


def run(folder, command, code="-m purenet"):
    """Run a command line of the shell, without the word purenet."""
    return subprocess.run(
        ["bash", "-c", f"'{sys.executable}' {code} {command}"],
        capture_output=True,
        cwd=folder,
        encoding="utf-8",
        env=environment(),
        timeout=60,
    )


@pytest.mark.parametrize("arguments", ["predict model.json none.csv", "predict"])
def test_a_message_is_lost_and_not_written_into_the_answers(folder, arguments):
    said = run(folder, arguments)
    assert (said.returncode, said.stdout) == (2, "")
    one_line(said.stderr)
    lost = run(folder, f"{arguments} 2>&-")
    assert (lost.returncode, lost.stdout, lost.stderr) == (2, "", "")


def test_the_answers_are_the_same_whatever_else_is_closed(folder):
    command = "predict model.json table.csv"
    answers = run(folder, command).stdout
    assert answers.count("\n") == 9
    assert run(folder, f"{command} <&- 2>&-").stdout == answers
    done = run(folder, f"{command} --out answers.csv <&- >&- 2>&-")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (folder / "answers.csv").read_text() == answers


def test_no_file_gets_the_number_of_a_closed_stream(folder):
    """What is written below Python, by number, would land in it."""
    code = (
        "-c 'import os, sys; from purenet.commands.cli import main; "
        'main(["info", "none.json"]); sys.exit(os.open("table.csv", os.O_RDONLY))\''
    )
    for closed in ("2>&-", "<&- >&- 2>&-"):
        assert run(folder, closed, code).returncode > 2


@pytest.mark.parametrize("closed", ["<&-", "<&- >&- 2>&-"])
def test_step_needs_somebody_who_types(folder, closed):
    done = run(folder, f"step {closed}")
    assert (done.returncode, done.stdout) == (2, "")
    if "2>" in closed:
        assert done.stderr == ""
    else:
        assert one_line(done.stderr).startswith("purenet: standard input is closed, expected")


def test_step_where_nobody_reads(folder):
    done = run(folder, "step </dev/null >&- 2>&-")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_program_of_ones_own(folder):
    """There the streams stay None, as Python left them."""
    code = (
        "-c 'import purenet; net = purenet.Network([purenet.Dense(1, 1)], seed=1); "
        'net.fit([[1]], [[1]], epochs=3, progress=True); net.save("own.json")\''
    )
    done = run(folder, "<&- >&- 2>&-", code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (folder / "own.json").exists()
