"""Small data sets that come along, and a reader for MNIST's IDX files.

``SOURCES.md`` in this folder names each set's source, authors, licence and changes.
"""

from __future__ import annotations

from ..checks import one_hot
from .bundled import (
    Dataset,
    load_breast_cancer,
    load_digits,
    load_iris,
    load_penguins,
    load_xor,
)
from .idx import read_idx, read_idx_images, read_idx_labels

__all__ = [
    "Dataset",
    "load_breast_cancer",
    "load_digits",
    "load_iris",
    "load_penguins",
    "load_xor",
    "one_hot",
    "read_idx",
    "read_idx_images",
    "read_idx_labels",
]
