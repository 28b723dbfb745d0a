"""What an expression or a schedule will do: its coming runs, and what to know about them in plain words."""

from datetime import UTC, datetime

from chalicelib.values import dataclass

from . import cron_aws, cron_words
from .cron import LATEST_MS, Cron, describe_next, parse
from .cron_english import english
from .cron_text import CronFormat
from .dst import PLAIN, DstPolicy
from .recurrence import expression, goes_on_after, slots_between
from .schedule import Schedule, ScheduleStatus
from .zones import instant_at, local, zone_named

_EXAMPLE = (
    "'H' follows from the schedule's id: the runs shown are those of an example, every schedule has its own; "
    "send schedule_id to see those of one."
)


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """`cron` is the canonical text, `effective` the same with `H` replaced; a single run has neither."""

    cron: str | None
    effective: str | None
    english: str
    runs: list[int]
    warnings: list[str]


def of_expression(
    text: object,
    form: CronFormat,
    zone: str,
    *,
    now: int,
    count: int,
    schedule_id: str | None = None,
    policy: DstPolicy = PLAIN,
) -> Outlook:
    """Of a schedule that is not there yet, or has this id; raises Invalid where it is not understood."""
    place, once = zone_named(zone), cron_aws.single_run(text)
    if once is not None:
        runs = [at for at in [instant_at(place, once)] if at > now]
        notes = [translation] if (translation := cron_aws.note(text, "a single run")) else []
        past = [] if runs else ["It lies in the past."]
        return Outlook(cron=None, effective=None, english=_once(once), runs=runs, warnings=notes + past)
    cron = parse(text, form, seed=schedule_id or "")
    runs = describe_next(cron, zone, now, count, policy)
    notes = [translation] if (translation := cron_aws.note(text, f"'{cron.text}'")) else []
    if schedule_id is None and cron.is_hashed:
        notes.append(_EXAMPLE)
    return _of_cron(cron, runs, notes + cron_words.warnings(cron, zone, now, policy))


def of_schedule(schedule: Schedule, *, now: int, count: int) -> Outlook:
    """Of a schedule as it stands; one that is PAUSED or FAILED as if it were resumed now."""
    runs = [slot + schedule.spread_ms for slot in _coming(schedule, now=now, count=count)]
    if schedule.cron is None:
        shown = local(zone_named(schedule.timezone), schedule.run_at or 0)
        at = round(shown.replace(tzinfo=UTC).timestamp()) * 1000
        return Outlook(cron=None, effective=None, english=_once(at), runs=runs, warnings=[])
    cron = expression(schedule)
    return _of_cron(cron, runs, cron_words.warnings(cron, schedule.timezone, now, schedule.dst))


def _of_cron(cron: Cron, runs: list[int], warnings: list[str]) -> Outlook:
    return Outlook(
        cron=cron.text,
        effective=cron.effective,
        english=english(cron.fields),
        runs=runs,
        warnings=warnings,
    )


def _coming(schedule: Schedule, *, now: int, count: int) -> list[int]:
    standing = schedule.next_slot
    if schedule.status is ScheduleStatus.COMPLETED or (
        schedule.status is ScheduleStatus.ACTIVE and standing is None
    ):
        return []
    if schedule.max_runs is not None:
        count = min(count, schedule.max_runs - schedule.total_runs - len(schedule.waiting))
    since = goes_on_after(schedule, now=now) + 1 if standing is None else standing
    return slots_between(schedule, since=since, until=LATEST_MS, most=count)


def _once(wall: int) -> str:
    return f"once, on {datetime.fromtimestamp(wall / 1000, UTC):%Y-%m-%d at %H:%M:%S}"
