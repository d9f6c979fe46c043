"""Layers: the contract, and a file for each kind."""

from .dense import Dense, LayerGradient
from .layer import KINDS, Layer, LayerOutput, rows_of

__all__ = ["KINDS", "Dense", "Layer", "LayerGradient", "LayerOutput", "rows_of"]
