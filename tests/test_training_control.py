"""Training that is interrupted, watched, or done by several threads at once.

What must happen to a process as a whole, such as Ctrl-C, happens to one of its own.  Times are
printed, and judged by a bound that a busy machine keeps too; the benchmarks look at them closely.
"""

from __future__ import annotations

import _thread
import contextlib
import gc
import importlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from typing import ClassVar

import pytest
from bits import bits
from shell import ROOT

import purenet.checks
import purenet.samples
from purenet.randomness import shuffled_order
from purenet.training import Settings

needs_posix = pytest.mark.skipif(
    os.name != "posix", reason="sends signals and sets timers as POSIX systems do"
)
needs_proc = pytest.mark.skipif(
    not os.path.exists("/proc/self/status"), reason="reads memory use from /proc, as Linux has it"
)

LATEST = 1.0  # seconds until Ctrl-C is answered; the aim is 0.1
XOR = [[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]
XOR_TARGETS = [[0.0], [1.0], [1.0], [0.0]]


def in_a_process(function, *arguments, timeout=120):
    """Call a function of this file in a process of its own; return what it returns."""
    code = (
        "import json, sys, test_training_control as here;"
        f"print(json.dumps(here.{function.__name__}(*json.loads(sys.argv[1]))))"
    )
    path = os.pathsep.join([os.path.dirname(__file__), str(ROOT), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(arguments)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def random_rows(rows, columns, seed=1, zeros=0.0):
    generator = random.Random(seed)
    return [
        [0.0 if generator.random() < zeros else generator.random() for _ in range(columns)]
        for _ in range(rows)
    ]


def repeated(rows, count):
    """Return a long list of few rows, which is quickly made."""
    return [rows[i % len(rows)] for i in range(count)]


def xor_network(module, seed=1):
    return module.Network([module.Dense(3, 4), module.Dense(4, 1)], "sum_of_squares", seed=seed)


@pytest.fixture(autouse=True)
def _threads_for_the_smallest_networks(request):
    if {"fast", "both"} & set(request.fixturenames):
        import purenet_fast

        least = purenet_fast.threads.share_from(0.0)
        yield
        purenet_fast.threads.share_from(least)
    else:
        yield


# Ctrl-C.


class Situation:
    """A training that takes much longer than anybody waits, and one that can be compared."""

    def __init__(self, module, widths, inputs, *, batch_size=None, shuffle=True):
        self.module = module
        self.widths = widths
        self.inputs = inputs
        generator = random.Random("targets")
        targets = [[generator.random() for _ in range(widths[-1])] for _ in range(97)]
        self.targets = repeated(targets, len(inputs))
        self.batch_size = len(inputs) if batch_size is None else batch_size
        self.shuffle = shuffle

    def network(self):
        layers = [
            self.module.Dense(inputs, outputs)
            for inputs, outputs in zip(self.widths, self.widths[1:], strict=False)
        ]
        return self.module.Network(layers, "mean_squared_error", seed=1)

    def fit(self, net, epochs, threads=1):
        options = {"batch_size": self.batch_size, "shuffle": self.shuffle, "learning_rate": 0.01}
        return net.fit(self.inputs, self.targets, epochs=epochs, threads=threads, **options)

    def batches_until(self, wanted, epochs):
        """Return after how many batches of an epoch a network was like this one, or None."""
        last_biases, digest = list(wanted.layers[-1].biases), wanted.digest()

        def found(net):  # the digest takes longer than a batch
            return list(net.layers[-1].biases) == last_biases and net.digest() == digest

        net = self.network()
        if epochs:
            self.fit(net, epochs)
        if found(net):
            return 0
        order = list(range(len(self.inputs)))
        if self.shuffle and self.batch_size < len(order):
            order = shuffled_order(len(order), net.seed, epochs)
        for number, start in enumerate(range(0, len(order), self.batch_size)):
            batch = order[start : start + self.batch_size]
            inputs = [self.inputs[i] for i in batch]
            net.fit(inputs, [self.targets[i] for i in batch], epochs=1, learning_rate=0.01)
            if found(net):
                return number + 1
        return None


def situation(name):
    import purenet_fast

    purenet_fast.threads.share_from(0.0)
    if name == "long epochs":
        inputs = repeated(random_rows(300, 100), 40_000)
        return Situation(purenet_fast, (100, 200, 100), inputs, batch_size=64, shuffle=False)
    if name == "one huge batch":
        inputs = repeated(random_rows(300, 200), 20_000)
        return Situation(purenet_fast, (200, 300, 10), inputs)
    if name == "one huge batch, mostly zeros":
        inputs = repeated(random_rows(300, 400, zeros=0.8), 20_000)
        return Situation(purenet_fast, (400, 200, 10), inputs)
    if name == "one huge batch, one input":
        return Situation(purenet_fast, (1, 100, 1), repeated(random_rows(300, 1), 60_000))
    if name == "tiny epochs":
        return Situation(purenet_fast, (3, 4, 1), XOR)
    assert name == "tiny epochs, shuffled"
    return Situation(purenet_fast, (1, 1), random_rows(4, 1), batch_size=3)


def interrupt(name, threads, after):
    """Send Ctrl-C to a training; return what came of it."""
    training = situation(name)
    net = training.network()
    before = net.digest()
    sent = []

    def press():
        time.sleep(after)
        while "tiny" in name and net.digest() == before:
            time.sleep(0.01)
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    # The conversion of the inputs is not what is interrupted here.
    settings = Settings(1, 0.1, training.batch_size, training.shuffle)
    samples = net.checked_samples(training.inputs, training.targets, 1, settings)
    net.checked_samples = lambda *ignored: samples
    threading.Thread(target=press, daemon=True).start()
    interrupted = False
    try:
        training.fit(net, 10**12, threads)
    except KeyboardInterrupt:
        interrupted = True
    late = time.monotonic() - sent[0]
    del net.checked_samples
    result = {
        "interrupted": interrupted,
        "late": late,
        "epochs": net.epochs_trained,
        "losses": len(net.history.loss),
        "moved": net.digest() != before,
        "batches": training.batches_until(net, net.epochs_trained),
    }
    # It can be used, and goes on from where it is.
    copy = training.network()
    for one, other in zip(copy.layers, net.layers, strict=True):
        one.weights, one.biases = other.weights, other.biases
    copy.epochs_trained = net.epochs_trained
    few = slice(0, 50)
    options = {"epochs": 2, "batch_size": 3, "threads": threads}
    history = net.fit(training.inputs[few], training.targets[few], **options)
    copy.fit(training.inputs[few], training.targets[few], **options)
    result["goes on"] = net.digest() == copy.digest() and history.epochs == 2
    return result


@needs_posix
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    "name",
    [
        "long epochs",
        "one huge batch",
        "one huge batch, mostly zeros",
        "one huge batch, one input",
        "tiny epochs",
        "tiny epochs, shuffled",
    ],
)
def test_ctrl_c(name, threads):
    result = in_a_process(interrupt, name, threads, 0.2)
    print(f"{name}, {threads} threads: answered after {1000 * result['late']:.0f} ms")
    assert result["interrupted"]
    assert result["late"] < LATEST
    assert result["losses"] == result["epochs"]
    # The weights are those after a whole number of batches, and of no batch that was broken off.
    assert result["batches"] is not None
    if "huge" in name:
        assert result["batches"] == 0
    assert result["moved"] == (result["epochs"] > 0 or result["batches"] > 0)
    assert result["goes on"]


def interrupt_often(repetitions, longest):
    """Interrupt many trainings at random moments, also while their threads start and end."""
    import purenet_fast

    purenet_fast.threads.share_from(0.0)
    generator = random.Random("moments")
    inputs = random_rows(200, 20)
    targets = random_rows(200, 3, seed=2)
    endless = xor_network(purenet_fast)
    count = 0
    for repetition in range(repetitions):
        net = purenet_fast.Network([purenet_fast.Dense(20, 3)], seed=1)
        threads = 1 + repetition % 4
        try:
            # Once more after a second: Python swallows what is raised while an object is deleted.
            signal.setitimer(signal.ITIMER_REAL, generator.uniform(1e-5, longest), 1.0)
            while True:
                net.fit(inputs, targets, epochs=20, batch_size=32, threads=threads)
                net.predict(inputs, threads=threads)
                if longest > 0.01:
                    endless.fit(XOR, XOR_TARGETS, epochs=10**9, threads=threads)
        except KeyboardInterrupt:
            count += 1
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
        assert len(net.history.loss) == net.epochs_trained - net.history.first_epoch
    return count, threads_left()


def threads_left():
    """Return how many threads have been started and do not end by themselves."""
    end = time.monotonic() + 20.0
    while _thread._count() > 0 and time.monotonic() < end:
        time.sleep(0.01)
    return _thread._count()


def interrupt_by_alarm(repetitions, longest):
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    return interrupt_often(repetitions, longest)


@needs_posix
@pytest.mark.parametrize(("repetitions", "longest"), [(120, 0.003), (30, 0.06)])
def test_ctrl_c_at_any_moment_leaves_no_thread_waiting(repetitions, longest):
    count, threads = in_a_process(interrupt_by_alarm, repetitions, longest)
    assert (count, threads) == (repetitions, 0)


# The reading of long lists, in pieces.


class Stopped(Exception):
    pass


def change_while_reading(name):
    """Let the handler of a signal change lists while they are read, or raise; return how often."""
    module = importlib.import_module(name)
    if name == "purenet_fast":
        module.buffers.read_at_once(100)
    checks, samples = purenet.checks, purenet.samples
    checks.LONG = samples.LONG = 100
    generator = random.Random("changes")
    net = module.Network([module.Dense(100, 3)], seed=1)
    counts = {"changed": 0, "raised": 0, "caught": 0}
    changes = [
        lambda rows: rows.pop(),
        lambda rows: rows.append([1.0] * 100),
        lambda rows: rows.__setitem__(generator.randrange(len(rows)), [1.0]),
        lambda rows: rows.__setitem__(generator.randrange(len(rows)), "row"),
        lambda rows: rows[generator.randrange(len(rows))].clear(),
        lambda rows: rows.clear(),
    ]

    def change(number, frame):
        if generator.random() < 0.3:
            counts["raised"] += 1
            raise Stopped
        counts["changed"] += 1
        generator.choice(changes)(rows if rows else [[1.0]])

    signal.signal(signal.SIGALRM, change)
    end = time.monotonic() + 0.25
    while time.monotonic() < end:
        rows = random_rows(100, 100, zeros=0.8)
        targets = [[1.0, 0.0, 0.0] for _ in rows]
        try:
            signal.setitimer(signal.ITIMER_REAL, generator.uniform(1e-5, 1e-3))
            for threads in (1, 2):
                net.predict(rows, threads=threads)
                net.evaluate(rows, targets, threads=threads)
                if name == "purenet_fast":
                    net.fit(rows, targets, epochs=1, batch_size=10, threads=threads, shuffle=False)
        except Stopped:
            counts["caught"] += 1
        except (IndexError, TypeError, ValueError):
            pass
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
    return counts


@needs_posix
def test_lists_that_a_handler_changes_while_they_are_read(backend):
    counts = in_a_process(change_while_reading, backend.__name__)
    assert counts["changed"] > 5
    assert counts["raised"] == counts["caught"] > 2


@pytest.mark.parametrize(
    "bad", [None, "1.0", float("nan"), 10**400, [1.0]], ids=["none", "text", "nan", "huge", "list"]
)
def test_lists_that_are_read_in_pieces_are_read_like_others(both, monkeypatch, bad):
    def found(module):
        net = module.Network([module.Dense(12, 2)], seed=1)
        rows = [[*row] for row in random_rows(30, 12)]
        answers = [bits(net.predict(rows)), module.one_hot([1, 0] * 15, 2)]
        net.fit(rows, [1, 0] * 15, epochs=1)
        rows[29][11] = bad
        for call in (net.predict, lambda rows: net.fit(rows, answers[1], epochs=1)):
            with pytest.raises((TypeError, ValueError)) as caught:
                call(rows)
            answers.append(str(caught.value))
        return [*answers, net.digest()]

    expected = found(both[0])
    for room in ("checks", "samples"):
        monkeypatch.setattr(f"purenet.{room}.LONG", 50)
    at_once = both[1].buffers.read_at_once(50)
    try:
        assert [found(module) for module in both] == [expected, expected]
    finally:
        both[1].buffers.read_at_once(at_once)


# Handlers of signals that do not stop the training, and those that raise something else.


class Enough(BaseException):
    pass


@contextlib.contextmanager
def alarms(handler):
    """Call a handler, as that of a signal, every 10 ms."""
    before = signal.signal(signal.SIGALRM, lambda number, frame: handler())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


@needs_posix
@pytest.mark.parametrize("threads", [1, 2])
def test_the_handler_of_a_signal_runs_during_training(fast, threads):
    net = xor_network(fast)
    seen = [net.predict(XOR)]

    def handler():
        # It may use the network, but not train it.
        outputs = net.predict(XOR)
        if outputs in seen or len(seen) > 3:
            return  # nothing was trained since the last one
        seen.append(outputs)
        with pytest.raises(RuntimeError, match="being trained already"):
            net.fit(XOR, XOR_TARGETS, epochs=1)
        if len(seen) > 3:
            raise Enough

    with alarms(handler), pytest.raises(Enough):
        net.fit(XOR, XOR_TARGETS, epochs=10**12, threads=threads)
    assert len(seen) == 4
    assert 0 < net.epochs_trained == len(net.history.loss)
    same = xor_network(fast)
    same.fit(XOR, XOR_TARGETS, epochs=net.epochs_trained)
    assert same.digest() == net.digest()


@needs_posix
def test_a_training_with_signals_comes_to_its_end(fast):
    handled = []
    net = xor_network(fast)
    with alarms(lambda: handled.append(net.epochs_trained)):
        while len(handled) < 3:
            net.fit(XOR, XOR_TARGETS, epochs=100_000)
    same = xor_network(fast)
    same.fit(XOR, XOR_TARGETS, epochs=net.epochs_trained)
    assert net.epochs_trained % 100_000 == 0
    assert same.digest() == net.digest()


# Turns: all threads, or one alone.


class Alternating:
    """Lets all threads and one alone take turns of few batches."""

    turns: ClassVar[list[bool]] = []

    def __init__(self):
        self.together, self.longest = True, 1

    def took(self, samples, nanoseconds, asleep):
        self.turns.append(self.together)
        self.together = not self.together


def layers_of_turns(module, kind):
    if kind == "image":
        return [module.Conv2D((2, 5, 15), 3, 2), module.MaxPool2D(2), module.Dense(None, 3)]
    return [module.Dense(150, 24), module.Dropout(0.25), module.Dense(24, 3)]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("dense", {}),
        ("dense", {"shuffle": False}),
        ("dense", {"optimizer": "adam", "clip_norm": 0.1}),
        ("dense", {"learning_rate": 1e154}),  # the weights become infinite
        ("image", {}),
    ],
    ids=["shuffled", "in order", "adam", "overflowing", "image"],
)
def test_who_takes_a_turn_changes_no_bit(both, monkeypatch, kind, options):
    monkeypatch.setattr("purenet_fast.training.Sharing", Alternating)
    inputs = random_rows(100, 150, zeros=0.8)
    targets = repeated([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], len(inputs))
    found = []
    least = both[1].threads.share_from(1.0)
    try:
        for module, threads in zip((*both, both[1]), (1, 1, 3), strict=True):
            net = module.Network(layers_of_turns(module, kind), seed=1)
            with contextlib.suppress(module.TrainingDiverged):
                net.fit(inputs, targets, epochs=2, batch_size=7, threads=threads, **options)
            found.append((net.epochs_trained, bits(net.history.loss), net.digest()))
    finally:
        both[1].threads.share_from(least)
    assert found[0] == found[1] == found[2]
    assert {True, False} <= set(Alternating.turns)
    Alternating.turns.clear()


MILLISECOND = 1_000_000


@pytest.mark.parametrize(
    ("together", "alone", "least", "most"),
    [(0.5, 1.0, 0.98, 1.0), (1.5, 1.0, 0.0, 0.05), (0.1, 1.0, 0.97, 1.0), (40.0, 1.0, 0.0, 0.25)],
    ids=["faster", "slower", "much faster", "much slower"],
)
def test_what_is_faster_takes_the_turns(fast, together, alone, least, most):
    from purenet_fast.sharing import Sharing

    sharing, batch, passed, samples, shared = Sharing(), 128, 0, 0, 0
    while passed < 20_000 * MILLISECOND:
        pace = (together if sharing.together else alone) * MILLISECOND / batch
        batches = max(1, round(sharing.longest / (pace * batch)))
        time = round(batches * batch * pace)
        shared += batches if sharing.together else 0
        samples += batches
        passed += time
        sharing.took(batches * batch, time, time // 2 if together > 1.0 and sharing.together else 0)
    assert least <= shared / samples <= most
    assert passed <= 1.05 * samples * min(together, alone) * MILLISECOND


# Other threads.


def test_other_python_threads_run_meanwhile(fast):
    inputs = repeated(random_rows(50, 100), 3000)
    targets = repeated(random_rows(50, 100, seed=2), 3000)
    net = fast.Network([fast.Dense(100, 200), fast.Dense(200, 100)], seed=1)
    ticks = []
    done = threading.Event()

    def count():
        while not done.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    try:
        start = time.monotonic()
        history = net.fit(inputs, targets, epochs=1)  # one call into C, one batch
        while time.monotonic() - start < 0.3:
            history = net.fit(inputs, targets, epochs=5)
        end = time.monotonic()
    finally:
        done.set()
        thread.join()
    during = [tick for tick in ticks if start < tick < end]
    gaps = sorted(later - tick for tick, later in zip(during, during[1:], strict=False))
    print(f"{len(during)} ticks in {end - start:.2f} s, the longest gap {1000 * gaps[-1]:.0f} ms")
    assert len(during) > 20
    assert history.epochs > 0


def test_two_threads_train_two_networks_at_once(fast):
    inputs = random_rows(300, 70, zeros=0.7)
    targets = random_rows(300, 5, seed=2)

    def train(seed, threads):
        net = fast.Network([fast.Dense(70, 20, "tanh"), fast.Dense(20, 5)], seed=seed)
        net.fit(inputs, targets, epochs=40, batch_size=32, threads=threads)
        return net.digest(), bits(net.history.loss), bits(net.predict(inputs, threads=threads))

    alone = [train(seed, 1) for seed in range(4)]
    for threads in (1, 2):
        together = [None] * 4

        def work(seed, threads=threads, together=together):
            together[seed] = train(seed, threads)

        helpers = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        for helper in helpers:
            helper.start()
        for helper in helpers:
            helper.join()
        assert together == alone


def test_two_threads_on_one_network(backend):
    net = xor_network(backend)
    alone = xor_network(backend)
    alone.fit(XOR, XOR_TARGETS, epochs=3)
    gradients = net.backprop(XOR, XOR_TARGETS)
    began, refused = threading.Event(), threading.Event()

    def on_epoch(epoch, history):
        began.set()
        assert refused.wait(60)

    thread = threading.Thread(
        target=net.fit, args=(XOR, XOR_TARGETS), kwargs={"epochs": 3, "on_epoch": on_epoch}
    )
    thread.start()
    try:
        assert began.wait(60)
        for call in (
            lambda: net.fit(XOR, XOR_TARGETS, epochs=1),
            lambda: net.update(gradients, 0.1),
        ):
            with pytest.raises(RuntimeError, match="this network is being trained already"):
                call()
        net.predict(XOR)
        net.evaluate(XOR, XOR_TARGETS)
    finally:
        refused.set()
        thread.join()
    assert net.digest() == alone.digest()
    net.fit(XOR, XOR_TARGETS, epochs=1)


def test_many_threads_want_one_network(fast):
    net = xor_network(fast)
    outcomes = []

    def train():
        for _ in range(10):
            try:
                outcomes.append(net.fit(XOR, XOR_TARGETS, epochs=2000).epochs)
            except RuntimeError as error:
                outcomes.append(str(error))

    threads = [threading.Thread(target=train) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(outcomes) <= {
        2000,
        "this network is being trained already, expected one call at a time",
    }
    done = outcomes.count(2000)
    assert net.epochs_trained == 2000 * done > 0
    alone = xor_network(fast)
    alone.fit(XOR, XOR_TARGETS, epochs=2000 * done)
    assert alone.digest() == net.digest()


def test_a_network_is_used_while_it_is_trained(fast):
    inputs = random_rows(400, 70, zeros=0.8)
    targets = random_rows(400, 30, seed=2)
    net = fast.Network([fast.Dense(70, 40, "tanh"), fast.Dense(40, 30)], seed=1)
    alone = fast.Network([fast.Dense(70, 40, "tanh"), fast.Dense(40, 30)], seed=1)
    alone.fit(inputs, targets, epochs=150, batch_size=64)
    thread = threading.Thread(
        target=net.fit,
        args=(inputs, targets),
        kwargs={"epochs": 150, "batch_size": 64, "threads": 2},
    )
    thread.start()
    uses = 0
    while thread.is_alive():
        for threads in (1, 3):
            for row in net.predict(inputs, threads=threads):
                assert len(row) == 30 and all(0.0 <= value <= 1.0 for value in row)
            assert net.evaluate(inputs, targets, threads=threads).loss < 1.0
        assert len(net.feedforward(inputs[:3])) == len(net.backprop(inputs[:3], targets[:3])) == 2
        assert len(net.digest()) == 64
        uses += 1
    thread.join()
    print(f"used {uses} times")
    assert net.digest() == alone.digest()


def test_a_network_is_changed_while_it_is_trained(fast):
    # What comes out is anybody's guess, but a number, and the process survives.
    inputs = random_rows(300, 70, zeros=0.8)
    targets = random_rows(300, 8, seed=2)
    net = fast.Network([fast.Dense(70, 33, "tanh"), fast.Dense(33, 8)], seed=1)
    weights = [list(row) for row in net.layers[0].weights]
    options = {"epochs": 150, "batch_size": 64, "threads": 2}
    thread = threading.Thread(target=net.fit, args=(inputs, targets), kwargs=options)
    thread.start()
    number = 0
    while thread.is_alive():
        number += 1
        net.layers[0].weights = weights
        net.layers[0].weights[number % 70][number % 33] = 0.25
        net.layers[0].biases[3] = 0.5
        net.layers[1].biases = [0.0] * 8
        net.layers[0].activation = ("relu", "softmax", "linear")[number % 3]
        net.loss = ("sum_of_squares", "mean_squared_error")[number % 2]
        net.layers[1].weights[number % 33][number % 8] = 0.125
        gc.collect()
    thread.join()
    net.layers[0].activation = "tanh"
    net.loss = "mean_squared_error"
    history = net.fit(inputs, targets, epochs=2)
    assert history.epochs == 2 and all(0.0 <= loss < 10.0 for loss in history.loss)


# Functions of the user's.


class Broken(Exception):
    pass


@pytest.mark.parametrize("error", [Broken("no"), KeyboardInterrupt(), SystemExit(3)])
@pytest.mark.parametrize("where", ["on_epoch", "learning_rate"])
def test_an_exception_in_a_function_of_the_user(backend, where, error):
    net = xor_network(backend)

    def function(epoch, history=None):
        if epoch == 4:
            raise error
        return 0.1

    with pytest.raises(type(error)):
        net.fit(XOR, XOR_TARGETS, epochs=9, **{where: function})
    finished = 5 if where == "on_epoch" else 4
    assert net.epochs_trained == len(net.history.loss) == finished
    alone = xor_network(backend)
    alone.fit(XOR, XOR_TARGETS, epochs=finished)
    assert net.digest() == alone.digest()
    # It goes on as if nothing had been.
    net.fit(XOR, XOR_TARGETS, epochs=3, batch_size=3)
    alone.fit(XOR, XOR_TARGETS, epochs=3, batch_size=3)
    assert net.digest() == alone.digest()


def test_on_epoch_may_do_anything_but_train(both):
    results = []
    for module in both:
        net = xor_network(module)
        seen = []

        def on_epoch(epoch, history, net=net, seen=seen):
            seen.append(bits([net.predict(XOR), net.evaluate(XOR, XOR_TARGETS)]))
            with pytest.raises(RuntimeError, match="being trained already"):
                net.fit(XOR, XOR_TARGETS, epochs=1)
            if epoch == 1:
                net.layers[0].weights[1][2] = 0.25
            if epoch == 2:
                net.layers[0].weights = [[0.5, -0.5, 0.25, 1.0]] * 3
                net.layers[1].biases = [0.75]
            if epoch == 3:
                net.layers[0].activation = "tanh"
            if epoch == 4:
                net.loss = "mean_squared_error"
            if epoch == 5:
                net.layers[1].l2 = 0.125
            if epoch == 6:
                net.seed = 9
            if epoch == 7 and len(seen) == 8:
                history.loss.pop()  # the epoch is trained once more, in its order
            if epoch == 8:
                vars(net.layers[1])["activation"] = "linear"

        net.fit(XOR, XOR_TARGETS, epochs=10, on_epoch=on_epoch, batch_size=3)
        results.append((seen, net.digest(), bits(net.history.loss)))
    assert results[0] == results[1]
    assert len(results[0][0]) == 11


# Memory.


def memory(field="VmRSS"):
    """Return the memory that this process uses (VmRSS), or used at most (VmHWM), in bytes."""
    with open("/proc/self/status", encoding="ascii") as lines:
        for line in lines:
            if line.startswith(field + ":"):
                return 1024 * int(line.split()[1])
    raise AssertionError(field)


def use(module, nets, sparse, repetitions):
    """Call what computes, in all ways, and be refused too."""
    for repetition in range(repetitions):
        small, large = nets
        threads = 2 if repetition % 20 == 0 else 1
        small.fit(XOR, XOR_TARGETS, epochs=3, batch_size=3, threads=threads)
        small.predict(XOR, threads=threads)
        small.evaluate(XOR, XOR_TARGETS)
        if repetition % 10 == 0:
            large.fit(sparse, [[0.5, 0.5]] * len(sparse), epochs=1, threads=threads)
            large.predict(sparse, threads=threads)
            small.update(small.backprop(XOR, XOR_TARGETS), 0.1)
            small.feedforward(XOR)
            for refused in ([[1.0, 2.0]], [[1.0, 2.0, "3"]], [[1.0, 2.0, float("nan")]]):
                with contextlib.suppress(ValueError, TypeError):
                    small.fit(refused, [[1.0]], epochs=1)
                with contextlib.suppress(ValueError, TypeError):
                    small.predict(refused)
            with contextlib.suppress(ArithmeticError):
                other = module.Network([module.Dense(3, 1, "linear")], seed=1)
                other.fit(XOR, XOR_TARGETS, epochs=3000, learning_rate=1e6)
            with contextlib.suppress(Broken):
                small.fit(XOR, XOR_TARGETS, epochs=2, on_epoch=raise_broken)


def raise_broken(epoch, history):
    raise Broken


def calls_in_a_row(repetitions):
    """Return how much memory and how many Python objects many calls leave behind."""
    import purenet_fast

    purenet_fast.threads.share_from(0.0)
    nets = (
        xor_network(purenet_fast),
        purenet_fast.Network([purenet_fast.Dense(150, 2)], seed=1),
    )
    sparse = random_rows(30, 150, zeros=0.9)
    use(purenet_fast, nets, sparse, repetitions // 5)
    gc.collect()
    before = memory(), sys.getallocatedblocks(), references(nets, sparse)
    use(purenet_fast, nets, sparse, repetitions)
    gc.collect()
    after = memory(), sys.getallocatedblocks(), references(nets, sparse)
    return {
        "bytes": after[0] - before[0],
        "objects": after[1] - before[1],
        "references": [before[2], after[2]],
        "threads": threads_left(),
    }


def references(nets, sparse):
    """Count the references to everything that the calls have in common."""
    objects = [XOR, *XOR, XOR[0][0], XOR[0][2], XOR_TARGETS, *XOR_TARGETS, sparse, sparse[0]]
    for net in nets:
        objects += [net, net.layers, *net.layers, net.__dict__]
        for layer in net.layers:
            objects += [layer.weights, layer.biases, layer.__dict__]
    objects += [raise_broken, Broken, type(nets[0]), threading.Thread]
    return [sys.getrefcount(thing) for thing in objects]


@needs_proc
def test_memory_stays_flat_over_10000_calls():
    result = in_a_process(calls_in_a_row, 10_000)
    print(f"{result['bytes']} bytes and {result['objects']} objects after 10000 calls of each")
    # One number forgotten in each call would be 80,000 bytes or 10,000 objects at least; the
    # allocators come and go by some pages.
    assert result["bytes"] < 512 * 1024
    assert abs(result["objects"]) < 500
    before, after = result["references"]
    assert before == after
    assert result["threads"] == 0


def peak_of_fit(rows, columns, batch_size, zeros, threads, shuffle):
    """Return by how many bytes a fit raises the memory use at most."""
    import purenet_fast

    generator = random.Random(1)
    pool = [0.0 if generator.random() < zeros else generator.random() for _ in range(997)]
    some = [[pool[(i * 31 + j * 7) % 997] for j in range(columns)] for i in range(200)]
    inputs = repeated(some, rows)
    targets = [[0.5] for _ in range(rows)]
    net = purenet_fast.Network([purenet_fast.Dense(columns, 8), purenet_fast.Dense(8, 1)], seed=1)
    net.fit(inputs[:100], targets[:100], epochs=1)
    gc.collect()
    before = memory()
    assert memory("VmHWM") - before < 2_000_000  # so the peak that follows is that of fit
    options = {"batch_size": batch_size, "threads": threads, "shuffle": shuffle}
    net.fit(inputs, targets, epochs=2, **options)
    return memory("VmHWM") - before


@needs_proc
@pytest.mark.parametrize(
    ("batch_size", "zeros", "threads", "shuffle"),
    [(100, 0.0, 1, True), (100, 0.0, 2, False), (None, 0.0, 1, True), (100, 0.81, 1, True)],
)
def test_fit_needs_one_copy_of_the_inputs(batch_size, zeros, threads, shuffle):
    rows, columns = 8000, 784
    peak = in_a_process(peak_of_fit, rows, columns, batch_size, zeros, threads, shuffle)
    copy = 8 * rows * columns
    print(f"{peak / copy:.2f} of an 8-byte copy of the inputs")
    batch = 8 * (batch_size or 0) * columns
    if batch_size is None:
        # Activations, deltas and the panel of a product for all samples, none as wide as inputs.
        batch = 8 * rows * (2 * (8 + 1) + 32)
    assert peak < copy + batch + 3_000_000
    if zeros:
        assert peak < 0.35 * copy + batch + 3_000_000  # 9 bytes for each of 19 in 100
    else:
        assert peak > 0.9 * copy  # so it was measured
