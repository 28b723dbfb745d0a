"""Clients: they submit, repeat themselves after a lost answer, cancel, and ask for what is not there."""

from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import precondition, rule

from . import states
from .book import Told
from .calls import Calls
from .comparing import fresh_task
from .states import HELD, Order, iso, ms
from .system import CAPABILITIES, CLIENTS

MS = 1_000


class Clients(Calls):
    @rule(
        client=st.sampled_from(CLIENTS),
        capability=st.sampled_from(CAPABILITIES),
        priority=st.integers(1, 10),
        timeout=st.sampled_from([2, 40, 300]),
        retries=st.integers(0, 2),
        wait=st.sampled_from([None, None, 30, 200]),
        after=st.sampled_from([None, None, 20, 90]),
        is_keyed=st.booleans(),
        is_large=st.booleans(),
    )
    def submit(
        self,
        client: str,
        capability: str,
        priority: int,
        timeout: int,
        retries: int,
        wait: int | None,
        after: int | None,
        is_keyed: bool,
        is_large: bool,
    ) -> None:
        number = self.one_more()
        order = Order(
            client_id=client,
            capability=capability,
            priority=priority,
            input_data={"n": number, "text": "x" * (400 if is_large else 1)},
            timeout=timeout * MS,
            max_retries=retries,
            ready_at=None if after is None else self.at + after * MS,
            expires_at=None if wait is None else self.at + (wait + (after or 0)) * MS,
        )
        body = _body(order, wait)
        key = f"key-{number}" if is_keyed else None
        answer = self.system.call("POST", "/aitp/tasks", body, **({"Idempotency_Key": key} if key else {}))
        self.expect(answer, 201)
        assert "Idempotent-Replayed" not in answer.headers
        task_id = answer.body["task_id"]
        assert task_id not in self.model.tasks
        assert answer.headers["Location"] == f"/aitp/tasks/{task_id}"
        assert ms(answer.body["expires_at"]) == order.expires_at
        self.model.tasks[task_id] = fresh_task(task_id, order)
        if key is not None:
            self.model.keys[key] = (body, answer.body)

    @precondition(lambda self: self.model.keys)
    @rule(data=st.data(), is_other=st.booleans())
    def submit_again(self, data: st.DataObject, is_other: bool) -> None:
        """As after an answer that was lost; or the key is used for something else."""
        key = data.draw(st.sampled_from(sorted(self.model.keys)))
        body, first = self.model.keys[key]
        sent = body | {"task_type": "other"} if is_other else body
        answer = self.system.call("POST", "/aitp/tasks", sent, Idempotency_Key=key)
        if self.expect(answer, 422 if is_other else 201):
            assert answer.headers["Idempotent-Replayed"] == "true"
            assert answer.body == first, f"answered {first}, and now {answer.body}"

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data(), reports=st.booleans())
    def cancel(self, data: st.DataObject, reports: bool) -> None:
        """And its holder may report at once that it is done."""
        self.cancel_one(data.draw(st.sampled_from(sorted(self.model.tasks))), reports=reports)

    def cancel_one(self, task_id: str, *, reports: bool) -> None:
        task = self.model.tasks[task_id]
        state = task.state
        answer = self.system.call("DELETE", f"/aitp/tasks/{task_id}", {"reason": "not wanted"})
        if self.expect(answer, 409 if state.status in ("COMPLETED", "FAILED") else 200):
            assert answer.body["status"] == "CANCELLED"
        if state.is_over:
            self.model.becomes(task_id, state)
            return
        task.lingers = state if state.status in HELD else None
        self.model.becomes(task_id, states.cancelled(state, self.at))
        if reports and state.agent is not None:
            told = Told(agent=state.agent, token=state.token, status="COMPLETED", result={"n": 1})
            assert self.reported(task_id, told) is None

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data(), priority=st.integers(1, 10))
    def prioritise(self, data: st.DataObject, priority: int) -> None:
        task_id = data.draw(st.sampled_from(sorted(self.model.tasks)))
        self._change(task_id, "priority", {"priority": priority}, priority=priority)

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data(), seconds=st.sampled_from([2, 40, 300]))
    def retime(self, data: st.DataObject, seconds: int) -> None:
        """A task that was given and has not begun keeps the time to begin that it was given with."""
        task_id = data.draw(st.sampled_from(sorted(self.model.tasks)))
        if self.model.tasks[task_id].state.status != "ASSIGNED":
            self._change(task_id, "timeout", {"timeout_seconds": seconds}, timeout=seconds * MS)

    def _change(self, task_id: str, what: str, body: dict[str, int], **asked: int) -> None:
        task = self.model.tasks[task_id]
        answer = self.system.call("PUT", f"/aitp/tasks/{task_id}/{what}", body)
        if self.expect(answer, 409 if task.state.is_over else 200) and not task.state.is_over:
            assert answer.body.items() >= body.items()
            task.order = replace(task.order, **asked)
            task.row = None  # as asked for anew: compared with what was asked, not with what was seen

    def ask_for_what_is_not_there(self) -> None:
        report = {"status": "ACTIVE", "agent_id": "a", "lease_token": 1}
        for method, url, body in (
            ("GET", "/aitp/tasks/nothing", None),
            ("DELETE", "/aitp/tasks/nothing", None),
            ("PUT", "/aitp/tasks/nothing/status", report),
            ("GET", "/aitp/tasks/schedule/nothing", None),
            ("PUT", "/aitp/tasks/schedule/nothing", {"priority": 2}),
            ("POST", "/ains/agents/nothing/heartbeat", {}),
            ("DELETE", "/ains/agents/nothing", None),
        ):
            self.expect(self.system.call(method, url, body), 404)


def _body(order: Order, wait: int | None) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "client_id": order.client_id,
        "task_type": "work",
        "capability_required": order.capability,
        "input_data": order.input_data,
        "priority": order.priority,
        "timeout_seconds": order.timeout / MS,
        "max_retries": order.max_retries,
        "retry_policy": {"backoff_seconds": order.backoff / MS, "max_backoff_seconds": 30, "jitter": 0},
    }
    if wait is not None:
        asked["queue_timeout_seconds"] = wait
    if order.ready_at is not None:
        asked["not_before"] = iso(order.ready_at)
    return asked
