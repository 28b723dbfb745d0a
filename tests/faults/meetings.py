"""Two that meet: what happens when their calls come in any order. A seed is an order."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.services.ports import Aggregate

from . import agent_flows, schedule_flows, task_flows
from .agent import Agent
from .cast import Cast, fingerprint
from .crowd import Crowd, CrowdedStage, crowded
from .enumeration import Rested
from .promises import broken
from .resting import come_to_rest

Request = Callable[[], object]


@dataclass(frozen=True)
class Meeting:
    """What is the case, and who then comes at once."""

    name: str
    setup: Callable[[Cast], None]
    requests: Callable[[Cast, Crowd], tuple[Request, ...]]


def meet(meeting: Meeting, stage: CrowdedStage, *, seed: int, rested: Rested) -> list[str]:
    """What was broken, then or at rest; `rested` as for scenarios."""
    with crowded(stage, seed=seed) as d:
        c = Cast(d)
        meeting.setup(c)
        d.at_once(*meeting.requests(c, d))
        found = broken(c)
        end = fingerprint(c)
        if end not in rested:
            rested[end] = come_to_rest(c)
        return found + rested[end]


def _look(c: Cast, d: Crowd, aggregate: Aggregate = Aggregate.TASK) -> Request:
    """The clock's look at the row whose time has come."""
    row_id = "a" if aggregate is Aggregate.AGENT else c.ids[0]
    return lambda: d.inside(lambda use_cases: use_cases.looking.look(aggregate, row_id))


def _route(c: Cast, d: Crowd) -> Request:
    return lambda: d.inside(
        lambda use_cases: use_cases.dispatch.route(c.ids[0], tenant="local", capability="report")
    )


def _finish(c: Cast) -> Request:
    return lambda: c.a.report(c.ids[0], "COMPLETED", result_data="done")


def _sync_result(c: Cast) -> Request:
    def sync() -> None:
        c.a.results[c.ids[0]] = "done"
        c.a.sync()

    return sync


def slot_is_due(c: Cast) -> None:
    schedule_flows.due_soon(c)
    c.d.advance(46)


def one_waits(c: Cast) -> None:
    """An announced task, and two agents that are free."""
    assert c.a.register()
    assert c.b.register()
    c.submitted(1)


def time_is_over(c: Cast) -> None:
    task_flows.begun(c)
    c.d.advance(5)


def lease_is_over(c: Cast) -> None:
    """a holds two, b is there; nobody has noticed yet that a is silent."""
    agent_flows.one_runs_one_waits_to(c)
    c.d.advance(29)
    assert c.b.register()
    c.d.advance(1)


def failed_for_good(c: Cast) -> None:
    task_flows.begun(c)
    c.a.report(c.ids[0], "FAILED", error_message="never", retryable=False)
    c.d.drain()


def outcome_is_unsettled(c: Cast) -> None:
    schedule_flows.a_run_is_under_way(c)
    (task_id,) = list(c.a.held)
    c.a.report(task_id, "COMPLETED", result_data="done")
    c.ids[:] = [task_id]


def _settle(c: Cast, d: Crowd) -> Request:
    return lambda: d.inside(lambda use_cases: use_cases.settling.settle(c.ids[0]))


def _restart(c: Cast, d: Crowd) -> Request:
    again = Agent(d, c.ledger, "a", session="s2")
    c.agents[0] = again
    return again.register


def _same_twice(c: Cast, d: Crowd) -> tuple[Request, ...]:
    """One client that did not wait for its answer before it asked again."""
    other = type(c.client)(d, c.ledger)
    return (c.client.submit, other.submit)


def _retry(c: Cast) -> Request:
    return lambda: c.client.ask("POST", f"/aitp/tasks/{c.ids[0]}/retry", {}, key="again")


_ALL = (
    Meeting("tick and tick", slot_is_due, lambda c, d: (d.tick, d.tick)),
    Meeting(
        "fire and fire",
        slot_is_due,
        lambda c, d: (_look(c, d, Aggregate.SCHEDULE), _look(c, d, Aggregate.SCHEDULE)),
    ),
    Meeting(
        "fire and pause",
        slot_is_due,
        lambda c, d: (_look(c, d, Aggregate.SCHEDULE), lambda: c.client.pause(c.ids[0])),
    ),
    Meeting(
        "fire and run now",
        slot_is_due,
        lambda c, d: (_look(c, d, Aggregate.SCHEDULE), lambda: c.client.run_now(c.ids[0])),
    ),
    Meeting("dispatch and dispatch", one_waits, lambda c, d: (_route(c, d), _route(c, d))),
    Meeting("dispatch and sync", one_waits, lambda c, d: (_route(c, d), c.a.sync, c.b.sync)),
    Meeting("dispatch and cancel", one_waits, lambda c, d: (_route(c, d), lambda: c.client.cancel(c.ids[0]))),
    Meeting("dispatch and register", agent_flows.work_waits, lambda c, d: (_route(c, d), c.a.register)),
    Meeting("dispatch and restart", one_waits, lambda c, d: (_route(c, d), _restart(c, d))),
    Meeting("sync and cancel", task_flows.begun, lambda c, d: (c.a.sync, lambda: c.client.cancel(c.ids[0]))),
    Meeting(
        "finish and cancel", task_flows.begun, lambda c, d: (_finish(c), lambda: c.client.cancel(c.ids[0]))
    ),
    Meeting("finish and timeout", time_is_over, lambda c, d: (_finish(c), _look(c, d))),
    Meeting("report and timeout", time_is_over, lambda c, d: (_sync_result(c), _look(c, d))),
    Meeting("timeout and timeout", time_is_over, lambda c, d: (_look(c, d), _look(c, d))),
    Meeting("sync and sweep", lease_is_over, lambda c, d: (c.a.sync, _look(c, d, Aggregate.AGENT), c.b.sync)),
    Meeting("restart and sync", task_flows.begun, lambda c, d: (_restart(c, d), _sync_result(c))),
    Meeting("leave and finish", task_flows.begun, lambda c, d: (lambda: agent_flows.leaves(c), _finish(c))),
    Meeting("settle and settle", outcome_is_unsettled, lambda c, d: (_settle(c, d), _settle(c, d))),
    Meeting("submit and submit", task_flows.a_is_there, _same_twice),
    Meeting("retry and retry", failed_for_good, lambda c, d: (_retry(c), _retry(c))),
)
MEETINGS = {meeting.name: meeting for meeting in _ALL}
