"""purenet's estimators, with networks whose arithmetic is compiled."""

from __future__ import annotations

from typing import ClassVar

import purenet.network
from purenet import estimators

from .network import Network


class Classifier(estimators.Classifier):
    __doc__ = estimators.Classifier.__doc__

    network_class: ClassVar[type[purenet.network.Network]] = Network


class Regressor(estimators.Regressor):
    __doc__ = estimators.Regressor.__doc__

    network_class: ClassVar[type[purenet.network.Network]] = Network
