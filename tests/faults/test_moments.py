"""A scenario that is taken from a tape ends as it does from scratch."""

import pytest

from .enumeration import Rested, Scenario, play
from .moments import Tape
from .stage import Stage


@pytest.mark.parametrize("flow", ["heartbeat", "sync", "redeliver", "settle", "drained"])
@pytest.mark.parametrize("kind", ["kill_before", "overtaken"])
def test_what_was_lived_through_once_is_there_again(flow: str, kind: str, stage: Stage) -> None:
    tape, anew, again = Tape(), Rested(), Rested()
    calls = play(Scenario(flow), stage, tape=tape).calls
    for at in {0, len(calls) // 3, len(calls) // 2, len(calls) - 1}:
        scenario = Scenario(flow, kind, at)
        assert play(scenario, stage, again, tape=tape) == play(scenario, stage, anew)
    assert again == anew  # each end is known by all that is stored then
