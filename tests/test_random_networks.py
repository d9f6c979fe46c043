"""Random networks of all layers, optimizers, schedules and settings: the same bits in both."""

from __future__ import annotations

from types import ModuleType

import pytest
from random_networks import plan, run, tune

import purenet

TOGETHER = 10


@pytest.mark.parametrize("first", range(0, 100, TOGETHER))
def test_random_networks_are_the_same_in_both(compiled: ModuleType, first: int) -> None:
    for number in range(first, first + TOGETHER):
        made = plan(number, most_samples=5)
        tune(compiled, number)
        one, other = run(purenet, made, compiled), run(compiled, made, purenet)
        assert one == other, f"plan({number}, most_samples=5) differs"


def test_most_random_networks_are_trained() -> None:
    # What is refused is compared as well, but teaches little.
    seen = [run(purenet, plan(number, most_samples=3), purenet) for number in range(0, 150, 10)]
    assert sum(len(items) > 10 for items in seen) >= 14
