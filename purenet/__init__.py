"""Neural networks in pure Python: nested lists and explicit loops, on the standard library alone.

``import purenet_fast as purenet`` runs the same networks compiled, with the same bits.
"""

# This file is read by every Python, as far as Python 2: no annotation, no f-string, no star in a
# display.  So an older one says what it lacks, and not that something is no Python.
import sys

if sys.version_info < (3, 10):  # noqa: UP036
    _error = ImportError("purenet needs Python 3.10; this is Python " + sys.version.split()[0])
    _error.name = "purenet"  # so that python -m purenet says it in one line, too
    raise _error

import importlib
from typing import TYPE_CHECKING

from . import names
from ._version import __version__ as __version__
from .activations import linear, linear_derivative
from .checks import one_hot
from .doubles import check_doubles
from .functions import (
    activate,
    add,
    add_bias,
    column_sums,
    cos,
    dot,
    exp,
    leaky_relu,
    leaky_relu_derivative,
    log,
    log1p,
    multiply,
    relu,
    relu_derivative,
    scale,
    sigmoid,
    sigmoid_cross_entropy,
    sigmoid_derivative,
    softmax,
    softmax_cross_entropy,
    softmax_derivative,
    squared_error,
    squared_error_derivative,
    subtract,
    tanh,
    tanh_derivative,
    transpose,
)
from .given import Inputs, Targets
from .history import History, TrainingDiverged
from .initializers import He, Normal, Uniform, Xavier, Zeros
from .layers import (
    AveragePool2D,
    Conv2D,
    ConvolutionGradient,
    DeltaAlone,
    Dense,
    Dropout,
    DropoutOutput,
    Flatten,
    Layer,
    LayerGradient,
    LayerOutput,
    MaxPool2D,
    Recurrent,
    RecurrentGradient,
    RecurrentOutput,
    ThroughTime,
)
from .metrics import (
    Evaluation,
    accuracy,
    confusion_table,
    f1,
    mean_absolute_error,
    precision,
    r2,
    recall,
)
from .network import Network
from .optimizers import (
    AdaGrad,
    Adam,
    AdamW,
    GradientDescent,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
)
from .randomness import NumPyRandom

if TYPE_CHECKING:
    from . import datasets
    from .estimators import Classifier, Regressor
    from .gradients import GradientCheck, check_gradients
    from .models import ModelScores, TableModel, load, train_table
    from .schedules import (
        CosineDecay,
        ExponentialDecay,
        InverseTimeDecay,
        ReduceOnPlateau,
        StepDecay,
        WarmUp,
    )
    from .seeing.paper.explain import Explanation, explain
    from .seeing.recording.document import Recording
    from .seeing.recording.record import record
    from .seeing.source.functions import RecordingError
    from .splits import CrossValidation, Split, cross_validate, train_test_split
    from .tables import Preparation, Table, read_csv
else:
    # A program that trains starts without these: they are imported when they are first asked for.
    _ROOMS = ("datasets", "drawing", "gradients", "seeing", "tables", "walkthroughs")
    _ROOM_OF = {
        "Classifier": "estimators",
        "CosineDecay": "schedules",
        "CrossValidation": "splits",
        "Explanation": "seeing.paper.explain",
        "ExponentialDecay": "schedules",
        "GradientCheck": "gradients",
        "InverseTimeDecay": "schedules",
        "ModelScores": "models",
        "Preparation": "tables",
        "Recording": "seeing.recording.document",
        "RecordingError": "seeing.source.functions",
        "ReduceOnPlateau": "schedules",
        "Regressor": "estimators",
        "Split": "splits",
        "StepDecay": "schedules",
        "Table": "tables",
        "TableModel": "models",
        "WarmUp": "schedules",
        "check_gradients": "gradients",
        "cross_validate": "splits",
        "explain": "seeing.paper.explain",
        "load": "models",
        "read_csv": "tables",
        "record": "seeing.recording.record",
        "train_table": "models",
        "train_test_split": "splits",
    }

    def __getattr__(name):
        if name in _ROOMS:
            return importlib.import_module("purenet." + name)
        if name in _ROOM_OF:
            value = getattr(importlib.import_module("purenet." + _ROOM_OF[name]), name)
            globals()[name] = value
            return value
        raise AttributeError(
            "module 'purenet' has no attribute " + repr(name) + names.hint(name, __all__)
        )

    def __dir__():
        # What a program uses: the same names in both packages.
        return sorted(set(filter(_is_special, globals())).union(__all__, _ROOMS))

    def _is_special(name):
        return name.startswith("__")


BACKEND = "pure"

check_doubles()

__all__ = [
    "BACKEND",
    "AdaGrad",
    "Adam",
    "AdamW",
    "AveragePool2D",
    "Classifier",
    "Conv2D",
    "ConvolutionGradient",
    "CosineDecay",
    "CrossValidation",
    "DeltaAlone",
    "Dense",
    "Dropout",
    "DropoutOutput",
    "Evaluation",
    "Explanation",
    "ExponentialDecay",
    "Flatten",
    "GradientCheck",
    "GradientDescent",
    "He",
    "History",
    "Inputs",
    "InverseTimeDecay",
    "Layer",
    "LayerGradient",
    "LayerOutput",
    "MaxPool2D",
    "ModelScores",
    "Momentum",
    "Nesterov",
    "Network",
    "Normal",
    "NumPyRandom",
    "Optimizer",
    "Preparation",
    "RMSProp",
    "Recording",
    "RecordingError",
    "Recurrent",
    "RecurrentGradient",
    "RecurrentOutput",
    "ReduceOnPlateau",
    "Regressor",
    "Split",
    "StepDecay",
    "Table",
    "TableModel",
    "Targets",
    "ThroughTime",
    "TrainingDiverged",
    "Uniform",
    "WarmUp",
    "Xavier",
    "Zeros",
    "accuracy",
    "activate",
    "add",
    "add_bias",
    "check_gradients",
    "column_sums",
    "confusion_table",
    "cos",
    "cross_validate",
    "datasets",
    "dot",
    "exp",
    "explain",
    "f1",
    "leaky_relu",
    "leaky_relu_derivative",
    "linear",
    "linear_derivative",
    "load",
    "log",
    "log1p",
    "mean_absolute_error",
    "multiply",
    "one_hot",
    "precision",
    "r2",
    "read_csv",
    "recall",
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
    "train_table",
    "train_test_split",
    "transpose",
]
