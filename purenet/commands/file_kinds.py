"""Files whose names say what is in them: a table is not written into ``loss.png``."""

from __future__ import annotations

import os
from collections.abc import Sequence

# What is written, and the ends of a name that say so; the first of them is the usual one.
SUFFIXES = {
    "CSV": (".csv", ".txt"),
    "HTML": (".html", ".htm"),
    "JSON": (".json", ".txt"),
    "Markdown": (".md", ".markdown", ".txt"),
    "SVG": (".svg", ".xml"),
    "text": (".txt", ".text"),
}

# Ends of a name that say something that nothing here is; any other end may mean anything.
_FOREIGN = """
    .avif .bmp .gif .ico .jpeg .jpg .png .svgz .tif .tiff .webp
    .doc .docx .eps .ipynb .odt .pdf .ps .rtf .tex
    .arrow .feather .ods .parquet .tab .tsv .xls .xlsx
    .css .exe .js .py .pyc .pyz .sh
    .7z .bz2 .gz .tar .tgz .xz .zip .zst
    .gguf .h5 .hdf5 .joblib .keras .mat .npy .npz .onnx .pb .pickle .pkl .pt .pth .safetensors
    .tflite
""".split()  # noqa: SIM905 - a line for each sort

_KNOWN = {suffix for suffixes in SUFFIXES.values() for suffix in suffixes}.union(_FOREIGN)


def suffix_of(path: str) -> str:
    """Return the end of a file's name from its last point on, in small letters; "" without one."""
    return os.path.splitext(path)[1].lower()


def kind_of(path: str, kinds: Sequence[str]) -> str | None:
    """Return the first of these kinds whose files may have such a name; None if there is none.

    >>> kind_of("step.htm", ["text", "HTML"]), kind_of("step.pdf", ["text", "HTML"])
    ('HTML', None)
    """
    suffix = suffix_of(path)
    for kind in kinds:
        if suffix in SUFFIXES[kind] or suffix not in _KNOWN:
            return kind
    return None


def check_kind(option: str, path: str | None, kinds: Sequence[str]) -> None:
    """Refuse a name that says another kind of file than those that can be written.

    path: None where the option was not given.

    Raises ValueError that names the option.
    """
    if path is None or kind_of(path, kinds) is not None:
        return
    expected = [f"{SUFFIXES[kind][0]} ({kind})" for kind in kinds]
    listed = " or ".join([", ".join(expected[:-1]), expected[-1]]) if expected[1:] else expected[0]
    raise ValueError(f"{option}: found {path!r}, expected a name that ends in {listed}")
