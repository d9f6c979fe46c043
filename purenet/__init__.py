"""Neural networks in pure Python: nested lists and explicit loops, on the standard library alone.

``import purenet_fast as purenet`` runs the same networks compiled, with the same bits.
"""

from __future__ import annotations

from . import datasets
from ._version import __version__ as __version__
from .activations import (
    leaky_relu,
    leaky_relu_derivative,
    linear,
    linear_derivative,
    relu,
    relu_derivative,
    sigmoid,
    sigmoid_derivative,
    tanh_derivative,
)
from .checks import one_hot
from .elementary import exp, log, log1p, tanh
from .functions import (
    activate,
    add,
    add_bias,
    column_sums,
    dot,
    multiply,
    scale,
    softmax,
    softmax_cross_entropy,
    softmax_derivative,
    subtract,
    transpose,
)
from .gradients import GradientCheck, check_gradients
from .history import History, TrainingDiverged
from .initializers import He, Normal, Uniform, Xavier, Zeros
from .layers import Dense, Layer, LayerGradient, LayerOutput
from .losses import (
    sigmoid_cross_entropy,
    squared_error,
    squared_error_derivative,
)
from .metrics import Evaluation
from .network import Network
from .optimizers import GradientDescent, Optimizer
from .randomness import NumPyRandom
from .seeing.explain import Explanation, explain
from .seeing.recording import Recording, record
from .seeing.sources import RecordingError
from .tables import Preparation, Table, read_csv

BACKEND = "pure"

load = Network.load

__all__ = [
    "BACKEND",
    "Dense",
    "Evaluation",
    "Explanation",
    "GradientCheck",
    "GradientDescent",
    "He",
    "History",
    "Layer",
    "LayerGradient",
    "LayerOutput",
    "Network",
    "Normal",
    "NumPyRandom",
    "Optimizer",
    "Preparation",
    "Recording",
    "RecordingError",
    "Table",
    "TrainingDiverged",
    "Uniform",
    "Xavier",
    "Zeros",
    "activate",
    "add",
    "add_bias",
    "check_gradients",
    "column_sums",
    "datasets",
    "dot",
    "exp",
    "explain",
    "leaky_relu",
    "leaky_relu_derivative",
    "linear",
    "linear_derivative",
    "load",
    "log",
    "log1p",
    "multiply",
    "one_hot",
    "read_csv",
    "record",
    "relu",
    "relu_derivative",
    "scale",
    "sigmoid",
    "sigmoid_cross_entropy",
    "sigmoid_derivative",
    "softmax",
    "softmax_cross_entropy",
    "softmax_derivative",
    "squared_error",
    "squared_error_derivative",
    "subtract",
    "tanh",
    "tanh_derivative",
    "transpose",
]
