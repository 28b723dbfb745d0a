"""Quarantine: five faults in a row, a rest that doubles with each failed probe, one task at a time."""

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given

from chalicelib.domain.agent import AgentStatus
from chalicelib.domain.quarantine import DOUBLINGS, FAULTS, FIRST_REST_MS, Streak
from chalicelib.domain.trust import Evidence
from tests.domain.test_agent import NOW, agent

FAULT = Evidence("report", bad=1.0, at=NOW)
PROBED = replace(FAULT, of_probe=True)
SUCCESS = Evidence("report", good=1.0, at=NOW)


def after(*events: Evidence) -> Streak:
    streak = Streak()
    for event in events:
        streak = streak.after(event)
    return streak


def test_four_faults_in_a_row_change_nothing() -> None:
    failing = agent(streak=after(*[FAULT] * (FAULTS - 1)), max_concurrency=4, in_flight=1)
    assert failing.status(NOW) is AgentStatus.ACTIVE
    assert failing.free_slots == 3
    assert failing.streak.rests_until is None


def test_the_fifth_suspends_for_thirty_seconds_after_which_one_task_is_given() -> None:
    failing = agent(streak=after(*[FAULT] * FAULTS), max_concurrency=4, lease_until=NOW + 10**6)
    assert failing.status(NOW + FIRST_REST_MS - 1) is AgentStatus.SUSPENDED
    assert failing.status(NOW + FIRST_REST_MS) is AgentStatus.ACTIVE
    assert failing.free_slots == 1
    assert replace(failing, in_flight=1).free_slots == 0
    assert replace(failing, in_flight=3).free_slots == 0


def test_each_failed_probe_doubles_the_rest_up_to_sixteen_minutes() -> None:
    rests = [after(*[FAULT] * FAULTS, *[PROBED] * probes).rest_ms // 1000 for probes in range(8)]
    assert rests == [30, 60, 120, 240, 480, 960, 960, 960]
    assert FIRST_REST_MS * 2**DOUBLINGS == 960_000


def test_what_it_held_before_its_rest_and_fails_at_now_is_no_probe() -> None:
    late = replace(FAULT, at=NOW + 5_000)
    burst = after(*[FAULT] * FAULTS, *[late] * 20)
    assert burst.rests_until == NOW + 5_000 + FIRST_REST_MS


def test_a_success_ends_it() -> None:
    healed = after(*[FAULT] * FAULTS, *[PROBED] * 9, SUCCESS)
    assert healed == Streak()
    assert agent(streak=healed, max_concurrency=4, lease_until=NOW + 10**6).free_slots == 4


@given(st.lists(st.sampled_from([FAULT, PROBED, SUCCESS])))
def test_only_faults_in_a_row_make_it_rest(events: list[Evidence]) -> None:
    backwards = [event.bad > 0 for event in reversed(events)]
    in_a_row = [*backwards, False].index(False)
    assert after(*events).is_probation is (in_a_row >= FAULTS)


@pytest.mark.parametrize(("hold", "until"), [(NOW + 90_000, NOW + 90_000), (NOW + 5, NOW + FIRST_REST_MS)])
def test_quarantine_and_an_admins_hold_last_until_the_later_of_both(hold: int, until: int) -> None:
    failing = agent(streak=after(*[FAULT] * FAULTS), hold_until=hold, lease_until=NOW + 10**6)
    assert failing.status(until - 1) is AgentStatus.SUSPENDED
    assert failing.status(until) is AgentStatus.ACTIVE


def test_its_own_owner_is_whoever_it_names_or_itself() -> None:
    owned = agent()
    owned = replace(owned, profile=replace(owned.profile, owner="acme"))
    assert owned.works_for("acme")
    assert owned.works_for(owned.agent_id)
    assert not owned.works_for("other")
    assert not agent().works_for("acme")
