from typing import Any

from purenet.matrix import Matrix, Rows

from .stages import Stage

SOURCES: int

class ConvolutionStage(Stage): ...

def feedforward(layer: Any, inputs: Rows) -> tuple[Matrix, Matrix] | None: ...
def gradient(
    layer: Any, inputs: Rows, delta: Rows
) -> tuple[list[Any], list[float] | None] | None: ...
def input_gradient(layer: Any, delta: Rows) -> Matrix | None: ...
