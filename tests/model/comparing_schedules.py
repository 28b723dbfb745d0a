"""Schedules and their runs, against the model's minutes."""

from dataclasses import dataclass, replace
from typing import Any

from .comparing import fresh_task
from .eyes import Eyes
from .minutes import Schedule
from .model import Model
from .states import ms


@dataclass(frozen=True)
class ComparingSchedules:
    """What fired becomes tasks of the model."""

    model: Model
    eyes: Eyes

    def compare(self, *, at: int) -> None:
        """Each schedule stands where its minutes say, and fired those and no others."""
        seen = self.eyes.schedules()
        assert seen.keys() == self.model.schedules.keys()
        for schedule_id, row in seen.items():
            schedule = self.model.schedules[schedule_id]
            if row != schedule.row:
                self._definition(schedule, row)
            if row != schedule.row or ms(row["next_run_at"]) != schedule.standing.next_slot:
                self._standing(schedule, row, at)
            schedule.row = row

    def _definition(self, schedule: Schedule, row: dict[str, Any]) -> None:
        limits = schedule.limits
        shown = (row["version"], row["cron_expression"], row["priority"], row["max_runs"], ms(row["end_at"]))
        known = (schedule.version, limits.cron, schedule.order.priority, limits.max_runs, limits.ends_at)
        assert shown == known, row
        assert (row["etag"], row["excluded_dates"]) == (f'"{schedule.version}"', list(limits.excluded))
        if row["status"] != "COMPLETED":
            assert row["reason"] == schedule.reason, row

    def _standing(self, schedule: Schedule, row: dict[str, Any], at: int) -> None:
        possible = [schedule.standing]
        if self.model.is_nature_at_work and schedule.status == "ACTIVE":
            possible.append(schedule.handled(at))
        shown = self.eyes.executions(schedule.schedule_id)
        runs = {ms(run["slot"]): run for run in shown if run["status"] != "MISSED"}
        slots = runs.keys() - schedule.by_hand
        found = [
            standing
            for standing in possible
            if standing.next_slot == ms(row["next_run_at"])
            and standing.status == row["status"]
            and {slot for slot, _ in standing.fired} == slots
        ]
        assert found, f"{row} fired {slots}: not {possible}"
        schedule.standing = found[-1]
        assert row["total_runs"] == len(runs)
        for slot, priority in schedule.standing.fired:
            if runs[slot]["task_id"] not in self.model.tasks:
                self._fired(schedule, slot, runs[slot], priority, at)

    def _fired(self, schedule: Schedule, slot: int, run: dict[str, Any], priority: int, at: int) -> None:
        assert slot <= at, f"{schedule.schedule_id} fired {slot} early"
        assert ms(run["executed_at"]) == at
        order = replace(schedule.order, priority=priority)
        shown = self.eyes.task(run["task_id"])
        assert (shown["schedule_id"], ms(shown["slot"])) == (schedule.schedule_id, slot)
        self.model.tasks[run["task_id"]] = fresh_task(run["task_id"], order)

    def outcomes(self) -> None:
        """Each run says what became of its task."""
        for schedule_id in self.model.schedules:
            for run in self.eyes.executions(schedule_id):
                if run["status"] == "MISSED":
                    continue
                task = self.model.tasks[run["task_id"]]
                good = task.state.status == "COMPLETED"
                assert task.outcome is not None
                assert run["status"] == ("COMPLETED" if good else "FAILED"), run
                assert run["result_data"] == task.outcome["result_data"], run
