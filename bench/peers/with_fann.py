"""FANN, a C library that trains sample by sample, or on the whole set at once.

Its build for doubles, as Debian's ``libfann2`` has it, reached by ctypes.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from purenet.matrix import Matrix

from ..networks import Case
from . import Peer

NAME = ctypes.util.find_library("doublefann")
if NAME is None:
    raise ImportError("no libdoublefann; Debian has it in libfann2")
FANN = ctypes.CDLL(NAME)

INCREMENTAL, BATCH = 0, 1  # FANN_TRAIN_INCREMENTAL, FANN_TRAIN_BATCH
SIGMOID = 3  # FANN_SIGMOID: 1 / (1 + exp(-2 * steepness * z))
LINEAR = 0  # FANN_ERRORFUNC_LINEAR: the error is the difference


class Head(ctypes.Structure):
    """The beginning of ``struct fann``, as far as to the weights."""

    _fields_ = [
        ("errno_f", ctypes.c_int),
        ("error_log", ctypes.c_void_p),
        ("errstr", ctypes.c_char_p),
        ("learning_rate", ctypes.c_float),
        ("learning_momentum", ctypes.c_float),
        ("connection_rate", ctypes.c_float),
        ("network_type", ctypes.c_int),
        ("first_layer", ctypes.c_void_p),
        ("last_layer", ctypes.c_void_p),
        ("total_neurons", ctypes.c_uint),
        ("num_input", ctypes.c_uint),
        ("num_output", ctypes.c_uint),
        ("weights", ctypes.POINTER(ctypes.c_double)),
    ]


NUMBERS = ctypes.POINTER(ctypes.c_double)
FILL = ctypes.CFUNCTYPE(None, ctypes.c_uint, ctypes.c_uint, ctypes.c_uint, NUMBERS, NUMBERS)

FANN.fann_create_standard_array.restype = ctypes.POINTER(Head)
FANN.fann_create_train_from_callback.restype = ctypes.c_void_p
FANN.fann_create_train_from_callback.argtypes = [ctypes.c_uint, ctypes.c_uint, ctypes.c_uint, FILL]
FANN.fann_destroy_train.argtypes = [ctypes.c_void_p]
FANN.fann_shuffle_train_data.argtypes = [ctypes.c_void_p]
FANN.fann_train_epoch.argtypes = [ctypes.POINTER(Head), ctypes.c_void_p]
FANN.fann_train_epoch.restype = ctypes.c_float
FANN.fann_run.argtypes = [ctypes.POINTER(Head), NUMBERS]
FANN.fann_run.restype = NUMBERS
FANN.fann_set_activation_steepness_hidden.argtypes = [ctypes.POINTER(Head), ctypes.c_double]
FANN.fann_set_activation_steepness_output.argtypes = [ctypes.POINTER(Head), ctypes.c_double]
FANN.fann_set_learning_rate.argtypes = [ctypes.POINTER(Head), ctypes.c_float]


def copy_to(memory: Any, numbers: Sequence[float]) -> None:
    count = len(numbers)
    ctypes.memmove(memory, (ctypes.c_double * count)(*numbers), 8 * count)


def rate_factor(case: Case) -> float:
    """Return how many times as large as ours FANN's learning rate is for the same step.

    It goes down half the slope of the squared error, summed over the outputs; in a batch down the
    mean over its samples.
    """
    if case.loss == "mean_squared_error":
        return 2.0 / case.sizes[-1]
    return 2.0 * case.batch_size


class FannNetwork(Peer):
    title = "FANN"
    distributions = ()

    @classmethod
    def can(cls, case: Case) -> bool:
        return case.is_plain and case.batch_size in (1, case.samples)

    @classmethod
    def able_case(cls, case: Case) -> Case:
        """Return the case with a learning rate that FANN, which keeps it as a float, has too."""
        factor = rate_factor(case)
        rate = ctypes.c_float(case.learning_rate * factor).value
        return replace(case, learning_rate=rate / factor)

    def __init__(self, case: Case) -> None:
        self.case = case
        units = (ctypes.c_uint * len(case.sizes))(*case.sizes)
        self.network = FANN.fann_create_standard_array(len(case.sizes), units)
        FANN.fann_set_activation_function_hidden(self.network, SIGMOID)
        FANN.fann_set_activation_function_output(self.network, SIGMOID)
        FANN.fann_set_activation_steepness_hidden(self.network, 0.5)
        FANN.fann_set_activation_steepness_output(self.network, 0.5)
        FANN.fann_set_train_error_function(self.network, LINEAR)
        single = case.batch_size == 1
        FANN.fann_set_training_algorithm(self.network, INCREMENTAL if single else BATCH)
        FANN.fann_set_learning_rate(self.network, case.learning_rate * rate_factor(case))
        # A unit's weights, one behind the other, and its bias behind them.
        self.first = [
            number
            for layer in case.first
            for j, bias in enumerate(layer["biases"])
            for number in (*(row[j] for row in layer["weights"]), bias)
        ]
        self.data = FANN.fann_create_train_from_callback(
            case.samples, case.sizes[0], case.sizes[-1], FILL(self._fill)
        )
        self.reset()

    def _fill(self, sample: int, _: int, __: int, inputs: Any, targets: Any) -> None:
        copy_to(inputs, self.case.inputs[sample])
        copy_to(targets, self.case.targets[sample])

    def __del__(self) -> None:
        FANN.fann_destroy_train(self.data)
        FANN.fann_destroy(self.network)

    def reset(self) -> None:
        copy_to(self.network.contents.weights, self.first)

    def train(self, epochs: int) -> None:
        for _ in range(epochs):
            if self.case.shuffle:
                FANN.fann_shuffle_train_data(self.data)
            FANN.fann_train_epoch(self.network, self.data)

    def predict(self) -> Matrix:
        rows = []
        for row in self.case.inputs:
            outputs = FANN.fann_run(self.network, (ctypes.c_double * len(row))(*row))
            rows.append(list(itertools.islice(outputs, self.case.sizes[-1])))
        return rows


PEER = FannNetwork
