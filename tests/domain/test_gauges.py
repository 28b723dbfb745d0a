"""How things stand, from the rows that were read."""

from dataclasses import replace

from chalicelib.domain.agent import Agent
from chalicelib.domain.gauges import TOP, TRUST_BOUNDS, taken
from chalicelib.domain.task import Task
from chalicelib.domain.trust import weight
from tests.contract.values import NOW, a_task, an_agent


def alive(agent_id: str, *, successes: int = 0, **changes: object) -> Agent:
    evidence = {"sum+": successes * weight(NOW)} if successes else {}
    made = replace(an_agent(agent_id), lease_until=NOW + 1_000, evidence=evidence)
    return replace(made, **changes)  # type: ignore[arg-type]


def waiting(task_id: str, **changes: object) -> Task:
    return replace(a_task(task_id), **changes)  # type: ignore[arg-type]


def test_nothing_is_all_zeros() -> None:
    found = taken([], [], now=NOW)
    assert (found.waiting, found.oldest_waiting_ms, found.waiting_without_agent, found.findings) == (0,) * 4
    assert set(found.agents_by_status.values()) == {0}
    assert (sum(found.trust_counts), found.trust_sum, found.top) == (0, 0, ())


def test_the_oldest_is_the_age_of_what_came_first() -> None:
    tasks = [waiting("a", created_at=NOW - 5_000), waiting("b", created_at=NOW - 9_000)]
    assert taken(tasks, [], now=NOW).oldest_waiting_ms == 9_000


def test_a_task_is_served_by_a_live_agent_of_its_tenant_with_its_capability() -> None:
    able = alive("able")
    wanted = waiting("t", tenant=able.tenant, capability=able.profile.capabilities[0])
    for fleet, without in (
        ([able], 0),
        ([replace(able, lease_until=NOW)], 1),
        ([replace(able, tenant="another")], 1),
        ([replace(able, left=True)], 1),
        ([], 1),
    ):
        assert taken([wanted], fleet, now=NOW).waiting_without_agent == without
    assert taken([replace(wanted, capability="rare")], [able], now=NOW).waiting_without_agent == 1


def test_trust_is_distributed_over_all_agents_that_have_not_left() -> None:
    fleet = [alive("new"), alive("good", successes=96), alive("gone", left=True)]
    found = taken([], fleet, now=NOW)
    by_bound = dict(zip(TRUST_BOUNDS, found.trust_counts, strict=True))
    assert (by_bound[0.5], by_bound[1.0], sum(found.trust_counts)) == (1, 1, 2)
    good = round(fleet[1].trust(None, now=NOW).mean, 4)
    assert 0.9 < good < 1
    assert found.trust_sum == 0.5 + good
    assert found.top == (("good", good), ("new", 0.5))


def test_only_the_best_ten_are_named() -> None:
    found = taken([], [alive(f"a{n:02}", successes=n) for n in range(20)], now=NOW)
    assert [agent_id for agent_id, _ in found.top] == [f"a{n}" for n in range(19, 19 - TOP, -1)]


def test_a_row_that_breaks_an_invariant_is_a_finding() -> None:
    sound = waiting("sound")
    broken = replace(sound, task_id="broken", attempt=9, max_retries=3)
    unwatched = alive("unwatched", in_flight=1, due_at=None)
    before = taken([sound], [alive("a")], now=NOW).findings
    assert taken([sound, broken], [alive("a"), unwatched], now=NOW).findings == before + 2
