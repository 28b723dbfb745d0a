"""What moved an agent's trust, one event after the other.

No score is stored with an event: sums only ever grow by what an event weighs, so walking back from the
sums of now, newest event first, gives the score before and after each.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from . import trust
from .task import Attempt, Task
from .trust import ADMIN_PART, Evidence, Posterior

ADJUSTED = "adjusted"
_NOTHING = 1e-6  # of an event's weight: what floating point leaves of a sum that is undone


@dataclass(frozen=True, kw_only=True)
class Adjustment:
    """Evidence that an admin adds, and why; `before` and `after` as it was answered."""

    agent_id: str
    adjustment_id: str
    at: int
    reason: str
    before: Posterior
    after: Posterior
    capability: str | None = None  # None where nothing is added and only a quarantine ends
    successes: float = 0.0
    faults: float = 0.0
    lifts_quarantine: bool = False
    request: str | None = None  # fingerprint of the request that an idempotency key came with

    @property
    def evidence(self) -> Evidence | None:
        """As results of now."""
        if self.capability is None:
            return None
        return admins_evidence(self.capability, self.successes, self.faults, at=self.at)


def admins_evidence(capability: str, successes: float, faults: float, *, at: int) -> Evidence:
    """So many results, whatever clients saw."""
    amount = trust.weight(at)
    return Evidence(capability, successes * amount, faults * amount, ADMIN_PART, at)


@dataclass(frozen=True, kw_only=True)
class TrustEvent:
    """One thing that moved trust. `cause` is how the attempt ended, or "adjusted"."""

    event_id: str
    at: int
    cause: str
    evidence: Evidence | None
    reason: str | None = None
    task_id: str | None = None
    token: int | None = None
    client_id: str | None = None

    @property
    def place(self) -> tuple[int, str]:
        """Its order among others."""
        return self.at, self.event_id


def of_attempt(attempt: Attempt, task: Task) -> TrustEvent | None:
    """What an ended assignment did to its agent's trust; None when nothing."""
    evidence = trust.verdict(attempt, task)
    if evidence is None:
        return None
    return TrustEvent(
        event_id=f"{task.task_id}#{attempt.token}",
        at=attempt.ended_at,
        cause=attempt.outcome.value,
        evidence=evidence,
        reason=attempt.error,
        task_id=task.task_id,
        token=attempt.token,
        client_id=task.client_id,
    )


def of_adjustment(made: Adjustment) -> TrustEvent:
    """What an admin did to it."""
    event_id = made.adjustment_id
    return TrustEvent(
        event_id=event_id, at=made.at, cause=ADJUSTED, evidence=made.evidence, reason=made.reason
    )


@dataclass(frozen=True)
class Told:
    """An event with the score of its capability before and after it, as they were then."""

    event: TrustEvent
    before: Posterior
    after: Posterior


def told(events: Iterable[TrustEvent], sums: Mapping[str, float]) -> tuple[list[Told], Mapping[str, float]]:
    """Events, newest first, with their scores, and the sums as they were before the oldest of them."""
    found: list[Told] = []
    for event in events:
        capability = event.evidence.capability if event.evidence is not None else None
        after = trust.posterior(sums, capability, now=event.at)
        sums = _without(sums, event.evidence)
        found.append(Told(event, trust.posterior(sums, capability, now=event.at), after))
    return found, sums


def _without(sums: Mapping[str, float], evidence: Evidence | None) -> Mapping[str, float]:
    if evidence is None:
        return sums
    left = dict(sums)
    for name, amount in evidence.amounts().items():
        rest = left.get(name, 0.0) - amount
        left[name] = rest if rest > _NOTHING * amount else 0.0
    return left
