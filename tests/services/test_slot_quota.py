"""Each client's share of slots: nothing to ask for few, a fair place for each of many."""

from bisect import bisect_left
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.errors import LostRace
from chalicelib.domain.quota import Quota
from chalicelib.services.slot_quota import FREE, MOST_CLIENTS, SlotQuota
from tests.fakes import FakeLimits

NOW, MINUTE = 1_800_000_000_000, 60_000


@dataclass
class CountedLimits(FakeLimits):
    calls: list[tuple[str, int]] = field(default_factory=list)

    def reserve(self, limit_id: str, length: int, *, since: int) -> int:
        self.calls.append((limit_id, length))
        return super().reserve(limit_id, length, since=since)


class Contended(FakeLimits):
    def reserve(self, limit_id: str, length: int, *, since: int) -> int:
        raise LostRace("limit is changing too fast; try again")


def turns(quota: SlotQuota, count: int, *, client_id: str = "c", now: int = NOW) -> list[int]:
    return [quota.turn("t", client_id, now=now) for _ in range(count)]


def test_a_client_with_few_slots_a_minute_is_asked_nothing() -> None:
    limits = CountedLimits()
    quota = SlotQuota(limits, Quota())
    for minute in range(3):
        assert turns(quota, FREE, now=NOW + minute * MINUTE) == [NOW + minute * MINUTE] * FREE
    assert limits.calls == []


def test_a_minutes_quota_is_fired_at_once_and_the_rest_evenly() -> None:
    quota = SlotQuota(FakeLimits(), Quota(slots_per_minute=60))
    found = [turn - NOW for turn in turns(quota, FREE + 65)]
    assert found[: FREE + 61] == [0] * (FREE + 61)
    assert found[FREE + 61 :] == [1_000, 2_000, 3_000, 4_000]


def test_what_is_not_used_fills_up_again_to_a_minutes_quota() -> None:
    quota = SlotQuota(FakeLimits(), Quota(slots_per_minute=60))
    turns(quota, FREE + 100)  # 40 s ahead
    late = NOW + 10 * MINUTE
    assert turns(quota, FREE + 62, now=late)[-2:] == [late, late + 1_000]


def test_processes_share_one_quota_beside_what_is_free_in_each() -> None:
    limits = FakeLimits()
    one, other = (SlotQuota(limits, Quota(slots_per_minute=60)) for _ in range(2))
    turns(one, FREE + 40)
    assert [turn - NOW for turn in turns(other, FREE + 24)][-4:] == [0, 1_000, 2_000, 3_000]


def test_clients_and_tenants_have_shares_of_their_own() -> None:
    quota = SlotQuota(FakeLimits(), Quota(slots_per_minute=1))
    turns(quota, FREE + 5)
    assert turns(quota, FREE + 1, client_id="d") == [NOW] * (FREE + 1)
    assert [quota.turn("u", "c", now=NOW) for _ in range(FREE + 1)] == [NOW] * (FREE + 1)


def test_many_slots_are_reserved_a_hundredth_of_the_quota_at_a_time() -> None:
    limits = CountedLimits()
    turns(SlotQuota(limits, Quota()), 6_000)
    assert limits.calls[:2] == [("slots#t#c", 110), ("slots#t#c", 220)]
    assert {length for _, length in limits.calls[4:]} == {600}
    assert len(limits.calls) <= 105


def test_a_quota_that_is_too_contended_to_ask_holds_up_nobody() -> None:
    quota = SlotQuota(Contended(), Quota(slots_per_minute=1))
    assert turns(quota, FREE + 5) == [NOW] * (FREE + 5)


def test_a_clock_that_was_set_back_begins_a_new_minute() -> None:
    limits = CountedLimits()
    quota = SlotQuota(limits, Quota())
    turns(quota, FREE)
    turns(quota, FREE, now=NOW - 5)
    assert limits.calls == []


def test_the_clients_that_are_remembered_are_bounded() -> None:
    quota = SlotQuota(FakeLimits(), Quota())
    for n in range(MOST_CLIENTS + 1):
        quota.turn("t", f"c{n}", now=NOW)
    assert len(quota._shares) == 1


@settings(deadline=None)
@given(
    per_minute=st.integers(1, 20_000),
    steps=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5_000), st.integers(1, 40)), max_size=30),
)
def test_no_window_of_a_minute_holds_more_than_twice_the_quota_beside_what_is_free(
    per_minute: int, steps: list[tuple[int, int, int]]
) -> None:
    limits = FakeLimits()
    processes = [SlotQuota(limits, Quota(slots_per_minute=per_minute)) for _ in range(3)]
    now, places = NOW, list[int]()
    for process, wait, count in steps:
        now += wait
        places += [processes[process].turn("t", "c", now=now) for _ in range(count)]
        assert all(place >= now for place in places[-count:])
    spare = 2 * len(processes) * FREE * (1 + (now - NOW) // MINUTE)
    places.sort()
    for n, place in enumerate(places):
        within = bisect_left(places, place + MINUTE) - n
        assert within <= 2 * per_minute + spare + len(processes) * max(1, per_minute // 100)
