"""A tenant's rows are not there for another: every use case, the same answer as for what does not exist."""

from collections.abc import Callable

import pytest

from chalicelib.domain.errors import Conflict, DomainError, NotFound
from chalicelib.domain.task import Status
from chalicelib.services.holding import Report
from chalicelib.services.reading import TaskFilter
from chalicelib.services.syncing import Said
from chalicelib.services.usecases import UseCases

from .doing import poll, registered, row, scheduled, start, submitted
from .worlds import Watched

OTHER = "other"


def _report(use_cases: UseCases, task_id: str, status: Status) -> None:
    said = Report(task_id=task_id, agent_id="a", token=1, status=status)
    use_cases.holding.report(said, tenant=OTHER)


CALLS: dict[str, Callable[[UseCases, str, str], object]] = {
    "read a task": lambda u, task, _: u.reading.task(task, tenant=OTHER),
    "ask who holds it": lambda u, task, _: u.reading.holder(task, tenant=OTHER),
    "cancel it": lambda u, task, _: u.cancelling.cancel(task, tenant=OTHER, reason=None),
    "retry it": lambda u, task, _: u.retrying.retry(task, tenant=OTHER),
    "report progress": lambda u, task, _: _report(u, task, Status.ACTIVE),
    "report a result": lambda u, task, _: _report(u, task, Status.COMPLETED),
    "report a failure": lambda u, task, _: _report(u, task, Status.FAILED),
    "hand it back": lambda u, task, _: u.holding.release(task, agent_id="a", token=1, tenant=OTHER),
    "read an agent": lambda u, _, __: u.agents.get("a", tenant=OTHER),
    "beat": lambda u, _, __: u.agents.heartbeat("a", tenant=OTHER, wish=None),
    "poll": lambda u, _, __: u.agents.poll("a", tenant=OTHER),
    "sync": lambda u, _, __: u.syncing.sync("a", Said(session_id="s", ack=0), tenant=OTHER),
    "drain an agent": lambda u, _, __: u.draining.drain("a", tenant=OTHER, reason=None),
    "undrain an agent": lambda u, _, __: u.draining.undrain("a", tenant=OTHER),
    "remove an agent": lambda u, _, __: u.agents.leave("a", tenant=OTHER),
    "read a schedule": lambda u, _, s: u.schedules.get(s, tenant=OTHER),
    "change it": lambda u, _, s: u.schedules.change(s, {"priority": 1}, tenant=OTHER),
    "change its input": lambda u, _, s: u.schedules.change(s, {}, tenant=OTHER, document="x" * 999),
    "pause it": lambda u, _, s: u.schedules.pause(s, tenant=OTHER, reason=None),
    "resume it": lambda u, _, s: u.schedules.resume(s, tenant=OTHER),
    "delete it": lambda u, _, s: u.schedules.delete(s, tenant=OTHER),
    "run it": lambda u, _, s: u.firing.run_now(s, tenant=OTHER),
    "run it once": lambda u, _, s: u.firing.run_once(s, tenant=OTHER, key="k"),
    "list its runs": lambda u, _, s: u.schedules.executions(s, tenant=OTHER, limit=1, cursor=None),
}


@pytest.fixture
def theirs(w: Watched) -> tuple[Watched, str, str]:
    registered(w, "a", slots=2)
    task_id = submitted(w)
    assert poll(w, "a") == [task_id]
    start(w, task_id)
    return w, task_id, scheduled(w).schedule_id


@pytest.mark.parametrize("name", CALLS)
def test_another_tenant_cannot(theirs: tuple[Watched, str, str], name: str) -> None:
    w, task_id, schedule_id = theirs
    before = (dict(w.tasks.rows), dict(w.agents.rows), dict(w.schedules.rows), dict(w.payloads.texts))
    with pytest.raises(NotFound):
        CALLS[name](w.use_cases, task_id, schedule_id)
    assert (w.tasks.rows, w.agents.rows, w.schedules.rows, w.payloads.texts) == before


@pytest.mark.parametrize("name", CALLS)
def test_what_is_not_there_sounds_the_same(w: Watched, name: str) -> None:
    with pytest.raises(DomainError) as refused:
        CALLS[name](w.use_cases, "none", "none")
    assert isinstance(refused.value, NotFound)


def test_an_agent_id_belongs_to_who_took_it_first(w: Watched) -> None:
    mine = registered(w, "a")
    with pytest.raises(Conflict, match="is taken"):
        registered(w, "a", tenant=OTHER, session="s", capabilities=("steal",))
    assert w.agents.rows["a"] is mine


def test_work_never_crosses_tenants(w: Watched) -> None:
    registered(w, "theirs", tenant=OTHER, slots=5)
    task_id = submitted(w)
    w.drain()
    w.use_cases.agents.poll("theirs", tenant=OTHER)
    assert row(w, task_id).status is Status.PENDING
    mine = submitted(w, tenant=OTHER)
    w.drain()
    assert row(w, mine).status is Status.ASSIGNED


def test_lists_and_counts_hold_only_ones_own(theirs: tuple[Watched, str, str]) -> None:
    w, _, schedule_id = theirs
    u = w.use_cases
    w.run(seconds=60)
    for wanted in (TaskFilter(), TaskFilter(client_id="client"), TaskFilter(schedule_id=schedule_id)):
        assert u.reading.list_tasks(wanted, tenant=OTHER, limit=50, cursor=None).items == ()
    for capability in (None, "report"):
        fleet = u.reading.list_agents(
            lambda _: True, tenant=OTHER, capability=capability, limit=50, cursor=None
        )
        assert fleet.items == ()
    stats = u.reading.queue_stats(tenant=OTHER)
    assert (stats["waiting"], stats["active"], stats["agents_taking_work"]) == (0, 0, 0)
