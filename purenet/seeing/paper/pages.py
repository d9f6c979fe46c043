"""Pages from what lies in ``assets``: one file, and a policy that allows nothing from outside."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from importlib import resources

_ASSETS = resources.files(__package__).joinpath("assets")


def asset(name: str) -> str:
    """Return the text of an asset without its indentation."""
    return re.sub(r"(?m)^\s+", "", _ASSETS.joinpath(name).read_text(encoding="utf-8"))


def document(name: str, parts: Mapping[str, str], *, asking: bool = False) -> str:
    """Return a page with these parts in the places ``{{name}}``.

    parts: escaped already.  The policy, which allows this style and this script and nothing from
        outside, comes to them.
    asking: whether the script may ask the server that the page comes from.
    """
    style = f"style-src {_hash(parts['style'])}"
    script = f"script-src {_hash(parts['script'])}; " if "script" in parts else ""
    connect = "connect-src 'self'; " if asking else ""
    policy = (
        f"default-src 'none'; {script}{style}; {connect}img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    filled = {**parts, "policy": policy}
    # In one pass, so that nothing that is put in is searched for places again.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: filled[place[1]], asset(name))


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
