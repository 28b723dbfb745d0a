"""An agent as it is outside: it knows what was answered, and repeats what was not."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chalicelib.domain.agent import LEASE_BEATS

from .client import TRIES
from .deployment import Deployment, Reply
from .ledger import Alive, Ledger


@dataclass(frozen=True)
class Failure:
    """How a handler ended badly, where a result stands else."""

    error: str
    retryable: bool = True


def told(result: Any) -> dict[str, Any]:
    """What an agent reports of a handler that ended so."""
    if isinstance(result, Failure):
        return {"status": "FAILED", "error_message": result.error, "retryable": result.retryable}
    return {"status": "COMPLETED", "result_data": result}


@dataclass
class Held:
    """A task that an agent was given."""

    token: int
    started: bool = False


@dataclass
class Agent:
    """One process of an agent that speaks `sync`: it names what it has, until it reported or was told."""

    d: Deployment
    ledger: Ledger
    agent_id: str
    session: str = "s1"
    slots: int = 2
    beat_s: float = 10
    ack: int = 0
    held: dict[str, Held] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)  # of what it finished, until that is accepted
    is_over: bool = False  # superseded, or killed
    clock_s: float = 0  # its clock is so much ahead of the service's

    def register(self, **more: Any) -> bool:
        body = {
            "agent_id": self.agent_id,
            "display_name": self.agent_id,
            "capabilities": ["report", "draw"],
            "max_concurrency": self.slots,
            "heartbeat_interval_seconds": self.beat_s,
            "session_id": self.session,
            **more,
        }
        for _ in range(TRIES):
            reply = self._speak("/ains/agents", body)
            if reply is not None and reply.is_ack:
                return True
        return False

    def beat(self, status: str = "ACTIVE") -> Reply | None:
        at = datetime.fromtimestamp(self.d.now / 1000 + self.clock_s, UTC)
        body = {"status": status, "timestamp": at.isoformat()}
        return self._speak(f"/ains/agents/{self.agent_id}/heartbeat", body)

    def _speak(self, path: str, body: Any) -> Reply | None:
        """Whatever is answered well keeps it alive, by the service's clock."""
        since = self.d.now
        reply = self.d.http("POST", path, body)
        if reply is not None and reply.is_ack:
            until = since + round(LEASE_BEATS * self.beat_s * 1000)
            self.ledger.heard.append(Alive(self.agent_id, since, until))
        return reply

    def report(self, task_id: str, status: str, **told: Any) -> Reply | None:
        """A report of one task, repeated like a client's call."""
        body = {"status": status, "agent_id": self.agent_id, "lease_token": self.held[task_id].token, **told}
        for _ in range(TRIES):
            reply = self.d.http("PUT", f"/aitp/tasks/{task_id}/status", body)
            if reply is not None and reply.status < 500:
                self._told(task_id, status, told, reply)
                return reply
        return None

    def _told(self, task_id: str, status: str, told: dict[str, Any], reply: Reply) -> None:
        if reply.is_ack and status == "ACTIVE":
            self._begin(task_id)
            return
        held = self.held.pop(task_id)
        self.results.pop(task_id, None)
        if reply.is_ack and status == "COMPLETED":
            self._recorded(task_id, held, told.get("result_data"))

    def _recorded(self, task_id: str, held: Held | None, result: Any) -> None:
        """It was told that this is the task's result."""
        self.ledger.completed[task_id] = result
        if held is not None:
            self.ledger.under[task_id] = held.token

    def _begin(self, task_id: str) -> None:
        held = self.held[task_id]
        if not held.started:
            held.started = True
            self.ledger.ran.append((task_id, held.token))

    def begin_all(self) -> None:
        """Its handlers begin; the next sync says so."""
        for task_id in self.held:
            self._begin(task_id)

    def finish_all(self, result: Any = "done") -> None:
        """Its handlers are done; the next sync reports."""
        for task_id, held in self.held.items():
            if held.started:
                self.results.setdefault(task_id, result)

    def sync(self, *, released: tuple[str, ...] = (), free: int | None = None) -> Reply | None:
        """One sync. What it reported stays with it until an answer says it was heard."""
        named = [t for t in self.held if t not in self.results and t not in released]
        body = {
            "session_id": self.session,
            "ack": self.ack,
            "held": [self._named(t) | {"status": self._status(t)} for t in named],
            "reports": [self._named(t) | told(r) for t, r in self.results.items()],
            "released": [self._named(t) for t in released if t in self.held],
            "free_slots": max(0, self.slots - len(self.held)) if free is None else free,
        }
        reply = self._speak(f"/ains/agents/{self.agent_id}/sync", body)
        if reply is None or reply.status >= 500:
            return None
        if reply.status == 404:
            self.held, self.results, self.ack = {}, {}, 0
            self.register()
        elif reply.status == 409:
            self.is_over = True  # another process took over
        else:
            assert reply.is_ack, reply
            self._heard(reply.body, released)
        return reply

    def _named(self, task_id: str) -> dict[str, Any]:
        return {"task_id": task_id, "lease_token": self.held[task_id].token}

    def _status(self, task_id: str) -> str:
        return "ACTIVE" if self.held[task_id].started else "ASSIGNED"

    def _heard(self, answer: dict[str, Any], released: tuple[str, ...]) -> None:
        self.ack = answer["seq"]
        for receipt in answer["reports"]:
            result = self.results.pop(receipt["task_id"], None)
            held = self.held.pop(receipt["task_id"], None)
            if receipt["accepted"] and not isinstance(result, Failure):
                self._recorded(receipt["task_id"], held, result)
        for task_id in (*answer["cancelled"], *answer["lost"], *released):
            self.held.pop(task_id, None)
            self.results.pop(task_id, None)
        for given in answer["assignments"]:
            self.ledger.got.add((given["task_id"], given["lease_token"]))
            known = self.held.get(given["task_id"])
            if known is None or known.token != given["lease_token"]:
                self.held[given["task_id"]] = Held(given["lease_token"])

    def live(self) -> None:
        """One round: what it has goes a step on."""
        if not self.is_over:
            self.sync()
            self.finish_all()
            self.begin_all()
