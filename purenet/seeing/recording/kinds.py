"""What the matrices of convolutions, pooling, dropout and recurrence mean, and those of optimizers.

Templates as in ``words``.  In the sentences about one number of an image or a sequence each of its
axes is a template as well: {sample}, {channel}, {row}, {column}, {step}.
"""

from __future__ import annotations

from typing import NamedTuple

from .words import Sentences


class Words(NamedTuple):
    """What a matrix is computed from, what it means, and what one of its numbers means."""

    formula: str | None
    matrix: str
    number: str

    @property
    def sentences(self) -> Sentences:
        return Sentences(self.matrix, self.number)


_PASSED_ON = "What layer {n} passes on: nothing is computed."

# By the kind of the layer that computes a matrix, and the matrix's role.
KINDS: dict[tuple[str, str], Words] = {
    ("Conv2D", "weights"): Words(
        None,
        "W{n}[f][c][dy][dx]: what filter f multiplies the pixel by that lies under row dy, column "
        "dx of its window, in channel c.",
        "What filter {filter} multiplies the pixel by that lies under row {row}, column {column} "
        "of its window, in channel {channel}.",
    ),
    ("Conv2D", "biases"): Words(
        None,
        "b{n}[f] is added to every sum of filter f of layer {n}.",
        "The bias of filter {row} of layer {n}.",
    ),
    ("Conv2D", "z"): Words(
        "{from} ⋆ W{n}{plus_bias}",
        "The window of each filter, {window}, moves over the image{moves}: each pixel under it "
        "times its weight, added up{bias}.",
        "Sample {sample}: the window of filter {channel} stands at place {row}, {column}. Each "
        "pixel under it times its weight, added up{bias}.",
    ),
    ("Conv2D", "a"): Words(
        "{activation}(z{n})",
        "The activation function {activation} turns each sum into what the filter passes on.",
        "{does}: what filter {channel} passes on.",
    ),
    ("Conv2D", "slope"): Words(
        "{slope_formula}",
        "How much each activation moves when its sum moves: {slope}.",
        "How much the activation of filter {channel} at {row}, {column} moves when its sum moves.",
    ),
    ("Conv2D", "delta"): Words(
        "∂L/∂a{n} ⊙ ∂a{n}/∂z{n}",
        "{chain}",
        "The error of filter {channel} at {row}, {column} for sample {sample}: {chain_of_one}.",
    ),
    ("Conv2D", "weight_gradient"): Words(
        "{from} ⋆ δ{n}{plus_slopes}",
        "Each weight's share: the pixels that lay under it, each times the error of the window's "
        "place, added up over samples and places{and_slopes}.",
        "How the loss changes with W{n}[{row}][{column}]: the pixels that lay "
        "under it, each times the error of the window's place{and_slopes}.",
    ),
    ("Conv2D", "bias_gradient"): Words(
        "the sums of δ{n} over samples, rows and columns",
        "A bias reaches every place of its filter as it is, so its slope is the errors there, "
        "added up.",
        "How the loss changes with b{n}[{row}]: the errors of filter {row}, added up.",
    ),
    ("Conv2D", "activation_gradient"): Words(
        "δ{next} ⋆ W{next}, turned",
        "The errors of layer {next} flow back through the windows, to the pixels under them.",
        "Every window that lay over this pixel sends its error back, through the weight between "
        "them.",
    ),
    ("MaxPool2D", "a"): Words(
        "the largest under each window of {from}",
        "Of each window, {window}, the largest number wins and is passed on; of equal ones the "
        "first.",
        "The largest under the window at place {row}, {column} of channel {channel}.",
    ),
    ("MaxPool2D", "activation_gradient"): Words(
        "{error} where a{n} won, otherwise 0",
        "The number that won gets the error of its window, the others get none.",
        "What comes back from the windows that this number won; 0.0 if it won none.",
    ),
    ("AveragePool2D", "a"): Words(
        "the mean under each window of {from}",
        "Of each window, {window}, the mean is passed on.",
        "The mean under the window at place {row}, {column} of channel {channel}.",
    ),
    ("AveragePool2D", "activation_gradient"): Words(
        "{error}, shared out",
        "Each number under a window gets an equal share of its error.",
        "Its share of the errors of the windows that lay over it.",
    ),
    ("Flatten", "a"): Words(
        "{from}, as one row",
        "The image, channel by channel and row by row, as one row of numbers: nothing is computed.",
        _PASSED_ON,
    ),
    ("Flatten", "activation_gradient"): Words(
        "{error}, as images",
        "The errors, folded back into images: nothing is computed.",
        "The error of the same number in the row.",
    ),
    ("Dropout", "mask"): Words(
        "0, or 1 / (1 - rate{n})",
        "What chance leaves out is multiplied by 0, what it keeps by 1 / (1 - rate{n}), so that as "
        "much is there as before. It depends on seed, epoch and batch alone.",
        "0.0 leaves this number out; otherwise it is kept, and grows.",
    ),
    ("Dropout", "a"): Words(
        "{from} ⊙ mask{n}",
        "Every number times its place in the mask: what layer {n} passes on in training.",
        "What is left of the number in training.",
    ),
    ("Dropout", "delta"): Words(
        "∂L/∂a{n} ⊙ mask{n}",
        "Where a number was left out, no error goes back.",
        "The error, times the same place of the mask.",
    ),
    ("Dropout", "activation_gradient"): Words(
        "δ{next}",
        "The errors of layer {next}, as they are.",
        "The error of layer {next}, as it is.",
    ),
    ("Recurrent", "weights"): Words(
        None,
        "W{n}[k][j] leads from input k of a step to unit j of layer {n}; it is the same for all "
        "steps.",
        "The weight that leads from input {row} of a step to unit {column} of layer {n}.",
    ),
    ("Recurrent", "biases"): Words(
        None,
        "b{n}[j] is added to what unit j of layer {n} receives at every step.",
        "The bias of unit {row} of layer {n}.",
    ),
    ("Recurrent", "parameter"): Words(
        None,
        "U{n}[k][j] leads from unit k, one step earlier, to unit j.",
        "The weight that leads from unit {row}, one step earlier, to unit {column}.",
    ),
    ("Recurrent", "z"): Words(
        "{from}[t] · W{n} + states{n}[t-1] · U{n}{plus_bias}",
        "Every unit adds up the inputs of the step, each times its weight, and the state of the "
        "step before, each number times its recurrent weight{bias}.",
        "A unit of layer {n} adds up the inputs of the step and the state of the step before, each "
        "times its weight{bias}.",
    ),
    ("Recurrent", "states"): Words(
        "{activation}({from}[t] · W{n} + states{n}[t-1] · U{n}{plus_bias})",
        "Step by step: the inputs and the state before make the next state. It begins with zeros.",
        "The state of unit {unit} after step {step} of sample {sample}.",
    ),
    ("Recurrent", "a"): Words(
        "{last_state}",
        "What layer {n} passes on of its states: {passed}.",
        "The state, passed on.",
    ),
    ("Recurrent", "output_delta"): Words(
        "∂L/∂a{n} ⊙ ∂a{n}/∂z{n}",
        "{chain} This is what reaches the sums from above, before it goes back through time.",
        "What reaches the sum from above: {chain_of_one}.",
    ),
    ("Recurrent", "slope"): Words(
        "{slope_formula}",
        "How much each activation moves when its sum moves: {slope}.",
        "How much the activation moves when its sum moves.",
    ),
    ("Recurrent", "delta"): Words(
        "{above}(δ{n}[t+1] · U{n}ᵀ) ⊙ ∂a{n}/∂z{n}",
        "From the last step to the first: the errors of the next step flow back through the "
        "recurrent weights.",
        "The error of unit {unit} at step {step} of sample {sample}: what the next step sends back "
        "through the recurrent weights, times the slope.",
    ),
    ("Recurrent", "weight_gradient"): Words(
        "{from}ᵀ · δ{n}{plus_slopes}",
        "The steps share their weights: what came in times the error where it led, added up over "
        "samples and steps{and_slopes}.",
        "How the loss changes with W{n}[{row}][{column}]: input {row} times the error of unit "
        "{column}, added up over samples and steps{and_slopes}.",
    ),
    ("Recurrent", "parameter_gradient"): Words(
        "states{n}[t-1]ᵀ · δ{n}{plus_recurrent_slopes}",
        "The state before each step times the error where it led, added up over samples and "
        "steps{and_slopes}.",
        "How the loss changes with U{n}[{row}][{column}]: the state of unit {row} before a step "
        "times the error of unit {column}, added up over samples and steps{and_slopes}.",
    ),
    ("Recurrent", "bias_gradient"): Words(
        "the sums of δ{n} over samples and steps",
        "A bias reaches its unit at every step as it is, so its slope is the errors, added up.",
        "How the loss changes with b{n}[{row}]: the errors of unit {row}, added up.",
    ),
    ("Recurrent", "activation_gradient"): Words(
        "δ{next}[t] · W{next}ᵀ",
        "The errors of each step flow back through the weights to what came in at that step.",
        "An input of a step has its part in every error it led to at that step.",
    ),
}

# One operation of such a layer, by the number that it works for.
KIND_OPERATIONS = {
    ("Conv2D", "z", "*"): "The pixel {a} times the weight over it, {b}.",
    ("Conv2D", "z", "+"): "{b} is added to what the window has gathered so far.",
    (
        "Conv2D",
        "weight_gradient",
        "*",
    ): "The pixel {a} lay under the weight, {b} is the error there.",
    ("Conv2D", "weight_gradient", "+"): "The share of the next place is added.",
    ("Conv2D", "bias_gradient", "+"): "The error of the next place is added.",
    ("Conv2D", "activation_gradient", "*"): "The error {a} flows back through weight {b}.",
    ("Conv2D", "activation_gradient", "+"): "It is added to what has flowed back so far.",
    ("MaxPool2D", "a", "copy"): "{a} has won.",
    ("MaxPool2D", "activation_gradient", "+"): "The error of a window that this number won.",
    ("AveragePool2D", "a", "+"): "The next number under the window is added.",
    ("AveragePool2D", "a", "/"): "Divided by how many there are.",
    ("Dropout", "a", "*"): "{a} times its place in the mask.",
    ("Dropout", "delta", "*"): "The error {a} times the same place in the mask.",
    ("Recurrent", "z", "*"): "{a} reaches the unit through weight {b}.",
    ("Recurrent", "states", "*"): "{a} reaches the unit through weight {b}.",
    ("Recurrent", "weight_gradient", "*"): "{a} came in, {b} is the error where it led.",
    ("Recurrent", "parameter_gradient", "*"): "{a} was the state before, {b} the error it led to.",
    ("Recurrent", "activation_gradient", "*"): "The error {a} flows back through weight {b}.",
}

_STEP = "Each number of {parameter} takes a step against its slope: {why}."
_ONE = "{name} is the number after its step."
_ADAM = "Each number moves by its mean slope, divided by the size that its slopes have had of late."

# By optimizer and what it remembers; "new" is the parameter after the step.  {w} is the parameter,
# {g} its slope.
OPTIMIZERS: dict[tuple[str, str], Words] = {
    ("Momentum", "velocity"): Words(
        "momentum velocity_{w} + {g}",
        "The velocity keeps a part of what it was, and the slope is added.",
        "A part of the velocity before, and the slope.",
    ),
    ("Momentum", "new"): Words(
        "{w} - learning_rate velocity_{w}′",
        "Each number of {parameter} moves with its velocity.",
        _ONE,
    ),
    ("Nesterov", "velocity"): Words(
        "momentum velocity_{w} + {g}",
        "The velocity keeps a part of what it was, and the slope is added.",
        "A part of the velocity before, and the slope.",
    ),
    ("Nesterov", "new"): Words(
        "{w} - learning_rate ({g} + momentum velocity_{w}′)",
        "Each number of {parameter} moves by its slope and by a part of its new velocity.",
        _ONE,
    ),
    ("AdaGrad", "total"): Words(
        "total_{w} + {g}²",
        "The squares of all slopes so far, added up.",
        "The square of the slope is added.",
    ),
    ("AdaGrad", "new"): Words(
        "{w} - learning_rate {g} / (√total_{w}′ + epsilon)",
        _STEP.replace("{why}", "the more it was pushed, the smaller"),
        _ONE,
    ),
    ("RMSProp", "average"): Words(
        "decay average_{w} + (1 - decay) {g}²",
        "A mean of the squares of the slopes, in which the older ones fade.",
        "A part of the mean before, and of the square of the slope.",
    ),
    ("RMSProp", "new"): Words(
        "{w} - learning_rate {g} / (√average_{w}′ + epsilon)",
        _STEP.replace("{why}", "divided by the size that its slopes have had of late"),
        _ONE,
    ),
    ("Adam", "first_moment"): Words(
        "beta1 first_moment_{w} + (1 - beta1) {g}",
        "The first moment: a mean of the slopes, in which the older ones fade.",
        "A part of the mean before, and of the slope.",
    ),
    ("Adam", "second_moment"): Words(
        "beta2 second_moment_{w} + (1 - beta2) {g}²",
        "The second moment: a mean of the squares of the slopes, in which the older ones fade.",
        "A part of the mean before, and of the square of the slope.",
    ),
    ("Adam", "beta1_power"): Words(
        "beta1_power_{w} beta1",
        "beta1 to the power of the number of steps so far.",
        "It goes on from step to step.",
    ),
    ("Adam", "beta2_power"): Words(
        "beta2_power_{w} beta2",
        "beta2 to the power of the number of steps so far.",
        "It goes on from step to step.",
    ),
    ("Adam", "new"): Words(
        "{w} - rate_{w} first_moment_{w}′ / (√second_moment_{w}′ + small_{w})",
        _ADAM,
        _ONE,
    ),
    ("AdamW", "new"): Words(
        "{w} left_{w} - rate_{w} first_moment_{w}′ / (√second_moment_{w}′ + small_{w})",
        f"Each number shrinks a little first. {_ADAM}",
        _ONE,
    ),
}
for _label in ("first_moment", "second_moment", "beta1_power", "beta2_power"):
    OPTIMIZERS["AdamW", _label] = OPTIMIZERS["Adam", _label]

PENALTY = Words(
    "{penalty_formula}",
    "What large weights cost: the loss grows by it.",
    "What the weights of layer {n} add to the loss.",
)
CLIPPED = Words(
    None,
    "The slopes after the gradient was clipped: {clipping}.",
    "The slope after clipping.",
)
