"""A layer and two optimizers of the tests' own, in pure Python, which purenet knows nothing of."""

from types import SimpleNamespace

from purenet import Layer, LayerOutput, Optimizer


class Scale(Layer):
    """Every input times a weight of its own, and a number of the layer's added: no activation."""

    PARAMETERS = ("scale",)

    def __init__(self, inputs):
        self.inputs = self.outputs = inputs
        self.floor = 0.125
        self.scale = [1.0 + 0.5 * k for k in range(inputs)]

    def shape(self, name):
        return (self.outputs,)

    def settings(self):
        return {"inputs": self.inputs}

    def feedforward(self, inputs):
        z = []
        for i in range(len(inputs)):
            z_row = []
            for j in range(self.outputs):
                if inputs[i][j] == 0.0:
                    z_row.append(0.5)
                else:
                    z_row.append(self.times(inputs[i][j], self.scale[j]) + self.floor)
            z.append(z_row)
        return LayerOutput(z, z)

    @staticmethod
    def times(a, b):
        return a * b

    def delta(self, output, d_a):
        return d_a

    def gradient(self, inputs, delta):
        scale = []
        for j in range(self.outputs):
            total = 0.0
            for i in range(len(inputs)):
                if inputs[i][j] != 0.0:
                    total = total + inputs[i][j] * delta[i][j]
            scale.append(total)
        return SimpleNamespace(scale=scale, delta=delta)

    def input_gradient(self, inputs, delta):
        d_inputs = []
        for i in range(len(delta)):
            d_inputs_row = []
            for j in range(self.inputs):
                d_inputs_row.append(delta[i][j] * self.scale[j])
            d_inputs.append(d_inputs_row)
        return d_inputs


class Momentum(Optimizer):
    """A step that keeps a part of the steps before: remembers a velocity for each number."""

    def __init__(self, momentum):
        self.momentum = momentum

    def start(self, parameter):
        return [[0.0] * len(row) for row in parameter]

    def step(self, parameter, gradient, learning_rate, memory):
        for k in range(len(parameter)):
            for j in range(len(parameter[k])):
                memory[k][j] = self.momentum * memory[k][j] - learning_rate * gradient[k][j]
                parameter[k][j] = parameter[k][j] + memory[k][j]


class Decay(Optimizer):
    """A step that gets smaller: remembers a number and a count; leaves small slopes alone."""

    def start(self, parameter):
        return {"slowness": 1.0, "steps": 0}

    def step(self, parameter, gradient, learning_rate, memory):
        memory["slowness"] = memory["slowness"] * 2.0
        memory["steps"] += 1
        for k in range(len(parameter)):
            for j in range(len(parameter[k])):
                if gradient[k][j] > 0.01 or gradient[k][j] < -0.01:
                    slope = gradient[k][j] / memory["slowness"]
                    parameter[k][j] = parameter[k][j] - learning_rate * slope
