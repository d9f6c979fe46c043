from .stages import Stage

SOURCES: int

class PassingStage(Stage): ...
