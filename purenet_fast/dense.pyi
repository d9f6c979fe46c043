from typing import Any

from purenet.matrix import Matrix, Rows

SOURCES: int

def feedforward(layer: Any, inputs: Rows) -> tuple[Matrix, Matrix] | None: ...
def input_gradient(layer: Any, delta: Rows) -> Matrix | None: ...
