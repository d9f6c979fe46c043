"""One call at a time: the claim of a call on a network whose weights it changes.

A lock would stay locked for ever where Ctrl-C comes between taking it and the ``with`` that gives
it back, and in the child of a fork that happened while another thread held it.  A claim is the
frame of the call itself: it holds as long as some thread of this process executes that frame, and
whoever comes next takes over one that nobody executes any more.
"""

from __future__ import annotations

import sys
from types import FrameType


class Claim:
    """Held by one call at a time: ``with claim: ...``.

    Raises RuntimeError where another call holds it, of this thread or another; nobody waits.  It
    can be taken again after whatever ended the call before, wherever that was interrupted.
    """

    def __init__(self) -> None:
        # Each frame by the one that it took over from; the first took over from None.  Who comes
        # at the end of that chain holds the claim.  `setdefault` looks and enters in one step, so
        # that of several calls one is entered, and the others find it.
        self._successors: dict[FrameType | None, FrameType] = {}

    def __enter__(self) -> None:
        if self._successors.setdefault(None, sys._getframe(1)) is not sys._getframe(1):
            self._take_over(sys._getframe(1))

    def __exit__(self, *exception: object) -> None:
        self._successors.clear()

    def _take_over(self, frame: FrameType) -> None:
        """Enter a frame behind the last one, or raise RuntimeError if that is still executed."""
        entered = False
        while not entered:
            holder = None
            while (successor := self._successors.setdefault(holder, frame)) is not frame:
                if _is_executed(successor):
                    raise RuntimeError(
                        "this network is being trained already, expected one call at a time"
                    )
                holder = successor
            # Another thread may have cleared the chain meanwhile.  Then this entry is not reached
            # from its start, and does not count.
            entered = self._leads_to(frame)

    def _leads_to(self, frame: FrameType) -> bool:
        holder = None
        while (successor := self._successors.get(holder)) is not None:
            if successor is frame:
                return True
            holder = successor
        return False


def _is_executed(frame: FrameType) -> bool:
    """Return whether a thread of this process is in the call that this frame belongs to."""
    for innermost in sys._current_frames().values():
        current: FrameType | None = innermost
        while current is not None:
            if current is frame:
                return True
            current = current.f_back
    return False
