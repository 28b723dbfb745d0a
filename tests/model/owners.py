"""Owners of schedules: create by query or by JSON, change, pause, resume, run now, delete."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import hypothesis.strategies as st
from hypothesis.stateful import precondition, rule

from . import minutes
from .base import Base
from .comparing import fresh_task
from .minutes import EVERY, Schedule, Standing
from .states import Order, ms
from .system import CLIENTS

ROOT = "/aitp/tasks/schedule"
CRONS = st.sampled_from(sorted(EVERY))
MOST = 3


class Owners(Base):
    @precondition(lambda self: len(self.model.schedules) < MOST)
    @rule(
        client=st.sampled_from(CLIENTS),
        cron=CRONS,
        catchup=st.sampled_from(["none", "one", "all"]),
        is_by_query=st.booleans(),
        repeats=st.booleans(),
    )
    def create(self, client: str, cron: str, catchup: str, is_by_query: bool, repeats: bool) -> None:
        """With a key, and once more as after a lost answer."""
        number = self.one_more()
        timing = {
            "client_id": client,
            "task_type": "work",
            "capability_required": "report",
            "cron_expression": cron,
            "catchup_policy": catchup,
            "timeout_seconds": 60,
            "max_retries": 0,
        }
        document = {"input_data": {"n": number}}
        url, body = (f"{ROOT}?{urlencode(timing)}", document) if is_by_query else (ROOT, timing | document)
        answer = self.system.call("POST", url, body, Idempotency_Key=f"schedule-{number}")
        self.expect(answer, 201)
        schedule_id = answer.body["schedule_id"]
        slot = minutes.first_after(cron, self.at)
        assert ms(answer.body["next_run_at"]) == slot
        order = Order(
            client_id=client, capability="report", timeout=60_000, max_retries=0, input_data={"n": number}
        )
        self.model.schedules[schedule_id] = Schedule(
            schedule_id, cron, catchup, order, Standing(next_slot=slot)
        )
        if repeats:
            again = self.system.call("POST", url, body, Idempotency_Key=f"schedule-{number}")
            assert (again.status, again.body) == (201, answer.body)
            other = {"input_data": {"n": 0}} if is_by_query else body | {"priority": 1}
            self.expect(self.system.call("POST", url, other, Idempotency_Key=f"schedule-{number}"), 422)

    @precondition(lambda self: self.model.schedules)
    @rule(data=st.data(), what=st.sampled_from(["pause", "pause", "resume", "resume", "run", "delete"]))
    def handle_schedule(self, data: st.DataObject, what: str) -> None:
        schedule = self._one_of_them(data)
        match what:
            case "run":
                self.run_now(schedule)
            case "delete" if len(self.model.schedules) == MOST:
                self.delete(schedule)
            case "pause" | "resume":
                self.hold(schedule, what)

    def hold(self, schedule: Schedule, what: str) -> None:
        answer = self.system.call("POST", f"{ROOT}/{schedule.schedule_id}/{what}")
        self.expect(answer, 200)
        if what == "pause":
            schedule.pause(self.at)
        else:
            schedule.resume(self.at)
        self._answered(schedule, answer.body)

    def _one_of_them(self, data: st.DataObject) -> Schedule:
        return self.model.schedules[data.draw(st.sampled_from(sorted(self.model.schedules)))]

    def _answered(self, schedule: Schedule, body: dict[str, Any]) -> None:
        assert body["status"] == schedule.status
        assert ms(body["next_run_at"]) == schedule.standing.next_slot

    @precondition(lambda self: self.model.schedules)
    @rule(
        data=st.data(),
        priority=st.sampled_from([None, 1, 9]),
        cron=st.one_of(st.none(), CRONS),
        match=st.sampled_from(["none", "right", "old"]),
    )
    def change(self, data: st.DataObject, priority: int | None, cron: str | None, match: str) -> None:
        self.change_schedule(self._one_of_them(data), priority=priority, cron=cron, match=match)

    def change_schedule(
        self, schedule: Schedule, *, priority: int | None, cron: str | None, match: str
    ) -> None:
        """`match`: the ETag sent is none, the right one or an old one."""
        asked = {"priority": priority, "cron_expression": cron}
        version = schedule.version - (match == "old")
        answer = self.system.call(
            "PUT",
            f"{ROOT}/{schedule.schedule_id}",
            {name: value for name, value in asked.items() if value is not None},
            **({} if match == "none" else {"If_Match": f'"{version}"'}),
        )
        if self.expect(answer, 409 if match == "old" else 200):
            schedule.change(self.at, priority=priority, cron=cron)
            self._answered(schedule, answer.body)
        else:
            schedule.standing = schedule.handled(self.at)

    def run_now(self, schedule: Schedule) -> None:
        """A run beside the cron; two in the same millisecond are one too many."""
        slot = self.at + 1 if self.at % 1000 == 0 else self.at
        answer = self.system.call("POST", f"{ROOT}/{schedule.schedule_id}/run")
        if self.expect(answer, 409 if slot in schedule.by_hand else 201):
            assert ms(answer.body["slot"]) == slot
            schedule.by_hand.add(slot)
            schedule.standing = replace(schedule.standing, last_run=self.at)
            task_id = answer.body["task_id"]
            assert task_id not in self.model.tasks
            self.model.tasks[task_id] = fresh_task(task_id, schedule.order)

    def delete(self, schedule: Schedule) -> None:
        url = f"{ROOT}/{schedule.schedule_id}"
        answer = self.system.call("DELETE", url)
        self.expect(answer, 200)
        assert answer.body["status"] == "DELETED"
        del self.model.schedules[schedule.schedule_id]
        for method, of_it in (("GET", ""), ("DELETE", ""), ("POST", "/pause"), ("POST", "/run")):
            self.expect(self.system.call(method, url + of_it), 404)
