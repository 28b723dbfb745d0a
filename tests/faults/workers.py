"""Agents in a storm: some of them are killed, some come back, some are zombies, and handlers fail or hang."""

import json
import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chalicelib.domain.ids import assignment_queue

from .agent import Agent, Failure, Held, told
from .crowd import Crowd
from .deployment import Reply
from .ledger import Ledger
from .stage import STAGE
from .upkeep import Course

SLOTS = 6
BEAT_S = 10
ROUND_S = (4, 14)
BEYOND_LEASE_S = (40, 120)
FAILS, FAILS_FOR_GOOD, HANGS = 0.06, 0.02, 0.04


class Fate(StrEnum):
    """What becomes of an agent's process."""

    GOOD = "good"
    KILLED = "killed"  # silent for ever
    BACK = "back"  # killed, and another process comes under its id
    ZOMBIE = "zombie"  # silent until its lease is long over, then it goes on where it was


class Manner(StrEnum):
    """How an agent speaks with the service."""

    SYNC = "sync"
    POLL = "poll"
    SQS = "sqs"


class Process(Agent):
    """Others are served between its request and the answer: only then is it known to be alive."""

    def _speak(self, path: str, body: Any) -> Reply | None:
        reply = super()._speak(path, body)
        if reply is not None and reply.is_ack:
            alive = self.ledger.heard.pop()
            self.ledger.heard.append(alive._replace(since=self.d.now))
        return reply


@dataclass
class Worker:
    """One agent, whatever process it is."""

    d: Crowd
    ledger: Ledger
    chance: random.Random
    agent_id: str
    course: Course
    manner: Manner = Manner.SYNC
    fate: Fate = Fate.GOOD
    strikes_at_s: float = 0  # when its fate does
    ends: dict[tuple[str, int], tuple[float, Any]] = field(default_factory=dict)  # of handlers: when, how
    began: set[tuple[str, int]] = field(default_factory=set)

    def live(self) -> None:
        """Until all is over, or it is killed."""
        began = self.d.now
        agent = self._process("s1")
        while not self.course.is_resting and not agent.is_over:
            if self.fate is not Fate.GOOD and self.d.now > began + self.strikes_at_s * 1000:
                if self.fate is Fate.KILLED:
                    return
                self._pause(self.chance.uniform(*BEYOND_LEASE_S))
                agent = agent if self.fate is Fate.ZOMBIE else self._process("s2")
                self.fate = Fate.GOOD
            self._round(agent)
            self._pause(self.chance.uniform(*ROUND_S))

    def _pause(self, seconds: float) -> None:
        self.d.baton.pause(seconds)

    def _process(self, session: str) -> Agent:
        agent = Process(self.d, self.ledger, self.agent_id, session=session, slots=SLOTS, beat_s=BEAT_S)
        delivery = "sqs" if self.manner is Manner.SQS else "poll"
        while not agent.register(delivery=delivery):
            self._pause(1)
        return agent

    def _round(self, agent: Agent) -> None:
        self._finish(agent)
        if self.manner is Manner.POLL:
            self._poll(agent)
            return
        if self.manner is Manner.SQS:
            self._receive(agent)
        agent.sync()
        agent.begin_all()
        self._note(agent)

    def _finish(self, agent: Agent) -> None:
        """Those handlers that are through by now; a new one's end is drawn when it is first seen."""
        for task_id, held in agent.held.items():
            if not held.started:
                continue
            run = (task_id, held.token)
            ends_at, result = self.ends.setdefault(run, self._drawn(run))
            if self.d.now >= ends_at:
                agent.results.setdefault(task_id, result)

    def _drawn(self, run: tuple[str, int]) -> tuple[float, Any]:
        lot, ends_at = self.chance.random(), self.d.now + self.chance.uniform(0, 6_000)
        if lot < HANGS:
            return float("inf"), None
        if lot < HANGS + FAILS:
            return ends_at, Failure("no luck")
        if lot < HANGS + FAILS + FAILS_FOR_GOOD:
            return ends_at, Failure("never", retryable=False)
        return ends_at, {"done": run[0], "by": self.agent_id, "token": run[1]}

    def _poll(self, agent: Agent) -> None:
        """As old clients do: list, begin, report, one call each."""
        agent.beat()
        reply = self.d.http("GET", f"/aitp/tasks?assigned_agent_id={self.agent_id}&limit=20")
        for row in reply.body["tasks"] if reply is not None and reply.is_ack else ():
            self._hold(agent, row)
        for task_id, held in list(agent.held.items()):
            if task_id in agent.results:
                report = told(agent.results[task_id])
                agent.report(task_id, report.pop("status"), **report)
            elif not held.started:
                agent.report(task_id, "ACTIVE")
                self._note(agent)

    def _receive(self, agent: Agent) -> None:
        """What came to its own queue; a message that came twice is known."""
        queue = {"QueueUrl": self.d.stage.cloud.queue_url(assignment_queue(STAGE, self.agent_id))}
        answer = self.d.choke.quietly("sqs", "ReceiveMessage", **queue, MaxNumberOfMessages=10)
        for message in answer.get("Messages", ()):
            self.d.choke.quietly("sqs", "DeleteMessage", **queue, ReceiptHandle=message["ReceiptHandle"])
            body = json.loads(message["Body"])
            if body["kind"] == "cancelled":
                self._cancelled(agent, body)
            elif body["session_id"] in (None, agent.session):
                self._hold(agent, body)

    def _hold(self, agent: Agent, given: dict[str, Any]) -> None:
        """It was given a task, perhaps again: what began under this token does not begin once more."""
        run = (given["task_id"], given["lease_token"])
        self.ledger.got.add(run)
        known = agent.held.get(run[0])
        if known is None or known.token < run[1]:
            agent.results.pop(run[0], None)
            agent.held[run[0]] = Held(run[1], started=run in self.began)

    def _cancelled(self, agent: Agent, told_of: dict[str, Any]) -> None:
        held = agent.held.get(told_of["task_id"])
        if held is not None and held.token == told_of["lease_token"]:
            agent.results[told_of["task_id"]] = Failure("cancelled")  # it lets go, and says so

    def _note(self, agent: Agent) -> None:
        self.began |= {(task_id, held.token) for task_id, held in agent.held.items() if held.started}
