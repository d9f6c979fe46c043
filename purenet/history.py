"""What a training run leaves behind."""

from __future__ import annotations

from typing import Any


class History:
    """The course of one call of ``fit``: a list each, with one entry an epoch.

    loss, accuracy: of the training samples, as each batch was met before its update, so that the
        first entry of a full-batch run is the loss of the network as it was given.
    validation_loss, validation_accuracy: of the validation data, after the epoch.
    first_epoch: the number of the first epoch, counted from 0 over the life of the network.
    stopped: why training ended before its last epoch, or None.
    best_epoch: the number of the epoch with the lowest loss, whose parameters the network has after
        a training with ``restore_best``; None without.

    The penalties of l1 and l2 are in both losses: in ``loss`` as their mean over the batches.

    The accuracies stay empty where the targets are no classes, the validation figures where no
    validation data was given.
    """

    loss: list[float]
    accuracy: list[float]
    validation_loss: list[float]
    validation_accuracy: list[float]
    first_epoch: int
    stopped: str | None
    best_epoch: int | None

    def __init__(
        self,
        loss: list[float] | None = None,
        accuracy: list[float] | None = None,
        validation_loss: list[float] | None = None,
        validation_accuracy: list[float] | None = None,
        first_epoch: int = 0,
        stopped: str | None = None,
        best_epoch: int | None = None,
    ) -> None:
        # In three lines, because every ``fit`` passes here on its way to the first product.
        self.loss, self.validation_loss = loss or [], validation_loss or []
        self.accuracy, self.validation_accuracy = accuracy or [], validation_accuracy or []
        self.first_epoch, self.stopped, self.best_epoch = first_epoch, stopped, best_epoch

    def __eq__(self, other: object) -> Any:
        return vars(self) == vars(other) if type(other) is type(self) else NotImplemented

    @property
    def epochs(self) -> int:
        """The number of epochs that were finished."""
        return len(self.loss)

    def _repr_svg_(self) -> str | None:
        if not self.loss:
            return None
        from .drawing.curves import line_chart_svg  # needed for nothing else

        series = {"training": self.loss}
        if self.validation_loss:
            series["validation"] = self.validation_loss
        return line_chart_svg(series, title="Training")

    def __repr__(self) -> str:
        if not self.loss:
            return "History(0 epochs)"
        last = f"loss {self.loss[0]:.6g} to {self.loss[-1]:.6g}"
        if self.accuracy:
            last += f", accuracy {self.accuracy[-1]:.4f}"
        if self.validation_loss:
            last += f", validation_loss {self.validation_loss[-1]:.6g}"
        return f"History({self.epochs} epochs, {last})"


class TrainingDiverged(ArithmeticError):
    """A weight or bias became NaN or infinite.

    epoch: the epoch at whose end it was found, counted from 0 over the life of the network.
    history: what ``fit`` would have returned, this epoch included.
    """

    def __init__(self, epoch: int, place: str, value: float, history: History) -> None:
        super().__init__(epoch, place, value, history)
        self.epoch = epoch
        self.place = place
        self.value = value
        self.history = history

    def __str__(self) -> str:
        return (
            f"training diverged in epoch {self.epoch} (counted from 0): "
            f"{self.place} is {self.value}; a smaller learning_rate or standardised inputs may help"
        )
