"""Keeping schedules: create, change, pause, resume, delete, look at their runs."""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.domain import ids, schedule_lifecycle
from chalicelib.domain.content import fingerprint, packed
from chalicelib.domain.errors import Conflict, KeyReused, LostRace, NotFound
from chalicelib.domain.execution import Execution
from chalicelib.domain.quota import Quota
from chalicelib.domain.schedule import Schedule, ScheduleStatus
from chalicelib.values import dataclass

from . import documents
from .firing import Firing
from .hints import of_due
from .ports import Aggregate, Clock, NewId, Page, PayloadStore, ScheduleStore, WorkQueue
from .reading import gathered

TRIES = 5


@dataclass(frozen=True, eq=False, repr=False)
class Schedules:
    """Every change speaks about the slots after now: what is due before is fired first."""

    schedules: ScheduleStore
    payloads: PayloadStore
    firing: Firing
    quota: Quota
    queue: WorkQueue
    clock: Clock
    new_id: NewId

    def create(
        self,
        definition: Mapping[str, Any],
        *,
        tenant: str,
        input_data: Any,
        metadata: Any,
        key: str | None = None,
    ) -> tuple[Schedule, bool]:
        """The schedule as it was when new, and whether this idempotency key had made it before.

        Raises Invalid, TooLarge, KeyReused, QuotaExceeded.
        """
        now = self.clock()
        schedule_id = (
            self.new_id("schedule") if key is None else ids.from_key("schedule", tenant=tenant, key=key)
        )
        contents = {"input": input_data, "metadata": metadata}
        request = None if key is None else fingerprint([dict(definition), contents])
        document, text = packed(contents, owner=schedule_id, kind="input")
        schedule = Schedule(
            schedule_id=schedule_id,
            tenant=tenant,
            created_at=now,
            document=document,
            request=request,
            **definition,
        )
        existing = None if key is None else self.schedules.get(schedule_id)
        if existing is None:
            schedule = schedule_lifecycle.created(schedule, now=now)
            kept = self.schedules.count_of_client(tenant, schedule.client_id, most=self.quota.schedules)
            self.quota.admit_schedule(schedule.client_id, kept)
            documents.keep(self.payloads, document, text)
            existing = self.schedules.add(schedule)
        if existing is not None:
            return _as_created(schedule, existing), True
        self._announce(schedule)
        return schedule, False

    def _announce(self, schedule: Schedule) -> None:
        now = self.clock()
        hints = of_due(Aggregate.SCHEDULE, schedule.schedule_id, schedule.due_at, now=now)
        self.queue.announce(*hints, now=now)

    def get(self, schedule_id: str, *, tenant: str) -> Schedule:
        """Raises NotFound, also for another tenant's."""
        schedule = self.schedules.get(schedule_id)
        if schedule is None or schedule.tenant != tenant:
            raise NotFound(f"no schedule {schedule_id}")
        return schedule

    def change(
        self,
        schedule_id: str,
        changes: Mapping[str, Any],
        *,
        tenant: str,
        document: Any = None,
        expected_revision: int | None = None,
    ) -> Schedule:
        """Another definition; its future moves when its timing did. `document` is its new input."""
        changed = dict(changes)
        if document is not None:
            content, text = packed(document, owner=schedule_id, kind="input")
            self.get(schedule_id, tenant=tenant)
            documents.keep(self.payloads, content, text)
            changed["document"] = content

        def decide(schedule: Schedule, now: int) -> Schedule:
            if expected_revision is not None and schedule.revision != expected_revision:
                raise Conflict(
                    f"schedule {schedule_id} is at revision {schedule.revision}, not {expected_revision}"
                )
            return schedule_lifecycle.changed(schedule, now=now, **changed)

        return self.decide(schedule_id, decide, tenant=tenant)

    def pause(self, schedule_id: str, *, tenant: str, reason: str | None) -> Schedule:
        """No slot after now fires until it is resumed."""
        return self.decide(
            schedule_id, lambda s, now: schedule_lifecycle.paused(s, now=now, reason=reason), tenant=tenant
        )

    def resume(self, schedule_id: str, *, tenant: str) -> Schedule:
        """On from the first slot after now."""
        return self.decide(schedule_id, lambda s, now: schedule_lifecycle.resumed(s, now=now), tenant=tenant)

    def decide(
        self, schedule_id: str, decide: Callable[[Schedule, int], Schedule], *, tenant: str
    ) -> Schedule:
        """Write what is decided about it as it stands now; the same schedule means nothing to write."""
        for _ in range(TRIES):
            schedule = self.get(schedule_id, tenant=tenant)
            now = self.clock()
            if schedule.ripe_at is not None and schedule.ripe_at <= now:
                self.firing.fire(schedule_id, at_once=True)
                continue
            # Where this machine's clock is late, a slot that another one fired must not lie ahead once more.
            after = decide(schedule, max(now, schedule.last_run_at or 0))
            if after is schedule:
                return after
            try:
                self.schedules.save(after, was=schedule.version)
            except LostRace:
                continue
            self._announce(after)
            return after
        raise LostRace(f"schedule {schedule_id} is changing too fast; try again")

    def delete(self, schedule_id: str, *, tenant: str) -> Schedule:
        """Gone; tasks already made run on. Raises NotFound."""
        for _ in range(TRIES):
            schedule = self.get(schedule_id, tenant=tenant)
            try:
                self.schedules.delete(schedule)
            except LostRace:
                continue
            return schedule
        raise LostRace(f"schedule {schedule_id} is changing too fast; try again")

    def list_schedules(
        self,
        *,
        tenant: str,
        client_id: str | None,
        status: ScheduleStatus | None,
        limit: int,
        cursor: str | None,
    ) -> Page[Schedule]:
        """Newest first where a client is named, else in no promised order."""

        def page(size: int, after: str | None) -> Page[Schedule]:
            if client_id is None:
                return self.schedules.page(limit=size, cursor=after)
            return self.schedules.of_client(tenant, client_id, limit=size, cursor=after)

        def admits(schedule: Schedule) -> bool:
            return schedule.tenant == tenant and status in (None, schedule.status)

        return gathered(page, admits, limit=limit, cursor=cursor)

    def executions(
        self, schedule_id: str, *, tenant: str, limit: int, cursor: str | None
    ) -> tuple[Page[Execution], list[Any]]:
        """Newest slot first, with the result of each; fewer than asked for when the results are large."""
        self.get(schedule_id, tenant=tenant)
        page = self.schedules.executions(schedule_id, limit=limit, cursor=cursor)
        results = documents.fitting(self.payloads, [run.result for run in page.items])
        if len(results) < len(page.items):  # asked again, for the cursor after the last that fits
            page = self.schedules.executions(schedule_id, limit=len(results), cursor=cursor)
            results = documents.read(self.payloads, [run.result for run in page.items])
        return page, results


def _as_created(asked: Schedule, existing: Schedule) -> Schedule:
    """What the same request made, whatever became of it since. Raises KeyReused for another request."""
    if existing.request != asked.request:
        made = existing.schedule_id
        raise KeyReused(f"this Idempotency-Key made schedule {made} from another body; use a new key")
    return schedule_lifecycle.created(asked, now=existing.created_at)
