from .flatten import PassingStage

SOURCES: int

class DropoutStage(PassingStage): ...
