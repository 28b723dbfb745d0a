"""Leases given: whoever got a task could have it, as its own row stood then."""

from collections.abc import Iterator

from chalicelib.domain import routing

from .snapshot import History, Snapshot
from .violation import Violation, of_task

_FIND = "a defect of routing: keep the task's row and its agent's, they say why"


def eligible_claims(_: Snapshot, history: History) -> Iterator[Violation]:
    """9. At the claim the task could run, and the agent was able, alive, trusted and free."""
    for before, _after, agent, now in history.claims:
        refusal: object = routing.why_not(agent, before, now=now)
        if not before.may_run(now):
            refusal = f"it was {before.status} and in no line"
        if before.has_expired(now):
            refusal = "it had expired"
        if refusal is not None:
            yield of_task(before, 9, f"was given to {agent.agent_id}, though {refusal}", _FIND)
