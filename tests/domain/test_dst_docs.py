"""The dates that the documentation names are those that the product fires at."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.domain.cron import describe_next, parse
from chalicelib.domain.dst import DstPolicy, Fold, Gap
from chalicelib.domain.zones import instant_at, zone_named

PAGE = Path(__file__).parents[2] / "docs" / "schedules.md"
SECTION = PAGE.read_text().partition("\n## Daylight saving\n")[2].partition("\n## ")[0]
DAY_MS = 86_400_000
POLICIES = {"": ("next", "first")} | {
    f"`gap: {gap}`, `fold: {fold}`": (gap, fold) for gap in ("next", "skip") for fold in ("first", "both")
}


def rows(columns: int) -> list[list[str]]:
    """The table of that many columns, without its head."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in SECTION.splitlines()]
    return [row for row in cells if len(row) == columns and row[0].startswith("`")]


def runs_on(text: str, zone: str, date: str, policy: tuple[str, str]) -> str:
    """When it runs on a day of the zone's calendar, in UTC."""
    midnight = round(datetime.strptime(date, "%d %B %Y").replace(tzinfo=UTC).timestamp()) * 1000
    place = zone_named(zone)
    start, end = (instant_at(place, wall) for wall in (midnight, midnight + DAY_MS))
    slots = describe_next(parse(text), zone, start - 1, 30, DstPolicy(Gap(policy[0]), Fold(policy[1])))
    found = (datetime(1970, 1, 1) + timedelta(milliseconds=slot) for slot in slots if slot < end)
    return ", ".join(f"{slot:%H:%M}" for slot in found) or "none"


def test_the_section_has_its_tables() -> None:
    assert (len(rows(4)), len(rows(5))) == (13, 8)


@pytest.mark.parametrize("row", rows(4), ids=" ".join)
def test_the_table_of_policies_is_true(row: list[str]) -> None:
    text, policy, spring, autumn = row
    for day, said in (("14 March 2027", spring), ("7 November 2027", autumn)):
        meant = list(POLICIES.values())[1:] if policy == "any" else [POLICIES[policy]]
        assert {runs_on(text.strip("`"), "America/New_York", day, one) for one in meant} == {said}


@pytest.mark.parametrize("row", rows(5), ids=" ".join)
def test_the_table_of_odd_zones_is_true(row: list[str]) -> None:
    text, zone, date, plain, other = row
    said = re.fullmatch(r"(none|[0-9:, ]+) with `(gap: skip|fold: both)`", other)
    assert said is not None
    policy = ("skip", "first") if said[2] == "gap: skip" else ("next", "both")
    assert runs_on(text.strip("`"), zone, date, POLICIES[""]) == plain
    assert runs_on(text.strip("`"), zone, date, policy) == said[1]
