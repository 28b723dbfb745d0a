"""Each call of each flow goes wrong in each way: nothing acknowledged is lost, and all comes to its end."""

from collections.abc import Callable

import pytest

from .enumeration import FLOWS, Rested, played
from .stage import Stage


@pytest.mark.parametrize("flow", FLOWS)
def test_whatever_befalls_one_call_of(flow: str, stage: Stage, record_property: Callable[..., None]) -> None:
    rested: Rested = {}
    found: list[str] = []
    count = 0
    for scenario, violations in played(flow, stage, rested):
        count += 1
        found += [f"{violation} -- {scenario}" for violation in violations]
    record_property("fault_scenarios", count)
    assert not found, "\n".join(found[:20])
