"""The page: a recording as one HTML file, to step through in a browser.

The file needs nothing but itself.  It works from ``file://`` and offline, and its content-security
policy allows no script and no style but the two that are in it, and no request.  What it looks like
and how it moves is in ``assets``.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any

from ..recording.document import FORMAT, VERSION, Recording
from .pages import asset, document
from .squeezing import squeezed_script, squeezed_style
from .summaries import end_of, start_of
from .worked import Worked

# The rooms of the script, in the order in which they stand in it; each uses those before it.  They
# are one function, so that what they share needs no other way.
SCRIPTS = (
    "elements",
    "recorded",
    "names",
    "formulas",
    "now",
    "source",
    "matrices",
    "timeline",
    "trail",
    "moving",
    "keys",
    "switches",
    "network",
    "replay",
    "changing",
    "classroom",
    "film",
    "still",
    "mistakes",
    "asking",
    "tour",
    "images",
    "serving",
    "start",
)
# Those of them that have a style sheet, beside the page's own.
STYLES = ("changing", "film", "asking", "tour", "images", "serving")


def render(
    recording: Recording | Mapping[str, Any],
    worked_text: str,
    grain: str | None = None,
    served: Mapping[str, Any] | None = None,
) -> str:
    """Return the page of a recording, a complete HTML document.

    recording: a recording, or its data as read from JSON.
    worked_text: the same steps as text, for a browser without JavaScript.
    grain: the one at which the page opens; number, or matrix where there are images, if not given.
    served: what a server tells beside the recording; the page may then ask that server, and nobody
        else.

    Raises ValueError if the data is no recording, or of another version.

    >>> from purenet import Dense, Network
    >>> from purenet.seeing.recording.record import record
    >>> net = Network([Dense(2, 1, initializer=[[0.5], [-0.25]])], "sum_of_squares", seed=1)
    >>> page = render(record(net, [[1, 2]], [1]), "z1[0][0] = 0.0")
    >>> page[page.index("<title>"):page.index("</title>")]
    '<title>One training step of a 2–1 network'
    """
    data = recording.data if isinstance(recording, Recording) else recording
    if data.get("format") != FORMAT:
        raise ValueError(f"recording: found the format {data.get('format')!r}, expected {FORMAT!r}")
    if data.get("version") != VERSION:
        raise ValueError(f"recording: found version {data.get('version')!r}, expected {VERSION}")
    # Only who needs them gets the pictures of images, the film (of several steps, or of a server
    # that trains on), and what asks a server.
    needed = {
        "images": any("folded" in matrix for matrix in data["matrices"]),
        "film": data["meta"]["steps"] > 1 or served is not None,
        "serving": served is not None,
    }
    styles, rooms = (
        [name for name in names if needed.get(name, True)] for names in (STYLES, SCRIPTS)
    )
    style = "".join(asset(f"{name}.css") for name in ("page", *styles))
    source = (
        '"use strict";\n(() => {\n' + "".join(asset(f"{name}.js") for name in rooms) + "})();\n"
    )
    parts = {
        "title": html.escape(_title(data["meta"])),
        "style": squeezed_style(style),
        "script": squeezed_script(source),
        "recording": _embedded(data),
        "told": _embedded(_told(data)),
        "grain": grain or "",
        "worked_text": html.escape(worked_text),
        "served": _data("served", served) if served is not None else "",
    }
    return document("page.html", parts, asking=served is not None)


def _told(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page says before the first step and after the last, as the text says it."""
    worked = Worked(Recording(dict(data)), None)
    return {"start": start_of(worked)._asdict(), "end": end_of(worked)._asdict()}


def _embedded(data: Mapping[str, Any]) -> str:
    """Return the data as JSON that cannot end the script element it stands in."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _data(name: str, data: Mapping[str, Any]) -> str:
    return f'<script type="application/json" id="{name}">{_embedded(data)}</script>\n'


def _title(meta: Mapping[str, Any]) -> str:
    layers = meta["network"]["layers"]
    sizes = [layers[0]["inputs"], *(layer["outputs"] for layer in layers)]
    steps = "One training step" if meta["steps"] == 1 else f"{meta['steps']} training steps"
    return f"{steps} of a {'–'.join(map(str, sizes))} network"
