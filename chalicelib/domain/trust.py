"""Trust: per agent and capability, a Beta posterior over success with exponential forgetting.

Evidence is kept as forward-decayed sums (Cormode et al., "Forward Decay", ICDE 2009): an event at time t
weighs 2^((t - EPOCH) / half-life) and is only ever added, so a write needs no read; readers divide by
2^((now - EPOCH) / half-life). The prior is Beta with weight 4 (Jøsang & Ismail, "The
Beta Reputation System").
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .task import Attempt, Outcome

EPOCH_MS = 1_767_225_600_000  # 2026-01-01; sums stay inside DynamoDB's 1E125 until 2034
HALF_LIFE_MS = 7 * 24 * 3_600_000
PRIOR_WEIGHT = 4.0
PRIOR_MEAN = 0.5

_AGENT_FAULTS = frozenset({Outcome.ERROR, Outcome.TIMEOUT})


@dataclass(frozen=True)
class Evidence:
    """What one event adds: `good` or `bad`, in forward-decayed weight, for one capability."""

    capability: str
    good: float = 0.0
    bad: float = 0.0


@dataclass(frozen=True)
class Posterior:
    """Beta(alpha, beta) over the chance of success, and how many results stand behind it."""

    alpha: float
    beta: float

    @property
    def mean(self) -> float:
        """The score shown, in [0, 1]: 0.5 for a newcomer."""
        return self.alpha / (self.alpha + self.beta)

    @property
    def effective_results(self) -> float:
        """Results seen, each halved for every half-life since."""
        return self.alpha + self.beta - PRIOR_WEIGHT


def weight(now: int) -> float:
    """The forward-decayed weight of an event at `now`."""
    return float(2.0 ** ((now - EPOCH_MS) / HALF_LIFE_MS))


def verdict(attempt: Attempt, capability: str, *, now: int) -> Evidence | None:
    """What an ended assignment says about its agent; None when it says nothing.

    Faults of the agent are errors, timeouts, and being lost after the start. Work given back, cancelled, or
    never begun charges nobody.
    """
    if attempt.outcome is Outcome.COMPLETED:
        return Evidence(capability, good=weight(now))
    lost_at_work = attempt.outcome is Outcome.AGENT_LOST and attempt.started_at is not None
    if attempt.outcome in _AGENT_FAULTS or lost_at_work:
        return Evidence(capability, bad=weight(now))
    return None


def posterior(sums: Mapping[str, float], capability: str | None, *, now: int) -> Posterior:
    """The posterior for one capability, or over all of them when `capability` is None.

    `sums` maps "<capability>+" and "<capability>-" to forward-decayed sums.
    """
    scale = weight(now)
    good = sum(v for k, v in sums.items() if k.endswith("+") and capability in (None, k[:-1])) / scale
    bad = sum(v for k, v in sums.items() if k.endswith("-") and capability in (None, k[:-1])) / scale
    return Posterior(PRIOR_WEIGHT * PRIOR_MEAN + good, PRIOR_WEIGHT * (1 - PRIOR_MEAN) + bad)
