"""The results as text, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .data import non_zero_share
from .measuring import FitResult, NetworkResult
from .timing import Pair, Times

_UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))


def time_text(seconds: float) -> str:
    """Return a time with three digits and its unit.

    >>> time_text(0.0123456), time_text(12.4), time_text(2.42e-7)
    ('12.3 ms', '12.4 s', '242 ns')
    """
    unit, size = next(
        ((unit, size) for unit, size in _UNITS if seconds >= 0.9995 * size), _UNITS[-1]
    )
    value = seconds / size
    decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:,.{decimals}f} {unit}"


def ratio_text(ratio: float) -> str:
    """Return how many times as long, with two or three digits.

    >>> ratio_text(0.345), ratio_text(27.68), ratio_text(1480.0)
    ('0.34×', '27.7×', '1,480×')
    """
    decimals = 2 if ratio < 9.995 else 1 if ratio < 99.95 else 0
    return f"{ratio:,.{decimals}f}×"


def speed_text(speed: float) -> str:
    """Return so many operations a second.

    >>> speed_text(59.04e9)
    '59.0 GFLOP/s'
    """
    return f"{speed / 1e9:.1f} GFLOP/s"


def share_text(share: float | None) -> str:
    """Return a share of the peak.

    >>> share_text(0.7049), share_text(None)
    ('0.70', '–')
    """
    return "–" if share is None else f"{share:.2f}"


def size_text(count: int | None) -> str:
    """Return a number of bytes.

    >>> size_text(31360000), size_text(1200), size_text(None)
    ('31.4 MB', '0.0 MB', '?')
    """
    return "?" if count is None else f"{count / 1e6:.1f} MB"


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Set rows in columns, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return lines


def titles(results: Sequence[NetworkResult]) -> dict[str, str]:
    """Return the other sides by name, in the order in which they first occur."""
    found: dict[str, str] = {}
    for result in results:
        for name, fit in result.fit.items():
            found.setdefault(name, fit.title)
    return found


def fit_table(results: Sequence[NetworkResult]) -> list[str]:
    """Return the times an epoch, each with its ratio to purenet_fast below."""
    others = titles(results)
    rows = [["network, batch", "samples", "purenet_fast", "of peak", *others.values()]]
    for result in results:
        case = result.case
        fits = [result.fit.get(name) for name in others]
        first = [f"{case.name}, {case.batch_size}", f"{case.samples:,}"]
        rows.append(
            [
                *first,
                time_text(result.ours.median),
                share_text(result.share_of_peak),
                *("–" if fit is None else time_text(fit.pair.other.median) for fit in fits),
            ]
        )
        rows.append(
            ["", "", "", "", *("" if f is None else ratio_text(f.pair.ratio) for f in fits)]
        )
    return _columns(rows)


def markdown_table(results: Sequence[NetworkResult]) -> list[str]:
    """Return the times an epoch as a Markdown table, each with its ratio behind."""
    others = titles(results)

    def cell(fit: FitResult | None) -> str:
        if fit is None:
            return "–"
        return f"{time_text(fit.pair.other.median)} ({ratio_text(fit.pair.ratio)})"

    lines = [
        "| "
        + " | ".join(["network, batch", "samples", "purenet_fast", "of peak", *others.values()])
        + " |",
        "| --- " * (4 + len(others)) + "|",
    ]
    for result in results:
        case = result.case
        cells = [f"{case.name}, {case.batch_size}", f"{case.samples:,}"]
        cells += [time_text(result.ours.median), share_text(result.share_of_peak)]
        cells += [cell(result.fit.get(name)) for name in others]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def predict_table(results: Sequence[NetworkResult]) -> list[str]:
    """Return the times of ``predict``: from lists to lists, and from an array into an array."""
    rows = [
        [
            "network",
            "samples",
            "purenet_fast",
            "NumPy, array",
            "ratio",
            "NumPy, lists",
            "ratio",
            "purenet_fast, buffers",
            "NumPy, array",
            "ratio",
        ]
    ]
    for result in results:
        found: dict[int, dict[str, Pair]] = {}
        for predict in result.predict:
            found.setdefault(predict.samples, {})[predict.begins_with] = predict.pair
        for samples, pairs in found.items():
            row = [result.case.name, f"{samples:,}"]
            row.append(time_text(pairs["array"].ours.median))
            for begins_with in ("array", "lists"):
                pair = pairs[begins_with]
                row += [time_text(pair.other.median), ratio_text(pair.ratio)]
            if "buffers" in pairs:
                pair = pairs["buffers"]
                row += [time_text(pair.ours.median), time_text(pair.other.median)]
                row.append(ratio_text(pair.ratio))
            else:
                row += ["–"] * 3
            rows.append(row)
    return _columns(rows)


def settings_table(results: Sequence[NetworkResult]) -> list[str]:
    """Return the times of ``fit`` without a setting and with it."""
    rows = [["network, batch", "", "without", "with", "share"]]
    for result in results:
        for run in result.settings:
            case = result.case
            rows.append(
                [
                    f"{case.name}, {case.batch_size}",
                    run.what,
                    time_text(run.pair.other.median),
                    time_text(run.pair.ours.median),
                    f"{run.pair.ours.median / run.pair.other.median:.2f}",
                ]
            )
    return _columns(rows)


def pieces_table(results: Sequence[NetworkResult]) -> list[str]:
    """Return the time of each piece of a batch, and its share of the peak."""
    rows = [["network, batch", "", "time", "speed", "of peak"]]
    for result in results:
        for piece in result.pieces:
            case = result.case
            rows.append(
                [
                    f"{case.name}, {case.batch_size}",
                    piece.what,
                    time_text(piece.times.median),
                    speed_text(piece.speed),
                    share_text(piece.speed / result.peak),
                ]
            )
    return _columns(rows)


def threads_table(results: Sequence[NetworkResult]) -> list[str]:
    """Return the times with several threads and the share of the time with one that they take."""
    rows = [["network", "", "threads", "1 thread", "several", "share"]]
    for result in results:
        for run in result.threads:
            pair = run.pair
            rows.append(
                [
                    result.case.name,
                    run.what,
                    str(run.threads),
                    time_text(pair.other.median),
                    time_text(pair.ours.median),
                    f"{pair.ours.median / pair.other.median:.2f}",
                ]
            )
    return _columns(rows)


def memory_table(results: Sequence[NetworkResult]) -> list[str]:
    """Return by how much ``fit`` makes a process grow."""
    rows = [["network", "inputs at 8 bytes", "purenet_fast", "purenet"]]
    for result in results:
        case = result.case
        if "purenet_fast" not in result.memory:
            continue
        pure = "–"
        if "purenet" in result.memory:
            pure = size_text(result.memory["purenet"])
            if case.pure_samples < case.samples:
                pure += f" ({case.pure_samples} samples)"
        inputs = 8 * case.samples * len(case.inputs[0])
        rows.append([case.name, size_text(inputs), size_text(result.memory["purenet_fast"]), pure])
    return _columns(rows)


def _times_json(times: Times) -> dict[str, Any]:
    return {"median": times.median, "minimum": times.minimum, "runs": times.seconds}


def network_json(result: NetworkResult) -> dict[str, Any]:
    """Return one network's results; all times in seconds, those of ``fit`` an epoch."""
    case = result.case
    return {
        "network": case.name,
        "input_shape": list(case.input_shape),
        "layers": [str(plan) for plan in case.layers],
        "optimizer": case.optimizer,
        "batch_size": case.batch_size,
        "shuffle": case.shuffle,
        "samples": case.samples,
        "non_zero": non_zero_share(case.inputs),
        "epochs": case.epochs,
        "loss": case.loss,
        "learning_rate": case.learning_rate,
        "purenet_fast": _times_json(result.ours),
        "operations": result.operations,
        "share_of_peak": result.share_of_peak,
        "pieces": [
            {
                "what": piece.what,
                "operations": piece.operations,
                "times": _times_json(piece.times),
                "share_of_peak": piece.speed / result.peak,
            }
            for piece in result.pieces
        ],
        "settings": [
            {
                "what": run.what,
                "without": _times_json(run.pair.other),
                "with": _times_json(run.pair.ours),
                "share": run.pair.ours.median / run.pair.other.median,
            }
            for run in result.settings
        ],
        "fit": [
            {
                "against": fit.name,
                "title": fit.title,
                "loss": fit.loss,
                "epochs": fit.epochs,
                "samples": fit.samples,
                "other": _times_json(fit.pair.other),
                "purenet_fast": _times_json(fit.pair.ours),
                "ratio": fit.pair.ratio,
            }
            for fit in result.fit.values()
        ],
        "predict": [
            {
                "against": "numpy",
                "samples": predict.samples,
                "numpy_begins_with": predict.begins_with,
                "other": _times_json(predict.pair.other),
                "purenet_fast": _times_json(predict.pair.ours),
                "ratio": predict.pair.ratio,
            }
            for predict in result.predict
        ],
        "threads": [
            {
                "what": run.what,
                "threads": run.threads,
                "one_thread": _times_json(run.pair.other),
                "several": _times_json(run.pair.ours),
                "share": run.pair.ours.median / run.pair.other.median,
            }
            for run in result.threads
        ],
        "memory": result.memory,
    }
