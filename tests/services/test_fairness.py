"""Who is served when: clients take turns, urgent work has a head start, and nobody starves."""

from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from chalicelib.domain.queueing import MINUTE_MS
from chalicelib.domain.turns import STEP_MS, TURN_MS

from .waiting import PROCESSES, Arrival, Lived, Served

FEW = 5


def of(client: str, served: list[Served]) -> list[Served]:
    return [one for one in served if one.task.client_id == client]


@pytest.mark.parametrize(("many", "every_s"), [(10_000, 0.1), (1_000, 1), (1_000, 10), (1_000, 300)])
def test_ten_thousand_tasks_of_one_client_delay_a_single_one_of_another_by_a_few(
    many: int, every_s: float
) -> None:
    heavy = [Arrival(n / 1_000, "heavy") for n in range(many)]
    moments = [every_s * many * share for share in (0.02, 0.3, 0.6, 0.9)]
    single = [Arrival(11 + at, f"single-{n}") for n, at in enumerate(moments)]
    served = Lived().run([*heavy, *single], every_s=every_s)
    for n in range(len(single)):
        (one,) = of(f"single-{n}", served)
        assert one.overtook <= FEW


def test_a_backlog_that_grew_slowly_delays_nobody_more() -> None:
    heavy = [Arrival(2 * n, "heavy") for n in range(2_000)]
    served = Lived().run([*heavy, Arrival(4_001, "single")], every_s=10)
    (one,) = of("single", served)
    assert one.overtook <= FEW


def test_clients_with_much_to_do_share_the_slots_evenly_whoever_came_first() -> None:
    clients = {"early": 0, "later": 60, "last": 300}
    arrivals = sorted(Arrival(at + n / 500, client) for client, at in clients.items() for n in range(1_000))
    served = [one.task.client_id for one in Lived().run(arrivals, every_s=1)][310:610]
    counts = [served.count(client) for client in clients]
    assert max(counts) - min(counts) <= FEW


def test_newcomers_without_end_leave_a_heavy_client_its_turns() -> None:
    heavy = [Arrival(0, "heavy") for _ in range(100)]
    newcomers = [Arrival(1 + n, f"new-{n}") for n in range(2_000)]
    served = Lived().run([*heavy, *newcomers], every_s=1)[:2_000]
    places = [n for n, one in enumerate(served) if one.task.client_id == "heavy"]
    gaps = [after - before for before, after in pairwise(places)]
    assert len(places) == len(heavy)
    assert max(gaps) <= PROCESSES * TURN_MS // STEP_MS


def test_where_each_client_has_one_task_the_line_goes_by_age_and_priority_alone() -> None:
    lived = Lived()
    for n in range(300):
        lived.clock.advance(seconds=1)
        task = lived.submit(f"client-{n}", n % 10 + 1)
        assert (task.tag, task.behind) == (None, False)
        assert task.queue_order == lived.clock() - (n % 10) * MINUTE_MS


def test_what_waits_for_nine_minutes_goes_before_the_most_urgent_newcomers() -> None:
    arrivals = [Arrival(0, "patient", 1), *(Arrival(n, f"urgent-{n}", 10) for n in range(1_000))]
    served = Lived().run(sorted(arrivals), every_s=1)
    (patient,) = of("patient", served)
    assert 500 < patient.overtook <= 9 * 60 + FEW


def test_urgent_work_goes_before_a_backlog_of_its_own_client_and_of_others() -> None:
    heavy = [Arrival(n / 100, client) for n in range(2_000) for client in ("a", "b")]
    arrivals = [*heavy, Arrival(500, "a", 10), Arrival(501, "c", 6), Arrival(502, "c", 1)]
    served = Lived().run(arrivals, every_s=1)
    urgent, more, less = (next(o for o in served if o.task.priority == p) for p in (10, 6, 1))
    assert urgent.overtook <= FEW
    assert more.overtook <= FEW
    assert 4 * 60 < less.overtook <= 2 * (4 * 60 + FEW)  # both clients have four minutes of turns before it


def test_slots_that_nobody_else_wanted_are_not_held_against_who_used_them() -> None:
    lived = Lived()
    lived.run([Arrival(n / 1_000, "a") for n in range(1_000)], every_s=0.01)
    lived.clock.advance(seconds=5)
    both = [Arrival(n / 100, client) for n in range(100) for client in ("b", "a")]
    served = lived.run(both, every_s=2)[1_000:]
    clients = [one.task.client_id for one in served[:40]]
    assert abs(clients.count("a") - clients.count("b")) <= FEW


ARRIVALS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d"]),
        st.integers(1, 2),
        st.sampled_from([1, 1, 1, 5, 100]),  # at once
        st.integers(0, 60),  # seconds until the next
    ),
    min_size=1,
    max_size=40,
)
CHAINS = 8  # clients times priorities


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(ARRIVALS, st.sampled_from([0.05, 1.0, 7.0]))
def test_nobody_starves(bursts: list[tuple[str, int, int, int]], every_s: float) -> None:
    """At most so many go first: a turn of everybody for each own task before it, and for each priority's
    minute."""
    at, arrivals = 0, []
    for client, priority, count, gap in bursts:
        arrivals += [Arrival(at, client, priority)] * count
        at += gap
    lived = Lived()
    served = lived.run(arrivals, every_s=every_s)
    assert len(served) == len(arrivals)
    for one in served:
        own = [
            o
            for o in served
            if (o.task.client_id, o.task.priority) == (one.task.client_id, one.task.priority)
        ]
        ahead = sum(o.came <= one.came <= o.went < one.went for o in own)
        turns = ahead + 1 + (2 - one.task.priority) * MINUTE_MS // TURN_MS + FEW
        assert one.overtook <= turns * CHAINS
