"""The README's commands and Python blocks, run as they stand; its paths and links."""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from shell import ROOT, Shell, environment

from purenet.commands import cli

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")

# (language, text) of each fenced block, in order.
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.M | re.S)

PYTHON = ".venv/bin/python"

# These build and install, or take minutes: .ci/run and test_packaging.py run them.
LONG = ("python3 -m venv .venv &&", f"{PYTHON} -m bench", f"{PYTHON} -m pytest")


def outputs_after(language):
    """Return (block, the output that is shown right after it or None) for a language's blocks."""
    pairs = []
    for number, (found, text) in enumerate(BLOCKS):
        if found == language:
            following = BLOCKS[number + 1 : number + 2]
            shown = following[0][1] if following and following[0][0] == "" else None
            pairs.append((text, shown))
    return pairs


def shell_lines(text):
    """Return the commands of a block, with lines that end in a backslash joined."""
    joined = text.replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def test_every_block_is_of_a_kind_that_is_tested():
    assert {language for language, _ in BLOCKS} <= {"", "sh", "python", "pycon", "text", "console"}
    for number, (language, _) in enumerate(BLOCKS):
        if language == "":  # the output of the block before it
            assert BLOCKS[number - 1][0] in ("sh", "python")


def test_the_two_commands_come_first():
    first, second = (text for language, text in BLOCKS[:2])
    assert [language for language, _ in BLOCKS[:2]] == ["sh", "sh"]
    for text in (first, second):
        assert text.count("\n") == 1
        assert text.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    assert first.endswith("&& .venv/bin/python -m purenet demo\n")
    assert second.endswith("&& .venv/bin/python -m pytest\n")


def test_the_python_blocks_print_what_the_readme_says(backend, tmp_path):
    blocks = outputs_after("python")
    assert blocks
    mark = "--- the next block ---\n"
    program = f"print({mark!r}, end='')\n".join(text for text, _ in blocks)
    if backend.BACKEND == "fast":
        assert program.startswith("import purenet\n")
        program = program.replace("import purenet\n", "import purenet_fast as purenet\n", 1)
        program += "assert purenet.BACKEND == 'fast'\n"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        encoding="utf-8",
        env=environment(),
        cwd=tmp_path,
        timeout=300,  # pure Python trains a table in it, perhaps beside others
    )
    assert (done.returncode, done.stderr) == (0, "")
    shown = [output for _, output in blocks]
    for found, expected in zip(done.stdout.split(mark), shown, strict=True):
        assert found == (expected or "")


def test_there_are_ten_lines():
    text, output = outputs_after("python")[0]
    assert len([line for line in text.splitlines() if line]) == 10
    assert re.fullmatch(r"[0-9a-f]{64}", output.splitlines()[-1])


def short_commands():
    """Return the blocks of commands that are run here: (commands, output shown)."""
    found = []
    for text, shown in outputs_after("sh"):
        lines = [line for line in shell_lines(text) if not line.startswith(LONG)]
        if lines:
            found.append(pytest.param(lines, shown, id=lines[0][:60]))
    return found


@pytest.mark.parametrize(("lines", "shown"), short_commands())
def test_the_commands_print_what_the_readme_says(fast, tmp_path, lines, shown):
    # With the sources in C, by which the compiled package knows that it was built from them.
    unused = shutil.ignore_patterns("__pycache__")
    for name in ("purenet", "purenet_fast"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=unused)
    printed = ""
    for line in lines:
        words = shlex.split(line)
        assert words[:3] == [PYTHON, "-m", "purenet"], f"nothing runs this line: {line}"
        done = subprocess.run(
            [sys.executable, *words[1:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            env=environment(tmp_path),
            cwd=tmp_path,
            timeout=300,  # pure Python trains a table in it, perhaps beside others
        )
        assert (done.returncode, done.stderr) == (0, ""), line
        assert done.stdout
        printed += done.stdout
    if shown is not None:
        assert shown in printed


def all_commands():
    """Return the names of all commands."""
    (actions,) = (a for a in cli.parser()._actions if isinstance(a, argparse._SubParsersAction))
    return list(actions.choices)


def mentions():
    """Return what the README mentions of commands and their options: ``COMMAND --option ...``."""
    found = re.findall(r"^```sh$(.*?)^```$|`([^`\n]+)`", TEXT, re.M | re.S)
    code = "\n".join(block or inline for block, inline in found)
    named = rf"^(?:.*-m purenet )?((?:{'|'.join(all_commands())})\b(?!\.py).*)$"
    return sorted(set(re.findall(named, code, re.M)))


@pytest.mark.parametrize("mention", mentions())
def test_the_commands_and_options_mentioned_are_there(capsys, tmp_path, mention):
    command, *rest = mention.split()
    text = Shell(capsys, tmp_path).succeed(command, "--help")
    for word in rest:
        if word.startswith("--"):
            assert word in text


def test_options_mentioned_alone_are_there(capsys, tmp_path):
    shell = Shell(capsys, tmp_path)
    known = "".join(shell.succeed(command, "--help") for command in all_commands())
    known += "--pure-only"  # of pytest
    for option in re.findall(r"`(--[a-z-]+)", TEXT):
        assert option in known


# Paths and links.


def paths_in_the_table():
    """Return the paths in the table of files; a bare name is in the folder of the one before."""
    rows = re.findall(r"^\| (`[^|]*`.*) \|.*\|$", TEXT, re.M)
    paths = []
    for row in rows:
        folder = ""
        for name in re.findall(r"`([\w./]+(?:/|\.\w+))`", row):
            path = folder + name if folder and "/" not in name[:-1] else name
            if not folder and "/" in name[:-1]:
                folder = name[: name[:-1].rindex("/") + 1]
            paths.append(path)
    return paths


def test_the_table_of_files():
    paths = paths_in_the_table()
    assert len(paths) > 15
    for path in paths:
        assert os.path.exists(ROOT / path), path
    # and it leaves out no module
    modules = {f"purenet/{path.name}" for path in (ROOT / "purenet").glob("*.py")}
    assert modules - set(paths) == {
        f"purenet/{name}.py" for name in ("__init__", "__main__", "_version")
    }


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)\s]+)\)", TEXT):
        if not target.startswith(("https://", "#")):
            assert os.path.exists(ROOT / target), target
        if target.startswith("#"):
            headings = re.findall(r"^#+ (.*)$", TEXT, re.M)
            anchors = {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}
            assert target[1:] in anchors
