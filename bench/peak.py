"""What the processor can do: multiplications and additions in registers, and nothing else.

The same operations as in a training step, each rounded by itself; but none waits for memory or for
the one before.  So no network can be trained in less time than its operations take here.
"""

from __future__ import annotations

import os
import time
from types import ModuleType

from .data import non_zero_share
from .networks import Case
from .timing import Effort

WIDTHS = ("avx512", "avx2", "sse2", "neon", "vector", "portable")


def measure_peaks(fast: ModuleType, effort: Effort) -> dict[str, float]:
    """Return operations a second for each vector width that is here, the fastest of some runs."""
    vectors = fast.vectors
    rounds = 1 if effort.most == 1 else 500_000
    peaks = {}
    for width in WIDTHS:
        try:
            vectors.choose_vectors(width)
        except ValueError:  # not on this processor
            continue
        found = []
        for _ in range(effort.least + 2):
            start = time.perf_counter()
            operations = vectors.multiply_and_add(rounds)
            found.append(operations / (time.perf_counter() - start))
        peaks[width] = max(found)
    # As before: not the name of the widest, which would force it on narrow networks, too.
    vectors.choose_vectors(os.environ.get("PURENET_VECTOR", ""))
    return peaks


def operations_of_batch(case: Case) -> dict[str, float]:
    """Return how many multiplications and additions the products of a batch need, piece by piece.

    Of a dense network.  Those with an input that is zero are not counted, whether or not they are
    left out; nor is anything but the products and the step that is taken with them.

        forward   z = x w           multiply and add, for each weight and sample
        backward  delta w^T         the same, without the first layer
        step      w -= rate x^T delta   the same for all, and twice more for each weight
    """
    sizes = case.sizes
    weights = [m * n for m, n in zip(sizes[:-1], sizes[1:], strict=True)]
    first = weights[0] * non_zero_share(case.inputs)
    others = float(sum(weights[1:]))
    products = 2.0 * case.batch_size
    return {
        "forward": products * (first + others),
        "backward": products * others,
        "step": products * (first + others) + 2.0 * sum(weights),
    }


def operations_of_epoch(case: Case) -> float | None:
    """Return how many of them an epoch needs; None for networks that are not dense."""
    if not case.is_plain:
        return None
    return sum(operations_of_batch(case).values()) * case.samples / case.batch_size
