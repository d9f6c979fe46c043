"""Tables of predictions, for the terminal and as SVG."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..answers import count_classes
from .svg import svg_picture, svg_text
from .text import clean, column_count, number_labels, right_aligned, shorten, supports_unicode


def _confusion(
    true_labels: Sequence[int | str],
    predicted_labels: Sequence[int | str],
    class_names: Sequence[str],
) -> list[list[int]]:
    """counts[truth][prediction], from class numbers (from 0) or class names."""
    if len(true_labels) != len(predicted_labels) or len(true_labels) == 0:
        raise ValueError(
            f"there are {len(true_labels)} true and {len(predicted_labels)} predicted labels, "
            "expected equally many, at least one"
        )
    numbers: dict[int | str, int] = {name: i for i, name in enumerate(class_names)}
    numbers.update((i, i) for i in range(len(class_names)))
    known = f"a class name or a number from 0 to {len(class_names) - 1}"
    cells = []
    for kind, labels in (("true", true_labels), ("predicted", predicted_labels)):
        for i, label in enumerate(labels):
            if label not in numbers:
                raise ValueError(f"{kind}_labels: entry {i} is {label!r}, expected {known}")
        cells.append([numbers[label] for label in labels])
    return count_classes(cells[0], cells[1], len(class_names))


def _percent(part: int, whole: int) -> str:
    """One decimal, rounded down, so that only a perfect score reads 100.0%."""
    return f"{1000 * part // whole / 10:.1f}%" if whole else "-"


def confusion_table(
    true_labels: Sequence[int | str],
    predicted_labels: Sequence[int | str],
    class_names: Sequence[str],
    *,
    width: int = 80,
    unicode: bool | None = None,
) -> str:
    """Count predictions by class: a row for each true class, a column for each predicted one.

    Labels are class numbers from 0 or class names. Recall is the share of a class that was found,
    rounded down. Names are shortened to fit the table into `width` columns; with so many classes
    that the counts themselves need more, it is folded: the columns that are left stand below.

    Raises ValueError for label lists of different lengths or none, and for an unknown label.

    >>> print(confusion_table([0, 0, 1, 1], [0, 0, 1, 0], ["no", "yes"], unicode=False))
    truth \\ predicted   no  yes  total  recall
                   no    2    .      2  100.0%
                  yes    1    1      2   50.0%
                total    3    1      4
             accuracy  3 of 4 = 75.0%
    """
    unicode = supports_unicode(sys.stdout) if unicode is None else unicode
    counts = _confusion(true_labels, predicted_labels, class_names)
    names = [clean(name, unicode) for name in class_names]
    longest = max(map(column_count, names))
    heading = "truth \\ predicted"
    digits = len(str(len(true_labels)))
    first = max(len(heading), min(longest, 20))
    together = max((width - first - max(digits, 5) - 2 - 8) // (max(digits, 2) + 1), 1)
    room = (width - first - max(digits, 5) - 2 - 8) // min(len(names), together) - 2
    column = max(digits, min(longest, 12, room))
    gap = "  " if room >= digits else " "
    names, heads = _heads(names, first, column, unicode)
    zero = "·" if unicode else "."
    texts = [[str(n) if n else zero for n in row] for row in counts]
    sums = [str(sum(found)) for found in zip(*counts, strict=True)]
    lines: list[str] = []
    for start in range(0, len(names), together):
        part = slice(start, start + together)
        last = start + together >= len(names)
        ends = [("total", "recall") if last else ("", "")]
        for i, row in enumerate(counts):
            ends.append((str(sum(row)), _percent(row[i], sum(row))) if last else ("", ""))
        ends.append((str(len(true_labels)), "") if last else ("", ""))
        rows = [heads[part], *(row[part] for row in texts), sums[part]]
        for name, cells, (total, recall) in zip(
            [heading, *names, "total"], rows, ends, strict=True
        ):
            aligned = [right_aligned(name, first), *(right_aligned(c, column) for c in cells)]
            end = f"  {total:>{max(digits, 5)}}  {recall:>6}"
            lines.append((gap.join(aligned) + end).rstrip())
        if not last:
            lines.append("")
    lines.append(right_aligned("accuracy", first) + gap + _accuracy(counts))
    return "\n".join(lines)


def _heads(
    names: list[str], row: int, column: int, unicode: bool = True
) -> tuple[list[str], list[str]]:
    """Names for rows and columns, of at most so many characters; numbered if cut too short."""
    heads = [shorten(name, column, unicode) for name in names]
    if len(set(heads)) < len(names):
        heads = [str(i) for i in range(len(names))]
        names = [f"{i} {name}" for i, name in enumerate(names)]
    return [shorten(name, row, unicode) for name in names], heads


def _accuracy(counts: list[list[int]]) -> str:
    right, total = sum(row[i] for i, row in enumerate(counts)), sum(map(sum, counts))
    return f"{right} of {total} = {_percent(right, total)}"


def prediction_table(
    inputs: Sequence[Sequence[float]],
    targets: Sequence[Sequence[float]],
    outputs: Sequence[Sequence[float]],
    *,
    input_names: Sequence[str] | None = None,
    decimals: int = 4,
    max_rows: int = 20,
    unicode: bool | None = None,
) -> str:
    """Set inputs, targets and outputs side by side, one row for each sample.

    Each argument is a list of rows; numbers are rounded to `decimals`. After `max_rows` rows a
    last line tells how many are left out. Raises ValueError for lists of different lengths, none
    at all, or rows of different lengths within a list.

    >>> xor = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> outputs = [[0.0213], [0.9791], [0.98], [0.0187]]
    >>> print(prediction_table(xor, [[0], [1], [1], [0]], outputs))
    x0  x1  target  output
     0   0       0  0.0213
     0   1       1  0.9791
     1   0       1  0.9800
     1   1       0  0.0187
    """
    unicode = supports_unicode(sys.stdout) if unicode is None else unicode
    if not len(inputs) == len(targets) == len(outputs) or not inputs:
        raise ValueError(
            f"there are {len(inputs)} inputs, {len(targets)} targets and {len(outputs)} outputs, "
            "expected equally many, at least one"
        )
    names = list(input_names or [f"x{j}" for j in range(len(inputs[0]))])
    if len(names) != len(inputs[0]):
        raise ValueError(f"input_names has {len(names)} names, expected {len(inputs[0])}")
    columns: list[list[str]] = []
    for kind, rows in (("input", inputs), ("target", targets), ("output", outputs)):
        size = len(rows[0])
        for i, row in enumerate(rows):
            if len(row) != size:
                raise ValueError(f"{kind}s: row {i} has {len(row)} numbers, expected {size}")
        heads = names if kind == "input" else [f"{kind}{j}" for j in range(size)]
        for j, head in enumerate(heads if size > 1 or kind == "input" else [kind]):
            shown = [round(float(row[j]), decimals) + 0.0 for row in rows[:max_rows]]  # no -0.0
            head = shorten(clean(head, unicode), 16, unicode)
            columns.append([head, *number_labels(shown, decimals)])
    widths = [max(map(column_count, column)) for column in columns]
    lines = ["  ".join(map(right_aligned, row, widths)) for row in zip(*columns, strict=True)]
    if len(inputs) > max_rows:
        lines.append(f"({len(inputs) - max_rows} more rows)")
    return "\n".join(lines)


def confusion_table_svg(
    true_labels: Sequence[int | str],
    predicted_labels: Sequence[int | str],
    class_names: Sequence[str],
    *,
    title: str,
) -> str:
    """Draw the table of `confusion_table` as an SVG picture, each count on a cell shaded by it."""
    counts = _confusion(true_labels, predicted_labels, class_names)
    names, heads = _heads([clean(name) for name in class_names], 20, 11)
    largest, total = max(map(max, counts)), str(len(true_labels))
    wide = max(44, 9 * len(total) + 12, 8 * max(map(column_count, heads)) + 12)
    left, top, high = 40 + 8 * max(5, *map(column_count, names)), 92, 36
    right, bottom = left + wide * len(names), top + high * len(names)
    width = max(right + 140, min(720, 48 + 10 * column_count(title)))
    accuracy = "accuracy " + _accuracy(counts)
    told = [f"Rows are true classes, columns predicted ones; {accuracy}."]
    body = [
        svg_text(16, 28, shorten(clean(title), (width - 32) // 10), "title"),
        svg_text((left + right) / 2, 58, "predicted", "soft middle"),
        svg_text(left - 12, 80, "truth", "soft end"),
        svg_text(right + 56, 80, "total", "soft end"),
        svg_text(right + 120, 80, "recall", "soft end"),
        svg_text(left - 12, bottom + 22.5, "total", "soft end"),
        svg_text(right + 56, bottom + 22.5, total, "end"),
        svg_text(16, bottom + 58, accuracy),
    ]
    for i, (name, row) in enumerate(zip(names, counts, strict=True)):
        x, y = left + wide * (i + 0.5), top + high * i + 22.5
        told.append(f"{name}: {row[i]} of {sum(row)} found.")
        body += [
            svg_text(x, 80, heads[i], "middle"),
            svg_text(left - 12, y, name, "end"),
            svg_text(right + 56, y, str(sum(row)), "end"),
            svg_text(right + 120, y, _percent(row[i], sum(row)), "end"),
            svg_text(x, bottom + 22.5, str(sum(other[i] for other in counts)), "middle"),
        ]
        for j, count in enumerate(row):
            shade = -(-5 * count // largest)  # 0 for none, up to 5
            x = left + wide * j
            place = f'x="{x + 1}" y="{y - 21.5}" width="{wide - 2}" height="{high - 2}"'
            body.append(f'<rect class="c{shade}" {place} rx="3"/>')
            kind = f"on{shade} middle" if count else "soft middle"
            body.append(svg_text(x + wide / 2, y, str(count) if count else "·", kind))
    return svg_picture(width, bottom + 76, title, " ".join(told), body)
