"""Cron expressions: when they fire next, in a time zone, through daylight-saving changes.

Our own grammar decides what is meant; croniter searches wall-clock time, which has no gaps; time zones are
applied here. As in Vixie cron an expression whose minute or hour is written with a star keeps its rhythm: it
fires whenever the clock shows a time that matches, so also in the hour that happens twice, and not in the one
that is skipped. Any other names times of day, and a policy says what becomes of those that are skipped or
repeated: by default it fires once on each, the first time in a repeated hour, right after the gap when the
time is skipped.
"""

from zoneinfo import ZoneInfo

from chalicelib.values import dataclass

from . import cron_text
from .cron_field import Choice
from .cron_text import CronFormat, Fields
from .dst import PLAIN, DstPolicy, Fold, Gap
from .zones import MINUTE_MS, first_change, instant_at, offset_at, repeated_until, zone_named

SEARCH_YEARS = 8  # 29 February is eight years away around 2100
SECOND_MS = 1_000
LATEST_MS = 7_258_118_400_000  # the year 2200: beyond it nothing is searched


@dataclass(frozen=True)
class Cron:
    """A valid expression. Instants are milliseconds UTC, zones IANA names."""

    text: str  # canonical, with `H` in it
    fields: Fields
    form: CronFormat = CronFormat.STANDARD

    @property
    def effective(self) -> str:
        """The text with `H` replaced by what it stands for."""
        return self.fields.text(self.form)

    @property
    def is_hashed(self) -> bool:
        """Holds an `H`, so that another seed may make another expression of it."""
        return self.text != self.effective

    @property
    def closest_ms(self) -> int:
        """No two slots lie closer together."""
        return MINUTE_MS if self.form is CronFormat.STANDARD else SECOND_MS

    @property
    def keeps_rhythm(self) -> bool:
        """Fires by what the clock shows rather than at times of day (see the module)."""
        return self.fields.minute.starred or self.fields.hour.starred

    def next_after(self, instant: int, zone: str, policy: DstPolicy = PLAIN) -> int | None:
        """The first slot strictly after the instant; None when there is none within eight years."""
        if not 0 <= instant <= LATEST_MS:
            return None if instant > 0 else self.next_after(0, zone, policy)
        place = zone_named(zone)
        if self.keeps_rhythm:
            return self._next_shown(instant, place)
        once = self._next_once(instant, place, policy.gap)
        shown = self._next_shown(instant, place) if policy.fold is Fold.BOTH else None
        return min((slot for slot in (once, shown) if slot is not None), default=None)

    def last_until(self, instant: int, zone: str, policy: DstPolicy = PLAIN, *, since: int) -> int:
        """The last slot at or before the instant, given that `since` is such a slot."""
        latest, bound = since, instant
        while bound - latest >= self.closest_ms:
            middle = (latest + bound) // 2
            slot = self.next_after(middle, zone, policy)
            if slot is not None and slot <= instant:
                latest = slot
            else:
                bound = middle
        return latest

    def _next_once(self, instant: int, place: ZoneInfo, gap: Gap) -> int | None:
        """Each time of day once; where the clocks repeat it, the first time."""
        wall = self.next_wall(instant + offset_at(place, instant))
        while wall is not None:
            slot = instant_at(place, wall)
            shown = slot + offset_at(place, slot)
            if slot <= instant:  # this hour is repeated, and its times had their turn
                shown = repeated_until(place, slot, instant)
            elif gap is Gap.NEXT or shown == wall:
                return slot
            wall = self.next_wall(shown - 1)
        return None

    def _next_shown(self, instant: int, place: ZoneInfo) -> int | None:
        """Whenever the clocks show a time that matches."""
        offset = offset_at(place, instant)
        wall = self.next_wall(instant + offset)
        while wall is not None:
            change = first_change(place, instant, wall - offset)
            if change is None:
                return wall - offset
            instant, offset = change, offset_at(place, change)
            wall = self.next_wall(change + offset - 1)
        return None

    def next_wall(self, wall: int) -> int | None:
        """The first matching wall time strictly after this one, on a clock that is never changed."""
        seconds = sorted(second * SECOND_MS for second in self.fields.second.values)
        this_minute = wall - wall % MINUTE_MS
        later = next((second for second in seconds if this_minute + second > wall), None)
        minute = self._next_minute(this_minute - MINUTE_MS if later is not None else this_minute)
        if minute is None:
            return None
        return minute + (later if later is not None and minute == this_minute else seconds[0])

    def _next_minute(self, wall: int) -> int | None:
        """The first matching wall minute strictly after this one."""
        from croniter import CroniterBadDateError, croniter  # noqa: PLC0415 - 28 ms, for those who schedule only

        found: list[float] = []
        for expression in _expressions(self.fields):
            try:
                search = croniter(expression, wall // MINUTE_MS * 60, max_years_between_matches=SEARCH_YEARS)
                found.append(search.get_next(float))
            except CroniterBadDateError:
                continue
        return round(min(found)) * 1000 if found else None


def parse(text: object, form: CronFormat = CronFormat.STANDARD, *, seed: str = "") -> Cron:
    """The expression a text stands for; the seed (a schedule's id) decides what `H` is.

    Raises Invalid at /cron_expression with what was probably meant.
    """
    canonical, fields = cron_text.read(text, form, seed=seed)
    return Cron(canonical, fields, form)


def describe_next(cron: Cron, zone: str, now: int, count: int, policy: DstPolicy = PLAIN) -> list[int]:
    """The next slots after now, at most `count`."""
    slots: list[int] = []
    while len(slots) < count:
        slot = cron.next_after(slots[-1] if slots else now, zone, policy)
        if slot is None:
            break
        slots.append(slot)
    return slots


def _expressions(fields: Fields) -> list[str]:
    """What croniter is asked: plain numbers only, and one expression per alternative of the day.

    croniter reads a day field written out in full as a star (so that the other field alone decides), joins
    '#' and 'W' with the other day field by AND, and refuses lists of unlike signs. Asked one by one it is
    right.
    """
    minute, hour, month = (_numbers(choice) for choice in (fields.minute, fields.hour, fields.month))
    return [f"{minute} {hour} {day} {month} {weekday}" for day, weekday in _days(fields)]


def _days(fields: Fields) -> list[tuple[str, str]]:
    days = [(day, "*") for day in _alternatives(fields.day)]
    weekdays = [("*", weekday) for weekday in _alternatives(fields.weekday)]
    return days + weekdays or [("*", "*")]


def _alternatives(choice: Choice) -> list[str]:
    if choice.text == "*":
        return []
    plain = [_numbers(choice)] if choice.values else []
    return plain + list(choice.signs)


def _numbers(choice: Choice) -> str:
    return "*" if choice.is_every else ",".join(str(value) for value in sorted(choice.values))
