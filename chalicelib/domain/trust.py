"""Trust: per agent and capability, a Beta posterior over success with exponential forgetting.

Evidence is kept as forward-decayed sums (Cormode et al., "Forward Decay", ICDE 2009): an event at time t
weighs 2^((t - EPOCH) / half-life) and is only ever added, so a write needs no read; readers divide by
2^((now - EPOCH) / half-life). The prior is Beta with weight 4 (Jøsang & Ismail, "The Beta Reputation
System") at the fixed mean 0.5: a capability's own mean would be one more row to write and to read.

The sums are kept apart by a hash of the client, and no client's part counts for more than CLIENT_CAP results:
beyond that it says at what rate the agent succeeds for that client, not how sure that is (docs/trust.md).
"""

import base64
import hashlib
import math
import zlib
from collections.abc import Mapping

from chalicelib.values import dataclass

from .task import Attempt, Outcome, Task

EPOCH_MS = 1_767_225_600_000  # 2026-01-01; sums stay inside DynamoDB's 1E125 until 2034
HALF_LIFE_MS = 7 * 24 * 3_600_000
PRIOR_WEIGHT = 4.0
PRIOR_MEAN = 0.5
ENOUGH_RESULTS = 10.0  # from here on a minimum is held against the lower bound
CLIENT_CAP = 50.0  # effective results that one client's evidence counts for at most
CLIENT_PARTS = ("", "1", "2", "3")  # a client's evidence stands in one of these
RANK_STEP = 0.02
RANK_SLACK = 0.75  # steps that a rank may be off before it is written anew: no flapping between two
FORGOTTEN = 0.14  # above the lower bound that remains when all evidence is forgotten
ADMIN_PART = "a"  # an admin's, which counts in full
TIME = "~"  # stands behind the stem in the name of the sum of what successes took
_PARTS = (*CLIENT_PARTS, ADMIN_PART)
_DIGITS = 6  # DynamoDB stores numbers by their digits, and the row is to stay under 1 KB

_QUANTILE = 1.6448536269514722  # of the normal distribution at 95 %
_LAMBDA = (_QUANTILE**2 - 3) / 6
_AGENT_FAULTS = frozenset({Outcome.ERROR, Outcome.TIMEOUT})


@dataclass(frozen=True)
class Evidence:
    """What one event adds: `good` or `bad`, in forward-decayed weight, for one capability.

    `part` says whose it is, `at` when it was, and `of_probe` that its agent was on probation then.
    """

    capability: str
    good: float = 0.0
    bad: float = 0.0
    part: str = ""
    at: int = 0
    of_probe: bool = False
    took_ms: int = 0  # from assignment to success

    def amounts(self) -> dict[str, float]:
        """What it adds, by the name of the sum."""
        signs = (("+", self.good), ("-", self.bad))
        name = stem(self.capability)
        added = {f"{name}{sign}{self.part}": amount for sign, amount in signs if amount}
        took = _short(self.good * self.took_ms)
        return added | ({f"{name}{TIME}": took} if took else {})

    def added_to(self, sums: Mapping[str, float]) -> dict[str, float]:
        """The sums with it, whatever the order events come in."""
        return {**sums, **{name: sums.get(name, 0.0) + amount for name, amount in self.amounts().items()}}


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
        """Results that count, each halved for every half-life since."""
        return self.alpha + self.beta - PRIOR_WEIGHT

    @property
    def lower_bound(self) -> float:
        """The chance of success that it has with 95 % certainty: the posterior's 5 % quantile.

        By Abramowitz & Stegun 26.5.22. With at least 2 on either side, as the prior gives, it is off by less
        than 0.005 and grows with alpha and falls with beta, as the quantile does.
        """
        of_alpha, of_beta = 1 / (2 * self.alpha - 1), 1 / (2 * self.beta - 1)
        h = 2 / (of_alpha + of_beta)
        spread = _QUANTILE * math.sqrt(h + _LAMBDA) / h
        w = spread - (of_beta - of_alpha) * (_LAMBDA + 5 / 6 - 2 / (3 * h))
        return self.alpha / (self.alpha + self.beta * math.exp(2 * w))

    @property
    def assured(self) -> float:
        """What a given minimum is held against: the lower bound, or the mean while little is known."""
        return self.lower_bound if self.effective_results >= ENOUGH_RESULTS else self.mean


def stem(capability: str) -> str:
    """How a capability is called in the names of its sums: four characters of a-z and 2-7, since each of its
    sums is named on the agent's row. Of an agent's ten capabilities two share one, and their trust, once in
    20,000 agents.
    """
    digest = hashlib.sha256(capability.encode()).digest()
    return base64.b32encode(digest)[:4].decode().lower()


def rank(believed: Posterior) -> float:
    """Its place on a leaderboard: the lower bound in steps, of which whole numbers are stored."""
    return believed.lower_bound / RANK_STEP


def highest(stored: int) -> float:
    """What the lower bound of an agent may have become, at most, that stands at this rank or below."""
    return max((stored + RANK_SLACK) * RANK_STEP, FORGOTTEN)


def weight(now: int) -> float:
    """The forward-decayed weight of an event at `now`."""
    return _short(2.0 ** ((now - EPOCH_MS) / HALF_LIFE_MS))


def _short(amount: float) -> float:
    return float(f"{amount:.{_DIGITS}g}")


def part_of(client_id: str, agent_id: str) -> str:
    """Where a client's evidence on an agent stands; two clients that share a part of one agent may not of
    another.
    """
    return CLIENT_PARTS[zlib.crc32(f"{agent_id}\0{client_id}".encode()) % len(CLIENT_PARTS)]


def verdict(attempt: Attempt, task: Task) -> Evidence | None:
    """What an ended assignment of a task says about its agent; None when it says nothing.

    Faults of the agent are errors, timeouts, and being lost after the start. Work given back, cancelled,
    never begun, or refused as hopeless charges nobody. Success at the tasks of its own owner earns nothing.
    """
    amount = weight(attempt.ended_at)
    part = part_of(task.client_id, attempt.agent_id)
    if attempt.outcome is Outcome.COMPLETED and not attempt.own:
        took_ms = attempt.ended_at - attempt.assigned_at
        return Evidence(task.capability, good=amount, part=part, at=attempt.ended_at, took_ms=took_ms)
    lost_at_work = attempt.outcome is Outcome.AGENT_LOST and attempt.started_at is not None
    if lost_at_work or (attempt.outcome in _AGENT_FAULTS and not attempt.hopeless):
        of_probe = bool(attempt.probe)
        return Evidence(task.capability, bad=amount, part=part, at=attempt.ended_at, of_probe=of_probe)
    return None


def response_ms(sums: Mapping[str, float], capability: str) -> float | None:
    """The mean time of successes, each weighing half of what it did for every half-life since."""
    name = stem(capability)
    good = sum(sums.get(f"{name}+{part}", 0.0) for part in CLIENT_PARTS)
    return sums.get(f"{name}{TIME}", 0.0) / good if good else None


def posterior(sums: Mapping[str, float], capability: str | None, *, now: int) -> Posterior:
    """The posterior for one capability, or over all of them when `capability` is None.

    `sums` maps "<stem>+<part>" and "<stem>-<part>" to forward-decayed sums, and "<stem>~" to that of the
    milliseconds that successes took; a capability's stem stands for it.
    """
    scale = weight(now)
    found = _of_one(sums, capability) if capability is not None else _of_all(sums)
    good, bad = PRIOR_WEIGHT * PRIOR_MEAN, PRIOR_WEIGHT * (1 - PRIOR_MEAN)
    for part, (succeeded, failed) in found.items():
        results = (succeeded + failed) / scale
        counted = CLIENT_CAP / results if part != ADMIN_PART and results > CLIENT_CAP else 1.0
        good += counted * succeeded / scale
        bad += counted * failed / scale
    return Posterior(good, bad)


def _of_one(sums: Mapping[str, float], capability: str) -> dict[str, tuple[float, float]]:
    name = stem(capability)
    return {part: (sums.get(f"{name}+{part}", 0.0), sums.get(f"{name}-{part}", 0.0)) for part in _PARTS}


def _of_all(sums: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for name, amount in sums.items():
        if name.endswith(TIME):
            continue
        sign, part = (name[-1], "") if name[-1] in "+-" else (name[-2], name[-1])
        good, bad = found.get(part, (0.0, 0.0))
        found[part] = (good + amount, bad) if sign == "+" else (good, bad + amount)
    return found
