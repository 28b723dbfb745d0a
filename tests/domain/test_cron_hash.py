"""`H`: a value that follows from the schedule's id, spread evenly, and the same for ever."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.cron import parse
from chalicelib.domain.cron_text import CronFormat
from chalicelib.domain.errors import Invalid

SEED = "schedule-1"


@pytest.mark.parametrize(
    ("text", "canonical", "effective"),
    [
        # Golden: a stored schedule keeps its H, so what an id gets must never change.
        ("H * * * *", "H * * * *", "55 * * * *"),
        ("h H * * *", "H H * * *", "55 14 * * *"),
        ("H(0-29) 3 * * *", "H(0-29) 3 * * *", "25 3 * * *"),
        ("H/15 * * * *", "H/15 * * * *", "10-55/15 * * * *"),
        ("h(00-29)/010 * * * *", "H(0-29)/10 * * * *", "5-25/10 * * * *"),
        ("0 H/6 * * *", "0 H/6 * * *", "0 2-20/6 * * *"),
        ("0 0 H * *", "0 0 H * *", "0 0 14 * *"),
        ("0 0 1 H *", "0 0 1 H *", "0 0 1 8 *"),
        ("0 0 * * H", "0 0 * * H", "0 0 * * 2"),
        ("0 0 * * H(mon-fri)", "0 0 * * H(MON-FRI)", "0 0 * * 5"),
        ("0 0 * * H/3", "0 0 * * H/3", "0 0 * * 2,5"),
        ("30,H,5,H * * * *", "H,5,30 * * * *", "5,30,55 * * * *"),
    ],
)
def test_it_stays_in_the_text_and_is_replaced_by_what_the_id_decides(
    text: str, canonical: str, effective: str
) -> None:
    cron = parse(text, seed=SEED)
    assert (cron.text, cron.effective) == (canonical, effective)
    assert parse(cron.text, seed=SEED) == cron
    assert parse(cron.effective).fields == cron.fields
    assert cron.is_hashed


def test_seconds_are_spread_too() -> None:
    cron = parse("H H * * * *", CronFormat.SECONDS, seed=SEED)
    assert (cron.text, cron.effective) == ("H H * * * *", "15 55 * * * *")
    assert cron.fields.second.values != cron.fields.minute.values  # each field is spread on its own


def test_a_text_without_it_is_the_same_for_every_id() -> None:
    assert parse("0 9 * * *", seed="a") == parse("0 9 * * *", seed="b")
    assert not parse("0 9 * * *").is_hashed


@given(st.text(min_size=1, max_size=40))
def test_every_id_gets_a_value_that_the_field_or_the_range_has(seed: str) -> None:
    fields = parse("H(10-19) H/6 H * H(SAT-SUN)", seed=seed).fields
    assert fields.minute.values < set(range(10, 20))
    assert len(fields.minute.values) == len(fields.day.values) == len(fields.weekday.values) == 1
    assert fields.day.values <= set(range(1, 29))  # days that every month has
    assert fields.weekday.values <= {6, 0}
    hours = sorted(fields.hour.values)
    assert (len(hours), {b - a for a, b in pairwise(hours)}) == (4, {6})


def test_a_thousand_ids_are_spread_over_the_hour() -> None:
    minutes = Counter(
        min(parse("H * * * *", seed=f"schedule-{n}").fields.minute.values) for n in range(6_000)
    )
    assert len(minutes) == 60
    assert max(minutes.values()) < 160  # 100 on average


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "H(5) * * * *",
            "minute: 'H(5)' cannot be read; a value spread by the schedule's id is 'H', 'H(0-29)'",
        ),
        ("H15 * * * *", "cannot be read"),
        ("H/ * * * *", "cannot be read"),
        ("H( * * * *", "cannot be read"),
        ("HOURLY * * * *", "cannot be read"),
        ("H(0-90) * * * *", "90 is out of range"),
        ("H(30-10) * * * *", "runs backwards"),
        ("0 H(20-24) * * *", "hours run from 0 to 23"),
        ("H/0 * * * *", "'H/0' spreads nothing; the smallest step is 2"),
        ("H/1 * * * *", "'H/1' spreads nothing"),
        ("H/31 * * * *", "'H/31' would name one value or two, as the id happens to fall; for one write 'H'"),
        ("H(0-9)/6 * * * *", "for one write 'H(0-9)'"),
        ("H, * * * *", "an item of the list is empty"),
        ("1-H * * * *", "'1-H' cannot be read"),
    ],
)
def test_what_is_no_such_value_is_refused(text: str, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse(text, seed=SEED)
    assert said in caught.value.errors[0].message
