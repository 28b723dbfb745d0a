"""The wait before a retry: it grows as named, stays under its bound, and chance only shortens it."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from chalicelib.domain.retry import Backoff, RetryPolicy

POLICIES = st.builds(
    RetryPolicy,
    strategy=st.sampled_from(Backoff),
    backoff_ms=st.integers(0, 3_600_000),
    max_backoff_ms=st.integers(0, 86_400_000),
    multiplier=st.floats(1, 10),
    jitter=st.floats(0, 1),
)
CHANCES = st.floats(0, 1, exclude_max=True)


@given(POLICIES, st.integers(1, 10_000), CHANCES)
def test_a_wait_is_never_negative_nor_above_its_bound(policy: RetryPolicy, retry: int, chance: float) -> None:
    wait = policy.delay_ms(retry, chance=chance)
    assert 0 <= wait <= policy.max_backoff_ms
    assert wait <= policy.delay_ms(retry, chance=0.0)
    assert wait >= policy.delay_ms(retry, chance=0.0) * (1 - policy.jitter) - 1


@given(POLICIES, st.integers(1, 100))
def test_waits_never_shrink_from_one_retry_to_the_next(policy: RetryPolicy, retry: int) -> None:
    assert policy.delay_ms(retry, chance=0) <= policy.delay_ms(retry + 1, chance=0)


@pytest.mark.parametrize(
    ("strategy", "waits"),
    [
        (Backoff.EXPONENTIAL, [2_000, 4_000, 8_000, 16_000, 20_000]),
        (Backoff.LINEAR, [2_000, 4_000, 6_000, 8_000, 10_000]),
        (Backoff.FIXED, [2_000, 2_000, 2_000, 2_000, 2_000]),
    ],
)
def test_each_strategy_grows_as_named(strategy: Backoff, waits: list[int]) -> None:
    policy = RetryPolicy(strategy=strategy, max_backoff_ms=20_000)
    assert [policy.delay_ms(n, chance=0) for n in range(1, 6)] == waits


def test_jitter_is_the_share_that_chance_may_take() -> None:
    policy = RetryPolicy(backoff_ms=10_000, jitter=0.5)
    assert policy.delay_ms(1, chance=0.5) == 7_500
    assert RetryPolicy(backoff_ms=10_000, jitter=0).delay_ms(1, chance=0.9) == 10_000


@given(POLICIES)
def test_a_policy_is_stored_whole(policy: RetryPolicy) -> None:
    stored = policy.as_json()
    assert RetryPolicy(**stored | {"strategy": Backoff(stored["strategy"])}) == policy
