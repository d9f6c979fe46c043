"""The ratios as a bar chart in SVG: how many times as long as purenet_fast each library takes."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from xml.sax.saxutils import escape

from purenet.drawing.axes import log_ticks

from .measuring import NetworkResult
from .tables import ratio_text, share_text, time_text, titles

_COLOURS = (  # selector, property, light, dark
    (".back", "fill", "#ffffff", "#0d1117"),
    ("text", "fill", "#1f2328", "#e6edf3"),
    (".soft", "fill", "#59636e", "#9198a1"),
    (".grid", "stroke", "#d8dee4", "#2a313c"),
    (".one", "stroke", "#1f2328", "#e6edf3"),
    (".slower", "fill", "#0969da", "#58a6ff"),
    (".faster", "fill", "#bc4c00", "#f0883e"),
)
_WIDTH = 760
_LEFT = 130  # where the bars' names end
_RIGHT = _WIDTH - 130  # room for the labels behind the longest bar
_BAR = 15
_ROW = 20


def _style() -> str:
    def rules(scheme: int) -> str:
        return "".join(f".bench {row[0]}{{{row[1]}:{row[scheme]}}}" for row in _COLOURS)

    return (
        ".bench text{font:13px system-ui,sans-serif}.bench .title{font-size:17px;font-weight:600}"
        ".bench .head{font-weight:600}.bench .small{font-size:11px}.bench .end{text-anchor:end}"
        ".bench .middle{text-anchor:middle}.bench .one{stroke-width:1.5}"
        f"{rules(2)}@media (prefers-color-scheme:dark){{{rules(3)}}}"
    )


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(text)}</text>'


def _two_texts(x: float, y: float, first: str, second: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}"><tspan class="head">{escape(first)}</tspan>'
        f'<tspan class="soft" dx="8">{escape(second)}</tspan></text>'
    )


def ratio_chart(results: Sequence[NetworkResult], footer: Sequence[str]) -> str:
    """Return a picture with one group of bars a network, on a logarithmic axis.

    A bar begins at 1, the time of purenet_fast; to the right are those who take longer, to the left
    and in another colour those who take less.
    """
    others = titles(results)
    ratios = [fit.pair.ratio for result in results for fit in result.fit.values()]
    low = min([0.5, *(0.8 * ratio for ratio in ratios)])
    high = max([10.0, *(1.1 * ratio for ratio in ratios)])

    def to_x(ratio: float) -> float:
        share = math.log(ratio / low) / math.log(high / low)
        return _LEFT + 12 + (_RIGHT - _LEFT - 12) * share

    marks = log_ticks(low, high, 8)
    grid: list[str] = []  # drawn first, below the bars
    bars: list[str] = []
    told: list[str] = []
    y = 88.0
    for result in results:
        case = result.case
        own = time_text(result.ours.median)
        data = f"batch {case.batch_size}, {case.samples:,} samples"
        ours = f"purenet_fast {own} an epoch"
        if result.share_of_peak is not None:
            ours += f", {share_text(result.share_of_peak)} of the peak"
        bars.append(_two_texts(16, y + 12, case.name, f"{data} · {ours}"))
        y += 22
        top = y - 3
        facts = []
        for name, title in others.items():
            fit = result.fit.get(name)
            if fit is None:
                continue
            ratio = fit.pair.ratio
            left, right = sorted((to_x(1.0), to_x(ratio)))
            kind = "slower" if ratio >= 1.0 else "faster"
            label, time = ratio_text(ratio), time_text(fit.pair.other.median)
            bars.append(_text(_LEFT, y + 12, title, "end"))
            bars.append(
                f'<rect class="{kind}" x="{left:.1f}" y="{y}" '
                f'width="{max(right - left, 1.0):.1f}" height="{_BAR}" rx="2"/>'
            )
            bars.append(_two_texts(right + 7, y + 12, label, time))
            facts.append(f"{title} {label} ({time})")
            y += _ROW
        told.append(f"{case.name}: purenet_fast {own}, {', '.join(facts)}.")
        for mark in marks:
            kind = "one" if mark == 1.0 else "grid"
            grid.append(f'<path class="{kind}" d="M{to_x(mark):.1f} {top}V{y}"/>')
        y += 14
    bottom = y - 6
    for mark in marks:
        kind = "head middle" if mark == 1.0 else "soft middle"
        for height in (78.0, bottom + 12):
            grid.append(_text(to_x(mark), height, f"{mark:,g}×", kind))

    title = "Time per training epoch, as a multiple of purenet_fast's"
    subtitle = (
        "The line at 1× is purenet_fast. Blue takes longer, orange takes less. "
        "Log scale; float64, one core."
    )
    small = [line for text in footer for line in textwrap.wrap(text, int(_WIDTH / 6))]
    full = int(bottom + 40 + 15 * len(small))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {full}" '
        f'width="{_WIDTH}" height="{full}" role="img" class="bench">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(' '.join(told))}</desc>",
        f"<style>{_style()}</style>",
        f'<rect class="back" width="{_WIDTH}" height="{full}" rx="6"/>',
        _text(16, 28, title, "title"),
        _text(16, 50, subtitle, "soft"),
        *grid,
        *bars,
        *(_text(16, bottom + 40 + 15 * n, line, "soft small") for n, line in enumerate(small)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"
