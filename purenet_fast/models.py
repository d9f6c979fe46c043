"""Models of tables whose networks are compiled; everything else is purenet's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

from purenet import models, network
from purenet.models.files import load_as

from .network import Network


class TableModel(models.TableModel):
    __doc__ = models.TableModel.__doc__

    network_class: ClassVar[type[network.Network]] = Network

    if TYPE_CHECKING:

        @property
        def prepared_network(self) -> Network: ...


def load(path: str | os.PathLike[str]) -> TableModel | Network:
    found: TableModel | Network = load_as(TableModel, path)
    return found


load.__doc__ = models.load.__doc__

train_table = TableModel.train
