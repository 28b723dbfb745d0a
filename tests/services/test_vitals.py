"""Is the service well?"""

from typing import Any

from chalicelib.services.vitals import LATEST_TICK_MS, vitals

from .doing import submitted
from .worlds import Watched


def refuses(*_: Any, **__: Any) -> Any:
    raise ConnectionError("no route to the table")


def test_a_service_that_ticks_is_well(w: Watched) -> None:
    assert not vitals(w.use_cases.ticking).is_healthy
    w.use_cases.ticking.tick()
    w.clock.advance(ms=LATEST_TICK_MS)
    found = vitals(w.use_cases.ticking)
    assert found.is_healthy
    assert (found.last_tick_age_ms, found.oldest_due_age_ms, found.unreachable) == (LATEST_TICK_MS, None, ())
    w.clock.advance(ms=1)
    assert not vitals(w.use_cases.ticking).is_healthy


def test_the_age_of_what_is_overdue_is_told(w: Watched) -> None:
    submitted(w)
    w.clock.advance(seconds=65)
    assert vitals(w.use_cases.ticking).oldest_due_age_ms == 5_000


def test_a_table_that_cannot_be_read_is_named_and_nothing_is_raised(w: Watched) -> None:
    w.use_cases.ticking.tick()
    w.tasks.due = refuses  # type: ignore[method-assign]
    w.ticks.last = refuses  # type: ignore[method-assign]
    found = vitals(w.use_cases.ticking)
    assert (found.unreachable, found.is_healthy) == (("tasks", "ticks"), False)
