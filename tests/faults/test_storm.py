"""Small storms: everything goes wrong at once, and nothing is broken. `make chaos` plays the large ones."""

import pytest

from .company import Size
from .crowd import CrowdedStage
from .storm import storm

SMALL = Size(tasks=150, schedules=3, agents=12, killed=2, back=2, zombies=3, customers=6, minutes=3)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_storm_breaks_nothing(seed: int, crowded_stage: CrowdedStage) -> None:
    outcome = storm(crowded_stage, seed, SMALL)
    assert not outcome.violations, "\n".join(outcome.violations[:20])
    assert outcome.befallen.total() > 0.02 * outcome.calls
    assert outcome.retries > 0
    assert outcome.slots >= SMALL.schedules * SMALL.minutes


def test_the_same_seed_is_the_same_storm(crowded_stage: CrowdedStage) -> None:
    tiny = Size(tasks=12, schedules=1, agents=4, killed=1, back=1, zombies=1, customers=2, minutes=1)
    one, other = (storm(crowded_stage, 3, tiny) for _ in range(2))
    assert (one.calls, one.befallen, one.minutes) == (other.calls, other.befallen, other.minutes)
    assert one.violations == other.violations == []
