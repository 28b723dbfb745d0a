"""Many idle agents at one line do not fight over the same rows, and one alone takes what stands first."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chalicelib.domain.agent import Agent
from chalicelib.domain.ids import spread
from chalicelib.domain.task import Task
from chalicelib.services.crowding import CROWDED, Crowding
from chalicelib.services.handing import Handing
from chalicelib.services.ports import Page, Standing
from chalicelib.services.pull import LOOKAHEAD, Pull
from chalicelib.services.roster import Roster
from tests.contract.values import NOW, a_task, an_agent
from tests.fakes import (
    FakeAgentQueues,
    FakeAgents,
    FakeClock,
    FakeMetrics,
    FakePayloads,
    FakeQueue,
    FakeTasks,
)
from tests.faults.baton import Baton

AGENTS = 50
TASKS = 1_000
CALL_S = 0.01
OWN = 4  # of two pages, a fiftieth; then it goes without no longer
IDLE_S = 0.5  # until an agent that got nothing asks again


@dataclass
class Contended(FakeTasks):
    """Every call takes its time, in which others make theirs; claims are counted."""

    baton: Any = None
    won: int = 0
    tried: int = 0

    def pause(self) -> None:
        self.baton.pause(self.baton.chance.uniform(0, 2 * CALL_S))

    def standing(self, queue_key: str, **how: Any) -> Page[Standing]:
        self.pause()
        return super().standing(queue_key, **how)

    def get_many(self, task_ids: Sequence[str]) -> list[Task]:
        self.pause()
        return super().get_many(task_ids)

    def assign(self, task: Task, *, was: int, agent: Agent, now: int) -> None:
        self.pause()
        self.tried += 1
        super().assign(task, was=was, agent=agent, now=now)
        self.won += 1


@dataclass
class Hall:
    """A line of tasks and a fleet at it; each agent is served by a process of its own, or all by one."""

    seed: int
    agents: int = AGENTS
    tasks_waiting: int = TASKS
    are_apart: bool = True

    def __post_init__(self) -> None:
        self.clock = FakeClock(NOW + 60_000)
        self.fleet = FakeAgents(random.Random(self.seed))
        for number in range(self.agents):
            agent = an_agent(f"agent-{number:03d}", lease_until=NOW + 3_600_000, due_at=NOW)
            self.fleet.add(agent, {})
        self.tasks = Contended(self.fleet)
        self.tasks.baton = self.baton = Baton(
            self.seed, lambda: self.clock.now / 1000, lambda seconds: self.clock.advance(seconds=seconds)
        )
        for number in range(self.tasks_waiting):
            self.tasks.add(a_task(f"task-{number:04d}", queue_order=NOW + number))
        self.processes = [self.process() for _ in range(self.agents if self.are_apart else 1)]

    def process(self) -> Pull:
        chance = random.Random(self.seed)
        roster = Roster(self.fleet, self.clock, chance)
        handing = Handing(
            self.tasks, FakePayloads(), FakeAgentQueues(), FakeQueue(), self.clock, FakeMetrics()
        )
        return Pull(self.tasks, roster, Crowding(roster), handing, self.clock, self.baton.chance)

    def take(self, number: int) -> list[str]:
        agent = self.fleet.rows[f"agent-{number:03d}"]
        return [task.task_id for task in self.processes[number % len(self.processes)].fill(agent)]

    def work(self, number: int, *, work_s: float) -> None:
        """Until nothing waits: take, be busy, be free."""
        name = f"agent-{number:03d}"
        while any(task.in_line for task in self.tasks.rows.values()):
            if self.take(number):
                self.baton.pause(self.baton.chance.uniform(0, 2 * work_s))
                self.fleet.rows[name] = replace(self.fleet.rows[name], in_flight=0)
            else:
                self.baton.pause(self.baton.chance.uniform(0, 2 * IDLE_S))

    def play(self, *, work_s: float) -> None:
        for number in range(self.agents):
            self.baton.start(f"agent-{number}", lambda n=number: self.work(n, work_s=work_s))
        self.baton.play()


@pytest.mark.parametrize(("are_apart", "work_s"), [(True, 0.05), (True, 0.2), (False, 0.05)])
def test_fifty_agents_at_one_line_lose_less_than_one_claim_in_ten(are_apart: bool, work_s: float) -> None:
    """From when all fifty meet at its head to when it is empty."""
    hall = Hall(seed=4, are_apart=are_apart)
    hall.play(work_s=work_s)
    assert hall.tasks.won == TASKS
    assert hall.tasks.tried - hall.tasks.won < 0.1 * TASKS


def quiet(**how: Any) -> Hall:
    """Nobody is there at the same time."""
    return Hall(seed=1, **how)


def free(hall: Hall, number: int = 0) -> None:
    name = f"agent-{number:03d}"
    hall.fleet.rows[name] = replace(hall.fleet.rows[name], in_flight=0)


def test_an_agent_alone_takes_from_the_head_also_in_a_large_fleet() -> None:
    hall = quiet(tasks_waiting=300)
    for number in range(100):
        (taken,) = hall.take(0)
        assert int(taken.removeprefix("task-")) < number + LOOKAHEAD
        free(hall)


def overtaken(hall: Hall) -> None:
    """The next claim is lost to another agent, which takes the task first."""
    assign = FakeTasks.assign

    def first(task: Task, *, was: int, agent: Agent, now: int) -> None:
        del vars(hall.tasks)["assign"]
        other = hall.fleet.rows["agent-049"]
        assign(hall.tasks, replace(task, version=was + 1, queue_key=None), was=was, agent=other, now=now)
        hall.tasks.assign(task, was=was, agent=agent, now=now)

    vars(hall.tasks)["assign"] = first


def test_who_lost_a_claim_takes_tasks_of_its_own_for_a_while_and_then_the_first_again() -> None:
    hall = quiet(tasks_waiting=2_000)
    overtaken(hall)
    own = 0
    for _ in range(CROWDED):
        (taken,) = hall.take(0)
        own += spread(taken) % AGENTS == 0
        free(hall)
    assert own >= OWN
    (taken,) = hall.take(0)
    first = [place.task_id for place in hall.tasks.standing("wait#acme#math#0", limit=LOOKAHEAD).items]
    assert taken <= first[-1]


def test_whoever_finds_none_of_its_own_takes_what_there_is() -> None:
    hall = quiet(tasks_waiting=3)
    overtaken(hall)
    assert len(hall.take(0)) == 1


def test_what_is_known_of_crowds_has_an_end() -> None:
    hall = quiet(tasks_waiting=0)
    crowding = Crowding(Roster(hall.fleet, hall.clock, random.Random(1)), most_remembered=1)
    agents = [hall.fleet.rows[f"agent-{n:03d}"] for n in range(2)]
    for agent in agents:
        crowding.met(agent, "math")
    assert [crowding.is_crowded(agent, "math") for agent in agents] == [False, True]
