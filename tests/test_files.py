"""Networks in files: every bit comes back, and what is no whole network is refused by name."""

import errno
import json
import math
import os
import pathlib
import stat
import threading

import pytest
from bits import assert_same_bits, bits

from purenet import files

X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
Y = [[0.0], [1.0], [1.0], [0.0]]

NAN, INF = math.nan, math.inf


def network(module):
    layers = [module.Dense(2, 3, "tanh"), module.Dense(3, 2, bias=False), module.Dense(2, 1)]
    net = module.Network(layers, "binary_cross_entropy", seed=1)
    net.fit(X, Y, epochs=3, learning_rate=0.5)
    return net


def parameters(net):
    return bits([(layer.weights, layer.biases) for layer in net.layers])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.json"


@pytest.fixture
def content(path):
    """The content of a good file, to be spoilt."""
    import purenet

    network(purenet).save(path)
    return json.loads(path.read_text())


def test_everything_comes_back(backend, path):
    net = network(backend)
    net.save(path)
    loaded = backend.load(path)
    assert type(loaded) is backend.Network
    assert all(type(layer) is backend.Dense for layer in loaded.layers)
    assert loaded.digest() == net.digest()
    assert parameters(loaded) == parameters(net)
    assert repr(loaded) == repr(net)
    assert (loaded.seed, loaded.epochs_trained, loaded.loss) == (1, 3, "binary_cross_entropy")
    assert [layer.bias for layer in loaded.layers] == [True, False, True]
    assert_same_bits(loaded.predict(X), net.predict(X))
    assert net.digest() == backend.Network.load(path).digest()


def test_a_loaded_network_has_its_own_lock_and_layers(backend, path):
    net = network(backend)
    net.save(path)
    one, other = backend.load(path), backend.load(path)
    one.fit(X, Y, epochs=1)
    assert other.digest() == net.digest()
    assert one.digest() != net.digest()
    with pytest.raises(ValueError, match="part of a network already"):
        backend.Network(one.layers)


ODD = [NAN, INF, -INF, 0.0, -0.0, 5e-324, -5e-324, 2.2250738585072009e-308]
ODD += [1.7976931348623157e308, 0.1, 1 / 3, math.nextafter(1.0, 2.0), 1e22, 9007199254740993.0]


def test_every_bit_comes_back(backend, path):
    layer = backend.Dense(2, 7, "linear", initializer=[ODD[:7], ODD[7:]])
    net = backend.Network([layer], seed=2**70)
    layer.biases = ODD[::2]
    net.save(path)
    loaded = backend.load(path)
    assert_same_bits(loaded.layers[0].weights, [ODD[:7], ODD[7:]])
    assert_same_bits(loaded.layers[0].biases, ODD[::2])
    assert loaded.digest() == net.digest()
    assert loaded.seed == 2**70


def test_both_backends_write_the_same_file_and_read_each_others(both, tmp_path):
    texts = []
    for module in both:
        net = network(module)
        net.layers[0].weights[0] = [NAN, -INF, -0.0]
        net.save(tmp_path / module.BACKEND)
        texts.append((tmp_path / module.BACKEND).read_bytes())
    assert texts[0] == texts[1]
    for writer in both:
        for reader in both:
            loaded = reader.load(tmp_path / writer.BACKEND)
            assert type(loaded) is reader.Network
            assert loaded.layers[0].backend == reader.BACKEND
            (tmp_path / "again").unlink(missing_ok=True)
            loaded.save(tmp_path / "again")
            assert (tmp_path / "again").read_bytes() == texts[0]


def test_the_file_is_json_that_others_can_read(backend, path):
    net = network(backend)
    net.layers[0].weights[0][0] = NAN
    net.layers[0].weights[0][1] = -INF
    net.save(path)

    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    text = path.read_bytes().decode("ascii")
    found = json.loads(text, parse_constant=refuse)
    assert text.endswith("\n")
    assert "\r" not in text
    assert found["format"] == "purenet network"
    assert found["digest"] == net.digest()
    assert found["layers"][0]["weights"][0][:2] == ["nan", "-inf"]
    assert found["layers"][1]["biases"] is None
    assert_same_bits(found["layers"][2]["weights"], net.layers[2].weights)


def test_paths_of_all_kinds(backend, tmp_path, monkeypatch):
    net = network(backend)
    monkeypatch.chdir(tmp_path)
    for name in (
        "plain.json",
        pathlib.Path("path.json"),
        "with space ü.json",
        os.fspath(tmp_path / "a"),
    ):
        net.save(name)
        assert backend.load(name).digest() == net.digest()
    assert len(list(tmp_path.iterdir())) == 4


def test_an_older_file_is_replaced(backend, path):
    path.write_text("something else, and longer than the model is: " + "x" * 10_000)
    net = network(backend)
    net.save(path)
    assert backend.load(path).digest() == net.digest()
    assert list(path.parent.iterdir()) == [path]


def test_a_link_stays_a_link(backend, path, tmp_path):
    (tmp_path / "folder").mkdir()
    target = tmp_path / "folder" / "target.json"
    try:
        path.symlink_to(target)
    except OSError:
        pytest.skip("this system makes no symbolic links here")
    net = network(backend)
    net.save(path)
    assert path.is_symlink()
    assert backend.load(target).digest() == net.digest()
    assert [entry.name for entry in target.parent.iterdir()] == ["target.json"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of this kind are POSIX's")
def test_permissions(backend, path):
    net = network(backend)
    old = os.umask(0o027)
    try:
        net.save(path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o604)
    net.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
    umask = os.umask(0o022)
    os.umask(umask)
    assert umask == old  # saving leaves the mask alone


@pytest.mark.skipif(os.name != "posix", reason="permissions of this kind are POSIX's")
@pytest.mark.parametrize("mode", [0o400, 0o600, 0o604, 0o640, 0o666, 0o755, 0o777])
def test_a_file_that_is_replaced_keeps_its_permissions(backend, path, mode):
    net = network(backend)
    path.write_text("an older one")
    path.chmod(mode)
    net.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert backend.load(path).digest() == net.digest()


def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def interrupted(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize("fault", [full, interrupted])
@pytest.mark.parametrize("step", ["replace", "fsync", "chmod"])
def test_a_crash_leaves_the_old_file(backend, path, monkeypatch, step, fault):
    net = network(backend)
    net.save(path)
    before = path.read_bytes()
    net.fit(X, Y, epochs=1)
    with monkeypatch.context() as patch:
        patch.setattr(os, step, fault)
        with pytest.raises((OSError, KeyboardInterrupt)):
            net.save(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
    net.save(path)
    assert path.read_bytes() != before


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_leaves_the_old_file(backend, path, monkeypatch):
    # Every write into the temporary file fails, as on a disk without room.
    net = network(backend)
    net.save(path)
    before = path.read_bytes()
    right = os.open

    def open_full(name, *arguments):
        handle = right(name, *arguments)
        if name.endswith(".part"):
            os.close(handle)
            handle = right("/dev/full", os.O_WRONLY)
        return handle

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", open_full)
        with pytest.raises(OSError, match="No space left"):
            net.save(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_nothing_is_left_of_a_first_file_that_failed(backend, path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="No space"):
            network(backend).save(path)
    assert list(path.parent.iterdir()) == []


def test_a_folder_that_is_not_there(backend, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        network(backend).save(tmp_path / "nowhere" / "model.json")
    with pytest.raises(OSError, match="model"):
        (tmp_path / "model").mkdir()
        network(backend).save(tmp_path / "model")
    assert [entry.name for entry in tmp_path.iterdir()] == ["model"]


def test_a_file_saved_during_training_can_be_loaded(backend, path):
    x = [[float((i * j) % 7) for j in range(40)] for i in range(30)]
    y = [[float(i % 2)] for i in range(30)]
    net = backend.Network([backend.Dense(40, 30), backend.Dense(30, 1)], seed=1)
    end = threading.Event()

    def train():
        while not end.is_set():
            net.fit(x, y, epochs=20, batch_size=5)

    thread = threading.Thread(target=train)
    thread.start()
    digests = set()
    try:
        while len(digests) < 10:
            net.save(path)
            digests.add(backend.load(path).digest())
    finally:
        end.set()
        thread.join()


def test_the_digest_is_that_of_the_weights_that_are_written(backend, path, monkeypatch):
    net = network(backend)
    before = net.digest()
    right = files.digest_of

    def trained_meanwhile(rows):
        net.fit(X, Y, epochs=1)
        return right(rows)

    monkeypatch.setattr(files, "digest_of", trained_meanwhile)
    net.save(path)
    assert net.digest() != before
    assert backend.load(path).digest() == before


def test_a_document_becomes_a_network_again(backend):
    net = network(backend)
    net.layers[0].weights[0] = [NAN, -INF, -0.0]
    content = files.document(net)
    assert content["layers"][0]["weights"][1] == list(net.layers[0].weights[1])
    made = files.network_of(backend.Network, content)
    assert made.digest() == content["digest"] == net.digest()
    content["layers"][0]["weights"][0][0] = 1.0  # its lists are its own
    assert net.digest() == made.digest()
    with pytest.raises(ValueError, match="digest"):
        files.network_of(backend.Network, content)


@pytest.mark.parametrize("name", ["seed", "epochs_trained"])
@pytest.mark.parametrize("value", [-1, 1.0, "3", None, True])
def test_a_file_is_refused_with_the_words_for_what_is_set(backend, path, content, name, value):
    with pytest.raises((ValueError, TypeError)) as refused_when_set:
        setattr(network(backend), name, value)
    content[name] = value
    path.write_text(json.dumps(content))
    assert refused(backend, path) == f"{path}: {refused_when_set.value}"


def refused(module, path):
    """Return the message with which a file is refused; it must name the file, in one line."""
    with pytest.raises(ValueError) as error:
        module.load(path)
    message = str(error.value)
    assert message.startswith(f"{path}: "), message
    assert "\n" not in message
    return message


def test_a_truncated_file(backend, path, content):
    whole = path.read_bytes()
    assert len(whole) > 500
    lengths = {*range(0, len(whole) - 1, 50), len(whole) - 2, len(whole) - 3}
    for length in sorted(lengths):
        path.write_bytes(whole[:length])
        refused(backend, path)
    path.write_bytes(whole[:-1])  # all but the end of the last line
    assert backend.load(path).epochs_trained == 3


def test_a_file_with_a_changed_byte_is_never_read_as_another_network(backend, path, content):
    whole = path.read_bytes()
    digest = content["digest"]
    for position in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[position] ^= 1
        path.write_bytes(bytes(changed))
        try:
            assert backend.load(path).digest() == digest
        except ValueError as error:
            assert str(error).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "line 1, column 1"),
        (b"   \n", "line"),
        (b"{}", "expected a file written by save()"),
        (b"[]", "expected a file written by save()"),
        (b"null", "expected a file written by save()"),
        (b"5", "expected a file written by save()"),
        (b'"purenet network"', "expected a file written by save()"),
        (b'{"format": "keras", "layers": []}', "expected a file written by save()"),
        (b"a,b,c\n1,2,3\n", "line 1, column 1"),
        (b"\x80\x04K\x01.", "not a text file"),
        (b"\xff\xfe{\x00}\x00", "expected a file written by save()"),  # UTF-16
        (b'{"format": "\xe4"}', "not a text file"),
        (b"\xef\xbb\xbf{}", "expected a file written by save()"),
        (b"[" * 200_000, ""),
        (b"[" * 200_000 + b"]" * 200_000, ""),
        (b"1" * 6000, ""),
        (b"\x00" * 100, "line 1, column 1"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_files_of_other_kinds(backend, path, data, words):
    path.write_bytes(data)
    assert words in refused(backend, path)


CHANGES = {
    "version: found 2": lambda c: c.update(version=2),
    "version: found '1'": lambda c: c.update(version="1"),
    "version: found None": lambda c: c.pop("version"),
    "no purenet network": lambda c: c.update(format="purenet"),
    "layers is missing": lambda c: c.pop("layers"),
    "layers: found": lambda c: c.update(layers={}),
    "layers: found none": lambda c: c.update(layers=[]),
    "loss is missing": lambda c: c.pop("loss"),
    "loss: found 5": lambda c: c.update(loss=5),
    "loss: found 'mape'": lambda c: c.update(loss="mape"),
    "needs the activation": lambda c: c.update(loss="categorical_cross_entropy"),
    "seed is missing": lambda c: c.pop("seed"),
    "seed: found -1": lambda c: c.update(seed=-1),
    "seed: found 1.0": lambda c: c.update(seed=1.0),
    "seed: found True": lambda c: c.update(seed=True),
    "epochs_trained is missing": lambda c: c.pop("epochs_trained"),
    "epochs_trained: found -1": lambda c: c.update(epochs_trained=-1),
    "epochs_trained: found '3'": lambda c: c.update(epochs_trained="3"),
    "digest is missing": lambda c: c.pop("digest"),
    "digest: found None": lambda c: c.update(digest=None),
    "digest: the weights do not match": lambda c: c.update(digest="0" * 64),
    "preparation": lambda c: c.update(preparation=5),
    "preparation: ": lambda c: c.update(preparation={}),
    "layer 1: expected an object": lambda c: c["layers"].__setitem__(1, [1, 2]),
    "layer 0: kind: found 'LSTM', expected one of ": lambda c: c["layers"][0].update(kind="LSTM"),
    "layer 0: kind: found []": lambda c: c["layers"][0].update(kind=[]),
    "layer 0: inputs is missing": lambda c: c["layers"][0].pop("inputs"),
    "layer 0: inputs: found '2'": lambda c: c["layers"][0].update(inputs="2"),
    "layer 0: inputs: found 0": lambda c: c["layers"][0].update(inputs=0),
    "layer 0: outputs is missing": lambda c: c["layers"][0].pop("outputs"),
    "layer 0: activation is missing": lambda c: c["layers"][0].pop("activation"),
    "layer 0: activation: found 'swish'": lambda c: c["layers"][0].update(activation="swish"),
    "layer 0: activation: found 5": lambda c: c["layers"][0].update(activation=5),
    "layer 0: bias is missing": lambda c: c["layers"][0].pop("bias"),
    "layer 0: bias: found 1": lambda c: c["layers"][0].update(bias=1),
    "layer 0: biases is missing": lambda c: c["layers"][0].pop("biases"),
    "layer 0: biases: found None": lambda c: c["layers"][0].update(biases=None),
    "layer 0: biases has 1 number": lambda c: c["layers"][0].update(biases=[0.0]),
    "layer 0: weights is missing": lambda c: c["layers"][0].pop("weights"),
    "layer 0: weights: found 1 row": lambda c: c["layers"][0]["weights"].pop(),
    "layer 0: weights: row 1 has 2": lambda c: c["layers"][0]["weights"][1].pop(),
    "layer 0: weights: row 0, column 1": lambda c: set_weight(c, "abc"),
    "layer 0: weights: row 0, column 1:": lambda c: set_weight(c, None),
    "layer 0: weights: row 0, column 1: ": lambda c: set_weight(c, [1.0]),
    "layer 0: weights: row 0, column 1: found 1000": lambda c: set_weight(c, 10**400),
    "layer 0: found 5, expected a list": lambda c: c["layers"][0]["weights"].__setitem__(0, 5),
    "layer 2 has 2 inputs": lambda c: c["layers"].pop(1),
    "digest: ": lambda c: set_weight(c, math.nextafter(c["layers"][0]["weights"][0][1], 9.0)),
    "digest: the weights": lambda c: set_weight(c, "nan"),
    "digest: the weights do": lambda c: set_weight(c, -c["layers"][0]["weights"][0][1]),
    "digest: the weights do not": lambda c: c["layers"][0]["weights"].reverse(),
}


def set_weight(content, value):
    content["layers"][0]["weights"][0][1] = value


@pytest.mark.parametrize("words", CHANGES)
def test_a_file_with_something_wrong(backend, path, content, words):
    CHANGES[words](content)
    path.write_text(json.dumps(content))
    if words == "layer 2 has 2 inputs":  # the layers are numbered as they stand in the file
        words = "layer 1 has 2 inputs"
    assert words in refused(backend, path)


@pytest.mark.parametrize("place", range(64))
def test_every_digit_of_the_digest_counts(backend, path, content, place):
    right = content["digest"]
    wrong = "0" if right[place] != "0" else "1"
    content["digest"] = right[:place] + wrong + right[place + 1 :]
    path.write_text(json.dumps(content))
    assert "digest: the weights do not match" in refused(backend, path)


def test_a_digest_of_another_length_or_case_is_another_one(backend, path, content):
    right = content["digest"]
    for wrong in ("", right[:8], right[:-1], right + "0", 2 * right, " " + right, right.upper()):
        content["digest"] = wrong
        path.write_text(json.dumps(content))
        assert "digest: the weights do not match" in refused(backend, path)
    content["digest"] = right
    path.write_text(json.dumps(content))
    assert backend.load(path).digest() == right


def test_a_refused_file_is_refused_alike(both, path, content):
    pure, fast = both
    good = json.dumps(content)
    for change in CHANGES.values():
        spoilt = json.loads(good)
        change(spoilt)
        path.write_text(json.dumps(spoilt))
        message = refused(fast, path).replace("purenet_fast.Dense", "purenet.Dense")
        assert refused(pure, path) == message


def test_what_stays_readable(backend, path, content):
    # Whole numbers, other spacing, another order of the keys, and keys that a later version adds.
    digest = content["digest"]
    content["layers"][0]["biases"] = [float(value) for value in content["layers"][0]["biases"]]
    content["a later idea"] = {"x": 1}
    content["layers"][0]["name"] = "hidden"
    turned = dict(reversed(content.items()))
    path.write_text(json.dumps(turned, indent=3))
    assert backend.load(path).digest() == digest
    layer = backend.Dense(1, 2, initializer=[[1.0, -2.0]])
    net = backend.Network([layer], seed=0)
    net.save(path)
    text = path.read_text().replace("1.0, -2.0", "1, -2")
    path.write_text(text)
    assert backend.load(path).digest() == net.digest()


def test_a_missing_file(backend, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing\.json"):
        backend.load(tmp_path / "missing.json")


def test_a_folder_is_no_file(backend, tmp_path):
    with pytest.raises(OSError, match=tmp_path.name):
        backend.load(tmp_path)


def test_saving_changes_nothing(backend, path):
    net = network(backend)
    history, before = net.history, parameters(net)
    net.save(path)
    assert parameters(net) == before
    assert net.history is history
    assert net.epochs_trained == 3
