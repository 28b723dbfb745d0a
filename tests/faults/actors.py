"""Clients and agents as they are outside: they know what was answered, and repeat what was not."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from chalicelib.domain.agent import LEASE_BEATS

from .deployment import Deployment, Reply

TRIES = 3  # then a client gives up, and does not know what became of its request


class Alive(NamedTuple):
    """An agent was heard of, and counts as alive until its lease is over. Milliseconds."""

    agent_id: str
    since: int
    until: int


@dataclass
class Ledger:
    """What was acknowledged to somebody: the service must stand by all of it."""

    created: set[str] = field(default_factory=set)
    changed: dict[tuple[str, str], int] = field(default_factory=dict)  # by task and what of it
    completed: dict[str, Any] = field(default_factory=dict)  # result by task
    cancelled: set[str] = field(default_factory=set)
    schedules: set[str] = field(default_factory=set)
    paused: dict[str, tuple[int, int]] = field(default_factory=dict)  # asked and answered when, by schedule
    backfilled: set[tuple[str, int]] = field(default_factory=set)  # schedule and slot that is to have its run
    ran: list[tuple[str, int]] = field(default_factory=list)  # task and token, each time a handler began
    under: dict[str, int] = field(default_factory=dict, repr=False)  # token that a result was accepted under
    heard: list[Alive] = field(default_factory=list, repr=False)
    got: set[tuple[str, int]] = field(
        default_factory=set, repr=False
    )  # task and token, in an answer that came


@dataclass
class Client:
    """Repeats a call whose answer it missed, under the same key."""

    d: Deployment
    ledger: Ledger
    keys: int = 0

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Reply | None:
        """The answer, also a refusal; None when none came, time after time."""
        headers = {} if key is None else {"Idempotency-Key": key}
        for _ in range(TRIES):
            reply = self.d.http(method, path, body, headers)
            if reply is not None and reply.status < 500:
                return reply
        return None

    def submit(self, capability: str = "report", **options: Any) -> str | None:
        """The id of the task. Its client_id is its key, so that a second one for it would be seen."""
        self.keys += 1
        key = f"key-{self.keys}"
        body = {"client_id": key, "task_type": "work", "capability_required": capability, **options}
        reply = self.ask("POST", "/aitp/tasks", body, key=key)
        if reply is None:
            return None
        assert reply.status == 201, reply
        task_id: str = reply.body["task_id"]
        self.ledger.created.add(task_id)
        return task_id

    def cancel(self, task_id: str) -> None:
        reply = self.ask("DELETE", f"/aitp/tasks/{task_id}", {"reason": "not needed"})
        if reply is not None and reply.is_ack:
            self.ledger.cancelled.add(task_id)

    def prioritise(self, task_id: str, priority: int) -> None:
        self._change(task_id, "priority", {"priority": priority}, priority)

    def retime(self, task_id: str, seconds: int) -> None:
        self._change(task_id, "timeout_ms", {"timeout_seconds": seconds}, seconds * 1000)

    def _change(self, task_id: str, what: str, body: dict[str, int], kept: int) -> None:
        reply = self.ask("PUT", f"/aitp/tasks/{task_id}/{what.removesuffix('_ms')}", body)
        if reply is not None and reply.is_ack:
            self.ledger.changed[task_id, what] = kept

    def retry(self, task_id: str) -> None:
        self.keys += 1
        reply = self.ask("POST", f"/aitp/tasks/{task_id}/retry", {}, key=f"key-{self.keys}")
        if reply is not None and reply.is_ack:
            self.ledger.created.add(reply.body["task_id"])

    def redrive(self, **wanted: str) -> None:
        self.keys += 1
        reply = self.ask("POST", "/aitp/dead-letters/redrive", {"filter": wanted}, key=f"key-{self.keys}")
        if reply is not None and reply.is_ack:
            self.ledger.created |= {made["retried_as"] for made in reply.body["redriven"]}

    def schedule(self, **options: Any) -> str | None:
        self.keys += 1
        key = f"key-{self.keys}"
        body = {"client_id": key, "task_type": "work", "capability_required": "report"} | options
        reply = self.ask("POST", "/aitp/tasks/schedule", body, key=key)
        if reply is None:
            return None
        assert reply.status == 201, reply
        schedule_id: str = reply.body["schedule_id"]
        self.ledger.schedules.add(schedule_id)
        return schedule_id

    def pause(self, schedule_id: str) -> None:
        asked = self.d.now
        reply = self.ask("POST", f"/aitp/tasks/schedule/{schedule_id}/pause", {})
        if reply is not None and reply.is_ack:
            self.ledger.paused[schedule_id] = asked, self.d.now

    def backfill(self, schedule_id: str, *, slot: int) -> None:
        """One slot of the past."""
        at = datetime.fromtimestamp(slot / 1000, UTC).isoformat()
        path = f"/aitp/tasks/schedule/{schedule_id}/backfill"
        reply = self.ask("POST", path, {"since": at, "until": at})
        if reply is not None and reply.is_ack:
            assert len(reply.body["slots"]) == 1, reply
            self.ledger.backfilled.add((schedule_id, slot))

    def run_now(self, schedule_id: str) -> str | None:
        self.keys += 1
        path = f"/aitp/tasks/schedule/{schedule_id}/run"
        reply = self.ask("POST", path, {}, key=f"key-{self.keys}")
        if reply is None or not reply.is_ack:
            return None
        task_id: str = reply.body["task_id"]
        self.ledger.created.add(task_id)
        return task_id


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
