"""What one sync does, said beforehand."""

from dataclasses import dataclass, field
from typing import Any

from . import states
from .book import Told, takes
from .fleet import Agent
from .model import Model
from .states import State


@dataclass
class Forecast:
    """What the answer will say; what it gives beside `again` must be fresh."""

    again: dict[str, int] = field(default_factory=dict)  # token by task, delivered once more
    cancelled: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    accepted: list[bool] = field(default_factory=list)


def refusal(agent: Agent, body: dict[str, Any]) -> int | None:
    """The status of a sync that is not heard at all."""
    if agent.left:
        return 404
    if agent.session not in (None, body["session_id"]):
        return 409  # another process took over
    return None if agent.acked <= body["ack"] <= agent.seq else 409


@dataclass
class Sync:
    """One that is heard: it changes the model as it goes."""

    model: Model
    agent: Agent
    body: dict[str, Any]
    now: int
    forecast: Forecast = field(default_factory=Forecast)

    def heard(self, *, is_inbox_hidden: bool) -> Forecast:
        agent, body = self.agent, self.body
        agent.session, agent.acked, agent.seq = body["session_id"], body["ack"], agent.seq + 1
        agent.hear(self.now, body.get("status"))
        self._reports()
        self._released()
        self._held()
        if agent.delivery == "poll" and not is_inbox_hidden:
            self._inbox()
        return self.forecast

    def _becomes(self, task_id: str, after: State) -> None:
        self.model.becomes(task_id, after)

    def _reports(self) -> None:
        for sent in self.body["reports"]:
            task = self.model.tasks[sent["task_id"]]
            told = Told(
                agent=self.agent.agent_id,
                token=sent["lease_token"],
                status=sent["status"],
                result=sent.get("result_data"),
            )
            before = self.model.state(task.task_id)
            after = task.judged(before, told, self.now, from_assigned=True)
            self.forecast.accepted.append(after is not None)
            self._becomes(task.task_id, before if after is None else after)

    def _released(self) -> None:
        for named in self.body["released"]:
            state = self.model.state(named["task_id"])
            if state.is_held_by(self.agent.agent_id, named["lease_token"]):
                self._becomes(named["task_id"], states.freed(state, "released", self.now))

    def _held(self) -> None:
        for named in self.body["held"]:
            task_id, token = named["task_id"], named["lease_token"]
            state, lingers = self.model.state(task_id), self.model.tasks[task_id].lingers
            if state.is_held_by(self.agent.agent_id, token):
                begins = named["status"] == "ACTIVE" and state.status == "ASSIGNED"
                self._becomes(task_id, states.started(state, self.now) if begins else state)
            elif lingers is not None and lingers.is_held_by(self.agent.agent_id, token):
                self.forecast.cancelled.add(task_id)
            else:
                self.forecast.lost.add(task_id)

    def _inbox(self) -> None:
        """What a received answer carried and is not named is free; the rest is carried again."""
        named = {n["task_id"] for kind in ("reports", "released", "held") for n in self.body[kind]}
        for task in self.model.held_by(self.agent.agent_id):
            state = self.model.state(task.task_id)
            session = task.sessions.get(state.token)
            if task.task_id in named or session not in (None, self.agent.session):
                continue
            first = self.agent.delivered.get((task.task_id, state.token))
            if first is not None and first <= self.body["ack"]:
                self._becomes(task.task_id, states.freed(state, "released", self.now))
            else:
                self.agent.delivered.setdefault((task.task_id, state.token), self.agent.seq)
                self.forecast.again[task.task_id] = state.token

    def took(self, given: list[dict[str, Any]]) -> None:
        """What the answer gives is what it had to give again, and waiting work for its free slots."""
        tokens = {one["task_id"]: one["lease_token"] for one in given}
        again = self.forecast.again
        assert again.items() <= tokens.items(), f"not given again: {again.items() - tokens.items()}"
        fresh = {task_id: token for task_id, token in tokens.items() if task_id not in again}
        room = self.body["free_slots"] - len(again)
        assert len(fresh) <= max(0, room), f"took {fresh} into {room} slots"
        take(self.model, self.agent, fresh, self.now)
        for pair in fresh.items():
            self.agent.delivered[pair] = self.agent.seq


def take(model: Model, agent: Agent, fresh: dict[str, int], now: int) -> None:
    """Waiting tasks that a call gave to its agent."""
    for task_id, token in fresh.items():
        state, order = model.state(task_id), model.tasks[task_id].order
        found = next(takes(state, order, [agent], now), None)
        assert found is not None, f"{agent.agent_id} was given {task_id}, which is {state}"
        assert found.token == token, f"{task_id} came under token {token}, the next is {found.token}"
        model.becomes(task_id, found)
