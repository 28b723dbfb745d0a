"""Owners of schedules: create by query or by JSON, change, pause, resume, run now, delete."""

from typing import Any
from urllib.parse import urlencode

import hypothesis.strategies as st
from hypothesis.stateful import precondition, rule

from .base import Base
from .comparing import fresh_task
from .minutes import EVERY, MINUTE, Limits, Schedule, Standing, date_of
from .states import Order, iso, ms
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
        max_runs=st.sampled_from([None, None, 1, 3]),
        minutes_left=st.sampled_from([None, None, 3, 8]),
        is_excluded=st.sampled_from([False, False, False, True]),
    )
    def create(
        self,
        client: str,
        cron: str,
        catchup: str,
        is_by_query: bool,
        repeats: bool,
        max_runs: int | None = None,
        minutes_left: int | None = None,
        is_excluded: bool = False,
    ) -> None:
        """With a key, and once more as after a lost answer."""
        number = self.one_more()
        limits = Limits(
            cron=cron,
            max_runs=max_runs,
            ends_at=None
            if minutes_left is None
            else self.at // MINUTE * MINUTE + minutes_left * MINUTE + 500,
            excluded=(date_of(self.at),) if is_excluded and minutes_left is None else (),
        )
        timing = {
            "client_id": client,
            "task_type": "work",
            "capability_required": "report",
            "cron_expression": cron,
            "catchup_policy": catchup,
            "timeout_seconds": 60,
            "max_retries": 0,
            **_told(limits),
        }
        is_by_query = is_by_query and not limits.excluded  # a list is no parameter
        document = {"input_data": {"n": number}}
        url, body = (f"{ROOT}?{urlencode(timing)}", document) if is_by_query else (ROOT, timing | document)
        answer = self.system.call("POST", url, body, Idempotency_Key=f"schedule-{number}")
        self.expect(answer, 201)
        schedule_id = answer.body["schedule_id"]
        slot = limits.slot_after(self.at)
        assert slot is not None
        assert ms(answer.body["next_run_at"]) == slot
        order = Order(
            client_id=client, capability="report", timeout=60_000, max_retries=0, input_data={"n": number}
        )
        self.model.schedules[schedule_id] = Schedule(
            schedule_id, limits, catchup, order, Standing(next_slot=slot)
        )
        if repeats:
            again = self.system.call("POST", url, body, Idempotency_Key=f"schedule-{number}")
            assert (again.status, again.body) == (201, answer.body)
            other = {"input_data": {"n": 0}} if is_by_query else body | {"priority": 1}
            self.expect(self.system.call("POST", url, other, Idempotency_Key=f"schedule-{number}"), 422)

    @precondition(lambda self: self.model.schedules)
    @rule(
        data=st.data(),
        what=st.sampled_from(["pause", "pause", "resume", "resume", "run", "delete"]),
        reason=st.sampled_from([None, "new disk"]),
    )
    def handle_schedule(self, data: st.DataObject, what: str, reason: str | None) -> None:
        schedule = self._one_of_them(data)
        match what:
            case "run":
                self.run_now(schedule)
            case "delete" if len(self.model.schedules) == MOST:
                self.delete(schedule)
            case "pause":
                self.hold(schedule, what, reason=reason)
            case "resume":
                self.hold(schedule, what)

    def hold(self, schedule: Schedule, what: str, *, reason: str | None = None) -> None:
        url = f"{ROOT}/{schedule.schedule_id}/{what}"
        answer = self.system.call("POST", url, None if reason is None else {"reason": reason})
        heard = schedule.pause(self.at, reason) if what == "pause" else schedule.resume(self.at)
        if self.expect(answer, 200 if heard else 409):
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
        excluded=st.sampled_from([None, None, False, True]),
    )
    def change(
        self, data: st.DataObject, priority: int | None, cron: str | None, match: str, excluded: bool | None
    ) -> None:
        schedule = self._one_of_them(data)
        self.change_schedule(schedule, priority=priority, cron=cron, match=match, excluded=excluded)

    def change_schedule(
        self,
        schedule: Schedule,
        *,
        priority: int | None,
        cron: str | None,
        match: str,
        excluded: bool | None = None,
    ) -> None:
        """`match`: the ETag sent is none, the right one or an old one; `excluded`: today, or nothing."""
        dates = None if excluded is None else [date_of(self.at)] * excluded
        asked = {"priority": priority, "cron_expression": cron, "excluded_dates": dates}
        version = schedule.version - (match == "old")
        answer = self.system.call(
            "PUT",
            f"{ROOT}/{schedule.schedule_id}",
            {name: value for name, value in asked.items() if value is not None},
            **({} if match == "none" else {"If_Match": f'"{version}"'}),
        )
        if match == "old":
            schedule.standing = schedule.handled(self.at)
            self.expect(answer, 409)
            return
        wanted = schedule.change(self.at, priority=priority, cron=cron, excluded=excluded)
        if self.expect(answer, wanted):
            self._answered(schedule, answer.body)

    def run_now(self, schedule: Schedule) -> None:
        """A run beside the cron; two in the same millisecond are one too many."""
        slot = self.at + 1 if self.at % 1000 == 0 else self.at
        answer = self.system.call("POST", f"{ROOT}/{schedule.schedule_id}/run")
        is_refused = slot in schedule.by_hand or schedule.status == "COMPLETED"
        if self.expect(answer, 409 if is_refused else 201):
            assert ms(answer.body["slot"]) == slot
            schedule.run(self.at, slot)
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


def _told(limits: Limits) -> dict[str, Any]:
    """As the request names it, where it is limited."""
    told = {
        "max_runs": limits.max_runs,
        "end_at": None if limits.ends_at is None else iso(limits.ends_at),
        "excluded_dates": list(limits.excluded) or None,
    }
    return {name: value for name, value in told.items() if value is not None}
