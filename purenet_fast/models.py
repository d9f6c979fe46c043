"""Models of tables whose networks are compiled; everything else is purenet's."""

from __future__ import annotations

import os
from typing import Any, ClassVar, cast

from purenet import models, network
from purenet.models.files import load_as

from .network import Network


class TableModel(models.TableModel):
    __doc__ = models.TableModel.__doc__

    network_class: ClassVar[type[network.Network]] = Network


def load(path: str | os.PathLike[str]) -> TableModel | Network:
    loaded: TableModel | Network = cast(Any, load_as(TableModel, path))
    return loaded


load.__doc__ = models.load.__doc__

train_table = TableModel.train
