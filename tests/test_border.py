"""What the border costs: it grows with the numbers that cross it, not with their square."""

import sys

FEW, MANY = 250, 2000


def deep(module, size):
    net = module.Network([module.Dense(1, 1) for _ in range(size)], seed=1)
    return net, [[0.5]], [[1.0]]


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


def test_making_a_network_takes_time_that_grows_with_its_layers(backend):
    few, many = (steps(deep, backend, size) for size in (FEW, MANY))
    assert many <= 1.5 * MANY / FEW * few
