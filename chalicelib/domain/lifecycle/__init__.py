"""The named transitions of a task: each takes a task and returns the next one, one version on."""

from .ending import MAX_RESCUES, cancelled, completed, expired, failed, freed, let_go, settled
from .moves import held_lease
from .waiting import as_submitted, parked, placed, queued, rearmed, submitted
from .working import assigned, delivered, progressed, redelivered, started

__all__ = [
    "MAX_RESCUES",
    "as_submitted",
    "assigned",
    "cancelled",
    "completed",
    "delivered",
    "expired",
    "failed",
    "freed",
    "held_lease",
    "let_go",
    "parked",
    "placed",
    "progressed",
    "queued",
    "rearmed",
    "redelivered",
    "settled",
    "started",
    "submitted",
]
