"""Whether several threads are faster than one: they take turns at a training, on the clock.

How many threads pay where each has a processor of its own is worked out beforehand
(``Engine.threads_for``).  But another program may have one of these processors.  So now and then
one thread computes alone, and training goes on with what was faster.  Which it is changes no bit.
"""

from __future__ import annotations

# In nanoseconds.
SHORTEST_TURN = 2_000_000
LONGEST_TURN = 100_000_000
LONGEST_BREAK = 4_000_000_000

# What may be slower is tried for so small a part of the time.
PART = 32


class Sharing:
    """What was faster, and who computes next.

    ``together``: whether all threads take the next turn.  ``longest``: for how many nanoseconds,
    though a batch is always finished.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.together = True
        self.longest = SHORTEST_TURN
        self.pace_together = 0.0  # nanoseconds a sample, in the last turn; 0.0: there was none
        self.pace_alone = 0.0
        self.since = 0  # nanoseconds since the other way was tried
        self.trial = 0  # nanoseconds until one thread is tried for the first time
        self.pause = 0  # and from one failed trial of all threads to the next

    def took(self, samples: int, nanoseconds: int, asleep: int) -> None:
        """Note how long the turn took, and decide who takes the next.

        asleep: for how much of that the first thread waited for the others.
        """
        self.since += nanoseconds
        if self.together:
            self.pace_together = nanoseconds / samples
            self._after_all(nanoseconds, asleep)
        else:
            self.pace_alone = nanoseconds / samples
            self._after_one()

    def _after_all(self, nanoseconds: int, asleep: int) -> None:
        if self.pace_alone == 0.0:
            if self.trial == 0:  # one thread takes so many times as long, if all is well
                self.trial = PART // 4 * self.threads * nanoseconds
            if self.since >= self.trial or 3 * asleep > nanoseconds:
                self._next(False, SHORTEST_TURN)
            else:
                self._next(True, min(2 * self.longest, self.trial))
        elif self.pace_together < self.pace_alone:
            self.pause = 0
            self._next(True, min(4 * self.longest, LONGEST_TURN))
        else:
            trial = nanoseconds if self.longest == SHORTEST_TURN else SHORTEST_TURN
            self.pause = min(max(2 * self.pause, PART * trial), LONGEST_BREAK)
            self.since = 0
            self._next(False, min(LONGEST_TURN, self.pause))

    def _after_one(self) -> None:
        if self.pace_together < self.pace_alone or self.since >= self.pause:
            self.since = 0
            self._next(True, SHORTEST_TURN)
        else:
            self._next(False, min(LONGEST_TURN, self.pause - self.since))

    def _next(self, together: bool, longest: int) -> None:
        self.together, self.longest = together, longest
