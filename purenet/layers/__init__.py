"""Layers: the contract, and a file for each kind."""

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
