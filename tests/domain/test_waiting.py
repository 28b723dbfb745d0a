"""Why a task waits: every cause by name and in words, and when it likely ends."""

import random
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import lifecycle, routing, waiting
from chalicelib.domain.agent import Agent, Wish
from chalicelib.domain.ids import mark
from chalicelib.domain.task import FailureKind, Status, Task
from tests.contract.values import NOW, a_task, an_agent, held
from tests.domain.fleets import agent, task


def ran(**asked: Any) -> Task:
    return lifecycle.started(held(a_task(**asked), an_agent()), now=NOW)


def failed(**asked: Any) -> Task:
    return lifecycle.failed(ran(**asked), FailureKind.ERROR, error="no", now=NOW, chance=0.5)


def cause(wanted: Task, *fleet: Agent) -> waiting.Cause:
    choice = routing.choose(wanted, fleet, now=NOW, chance=random.Random(1))
    return waiting.in_line(choice)


@pytest.mark.parametrize(
    ("outside", "reason", "text", "until"),
    [
        (failed(max_retries=0), "over", "it is FAILED: nothing happens to it any more", None),
        (held(a_task(), an_agent()), "held", "agent agent-1 holds it and has not begun yet", NOW + 60_000),
        (ran(timeout_ms=5_000), "held", "agent agent-1 holds it and has begun", NOW + 5_000),
        (
            a_task(status=Status.BLOCKED, queue_key=None, queue_order=None),
            "blocked",
            "tasks that it depends on are not over yet",
            None,
        ),
        (
            failed(),
            "backing_off",
            "attempt 1 failed; it is tried again when its backoff is over",
            failed().ready_at,
        ),
        (
            a_task(ready_at=NOW + 9, queue_key=None),
            "not_before",
            "its client wants it to start later",
            NOW + 9,
        ),
        (
            a_task(expires_at=NOW),
            "expired",
            "it waited longer than its client wished, and is about to fail",
            None,
        ),
    ],
)
def test_outside_the_line_it_waits_for_a_time_or_for_others(
    outside: Task, reason: str, text: str, until: int | None
) -> None:
    assert waiting.outside(outside, now=NOW) == waiting.Cause(reason, text, until)


def test_in_line_it_waits_for_an_agent() -> None:
    assert waiting.outside(a_task(), now=NOW) is None


def test_without_agents_nobody_has_the_capability() -> None:
    assert cause(task()) == waiting.Cause("no_agent", "no agent has registered its capability")


def test_with_somebody_free_it_is_about_to_go() -> None:
    found = cause(task(), agent("a"), agent("full", in_flight=4))
    assert found.reason == "ready"
    assert found.text == "agent a may have it: the next dispatch or the next free agent takes it"


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        (agent("a", in_flight=4), "all_full"),
        (agent("a", bad=9), "below_min_trust"),
        (agent("a", hold_until=NOW + 1), "suspended"),
        (agent("a", wish=Wish.DRAINING), "draining"),
        (agent("a", lease_until=NOW), "offline"),
        (agent("a", tags=()), "tags"),
        (agent("a", versions={"report": "3"}), "version"),
    ],
)
def test_the_refusal_nearest_to_a_yes_names_the_cause(refused: Agent, reason: str) -> None:
    wanted = task(min_trust=0.4, required_tags=("gpu",), capability_version="<2")
    fit = {"tags": ("gpu",), "versions": {"report": "1"}}
    profile = replace(refused.profile, **{k: v for k, v in fit.items() if reason not in ("tags", "version")})
    if reason == "version":
        profile = replace(profile, tags=("gpu",))
    else:
        profile = replace(profile, versions={"report": "1"})
    stranger = agent("stranger", tenant="other")
    assert cause(wanted, replace(refused, profile=profile), stranger).reason == reason


def test_the_words_count_everybody() -> None:
    wanted = task(failed_by=(mark("had"),))
    full = [agent(name, in_flight=4) for name in ("full", "also")]
    fleet = [agent("had"), *full, agent("gone", lease_until=0)]
    found = cause(wanted, *fleet)
    assert found.reason == "all_full"
    assert found.text == (
        "of 4 agents looked at none may have it now: 2 full, 1 failed this task before, 1 offline"
    )
    assert cause(task(), fleet[3]).text == "of 1 agent looked at none may have it now: 1 offline"


def next_free(*fleet: Agent, of: int) -> int | None:
    choice = routing.choose(task(), fleet, now=NOW, chance=random.Random(1))
    return waiting.next_free_ms(fleet, choice, task(), fleet=of)


def test_slots_in_use_end_at_rates_that_add_up() -> None:
    slow = agent("slow", in_flight=4, good=4, took_ms=8_000)  # one every 2 s
    quick = agent("quick", in_flight=4, good=4, took_ms=4_000)  # one every second
    assert next_free(slow, of=1) == 2_000
    assert next_free(slow, quick, of=2) == 667
    assert next_free(slow, quick, of=20) == 67


def test_what_is_not_known_is_not_guessed() -> None:
    assert next_free(agent("new", in_flight=4), of=1) is None
    assert next_free(agent("free", good=4, took_ms=9), of=1) is None
    assert next_free(of=0) is None
