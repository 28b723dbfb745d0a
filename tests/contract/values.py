"""Plain tasks, agents, schedules and executions, and strategies for all that they may hold."""

import dataclasses
import hashlib
from typing import Any, get_type_hints

from hypothesis import settings
from hypothesis import strategies as st

from chalicelib.domain import lifecycle, trust
from chalicelib.domain.agent import Agent, Profile
from chalicelib.domain.content import Content
from chalicelib.domain.execution import Execution
from chalicelib.domain.retry import RetryPolicy
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Attempt, Lease, Task

NOW = 1_800_000_000_000
TENANT = "acme"
MATH, REPORT = (trust.stem(capability) for capability in ("math", "report"))
EXAMPLES = settings(max_examples=15, deadline=None, derandomize=True, database=None)


def in_line(text: str) -> Content:
    """A document on the row itself."""
    return Content(hashlib.sha256(text.encode()).hexdigest(), inline=text)


def a_task(task_id: str = "task-1", **changes: Any) -> Task:
    """A task in line, first version."""
    plain = {
        "tenant": TENANT,
        "client_id": "client-1",
        "created_at": NOW,
        "task_type": "sum",
        "capability": "math",
        "document": in_line('{"input":1}'),
    }
    return dataclasses.replace(lifecycle.submitted(Task(task_id=task_id, **plain), now=NOW), **changes)


def an_agent(
    agent_id: str = "agent-1", *, capabilities: tuple[str, ...] = ("math",), **changes: Any
) -> Agent:
    """An agent that is alive, with one free slot."""
    plain = {
        "tenant": TENANT,
        "profile": Profile(display_name=agent_id, capabilities=capabilities),
        "registered_at": NOW,
        "lease_until": NOW + 30_000,
        "last_heartbeat": NOW,
        "due_at": NOW + 600_000,
    }
    return Agent(agent_id=agent_id, **plain | changes)


def a_schedule(schedule_id: str = "schedule-1", **changes: Any) -> Schedule:
    """An active schedule, due in a minute."""
    plain = {
        "tenant": TENANT,
        "client_id": "client-1",
        "created_at": NOW,
        "task_type": "sum",
        "capability": "math",
        "document": in_line('{"input":1}'),
        "cron": "* * * * *",
        "next_slot": NOW + 60_000,
    }
    return Schedule(schedule_id=schedule_id, **plain | changes)


def a_run(schedule_id: str = "schedule-1", *, slot: int = NOW, **changes: Any) -> Execution:
    """A slot whose task is open."""
    plain = {"task_id": f"task-{slot}", "executed_at": slot + 5}
    return Execution(schedule_id=schedule_id, slot=slot, **plain | changes)


def held(task: Task, agent: Agent, *, now: int = NOW) -> Task:
    """The task as given to the agent."""
    return lifecycle.assigned(
        task, agent_id=agent.agent_id, session_id=agent.session_id, now=now, start_within_ms=60_000
    )


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
tenants = names.filter(lambda name: "#" not in name)
times = st.integers(0, 2**53)
counts = st.integers(0, 2**31)
instants = st.integers(0, 2**41)  # until 2039: what an event weighs doubles each week
shares = st.floats(0, 1, allow_subnormal=False)
numbers = st.floats(-1e15, 1e15, allow_subnormal=False)
documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(texts, documents, max_size=3)


def whole(kind: type, **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values of a dataclass with every field drawn, so that one added later is drawn too."""
    hints = get_type_hints(kind)
    drawn = {f.name: _of(hints[f.name]) for f in dataclasses.fields(kind) if f.name not in given}
    return st.builds(kind, **drawn, **given)


def _of(hint: Any) -> st.SearchStrategy[Any]:
    inner = [part for part in getattr(hint, "__args__", ()) if part is not type(None)]
    if type(None) in getattr(hint, "__args__", ()):
        return st.none() | _of(inner[0])
    plain = {int: times, float: shares, str: texts, bool: st.booleans(), Content: whole_content()}
    return plain[hint] if hint in plain else st.from_type(hint)


def whole_content() -> st.SearchStrategy[Content]:
    """In line, or a reference."""
    return texts.map(in_line) | st.builds(Content, sha256=texts, owner=names, kind=names)


policies = whole(RetryPolicy, multiplier=numbers, backoff_ms=counts, max_backoff_ms=counts)
tasks = whole(
    Task,
    task_id=names,
    tenant=tenants,
    client_id=names,
    retry=policies,
    lease=st.none() | whole(Lease, agent_id=names),
    last=st.none() | whole(Attempt, agent_id=names, ended_at=instants),
    queue_key=st.none() | names,
)
profiles = whole(
    Profile,
    capabilities=st.lists(names, unique=True, max_size=3).map(tuple),
    tags=st.lists(texts, max_size=3).map(tuple),
    metadata=objects,
    versions=st.dictionaries(names, texts, max_size=3),
)
sums = st.dictionaries(names.map("{}+".format), st.floats(1, 1e60), max_size=4)
agents = whole(
    Agent, agent_id=names, tenant=names, profile=profiles, session_id=st.none() | names, evidence=sums
)
schedules = whole(  # none is made unreadable: only a row can be
    Schedule, schedule_id=names, tenant=names, client_id=names, task_options=objects, unreadable=st.none()
)
runs = whole(Execution, schedule_id=names)
