"""Ids: what may stand in a path, where a row stands on the clock, what a key makes."""

import re
from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis import given

from chalicelib.domain import ids
from chalicelib.domain.errors import Invalid
from chalicelib.domain.ids import CLOCK_SHARDS


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", fullmatch=True))
def test_a_good_id_is_itself(value: str) -> None:
    if value in {"leaderboard", "schedule", "batch", "validate"}:
        return
    assert ids.checked(value, pointer="/id") == value


@pytest.mark.parametrize("value", ["", "-a", ".a", "a/b", "a b", "é", "a\n", "a" * 129, "a#b"])
def test_a_bad_id_is_refused_with_its_field_and_what_would_be_right(value: str) -> None:
    with pytest.raises(Invalid, match="must start with a letter or digit") as refused:
        ids.checked(value, pointer="/agent_id")
    assert refused.value.errors[0].pointer == "/agent_id"


@pytest.mark.parametrize("value", ["leaderboard", "schedule", "batch", "validate"])
def test_an_id_that_a_route_would_shadow_is_refused(value: str) -> None:
    with pytest.raises(Invalid, match="is reserved"):
        ids.checked(value, pointer="/agent_id")


def test_rows_spread_over_the_shards_of_the_clock() -> None:
    shards = Counter(ids.clock_shard(f"task-{n}") for n in range(8_000))
    assert set(shards) == set(range(CLOCK_SHARDS))
    assert max(shards.values()) < 1.2 * min(shards.values())
    assert ids.clock_shard("123456789") == 0xCBF43926 % CLOCK_SHARDS  # the check value of CRC-32


@given(st.text(min_size=1), st.text(), st.text(min_size=1), st.text())
def test_a_key_makes_one_id_of_its_own_for_each_tenant(one: str, key: str, other: str, word: str) -> None:
    made = ids.from_key("task", tenant=one, key=key)
    assert made == ids.from_key("task", tenant=one, key=key)
    assert ids.checked(made, pointer="") == made
    if "\0" not in one + other + key + word and (one, key) != (other, word):
        assert made != ids.from_key("task", tenant=other, key=word)
    assert made.removeprefix("task-") != ids.from_key("schedule", tenant=one, key=key).removeprefix(
        "schedule-"
    )


@given(st.text(min_size=1, max_size=200))
def test_every_agent_id_has_a_queue_name_that_sqs_takes(agent_id: str) -> None:
    name = ids.assignment_queue("local", agent_id)
    assert re.fullmatch(r"ains-local-assignments-[0-9a-f]{32}", name)
    assert len(name) <= 80
