"""What the border costs: it is crossed in a few lines, and in time that grows with the numbers."""

import gc
import inspect
import io
import pdb
import sys
import time

import pytest

import purenet
from purenet import matrix

FEW, MANY = 250, 2000


def wide(module, size):
    net = module.Network([module.Dense(size, 1)], seed=1)
    return net, [[0.5] * size], [[1.0]]


def broad(module, size):
    net = module.Network([module.Dense(1, size)], seed=1)
    return net, [[0.5]], [[1.0] * size]


def long(module, size):
    net = module.Network([module.Dense(1, 1)], seed=1)
    return net, [[0.5] for _ in range(size)], [[1.0] for _ in range(size)]


def deep(module, size):
    net = module.Network([module.Dense(1, 1) for _ in range(size)], seed=1)
    return net, [[0.5]], [[1.0]]


SHAPES = [wide, broad, long, deep]

CALLS = {
    "feedforward": lambda net, x, y: net.feedforward(x),
    "backprop": lambda net, x, y: net.backprop(x, y),
    "fit": lambda net, x, y: net.fit(x, y, epochs=1, batch_size=len(x)),
    "predict": lambda net, x, y: net.predict(x),
    "evaluate": lambda net, x, y: net.evaluate(x, y),
    "digest": lambda net, x, y: net.digest(),
    "set": lambda net, x, y: setattr(net.layers[0], "weights", net.layers[0].weights),
    "exchange": lambda net, x, y: setattr(net, "layers", net.layers),
}


def steps(call, *arguments):
    """Return how many lines, calls and returns Python goes through."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        count += 1
        return trace

    former = sys.gettrace()
    sys.settrace(trace)
    try:
        call(*arguments)
    finally:
        sys.settrace(former)
    return count


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
@pytest.mark.parametrize("name", CALLS)
def test_the_steps_grow_with_the_numbers(backend, shape, name):
    few = steps(CALLS[name], *shape(backend, FEW))
    many = steps(CALLS[name], *shape(backend, MANY))
    assert many <= 1.5 * MANY / FEW * few


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
@pytest.mark.parametrize("name", CALLS)
def test_the_time_grows_with_the_numbers(backend, shape, name):
    # Of what runs in C a step says nothing.  A square would take 64 times as long, and more where
    # there are more numbers; the shortest of several times is no matter of what else runs.
    def seconds(size):
        made = shape(backend, size)
        shortest = float("inf")
        for _ in range(3):
            start = time.process_time()
            CALLS[name](*made)
            shortest = min(shortest, time.process_time() - start)
        return shortest

    gc.disable()
    try:
        # Caches that others use meanwhile cost the larger one more: it has three tries.
        ratios = (seconds(4 * MANY) / (seconds(MANY // 2) + 0.0002) for _ in range(3))
        assert any(ratio <= 32 for ratio in ratios)
    finally:
        gc.enable()


def test_making_a_network_takes_time_that_grows_with_its_layers(backend):
    few, many = (steps(deep, backend, size) for size in (FEW, MANY))
    assert many <= 1.5 * MANY / FEW * few


class Stepper(pdb.Pdb):
    """Steps, as ``s`` does at pdb's prompt, to the first product, and counts how often it stops."""

    def __init__(self):
        super().__init__(stdout=io.StringIO(), readrc=False)
        self.stops = -1  # the call itself is not one
        lines, first = inspect.getsourcelines(matrix.dot)
        self.product = first + next(n for n, line in enumerate(lines) if "total = total +" in line)

    def interaction(self, frame, traceback):
        if self.stops >= 0 or frame.f_code.co_name in ("fit", "feedforward", "backprop"):
            self.stops += 1
        if frame.f_code is matrix.dot.__code__ and frame.f_lineno == self.product:
            raise StopIteration
        self.set_step()


def stops_to_the_first_product(method, *arguments, **named):
    stepper = Stepper()
    former = sys.gettrace()
    try:
        stepper.runcall(method, *arguments, **named)
    except StopIteration:
        return stepper.stops
    finally:
        sys.settrace(former)
    raise AssertionError("no product was computed")


XOR = [[0, 0], [0, 1], [1, 0], [1, 1]]
FLOATS = [[float(value) for value in row] for row in XOR]


@pytest.mark.parametrize("inputs", [XOR, FLOATS], ids=["whole numbers", "floats"])
@pytest.mark.parametrize("loss", ["sum_of_squares", "mean_squared_error"])
def test_a_debugger_is_soon_at_the_first_product(inputs, loss):
    targets = [[0], [1], [1], [0]]
    net = purenet.Network([purenet.Dense(2, 4), purenet.Dense(4, 1)], loss, seed=1)
    for options in ({}, {"learning_rate": 1}, {"batch_size": 4}):
        assert stops_to_the_first_product(net.fit, inputs, targets, epochs=1, **options) <= 80
    assert stops_to_the_first_product(net.feedforward, inputs) <= 40
    assert stops_to_the_first_product(net.backprop, inputs, targets) <= 60


def test_what_a_user_wrote_is_looked_at_once():
    net = purenet.Network([purenet.Dense(2, 4), purenet.Dense(4, 1)], seed=1)
    net.layers[0].weights[0], net.layers[0].weights[1] = [1, 2, 3, 4], [5, 6, 7, 8]
    first = stops_to_the_first_product(net.feedforward, XOR)
    assert first > stops_to_the_first_product(net.feedforward, XOR) <= 40


def test_stepping_into_dot_meets_the_loop():
    code = matrix.dot.__code__
    stops = []

    def trace(frame, event, argument):
        if frame.f_code is code:
            stops.append((event, frame.f_lineno))
            return trace
        stops.append((event, frame.f_code.co_name))
        return trace

    former = sys.gettrace()
    sys.settrace(trace)
    try:
        matrix.dot([[1.0]], [[2.0]])
    finally:
        sys.settrace(former)
    assert {where for event, where in stops if event == "call"} == {code.co_firstlineno}
