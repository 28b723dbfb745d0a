"""A schedule is made, fires, is settled, paused, run by hand and deleted; its runs meet."""

from collections.abc import Callable

from .cast import Cast, Flow
from .deployment import MINUTE_MS


def a_is_there(c: Cast) -> None:
    c.a.beat_s = 600
    assert c.a.register()


def create(c: Cast) -> None:
    c.client.schedule(cron_expression="* * * * *")
    c.d.drain()


def due_soon(c: Cast) -> None:
    a_is_there(c)
    c.scheduled()
    c.d.advance(15)


def fire(c: Cast) -> None:
    """The tick comes ahead of the slot, its hint on the slot; then a late tick, after a slot was missed."""
    c.d.advance(30)
    c.d.tick()
    c.d.drain()
    c.d.advance(15)
    c.d.drain()
    c.d.advance(75)
    c.d.tick()
    c.d.drain()


def two_ticks(c: Cast) -> None:
    """Late, and twice."""
    c.d.advance(50)
    c.d.tick()
    c.d.tick()
    c.d.drain()


def a_run_is_under_way(c: Cast) -> None:
    due_soon(c)
    c.minutes(1)
    c.a.live()
    c.a.live()
    assert c.a.held


def settle(c: Cast) -> None:
    (task_id,) = list(c.a.held)
    c.a.report(task_id, "COMPLETED", result_data="done")
    c.d.drain()


def settle_a_failure(c: Cast) -> None:
    (task_id,) = list(c.a.held)
    c.a.report(task_id, "FAILED", error_message="no", retryable=False)
    c.d.drain()


def pause(c: Cast) -> None:
    """While the hint for its next slot is in flight."""
    c.d.advance(30)
    c.d.tick()
    c.client.pause(c.ids[0])
    c.d.advance(30)
    c.d.drain()


def run_now(c: Cast) -> None:
    c.client.run_now(c.ids[0])
    c.d.drain()


def change_and_delete(c: Cast) -> None:
    path = f"/aitp/tasks/schedule/{c.ids[0]}"
    c.client.ask("PUT", path, {"cron_expression": "*/2 * * * *"})
    c.d.advance(30)
    c.d.tick()
    c.client.ask("DELETE", path)
    c.d.advance(30)
    c.d.drain()


def under_way(policy: str) -> Callable[[Cast], None]:
    """The first run of a schedule with this overlap policy is open."""

    def setup(c: Cast) -> None:
        a_is_there(c)
        c.scheduled(overlap_policy=policy)
        c.d.advance(15)
        c.minutes(1)
        c.a.live()
        c.a.live()
        assert c.a.held

    return setup


def skipped_one(c: Cast) -> None:
    under_way("skip")(c)
    c.minutes(1)


def next_slot(c: Cast) -> None:
    """The tick comes ahead of it, its hint on it."""
    c.d.advance(30)
    c.d.tick()
    c.d.drain()
    c.d.advance(30)
    c.d.drain()


def meet(c: Cast) -> None:
    """A slot comes while the run before it is open, and then that ends."""
    next_slot(c)
    settle(c)


def replace(c: Cast) -> None:
    """A slot comes while the run before it is open, whose agent hears of it."""
    next_slot(c)
    c.a.sync()
    c.d.drain()


def backfill(c: Cast) -> None:
    """The slot that was skipped is to run after all, while the run before it is still open."""
    c.client.backfill(c.ids[0], slot=c.d.now // MINUTE_MS * MINUTE_MS)
    c.d.drain()
    settle(c)


def breaks_at_once(c: Cast) -> None:
    a_is_there(c)
    c.scheduled(pause_on_failures=1)
    c.d.advance(15)
    c.minutes(1)
    c.a.live()
    c.a.live()
    assert c.a.held


def break_it(c: Cast) -> None:
    """From when the failure is told on it may be paused at any time."""
    c.ledger.paused[c.ids[0]] = c.d.now, c.d.now + 60 * MINUTE_MS
    settle_a_failure(c)


FLOWS = (
    Flow("schedule", a_is_there, create),
    Flow("fire", due_soon, fire),
    Flow("fire_twice", due_soon, two_ticks),
    Flow("settle", a_run_is_under_way, settle),
    Flow("settle_failure", a_run_is_under_way, settle_a_failure),
    Flow("pause", due_soon, pause),
    Flow("run_now", due_soon, run_now),
    Flow("unschedule", due_soon, change_and_delete),
    Flow("skip", under_way("skip"), meet),
    Flow("buffer_one", under_way("buffer_one"), meet),
    Flow("cancel_previous", under_way("cancel_previous"), replace),
    Flow("backfill", skipped_one, backfill),
    Flow("pause_on_failures", breaks_at_once, break_it),
)
