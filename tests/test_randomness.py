"""Random numbers: NumPy's, purenet's own, and the order of the samples; none of them may change."""

import hashlib
import math
import os
import random
import subprocess
import sys

import pytest
from bits import assert_same_bits

from purenet.randomness import Random, new_seed, normal_matrix, shuffled_order, uniform_matrix

# np.random.seed(seed); np.random.rand(4); and again from the seed np.random.randn(5). NumPy 2.4.6,
# and the same since NumPy 1.0: its legacy generator is frozen.
NUMPY = {
    0: (
        [0.5488135039273248, 0.7151893663724195, 0.6027633760716439, 0.5448831829968969],
        [
            1.764052345967664,
            0.4001572083672233,
            0.9787379841057392,
            2.240893199201458,
            1.8675579901499675,
        ],
    ),
    1: (
        [0.417022004702574, 0.7203244934421581, 0.00011437481734488664, 0.30233257263183977],
        [
            1.6243453636632417,
            -0.6117564136500754,
            -0.5281717522634557,
            -1.0729686221561705,
            0.8654076293246785,
        ],
    ),
    3: (
        [0.5507979025745755, 0.7081478226181048, 0.2909047389129443, 0.510827605197663],
        [
            1.7886284734303186,
            0.43650985051198943,
            0.09649746807200862,
            -1.8634927033644908,
            -0.27738820251439905,
        ],
    ),
    42: (
        [0.3745401188473625, 0.9507143064099162, 0.7319939418114051, 0.5986584841970366],
        [
            0.4967141530112327,
            -0.13826430117118466,
            0.6476885381006925,
            1.5230298564080254,
            -0.23415337472333597,
        ],
    ),
    2024: (
        [0.5880145188953979, 0.6991087476815825, 0.18815196003850598, 0.043808563746864815],
        [
            1.668047321311954,
            0.7373477267548951,
            -0.2015377573716711,
            -0.1509119474905124,
            0.9160518074370021,
        ],
    ),
    2**32 - 1: (
        [0.0976320289940138, 0.9123828453026218, 0.78903530185164, 0.7800035981134678],
        [
            0.6484086742306527,
            0.6693235306338161,
            -1.0805437227474493,
            0.2845010447986309,
            0.11388773652167104,
        ],
    ),
}

# For each seed one randn(), rand(), randn(), randn(): the second normal number of a pair waits.
NUMPY_MIXED = {
    0: [1.764052345967664, 0.6027633760716439, 0.4001572083672233, -2.268328201180374],
    1: [1.6243453636632417, 0.00011437481734488664, -0.6117564136500754, -0.8021728386486427],
    3: [1.7886284734303186, 0.2909047389129443, 0.43650985051198943, 0.9805538702908831],
}


@pytest.mark.parametrize("seed", NUMPY)
def test_the_numbers_of_numpy(backend, seed):
    uniform, normal = NUMPY[seed]
    assert_same_bits(backend.NumPyRandom(seed).rand(4), uniform)
    assert_same_bits(backend.NumPyRandom(seed).randn(5), normal)
    generator = backend.NumPyRandom(seed)
    assert_same_bits([generator.rand() for _ in range(4)], uniform)
    generator = backend.NumPyRandom(seed)
    assert_same_bits([generator.randn() for _ in range(5)], normal)


@pytest.mark.parametrize("seed", NUMPY_MIXED)
def test_normal_and_uniform_numbers_of_numpy_in_turn(backend, seed):
    generator = backend.NumPyRandom(seed)
    found = [generator.randn(), generator.rand(), generator.randn(), generator.randn()]
    assert_same_bits(found, NUMPY_MIXED[seed])


def test_shapes(backend):
    generator = backend.NumPyRandom(7)
    flat = backend.NumPyRandom(7).rand(24)
    cube = generator.rand(2, 3, 4)
    assert [len(cube), len(cube[0]), len(cube[0][0])] == [2, 3, 4]
    assert_same_bits([number for matrix in cube for row in matrix for number in row], flat)
    assert type(generator.rand()) is float
    assert type(generator.randn()) is float
    assert generator.rand(0) == []
    assert generator.randn(2, 0) == [[], []]
    assert len(generator.randn(True + 1)) == 2


def test_every_seed_gives_other_numbers(backend):
    assert len({backend.NumPyRandom(seed).rand() for seed in range(300)}) == 300


def test_against_the_numpy_that_is_installed():
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed here")
    from purenet import NumPyRandom

    generator = random.Random("NumPy")
    seeds = [*range(100), *(generator.randrange(2**32) for _ in range(200))]
    for seed in seeds:
        theirs = numpy.random.RandomState(seed)
        numpy.random.seed(seed)
        ours = NumPyRandom(seed)
        assert_same_bits(numpy.random.rand(3).tolist(), theirs.rand(3).tolist())
        assert_same_bits(ours.rand(3), numpy.random.RandomState(seed).rand(3).tolist())
        assert_same_bits(ours.randn(7), theirs.randn(7).tolist())
        assert_same_bits(ours.rand(2, 2), theirs.rand(2, 2).tolist())
        assert_same_bits(ours.randn(4, 2), theirs.randn(4, 2).tolist())
    long = numpy.random.RandomState(5)
    assert_same_bits(NumPyRandom(5).randn(5000), long.randn(5000).tolist())


# What purenet draws itself: three uniform numbers, then three normal ones, then one from [-2, 3).
OWN = {
    0: (
        [0.8444218515250481, 0.7579544029403025, 0.420571580830845],
        [-1.705032351878237, 0.07973911383412594, -0.45507330523414086],
        -0.48343636960536274,
    ),
    1: (
        [0.13436424411240122, 0.8474337369372327, 0.763774618976614],
        [-1.6890355554433827, -0.03147948205608047, -0.6752410589552643],
        1.9436167556775659,
    ),
    7: (
        [0.32383276483316237, 0.15084917392450192, 0.6509344730398537],
        [-0.7795528910903883, 0.06542164202238422, -0.1635788026357549],
        0.5371786659471014,
    ),
    2**40: (
        [0.1036394562812375, 0.6705558677439764, 0.4266543913526999],
        [-1.3822699250144872, 1.5573111867397684, -0.549015925058285],
        1.4407249670358029,
    ),
}


@pytest.mark.parametrize("seed", OWN)
def test_own_numbers_never_change(seed):
    uniform, normal, between = OWN[seed]
    generator = Random(seed)
    assert_same_bits([generator.random() for _ in range(3)], uniform)
    assert_same_bits([generator.normal() for _ in range(3)], normal)
    assert_same_bits(generator.uniform(-2.0, 3.0), between)


def test_uniform_numbers_are_pythons(backend):
    # random.Random.random() is the one method whose numbers Python promises across versions.
    ours, theirs = Random(12345), random.Random(12345)
    assert [ours.random() for _ in range(100)] == [theirs.random() for _ in range(100)]


def test_normal_numbers_are_normal():
    generator = Random(99)
    numbers = [generator.normal() for _ in range(20_000)]
    mean = math.fsum(numbers) / 20_000
    variance = math.fsum((number - mean) ** 2 for number in numbers) / 20_000
    within = sum(abs(number) < 1.0 for number in numbers) / 20_000
    assert abs(mean) < 0.03
    assert abs(variance - 1.0) < 0.04
    assert abs(within - 0.6827) < 0.015


def test_matrices_are_drawn_row_by_row():
    generator, again = Random(4), Random(4)
    assert uniform_matrix(generator, 2, 3, -1.0, 1.0) == [
        [again.uniform(-1.0, 1.0) for _ in range(3)] for _ in range(2)
    ]
    assert normal_matrix(generator, 3, 2, 0.5) == [
        [0.5 * again.normal() for _ in range(2)] for _ in range(3)
    ]


@pytest.mark.parametrize(
    ("samples", "seed", "epoch", "order"),
    [
        (1, 1, 1, [0]),
        (5, 123, 7, [1, 0, 3, 4, 2]),
        (10, 0, 0, [9, 4, 0, 5, 2, 7, 1, 3, 6, 8]),
        (10, 1, 0, [8, 7, 5, 2, 9, 6, 4, 0, 3, 1]),
        (10, 1, 1, [8, 1, 6, 9, 5, 7, 0, 3, 4, 2]),
        (16, 2**40, 3, [12, 14, 10, 3, 5, 0, 9, 11, 13, 15, 8, 4, 7, 6, 2, 1]),
        (20, 1, 2**31, [3, 0, 13, 1, 10, 7, 11, 18, 12, 4, 19, 16, 6, 8, 14, 9, 15, 2, 5, 17]),
    ],
)
def test_shuffled_orders_never_change(samples, seed, epoch, order):
    assert shuffled_order(samples, seed, epoch) == order


def test_a_long_shuffled_order_never_changes():
    order = shuffled_order(1000, seed=9, epoch=9)
    assert sorted(order) == list(range(1000))
    text = ",".join(map(str, order))
    digest = "c580dc07c4ab2aebe9ff5788a4c5754568265f69693003a81bbe42cf80206564"
    assert hashlib.sha256(text.encode()).hexdigest() == digest


def test_every_order_is_as_likely():
    counts = {}
    for epoch in range(6000):
        order = tuple(shuffled_order(3, 17, epoch))
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert all(880 < count < 1120 for count in counts.values())  # 1000, within 4 deviations


def test_orders_depend_on_seed_and_epoch_alone():
    before = shuffled_order(8, 1, 5)
    random.seed(0)
    shuffled_order(8, 2, 5)
    assert shuffled_order(8, 1, 5) == before
    assert len({tuple(shuffled_order(12, 1, epoch)) for epoch in range(50)}) == 50
    assert len({tuple(shuffled_order(12, seed, 0)) for seed in range(50)}) == 50


def test_new_seeds():
    seeds = {new_seed() for _ in range(50)}
    assert len(seeds) > 45
    assert all(0 <= seed < 2**32 for seed in seeds)
    # All 32 bits are drawn: a bit that is the same in all of them was not.
    for bit in range(32):
        assert len({seed >> bit & 1 for seed in seeds}) == 2


def test_networks_draw_seeds_of_their_own(backend):
    nets = [backend.Network([backend.Dense(2, 3)]) for _ in range(50)]
    assert len({net.seed for net in nets}) > 45
    assert max(net.seed for net in nets) >= 2**24
    for net in nets[:3]:
        again = backend.Network([backend.Dense(2, 3)], seed=net.seed)
        assert again.digest() == net.digest()


def test_large_seeds_are_not_cut(backend):
    # Neither where the weights are drawn nor where the samples are put in order.
    x, y = [[1.0 / (3.0 + i)] for i in range(20)], [[math.sqrt(i)] for i in range(20)]
    given = [[0.25]]
    seen, orders = set(), set()
    seeds = [0, 1, 2**31, 2**32 - 2, 2**32, 2**32 + 1, 2**33, 2**53 + 1, 2**64, 2**64 + 1, 2**100]
    for seed in seeds:
        net = backend.Network([backend.Dense(3, 2)], seed=seed)
        assert net.seed == seed
        seen.add(net.digest())
        ordered = backend.Network([backend.Dense(1, 1, "linear", initializer=given)], seed=seed)
        ordered.fit(x, y, epochs=1, batch_size=1, learning_rate=0.3)
        orders.add(ordered.digest())
    assert len(seen) == len(orders) == len(seeds)


def test_spreads_of_nothing_are_allowed(backend):
    # Normal(0) and Uniform(a, a) draw as many numbers as others do, all of them the same.
    def weights(initializer):
        layers = [backend.Dense(3, 4, initializer=initializer), backend.Dense(4, 2)]
        net = backend.Network(layers, seed=7)
        return list(map(list, net.layers[0].weights)), list(map(list, net.layers[1].weights))

    first, after_normal = weights(backend.Normal(0))
    assert first == [[0.0] * 4] * 3
    assert weights(backend.Normal(1.0))[1] == after_normal
    first, after_uniform = weights(backend.Uniform(0.25, 0.25))
    assert_same_bits(first, [[0.25] * 4] * 3)
    assert weights(backend.Uniform(-1.0, 1.0))[1] == after_uniform
    assert_same_bits(weights(backend.Uniform(-3, -3))[0], [[-3.0] * 4] * 3)
    with pytest.raises(ValueError, match=r"^Normal: scale: found -5e-324, expected 0 or more$"):
        backend.Normal(-5e-324)
    with pytest.raises(ValueError, match=r"^Uniform: high is 0\.25, expected low or more"):
        backend.Uniform(math.nextafter(0.25, 1.0), 0.25)


def test_the_largest_seed_of_numpys_numbers(backend):
    assert len(backend.NumPyRandom(2**32 - 1).rand(3)) == 3
    for seed in (2**32, 2**32 + 1, 2**64):
        with pytest.raises(ValueError, match=rf"^seed: found {seed}, expected 0 to 4294967295$"):
            backend.NumPyRandom(seed)


@pytest.mark.parametrize("hash_seed", ["0", "1", "random"])
def test_numbers_do_not_depend_on_the_process(hash_seed):
    code = (
        "from purenet.randomness import Random, shuffled_order\n"
        "import purenet\n"
        "g = Random(1)\n"
        "net = purenet.Network([purenet.Dense(2, 3, 'relu')], seed=1)\n"
        "print(g.random(), g.normal(), shuffled_order(5, 123, 7), purenet.NumPyRandom(1).rand())\n"
        "print(net.digest())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=60,
    )
    generator = Random(1)
    expected = f"{generator.random()} {generator.normal()} [1, 0, 3, 4, 2] 0.417022004702574"
    assert done.stdout.splitlines() == [expected, RELU_DIGEST], done.stderr


RELU_DIGEST = "f8d1ae91a9df46daa95875d1441b92cbc776138ef2f70fe50863360c4d390391"
