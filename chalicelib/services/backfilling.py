"""Running slots of the past: those that were missed or skipped, or lie before the schedule was made."""

from chalicelib.domain import schedule_runs
from chalicelib.domain.errors import Invalid
from chalicelib.domain.execution import task_id
from chalicelib.domain.overlap import MOST_WAITING
from chalicelib.domain.recurrence import slots_between
from chalicelib.domain.schedule import Schedule
from chalicelib.values import dataclass

from .ports import ScheduleStore
from .schedules import Schedules

MOST_COUNTED = 1_000


@dataclass(frozen=True)
class Planned:
    """One slot of the range; `was_known`: it had its run, or its turn was promised before."""

    slot: int
    task_id: str
    was_known: bool


@dataclass(frozen=True, eq=False, repr=False)
class Backfilling:
    """The slots join those that wait for their turn: one write, after which the clock sees to the rest."""

    schedules: Schedules
    store: ScheduleStore

    def backfill(
        self, schedule_id: str, *, since: int, until: int, tenant: str
    ) -> tuple[Schedule, list[Planned]]:
        """The schedule and the slots of the range, both ends included; asked again nothing is made twice.

        Raises NotFound, Invalid (also for too many slots), IllegalMove, Conflict, LostRace.
        """
        if until < since:
            raise Invalid.at("/since", "lies after until")
        plans: list[list[Planned]] = []

        def decide(schedule: Schedule, now: int) -> Schedule:
            plan = self._plan(schedule, since, until, now)
            plans.append(plan)
            fresh = [planned.slot for planned in plan if not planned.was_known]
            return schedule_runs.backfilled(schedule, fresh, now=now)

        schedule = self.schedules.decide(schedule_id, decide, tenant=tenant)
        return schedule, plans[-1]

    def _plan(self, schedule: Schedule, since: int, until: int, now: int) -> list[Planned]:
        if until > now:
            raise Invalid.at("/until", "lies in the future; slots to come are fired by themselves")
        last = now - schedule.spread_ms if schedule.next_slot is None else schedule.next_slot - 1
        slots = slots_between(schedule, since=since, until=min(until, last), most=MOST_COUNTED)
        if len(slots) > MOST_WAITING:
            count = f"{len(slots)} or more" if len(slots) == MOST_COUNTED else str(len(slots))
            raise Invalid.at(
                "/since", f"{count} slots lie between since and until; ask for {MOST_WAITING} at a time"
            )
        runs = self.store.executions_between(schedule.schedule_id, since=since, until=until)
        by_slot = {run.slot: run.task_id for run in runs if run.task_id is not None}
        return [
            Planned(
                slot,
                by_slot.get(slot) or task_id(schedule.schedule_id, slot),
                was_known=slot in by_slot or slot in schedule.waiting,
            )
            for slot in slots
        ]
