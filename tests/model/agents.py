"""Agents come, keep alive with clocks that are wrong, drain, restart under the same id, and leave."""

from dataclasses import dataclass

import hypothesis.strategies as st
from hypothesis.stateful import precondition, rule

from . import states
from .base import Base
from .fleet import Agent
from .process import Process
from .states import iso


@dataclass(frozen=True)
class Kind:
    """What an id always registers as."""

    capabilities: tuple[str, ...]
    delivery: str
    beat: int  # seconds


KINDS = {
    "a": Kind(("report", "draw"), "poll", 10),
    "b": Kind(("report", "draw"), "poll", 60),
    "c": Kind(("report",), "sqs", 10),
    "good": Kind(("report", "draw"), "poll", 10),  # once all goes well
}
QUARTER_MS = 15 * 60_000


class Agents(Base):
    @rule(
        name=st.sampled_from(["a", "b", "c"]),
        slots=st.integers(1, 3),
        restarts=st.booleans(),
        is_old=st.booleans(),
    )
    def register(self, name: str, slots: int, restarts: bool, is_old: bool) -> None:
        """An old client knows no sessions; any other names its own, and a new one when it restarts."""
        known, process = self.model.agents.get(name), self.processes.get(name)
        starts = process is None or restarts or (known is not None and known.left)
        session = process.session if process is not None and not starts else f"s{self.one_more()}"
        if is_old and (known is None or known.session is None):
            session = None
        if starts or process is None:
            past = [] if process is None else [*process.past, *process.held.items()]
            self.processes[name] = Process(session, past=past, said=[] if process is None else process.said)
        self.processes[name].session = session
        self.register_as(name, slots=slots, session=session)

    def register_as(self, name: str, *, slots: int, session: str | None) -> None:
        kind = KINDS[name]
        body = {
            "agent_id": name,
            "display_name": name,
            "capabilities": list(kind.capabilities),
            "delivery": kind.delivery,
            "max_concurrency": slots,
            "heartbeat_interval_seconds": kind.beat,
        } | ({} if session is None else {"session_id": session})
        answer = self.system.call("POST", "/ains/agents", body)
        known = self.model.agents.get(name)
        self.expect(answer, *([201] if known is None else [200, 201] if known.left else [200]))
        agent = Agent(name, kind.capabilities, slots, kind.delivery, kind.beat * 1000, session, 0, 0)
        agent.hear(self.at)
        agent.wished_at = self.at
        if known is not None:
            self._again(agent, known)
        self.model.agents[name] = agent
        assert self.model.allows(agent, answer.body["status"], self.at)

    def _again(self, agent: Agent, known: Agent) -> None:
        """The same process says who it is once more, or another takes over what the old one had."""
        agent.session = agent.session or known.session
        agent.is_drained = known.is_drained and not known.left and agent.session == known.session
        agent.superseded_at = known.superseded_at
        if known.session in (None, agent.session):
            agent.seq, agent.acked, agent.delivered = known.seq, known.acked, known.delivered
            return
        agent.superseded_at = self.at
        if not self.is_hidden(f"agent#{agent.agent_id}"):
            for task in self.model.held_by(agent.agent_id):
                if task.sessions.get(task.state.token) not in (None, agent.session):
                    self.model.becomes(task.task_id, states.freed(task.state, "superseded", self.at))

    @precondition(lambda self: self.processes)
    @rule(
        data=st.data(),
        says=st.sampled_from([None, None, *["ACTIVE", "AVAILABLE"] * 2, "DEGRADED", "DRAINING", "OFFLINE"]),
        skew=st.sampled_from([None, 0, QUARTER_MS, -QUARTER_MS]),
    )
    def heartbeat(self, data: st.DataObject, says: str | None, skew: int | None) -> None:
        self.beat(data.draw(st.sampled_from(sorted(self.processes))), says, skew)

    def beat(self, name: str, says: str | None = None, skew: int | None = None) -> None:
        agent = self.model.agents[name]
        body = {} if says is None else {"status": says}
        if skew is not None:
            body["timestamp"] = iso(self.at + skew)
        answer = self.system.call("POST", f"/ains/agents/{name}/heartbeat", body)
        if not self.expect(answer, 404 if agent.left else 200):
            return
        agent.hear(self.at, "ACTIVE" if says == "AVAILABLE" else says)
        if agent.delivery == "sqs":
            self.model.pulling.add(name)
        assert self.model.allows(agent, answer.body["agent_status"], self.at)
        assert states.ms(answer.body["last_heartbeat"]) == self.at

    @precondition(lambda self: self.processes)
    @rule(data=st.data(), what=st.sampled_from(["drain", "undrain", "undrain", "leave", "crash", "crash"]))
    def something_else(self, data: st.DataObject, what: str) -> None:
        name = data.draw(st.sampled_from(sorted(self.processes)))
        match what:
            case "leave":
                self.leave(name)
            case "crash":  # it forgets all it holds, and names none of it later, unless as a zombie
                self.processes[name].forget()
            case _:
                self.drain(name, "POST" if what == "drain" else "DELETE")

    def all_beat(self) -> None:
        """Each on its own, as nobody knows of the others."""
        for name in sorted(self.processes):
            self.beat(name)
        self.look()

    def drain(self, name: str, method: str) -> None:
        """And undrain: whatever the agent says itself."""
        agent = self.model.agents[name]
        answer = self.system.call(method, f"/ains/agents/{name}/drain")
        if self.expect(answer, 404 if agent.left else 200):
            agent.is_drained = method == "POST"
            assert self.model.allows(agent, answer.body["status"], self.at)
            self.look()
            self.beat(name, ("ACTIVE", "DEGRADED", None)[self.one_more() % 3])

    def leave(self, name: str) -> None:
        agent = self.model.agents[name]
        answer = self.system.call("DELETE", f"/ains/agents/{name}")
        if not self.expect(answer, 404 if agent.left else 200):
            return
        agent.leave(self.at)
        if not self.is_hidden(f"agent#{name}"):
            for task in self.model.held_by(name):
                self.model.becomes(task.task_id, states.freed(task.state, "agent_lost", self.at))
