"""What moved an agent's trust, one event after the other.

No score is stored with an event: sums only ever grow by what an event weighs, so walking back from the
sums of now, newest event first, gives the score before and after each.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from chalicelib.values import dataclass

from . import trust
from .agent import Agent
from .task import Attempt, Status, Task
from .trust import ADMIN_PART, Evidence, Posterior

ADJUSTED = "adjusted"
DISPROVED = "disproved"
_NOTHING = 1e-6  # of an event's weight: what floating point leaves of a sum that is undone


@dataclass(frozen=True, kw_only=True)
class Adjustment:
    """Evidence that an admin adds, and why; `before` and `after` as it was answered.

    Or what a task says of an agent that had nothing to do with its end: `task_id` is the one that the agent
    called hopeless, for this client, and that another completed.
    """

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
    task_id: str | None = None
    client_id: str | None = None

    @property
    def evidence(self) -> Evidence | None:
        """As results of then."""
        if self.capability is None:
            return None
        part = ADMIN_PART if self.client_id is None else trust.part_of(self.client_id, self.agent_id)
        return of_results(self.capability, self.successes, self.faults, part=part, at=self.at)


def admins_evidence(capability: str, successes: float, faults: float, *, at: int) -> Evidence:
    """So many results, whatever clients saw."""
    return of_results(capability, successes, faults, part=ADMIN_PART, at=at)


def of_results(capability: str, successes: float, faults: float, *, part: str, at: int) -> Evidence:
    """So many results at that time."""
    amount = trust.weight(at)
    return Evidence(capability, successes * amount, faults * amount, part, at)


def disproof(hopeless: Task, done: Task, agent: Agent) -> Adjustment | None:
    """The fault of an agent that called a task hopeless which another completed; None where it was none.

    The same work with the same input, by another agent than the first, and not by one of the client's own:
    nothing that a client gets wrong can lead here.
    """
    said, did = hopeless.last, done.last
    if said is None or did is None or not said.hopeless or did.own or did.agent_id == said.agent_id:
        return None
    if done.status is not Status.COMPLETED or done.document != hopeless.document:
        return None
    before = agent.trust(done.capability, now=did.ended_at)
    made = Adjustment(
        agent_id=said.agent_id,
        adjustment_id=f"{DISPROVED}-{hopeless.task_id}",
        at=did.ended_at,
        reason=f"called task {hopeless.task_id} hopeless, and {did.agent_id} completed it as {done.task_id}",
        before=before,
        after=before,
        capability=done.capability,
        faults=1.0,
        task_id=hopeless.task_id,
        client_id=hopeless.client_id,
    )
    assert made.evidence is not None
    sums = made.evidence.added_to(agent.evidence)
    return replace(made, after=trust.posterior(sums, done.capability, now=did.ended_at))


@dataclass(frozen=True, kw_only=True)
class TrustEvent:
    """One thing that moved trust. `cause` is how the attempt ended, "adjusted" or "disproved"."""

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
    """What an admin, or another agent's success, did to it."""
    return TrustEvent(
        event_id=made.adjustment_id,
        at=made.at,
        cause=ADJUSTED if made.task_id is None else DISPROVED,
        evidence=made.evidence,
        reason=made.reason,
        task_id=made.task_id,
        client_id=made.client_id,
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
