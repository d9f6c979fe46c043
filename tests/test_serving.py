"""The served page: who is answered, and that the same is computed as by the command line."""

import argparse
import http.client
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import threading
import time

import pytest
import webdriver

import purenet
from purenet.commands import cli
from purenet.commands.chosen_samples import model_or_samples_of, training_of
from purenet.seeing.recording.record import record
from purenet.seeing.serving.server import MOST_BYTES, Server
from purenet.seeing.serving.session import Session

MISSING = webdriver.missing()
needs_browser = pytest.mark.skipif(MISSING is not None, reason=f"the page: {MISSING}")
PENGUINS = "purenet/datasets/penguins.csv"


def session(network="xor", data=None, backend="pure", sample=None, **given):
    given = {"optimizer": None, "learning_rate": None, **given}
    arguments = argparse.Namespace(network=network, data=data, **given)
    net, inputs, targets, rate = model_or_samples_of(network, data, backend)
    training = training_of(arguments, net, rate)
    return Session(net, inputs, targets, rate, training, sample=sample)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("served") / "penguins {1}.json")
    options = ["--target", "species", "--layers", "3", "--epochs", "2", "--test", "0", "--quiet"]
    columns = ["--columns", "bill_length_mm,bill_depth_mm", "--learning-rate", "0.05"]
    assert cli.main(["train", PENGUINS, *options, *columns, "--out", path]) == 0
    return path


@pytest.fixture
def server():
    with Server(session()) as served:
        thread = threading.Thread(target=served.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield served
        served.shutdown()
        thread.join()


def asked(server, method="POST", path="act", body=b'{"action": "show"}', **headers):
    """Return the status and the body of an answer; a header that is None is left out."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    given = {"Host": f"127.0.0.1:{server.server_port}", "Content-Type": "application/json"}
    given["Content-Length"] = str(len(body))
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in given.items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


# Who is answered.


def test_only_this_host_this_path_and_this_page_are_answered(server):
    right = f"/{server.token}/"
    act = right + "act"
    port = server.server_port
    assert server.server_address[0] == "127.0.0.1"
    status, page = asked(server, "GET", right)
    assert status == 200 and b"connect-src 'self'" in page and b'id="served"' in page
    assert asked(server, path=act)[0] == 200
    assert asked(server, path=act, Origin=f"http://127.0.0.1:{port}")[0] == 200
    assert asked(server, path=act, Host=f"localhost:{port}")[0] == 200
    for expected, options in [
        *((403, {"Host": host}) for host in ("evil.example", f"evil.example:{port}", None)),
        *((403, {"Host": host}) for host in ("127.0.0.1", f"127.0.0.1:{port + 1}", "")),
        *((403, {"Origin": origin}) for origin in ("http://evil.example", "null")),
        (403, {"Origin": f"http://localhost:{port}"}),
        (403, {"Sec_Fetch_Site": "cross-site"}),
        *((404, {"path": path}) for path in ("/", "/act", f"{right}", f"/{'x' * 22}/act")),
        *((404, {"path": act + more}) for more in ("/", "?x", "/../../README.md")),
        *((404, {"method": "GET", "path": path}) for path in ("/", act, "/README.md")),
        (404, {"method": "GET", "path": f"{right}../README.md"}),
        *((501, {"method": name}) for name in ("PUT", "DELETE", "OPTIONS", "HEAD")),
        (413, {"Content_Length": str(MOST_BYTES + 1)}),
        (413, {"Content_Length": "9" * 5000}),
        *((411, {"Content_Length": length}) for length in (None, "-1", "x")),
        (415, {"Content_Type": "text/plain"}),
    ]:
        found = asked(server, **{"path": act, **options})
        assert found == (expected, b""), options
    assert asked(server, "GET", right, Host="evil.example") == (403, b"")


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (b"{", "Expecting"),
        (b"[" * 100_000, ""),
        (b"[1]", "request: found"),
        ({"action": "quit"}, "action: found 'quit'"),
        ({"action": "train", "epochs": 0}, "epochs: found 0"),
        ({"action": "train", "epochs": 10**9}, "at most 1000000"),
        ({"action": "samples", "samples": [4]}, "sample: found 4, expected 0 to 3"),
        ({"action": "samples", "samples": []}, "samples: found"),
        ({"action": "rate", "rate": "nan"}, "learning_rate: found nan"),
        ({"action": "rate", "rate": "-1"}, "learning_rate: found -1.0"),
        ({"action": "change", "changes": [{"role": "count", "value": 1}]}, "role: found 'count'"),
        *(
            (
                {
                    "action": "change",
                    "changes": [
                        {"role": "biases", "layer": 0, "row": 0, "value": "9"},
                        {"role": "weights", "layer": 0, "row": 0, "column": 0, "value": 1, **bad},
                    ],
                },
                words,
            )
            for bad, words in [
                ({"value": "1e999"}, "value: found inf"),
                ({"row": 3}, "row: found 3"),
                ({"layer": -1}, "layer: found -1"),
                ({"parameter": "__class__"}, "parameter: found '__class__'"),
            ]
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_refused_says_why_and_changes_nothing(request_, words):
    with Server(session()) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        before = server.session.shown(), server.session.recording().data
        body = request_ if isinstance(request_, bytes) else json.dumps(request_).encode()
        status, answer = asked(server, path=f"/{server.token}/act", body=body)
        server.shutdown()
        assert status == 400 and words in json.loads(answer)["error"]
        assert (server.session.shown(), server.session.recording().data) == before


def test_no_two_rooms_of_the_script_have_a_function_of_the_same_name():
    folder = pathlib.Path(purenet.__file__).parent / "seeing" / "paper" / "assets"
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.js"))
    names = re.findall(r"(?m)^(?:async )?function (\w+)", text)
    assert "send" in names and [name for name in names if names.count(name) > 1] == []


# What is computed.


@pytest.mark.parametrize("network", ["xor", "two-layer", "deep"])
def test_training_in_portions_is_that_of_the_walkthrough(network, backend, capsys):
    name = backend.BACKEND
    served = session(network, backend=name, sample=[0])
    for epochs in (1, 2, 1):
        shown = served.act({"action": "train", "epochs": epochs})
    assert shown["command"] == f"purenet walkthrough {network} --epochs 4"
    words = [*shown["command"].split()[1:], "--backend", name]
    assert cli.main(words) == 0
    printed = capsys.readouterr().out
    assert f"digest {shown['digest']}" in printed
    assert f"after     4 epochs: {shown['loss']}" in printed
    assert shown["digest"] == served.digest()
    assert (shown["plane"] != "") == (network != "deep")


def test_training_of_a_model_is_that_of_the_command(model, backend, capsys, tmp_path):
    served = session(model, PENGUINS, backend.BACKEND, sample=[0])
    served.act({"action": "train", "epochs": 2})
    shown = served.act({"action": "train", "epochs": 1})
    words = shlex.split(
        shown["command"].replace("trained.json", shlex.quote(str(tmp_path / "t.json")))
    )
    assert cli.main([*words[1:], "--backend", backend.BACKEND, "--quiet"]) == 0
    assert purenet.load(str(tmp_path / "t.json")).digest() == shown["digest"]
    assert "bill_depth_mm (scaled)" in shown["plane"]


def test_a_sample_is_shown_as_explain_shows_it(model, capsys):
    served = session(model, PENGUINS, "pure", sample=[0])
    served.act({"action": "samples", "samples": [7]})
    words = ["explain", model, PENGUINS, "--sample", "7", "--format", "json"]
    assert cli.main(words) == 0
    assert json.loads(capsys.readouterr().out) == served.recording().data
    listed = served.samples()
    assert listed["chosen"] == [7] and "Adelie" in listed["texts"][7]
    assert listed["count"] == len(listed["texts"])


def test_changes_are_recorded_as_a_network_that_has_them():
    served = session(sample=[2, 1])
    served.act({"action": "train", "epochs": 3})
    net, inputs, targets, _ = model_or_samples_of("xor", None)
    net.fit(inputs, targets, epochs=3, learning_rate=1.0)
    before = served.digest()
    place = {"layer": None, "row": None, "column": None}
    changes = [
        {**place, "role": "inputs", "row": 0, "column": 1, "value": "0.25"},
        {**place, "role": "targets", "row": 1, "column": 0, "value": "0.75"},
        {**place, "role": "weights", "layer": 0, "row": 2, "column": 3, "value": "-1.5"},
        {**place, "role": "biases", "layer": 1, "row": 0, "value": "1e-07"},
        {**place, "role": "learning_rate", "value": "0.5"},
    ]
    shown = served.act({"action": "change", "changes": changes})
    inputs, targets = [list(row) for row in inputs], [list(row) for row in targets]
    inputs[2][1], targets[1][0] = 0.25, 0.75
    weights = [list(row) for row in net.layers[0].weights]
    weights[2][3] = -1.5
    net.layers[0].weights = weights
    net.layers[1].biases = [1e-07]
    expected = record(net, inputs, targets, 0.5, sample=[2, 1])
    assert served.recording().data == expected.data
    assert shown["digest"] == net.digest() != before
    assert shown["command"] is None and shown["rate"] == "0.5"
    net.fit(inputs, targets, epochs=2, learning_rate=0.5)
    assert served.act({"action": "train", "epochs": 2})["digest"] == net.digest()
    back = served.act({"action": "back"})
    assert back == session(sample=[2, 1]).shown()


def test_the_film_has_the_network_after_each_epoch():
    served = session("two-layer")
    before = served.recording().data
    served.act({"action": "train", "epochs": 2})
    served.act({"action": "train", "epochs": 1})
    frames = served.act({"action": "film"})["frames"]
    net, inputs, targets, _ = model_or_samples_of("two-layer", None)
    assert len(frames) == 4
    for frame in frames:
        assert frame["loss"] == repr(net.evaluate(inputs, targets).loss)
        weights = [[list(map(float, row)) for row in rows] for rows in frame["weights"]]
        assert weights == [layer.weights for layer in net.layers]
        assert frame["biases"] == [None, None]
        now = record(net, inputs, targets, 1.0).data
        net.fit(inputs, targets, epochs=1, learning_rate=1.0)
    assert served.recording().data == now != before
    served.act({"action": "train", "epochs": 300})
    labels = [frame["label"] for frame in served.film()]
    assert len(labels) <= 64 and labels[:3] == [f"after {n} epochs" for n in (0, 8, 16)]


def test_the_plane_has_answers_and_samples_where_they_belong():
    served = session(sample=[1])
    served.act({"action": "train", "epochs": 500})
    picture = served.shown()["plane"]
    net, inputs, targets, _ = model_or_samples_of("xor", None)
    net.fit(inputs, targets, epochs=500, learning_rate=1.0)
    number = r"(-?[\d.]+)"
    texts = re.findall(rf'<text x="{number}" y="{number}" class="([^"]*)">{number}</text>', picture)

    def axis(kind, k):
        found = {float(text[3]): float(text[k]) for text in texts if text[2] == kind}
        one = found[1.0] - found[0.0]
        return found[0.0], one

    (left, wide), (below, high) = axis("soft middle", 0), axis("soft end", 1)
    told = [text for text in texts if "on" in text[2]]
    assert len(told) == 25
    for x, y, _, value in told:
        row = [(float(x) - left) / wide, (float(y) - below) / high, 1.0]
        assert float(value) == pytest.approx(net.predict([row])[0][0], abs=0.01)
    marks = re.findall(rf'<path class="c0 axis" d="M{number} {number}(a|h)', picture)
    found = {
        (
            (float(x) + 5 - left) / wide,
            (float(y) + (5 if kind == "h" else 0) - below + 4) / high,
        ): float(kind == "h")
        for x, y, kind in marks[:4]
    }
    for (x, y), kind in found.items():
        row = [round(x), round(y), 1]
        assert (x, y) == pytest.approx(row[:2], abs=0.01)
        assert targets[inputs.index(row)] == [kind]
    ((x, y),) = re.findall(rf'<circle class="s2"[^>]*cx="{number}" cy="{number}"', picture)
    assert (float(x) - left) / wide == pytest.approx(1, abs=0.01)
    assert (float(y) + 4 - below) / high == pytest.approx(0, abs=0.01)


def test_a_long_training_ends_after_its_time():
    shown = session().act({"action": "train", "epochs": 1_000_000, "seconds": 0.05})
    assert 0 < shown["epochs"] < 100_000


# The command.


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--serve", "-o", "x.html"], "-o: found beside --serve"),
        (["--serve", "--format", "html"], "--format: found beside --serve"),
        (["--serve", "--port", "65536"], "--port: found 65536"),
        (["--serve", "--port", "-1"], "--port: found -1"),
        (["--port", "80"], "--port: found without --serve"),
        (["--backend", "pure"], "--backend: found without --serve"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, words, capsys):
    assert cli.main(["explain", "xor", *options]) == 2
    assert words in capsys.readouterr().err


def test_a_port_that_is_taken_is_named(server, capsys):
    assert cli.main(["explain", "xor", "--serve", "--port", str(server.server_port)]) == 2
    assert f"--port: found {server.server_port} (" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="no Ctrl-C can be sent to one process")
def test_ctrl_c_ends_it_and_frees_the_port():
    words = [sys.executable, "-m", "purenet", "explain", "xor", "--serve"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    digest, address = process.stdout.readline(), process.stdout.readline()
    assert digest.split()[1] == session().digest()
    port, token = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/([\w-]{22})/\n", address).groups()
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
    connection.request("GET", f"/{token}/")
    assert connection.getresponse().status == 200
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", int(port), timeout=5).connect()


# In the browser.


def until(browser, script, *arguments):
    """Run a script until it returns something true; the page may be loaded meanwhile."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            if found := browser.run(script, *arguments):
                return found
        except webdriver.WebDriverError:
            pass
        time.sleep(0.02)
    raise AssertionError(f"never: {script}")


@needs_browser
def test_the_page_trains_and_keeps_its_place(server, browser):
    said = "const s = document.getElementById('served-said'); return s && s.textContent"
    click = "document.getElementById(arguments[0]).click()"
    read = """
      const text = id => document.getElementById(id).textContent;
      return {digest: text("served-digest"), epochs: text("served-epochs"), hash: location.hash,
        count: text("count"), name: text("now-name"), plane: text("served-plane"),
        marks: document.querySelectorAll("#served-plane .mark, #served-plane path.c0").length,
        curve: document.querySelectorAll("#served-curve path.line").length,
        pane: document.getElementById("app").dataset.pane};
    """
    browser.open(server.address + "#matrix-3")
    start = until(browser, read)
    assert start["epochs"].startswith("0 epochs") and start["curve"] == 0
    assert start["marks"] == 6  # four samples, and two in the legend
    browser.run(click, "served-10")
    assert until(browser, said + ".startsWith('10 epochs more') && s.textContent")
    seen = browser.run(read)
    assert seen["digest"] == server.session.digest() != start["digest"]
    assert seen["epochs"].startswith("10 epochs") and seen["curve"] > 0
    for what in ("hash", "count", "name"):
        assert seen[what] == start[what]
    assert seen["hash"] == "#matrix-3" and seen["pane"] == "serving"
    browser.run(click, "served-on")
    epochs = "return parseInt(document.getElementById('served-epochs').textContent)"
    until(browser, epochs + " > 10")
    browser.run(click, "served-stop")
    assert until(browser, said + ".includes('epochs more') && s.textContent")
    assert browser.run(epochs) == len(server.session.losses()) - 1 > 10
    browser.run(
        "document.getElementById('served-numbers').value = arguments[0];"
        "document.getElementById('served-numbers').form.requestSubmit()",
        "2",
    )
    assert until(browser, said + ".includes('with sample 2') && s.textContent")
    recording = browser.run("return document.getElementById('recording').textContent")
    assert json.loads(recording) == server.session.recording().data
    assert browser.run("return document.querySelectorAll('#served-plane circle.s2').length") == 1
    browser.run(
        "document.getElementById('served-rate').value = 'x';"
        "document.getElementById('served-rate').form.requestSubmit()"
    )
    assert "expected a number" in until(browser, said + ".includes('found') && s.textContent")
    errors = browser.console()
    assert len(errors) == 1 and "400" in errors[0]  # that the server refused it
    browser.run(click, "served-back")
    assert until(browser, said + ".includes('Back at') && s.textContent")
    assert browser.run(read) == {**start, "hash": seen["hash"]}
