"""One call at a time trains a network, and after whatever ended it the next one can."""

import copy
import itertools
import os
import pickle
import sys
import threading
import warnings

import pytest

from purenet.claims import Claim
from purenet.network import Network

X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
Y = [[0.0], [1.0], [1.0], [0.0]]

BUSY = "this network is being trained already, expected one call at a time"


def network(module, seed=1):
    return module.Network([module.Dense(2, 3, "tanh"), module.Dense(3, 1)], seed=seed)


class Interrupter:
    """Raises KeyboardInterrupt before one of the instructions that a call takes, by its number."""

    def __init__(self, number):
        self.left = number
        self.names = []

    def __call__(self, frame, event, argument):
        code = frame.f_code
        if code.co_filename.endswith("claims.py") or code in (
            Network.fit.__code__,
            Network.update.__code__,
        ):
            frame.f_trace_opcodes = True
            if event == "opcode":
                self.names.append(code.co_name)
                self.left -= 1
                if self.left == 0:
                    raise KeyboardInterrupt
            return self
        return None


def interrupt_everywhere(call, afterwards):
    """Make the call again and again, interrupt each at the next instruction, and then go on.

    Returns the names of the functions whose instructions those were, one for each.
    """
    sys._getframe().f_trace_opcodes = True  # Python 3.12 asks before it starts to trace
    for number in itertools.count(1):
        interrupter = Interrupter(number)
        former = sys.gettrace()
        sys.settrace(interrupter)
        try:
            call()
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(former)
        afterwards()
        if interrupter.left > 0:
            break
    return interrupter.names


def test_wherever_training_is_interrupted_it_can_go_on(backend):
    net = network(backend)
    names = interrupt_everywhere(lambda: net.fit(X, Y, epochs=1), lambda: net.fit(X, Y, epochs=1))
    assert len(names) > 50
    assert {"fit", "__enter__", "__exit__"} <= set(names)


def test_wherever_an_update_is_interrupted_there_can_be_another(backend):
    net = network(backend)
    gradients = net.backprop(X, Y)
    names = interrupt_everywhere(
        lambda: net.update(gradients, 0.1), lambda: net.update(gradients, 0.1)
    )
    assert {"update", "__enter__", "__exit__"} <= set(names)


def test_wherever_a_take_over_is_interrupted_there_can_be_another():
    claim = Claim()

    def call():
        with claim:
            pass

    def take_over():
        leave_behind(claim)
        call()

    def again():
        take_over()
        call()

    names = interrupt_everywhere(take_over, again)
    assert {"_take_over", "_leads_to", "_is_executed"} <= set(names)


def leave_behind(claim):
    """Make the claim and end without giving it back, as Ctrl-C at the wrong moment does."""
    claim.__enter__()


@pytest.mark.parametrize("left_behind", [0, 1, 2, 3])
def test_of_many_threads_one_takes_over(left_behind):
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(30):
            claim = Claim()
            for _ in range(left_behind):
                leave_behind(claim)
            assert run_side_by_side(claim, 8) == 1
            with claim:
                pass
    finally:
        sys.setswitchinterval(interval)


def run_side_by_side(claim, count):
    """Return how many of so many threads got the claim before the first of them gave it back."""
    start, end = threading.Barrier(count), threading.Barrier(count)
    taken = []

    def work(number):
        start.wait(30)
        try:
            with claim:
                taken.append(number)
                end.wait(30)
        except RuntimeError as error:
            assert str(error) == BUSY
            end.wait(30)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(taken)


def test_claims_that_come_and_go_never_overlap():
    # One that is left behind now and then, in the midst of calls that take turns.
    claim = Claim()
    inside, overlaps, turns = [], [], []

    def work():
        for turn in range(300):
            try:
                if turn % 7 == 0:
                    leave_behind(claim)
                    continue
                with claim:
                    inside.append(turn)
                    overlaps.append(len(inside) > 1)
                    turns.append(turn)
                    inside.pop()
            except RuntimeError as error:
                assert str(error) == BUSY

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert turns
    assert not any(overlaps)


def test_a_claim_is_refused_within_itself():
    claim = Claim()

    def call():
        with claim:
            pass

    with claim, pytest.raises(RuntimeError, match=BUSY):
        call()
    call()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("threads", [1, 2])
def test_the_child_of_a_fork_during_training_can_train(backend, threads):
    net = network(backend)
    began, go_on = threading.Event(), threading.Event()

    def on_epoch(epoch, history):
        began.set()
        go_on.wait(60)

    options = {"epochs": 2, "on_epoch": on_epoch, "threads": threads}
    thread = threading.Thread(target=net.fit, args=(X, Y), kwargs=options)
    thread.start()
    try:
        assert began.wait(60)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of a fork with several threads
            child = os.fork()
        if child == 0:
            try:
                net.fit(X, Y, epochs=1, threads=threads)
                os._exit(0 if net.epochs_trained == 2 else 2)
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        with pytest.raises(RuntimeError, match=BUSY):
            net.fit(X, Y, epochs=1)
    finally:
        go_on.set()
        thread.join()
    assert net.epochs_trained == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_that_was_forked_within_training_is_within_it_too(backend):
    net = network(backend)
    codes = []

    def on_epoch(epoch, history):
        child = os.fork()
        if child == 0:
            try:
                net.fit(X, Y, epochs=1)
            except RuntimeError as error:
                os._exit(0 if str(error) == BUSY else 2)
            finally:
                os._exit(1)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

    net.fit(X, Y, epochs=1, on_epoch=on_epoch)
    assert codes == [0]


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))]
)
def test_a_copy_made_during_training_can_be_trained(backend, copied):
    net = network(backend)
    epochs = []

    def on_epoch(epoch, history):
        other = copied(net)
        other.fit(X, Y, epochs=1)
        epochs.append(other.epochs_trained)

    net.fit(X, Y, epochs=2, on_epoch=on_epoch)
    assert epochs == [2, 3]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError, GeneratorExit])
def test_whatever_ends_training_the_next_can_begin(backend, error):
    net = network(backend)

    def fail(epoch, history):
        raise error

    with pytest.raises(error) as raised:
        net.fit(X, Y, epochs=1, on_epoch=fail)
    net.fit(X, Y, epochs=1)  # also while somebody keeps the traceback, and with it the frames
    assert raised.value.__traceback__ is not None
    assert net.epochs_trained == 2


def test_a_claim_costs_a_debugger_few_stops():
    claim = Claim()
    events = []

    def trace(frame, event, argument):
        if frame.f_code.co_filename.endswith("claims.py"):
            events.append((frame.f_code.co_name, event))
            return trace
        return None

    former = sys.gettrace()
    sys.settrace(trace)
    try:
        with claim:
            pass
    finally:
        sys.settrace(former)
    assert 0 < [name for name, event in events].count("__enter__") <= 4
    assert 0 < [name for name, event in events].count("__exit__") <= 3
