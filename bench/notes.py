"""What has to be known to read the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .data import non_zero_share
from .measuring import NetworkResult
from .tables import speed_text


def peak_text(peaks: Mapping[str, float], chosen: str) -> str:
    """Return the processor's peak at each vector width, the one that is used first.

    >>> peak_text({"avx2": 59.1e9, "sse2": 29.5e9}, "sse2")
    'peak: sse2 29.5 GFLOP/s; avx2 59.1 GFLOP/s'
    """
    widths = [chosen, *(width for width in peaks if width != chosen)]
    return f"peak: {'; '.join(f'{width} {speed_text(peaks[width])}' for width in widths)}"


def order_text(results: Sequence[NetworkResult], *, fixed: bool) -> str:
    """Return who shuffles the samples, and how."""
    if fixed:
        return (
            "No one shuffles: each epoch visits the samples in the same order (without "
            "--fixed-order fit has its default, a new order for each epoch)."
        )
    text = (
        "Everyone shuffles, as fit does by default: each epoch visits the samples in a new order. "
        "NumPy, PyTorch, numba and JAX draw a permutation and index with it, scikit-learn and FANN "
        "do it themselves. That all compute the same network was checked in a fixed order."
    )
    whole = [
        result.case.name for result in results if result.case.batch_size >= result.case.samples
    ]
    if whole:
        text += f" {', '.join(whole)}: one batch of all samples, nothing to shuffle."
    return text


def notes_of(results: Sequence[NetworkResult], *, tiny: bool, fixed: bool) -> list[str]:
    """Return the notes, a line each."""
    notes = []
    if tiny:
        notes.append("A tiny run: these times mean nothing.")
    notes.append("All compute in float64, in one thread.")
    notes.append(order_text(results, fixed=fixed))
    described = set()
    for result in results:
        case = result.case
        if case.name in described:
            continue
        described.add(case.name)
        layers = ", ".join(map(str, case.layers))
        sizes = "×".join(map(str, case.input_shape))
        notes.append(
            f"{case.name}: {sizes} inputs, {non_zero_share(case.inputs):.0%} of them not zero; "
            f"{layers}; {_words(case.loss)}, {_words(case.optimizer).replace('adam', 'Adam')}."
        )
    notes.append(
        "The times are medians an epoch; below each, how many times as long as purenet_fast's "
        "it is. Both sides of a ratio were measured in turns."
    )
    notes.append(
        "purenet and purenet_fast are given nested lists, and their time contains the conversion; "
        "the others begin with arrays of their own, compiled and warm."
    )
    notes.append(
        "The peak is that of multiplications and additions in registers, each rounded by itself. "
        "An epoch's share of it: those that its products need, without those whose input is zero "
        "(whether or not they are left out), and the step, in the time they would take at the "
        "peak. Counted for dense layers and plain gradient descent only: in a convolution it "
        "depends on the deltas what is left out."
    )
    fitted = {name for result in results for name in result.fit}
    if any("jax" in result.fit and not result.case.is_dense for result in results):
        notes.append(
            "JAX: the fastest of several ways to write a convolution or a recurrent layer there."
        )
    if "sklearn" in fitted:
        notes.append(
            "scikit-learn has no squared error after a sigmoid: it trains with binary "
            "cross-entropy, and so does purenet_fast beside it."
        )
    if "fann" in fitted:
        notes.append(
            "FANN: sigmoid with steepness 0.5 and by exp, linear error, incremental training; its "
            "batch mode where the batch is all samples. It takes the slope of an output beyond "
            "0.01 and 0.99 as the slope there."
        )
    for result in results:
        fit = result.fit.get("purenet")
        if fit is not None and fit.samples < result.case.samples:
            notes.append(
                f"purenet trains {result.case.name} on {fit.samples} samples; the time is scaled "
                f"to {result.case.samples:,}."
            )
    return notes


def _words(name: str) -> str:
    return name.replace("_", " ")
