"""What the commands read and write: models of tables, and tables as text."""

from __future__ import annotations

import csv
import io
import sys
from types import ModuleType
from typing import Any

from ..models import TableModel


def as_csv(rows: list[list[Any]]) -> str:
    """Return rows as the text of a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def model_of(package: ModuleType, path: str) -> TableModel:
    """Return the model in a file; ValueError if there is a network alone."""
    model = package.load(path)
    if not isinstance(model, TableModel):
        raise ValueError(
            f"{path}: this network was saved without a table, expected one written by train"
        )
    return model


def print_data(text: str) -> None:
    """Print text for other programs to read: every character of it, or none."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError as error:
        raise ValueError(
            f"the encoding of the output, {encoding}, has no {text[error.start]!a}; "
            f"write to a file with --out, or set PYTHONIOENCODING=utf-8"
        ) from None
    sys.stdout.write(text)
