"""A file is there whole or not at all; what is no file is left as it is."""

import contextlib
import errno
import json
import os
import pathlib
import socket
import stat
import subprocess
import sys
import threading

import pytest

import purenet
from purenet import writing
from purenet.commands.destinations import check_destinations
from purenet.writing import check_place, write_text

ROOT = pathlib.Path(purenet.__file__).parent.parent
POSIX = pytest.mark.skipif(os.name != "posix", reason="POSIX has these")


def names_in(folder):
    return sorted(entry.name for entry in folder.iterdir())


def run(code, *arguments, **options):
    """Run Python code in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, env=environment, timeout=60, **options)


def saved(module, path):
    net = module.Network([module.Dense(2, 1)], seed=1)
    net.save(path)
    return net


# What is no file.


@contextlib.contextmanager
def pipe(path):
    os.mkfifo(path)
    yield


@contextlib.contextmanager
def pipe_that_is_read(path):
    os.mkfifo(path)
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield
    finally:
        assert os.read(handle, 100) == b""
        os.close(handle)


@contextlib.contextmanager
def bound_socket(path):
    with socket.socket(socket.AF_UNIX) as bound:
        # A short way to it: a socket's path has a hundred characters at most.
        here = os.getcwd()
        os.chdir(path.parent)
        try:
            bound.bind(path.name)
        finally:
            os.chdir(here)
        yield


@contextlib.contextmanager
def terminal(path):
    ours, theirs = os.openpty()
    try:
        path.symlink_to(os.ttyname(theirs))
        yield
    finally:
        os.close(ours)
        os.close(theirs)


@contextlib.contextmanager
def link_to_a_pipe(path):
    os.mkfifo(path.parent / "behind")
    path.symlink_to("behind")
    yield


@POSIX
@pytest.mark.parametrize("kind", [pipe, pipe_that_is_read, bound_socket, terminal, link_to_a_pipe])
def test_what_is_no_file_is_refused_and_left_as_it_is(tmp_path, kind):
    path = tmp_path / "place"
    with kind(path):
        before = names_in(tmp_path), os.lstat(path), os.stat(path)
        for call in (
            lambda: write_text(path, "text"),
            lambda: check_place(path),
            lambda: saved(purenet, path),
        ):
            with pytest.raises(ValueError) as refused:
                call()
            assert str(refused.value) == f"{path}: found a device or a pipe, expected a file"
        after = names_in(tmp_path), os.lstat(path), os.stat(path)
        assert after[0] == before[0]
        for old, new in zip(before[1:], after[1:], strict=True):
            assert os.path.samestat(old, new)
            assert old.st_mode == new.st_mode


@POSIX
def test_an_open_pipe_by_its_number(tmp_path):
    reading, into = os.pipe()
    try:
        if not os.path.exists(f"/dev/fd/{into}"):
            pytest.skip("this system has no /dev/fd")
        with pytest.raises(ValueError, match="found a device or a pipe"):
            write_text(f"/dev/fd/{into}", "text")
    finally:
        os.close(reading)
        os.close(into)


@POSIX
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_the_file_that_the_program_prints_into(tmp_path, stream):
    path = tmp_path / "output.txt"
    code = (
        "import sys; from purenet.writing import write_text\n"
        f"print('before', file=sys.{stream}, flush=True)\n"
        "try: write_text(sys.argv[1], 'text')\n"
        f"except ValueError as error: print(error, file=sys.{stream})\n"
    )
    with open(path, "w") as file:
        assert run(code, path, **{stream: file}).returncode == 0
    message = f"{path}: found the file that the program prints into, expected another"
    assert path.read_text() == f"before\n{message}\n"
    assert names_in(tmp_path) == ["output.txt"]


def test_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "folder", "folder", "folder/", ".", os.sep):
        with pytest.raises(IsADirectoryError) as refused:
            write_text(path, "text")
        assert refused.value.filename == os.fspath(path)
    for path in ("", "new/", "missing/new.txt"):
        with pytest.raises(FileNotFoundError) as refused:
            write_text(path, "text")
        assert refused.value.filename == path
    assert names_in(tmp_path) == ["folder"]


# Links.


@POSIX
def test_a_link_is_written_through(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "other link")
    (tmp_path / "other link").symlink_to(os.path.join("there", "file"))
    for text in ("new", "newer"):  # at first, there is no file behind it
        write_text(tmp_path / "link", text)
        assert (tmp_path / "there" / "file").read_text() == text
    assert names_in(tmp_path) == ["link", "other link", "there"]
    assert names_in(tmp_path / "there") == ["file"]
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "other link").is_symlink()


@POSIX
def test_links_in_a_circle(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError) as refused:
        write_text(tmp_path / "a", "text")
    assert refused.value.errno == errno.ELOOP
    assert refused.value.filename == str(tmp_path / "a")
    assert names_in(tmp_path) == ["a", "b"]
    assert (tmp_path / "a").is_symlink()


# Names and errors.


@pytest.mark.parametrize("name", ["n" * 245 + ".json", "n" * 255, "ä" * 127])
def test_long_names(backend, tmp_path, name):
    path = tmp_path / name
    try:
        path.write_text("old")
    except OSError:
        pytest.skip("this file system has no such long names")
    check_destinations({"--out": (str(path), "JSON")})
    assert path.read_text() == "old"
    net = saved(backend, path)
    assert backend.load(path).digest() == net.digest()
    assert names_in(tmp_path) == [name]


@pytest.mark.parametrize(
    "name", ["n" * 300, "missing/net.json", "missing/deep/net.json", "file/net.json"]
)
def test_an_error_names_the_path_as_it_was_given(backend, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    for path in (name, pathlib.Path(name), tmp_path / name, os.fsencode(name)):
        for call in (lambda p: saved(backend, p), check_place):
            with pytest.raises(OSError) as refused:
                call(path)
            assert refused.value.filename == os.fspath(path)
            assert refused.value.filename2 is None
            assert ".part" not in str(refused.value)
    assert names_in(tmp_path) == ["file"]


@pytest.mark.parametrize("step", ["replace", "fsync", "chmod"])
def test_an_error_on_the_way_names_the_path_too(tmp_path, monkeypatch, step):
    path = tmp_path / "net.json"
    path.write_text("old")

    def fail(first, *arguments, **named):
        raise PermissionError(errno.EACCES, "Permission denied", first, None, *arguments[:1])

    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        with pytest.raises(PermissionError) as refused:
            write_text(path, "new")
    assert str(refused.value) == f"[Errno {errno.EACCES}] Permission denied: {str(path)!r}"
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["net.json"]


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="root may write into any folder"
)
def test_a_folder_that_is_protected(tmp_path):
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(PermissionError) as refused:
            write_text(tmp_path / "new", "text")
    finally:
        tmp_path.chmod(0o755)
    assert refused.value.filename == str(tmp_path / "new")


def test_paths_that_are_none():
    for path in (None, 5, ["a"]):
        with pytest.raises(TypeError):
            write_text(path, "text")


def test_what_cannot_be_encoded_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\ud800")
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["file"]


def test_line_ends_and_letters_are_written_as_they_are(tmp_path):
    write_text(tmp_path / "file", "a\r\nb\nä")
    assert (tmp_path / "file").read_bytes() == b"a\r\nb\n\xc3\xa4"


def test_a_place_that_is_checked_stays_as_it_is(tmp_path):
    check_place(tmp_path / "new")
    assert names_in(tmp_path) == []
    (tmp_path / "old").write_text("old")
    before = os.stat(tmp_path / "old")
    check_place(tmp_path / "old")
    assert (tmp_path / "old").read_text() == "old"
    assert os.stat(tmp_path / "old").st_mtime_ns == before.st_mtime_ns
    assert names_in(tmp_path) == ["old"]


@POSIX
def test_what_is_private_is_private_while_it_is_written(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o600)
    modes = []
    monkeypatch.setattr(os, "fsync", lambda handle: modes.append(os.fstat(handle).st_mode))
    umask = os.umask(0)
    try:
        write_text(path, "new")
    finally:
        os.umask(umask)
    assert [stat.S_IMODE(mode) for mode in modes] == [0o600]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


# Processes that are killed, and others that write at the same time.

KILLED = """
import os, signal, sys
from purenet.writing import write_text
os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
write_text(sys.argv[1], "new")
"""


@pytest.mark.skipif(writing.fcntl is None, reason="this system has no such locks")
def test_what_killed_processes_leave_does_not_pile_up(tmp_path):
    path, other = tmp_path / "file", tmp_path / "other"
    path.write_text("old")
    for _ in range(3):
        assert run(KILLED, path).returncode == -9
        assert path.read_text() == "old"
        assert len(names_in(tmp_path)) == 2
    run(KILLED, other)
    assert len(names_in(tmp_path)) == 3
    write_text(path, "new")
    assert path.read_text() == "new"
    assert len(names_in(tmp_path)) == 2  # what was left of the other file is not its business
    check_place(other)
    assert names_in(tmp_path) == ["file"]


@POSIX
def test_a_writer_is_not_disturbed_by_another(tmp_path, monkeypatch):
    path = tmp_path / "file"
    began, go_on = threading.Event(), threading.Event()
    right = os.fsync

    def wait(handle):
        if threading.current_thread() is thread:
            began.set()
            assert go_on.wait(60)
        right(handle)

    monkeypatch.setattr(os, "fsync", wait)
    thread = threading.Thread(target=write_text, args=(path, "slow"))
    thread.start()
    try:
        assert began.wait(60)
        assert len(names_in(tmp_path)) == 1
        for text in ("quick", "quicker"):
            write_text(path, text)
            assert path.read_text() == text
        assert run(
            "import sys; from purenet.writing import *; write_text(sys.argv[1], 'far')", path
        )
        assert path.read_text() == "far"
        assert len(names_in(tmp_path)) == 2
    finally:
        go_on.set()
        thread.join()
    assert path.read_text() == "slow"
    assert names_in(tmp_path) == ["file"]


SAVING = """
import sys, purenet
net = purenet.Network([purenet.Dense(20, 20)], seed=int(sys.argv[2]))
for _ in range(60): net.save(sys.argv[1])
"""


def test_processes_that_save_at_once_leave_a_whole_file(tmp_path):
    path = tmp_path / "net.json"
    nets = [purenet.Network([purenet.Dense(20, 20)], seed=seed) for seed in range(3)]
    digests = {net.digest() for net in nets}
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    processes = [
        subprocess.Popen([sys.executable, "-c", SAVING, path, str(seed)], env=environment)
        for seed in range(3)
    ]
    found = set()
    while any(process.poll() is None for process in processes):
        if path.exists():
            found.add(purenet.load(path).digest())
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert found <= digests
    assert purenet.load(path).digest() in digests
    assert names_in(tmp_path) == ["net.json"]


@pytest.mark.skipif(writing.fcntl is None, reason="this system has no such locks")
def test_a_file_that_is_removed_before_it_is_locked(tmp_path, monkeypatch):
    # As by another process that finds a file which nobody seems to write any more.
    right, removed = writing.fcntl.flock, []

    def flock(file, operation):
        if not removed:
            removed.extend(tmp_path.iterdir())
            removed[0].unlink()
        right(file, operation)

    monkeypatch.setattr(writing.fcntl, "flock", flock)
    write_text(tmp_path / "file", "new")
    assert removed
    assert names_in(tmp_path) == ["file"]


@pytest.mark.skipif(writing.fcntl is None, reason="this system has no such locks")
@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks(tmp_path, monkeypatch, code):
    left = run(KILLED, tmp_path / "file").returncode
    assert left == -9

    def flock(file, operation):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(writing.fcntl, "flock", flock)
    write_text(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "new"
    assert len(names_in(tmp_path)) == 2  # nobody knows whether it is still being written


def test_a_system_without_such_locks(backend, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "fcntl", None)
    right, still_open = os.replace, []

    def replace(source, target):
        with contextlib.suppress(OSError):
            still_open.extend(
                handle
                for handle in map(int, os.listdir("/dev/fd"))
                if os.path.samestat(os.fstat(handle), os.stat(source))
            )
        right(source, target)

    monkeypatch.setattr(os, "replace", replace)
    saved(backend, tmp_path / "net.json")
    assert json.loads((tmp_path / "net.json").read_text())["seed"] == 1
    assert names_in(tmp_path) == ["net.json"]
    assert still_open == []  # Windows moves no open file
