"""What a frame of the running program tells: its variables, the line at which it stands."""

from __future__ import annotations

import os
import pdb
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from ..source.lines import Line, SourceFile
from ..step import training_step


class Frames:
    """Reads the frames of a training step in a debugger.

    running: the frame that is running; the debugger's ``curframe`` is the one that is looked at.
    """

    def __init__(self, debugger: pdb.Pdb) -> None:
        self.running: FrameType | None = None
        self._debugger = debugger
        self._files: dict[str, SourceFile] = {}

    def local(self, frame: FrameType) -> Mapping[str, Any]:
        """Return the local variables of a frame; what was assigned at the prompt counts already."""
        if frame is self._debugger.curframe:
            # Up to Python 3.12, reading f_locals anew would undo an assignment at the prompt.
            kept: Mapping[str, Any] | None = vars(self._debugger).get("curframe_locals")
            if kept is not None:
                return kept
        return frame.f_locals

    def names(self, frame: FrameType) -> Mapping[str, Any]:
        """Return the global and local variables of a frame."""
        return {**frame.f_globals, **self.local(frame)}

    def line(self, frame: FrameType, number: int | None = None) -> Line | None:
        """Return a line of a frame's source: the one at which it stands, if none is given."""
        source = self.source(frame.f_code.co_filename, frame.f_globals)
        return source.lines.get(frame.f_lineno if number is None else number)

    def source(self, filename: str, module: Mapping[str, Any]) -> SourceFile:
        if filename not in self._files:
            self._files[filename] = SourceFile(filename, module)
        return self._files[filename]

    def chain(self, frame: FrameType | None) -> list[FrameType]:
        """Return the frames from this one up to the training step; none outside of it."""
        chain = []
        while frame is not None:
            chain.append(frame)
            if frame.f_code is training_step.__code__:
                return chain
            frame = frame.f_back
        return []


def short_path(frame: FrameType) -> str:
    """Return the path of a frame's source from the package on, or its whole path."""
    filename = frame.f_code.co_filename
    folder = str(Path(os.path.abspath(__file__)).parents[3])
    path = os.path.abspath(filename)
    if path.startswith(folder + os.sep):
        return path[len(folder) + 1 :].replace(os.sep, "/")
    return filename
