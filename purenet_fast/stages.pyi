from typing import Any

SOURCES: int

class Stage:
    def __init__(self, layer: Any, inputs: Any) -> None: ...

STAGES: dict[type, tuple[type[Stage], type[Stage]]]

class StandIns:
    def __init__(
        self,
        network_class: type,
        network_names: tuple[str, ...],
        layer_class: type,
        layer_names: tuple[str, ...],
    ) -> None: ...
    def stand_for(self, network: Any) -> bool: ...
