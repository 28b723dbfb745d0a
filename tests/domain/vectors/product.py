"""What the product answers to the questions of the catalogue."""

from chalicelib.domain.cron import Cron
from chalicelib.domain.dst import DstPolicy, Fold, Gap

MINUTE_MS = 60_000


def runs(cron: Cron, zone: str, policy: tuple[str, str], since: int, until: int) -> list[int]:
    """The runs in [since, until), all in minutes since the epoch."""
    gap, fold = policy
    meant = DstPolicy(Gap(gap), Fold(fold))
    found: list[int] = []
    slot = cron.next_after(since * MINUTE_MS - 1, zone, meant)
    while slot is not None and slot < until * MINUTE_MS:
        found.append(slot // MINUTE_MS)
        slot = cron.next_after(slot, zone, meant)
    return found
