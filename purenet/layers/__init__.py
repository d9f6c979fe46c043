"""Layers: the contract, and a file for each kind."""

from .dense import Dense, LayerGradient
from .layer import Layer, LayerOutput

__all__ = ["Dense", "Layer", "LayerGradient", "LayerOutput"]
