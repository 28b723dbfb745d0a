"""Stories at random: what a client asks for, and what then happens."""

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.domain.cron_texts import plain_days, signed_days, times
from tests.domain.cron_texts import seconds as any_seconds
from tests.domain.vectors import oracle

from .definitions import Definition

MINUTE_MS = 60_000
PLACES = (  # a zone, and a moment there: an ordinary one, or a little before its clocks change
    ("UTC", "2027-02-28T23:20Z"),
    ("UTC", "2028-02-28T22:30:17.250Z"),
    ("Asia/Kolkata", "2027-05-30T12:00Z"),
    ("America/New_York", "2027-03-14T06:20Z"),
    ("America/New_York", "2027-11-07T05:10:01Z"),
    ("Europe/London", "2027-03-28T00:15Z"),
    ("Europe/London", "2027-10-31T00:20Z"),
    ("Australia/Lord_Howe", "2027-04-03T14:20Z"),
    ("Australia/Lord_Howe", "2027-10-02T14:50Z"),
    ("Antarctica/Troll", "2027-03-28T00:10Z"),
    ("Antarctica/Troll", "2027-10-31T00:10Z"),
    ("America/Santiago", "2027-09-05T03:10Z"),
    ("America/Santiago", "2027-04-04T02:20:00.999Z"),
)


def _listed(low: int, high: int) -> st.SearchStrategy[str]:
    return st.lists(st.integers(low, high), min_size=1, max_size=4).map(lambda v: ",".join(map(str, v)))


_every_day = st.just("* * *")
_often = st.sampled_from(("* *", "*/7 *", "*/20 *", "0,30 *", "15 */2", "0-59/13 0-23", "1,2,3,30 0-23"))
_daily = st.tuples(_listed(0, 59), st.sampled_from(("0-4", "1,2", "2", "*/3", "0-23", "1-3,22,23"))).map(
    " ".join
)
_five = st.one_of(
    st.tuples(_often, _every_day),
    st.tuples(_daily, _every_day),
    st.tuples(times, st.one_of(_every_day, plain_days, signed_days)),
).map(" ".join)
_sparse = st.one_of(_listed(0, 59), st.just("*/30"), st.just("0,1,2,59"))
_six = st.one_of(
    st.tuples(_sparse, _five),
    st.tuples(any_seconds, _daily, _every_day),
    st.just(("*/10", "*", "*", "* * *")),
).map(" ".join)
expressions = st.one_of(_five, _five, _six)

_windows = st.sampled_from((0, 0, 0, 60_000, 600_000, 3_600_000))
_outages = st.sampled_from((None, None, 120_000, 600_000, 7_200_000))
_overlaps = st.sampled_from(("allow", "allow", "skip", "buffer_one", "buffer_all", "cancel_previous"))
_catchups = st.sampled_from(("none", "one", "all"))
_few = st.one_of(st.none(), st.none(), st.integers(1, 12))
_streaks = st.sampled_from((None, None, None, 1, 3))
_later = st.one_of(st.none(), st.none(), st.none(), st.integers(-2, 600).map(lambda n: n * MINUTE_MS))


def _dates(zone: str, begins: int) -> st.SearchStrategy[tuple[str, ...]]:
    today = datetime.fromtimestamp(begins / 1000, oracle.zone_of(zone)).date()
    near: list[date] = [today + timedelta(days=days) for days in (0, 1, 2)]
    some = st.sets(st.sampled_from(near), max_size=2)
    return st.one_of(st.just(()), some.map(lambda found: tuple(sorted(day.isoformat() for day in found))))


@st.composite
def beginnings(draw: st.DrawFn) -> tuple[int, Definition]:
    """When a story begins, and the schedule that it is about."""
    zone, moment = draw(st.sampled_from(PLACES))
    begins = round(datetime.fromisoformat(moment).timestamp() * 1000)
    single = draw(st.integers(0, 11)) == 0
    start, end = draw(_later), draw(_later)
    minute = begins // MINUTE_MS * MINUTE_MS
    return begins, Definition(
        cron=None if single else draw(expressions),
        run_at=minute + draw(st.integers(1, 90)) * MINUTE_MS if single else None,
        timezone=zone,
        gap=draw(st.sampled_from(("next", "skip"))),
        fold=draw(st.sampled_from(("first", "both"))),
        start_at=None if start is None or single else minute + start,
        end_at=None if end is None else minute + max(end, start or 0),
        max_runs=draw(_few),
        excluded=() if single else draw(_dates(zone, begins)),
        catchup=draw(_catchups),
        catchup_window_ms=draw(_outages),
        overlap=draw(_overlaps),
        window_ms=draw(_windows),
        pause_on_failures=draw(_streaks),
    )


_changes: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"cron": expressions}),
    st.fixed_dictionaries({"timezone": st.sampled_from(sorted({zone for zone, _ in PLACES}))}),
    st.fixed_dictionaries(
        {"end_at": st.one_of(st.none(), st.integers(-1, 300).map(lambda n: n * MINUTE_MS))}
    ),
    st.fixed_dictionaries(
        {"start_at": st.one_of(st.none(), st.integers(-1, 60).map(lambda n: n * MINUTE_MS))}
    ),
    st.fixed_dictionaries({"max_runs": st.one_of(st.none(), st.integers(1, 20))}),
    st.fixed_dictionaries({"overlap": _overlaps}),
    st.fixed_dictionaries({"catchup": _catchups, "catchup_window_ms": _outages}),
    st.fixed_dictionaries({"window_ms": _windows}),
    st.fixed_dictionaries({"pause_on_failures": _streaks}),
    st.fixed_dictionaries({"window_ms": _windows, "cron": expressions}),
)
_around = st.sampled_from((-1, 0, 0, 1, 999, 1_000, 30_000, 59_999, 60_000, 60_001, 61_000, 200_000))
_passes = st.one_of(st.just(0), st.integers(0, 9), st.integers(0, 120)), _around
_waits = st.tuples(st.just("wait"), *_passes)
_goes = st.tuples(st.just("go"), *_passes)  # and the tick comes
_outcomes = st.sampled_from(("COMPLETED", "FAILED", "FAILED", "CANCELLED"))
_messages = st.sampled_from(("lose", "double", "delay", "early"))
_clock = st.one_of(
    st.just(("tick",)),
    st.just(("deliver",)),
    st.just(("look",)),
    st.tuples(st.just("end"), st.integers(0, 9), _outcomes),
)
_client: st.SearchStrategy[tuple[Any, ...]] = st.one_of(
    st.just(("pause",)),
    st.just(("resume",)),
    st.just(("resume",)),
    st.just(("resume",)),
    st.just(("run_now",)),
    st.tuples(st.just("change"), _changes),
    st.tuples(st.just("backfill"), st.integers(0, 30), st.integers(0, 90)),
)
_deeds = st.one_of(_clock, _client)
_last = st.just(("delete",))
_steps: st.SearchStrategy[tuple[Any, ...]] = st.one_of(
    _goes,
    _goes,
    _goes,
    _waits,
    _clock,
    _client,
    st.tuples(st.just("message"), _messages, st.integers(0, 9)),
    st.tuples(*_passes, st.integers(0, 14), _deeds).map(lambda p: ("kill", *p[:3], *p[3])),
    st.tuples(
        *_passes,
        st.integers(0, 999),
        st.sampled_from((0, 0, 1, 400)),
        st.one_of(st.just(("look",)), _deeds),
        _deeds,
    ).map(lambda p: ("both", *p)),
)
steps = st.tuples(
    st.lists(_steps, min_size=8, max_size=30), st.lists(st.one_of(_last, _clock), max_size=1)
).map(lambda p: [*p[0], *p[1]])
