"""What a client may ask of a schedule, and which slots it then has by definition: every minute is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from chalicelib.domain.cron_text import CronFormat
from chalicelib.domain.dst import DstPolicy, Fold, Gap
from chalicelib.domain.schedule import CatchupPolicy, OverlapPolicy
from tests.domain.vectors import oracle

MINUTE_MS = 60_000
BEFORE_MS = 90 * MINUTE_MS  # slots are known from so long before a story begins, for backfills
LENGTH_MS = 36 * 60 * MINUTE_MS  # no story goes on for longer
TIMING = {"cron", "run_at", "timezone", "gap", "fold", "start_at", "end_at", "max_runs", "excluded"}


@dataclass(frozen=True, kw_only=True)
class Definition:
    """Plain values only, so that it can be printed and read again. Times are milliseconds UTC."""

    cron: str | None = "* * * * *"  # six fields where the first is the second
    run_at: int | None = None
    timezone: str = "UTC"
    gap: str = "next"
    fold: str = "first"
    start_at: int | None = None
    end_at: int | None = None
    max_runs: int | None = None
    excluded: tuple[str, ...] = ()
    catchup: str = "one"
    catchup_window_ms: int | None = None
    overlap: str = "allow"
    window_ms: int = 0
    pause_on_failures: int | None = None

    def fields(self) -> dict[str, Any]:
        """As the service takes it."""
        plain = {name: getattr(self, name) for name in _ALIKE}
        return plain | {
            "cron_format": CronFormat.SECONDS if _has_seconds(self.cron) else CronFormat.STANDARD,
            "dst": DstPolicy(Gap(self.gap), Fold(self.fold)),
            "catchup": CatchupPolicy(self.catchup),
            "overlap": OverlapPolicy(self.overlap),
        }

    def has_same_timing_as(self, other: "Definition") -> bool:
        return all(getattr(self, name) == getattr(other, name) for name in TIMING)


_APART = {"gap", "fold", "catchup", "overlap"}
_ALIKE = sorted(set(Definition.__dataclass_fields__) - _APART)


@dataclass(frozen=True)
class Calendar:
    """The slots around one moment at which a story begins."""

    begins: int

    @property
    def ends(self) -> int:
        return self.begins + LENGTH_MS

    def slots(self, asked: Definition) -> list[int]:
        """In order. `ends` itself stands for all that comes later, where something does."""
        found = self._unbounded(asked)
        if asked.cron is not None and (asked.end_at is None or asked.end_at >= self.ends):
            found = [*found, self.ends]
        first, last = asked.start_at or 0, asked.end_at
        return [slot for slot in found if slot >= first and (last is None or slot <= last)]

    def _unbounded(self, asked: Definition) -> list[int]:
        if asked.cron is None:
            return [] if asked.run_at is None else [asked.run_at]
        slots = _of_cron(asked.cron, asked.timezone, asked.gap, asked.fold, self.begins)
        if not asked.excluded:
            return list(slots)
        place = oracle.zone_of(asked.timezone)
        dates = {slot: datetime.fromtimestamp(slot / 1000, place).date().isoformat() for slot in slots}
        return [slot for slot in slots if dates[slot] not in asked.excluded]


@cache
def _minutes(zone: str, begins: int) -> list[oracle.Minute]:
    return oracle.minutes(zone, (begins - BEFORE_MS) // MINUTE_MS, (begins + LENGTH_MS) // MINUTE_MS)


@cache
def _of_cron(text: str, zone: str, gap: str, fold: str, begins: int) -> tuple[int, ...]:
    *second, rest = text.split(maxsplit=1) if _has_seconds(text) else [text]
    offsets = [1_000 * at for at in sorted(oracle.values(second[0], 0, 59))] if second else [0]
    rhythm, slots = oracle.has_rhythm(rest), set[int]()
    for moment in oracle.due(rest, _minutes(zone, begins)):
        at = moment.utc * MINUTE_MS
        if moment.first or (moment.again and (rhythm or fold == "both")):
            slots.update(at + offset for offset in offsets)
        if moment.after_gap and gap == "next" and not rhythm:
            slots.add(at)
    return tuple(sorted(slots))


def _has_seconds(text: str | None) -> bool:
    return text is not None and len(text.split()) == 6


def read(said: Mapping[str, Any]) -> Definition:
    """Of what JSON made of one."""
    return Definition(**{**said, "excluded": tuple(said.get("excluded", ()))})
