"""What functions are called: purenet's own names, and other names that the field has for them.

What is kept, saved, shown and hashed is purenet's own name; the others are understood wherever a
name is asked for:

========================= =======================================================================
purenet                   also understood
========================= =======================================================================
sigmoid                   logistic
leaky_relu                leakyrelu, lrelu
linear                    identity
sum_of_squares            sse
mean_squared_error        mse
binary_cross_entropy      bce, binary_crossentropy
categorical_cross_entropy cce, categorical_crossentropy, sparse_categorical_crossentropy
either cross-entropy      cross_entropy, crossentropy, log_loss: binary after a sigmoid layer,
                          categorical after a softmax layer
gradient_descent          sgd
nesterov                  nag
adagrad, rmsprop, adamw   ada_grad, rms_prop, adam_w
xavier                    glorot, glorot_uniform, xavier_uniform
he                        he_normal, kaiming, kaiming_normal
zeros                     zero
========================= =======================================================================

The ``Literal`` types say the same to type checkers and editors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

ElementwiseName = Literal[
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "linear",
    "logistic",
    "leakyrelu",
    "lrelu",
    "identity",
]
ActivationName = Literal[
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "linear",
    "softmax",
    "logistic",
    "leakyrelu",
    "lrelu",
    "identity",
]
LossName = Literal[
    "sum_of_squares",
    "mean_squared_error",
    "binary_cross_entropy",
    "categorical_cross_entropy",
    "sse",
    "mse",
    "bce",
    "binary_crossentropy",
    "cce",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "cross_entropy",
    "crossentropy",
    "log_loss",
]
OptimizerName = Literal[
    "gradient_descent",
    "momentum",
    "nesterov",
    "adagrad",
    "rmsprop",
    "adam",
    "adamw",
    "sgd",
    "nag",
    "ada_grad",
    "rms_prop",
    "adam_w",
]
InitializerName = Literal[
    "uniform",
    "normal",
    "xavier",
    "he",
    "zeros",
    "glorot",
    "glorot_uniform",
    "xavier_uniform",
    "he_normal",
    "kaiming",
    "kaiming_normal",
    "zero",
]

# What is asked of a table.
TaskName = Literal["auto", "classes", "number"]
KindName = Literal["number", "category", "text", "date"]
MissingName = Literal["fill", "error"]
ScaleName = Literal["auto", "standard", "range", "none"]
DecimalName = Literal["point", "comma"]
DatesName = Literal["day-first", "month-first"]

ACTIVATION_NAMES = {
    "logistic": "sigmoid",
    "leakyrelu": "leaky_relu",
    "lrelu": "leaky_relu",
    "identity": "linear",
}
LOSS_NAMES = {
    "sse": "sum_of_squares",
    "mse": "mean_squared_error",
    "bce": "binary_cross_entropy",
    "binary_crossentropy": "binary_cross_entropy",
    "cce": "categorical_cross_entropy",
    "categorical_crossentropy": "categorical_cross_entropy",
    "sparse_categorical_crossentropy": "categorical_cross_entropy",
}
OPTIMIZER_NAMES = {
    "sgd": "gradient_descent",
    "nag": "nesterov",
    "ada_grad": "adagrad",
    "rms_prop": "rmsprop",
    "adam_w": "adamw",
}
INITIALIZER_NAMES = {
    "glorot_uniform": "xavier",
    "xavier_uniform": "xavier",
    "he_normal": "he",
    "kaiming": "he",
    "kaiming_normal": "he",
    "zero": "zeros",
}

# Cross-entropies that say nothing of the kind: the activation of the last layer does.
CROSS_ENTROPY_NAMES = ("cross_entropy", "crossentropy", "log_loss")

NO_NAMES: Mapping[str, str] = {}

_LONGEST = 60  # of a name that is compared with others; a text beyond is none


def own_activation(name: str) -> str:
    """Return purenet's name of an activation; what is none stays as it is."""
    return ACTIVATION_NAMES.get(name, name)


def own_optimizer(name: str) -> str:
    """Return purenet's name of an optimizer; what is none stays as it is."""
    return OPTIMIZER_NAMES.get(name, name)


def nearest(
    found: object, names: Iterable[str], others: Mapping[str, str] = NO_NAMES
) -> str | None:
    """Return the name that somebody may have meant; None if there is none like it.

    names: the right ones.  others: names that are understood as one of them.

    >>> nearest("sigmoidd", ["tanh", "sigmoid"]), nearest("swish", ["tanh", "sigmoid"])
    ('sigmoid', None)
    """
    if not isinstance(found, str) or not 0 < len(found) <= _LONGEST:
        return None
    from difflib import get_close_matches  # which takes longer to load than a network to make

    own = list(names)
    known = {name.lower(): others.get(name, name) for name in [*others, *own]}
    matches = get_close_matches(found.lower(), known, 1)
    meant = known[matches[0]] if matches else None
    return meant if meant in own else None


def hint(found: object, names: Iterable[str], others: Mapping[str, str] = NO_NAMES) -> str:
    """Return the end of an error message: what may have been meant, or nothing.

    >>> hint("tahn", ["tanh", "sigmoid"])
    "; did you mean 'tanh'?"
    """
    meant = nearest(found, names, others)
    return "" if meant is None else f"; did you mean {meant!r}?"
