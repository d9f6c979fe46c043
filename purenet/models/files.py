"""Files that hold a model of a table, or a network alone."""

from __future__ import annotations

import os
from typing import Any

from ..files import network_of, read_document
from ..network import Network
from .table_model import TableModel


def load(path: str | os.PathLike[str]) -> TableModel | Network:
    """Read what a file holds: a ``TableModel`` if it was trained on a table, or a ``Network``.

    A model answers for rows as they stand in a table; a network takes prepared numbers alone.

    Raises ValueError for a file that is truncated, changed or neither of the two.
    """
    found: TableModel | Network = load_as(TableModel, path)
    return found


def load_as(model_class: type[TableModel], path: str | os.PathLike[str]) -> Any:
    """Read a model of this class, or a network of the class that it has inside."""
    content = read_document(path)
    try:
        if isinstance(content, dict) and content.get("preparation") is not None:
            return model_class.of_document(content)
        return network_of(model_class.network_class, content)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{os.fspath(path)}: {error}") from None
