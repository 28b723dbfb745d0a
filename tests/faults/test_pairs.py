"""Two calls of a flow go wrong: the same must hold. `make chaos` plays many more."""

from collections.abc import Callable

from .enumeration import play
from .pairs import drawn, plain_calls
from .stage import Stage

SEEDS = 40


def test_whatever_befalls_two_calls_of_a_flow(stage: Stage, record_property: Callable[..., None]) -> None:
    calls = plain_calls(stage)
    found: list[str] = []
    for seed in range(SEEDS):
        pair = drawn(seed, calls)
        found += [f"{violation} -- {pair}" for violation in play(pair, stage).violations]
    record_property("fault_scenarios", SEEDS)
    assert not found, "\n".join(found[:20])
