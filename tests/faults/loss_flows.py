"""What an agent says after it lost its work, by a wrong clock, or not at all any more."""

from .agent import Agent
from .cast import Cast, Flow


def one_runs(c: Cast) -> None:
    c.given(1, began=True)


def an_old_process_reports(c: Cast) -> None:
    """Its successor under the same id was given the task again, and has begun it."""
    c.agents.remove(c.a)
    again = Agent(c.d, c.ledger, "a", session="s2")
    c.agents.append(again)
    again.register()
    c.d.drain()
    again.live()
    again.sync()
    c.a.report(c.ids[0], "COMPLETED", result_data="of the old process")
    again.live()
    c.d.drain()


def its_clock_is_behind(c: Cast) -> None:
    c.a.clock_s = -600
    c.given(1, began=True)
    c.b.beat_s = 600
    assert c.b.register()


def beats(c: Cast) -> None:
    """Often enough, whatever time it thinks it is."""
    for _ in range(4):
        c.d.advance(10)
        c.a.beat()
        c.d.drain()
    c.a.report(c.ids[0], "COMPLETED", result_data="done")
    c.d.drain()


def a_is_there(c: Cast) -> None:
    assert c.a.register()


def dies_with_what_it_just_got(c: Cast) -> None:
    """Its inbox may not show it yet."""
    c.agents.remove(c.a)
    c.client.submit()
    c.d.drain()
    c.a.sync()
    c.d.advance(31)
    c.d.drain()


def two_wait_to_begin(c: Cast) -> None:
    c.b.beat_s = 600
    c.given(2)


def passes_on_and_dies(c: Cast) -> None:
    """One of two it gave back, and b took it; its inbox may still show both."""
    c.agents.remove(c.a)
    c.b.register()
    c.a.beat("DRAINING")
    c.a.sync(released=(c.ids[0],), free=0)
    c.d.drain()
    c.b.live()
    c.b.sync()
    c.d.advance(31)
    c.d.drain()


FLOWS = (
    Flow("zombie", one_runs, an_old_process_reports),
    Flow("wrong_clock", its_clock_is_behind, beats),
    Flow("sudden_death", a_is_there, dies_with_what_it_just_got),
    Flow("passed_on", two_wait_to_begin, passes_on_and_dies),
)
