"""Two at once, call by call in every order that a seed draws: one of them wins, and nothing is broken."""

import pytest

from .crowd import CrowdedStage
from .enumeration import Rested
from .meetings import MEETINGS, meet

SEEDS = 4


@pytest.mark.parametrize("name", MEETINGS)
def test_whoever_comes_first(name: str, crowded_stage: CrowdedStage) -> None:
    rested: Rested = {}
    found = [
        f"{violation} -- {name}, seed {seed}"
        for seed in range(SEEDS)
        for violation in meet(MEETINGS[name], crowded_stage, seed=seed, rested=rested)
    ]
    assert not found, "\n".join(found[:20])
