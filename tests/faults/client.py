"""A client as it is outside: it knows what was answered, and repeats what was not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .deployment import Deployment, Reply
from .ledger import Ledger

TRIES = 3  # then a client gives up, and does not know what became of its request


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
        """The id of the task."""
        task_id = self._made("/aitp/tasks", "task_id", {"capability_required": capability, **options})
        self.ledger.created |= set() if task_id is None else {task_id}
        return task_id

    def _made(self, path: str, id_name: str, options: Mapping[str, Any]) -> str | None:
        """The id of what was created. Its client_id is its key, so that a second one for it would be seen."""
        key = self._key()
        body = {"client_id": key, "task_type": "work", "capability_required": "report", **options}
        reply = self.ask("POST", path, body, key=key)
        if reply is None:
            return None
        assert reply.status == 201, reply
        made: str = reply.body[id_name]
        return made

    def _key(self) -> str:
        self.keys += 1
        return f"key-{self.keys}"

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
        reply = self.ask("POST", f"/aitp/tasks/{task_id}/retry", {}, key=self._key())
        if reply is not None and reply.is_ack:
            self.ledger.created.add(reply.body["task_id"])

    def redrive(self, **wanted: str) -> None:
        reply = self.ask("POST", "/aitp/dead-letters/redrive", {"filter": wanted}, key=self._key())
        if reply is not None and reply.is_ack:
            self.ledger.created |= {made["retried_as"] for made in reply.body["redriven"]}

    def schedule(self, **options: Any) -> str | None:
        schedule_id = self._made("/aitp/tasks/schedule", "schedule_id", options)
        self.ledger.schedules |= set() if schedule_id is None else {schedule_id}
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
        path = f"/aitp/tasks/schedule/{schedule_id}/run"
        reply = self.ask("POST", path, {}, key=self._key())
        if reply is None or not reply.is_ack:
            return None
        task_id: str = reply.body["task_id"]
        self.ledger.created.add(task_id)
        return task_id
