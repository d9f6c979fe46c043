"""How the numbers of a training step are written.

A name exists in two forms: ASCII (``delta1[0][2]``, ``dL/dW1[0][2]``, ``W1'[0][2]``), which a
program can look up, and as the field writes it (``δ1[0][2]``, ``∂L/∂W1[0][2]``, ``W1′[0][2]``).  In
names layers count from 1: the weights of ``layers[0]`` are W1.
"""

from __future__ import annotations

from collections.abc import Sequence

_SYMBOLS = (
    ("dL/d", "∂L/∂"),
    ("delta", "δ"),
    ("'", "′"),
)
_ASCII = str.maketrans(
    {
        "∂": "d",
        "δ": "delta",
        "′": "'",
        "ᵀ": "^T",
        "·": ".",
        "⊙": "*",
        "⋆": "(*)",
        "²": "^2",
        "√": "sqrt ",
        "Σ": "sum of ",
        "≈": "~",
    }
)


def symbol(name: str) -> str:
    """Return a name as the field writes it.

    >>> symbol("dL/dW1[0][2]"), symbol("delta2[3][0]"), symbol("da1/dz1[0][0]"), symbol("W1'[0][2]")
    ('∂L/∂W1[0][2]', 'δ2[3][0]', '∂a1/∂z1[0][0]', 'W1′[0][2]')
    """
    if name.startswith("da") and "/dz" in name:
        name = name.replace("da", "∂a", 1).replace("/dz", "/∂z", 1)
    for ascii_form, form in _SYMBOLS:
        name = name.replace(ascii_form, form)
    return name


def in_ascii(text: str) -> str:
    """Return a text without the field's signs: the other direction of ``symbol``.

    >>> in_ascii("∂L/∂W1 = xᵀ · δ1")
    'dL/dW1 = x^T . delta1'
    """
    return text.translate(_ASCII)


def indexed(name: str, *places: int) -> str:
    """Return the name of an element: ``indexed("W1", 0, 2)`` is ``W1[0][2]``."""
    return name + "".join(f"[{place}]" for place in places)


def spellings(name: str) -> tuple[str, ...]:
    """Return what may be typed for a name: itself, and shorter or longer forms.

    >>> spellings("dL/dW1"), spellings("delta2")
    (('dL/dW1', 'dW1'), ('delta2', 'dL/dz2', 'dz2'))
    """
    if name.startswith("dL/"):
        return name, name[3:]
    if name.startswith("delta"):
        return name, name.replace("delta", "dL/dz"), name.replace("delta", "dz")
    return (name,)


def element_name(name: str, index: Sequence[int]) -> str:
    """Return for example ``W1[0][2]``, and ``(x.W1)[0][2]`` for an element of a product."""
    if "." in name or "^" in name:
        name = f"({name})"
    return indexed(name, *index)
