"""The tests where Ctrl-C is ignored: started in the background by a script, or by nohup.

A process passes that on to those that it starts.  A test that sends Ctrl-C would wait for ever.
"""

import os
import shutil
import subprocess
import sys

import pytest
from shell import ROOT, environment

TEST = """
import os, signal, subprocess, sys

import pytest


def test_one(backend):
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        signal.pause()


def test_two():
    code = "import os, signal; os.kill(os.getpid(), signal.SIGINT); signal.pause()"
    done = subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL, timeout=10)
    assert done.returncode == -signal.SIGINT
"""


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_no_test_is_deaf_to_ctrl_c(tmp_path):
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text(TEST)
    pytest_run = f"'{sys.executable}' -m pytest -q --pure-only -p no:cacheprovider -p no:xdist"
    done = subprocess.run(
        ["sh", "-c", f"trap '' INT; exec {pytest_run} test_it.py"],
        cwd=tmp_path,
        env=environment(PYTEST_ADDOPTS=""),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
