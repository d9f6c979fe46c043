"""Whether several threads are faster than one: they take turns at a training, on the clock.

How many threads pay where each has a processor of its own is worked out beforehand
(``Engine.threads_for``).  But another program may have one of these processors, and what one
processor has written may reach another slowly.  So one thread begins, all are tried, training goes
on with what was faster, and now and then the other way is tried again.  Which it is changes no bit.
"""

from __future__ import annotations

# In nanoseconds.
FIRST_TURN = 2_000_000  # of one thread; a shorter training starts no other
TRIAL = 1_000_000
LONGEST_TURN = 100_000_000
LONGEST_PAUSE = 4_000_000_000

# What may be slower is tried for so small a part of the time.
PART = 32

# Threads are used if they save so much; less may be chance.
GAIN = 0.03


class Sharing:
    """What was faster, and who computes next.

    ``together``: whether all threads take the next turn.  ``longest``: for how many nanoseconds,
    though a batch is always finished.
    """

    def __init__(self) -> None:
        self.together = False
        self.longest = FIRST_TURN
        self.faster: bool | None = None  # all threads?  None: they have not been tried
        self.pace_together = 0.0  # nanoseconds a sample, in the last turn
        self.pace_alone = 0.0
        self.since = 0  # nanoseconds since the other way was tried
        self.pause = 0  # from one such trial to the next

    def took(self, samples: int, nanoseconds: int, asleep: int) -> None:
        """Note how long the turn took, and decide who takes the next.

        asleep: for how much of that the first thread waited for the others.
        """
        self.since += nanoseconds
        if self.together:
            self.pace_together = nanoseconds / samples
        else:
            self.pace_alone = nanoseconds / samples
        if self.together is not (self.faster or False):
            self._decide(nanoseconds)
        elif self.since >= self.pause or self._has_slowed_down(nanoseconds, asleep):
            self.together, self.longest = not self.together, TRIAL
        else:
            self.longest = min(LONGEST_TURN, self.pause - self.since)

    def _has_slowed_down(self, nanoseconds: int, asleep: int) -> bool:
        """Return whether all threads seem to be no faster any more."""
        return self.together and (3 * asleep > nanoseconds or self.pace_together >= self.pace_alone)

    def _decide(self, nanoseconds: int) -> None:
        """Choose what was faster, after a trial that took so long."""
        together = self.pace_together < (1.0 - GAIN) * self.pace_alone
        least = PART * nanoseconds
        self.pause = min(max(2 * self.pause, least), LONGEST_PAUSE)
        if together is not self.faster:
            self.faster, self.pause = together, min(least, LONGEST_PAUSE)
        self.together, self.since = together, 0
        self.longest = min(LONGEST_TURN, self.pause)
