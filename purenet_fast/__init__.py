"""purenet with its arithmetic compiled: the same names, the same bits.

``import purenet_fast as purenet`` is all that changes in a program.
"""

# This file is read by every Python, as far as Python 2, like that of purenet.
import purenet  # which says what an older Python lacks

# isort: split

import importlib
import pkgutil
import sys
from itertools import filterfalse
from typing import TYPE_CHECKING

# In a folder that holds the sources, this package hides an installed one; the compiled modules may
# then be found where that one is.
__path__ = pkgutil.extend_path(__path__, __name__)

from . import modules

modules.import_modules()

from purenet import (  # noqa: E402
    AdaGrad,
    Adam,
    AdamW,
    ConvolutionGradient,
    DeltaAlone,
    DropoutOutput,
    Evaluation,
    GradientDescent,
    He,
    History,
    Inputs,
    Layer,
    LayerGradient,
    LayerOutput,
    Momentum,
    Nesterov,
    Normal,
    NumPyRandom,
    Optimizer,
    RecurrentGradient,
    RecurrentOutput,
    RMSProp,
    Targets,
    ThroughTime,
    TrainingDiverged,
    Uniform,
    Xavier,
    Zeros,
    accuracy,
    confusion_table,
    f1,
    linear,
    linear_derivative,
    mean_absolute_error,
    one_hot,
    precision,
    r2,
    recall,
)

if TYPE_CHECKING:
    from purenet import (
        CosineDecay,
        CrossValidation,
        Explanation,
        ExponentialDecay,
        GradientCheck,
        InverseTimeDecay,
        ModelScores,
        Preparation,
        Recording,
        RecordingError,
        ReduceOnPlateau,
        Split,
        StepDecay,
        Table,
        WarmUp,
        check_gradients,
        cross_validate,
        datasets,
        explain,
        read_csv,
        record,
        train_test_split,
    )

    from .estimators import Classifier, Regressor
    from .models import TableModel, load, train_table
else:
    # What is imported when it is first asked for: some of it is this package's own, the rest is
    # purenet's.
    _ROOM_OF = {
        "Classifier": "estimators",
        "Regressor": "estimators",
        "TableModel": "models",
        "load": "models",
        "train_table": "models",
    }

    def __getattr__(name):
        if name in _ROOM_OF:
            value = getattr(importlib.import_module("purenet_fast." + _ROOM_OF[name]), name)
            globals()[name] = value
            return value
        if name in dir(purenet) and not _is_special(name):
            return getattr(purenet, name)
        meant = purenet.names.hint(name, __all__)
        raise AttributeError("module 'purenet_fast' has no attribute " + repr(name) + meant)

    def __dir__():
        special = filter(_is_special, globals())
        return sorted(set(special).union(filterfalse(_is_special, dir(purenet))))

    def _is_special(name):
        return name.startswith("__")


from . import activations, elementary, functions, losses, matrix  # noqa: E402
from .activations import (  # noqa: E402
    leaky_relu,
    leaky_relu_derivative,
    relu,
    relu_derivative,
    sigmoid,
    sigmoid_derivative,
    tanh_derivative,
)
from .elementary import cos, exp, log, log1p, tanh  # noqa: E402
from .functions import (  # noqa: E402
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
from .layers import (  # noqa: E402
    AveragePool2D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPool2D,
    Recurrent,
)
from .losses import (  # noqa: E402
    sigmoid_cross_entropy,
    squared_error,
    squared_error_derivative,
)
from .network import Network  # noqa: E402

BACKEND = "fast"

__version__ = purenet.__version__

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

# What is compiled has purenet's documentation.
for _twins, _originals in (
    (activations, purenet.activations),
    (elementary, purenet.elementary),
    (functions, purenet.functions),
    (losses, purenet.losses),
    (matrix, purenet.matrix),
):
    modules.document(vars(_twins), _originals)
for _class in (AveragePool2D, Conv2D, Dense, Dropout, Flatten, MaxPool2D, Network, Recurrent):
    modules.document_methods(_class)

modules.check_bits(sys.modules[__name__])
