"""Each call of each flow goes wrong in each way: nothing acknowledged is lost, and all comes to its end."""

from collections.abc import Callable

import pytest

from .deployment import Stage
from .enumeration import FLOWS, Rested, play, scenarios


@pytest.mark.parametrize("flow", FLOWS)
def test_whatever_befalls_one_call_of(flow: str, stage: Stage, record_property: Callable[..., None]) -> None:
    rested: Rested = {}
    found: list[str] = []
    played = 0
    for scenario in scenarios(flow, stage):
        played += 1
        found += [f"{violation} -- {scenario}" for violation in play(scenario, stage, rested).violations]
    record_property("fault_scenarios", played)
    assert not found, "\n".join(found[:20])
