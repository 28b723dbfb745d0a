"""Quarantine: an agent that fails time after time rests for a doubling while, and is then probed.

    faults in a row  1 2 3 4 5 | rests 30 s | one task: fails | rests 60 s | one task: succeeds | as before

Nothing is stored but the faults themselves, counted in the write that ends a task; the rest follows.
"""

from chalicelib.values import dataclass

from .trust import Evidence

FAULTS = 5  # in a row
FIRST_REST_MS = 30_000
DOUBLINGS = 5  # at most 16 minutes: who is well again is noticed within the hour
PROBE_SLOTS = 1


@dataclass(frozen=True)
class Streak:
    """An agent's own faults since it last succeeded; those of probes make it rest longer.

    Tasks that it held before its rest and that fail meanwhile are no probes: what breaks twenty tasks at once
    is one trouble.
    """

    faults: int = 0
    failed_probes: int = 0
    last_at: int = 0

    @property
    def is_probation(self) -> bool:
        """It is given one task at a time until one succeeds."""
        return self.faults >= FAULTS

    @property
    def rest_ms(self) -> int:
        """How long it is given nothing after its latest fault."""
        return FIRST_REST_MS * 2 ** min(self.failed_probes, DOUBLINGS) if self.is_probation else 0

    @property
    def rests_until(self) -> int | None:
        """Until then it is given nothing; None for an agent that is not on probation."""
        return self.last_at + self.rest_ms if self.is_probation else None

    def after(self, evidence: Evidence) -> "Streak":
        """A success ends it, a fault adds to it; the latest fault is the one written last."""
        if evidence.good:
            return Streak()
        return Streak(self.faults + 1, self.failed_probes + evidence.of_probe, evidence.at)
