"""What the border costs: it grows with the numbers that cross it, not with their square."""

import gc
import sys
import time

import pytest

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
        assert seconds(4 * MANY) <= 24 * seconds(MANY // 2) + 0.005
    finally:
        gc.enable()


def test_making_a_network_takes_time_that_grows_with_its_layers(backend):
    few, many = (steps(deep, backend, size) for size in (FEW, MANY))
    assert many <= 1.5 * MANY / FEW * few
