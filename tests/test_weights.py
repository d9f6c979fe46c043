"""Weights and biases are nested lists in both packages, whatever a user does with them.

Each use is tried in both: the same result or the same error, at the same call, and afterwards the
same network and the same lists.
"""

import bisect
import copy
import gc
import heapq
import itertools
import json
import pickle
import random
import re
import sys
import threading

import pytest

X = [[0.5, -1.0, 2.0], [1.0, 2.0, -0.25], [-0.25, 0.75, 0.0], [0.0, 1.5, 1.0]]
Y = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
NAN, INF = float("nan"), float("inf")


def network(module, seed=3):
    layers = [module.Dense(3, 4, "tanh"), module.Dense(4, 2, "sigmoid")]
    return module.Network(layers, "mean_squared_error", seed=seed)


def outcome(function, *arguments):
    try:
        return re.sub("0x[0-9a-f]+", "address", repr(function(*arguments)))
    except Exception as error:
        return type(error), re.sub("0x[0-9a-f]+", "address", str(error))


def looks(net):
    """Return what the lists look like, and which of them are one and the same."""
    seen = []
    for layer in net.layers:
        rows = [id(row) for row in layer.weights] if type(layer.weights) is list else []
        seen.append((repr(layer.weights), [rows.index(row) for row in rows], repr(layer.biases)))
    return seen


# What a user may do with the weights of a layer, w, and its biases, b, of the network n.


def exchange(n, w, b):
    w[0], w[2] = w[2], w[0]


def rotate(n, w, b):
    w.append(w.pop(0))


def shuffle(n, w, b):
    random.Random(7).shuffle(w)
    random.Random(8).shuffle(b)


def put_back(n, w, b):
    old = w[0]
    w[0] = [9.0] * 4
    w[0] = old


def twice(n, w, b):
    w[1] = w[0]
    w[1][0] = 5.0


def all_one_row(n, w, b):
    w[:] = [w[0]] * 3


def held(n, w, b):
    row = w[0]
    w[0] = [1.0, 2.0, 3.0, 4.0]
    row[0] = 3.0


def sort(n, w, b):
    w.sort()
    b.sort(reverse=True)


def reverse(n, w, b):
    w.reverse()
    b.reverse()


def integers(n, w, b):
    w[0][0] = 2
    w[1] = [1, 2, 3, True]
    b[0] = 10**20


def tuples(n, w, b):
    w[2] = (1.0, 2.0, 3.0, 4.0)
    w[1][:] = (4, 3, 2, 1)


def slices(n, w, b):
    w[0:2] = [[1.0, 2.0, 3.0, 4.0], [0.5] * 4]
    w[2][1:3] = [7.0, 8.0]
    b[::2] = [0.25, 0.75]


def twice_as_much(n, w, b):
    for row in w:
        for j in range(4):
            row[j] *= 2.0
    b[0] += 1.0


def swap_layers_lists(n, w, b):
    n.layers[0].weights, n.layers[0].biases = [list(row) for row in w], list(b)


def of_another(n, w, b):
    w[:] = network(sys.modules[type(n).__module__.partition(".")[0]], 4).layers[0].weights


def set_whole(n, w, b):
    n.layers[0].weights = [[1, 2, 3, 4]] * 3
    n.layers[0].biases = (1, 2, 3, 4)


def set_to_itself(n, w, b):
    n.layers[0].weights = n.layers[0].weights
    n.layers[0].weights = w


def set_transposed(n, w, b):
    n.layers[0].weights = [[row[k] for row in w] + [0.0] for k in range(3)]


def infinite(n, w, b):
    w[0][0] = INF
    b[1] = -INF


def not_a_number(n, w, b):
    w[1][2] = NAN


def smallest(n, w, b):
    w[0][0] = 5e-324
    w[0][1] = -0.0


def append(n, w, b):
    w.append([1.0] * 4)


def extend_a_row(n, w, b):
    w[1].append(1.0)


def pop(n, w, b):
    w.pop()


def clear(n, w, b):
    w.clear()


def clear_a_row(n, w, b):
    w[0].clear()


def delete(n, w, b):
    del w[1][2]


def pop_a_bias(n, w, b):
    b.pop()


def text(n, w, b):
    w[1][2] = "x"


def text_of_a_number(n, w, b):
    w[1][2] = "1.5"


def text_as_row(n, w, b):
    w[1] = "1234"


def none(n, w, b):
    w[0][0] = None


def none_as_row(n, w, b):
    w[0] = None


def number_as_row(n, w, b):
    w[0] = 5.0


def complex_number(n, w, b):
    b[3] = 1j


def huge(n, w, b):
    b[0] = 10**400


def rows_in_a_row(n, w, b):
    w[0][0] = [1.0]


def itself(n, w, b):
    w[0] = w


def dictionary(n, w, b):
    w[2] = {0: 1.0, 1: 2.0, 2: 3.0, 3: 4.0}


def iterator(n, w, b):
    w[2] = iter([1.0, 2.0, 3.0, 4.0])


class Row(list):
    """A user's own kind of list."""


def own_kind(n, w, b):
    w[1] = Row([1.0, 2.0, 3.0, 4.0])


class Number(float):
    """A user's own kind of number."""


def own_numbers(n, w, b):
    w[1][1] = Number(0.125)
    b[0] = Number(2.5)


CHANGES = [
    value
    for value in list(globals().values())
    if callable(value)
    and getattr(value, "__code__", None)
    and value.__code__.co_varnames[:3] == ("n", "w", "b")
]

CALLS = {
    "fit": lambda n: n.fit(X, Y, epochs=2, learning_rate=0.5),
    "watched": lambda n: n.fit(X, Y, epochs=2, on_epoch=lambda epoch, history: None),
    "predict": lambda n: n.predict(X),
    "evaluate": lambda n: n.evaluate(X, Y),
    "feedforward": lambda n: n.feedforward(X),
    "backprop": lambda n: n.backprop(X, Y),
    "update": lambda n: n.update(
        network(sys.modules[type(n).__module__.partition(".")[0]]).backprop(X, Y), 0.5
    ),
    "digest": lambda n: n.digest(),
    "layer": lambda n: n.layers[0].feedforward(X),
    "back": lambda n: n.layers[0].input_gradient(X, [[1.0, -2.0, 0.5, 0.25]]),
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("call", CALLS)
def test_what_is_written_counts_at_the_next_call_in_both(both, change, call):
    results = []
    for module in both:
        net = network(module)
        layer = net.layers[0]
        w, b = layer.weights, layer.biases
        seen = [outcome(change, net, w, b), outcome(CALLS[call], net), outcome(net.digest)]
        # The lists that the user holds are the layer's still, or again.
        seen += [outcome(repr, w), outcome(repr, b), outcome(looks, net)]
        seen += [layer.weights is w, layer.biases is b]
        seen += [outcome(CALLS["fit"], net), outcome(net.digest), outcome(repr, w)]
        seen.append(outcome(looks, net))
        results.append(seen)
    assert results[0] == results[1]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_is_written_while_nobody_holds_the_lists(both, change):
    results = []
    for module in both:
        net = network(module)
        net.fit(X, Y, epochs=1)
        seen = [outcome(lambda net=net: change(net, net.layers[0].weights, net.layers[0].biases))]
        seen += [outcome(CALLS[call], net) for call in CALLS]
        results.append([*seen, outcome(looks, net)])
    assert results[0] == results[1]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_is_written_from_a_callback(both, change):
    results = []
    for module in both:
        net = network(module)

        def on_epoch(epoch, history, net=net):
            if epoch == 1:
                change(net, net.layers[0].weights, net.layers[0].biases)

        seen = [outcome(lambda net=net, on=on_epoch: net.fit(X, Y, epochs=4, on_epoch=on))]
        results.append([*seen, outcome(net.digest), outcome(looks, net)])
    assert results[0] == results[1]


# What a user may ask of them.

READS = {
    "repr": lambda w: repr(w),
    "type": lambda w: (type(w), {type(row) for row in w}),
    "json": lambda w: json.dumps(w),
    "times": lambda w: w * 2,
    "plus": lambda w: w + [[1.0]],  # noqa: RUF005
    "less": lambda w: w < [[9.0]],
    "equal": lambda w: w == [list(row) for row in w],
    "equal to tuples": lambda w: w == [tuple(row) for row in w],
    "in": lambda w: (w[1] in w, [1.0] in w),
    "index": lambda w: w.index(w[2]),
    "no index": lambda w: w.index([1.0]),
    "count": lambda w: w.count(w[0]),
    "sorted": lambda w: sorted(w),
    "reversed": lambda w: list(reversed(w)),
    "max": lambda w: max(max(row) for row in w),
    "sum": lambda w: sum(w, []),  # noqa: RUF017
    "zip": lambda w: list(zip(*w, strict=True)),
    "chain": lambda w: list(itertools.chain.from_iterable(w)),
    "unpack": lambda w: (lambda first, *others: (first, others))(*w),
    "slice": lambda w: (w[1:], w[::-1], w[0][1:3]),
    "out of range": lambda w: w[3],
    "text as index": lambda w: w["0"],
    "tuple as index": lambda w: w[0, 1],
    "copy": lambda w: copy.copy(w),
    "deep copy": lambda w: copy.deepcopy(w),
    "pickle": lambda w: pickle.loads(pickle.dumps(w)),
    "hash": lambda w: hash(w),
    "bisect": lambda w: bisect.bisect(sorted(w), [0.0] * 4),
    "heap": lambda w: heapq.nsmallest(1, w),
    "list methods": lambda w: [name for name in dir(w) if not name.startswith("_")],
    "truth": lambda w: bool(w),
    "format": lambda w: f"{w}",
    "attribute": lambda w: w.tolist(),
    "buffer": lambda w: memoryview(w),
}


@pytest.mark.parametrize("read", READS)
def test_they_are_lists_to_whoever_reads(both, read):
    results = []
    for module in both:
        net = network(module)
        net.fit(X, Y, epochs=1)
        results.append(
            [
                outcome(READS[read], values)
                for values in (net.layers[0].weights, net.layers[0].biases)
            ]
        )
    assert results[0] == results[1]


def test_numpy_takes_them_as_it_takes_lists(both):
    numpy = pytest.importorskip("numpy")
    arrays = [numpy.array(network(module).layers[0].weights) for module in both]
    assert arrays[0].shape == (3, 4)
    assert arrays[0].tobytes() == arrays[1].tobytes()


# Lists that are held.


def test_held_lists_follow_the_training(backend):
    net = network(backend)
    w, b = net.layers[0].weights, net.layers[0].biases
    row = w[1]
    before = copy.deepcopy(w)
    net.fit(X, Y, epochs=3)
    assert w is net.layers[0].weights
    assert row is w[1]
    assert w != before
    assert net.layers[0].biases is b
    w[0][0] = 0.5
    row[2] = -0.5
    digest = net.digest()
    other = network(backend)
    other.layers[0].weights = [list(numbers) for numbers in w]
    other.layers[0].biases = list(b)
    other.layers[1].weights = [list(numbers) for numbers in net.layers[1].weights]
    other.layers[1].biases = list(net.layers[1].biases)
    assert other.digest() == digest


@pytest.mark.parametrize("what", ["row", "iterator", "tuple of rows", "bound method", "biases"])
def test_whatever_holds_them(both, what):
    results = []
    for module in both:
        net = network(module)
        net.fit(X, Y, epochs=1)
        holder = {
            "row": lambda layer: layer.weights[2],
            "iterator": lambda layer: iter(layer.weights),
            "tuple of rows": lambda layer: tuple(layer.weights),
            "bound method": lambda layer: layer.weights.__getitem__,
            "biases": lambda layer: layer.biases,
        }[what](net.layers[0])
        net.fit(X, Y, epochs=1)
        seen = {
            "row": lambda held: held,
            "iterator": lambda held: list(held),
            "tuple of rows": lambda held: held,
            "bound method": lambda held: held(1),
            "biases": lambda held: held,
        }[what](holder)
        results.append((repr(seen), net.digest()))
    assert results[0] == results[1]


def test_a_list_that_a_user_puts_in_stays_the_users(backend):
    one, other = network(backend, 1), network(backend, 2)
    before = one.digest()
    other.layers[0].weights[:] = one.layers[0].weights
    mine = [0.1, 0.2, 0.3, 0.4]
    other.layers[0].weights[1] = mine
    other.fit(X, Y, epochs=3)
    assert one.digest() == before
    assert mine == [0.1, 0.2, 0.3, 0.4]
    assert other.layers[0].weights[1] is not mine
    one.fit(X, Y, epochs=3)
    mine[0] = 9.0
    again = other.digest()
    one.fit(X, Y, epochs=3)
    assert other.digest() == again


def test_every_number_is_there_after_each_epoch(both):
    results = []
    for module in both:
        net = network(module)
        seen = []
        w = net.layers[0].weights

        def on_epoch(epoch, history, net=net, seen=seen, w=w):
            seen.append(repr((w, net.layers[1].weights, net.layers[1].biases)))

        net.fit(X, Y, epochs=3, on_epoch=on_epoch)
        results.append(seen)
    assert len(set(results[0])) == 3
    assert results[0] == results[1]


def test_nothing_is_lost_by_a_refused_call(both):
    results = []
    for module in both:
        net = network(module)
        w = net.layers[0].weights
        w[2][3] = "x"
        w[0][0] = 7
        seen = [outcome(CALLS[call], net) for call in CALLS]
        seen.append(repr(w))
        w[2][3] = 1.0
        seen += [outcome(net.digest), repr(w)]
        results.append(seen)
    assert results[0] == results[1]
    assert "layer 0: weights: row 2, column 3" in results[0][0][1]


# Random uses in a random order.


def steps(generator):
    """Yield what to do with the lists and a list of what is held."""
    numbers = [1.0, -0.5, 0.25, 3, True, 1e300, -0.0, NAN, 5e-324]
    for _ in range(60):
        kind = generator.randrange(14)
        k, i, j = generator.randrange(2), generator.randrange(3), generator.randrange(2)
        value = generator.choice(numbers)
        other = generator.randrange(3)
        bad = generator.choice(["x", None, [1.0], 10**400])

        def do(net, held, kind=kind, k=k, i=i, j=j, value=value, other=other, bad=bad):
            w, b = net.layers[k].weights, net.layers[k].biases
            if kind == 0:
                w[i][j] = value
            elif kind == 1:
                w[i], w[other] = w[other], w[i]
            elif kind == 2:
                w[i] = w[other]
            elif kind == 3:
                held.append(w)
            elif kind == 4:
                held.append(w[i])
            elif kind == 5 and held:
                held.pop(other % len(held))
            elif kind == 6 and held:
                item = held[other % len(held)]
                (item[0] if type(item[0]) is list else item)[j] = value
            elif kind == 7 and held:
                item = held[other % len(held)]
                if type(item[0]) is not list and len(item) == len(w[i]):
                    w[i] = item
            elif kind == 8:
                net.layers[k].weights = [list(row) for row in w]
            elif kind == 9:
                b[j] = value
                held.append(b)
            elif kind == 10:
                w[i][j] = bad
                seen = outcome(net.predict, X)
                net.layers[k].weights[i][j] = 0.5
                return seen
            elif kind == 11:
                return net.predict(X)
            elif kind == 12:
                return net.fit(X, Y, epochs=1, batch_size=2, learning_rate=0.1).loss
            else:
                return net.digest()
            return repr(held)

        yield do


@pytest.mark.parametrize("seed", range(40))
def test_random_uses_in_a_random_order(both, seed):
    nets = [network(module) for module in both]
    held = [[], []]
    for number, do in enumerate(steps(random.Random(seed))):
        seen = []
        for net, holds in zip(nets, held, strict=True):
            seen.append((outcome(do, net, holds), outcome(looks, net), repr(holds)))
        assert seen[0] == seen[1], number


# Copies.


@pytest.mark.parametrize("way", ["copy", "deep copy", "pickle"])
@pytest.mark.parametrize("looked", [False, True])
def test_a_copy_is_its_own(both, way, looked):
    results = []
    for module in both:
        net = network(module)
        net.fit(X, Y, epochs=1)
        w = net.layers[0].weights if looked else None
        if looked:
            w[0][0] = 2
        copied = {
            "copy": copy.copy,
            "deep copy": copy.deepcopy,
            "pickle": lambda net: pickle.loads(pickle.dumps(net)),
        }[way](net)
        seen = [net.digest() == copied.digest(), looks(net) == looks(copied)]
        copied.fit(X, Y, epochs=1)
        seen += [net.digest(), copied.digest(), looks(net), looks(copied), repr(w)]
        net.layers[0].weights[1][1] = 0.5
        seen += [net.digest(), copied.digest()]
        results.append(seen)
    assert results[0] == results[1]


def test_a_copy_of_a_layer_shares_its_lists_as_lists_are_shared(both):
    results = []
    for module in both:
        net = network(module)
        layer = copy.copy(net.layers[0])
        seen = [layer.weights is net.layers[0].weights]
        net.fit(X, Y, epochs=2)
        seen.append(repr(layer.weights))
        deep = copy.deepcopy(net.layers[0])
        deep.weights[0][0] = 4.0
        seen += [net.digest(), repr(deep.feedforward(X)), repr(layer.feedforward(X))]
        results.append(seen)
    assert results[0] == results[1]


def test_layers_that_are_exchanged_keep_their_weights(both):
    results = []
    for module in both:
        net = network(module)
        net.fit(X, Y, epochs=1)
        old = net.layers[0]
        net.layers = [module.Dense(3, 4), net.layers[1]]
        net.fit(X, Y, epochs=1)
        other = module.Network([old, module.Dense(4, 2)], seed=5)
        other.fit(X, Y, epochs=1)
        results.append((net.digest(), other.digest()))
    assert results[0] == results[1]


def test_the_attribute_that_is_not_there_yet(both):
    results = []
    for module in both:
        layer = module.Dense(2, 3)
        seen = [outcome(lambda layer=layer: layer.weights), hasattr(layer, "biases")]
        seen.append(outcome(lambda layer=layer: layer.no_such_thing))
        given = module.Dense(2, 3, initializer=[[1, 2, 3], [4, 5, 6]])
        results.append([*seen, given.weights, "weights" in dir(given)])
    assert results[0] == results[1]
    assert results[0][3] == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]


# What it costs.


def test_whoever_never_looks_pays_nothing(fast):
    net = network(fast)
    for call in CALLS:
        CALLS[call](net)
        if call != "digest":
            assert "weights" not in vars(net.layers[0]), call
            assert "biases" not in vars(net.layers[1]), call
        net.predict(X)


def test_reading_number_by_number_makes_the_lists_once(fast):
    net = network(fast)
    net.fit(X, Y, epochs=1)
    lists = {id(net.layers[0].weights) for _ in range(100)}
    assert len(lists) == 1
    assert net.layers[0].weights[1] is net.layers[0].weights[1]


def test_lists_that_nobody_holds_any_more_are_forgotten(fast):
    net = network(fast)
    w = net.layers[0].weights
    net.fit(X, Y, epochs=1)
    assert vars(net.layers[0])["weights"] is w
    del w
    gc.collect()
    net.fit(X, Y, epochs=1)
    assert "weights" not in vars(net.layers[0])


def test_a_prediction_in_another_thread_changes_nothing_of_the_training(both):
    digests = []
    generator = random.Random(1)
    inputs = [[generator.uniform(-1.0, 1.0) for _ in range(20)] for _ in range(200)]
    targets = [[generator.uniform(-1.0, 1.0) for _ in range(2)] for _ in range(200)]
    for module in both:
        net = module.Network([module.Dense(20, 30, "tanh"), module.Dense(30, 2)], seed=1)
        held = net.layers[0].weights, net.layers[1].weights[0]
        stop = threading.Event()
        raised = []

        def predict(net=net, stop=stop, raised=raised):
            try:
                while not stop.is_set():
                    net.predict([[0.5] * 20])
                    net.layers[1].weights  # noqa: B018
            except Exception as error:
                raised.append(error)

        thread = threading.Thread(target=predict)
        thread.start()
        try:
            net.fit(inputs, targets, epochs=3, batch_size=50)
        finally:
            stop.set()
            thread.join()
        assert not raised
        digests.append((net.digest(), repr(held)))
    assert digests[0] == digests[1]
