"""Layers: the contract, and a file for each kind.

A new kind is a file here, entered below and in ``purenet``.  As long as it names no ``backend``,
purenet's loops run it in both packages.  To be compiled, it takes a ``Stage`` in ``purenet_fast``
and a class in its ``layers``; to be told in words of its own, entries in ``kinds`` and ``size`` of
``seeing/recording``; for the command line a name in ``commands/layer_texts``.
"""

from .convolution import Conv2D, ConvolutionGradient
from .dense import Dense, LayerGradient
from .dropout import Dropout, DropoutOutput
from .flatten import Flatten
from .layer import KINDS, DeltaAlone, Layer, LayerOutput, rows_of
from .pooling import AveragePool2D, MaxPool2D
from .recurrent import Recurrent, RecurrentGradient, RecurrentOutput, ThroughTime

__all__ = [
    "KINDS",
    "AveragePool2D",
    "Conv2D",
    "ConvolutionGradient",
    "DeltaAlone",
    "Dense",
    "Dropout",
    "DropoutOutput",
    "Flatten",
    "Layer",
    "LayerGradient",
    "LayerOutput",
    "MaxPool2D",
    "Recurrent",
    "RecurrentGradient",
    "RecurrentOutput",
    "ThroughTime",
    "rows_of",
]
