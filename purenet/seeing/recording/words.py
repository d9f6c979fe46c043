"""What the numbers of a recording are called, and what they mean in words.

The sentences are templates: ``{name}`` is the number itself, ``{row}`` and ``{column}`` its place,
``{sample}`` the number of its sample in the data, ``{a}`` and ``{b}`` are the operands of the
operation.
"""

from __future__ import annotations

from typing import NamedTuple

from ..step import Role


class Sentences(NamedTuple):
    """What a matrix means, and what one of its numbers means."""

    matrix: str
    number: str


SENTENCES = {
    "inputs": Sentences(
        "What the network is given.",
        "Input {column} of sample {sample}.",
    ),
    "targets": Sentences(
        "What the network should answer.",
        "What output {column} should be for sample {sample}.",
    ),
    "learning_rate": Sentences(
        "How far a weight moves against its slope.",
        "The learning rate.",
    ),
    "weights": Sentences(
        "W{n}[k][j] leads from input k of layer {n} to its unit j.",
        "The weight that leads from input {row} of layer {n} to its unit {column}.",
    ),
    "biases": Sentences(
        "b{n}[j] is added to what unit j of layer {n} receives.",
        "The bias of unit {row} of layer {n}.",
    ),
    "z": Sentences(
        "Every unit of layer {n} adds up its inputs, each times its weight{bias}.",
        (
            "For sample {sample}, unit {column} of layer {n} adds up its inputs, each times its "
            "weight{bias}."
        ),
    ),
    "a": Sentences(
        (
            "The activation function {activation} turns each weighted sum into what the unit "
            "passes on."
        ),
        "{does}: what unit {column} of layer {n} passes on for sample {sample}.",
    ),
    "squared_error": Sentences(
        "How far each output is from its target, squared: too high and too low count alike.",
        "The squared distance of output {column} from its target, for sample {sample}.",
    ),
    "cross_entropy": Sentences(
        "How surprised each output is by its target: -log of the probability it gave to it.",
        "How surprised output {column} is by its target, for sample {sample}.",
    ),
    "sample_loss": Sentences(
        "How wrong the network is about each sample, added up over the outputs.",
        "How wrong the network is about sample {sample}.",
    ),
    "loss": Sentences(
        "One number for how wrong the network is: training makes it smaller.",
        "The losses of the samples, added up and divided by the count: how wrong the network is.",
    ),
    "count": Sentences(
        "{count}.",
        "{count}.",
    ),
    "output_gradient": Sentences(
        "How the loss changes with each output: twice the error, divided by the count.",
        (
            "How the loss changes with output {column} of sample {sample}: twice its error, "
            "divided by the count."
        ),
    ),
    "activation_gradient": Sentences(
        "The errors of layer {next} flow back through its weights to the units of layer {n}.",
        (
            "Unit {column} of layer {n} has its part in every error it led to: the errors of "
            "layer {next} flow back to it, each through the weight between them."
        ),
    ),
    "slope": Sentences(
        "How much each activation moves when its weighted sum moves: {slope}.",
        (
            "How much the activation of unit {column} moves when its weighted sum moves, for "
            "sample {sample}."
        ),
    ),
    "delta": Sentences(
        "{chain}",
        "The error of unit {column} of layer {n} for sample {sample}: {chain_of_one}.",
    ),
    "weight_gradient": Sentences(
        (
            "Each weight's share: what came in through it times the error where it led, added up "
            "over the samples."
        ),
        (
            "How the loss changes with W{n}[{row}][{column}]: what came in through the weight "
            "times the error where it led, added up over the samples."
        ),
    ),
    "bias_gradient": Sentences(
        "A bias reaches its unit as it is, so its slope is the error, added up over the samples.",
        (
            "How the loss changes with b{n}[{row}]: the errors of unit {row}, added up over the "
            "samples."
        ),
    ),
    "new_weights": Sentences(
        "Every weight takes a small step against its slope, downhill, where the loss is smaller.",
        (
            "W{n}[{row}][{column}] takes a step against its slope: the learning rate times the "
            "slope is taken away."
        ),
    ),
    "new_biases": Sentences(
        "Every bias takes a small step against its slope.",
        (
            "b{n}[{row}] takes a step against its slope: the learning rate times the slope is "
            "taken away."
        ),
    ),
    "gradient_norm": Sentences(
        "How long the gradient is: the root of the sum of the squares of all slopes.",
        "How long the gradient is: the root of the sum of the squares of all slopes.",
    ),
    "coefficient": Sentences(
        "All slopes are multiplied by it if it is less than 1.",
        "All slopes are multiplied by it if it is less than 1.",
    ),
    "setting": Sentences(
        "A setting of the optimizer, {optimizer}.",
        "A setting of the optimizer.",
    ),
    "layer_setting": Sentences(
        "A setting of layer {n}, {kind}.",
        "A setting of layer {n}.",
    ),
    "memory": Sentences(
        "{optimizer} remembers it from step to step.",
        "A number that the optimizer remembers.",
    ),
    "new_memory": Sentences(
        "{optimizer} remembers it for the next step.",
        "A number that the optimizer remembers for the next step.",
    ),
    "parameter": Sentences(
        "{p}{n} is a parameter of layer {n}, which the training changes.",
        "A number of {p}{n}, a parameter of layer {n}.",
    ),
    "parameter_gradient": Sentences(
        "How the loss changes with each number of {p}{n}.",
        "How the loss changes with this number of {p}{n}.",
    ),
    "new_parameter": Sentences(
        "Every number of {p}{n} takes a step that makes the loss smaller.",
        "This number of {p}{n} takes its step.",
    ),
}

# The same for layers that are not dense, and for optimizers other than plain gradient descent.
OTHER_SENTENCES = {
    "given": Sentences(
        "{matrix} is a parameter of layer {n}, {kind}.",
        "A number of {matrix}, a parameter of layer {n}.",
    ),
    "z": Sentences(
        "What layer {n}, {kind}, makes of its inputs.",
        "What layer {n} makes of the inputs of sample {sample}: number {column}.",
    ),
    "a": Sentences(
        "What layer {n}, {kind}, passes on.",
        "What layer {n} passes on for sample {sample}: number {column}.",
    ),
    "activation_gradient": Sentences(
        "How the loss changes with what layer {n} passes on, as layer {next} hands it back.",
        "How the loss changes with what layer {n} passes on for sample {sample}: number {column}.",
    ),
    "delta": Sentences(
        "How the loss changes with z{n}, as layer {n}, {kind}, computes it.",
        "How the loss changes with z{n}[{row}][{column}].",
    ),
    "gradient": Sentences(
        "How the loss changes with each number of {parameter}, as layer {n} computes it.",
        "How the loss changes with this number of {parameter}.",
    ),
    "new": Sentences(
        "Every number of {parameter} after the step that {optimizer} takes.",
        "The number of {parameter} after its step.",
    ),
}
OTHER_FORWARD = "The samples pass through layer {n}, {kind}."
WITHOUT_PARAMETERS = "The error flows back to layer {n}, and through it."
OTHER_UPDATE = "{optimizer} takes a step with each parameter of layer {n}."

# Intermediate results that several numbers share, by function and local variable.
INTERMEDIATES = {
    ("softmax", "e"): (
        Role("e{n}", ("sample", "unit"), "exponentials of softmax in layer {n}"),
        Sentences(
            (
                "exp of each weighted sum, the largest of the row taken away first, against "
                "overflow."
            ),
            "exp of a weighted sum, the largest of its row taken away first, against overflow.",
        ),
    ),
    ("softmax", "total"): (
        Role("sum_e{n}", ("sample",), "sums of the exponentials in layer {n}"),
        Sentences(
            "The exponentials of each sample, added up: what each of them is divided by.",
            "The exponentials of sample {sample}, added up: what each of them is divided by.",
        ),
    ),
    ("activation_delta", "total"): (
        Role("sum_da{n}", ("sample",), "what the units of a softmax row share in layer {n}"),
        Sentences(
            "The slopes of each sample's outputs, weighted by their probabilities and added up.",
            (
                "The slopes of the outputs of sample {sample}, weighted by their probabilities and "
                "added up."
            ),
        ),
    ),
    ("draw_mask", "scale"): (
        Role("scale{n}", (), "by how much layer {n} enlarges what it keeps"),
        Sentences(*["What is kept grows by as much as is missing."] * 2),
    ),
    **{
        (f"{optimizer}.step", target): (
            Role(f"{target}{{p}}{{n}}", (), f"{target} of {optimizer}"),
            Sentences(sentence, sentence),
        )
        for optimizer in ("Adam", "AdamW")
        for target, sentence in (
            ("left", "How much of each number is left when it has shrunk."),
            ("root", "The root of how much of a mean the second moment is so far."),
            ("rate", "The learning rate, for moments that are not yet whole means."),
            ("small", "epsilon, for a second moment that is not yet a whole mean."),
        )
    },
}

DOES = {
    "sigmoid": "sigmoid squeezes {z} into the range from 0 to 1",
    "tanh": "tanh squeezes {z} into the range from -1 to 1",
    "relu": "relu lets {z} pass where it is positive, and puts 0 in its place where it is not",
    "leaky_relu": "leaky_relu lets {z} pass where it is positive, a hundredth of it where not",
    "linear": "linear passes {z} on as it is",
    "softmax": "softmax makes {z} a probability: its exponential's share of the row's sum",
}

SLOPES = {
    "sigmoid": "a * (1 - a) for sigmoid",
    "tanh": "1 - a * a for tanh",
    "relu": "1 where relu let the sum pass, 0 where it did not",
    "leaky_relu": "1 where leaky_relu let the sum pass, 0.01 where it did not",
    "linear": "always 1 for linear",
}

PHASE_SENTENCES = {
    "forward": (
        "layer {n} forward",
        "The samples pass through layer {n}: weighted sums first, then the activation function.",
    ),
    "loss": ("loss", "The outputs are compared with the targets."),
    "backward": (
        "layer {n} backward",
        "The error flows back to layer {n}, and each of its parameters learns its slope.",
    ),
    "clip": ("clipping", "Where the slopes are too steep, they are made smaller before the step."),
    "update": (
        "layer {n} update",
        "Each parameter of layer {n} moves a little against its slope.",
    ),
}

CHAINS = {
    "chain": "The chain rule: ∂L/∂z is ∂L/∂a times ∂a/∂z, element by element",
    "softmax": "The chain rule through softmax, where each weighted sum moves every output",
    "sigmoid cross-entropy": "The output minus its target, divided by the count: nothing else is "
    "left of the chain rule where cross-entropy follows sigmoid",
    "softmax cross-entropy": "The output minus its target, divided by the count: nothing else is "
    "left of the chain rule where cross-entropy follows softmax",
}

# One operation, by the number that it works for: {a} and {b} are its operands.
OPERATIONS = {
    ("z", "*"): "{a} reaches unit {column} through weight {b}.",
    ("z", "+"): "{b} is added to what the unit has received so far.",
    ("squared_error", "-"): "How far the output is from its target.",
    ("squared_error", "*"): "Squared: the sign is gone, and a large error counts more.",
    ("sample_loss", "-"): "{a} minus {b}.",
    ("sample_loss", "+"): "The next part of the sample's loss is added.",
    ("loss", "+"): "The next sample's loss is added.",
    ("loss", "/"): "Divided by the count.",
    ("output_gradient", "-"): "The error: the output minus its target.",
    ("output_gradient", "*"): "Twice the error: the derivative of a square.",
    ("output_gradient", "/"): "Divided by the count, because the loss is.",
    ("activation_gradient", "*"): "The error {a} flows back through weight {b}.",
    ("activation_gradient", "+"): "It is added to what has flowed back so far.",
    ("weight_gradient", "*"): "{a} came in through the weight, {b} is the error where it led.",
    ("weight_gradient", "+"): "The share of the next sample is added.",
    ("bias_gradient", "+"): "The error of the next sample is added.",
    ("new_weights", "*"): "The step: the learning rate times the slope.",
    ("new_weights", "-"): "The step is taken away, so the weight moves against its slope.",
    ("new_biases", "*"): "The step: the learning rate times the slope.",
    ("new_biases", "-"): "The step is taken away, so the bias moves against its slope.",
    ("", "+"): "{a} plus {b}.",
    ("", "-"): "{a} minus {b}.",
    ("", "*"): "{a} times {b}.",
    ("", "/"): "{a} divided by {b}.",
    ("", "neg"): "{a} with the other sign.",
    ("", "copy"): "{a}, as it is.",
    ("", "exp"): "e to the power {a}: never negative.",
    ("", "log"): "The natural logarithm of {a}.",
    ("", "log1p"): "The natural logarithm of 1 + {a}.",
    ("", "tanh"): "The hyperbolic tangent of {a}.",
    ("", "ldexp"): "{a} times 2 to the power {b}, which is exact.",
    ("", "frexp_mantissa"): "{a} without its power of two: a number from 1/2 to 1.",
    ("", "frexp_exponent"): "The power of two in {a}.",
    ("", "int"): "{a} as a whole number.",
    ("", "float"): "{a} as a float.",
    ("", "sqrt"): "The square root of {a}.",
}

# What a matrix is computed from; {from} is what enters layer {n}.
FORMULAS = {
    "z": "{from} · W{n}",
    "squared_error": "(a{n} - y)²",
    "cross_entropy": "-(y log a{n} + (1 - y) log(1 - a{n}))",
    "gradient_norm": "√(the sum of the squares of all slopes)",
    "coefficient": "clip_norm / (norm + 0.000001)",
    "loss": "(loss[0] + loss[1] + ...) / count",
    "output_gradient": "2 (a{n} - y) / count",
    "activation_gradient": "δ{next} · W{next}ᵀ",
    "weight_gradient": "{from}ᵀ · δ{n}",
    "bias_gradient": "the sums of the columns of δ{n}",
    "new_weights": "W{n} - learning_rate ∂L/∂W{n}",
    "new_biases": "b{n} - learning_rate ∂L/∂b{n}",
}

# The loss of a few samples is written out.
ADDED_LOSSES = {
    1: "loss[0] / count",
    2: "(loss[0] + loss[1]) / count",
    3: "(loss[0] + loss[1] + loss[2]) / count",
}

SAMPLE_LOSSES = {
    "sum_of_squares": "the sum of (a{n} - y)² over the outputs",
    "mean_squared_error": "the sum of (a{n} - y)² over the outputs",
    "binary_cross_entropy": "the sum of -(y log a{n} + (1 - y) log(1 - a{n})) over the outputs",
    "categorical_cross_entropy": "the sum of -y log a{n} over the outputs",
}

SLOPE_FORMULAS = {
    "sigmoid": "a{n} ⊙ (1 - a{n})",
    "tanh": "1 - a{n} ⊙ a{n}",
    "relu": "1 where a{n} > 0, otherwise 0",
    "leaky_relu": "1 where a{n} > 0, otherwise 0.01",
    "linear": "1",
}
