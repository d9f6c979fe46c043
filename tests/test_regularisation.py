"""Penalties and clipping, by themselves, against formulas written another way."""

import math
import random

import pytest
from bits import assert_same_bits

from purenet.regularisation import add_penalty_slopes, clip_norm, clip_values, norm, penalty

INF, NAN = math.inf, math.nan


def rows(seed, lengths=(4, 1, 7)):
    generator = random.Random(seed)
    return [[generator.gauss(0.0, 2.0) for _ in range(length)] for length in lengths]


def test_the_penalty():
    weights = rows(1)
    flat = [w for row in weights for w in row]
    expected = 0.25 * math.fsum(map(abs, flat)) + 0.5 * math.fsum(w * w for w in flat)
    assert penalty(weights, 0.25, 0.5) == pytest.approx(expected, rel=1e-14)
    assert penalty(weights, 0.25, 0.0) == pytest.approx(0.25 * math.fsum(map(abs, flat)), rel=1e-14)
    assert penalty([[-0.0, 0.0]], 1.0, 1.0) == 0.0
    assert penalty([[INF, -INF]], 1.0, 1.0) == INF
    assert math.isnan(penalty([[1.0, NAN]], 1.0, 0.0))


@pytest.mark.parametrize(("l1", "l2"), [(0.25, 0.0), (0.0, 0.5), (0.25, 0.5)])
def test_the_slopes_are_those_of_the_penalty(l1, l2):
    weights, small = rows(2), 1e-6
    slopes = [[0.0] * len(row) for row in weights]
    add_penalty_slopes(slopes, weights, l1, l2)
    for k, row in enumerate(weights):
        for j, w in enumerate(row):
            row[j] = w + small
            above = penalty(weights, l1, l2)
            row[j] = w - small
            below = penalty(weights, l1, l2)
            row[j] = w
            assert slopes[k][j] == pytest.approx((above - below) / (2.0 * small), abs=1e-7)


def test_slopes_at_zero_and_beyond_numbers():
    slopes = [[0.5] * 5]
    add_penalty_slopes(slopes, [[0.0, -0.0, NAN, INF, -INF]], 0.25, 0.0)
    assert slopes == [[0.5, 0.5, 0.5, 0.75, 0.25]]
    add_penalty_slopes(slopes, [[0.0, -0.0, NAN, INF, -INF]], 0.0, 0.25)
    assert_same_bits(slopes[0], [0.5, 0.5, NAN, INF, -INF])
    # l2 comes in as (2 * l2) * w
    slopes = [[0.0]]
    add_penalty_slopes(slopes, [[0.3]], 0.0, 0.1)
    assert_same_bits(slopes[0][0], (2.0 * 0.1) * 0.3)


def test_values_are_clipped():
    slopes = [[0.5, -0.5, 0.75, -0.75], [NAN, INF, -INF, -0.0]]
    clip_values(slopes, 0.5)
    assert_same_bits(slopes[0], [0.5, -0.5, 0.5, -0.5])
    assert_same_bits(slopes[1], [NAN, 0.5, -0.5, -0.0])


def test_the_norm_is_clipped():
    slopes = rows(3)
    length = math.sqrt(math.fsum(g * g for row in slopes for g in row))
    assert norm(slopes) == pytest.approx(length, rel=1e-14)
    kept = [list(row) for row in slopes]
    clip_norm(slopes, 2.0 * length)
    assert slopes == kept
    clip_norm(slopes, 0.5)
    for row, kept_row in zip(slopes, kept, strict=True):
        assert row == pytest.approx([g * (0.5 / (length + 1e-6)) for g in kept_row], rel=1e-13)


def test_the_norm_of_what_is_no_number():
    slopes = [[NAN, 1.0]]
    clip_norm(slopes, 0.5)
    assert_same_bits(slopes[0], [NAN, 1.0])
    slopes = [[INF, 1.0]]
    clip_norm(slopes, 0.5)
    assert_same_bits(slopes[0], [NAN, 0.0])
    slopes = [[1e200, 1.0]]  # whose square is beyond the largest number
    clip_norm(slopes, 0.5)
    assert_same_bits(slopes[0], [0.0, 0.0])


def test_the_norm_is_clipped_as_by_pytorch():
    torch = pytest.importorskip("torch")
    for largest in (0.5, 3.0, 100.0):
        slopes = rows(4, (5, 5))
        theirs = torch.zeros(2, 5, dtype=torch.float64, requires_grad=True)
        theirs.grad = torch.tensor(slopes, dtype=torch.float64)
        torch.nn.utils.clip_grad_norm_([theirs], largest)
        clip_norm(slopes, largest)
        for row, other in zip(slopes, theirs.grad.tolist(), strict=True):
            assert row == pytest.approx(other, rel=1e-12)
