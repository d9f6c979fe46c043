"""SVG pictures that stand alone, in light or dark as their reader's screen is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .text import clean

_COLOURS = (  # selector, property, light, dark
    (".back", "fill", "#ffffff", "#0d1117"),
    ("text", "fill", "#1f2328", "#e6edf3"),
    (".soft", "fill", "#59636e", "#9198a1"),
    (".grid", "stroke", "#d8dee4", "#2a313c"),
    (".axis", "stroke", "#59636e", "#9198a1"),
    (".s0", "stroke", "#0969da", "#58a6ff"),
    (".s1", "stroke", "#bc4c00", "#f0883e"),
    (".s2", "stroke", "#1a7f37", "#3fb950"),
    (".s3", "stroke", "#8250df", "#bc8cff"),
    (".c0", "fill", "#f6f8fa", "#161b22"),
    (".c1", "fill", "#ddf4ff", "#0c2d6b"),
    (".c2", "fill", "#b6e3ff", "#0d419d"),
    (".c3", "fill", "#80ccff", "#1158c7"),
    (".c4", "fill", "#0969da", "#79c0ff"),
    (".c5", "fill", "#0a3069", "#cae8ff"),
    (".on4", "fill", "#ffffff", "#0d1117"),  # counts written on the cells .c4 and .c5
    (".on5", "fill", "#ffffff", "#0d1117"),
)
_DASHES = ("", "7 4", "2 4", "10 4 2 4")


def svg_picture(
    width: float, height: float, title: str, description: str, body: Sequence[str]
) -> str:
    """Return a picture that stands alone, in light or dark as its reader's browser is."""

    def rules(scheme: int) -> str:
        return "".join(f".purenet {row[0]}{{{row[1]}:{row[scheme]}}}" for row in _COLOURS)

    dashes = "".join(f".purenet .s{k}{{stroke-dasharray:{d}}}" for k, d in enumerate(_DASHES) if d)
    size = f'width="{width}" height="{height}"'
    style = (
        ".purenet text{font:13px system-ui,sans-serif}.purenet .title{font-size:16px;"
        "font-weight:600}.purenet .end{text-anchor:end}.purenet .middle{text-anchor:middle}"
        ".purenet .line{fill:none;stroke-width:2;stroke-linejoin:round}"
        f".purenet .thin{{stroke-width:1}}{dashes}{rules(2)}"
        f"@media (prefers-color-scheme:dark){{{rules(3)}}}"
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {size} '
        f'role="img" class="purenet">\n<title>{escape(clean(title))}</title>\n'
        f"<desc>{escape(clean(description))}</desc>\n<style>{style}</style>\n"
        f'<rect class="back" {size} rx="6"/>'
    )
    return "\n".join([head, *body, "</svg>\n"])


def svg_text(x: float, y: float, text: str, kind: str = "") -> str:
    """Return a text at a place; ``kind``: its classes in the style sheet, such as "soft middle"."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(text)}</text>'
