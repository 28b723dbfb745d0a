"""Tasks and agents that routing is tried with."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import hypothesis.strategies as st

from chalicelib.domain import routing, trust
from chalicelib.domain.agent import Agent, Profile, Wish
from chalicelib.domain.content import Content
from chalicelib.domain.ids import mark
from chalicelib.domain.routing import Strategy
from chalicelib.domain.task import Attempt, Outcome, Task
from tests.contract.values import NOW, REPORT

PROFILE = ("capabilities", "tags", "versions")


def task(**changes: Any) -> Task:
    """In line, for an agent that can report."""
    plain = Task(
        task_id="t",
        tenant="acme",
        client_id="c",
        created_at=NOW,
        task_type="work",
        capability="report",
        document=Content("h", inline="{}"),
    )
    return replace(plain, **changes)


def agent(agent_id: str, *, good: float = 0, bad: float = 0, took_ms: float = 0, **changes: Any) -> Agent:
    """Alive, with four free slots and these results so far; parts of its profile are named like the rest."""
    scale = trust.weight(NOW)
    told = {"capabilities": ("report",)} | {name: changes.pop(name) for name in PROFILE if name in changes}
    part = "" if took_ms else trust.ADMIN_PART  # what an admin adds counts in full, and took no time
    successes = f"{REPORT}+{part}"
    sums = {successes: good * scale, f"{REPORT}-a": bad * scale, f"{REPORT}~": good * took_ms * scale}
    plain = Agent(
        agent_id=agent_id,
        tenant="acme",
        profile=Profile(display_name=agent_id, **told),
        registered_at=NOW - 60_000,
        max_concurrency=4,
        lease_until=NOW + 30_000,
        evidence={name: total for name, total in sums.items() if total},
    )
    return replace(plain, **changes)


def lost_by(agent_id: str) -> Attempt:
    return Attempt(
        attempt=0,
        token=1,
        agent_id=agent_id,
        assigned_at=NOW,
        started_at=NOW,
        ended_at=NOW,
        outcome=Outcome.AGENT_LOST,
    )


class Fixed:
    """Chance that always says the same; a posterior's draw is its mean."""

    def __init__(self, number: float = 0.5) -> None:
        self.number = number

    def random(self) -> float:
        return self.number

    def betavariate(self, alpha: float, beta: float) -> float:
        return alpha / (alpha + beta)

    def sample(self, population: Sequence[Any], k: int) -> list[Any]:
        return list(population[:k])


def eligible(candidates: Sequence[Agent], wanted: Task) -> list[Agent]:
    return [a for a in candidates if routing.why_not(a, wanted, now=NOW) is None]


AGENTS = st.lists(
    st.builds(
        agent,
        st.sampled_from(list("abcdefgh")),
        good=st.floats(0, 50),
        bad=st.floats(0, 50),
        took_ms=st.floats(0, 5_000),
        tags=st.sampled_from([(), ("gpu",), ("gpu", "eu")]),
        versions=st.sampled_from([{}, {"report": "1.4"}, {"report": "2"}, {"report": "blue"}]),
        tenant=st.sampled_from(["acme", "acme", "acme", "other"]),
        wish=st.sampled_from(Wish),
        in_flight=st.integers(0, 4),
        lease_until=st.sampled_from([NOW - 1, NOW + 1, NOW + 1]),
        last_assigned_at=st.none() | st.integers(NOW - 60_000, NOW),
    ),
    max_size=8,
    unique_by=lambda a: a.agent_id,
)
TASKS = st.builds(
    task,
    strategy=st.sampled_from([s.value for s in Strategy]),
    min_trust=st.none() | st.floats(0, 1),
    capability_version=st.sampled_from([None, None, ">=1.2,<2"]),
    required_tags=st.sampled_from([(), (), ("gpu",)]),
    preferred_tags=st.sampled_from([(), ("eu",), ("eu", "gpu")]),
    last=st.none() | st.builds(lost_by, st.sampled_from("abc")),
    failed_by=st.lists(st.sampled_from("abcd").map(mark), max_size=2, unique=True).map(tuple),
)
