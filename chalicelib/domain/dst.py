"""What becomes of a time of day that a clock change skips, and of one that it repeats."""

from enum import StrEnum

from chalicelib.values import dataclass


class Gap(StrEnum):
    """A time that the clocks do not show, as 02:30 where they go from 02:00 to 03:00."""

    NEXT = "next"  # right after the gap; all that the gap holds, and what is due at its end, is one run
    SKIP = "skip"  # not at all on that day


class Fold(StrEnum):
    """A time that the clocks show twice, as 01:30 where they go from 02:00 back to 01:00."""

    FIRST = "first"  # the first time only
    BOTH = "both"  # each time


@dataclass(frozen=True)
class DstPolicy:
    """Of an expression that names times of day; one that keeps its rhythm follows the clocks anyway."""

    gap: Gap = Gap.NEXT
    fold: Fold = Fold.FIRST


PLAIN = DstPolicy()
AS_SHOWN = DstPolicy(Gap.SKIP, Fold.BOTH)  # a run whenever the clocks show the time: what a rhythm means
