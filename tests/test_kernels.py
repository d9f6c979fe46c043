"""The compiled kernels: every path through them gives the bits of the plain loops.

A path is a vector width, a number of threads, and a way to take a product: as a whole or in pieces,
with all inputs or only those that are not zero.  The networks here are made so that together they
go all the ways.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import random
import subprocess
import sys
import threading

import pytest
from bits import SPECIAL, assert_same_bits, bits, random_double, random_matrix
from shell import ROOT

from purenet.training import Settings

WIDTHS = ("avx512", "avx2", "sse2", "neon", "vector", "portable")
THREADS = (1, 2, 3, 4)
ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "linear", "softmax")
INF, NAN = float("inf"), float("nan")


def vectors_here(compiled):
    """Return the names of the vector widths that this processor has."""
    found = []
    for name in WIDTHS:
        with contextlib.suppress(ValueError):
            found.append(compiled.vectors.choose_vectors(name))
    compiled.vectors.choose_vectors("")
    return found


def paths(compiled, threads=THREADS, more=()):
    """Go through all vector widths, some more, and all thread counts, and choose each."""
    for name, count in itertools.product([*vectors_here(compiled), *more], threads):
        compiled.vectors.choose_vectors(name)
        yield f"{name}, {count} threads", count


class Case:
    """A network with its samples, and everything that can be done with them.

    layers: (inputs, outputs, activation) or (inputs, outputs, activation, options) of each.
    """

    def __init__(self, layers, loss, inputs, targets, seed=1, planted=(), **options):
        self.layers = layers
        self.loss = loss
        self.inputs = inputs
        self.targets = targets
        self.seed = seed
        self.planted = planted  # (layer, row, column, value)
        self.options = {"epochs": 2, "learning_rate": 0.5, **options}

    def course(self, module, threads=1):
        """Return the bits of everything: fit, predict, evaluate, feedforward, backprop."""
        net = module.Network(
            [
                module.Dense(*layer[:3], **(layer[3] if len(layer) > 3 else {}))
                for layer in self.layers
            ],
            self.loss,
            seed=self.seed,
        )
        for layer, row, column, value in self.planted:
            net.layers[layer].weights[row][column] = value
        raised = None
        seen = [("gradients before", bits(net.backprop(self.inputs, self.targets)))]
        try:
            net.fit(self.inputs, self.targets, threads=threads, **self.options)
        except module.TrainingDiverged as error:
            raised = str(error)
        return [
            *seen,
            ("raised", raised),
            ("losses", bits(net.history.loss)),
            ("accuracies", bits(net.history.accuracy)),
            ("epochs", net.epochs_trained),
            ("weights", bits([layer.weights for layer in net.layers])),
            ("biases", bits([layer.biases for layer in net.layers])),
            ("predictions", bits(net.predict(self.inputs, threads=threads))),
            ("evaluation", bits(net.evaluate(self.inputs, self.targets, threads=threads))),
            ("z and a", bits(net.feedforward(self.inputs))),
            ("gradients", bits(net.backprop(self.inputs, self.targets))),
        ]


def check(both, compiled, case, what="", threads=THREADS, more=()):
    """Compare a case on every path with the plain loops; return what the plain loops gave."""
    pure, fast = both
    expected = case.course(pure)
    for path, count in paths(compiled, threads, more):
        for (name, one), (_, other) in zip(expected, case.course(fast, count), strict=True):
            if one != other:
                assert_same_bits(one, other, f"{what}: {path}: {name}")
    return dict(expected)


def dense_rows(generator, rows, columns):
    return [[generator.uniform(-1.0, 1.0) for _ in range(columns)] for _ in range(rows)]


def sparse_rows(generator, rows, columns, share=0.2):
    """Return rows of which few numbers are not zero; the zeros have both signs."""
    return [
        [
            generator.uniform(-1.0, 1.0)
            if generator.random() < share
            else generator.choice((0.0, 0.0, -0.0))
            for _ in range(columns)
        ]
        for _ in range(rows)
    ]


def leaves_out_zeros(compiled, rows):
    return compiled.samples.inputs_of(rows, len(rows[0])).is_sparse


# Which path is taken.


def test_there_are_paths_to_test(compiled):
    found = vectors_here(compiled)
    assert found[-1] == "portable"
    if (
        compiled.vectors.choose_vectors("") != "portable"
    ):  # a compiler without vectors has nothing else
        assert len(found) >= 2
    # The widest is the default.
    assert compiled.vectors.choose_vectors("") == found[0]
    for name in found:
        assert compiled.vectors.choose_vectors(name) == name
        assert compiled.vectors.chosen_vectors() == name


def test_the_vector_width_of_a_narrow_network(compiled):
    """Half vectors where whole ones would be half empty; asked for one width, everything has it."""
    vectors_for = compiled.vectors.vectors_for
    found = vectors_here(compiled)
    half = "avx2" if found[:2] == ["avx512", "avx2"] else found[0]
    for sizes in ((3, 4, 1), (2, 2, 1), (1, 1), (7, 4, 3), (8, 4, 2, 1)):
        assert vectors_for(sizes) == half, sizes
    for sizes in ((3, 5, 1), (8, 1), (2, 8, 1), (9, 4, 1), (784, 4, 10)):
        assert vectors_for(sizes) == found[0], sizes
    for name in found:
        compiled.vectors.choose_vectors(name)
        assert vectors_for((3, 4, 1)) == name


def test_a_wrong_vector_width_is_refused_and_changes_nothing(compiled):
    found = vectors_here(compiled)
    compiled.vectors.choose_vectors("portable")
    for name in ("avx", "AVX2", "avx512 ", " ", "0", "sse2,avx2", "ü"):
        with pytest.raises(ValueError, match="expected avx512, avx2, sse2, neon, vector or portab"):
            compiled.vectors.choose_vectors(name)
    for name in set(WIDTHS) - set(found):
        with pytest.raises(ValueError, match=f"{name} is not there on this processor"):
            compiled.vectors.choose_vectors(name)
    with pytest.raises(TypeError):
        compiled.vectors.choose_vectors(2)
    assert compiled.vectors.chosen_vectors() == "portable"


def in_a_process(code, vector):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    environment.pop("PURENET_VECTOR", None)
    if vector is not None:
        environment["PURENET_VECTOR"] = vector
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60
    )


def test_the_environment_variable_chooses_the_vector_width(compiled):
    code = "import purenet_fast; print(purenet_fast.vectors.chosen_vectors())"
    found = vectors_here(compiled)
    for vector in (None, "", *found):
        done = in_a_process(code, vector)
        assert (done.stdout.strip(), done.stderr) == (vector or found[0], "")


def test_a_wrong_environment_variable_is_a_clear_error(compiled):
    for vector in ("fast", "AVX2"):
        done = in_a_process("import purenet_fast", vector)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1] == (
            f"ValueError: PURENET_VECTOR: found '{vector}', "
            "expected avx512, avx2, sse2, neon, vector or portable"
        )
    elsewhere = sorted(set(WIDTHS) - set(vectors_here(compiled)))[0]
    done = in_a_process("import purenet_fast", elsewhere)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"ValueError: PURENET_VECTOR: {elsewhere} is not there on this processor"
    )


# Functions of matrices.


def test_products_of_special_numbers(both, compiled):
    pure, _ = both
    generator = random.Random("products")
    shapes = [(1, 1, 1), (7, 3, 5), (2, 9, 33), (13, 2, 8), (5, 17, 64), (6, 6, 70), (4, 1, 71)]
    pairs = [
        (random_matrix(generator, rows, terms), random_matrix(generator, terms, columns))
        for rows, terms, columns in shapes
    ]
    # Large products are taken in blocks: of up to 256 or 400 terms, of some hundred rows.  Rows of
    # 512 numbers are laid apart.
    for rows, terms, columns in ((139, 129, 45), (45, 410, 20), (33, 512, 17), (7, 260, 530)):
        pairs.append((dense_rows(generator, rows, terms), dense_rows(generator, terms, columns)))
    expected = [bits(pure.matrix.dot(a, b)) for a, b in pairs]
    for path, _ in paths(compiled, [1]):
        for (a, b), product in zip(pairs, expected, strict=True):
            assert_same_bits(compiled.dot(a, b), product, f"{path}, {len(a)} rows")


def test_activations_of_all_kinds_of_numbers(both, compiled):
    pure, _ = both
    generator = random.Random("activations")
    edges = [708.0, 709.782712893384, 709.8, 745.13, 745.14, 0.625, 22.0, 1e-9, 36.0]
    edges = [value * (1.0 + epsilon) for value in edges for epsilon in (-(2**-52), 0.0, 2**-52)]
    numbers = [*SPECIAL, *edges, *(-value for value in edges)]
    numbers += [generator.uniform(-40.0, 40.0) for _ in range(300)]
    numbers += [random_double(generator) for _ in range(300)]
    generator.shuffle(numbers)
    # Rows of every length to 20, so that each number meets the end of a vector.
    rows = []
    for length in range(1, 21):
        rows.append([generator.choice(numbers) for _ in range(length)])
    for activation in ACTIVATIONS:
        matrices = [[row] for row in [*rows, numbers]]
        expected = [bits(pure.activations.activate(activation, z)) for z in matrices]
        for path, _ in paths(compiled, [1]):
            for z, values in zip(matrices, expected, strict=True):
                found = compiled.activate(activation, z)
                assert_same_bits(found, values, f"{path}: {activation} of {len(z[0])} numbers")


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softmax"])
def test_the_borders_of_exp_and_tanh(both, compiled, activation):
    # Where tanh becomes 1, and where the power of two of exp needs more than one factor.
    pure, _ = both
    numbers = [18.0 + step / 16 for step in range(80)]
    numbers += [700.0 + step / 8 for step in range(400)]
    for border in (22.0, 708.0, 709.782712893384, 745.1332191019412):
        numbers += [math.nextafter(border, 0.0), border, math.nextafter(border, INF)]
    numbers += [-number for number in numbers]
    # Each alone among ordinary ones, in any place of a vector; and all together.
    others = [0.5, -0.25, 1.5, -2.0, 0.125, 3.0, -0.75, 1.0, 0.25]
    among = [[*others[: i % 9], number, *others[i % 9 :]] for i, number in enumerate(numbers)]
    # softmax takes the largest from all: of these, exp is asked for the numbers themselves.
    below = [[0.0, -abs(number), -1.0] for number in numbers]
    for z in (among, below, [numbers]):
        expected = bits(pure.activations.activate(activation, z))
        for path, _ in paths(compiled, [1]):
            found = compiled.activate(activation, z)
            assert_same_bits(bits(found), expected, f"{path}: {activation}")


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_zeros_of_both_signs(both, compiled, activation):
    pure, _ = both
    for length in (1, 2, 3, 5, 8, 9, 17, 33):
        for z in ([-0.0] * length, [0.0] * length, [0.0, -0.0] * length, [-0.0, 0.5] * length):
            expected = bits(pure.activations.activate(activation, [z]))
            for path, _ in paths(compiled, [1]):
                found = bits(compiled.activate(activation, [z]))
                assert_same_bits(found, expected, f"{path}: {activation} of {z}")
    assert bits(pure.relu(-0.0)) == bits(compiled.relu(-0.0)) == bits(0.0)


# Networks of every width: all up to the first that takes several tiles of any kernel, and those
# round the next borders.
UNITS = [*range(1, 36), 39, 40, 41, 47, 48, 49, 56, 57, 63, 64, 65, 66, 70]


@pytest.mark.parametrize("width", UNITS)
def test_every_width(both, compiled, width):
    # As inputs, between layers and as outputs.
    generator = random.Random(width)
    narrow = generator.randrange(1, 5)
    for number, layers in enumerate(
        (
            [(width, narrow, "tanh"), (narrow, 1, "sigmoid", {"bias": False})],
            [(2, width, "relu"), (width, 3, "softmax")],
            [(narrow, width, "leaky_relu", {"bias": width % 2 == 0})],
        )
    ):
        outputs = layers[-1][1]
        inputs = dense_rows(generator, 7, layers[0][0])
        targets = dense_rows(generator, 7, outputs)
        loss = "mean_squared_error"
        if number == 0:
            targets = [[abs(value) for value in row] for row in targets]
            loss = "binary_cross_entropy"
        case = Case(layers, loss, inputs, targets, seed=width, batch_size=3)
        check(both, compiled, case, f"{layers}")


@pytest.mark.parametrize("width", UNITS)
def test_every_width_after_inputs_that_are_mostly_zero(both, compiled, width):
    generator = random.Random(f"sparse {width}")
    columns = 64 + width
    inputs = sparse_rows(generator, 5, columns)
    inputs[1] = [0.0] * columns
    assert leaves_out_zeros(compiled, inputs)
    targets = dense_rows(generator, 5, width)
    layers = [(columns, width, "sigmoid", {"bias": width % 3 > 0})]
    case = Case(layers, "sum_of_squares", inputs, targets, seed=width, batch_size=3, epochs=1)
    check(both, compiled, case, f"{layers}")


@pytest.mark.parametrize("columns", [64, 111, 112, 113, 224, 225, 337])
def test_mostly_zero_inputs_in_several_strips(both, compiled, columns):
    generator = random.Random(columns)
    inputs = sparse_rows(generator, 11, columns)
    assert leaves_out_zeros(compiled, inputs)
    assert not leaves_out_zeros(compiled, dense_rows(generator, 11, columns))
    targets = [generator.randrange(3) for _ in inputs]
    for outputs, batch_size, shuffle in (
        (9, 4, True),
        (9, 4, False),
        (1, None, False),
        (70, 1, True),
    ):
        layers = [(columns, outputs, "tanh"), (outputs, 3, "softmax")]
        # Three epochs: a batch that comes again is not put in order again.
        options = {"batch_size": batch_size, "shuffle": shuffle, "epochs": 3}
        case = Case(layers, "categorical_cross_entropy", inputs, targets, **options)
        check(both, compiled, case, f"{columns} inputs, {outputs} units, batches of {batch_size}")


@pytest.mark.parametrize("batch_size", [*range(1, 18)])
def test_small_shuffled_batches_of_mostly_zero_inputs(both, compiled, batch_size):
    # Their entries are not put in order: which of them a column has, bits say.  Every number of
    # samples up to all of the batch; a shorter batch at the end; threads that share the rows.
    generator = random.Random(f"few {batch_size}")
    columns, outputs = (66, 100, 129)[batch_size % 3], (1, 9, 17)[batch_size // 3 % 3]
    inputs = sparse_rows(generator, batch_size + 3, columns, share=0.1)
    for number, row in enumerate(inputs):
        for column in range(number, batch_size + 3):
            row[columns - 1 - column] = generator.uniform(-1.0, 1.0)
    assert leaves_out_zeros(compiled, inputs)
    targets = dense_rows(generator, batch_size + 3, outputs)
    least = compiled.threads.share_from(0.0)
    try:
        for optimizer in (None, "adam"):
            case = Case(
                [(columns, outputs, "linear")],
                "sum_of_squares",
                inputs,
                targets,
                batch_size=batch_size,
                epochs=2,
                **({} if optimizer is None else {"optimizer": optimizer}),
            )
            check(both, compiled, case, f"{optimizer}", (1, 3))
            targets[batch_size // 2][0] = -1.7e308  # an infinite delta, and weights that are none
        expected = check(both, compiled, case, "infinite deltas", (1, 3))
        assert expected["raised"] is not None
    finally:
        compiled.threads.share_from(least)


@pytest.mark.parametrize("batch_size", [2, 5, 33, 1024, 1025])
def test_mostly_zero_inputs_of_every_batch_are_listed_together(both, compiled, batch_size):
    generator = random.Random(f"together {batch_size}")
    samples = 2 * batch_size + 1
    # Fewer zeros at the end, so that the lists must grow.
    inputs = sparse_rows(generator, batch_size, 230, share=0.02)
    inputs[-1] = [0.0] * 230
    inputs += sparse_rows(generator, samples - batch_size, 230, share=0.3)
    targets = [generator.randrange(2) for _ in inputs]
    options = {"batch_size": batch_size, "shuffle": False, "learning_rate": 0.01}
    case = Case([(230, 2, "softmax")], "categorical_cross_entropy", inputs, targets, **options)
    check(both, compiled, case, f"batches of {batch_size}")
    # A worker in the middle that reads nothing but zeros.
    zeros = [[0.0] * 230 for _ in range(batch_size)]
    case.inputs = [*inputs[-batch_size:], *zeros, inputs[0]]
    check(both, compiled, case, f"batches of {batch_size}, zeros in between")


@pytest.mark.parametrize("listed", [1, 2, 5, 13, 64])
def test_inputs_that_were_listed_for_other_batches(both, compiled, listed):
    pure, fast = both
    generator = random.Random("other batches")
    inputs = sparse_rows(generator, 40, 130)
    targets = dense_rows(generator, 40, 3)
    for batch_size, shuffle in ((5, False), (13, False), (13, True), (40, False)):
        results = []
        for module, threads in ((pure, 1), (fast, 1), (fast, 3)):
            net = module.Network([module.Dense(130, 3)], seed=1)
            settings = Settings(2, 0.5, listed, False, threads=threads)
            samples = net.checked_samples(inputs, targets, threads, settings)
            history = pure.History()
            settings = settings._replace(batch_size=batch_size, shuffle=shuffle)
            net.run_epochs(samples, [0.5, 0.5], settings, history)
            total, correct, _ = net.measure(samples, threads)
            results.append((net.digest(), bits(history.loss), bits(total), correct))
        assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("samples", [1, 2, 3, 5, 6, 7, 8, 11, 12, 13, 17, 31, 35])
def test_batches_that_do_not_divide_the_set(both, compiled, samples):
    generator = random.Random(samples)
    inputs = dense_rows(generator, samples, 6)
    targets = [generator.randrange(3) for _ in range(samples)]
    layers = [(6, 9, "tanh"), (9, 3, "softmax")]
    for batch_size in {1, 2, 4, samples // 2 + 1, samples, samples + 1}:
        for shuffle in (True, False):
            options = {"batch_size": batch_size, "shuffle": shuffle, "epochs": 1}
            case = Case(layers, "categorical_cross_entropy", inputs, targets, **options)
            check(both, compiled, case, f"{samples} samples in batches of {batch_size}", (1, 3, 4))


def test_a_single_row_of_every_width(both, compiled):
    pure, _ = both
    generator = random.Random("row")
    row = dense_rows(generator, 1, 5)
    for columns in range(1, 150):
        factor = dense_rows(generator, 5, columns)
        expected = bits(pure.matrix.dot(row, factor))
        for path, _ in paths(compiled, [1]):
            assert_same_bits(compiled.dot(row, factor), expected, f"{path}, {columns} columns")


def test_products_that_are_taken_in_blocks(both, compiled):
    # Forward, back and step with sums of more terms than a block has.
    generator = random.Random("blocks")
    inputs = dense_rows(generator, 258, 4)
    targets = dense_rows(generator, 258, 2)
    layers = [(4, 9, "tanh"), (9, 410, "relu"), (410, 2, "linear")]
    case = Case(layers, "mean_squared_error", inputs, targets, epochs=1, learning_rate=0.01)
    check(both, compiled, case, threads=(1, 2))
    compiled.threads.limit_pieces(20000)
    check(both, compiled, case, "in pieces", threads=(1, 3))


@pytest.mark.parametrize("many_zeros", [False, True])
@pytest.mark.parametrize("outputs", [16, 64, 96, 128, 130])
def test_a_first_layer_that_is_shared_by_its_outputs(both, compiled, outputs, many_zeros):
    # Each worker has some of its outputs, if they can be dealt out evenly.
    generator = random.Random(f"outputs {outputs} {many_zeros}")
    columns = 70 if many_zeros else 5
    make = sparse_rows if many_zeros else dense_rows
    inputs = make(generator, 11, columns)
    assert leaves_out_zeros(compiled, inputs) == many_zeros
    targets = dense_rows(generator, 11, 3)
    layers = [(columns, outputs, "tanh", {"bias": outputs != 96}), (outputs, 3, "sigmoid")]
    for shuffle in (False, True):
        case = Case(
            layers, "mean_squared_error", inputs, targets, batch_size=4, epochs=3, shuffle=shuffle
        )
        check(both, compiled, case, f"{outputs} outputs, shuffle {shuffle}")
    # A layer that is the first and the last, and a batch whose deltas overflow.
    targets = dense_rows(generator, 11, outputs)
    targets[6][outputs - 1] = -1.7e308
    case = Case([(columns, outputs, "linear")], "sum_of_squares", inputs, targets, batch_size=4)
    assert check(both, compiled, case, "infinite deltas")["raised"] is not None


def test_a_batch_that_is_wide_and_high(both, compiled):
    generator = random.Random("panels")
    inputs = dense_rows(generator, 131, 130)
    targets = dense_rows(generator, 131, 1)
    layers = [(130, 36, "tanh"), (36, 1, "linear")]
    case = Case(layers, "mean_squared_error", inputs, targets, batch_size=130, epochs=1)
    check(both, compiled, case, threads=(1, 2))


# Narrow networks, which have kernels of their own.


@pytest.mark.parametrize("loss", ["sum_of_squares", "mean_squared_error", "binary_cross_entropy"])
@pytest.mark.parametrize("activation", ACTIVATIONS[:-1])
def test_narrow_networks(both, compiled, activation, loss):
    generator = random.Random(f"{activation} {loss}")
    for number in range(14):
        depth = 1 + number % 3
        most = 4 if number % 4 == 0 else 16
        widths = [generator.choice((1, generator.randint(1, most))) for _ in range(depth + 1)]
        layers = [
            (widths[i], widths[i + 1], activation, {"bias": generator.random() < 0.7})
            for i in range(depth)
        ]
        if loss == "binary_cross_entropy":
            layers[-1] = (*layers[-1][:2], "sigmoid", layers[-1][3])
        rows = generator.randrange(1, 19)
        inputs = dense_rows(generator, rows, widths[0])
        targets = [[generator.random() for _ in range(widths[-1])] for _ in range(rows)]
        case = Case(
            layers,
            loss,
            inputs,
            targets,
            seed=number,
            epochs=3,
            batch_size=generator.choice((None, 1, 5)),
            shuffle=number % 2 == 0,
            sample_weight=[generator.random() for _ in range(rows)] if number % 5 == 0 else None,
        )
        threads = (1, 2) if number == 0 else (1,)
        check(both, compiled, case, f"{layers}, {rows} rows", threads, more=[""])


@pytest.mark.parametrize("rate", [1e10, 1e200])
def test_a_narrow_network_that_overflows(both, compiled, rate):
    generator = random.Random(rate)
    inputs = dense_rows(generator, 9, 3)
    targets = dense_rows(generator, 9, 2)
    for layers in ([(3, 5, "linear"), (5, 2, "linear")], [(3, 8, "relu"), (8, 2, "leaky_relu")]):
        for batch_size in (None, 2):
            options = {"epochs": 40, "batch_size": batch_size, "learning_rate": rate}
            case = Case(layers, "sum_of_squares", inputs, targets, **options)
            assert check(both, compiled, case, f"{layers}, rate {rate}", (1,))["raised"] is not None
    for layer, row, value in ((0, 2, INF), (1, 1, NAN)):
        planted = [(layer, row, 1, value)]
        layers = [(3, 4, "tanh"), (4, 2, "sigmoid")]
        case = Case(layers, "mean_squared_error", inputs, targets, planted=planted)
        assert check(both, compiled, case, f"{value} in layer {layer}", (1,))["raised"] is not None


# Several epochs are seeded together; for up to 114 samples, only the words that are drawn are made.
@pytest.mark.parametrize("samples", [2, 114, 115])
def test_the_orders_of_many_epochs(both, compiled, samples):
    generator = random.Random(samples)
    inputs = dense_rows(generator, samples, 1)
    targets = dense_rows(generator, samples, 1)
    options = {"epochs": 18, "batch_size": (samples + 1) // 2, "learning_rate": 0.01}
    case = Case([(1, 1, "linear")], "mean_squared_error", inputs, targets, seed=3**50, **options)
    check(both, compiled, case, threads=(1,), more=[""])


# Zeros with a sign.  A sum begins at 0.0, and so it is 0.0 also where every term is -0.0.


def few_not_zero(rows, columns, value):
    """Return rows of zeros with the same few numbers in each strip, and one of their own."""
    inputs = [[0.0] * columns for _ in range(rows)]
    for number, row in enumerate(inputs):
        for column in (number, 111, 112, 120, 224, columns - 1):
            row[column] = value
    return inputs


TERMS = {"0.0 * -1.0": (0.0, -1.0), "-0.0 * 1.0": (-0.0, 1.0), "too small": (1e-200, -1e-200)}
SIDE_BY_SIDE = [1, 2, 3, 5, 8, 9, 15, 16, 17, 33, 67]


@pytest.mark.parametrize("terms", TERMS)
@pytest.mark.parametrize("outputs", SIDE_BY_SIDE)
def test_sums_forward_of_nothing_but_negative_zeros(both, compiled, outputs, terms):
    value, weight = TERMS[terms]
    # As many rows as there can be side by side and some more; few terms, many, and few of many.
    for columns, rows, bias in ((1, 13, False), (7, 9, True), (300, 5, False), (300, 5, True)):
        inputs = [[value] * columns for _ in range(rows)]
        if columns == 300:
            inputs = few_not_zero(rows, columns, value)
            assert leaves_out_zeros(compiled, inputs)
        options = {"initializer": [[weight] * outputs] * columns, "bias": bias}
        if bias:
            options["bias_initializer"] = [-0.0] * outputs
        nets = [module.Network([module.Dense(columns, outputs, "linear", **options)], seed=1)
                for module in both]  # fmt: skip
        expected = bits([[0.0] * outputs] * rows)
        assert bits(nets[0].predict(inputs)) == bits(nets[0].feedforward(inputs)[0].z) == expected
        for path, threads in paths(compiled, (1, 2)):
            what = f"{columns} by {outputs}, bias {bias}, {path}"
            assert bits(nets[1].predict(inputs, threads=threads)) == expected, what
            assert bits(nets[1].feedforward(inputs)[0].z) == expected, what


@pytest.mark.parametrize("terms", ["0.0 * -1.0", "too small"])
@pytest.mark.parametrize("outputs", SIDE_BY_SIDE)
def test_steps_by_nothing_but_negative_zeros(both, compiled, outputs, terms):
    # A weight of -0.0 stays one: -0.0 - rate * 0.0, where the sum is 0.0 though its terms are -0.0.
    value, weight = TERMS[terms]
    targets = [[-weight] * outputs] * 9
    for columns, batch_size in ((1, None), (2, 1), (5, 4), (17, None), (300, 4)):
        inputs = [[value] * columns for _ in range(9)]
        if columns == 300:
            inputs = few_not_zero(9, columns, value)
            assert leaves_out_zeros(compiled, inputs)
        options = {"initializer": [[-0.0] * outputs] * columns, "bias": False}

        def trained(module, threads=1, inputs=inputs, batch_size=batch_size, options=options):
            layer = module.Dense(len(inputs[0]), outputs, "linear", **options)
            net = module.Network([layer], "sum_of_squares", seed=1)
            net.fit(inputs, targets, epochs=2, batch_size=batch_size, threads=threads)
            return bits(layer.weights)

        expected = bits([[-0.0] * outputs] * columns)
        assert trained(both[0]) == expected
        for limit in (10**9, 1):
            compiled.threads.limit_pieces(limit)
            for path, threads in paths(compiled, (1, 2)):
                what = f"{columns} by {outputs}, pieces of {limit}, {path}"
                assert trained(both[1], threads) == expected, what


@pytest.mark.parametrize("outputs", SIDE_BY_SIDE)
def test_steps_of_biases_by_nothing_but_negative_zeros(both, compiled, outputs):
    # A hundredth of the least number below zero is -0.0, the answer that was wanted and is met.
    for columns, batch_size in ((1, None), (3, 1), (3, 4), (70, 4)):
        inputs = [[1.0] + [0.0] * (columns - 1) for _ in range(7)]
        weights = [[-5e-324] * outputs] + [[0.0] * outputs for _ in range(columns - 1)]
        options = {"initializer": weights, "bias_initializer": [-0.0] * outputs}
        layers = [(columns, outputs, "leaky_relu", options)]
        targets = [[0.0] * outputs for _ in inputs]
        case = Case(layers, "sum_of_squares", inputs, targets, batch_size=batch_size)
        expected = check(both, compiled, case, f"{columns} by {outputs}", (1, 2))
        assert expected["biases"] == bits([[-0.0] * outputs])
        assert expected["predictions"] == bits([[-0.0] * outputs] * 7)


@pytest.mark.parametrize("units", SIDE_BY_SIDE)
def test_sums_back_of_nothing_but_negative_zeros(both, compiled, units):
    for columns, outputs in ((2, 1), (2, 3), (70, 9)):
        inputs = sparse_rows(random.Random(units), 7, columns)
        first = {"initializer": "zeros"}
        second = {"initializer": [[-1.0] * outputs] * units, "bias_initializer": [1.0] * outputs}
        layers = [(columns, units, "linear", first), (units, outputs, "linear", second)]
        # The outputs are the targets, so delta is 0.0, and each term of the sum back is -0.0.
        targets = [[1.0] * outputs for _ in inputs]
        case = Case(layers, "mean_squared_error", inputs, targets, batch_size=4)
        expected = check(both, compiled, case, f"{columns}-{units}-{outputs}", (1, 2))
        # gradients are those of weights and biases, and delta
        assert expected["gradients"][0][2] == bits([[0.0] * units] * 7)


# What lies behind the end of a row.


@pytest.mark.parametrize("outputs", range(1, 17))
@pytest.mark.parametrize("inputs", [1, 2, 3, 6])
def test_numbers_behind_a_row_do_not_stop_the_training(both, compiled, inputs, outputs):
    # A vector that is longer than the row reads on, into the next sample's deltas.  Its product
    # with this sample's inputs overflows; those that count are small.
    large, small = 1e200, 1e-200
    x = [[large] * inputs if i % 2 == 0 else [small] * inputs for i in range(6)]
    y = [[small] * outputs if i % 2 == 0 else [large] * outputs for i in range(6)]
    settings = Settings(3, 1e-250, 6, False)
    for bias in (False, True):

        def trained(module, bias=bias):
            layer = module.Dense(inputs, outputs, "linear", initializer="zeros", bias=bias)
            net = module.Network([layer], "mean_squared_error", seed=1)
            samples = net.checked_samples(x, y, 1, settings)
            history = module.History()
            net.run_epochs(samples, [1e-250] * 3, settings, history)
            return bits(history.loss), bits(layer.weights), bits(layer.biases)

        expected = trained(both[0])
        assert len(expected[0]) == 3
        for path, _ in paths(compiled, [1]):
            found = trained(both[1])
            assert found == expected, f"{inputs} by {outputs}, bias {bias}, {path}"


# The reading of lists, which threads share.


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("many_zeros", [False, True])
def test_what_is_no_finite_float_is_found_wherever_it_is(both, compiled, many_zeros, threads):
    generator = random.Random("reading")
    make = sparse_rows if many_zeros else dense_rows
    nets = [module.Network([module.Dense(120, 2)], seed=1) for module in both]
    inputs = make(generator, 30, 120)
    expected = bits(nets[0].predict(inputs))
    for _ in paths(compiled, [1]):
        for row, column in itertools.product((0, 14, 15, 29), (0, 111, 119)):
            kept = inputs[row][column]
            for wrong in (-INF, NAN, "1", None):
                inputs[row][column] = wrong
                messages = []
                for net in nets:
                    with pytest.raises((TypeError, ValueError)) as raised:
                        net.predict(inputs, threads=threads)
                    messages.append((raised.type, str(raised.value)))
                assert messages[0] == messages[1]
                assert f"row {row}" in messages[0][1]
            inputs[row][column] = 0  # no float, but a number
            assert bits(nets[1].predict(inputs, threads=threads)) == bits(nets[0].predict(inputs))
            inputs[row][column] = kept
        assert bits(nets[1].predict(inputs, threads=threads)) == expected


@pytest.mark.parametrize("threads", THREADS)
def test_zeros_that_are_not_as_many_as_at_the_beginning(both, compiled, threads):
    pure, fast = both
    generator = random.Random("fewer zeros")
    few = sparse_rows(generator, 64, 130, share=0.02)
    for share, left_out in ((0.4, True), (0.99, False)):
        inputs = few + sparse_rows(generator, 200, 130, share=share)
        assert compiled.samples.inputs_of(inputs, 130, threads).is_sparse == left_out
        nets = [module.Network([module.Dense(130, 3)], seed=1) for module in (pure, fast)]
        expected = bits(nets[0].predict(inputs))
        for path, _ in paths(compiled, [1]):
            assert bits(nets[1].predict(inputs, threads=threads)) == expected, path


def test_a_row_that_another_thread_changes_meanwhile(compiled):
    # Whatever the reader sees of it, it never reads beyond the end of a list.
    rows = [[1.0] * 40 for _ in range(300)]
    stop = threading.Event()

    def change():
        while not stop.is_set():
            for row in rows[::7]:
                row.clear()
            for row in rows[::7]:
                row.extend([1.0] * 40)

    changer = threading.Thread(target=change)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    changer.start()
    try:
        for _ in range(300):
            compiled.samples.inputs_of(rows, 40, 4)
    finally:
        stop.set()
        changer.join()
        sys.setswitchinterval(before)
    assert compiled.samples.inputs_of(rows, 40, 4) is not None


# Zeros that must not be left out.


def planted_case(generator, value, row, layer=0, **options):
    inputs = sparse_rows(generator, 9, 130)
    for sample in inputs:
        sample[row] = -0.0
    layers = [(130, 10, "sigmoid"), (10, 4, "tanh")]
    targets = dense_rows(generator, 9, 4)
    planted = [(layer, row if layer == 0 else 3, 2, value)]
    return Case(layers, "mean_squared_error", inputs, targets, planted=planted, **options)


@pytest.mark.parametrize("value", [INF, -INF, NAN])
def test_zero_inputs_times_weights_that_are_not_finite(both, compiled, value):
    generator = random.Random("planted")
    for row, layer in ((0, 0), (111, 0), (129, 0), (3, 1)):
        case = planted_case(generator, value, row, layer, batch_size=4)
        assert leaves_out_zeros(compiled, case.inputs)
        expected = check(both, compiled, case, f"{value} in row {row} of layer {layer}", (1, 2, 4))
        assert "layer" in expected["raised"]
        if layer == 0:
            # A NaN that comes from nothing but 0 * inf.
            assert all(b"NaN" in row for row in expected["z and a"][0][0])


@pytest.mark.parametrize("rate", [1e8, 1e154, 1e300])
def test_weights_that_become_infinite_within_an_epoch(both, compiled, rate):
    generator = random.Random(rate)
    inputs = sparse_rows(generator, 13, 120)
    targets = dense_rows(generator, 13, 3)
    layers = [(120, 4, "linear"), (4, 3, "linear")]
    case = Case(
        layers, "sum_of_squares", inputs, targets, batch_size=2, epochs=30, learning_rate=rate
    )
    expected = check(both, compiled, case, f"rate {rate}", (1, 2, 3))
    assert expected["raised"] is not None


@pytest.mark.parametrize("place", [0, 6, 12])
def test_deltas_that_are_infinite_while_the_weights_are_finite(both, compiled, place):
    # The target is so far away that 2 * (a - y) overflows: one sample of one batch has an infinite
    # delta, and the weights of the inputs that are zero become NaN in that batch.
    generator = random.Random(f"deltas {place}")
    inputs = sparse_rows(generator, 13, 130, share=0.1)
    targets = dense_rows(generator, 13, 9)
    targets[place][4] = -1.7e308
    for batch_size in (None, 5):
        case = Case(
            [(130, 9, "linear")],
            "sum_of_squares",
            inputs,
            targets,
            batch_size=batch_size,
            shuffle=False,
            learning_rate=1e-3,
        )
        expected = check(both, compiled, case, f"sample {place}, batches of {batch_size}")
        assert expected["raised"] is not None
        # Every weight to this output, also of inputs that are zero.
        assert all(row[4] == b"NaN" or row[4][6:] in (b"\xf0\x7f", b"\xf0\xff")
                   for row in expected["weights"][0])  # fmt: skip
        assert sum(row[4] == b"NaN" for row in expected["weights"][0]) > 50


def test_infinite_deltas_and_a_rate_of_zero(both, compiled):
    # 0 * inf once more: the weights do not stay as they are.
    generator = random.Random("rate 0")
    inputs = sparse_rows(generator, 5, 70)
    targets = [[-1.7e308] for _ in inputs]
    case = Case([(70, 1, "linear")], "sum_of_squares", inputs, targets, learning_rate=0.0)
    assert check(both, compiled, case)["raised"] is not None


# Weights that become infinite while deltas stay finite: from the next batch on, zeros count.


@pytest.mark.parametrize("limit", [10**9, 1])
@pytest.mark.parametrize("outputs", [5, 16, 66])
@pytest.mark.parametrize("column", [0, 111, 112, 299])
def test_a_weight_that_becomes_infinite_in_the_middle_of_a_run(
    both, compiled, column, outputs, limit
):
    # More inputs than two strips have.  One weight overflows in the first batch, in the row of an
    # input that is zero in all other samples.
    compiled.threads.limit_pieces(limit)
    for output in (0, outputs // 2, outputs - 1):
        # The last batch has a single sample, which is that of the first thread.
        inputs = [[0.0] * 300 for _ in range(5)]
        for number, sample in enumerate(inputs):
            sample[(column + 7 + number) % 300] = 0.5
            sample[(column + 150 + number) % 300] = -0.25
        inputs[0] = [0.0] * 300
        inputs[0][column] = 1.0
        assert leaves_out_zeros(compiled, inputs)
        targets = [[0.0] * outputs for _ in inputs]
        targets[0][output] = -1e10

        def trained(module, threads=1, inputs=inputs, targets=targets):
            layer = module.Dense(300, outputs, "linear", bias=False, initializer="zeros")
            net = module.Network([layer], "sum_of_squares", seed=1)
            options = {"batch_size": 4, "shuffle": False, "learning_rate": 1e300}
            with pytest.raises(module.TrainingDiverged) as raised:
                net.fit(inputs, targets, epochs=2, threads=threads, **options)
            return str(raised.value), bits(layer.weights), bits(net.history.loss)

        message, weights, losses = trained(both[0])
        assert message.startswith("training diverged in epoch 0 ")
        # All weights of this output have met zero times infinity, and no others.
        for row in weights:
            assert [j for j, weight in enumerate(row) if weight == b"NaN"] == [output]
        widest = compiled.vectors.choose_vectors("")
        for path, threads in paths(compiled, (1, 2, 4)):
            if threads == 1 or path.startswith((f"{widest},", "portable,")):
                what = f"column {column}, output {output} of {outputs}, pieces of {limit}, {path}"
                assert trained(both[1], threads) == (message, weights, losses), what


# Large batches are taken in pieces.


@pytest.mark.parametrize("limit", [1, 5000])
@pytest.mark.parametrize(
    "layers",
    [
        [(70, 9, "tanh"), (9, 3, "sigmoid")],
        [(70, 1, "tanh"), (1, 66, "linear")],
        [(1, 1, "sigmoid"), (1, 37, "relu", {"bias": False}), (37, 1, "linear")],
        [(3, 4, "sigmoid"), (4, 1, "sigmoid")],
        [(65, 13, "softmax", {"bias": False})],
    ],
)
def test_large_batches_are_taken_in_pieces(both, compiled, layers, limit):
    generator = random.Random(str(layers))
    columns = layers[0][0]
    for rows, batch_size in ((41, None), (31, 30)):
        for many_zeros in (False, True) if columns >= 64 else (False,):
            make = sparse_rows if many_zeros else dense_rows
            inputs = make(generator, rows, columns)
            assert leaves_out_zeros(compiled, inputs) == many_zeros
            targets = dense_rows(generator, rows, layers[-1][1])
            case = Case(layers, "mean_squared_error", inputs, targets, batch_size=batch_size)
            compiled.threads.limit_pieces(limit)
            check(both, compiled, case, f"{layers}, {rows} rows, zeros: {many_zeros}")


def test_pieces_of_a_training_that_overflows(both, compiled):
    compiled.threads.limit_pieces(1)
    generator = random.Random("pieces")
    inputs = sparse_rows(generator, 40, 130)
    targets = dense_rows(generator, 40, 3)
    layers = [(130, 20, "linear"), (20, 3, "linear")]
    for rate in (1e9, 1e160):
        options = {"epochs": 20, "batch_size": 33, "learning_rate": rate}
        case = Case(layers, "sum_of_squares", inputs, targets, **options)
        expected = check(both, compiled, case, f"rate {rate}", (1, 2, 3))
        assert expected["raised"] is not None
    for value, layer in itertools.product((INF, NAN), (0, 1)):
        case = planted_case(generator, value, 129, layer)
        assert (
            check(both, compiled, case, f"{value} in layer {layer}", (1, 2))["raised"] is not None
        )
    targets[20][1] = 1.7e308
    case = Case(layers, "sum_of_squares", inputs, targets)
    assert check(both, compiled, case, "infinite deltas", (1, 2, 3))["raised"] is not None


# Many samples: predict and evaluate take them some at a time.


@pytest.mark.parametrize("many_zeros", [False, True])
def test_any_number_of_samples(both, compiled, many_zeros):
    generator = random.Random("many")
    columns = 66 if many_zeros else 5
    make = sparse_rows if many_zeros else dense_rows
    inputs = make(generator, 1100, columns)
    targets = [generator.randrange(3) for _ in inputs]
    nets = []
    for module in both:
        layers = [module.Dense(columns, 7, "tanh"), module.Dense(7, 3, "softmax")]
        nets.append(module.Network(layers, "categorical_cross_entropy", seed=3))
    predictions = bits(nets[0].predict(inputs))
    edges = [64, 128, 192, 256, 384, 512, 1024]
    counts = sorted({1, 2, 1100, 300, *(edge + step for edge in edges for step in (-1, 0, 1))})
    for count in counts:
        evaluation = bits(nets[0].evaluate(inputs[:count], targets[:count]))
        for path, threads in paths(compiled, (1, 2, 3, 4, 17)):
            found = nets[1].predict(inputs[:count], threads=threads)
            assert bits(found) == predictions[:count], f"{count} samples, {path}"
            found = nets[1].evaluate(inputs[:count], targets[:count], threads=threads)
            assert bits(found) == evaluation, f"{count} samples, {path}"
    # A weight that makes zeros count, from the first sample to the last.
    for net in nets:
        net.layers[0].weights[columns - 1][2] = INF
    predictions = bits(nets[0].predict(inputs))
    for path, threads in paths(compiled, (1, 2, 4)):
        assert bits(nets[1].predict(inputs, threads=threads)) == predictions, path


def test_threads_do_not_disturb_each_other(fast, compiled):
    # Often, because a race shows only now and then; sizes at which the last round is shorter.
    generator = random.Random("race")
    net = fast.Network([fast.Dense(20, 40, "tanh"), fast.Dense(40, 9, "sigmoid")], seed=1)
    inputs = dense_rows(generator, 513, 20)
    for count in (257, 300, 350, 400, 513):
        expected = net.predict(inputs[:count])
        for _ in range(250):
            assert net.predict(inputs[:count], threads=2) == expected
    targets = dense_rows(generator, 47, 9)
    digests = set()
    for repetition in range(200):
        net = fast.Network([fast.Dense(20, 40, "tanh"), fast.Dense(40, 9, "sigmoid")], seed=1)
        net.fit(inputs[:47], targets, epochs=3, batch_size=10, threads=1 + repetition % 4)
        digests.add(net.digest())
    assert len(digests) == 1


def test_more_threads_than_anybody_has(fast, compiled):
    inputs = [[float(i)] for i in range(2000)]
    nets = [fast.Network([fast.Dense(1, 2), fast.Dense(2, 1)], seed=1) for _ in range(2)]
    nets[0].fit(inputs, inputs, epochs=1, batch_size=1000)
    nets[1].fit(inputs, inputs, epochs=1, batch_size=1000, threads=10**30)
    assert nets[0].digest() == nets[1].digest()
    assert nets[0].predict(inputs) == nets[1].predict(inputs, threads=10**30)


# The order of the samples.


def shuffled_weights(module, seed, samples, epochs_before=0, epochs=2):
    """Return the bits of a network that depend on the order in which it saw the samples."""
    net = module.Network([module.Dense(1, 1, "linear")], "sum_of_squares", seed=seed)
    net.epochs_trained = epochs_before
    inputs = [[1.0 + 1.0 / (3.0 + i)] for i in range(samples)]
    targets = [[float(i % 7)] for i in range(samples)]
    net.fit(inputs, targets, epochs=epochs, batch_size=1, learning_rate=0.1)
    return bits([net.layers[0].weights, net.layers[0].biases, net.history.loss])


def test_the_order_of_the_samples(both):
    pure, fast = both
    seeds = [*range(40), 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**63, 2**64 - 1, 2**64, 2**64 + 1]
    seeds += [2**96, 2**100 + 12345]
    # Keys of the generator as long as its state of 624 words, and longer.
    seeds += [2 ** (32 * words) + 7 for words in (621, 622, 623, 624, 650, 1300)]
    seen = set()
    for number, seed in enumerate(seeds):
        samples = 2 + number % 60
        expected = shuffled_weights(pure, seed, samples)
        assert shuffled_weights(fast, seed, samples) == expected, f"seed {seed}"
        seen.add(str(shuffled_weights(pure, seed, 30)))
    assert len(seen) == len(seeds)  # so the order does reach the weights


@pytest.mark.parametrize("seed", [0, 1, 2**40])
@pytest.mark.parametrize("before", [0, 1, 1000, 2**32 - 2, 2**32 - 1, 2**32, 2**33 + 5, 2**70])
def test_the_order_in_any_epoch(both, seed, before):
    pure, fast = both
    expected = shuffled_weights(pure, seed, 20, before, epochs=4)
    assert shuffled_weights(fast, seed, 20, before, epochs=4) == expected


def test_a_large_set_is_shuffled_alike(both):
    # More draws than the generator makes at once.
    pure, fast = both
    for samples in (312, 313, 1500):
        assert shuffled_weights(fast, 5, samples) == shuffled_weights(pure, 5, samples)


def test_more_epochs_than_are_entered_at_once(both):
    # The losses are made Python's after some ten thousand epochs; the order must go on.
    results = [shuffled_weights(module, 9, 2, epochs=33000) for module in both]
    assert results[0] == results[1]
    assert len(results[0][2]) == 33000


# What a caller can do to the buffers.


def test_buffers_that_do_not_fit_are_refused(fast):
    net = fast.Network([fast.Dense(2, 3), fast.Dense(3, 1)], seed=1)
    other = fast.Network([fast.Dense(5000, 1)], seed=1)
    good = net.layers
    vars(net)["layers"] = (good[0], other.layers[0])  # past the check of what is set
    calls = [
        lambda: net.predict([[1.0, 2.0]]),
        lambda: net.feedforward([[1.0, 2.0]]),
        lambda: net.backprop([[1.0, 2.0]], [[1.0]]),
        lambda: net.evaluate([[1.0, 2.0]], [[1.0]]),
        lambda: net.fit([[1.0, 2.0]], [[1.0]], epochs=1),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="layer 1: found 5000 inputs, expected 3"):
            call()
    vars(net)["layers"] = good
    for call in calls:
        call()


def test_is_finite_finds_every_weight_and_bias(both, compiled):
    _, fast = both
    net = fast.Network([fast.Dense(3, 9), fast.Dense(9, 5, bias=False)], seed=1)
    for _ in paths(compiled, [1]):
        assert compiled.passes.is_finite(net) is True
        for layer in net.layers:
            rows = [*layer.weights, *([layer.biases] if layer.bias else [])]
            for row in rows:
                for column, value in itertools.product(range(len(row)), (INF, -INF, NAN)):
                    kept = row[column]
                    row[column] = value
                    assert compiled.passes.is_finite(net) is False
                    row[column] = kept
