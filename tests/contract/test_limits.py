"""Times given away piece by piece."""

from tests.contract.implementations import Stores
from tests.contract.values import NOW


def test_the_first_piece_begins_when_it_is_asked_for_and_the_next_where_it_ends(stores: Stores) -> None:
    begins = [stores.limits.reserve("slots#a", 1_000, since=NOW + late) for late in (0, 10, 999, 1_000)]
    assert begins == [NOW, NOW + 1_000, NOW + 2_000, NOW + 3_000]


def test_what_nobody_used_is_not_saved_up(stores: Stores) -> None:
    stores.limits.reserve("slots#a", 1_000, since=NOW)
    assert stores.limits.reserve("slots#a", 500, since=NOW + 60_000) == NOW + 60_000
    assert stores.limits.reserve("slots#a", 1, since=NOW) == NOW + 60_500


def test_each_limit_has_a_time_of_its_own(stores: Stores) -> None:
    stores.limits.reserve("slots#a", 1_000, since=NOW)
    assert stores.limits.reserve("slots#b", 1_000, since=NOW) == NOW


def test_pieces_of_any_lengths_follow_each_other_without_a_gap(stores: Stores) -> None:
    lengths = [7, 1, 60_000, 13, 5]
    begins = [stores.limits.reserve("tag#a", length, since=NOW) for length in lengths]
    assert begins == [NOW + sum(lengths[:n]) for n in range(len(lengths))]
