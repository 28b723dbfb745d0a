"""How one of those who may have a task is preferred: each strategy is a score, higher first.

`trust_weighted` is the power of a few choices (Mitzenmacher, "The Power of Two Choices in Randomized Load
Balancing", 2001) with Thompson sampling (Chapelle & Li, "An Empirical Evaluation of Thompson Sampling",
2011). What exponent, and why all that were drawn are compared and not two of them: docs/routing.md.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from chalicelib.domain.agent import Agent
from chalicelib.domain.trust import Posterior

from .chance import Chance

_TIE = 1e-6  # equals are told apart by chance
TRUST_EXPONENT = 4  # a failed attempt costs more than a busy agent does
TIME_EXPONENT = 0.5  # and half a time, of which little is sure, less than half the load
UNKNOWN_MS = 1_000.0  # a response time when no candidate's is known


class Strategy(StrEnum):
    """How one of the candidates is preferred."""

    TRUST_WEIGHTED = "trust_weighted"
    LEAST_LOADED = "least_loaded"
    ROUND_ROBIN = "round_robin"
    FASTEST_RESPONSE = "fastest_response"
    HIGHEST_TRUST = "highest_trust"


SCORED_BY: Mapping[Strategy, str] = {
    Strategy.TRUST_WEIGHTED: (
        "The one with the highest theta^4 / (1 + load) / sqrt(time): theta is drawn from what is known of "
        "the agent's success with the capability, load is the share of its slots in use, time its mean time "
        "from assignment to success as a multiple of the candidates' mean. A newcomer counts one slot more "
        "with each result, so that it starts slowly while others are free, and as quick as the mean."
    ),
    Strategy.LEAST_LOADED: "The one with the smallest share of its slots in use.",
    Strategy.ROUND_ROBIN: "The one that has waited longest since it was last given work.",
    Strategy.FASTEST_RESPONSE: (
        "The one with the most successes per second: trust divided by the mean time from assignment to "
        "success. An agent whose time is not known yet counts as quick as the quickest."
    ),
    Strategy.HIGHEST_TRUST: "The one with the highest trust score, whatever its load.",
}

Scores = Callable[[Sequence[Agent], str, int, Chance], list[float]]


def scores(
    strategy: Strategy, pool: Sequence[Agent], capability: str, *, now: int, chance: Chance
) -> list[float]:
    """One per agent of the pool, higher first."""
    return _SCORES[strategy](pool, capability, now, chance)


def load(agent: Agent, believed: Posterior) -> float:
    """The share of its slots in use; a newcomer has one slot, and one more with each result."""
    return agent.in_flight / min(agent.slots, 1 + believed.effective_results)


def _trust_weighted(pool: Sequence[Agent], capability: str, now: int, chance: Chance) -> list[float]:
    times = _response_times(pool, capability, unknown=_mean)
    usual = _mean(times) if times else UNKNOWN_MS
    return [
        _drawn(agent, capability, now, chance) / (ms / usual) ** TIME_EXPONENT
        for agent, ms in zip(pool, times, strict=True)
    ]


def _mean(times: list[float]) -> float:
    """Without `statistics`, whose import each cold start would pay and whose exactness nobody needs here."""
    return sum(times) / len(times)


def _drawn(agent: Agent, capability: str, now: int, chance: Chance) -> float:
    believed = agent.trust(capability, now=now)
    theta = chance.betavariate(believed.alpha, believed.beta)
    return theta**TRUST_EXPONENT / (1 + load(agent, believed))


def _least_loaded(pool: Sequence[Agent], _capability: str, _now: int, chance: Chance) -> list[float]:
    return [1 - agent.in_flight / agent.slots + chance.random() * _TIE for agent in pool]


def _round_robin(pool: Sequence[Agent], _capability: str, now: int, chance: Chance) -> list[float]:
    return [agent.idle_ms(now) / 1000 + chance.random() * _TIE for agent in pool]


def _fastest_response(pool: Sequence[Agent], capability: str, now: int, chance: Chance) -> list[float]:
    times = _response_times(pool, capability, unknown=min)
    return [
        agent.trust(capability, now=now).mean / ms * 1000 + chance.random() * _TIE
        for agent, ms in zip(pool, times, strict=True)
    ]


def _response_times(
    pool: Sequence[Agent], capability: str, *, unknown: Callable[[list[float]], float]
) -> list[float]:
    """In milliseconds; one that is not known is what `unknown` makes of those that are."""
    times = [agent.response_ms(capability) for agent in pool]
    known = [max(ms, 1.0) for ms in times if ms is not None] or [UNKNOWN_MS]
    return [unknown(known) if ms is None else max(ms, 1.0) for ms in times]


def _highest_trust(pool: Sequence[Agent], capability: str, now: int, chance: Chance) -> list[float]:
    return [agent.trust(capability, now=now).mean + chance.random() * _TIE for agent in pool]


_SCORES: Mapping[Strategy, Scores] = {
    Strategy.TRUST_WEIGHTED: _trust_weighted,
    Strategy.LEAST_LOADED: _least_loaded,
    Strategy.ROUND_ROBIN: _round_robin,
    Strategy.FASTEST_RESPONSE: _fastest_response,
    Strategy.HIGHEST_TRUST: _highest_trust,
}
