"""A training step worked on paper: every number with its formula, its numbers and its source.

``explain`` records a step (``recording``) and writes it out, by matrix, by number or by operation,
as text, Markdown, HTML or JSON.  Whatever is written with ``=`` is exact: Python, given the line,
returns the printed result.  Where a number is shown rounded, the sign is ``≈``.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any, Literal

from ...checks import as_choice
from ...given import Inputs, Targets
from ...models import TableModel
from ...names import OptimizerName
from ...network import Network
from ...optimizers import Optimizer
from ..recording.document import Recording
from ..recording.record import record
from .markdown import as_markdown
from .text import as_text

Grain = Literal["matrix", "number", "operation"]
Format = Literal["text", "markdown", "html", "json", "worksheet"]
GRAINS = ("matrix", "number", "operation")
FORMATS = ("text", "markdown", "html", "json", "worksheet")


class Explanation(str):
    """A worked step.  It is a text; at a prompt it shows as it is.

    recording: what it was written from.
    grain: how fine it was asked for, or None.
    page: the format in which notebooks show it.
    """

    recording: Recording
    grain: Grain | None = None
    page: Format = "html"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """Return the page to step through, or the worksheet, in a frame of its own."""
        page = html.escape(written(self.recording, self.grain, self.page))
        # As high as the window allows, where the frame knows it; in a frame that grows with what is
        # in it, as high as the page at least needs.
        style = "width:100%;height:clamp(640px,85vh,900px);border:0"
        # Downloads for pictures, forms for dialogs that close: the page's policy lets no form out.
        sandbox = "allow-scripts allow-downloads allow-forms"
        title = "A training step, worked"
        return (
            f'<iframe title="{title}" sandbox="{sandbox}" style="{style}" srcdoc="{page}"></iframe>'
        )


def explain(
    net: Network | TableModel,
    inputs: Inputs | Any,
    targets: Targets | None = None,
    learning_rate: float | None = None,
    *,
    steps: int = 1,
    optimizer: Optimizer | OptimizerName | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    sample: int | Sequence[int] | None = None,
    layer: int | None = None,
    unit: int | None = None,
    grain: Grain | None = None,
    format: Format = "text",
    open_functions: bool = False,
    ascii: bool = False,
    limit: int | None = None,
) -> Explanation:
    """Work one step of training with these samples, forward, loss, backward and update.

    net: a network of either backend; it stays as it is.
    inputs, targets: as for ``fit``; all samples are one batch.
        Of a ``TableModel``: rows with the target, as ``evaluate`` takes them, and no targets; the
        text speaks of columns, classes and units then.
    learning_rate: the optimizer's usual one if not given, 0.1 for plain gradient descent.
    optimizer: takes the step: one such as ``Adam()``, or its name; plain gradient descent if not
        given.  It carries on where the network's training with an equal one has stopped.
    clip_norm, clip_value: as for ``fit``.
    sample, layer, unit: less of it: a step with one sample alone, one layer, one unit of that
        layer; all counted from 0.
    grain: matrix, number or operation; the page opens at it.  If none is chosen every number is
        worked; in a network with images, of each large matrix one number, a window of a convolution
        for one.
    format: text (80 columns), markdown (as GitHub renders it), html (a page to step through),
        json (the recording), or worksheet (HTML to print: one step with one sample, with blanks to
        fill in, and the key on a page of its own).
    open_functions: work exp, log1p and tanh from the inside, too.
    ascii: write dL/dW1 and delta1 instead of ∂L/∂W1 and δ1 (in text).

    Raises ValueError if it would be more than ``limit`` operations (20,000, or 100,000 with
    images); the message says how to take less.

    >>> from purenet import Dense, Network
    >>> net = Network([Dense(2, 1, "linear", initializer=[[0.5], [-0.25]])], seed=1)
    >>> worked = explain(net, [[1.0, 2.0]], [1.0])
    >>> print(worked[worked.index("z1[0][0] =") : worked.index("dot, matrix.py")].rstrip())
    z1[0][0] = x[0][0] * W1[0][0] + x[0][1] * W1[1][0] + b1[0]
             = 1.0 * 0.5 + 2.0 * (-0.25) + 0.0
             = 0.0
    """
    if grain is not None:
        as_choice(grain, "grain", GRAINS)
    as_choice(format, "format", FORMATS)
    recording = record(
        net,
        inputs,
        targets,
        learning_rate,
        steps=steps,
        optimizer=optimizer,
        clip_norm=clip_norm,
        clip_value=clip_value,
        sample=sample,
        layer=layer,
        unit=unit,
        open_functions=open_functions,
        limit=limit,
    )
    explanation = Explanation(written(recording, grain, format, ascii=ascii))
    explanation.recording = recording
    explanation.grain = grain
    if format == "worksheet":
        explanation.page = format
    return explanation


def written(recording: Recording, grain: str | None, format: str, *, ascii: bool = False) -> str:
    """Return a recording in one of the formats."""
    if format == "json":
        return recording.to_json()
    if format == "markdown":
        return as_markdown(recording, grain)
    if format == "worksheet":
        from .worksheet import as_worksheet  # here, as the page is

        return as_worksheet(recording)
    if format == "html":
        from .page import render  # here, because the other formats do without the page

        return render(recording.data, as_text(recording, grain), grain)
    return as_text(recording, grain, ascii=ascii)
