"""What clients and agents do, in a word each."""

from typing import Any

from chalicelib.domain.agent import Agent, Delivery, Profile, Wish
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Status, Task
from chalicelib.services.holding import Report
from chalicelib.services.submission import Options, Order
from chalicelib.services.syncing import Answer, Named, Said

from .worlds import Watched

TENANT = "acme"
CAPABILITY = "report"


def registered(
    w: Watched,
    agent_id: str = "a",
    *,
    capabilities: tuple[str, ...] = (CAPABILITY,),
    slots: int = 1,
    session: str | None = None,
    delivery: Delivery = Delivery.POLL,
    tenant: str = TENANT,
    **profile: Any,
) -> Agent:
    """An agent that is there."""
    agent, _ = w.use_cases.agents.register(
        agent_id,
        Profile(display_name=agent_id, capabilities=capabilities, delivery=delivery, **profile),
        tenant=tenant,
        max_concurrency=slots,
        session_id=session,
        descriptions={name: {"does": name} for name in capabilities},
    )
    return agent


def submitted(
    w: Watched, *, capability: str = CAPABILITY, input_data: Any = None, tenant: str = TENANT, **asked: Any
) -> str:
    """The id of a new task; what is not a field of an order is one of its options."""
    of_order = {k: asked.pop(k) for k in ("priority", "expires_at", "not_before", "metadata") if k in asked}
    order = Order(
        client_id=asked.pop("client_id", "client"),
        task_type="work",
        capability=capability,
        input_data=input_data,
        options=Options(**asked),
        **of_order,
    )
    task, _ = w.use_cases.submission.submit(order, tenant=tenant)
    return task.task_id


def row(w: Watched, task_id: str) -> Task:
    """The task as it stands."""
    return w.tasks.rows[task_id]


def token(w: Watched, task_id: str) -> int:
    return row(w, task_id).token


def report(w: Watched, task_id: str, status: Status, *, agent_id: str = "a", **told: Any) -> Task:
    """A report under the current token, unless another is named."""
    told.setdefault("token", token(w, task_id))
    said = Report(task_id=task_id, agent_id=agent_id, status=status, **told)
    return w.use_cases.holding.report(said, tenant=TENANT)


def start(w: Watched, task_id: str, **told: Any) -> Task:
    return report(w, task_id, Status.ACTIVE, **told)


def complete(w: Watched, task_id: str, **told: Any) -> Task:
    return report(w, task_id, Status.COMPLETED, **told)


def fail(w: Watched, task_id: str, **told: Any) -> Task:
    return report(w, task_id, Status.FAILED, **told)


def cancel(w: Watched, task_id: str, reason: str | None = None) -> Task:
    return w.use_cases.cancelling.cancel(task_id, tenant=TENANT, reason=reason)


def beat(w: Watched, agent_id: str = "a", wish: Wish | None = None) -> Agent:
    return w.use_cases.agents.heartbeat(agent_id, tenant=TENANT, wish=wish)


def poll(w: Watched, agent_id: str = "a") -> list[str]:
    """The ids it holds."""
    _, tasks = w.use_cases.agents.poll(agent_id, tenant=TENANT)
    return [task.task_id for task in tasks]


def sync(w: Watched, *, agent_id: str = "a", session: str = "s1", ack: int = 0, **said: Any) -> Answer:
    """`held` and `released` are ids, or Named; tokens are those the rows have."""
    for kind in ("held", "released"):
        named = said.get(kind, ())
        said[kind] = tuple(n if isinstance(n, Named) else Named(task_id=n, token=token(w, n)) for n in named)
    return w.use_cases.syncing.sync(agent_id, Said(session_id=session, ack=ack, **said), tenant=TENANT)


def given(answer: Answer) -> list[str]:
    return [task.task_id for task in answer.given]


def scheduled(
    w: Watched, cron: str | None = "* * * * *", *, input_data: Any = None, **definition: Any
) -> Schedule:
    """A schedule of the agents' capability."""
    schedule, _ = w.use_cases.schedules.create(
        {"client_id": "client", "task_type": "work", "capability": CAPABILITY, "cron": cron} | definition,
        tenant=TENANT,
        input_data={"n": 1} if input_data is None else input_data,
        metadata={},
    )
    return schedule


def slots(w: Watched) -> dict[str, int]:
    """In flight by agent."""
    return {agent_id: agent.in_flight for agent_id, agent in w.agents.rows.items()}
