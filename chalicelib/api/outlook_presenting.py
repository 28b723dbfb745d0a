"""What an expression or a schedule will do, from the domain's words into the wire's."""

from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain.cron_text import CronFormat
from chalicelib.domain.outlook import Outlook
from chalicelib.domain.schedule import Schedule, ScheduleStatus
from chalicelib.domain.zones import zone_named

from .schedule_wire import CronCheck, SchedulePreview
from .times import iso, iso_or_none, local_iso


def cron_check(found: Outlook, text: str, form: CronFormat, zone: str) -> CronCheck:
    """An expression that is understood, which is not to say that it ever fires."""
    runs = _runs(found, zone_named(zone))
    return CronCheck(
        valid=bool(found.runs),
        cron_expression=found.cron or text,
        effective_expression=found.effective,
        cron_format=form.value,
        timezone=zone,
        description=found.english,
        warnings=found.warnings,
        message=_when(runs["next_run_at"]),
        **runs,
    )


def refused_check(text: str, form: CronFormat, zone: str, message: str) -> CronCheck:
    """An expression that is not, and why."""
    return CronCheck(
        valid=False,
        cron_expression=text,
        effective_expression=None,
        cron_format=form.value,
        timezone=zone,
        description=None,
        next_run_at=None,
        next_runs=[],
        next_runs_local=[],
        warnings=[],
        message=message,
    )


def schedule_preview(schedule: Schedule, found: Outlook, place: ZoneInfo) -> SchedulePreview:
    """A schedule's coming runs, told in this zone."""
    runs = _runs(found, place)
    return SchedulePreview(
        schedule_id=schedule.schedule_id,
        status=schedule.status.value,
        cron_expression=found.cron,
        effective_expression=found.effective,
        cron_format=schedule.cron_format.value,
        run_at=iso_or_none(schedule.run_at),
        timezone=schedule.timezone,
        local_timezone=place.key,
        description=found.english,
        warnings=found.warnings,
        message=_standing(schedule) or _when(runs["next_run_at"]),
        **runs,
    )


def _runs(found: Outlook, place: ZoneInfo) -> dict[str, Any]:
    runs = [iso(at) for at in found.runs]
    local = [local_iso(at, place) for at in found.runs]
    return {"next_run_at": runs[0] if runs else None, "next_runs": runs, "next_runs_local": local}


def _when(next_run_at: str | None) -> str:
    return "never fires" if next_run_at is None else f"fires next at {next_run_at}"


def _standing(schedule: Schedule) -> str | None:
    if schedule.status in (ScheduleStatus.PAUSED, ScheduleStatus.FAILED):
        return f"is {schedule.status}; these are its runs if it is resumed now"
    return "is COMPLETED; nothing is left to run" if schedule.status is ScheduleStatus.COMPLETED else None
